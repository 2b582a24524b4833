/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text form of a trace, one event a line; docs/traces.md has its grammar.
 */
#ifndef MOCKS_TRACE_TEXT_H
#define MOCKS_TRACE_TEXT_H

#include <stdio.h>

#include "mocks/trace/record.h"

/* ---- Writing ---- */

/** Payloads that were shown lately: shown again by their names. */
struct trace_blocks;

struct trace_blocks *trace_blocks_create(void);
void trace_blocks_destroy(struct trace_blocks *blocks);

/**
 * Write a record as a line, after lines for the long payloads in it.
 * @param blocks NULL: payloads are written where they are
 */
void trace_text_write(FILE *stream, const struct trace_record *record,
		      struct trace_blocks *blocks);
/** Write the record of an expected or actual event, without time and blocks. */
void trace_text_show(FILE *stream, const struct trace_record *record);

/** Write a field " key=value", the value a text, in quotation marks if need be.
 */
void trace_text_field(FILE *stream, const char *key, const char *text);

/** Write the fields of a trace's first line, see trace_text_about(). */
void trace_text_about_write(FILE *stream, const struct trace_record *record);

/* ---- Reading ---- */

struct trace_text;

enum trace_item {
	TRACE_ITEM_EVENT,
	/** Until the matching end, events may come in any order. */
	TRACE_ITEM_UNORDERED,
	TRACE_ITEM_END_UNORDERED,
	/** Events of that direction and kind are compared, if there is none. */
	TRACE_ITEM_COMPARE,
	TRACE_ITEM_EOF,
	TRACE_ITEM_BROKEN,
};

/**
 * Read a trace from a stream, which stays the caller's.
 * @param name of the file, for complaints; kept
 * @return NULL: out of memory
 */
struct trace_text *trace_text_open(FILE *stream, const char *name);
void trace_text_close(struct trace_text *text);

/**
 * The next item; a record is filled in for an event, and the direction, kind
 * and column of what is to be compared.
 */
enum trace_item trace_text_next(struct trace_text *text,
				struct trace_record *record);
/** Of the item that was read last, from 1. */
unsigned trace_text_line(const struct trace_text *text);
/** After TRACE_ITEM_BROKEN: "FILE:LINE:COLUMN: what". */
const char *trace_text_error(const struct trace_text *text);
/** Complain about the item that was read last, in the same form. */
void trace_text_complain(struct trace_text *text, unsigned column,
			 const char *what);
/** What the first line says of the run, once a line was read: its fields. */
const struct trace_record *trace_text_about(const struct trace_text *text);

#endif /* MOCKS_TRACE_TEXT_H */
