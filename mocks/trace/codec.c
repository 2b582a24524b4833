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

#include "mocks/trace/codec_internal.h"

/** Words of a channel message, and more than any has. */
#define LIST_MAX 64u
/* ---- Errors ---- */

void codec_fail(struct codec *codec, unsigned column, const char *format, ...)
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
struct trace_field *codec_take(struct codec *codec, const char *key,
			       bool is_needed)
{
	struct trace_field *field = trace_record_find(codec->record, key);

	if (!field) {
		if (is_needed)
			codec_fail(codec, 0, "'%s' is missing", key);
		return NULL;
	}
	field->is_used = true;
	if (field->kind == TRACE_ANY)
		codec_fail(codec, field->column,
			   "'%s' has to be known here: it is sent", key);
	else if (field->kind == TRACE_VARIABLE)
		codec_fail(codec, field->column, "'$%.*s' has no value yet",
			   (int)field->length,
			   (const char *)trace_field_bytes(codec->record,
							   field));
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
		codec_fail(codec, field->column,
			   "'%s' has no value named '%.*s'", field->key,
			   (int)field->length, text);
		return false;
	}
	if (field->kind != TRACE_NUMBER) {
		codec_fail(codec, field->column, "'%s' wants a number",
			   field->key);
		return false;
	}
	if (field->number > most) {
		codec_fail(codec, field->column,
			   "'%s' is at most %#" PRIx64 ", not %#" PRIx64,
			   field->key, most, field->number);
		return false;
	}
	*number = field->number;
	return true;
}

/** Of what is taken apart: whether it could be put together again. */
static void number_check(struct codec *codec, const char *key, uint64_t value,
			 uint64_t most)
{
	if (value > most && !codec->error[0])
		snprintf(codec->error, TRACE_ERROR_MAX,
			 "'%s' is at most %#" PRIx64 ", not %#" PRIx64, key,
			 most, value);
}

/** A number that is always there. */
void codec_number(struct codec *codec, const char *key, uint64_t *value,
		  unsigned base, uint64_t most, const struct layout_name *names)
{
	struct trace_field *field;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		number_check(codec, key, *value, most);
		trace_record_number(codec->record, key, *value, base,
				    names ? layout_name(names, *value) : NULL);
		return;
	}
	field = codec_take(codec, key, true);
	if (field)
		number_read(codec, field, names, most, value);
}

/** A number that is not shown while it is what it usually is. */
void codec_number_unless(struct codec *codec, const char *key, uint64_t *value,
			 unsigned base, uint64_t most, uint64_t usual)
{
	struct trace_field *field;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		number_check(codec, key, *value, most);
		if (*value != usual)
			trace_record_number(codec->record, key, *value, base,
					    NULL);
		return;
	}
	*value = usual;
	field = codec_take(codec, key, false);
	if (field)
		number_read(codec, field, NULL, most, value);
}

/* ---- Bytes ---- */

static bool bytes_room(struct codec *codec, size_t length)
{
	struct trace_built *built = codec->built;
	uint8_t *bytes;

	if (length > TRACE_BYTES_MAX) {
		codec_fail(codec, 0, "more than %u bytes", TRACE_BYTES_MAX);
		return false;
	}
	if (length > built->room || !built->bytes) {
		bytes = realloc(built->bytes, length ? length : 1);
		if (!bytes) {
			codec_fail(codec, 0, "out of memory");
			return false;
		}
		built->bytes = bytes;
		built->room = length ? length : 1;
	}
	return true;
}

/** So many bytes of zeros, from where the event's bytes end. */
uint8_t *codec_bytes_add(struct codec *codec, struct trace_event *event,
			 size_t length)
{
	if (codec->failed || !bytes_room(codec, event->length + length))
		return NULL;
	memset(codec->built->bytes + event->length, 0, length);
	event->bytes = codec->built->bytes;
	event->length += (uint32_t)length;
	return codec->built->bytes + event->length - length;
}

const uint8_t *codec_field_bytes(struct codec *codec,
				 const struct trace_field *field)
{
	if (field->kind != TRACE_BYTES) {
		codec_fail(codec, field->column, "'%s' wants bytes",
			   field->key);
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
	struct trace_field *field = codec_take(codec, member->name, is_needed);
	uint64_t value = 0;
	const uint8_t *from;

	bytes += member->offset;
	if (member->format == LAYOUT_BYTES ||
	    (member->format == LAYOUT_RESERVED && member->bytes > 8)) {
		from = field ? codec_field_bytes(codec, field) : NULL;
		if (from && field->length != member->bytes)
			codec_fail(codec, field->column,
				   "'%s' has %u bytes, not %zu", member->name,
				   member->bytes, field->length);
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
	codec_fail(codec, codec->record->name_column, "there is no '%s'", name);
	return NULL;
}

static void message_raw_take(struct codec *codec, struct trace_event *event)
{
	struct trace_field *field = codec_take(codec, "data", true);
	const uint8_t *from = field ? codec_field_bytes(codec, field) : NULL;
	uint8_t *to;

	if (!from)
		return;
	to = codec_bytes_add(codec, event, field->length);
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
		codec_fail(codec, tail->column, "'%s' wants %s", tail->key,
			   tail_word(layout) > 1 ? "a list of numbers"
						 : "bytes");
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
			codec_fail(codec, tail->column,
				   "%#" PRIx64
				   " of '%s' does not fit into %zu bytes",
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
	uint64_t length = 0, least;
	uint8_t *to;
	size_t n;

	if (codec->failed)
		return;
	codec->is_named = true;
	if (strcmp(codec->record->name, "-") == 0) {
		message_raw_take(codec, event);
		return;
	}
	layout = layout_by_name(codec, family);
	if (!layout)
		return;
	tail = codec_take(codec, layout->tail_name, false);
	least = layout->bytes + tail_bytes(codec, layout, tail);
	codec_number_unless(codec, "length", &length, 10, TRACE_BYTES_MAX,
			    least);
	if (!codec->failed && length < least)
		codec_fail(codec, 0,
			   "a length of %" PRIu64 ", where there are %" PRIu64
			   " bytes",
			   length, least);
	to = codec_bytes_add(codec, event, (size_t)length);
	if (!to)
		return;
	put(to, family->type_bytes, layout->type);
	for (n = 0; n < layout->count && !codec->failed; n++)
		member_take(codec, &layout->members[n], to, (uint32_t)length);
	if (tail && !codec->failed)
		tail_take(codec, layout, tail, to + layout->bytes);
}

/** A message at an offset of the event's bytes, which goes to their end. */
void codec_message(struct codec *codec, const struct layout_family *family,
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
void codec_blob(struct codec *codec, const char *key, struct trace_event *event)
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
	field = codec_take(codec, key, true);
	from = field ? codec_field_bytes(codec, field) : NULL;
	if (!from)
		return;
	to = codec_bytes_add(codec, event, field->length);
	if (to && field->length)
		memcpy(to, from, field->length);
}
