/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtqueue (Virtual I/O Device 1.2, 2.6 to 2.8): chains of memory go to the
 * device, and come back used, in any order.
 *
 * Of the two kinds, split and packed, this is what they have in common. A chain
 * is known by a token of the caller. What the device sees of a queue is only
 * ever written, except what the device itself writes there; so it cannot be
 * made to take back what was not given.
 *
 * One thread at a time uses a queue, but for virtqueue_has_used().
 */
#ifndef VIRTIO_VIRTQUEUE_H
#define VIRTIO_VIRTQUEUE_H

#include <stdatomic.h>

#include "port/port.h"
#include "virtio/virtio_mmio.h"

/** The most pieces of a table of an indirect chain. */
#define VIRTQUEUE_TABLE_MAX 32u

/** A run of bytes that is contiguous in physical memory. */
struct virtqueue_piece {
	uint64_t physical;
	uint32_t bytes;
};

/** A chain that came back. */
struct virtqueue_used {
	uint32_t token;
	/** Bytes that the device says it wrote: not checked. */
	uint32_t bytes;
};

struct virtqueue_configuration {
	/** Entries: up to 32768, a power of two if not packed. */
	uint32_t size;
	bool packed, event_index;
	/** Tables for indirect chains; 0 where they are not negotiated. */
	uint32_t tables;
};

/** Memory that the device knows the address of. */
struct virtqueue_memory {
	uint8_t *memory;
	size_t pages;
};

/** A chain in flight, by its id. */
struct virtqueue_chain {
	uint32_t token;
	/** Entries of the ring that it takes. */
	uint16_t entries;
	/** Its last descriptor (split), for the list of the free. */
	uint16_t last;
	/** Its table and one more; 0: none. */
	uint16_t table;
	bool in_flight;
};

struct virtqueue;

/** What differs between the two kinds. */
struct virtqueue_operations {
	void (*reset)(struct virtqueue *queue);
	bool (*add)(struct virtqueue *queue,
		    const struct virtqueue_piece pieces[], unsigned readable,
		    unsigned writable, uint32_t token);
	bool (*publish)(struct virtqueue *queue);
	int (*take)(struct virtqueue *queue, struct virtqueue_used *used);
	bool (*has_used)(const struct virtqueue *queue);
	void (*want_interrupt)(struct virtqueue *queue, bool want);
};

struct virtqueue {
	struct port *port;
	const struct virtqueue_operations *operations;
	uint32_t size;
	bool event_index;
	struct virtqueue_memory descriptors, driver, device;
	struct virtqueue_chain *chains;
	/** Entries that are free, and chains in flight. */
	uint32_t free, in_flight;
	/** How far virtqueue_forget() looked. */
	uint32_t forgotten;
	/** First of the free descriptors (split) or ids (packed), and those
	 * behind each. */
	uint16_t first_free;
	uint16_t *next_free;
	/** The next entry to fill; its wrap counter (packed). */
	uint16_t next;
	bool wrap;
	/** Entries that were added since the device was last told, or not. */
	uint16_t added;
	/** Packed: the descriptor that shows all others, and its flags. */
	uint16_t held, held_flags;
	/**
	 * The next entry that comes back used, with the wrap counter in bit 15
	 * (packed). Read by interrupt handlers.
	 */
	atomic_uint used;
	/** Tables of indirect chains: a page holds several, none crosses it. */
	struct virtqueue_memory tables;
	uint32_t table_entries, table_count;
	uint16_t first_table;
	uint16_t *next_table;
	uint32_t tables_free;
};

/**
 * Allocate a queue; each of its parts is contiguous in physical memory, and a
 * page with up to 256 entries.
 *
 * @param queue zeroed; freed with virtqueue_free(), after an error too
 * @return 0, ERROR_INVALID (a size that cannot be), ERROR_NO_MEMORY
 */
int virtqueue_make(struct virtqueue *queue, struct port *port,
		   const struct virtqueue_configuration *configuration);
void virtqueue_free(struct virtqueue *queue);

/** Empty, as a device expects it that was reset; chains are forgotten. */
void virtqueue_reset(struct virtqueue *queue);

/** What the device is told of it. */
void virtqueue_describe(struct virtqueue *queue,
			struct virtio_mmio_queue *described);

/** The most pieces of a chain. */
static inline uint32_t virtqueue_chain_most(const struct virtqueue *queue)
{
	return queue->size;
}

/**
 * Add a chain: first what the device reads, then what it writes. It is seen
 * from virtqueue_publish() on.
 * @return whether there was room
 */
static inline bool virtqueue_add(struct virtqueue *queue,
				 const struct virtqueue_piece pieces[],
				 unsigned readable, unsigned writable,
				 uint32_t token)
{
	return queue->operations->add(queue, pieces, readable, writable, token);
}

/**
 * Let the device see what was added.
 * @return whether it asks to be notified of that
 */
static inline bool virtqueue_publish(struct virtqueue *queue)
{
	return queue->operations->publish(queue);
}

/**
 * Take back a chain that is used.
 * @return 1, 0: none for now, or ERROR_PROTOCOL: the device says so of one that
 *	it does not have, and is lost
 */
static inline int virtqueue_take(struct virtqueue *queue,
				 struct virtqueue_used *used)
{
	return queue->operations->take(queue, used);
}

/** Whether virtqueue_take() would find something. Any context. */
static inline bool virtqueue_has_used(const struct virtqueue *queue)
{
	return queue->operations->has_used(queue);
}

/** Ask for no interrupt. One may be on its way, and a device may ignore it. */
static inline void virtqueue_disarm(struct virtqueue *queue)
{
	queue->operations->want_interrupt(queue, false);
}

/**
 * Ask for an interrupt for the next chain that comes back.
 * @return false: there is one already
 */
bool virtqueue_arm(struct virtqueue *queue);

/**
 * Take back a chain that the device did not use: it was reset, and so is the
 * queue before it is used again.
 * @return whether there was one in flight
 */
bool virtqueue_forget(struct virtqueue *queue, uint32_t *token);

/* ---- For the two kinds ---- */

extern const struct virtqueue_operations virtqueue_split;
extern const struct virtqueue_operations virtqueue_packed;

/** A table for so many pieces, or NULL: the chain is to be a direct one. */
void *virtqueue_table_take(struct virtqueue *queue, unsigned pieces,
			   struct virtqueue_chain *chain);

/** Note a chain in flight, or that it came back. */
void virtqueue_chain_begin(struct virtqueue *queue,
			   struct virtqueue_chain *chain, uint32_t token,
			   unsigned entries);
void virtqueue_chain_end(struct virtqueue *queue,
			 struct virtqueue_chain *chain);

/** Whether a place in the ring was passed on the way from old to now (2.7.10).
 */
static inline bool virtqueue_passed(uint16_t place, uint16_t old, uint16_t now)
{
	return (uint16_t)(now - place - 1) < (uint16_t)(now - old);
}

#endif /* VIRTIO_VIRTQUEUE_H */
