/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces of what a command runs.
 */
#include <string.h>

#include "mocks/cli/tracing.h"

bool tracing_apply(struct tracing *tracing, const char *path, char *error)
{
	unsigned n;

	if (!trace_file_is_name(path)) {
		snprintf(error, CLI_ERROR_MAX,
			 "wants a name that ends with .vt or .pcapng, not "
			 "'%.256s'",
			 path);
		return false;
	}
	for (n = 0; n < tracing->count; n++)
		if (strcmp(tracing->paths[n], path) == 0) {
			snprintf(error, CLI_ERROR_MAX, "names '%.256s' twice",
				 path);
			return false;
		}
	if (tracing->count == TRACING_FILES_MAX) {
		snprintf(error, CLI_ERROR_MAX, "names more than %u files",
			 TRACING_FILES_MAX);
		return false;
	}
	tracing->paths[tracing->count++] = path;
	return true;
}

bool tracing_open(struct tracing *tracing, const char *about, char *error)
{
	char ignored[TRACE_FILE_ERROR_MAX];
	unsigned n;

	for (n = 0; n < tracing->count; n++) {
		tracing->writers[n] =
			trace_writer_open(tracing->paths[n], about, error);
		if (!tracing->writers[n]) {
			tracing_close(tracing, ignored);
			return false;
		}
	}
	return true;
}

static void tracing_event(void *context, const struct trace_event *event)
{
	const struct tracing *tracing = context;
	unsigned n;

	for (n = 0; n < tracing->count; n++)
		if (tracing->writers[n])
			trace_writer_event(tracing->writers[n], event);
	if (tracing->also.event)
		tracing->also.event(tracing->also.context, event);
}

static void tracing_failure(void *context, const char *sentence)
{
	const struct tracing *tracing = context;

	if (tracing->also.failure)
		tracing->also.failure(tracing->also.context, sentence);
}

struct trace_observer tracing_observer(struct tracing *tracing)
{
	return (struct trace_observer){
		.event = tracing->count || tracing->also.event ? tracing_event
							       : NULL,
		.failure = tracing_failure,
		.context = tracing,
	};
}

bool tracing_close(struct tracing *tracing, char *error)
{
	char further[TRACE_FILE_ERROR_MAX] = "";
	bool good = true;
	unsigned n;

	for (n = 0; n < tracing->count; n++) {
		if (tracing->writers[n] &&
		    !trace_writer_close(tracing->writers[n],
					good ? error : further))
			good = false;
		tracing->writers[n] = NULL;
	}
	return good;
}
