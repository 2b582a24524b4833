/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events to records and back. One description of each kind serves both ways,
 * so what is written is what is read.
 */
#ifndef MOCKS_TRACE_CODEC_H
#define MOCKS_TRACE_CODEC_H

#include "mocks/trace/record.h"

/**
 * Take an event apart. Whatever it holds, putting the record together again
 * gives the same event.
 * @param record cleared first
 * @return false: out of memory
 */
bool trace_decode(struct trace_record *record, const struct trace_event *event);

/** An event that was put together, and what it points to. */
struct trace_built {
	struct trace_event event;
	uint8_t *bytes;
	size_t room;
	char place[TRACE_NAME_MAX];
	char *text, *comment;
};

void trace_built_free(struct trace_built *built);

/**
 * Put an event together.
 * @param built zeroed before its first use; reused after that
 * @param error room for TRACE_ERROR_MAX: what is missing, too much or out of
 *	range
 * @param column out: where in the line, 0: nowhere
 */
bool trace_encode(struct trace_built *built, struct trace_record *record,
		  char *error, unsigned *column);

/** The kinds, by their names in a line. */
const char *trace_kind_name(enum trace_kind kind);
bool trace_kind_find(const char *name, size_t length, enum trace_kind *kind);

#endif /* MOCKS_TRACE_CODEC_H */
