/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers of a guest of vmxnet3: what lay in them before the device made frames
 * of it, and what lies in them when it says that it received one.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/vmxnet3_guest.h"
#include "mocks/wire/frame.h"

/** QEMU pads a shorter frame that it receives. */
#define FRAME_LEAST 60u

/* ---- Out ---- */

/** A frame's bytes as the guest had them, without the tag that it asked for. */
static uint32_t frame_untag(uint8_t *to, const struct trace_event *frame,
			    bool is_tagged)
{
	if (is_tagged && frame_is_tagged(frame->bytes, frame->length)) {
		frame_tag_strip(to, frame->bytes, frame->length);
		return frame->length - VLAN_TAG;
	}
	memcpy(to, frame->bytes, frame->length);
	return frame->length;
}

/** Headers of a packet that is to be cut: lengths, and what a card completes.
 */
static void packet_finish(uint8_t *packet, uint32_t bytes)
{
	struct frame_layout layout;

	frame_layout_find(packet, bytes, &layout);
	if (!layout.version || layout.protocol != PROTOCOL_TCP ||
	    layout.transport + TCP_HEADER > bytes)
		return;
	frame_segment_finish(packet, bytes, layout.network, layout.transport,
			     layout.version);
	if (layout.version == 4)
		frame_put16(packet + layout.network + IPV4_CHECKSUM, 0);
	frame_put16(packet + layout.transport + TCP_CHECKSUM,
		    frame_pseudo_sum(packet + layout.network, layout.version,
				     PROTOCOL_TCP, 0));
}

/**
 * Put together what the frames behind an event were made of.
 * @return its bytes; 0: no frame was made of it
 */
static uint32_t frames_gather(struct vmxnet3_guest *guest, size_t n,
			      bool is_tagged, bool is_cut)
{
	const struct script *script = guest->player->script;
	const struct trace_event *frame = &guest->frame.event;
	uint8_t *packet = guest->packet, *segment = guest->segment;
	uint32_t bytes = 0, length;

	while (++n < script_count(script) &&
	       script_direction(script, n) == TRACE_FROM_GUEST) {
		if (script_kind(script, n) == TRACE_RULE)
			continue;
		if (script_kind(script, n) != TRACE_FRAME ||
		    !player_encode(guest->player, n, &guest->frame) ||
		    frame->length > VMXNET3_GUEST_PACKET || (bytes && !is_cut))
			break;
		length =
			frame_untag(bytes ? segment : packet, frame, is_tagged);
		bytes = bytes ? frame_segment_append(packet, bytes,
						     VMXNET3_GUEST_PACKET,
						     segment, length)
			      : length;
	}
	if (is_cut)
		packet_finish(packet, bytes);
	return bytes;
}

/** A packet's bytes into the buffers of its descriptors. */
static void packet_scatter(struct vmxnet3_guest *guest, size_t first,
			   size_t last, uint32_t bytes)
{
	const struct trace_event *event = &guest->descriptor.event;
	uint32_t at = 0, length;

	for (; first <= last && at < bytes; first++) {
		if (!vmxnet3_guest_is_at(guest, first, "tx"))
			continue;
		if (!player_encode(guest->player, first, &guest->descriptor) ||
		    event->length < DESCRIPTOR_BYTES)
			return;
		length = TXD_LENGTH(wire_get32(event->bytes + 8));
		if (!length)
			length = TXD_LENGTH_MAX;
		if (length > bytes - at)
			length = bytes - at;
		machine_ram_write(guest->player->vm->machine,
				  wire_get64(event->bytes), guest->packet + at,
				  length);
		at += length;
	}
}

void vmxnet3_guest_packet_fill(struct vmxnet3_guest *guest, size_t first,
			       size_t last)
{
	const struct trace_event *event = &guest->descriptor.event;
	uint32_t word2, word3, bytes;

	if (!player_encode(guest->player, first, &guest->descriptor) ||
	    event->length < DESCRIPTOR_BYTES)
		return;
	word2 = wire_get32(event->bytes + 8);
	word3 = wire_get32(event->bytes + 12);
	bytes = frames_gather(guest, last, TXD_TAG(word3),
			      TXD_MODE(word3) == TX_MODE_SEGMENT);
	if (TXD_MODE(word3) == TX_MODE_CHECKSUM)
		frame_halve_transport(guest->packet, bytes,
				      TXD_MSS_OFFSET(word2));
	packet_scatter(guest, first, last, bytes);
}

/* ---- In ---- */

/** Whether a frame that was handed over is what lies in the buffers. */
static bool is_received(struct vmxnet3_guest *guest, size_t n,
			const struct vmxnet3_guest_rx *rx, bool is_stripped)
{
	const struct trace_event *frame = &guest->frame.event;
	const uint8_t *bytes;
	uint32_t length;

	if (!player_encode(guest->player, n, &guest->frame))
		return false;
	bytes = frame->bytes;
	length = frame->length;
	if (is_stripped) {
		length = frame_untag(guest->packet, frame, true);
		bytes = guest->packet;
	}
	/* QEMU pads a short one. */
	return length <= rx->bytes && !memcmp(bytes, rx->packet, length) &&
	       (length == rx->bytes || rx->bytes <= FRAME_LEAST);
}

static void packet_find(struct vmxnet3_guest *guest, size_t n,
			const struct vmxnet3_guest_rx *rx, bool is_stripped)
{
	size_t i;

	for (i = 0; i < guest->waiting_count; i++)
		if (is_received(guest, guest->waiting[i], rx, is_stripped))
			break;
	if (i == guest->waiting_count) {
		player_fail(guest->player, n,
			    "no frame is what lies in the buffers");
		return;
	}
	guest->waiting_count--;
	memmove(guest->waiting + i, guest->waiting + i + 1,
		(guest->waiting_count - i) * sizeof(guest->waiting[0]));
}

/** Where a completion says that the bytes are. @return false: nowhere */
static bool buffer_find(struct vmxnet3_guest *guest,
			const struct vmxnet3_guest_rx *rx, uint32_t word0,
			uint64_t *address)
{
	unsigned kind = (word0 >> RCD_QUEUE_SHIFT & 0x3ff) / guest->rx_count;
	uint32_t index = word0 & 0xfff;
	uint8_t bytes[8];

	if (kind == 2) {
		*address = rx->data_address + (uint64_t)index * rx->data_bytes;
		return true;
	}
	if (kind > 1 || index >= rx->rings[kind].size ||
	    !machine_ram_read(guest->player->vm->machine,
			      rx->rings[kind].address + 16ull * index, bytes,
			      sizeof(bytes)))
		return false;
	*address = wire_get64(bytes);
	return true;
}

/** One buffer more. @return false: it is nowhere, or one too many */
static bool piece_add(struct vmxnet3_guest *guest, struct vmxnet3_guest_rx *rx,
		      uint32_t word0, uint32_t bytes)
{
	if (rx->piece_count == VMXNET3_GUEST_PIECES ||
	    !buffer_find(guest, rx, word0,
			 &rx->pieces[rx->piece_count].address))
		return false;
	rx->pieces[rx->piece_count++].bytes = bytes;
	return true;
}

/** Read all buffers of a packet, now that the last is written. */
static bool pieces_read(struct vmxnet3_guest *guest,
			struct vmxnet3_guest_rx *rx)
{
	struct machine *machine = guest->player->vm->machine;
	unsigned n;

	rx->bytes = 0;
	if (!rx->packet)
		rx->packet = malloc(VMXNET3_GUEST_PACKET);
	for (n = 0; rx->packet && n < rx->piece_count; n++) {
		if (rx->pieces[n].bytes > VMXNET3_GUEST_PACKET - rx->bytes ||
		    !machine_ram_read(machine, rx->pieces[n].address,
				      rx->packet + rx->bytes,
				      rx->pieces[n].bytes))
			return false;
		rx->bytes += rx->pieces[n].bytes;
	}
	return rx->packet;
}

void vmxnet3_guest_packet_check(struct vmxnet3_guest *guest, size_t n,
				const struct trace_event *event)
{
	struct vmxnet3_guest_rx *rx;
	uint32_t word0, word2;

	if (event->queue >= guest->rx_count || event->length < DESCRIPTOR_BYTES)
		return;
	rx = &guest->rx[event->queue];
	word0 = wire_get32(event->bytes);
	word2 = wire_get32(event->bytes + 8);
	if (word0 & RCD_SOP) {
		rx->piece_count = 0;
		rx->is_bad = false;
	}
	if ((event->bytes[15] & 0x7f) == RCD_TYPE_LRO || word2 & RCD_ERROR ||
	    !piece_add(guest, rx, word0, word2 & RCD_LENGTH_MASK))
		rx->is_bad = true;
	/* What was merged or cut short is no frame that was handed over. */
	if (word0 & RCD_EOP && !rx->is_bad && pieces_read(guest, rx))
		packet_find(guest, n, rx, word2 & RCD_TAG_STRIPPED);
}
