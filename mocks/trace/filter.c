/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layers, and expressions about events.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/trace/codec.h"
#include "mocks/trace/filter.h"

/* ---- Layers ---- */

#define KIND(kind) (1u << (kind))

static const struct {
	const char *name;
	unsigned kinds;
} layers[] = {
	{"registers", KIND(TRACE_CPUID) | KIND(TRACE_MSR) |
			      KIND(TRACE_HYPERCALL) | KIND(TRACE_PORT) |
			      KIND(TRACE_MMIO)},
	{"interrupts", KIND(TRACE_VECTOR) | KIND(TRACE_LINE) | KIND(TRACE_MSI)},
	{"messages", KIND(TRACE_MESSAGE) | KIND(TRACE_EVENT)},
	{"packets", KIND(TRACE_PACKET)},
	{"descriptors", KIND(TRACE_DESCRIPTOR)},
	{"frames", KIND(TRACE_FRAME)},
	{"notes", KIND(TRACE_RULE) | KIND(TRACE_NOTE)},
};
#define LAYERS (sizeof(layers) / sizeof(layers[0]))

static unsigned layer_find(const char *name, size_t length)
{
	enum trace_kind kind;
	size_t n;

	for (n = 0; n < LAYERS; n++)
		if (strlen(layers[n].name) == length &&
		    !memcmp(layers[n].name, name, length))
			return layers[n].kinds;
	return trace_kind_find(name, length, &kind) ? KIND(kind) : 0;
}

unsigned trace_layers(const char *names, char *error)
{
	unsigned kinds = 0, found;
	size_t length, n;
	int at;

	for (;; names += length + 1) {
		length = strcspn(names, ",");
		found = layer_find(names, length);
		if (!found)
			break;
		kinds |= found;
		if (!names[length])
			return kinds;
	}
	at = snprintf(error, TRACE_ERROR_MAX,
		      "names no layer: '%.*s'; there are: rndis",
		      (int)(length < 40 ? length : 40), names);
	for (n = 0; n < LAYERS; n++)
		at += snprintf(error + at, TRACE_ERROR_MAX - (size_t)at, ", %s",
			       layers[n].name);
	return 0;
}

/* ---- Expressions ---- */

enum comparison {
	EQUAL,
	UNEQUAL,
	LESS,
	LESS_OR_EQUAL,
	GREATER,
	GREATER_OR_EQUAL,
};

struct term {
	struct term *next;
	char key[TRACE_KEY_MAX];
	enum comparison comparison;
	/** As it was written; a number too if it is one. */
	char value[64];
	bool is_number;
	uint64_t number;
	/** A time in seconds, as nanoseconds. */
	double seconds;
};

struct trace_filter {
	struct term *first;
};

static const char *spaces(const char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

static const char *comparison_read(const char *at, enum comparison *comparison)
{
	static const struct {
		const char *text;
		enum comparison comparison;
	} all[] = {
		{"!=", UNEQUAL},
		{"<=", LESS_OR_EQUAL},
		{">=", GREATER_OR_EQUAL},
		{"=", EQUAL},
		{"<", LESS},
		{">", GREATER},
	};
	size_t n;

	for (n = 0; n < sizeof(all) / sizeof(all[0]); n++)
		if (strncmp(at, all[n].text, strlen(all[n].text)) == 0) {
			*comparison = all[n].comparison;
			return at + strlen(all[n].text);
		}
	return NULL;
}

/** A run of characters of a term. @return how many, 0: too many, or none */
static size_t piece(const char *at, char *to, size_t room, const char *until)
{
	size_t length = strcspn(at, until);

	if (length >= room)
		return 0;
	memcpy(to, at, length);
	to[length] = 0;
	return length;
}

static const char *term_read(struct term *term, const char *at)
{
	size_t length = piece(at, term->key, sizeof(term->key), " \t=!<>");
	char *end;

	if (!length)
		return NULL;
	at = comparison_read(spaces(at + length), &term->comparison);
	if (!at)
		return NULL;
	at = spaces(at);
	/* A direction is a sign itself. */
	length = piece(at, term->value, sizeof(term->value), " \t");
	if (!length)
		return NULL;
	errno = 0;
	term->number = strtoull(term->value, &end, 0);
	term->is_number =
		isdigit((unsigned char)term->value[0]) && !*end && !errno;
	term->seconds = strtod(term->value, &end);
	if (strcmp(term->key, "time") == 0 && *end)
		return NULL;
	return spaces(at + length);
}

struct trace_filter *trace_filter_create(const char *expression, char *error)
{
	struct trace_filter *filter = calloc(1, sizeof(*filter));
	const char *at = spaces(expression);
	struct term *term;

	while (filter) {
		const char *start = at;

		term = calloc(1, sizeof(*term));
		if (!term)
			break;
		term->next = filter->first;
		filter->first = term;
		at = term_read(term, at);
		if (at && !*at)
			return filter;
		if (!at || strncmp(at, "and", 3) != 0 ||
		    !isspace((unsigned char)at[3])) {
			snprintf(error, TRACE_ERROR_MAX,
				 "wants terms 'KEY=VALUE' joined by 'and' "
				 "(also != < <= > >=), and does not understand "
				 "'%.60s'",
				 at ? at : start);
			trace_filter_destroy(filter);
			return NULL;
		}
		at = spaces(at + 3);
	}
	snprintf(error, TRACE_ERROR_MAX, "finds no memory");
	trace_filter_destroy(filter);
	return NULL;
}

void trace_filter_destroy(struct trace_filter *filter)
{
	struct term *term;

	if (!filter)
		return;
	while ((term = filter->first)) {
		filter->first = term->next;
		free(term);
	}
	free(filter);
}

/* ---- Of an event ---- */

/** @param order below, equal or above zero, as memcmp() has it */
static bool holds(enum comparison comparison, int order)
{
	switch (comparison) {
	case EQUAL:
		return !order;
	case UNEQUAL:
		return order;
	case LESS:
		return order < 0;
	case LESS_OR_EQUAL:
		return order <= 0;
	case GREATER:
		return order > 0;
	default:
		return order >= 0;
	}
}

static bool text_holds(const struct term *term, const char *text, size_t length)
{
	size_t count = strlen(term->value);
	int order = memcmp(text, term->value, length < count ? length : count);

	if (!order)
		order = (length > count) - (length < count);
	return holds(term->comparison, order);
}

static bool word_holds(const struct term *term, const char *text)
{
	return text_holds(term, text, strlen(text));
}

static bool field_holds(const struct term *term,
			const struct trace_record *record,
			const struct trace_field *field)
{
	uint64_t number;

	if (field->kind == TRACE_NUMBER && !term->is_number && field->flags)
		return trace_flags_number(term->value, strlen(term->value),
					  field->flags, &number) &&
		       holds(term->comparison,
			     (field->number > number) -
				     (field->number < number));
	if (field->kind == TRACE_NUMBER && term->is_number)
		return holds(term->comparison,
			     (field->number > term->number) -
				     (field->number < term->number));
	if (field->kind == TRACE_NUMBER)
		return word_holds(term, field->name);
	if (field->kind == TRACE_TEXT)
		return text_holds(
			term, (const char *)trace_field_bytes(record, field),
			field->length);
	return false;
}

/**
 * A key as the dissector of Wireshark has it too, with the protocol in front:
 * "rndis.ppi.type". @return the rest, NULL: it is of another protocol
 */
static const char *key_of(const char *key, const struct trace_record *record)
{
	static const struct {
		const char *protocol;
		enum trace_kind kind;
	} protocols[] = {
		{"vmbus.", TRACE_MESSAGE},	{"nvsp.", TRACE_PACKET},
		{"vmxnet3.", TRACE_DESCRIPTOR}, {"virtq.", TRACE_DESCRIPTOR},
		{"register.", TRACE_MMIO},	{"register.", TRACE_PORT},
	};
	const char *kind = trace_kind_name(record->kind);
	size_t length = strlen(kind), n;

	if (strncmp(key, "vmmsim.", 7) == 0)
		key += 7;
	if (strncmp(key, kind, length) == 0 && key[length] == '.')
		return key + length + 1;
	for (n = 0; n < sizeof(protocols) / sizeof(protocols[0]); n++) {
		length = strlen(protocols[n].protocol);
		if (record->kind == protocols[n].kind &&
		    strncmp(key, protocols[n].protocol, length) == 0)
			return key + length;
	}
	return key;
}

/** "desc.len": of a descriptor its place is part of the key. */
static const char *place_of(const char *key, const struct trace_record *record)
{
	const struct trace_field *at = trace_record_find(record, "at");

	if (record->kind == TRACE_DESCRIPTOR && at &&
	    strncmp(key, (const char *)trace_field_bytes(record, at),
		    at->length) == 0 &&
	    key[at->length] == '.')
		return key + at->length + 1;
	return key;
}

/** Whether a field has the key; all packets of a message count. */
static bool has_key(const struct trace_field *field, const char *key)
{
	static const char packets[] = "packet.";
	const char *own = field->key;

	if (strcmp(own, key) == 0 || trace_key_is(own, key))
		return true;
	if (strncmp(own, packets, strlen(packets)) != 0)
		return false;
	own = strchr(own + strlen(packets), '.');
	return own && trace_key_is(own + 1, key);
}

/** Any of the fields that have the key. */
static bool fields_hold(const struct term *term,
			const struct trace_record *record)
{
	const char *key = place_of(key_of(term->key, record), record);
	unsigned n;

	for (n = 0; n < record->count; n++)
		if (has_key(&record->fields[n], key) &&
		    field_holds(term, record, &record->fields[n]))
			return true;
	return false;
}

static bool term_holds(const struct term *term,
		       const struct trace_record *record)
{
	double seconds;

	if (strcmp(term->key, "kind") == 0)
		return word_holds(term, trace_kind_name(record->kind));
	if (strcmp(term->key, "name") == 0)
		return word_holds(term, record->name);
	if (strcmp(term->key, "direction") == 0)
		return word_holds(term, record->direction == TRACE_TO_GUEST
						? "to-guest"
						: "from-guest");
	if (strcmp(term->key, "time") == 0) {
		seconds = (double)record->time / 1e9;
		return holds(term->comparison,
			     (seconds > term->seconds) -
				     (seconds < term->seconds));
	}
	return fields_hold(term, record);
}

bool trace_filter_passes(const struct trace_filter *filter,
			 const struct trace_record *record)
{
	const struct term *term;

	for (term = filter->first; term; term = term->next)
		if (!term_holds(term, record))
			return false;
	return true;
}
