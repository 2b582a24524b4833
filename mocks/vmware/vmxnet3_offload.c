/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the device does to a packet on its way out: checksums, segments, tags.
 *
 * In the checksum field lies the pseudo header's sum: with the length for a
 * checksum, without it for segmentation, since each segment has its own.
 */
#include "mocks/vmware/vmxnet3_internal.h"

#define CHECKSUM_FAR 1024u

/** Where the headers of a packet lie that is to be worked on. */
struct headers {
	unsigned version;
	uint32_t network, transport;
	uint8_t protocol;
};

/** Find the headers without believing a length. @return NULL, or a fault */
static const char *headers_find(const uint8_t *data, uint32_t bytes,
				uint32_t transport, struct headers *headers)
{
	uint32_t type = frame_get16(data + ETHERNET_ADDRESSES);

	headers->network = ETHERNET_HEADER;
	if (type == TYPE_VLAN && bytes >= ETHERNET_HEADER + VLAN_TAG) {
		headers->network += VLAN_TAG;
		type = frame_get16(data + ETHERNET_ADDRESSES + VLAN_TAG);
	}
	headers->transport = transport;
	if (type == TYPE_IPV4) {
		headers->version = 4;
		if (transport > bytes ||
		    transport < headers->network + IPV4_HEADER ||
		    (data[headers->network] & 15u) * 4 !=
			    transport - headers->network)
			return "has a header length that is not its IPv4 "
			       "header's";
		headers->protocol = data[headers->network + 9];
	} else if (type == TYPE_IPV6) {
		headers->version = 6;
		if (transport > bytes ||
		    transport < headers->network + IPV6_HEADER)
			return "has a header length that is not its IPv6 "
			       "header's";
		headers->protocol = data[headers->network + 6];
	} else {
		return "asks for an offload of what is not IP";
	}
	return NULL;
}

/* ---- Out ---- */

static void emit(struct host_vmxnet3 *vmxnet3, uint8_t *data, uint32_t bytes,
		 const struct vmxnet3_offload *offload, uint32_t *frames)
{
	struct wire_frame frame;

	if (offload->tag) {
		data = frame_tag_insert(data, offload->tci);
		bytes += VLAN_TAG;
	}
	frame.data = data;
	frame.length = bytes;
	vmxnet3->counters.tx_frames++;
	vmxnet3->counters.tx_bytes += bytes;
	(*frames)++;
	wire_transmit(vmxnet3->wire, &frame);
}

/** The longest frame without the tag that the device puts in. */
static uint32_t frame_max(const struct host_vmxnet3 *vmxnet3,
			  const uint8_t *data)
{
	return vmxnet3->mtu + ETHERNET_HEADER +
	       (frame_get16(data + ETHERNET_ADDRESSES) == TYPE_VLAN ? VLAN_TAG
								    : 0);
}

/* ---- A checksum ---- */

static const char *checksum_fill(struct host_vmxnet3 *vmxnet3, uint8_t *data,
				 uint32_t bytes,
				 const struct vmxnet3_offload *offload)
{
	uint32_t at = offload->mss_offset;
	struct headers headers = {0};
	const char *fault;
	uint32_t covered;

	if (at < offload->header || at + 2 > bytes || at > CHECKSUM_FAR)
		return "has its checksum field outside of it (V21)";
	fault = headers_find(data, bytes, offload->header, &headers);
	if (fault)
		return fault;
	if (at - offload->header !=
	    (headers.protocol == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM))
		return "has its checksum field where neither TCP nor UDP has "
		       "it (V21)";
	covered = frame_transport_bytes(data, bytes, headers.network,
					headers.transport, headers.version, 1);
	if (frame_get16(data + at) !=
	    frame_pseudo_sum(data + headers.network, headers.version,
			     headers.protocol, covered))
		host_vmxnet3_break(vmxnet3,
				   "TX: the checksum field does not hold "
				   "the pseudo header's sum");
	frame_complete_transport(data + headers.transport, covered,
				 at - headers.transport,
				 headers.protocol == PROTOCOL_UDP);
	return NULL;
}

/* ---- Segments ---- */

/** The headers of a packet that is to be cut are as they should be (V20). */
static const char *segment_check(struct host_vmxnet3 *vmxnet3,
				 const uint8_t *data, uint32_t bytes,
				 const struct vmxnet3_offload *offload,
				 struct headers *headers)
{
	uint32_t transport = ETHERNET_HEADER;
	const char *fault;

	if (frame_get16(data + ETHERNET_ADDRESSES) == TYPE_VLAN)
		transport += VLAN_TAG;
	if (transport >= bytes)
		return "asks for an offload of what is not IP";
	transport += data[transport] >> 4 == 4 ? (data[transport] & 15u) * 4
					       : IPV6_HEADER;
	fault = headers_find(data, bytes, transport, headers);
	if (fault)
		return fault;
	if (headers->protocol != PROTOCOL_TCP ||
	    transport + TCP_HEADER > bytes ||
	    transport + (data[transport + 12] >> 4) * 4u != offload->header ||
	    offload->header >= bytes)
		return "is to be cut, and hlen is not the length of its "
		       "headers, or nothing is behind them (V20)";
	if (!offload->mss_offset ||
	    offload->header - headers->network + offload->mss_offset >
		    vmxnet3->mtu)
		return "is to be cut into segments of no length, or longer "
		       "than the MTU (V21)";
	if (frame_get16(data + transport + TCP_CHECKSUM) !=
	    frame_pseudo_sum(data + headers->network, headers->version,
			     PROTOCOL_TCP, 0))
		host_vmxnet3_break(vmxnet3,
				   "TX: the checksum field of a packet "
				   "that is to be cut does not hold the "
				   "pseudo header's sum without the "
				   "length (V20)");
	if (headers->version == 4 && frame_get16(data + headers->network + 10))
		host_vmxnet3_break(vmxnet3,
				   "TX: the IPv4 checksum of a packet that "
				   "is to be cut is not 0 (V20)");
	return NULL;
}

static const char *segments_send(struct host_vmxnet3 *vmxnet3,
				 const uint8_t *data, uint32_t bytes,
				 const struct vmxnet3_offload *offload,
				 uint32_t *frames)
{
	uint8_t *segment = vmxnet3->segment + VLAN_TAG;
	struct headers headers = {0};
	const char *fault =
		segment_check(vmxnet3, data, bytes, offload, &headers);
	const struct frame_cut cut = {
		.version = headers.version,
		.network = headers.network,
		.transport = headers.transport,
		.header = offload->header,
		.mss = offload->mss_offset,
	};
	uint32_t at;

	if (fault)
		return fault;
	for (at = 0; at < bytes - cut.header; at += cut.mss)
		emit(vmxnet3, segment,
		     frame_segment(&cut, data, bytes, at, segment), offload,
		     frames);
	return NULL;
}

const char *host_vmxnet3_send(struct host_vmxnet3 *vmxnet3, uint8_t *data,
			      uint32_t bytes,
			      const struct vmxnet3_offload *offload,
			      uint32_t *frames)
{
	const char *fault = NULL;

	if (bytes < ETHERNET_HEADER)
		return "has no Ethernet header";
	if (offload->mode == TX_MODE_TUNNEL)
		return "asks for a tunnel, which is not offered";
	if (offload->mode == TX_MODE_SEGMENT)
		return segments_send(vmxnet3, data, bytes, offload, frames);
	if (bytes > frame_max(vmxnet3, data))
		return "is longer than the MTU";
	if (offload->mode == TX_MODE_CHECKSUM)
		fault = checksum_fill(vmxnet3, data, bytes, offload);
	if (!fault)
		emit(vmxnet3, data, bytes, offload, frames);
	return fault;
}
