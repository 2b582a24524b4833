/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums: what lwIP leaves to the card, where it is configured to leave
 * anything (LWIP_CHECKSUM_CTRL_PER_NETIF), and what a card leaves to us.
 */
#include <lwip/prot/ip.h>
#include <string.h>

#include "lwip/nic_netif.h"

static uint16_t sum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* ---- Received ---- */

/** The byte of a frame at an offset, or NULL behind its end. */
static uint8_t *frame_byte(const struct net_packet *packet,
			   const struct net_segment *segments, uint32_t offset)
{
	unsigned i;

	for (i = 0; i < packet->segment_count; i++) {
		if (offset < segments[i].length)
			return (uint8_t *)segments[i].data + offset;
		offset -= segments[i].length;
	}
	return NULL;
}

bool nic_netif_checksum_complete(const struct net_packet *packet,
				 const struct net_segment *segments)
{
	uint32_t field = (uint32_t)packet->l4_offset + packet->checksum_offset;
	uint32_t offset, sum = 0;
	uint8_t *high, *low;
	const uint8_t *byte;

	if (!(packet->flags & NET_RX_CHECKSUM_PARTIAL))
		return true;
	high = frame_byte(packet, segments, field);
	low = frame_byte(packet, segments, field + 1);
	if (!high || !low)
		return false;
	for (offset = packet->l4_offset; offset < packet->length; offset++) {
		byte = frame_byte(packet, segments, offset);
		if (!byte)
			return false;
		if ((offset - packet->l4_offset) % 2)
			sum += *byte;
		else
			sum += (uint32_t)*byte << 8;
	}
	sum = sum_fold(sum) ^ 0xffffu;
	if (!sum)
		sum = 0xffff;
	*high = (uint8_t)(sum >> 8);
	*low = (uint8_t)sum;
	return true;
}

/* ---- Sent ---- */

#if LWIP_CHECKSUM_CTRL_PER_NETIF

#define ETHERNET_TYPE_AT 12u
#define IPV4_BYTES	 20u
#define IPV6_BYTES	 40u
#define TCP_CHECKSUM_AT	 16u

/*
 * UDP's stays with lwIP: a datagram may be cut up behind it, and of a fragment
 * no card can compute it; a zero is no checksum in IPv6 (RFC 8200 8.1).
 */
void nic_netif_checksum_init(struct nic_netif *interface)
{
	uint32_t features = interface->nic->information.features;
	u16_t flags = NETIF_CHECKSUM_ENABLE_ALL;

	if (features & NIC_FEATURE_TX_CHECKSUM_IPV4)
		flags &= (u16_t)~NETIF_CHECKSUM_GEN_IP;
	if (features & NIC_FEATURE_TX_CHECKSUM_TCP)
		flags &= (u16_t)~NETIF_CHECKSUM_GEN_TCP;
	NETIF_SET_CHECKSUM_CTRL(&interface->netif, flags);
}

/** Add bytes to a sum of big-endian words (RFC 1071), from an even place. */
static uint32_t sum_bytes(uint32_t sum, const uint8_t *bytes, uint32_t count)
{
	uint32_t i;

	for (i = 0; i + 1 < count; i += 2) {
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	if (i < count)
		sum += (uint32_t)bytes[i] << 8;
	return (sum & 0xffff) + (sum >> 16);
}

static uint16_t load_be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/** Put the sum of the pseudo header where the card wants to find it. */
static void ask_tcp(struct net_packet *packet, uint8_t *frame, uint32_t room)
{
	uint32_t at = packet->l4_offset + TCP_CHECKSUM_AT;
	const uint8_t *ip = frame + packet->l3_offset;
	uint32_t sum = packet->length - packet->l4_offset + IP_PROTO_TCP;

	if (room < at + 2)
		return;
	sum = (sum & 0xffff) + (sum >> 16);
	if (packet->flags & NET_IPV6)
		sum = sum_bytes(sum, ip + 8, 32);
	else
		sum = sum_bytes(sum, ip + 12, 8);
	sum = sum_fold(sum);
	frame[at] = (uint8_t)(sum >> 8);
	frame[at + 1] = (uint8_t)sum;
	packet->flags |= NET_TX_CHECKSUM_TCP;
}

void nic_netif_checksum_ask(struct nic_netif *interface,
			    struct net_packet *packet,
			    const struct net_segment *segments)
{
	uint32_t features = interface->nic->information.features;
	uint8_t *frame = segments[0].data;
	uint32_t room = segments[0].length;
	uint8_t *ip = frame + ETHERNET_HEADER_BYTES;

	packet->l3_offset = ETHERNET_HEADER_BYTES;
	if (room >= ETHERNET_HEADER_BYTES + IPV4_BYTES &&
	    load_be16(frame + ETHERNET_TYPE_AT) == 0x0800 && ip[0] >> 4 == 4) {
		packet->l4_offset =
			(uint16_t)(ETHERNET_HEADER_BYTES + (ip[0] & 15u) * 4u);
		if (features & NIC_FEATURE_TX_CHECKSUM_IPV4)
			packet->flags |= NET_TX_CHECKSUM_IPV4;
		if ((features & NIC_FEATURE_TX_CHECKSUM_TCP) &&
		    ip[9] == IP_PROTO_TCP)
			ask_tcp(packet, frame, room);
	} else if (room >= ETHERNET_HEADER_BYTES + IPV6_BYTES &&
		   load_be16(frame + ETHERNET_TYPE_AT) == 0x86dd) {
		packet->flags |= NET_IPV6;
		packet->l4_offset = ETHERNET_HEADER_BYTES + IPV6_BYTES;
		if ((features & NIC_FEATURE_TX_CHECKSUM_TCP) &&
		    ip[6] == IP_PROTO_TCP)
			ask_tcp(packet, frame, room);
	}
}

#else

void nic_netif_checksum_init(struct nic_netif *interface)
{
	(void)interface;
}

void nic_netif_checksum_ask(struct nic_netif *interface,
			    struct net_packet *packet,
			    const struct net_segment *segments)
{
	(void)interface;
	(void)packet;
	(void)segments;
}

#endif
