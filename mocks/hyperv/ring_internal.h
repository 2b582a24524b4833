/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One ring in guest memory, from the host's end.
 */
#ifndef MOCKS_HYPERV_RING_INTERNAL_H
#define MOCKS_HYPERV_RING_INTERNAL_H

#include "mocks/hyperv/memory_internal.h"
#include "mocks/hyperv/vmbus.h"
#include "mocks/hyperv/vmbus_wire.h"

struct host_ring {
	struct host_ring_control *control;
	/** Its data pages, of the list that it lies in. */
	uint8_t *const *pages;
	uint32_t size;
	/**
	 * The index that the host writes. What guest memory says it is does not
	 * matter once the ring is open.
	 */
	uint32_t index;
};

/**
 * Take a ring with the index of its consumer or producer as the guest left it.
 * @return false: the indices are impossible
 */
bool host_ring_open_reader(struct host_ring *ring, uint8_t *const *pages,
			   uint32_t count);
bool host_ring_open_writer(struct host_ring *ring, uint8_t *const *pages,
			   uint32_t count);

/** A packet out of a ring: all that the descriptor counts, and its fields. */
struct host_ring_packet {
	uint16_t type, flags;
	uint32_t header_bytes, bytes;
	uint64_t transaction_id;
	/** The footer does not hold where the packet began. */
	bool footer_wrong;
};

enum host_ring_result {
	HOST_RING_EMPTY,
	HOST_RING_PACKET,
	/** The packet is impossible, but it is known where it ends. */
	HOST_RING_BAD_PACKET,
	HOST_RING_CORRUPT,
};

/** A buffer that grows to the largest packet there was. */
struct host_ring_buffer {
	uint8_t *bytes;
	uint32_t size;
};

/**
 * Copy the next packet out of the ring and check its framing.
 *
 * The ring stays as it is until host_ring_consume(); a packet's bytes are
 * those behind the descriptor.
 * @param reason out: what is wrong with it
 */
enum host_ring_result host_ring_read(struct host_ring *ring,
				     struct host_ring_packet *packet,
				     struct host_ring_buffer *buffer,
				     const char **reason);

/**
 * Give the packet's space back to the guest.
 * @return whether the guest waits for that much room and must be signalled
 */
bool host_ring_consume(struct host_ring *ring,
		       const struct host_ring_packet *packet);

/** Whether the guest put nothing new there; a corrupt index is something. */
bool host_ring_is_empty(const struct host_ring *ring);
void host_ring_mask(struct host_ring *ring, bool masked);

/**
 * Bytes that may be written now; false: the guest's read index is impossible.
 */
bool host_ring_room(const struct host_ring *ring, uint32_t *bytes);
/** Ask the guest for a signal when so much is free; 0: no longer. */
void host_ring_want(struct host_ring *ring, uint32_t bytes);

/** Pieces of a packet to be written one behind the other. */
struct host_ring_piece {
	const void *bytes;
	uint32_t count;
};

/**
 * Write pieces, whose room the caller has seen, and publish them.
 * @return whether the guest had caught up and must be signalled
 */
bool host_ring_write(struct host_ring *ring,
		     const struct host_ring_piece *pieces, unsigned count);

#endif /* MOCKS_HYPERV_RING_INTERNAL_H */
