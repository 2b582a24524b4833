/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS control messages on the guest's side once the card is up: answers that
 * are late, double or somebody else's, and what the host says by itself. A
 * device in plain bytes under the real driver.
 */
#include <check.h>
#include <string.h>

#include "tests/support/scripted_rndis.h"

#define NVSP_BYTES   40u
#define NVSP_SUCCESS 1u
#define NVSP_FAILURE 2u
#define CONNECT	     0x4001000bu
#define DISCONNECT   0x4001000cu
#define LINK_SPEED   0x40010013u
#define NETWORK	     0x40010018u
#define OFFLOADS     0x40020006u

static void run_seeds(void (*body)(struct scripted_host *host))
{
	struct scripted_host_configuration configuration = {0};

	for (unsigned seed = 0; seed < 4; seed++) {
		configuration.seed = seed;
		ck_assert_str_eq(scripted_host_run(&configuration, body), "");
	}
}

/* What happened since the last call, given time. */
static unsigned events(struct scripted_host *host)
{
	uint64_t end = port_time(host->port) + SCRIPT_PATIENCE;
	unsigned all = 0;

	while (port_time(host->port) < end) {
		all |= nic_events(host->nic);
		port_relax(host->port, end);
	}
	return all;
}

/* ---- 72: lengths ---- */

struct length_case {
	/* Of the range, and as the message says. */
	uint32_t range, length;
	int error;
};

static const struct length_case length_cases[] = {
	/* As Hyper-V answers a SET. */
	{52, 16, 0},
	{16, 16, 0},
	/* More is claimed than there is, but what there is suffices. */
	{16, 17, 0},
	{16, UINT32_MAX, 0},
	/* Less than it takes, by the one or by the other. */
	{52, 15, ERROR_IO},
	{15, 16, ERROR_IO},
	{12, UINT32_MAX, ERROR_IO},
};
#define LENGTH_CASES ((int)(sizeof(length_cases) / sizeof(length_cases[0])))

static const struct length_case *length_case;

static bool answer_of_a_length(struct scripted_host *host,
			       const uint8_t *request, uint32_t bytes)
{
	uint8_t answer[52] = {0};

	(void)bytes;
	if (!script_is(request, SCRIPT_SET, SCRIPT_OID_FILTER))
		return false;
	put32(answer, 0, SCRIPT_SET | SCRIPT_ANSWER);
	put32(answer, 4, length_case->length);
	put32(answer, 8, get32(request, 8));
	device_rndis(host, answer, length_case->range);
	return true;
}

static void set_with_a_length(struct scripted_host *host)
{
	ck_assert_int_eq(card_up(host), 0);
	host->on_control = answer_of_a_length;
	ck_assert_int_eq(nic_filter_set(host->nic, 1, NULL, 0),
			 length_case->error);
	host->on_control = NULL;
	ck_assert_int_eq(nic_filter_set(host->nic, 1, NULL, 0), 0);
}

START_TEST(edge_72_an_answer_is_bounded_by_range_and_message)
{
	length_case = &length_cases[_i];
	run_seeds(set_with_a_length);
}
END_TEST

struct indication {
	uint32_t range, length, status;
	unsigned events;
	uint64_t bad_messages;
	uint32_t completed;
};

static const struct indication indications[] = {
	{20, 20, CONNECT, NIC_EVENT_LINK, 0, NVSP_SUCCESS},
	{12, 12, DISCONNECT, NIC_EVENT_LINK, 0, NVSP_SUCCESS},
	{20, 12, LINK_SPEED, NIC_EVENT_LINK, 0, NVSP_SUCCESS},
	{12, 20, NETWORK, NIC_EVENT_NETWORK_CHANGED, 0, NVSP_SUCCESS},
	{12, UINT32_MAX, NETWORK, NIC_EVENT_NETWORK_CHANGED, 0, NVSP_SUCCESS},
	/* The start of day of Windows Server 2012 R2. */
	{176, 12, OFFLOADS, 0, 0, NVSP_SUCCESS},
	{20, 20, 0x12345678, 0, 0, NVSP_SUCCESS},
	/* Too short to hold the status. */
	{12, 11, CONNECT, 0, 1, NVSP_SUCCESS},
	{12, 8, CONNECT, 0, 1, NVSP_SUCCESS},
	{12, 0, CONNECT, 0, 1, NVSP_SUCCESS},
	{11, 12, CONNECT, 0, 1, NVSP_SUCCESS},
	{8, 8, CONNECT, 0, 1, NVSP_SUCCESS},
	/* Too short to be of a type. */
	{7, 20, CONNECT, 0, 1, NVSP_FAILURE},
	{1, 1, CONNECT, 0, 1, NVSP_FAILURE},
};
#define INDICATIONS ((int)(sizeof(indications) / sizeof(indications[0])))

static const struct indication *indication;

static void indicate(struct scripted_host *host)
{
	uint8_t message[176];
	uint64_t id;

	ck_assert_int_eq(card_up(host), 0);
	ck_assert_uint_eq(events(host), 0);
	memset(message, 0xff, sizeof(message));
	put32(message, 0, SCRIPT_INDICATE);
	put32(message, 4, indication->length);
	put32(message, 8, indication->status);
	/* Length and offset of its buffer are all ones: they are not used. */
	id = device_rndis(host, message, indication->range);
	host->media_down = indication->status == DISCONNECT;
	host->completions = 0;
	ck_assert_uint_eq(events(host), indication->events);
	ck_assert_uint_ge(host->completions, 1);
	ck_assert_uint_eq(host->completed_ids[0], id);
	ck_assert_uint_eq(card_statistics(host).bad_messages,
			  indication->bad_messages);
	if (indication->completed == NVSP_FAILURE)
		ck_assert_uint_eq(host->last_completion_status, NVSP_FAILURE);
}

START_TEST(edge_72_an_indication_is_bounded_by_range_and_message)
{
	indication = &indications[_i];
	run_seeds(indicate);
}
END_TEST

/* ---- 73: ids ---- */

static uint8_t kept[32];
static bool is_kept;

/* Keep the first, and say a bad word to it before the second is answered. */
static bool answer_late(struct scripted_host *host, const uint8_t *request,
			uint32_t bytes)
{
	if (!script_is(request, SCRIPT_SET, SCRIPT_OID_FILTER))
		return false;
	if (!is_kept) {
		memcpy(kept, request, bytes);
		is_kept = true;
		return true;
	}
	ck_assert_uint_ne(get32(request, 8), get32(kept, 8));
	device_answer(host, kept, SCRIPT_FAILED, NULL, 0);
	return false;
}

static void answers_late(struct scripted_host *host)
{
	uint64_t begin;

	ck_assert_int_eq(card_up(host), 0);
	is_kept = false;
	host->on_control = answer_late;
	begin = port_time(host->port);
	ck_assert_int_eq(nic_filter_set(host->nic, NIC_FILTER_UNICAST, NULL, 0),
			 ERROR_TIMED_OUT);
	ck_assert_uint_ge(port_time(host->port) - begin, VMBUS_ANSWER_TIME);
	ck_assert_int_eq(
		nic_filter_set(host->nic, NIC_FILTER_BROADCAST, NULL, 0), 0);
	ck_assert_uint_eq(host->filter, 8);
	/* And once more, when nobody waits at all. */
	device_answer(host, kept, SCRIPT_FAILED, NULL, 0);
	card_settle(host);
	ck_assert_int_eq(nic_filter_set(host->nic, NIC_FILTER_UNICAST, NULL, 0),
			 0);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 0);
}

START_TEST(edge_73_a_late_answer_is_nobody_else_s)
{
	run_seeds(answers_late);
}
END_TEST

/* Both in one packet, so that nobody can look in between. */
static void answer_twice_at_once(struct scripted_host *host,
				 const uint8_t *request)
{
	const struct scripted_range ranges[] = {
		{16, 0},
		{16, SCRIPT_SLOT_BYTES},
	};
	uint8_t answer[16] = {0};

	put32(answer, 0, SCRIPT_SET | SCRIPT_ANSWER);
	put32(answer, 4, sizeof(answer));
	put32(answer, 8, get32(request, 8));
	device_write(host, 0, answer, sizeof(answer));
	put32(answer, 12, SCRIPT_FAILED);
	device_write(host, SCRIPT_SLOT_BYTES, answer, sizeof(answer));
	device_ranges(host, 99, 0xcafe, ranges, 2);
}

static bool answer_twice(struct scripted_host *host, const uint8_t *request,
			 uint32_t bytes)
{
	(void)bytes;
	if (get32(request, 0) != SCRIPT_SET)
		return false;
	host->filter = get32(request, 28);
	if (get32(request, 8) % 2 == 0) {
		answer_twice_at_once(host, request);
		return true;
	}
	device_answer(host, request, SCRIPT_OK, NULL, 0);
	device_answer(host, request, SCRIPT_FAILED, NULL, 0);
	return true;
}

static void answers_twice(struct scripted_host *host)
{
	ck_assert_int_eq(card_up(host), 0);
	host->on_control = answer_twice;
	for (unsigned i = 0; i < 20; i++) {
		ck_assert_int_eq(nic_filter_set(host->nic, NIC_FILTER_UNICAST,
						NULL, 0),
				 0);
		/* Also when something else is asked in between. */
		device_indicate(host, LINK_SPEED);
		if (i % 2 == 0)
			nic_events(host->nic);
	}
	card_settle(host);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 0);
}

START_TEST(edge_73_an_answer_that_comes_twice_counts_once)
{
	run_seeds(answers_twice);
}
END_TEST

static const uint32_t id_changes[] = {1, UINT32_MAX, 0x10000, 0x80000000};
#define ID_CHANGES 4

static uint32_t id_change;
static uint32_t type_change;

static bool answer_to_another(struct scripted_host *host,
			      const uint8_t *request, uint32_t bytes)
{
	uint8_t other[64];

	if (!script_is(request, SCRIPT_SET, SCRIPT_OID_FILTER))
		return false;
	memcpy(other, request, bytes);
	put32(other, 0, get32(request, 0) ^ type_change);
	put32(other, 8, get32(request, 8) + id_change);
	device_answer(host, other, SCRIPT_OK, NULL, 0);
	return true;
}

static void answers_to_another(struct scripted_host *host)
{
	ck_assert_int_eq(card_up(host), 0);
	host->on_control = answer_to_another;
	ck_assert_int_eq(nic_filter_set(host->nic, NIC_FILTER_UNICAST, NULL, 0),
			 ERROR_TIMED_OUT);
	host->on_control = NULL;
	ck_assert_int_eq(nic_filter_set(host->nic, NIC_FILTER_UNICAST, NULL, 0),
			 0);
}

START_TEST(edge_73_an_answer_with_another_id_or_type_is_none)
{
	id_change = _i < ID_CHANGES ? id_changes[_i] : 0;
	type_change = _i == ID_CHANGES	     ? SCRIPT_SET ^ SCRIPT_QUERY
		      : _i == ID_CHANGES + 1 ? SCRIPT_SET ^ SCRIPT_KEEPALIVE
					     : 0;
	run_seeds(answers_to_another);
}
END_TEST

/* The answer comes before the packet of its request is completed. */
static bool answer_first(struct scripted_host *host,
			 const struct host_packet *packet)
{
	uint8_t sent[NVSP_BYTES] = {108, 0, 0, 0, NVSP_SUCCESS};
	uint8_t request[32];
	uint64_t page;

	if (packet->type != HOST_PACKET_GPA_DIRECT)
		return false;
	page = get32(packet->ranges, 8);
	ck_assert(machine_ram_read(
		host->machine, page * PORT_PAGE_SIZE + get32(packet->ranges, 4),
		request, 32));
	if (get32(request, 0) != SCRIPT_SET)
		return false;
	device_answer(host, request, SCRIPT_OK, NULL, 0);
	device_complete(host, packet->transaction_id, sent, sizeof(sent));
	return true;
}

static void answers_first(struct scripted_host *host)
{
	ck_assert_int_eq(card_up(host), 0);
	host->on_packet = answer_first;
	for (unsigned i = 0; i < 20; i++)
		ck_assert_int_eq(nic_filter_set(host->nic, NIC_FILTER_UNICAST,
						NULL, 0),
				 0);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 0);
}

START_TEST(edge_73_an_answer_may_come_before_the_completion)
{
	run_seeds(answers_first);
}
END_TEST

/* ---- Reset, whose answer has no id ---- */

static uint32_t reset_status, reset_addressing, reset_bytes;
static unsigned resets;

static bool answer_reset(struct scripted_host *host, const uint8_t *request,
			 uint32_t bytes)
{
	uint8_t answer[16] = {0};

	if (get32(request, 0) != SCRIPT_RESET)
		return false;
	ck_assert_uint_eq(bytes, 12);
	ck_assert_uint_eq(get32(request, 4), 12);
	resets++;
	host->filter = 0;
	put32(answer, 0, SCRIPT_RESET | SCRIPT_ANSWER);
	put32(answer, 4, reset_bytes);
	put32(answer, 8, reset_status);
	put32(answer, 12, reset_addressing);
	if (reset_bytes != 0)
		device_rndis(host, answer, reset_bytes);
	return true;
}

static void reset_card(struct scripted_host *host)
{
	ck_assert_int_eq(card_up(host), 0);
	host->on_control = answer_reset;
	resets = 0;
	reset_status = reset_addressing = 0;
	reset_bytes = 16;
	ck_assert_int_eq(netvsc_reset(host->nic), 0);
	ck_assert_uint_eq(host->filter, 0);
	reset_addressing = 1;
	ck_assert_int_eq(netvsc_reset(host->nic), 0);
	ck_assert_uint_eq(host->filter, 9);
	reset_status = SCRIPT_FAILED;
	ck_assert_int_eq(netvsc_reset(host->nic), ERROR_IO);
	reset_status = SCRIPT_UNSUPPORTED;
	ck_assert_int_eq(netvsc_reset(host->nic), ERROR_NOT_SUPPORTED);
	reset_bytes = 12;
	ck_assert_int_eq(netvsc_reset(host->nic), ERROR_PROTOCOL);
	reset_bytes = 0;
	ck_assert_int_eq(netvsc_reset(host->nic), ERROR_TIMED_OUT);
	ck_assert_uint_eq(resets, 6);
	ck_assert_int_eq(nic_filter_set(host->nic, NIC_FILTER_UNICAST, NULL, 0),
			 0);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 0);
}

START_TEST(edge_73_a_reset_is_answered_without_an_id)
{
	run_seeds(reset_card);
}
END_TEST

/* ---- 82: the link ---- */

static void link_as_asked(struct scripted_host *host)
{
	struct nic_link link;
	unsigned queries;

	ck_assert_int_eq(card_up(host), 0);
	/* Said to be up, found to be down; and the other way. */
	for (unsigned i = 0; i < 6; i++) {
		host->media_down = i % 2 == 0;
		device_indicate(host, i % 2 == 0 ? CONNECT : DISCONNECT);
		ck_assert_uint_eq(events(host), NIC_EVENT_LINK);
		nic_link(host->nic, &link);
		ck_assert_int_eq(link.up, !host->media_down);
	}
	/* Ten indications are one question: state and speed. */
	queries = host->queries;
	for (unsigned i = 0; i < 10; i++)
		device_indicate(host, i % 2 ? CONNECT : DISCONNECT);
	port_delay(host->port, SCRIPT_PATIENCE);
	ck_assert_uint_eq(nic_events(host->nic), NIC_EVENT_LINK);
	ck_assert_uint_eq(host->queries, queries + 2);
	nic_link(host->nic, &link);
	ck_assert(link.up);
	ck_assert_uint_eq(link.speed_mbps, 10000);
}

START_TEST(edge_82_the_link_is_asked_for_whatever_was_said)
{
	run_seeds(link_as_asked);
}
END_TEST

/* A host that does not answer the question: what it said is all there is. */
static bool refuses_queries(struct scripted_host *host, const uint8_t *request,
			    uint32_t bytes)
{
	(void)bytes;
	if (get32(request, 0) != SCRIPT_QUERY)
		return false;
	device_answer(host, request, SCRIPT_UNSUPPORTED, NULL, 0);
	return true;
}

static void link_as_said(struct scripted_host *host)
{
	struct nic_link link;

	ck_assert_int_eq(card_up(host), 0);
	host->on_control = refuses_queries;
	for (unsigned i = 0; i < 6; i++) {
		device_indicate(host, i % 2 ? CONNECT : DISCONNECT);
		ck_assert_uint_eq(events(host), NIC_EVENT_LINK);
		nic_link(host->nic, &link);
		ck_assert_int_eq(link.up, i % 2);
	}
}

START_TEST(edge_82_a_link_that_cannot_be_asked_for_is_as_was_said)
{
	run_seeds(link_as_said);
}
END_TEST

/* ---- 87: KEEPALIVE ---- */

static uint32_t alive_ids[64];
static unsigned alive_count;

static bool sees_alive(struct scripted_host *host, const uint8_t *request,
		       uint32_t bytes)
{
	(void)host;
	if (get32(request, 0) != (SCRIPT_KEEPALIVE | SCRIPT_ANSWER))
		return false;
	ck_assert_uint_eq(bytes, 16);
	ck_assert_uint_eq(get32(request, 4), 16);
	ck_assert_uint_eq(get32(request, 12), SCRIPT_OK);
	alive_ids[alive_count++ % 64] = get32(request, 8);
	return true;
}

static void keepalive(struct scripted_host *host, uint32_t id, uint32_t bytes)
{
	uint8_t message[12] = {0};

	put32(message, 0, SCRIPT_KEEPALIVE);
	put32(message, 4, bytes);
	put32(message, 8, id);
	device_rndis(host, message, bytes);
}

static void kept_alive(struct scripted_host *host)
{
	static const uint32_t ids[] = {0, 1, 0x80000000, UINT32_MAX};

	alive_count = 0;
	host->on_control = sees_alive;
	ck_assert_int_eq(card_up(host), 0);
	for (unsigned i = 0; i < 4; i++) {
		keepalive(host, ids[i], 12);
		card_settle(host);
		ck_assert_uint_eq(alive_count, i + 1);
		ck_assert_uint_eq(alive_ids[i], ids[i]);
	}
	/* Eight at once, and in order. */
	for (uint32_t i = 0; i < 8; i++)
		keepalive(host, 100 + i, 12);
	card_settle(host);
	ck_assert_uint_eq(alive_count, 12);
	for (uint32_t i = 0; i < 8; i++)
		ck_assert_uint_eq(alive_ids[4 + i], 100 + i);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 0);
	/* One without an id cannot be answered. */
	keepalive(host, 7, 8);
	keepalive(host, 7, 11);
	card_settle(host);
	ck_assert_uint_eq(alive_count, 12);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 2);
}

START_TEST(edge_87_a_keepalive_is_answered_with_its_id)
{
	run_seeds(kept_alive);
}
END_TEST

static uint64_t answer_packets[64];
static unsigned answer_packet_count;

/* Take the answers and never say that they came. */
static bool keeps_answers(struct scripted_host *host,
			  const struct host_packet *packet)
{
	(void)host;
	if (packet->type != HOST_PACKET_GPA_DIRECT)
		return false;
	answer_packets[answer_packet_count++ % 64] = packet->transaction_id;
	return true;
}

static void flooded(struct scripted_host *host)
{
	static const uint8_t sent[NVSP_BYTES] = {108, 0, 0, 0, NVSP_SUCCESS};

	ck_assert_int_eq(card_up(host), 0);
	answer_packet_count = 0;
	host->on_packet = keeps_answers;
	for (uint32_t i = 0; i < 20; i++)
		keepalive(host, i, 12);
	card_settle(host);
	/* A bounded number of answers is under way; the rest is counted. */
	ck_assert_uint_eq(answer_packet_count, 8);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 12);
	host->on_packet = NULL;
	alive_count = 0;
	host->on_control = sees_alive;
	/* Requests have a place of their own. */
	ck_assert_int_eq(nic_filter_set(host->nic, NIC_FILTER_UNICAST, NULL, 0),
			 0);
	for (unsigned i = 0; i < 8; i++)
		device_complete(host, answer_packets[i], sent, sizeof(sent));
	keepalive(host, 77, 12);
	card_settle(host);
	ck_assert_uint_eq(alive_count, 1);
	ck_assert_uint_eq(alive_ids[0], 77);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 12);
}

START_TEST(edge_87_a_flood_of_keepalives_is_bounded)
{
	run_seeds(flooded);
}
END_TEST

/* ---- 88: what is not for a guest ---- */

static void unknown_types(struct scripted_host *host)
{
	static const uint32_t types[] = {
		0,
		SCRIPT_INITIALIZE,
		SCRIPT_HALT,
		SCRIPT_QUERY,
		SCRIPT_SET,
		SCRIPT_RESET,
		9,
		10,
		0x7fffffff,
		SCRIPT_ANSWER,
		SCRIPT_ANSWER | SCRIPT_PACKET,
		SCRIPT_ANSWER | SCRIPT_INITIALIZE,
		SCRIPT_ANSWER | SCRIPT_QUERY,
		SCRIPT_ANSWER | SCRIPT_SET,
		SCRIPT_ANSWER | SCRIPT_RESET,
		SCRIPT_ANSWER | SCRIPT_KEEPALIVE,
		UINT32_MAX,
	};
	uint8_t message[64];
	uint8_t frame[100], got[100];
	struct net_packet packet;

	ck_assert_int_eq(card_up(host), 0);
	card_settle(host);
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		memset(message, 0, sizeof(message));
		put32(message, 0, types[i]);
		put32(message, 4, i % 2 ? 64 : 8);
		ck_assert_uint_eq(
			device_completed(host, device_rndis(host, message, 64)),
			NVSP_SUCCESS);
	}
	ck_assert_uint_eq(card_statistics(host).bad_messages, 0);
	ck_assert_uint_eq(events(host), 0);
	script_frame(frame, sizeof(frame));
	device_frame(host, frame, sizeof(frame));
	ck_assert_int_eq(card_receive(host, got, sizeof(got), &packet),
			 sizeof(frame));
	ck_assert_mem_eq(got, frame, sizeof(frame));
}

START_TEST(edge_88_a_reset_and_unknown_types_are_completed_and_ignored)
{
	run_seeds(unknown_types);
}
END_TEST

static void add_answers(Suite *suite)
{
	TCase *test = tcase_create("answers");

	tcase_add_loop_test(test,
			    edge_72_an_answer_is_bounded_by_range_and_message,
			    0, LENGTH_CASES);
	tcase_add_test(test, edge_73_a_late_answer_is_nobody_else_s);
	tcase_add_test(test, edge_73_an_answer_that_comes_twice_counts_once);
	tcase_add_loop_test(test,
			    edge_73_an_answer_with_another_id_or_type_is_none,
			    0, ID_CHANGES + 2);
	tcase_add_test(test, edge_73_an_answer_may_come_before_the_completion);
	tcase_add_test(test, edge_73_a_reset_is_answered_without_an_id);
	suite_add_tcase(suite, test);
}

static void add_said(Suite *suite)
{
	TCase *test = tcase_create("said by the host");

	tcase_add_loop_test(
		test, edge_72_an_indication_is_bounded_by_range_and_message, 0,
		INDICATIONS);
	tcase_add_test(test, edge_82_the_link_is_asked_for_whatever_was_said);
	tcase_add_test(test,
		       edge_82_a_link_that_cannot_be_asked_for_is_as_was_said);
	tcase_add_test(test, edge_87_a_keepalive_is_answered_with_its_id);
	tcase_add_test(test, edge_87_a_flood_of_keepalives_is_bounded);
	tcase_add_test(
		test,
		edge_88_a_reset_and_unknown_types_are_completed_and_ignored);
	suite_add_tcase(suite, test);
}

int main(void)
{
	Suite *suite = suite_create("rndis_control");
	SRunner *runner;
	int failed;

	add_answers(suite);
	add_said(suite);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
