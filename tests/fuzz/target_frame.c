/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames as the cards' offload engines look at them: what a guest sends and
 * what a wire delivers.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/wire/frame.h"
#include "tests/fuzz/fuzz.h"

static void layout_want(const struct frame_layout *layout, uint32_t bytes)
{
	fuzz_want(!layout->version || (layout->network <= layout->transport &&
				       layout->transport <= bytes &&
				       layout->transport_bytes <=
					       bytes - layout->transport),
		  "parts of a frame lie outside of it");
}

/* A tag that is taken off and put on again. */
static void tag(const uint8_t *frame, uint32_t bytes)
{
	uint8_t *copy = malloc(bytes + VLAN_TAG), *again;

	fuzz_want(copy, "no memory");
	frame_tag_strip(copy + VLAN_TAG, frame, bytes);
	again = frame_tag_insert(copy + VLAN_TAG, frame_tag(frame));
	fuzz_want(again == copy && !memcmp(copy, frame, bytes),
		  "a frame has another tag");
	free(copy);
}

/* Checksums that are filled in are right. */
static void fill(const uint8_t *frame, uint32_t bytes,
		 const struct frame_layout *layout)
{
	bool is_tcp = layout->protocol == PROTOCOL_TCP;
	uint32_t least = is_tcp ? TCP_HEADER : UDP_HEADER;
	uint8_t *copy;
	unsigned wrong = 0;

	if (!layout->version || layout->fragment ||
	    (!is_tcp && layout->protocol != PROTOCOL_UDP) ||
	    layout->transport_bytes < least)
		return;
	copy = malloc(bytes);
	fuzz_want(copy, "no memory");
	memcpy(copy, frame, bytes);
	if (layout->version == 4)
		frame_fill_ipv4(copy + layout->network,
				layout->transport - layout->network);
	frame_fill_transport(copy, layout->network, layout->transport,
			     layout->version, layout->protocol,
			     layout->transport_bytes);
	frame_checksum_verify(copy, bytes, FRAME_CHECKSUM_ALL, &wrong);
	fuzz_want(!wrong, "checksums that were filled in are wrong: %#x",
		  wrong);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t bytes = size > UINT16_MAX ? UINT16_MAX : (uint32_t)size;
	struct frame_layout layout;
	unsigned wrong = 0, found;

	if (bytes < ETHERNET_HEADER)
		return 0;
	frame_layout_find(data, bytes, &layout);
	layout_want(&layout, bytes);
	found = frame_checksum_verify(data, bytes, FRAME_CHECKSUM_ALL, &wrong);
	fuzz_want(!(wrong & ~found) || !(wrong & ~FRAME_CHECKSUM_ALL),
		  "a checksum that nobody looked at is wrong");
	if (frame_is_tagged(data, bytes))
		tag(data, bytes);
	fill(data, bytes, &layout);
	return 0;
}
