/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest's side of the synthetic interrupt controller: how a message slot is
 * emptied so that the next message is not stuck behind it, what an event flag
 * promises, which vCPU is which, and what is left on afterwards: nothing.
 */
#include <check.h>
#include <string.h>

#include "mocks/cli/virtual_machine.h"
#include "mocks/hyperv/partition_internal.h"
#include "mocks/machine/fault.h"
#include "tests/support/scripted_server.h"

#define SINT	    2u
#define MILLISECOND 1000000ull
#define AUTO_EOI    (1ull << 17)
#define POLLING	    (1ull << 18)
#define MASKED	    (1ull << 16)

/* A SynIC by itself, without a bus. */
struct bare {
	struct scripted_server *server;
	struct synic synic;
	unsigned messages, events;
	/* Work that the host announced, and what the guest saw of it. */
	unsigned made, seen;
	uint64_t end;
	struct machine_event event;
	unsigned cpu;
};

static void on_event(void *context, unsigned flag)
{
	struct bare *bare = context;

	ck_assert_uint_eq(flag, 77);
	ck_assert_uint_eq(port_cpu_current(bare->server->port), bare->cpu);
	bare->events++;
	/* Looks at what there is, and goes; a little time passes. */
	bare->seen = bare->made;
	port_time(bare->server->port);
	port_time(bare->server->port);
}

static void on_message(void *context)
{
	struct bare *bare = context;

	bare->messages++;
}

static void bare_enable(struct bare *bare, struct scripted_server *server)
{
	const struct synic_handler handler = {
		.event = on_event,
		.message = on_message,
		.context = bare,
	};

	memset(bare, 0, sizeof(*bare));
	bare->server = server;
	ck_assert_int_eq(synic_enable(&bare->synic, &server->hyperv, &handler),
			 0);
}

static bool host_post(struct scripted_server *server, unsigned cpu,
		      uint32_t type, uint8_t number, uint32_t bytes)
{
	uint8_t payload[240];

	memset(payload, number, sizeof(payload));
	return host_synic_post(server->partition, cpu, SINT, type, payload,
			       bytes);
}

static struct host_synic_slot *slot_of(struct scripted_server *server,
				       unsigned cpu)
{
	struct host_synic_slot *slots =
		server->partition->synic[cpu].message_page.bytes;

	return &slots[SINT];
}

/* The next message, or false when none comes for a while. */
static bool take(struct bare *bare, unsigned cpu, struct synic_message *message)
{
	struct port *port = bare->server->port;
	uint64_t deadline = port_time(port) + MILLISECOND;

	while (!synic_take(&bare->synic, cpu, message)) {
		if (port_time(port) >= deadline)
			return false;
		port_relax(port, deadline);
	}
	return true;
}

/* ---- Messages ---- */

/* Each EOM is written where the slot is, and once that is free. */
static bool slot_is_free(void *context, const struct register_access *access)
{
	struct scripted_server *server = context;

	if (access->msr == REGISTER_EOM)
		ck_assert_uint_eq(
			host_load32(&slot_of(server, access->cpu)->type), 0);
	return false;
}

static void bursts(struct scripted_server *server)
{
	struct synic_message message;
	struct bare bare;
	unsigned length, i;

	bare_enable(&bare, server);
	for (length = 1; length <= 20; length++) {
		unsigned cpu = length % 3;

		for (i = 0; i < length; i++)
			ck_assert(host_post(server, cpu, 1, (uint8_t)i, 12));
		for (i = 0; i < length; i++) {
			ck_assert_msg(take(&bare, cpu, &message),
				      "message %u of %u is stuck", i, length);
			ck_assert_uint_eq(message.type, 1);
			ck_assert_uint_eq(message.bytes, 12);
			ck_assert_uint_eq(message.payload[0], i);
			ck_assert_uint_eq(message.payload[11], i);
			ck_assert_uint_eq(message.payload[12], 0);
		}
		ck_assert(!synic_take(&bare.synic, cpu, &message));
	}
	synic_disable(&bare.synic);
}

START_TEST(edge_6_a_burst_of_messages_is_not_stuck)
{
	const struct scripted_server_configuration configuration = {
		.machine.seed = (uint64_t)_i,
		.machine.cpus = 3,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, bursts), "");
}
END_TEST

/* An exit for each message would be one too many: nobody waits. */
static void single_messages(struct scripted_server *server)
{
	struct register_log *log = &server->registers;
	struct synic_message message;
	struct bare bare;
	unsigned i;

	bare_enable(&bare, server);
	for (i = 0; i < 50; i++) {
		ck_assert(host_post(server, i % 2, 1, 5, 240));
		ck_assert(take(&bare, i % 2, &message));
		ck_assert_uint_eq(message.payload[239], 5);
	}
	ck_assert_uint_eq(register_log_count(log, REGISTER_WRITE, REGISTER_EOM),
			  0);
	/* Two in one: one EOM, on the vCPU that has the slot. */
	ck_assert(host_post(server, 1, 1, 5, 0));
	ck_assert(host_post(server, 1, 1, 6, 1));
	machine_work_drain(server->machine);
	log->on_write = slot_is_free;
	ck_assert(take(&bare, 1, &message));
	ck_assert_uint_eq(message.bytes, 0);
	ck_assert(take(&bare, 1, &message));
	ck_assert_uint_eq(register_log_count(log, REGISTER_WRITE, REGISTER_EOM),
			  1);
	ck_assert_uint_eq(
		register_log_find(log, REGISTER_WRITE, REGISTER_EOM, 0)->cpu,
		1);
	synic_disable(&bare.synic);
}

START_TEST(edge_6_no_eom_is_written_when_nobody_waits)
{
	const struct scripted_server_configuration configuration = {
		.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, single_messages),
			 "");
}
END_TEST

static void second_arrives(void *argument)
{
	struct bare *bare = argument;

	host_post(bare->server, 0, 1, 2, 8);
	/* Now: into the slot, or behind it with the flag raised. */
	machine_work_drain(bare->server->machine);
}

static void second_at_any_time(struct scripted_server *server)
{
	struct synic_message message;
	struct bare bare;

	bare_enable(&bare, server);
	bare.event.fire = second_arrives;
	bare.event.argument = &bare;
	ck_assert(host_post(server, 0, 1, 1, 240));
	machine_work_drain(server->machine);
	/* The interrupt is over: what follows is the emptying alone. */
	port_delay(server->port, MILLISECOND);
	machine_event_schedule(server->machine, &bare.event,
			       *(const uint64_t *)server->context);
	ck_assert(take(&bare, 0, &message));
	ck_assert_uint_eq(message.payload[0], 1);
	ck_assert_msg(take(&bare, 0, &message), "the second is stuck");
	ck_assert_uint_eq(message.payload[0], 2);
	synic_disable(&bare.synic);
}

/* At each nanosecond of the emptying of the slot. */
START_TEST(edge_6_a_message_that_comes_meanwhile_is_not_stuck)
{
	uint64_t delay = (uint64_t)_i;
	const struct scripted_server_configuration configuration = {
		.machine.schedule = MACHINE_SCHEDULE_LAZY,
		.context = &delay,
	};

	ck_assert_str_eq(
		scripted_server_run(&configuration, second_at_any_time), "");
}
END_TEST

/* Somebody else empties the slot, and another message is in it. */
static void slot_is_replaced(void *argument)
{
	struct bare *bare = argument;
	struct host_synic_slot *slot = slot_of(bare->server, 0);

	slot->payload_bytes = 8;
	slot->flags = 0;
	memset(slot->payload, 9, sizeof(slot->payload));
	host_store32(&slot->type, 0x80000010);
}

static void replaced_at_any_time(struct scripted_server *server)
{
	struct synic_message message;
	unsigned replaced = 0;
	struct bare bare;

	bare_enable(&bare, server);
	bare.event.fire = slot_is_replaced;
	bare.event.argument = &bare;
	ck_assert(host_post(server, 0, 1, 1, 240));
	machine_work_drain(server->machine);
	/* The interrupt is over: what follows is the emptying alone. */
	port_delay(server->port, MILLISECOND);
	machine_event_schedule(server->machine, &bare.event,
			       *(const uint64_t *)server->context);
	while (take(&bare, 0, &message))
		replaced +=
			message.type == 0x80000010 && message.payload[7] == 9;
	ck_assert_msg(replaced == 1, "the other message was seen %u times",
		      replaced);
	synic_disable(&bare.synic);
}

START_TEST(edge_7_a_slot_that_holds_another_message_is_not_cleared)
{
	uint64_t delay = (uint64_t)_i;
	const struct scripted_server_configuration configuration = {
		.machine.schedule = MACHINE_SCHEDULE_LAZY,
		/* What came in the middle of the first look is read again. */
		.machine.checkers_off = 1u << MACHINE_CHECK_DOUBLE_FETCH,
		.context = &delay,
	};

	ck_assert_str_eq(
		scripted_server_run(&configuration, replaced_at_any_time), "");
}
END_TEST

static void lying_slot(struct scripted_server *server)
{
	static const uint8_t zeroes[SYNIC_PAYLOAD_MAX];
	struct synic_message message;
	struct bare bare;

	bare_enable(&bare, server);
	for (unsigned bytes = 241; bytes < 256; bytes++) {
		slot_is_replaced(&bare);
		slot_of(server, 0)->payload_bytes = (uint8_t)bytes;
		ck_assert(synic_take(&bare.synic, 0, &message));
		ck_assert_uint_eq(message.bytes, 0);
		ck_assert_mem_eq(message.payload, zeroes, sizeof(zeroes));
		ck_assert(!synic_take(&bare.synic, 0, &message));
	}
	synic_disable(&bare.synic);
}

START_TEST(edge_38_a_slot_that_claims_too_much_holds_nothing)
{
	const struct scripted_server_configuration configuration = {0};

	ck_assert_str_eq(scripted_server_run(&configuration, lying_slot), "");
}
END_TEST

/* ---- The source ---- */

static void stray_bits(void *context, struct register_access *access)
{
	(void)context;
	if (access->msr == REGISTER_SINT2)
		access->value |= 1ull << 40 | POLLING;
	else if (access->msr == REGISTER_SIMP || access->msr == REGISTER_SIEFP)
		access->value |= 0x5a4;
}

static void source_is_open(struct scripted_server *server)
{
	const struct register_log *log = &server->registers;
	struct bare bare;

	server->registers.on_read = stray_bits;
	bare_enable(&bare, server);
	for (unsigned cpu = 0; cpu < 4; cpu++) {
		const struct host_synic *synic = &server->partition->synic[cpu];
		uint64_t sint = synic->sint[SINT].value;

		/* Who only polls gets nothing from a masked source either. */
		ck_assert_uint_eq(sint & (MASKED | POLLING), 0);
		ck_assert_uint_eq(sint & 0xff, bare.synic.vector);
		ck_assert_uint_ge(sint & 0xff, 32);
		ck_assert_uint_eq(sint >> 40, 1);
		ck_assert_uint_eq(synic->simp & 0xfff, 0x5a5);
		ck_assert_uint_eq(synic->siefp & 0xfff, 0x5a5);
		ck_assert_uint_eq(synic->scontrol, 1);
	}
	/* The page is there before anything can arrive. */
	ck_assert(register_log_find(log, REGISTER_WRITE, REGISTER_SIMP, 0) <
		  register_log_find(log, REGISTER_WRITE, REGISTER_SINT2, 0));
	synic_disable(&bare.synic);
	for (unsigned cpu = 0; cpu < 4; cpu++) {
		const struct host_synic *synic = &server->partition->synic[cpu];

		ck_assert_uint_eq(synic->sint[SINT].value & MASKED, MASKED);
		ck_assert_uint_eq(synic->simp & 1, 0);
		ck_assert_uint_eq(synic->siefp & 1, 0);
	}
}

START_TEST(edge_8_the_source_is_unmasked_on_each_vcpu)
{
	const struct scripted_server_configuration configuration = {
		.machine.cpus = 4,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, source_is_open),
			 "");
}
END_TEST

/* The host takes EOI by itself, or wants to be told: and each is right once. */
static void ends_of_interrupt(struct scripted_server *server)
{
	const struct register_log *log = &server->registers;
	bool told = *(const bool *)server->context;
	struct machine_counters counters;
	struct synic_message message;
	struct bare bare;
	uint64_t before;

	machine_counters(server->machine, &counters);
	before = counters.interrupts;
	bare_enable(&bare, server);
	ck_assert_uint_eq(server->partition->synic[1].sint[SINT].value &
				  AUTO_EOI,
			  told ? 0 : AUTO_EOI);
	for (unsigned i = 0; i < 20; i++) {
		ck_assert(host_post(server, i % 2, 1, 1, 8));
		ck_assert(take(&bare, i % 2, &message));
		port_delay(server->port, 10000);
	}
	machine_counters(server->machine, &counters);
	ck_assert_uint_ge(counters.interrupts - before, 20);
	ck_assert_uint_eq(register_log_count(log, REGISTER_WRITE, REGISTER_EOI),
			  told ? counters.interrupts - before : 0);
	synic_disable(&bare.synic);
}

START_TEST(the_interrupt_is_ended_as_the_host_recommends)
{
	static const char *const hosts[] = {"ws2012", "ws2012r2", "ws2016",
					    "ws2019", "ws2022",	  "azure"};
	bool told = _i % 6 >= 2;
	const struct scripted_server_configuration configuration = {
		.host = hosts[_i % 6],
		.machine.seed = (uint64_t)_i,
		.context = &told,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, ends_of_interrupt),
			 "");
}
END_TEST

static void no_apic_registers(struct scripted_server *server)
{
	host_partition_privileges_set(
		server->partition,
		host_partition_privileges(server->partition) & ~(1ull << 4));
}

/* Recommended, but the register is not there: the old way must do. */
START_TEST(without_an_eoi_register_the_host_ends_the_interrupt)
{
	bool told = false;
	const struct scripted_server_configuration configuration = {
		.host = "ws2022",
		.prepare = no_apic_registers,
		.context = &told,
	};

	ck_assert_ptr_nonnull(
		strstr(scripted_server_run(&configuration, ends_of_interrupt),
		       "auto-EOI"));
}
END_TEST

/* ---- Events ---- */

static void announce(void *argument)
{
	struct bare *bare = argument;
	struct machine *machine = bare->server->machine;

	bare->made++;
	host_synic_signal(bare->server->partition, bare->cpu, SINT, 77);
	if (bare->made < 300)
		machine_event_schedule(machine, &bare->event,
				       1 + machine_random_below(machine, 120));
}

static void events_in_a_row(struct scripted_server *server)
{
	struct bare bare;

	bare_enable(&bare, server);
	bare.cpu = 1;
	bare.event.fire = announce;
	bare.event.argument = &bare;
	synic_watch(&bare.synic, 77);
	machine_event_schedule(server->machine, &bare.event, 1);
	port_delay(server->port, MILLISECOND);
	ck_assert_uint_eq(bare.made, 300);
	/* However many signals were one: the last of it was seen. */
	ck_assert_uint_eq(bare.seen, 300);
	ck_assert_uint_ge(bare.events, 10);
	/* A flag that nobody watches is nobody's. */
	host_synic_signal(server->partition, 1, SINT, 2047);
	port_delay(server->port, MILLISECOND);
	synic_disable(&bare.synic);
}

START_TEST(edge_9_an_event_during_its_own_handling_is_not_lost)
{
	const struct scripted_server_configuration configuration = {
		.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, events_in_a_row),
			 "");
}
END_TEST

/* ---- Which vCPU is which ---- */

struct place {
	struct scripted_server *server;
	unsigned cpu, signals;
	int error;
};

static void connect_here(void *argument)
{
	struct place *place = argument;

	place->error = server_connect(place->server);
}

static void signalled_here(void *argument)
{
	struct place *place = argument;

	ck_assert_uint_eq(port_cpu_current(place->server->port), place->cpu);
	place->signals++;
}

static void open_here(struct place *place)
{
	struct scripted_server *server = place->server;
	struct vmbus_channel *channel = server_claim(server, 1);
	const struct channel_configuration configuration = {
		.send_pages = 1,
		.receive_pages = 1,
		.cpu = place->cpu,
		.signalled = signalled_here,
		.context = place,
	};
	uint32_t vp = host_partition_vp(server->partition, place->cpu);
	const struct post_log *log = &server->log;
	int at;

	ck_assert_int_eq(channel_open(channel, &configuration), 0);
	at = post_log_find(log, POST_OPEN, 0);
	ck_assert_uint_eq(post_word(&log->posts[at], 20), vp);
	ck_assert(host_synic_signal(server->partition, place->cpu, SINT, 1));
	port_delay(server->port, MILLISECOND);
	ck_assert_uint_eq(place->signals, 1);
	channel_free(channel);
	ck_assert(host_synic_signal(server->partition, place->cpu, SINT, 1));
	port_delay(server->port, MILLISECOND);
	ck_assert_uint_eq(place->signals, 1);
	vmbus_release(channel);
}

static void everywhere(struct scripted_server *server)
{
	struct place place = {.server = server};
	uint32_t vp;

	place.cpu = *(const unsigned *)server->context;
	vp = host_partition_vp(server->partition, place.cpu);
	port_cpu_run(server->port, place.cpu, connect_here, &place);
	ck_assert_int_eq(place.error, 0);
	ck_assert_uint_eq(post_word(&server->log.posts[0], 12), vp);
	ck_assert_uint_eq(server->cpu, place.cpu);
	ck_assert_int_eq(hyperv_vp_index(&server->hyperv, place.cpu), vp);
	open_here(&place);
}

START_TEST(edge_14_vcpus_are_named_by_their_vp_index)
{
	unsigned cpu = (unsigned)_i % 4;
	const struct scripted_server_configuration configuration = {
		.machine.cpus = 4,
		.machine.seed = (uint64_t)_i,
		.context = &cpu,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, everywhere), "");
}
END_TEST

/* ---- What is left on ---- */

/*
 * Off are the pages, or the next system's memory is written to. SynIC itself is
 * as it was found: on, and a Windows loader waits for ever when it is not.
 */
static void all_off(struct scripted_server *server)
{
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		const struct host_synic *synic = &server->partition->synic[cpu];

		ck_assert_uint_eq(synic->simp & 1, 0);
		ck_assert_uint_eq(synic->siefp & 1, 0);
		ck_assert_uint_eq(synic->sint[SINT].value & MASKED, MASKED);
		ck_assert_uint_eq(synic->scontrol, 1);
	}
}

static void live_and_go(struct scripted_server *server)
{
	struct machine_counters before, after;

	machine_counters(server->machine, &before);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(server_connect(server), 0);
		server_disconnect(server);
		all_off(server);
		/* Nobody is there to hear it. */
		ck_assert(!host_post(server, 0, 1, 1, 8));
		machine_counters(server->machine, &after);
		ck_assert_uint_eq(after.live_bytes, before.live_bytes);
	}
}

START_TEST(edge_15_nothing_is_left_on_after_the_end)
{
	const struct scripted_server_configuration configuration = {
		.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, live_and_go), "");
}
END_TEST

static bool says_nothing(struct scripted_server *server,
			 const struct post *post)
{
	(void)server;
	return post->type != POST_UNLOAD;
}

static bool says_no(struct scripted_server *server, const struct post *post)
{
	const uint32_t no[] = {SERVER_VERSION_RESPONSE, 0, 0, 0};

	if (post->type == POST_CONTACT)
		server_send_words(server, no, 4);
	return true;
}

static bool has_no_offers(struct scripted_server *server,
			  const struct post *post)
{
	(void)server;
	return post->type == POST_REQUEST_OFFERS;
}

static void connects_in_vain(struct scripted_server *server)
{
	static const struct {
		bool (*answer)(struct scripted_server *server,
			       const struct post *post);
		int error;
	} hosts[] = {
		{says_nothing, ERROR_TIMED_OUT},
		{says_no, ERROR_NOT_SUPPORTED},
		{has_no_offers, ERROR_TIMED_OUT},
	};
	struct machine_counters before, after;

	machine_counters(server->machine, &before);
	for (unsigned i = 0; i < 3; i++) {
		server->on_message = hosts[i].answer;
		ck_assert_int_eq(server_connect(server), hosts[i].error);
		all_off(server);
		ck_assert_ptr_null(server->bus.hyperv);
		machine_counters(server->machine, &after);
		ck_assert_uint_eq(after.live_bytes, before.live_bytes);
	}
	/* And the next try, on a host that has come to itself, succeeds. */
	server->on_message = NULL;
	ck_assert_int_eq(server_connect(server), 0);
}

START_TEST(edge_15_nothing_is_left_on_when_there_is_no_connection)
{
	const struct scripted_server_configuration configuration = {
		.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, connects_in_vain),
			 "");
}
END_TEST

static void nothing(void *argument)
{
	(void)argument;
}

static void no_vectors(struct scripted_server *server)
{
	unsigned taken = 0;
	uint8_t vectors[256];

	while (port_interrupt_attach(server->port, nothing, NULL,
				     &vectors[taken]) == 0)
		taken++;
	ck_assert_int_eq(server_connect(server), ERROR_NO_SPACE);
	ck_assert_uint_eq(server->partition->synic[0].simp & 1, 0);
	port_interrupt_detach(server->port, vectors[0]);
	ck_assert_int_eq(server_connect(server), 0);
	server_disconnect(server);
	while (taken-- > 1)
		port_interrupt_detach(server->port, vectors[taken]);
}

START_TEST(without_a_vector_nothing_is_turned_on)
{
	const struct scripted_server_configuration configuration = {0};

	ck_assert_str_eq(scripted_server_run(&configuration, no_vectors), "");
}
END_TEST

static void add_messages(Suite *suite)
{
	TCase *test = tcase_create("messages");

	tcase_add_loop_test(test, edge_6_a_burst_of_messages_is_not_stuck, 0,
			    24);
	tcase_add_loop_test(test, edge_6_no_eom_is_written_when_nobody_waits, 0,
			    8);
	tcase_add_loop_test(test,
			    edge_6_a_message_that_comes_meanwhile_is_not_stuck,
			    0, 100);
	tcase_add_loop_test(
		test, edge_7_a_slot_that_holds_another_message_is_not_cleared,
		0, 100);
	tcase_add_test(test, edge_38_a_slot_that_claims_too_much_holds_nothing);
	tcase_add_test(test, edge_8_the_source_is_unmasked_on_each_vcpu);
	tcase_add_loop_test(test, the_interrupt_is_ended_as_the_host_recommends,
			    0, 12);
	tcase_add_test(test,
		       without_an_eoi_register_the_host_ends_the_interrupt);
	suite_add_tcase(suite, test);
}

/* ---- Registers that stay as they were ---- */

static void connect(void *context)
{
	struct virtual_machine *vm = context;
	struct machine_fault fault = {.kind = MACHINE_FAULT_MSR};
	unsigned refused = 0;
	int error;

	/* Each write that turns something on, until none was left to fail. */
	do {
		fault.n++;
		machine_fault_arm(vm->machine, &fault);
		error = virtual_machine_up(vm, VIRTUAL_MACHINE_CONNECTED, NULL,
					   0);
		refused += error == ERROR_IO;
		virtual_machine_down(vm);
	} while (machine_fault_fired(vm->machine) != 0);
	/* The hypercall page; two pages and a source of each of two vCPUs. */
	ck_assert_uint_ge(refused, 7);
	ck_assert_int_eq(error, 0);
}

START_TEST(a_register_that_stays_off_is_an_error_and_not_a_wait)
{
	const struct virtual_machine_configuration configuration = {
		.machine = {.seed = (uint64_t)_i},
	};
	struct virtual_machine *vm = virtual_machine_create(&configuration);
	char reason[256];

	ck_assert_int_eq(virtual_machine_run(vm, connect, vm), MACHINE_DONE);
	ck_assert_msg(virtual_machine_check(vm, reason, sizeof(reason)), "%s",
		      reason);
	/* Nobody waited for an answer that could not come. */
	ck_assert_uint_lt(machine_time(vm->machine), 100 * MILLISECOND);
	virtual_machine_destroy(vm);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("synic_edges");
	TCase *rest = tcase_create("rest");
	SRunner *runner;
	int failed;

	add_messages(suite);
	tcase_add_loop_test(rest,
			    edge_9_an_event_during_its_own_handling_is_not_lost,
			    0, 24);
	tcase_add_loop_test(rest, edge_14_vcpus_are_named_by_their_vp_index, 0,
			    16);
	tcase_add_loop_test(rest, edge_15_nothing_is_left_on_after_the_end, 0,
			    8);
	tcase_add_loop_test(
		rest, edge_15_nothing_is_left_on_when_there_is_no_connection, 0,
		8);
	tcase_add_test(rest, without_a_vector_nothing_is_turned_on);
	tcase_add_loop_test(
		rest, a_register_that_stays_off_is_an_error_and_not_a_wait, 0,
		8);
	suite_add_tcase(suite, rest);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
