/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums and segmentation: a netbuf says where the checksum begins and where
 * it goes, nic.h wants to know the headers, so they are looked up in the frame.
 */
#include <string.h>

#include "unikraft/netdev_internal.h"

#define IPV4_TYPE	    0x0800u
#define IPV6_TYPE	    0x86ddu
/** 802.1ad, the outer of two tags. */
#define SERVICE_TAG_TYPE    0x88a8u
/** From the start of their headers. */
#define TCP_CHECKSUM_OFFSET 16u
#define UDP_CHECKSUM_OFFSET 6u
/** Tags in front of the type that are looked past. */
#define OFFLOAD_TAGS_MAX    2u

/** The 16 bits at an offset of a frame in pieces; -1: not that long. */
static int offload_read16(const struct uk_netbuf *netbuf, uint32_t offset)
{
	unsigned value = 0, found;

	for (found = 0; found < 2; found++, offset++) {
		while (netbuf && offset >= netbuf->len) {
			offset -= netbuf->len;
			netbuf = netbuf->next;
		}
		if (!netbuf)
			return -1;
		value = value << 8 | ((const uint8_t *)netbuf->data)[offset];
	}
	return (int)value;
}

/** Find the IP header behind Ethernet's and its tags. @return its type or -1 */
static int offload_find_ip(const struct uk_netbuf *netbuf, uint16_t *l3_offset)
{
	uint16_t offset = ETHERNET_HEADER_BYTES;
	int type = offload_read16(netbuf, offset - 2u);
	unsigned i;

	for (i = 0; i < OFFLOAD_TAGS_MAX &&
		    (type == ETHERNET_TYPE_VLAN || type == SERVICE_TAG_TYPE);
	     i++) {
		offset += ETHERNET_VLAN_BYTES;
		type = offload_read16(netbuf, offset - 2u);
	}
	*l3_offset = offset;
	return type;
}

/** Segmentation, of a packet whose checksum is TCP's over IPv4. */
static bool offload_segment(const struct netdev *netdev,
			    const struct uk_netbuf *netbuf,
			    struct net_packet *packet)
{
	const struct nic_information *information = &netdev->nic->information;

	if (!(information->features & NIC_FEATURE_TX_TSO_IPV4) ||
	    !(packet->flags & NET_TX_CHECKSUM_TCP) ||
	    packet->flags & NET_IPV6 || netbuf->gso_size == 0 ||
	    packet->length < packet->l4_offset + TCP_HEADER_BYTES ||
	    packet->length > information->tso_bytes_max)
		return false;
	packet->flags |= NET_TX_TSO;
	packet->segment_bytes = netbuf->gso_size;
	return true;
}

bool netdev_offload(const struct netdev *netdev, const struct uk_netbuf *netbuf,
		    struct net_packet *packet)
{
	uint32_t features = netdev->nic->information.features, wanted;
	uint32_t field = (uint32_t)netbuf->csum_start + netbuf->csum_offset;
	uint16_t header = IPV4_HEADER_BYTES;
	int type;

	if (!(netbuf->flags & UK_NETBUF_F_PARTIAL_CSUM))
		return !(netbuf->flags & UK_NETBUF_F_GSO_TCPV4);
	type = offload_find_ip(netbuf, &packet->l3_offset);
	if (type == IPV6_TYPE) {
		packet->flags |= NET_IPV6;
		header = IPV6_HEADER_BYTES;
	} else if (type != IPV4_TYPE) {
		return false;
	}
	if (netbuf->csum_start < packet->l3_offset + header ||
	    field + 2 > packet->length)
		return false;
	packet->l4_offset = netbuf->csum_start;
	if (netbuf->csum_offset == TCP_CHECKSUM_OFFSET) {
		packet->flags |= NET_TX_CHECKSUM_TCP;
		wanted = NIC_FEATURE_TX_CHECKSUM_TCP;
	} else if (netbuf->csum_offset == UDP_CHECKSUM_OFFSET) {
		packet->flags |= NET_TX_CHECKSUM_UDP;
		wanted = NIC_FEATURE_TX_CHECKSUM_UDP;
	} else {
		return false;
	}
	if (!(features & wanted))
		return false;
	return !(netbuf->flags & UK_NETBUF_F_GSO_TCPV4) ||
	       offload_segment(netdev, netbuf, packet);
}

void netdev_onload(const struct net_packet *packet, struct uk_netbuf *netbuf)
{
	netbuf->flags = 0;
	netbuf->csum_start = 0;
	netbuf->csum_offset = 0;
	netbuf->gso_size = 0;
	netbuf->header_len = 0;
	if (packet->flags & NET_RX_CHECKSUM_L4_GOOD)
		netbuf->flags |= UK_NETBUF_F_DATA_VALID;
	if (packet->flags & NET_RX_CHECKSUM_PARTIAL &&
	    (uint32_t)packet->l4_offset + packet->checksum_offset + 2 <=
		    packet->length) {
		netbuf->flags |=
			UK_NETBUF_F_DATA_VALID | UK_NETBUF_F_PARTIAL_CSUM;
		netbuf->csum_start = packet->l4_offset;
		netbuf->csum_offset = packet->checksum_offset;
	}
	if (packet->flags & NET_RX_LARGE && !(packet->flags & NET_IPV6)) {
		netbuf->flags |= UK_NETBUF_F_GSO_TCPV4;
		netbuf->gso_size = packet->segment_bytes;
	}
}
