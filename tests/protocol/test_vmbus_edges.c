/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connection to the host: which version it is, what becomes of offers that
 * come late, twice or too many, of messages that make no sense, and how it
 * ends. A host in plain bytes under the real driver.
 */
#include <check.h>
#include <string.h>

#include "mocks/hyperv/hostile.h"
#include "tests/support/live_card.h"
#include "tests/support/scripted_server.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECOND	     1000000000ull
#define MILLISECOND  1000000ull

static struct scripted_server_configuration seeded(int seed)
{
	return (struct scripted_server_configuration){
		.machine.seed = (uint64_t)seed,
	};
}

/* ---- Versions ---- */

static const uint32_t versions[] = {
	0x50003, 0x50002, 0x50001, 0x50000, 0x40001, 0x40000, 0x30000, 0x20004,
};

static uint32_t expected_version(uint32_t host, uint32_t guest)
{
	unsigned i = 0;

	while (versions[i] > host || (guest != 0 && versions[i] > guest))
		i++;
	return versions[i];
}

static void speaks(struct live_card *live)
{
	struct virtual_machine *vm = live->vm;
	uint32_t version = expected_version(
		vm->personality->vmbus_version_max,
		live->configuration->machine.vmbus_version_max);

	ck_assert_int_eq(live_up(live), 0);
	ck_assert_uint_eq(vmbus_version(&vm->bus), version);
	ck_assert_uint_eq(host_vmbus_version(vm->host_bus), version);
	live_send(live, 100, false);
	ck_assert(live_deliver(live, 100, false));
	ck_assert_msg(live_settle(live), "%s", live->failure);
}

START_TEST(each_host_and_each_guest_agree_on_a_version)
{
	/* None, each that there is, and some between. */
	static const uint32_t most[] = {
		0,	 0x50003, 0x50002, 0x50001, 0x50000, 0x40001,
		0x40000, 0x30000, 0x20004, 0x60000, 0x4ffff, 0x2ffff,
	};
	const struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i / 12].name,
		.machine.vmbus_version_max = most[_i % 12],
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, speaks), "");
}
END_TEST

static void too_old(struct scripted_server *server)
{
	ck_assert_int_eq(server_connect(server), ERROR_NOT_SUPPORTED);
	ck_assert_uint_eq(server->log.count, 0);
}

START_TEST(a_guest_that_may_speak_nothing_says_nothing)
{
	struct scripted_server_configuration configuration = seeded(0);

	configuration.guest_version_max = 0x20003;
	ck_assert_str_eq(scripted_server_run(&configuration, too_old), "");
}
END_TEST

/* A response of so many bytes, the last dword as it may be. */
struct response {
	uint32_t version_max;
	uint32_t bytes, word;
	uint8_t supported, state;
};

static bool respond(struct scripted_server *server, const struct post *post)
{
	const struct response *response = server->context;
	uint8_t payload[240] = {SERVER_VERSION_RESPONSE};

	if (post->type != POST_CONTACT)
		return false;
	memset(payload + 8, 0xee, sizeof(payload) - 8);
	payload[8] = post_word(post, 8) <= response->version_max
			     ? response->supported
			     : 0;
	payload[9] = payload[8] ? response->state : 0;
	memcpy(payload + 12, &(le32){cpu_to_le32(response->word)}, 4);
	server_send(server, payload, response->bytes);
	return true;
}

static void responds(struct scripted_server *server)
{
	const struct response *response = server->context;

	server->version_max = response->version_max;
	server->on_message = respond;
}

static void too_short_to_say(struct scripted_server *server)
{
	responds(server);
	ck_assert_int_eq(server_connect(server), ERROR_TIMED_OUT);
	ck_assert_uint_ge(port_time(server->port), 5 * SECOND);
	ck_assert_uint_lt(port_time(server->port), 6 * SECOND);
}

START_TEST(edge_16_a_response_without_an_answer_is_none)
{
	struct response response = {
		.version_max = 0x50003,
		.bytes = 8 + (uint32_t)_i,
		.supported = 1,
		.word = SERVER_MESSAGES,
	};
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = &response;
	ck_assert_str_eq(scripted_server_run(&configuration, too_short_to_say),
			 "");
}
END_TEST

static void supported_in_a_state(struct scripted_server *server)
{
	responds(server);
	ck_assert_int_eq(server_connect(server), ERROR_NOT_SUPPORTED);
	ck_assert_uint_eq(post_log_taken(&server->log, POST_CONTACT), 8);
	ck_assert_uint_eq(post_log_taken(&server->log, POST_REQUEST_OFFERS), 0);
	/* A host that is low on something now may not be later. */
	server->on_message = NULL;
	ck_assert_int_eq(server_connect(server), 0);
}

START_TEST(edge_19_supported_in_a_state_is_not_connected)
{
	static const uint8_t states[] = {1, 2, 3, 0x80, 0xff};
	struct response response = {
		.version_max = 0x50003,
		.bytes = 16,
		.supported = 1,
		.state = states[_i],
		.word = SERVER_MESSAGES,
	};
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = &response;
	ck_assert_str_eq(
		scripted_server_run(&configuration, supported_in_a_state), "");
}
END_TEST

/* All that a device's life posts. */
static void whole_life(struct scripted_server *server)
{
	struct vmbus_channel *channel;

	ck_assert_int_eq(server_connect(server), 0);
	channel = server_claim(server, 1);
	ck_assert_ptr_nonnull(channel);
	ck_assert_int_eq(server_open(channel, 30), 0);
	channel_close(channel);
	channel_free(channel);
	vmbus_release(channel);
	server_disconnect(server);
}

static void lives(struct scripted_server *server)
{
	const struct post_log *log = &server->log;
	unsigned contacts = 0, offers = 0, lived;

	for (lived = 0; lived < 3; lived++)
		whole_life(server);
	for (unsigned i = 0; i < log->count; i++) {
		const struct post *post = &log->posts[i];

		if (post->type == POST_REQUEST_OFFERS)
			offers++;
		if (post->type != POST_CONTACT)
			continue;
		/* Downwards, and never again once they are connected. */
		ck_assert_uint_eq(post_word(post, 8), versions[contacts % 6]);
		contacts++;
		if (i != 0 && contacts % 6 == 1)
			ck_assert_uint_eq(log->posts[i - 1].type, POST_UNLOAD);
		ck_assert_uint_eq(post->bytes, 40);
		ck_assert_uint_eq(post_word(post, 16),
				  post_word(post, 8) >= 0x50000 ? 2 : 0);
		/* No features; no monitor pages, neither of them. */
		for (unsigned at = 20; at < 40; at += 4)
			ck_assert_uint_eq(post_word(post, at), 0);
	}
	ck_assert_uint_eq(contacts, 6 * lived);
	ck_assert_uint_eq(offers, lived);
}

static bool respond_from_4_0(struct scripted_server *server,
			     const struct post *post)
{
	const uint32_t no[] = {SERVER_VERSION_RESPONSE, 0, 0, 0};

	if (post->type != POST_CONTACT || post_word(post, 8) <= 0x40000)
		return false;
	server_send_words(server, no, 4);
	return true;
}

static void lives_on_4_0(struct scripted_server *server)
{
	server->on_message = respond_from_4_0;
	lives(server);
}

START_TEST(edge_17_18_20_contact_is_made_once_without_monitor_pages)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(scripted_server_run(&configuration, lives_on_4_0), "");
}
END_TEST

/* ---- Offers ---- */

static const struct server_offer late = {
	.relid = 9,
	.interface = 9,
	.instance = 9,
};

/* Before the answer to a message of one type comes an offer. */
static bool offer_first(struct scripted_server *server, const struct post *post)
{
	const uint32_t *type = server->context;

	if (post->type == *type)
		server_send_offer(server, &late);
	return false;
}

static void offered_in_between(struct scripted_server *server)
{
	const uint32_t *type = server->context;
	struct vmbus_channel *channel;

	server->on_message = offer_first;
	ck_assert_int_eq(server_connect(server), 0);
	channel = server_claim(server, 1);
	ck_assert_int_eq(server_open(channel, 30), 0);
	channel_free(channel);
	vmbus_release(channel);
	if (*type != POST_UNLOAD) {
		server->on_message = NULL;
		server_settle(server, MILLISECOND);
		channel = server_claim(server, 9);
		ck_assert_ptr_nonnull(channel);
		ck_assert_ptr_null(server_claim(server, 9));
		ck_assert_int_eq(server_open(channel, 1), 0);
		channel_free(channel);
		vmbus_release(channel);
	}
	ck_assert_uint_eq(server->bus.messages_ignored, 0);
}

START_TEST(edge_21_an_offer_comes_at_any_time)
{
	static const uint32_t types[] = {
		POST_CONTACT, POST_REQUEST_OFFERS, POST_GPADL_HEADER, POST_OPEN,
		POST_CLOSE,   POST_TEARDOWN,	   POST_UNLOAD,
	};
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = (void *)&types[_i % 7];
	ck_assert_str_eq(
		scripted_server_run(&configuration, offered_in_between), "");
}
END_TEST

static void unknown_class(struct scripted_server *server)
{
	const struct post_log *log = &server->log;

	server->offer_count = 2;
	server->offers[1] = (struct server_offer){2, 0x77, 2, 0, 0};
	ck_assert_int_eq(server_connect(server), 0);
	ck_assert_ptr_nonnull(server_claim(server, 1));
	ck_assert_ptr_null(server_claim(server, 1));
	server_send_rescind(server, 2);
	server_settle(server, MILLISECOND);
	ck_assert_uint_eq(post_log_released(log, 2), 1);
	ck_assert_ptr_null(server_claim(server, 0x77));
	/* Not twice, and not what is not there. */
	server_send_rescind(server, 2);
	server_send_rescind(server, 0);
	server_send_rescind(server, 3);
	server_send_rescind(server, 2047);
	server_send_rescind(server, 2048);
	server_send_rescind(server, 0xffffffff);
	server_settle(server, MILLISECOND);
	ck_assert_uint_eq(server->bus.messages_ignored, 6);
	ck_assert_uint_eq(post_log_taken(log, POST_RELID_RELEASED), 1);
}

START_TEST(edge_22_an_unknown_class_is_released_all_the_same)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(scripted_server_run(&configuration, unknown_class),
			 "");
}
END_TEST

static uint16_t no_room_for_releases(void *context, const struct post *post)
{
	const struct scripted_server *server = context;

	return post->type == POST_RELID_RELEASED &&
			       machine_time(server->machine) < 20 * MILLISECOND
		       ? 0x13
		       : 0;
}

static void released_later(struct scripted_server *server)
{
	const struct post_log *log = &server->log;

	server->offer_count = 20;
	for (unsigned i = 0; i < 20; i++)
		server->offers[i] = (struct server_offer){100 + i * 90, 0x77,
							  (uint8_t)i, 0, 0};
	ck_assert_int_eq(server_connect(server), 0);
	log = &server->log;
	server->log.refuse = no_room_for_releases;
	for (unsigned i = 0; i < 20; i++)
		server_send_rescind(server, server->offers[i].relid);
	server_settle(server, MILLISECOND);
	/* Nobody waits for it, nor is it forgotten, nor offered meanwhile. */
	ck_assert_uint_lt(port_time(server->port), 10 * MILLISECOND);
	ck_assert_uint_eq(post_log_taken(log, POST_RELID_RELEASED), 0);
	server_send_offer(server, &server->offers[3]);
	server_settle(server, 30 * MILLISECOND);
	ck_assert_uint_eq(server->bus.messages_ignored, 1);
	for (unsigned i = 0; i < 20; i++)
		ck_assert_uint_eq(
			post_log_released(log, server->offers[i].relid), 1);
	ck_assert_uint_eq(post_log_taken(log, POST_RELID_RELEASED), 20);
}

START_TEST(edge_22_a_release_that_finds_no_room_is_made_later)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(scripted_server_run(&configuration, released_later),
			 "");
}
END_TEST

static void offered_twice(struct scripted_server *server)
{
	struct server_offer offer = server->offers[0];
	struct vmbus_channel *channel;

	ck_assert_int_eq(server_connect(server), 0);
	channel = server_claim(server, 1);
	/* The same number: nonsense. The same device: no thank you. */
	offer.instance = 7;
	server_send_offer(server, &offer);
	offer.instance = 1;
	offer.relid = 5;
	server_send_offer(server, &offer);
	offer.relid = 0;
	offer.instance = 8;
	server_send_offer(server, &offer);
	offer.relid = 2048;
	server_send_offer(server, &offer);
	offer.relid = 0xffffffff;
	server_send_offer(server, &offer);
	server_settle(server, MILLISECOND);
	ck_assert_uint_eq(server->bus.messages_ignored, 4);
	ck_assert_ptr_null(server_claim(server, 1));
	server_send_rescind(server, 5);
	server_send_rescind(server, 5);
	server_settle(server, MILLISECOND);
	ck_assert_uint_eq(post_log_released(&server->log, 5), 1);
	ck_assert_uint_eq(post_log_taken(&server->log, POST_RELID_RELEASED), 1);
	ck_assert(!vmbus_rescinded(channel));
	ck_assert_int_eq(server_open(channel, 1), 0);
	channel_free(channel);
	vmbus_release(channel);
}

START_TEST(edge_22_what_is_offered_twice_is_refused_and_released)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(scripted_server_run(&configuration, offered_twice),
			 "");
}
END_TEST

static void too_many(struct scripted_server *server)
{
	struct vmbus_channel *channel;
	unsigned claimed = 0;

	server->offer_count = 50;
	for (unsigned i = 0; i < 50; i++)
		server->offers[i] =
			(struct server_offer){2047 - i, 1, (uint8_t)(i + 1), 0,
					      0};
	ck_assert_int_eq(server_connect(server), 0);
	for (unsigned i = 0; i < 50; i += 2)
		server_send_rescind(server, 2047 - i);
	server_settle(server, MILLISECOND);
	/* Oldest first: what the host lists first is the first device. */
	while ((channel = server_claim(server, 1)) != NULL)
		ck_assert_uint_eq(channel->relid, 2046 - 2 * claimed++);
	ck_assert_uint_eq(claimed, VMBUS_CHANNELS_MAX / 2);
	ck_assert_uint_eq(post_log_taken(&server->log, POST_RELID_RELEASED),
			  25);
	/* There is room for some again, under the numbers of before. */
	for (unsigned i = 0; i < 50; i += 2)
		server_send_offer(server, &server->offers[i]);
	server_settle(server, MILLISECOND);
	while ((channel = server_claim(server, 1)) != NULL)
		claimed++;
	ck_assert_uint_eq(claimed, VMBUS_CHANNELS_MAX);
	for (unsigned i = 0; i < 50; i++)
		server_send_rescind(server, 2047 - i);
	server_settle(server, MILLISECOND);
	for (unsigned i = 0; i < VMBUS_CHANNELS_MAX; i++)
		vmbus_release(&server->bus.channels[i]);
	for (unsigned i = 0; i < 50; i++)
		ck_assert_uint_eq(post_log_released(&server->log, 2047 - i),
				  i % 2 ? 1 : 2);
	ck_assert_uint_eq(server->bus.messages_ignored, 0);
}

START_TEST(edge_22_offers_beyond_what_fits_are_refused_and_released)
{
	struct scripted_server_configuration configuration = seeded(_i);

	ck_assert_str_eq(scripted_server_run(&configuration, too_many), "");
}
END_TEST

static void doorbell(struct scripted_server *server)
{
	struct vmbus_channel *channel;

	server->offers[0].relid = 0x123;
	server->offers[0].monitor = *(const uint8_t *)server->context;
	ck_assert_int_eq(server_connect(server), 0);
	channel = server_claim(server, 1);
	ck_assert_int_eq(server_open(channel, 1), 0);
	ck_assert_int_eq(channel_send(channel, "hello", 5, 1, false), 0);
	ck_assert(channel_flush(channel));
	ck_assert_uint_eq(server->doorbells, 1);
	ck_assert_uint_eq(server->doorbell_last, SERVER_DOORBELLS + 0x123);
	channel_free(channel);
	vmbus_release(channel);
}

START_TEST(edge_23_a_doorbell_rings_with_a_monitor_or_without)
{
	static const uint8_t monitors[] = {0, 1, 31, 32, 127, 128, 254, 255};
	struct scripted_server_configuration configuration = seeded(_i);

	configuration.context = (void *)&monitors[_i];
	ck_assert_str_eq(scripted_server_run(&configuration, doorbell), "");
}
END_TEST

/* ---- Messages that should not be ---- */

/* Types of which the driver knows something, and their least bytes. */
static const uint32_t least_bytes[] = {
	[SERVER_OFFER] = 196,		[SERVER_RESCIND] = 12,
	[SERVER_ALL_OFFERS] = 8,	[SERVER_OPEN_RESULT] = 20,
	[SERVER_CREATED] = 20,		[SERVER_TORNDOWN] = 12,
	[SERVER_VERSION_RESPONSE] = 10, [SERVER_UNLOAD_RESPONSE] = 8,
};

static void send_nonsense(struct scripted_server *server)
{
	struct machine *machine = server->machine;
	uint32_t bytes = machine_random_below(machine, 241), least = 241;
	uint32_t type = machine_random_below(machine, 40);
	uint8_t payload[240];

	for (unsigned i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)machine_random(machine);
	if (machine_random_below(machine, 8) == 0)
		type = (uint32_t)machine_random(machine) | 0x100;
	if (type < COUNT(least_bytes) && least_bytes[type] != 0)
		least = least_bytes[type];
	if (bytes >= least)
		bytes = machine_random_below(machine, least);
	memcpy(payload, &(le32){cpu_to_le32(type)}, 4);
	server_send(server, payload, bytes);
	/* And one that is the hypervisor's, of a type that is not VMBus's. */
	host_synic_post(server->partition, server->cpu, 2, 0x80000010, payload,
			bytes);
}

static bool nonsense_first(struct scripted_server *server,
			   const struct post *post)
{
	unsigned *sent = server->context;

	(void)post;
	for (unsigned i = 0; i < 12; i++, *sent += 2)
		send_nonsense(server);
	return false;
}

static void lives_through_nonsense(struct scripted_server *server)
{
	const unsigned *sent = server->context;
	struct vmbus_channel *channel;

	ck_assert_int_eq(server_connect(server), 0);
	channel = server_claim(server, 1);
	ck_assert_ptr_nonnull(channel);
	ck_assert_ptr_null(server_claim(server, 1));
	ck_assert_int_eq(server_open(channel, 30), 0);
	channel_free(channel);
	server_send_rescind(server, 1);
	server_settle(server, 10 * MILLISECOND);
	vmbus_release(channel);
	server_settle(server, 10 * MILLISECOND);
	ck_assert_uint_eq(post_log_released(&server->log, 1), 1);
	/* Counted, each. */
	ck_assert_uint_ge(*sent, 60);
	ck_assert_uint_eq(server->bus.messages_ignored, *sent);
}

static void sends_nonsense(struct scripted_server *server)
{
	server->on_message = nonsense_first;
}

START_TEST(edge_38_nonsense_is_counted_and_ignored)
{
	struct scripted_server_configuration configuration = seeded(_i);
	unsigned sent = 0;

	configuration.context = &sent;
	configuration.prepare = sends_nonsense;
	ck_assert_str_eq(scripted_server_run(&configuration,
					     lives_through_nonsense),
			 "");
}
END_TEST

/* Each answer comes a byte too short before it comes whole. */
static bool cut_first(struct scripted_server *server, const struct post *post)
{
	unsigned *sent = server->context;
	const uint32_t opened[] = {SERVER_OPEN_RESULT, 0, 1,
				   post_word(post, 12), SERVER_FAILURE};
	const uint32_t created[] = {SERVER_CREATED, 0, 1, post_word(post, 12),
				    SERVER_FAILURE};
	const uint32_t torndown[] = {SERVER_TORNDOWN, 0, post_word(post, 12)};
	const uint32_t rescind[] = {SERVER_RESCIND, 0, 1};
	const uint32_t offers[] = {SERVER_ALL_OFFERS, 0};
	const uint32_t unloaded[] = {SERVER_UNLOAD_RESPONSE, 0};
	uint8_t offer[196] = {SERVER_OFFER};

	offer[8] = 1;
	offer[24] = 99;
	offer[184] = 99;
	server_send(server, opened, 19);
	server_send(server, created, 19);
	server_send(server, torndown, 11);
	server_send(server, rescind, 11);
	server_send(server, offers, 7);
	server_send(server, unloaded, 7);
	server_send(server, offer, 195);
	*sent += 7;
	return false;
}

static void cuts_first(struct scripted_server *server)
{
	server->on_message = cut_first;
}

START_TEST(edge_38_a_message_that_is_cut_short_says_nothing)
{
	struct scripted_server_configuration configuration = seeded(_i);
	unsigned sent = 0;

	configuration.context = &sent;
	configuration.prepare = cuts_first;
	ck_assert_str_eq(scripted_server_run(&configuration,
					     lives_through_nonsense),
			 "");
}
END_TEST

/* Each message of the host is all 240 bytes long. */
static bool pad(void *context, uint8_t *payload, uint32_t *bytes)
{
	unsigned *padded = context;

	memset(payload + *bytes, 0xa5, 240 - *bytes);
	*bytes = 240;
	++*padded;
	return true;
}

static void speaks_at_length(struct live_card *live)
{
	unsigned padded = 0;
	const struct host_hostile hostile = {
		.context = &padded,
		.message = pad,
	};

	host_hostile_set(live->vm->host_bus, &hostile);
	ck_assert_int_eq(live_up(live), 0);
	live_send(live, 1000, false);
	ck_assert(live_deliver(live, 1000, false));
	ck_assert_msg(live_settle(live), "%s", live->failure);
	virtual_machine_down(live->vm);
	ck_assert_uint_ge(padded, 10);
}

START_TEST(edge_32_longer_messages_of_the_host_are_fine)
{
	const struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % 6].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, speaks_at_length), "");
}
END_TEST

static void add_versions(Suite *suite)
{
	TCase *test = tcase_create("versions");

	tcase_add_loop_test(test, each_host_and_each_guest_agree_on_a_version,
			    0, 72);
	tcase_add_test(test, a_guest_that_may_speak_nothing_says_nothing);
	tcase_add_loop_test(test, edge_16_a_response_without_an_answer_is_none,
			    0, 2);
	tcase_add_loop_test(
		test, edge_17_18_20_contact_is_made_once_without_monitor_pages,
		0, 12);
	tcase_add_loop_test(test, edge_19_supported_in_a_state_is_not_connected,
			    0, 5);
	suite_add_tcase(suite, test);
}

int main(void)
{
	Suite *suite = suite_create("vmbus_edges");
	TCase *offers = tcase_create("offers");
	TCase *messages = tcase_create("messages");
	SRunner *runner;
	int failed;

	add_versions(suite);
	tcase_add_loop_test(offers, edge_21_an_offer_comes_at_any_time, 0, 28);
	tcase_add_loop_test(offers,
			    edge_22_an_unknown_class_is_released_all_the_same,
			    0, 12);
	tcase_add_loop_test(offers,
			    edge_22_a_release_that_finds_no_room_is_made_later,
			    0, 12);
	tcase_add_loop_test(
		offers, edge_22_what_is_offered_twice_is_refused_and_released,
		0, 12);
	tcase_add_loop_test(
		offers,
		edge_22_offers_beyond_what_fits_are_refused_and_released, 0,
		12);
	tcase_add_loop_test(offers,
			    edge_23_a_doorbell_rings_with_a_monitor_or_without,
			    0, 8);
	suite_add_tcase(suite, offers);
	tcase_add_loop_test(messages, edge_38_nonsense_is_counted_and_ignored,
			    0, 24);
	tcase_add_loop_test(messages,
			    edge_38_a_message_that_is_cut_short_says_nothing, 0,
			    12);
	tcase_add_loop_test(messages,
			    edge_32_longer_messages_of_the_host_are_fine, 0,
			    12);
	suite_add_tcase(suite, messages);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
