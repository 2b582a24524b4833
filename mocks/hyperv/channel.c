/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Channels: opened over a ring list, read packet by packet as work of the host,
 * written by their device, closed.
 *
 * The host looks at a ring when the guest rang for it, and then until it is
 * empty; a guest that forgets its doorbell waits for ever. While the host reads
 * it masks the doorbell, and after unmasking it looks once more.
 */
#include "mocks/hyperv/faults_internal.h"
#include "mocks/hyperv/ring_check.h"
#include "mocks/hyperv/vmbus_internal.h"
#include "mocks/machine/fault.h"
#include "mocks/machine/trace.h"

#include <assert.h>
#include <string.h>

static void corrupt(struct host_channel *channel, const char *reason)
{
	const struct host_device_operations *operations = channel->operations;

	if (channel->corrupt)
		return;
	channel->corrupt = true;
	machine_violation(channel->vmbus->machine, "VMBus ring",
			  "channel %u is corrupt: %s", channel->relid, reason);
	if (operations->corrupt)
		operations->corrupt(channel->device, channel);
}

/* ---- Reading the guest's packets ---- */

/** Tell a device that waits for room that there is some. */
static void room_check(struct host_channel *channel)
{
	uint32_t room;

	if (!channel->wanted)
		return;
	if (!host_ring_room(&channel->to_guest, &room)) {
		corrupt(channel, "the read index is impossible");
		return;
	}
	if (room < channel->wanted)
		return;
	channel->wanted = 0;
	host_ring_want(&channel->to_guest, 0);
	if (channel->operations->room)
		channel->operations->room(channel->device, channel);
}

static void packet_trace(const struct host_channel *channel,
			 enum trace_direction direction,
			 const struct host_ring_packet *packet,
			 const uint8_t *bytes)
{
	const struct trace_event event = {
		.kind = TRACE_PACKET,
		.direction = direction,
		.queue = channel->relid,
		.address = packet->transaction_id,
		.value = packet->type,
		.other = packet->flags,
		.width = packet->header_bytes,
		.bytes = bytes,
		.length = packet->bytes -
			  (uint32_t)sizeof(struct host_ring_descriptor),
	};

	machine_trace(channel->vmbus->machine, &event);
}

static void packet_deliver(struct host_channel *channel,
			   const struct host_ring_packet *read)
{
	const uint32_t fixed = sizeof(struct host_ring_descriptor);
	const uint8_t *bytes = channel->buffer.bytes;
	struct host_packet packet = {
		.type = read->type,
		.completion_requested = read->flags & HOST_RING_FLAG_COMPLETION,
		.transaction_id = read->transaction_id,
		.payload = bytes + (read->header_bytes - fixed),
		.payload_bytes = read->bytes - read->header_bytes,
	};
	le32 count;

	if (read->type == HOST_PACKET_GPA_DIRECT ||
	    read->type == HOST_PACKET_TRANSFER_PAGES) {
		/* Four bytes of no meaning here, the count, the ranges. */
		memcpy(&count, bytes + 4, sizeof(count));
		packet.range_count = le32_to_cpu(count);
		packet.ranges = bytes + 8;
		packet.range_bytes = read->header_bytes - fixed - 8;
	}
	if (channel->operations->packet)
		channel->operations->packet(channel->device, channel, &packet);
}

/** One packet, or none. @return whether there was one, good or bad */
static bool packet_read(struct host_channel *channel)
{
	struct host_vmbus *vmbus = channel->vmbus;
	struct host_ring *ring = &channel->from_guest;
	struct host_ring_packet packet = {0};
	enum host_ring_result result;
	const char *reason = NULL;

	result = host_ring_read(ring, &packet, &channel->buffer, &reason);
	if (result == HOST_RING_EMPTY)
		return false;
	if (result == HOST_RING_CORRUPT || (result == HOST_RING_BAD_PACKET &&
					    vmbus->strictness == HOST_STRICT)) {
		corrupt(channel, reason);
		return true;
	}
	if (result == HOST_RING_BAD_PACKET)
		machine_violation(vmbus->machine, "VMBus ring",
				  "channel %u: %s", channel->relid, reason);
	else if (packet.footer_wrong)
		machine_violation(vmbus->machine, "VMBus ring",
				  "channel %u: a footer does not hold where "
				  "its packet begins",
				  channel->relid);
	/* It was copied out: the guest may have the space back. */
	if (host_ring_consume(ring, &packet))
		host_vmbus_interrupt(channel);
	host_fault_consumed(channel);
	host_ring_check_look(channel->check);
	if (result == HOST_RING_PACKET) {
		packet_trace(channel, TRACE_FROM_GUEST, &packet,
			     channel->buffer.bytes);
		packet_deliver(channel, &packet);
	}
	return true;
}

static bool channel_active(const struct host_channel *channel)
{
	return channel->state == HOST_CHANNEL_OPEN && !channel->corrupt;
}

static bool channel_step(void *argument)
{
	struct host_channel *channel = argument;

	if (!channel_active(channel) || channel->stalled)
		return false;
	if (!channel->draining) {
		channel->draining = true;
		host_ring_mask(&channel->from_guest, true);
	}
	room_check(channel);
	if (!channel_active(channel))
		return false;
	if (packet_read(channel))
		return channel_active(channel);
	host_ring_mask(&channel->from_guest,
		       host_fault(channel->vmbus->partition,
				  HOST_FAULT(mask_stuck)));
	host_ring_check_look(channel->check);
	if (host_ring_is_empty(&channel->from_guest)) {
		channel->draining = false;
		return false;
	}
	/* Something came in before the guest could see the mask go. */
	host_ring_mask(&channel->from_guest, true);
	return true;
}

void host_channel_read(struct host_channel *channel)
{
	/* Each step takes a packet of the ring, or is the last. */
	while (channel_step(channel))
		;
}

static void latency_over(void *argument)
{
	struct host_channel *channel = argument;

	machine_work_kick(channel->vmbus->machine, &channel->work);
}

void host_channel_doorbell(struct host_channel *channel)
{
	struct host_vmbus *vmbus = channel->vmbus;
	const struct host_personality *personality = vmbus->personality;
	uint64_t delay = (uint64_t)personality->latency_min_us * 1000;
	uint32_t spread;

	channel->doorbells++;
	if (!channel->wanted && host_ring_is_empty(&channel->from_guest))
		channel->doorbells_unneeded++;
	if (!host_ring_check_doorbell(channel->check))
		machine_violation(vmbus->machine, "signal budget",
				  "channel %u: a doorbell that nothing called "
				  "for: the host had not read all that was "
				  "published before, or masks the signal, and "
				  "does not wait for as much room as came free",
				  channel->relid);
	if (channel->work.pending || channel->latency.scheduled)
		return;
	if (!vmbus->latency) {
		machine_work_kick(vmbus->machine, &channel->work);
		return;
	}
	spread = personality->latency_max_us - personality->latency_min_us;
	delay += machine_random_below(vmbus->machine, spread * 1000 + 1);
	machine_event_schedule(vmbus->machine, &channel->latency, delay);
}

/* ---- Writing to the guest ---- */

/** Descriptor, header, payload, padding, footer. */
#define PIECES 5u

void host_channel_trace(const struct host_channel *channel,
			const uint8_t *whole, uint32_t bytes)
{
	struct host_ring_descriptor descriptor;
	struct host_ring_packet packet = {0};

	if (bytes < sizeof(descriptor) + HOST_RING_FOOTER_BYTES)
		return;
	memcpy(&descriptor, whole, sizeof(descriptor));
	packet.type = le16_to_cpu(descriptor.type);
	packet.flags = le16_to_cpu(descriptor.flags);
	packet.transaction_id = le64_to_cpu(descriptor.transaction_id);
	packet.header_bytes = le16_to_cpu(descriptor.data_offset8) * 8u;
	packet.bytes = bytes - HOST_RING_FOOTER_BYTES;
	packet_trace(channel, TRACE_TO_GUEST, &packet,
		     whole + sizeof(descriptor));
}

/** Write a packet that a hook, a fault or a trace wants to see as a whole. */
static bool write_seen(struct host_channel *channel,
		       const struct host_ring_piece *pieces, unsigned count,
		       uint32_t bytes)
{
	struct host_hostile *hostile = &channel->vmbus->hostile;
	struct host_partition *partition = channel->vmbus->partition;
	uint8_t *whole = host_alloc(bytes, 1);
	struct host_ring_piece piece = {whole, bytes};
	bool signal = false, goes;
	uint32_t at = 0, start;
	unsigned i;

	for (i = 0; i < count; i++) {
		if (pieces[i].count)
			memcpy(whole + at, pieces[i].bytes, pieces[i].count);
		at += pieces[i].count;
	}
	goes = host_fault_packet(channel, whole, &piece.count);
	if (goes && hostile->packet)
		goes = hostile->packet(hostile->context, channel, whole,
				       piece.count);
	if (goes) {
		host_channel_trace(channel, whole, piece.count);
		start = channel->to_guest.index;
		signal = host_ring_write(&channel->to_guest, &piece, 1);
		host_fault_published(channel, start);
		signal |= host_fault(partition, HOST_FAULT(signal_extra));
		signal &= !host_fault(partition, HOST_FAULT(signal_missing));
	}
	free(whole);
	return signal;
}

/**
 * See that so much can be written; when not, ask the guest to say when.
 * @param bytes with the footer
 */
static enum host_send_result room_find(struct host_channel *channel,
				       uint32_t bytes)
{
	struct host_ring *ring = &channel->to_guest;
	uint32_t quarter = ring->size / 4;
	uint32_t room;

	if (bytes > ring->size - HOST_RING_SPARE_BYTES) {
		machine_violation(channel->vmbus->machine, "VMBus ring",
				  "channel %u: the ring to the guest has no "
				  "room for %u bytes even when it is empty",
				  channel->relid, bytes);
		return HOST_SEND_CLOSED;
	}
	if (!host_ring_room(ring, &room)) {
		corrupt(channel, "the read index is impossible");
		return HOST_SEND_CLOSED;
	}
	if (room >= bytes)
		return HOST_SEND_DONE;
	host_ring_want(ring, bytes > quarter ? bytes : quarter);
	host_ring_check_look(channel->check);
	/* The guest may have read on before it could see that. */
	if (host_ring_room(ring, &room) && room >= bytes) {
		host_ring_want(ring, 0);
		channel->wanted = 0;
		return HOST_SEND_DONE;
	}
	channel->wanted = bytes;
	return HOST_SEND_FULL;
}

enum host_send_result
host_channel_send(struct host_channel *channel, uint16_t type,
		  bool completion_requested, uint64_t transaction_id,
		  const void *header, uint32_t header_bytes,
		  const void *payload, uint32_t payload_bytes)
{
	static const uint8_t zeroes[8];
	uint32_t padding = -payload_bytes & 7u;
	struct host_ring_descriptor descriptor;
	uint32_t fixed = sizeof(descriptor) + header_bytes;
	uint32_t bytes = fixed + payload_bytes + padding;
	enum host_send_result result;
	le32 footer[2];
	const struct host_ring_piece pieces[PIECES] = {
		{&descriptor, sizeof(descriptor)}, {header, header_bytes},
		{payload, payload_bytes},	   {zeroes, padding},
		{footer, sizeof(footer)},
	};
	bool signal;

	assert(header_bytes % 8 == 0 && bytes / 8 <= UINT16_MAX);
	if (!channel_active(channel))
		return HOST_SEND_CLOSED;
	result = room_find(channel, bytes + HOST_RING_FOOTER_BYTES);
	if (result != HOST_SEND_DONE)
		return result;
	descriptor.type = cpu_to_le16(type);
	descriptor.data_offset8 = cpu_to_le16((uint16_t)(fixed / 8));
	descriptor.length8 = cpu_to_le16((uint16_t)(bytes / 8));
	descriptor.flags = cpu_to_le16(
		completion_requested ? HOST_RING_FLAG_COMPLETION : 0);
	descriptor.transaction_id = cpu_to_le64(transaction_id);
	footer[0] = cpu_to_le32(0);
	footer[1] = cpu_to_le32(channel->to_guest.index);
	if (channel->vmbus->hostile.packet ||
	    host_faults_armed(channel->vmbus->partition) ||
	    machine_is_traced(channel->vmbus->machine))
		signal = write_seen(channel, pieces, PIECES,
				    bytes + HOST_RING_FOOTER_BYTES);
	else
		signal = host_ring_write(&channel->to_guest, pieces, PIECES);
	host_ring_check_look(channel->check);
	if (signal)
		host_vmbus_interrupt(channel);
	return HOST_SEND_DONE;
}

uint32_t host_channel_room(const struct host_channel *channel)
{
	uint32_t room;

	if (!channel_active(channel) ||
	    !host_ring_room(&channel->to_guest, &room))
		return 0;
	return room;
}

/* ---- Open ---- */

/** The rings of an OPEN. @return what is wrong with them, or NULL */
static const char *rings_take(struct host_channel *channel,
			      const struct host_msg_open *open)
{
	struct host_gpadl *gpadl =
		host_gpadl_find(channel, le32_to_cpu(open->ring_gpadl));
	uint32_t downstream = le32_to_cpu(open->downstream_page);

	if (!gpadl || !host_gpadl_is_aligned(gpadl))
		return "its ring is no list of whole pages in one range";
	if (downstream < 2 || downstream >= gpadl->page_count ||
	    gpadl->page_count - downstream < 2)
		return "each ring needs a page of control and one of data";
	if (!host_ring_open_reader(&channel->from_guest, gpadl->pages,
				   downstream) ||
	    !host_ring_open_writer(&channel->to_guest,
				   gpadl->pages + downstream,
				   gpadl->page_count - downstream))
		return "the rings hold impossible indices";
	channel->ring_gpadl = gpadl;
	return NULL;
}

/** Where a channel's interrupts go. @return false: nowhere */
static bool target_take(struct host_channel *channel, uint32_t vp)
{
	struct host_vmbus *vmbus = channel->vmbus;

	channel->cpu = 0;
	channel->interrupts = vp != HOST_VMBUS_NO_VP;
	/* Before 2.4 they all go to one, and the word is something else. */
	if (vmbus->version < HOST_VMBUS_2_4) {
		channel->interrupts = true;
		return true;
	}
	return !channel->interrupts ||
	       host_partition_cpu(vmbus->partition, vp, &channel->cpu);
}

/** Let go of the ring; teardowns that waited for it are answered. */
static void rings_drop(struct host_channel *channel)
{
	struct host_gpadl *gpadl = channel->ring_gpadl;

	host_faults_forget(channel->vmbus->partition, channel);
	host_ring_check_destroy(channel->check);
	channel->check = NULL;
	channel->ring_gpadl = NULL;
	if (gpadl)
		host_gpadl_drop(gpadl);
}

/** @return what stands against opening, or NULL and it is open */
static const char *open_try(struct host_channel *channel,
			    const struct host_msg_open *open)
{
	const char *fault;

	if (!target_take(channel, le32_to_cpu(open->target_vp)))
		return "its target VP does not exist";
	fault = rings_take(channel, open);
	if (fault)
		return fault;
	host_gpadl_hold(channel->ring_gpadl);
	channel->check =
		host_ring_check_create(channel->vmbus->machine, "VMBus ring",
				       channel->relid, &channel->from_guest,
				       &channel->to_guest);
	memcpy(channel->user, open->user, sizeof(channel->user));
	channel->corrupt = false;
	channel->draining = false;
	channel->wanted = 0;
	channel->state = HOST_CHANNEL_OPEN;
	/* The device may send at once, before the guest hears of success. */
	if (channel->operations->opened &&
	    channel->operations->opened(channel->device, channel))
		return NULL;
	if (channel->state == HOST_CHANNEL_OPEN)
		channel->state = HOST_CHANNEL_CLOSED;
	rings_drop(channel);
	return "the device refuses";
}

void host_vmbus_open(struct host_vmbus *vmbus, const void *message,
		     uint32_t bytes)
{
	static const char clause[] = "VMBus OPEN_CHANNEL";
	const struct host_msg_open *open = message;
	uint32_t relid = le32_to_cpu(open->relid);
	struct host_channel *channel = host_channel_by_relid(vmbus, relid);
	struct host_msg_open_result result;
	const char *fault;
	bool refused;

	(void)bytes;
	/* A rescinded channel stays silent: the guest is about to hear. */
	if (channel && channel->state == HOST_CHANNEL_REVOKED)
		return;
	if (!channel || channel->state != HOST_CHANNEL_CLOSED) {
		machine_violation(vmbus->machine, clause, "channel %u %s",
				  relid,
				  channel ? "is open already"
					  : "does not exist");
		return;
	}
	refused = machine_fault_fires(vmbus->machine, MACHINE_FAULT_OPEN);
	fault = refused ? NULL : open_try(channel, open);
	if (channel->state == HOST_CHANNEL_REVOKED)
		return;
	if (fault)
		machine_violation(vmbus->machine, clause, "channel %u: %s",
				  relid, fault);
	result.relid = open->relid;
	result.open_id = open->open_id;
	result.status = cpu_to_le32(fault || refused ? HOST_VMBUS_FAILURE : 0);
	host_vmbus_send(vmbus, HOST_VMBUS_OPEN_RESULT, &result, sizeof(result));
}

/* ---- Close, move ---- */

void host_channel_silence(struct host_channel *channel)
{
	machine_event_cancel(channel->vmbus->machine, &channel->latency);
	machine_work_cancel(channel->vmbus->machine, &channel->work);
	rings_drop(channel);
	free(channel->buffer.bytes);
	channel->buffer.bytes = NULL;
	channel->buffer.size = 0;
}

void host_channel_close(struct host_channel *channel)
{
	struct host_vmbus *vmbus = channel->vmbus;

	if (channel->state != HOST_CHANNEL_OPEN)
		return;
	channel->state = HOST_CHANNEL_CLOSED;
	machine_event_cancel(vmbus->machine, &channel->latency);
	machine_work_cancel(vmbus->machine, &channel->work);
	if (channel->operations->closed)
		channel->operations->closed(channel->device, channel);
	rings_drop(channel);
	host_gpadls_release(channel);
}

void host_vmbus_close(struct host_vmbus *vmbus, const void *message,
		      uint32_t bytes)
{
	const struct host_msg_relid *close = message;
	uint32_t relid = le32_to_cpu(close->relid);
	struct host_channel *channel = host_channel_by_relid(vmbus, relid);

	(void)bytes;
	if (channel && channel->state == HOST_CHANNEL_REVOKED)
		return;
	if (!channel || channel->state != HOST_CHANNEL_OPEN)
		machine_violation(vmbus->machine, "VMBus CLOSE_CHANNEL",
				  "channel %u is not open", relid);
	else
		host_channel_close(channel);
}

void host_vmbus_modify(struct host_vmbus *vmbus, const void *message,
		       uint32_t bytes)
{
	const struct host_msg_modify_channel *modify = message;
	uint32_t relid = le32_to_cpu(modify->relid);
	struct host_channel *channel = host_channel_by_relid(vmbus, relid);
	struct host_msg_modify_response response;
	bool done;

	(void)bytes;
	if (channel && channel->state == HOST_CHANNEL_REVOKED)
		return;
	if (!channel || channel->state != HOST_CHANNEL_OPEN) {
		machine_violation(vmbus->machine, "VMBus MODIFYCHANNEL",
				  "channel %u is not open", relid);
		return;
	}
	/* One that was opened without interrupts never gets any. */
	done = channel->interrupts &&
	       host_partition_cpu(vmbus->partition,
				  le32_to_cpu(modify->target_vp),
				  &channel->cpu);
	if (!done)
		machine_violation(vmbus->machine, "VMBus MODIFYCHANNEL",
				  "channel %u cannot interrupt VP %u", relid,
				  le32_to_cpu(modify->target_vp));
	if (vmbus->version < HOST_VMBUS_5_3)
		return;
	response.relid = modify->relid;
	response.status = cpu_to_le32(done ? 0 : HOST_VMBUS_FAILURE);
	host_vmbus_send(vmbus, HOST_VMBUS_MODIFY_RESPONSE, &response,
			sizeof(response));
}

/* ---- What a device may know ---- */

void host_channel_create_parts(struct host_channel *channel)
{
	channel->work.step = channel_step;
	channel->work.argument = channel;
	channel->latency.fire = latency_over;
	channel->latency.argument = channel;
}

bool host_channel_is_open(const struct host_channel *channel)
{
	return channel->state == HOST_CHANNEL_OPEN;
}

uint32_t host_channel_relid(const struct host_channel *channel)
{
	return channel->relid;
}

unsigned host_channel_cpu(const struct host_channel *channel)
{
	return channel->cpu;
}

const uint8_t *host_channel_user_data(const struct host_channel *channel)
{
	return channel->user;
}

unsigned host_channel_gpadls(const struct host_channel *channel)
{
	const struct host_gpadl *gpadl = channel->gpadls;
	unsigned count = 0;

	for (; gpadl; gpadl = gpadl->next)
		count++;
	return count;
}

uint64_t host_channel_doorbells(const struct host_channel *channel)
{
	return channel->doorbells;
}

uint64_t host_channel_doorbells_unneeded(const struct host_channel *channel)
{
	return channel->doorbells_unneeded;
}

uint64_t host_channel_signals(const struct host_channel *channel)
{
	return channel->signals;
}
