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
	/**
	 * Bytes between the descriptor and the payload: ranges of types 7 and
	 * 9.
	 */
	uint32_t header_bytes;
	uint32_t payload_bytes;
};

/**
 * A piece of a packet that is written: gathered without an intermediate copy.
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
	/** The other side's index as last loaded and found good. */
	uint32_t other;
	/** The host broke a rule of this ring: it is read no more. */
	bool corrupt;
};

/** Bytes of a packet that are put together before they are copied. */
#define RING_WRITER_BYTES 128u

/** A packet being staged, see ring_begin(). */
struct ring_writer {
	struct ring *ring;
	/**
	 * Where in the ring the gathered bytes go, and where the packet began.
	 */
	uint32_t index, start;
	/** Bytes of padding that follow the payload. */
	uint32_t padding;
	uint32_t gathered;
	uint8_t bytes[RING_WRITER_BYTES];
};

/**
 * Start on a fresh ring: both indices 0, as in zeroed memory.
 * @param memory one control page and the data pages, in one virtual piece
 */
void ring_initialise(struct ring *ring, struct port *port, void *memory,
		     uint32_t pages);

/* ---- Writer ---- */

/**
 * Promise the reader to say how much room this writer waits for: before the
 * ring is shown to it, and only by the side that writes.
 */
void ring_announce(struct ring *ring);

/**
 * Stage a packet: descriptor, header (the ranges of a GPA-direct packet, or
 * nothing), payload, padding and footer. The reader sees it after
 * ring_publish().
 *
 * @param packet header_bytes a multiple of 8
 * @param pieces header_bytes and then payload_bytes, together
 * @return 0; ERROR_AGAIN when there is no room now; ERROR_NO_SPACE when there
 *	never will be; ERROR_PROTOCOL when the host's read index is out of
 *	range; ERROR_INVALID when the pieces are not what the packet says
 */
int ring_write(struct ring *ring, const struct ring_packet *packet,
	       const struct ring_piece pieces[], unsigned count);

/**
 * The same step by step, for a header that is made as it is written: begin,
 * then put header_bytes and payload_bytes in as many calls as it takes, then
 * end. Once begun, a packet is ended.
 *
 * @return as ring_write()
 */
int ring_begin(struct ring *ring, struct ring_writer *writer,
	       const struct ring_packet *packet);
void ring_put(struct ring_writer *writer, const void *data, uint32_t bytes);
void ring_end(struct ring_writer *writer);

/**
 * Publish all staged packets.
 * @return true when the reader must be signalled: it had seen everything before
 *	these, and did not mask its interrupt
 */
bool ring_publish(struct ring *ring);

/**
 * Say how much room this writer waits for, so that the reader signals when it
 * has made it; 0 to withdraw. Then look again: ring_room() may have changed.
 *
 * @param bytes as ring_room() counts; more than there can be is as much as
 *	there can be
 */
void ring_pending_send(struct ring *ring, uint32_t bytes);

/**
 * Bytes that can be written now: a packet of n bytes (descriptor, header and
 * payload, rounded up to 8) takes n + 8. 0 when the host's read index is out of
 * range.
 */
uint32_t ring_room(struct ring *ring);

/* ---- Reader ---- */

/**
 * Copy the next packet out.
 *
 * @param packet out: its descriptor
 * @param buffer out: header and payload, packet->header_bytes of the one and
 *	then packet->payload_bytes of the other (which includes the padding to
 *	8)
 * @param size of buffer; a longer packet is skipped and counted as
 *	ERROR_NO_SPACE
 * @return 1, 0 when the ring is empty, ERROR_NO_SPACE (skipped), or
 *	ERROR_PROTOCOL when the ring is corrupt: then nothing more can be read
 *	from it
 */
int ring_read(struct ring *ring, struct ring_packet *packet, void *buffer,
	      uint32_t size);

/**
 * Give the room of the packets read back to the writer.
 * @return true when the writer must be signalled: it waits for room, and this
 *	made as much as it waits for
 */
bool ring_release(struct ring *ring);

/** Ask the writer for no signals (any context). */
void ring_mask(struct ring *ring);

/**
 * Ask for signals again. Release first: a writer that finds unreleased packets
 * takes the reader to be at work and does not signal.
 *
 * @return false when packets are there: masked again, read them first. A
 *	corrupt ring stays masked, and there is nothing there
 */
bool ring_unmask(struct ring *ring);

#endif /* HYPERV_RING_H */
