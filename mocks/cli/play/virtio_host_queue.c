/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The queues of a scripted card: the driver's buffers are taken as it makes
 * them available, and used as the script has it.
 *
 * Which buffer is which, their order says: the script's names are translated.
 * A packet to the guest is its header in the script with the next frame of its
 * length; one without such a frame is of zeros. Its buffers are told by their
 * entries in the used ring.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/virtio_host.h"
#include "mocks/virtio/virtio_wire.h"
#include "mocks/wire/frame.h"
#include "mocks/wire/merge.h"

/** How far ahead a frame is looked for. */
#define CLAIM_MAX 512u
#define NAMES	  65536u

/* ---- Places ---- */

static const char *const places[] = {
	[VIRTIO_HOST_AVAILABLE] = "avail",
	[VIRTIO_HOST_DESCRIPTOR] = "desc",
	[VIRTIO_HOST_INDIRECT] = "indirect",
	[VIRTIO_HOST_PACKED] = "packed",
	[VIRTIO_HOST_PACKED_INDIRECT] = "packed-indirect",
	[VIRTIO_HOST_USED] = "used",
	[VIRTIO_HOST_PACKET_HEADER] = "header",
	[VIRTIO_HOST_CONTROL] = "control",
	[VIRTIO_HOST_ACK] = "ack",
};

enum virtio_host_place virtio_host_place_find(const char *name)
{
	unsigned place;

	for (place = 0; place < VIRTIO_HOST_PLACES; place++)
		if (name && strcmp(places[place], name) == 0)
			break;
	return place;
}

enum virtio_host_place virtio_host_place(const struct script *script, size_t n)
{
	unsigned place;

	if (script_kind(script, n) != TRACE_DESCRIPTOR)
		return VIRTIO_HOST_PLACES;
	for (place = 0; place < VIRTIO_HOST_PLACES; place++)
		if (script_has_word(script, n, "at", places[place]))
			break;
	return place;
}

/* ---- What the script lists ---- */

/** One more place of the guest's descriptors, and where buffers begin. */
static void place_note(struct virtio_host *host, size_t n,
		       enum virtio_host_place place, bool *goes_on)
{
	const struct script *script = host->player->script;
	struct virtio_host_queue *queue;
	uint64_t number, flags = 0;

	if (!script_number(script, n, "queue", &number)) {
		host->places_any |= 1u << place;
		return;
	}
	if (number >= VIRTIO_HOST_QUEUES)
		return;
	host->places[number] |= 1u << place;
	queue = &host->queues[number];
	queue->is_known = true;
	if (place == VIRTIO_HOST_AVAILABLE ||
	    (place == VIRTIO_HOST_PACKED && !goes_on[number])) {
		queue->is_listed = true;
		queue->listed++;
	}
	if (place == VIRTIO_HOST_PACKED) {
		script_number(script, n, "flags", &flags);
		goes_on[number] = flags & DESCRIPTOR_NEXT;
	}
}

static void packet_add(struct virtio_host *host, size_t n, uint64_t queue,
		       enum virtio_host_place place)
{
	const struct script *script = host->player->script;
	struct virtio_host_packet *packet =
		&host->packets[host->packet_count++];
	uint64_t buffers = 1;

	if (place == VIRTIO_HOST_PACKET_HEADER)
		script_number(script, n, "num_buffers", &buffers);
	packet->queue = (uint32_t)queue;
	packet->header = n;
	packet->has_index = script_number(script, n, "index", &packet->index);
	packet->left = buffers ? (uint32_t)buffers : 1;
	packet->frame = SCRIPT_NONE;
}

/** The packet that goes into a buffer; NULL: none is known. */
static struct virtio_host_packet *packet_find(struct virtio_host *host,
					      uint64_t queue, uint64_t id)
{
	struct virtio_host_packet *begun = NULL, *next = NULL, *packet;
	size_t i;

	for (i = host->packet_count; i > 0; i--) {
		packet = &host->packets[i - 1];
		if (packet->queue != queue)
			continue;
		if (packet->is_begun) {
			begun = packet;
			break;
		}
		if (!packet->has_index || packet->index == id)
			next = packet;
	}
	if (next && (next->has_index || !begun || !begun->left))
		return next;
	return begun && begun->left ? begun : next;
}

/** Whether a packet is announced whose first buffer did not come yet. */
static bool packet_waits(const struct virtio_host *host, uint64_t queue)
{
	size_t i;

	for (i = host->packet_count; i > 0; i--)
		if (host->packets[i - 1].queue == queue)
			return !host->packets[i - 1].is_begun;
	return false;
}

/** A packet of which nothing is said but its buffer. */
static struct virtio_host_packet *packet_bare(struct virtio_host *host,
					      uint32_t queue)
{
	struct virtio_host_packet *packet =
		&host->packets[host->packet_count++];

	packet->queue = queue;
	packet->header = SCRIPT_NONE;
	packet->left = 1;
	packet->frame = SCRIPT_NONE;
	return packet;
}

static void used_put(struct virtio_host *host, struct virtio_host_used *one,
		     struct virtio_host_packet *packet)
{
	one->packet = (size_t)(packet - host->packets);
	one->offset = packet->bytes;
	packet->bytes += one->bytes;
	if (packet->left)
		packet->left--;
}

/** Buffers that came early belong to the packet that begins now. */
static void early_put(struct virtio_host *host,
		      struct virtio_host_packet *packet)
{
	size_t i;

	for (i = 0; i < host->used_count && host->early_count && packet->left;
	     i++) {
		if (host->used[i].packet != SCRIPT_NONE ||
		    host->used[i].queue != packet->queue)
			continue;
		used_put(host, &host->used[i], packet);
		host->early_count--;
	}
}

/**
 * A buffer is used. In a packed ring the first of several is written last, so
 * those behind it may be told before it.
 */
static void used_note(struct virtio_host *host, size_t n, bool is_packed)
{
	const struct script *script = host->player->script;
	struct virtio_host_used *one = &host->used[host->used_count++];
	uint64_t queue = 0, id = 0, bytes = 0;
	struct virtio_host_packet *packet;

	script_number(script, n, "queue", &queue);
	script_number(script, n, "id", &id);
	script_number(script, n, "len", &bytes);
	one->n = n;
	one->queue = (uint32_t)queue;
	one->bytes = (uint32_t)bytes;
	one->packet = SCRIPT_NONE;
	packet = packet_find(host, queue, id);
	if (!packet && is_packed && packet_waits(host, queue)) {
		host->early_count++;
		return;
	}
	if (!packet)
		packet = packet_bare(host, (uint32_t)queue);
	used_put(host, one, packet);
	if (!packet->is_begun)
		early_put(host, packet);
	packet->is_begun = true;
}

bool virtio_host_queues(struct virtio_host *host)
{
	const struct script *script = host->player->script;
	size_t n, count = script_count(script);
	bool goes_on[VIRTIO_HOST_QUEUES] = {false};
	enum virtio_host_place place;
	uint64_t queue;

	host->packets = calloc(count + 1, sizeof(*host->packets));
	host->used = calloc(count + 1, sizeof(*host->used));
	host->claimed = calloc(count + 1, sizeof(*host->claimed));
	if (!host->packets || !host->used || !host->claimed)
		return false;
	for (n = 0; n < count; n++) {
		place = virtio_host_place(script, n);
		if (place == VIRTIO_HOST_PLACES)
			continue;
		if (script_direction(script, n) == TRACE_FROM_GUEST) {
			place_note(host, n, place, goes_on);
			continue;
		}
		queue = 0;
		script_number(script, n, "queue", &queue);
		if (queue < VIRTIO_HOST_QUEUES)
			host->queues[queue].is_known = true;
		if (place == VIRTIO_HOST_PACKET_HEADER ||
		    place == VIRTIO_HOST_ACK)
			packet_add(host, n, queue, place);
		else
			used_note(host, n, place == VIRTIO_HOST_PACKED);
	}
	return true;
}

void virtio_host_queues_free(struct virtio_host *host)
{
	unsigned n;

	for (n = 0; n < VIRTIO_HOST_QUEUES; n++)
		free(host->queues[n].names);
	free(host->packets);
	free(host->used);
	free(host->claimed);
}

/* ---- Names ---- */

void virtio_host_name(struct virtio_host *host, size_t n,
		      const struct trace_event *event)
{
	enum virtio_host_place place = virtio_host_place_find(event->place);
	char ignored[SCRIPT_ERROR_MAX];
	struct virtio_host_queue *queue;
	unsigned at;

	if (event->queue >= VIRTIO_HOST_QUEUES)
		return;
	if (place == VIRTIO_HOST_AVAILABLE)
		at = 0;
	else if (place == VIRTIO_HOST_PACKED)
		at = 12;
	else
		return;
	queue = &host->queues[event->queue];
	if (!queue->names)
		queue->names = calloc(NAMES, sizeof(*queue->names));
	if (!queue->names ||
	    !script_encode(host->player->script, n, &host->built, ignored) ||
	    host->built.event.length != event->length)
		return;
	queue->names[virtio_get16(host->built.event.bytes + at)] =
		virtio_get16(event->bytes + at) + 1u;
}

static uint32_t name_find(const struct virtio_host *host, uint32_t queue,
			  uint32_t id)
{
	const uint32_t *names = host->queues[queue].names;

	return names && id < NAMES && names[id] ? names[id] - 1 : id;
}

/* ---- Buffers of the driver ---- */

/** A packet that the driver sends: told, and brought onto the wire. */
static void packet_take(struct virtio_host *host, unsigned queue,
			const struct host_virtio_taken *taken)
{
	struct host_virtio *card = host->player->vm->virtio;
	const char *fault = "has no whole header";
	uint32_t bytes;

	bytes = host_virtio_script_read(card, queue, taken->id, host->packet,
					sizeof(host->packet));
	if (bytes >= VIRTIO_HOST_HEADER) {
		host_virtio_script_tell(card, queue, TRACE_FROM_GUEST, "header",
					taken->id, host->packet,
					VIRTIO_HOST_HEADER);
		if (!virtio_host_becomes_frames(host, queue))
			return;
		fault = host_virtio_script_send(card, host->packet, bytes);
	}
	if (fault)
		player_fail(host->player, player_driver_waits_for(host->player),
			    "a packet that the driver sends on queue %u %s",
			    queue, fault);
}

static void command_take(struct virtio_host *host, unsigned queue,
			 const struct host_virtio_taken *taken)
{
	struct host_virtio *card = host->player->vm->virtio;
	uint32_t bytes =
		host_virtio_script_read(card, queue, taken->id, host->packet,
					sizeof(host->packet));

	host_virtio_script_tell(card, queue, TRACE_FROM_GUEST, "control",
				taken->id, host->packet, bytes);
}

/** A queue of which the script says nothing works as any does. */
static void buffer_return(struct virtio_host *host, unsigned queue,
			  const struct host_virtio_taken *taken)
{
	static const uint8_t answer = CONTROL_OK;
	struct host_virtio *card = host->player->vm->virtio;

	host_virtio_script_write(card, queue, taken->id, &answer, 1);
	host_virtio_script_used_next(card, queue, taken->id,
				     taken->write_bytes != 0);
}

/** @return whether there was one */
static bool buffer_take(struct virtio_host *host, unsigned number)
{
	struct host_virtio *card = host->player->vm->virtio;
	struct virtio_host_queue *queue = &host->queues[number];
	struct host_virtio_taken taken;

	if (!host_virtio_script_take(card, number, &taken))
		return false;
	if (queue->listed)
		queue->listed--;
	if (number == host_virtio_script_control(card))
		command_take(host, number, &taken);
	else if (number % 2)
		packet_take(host, number, &taken);
	else
		return true;
	if (!queue->is_known && !host->places_any)
		buffer_return(host, number, &taken);
	return true;
}

/**
 * The driver's packets and commands are all taken; of its receive buffers as
 * many as the script lists, since how many a device looks at is its affair.
 */
bool virtio_host_look(struct virtio_host *host)
{
	const struct host_virtio *card = host->player->vm->virtio;
	unsigned n, control = host_virtio_script_control(card);
	bool waits = false;

	for (n = 0;
	     n < host_virtio_script_queues(card) && n < VIRTIO_HOST_QUEUES;
	     n++) {
		bool receives = n % 2 == 0 && n != control;

		while (!host->player->has_failed &&
		       (!receives || host->queues[n].listed) &&
		       buffer_take(host, n))
			;
		waits |= receives && host->queues[n].listed;
	}
	return waits;
}

/* ---- Packets to the guest ---- */

void virtio_host_partial(uint8_t *frame, uint32_t bytes, uint32_t start,
			 uint32_t offset)
{
	struct frame_layout layout;

	frame_layout_find(frame, bytes, &layout);
	if (!layout.version || layout.transport != start ||
	    offset != (layout.protocol == PROTOCOL_TCP ? TCP_CHECKSUM
						       : UDP_CHECKSUM) ||
	    start + offset + 2 > bytes)
		return;
	frame_put16(frame + start + offset,
		    frame_pseudo_sum(frame + layout.network, layout.version,
				     layout.protocol, layout.transport_bytes));
}

static bool is_frame(const struct script *script, size_t n)
{
	return script_kind(script, n) == TRACE_FRAME &&
	       script_direction(script, n) == TRACE_TO_GUEST;
}

/** Find the frame of a packet; one of no other, and of its length. */
static void frame_claim(struct virtio_host *host,
			struct virtio_host_packet *packet)
{
	struct script *script = host->player->script;
	size_t n, count = script_count(script), looked = 0;
	char ignored[SCRIPT_ERROR_MAX];

	packet->is_claimed = true;
	if (packet->bytes < VIRTIO_HOST_HEADER)
		return;
	n = host->claimed_first;
	while (n < count && (!is_frame(script, n) || host->claimed[n]))
		n++;
	host->claimed_first = n;
	for (; n < count && looked < CLAIM_MAX; n++) {
		if (!is_frame(script, n) || host->claimed[n])
			continue;
		looked++;
		if (!script_encode(script, n, &host->other, ignored) ||
		    host->other.event.length !=
			    packet->bytes - VIRTIO_HOST_HEADER)
			continue;
		host->claimed[n] = true;
		packet->frame = n;
		return;
	}
}

/** Put a packet together. @return its length */
static uint32_t packet_make(struct virtio_host *host,
			    struct virtio_host_packet *packet)
{
	struct script *script = host->player->script;
	char ignored[SCRIPT_ERROR_MAX];
	uint8_t *bytes = host->packet;
	const struct trace_event *event;
	uint32_t length = VIRTIO_HOST_HEADER;

	memset(bytes, 0, sizeof(host->packet));
	virtio_put16(bytes + HEADER_BUFFERS, 1);
	if (packet->header != SCRIPT_NONE &&
	    player_encode(host->player, packet->header, &host->built)) {
		event = &host->built.event;
		length = event->length < sizeof(host->packet)
				 ? event->length
				 : (uint32_t)sizeof(host->packet);
		memcpy(bytes, event->bytes, length);
	}
	if (length != VIRTIO_HOST_HEADER)
		return length;
	if (!packet->is_claimed)
		frame_claim(host, packet);
	if (packet->frame == SCRIPT_NONE ||
	    !script_encode(script, packet->frame, &host->other, ignored) ||
	    host->other.event.length > sizeof(host->packet) - length)
		return sizeof(host->packet);
	event = &host->other.event;
	memcpy(bytes + length, event->bytes, event->length);
	if (bytes[HEADER_FLAGS] & HEADER_NEEDS_CHECKSUM)
		virtio_host_partial(bytes + length, event->length,
				    virtio_get16(bytes + HEADER_CHECKSUM_START),
				    virtio_get16(bytes +
						 HEADER_CHECKSUM_OFFSET));
	return length + event->length;
}

static const struct virtio_host_used *used_find(const struct virtio_host *host,
						size_t n)
{
	size_t low = 0, high = host->used_count, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (host->used[middle].n < n)
			low = middle + 1;
		else
			high = middle;
	}
	return &host->used[low];
}

/** The header of a packet, or the answer, before the first buffer of it. */
static void packet_tell(struct virtio_host *host,
			struct virtio_host_packet *packet, uint32_t id,
			uint32_t length)
{
	struct host_virtio *card = host->player->vm->virtio;
	bool is_answer = length < VIRTIO_HOST_HEADER;

	if (packet->is_told || packet->queue % 2)
		return;
	packet->is_told = true;
	if (packet->has_index)
		id = name_find(host, packet->queue, (uint32_t)packet->index);
	host_virtio_script_tell(card, packet->queue, TRACE_TO_GUEST,
				is_answer ? "ack" : "header", id, host->packet,
				is_answer ? 1 : VIRTIO_HOST_HEADER);
}

/** Put what belongs into a buffer there, before it is said to be used. */
static void buffer_fill(struct virtio_host *host, size_t n, uint32_t queue,
			uint32_t id, uint32_t bytes)
{
	struct host_virtio *card = host->player->vm->virtio;
	const struct virtio_host_used *used = used_find(host, n);
	uint32_t length;

	if (!host_virtio_script_has(card, queue, id) ||
	    used->packet == SCRIPT_NONE)
		return;
	length = packet_make(host, &host->packets[used->packet]);
	if (used->offset >= length)
		return;
	packet_tell(host, &host->packets[used->packet], id, length);
	length -= used->offset;
	/* An answer stands there, whatever is said of it. */
	if (host->packets[used->packet].bytes < VIRTIO_HOST_HEADER &&
	    length == 1)
		bytes = 1;
	host_virtio_script_write(card, queue, id, host->packet + used->offset,
				 length < bytes ? length : bytes);
}

bool virtio_host_use(struct virtio_host *host, size_t n)
{
	struct host_virtio *card = host->player->vm->virtio;
	bool is_packed = virtio_host_place(host->player->script, n) ==
			 VIRTIO_HOST_PACKED;
	uint32_t queue, id, bytes;
	const struct trace_event *event = &host->used_built.event;

	if (!player_encode(host->player, n, &host->used_built))
		return true;
	if (event->length !=
	    (is_packed ? DESCRIPTOR_BYTES : USED_ENTRY_BYTES)) {
		player_fail(host->player, n,
			    "an entry of that ring has %u bytes",
			    is_packed ? DESCRIPTOR_BYTES : USED_ENTRY_BYTES);
		return true;
	}
	queue = event->queue;
	bytes = virtio_get32(event->bytes + (is_packed ? 8 : 4));
	id = is_packed ? virtio_get16(event->bytes + 12)
		       : virtio_get32(event->bytes);
	if (queue >= VIRTIO_HOST_QUEUES ||
	    !host_virtio_script_is_ready(card, queue))
		return false;
	id = name_find(host, queue, id);
	while (!host->queues[queue].is_listed &&
	       !host_virtio_script_has(card, queue, id) &&
	       buffer_take(host, queue))
		;
	buffer_fill(host, n, queue, id, bytes);
	if (is_packed)
		host_virtio_script_used_packed(card, queue,
					       (uint32_t)event->address,
					       (uint16_t)id, bytes,
					       virtio_get16(event->bytes + 14));
	else
		host_virtio_script_used(card, queue, (uint32_t)event->address,
					id, bytes);
	return true;
}
