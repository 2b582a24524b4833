/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of a TCP connection put together.
 */
#include "mocks/wire/merge.h"

#include <string.h>

#define TCP_SEQUENCE 4u
#define TCP_ANSWERS  8u
#define TCP_OFFSET   12u
#define TCP_FLAGS    13u
#define TCP_ACK	     0x10u
#define TCP_PSH	     0x08u
#define PACKET_MAX   65535u

/** Plain data of a connection: an acknowledgement with something behind it. */
static bool segment_is_plain(const uint8_t *frame, uint32_t bytes,
			     struct frame_layout *layout)
{
	const uint8_t *tcp;
	unsigned wrong;

	frame_layout_find(frame, bytes, layout);
	if (!layout->version || layout->protocol != PROTOCOL_TCP ||
	    layout->fragment || layout->transport_bytes <= TCP_HEADER ||
	    layout->transport_bytes + layout->transport != bytes ||
	    !frame_checksum_verify(frame, bytes, FRAME_CHECKSUM_TCP, &wrong))
		return false;
	/* Options of TCP or IP would have to be the same in all. */
	tcp = frame + layout->transport;
	return tcp[TCP_OFFSET] >> 4 == TCP_HEADER / 4 &&
	       (tcp[TCP_FLAGS] & ~TCP_PSH) == TCP_ACK &&
	       layout->transport == layout->network + (layout->version == 4
							       ? IPV4_HEADER
							       : IPV6_HEADER);
}

bool frame_merge_begin(struct frame_merge *merge, const uint8_t *merged,
		       uint32_t bytes)
{
	if (!segment_is_plain(merged, bytes, &merge->layout))
		return false;
	merge->header = merge->layout.transport + TCP_HEADER;
	merge->mss = bytes - merge->header;
	merge->bytes = bytes;
	merge->ended = merged[merge->layout.transport + TCP_FLAGS] & TCP_PSH;
	return true;
}

/** Identification counts up, and the rest of an IPv4 header stays (RFC 6864).
 */
static bool ipv4_follows(const struct frame_merge *merge, const uint8_t *first,
			 const uint8_t *next)
{
	uint32_t segments = (merge->bytes - merge->header) / merge->mss;

	return !memcmp(first, next, 2) && !memcmp(first + 6, next + 6, 4) &&
	       (uint16_t)(frame_get16(first + 4) + segments) ==
		       frame_get16(next + 4);
}

static bool ipv6_follows(const uint8_t *first, const uint8_t *next)
{
	return !memcmp(first, next, 4) && !memcmp(first + 6, next + 6, 2);
}

/** Whether a frame goes on where the merged one ends, with the same headers. */
static bool segment_follows(const struct frame_merge *merge,
			    const uint8_t *merged, const uint8_t *frame,
			    const struct frame_layout *layout)
{
	const struct frame_layout *own = &merge->layout;
	bool is_ipv4 = own->version == 4;
	uint32_t addresses = own->network + (is_ipv4 ? 12 : 8);
	const uint8_t *tcp = merged + own->transport;
	const uint8_t *next = frame + own->transport;
	uint32_t sequence =
		frame_get32(tcp + TCP_SEQUENCE) + merge->bytes - merge->header;

	return layout->version == own->version &&
	       layout->transport == own->transport &&
	       !memcmp(merged, frame, own->network) &&
	       (is_ipv4 ? ipv4_follows(merge, merged + own->network,
				       frame + own->network)
			: ipv6_follows(merged + own->network,
				       frame + own->network)) &&
	       !memcmp(merged + addresses, frame + addresses,
		       own->transport - addresses) &&
	       !memcmp(tcp, next, TCP_SEQUENCE) &&
	       frame_get32(next + TCP_SEQUENCE) == sequence &&
	       !memcmp(tcp + TCP_ANSWERS, next + TCP_ANSWERS,
		       TCP_FLAGS - TCP_ANSWERS) &&
	       !memcmp(tcp + TCP_FLAGS + 1, next + TCP_FLAGS + 1, 2);
}

bool frame_merge_add(struct frame_merge *merge, uint8_t *merged,
		     const uint8_t *frame, uint32_t bytes, uint32_t most)
{
	struct frame_layout layout = {0};
	uint32_t payload;

	if (merge->ended || !segment_is_plain(frame, bytes, &layout) ||
	    !segment_follows(merge, merged, frame, &layout))
		return false;
	payload = bytes - merge->header;
	if (payload > merge->mss || merge->bytes + payload > most ||
	    merge->bytes + payload - merge->layout.network > PACKET_MAX)
		return false;
	memcpy(merged + merge->bytes, frame + merge->header, payload);
	merge->bytes += payload;
	merged[merge->layout.transport + TCP_FLAGS] |=
		frame[merge->layout.transport + TCP_FLAGS] & TCP_PSH;
	merge->ended = payload < merge->mss ||
		       frame[merge->layout.transport + TCP_FLAGS] & TCP_PSH;
	return true;
}

void frame_merge_finish(const struct frame_merge *merge, uint8_t *merged)
{
	frame_segment_finish(merged, merge->bytes, merge->layout.network,
			     merge->layout.transport, merge->layout.version);
}
