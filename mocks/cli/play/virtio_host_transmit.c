/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packets that a virtio script has the driver send: frames that leave the
 * card, in pieces as their descriptors say, with offloads as their headers say.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/virtio_host.h"
#include "mocks/cli/stack.h"
#include "mocks/virtio/virtio_wire.h"
#include "mocks/wire/frame.h"
#include "mocks/wire/merge.h"

/* ---- Out of the script ---- */

static struct virtio_host_outgoing *last_of(struct virtio_host *host,
					    uint64_t queue)
{
	size_t i;

	for (i = host->outgoing_count; i > 0; i--)
		if (host->outgoing[i - 1].queue == queue)
			return &host->outgoing[i - 1];
	return NULL;
}

static struct virtio_host_outgoing *outgoing_begin(struct virtio_host *host,
						   size_t n, uint64_t queue)
{
	struct virtio_host_outgoing *one =
		&host->outgoing[host->outgoing_count++];

	one->queue = (uint32_t)queue;
	one->first = n;
	one->header = one->frame = SCRIPT_NONE;
	return one;
}

static void piece_add(const struct script *script, size_t n,
		      struct virtio_host_outgoing *one)
{
	uint64_t bytes, flags = 0;

	script_number(script, n, "flags", &flags);
	one->goes_on = flags & DESCRIPTOR_NEXT;
	if (flags & DESCRIPTOR_INDIRECT)
		return;
	if (one->piece_count > PLAYER_PIECES_MAX ||
	    !script_number(script, n, "len", &bytes) || bytes > UINT16_MAX)
		one->is_vague = true;
	else
		one->pieces[one->piece_count++] = (uint32_t)bytes;
}

static void descriptor_note(struct virtio_host *host, size_t n)
{
	const struct script *script = host->player->script;
	enum virtio_host_place place = virtio_host_place(script, n);
	struct virtio_host_outgoing *one;
	uint64_t queue;

	/* That of commands has an even number too. */
	if (!script_number(script, n, "queue", &queue) || queue % 2 == 0)
		return;
	one = last_of(host, queue);
	switch (place) {
	case VIRTIO_HOST_AVAILABLE:
		outgoing_begin(host, n, queue);
		break;
	case VIRTIO_HOST_PACKED:
		if (!one || !one->goes_on)
			one = outgoing_begin(host, n, queue);
		piece_add(script, n, one);
		break;
	case VIRTIO_HOST_DESCRIPTOR:
	case VIRTIO_HOST_INDIRECT:
	case VIRTIO_HOST_PACKED_INDIRECT:
		if (one)
			piece_add(script, n, one);
		break;
	case VIRTIO_HOST_PACKET_HEADER:
		if (!one || one->header != SCRIPT_NONE || one->frames)
			one = outgoing_begin(host, n, queue);
		one->header = n;
		break;
	default:
		break;
	}
}

/** Whether more than one frame may come of a packet. */
static bool is_cut(struct virtio_host *host,
		   const struct virtio_host_outgoing *one)
{
	char ignored[SCRIPT_ERROR_MAX];

	return one->header != SCRIPT_NONE &&
	       script_encode(host->player->script, one->header, &host->built,
			     ignored) &&
	       host->built.event.length == VIRTIO_HOST_HEADER &&
	       host->built.event.bytes[HEADER_GSO_TYPE] & ~GSO_ECN;
}

static void frame_note(struct virtio_host *host, size_t n)
{
	size_t count = host->outgoing_count;
	struct virtio_host_outgoing *one =
		&host->outgoing[count ? count - 1 : 0];

	if (!count || (one->frames && !is_cut(host, one)))
		one = outgoing_begin(host, n, 1);
	host->has_frames = true;
	if (!one->frames++)
		one->frame = n;
}

bool virtio_host_outgoing(struct virtio_host *host)
{
	const struct script *script = host->player->script;
	size_t n, count = script_count(script);

	host->outgoing = calloc(count + 1, sizeof(*host->outgoing));
	if (!host->outgoing)
		return false;
	for (n = 0; n < count; n++) {
		if (script_direction(script, n) != TRACE_FROM_GUEST)
			continue;
		if (script_kind(script, n) == TRACE_DESCRIPTOR)
			descriptor_note(host, n);
		else if (script_kind(script, n) == TRACE_FRAME)
			frame_note(host, n);
	}
	return true;
}

bool virtio_host_becomes_frames(struct virtio_host *host, uint32_t queue)
{
	size_t *taken = &host->queues[queue].taken;

	while (*taken < host->outgoing_count &&
	       host->outgoing[*taken].queue != queue)
		++*taken;
	if (!host->has_frames || *taken == host->outgoing_count)
		return true;
	return host->outgoing[(*taken)++].frames;
}

/* ---- To the driver ---- */

/** The frames of a packet, made one again. @return its length, 0: not known */
static uint32_t frames_join(struct virtio_host *host,
			    const struct virtio_host_outgoing *one)
{
	struct script *script = host->player->script;
	const struct trace_event *event = &host->built.event;
	struct frame_merge merge;
	uint32_t bytes = 0;
	size_t n = one->frame;
	unsigned left;

	for (left = one->frames; left; n++) {
		if (script_kind(script, n) != TRACE_FRAME ||
		    script_direction(script, n) != TRACE_FROM_GUEST)
			continue;
		left--;
		if (!player_encode(host->player, n, &host->built) ||
		    event->length > STACK_FRAME_MAX)
			return 0;
		if (n == one->frame) {
			memcpy(host->scratch, event->bytes, event->length);
			bytes = event->length;
			if (one->frames > 1 &&
			    !frame_merge_begin(&merge, host->scratch, bytes))
				return 0;
		} else if (!frame_merge_add(&merge, host->scratch, event->bytes,
					    event->length, STACK_FRAME_MAX)) {
			return 0;
		}
	}
	if (one->frames > 1) {
		frame_merge_finish(&merge, host->scratch);
		bytes = merge.bytes;
	}
	return bytes;
}

/** What the header of a packet asks of the card. */
static void frame_ask(struct virtio_host *host,
		      const struct virtio_host_outgoing *one,
		      struct player_frame *frame)
{
	const uint8_t *header;
	uint32_t start, offset;

	if (one->header == SCRIPT_NONE ||
	    !player_encode(host->player, one->header, &host->built) ||
	    host->built.event.length != VIRTIO_HOST_HEADER)
		return;
	header = host->built.event.bytes;
	if (!(header[HEADER_FLAGS] & HEADER_NEEDS_CHECKSUM))
		return;
	start = virtio_get16(header + HEADER_CHECKSUM_START);
	offset = virtio_get16(header + HEADER_CHECKSUM_OFFSET);
	virtio_host_partial(host->scratch, frame->length, start, offset);
	frame->l3_offset = frame_is_tagged(host->scratch, frame->length)
				   ? ETHERNET_HEADER + VLAN_TAG
				   : ETHERNET_HEADER;
	frame->l4_offset = (uint16_t)start;
	frame->flags |= offset == TCP_CHECKSUM ? NET_TX_CHECKSUM_TCP
					       : NET_TX_CHECKSUM_UDP;
	if (host->scratch[frame->l3_offset] >> 4 == 6)
		frame->flags |= NET_IPV6;
	if (header[HEADER_GSO_TYPE] & ~GSO_ECN) {
		frame->flags |= NET_TX_TSO;
		frame->segment_bytes = virtio_get16(header + HEADER_GSO_SIZE);
	}
}

static void packet_put(struct virtio_host *host,
		       const struct virtio_host_outgoing *one)
{
	struct player_frame frame = {.bytes = host->scratch};
	unsigned i;

	if (one->frames) {
		frame.length = frames_join(host, one);
	} else {
		/* Nobody sees it: only its length is known. */
		for (i = 1; i < one->piece_count; i++)
			frame.length += one->pieces[i];
		if (frame.length > STACK_FRAME_MAX)
			frame.length = 0;
		memset(host->scratch, 0, frame.length);
	}
	if (frame.length < ETHERNET_HEADER) {
		player_fail(host->player, one->first,
			    "that is no frame that the driver could be given");
		return;
	}
	if (!one->is_vague && one->piece_count > 1 &&
	    one->pieces[0] == VIRTIO_HOST_HEADER) {
		frame.pieces = one->pieces + 1;
		frame.piece_count = one->piece_count - 1;
	}
	frame_ask(host, one, &frame);
	player_driver_put(host->player, &frame);
}

/** Whether the driver has done what does not come of packets by itself. */
static bool is_quiet(const struct virtio_host *host, size_t until)
{
	const struct script *script = host->player->script;
	size_t n;

	for (n = script_first(script); n < until; n++)
		if (script_direction(script, n) == TRACE_FROM_GUEST &&
		    !script_is_done(script, n) &&
		    (script_kind(script, n) == TRACE_MMIO ||
		     script_kind(script, n) == TRACE_NOTE ||
		     virtio_host_place(script, n) == VIRTIO_HOST_CONTROL))
			return false;
	return true;
}

void virtio_host_burst(struct player *player)
{
	struct virtio_host *host = virtio_host(player);
	const struct virtio_host_outgoing *one;

	for (; host->sent < host->outgoing_count && !player->has_failed &&
	       player_driver_can_put(player);
	     host->sent++) {
		one = &host->outgoing[host->sent];
		if (one->first > virtio_host_next(host) ||
		    !is_quiet(host, one->first))
			break;
		packet_put(host, one);
	}
}
