/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS control messages of guest and host, as they pass the card.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_netvsp.h"

/* ---- Control and the world ---- */

/** The next message of the host by itself: its first words and its length. */
static uint64_t indication(struct session *session, uint32_t *length,
			   uint8_t message[32])
{
	struct packet packet;
	const uint8_t *got;

	assert_true(session_next(session, &session->line, &packet));
	got = session_received(session, &packet, 0, length);
	memcpy(message, got, 32);
	return packet.id;
}

static void world_script(struct session *session)
{
	uint8_t message[32];
	uint8_t request[16] = {8, 0, 0, 0x80};
	struct packet packet;
	uint32_t length;
	uint64_t id;

	host_netvsp_link_set(session->card, false);
	host_netvsp_link_set(session->card, true);
	session_up(session);
	host_netvsp_link_set(session->card, true);
	session_nothing(session);
	host_netvsp_link_set(session->card, false);
	host_netvsp_link_set(session->card, true);
	session_acknowledge(session, indication(session, &length, message));
	assert_int_equal(length, 20);
	assert_memory_equal(message,
			    "\7\0\0\0\x14\0\0\0\x0c\0\1\x40\0\0\0\0\0\0\0\0",
			    20);
	session_acknowledge(session, indication(session, &length, message));
	assert_int_equal(raw_get32(message, 8), 0x4001000b);
	host_netvsp_speed_set(session->card, 1000);
	session_acknowledge(session, indication(session, &length, message));
	assert_int_equal(length, 24);
	assert_int_equal(raw_get32(message, 8), 0x40010013);
	assert_int_equal(raw_get32(message, 20), 10000000);
	host_netvsp_network_change(session->card);
	session_acknowledge(session, indication(session, &length, message));
	assert_int_equal(raw_get32(message, 8), 0x40010018);
	/* 3.E.87: the host asks, and sees whether it is answered. */
	host_netvsp_keepalive(session->card);
	id = indication(session, &length, message);
	assert_int_equal(length, 12);
	assert_int_equal(raw_get32(message, 0), 8);
	session_acknowledge(session, id);
	raw_put32(request, 4, 16);
	raw_put32(request, 8, raw_get32(message, 8));
	session_control_send(session, &session->line, request, 16);
	session_completion(session, 99, &packet);
	assert_int_equal(session_violations(session), 0);
	session_control_send(session, &session->line, request, 16);
	session_completion(session, 99, &packet);
	assert_true(session_violated(session, "was not asked"));
	host_netvsp_keepalive(session->card);
	host_netvsp_keepalive(session->card);
	assert_true(session_violated(session, "was not answered"));
}

static void world_reaches_the_guest(void **state)
{
	struct session session = {.script = world_script};

	(void)state;
	session_run(&session);
}

static void reserve_script(struct session *session)
{
	uint8_t request[12] = {8};
	uint8_t message[32];
	uint64_t ids[16];
	struct packet packet;
	uint32_t length;
	unsigned i;

	session_up(session);
	raw_put32(request, 4, 12);
	for (i = 0; i < 16; i++) {
		session_control_send(session, &session->line, request, 12);
		session_completion(session, 99, &packet);
		ids[i] = indication(session, &length, message);
		assert_int_equal(raw_get32(message, 0), 0x80000008);
		assert_int_equal(length, 16);
	}
	/* All sixteen are held: what comes now waits. */
	host_netvsp_link_set(session->card, false);
	session_nothing(session);
	session_acknowledge(session, ids[3]);
	assert_int_equal(indication(session, &length, message), ids[3]);
	assert_int_equal(raw_get32(message, 8), 0x4001000c);
	assert_int_equal(host_netvsp_outstanding(session->card), 16);
	assert_int_equal(session_violations(session), 0);
}

static void edge_61_control_messages_wait_for_their_share(void **state)
{
	struct session session = {.script = reserve_script};

	(void)state;
	session_run(&session);
}

static void reset_script(struct session *session)
{
	uint8_t reset[12] = {6};
	uint8_t halt[12] = {3};
	uint8_t query[28] = {4};
	uint8_t frame[60];
	struct packet packet;
	const uint8_t *answer;

	session_up(session);
	answer = session_control(session, reset, sizeof(reset));
	assert_int_equal(raw_get32(answer, 4), 16);
	assert_int_equal(raw_get32(answer, 8), 0);
	assert_int_equal(raw_get32(answer, 12), 1);
	assert_int_equal(host_netvsp_filter(session->card), 0);
	raw_put32(query, 12, 0x01010102);
	answer = session_control(session, query, sizeof(query));
	assert_int_equal(raw_get32(answer, 16), 6);
	assert_memory_equal(answer + 24, "\x02\x15\x5d\x01\x02\x03", 6);
	session_filter(session, 0x20);
	raw_put32(halt, 4, 12);
	session_control_send(session, &session->line, halt, 12);
	session_completion(session, 99, &packet);
	session_nothing(session);
	assert_false(session_deliver(session, frame, sizeof(frame)));
	assert_int_equal(session_counters(session).rx_drop_state, 1);
	session_packet(session->send, frame, 60, 104);
	assert_int_equal(session_section_send(session, 0, 104), STATUS_BAD);
	assert_int_equal(session_violations(session), 1);
	/* And from the beginning. */
	assert_int_equal(session_initialize(session), 0);
	assert_int_equal(session_section_send(session, 0, 104), STATUS_GOOD);
}

static void reset_and_halt(void **state)
{
	struct session session = {.script = reset_script};

	(void)state;
	session_run(&session);
}

static uint8_t control_fault[32];

static void control_fault_script(struct session *session)
{
	struct packet packet;

	session_up(session);
	session_control_send(session, &session->line, control_fault,
			     sizeof(control_fault));
	if (session->strictness == HOST_STRICT) {
		session_nothing(session);
		assert_true(host_netvsp_is_dead(session->card));
	} else {
		session_completion(session, 99, &packet);
		assert_int_equal(raw_get32(packet.payload, 4), STATUS_BAD);
		session_filter(session, 0x0d);
	}
	assert_int_equal(session_violations(session), 1);
}

static void bad_control_messages(void **state)
{
	/* INITIALIZE again, INDICATE, SET_EX, zeroes, an answer, too short. */
	static const uint32_t cases[][2] = {
		{2, 24},	  {7, 20}, {9, 28}, {0, 0},
		{0x80000002, 32}, {4, 27}, {8, 33},
	};
	struct session session = {0};
	size_t i;

	(void)state;
	for (i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		memset(control_fault, 0, sizeof(control_fault));
		raw_put32(control_fault, 0, cases[i / 2][0]);
		raw_put32(control_fault, 4, cases[i / 2][1]);
		session.strictness = i % 2 ? HOST_LENIENT : HOST_STRICT;
		session.script = control_fault_script;
		session_run(&session);
	}
}

/* 3.E.72: a message whose length is less than what its range holds. */
static void short_indication_script(struct session *session)
{
	uint8_t message[40];
	uint32_t length;
	uint8_t got[32];

	session_nvsp(session, 12, 1, 0x40000, 0, 0);
	session_put(session, &session->line, 6, 0, 0, NULL, 0, message,
		    session_message(message, 125, 1514, 0, 0));
	session_put(session, &session->line, 6, 0, 0, NULL, 0, message,
		    session_message(message, 100, 6, 1, 0));
	session_buffers(session);
	assert_int_equal(session_initialize(session), 0);
	indication(session, &length, got);
	assert_int_equal(raw_get32(got, 0), 7);
	assert_int_equal(raw_get32(got, 4), 12);
	assert_int_equal(raw_get32(got, 8), 0x40020006);
	assert_int_equal(length, 20 + 144);
}

static void early_hosts_indicate_offloads(void **state)
{
	struct session session = {.host = "ws2012r2",
				  .script = short_indication_script};

	(void)state;
	session_run(&session);
}

/* Answers that the guest does not take are not kept without an end. */
static void flood_script(struct session *session)
{
	uint8_t query[28] = {4};
	struct packet packet;
	unsigned refused = 0;
	unsigned answers = 0;
	unsigned i;

	session_up(session);
	raw_put32(query, 4, 28);
	raw_put32(query, 12, 0x00020216);
	for (i = 0; i < 300; i++) {
		session_control_send(session, &session->line, query, 28);
		do {
			assert_true(
				session_next(session, &session->line, &packet));
			answers += packet.type == 7;
		} while (packet.type == 7);
		refused += raw_get32(packet.payload, 4) == STATUS_BAD;
	}
	/* 16 on their way, and as many of 536 bytes as 100 KiB take. */
	assert_int_equal(refused, 300 - 16 - 192);
	assert_int_equal(answers, 16);
	assert_int_equal(session_violations(session), 0);
}

static void answers_are_bounded(void **state)
{
	struct session session = {.script = flood_script};

	(void)state;
	session_run(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(world_reaches_the_guest),
		cmocka_unit_test(edge_61_control_messages_wait_for_their_share),
		cmocka_unit_test(reset_and_halt),
		cmocka_unit_test(bad_control_messages),
		cmocka_unit_test(early_hosts_indicate_offloads),
		cmocka_unit_test(answers_are_bounded),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
