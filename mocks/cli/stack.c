/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers and callbacks of the simplest user of a card.
 */
#include <string.h>

#include "mocks/cli/stack.h"
#include "mocks/wire/frame.h"

#define STACK_RECEIVE_PAGES                                                    \
	(STACK_RECEIVE_COUNT * STACK_RECEIVE_BYTES / PORT_PAGE_SIZE)

/** Pages of all transmit buffers. */
static size_t stack_transmit_pages(const struct stack *stack)
{
	return (size_t)STACK_TRANSMIT_COUNT * stack->transmit_bytes /
	       PORT_PAGE_SIZE;
}

/* ---- What the card asks for ---- */

static unsigned stack_supply(void *context, unsigned queue,
			     struct net_segment buffers[], unsigned n)
{
	struct stack *stack = context;
	unsigned i;

	(void)queue;
	for (i = 0; i < n && stack->receive_free_count; i++) {
		void *buffer = stack->receive_free[--stack->receive_free_count];

		buffers[i].data = buffer;
		buffers[i].length = STACK_RECEIVE_BYTES;
		buffers[i].owner = buffer;
	}
	return i;
}

static void stack_release(void *context, const struct net_segment *buffer)
{
	stack_received(context, buffer, 1);
}

static void stack_wake(void *context, unsigned queue)
{
	struct stack *stack = context;

	if (queue == NIC_WAKE_EVENTS)
		stack->events_woken = true;
	else
		stack->woken = true;
}

struct nic_stack stack_callbacks(struct stack *stack)
{
	const struct nic_stack callbacks = {
		.supply = stack_supply,
		.release = stack_release,
		.wake = stack_wake,
		.context = stack,
		.receive_buffer_bytes = STACK_RECEIVE_BYTES,
	};

	return callbacks;
}

/* ---- Life ---- */

int stack_create(struct stack *stack, struct port *port, uint32_t frame_bytes,
		 uint64_t seed, bool is_plain)
{
	unsigned i;

	memset(stack, 0, sizeof(*stack));
	stack->port = port;
	stack->random.state = seed;
	stack->is_plain = is_plain;
	/* Whole pages: the frame, and the one in which it begins. */
	stack->transmit_bytes = (frame_bytes + 2 * PORT_PAGE_SIZE - 1) /
				PORT_PAGE_SIZE * PORT_PAGE_SIZE;
	stack->receive_memory = port_pages_alloc(port, STACK_RECEIVE_PAGES, 0,
						 "stack: receive buffers");
	stack->transmit_memory =
		port_pages_alloc(port, stack_transmit_pages(stack), 0,
				 "stack: transmit buffers");
	if (!stack->receive_memory || !stack->transmit_memory) {
		stack_destroy(stack);
		return ERROR_NO_MEMORY;
	}
	for (i = 0; i < STACK_RECEIVE_COUNT; i++)
		stack->receive_free[i] =
			stack->receive_memory + i * STACK_RECEIVE_BYTES;
	for (i = 0; i < STACK_TRANSMIT_COUNT; i++)
		stack->transmit_free[i] =
			stack->transmit_memory + i * stack->transmit_bytes;
	stack->receive_free_count = STACK_RECEIVE_COUNT;
	stack->transmit_free_count = STACK_TRANSMIT_COUNT;
	return 0;
}

void stack_destroy(struct stack *stack)
{
	port_pages_free(stack->port, stack->receive_memory,
			STACK_RECEIVE_PAGES);
	port_pages_free(stack->port, stack->transmit_memory,
			stack_transmit_pages(stack));
	stack->receive_memory = NULL;
	stack->transmit_memory = NULL;
}

unsigned stack_outstanding(const struct stack *stack)
{
	return STACK_RECEIVE_COUNT - stack->receive_free_count +
	       STACK_TRANSMIT_COUNT - stack->transmit_free_count;
}

/* ---- Frames to send ---- */

/**
 * One piece in the first page. Buffers are pages apart; begun at the same place
 * in each, a few of them would fight for the same lines of the cache.
 */
static void stack_put_plain(struct stack *stack, uint8_t *buffer,
			    const uint8_t *frame, uint32_t bytes,
			    struct net_packet *packet,
			    struct net_segment segments[])
{
	size_t index = (size_t)(buffer - stack->transmit_memory) /
		       stack->transmit_bytes;

	buffer += index % 16 * 128;
	memcpy(buffer, frame, bytes);
	segments[0].data = buffer;
	segments[0].length = bytes;
	segments[0].owner = NULL;
	packet->segment_count = 1;
}

/**
 * Up to four pieces with gaps between them, from anywhere in the first page.
 * The header stays in one piece, as net_packet_fits() wants to see it.
 */
static void stack_put_scattered(struct stack *stack, uint8_t *buffer,
				const uint8_t *frame, uint32_t bytes,
				struct net_packet *packet,
				struct net_segment segments[])
{
	uint32_t spare = stack->transmit_bytes - bytes;
	uint32_t gap = random_below(&stack->random, PORT_PAGE_SIZE);
	unsigned pieces = 1 + random_below(&stack->random, STACK_PIECES_MAX);
	uint32_t done = 0, position = 0, length;
	unsigned i;

	for (i = 0; i < pieces && done < bytes; i++) {
		length = bytes - done;
		if (i + 1 < pieces)
			length = 1 + random_below(&stack->random, length);
		if (i == 0 && length < ETHERNET_HEADER_BYTES)
			length = ETHERNET_HEADER_BYTES;
		if (gap > spare)
			gap = spare;
		spare -= gap;
		position += gap;
		memcpy(buffer + position, frame + done, length);
		segments[i].data = buffer + position;
		segments[i].length = length;
		segments[i].owner = NULL;
		position += length;
		done += length;
		gap = random_below(&stack->random, 64);
	}
	packet->segment_count = i;
}

static uint8_t *stack_take(struct stack *stack, uint32_t bytes,
			   struct net_packet *packet)
{
	uint8_t *buffer = stack->transmit_free[--stack->transmit_free_count];

	packet->length = bytes;
	packet->flags = 0;
	packet->vlan_tag = 0;
	packet->l3_offset = 0;
	packet->l4_offset = 0;
	packet->owner = buffer;
	return buffer;
}

static void stack_put_any(struct stack *stack, uint8_t *buffer,
			  const uint8_t *frame, uint32_t bytes,
			  struct net_packet *packet,
			  struct net_segment segments[])
{
	if (stack->is_plain)
		stack_put_plain(stack, buffer, frame, bytes, packet, segments);
	else
		stack_put_scattered(stack, buffer, frame, bytes, packet,
				    segments);
}

void stack_put(struct stack *stack, const uint8_t *frame, uint32_t bytes,
	       struct net_packet *packet, struct net_segment segments[])
{
	stack_put_any(stack, stack_take(stack, bytes, packet), frame, bytes,
		      packet, segments);
}

void stack_put_pieces(struct stack *stack, const uint8_t *frame, uint32_t bytes,
		      const uint32_t pieces[], unsigned count,
		      struct net_packet *packet, struct net_segment segments[])
{
	uint8_t *buffer = stack_take(stack, bytes, packet);
	uint32_t done = 0, position = 0, left;
	unsigned i, n = 0;

	/* A header in two pieces is one segment that crosses pages. */
	if (pieces[0] < ETHERNET_HEADER_BYTES && count > 1)
		position = PORT_PAGE_SIZE - pieces[0];
	for (i = 0; i < count; i++) {
		left = PORT_PAGE_SIZE - position % PORT_PAGE_SIZE;
		if (pieces[i] > left)
			position += left;
		if (pieces[i] > PORT_PAGE_SIZE || pieces[i] > bytes - done ||
		    position + pieces[i] > stack->transmit_bytes)
			break;
		memcpy(buffer + position, frame + done, pieces[i]);
		if (i && done < ETHERNET_HEADER_BYTES) {
			segments[0].length += pieces[i];
		} else {
			segments[n].data = buffer + position;
			segments[n].length = pieces[i];
			segments[n++].owner = NULL;
		}
		position += pieces[i];
		done += pieces[i];
	}
	packet->segment_count = n;
	if (done != bytes)
		stack_put_any(stack, buffer, frame, bytes, packet, segments);
}

/* ---- Buffers that come back ---- */

void stack_sent(struct stack *stack, void *owner)
{
	if (stack->transmit_free_count == STACK_TRANSMIT_COUNT)
		stack->strays++;
	else
		stack->transmit_free[stack->transmit_free_count++] = owner;
}

void stack_received(struct stack *stack, const struct net_segment segments[],
		    unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (stack->receive_free_count == STACK_RECEIVE_COUNT)
			stack->strays++;
		else
			stack->receive_free[stack->receive_free_count++] =
				segments[i].owner;
}

/* ---- Frames that arrived ---- */

bool stack_checksum_finish(const struct net_packet *packet, uint8_t *frame,
			   uint32_t bytes)
{
	uint32_t field = (uint32_t)packet->l4_offset + packet->checksum_offset;

	if (!(packet->flags & NET_RX_CHECKSUM_PARTIAL))
		return true;
	if (bytes < 2 || field > bytes - 2)
		return false;
	frame_complete_transport(frame + packet->l4_offset,
				 bytes - packet->l4_offset,
				 packet->checksum_offset, true);
	return true;
}

const uint8_t *stack_assemble(const struct net_packet *packet,
			      const struct net_segment segments[],
			      uint8_t *frame, uint32_t *bytes)
{
	uint32_t room = STACK_FRAME_MAX, done = 0, i;

	for (i = 0; i < packet->segment_count; i++, segments++) {
		if (segments->length > room - done)
			return NULL;
		memcpy(frame + done, segments->data, segments->length);
		done += segments->length;
	}
	if (done != packet->length || done < ETHERNET_HEADER_BYTES ||
	    !stack_checksum_finish(packet, frame, done))
		return NULL;
	if (packet->flags & NET_VLAN) {
		memmove(frame + 16, frame + 12, done - 12);
		frame[12] = ETHERNET_TYPE_VLAN >> 8;
		frame[13] = ETHERNET_TYPE_VLAN & 0xff;
		frame[14] = packet->vlan_tag >> 8;
		frame[15] = packet->vlan_tag & 0xff;
		done += ETHERNET_VLAN_BYTES;
	}
	*bytes = done;
	return frame;
}
