/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames out of the receive buffer.
 *
 * A transfer-page packet names ranges of the receive buffer; each holds one or
 * more RNDIS messages. A range that begins with a control message is handled
 * when the packet is taken off the ring. One that begins with a frame is put in
 * line for nic_receive(), so that whoever waits for a control message sees past
 * the frames before it. The packet is completed when its last range in line was
 * consumed: only then may the host write there again.
 *
 * The host can write there before, too. So each word of a message is read once:
 * type and length when the message is reached, the rest of its header and its
 * information when its turn has come, and its frame, once, into the buffers of
 * the stack.
 */
#include "hyperv/netvsc_internal.h"

#include <string.h>

static const uint8_t *netvsc_received_at(const struct netvsc *card,
					 uint32_t offset)
{
	return (const uint8_t *)card->receive_buffer.memory + offset;
}

/* ---- In line ---- */

/* Read the header of the message at the start of a range. */
static int netvsc_range_header(struct netvsc *card, uint32_t offset,
			       uint32_t bytes, uint32_t *type,
			       uint32_t *message_bytes)
{
	struct rndis_header header;

	if (bytes < sizeof(header))
		return ERROR_PROTOCOL;
	shared_read(card->port, &header, netvsc_received_at(card, offset),
		    sizeof(header));
	return rndis_read_header(&header, sizeof(header), type, message_bytes);
}

/*
 * Go on to the next message of a range.
 * @return whether there is one. What is left of a range behind a message may
 *	also be slack; only a PACKET counts.
 */
static bool netvsc_range_advance(struct netvsc *card,
				 struct netvsc_range *range)
{
	uint32_t type;

	if (range->message_bytes < sizeof(struct rndis_packet_message) ||
	    range->message_bytes > range->bytes)
		return false;
	range->offset += range->message_bytes;
	range->bytes -= range->message_bytes;
	return netvsc_range_header(card, range->offset, range->bytes, &type,
				   &range->message_bytes) == 0 &&
	       type == RNDIS_PACKET;
}

/* Drop the rest of a range. */
static void netvsc_range_drop(struct netvsc_queue *queue,
			      struct netvsc_range *range)
{
	do
		queue->statistics.rx_drop_stopped++;
	while (netvsc_range_advance(queue->card, range));
}

static struct netvsc_range *netvsc_line_head(struct netvsc_receive *receive)
{
	return &receive->line[receive->line_first];
}

/* The range at the head is consumed: complete its packet if it was its last. */
static void netvsc_line_next(struct netvsc_queue *queue)
{
	struct netvsc_receive *receive = &queue->receive;
	struct netvsc_range *range = netvsc_line_head(receive);
	bool failed = receive->failed || range->failed;

	receive->line_first = (receive->line_first + 1) % NETVSC_LINE;
	receive->line_count--;
	receive->has_frame = false;
	receive->failed = failed && !range->last;
	if (!range->last)
		return;
	receive->packets--;
	netvsc_complete(queue, range->transaction_id, failed);
}

void netvsc_receive_drop(struct netvsc_queue *queue)
{
	while (queue->receive.line_count > 0) {
		netvsc_range_drop(queue, netvsc_line_head(&queue->receive));
		netvsc_line_next(queue);
	}
}

/* ---- Off the ring ---- */

/* A control message: copied out as far as it goes, and handled. */
static void netvsc_range_control(struct netvsc *card,
				 const struct nvsp_range *range, uint32_t type,
				 uint32_t message_bytes)
{
	struct netvsc_control *control = &card->control;
	struct rndis_header header = {
		.type = cpu_to_le32(type),
		.length = cpu_to_le32(message_bytes),
	};
	uint32_t bytes = range->bytes;

	if (bytes > message_bytes)
		bytes = message_bytes;
	if (bytes > sizeof(control->message))
		bytes = sizeof(control->message);
	/* The header is there even if the message says that it is shorter. */
	memcpy(control->message, &header, sizeof(header));
	if (bytes > sizeof(header))
		shared_read(card->port, control->message + sizeof(header),
			    netvsc_received_at(card, range->offset) +
				    sizeof(header),
			    bytes - sizeof(header));
	control->message_bytes = bytes;
	netvsc_control_received(card);
}

/*
 * Look at one range of a packet.
 * @return whether it was put in line
 */
static bool netvsc_range_take(struct netvsc_queue *queue,
			      const struct nvsp_range *range,
			      uint32_t channel_type, uint64_t transaction_id,
			      bool *failed)
{
	struct netvsc_receive *receive = &queue->receive;
	struct netvsc *card = queue->card;
	struct netvsc_range in_line = {
		.transaction_id = transaction_id,
		.offset = range->offset,
		.bytes = range->bytes,
	};
	uint32_t type;

	if (netvsc_range_header(card, range->offset, range->bytes, &type,
				&in_line.message_bytes) != 0) {
		*failed = true;
		if (channel_type == NVSP_CHANNEL_CONTROL)
			queue->statistics.bad_messages++;
		else
			queue->statistics.rx_drop_malformed++;
		return false;
	}
	if (type != RNDIS_PACKET) {
		netvsc_range_control(card, range, type, in_line.message_bytes);
		return false;
	}
	if (!card->started || receive->line_count == NETVSC_LINE) {
		netvsc_range_drop(queue, &in_line);
		return false;
	}
	receive->line[(receive->line_first + receive->line_count++) %
		      NETVSC_LINE] = in_line;
	return true;
}

/* The ranges of a packet that is what it should be. */
static void netvsc_received_ranges(struct netvsc_queue *queue,
				   const struct ring_packet *packet,
				   uint32_t count, bool ours,
				   uint32_t channel_type)
{
	struct netvsc_receive *receive = &queue->receive;
	struct netvsc *card = queue->card;
	struct nvsp_range range;
	struct netvsc_range *last;
	bool failed = false;
	uint32_t i, lined_up = 0;

	for (i = 0; i < count; i++) {
		if (!ours ||
		    nvsp_read_range(queue->packet, i,
				    card->configuration.receive_buffer_bytes,
				    &range) != 0) {
			queue->statistics.rx_drop_malformed++;
			failed = true;
			continue;
		}
		if (netvsc_range_take(queue, &range, channel_type,
				      packet->transaction_id, &failed))
			lined_up++;
		if (card->removed || card->failed)
			return;
	}
	if (lined_up == 0) {
		netvsc_complete(queue, packet->transaction_id, failed);
		return;
	}
	last = &receive->line[(receive->line_first + receive->line_count - 1) %
			      NETVSC_LINE];
	last->last = true;
	last->failed = failed;
	receive->packets++;
}

void netvsc_received(struct netvsc_queue *queue,
		     const struct ring_packet *packet)
{
	const uint8_t *payload = queue->packet + packet->header_bytes;
	uint32_t channel_type = NVSP_CHANNEL_DATA;
	uint16_t page_set = 0;
	int count;

	count = nvsp_read_transfer_pages(queue->packet, packet->header_bytes,
					 &page_set);
	/* Before the host has a receive buffer there is nothing to read. */
	if (count < 0 || !queue->card->receive_buffer.given ||
	    nvsp_read_rndis_packet(payload, packet->payload_bytes,
				   &channel_type) != 0) {
		queue->statistics.bad_messages++;
		netvsc_complete(queue, packet->transaction_id, true);
		return;
	}
	netvsc_received_ranges(queue, packet, (uint32_t)count,
			       page_set == NETVSC_RECEIVE_BUFFER_ID,
			       channel_type);
}

/* ---- To the stack ---- */

/* Whether a frame's length may be that of a frame, tagged or not. */
static bool netvsc_length_possible(const struct netvsc *card,
				   const struct netvsc_frame *frame)
{
	uint32_t most = card->nic.information.mtu + ETHERNET_HEADER_BYTES;

	if (!frame->information.has_vlan)
		most += ETHERNET_VLAN_BYTES;
	return frame->bytes >= ETHERNET_HEADER_BYTES && frame->bytes <= most;
}

/* Read the message at the head's offset up to its frame. */
static int netvsc_message_read(struct netvsc_queue *queue,
			       const struct netvsc_range *range,
			       struct netvsc_frame *frame)
{
	struct netvsc_receive *receive = &queue->receive;
	struct port *port = queue->card->port;
	const uint8_t *at = netvsc_received_at(queue->card, range->offset);
	struct rndis_packet_message message = {
		.header.type = CPU_TO_LE32(RNDIS_PACKET),
		.header.length = cpu_to_le32(range->message_bytes),
	};
	struct rndis_packet packet;

	if (range->message_bytes < sizeof(message) ||
	    range->message_bytes > range->bytes)
		return ERROR_PROTOCOL;
	shared_read(port, (uint8_t *)&message + sizeof(message.header),
		    at + sizeof(message.header),
		    sizeof(message) - sizeof(message.header));
	if (rndis_read_packet(&message, range->bytes, &packet) != 0 ||
	    packet.information_bytes > sizeof(receive->information))
		return ERROR_PROTOCOL;
	if (packet.information_bytes != 0)
		shared_read(port, receive->information,
			    at + packet.information_offset,
			    packet.information_bytes);
	frame->offset = range->offset + packet.data_offset;
	frame->bytes = packet.data_bytes;
	return rndis_read_information(receive->information,
				      packet.information_bytes,
				      &frame->information);
}

/* The message at the head is dealt with. */
static void netvsc_message_next(struct netvsc_queue *queue)
{
	queue->receive.has_frame = false;
	if (!netvsc_range_advance(queue->card,
				  netvsc_line_head(&queue->receive)))
		netvsc_line_next(queue);
}

/*
 * Find the next frame that may be one, and drop what is none.
 * @return whether there is one
 */
static bool netvsc_frame_find(struct netvsc_queue *queue)
{
	struct netvsc_receive *receive = &queue->receive;
	struct netvsc_frame *frame = &receive->frame;

	while (!receive->has_frame && receive->line_count > 0) {
		if (netvsc_message_read(queue, netvsc_line_head(receive),
					frame) != 0) {
			queue->statistics.rx_drop_malformed++;
			receive->failed = true;
			netvsc_message_next(queue);
		} else if (!netvsc_length_possible(queue->card, frame)) {
			queue->statistics.rx_drop_length++;
			netvsc_message_next(queue);
		} else {
			receive->has_frame = true;
		}
	}
	return receive->has_frame;
}

/* Have so many buffers in stock, as far as the stack gives them. */
static bool netvsc_stock(struct netvsc_queue *queue, uint32_t needed)
{
	struct netvsc_receive *receive = &queue->receive;
	const struct nic_stack *stack = &queue->card->stack;
	uint32_t wanted;
	unsigned got;

	if (receive->stock_count >= needed)
		return true;
	wanted = needed - receive->stock_count;
	if (wanted < NETVSC_STOCK_BURST)
		wanted = NETVSC_STOCK_BURST;
	if (wanted > NETVSC_STOCK - receive->stock_count)
		wanted = NETVSC_STOCK - receive->stock_count;
	got = stack->supply(stack->context, 0,
			    &receive->stock[receive->stock_count], wanted);
	receive->stock_count += got < wanted ? got : wanted;
	return receive->stock_count >= needed;
}

/* Copy the frame into the newest buffers in stock, which stay there as yet. */
static void netvsc_frame_copy(struct netvsc_queue *queue,
			      struct net_segment segments[])
{
	struct netvsc_receive *receive = &queue->receive;
	struct netvsc *card = queue->card;
	uint32_t most = card->stack.receive_buffer_bytes;
	const uint8_t *from = netvsc_received_at(card, receive->frame.offset);
	uint32_t left = receive->frame.bytes;
	uint32_t at = receive->stock_count;

	for (; left > 0; segments++) {
		*segments = receive->stock[--at];
		segments->length = left < most ? left : most;
		shared_read(card->port, segments->data, from, segments->length);
		from += segments->length;
		left -= segments->length;
	}
}

static uint16_t
netvsc_receive_flags(const struct netvsc *card,
		     const struct rndis_information *information)
{
	uint32_t checksum = information->checksum;
	uint16_t flags = information->has_vlan ? NET_VLAN : 0;

	if (!information->has_checksum ||
	    !(card->nic.information.features & NIC_FEATURE_RX_CHECKSUM))
		return flags;
	/* Good is what the host says is good, and nothing says is bad. */
	if (checksum & RNDIS_CHECKSUM_IP_FAILED)
		flags |= NET_RX_CHECKSUM_BAD;
	else if (checksum & RNDIS_CHECKSUM_IP_GOOD)
		flags |= NET_RX_CHECKSUM_IPV4_GOOD;
	if (checksum & (RNDIS_CHECKSUM_TCP_FAILED | RNDIS_CHECKSUM_UDP_FAILED))
		flags |= NET_RX_CHECKSUM_BAD;
	else if (checksum & (RNDIS_CHECKSUM_TCP_GOOD | RNDIS_CHECKSUM_UDP_GOOD))
		flags |= NET_RX_CHECKSUM_L4_GOOD;
	return flags;
}

/*
 * The frame as a packet in the stack's segments, of which it takes the first.
 */
static void netvsc_frame_packet(struct netvsc_queue *queue, uint32_t needed,
				uint32_t first, struct net_packet *packet)
{
	const struct netvsc_frame *frame = &queue->receive.frame;

	memset(packet, 0, sizeof(*packet));
	packet->first_segment = first;
	packet->segment_count = needed;
	packet->length = frame->bytes;
	packet->flags = netvsc_receive_flags(queue->card, &frame->information);
	packet->vlan_tag = frame->information.vlan_tag;
}

/*
 * Give the frame at the head to the stack, or drop it.
 * @param first the first free one of the segments
 * @return how many segments it took, 0 when it was dropped
 */
static uint32_t netvsc_frame_deliver(struct netvsc_queue *queue,
				     uint32_t needed, struct net_packet *packet,
				     struct net_segment segments[],
				     uint32_t first)
{
	struct nic_statistics *statistics = &queue->statistics;
	uint32_t mtu = queue->card->nic.information.mtu;

	if (!netvsc_stock(queue, needed)) {
		statistics->rx_drop_no_buffer++;
		return 0;
	}
	netvsc_frame_copy(queue, &segments[first]);
	netvsc_frame_packet(queue, needed, first, packet);
	/* The four bytes more must be a tag's. */
	if (!net_packet_fits(packet, segments, mtu)) {
		statistics->rx_drop_length++;
		return 0;
	}
	queue->receive.stock_count -= needed;
	statistics->rx_frames++;
	statistics->rx_bytes += packet->length;
	return needed;
}

unsigned netvsc_receive(struct nic *nic, unsigned index,
			struct net_packet packets[], unsigned n,
			struct net_segment segments[], unsigned m)
{
	struct netvsc *card = netvsc_of(nic);
	struct netvsc_queue *queue = &card->queue;
	struct netvsc_receive *receive = &queue->receive;
	uint32_t needed, taken, used = 0;
	uint32_t most = card->stack.receive_buffer_bytes;
	/* A host that delivers faster than this drops is not kept up with. */
	unsigned count = 0, budget = n + NETVSC_LINE;

	if (index != 0 || !card->channel_open || !netvsc_alive(card))
		return 0;
	/* A stopped card has no frames in line, but the ring is to be read. */
	netvsc_poll(queue, false);
	while (count < n && budget-- > 0 && netvsc_frame_find(queue)) {
		needed = (receive->frame.bytes + most - 1) / most;
		if (needed > m - used)
			break;
		taken = netvsc_frame_deliver(queue, needed, &packets[count],
					     segments, used);
		used += taken;
		count += taken > 0;
		netvsc_message_next(queue);
		if (receive->line_count == 0 && count < n)
			netvsc_poll(queue, false);
	}
	if (netvsc_alive(card))
		netvsc_flush(queue);
	return count;
}

void netvsc_receive_release(struct netvsc_queue *queue)
{
	struct netvsc_receive *receive = &queue->receive;
	const struct nic_stack *stack = &queue->card->stack;

	while (receive->stock_count > 0)
		stack->release(stack->context,
			       &receive->stock[--receive->stock_count]);
}
