/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory of a guest of vmxnet3: areas that commands make the device read,
 * and rings with the descriptors that the script says it took.
 *
 * A receive descriptor lies in its ring as soon as there is room: a driver may
 * have written it at any time before. A transmit descriptor is written with its
 * packet, when a doorbell tells of it or its turn has come.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/vmxnet3_guest.h"

/** Larger rings than any device takes are not cleared. */
#define RING_SIZE_MOST 8192u

static bool memory_write(struct vmxnet3_guest *guest, uint64_t address,
			 const void *from, size_t bytes)
{
	return address && machine_ram_write(guest->player->vm->machine, address,
					    from, bytes);
}

/* ---- Areas ---- */

static void shared_lay(struct vmxnet3_guest *guest,
		       const struct trace_event *event)
{
	const uint8_t *bytes = event->bytes;

	if (event->length < SHARED_BYTES)
		return;
	guest->queues = wire_get64(bytes + SHARED_QUEUES_ADDRESS);
	guest->tx_count = bytes[SHARED_TX_QUEUES];
	guest->rx_count = bytes[SHARED_RX_QUEUES];
	if (guest->tx_count > VMXNET3_GUEST_QUEUES)
		guest->tx_count = VMXNET3_GUEST_QUEUES;
	if (guest->rx_count > VMXNET3_GUEST_QUEUES)
		guest->rx_count = VMXNET3_GUEST_QUEUES;
	guest->groups = wire_get64(bytes + SHARED_GROUPS_ADDRESS);
	guest->rss = wire_get64(bytes + SHARED_RSS + 8);
	memory_write(guest, guest->shared, bytes, event->length);
}

static void filter_lay(struct vmxnet3_guest *guest,
		       const struct trace_event *event)
{
	const unsigned groups = SHARED_GROUPS_ADDRESS - SHARED_RX_MODE;

	if (event->length < SHARED_FILTER_BYTES)
		return;
	guest->groups = wire_get64(event->bytes + groups);
	if (guest->shared)
		memory_write(guest, guest->shared + SHARED_RX_MODE,
			     event->bytes, event->length);
}

static void argument_lay(struct vmxnet3_guest *guest,
			 const struct trace_event *event)
{
	if (event->length >= 16)
		guest->argument = wire_get64(event->bytes + 8);
	if (guest->shared)
		memory_write(guest, guest->shared + SHARED_COMMAND,
			     event->bytes, event->length);
}

static void ring_learn(struct vmxnet3_guest_ring *ring, const uint8_t *address,
		       const uint8_t *size)
{
	ring->address = wire_get64(address);
	ring->size = wire_get32(size);
}

static void tx_queue_lay(struct vmxnet3_guest *guest,
			 const struct trace_event *event)
{
	const uint8_t *bytes = event->bytes;
	unsigned n = event->queue;

	if (event->length < QUEUE_BYTES || n >= guest->tx_count ||
	    !guest->queues)
		return;
	ring_learn(&guest->tx[n], bytes + TXQ_RING, bytes + TXQ_RING_SIZE);
	memory_write(guest, guest->queues + (uint64_t)n * QUEUE_BYTES, bytes,
		     event->length);
}

static void rx_queue_lay(struct vmxnet3_guest *guest,
			 const struct trace_event *event)
{
	const uint8_t *bytes = event->bytes;
	struct vmxnet3_guest_rx *rx;
	uint64_t place;
	unsigned n = event->queue;

	if (event->length < QUEUE_BYTES || n >= guest->rx_count ||
	    !guest->queues)
		return;
	rx = &guest->rx[n];
	ring_learn(&rx->rings[0], bytes + RXQ_RING, bytes + RXQ_RING_SIZE);
	ring_learn(&rx->rings[1], bytes + RXQ_RING + 8,
		   bytes + RXQ_RING_SIZE + 4);
	rx->data_address = wire_get64(bytes + RXQ_DATA);
	rx->data_bytes = wire_get16(bytes + RXQ_DATA_BYTES);
	place = guest->tx_count + (uint64_t)n;
	memory_write(guest, guest->queues + place * QUEUE_BYTES, bytes,
		     event->length);
}

static void groups_lay(struct vmxnet3_guest *guest,
		       const struct trace_event *event)
{
	memory_write(guest, guest->groups, event->bytes, event->length);
}

static void rss_lay(struct vmxnet3_guest *guest,
		    const struct trace_event *event)
{
	memory_write(guest, guest->rss, event->bytes, event->length);
}

static void coalesce_lay(struct vmxnet3_guest *guest,
			 const struct trace_event *event)
{
	memory_write(guest, guest->argument, event->bytes, event->length);
}

void vmxnet3_guest_area_lay(struct vmxnet3_guest *guest, size_t n)
{
	static const struct {
		const char *place;
		void (*lay)(struct vmxnet3_guest *guest,
			    const struct trace_event *event);
	} areas[] = {
		{"shared", shared_lay},	    {"tx-queue", tx_queue_lay},
		{"rx-queue", rx_queue_lay}, {"filter", filter_lay},
		{"mac-table", groups_lay},  {"rss", rss_lay},
		{"command", argument_lay},  {"coalesce", coalesce_lay},
	};
	size_t i;

	/* What is not said whole stays as it lies. */
	if (script_is_open(guest->player->script, n))
		return;
	for (i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
		if (vmxnet3_guest_is_at(guest, n, areas[i].place) &&
		    player_encode(guest->player, n, &guest->descriptor))
			areas[i].lay(guest, &guest->descriptor.event);
}

void vmxnet3_guest_areas_lay(struct vmxnet3_guest *guest, size_t n)
{
	const struct script *script = guest->player->script;

	/* Rules are named between what the device reads. */
	while (++n < script_count(script) &&
	       script_direction(script, n) == TRACE_FROM_GUEST &&
	       (script_kind(script, n) == TRACE_DESCRIPTOR ||
		script_kind(script, n) == TRACE_RULE))
		vmxnet3_guest_area_lay(guest, n);
}

/* ---- Rings ---- */

static struct vmxnet3_guest_ring *ring_of(struct vmxnet3_guest *guest, size_t n)
{
	uint64_t queue = 0;

	script_number(guest->player->script, n, "queue", &queue);
	if (queue >= VMXNET3_GUEST_QUEUES)
		return NULL;
	if (vmxnet3_guest_is_at(guest, n, "tx"))
		return &guest->tx[queue];
	if (vmxnet3_guest_is_at(guest, n, "rx0"))
		return &guest->rx[queue].rings[0];
	if (vmxnet3_guest_is_at(guest, n, "rx1"))
		return &guest->rx[queue].rings[1];
	return NULL;
}

static bool item_add(struct vmxnet3_guest_ring *ring, size_t n)
{
	size_t room = ring->room ? ring->room * 2 : 64;
	size_t *items = ring->items;

	if (ring->count == ring->room) {
		items = realloc(items, room * sizeof(*items));
		if (!items)
			return false;
		ring->items = items;
		ring->room = room;
	}
	ring->items[ring->count++] = n;
	return true;
}

bool vmxnet3_guest_rings_find(struct vmxnet3_guest *guest)
{
	const struct script *script = guest->player->script;
	struct vmxnet3_guest_ring *ring;
	size_t n;

	for (n = 0; n < script_count(script); n++) {
		if (script_direction(script, n) != TRACE_FROM_GUEST)
			continue;
		ring = ring_of(guest, n);
		if (ring && !item_add(ring, n))
			return false;
	}
	return true;
}

/** Empty, as a driver makes it before ACTIVATE. */
static void ring_empty(struct vmxnet3_guest *guest,
		       struct vmxnet3_guest_ring *ring, size_t n)
{
	static const uint8_t nothing[DESCRIPTOR_BYTES];
	uint32_t i;

	while (ring->written < ring->count && ring->items[ring->written] < n)
		ring->written++;
	ring->taken = ring->written;
	ring->producer = 0;
	for (i = 0; i < ring->size && ring->size <= RING_SIZE_MOST; i++)
		memory_write(guest, ring->address + 16ull * i, nothing,
			     sizeof(nothing));
}

void vmxnet3_guest_rings_begin(struct vmxnet3_guest *guest, size_t n)
{
	unsigned queue;

	for (queue = 0; queue < guest->tx_count; queue++)
		ring_empty(guest, &guest->tx[queue], n);
	for (queue = 0; queue < guest->rx_count; queue++) {
		ring_empty(guest, &guest->rx[queue].rings[0], n);
		ring_empty(guest, &guest->rx[queue].rings[1], n);
		guest->rx[queue].bytes = 0;
	}
	vmxnet3_guest_rx_fill(guest);
}

/** Whether a ring has room for one more of what is active. */
static bool ring_has_room(struct vmxnet3_guest *guest,
			  struct vmxnet3_guest_ring *ring)
{
	while (ring->taken < ring->written &&
	       script_is_done(guest->player->script, ring->items[ring->taken]))
		ring->taken++;
	return ring->written < ring->count &&
	       ring->items[ring->written] < guest->limit &&
	       ring->written - ring->taken < ring->size;
}

/** Write the next descriptor where it says that it is. */
static bool descriptor_write(struct vmxnet3_guest *guest,
			     struct vmxnet3_guest_ring *ring)
{
	const struct trace_event *event = &guest->descriptor.event;

	if (!player_encode(guest->player, ring->items[ring->written],
			   &guest->descriptor))
		return false;
	ring->written++;
	if (event->address >= ring->size)
		return true;
	ring->producer = (uint32_t)((event->address + 1) % ring->size);
	memory_write(guest, ring->address + 16ull * event->address,
		     event->bytes, event->length);
	return true;
}

void vmxnet3_guest_rx_fill(struct vmxnet3_guest *guest)
{
	struct vmxnet3_guest_ring *ring;
	unsigned n;

	for (n = 0; n < 2 * guest->rx_count; n++) {
		ring = &guest->rx[n / 2].rings[n % 2];
		while (ring_has_room(guest, ring) &&
		       descriptor_write(guest, ring))
			;
	}
}

/* ---- Packets ---- */

/** Whether nothing lies between two events but rules that were broken. */
static bool is_next(const struct script *script, size_t n, size_t next)
{
	while (++n < next)
		if (script_kind(script, n) != TRACE_RULE)
			return false;
	return true;
}

/** The last descriptor of the packet that begins with one, in the ring's. */
static size_t packet_end(struct vmxnet3_guest *guest,
			 const struct vmxnet3_guest_ring *ring, size_t first)
{
	const struct script *script = guest->player->script;
	uint64_t eop = 0;

	while (first + 1 < ring->count &&
	       is_next(script, ring->items[first], ring->items[first + 1]) &&
	       !(script_number(script, ring->items[first], "eop", &eop) && eop))
		first++;
	return first;
}

/** Write packets up to one of the ring's descriptors. */
static void packets_write(struct vmxnet3_guest *guest,
			  struct vmxnet3_guest_ring *ring, size_t last)
{
	size_t end;

	while (ring->written <= last && ring_has_room(guest, ring)) {
		end = packet_end(guest, ring, ring->written);
		vmxnet3_guest_packet_fill(guest, ring->items[ring->written],
					  ring->items[end]);
		while (ring->written <= end && ring_has_room(guest, ring))
			if (!descriptor_write(guest, ring))
				return;
	}
}

void vmxnet3_guest_tx_fill(struct vmxnet3_guest *guest, unsigned queue,
			   uint32_t producer)
{
	struct vmxnet3_guest_ring *ring;
	uint64_t index;
	size_t n;

	if (queue >= guest->tx_count)
		return;
	ring = &guest->tx[queue];
	if (!ring->size || ring->producer == producer)
		return;
	for (n = ring->written;
	     n < ring->count && n - ring->written < ring->size; n++) {
		if (!script_number(guest->player->script, ring->items[n],
				   "index", &index) ||
		    ring->items[n] >= guest->limit)
			return;
		if ((index + 1) % ring->size == producer) {
			packets_write(guest, ring, n);
			return;
		}
	}
}

bool vmxnet3_guest_tx_write(struct vmxnet3_guest *guest, unsigned queue,
			    size_t n, uint32_t *producer)
{
	struct vmxnet3_guest_ring *ring = &guest->tx[queue];
	size_t last = ring->written;

	while (last < ring->count && ring->items[last] < n)
		last++;
	if (last == ring->count || ring->items[last] != n ||
	    !ring_has_room(guest, ring))
		return false;
	packets_write(guest, ring, last);
	*producer = ring->producer;
	return true;
}
