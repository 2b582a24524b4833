/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers to the device, and frames from it (Virtual I/O Device 1.2, 5.1.6.3
 * and 5.1.6.4).
 *
 * With mergeable buffers each buffer of the stack is a chain, and a frame takes
 * as many as its header says. Without, so many buffers are posted together as
 * hold the longest frame. Either way the header stands in the first buffer.
 *
 * A buffer that goes to the stack is replaced by another. If the stack gives
 * none, less is posted, until the stack has buffers again. Down to what hosts
 * insist on: then the frame is dropped and its buffer posted again, so that the
 * device always has something to tell.
 *
 * A length that cannot be costs the frame; a chain that the device does not
 * have means that it lost its way.
 */
#include "virtio/virtio_net_internal.h"

#include <string.h>

/* ---- Memory ---- */

int virtio_net_receive_make(struct virtio_net_queue *queue, uint32_t size,
			    uint32_t together)
{
	struct virtio_net_receive *receive = &queue->receive;
	struct virtio_net *card = queue->card;
	const struct virtqueue_configuration configuration = {
		.size = size,
		.packed = virtio_net_has(card, VIRTIO_FEATURE_PACKED),
		.event_index = virtio_net_has(card, VIRTIO_FEATURE_EVENT_INDEX),
	};
	int error;

	if (together > size)
		return ERROR_NOT_SUPPORTED;
	receive->index = 2 * queue->index;
	receive->together = together;
	receive->places = size / together;
	receive->buffers = port_alloc(card->port,
				      (size_t)receive->places * together *
					      sizeof(*receive->buffers),
				      "virtio-net: buffers posted");
	receive->next_free =
		port_alloc(card->port,
			   receive->places * sizeof(*receive->next_free),
			   "virtio-net: places");
	if (!receive->buffers || !receive->next_free)
		return ERROR_NO_MEMORY;
	error = virtqueue_make(&receive->virtqueue, card->port, &configuration);
	return error;
}

void virtio_net_receive_free(struct virtio_net_queue *queue)
{
	struct virtio_net_receive *receive = &queue->receive;
	struct port *port = queue->card->port;

	virtqueue_free(&receive->virtqueue);
	port_free(port, receive->buffers);
	port_free(port, receive->next_free);
}

static struct net_segment *place_buffers(struct virtio_net_receive *receive,
					 uint32_t place)
{
	return &receive->buffers[(size_t)place * receive->together];
}

/* Bytes that the buffers of a place hold. */
static uint32_t place_room(const struct virtio_net_queue *queue)
{
	return queue->receive.together *
	       queue->card->stack.receive_buffer_bytes;
}

/* ---- Posting ---- */

/* Have enough buffers in stock for a place, if the stack gives them. */
static bool stock_enough(struct virtio_net_queue *queue)
{
	struct virtio_net_receive *receive = &queue->receive;
	const struct nic_stack *stack = &queue->card->stack;
	unsigned got = VIRTIO_NET_STOCK_BURST;

	while (receive->stock_count < receive->together &&
	       got == VIRTIO_NET_STOCK_BURST) {
		got = stack->supply(stack->context, queue->index,
				    receive->stock + receive->stock_count,
				    VIRTIO_NET_STOCK_BURST);
		if (got > VIRTIO_NET_STOCK_BURST)
			got = VIRTIO_NET_STOCK_BURST;
		receive->stock_count += got;
	}
	return receive->stock_count >= receive->together;
}

/* Cut one buffer into runs of neighbouring pages; false: too many. */
static bool buffer_cut(struct virtio_net *card,
		       const struct net_segment *buffer,
		       struct virtqueue_piece pieces[], unsigned *count)
{
	uint8_t *at = buffer->data;
	uint32_t left = card->stack.receive_buffer_bytes, part;
	struct virtqueue_piece *piece = NULL;
	uint64_t physical;

	for (; left > 0; left -= part, at += part) {
		part = PORT_PAGE_SIZE -
		       (uint32_t)((uintptr_t)at % PORT_PAGE_SIZE);
		if (part > left)
			part = left;
		physical = port_physical(card->port, at);
		if (piece && piece->physical + piece->bytes == physical) {
			piece->bytes += part;
			continue;
		}
		if (*count == VIRTIO_NET_POST_PIECES)
			return false;
		piece = &pieces[(*count)++];
		piece->physical = physical;
		piece->bytes = part;
	}
	return true;
}

/*
 * Post the buffers of a place.
 * @return false when the ring has no room for them
 */
static bool place_post(struct virtio_net_queue *queue, uint32_t place)
{
	struct virtio_net_receive *receive = &queue->receive;
	const struct net_segment *buffers = place_buffers(receive, place);
	struct virtio_net *card = queue->card;
	struct virtqueue_piece *pieces = receive->pieces;
	unsigned i, count = 0;

	for (i = 0; i < receive->together; i++)
		if (!buffer_cut(card, &buffers[i], pieces, &count))
			return false;
	if (!virtqueue_add(&receive->virtqueue, pieces, 0, count, place))
		return false;
	for (i = 0; i < receive->together; i++)
		port_dma_give(card->port, buffers[i].data,
			      card->stack.receive_buffer_bytes,
			      PORT_DMA_FROM_DEVICE);
	receive->room += place_room(queue);
	if (receive->room > receive->room_most)
		receive->room_most = receive->room;
	return true;
}

/* The buffers of a place are the driver's again. */
static void place_take(struct virtio_net_queue *queue, uint32_t place)
{
	struct virtio_net_receive *receive = &queue->receive;
	const struct net_segment *buffers = place_buffers(receive, place);
	struct virtio_net *card = queue->card;
	unsigned i;

	for (i = 0; i < receive->together; i++)
		port_dma_take(card->port, buffers[i].data,
			      card->stack.receive_buffer_bytes,
			      PORT_DMA_FROM_DEVICE);
	receive->room -= place_room(queue);
}

static void stock_put(struct virtio_net_receive *receive,
		      const struct net_segment *buffer)
{
	receive->stock[receive->stock_count++] = *buffer;
}

/* A place that is not posted any more, and its buffers nobody's. */
static void place_free(struct virtio_net_receive *receive, uint32_t place)
{
	receive->next_free[place] = receive->first_free;
	receive->first_free = (uint16_t)place;
}

/* Fill a place from the stock, and post it. */
static bool place_fill(struct virtio_net_queue *queue, uint32_t place)
{
	struct virtio_net_receive *receive = &queue->receive;
	struct net_segment *buffers = place_buffers(receive, place);
	unsigned i;

	for (i = 0; i < receive->together; i++)
		buffers[i] = receive->stock[--receive->stock_count];
	if (place_post(queue, place))
		return true;
	for (i = 0; i < receive->together; i++)
		stock_put(receive, &buffers[i]);
	return false;
}

/* Post as much as there is room and buffers for. */
static void ring_fill(struct virtio_net_queue *queue)
{
	struct virtio_net_receive *receive = &queue->receive;
	uint32_t place;

	while (receive->first_free != VIRTIO_NET_NONE &&
	       receive->virtqueue.free >= receive->together &&
	       stock_enough(queue)) {
		place = receive->first_free;
		if (!place_fill(queue, place))
			return;
		receive->first_free = receive->next_free[place];
	}
}

/* All places are free; the ring is empty. */
static void places_reset(struct virtio_net_receive *receive)
{
	uint32_t i;

	receive->first_free = VIRTIO_NET_NONE;
	for (i = receive->places; i > 0; i--)
		place_free(receive, i - 1);
	receive->room = 0;
	receive->room_most = 0;
}

int virtio_net_receive_fill(struct virtio_net_queue *queue)
{
	struct virtio_net_receive *receive = &queue->receive;

	places_reset(receive);
	ring_fill(queue);
	virtqueue_publish(&receive->virtqueue);
	return receive->virtqueue.in_flight > 0 &&
			       receive->room >= queue->card->receive_least
		       ? 0
		       : ERROR_NO_MEMORY;
}

void virtio_net_receive_refill(struct virtio_net_queue *queue)
{
	struct virtio_net_receive *receive = &queue->receive;

	ring_fill(queue);
	if (virtqueue_publish(&receive->virtqueue)) {
		virtio_mmio_notify(&queue->card->mmio, receive->index);
		queue->statistics.doorbells++;
	}
}

/* ---- A frame in pieces ---- */

/* The pieces so far are buffers that nobody uses. */
static void assembly_to_stock(struct virtio_net_queue *queue)
{
	struct virtio_net_receive *receive = &queue->receive;
	struct virtio_net_assembly *assembly = &receive->assembly;
	struct net_segment *segment;

	while (assembly->count > 0) {
		segment = &assembly->segments[--assembly->count];
		/* The first one's data begin behind the header. */
		if (assembly->count == 0)
			segment->data =
				(uint8_t *)segment->data - VIRTIO_NET_HEADER;
		segment->length = queue->card->stack.receive_buffer_bytes;
		stock_put(receive, segment);
	}
}

static void fault_count(struct virtio_net_queue *queue,
			enum virtio_net_fault fault)
{
	struct nic_statistics *statistics = &queue->statistics;

	switch (fault) {
	case VIRTIO_NET_FAULT_NO_BUFFER:
		statistics->rx_drop_no_buffer++;
		break;
	case VIRTIO_NET_FAULT_LENGTH:
		statistics->rx_drop_length++;
		break;
	case VIRTIO_NET_FAULT_MALFORMED:
	case VIRTIO_NET_FAULT_NONE:
		statistics->rx_drop_malformed++;
		break;
	}
}

/* The first fault of a frame is the one that counts. */
static void assembly_fault(struct virtio_net_queue *queue,
			   enum virtio_net_fault fault)
{
	struct virtio_net_assembly *assembly = &queue->receive.assembly;

	if (assembly->fault == VIRTIO_NET_FAULT_NONE)
		assembly->fault = fault;
	assembly_to_stock(queue);
}

/* Begin with what the header says; it was read once. */
static void assembly_begin(struct virtio_net_queue *queue,
			   const struct virtio_net_header *header)
{
	struct virtio_net_assembly *assembly = &queue->receive.assembly;
	uint32_t buffers = 1;

	/* Without mergeable buffers some devices leave the number out. */
	if (virtio_net_has(queue->card, VIRTIO_NET_FEATURE_MERGEABLE))
		buffers = le16_to_cpu(header->buffers);
	assembly->header = *header;
	assembly->fault = VIRTIO_NET_FAULT_NONE;
	assembly->ready = false;
	assembly->count = 0;
	assembly->bytes = 0;
	assembly->left = buffers;
	/* More than there are will not come: the next one is a beginning. */
	if (buffers == 0 || buffers > queue->receive.virtqueue.size) {
		assembly->fault = VIRTIO_NET_FAULT_MALFORMED;
		assembly->left = 1;
	}
}

/* ---- What a frame is ---- */

/* Where the IP header begins, and whether it is that of IPv6. */
static void headers_find(struct virtio_net_assembly *assembly)
{
	const struct net_segment *first = &assembly->segments[0];
	const uint8_t *frame = first->data;
	struct net_packet *packet = &assembly->packet;
	uint32_t at = ETHERNET_HEADER_BYTES;

	if (first->length >= at + ETHERNET_VLAN_BYTES &&
	    frame[12] == ETHERNET_TYPE_VLAN >> 8 &&
	    frame[13] == (ETHERNET_TYPE_VLAN & 0xff))
		at += ETHERNET_VLAN_BYTES;
	packet->l3_offset = (uint16_t)at;
	if (first->length >= at && frame[at - 2] == 0x86 &&
	    frame[at - 1] == 0xdd)
		packet->flags |= NET_IPV6;
}

/* Checksums, as they were negotiated; false: the header cannot be. */
static bool checksum_read(const struct virtio_net *card,
			  struct virtio_net_assembly *assembly)
{
	const struct virtio_net_header *header = &assembly->header;
	struct net_packet *packet = &assembly->packet;
	uint32_t start = le16_to_cpu(header->checksum_start);
	uint32_t offset = le16_to_cpu(header->checksum_offset);

	if (!virtio_net_has(card, VIRTIO_NET_FEATURE_GUEST_CHECKSUM))
		return true;
	if (!(header->flags & VIRTIO_NET_NEEDS_CHECKSUM)) {
		if (header->flags & VIRTIO_NET_DATA_VALID)
			packet->flags |= NET_RX_CHECKSUM_L4_GOOD;
		return true;
	}
	if (start < ETHERNET_HEADER_BYTES ||
	    start + offset + sizeof(uint16_t) > assembly->bytes)
		return false;
	headers_find(assembly);
	packet->flags |= NET_RX_CHECKSUM_PARTIAL;
	packet->l4_offset = (uint16_t)start;
	packet->checksum_offset = (uint16_t)offset;
	return true;
}

/* Several segments in one, as far as that was negotiated; false: not. */
static bool gso_read(const struct virtio_net *card,
		     struct virtio_net_assembly *assembly)
{
	uint8_t type = assembly->header.gso_type & ~VIRTIO_NET_GSO_ECN;
	uint16_t bytes = le16_to_cpu(assembly->header.segment_bytes);
	struct net_packet *packet = &assembly->packet;
	uint64_t feature;

	if (type == VIRTIO_NET_GSO_NONE)
		return true;
	if (type == VIRTIO_NET_GSO_TCP4)
		feature = VIRTIO_NET_FEATURE_GUEST_TSO4;
	else if (type == VIRTIO_NET_GSO_TCP6)
		feature = VIRTIO_NET_FEATURE_GUEST_TSO6;
	else
		return false;
	if (!virtio_net_has(card, feature) || bytes == 0)
		return false;
	headers_find(assembly);
	packet->flags |= NET_RX_LARGE;
	packet->segment_bytes = bytes;
	return true;
}

/* Whether the frame has a length that it may have. */
static bool frame_length_valid(const struct virtio_net *card,
			       const struct virtio_net_assembly *assembly)
{
	if (assembly->packet.flags & NET_RX_LARGE)
		return assembly->bytes >= ETHERNET_HEADER_BYTES &&
		       assembly->bytes <=
			       VIRTIO_NET_TSO_BYTES + ETHERNET_VLAN_BYTES;
	return net_packet_fits(&assembly->packet, assembly->segments,
			       card->nic.information.mtu);
}

/* All buffers of the frame are there. */
static void assembly_end(struct virtio_net_queue *queue)
{
	struct virtio_net_assembly *assembly = &queue->receive.assembly;
	struct net_packet *packet = &assembly->packet;

	memset(packet, 0, sizeof(*packet));
	packet->length = assembly->bytes;
	packet->segment_count = assembly->count;
	if (assembly->fault == VIRTIO_NET_FAULT_NONE &&
	    (!checksum_read(queue->card, assembly) ||
	     !gso_read(queue->card, assembly)))
		assembly->fault = VIRTIO_NET_FAULT_MALFORMED;
	if (assembly->fault == VIRTIO_NET_FAULT_NONE &&
	    !frame_length_valid(queue->card, assembly))
		assembly->fault = VIRTIO_NET_FAULT_LENGTH;
	assembly->ready = assembly->fault == VIRTIO_NET_FAULT_NONE;
	if (assembly->ready)
		return;
	fault_count(queue, assembly->fault);
	assembly_to_stock(queue);
}

/* ---- Used ---- */

/* Whether buffers may go without others in their place. */
static bool may_shrink(const struct virtio_net_queue *queue)
{
	const struct virtio_net_receive *receive = &queue->receive;
	uint64_t room = receive->room;

	if (receive->virtqueue.in_flight < VIRTIO_NET_POSTED_MIN)
		return false;
	/* Where there never was enough for that, it is not kept. */
	return receive->room_most <
		       VIRTIO_NET_POSTED_ROOM +
			       VIRTIO_NET_POSTED_MIN * place_room(queue) ||
	       room >= VIRTIO_NET_POSTED_ROOM;
}

/* Post the same buffers again; there is room, as they were posted before. */
static void place_again(struct virtio_net_queue *queue, uint32_t place)
{
	struct virtio_net_receive *receive = &queue->receive;
	struct net_segment *buffers = place_buffers(receive, place);
	unsigned i;

	if (place_post(queue, place))
		return;
	for (i = 0; i < receive->together; i++)
		stock_put(receive, &buffers[i]);
	place_free(receive, place);
}

/* Buffers of a place become segments of the frame, or stock. */
static void assembly_append(struct virtio_net_queue *queue, uint32_t place,
			    uint32_t bytes)
{
	uint32_t room = queue->card->stack.receive_buffer_bytes, part;
	struct virtio_net_receive *receive = &queue->receive;
	struct virtio_net_assembly *assembly = &receive->assembly;
	struct net_segment *buffers = place_buffers(receive, place);
	unsigned i;

	for (i = 0; i < receive->together; i++) {
		part = bytes < room ? bytes : room;
		bytes -= part;
		if (part == 0 && assembly->count > 0) {
			stock_put(receive, &buffers[i]);
			continue;
		}
		buffers[i].length = part;
		if (assembly->count == 0) {
			buffers[i].data =
				(uint8_t *)buffers[i].data + VIRTIO_NET_HEADER;
			buffers[i].length -= VIRTIO_NET_HEADER;
		}
		assembly->bytes += buffers[i].length;
		assembly->segments[assembly->count++] = buffers[i];
	}
}

/* A part of a frame: kept with the others, or posted again. */
static void part_take(struct virtio_net_queue *queue, uint32_t place,
		      uint32_t bytes)
{
	struct virtio_net_receive *receive = &queue->receive;
	struct virtio_net_assembly *assembly = &receive->assembly;

	if (assembly->fault == VIRTIO_NET_FAULT_NONE) {
		if (bytes == 0 || bytes > place_room(queue))
			assembly_fault(queue, VIRTIO_NET_FAULT_MALFORMED);
		else if (assembly->count + receive->together > VIRTIO_NET_CHAIN)
			assembly_fault(queue, VIRTIO_NET_FAULT_LENGTH);
		else if (!stock_enough(queue) && !may_shrink(queue))
			assembly_fault(queue, VIRTIO_NET_FAULT_NO_BUFFER);
	}
	if (assembly->fault != VIRTIO_NET_FAULT_NONE) {
		place_again(queue, place);
	} else {
		assembly_append(queue, place, bytes);
		if (receive->stock_count < receive->together ||
		    !place_fill(queue, place))
			place_free(receive, place);
	}
	if (--assembly->left == 0)
		assembly_end(queue);
}

/* Read the header that stands in the first buffer of a frame. */
static bool header_read(struct virtio_net_queue *queue, uint32_t place,
			uint32_t bytes)
{
	const struct net_segment *first = place_buffers(&queue->receive, place);
	struct virtio_net_header header;

	/* Firecracker's word for a buffer that it would not use. */
	if (bytes == 0)
		queue->statistics.bad_messages++;
	else if (bytes < VIRTIO_NET_HEADER || bytes > place_room(queue))
		queue->statistics.rx_drop_malformed++;
	if (bytes < VIRTIO_NET_HEADER || bytes > place_room(queue))
		return false;
	memcpy(&header, first->data, sizeof(header));
	assembly_begin(queue, &header);
	return true;
}

/*
 * Take used buffers until a frame is whole.
 * @param budget how many more are looked at
 */
static bool frame_find(struct virtio_net_queue *queue, uint32_t *budget)
{
	struct virtio_net_receive *receive = &queue->receive;
	struct virtio_net_assembly *assembly = &receive->assembly;
	struct virtqueue_used used;
	int result;

	while (!assembly->ready && *budget > 0) {
		--*budget;
		result = virtqueue_take(&receive->virtqueue, &used);
		if (result == 0)
			break;
		if (result < 0) {
			queue->statistics.bad_messages++;
			virtio_net_break(queue->card);
			return false;
		}
		place_take(queue, used.token);
		if (assembly->left > 0 ||
		    header_read(queue, used.token, used.bytes))
			part_take(queue, used.token, used.bytes);
		else
			place_again(queue, used.token);
	}
	return assembly->ready;
}

bool virtio_net_receive_has_work(struct virtio_net_queue *queue)
{
	if (!virtio_net_flows(queue->card))
		return false;
	return queue->receive.assembly.ready ||
	       virtqueue_has_used(&queue->receive.virtqueue);
}

/* ---- To the stack ---- */

static void frame_deliver(struct virtio_net_queue *queue,
			  struct net_packet *packet,
			  struct net_segment segments[], uint32_t first)
{
	struct virtio_net_assembly *assembly = &queue->receive.assembly;

	*packet = assembly->packet;
	packet->first_segment = first;
	memcpy(&segments[first], assembly->segments,
	       assembly->count * sizeof(segments[0]));
	queue->statistics.rx_frames++;
	queue->statistics.rx_bytes += packet->length;
	assembly->count = 0;
	assembly->ready = false;
}

static unsigned receive_burst(struct virtio_net_queue *queue,
			      struct net_packet packets[], unsigned n,
			      struct net_segment segments[], unsigned m)
{
	struct virtio_net_assembly *assembly = &queue->receive.assembly;
	uint32_t budget = n + queue->receive.virtqueue.size;
	uint32_t used = 0;
	unsigned count = 0;

	while (count < n && frame_find(queue, &budget)) {
		if (assembly->count > m - used)
			break;
		used += assembly->count;
		frame_deliver(queue, &packets[count++], segments,
			      used - assembly->count);
	}
	return count;
}

unsigned virtio_net_receive(struct nic *nic, unsigned index,
			    struct net_packet packets[], unsigned n,
			    struct net_segment segments[], unsigned m)
{
	struct virtio_net *card = virtio_net_of(nic);
	struct virtio_net_queue *queue;
	unsigned count = 0;

	if (index >= card->queue_count)
		return 0;
	queue = &card->queues[index];
	if (!net_turn_begin(&queue->turn))
		return 0;
	if (virtio_net_flows(card)) {
		virtio_net_polled(queue);
		count = receive_burst(queue, packets, n, segments, m);
		/* What the stack did not have before it may have now. */
		if (virtio_net_flows(card))
			virtio_net_receive_refill(queue);
	}
	net_turn_end(&queue->turn);
	return count;
}

/* ---- The end ---- */

void virtio_net_receive_skip(struct virtio_net_queue *queue)
{
	struct virtio_net_receive *receive = &queue->receive;
	struct virtio_net_assembly *assembly = &receive->assembly;
	uint32_t left = receive->virtqueue.size;
	struct virtqueue_used used;

	if (assembly->ready ||
	    (assembly->left > 0 && assembly->fault == VIRTIO_NET_FAULT_NONE))
		queue->statistics.rx_drop_stopped++;
	assembly_to_stock(queue);
	assembly->ready = false;
	while (left-- > 0 && virtqueue_take(&receive->virtqueue, &used) == 1) {
		place_take(queue, used.token);
		if (assembly->left == 0 &&
		    header_read(queue, used.token, used.bytes))
			queue->statistics.rx_drop_stopped++;
		if (assembly->left > 0)
			assembly->left--;
		place_again(queue, used.token);
	}
}

void virtio_net_receive_release(struct virtio_net_queue *queue)
{
	struct virtio_net_receive *receive = &queue->receive;
	const struct nic_stack *stack = &queue->card->stack;
	struct net_segment *buffers;
	uint32_t i, place;

	while (virtqueue_forget(&receive->virtqueue, &place)) {
		place_take(queue, place);
		buffers = place_buffers(receive, place);
		for (i = 0; i < receive->together; i++)
			stack->release(stack->context, &buffers[i]);
	}
	assembly_to_stock(queue);
	receive->assembly.left = 0;
	receive->assembly.ready = false;
	while (receive->stock_count > 0)
		stack->release(stack->context,
			       &receive->stock[--receive->stock_count]);
}
