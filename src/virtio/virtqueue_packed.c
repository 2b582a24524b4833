/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packed rings (Virtual I/O Device 1.2, 2.8).
 *
 * There is one ring. The driver fills descriptors, one behind the other, and
 * the device writes over those it has used. Which is which say two flags,
 * against a wrap counter that turns with each round: available as the driver's
 * counter is, used as well when the device is done. A chain is known by an id
 * of the driver's, which says in the used descriptor how many were skipped.
 *
 * The flags of the first descriptor of a chain are stored when all behind it
 * are, and those of a burst last: the device looks no further than that, and so
 * sees all of the burst or nothing.
 */
#include "virtio/virtqueue.h"

#include "virtio/virtio_wire.h"

#define USED_PLACE 0x7fffu
#define USED_WRAP  0x8000u

static struct virtio_packed_descriptor *ring_of(const struct virtqueue *queue)
{
	return (struct virtio_packed_descriptor *)queue->descriptors.memory;
}

static struct virtio_packed_event *driver_event(const struct virtqueue *queue)
{
	return (struct virtio_packed_event *)queue->driver.memory;
}

static void packed_reset(struct virtqueue *queue)
{
	atomic_store(&queue->used, USED_WRAP);
}

/* ---- To the device ---- */

static uint16_t available_flags(const struct virtqueue *queue)
{
	return queue->wrap ? VIRTIO_DESCRIPTOR_AVAILABLE
			   : VIRTIO_DESCRIPTOR_USED;
}

static void descriptor_write(struct virtqueue *queue,
			     struct virtio_packed_descriptor *descriptor,
			     const struct virtqueue_piece *piece, uint16_t id)
{
	shared_store64(queue->port, &descriptor->address, piece->physical);
	shared_store32(queue->port, &descriptor->length, piece->bytes);
	shared_store16(queue->port, &descriptor->id, id);
}

/* Fill the next descriptor, all but its flags; which those are to be. */
static uint16_t ring_put(struct virtqueue *queue,
			 const struct virtqueue_piece *piece, uint16_t id,
			 uint16_t flags)
{
	flags |= available_flags(queue);
	descriptor_write(queue, &ring_of(queue)[queue->next], piece, id);
	queue->added++;
	if (++queue->next == queue->size) {
		queue->next = 0;
		queue->wrap = !queue->wrap;
	}
	return flags;
}

/* Show the first descriptor of a chain; that of a burst is shown later. */
static void head_show(struct virtqueue *queue, uint16_t head, uint16_t flags,
		      bool is_first)
{
	if (is_first) {
		queue->held = head;
		queue->held_flags = flags;
	} else {
		shared_store16(queue->port, &ring_of(queue)[head].flags, flags);
	}
}

/* Pieces into a table, where only what is written has a flag. */
static void chain_indirect(struct virtqueue *queue,
			   struct virtio_packed_descriptor table[],
			   const struct virtqueue_piece pieces[],
			   unsigned readable, unsigned count, uint16_t id)
{
	const struct virtqueue_piece whole = {
		.physical = port_physical(queue->port, table),
		.bytes = count * (uint32_t)sizeof(table[0]),
	};
	uint16_t head = queue->next, flags;
	bool is_first = queue->added == 0;
	unsigned i;

	for (i = 0; i < count; i++) {
		descriptor_write(queue, &table[i], &pieces[i], 0);
		shared_store16(queue->port, &table[i].flags,
			       i < readable ? 0 : VIRTIO_DESCRIPTOR_WRITE);
	}
	flags = ring_put(queue, &whole, id, VIRTIO_DESCRIPTOR_INDIRECT);
	head_show(queue, head, flags, is_first);
}

/* The first is shown when all behind it are (2.8.17). */
static void chain_direct(struct virtqueue *queue,
			 const struct virtqueue_piece pieces[],
			 unsigned readable, unsigned count, uint16_t id)
{
	uint16_t head = queue->next, head_flags = 0, at, flags;
	bool is_first = queue->added == 0;
	unsigned i;

	for (i = 0; i < count; i++) {
		at = queue->next;
		flags = i < readable ? 0 : VIRTIO_DESCRIPTOR_WRITE;
		if (i + 1 < count)
			flags |= VIRTIO_DESCRIPTOR_NEXT;
		flags = ring_put(queue, &pieces[i], id, flags);
		if (i == 0)
			head_flags = flags;
		else
			shared_store16(queue->port, &ring_of(queue)[at].flags,
				       flags);
	}
	head_show(queue, head, head_flags, is_first);
}

static bool packed_add(struct virtqueue *queue,
		       const struct virtqueue_piece pieces[], unsigned readable,
		       unsigned writable, uint32_t token)
{
	unsigned count = readable + writable, entries = 1;
	uint16_t id = queue->first_free;
	struct virtio_packed_descriptor *table;
	struct virtqueue_chain *chain;

	if (queue->free == 0 || count == 0)
		return false;
	chain = &queue->chains[id];
	table = virtqueue_table_take(queue, count, chain);
	if (table) {
		chain_indirect(queue, table, pieces, readable, count, id);
	} else {
		entries = count;
		if (entries > queue->free)
			return false;
		chain_direct(queue, pieces, readable, count, id);
	}
	queue->first_free = queue->next_free[id];
	virtqueue_chain_begin(queue, chain, token, entries);
	return true;
}

/* Whether the device wants to hear of the descriptors since it was told. */
static bool is_notify_wanted(struct virtqueue *queue)
{
	uint16_t old = (uint16_t)(queue->next - queue->added), place;
	uint32_t event, kind;

	shared_fence(queue->port);
	event = shared_load32(
		queue->port,
		&((struct virtio_packed_event *)queue->device.memory)->word);
	kind = event >> VIRTIO_PACKED_EVENT_SHIFT & VIRTIO_PACKED_EVENT_KINDS;
	if (kind != VIRTIO_PACKED_EVENT_PLACED)
		return kind != VIRTIO_PACKED_EVENT_DISABLE;
	place = (uint16_t)(event & VIRTIO_PACKED_EVENT_PLACE);
	/* A place of the round before. */
	if (((event & VIRTIO_PACKED_EVENT_WRAP) != 0) != queue->wrap)
		place = (uint16_t)(place - queue->size);
	return virtqueue_passed(place, old, queue->next);
}

static bool packed_publish(struct virtqueue *queue)
{
	bool wanted;

	if (queue->added == 0)
		return false;
	shared_store16(queue->port, &ring_of(queue)[queue->held].flags,
		       queue->held_flags);
	wanted = is_notify_wanted(queue);
	queue->added = 0;
	return wanted;
}

/* ---- From the device ---- */

static bool packed_has_used(const struct virtqueue *queue)
{
	unsigned used = atomic_load(&queue->used);
	uint16_t flags =
		shared_load16(queue->port,
			      &ring_of(queue)[used & USED_PLACE].flags);
	bool wrap = (used & USED_WRAP) != 0;

	return ((flags & VIRTIO_DESCRIPTOR_AVAILABLE) != 0) == wrap &&
	       ((flags & VIRTIO_DESCRIPTOR_USED) != 0) == wrap;
}

/* Step over the descriptors of a chain. */
static void used_advance(struct virtqueue *queue, unsigned used,
			 unsigned entries)
{
	unsigned place = (used & USED_PLACE) + entries;
	unsigned wrap = used & USED_WRAP;

	if (place >= queue->size) {
		place -= queue->size;
		wrap ^= USED_WRAP;
	}
	atomic_store(&queue->used, place | wrap);
}

static int packed_take(struct virtqueue *queue, struct virtqueue_used *used)
{
	unsigned at = atomic_load(&queue->used);
	const struct virtio_packed_descriptor *descriptor =
		&ring_of(queue)[at & USED_PLACE];
	struct virtqueue_chain *chain;
	uint16_t id;

	if (!packed_has_used(queue))
		return 0;
	id = shared_load16(queue->port, &descriptor->id);
	if (id >= queue->size || !queue->chains[id].in_flight)
		return ERROR_PROTOCOL;
	chain = &queue->chains[id];
	used->token = chain->token;
	used->bytes = shared_load32(queue->port, &descriptor->length);
	used_advance(queue, at, chain->entries);
	queue->next_free[id] = queue->first_free;
	queue->first_free = id;
	virtqueue_chain_end(queue, chain);
	return 1;
}

static void packed_want_interrupt(struct virtqueue *queue, bool want)
{
	uint32_t kind = VIRTIO_PACKED_EVENT_DISABLE, place = 0;

	if (want && queue->event_index) {
		kind = VIRTIO_PACKED_EVENT_PLACED;
		place = atomic_load(&queue->used);
	} else if (want) {
		kind = VIRTIO_PACKED_EVENT_ENABLE;
	}
	shared_store32(queue->port, &driver_event(queue)->word,
		       place | kind << VIRTIO_PACKED_EVENT_SHIFT);
}

const struct virtqueue_operations virtqueue_packed = {
	.reset = packed_reset,
	.add = packed_add,
	.publish = packed_publish,
	.take = packed_take,
	.has_used = packed_has_used,
	.want_interrupt = packed_want_interrupt,
};
