/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers to the device, and frames from it.
 *
 * Each queue has two rings of posted buffers: the first for the beginning of
 * frames, the second for what does not fit there. The device takes them in
 * order and says in a third ring, of completions, which it filled. It may pass
 * over some; those it has to be given again.
 *
 * A buffer that goes to the stack is replaced by another. If the stack gives
 * none, the ring gets shorter, and is filled up when the stack has buffers
 * again. Down to a few: then the frame is dropped and its buffer posted again,
 * so that the device always has something to tell.
 *
 * Each word of a completion is read once. An index that is not posted, a queue
 * that is not this one: then the device no longer does what it should, and the
 * card has failed. A length or a sequence that cannot be costs the frame.
 */
#include "vmware/vmxnet3_internal.h"

#include <string.h>

/** A completion, read once. */
struct received {
	uint32_t word0, word1, word2, word3;
	uint32_t bytes;
	bool is_start, is_end;
};

/* ---- Memory ---- */

static int ring_make(struct vmxnet3 *card, struct vmxnet3_ring *ring,
		     uint32_t size)
{
	ring->size = size;
	ring->buffers = port_alloc(card->port, size * sizeof(*ring->buffers),
				   "vmxnet3: buffers posted");
	if (!ring->buffers)
		return ERROR_NO_MEMORY;
	return vmxnet3_memory_make(card, &ring->memory,
				   size * sizeof(struct vmxnet3_descriptor),
				   "vmxnet3: receive ring");
}

/* A completion for each buffer; revision 7 wants powers of two everywhere. */
static uint32_t completions_count(const struct vmxnet3 *card, uint32_t buffers)
{
	uint32_t count = VMXNET3_RING_UNIT;

	if (card->revision < 7)
		return buffers;
	while (count < buffers)
		count *= 2;
	return count;
}

int vmxnet3_receive_make(struct vmxnet3_queue *queue)
{
	struct vmxnet3_receive *receive = &queue->receive;
	struct vmxnet3 *card = queue->card;
	uint32_t heads = card->configuration.receive_ring;
	uint32_t bodies = card->configuration.body_ring;
	int error;

	/* From revision 7 on the second ring takes heads only. */
	receive->rings[1].kind = card->revision < 7 ? VMXNET3_RX_BODY : 0;
	receive->completions.size = completions_count(card, heads + bodies);
	error = ring_make(card, &receive->rings[0], heads);
	if (!error)
		error = ring_make(card, &receive->rings[1], bodies);
	if (!error)
		error = vmxnet3_memory_make(
			card, &receive->completions.memory,
			receive->completions.size *
				sizeof(struct vmxnet3_completion),
			"vmxnet3: receive completions");
	if (!error && card->receive_data_bytes != 0)
		error = vmxnet3_memory_make(card, &receive->data,
					    (size_t)heads *
						    card->receive_data_bytes,
					    "vmxnet3: receive data");
	return error;
}

void vmxnet3_receive_free(struct vmxnet3_queue *queue)
{
	struct vmxnet3_receive *receive = &queue->receive;
	struct vmxnet3 *card = queue->card;
	unsigned i;

	for (i = 0; i < VMXNET3_RINGS; i++) {
		vmxnet3_memory_free(card, &receive->rings[i].memory);
		port_free(card->port, receive->rings[i].buffers);
	}
	vmxnet3_memory_free(card, &receive->completions.memory);
	vmxnet3_memory_free(card, &receive->data);
}

void vmxnet3_receive_reset(struct vmxnet3_queue *queue)
{
	struct vmxnet3_receive *receive = &queue->receive;
	struct vmxnet3_ring *ring;
	unsigned i;

	for (i = 0; i < VMXNET3_RINGS; i++) {
		ring = &receive->rings[i];
		memset(ring->memory.memory, 0,
		       ring->memory.pages * PORT_PAGE_SIZE);
		ring->fill = 0;
		ring->next = 0;
		ring->posted = 0;
		ring->generation = true;
	}
	memset(receive->completions.memory.memory, 0,
	       receive->completions.memory.pages * PORT_PAGE_SIZE);
	receive->completions.next = 0;
	receive->completions.generation = true;
}

void vmxnet3_receive_describe(struct vmxnet3_queue *queue)
{
	struct vmxnet3_receive *receive = &queue->receive;
	struct vmxnet3_receive_queue *shared = receive->shared;
	unsigned i;

	for (i = 0; i < VMXNET3_RINGS; i++) {
		shared->rings[i] =
			cpu_to_le64(receive->rings[i].memory.physical);
		shared->ring_sizes[i] = cpu_to_le32(receive->rings[i].size);
	}
	shared->completion_ring =
		cpu_to_le64(receive->completions.memory.physical);
	shared->completion_ring_size = cpu_to_le32(receive->completions.size);
	shared->driver_data = cpu_to_le64(queue->card->shared_memory.physical);
	shared->driver_data_bytes =
		CPU_TO_LE32(sizeof(struct vmxnet3_driver_shared));
	shared->data_ring = cpu_to_le64(receive->data.physical);
	shared->data_bytes =
		cpu_to_le16((uint16_t)queue->card->receive_data_bytes);
	shared->vector = (uint8_t)queue->vector;
}

/* ---- Posting ---- */

/*
 * The longest run of a buffer that is contiguous in physical memory: all the
 * device can be given of it. An address holds for a page, so each is asked for.
 */
static void buffer_run(struct vmxnet3 *card, struct vmxnet3_buffer *buffer)
{
	uint8_t *at = buffer->segment.data;
	uint32_t left = card->stack.receive_buffer_bytes, part;
	uint64_t physical, end = 0;
	uint32_t run_bytes = 0;
	uint8_t *run = at;

	buffer->run = at;
	buffer->run_bytes = 0;
	for (; left > 0; left -= part, at += part) {
		part = PORT_PAGE_SIZE -
		       (uint32_t)((uintptr_t)at % PORT_PAGE_SIZE);
		if (part > left)
			part = left;
		physical = port_physical(card->port, at);
		if (run_bytes == 0 || physical != end) {
			run = at;
			run_bytes = 0;
		}
		run_bytes += part;
		end = physical + part;
		if (run_bytes > buffer->run_bytes) {
			buffer->run = run;
			buffer->run_bytes = run_bytes;
		}
	}
	if (buffer->run_bytes > VMXNET3_BUFFER_MAX)
		buffer->run_bytes = VMXNET3_BUFFER_MAX;
}

/* Post a buffer; the ring has room. The generation is stored last. */
static void ring_post(struct vmxnet3 *card, struct vmxnet3_ring *ring,
		      const struct vmxnet3_buffer *buffer)
{
	struct vmxnet3_descriptor *descriptors = ring->memory.memory;
	struct vmxnet3_descriptor *descriptor = &descriptors[ring->fill];
	struct port *port = card->port;

	ring->buffers[ring->fill] = *buffer;
	port_dma_give(port, buffer->run, buffer->run_bytes,
		      PORT_DMA_FROM_DEVICE);
	shared_store64(port, &descriptor->address,
		       port_physical(port, buffer->run));
	shared_store32(port, &descriptor->word3, 0);
	shared_store32(port, &descriptor->word2,
		       buffer->run_bytes | ring->kind |
			       (ring->generation ? VMXNET3_RX_GENERATION : 0));
	ring->posted++;
	ring->told_stale = true;
	if (++ring->fill == ring->size) {
		ring->fill = 0;
		ring->generation = !ring->generation;
	}
}

/* Take back the buffer that is next to be used. */
static struct vmxnet3_buffer ring_take(struct vmxnet3 *card,
				       struct vmxnet3_ring *ring)
{
	struct vmxnet3_buffer buffer = ring->buffers[ring->next];

	port_dma_take(card->port, buffer.run, buffer.run_bytes,
		      PORT_DMA_FROM_DEVICE);
	ring->next = (ring->next + 1) % ring->size;
	ring->posted--;
	return buffer;
}

/* Have a buffer in stock, if the stack gives one. */
static bool stock_any(struct vmxnet3_queue *queue)
{
	struct vmxnet3_receive *receive = &queue->receive;
	const struct nic_stack *stack = &queue->card->stack;
	unsigned got;

	if (receive->stock_count > 0)
		return true;
	got = stack->supply(stack->context, queue->index, receive->stock,
			    VMXNET3_STOCK_BURST);
	receive->stock_count =
		got < VMXNET3_STOCK_BURST ? got : VMXNET3_STOCK_BURST;
	return receive->stock_count > 0;
}

static void stock_post(struct vmxnet3_queue *queue, struct vmxnet3_ring *ring)
{
	struct vmxnet3_receive *receive = &queue->receive;
	struct vmxnet3_buffer buffer = {
		.segment = receive->stock[--receive->stock_count],
	};

	buffer_run(queue->card, &buffer);
	ring_post(queue->card, ring, &buffer);
}

/* Fill both rings alike, so that neither starves for the other. */
static void rings_fill(struct vmxnet3_queue *queue)
{
	struct vmxnet3_receive *receive = &queue->receive;
	struct vmxnet3_ring *ring;
	bool any = true;
	unsigned i;

	while (any) {
		any = false;
		for (i = 0; i < VMXNET3_RINGS; i++) {
			ring = &receive->rings[i];
			/* One stays free: full would look like empty. */
			if (ring->posted + 1 >= ring->size || !stock_any(queue))
				continue;
			stock_post(queue, ring);
			any = true;
		}
	}
}

int vmxnet3_receive_fill(struct vmxnet3_queue *queue)
{
	rings_fill(queue);
	return queue->receive.rings[0].posted > 0 ? 0 : ERROR_NO_MEMORY;
}

void vmxnet3_receive_tell(struct vmxnet3_queue *queue)
{
	struct vmxnet3 *card = queue->card;
	struct vmxnet3_ring *ring;
	unsigned i;

	for (i = 0; i < VMXNET3_RINGS; i++) {
		ring = &queue->receive.rings[i];
		vmxnet3_ring(card, card->producers[i], queue->index,
			     ring->fill);
		ring->told_stale = false;
	}
}

/* Some hosts see new buffers by their generation, others want to be told. */
static void rings_tell(struct vmxnet3_queue *queue)
{
	struct vmxnet3_receive *receive = &queue->receive;

	if ((receive->rings[0].told_stale || receive->rings[1].told_stale) &&
	    shared_load8(queue->card->port,
			 &receive->shared->update_producer) != 0) {
		vmxnet3_receive_tell(queue);
		queue->statistics.doorbells++;
	}
}

void vmxnet3_receive_refill(struct vmxnet3_queue *queue)
{
	rings_fill(queue);
	rings_tell(queue);
}

/* ---- A frame in pieces ---- */

/* The pieces so far are buffers that nobody uses. */
static void chain_to_stock(struct vmxnet3_receive *receive)
{
	struct vmxnet3_chain *chain = &receive->chain;

	while (chain->count > 0)
		receive->stock[receive->stock_count++] =
			chain->buffers[--chain->count].segment;
}

static void fault_count(struct vmxnet3_queue *queue, enum vmxnet3_fault fault)
{
	struct nic_statistics *statistics = &queue->statistics;

	switch (fault) {
	case VMXNET3_FAULT_NO_BUFFER:
		statistics->rx_drop_no_buffer++;
		break;
	case VMXNET3_FAULT_LENGTH:
		statistics->rx_drop_length++;
		break;
	case VMXNET3_FAULT_ERROR:
		statistics->rx_drop_error++;
		break;
	case VMXNET3_FAULT_MALFORMED:
	case VMXNET3_FAULT_NONE:
		statistics->rx_drop_malformed++;
		break;
	}
}

/* The frame is not delivered: its buffers are used for others. */
static void chain_drop(struct vmxnet3_queue *queue, enum vmxnet3_fault fault)
{
	struct vmxnet3_chain *chain = &queue->receive.chain;

	fault_count(queue, fault);
	chain_to_stock(&queue->receive);
	chain->open = false;
	chain->ready = false;
}

static void chain_fault(struct vmxnet3_queue *queue, enum vmxnet3_fault fault)
{
	if (queue->receive.chain.fault == VMXNET3_FAULT_NONE)
		queue->receive.chain.fault = fault;
	chain_to_stock(&queue->receive);
}

/* What the first completion of a frame says of it. */
static void chain_begin(struct vmxnet3_queue *queue,
			const struct received *received)
{
	struct vmxnet3_chain *chain = &queue->receive.chain;

	/* A frame that never ended. */
	if (chain->open)
		chain_drop(queue, VMXNET3_FAULT_MALFORMED);
	chain->open = true;
	chain->ready = false;
	chain->fault = received->is_start ? VMXNET3_FAULT_NONE
					  : VMXNET3_FAULT_MALFORMED;
	chain->count = 0;
	chain->bytes = 0;
	chain->is_large = false;
	chain->segment_bytes = 0;
	if (VMXNET3_DONE_TYPE(received->word3) != VMXNET3_TYPE_LARGE ||
	    (received->word1 & VMXNET3_DONE_SEGMENTS) < 2)
		return;
	chain->is_large = true;
	chain->segment_bytes =
		(uint16_t)(received->word3 & VMXNET3_DONE_SEGMENT_BYTES);
}

/* What the device checked, and only that it was good. */
static uint16_t checksum_flags(const struct received *received)
{
	uint32_t word = received->word3;
	uint16_t flags = 0;

	if (received->word0 & VMXNET3_DONE_UNCHECKED)
		return 0;
	if ((word & VMXNET3_DONE_IPV4) && (word & VMXNET3_DONE_IP_GOOD))
		flags |= NET_RX_CHECKSUM_IPV4_GOOD;
	if (!(word & (VMXNET3_DONE_TCP | VMXNET3_DONE_UDP)) ||
	    (word & VMXNET3_DONE_FRAGMENT) || !(word & VMXNET3_DONE_L4_GOOD))
		return flags;
	if ((word & VMXNET3_DONE_IPV6) || (flags & NET_RX_CHECKSUM_IPV4_GOOD))
		flags |= NET_RX_CHECKSUM_L4_GOOD;
	return flags;
}

/* What the last completion of a frame says of it. */
static void chain_packet(struct vmxnet3_queue *queue,
			 const struct received *received)
{
	struct vmxnet3_chain *chain = &queue->receive.chain;
	struct net_packet *packet = &chain->packet;

	memset(packet, 0, sizeof(*packet));
	packet->length = chain->bytes;
	packet->segment_count = chain->count;
	packet->flags = checksum_flags(received);
	if (received->word2 & VMXNET3_DONE_VLAN) {
		packet->flags |= NET_VLAN;
		packet->vlan_tag =
			(uint16_t)(received->word2 >> VMXNET3_DONE_TAG_SHIFT);
	}
	if (queue->card->queue_count > 1 &&
	    VMXNET3_DONE_HASH(received->word0) != 0 &&
	    VMXNET3_DONE_TYPE(received->word3) != VMXNET3_TYPE_LARGE) {
		packet->flags |= NET_RX_HASH;
		packet->hash = received->word1;
	}
}

/* Whether a whole frame has a length that it may have. */
static bool chain_length_valid(struct vmxnet3_queue *queue)
{
	const struct vmxnet3 *card = queue->card;
	struct vmxnet3_chain *chain = &queue->receive.chain;
	const struct net_segment first = {
		.data = chain->buffers[0].run,
		.length = chain->lengths[0],
	};
	bool fits =
		chain->count > 0 && net_packet_fits(&chain->packet, &first,
						    card->nic.information.mtu);

	/* Before revision 2 a large frame shows by its length alone. */
	if (!fits && card->revision == 1)
		chain->is_large = true;
	if (!chain->is_large || !card->configuration.large_receive)
		return fits;
	if (chain->bytes < ETHERNET_HEADER_BYTES || chain->count == 0)
		return false;
	chain->packet.flags |= NET_RX_LARGE;
	chain->packet.segment_bytes = chain->segment_bytes;
	return true;
}

static void chain_end(struct vmxnet3_queue *queue,
		      const struct received *received)
{
	struct vmxnet3_chain *chain = &queue->receive.chain;

	if (received->word2 & VMXNET3_DONE_ERROR)
		chain_fault(queue, VMXNET3_FAULT_ERROR);
	if (chain->fault == VMXNET3_FAULT_NONE) {
		chain_packet(queue, received);
		if (!chain_length_valid(queue))
			chain->fault = VMXNET3_FAULT_LENGTH;
	}
	if (chain->fault == VMXNET3_FAULT_NONE)
		chain->ready = true;
	else
		chain_drop(queue, chain->fault);
}

/* ---- Completions ---- */

static const struct vmxnet3_completion *
completion_next(const struct vmxnet3_receive *receive)
{
	const struct vmxnet3_completion *ring =
		receive->completions.memory.memory;

	return &ring[receive->completions.next];
}

static bool completion_there(struct vmxnet3_queue *queue, uint32_t *word3)
{
	const struct vmxnet3_receive *receive = &queue->receive;

	*word3 = shared_load32(queue->card->port,
			       &completion_next(receive)->word3);
	return ((*word3 & VMXNET3_DONE_GENERATION) != 0) ==
	       receive->completions.generation;
}

bool vmxnet3_receive_has_work(struct vmxnet3_queue *queue)
{
	uint32_t word3;

	if (!vmxnet3_alive(queue->card) || !queue->card->started)
		return false;
	return queue->receive.chain.ready || completion_there(queue, &word3);
}

/* Read the next completion, if there is one, once. */
static bool completion_read(struct vmxnet3_queue *queue,
			    struct received *received)
{
	struct vmxnet3_receive *receive = &queue->receive;
	const struct vmxnet3_completion *at = completion_next(receive);
	struct port *port = queue->card->port;

	/* The generation first: before it turned, the rest is old. */
	if (!completion_there(queue, &received->word3))
		return false;
	received->word0 = shared_load32(port, &at->word0);
	received->word1 = shared_load32(port, &at->word1);
	received->word2 = shared_load32(port, &at->word2);
	received->bytes = received->word2 & VMXNET3_LENGTH;
	received->is_start = (received->word0 & VMXNET3_DONE_START) != 0;
	received->is_end = (received->word0 & VMXNET3_DONE_END) != 0;
	if (++receive->completions.next == receive->completions.size) {
		receive->completions.next = 0;
		receive->completions.generation =
			!receive->completions.generation;
	}
	return true;
}

/*
 * The ring that a completion is about. Their numbers: queues with the first
 * ring, then with the second, then data rings, which go with the first.
 * @return the ring, or NULL: not of this queue
 */
static struct vmxnet3_ring *completion_ring(struct vmxnet3_queue *queue,
					    const struct received *received,
					    bool *in_data_ring)
{
	uint32_t number = VMXNET3_DONE_QUEUE(received->word0);
	uint32_t count = queue->card->queue_count;

	*in_data_ring = number == 2 * count + queue->index;
	if (*in_data_ring)
		return queue->card->receive_data_bytes != 0
			       ? &queue->receive.rings[0]
			       : NULL;
	if (number == queue->index)
		return &queue->receive.rings[0];
	return number == count + queue->index ? &queue->receive.rings[1] : NULL;
}

/*
 * Give the device again what it passed over.
 * @return false when the index is not one that it has
 */
static bool ring_skip(struct vmxnet3 *card, struct vmxnet3_ring *ring,
		      uint32_t index)
{
	struct vmxnet3_buffer buffer;
	uint32_t passed;

	if (index >= ring->size)
		return false;
	passed = (index + ring->size - ring->next) % ring->size;
	if (passed >= ring->posted)
		return false;
	for (; passed > 0; passed--) {
		buffer = ring_take(card, ring);
		ring_post(card, ring, &buffer);
	}
	return true;
}

/* Copy a short frame out of the slot that goes with its buffer. */
static void data_copy(struct vmxnet3_queue *queue, uint32_t index,
		      const struct vmxnet3_buffer *buffer, uint32_t bytes)
{
	struct vmxnet3 *card = queue->card;
	const uint8_t *data = queue->receive.data.memory;

	shared_read(card->port, buffer->run,
		    data + (size_t)index * card->receive_data_bytes, bytes);
}

/* A buffer with a part of a frame: kept with the others, or posted again. */
static void chain_append(struct vmxnet3_queue *queue, struct vmxnet3_ring *ring,
			 const struct vmxnet3_buffer *buffer, uint32_t bytes)
{
	struct vmxnet3_chain *chain = &queue->receive.chain;

	if (bytes > 0 && chain->fault == VMXNET3_FAULT_NONE) {
		if (bytes > buffer->run_bytes)
			chain_fault(queue, VMXNET3_FAULT_MALFORMED);
		else if (chain->count == VMXNET3_CHAIN)
			chain_fault(queue, VMXNET3_FAULT_LENGTH);
		else if (!stock_any(queue) && ring->posted < VMXNET3_POSTED_MIN)
			chain_fault(queue, VMXNET3_FAULT_NO_BUFFER);
	}
	if (bytes == 0 || chain->fault != VMXNET3_FAULT_NONE) {
		ring_post(queue->card, ring, buffer);
		return;
	}
	if (queue->receive.stock_count > 0)
		stock_post(queue, ring);
	chain->buffers[chain->count] = *buffer;
	chain->lengths[chain->count++] = bytes;
	chain->bytes += bytes;
}

/*
 * Deal with one completion.
 * @return 0, or ERROR_PROTOCOL: the device lost its way
 */
static int completion_take(struct vmxnet3_queue *queue,
			   const struct received *received)
{
	uint32_t index = received->word0 & VMXNET3_INDEX;
	struct vmxnet3 *card = queue->card;
	struct vmxnet3_buffer buffer;
	struct vmxnet3_ring *ring;
	bool in_data_ring;

	ring = completion_ring(queue, received, &in_data_ring);
	if (!ring || !ring_skip(card, ring, index))
		return ERROR_PROTOCOL;
	buffer = ring_take(card, ring);
	/* A buffer that was passed over, and no frame. */
	if (received->bytes == 0 && received->is_start && received->is_end) {
		ring_post(card, ring, &buffer);
		return 0;
	}
	if (received->is_start || !queue->receive.chain.open)
		chain_begin(queue, received);
	if (in_data_ring && received->bytes > card->receive_data_bytes)
		chain_fault(queue, VMXNET3_FAULT_MALFORMED);
	else if (in_data_ring && received->bytes <= buffer.run_bytes)
		data_copy(queue, index, &buffer, received->bytes);
	chain_append(queue, ring, &buffer, received->bytes);
	if (received->is_end)
		chain_end(queue, received);
	return 0;
}

/*
 * Take completions until a frame is whole.
 * @param budget how many completions more are looked at
 */
static bool frame_find(struct vmxnet3_queue *queue, uint32_t *budget)
{
	struct vmxnet3_chain *chain = &queue->receive.chain;
	struct received received;

	while (!chain->ready && *budget > 0 && vmxnet3_alive(queue->card) &&
	       completion_read(queue, &received)) {
		--*budget;
		if (completion_take(queue, &received) == 0)
			continue;
		queue->statistics.bad_messages++;
		vmxnet3_die(queue->card, NIC_EVENT_FAILED);
		return false;
	}
	return chain->ready;
}

/* ---- To the stack ---- */

static void frame_deliver(struct vmxnet3_queue *queue,
			  struct net_packet *packet,
			  struct net_segment segments[], uint32_t first)
{
	struct vmxnet3_chain *chain = &queue->receive.chain;
	uint32_t i;

	*packet = chain->packet;
	packet->first_segment = first;
	for (i = 0; i < chain->count; i++) {
		segments[first + i].data = chain->buffers[i].run;
		segments[first + i].length = chain->lengths[i];
		segments[first + i].owner = chain->buffers[i].segment.owner;
	}
	queue->statistics.rx_frames++;
	queue->statistics.rx_bytes += packet->length;
	chain->count = 0;
	chain->ready = false;
	chain->open = false;
}

static unsigned receive_burst(struct vmxnet3_queue *queue,
			      struct net_packet packets[], unsigned n,
			      struct net_segment segments[], unsigned m)
{
	struct vmxnet3_chain *chain = &queue->receive.chain;
	uint32_t budget = n + queue->receive.completions.size;
	uint32_t used = 0;
	unsigned count = 0;

	while (count < n && frame_find(queue, &budget)) {
		if (chain->count > m - used)
			break;
		used += chain->count;
		frame_deliver(queue, &packets[count++], segments,
			      used - chain->count);
	}
	return count;
}

/*
 * The only vector is masked since a frame came, and who polls does not unmask
 * it by arming: an event that waits has the device interrupt now.
 */
static void events_look(struct vmxnet3 *card)
{
	if (card->vector_count == 1 && atomic_load(&card->active) &&
	    !atomic_load(&card->events_told) &&
	    shared_load32(card->port, &card->shared->events) != 0)
		vmxnet3_unmask(card, 0);
}

unsigned vmxnet3_receive(struct nic *nic, unsigned index,
			 struct net_packet packets[], unsigned n,
			 struct net_segment segments[], unsigned m)
{
	struct vmxnet3 *card = vmxnet3_of(nic);
	struct vmxnet3_queue *queue;
	unsigned count = 0;

	if (index >= card->queue_count)
		return 0;
	queue = &card->queues[index];
	if (!net_turn_begin(&queue->turn))
		return 0;
	if (card->started && vmxnet3_alive(card)) {
		count = receive_burst(queue, packets, n, segments, m);
		/* What the stack did not have before it may have now. */
		if (vmxnet3_alive(card)) {
			vmxnet3_receive_refill(queue);
			events_look(card);
		}
	}
	net_turn_end(&queue->turn);
	return count;
}

/* ---- The end ---- */

/* Frames that the device delivered and the stack will not see. */
static void completions_drop(struct vmxnet3_queue *queue)
{
	uint32_t left = queue->receive.completions.size;
	struct received received;

	if (queue->receive.chain.open)
		queue->statistics.rx_drop_stopped++;
	while (left-- > 0 && completion_read(queue, &received))
		if (received.is_end && !received.is_start &&
		    queue->receive.chain.open)
			queue->receive.chain.open = false;
		else if (received.is_end && received.bytes > 0)
			queue->statistics.rx_drop_stopped++;
	queue->receive.chain.open = false;
	queue->receive.chain.ready = false;
}

void vmxnet3_receive_release(struct vmxnet3_queue *queue)
{
	struct vmxnet3_receive *receive = &queue->receive;
	struct vmxnet3 *card = queue->card;
	const struct nic_stack *stack = &card->stack;
	struct vmxnet3_buffer buffer;
	unsigned i;

	if (vmxnet3_alive(card))
		completions_drop(queue);
	chain_to_stock(receive);
	while (receive->stock_count > 0)
		stack->release(stack->context,
			       &receive->stock[--receive->stock_count]);
	for (i = 0; i < VMXNET3_RINGS; i++)
		while (receive->rings[i].posted > 0) {
			buffer = ring_take(card, &receive->rings[i]);
			stack->release(stack->context, &buffer.segment);
		}
}
