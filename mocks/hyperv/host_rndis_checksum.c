/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums in the words of per-packet information.
 */
#include "mocks/hyperv/host_rndis_checksum.h"
#include "mocks/hyperv/rndis_wire.h"

/* ---- Filling in ---- */

unsigned host_checksum_offloads(uint32_t request)
{
	bool ipv6 = request & HOST_CHECKSUM_TX_IPV6;
	unsigned offloads = 0;

	if (request & HOST_CHECKSUM_TX_IP)
		offloads |= FRAME_CHECKSUM_IP4;
	if (request & HOST_CHECKSUM_TX_TCP)
		offloads |= ipv6 ? FRAME_CHECKSUM_TCP6 : FRAME_CHECKSUM_TCP4;
	if (request & HOST_CHECKSUM_TX_UDP)
		offloads |= ipv6 ? FRAME_CHECKSUM_UDP6 : FRAME_CHECKSUM_UDP4;
	return offloads;
}

static const char *fill_ipv4_header(uint8_t *network, uint32_t room)
{
	uint32_t header = (network[0] & 15u) * 4;

	if (header < IPV4_HEADER || header > room)
		return "asks for the checksum of an impossible IPv4 header";
	frame_fill_ipv4(network, header);
	return NULL;
}

static const char *fill_transport(uint8_t *frame, uint32_t bytes,
				  uint32_t network, unsigned version,
				  uint32_t request)
{
	bool tcp = request & HOST_CHECKSUM_TX_TCP;
	uint32_t least = network + (version == 4 ? IPV4_HEADER : IPV6_HEADER);
	uint32_t transport = request >> HOST_CHECKSUM_TX_OFFSET_SHIFT &
			     HOST_CHECKSUM_TX_OFFSET_MASK;

	if (!transport)
		transport = least;
	if (transport < least)
		return "puts the transport header inside the IP header";
	if (transport + (tcp ? TCP_HEADER : UDP_HEADER) > bytes)
		return "puts the transport header beyond the frame";
	frame_fill_transport(frame, network, transport, version,
			     tcp ? PROTOCOL_TCP : PROTOCOL_UDP,
			     frame_transport_bytes(frame, bytes, network,
						   transport, version,
						   UDP_HEADER));
	return NULL;
}

const char *host_checksum_fill(uint8_t *frame, uint32_t bytes, uint32_t request)
{
	const uint32_t both = HOST_CHECKSUM_TX_TCP | HOST_CHECKSUM_TX_UDP;
	bool ipv4 = request & HOST_CHECKSUM_TX_IPV4;
	bool ipv6 = request & HOST_CHECKSUM_TX_IPV6;
	uint32_t network = ETHERNET_HEADER +
			   (frame_is_tagged(frame, bytes) ? VLAN_TAG : 0);
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

uint32_t host_checksum_verify(const uint8_t *frame, uint32_t bytes,
			      unsigned offloads)
{
	static const struct {
		unsigned checksum;
		uint32_t right, wrong;
	} words[] = {
		{FRAME_CHECKSUM_IP4, HOST_CHECKSUM_RX_IP_OK,
		 HOST_CHECKSUM_RX_IP_FAILED},
		{FRAME_CHECKSUM_TCP, HOST_CHECKSUM_RX_TCP_OK,
		 HOST_CHECKSUM_RX_TCP_FAILED},
		{FRAME_CHECKSUM_UDP, HOST_CHECKSUM_RX_UDP_OK,
		 HOST_CHECKSUM_RX_UDP_FAILED},
	};
	unsigned wrong;
	unsigned right = frame_checksum_verify(frame, bytes, offloads, &wrong);
	uint32_t result = 0;
	unsigned i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (right & words[i].checksum)
			result |= words[i].right;
		if (wrong & words[i].checksum)
			result |= words[i].wrong;
	}
	return result;
}
