/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packed rings: one ring of descriptors, which both sides write to, with a bit
 * that turns over at each lap.
 */
#include "mocks/virtio/virtio_internal.h"

#include <stdatomic.h>
#include <string.h>

/** What a descriptor is made of, and its place in it. */
enum {
	PACKED_ADDRESS = 0,
	PACKED_LENGTH = 8,
	PACKED_ID = 12,
	PACKED_FLAGS = 14,
};

static uint64_t slot_at(const struct virtio_queue *queue, uint32_t slot)
{
	return queue->descriptors + (uint64_t)slot * DESCRIPTOR_BYTES;
}

const char *host_packed_check(struct virtio_queue *queue)
{
	struct machine *machine = queue->card->machine;
	uint64_t end = slot_at(queue, queue->size) - 1, at;

	if (queue->descriptors % 16 || queue->driver_area % 4 ||
	    queue->device_area % 4)
		return "has a part that is not aligned to 16, 4 and 4";
	for (at = queue->descriptors; at < end; at += MACHINE_PAGE_SIZE)
		if (!machine_ram(machine, at, 1))
			return "has a part that is not in memory (M42)";
	if (!machine_ram(machine, end, 1) ||
	    !machine_ram(machine, queue->driver_area, PACKED_EVENT_BYTES) ||
	    !machine_ram(machine, queue->device_area, PACKED_EVENT_BYTES))
		return "has a part that is not in memory (M42)";
	return NULL;
}

/* ---- Taking a list of descriptors ---- */

/** @return whether the slot is available in the device's lap */
static bool slot_read(const struct virtio_queue *queue, uint32_t slot,
		      bool wrap, uint8_t bytes[DESCRIPTOR_BYTES])
{
	struct machine *machine = queue->card->machine;
	uint64_t at = slot_at(queue, slot);
	uint16_t flags;

	memset(bytes, 0, DESCRIPTOR_BYTES);
	machine_ram_read(machine, at + PACKED_FLAGS, bytes + PACKED_FLAGS, 2);
	flags = virtio_get16(bytes + PACKED_FLAGS);
	if (!!(flags & PACKED_AVAILABLE) != wrap ||
	    !!(flags & PACKED_USED) == wrap)
		return false;
	/* They are written last: what they tell of is there from now on. */
	atomic_thread_fence(memory_order_acquire);
	machine_ram_read(machine, at, bytes, PACKED_FLAGS);
	return true;
}

static void indirect_walk(struct virtio_queue *queue,
			  struct virtio_chain *chain, uint64_t table,
			  uint32_t length)
{
	struct host_virtio *card = queue->card;
	uint32_t count = length / DESCRIPTOR_BYTES, n;

	card->counters.indirect++;
	if (!count || length % DESCRIPTOR_BYTES || count > queue->size) {
		host_virtio_break(card, "virtio 2.8.17",
				  "queue %u: a table of %u bytes is no "
				  "multiple of 16, or longer than the queue",
				  queue->index, length);
		chain->fault = "has a table of a length that is none";
		return;
	}
	for (n = 0; n < count && !chain->fault; n++) {
		uint8_t bytes[DESCRIPTOR_BYTES] = {0};
		uint16_t flags;

		machine_ram_read(card->machine,
				 table + (uint64_t)n * DESCRIPTOR_BYTES, bytes,
				 sizeof(bytes));
		host_virtqueue_trace(queue, TRACE_FROM_GUEST, "packed-indirect",
				     n, bytes, sizeof(bytes));
		flags = virtio_get16(bytes + PACKED_FLAGS);
		if (flags & ~DESCRIPTOR_WRITE)
			host_virtio_break(card, "virtio 2.8.19",
					  "queue %u: a descriptor in a table "
					  "has flags 0x%x beside WRITE",
					  queue->index, flags);
		host_virtqueue_element(queue, chain,
				       virtio_get64(bytes + PACKED_ADDRESS),
				       virtio_get32(bytes + PACKED_LENGTH),
				       flags & DESCRIPTOR_WRITE);
	}
}

static void slot_take(struct virtio_queue *queue, struct virtio_chain *chain,
		      const uint8_t bytes[DESCRIPTOR_BYTES])
{
	struct host_virtio *card = queue->card;
	uint16_t flags = virtio_get16(bytes + PACKED_FLAGS);
	uint64_t address = virtio_get64(bytes + PACKED_ADDRESS);
	uint32_t length = virtio_get32(bytes + PACKED_LENGTH);

	if (!(flags & DESCRIPTOR_INDIRECT)) {
		host_virtqueue_element(queue, chain, address, length,
				       flags & DESCRIPTOR_WRITE);
	} else if (!host_virtio_negotiated(card, RING_INDIRECT_DESC)) {
		host_virtio_break(card, "virtio 2.8.19",
				  "queue %u: INDIRECT is used and not "
				  "negotiated (M32)",
				  queue->index);
		chain->fault = "has a table, which is not negotiated";
	} else if (flags & DESCRIPTOR_NEXT || chain->slots) {
		host_virtio_break(card, "virtio 2.8.7",
				  "queue %u: a table is part of a list",
				  queue->index);
		chain->fault = "has a table in a list";
	} else {
		indirect_walk(queue, chain, address, length);
	}
}

static void slot_advance(struct virtio_queue *queue)
{
	if (++queue->available < queue->size)
		return;
	queue->available = 0;
	queue->available_wrap = !queue->available_wrap;
}

struct virtio_chain *host_packed_pop(struct virtio_queue *queue)
{
	uint8_t bytes[DESCRIPTOR_BYTES];
	struct virtio_chain *chain;
	uint16_t flags;

	if (!slot_read(queue, queue->available, queue->available_wrap, bytes)) {
		host_packed_ask(queue, true);
		return NULL;
	}
	chain = host_virtqueue_chain(queue);
	for (;;) {
		host_virtqueue_trace(queue, TRACE_FROM_GUEST, "packed",
				     queue->available, bytes, sizeof(bytes));
		slot_take(queue, chain, bytes);
		chain->slots++;
		slot_advance(queue);
		flags = virtio_get16(bytes + PACKED_FLAGS);
		if (!(flags & DESCRIPTOR_NEXT) || chain->fault)
			break;
		if (chain->slots >= queue->size) {
			host_virtio_break(queue->card, "virtio 2.8.18",
					  "queue %u: a list is longer than the "
					  "queue (M32)",
					  queue->index);
			chain->fault = "is longer than the queue";
			break;
		}
		/* The first one is made available last, so all are. */
		if (!slot_read(queue, queue->available, queue->available_wrap,
			       bytes)) {
			host_virtio_break(
				queue->card, "virtio 2.8.21.1",
				"queue %u: a list is available before "
				"its descriptors (M24)",
				queue->index);
			chain->fault = "is published before its descriptors";
			break;
		}
	}
	chain->id = virtio_get16(bytes + PACKED_ID);
	host_virtqueue_take(queue, chain->id);
	return chain;
}

/* ---- Using ---- */

/** Where a buffer that is used goes, and the lap's bit there. */
struct place {
	uint16_t slot;
	bool wrap;
};

/**
 * With the flags the slot is the driver's again, which may be another processor
 * and fill it at once: what the trace shows is read before, and they are
 * written when all else is there.
 */
static void slot_write(struct virtio_queue *queue, const struct place *place,
		       const struct virtio_used *used)
{
	struct machine *machine = queue->card->machine;
	uint64_t at = slot_at(queue, place->slot);
	uint32_t flags = place->wrap ? PACKED_AVAILABLE | PACKED_USED : 0;
	uint8_t bytes[DESCRIPTOR_BYTES] = {0};

	if (used->length)
		flags |= DESCRIPTOR_WRITE;
	machine_ram_read(machine, at, bytes, sizeof(bytes));
	if (!host_virtio_lies(queue->card, HOST_VIRTIO_FAULT_USED_EARLY)) {
		virtio_put32(bytes + PACKED_LENGTH, used->length);
		virtio_put16(bytes + PACKED_ID, used->id);
		machine_ram_write(machine, at + PACKED_LENGTH,
				  bytes + PACKED_LENGTH, 6);
	}
	virtio_put16(bytes + PACKED_FLAGS, flags);
	atomic_thread_fence(memory_order_release);
	machine_ram_write(machine, at + PACKED_FLAGS, bytes + PACKED_FLAGS, 2);
	host_virtqueue_trace(queue, TRACE_TO_GUEST, "packed", place->slot,
			     bytes, sizeof(bytes));
}

static void place_advance(const struct virtio_queue *queue, struct place *place,
			  uint32_t slots)
{
	uint32_t at = place->slot + slots;

	if (at >= queue->size) {
		at -= queue->size;
		place->wrap = !place->wrap;
	}
	place->slot = (uint16_t)at;
}

void host_packed_publish(struct virtio_queue *queue)
{
	struct host_virtio *card = queue->card;
	struct place place = {queue->used, queue->used_wrap};
	struct place first = place;
	uint32_t n;

	if (!queue->pending_count)
		return;
	/* The first one last: with it the driver sees them all. */
	for (n = 0; n < queue->pending_count; n++) {
		if (n)
			slot_write(queue, &place, &queue->pending[n]);
		place_advance(queue, &place, queue->pending[n].slots);
	}
	slot_write(queue, &first, &queue->pending[0]);
	/* A place that the driver did not fill, or one that it has done with.
	 */
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_USED_INDEX_JUMP))
		slot_write(queue, &place, &queue->pending[0]);
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_USED_INDEX_BACK))
		place = first;
	queue->used = place.slot;
	queue->used_wrap = place.wrap;
}

/* ---- Who wants to be told ---- */

bool host_packed_wants(struct virtio_queue *queue, uint16_t slots)
{
	struct host_virtio *card = queue->card;
	uint8_t bytes[PACKED_EVENT_BYTES] = {0};
	uint16_t flags, event, used = queue->used;

	machine_ram_read(card->machine, queue->driver_area, bytes,
			 sizeof(bytes));
	flags = virtio_get16(bytes + PACKED_EVENT_FLAGS);
	event = virtio_get16(bytes + PACKED_EVENT_OFFSET);
	if (flags > PACKED_EVENT_DESCRIPTOR ||
	    (flags == PACKED_EVENT_DESCRIPTOR &&
	     !host_virtio_negotiated(card, RING_EVENT_IDX))) {
		host_virtio_break(card, "virtio 2.8.14",
				  "queue %u: event flags of the driver are "
				  "0x%x",
				  queue->index, flags);
		return true;
	}
	if (flags != PACKED_EVENT_DESCRIPTOR)
		return flags == PACKED_EVENT_ENABLE;
	/* In the numbers of this lap. */
	if (!!(event & PACKED_WRAP) != queue->used_wrap)
		event = (uint16_t)((event & ~PACKED_WRAP) - queue->size);
	else
		event &= (uint16_t)~PACKED_WRAP;
	return host_virtqueue_passes(event, used, (uint16_t)(used - slots));
}

void host_packed_ask(struct virtio_queue *queue, bool ask)
{
	struct host_virtio *card = queue->card;
	uint32_t event =
		queue->available | (queue->available_wrap ? PACKED_WRAP : 0);
	uint8_t bytes[PACKED_EVENT_BYTES];
	bool events = host_virtio_negotiated(card, RING_EVENT_IDX);

	if (!ask && events)
		return;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_EVENT_GARBAGE))
		event = (uint32_t)machine_random(card->machine) & 0xffff;
	virtio_put16(bytes + PACKED_EVENT_OFFSET, events ? event : 0);
	virtio_put16(bytes + PACKED_EVENT_FLAGS,
		     events ? PACKED_EVENT_DESCRIPTOR
		     : ask  ? PACKED_EVENT_ENABLE
			    : PACKED_EVENT_DISABLE);
	machine_ram_write(card->machine, queue->device_area, bytes,
			  sizeof(bytes));
}
