/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `vmmsim diff`: where two traces first part.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/cli.h"
#include "mocks/trace/file.h"
#include "mocks/trace/filter.h"
#include "mocks/trace/text.h"

struct diff_settings {
	unsigned kinds;
	bool with_time;
};

/** One of the two. */
struct diff_side {
	const char *path;
	struct trace_reader *reader;
	struct trace_record record;
	enum trace_read read;
	/** Events so far, of all kinds. */
	uint64_t number;
};

/* ---- Options ---- */

static bool diff_apply_layer(void *context, const char *value, char *error)
{
	struct diff_settings *settings = context;

	settings->kinds = trace_layers(value, error);
	return settings->kinds;
}

static bool diff_apply_time(void *context, const char *value, char *error)
{
	struct diff_settings *settings = context;

	(void)value;
	(void)error;
	settings->with_time = true;
	return true;
}

static const struct cli_option diff_options[] = {
	{"layer", "L", "compare only these layers, as for 'vmmsim show'",
	 diff_apply_layer},
	{"time", NULL, "times must be the same too", diff_apply_time},
};

static void diff_settings_init(void *context)
{
	struct diff_settings *settings = context;

	settings->kinds = TRACE_ALL_KINDS;
}

/* ---- Comparing ---- */

/** Move on to the next event that counts. @return false: it is broken */
static bool side_next(struct diff_side *side, unsigned kinds)
{
	const struct trace_event *event;

	do {
		side->read = trace_reader_next(side->reader, &event);
		side->number += side->read == TRACE_READ_EVENT;
	} while (side->read == TRACE_READ_EVENT &&
		 !(kinds & 1u << event->kind));
	if (side->read == TRACE_READ_BROKEN) {
		cli_complain("%s", trace_reader_error(side->reader));
		return false;
	}
	if (side->read == TRACE_READ_EVENT &&
	    !trace_decode(&side->record, event)) {
		cli_complain("out of memory");
		return false;
	}
	return true;
}

static bool fields_equal(const struct trace_record *one,
			 const struct trace_field *first,
			 const struct trace_record *other,
			 const struct trace_field *second)
{
	return strcmp(first->key, second->key) == 0 &&
	       first->kind == second->kind && first->number == second->number &&
	       first->length == second->length &&
	       (!first->length ||
		!memcmp(trace_field_bytes(one, first),
			trace_field_bytes(other, second), first->length));
}

static bool records_equal(const struct trace_record *one,
			  const struct trace_record *other, bool with_time)
{
	unsigned n;

	if (one->kind != other->kind || one->direction != other->direction ||
	    strcmp(one->name, other->name) != 0 || one->count != other->count ||
	    (with_time && one->time != other->time))
		return false;
	for (n = 0; n < one->count; n++)
		if (!fields_equal(one, &one->fields[n], other,
				  &other->fields[n]))
			return false;
	return true;
}

static void side_print(const struct diff_side *side, char sign)
{
	if (side->read == TRACE_READ_END) {
		printf("%c %s ends after %" PRIu64 " events\n", sign,
		       side->path, side->number);
		return;
	}
	printf("%c %s, event %" PRIu64 ":\n%c   ", sign, side->path,
	       side->number, sign);
	trace_text_write(stdout, &side->record, NULL);
}

/** The fields that are not the same, if it is the same kind of event. */
static void fields_print(const struct trace_record *one,
			 const struct trace_record *other)
{
	const struct trace_field *second;
	unsigned n;

	if (one->kind != other->kind || strcmp(one->name, other->name) != 0)
		return;
	printf("  differing:");
	if (one->direction != other->direction)
		printf(" direction");
	for (n = 0; n < one->count; n++) {
		second = trace_record_find(other, one->fields[n].key);
		if (!second ||
		    !fields_equal(one, &one->fields[n], other, second))
			printf(" %s", one->fields[n].key);
	}
	for (n = 0; n < other->count; n++)
		if (!trace_record_find(one, other->fields[n].key))
			printf(" %s", other->fields[n].key);
	putchar('\n');
}

static enum cli_exit diff_sides(const struct diff_settings *settings,
				struct diff_side sides[2])
{
	uint64_t same = 0;

	for (;; same++) {
		if (!side_next(&sides[0], settings->kinds) ||
		    !side_next(&sides[1], settings->kinds))
			return CLI_USAGE;
		if (sides[0].read == TRACE_READ_END &&
		    sides[1].read == TRACE_READ_END) {
			printf("the same: %" PRIu64 " events\n", same);
			return CLI_PASS;
		}
		if (sides[0].read != sides[1].read ||
		    !records_equal(&sides[0].record, &sides[1].record,
				   settings->with_time))
			break;
	}
	printf("the same up to here: %" PRIu64 " events\n", same);
	side_print(&sides[0], '-');
	side_print(&sides[1], '+');
	if (sides[0].read == sides[1].read)
		fields_print(&sides[0].record, &sides[1].record);
	return CLI_FAIL;
}

static enum cli_exit diff_run(const struct cli_call *call)
{
	enum cli_exit status = CLI_USAGE;
	char error[TRACE_FILE_ERROR_MAX];
	struct diff_side sides[2] = {0};
	unsigned n;

	if (call->operand_count != 2) {
		cli_complain("'diff' needs two traces; see 'vmmsim diff "
			     "--help'");
		return CLI_USAGE;
	}
	for (n = 0; n < 2; n++) {
		sides[n].path = call->operands[n];
		sides[n].reader = trace_reader_open(sides[n].path, error);
		if (!sides[n].reader) {
			cli_complain("%s", error);
			break;
		}
	}
	if (n == 2)
		status = diff_sides(call->settings, sides);
	for (n = 0; n < 2; n++) {
		trace_reader_close(sides[n].reader);
		trace_record_free(&sides[n].record);
	}
	return status;
}

const struct cli_command cli_diff_command = {
	.name = "diff",
	.operands = "A B",
	.summary = "Show where two traces first part",
	.text = "A and B are traces as text or pcapng. The first events that "
		"are not the same\n"
		"are shown, with the names of the fields that differ. Times do "
		"not count,\n"
		"unless they are asked for.\n\n"
		"Exit status: 1 if they part; 2 if one was bad; else 0.\n",
	.options = diff_options,
	.option_count = sizeof(diff_options) / sizeof(diff_options[0]),
	.settings_bytes = sizeof(struct diff_settings),
	.init = diff_settings_init,
	.run = diff_run,
};
