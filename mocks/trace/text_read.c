/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of a trace, read. Strict: what is not understood is an error with its
 * line and column.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/trace/codec.h"
#include "mocks/trace/text_internal.h"

#define LIST_MAX       64u
/** Bytes of a line: two values of the longest, in hexadecimal. */
#define LINE_MAX_BYTES 0x400000u
/** Bytes of all blocks at one time: more than any writer of ours names. */
#define BLOCKS_MAX     0x8000000u
#define SECOND	       UINT64_C(1000000000)

/* ---- Blocks ---- */

static size_t block_bytes(const struct named_block *block)
{
	return sizeof(*block) + strlen(block->name) + 1 + block->length;
}

static struct named_block **block_link(struct trace_text *text,
				       const char *name, size_t length)
{
	struct named_block **link;
	uint32_t hash = 5381;
	size_t n;

	for (n = 0; n < length; n++)
		hash = hash * 33 + (uint8_t)name[n];
	link = &text->blocks[hash % TRACE_TEXT_BUCKETS];
	while (*link && (strlen((*link)->name) != length ||
			 memcmp((*link)->name, name, length) != 0))
		link = &(*link)->next;
	return link;
}

/** Give the value that was read a name; what had it before has none now. */
static bool block_put(struct trace_text *text, const char *name, size_t length)
{
	struct named_block **link = block_link(text, name, length);
	struct named_block *block = *link, *next = block ? block->next : NULL;
	size_t had = block ? block_bytes(block) : 0;

	block = calloc(1, sizeof(*block) + length + 1 + text->bytes_used);
	if (!block)
		return text_wrong(text, name, "out of memory");
	block->next = next;
	block->length = text->bytes_used;
	memcpy(block->name, name, length);
	block->bytes = (uint8_t *)block->name + length + 1;
	if (block->length)
		memcpy(block->bytes, text->bytes, block->length);
	free(*link);
	*link = block;
	text->blocks_bytes += block_bytes(block) - had;
	return text->blocks_bytes <= BLOCKS_MAX ||
	       text_wrong(text, name, "blocks of more than %u bytes together",
			  BLOCKS_MAX);
}

/** "block NAME [...]"; a name may be given again. */
static bool read_block(struct trace_text *text)
{
	const char *name;
	size_t length;

	text_spaces(text);
	length = text_word(text, &name);
	if (!length)
		return text_wrong(text, text->at, "the block has no name");
	text_spaces(text);
	if (*text->at != '[')
		return text_wrong(text, text->at, "'[' is expected");
	if (!text_read_bytes(text))
		return false;
	if (!text_at_end(text))
		return text_wrong(text, text->at, "the line should end here");
	return block_put(text, name, length);
}

/* ---- Values ---- */

static struct trace_field *
read_list(struct trace_text *text, struct trace_record *record, const char *key)
{
	uint64_t numbers[LIST_MAX];
	const char *start = text->at++;
	size_t count = 0;
	unsigned base;

	for (;;) {
		text_spaces(text);
		if (*text->at == '}')
			break;
		if (count == LIST_MAX) {
			text_wrong(text, start, "more than %u numbers",
				   LIST_MAX);
			return NULL;
		}
		if (!text_digits(text, &numbers[count], &base))
			return NULL;
		count++;
	}
	text->at++;
	return trace_record_list(record, key, numbers, count);
}

static struct trace_field *read_reference(struct trace_text *text,
					  struct trace_record *record,
					  const char *key)
{
	const struct named_block *block;
	char room[40];
	const char *name;
	size_t length;

	text->at++;
	length = text_word(text, &name);
	block = *block_link(text, name, length);
	if (!block) {
		text_wrong(text, name, "there is no block '%s' so far",
			   text_quoted(name, length, room, sizeof(room)));
		return NULL;
	}
	return trace_record_bytes(record, key, block->bytes, block->length);
}

static struct trace_field *read_named(struct trace_text *text,
				      struct trace_record *record,
				      const char *key, bool is_variable)
{
	struct trace_field *field;
	const char *name, *start;
	size_t length;

	text->at += is_variable;
	length = text_word(text, &name);
	/* Bits by their names. */
	while (length && !is_variable && text->at[0] == '|' &&
	       text_is_word_char(text->at[1])) {
		text->at++;
		text_word(text, &start);
		length = (size_t)(text->at - name);
	}
	if (!length) {
		text_wrong(text, text->at, "a value is expected");
		return NULL;
	}
	field = trace_record_text(record, key, name, length);
	if (field && is_variable)
		field->kind = TRACE_VARIABLE;
	return field;
}

static struct trace_field *read_number(struct trace_text *text,
				       struct trace_record *record,
				       const char *key)
{
	uint64_t number = 0;
	unsigned base;

	if (!text_digits(text, &number, &base))
		return NULL;
	return trace_record_number(record, key, number, base, NULL);
}

static struct trace_field *read_value(struct trace_text *text,
				      struct trace_record *record,
				      const char *key)
{
	struct trace_field *field;

	if (strncmp(text->at, "...", 3) == 0) {
		text->at += 3;
		field = trace_record_text(record, key, "", 0);
		if (field)
			field->kind = TRACE_ANY;
		return field;
	}
	switch (*text->at) {
	case '[':
		return text_read_bytes(text)
			       ? trace_record_bytes(record, key, text->bytes,
						    text->bytes_used)
			       : NULL;
	case '"':
		return text_read_quoted(text)
			       ? trace_record_text(record, key,
						   (const char *)text->bytes,
						   text->bytes_used)
			       : NULL;
	case '{':
		return read_list(text, record, key);
	case '%':
		return read_reference(text, record, key);
	case '$':
		return read_named(text, record, key, true);
	default:
		if (isdigit((unsigned char)*text->at))
			return read_number(text, record, key);
		return read_named(text, record, key, false);
	}
}

/** A key with the groups around it. */
static bool read_key(struct trace_text *text, const char *start, size_t length,
		     char *key)
{
	size_t before = strlen(text->prefix);

	if (!length || *text->at != '=' || memchr(start, '.', length))
		return text_wrong(text, start, "'key=value' is expected");
	if (before + length >= TRACE_KEY_MAX)
		return text_wrong(text, start, "the key is too long");
	memcpy(key, text->prefix, before);
	memcpy(key + before, start, length);
	key[before + length] = 0;
	return true;
}

/** Whether it is the brace of a group, and not of a list of numbers. */
static bool is_group(const struct trace_text *text)
{
	const char *at = text->at;

	if (*at != '{')
		return false;
	for (at++; *at == ' ' || *at == '\t'; at++)
		;
	return *at != '}' && !isdigit((unsigned char)*at);
}

/** How many groups of a name there are so far. */
static unsigned groups_count(const struct trace_record *record, const char *key)
{
	char prefix[TRACE_KEY_MAX + 16];
	unsigned n;

	for (n = 0;; n++) {
		snprintf(prefix, sizeof(prefix), "%s.%u.", key, n);
		if (!trace_record_find_in(record, prefix))
			return n;
	}
}

static bool read_field(struct trace_text *text, struct trace_record *record);

/** "...": the other fields of a group do not matter. */
static bool read_open_group(struct trace_text *text,
			    struct trace_record *record)
{
	char key[TRACE_KEY_MAX + 2];
	struct trace_field *field;

	snprintf(key, sizeof(key), "%s*", text->prefix);
	field = trace_record_text(record, key, "", 0);
	if (!field)
		return text_wrong(text, text->at, "there are too many fields");
	field->kind = TRACE_ANY;
	field->column = (unsigned)(text->at - text->line) + 1;
	text->at += 3;
	text_spaces(text);
	return *text->at == '}' ||
	       text_wrong(text, text->at, "'...' stands at the end");
}

/** "{key=value ...}" */
static bool read_group(struct trace_text *text, struct trace_record *record,
		       const char *key)
{
	size_t before = strlen(text->prefix);
	const char *start = text->at;
	int length = snprintf(text->prefix, sizeof(text->prefix), "%s.%u.", key,
			      groups_count(record, key));
	bool good = (size_t)length < sizeof(text->prefix);

	if (!good)
		text_wrong(text, start, "the groups are too deep");
	text->at++;
	while (good) {
		if (text_at_end(text)) {
			good = text_wrong(text, text->at, "'}' is expected");
		} else if (*text->at == '}') {
			break;
		} else if (strncmp(text->at, "...", 3) == 0) {
			good = read_open_group(text, record);
			break;
		} else {
			good = read_field(text, record);
		}
	}
	text->at += good;
	text->prefix[before] = 0;
	return good;
}

static bool read_single(struct trace_text *text, struct trace_record *record,
			const char *key, const char *start)
{
	struct trace_field *field;

	if (trace_record_find(record, key) || groups_count(record, key))
		return text_wrong(text, start, "'%s' stands here twice", key);
	text->error[0] = 0;
	field = read_value(text, record, key);
	if (!field)
		return text->error[0] ? false
				      : text_wrong(text, start,
						   "there are too many fields");
	field->column = (unsigned)(start - text->line) + 1;
	return true;
}

/** "key=value", "key={key=value ...}" */
static bool read_field(struct trace_text *text, struct trace_record *record)
{
	char key[TRACE_KEY_MAX];
	const char *start;
	size_t length = text_word(text, &start);

	if (!read_key(text, start, length, key))
		return false;
	text->at++;
	if (is_group(text)) {
		if (trace_record_find(record, key))
			return text_wrong(text, start, "'%s' stands here twice",
					  key);
		if (!read_group(text, record, key))
			return false;
	} else if (!read_single(text, record, key, start)) {
		return false;
	}
	if (*text->at && *text->at != ' ' && *text->at != '\t' &&
	    *text->at != '#' && !(*text->at == '}' && text->prefix[0]))
		return text_wrong(text, text->at, "a space is expected");
	return true;
}

static bool read_fields(struct trace_text *text, struct trace_record *record)
{
	while (!text_at_end(text)) {
		if (strncmp(text->at, "...", 3) == 0) {
			text->at += 3;
			record->is_open = true;
			if (!text_at_end(text))
				return text_wrong(text, text->at,
						  "'...' stands at the end");
			return true;
		}
		if (!read_field(text, record))
			return false;
	}
	return true;
}

/* ---- Events ---- */

/** Digits behind a point, as nanoseconds; more than nine are an error. */
static uint64_t read_fraction(struct trace_text *text)
{
	uint64_t part = 0, unit = SECOND;

	if (*text->at != '.')
		return 0;
	for (text->at++; isdigit((unsigned char)*text->at) && unit > 1;
	     text->at++) {
		unit /= 10;
		part += unit * (uint64_t)(*text->at - '0');
	}
	return part;
}

/** "@SECONDS.NANOSECONDS" */
static bool read_time(struct trace_text *text, struct trace_record *record)
{
	const char *start = text->at++;
	uint64_t seconds = 0, part;
	const char *from = text->at;

	for (; isdigit((unsigned char)*text->at); text->at++) {
		seconds = seconds * 10 + (uint64_t)(*text->at - '0');
		if (seconds > UINT64_MAX / SECOND)
			return text_wrong(text, start, "the time is too large");
	}
	if (text->at == from)
		return text_wrong(text, start, "'@' stands before seconds");
	part = read_fraction(text);
	if (part > UINT64_MAX - seconds * SECOND)
		return text_wrong(text, start, "the time is too large");
	if (*text->at != ' ' && *text->at != '\t')
		return text_wrong(text, text->at, "a space is expected");
	record->has_time = true;
	record->time = seconds * SECOND + part;
	text_spaces(text);
	return true;
}

static bool read_direction(struct trace_text *text, struct trace_record *record)
{
	if (*text->at != '>' && *text->at != '<')
		return text_wrong(text, text->at,
				  "'>' (from the guest) or '<' (to it) is "
				  "expected");
	record->direction =
		*text->at == '>' ? TRACE_FROM_GUEST : TRACE_TO_GUEST;
	text->at++;
	text_spaces(text);
	return true;
}

/** The name behind the kind: a word that is no "key=". */
static bool read_name(struct trace_text *text, struct trace_record *record)
{
	const char *start;
	size_t length;

	text_spaces(text);
	if (strncmp(text->at, "...", 3) == 0)
		return true;
	length = text_word(text, &start);
	if (*text->at == '=') {
		text->at = start;
		return true;
	}
	if (length >= sizeof(record->name))
		return text_wrong(text, start, "the name is too long");
	memcpy(record->name, start, length);
	record->name[length] = 0;
	record->name_column = (unsigned)(start - text->line) + 1;
	return true;
}

/** "# ..." behind an event stays with it. */
static void read_comment(struct trace_text *text, struct trace_record *record)
{
	if (*text->at == '#')
		trace_record_comment(record, text->at + 1,
				     strlen(text->at + 1));
}

static bool read_kind(struct trace_text *text, struct trace_record *record)
{
	const char *start;
	size_t length = text_word(text, &start);
	char room[40];

	record->name_column = (unsigned)(start - text->line) + 1;
	return trace_kind_find(start, length, &record->kind) ||
	       text_wrong(text, start, "there is no kind of event '%s'",
			  text_quoted(start, length, room, sizeof(room)));
}

/** "compare WAY KIND" */
static bool read_compare(struct trace_text *text, struct trace_record *record)
{
	trace_record_clear(record);
	text_spaces(text);
	return read_direction(text, record) && read_kind(text, record) &&
	       (text_at_end(text) ||
		text_wrong(text, text->at, "the line should end here"));
}

static bool read_event(struct trace_text *text, struct trace_record *record)
{
	trace_record_clear(record);
	text->prefix[0] = 0;
	if (*text->at == '@' && !read_time(text, record))
		return false;
	if (!read_direction(text, record) || !read_kind(text, record))
		return false;
	record->name_column = 0;
	if (!read_name(text, record) || !read_fields(text, record))
		return false;
	read_comment(text, record);
	return true;
}

/* ---- Lines ---- */

static bool line_room(struct trace_text *text, size_t length)
{
	size_t room = text->room ? text->room * 2 : 256;
	char *line;

	if (length < text->room)
		return true;
	line = realloc(text->line, room);
	if (!line)
		return false;
	text->line = line;
	text->room = room;
	return true;
}

static int line_broken(struct trace_text *text, const char *what)
{
	trace_text_complain(text, 0, what);
	return -1;
}

/**
 * The next line without its end. Not by getline(): a line that does not end has
 * to be a fault before all of the memory is used.
 * @return 1, 0 at the end, -1: broken
 */
static int line_next(struct trace_text *text)
{
	size_t length = 0;
	int c;

	text->number++;
	while ((c = getc_unlocked(text->stream)) != EOF && c != '\n') {
		if (length == LINE_MAX_BYTES)
			return line_broken(text, "the line is too long");
		if (!line_room(text, length + 1))
			return line_broken(text, "out of memory");
		text->line[length++] = (char)c;
		if (c)
			continue;
		text_wrong(text, text->line + length - 1,
			   "a byte of zero: this is no text");
		return -1;
	}
	if (c == EOF && ferror(text->stream))
		return line_broken(text, "it cannot be read");
	if (c == EOF && !length) {
		text->number--;
		return 0;
	}
	if (!line_room(text, length))
		return line_broken(text, "out of memory");
	while (length && text->line[length - 1] == '\r')
		length--;
	text->line[length] = 0;
	text->at = text->line;
	return 1;
}

/** The first line: "trace 1 key=value ..." */
static bool read_about(struct trace_text *text)
{
	const char *start;
	uint64_t version = 0;
	unsigned base;
	size_t length = text_word(text, &start);

	if (length != 5 || memcmp(start, "trace", 5) != 0)
		return text_wrong(text, start,
				  "a trace begins with the line 'trace 1'");
	text_spaces(text);
	start = text->at;
	if (!text_digits(text, &version, &base))
		return false;
	if (version != 1)
		return text_wrong(text, start,
				  "version %" PRIu64
				  " of the format is not known",
				  version);
	trace_record_clear(&text->about);
	return read_fields(text, &text->about);
}

static bool is_word(struct trace_text *text, const char *expected)
{
	size_t length = strlen(expected);

	if (strncmp(text->at, expected, length) != 0 ||
	    text_is_word_char(text->at[length]))
		return false;
	text->at += length;
	return true;
}

static enum trace_item read_line(struct trace_text *text,
				 struct trace_record *record)
{
	if (is_word(text, "unordered"))
		return text_at_end(text)
			       ? TRACE_ITEM_UNORDERED
			       : (text_wrong(text, text->at,
					     "the line should end here"),
				  TRACE_ITEM_BROKEN);
	if (is_word(text, "end"))
		return text_at_end(text)
			       ? TRACE_ITEM_END_UNORDERED
			       : (text_wrong(text, text->at,
					     "the line should end here"),
				  TRACE_ITEM_BROKEN);
	if (is_word(text, "compare"))
		return read_compare(text, record) ? TRACE_ITEM_COMPARE
						  : TRACE_ITEM_BROKEN;
	return read_event(text, record) ? TRACE_ITEM_EVENT : TRACE_ITEM_BROKEN;
}

enum trace_item trace_text_next(struct trace_text *text,
				struct trace_record *record)
{
	int there;

	while ((there = line_next(text)) > 0) {
		if (text_at_end(text))
			continue;
		if (!text->has_about) {
			if (!read_about(text))
				return TRACE_ITEM_BROKEN;
			text->has_about = true;
			continue;
		}
		if (is_word(text, "block")) {
			if (!read_block(text))
				return TRACE_ITEM_BROKEN;
			continue;
		}
		return read_line(text, record);
	}
	if (there < 0)
		return TRACE_ITEM_BROKEN;
	if (!text->has_about) {
		trace_text_complain(text, 0,
				    "it is empty: a trace begins with the "
				    "line 'trace 1'");
		return TRACE_ITEM_BROKEN;
	}
	return TRACE_ITEM_EOF;
}

/* ---- Life ---- */

struct trace_text *trace_text_open(FILE *stream, const char *name)
{
	struct trace_text *text = calloc(1, sizeof(*text));

	if (!text)
		return NULL;
	text->stream = stream;
	text->name = strdup(name);
	if (text->name)
		return text;
	free(text);
	return NULL;
}

void trace_text_close(struct trace_text *text)
{
	struct named_block *block;
	unsigned n;

	if (!text)
		return;
	for (n = 0; n < TRACE_TEXT_BUCKETS; n++)
		while ((block = text->blocks[n])) {
			text->blocks[n] = block->next;
			free(block);
		}
	trace_record_free(&text->about);
	free(text->bytes);
	free(text->line);
	free(text->name);
	free(text);
}

unsigned trace_text_line(const struct trace_text *text)
{
	return text->number;
}

const char *trace_text_error(const struct trace_text *text)
{
	return text->error;
}

const struct trace_record *trace_text_about(const struct trace_text *text)
{
	return &text->about;
}

bool trace_text_fields(const char *fields, struct trace_record *record)
{
	char none[] = "";
	struct trace_text text = {.name = none, .line = strdup(fields)};
	bool good = text.line;

	text.at = text.line;
	trace_record_clear(record);
	good = good && read_fields(&text, record);
	free(text.bytes);
	free(text.line);
	return good;
}
