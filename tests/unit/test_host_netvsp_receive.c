/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames for a guest through the host's network card.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_netvsp.h"

/* ---- Reception ---- */

static void filters_script(struct session *session)
{
	static const struct {
		uint8_t filter;
		bool mine, other, broadcast, group;
	} cases[] = {
		{0x00, false, false, false, false},
		{0x01, true, false, false, false},
		{0x02, false, false, false, true},
		{0x04, false, false, false, true},
		{0x08, false, false, true, false},
		{0x0d, true, false, true, true},
		{0x20, true, true, true, true},
	};
	uint8_t mine[60], other[60], broadcast[60], group[60];
	uint64_t passed = 0;
	struct packet packet;
	size_t i;

	session_frame(mine, 60);
	memcpy(mine, "\x02\x15\x5d\x01\x02\x03", 6);
	session_frame(other, 60);
	session_frame(broadcast, 60);
	memset(broadcast, 255, 6);
	session_frame(group, 60);
	memcpy(group, "\x33\x33\x00\x00\x00\x01", 6);
	assert_false(session_deliver(session, mine, 60));
	session_up(session);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		session_filter(session, cases[i].filter);
		assert_int_equal(session_deliver(session, mine, 60),
				 cases[i].mine);
		assert_int_equal(session_deliver(session, other, 60),
				 cases[i].other);
		assert_int_equal(session_deliver(session, broadcast, 60),
				 cases[i].broadcast);
		assert_int_equal(session_deliver(session, group, 60),
				 cases[i].group);
		passed += cases[i].mine + cases[i].other + cases[i].broadcast +
			  cases[i].group;
		while (session_next(session, &session->line, &packet))
			session_acknowledge(session, packet.id);
	}
	assert_int_equal(session_counters(session).rx_frames, passed);
	assert_int_equal(session_counters(session).rx_drop_filter, 28 - passed);
	assert_int_equal(session_counters(session).rx_drop_state, 1);
	assert_int_equal(host_netvsp_outstanding(session->card), 0);
	assert_int_equal(session_violations(session), 0);
}

static void filters_choose(void **state)
{
	struct session session = {.script = filters_script};

	(void)state;
	session_run(&session);
}

static void batch_script(struct session *session)
{
	const uint32_t per_range = session->configuration.messages_per_range;
	struct packet packet;
	uint8_t frame[128];
	const uint8_t *got;
	uint32_t length;
	uint32_t at = 0;
	uint32_t count;
	uint32_t i;
	uint32_t n = 0;

	session_up(session);
	/* Ten frames wait while the host does nothing, and come together. */
	for (i = 0; i < 10; i++) {
		session_frame(frame, 60 + i);
		assert_true(session_deliver(session, frame, 60 + i));
	}
	assert_true(session_next(session, &session->line, &packet));
	count = raw_get32(packet.header, 4);
	assert_int_equal(count, (10 + per_range - 1) / per_range);
	assert_int_equal(packet.payload_bytes, 40);
	assert_int_equal(raw_get32(packet.payload, 0), 107);
	assert_int_equal(raw_get32(packet.payload, 4), 0);
	assert_int_equal(raw_get32(packet.payload, 8), NO_SECTION);
	for (n = 0, i = 0; n < count; n++) {
		got = session_received(session, &packet, n, &length);
		for (at = 0; at < length; i++) {
			assert_int_equal(at % 8, 0);
			session_frame(frame, 60 + i);
			assert_int_equal(raw_get32(got + at, 0), 1);
			assert_int_equal(raw_get32(got + at, 8), 36);
			assert_int_equal(raw_get32(got + at, 12), 60 + i);
			assert_memory_equal(got + at + 44, frame, 60 + i);
			at += raw_get32(got + at, 4);
		}
		assert_int_equal(at, length);
	}
	assert_int_equal(i, 10);
	session_nothing(session);
	assert_int_equal(host_netvsp_outstanding(session->card), count);
	assert_int_equal(session_counters(session).rx_frames, 10);
	session_acknowledge(session, packet.id);
	port_delay(session->port, 1000000);
	assert_int_equal(host_netvsp_outstanding(session->card), 0);
	/* The initialisation's, the filter's, and this one. */
	assert_int_equal(session_counters(session).rx_completed, 3);
	assert_int_equal(session_violations(session), 0);
}

static void frames_come_in_batches(void **state)
{
	struct session session = {0};

	(void)state;
	session.script = batch_script;
	session.configuration.messages_per_range = 1;
	session_run(&session);
	session.script = batch_script;
	session.configuration.messages_per_range = 4;
	session_run(&session);
}

/* As many of them in a range as there is room for. */
static void large_batch_script(struct session *session)
{
	struct packet packet;
	uint8_t frame[600];
	uint32_t length;
	uint32_t i;

	session_up(session);
	session_frame(frame, sizeof(frame));
	for (i = 0; i < 5; i++)
		assert_true(session_deliver(session, frame, sizeof(frame)));
	assert_true(session_next(session, &session->line, &packet));
	assert_int_equal(raw_get32(packet.header, 4), 3);
	for (i = 0; i < 3; i++) {
		assert_memory_equal(
			session_received(session, &packet, i, &length) + 44,
			frame, sizeof(frame));
		assert_int_equal(length, i < 2 ? 648 + 644 : 644);
	}
	assert_int_equal(session_counters(session).rx_frames, 5);
}

static void ranges_are_not_overfilled(void **state)
{
	struct session session = {.configuration = {.messages_per_range = 8},
				  .script = large_batch_script};

	(void)state;
	session_run(&session);
}

/* A ring with little room gets a smaller batch, and the rest later. */
static void little_room_script(struct session *session)
{
	struct packet packet;
	uint8_t frame[60];
	unsigned frames = 0;
	unsigned batches = 0;
	uint32_t i;

	session_up(session);
	session_frame(frame, sizeof(frame));
	session_packet(session->send, frame, 60, 104);
	/* Completions of 64 bytes each leave 120 free. */
	for (i = 0; i < 126; i++)
		session_nvsp_send(session, i, 107, 0, 0, 104);
	for (i = 0; i < 20; i++)
		assert_true(session_deliver(session, frame, sizeof(frame)));
	port_delay(session->port, 1000000);
	assert_int_equal(session_counters(session).rx_frames, 6);
	for (i = 0; i < 126; i++)
		session_completion(session, i, &packet);
	while (session_next(session, &session->line, &packet)) {
		frames += raw_get32(packet.header, 4);
		batches++;
	}
	assert_int_equal(frames, 20);
	assert_in_range(batches, 2, 5);
}

static void batches_fit_the_ring(void **state)
{
	struct session session = {.script = little_room_script};

	(void)state;
	session_run(&session);
}

static void information_script(struct session *session)
{
	static const uint8_t both[20] = {0x80, 1, 20, 0, 4, 4, 4, 4, 4};
	/* A tagged UDP datagram without anything in it: priority 5, 0x123. */
	static const uint8_t datagram[64] = {
		2,    2, 2,    2,    2,	   2,	 4,    4, 4,	4,    4, 4,
		0x81, 0, 0xb1, 0x23, 8,	   0,	 0x45, 0, 0,	28,   0, 0,
		0,    0, 64,   17,   0x7a, 0xd2, 0,    0, 0,	0,    0, 0,
		0,    0, 0,    1,    0,	   2,	 0,    8, 0xff, 0xdb,
	};
	struct packet packet;
	const uint8_t *got;
	uint32_t length;

	session_up(session);
	assert_true(session_deliver(session, datagram, sizeof(datagram)));
	assert_true(session_next(session, &session->line, &packet));
	got = session_received(session, &packet, 0, &length);
	assert_int_equal(length, 44 + 16 + 60);
	assert_int_equal(raw_get32(got, 28), 36);
	assert_int_equal(raw_get32(got, 32), 16);
	assert_int_equal(raw_get32(got, 48), 6);
	assert_int_equal(raw_get32(got, 56), 0x123d);
	assert_memory_equal(got + 60, datagram, 12);
	assert_memory_equal(got + 72, datagram + 16, 48);
	session_acknowledge(session, packet.id);
	/* Checksums are judged once the guest asks for it. */
	assert_int_equal(session_set(session, 0xfc01020c, both, sizeof(both)),
			 0);
	assert_true(session_deliver(session, datagram, sizeof(datagram)));
	assert_true(session_next(session, &session->line, &packet));
	got = session_received(session, &packet, 0, &length);
	assert_int_equal(length, 44 + 32 + 60);
	assert_int_equal(raw_get32(got, 32), 32);
	assert_int_equal(raw_get32(got, 64), 0);
	assert_int_equal(raw_get32(got, 72), 0x30);
	assert_int_equal(session_counters(session).rx_bytes,
			 2 * sizeof(datagram));
}

static void information_comes_beside(void **state)
{
	struct session session = {.configuration = {.vlan_offload = true},
				  .script = information_script};

	(void)state;
	session_run(&session);
}

static void limits_script(struct session *session)
{
	uint8_t frame[2048];
	struct packet packet;
	uint32_t i;

	session_up(session);
	session_frame(frame, sizeof(frame));
	/* 1514 + 256 bytes of a sub-allocation, 44 of them the header. */
	assert_false(session_deliver(session, frame, 13));
	assert_false(session_deliver(session, frame, 1514 + 256 - 43));
	assert_false(session_deliver(session, frame, sizeof(frame)));
	assert_int_equal(session_counters(session).rx_drop_length, 3);
	assert_true(session_deliver(session, frame, 1514 + 256 - 44));
	assert_true(session_next(session, &session->line, &packet));
	/*
	 * 56 sub-allocations are not for control messages, one is in use; and
	 * eight frames wait.
	 */
	for (i = 0; i < 100; i++) {
		session_deliver(session, frame, 60);
		port_delay(session->port, 100000);
	}
	assert_int_equal(session_counters(session).rx_frames, 56);
	assert_int_equal(host_netvsp_backlog(session->card), 8);
	assert_int_equal(session_counters(session).rx_drop_queue, 100 - 55 - 8);
	/* Control messages still pass: the answer comes behind 55 frames. */
	for (i = 0; i < 55; i++)
		assert_true(session_next(session, &session->line, &packet));
	/* 3.E.81: the filter's end drops what waits. */
	session_filter(session, 0);
	assert_int_equal(host_netvsp_backlog(session->card), 0);
	assert_int_equal(session_counters(session).rx_drop_filter, 8);
	assert_false(session_deliver(session, frame, 60));
	session_nothing(session);
	assert_int_equal(session_violations(session), 0);
}

static void limits_hold(void **state)
{
	struct session session = {.configuration = {.queue_frames = 8},
				  .script = limits_script};

	(void)state;
	session_run(&session);
}

/* 3.D.59 and 60: what a guest may answer to a packet. */
static void completion_faults_script(struct session *session)
{
	const bool strict = session->strictness == HOST_STRICT;
	uint8_t frame[60];
	struct packet packet;

	session_up(session);
	session_frame(frame, sizeof(frame));
	session_deliver(session, frame, 60);
	assert_true(session_next(session, &session->line, &packet));
	session_acknowledge_status(session, &session->line, packet.id,
				   STATUS_BAD);
	port_delay(session->port, 1000000);
	assert_int_equal(session_counters(session).rx_completed_bad, 1);
	assert_int_equal(host_netvsp_outstanding(session->card), 0);
	assert_int_equal(session_violations(session), 0);
	if (session->next_request % 2) {
		/* Nothing in it. */
		session_deliver(session, frame, 60);
		assert_true(session_next(session, &session->line, &packet));
		session_put(session, &session->line, 11, 0, packet.id, NULL, 0,
			    NULL, 0);
		port_delay(session->port, 1000000);
		assert_true(session_violated(session, "is empty"));
		assert_int_equal(host_netvsp_outstanding(session->card),
				 strict ? 1 : 0);
	} else {
		session_acknowledge(session, packet.id);
		port_delay(session->port, 1000000);
		assert_true(session_violated(session, "does not have"));
	}
	assert_int_equal(host_netvsp_is_dead(session->card), strict);
	if (strict) {
		assert_false(session_deliver(session, frame, 60));
		session_nothing(session);
		return;
	}
	session_acknowledge(session, 0xffffffffffffffff);
	session_acknowledge(session, 72);
	port_delay(session->port, 1000000);
	assert_int_equal(session_violations(session), 3);
	session_filter(session, 0x0d);
}

static void edge_59_60_bad_completions(void **state)
{
	struct session session = {0};
	unsigned i;

	(void)state;
	for (i = 0; i < 4; i++) {
		session.strictness = i & 1 ? HOST_LENIENT : HOST_STRICT;
		session.next_request = i & 2 ? 0 : 1;
		session.script = completion_faults_script;
		session_run(&session);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_choose),
		cmocka_unit_test(frames_come_in_batches),
		cmocka_unit_test(ranges_are_not_overfilled),
		cmocka_unit_test(batches_fit_the_ring),
		cmocka_unit_test(information_comes_beside),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(edge_59_60_bad_completions),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
