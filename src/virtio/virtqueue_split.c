/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Split rings (Virtual I/O Device 1.2, 2.7).
 *
 * Descriptors form a table of their own. A chain is known by its first one,
 * whose number goes into the available ring, and comes back in the used ring.
 * Both have an index that counts on, past the size, to 65536 and round.
 */
#include "virtio/virtqueue.h"

#include "virtio/virtio_wire.h"

static struct virtio_split_available *
available_ring(const struct virtqueue *queue)
{
	return (struct virtio_split_available *)queue->driver.memory;
}

static struct virtio_split_used *used_ring(const struct virtqueue *queue)
{
	return (struct virtio_split_used *)queue->device.memory;
}

/* The event indexes stand behind the ring of the other side's index. */
static le16 *used_event(const struct virtqueue *queue)
{
	return &available_ring(queue)->ring[queue->size];
}

static const le16 *available_event(const struct virtqueue *queue)
{
	return (const le16 *)&used_ring(queue)->ring[queue->size];
}

static void split_reset(struct virtqueue *queue)
{
	atomic_store(&queue->used, 0);
}

/* ---- To the device ---- */

static void descriptor_write(struct virtqueue *queue,
			     struct virtio_split_descriptor *descriptor,
			     const struct virtqueue_piece *piece,
			     uint16_t flags, uint16_t next)
{
	shared_store64(queue->port, &descriptor->address, piece->physical);
	shared_store32(queue->port, &descriptor->length, piece->bytes);
	shared_store16(queue->port, &descriptor->flags, flags);
	shared_store16(queue->port, &descriptor->next, next);
}

static uint16_t piece_flags(unsigned i, unsigned readable, unsigned count)
{
	uint16_t flags = i < readable ? 0 : VIRTIO_DESCRIPTOR_WRITE;

	return i + 1 < count ? flags | VIRTIO_DESCRIPTOR_NEXT : flags;
}

/* Pieces into a table, and the table into one descriptor. */
static void chain_indirect(struct virtqueue *queue,
			   struct virtio_split_descriptor table[],
			   const struct virtqueue_piece pieces[],
			   unsigned readable, unsigned count)
{
	struct virtio_split_descriptor *descriptors =
		(struct virtio_split_descriptor *)queue->descriptors.memory;
	uint16_t head = queue->first_free;
	const struct virtqueue_piece whole = {
		.physical = port_physical(queue->port, table),
		.bytes = count * (uint32_t)sizeof(table[0]),
	};
	unsigned i;

	for (i = 0; i < count; i++)
		descriptor_write(queue, &table[i], &pieces[i],
				 piece_flags(i, readable, count),
				 i + 1 < count ? (uint16_t)(i + 1) : 0);
	descriptor_write(queue, &descriptors[head], &whole,
			 VIRTIO_DESCRIPTOR_INDIRECT, 0);
	queue->chains[head].last = head;
	queue->first_free = queue->next_free[head];
}

/* Pieces into descriptors, each behind the one before. */
static void chain_direct(struct virtqueue *queue,
			 const struct virtqueue_piece pieces[],
			 unsigned readable, unsigned count)
{
	struct virtio_split_descriptor *descriptors =
		(struct virtio_split_descriptor *)queue->descriptors.memory;
	uint16_t head = queue->first_free, at = head, next;
	unsigned i;

	for (i = 0; i < count; i++) {
		next = queue->next_free[at];
		descriptor_write(queue, &descriptors[at], &pieces[i],
				 piece_flags(i, readable, count),
				 i + 1 < count ? next : 0);
		queue->chains[head].last = at;
		at = next;
	}
	queue->first_free = at;
}

static bool split_add(struct virtqueue *queue,
		      const struct virtqueue_piece pieces[], unsigned readable,
		      unsigned writable, uint32_t token)
{
	unsigned count = readable + writable, entries = 1;
	uint16_t head = queue->first_free;
	struct virtio_split_descriptor *table;
	struct virtqueue_chain *chain;

	if (queue->free == 0 || count == 0)
		return false;
	chain = &queue->chains[head];
	table = virtqueue_table_take(queue, count, chain);
	if (table) {
		chain_indirect(queue, table, pieces, readable, count);
	} else {
		entries = count;
		if (entries > queue->free)
			return false;
		chain_direct(queue, pieces, readable, count);
	}
	virtqueue_chain_begin(queue, chain, token, entries);
	shared_store16(
		queue->port,
		&available_ring(queue)->ring[queue->next & (queue->size - 1)],
		head);
	queue->next++;
	queue->added++;
	return true;
}

/*
 * Whether the device wants to hear of the chains since it was last told. What
 * it says is read behind a fence: it looks for chains behind another, after it
 * wrote that.
 */
static bool is_notify_wanted(struct virtqueue *queue)
{
	uint16_t old = (uint16_t)(queue->next - queue->added), event;

	shared_fence(queue->port);
	if (!queue->event_index)
		return !(shared_load16(queue->port, &used_ring(queue)->flags) &
			 VIRTIO_SPLIT_NO_NOTIFY);
	event = shared_load16(queue->port, available_event(queue));
	return virtqueue_passed(event, old, queue->next);
}

static bool split_publish(struct virtqueue *queue)
{
	bool wanted;

	if (queue->added == 0)
		return false;
	shared_store16(queue->port, &available_ring(queue)->index, queue->next);
	wanted = is_notify_wanted(queue);
	queue->added = 0;
	return wanted;
}

/* ---- From the device ---- */

static bool split_has_used(const struct virtqueue *queue)
{
	return shared_load16(queue->port, &used_ring(queue)->index) !=
	       (uint16_t)atomic_load(&queue->used);
}

static int split_take(struct virtqueue *queue, struct virtqueue_used *used)
{
	uint16_t next = (uint16_t)atomic_load(&queue->used), last;
	uint16_t index = shared_load16(queue->port, &used_ring(queue)->index);
	const struct virtio_split_used_element *element;
	struct virtqueue_chain *chain;
	uint32_t id;

	if (index == next)
		return 0;
	/* No more can come back than is there. */
	if ((uint16_t)(index - next) > queue->in_flight)
		return ERROR_PROTOCOL;
	element = &used_ring(queue)->ring[next & (queue->size - 1)];
	id = shared_load32(queue->port, &element->id);
	if (id >= queue->size || !queue->chains[id].in_flight)
		return ERROR_PROTOCOL;
	chain = &queue->chains[id];
	used->token = chain->token;
	used->bytes = shared_load32(queue->port, &element->length);
	last = chain->last;
	queue->next_free[last] = queue->first_free;
	queue->first_free = (uint16_t)id;
	virtqueue_chain_end(queue, chain);
	atomic_store(&queue->used, (uint16_t)(next + 1));
	return 1;
}

/* With an event index the flag stays 0; old events are not reached again. */
static void split_want_interrupt(struct virtqueue *queue, bool want)
{
	if (!queue->event_index)
		shared_store16(queue->port, &available_ring(queue)->flags,
			       want ? 0 : VIRTIO_SPLIT_NO_INTERRUPT);
	else if (want)
		shared_store16(queue->port, used_event(queue),
			       (uint16_t)atomic_load(&queue->used));
}

const struct virtqueue_operations virtqueue_split = {
	.reset = split_reset,
	.add = split_add,
	.publish = split_publish,
	.take = split_take,
	.has_used = split_has_used,
	.want_interrupt = split_want_interrupt,
};
