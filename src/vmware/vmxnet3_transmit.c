/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames to the device.
 *
 * A frame is a run of descriptors, a piece of memory each. The first says what
 * is to be done for the frame, the last ends it and asks for a completion. A
 * descriptor is the device's by its generation, which turns over with each
 * round of the ring; that of the first is stored last, so that the device never
 * sees a part of a frame. A full ring would look like an empty one, so one
 * descriptor stays free.
 *
 * Short frames, and the headers of frames that are to be cut up, are copied
 * into the slot of the data ring that goes with the first descriptor. The
 * headers are changed there: the device wants the sum of the pseudo header
 * without the length, and no IP checksum. The stack's memory is never written.
 */
#include "vmware/vmxnet3_internal.h"

#include <string.h>

#define CHECKSUM_L4 (NET_TX_CHECKSUM_TCP | NET_TX_CHECKSUM_UDP)

#define IPV4_CHECKSUM	10u
#define TCP_DATA_OFFSET 12u
#define TCP_CHECKSUM	16u
#define UDP_CHECKSUM	6u

/** A frame on its way through this file. */
struct frame_out {
	const struct net_packet *packet;
	const struct net_segment *segments;
	/** Bytes that go through the data ring: all, the headers, or none. */
	uint32_t copied;
	/** Bytes behind them that fill up a short frame. */
	uint32_t padding;
	uint32_t descriptors;
	/** Segments on the wire. */
	uint32_t wire_frames;
	/** Of the first descriptor, without length and generation. */
	uint32_t word2, word3;
};

/* ---- Memory ---- */

int vmxnet3_transmit_make(struct vmxnet3_queue *queue)
{
	struct vmxnet3_transmit *transmit = &queue->transmit;
	struct vmxnet3 *card = queue->card;
	uint32_t size = card->configuration.transmit_ring;
	int error;

	transmit->size = size;
	transmit->completions.size = size;
	transmit->pieces =
		port_alloc(card->port, size * sizeof(*transmit->pieces),
			   "vmxnet3: sent");
	transmit->done = port_alloc(card->port, size * sizeof(*transmit->done),
				    "vmxnet3: owners done");
	if (!transmit->pieces || !transmit->done)
		return ERROR_NO_MEMORY;
	error = vmxnet3_memory_make(card, &transmit->ring,
				    size * sizeof(struct vmxnet3_descriptor),
				    "vmxnet3: transmit ring");
	if (!error)
		error = vmxnet3_memory_make(
			card, &transmit->completions.memory,
			size * sizeof(struct vmxnet3_completion),
			"vmxnet3: transmit completions");
	if (!error)
		error = vmxnet3_memory_make(card, &transmit->data,
					    (size_t)size *
						    card->transmit_data_bytes,
					    "vmxnet3: transmit data");
	return error;
}

void vmxnet3_transmit_free(struct vmxnet3_queue *queue)
{
	struct vmxnet3_transmit *transmit = &queue->transmit;
	struct vmxnet3 *card = queue->card;

	vmxnet3_memory_free(card, &transmit->ring);
	vmxnet3_memory_free(card, &transmit->completions.memory);
	vmxnet3_memory_free(card, &transmit->data);
	port_free(card->port, transmit->pieces);
	port_free(card->port, transmit->done);
}

void vmxnet3_transmit_reset(struct vmxnet3_queue *queue)
{
	struct vmxnet3_transmit *transmit = &queue->transmit;

	memset(transmit->ring.memory, 0, transmit->ring.pages * PORT_PAGE_SIZE);
	memset(transmit->completions.memory.memory, 0,
	       transmit->completions.memory.pages * PORT_PAGE_SIZE);
	transmit->next = 0;
	transmit->first = 0;
	transmit->generation = true;
	transmit->completions.next = 0;
	transmit->completions.generation = true;
	transmit->deferred = 0;
	transmit->room_wanted = false;
	transmit->room_free = false;
}

void vmxnet3_transmit_describe(struct vmxnet3_queue *queue)
{
	struct vmxnet3_transmit *transmit = &queue->transmit;
	struct vmxnet3_transmit_queue *shared = transmit->shared;

	shared->ring = cpu_to_le64(transmit->ring.physical);
	shared->data_ring = cpu_to_le64(transmit->data.physical);
	shared->completion_ring =
		cpu_to_le64(transmit->completions.memory.physical);
	shared->driver_data = cpu_to_le64(queue->card->shared_memory.physical);
	shared->ring_size = cpu_to_le32(transmit->size);
	shared->data_ring_size = cpu_to_le32(transmit->size);
	shared->completion_ring_size = cpu_to_le32(transmit->completions.size);
	shared->driver_data_bytes =
		CPU_TO_LE32(sizeof(struct vmxnet3_driver_shared));
	shared->vector = (uint8_t)queue->vector;
	shared->data_bytes =
		cpu_to_le16((uint16_t)queue->card->transmit_data_bytes);
}

/* ---- Owners ---- */

static void owner_done(struct vmxnet3_transmit *transmit, void *owner)
{
	transmit->done[(transmit->done_first + transmit->done_count++) %
		       transmit->size] = owner;
}

/* Whether one more owner would fit when all those in flight come back. */
static bool owner_fits(const struct vmxnet3_transmit *transmit)
{
	return transmit->done_count + transmit->owners < transmit->size;
}

/* ---- Completed ---- */

/* A frame ended with this piece. */
static void frame_done(struct vmxnet3_queue *queue,
		       const struct vmxnet3_piece *piece, bool sent)
{
	struct nic_statistics *statistics = &queue->statistics;
	struct vmxnet3_transmit *transmit = &queue->transmit;

	if (piece->has_owner) {
		transmit->owners--;
		owner_done(transmit, piece->owner);
	}
	if (!sent) {
		statistics->tx_errors++;
		return;
	}
	statistics->tx_frames++;
	statistics->tx_bytes += piece->frame_bytes;
	if (piece->is_copied)
		statistics->tx_copied++;
	else
		statistics->tx_pages++;
	if (piece->is_segmented)
		statistics->tx_segmented++;
}

/* The first so many descriptors in flight are the driver's again. */
static void pieces_take(struct vmxnet3_queue *queue, uint32_t count, bool sent)
{
	struct vmxnet3_transmit *transmit = &queue->transmit;
	struct vmxnet3_piece *piece;

	if (count > 0) {
		transmit->room_free |= transmit->room_wanted;
		transmit->room_wanted = false;
	}
	for (; count > 0; count--) {
		piece = &transmit->pieces[transmit->first];
		if (piece->data)
			port_dma_take(queue->card->port, piece->data,
				      piece->bytes, PORT_DMA_TO_DEVICE);
		if (piece->is_end)
			frame_done(queue, piece, sent);
		transmit->first = (transmit->first + 1) % transmit->size;
		transmit->used--;
	}
}

static const struct vmxnet3_completion *
completion_next(const struct vmxnet3_transmit *transmit)
{
	const struct vmxnet3_completion *ring =
		transmit->completions.memory.memory;

	return &ring[transmit->completions.next];
}

static bool completion_there(struct vmxnet3_queue *queue)
{
	const struct vmxnet3_transmit *transmit = &queue->transmit;
	uint32_t word = shared_load32(queue->card->port,
				      &completion_next(transmit)->word3);

	return ((word & VMXNET3_DONE_GENERATION) != 0) ==
	       transmit->completions.generation;
}

/*
 * Take one completion: it names the last descriptor of a frame.
 * @return 0 or ERROR_PROTOCOL
 */
static int completion_take(struct vmxnet3_queue *queue)
{
	struct vmxnet3_transmit *transmit = &queue->transmit;
	uint32_t index = shared_load32(queue->card->port,
				       &completion_next(transmit)->word0) &
			 VMXNET3_INDEX;
	uint32_t count;

	if (++transmit->completions.next == transmit->completions.size) {
		transmit->completions.next = 0;
		transmit->completions.generation =
			!transmit->completions.generation;
	}
	if (index >= transmit->size)
		return ERROR_PROTOCOL;
	count = (index + transmit->size - transmit->first) % transmit->size;
	if (count >= transmit->used || !transmit->pieces[index].is_end)
		return ERROR_PROTOCOL;
	pieces_take(queue, count + 1, true);
	return 0;
}

void vmxnet3_transmit_poll(struct vmxnet3_queue *queue)
{
	uint32_t left = queue->transmit.size;

	while (left-- > 0 && queue->transmit.used > 0 &&
	       completion_there(queue)) {
		if (completion_take(queue) == 0)
			continue;
		queue->statistics.bad_messages++;
		vmxnet3_die(queue->card, NIC_EVENT_FAILED);
		return;
	}
}

void vmxnet3_transmit_abandon(struct vmxnet3_queue *queue)
{
	pieces_take(queue, queue->transmit.used, false);
}

bool vmxnet3_transmit_has_work(struct vmxnet3_queue *queue)
{
	struct vmxnet3_transmit *transmit = &queue->transmit;

	if (transmit->done_count > 0 || transmit->room_free)
		return true;
	if (transmit->used == 0)
		return false;
	/* On a card that is lost, all that is in flight comes back. */
	return !vmxnet3_alive(queue->card) || completion_there(queue);
}

void vmxnet3_transmit_kick(struct vmxnet3_queue *queue)
{
	struct vmxnet3_transmit *transmit = &queue->transmit;
	struct vmxnet3 *card = queue->card;

	if (transmit->deferred == 0)
		return;
	transmit->deferred = 0;
	shared_store32(card->port, &transmit->shared->deferred, 0);
	vmxnet3_ring(card, card->transmit_producer, queue->index,
		     transmit->next);
	queue->statistics.doorbells++;
}

/* How many frames the device wants to be told of together; its to change. */
static bool is_kick_due(struct vmxnet3_queue *queue)
{
	struct vmxnet3_transmit *transmit = &queue->transmit;
	uint32_t threshold;

	if (transmit->deferred == 0)
		return false;
	threshold =
		shared_load32(queue->card->port, &transmit->shared->threshold);
	/* More than that is not put off, whatever it says. */
	return transmit->deferred >= threshold ||
	       transmit->deferred >= transmit->size / 4;
}

unsigned vmxnet3_reclaim(struct nic *nic, unsigned index, void *owners[],
			 unsigned n)
{
	struct vmxnet3 *card = vmxnet3_of(nic);
	struct vmxnet3_transmit *transmit;
	struct vmxnet3_queue *queue;
	unsigned count;

	if (index >= card->queue_count)
		return 0;
	queue = &card->queues[index];
	transmit = &queue->transmit;
	if (!net_turn_begin(&queue->turn))
		return 0;
	if (transmit->done_count < n && vmxnet3_alive(card) &&
	    atomic_load(&card->active)) {
		/* Who asks for what is in flight waits for it. */
		vmxnet3_transmit_kick(queue);
		vmxnet3_transmit_poll(queue);
	}
	if (!vmxnet3_alive(card))
		vmxnet3_transmit_abandon(queue);
	for (count = 0; count < n && transmit->done_count > 0; count++) {
		owners[count] = transmit->done[transmit->done_first];
		transmit->done_first =
			(transmit->done_first + 1) % transmit->size;
		transmit->done_count--;
	}
	net_turn_end(&queue->turn);
	return count;
}

/* ---- What a frame asks for ---- */

/* Copy bytes out of a frame; they are there. */
static void frame_read(const struct frame_out *frame, uint32_t from, void *to,
		       uint32_t bytes)
{
	const struct net_segment *segment =
		&frame->segments[frame->packet->first_segment];
	uint8_t *at = to;
	uint32_t part;

	for (; bytes > 0; segment++) {
		if (from >= segment->length) {
			from -= segment->length;
			continue;
		}
		part = segment->length - from;
		if (part > bytes)
			part = bytes;
		memcpy(at, (const uint8_t *)segment->data + from, part);
		at += part;
		bytes -= part;
		from = 0;
	}
}

/* Whether the headers are there, and near enough for a descriptor. */
static bool offsets_valid(const struct net_packet *packet)
{
	return net_packet_has_headers(packet) &&
	       packet->l4_offset <= VMXNET3_TX_HEADERS_MAX;
}

static bool vlan_valid(const struct frame_out *frame)
{
	uint8_t type[2];

	if (!(frame->packet->flags & NET_VLAN))
		return true;
	/* A tag beside the frame: then there is none in it. */
	frame_read(frame, 12, type, sizeof(type));
	return type[0] != ETHERNET_TYPE_VLAN >> 8 ||
	       type[1] != (ETHERNET_TYPE_VLAN & 0xff);
}

static bool checksum_plan(struct frame_out *frame)
{
	const struct net_packet *packet = frame->packet;
	uint32_t field = packet->flags & NET_TX_CHECKSUM_UDP ? UDP_CHECKSUM
							     : TCP_CHECKSUM;

	/* The device fills in one checksum of a frame, never that of IPv4. */
	if (packet->flags & NET_TX_CHECKSUM_IPV4)
		return false;
	if (!(packet->flags & CHECKSUM_L4))
		return true;
	if ((packet->flags & CHECKSUM_L4) == CHECKSUM_L4 ||
	    !offsets_valid(packet))
		return false;
	frame->word2 = (packet->l4_offset + field) << VMXNET3_TX_OFFSET_SHIFT;
	frame->word3 |= packet->l4_offset | VMXNET3_TX_CHECKSUM;
	return true;
}

static bool tso_plan(const struct vmxnet3 *card, struct frame_out *frame)
{
	const struct net_packet *packet = frame->packet;
	uint32_t headers, bytes = packet->segment_bytes;
	uint8_t data_offset;

	if (packet->length > VMXNET3_TSO_BYTES ||
	    (packet->flags & NET_TX_CHECKSUM_UDP) || !offsets_valid(packet) ||
	    bytes == 0 || bytes > VMXNET3_TX_OFFSET_MAX)
		return false;
	frame_read(frame, packet->l4_offset + TCP_DATA_OFFSET, &data_offset, 1);
	headers = packet->l4_offset + (data_offset >> 4) * 4u;
	if (headers < packet->l4_offset + TCP_HEADER_BYTES ||
	    headers >= packet->length || headers > VMXNET3_TX_HEADERS_MAX ||
	    headers > card->transmit_data_bytes ||
	    headers - ETHERNET_HEADER_BYTES + bytes >
		    (uint32_t)card->nic.information.mtu + ETHERNET_VLAN_BYTES)
		return false;
	frame->copied = headers;
	frame->wire_frames = (packet->length - headers + bytes - 1) / bytes;
	frame->word2 = bytes << VMXNET3_TX_OFFSET_SHIFT;
	frame->word3 |= headers | VMXNET3_TX_TSO;
	return true;
}

/*
 * A frame that is filled up has its checksum made here: QEMU puts all bytes
 * behind the header into the pseudo header's length, filling and all.
 */
static void padding_plan(struct frame_out *frame)
{
	frame->padding = VMXNET3_FRAME_MIN - frame->packet->length;
	frame->word2 = 0;
	if (frame->packet->flags & CHECKSUM_L4)
		frame->word3 &=
			~(frame->packet->l4_offset | VMXNET3_TX_CHECKSUM);
}

/* Whether a frame can be sent at all; finds out what there is to know. */
static bool frame_plan(const struct vmxnet3 *card, struct frame_out *frame)
{
	const struct net_packet *packet = frame->packet;
	bool is_tso = (packet->flags & NET_TX_TSO) != 0;

	if (packet->segment_count == 0 ||
	    packet->length < ETHERNET_HEADER_BYTES ||
	    !net_packet_adds_up(packet, frame->segments) || !vlan_valid(frame))
		return false;
	frame->wire_frames = 1;
	if (packet->flags & NET_VLAN)
		frame->word3 =
			VMXNET3_TX_VLAN | (uint32_t)packet->vlan_tag
						  << VMXNET3_TX_TAG_SHIFT;
	if (is_tso)
		return tso_plan(card, frame);
	if (!net_packet_fits(packet, frame->segments,
			     card->nic.information.mtu) ||
	    !checksum_plan(frame))
		return false;
	if (packet->length > card->transmit_data_bytes)
		return true;
	frame->copied = packet->length;
	/* Nobody behind here makes a short frame long enough. */
	if (packet->length < VMXNET3_FRAME_MIN)
		padding_plan(frame);
	return true;
}

/* ---- Pieces ---- */

/*
 * How many bytes from here on, at most, are neighbours in physical memory and
 * fit a descriptor.
 */
static uint32_t run_bytes(struct port *port, const uint8_t *data, uint32_t most,
			  uint64_t *physical)
{
	uint32_t bytes =
		PORT_PAGE_SIZE - (uint32_t)((uintptr_t)data % PORT_PAGE_SIZE);

	*physical = port_physical(port, data);
	if (most > VMXNET3_PIECE_MAX)
		most = VMXNET3_PIECE_MAX;
	while (bytes < most &&
	       port_physical(port, data + bytes) == *physical + bytes)
		bytes += PORT_PAGE_SIZE;
	return bytes < most ? bytes : most;
}

/*
 * Cut what is not copied into chunks for a descriptor each.
 * @return false when they are too many
 */
static bool frame_cut(struct vmxnet3_queue *queue, struct frame_out *frame)
{
	const struct net_packet *packet = frame->packet;
	struct vmxnet3_chunk *chunks = queue->transmit.chunks;
	uint32_t most = packet->flags & NET_TX_TSO ? VMXNET3_PIECES_TSO
						   : VMXNET3_PIECES;
	uint32_t i, count = frame->copied != 0, skip = frame->copied;
	const struct net_segment *segment;
	const uint8_t *data;
	uint32_t left;

	for (i = 0; i < packet->segment_count; i++) {
		segment = &frame->segments[packet->first_segment + i];
		if (segment->length <= skip) {
			skip -= segment->length;
			continue;
		}
		data = (const uint8_t *)segment->data + skip;
		left = segment->length - skip;
		skip = 0;
		if (count == most)
			return false;
		chunks[count].data = data;
		chunks[count].data_bytes = left;
		for (; left > 0; count++) {
			if (count == most)
				return false;
			chunks[count].bytes =
				run_bytes(queue->card->port, data, left,
					  &chunks[count].physical);
			data += chunks[count].bytes;
			left -= chunks[count].bytes;
			if (left > 0 && count + 1 < most)
				chunks[count + 1].data = NULL;
		}
	}
	frame->descriptors = count;
	return true;
}

/* ---- The data ring ---- */

/* Take a number out of a sum in one's complement. */
static uint16_t sum_without(uint16_t sum, uint32_t number)
{
	uint32_t result;

	number = (number & 0xffff) + (number >> 16);
	number = (number & 0xffff) + (number >> 16);
	result = (uint32_t)sum + (~number & 0xffff);
	return (uint16_t)((result & 0xffff) + (result >> 16));
}

/* Headers as the device wants them of a frame that it is to cut up. */
static void headers_prepare(const struct net_packet *packet, uint8_t *headers)
{
	uint8_t *checksum = headers + packet->l4_offset + TCP_CHECKSUM;
	uint16_t sum = (uint16_t)(checksum[0] << 8 | checksum[1]);

	sum = sum_without(sum, packet->length - packet->l4_offset);
	checksum[0] = (uint8_t)(sum >> 8);
	checksum[1] = (uint8_t)sum;
	if (!(packet->flags & NET_IPV6))
		memset(headers + packet->l3_offset + IPV4_CHECKSUM, 0, 2);
}

/* Make the checksum of a frame; zeroes behind it add nothing. */
static void short_checksum(const struct net_packet *packet,
			   uint8_t frame[VMXNET3_FRAME_MIN])
{
	bool is_udp = (packet->flags & NET_TX_CHECKSUM_UDP) != 0;
	uint8_t *field = frame + packet->l4_offset +
			 (is_udp ? UDP_CHECKSUM : TCP_CHECKSUM);
	uint32_t sum = 0, i;

	for (i = packet->l4_offset; i < packet->length; i++)
		sum += (i - packet->l4_offset) % 2 != 0
			       ? frame[i]
			       : (uint32_t)frame[i] << 8;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16)) & 0xffff;
	/* Zero is how UDP says that there is none. */
	if (sum == 0 && is_udp)
		sum = 0xffff;
	field[0] = (uint8_t)(sum >> 8);
	field[1] = (uint8_t)sum;
}

/* A frame that is filled up, in the slot of its descriptor. */
static void short_write(struct vmxnet3 *card, uint8_t *slot,
			const struct frame_out *out)
{
	uint8_t frame[VMXNET3_FRAME_MIN] = {0};

	frame_read(out, 0, frame, out->copied);
	if (out->packet->flags & CHECKSUM_L4)
		short_checksum(out->packet, frame);
	shared_write(card->port, slot, frame, sizeof(frame));
}

/* Fill the slot of a descriptor. */
static void slot_write(struct vmxnet3_queue *queue, uint32_t index,
		       const struct frame_out *frame)
{
	struct vmxnet3 *card = queue->card;
	uint8_t *slot = queue->transmit.data.memory;
	uint8_t headers[VMXNET3_TX_HEADERS_MAX];
	const struct net_segment *segment =
		&frame->segments[frame->packet->first_segment];
	uint32_t left = frame->copied;

	slot += (size_t)index * card->transmit_data_bytes;
	if (frame->packet->flags & NET_TX_TSO) {
		frame_read(frame, 0, headers, frame->copied);
		headers_prepare(frame->packet, headers);
		shared_write(card->port, slot, headers, frame->copied);
		return;
	}
	if (frame->padding != 0) {
		short_write(card, slot, frame);
		return;
	}
	for (; left > 0; segment++) {
		if (segment->length == 0)
			continue;
		shared_write(card->port, slot, segment->data, segment->length);
		slot += segment->length;
		left -= segment->length;
	}
}

/* ---- Descriptors ---- */

static void descriptor_write(struct vmxnet3_queue *queue, uint32_t index,
			     const struct vmxnet3_chunk *chunk, uint32_t word2,
			     uint32_t word3)
{
	struct vmxnet3_descriptor *ring = queue->transmit.ring.memory;
	struct port *port = queue->card->port;

	shared_store64(port, &ring[index].address, chunk->physical);
	shared_store32(port, &ring[index].word3, word3);
	shared_store32(port, &ring[index].word2,
		       word2 | (chunk->bytes & VMXNET3_LENGTH));
}

/* Note what hangs on a descriptor, and give it to the device. */
static void piece_note(struct vmxnet3_queue *queue, uint32_t index,
		       const struct vmxnet3_chunk *chunk)
{
	struct vmxnet3_piece *piece = &queue->transmit.pieces[index];

	memset(piece, 0, sizeof(*piece));
	if (!chunk->data)
		return;
	piece->data = chunk->data;
	piece->bytes = chunk->data_bytes;
	port_dma_give(queue->card->port, piece->data, piece->bytes,
		      PORT_DMA_TO_DEVICE);
}

/* The last descriptor carries the frame until it is completed. */
static void frame_note(struct vmxnet3_queue *queue, uint32_t index,
		       const struct frame_out *frame)
{
	struct vmxnet3_transmit *transmit = &queue->transmit;
	struct vmxnet3_piece *piece = &transmit->pieces[index];

	piece->is_end = true;
	piece->is_copied = frame->copied == frame->packet->length;
	piece->is_segmented = (frame->packet->flags & NET_TX_TSO) != 0;
	piece->frame_bytes = frame->packet->length;
	/* Who owns a frame that was copied is done with. */
	if (piece->is_copied) {
		owner_done(transmit, frame->packet->owner);
		return;
	}
	piece->has_owner = true;
	piece->owner = frame->packet->owner;
	transmit->owners++;
}

/* Write all descriptors; the first becomes the device's last. */
static void frame_send(struct vmxnet3_queue *queue,
		       const struct frame_out *frame)
{
	struct vmxnet3_transmit *transmit = &queue->transmit;
	struct vmxnet3_descriptor *ring = transmit->ring.memory;
	uint32_t first = transmit->next, at = first, last = first, i;
	uint32_t first_word2 = 0, generation, word2, word3;

	for (i = 0; i < frame->descriptors; i++) {
		generation = transmit->generation ? VMXNET3_TX_GENERATION : 0;
		word2 = i == 0 ? frame->word2 : 0;
		word3 = i == 0 ? frame->word3 : 0;
		if (i + 1 == frame->descriptors)
			word3 |= VMXNET3_TX_END | VMXNET3_TX_COMPLETE;
		if (i == 0) {
			first_word2 =
				word2 | generation |
				(transmit->chunks[0].bytes & VMXNET3_LENGTH);
			generation ^= VMXNET3_TX_GENERATION;
		}
		descriptor_write(queue, at, &transmit->chunks[i],
				 word2 | generation, word3);
		piece_note(queue, at, &transmit->chunks[i]);
		last = at;
		if (++at == transmit->size) {
			at = 0;
			transmit->generation = !transmit->generation;
		}
	}
	transmit->next = at;
	transmit->used += frame->descriptors;
	transmit->deferred += frame->wire_frames;
	frame_note(queue, last, frame);
	shared_store32(queue->card->port, &ring[first].word2, first_word2);
}

/* ---- A burst ---- */

/* What goes through the data ring is the first chunk. */
static void slot_chunk(struct vmxnet3_queue *queue,
		       const struct frame_out *frame)
{
	struct vmxnet3_transmit *transmit = &queue->transmit;
	struct vmxnet3_chunk *chunk = &transmit->chunks[0];

	if (frame->copied == 0)
		return;
	chunk->physical =
		transmit->data.physical +
		(uint64_t)transmit->next * queue->card->transmit_data_bytes;
	chunk->bytes = frame->copied + frame->padding;
	chunk->data = NULL;
	slot_write(queue, transmit->next, frame);
}

/*
 * Take one frame.
 * @return whether it was taken, sent or not
 */
static bool transmit_one(struct vmxnet3_queue *queue,
			 const struct net_packet *packet,
			 const struct net_segment segments[])
{
	struct vmxnet3_transmit *transmit = &queue->transmit;
	struct frame_out frame = {.packet = packet, .segments = segments};

	if (!owner_fits(transmit))
		return false;
	if (!frame_plan(queue->card, &frame) || !frame_cut(queue, &frame)) {
		queue->statistics.tx_invalid++;
		owner_done(transmit, packet->owner);
		return true;
	}
	/* The smallest ring holds the longest frame: it fits some time. */
	if (frame.descriptors > transmit->size - 1 - transmit->used)
		return false;
	slot_chunk(queue, &frame);
	frame_send(queue, &frame);
	return true;
}

unsigned vmxnet3_transmit(struct nic *nic, unsigned index,
			  struct net_packet packets[], unsigned n,
			  const struct net_segment segments[])
{
	struct vmxnet3 *card = vmxnet3_of(nic);
	struct vmxnet3_queue *queue;
	unsigned taken = 0;

	if (index >= card->queue_count)
		return 0;
	queue = &card->queues[index];
	if (!net_turn_begin(&queue->turn))
		return 0;
	if (card->started && vmxnet3_alive(card))
		vmxnet3_transmit_poll(queue);
	queue->transmit.room_free = false;
	while (taken < n && card->started && vmxnet3_alive(card) &&
	       transmit_one(queue, &packets[taken], segments))
		taken++;
	queue->transmit.room_wanted = taken < n;
	if (taken > 0 && vmxnet3_alive(card)) {
		shared_store32(card->port, &queue->transmit.shared->deferred,
			       queue->transmit.deferred);
		if (is_kick_due(queue))
			vmxnet3_transmit_kick(queue);
	}
	net_turn_end(&queue->turn);
	return taken;
}
