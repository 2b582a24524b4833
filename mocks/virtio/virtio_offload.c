/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the device does to a packet on its way out: checksums and segments
 * (5.1.6.2). In the checksum field lies the pseudo header's sum, with the
 * length of the whole packet, also of one that is to be cut.
 */
#include "mocks/virtio/virtio_internal.h"

#include <string.h>

#define TCP_DATA_OFFSET 12u
#define TCP_FLAGS	13u
#define TCP_CWR		0x80u

static void emit(struct host_virtio *card, const uint8_t *data, uint32_t bytes)
{
	const struct wire_frame frame = {data, bytes};

	card->counters.tx_frames++;
	card->counters.tx_bytes += bytes;
	wire_transmit(card->wire, &frame);
}

/* ---- What the header may say ---- */

static void flags_check(struct host_virtio *card, const uint8_t *header)
{
	uint8_t flags = header[HEADER_FLAGS];

	if (virtio_get16(header + HEADER_BUFFERS))
		host_virtio_break(card, "virtio 5.1.6.2.1",
				  "TX: num_buffers is %u, not 0 (M33)",
				  virtio_get16(header + HEADER_BUFFERS));
	if (flags & ~HEADER_NEEDS_CHECKSUM)
		host_virtio_break(card, "virtio 5.1.6.2.1",
				  "TX: flags 0x%x has bits that are not the "
				  "driver's to set (M33)",
				  flags);
	if (flags & HEADER_NEEDS_CHECKSUM &&
	    !host_virtio_negotiated(card, NET_CSUM))
		host_virtio_break(card, "virtio 5.1.6.2.1",
				  "TX: a checksum is asked for, and CSUM is "
				  "not negotiated (M33)");
}

/** @return NULL, or why such a packet is not cut */
static const char *segmentation_check(struct host_virtio *card,
				      const uint8_t *header)
{
	uint8_t type = header[HEADER_GSO_TYPE];
	unsigned kind = type & ~GSO_ECN;

	if (kind != GSO_TCP4 && kind != GSO_TCP6)
		return "is to be cut as what is neither TCP over IPv4 nor over "
		       "IPv6 (M34)";
	if (!host_virtio_negotiated(card, kind == GSO_TCP4 ? NET_HOST_TSO4
							   : NET_HOST_TSO6))
		return "is to be cut, and its HOST_TSO4 or HOST_TSO6 is not "
		       "negotiated (M34)";
	if (type & GSO_ECN && !host_virtio_negotiated(card, NET_HOST_ECN))
		host_virtio_break(
			card, "virtio 5.1.6.2.1",
			"TX: GSO_ECN, and HOST_ECN is not negotiated");
	if (!(header[HEADER_FLAGS] & HEADER_NEEDS_CHECKSUM))
		return "is to be cut, and not to have a checksum (M33)";
	if (!virtio_get16(header + HEADER_GSO_SIZE))
		return "is to be cut into segments of no length (M34)";
	return NULL;
}

/* ---- A checksum ---- */

/** What stands in the checksum field, where the device knows the protocol. */
static void pseudo_check(struct host_virtio *card, const uint8_t *data,
			 uint32_t bytes, uint32_t start, uint32_t offset)
{
	struct frame_layout layout;
	uint32_t field;

	frame_layout_find(data, bytes, &layout);
	if (!layout.version || layout.transport != start || layout.fragment)
		return;
	field = layout.protocol == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM;
	if (layout.protocol != PROTOCOL_TCP && layout.protocol != PROTOCOL_UDP)
		return;
	if (offset != field)
		host_virtio_break(card, "virtio 5.1.6.2.1",
				  "TX: csum_offset is %u, and the checksum is "
				  "at %u (M33)",
				  offset, field);
	else if (frame_get16(data + start + offset) !=
		 frame_pseudo_sum(data + layout.network, layout.version,
				  layout.protocol, layout.transport_bytes))
		host_virtio_break(card, "virtio 5.1.6.2.1",
				  "TX: the checksum field does not hold the "
				  "pseudo header's sum (M33)");
}

static const char *checksum_fill(struct host_virtio *card,
				 const uint8_t *header, uint8_t *data,
				 uint32_t bytes)
{
	uint32_t start = virtio_get16(header + HEADER_CHECKSUM_START);
	uint32_t offset = virtio_get16(header + HEADER_CHECKSUM_OFFSET);

	if (start < ETHERNET_HEADER || start + offset + 2 > bytes)
		return "has its checksum outside of it (M33)";
	pseudo_check(card, data, bytes, start, offset);
	frame_complete_transport(data + start, bytes - start, offset,
				 offset == UDP_CHECKSUM);
	return NULL;
}

/* ---- Segments ---- */

static const char *cut_find(struct host_virtio *card, const uint8_t *header,
			    const uint8_t *data, uint32_t bytes,
			    struct frame_cut *cut)
{
	unsigned version =
		(header[HEADER_GSO_TYPE] & ~GSO_ECN) == GSO_TCP4 ? 4 : 6;
	struct frame_layout layout;

	frame_layout_find(data, bytes, &layout);
	if (layout.version != version || layout.protocol != PROTOCOL_TCP ||
	    layout.transport + TCP_HEADER > bytes)
		return "is to be cut, and is not of the kind that it says";
	cut->version = version;
	cut->network = layout.network;
	cut->transport = layout.transport;
	cut->header = layout.transport +
		      (data[layout.transport + TCP_DATA_OFFSET] >> 4) * 4u;
	cut->mss = virtio_get16(header + HEADER_GSO_SIZE);
	if (cut->header < cut->transport + TCP_HEADER || cut->header >= bytes)
		return "is to be cut, and nothing is behind its headers";
	if (virtio_get16(header + HEADER_CHECKSUM_START) != cut->transport ||
	    virtio_get16(header + HEADER_CHECKSUM_OFFSET) != TCP_CHECKSUM)
		return "is to be cut, and csum_start and csum_offset are not "
		       "where its checksum is (M33)";
	if (virtio_get16(header + HEADER_LENGTH) < cut->header)
		host_virtio_break(card, "virtio 5.1.6.2.1",
				  "TX: hdr_len is %u, less than the headers of "
				  "%u (M33)",
				  virtio_get16(header + HEADER_LENGTH),
				  cut->header);
	return NULL;
}

static void cut_check(struct host_virtio *card, const uint8_t *header,
		      const uint8_t *data, uint32_t bytes,
		      const struct frame_cut *cut)
{
	pseudo_check(card, data, bytes, cut->transport, TCP_CHECKSUM);
	if (cut->version == 4 &&
	    frame_sum(0, data + cut->network, cut->transport - cut->network) !=
		    0xffff)
		host_virtio_break(card, "virtio 5.1.6.2.1",
				  "TX: the IPv4 checksum of a packet that is "
				  "to be cut is not right");
	if (data[cut->transport + TCP_FLAGS] & TCP_CWR &&
	    !(header[HEADER_GSO_TYPE] & GSO_ECN))
		host_virtio_break(card, "virtio 5.1.6.2.1",
				  "TX: a packet that is to be cut has CWR, and "
				  "not GSO_ECN");
}

static const char *segments_send(struct host_virtio *card,
				 const uint8_t *header, const uint8_t *data,
				 uint32_t bytes)
{
	struct frame_cut cut = {0};
	const char *fault = segmentation_check(card, header);
	uint32_t at, payload;

	if (!fault)
		fault = cut_find(card, header, data, bytes, &cut);
	if (fault)
		return fault;
	cut_check(card, header, data, bytes, &cut);
	payload = bytes - cut.header;
	for (at = 0; at < payload; at += cut.mss)
		emit(card, card->segment,
		     frame_segment(&cut, data, bytes, at, card->segment));
	card->counters.tx_segmented++;
	return NULL;
}

const char *host_virtio_send(struct host_virtio *card, const uint8_t *header,
			     uint8_t *data, uint32_t bytes)
{
	const char *fault = NULL;
	uint32_t longest;

	flags_check(card, header);
	if (bytes < ETHERNET_HEADER)
		return "has no Ethernet header";
	if (header[HEADER_GSO_TYPE] & ~GSO_ECN)
		return segments_send(card, header, data, bytes);
	longest = card->configuration.mtu + ETHERNET_HEADER +
		  (frame_is_tagged(data, bytes) ? VLAN_TAG : 0);
	if (host_virtio_negotiated(card, NET_MTU) && bytes > longest)
		host_virtio_break(card, "virtio 5.1.4.2",
				  "TX: a frame of %u bytes is longer than the "
				  "MTU (M10)",
				  bytes);
	if (header[HEADER_FLAGS] & HEADER_NEEDS_CHECKSUM)
		fault = checksum_fill(card, header, data, bytes);
	if (!fault)
		emit(card, data, bytes);
	return fault;
}
