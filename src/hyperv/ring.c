/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rings.
 *
 * A ring is a control page and a circle of data pages. The producer owns the
 * write index, the consumer the read index; equal indices mean empty, so the
 * producer always leaves 8 bytes free. A packet is a descriptor of 16 bytes,
 * the header of its type, the payload, padding to 8, and a footer of 8 bytes
 * that the descriptor's length does not count. All of it may wrap at any
 * multiple of 8.
 *
 * Waking. The producer signals if the consumer has not masked it and had
 * consumed all that was published before: else the consumer is at work and
 * will find the new packets. The consumer signals if the producer wrote down
 * how much room it waits for, and there is that much only now. Both decide
 * after a full barrier between their own index and the other side's words;
 * with less, each can miss the other.
 *
 * Both sides keep the other's index as last seen and load it again only when
 * that one has nothing more to give: the line that holds it moves between
 * processors once a batch, not once a packet.
 */
#include <string.h>

#include "hyperv/ring.h"

/**
 * The control page. Not packed, as its words are touched where they lie;
 * nothing in it needs to be.
 */
struct ring_control {
	le32 write_index;
	le32 read_index;
	le32 interrupt_mask;
	le32 pending_send_bytes;
	le32 reserved[12];
	le32 feature_bits;
};

_Static_assert(offsetof(struct ring_control, write_index) == 0, "control");
_Static_assert(offsetof(struct ring_control, read_index) == 4, "control");
_Static_assert(offsetof(struct ring_control, interrupt_mask) == 8, "control");
_Static_assert(offsetof(struct ring_control, pending_send_bytes) == 12,
	       "control");
_Static_assert(offsetof(struct ring_control, feature_bits) == 64, "control");

/** The producer honours pending_send_bytes. */
#define FEATURE_PENDING_SEND 0x1u

struct ring_descriptor {
	le16 type;
	/** From the descriptor to the payload, in units of 8 bytes. */
	le16 offset8;
	/** The packet without its footer, in units of 8 bytes. */
	le16 length8;
	le16 flags;
	le64 transaction_id;
} __attribute__((packed));

_Static_assert(sizeof(struct ring_descriptor) == 16, "descriptor");
_Static_assert(offsetof(struct ring_descriptor, offset8) == 2, "descriptor");
_Static_assert(offsetof(struct ring_descriptor, length8) == 4, "descriptor");
_Static_assert(offsetof(struct ring_descriptor, flags) == 6, "descriptor");
_Static_assert(offsetof(struct ring_descriptor, transaction_id) == 8,
	       "descriptor");

#define DESCRIPTOR_BYTES	  16u
#define FLAG_COMPLETION_REQUESTED 0x1u

/** Where the packet began, in the upper half; nothing in the lower. */
struct ring_footer {
	le32 reserved;
	le32 start;
} __attribute__((packed));

_Static_assert(sizeof(struct ring_footer) == 8, "footer");
_Static_assert(offsetof(struct ring_footer, start) == 4, "footer");

#define FOOTER_BYTES 8u
/** Everything in a ring is a multiple of this; also the room never used. */
#define UNIT	     8u

void ring_initialise(struct ring *ring, struct port *port, void *memory,
		     uint32_t pages)
{
	memset(ring, 0, sizeof(*ring));
	ring->port = port;
	ring->control = memory;
	ring->data = (uint8_t *)memory + PORT_PAGE_SIZE;
	ring->bytes = pages * PORT_PAGE_SIZE;
}

/** Bytes from one index forward to another. */
static uint32_t distance(const struct ring *ring, uint32_t from, uint32_t to)
{
	return to >= from ? to - from : ring->bytes - from + to;
}

static uint32_t advance(const struct ring *ring, uint32_t index, uint32_t bytes)
{
	index += bytes;
	return index >= ring->bytes ? index - ring->bytes : index;
}

static bool index_is_valid(const struct ring *ring, uint32_t index)
{
	return index < ring->bytes && index % UNIT == 0;
}

/* ---- Writer ---- */

void ring_announce(struct ring *ring)
{
	shared_store32(ring->port, &ring->control->feature_bits,
		       FEATURE_PENDING_SEND);
}

/** Bytes that can be written by what is known of the read index. */
static uint32_t room_known(const struct ring *ring)
{
	return ring->bytes - distance(ring, ring->other, ring->index) - UNIT;
}

/**
 * Look where the reader is. It can only be between where it was and what was
 * published.
 */
static bool read_index_load(struct ring *ring)
{
	uint32_t index = shared_load32(ring->port, &ring->control->read_index);

	if (!index_is_valid(ring, index) ||
	    distance(ring, ring->other, index) >
		    distance(ring, ring->other, ring->published))
		return false;
	ring->other = index;
	return true;
}

/** Copy into the ring at an index; the room is there. */
static inline void copy_in(struct ring *ring, uint32_t index, const void *from,
			   uint32_t bytes)
{
	uint32_t first = ring->bytes - index;

	if (bytes <= first) {
		shared_write(ring->port, ring->data + index, from, bytes);
		return;
	}
	shared_write(ring->port, ring->data + index, from, first);
	shared_write(ring->port, ring->data, (const uint8_t *)from + first,
		     bytes - first);
}

static void writer_flush(struct ring_writer *writer)
{
	copy_in(writer->ring, writer->index, writer->bytes, writer->gathered);
	writer->index = advance(writer->ring, writer->index, writer->gathered);
	writer->gathered = 0;
}

void ring_put(struct ring_writer *writer, const void *data, uint32_t bytes)
{
	if (bytes > sizeof(writer->bytes) - writer->gathered)
		writer_flush(writer);
	if (bytes > sizeof(writer->bytes)) {
		copy_in(writer->ring, writer->index, data, bytes);
		writer->index = advance(writer->ring, writer->index, bytes);
		return;
	}
	memcpy(writer->bytes + writer->gathered, data, bytes);
	writer->gathered += bytes;
}

int ring_begin(struct ring *ring, struct ring_writer *writer,
	       const struct ring_packet *packet)
{
	uint64_t content = (uint64_t)packet->header_bytes +
			   packet->payload_bytes + DESCRIPTOR_BYTES;
	uint64_t length = (content + UNIT - 1) / UNIT * UNIT;
	struct ring_descriptor descriptor = {
		.type = cpu_to_le16((uint16_t)packet->type),
		.offset8 = cpu_to_le16(
			(uint16_t)((DESCRIPTOR_BYTES + packet->header_bytes) /
				   UNIT)),
		.length8 = cpu_to_le16((uint16_t)(length / UNIT)),
		.flags = cpu_to_le16(packet->completion_requested
					     ? FLAG_COMPLETION_REQUESTED
					     : 0),
		.transaction_id = cpu_to_le64(packet->transaction_id),
	};

	if (packet->header_bytes % UNIT != 0)
		return ERROR_INVALID;
	if (length / UNIT > UINT16_MAX ||
	    length + FOOTER_BYTES > ring->bytes - UNIT)
		return ERROR_NO_SPACE;
	if (length + FOOTER_BYTES > room_known(ring)) {
		if (!read_index_load(ring))
			return ERROR_PROTOCOL;
		if (length + FOOTER_BYTES > room_known(ring))
			return ERROR_AGAIN;
	}
	writer->ring = ring;
	writer->index = ring->index;
	writer->start = ring->index;
	writer->padding = (uint32_t)(length - content);
	memcpy(writer->bytes, &descriptor, sizeof(descriptor));
	writer->gathered = sizeof(descriptor);
	return 0;
}

void ring_end(struct ring_writer *writer)
{
	struct ring_footer footer = {.start = cpu_to_le32(writer->start)};
	uint8_t *end;

	if (sizeof(writer->bytes) - writer->gathered < UNIT + FOOTER_BYTES)
		writer_flush(writer);
	/*
	 * As much padding as there can be, and the footer over what is too
	 * much.
	 */
	end = writer->bytes + writer->gathered;
	memset(end, 0, UNIT);
	memcpy(end + writer->padding, &footer, sizeof(footer));
	writer->gathered += writer->padding + FOOTER_BYTES;
	writer_flush(writer);
	writer->ring->index = writer->index;
}

int ring_write(struct ring *ring, const struct ring_packet *packet,
	       const struct ring_piece pieces[], unsigned count)
{
	struct ring_writer writer;
	uint64_t bytes = 0;
	unsigned i;
	int error;

	for (i = 0; i < count; i++)
		bytes += pieces[i].bytes;
	if (bytes != (uint64_t)packet->header_bytes + packet->payload_bytes)
		return ERROR_INVALID;
	error = ring_begin(ring, &writer, packet);
	if (error)
		return error;
	for (i = 0; i < count; i++)
		ring_put(&writer, pieces[i].data, pieces[i].bytes);
	ring_end(&writer);
	return 0;
}

bool ring_publish(struct ring *ring)
{
	struct ring_control *control = ring->control;
	uint32_t before = ring->published;

	if (ring->index == before)
		return false;
	shared_store32(ring->port, &control->write_index, ring->index);
	ring->published = ring->index;
	shared_fence(ring->port);
	if (shared_load32(ring->port, &control->interrupt_mask) != 0)
		return false;
	return shared_load32(ring->port, &control->read_index) == before;
}

void ring_pending_send(struct ring *ring, uint32_t bytes)
{
	uint32_t most = ring->bytes - UNIT;

	shared_store32(ring->port, &ring->control->pending_send_bytes,
		       bytes < most ? bytes : most);
	shared_fence(ring->port);
}

uint32_t ring_room(struct ring *ring)
{
	return read_index_load(ring) ? room_known(ring) : 0;
}

/* ---- Reader ---- */

static int corrupt(struct ring *ring)
{
	ring->corrupt = true;
	return ERROR_PROTOCOL;
}

/**
 * Look how far the writer is. It cannot have written over what it was not given
 * back.
 */
static bool write_index_load(struct ring *ring)
{
	uint32_t index = shared_load32(ring->port, &ring->control->write_index);

	if (!index_is_valid(ring, index) ||
	    distance(ring, ring->published, index) <
		    distance(ring, ring->published, ring->index))
		return false;
	ring->other = index;
	return true;
}

static inline void copy_out(struct ring *ring, uint32_t index, void *to,
			    uint32_t bytes)
{
	uint32_t first = ring->bytes - index;

	if (bytes <= first) {
		shared_read(ring->port, to, ring->data + index, bytes);
		return;
	}
	shared_read(ring->port, to, ring->data + index, first);
	shared_read(ring->port, (uint8_t *)to + first, ring->data,
		    bytes - first);
}

/** Types that there are, and those with ranges behind their descriptor. */
#define TYPES                                                                  \
	(1u << RING_PACKET_INBAND | 1u << RING_PACKET_TRANSFER_PAGES |         \
	 1u << RING_PACKET_GPA_DIRECT | 1u << RING_PACKET_CANCEL |             \
	 1u << RING_PACKET_COMPLETION)
#define TYPES_WITH_RANGES                                                      \
	(1u << RING_PACKET_TRANSFER_PAGES | 1u << RING_PACKET_GPA_DIRECT)

/**
 * Check a copied descriptor against itself and against what was published.
 * @return false: no ring of a sane writer holds such a thing
 */
static bool packet_check(struct ring_packet *packet,
			 const struct ring_descriptor *descriptor,
			 uint32_t available)
{
	uint32_t type = le16_to_cpu(descriptor->type);
	uint32_t flags = le16_to_cpu(descriptor->flags);
	uint32_t offset = le16_to_cpu(descriptor->offset8) * UNIT;
	uint32_t length = le16_to_cpu(descriptor->length8) * UNIT;
	uint32_t least = DESCRIPTOR_BYTES;

	if (type >= 32 || !(TYPES >> type & 1))
		return false;
	/* The count of its ranges, at least. */
	if (TYPES_WITH_RANGES >> type & 1)
		least += UNIT;
	if ((flags & ~FLAG_COMPLETION_REQUESTED) != 0 || offset < least ||
	    length < offset || length + FOOTER_BYTES > available)
		return false;
	packet->type = (enum ring_packet_type)type;
	packet->completion_requested = flags & FLAG_COMPLETION_REQUESTED;
	packet->transaction_id = le64_to_cpu(descriptor->transaction_id);
	packet->header_bytes = offset - DESCRIPTOR_BYTES;
	packet->payload_bytes = length - offset;
	return true;
}

int ring_read(struct ring *ring, struct ring_packet *packet, void *buffer,
	      uint32_t size)
{
	struct ring_descriptor descriptor;
	uint32_t available, bytes, content;

	if (ring->corrupt)
		return ERROR_PROTOCOL;
	if (ring->index == ring->other) {
		if (!write_index_load(ring))
			return corrupt(ring);
		if (ring->index == ring->other)
			return 0;
	}
	available = distance(ring, ring->index, ring->other);
	/* Fewer bytes than these may be there: then it cannot be right. */
	copy_out(ring, ring->index, &descriptor, sizeof(descriptor));
	if (!packet_check(packet, &descriptor, available))
		return corrupt(ring);

	bytes = packet->header_bytes + packet->payload_bytes;
	content = advance(ring, ring->index, DESCRIPTOR_BYTES);
	ring->index = advance(ring, content, bytes + FOOTER_BYTES);
	if (bytes > size)
		return ERROR_NO_SPACE;
	copy_out(ring, content, buffer, bytes);
	return 1;
}

bool ring_release(struct ring *ring)
{
	struct ring_control *control = ring->control;
	const uint32_t most = ring->bytes - UNIT;
	uint32_t before = ring->published;
	uint32_t pending, free_before, free_after, write_index;

	if (ring->index == before)
		return false;
	shared_store32(ring->port, &control->read_index, ring->index);
	ring->published = ring->index;
	shared_fence(ring->port);
	pending = shared_load32(ring->port, &control->pending_send_bytes);
	if (pending == 0)
		return false;
	if (!(shared_load32(ring->port, &control->feature_bits) &
	      FEATURE_PENDING_SEND))
		return false;
	/*
	 * Some wait for more than can be, and some for an odd number, which is
	 * the same as the multiple of 8 below it. A write index that is a lie
	 * costs nothing but a signal.
	 */
	if (pending > most)
		pending = most;
	write_index = shared_load32(ring->port, &control->write_index);
	free_after = ring->bytes - distance(ring, ring->index, write_index);
	free_before = free_after - distance(ring, before, ring->index);
	return free_before <= pending && pending < free_after;
}

void ring_mask(struct ring *ring)
{
	shared_store32(ring->port, &ring->control->interrupt_mask, 1);
}

bool ring_unmask(struct ring *ring)
{
	if (ring->corrupt)
		return true;
	shared_store32(ring->port, &ring->control->interrupt_mask, 0);
	shared_fence(ring->port);
	if (shared_load32(ring->port, &ring->control->write_index) ==
	    ring->index)
		return true;
	ring_mask(ring);
	return false;
}
