/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rings: the host consumes the first of a channel and produces the second.
 *
 * A ring's pages are scattered over guest memory and were looked up once; every
 * copy goes page by page, and since the size is whole pages, wrapping around is
 * nothing but the last page's end. The guest can change anything at any time:
 * indices and descriptors are loaded once and checked before use, a packet is
 * copied out before it is looked at, and the host's own index is kept here.
 */
#include "mocks/hyperv/ring_internal.h"

#include <string.h>

#define RING_PAGE	MACHINE_PAGE_SIZE
#define BUFFER_SMALLEST 4096u

/* ---- Indices and copies ---- */

static bool index_valid(const struct host_ring *ring, uint32_t index)
{
	return index < ring->size && index % 8 == 0;
}

static uint32_t used_bytes(const struct host_ring *ring, uint32_t write,
			   uint32_t read)
{
	return write >= read ? write - read : ring->size - (read - write);
}

static uint32_t index_add(const struct host_ring *ring, uint32_t index,
			  uint32_t bytes)
{
	index += bytes;
	return index >= ring->size ? index - ring->size : index;
}

static void copy_out(const struct host_ring *ring, uint32_t at, void *to,
		     uint32_t bytes)
{
	uint8_t *target = to;

	while (bytes) {
		uint32_t rest = RING_PAGE - at % RING_PAGE;
		uint32_t part = bytes < rest ? bytes : rest;

		memcpy(target, ring->pages[at / RING_PAGE] + at % RING_PAGE,
		       part);
		target += part;
		bytes -= part;
		at = index_add(ring, at, part);
	}
}

static uint32_t copy_in(const struct host_ring *ring, uint32_t at,
			const void *from, uint32_t bytes)
{
	const uint8_t *source = from;

	while (bytes) {
		uint32_t rest = RING_PAGE - at % RING_PAGE;
		uint32_t part = bytes < rest ? bytes : rest;

		memcpy(ring->pages[at / RING_PAGE] + at % RING_PAGE, source,
		       part);
		source += part;
		bytes -= part;
		at = index_add(ring, at, part);
	}
	return at;
}

static bool ring_open(struct host_ring *ring, uint8_t *const *pages,
		      uint32_t count)
{
	ring->control = (struct host_ring_control *)(void *)pages[0];
	ring->pages = pages + 1;
	ring->size = (count - 1) * RING_PAGE;
	return index_valid(ring, host_load32(&ring->control->read_index)) &&
	       index_valid(ring, host_load32(&ring->control->write_index));
}

bool host_ring_open_reader(struct host_ring *ring, uint8_t *const *pages,
			   uint32_t count)
{
	if (!ring_open(ring, pages, count))
		return false;
	ring->index = host_load32(&ring->control->read_index);
	return index_valid(ring, ring->index);
}

bool host_ring_open_writer(struct host_ring *ring, uint8_t *const *pages,
			   uint32_t count)
{
	if (!ring_open(ring, pages, count))
		return false;
	ring->index = host_load32(&ring->control->write_index);
	host_store32(&ring->control->feature_bits,
		     HOST_RING_FEATURE_PENDING_SEND);
	return index_valid(ring, ring->index);
}

/* ---- Reading ---- */

/** Check a descriptor against what is there. @return what it is */
static enum host_ring_result descriptor_check(struct host_ring_packet *packet,
					      uint32_t header8,
					      uint32_t length8, uint32_t used,
					      const char **reason)
{
	packet->header_bytes = header8 * 8;
	packet->bytes = length8 * 8;
	if (length8 < 2 || packet->bytes + HOST_RING_FOOTER_BYTES > used) {
		*reason = "a packet is longer than what was written, or "
			  "shorter than its descriptor";
		return HOST_RING_CORRUPT;
	}
	if (header8 < 2 || header8 > length8) {
		*reason = "a packet's data offset is outside of the packet";
		return HOST_RING_BAD_PACKET;
	}
	if (packet->flags & ~HOST_RING_FLAG_COMPLETION) {
		*reason = "a packet has flags that do not exist";
		return HOST_RING_BAD_PACKET;
	}
	switch (packet->type) {
	case HOST_PACKET_TRANSFER_PAGES:
	case HOST_PACKET_GPA_DIRECT:
		if (header8 >= 3)
			return HOST_RING_PACKET;
		*reason = "a packet with ranges has no room for their count";
		return HOST_RING_BAD_PACKET;
	case HOST_PACKET_INBAND:
	case HOST_PACKET_CANCEL:
	case HOST_PACKET_COMPLETION:
		return HOST_RING_PACKET;
	default:
		*reason = "a packet's type does not exist";
		return HOST_RING_BAD_PACKET;
	}
}

static void buffer_fit(struct host_ring_buffer *buffer, uint32_t bytes)
{
	uint32_t size = buffer->size ? buffer->size : BUFFER_SMALLEST;

	/* Even an empty payload lies somewhere. */
	if (buffer->bytes && bytes <= buffer->size)
		return;
	while (size < bytes)
		size *= 2;
	free(buffer->bytes);
	buffer->bytes = host_alloc(size, 1);
	buffer->size = size;
}

enum host_ring_result host_ring_read(struct host_ring *ring,
				     struct host_ring_packet *packet,
				     struct host_ring_buffer *buffer,
				     const char **reason)
{
	uint32_t write = host_load32(&ring->control->write_index);
	struct host_ring_descriptor descriptor;
	enum host_ring_result result;
	uint32_t used, at, rest;
	le32 footer[2];

	if (!index_valid(ring, write)) {
		*reason = "the write index is impossible";
		return HOST_RING_CORRUPT;
	}
	used = used_bytes(ring, write, ring->index);
	if (!used)
		return HOST_RING_EMPTY;
	copy_out(ring, ring->index, &descriptor, sizeof(descriptor));
	packet->type = le16_to_cpu(descriptor.type);
	packet->flags = le16_to_cpu(descriptor.flags);
	packet->transaction_id = le64_to_cpu(descriptor.transaction_id);
	result =
		descriptor_check(packet, le16_to_cpu(descriptor.data_offset8),
				 le16_to_cpu(descriptor.length8), used, reason);
	if (result != HOST_RING_PACKET)
		return result;
	rest = packet->bytes - (uint32_t)sizeof(descriptor);
	buffer_fit(buffer, rest);
	at = index_add(ring, ring->index, sizeof(descriptor));
	copy_out(ring, at, buffer->bytes, rest);
	copy_out(ring, index_add(ring, at, rest), footer, sizeof(footer));
	packet->footer_wrong =
		le32_to_cpu(footer[0]) || le32_to_cpu(footer[1]) != ring->index;
	return HOST_RING_PACKET;
}

bool host_ring_consume(struct host_ring *ring,
		       const struct host_ring_packet *packet)
{
	struct host_ring_control *control = ring->control;
	uint32_t bytes = packet->bytes + HOST_RING_FOOTER_BYTES;
	uint32_t pending, write, after;

	ring->index = index_add(ring, ring->index, bytes);
	host_store32(&control->read_index, ring->index);
	host_fence();
	pending = host_load32(&control->pending_send_size) & ~7u;
	if (!pending || !(host_load32(&control->feature_bits) &
			  HOST_RING_FEATURE_PENDING_SEND))
		return false;
	write = host_load32(&control->write_index);
	if (!index_valid(ring, write))
		return false;
	/*
	 * Once only: when this packet made the difference. A guest that wrote
	 * into its space already does not wait for it.
	 */
	after = ring->size - used_bytes(ring, write, ring->index);
	return after > pending && after >= bytes && after - bytes <= pending;
}

bool host_ring_is_empty(const struct host_ring *ring)
{
	uint32_t write = host_load32(&ring->control->write_index);

	return write == ring->index;
}

void host_ring_mask(struct host_ring *ring, bool masked)
{
	host_store32(&ring->control->interrupt_mask, masked);
	host_fence();
}

/* ---- Writing ---- */

bool host_ring_room(const struct host_ring *ring, uint32_t *bytes)
{
	uint32_t read = host_load32(&ring->control->read_index);
	uint32_t free_bytes;

	if (!index_valid(ring, read))
		return false;
	free_bytes = ring->size - used_bytes(ring, ring->index, read);
	*bytes = free_bytes > HOST_RING_SPARE_BYTES
			 ? free_bytes - HOST_RING_SPARE_BYTES
			 : 0;
	return true;
}

void host_ring_want(struct host_ring *ring, uint32_t bytes)
{
	host_store32(&ring->control->pending_send_size, bytes);
	host_fence();
}

bool host_ring_write(struct host_ring *ring,
		     const struct host_ring_piece *pieces, unsigned count)
{
	struct host_ring_control *control = ring->control;
	uint32_t before = ring->index, at = before;
	unsigned i;

	for (i = 0; i < count; i++)
		at = copy_in(ring, at, pieces[i].bytes, pieces[i].count);
	ring->index = at;
	host_store32(&control->write_index, at);
	host_fence();
	return !host_load32(&control->interrupt_mask) &&
	       host_load32(&control->read_index) == before;
}
