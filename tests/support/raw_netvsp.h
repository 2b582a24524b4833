/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest of bare bytes in front of the host's network card: for tests of what
 * the card accepts, refuses, answers and counts. No driver is in it.
 */
#ifndef TESTS_SUPPORT_RAW_NETVSP_H
#define TESTS_SUPPORT_RAW_NETVSP_H

#include "mocks/hyperv/netvsp.h"
#include "tests/support/raw_guest.h"

#define RING_BYTES    8192u
#define RING_PAGES    (2 * (1 + RING_BYTES / 4096))
#define RECEIVE_PAGES 32u
#define SEND_PAGES    12u
#define FRAMES_KEPT   16u
#define NO_SECTION    0xffffffffu
#define STATUS_GOOD   1
#define STATUS_BAD    2

/** An open channel as the guest has it. */
struct line {
	uint32_t relid, connection;
	uint8_t *ring;
};

struct session {
	const char *host;
	enum host_strictness strictness;
	struct host_netvsp_configuration configuration;
	void (*script)(struct session *session);

	struct raw_guest *raw;
	struct port *port;
	struct host_netvsp *card;
	struct wire *wire;
	struct line line;
	uint8_t *receive, *send, *page;
	uint32_t next_request;
	/* What came out at the other end of the wire. */
	unsigned frames;
	uint8_t frame[FRAMES_KEPT][2048];
	uint32_t frame_bytes[FRAMES_KEPT];
	/* The script ran to its end. */
	bool done;
};

/** A packet of the host's. */
struct packet {
	unsigned type, flags;
	uint64_t id;
	uint32_t header_bytes, payload_bytes;
	uint8_t header[4096];
	uint8_t payload[256];
};

/* Open a channel that was offered, with rings of its own under a handle. */
void session_open(struct session *session, struct line *line,
		  const uint8_t *offer, uint32_t handle);

/*
 * Make a machine with a card, run the script as guest code, check that every
 * frame is accounted for, take all down and clear the session.
 */
void session_run(struct session *session);

/* Rules broken so far, and whether a text about one contains something. */
unsigned session_violations(const struct session *session);
bool session_violated(const struct session *session, const char *text);

/* Put a packet into the ring to the host, and ring. */
void session_put(struct session *session, const struct line *line,
		 unsigned type, unsigned flags, uint64_t id,
		 const uint8_t *header, uint32_t header_bytes,
		 const void *payload, uint32_t payload_bytes);

/* The next packet of the host's; false: none comes. */
bool session_next(struct session *session, const struct line *line,
		  struct packet *packet);

/* The completion of a packet, which must be the next that comes. */
void session_completion(struct session *session, uint64_t id,
			struct packet *packet);

/* No packet comes. */
void session_nothing(struct session *session);

/* Four words of an NVSP message of 40 bytes; its size. */
uint32_t session_message(uint8_t message[40], uint32_t type, uint32_t first,
			 uint32_t second, uint32_t third);

/* Send an NVSP message with a completion requested. */
void session_nvsp_send(struct session *session, uint64_t id, uint32_t type,
		       uint32_t first, uint32_t second, uint32_t third);

/* The same, and wait for the completion; a word of that, or 0xdead. */
uint32_t session_nvsp(struct session *session, uint32_t offset, uint32_t type,
		      uint32_t first, uint32_t second, uint32_t third);

/* Share both buffers. */
void session_buffers(struct session *session);

/* Send an RNDIS control message out of a page. */
void session_control_send(struct session *session, const struct line *line,
			  const uint8_t *request, uint32_t bytes);

/* Where a range of a packet lies in the receive buffer, and its bytes. */
const uint8_t *session_received(const struct session *session,
				const struct packet *packet, uint32_t range,
				uint32_t *bytes);

/* Complete a packet of the host with a status; with success. */
void session_acknowledge_status(struct session *session,
				const struct line *line, uint64_t id,
				uint32_t status);
void session_acknowledge(struct session *session, uint64_t id);

/* An RNDIS request and its answer, acknowledged; where that lies. */
const uint8_t *session_control(struct session *session, uint8_t *request,
			       uint32_t bytes);

/* RNDIS INITIALIZE, SET, SET of the filter: status; the filter must work. */
uint32_t session_initialize(struct session *session);
uint32_t session_set(struct session *session, uint32_t oid, const void *value,
		     uint32_t bytes);
void session_filter(struct session *session, uint8_t value);

/* The whole bring-up, with the filter open; without a fault. */
void session_up_mtu(struct session *session, uint32_t version, uint32_t mtu);
void session_up(struct session *session);

/* A frame of a pattern that its length decides. */
void session_frame(uint8_t *frame, uint32_t bytes);

/* An RNDIS packet around a frame, so long; its bytes. */
uint32_t session_packet(uint8_t *message, const uint8_t *frame, uint32_t bytes,
			uint32_t message_bytes);

/* The same with one word of per-packet information. */
uint32_t session_packet_with(uint8_t *message, const uint8_t *frame,
			     uint32_t bytes, uint32_t type, uint32_t value);

/* Send what lies in a section of the send buffer; the status. */
uint32_t session_section_send(struct session *session, uint32_t section,
			      uint32_t bytes);

/* Hand a frame to the card. False: dropped. */
bool session_deliver(struct session *session, const uint8_t *frame,
		     uint32_t bytes);

/* The card's counters. */
struct host_netvsp_counters session_counters(const struct session *session);

#endif /* TESTS_SUPPORT_RAW_NETVSP_H */
