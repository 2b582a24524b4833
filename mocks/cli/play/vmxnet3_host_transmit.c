/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets out of the driver's rings, by their generation, onto the wire: where
 * they are compared with the frames of the script.
 */
#include <string.h>

#include "mocks/cli/play/vmxnet3_host.h"
#include "mocks/wire/frame.h"

static bool descriptor_read(struct vmxnet3_host *host,
			    const struct vmxnet3_host_ring *ring,
			    uint8_t bytes[DESCRIPTOR_BYTES])
{
	return vmxnet3_host_read(host,
				 ring->address + (uint64_t)ring->next *
							 DESCRIPTOR_BYTES,
				 bytes, DESCRIPTOR_BYTES) &&
	       TXD_GENERATION(wire_get32(bytes + 8)) == ring->generation;
}

/** Whether all descriptors of a packet are the card's. */
static bool packet_is_there(struct vmxnet3_host *host,
			    const struct vmxnet3_host_ring *from)
{
	struct vmxnet3_host_ring ring = *from;
	uint8_t bytes[DESCRIPTOR_BYTES];
	uint32_t left;

	for (left = ring.size; left; left--) {
		if (!descriptor_read(host, &ring, bytes))
			return false;
		if (TXD_EOP(wire_get32(bytes + 12)))
			return true;
		vmxnet3_host_ring_advance(&ring);
	}
	return false;
}

/* ---- Onto the wire ---- */

static void frame_emit(struct vmxnet3_host *host, uint8_t *data, uint32_t bytes,
		       uint32_t word3)
{
	struct wire_frame frame = {.data = data, .length = bytes};

	if (TXD_TAG(word3)) {
		frame.data = frame_tag_insert(data, TXD_TCI(word3));
		frame.length += VLAN_TAG;
	}
	wire_transmit(host->player->wire, &frame);
}

/** Fill in the checksum whose place the first descriptor says. */
static void checksum_complete(uint8_t *data, uint32_t bytes, uint32_t word2,
			      uint32_t word3)
{
	uint32_t header = TXD_HEADER(word3), at = TXD_MSS_OFFSET(word2);
	struct frame_layout layout;

	frame_layout_find(data, bytes, &layout);
	if (layout.version && header == layout.transport && at >= header &&
	    at + 2 <= bytes && at + 2 - header <= layout.transport_bytes)
		frame_complete_transport(data + header, layout.transport_bytes,
					 at - header,
					 layout.protocol == PROTOCOL_UDP);
}

/** @return false: it cannot be cut as its descriptor says */
static bool packet_cut(struct vmxnet3_host *host, const uint8_t *data,
		       uint32_t bytes, uint32_t word2, uint32_t word3)
{
	uint8_t *segment = host->segment + VLAN_TAG;
	struct frame_layout layout;
	struct frame_cut cut;
	uint32_t at;

	frame_layout_find(data, bytes, &layout);
	cut = (struct frame_cut){
		.version = layout.version,
		.network = layout.network,
		.transport = layout.transport,
		.header = TXD_HEADER(word3),
		.mss = TXD_MSS_OFFSET(word2),
	};
	if (!layout.version || layout.protocol != PROTOCOL_TCP || !cut.mss ||
	    cut.header < layout.transport + TCP_HEADER || cut.header >= bytes)
		return false;
	for (at = 0; at < bytes - cut.header; at += cut.mss)
		frame_emit(host, segment,
			   frame_segment(&cut, data, bytes, at, segment),
			   word3);
	return true;
}

static void packet_send(struct vmxnet3_host *host, uint32_t bytes,
			uint32_t word2, uint32_t word3)
{
	uint8_t *data = host->packet + VLAN_TAG;

	if (TXD_MODE(word3) == TX_MODE_SEGMENT &&
	    packet_cut(host, data, bytes, word2, word3))
		return;
	if (TXD_MODE(word3) == TX_MODE_CHECKSUM)
		checksum_complete(data, bytes, word2, word3);
	frame_emit(host, data, bytes, word3);
}

/* ---- Out of the rings ---- */

/** Bytes of a descriptor behind those before it. @return how many */
static uint32_t piece_read(struct vmxnet3_host *host, uint32_t done,
			   const uint8_t *descriptor)
{
	uint32_t length = TXD_LENGTH(wire_get32(descriptor + 8));
	uint8_t *to = host->packet + VLAN_TAG + done;

	if (!length)
		length = TXD_LENGTH_MAX;
	if (length > VMXNET3_HOST_PACKET - done)
		length = VMXNET3_HOST_PACKET - done;
	if (!vmxnet3_host_read(host, wire_get64(descriptor), to, length))
		memset(to, 0, length);
	return length;
}

static void packet_take(struct vmxnet3_host *host, unsigned queue)
{
	struct vmxnet3_host_ring *ring = &host->tx[queue].ring;
	uint32_t done = 0, word2 = 0, word3 = 0;
	uint8_t bytes[DESCRIPTOR_BYTES];
	bool is_first = true, is_last = false;

	while (!is_last && descriptor_read(host, ring, bytes)) {
		vmxnet3_host_trace(host, TRACE_FROM_GUEST, "tx", queue,
				   ring->next, bytes, sizeof(bytes));
		if (is_first) {
			word2 = wire_get32(bytes + 8);
			word3 = wire_get32(bytes + 12);
		}
		is_first = false;
		is_last = TXD_EOP(wire_get32(bytes + 12));
		done += piece_read(host, done, bytes);
		vmxnet3_host_ring_advance(ring);
	}
	packet_send(host, done, word2, word3);
}

bool vmxnet3_host_transmit(struct vmxnet3_host *host)
{
	unsigned queue;

	if (!host->is_active)
		return false;
	for (queue = 0; queue < host->tx_count; queue++)
		if (packet_is_there(host, &host->tx[queue].ring)) {
			packet_take(host, queue);
			return true;
		}
	return false;
}
