/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frames of a script: which receive completion tells the driver of which,
 * found out before anything is played; and those that the driver is to send.
 *
 * "< frame" is a frame that the card was handed from outside, and it is what
 * the driver gives its stack, when its completions are as they should be.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/vmxnet3_host.h"
#include "mocks/wire/frame.h"

#define ETHERNET_LEAST 60u
/** Completions of a packet. */
#define CHAIN_MAX      64u
/** How far the packets may be behind the frames. */
#define FRAMES_AHEAD   1024u
#define TCP_FLAGS      13u
#define TCP_FIN_PSH    0x09u

/* ---- Received ---- */

/** A packet of the script: one completion or several of a queue. */
struct chain {
	/** Its completions have these numbers. */
	size_t events[CHAIN_MAX];
	uint32_t lengths[CHAIN_MAX];
	unsigned count;
	uint32_t bytes;
	bool is_open, is_bad, is_stripped;
	uint64_t tag;
};

/** What is being found out. */
struct search {
	struct vmxnet3_host *host;
	struct chain chains[VMXNET3_HOST_QUEUES];
	/** Frames before it have their packet. */
	size_t frame;
	bool *is_taken;
};

static uint64_t number_of(const struct search *search, size_t n,
			  const char *key)
{
	uint64_t number = 0;

	script_number(search->host->player->script, n, key, &number);
	return number;
}

static bool is_frame(const struct search *search, size_t n,
		     enum trace_direction direction)
{
	const struct script *script = search->host->player->script;

	return script_kind(script, n) == TRACE_FRAME &&
	       script_direction(script, n) == direction;
}

/** Whether a packet of the driver's buffers is that frame. */
static bool chain_is(const struct search *search, const struct chain *chain,
		     size_t n)
{
	struct player *player = search->host->player;
	struct trace_built *built = &search->host->payload;
	char ignored[SCRIPT_ERROR_MAX];
	uint32_t length, whole = chain->bytes;

	if (!script_encode(player->script, n, built, ignored))
		return false;
	length = built->event.length;
	if (chain->is_stripped) {
		if (!frame_is_tagged(built->event.bytes, length) ||
		    frame_tag(built->event.bytes) != chain->tag)
			return false;
		whole += VLAN_TAG;
	}
	/* Some devices fill up short ones. */
	return length == whole ||
	       (length < ETHERNET_LEAST && whole == ETHERNET_LEAST);
}

/** The first frame that has no packet yet and is this one. */
static size_t frame_find(struct search *search, const struct chain *chain)
{
	size_t n, count = script_count(search->host->player->script);
	unsigned left = FRAMES_AHEAD;

	while (search->frame < count &&
	       (search->is_taken[search->frame] ||
		!is_frame(search, search->frame, TRACE_TO_GUEST)))
		search->frame++;
	for (n = search->frame; n < count && left; n++) {
		if (!is_frame(search, n, TRACE_TO_GUEST) || search->is_taken[n])
			continue;
		if (chain_is(search, chain, n))
			return n;
		left--;
	}
	return SCRIPT_NONE;
}

/** The packet is whole: its frame goes into its buffers, piece by piece. */
static void chain_end(struct search *search, struct chain *chain)
{
	struct vmxnet3_host *host = search->host;
	size_t frame = frame_find(search, chain);
	uint32_t done = 0;
	unsigned n;

	chain->is_open = false;
	if (frame == SCRIPT_NONE)
		return;
	search->is_taken[frame] = true;
	for (n = 0; n < chain->count; n++) {
		host->sources[chain->events[n]] = (struct vmxnet3_host_source){
			.event = frame,
			.offset = done,
			.is_stripped = chain->is_stripped,
		};
		done += chain->lengths[n];
	}
	host->sources[frame].event = chain->events[chain->count - 1];
	if (chain->is_bad)
		script_leave_out(host->player->script, frame);
}

static void chain_begin(struct chain *chain, bool is_start)
{
	memset(chain, 0, sizeof(*chain));
	chain->is_open = true;
	chain->is_bad = !is_start;
}

/** One completion more. */
static void completion_look(struct search *search, size_t n, unsigned queue)
{
	struct chain *chain = &search->chains[queue];
	bool is_start = number_of(search, n, "sop");

	if (is_start || !chain->is_open)
		chain_begin(chain, is_start);
	if (chain->count == CHAIN_MAX)
		return;
	chain->events[chain->count] = n;
	chain->lengths[chain->count] = (uint32_t)number_of(search, n, "len");
	chain->bytes += chain->lengths[chain->count++];
	if (!number_of(search, n, "eop"))
		return;
	chain->is_bad |= number_of(search, n, "err") != 0;
	chain->is_stripped = number_of(search, n, "ts");
	chain->tag = number_of(search, n, "tci");
	chain_end(search, chain);
}

static void search_run(struct search *search)
{
	struct vmxnet3_host *host = search->host;
	const struct script *script = host->player->script;
	size_t n;
	uint64_t queue;

	for (n = 0; n < script_count(script); n++) {
		if (script_direction(script, n) != TRACE_TO_GUEST)
			continue;
		queue = number_of(search, n, "queue");
		if (queue < VMXNET3_HOST_QUEUES &&
		    vmxnet3_host_is_at(host, n, "rxc"))
			completion_look(search, n, (unsigned)queue);
	}
	/* What no completion tells of, the card threw away. */
	for (n = 0; n < script_count(script); n++)
		if (is_frame(search, n, TRACE_TO_GUEST) && !search->is_taken[n])
			script_leave_out(host->player->script, n);
}

bool vmxnet3_host_sources_find(struct vmxnet3_host *host)
{
	size_t n, count = script_count(host->player->script);
	struct search *search = calloc(1, sizeof(*search));

	host->sources = calloc(count ? count : 1, sizeof(*host->sources));
	if (search)
		search->is_taken =
			calloc(count ? count : 1, sizeof(*search->is_taken));
	if (!host->sources || !search || !search->is_taken) {
		free(search ? search->is_taken : NULL);
		free(search);
		return false;
	}
	search->host = host;
	for (n = 0; n < count; n++)
		host->sources[n].event = SCRIPT_NONE;
	search_run(search);
	free(search->is_taken);
	free(search);
	return true;
}

/* ---- Sent ---- */

/** A packet of the script, as its descriptors say. */
struct outgoing {
	uint32_t pieces[PLAYER_PIECES_MAX];
	unsigned count;
	uint32_t bytes;
	/** Of the first descriptor. */
	bool is_known, has_tag, has_checksum, is_cut;
	uint32_t header, mss_offset, tag;
};

static void outgoing_add(const struct vmxnet3_host *host,
			 struct outgoing *packet, size_t n)
{
	const struct script *script = host->player->script;
	uint64_t length = 0, header = 0, mss_offset = 0, has_tag = 0, tag = 0;

	script_number(script, n, "len", &length);
	if (!packet->is_known) {
		script_number(script, n, "hlen", &header);
		script_number(script, n, "msscof", &mss_offset);
		script_number(script, n, "ti", &has_tag);
		script_number(script, n, "tci", &tag);
		packet->is_known = true;
		packet->has_tag = has_tag;
		packet->tag = (uint32_t)tag;
		packet->header = (uint32_t)header;
		packet->mss_offset = (uint32_t)mss_offset;
		packet->has_checksum = script_has_word(script, n, "om", "CSUM");
		packet->is_cut = script_has_word(script, n, "om", "TSO");
	}
	if (packet->count < PLAYER_PIECES_MAX)
		packet->pieces[packet->count] = (uint32_t)length;
	packet->count++;
	packet->bytes += (uint32_t)length;
}

/** What was asked of the card, asked of the driver. */
static void frame_ask(const struct outgoing *packet, uint8_t *bytes,
		      uint32_t length, struct player_frame *frame)
{
	struct frame_layout layout;
	uint8_t *field;
	bool is_udp;

	if (packet->has_tag) {
		frame->flags |= NET_VLAN;
		frame->vlan_tag = (uint16_t)packet->tag;
	}
	frame_layout_find(bytes, length, &layout);
	if ((!packet->has_checksum && !packet->is_cut) || !layout.version)
		return;
	is_udp = layout.protocol == PROTOCOL_UDP;
	frame->l3_offset = (uint16_t)layout.network;
	frame->l4_offset = (uint16_t)layout.transport;
	if (layout.version == 6)
		frame->flags |= NET_IPV6;
	frame->flags |= is_udp ? NET_TX_CHECKSUM_UDP : NET_TX_CHECKSUM_TCP;
	if (packet->is_cut) {
		frame->flags |= NET_TX_TSO;
		frame->segment_bytes = (uint16_t)packet->mss_offset;
	}
	field = bytes + layout.transport +
		(is_udp ? UDP_CHECKSUM : TCP_CHECKSUM);
	if (field + 2 <= bytes + length)
		frame_put16(field,
			    frame_pseudo_sum(bytes + layout.network,
					     layout.version, layout.protocol,
					     layout.transport_bytes));
}

/** A frame of the script without the tag that the card puts in. */
static uint32_t frame_take(struct vmxnet3_host *host, size_t n,
			   const struct outgoing *packet, uint8_t *to)
{
	const struct trace_event *event = &host->payload.event;

	if (!player_encode(host->player, n, &host->payload) ||
	    event->length > VMXNET3_HOST_PACKET)
		return 0;
	if (packet->has_tag && frame_is_tagged(event->bytes, event->length)) {
		frame_tag_strip(to, event->bytes, event->length);
		return event->length - VLAN_TAG;
	}
	memcpy(to, event->bytes, event->length);
	return event->length;
}

/** The headers of a packet that is to be cut, as it is long. */
static void headers_finish(uint8_t *frame, uint32_t bytes,
			   const struct frame_layout *layout)
{
	uint8_t *network = frame + layout->network;

	if (layout->version == 4)
		frame_put16(network + 2, bytes - layout->network);
	else
		frame_put16(network + 4, bytes - layout->network - IPV6_HEADER);
}

/**
 * Put the segments of a packet together again, which the card cut: headers of
 * the first, and the data of all.
 * @param n of the first; out: behind the last
 * @return its length, 0: they are none
 */
static uint32_t segments_take(struct vmxnet3_host *host, size_t *n,
			      const struct outgoing *packet, uint8_t *to)
{
	const struct script *script = host->player->script;
	uint32_t done = 0, length, header = packet->header;
	uint8_t *segment = host->packet;
	struct frame_layout layout = {0};

	for (; *n < script_count(script) && done < packet->bytes; ++*n) {
		if (script_direction(script, *n) != TRACE_FROM_GUEST ||
		    script_kind(script, *n) != TRACE_FRAME)
			continue;
		length = frame_take(host, *n, packet, segment);
		if (length <= header || length > VMXNET3_HOST_PACKET - done)
			return 0;
		if (!done) {
			memcpy(to, segment, header);
			done = header;
			frame_layout_find(segment, length, &layout);
			if (layout.transport + TCP_HEADER > header)
				return 0;
		}
		to[layout.transport + TCP_FLAGS] |=
			segment[layout.transport + TCP_FLAGS] & TCP_FIN_PSH;
		memcpy(to + done, segment + header, length - header);
		done += length - header;
	}
	if (done)
		headers_finish(to, done, &layout);
	return done;
}

/**
 * Put the packet that an event of the script begins into the burst.
 * @return behind its last event, or the same: there is none now
 */
static size_t packet_put(struct vmxnet3_host *host, size_t n)
{
	struct player *player = host->player;
	const struct script *script = player->script;
	struct outgoing packet = {0};
	struct player_frame frame = {.bytes = host->segment};
	size_t first = n;

	for (; n < script_count(script); n++) {
		if (script_direction(script, n) != TRACE_FROM_GUEST ||
		    script_is_done(script, n)) {
			if (vmxnet3_host_is_playable(host, n) &&
			    !vmxnet3_host_is_at(host, n, "txc"))
				return first;
			continue;
		}
		if (script_kind(script, n) == TRACE_FRAME)
			break;
		if (!vmxnet3_host_is_at(host, n, "tx"))
			return first;
		outgoing_add(host, &packet, n);
	}
	if (n == script_count(script))
		return first;
	if (packet.is_cut) {
		frame.length = segments_take(host, &n, &packet, host->segment);
	} else {
		frame.length = frame_take(host, n, &packet, host->segment);
		n++;
	}
	frame_ask(&packet, host->segment, frame.length, &frame);
	if (packet.bytes == frame.length && packet.count <= PLAYER_PIECES_MAX) {
		frame.pieces = packet.pieces;
		frame.piece_count = packet.count;
	}
	player_driver_put(player, &frame);
	return n;
}

void vmxnet3_host_burst(struct player *player)
{
	struct vmxnet3_host *host = vmxnet3_host(player);
	size_t n = player_driver_waits_for(player), end;

	/* What was sent comes first, and what the script has before. */
	if (n == script_count(player->script) || n < host->sent ||
	    !vmxnet3_host_is_due(host, n))
		return;
	while (player_driver_can_put(player)) {
		end = packet_put(host, n);
		if (end == n)
			break;
		n = end;
		host->sent = n;
	}
}
