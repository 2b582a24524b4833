/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two rings of a channel: packets in circular buffers shared with the host,
 * and the rules by which each side wakes the other and no more often than that.
 *
 * A writer stages packets and publishes them together; a reader copies each
 * packet out once, trusts nothing but the copy, and releases what it consumed
 * together.
 */
#ifndef HYPERV_RING_H
#define HYPERV_RING_H

#include "port/port.h"

/** Types of packets. */
enum ring_packet_type {
	RING_PACKET_INBAND = 6,
	RING_PACKET_TRANSFER_PAGES = 7,
	RING_PACKET_GPA_DIRECT = 9,
	RING_PACKET_CANCEL = 10,
	RING_PACKET_COMPLETION = 11,
};

/** A packet's descriptor in the processor's order, checked. */
struct ring_packet {
	enum ring_packet_type type;
	bool completion_requested;
	uint64_t transaction_id;
	/** Bytes between the descriptor and the payload: ranges of types 7
	 * and 9. */
	uint32_t header_bytes;
	uint32_t payload_bytes;
};

/** A piece of a packet that is written: gathered without an intermediate copy.
 */
struct ring_piece {
	const void *data;
	uint32_t bytes;
};

struct ring_control;

/** One direction, seen from this guest. */
struct ring {
	struct port *port;
	struct ring_control *control;
	uint8_t *data;
	/** Bytes of the data area: whole pages. */
	uint32_t bytes;
	/**
	 * The index that this side owns: the writer's next write (beyond what
	 * is published, while packets are staged), the reader's next read.
	 */
	uint32_t index;
	/** What the other side last saw of it. */
	uint32_t published;
};

/**
 * Start on a fresh ring.
 * @param memory one control page and the data pages, in one virtual piece
 */
void ring_initialise(struct ring *ring, struct port *port, void *memory,
		     uint32_t pages);

/* ---- Writer ---- */

/**
 * Stage a packet: descriptor, header (the ranges of a GPA-direct packet, or
 * nothing), payload, padding and footer. The reader sees it after
 *ring_publish().
 *
 * @return 0; ERROR_AGAIN when there is no room now; ERROR_NO_SPACE when there
 *never will be; ERROR_PROTOCOL when the host's read index is out of range
 */
int ring_write(struct ring *ring, const struct ring_packet *packet,
	       const struct ring_piece pieces[], unsigned count);

/**
 * Publish all staged packets.
 * @return true when the reader must be signalled: it had seen everything before
 *	these, and did not mask its interrupt
 */
bool ring_publish(struct ring *ring);

/**
 * Say how much room this writer waits for, so that the reader signals when it
 * has made it; 0 to withdraw. Then look again: ring_room() may have changed.
 */
void ring_pending_send(struct ring *ring, uint32_t bytes);

/** Bytes that can be written now: a packet of n bytes takes n + 8. */
uint32_t ring_room(struct ring *ring);

/* ---- Reader ---- */

/**
 * Copy the next packet out.
 *
 * @param packet out: its descriptor
 * @param buffer out: header and payload, packet->header_bytes of the one and
 *then packet->payload_bytes of the other
 * @param size of buffer; a longer packet is skipped and counted as
 *ERROR_NO_SPACE
 * @return 1, 0 when the ring is empty, ERROR_NO_SPACE (skipped), or
 *ERROR_PROTOCOL when the ring is corrupt: then nothing more can be read from it
 */
int ring_read(struct ring *ring, struct ring_packet *packet, void *buffer,
	      uint32_t size);

/**
 * Give the room of the packets read back to the writer.
 * @return true when the writer must be signalled: it waits for room, and this
 *made as much as it waits for
 */
bool ring_release(struct ring *ring);

/** Ask the writer for no signals (any context). */
void ring_mask(struct ring *ring);

/**
 * Ask for signals again.
 * @return false when packets are there: masked again, read them first
 */
bool ring_unmask(struct ring *ring);

#endif /* HYPERV_RING_H */
