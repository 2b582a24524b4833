/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages by their layouts, taken apart and put together.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mocks/trace/codec_internal.h"

/* ---- Members ---- */

uint64_t codec_get(const uint8_t *bytes, unsigned count)
{
	uint64_t value = 0;

	while (count--)
		value = value << 8 | bytes[count];
	return value;
}

void codec_put(uint8_t *bytes, unsigned count, uint64_t value)
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

/** Bytes as they are, and not a number. */
static bool is_bytes(const struct layout_member *member)
{
	return member->format == LAYOUT_BYTES ||
	       member->format == LAYOUT_INTERFACE ||
	       (member->format == LAYOUT_RESERVED && member->bytes > 8);
}

/** Nothing is said of it while it is zero. */
static bool is_sparse(const struct layout_member *member)
{
	return member->format == LAYOUT_RESERVED ||
	       member->format == LAYOUT_SPARSE ||
	       member->format == LAYOUT_SPARSE_FLAGS;
}

static bool has_flags(const struct layout_member *member)
{
	return member->format == LAYOUT_FLAGS ||
	       member->format == LAYOUT_SPARSE_FLAGS;
}

static void bytes_show(struct codec *codec, const struct layout_member *member,
		       const uint8_t *bytes)
{
	const char *name = NULL;

	if (is_sparse(member) && is_zero(bytes, member->bytes))
		return;
	if (member->format == LAYOUT_INTERFACE)
		name = layout_interface_name(bytes);
	if (name)
		trace_record_text(codec->record, codec_key(codec, member->name),
				  name, strlen(name));
	else
		trace_record_bytes(codec->record,
				   codec_key(codec, member->name), bytes,
				   member->bytes);
}

static void member_show(struct codec *codec, const struct layout_member *member,
			const uint8_t *bytes, uint32_t length)
{
	uint64_t value;
	unsigned base;

	bytes += member->offset;
	if (is_bytes(member)) {
		bytes_show(codec, member, bytes);
		return;
	}
	value = codec_get(bytes, member->bytes) >> member->shift &
		member_most(member);
	if ((is_sparse(member) && !value) ||
	    (member->format == LAYOUT_LENGTH && value == length))
		return;
	if (has_flags(member)) {
		codec_flags_show(codec, member->name, value, member->names);
		return;
	}
	base = member->format == LAYOUT_HEX || member->format == LAYOUT_RESERVED
		       ? 16
		       : 10;
	trace_record_number(codec->record, codec_key(codec, member->name),
			    value, base,
			    member->names ? layout_name(member->names, value)
					  : NULL);
}

void codec_members_show(struct codec *codec, const struct layout *layout,
			const uint8_t *bytes, uint32_t length)
{
	size_t n;

	for (n = 0; n < layout->count; n++)
		member_show(codec, &layout->members[n], bytes, length);
}

/** The bytes that a name of an interface stands for, or a field's own. */
static const uint8_t *bytes_of(struct codec *codec,
			       const struct layout_member *member,
			       struct trace_field *field, size_t *length)
{
	const uint8_t *from = trace_field_bytes(codec->record, field);

	*length = field->length;
	if (member->format != LAYOUT_INTERFACE || field->kind != TRACE_TEXT)
		return codec_field_bytes(codec, field);
	*length = member->bytes;
	from = layout_interface((const char *)from, field->length);
	if (!from)
		codec_fail(
			codec, field->column, "'%s' has no value named '%.*s'",
			field->key, (int)field->length,
			(const char *)trace_field_bytes(codec->record, field));
	return from;
}

static void bytes_take(struct codec *codec, const struct layout_member *member,
		       struct trace_field *field, uint8_t *bytes)
{
	size_t length;
	const uint8_t *from = bytes_of(codec, member, field, &length);

	if (from && length != member->bytes)
		codec_fail(codec, field->column, "'%s' has %u bytes, not %zu",
			   field->key, member->bytes, length);
	else if (from)
		memcpy(bytes, from, member->bytes);
}

static void member_take(struct codec *codec, const struct layout_member *member,
			uint8_t *bytes, uint32_t length)
{
	bool is_needed = !is_sparse(member) && member->format != LAYOUT_LENGTH;
	struct trace_field *field = codec_take(codec, member->name, is_needed);
	uint64_t value = 0;

	bytes += member->offset;
	if (member->format == LAYOUT_LENGTH)
		value = length & member_most(member);
	if (!field) {
		codec_put(bytes, member->bytes > 8 ? 8 : member->bytes,
			  value << member->shift);
		return;
	}
	if (is_bytes(member)) {
		bytes_take(codec, member, field, bytes);
		return;
	}
	if (has_flags(member) ? !codec_flags_read(codec, field, member->names,
						  member_most(member), &value)
			      : !codec_number_read(codec, field, member->names,
						   member_most(member), &value))
		return;
	codec_put(bytes, member->bytes, value << member->shift);
}

void codec_members_take(struct codec *codec, const struct layout *layout,
			uint8_t *bytes, uint32_t length)
{
	size_t n;

	for (n = 0; n < layout->count && !codec->failed; n++)
		member_take(codec, &layout->members[n], bytes, length);
}

/* ---- What follows them ---- */

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

size_t codec_trimmed(const uint8_t *bytes, size_t length)
{
	while (length && !bytes[length - 1])
		length--;
	return length;
}

void codec_list_show(struct codec *codec, const char *key, const uint8_t *bytes,
		     size_t count, size_t word)
{
	uint64_t numbers[CODEC_LIST_MAX];
	size_t n;

	for (n = 0; n < count; n++)
		numbers[n] = codec_get(bytes + n * word, (unsigned)word);
	trace_record_list(codec->record, codec_key(codec, key), numbers, count);
}

/**
 * What follows the members; zeros at the end are counted only.
 * @return for how many bytes what is shown stands
 */
static size_t tail_show(struct codec *codec, const struct layout *layout,
			const uint8_t *bytes, size_t rest)
{
	size_t word = tail_word(layout), length = codec_trimmed(bytes, rest);
	size_t whole = (length + word - 1) / word * word;

	if (word > 1 && length && whole <= rest &&
	    whole / word <= CODEC_LIST_MAX) {
		codec_list_show(codec, layout->tail_name, bytes, whole / word,
				word);
		return whole;
	}
	if (length)
		trace_record_bytes(codec->record, layout->tail_name, bytes,
				   length);
	return length;
}

/** The bytes that a tail takes. */
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

void codec_list_take(struct codec *codec, const struct trace_field *field,
		     size_t word, uint8_t *to)
{
	uint64_t value;
	size_t n;

	for (n = 0; n < field->length / sizeof(uint64_t); n++) {
		value = trace_field_number(codec->record, field, n);
		if (word < 8 && value >> word * 8)
			codec_fail(codec, field->column,
				   "%#" PRIx64
				   " of '%s' does not fit into %zu bytes",
				   value, field->key, word);
		codec_put(to + n * word, (unsigned)word, value);
	}
}

static void tail_take(struct codec *codec, const struct layout *layout,
		      const struct trace_field *tail, uint8_t *to)
{
	if (tail->kind != TRACE_BYTES)
		codec_list_take(codec, tail, tail_word(layout), to);
	else if (tail->length)
		memcpy(to, trace_field_bytes(codec->record, tail),
		       tail->length);
}

/* ---- Messages ---- */

static const struct layout *layout_by_type(const struct layout_family *family,
					   const uint8_t *bytes, size_t length)
{
	size_t n;

	if (length < family->type_bytes)
		return NULL;
	for (n = 0; n < family->count; n++)
		if (!family->type_bytes ||
		    family->layouts[n].type ==
			    codec_get(bytes, family->type_bytes))
			return length >= family->layouts[n].bytes
				       ? &family->layouts[n]
				       : NULL;
	return NULL;
}

/** A message that none of the layouts fits: its bytes as they are. */
static void message_raw(struct codec *codec, const uint8_t *bytes,
			size_t length)
{
	if (codec->record->name[0] == 0)
		snprintf(codec->record->name, TRACE_NAME_MAX, "-");
	trace_record_bytes(codec->record, "data", bytes, length);
}

/** What follows the members. @return for how many bytes all of it stands */
static size_t rest_show(struct codec *codec, const struct layout *layout,
			const uint8_t *bytes, uint32_t length)
{
	struct trace_mark mark = trace_record_mark(codec->record);
	size_t shown;

	if (!codec_is_nested(layout))
		return layout->bytes + tail_show(codec, layout,
						 bytes + layout->bytes,
						 length - layout->bytes);
	shown = codec_body_show(codec, layout, bytes, length);
	if (!codec->record->is_broken)
		return shown;
	/* More than a record has room for. */
	trace_record_back(codec->record, &mark);
	return codec_body_raw(codec, layout, bytes, length);
}

static void part_show(struct codec *codec, const struct layout *layout,
		      const uint8_t *bytes, uint32_t length)
{
	codec_members_show(codec, layout, bytes, length);
	if (rest_show(codec, layout, bytes, length) != length)
		trace_record_number(codec->record, codec_key(codec, "length"),
				    length, 10, NULL);
}

/** How long a message is that another one of its kind follows, or the last. */
static uint32_t part_bytes(const struct layout *layout, const uint8_t *bytes,
			   uint32_t length)
{
	uint64_t first;

	if (layout->tail != LAYOUT_TAIL_PACKET)
		return length;
	first = codec_get(bytes + 4, 4);
	if (first < layout->bytes || first > length ||
	    length - first < layout->bytes ||
	    codec_get(bytes + first, 4) != layout->type)
		return length;
	return (uint32_t)first;
}

/** A message; of a PACKET_MSG all others behind it in groups of their own. */
static void parts_show(struct codec *codec, const struct layout *layout,
		       const uint8_t *bytes, uint32_t length)
{
	uint32_t at = part_bytes(layout, bytes, length), part;
	struct trace_mark mark = trace_record_mark(codec->record);
	size_t before;
	unsigned n;

	part_show(codec, layout, bytes, at);
	for (n = 0; at < length; n++, at += part) {
		part = part_bytes(layout, bytes + at, length - at);
		before = codec_enter(codec, "packet", n);
		part_show(codec, layout, bytes + at, part);
		codec_leave(codec, before);
	}
	if (!codec->record->is_broken || !n)
		return;
	/* More than a record has room for. */
	trace_record_back(codec->record, &mark);
	part_show(codec, layout, bytes, length);
}

static void message_show(struct codec *codec,
			 const struct layout_family *family,
			 const uint8_t *bytes, uint32_t length)
{
	const struct layout *layout = layout_by_type(family, bytes, length);

	if (!layout) {
		message_raw(codec, bytes, length);
		return;
	}
	if (layout->name[0])
		snprintf(codec->record->name, TRACE_NAME_MAX, "%s",
			 layout->name);
	parts_show(codec, layout, bytes, length);
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

/** A message of a layout, into bytes of its own. */
static void layout_take(struct codec *codec, const struct layout_family *family,
			const struct layout *layout, struct trace_event *event)
{
	struct codec_body body = {.count = 0};
	struct trace_field *tail = NULL;
	uint64_t length = 0, least;
	uint8_t *to;

	if (codec_is_nested(layout)) {
		least = codec_body_plan(codec, layout, &body);
	} else {
		tail = codec_take(codec, layout->tail_name, false);
		least = layout->bytes + tail_bytes(codec, layout, tail);
	}
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
	codec_put(to, family->type_bytes, layout->type);
	codec_members_take(codec, layout, to, (uint32_t)length);
	if (codec->failed)
		return;
	if (codec_is_nested(layout))
		codec_body_take(codec, layout, &body, to, (uint32_t)length);
	else if (tail)
		tail_take(codec, layout, tail, to + layout->bytes);
}

/** Those behind the first. */
static void parts_take(struct codec *codec, const struct layout_family *family,
		       const struct layout *layout, struct trace_event *event)
{
	size_t before;
	unsigned n;

	codec_no_field(codec, "packet");
	for (n = 0; codec_has_group(codec, "packet", n); n++) {
		before = codec_enter(codec, "packet", n);
		layout_take(codec, family, layout, event);
		codec_leave(codec, before);
	}
}

static void message_take(struct codec *codec,
			 const struct layout_family *family,
			 struct trace_event *event)
{
	const struct layout *layout;

	codec->is_named = true;
	/* A line that does not say what it is about can be any. */
	if (codec->is_partial && family->layouts[0].name[0] &&
	    !codec->record->name[0]) {
		codec_use_group(codec);
		return;
	}
	if (strcmp(codec->record->name, "-") == 0) {
		message_raw_take(codec, event);
		return;
	}
	layout = layout_by_name(codec, family);
	if (!layout)
		return;
	layout_take(codec, family, layout, event);
	if (layout->tail == LAYOUT_TAIL_PACKET)
		parts_take(codec, family, layout, event);
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
