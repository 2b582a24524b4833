/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/lies.h"

#include <string.h>

#define MESSAGE_MOST 240u
#define SINT	     2u
#define FLAGS	     2048u
#define SLOT_BYTES   256u
#define DELAY_SHORT  4000u
#define DELAY_LONG   400000u

static const char *const names[LIE_KINDS] = {
	[LIE_MESSAGE] = "message", [LIE_PACKET] = "packet", [LIE_DATA] = "data",
	[LIE_WORD] = "word",	   [LIE_EVENT] = "event",   [LIE_SLOT] = "slot",
};

static uint32_t any(struct lies *lies, uint32_t bound)
{
	return random_below(&lies->random, bound);
}

/* ---- Later ---- */

static uint64_t synic_page(struct lying_host *lying, unsigned cpu,
			   unsigned page)
{
	const uint8_t *pages = lying->vm->bus.synic.pages;

	if (!pages)
		return 0;
	return port_physical(lying->port,
			     pages + (2 * (size_t)cpu + page) * PORT_PAGE_SIZE);
}

/* The header of a message slot, or some of its payload. */
static void slot_change(struct lie_later *later)
{
	uint64_t page = synic_page(later->lying, later->value % 2, 0);

	if (page)
		machine_ram_write(later->lying->machine,
				  page + SINT * SLOT_BYTES +
					  later->offset % SLOT_BYTES,
				  later->content, later->bytes);
}

static void event_set(struct lie_later *later)
{
	struct lying_host *lying = later->lying;
	uint64_t page = synic_page(lying, later->offset % 2, 1);

	if (later->bytes == 0)
		host_synic_signal(lying->vm->partition, later->offset % 2, SINT,
				  later->value % FLAGS);
	else if (later->bytes == 1 && later->channel)
		host_hostile_signal(later->channel);
	else if (page)
		machine_ram_write(lying->machine,
				  page + SINT * SLOT_BYTES +
					  later->value % (SLOT_BYTES - 8),
				  later->content, 8);
}

static void word_set(struct lie_later *later)
{
	static const enum host_hostile_word words[] = {
		HOST_HOSTILE_WRITE_INDEX,    HOST_HOSTILE_READ_INDEX,
		HOST_HOSTILE_INTERRUPT_MASK, HOST_HOSTILE_PENDING_SEND_SIZE,
		HOST_HOSTILE_FEATURE_BITS,
	};

	if (later->channel)
		host_hostile_word_set(later->channel, later->offset & 1,
				      words[later->offset / 2 % 5],
				      later->value);
}

/* Over what the guest may be reading: of a list that is looked for anew. */
static void data_set(struct lie_later *later)
{
	struct host_gpadl *receive =
		lying_receive_buffer(later->lying, later->channel);

	if (receive)
		host_gpadl_write(receive, later->offset, later->content,
				 later->bytes);
}

static void fire(void *context)
{
	struct lie_later *later = context;
	struct lying_host *lying = later->lying;

	later->pending = false;
	if (lying->honest)
		return;
	switch (later->kind) {
	case LIE_MESSAGE:
		host_hostile_message(lying->vm->host_bus, later->content,
				     later->bytes);
		break;
	case LIE_PACKET:
		host_hostile_packet(later->channel, later->content,
				    later->bytes);
		break;
	case LIE_DATA:
		data_set(later);
		break;
	case LIE_WORD:
		word_set(later);
		break;
	case LIE_EVENT:
		event_set(later);
		break;
	default:
		slot_change(later);
		break;
	}
}

/* Something to be done in a while; NULL when too much waits. */
static struct lie_later *later_take(struct lying_host *lying, struct lies *lies,
				    enum lie_kind kind)
{
	struct lie_later *later = lies->later;
	unsigned i;

	for (i = 0; i < LIES_HELD && later->pending; i++, later++)
		continue;
	if (i == LIES_HELD)
		return NULL;
	memset(later, 0, sizeof(*later));
	later->event.fire = fire;
	later->event.argument = later;
	later->lying = lying;
	later->lies = lies;
	later->kind = kind;
	later->channel = lying->channel;
	later->pending = true;
	return later;
}

static void later_begin(struct lie_later *later)
{
	struct lies *lies = later->lies;
	uint32_t most = any(lies, 2) ? DELAY_SHORT : DELAY_LONG;

	/* Some wait longer than any deadline. */
	if (later->kind == LIE_MESSAGE && any(lies, 8) == 0)
		machine_event_schedule(later->lying->machine, &later->event,
				       6000000000ull);
	else
		machine_event_schedule(later->lying->machine, &later->event,
				       any(lies, most));
}

/* The same bytes, changed or not, once more or only then. */
static void say_later(struct lying_host *lying, struct lies *lies,
		      enum lie_kind kind, const uint8_t *bytes, uint32_t count)
{
	struct lie_later *later = later_take(lying, lies, kind);

	if (!later)
		return;
	if (count > sizeof(later->content))
		count = sizeof(later->content);
	memcpy(later->content, bytes, count);
	later->bytes = count;
	later->offset = lying->data_offset;
	if (any(lies, 2))
		mutate(&lies->random, later->content, count, &lying->told);
	later_begin(later);
}

/* ---- What nobody said ---- */

/* A message of any type about anything that there is. */
static void message_forge(struct lying_host *lying, struct lies *lies)
{
	uint8_t message[MESSAGE_MOST] = {0};
	uint32_t type = any(lies, 32), bytes = any(lies, MESSAGE_MOST + 1), at;
	uint32_t handle = 0;

	if (lying->handle_count)
		handle = lying->handles[any(lies, LYING_HANDLES) %
					lying->handle_count % LYING_HANDLES];
	for (at = 8; at + 4 <= 32; at += 4) {
		uint32_t value = any(lies, 2) ? handle : any(lies, 5);

		memcpy(message + at, &value, 4);
	}
	memcpy(message, &type, 4);
	tell(&lying->told, " forged type %u of %u", type, bytes);
	host_hostile_message(lying->vm->host_bus, message, bytes);
}

/* A packet of any type, for an id that was or is in use. */
static void packet_forge(struct lying_host *lying, struct lies *lies)
{
	static const uint16_t types[] = {6, 7, 9, 10, 11, 11, 11, 0};
	uint16_t head[4] = {types[any(lies, 8)], 2, 7, (uint16_t)any(lies, 3)};
	uint32_t id[2] = {any(lies, 40), any(lies, 4)};
	uint32_t words[8] = {any(lies, 2) ? 107 + any(lies, 2) : any(lies, 140),
			     any(lies, 3), any(lies, 20), any(lies, 200)};
	uint8_t packet[64] = {0};

	if (!lying->channel)
		return;
	if (head[0] == 7 || head[0] == 9) {
		head[1] = (uint16_t)(2 + any(lies, 4));
		words[0] = any(lies, 4) ? 0xcafe : any(lies, 0x10000);
		words[1] = any(lies, 4);
		words[2] = any(lies, 400);
		words[3] = (uint32_t)mutate_number(&lies->random, 0, 56);
		words[4] = 107;
	}
	memcpy(packet, head, 8);
	memcpy(packet + 8, id, 8);
	memcpy(packet + 16, words, sizeof(words));
	tell(&lying->told, " forged type %u id %#x%08x", head[0], id[1], id[0]);
	host_hostile_packet(lying->channel, packet, sizeof(packet));
}

/* ---- Lies ---- */

static bool message_lie(struct lying_host *lying, struct lies *lies,
			uint8_t *bytes, uint32_t *count)
{
	lying->touched_messages = true;
	switch (any(lies, 10)) {
	case 0:
		tell(&lying->told, " lost");
		return false;
	case 1:
		tell(&lying->told, " twice");
		host_hostile_message(lying->vm->host_bus, bytes, *count);
		return true;
	case 2:
		tell(&lying->told, " late");
		say_later(lying, lies, LIE_MESSAGE, bytes, *count);
		return false;
	case 3:
		tell(&lying->told, " again later");
		say_later(lying, lies, LIE_MESSAGE, bytes, *count);
		return true;
	case 4:
		*count = any(lies, *count);
		tell(&lying->told, " cut to %u", *count);
		return true;
	case 5:
		*count += any(lies, MESSAGE_MOST + 1 - *count);
		tell(&lying->told, " made %u", *count);
		return true;
	case 6:
		message_forge(lying, lies);
		return true;
	default:
		mutate(&lies->random, bytes, *count, &lying->told);
		return true;
	}
}

static bool packet_lie(struct lying_host *lying, struct lies *lies,
		       uint8_t *bytes, uint32_t count)
{
	switch (any(lies, 10)) {
	case 0:
		tell(&lying->told, " lost");
		return false;
	case 1:
		/* The device made sure of the room for one. */
		tell(&lying->told, " twice");
		if (host_channel_room(lying->channel) >= 2 * count)
			host_hostile_packet(lying->channel, bytes, count);
		return true;
	case 2:
		tell(&lying->told, " late");
		say_later(lying, lies, LIE_PACKET, bytes, count);
		return false;
	case 3:
		tell(&lying->told, " again later");
		say_later(lying, lies, LIE_PACKET, bytes, count);
		return true;
	case 4:
		count = 8 * any(lies, count / 8);
		tell(&lying->told, " cut to %u", count);
		host_hostile_packet(lying->channel, bytes, count);
		return false;
	case 5:
		if (host_channel_room(lying->channel) >= count + 64)
			packet_forge(lying, lies);
		return true;
	default:
		mutate(&lies->random, bytes, count, &lying->told);
		return true;
	}
}

/* A message that holds together, or nearly: parts here and there in it. */
static void data_forge(struct lying_host *lying, struct lies *lies,
		       uint8_t *bytes, uint32_t count)
{
	static const uint32_t types[] = {1, 1, 1, 1, 1, 7, 8, 0x80000004};
	uint32_t words[11] = {types[any(lies, 8)], lying->data_bytes};
	uint32_t most = words[1] > 8 ? words[1] - 8 : 1, data, information;

	data = 36 + any(lies, most);
	information = 36 + any(lies, most);
	words[2] = data;
	words[3] = any(lies, most + 1 - (data < most ? data : most));
	words[7] = information;
	words[8] =
		any(lies, most + 1 - (information < most ? information : most));
	/* One in front of the other, mostly. */
	if (any(lies, 4) && data > information && words[8] > data - information)
		words[8] = data - information;
	if (any(lies, 4) && information > data && words[3] > information - data)
		words[3] = information - data;
	tell(&lying->told, " forged %#x of %u: %u@%u, %u@%u", words[0],
	     words[1], words[3], words[2], words[8], words[7]);
	memcpy(bytes, words, count < sizeof(words) ? count : sizeof(words));
}

static void data_lie(struct lying_host *lying, struct lies *lies,
		     uint8_t *bytes, uint32_t count)
{
	if (any(lies, 4) == 0) {
		data_forge(lying, lies, bytes, count);
		return;
	}
	if (any(lies, 4)) {
		mutate(&lies->random, bytes, count, &lying->told);
		return;
	}
	tell(&lying->told, " under the reader");
	say_later(lying, lies, LIE_DATA, bytes, count);
}

/* A word, a flag, a slot: a while from now. */
static void place_lie(struct lying_host *lying, struct lies *lies,
		      enum lie_kind kind)
{
	struct lie_later *later = later_take(lying, lies, kind);
	uint64_t value = mutate_number(&lies->random, 64, 8192);

	if (!later)
		return;
	later->value = (uint32_t)value;
	if (kind == LIE_WORD && any(lies, 2))
		later->value = 8 * any(lies, 8192 / 8);
	later->offset = any(lies, 256);
	if (kind == LIE_SLOT && any(lies, 2))
		later->offset = 4 * any(lies, 5);
	later->bytes = kind == LIE_SLOT ? 1 + any(lies, 4) : any(lies, 3);
	value = mutate_number(&lies->random, 1, MESSAGE_MOST);
	memcpy(later->content, &value, sizeof(value));
	tell(&lying->told, " at %u of %u: %#x", later->offset, later->bytes,
	     later->value);
	if (kind == LIE_SLOT)
		lying->touched_messages = true;
	later_begin(later);
}

/* Whether it is time for one. */
static bool is_time(struct lies *lies, enum lie_kind kind)
{
	if (!(lies->kinds >> kind & 1))
		return false;
	if (lies->chance != 0)
		return any(lies, lies->chance) == 0;
	return lies->seen++ == lies->alone;
}

static void lie_begin(struct lying_host *lying, struct lies *lies,
		      enum lie_kind kind)
{
	lies->told++;
	tell(&lying->told, "; %s %u", names[kind], lying->shown[kind]);
}

bool lies_look(struct lying_host *lying, enum lie_kind kind, uint8_t *bytes,
	       uint32_t *count)
{
	struct lies *lies = lying->configuration->context;
	bool goes = true;
	unsigned place;

	for (place = LIE_WORD; place < LIE_KINDS; place++) {
		if (!is_time(lies, (enum lie_kind)place))
			continue;
		lie_begin(lying, lies, (enum lie_kind)place);
		place_lie(lying, lies, (enum lie_kind)place);
	}
	if (!is_time(lies, kind))
		return true;
	lie_begin(lying, lies, kind);
	if (kind == LIE_MESSAGE)
		goes = message_lie(lying, lies, bytes, count);
	else if (kind == LIE_PACKET)
		goes = packet_lie(lying, lies, bytes, *count);
	else
		data_lie(lying, lies, bytes, *count);
	return goes;
}

void lies_plan(struct lies *lies, uint64_t seed)
{
	memset(lies, 0, sizeof(*lies));
	lies->random.state = seed ^ 0x6c696573;
	/* About one kind of thing, or about all. */
	lies->kinds = any(lies, 4) ? 1u << any(lies, LIE_KINDS)
				   : (1u << LIE_KINDS) - 1;
	/* One alone, which leads furthest; or more and more. */
	if (any(lies, 2))
		lies->alone =
			any(lies, lies->kinds == 1u << LIE_MESSAGE ? 18 : 70);
	else
		lies->chance = 2u << any(lies, 6);
}
