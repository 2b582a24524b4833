/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happens, compared with what a script says of it, field by field; and
 * what is said when they differ.
 */
#include <string.h>

#include "mocks/trace/script_internal.h"

/** Bytes of one line of a difference. */
#define BYTES_SHOWN 16u

/* ---- Fields ---- */

/** Fields that say which of several streams of a kind an event belongs to. */
static const char *const stream_keys[] = {"cpu", "channel", "queue", "at"};

static uint64_t number_of(const struct trace_field *field)
{
	return field && field->kind == TRACE_NUMBER ? field->number : 0;
}

/** Two known values; a name and the number that has it are the same. */
static bool value_equal(const struct trace_record *expected,
			const struct trace_field *field,
			const struct trace_record *actual,
			const struct trace_field *other)
{
	if (field->kind == TRACE_TEXT && other->kind == TRACE_NUMBER)
		return strlen(other->name) == field->length &&
		       !memcmp(other->name, trace_field_bytes(expected, field),
			       field->length);
	if (field->kind != other->kind)
		return false;
	if (field->kind == TRACE_NUMBER)
		return field->number == other->number;
	return field->length == other->length &&
	       (!field->length ||
		!memcmp(trace_field_bytes(expected, field),
			trace_field_bytes(actual, other), field->length));
}

/** A variable that is not known yet takes the value; at most one value. */
static bool bind(struct script *script, const struct trace_record *expected,
		 const struct trace_field *field,
		 const struct trace_record *actual,
		 const struct trace_field *other)
{
	const struct trace_field *known;
	char name[TRACE_NAME_MAX];

	snprintf(name, sizeof(name), "%.*s", (int)field->length,
		 (const char *)trace_field_bytes(expected, field));
	known = trace_record_find(&script->bound, name);
	if (known)
		return value_equal(&script->bound, known, actual, other);
	return script_field_copy(&script->bound, name, actual, other);
}

static bool field_equal(struct script *script,
			const struct trace_record *expected,
			const struct trace_field *field,
			const struct trace_record *actual)
{
	const struct trace_field *other = trace_record_find(actual, field->key);

	if (field->kind == TRACE_ANY)
		return true;
	if (field->kind == TRACE_VARIABLE)
		return other && bind(script, expected, field, actual, other);
	if (script->rules.compares &&
	    !script->rules.compares(expected, actual, field->key))
		return true;
	/* What is not shown is zero. */
	if (!other)
		return field->kind == TRACE_NUMBER && !field->number;
	return value_equal(expected, field, actual, other);
}

/** A field of what happened of which the script says nothing. */
static bool is_surplus(const struct script *script,
		       const struct trace_record *expected,
		       const struct trace_record *actual,
		       const struct trace_field *other)
{
	return !expected->is_open && !trace_record_find(expected, other->key) &&
	       (!script->rules.compares ||
		script->rules.compares(expected, actual, other->key));
}

/** Go through all fields. @param stream where they are named, or NULL */
static bool fields_equal(struct script *script,
			 const struct trace_record *expected,
			 const struct trace_record *actual, FILE *stream)
{
	bool equal = strcmp(expected->name, actual->name) == 0 ||
		     (expected->is_open && !expected->name[0]);
	unsigned n;

	if (!equal && stream)
		fputs(" (its name)", stream);
	trace_record_clear(&script->bound);
	for (n = 0; n < expected->count; n++) {
		if (field_equal(script, expected, &expected->fields[n], actual))
			continue;
		equal = false;
		if (stream)
			fprintf(stream, " %s", expected->fields[n].key);
	}
	for (n = 0; n < actual->count; n++) {
		if (!is_surplus(script, expected, actual, &actual->fields[n]))
			continue;
		equal = false;
		if (stream)
			fprintf(stream, " %s", actual->fields[n].key);
	}
	return equal;
}

/* ---- Streams ---- */

static const struct trace_field *item_find(const struct script_item *item,
					   const char *key)
{
	unsigned n;

	for (n = 0; n < item->count; n++)
		if (strcmp(item->fields[n].key, key) == 0)
			return &item->fields[n];
	return NULL;
}

static bool is_of_stream(const struct script_item *item,
			 const struct trace_record *actual)
{
	const struct trace_field *field, *other;
	size_t n;

	if (item->kind != actual->kind || item->direction != actual->direction)
		return false;
	for (n = 0; n < sizeof(stream_keys) / sizeof(stream_keys[0]); n++) {
		field = item_find(item, stream_keys[n]);
		other = trace_record_find(actual, stream_keys[n]);
		if (field ? field->kind == TRACE_ANY ||
				    field->kind == TRACE_VARIABLE
			  : item->is_open)
			continue;
		if (number_of(field) != number_of(other))
			return false;
		if (field && other && field->kind == TRACE_TEXT &&
		    (field->length != other->length ||
		     memcmp(item->pool + field->start,
			    trace_field_bytes(actual, other),
			    field->length) != 0))
			return false;
	}
	return true;
}

/** The next of a stream, from a place on; or the number of events. */
static size_t stream_next(const struct script *script, size_t n,
			  const struct trace_record *actual)
{
	for (; n < script->count; n++)
		if (!script->items[n].is_done &&
		    is_of_stream(&script->items[n], actual))
			break;
	return n;
}

/**
 * The same event can be said in several ways: a message that is known as bytes
 * ("-"), say. One that the script says all of is put into the usual words.
 */
static bool reword(struct script *script)
{
	char ignored[TRACE_ERROR_MAX];
	unsigned column;

	return trace_encode(&script->built, &script->expected, ignored,
			    &column) &&
	       trace_decode(&script->reworded, &script->built.event);
}

static bool item_equal(struct script *script, size_t n)
{
	if (!script_item_record(&script->items[n], &script->expected) ||
	    !script_substitute(script, &script->expected))
		return false;
	return fields_equal(script, &script->expected, &script->actual, NULL) ||
	       (reword(script) &&
		fields_equal(script, &script->reworded, &script->actual, NULL));
}

/** It came: its variables are known from now on. */
static void item_done(struct script *script, size_t n)
{
	unsigned i;

	script->items[n].is_done = true;
	while (script->first < script->count &&
	       script->items[script->first].is_done)
		script->first++;
	for (i = 0; i < script->bound.count; i++)
		script_field_copy(&script->variables,
				  script->bound.fields[i].key, &script->bound,
				  &script->bound.fields[i]);
}

/* ---- Differences ---- */

static void bytes_show(FILE *stream, const char *whose, const uint8_t *bytes,
		       uint32_t length, uint32_t from)
{
	uint32_t end = from + BYTES_SHOWN;

	fprintf(stream, "    %s:", whose);
	for (; from < end && from < length; from++)
		fprintf(stream, " %02x", bytes[from]);
	fputs(from >= length ? " (the end)\n" : "\n", stream);
}

/** Where the bytes of both part, if the script knows all of them. */
static void bytes_differ(struct script *script, const struct trace_event *event,
			 FILE *stream)
{
	const struct trace_event *expected = &script->built.event;
	char ignored[TRACE_ERROR_MAX];
	unsigned column;
	uint32_t at = 0;

	if (!trace_encode(&script->built, &script->expected, ignored,
			  &column) ||
	    (!expected->length && !event->length))
		return;
	while (at < expected->length && at < event->length &&
	       expected->bytes[at] == event->bytes[at])
		at++;
	if (at == expected->length && at == event->length)
		return;
	fprintf(stream, "  from byte %u on:\n", at);
	bytes_show(stream, "script", expected->bytes, expected->length, at);
	bytes_show(stream, "actual", event->bytes, event->length, at);
}

static void differ(struct script *script, size_t n,
		   const struct trace_event *event, FILE *stream)
{
	fprintf(stream, "%s:%u: what happened is not what the script says\n",
		script->path, script->items[n].line);
	if (!script_item_record(&script->items[n], &script->expected) ||
	    !script_substitute(script, &script->expected))
		return;
	fputs("  script: ", stream);
	trace_text_show(stream, &script->expected);
	fputs("\n  actual: ", stream);
	trace_text_show(stream, &script->actual);
	fputs("\n  differing:", stream);
	fields_equal(script, &script->expected, &script->actual, stream);
	fputc('\n', stream);
	bytes_differ(script, event, stream);
}

static void surplus(struct script *script, FILE *stream)
{
	size_t n = script->first;

	fprintf(stream,
		"%s:%u: what happened is not in the script, which waits "
		"here\n",
		script->path, n < script->count ? script->items[n].line : 0);
	if (n < script->count) {
		fputs("  script: ", stream);
		script_show(script, n, stream);
	}
	fputs("  actual: ", stream);
	trace_text_show(stream, &script->actual);
	fputc('\n', stream);
}

/* ---- Both together ---- */

bool script_match(struct script *script, const struct trace_event *event,
		  size_t *which, FILE *stream)
{
	size_t next, n;
	unsigned group;

	*which = SCRIPT_NONE;
	if (!script->has[event->kind][event->direction] ||
	    script_is_over(script))
		return true;
	if (!trace_decode(&script->actual, event)) {
		fprintf(stream, "%s: out of memory\n", script->path);
		return false;
	}
	if (script->rules.checks && !script->rules.checks(&script->actual))
		return true;
	next = stream_next(script, script->first, &script->actual);
	if (next == script->count) {
		surplus(script, stream);
		return false;
	}
	group = script->items[next].group;
	for (n = next; n < script->count && script->items[n].group == group;
	     n = stream_next(script, n + 1, &script->actual)) {
		if (item_equal(script, n)) {
			item_done(script, n);
			*which = n;
			return true;
		}
		if (!group)
			break;
	}
	differ(script, next, event, stream);
	return false;
}
