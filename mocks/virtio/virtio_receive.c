/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of the wire, into the guest's buffers (5.1.6.3, 5.1.6.4).
 *
 * A frame waits in the device until there are buffers for it. Firecracker takes
 * all buffers that there are before it reads a frame, and since 1.10 reads none
 * before they hold 65562 bytes together, however short the frame is.
 */
#include "mocks/virtio/virtio_internal.h"

#include <stdlib.h>
#include <string.h>

#define GUEST_LARGE                                                            \
	(FEATURE(NET_GUEST_TSO4) | FEATURE(NET_GUEST_TSO6) |                   \
	 FEATURE(NET_GUEST_UFO))

/* ---- Frames that wait ---- */

static void waiting_drop(struct virtio_queue *queue)
{
	struct virtio_waiting *first = queue->waiting_first;

	queue->waiting_first = first->next;
	if (!queue->waiting_first)
		queue->waiting_last = NULL;
	queue->waiting--;
	free(first);
}

void host_virtio_receive_drop(struct virtio_queue *queue)
{
	queue->untold = 0;
	while (queue->waiting_first) {
		queue->card->counters.rx_drop_state++;
		waiting_drop(queue);
	}
}

static bool waiting_add(struct virtio_queue *queue,
			const struct wire_frame *frame)
{
	struct host_virtio *card = queue->card;
	struct virtio_waiting *waiting;

	if (queue->waiting >= card->configuration.queue_frames) {
		card->counters.rx_drop_queue++;
		return false;
	}
	waiting = malloc(sizeof(*waiting) + frame->length);
	if (!waiting)
		machine_stop(card->machine, MACHINE_STOPPED,
			     "the simulator is out of memory");
	waiting->next = NULL;
	waiting->length = frame->length;
	memcpy(waiting->data, frame->data, frame->length);
	if (queue->waiting_last)
		queue->waiting_last->next = waiting;
	else
		queue->waiting_first = waiting;
	queue->waiting_last = waiting;
	queue->waiting++;
	return true;
}

bool host_virtio_receive(void *argument, const struct wire_frame *frame)
{
	struct host_virtio *card = argument;
	struct virtio_queue *queue;

	if (frame->length < ETHERNET_HEADER ||
	    frame->length > VIRTIO_PACKET_MAX - HEADER_BYTES)
		return false;
	if (card->removed || !(card->status & STATUS_DRIVER_OK) ||
	    (card->offered & FEATURE(NET_STATUS) && !card->link_up)) {
		card->counters.rx_drop_state++;
		return false;
	}
	if (!host_virtio_is(card, VIRTIO_FIRECRACKER) &&
	    !host_virtio_wanted(card, frame)) {
		card->counters.rx_drop_filter++;
		return false;
	}
	queue = &card->queues[2 * host_virtio_pair_of(card, frame->data,
						      frame->length)];
	if (!host_virtqueue_works(queue)) {
		card->counters.rx_drop_state++;
		return false;
	}
	if (!waiting_add(queue, frame))
		return false;
	machine_work_kick(card->machine, &queue->work);
	return true;
}

/* ---- Buffers ---- */

static bool merges(const struct host_virtio *card)
{
	return host_virtio_negotiated(card, NET_MRG_RXBUF);
}

/** The least that a buffer is to hold (5.1.6.3.1). */
static uint64_t buffer_least(const struct host_virtio *card)
{
	if (merges(card))
		return HEADER_BYTES;
	return card->accepted & GUEST_LARGE ? VIRTIO_PACKET_MAX
					    : VIRTIO_BUFFER_LEAST;
}

/** What is wrong with a buffer, named. @return whether it can be used */
static bool buffer_check(struct virtio_queue *queue, struct virtio_chain *chain)
{
	struct host_virtio *card = queue->card;

	if (chain->read_count) {
		host_virtio_break(card, "virtio 5.1.6.3",
				  "RX: a buffer has elements that the device "
				  "is to read (M32)");
		chain->fault = "is to be read";
	}
	if (chain->write_bytes < buffer_least(card)) {
		host_virtio_break(card, "virtio 5.1.6.3.1",
				  "RX: a buffer of %llu bytes, and it is to "
				  "have %llu (M20)",
				  (unsigned long long)chain->write_bytes,
				  (unsigned long long)buffer_least(card));
		if (card->personality->capacity_gate ||
		    chain->write_bytes < HEADER_BYTES)
			chain->fault = "is too short";
	}
	return !chain->fault;
}

static void posted_add(struct virtio_queue *queue, struct virtio_chain *chain)
{
	if (queue->last)
		queue->last->next = chain;
	else
		queue->first = chain;
	queue->last = chain;
	queue->posted_bytes += chain->write_bytes;
	queue->posted_elements += chain->write_count;
}

static struct virtio_chain *posted_take(struct virtio_queue *queue)
{
	struct virtio_chain *chain = queue->first;

	queue->first = chain->next;
	if (!queue->first)
		queue->last = NULL;
	chain->next = NULL;
	queue->posted_bytes -= chain->write_bytes;
	queue->posted_elements -= chain->write_count;
	return chain;
}

/** Take one more buffer. @return false: there is none, or all is over */
static bool buffer_post(struct virtio_queue *queue)
{
	struct host_virtio *card = queue->card;
	struct virtio_chain *chain = host_virtqueue_pop(queue);

	if (!chain)
		return false;
	if (card->personality->capacity_gate &&
	    queue->posted_elements + chain->write_count > VIRTIO_PIECES_MAX) {
		host_virtqueue_unpop(queue, chain);
		return false;
	}
	if (buffer_check(queue, chain)) {
		posted_add(queue, chain);
		return true;
	}
	card->counters.rx_refused++;
	if (!host_virtio_is(card, VIRTIO_FIRECRACKER)) {
		host_virtqueue_chain_free(chain);
		host_virtio_stop(card);
		return false;
	}
	/* Told with the next good frame, and not before (M22). */
	host_virtqueue_use(queue, chain, 0);
	return true;
}

/** Whether a packet of so many bytes, header and all, can be taken now. */
static bool room_make(struct virtio_queue *queue, uint64_t bytes)
{
	struct host_virtio *card = queue->card;
	uint64_t gate = card->personality->capacity_gate;

	if (gate) {
		if (queue->posted_bytes < gate)
			while (buffer_post(queue))
				;
		return queue->posted_bytes >= gate;
	}
	for (;;) {
		if (queue->first &&
		    (queue->posted_bytes >= bytes || !merges(card)))
			break;
		if (!buffer_post(queue))
			return false;
	}
	return true;
}

/* ---- Delivery ---- */

/** What a device says in a header that lies. */
static void header_spoil(struct host_virtio *card, uint8_t *header,
			 uint32_t bytes)
{
	struct machine *machine = card->machine;

	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_RX_FLAGS_GARBAGE))
		header[HEADER_FLAGS] |= (uint8_t)machine_random(machine);
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_CHECKSUM_LIES)) {
		header[HEADER_FLAGS] = HEADER_DATA_VALID;
		header[HEADER_BYTES + bytes - 1] ^= 0xff;
	}
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_CHECKSUM_OUTSIDE)) {
		header[HEADER_FLAGS] = HEADER_NEEDS_CHECKSUM;
		virtio_put16(header + HEADER_CHECKSUM_START,
			     machine_random_below(machine, 2)
				     ? bytes - 1
				     : (uint32_t)machine_random(machine));
		virtio_put16(header + HEADER_CHECKSUM_OFFSET,
			     (uint32_t)machine_random(machine));
	}
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_GSO_GARBAGE)) {
		header[HEADER_GSO_TYPE] =
			(uint8_t)(1 + machine_random_below(machine, 255));
		virtio_put16(header + HEADER_LENGTH,
			     (uint32_t)machine_random(machine));
		virtio_put16(header + HEADER_GSO_SIZE,
			     (uint32_t)machine_random(machine));
	}
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_GSO_SIZE_ZERO)) {
		header[HEADER_GSO_TYPE] = GSO_TCP4;
		virtio_put16(header + HEADER_GSO_SIZE, 0);
	}
}

static uint32_t buffers_say(struct host_virtio *card, uint32_t count)
{
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_BUFFERS_ZERO))
		return 0;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_BUFFERS_HUGE))
		return 65535;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_BUFFERS_MORE))
		return count + 1;
	/* QEMU writes it with mergeable buffers only. */
	return host_virtio_is(card, VIRTIO_QEMU) && !merges(card) ? 0 : count;
}

static uint32_t buffers_count(const struct virtio_queue *queue, uint32_t bytes)
{
	const struct virtio_chain *chain = queue->first;
	uint32_t count = 1;
	uint64_t room = chain->write_bytes;

	while (room < bytes) {
		chain = chain->next;
		room += chain->write_bytes;
		count++;
	}
	return count;
}

/** How many bytes of a buffer it says that it used. */
static uint32_t used_say(struct host_virtio *card, uint32_t part)
{
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_RX_EMPTY))
		part = 0;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_RX_SHORT))
		part = 1 +
		       machine_random_below(card->machine, HEADER_BYTES - 1);
	return part;
}

/** Lies that cost a frame in one buffer, and confuse those in several. */
static uint64_t merge_lies(const struct host_virtio *card)
{
	const uint64_t *fired = card->lies.fired;

	return fired[HOST_VIRTIO_FAULT_RX_EMPTY] +
	       fired[HOST_VIRTIO_FAULT_RX_SHORT] +
	       fired[HOST_VIRTIO_FAULT_BUFFERS_ZERO];
}

/**
 * Put the packet, header and all, into as many buffers as it takes. Which
 * buffer begins a frame, and how much of it is missing in the middle, a driver
 * knows from the device alone.
 */
static void packet_deliver(struct virtio_queue *queue, uint32_t bytes)
{
	struct host_virtio *card = queue->card;
	uint32_t count = buffers_count(queue, bytes), at = 0;
	uint64_t lies = merge_lies(card);

	virtio_put16(card->packet + HEADER_BUFFERS, buffers_say(card, count));
	host_virtqueue_trace(queue, TRACE_TO_GUEST, "header", queue->first->id,
			     card->packet, HEADER_BYTES);
	while (at < bytes) {
		struct virtio_chain *chain = posted_take(queue);
		uint32_t part = bytes - at;

		if (part > chain->write_bytes)
			part = (uint32_t)chain->write_bytes;
		host_virtqueue_write(queue, chain, 0, card->packet + at, part);
		at += part;
		host_virtqueue_use(queue, chain, used_say(card, part));
		card->counters.rx_buffers++;
	}
	if (count > 1 && merge_lies(card) != lies)
		card->lies.changed = true;
}

/** Buffers of the old way are tried one after the other until one fits. */
static bool fitting_find(struct virtio_queue *queue, uint64_t bytes)
{
	while (room_make(queue, bytes)) {
		if (merges(queue->card) || queue->first->write_bytes >= bytes)
			return true;
		if (!host_virtio_is(queue->card, VIRTIO_FIRECRACKER))
			break;
		host_virtqueue_use(queue, posted_take(queue), 0);
	}
	return false;
}

static void frames_done(struct virtio_queue *queue, unsigned frames)
{
	struct host_virtio *card = queue->card;

	queue->untold++;
	card->counters.rx_frames += frames;
	if (frames > 1)
		card->counters.rx_merged += frames;
	while (frames--) {
		card->counters.rx_bytes += queue->waiting_first->length;
		waiting_drop(queue);
	}
}

static void packets_tell(struct virtio_queue *queue)
{
	host_virtqueue_publish(queue);
	queue->card->counters.rx_packets += queue->untold;
	queue->untold = 0;
}

/** Nothing more to do: a batch is told. */
static bool receive_end(struct virtio_queue *queue)
{
	struct host_virtio *card = queue->card;

	if (!host_virtio_is(card, VIRTIO_FIRECRACKER))
		return false;
	if (queue->untold)
		packets_tell(queue);
	else if (!host_virtio_negotiated(card, RING_EVENT_IDX))
		/* It interrupts after each look (M27). */
		host_virtio_interrupt(card, INTERRUPT_USED);
	return false;
}

bool host_virtio_receive_step(struct virtio_queue *queue)
{
	struct host_virtio *card = queue->card;
	uint64_t least = HEADER_BYTES;
	uint32_t bytes = 0;
	unsigned frames;

	if (!queue->waiting_first) {
		/* Rung without a frame: Firecracker takes all there are. */
		if (card->personality->capacity_gate)
			while (buffer_post(queue))
				;
		return receive_end(queue);
	}
	least += queue->waiting_first->length;
	if (!fitting_find(queue, least)) {
		if (!queue->first || merges(card) ||
		    host_virtio_is(card, VIRTIO_FIRECRACKER))
			return receive_end(queue);
		card->counters.rx_drop_size++;
		waiting_drop(queue);
		return true;
	}
	frames = host_virtio_merge(queue, &bytes);
	header_spoil(card, card->packet, bytes);
	packet_deliver(queue, HEADER_BYTES + bytes);
	if (!host_virtio_lies(card, HOST_VIRTIO_FAULT_RX_TWICE))
		frames_done(queue, frames);
	if (!host_virtio_is(card, VIRTIO_FIRECRACKER))
		packets_tell(queue);
	return true;
}
