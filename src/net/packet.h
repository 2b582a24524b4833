/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames as they pass between a stack and a card, in flat arrays of small
 * records: a packet is a run of segments in an array beside it.
 */
#ifndef NET_PACKET_H
#define NET_PACKET_H

#include <stdbool.h>
#include <stdint.h>

/** Bytes of an Ethernet header without a tag; what an MTU does not count. */
#define ETHERNET_HEADER_BYTES  14u
#define ETHERNET_ADDRESS_BYTES 6u
/** Bytes that an IEEE 802.1Q tag adds to the header. */
#define ETHERNET_VLAN_BYTES    4u
#define ETHERNET_TYPE_VLAN     0x8100u

/* Bytes of headers without options. */
#define IPV4_HEADER_BYTES 20u
#define IPV6_HEADER_BYTES 40u
#define TCP_HEADER_BYTES  20u
#define UDP_HEADER_BYTES  8u

/** A piece of memory: of a frame, or an empty buffer for one. */
struct net_segment {
	void *data;
	/** Bytes of the frame in it; of an empty buffer, its room. */
	uint32_t length;
	/**
	 * The stack's name for the buffer (receive only); comes back untouched.
	 */
	void *owner;
};

/** What a card is asked to do for a frame, or found out about it. */
enum net_packet_flags {
	/** Transmit: fill in the IPv4 header checksum. */
	NET_TX_CHECKSUM_IPV4 = 1 << 0,
	/**
	 * Transmit: fill in the TCP (UDP) checksum; its field holds the sum of
	 * the pseudo header, and l3_offset, l4_offset and NET_IPV6 are set.
	 */
	NET_TX_CHECKSUM_TCP = 1 << 1,
	NET_TX_CHECKSUM_UDP = 1 << 2,
	/** The headers behind l3_offset are IPv6, else IPv4. */
	NET_IPV6 = 1 << 3,
	/**
	 * Both ways: vlan_tag is part of the frame, and its bytes hold no tag.
	 */
	NET_VLAN = 1 << 4,
	/**
	 * Receive: the card checked the IPv4 header, the TCP, UDP checksum:
	 * good.
	 */
	NET_RX_CHECKSUM_IPV4_GOOD = 1 << 5,
	NET_RX_CHECKSUM_L4_GOOD = 1 << 6,
	/**
	 * Receive: the card checked and it was wrong; the frame comes anyway.
	 */
	NET_RX_CHECKSUM_BAD = 1 << 7,
	/**
	 * Transmit: cut the frame into TCP segments of segment_bytes of
	 * payload, each with a copy of the headers and its own checksums.
	 * l3_offset, l4_offset and NET_IPV6 are set; the checksum field holds
	 * the sum of the pseudo header with the length of all the payload and
	 * the TCP header, as with NET_TX_CHECKSUM_TCP, which goes with it.
	 */
	NET_TX_TSO = 1 << 8,
	/**
	 * Receive: the frame never was on a wire; its TCP or UDP checksum field
	 * (checksum_offset behind l4_offset) holds the sum of the pseudo header
	 * only. What it covers is as good as with NET_RX_CHECKSUM_L4_GOOD.
	 */
	NET_RX_CHECKSUM_PARTIAL = 1 << 9,
	/** Receive: hash is what the card computed to choose the queue. */
	NET_RX_HASH = 1 << 10,
	/**
	 * Receive: several TCP segments as one frame, longer than the MTU;
	 * segment_bytes is the payload of each but the last, 0 if not known.
	 */
	NET_RX_LARGE = 1 << 11,
};

/**
 * A frame: Ethernet header to last byte, without preamble and check sequence.
 */
struct net_packet {
	/**
	 * Index of its first segment in the array of the call, and how many.
	 */
	uint32_t first_segment;
	uint32_t segment_count;
	/** Bytes of all segments together. */
	uint32_t length;
	/** Of enum net_packet_flags. */
	uint16_t flags;
	/**
	 * 802.1Q tag control information: priority 15:13, DEI 12, VLAN id
	 * 11:0.
	 */
	uint16_t vlan_tag;
	/**
	 * Bytes from the start of the frame to the IP and the TCP/UDP header.
	 */
	uint16_t l3_offset;
	uint16_t l4_offset;
	/** With NET_TX_TSO and NET_RX_LARGE: payload bytes of a segment. */
	uint16_t segment_bytes;
	/** With NET_RX_CHECKSUM_PARTIAL: from l4_offset to the field. */
	uint16_t checksum_offset;
	/** With NET_RX_HASH. */
	uint32_t hash;
	/**
	 * Transmit: the stack's name for the frame; nic_reclaim() returns it.
	 */
	void *owner;
};

/**
 * Whether a frame may be sent at all: at least an Ethernet header, and within
 * the MTU with its header and one 802.1Q tag, wherever that is.
 */
static inline bool net_packet_fits(const struct net_packet *packet,
				   const struct net_segment segments[],
				   uint32_t mtu)
{
	const struct net_segment *first = &segments[packet->first_segment];
	const uint8_t *header = first->data;
	uint32_t most = mtu + ETHERNET_HEADER_BYTES;

	if (packet->segment_count == 0 ||
	    packet->length < ETHERNET_HEADER_BYTES)
		return false;
	if (packet->length <= most)
		return true;
	return first->length >= ETHERNET_HEADER_BYTES &&
	       header[12] == ETHERNET_TYPE_VLAN >> 8 &&
	       header[13] == (ETHERNET_TYPE_VLAN & 0xff) &&
	       packet->length <= most + ETHERNET_VLAN_BYTES;
}

/** Whether the segments of a frame have as many bytes as it says. */
static inline bool net_packet_adds_up(const struct net_packet *packet,
				      const struct net_segment segments[])
{
	uint64_t bytes = 0;
	uint32_t i;

	for (i = 0; i < packet->segment_count; i++)
		bytes += segments[packet->first_segment + i].length;
	return bytes == packet->length;
}

/**
 * Whether an IP header and one of TCP (of UDP, if its checksum is asked for)
 * of the least length are where the frame says, and inside it.
 */
static inline bool net_packet_has_headers(const struct net_packet *packet)
{
	uint32_t l3 = packet->flags & NET_IPV6 ? IPV6_HEADER_BYTES
					       : IPV4_HEADER_BYTES;
	uint32_t l4 = packet->flags & NET_TX_CHECKSUM_UDP ? UDP_HEADER_BYTES
							  : TCP_HEADER_BYTES;

	return packet->l3_offset >= ETHERNET_HEADER_BYTES &&
	       packet->l4_offset >= packet->l3_offset + l3 &&
	       packet->l4_offset + l4 <= packet->length;
}

#endif /* NET_PACKET_H */
