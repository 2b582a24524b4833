/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which frames of the wire the guest wants (5.1.6.5.1 to 3), and which of its
 * queues gets them (5.1.6.5.6).
 */
#include "mocks/virtio/virtio_internal.h"

#include <string.h>

static bool in_table(const uint8_t table[][6], uint32_t count,
		     const uint8_t *address)
{
	uint32_t n;

	for (n = 0; n < count; n++)
		if (!memcmp(table[n], address, 6))
			return true;
	return false;
}

static bool tag_wanted(const struct host_virtio *card,
		       const struct wire_frame *frame)
{
	unsigned vlan;

	if (!frame_is_tagged(frame->data, frame->length))
		return true;
	vlan = frame_tag(frame->data) & 0xfff;
	return card->vlans[vlan / 8] & 1 << vlan % 8;
}

bool host_virtio_wanted(const struct host_virtio *card,
			const struct wire_frame *frame)
{
	static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
	const uint8_t *to = frame->data;

	if (card->promiscuous)
		return true;
	if (!tag_wanted(card, frame))
		return false;
	if (!memcmp(to, broadcast, sizeof(broadcast)))
		return !card->no_broadcast;
	if (to[0] & 1)
		return !card->no_multicast &&
		       (card->all_multicast || card->table_multicast_all ||
			in_table(card->table + VIRTIO_GROUPS_MAX,
				 card->multicasts, to));
	return !card->no_unicast &&
	       (card->all_unicast || card->table_unicast_all ||
		!memcmp(to, card->mac, sizeof(card->mac)) ||
		in_table(card->table, card->unicasts, to));
}

/** The same for both directions of a flow. */
static unsigned flow_of(const uint8_t *frame, uint32_t bytes)
{
	struct frame_layout layout;
	uint32_t sum = 0, n, addresses;
	const uint8_t *at;

	frame_layout_find(frame, bytes, &layout);
	if (!layout.version)
		return 0;
	addresses = layout.version == 4 ? 8 : 32;
	at = frame + layout.network + (layout.version == 4 ? 12 : 8);
	for (n = 0; n < addresses; n++)
		sum += at[n] * (1 + n % 4);
	if ((layout.protocol == PROTOCOL_TCP ||
	     layout.protocol == PROTOCOL_UDP) &&
	    !layout.fragment && layout.transport + 4 <= bytes)
		sum += frame_get16(frame + layout.transport) +
		       frame_get16(frame + layout.transport + 2);
	return (sum ^ sum >> 8) % VIRTIO_FLOWS;
}

void host_virtio_flow_learn(struct host_virtio *card, const uint8_t *frame,
			    uint32_t bytes, unsigned pair)
{
	if (card->pairs > 1)
		card->flows[flow_of(frame, bytes)] = (uint8_t)(pair + 1);
}

unsigned host_virtio_pair_of(const struct host_virtio *card,
			     const uint8_t *frame, uint32_t bytes)
{
	unsigned flow, pair;

	if (card->pairs == 1)
		return 0;
	flow = flow_of(frame, bytes);
	pair = card->flows[flow] ? card->flows[flow] - 1u : flow;
	return pair % card->pairs;
}
