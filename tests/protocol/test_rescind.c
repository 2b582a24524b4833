/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host takes a channel away: at each step of its opening, while it is
 * closed, and whatever else is under way. Whoever uses it hears of it, nothing
 * is left behind, and the number goes back to the host: once, and last.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/stack.h"
#include "mocks/cli/virtual_machine.h"
#include "mocks/hyperv/hostile.h"
#include "tests/support/scripted_server.h"

#define SECOND	    1000000000ull
#define MILLISECOND 1000000ull
#define SINT	    2u

static struct scripted_server_configuration seeded(int seed)
{
	return (struct scripted_server_configuration){
		.machine.seed = (uint64_t)seed,
	};
}

static struct vmbus_channel *connected(struct scripted_server *server)
{
	struct vmbus_channel *channel;

	ck_assert_int_eq(server_connect(server), 0);
	channel = server_claim(server, 1);
	ck_assert_ptr_nonnull(channel);
	return channel;
}

/* The number is released once, after the last list of memory. */
static void check_released(struct scripted_server *server, uint32_t relid)
{
	const struct post_log *log = &server->log;
	unsigned teardowns = post_log_taken(log, POST_TEARDOWN);
	unsigned n = 0;
	int released;

	ck_assert_uint_eq(post_log_released(log, relid), 1);
	do
		released = post_log_find(log, POST_RELID_RELEASED, n++);
	while (post_word(&log->posts[released], 8) != relid);
	if (teardowns != 0)
		ck_assert_int_gt(released, post_log_find(log, POST_TEARDOWN,
							 teardowns - 1));
	ck_assert_uint_eq(server_lists(server), 0);
}

/* The bus is as good as before. */
static void check_alive(struct scripted_server *server)
{
	const struct server_offer offer = {1, 1, 9, 0, 0};
	struct vmbus_channel *channel;

	server->on_message = NULL;
	server_send_offer(server, &offer);
	server_settle(server, MILLISECOND);
	channel = server_claim(server, 1);
	ck_assert_ptr_nonnull(channel);
	ck_assert_uint_eq(channel->instance.bytes[0], 9);
	ck_assert_int_eq(server_open(channel, 20), 0);
	channel_free(channel);
	vmbus_release(channel);
	server_disconnect(server);
	ck_assert_int_eq(server_connect(server), 0);
}

/* ---- While a channel opens ---- */

/* Which message of the guest's meets the rescind, and what becomes of it. */
struct moment {
	uint32_t type;
	unsigned number;
	enum { RESCIND_FIRST, RESCIND_AFTER, RESCIND_INSTEAD } how;
	/* The list that is under way is refused, too. */
	bool refuses;
	unsigned seen;
	uint64_t begin;
};

static void refuse_partial(struct scripted_server *server,
			   const struct post *post)
{
	const uint32_t words[] = {SERVER_CREATED, 0, 1, post_word(post, 12),
				  SERVER_FAILURE};

	server_list_drop(server, words[3]);
	server_send_words(server, words, 5);
}

static bool rescind_then(struct scripted_server *server,
			 const struct post *post)
{
	struct moment *moment = server->context;

	/*
	 * For a channel that is gone, no OPEN is answered, and no body of a
	 * list that was refused.
	 */
	if (moment->begin != 0)
		return post->type == POST_OPEN ||
		       (moment->refuses && post->type == POST_GPADL_BODY);
	if (post->type != moment->type || moment->seen++ != moment->number)
		return false;
	moment->begin = post->time;
	if (moment->how == RESCIND_AFTER)
		server_answer(server, post);
	if (moment->refuses)
		refuse_partial(server, post);
	server_send_rescind(server, 1);
	return moment->how != RESCIND_FIRST;
}

static void rescinded_in_open(struct scripted_server *server)
{
	const struct moment *moment = server->context;
	struct vmbus_channel *channel = connected(server);
	uint64_t took;
	int error;

	server->on_message = rescind_then;
	error = server_open(channel, 29);
	took = port_time(server->port) - moment->begin;
	ck_assert_uint_ne(moment->begin, 0);
	/* Opened, or refused, before the word came; or gone. */
	if (error == 0)
		ck_assert(moment->type == POST_OPEN &&
			  moment->how != RESCIND_INSTEAD);
	else
		ck_assert(error == ERROR_NO_DEVICE ||
			  (error == ERROR_IO && moment->refuses));
	/* No answer: a second for one that may be late, and no more. */
	ck_assert_uint_lt(took, moment->how == RESCIND_INSTEAD
					? SECOND + 10 * MILLISECOND
					: 10 * MILLISECOND);
	server_settle(server, MILLISECOND);
	ck_assert(vmbus_rescinded(channel));
	ck_assert_int_eq(server_open(channel, 29),
			 error ? ERROR_NO_DEVICE : ERROR_BUSY);
	channel_free(channel);
	ck_assert_uint_eq(post_log_taken(&server->log, POST_RELID_RELEASED), 0);
	vmbus_release(channel);
	check_released(server, 1);
	/* It was never open for the host that took it away. */
	ck_assert_uint_eq(post_log_taken(&server->log, POST_CLOSE), 0);
	check_alive(server);
}

static const struct moment moments[] = {
	{.type = POST_GPADL_HEADER, .how = RESCIND_FIRST},
	{.type = POST_GPADL_HEADER, .how = RESCIND_AFTER},
	{.type = POST_GPADL_HEADER, .how = RESCIND_AFTER, .refuses = true},
	{.type = POST_GPADL_BODY, .how = RESCIND_FIRST},
	{.type = POST_GPADL_BODY, .how = RESCIND_AFTER},
	{.type = POST_GPADL_BODY, .how = RESCIND_AFTER, .refuses = true},
	{.type = POST_GPADL_BODY, .number = 1, .how = RESCIND_FIRST},
	{.type = POST_GPADL_BODY, .number = 1, .how = RESCIND_AFTER},
	{.type = POST_GPADL_BODY, .number = 1, .how = RESCIND_INSTEAD},
	{.type = POST_OPEN, .how = RESCIND_FIRST},
	{.type = POST_OPEN, .how = RESCIND_AFTER},
	{.type = POST_OPEN, .how = RESCIND_INSTEAD},
};

#define MOMENTS (sizeof(moments) / sizeof(moments[0]))

START_TEST(edge_24_25_a_channel_is_rescinded_while_it_opens)
{
	struct moment moment = moments[_i % (int)MOMENTS];
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = &moment;
	ck_assert_str_eq(scripted_server_run(&configuration, rescinded_in_open),
			 "");
}
END_TEST

/* The list is created after all, when the guest has given up its channel. */
static bool created_after_rescind(struct scripted_server *server,
				  const struct post *post)
{
	const uint32_t *status = server->context;
	const uint32_t words[] = {SERVER_CREATED, 0, 1, post_word(post, 12),
				  *status};

	if (post->type != POST_GPADL_HEADER)
		return false;
	server_send_rescind(server, 1);
	server_send_later(server, server->cpu, 50 * MILLISECOND, words, 5);
	return true;
}

static void created_too_late(struct scripted_server *server)
{
	const uint32_t status = *(const uint32_t *)server->context;
	struct vmbus_channel *channel = connected(server);

	server->on_message = created_after_rescind;
	ck_assert_int_eq(server_open(channel, 2), ERROR_NO_DEVICE);
	/* Asked back if it was made, and only then. */
	ck_assert_uint_eq(post_log_taken(&server->log, POST_TEARDOWN),
			  status == 0);
	ck_assert_uint_eq(post_log_taken(&server->log, POST_OPEN), 0);
	vmbus_release(channel);
	check_released(server, 1);
	check_alive(server);
}

START_TEST(edge_25_26_the_answer_is_waited_for_behind_the_rescind)
{
	static const uint32_t statuses[] = {0, SERVER_FAILURE};
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = (void *)&statuses[_i % 2];
	ck_assert_str_eq(scripted_server_run(&configuration, created_too_late),
			 "");
}
END_TEST

/* ---- While it is closed ---- */

static bool torndown_after_rescind(struct scripted_server *server,
				   const struct post *post)
{
	const uint32_t words[] = {SERVER_TORNDOWN, 0, post_word(post, 12)};
	const uint32_t *type = server->context;

	if (post->type == *type)
		server_send_rescind(server, 1);
	if (post->type != POST_TEARDOWN)
		return false;
	server_list_drop(server, words[2]);
	server_send_later(server, server->cpu, 2 * SECOND, words, 3);
	return true;
}

static void rescinded_in_close(struct scripted_server *server)
{
	const struct post_log *log = &server->log;
	struct vmbus_channel *channel = connected(server);
	const struct post *teardown, *released;
	struct gpadl gpadl;
	uint8_t *memory = port_pages_alloc(server->port, 2, 0, "test");

	ck_assert_int_eq(server_open(channel, 2), 0);
	ck_assert_int_eq(gpadl_create(&gpadl, channel, memory, 2), 0);
	server->on_message = torndown_after_rescind;
	channel_close(channel);
	ck_assert(gpadl_teardown(&gpadl));
	channel_free(channel);
	vmbus_release(channel);
	check_released(server, 1);
	teardown = &log->posts[post_log_find(log, POST_TEARDOWN, 1)];
	released = &log->posts[post_log_find(log, POST_RELID_RELEASED, 0)];
	ck_assert_uint_ge(released->time, teardown->time + 2 * SECOND);
	port_pages_free(server->port, memory, 2);
	check_alive(server);
}

START_TEST(edge_26_a_teardown_is_waited_for_behind_the_rescind)
{
	static const uint32_t types[] = {POST_CLOSE, POST_TEARDOWN};
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = (void *)&types[_i % 2];
	ck_assert_str_eq(
		scripted_server_run(&configuration, rescinded_in_close), "");
}
END_TEST

static void rescinded_while_open(struct scripted_server *server)
{
	struct vmbus_channel *channel = connected(server);
	unsigned doorbells;

	ck_assert_int_eq(server_open(channel, 1), 0);
	ck_assert_int_eq(channel_send(channel, "one", 3, 1, false), 0);
	channel_flush(channel);
	doorbells = server->doorbells;
	server_send_rescind(server, 1);
	server_send_rescind(server, 1);
	/* Not heard of yet: it may be used, and nothing comes of it. */
	ck_assert_int_eq(channel_send(channel, "two", 3, 2, false), 0);
	while (!vmbus_rescinded(channel))
		server_settle(server, 1000);
	ck_assert_int_eq(channel_send(channel, "three", 5, 3, false),
			 ERROR_NO_DEVICE);
	ck_assert(!channel_flush(channel));
	ck_assert_uint_eq(server->doorbells, doorbells);
	channel_close(channel);
	ck_assert_uint_eq(post_log_taken(&server->log, POST_CLOSE), 0);
	channel_free(channel);
	vmbus_release(channel);
	check_released(server, 1);
	check_alive(server);
}

START_TEST(edge_24_an_open_channel_that_is_rescinded_is_not_closed)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(
		scripted_server_run(&configuration, rescinded_while_open), "");
}
END_TEST

/* ---- Numbers that come again ---- */

static void signalled(void *context)
{
	++*(unsigned *)context;
}

static struct vmbus_channel *open_next(struct scripted_server *server,
				       uint8_t instance, unsigned *signals)
{
	const struct channel_configuration configuration = {
		.send_pages = 1,
		.receive_pages = 1,
		.signalled = signalled,
		.context = signals,
	};
	struct vmbus_channel *channel = server_claim(server, 1);

	ck_assert_ptr_nonnull(channel);
	ck_assert_uint_eq(channel->instance.bytes[0], instance);
	ck_assert_int_eq(channel_open(channel, &configuration), 0);
	return channel;
}

/* The same number for one device after the other. */
static void number_again(struct scripted_server *server)
{
	struct server_offer offer = server->offers[0];
	struct vmbus_channel *channel;
	unsigned signals[5] = {0};

	ck_assert_int_eq(server_connect(server), 0);
	for (uint8_t i = 0; i < 5; i++) {
		channel = open_next(server, offer.instance, &signals[i]);
		host_synic_signal(server->partition, 0, SINT, 1);
		server_send_rescind(server, 1);
		server_settle(server, MILLISECOND);
		/* Too early: it is the guest's until it is released. */
		offer.instance++;
		server_send_offer(server, &offer);
		server_settle(server, MILLISECOND);
		ck_assert_uint_eq(server->bus.messages_ignored, i + 1u);
		ck_assert_ptr_null(server_claim(server, 1));
		/* Signals are its own, to the end. */
		host_synic_signal(server->partition, 0, SINT, 1);
		server_settle(server, MILLISECOND);
		ck_assert_uint_eq(signals[i], 2);
		channel_free(channel);
		vmbus_release(channel);
		ck_assert_uint_eq(post_log_released(&server->log, 1), i + 1u);
		server_send_offer(server, &offer);
		server_settle(server, MILLISECOND);
	}
	for (unsigned i = 0; i < 5; i++)
		ck_assert_uint_eq(signals[i], 2);
}

START_TEST(edge_27_a_number_may_come_again_once_it_is_released)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(scripted_server_run(&configuration, number_again), "");
}
END_TEST

/* The same device under one number after the other: it is known by its GUID. */
static void device_again(struct scripted_server *server)
{
	struct server_offer offer = server->offers[0];
	struct vmbus_channel *before, *after;
	unsigned signals[2] = {0};

	ck_assert_int_eq(server_connect(server), 0);
	before = open_next(server, 1, &signals[0]);
	server_send_rescind(server, 1);
	offer.relid = 0x234;
	server_send_offer(server, &offer);
	server_settle(server, MILLISECOND);
	/* Both are there until the old one is let go. */
	after = open_next(server, 1, &signals[1]);
	ck_assert_ptr_ne(before, after);
	host_synic_signal(server->partition, 0, SINT, 0x234);
	server_settle(server, MILLISECOND);
	ck_assert_uint_eq(signals[0], 0);
	ck_assert_uint_eq(signals[1], 1);
	ck_assert_int_eq(channel_send(after, "hello", 5, 1, false), 0);
	ck_assert(channel_flush(after));
	ck_assert_uint_eq(server->doorbell_last, SERVER_DOORBELLS + 0x234);
	channel_free(before);
	vmbus_release(before);
	ck_assert(!vmbus_rescinded(after));
	channel_free(after);
	vmbus_release(after);
	ck_assert_uint_eq(post_log_released(&server->log, 1), 1);
	ck_assert_uint_eq(post_log_released(&server->log, 0x234), 0);
	/* The device that was given back is there for the next one. */
	ck_assert_ptr_eq(server_claim(server, 1), after);
}

START_TEST(edge_39_a_device_may_come_again_under_another_number)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(scripted_server_run(&configuration, device_again), "");
}
END_TEST

/* ---- Subchannels ---- */

static void subchannels_go(struct scripted_server *server)
{
	static const uint32_t orders[6][3] = {
		{2, 3, 1}, {3, 2, 1}, {2, 1, 3},
		{3, 1, 2}, {1, 2, 3}, {1, 3, 2},
	};
	const uint32_t *order = orders[*(const int *)server->context % 6];
	struct vmbus_channel *channel;

	server->offer_count = 3;
	server->offers[1] = (struct server_offer){2, 1, 1, 1, 0};
	server->offers[2] = (struct server_offer){3, 1, 1, 2, 0};
	channel = connected(server);
	ck_assert_uint_eq(channel->relid, 1);
	/* They are no devices by themselves. */
	ck_assert_ptr_null(server_claim(server, 1));
	ck_assert_int_eq(server_open(channel, 1), 0);
	for (unsigned i = 0; i < 3; i++) {
		server_send_rescind(server, order[i]);
		server_settle(server, MILLISECOND);
		ck_assert_uint_eq(post_log_released(&server->log, order[i]),
				  order[i] != 1);
	}
	channel_free(channel);
	vmbus_release(channel);
	check_released(server, 1);
	check_alive(server);
}

START_TEST(edge_28_subchannels_are_rescinded_in_any_order)
{
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = &_i;
	ck_assert_str_eq(scripted_server_run(&configuration, subchannels_go),
			 "");
}
END_TEST

/* ---- A card, at each step ---- */

/*
 * The real host takes the card away at the n-th thing that is said: a message
 * of the guest's or the host's, or a packet to the guest.
 */
struct removal {
	struct virtual_machine *vm;
	struct post_log log;
	struct machine_work work;
	struct machine_event event;
	unsigned n, said;
	/* After so many nanoseconds instead. */
	uint64_t delay;
	bool fired;
	/* A list of memory that was under way is refused. */
	bool refused;
};

static bool remove_now(void *argument)
{
	struct removal *removal = argument;

	if (!removal->fired)
		host_netvsp_remove(removal->vm->device);
	removal->fired = true;
	return false;
}

static void remove_at_time(void *argument)
{
	remove_now(argument);
}

static void say(struct removal *removal)
{
	if (removal->delay == 0 && removal->said++ == removal->n)
		machine_work_kick(removal->vm->machine, &removal->work);
}

static uint16_t guest_says(void *context, const struct post *post)
{
	(void)post;
	say(context);
	return 0;
}

static bool host_says(void *context, uint8_t *payload, uint32_t *bytes)
{
	struct removal *removal = context;

	(void)bytes;
	removal->refused |= payload[0] == SERVER_CREATED && payload[16] != 0;
	say(removal);
	return true;
}

static bool device_says(void *context, struct host_channel *channel,
			uint8_t *bytes, uint32_t count)
{
	(void)channel;
	(void)bytes;
	(void)count;
	say(context);
	return true;
}

static void removal_arm(struct removal *removal)
{
	struct virtual_machine *vm = removal->vm;
	const struct host_hostile hostile = {
		.context = removal,
		.message = host_says,
		.packet = device_says,
	};

	removal->work.step = remove_now;
	removal->work.argument = removal;
	removal->event.fire = remove_at_time;
	removal->event.argument = removal;
	removal->log.refuse = guest_says;
	removal->log.context = removal;
	post_log_attach(&removal->log, vm->partition);
	host_hostile_set(vm->host_bus, &hostile);
	if (removal->delay != 0)
		machine_event_schedule(vm->machine, &removal->event,
				       removal->delay);
}

/* Wait for the rescind, and for the number to go back. */
static void let_go(struct removal *removal)
{
	struct virtual_machine *vm = removal->vm;
	uint64_t end = port_time(vm->port) + MILLISECOND;
	unsigned events = 0;

	while (vm->nic && !(events & NIC_EVENT_REMOVED)) {
		events |= nic_events(vm->nic);
		ck_assert_uint_lt(port_time(vm->port), end);
		port_delay(vm->port, 10000);
	}
	if (vm->nic) {
		ck_assert_int_eq(nic_start(vm->nic), ERROR_NO_DEVICE);
		nic_stop(vm->nic);
		nic_close(vm->nic);
		vm->nic = NULL;
		vm->stage = VIRTUAL_MACHINE_CONNECTED;
	}
	for (unsigned i = 0; i < 100; i++) {
		vmbus_poll(&vm->bus);
		port_delay(vm->port, 10000);
	}
	ck_assert_uint_eq(host_vmbus_gpadls(vm->host_bus), 0);
}

/* Another card in the place of the one that is gone. */
static void replace(struct removal *removal)
{
	struct virtual_machine *vm = removal->vm;

	host_netvsp_destroy(vm->device);
	vm->device = host_netvsp_create(vm->host_bus, &vm->configuration.device,
					vm->wire);
	for (unsigned i = 0; i < 100; i++) {
		vmbus_poll(&vm->bus);
		port_delay(vm->port, 10000);
	}
}

static void removed_while_it_came_up(struct removal *removal, int error,
				     const struct nic_stack *callbacks)
{
	struct virtual_machine *vm = removal->vm;
	unsigned known;

	ck_assert_msg(error == 0 || error == ERROR_NO_DEVICE ||
			      (error == ERROR_IO && removal->refused),
		      "bring-up ended with %d", error);
	ck_assert_int_ge(vm->stage, VIRTUAL_MACHINE_CONNECTED);
	let_go(removal);
	/* One that the guest never heard of is not released. */
	known = post_log_taken(&removal->log, POST_GPADL_HEADER) != 0;
	ck_assert_uint_le(post_log_released(&removal->log, 1), 1);
	ck_assert_uint_ge(post_log_released(&removal->log, 1), known);
	replace(removal);
	ck_assert_int_eq(virtual_machine_up(vm, VIRTUAL_MACHINE_STARTED,
					    callbacks, 0),
			 0);
	/* Under the number of the first, which is free again. */
	if (known && !vm->personality->late_offers)
		ck_assert_uint_eq(vm->bus.channels[0].relid, 1);
}

static void card_is_removed(void *argument)
{
	struct removal *removal = argument;
	struct virtual_machine *vm = removal->vm;
	struct nic_stack callbacks;
	struct stack stack;
	bool early;
	int error;

	ck_assert_int_eq(stack_create(&stack, vm->port, 1514, 1, true), 0);
	callbacks = stack_callbacks(&stack);
	removal_arm(removal);
	error = virtual_machine_up(vm, VIRTUAL_MACHINE_STARTED, &callbacks, 0);
	early = removal->fired;
	if (early)
		removed_while_it_came_up(removal, error, &callbacks);
	else
		ck_assert_int_eq(error, 0);
	virtual_machine_down(vm);
	ck_assert_uint_eq(stack_outstanding(&stack), 0);
	ck_assert_uint_eq(stack.strays, 0);
	/* And the same machine once more, from the start. */
	machine_event_cancel(vm->machine, &removal->event);
	machine_work_cancel(vm->machine, &removal->work);
	removal->n = UINT32_MAX;
	if (removal->fired && !early)
		replace(removal);
	ck_assert_int_eq(virtual_machine_up(vm, VIRTUAL_MACHINE_STARTED,
					    &callbacks, 0),
			 0);
	virtual_machine_down(vm);
	stack_destroy(&stack);
}

/* Returns whether the card was removed before all was down again. */
static bool removal_run(const struct virtual_machine_configuration *machine,
			unsigned n, uint64_t delay)
{
	struct removal *removal = calloc(1, sizeof(*removal));
	char reason[256] = "";
	bool fired;

	removal->vm = virtual_machine_create(machine);
	removal->n = n;
	removal->delay = delay;
	ck_assert_msg(virtual_machine_run(removal->vm, card_is_removed,
					  removal) == MACHINE_DONE,
		      "%s", machine_reason(removal->vm->machine));
	ck_assert_msg(virtual_machine_check(removal->vm, reason,
					    sizeof(reason)),
		      "%s", reason);
	fired = removal->fired;
	virtual_machine_destroy(removal->vm);
	free(removal);
	return fired;
}

#define MESSAGES 80
#define SEEDS	 2

/* At each message or packet; beyond the last, there is nothing to remove. */
START_TEST(edge_24_a_card_is_rescinded_at_each_message_of_its_bring_up)
{
	const struct virtual_machine_configuration machine = {
		.host = host_personalities[_i].name,
	};
	struct virtual_machine_configuration seed = machine;

	for (unsigned n = 0; n < MESSAGES; n++)
		for (unsigned i = 0; i < SEEDS; i++) {
			seed.machine.seed = i;
			removal_run(&seed, n, 0);
		}
	ck_assert(removal_run(&seed, 0, 0));
	ck_assert(!removal_run(&seed, MESSAGES, 0));
}
END_TEST

/* And at times between them, so many microseconds apart. */
START_TEST(edge_24_a_card_is_rescinded_at_any_time_of_its_bring_up)
{
	struct virtual_machine_configuration machine = {
		.host = host_personalities[_i % 6].name,
		.machine.seed = (uint64_t)_i,
	};
	unsigned fired = 0;

	for (uint64_t delay = 500; delay < 400000; delay += 6000)
		fired += removal_run(&machine, 0, delay);
	ck_assert_uint_ge(fired, 10);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rescind");
	TCase *channel = tcase_create("channel");
	TCase *card = tcase_create("card");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(channel,
			    edge_24_25_a_channel_is_rescinded_while_it_opens, 0,
			    8 * (int)MOMENTS);
	tcase_add_loop_test(
		channel, edge_25_26_the_answer_is_waited_for_behind_the_rescind,
		0, 16);
	tcase_add_loop_test(channel,
			    edge_26_a_teardown_is_waited_for_behind_the_rescind,
			    0, 16);
	tcase_add_loop_test(
		channel,
		edge_24_an_open_channel_that_is_rescinded_is_not_closed, 0, 12);
	tcase_add_loop_test(channel,
			    edge_27_a_number_may_come_again_once_it_is_released,
			    0, 8);
	tcase_add_loop_test(channel,
			    edge_28_subchannels_are_rescinded_in_any_order, 0,
			    12);
	tcase_add_loop_test(
		channel, edge_39_a_device_may_come_again_under_another_number,
		0, 8);
	suite_add_tcase(suite, channel);
	tcase_add_loop_test(
		card,
		edge_24_a_card_is_rescinded_at_each_message_of_its_bring_up, 0,
		6);
	tcase_add_loop_test(
		card, edge_24_a_card_is_rescinded_at_any_time_of_its_bring_up,
		0, 12);
	suite_add_tcase(suite, card);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
