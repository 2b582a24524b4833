/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcapng (draft-ietf-opsawg-pcapng), as far as traces need it. libpcap writes
 * no pcapng, and reads none with interfaces of several link types.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/trace/pcapng.h"

#define BLOCK_SECTION	0x0a0d0d0au
#define BLOCK_INTERFACE 0x00000001u
#define BLOCK_PACKET	0x00000006u
#define MAGIC_ORDER	0x1a2b3c4du
#define MAGIC_SWAPPED	0x4d3c2b1au

#define OPTION_END	    0u
#define OPTION_COMMENT	    1u
#define OPTION_IF_NAME	    2u
#define OPTION_PACKET_FLAGS 2u
#define OPTION_APPLICATION  4u
#define OPTION_RESOLUTION   9u

#define LINK_ETHERNET 1u
#define INBOUND	      1u
#define OUTBOUND      2u

/** A block, and a value in it, larger than any of ours is no block. */
#define BLOCK_MAX      0x200000u
#define INTERFACES_MAX 64u
#define ERROR_BYTES    512u

/* How an event lies in a packet of the user link type. */
enum event_place {
	EVENT_VERSION = 0,
	EVENT_KIND = 1,
	EVENT_DIRECTION = 2,
	EVENT_CPU = 3,
	EVENT_QUEUE = 4,
	EVENT_WIDTH = 8,
	EVENT_PLACE_BYTES = 12,
	EVENT_TEXT_BYTES = 14,
	EVENT_ADDRESS = 16,
	EVENT_VALUE = 24,
	EVENT_OTHER = 32,
	EVENT_HEADER = 40,
};
#define EVENT_VERSION_1 1u

/* ---- Writing ---- */

static void put16(uint8_t *bytes, unsigned value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *bytes, uint32_t value)
{
	put16(bytes, value & 0xffff);
	put16(bytes + 2, value >> 16);
}

static void put64(uint8_t *bytes, uint64_t value)
{
	put32(bytes, (uint32_t)value);
	put32(bytes + 4, (uint32_t)(value >> 32));
}

/** Bytes up to a multiple of four. */
static size_t padded(size_t bytes)
{
	return (bytes + 3) & ~(size_t)3;
}

static void write_padded(FILE *stream, const void *bytes, size_t length)
{
	static const uint8_t zeros[4];

	if (length)
		fwrite(bytes, 1, length, stream);
	fwrite(zeros, 1, padded(length) - length, stream);
}

static void write32(FILE *stream, uint32_t value)
{
	uint8_t bytes[4];

	put32(bytes, value);
	fwrite(bytes, 1, sizeof(bytes), stream);
}

/** What an option has room for. */
static size_t cut16(size_t length)
{
	return length < 0xffff ? length : 0xffff;
}

static size_t option_bytes(size_t length)
{
	return 4 + padded(length);
}

static void write_option(FILE *stream, unsigned code, const void *bytes,
			 size_t length)
{
	uint8_t head[4];

	put16(head, code);
	put16(head + 2, (unsigned)length);
	fwrite(head, 1, sizeof(head), stream);
	write_padded(stream, bytes, length);
}

static void write_section(FILE *stream, const char *about)
{
	static const char application[] = "vmmsim";
	const size_t names = sizeof(application) - 1;
	size_t comment = cut16(strlen(about));
	uint32_t length = (uint32_t)(28 + option_bytes(names) +
				     option_bytes(comment) + 4);
	uint8_t fixed[16];

	write32(stream, BLOCK_SECTION);
	write32(stream, length);
	put32(fixed, MAGIC_ORDER);
	put16(fixed + 4, 1);
	put16(fixed + 6, 0);
	/* The length of the section is not known. */
	put64(fixed + 8, UINT64_MAX);
	fwrite(fixed, 1, sizeof(fixed), stream);
	write_option(stream, OPTION_COMMENT, about, comment);
	write_option(stream, OPTION_APPLICATION, application, names);
	write_option(stream, OPTION_END, NULL, 0);
	write32(stream, length);
}

static void write_interface(FILE *stream, unsigned link, const char *name)
{
	const uint8_t nanoseconds = 9;
	uint32_t length = (uint32_t)(20 + option_bytes(strlen(name)) +
				     option_bytes(1) + 4);
	uint8_t fixed[8] = {0};

	write32(stream, BLOCK_INTERFACE);
	write32(stream, length);
	put16(fixed, link);
	fwrite(fixed, 1, sizeof(fixed), stream);
	write_option(stream, OPTION_IF_NAME, name, strlen(name));
	write_option(stream, OPTION_RESOLUTION, &nanoseconds, 1);
	write_option(stream, OPTION_END, NULL, 0);
	write32(stream, length);
}

bool pcapng_begin(FILE *stream, const char *about)
{
	write_section(stream, about);
	write_interface(stream, LINK_ETHERNET, "card");
	write_interface(stream, PCAPNG_LINK_EVENTS, "hypervisor");
	return !ferror(stream);
}

static size_t comment_bytes(const char *comment)
{
	return comment ? cut16(strlen(comment)) : 0;
}

static void write_packet(FILE *stream, const struct trace_event *event,
			 unsigned interface, const uint8_t *head,
			 size_t head_bytes)
{
	size_t place = event->place && head_bytes ? strlen(event->place) : 0;
	size_t text = event->text && head_bytes ? strlen(event->text) : 0;
	size_t bytes = head_bytes + place + text + event->length;
	size_t comment = comment_bytes(event->comment);
	uint32_t length = (uint32_t)(32 + padded(bytes) + option_bytes(4) + 4 +
				     (text ? option_bytes(cut16(text)) : 0) +
				     (comment ? option_bytes(comment) : 0));
	uint8_t flags[4];

	write32(stream, BLOCK_PACKET);
	write32(stream, length);
	write32(stream, interface);
	write32(stream, (uint32_t)(event->time >> 32));
	write32(stream, (uint32_t)event->time);
	write32(stream, (uint32_t)bytes);
	write32(stream, (uint32_t)bytes);
	if (head_bytes)
		fwrite(head, 1, head_bytes, stream);
	if (place)
		fwrite(event->place, 1, place, stream);
	if (text)
		fwrite(event->text, 1, text, stream);
	if (event->length)
		fwrite(event->bytes, 1, event->length, stream);
	fwrite("\0\0\0", 1, padded(bytes) - bytes, stream);
	/* Two comments: what the event says, and what is said of it. */
	if (text)
		write_option(stream, OPTION_COMMENT, event->text, cut16(text));
	if (comment)
		write_option(stream, OPTION_COMMENT, event->comment, comment);
	put32(flags, event->direction == TRACE_TO_GUEST ? INBOUND : OUTBOUND);
	write_option(stream, OPTION_PACKET_FLAGS, flags, sizeof(flags));
	write_option(stream, OPTION_END, NULL, 0);
	write32(stream, length);
}

bool pcapng_event(FILE *stream, const struct trace_event *event)
{
	uint8_t head[EVENT_HEADER];

	if (event->kind == TRACE_FRAME) {
		write_packet(stream, event, 0, NULL, 0);
		return !ferror(stream);
	}
	head[EVENT_VERSION] = EVENT_VERSION_1;
	head[EVENT_KIND] = (uint8_t)event->kind;
	head[EVENT_DIRECTION] = (uint8_t)event->direction;
	head[EVENT_CPU] = (uint8_t)event->cpu;
	put32(head + EVENT_QUEUE, event->queue);
	put32(head + EVENT_WIDTH, event->width);
	put16(head + EVENT_PLACE_BYTES,
	      event->place ? (unsigned)strlen(event->place) : 0);
	put16(head + EVENT_TEXT_BYTES,
	      event->text ? (unsigned)strlen(event->text) : 0);
	put64(head + EVENT_ADDRESS, event->address);
	put64(head + EVENT_VALUE, event->value);
	put64(head + EVENT_OTHER, event->other);
	write_packet(stream, event, 1, head, sizeof(head));
	return !ferror(stream);
}

/* ---- Reading ---- */

struct pcapng {
	FILE *stream;
	char *name;
	bool is_swapped;
	unsigned links[INTERFACES_MAX], interfaces;
	/** Time units in a second, by interface. */
	uint64_t resolution[INTERFACES_MAX];
	uint64_t number, offset, next;
	uint8_t *block;
	size_t room;
	char place[UINT8_MAX + 1];
	char *text, *comment;
	char *about;
	char error[ERROR_BYTES];
};

static bool broken(struct pcapng *pcapng, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool broken(struct pcapng *pcapng, const char *format, ...)
{
	char what[ERROR_BYTES / 2];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	snprintf(pcapng->error, sizeof(pcapng->error),
		 "%s: block %" PRIu64 " at byte %" PRIu64 ": %s", pcapng->name,
		 pcapng->number, pcapng->offset, what);
	return false;
}

static unsigned get16(const struct pcapng *pcapng, const uint8_t *bytes)
{
	return pcapng->is_swapped ? (unsigned)(bytes[0] << 8 | bytes[1])
				  : (unsigned)(bytes[1] << 8 | bytes[0]);
}

static uint32_t get32(const struct pcapng *pcapng, const uint8_t *bytes)
{
	uint32_t first = get16(pcapng, bytes);
	uint32_t second = get16(pcapng, bytes + 2);

	return pcapng->is_swapped ? first << 16 | second : second << 16 | first;
}

/* Events are little endian in every file. */
static uint32_t event32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
	       (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint64_t event64(const uint8_t *bytes)
{
	return event32(bytes) | (uint64_t)event32(bytes + 4) << 32;
}

static bool block_room(struct pcapng *pcapng, size_t bytes)
{
	uint8_t *block;

	if (bytes <= pcapng->room)
		return true;
	block = realloc(pcapng->block, bytes);
	if (!block)
		return broken(pcapng, "out of memory");
	pcapng->block = block;
	pcapng->room = bytes;
	return true;
}

/** The byte order of a section, before its length can be understood. */
static bool section_order(struct pcapng *pcapng)
{
	uint8_t order[4];

	if (fread(order, 1, sizeof(order), pcapng->stream) != sizeof(order))
		return broken(pcapng, "the file ends in it");
	if (event32(order) != MAGIC_ORDER && event32(order) != MAGIC_SWAPPED)
		return broken(pcapng, "the byte order is neither one");
	pcapng->is_swapped = event32(order) == MAGIC_SWAPPED;
	pcapng->interfaces = 0;
	return true;
}

/**
 * Read a block: its body, without type and lengths.
 * @return false: there is none; the error is empty at the end of the file
 */
static bool block_read(struct pcapng *pcapng, uint32_t *type, size_t *bytes)
{
	uint8_t head[8], tail[4];
	size_t got, first = 0;
	uint32_t length;

	pcapng->number++;
	pcapng->offset = pcapng->next;
	got = fread(head, 1, sizeof(head), pcapng->stream);
	pcapng->error[0] = 0;
	if (!got && !ferror(pcapng->stream))
		return false;
	if (got != sizeof(head))
		return broken(pcapng, "the file ends in it");
	if (event32(head) == BLOCK_SECTION) {
		if (!section_order(pcapng))
			return false;
		first = 4;
	} else if (pcapng->number == 1) {
		return broken(pcapng, "that is no pcapng");
	}
	*type = first ? BLOCK_SECTION : get32(pcapng, head);
	length = get32(pcapng, head + 4);
	if (length < 12 + first || length % 4 || length > BLOCK_MAX)
		return broken(pcapng, "a length of %" PRIu32 " bytes", length);
	*bytes = length - 12 - first;
	if (!block_room(pcapng, *bytes + 1))
		return false;
	if (fread(pcapng->block, 1, *bytes, pcapng->stream) != *bytes ||
	    fread(tail, 1, sizeof(tail), pcapng->stream) != sizeof(tail))
		return broken(pcapng, "the file ends in it");
	if (get32(pcapng, tail) != length)
		return broken(pcapng, "its two lengths differ");
	/* Texts in it end here at the latest. */
	pcapng->block[*bytes] = 0;
	pcapng->next += length;
	return true;
}

/** Find the n-th option of a code in what follows a block's fixed part. */
static const uint8_t *option_find_nth(const struct pcapng *pcapng, size_t at,
				      size_t bytes, unsigned code, unsigned n,
				      size_t *length)
{
	const uint8_t *block = pcapng->block;

	while (at + 4 <= bytes) {
		unsigned found = get16(pcapng, block + at);
		size_t count = get16(pcapng, block + at + 2);

		at += 4;
		if (found == OPTION_END || padded(count) > bytes - at)
			break;
		if (found == code && !n--) {
			*length = count;
			return block + at;
		}
		at += padded(count);
	}
	return NULL;
}

static const uint8_t *option_find(const struct pcapng *pcapng, size_t at,
				  size_t bytes, unsigned code, size_t *length)
{
	return option_find_nth(pcapng, at, bytes, code, 0, length);
}

static bool section_take(struct pcapng *pcapng, size_t bytes)
{
	const uint8_t *comment;
	size_t length = 0;

	if (bytes < 12)
		return broken(pcapng, "a section header is longer");
	if (get16(pcapng, pcapng->block) != 1)
		return broken(pcapng, "version %u of pcapng is not known",
			      get16(pcapng, pcapng->block));
	comment = option_find(pcapng, 12, bytes, OPTION_COMMENT, &length);
	free(pcapng->about);
	pcapng->about = comment ? trace_text_copy(comment, length) : NULL;
	return true;
}

static uint64_t resolution_units(unsigned code)
{
	unsigned exponent = code & 0x7f;
	uint64_t units = 1;

	if (code & 0x80)
		return exponent < 63 ? UINT64_C(1) << exponent : 0;
	if (exponent > 18)
		return 0;
	while (exponent--)
		units *= 10;
	return units;
}

static bool interface_take(struct pcapng *pcapng, size_t bytes)
{
	const uint8_t *resolution;
	size_t length = 0;
	uint64_t units = 1000000;
	unsigned link;

	if (bytes < 8)
		return broken(pcapng, "an interface is longer");
	if (pcapng->interfaces == INTERFACES_MAX)
		return broken(pcapng, "more than %u interfaces",
			      INTERFACES_MAX);
	link = get16(pcapng, pcapng->block);
	if (link != LINK_ETHERNET && link != PCAPNG_LINK_EVENTS)
		return broken(pcapng,
			      "an interface of link type %u; traces have "
			      "Ethernet and user link type 0",
			      link);
	resolution = option_find(pcapng, 8, bytes, OPTION_RESOLUTION, &length);
	if (resolution && length)
		units = resolution_units(*resolution);
	if (!units)
		return broken(pcapng, "its unit of time is too small");
	pcapng->resolution[pcapng->interfaces] = units;
	pcapng->links[pcapng->interfaces++] = link;
	return true;
}

/** Nanoseconds; the sum of both parts, without overflow on the way. */
static uint64_t nanoseconds(uint64_t time, uint64_t units)
{
	const uint64_t second = UINT64_C(1000000000);
	uint64_t rest = time % units;

	if (units == second)
		return time;
	/* Units of less than a nanosecond lose their rest. */
	return time / units * second + (units > second ? rest / (units / second)
						       : rest * second / units);
}

static bool event_take(struct pcapng *pcapng, const uint8_t *bytes,
		       size_t length, struct trace_event *event)
{
	size_t place, text;

	if (length < EVENT_HEADER || bytes[EVENT_VERSION] != EVENT_VERSION_1 ||
	    bytes[EVENT_KIND] >= TRACE_KINDS ||
	    bytes[EVENT_KIND] == TRACE_FRAME || bytes[EVENT_DIRECTION] > 1)
		return broken(pcapng, "an event of no known kind");
	event->kind = bytes[EVENT_KIND];
	event->direction = bytes[EVENT_DIRECTION];
	event->cpu = bytes[EVENT_CPU];
	event->queue = event32(bytes + EVENT_QUEUE);
	event->width = event32(bytes + EVENT_WIDTH);
	event->address = event64(bytes + EVENT_ADDRESS);
	event->value = event64(bytes + EVENT_VALUE);
	event->other = event64(bytes + EVENT_OTHER);
	place = (size_t)(bytes[EVENT_PLACE_BYTES] | bytes[EVENT_PLACE_BYTES + 1]
							    << 8);
	text = (size_t)(bytes[EVENT_TEXT_BYTES] | bytes[EVENT_TEXT_BYTES + 1]
							  << 8);
	bytes += EVENT_HEADER;
	length -= EVENT_HEADER;
	if (place + text > length || place >= sizeof(pcapng->place))
		return broken(pcapng, "an event's texts are longer than it");
	memcpy(pcapng->place, bytes, place);
	pcapng->place[place] = 0;
	event->place = place ? pcapng->place : NULL;
	free(pcapng->text);
	pcapng->text = trace_text_copy(bytes + place, text);
	event->text = pcapng->text;
	if (!pcapng->text)
		return broken(pcapng, "out of memory");
	event->bytes = bytes + place + text;
	event->length = (uint32_t)(length - place - text);
	return true;
}

/** The comment of a packet; of an event with a text, the one behind that. */
static bool comment_take(struct pcapng *pcapng, size_t at, size_t bytes,
			 struct trace_event *event)
{
	bool has_text = event->text && *event->text;
	size_t length = 0;
	const uint8_t *comment =
		option_find_nth(pcapng, at, bytes, OPTION_COMMENT, has_text,
				&length);

	free(pcapng->comment);
	pcapng->comment = NULL;
	if (!comment || !length)
		return true;
	pcapng->comment = trace_text_copy(comment, length);
	event->comment = pcapng->comment;
	return pcapng->comment || broken(pcapng, "out of memory");
}

static bool packet_take(struct pcapng *pcapng, size_t bytes,
			struct trace_event *event)
{
	const uint8_t *block = pcapng->block, *flags;
	uint32_t interface, captured;
	size_t length = 0, options;
	uint64_t time;

	memset(event, 0, sizeof(*event));
	if (bytes < 20)
		return broken(pcapng, "a packet is longer");
	interface = get32(pcapng, block);
	captured = get32(pcapng, block + 12);
	if (interface >= pcapng->interfaces)
		return broken(pcapng, "there is no interface %" PRIu32,
			      interface);
	if (captured > bytes - 20)
		return broken(pcapng, "%" PRIu32 " bytes are not in the packet",
			      captured);
	time = (uint64_t)get32(pcapng, block + 4) << 32 |
	       get32(pcapng, block + 8);
	event->time = nanoseconds(time, pcapng->resolution[interface]);
	options = 20 + padded(captured);
	if (pcapng->links[interface] == PCAPNG_LINK_EVENTS)
		return event_take(pcapng, block + 20, captured, event) &&
		       comment_take(pcapng, options, bytes, event);
	event->kind = TRACE_FRAME;
	event->bytes = block + 20;
	event->length = captured;
	flags = option_find(pcapng, options, bytes, OPTION_PACKET_FLAGS,
			    &length);
	if (flags && length == 4 && (get32(pcapng, flags) & 3) == INBOUND)
		event->direction = TRACE_TO_GUEST;
	return comment_take(pcapng, options, bytes, event);
}

enum pcapng_result pcapng_next(struct pcapng *pcapng, struct trace_event *event)
{
	uint32_t type = 0;
	size_t bytes = 0;
	bool good = true;

	while (good && block_read(pcapng, &type, &bytes)) {
		switch (type) {
		case BLOCK_SECTION:
			good = section_take(pcapng, bytes);
			break;
		case BLOCK_INTERFACE:
			good = interface_take(pcapng, bytes);
			break;
		case BLOCK_PACKET:
			good = packet_take(pcapng, bytes, event);
			if (good)
				return PCAPNG_EVENT;
			break;
		default:
			/* What we do not know is not for us. */
			break;
		}
	}
	return pcapng->error[0] ? PCAPNG_BROKEN : PCAPNG_END;
}

/* ---- Life ---- */

struct pcapng *pcapng_open(FILE *stream, const char *name)
{
	struct pcapng *pcapng = calloc(1, sizeof(*pcapng));

	if (!pcapng)
		return NULL;
	pcapng->stream = stream;
	pcapng->name = strdup(name);
	if (pcapng->name)
		return pcapng;
	free(pcapng);
	return NULL;
}

void pcapng_close(struct pcapng *pcapng)
{
	if (!pcapng)
		return;
	free(pcapng->block);
	free(pcapng->about);
	free(pcapng->text);
	free(pcapng->comment);
	free(pcapng->name);
	free(pcapng);
}

const char *pcapng_error(const struct pcapng *pcapng)
{
	return pcapng->error;
}

const char *pcapng_about(const struct pcapng *pcapng)
{
	return pcapng->about ? pcapng->about : "";
}
