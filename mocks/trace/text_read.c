/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of a trace, read. Strict: what is not understood is an error with its
 * line and column.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/trace/codec.h"
#include "mocks/trace/text.h"

#define ERROR_BYTES   512u
/** Bytes of one value: more than any message has. */
#define VALUE_MAX     0x100000u
#define LIST_MAX      64u
#define SECOND	      UINT64_C(1000000000)
#define BLOCK_BUCKETS 64u

struct named_block {
	struct named_block *next;
	uint8_t *bytes;
	size_t length;
	char name[];
};

struct trace_text {
	FILE *stream;
	char *name;
	char *line;
	size_t room;
	/** Where in the line; and the place of the value being read. */
	const char *at, *value;
	unsigned number;
	struct named_block *blocks[BLOCK_BUCKETS];
	/** The first line. */
	bool has_about;
	struct trace_record about;
	/** Bytes of the value being read. */
	uint8_t *bytes;
	size_t bytes_used, bytes_room;
	char error[ERROR_BYTES];
};

/* ---- Errors ---- */

void trace_text_complain(struct trace_text *text, unsigned column,
			 const char *what)
{
	if (column)
		snprintf(text->error, sizeof(text->error), "%s:%u:%u: %s",
			 text->name, text->number, column, what);
	else
		snprintf(text->error, sizeof(text->error), "%s:%u: %s",
			 text->name, text->number, what);
}

static bool wrong(struct trace_text *text, const char *place,
		  const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool wrong(struct trace_text *text, const char *place,
		  const char *format, ...)
{
	char what[ERROR_BYTES / 2];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	trace_text_complain(text, (unsigned)(place - text->line) + 1, what);
	return false;
}

/* ---- Pieces of a line ---- */

static void spaces(struct trace_text *text)
{
	while (*text->at == ' ' || *text->at == '\t')
		text->at++;
}

/** Whether the line, or all of it but a comment, was read. */
static bool at_end(struct trace_text *text)
{
	spaces(text);
	return !*text->at || *text->at == '#';
}

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' ||
	       c == ':';
}

/** A word: where it begins and how long it is; 0: there is none. */
static size_t word(struct trace_text *text, const char **start)
{
	*start = text->at;
	while (is_word_char(*text->at))
		text->at++;
	return (size_t)(text->at - *start);
}

static bool digits(struct trace_text *text, uint64_t *number, unsigned *base)
{
	const char *start = text->at;
	char *end;

	*base = start[0] == '0' && start[1] == 'x' ? 16 : 10;
	if (!isdigit((unsigned char)*start))
		return wrong(text, start, "a number is expected");
	errno = 0;
	*number = strtoull(start, &end, (int)*base);
	if (errno || end == start || is_word_char(*end))
		return wrong(text, start, "that is no number of 64 bits");
	text->at = end;
	return true;
}

/** What comes from the file, for a complaint: a piece of it, printable. */
static const char *quoted(const char *start, size_t length, char *room,
			  size_t bytes)
{
	size_t n;

	if (length >= bytes)
		length = bytes - 1;
	for (n = 0; n < length; n++)
		room[n] = isprint((unsigned char)start[n]) ? start[n] : '?';
	room[n] = 0;
	return room;
}

/* ---- Bytes ---- */

static bool bytes_put(struct trace_text *text, uint8_t byte, uint64_t count)
{
	size_t need = text->bytes_used;
	uint8_t *bytes;

	if (count > VALUE_MAX - need)
		return wrong(text, text->value, "more than %u bytes",
			     VALUE_MAX);
	need += (size_t)count;
	if (need > text->bytes_room || !text->bytes) {
		size_t room = need < 4096 ? 4096 : need * 2;

		bytes = realloc(text->bytes, room);
		if (!bytes)
			return wrong(text, text->value, "out of memory");
		text->bytes = bytes;
		text->bytes_room = room;
	}
	memset(text->bytes + text->bytes_used, byte, (size_t)count);
	text->bytes_used = need;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/** "[0011 22*40 ff]" */
static bool read_bytes(struct trace_text *text)
{
	int high, low;
	uint64_t run;
	unsigned base;

	text->value = text->at++;
	text->bytes_used = 0;
	for (;;) {
		spaces(text);
		if (*text->at == ']')
			break;
		high = hex_digit(text->at[0]);
		low = high < 0 ? -1 : hex_digit(text->at[1]);
		if (low < 0)
			return wrong(text, text->at,
				     "two hexadecimal digits or ']' are "
				     "expected");
		text->at += 2;
		run = 1;
		if (*text->at == '*') {
			text->at++;
			if (!digits(text, &run, &base))
				return false;
		}
		if (!bytes_put(text, (uint8_t)(high << 4 | low), run))
			return false;
	}
	text->at++;
	return true;
}

/** A text between quotation marks, as bytes. */
static bool read_quoted(struct trace_text *text)
{
	int high, low;
	char c;

	text->value = text->at++;
	text->bytes_used = 0;
	while (*text->at != '"') {
		c = *text->at;
		if (!c)
			return wrong(text, text->value,
				     "the text has no end in its line");
		text->at++;
		if (c == '\\' && *text->at == 'x') {
			high = hex_digit(text->at[1]);
			low = high < 0 ? -1 : hex_digit(text->at[2]);
			if (low < 0)
				return wrong(text, text->at,
					     "two hexadecimal digits are "
					     "expected");
			c = (char)(high << 4 | low);
			text->at += 3;
		} else if (c == '\\') {
			c = *text->at;
			if (c != '"' && c != '\\')
				return wrong(text, text->at,
					     "'\\' stands before '\"', '\\' or "
					     "'x'");
			text->at++;
		}
		if (!bytes_put(text, (uint8_t)c, 1))
			return false;
	}
	text->at++;
	return true;
}

/* ---- Blocks ---- */

static struct named_block **block_link(struct trace_text *text,
				       const char *name, size_t length)
{
	struct named_block **link;
	uint32_t hash = 5381;
	size_t n;

	for (n = 0; n < length; n++)
		hash = hash * 33 + (uint8_t)name[n];
	link = &text->blocks[hash % BLOCK_BUCKETS];
	while (*link && (strlen((*link)->name) != length ||
			 memcmp((*link)->name, name, length) != 0))
		link = &(*link)->next;
	return link;
}

/** "block NAME [...]"; a name may be given again. */
static bool read_block(struct trace_text *text)
{
	struct named_block **link, *block;
	const char *name;
	size_t length;

	spaces(text);
	length = word(text, &name);
	if (!length)
		return wrong(text, text->at, "the block has no name");
	spaces(text);
	if (*text->at != '[')
		return wrong(text, text->at, "'[' is expected");
	if (!read_bytes(text))
		return false;
	if (!at_end(text))
		return wrong(text, text->at, "the line should end here");
	link = block_link(text, name, length);
	if (!*link) {
		*link = calloc(1, sizeof(**link) + length + 1);
		if (!*link)
			return wrong(text, name, "out of memory");
		memcpy((*link)->name, name, length);
	}
	block = *link;
	free(block->bytes);
	block->length = 0;
	block->bytes = malloc(text->bytes_used ? text->bytes_used : 1);
	if (!block->bytes)
		return wrong(text, name, "out of memory");
	if (text->bytes_used)
		memcpy(block->bytes, text->bytes, text->bytes_used);
	block->length = text->bytes_used;
	return true;
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
		spaces(text);
		if (*text->at == '}')
			break;
		if (count == LIST_MAX) {
			wrong(text, start, "more than %u numbers", LIST_MAX);
			return NULL;
		}
		if (!digits(text, &numbers[count], &base))
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
	length = word(text, &name);
	block = *block_link(text, name, length);
	if (!block) {
		wrong(text, name, "there is no block '%s' so far",
		      quoted(name, length, room, sizeof(room)));
		return NULL;
	}
	return trace_record_bytes(record, key, block->bytes, block->length);
}

static struct trace_field *read_named(struct trace_text *text,
				      struct trace_record *record,
				      const char *key, bool is_variable)
{
	struct trace_field *field;
	const char *name;
	size_t length;

	text->at += is_variable;
	length = word(text, &name);
	if (!length) {
		wrong(text, text->at, "a value is expected");
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

	if (!digits(text, &number, &base))
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
		return read_bytes(text)
			       ? trace_record_bytes(record, key, text->bytes,
						    text->bytes_used)
			       : NULL;
	case '"':
		return read_quoted(text)
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

/** "key=value" */
static bool read_field(struct trace_text *text, struct trace_record *record)
{
	struct trace_field *field;
	char key[TRACE_NAME_MAX];
	const char *start;
	size_t length = word(text, &start);

	if (!length || length >= sizeof(key) || *text->at != '=')
		return wrong(text, start, "'key=value' is expected");
	memcpy(key, start, length);
	key[length] = 0;
	if (trace_record_find(record, key))
		return wrong(text, start, "'%s' stands here twice", key);
	text->at++;
	text->error[0] = 0;
	field = read_value(text, record, key);
	if (!field)
		return text->error[0] ? false
				      : wrong(text, start,
					      "there are too many fields");
	field->column = (unsigned)(start - text->line) + 1;
	if (*text->at && *text->at != ' ' && *text->at != '\t' &&
	    *text->at != '#')
		return wrong(text, text->at, "a space is expected");
	return true;
}

static bool read_fields(struct trace_text *text, struct trace_record *record)
{
	while (!at_end(text)) {
		if (strncmp(text->at, "...", 3) == 0) {
			text->at += 3;
			record->is_open = true;
			if (!at_end(text))
				return wrong(text, text->at,
					     "'...' stands at the end");
			return true;
		}
		if (!read_field(text, record))
			return false;
	}
	return true;
}

/* ---- Events ---- */

/** "@SECONDS.NANOSECONDS" */
static bool read_time(struct trace_text *text, struct trace_record *record)
{
	const char *start = text->at++;
	uint64_t seconds = 0, part = 0, unit = SECOND;
	const char *from = text->at;

	for (; isdigit((unsigned char)*text->at); text->at++) {
		if (seconds > UINT64_MAX / SECOND / 10 - 1)
			return wrong(text, start, "the time is too large");
		seconds = seconds * 10 + (uint64_t)(*text->at - '0');
	}
	if (text->at == from)
		return wrong(text, start, "'@' stands before seconds");
	if (*text->at == '.')
		for (text->at++; isdigit((unsigned char)*text->at) && unit > 1;
		     text->at++) {
			unit /= 10;
			part += unit * (uint64_t)(*text->at - '0');
		}
	if (*text->at != ' ' && *text->at != '\t')
		return wrong(text, text->at, "a space is expected");
	record->has_time = true;
	record->time = seconds * SECOND + part;
	spaces(text);
	return true;
}

static bool read_direction(struct trace_text *text, struct trace_record *record)
{
	if (*text->at != '>' && *text->at != '<')
		return wrong(text, text->at,
			     "'>' (from the guest) or '<' (to it) is "
			     "expected");
	record->direction =
		*text->at == '>' ? TRACE_FROM_GUEST : TRACE_TO_GUEST;
	text->at++;
	spaces(text);
	return true;
}

/** The name behind the kind: a word that is no "key=". */
static bool read_name(struct trace_text *text, struct trace_record *record)
{
	const char *start;
	size_t length;

	spaces(text);
	if (strncmp(text->at, "...", 3) == 0)
		return true;
	length = word(text, &start);
	if (*text->at == '=') {
		text->at = start;
		return true;
	}
	if (length >= sizeof(record->name))
		return wrong(text, start, "the name is too long");
	memcpy(record->name, start, length);
	record->name[length] = 0;
	record->name_column = (unsigned)(start - text->line) + 1;
	return true;
}

/** "# ..." behind an event stays with it. */
static void read_comment(struct trace_text *text, struct trace_record *record)
{
	size_t length;

	if (*text->at != '#')
		return;
	text->at++;
	spaces(text);
	length = strlen(text->at);
	while (length &&
	       (text->at[length - 1] == ' ' || text->at[length - 1] == '\t'))
		length--;
	if (length)
		trace_record_comment(record, text->at, length);
}

static bool read_kind(struct trace_text *text, struct trace_record *record)
{
	const char *start;
	size_t length = word(text, &start);
	char room[40];

	record->name_column = (unsigned)(start - text->line) + 1;
	return trace_kind_find(start, length, &record->kind) ||
	       wrong(text, start, "there is no kind of event '%s'",
		     quoted(start, length, room, sizeof(room)));
}

/** "compare WAY KIND" */
static bool read_compare(struct trace_text *text, struct trace_record *record)
{
	trace_record_clear(record);
	spaces(text);
	return read_direction(text, record) && read_kind(text, record) &&
	       (at_end(text) ||
		wrong(text, text->at, "the line should end here"));
}

static bool read_event(struct trace_text *text, struct trace_record *record)
{
	trace_record_clear(record);
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

/** The next line without its end. @return 1, 0 at the end, -1: broken */
static int line_next(struct trace_text *text)
{
	ssize_t length = getline(&text->line, &text->room, text->stream);

	if (length < 0) {
		if (feof(text->stream) && !ferror(text->stream))
			return 0;
		text->number++;
		trace_text_complain(text, 0, "it cannot be read");
		return -1;
	}
	text->number++;
	text->at = text->line;
	if ((size_t)length != strlen(text->line)) {
		wrong(text, text->line + strlen(text->line),
		      "a byte of zero: this is no text");
		return -1;
	}
	while (length && (text->line[length - 1] == '\n' ||
			  text->line[length - 1] == '\r'))
		text->line[--length] = 0;
	return 1;
}

/** The first line: "trace 1 key=value ..." */
static bool read_about(struct trace_text *text)
{
	const char *start;
	uint64_t version = 0;
	unsigned base;
	size_t length = word(text, &start);

	if (length != 5 || memcmp(start, "trace", 5) != 0)
		return wrong(text, start,
			     "a trace begins with the line 'trace 1'");
	spaces(text);
	start = text->at;
	if (!digits(text, &version, &base))
		return false;
	if (version != 1)
		return wrong(text, start,
			     "version %" PRIu64 " of the format is not known",
			     version);
	trace_record_clear(&text->about);
	return read_fields(text, &text->about);
}

static bool is_word(struct trace_text *text, const char *expected)
{
	size_t length = strlen(expected);

	if (strncmp(text->at, expected, length) != 0 ||
	    is_word_char(text->at[length]))
		return false;
	text->at += length;
	return true;
}

static enum trace_item read_line(struct trace_text *text,
				 struct trace_record *record)
{
	if (is_word(text, "unordered"))
		return at_end(text) ? TRACE_ITEM_UNORDERED
				    : (wrong(text, text->at,
					     "the line should end here"),
				       TRACE_ITEM_BROKEN);
	if (is_word(text, "end"))
		return at_end(text) ? TRACE_ITEM_END_UNORDERED
				    : (wrong(text, text->at,
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
		if (at_end(text))
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
	for (n = 0; n < BLOCK_BUCKETS; n++)
		while ((block = text->blocks[n])) {
			text->blocks[n] = block->next;
			free(block->bytes);
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
