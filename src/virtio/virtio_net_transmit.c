/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames to the device (Virtual I/O Device 1.2, 5.1.6.2).
 *
 * A frame is a chain: the header, which says what is to be done for it, and the
 * frame itself, a piece for each run of memory. The stack's memory is never
 * written: the sum of the pseudo header stands in the frame as both sides want
 * it. What the device says of a frame that it used is not looked at; the
 * specification gives it no meaning.
 */
#include "virtio/virtio_net_internal.h"

#include <string.h>

#define CHECKSUM_L4 (NET_TX_CHECKSUM_TCP | NET_TX_CHECKSUM_UDP)

#define TCP_DATA_OFFSET 12u
#define TCP_FLAGS	13u
#define TCP_FLAG_CWR	0x80u
#define TCP_CHECKSUM	16u
#define UDP_CHECKSUM	6u

/** A frame on its way through this file. */
struct frame_out {
	const struct net_packet *packet;
	const struct net_segment *segments;
	struct virtio_net_header header;
	unsigned count;
};

/* ---- Memory ---- */

static int transmit_tables(struct virtio_net_transmit *transmit,
			   struct port *port)
{
	uint32_t size = transmit->size;
	size_t bytes = (size_t)size * VIRTIO_NET_HEADER_STEP;

	transmit->header_pages = (bytes + PORT_PAGE_SIZE - 1) / PORT_PAGE_SIZE;
	transmit->headers = port_pages_alloc(port, transmit->header_pages, 0,
					     "virtio-net: headers");
	transmit->frames = port_alloc(port, size * sizeof(*transmit->frames),
				      "virtio-net: frames in flight");
	transmit->given = port_alloc(port, size * sizeof(*transmit->given),
				     "virtio-net: pieces in flight");
	transmit->done = port_alloc(port, size * sizeof(*transmit->done),
				    "virtio-net: owners done");
	return transmit->headers && transmit->frames && transmit->given &&
			       transmit->done
		       ? 0
		       : ERROR_NO_MEMORY;
}

int virtio_net_transmit_make(struct virtio_net_queue *queue, uint32_t size)
{
	struct virtio_net_transmit *transmit = &queue->transmit;
	struct virtio_net *card = queue->card;
	const struct virtqueue_configuration configuration = {
		.size = size,
		.packed = virtio_net_has(card, VIRTIO_FEATURE_PACKED),
		.event_index = virtio_net_has(card, VIRTIO_FEATURE_EVENT_INDEX),
		.tables = !virtio_net_has(card, VIRTIO_FEATURE_INDIRECT) ? 0
			  : size < VIRTIO_NET_TABLES			 ? size
						     : VIRTIO_NET_TABLES,
	};
	uint32_t i;
	int error;

	transmit->size = size;
	transmit->index = 2 * queue->index + 1;
	error = virtqueue_make(&transmit->virtqueue, card->port,
			       &configuration);
	if (!error)
		error = transmit_tables(transmit, card->port);
	if (error)
		return error;
	for (i = 0; i < size; i++) {
		transmit->frames[i].next_free = (uint16_t)(i + 1);
		transmit->given[i].next = (uint16_t)(i + 1);
	}
	transmit->given_free = size;
	return 0;
}

void virtio_net_transmit_free(struct virtio_net_queue *queue)
{
	struct virtio_net_transmit *transmit = &queue->transmit;
	struct port *port = queue->card->port;

	virtqueue_free(&transmit->virtqueue);
	port_pages_free(port, transmit->headers, transmit->header_pages);
	port_free(port, transmit->frames);
	port_free(port, transmit->given);
	port_free(port, transmit->done);
}

/* ---- Owners ---- */

static void owner_done(struct virtio_net_transmit *transmit, void *owner)
{
	transmit->done[(transmit->done_first + transmit->done_count++) %
		       transmit->size] = owner;
}

/* Whether one more owner would fit when all those in flight come back. */
static bool owner_fits(const struct virtio_net_transmit *transmit)
{
	return transmit->done_count + transmit->in_flight < transmit->size;
}

/* ---- Used ---- */

/* The memory of a frame is the driver's again. */
static void given_take(struct virtio_net_queue *queue,
		       const struct virtio_net_frame *frame)
{
	struct virtio_net_transmit *transmit = &queue->transmit;
	uint16_t at = frame->first_given, next;
	struct virtio_net_given *given;

	for (; at != VIRTIO_NET_NONE; at = next) {
		given = &transmit->given[at];
		next = given->next;
		port_dma_take(queue->card->port, given->data, given->bytes,
			      PORT_DMA_TO_DEVICE);
		given->next = transmit->first_given;
		transmit->first_given = at;
		transmit->given_free++;
	}
}

static void frame_done(struct virtio_net_queue *queue, uint32_t token,
		       bool sent)
{
	struct nic_statistics *statistics = &queue->statistics;
	struct virtio_net_transmit *transmit = &queue->transmit;
	struct virtio_net_frame *frame = &transmit->frames[token];

	given_take(queue, frame);
	frame->in_flight = false;
	frame->next_free = transmit->first_frame;
	transmit->first_frame = (uint16_t)token;
	transmit->in_flight--;
	owner_done(transmit, frame->owner);
	if (!sent) {
		statistics->tx_errors++;
		return;
	}
	statistics->tx_frames++;
	statistics->tx_bytes += frame->bytes;
	statistics->tx_pages++;
	if (frame->is_segmented)
		statistics->tx_segmented++;
}

void virtio_net_transmit_poll(struct virtio_net_queue *queue)
{
	struct virtio_net_transmit *transmit = &queue->transmit;
	uint32_t left = transmit->size;
	struct virtqueue_used used;
	int result = 1;

	/*
	 * With nothing in flight nothing can be used. It is looked at all the
	 * same: a ring that says so would keep the queue from being armed.
	 */
	while (left-- > 0 && result == 1) {
		result = virtqueue_take(&transmit->virtqueue, &used);
		if (result == 1)
			frame_done(queue, used.token, true);
	}
	if (result < 0) {
		queue->statistics.bad_messages++;
		virtio_net_break(queue->card);
	}
}

void virtio_net_transmit_abandon(struct virtio_net_queue *queue)
{
	struct virtio_net_transmit *transmit = &queue->transmit;
	uint32_t i;

	for (i = 0; i < transmit->size && transmit->in_flight > 0; i++)
		if (transmit->frames[i].in_flight)
			frame_done(queue, i, false);
}

bool virtio_net_transmit_has_work(struct virtio_net_queue *queue)
{
	struct virtio_net_transmit *transmit = &queue->transmit;

	if (transmit->done_count > 0 || transmit->room_free)
		return true;
	/* On a card that is lost, all that is in flight comes back. */
	if (!virtio_net_alive(queue->card))
		return transmit->in_flight > 0;
	return !atomic_load(&queue->card->broken) &&
	       virtqueue_has_used(&transmit->virtqueue);
}

unsigned virtio_net_reclaim(struct nic *nic, unsigned index, void *owners[],
			    unsigned n)
{
	struct virtio_net *card = virtio_net_of(nic);
	struct virtio_net_transmit *transmit;
	struct virtio_net_queue *queue;
	unsigned count;

	if (index >= card->queue_count)
		return 0;
	queue = &card->queues[index];
	transmit = &queue->transmit;
	if (!net_turn_begin(&queue->turn))
		return 0;
	virtio_net_polled(queue);
	if (!virtio_net_alive(card))
		virtio_net_transmit_abandon(queue);
	else if (atomic_load(&card->live) && !atomic_load(&card->broken))
		virtio_net_transmit_poll(queue);
	for (count = 0; count < n && transmit->done_count > 0; count++) {
		owners[count] = transmit->done[transmit->done_first];
		transmit->done_first =
			(transmit->done_first + 1) % transmit->size;
		transmit->done_count--;
	}
	/* Whatever makes room brings an owner back. */
	if (count > 0) {
		transmit->room_free |= transmit->room_wanted;
		transmit->room_wanted = false;
	}
	net_turn_end(&queue->turn);
	return count;
}

/* ---- What a frame asks for ---- */

/* Read a byte of a frame; it is there. */
static uint8_t frame_byte(const struct frame_out *frame, uint32_t at)
{
	const struct net_segment *segment =
		&frame->segments[frame->packet->first_segment];

	for (; at >= segment->length; segment++)
		at -= segment->length;
	return ((const uint8_t *)segment->data)[at];
}

static bool checksum_plan(const struct virtio_net *card,
			  struct frame_out *frame)
{
	const struct net_packet *packet = frame->packet;
	uint16_t field = packet->flags & NET_TX_CHECKSUM_UDP ? UDP_CHECKSUM
							     : TCP_CHECKSUM;

	if (!(packet->flags & (CHECKSUM_L4 | NET_TX_TSO)))
		return true;
	if ((packet->flags & CHECKSUM_L4) == CHECKSUM_L4 ||
	    !virtio_net_has(card, VIRTIO_NET_FEATURE_CHECKSUM) ||
	    !net_packet_has_headers(packet))
		return false;
	frame->header.flags = VIRTIO_NET_NEEDS_CHECKSUM;
	frame->header.checksum_start = cpu_to_le16(packet->l4_offset);
	frame->header.checksum_offset = cpu_to_le16(field);
	return true;
}

static bool tso_plan(const struct virtio_net *card, struct frame_out *frame)
{
	const struct net_packet *packet = frame->packet;
	bool is_ipv6 = (packet->flags & NET_IPV6) != 0;
	uint32_t headers, bytes = packet->segment_bytes;

	if (!virtio_net_has(card, is_ipv6 ? VIRTIO_NET_FEATURE_HOST_TSO6
					  : VIRTIO_NET_FEATURE_HOST_TSO4) ||
	    packet->length > VIRTIO_NET_TSO_BYTES ||
	    (packet->flags & NET_TX_CHECKSUM_UDP) || bytes == 0)
		return false;
	headers = packet->l4_offset +
		  (frame_byte(frame, packet->l4_offset + TCP_DATA_OFFSET) >>
		   4) * 4u;
	if (headers < packet->l4_offset + TCP_HEADER_BYTES ||
	    headers >= packet->length ||
	    headers - ETHERNET_HEADER_BYTES + bytes >
		    (uint32_t)card->nic.information.mtu + ETHERNET_VLAN_BYTES)
		return false;
	frame->header.gso_type =
		is_ipv6 ? VIRTIO_NET_GSO_TCP6 : VIRTIO_NET_GSO_TCP4;
	if (virtio_net_has(card, VIRTIO_NET_FEATURE_HOST_ECN) &&
	    (frame_byte(frame, packet->l4_offset + TCP_FLAGS) & TCP_FLAG_CWR))
		frame->header.gso_type |= VIRTIO_NET_GSO_ECN;
	frame->header.header_bytes = cpu_to_le16((uint16_t)headers);
	frame->header.segment_bytes = cpu_to_le16((uint16_t)bytes);
	return true;
}

/* Whether a frame can be sent at all; finds out what there is to know. */
static bool frame_plan(const struct virtio_net *card, struct frame_out *frame)
{
	const struct net_packet *packet = frame->packet;

	/* Nobody behind here adds a tag, or fills in the sum of IPv4. */
	if (packet->segment_count == 0 ||
	    packet->length < ETHERNET_HEADER_BYTES ||
	    !net_packet_adds_up(packet, frame->segments) ||
	    (packet->flags & NET_VLAN) || !checksum_plan(card, frame))
		return false;
	if (packet->flags & NET_TX_TSO)
		return tso_plan(card, frame);
	return !(packet->flags & NET_TX_CHECKSUM_IPV4) &&
	       net_packet_fits(packet, frame->segments,
			       card->nic.information.mtu);
}

/* ---- Pieces ---- */

/* How many bytes from here on are neighbours in physical memory. */
static uint32_t run_bytes(struct port *port, const uint8_t *data, uint32_t most,
			  uint64_t *physical)
{
	uint32_t bytes =
		PORT_PAGE_SIZE - (uint32_t)((uintptr_t)data % PORT_PAGE_SIZE);

	*physical = port_physical(port, data);
	while (bytes < most &&
	       port_physical(port, data + bytes) == *physical + bytes)
		bytes += PORT_PAGE_SIZE;
	return bytes < most ? bytes : most;
}

/* Cut a frame into pieces; false when they are too many. */
static bool frame_cut(struct virtio_net_queue *queue, struct frame_out *frame)
{
	uint32_t most = virtqueue_chain_most(&queue->transmit.virtqueue);
	const struct net_packet *packet = frame->packet;
	const struct net_segment *segment;
	struct virtqueue_piece *piece;
	const uint8_t *data;
	uint32_t i, left;

	if (most > VIRTIO_NET_PIECES)
		most = VIRTIO_NET_PIECES;
	/* The first is that of the header. */
	frame->count = 1;
	for (i = 0; i < packet->segment_count; i++) {
		segment = &frame->segments[packet->first_segment + i];
		data = segment->data;
		for (left = segment->length; left > 0; left -= piece->bytes) {
			if (frame->count == most)
				return false;
			piece = &queue->transmit.pieces[frame->count++];
			piece->bytes = run_bytes(queue->card->port, data, left,
						 &piece->physical);
			data += piece->bytes;
		}
	}
	return true;
}

/* ---- A burst ---- */

/* Note what a frame gives to the device, and give it. */
static void frame_give(struct virtio_net_queue *queue,
		       const struct frame_out *frame,
		       struct virtio_net_frame *noted)
{
	struct virtio_net_transmit *transmit = &queue->transmit;
	const struct net_packet *packet = frame->packet;
	const struct net_segment *segment;
	struct virtio_net_given *given;
	uint16_t *link = &noted->first_given;
	uint32_t i;

	for (i = 0; i < packet->segment_count; i++) {
		segment = &frame->segments[packet->first_segment + i];
		if (segment->length == 0)
			continue;
		*link = transmit->first_given;
		given = &transmit->given[*link];
		transmit->first_given = given->next;
		transmit->given_free--;
		given->data = segment->data;
		given->bytes = segment->length;
		port_dma_give(queue->card->port, given->data, given->bytes,
			      PORT_DMA_TO_DEVICE);
		link = &given->next;
	}
	*link = VIRTIO_NET_NONE;
}

/* Put a frame into the ring, if there is room. */
static bool frame_send(struct virtio_net_queue *queue, struct frame_out *frame)
{
	struct virtio_net_transmit *transmit = &queue->transmit;
	struct port *port = queue->card->port;
	uint32_t token = transmit->first_frame;
	struct virtio_net_frame *noted = &transmit->frames[token];
	uint8_t *header = transmit->headers + token * VIRTIO_NET_HEADER_STEP;

	/* No more segments than pieces. */
	if (transmit->given_free < frame->count - 1)
		return false;
	transmit->pieces[0].physical = port_physical(port, header);
	transmit->pieces[0].bytes = VIRTIO_NET_HEADER;
	shared_write(port, header, &frame->header, VIRTIO_NET_HEADER);
	if (!virtqueue_add(&transmit->virtqueue, transmit->pieces, frame->count,
			   0, token))
		return false;
	frame_give(queue, frame, noted);
	transmit->first_frame = noted->next_free;
	transmit->in_flight++;
	noted->in_flight = true;
	noted->owner = frame->packet->owner;
	noted->bytes = frame->packet->length;
	noted->is_segmented = (frame->packet->flags & NET_TX_TSO) != 0;
	return true;
}

/*
 * Take one frame.
 * @return whether it was taken, sent or not
 */
static bool transmit_one(struct virtio_net_queue *queue,
			 const struct net_packet *packet,
			 const struct net_segment segments[])
{
	struct virtio_net_transmit *transmit = &queue->transmit;
	struct frame_out frame = {.packet = packet, .segments = segments};

	if (!owner_fits(transmit))
		return false;
	if (frame_plan(queue->card, &frame) && frame_cut(queue, &frame))
		return frame_send(queue, &frame);
	queue->statistics.tx_invalid++;
	owner_done(transmit, packet->owner);
	return true;
}

unsigned virtio_net_transmit(struct nic *nic, unsigned index,
			     struct net_packet packets[], unsigned n,
			     const struct net_segment segments[])
{
	struct virtio_net *card = virtio_net_of(nic);
	struct virtio_net_queue *queue;
	unsigned taken = 0;

	if (index >= card->queue_count)
		return 0;
	queue = &card->queues[index];
	if (!net_turn_begin(&queue->turn))
		return 0;
	if (virtio_net_flows(card))
		virtio_net_transmit_poll(queue);
	queue->transmit.room_free = false;
	while (taken < n && virtio_net_flows(card) &&
	       transmit_one(queue, &packets[taken], segments))
		taken++;
	queue->transmit.room_wanted = taken < n;
	if (taken > 0 && virtqueue_publish(&queue->transmit.virtqueue)) {
		virtio_mmio_notify(&card->mmio, queue->transmit.index);
		queue->statistics.doorbells++;
	}
	net_turn_end(&queue->turn);
	return taken;
}
