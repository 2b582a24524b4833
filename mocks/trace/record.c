/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A list of named fields, and the pool where their bytes lie.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/trace/layout.h"
#include "mocks/trace/record.h"

void trace_record_clear(struct trace_record *record)
{
	uint8_t *pool = record->pool;
	size_t room = record->pool_room;

	record->kind = TRACE_NOTE;
	record->direction = TRACE_FROM_GUEST;
	record->has_time = false;
	record->time = 0;
	record->name[0] = 0;
	record->name_column = 0;
	record->is_open = false;
	record->count = 0;
	record->comment_start = 0;
	record->comment_length = 0;
	record->pool = pool;
	record->pool_bytes = 0;
	record->pool_room = room;
	record->is_broken = false;
}

void trace_record_free(struct trace_record *record)
{
	free(record->pool);
	record->pool = NULL;
	record->pool_room = 0;
	record->pool_bytes = 0;
}

static struct trace_field *field_add(struct trace_record *record,
				     const char *key)
{
	struct trace_field *field = &record->fields[record->count];

	if (record->count == TRACE_FIELDS_MAX ||
	    strlen(key) >= sizeof(field->key)) {
		record->is_broken = true;
		return NULL;
	}
	record->count++;
	memset(field, 0, sizeof(*field));
	memcpy(field->key, key, strlen(key) + 1);
	return field;
}

static bool pool_grow(struct trace_record *record, size_t length)
{
	size_t room = record->pool_room ? record->pool_room : 256;
	uint8_t *pool;

	if (record->pool && length <= record->pool_room - record->pool_bytes)
		return true;
	while (room - record->pool_bytes < length)
		room *= 2;
	pool = realloc(record->pool, room);
	if (!pool) {
		record->is_broken = true;
		return false;
	}
	record->pool = pool;
	record->pool_room = room;
	return true;
}

static struct trace_field *field_pooled(struct trace_record *record,
					const char *key, enum trace_value kind,
					const void *bytes, size_t length)
{
	struct trace_field *field = field_add(record, key);

	if (!field || !pool_grow(record, length))
		return NULL;
	field->kind = kind;
	field->start = record->pool_bytes;
	field->length = length;
	if (length)
		memcpy(record->pool + field->start, bytes, length);
	record->pool_bytes += length;
	return field;
}

struct trace_field *trace_record_number(struct trace_record *record,
					const char *key, uint64_t number,
					unsigned base, const char *name)
{
	struct trace_field *field = field_add(record, key);

	if (!field)
		return NULL;
	field->kind = TRACE_NUMBER;
	field->number = number;
	field->base = base;
	if (name)
		snprintf(field->name, sizeof(field->name), "%s", name);
	return field;
}

struct trace_field *trace_record_bytes(struct trace_record *record,
				       const char *key, const uint8_t *bytes,
				       size_t length)
{
	return field_pooled(record, key, TRACE_BYTES, bytes, length);
}

struct trace_field *trace_record_list(struct trace_record *record,
				      const char *key, const uint64_t *numbers,
				      size_t count)
{
	return field_pooled(record, key, TRACE_LIST, numbers,
			    count * sizeof(*numbers));
}

uint64_t trace_field_number(const struct trace_record *record,
			    const struct trace_field *field, size_t n)
{
	uint64_t number;

	memcpy(&number, record->pool + field->start + n * sizeof(number),
	       sizeof(number));
	return number;
}

struct trace_field *trace_record_text(struct trace_record *record,
				      const char *key, const char *text,
				      size_t length)
{
	return field_pooled(record, key, TRACE_TEXT, text, length);
}

struct trace_field *trace_record_copy(struct trace_record *record,
				      const char *key,
				      const struct trace_record *from,
				      const struct trace_field *field)
{
	struct trace_field *copy;

	if (field->kind == TRACE_NUMBER)
		copy = trace_record_number(record, key, field->number,
					   field->base,
					   field->name[0] ? field->name : NULL);
	else
		copy = field_pooled(record, key, field->kind,
				    trace_field_bytes(from, field),
				    field->length);
	if (!copy)
		return NULL;
	copy->flags = field->flags;
	copy->column = field->column;
	return copy;
}

struct trace_mark trace_record_mark(const struct trace_record *record)
{
	struct trace_mark mark = {
		.count = record->count,
		.pool_bytes = record->pool_bytes,
		.is_broken = record->is_broken,
	};

	return mark;
}

void trace_record_back(struct trace_record *record,
		       const struct trace_mark *mark)
{
	record->count = mark->count;
	record->pool_bytes = mark->pool_bytes;
	record->is_broken = mark->is_broken;
}

uint64_t trace_record_value(const struct trace_record *record, const char *key)
{
	const struct trace_field *field = trace_record_find(record, key);

	return field && field->kind == TRACE_NUMBER ? field->number : 0;
}

struct trace_field *trace_record_find_in(const struct trace_record *record,
					 const char *prefix)
{
	size_t length = strlen(prefix);
	unsigned n;

	for (n = 0; n < record->count; n++)
		if (strncmp(record->fields[n].key, prefix, length) == 0)
			return (struct trace_field *)&record->fields[n];
	return NULL;
}

bool trace_key_is(const char *key, const char *path)
{
	size_t length;

	for (;;) {
		length = strcspn(key, ".");
		if (strncmp(key, path, length) != 0)
			return false;
		key += length;
		path += length;
		if (!*key || *path != '.')
			return !*key && !*path;
		key++;
		path++;
		/* The number of a group is left out of the path. */
		length = strcspn(key, ".");
		if (isdigit((unsigned char)*key) && key[length])
			key += length + 1;
	}
}

/** A space, or what becomes one in a line. */
static bool is_blank(char character)
{
	return (unsigned char)character <= ' ' || character == 0x7f;
}

void trace_record_comment(struct trace_record *record, const char *text,
			  size_t length)
{
	size_t n;

	while (length && is_blank(text[length - 1]))
		length--;
	for (; length && is_blank(*text); length--)
		text++;
	if (!pool_grow(record, length))
		return;
	for (n = 0; n < length; n++)
		record->pool[record->pool_bytes + n] =
			is_blank(text[n]) ? ' ' : (uint8_t)text[n];
	record->comment_start = record->pool_bytes;
	record->comment_length = length;
	record->pool_bytes += length;
}

struct trace_field *trace_record_find(const struct trace_record *record,
				      const char *key)
{
	unsigned n;

	for (n = 0; n < record->count; n++)
		if (strcmp(record->fields[n].key, key) == 0)
			return (struct trace_field *)&record->fields[n];
	return NULL;
}

const uint8_t *trace_field_bytes(const struct trace_record *record,
				 const struct trace_field *field)
{
	static const uint8_t nothing[1];

	/* Fields without bytes may have no pool. */
	return record->pool ? record->pool + field->start : nothing;
}

char *trace_text_copy(const uint8_t *bytes, size_t length)
{
	char *text = malloc(length + 1);

	if (!text)
		return NULL;
	if (length)
		memcpy(text, bytes, length);
	text[length] = 0;
	return text;
}

/* ---- Sets of bits ---- */

void trace_flags_text(char *text, uint64_t number,
		      const struct layout_name *flags)
{
	size_t at = 0;

	for (; flags->name; flags++) {
		if (!(number & flags->number))
			continue;
		number &= ~flags->number;
		at += (size_t)snprintf(text + at, TRACE_FLAGS_MAX - at, "%s%s",
				       at ? "|" : "", flags->name);
	}
	if (number || !at)
		snprintf(text + at, TRACE_FLAGS_MAX - at, "%s0x%" PRIx64,
			 at ? "|" : "", number);
}

static bool flag_number(const char *word, size_t length,
			const struct layout_name *flags, uint64_t *number)
{
	char digits[24], *end;

	for (; flags->name; flags++)
		if (strlen(flags->name) == length &&
		    !memcmp(flags->name, word, length)) {
			*number |= flags->number;
			return true;
		}
	if (!length || length >= sizeof(digits) ||
	    !isdigit((unsigned char)*word))
		return false;
	memcpy(digits, word, length);
	digits[length] = 0;
	errno = 0;
	*number |= strtoull(digits, &end, 0);
	return !*end && !errno;
}

bool trace_flags_number(const char *text, size_t length,
			const struct layout_name *flags, uint64_t *number)
{
	const char *end = text + length, *word;

	*number = 0;
	for (;;) {
		for (word = text; text < end && *text != '|'; text++)
			;
		if (!flag_number(word, (size_t)(text - word), flags, number))
			return false;
		if (text++ == end)
			return true;
	}
}
