/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest under the hypervisor: what it looks for before it touches anything,
 * how it names itself, and what it does when its messages are not taken. A good
 * deal of this is about machines that are not Hyper-V, or not quite.
 */
#include <check.h>
#include <string.h>

#include "hyperv/hypercall.h"
#include "mocks/hyperv/partition_internal.h"
#include "tests/support/scripted_server.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECOND	     1000000000ull
#define MICROSECOND  1000ull

/* ---- Detection ---- */

/* A word of a leaf that is otherwise; without one: privileges that lack. */
struct stranger {
	const char *name;
	uint32_t leaf;
	struct machine_cpuid values;
	uint64_t privileges;
	bool nothing;
};

static const struct stranger strangers[] = {
	{.name = "no hypervisor at all", .nothing = true},
	{.name = "not said to be a guest",
	 .leaf = 1,
	 .values = {0x306f2, 0, 0x7ed83203, 0}},
	{.name = "KVMKVMKVM",
	 .leaf = 0x40000000,
	 .values = {0x40000001, 0x4b4d564b, 0x564b4d56, 0x4d}},
	{.name = "VMwareVMware",
	 .leaf = 0x40000000,
	 .values = {0x40000010, 0x61774d56, 0x4d566572, 0x65726177}},
	{.name = "XenVMMXenVMM",
	 .leaf = 0x40000000,
	 .values = {0x40000005, 0x566e6558, 0x65584d4d, 0x4d4d566e}},
	{.name = "nearly the vendor, EBX",
	 .leaf = 0x40000000,
	 .values = {0x40000006, 0x7263694e, 0x666f736f, 0x76482074}},
	{.name = "nearly the vendor, ECX",
	 .leaf = 0x40000000,
	 .values = {0x40000006, 0x7263694d, 0x666f736e, 0x76482074}},
	{.name = "nearly the vendor, EDX",
	 .leaf = 0x40000000,
	 .values = {0x40000006, 0x7263694d, 0x666f736f, 0x76482075}},
	{.name = "the vendor without its leaves",
	 .leaf = 0x40000000,
	 .values = {0x40000004, 0x7263694d, 0x666f736f, 0x76482074}},
	{.name = "the vendor with another interface",
	 .leaf = 0x40000001,
	 .values = {0x31237649, 0, 0, 0}},
	{.name = "no SynIC", .privileges = 1ull << 2},
	{.name = "no hypercalls", .privileges = 1ull << 5},
	{.name = "no VP index", .privileges = 1ull << 6},
	{.name = "no posting", .privileges = 1ull << 36},
	{.name = "no signalling", .privileges = 1ull << 37},
};

static void strange_cpuid(void *context, uint32_t leaf,
			  struct machine_cpuid *values)
{
	const struct scripted_server *server = context;
	const struct stranger *stranger = server->context;

	if (stranger->leaf != 0 && leaf == stranger->leaf)
		*values = stranger->values;
}

static void strange_machine(struct scripted_server *server)
{
	static const struct machine_hypervisor nothing;
	const struct stranger *stranger = server->context;

	server->registers.on_cpuid = strange_cpuid;
	host_partition_privileges_set(server->partition,
				      host_partition_privileges(
					      server->partition) &
					      ~stranger->privileges);
	if (stranger->nothing)
		machine_hypervisor_set(server->machine, &nothing);
}

static void nobody_is_here(struct scripted_server *server)
{
	const struct stranger *stranger = server->context;
	struct machine_counters counters;

	ck_assert_msg(hyperv_attach(&server->hyperv, server->port) ==
			      ERROR_NO_DEVICE,
		      "%s", stranger->name);
	machine_counters(server->machine, &counters);
	ck_assert_msg(counters.msr_accesses == 0, "%s: a register is touched",
		      stranger->name);
	ck_assert_uint_eq(counters.hypercalls, 0);
	ck_assert_uint_eq(counters.allocations, 0);
	ck_assert_str_eq(server_text(server), "");
	/* And what was never attached is detached without harm. */
	hyperv_detach(&server->hyperv);
}

START_TEST(a_probe_elsewhere_is_quiet)
{
	const struct scripted_server_configuration configuration = {
		.unattached = true,
		.prepare = strange_machine,
		.context = (void *)&strangers[_i],
	};

	ck_assert_str_eq(scripted_server_run(&configuration, nobody_is_here),
			 "");
}
END_TEST

static void connects(struct scripted_server *server)
{
	struct vmbus_channel *channel;

	ck_assert_int_eq(server_connect(server), 0);
	channel = server_claim(server, 1);
	ck_assert_ptr_nonnull(channel);
	ck_assert_int_eq(server_open(channel, 1), 0);
	channel_free(channel);
	vmbus_release(channel);
}

START_TEST(privileges_that_are_not_needed_may_lack)
{
	/* Some that exist on this host, and all others together. */
	static const uint64_t lacking[] = {
		1ull << 0,  1ull << 1,
		1ull << 4,  1ull << 9,
		1ull << 11, ~(1ull << 2 | 1ull << 5 | 1ull << 6 | 3ull << 36),
	};
	struct stranger stranger = {.privileges = lacking[_i]};
	const struct scripted_server_configuration configuration = {
		.host = "ws2012r2",
		.prepare = strange_machine,
		.context = &stranger,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, connects), "");
}
END_TEST

START_TEST(edge_14_a_single_vcpu_needs_no_vp_index)
{
	struct stranger stranger = {.privileges = 1ull << 6};
	const struct scripted_server_configuration configuration = {
		.machine.cpus = 1,
		.prepare = strange_machine,
		.context = &stranger,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, connects), "");
}
END_TEST

/* ---- Identity and the hypercall page ---- */

static void reserved_bits_read(void *context, struct register_access *access)
{
	(void)context;
	if (access->msr == REGISTER_HYPERCALL)
		access->value |= 0xa54;
}

static bool reserved_bits_written(void *context,
				  const struct register_access *access)
{
	struct scripted_server *server = context;
	uint64_t page = access->value & ~0xa54ull;

	if (access->msr != REGISTER_HYPERCALL)
		return false;
	/* This host insists on zeroes; others keep what they have there. */
	host_msr_write(server->partition, access->cpu, access->msr, page);
	return true;
}

static void order_of_registers(struct scripted_server *server)
{
	const struct register_log *log = &server->registers;
	const struct register_access *page;
	unsigned named = 0;

	ck_assert_int_eq(hyperv_attach(&server->hyperv, server->port), 0);
	while (log->accesses[named].msr != REGISTER_GUEST_OS_ID ||
	       log->accesses[named].kind != REGISTER_WRITE)
		named++;
	/* An open source system, with a version. */
	ck_assert_uint_eq(log->accesses[named].value >> 63, 1);
	ck_assert_uint_ne(log->accesses[named].value << 1, 0);
	page = register_log_find(log, REGISTER_WRITE, REGISTER_HYPERCALL, 0);
	ck_assert_ptr_nonnull(page);
	ck_assert(page > &log->accesses[named]);
	ck_assert_uint_eq(page->value & 0xfff, 0xa55);
	/* It is looked at once more: that it was written says nothing. */
	ck_assert(&log->accesses[log->count - 1] > page);
	ck_assert_uint_eq(log->accesses[log->count - 1].msr,
			  REGISTER_HYPERCALL);
	hyperv_detach(&server->hyperv);
	page = register_log_find(log, REGISTER_WRITE, REGISTER_HYPERCALL, 1);
	ck_assert_uint_eq(page->value & 0xfff, 0xa54);
	ck_assert_uint_eq(log->accesses[log->count - 1].msr,
			  REGISTER_GUEST_OS_ID);
	ck_assert_uint_eq(log->accesses[log->count - 1].value, 0);
}

static void reserved_bits(struct scripted_server *server)
{
	server->registers.on_read = reserved_bits_read;
	server->registers.on_write = reserved_bits_written;
}

START_TEST(edge_1_the_guest_names_itself_before_the_hypercall_page)
{
	const struct scripted_server_configuration configuration = {
		.unattached = true,
		.prepare = reserved_bits,
	};

	ck_assert_str_eq(
		scripted_server_run(&configuration, order_of_registers), "");
}
END_TEST

static bool page_stays_off(void *context, const struct register_access *access)
{
	(void)context;
	return access->msr == REGISTER_HYPERCALL;
}

static void no_page(struct scripted_server *server)
{
	server->registers.on_write = page_stays_off;
	ck_assert_int_eq(hyperv_attach(&server->hyperv, server->port),
			 ERROR_IO);
	ck_assert_uint_eq(host_partition_guest_os_id(server->partition), 0);
	server->registers.on_write = NULL;
	ck_assert_int_eq(hyperv_attach(&server->hyperv, server->port), 0);
	hyperv_detach(&server->hyperv);
}

START_TEST(edge_1_a_hypercall_page_that_stays_off_is_an_error)
{
	const struct scripted_server_configuration configuration = {
		.unattached = true,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, no_page), "");
}
END_TEST

static void firmware_reads(void *context, struct register_access *access)
{
	(void)context;
	/* Somebody is identified; or has gone, and left the page locked. */
	if (access->msr == REGISTER_GUEST_OS_ID && *(bool *)context)
		access->value = 0x0001040a00003839ull;
	else if (access->msr == REGISTER_HYPERCALL)
		access->value = 0x12345003;
}

static void firmware_owns_it(struct scripted_server *server)
{
	struct register_log *log = &server->registers;
	bool identified = true;

	log->on_read = firmware_reads;
	log->context = &identified;
	ck_assert_int_eq(hyperv_attach(&server->hyperv, server->port),
			 ERROR_BUSY);
	for (unsigned i = 0; i < log->count; i++)
		ck_assert_int_eq(log->accesses[i].kind, REGISTER_READ);
	identified = false;
	ck_assert_int_eq(hyperv_attach(&server->hyperv, server->port),
			 ERROR_BUSY);
	ck_assert_uint_eq(
		register_log_count(log, REGISTER_WRITE, REGISTER_HYPERCALL), 0);
}

START_TEST(edge_2_another_owner_is_left_alone)
{
	const struct scripted_server_configuration configuration = {
		.unattached = true,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, firmware_owns_it),
			 "");
}
END_TEST

/* ---- Hypercalls ---- */

static void post_from_here(void *argument)
{
	static const uint32_t words[2] = {POST_UNLOAD};
	struct scripted_server *server = argument;

	ck_assert_int_eq(hypercall_post_message(&server->hyperv, 1, words,
						sizeof(words)),
			 0);
}

static void posts_from_everywhere(struct scripted_server *server)
{
	static const uint8_t payload[HYPERCALL_MESSAGE_BYTES_MAX + 1] = {99};
	const struct register_log *log = &server->registers;
	uint64_t inputs[8] = {0};
	unsigned calls = 0;

	for (unsigned cpu = 0; cpu < 8; cpu++)
		port_cpu_run(server->port, cpu, post_from_here, server);
	ck_assert_int_eq(hypercall_post_message(&server->hyperv, 1, payload,
						HYPERCALL_MESSAGE_BYTES_MAX),
			 0);
	ck_assert_int_eq(hypercall_post_message(&server->hyperv, 1, payload,
						HYPERCALL_MESSAGE_BYTES_MAX +
							1),
			 ERROR_INVALID);
	for (unsigned i = 0; i < log->count; i++) {
		const struct register_access *call = &log->accesses[i];

		if (call->kind != REGISTER_CALL)
			continue;
		calls++;
		ck_assert_uint_eq(call->value, 0x5c);
		ck_assert_uint_eq(call->input % 8, 0);
		ck_assert_uint_le(call->input % 4096 + 256, 4096);
		/* A page of its own for each vCPU. */
		for (unsigned cpu = 0; cpu < call->cpu; cpu++)
			ck_assert_uint_ne(inputs[cpu] / 4096,
					  call->input / 4096);
		inputs[call->cpu] = call->input;
	}
	ck_assert_uint_eq(calls, 9);
}

START_TEST(edge_3_inputs_lie_in_a_page_of_each_vcpu)
{
	const struct scripted_server_configuration configuration = {
		.machine.cpus = 8,
		.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(
		scripted_server_run(&configuration, posts_from_everywhere), "");
}
END_TEST

/* A host that has no room at times. */
struct storm {
	/* From which post on, and how often in a row; or of which type. */
	unsigned from, times;
	uint32_t type;
	uint16_t status;
	/* Until this time, and no longer: 0 for as often as said. */
	uint64_t end;
	unsigned seen;
	uint64_t first, last;
};

static uint16_t storm_refuse(void *context, const struct post *post)
{
	const struct scripted_server *server = context;
	struct storm *storm = server->context;

	if (storm->type != 0 && post->type != storm->type)
		return 0;
	if (storm->seen++ < storm->from ||
	    storm->seen > storm->from + storm->times)
		return 0;
	if (storm->seen == storm->from + 1)
		storm->first = post->time;
	if (storm->end != 0 && post->time >= storm->first + storm->end)
		return 0;
	/* Not in a tight loop. */
	if (storm->status != 0x12 && storm->seen > storm->from + 1)
		ck_assert_uint_ge(post->time - storm->last, 50 * MICROSECOND);
	storm->last = post->time;
	return storm->status;
}

/* All that a device's life posts. */
static void whole_life(struct scripted_server *server)
{
	struct vmbus_channel *channel;

	ck_assert_int_eq(server_connect(server), 0);
	channel = server_claim(server, 1);
	ck_assert_int_eq(server_open(channel, 30), 0);
	channel_close(channel);
	channel_free(channel);
	server_send_rescind(server, channel->relid);
	while (!vmbus_rescinded(channel))
		server_settle(server, MICROSECOND);
	vmbus_release(channel);
	server_disconnect(server);
}

static void storm_over(struct scripted_server *server)
{
	static const uint32_t life[] = {
		POST_CONTACT,	 POST_REQUEST_OFFERS, POST_GPADL_HEADER,
		POST_GPADL_BODY, POST_GPADL_BODY,     POST_OPEN,
		POST_CLOSE,	 POST_TEARDOWN,	      POST_RELID_RELEASED,
		POST_UNLOAD,
	};
	const struct storm *storm = server->context;
	const struct post_log *log = &server->log;
	unsigned taken = 0;

	server->log.refuse = storm_refuse;
	whole_life(server);
	/* Each message once, and in its order. */
	for (unsigned i = 0; i < log->count; i++) {
		if (log->posts[i].status != 0)
			continue;
		ck_assert_uint_lt(taken, COUNT(life));
		ck_assert_uint_eq(log->posts[i].type, life[taken++]);
	}
	ck_assert_uint_eq(taken, COUNT(life));
	ck_assert_uint_eq(log->count - taken, storm->times);
}

static const uint16_t passing[] = {0x13, 0x0b, 0x78};

START_TEST(edge_4_a_post_that_is_refused_for_a_while_is_repeated)
{
	static const unsigned times[] = {1, 5, 60};
	struct storm storm = {
		.from = (unsigned)_i % 10,
		.status = passing[_i / 10 % 3],
		.times = times[_i / 30],
	};
	const struct scripted_server_configuration configuration = {
		.machine.seed = (uint64_t)_i,
		.context = &storm,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, storm_over), "");
}
END_TEST

/* What each message's sender says when its post is never taken. */
static const struct endless {
	uint32_t type;
	int connect, open;
} endless[] = {
	{POST_CONTACT, ERROR_TIMED_OUT, 0},
	{POST_REQUEST_OFFERS, ERROR_TIMED_OUT, 0},
	{POST_GPADL_HEADER, 0, ERROR_TIMED_OUT},
	{POST_GPADL_BODY, 0, ERROR_TIMED_OUT},
	{POST_OPEN, 0, ERROR_TIMED_OUT},
	{POST_CLOSE, 0, 0},
	{POST_TEARDOWN, 0, 0},
	{POST_UNLOAD, 0, 0},
};

static void storm_without_end(struct scripted_server *server)
{
	const struct storm *storm = server->context;
	const struct endless *expected = endless;
	struct vmbus_channel *channel;
	unsigned refused;

	while (expected->type != storm->type)
		expected++;
	server->log.refuse = storm_refuse;
	ck_assert_int_eq(server_connect(server), expected->connect);
	if (expected->connect == 0) {
		channel = server_claim(server, 1);
		ck_assert_int_eq(server_open(channel, 30), expected->open);
		channel_free(channel);
		vmbus_release(channel);
		server_disconnect(server);
	}
	refused = post_log_refused(&server->log, storm->type);
	ck_assert_uint_ge(refused, 10);
	ck_assert_uint_le(refused, 200);
	ck_assert_uint_ge(storm->last - storm->first, 4 * SECOND);
	ck_assert_uint_le(storm->last - storm->first, 6 * SECOND);
	ck_assert_uint_eq(post_log_taken(&server->log, storm->type), 0);
	/* What was never shown is not asked back. */
	if (storm->type == POST_GPADL_HEADER)
		ck_assert_uint_eq(post_log_taken(&server->log, POST_TEARDOWN),
				  0);
}

START_TEST(edge_4_a_post_that_is_refused_for_ever_times_out)
{
	struct storm storm = {
		.type = endless[_i / 3].type,
		.status = passing[_i % 3],
		.times = UINT32_MAX,
	};
	const struct scripted_server_configuration configuration = {
		.machine.seed = (uint64_t)_i,
		.context = &storm,
		/* The host may still have the list. */
		.memory_stays = storm.type == POST_UNLOAD ||
				storm.type == POST_TEARDOWN,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, storm_without_end),
			 "");
}
END_TEST

static void refused_at_once(struct scripted_server *server)
{
	server->log.refuse = storm_refuse;
	ck_assert_int_eq(server_connect(server), ERROR_IO);
	ck_assert_uint_eq(server->log.count, 1);
}

START_TEST(a_post_that_is_wrong_is_not_repeated)
{
	static const uint16_t statuses[] = {2,	 3,    4,    5,	   6,	8,
					    0xe, 0x11, 0x14, 0x18, 0x19};
	struct storm storm = {.status = statuses[_i], .times = UINT32_MAX};
	const struct scripted_server_configuration configuration = {
		.context = &storm,
	};

	ck_assert_str_eq(scripted_server_run(&configuration, refused_at_once),
			 "");
}
END_TEST

/* ---- Old servers ---- */

static const uint32_t versions[] = {
	0x50003, 0x50002, 0x50001, 0x50000, 0x40001, 0x40000, 0x30000, 0x20004,
};

/* A server from before 5.0: nobody listens on connection 4. */
static void steps_down(struct scripted_server *server)
{
	const struct post *post = server->log.posts;
	unsigned i = 0;

	ck_assert_int_eq(server_connect(server), 0);
	ck_assert_uint_eq(vmbus_version(&server->bus), server->version_max);
	for (;; i++, post++) {
		ck_assert_uint_eq(post->type, POST_CONTACT);
		ck_assert_uint_eq(post_word(post, 8), versions[i]);
		ck_assert_uint_eq(post->connection, i < 4 ? 4 : 1);
		ck_assert_uint_eq(post->status, i < 4 ? 0x12 : 0);
		if (versions[i] == server->version_max)
			break;
	}
	post++;
	ck_assert_uint_eq(post->type, POST_REQUEST_OFFERS);
	ck_assert_uint_eq(post->connection, 1);
	/* No time was lost with it. */
	ck_assert_uint_lt(port_time(server->port), SECOND / 10);
}

static void old_server(struct scripted_server *server)
{
	server->version_max = *(const uint32_t *)server->context;
}

START_TEST(edge_5_an_old_server_is_asked_for_less)
{
	const struct scripted_server_configuration configuration = {
		.machine.seed = (uint64_t)_i,
		.prepare = old_server,
		.context = (void *)&versions[4 + _i % 4],
	};

	ck_assert_str_eq(scripted_server_run(&configuration, steps_down), "");
}
END_TEST

static void missing_for_a_while(struct scripted_server *server)
{
	server->log.refuse = storm_refuse;
	connects(server);
	ck_assert_uint_eq(vmbus_version(&server->bus), 0x50003);
	server_disconnect(server);
	ck_assert_uint_eq(server->log.count - 7, 3);
}

START_TEST(edge_5_a_connection_that_is_missing_later_is_tried_again)
{
	/* Any message but the contact: the connection is known to be there. */
	struct storm storm = {
		.from = 1 + (unsigned)_i,
		.status = 0x12,
		.times = 3,
	};
	const struct scripted_server_configuration configuration = {
		.context = &storm,
	};

	ck_assert_str_eq(
		scripted_server_run(&configuration, missing_for_a_while), "");
}
END_TEST

static void missing_everywhere(struct scripted_server *server)
{
	server->log.refuse = storm_refuse;
	ck_assert_int_eq(server_connect(server), ERROR_TIMED_OUT);
	/* Each modern version once, the first old one for as long as it may. */
	ck_assert_uint_eq(server->log.posts[3].connection, 4);
	ck_assert_uint_eq(server->log.posts[4].connection, 1);
	ck_assert_uint_eq(post_word(&server->log.posts[4], 8), 0x40001);
	ck_assert_uint_eq(post_word(&server->log.posts[server->log.count - 1],
				    8),
			  0x40001);
	ck_assert_uint_le(port_time(server->port), 6 * SECOND);
}

START_TEST(edge_5_no_connection_at_all_is_an_error_in_the_end)
{
	struct storm storm = {.status = 0x12, .times = UINT32_MAX};
	const struct scripted_server_configuration configuration = {
		.context = &storm,
	};

	ck_assert_str_eq(
		scripted_server_run(&configuration, missing_everywhere), "");
}
END_TEST

static void add_hypercalls(Suite *suite)
{
	TCase *test = tcase_create("hypercalls");

	tcase_add_loop_test(test, edge_3_inputs_lie_in_a_page_of_each_vcpu, 0,
			    4);
	tcase_add_loop_test(
		test, edge_4_a_post_that_is_refused_for_a_while_is_repeated, 0,
		90);
	tcase_add_loop_test(test,
			    edge_4_a_post_that_is_refused_for_ever_times_out, 0,
			    3 * COUNT(endless));
	tcase_add_loop_test(test, a_post_that_is_wrong_is_not_repeated, 0, 11);
	tcase_add_loop_test(test, edge_5_an_old_server_is_asked_for_less, 0,
			    16);
	tcase_add_loop_test(
		test, edge_5_a_connection_that_is_missing_later_is_tried_again,
		0, 6);
	tcase_add_test(test,
		       edge_5_no_connection_at_all_is_an_error_in_the_end);
	suite_add_tcase(suite, test);
}

int main(void)
{
	Suite *suite = suite_create("hypervisor_edges");
	TCase *detection = tcase_create("detection");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(detection, a_probe_elsewhere_is_quiet, 0,
			    COUNT(strangers));
	tcase_add_loop_test(detection, privileges_that_are_not_needed_may_lack,
			    0, 6);
	tcase_add_test(detection, edge_14_a_single_vcpu_needs_no_vp_index);
	tcase_add_test(detection,
		       edge_1_the_guest_names_itself_before_the_hypercall_page);
	tcase_add_test(detection,
		       edge_1_a_hypercall_page_that_stays_off_is_an_error);
	tcase_add_test(detection, edge_2_another_owner_is_left_alone);
	suite_add_tcase(suite, detection);
	add_hypercalls(suite);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
