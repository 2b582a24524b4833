/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of the guest: out of its send buffer, out of pages that a packet
 * names, or out of both one behind the other, and onto the wire.
 *
 * A message is copied out of guest memory once, whole, and then taken apart.
 * All frames of a message leave or none does: one bad packet refuses all.
 */
#include <string.h>

#include "mocks/hyperv/host_rndis_checksum.h"
#include "mocks/hyperv/netvsp_internal.h"
#include "mocks/hyperv/rndis_wire.h"
#include "mocks/wire/frame.h"

/** A message of the guest, in the host's scratch memory. */
struct message {
	uint32_t bytes;
	/** How many of them lie together in guest memory, from the start. */
	uint32_t contiguous;
	uint32_t section_bytes;
	struct netvsp_ranges ranges;
};

/** The frames of a message. */
struct frames {
	/** How many there are, good or bad. */
	uint32_t count;
	struct wire_frame frame[HOST_RNDIS_PACKETS_MAX];
};

/* ---- Out of guest memory ---- */

/*
 * The part that lies in the send buffer. A section that does not exist is one
 * of the things that the real device does not survive.
 */
static bool section_read(struct host_netvsp *netvsp,
			 const struct host_nvsp_rndis *wire,
			 struct message *message)
{
	uint32_t section = le32_to_cpu(wire->section);
	uint32_t bytes = le32_to_cpu(wire->section_bytes);
	uint64_t start = (uint64_t)section * HOST_NVSP_SECTION_BYTES;

	if (section == HOST_NVSP_NO_SECTION)
		return true;
	if (!netvsp->send.gpadl || start + bytes > netvsp->send.bytes) {
		netvsp_break(netvsp, "NVSP RNDIS_PKT",
			     "%u bytes in section %u are outside of the send "
			     "buffer",
			     bytes, section);
		return false;
	}
	if (bytes > HOST_RNDIS_TRANSFER_MAX) {
		machine_violation(netvsp->machine, "NVSP RNDIS_PKT",
				  "%u bytes are more than a message may have",
				  bytes);
		return false;
	}
	message->section_bytes = bytes;
	return host_gpadl_read(netvsp->send.gpadl, (uint32_t)start,
			       netvsp->scratch, bytes);
}

static bool pages_read(struct host_netvsp *netvsp,
		       const struct host_packet *packet,
		       struct message *message)
{
	const char *fault = NULL;

	if (!packet->range_count)
		fault = "has no range";
	else
		fault = netvsp_ranges_parse(packet->ranges, packet->range_bytes,
					    packet->range_count,
					    HOST_RNDIS_TRANSFER_MAX -
						    message->section_bytes,
					    &message->ranges);
	if (!fault &&
	    !netvsp_ranges_read(netvsp->machine, &message->ranges,
				netvsp->scratch + message->section_bytes))
		fault = "names memory that does not exist";
	if (fault)
		machine_violation(netvsp->machine, "VMBus GPA-direct packets",
				  "the list of ranges %s", fault);
	return !fault;
}

static bool message_read(struct host_netvsp *netvsp,
			 const struct host_packet *packet,
			 const struct host_nvsp_rndis *wire,
			 struct message *message)
{
	message->section_bytes = 0;
	message->ranges.bytes = 0;
	message->ranges.contiguous = 0;
	if (!section_read(netvsp, wire, message))
		return false;
	if (packet->type == HOST_PACKET_GPA_DIRECT &&
	    !pages_read(netvsp, packet, message))
		return false;
	message->bytes = message->section_bytes + message->ranges.bytes;
	message->contiguous = message->section_bytes
				      ? message->section_bytes
				      : message->ranges.contiguous;
	if (message->bytes >= sizeof(struct host_rndis_header))
		return true;
	machine_violation(netvsp->machine, "NVSP RNDIS_PKT",
			  "%u bytes are no RNDIS message", message->bytes);
	return false;
}

/* ---- Frames ---- */

/* Bring a frame into the form that it has on the wire. */
static const char *frame_make(const struct host_netvsp *netvsp, uint8_t *data,
			      const struct host_rndis_packet *packet,
			      struct wire_frame *frame)
{
	uint32_t bytes = packet->data_bytes;
	const char *fault;
	uint16_t tci;
	bool tagged;

	if (bytes < ETHERNET_HEADER)
		return "holds a frame without an Ethernet header";
	tagged = frame_is_tagged(data, bytes);
	if (packet->has_lso)
		return "asks for segmentation, which is not offered";
	if (bytes > netvsp->card.mtu + (tagged ? VLAN_TAG : 0))
		return "holds a frame longer than the MTU";
	if (packet->has_checksum) {
		if (host_checksum_offloads(packet->checksum) &
		    ~netvsp->card.tx_offloads)
			return "asks for a checksum that is switched off";
		fault = host_checksum_fill(data, bytes, packet->checksum);
		if (fault)
			return fault;
	}
	if (packet->has_vlan) {
		if (tagged)
			return "has a VLAN tag inside and beside the frame";
		if (packet->vlan >> 16)
			return "has a VLAN tag with bits that do not exist";
		tci = host_rndis_vlan_to_tci(packet->vlan);
		/* There is room: the packet's own header is in front. */
		data = frame_tag_insert(data, tci);
		bytes += VLAN_TAG;
	}
	frame->data = data;
	frame->length = bytes;
	return NULL;
}

/*
 * Take a message apart to its end, or as far as there is a way through it.
 * @return the first fault, or NULL
 */
static const char *frames_read(struct host_netvsp *netvsp,
			       const struct message *message,
			       struct frames *frames)
{
	struct host_rndis_packet packet;
	const char *first = NULL;
	const char *fault;
	uint8_t *start;
	uint32_t left;
	uint32_t at = 0;

	frames->count = 0;
	do {
		start = netvsp->scratch + at;
		left = message->contiguous > at ? message->contiguous - at : 0;
		fault = host_rndis_packet_parse(start, message->bytes - at,
						left, &packet);
		if (!fault && frames->count == HOST_RNDIS_PACKETS_MAX)
			fault = "is one more than MaxPacketsPerMessage";
		if (!fault && !first)
			fault = frame_make(netvsp, start + packet.data_offset,
					   &packet,
					   &frames->frame[frames->count]);
		if (!first)
			first = fault;
		frames->count++;
		at += packet.message_bytes;
	} while (packet.message_bytes && at < message->bytes);
	return first;
}

static void frames_count(struct host_netvsp_counters *counters,
			 const struct frames *frames, bool pages)
{
	counters->tx_messages++;
	counters->tx_frames += frames->count;
	if (frames->count > 1)
		counters->tx_aggregated += frames->count;
	else if (pages)
		counters->tx_pages++;
	else
		counters->tx_send_buffer++;
}

/*
 * The device reads the frame's pages until it completes the packet: they must
 * have been given to it. RNDIS headers come from the driver's own memory, which
 * both sides share for good.
 */
static void pages_watch(struct host_netvsp *netvsp,
			const struct message *message)
{
	if (!netvsp_ranges_given(netvsp->machine, &message->ranges,
				 message->section_bytes ? 0 : 1))
		machine_violation(netvsp->machine, "DMA ownership",
				  "the driver let the device read memory that "
				  "it did not give");
}

static void data(struct netvsp_queue *queue, const struct host_packet *packet,
		 const struct message *message)
{
	struct host_netvsp *netvsp = queue->netvsp;
	bool pages = packet->type == HOST_PACKET_GPA_DIRECT;
	struct frames frames;
	const char *fault;
	uint32_t i;

	fault = frames_read(netvsp, message, &frames);
	if (!fault && !netvsp->rndis_up)
		fault = "is sent before REMOTE_NDIS_INITIALIZE_MSG";
	if (fault)
		machine_violation(netvsp->machine,
				  "MS-RNDIS REMOTE_NDIS_PACKET_MSG",
				  "the packet %s", fault);
	if (fault || !netvsp->card.link_up) {
		netvsp->counters.tx_refused += frames.count;
		netvsp_complete_rndis(queue, packet, HOST_NVSP_STATUS_FAILURE);
		return;
	}
	if (pages)
		pages_watch(netvsp, message);
	frames_count(&netvsp->counters, &frames, pages);
	for (i = 0; i < frames.count; i++) {
		netvsp->counters.tx_bytes += frames.frame[i].length;
		wire_transmit(netvsp->wire, &frames.frame[i]);
	}
	netvsp_complete_rndis(queue, packet, HOST_NVSP_STATUS_SUCCESS);
}

void netvsp_transmit(struct netvsp_queue *queue,
		     const struct host_packet *packet,
		     const struct host_nvsp_rndis *wire)
{
	struct host_netvsp *netvsp = queue->netvsp;
	struct message message;
	le32 type;

	if (!message_read(netvsp, packet, wire, &message)) {
		/* Whatever it was: nothing but this says what it held. */
		if (le32_to_cpu(wire->channel) != HOST_NVSP_CHANNEL_CONTROL)
			netvsp->counters.tx_refused++;
		netvsp_complete_rndis(queue, packet, HOST_NVSP_STATUS_FAILURE);
		return;
	}
	memcpy(&type, netvsp->scratch, sizeof(type));
	if (le32_to_cpu(type) == HOST_RNDIS_PACKET)
		data(queue, packet, &message);
	else
		netvsp_control(queue, packet, netvsp->scratch, message.bytes);
}
