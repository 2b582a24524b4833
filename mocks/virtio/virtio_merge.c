/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the device does to frames on their way in: it merges those of a TCP
 * connection that follow each other, and hands over half of a checksum as a
 * sender on the same machine leaves it (5.1.6.4).
 */
#include "mocks/virtio/virtio_internal.h"

#include <string.h>

#include "mocks/wire/merge.h"

static bool allowed(const struct host_virtio *card, unsigned bit)
{
	return card->guest_offloads & FEATURE(bit);
}

/** Half a checksum: the pseudo header's sum, and where the rest goes. */
static void partial_set(uint8_t *header, const struct frame_layout *layout)
{
	uint8_t *data = header + HEADER_BYTES;
	uint32_t field =
		layout->protocol == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM;

	frame_put16(data + layout->transport + field,
		    frame_pseudo_sum(data + layout->network, layout->version,
				     layout->protocol,
				     layout->transport_bytes));
	header[HEADER_FLAGS] = HEADER_NEEDS_CHECKSUM;
	virtio_put16(header + HEADER_CHECKSUM_START, layout->transport);
	virtio_put16(header + HEADER_CHECKSUM_OFFSET, field);
}

/** Whether a frame comes out of that as it was. */
static bool partial_fits(struct host_virtio *card, const uint8_t *data,
			 uint32_t bytes, const struct frame_layout *layout)
{
	uint32_t field =
		layout->protocol == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM;
	uint8_t *copy = card->segment;
	uint32_t sum = frame_get16(data + layout->transport + field);

	/* 0 has two faces. */
	if (!sum || sum == 0xffff)
		return false;
	memcpy(copy, data, bytes);
	frame_put16(copy + layout->transport + field,
		    frame_pseudo_sum(copy + layout->network, layout->version,
				     layout->protocol,
				     layout->transport_bytes));
	frame_complete_transport(copy + layout->transport,
				 bytes - layout->transport, field,
				 field == UDP_CHECKSUM);
	return !memcmp(copy, data, bytes);
}

static void checksum_say(struct host_virtio *card, uint8_t *header,
			 uint32_t bytes)
{
	uint32_t one_in = card->configuration.partial_one_in;
	uint8_t *data = header + HEADER_BYTES;
	struct frame_layout layout;
	unsigned wrong = 0, right;

	if (!allowed(card, NET_GUEST_CSUM))
		return;
	right = frame_checksum_verify(data, bytes,
				      FRAME_CHECKSUM_TCP | FRAME_CHECKSUM_UDP,
				      &wrong);
	if (!right || wrong)
		return;
	frame_layout_find(data, bytes, &layout);
	if (one_in && !machine_random_below(card->machine, one_in) &&
	    partial_fits(card, data, bytes, &layout))
		partial_set(header, &layout);
	else if (machine_random_below(card->machine, 2))
		header[HEADER_FLAGS] = HEADER_DATA_VALID;
}

/** How many frames can go into one packet, and buffers hold it. */
static unsigned segments_max(const struct virtio_queue *queue)
{
	struct host_virtio *card = queue->card;

	if (!card->configuration.merge ||
	    !(allowed(card, NET_GUEST_TSO4) || allowed(card, NET_GUEST_TSO6)))
		return 1;
	return 2 + machine_random_below(card->machine, VIRTIO_SEGMENTS_MAX - 1);
}

static void large_set(uint8_t *header, const struct frame_merge *merge)
{
	struct frame_layout layout = merge->layout;

	layout.transport_bytes = merge->bytes - layout.transport;
	partial_set(header, &layout);
	header[HEADER_GSO_TYPE] = layout.version == 4 ? GSO_TCP4 : GSO_TCP6;
	virtio_put16(header + HEADER_LENGTH, merge->header);
	virtio_put16(header + HEADER_GSO_SIZE, merge->mss);
}

unsigned host_virtio_merge(struct virtio_queue *queue, uint32_t *bytes)
{
	struct host_virtio *card = queue->card;
	const struct virtio_waiting *next = queue->waiting_first;
	uint8_t *data = card->packet + HEADER_BYTES;
	unsigned most = segments_max(queue), count = 1;
	uint64_t room = queue->posted_bytes - HEADER_BYTES;
	struct frame_merge merge;

	if (!host_virtio_negotiated(card, NET_MRG_RXBUF))
		room = queue->first->write_bytes - HEADER_BYTES;
	if (room > VIRTIO_PACKET_MAX - HEADER_BYTES)
		room = VIRTIO_PACKET_MAX - HEADER_BYTES;
	memset(card->packet, 0, HEADER_BYTES);
	memcpy(data, next->data, next->length);
	*bytes = next->length;
	if (most > 1 && frame_merge_begin(&merge, data, next->length) &&
	    allowed(card, merge.layout.version == 4 ? NET_GUEST_TSO4
						    : NET_GUEST_TSO6)) {
		while (count < most && (next = next->next) &&
		       frame_merge_add(&merge, data, next->data, next->length,
				       (uint32_t)room))
			count++;
		if (count > 1) {
			frame_merge_finish(&merge, data);
			*bytes = merge.bytes;
			large_set(card->packet, &merge);
			return count;
		}
	}
	checksum_say(card, card->packet, *bytes);
	return 1;
}
