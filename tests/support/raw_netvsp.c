/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hands of a session: it asserts what every test takes for granted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_netvsp.h"

/* ---- The machine ---- */

static void transmitted(void *context, const struct wire_frame *frame)
{
	struct session *session = context;
	unsigned slot = session->frames++ % FRAMES_KEPT;

	assert_true(frame->length <= sizeof(session->frame[0]));
	memcpy(session->frame[slot], frame->data, frame->length);
	session->frame_bytes[slot] = frame->length;
}

/** Connect and open: the offer must be the card's. */
void session_open(struct session *session, struct line *line,
		  const uint8_t *offer, uint32_t handle)
{
	struct raw_guest *raw = session->raw;

	line->relid = raw_get32(offer, 184);
	line->connection = raw_get32(offer, 192);
	line->ring = port_pages_alloc(session->port, RING_PAGES, 0, "rings");
	assert_int_equal(
		raw_gpadl(raw, line->relid, handle, line->ring, RING_PAGES), 0);
	assert_int_equal(raw_open(raw, line->relid, handle, RING_PAGES / 2), 0);
}

static void body(struct raw_guest *raw)
{
	static const uint8_t interface[] = {
		0x63, 0x51, 0x61, 0xf8, 0x3e, 0xdf, 0xc5, 0x46,
		0x91, 0x3f, 0xf2, 0xd2, 0xf9, 0x65, 0xed, 0x0e,
	};
	struct session *session = raw->context;
	uint8_t offer[RAW_MESSAGE_MAX];
	uint32_t version =
		host_vmbus_personality(raw->vmbus)->vmbus_version_max;

	session->port = raw->port;
	assert_int_equal(raw_connect(raw, version, offer), 1);
	assert_memory_equal(offer + 8, interface, sizeof(interface));
	session_open(session, &session->line, offer, 1);
	session->receive =
		port_pages_alloc(raw->port, RECEIVE_PAGES, 0, "receive");
	session->send = port_pages_alloc(raw->port, SEND_PAGES, 0, "send");
	session->page = port_pages_alloc(raw->port, 4, 0, "page");
	assert_int_equal(raw_gpadl(raw, session->line.relid, 2,
				   session->receive, RECEIVE_PAGES),
			 0);
	assert_int_equal(raw_gpadl(raw, session->line.relid, 3, session->send,
				   SEND_PAGES),
			 0);
	session->script(session);
	session->done = true;
}

/** Every frame of the wire and of the guest is somewhere. */
static void conserve(const struct session *session, uint64_t offered)
{
	struct host_netvsp_counters counters;

	host_netvsp_counters(session->card, &counters);
	assert_int_equal(offered, counters.rx_frames + counters.rx_drop_queue +
					  counters.rx_drop_filter +
					  counters.rx_drop_state +
					  counters.rx_drop_length +
					  host_netvsp_backlog(session->card));
	assert_int_equal(counters.tx_frames, counters.tx_send_buffer +
						     counters.tx_pages +
						     counters.tx_aggregated);
	assert_int_equal(counters.tx_frames, session->frames);
}

void session_run(struct session *session)
{
	static const uint8_t mac[6] = {2, 0x15, 0x5d, 1, 2, 3};
	const struct host_personality *personality;

	if (!session->host)
		session->host = "ws2019";
	session->raw =
		raw_guest_create(session->host, 7, MACHINE_SCHEDULE_EAGER);
	session->raw->context = session;
	personality = host_vmbus_personality(session->raw->vmbus);
	host_vmbus_destroy(session->raw->vmbus);
	session->raw->vmbus =
		host_vmbus_create(session->raw->partition, personality,
				  session->strictness);
	memcpy(session->configuration.mac, mac, sizeof(mac));
	session->wire = wire_tap_create(transmitted, session);
	session->card =
		host_netvsp_create(session->raw->vmbus, &session->configuration,
				   session->wire);
	raw_guest_run(session->raw, body);
	if (!session->done)
		fail_msg("%s", machine_reason(session->raw->machine));
	conserve(session,
		 session->wire->taken_frames + session->wire->refused_frames);
	host_netvsp_destroy(session->card);
	wire_destroy(session->wire);
	raw_guest_destroy(session->raw);
	memset(session, 0, sizeof(*session));
}

unsigned session_violations(const struct session *session)
{
	return machine_violations(session->raw->machine);
}

bool session_violated(const struct session *session, const char *text)
{
	const char *one;
	unsigned i;

	for (i = 0; (one = machine_violation_text(session->raw->machine, i));
	     i++)
		if (strstr(one, text))
			return true;
	return false;
}

/* ---- Rings ---- */

void session_put(struct session *session, const struct line *line,
		 unsigned type, unsigned flags, uint64_t id,
		 const uint8_t *header, uint32_t header_bytes,
		 const void *payload, uint32_t payload_bytes)
{
	uint8_t packet[2048] = {0};
	uint32_t bytes = 16 + header_bytes + payload_bytes;

	bytes = (bytes + 7) & ~7u;
	raw_put32(packet, 0, type | (16 + header_bytes) / 8 << 16);
	raw_put32(packet, 4, bytes / 8 | flags << 16);
	raw_put64(packet, 8, id);
	if (header_bytes)
		memcpy(packet + 16, header, header_bytes);
	if (payload_bytes)
		memcpy(packet + 16 + header_bytes, payload, payload_bytes);
	raw_put32(packet, bytes + 4, raw_get32(line->ring, 0));
	raw_ring_write(session->raw, line->ring, RING_BYTES, packet, bytes + 8);
	raw_signal(session->raw, line->connection, 0);
}

static uint8_t ring_byte(const struct line *line, uint32_t at)
{
	return line->ring[RING_PAGES / 2 * 4096 + 4096 + at % RING_BYTES];
}

static uint32_t ring_word(const struct line *line, uint32_t at)
{
	return ring_byte(line, at) | (uint32_t)ring_byte(line, at + 1) << 8 |
	       (uint32_t)ring_byte(line, at + 2) << 16 |
	       (uint32_t)ring_byte(line, at + 3) << 24;
}

/** The next packet of the host's; false: none comes. */
bool session_next(struct session *session, const struct line *line,
		  struct packet *packet)
{
	uint8_t *control = line->ring + RING_PAGES / 2 * 4096;
	uint64_t deadline = port_time(session->port) + 3000000;
	uint32_t read = raw_get32(control, 4);
	uint32_t free_before;
	uint32_t bytes;
	uint32_t i;

	while (shared_load32(session->port, (le32 *)(void *)control) == read) {
		if (port_time(session->port) >= deadline)
			return false;
		port_relax(session->port, deadline);
	}
	packet->type = ring_word(line, read) & 0xffff;
	packet->header_bytes = (ring_word(line, read) >> 16) * 8 - 16;
	packet->flags = ring_word(line, read + 4) >> 16;
	bytes = (ring_word(line, read + 4) & 0xffff) * 8;
	packet->id = ring_word(line, read + 8) |
		     (uint64_t)ring_word(line, read + 12) << 32;
	packet->payload_bytes = bytes - 16 - packet->header_bytes;
	assert_true(packet->header_bytes <= sizeof(packet->header));
	assert_true(packet->payload_bytes <= sizeof(packet->payload));
	for (i = 0; i < packet->header_bytes; i++)
		packet->header[i] = ring_byte(line, read + 16 + i);
	for (i = 0; i < packet->payload_bytes; i++)
		packet->payload[i] =
			ring_byte(line, read + 16 + packet->header_bytes + i);
	free_before = raw_get32(control, 12);
	shared_store32(session->port, (le32 *)(void *)(control + 4),
		       (read + bytes + 8) % RING_BYTES);
	shared_fence(session->port);
	if (free_before)
		raw_signal(session->raw, line->connection, 0);
	return true;
}

/** The completion of a packet; whatever else comes before it is an error. */
void session_completion(struct session *session, uint64_t id,
			struct packet *packet)
{
	assert_true(session_next(session, &session->line, packet));
	assert_int_equal(packet->type, 11);
	assert_int_equal(packet->flags, 0);
	assert_int_equal(packet->id, id);
}

void session_nothing(struct session *session)
{
	struct packet packet;

	assert_false(session_next(session, &session->line, &packet));
}

/* ---- NVSP ---- */

uint32_t session_message(uint8_t message[40], uint32_t type, uint32_t first,
			 uint32_t second, uint32_t third)
{
	memset(message, 0, 40);
	raw_put32(message, 0, type);
	raw_put32(message, 4, first);
	raw_put32(message, 8, second);
	raw_put32(message, 12, third);
	return 40;
}

void session_nvsp_send(struct session *session, uint64_t id, uint32_t type,
		       uint32_t first, uint32_t second, uint32_t third)
{
	uint8_t message[40];

	session_put(session, &session->line, 6, 1, id, NULL, 0, message,
		    session_message(message, type, first, second, third));
}

/** Send a message and have its completion; a word of that. */
uint32_t session_nvsp(struct session *session, uint32_t offset, uint32_t type,
		      uint32_t first, uint32_t second, uint32_t third)
{
	struct packet packet;

	session_nvsp_send(session, 0x1122334455667788, type, first, second,
			  third);
	session_completion(session, 0x1122334455667788, &packet);
	return packet.payload_bytes < offset + 4
		       ? 0xdead
		       : raw_get32(packet.payload, offset);
}

void session_buffers(struct session *session)
{
	assert_int_equal(session_nvsp(session, 4, 101, 2, 0xcafe, 0),
			 STATUS_GOOD);
	assert_int_equal(session_nvsp(session, 4, 104, 3, 0, 0), STATUS_GOOD);
}

/* ---- RNDIS ---- */

/** Send a control message out of a page. */
void session_control_send(struct session *session, const struct line *line,
			  const uint8_t *request, uint32_t bytes)
{
	uint8_t header[24] = {0};
	uint8_t message[40];

	memcpy(session->page, request, bytes);
	raw_put32(header, 4, 1);
	raw_put32(header, 8, bytes);
	raw_put64(header, 16,
		  port_physical(session->port, session->page) >> 12);
	session_put(session, line, 9, 1, 99, header, sizeof(header), message,
		    session_message(message, 107, 1, NO_SECTION, 0));
}

/** A message in the receive buffer: its address, out of one of the ranges. */
const uint8_t *session_received(const struct session *session,
				const struct packet *packet, uint32_t range,
				uint32_t *bytes)
{
	uint32_t offset = raw_get32(packet->header, 8 + 8 * range + 4);

	assert_int_equal(packet->type, 7);
	assert_int_equal(packet->flags, 1);
	assert_int_equal(raw_get32(packet->header, 0) & 0xffff, 0xcafe);
	assert_int_equal(packet->header_bytes,
			 8 + 8 * raw_get32(packet->header, 4));
	assert_true(range < raw_get32(packet->header, 4));
	*bytes = raw_get32(packet->header, 8 + 8 * range);
	assert_true(offset + *bytes <= RECEIVE_PAGES * 4096);
	return session->receive + offset;
}

void session_acknowledge_status(struct session *session,
				const struct line *line, uint64_t id,
				uint32_t status)
{
	uint8_t message[40];

	session_put(session, line, 11, 0, id, NULL, 0, message,
		    session_message(message, 108, status, 0, 0));
}

void session_acknowledge(struct session *session, uint64_t id)
{
	session_acknowledge_status(session, &session->line, id, STATUS_GOOD);
}

/** A control message and its answer, acknowledged; where the answer lies. */
const uint8_t *session_control(struct session *session, uint8_t *request,
			       uint32_t bytes)
{
	struct packet packet;
	const uint8_t *answer;
	uint32_t length;

	raw_put32(request, 4, bytes);
	raw_put32(request, 8, ++session->next_request);
	session_control_send(session, &session->line, request, bytes);
	session_completion(session, 99, &packet);
	assert_int_equal(raw_get32(packet.payload, 0), 108);
	assert_int_equal(raw_get32(packet.payload, 4), STATUS_GOOD);
	assert_true(session_next(session, &session->line, &packet));
	assert_int_equal(raw_get32(packet.payload, 0), 107);
	assert_int_equal(raw_get32(packet.payload, 4), 1);
	assert_true(packet.id < 16);
	answer = session_received(session, &packet, 0, &length);
	assert_true(length >= raw_get32(answer, 4));
	assert_int_equal(raw_get32(answer, 0),
			 0x80000000 | raw_get32(request, 0));
	session_acknowledge(session, packet.id);
	return answer;
}

uint32_t session_initialize(struct session *session)
{
	uint8_t request[24] = {2};
	const uint8_t *answer;

	raw_put32(request, 12, 1);
	raw_put32(request, 20, 0x4000);
	answer = session_control(session, request, sizeof(request));
	assert_int_equal(raw_get32(answer, 8), session->next_request);
	return raw_get32(answer, 12);
}

uint32_t session_set(struct session *session, uint32_t oid, const void *value,
		     uint32_t bytes)
{
	uint8_t request[700] = {5};

	raw_put32(request, 12, oid);
	raw_put32(request, 16, bytes);
	raw_put32(request, 20, 20);
	memcpy(request + 28, value, bytes);
	return raw_get32(session_control(session, request, 28 + bytes), 12);
}

void session_filter(struct session *session, uint8_t value)
{
	const uint8_t word[4] = {value};

	assert_int_equal(session_set(session, 0x0001010e, word, 4), 0);
	assert_int_equal(host_netvsp_filter(session->card), value);
}

/** All of the bring-up, with the filter open. */
void session_up_mtu(struct session *session, uint32_t version, uint32_t mtu)
{
	uint8_t message[40];

	assert_int_equal(session_nvsp(session, 12, 1, version, version, 0),
			 STATUS_GOOD);
	if (version >= 0x30002)
		session_put(session, &session->line, 6, 0, 0, NULL, 0, message,
			    session_message(message, 125, mtu, 0, 0));
	session_put(session, &session->line, 6, 0, 0, NULL, 0, message,
		    session_message(message, 100, 6, 30, 0));
	session_buffers(session);
	assert_int_equal(session_initialize(session), 0);
	session_filter(session, 0x2d);
	assert_int_equal(session_violations(session), 0);
}

void session_up(struct session *session)
{
	session_up_mtu(session, 0x60001, 1514);
}

/* ---- Frames ---- */

void session_frame(uint8_t *frame, uint32_t bytes)
{
	uint32_t i;

	for (i = 0; i < bytes; i++)
		frame[i] = (uint8_t)(i * 5 + bytes);
	frame[0] = 2;
	frame[12] = 0x88;
	frame[13] = 0xb5;
}

/** An RNDIS packet around a frame; bytes of the message. */
uint32_t session_packet(uint8_t *message, const uint8_t *frame, uint32_t bytes,
			uint32_t message_bytes)
{
	memset(message, 0, 44);
	raw_put32(message, 0, 1);
	raw_put32(message, 4, message_bytes);
	raw_put32(message, 8, 36);
	raw_put32(message, 12, bytes);
	memcpy(message + 44, frame, bytes);
	return message_bytes;
}

/** The same with one word of per-packet information. */
uint32_t session_packet_with(uint8_t *message, const uint8_t *frame,
			     uint32_t bytes, uint32_t type, uint32_t value)
{
	memset(message, 0, 60);
	raw_put32(message, 0, 1);
	raw_put32(message, 4, 60 + bytes);
	raw_put32(message, 8, 52);
	raw_put32(message, 12, bytes);
	raw_put32(message, 28, 36);
	raw_put32(message, 32, 16);
	raw_put32(message, 44, 16);
	raw_put32(message, 48, type);
	raw_put32(message, 52, 12);
	raw_put32(message, 56, value);
	memcpy(message + 60, frame, bytes);
	return 60 + bytes;
}

/** Send what lies in a section of the send buffer; the status. */
uint32_t session_section_send(struct session *session, uint32_t section,
			      uint32_t bytes)
{
	return session_nvsp(session, 4, 107, 0, section, bytes);
}

bool session_deliver(struct session *session, const uint8_t *frame,
		     uint32_t bytes)
{
	const struct wire_frame wire = {frame, bytes};

	return wire_deliver(session->wire, &wire);
}

struct host_netvsp_counters session_counters(const struct session *session)
{
	struct host_netvsp_counters counters;

	host_netvsp_counters(session->card, &counters);
	return counters;
}
