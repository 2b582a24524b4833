/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's network card behind real rings: what is agreed on, what ends it,
 * and how its channels come and go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_netvsp.h"

/* ---- Bring-up ---- */

static void versions_script(struct session *session)
{
	const uint32_t version_max =
		host_vmbus_personality(session->raw->vmbus)->nvsp_version_max;
	struct packet packet;

	assert_int_equal(session_nvsp(session, 12, 1, 0x70000, 0x70000, 0), 3);
	assert_int_equal(session_nvsp(session, 12, 1, 1, 1, 0), 4);
	assert_int_equal(session_nvsp(session, 12, 1, 0x30001, 0x30001, 0), 7);
	assert_int_equal(host_netvsp_version(session->card), 0);
	session_nvsp_send(session, 5, 1, version_max, version_max, 0);
	session_completion(session, 5, &packet);
	assert_int_equal(raw_get32(packet.payload, 0), 2);
	assert_int_equal(raw_get32(packet.payload, 4), version_max);
	assert_int_equal(raw_get32(packet.payload, 8), 34);
	assert_int_equal(raw_get32(packet.payload, 12), 1);
	/* 28 bytes are 32 in a ring. */
	assert_int_equal(packet.payload_bytes,
			 version_max >= 0x60001 ? 40 : 32);
	assert_int_equal(host_netvsp_version(session->card), version_max);
	assert_int_equal(session_violations(session), 0);
}

static void edge_56_versions_are_agreed_on(void **state)
{
	static const char *const hosts[] = {"ws2012", "ws2016", "ws2019"};
	struct session session = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		session.host = hosts[i];
		session.script = versions_script;
		session_run(&session);
	}
}

static void buffers_script(struct session *session)
{
	uint8_t message[40];
	struct packet packet;

	session_nvsp(session, 12, 1, 0x60001, 0, 0);
	session_put(session, &session->line, 6, 0, 0, NULL, 0, message,
		    session_message(message, 125, 9014, 0, 0));
	/* With a completion asked for, these have one, and it is empty. */
	session_nvsp_send(session, 6, 100, 6, 30, 0);
	session_completion(session, 6, &packet);
	assert_int_equal(packet.payload_bytes, 0);
	assert_int_equal(session_nvsp(session, 4, 101, 77, 0xcafe, 0),
			 STATUS_BAD);
	session_nvsp_send(session, 7, 101, 2, 0xcafe, 0);
	session_completion(session, 7, &packet);
	/*
	 * 9014 + 256 + 36, to a multiple of 8; 128 KiB hold 14 of them, too few
	 * for 16 control messages.
	 */
	assert_int_equal(raw_get32(packet.payload, 4), STATUS_BAD);
	assert_int_equal(raw_get32(packet.payload, 8), 0);
	assert_int_equal(session_nvsp(session, 4, 104, 77, 0, 0), STATUS_BAD);
	assert_int_equal(session_nvsp(session, 8, 104, 3, 0, 0), 6144);
	assert_false(host_netvsp_is_dead(session->card));
}

static void buffers_are_checked(void **state)
{
	struct session session = {.script = buffers_script};

	(void)state;
	session_run(&session);
}

static void sections_script(struct session *session)
{
	static const uint8_t destination[6] = {255, 255, 255, 255, 255, 255};
	uint8_t message[40];
	uint8_t frame[100];
	struct packet packet;
	const uint8_t *got;
	uint32_t length;
	unsigned i;

	session_nvsp(session, 12, 1, 0x60001, 0, 0);
	session_put(session, &session->line, 6, 0, 0, NULL, 0, message,
		    session_message(message, 125, 1514, 0, 0));
	session_put(session, &session->line, 6, 0, 0, NULL, 0, message,
		    session_message(message, 100, 6, 30, 0));
	session_nvsp_send(session, 7, 101, 2, 0xcafe, 0);
	session_completion(session, 7, &packet);
	assert_int_equal(packet.payload_bytes, 12 + 3 * 16 + 4);
	assert_int_equal(raw_get32(packet.payload, 8), 3);
	for (i = 0; i < 3; i++) {
		/* A third of 128 KiB, 24 times 1808 in each. */
		assert_int_equal(raw_get32(packet.payload, 12 + 16 * i),
				 43688 * i);
		assert_int_equal(raw_get32(packet.payload, 16 + 16 * i), 1808);
		assert_int_equal(raw_get32(packet.payload, 20 + 16 * i), 24);
		assert_int_equal(raw_get32(packet.payload, 24 + 16 * i),
				 43688 * i + 24 * 1808);
	}
	assert_int_equal(session_initialize(session), 0);
	session_filter(session, 0x2d);
	/* Without completions the frames use up all sub-allocations. */
	for (i = 16; i < 72; i++) {
		session_frame(frame, sizeof(frame));
		memcpy(frame, destination, 6);
		frame[20] = (uint8_t)i;
		assert_true(session_deliver(session, frame, sizeof(frame)));
		assert_true(session_next(session, &session->line, &packet));
		assert_int_equal(packet.id, i);
		got = session_received(session, &packet, 0, &length);
		assert_int_equal(got - session->receive,
				 i / 24 * 43688 + i % 24 * 1808);
		assert_memory_equal(got + 44, frame, sizeof(frame));
	}
	assert_true(session_deliver(session, frame, sizeof(frame)));
	session_nothing(session);
	assert_int_equal(host_netvsp_outstanding(session->card), 56);
	assert_int_equal(host_netvsp_backlog(session->card), 1);
	session_acknowledge(session, 40);
	assert_true(session_next(session, &session->line, &packet));
	assert_int_equal(packet.id, 40);
}

static void edge_57_several_sections_are_used(void **state)
{
	struct session session = {.configuration = {.sections = 3},
				  .script = sections_script};

	(void)state;
	session_run(&session);
}

static unsigned mtu_case;

static void mtu_script(struct session *session)
{
	static const uint32_t cases[][2] = {
		{1514, 1514}, {1513, 1514}, {0, 1514},
		{2000, 2000}, {9217, 1514}, {0xffffffff, 1514},
	};
	const unsigned next = mtu_case;
	uint8_t query[28] = {4};

	session_up_mtu(session, 0x60001, cases[next][0]);
	raw_put32(query, 12, 0x00010111);
	assert_int_equal(
		raw_get32(session_control(session, query, sizeof(query)), 24),
		cases[next][1]);
}

/* 3.E.86: what is no MTU is the ordinary one. */
static void mtu_is_kept_in_bounds(void **state)
{
	struct session session = {0};
	unsigned i;

	(void)state;
	for (i = 0; i < 6; i++) {
		mtu_case = i;
		session.script = mtu_script;
		session_run(&session);
	}
}

/* ---- What a guest must not do ---- */

static const struct fault {
	const char *name;
	/** Bring-up is done before it. */
	bool up;
	/** The message, and how many of its bytes. */
	uint32_t words[4];
	uint32_t bytes;
	/**
	 * The status in the lenient host's answer, at which offset; none: 99.
	 */
	uint32_t status, offset;
} faults[] = {
	{"unknown type", true, {77}, 40, 99, 0},
	{"host's type", true, {128, 1, 1}, 40, 99, 0},
	{"short", true, {129, 0}, 32, 99, 0},
	{"short with a frame", true, {107, 0, 0, 60}, 32, STATUS_BAD, 4},
	{"no type", true, {0}, 0, 99, 0},
	{"INIT again", true, {1, 0x60001, 0x60001}, 40, STATUS_BAD, 12},
	{"NDIS_CONFIG again", true, {125, 1514}, 40, 99, 0},
	{"NDIS_VERSION again", true, {100, 6, 30}, 40, 99, 0},
	{"SEND_RECV_BUF again", true, {101, 2, 1}, 40, STATUS_BAD, 4},
	{"SEND_SEND_BUF again", true, {104, 3, 1}, 40, STATUS_BAD, 4},
	{"virtual function", true, {129, 1}, 40, 99, 0},
	{"section beyond", true, {107, 0, 8, 60}, 40, STATUS_BAD, 4},
	{"section overflow", true, {107, 0, 0x200000, 60}, 40, STATUS_BAD, 4},
	{"section's end beyond", true, {107, 0, 7, 6145}, 40, STATUS_BAD, 4},
	{"before INIT", false, {101, 2, 1}, 40, STATUS_BAD, 4},
	{"RNDIS before INIT", false, {107, 0, 0, 60}, 40, STATUS_BAD, 4},
};

static const struct fault *fault_now;

static void fault_script(struct session *session)
{
	const struct fault *fault = fault_now;
	uint8_t message[40];
	uint8_t frame[16] = {2};
	struct packet packet;

	if (fault->up)
		session_up(session);
	/* A frame that would leave if the message were good. */
	session_packet(session->send, frame, sizeof(frame), 60);
	session_message(message, fault->words[0], fault->words[1],
			fault->words[2], fault->words[3]);
	session_put(session, &session->line, 6, 1, 42, NULL, 0, message,
		    fault->bytes);
	if (session->strictness == HOST_STRICT) {
		session_nothing(session);
		if (!host_netvsp_is_dead(session->card))
			fail_msg("%s: lives", fault->name);
	} else {
		if (!session_next(session, &session->line, &packet))
			fail_msg("%s: no completion", fault->name);
		assert_int_equal(packet.id, 42);
		if (fault->status == 99)
			assert_int_equal(packet.payload_bytes, 0);
		else
			assert_int_equal(raw_get32(packet.payload,
						   fault->offset),
					 fault->status);
		assert_false(host_netvsp_is_dead(session->card));
		if (fault->up)
			session_filter(session, 0x0d);
	}
	if (session_violations(session) != 1)
		fail_msg("%s: %u violations", fault->name,
			 session_violations(session));
}

static void edge_54_55_62_faults_end_or_are_refused(void **state)
{
	struct session session = {0};
	size_t i;

	(void)state;
	for (i = 0; i < 2 * sizeof(faults) / sizeof(*faults); i++) {
		fault_now = &faults[i / 2];
		session.strictness = i % 2 ? HOST_LENIENT : HOST_STRICT;
		session.script = fault_script;
		session_run(&session);
	}
}

static void memory_script(struct session *session)
{
	uint8_t header[24] = {0};
	uint8_t message[40];
	struct packet packet;

	session_up(session);
	raw_put32(header, 4, 1);
	raw_put32(header, 8, 100);
	raw_put64(header, 16,
		  port_physical(session->port, session->page) >> 12);
	session_put(session, &session->line, 9, 1, 3, header, sizeof(header),
		    message, session_message(message, 129, 0, 0, 0));
	session_completion(session, 3, &packet);
	assert_true(session_violated(session, "comes with guest memory"));
	assert_int_equal(session_violations(session), 1);
}

static void only_frames_come_with_memory(void **state)
{
	struct session session = {.strictness = HOST_LENIENT,
				  .script = memory_script};

	(void)state;
	session_run(&session);
}

static void order_script(struct session *session)
{
	assert_int_equal(session_nvsp(session, 12, 1, 0x60001, 0, 0),
			 STATUS_GOOD);
	if (session->strictness == HOST_STRICT) {
		session_nvsp_send(session, 1, 101, 2, 0xcafe, 0);
		session_nothing(session);
		assert_true(host_netvsp_is_dead(session->card));
		assert_true(session_violated(session, "MTU is missing"));
		return;
	}
	assert_int_equal(session_nvsp(session, 4, 101, 2, 0xcafe, 0),
			 STATUS_BAD);
	assert_int_equal(session_nvsp(session, 0, 125, 1514, 0, 0), 0xdead);
	assert_int_equal(session_nvsp(session, 4, 101, 2, 0xcafe, 0),
			 STATUS_GOOD);
	/* RNDIS wants the NDIS version too. */
	assert_int_equal(session_section_send(session, NO_SECTION, 0),
			 STATUS_BAD);
	assert_true(session_violated(session, "NDIS_VERSION"));
}

static void edge_54_configuration_comes_before_the_buffer(void **state)
{
	struct session session = {.script = order_script};

	(void)state;
	session_run(&session);
	session.strictness = HOST_LENIENT;
	session.script = order_script;
	session_run(&session);
}

static void old_versions_script(struct session *session)
{
	uint8_t message[28];
	uint8_t large[40];
	struct packet packet;
	uint8_t frame[60];

	/* Version 1 knows no NDIS_CONFIG, and messages of 28 bytes. */
	session_up_mtu(session, 2, 0);
	session_message(large, 107, 0, 0, 0);
	memcpy(message, large, sizeof(message));
	session_frame(frame, sizeof(frame));
	raw_put32(message, 12,
		  session_packet(session->send, frame, sizeof(frame), 104));
	session_put(session, &session->line, 6, 1, 8, NULL, 0, message, 28);
	session_completion(session, 8, &packet);
	assert_int_equal(packet.payload_bytes, 32);
	assert_int_equal(raw_get32(packet.payload, 4), STATUS_GOOD);
	assert_int_equal(session->frames, 1);
	assert_int_equal(session_violations(session), 0);
	assert_int_equal(session_nvsp(session, 0, 125, 1514, 0, 0), 0xdead);
	assert_int_equal(session_violations(session), 1);
	assert_int_equal(session_nvsp(session, 4, 133, 1, 1, 0), STATUS_BAD);
	assert_int_equal(session_violations(session), 2);
}

static void edge_55_old_versions_work(void **state)
{
	struct session session = {.strictness = HOST_LENIENT,
				  .script = old_versions_script};

	(void)state;
	session_run(&session);
}

/* ---- Channels ---- */

/** Ask for a second queue and open it. */
static void subchannel_open(struct session *session, struct line *second,
			    bool bug)
{
	uint8_t offer[RAW_MESSAGE_MAX];
	struct packet packet;
	uint32_t i;

	/* Two vCPUs are two queues at the most. */
	assert_int_equal(session_nvsp(session, 4, 133, 1, 2, 0), STATUS_BAD);
	assert_int_equal(session_nvsp(session, 4, 133, 1, 0, 0), STATUS_BAD);
	assert_int_equal(session_nvsp(session, 4, 133, 2, 1, 0), STATUS_BAD);
	session_nvsp_send(session, 5, 133, 1, 1, 0);
	session_completion(session, 5, &packet);
	assert_int_equal(packet.payload_bytes, 40);
	assert_int_equal(raw_get32(packet.payload, 0), 133);
	assert_int_equal(raw_get32(packet.payload, 4), STATUS_GOOD);
	assert_int_equal(raw_get32(packet.payload, 8), 1);
	assert_int_equal(session_nvsp(session, 4, 133, 1, 1, 0), STATUS_BAD);
	assert_int_equal(raw_answer(session->raw, offer), 1);
	assert_int_equal(raw_get32(offer, 180) & 0xffff, 1);
	session_open(session, second, offer, 9);
	assert_true(session_next(session, &session->line, &packet));
	assert_int_equal(packet.type, 6);
	assert_int_equal(raw_get32(packet.payload, 0), 134);
	assert_int_equal(raw_get32(packet.payload, 4), 16);
	/* 3.D.66: where the table is, and where it says it is. */
	assert_int_equal(raw_get32(packet.payload, 8), bug ? 28 : 40);
	assert_int_equal(packet.payload_bytes, 40 + 64);
	for (i = 0; i < 16; i++)
		assert_int_equal(raw_get32(packet.payload, 40 + 4 * i), i % 2);
}

static void subchannel_refuses(struct session *session,
			       const struct line *second)
{
	uint8_t query[40] = {4};
	struct packet packet;

	/* 3.D.70: no control messages there. */
	raw_put32(query, 4, 28);
	session_control_send(session, second, query, 28);
	assert_true(session_next(session, second, &packet));
	assert_int_equal(raw_get32(packet.payload, 4), STATUS_BAD);
	assert_true(session_violated(session, "subchannel"));
	session_put(session, second, 6, 1, 3, NULL, 0, query,
		    session_message(query, 129, 0, 0, 0));
	assert_true(session_next(session, second, &packet));
	assert_int_equal(session_violations(session), 2);
}

static void subchannel_receives(struct session *session,
				const struct line *second)
{
	static const uint8_t parameters[] = {
		0x89, 2, 40, 0, 0,  0, 0, 0, 1,	 1, 0, 0, 4, 0, 0, 0,
		40,   0, 0,  0, 40, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0,
		0,    0, 0,  0, 0,  0, 0, 0, 1,	 0, 0, 0, 1, 2, 3, 4,
	};
	uint8_t rss[84] = {0};
	struct packet packet;
	uint8_t frame[60];

	/* All IPv4 frames to the second. */
	memcpy(rss, parameters, sizeof(parameters));
	assert_int_equal(session_set(session, 0x00010204, rss, sizeof(rss)), 0);
	memset(frame, 1, sizeof(frame));
	memcpy(frame, "\2\2\2\2\2\2\4\4\4\4\4\4\x08\x00\x45\x00\x00\x2e", 18);
	assert_true(session_deliver(session, frame, sizeof(frame)));
	assert_true(session_next(session, second, &packet));
	assert_int_equal(packet.type, 7);
	/* 3.D.60: and back on the same channel only. */
	session_acknowledge(session, packet.id);
	port_delay(session->port, 1000000);
	assert_int_equal(host_netvsp_outstanding(session->card), 1);
	session_acknowledge_status(session, second, packet.id, STATUS_GOOD);
	port_delay(session->port, 1000000);
	assert_int_equal(host_netvsp_outstanding(session->card), 0);
	assert_int_equal(session_violations(session), 3);
}

static void subchannel_script(struct session *session)
{
	const bool bug = !strcmp(session->host, "ws2016");
	uint8_t frame[60] = {2};
	uint8_t message[RAW_MESSAGE_MAX];
	struct line second;

	session_up_mtu(session, bug ? 0x50000 : 0x60001, 1514);
	subchannel_open(session, &second, bug);
	subchannel_refuses(session, &second);
	subchannel_receives(session, &second);
	/* The card goes: subchannels first. */
	host_netvsp_remove(session->card);
	assert_int_equal(raw_answer(session->raw, message), 2);
	assert_int_equal(raw_get32(message, 8), second.relid);
	assert_int_equal(raw_answer(session->raw, message), 2);
	assert_int_equal(raw_get32(message, 8), session->line.relid);
	assert_int_equal(raw_answer(session->raw, message), 0);
	assert_false(session_deliver(session, frame, sizeof(frame)));
}

static void edge_60_65_66_70_subchannels_work(void **state)
{
	struct session session = {.host = "ws2019",
				  .strictness = HOST_LENIENT,
				  .script = subchannel_script};

	(void)state;
	session_run(&session);
	session.host = "ws2016";
	session.strictness = HOST_LENIENT;
	session.script = subchannel_script;
	session_run(&session);
}

/** Close the channel, take back all memory, and open it anew. */
static void reopen(struct session *session)
{
	const uint32_t relid = session->line.relid;
	const uint32_t close[] = {7, 0, relid};
	uint32_t i;

	raw_send(session->raw, close, 3);
	/* The lists were held; their teardowns are answered now. */
	for (i = 1; i <= 3; i++)
		assert_true(raw_teardown(session->raw, relid, i));
	assert_int_equal(host_netvsp_version(session->card), 0);
	assert_int_equal(host_netvsp_outstanding(session->card), 0);
	assert_int_equal(host_netvsp_backlog(session->card), 0);
	assert_int_equal(host_netvsp_filter(session->card), 0);
	memset(session->line.ring, 0, RING_PAGES * 4096);
	assert_int_equal(raw_gpadl(session->raw, relid, 1, session->line.ring,
				   RING_PAGES),
			 0);
	assert_int_equal(raw_gpadl(session->raw, relid, 2, session->receive,
				   RECEIVE_PAGES),
			 0);
	assert_int_equal(raw_gpadl(session->raw, relid, 3, session->send,
				   SEND_PAGES),
			 0);
	assert_int_equal(raw_open(session->raw, relid, 1, RING_PAGES / 2), 0);
}

static void reopen_script(struct session *session)
{
	uint8_t frame[60];
	unsigned cycle;
	uint32_t i;

	session_frame(frame, sizeof(frame));
	for (cycle = 0; cycle < 3; cycle++) {
		session_up(session);
		session_packet(session->send, frame, 60, 104);
		assert_int_equal(session_section_send(session, 0, 104),
				 STATUS_GOOD);
		for (i = 0; i < 3; i++)
			assert_true(session_deliver(session, frame, 60));
		reopen(session);
		assert_false(session_deliver(session, frame, 60));
	}
	assert_int_equal(session_violations(session), 0);
	/* The dead wake up. */
	session_nvsp_send(session, 1, 77, 0, 0, 0);
	session_nothing(session);
	assert_true(host_netvsp_is_dead(session->card));
	reopen(session);
	assert_false(host_netvsp_is_dead(session->card));
	assert_int_equal(session_nvsp(session, 12, 1, 0x60001, 0, 0),
			 STATUS_GOOD);
}

static void channel_is_opened_again(void **state)
{
	struct session session = {.script = reopen_script};

	(void)state;
	session_run(&session);
}

static void revoke_script(struct session *session)
{
	const uint32_t relid = session->line.relid;
	uint8_t message[40];
	uint8_t halt[12] = {0};
	uint8_t frame[60];
	struct packet packet;

	session_up(session);
	session_frame(frame, sizeof(frame));
	/* Another one's name, and it is as before. */
	session_put(session, &session->line, 6, 1, 1, NULL, 0, message,
		    session_message(message, 103, 0xcaff, 0, 0));
	session_put(session, &session->line, 6, 1, 1, NULL, 0, message,
		    session_message(message, 106, 1, 0, 0));
	session_filter(session, 0x20);
	assert_int_equal(session_violations(session), 2);
	session_put(session, &session->line, 6, 1, 1, NULL, 0, message,
		    session_message(message, 103, 0xcafe, 0, 0));
	session_put(session, &session->line, 6, 1, 2, NULL, 0, message,
		    session_message(message, 106, 0, 0, 0));
	session_nothing(session);
	assert_int_equal(session_violations(session), 2);
	assert_false(session_deliver(session, frame, 60));
	assert_true(raw_teardown(session->raw, relid, 2));
	assert_true(raw_teardown(session->raw, relid, 3));
	/* A HALT whose memory was cleared too early comes as zeroes. */
	session_control_send(session, &session->line, halt, sizeof(halt));
	session_completion(session, 99, &packet);
	assert_int_equal(raw_get32(packet.payload, 4), STATUS_BAD);
	assert_false(host_netvsp_is_dead(session->card));
	/* Once is all there is. */
	assert_int_equal(session_nvsp(session, 4, 101, 2, 0xcafe, 0),
			 STATUS_BAD);
	assert_int_equal(session_nvsp(session, 4, 104, 3, 0, 0), STATUS_BAD);
	session_put(session, &session->line, 6, 1, 1, NULL, 0, message,
		    session_message(message, 103, 0xcafe, 0, 0));
	session_nothing(session);
	assert_int_equal(session_violations(session), 6);
}

static void edge_69_buffers_are_revoked(void **state)
{
	struct session session = {.strictness = HOST_LENIENT,
				  .script = revoke_script};

	(void)state;
	session_run(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_56_versions_are_agreed_on),
		cmocka_unit_test(buffers_are_checked),
		cmocka_unit_test(edge_57_several_sections_are_used),
		cmocka_unit_test(mtu_is_kept_in_bounds),
		cmocka_unit_test(edge_54_55_62_faults_end_or_are_refused),
		cmocka_unit_test(only_frames_come_with_memory),
		cmocka_unit_test(edge_54_configuration_comes_before_the_buffer),
		cmocka_unit_test(edge_55_old_versions_work),
		cmocka_unit_test(edge_60_65_66_70_subchannels_work),
		cmocka_unit_test(channel_is_opened_again),
		cmocka_unit_test(edge_69_buffers_are_revoked),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
