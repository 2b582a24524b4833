/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets of the guest, out of its rings.
 *
 * The device follows the generation bits; the producer that a doorbell says is
 * compared with them. A packet is gathered whole before anything is done to it.
 */
#include "mocks/vmware/vmxnet3_internal.h"

#include <string.h>

#include "mocks/machine/fault.h"

/** How often a queue is looked at while its threshold keeps doorbells away. */
#define POLL_NANOSECONDS 50000u
#define BURST_ONE_IN	 16u
#define BURST_THRESHOLD	 4u

#define ERROR_NO_EOP	 0x80000000u
#define ERROR_TOO_BIG	 0x80000002u
#define ERROR_INVALID_TX 0x80000007u

/** Places in the statistics of a TX queue. */
enum {
	TX_TSO_PACKETS,
	TX_TSO_BYTES,
	TX_UNICAST,
	TX_UNICAST_BYTES,
	TX_MULTICAST,
	TX_MULTICAST_BYTES,
	TX_BROADCAST,
	TX_BROADCAST_BYTES,
	TX_ERROR,
	TX_DISCARD
};

struct tx_descriptor {
	uint64_t address;
	uint32_t word2, word3;
	uint8_t bytes[DESCRIPTOR_BYTES];
};

/** A packet while it is gathered. */
struct gathering {
	struct vmxnet3_offload offload;
	uint32_t bytes, descriptors, last;
	/** What is wrong with it: it is completed and not sent. */
	const char *fault;
	uint32_t error;
	bool complete, end;
};

static void descriptor_read(const struct vmxnet3_tx_queue *queue,
			    struct tx_descriptor *descriptor)
{
	uint8_t bytes[DESCRIPTOR_BYTES] = {0};

	host_pci_dma_read(queue->vmxnet3->function,
			  queue->ring.address +
				  (uint64_t)queue->ring.next * DESCRIPTOR_BYTES,
			  bytes, sizeof(bytes));
	memcpy(descriptor->bytes, bytes, sizeof(bytes));
	descriptor->address = wire_get64(bytes);
	descriptor->word2 = wire_get32(bytes + 8);
	descriptor->word3 = wire_get32(bytes + 12);
}

/* ---- Gathering ---- */

static bool in_data_ring(const struct vmxnet3_tx_queue *queue,
			 const struct tx_descriptor *descriptor)
{
	return queue->data_bytes &&
	       descriptor->address >= queue->data_address &&
	       descriptor->address - queue->data_address <
		       (uint64_t)queue->data_size * queue->data_bytes;
}

/** A head in the data ring lies in the slot of its descriptor (V19). */
static void data_ring_check(struct vmxnet3_tx_queue *queue,
			    const struct tx_descriptor *descriptor,
			    struct gathering *gathering)
{
	uint32_t length = TXD_LENGTH(descriptor->word2);
	uint64_t slot = queue->data_address +
			(uint64_t)queue->ring.next * queue->data_bytes;

	queue->vmxnet3->counters.tx_data_ring++;
	if (descriptor->address != slot || !length ||
	    length > queue->data_bytes || gathering->descriptors)
		gathering->fault = "has a head in the data ring that is not "
				   "in the slot of its descriptor (V19)";
}

static void fragment_read(struct vmxnet3_tx_queue *queue,
			  const struct tx_descriptor *descriptor,
			  struct gathering *gathering)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	uint32_t length = TXD_LENGTH(descriptor->word2);
	uint8_t *to = vmxnet3->packet + VLAN_TAG + gathering->bytes;

	if (!length)
		length = TXD_LENGTH_MAX;
	if (TXD_TYPE(descriptor->word2))
		gathering->fault = "has a descriptor of another type";
	if (in_data_ring(queue, descriptor))
		data_ring_check(queue, descriptor, gathering);
	else if (!machine_dma_given(vmxnet3->machine, descriptor->address,
				    length) &&
		 machine_ram(vmxnet3->machine, descriptor->address, 1))
		host_vmxnet3_break(vmxnet3,
				   "DMA ownership: the driver let the "
				   "device read memory that it did not "
				   "give");
	if (gathering->bytes + length > VMXNET3_PACKET_MAX) {
		gathering->fault = "is longer than any packet";
		gathering->error = ERROR_TOO_BIG;
		return;
	}
	if (!host_pci_dma_read(vmxnet3->function, descriptor->address, to,
			       length)) {
		gathering->fault = "lies outside of memory";
		gathering->error = ERROR_INVALID_TX;
		memset(to, 0, length);
	}
	gathering->bytes += length;
}

static void descriptor_take(struct vmxnet3_tx_queue *queue,
			    const struct tx_descriptor *descriptor,
			    struct gathering *gathering)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	bool first = !gathering->descriptors;

	host_vmxnet3_trace(vmxnet3, TRACE_FROM_GUEST, "tx", queue->index,
			   queue->ring.next, descriptor->bytes);
	if (first)
		gathering->offload = (struct vmxnet3_offload){
			.mode = TXD_MODE(descriptor->word3),
			.header = TXD_HEADER(descriptor->word3),
			.mss_offset = TXD_MSS_OFFSET(descriptor->word2),
			.tag = TXD_TAG(descriptor->word3),
			.tci = TXD_TCI(descriptor->word3),
		};
	else if (TXD_TAG(descriptor->word3) && !gathering->offload.tag)
		host_vmxnet3_break(vmxnet3,
				   "TX: a VLAN tag on a descriptor that is "
				   "not the first is lost (V22)");
	fragment_read(queue, descriptor, gathering);
	gathering->descriptors++;
	gathering->last = queue->ring.next;
	gathering->end = TXD_EOP(descriptor->word3);
	gathering->complete = TXD_COMPLETE(descriptor->word3);
	if (gathering->complete && !gathering->end)
		host_vmxnet3_break(vmxnet3,
				   "TX: CQ on a descriptor that is not the "
				   "last (V14)");
	host_vmxnet3_ring_advance(&queue->ring);
}

/** @return false: nothing is there */
static bool packet_gather(struct vmxnet3_tx_queue *queue,
			  struct gathering *gathering)
{
	struct tx_descriptor descriptor;

	memset(gathering, 0, sizeof(*gathering));
	for (;;) {
		descriptor_read(queue, &descriptor);
		if (TXD_GENERATION(descriptor.word2) != queue->ring.generation)
			break;
		if (gathering->descriptors >= queue->ring.size)
			break;
		descriptor_take(queue, &descriptor, gathering);
		if (gathering->end)
			return true;
	}
	if (!gathering->descriptors)
		return false;
	host_vmxnet3_break(
		queue->vmxnet3,
		"TX: the first descriptor of a packet was published "
		"before its others, or the doorbell rung in its middle: "
		"the packet is lost (1.7, V9, V10)");
	gathering->fault = "has no end";
	gathering->error = ERROR_NO_EOP;
	return true;
}

static void limits_check(struct gathering *gathering)
{
	bool segments = gathering->offload.mode == TX_MODE_SEGMENT;

	if (!gathering->fault &&
	    gathering->descriptors >
		    (segments ? VMXNET3_TXDS_TSO_MAX : VMXNET3_TXDS_MAX)) {
		gathering->fault = "has more descriptors than 16, or 24 with "
				   "segmentation (V12)";
		gathering->error = ERROR_TOO_BIG;
	}
}

/* ---- Completions ---- */

static void completion_write(struct vmxnet3_tx_queue *queue, uint32_t index)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	uint32_t words[4] = {index & 0xfff, 0, 0, 0};

	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_TX_GARBAGE)) {
		words[0] |= (uint32_t)machine_random(vmxnet3->machine) << 12;
		words[1] = (uint32_t)machine_random(vmxnet3->machine);
		words[2] = (uint32_t)machine_random(vmxnet3->machine);
		words[3] = (uint32_t)machine_random(vmxnet3->machine);
	}
	host_vmxnet3_complete(vmxnet3, &queue->completions, words,
			      HOST_VMXNET3_FAULT_TX_GENERATION_EARLY);
}

/** The completion of a packet, and what becomes of it. */
static void packet_complete(struct vmxnet3_tx_queue *queue, uint32_t index)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	uint32_t kept = queue->kept;

	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_TX_NEVER) ||
	    machine_fault_fires(vmxnet3->machine,
				MACHINE_FAULT_COMPLETION_LOST))
		return;
	queue->kept = 0;
	if (!kept && host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_TX_ORDER)) {
		queue->kept = index + 1;
		return;
	}
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_TX_INDEX_RANGE))
		completion_write(queue,
				 queue->ring.size +
					 machine_random_below(vmxnet3->machine,
							      64));
	else if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_TX_INDEX_WRONG))
		completion_write(queue, machine_random_below(vmxnet3->machine,
							     queue->ring.size));
	else
		completion_write(queue, index);
	if (kept)
		completion_write(queue, kept - 1);
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_TX_TWICE))
		completion_write(queue, index);
	host_vmxnet3_interrupt(vmxnet3, queue->interrupt);
}

/* ---- Sending ---- */

static void statistics_count(struct vmxnet3_tx_queue *queue,
			     const struct gathering *gathering)
{
	static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
	const uint8_t *to = queue->vmxnet3->packet + VLAN_TAG;
	unsigned kind = TX_UNICAST;

	if (!memcmp(to, broadcast, sizeof(broadcast)))
		kind = TX_BROADCAST;
	else if (to[0] & 1)
		kind = TX_MULTICAST;
	queue->statistics[kind]++;
	queue->statistics[kind + 1] += gathering->bytes;
	if (gathering->offload.mode != TX_MODE_SEGMENT)
		return;
	queue->statistics[TX_TSO_PACKETS]++;
	queue->statistics[TX_TSO_BYTES] += gathering->bytes;
}

static void packet_send(struct vmxnet3_tx_queue *queue,
			struct gathering *gathering)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	struct host_vmxnet3_counters *counters = &vmxnet3->counters;
	uint8_t saved[ETHERNET_HEADER];
	uint32_t frames = 0;

	if (!vmxnet3->link_up ||
	    host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_TX_DISCARD)) {
		queue->statistics[TX_DISCARD]++;
		counters->tx_refused++;
		return;
	}
	/* A tag moves the addresses: they are looked at once more below. */
	memcpy(saved, vmxnet3->packet + VLAN_TAG, sizeof(saved));
	gathering->fault =
		host_vmxnet3_send(vmxnet3, vmxnet3->packet + VLAN_TAG,
				  gathering->bytes, &gathering->offload,
				  &frames);
	memcpy(vmxnet3->packet + VLAN_TAG, saved, sizeof(saved));
	if (gathering->fault)
		return;
	counters->tx_packets++;
	if (gathering->offload.mode == TX_MODE_SEGMENT)
		counters->tx_segmented++;
	statistics_count(queue, gathering);
}

static void packet_finish(struct vmxnet3_tx_queue *queue,
			  struct gathering *gathering)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;

	limits_check(gathering);
	if (!gathering->fault)
		packet_send(queue, gathering);
	if (gathering->fault) {
		if (gathering->error != ERROR_NO_EOP)
			host_vmxnet3_break(vmxnet3, "TX: the packet %s",
					   gathering->fault);
		vmxnet3->counters.tx_refused++;
		queue->statistics[TX_ERROR]++;
	}
	if (!gathering->end)
		return;
	if (!gathering->complete)
		host_vmxnet3_break(vmxnet3,
				   "TX: the last descriptor of a packet "
				   "does not ask for a completion (CQ, "
				   "V14)");
	if (gathering->complete || host_vmxnet3_is_qemu(vmxnet3))
		packet_complete(queue, gathering->last);
}

/* ---- When ---- */

static void threshold_set(struct vmxnet3_tx_queue *queue, uint32_t threshold)
{
	uint8_t word[4];

	queue->threshold = threshold;
	wire_put32(word, threshold);
	host_pci_dma_write(queue->vmxnet3->function,
			   queue->descriptor + TXQ_THRESHOLD, word, 4);
}

/**
 * Under load ESXi asks for fewer doorbells, and looks by itself meanwhile
 * (V17).
 */
static void threshold_vary(struct vmxnet3_tx_queue *queue)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;

	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_TX_THRESHOLD)) {
		threshold_set(queue, machine_random_below(vmxnet3->machine, 2)
					     ? 0
					     : UINT32_MAX);
		return;
	}
	if (host_vmxnet3_is_qemu(vmxnet3) || queue->poll.scheduled ||
	    machine_random_below(vmxnet3->machine, BURST_ONE_IN))
		return;
	threshold_set(queue, BURST_THRESHOLD);
	machine_event_schedule(vmxnet3->machine, &queue->poll,
			       POLL_NANOSECONDS);
}

/** A look without a doorbell; the last one comes after the threshold is 1. */
void host_vmxnet3_transmit_poll(void *argument)
{
	struct vmxnet3_tx_queue *queue = argument;
	bool last = queue->threshold == 1;

	if (!queue->vmxnet3->active)
		return;
	if (host_vmxnet3_transmit_step(queue))
		machine_work_kick(queue->vmxnet3->machine, &queue->work);
	if (last)
		return;
	threshold_set(queue, 1);
	machine_event_schedule(queue->vmxnet3->machine, &queue->poll,
			       POLL_NANOSECONDS);
}

/** Whether all up to a producer is published. */
static void producer_check(struct vmxnet3_tx_queue *queue, uint32_t producer)
{
	uint64_t at = queue->ring.address +
		      (uint64_t)((producer + queue->ring.size - 1) %
				 queue->ring.size) *
			      DESCRIPTOR_BYTES;
	bool wrapped = producer <= queue->ring.next;
	uint8_t word[4] = {0};

	if (producer == queue->ring.next)
		return;
	host_pci_dma_read(queue->vmxnet3->function, at + 8, word, sizeof(word));
	if (TXD_GENERATION(wire_get32(word)) !=
	    (queue->ring.generation ^ (wrapped && producer != 0)))
		host_vmxnet3_break(
			queue->vmxnet3,
			"TXPROD: %u is rung, and the descriptor before it "
			"is not published",
			producer);
}

void host_vmxnet3_doorbell(struct vmxnet3_tx_queue *queue, uint32_t producer)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;

	if (producer >= queue->ring.size)
		host_vmxnet3_break(vmxnet3, "TXPROD: %u is beyond a ring of %u",
				   producer, queue->ring.size);
	else
		producer_check(queue, producer);
	if (machine_fault_fires(vmxnet3->machine, MACHINE_FAULT_SIGNAL_LOST))
		return;
	machine_work_kick(vmxnet3->machine, &queue->work);
}

/** What strikes a device while it works. @return whether it still does */
static bool accidents(struct vmxnet3_tx_queue *queue)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;

	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RESET)) {
		host_vmxnet3_reset(vmxnet3);
		return false;
	}
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_QUEUE_STOPPED)) {
		host_vmxnet3_queue_stop(
			vmxnet3, machine_random_below(vmxnet3->machine, 2), 0,
			ERROR_INVALID_TX);
	}
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_DEVICE_CHANGED))
		host_vmxnet3_device_change(vmxnet3);
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_EVENT_SPURIOUS))
		host_vmxnet3_event(vmxnet3,
				   (uint32_t)machine_random(vmxnet3->machine));
	return !queue->stopped;
}

bool host_vmxnet3_transmit_step(void *argument)
{
	struct vmxnet3_tx_queue *queue = argument;
	struct gathering gathering;

	if (!queue->vmxnet3->active || queue->stopped || !accidents(queue) ||
	    !packet_gather(queue, &gathering))
		return false;
	packet_finish(queue, &gathering);
	threshold_vary(queue);
	return true;
}
