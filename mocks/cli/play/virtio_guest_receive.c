/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a device left in the buffers of a played virtio guest: each packet has
 * to be one of the frames that were handed to the card, once its checksum is
 * completed, or to be cut into such frames. A trace does not have those bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/virtio_guest.h"
#include "mocks/virtio/virtio_wire.h"
#include "mocks/wire/frame.h"

#define PACKET_MAX (65536u + HEADER_BYTES)
#define TCP_OFFSET 12u

/** A frame that the card was handed. */
struct player_virtio_guest_frame {
	struct player_virtio_guest_frame *next;
	uint32_t bytes;
	uint8_t data[];
};

/** A buffer that the device may fill. */
struct player_virtio_guest_buffer {
	struct player_virtio_guest_buffer *next;
	uint32_t queue, id;
	/** What it holds, once it came back. */
	uint32_t length;
	size_t count;
	struct player_virtio_guest_element elements[];
};

/* ---- What there is ---- */

bool player_virtio_guest_handed(struct player *player, const uint8_t *data,
				uint32_t bytes)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	struct player_virtio_guest_frame **link = &own->frames;
	struct player_virtio_guest_frame *frame =
		malloc(sizeof(*frame) + bytes);

	if (!frame) {
		player_refuse(player, "out of memory");
		return false;
	}
	frame->next = NULL;
	frame->bytes = bytes;
	if (bytes)
		memcpy(frame->data, data, bytes);
	while (*link)
		link = &(*link)->next;
	*link = frame;
	return true;
}

/** Take a buffer out of those that the device has; NULL: it is none of them. */
static struct player_virtio_guest_buffer *
buffer_take(struct player_virtio_guest *own, uint32_t queue, uint32_t id)
{
	struct player_virtio_guest_buffer **link = &own->buffers, *buffer;

	while (*link && ((*link)->queue != queue || (*link)->id != id))
		link = &(*link)->next;
	buffer = *link;
	if (buffer)
		*link = buffer->next;
	return buffer;
}

void player_virtio_guest_posted(struct player *player, uint32_t queue,
				uint32_t id)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	size_t bytes = own->count * sizeof(*own->elements), n;
	struct player_virtio_guest_buffer *buffer;

	for (n = 0; n < own->count; n++)
		if (!own->elements[n].is_written)
			return;
	free(buffer_take(own, queue, id));
	buffer = malloc(sizeof(*buffer) + bytes);
	if (!buffer) {
		player_refuse(player, "out of memory");
		return;
	}
	buffer->queue = queue;
	buffer->id = id;
	buffer->count = own->count;
	if (bytes)
		memcpy(buffer->elements, own->elements, bytes);
	buffer->next = own->buffers;
	own->buffers = buffer;
}

static void buffers_free(struct player_virtio_guest_buffer **buffers)
{
	struct player_virtio_guest_buffer *buffer;

	while ((buffer = *buffers)) {
		*buffers = buffer->next;
		free(buffer);
	}
}

void player_virtio_guest_receive_reset(struct player_virtio_guest *own)
{
	unsigned n;

	buffers_free(&own->buffers);
	for (n = 0; n < PLAYER_VIRTIO_GUEST_QUEUES; n++) {
		buffers_free(&own->queues[n].used);
		own->queues[n].used_count = own->queues[n].packets = 0;
	}
}

void player_virtio_guest_receive_free(struct player_virtio_guest *own)
{
	struct player_virtio_guest_frame *frame;

	player_virtio_guest_receive_reset(own);
	while ((frame = own->frames)) {
		own->frames = frame->next;
		free(frame);
	}
}

/* ---- A packet ---- */

/** @return whether such a frame was handed over; it is taken */
static bool frame_take(struct player_virtio_guest *own, const uint8_t *data,
		       uint32_t bytes)
{
	struct player_virtio_guest_frame **link = &own->frames, *frame;

	while (*link && ((*link)->bytes != bytes ||
			 memcmp((*link)->data, data, bytes) != 0))
		link = &(*link)->next;
	frame = *link;
	if (frame)
		*link = frame->next;
	free(frame);
	return frame;
}

/** @return whether each segment of it was handed over */
static bool segments_take(struct player_virtio_guest *own,
			  const uint8_t *header, const uint8_t *data,
			  uint32_t bytes, uint8_t *segment)
{
	struct frame_layout layout;
	struct frame_cut cut;
	uint32_t at;

	frame_layout_find(data, bytes, &layout);
	if (!layout.version || layout.transport + TCP_HEADER > bytes)
		return false;
	cut.version = layout.version;
	cut.network = layout.network;
	cut.transport = layout.transport;
	cut.header = layout.transport +
		     (data[layout.transport + TCP_OFFSET] >> 4) * 4u;
	cut.mss = virtio_get16(header + HEADER_GSO_SIZE);
	if (!cut.mss || cut.header >= bytes ||
	    cut.header < cut.transport + TCP_HEADER)
		return false;
	for (at = 0; at < bytes - cut.header; at += cut.mss)
		if (!frame_take(own, segment,
				frame_segment(&cut, data, bytes, at, segment)))
			return false;
	return true;
}

/** @return whether it is made of what was handed over */
static bool packet_check(struct player_virtio_guest *own, uint8_t *packet,
			 uint32_t bytes, uint8_t *segment)
{
	uint32_t start = virtio_get16(packet + HEADER_CHECKSUM_START);
	uint32_t offset = virtio_get16(packet + HEADER_CHECKSUM_OFFSET);
	uint8_t *data = packet + HEADER_BYTES;

	bytes -= HEADER_BYTES;
	if (packet[HEADER_GSO_TYPE] != GSO_NONE)
		return segments_take(own, packet, data, bytes, segment);
	if (packet[HEADER_FLAGS] & HEADER_NEEDS_CHECKSUM) {
		if (start + offset + 2 > bytes)
			return false;
		frame_complete_transport(data + start, bytes - start, offset,
					 offset == UDP_CHECKSUM);
	}
	return frame_take(own, data, bytes);
}

/* ---- Out of the buffers ---- */

/** Append what a buffer holds. @return bytes now there */
static uint32_t buffer_read(struct player *player,
			    const struct player_virtio_guest_buffer *buffer,
			    uint8_t *packet, uint32_t bytes)
{
	uint32_t length = buffer->length, part;
	size_t n;

	for (n = 0; n < buffer->count && length; n++) {
		part = buffer->elements[n].length;
		part = part < length ? part : length;
		if (part > PACKET_MAX - bytes ||
		    !machine_ram_read(player->vm->machine,
				      buffer->elements[n].address,
				      packet + bytes, part))
			return bytes;
		bytes += part;
		length -= part;
	}
	return bytes;
}

/** All buffers of a packet came back. @param n the event that says so */
static void packet_done(struct player *player, size_t n,
			struct player_virtio_guest_buffer *buffers)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	struct player_virtio_guest_buffer *buffer;
	uint8_t *packet = malloc(2 * (size_t)PACKET_MAX);
	uint32_t bytes = 0;

	while ((buffer = buffers)) {
		buffers = buffer->next;
		if (packet)
			bytes = buffer_read(player, buffer, packet, bytes);
		free(buffer);
	}
	if (!packet)
		player_refuse(player, "out of memory");
	else if (bytes < HEADER_BYTES ||
		 !packet_check(own, packet, bytes, packet + PACKET_MAX))
		player_fail(player, n,
			    "the %u bytes in the buffers that came back are "
			    "none of the frames that the card was handed",
			    bytes);
	free(packet);
}

/**
 * A device tells of a packed packet with its first buffer last.
 * @return the buffers in the order of the packet
 */
static struct player_virtio_guest_buffer *
last_first(struct player_virtio_guest_buffer *buffers)
{
	struct player_virtio_guest_buffer **link = &buffers, *last;

	while ((*link)->next)
		link = &(*link)->next;
	last = *link;
	*link = NULL;
	if (last != buffers)
		last->next = buffers;
	return last;
}

static void used(struct player *player, size_t n,
		 const struct trace_event *event, bool packed)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	struct player_virtio_guest_queue *queue = &own->queues[event->queue];
	const uint8_t *at = event->bytes + (packed ? 8 : 0);
	struct player_virtio_guest_buffer **link = &queue->used, *buffer;

	buffer = buffer_take(own, event->queue,
			     packed ? virtio_get16(at + 4) : virtio_get32(at));
	if (!buffer)
		return;
	buffer->length = virtio_get32(packed ? at : at + 4);
	/* One that the device could not use comes back empty. */
	if (!buffer->length || !queue->packets) {
		free(buffer);
		return;
	}
	while (*link)
		link = &(*link)->next;
	*link = buffer;
	buffer->next = NULL;
	if (++queue->used_count < queue->wanted[0])
		return;
	buffer = packed ? last_first(queue->used) : queue->used;
	queue->used = NULL;
	queue->used_count = 0;
	queue->packets--;
	memmove(queue->wanted, queue->wanted + 1,
		queue->packets * sizeof(*queue->wanted));
	packet_done(player, n, buffer);
}

/** A packet is on its way into so many buffers. */
static void header(struct player *player, const struct trace_event *event)
{
	struct player_virtio_guest_queue *queue =
		&player_virtio_guest_of(player)->queues[event->queue];
	unsigned count = virtio_get16(event->bytes + HEADER_BUFFERS);

	if (queue->packets == PLAYER_VIRTIO_GUEST_PACKETS)
		return;
	/* Without mergeable buffers QEMU says nothing. */
	queue->wanted[queue->packets++] = (uint16_t)(count ? count : 1);
}

void player_virtio_guest_received(struct player *player, size_t n,
				  const struct trace_event *event)
{
	bool packed = strcmp(event->place, "packed") == 0;

	if (event->queue >= PLAYER_VIRTIO_GUEST_QUEUES)
		return;
	if (strcmp(event->place, "header") == 0 &&
	    event->length == HEADER_BYTES)
		header(player, event);
	else if ((packed && event->length == DESCRIPTOR_BYTES) ||
		 (strcmp(event->place, "used") == 0 &&
		  event->length == USED_ENTRY_BYTES))
		used(player, n, event, packed);
}
