/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fields of an event, and its bytes.
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

/* ---- Groups ---- */

size_t codec_enter(struct codec *codec, const char *name, unsigned n)
{
	size_t before = strlen(codec->prefix);

	snprintf(codec->prefix + before, sizeof(codec->prefix) - before,
		 "%s.%u.", name, n);
	return before;
}

void codec_leave(struct codec *codec, size_t before)
{
	codec->prefix[before] = 0;
}

const char *codec_key(struct codec *codec, const char *key)
{
	if (!codec->prefix[0])
		return key;
	snprintf(codec->key, sizeof(codec->key), "%s%s", codec->prefix, key);
	return codec->key;
}

bool codec_has_group(struct codec *codec, const char *name, unsigned n)
{
	size_t before = codec_enter(codec, name, n);
	bool is_there = trace_record_find_in(codec->record, codec->prefix);
	struct trace_field *open;

	/* Some of its fields do not matter. */
	open = trace_record_find(codec->record, codec_key(codec, "*"));
	if (open && codec->is_partial)
		open->is_used = true;
	else if (open)
		codec_fail(codec, open->column,
			   "'...' stands where a group has to be whole");
	codec_leave(codec, before);
	return is_there && !codec->failed;
}

void codec_no_field(struct codec *codec, const char *name)
{
	struct trace_field *field = codec_take(codec, name, false);

	if (field)
		codec_fail(codec, field->column, "'%s' wants fields in braces",
			   field->key);
}

void codec_use_group(struct codec *codec)
{
	size_t length = strlen(codec->prefix);
	unsigned n;

	for (n = 0; n < codec->record->count; n++)
		if (strncmp(codec->record->fields[n].key, codec->prefix,
			    length) == 0)
			codec->record->fields[n].is_used = true;
}

/* ---- Fields ---- */

struct trace_field *codec_find(struct codec *codec, const char *key)
{
	return trace_record_find(codec->record, codec_key(codec, key));
}

bool codec_peek(struct codec *codec, const char *key, uint64_t *number)
{
	const struct trace_field *field = codec_find(codec, key);

	if (field && field->kind == TRACE_NUMBER)
		*number = field->number;
	return field && field->kind == TRACE_NUMBER;
}

/** A field that is to be read; NULL and a complaint if it has to be there. */
struct trace_field *codec_take(struct codec *codec, const char *key,
			       bool is_needed)
{
	struct trace_field *field = codec_find(codec, key);

	if (!field) {
		if (is_needed && !codec->is_partial)
			codec_fail(codec, 0, "'%s' is missing",
				   codec_key(codec, key));
		return NULL;
	}
	field->is_used = true;
	if (codec->is_partial &&
	    (field->kind == TRACE_ANY || field->kind == TRACE_VARIABLE))
		return NULL;
	if (field->kind == TRACE_ANY)
		codec_fail(codec, field->column,
			   "'%s' has to be known here: it is sent", field->key);
	else if (field->kind == TRACE_VARIABLE)
		codec_fail(codec, field->column, "'$%.*s' has no value yet",
			   (int)field->length,
			   (const char *)trace_field_bytes(codec->record,
							   field));
	return codec->failed ? NULL : field;
}

/** A field that was a name is its number from now on. */
static void name_done(struct codec *codec, struct trace_field *field,
		      uint64_t number, const char *name,
		      const struct layout_name *flags)
{
	if (!codec->is_partial)
		return;
	field->kind = TRACE_NUMBER;
	field->number = number;
	field->base = 16;
	field->flags = flags;
	snprintf(field->name, sizeof(field->name), "%s", name);
}

bool codec_number_read(struct codec *codec, struct trace_field *field,
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
				name_done(codec, field, *number, names->name,
					  NULL);
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

bool codec_flags_read(struct codec *codec, struct trace_field *field,
		      const struct layout_name *flags, uint64_t most,
		      uint64_t *number)
{
	const char *text;

	if (field->kind != TRACE_TEXT)
		return codec_number_read(codec, field, NULL, most, number);
	text = (const char *)trace_field_bytes(codec->record, field);
	if (!trace_flags_number(text, field->length, flags, number)) {
		codec_fail(codec, field->column,
			   "'%s' has no bits named '%.*s'", field->key,
			   (int)field->length, text);
		return false;
	}
	if (*number > most) {
		codec_fail(codec, field->column,
			   "'%s' is at most %#" PRIx64 ", not %#" PRIx64,
			   field->key, most, *number);
		return false;
	}
	name_done(codec, field, *number, "", flags);
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
		number_check(codec, codec_key(codec, key), *value, most);
		trace_record_number(codec->record, codec_key(codec, key),
				    *value, base,
				    names ? layout_name(names, *value) : NULL);
		return;
	}
	field = codec_take(codec, key, true);
	if (field)
		codec_number_read(codec, field, names, most, value);
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
			trace_record_number(codec->record,
					    codec_key(codec, key), *value, base,
					    NULL);
		return;
	}
	*value = usual;
	field = codec_take(codec, key, false);
	if (field)
		codec_number_read(codec, field, NULL, most, value);
}

void codec_flags_show(struct codec *codec, const char *key, uint64_t value,
		      const struct layout_name *flags)
{
	struct trace_field *field =
		trace_record_number(codec->record, codec_key(codec, key), value,
				    16, NULL);

	if (field)
		field->flags = flags;
}

void codec_flags(struct codec *codec, const char *key, uint64_t *value,
		 uint64_t most, const struct layout_name *flags,
		 bool is_optional)
{
	struct trace_field *field;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		number_check(codec, key, *value, most);
		if (*value || !is_optional)
			codec_flags_show(codec, key, *value, flags);
		return;
	}
	*value = 0;
	field = codec_take(codec, key, !is_optional);
	if (field)
		codec_flags_read(codec, field, flags, most, value);
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

/** Bytes without a layout. */
void codec_blob(struct codec *codec, const char *key, struct trace_event *event)
{
	struct trace_field *field;
	const uint8_t *from;
	uint8_t *to;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		trace_record_bytes(codec->record, codec_key(codec, key),
				   event->bytes, event->length);
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
