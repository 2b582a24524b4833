/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of a guest through the host's network card; and anything else that a
 * guest may send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_netvsp.h"

/* ---- Transmission ---- */

static void sections_send_script(struct session *session)
{
	uint8_t frame[1514];
	uint32_t at = 0;
	uint32_t i;

	session_up(session);
	session_frame(frame, sizeof(frame));
	session_packet(session->send + 6144 * 3, frame, 1514, 44 + 1514);
	assert_int_equal(session_section_send(session, 3, 44 + 1514),
			 STATUS_GOOD);
	assert_int_equal(session->frames, 1);
	assert_int_equal(session->frame_bytes[0], 1514);
	assert_memory_equal(session->frame[0], frame, 1514);
	/* Eight in one message, all but the last padded. */
	for (i = 0; i < 8; i++) {
		session_frame(frame, 60 + i);
		at += session_packet(session->send + at, frame, 60 + i,
				     i < 7 ? (44 + 60 + i + 7) & ~7u
					   : 44 + 60 + i);
	}
	assert_int_equal(session_section_send(session, 0, at), STATUS_GOOD);
	assert_int_equal(session->frames, 9);
	for (i = 0; i < 8; i++) {
		session_frame(frame, 60 + i);
		assert_int_equal(session->frame_bytes[1 + i], 60 + i);
		assert_memory_equal(session->frame[1 + i], frame, 60 + i);
	}
	assert_int_equal(session_violations(session), 0);
	assert_int_equal(session_counters(session).tx_send_buffer, 1);
	assert_int_equal(session_counters(session).tx_aggregated, 8);
	assert_int_equal(session_counters(session).tx_messages, 2);
	assert_int_equal(session_counters(session).tx_bytes,
			 1514 + 8 * 60 + 28);
	assert_int_equal(session_counters(session).tx_refused, 0);
}

static void frames_leave_by_sections(void **state)
{
	struct session session = {.script = sections_send_script};

	(void)state;
	session_run(&session);
}

/* 3.E.76: nothing of a message leaves when one of its packets is bad. */
static void rollback_script(struct session *session)
{
	uint8_t frame[60];
	uint32_t i;

	session_up(session);
	session_frame(frame, sizeof(frame));
	for (i = 0; i < 3; i++)
		session_packet(session->send + 104 * i, frame, 60, 104);
	/* The second one's data is out of bounds. */
	raw_put32(session->send, 104 + 12, 61);
	assert_int_equal(session_section_send(session, 0, 312), STATUS_BAD);
	assert_int_equal(session->frames, 0);
	assert_int_equal(session_counters(session).tx_refused, 3);
	/* Its length is, so that the third cannot be found. */
	session_packet(session->send + 104, frame, 60, 104);
	raw_put32(session->send, 104 + 4, 209);
	assert_int_equal(session_section_send(session, 0, 312), STATUS_BAD);
	assert_int_equal(session_counters(session).tx_refused, 5);
	/* A control message behind a packet. */
	session_packet(session->send + 104, frame, 60, 104);
	raw_put32(session->send, 208, 8);
	assert_int_equal(session_section_send(session, 0, 312), STATUS_BAD);
	/* Bytes behind the last packet. */
	assert_int_equal(session_section_send(session, 0, 212), STATUS_BAD);
	/* Nine packets. */
	for (i = 0; i < 9; i++)
		session_packet(session->send + 104 * i, frame, 60, 104);
	assert_int_equal(session_section_send(session, 0, 9 * 104), STATUS_BAD);
	assert_int_equal(session->frames, 0);
	assert_false(host_netvsp_is_dead(session->card));
	assert_int_equal(session_section_send(session, 0, 8 * 104),
			 STATUS_GOOD);
	assert_int_equal(session->frames, 8);
}

static void bad_packet_keeps_all_back(void **state)
{
	struct session session = {.script = rollback_script};

	(void)state;
	session_run(&session);
}

/** Send ranges of the session's pages: offset, length. */
static uint32_t ranges_send(struct session *session, uint32_t section,
			    uint32_t section_bytes, const uint32_t ranges[][2],
			    uint32_t count)
{
	uint8_t header[128] = {0};
	uint8_t message[40];
	struct packet packet;
	uint32_t at = 8;
	uint32_t first;
	uint32_t last;
	uint32_t i;

	raw_put32(header, 4, count);
	for (i = 0; i < count; i++) {
		raw_put32(header, at, ranges[i][1]);
		raw_put32(header, at + 4, ranges[i][0] % 4096);
		at += 8;
		first = ranges[i][0] / 4096;
		last = (ranges[i][0] + ranges[i][1] - 1) / 4096;
		for (; first <= last; first++, at += 8)
			raw_put64(header, at,
				  port_physical(session->port,
						session->page +
							(size_t)first * 4096) >>
					  12);
	}
	session_put(session, &session->line, 9, 1, 4, header, at, message,
		    session_message(message, 107, 0, section, section_bytes));
	session_completion(session, 4, &packet);
	assert_int_equal(raw_get32(packet.payload, 0), 108);
	return raw_get32(packet.payload, 4);
}

static void pages_script(struct session *session)
{
	/* Header in a page of its own, the frame in others, over an end. */
	static const uint32_t good[][2] = {{12288 + 128, 44},
					   {4000, 1000},
					   {8192, 514}};
	static const uint32_t cut[][2] = {{12288 + 128, 40}, {168, 1518}};
	static const uint32_t split[][2] = {{4096 - 20, 44 + 60}};
	static const uint32_t frame_only[][2] = {{4000, 1000}, {8192, 514}};
	uint8_t frame[1514];
	uint8_t message[44 + 1514];

	session_up(session);
	session_frame(frame, sizeof(frame));
	session_packet(message, frame, 1514, sizeof(message));
	memcpy(session->page + 12288 + 128, message, 44);
	memcpy(session->page + 4000, frame, 1000);
	memcpy(session->page + 8192, frame + 1000, 514);
	port_dma_give(session->port, session->page + 4000, 1000,
		      PORT_DMA_TO_DEVICE);
	port_dma_give(session->port, session->page + 8192, 514,
		      PORT_DMA_TO_DEVICE);
	assert_int_equal(ranges_send(session, NO_SECTION, 0, good, 3),
			 STATUS_GOOD);
	assert_int_equal(session->frame_bytes[0], 1514);
	assert_memory_equal(session->frame[0], frame, 1514);
	assert_int_equal(session_violations(session), 0);
	assert_int_equal(session_counters(session).tx_pages, 1);
	/* The header in the send buffer, the frame in pages. */
	memcpy(session->send + 6144, message, 44);
	assert_int_equal(ranges_send(session, 1, 44, frame_only, 2),
			 STATUS_GOOD);
	assert_memory_equal(session->frame[1], frame, 1514);
	assert_int_equal(session_violations(session), 0);
	port_dma_take(session->port, session->page + 4000, 1000,
		      PORT_DMA_TO_DEVICE);
	port_dma_take(session->port, session->page + 8192, 514,
		      PORT_DMA_TO_DEVICE);
	/* Sent all the same, but it is not what a driver may do. */
	assert_int_equal(ranges_send(session, NO_SECTION, 0, good, 3),
			 STATUS_GOOD);
	assert_int_equal(session_violations(session), 1);
	assert_true(session_violated(session, "did not give"));
	assert_int_equal(ranges_send(session, 1, 44, frame_only, 2),
			 STATUS_GOOD);
	assert_int_equal(session_violations(session), 2);
	session_packet(message, frame, 514, 44 + 514);
	memcpy(session->send + 6144, message, 44);
	assert_int_equal(ranges_send(session, 1, 44, frame_only + 1, 1),
			 STATUS_GOOD);
	assert_int_equal(session_violations(session), 3);
	assert_int_equal(session->frames, 5);
	/* 3.D.63: the header must be in the first range. */
	assert_int_equal(ranges_send(session, NO_SECTION, 0, cut, 2),
			 STATUS_BAD);
	/* And in one piece, which two pages are only by chance. */
	session_packet(session->page + 4096 - 20, frame, 60, 104);
	if (port_physical(session->port, session->page) + 4096 !=
	    port_physical(session->port, session->page + 4096))
		assert_int_equal(ranges_send(session, NO_SECTION, 0, split, 1),
				 STATUS_BAD);
	assert_false(host_netvsp_is_dead(session->card));
	assert_int_equal(session->frames, 5);
}

static void edge_63_frames_leave_by_pages(void **state)
{
	struct session session = {.script = pages_script};

	(void)state;
	session_run(&session);
}

static void no_memory_script(struct session *session)
{
	/* The last is a page that exists, if the address is cut off. */
	const uint64_t numbers[] = {
		UINT64_MAX,
		UINT64_MAX >> 12,
		UINT64_C(1) << 40,
		UINT64_C(1) << 52 |
			port_physical(session->port, session->page) >> 12,
	};
	uint8_t header[24] = {0};
	uint8_t message[40];
	struct packet packet;
	uint64_t i;

	session_up(session);
	session_message(message, 107, 0, NO_SECTION, 0);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		raw_put32(header, 4, 1);
		raw_put32(header, 8, 104);
		raw_put64(header, 16, numbers[i]);
		session_put(session, &session->line, 9, 1, i, header,
			    sizeof(header), message, sizeof(message));
		session_completion(session, i, &packet);
		assert_int_equal(raw_get32(packet.payload, 4), STATUS_BAD);
		assert_non_null(
			strstr(machine_violation_text(session->raw->machine,
						      (unsigned)i),
			       "does not exist"));
	}
	/* No range, and more of them than there are. */
	raw_put32(header, 4, 0);
	session_put(session, &session->line, 9, 1, 7, header, sizeof(header),
		    message, sizeof(message));
	session_completion(session, 7, &packet);
	assert_int_equal(raw_get32(packet.payload, 4), STATUS_BAD);
	raw_put32(header, 4, 0xffffffff);
	session_put(session, &session->line, 9, 1, 8, header, sizeof(header),
		    message, sizeof(message));
	session_completion(session, 8, &packet);
	assert_int_equal(raw_get32(packet.payload, 4), STATUS_BAD);
	/* No bytes at all. */
	assert_int_equal(session_section_send(session, NO_SECTION, 0),
			 STATUS_BAD);
	assert_int_equal(session_section_send(session, 0, 7), STATUS_BAD);
	assert_int_equal(session_counters(session).tx_refused, 8);
	assert_int_equal(session_violations(session), 8);
	assert_false(host_netvsp_is_dead(session->card));
}

static void memory_that_is_not_there(void **state)
{
	struct session session = {.script = no_memory_script};

	(void)state;
	session_run(&session);
}

static void offload_script(struct session *session)
{
	static const uint8_t off[20] = {0x80, 1, 20, 0, 1, 1, 1, 1, 1};
	uint8_t frame[64] = {2, 2, 2, 2, 2, 2, 4, 4, 4, 4, 4, 4, 8, 0};
	uint8_t big[1600];
	struct packet packet;
	uint32_t bytes;

	session_up(session);
	/* 3.E.78: a tag from beside the frame. */
	bytes = session_packet_with(session->send, frame, 60, 6, 0x123d);
	assert_int_equal(session_section_send(session, 0, bytes), STATUS_GOOD);
	assert_int_equal(session->frame_bytes[0], 64);
	assert_memory_equal(session->frame[0], frame, 12);
	assert_memory_equal(session->frame[0] + 12, "\x81\x00\xb1\x23", 4);
	assert_memory_equal(session->frame[0] + 16, frame + 12, 48);
	/* Another one in it. */
	frame[12] = 0x81;
	bytes = session_packet_with(session->send, frame, 60, 6, 0x123d);
	assert_int_equal(session_section_send(session, 0, bytes), STATUS_BAD);
	frame[12] = 8;
	bytes = session_packet_with(session->send, frame, 60, 6, 0x1123d);
	assert_int_equal(session_section_send(session, 0, bytes), STATUS_BAD);
	/* A checksum: of an empty IPv4 header with nothing behind. */
	frame[14] = 0x45;
	frame[22] = 64;
	frame[24] = 0xff;
	bytes = session_packet_with(session->send, frame, 60, 0, 0x11);
	assert_int_equal(session_section_send(session, 0, bytes), STATUS_GOOD);
	assert_memory_equal(session->frame[1] + 24, "\x7a\xff", 2);
	bytes = session_packet_with(session->send, frame, 60, 0, 0x10);
	assert_int_equal(session_section_send(session, 0, bytes), STATUS_BAD);
	/* Switched off it is refused (3.E.84). */
	assert_int_equal(session_set(session, 0xfc01020c, off, sizeof(off)), 0);
	bytes = session_packet_with(session->send, frame, 60, 0, 0x11);
	assert_int_equal(session_section_send(session, 0, bytes), STATUS_BAD);
	/* Segmentation is not offered. */
	bytes = session_packet_with(session->send, frame, 60, 2, 0x422005b4);
	assert_int_equal(session_section_send(session, 0, bytes), STATUS_BAD);
	/* 3.E.86: the MTU, and a tagged frame that may be longer. */
	memset(big, 9, sizeof(big));
	bytes = session_packet(session->send, big, 1515, 44 + 1515);
	assert_int_equal(session_section_send(session, 0, bytes), STATUS_BAD);
	big[12] = 0x81;
	big[13] = 0;
	bytes = session_packet(session->send, big, 1518, 44 + 1518);
	assert_int_equal(session_section_send(session, 0, bytes), STATUS_GOOD);
	bytes = session_packet(session->send, big, 1519, 44 + 1519);
	assert_int_equal(session_section_send(session, 0, bytes), STATUS_BAD);
	bytes = session_packet(session->send, big, 13, 44 + 13);
	assert_int_equal(session_section_send(session, 0, bytes), STATUS_BAD);
	assert_int_equal(session->frames, 3);
	assert_int_equal(session_counters(session).tx_refused, 8);
	/* Without a link nothing leaves, and it is no fault. */
	host_netvsp_link_set(session->card, false);
	assert_true(session_next(session, &session->line, &packet));
	bytes = session_packet(session->send, frame, 60, 104);
	assert_int_equal(session_section_send(session, 0, bytes), STATUS_BAD);
	assert_int_equal(session->frames, 3);
	assert_int_equal(session_counters(session).tx_refused, 9);
	assert_int_equal(session_violations(session), 8);
}

static void offloads_are_done(void **state)
{
	struct session session = {.script = offload_script};

	(void)state;
	session_run(&session);
}

/* A guest that never reads: every completion comes in the end, once. */
static void completions_wait_script(struct session *session)
{
	struct packet packet;
	uint8_t frame[60];
	uint64_t i;

	session_up(session);
	session_frame(frame, sizeof(frame));
	session_packet(session->send, frame, 60, 104);
	for (i = 0; i < 500; i++)
		session_nvsp_send(session, 1000 + i, 107, 0, 0, 104);
	/* Frames for the guest wait behind. */
	assert_true(session_deliver(session, frame, sizeof(frame)));
	for (i = 0; i < 500; i++) {
		session_completion(session, 1000 + i, &packet);
		assert_int_equal(raw_get32(packet.payload, 4), STATUS_GOOD);
	}
	assert_true(session_next(session, &session->line, &packet));
	assert_int_equal(packet.type, 7);
	session_nothing(session);
	assert_int_equal(session->frames, 500);
	assert_int_equal(session_violations(session), 0);
}

static void edge_53_completions_wait_for_room(void **state)
{
	struct session session = {.script = completions_wait_script};

	(void)state;
	session_run(&session);
}

/* ---- Anything ---- */

static uint32_t random_state;

static uint32_t any(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

/** A plausible packet with some bytes of it changed. */
static void any_send(struct session *session)
{
	uint8_t header[40] = {0};
	uint8_t message[40];
	uint32_t header_bytes = 0;
	uint32_t type = any(3) ? 6 : 9;
	uint32_t changes = any(4);
	uint8_t frame[60];
	uint32_t bytes;

	session_frame(frame, sizeof(frame));
	bytes = session_packet_with(session->send, frame, 60, any(10),
				    any(0x10000));
	memcpy(session->page, session->send, bytes);
	session_message(message, 107, any(3), any(2) ? NO_SECTION : 0, bytes);
	if (type == 9) {
		raw_put32(header, 4, 1);
		raw_put32(header, 8, bytes);
		raw_put64(header, 16,
			  port_physical(session->port, session->page) >> 12);
		header_bytes = any(8) ? 24 : 8 * (1 + any(4));
	}
	if (!any(6))
		type = 11;
	for (; changes; changes--) {
		session->send[any(bytes)] = (uint8_t)any(256);
		session->page[any(bytes)] = (uint8_t)any(256);
		if (!any(4))
			message[any(40)] = (uint8_t)any(256);
		if (!any(4))
			header[any(24)] = (uint8_t)any(256);
	}
	session_put(session, &session->line, type, any(2), any(80), header,
		    header_bytes, message, any(20) ? 40 : any(40));
}

static void anything_script(struct session *session)
{
	uint8_t frame[1600];
	struct packet packet;
	unsigned i;

	session_up(session);
	session_frame(frame, sizeof(frame));
	for (i = 0; i < 3000; i++) {
		any_send(session);
		if (any(2))
			session_deliver(session, frame, any(sizeof(frame)));
		while (session_next(session, &session->line, &packet) && any(4))
			if (packet.type == 7 && any(2))
				session_acknowledge(session, packet.id);
	}
	assert_false(host_netvsp_is_dead(session->card));
}

static void anything_may_come(void **state)
{
	struct session session = {
		.strictness = HOST_LENIENT,
		.configuration = {.messages_per_range = 3},
		.script = anything_script,
	};

	(void)state;
	random_state = 5;
	session_run(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_leave_by_sections),
		cmocka_unit_test(bad_packet_keeps_all_back),
		cmocka_unit_test(edge_63_frames_leave_by_pages),
		cmocka_unit_test(memory_that_is_not_there),
		cmocka_unit_test(offloads_are_done),
		cmocka_unit_test(edge_53_completions_wait_for_room),
		cmocka_unit_test(anything_may_come),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
