/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory of a played virtio guest: rings where the script's registers have
 * them, and chains as its descriptors say. What a packet holds is made out of
 * what the device made of it: of frames on the wire the packet that they were
 * cut from, of a whole checksum the half that the guest left.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/virtio_guest.h"
#include "mocks/virtio/virtio_wire.h"
#include "mocks/wire/frame.h"

/** The longest packet with its header, and the longest command. */
#define DATA_MAX (65536u + HEADER_BYTES)

void player_virtio_guest_free(struct player_virtio_guest *own)
{
	player_virtio_guest_receive_free(own);
	trace_built_free(&own->line);
	free(own->elements);
	free(own->data);
}

/* ---- Registers ---- */

static void zero(struct player *player, uint64_t address, uint64_t bytes)
{
	static const uint8_t zeroes[64];
	uint64_t part;

	for (; bytes; bytes -= part, address += part) {
		part = bytes < sizeof(zeroes) ? bytes : sizeof(zeroes);
		machine_ram_write(player->vm->machine, address, zeroes, part);
	}
}

/** Both kinds of ring begin with zeros. */
static void rings_clear(struct player *player,
			struct player_virtio_guest_queue *queue)
{
	const struct virtual_machine *vm = player->vm;
	bool packed = host_virtio_features(vm->virtio) & FEATURE(F_RING_PACKED);
	uint64_t size = queue->size;

	if (!size)
		size = virtio_personality_find(vm->host.name)->queue_size_max;
	if (size > UINT16_MAX + 1u)
		return;
	queue->size = (uint32_t)size;
	zero(player, queue->descriptors, size * DESCRIPTOR_BYTES);
	zero(player, queue->driver_area,
	     packed ? PACKED_EVENT_BYTES : 6 + 2 * size);
	zero(player, queue->device_area,
	     packed ? PACKED_EVENT_BYTES : 6 + USED_ENTRY_BYTES * size);
	queue->available = 0;
	queue->last_index = UINT16_MAX;
}

static void address_learn(uint64_t *address, bool high, uint64_t value)
{
	if (high)
		*address = (*address & UINT32_MAX) | value << 32;
	else
		*address = (*address & ~(uint64_t)UINT32_MAX) |
			   (value & UINT32_MAX);
}

void player_virtio_guest_learn(struct player *player,
			       const struct trace_event *event)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	struct player_virtio_guest_queue *queue;

	if (event->address == MMIO_QUEUE_SEL)
		own->queue_sel = (uint32_t)event->value;
	if (own->queue_sel >= PLAYER_VIRTIO_GUEST_QUEUES)
		return;
	queue = &own->queues[own->queue_sel];
	switch (event->address) {
	case MMIO_QUEUE_SIZE:
		queue->size = (uint32_t)event->value;
		break;
	case MMIO_QUEUE_DESC_LOW:
	case MMIO_QUEUE_DESC_HIGH:
		address_learn(&queue->descriptors, event->address % 8,
			      event->value);
		break;
	case MMIO_QUEUE_DRIVER_LOW:
	case MMIO_QUEUE_DRIVER_HIGH:
		address_learn(&queue->driver_area, event->address % 8,
			      event->value);
		break;
	case MMIO_QUEUE_DEVICE_LOW:
	case MMIO_QUEUE_DEVICE_HIGH:
		address_learn(&queue->device_area, event->address % 8,
			      event->value);
		break;
	case MMIO_QUEUE_READY:
		queue->is_ready = event->value == 1;
		if (queue->is_ready)
			rings_clear(player, queue);
		break;
	case MMIO_QUEUE_RESET:
		player_virtio_guest_receive_reset(own);
		break;
	default:
		break;
	}
}

/* ---- What a packet holds ---- */

/** Lengths and checksums of a packet that is to be cut. */
static void packet_finish(uint8_t *packet, uint32_t bytes)
{
	struct frame_layout layout;

	frame_layout_find(packet, bytes, &layout);
	if (layout.version)
		frame_segment_finish(packet, bytes, layout.network,
				     layout.transport, layout.version);
}

/**
 * What stands behind a header: the frames that went onto the wire with it, made
 * into the packet that they came from. If none did, zeros.
 * @param n the header's event
 */
static void packet_make(struct player *player, size_t n)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	const struct trace_event *frame = &own->line.event;
	struct script *script = player->script;
	uint8_t *header = own->data, *packet = own->data + HEADER_BYTES;
	bool is_cut = header[HEADER_GSO_TYPE] != GSO_NONE;
	uint32_t bytes = 0;

	while (++n < script_count(script)) {
		if (script_direction(script, n) != TRACE_FROM_GUEST)
			continue;
		if (script_kind(script, n) == TRACE_DESCRIPTOR &&
		    script_has_word(script, n, "at", "header"))
			break;
		if (script_kind(script, n) != TRACE_FRAME)
			continue;
		if (!player_encode(player, n, &own->line) ||
		    frame->length > DATA_MAX - HEADER_BYTES)
			return;
		if (bytes) {
			bytes = frame_segment_append(packet, bytes,
						     DATA_MAX - HEADER_BYTES,
						     frame->bytes,
						     frame->length);
			continue;
		}
		bytes = frame->length;
		if (bytes)
			memcpy(packet, frame->bytes, bytes);
		if (!is_cut)
			break;
	}
	if (is_cut)
		packet_finish(packet, bytes);
	if (header[HEADER_FLAGS] & HEADER_NEEDS_CHECKSUM)
		frame_halve_transport(
			packet, bytes,
			(uint32_t)virtio_get16(header + HEADER_CHECKSUM_START) +
				virtio_get16(header + HEADER_CHECKSUM_OFFSET));
	own->bytes = HEADER_BYTES + bytes;
}

/* ---- Chains ---- */

static bool element_add(struct player *player, uint64_t address,
			uint32_t length, uint16_t flags)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	size_t room = own->room ? own->room * 2 : 16;
	struct player_virtio_guest_element *more;

	own->last_flags = flags;
	if (flags & DESCRIPTOR_INDIRECT &&
	    host_virtio_features(player->vm->virtio) &
		    FEATURE(RING_INDIRECT_DESC)) {
		own->table = address;
		return true;
	}
	if (own->count == own->room) {
		more = realloc(own->elements, room * sizeof(*more));
		if (!more) {
			player_refuse(player, "out of memory");
			return false;
		}
		own->elements = more;
		own->room = room;
	}
	own->elements[own->count++] = (struct player_virtio_guest_element){
		.address = address,
		.length = length,
		.is_written = flags & DESCRIPTOR_WRITE,
	};
	return true;
}

/** A descriptor goes where the script has it. */
static bool descriptor_put(struct player *player, uint64_t table, bool packed)
{
	const struct trace_event *event =
		&player_virtio_guest_of(player)->line.event;
	const uint8_t *bytes = event->bytes;

	if (event->length != DESCRIPTOR_BYTES)
		return true;
	machine_ram_write(player->vm->machine,
			  table + event->address * DESCRIPTOR_BYTES, bytes,
			  DESCRIPTOR_BYTES);
	return element_add(player, virtio_get64(bytes), virtio_get32(bytes + 8),
			   virtio_get16(bytes + (packed ? 14 : 12)));
}

/** What the device reads at the start of the chain. */
static void data_put(struct player *player, size_t n)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	const struct trace_event *event = &own->line.event;

	if (event->length > DATA_MAX)
		return;
	memset(own->data, 0, DATA_MAX);
	if (event->length)
		memcpy(own->data, event->bytes, event->length);
	own->bytes = event->length;
	if (strcmp(event->place, "header") == 0)
		packet_make(player, n);
}

/**
 * One event of a queue, on the way through a chain.
 * @return whether the chain goes on
 */
static bool chain_event(struct player *player,
			const struct player_virtio_guest_queue *queue, size_t n,
			bool is_first)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	const char *place = own->line.event.place;

	if (!place)
		return true;
	if (strcmp(place, "avail") == 0)
		return is_first;
	if (strcmp(place, "packed") == 0) {
		if (!is_first && !(own->last_flags & DESCRIPTOR_NEXT))
			return false;
		if (own->line.event.length == DESCRIPTOR_BYTES)
			own->id = virtio_get16(own->line.event.bytes + 12);
		return descriptor_put(player, queue->descriptors, true);
	}
	if (strcmp(place, "desc") == 0)
		return descriptor_put(player, queue->descriptors, false);
	if (strcmp(place, "indirect") == 0)
		return descriptor_put(player, own->table, false);
	if (strcmp(place, "packed-indirect") == 0)
		return descriptor_put(player, own->table, true);
	if (strcmp(place, "header") != 0 && strcmp(place, "control") != 0)
		return true;
	data_put(player, n);
	return false;
}

/** Go through the events of a chain. @param number of its queue */
static void chain_lay(struct player *player,
		      const struct player_virtio_guest_queue *queue,
		      uint64_t number, size_t n)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	struct script *script = player->script;
	size_t first = n;
	uint64_t other;

	own->count = 0;
	own->bytes = 0;
	own->last_flags = 0;
	own->table = 0;
	for (; n < script_count(script) && !player->has_failed; n++) {
		if (script_kind(script, n) != TRACE_DESCRIPTOR ||
		    script_direction(script, n) != TRACE_FROM_GUEST ||
		    !script_number(script, n, "queue", &other) ||
		    other != number)
			continue;
		if (!player_encode(player, n, &own->line) ||
		    !chain_event(player, queue, n, n == first))
			break;
		own->laid = n + 1;
	}
}

/** Into the parts of the chain that the device reads. */
static void data_fill(struct player *player)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	const struct player_virtio_guest_element *element;
	uint32_t at = 0, part;
	size_t i;

	for (i = 0; i < own->count && at < own->bytes; i++) {
		element = &own->elements[i];
		if (element->is_written)
			continue;
		part = own->bytes - at;
		if (part > element->length)
			part = element->length;
		machine_ram_write(player->vm->machine, element->address,
				  own->data + at, part);
		at += part;
	}
}

/** The entry of the available ring, then its index. */
static void available_put(struct player *player,
			  struct player_virtio_guest_queue *queue,
			  const uint8_t *head, uint16_t index)
{
	struct machine *machine = player->vm->machine;
	uint8_t bytes[2];

	machine_ram_write(machine,
			  queue->driver_area + RING_ENTRIES + 2u * index, head,
			  sizeof(bytes));
	/* A device that could not use a chain looks at it a second time. */
	if (index != queue->last_index || queue->size == 1)
		queue->available++;
	queue->last_index = index;
	virtio_put16(bytes, queue->available);
	machine_ram_write(machine, queue->driver_area + RING_INDEX, bytes,
			  sizeof(bytes));
}

bool player_virtio_guest_publish(struct player *player, size_t n,
				 uint32_t *number)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	const struct trace_event *event = &own->line.event;
	struct player_virtio_guest_queue *queue;

	if (!own->data)
		own->data = malloc(DATA_MAX);
	if (!own->data) {
		player_refuse(player, "out of memory");
		return false;
	}
	if (!player_encode(player, n, &own->line))
		return false;
	*number = event->queue;
	if (*number >= PLAYER_VIRTIO_GUEST_QUEUES ||
	    !own->queues[*number].is_ready) {
		player_fail(player, n,
			    "queue %u is not set up: the script has to write "
			    "its QueueReady before",
			    *number);
		return false;
	}
	queue = &own->queues[*number];
	chain_lay(player, queue, *number, n);
	data_fill(player);
	if (player->has_failed || !player_encode(player, n, &own->line))
		return false;
	if (strcmp(event->place, "avail") != 0 || event->length != 2) {
		player_virtio_guest_posted(player, *number, own->id);
		return true;
	}
	player_virtio_guest_posted(player, *number, virtio_get16(event->bytes));
	available_put(player, queue, event->bytes, (uint16_t)event->address);
	return true;
}
