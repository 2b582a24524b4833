/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that the guest shows to the host: lists of any length, refused ones,
 * and the question that matters in the end: whose is it? Not the guest's before
 * the host said so.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/live_card.h"
#include "tests/support/scripted_server.h"

#define SECOND	    1000000000ull
#define MILLISECOND 1000000ull
#define RAM	    (128u << 20)

static const size_t sizes[] = {1,  2,  25, 26,	27,   53,  54,
			       55, 82, 83, 500, 8189, 8190};

static struct scripted_server_configuration seeded(int seed)
{
	return (struct scripted_server_configuration){
		.machine.seed = (uint64_t)seed,
		.machine.ram_bytes = RAM,
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

static void *pages_make(struct scripted_server *server, size_t pages)
{
	void *memory = port_pages_alloc(server->port, pages, 0, "test: shown");

	ck_assert_ptr_nonnull(memory);
	return memory;
}

static uint64_t live_bytes(const struct scripted_server *server)
{
	struct machine_counters counters;

	machine_counters(server->machine, &counters);
	return counters.live_bytes;
}

/* ---- Lists of any length ---- */

/* What the n-th post from a place on must say of a list. */
static void check_posts(struct scripted_server *server, const uint8_t *memory,
			size_t pages)
{
	const struct post *post = server->log.posts;
	uint32_t handle, number, done = 0, i, at;

	post += post_log_find(&server->log, POST_GPADL_HEADER, 0);
	handle = post_word(post, 12);
	ck_assert_uint_ne(handle, 0);
	ck_assert_uint_eq(post_word(post, 8), 1);
	/* Of all ranges, with their own eight bytes; and how many: one. */
	ck_assert_uint_eq(post_word(post, 16), (pages + 1) * 8 | 1 << 16);
	ck_assert_uint_eq(post_word(post, 20), pages * 4096);
	ck_assert_uint_eq(post_word(post, 24), 0);
	for (number = 0; done < pages; number++, post++) {
		uint32_t most = number == 0 ? 26 : 28;

		at = number == 0 ? 28 : 16;
		ck_assert_uint_eq(post->type, number == 0 ? POST_GPADL_HEADER
							  : POST_GPADL_BODY);
		if (number != 0) {
			ck_assert_uint_eq(post_word(post, 8), number);
			ck_assert_uint_eq(post_word(post, 12), handle);
		}
		for (i = 0; i < most && done < pages; i++, done++, at += 8)
			ck_assert_uint_eq(
				post_word(post, at) |
					(uint64_t)post_word(post, at + 4) << 32,
				port_physical(server->port,
					      memory + (size_t)done * 4096) /
					4096);
		ck_assert_uint_eq(post->bytes, at);
	}
	ck_assert_uint_eq(post_log_taken(&server->log, POST_GPADL_BODY),
			  number - 1);
}

static void shows_pages(struct scripted_server *server)
{
	const size_t pages = *(const size_t *)server->context;
	struct vmbus_channel *channel = connected(server);
	uint8_t *memory = pages_make(server, pages);
	struct gpadl gpadl;

	ck_assert_int_eq(gpadl_create(&gpadl, channel, memory, pages), 0);
	check_posts(server, memory, pages);
	ck_assert_ptr_nonnull(server_list(server, gpadl.handle));
	ck_assert(gpadl_teardown(&gpadl));
	ck_assert_uint_eq(gpadl.handle, 0);
	ck_assert_uint_eq(server_lists(server), 0);
	/* Once. */
	ck_assert(gpadl_teardown(&gpadl));
	ck_assert_uint_eq(post_log_taken(&server->log, POST_TEARDOWN), 1);
	port_pages_free(server->port, memory, pages);
	vmbus_release(channel);
}

START_TEST(edge_29_a_list_goes_out_in_header_and_bodies)
{
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = (void *)&sizes[_i];
	ck_assert_str_eq(scripted_server_run(&configuration, shows_pages), "");
}
END_TEST

/* And the real host takes each of them for what it is. */
static void shows_pages_live(struct live_card *live)
{
	struct virtual_machine *vm = live->vm;
	struct vmbus_channel *channel;
	struct gpadl gpadl;
	uint8_t *memory;

	ck_assert_int_eq(
		virtual_machine_up(vm, VIRTUAL_MACHINE_CONNECTED, NULL, 0), 0);
	channel = vmbus_claim(&vm->bus, &netvsc_interface);
	ck_assert_ptr_nonnull(channel);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memory = port_pages_alloc(live->port, sizes[i], 0, "test");
		ck_assert_ptr_nonnull(memory);
		ck_assert_int_eq(
			gpadl_create(&gpadl, channel, memory, sizes[i]), 0);
		ck_assert_uint_eq(host_vmbus_gpadls(vm->host_bus), 1);
		ck_assert(gpadl_teardown(&gpadl));
		ck_assert_uint_eq(host_vmbus_gpadls(vm->host_bus), 0);
		port_pages_free(live->port, memory, sizes[i]);
	}
	vmbus_release(channel);
}

START_TEST(edge_29_the_host_takes_lists_of_any_length)
{
	const struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i].name,
		.machine.machine.seed = (uint64_t)_i,
		.machine.machine.ram_bytes = RAM,
	};

	ck_assert_str_eq(live_run(&configuration, shows_pages_live), "");
}
END_TEST

static void shows_too_much(struct scripted_server *server)
{
	static const size_t more[] = {8191, 65536, (size_t)1 << 32,
				      ((size_t)1 << 32) + 1, SIZE_MAX};
	struct vmbus_channel *channel = connected(server);
	uint8_t *memory = pages_make(server, 2);
	unsigned posts = server->log.count;
	struct gpadl gpadl;

	for (unsigned i = 0; i < 5; i++) {
		ck_assert_int_eq(gpadl_create(&gpadl, channel, memory, more[i]),
				 ERROR_NO_SPACE);
		ck_assert_uint_eq(gpadl.handle, 0);
	}
	ck_assert_int_eq(gpadl_create(&gpadl, channel, memory, 0),
			 ERROR_INVALID);
	ck_assert_int_eq(gpadl_create(&gpadl, channel, memory + 8, 1),
			 ERROR_INVALID);
	ck_assert_int_eq(server_open(channel, 4095), ERROR_NO_SPACE);
	ck_assert_int_eq(server_open(channel, 0x7fffffff), ERROR_NO_SPACE);
	ck_assert_uint_eq(server->log.count, posts);
	ck_assert_int_eq(server_open(channel, 4094), 0);
	channel_free(channel);
	port_pages_free(server->port, memory, 2);
	vmbus_release(channel);
}

START_TEST(edge_29_more_than_a_list_can_name_is_refused)
{
	struct scripted_server_configuration configuration = seeded(0);

	ck_assert_str_eq(scripted_server_run(&configuration, shows_too_much),
			 "");
}
END_TEST

/* ---- Refused ---- */

static bool refuse_list(struct scripted_server *server, const struct post *post)
{
	const uint32_t *status = server->context;
	const uint32_t words[] = {SERVER_CREATED, 0, 1, post_word(post, 12),
				  *status};

	/* The header says no more; the last body brings the answer. */
	if (post->type == POST_GPADL_HEADER)
		return true;
	if (post->type != POST_GPADL_BODY)
		return false;
	if (post_word(post, 8) == 2)
		server_send_words(server, words, 5);
	return true;
}

static void list_is_refused(struct scripted_server *server)
{
	struct vmbus_channel *channel = connected(server);
	uint64_t before = live_bytes(server);
	uint8_t *memory = pages_make(server, 60);
	struct gpadl gpadl;

	server->on_message = refuse_list;
	ck_assert_int_eq(gpadl_create(&gpadl, channel, memory, 60), ERROR_IO);
	ck_assert_uint_eq(gpadl.handle, 0);
	ck_assert(gpadl_teardown(&gpadl));
	port_pages_free(server->port, memory, 60);
	/* A channel whose rings are refused is not opened, nor closed. */
	ck_assert_int_eq(server_open(channel, 29), ERROR_IO);
	ck_assert_uint_eq(live_bytes(server), before);
	ck_assert_uint_eq(post_log_taken(&server->log, POST_TEARDOWN), 0);
	ck_assert_uint_eq(post_log_taken(&server->log, POST_OPEN), 0);
	ck_assert_uint_eq(post_log_taken(&server->log, POST_CLOSE), 0);
	server->on_message = NULL;
	ck_assert_int_eq(server_open(channel, 29), 0);
	channel_free(channel);
	vmbus_release(channel);
}

START_TEST(edge_30_a_list_that_is_refused_is_not_torn_down)
{
	static const uint32_t statuses[] = {SERVER_FAILURE, 1, 0xffffffff,
					    0xc0000001};
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = (void *)&statuses[_i % 4];
	ck_assert_str_eq(scripted_server_run(&configuration, list_is_refused),
			 "");
}
END_TEST

/* ---- Handles ---- */

/*
 * Answers to other lists, and to this one of another channel; then the answer.
 */
static bool answer_others(struct scripted_server *server,
			  const struct post *post)
{
	uint32_t handle = post_word(post, 12);

	if (post->type != POST_GPADL_HEADER)
		return false;
	for (uint32_t i = 0; i < 4; i++) {
		const uint32_t words[] = {SERVER_CREATED, 0, i == 0 ? 2 : 1,
					  i == 0 ? handle : handle - i,
					  SERVER_FAILURE};
		const uint32_t torn[] = {SERVER_TORNDOWN, 0, handle - i};

		server_send_words(server, words, 5);
		server_send_words(server, torn, 3);
	}
	return false;
}

static void lists_come_and_go(struct scripted_server *server)
{
	struct vmbus_channel *channel = connected(server);
	uint8_t *memory = pages_make(server, 3);
	uint32_t last = 0;
	struct gpadl gpadl;

	server->on_message = answer_others;
	for (unsigned i = 0; i < 50; i++) {
		ck_assert_int_eq(gpadl_create(&gpadl, channel, memory, 3), 0);
		/* Never used again, not even after it is free. */
		ck_assert_uint_gt(gpadl.handle, last);
		last = gpadl.handle;
		ck_assert(gpadl_teardown(&gpadl));
	}
	server_settle(server, MILLISECOND);
	ck_assert_uint_eq(server->bus.messages_ignored, 8 * 50);
	port_pages_free(server->port, memory, 3);
	vmbus_release(channel);
}

START_TEST(edge_31_an_answer_belongs_to_its_list)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(scripted_server_run(&configuration, lists_come_and_go),
			 "");
}
END_TEST

static bool swallow_lists(struct scripted_server *server,
			  const struct post *post)
{
	(void)server;
	return post->type == POST_GPADL_HEADER || post->type == POST_GPADL_BODY;
}

/* No answer: the host may have it, so it is asked back. */
static void list_without_answer(struct scripted_server *server)
{
	struct vmbus_channel *channel = connected(server);
	uint8_t *memory = pages_make(server, 30);
	uint32_t late[] = {SERVER_CREATED, 0, 1, 0, 0};
	struct gpadl gpadl;
	uint64_t begin;

	server->on_message = swallow_lists;
	begin = port_time(server->port);
	ck_assert_int_eq(gpadl_create(&gpadl, channel, memory, 30),
			 ERROR_TIMED_OUT);
	ck_assert_uint_lt(port_time(server->port) - begin, 6 * SECOND);
	ck_assert_uint_ne(gpadl.handle, 0);
	late[3] = gpadl.handle;
	ck_assert(gpadl_teardown(&gpadl));
	ck_assert_uint_eq(post_log_taken(&server->log, POST_TEARDOWN), 1);
	/* The answer of before is not the next one's. */
	server->on_message = NULL;
	server_send_words(server, late, 5);
	ck_assert_int_eq(gpadl_create(&gpadl, channel, memory, 30), 0);
	ck_assert_uint_ne(gpadl.handle, late[3]);
	ck_assert_uint_eq(server->bus.messages_ignored, 1);
	ck_assert(gpadl_teardown(&gpadl));
	port_pages_free(server->port, memory, 30);
	vmbus_release(channel);
}

START_TEST(edge_31_a_list_that_is_not_answered_is_asked_back)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(
		scripted_server_run(&configuration, list_without_answer), "");
}
END_TEST

/* ---- TORNDOWN ---- */

/* Holds back TORNDOWN for so long; UINT64_MAX: for ever. */
static bool torndown_later(struct scripted_server *server,
			   const struct post *post)
{
	const uint64_t *delay = server->context;
	const uint32_t words[] = {SERVER_TORNDOWN, 0, post_word(post, 12)};

	if (post->type != POST_TEARDOWN)
		return false;
	if (*delay != UINT64_MAX)
		server_send_later(server, server->cpu, *delay, words, 3);
	return true;
}

static void torn_down_late(struct scripted_server *server)
{
	const uint64_t delay = *(const uint64_t *)server->context;
	struct vmbus_channel *channel = connected(server);
	uint8_t *memory = pages_make(server, 30);
	struct gpadl gpadl;
	uint64_t begin;

	ck_assert_int_eq(gpadl_create(&gpadl, channel, memory, 30), 0);
	server->on_message = torndown_later;
	begin = port_time(server->port);
	ck_assert(gpadl_teardown(&gpadl));
	ck_assert_uint_ge(port_time(server->port) - begin, delay);
	ck_assert_uint_lt(port_time(server->port) - begin,
			  delay + 10 * MILLISECOND);
	port_pages_free(server->port, memory, 30);
	vmbus_release(channel);
}

START_TEST(edge_33_torndown_may_take_its_time)
{
	static const uint64_t delays[] = {0, 1000, 10 * MILLISECOND, SECOND,
					  4900 * MILLISECOND};
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = (void *)&delays[_i % 5];
	ck_assert_str_eq(scripted_server_run(&configuration, torn_down_late),
			 "");
}
END_TEST

/* Rings that the host keeps: nobody's until it says that all is over. */
static void never_torn_down(struct scripted_server *server)
{
	struct vmbus_channel *channel = connected(server);
	uint64_t before = live_bytes(server), shown;
	uint32_t late[] = {SERVER_TORNDOWN, 0, 0};

	ck_assert_int_eq(server_open(channel, 7), 0);
	late[2] = channel->gpadl.handle;
	shown = live_bytes(server) - before;
	server->on_message = torndown_later;
	channel_free(channel);
	ck_assert_uint_eq(live_bytes(server) - before, shown);
	ck_assert_ptr_nonnull(strstr(server_text(server), "keeps 16 pages"));
	/* Too late: it is not given back by halves. */
	server_send_words(server, late, 3);
	server_settle(server, MILLISECOND);
	ck_assert_uint_eq(live_bytes(server) - before, shown);
	/* The next ones go elsewhere. */
	server->on_message = NULL;
	ck_assert_int_eq(server_open(channel, 7), 0);
	ck_assert_uint_eq(live_bytes(server) - before, 2 * shown);
	channel_free(channel);
	ck_assert_uint_eq(live_bytes(server) - before, shown);
	vmbus_release(channel);
	server_disconnect(server);
	ck_assert_uint_lt(live_bytes(server), before);
}

START_TEST(edge_33_memory_that_the_host_keeps_is_freed_with_the_connection)
{
	uint64_t never = UINT64_MAX;
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = &never;
	ck_assert_str_eq(scripted_server_run(&configuration, never_torn_down),
			 "");
}
END_TEST

static bool keeps_all(struct scripted_server *server, const struct post *post)
{
	(void)server;
	return post->type == POST_TEARDOWN || post->type == POST_UNLOAD;
}

static void kept_for_ever(struct scripted_server *server)
{
	uint64_t before = live_bytes(server), shown;
	struct vmbus_channel *channel = connected(server);

	shown = live_bytes(server);
	ck_assert_int_eq(server_open(channel, 7), 0);
	shown = live_bytes(server) - shown;
	server->on_message = keeps_all;
	channel_free(channel);
	vmbus_release(channel);
	server_disconnect(server);
	ck_assert_uint_eq(live_bytes(server), before + shown);
}

START_TEST(edge_33_memory_that_the_host_never_lets_go_is_never_freed)
{
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.memory_stays = true;
	/* Before 3.0 there is no UNLOAD to ask with. */
	configuration.guest_version_max = _i % 2 ? 0x20004 : 0;
	ck_assert_str_eq(scripted_server_run(&configuration, kept_for_ever),
			 "");
}
END_TEST

/* Nobody asked for that: the host has the pages still. */
static void torndown_unasked(struct scripted_server *server)
{
	struct vmbus_channel *channel = connected(server);
	uint8_t *memory = pages_make(server, 2);
	struct gpadl gpadl;
	uint32_t words[] = {SERVER_TORNDOWN, 0, 0};

	ck_assert_int_eq(gpadl_create(&gpadl, channel, memory, 2), 0);
	words[2] = gpadl.handle;
	server_send_words(server, words, 3);
	server_settle(server, MILLISECOND);
	ck_assert_uint_eq(server->bus.messages_ignored, 1);
	server->on_message = torndown_later;
	ck_assert(!gpadl_teardown(&gpadl));
	vmbus_keep(&server->bus, memory, 2);
	vmbus_release(channel);
}

START_TEST(edge_33_a_torndown_that_nobody_asked_for_is_none)
{
	uint64_t never = UINT64_MAX;
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = &never;
	ck_assert_str_eq(scripted_server_run(&configuration, torndown_unasked),
			 "");
}
END_TEST

/* Begun together, confirmed in another order and during other waits. */
static void torn_down_together(struct scripted_server *server)
{
	struct vmbus_channel *channel = connected(server);
	uint8_t *memory = pages_make(server, 6), *more = pages_make(server, 1);
	struct gpadl gpadl[6], other;
	uint64_t begin;

	for (unsigned i = 0; i < 6; i++)
		ck_assert_int_eq(gpadl_create(&gpadl[i], channel,
					      memory + (size_t)i * 4096, 1),
				 0);
	server->on_message = keeps_all;
	for (unsigned i = 0; i < 6; i++) {
		const uint32_t words[] = {SERVER_TORNDOWN, 0, gpadl[i].handle};

		gpadl_teardown_begin(&gpadl[i]);
		gpadl_teardown_begin(&gpadl[i]);
		server_list_drop(server, gpadl[i].handle);
		server_send_later(server, server->cpu,
				  (6 - i) * 10 * MILLISECOND, words, 3);
	}
	ck_assert_uint_eq(post_log_taken(&server->log, POST_TEARDOWN), 6);
	server->on_message = NULL;
	ck_assert_int_eq(gpadl_create(&other, channel, more, 1), 0);
	ck_assert(gpadl_teardown(&other));
	server_settle(server, 30 * MILLISECOND);
	begin = port_time(server->port);
	for (unsigned i = 6; i-- > 0;)
		ck_assert(gpadl_teardown(&gpadl[i]));
	ck_assert_uint_lt(port_time(server->port) - begin, 40 * MILLISECOND);
	ck_assert_uint_eq(post_log_taken(&server->log, POST_TEARDOWN), 7);
	ck_assert_ptr_null(server->bus.gpadls_asked);
	ck_assert_uint_eq(server->bus.messages_ignored, 0);
	port_pages_free(server->port, memory, 6);
	port_pages_free(server->port, more, 1);
	vmbus_release(channel);
}

START_TEST(edge_33_teardowns_under_way_are_confirmed_in_any_order)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(
		scripted_server_run(&configuration, torn_down_together), "");
}
END_TEST

/* ---- The order of a card's end ---- */

static int torn_down_at(const struct post_log *log, unsigned list)
{
	uint32_t handle = post_word(
		&log->posts[post_log_find(log, POST_GPADL_HEADER, list)], 12);
	unsigned n = 0;
	int at;

	do {
		at = post_log_find(log, POST_TEARDOWN, n++);
		ck_assert_int_ge(at, 0);
	} while (post_word(&log->posts[at], 12) != handle);
	return at;
}

static void card_ends(struct live_card *live)
{
	struct post_log *log = calloc(1, sizeof(*log));
	struct virtual_machine *vm = live->vm;
	bool closes_first;
	int close, lists;

	post_log_attach(log, vm->partition);
	ck_assert_int_eq(live_up(live), 0);
	closes_first = vmbus_version(&vm->bus) >= 0x40000;
	lists = (int)post_log_taken(log, POST_GPADL_HEADER);
	ck_assert_int_eq(lists, 3);
	nic_stop(vm->nic);
	virtual_machine_down(vm);
	close = post_log_find(log, POST_CLOSE, 0);
	/* The ring's is the first list, and the last to go. */
	for (unsigned list = 1; list < 3; list++) {
		ck_assert_int_eq(torn_down_at(log, list) > close, closes_first);
		ck_assert_int_lt(torn_down_at(log, list), torn_down_at(log, 0));
	}
	ck_assert_int_gt(torn_down_at(log, 0), close);
	ck_assert_uint_eq(post_log_taken(log, POST_TEARDOWN), 3);
	host_partition_client_set(vm->partition, &log->client);
	free(log);
}

START_TEST(edge_33_lists_are_torn_down_when_their_version_says)
{
	static const uint32_t most[] = {0, 0x40000, 0x30000, 0x20004};
	const struct host_personality *host = &host_personalities[_i / 4];
	const struct live_card_configuration configuration = {
		.machine.host = host->name,
		.machine.vmbus_version_max = most[_i % 4],
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, card_ends), "");
}
END_TEST

static void add_lists(Suite *suite)
{
	TCase *test = tcase_create("lists");

	tcase_add_loop_test(test, edge_29_a_list_goes_out_in_header_and_bodies,
			    0, sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_loop_test(test, edge_29_the_host_takes_lists_of_any_length, 0,
			    6);
	tcase_add_test(test, edge_29_more_than_a_list_can_name_is_refused);
	tcase_add_loop_test(test,
			    edge_30_a_list_that_is_refused_is_not_torn_down, 0,
			    12);
	tcase_add_loop_test(test, edge_31_an_answer_belongs_to_its_list, 0, 8);
	tcase_add_loop_test(test,
			    edge_31_a_list_that_is_not_answered_is_asked_back,
			    0, 8);
	suite_add_tcase(suite, test);
}

int main(void)
{
	Suite *suite = suite_create("gpadl_edges");
	TCase *end = tcase_create("end");
	SRunner *runner;
	int failed;

	add_lists(suite);
	tcase_add_loop_test(end, edge_33_torndown_may_take_its_time, 0, 15);
	tcase_add_loop_test(
		end,
		edge_33_memory_that_the_host_keeps_is_freed_with_the_connection,
		0, 8);
	tcase_add_loop_test(
		end, edge_33_memory_that_the_host_never_lets_go_is_never_freed,
		0, 4);
	tcase_add_loop_test(end,
			    edge_33_a_torndown_that_nobody_asked_for_is_none, 0,
			    4);
	tcase_add_loop_test(
		end, edge_33_teardowns_under_way_are_confirmed_in_any_order, 0,
		8);
	tcase_add_loop_test(end,
			    edge_33_lists_are_torn_down_when_their_version_says,
			    0, 24);
	suite_add_tcase(suite, end);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
