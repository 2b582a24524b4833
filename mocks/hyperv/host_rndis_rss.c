/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive-side scaling: which of several queues a frame is for.
 */
#include <string.h>

#include "mocks/hyperv/host_rndis_oid.h"
#include "mocks/hyperv/rndis_wire.h"
#include "mocks/wire/toeplitz.h"

static bool inside(uint32_t offset, uint32_t bytes, uint32_t room)
{
	return offset <= room && bytes <= room - offset;
}

static bool table_set(struct host_rss *rss, uint32_t queues,
		      const uint8_t *input, uint32_t input_bytes,
		      const struct host_ndis_rss_parameters *wire)
{
	uint32_t offset = le32_to_cpu(wire->table_offset);
	uint32_t bytes = le16_to_cpu(wire->table_bytes);
	uint32_t entry;
	uint32_t i;
	le32 word;

	if (!bytes || bytes % sizeof(word) ||
	    bytes > HOST_RSS_ENTRIES_MAX * sizeof(word) ||
	    !inside(offset, bytes, input_bytes))
		return false;
	for (i = 0; i < bytes / sizeof(word); i++) {
		memcpy(&word, input + offset + i * sizeof(word), sizeof(word));
		entry = le32_to_cpu(word);
		if (entry >= queues)
			return false;
		rss->table[i] = (uint8_t)entry;
	}
	rss->entries = i;
	return true;
}

static bool key_set(struct host_rss *rss, const uint8_t *input,
		    uint32_t input_bytes,
		    const struct host_ndis_rss_parameters *wire)
{
	uint32_t offset = le32_to_cpu(wire->key_offset);

	if (le16_to_cpu(wire->key_bytes) != TOEPLITZ_KEY_BYTES ||
	    !inside(offset, TOEPLITZ_KEY_BYTES, input_bytes))
		return false;
	memcpy(rss->key, input + offset, TOEPLITZ_KEY_BYTES);
	return true;
}

uint32_t host_rss_set(struct host_rss *rss, uint32_t queues,
		      const uint8_t *input, uint32_t input_bytes)
{
	struct host_ndis_rss_parameters wire;
	struct host_rss next = *rss;
	uint16_t flags;
	uint32_t function;

	if (!input || input_bytes < sizeof(wire))
		return HOST_RNDIS_INVALID_DATA;
	memcpy(&wire, input, sizeof(wire));
	if (wire.header.type != HOST_NDIS_RSS_PARAMETERS)
		return HOST_RNDIS_INVALID_DATA;
	flags = le16_to_cpu(wire.flags);
	if (!(flags & HOST_RSS_HASH_UNCHANGED))
		next.hash = le32_to_cpu(wire.hash);
	function = next.hash & HOST_RSS_FUNCTION_MASK;
	if (flags & HOST_RSS_DISABLE || !function) {
		rss->enabled = false;
		return HOST_RNDIS_SUCCESS;
	}
	if (function != HOST_RSS_FUNCTION_TOEPLITZ)
		return HOST_RNDIS_INVALID_DATA;
	if (!(flags & HOST_RSS_TABLE_UNCHANGED) &&
	    !table_set(&next, queues, input, input_bytes, &wire))
		return HOST_RNDIS_INVALID_DATA;
	if (!(flags & HOST_RSS_KEY_UNCHANGED) &&
	    !key_set(&next, input, input_bytes, &wire))
		return HOST_RNDIS_INVALID_DATA;
	if (!next.entries)
		return HOST_RNDIS_INVALID_DATA;
	next.enabled = true;
	*rss = next;
	return HOST_RNDIS_SUCCESS;
}

/* The kind of frame as bits of the hash word: with ports, and without. */
static void hash_kinds(const struct frame_layout *layout, uint32_t *with_ports,
		       uint32_t *without)
{
	bool four = layout->version == 4;

	*with_ports = 0;
	*without = four ? HOST_RSS_HASH_IPV4 : HOST_RSS_HASH_IPV6;
	if (layout->fragment || layout->transport_bytes < 4)
		return;
	if (layout->protocol == PROTOCOL_TCP)
		*with_ports = four ? HOST_RSS_HASH_TCP4 : HOST_RSS_HASH_TCP6;
	else if (layout->protocol == PROTOCOL_UDP)
		*with_ports = four ? HOST_RSS_HASH_UDP4 : HOST_RSS_HASH_UDP6;
}

unsigned host_rss_queue(const struct host_rss *rss, const uint8_t *frame,
			uint32_t bytes)
{
	struct frame_layout layout;
	uint32_t with_ports;
	uint32_t without;
	uint32_t hash;

	if (!rss->enabled)
		return 0;
	frame_layout_find(frame, bytes, &layout);
	if (!layout.version)
		return 0;
	hash_kinds(&layout, &with_ports, &without);
	if (!(rss->hash & (with_ports | without)))
		return 0;
	hash = toeplitz_frame(rss->key, frame, &layout, rss->hash & with_ports);
	return rss->table[hash % rss->entries];
}
