/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each kind of event consists of.
 *
 * A codec goes through the fields of an event in order: taking apart it adds
 * each to the record, putting together it looks each up there. The functions
 * that describe the kinds do not see the difference.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/trace/codec.h"
#include "mocks/trace/layout.h"

/** Words of a channel message, and more than any has. */
#define LIST_MAX   64u
/** Larger than any message, packet or frame there is. */
#define LENGTH_MAX 0x100000u

struct codec {
	struct trace_record *record;
	/** Put together: the record is read. */
	bool is_encoding;
	bool failed;
	char *error;
	unsigned *column;
	struct trace_built *built;
};

/* ---- Errors ---- */

static void fail(struct codec *codec, unsigned column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void fail(struct codec *codec, unsigned column, const char *format, ...)
{
	va_list arguments;

	if (codec->failed)
		return;
	codec->failed = true;
	*codec->column = column;
	va_start(arguments, format);
	vsnprintf(codec->error, TRACE_ERROR_MAX, format, arguments);
	va_end(arguments);
}

/* ---- Fields ---- */

/** A field that is to be read; NULL and a complaint if it has to be there. */
static struct trace_field *field_take(struct codec *codec, const char *key,
				      bool is_needed)
{
	struct trace_field *field = trace_record_find(codec->record, key);

	if (!field) {
		if (is_needed)
			fail(codec, 0, "'%s' is missing", key);
		return NULL;
	}
	field->is_used = true;
	if (field->kind == TRACE_ANY)
		fail(codec, field->column,
		     "'%s' has to be known here: it is sent", key);
	else if (field->kind == TRACE_VARIABLE)
		fail(codec, field->column, "'$%.*s' has no value yet",
		     (int)field->length,
		     (const char *)trace_field_bytes(codec->record, field));
	return codec->failed ? NULL : field;
}

static bool number_read(struct codec *codec, struct trace_field *field,
			const struct layout_name *names, uint64_t most,
			uint64_t *number)
{
	const char *text;

	if (field->kind == TRACE_TEXT && names) {
		text = (const char *)trace_field_bytes(codec->record, field);
		for (; names->name; names++)
			if (strlen(names->name) == field->length &&
			    !memcmp(names->name, text, field->length)) {
				*number = names->number;
				return true;
			}
		fail(codec, field->column, "'%s' has no value named '%.*s'",
		     field->key, (int)field->length, text);
		return false;
	}
	if (field->kind != TRACE_NUMBER) {
		fail(codec, field->column, "'%s' wants a number", field->key);
		return false;
	}
	if (field->number > most) {
		fail(codec, field->column,
		     "'%s' is at most %#" PRIx64 ", not %#" PRIx64, field->key,
		     most, field->number);
		return false;
	}
	*number = field->number;
	return true;
}

/** A number that is always there. */
static void number(struct codec *codec, const char *key, uint64_t *value,
		   unsigned base, uint64_t most,
		   const struct layout_name *names)
{
	struct trace_field *field;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		trace_record_number(codec->record, key, *value, base,
				    names ? layout_name(names, *value) : NULL);
		return;
	}
	field = field_take(codec, key, true);
	if (field)
		number_read(codec, field, names, most, value);
}

/** A number that is not shown while it is what it usually is. */
static void number_unless(struct codec *codec, const char *key, uint64_t *value,
			  unsigned base, uint64_t most, uint64_t usual)
{
	struct trace_field *field;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		if (*value != usual)
			trace_record_number(codec->record, key, *value, base,
					    NULL);
		return;
	}
	*value = usual;
	field = field_take(codec, key, false);
	if (field)
		number_read(codec, field, NULL, most, value);
}

/* ---- Bytes ---- */

static bool bytes_room(struct codec *codec, size_t length)
{
	struct trace_built *built = codec->built;
	uint8_t *bytes;

	if (length > LENGTH_MAX) {
		fail(codec, 0, "more than %u bytes", LENGTH_MAX);
		return false;
	}
	if (length > built->room || !built->bytes) {
		bytes = realloc(built->bytes, length ? length : 1);
		if (!bytes) {
			fail(codec, 0, "out of memory");
			return false;
		}
		built->bytes = bytes;
		built->room = length ? length : 1;
	}
	return true;
}

/** So many bytes of zeros, from where the event's bytes end. */
static uint8_t *bytes_add(struct codec *codec, struct trace_event *event,
			  size_t length)
{
	if (codec->failed || !bytes_room(codec, event->length + length))
		return NULL;
	memset(codec->built->bytes + event->length, 0, length);
	event->bytes = codec->built->bytes;
	event->length += (uint32_t)length;
	return codec->built->bytes + event->length - length;
}

static const uint8_t *field_bytes(struct codec *codec,
				  const struct trace_field *field)
{
	if (field->kind != TRACE_BYTES) {
		fail(codec, field->column, "'%s' wants bytes", field->key);
		return NULL;
	}
	return trace_field_bytes(codec->record, field);
}

/* ---- Messages by their layout ---- */

static uint64_t get(const uint8_t *bytes, unsigned count)
{
	uint64_t value = 0;

	while (count--)
		value = value << 8 | bytes[count];
	return value;
}

static void put(uint8_t *bytes, unsigned count, uint64_t value)
{
	unsigned n;

	for (n = 0; n < count; n++)
		bytes[n] |= (uint8_t)(value >> n * 8);
}

static uint64_t member_most(const struct layout_member *member)
{
	unsigned bits = member->bits ? member->bits : member->bytes * 8u;

	return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static bool is_zero(const uint8_t *bytes, size_t length)
{
	while (length)
		if (bytes[--length])
			return false;
	return true;
}

static void member_show(struct codec *codec, const struct layout_member *member,
			const uint8_t *bytes, uint32_t length)
{
	uint64_t value;

	bytes += member->offset;
	if (member->format == LAYOUT_BYTES ||
	    (member->format == LAYOUT_RESERVED && member->bytes > 8)) {
		if (member->format == LAYOUT_BYTES ||
		    !is_zero(bytes, member->bytes))
			trace_record_bytes(codec->record, member->name, bytes,
					   member->bytes);
		return;
	}
	value = get(bytes, member->bytes) >> member->shift &
		member_most(member);
	if ((member->format == LAYOUT_RESERVED && !value) ||
	    (member->format == LAYOUT_LENGTH && value == length))
		return;
	trace_record_number(codec->record, member->name, value,
			    member->format == LAYOUT_HEX ||
					    member->format == LAYOUT_RESERVED
				    ? 16
				    : 10,
			    member->names ? layout_name(member->names, value)
					  : NULL);
}

static void member_take(struct codec *codec, const struct layout_member *member,
			uint8_t *bytes, uint32_t length)
{
	bool is_needed = member->format != LAYOUT_RESERVED &&
			 member->format != LAYOUT_LENGTH;
	struct trace_field *field = field_take(codec, member->name, is_needed);
	uint64_t value = 0;
	const uint8_t *from;

	bytes += member->offset;
	if (member->format == LAYOUT_BYTES ||
	    (member->format == LAYOUT_RESERVED && member->bytes > 8)) {
		from = field ? field_bytes(codec, field) : NULL;
		if (from && field->length != member->bytes)
			fail(codec, field->column, "'%s' has %u bytes, not %zu",
			     member->name, member->bytes, field->length);
		else if (from)
			memcpy(bytes, from, member->bytes);
		return;
	}
	if (member->format == LAYOUT_LENGTH)
		value = length & member_most(member);
	if (field && !number_read(codec, field, member->names,
				  member_most(member), &value))
		return;
	put(bytes, member->bytes, value << member->shift);
}

static const struct layout *layout_by_type(const struct layout_family *family,
					   const uint8_t *bytes, size_t length)
{
	size_t n;

	if (length < family->type_bytes)
		return NULL;
	for (n = 0; n < family->count; n++)
		if (!family->type_bytes ||
		    family->layouts[n].type == get(bytes, family->type_bytes))
			return length >= family->layouts[n].bytes
				       ? &family->layouts[n]
				       : NULL;
	return NULL;
}

static size_t tail_word(const struct layout *layout)
{
	switch (layout->tail) {
	case LAYOUT_TAIL_WORDS64:
		return 8;
	case LAYOUT_TAIL_WORDS32:
		return 4;
	default:
		return 1;
	}
}

static void list_show(struct codec *codec, const char *key,
		      const uint8_t *bytes, size_t length, size_t word)
{
	uint64_t numbers[LIST_MAX];
	size_t n;

	for (n = 0; n < length / word; n++)
		numbers[n] = get(bytes + n * word, (unsigned)word);
	trace_record_list(codec->record, key, numbers, length / word);
}

/**
 * What follows the members; zeros at the end are counted only.
 * @return how many bytes are shown
 */
static size_t tail_show(struct codec *codec, const struct layout *layout,
			const uint8_t *bytes, size_t rest)
{
	size_t word = tail_word(layout), length = rest, whole;

	while (length && !bytes[length - 1])
		length--;
	whole = (length + word - 1) / word * word;
	if (word > 1 && length && whole <= rest && whole / word <= LIST_MAX) {
		list_show(codec, layout->tail_name, bytes, whole, word);
		return whole;
	}
	if (length)
		trace_record_bytes(codec->record, layout->tail_name, bytes,
				   length);
	return length;
}

/** A message that none of the layouts fits: its bytes as they are. */
static void message_raw(struct codec *codec, const uint8_t *bytes,
			size_t length)
{
	if (codec->record->name[0] == 0)
		snprintf(codec->record->name, TRACE_NAME_MAX, "-");
	trace_record_bytes(codec->record, "data", bytes, length);
}

static void message_show(struct codec *codec,
			 const struct layout_family *family,
			 const uint8_t *bytes, uint32_t length)
{
	const struct layout *layout = layout_by_type(family, bytes, length);
	size_t rest, n;

	if (!layout) {
		message_raw(codec, bytes, length);
		return;
	}
	if (layout->name[0])
		snprintf(codec->record->name, TRACE_NAME_MAX, "%s",
			 layout->name);
	for (n = 0; n < layout->count; n++)
		member_show(codec, &layout->members[n], bytes, length);
	rest = length - layout->bytes;
	if (tail_show(codec, layout, bytes + layout->bytes, rest) != rest)
		trace_record_number(codec->record, "length", length, 10, NULL);
}

static const struct layout *layout_by_name(struct codec *codec,
					   const struct layout_family *family)
{
	const char *name = codec->record->name;
	size_t n;

	for (n = 0; n < family->count; n++)
		if (strcmp(family->layouts[n].name, name) == 0)
			return &family->layouts[n];
	fail(codec, codec->record->name_column, "there is no '%s'", name);
	return NULL;
}

static void message_raw_take(struct codec *codec, struct trace_event *event)
{
	struct trace_field *field = field_take(codec, "data", true);
	const uint8_t *from = field ? field_bytes(codec, field) : NULL;
	uint8_t *to;

	if (!from)
		return;
	to = bytes_add(codec, event, field->length);
	if (to && field->length)
		memcpy(to, from, field->length);
}

/** The bytes that a tail takes, and then itself. */
static size_t tail_bytes(struct codec *codec, const struct layout *layout,
			 const struct trace_field *tail)
{
	if (!tail)
		return 0;
	if (tail->kind == TRACE_LIST && tail_word(layout) > 1)
		return tail->length / sizeof(uint64_t) * tail_word(layout);
	if (tail->kind != TRACE_BYTES)
		fail(codec, tail->column, "'%s' wants %s", tail->key,
		     tail_word(layout) > 1 ? "a list of numbers" : "bytes");
	return tail->length;
}

static void tail_take(struct codec *codec, const struct layout *layout,
		      const struct trace_field *tail, uint8_t *to)
{
	size_t word = tail_word(layout);
	uint64_t value;
	size_t n;

	if (tail->kind == TRACE_BYTES) {
		if (tail->length)
			memcpy(to, trace_field_bytes(codec->record, tail),
			       tail->length);
		return;
	}
	for (n = 0; n < tail->length / sizeof(uint64_t); n++) {
		value = trace_field_number(codec->record, tail, n);
		if (word < 8 && value >> word * 8)
			fail(codec, tail->column,
			     "%#" PRIx64 " of '%s' does not fit into %zu bytes",
			     value, tail->key, word);
		put(to + n * word, (unsigned)word, value);
	}
}

static void message_take(struct codec *codec,
			 const struct layout_family *family,
			 struct trace_event *event)
{
	const struct layout *layout;
	struct trace_field *tail;
	uint64_t length, least;
	uint8_t *to;
	size_t n;

	if (codec->failed)
		return;
	if (strcmp(codec->record->name, "-") == 0) {
		message_raw_take(codec, event);
		return;
	}
	layout = layout_by_name(codec, family);
	if (!layout)
		return;
	tail = field_take(codec, layout->tail_name, false);
	least = layout->bytes + tail_bytes(codec, layout, tail);
	number_unless(codec, "length", &length, 10, LENGTH_MAX, least);
	if (!codec->failed && length < least)
		fail(codec, 0,
		     "a length of %" PRIu64 ", where there are %" PRIu64
		     " bytes",
		     length, least);
	to = bytes_add(codec, event, (size_t)length);
	if (!to)
		return;
	put(to, family->type_bytes, layout->type);
	for (n = 0; n < layout->count && !codec->failed; n++)
		member_take(codec, &layout->members[n], to, (uint32_t)length);
	if (tail && !codec->failed)
		tail_take(codec, layout, tail, to + layout->bytes);
}

/** A message at an offset of the event's bytes, which goes to their end. */
static void message(struct codec *codec, const struct layout_family *family,
		    struct trace_event *event, uint32_t offset)
{
	if (codec->failed)
		return;
	if (codec->is_encoding)
		message_take(codec, family, event);
	else
		message_show(codec, family, event->bytes + offset,
			     event->length - offset);
}

/** Bytes without a layout. */
static void blob(struct codec *codec, const char *key,
		 struct trace_event *event)
{
	struct trace_field *field;
	const uint8_t *from;
	uint8_t *to;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		trace_record_bytes(codec->record, key, event->bytes,
				   event->length);
		return;
	}
	field = field_take(codec, key, true);
	from = field ? field_bytes(codec, field) : NULL;
	if (!from)
		return;
	to = bytes_add(codec, event, field->length);
	if (to && field->length)
		memcpy(to, from, field->length);
}

/* ---- Words ---- */

/** Where it happens: one word; an event without has none. */
static void place(struct codec *codec, struct trace_event *event)
{
	struct trace_field *field;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		if (event->place)
			trace_record_text(codec->record, "at", event->place,
					  strlen(event->place));
		return;
	}
	event->place = NULL;
	field = field_take(codec, "at", false);
	if (!field)
		return;
	if (field->kind != TRACE_TEXT ||
	    field->length >= sizeof(codec->built->place)) {
		fail(codec, field->column, "'at' wants the name of a place");
		return;
	}
	memcpy(codec->built->place, trace_field_bytes(codec->record, field),
	       field->length);
	codec->built->place[field->length] = 0;
	event->place = codec->built->place;
}

static void text(struct codec *codec, struct trace_event *event)
{
	struct trace_field *field;
	char *copy;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		trace_record_text(codec->record, "text", event->text,
				  strlen(event->text));
		return;
	}
	field = field_take(codec, "text", true);
	if (!field)
		return;
	if (field->kind != TRACE_TEXT) {
		fail(codec, field->column, "'text' wants a text");
		return;
	}
	copy = strndup((const char *)trace_field_bytes(codec->record, field),
		       field->length);
	if (!copy) {
		fail(codec, 0, "out of memory");
		return;
	}
	free(codec->built->text);
	codec->built->text = copy;
	event->text = copy;
}

/** The name of what is at a number, in place of the number. */
static void named(struct codec *codec, const char *key, uint64_t *value,
		  const struct layout_name *names)
{
	const char *name;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		name = layout_name(names, *value);
		snprintf(codec->record->name, TRACE_NAME_MAX, "%s",
			 name ? name : "-");
		if (!name)
			number(codec, key, value, 16, UINT64_MAX, NULL);
		return;
	}
	if (strcmp(codec->record->name, "-") == 0) {
		number(codec, key, value, 16, UINT64_MAX, NULL);
		return;
	}
	for (; names->name; names++)
		if (strcmp(names->name, codec->record->name) == 0) {
			*value = names->number;
			return;
		}
	fail(codec, codec->record->name_column, "there is no '%s'",
	     codec->record->name);
}

static void queue(struct codec *codec, const char *key,
		  struct trace_event *event)
{
	uint64_t value = event->queue;

	number(codec, key, &value, 10, UINT32_MAX, NULL);
	event->queue = (uint32_t)value;
}

static void width(struct codec *codec, struct trace_event *event)
{
	uint64_t value = event->width;

	number(codec, "width", &value, 10, 8, NULL);
	event->width = (unsigned)value;
}

/* ---- The kinds, in the order of enum trace_kind ---- */

static void kind_cpuid(struct codec *codec, struct trace_event *event)
{
	number(codec, "leaf", &event->address, 16, UINT32_MAX, NULL);
	number_unless(codec, "subleaf", &event->value, 16, UINT32_MAX, 0);
	message(codec, &layout_cpuid, event, 0);
}

static void kind_msr(struct codec *codec, struct trace_event *event)
{
	named(codec, "number", &event->address, layout_msrs);
	number(codec, "value", &event->value, 16, UINT64_MAX, NULL);
}

static void kind_hypercall(struct codec *codec, struct trace_event *event)
{
	static const struct layout_name names[] = {
		{"HvCallPostMessage", 0x5c},
		{"HvCallSignalEvent", 0x1005d},
		{NULL, 0},
	};

	named(codec, "control", &event->address, names);
	number(codec, "input", &event->other, 16, UINT64_MAX, NULL);
	number_unless(codec, "result", &event->value, 16, UINT64_MAX, 0);
}

static const struct layout_name *register_names(const char *where)
{
	static const struct layout_name none[] = {{NULL, 0}};

	if (where && strcmp(where, "bar0") == 0)
		return layout_vmxnet3_bar0;
	if (where && strcmp(where, "bar1") == 0)
		return layout_vmxnet3_bar1;
	if (where && strncmp(where, "virtio-mmio", 11) == 0)
		return layout_virtio_mmio;
	return none;
}

static void kind_register(struct codec *codec, struct trace_event *event)
{
	const struct layout_name *commands = NULL;

	place(codec, event);
	named(codec, "offset", &event->address, register_names(event->place));
	if (event->place && strcmp(event->place, "bar1") == 0 &&
	    strcmp(codec->record->name, "CMD") == 0)
		commands = layout_vmxnet3_commands;
	width(codec, event);
	number(codec, "value", &event->value, 16, UINT64_MAX, commands);
}

static void kind_vector(struct codec *codec, struct trace_event *event)
{
	number(codec, "vector", &event->address, 10, UINT8_MAX, NULL);
}

static void kind_line(struct codec *codec, struct trace_event *event)
{
	static const struct layout_name names[] = {
		{"low", 0},
		{"high", 1},
		{"edge", 2},
		{NULL, 0},
	};

	number(codec, "line", &event->address, 10, UINT32_MAX, NULL);
	number(codec, "level", &event->value, 10, 2, names);
}

static void kind_msi(struct codec *codec, struct trace_event *event)
{
	number(codec, "address", &event->address, 16, UINT64_MAX, NULL);
	number(codec, "data", &event->value, 16, UINT32_MAX, NULL);
}

/** The connection that a guest names, or the source of the host. */
static const char *port_key(const struct trace_event *event)
{
	return event->direction == TRACE_FROM_GUEST ? "connection" : "sint";
}

static void kind_message(struct codec *codec, struct trace_event *event)
{
	number(codec, port_key(event), &event->address, 16, UINT32_MAX, NULL);
	number_unless(codec, "message_type", &event->value, 16, UINT32_MAX, 1);
	message(codec, &layout_vmbus, event, 0);
}

static void kind_event(struct codec *codec, struct trace_event *event)
{
	number(codec, port_key(event), &event->address, 16, UINT32_MAX, NULL);
	number(codec, "flag", &event->value, 10, UINT32_MAX, NULL);
}

/** Ranges and the like, between descriptor and payload. */
static void packet_header(struct codec *codec, struct trace_event *event)
{
	const uint32_t descriptor = 16;
	struct trace_field *field;
	const uint8_t *from;
	uint8_t *to;
	uint32_t bytes;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		bytes = event->width > descriptor ? event->width - descriptor
						  : 0;
		if (bytes > event->length)
			bytes = event->length;
		if (bytes)
			trace_record_bytes(codec->record, "header",
					   event->bytes, bytes);
		return;
	}
	event->width = descriptor;
	field = field_take(codec, "header", false);
	from = field ? field_bytes(codec, field) : NULL;
	if (!from)
		return;
	to = bytes_add(codec, event, field->length);
	if (to)
		memcpy(to, from, field->length);
	event->width += (unsigned)field->length;
}

static void kind_packet(struct codec *codec, struct trace_event *event)
{
	uint32_t header;
	uint64_t offset;

	queue(codec, "channel", event);
	number(codec, "type", &event->value, 10, UINT16_MAX,
	       layout_packet_types);
	number_unless(codec, "flags", &event->other, 16, UINT16_MAX, 0);
	number(codec, "transaction", &event->address, 16, UINT64_MAX, NULL);
	offset = event->width;
	packet_header(codec, event);
	header = event->width > 16 ? event->width - 16 : 0;
	if (!codec->is_encoding && header > event->length)
		header = event->length;
	/* A data offset that its header does not have. */
	number_unless(codec, "data_offset", &offset, 10, UINT32_MAX,
		      header + 16);
	event->width = (unsigned)offset;
	message(codec, &layout_nvsp, event, header);
}

static void kind_rndis(struct codec *codec, struct trace_event *event)
{
	queue(codec, "channel", event);
	number(codec,
	       event->direction == TRACE_FROM_GUEST ? "section" : "at_offset",
	       &event->address, 16, UINT32_MAX, NULL);
	message(codec, &layout_rndis, event, 0);
}

static void kind_descriptor(struct codec *codec, struct trace_event *event)
{
	static const struct {
		const char *place;
		const struct layout_family *family;
	} rings[] = {
		{"tx", &layout_vmxnet3_tx},   {"rx0", &layout_vmxnet3_rx},
		{"rx1", &layout_vmxnet3_rx},  {"txc", &layout_vmxnet3_txc},
		{"rxc", &layout_vmxnet3_rxc},
	};
	size_t n;

	place(codec, event);
	queue(codec, "queue", event);
	number(codec, "index", &event->address, 10, UINT32_MAX, NULL);
	for (n = 0; n < sizeof(rings) / sizeof(rings[0]); n++)
		if (event->place && strcmp(event->place, rings[n].place) == 0) {
			message(codec, rings[n].family, event, 0);
			return;
		}
	blob(codec, "data", event);
}

static void kind_frame(struct codec *codec, struct trace_event *event)
{
	blob(codec, "data", event);
}

static void kind_text(struct codec *codec, struct trace_event *event)
{
	text(codec, event);
}

static const struct {
	const char *name;
	void (*describe)(struct codec *codec, struct trace_event *event);
} kinds[TRACE_KINDS] = {
	[TRACE_CPUID] = {"cpuid", kind_cpuid},
	[TRACE_MSR] = {"msr", kind_msr},
	[TRACE_HYPERCALL] = {"hypercall", kind_hypercall},
	[TRACE_PORT] = {"port", kind_register},
	[TRACE_MMIO] = {"mmio", kind_register},
	[TRACE_VECTOR] = {"vector", kind_vector},
	[TRACE_LINE] = {"line", kind_line},
	[TRACE_MSI] = {"msi", kind_msi},
	[TRACE_MESSAGE] = {"message", kind_message},
	[TRACE_EVENT] = {"event", kind_event},
	[TRACE_PACKET] = {"packet", kind_packet},
	[TRACE_RNDIS] = {"rndis", kind_rndis},
	[TRACE_DESCRIPTOR] = {"descriptor", kind_descriptor},
	[TRACE_FRAME] = {"frame", kind_frame},
	[TRACE_RULE] = {"rule", kind_text},
	[TRACE_NOTE] = {"note", kind_text},
};

const char *trace_kind_name(enum trace_kind kind)
{
	return kinds[kind].name;
}

bool trace_kind_find(const char *name, size_t length, enum trace_kind *kind)
{
	unsigned n;

	for (n = 0; n < TRACE_KINDS; n++)
		if (strlen(kinds[n].name) == length &&
		    !memcmp(kinds[n].name, name, length)) {
			*kind = (enum trace_kind)n;
			return true;
		}
	return false;
}

/* ---- Both ways ---- */

static void describe(struct codec *codec, struct trace_event *event)
{
	uint64_t cpu = event->cpu;

	number_unless(codec, "cpu", &cpu, 10, UINT8_MAX, 0);
	event->cpu = (unsigned)cpu;
	kinds[event->kind].describe(codec, event);
}

bool trace_decode(struct trace_record *record, const struct trace_event *event)
{
	char error[TRACE_ERROR_MAX];
	unsigned column;
	struct codec codec = {
		.record = record,
		.error = error,
		.column = &column,
	};
	struct trace_event copy = *event;

	trace_record_clear(record);
	record->kind = event->kind;
	record->direction = event->direction;
	record->has_time = true;
	record->time = event->time;
	describe(&codec, &copy);
	return !codec.failed && !record->is_broken;
}

bool trace_encode(struct trace_built *built, struct trace_record *record,
		  char *error, unsigned *column)
{
	struct codec codec = {
		.record = record,
		.is_encoding = true,
		.error = error,
		.column = column,
		.built = built,
	};
	struct trace_event *event = &built->event;
	unsigned n;

	memset(event, 0, sizeof(*event));
	event->kind = record->kind;
	event->direction = record->direction;
	event->time = record->time;
	for (n = 0; n < record->count; n++)
		record->fields[n].is_used = false;
	if (record->is_open)
		fail(&codec, 0, "'...' stands where an event has to be whole");
	describe(&codec, event);
	for (n = 0; n < record->count && !codec.failed; n++)
		if (!record->fields[n].is_used)
			fail(&codec, record->fields[n].column,
			     "nobody asks for '%s' here",
			     record->fields[n].key);
	return !codec.failed;
}

void trace_built_free(struct trace_built *built)
{
	free(built->bytes);
	free(built->text);
	memset(built, 0, sizeof(*built));
}
