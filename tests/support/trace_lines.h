/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events of traces and their lines, for the tests of both.
 */
#ifndef TESTS_SUPPORT_TRACE_LINES_H
#define TESTS_SUPPORT_TRACE_LINES_H

#include "mocks/trace/codec.h"
#include "mocks/trace/text.h"

/**
 * In what two events differ, NULL: in nothing. pcapng does not keep an empty
 * text apart from none.
 */
const char *trace_difference(const struct trace_event *one,
			     const struct trace_event *other, bool is_pcapng);

/**
 * Read a whole trace of one event.
 * @param error room for so many bytes: what is wrong with it, or ""
 */
enum trace_item trace_line_read(const char *line, struct trace_record *record,
				char *error, size_t bytes);

#endif /* TESTS_SUPPORT_TRACE_LINES_H */
