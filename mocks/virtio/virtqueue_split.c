/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Split rings: a table of descriptors, a ring of those made available, and a
 * ring of those used.
 */
#include "mocks/virtio/virtio_internal.h"

#include <string.h>

#include "mocks/machine/checker.h"

struct descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

/** How often at most the device's own memory is looked at for an index. */
static uint16_t word_read(const struct virtio_queue *queue, uint64_t address)
{
	uint8_t bytes[2] = {0};

	machine_ram_read(queue->card->machine, address, bytes, sizeof(bytes));
	return virtio_get16(bytes);
}

/** An entry of the available ring. */
static uint16_t head_read(struct virtio_queue *queue, uint16_t index)
{
	uint64_t address = queue->driver_area + RING_ENTRIES + 2u * index;
	uint16_t head = word_read(queue, address);
	uint8_t bytes[2];

	virtio_put16(bytes, head);
	host_virtqueue_trace(queue, TRACE_FROM_GUEST, "avail", index, bytes,
			     sizeof(bytes));
	return head;
}

static void word_write(const struct virtio_queue *queue, uint64_t address,
		       uint32_t value)
{
	uint8_t bytes[2];

	virtio_put16(bytes, value);
	machine_ram_write(queue->card->machine, address, bytes, sizeof(bytes));
}

static uint64_t used_event_at(const struct virtio_queue *queue)
{
	return queue->driver_area + RING_ENTRIES + 2 * (uint64_t)queue->size;
}

static uint64_t available_event_at(const struct virtio_queue *queue)
{
	return queue->device_area + RING_ENTRIES +
	       USED_ENTRY_BYTES * (uint64_t)queue->size;
}

/* ---- Setting up ---- */

/** Whether an area is memory, whole. */
static bool is_memory(const struct virtio_queue *queue, uint64_t address,
		      uint64_t bytes)
{
	uint64_t at;

	for (at = address; at < address + bytes; at += MACHINE_PAGE_SIZE)
		if (!machine_ram(queue->card->machine, at, 1))
			return false;
	return machine_ram(queue->card->machine, address + bytes - 1, 1);
}

const char *host_split_check(struct virtio_queue *queue)
{
	uint64_t size = queue->size;

	if (queue->descriptors % 16 || queue->driver_area % 2 ||
	    queue->device_area % 4)
		return "has a part that is not aligned to 16, 2 and 4 (M42)";
	if (!is_memory(queue, queue->descriptors, size * DESCRIPTOR_BYTES) ||
	    !is_memory(queue, queue->driver_area, 6 + 2 * size) ||
	    !is_memory(queue, queue->device_area, 6 + 8 * size))
		return "has a part that is not in memory (M42)";
	if (word_read(queue, queue->device_area + RING_FLAGS))
		host_virtio_break(queue->card, "virtio 2.7.10.1",
				  "queue %u: flags of the used ring are not 0 "
				  "at the start (M42)",
				  queue->index);
	return NULL;
}

/* ---- Taking a chain ---- */

/** @param place how a trace calls the table */
static void descriptor_read(struct virtio_queue *queue, const char *place,
			    uint64_t table, uint16_t index,
			    struct descriptor *descriptor)
{
	uint8_t bytes[DESCRIPTOR_BYTES] = {0};

	machine_ram_read(queue->card->machine,
			 table + (uint64_t)index * DESCRIPTOR_BYTES, bytes,
			 sizeof(bytes));
	host_virtqueue_trace(queue, TRACE_FROM_GUEST, place, index, bytes,
			     sizeof(bytes));
	descriptor->address = virtio_get64(bytes);
	descriptor->length = virtio_get32(bytes + 8);
	descriptor->flags = virtio_get16(bytes + 12);
	descriptor->next = virtio_get16(bytes + 14);
}

/** A chain in a table: the queue's own, or one that it leads to. */
static void table_walk(struct virtio_queue *queue, struct virtio_chain *chain,
		       uint64_t table, uint32_t size, uint16_t at,
		       bool indirect);

static void indirect_walk(struct virtio_queue *queue,
			  struct virtio_chain *chain,
			  const struct descriptor *descriptor)
{
	struct host_virtio *card = queue->card;
	uint32_t count = descriptor->length / DESCRIPTOR_BYTES;

	card->counters.indirect++;
	if (descriptor->flags & DESCRIPTOR_NEXT) {
		host_virtio_break(card, "virtio 2.7.5.3.1",
				  "queue %u: a descriptor is INDIRECT and has "
				  "NEXT",
				  queue->index);
		chain->fault = "goes on after a table";
	}
	if (!count || descriptor->length % DESCRIPTOR_BYTES) {
		host_virtio_break(card, "virtio 2.7.5.3",
				  "queue %u: a table has %u bytes, not a "
				  "multiple of 16",
				  queue->index, descriptor->length);
		chain->fault = "has a table of a length that is none";
		return;
	}
	table_walk(queue, chain, descriptor->address, count, 0, true);
}

static void descriptor_take(struct virtio_queue *queue,
			    struct virtio_chain *chain,
			    const struct descriptor *descriptor, bool indirect)
{
	struct host_virtio *card = queue->card;

	if (!(descriptor->flags & DESCRIPTOR_INDIRECT)) {
		host_virtqueue_element(queue, chain, descriptor->address,
				       descriptor->length,
				       descriptor->flags & DESCRIPTOR_WRITE);
		return;
	}
	if (indirect) {
		host_virtio_break(card, "virtio 2.7.5.3.1",
				  "queue %u: a table leads to another",
				  queue->index);
		chain->fault = "has a table in a table";
		return;
	}
	if (!host_virtio_negotiated(card, RING_INDIRECT_DESC)) {
		host_virtio_break(card, "virtio 2.7.5.3.1",
				  "queue %u: INDIRECT is used and not "
				  "negotiated (M32)",
				  queue->index);
		if (!host_virtio_is(card, VIRTIO_FIRECRACKER)) {
			chain->fault = "has a table, which is not negotiated";
			return;
		}
		/* There the table is sent as if it were data. */
		host_virtqueue_element(queue, chain, descriptor->address,
				       descriptor->length,
				       descriptor->flags & DESCRIPTOR_WRITE);
		return;
	}
	indirect_walk(queue, chain, descriptor);
}

static void table_walk(struct virtio_queue *queue, struct virtio_chain *chain,
		       uint64_t table, uint32_t size, uint16_t at,
		       bool indirect)
{
	struct host_virtio *card = queue->card;
	struct descriptor descriptor;
	uint32_t count = 0;

	for (;;) {
		if (at >= size) {
			host_virtio_break(card, "virtio 2.7.5",
					  "queue %u: descriptor %u is beyond a "
					  "table of %u (M31)",
					  queue->index, at, size);
			/* Firecracker ends the chain there. */
			if (!host_virtio_is(card, VIRTIO_FIRECRACKER))
				chain->fault = "leads out of its table";
			return;
		}
		if (count++ >= queue->size) {
			host_virtio_break(
				card, "virtio 2.7.5.3.1",
				"queue %u: a chain is longer than the "
				"queue, or a loop (M32)",
				queue->index);
			if (!host_virtio_is(card, VIRTIO_FIRECRACKER))
				chain->fault = "is longer than the queue";
			return;
		}
		descriptor_read(queue, indirect ? "indirect" : "desc", table,
				at, &descriptor);
		descriptor_take(queue, chain, &descriptor, indirect);
		if (!(descriptor.flags & DESCRIPTOR_NEXT) || chain->fault)
			return;
		at = descriptor.next;
	}
}

/** It gave back buffers that it did not use: the driver has more to give. */
static bool books_spoilt(const struct host_virtio *card)
{
	return card->lies.fired[HOST_VIRTIO_FAULT_USED_TWICE] +
		       card->lies.fired[HOST_VIRTIO_FAULT_USED_ID_WRONG] !=
	       0;
}

/** The index moved by more than there can be (M31). */
static void index_jumped(struct virtio_queue *queue, uint16_t index)
{
	struct host_virtio *card = queue->card;

	/* What its own lie did to it is not the driver's fault. */
	if (host_virtio_is(card, VIRTIO_FIRECRACKER) && !books_spoilt(card)) {
		card->aborted = true;
		machine_stop(card->machine, MACHINE_STOPPED,
			     "Firecracker ends the machine: queue %u: the "
			     "available index is %u, more than the size %u "
			     "ahead of %u (M31)",
			     queue->index, index, queue->size,
			     queue->available);
	}
	host_virtio_break(card, "virtio 2.7.6.1",
			  "queue %u: the available index %u went back, or is "
			  "more than %u ahead of %u (M31)",
			  queue->index, index, queue->size, queue->available);
	host_virtio_stop(card);
}

/** A head that no table has (M31). */
static void head_wrong(struct virtio_queue *queue, uint16_t head)
{
	struct host_virtio *card = queue->card;

	if (host_virtio_is(card, VIRTIO_FIRECRACKER)) {
		queue->wedged = true;
		host_virtio_break(card, "Firecracker",
				  "queue %u: the available ring names head %u "
				  "of %u: the queue hangs from now on (M31)",
				  queue->index, head, queue->size);
		return;
	}
	host_virtio_break(card, "virtio 2.7.13.2",
			  "queue %u: the available ring names head %u of %u "
			  "(M31)",
			  queue->index, head, queue->size);
	host_virtio_stop(card);
}

struct virtio_chain *host_split_pop(struct virtio_queue *queue)
{
	uint16_t index = word_read(queue, queue->driver_area + RING_INDEX);
	struct virtio_chain *chain;
	uint16_t head;

	if (index == queue->available) {
		host_split_ask(queue, true);
		return NULL;
	}
	if ((uint16_t)(index - queue->available) > queue->size) {
		index_jumped(queue, index);
		return NULL;
	}
	head = head_read(queue, (uint16_t)(queue->available % queue->size));
	if (head >= queue->size) {
		head_wrong(queue, head);
		return NULL;
	}
	queue->available++;
	host_virtqueue_take(queue, head);
	chain = host_virtqueue_chain(queue);
	chain->id = head;
	table_walk(queue, chain, queue->descriptors, queue->size, head, false);
	return chain;
}

/* ---- Using ---- */

static void entry_write(struct virtio_queue *queue, uint16_t index,
			const struct virtio_used *used)
{
	uint8_t bytes[USED_ENTRY_BYTES];

	virtio_put32(bytes, used->id);
	virtio_put32(bytes + 4, used->length);
	machine_ram_write(queue->card->machine,
			  queue->device_area + RING_ENTRIES +
				  USED_ENTRY_BYTES * (index % queue->size),
			  bytes, sizeof(bytes));
	host_virtqueue_trace(queue, TRACE_TO_GUEST, "used", index % queue->size,
			     bytes, sizeof(bytes));
}

void host_split_publish(struct virtio_queue *queue)
{
	struct host_virtio *card = queue->card;
	uint16_t index = (uint16_t)(queue->used + queue->pending_count);
	uint32_t n;

	if (!queue->pending_count)
		return;
	/* The entries come never, and the index stands for what was there. */
	if (!host_virtio_lies(card, HOST_VIRTIO_FAULT_USED_EARLY))
		for (n = 0; n < queue->pending_count; n++)
			entry_write(queue, (uint16_t)(queue->used + n),
				    &queue->pending[n]);
	queue->used = index;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_USED_INDEX_JUMP))
		index += (uint16_t)(1 + machine_random_below(card->machine,
							     0xfffe));
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_USED_INDEX_BACK))
		index -= (uint16_t)(1 + machine_random_below(card->machine,
							     queue->size));
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_USED_FLAGS_GARBAGE))
		word_write(queue, queue->device_area + RING_FLAGS, 0xfffe);
	word_write(queue, queue->device_area + RING_INDEX, index);
}

/* ---- Who wants to be told ---- */

bool host_split_wants(struct virtio_queue *queue, uint16_t old)
{
	struct host_virtio *card = queue->card;
	uint16_t flags;

	if (host_virtio_negotiated(card, RING_EVENT_IDX))
		return host_virtqueue_passes(word_read(queue,
						       used_event_at(queue)),
					     queue->used, old);
	/* Firecracker does not look (M27). */
	if (host_virtio_is(card, VIRTIO_FIRECRACKER))
		return true;
	flags = word_read(queue, queue->driver_area + RING_FLAGS);
	if (flags & ~(uint32_t)RING_NO_NOTIFICATION)
		host_virtio_break(card, "virtio 2.7.7.1",
				  "queue %u: flags of the available ring are "
				  "0x%x, neither 0 nor 1",
				  queue->index, flags);
	return !(flags & RING_NO_NOTIFICATION);
}

void host_split_ask(struct virtio_queue *queue, bool ask)
{
	struct host_virtio *card = queue->card;
	uint16_t distance = (uint16_t)(queue->available - queue->kick_index);

	if (host_virtio_negotiated(card, RING_EVENT_IDX)) {
		uint16_t event = queue->available;

		if (!ask)
			return;
		if (host_virtio_lies(card, HOST_VIRTIO_FAULT_EVENT_GARBAGE)) {
			event = (uint16_t)machine_random(card->machine);
			queue->allowed = true;
		}
		if (distance < queue->event_distance)
			queue->event_distance = distance;
		word_write(queue, available_event_at(queue), event);
		return;
	}
	/* Firecracker wants to be told of everything. */
	if (host_virtio_is(card, VIRTIO_FIRECRACKER))
		return;
	if (ask)
		queue->allowed = true;
	word_write(queue, queue->device_area + RING_FLAGS,
		   ask ? 0 : RING_NO_NOTIFICATION);
}

/**
 * Whether the driver had a reason to ring: since it last did, something stood
 * where it looks that asked for it (2.7.10.1). Its first one is free: the
 * device may have heard nothing yet (M18).
 */
void host_split_kicked(struct virtio_queue *queue)
{
	struct host_virtio *card = queue->card;
	uint16_t index = word_read(queue, queue->driver_area + RING_INDEX);
	uint16_t moved = (uint16_t)(index - queue->kick_index);
	bool events = host_virtio_negotiated(card, RING_EVENT_IDX);
	bool right =
		queue->allowed || (events && queue->event_distance < moved);

	if (queue->kicked && !right &&
	    machine_checks(card->machine, MACHINE_CHECK_SIGNAL_BUDGET))
		host_virtio_break(card, "virtio 2.7.10.1",
				  "queue %u: rung at index %u, and the device "
				  "did not ask for it (M25)",
				  queue->index, index);
	queue->kicked = true;
	queue->kick_index = index;
	if (events) {
		queue->allowed = false;
		queue->event_distance =
			(uint16_t)(word_read(queue, available_event_at(queue)) -
				   index);
	} else if (!host_virtio_is(card, VIRTIO_FIRECRACKER)) {
		queue->allowed =
			!(word_read(queue, queue->device_area + RING_FLAGS) &
			  RING_NO_NOTIFICATION);
	}
}
