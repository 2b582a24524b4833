/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames for the guest: from the wire into a queue, and from there, many in one
 * packet, into the guest's receive buffer.
 *
 * A frame is put into its slot as the RNDIS message that the guest will find.
 * Each ends where a counter says: with the guest, or dropped since the guest
 * did not want it, could not have it, or was too slow.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/hyperv/host_rndis_checksum.h"
#include "mocks/hyperv/netvsp_internal.h"
#include "mocks/hyperv/rndis_wire.h"
#include "mocks/wire/frame.h"

#define ALIGN(bytes)                                                           \
	(((bytes) + HOST_RNDIS_ALIGNMENT - 1) & ~(HOST_RNDIS_ALIGNMENT - 1))

/**
 * Bytes of a transfer-page packet beside its ranges: descriptor, header, NVSP
 * message, footer.
 */
#define TRANSFER_OVERHEAD                                                      \
	(16u + sizeof(struct host_transfer_header) + HOST_NVSP_BYTES_V6_1 + 8u)

/* ---- From the wire ---- */

static bool filter_passes(const struct host_rndis_card *card,
			  const uint8_t *destination)
{
	static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
	uint32_t filter = card->filter;

	if (filter & HOST_FILTER_PROMISCUOUS)
		return true;
	if (!(destination[0] & 1))
		return filter & HOST_FILTER_DIRECTED &&
		       !memcmp(destination, card->mac, sizeof(card->mac));
	if (!memcmp(destination, broadcast, sizeof(broadcast)))
		return filter & HOST_FILTER_BROADCAST;
	/* The host takes no list of groups, so it lets all of them through. */
	return filter & (HOST_FILTER_MULTICAST | HOST_FILTER_ALL_MULTICAST);
}

static uint32_t slot_bytes(const struct host_netvsp *netvsp)
{
	return HOST_RNDIS_HEADROOM +
	       ALIGN(netvsp->receive.usable_bytes + HOST_RNDIS_ALIGNMENT);
}

static bool slots_allocate(struct netvsp_queue *queue)
{
	uint32_t frames = queue->netvsp->configuration.queue_frames;

	queue->slots = malloc((size_t)frames * slot_bytes(queue->netvsp));
	queue->waiting = malloc(frames * sizeof(*queue->waiting));
	if (queue->slots && queue->waiting)
		return true;
	netvsp_receive_free(queue);
	return false;
}

static uint32_t slot_index(const struct netvsp_queue *queue, uint32_t n)
{
	uint32_t frames = queue->netvsp->configuration.queue_frames;
	uint32_t index = queue->waiting_head + n;

	return index >= frames ? index - frames : index;
}

/* Make a frame a message in a slot; false: no sub-allocation is so large. */
static bool slot_fill(struct netvsp_queue *queue, uint32_t index,
		      const struct wire_frame *frame)
{
	struct host_netvsp *netvsp = queue->netvsp;
	uint32_t offset = index * slot_bytes(netvsp);
	uint8_t *data = queue->slots + offset + HOST_RNDIS_HEADROOM;
	struct netvsp_waiting *waiting = &queue->waiting[index];
	uint32_t checksum = 0;
	uint32_t bytes = frame->length;
	uint32_t vlan = 0;
	uint32_t before;
	bool tagged;

	if (bytes > netvsp->receive.usable_bytes)
		return false;
	tagged = netvsp->configuration.vlan_offload &&
		 frame_is_tagged(frame->data, bytes);
	if (netvsp->card.rx_offloads)
		checksum = host_checksum_verify(frame->data, bytes,
						netvsp->card.rx_offloads);
	checksum = host_fault_checksum(netvsp->partition, checksum);
	if (tagged) {
		vlan = host_rndis_vlan_from_tci(frame_tag(frame->data));
		frame_tag_strip(data, frame->data, bytes);
		bytes -= VLAN_TAG;
	} else {
		memcpy(data, frame->data, bytes);
	}
	before = host_rndis_packet_prepend(data, bytes, tagged ? &vlan : NULL,
					   checksum ? &checksum : NULL);
	waiting->offset = offset + HOST_RNDIS_HEADROOM - before;
	waiting->message_bytes = before + bytes;
	waiting->frame_bytes = frame->length;
	return waiting->message_bytes <= netvsp->receive.usable_bytes;
}

static struct netvsp_queue *queue_choose(struct host_netvsp *netvsp,
					 const struct wire_frame *frame)
{
	unsigned index =
		host_rss_queue(&netvsp->card.rss, frame->data, frame->length);

	if (index >= netvsp->card.queues || !netvsp->queues[index].open)
		index = 0;
	return &netvsp->queues[index];
}

bool netvsp_receive(void *card, const struct wire_frame *frame)
{
	struct host_netvsp *netvsp = card;
	struct host_netvsp_counters *counters = &netvsp->counters;
	struct netvsp_queue *queue;

	if (netvsp->dead || !netvsp->rndis_up || !netvsp->receive.gpadl ||
	    !netvsp->card.link_up) {
		counters->rx_drop_state++;
		return false;
	}
	if (frame->length < ETHERNET_HEADER) {
		counters->rx_drop_length++;
		return false;
	}
	if (!filter_passes(&netvsp->card, frame->data)) {
		counters->rx_drop_filter++;
		return false;
	}
	queue = queue_choose(netvsp, frame);
	if (queue->waiting_count == netvsp->configuration.queue_frames ||
	    (!queue->slots && !slots_allocate(queue))) {
		counters->rx_drop_queue++;
		return false;
	}
	if (!slot_fill(queue, slot_index(queue, queue->waiting_count), frame)) {
		counters->rx_drop_length++;
		return false;
	}
	queue->waiting_count++;
	if (!queue->blocked && netvsp->receive.free_count)
		machine_work_kick(netvsp->machine, &queue->work);
	return true;
}

void netvsp_receive_drop(struct netvsp_queue *queue, uint64_t *counter)
{
	*counter += queue->waiting_count;
	queue->waiting_count = 0;
	queue->waiting_head = 0;
}

void netvsp_receive_free(struct netvsp_queue *queue)
{
	free(queue->slots);
	free(queue->waiting);
	queue->slots = NULL;
	queue->waiting = NULL;
}

/* ---- Into the ring ---- */

enum host_send_result netvsp_transfer(struct netvsp_queue *queue,
				      uint32_t channel_type, uint16_t first,
				      uint32_t ranges)
{
	struct host_netvsp *netvsp = queue->netvsp;
	const struct host_transfer_header header = {
		.buffer_id = cpu_to_le16(netvsp->receive.id),
		.ranges = cpu_to_le32(ranges),
	};
	const struct host_nvsp_rndis wire = {
		.type = CPU_TO_LE32(HOST_NVSP_RNDIS_PACKET),
		.channel = cpu_to_le32(channel_type),
		.section = CPU_TO_LE32(HOST_NVSP_NO_SECTION),
	};
	uint8_t message[HOST_NVSP_BYTES_V6_1] = {0};
	enum host_send_result result;

	memcpy(netvsp->transfer, &header, sizeof(header));
	memcpy(message, &wire, sizeof(wire));
	result = host_channel_send(
		queue->channel, HOST_PACKET_TRANSFER_PAGES, true, first,
		netvsp->transfer,
		(uint32_t)(sizeof(header) +
			   ranges * sizeof(struct host_transfer_range)),
		message, netvsp_message_bytes(netvsp));
	if (result == HOST_SEND_FULL)
		queue->blocked = true;
	return result;
}

void netvsp_message_put(struct host_netvsp *netvsp, uint32_t offset,
			const uint8_t *message, uint32_t bytes)
{
	struct host_gpadl *buffer = netvsp->receive.gpadl;

	host_gpadl_write(buffer, offset, message, bytes);
	host_fault_rndis(netvsp->partition, buffer, offset, bytes);
}

/*
 * Write waiting frames, from the n-th on, into one sub-allocation.
 * @param bytes out: what the range holds
 * @return how many frames
 */
static uint32_t range_fill(struct netvsp_queue *queue, uint32_t n, uint16_t id,
			   uint32_t *bytes)
{
	struct host_netvsp *netvsp = queue->netvsp;
	struct netvsp_receive_buffer *buffer = &netvsp->receive;
	const uint32_t most = netvsp->configuration.messages_per_range;
	const struct netvsp_waiting *next;
	const struct netvsp_waiting *one =
		&queue->waiting[slot_index(queue, n)];
	uint32_t count = 0;
	uint32_t length;
	uint32_t at = 0;
	bool more;

	do {
		length = one->message_bytes;
		next = &queue->waiting[slot_index(queue, n + count + 1)];
		more = count + 1 < most &&
		       n + count + 1 < queue->waiting_count &&
		       at + ALIGN(length) + next->message_bytes <=
			       buffer->usable_bytes;
		if (more) {
			length = ALIGN(length);
			host_rndis_length_set(queue->slots + one->offset,
					      length);
		}
		netvsp_message_put(netvsp, buffer->offsets[id] + at,
				   queue->slots + one->offset, length);
		at += length;
		count++;
		one = next;
	} while (more);
	*bytes = at;
	return count;
}

/* As many ranges as the ring has room for; one at least, to be told when. */
static uint32_t ranges_limit(const struct netvsp_queue *queue)
{
	uint32_t limit = queue->netvsp->configuration.ranges_max;
	uint32_t room = host_channel_room(queue->channel);
	uint32_t fit;

	if (room < TRANSFER_OVERHEAD + sizeof(struct host_transfer_range))
		return 1;
	fit = (uint32_t)((room - TRANSFER_OVERHEAD) /
			 sizeof(struct host_transfer_range));
	return fit < limit ? fit : limit;
}

static void batch_delivered(struct netvsp_queue *queue, uint32_t frames)
{
	struct host_netvsp_counters *counters = &queue->netvsp->counters;
	uint32_t i;

	for (i = 0; i < frames; i++)
		counters->rx_bytes +=
			queue->waiting[slot_index(queue, i)].frame_bytes;
	counters->rx_frames += frames;
	queue->waiting_head = slot_index(queue, frames);
	queue->waiting_count -= frames;
	/* Start over with the slots that are still in the cache. */
	if (!queue->waiting_count)
		queue->waiting_head = 0;
}

/* One packet with as many frames as there are. @return whether it was sent */
static bool batch_send(struct netvsp_queue *queue)
{
	struct host_netvsp *netvsp = queue->netvsp;
	struct netvsp_receive_buffer *buffer = &netvsp->receive;
	uint8_t *ranges =
		netvsp->transfer + sizeof(struct host_transfer_header);
	const uint16_t *top = buffer->free + buffer->free_count;
	uint32_t limit = ranges_limit(queue);
	struct host_transfer_range range;
	uint32_t frames = 0;
	uint32_t n = 0;
	uint32_t bytes;
	uint16_t id;

	if (limit > buffer->free_count)
		limit = buffer->free_count;
	while (n < limit && frames < queue->waiting_count) {
		id = top[-1 - (int32_t)n];
		frames += range_fill(queue, frames, id, &bytes);
		range.length = cpu_to_le32(bytes);
		range.offset = cpu_to_le32(buffer->offsets[id]);
		memcpy(ranges + n * sizeof(range), &range, sizeof(range));
		if (n)
			buffer->next[top[-(int32_t)n]] = id;
		buffer->next[id] = NETVSP_NO_NEXT;
		n++;
	}
	if (!n || netvsp_transfer(queue, HOST_NVSP_CHANNEL_DATA, top[-1], n) !=
			  HOST_SEND_DONE)
		return false;
	buffer->holder[top[-1]] = (uint8_t)(queue->index + 1);
	buffer->free_count -= n;
	buffer->outstanding += n;
	batch_delivered(queue, frames);
	return true;
}

bool netvsp_receive_step(void *argument)
{
	struct netvsp_queue *queue = argument;
	struct host_netvsp *netvsp = queue->netvsp;
	bool sent = false;

	if (netvsp->dead || !queue->open || !netvsp_flush(queue) ||
	    !netvsp->receive.gpadl)
		return false;
	if (!queue->index && netvsp->control_first)
		sent = netvsp_control_step(netvsp);
	if (!sent && !queue->blocked && queue->waiting_count)
		sent = batch_send(queue);
	return sent && (queue->waiting_count ||
			(!queue->index && netvsp->control_first));
}

void netvsp_receive_kick(struct host_netvsp *netvsp)
{
	struct netvsp_queue *queue;
	unsigned i;

	for (i = 0; i <= netvsp->subchannels; i++) {
		queue = &netvsp->queues[i];
		if (queue->open && !queue->blocked &&
		    (queue->waiting_count || (!i && netvsp->control_first)))
			machine_work_kick(netvsp->machine, &queue->work);
	}
}

/* ---- Back from the guest ---- */

/* What is wrong with a completion's message; NULL: nothing. */
static const char *completion_read(const struct host_netvsp *netvsp,
				   const struct host_packet *packet,
				   uint32_t *status)
{
	struct host_nvsp_rndis_complete wire;

	*status = HOST_NVSP_STATUS_NONE;
	if (!packet->payload_bytes)
		return "is empty";
	if (packet->payload_bytes < sizeof(wire))
		return "is too short for a status";
	memcpy(&wire, packet->payload, sizeof(wire));
	if (le32_to_cpu(wire.type) != HOST_NVSP_RNDIS_PACKET_COMPLETE)
		return "is not RNDIS_PKT_COMPLETE";
	*status = le32_to_cpu(wire.status);
	if (packet->payload_bytes < netvsp_message_bytes(netvsp))
		return "is shorter than the version's messages";
	return NULL;
}

void netvsp_receive_completed(struct netvsp_queue *queue,
			      const struct host_packet *packet)
{
	struct host_netvsp *netvsp = queue->netvsp;
	const char *fault;
	uint32_t status;

	fault = completion_read(netvsp, packet, &status);
	if (fault)
		netvsp_break(netvsp, "NVSP RNDIS_PKT_COMPLETE",
			     "the completion of %#llx %s",
			     (unsigned long long)packet->transaction_id, fault);
	if (netvsp->dead)
		return;
	if (!netvsp_receive_buffer_release(&netvsp->receive, queue,
					   packet->transaction_id)) {
		netvsp_break(netvsp, "NVSP RNDIS_PKT_COMPLETE",
			     "the guest completes %#llx, which it does not "
			     "have on this channel",
			     (unsigned long long)packet->transaction_id);
		return;
	}
	if (status == HOST_NVSP_STATUS_SUCCESS)
		netvsp->counters.rx_completed++;
	else
		netvsp->counters.rx_completed_bad++;
	netvsp_receive_kick(netvsp);
}
