/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `vmmsim show`: the events of a trace, decoded, a line each.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/cli.h"
#include "mocks/cli/trace_json.h"
#include "mocks/trace/file.h"
#include "mocks/trace/filter.h"
#include "mocks/trace/text.h"

struct show_settings {
	/** Kinds that are shown, as bits. */
	unsigned kinds;
	const char *expression;
	bool is_json;
};

/* ---- Options ---- */

static bool show_apply_layer(void *context, const char *value, char *error)
{
	struct show_settings *settings = context;

	settings->kinds = trace_layers(value, error);
	return settings->kinds;
}

static bool show_apply_filter(void *context, const char *value, char *error)
{
	struct show_settings *settings = context;
	struct trace_filter *filter = trace_filter_create(value, error);

	settings->expression = value;
	trace_filter_destroy(filter);
	return filter;
}

static bool show_apply_json(void *context, const char *value, char *error)
{
	struct show_settings *settings = context;

	(void)value;
	(void)error;
	settings->is_json = true;
	return true;
}

static const struct cli_option show_options[] = {
	{"layer", "L",
	 "only these, separated by commas: registers, interrupts,\n"
	 "messages, packets, rndis, descriptors, frames, notes",
	 show_apply_layer},
	{"filter", "EXPR",
	 "only events of which this is true: terms like channel=3 or\n"
	 "time>=0.5 (= != < <= > >=) joined by 'and', of any field, and\n"
	 "of kind, name, direction (from-guest, to-guest) and time",
	 show_apply_filter},
	{"json", NULL, "print one JSON object a line", show_apply_json},
};

static void show_settings_init(void *context)
{
	struct show_settings *settings = context;

	settings->kinds = TRACE_ALL_KINDS;
}

static bool show_json(const struct trace_record *record)
{
	json_t *line = trace_json(record);
	bool good = line && json_dumpf(line, stdout, JSON_COMPACT) == 0;

	putchar('\n');
	json_decref(line);
	return good;
}

/* ---- Running ---- */

/** Each of the trace's events. @return CLI_PASS, CLI_USAGE */
static enum cli_exit show_events(const struct show_settings *settings,
				 struct trace_reader *reader,
				 const struct trace_filter *filter)
{
	struct trace_record record = {0};
	const struct trace_event *event;
	enum trace_read read;
	bool good = true;

	while (good &&
	       (read = trace_reader_next(reader, &event)) == TRACE_READ_EVENT) {
		if (!(settings->kinds & 1u << event->kind))
			continue;
		good = trace_decode(&record, event);
		if (!good || (filter && !trace_filter_passes(filter, &record)))
			continue;
		if (settings->is_json)
			good = show_json(&record);
		else
			trace_text_write(stdout, &record, NULL);
	}
	trace_record_free(&record);
	/* Of an output that cannot be written the command says it at its end.
	 */
	if (!good && !ferror(stdout))
		cli_complain("out of memory");
	else if (!good)
		return CLI_USAGE;
	else if (read == TRACE_READ_BROKEN)
		cli_complain("%s", trace_reader_error(reader));
	return good && read == TRACE_READ_END ? CLI_PASS : CLI_USAGE;
}

static enum cli_exit show_run(const struct cli_call *call)
{
	const struct show_settings *settings = call->settings;
	struct trace_filter *filter = NULL;
	char error[TRACE_FILE_ERROR_MAX];
	struct trace_reader *reader;
	enum cli_exit status;

	if (call->operand_count != 1) {
		cli_complain("'show' needs one trace; see 'vmmsim show "
			     "--help'");
		return CLI_USAGE;
	}
	reader = trace_reader_open(call->operands[0], error);
	if (!reader) {
		cli_complain("%s", error);
		return CLI_USAGE;
	}
	if (settings->expression)
		filter = trace_filter_create(settings->expression, error);
	if (settings->expression && !filter) {
		cli_complain("option '--filter' %s", error);
		status = CLI_USAGE;
	} else {
		status = show_events(settings, reader, filter);
	}
	trace_filter_destroy(filter);
	trace_reader_close(reader);
	return status;
}

const struct cli_command cli_show_command = {
	.name = "show",
	.operands = "FILE",
	.summary = "Print the events of a trace, decoded",
	.text = "FILE is a trace as text or pcapng; '-' is standard input. "
		"Each event is a line:\n"
		"when, which way ('>' from the guest, '<' to it), what it is, "
		"and its fields\n"
		"in the terms of the specifications. It is read event by "
		"event, however long\n"
		"it is.\n\n"
		"Exit status: 2 if the trace was bad; else 0.\n",
	.options = show_options,
	.option_count = sizeof(show_options) / sizeof(show_options[0]),
	.settings_bytes = sizeof(struct show_settings),
	.init = show_settings_init,
	.run = show_run,
};
