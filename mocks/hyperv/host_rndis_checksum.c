/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Internet checksums, computed for real: a guest that asks for a wrong one, or
 * believes one that it should not, is found out by its peer.
 */
#include <string.h>

#include "mocks/hyperv/host_rndis_checksum.h"
#include "mocks/hyperv/rndis_wire.h"

#define ETHERNET_HEADER 14u
#define VLAN_TAG	4u
#define IPV4_HEADER	20u
#define IPV6_HEADER	40u
#define TCP_HEADER	20u
#define UDP_HEADER	8u
#define TCP_CHECKSUM	16u
#define UDP_CHECKSUM	6u
#define PROTOCOL_TCP	6u
#define PROTOCOL_UDP	17u

static uint32_t load16(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

static void store16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

/*
 * The sum of 16-bit words as they lie in memory; the sum's byte order is then
 * the memory's too (RFC 1071 2.B), and is turned once, when it is folded.
 */
static uint64_t sum(uint64_t start, const uint8_t *bytes, uint32_t count)
{
	uint32_t word;
	uint8_t last[2] = {0};
	uint16_t half;

	for (; count >= 4; count -= 4, bytes += 4) {
		memcpy(&word, bytes, 4);
		start += word;
	}
	if (count >= 2) {
		memcpy(&half, bytes, 2);
		start += half;
		count -= 2;
		bytes += 2;
	}
	if (count) {
		last[0] = bytes[0];
		memcpy(&half, last, 2);
		start += half;
	}
	return start;
}

static uint16_t fold(uint64_t total)
{
	uint16_t folded;
	uint8_t bytes[2];

	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	folded = (uint16_t)total;
	memcpy(bytes, &folded, 2);
	return (uint16_t)load16(bytes);
}

/* The pseudo header of RFC 793 and RFC 8200 8.1. */
static uint64_t pseudo(const uint8_t *network, unsigned version,
		       uint8_t protocol, uint32_t bytes)
{
	const uint8_t tail[8] = {(uint8_t)(bytes >> 24),
				 (uint8_t)(bytes >> 16),
				 (uint8_t)(bytes >> 8),
				 (uint8_t)bytes,
				 0,
				 0,
				 0,
				 protocol};
	uint64_t total = version == 4 ? sum(0, network + 12, 8)
				      : sum(0, network + 8, 32);

	return sum(total, tail, sizeof(tail));
}

static uint32_t link_bytes(const uint8_t *frame, uint32_t bytes)
{
	if (bytes >= ETHERNET_HEADER + VLAN_TAG && load16(frame + 12) == 0x8100)
		return ETHERNET_HEADER + VLAN_TAG;
	return ETHERNET_HEADER;
}

static void layout_ipv4(const uint8_t *network, uint32_t room,
			struct host_frame_layout *layout)
{
	uint32_t header;
	uint32_t total;

	if (room < IPV4_HEADER || network[0] >> 4 != 4)
		return;
	header = (network[0] & 15u) * 4;
	total = load16(network + 2);
	if (header < IPV4_HEADER || total < header || total > room)
		return;
	layout->version = 4;
	layout->transport = layout->network + header;
	layout->transport_bytes = total - header;
	layout->protocol = network[9];
	layout->fragment = load16(network + 6) & 0x3fff;
}

static void layout_ipv6(const uint8_t *network, uint32_t room,
			struct host_frame_layout *layout)
{
	uint32_t payload;

	if (room < IPV6_HEADER || network[0] >> 4 != 6)
		return;
	payload = load16(network + 4);
	if (payload > room - IPV6_HEADER)
		return;
	layout->version = 6;
	layout->transport = layout->network + IPV6_HEADER;
	layout->transport_bytes = payload;
	layout->protocol = network[6];
	layout->fragment = false;
}

void host_frame_layout(const uint8_t *frame, uint32_t bytes,
		       struct host_frame_layout *layout)
{
	uint32_t type;

	memset(layout, 0, sizeof(*layout));
	if (bytes < ETHERNET_HEADER)
		return;
	layout->network = link_bytes(frame, bytes);
	type = load16(frame + layout->network - 2);
	if (type == 0x0800)
		layout_ipv4(frame + layout->network, bytes - layout->network,
			    layout);
	else if (type == 0x86dd)
		layout_ipv6(frame + layout->network, bytes - layout->network,
			    layout);
}

/* ---- Filling in ---- */

unsigned host_checksum_offloads(uint32_t request)
{
	bool ipv6 = request & HOST_CHECKSUM_TX_IPV6;
	unsigned offloads = 0;

	if (request & HOST_CHECKSUM_TX_IP)
		offloads |= HOST_OFFLOAD_IP4;
	if (request & HOST_CHECKSUM_TX_TCP)
		offloads |= ipv6 ? HOST_OFFLOAD_TCP6 : HOST_OFFLOAD_TCP4;
	if (request & HOST_CHECKSUM_TX_UDP)
		offloads |= ipv6 ? HOST_OFFLOAD_UDP6 : HOST_OFFLOAD_UDP4;
	return offloads;
}

static const char *fill_ipv4_header(uint8_t *network, uint32_t room)
{
	uint32_t header = (network[0] & 15u) * 4;

	if (header < IPV4_HEADER || header > room)
		return "asks for the checksum of an impossible IPv4 header";
	store16(network + 10, 0);
	store16(network + 10, (uint16_t)~fold(sum(0, network, header)));
	return NULL;
}

/*
 * How many bytes the transport checksum covers: what the IP header says, since
 * a short frame is padded; but a stack that wrote nonsense there gets a sum
 * over nonsense, which is not its driver's fault.
 */
static uint32_t transport_bytes(const uint8_t *frame, uint32_t bytes,
				uint32_t network, uint32_t transport,
				unsigned version)
{
	uint32_t end = version == 4 ? load16(frame + network + 2)
				    : IPV6_HEADER + load16(frame + network + 4);
	uint32_t least = transport - network + UDP_HEADER;

	if (end < least || end > bytes - network)
		end = bytes - network;
	return end - (transport - network);
}

static const char *fill_transport(uint8_t *frame, uint32_t bytes,
				  uint32_t network, unsigned version,
				  uint32_t request)
{
	bool tcp = request & HOST_CHECKSUM_TX_TCP;
	uint32_t least = network + (version == 4 ? IPV4_HEADER : IPV6_HEADER);
	uint32_t transport = request >> HOST_CHECKSUM_TX_OFFSET_SHIFT &
			     HOST_CHECKSUM_TX_OFFSET_MASK;
	uint8_t *field;
	uint32_t covered;
	uint16_t result;

	if (!transport)
		transport = least;
	if (transport < least)
		return "puts the transport header inside the IP header";
	if (transport + (tcp ? TCP_HEADER : UDP_HEADER) > bytes)
		return "puts the transport header beyond the frame";
	field = frame + transport + (tcp ? TCP_CHECKSUM : UDP_CHECKSUM);
	store16(field, 0);
	covered = transport_bytes(frame, bytes, network, transport, version);
	result = (uint16_t)~fold(
		sum(pseudo(frame + network, version,
			   tcp ? PROTOCOL_TCP : PROTOCOL_UDP, covered),
		    frame + transport, covered));
	if (!tcp && !result)
		result = 0xffff; /* RFC 768: 0 would mean "none" */
	store16(field, result);
	return NULL;
}

const char *host_checksum_fill(uint8_t *frame, uint32_t bytes, uint32_t request)
{
	const uint32_t both = HOST_CHECKSUM_TX_TCP | HOST_CHECKSUM_TX_UDP;
	bool ipv4 = request & HOST_CHECKSUM_TX_IPV4;
	bool ipv6 = request & HOST_CHECKSUM_TX_IPV6;
	uint32_t network = link_bytes(frame, bytes);
	const char *fault;

	if (!host_checksum_offloads(request))
		return NULL;
	if (ipv4 == ipv6)
		return "asks for a checksum of neither IPv4 nor IPv6, or both";
	if ((request & both) == both)
		return "asks for the checksums of TCP and UDP at once";
	if (bytes < network + (ipv4 ? IPV4_HEADER : IPV6_HEADER))
		return "asks for a checksum of a frame without an IP header";
	if (frame[network] >> 4 != (ipv4 ? 4 : 6))
		return "asks for a checksum of another IP version's frame";
	if (request & HOST_CHECKSUM_TX_IP) {
		if (ipv6)
			return "asks for a header checksum, which IPv6 lacks";
		fault = fill_ipv4_header(frame + network, bytes - network);
		if (fault)
			return fault;
	}
	if (!(request & both))
		return NULL;
	return fill_transport(frame, bytes, network, ipv4 ? 4 : 6, request);
}

/* ---- Checking ---- */

static uint32_t verify_transport(const uint8_t *frame,
				 const struct host_frame_layout *layout,
				 unsigned offloads)
{
	const uint8_t *transport = frame + layout->transport;
	bool tcp = layout->protocol == PROTOCOL_TCP;
	unsigned wanted;
	bool good;

	if (layout->fragment)
		return 0;
	if (tcp)
		wanted = layout->version == 4 ? HOST_OFFLOAD_TCP4
					      : HOST_OFFLOAD_TCP6;
	else if (layout->protocol == PROTOCOL_UDP)
		wanted = layout->version == 4 ? HOST_OFFLOAD_UDP4
					      : HOST_OFFLOAD_UDP6;
	else
		return 0;
	if (!(offloads & wanted) ||
	    layout->transport_bytes < (tcp ? TCP_HEADER : UDP_HEADER))
		return 0;
	if (!tcp && !load16(transport + UDP_CHECKSUM))
		return 0;
	good = fold(sum(pseudo(frame + layout->network, layout->version,
			       layout->protocol, layout->transport_bytes),
			transport, layout->transport_bytes)) == 0xffff;
	if (tcp)
		return good ? HOST_CHECKSUM_RX_TCP_OK
			    : HOST_CHECKSUM_RX_TCP_FAILED;
	return good ? HOST_CHECKSUM_RX_UDP_OK : HOST_CHECKSUM_RX_UDP_FAILED;
}

uint32_t host_checksum_verify(const uint8_t *frame, uint32_t bytes,
			      unsigned offloads)
{
	struct host_frame_layout layout;
	uint32_t result = 0;
	bool good;

	host_frame_layout(frame, bytes, &layout);
	if (!layout.version)
		return 0;
	if (layout.version == 4 && offloads & HOST_OFFLOAD_IP4) {
		good = fold(sum(0, frame + layout.network,
				layout.transport - layout.network)) == 0xffff;
		result = good ? HOST_CHECKSUM_RX_IP_OK
			      : HOST_CHECKSUM_RX_IP_FAILED;
	}
	return result | verify_transport(frame, &layout, offloads);
}
