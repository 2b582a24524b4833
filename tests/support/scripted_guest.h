/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest written in plain bytes, against the real host: for tests of what the
 * host accepts, refuses and answers.
 *
 * The way up to an open channel is the driver's (it is not what is tested
 * here); what goes over the channel is the test's own, word for word.
 */
#ifndef TESTS_SUPPORT_SCRIPTED_GUEST_H
#define TESTS_SUPPORT_SCRIPTED_GUEST_H

#include "hyperv/channel.h"
#include "hyperv/vmbus.h"
#include "mocks/hyperv/netvsp.h"
#include "mocks/hyperv/partition.h"
#include "mocks/machine/machine.h"
#include "mocks/wire/wire.h"

#define SCRIPT_PACKET_MAX   8192u
#define SCRIPT_FRAME_MAX    65536u
/* How long a script waits for an answer before it says that none comes. */
#define SCRIPT_PATIENCE	    100000000ull
#define SCRIPT_SECTION_SIZE 6144u

struct scripted_guest_configuration {
	/* Name of the host; NULL for ws2022. */
	const char *host;
	enum host_strictness strictness;
	uint64_t seed;
	struct host_netvsp_configuration card;
	/* Bytes of the buffers, 0 for 256 KiB and 96 KiB. */
	uint32_t receive_bytes, send_bytes;
	/* As of struct machine_configuration. */
	unsigned checkers_off;
	/* The test's own. */
	void *context;
};

struct scripted_guest {
	struct machine *machine;
	struct host_partition *partition;
	struct host_vmbus *server;
	struct host_netvsp *card;
	struct wire *wire;
	/* What came out at the host's side: the last frame, and how many. */
	uint8_t frame[SCRIPT_FRAME_MAX];
	uint32_t frame_length;
	unsigned frames;

	struct port *port;
	struct hyperv hyperv;
	struct vmbus bus;
	struct vmbus_channel *channel;
	struct gpadl receive_gpadl, send_gpadl;
	uint8_t *receive_buffer, *send_buffer, *page;
	uint32_t receive_pages, send_pages;
	uint64_t next_id;
	uint32_t next_request;
	void (*body)(struct scripted_guest *guest);
	/* The test's own, from the configuration. */
	void *context;
};

/* A packet of the host's, copied out of the ring. */
struct script_packet {
	struct ring_packet descriptor;
	/* Header (ranges of type 7), then payload. */
	uint8_t bytes[SCRIPT_PACKET_MAX];
	const uint8_t *payload;
};

/* Little-endian words in byte arrays. */
void put16(uint8_t *bytes, size_t offset, uint16_t value);
void put32(uint8_t *bytes, size_t offset, uint32_t value);
void put64(uint8_t *bytes, size_t offset, uint64_t value);
uint16_t get16(const uint8_t *bytes, size_t offset);
uint32_t get32(const uint8_t *bytes, size_t offset);

/*
 * Make a machine with a host and its card, run the body on it as guest code
 * with the channel open, take everything down. Returns an empty string, or why
 * it did not run to its end or what it left behind; the text lives until the
 * next call.
 */
const char *
scripted_guest_run(const struct scripted_guest_configuration *configuration,
		   void (*body)(struct scripted_guest *guest));

/* Leave, down to the SynIC, and come back to an open channel. */
void guest_again(struct scripted_guest *guest);

/* Send inband; the completion, if wanted, comes by guest_await(). */
int guest_send(struct scripted_guest *guest, const void *payload,
	       uint32_t bytes, uint64_t id, bool completion_requested);
/* Wait for the next packet of the host's; false when none comes. */
bool guest_await(struct scripted_guest *guest, struct script_packet *packet);
/* Complete a receive packet with 108 and a status. */
int guest_complete(struct scripted_guest *guest, uint64_t id, uint32_t status);

/*
 * Send an NVSP message of 40 bytes (words[0] is its type) and wait for its
 * completion. Returns the completion's status word at the given offset, or -1.
 */
int64_t guest_nvsp(struct scripted_guest *guest, const uint32_t words[],
		   unsigned count, uint32_t status_offset);

/* The steps of a bring-up, each by itself; true when the host agreed. */
bool guest_init(struct scripted_guest *guest, uint32_t version);
void guest_ndis_config(struct scripted_guest *guest, uint32_t mtu);
void guest_ndis_version(struct scripted_guest *guest);
bool guest_receive_buffer(struct scripted_guest *guest);
bool guest_send_buffer(struct scripted_guest *guest);
bool guest_initialize(struct scripted_guest *guest);
bool guest_filter(struct scripted_guest *guest, uint32_t filter);
/* All of them: NVSP version, MTU 1514, buffers, RNDIS INITIALIZE, filter. */
bool guest_up(struct scripted_guest *guest, uint32_t version);

/*
 * Send an RNDIS control message (the request id at byte 8 is filled in) by
 * guest pages and wait for its answer, which is completed. Returns the answer's
 * length, -1 when there is no answer, -2 when the completion said failure.
 */
int guest_control(struct scripted_guest *guest, uint8_t *request,
		  uint32_t bytes, uint8_t *answer, uint32_t size);
/*
 * Query or set an OID: the status of the answer, or -1; the information copied.
 */
int64_t guest_query(struct scripted_guest *guest, uint32_t oid, uint8_t *answer,
		    uint32_t size, uint32_t *length);
int64_t guest_set(struct scripted_guest *guest, uint32_t oid, const void *value,
		  uint32_t bytes);

/*
 * Send bytes (RNDIS messages) in section 0 of the send buffer. Returns the
 * status of the completion, or -1 when none came.
 */
int64_t guest_transmit(struct scripted_guest *guest, const void *messages,
		       uint32_t bytes);
/* An RNDIS_PACKET around a frame, without information; returns its length. */
uint32_t rndis_packet(uint8_t *message, const void *frame, uint32_t bytes);

#endif /* TESTS_SUPPORT_SCRIPTED_GUEST_H */
