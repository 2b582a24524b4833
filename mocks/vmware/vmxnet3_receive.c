/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames for the guest: from the wire into a queue of the device, and from
 * there into the buffers of the guest's rings.
 *
 * All descriptors of a packet are found before any is used, so that a packet
 * waits as a whole for buffers. With "drop_without_buffers" it does not wait:
 * it is cut short and marked, or lost, as on QEMU.
 */
#include "mocks/vmware/vmxnet3_internal.h"

#include <stdlib.h>
#include <string.h>

/** How often a queue without buffers is looked at. */
#define POLL_NANOSECONDS 20000u

/** Places in the statistics of an RX queue. */
enum {
	RX_LRO,
	RX_LRO_BYTES,
	RX_UNICAST,
	RX_UNICAST_BYTES,
	RX_MULTICAST,
	RX_MULTICAST_BYTES,
	RX_BROADCAST,
	RX_BROADCAST_BYTES,
	RX_OUT_OF_BUFFERS,
	RX_ERROR
};

/** A packet on its way into buffers. */
struct packet {
	const uint8_t *data;
	uint32_t bytes;
	unsigned segments;
	uint32_t mss, hash;
	unsigned kind;
	bool stripped, error, dropped;
	uint16_t tci;
	/** Words 2 and 3 of the last completion, without length and type. */
	uint32_t word3, word0;
};

/** A buffer of the guest. */
struct buffer {
	unsigned ring;
	uint32_t index, length;
	uint64_t address;
};

/* ---- From the wire ---- */

static struct vmxnet3_waiting *waiting_new(const struct host_vmxnet3 *vmxnet3,
					   const struct wire_frame *frame)
{
	struct vmxnet3_waiting *waiting;
	uint32_t bytes = frame->length;

	if (host_vmxnet3_is_qemu(vmxnet3) && bytes < ETHERNET_LEAST)
		bytes = ETHERNET_LEAST;
	waiting = calloc(1, sizeof(*waiting) + bytes);
	if (!waiting)
		return NULL;
	memcpy(waiting->data, frame->data, frame->length);
	waiting->length = bytes;
	return waiting;
}

bool host_vmxnet3_receive(void *card, const struct wire_frame *frame)
{
	struct host_vmxnet3 *vmxnet3 = card;
	struct host_vmxnet3_counters *counters = &vmxnet3->counters;
	struct vmxnet3_waiting *waiting;
	struct vmxnet3_rx_queue *queue;
	uint32_t hash;
	unsigned kind;

	if (!vmxnet3->active || !vmxnet3->link_up) {
		counters->rx_drop_state++;
		return false;
	}
	if (frame->length < ETHERNET_HEADER ||
	    frame->length > VMXNET3_LRO_MAX ||
	    !host_vmxnet3_wanted(vmxnet3, frame)) {
		counters->rx_drop_filter++;
		return false;
	}
	queue = &vmxnet3->rx[host_vmxnet3_queue_of(
		vmxnet3, frame->data, frame->length, &hash, &kind)];
	waiting = queue->waiting < vmxnet3->configuration.queue_frames
			  ? waiting_new(vmxnet3, frame)
			  : NULL;
	if (!waiting) {
		counters->rx_drop_queue++;
		return false;
	}
	if (queue->last)
		queue->last->next = waiting;
	else
		queue->first = waiting;
	queue->last = waiting;
	queue->waiting++;
	if (!queue->poll.scheduled)
		machine_work_kick(vmxnet3->machine, &queue->work);
	return true;
}

static void waiting_free(struct vmxnet3_rx_queue *queue)
{
	struct vmxnet3_waiting *waiting = queue->first;

	queue->first = waiting->next;
	if (!queue->first)
		queue->last = NULL;
	queue->waiting--;
	free(waiting);
}

void host_vmxnet3_receive_drop(struct vmxnet3_rx_queue *queue)
{
	queue->vmxnet3->counters.rx_drop_state += queue->waiting;
	queue->is_open = false;
	while (queue->first)
		waiting_free(queue);
}

/* ---- Buffers ---- */

void host_vmxnet3_rx_producer(struct vmxnet3_rx_queue *queue, unsigned ring,
			      uint32_t producer)
{
	struct vmxnet3_ring *to = &queue->rings[ring];

	if (producer >= to->size) {
		host_vmxnet3_break(queue->vmxnet3,
				   "RXPROD%s: %u is beyond a ring of %u",
				   ring ? "2" : "", producer, to->size);
		return;
	}
	to->producer = producer;
	to->told = true;
	if (queue->waiting && !queue->poll.scheduled)
		machine_work_kick(queue->vmxnet3->machine, &queue->work);
}

/**
 * A posted descriptor belongs to the device: the one behind the last used is
 * kept in mind, and compared when its turn comes.
 */
static void ahead_look(struct vmxnet3_rx_queue *queue,
		       struct vmxnet3_ring *ring)
{
	uint8_t bytes[DESCRIPTOR_BYTES];

	if (host_pci_dma_read(queue->vmxnet3->function,
			      ring->address + 16ull * ring->next, bytes,
			      sizeof(bytes)) &&
	    RXD_GENERATION(wire_get32(bytes + 8)) == ring->generation) {
		memcpy(ring->ahead_bytes, bytes, sizeof(bytes));
		ring->ahead = true;
	}
}

static bool buffer_peek(struct vmxnet3_rx_queue *queue, unsigned n,
			struct buffer *buffer, bool *body)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	struct vmxnet3_ring *ring = &queue->rings[n];
	uint8_t bytes[DESCRIPTOR_BYTES];
	uint32_t word2;

	if (!ring->size || (queue->update_producer && ring->told &&
			    ring->next == ring->producer))
		return false;
	if (!host_pci_dma_read(vmxnet3->function,
			       ring->address + 16ull * ring->next, bytes,
			       sizeof(bytes)))
		return false;
	word2 = wire_get32(bytes + 8);
	if (ring->ahead &&
	    memcmp(bytes, ring->ahead_bytes, sizeof(bytes)) != 0) {
		ring->ahead = false;
		host_vmxnet3_break(
			vmxnet3,
			"RX: descriptor %u of ring %u was changed while "
			"the device owned it",
			ring->next, n);
	}
	if (RXD_GENERATION(word2) != ring->generation)
		return false;
	buffer->ring = n;
	buffer->index = ring->next;
	buffer->address = wire_get64(bytes);
	buffer->length = RXD_LENGTH(word2);
	*body = RXD_BODY(word2);
	return true;
}

/** Tell of the descriptors that the device passed, and does not return. */
static void buffers_trace(const struct vmxnet3_rx_queue *queue,
			  const struct vmxnet3_ring before[2])
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	uint8_t bytes[DESCRIPTOR_BYTES];
	uint32_t index;
	unsigned n;

	for (n = 0; n < 2 && machine_is_traced(vmxnet3->machine); n++)
		for (index = before[n].next; index != queue->rings[n].next;
		     index = (index + 1) % before[n].size)
			if (host_pci_dma_read(vmxnet3->function,
					      before[n].address + 16ull * index,
					      bytes, sizeof(bytes)))
				host_vmxnet3_trace(vmxnet3, TRACE_FROM_GUEST,
						   n ? "rx1" : "rx0",
						   queue->index, index, bytes);
}

static void buffer_use(struct vmxnet3_rx_queue *queue, unsigned n)
{
	struct vmxnet3_ring *ring = &queue->rings[n];

	host_vmxnet3_ring_advance(ring);
	ahead_look(queue, ring);
}

/** The next buffer for a packet. @return false: there is none now */
static bool buffer_next(struct vmxnet3_rx_queue *queue, bool head,
			struct buffer *buffer)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	bool body;

	while (buffer_peek(queue, 0, buffer, &body)) {
		if (body != head) {
			buffer_use(queue, 0);
			return true;
		}
		if (!head)
			break;
		/* A body where a packet begins is passed over (V25, V30). */
		buffer_use(queue, 0);
	}
	if (head || !buffer_peek(queue, 1, buffer, &body))
		return false;
	if (!body && vmxnet3->revision < 7) {
		host_vmxnet3_break(vmxnet3,
				   "RX: a descriptor of type head in the "
				   "second ring (V30)");
		if (host_vmxnet3_is_qemu(vmxnet3)) {
			host_vmxnet3_die(vmxnet3);
			return false;
		}
	}
	buffer_use(queue, 1);
	return true;
}

/** A buffer is what the driver gave, and not of length 0 (V11). */
static void buffer_check(struct host_vmxnet3 *vmxnet3,
			 const struct buffer *buffer)
{
	if (!buffer->length)
		host_vmxnet3_break(vmxnet3,
				   "RX: a buffer of length 0 (16384 does "
				   "not fit into the field, V11)");
	else if (!machine_dma_given(vmxnet3->machine, buffer->address,
				    buffer->length) &&
		 machine_ram(vmxnet3->machine, buffer->address, 1))
		host_vmxnet3_break(vmxnet3,
				   "DMA ownership: the driver let the "
				   "device write memory that it did not "
				   "give");
}

static bool buffer_write(struct host_vmxnet3 *vmxnet3,
			 const struct buffer *buffer, const uint8_t *data,
			 uint32_t bytes)
{
	if (host_pci_dma_write(vmxnet3->function, buffer->address, data, bytes))
		return true;
	host_vmxnet3_break(vmxnet3,
			   "RX: the buffer of descriptor %u, ring %u, at "
			   "0x%llx is outside of memory",
			   buffer->index, buffer->ring,
			   (unsigned long long)buffer->address);
	return false;
}

/* ---- Completions ---- */

/** The bits that say what the device made of the checksums (V33). */
static void checksum_describe(struct host_vmxnet3 *vmxnet3,
			      struct packet *packet)
{
	struct frame_layout layout;
	unsigned right, wrong;

	packet->word0 = RCD_NOT_CHECKED;
	packet->word3 = RCD_FCS_OK;
	frame_layout_find(packet->data, packet->bytes, &layout);
	if (!layout.version || host_vmxnet3_is_qemu(vmxnet3))
		return;
	packet->word3 |= layout.version == 4 ? RCD_IPV4 : RCD_IPV6;
	if (layout.fragment)
		packet->word3 |= RCD_FRAGMENT;
	else if (layout.protocol == PROTOCOL_TCP)
		packet->word3 |= RCD_TCP;
	else if (layout.protocol == PROTOCOL_UDP)
		packet->word3 |= RCD_UDP;
	if (!(vmxnet3->features & VMXNET3_FEATURE_CHECKSUM))
		return;
	right = frame_checksum_verify(packet->data, packet->bytes,
				      FRAME_CHECKSUM_ALL, &wrong);
	if (right & FRAME_CHECKSUM_IP4)
		packet->word3 |= RCD_IP_OK;
	if (right & (FRAME_CHECKSUM_TCP | FRAME_CHECKSUM_UDP))
		packet->word3 |= RCD_TRANSPORT_OK;
	if (right | wrong)
		packet->word0 = 0;
}

static void checksum_lie(struct host_vmxnet3 *vmxnet3, struct packet *packet)
{
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_CHECKSUM_LIES)) {
		packet->word0 = 0;
		packet->word3 |=
			RCD_TRANSPORT_OK | RCD_IP_OK | RCD_IPV4 | RCD_TCP;
	}
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_CHECKSUM_ABSURD)) {
		packet->word0 = 0;
		packet->word3 ^=
			(uint32_t)machine_random(vmxnet3->machine) & 0x00ffffff;
	}
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_VLAN_ABSURD)) {
		packet->stripped = !packet->stripped;
		packet->tci = (uint16_t)machine_random(vmxnet3->machine);
	}
}

static void words_type(struct host_vmxnet3 *vmxnet3,
		       const struct packet *packet, bool first,
		       uint32_t words[4])
{
	uint32_t type =
		host_vmxnet3_is_qemu(vmxnet3) ? RCD_TYPE_QEMU : RCD_TYPE_PACKET;
	uint32_t segments = packet->segments, mss = packet->mss;

	if (first && packet->segments > 1 && vmxnet3->revision >= 2) {
		type = RCD_TYPE_LRO;
		if (host_vmxnet3_lies(vmxnet3,
				      HOST_VMXNET3_FAULT_RX_LRO_ABSURD)) {
			segments = machine_random_below(vmxnet3->machine, 2)
					   ? 0
					   : 255;
			mss = machine_random_below(vmxnet3->machine, 2)
				      ? 0
				      : 0xffff;
		}
		words[1] = segments;
		words[3] = (words[3] & 0xffff0000u) | mss;
	}
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_TYPE_UNKNOWN))
		type = 5 + machine_random_below(vmxnet3->machine, 123);
	words[3] |= type << RCD_TYPE_SHIFT;
}

/** Words that lie about the buffer, when a fault says so. */
static void words_lie(struct vmxnet3_rx_queue *queue,
		      const struct buffer *buffer, uint32_t words[4])
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	struct machine *machine = vmxnet3->machine;
	uint32_t size = queue->rings[buffer->ring & 1].size;

	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_INDEX_RANGE))
		words[0] = (words[0] & ~0xfffu) |
			   ((size + machine_random_below(machine, 64)) & 0xfff);
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_INDEX_WRONG))
		words[0] = (words[0] & ~0xfffu) |
			   machine_random_below(machine, size ? size : 1);
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_QUEUE_RANGE))
		words[0] |= 0x3ffu << RCD_QUEUE_SHIFT;
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_LENGTH))
		words[2] |= RCD_LENGTH_MASK;
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_NO_SOP))
		words[0] &= ~(uint32_t)RCD_SOP;
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_NO_EOP))
		words[0] &= ~(uint32_t)RCD_EOP;
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_ERROR))
		words[2] |= RCD_ERROR;
}

/** Lies that join two packets make another one of them. */
static void joined_note(struct vmxnet3_rx_queue *queue, uint32_t word0)
{
	if (!(word0 & RCD_SOP) && queue->is_open &&
	    queue->open_packet != queue->packets)
		queue->vmxnet3->lies.changed = true;
	queue->is_open = !(word0 & RCD_EOP);
	queue->open_packet = queue->packets;
}

static void completion_write(struct vmxnet3_rx_queue *queue,
			     const struct packet *packet,
			     const struct buffer *buffer, uint32_t bytes,
			     bool first, bool last)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	uint32_t id = queue->index + buffer->ring * vmxnet3->rx_count;
	uint32_t words[4] = {buffer->index | id << RCD_QUEUE_SHIFT, 0, bytes,
			     0};

	if (first) {
		words[0] |= RCD_SOP;
		queue->packets++;
	}
	if (last) {
		words[0] |=
			RCD_EOP | packet->word0 | packet->kind << RCD_RSS_SHIFT;
		words[1] = packet->hash;
		words[3] = packet->word3;
		if (packet->stripped)
			words[2] |= RCD_TAG_STRIPPED | (uint32_t)packet->tci
							       << RCD_TCI_SHIFT;
		if (packet->error)
			words[2] |= RCD_ERROR;
	}
	words_type(vmxnet3, packet, first, words);
	words_lie(queue, buffer, words);
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_NEVER)) {
		/* Without its middle a packet is another one. */
		if (!first && !last)
			vmxnet3->lies.changed = true;
		return;
	}
	joined_note(queue, words[0]);
	host_vmxnet3_complete(vmxnet3, &queue->completions, words,
			      HOST_VMXNET3_FAULT_RX_GENERATION_EARLY);
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_TWICE))
		host_vmxnet3_complete(vmxnet3, &queue->completions, words,
				      HOST_VMXNET3_FAULT_RX_GENERATION_EARLY);
}

/* ---- Into buffers ---- */

static void statistics_count(struct vmxnet3_rx_queue *queue,
			     const struct packet *packet)
{
	static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
	struct host_vmxnet3_counters *counters = &queue->vmxnet3->counters;
	unsigned kind = RX_UNICAST;

	if (packet->error) {
		queue->statistics[RX_ERROR]++;
		counters->rx_errors++;
		return;
	}
	if (!memcmp(packet->data, broadcast, sizeof(broadcast)))
		kind = RX_BROADCAST;
	else if (packet->data[0] & 1)
		kind = RX_MULTICAST;
	queue->statistics[kind]++;
	queue->statistics[kind + 1] += packet->bytes;
	counters->rx_frames++;
	counters->rx_bytes += packet->bytes;
	if (packet->segments < 2)
		return;
	counters->rx_merged += packet->segments;
	queue->statistics[RX_LRO]++;
	queue->statistics[RX_LRO_BYTES] += packet->bytes;
}

/** Into the slot of the data ring that its descriptor has. */
static bool deliver_data_ring(struct vmxnet3_rx_queue *queue,
			      const struct packet *packet,
			      const struct vmxnet3_ring before[2])
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	struct buffer buffer;
	uint32_t bytes = packet->bytes;

	if (!buffer_next(queue, true, &buffer))
		return false;
	buffers_trace(queue, before);
	host_pci_dma_write(vmxnet3->function,
			   queue->data_address +
				   (uint64_t)buffer.index * queue->data_bytes,
			   packet->data, bytes);
	buffer.ring = 2;
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_DATA_LENGTH))
		bytes = queue->data_bytes + 1;
	completion_write(queue, packet, &buffer, bytes, true, true);
	vmxnet3->counters.rx_data_ring++;
	return true;
}

/** Find buffers for all of a packet. @return their count; bytes that fit */
static unsigned buffers_find(struct vmxnet3_rx_queue *queue, uint32_t bytes,
			     struct buffer buffers[VMXNET3_RX_SG_MAX],
			     uint32_t *fit)
{
	uint32_t most = queue->vmxnet3->rx_sg;
	unsigned count = 0;

	*fit = 0;
	if (most > VMXNET3_RX_SG_MAX)
		most = VMXNET3_RX_SG_MAX;
	while (*fit < bytes && count < most &&
	       buffer_next(queue, !count, &buffers[count])) {
		buffer_check(queue->vmxnet3, &buffers[count]);
		*fit += buffers[count++].length;
	}
	return count;
}

static void deliver_buffers(struct vmxnet3_rx_queue *queue,
			    struct packet *packet, const struct buffer *buffers,
			    unsigned count, uint32_t fit)
{
	uint32_t left = packet->bytes < fit ? packet->bytes : fit;
	const uint8_t *data = packet->data;
	unsigned n;

	packet->error = fit < packet->bytes;
	for (n = 0; n < count; n++) {
		uint32_t bytes =
			left < buffers[n].length ? left : buffers[n].length;

		if (!buffer_write(queue->vmxnet3, &buffers[n], data, bytes))
			packet->error = true;
		completion_write(queue, packet, &buffers[n], bytes, !n,
				 n == count - 1);
		data += bytes;
		left -= bytes;
	}
}

/** If its ends are hidden, it is a packet that was none. */
static void empty_complete(struct vmxnet3_rx_queue *queue,
			   const struct buffer *buffer)
{
	const struct packet nothing = {.segments = 1};
	struct host_vmxnet3_lies *lies = &queue->vmxnet3->lies;
	const uint64_t *fired = lies->fired;
	uint64_t before = fired[HOST_VMXNET3_FAULT_RX_NO_SOP] +
			  fired[HOST_VMXNET3_FAULT_RX_NO_EOP];

	completion_write(queue, &nothing, buffer, 0, true, true);
	if (fired[HOST_VMXNET3_FAULT_RX_NO_SOP] +
		    fired[HOST_VMXNET3_FAULT_RX_NO_EOP] !=
	    before)
		lies->changed = true;
}

/** A buffer completed with nothing in it, or passed over. */
static void buffers_waste(struct vmxnet3_rx_queue *queue)
{
	const struct vmxnet3_ring before[2] = {queue->rings[0],
					       queue->rings[1]};
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	struct buffer buffer;
	bool is_empty;

	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_SKIP))
		buffer_next(queue, true, &buffer);
	is_empty = host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_EMPTY) &&
		   buffer_next(queue, true, &buffer);
	buffers_trace(queue, before);
	if (is_empty)
		empty_complete(queue, &buffer);
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RX_UPDATE_PRODUCER)) {
		uint8_t update = (uint8_t)machine_random(vmxnet3->machine) & 1;

		host_pci_dma_write(vmxnet3->function,
				   queue->descriptor + RXQ_UPDATE_PRODUCER,
				   &update, 1);
	}
}

/* ---- Steps ---- */

/** Take the tag out, into the device's own copy. */
static void packet_strip(struct host_vmxnet3 *vmxnet3, struct packet *packet)
{
	uint8_t *copy = vmxnet3->packet + VLAN_TAG;

	if (!(vmxnet3->features & VMXNET3_FEATURE_VLAN) ||
	    !frame_is_tagged(packet->data, packet->bytes))
		return;
	packet->tci = frame_tag(packet->data);
	packet->stripped = true;
	frame_tag_strip(copy, packet->data, packet->bytes);
	packet->data = copy;
	packet->bytes -= VLAN_TAG;
}

static void packet_prepare(struct vmxnet3_rx_queue *queue,
			   struct packet *packet)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;

	memset(packet, 0, sizeof(*packet));
	packet->segments = 1;
	if (vmxnet3->features & VMXNET3_FEATURE_LRO &&
	    !host_vmxnet3_is_qemu(vmxnet3))
		packet->segments =
			host_vmxnet3_merge(queue, &packet->bytes, &packet->mss);
	packet->data = vmxnet3->packet + VLAN_TAG;
	if (packet->segments == 1) {
		packet->data = queue->first->data;
		packet->bytes = queue->first->length;
	}
	host_vmxnet3_queue_of(vmxnet3, packet->data, packet->bytes,
			      &packet->hash, &packet->kind);
	checksum_describe(vmxnet3, packet);
	packet_strip(vmxnet3, packet);
	checksum_lie(vmxnet3, packet);
}

/** A driver that never said what it posted gets nothing (V35). */
static bool producer_told(struct vmxnet3_rx_queue *queue)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;

	if (queue->rings[0].told || host_vmxnet3_is_qemu(vmxnet3))
		return true;
	if (!vmxnet3->named_no_producer)
		host_vmxnet3_break(vmxnet3,
				   "RXPROD: not written since ACTIVATE "
				   "(V35)");
	vmxnet3->named_no_producer = true;
	return false;
}

/** The rings as they were: nothing was used after all. */
static void buffers_return(struct vmxnet3_rx_queue *queue,
			   const struct vmxnet3_ring before[2])
{
	queue->rings[0] = before[0];
	queue->rings[1] = before[1];
}

/** @return false: it has to wait */
static bool packet_deliver(struct vmxnet3_rx_queue *queue,
			   struct packet *packet)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	bool drops = vmxnet3->configuration.drop_without_buffers;
	struct vmxnet3_ring before[2];
	struct buffer buffers[VMXNET3_RX_SG_MAX];
	unsigned count;
	uint32_t fit;

	buffers_waste(queue);
	before[0] = queue->rings[0];
	before[1] = queue->rings[1];
	if (queue->data_bytes && packet->bytes <= queue->data_bytes &&
	    packet->segments == 1) {
		if (deliver_data_ring(queue, packet, before))
			return true;
		if (!drops) {
			buffers_return(queue, before);
			return false;
		}
	}
	count = buffers_find(queue, packet->bytes, buffers, &fit);
	if (!vmxnet3->active)
		return true;
	if (fit < packet->bytes && count < vmxnet3->rx_sg && !drops) {
		buffers_return(queue, before);
		return false;
	}
	buffers_trace(queue, before);
	if (!count) {
		queue->statistics[RX_OUT_OF_BUFFERS]++;
		vmxnet3->counters.rx_drop_buffers++;
		host_vmxnet3_interrupt(vmxnet3, queue->interrupt);
		packet->dropped = true;
		return true;
	}
	deliver_buffers(queue, packet, buffers, count, fit);
	return true;
}

void host_vmxnet3_receive_poll(void *argument)
{
	struct vmxnet3_rx_queue *queue = argument;

	if (queue->vmxnet3->active && queue->waiting)
		machine_work_kick(queue->vmxnet3->machine, &queue->work);
}

bool host_vmxnet3_receive_step(void *argument)
{
	struct vmxnet3_rx_queue *queue = argument;
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	struct packet packet;

	if (!vmxnet3->active || queue->stopped || !queue->first)
		return false;
	if (!producer_told(queue))
		return false;
	packet_prepare(queue, &packet);
	if (!packet_deliver(queue, &packet)) {
		machine_event_schedule(vmxnet3->machine, &queue->poll,
				       POLL_NANOSECONDS);
		return false;
	}
	if (!vmxnet3->active)
		return false;
	if (!packet.dropped) {
		statistics_count(queue, &packet);
		host_vmxnet3_interrupt(vmxnet3, queue->interrupt);
	}
	while (packet.segments--)
		waiting_free(queue);
	return queue->first != NULL;
}
