/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The card of scripted.h. Whichever host it plays, its books are those of the
 * device by the letter: where others differ is for whoever speaks for it.
 */
#include "mocks/virtio/scripted.h"

#include <stdatomic.h>
#include <string.h>

#include "mocks/virtio/virtio_internal.h"

/* ---- Registers ---- */

/** Queues are counted anew when pairs or the control queue are said. */
static void queues_count(struct host_virtio *card)
{
	card->queue_count = 2 * card->pairs_max;
	if (card->offered & FEATURE(NET_CTRL_VQ))
		card->queue_count++;
}

static void features_learn(struct host_virtio *card, uint32_t value)
{
	unsigned shift = 32 * card->device_features_sel;

	if (shift > 32)
		return;
	card->offered &= ~((uint64_t)UINT32_MAX << shift);
	card->offered |= (uint64_t)value << shift;
	queues_count(card);
}

/** What was said in its place counts from now on. */
static void value_learn(struct host_virtio *card, uint64_t offset,
			uint32_t value)
{
	switch (offset) {
	case MMIO_DEVICE_FEATURES:
		features_learn(card, value);
		break;
	case MMIO_QUEUE_SIZE_MAX:
		if (value > card->configuration.queue_size_max &&
		    value <= VIRTIO_QUEUE_MAX)
			card->configuration.queue_size_max = value;
		break;
	case MMIO_STATUS:
		/* It is gone, and reaches no memory any more. */
		if (value == UINT32_MAX)
			host_virtio_remove(card);
		break;
	case MMIO_CONFIG + CONFIG_PAIRS:
		if (value && value <= VIRTIO_PAIRS_MAX) {
			card->pairs_max = value;
			queues_count(card);
		}
		break;
	default:
		break;
	}
}

static uint64_t scripted_read(void *context, uint64_t offset, unsigned width)
{
	struct host_virtio *card = context;
	uint64_t value = host_virtio_register_read(card, offset, width);

	if (card->removed)
		return value;
	value = card->speaker.read(card->speaker.context, offset, width, value);
	value_learn(card, offset, (uint32_t)value);
	return value;
}

static void scripted_write(void *context, uint64_t offset, uint64_t value,
			   unsigned width)
{
	struct host_virtio *card = context;

	/* It is not the card that looks at its queues. */
	if (offset != MMIO_QUEUE_NOTIFY)
		host_virtio_register_write(card, offset, value, width);
	if (!card->removed)
		card->speaker.wrote(card->speaker.context, offset, value);
}

void host_virtio_script(struct host_virtio *card,
			const struct host_virtio_speaker *speaker)
{
	card->speaker = *speaker;
	card->played = *card->personality;
	card->played.manner = VIRTIO_STRICT;
	card->played.capacity_gate = 0;
	card->personality = &card->played;
	card->region.read = scripted_read;
	card->region.write = scripted_write;
}

/* ---- Queues ---- */

unsigned host_virtio_script_queues(const struct host_virtio *card)
{
	return card->queue_count;
}

unsigned host_virtio_script_control(const struct host_virtio *card)
{
	return host_virtio_net_control_queue(card);
}

bool host_virtio_script_is_packed(const struct host_virtio *card)
{
	return host_virtio_negotiated(card, F_RING_PACKED);
}

bool host_virtio_script_is_ready(const struct host_virtio *card, unsigned queue)
{
	return queue < card->queue_count &&
	       host_virtqueue_works(&card->queues[queue]);
}

bool host_virtio_script_take(struct host_virtio *card, unsigned number,
			     struct host_virtio_taken *taken)
{
	struct virtio_queue *queue = &card->queues[number];
	struct virtio_chain *chain;

	if (!host_virtio_script_is_ready(card, number))
		return false;
	chain = host_virtqueue_pop(queue);
	if (!chain)
		return false;
	if (queue->last)
		queue->last->next = chain;
	else
		queue->first = chain;
	queue->last = chain;
	taken->id = chain->id;
	taken->read_bytes = chain->read_bytes;
	taken->write_bytes = chain->write_bytes;
	return true;
}

static struct virtio_chain *chain_find(const struct host_virtio *card,
				       unsigned queue, uint32_t id)
{
	struct virtio_chain *chain = NULL;

	if (host_virtio_script_is_ready(card, queue))
		chain = card->queues[queue].first;
	while (chain && chain->id != id)
		chain = chain->next;
	return chain;
}

bool host_virtio_script_has(const struct host_virtio *card, unsigned queue,
			    uint32_t id)
{
	return chain_find(card, queue, id);
}

uint32_t host_virtio_script_read(struct host_virtio *card, unsigned queue,
				 uint32_t id, void *to, uint32_t room)
{
	const struct virtio_chain *chain = chain_find(card, queue, id);

	if (!chain)
		return 0;
	if (room > chain->read_bytes)
		room = (uint32_t)chain->read_bytes;
	return host_virtqueue_read(&card->queues[queue], chain, 0, to, room)
		       ? room
		       : 0;
}

void host_virtio_script_write(struct host_virtio *card, unsigned queue,
			      uint32_t id, const void *from, uint32_t bytes)
{
	const struct virtio_chain *chain = chain_find(card, queue, id);

	if (!chain)
		return;
	if (bytes > chain->write_bytes)
		bytes = (uint32_t)chain->write_bytes;
	host_virtqueue_write(&card->queues[queue], chain, 0, from, bytes);
}

void host_virtio_script_tell(struct host_virtio *card, unsigned queue,
			     enum trace_direction direction, const char *place,
			     uint32_t id, const void *bytes, uint32_t length)
{
	if (queue < VIRTIO_QUEUES_MAX)
		host_virtqueue_trace(&card->queues[queue], direction, place, id,
				     bytes, length);
}

const char *host_virtio_script_send(struct host_virtio *card, uint8_t *packet,
				    uint32_t bytes)
{
	return host_virtio_send(card, packet, packet + HEADER_BYTES,
				bytes - HEADER_BYTES);
}

/* ---- Used ---- */

/** The buffer is the driver's again. @return ring entries that it took */
static uint16_t chain_drop(struct virtio_queue *queue, uint32_t id)
{
	struct virtio_chain *chain = queue->first, *before = NULL;
	uint16_t slots;

	while (chain && chain->id != id) {
		before = chain;
		chain = chain->next;
	}
	if (!chain)
		return 1;
	if (before)
		before->next = chain->next;
	else
		queue->first = chain->next;
	if (queue->last == chain)
		queue->last = before;
	slots = chain->slots;
	queue->in_flight[chain->id] = 0;
	queue->in_flight_count--;
	host_virtqueue_chain_free(chain);
	return slots;
}

static void used_tell(struct virtio_queue *queue, bool wants)
{
	if (wants)
		host_virtio_interrupt(queue->card, INTERRUPT_USED);
}

void host_virtio_script_used(struct host_virtio *card, unsigned number,
			     uint32_t place, uint32_t id, uint32_t length)
{
	struct virtio_queue *queue = &card->queues[number];
	uint8_t bytes[USED_ENTRY_BYTES], index[2];
	uint16_t old = queue->used;
	uint64_t at;

	if (!host_virtio_script_is_ready(card, number))
		return;
	place %= queue->size;
	at = queue->device_area + RING_ENTRIES + USED_ENTRY_BYTES * place;
	virtio_put32(bytes, id);
	virtio_put32(bytes + 4, length);
	machine_ram_write(card->machine, at, bytes, sizeof(bytes));
	host_virtqueue_trace(queue, TRACE_TO_GUEST, "used", place, bytes,
			     sizeof(bytes));
	chain_drop(queue, id);
	/* As far on as the place is, usually by one. */
	queue->used +=
		(uint16_t)((place - old % queue->size) & (queue->size - 1));
	queue->used++;
	virtio_put16(index, queue->used);
	machine_ram_write(card->machine, queue->device_area + RING_INDEX, index,
			  sizeof(index));
	atomic_thread_fence(memory_order_seq_cst);
	used_tell(queue, host_split_wants(queue, old));
}

void host_virtio_script_used_packed(struct host_virtio *card, unsigned number,
				    uint32_t place, uint16_t id,
				    uint32_t length, uint16_t flags)
{
	struct virtio_queue *queue = &card->queues[number];
	uint8_t bytes[DESCRIPTOR_BYTES] = {0};
	uint16_t slots;
	uint32_t next;
	uint64_t at;

	if (!host_virtio_script_is_ready(card, number))
		return;
	place %= queue->size;
	at = queue->descriptors + DESCRIPTOR_BYTES * (uint64_t)place;
	machine_ram_read(card->machine, at, bytes, sizeof(bytes));
	virtio_put32(bytes + 8, length);
	virtio_put16(bytes + 12, id);
	machine_ram_write(card->machine, at, bytes, 14);
	virtio_put16(bytes + 14, flags);
	machine_ram_write(card->machine, at + 14, bytes + 14, 2);
	host_virtqueue_trace(queue, TRACE_TO_GUEST, "packed", place, bytes,
			     sizeof(bytes));
	slots = chain_drop(queue, id);
	next = place + slots;
	queue->used_wrap = (flags & PACKED_USED) != 0;
	if (next >= queue->size) {
		next -= queue->size;
		queue->used_wrap = !queue->used_wrap;
	}
	queue->used = (uint16_t)next;
	atomic_thread_fence(memory_order_seq_cst);
	used_tell(queue, host_packed_wants(queue, slots));
}

void host_virtio_script_used_next(struct host_virtio *card, unsigned number,
				  uint16_t id, uint32_t length)
{
	struct virtio_queue *queue = &card->queues[number];
	uint16_t flags = queue->used_wrap ? PACKED_AVAILABLE | PACKED_USED : 0;

	if (!host_virtio_script_is_ready(card, number))
		return;
	if (length)
		flags |= DESCRIPTOR_WRITE;
	if (host_virtio_script_is_packed(card))
		host_virtio_script_used_packed(card, number, queue->used, id,
					       length, flags);
	else
		host_virtio_script_used(card, number, queue->used % queue->size,
					id, length);
}

void host_virtio_script_interrupt(struct host_virtio *card, uint32_t causes)
{
	host_virtio_interrupt(card, causes);
}
