/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a script of Hyper-V has the driver send: the frames that its RNDIS
 * messages hold, a message a burst.
 */
#include "mocks/cli/play/driver.h"
#include "mocks/cli/play/hyperv.h"
#include "mocks/cli/stack.h"
#include "mocks/hyperv/host_rndis.h"
#include "mocks/hyperv/rndis_wire.h"

/** What a message asks of the card besides its frame. */
static void frame_ask(const struct host_rndis_packet *message,
		      struct player_frame *frame)
{
	uint32_t checksum = message->checksum;

	if (message->has_vlan) {
		frame->flags |= NET_VLAN;
		frame->vlan_tag = host_rndis_vlan_to_tci(message->vlan);
	}
	if (!message->has_checksum)
		return;
	frame->l3_offset = ETHERNET_HEADER_BYTES;
	frame->l4_offset = checksum >> HOST_CHECKSUM_TX_OFFSET_SHIFT &
			   HOST_CHECKSUM_TX_OFFSET_MASK;
	if (checksum & HOST_CHECKSUM_TX_IPV6)
		frame->flags |= NET_IPV6;
	if (checksum & HOST_CHECKSUM_TX_IP)
		frame->flags |= NET_TX_CHECKSUM_IPV4;
	if (checksum & HOST_CHECKSUM_TX_TCP)
		frame->flags |= NET_TX_CHECKSUM_TCP;
	if (checksum & HOST_CHECKSUM_TX_UDP)
		frame->flags |= NET_TX_CHECKSUM_UDP;
}

/** The frames of an RNDIS message become a burst. */
static void message_put(struct player *player, const struct trace_event *event)
{
	struct host_rndis_packet message;
	uint32_t at = 0, left;
	const uint8_t *start;

	while (at < event->length && player_driver_can_put(player)) {
		struct player_frame frame = {0};

		start = event->bytes + at;
		left = event->length - at;
		if (host_rndis_packet_parse(start, left, left, &message) ||
		    message.data_bytes > STACK_FRAME_MAX)
			return;
		frame.bytes = start + message.data_offset;
		frame.length = message.data_bytes;
		frame_ask(&message, &frame);
		player_driver_put(player, &frame);
		at += message.message_bytes;
	}
}

/** The message that is to be sent now; or the number of events. */
static size_t message_next(struct player *player)
{
	struct script *script = player->script;
	size_t count = script_count(script);
	size_t n = player_driver_waits_for(player);

	if (n == count || n < player_hyperv(player)->sent ||
	    player_hyperv_host_next(player) < n)
		return count;
	if (script_kind(script, n) == TRACE_PACKET
		    ? !script_has_word(script, n, "channel_type", "DATA")
		    : script_kind(script, n) != TRACE_RNDIS)
		return count;
	for (; n < count; n++)
		if (script_kind(script, n) == TRACE_RNDIS &&
		    script_direction(script, n) == TRACE_FROM_GUEST &&
		    !script_is_done(script, n))
			break;
	return n;
}

void player_hyperv_burst(struct player *player)
{
	struct player_hyperv *own = player_hyperv(player);
	size_t n = message_next(player);

	if (n == script_count(player->script) ||
	    !player_encode(player, n, &own->payload))
		return;
	message_put(player, &own->payload.event);
	own->sent = n + 1;
}
