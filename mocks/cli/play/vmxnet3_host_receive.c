/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Completions of a script, into the driver's rings as they are; and frames into
 * the buffers that it posted.
 */
#include <string.h>

#include "mocks/cli/play/vmxnet3_host.h"
#include "mocks/wire/frame.h"

#define INDEX_MASK 0xfffu
#define QUEUE_MASK 0x3ffu

/* ---- Completions ---- */

/** The generation is the script's too: it may be a wrong one. */
static bool completion_write(struct vmxnet3_host *host, size_t n,
			     const char *place, unsigned queue,
			     struct vmxnet3_host_ring *ring,
			     const uint8_t *bytes, unsigned vector)
{
	if (!ring->size) {
		player_fail(host->player, n, "the driver has no such ring");
		return true;
	}
	vmxnet3_host_trace(host, TRACE_TO_GUEST, place, queue, ring->next,
			   bytes, DESCRIPTOR_BYTES);
	vmxnet3_host_write(host,
			   ring->address +
				   (uint64_t)ring->next * DESCRIPTOR_BYTES,
			   bytes, DESCRIPTOR_BYTES);
	vmxnet3_host_ring_advance(ring);
	vmxnet3_host_interrupt(host, vector);
	return true;
}

/** Whether an event has the bytes of a completion, for a queue that is. */
static bool completion_fits(struct vmxnet3_host *host, size_t n,
			    const struct trace_event *event, unsigned count)
{
	if (event->length == DESCRIPTOR_BYTES && event->queue < count)
		return true;
	player_fail(host->player, n, "the driver has no such queue");
	return false;
}

bool vmxnet3_host_play_txc(struct vmxnet3_host *host, size_t n,
			   const struct trace_event *event)
{
	struct vmxnet3_host_tx *queue;

	if (!completion_fits(host, n, event, host->tx_count))
		return true;
	queue = &host->tx[event->queue];
	return completion_write(host, n, "txc", event->queue,
				&queue->completions, event->bytes,
				queue->interrupt);
}

/* ---- Posted buffers ---- */

static bool descriptor_read(struct vmxnet3_host *host,
			    const struct vmxnet3_host_ring *ring,
			    uint32_t index, uint8_t bytes[DESCRIPTOR_BYTES])
{
	return index < ring->size &&
	       vmxnet3_host_read(host,
				 ring->address +
					 (uint64_t)index * DESCRIPTOR_BYTES,
				 bytes, DESCRIPTOR_BYTES);
}

/** Whether a descriptor is the card's, at this or in the next round. */
static bool is_posted(struct vmxnet3_host *host,
		      const struct vmxnet3_host_ring *ring, uint32_t index,
		      uint8_t bytes[DESCRIPTOR_BYTES])
{
	unsigned generation = ring->generation ^ (index < ring->next);

	return descriptor_read(host, ring, index, bytes) &&
	       RXD_GENERATION(wire_get32(bytes + 8)) == generation;
}

/** Pass the next descriptor of a ring. @return false: it is not posted yet */
static bool ring_pass(struct vmxnet3_host *host, unsigned queue, unsigned n)
{
	struct vmxnet3_host_ring *ring = &host->rx[queue].rings[n];
	uint8_t bytes[DESCRIPTOR_BYTES];

	if (!is_posted(host, ring, ring->next, bytes))
		return false;
	vmxnet3_host_trace(host, TRACE_FROM_GUEST, n ? "rx1" : "rx0", queue,
			   ring->next, bytes, DESCRIPTOR_BYTES);
	vmxnet3_host_ring_advance(ring);
	return true;
}

/**
 * Pass all up to the descriptor that a completion names. One that the driver
 * has not posted, but for the next one, it never is going to: the completion is
 * a wrong one.
 * @return false: the next one is not posted yet
 */
static bool ring_pass_to(struct vmxnet3_host *host, unsigned queue, unsigned n,
			 uint32_t index)
{
	struct vmxnet3_host_ring *ring = &host->rx[queue].rings[n];
	uint8_t bytes[DESCRIPTOR_BYTES];

	if (index >= ring->size)
		return true;
	if (!is_posted(host, ring, index, bytes))
		return index != ring->next;
	while (ring->next != index)
		if (!ring_pass(host, queue, n))
			return true;
	return ring_pass(host, queue, n);
}

bool vmxnet3_host_play_rx(struct vmxnet3_host *host, size_t n, unsigned ring)
{
	uint64_t queue = 0;

	script_number(host->player->script, n, "queue", &queue);
	if (queue < host->rx_count && host->rx[queue].rings[ring].size)
		return ring_pass(host, (unsigned)queue, ring);
	player_fail(host->player, n, "the driver has no such ring");
	return true;
}

/* ---- Frames ---- */

/** The bytes that a completion is about, as far as the script has them. */
static uint32_t source_read(struct vmxnet3_host *host,
			    const struct vmxnet3_host_source *source,
			    uint32_t length, uint8_t *to)
{
	const struct trace_event *event = &host->payload.event;
	const uint8_t *bytes;
	uint32_t whole, part;

	if (source->event == SCRIPT_NONE ||
	    !player_encode(host->player, source->event, &host->payload))
		return 0;
	bytes = event->bytes;
	whole = event->length;
	if (source->is_stripped) {
		frame_tag_strip(host->segment, bytes, whole);
		bytes = host->segment;
		whole -= VLAN_TAG;
	}
	part = source->offset < whole ? whole - source->offset : 0;
	if (part > length)
		part = length;
	/* What is behind a short frame is zeroes. */
	memset(to, 0, length);
	if (part)
		memcpy(to, bytes + source->offset, part);
	return length;
}

/** Where a completion says that its bytes are, and how many fit. */
struct target {
	/** Of its queue; 2: there is no such ring. */
	unsigned ring;
	bool is_data_ring;
	uint32_t index, room;
	uint64_t address;
};

/** The buffer of a completion, once the card has passed its descriptor. */
static void target_place(struct vmxnet3_host *host, unsigned queue,
			 struct target *target)
{
	const struct vmxnet3_host_rx *rx = &host->rx[queue];
	uint8_t bytes[DESCRIPTOR_BYTES];

	if (target->ring == 2 ||
	    !descriptor_read(host, &rx->rings[target->ring], target->index,
			     bytes))
		return;
	target->address = wire_get64(bytes);
	target->room = RXD_LENGTH(wire_get32(bytes + 8));
	if (!target->is_data_ring)
		return;
	target->address =
		rx->data_address + (uint64_t)target->index * rx->data_bytes;
	target->room = rx->data_address ? rx->data_bytes : 0;
}

static struct target target_find(const struct vmxnet3_host *host,
				 unsigned queue, uint32_t word0)
{
	uint32_t id = word0 >> RCD_QUEUE_SHIFT & QUEUE_MASK;
	struct target target = {.ring = 2, .index = word0 & INDEX_MASK};

	if (id == queue || id == 2 * host->rx_count + queue)
		target.ring = 0;
	else if (id == host->rx_count + queue)
		target.ring = 1;
	target.is_data_ring = id == 2 * host->rx_count + queue;
	return target;
}

bool vmxnet3_host_play_rxc(struct vmxnet3_host *host, size_t n,
			   const struct trace_event *event)
{
	unsigned queue = event->queue;
	struct target target;
	uint32_t length;

	if (!completion_fits(host, n, event, host->rx_count))
		return true;
	target = target_find(host, queue, wire_get32(event->bytes));
	if (target.ring < 2 &&
	    !ring_pass_to(host, queue, target.ring, target.index))
		return false;
	target_place(host, queue, &target);
	length = wire_get32(event->bytes + 8) & RCD_LENGTH_MASK;
	length = source_read(host, &host->sources[n], length, host->packet);
	if (length > target.room)
		length = target.room;
	if (length)
		vmxnet3_host_write(host, target.address, host->packet, length);
	return completion_write(host, n, "rxc", queue,
				&host->rx[queue].completions, event->bytes,
				host->rx[queue].interrupt);
}
