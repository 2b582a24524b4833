/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the reader of lines: text_pieces.c has what a line is made of,
 * text_read.c what it says.
 */
#ifndef MOCKS_TRACE_TEXT_INTERNAL_H
#define MOCKS_TRACE_TEXT_INTERNAL_H

#include "mocks/trace/text.h"

#define TRACE_TEXT_ERROR   512u
#define TRACE_TEXT_BUCKETS 64u

struct named_block {
	struct named_block *next;
	/** Behind the name. */
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
	/** The groups that it is in: "ppi.0.". */
	char prefix[TRACE_KEY_MAX];
	struct named_block *blocks[TRACE_TEXT_BUCKETS];
	/** What they take, with their names. */
	size_t blocks_bytes;
	/** The first line. */
	bool has_about;
	struct trace_record about;
	/** Bytes of the value being read. */
	uint8_t *bytes;
	size_t bytes_used, bytes_room;
	char error[TRACE_TEXT_ERROR];
};

/** Complain about a place in the line. @return false */
bool text_wrong(struct trace_text *text, const char *place, const char *format,
		...) __attribute__((format(printf, 3, 4)));
void text_spaces(struct trace_text *text);
/** Whether the line, or all of it but a comment, was read. */
bool text_at_end(struct trace_text *text);
bool text_is_word_char(char c);
/** A word: where it begins and how long it is; 0: there is none. */
size_t text_word(struct trace_text *text, const char **start);
bool text_digits(struct trace_text *text, uint64_t *number, unsigned *base);
/** What comes from the file, for a complaint: a piece of it, printable. */
const char *text_quoted(const char *start, size_t length, char *room,
			size_t bytes);
/** "[0011 22*40 ff]" */
bool text_read_bytes(struct trace_text *text);
/** A text between quotation marks, as bytes. */
bool text_read_quoted(struct trace_text *text);

#endif /* MOCKS_TRACE_TEXT_INTERNAL_H */
