/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Expressions of 'show --filter', and lists of layers: the first line is both,
 * the rest a trace whose events it is asked of.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/trace/file.h"
#include "mocks/trace/filter.h"
#include "tests/fuzz/fuzz.h"

/* The error of a reader is of another size. */
_Static_assert(TRACE_ERROR_MAX <= TRACE_FILE_ERROR_MAX, "room for both");

static void ask(const struct trace_filter *filter, const uint8_t *trace,
		size_t size)
{
	char error[TRACE_FILE_ERROR_MAX];
	struct trace_record record = {0};
	struct trace_reader *reader =
		trace_reader_open_stream(fuzz_stream(trace, size), "x", error);
	const struct trace_event *event;
	bool passes;

	while (reader && trace_reader_next(reader, &event) == TRACE_READ_EVENT)
		if (trace_decode(&record, event)) {
			passes = trace_filter_passes(filter, &record);
			fuzz_want(passes ==
					  trace_filter_passes(filter, &record),
				  "a filter changes its mind");
		}
	trace_record_free(&record);
	trace_reader_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	size_t length = end ? (size_t)(end - data) : size;
	char *expression = malloc(length + 1);
	char error[TRACE_FILE_ERROR_MAX] = "";
	struct trace_filter *filter;

	fuzz_want(expression, "no memory");
	if (length)
		memcpy(expression, data, length);
	expression[length] = 0;
	filter = trace_filter_create(expression, error);
	fuzz_want(filter || error[0], "a filter is refused without a sentence");
	if (filter && end)
		ask(filter, end + 1, size - length - 1);
	trace_filter_destroy(filter);
	error[0] = 0;
	fuzz_want(trace_layers(expression, error) || error[0],
		  "layers are refused without a sentence");
	free(expression);
	return 0;
}
