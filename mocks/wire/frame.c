/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the offload engines of all cards do to frames. Checksums are computed
 * for real: a guest that asks for a wrong one, or believes one that it should
 * not, is found out by its peer.
 */
#include "mocks/wire/frame.h"

#include <string.h>

#define TCP_SEQUENCE 4u
#define TCP_OFFSET   12u
#define TCP_FLAGS    13u
#define TCP_FIN_PSH  0x09u
#define TCP_CWR	     0x80u

/* ---- Parts ---- */

bool frame_is_tagged(const uint8_t *frame, uint32_t bytes)
{
	return bytes >= ETHERNET_HEADER + VLAN_TAG &&
	       frame_get16(frame + ETHERNET_ADDRESSES) == TYPE_VLAN;
}

uint16_t frame_tag(const uint8_t *frame)
{
	return (uint16_t)frame_get16(frame + ETHERNET_HEADER);
}

uint8_t *frame_tag_insert(uint8_t *frame, uint16_t tag)
{
	uint8_t *start = frame - VLAN_TAG;

	memmove(start, frame, ETHERNET_ADDRESSES);
	frame_put16(start + ETHERNET_ADDRESSES, TYPE_VLAN);
	frame_put16(start + ETHERNET_HEADER, tag);
	return start;
}

void frame_tag_strip(uint8_t *to, const uint8_t *frame, uint32_t bytes)
{
	memmove(to, frame, ETHERNET_ADDRESSES);
	memmove(to + ETHERNET_ADDRESSES, frame + ETHERNET_ADDRESSES + VLAN_TAG,
		bytes - ETHERNET_ADDRESSES - VLAN_TAG);
}

static void layout_ipv4(const uint8_t *network, uint32_t room,
			struct frame_layout *layout)
{
	uint32_t header;
	uint32_t total;

	if (room < IPV4_HEADER || network[0] >> 4 != 4)
		return;
	header = (network[0] & 15u) * 4;
	total = frame_get16(network + 2);
	if (header < IPV4_HEADER || total < header || total > room)
		return;
	layout->version = 4;
	layout->transport = layout->network + header;
	layout->transport_bytes = total - header;
	layout->protocol = network[9];
	layout->fragment = frame_get16(network + 6) & 0x3fff;
}

static void layout_ipv6(const uint8_t *network, uint32_t room,
			struct frame_layout *layout)
{
	uint32_t payload;

	if (room < IPV6_HEADER || network[0] >> 4 != 6)
		return;
	payload = frame_get16(network + 4);
	if (payload > room - IPV6_HEADER)
		return;
	layout->version = 6;
	layout->transport = layout->network + IPV6_HEADER;
	layout->transport_bytes = payload;
	layout->protocol = network[6];
	layout->fragment = false;
}

void frame_layout_find(const uint8_t *frame, uint32_t bytes,
		       struct frame_layout *layout)
{
	uint32_t type;

	memset(layout, 0, sizeof(*layout));
	if (bytes < ETHERNET_HEADER)
		return;
	layout->network = ETHERNET_HEADER +
			  (frame_is_tagged(frame, bytes) ? VLAN_TAG : 0);
	type = frame_get16(frame + layout->network - 2);
	if (type == TYPE_IPV4)
		layout_ipv4(frame + layout->network, bytes - layout->network,
			    layout);
	else if (type == TYPE_IPV6)
		layout_ipv6(frame + layout->network, bytes - layout->network,
			    layout);
}

/* ---- Sums ---- */

/*
 * The sum of 16-bit words as they lie in memory; the sum's byte order is then
 * the memory's too (RFC 1071 2.B), and is turned once, when it is folded.
 */
static uint64_t words_sum(const uint8_t *bytes, uint32_t count)
{
	uint64_t total = 0;
	uint32_t word;
	uint8_t last[2] = {0};
	uint16_t half;

	for (; count >= 4; count -= 4, bytes += 4) {
		memcpy(&word, bytes, 4);
		total += word;
	}
	if (count >= 2) {
		memcpy(&half, bytes, 2);
		total += half;
		count -= 2;
		bytes += 2;
	}
	if (count) {
		last[0] = bytes[0];
		memcpy(&half, last, 2);
		total += half;
	}
	return total;
}

static uint16_t fold(uint64_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)total;
}

uint16_t frame_sum(uint32_t start, const uint8_t *bytes, uint32_t count)
{
	uint16_t folded = fold(words_sum(bytes, count));
	uint8_t turned[2];

	memcpy(turned, &folded, 2);
	return fold((uint64_t)start + frame_get16(turned));
}

uint16_t frame_pseudo_sum(const uint8_t *network, unsigned version,
			  uint8_t protocol, uint32_t bytes)
{
	uint32_t numbers = protocol + (bytes >> 16) + (bytes & 0xffff);

	return version == 4 ? frame_sum(numbers, network + 12, 8)
			    : frame_sum(numbers, network + 8, 32);
}

/* ---- Filling in ---- */

void frame_fill_ipv4(uint8_t *network, uint32_t header)
{
	frame_put16(network + IPV4_CHECKSUM, 0);
	frame_put16(network + IPV4_CHECKSUM,
		    (uint16_t)~frame_sum(0, network, header));
}

uint32_t frame_transport_bytes(const uint8_t *frame, uint32_t bytes,
			       uint32_t network, uint32_t transport,
			       unsigned version, uint32_t least)
{
	uint32_t end = version == 4
			       ? frame_get16(frame + network + 2)
			       : IPV6_HEADER + frame_get16(frame + network + 4);

	end += network;
	if (end < transport + least || end > bytes)
		end = bytes;
	return end - transport;
}

void frame_complete_transport(uint8_t *transport, uint32_t covered,
			      uint32_t field, bool never_zero)
{
	uint16_t result = (uint16_t)~frame_sum(0, transport, covered);

	if (never_zero && !result)
		result = 0xffff;
	frame_put16(transport + field, result);
}

void frame_fill_transport(uint8_t *frame, uint32_t network, uint32_t transport,
			  unsigned version, uint8_t protocol, uint32_t covered)
{
	bool udp = protocol == PROTOCOL_UDP;
	uint32_t field = udp ? UDP_CHECKSUM : TCP_CHECKSUM;

	frame_put16(frame + transport + field,
		    frame_pseudo_sum(frame + network, version, protocol,
				     covered));
	frame_complete_transport(frame + transport, covered, field, udp);
}

/* ---- Checking ---- */

/** The checksum that a frame's transport has, 0: none that is known. */
static unsigned transport_checksum(const uint8_t *transport,
				   const struct frame_layout *layout)
{
	bool four = layout->version == 4;

	if (layout->fragment)
		return 0;
	if (layout->protocol == PROTOCOL_TCP &&
	    layout->transport_bytes >= TCP_HEADER)
		return four ? FRAME_CHECKSUM_TCP4 : FRAME_CHECKSUM_TCP6;
	if (layout->protocol == PROTOCOL_UDP &&
	    layout->transport_bytes >= UDP_HEADER &&
	    frame_get16(transport + UDP_CHECKSUM))
		return four ? FRAME_CHECKSUM_UDP4 : FRAME_CHECKSUM_UDP6;
	return 0;
}

unsigned frame_checksum_verify(const uint8_t *frame, uint32_t bytes,
			       unsigned wanted, unsigned *wrong)
{
	struct frame_layout layout;
	const uint8_t *network, *transport;
	unsigned checksum;
	unsigned right = 0;

	*wrong = 0;
	frame_layout_find(frame, bytes, &layout);
	if (!layout.version)
		return 0;
	network = frame + layout.network;
	transport = frame + layout.transport;
	if (layout.version == 4 && wanted & FRAME_CHECKSUM_IP4)
		*(frame_sum(0, network, layout.transport - layout.network) ==
				  0xffff
			  ? &right
			  : wrong) |= FRAME_CHECKSUM_IP4;
	checksum = transport_checksum(transport, &layout) & wanted;
	if (checksum)
		*(frame_sum(frame_pseudo_sum(network, layout.version,
					     layout.protocol,
					     layout.transport_bytes),
			    transport, layout.transport_bytes) == 0xffff
			  ? &right
			  : wrong) |= checksum;
	return right;
}

void frame_halve_transport(uint8_t *frame, uint32_t bytes, uint32_t field)
{
	struct frame_layout layout;

	frame_layout_find(frame, bytes, &layout);
	if (!layout.version || bytes < 2 || field > bytes - 2)
		return;
	frame_put16(frame + field,
		    frame_pseudo_sum(frame + layout.network, layout.version,
				     layout.protocol, layout.transport_bytes));
}

/* ---- Segments ---- */

uint32_t frame_segment_append(uint8_t *frame, uint32_t bytes, uint32_t room,
			      const uint8_t *segment, uint32_t segment_bytes)
{
	struct frame_layout layout;
	uint32_t headers, count;

	frame_layout_find(segment, segment_bytes, &layout);
	if (!layout.version || layout.protocol != PROTOCOL_TCP ||
	    layout.transport_bytes < TCP_HEADER ||
	    bytes < layout.transport + TCP_HEADER)
		return bytes;
	headers = (segment[layout.transport + TCP_OFFSET] >> 4) * 4u;
	if (headers > layout.transport_bytes)
		return bytes;
	count = layout.transport_bytes - headers;
	if (count > room || bytes > room - count)
		return bytes;
	memcpy(frame + bytes, segment + layout.transport + headers, count);
	frame[layout.transport + TCP_FLAGS] |=
		segment[layout.transport + TCP_FLAGS] & TCP_FIN_PSH;
	return bytes + count;
}

void frame_segment_finish(uint8_t *frame, uint32_t bytes, uint32_t network,
			  uint32_t transport, unsigned version)
{
	if (version == 4) {
		frame_put16(frame + network + 2, bytes - network);
		frame_fill_ipv4(frame + network, transport - network);
	} else {
		frame_put16(frame + network + 4, bytes - network - IPV6_HEADER);
	}
	frame_fill_transport(frame, network, transport, version, PROTOCOL_TCP,
			     bytes - transport);
}

uint32_t frame_segment(const struct frame_cut *cut, const uint8_t *frame,
		       uint32_t bytes, uint32_t at, uint8_t *to)
{
	const uint8_t *tcp = frame + cut->transport;
	uint8_t *flags = to + cut->transport + TCP_FLAGS;
	uint32_t payload = bytes - cut->header;
	uint32_t count = payload - at < cut->mss ? payload - at : cut->mss;

	memcpy(to, frame, cut->header);
	memcpy(to + cut->header, frame + cut->header + at, count);
	if (cut->version == 4)
		frame_put16(to + cut->network + 4,
			    frame_get16(frame + cut->network + 4) +
				    at / cut->mss);
	frame_put32(to + cut->transport + TCP_SEQUENCE,
		    frame_get32(tcp + TCP_SEQUENCE) + at);
	if (at + count < payload)
		*flags &= (uint8_t)~TCP_FIN_PSH;
	if (at)
		*flags &= (uint8_t)~TCP_CWR;
	frame_segment_finish(to, cut->header + count, cut->network,
			     cut->transport, cut->version);
	return cut->header + count;
}
