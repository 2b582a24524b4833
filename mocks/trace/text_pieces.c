/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a line of a trace is made of: words, numbers, texts, bytes.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/trace/codec.h"
#include "mocks/trace/text_internal.h"

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

bool text_wrong(struct trace_text *text, const char *place, const char *format,
		...)
{
	char what[TRACE_TEXT_ERROR / 2];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	trace_text_complain(text, (unsigned)(place - text->line) + 1, what);
	return false;
}

/* ---- Pieces of a line ---- */

void text_spaces(struct trace_text *text)
{
	while (*text->at == ' ' || *text->at == '\t')
		text->at++;
}

/** Whether the line, or all of it but a comment, was read. */
bool text_at_end(struct trace_text *text)
{
	text_spaces(text);
	return !*text->at || *text->at == '#';
}

bool text_is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' ||
	       c == ':';
}

/** A word: where it begins and how long it is; 0: there is none. */
size_t text_word(struct trace_text *text, const char **start)
{
	*start = text->at;
	while (text_is_word_char(*text->at))
		text->at++;
	return (size_t)(text->at - *start);
}

bool text_digits(struct trace_text *text, uint64_t *number, unsigned *base)
{
	const char *start = text->at;
	char *end;

	*base = start[0] == '0' && start[1] == 'x' ? 16 : 10;
	if (!isdigit((unsigned char)*start))
		return text_wrong(text, start, "a number is expected");
	errno = 0;
	*number = strtoull(start, &end, (int)*base);
	if (errno || end == start || text_is_word_char(*end))
		return text_wrong(text, start, "that is no number of 64 bits");
	text->at = end;
	return true;
}

/** What comes from the file, for a complaint: a piece of it, printable. */
const char *text_quoted(const char *start, size_t length, char *room,
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

	if (count > TRACE_BYTES_MAX - need)
		return text_wrong(text, text->value, "more than %u bytes",
				  TRACE_BYTES_MAX);
	need += (size_t)count;
	if (need > text->bytes_room || !text->bytes) {
		size_t room = need < 4096 ? 4096 : need * 2;

		bytes = realloc(text->bytes, room);
		if (!bytes)
			return text_wrong(text, text->value, "out of memory");
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
bool text_read_bytes(struct trace_text *text)
{
	int high, low;
	uint64_t run;
	unsigned base;

	text->value = text->at++;
	text->bytes_used = 0;
	for (;;) {
		text_spaces(text);
		if (*text->at == ']')
			break;
		high = hex_digit(text->at[0]);
		low = high < 0 ? -1 : hex_digit(text->at[1]);
		if (low < 0)
			return text_wrong(text, text->at,
					  "two hexadecimal digits or ']' are "
					  "expected");
		text->at += 2;
		run = 1;
		if (*text->at == '*') {
			text->at++;
			if (!text_digits(text, &run, &base))
				return false;
		}
		if (!bytes_put(text, (uint8_t)(high << 4 | low), run))
			return false;
	}
	text->at++;
	return true;
}

/** A text between quotation marks, as bytes. */
bool text_read_quoted(struct trace_text *text)
{
	int high, low;
	char c;

	text->value = text->at++;
	text->bytes_used = 0;
	while (*text->at != '"') {
		c = *text->at;
		if (!c)
			return text_wrong(text, text->value,
					  "the text has no end in its line");
		text->at++;
		if (c == '\\' && *text->at == 'x') {
			high = hex_digit(text->at[1]);
			low = high < 0 ? -1 : hex_digit(text->at[2]);
			if (low < 0)
				return text_wrong(text, text->at,
						  "two hexadecimal digits are "
						  "expected");
			c = (char)(high << 4 | low);
			text->at += 3;
		} else if (c == '\\') {
			c = *text->at;
			if (c != '"' && c != '\\')
				return text_wrong(
					text, text->at,
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
