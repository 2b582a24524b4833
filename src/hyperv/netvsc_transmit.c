/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames into the send buffer, or by their pages.
 *
 * A frame is preceded by an RNDIS header with what is to be done for it. Up to
 * copy_bytes_max, both are copied into a section of the send buffer, several of
 * a burst behind one another as far as the host takes that; the frame's owner
 * is done with at once. Longer frames stay where they are: the header lies in a
 * place of its own, never across a page, and the packet names it and the
 * frame's pages; the owner is done with when the host completes it. A frame in
 * very many pieces is copied all the same, if a section can hold it.
 *
 * A section or a place is free again only when the packet that used it is
 * completed. When there is none, or no room in the ring, fewer frames are
 * taken; which way a frame goes depends on the frame alone.
 */
#include "hyperv/netvsc_internal.h"

#include <string.h>

#define CHECKSUM_L4 (NET_TX_CHECKSUM_TCP | NET_TX_CHECKSUM_UDP)

/** The shortest IPv4 and IPv6 headers. */

/** A frame on its way through this file. */
struct netvsc_frame_out {
	const struct net_packet *packet;
	const struct net_segment *segments;
	/** Segments that are not empty. */
	uint32_t pieces;
	uint32_t header_bytes;
	struct rndis_information information;
};

void netvsc_transmit_reset(struct netvsc_queue *queue)
{
	struct netvsc_transmit *transmit = &queue->transmit;

	memset(transmit->sections_used, 0, sizeof(transmit->sections_used));
	transmit->aggregate.open = false;
	transmit->place_wanted = false;
	transmit->place_free = false;
}

/* ---- What a frame asks for ---- */

/* Whether the headers are where a host would look for them. */
static bool netvsc_offsets_valid(const struct net_packet *packet)
{
	uint32_t l3_bytes = packet->flags & NET_IPV6 ? IPV6_HEADER_BYTES
						     : IPV4_HEADER_BYTES;

	if (packet->l3_offset < ETHERNET_HEADER_BYTES ||
	    packet->l3_offset + l3_bytes > packet->length)
		return false;
	if (!(packet->flags & CHECKSUM_L4))
		return true;
	return packet->l4_offset >= packet->l3_offset + l3_bytes &&
	       packet->l4_offset < packet->length &&
	       packet->l4_offset <= RNDIS_CHECKSUM_OFFSET_MAX;
}

static bool netvsc_checksum_information(uint32_t features,
					const struct net_packet *packet,
					struct rndis_information *information)
{
	uint16_t flags = packet->flags;
	uint32_t bits =
		flags & NET_IPV6 ? RNDIS_CHECKSUM_IPV6 : RNDIS_CHECKSUM_IPV4;
	uint32_t needed = 0;

	if (flags & NET_TX_CHECKSUM_IPV4) {
		needed |= NIC_FEATURE_TX_CHECKSUM_IPV4;
		bits |= RNDIS_CHECKSUM_IP_HEADER;
	}
	if (flags & NET_TX_CHECKSUM_TCP) {
		needed |= NIC_FEATURE_TX_CHECKSUM_TCP;
		bits |= RNDIS_CHECKSUM_TCP;
	}
	if (flags & NET_TX_CHECKSUM_UDP) {
		needed |= NIC_FEATURE_TX_CHECKSUM_UDP;
		bits |= RNDIS_CHECKSUM_UDP;
	}
	if (needed == 0)
		return true;
	if ((needed & ~features) != 0 || !netvsc_offsets_valid(packet) ||
	    (flags & CHECKSUM_L4) == CHECKSUM_L4 ||
	    ((flags & NET_IPV6) && (flags & NET_TX_CHECKSUM_IPV4)))
		return false;
	if (flags & CHECKSUM_L4)
		bits |= (uint32_t)packet->l4_offset
			<< RNDIS_CHECKSUM_OFFSET_SHIFT;
	information->has_checksum = true;
	information->checksum = bits;
	return true;
}

/* A tag beside the frame: then there is none in it (the host's rule). */
static bool netvsc_vlan_information(uint32_t features,
				    const struct netvsc_frame_out *frame,
				    struct rndis_information *information)
{
	const struct net_segment *first =
		&frame->segments[frame->packet->first_segment];
	const uint8_t *bytes = first->data;

	if (!(frame->packet->flags & NET_VLAN))
		return true;
	if (!(features & NIC_FEATURE_TX_VLAN))
		return false;
	if (first->length >= ETHERNET_HEADER_BYTES &&
	    bytes[12] == ETHERNET_TYPE_VLAN >> 8 &&
	    bytes[13] == (ETHERNET_TYPE_VLAN & 0xff))
		return false;
	information->has_vlan = true;
	information->vlan_tag = frame->packet->vlan_tag;
	return true;
}

/* Whether a frame can be sent at all; finds out what there is to know. */
static bool netvsc_frame_check(const struct netvsc *card,
			       struct netvsc_frame_out *frame)
{
	const struct nic_information *information = &card->nic.information;
	const struct net_packet *packet = frame->packet;
	const struct net_segment *segment;
	uint64_t bytes = 0;
	uint32_t i;

	memset(&frame->information, 0, sizeof(frame->information));
	frame->pieces = 0;
	if (!net_packet_fits(packet, frame->segments, information->mtu))
		return false;
	for (i = 0; i < packet->segment_count; i++) {
		segment = &frame->segments[packet->first_segment + i];
		bytes += segment->length;
		frame->pieces += segment->length != 0;
	}
	if (bytes != packet->length ||
	    !netvsc_vlan_information(information->features, frame,
				     &frame->information) ||
	    !netvsc_checksum_information(information->features, packet,
					 &frame->information))
		return false;
	frame->header_bytes = rndis_packet_header_bytes(&frame->information);
	return true;
}

/* ---- Owners ---- */

static void netvsc_owner_done(struct netvsc_queue *queue, void *owner)
{
	struct netvsc_transmit *transmit = &queue->transmit;
	uint32_t depth = queue->card->configuration.transmit_depth;

	transmit->done[(transmit->done_first + transmit->done_count++) %
		       depth] = owner;
}

/* Whether one more owner would fit when all those in flight come back. */
static bool netvsc_owner_fits(const struct netvsc_queue *queue)
{
	const struct netvsc_transmit *transmit = &queue->transmit;

	return transmit->done_count + transmit->owners <
	       queue->card->configuration.transmit_depth;
}

unsigned netvsc_reclaim(struct nic *nic, unsigned index, void *owners[],
			unsigned n)
{
	struct netvsc *card = netvsc_of(nic);
	struct netvsc_queue *queue = &card->queue;
	struct netvsc_transmit *transmit = &queue->transmit;
	uint32_t depth = card->configuration.transmit_depth;
	unsigned count;

	if (index != 0)
		return 0;
	if (transmit->done_count < n && card->channel_open &&
	    netvsc_alive(card)) {
		netvsc_poll(queue, false);
		if (netvsc_alive(card))
			netvsc_flush(queue);
	}
	for (count = 0; count < n && transmit->done_count > 0; count++) {
		owners[count] = transmit->done[transmit->done_first];
		transmit->done_first = (transmit->done_first + 1) % depth;
		transmit->done_count--;
	}
	return count;
}

/* ---- Packets to the host, and their end ---- */

/* Take back the segments of a frame and its header's place. */
static void netvsc_pieces_take(struct netvsc_queue *queue, uint32_t index)
{
	struct netvsc_message *message = &queue->messages[index];
	struct netvsc_transmit *transmit = &queue->transmit;
	struct port *port = queue->card->port;
	struct netvsc_piece *piece;
	uint32_t i = message->first_piece, next;

	port_dma_take(port, transmit->headers + index * NETVSC_HEADER_BYTES,
		      message->header_bytes, PORT_DMA_TO_DEVICE);
	for (; i != NETVSC_NONE; i = next) {
		piece = &transmit->pieces[i];
		next = piece->next;
		port_dma_take(port, piece->data, piece->bytes,
			      PORT_DMA_TO_DEVICE);
		piece->next = transmit->first_free_piece;
		transmit->first_free_piece = i;
		transmit->free_pieces++;
	}
}

static void netvsc_section_free(struct netvsc_transmit *transmit,
				uint32_t section)
{
	transmit->sections_used[section / 32] &= ~(1u << section % 32);
}

void netvsc_transmitted(struct netvsc_queue *queue, uint32_t index,
			bool success)
{
	struct netvsc_message *message = &queue->messages[index];
	struct netvsc_transmit *transmit = &queue->transmit;
	struct nic_statistics *statistics = &queue->statistics;

	transmit->messages--;
	transmit->place_free |= transmit->place_wanted;
	transmit->place_wanted = false;
	if (message->section != NETVSC_NONE) {
		netvsc_section_free(transmit, message->section);
	} else {
		netvsc_pieces_take(queue, index);
		transmit->owners--;
		netvsc_owner_done(queue, message->owner);
	}
	if (!success) {
		statistics->tx_errors += message->frames;
		return;
	}
	statistics->tx_frames += message->frames;
	statistics->tx_bytes += message->bytes;
	if (message->section == NETVSC_NONE)
		statistics->tx_pages++;
	else if (message->frames == 1)
		statistics->tx_copied++;
	else
		statistics->tx_aggregated += message->frames;
}

/* ---- Copied ---- */

/* A free section below what is usable, or NETVSC_NONE. */
static uint32_t netvsc_section_take(struct netvsc *card)
{
	uint32_t *used = card->queue.transmit.sections_used;
	uint32_t count = card->section_count, word, section;

	if (count > NETVSC_SECTIONS_MAX)
		count = NETVSC_SECTIONS_MAX;
	for (word = 0; word * 32 < count; word++) {
		if (used[word] == UINT32_MAX)
			continue;
		section = word * 32 + (uint32_t)__builtin_ctz(~used[word]);
		if (section >= count)
			return NETVSC_NONE;
		used[word] |= 1u << section % 32;
		return section;
	}
	return NETVSC_NONE;
}

/* Send what was put together. There is room: the ring was asked before. */
static void netvsc_aggregate_send(struct netvsc_queue *queue)
{
	struct netvsc_aggregate *aggregate = &queue->transmit.aggregate;
	struct netvsc_message *message = &queue->messages[aggregate->index];
	struct nvsp_message nvsp;

	if (!aggregate->open)
		return;
	aggregate->open = false;
	nvsp_write_rndis_packet(&nvsp, NVSP_CHANNEL_DATA, message->section,
				aggregate->used);
	if (netvsc_staged(queue,
			  channel_send(queue->channel, &nvsp, sizeof(nvsp),
				       message->id, true)) == 0)
		return;
	/* Lost with the card, if netvsc_die() did not see to it already. */
	if (message->kind == NETVSC_FREE)
		return;
	netvsc_message_cancel(queue, aggregate->index);
	netvsc_transmitted(queue, aggregate->index, false);
}

/*
 * Begin a section.
 * @return 0, or ERROR_AGAIN when something for it is in use
 */
static int netvsc_aggregate_open(struct netvsc_queue *queue)
{
	struct netvsc_transmit *transmit = &queue->transmit;
	struct netvsc_aggregate *aggregate = &transmit->aggregate;
	uint32_t section;

	if (transmit->messages >= queue->card->configuration.transmit_depth)
		return ERROR_AGAIN;
	if (channel_room(queue->channel) < NETVSC_INBAND_RING_BYTES) {
		transmit->ring_full = true;
		netvsc_ask_for_room(queue, NETVSC_ROOM_FRAMES,
				    NETVSC_INBAND_RING_BYTES);
		return ERROR_AGAIN;
	}
	section = netvsc_section_take(queue->card);
	if (section == NETVSC_NONE)
		return ERROR_AGAIN;
	/* There is one: fewer are in use than the depth. */
	aggregate->index = netvsc_message_begin(queue, NETVSC_FRAMES);
	queue->messages[aggregate->index].section = section;
	transmit->messages++;
	aggregate->open = true;
	aggregate->used = 0;
	return 0;
}

/* Whether the host takes one more message of that length in the section. */
static bool netvsc_aggregate_fits(const struct netvsc *card, uint32_t bytes)
{
	const struct netvsc_aggregate *aggregate =
		&card->queue.transmit.aggregate;
	uint32_t most = card->section_bytes;

	if (most > card->aggregate_bytes)
		most = card->aggregate_bytes;
	return aggregate->open &&
	       card->queue.messages[aggregate->index].frames <
		       card->aggregate_frames &&
	       aggregate->used <= most && bytes <= most - aggregate->used;
}

/* Copy a frame and its header behind what the section already holds. */
static void netvsc_frame_append(struct netvsc_queue *queue,
				const struct netvsc_frame_out *frame,
				uint32_t bytes)
{
	static const uint8_t zeroes[NETVSC_ALIGNMENT_MAX];
	struct netvsc_aggregate *aggregate = &queue->transmit.aggregate;
	struct netvsc_message *message = &queue->messages[aggregate->index];
	const struct net_packet *packet = frame->packet;
	struct netvsc *card = queue->card;
	uint8_t header[RNDIS_PACKET_HEADER_MAX];
	const struct net_segment *segment;
	uint32_t i, padding = bytes - frame->header_bytes - packet->length;
	uint8_t *to = card->send_buffer.memory;

	to += (size_t)message->section * card->section_bytes + aggregate->used;
	rndis_write_packet(header, packet->length, padding,
			   &frame->information);
	shared_write(card->port, to, header, frame->header_bytes);
	to += frame->header_bytes;
	for (i = 0; i < packet->segment_count; i++) {
		segment = &frame->segments[packet->first_segment + i];
		if (segment->length == 0)
			continue;
		shared_write(card->port, to, segment->data, segment->length);
		to += segment->length;
	}
	if (padding != 0)
		shared_write(card->port, to, zeroes, padding);
	aggregate->used += bytes;
	message->frames++;
	message->bytes += packet->length;
	netvsc_owner_done(queue, packet->owner);
}

static int netvsc_transmit_copied(struct netvsc_queue *queue,
				  const struct netvsc_frame_out *frame)
{
	struct netvsc *card = queue->card;
	uint32_t bytes = frame->header_bytes + frame->packet->length;
	uint32_t aligned =
		(bytes + card->alignment - 1) & ~(card->alignment - 1);
	int error;

	/*
	 * Each message is padded to where the next may begin: whether there is
	 * a next one is not known yet, and padding at the end does no harm.
	 */
	if (aligned <= card->section_bytes && card->aggregate_frames > 1)
		bytes = aligned;
	if (!netvsc_aggregate_fits(card, bytes)) {
		netvsc_aggregate_send(queue);
		if (!netvsc_alive(card))
			return ERROR_AGAIN;
		error = netvsc_aggregate_open(queue);
		if (error)
			return error;
	}
	netvsc_frame_append(queue, frame, bytes);
	return 0;
}

/* ---- By pages ---- */

static uint32_t netvsc_pages(const void *data, uint32_t bytes)
{
	uint32_t offset = (uint32_t)((uintptr_t)data % PORT_PAGE_SIZE);

	return (offset + bytes + PORT_PAGE_SIZE - 1) / PORT_PAGE_SIZE;
}

/*
 * Give header and segments to the device, as ranges in transmit->ranges.
 * @return how many pages they have
 */
static uint32_t netvsc_pieces_give(struct netvsc_queue *queue, uint32_t index,
				   const struct netvsc_frame_out *frame)
{
	struct netvsc_message *message = &queue->messages[index];
	struct netvsc_transmit *transmit = &queue->transmit;
	struct channel_range *range = transmit->ranges;
	struct port *port = queue->card->port;
	const struct net_segment *segment;
	uint32_t i, at, pages = 1, *link = &message->first_piece;

	range->data = transmit->headers + index * NETVSC_HEADER_BYTES;
	range->bytes = frame->header_bytes;
	port_dma_give(port, range->data, range->bytes, PORT_DMA_TO_DEVICE);
	for (i = 0; i < frame->packet->segment_count; i++) {
		segment = &frame->segments[frame->packet->first_segment + i];
		if (segment->length == 0)
			continue;
		at = transmit->first_free_piece;
		transmit->first_free_piece = transmit->pieces[at].next;
		transmit->free_pieces--;
		transmit->pieces[at].data = segment->data;
		transmit->pieces[at].bytes = segment->length;
		*link = at;
		link = &transmit->pieces[at].next;
		range++;
		range->data = segment->data;
		range->bytes = segment->length;
		pages += netvsc_pages(segment->data, segment->length);
		port_dma_give(port, segment->data, segment->length,
			      PORT_DMA_TO_DEVICE);
	}
	*link = NETVSC_NONE;
	return pages;
}

/* The packet found no room: undo what was done for it. */
static void netvsc_pages_cancel(struct netvsc_queue *queue, uint32_t index)
{
	if (queue->messages[index].kind == NETVSC_FREE)
		return;
	netvsc_pieces_take(queue, index);
	netvsc_message_cancel(queue, index);
	queue->transmit.messages--;
	queue->transmit.owners--;
}

static int netvsc_transmit_pages(struct netvsc_queue *queue,
				 const struct netvsc_frame_out *frame)
{
	struct netvsc_transmit *transmit = &queue->transmit;
	const struct net_packet *packet = frame->packet;
	struct netvsc_message *message;
	struct nvsp_message nvsp;
	uint32_t index, pages;
	int error;

	if (transmit->messages >= queue->card->configuration.transmit_depth ||
	    transmit->free_pieces < frame->pieces)
		return ERROR_AGAIN;
	index = netvsc_message_begin(queue, NETVSC_FRAMES);
	message = &queue->messages[index];
	message->frames = 1;
	message->bytes = packet->length;
	message->owner = packet->owner;
	message->header_bytes = frame->header_bytes;
	transmit->messages++;
	transmit->owners++;
	rndis_write_packet(transmit->headers + index * NETVSC_HEADER_BYTES,
			   packet->length, 0, &frame->information);
	pages = netvsc_pieces_give(queue, index, frame);
	nvsp_write_rndis_packet(&nvsp, NVSP_CHANNEL_DATA, NVSP_SECTION_NONE, 0);
	error = channel_send_ranges(queue->channel, transmit->ranges,
				    frame->pieces + 1, &nvsp, sizeof(nvsp),
				    message->id);
	if (error)
		netvsc_pages_cancel(queue, index);
	if (error == ERROR_AGAIN) {
		transmit->ring_full = true;
		netvsc_ask_for_room(queue, NETVSC_ROOM_FRAMES,
				    NETVSC_PAGES_RING_BYTES(pages));
	}
	return netvsc_staged(queue, error);
}

/* ---- A burst ---- */

/* Whether a frame goes through the send buffer. */
static bool netvsc_is_copied(const struct netvsc *card,
			     const struct netvsc_frame_out *frame)
{
	uint32_t bytes = frame->header_bytes + frame->packet->length;

	if (card->section_count == 0 || bytes > card->section_bytes)
		return false;
	return frame->packet->length <= card->configuration.copy_bytes_max ||
	       frame->pieces > NETVSC_SEGMENTS_COPY;
}

/*
 * Take one frame.
 * @return 0 when it was taken, sent or not; ERROR_AGAIN when it was not
 */
static int netvsc_transmit_one(struct netvsc_queue *queue,
			       const struct net_packet *packet,
			       const struct net_segment segments[])
{
	struct netvsc_frame_out frame = {
		.packet = packet,
		.segments = segments,
	};
	int error = ERROR_NO_SPACE;

	if (!netvsc_owner_fits(queue))
		return ERROR_AGAIN;
	if (netvsc_frame_check(queue->card, &frame)) {
		if (netvsc_is_copied(queue->card, &frame))
			return netvsc_transmit_copied(queue, &frame);
		/* Frames leave in the order that they came. */
		netvsc_aggregate_send(queue);
		if (!netvsc_alive(queue->card))
			return ERROR_AGAIN;
		if (frame.pieces <= NETVSC_SEGMENTS_MAX)
			error = netvsc_transmit_pages(queue, &frame);
	}
	/* What no ring of this size can take will never be taken. */
	if (error != ERROR_NO_SPACE)
		return error == 0 ? 0 : ERROR_AGAIN;
	queue->statistics.tx_invalid++;
	netvsc_owner_done(queue, packet->owner);
	return 0;
}

unsigned netvsc_transmit(struct nic *nic, unsigned index,
			 struct net_packet packets[], unsigned n,
			 const struct net_segment segments[])
{
	struct netvsc *card = netvsc_of(nic);
	struct netvsc_queue *queue = &card->queue;
	unsigned taken = 0;

	if (index != 0 || !card->started || !netvsc_alive(card))
		return 0;
	netvsc_poll(queue, false);
	queue->transmit.ring_full = false;
	queue->transmit.place_wanted = false;
	queue->transmit.place_free = false;
	while (taken < n && netvsc_alive(card) &&
	       netvsc_transmit_one(queue, &packets[taken], segments) == 0)
		taken++;
	if (!netvsc_alive(card))
		return taken;
	netvsc_aggregate_send(queue);
	/* What waits for a section or a place does not wait for room. */
	if (!queue->transmit.ring_full)
		netvsc_got_room(queue, NETVSC_ROOM_FRAMES);
	queue->transmit.place_wanted = taken < n && !queue->transmit.ring_full;
	netvsc_flush(queue);
	return taken;
}
