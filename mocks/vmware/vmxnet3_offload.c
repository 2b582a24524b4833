/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the device does to a packet on its way out: checksums, segments, tags.
 *
 * In the checksum field lies the pseudo header's sum: with the length for a
 * checksum, without it for segmentation, since each segment has its own.
 */
#include "mocks/vmware/vmxnet3_internal.h"

#include <string.h>

#define IPV4_HEADER  20u
#define IPV6_HEADER  40u
#define TCP_HEADER   20u
#define TCP_CHECKSUM 16u
#define TCP_FLAGS    13u
#define TCP_FIN_PSH  0x09u
#define TCP_CWR	     0x80u
#define UDP_CHECKSUM 6u
#define PROTOCOL_TCP 6u
#define PROTOCOL_UDP 17u
#define TYPE_IPV4    0x0800u
#define TYPE_IPV6    0x86ddu
#define TYPE_VLAN    0x8100u
#define CHECKSUM_FAR 1024u

/** Where the headers of a packet lie that is to be worked on. */
struct headers {
	unsigned version;
	uint32_t network, transport;
	uint8_t protocol;
};

static uint32_t get16(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

static uint32_t get32(const uint8_t *bytes)
{
	return get16(bytes) << 16 | get16(bytes + 2);
}

static void put16(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void put32(uint8_t *bytes, uint32_t value)
{
	put16(bytes, value >> 16);
	put16(bytes + 2, value);
}

uint16_t host_vmxnet3_sum(uint32_t start, const uint8_t *bytes, uint32_t count)
{
	uint64_t sum = start;
	uint32_t n;

	for (n = 0; n + 1 < count; n += 2)
		sum += get16(bytes + n);
	if (count & 1)
		sum += (uint32_t)bytes[count - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint32_t host_vmxnet3_pseudo(const uint8_t *network, unsigned version,
			     uint8_t protocol, uint32_t bytes)
{
	uint32_t sum = version == 4 ? host_vmxnet3_sum(0, network + 12, 8)
				    : host_vmxnet3_sum(0, network + 8, 32);

	sum += protocol + (bytes >> 16) + (bytes & 0xffff);
	return host_vmxnet3_sum(sum, NULL, 0);
}

/** Find the headers without believing a length. @return NULL, or a fault */
static const char *headers_find(const uint8_t *data, uint32_t bytes,
				uint32_t transport, struct headers *headers)
{
	uint32_t type = get16(data + ADDRESSES);

	headers->network = ETHERNET_HEADER;
	if (type == TYPE_VLAN && bytes >= ETHERNET_HEADER + VLAN_TAG) {
		headers->network += VLAN_TAG;
		type = get16(data + ADDRESSES + VLAN_TAG);
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
		memmove(data - VLAN_TAG, data, ADDRESSES);
		data -= VLAN_TAG;
		bytes += VLAN_TAG;
		put16(data + ADDRESSES, TYPE_VLAN);
		put16(data + ADDRESSES + 2, offload->tci);
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
	       (get16(data + ADDRESSES) == TYPE_VLAN ? VLAN_TAG : 0);
}

/* ---- A checksum ---- */

static const char *checksum_fill(struct host_vmxnet3 *vmxnet3, uint8_t *data,
				 uint32_t bytes,
				 const struct vmxnet3_offload *offload)
{
	uint32_t at = offload->mss_offset;
	struct headers headers = {0};
	const char *fault;
	uint32_t end;
	uint16_t sum;

	if (at < offload->header || at + 2 > bytes || at > CHECKSUM_FAR)
		return "has its checksum field outside of it (V21)";
	fault = headers_find(data, bytes, offload->header, &headers);
	if (fault)
		return fault;
	if (at - offload->header !=
	    (headers.protocol == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM))
		return "has its checksum field where neither TCP nor UDP has "
		       "it (V21)";
	end = headers.network +
	      (headers.version == 4
		       ? get16(data + headers.network + 2)
		       : IPV6_HEADER + get16(data + headers.network + 4));
	if (end <= headers.transport || end > bytes)
		end = bytes;
	if (get16(data + at) !=
	    host_vmxnet3_pseudo(data + headers.network, headers.version,
				headers.protocol, end - headers.transport))
		host_vmxnet3_break(vmxnet3,
				   "TX: the checksum field does not hold "
				   "the pseudo header's sum");
	sum = (uint16_t)~host_vmxnet3_sum(0, data + headers.transport,
					  end - headers.transport);
	if (!sum && headers.protocol == PROTOCOL_UDP)
		sum = 0xffff; /* RFC 768: 0 would mean "none" */
	put16(data + at, sum);
	return NULL;
}

/* ---- Segments ---- */

static void segment_finish(uint8_t *data, uint32_t bytes,
			   const struct headers *headers)
{
	uint8_t *network = data + headers->network;
	uint8_t *tcp = data + headers->transport;
	uint32_t length = bytes - headers->transport;

	if (headers->version == 4) {
		put16(network + 2, bytes - headers->network);
		put16(network + 10, 0);
		put16(network + 10,
		      (uint16_t)~host_vmxnet3_sum(0, network,
						  headers->transport -
							  headers->network));
	} else {
		put16(network + 4, bytes - headers->network - IPV6_HEADER);
	}
	put16(tcp + TCP_CHECKSUM, 0);
	put16(tcp + TCP_CHECKSUM,
	      (uint16_t)~host_vmxnet3_sum(
		      host_vmxnet3_pseudo(network, headers->version,
					  PROTOCOL_TCP, length),
		      tcp, length));
}

/** The headers of a packet that is to be cut are as they should be (V20). */
static const char *segment_check(struct host_vmxnet3 *vmxnet3,
				 const uint8_t *data, uint32_t bytes,
				 const struct vmxnet3_offload *offload,
				 struct headers *headers)
{
	uint32_t transport = ETHERNET_HEADER;
	const char *fault;

	if (get16(data + ADDRESSES) == TYPE_VLAN)
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
	if (get16(data + transport + TCP_CHECKSUM) !=
	    host_vmxnet3_pseudo(data + headers->network, headers->version,
				PROTOCOL_TCP, 0))
		host_vmxnet3_break(vmxnet3,
				   "TX: the checksum field of a packet "
				   "that is to be cut does not hold the "
				   "pseudo header's sum without the "
				   "length (V20)");
	if (headers->version == 4 && get16(data + headers->network + 10))
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
	uint32_t header = offload->header, payload = bytes - header;
	struct headers headers = {0};
	uint32_t at, id, sequence;
	const char *fault =
		segment_check(vmxnet3, data, bytes, offload, &headers);

	if (fault)
		return fault;
	id = get16(data + headers.network + 4);
	sequence = get32(data + headers.transport + 4);
	for (at = 0; at < payload; at += offload->mss_offset) {
		uint32_t chunk = payload - at;
		uint8_t *flags = segment + headers.transport + TCP_FLAGS;

		if (chunk > offload->mss_offset)
			chunk = offload->mss_offset;
		memcpy(segment, data, header);
		memcpy(segment + header, data + header + at, chunk);
		if (headers.version == 4)
			put16(segment + headers.network + 4,
			      id + at / offload->mss_offset);
		put32(segment + headers.transport + 4, sequence + at);
		if (at + chunk < payload)
			*flags &= (uint8_t)~TCP_FIN_PSH;
		if (at)
			*flags &= (uint8_t)~TCP_CWR;
		segment_finish(segment, header + chunk, &headers);
		emit(vmxnet3, segment, header + chunk, offload, frames);
	}
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
