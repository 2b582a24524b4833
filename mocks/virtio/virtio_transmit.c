/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets of the guest, out of its buffers.
 */
#include "mocks/virtio/virtio_internal.h"

#include <string.h>

/** How long a rate limiter stops a queue, in nanoseconds. */
#define STALL_NANOSECONDS 2000000000ull

/** What strikes a device while it works. @return whether it still does */
static bool accidents(struct virtio_queue *queue)
{
	struct host_virtio *card = queue->card;

	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_NEEDS_RESET)) {
		host_virtio_stop(card);
		return false;
	}
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_CONFIG_SPURIOUS))
		host_virtio_config_changed(card);
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_ANNOUNCE_STORM))
		host_virtio_announce(card);
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_TX_STALLED)) {
		machine_event_schedule(card->machine, &queue->later,
				       STALL_NANOSECONDS);
		return false;
	}
	return !queue->later.scheduled;
}

/** A buffer that is no packet. @return whether the device goes on */
static bool chain_check(struct virtio_queue *queue, struct virtio_chain *chain)
{
	struct host_virtio *card = queue->card;

	if (chain->write_count) {
		host_virtio_break(card, "virtio 5.1.6.2",
				  "TX: a packet has elements that the device "
				  "is to write (M32)");
		chain->fault = "is to be written";
	} else if (chain->read_bytes < HEADER_BYTES) {
		if (host_virtio_is(card, VIRTIO_QEMU)) {
			uint64_t bytes = chain->read_bytes;

			/* Nobody comes back here. */
			host_virtqueue_chain_free(chain);
			card->aborted = true;
			machine_stop(card->machine, MACHINE_STOPPED,
				     "QEMU aborts: a packet to send has %llu "
				     "bytes, less than its header",
				     (unsigned long long)bytes);
		}
		host_virtio_break(card, "virtio 5.1.6",
				  "TX: a packet of %llu bytes has no whole "
				  "header of 12 (M20)",
				  (unsigned long long)chain->read_bytes);
		chain->fault = "has no header";
	} else if (chain->read_bytes > VIRTIO_PACKET_MAX) {
		host_virtio_break(card, "virtio 5.1.6.2",
				  "TX: a packet of %llu bytes is longer than "
				  "65562 (M34)",
				  (unsigned long long)chain->read_bytes);
		chain->fault = "is too long";
	}
	return !chain->fault || host_virtio_is(card, VIRTIO_FIRECRACKER);
}

static void packet_send(struct virtio_queue *queue,
			const struct virtio_chain *chain)
{
	struct host_virtio *card = queue->card;
	uint32_t bytes = (uint32_t)chain->read_bytes - HEADER_BYTES;
	unsigned pair = queue->index / 2;
	const char *fault;

	host_virtqueue_read(queue, chain, 0, card->packet, chain->read_bytes);
	host_virtqueue_trace(queue, TRACE_FROM_GUEST, "header", chain->id,
			     card->packet, HEADER_BYTES);
	if (pair >= card->pairs)
		host_virtio_break(card, "virtio 5.1.6.5.6.1",
				  "TX: a packet on queue %u while %u pairs are "
				  "in use",
				  queue->index, card->pairs);
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_TX_DISCARD) ||
	    (card->offered & FEATURE(NET_STATUS) && !card->link_up)) {
		card->counters.tx_refused++;
		return;
	}
	if (bytes >= ETHERNET_HEADER)
		host_virtio_flow_learn(card, card->packet + HEADER_BYTES, bytes,
				       pair);
	fault = host_virtio_send(card, card->packet,
				 card->packet + HEADER_BYTES, bytes);
	if (!fault) {
		card->counters.tx_packets++;
		return;
	}
	host_virtio_break(card, "virtio 5.1.6.2", "TX: a packet %s", fault);
	card->counters.tx_refused++;
}

bool host_virtio_transmit_step(struct virtio_queue *queue)
{
	struct host_virtio *card = queue->card;
	bool batches = host_virtio_is(card, VIRTIO_FIRECRACKER);
	struct virtio_chain *chain;
	uint32_t length = 0;

	if (!accidents(queue))
		return false;
	chain = host_virtqueue_pop(queue);
	if (!chain) {
		if (batches)
			host_virtqueue_publish(queue);
		return false;
	}
	if (!chain_check(queue, chain)) {
		host_virtqueue_chain_free(chain);
		host_virtio_stop(card);
		return false;
	}
	if (chain->fault)
		card->counters.tx_refused++;
	else
		packet_send(queue, chain);
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_TX_LENGTH))
		length = (uint32_t)machine_random(card->machine);
	host_virtqueue_use(queue, chain, length);
	if (!batches)
		host_virtqueue_publish(queue);
	return true;
}
