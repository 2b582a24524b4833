/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a channel opens, with a host that is early, late or silent; and how the
 * connection ends, with an answer that comes from elsewhere, too soon, or not.
 */
#include <check.h>
#include <string.h>

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

/* ---- Opening ---- */

static bool refuse_open(struct scripted_server *server, const struct post *post)
{
	const uint32_t words[] = {SERVER_OPEN_RESULT, 0, post_word(post, 8),
				  post_word(post, 12), SERVER_FAILURE};

	if (post->type != POST_OPEN)
		return false;
	server_send_words(server, words, 5);
	return true;
}

static void open_is_refused(struct scripted_server *server)
{
	struct vmbus_channel *channel = connected(server);

	server->on_message = refuse_open;
	ck_assert_int_eq(server_open(channel, 2), ERROR_IO);
	ck_assert_uint_eq(server_lists(server), 0);
	/* What was never open is not closed. */
	ck_assert_uint_eq(post_log_taken(&server->log, POST_CLOSE), 0);
	ck_assert_int_eq(channel_send(channel, "", 0, 1, false),
			 ERROR_NO_DEVICE);
	server->on_message = NULL;
	ck_assert_int_eq(server_open(channel, 2), 0);
	channel_free(channel);
	vmbus_release(channel);
}

START_TEST(edge_34_a_channel_that_is_refused_can_be_opened_later)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(scripted_server_run(&configuration, open_is_refused),
			 "");
}
END_TEST

static bool swallow_open(struct scripted_server *server,
			 const struct post *post)
{
	(void)server;
	return post->type == POST_OPEN;
}

static bool answer_old_open(struct scripted_server *server,
			    const struct post *post)
{
	const uint32_t old[] = {SERVER_OPEN_RESULT, 0, 1,
				post_word(post, 12) - 1, SERVER_FAILURE};
	const uint32_t other[] = {SERVER_OPEN_RESULT, 0, 2, post_word(post, 12),
				  SERVER_FAILURE};

	if (post->type != POST_OPEN)
		return false;
	server_send_words(server, old, 5);
	server_send_words(server, other, 5);
	return false;
}

static void open_without_answer(struct scripted_server *server)
{
	struct vmbus_channel *channel = connected(server);
	const struct post_log *log = &server->log;
	uint64_t begin = port_time(server->port);

	server->on_message = swallow_open;
	ck_assert_int_eq(server_open(channel, 2), ERROR_TIMED_OUT);
	ck_assert_uint_lt(port_time(server->port) - begin, 6 * SECOND);
	/* It may open it yet: so it is to be closed, and then torn down. */
	ck_assert_int_ge(post_log_find(log, POST_CLOSE, 0), 0);
	ck_assert_int_gt(post_log_find(log, POST_TEARDOWN, 0),
			 post_log_find(log, POST_CLOSE, 0));
	ck_assert_uint_eq(server_lists(server), 0);
	/* Its answer, and another's, are not the next one's. */
	server->on_message = answer_old_open;
	ck_assert_int_eq(server_open(channel, 2), 0);
	ck_assert_uint_eq(server->bus.messages_ignored, 2);
	channel_free(channel);
	vmbus_release(channel);
}

START_TEST(edge_34_an_open_without_an_answer_is_undone)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(
		scripted_server_run(&configuration, open_without_answer), "");
}
END_TEST

/* The host closes slowly: it confirms the end of the rings after a while. */
static bool close_slowly(struct scripted_server *server,
			 const struct post *post)
{
	const uint32_t words[] = {SERVER_TORNDOWN, 0, post_word(post, 12)};

	if (post->type != POST_TEARDOWN)
		return false;
	server_list_drop(server, words[2]);
	server_send_later(server, server->cpu, 100 * MILLISECOND, words, 3);
	return true;
}

static void opens_again(struct scripted_server *server)
{
	struct vmbus_channel *channel = connected(server);
	const struct post_log *log = &server->log;

	server->on_message = close_slowly;
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_int_eq(server_open(channel, 2), 0);
		ck_assert_int_eq(server_open(channel, 2), ERROR_BUSY);
		channel_close(channel);
		/* There is no answer to CLOSE: the rings are the host's yet. */
		ck_assert_int_eq(server_open(channel, 2), ERROR_BUSY);
		ck_assert_uint_eq(post_log_taken(log, POST_TEARDOWN), i);
		channel_free(channel);
		ck_assert_uint_eq(post_log_taken(log, POST_CLOSE), i + 1);
		ck_assert_uint_eq(post_log_taken(log, POST_TEARDOWN), i + 1);
	}
	for (unsigned i = 1; i < 4; i++) {
		int before = post_log_find(log, POST_TEARDOWN, i - 1);
		int after = post_log_find(log, POST_GPADL_HEADER, i);

		ck_assert_uint_ge(log->posts[after].time,
				  log->posts[before].time + 100 * MILLISECOND);
	}
	vmbus_release(channel);
}

START_TEST(edge_34_a_channel_opens_again_when_the_last_rings_are_gone)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(scripted_server_run(&configuration, opens_again), "");
}
END_TEST

static void opens_what_cannot_be(struct scripted_server *server)
{
	struct vmbus_channel *channel = connected(server);
	struct channel_configuration configuration = {
		.send_pages = 1,
		.receive_pages = 1,
		.cpu = 2,
	};
	unsigned posts = server->log.count;

	ck_assert_int_eq(channel_open(channel, &configuration), ERROR_INVALID);
	configuration.cpu = 0;
	configuration.send_pages = 0;
	ck_assert_int_eq(channel_open(channel, &configuration), ERROR_INVALID);
	configuration.send_pages = 1;
	configuration.receive_pages = 0;
	ck_assert_int_eq(channel_open(channel, &configuration), ERROR_INVALID);
	channel_close(channel);
	channel_free(channel);
	ck_assert_uint_eq(server->log.count, posts);
	vmbus_release(channel);
}

START_TEST(a_channel_that_cannot_be_opened_says_nothing_to_the_host)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(
		scripted_server_run(&configuration, opens_what_cannot_be), "");
}
END_TEST

/* ---- Early packets ---- */

struct early {
	struct scripted_server *server;
	struct vmbus_channel *channel;
	bool signals;
	unsigned signalled;
	/* When the open returned. */
	bool open;
	unsigned signalled_before;
};

/* A packet with four bytes at the start of the ring to the guest. */
static void put_packet(struct scripted_server *server, const struct post *post)
{
	static const uint32_t packet[] = {
		6 | 2u << 16, 3, 0x1234, 0, 0x6c6c6568, 0, 0, 0,
	};
	struct server_list *list = server_list(server, post_word(post, 16));
	uint32_t page = post_word(post, 24);
	uint8_t *control = server_page(server, list, page);

	/* Masked: nobody could read it yet. */
	ck_assert_uint_eq(control[8], 1);
	for (unsigned i = 0; i < 8; i++)
		memcpy(server_page(server, list, page + 1) + (size_t)i * 4,
		       &(le32){cpu_to_le32(packet[i])}, 4);
	__atomic_store_n((uint32_t *)(void *)control, 32, __ATOMIC_SEQ_CST);
}

static bool packet_first(struct scripted_server *server,
			 const struct post *post)
{
	const uint32_t words[] = {SERVER_OPEN_RESULT, 0, post_word(post, 8),
				  post_word(post, 12), 0};
	const struct early *early = server->context;

	if (post->type != POST_OPEN)
		return false;
	put_packet(server, post);
	if (early->signals)
		host_synic_signal(server->partition, 0, SINT, words[2]);
	server_send_later(server, server->cpu, 3 * MILLISECOND, words, 5);
	return true;
}

static void early_signalled(void *context)
{
	struct early *early = context;

	ck_assert(!early->open);
	early->signalled++;
	/* As a driver does: it hears no more until it has read. */
	channel_mask(early->channel);
}

static void early_packet(struct scripted_server *server)
{
	struct early *early = server->context;
	const struct channel_configuration configuration = {
		.send_pages = 1,
		.receive_pages = 1,
		.signalled = early_signalled,
		.context = early,
	};
	struct ring_packet packet;
	uint8_t payload[64];

	early->channel = connected(server);
	server->on_message = packet_first;
	ck_assert_int_eq(channel_open(early->channel, &configuration), 0);
	early->open = true;
	ck_assert_uint_eq(early->signalled, early->signals);
	/* Signalled or not: who looks finds it, who wants to sleep is told. */
	ck_assert(!channel_unmask(early->channel));
	ck_assert_int_eq(channel_receive(early->channel, &packet, payload,
					 sizeof(payload)),
			 1);
	ck_assert_uint_eq(packet.type, RING_PACKET_INBAND);
	ck_assert_uint_eq(packet.transaction_id, 0x1234);
	ck_assert_mem_eq(payload, "hell", 4);
	/* Before it sleeps, the host sees that there is room. */
	ck_assert(channel_unmask(early->channel));
	ck_assert_uint_eq(early->channel->receive.published,
			  early->channel->receive.index);
	channel_free(early->channel);
	vmbus_release(early->channel);
}

START_TEST(edge_35_a_packet_before_the_result_is_found)
{
	struct early early = {.signals = _i % 2};
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = &early;
	ck_assert_str_eq(scripted_server_run(&configuration, early_packet), "");
}
END_TEST

static bool signal_early_then_refuse(struct scripted_server *server,
				     const struct post *post)
{
	if (post->type == POST_OPEN)
		host_synic_signal(server->partition, 0, SINT, 1);
	return refuse_open(server, post);
}

/* Signals for a channel that is not, not yet or no more open. */
static void stray_signals(struct scripted_server *server)
{
	struct early *early = server->context;
	const struct channel_configuration configuration = {
		.send_pages = 1,
		.receive_pages = 1,
		.signalled = early_signalled,
		.context = early,
	};

	early->channel = connected(server);
	host_synic_signal(server->partition, 0, SINT, 1);
	host_synic_signal(server->partition, 1, SINT, 1);
	server_settle(server, MILLISECOND);
	server->on_message = signal_early_then_refuse;
	ck_assert_int_eq(channel_open(early->channel, &configuration),
			 ERROR_IO);
	early->open = true;
	for (unsigned flag = 0; flag < 2048; flag += 23)
		host_synic_signal(server->partition, flag % 2, SINT, flag);
	host_synic_signal(server->partition, 0, SINT, 1);
	server_settle(server, MILLISECOND);
	ck_assert_uint_le(early->signalled, 1);
	vmbus_release(early->channel);
}

START_TEST(edge_35_a_signal_for_what_is_not_open_is_nobodys)
{
	struct early early = {0};
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = &early;
	ck_assert_str_eq(scripted_server_run(&configuration, stray_signals),
			 "");
}
END_TEST

/* ---- The end of the connection ---- */

/* When, from where, and after what UNLOAD is answered. */
struct unload {
	uint64_t delay;
	unsigned cpu;
	/* Never, and at first with messages that are no answer. */
	bool silent, noisy;
};

static void make_noise(struct scripted_server *server)
{
	static const uint32_t noise[][5] = {
		{SERVER_ALL_OFFERS},
		{SERVER_VERSION_RESPONSE, 0, 1, SERVER_MESSAGES},
		{SERVER_OPEN_RESULT, 0, 1, 1, 0},
		{SERVER_CREATED, 0, 1, 0xe1e10, 0},
		{SERVER_TORNDOWN, 0, 0xe1e10},
		{SERVER_RESCIND, 0, 2},
		{24, 0, 1, 0},
		{0x12345678, 0},
	};
	const struct server_offer offer = {5, 5, 5, 0, 0};

	for (unsigned i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
		server_send_words(server, noise[i], 5);
	server_send_offer(server, &offer);
}

static bool unload_answer(struct scripted_server *server,
			  const struct post *post)
{
	static const uint32_t words[] = {SERVER_UNLOAD_RESPONSE, 0};
	const struct unload *unload = server->context;

	if (post->type != POST_UNLOAD)
		return false;
	if (unload->noisy)
		make_noise(server);
	if (!unload->silent)
		server_send_later(server, unload->cpu, unload->delay, words, 2);
	return true;
}

static void unloads(struct scripted_server *server)
{
	const struct unload *unload = server->context;
	const struct post_log *log = &server->log;
	uint64_t begin, took;

	server->offer_count = 2;
	server->offers[1] = (struct server_offer){2, 2, 2, 0, 0};
	vmbus_release(connected(server));
	server->on_message = unload_answer;
	begin = port_time(server->port);
	server_disconnect(server);
	took = port_time(server->port) - begin;
	ck_assert_uint_ge(took, unload->silent ? 100 * SECOND : unload->delay);
	ck_assert_uint_lt(took,
			  (unload->silent ? 100 * SECOND : unload->delay) +
				  100 * MILLISECOND);
	ck_assert_int_eq(strstr(server_text(server), "unload") != NULL,
			 unload->silent);
	/* After that, nothing is said any more. */
	ck_assert_uint_eq(log->posts[log->count - 1].type, POST_UNLOAD);
	ck_assert_uint_eq(post_log_taken(log, POST_UNLOAD), 1);
	server->on_message = NULL;
	ck_assert_int_eq(server_connect(server), 0);
	ck_assert_ptr_nonnull(server_claim(server, 2));
}

static const struct unload unload_cases[] = {
	{.delay = 0},
	{.delay = 50 * SECOND},
	{.delay = 99900 * MILLISECOND},
	{.delay = 10 * MILLISECOND, .cpu = 1},
	{.delay = 10 * MILLISECOND, .noisy = true},
	{.delay = 10 * MILLISECOND, .cpu = 1, .noisy = true},
	{.silent = true},
	{.silent = true, .noisy = true},
};

START_TEST(edge_36_unload_waits_for_its_own_answer)
{
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = (void *)&unload_cases[_i % 8];
	ck_assert_str_eq(scripted_server_run(&configuration, unloads), "");
}
END_TEST

static void unloads_from_3_0(struct scripted_server *server)
{
	vmbus_release(connected(server));
	server_disconnect(server);
	ck_assert_uint_eq(post_log_taken(&server->log, POST_UNLOAD),
			  server->guest_version_max >= 0x30000);
	ck_assert_uint_lt(port_time(server->port), SECOND);
}

START_TEST(edge_36_only_from_3_0_on_there_is_an_unload)
{
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.guest_version_max = _i % 2 ? 0x30000 : 0x20004;
	ck_assert_str_eq(scripted_server_run(&configuration, unloads_from_3_0),
			 "");
}
END_TEST

static bool unload_response_first(struct scripted_server *server,
				  const struct post *post)
{
	static const uint32_t words[] = {SERVER_UNLOAD_RESPONSE, 0};

	if (post->type == POST_UNLOAD)
		return unload_answer(server, post);
	server_send_words(server, words, 2);
	return false;
}

/* Answers that nobody asked for, before; also one that is not read yet. */
static void unload_responses_before(struct scripted_server *server)
{
	static const uint32_t words[] = {SERVER_UNLOAD_RESPONSE, 0};
	struct vmbus_channel *channel;
	uint64_t begin;

	server->on_message = unload_response_first;
	channel = connected(server);
	ck_assert_int_eq(server_open(channel, 20), 0);
	channel_free(channel);
	vmbus_release(channel);
	server_send_words(server, words, 2);
	port_delay(server->port, MILLISECOND);
	begin = port_time(server->port);
	server_disconnect(server);
	ck_assert_uint_ge(port_time(server->port) - begin, 10 * SECOND);
}

START_TEST(edge_36_an_unload_response_that_nobody_asked_for_is_harmless)
{
	struct unload unload = {.delay = 10 * SECOND};
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = &unload;
	ck_assert_str_eq(scripted_server_run(&configuration,
					     unload_responses_before),
			 "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("channel_edges");
	TCase *opening = tcase_create("opening");
	TCase *end = tcase_create("end");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(
		opening, edge_34_a_channel_that_is_refused_can_be_opened_later,
		0, 8);
	tcase_add_loop_test(opening,
			    edge_34_an_open_without_an_answer_is_undone, 0, 8);
	tcase_add_loop_test(
		opening,
		edge_34_a_channel_opens_again_when_the_last_rings_are_gone, 0,
		8);
	tcase_add_loop_test(
		opening,
		a_channel_that_cannot_be_opened_says_nothing_to_the_host, 0, 2);
	tcase_add_loop_test(opening,
			    edge_35_a_packet_before_the_result_is_found, 0, 24);
	tcase_add_loop_test(opening,
			    edge_35_a_signal_for_what_is_not_open_is_nobodys, 0,
			    12);
	suite_add_tcase(suite, opening);
	tcase_add_loop_test(end, edge_36_unload_waits_for_its_own_answer, 0,
			    32);
	tcase_add_loop_test(end, edge_36_only_from_3_0_on_there_is_an_unload, 0,
			    4);
	tcase_add_loop_test(
		end,
		edge_36_an_unload_response_that_nobody_asked_for_is_harmless, 0,
		12);
	suite_add_tcase(suite, end);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
