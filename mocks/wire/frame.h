/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ethernet frames as the offload engine of a card sees them: where the parts
 * lie, VLAN tags, Internet checksums (RFC 1071), segments of TCP.
 *
 * What a driver asks for in the words of its card is translated by the card;
 * here is what all cards have in common. Nothing in a frame is believed.
 */
#ifndef MOCKS_WIRE_FRAME_H
#define MOCKS_WIRE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of headers without options, and numbers in them. */
#define ETHERNET_ADDRESSES 12u
#define ETHERNET_HEADER	   14u
#define VLAN_TAG	   4u
#define IPV4_HEADER	   20u
#define IPV6_HEADER	   40u
#define TCP_HEADER	   20u
#define UDP_HEADER	   8u
/* Where checksums lie in them. */
#define IPV4_CHECKSUM	   10u
#define TCP_CHECKSUM	   16u
#define UDP_CHECKSUM	   6u
#define TYPE_IPV4	   0x0800u
#define TYPE_VLAN	   0x8100u
#define TYPE_IPV6	   0x86ddu
#define PROTOCOL_TCP	   6u
#define PROTOCOL_UDP	   17u

/* ---- Numbers in network byte order ---- */

static inline uint32_t frame_get16(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

static inline uint32_t frame_get32(const uint8_t *bytes)
{
	return frame_get16(bytes) << 16 | frame_get16(bytes + 2);
}

static inline void frame_put16(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static inline void frame_put32(uint8_t *bytes, uint32_t value)
{
	frame_put16(bytes, value >> 16);
	frame_put16(bytes + 2, value);
}

/* ---- Parts ---- */

/** Where the parts of a frame lie that a card looks at. */
struct frame_layout {
	/** 4, 6, or 0: no IP that a card understands, and nothing below. */
	unsigned version;
	/** First byte of the IP header and of what it carries. */
	uint32_t network, transport;
	/** Bytes of what it carries, without the padding of short frames. */
	uint32_t transport_bytes;
	uint8_t protocol;
	/** Part of a datagram only. */
	bool fragment;
};

/** Look at a frame, with at most one VLAN tag in it. */
void frame_layout_find(const uint8_t *frame, uint32_t bytes,
		       struct frame_layout *layout);

/** A frame has a VLAN tag in it. */
bool frame_is_tagged(const uint8_t *frame, uint32_t bytes);
/** The tag of a frame that has one. */
uint16_t frame_tag(const uint8_t *frame);
/**
 * Put a tag into a frame.
 * @param frame with VLAN_TAG bytes of room in front
 * @return where the frame begins now; it is VLAN_TAG bytes longer
 */
uint8_t *frame_tag_insert(uint8_t *frame, uint16_t tag);
/** Copy a frame that has a tag without it; both may begin at the same place. */
void frame_tag_strip(uint8_t *to, const uint8_t *frame, uint32_t bytes);

/* ---- Checksums ---- */

/** Bytes on top of a sum of 16-bit numbers; folded, not inverted. */
uint16_t frame_sum(uint32_t start, const uint8_t *bytes, uint32_t count);

/**
 * The pseudo header's sum (RFC 793, RFC 8200 8.1).
 *
 * @param network the IP header
 * @param version 4 or 6
 * @param bytes length of header and data of the transport
 */
uint16_t frame_pseudo_sum(const uint8_t *network, unsigned version,
			  uint8_t protocol, uint32_t bytes);

/** Fill in the checksum of an IPv4 header of so many bytes. */
void frame_fill_ipv4(uint8_t *network, uint32_t header);

/**
 * Fill in the checksum of TCP or UDP. What was in the field does not matter.
 *
 * @param transport from the start of the frame; the header lies inside of it
 * @param covered bytes from there on that the checksum is about
 */
void frame_fill_transport(uint8_t *frame, uint32_t network, uint32_t transport,
			  unsigned version, uint8_t protocol, uint32_t covered);

/**
 * Complete a checksum whose field holds the pseudo header's sum already; a
 * field that holds something else makes a wrong one.
 *
 * @param field where it lies in the transport's header
 * @param never_zero as UDP wants it: 0 would mean "none" (RFC 768)
 */
void frame_complete_transport(uint8_t *transport, uint32_t covered,
			      uint32_t field, bool never_zero);

/**
 * Put the pseudo header's sum where a checksum lies: the half that a driver
 * leaves there for a card that completes it. Of a frame without IP nothing is.
 *
 * @param field where it lies in the frame
 */
void frame_halve_transport(uint8_t *frame, uint32_t bytes, uint32_t field);

/**
 * How many bytes the transport checksum covers: what the IP header says, since
 * a short frame is padded; but a stack that wrote nonsense there gets a sum
 * over nonsense, which is not its driver's fault.
 *
 * @param least bytes of the transport's header, which it covers anyway
 */
uint32_t frame_transport_bytes(const uint8_t *frame, uint32_t bytes,
			       uint32_t network, uint32_t transport,
			       unsigned version, uint32_t least);

/** Checksums, by protocol. */
enum frame_checksum {
	FRAME_CHECKSUM_IP4 = 1 << 0,
	FRAME_CHECKSUM_TCP4 = 1 << 1,
	FRAME_CHECKSUM_UDP4 = 1 << 2,
	FRAME_CHECKSUM_TCP6 = 1 << 3,
	FRAME_CHECKSUM_UDP6 = 1 << 4,
	FRAME_CHECKSUM_TCP = FRAME_CHECKSUM_TCP4 | FRAME_CHECKSUM_TCP6,
	FRAME_CHECKSUM_UDP = FRAME_CHECKSUM_UDP4 | FRAME_CHECKSUM_UDP6,
	FRAME_CHECKSUM_ALL = 31,
};

/**
 * Check those of a frame's checksums that are wanted.
 *
 * @param wanted of enum frame_checksum
 * @param wrong out: those that are not right
 * @return those that are right; nothing is said about a fragment's transport,
 *	or about UDP without a checksum
 */
unsigned frame_checksum_verify(const uint8_t *frame, uint32_t bytes,
			       unsigned wanted, unsigned *wrong);

/* ---- Segments ---- */

/** How to cut a TCP segment that is too long; offsets inside of the frame. */
struct frame_cut {
	unsigned version;
	uint32_t network, transport;
	/** Bytes of all headers together, and of data in each segment. */
	uint32_t header, mss;
};

/**
 * Write one segment of a frame: headers of its own, with length, identification
 * (RFC 6864: of the packet, counted up), sequence number, flags (RFC 3168: CWR
 * in the first; FIN, PSH in the last) and checksums.
 *
 * @param at where its data begins in that of the frame, a multiple of the mss
 * @param to room for headers and mss
 * @return bytes written
 */
uint32_t frame_segment(const struct frame_cut *cut, const uint8_t *frame,
		       uint32_t bytes, uint32_t at, uint8_t *to);

/**
 * The other way round: put the data of a segment behind that of those before
 * it, which begin with the first one as it is.
 *
 * @param bytes of those before
 * @param room that the frame has
 * @return bytes now; as they were: it is no segment, or does not fit
 */
uint32_t frame_segment_append(uint8_t *frame, uint32_t bytes, uint32_t room,
			      const uint8_t *segment, uint32_t segment_bytes);

/** Lengths and checksums of a TCP segment whose data was put together. */
void frame_segment_finish(uint8_t *frame, uint32_t bytes, uint32_t network,
			  uint32_t transport, unsigned version);

#endif /* MOCKS_WIRE_FRAME_H */
