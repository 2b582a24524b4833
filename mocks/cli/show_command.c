/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `vmmsim show`: the events of a trace, decoded, a line each.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/cli.h"
#include "mocks/cli/text.h"
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

/* ---- JSON ---- */

static json_t *show_hex(const uint8_t *bytes, size_t length)
{
	char *hex = malloc(length * 2 + 1);
	json_t *json;
	size_t n;

	if (!hex)
		return NULL;
	for (n = 0; n < length; n++)
		sprintf(hex + n * 2, "%02x", bytes[n]);
	hex[length * 2] = 0;
	json = json_string(hex);
	free(hex);
	return json;
}

/** Numbers that a reader of JSON may not hold exactly are texts. */
static json_t *show_number(uint64_t number)
{
	char text[24];

	if (number <= UINT64_C(1) << 53)
		return json_integer((json_int_t)number);
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)number);
	return json_string(text);
}

static json_t *show_value(const struct trace_record *record,
			  const struct trace_field *field)
{
	const uint8_t *bytes = trace_field_bytes(record, field);
	json_t *list;
	size_t n;

	switch (field->kind) {
	case TRACE_NUMBER:
		return field->name[0] ? json_string(field->name)
				      : show_number(field->number);
	case TRACE_LIST:
		list = json_array();
		for (n = 0; list && n < field->length / sizeof(uint64_t); n++)
			json_array_append_new(list,
					      show_number(trace_field_number(
						      record, field, n)));
		return list;
	case TRACE_TEXT:
		return json_stringn_nocheck((const char *)bytes, field->length);
	default:
		return show_hex(bytes, field->length);
	}
}

static json_t *show_comment(const struct trace_record *record)
{
	char *text = trace_text_copy(record->pool + record->comment_start,
				     record->comment_length);
	json_t *json = text ? text_json(text) : NULL;

	free(text);
	return json;
}

static bool show_json(const struct trace_record *record)
{
	json_t *line = json_object();
	bool good = line;
	unsigned n;

	good = good &&
	       !json_object_set_new(line, "time",
				    json_integer((json_int_t)record->time));
	good = good && !json_object_set_new(
			       line, "direction",
			       json_string(record->direction == TRACE_TO_GUEST
						   ? "to-guest"
						   : "from-guest"));
	good = good &&
	       !json_object_set_new(line, "kind",
				    json_string(trace_kind_name(record->kind)));
	if (record->name[0])
		good = good && !json_object_set_new(line, "name",
						    text_json(record->name));
	for (n = 0; n < record->count; n++)
		good = good && !json_object_set_new(
				       line, record->fields[n].key,
				       show_value(record, &record->fields[n]));
	if (record->comment_length)
		good = good && !json_object_set_new(line, "comment",
						    show_comment(record));
	if (good)
		good = json_dumpf(line, stdout, JSON_COMPACT) == 0;
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
