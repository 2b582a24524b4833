/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prints rows of scenarios, and what a reader of a failure needs: where, with
 * what, what did not hold, and the command that shows it again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mocks/cli/scenario_report.h"
#include "mocks/cli/scenario_words.h"
#include "mocks/cli/text.h"

/** What is left of a failure, in words. */
#define MINIMAL_MAX (SCENARIO_WORDS_MAX + 128u)

#define REPORT_RED   "\033[31m"
#define REPORT_GREEN "\033[32m"
#define REPORT_PLAIN "\033[0m"
#define REPORT_CLEAR "\r\033[K"
#define REPORT_ROW                                                             \
	"%-16s  %-10s  %6" PRIu64 "  %7" PRIu64 "  %7" PRIu64 "  %8" PRIu64    \
	"  %6" PRIu64 "  "

/** Write an event; takes the reference. NULL: it could not be made. */
static void report_event(json_t *event)
{
	if (!event || json_dumpf(event, stdout, JSON_COMPACT) != 0)
		cli_complain("out of memory for an event");
	fputc('\n', stdout);
	json_decref(event);
}

void scenario_report_list(bool is_json)
{
	size_t i;

	if (!is_json)
		printf("%-16s  %s\n", "scenario", "shows");
	for (i = 0; i < scenario_count; i++) {
		if (is_json)
			report_event(json_pack("{s:s, s:s}", "scenario",
					       scenarios[i].name, "shows",
					       scenarios[i].shows));
		else
			printf("%-16s  %s\n", scenarios[i].name,
			       scenarios[i].shows);
	}
}

void scenario_report_faults(bool is_json)
{
	const struct host_fault_description *fault = host_fault_descriptions;
	const char *layer;
	unsigned i;

	if (!is_json)
		printf("%-22s  %-10s  %s\n", "fault", "layer",
		       "what the host does (source)");
	for (i = 0; i < HOST_FAULT_COUNT; i++, fault++) {
		layer = host_fault_layer_name(fault->layer);
		if (is_json)
			report_event(
				json_pack("{s:s, s:s, s:s, s:s, s:b}", "fault",
					  fault->name, "layer", layer, "text",
					  fault->text, "source", fault->source,
					  "changes",
					  fault->harm == HOST_FAULT_CHANGES));
		else
			printf("%-22s  %-10s  %s (%s)\n", fault->name, layer,
			       fault->text, fault->source);
	}
}

/* ---- Start ---- */

void scenario_report_init(struct scenario_report *report)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");
	bool is_dumb = !terminal || strcmp(terminal, "dumb") == 0;

	memset(report, 0, sizeof(*report));
	report->has_colour =
		isatty(STDOUT_FILENO) && !is_dumb && !(no_colour && *no_colour);
	report->has_progress = isatty(STDERR_FILENO) && !is_dumb;
}

void scenario_report_start(const struct scenario_report *report)
{
	if (report->is_json) {
		report_event(json_pack("{s:s, s:s, s:I, s:I}", "event", "start",
				       "version", VMMSIM_VERSION, "seed",
				       (json_int_t)report->seed, "seeds",
				       (json_int_t)report->seeds));
		return;
	}
	printf("seed %" PRIu64 ", %" PRIu64 " seed%s\n\n", report->seed,
	       report->seeds, report->seeds == 1 ? "" : "s");
	printf("%-16s  %-10s  %6s  %7s  %7s  %8s  %6s  verdict\n", "scenario",
	       "host", "runs", "points", "unhurt", "frames", "failed");
}

void scenario_report_missing(struct scenario_report *report, const char *reason)
{
	struct scenario_missing *missing = report->missing;
	unsigned i;

	for (i = 0; i < report->missing_count; i++)
		if (strcmp(missing[i].reason, reason) == 0)
			break;
	if (i == SCENARIO_MISSING_MAX)
		i--;
	if (i == report->missing_count) {
		report->missing_count++;
		memcpy(missing[i].reason, reason, SCENARIO_REASON_MAX);
	}
	missing[i].count++;
}

void scenario_report_progress(const struct scenario_report *report,
			      const struct scenario_row *row)
{
	if (!report->has_progress)
		return;
	fprintf(stderr, REPORT_CLEAR "%s, %s: %" PRIu64 " runs",
		row->scenario->name, row->host->name, row->runs + row->points);
	fflush(stderr);
}

/* ---- Failures ---- */

void scenario_row_failed(struct scenario_row *row, uint64_t number,
			 const struct scenario_case *it,
			 const struct scenario_result *result)
{
	static const struct scenario_minimal not_minimised;
	struct scenario_failure *failures = row->failures;
	unsigned last = row->failure_count, i;

	row->failed++;
	if (last == SCENARIO_FAILURES_MAX) {
		if (number > failures[last - 1].number)
			return;
		last--;
	} else {
		row->failure_count++;
	}
	/* They come in any order, and are told in their own. */
	for (i = last; i && failures[i - 1].number > number; i--)
		failures[i] = failures[i - 1];
	failures[i].number = number;
	failures[i].it = *it;
	failures[i].result = *result;
	failures[i].minimal = not_minimised;
}

static char *failure_repeat(const struct scenario_report *report,
			    const struct scenario_case *it)
{
	char seed[24];
	const char *const words[] = {
		report->program, "scenario",	 "run",	    it->scenario->name,
		"--host",	 it->host->name, "--vmbus", it->vmbus->name,
		"--nvsp",	 it->nvsp->name, "--seed",  seed,
	};

	snprintf(seed, sizeof(seed), "%" PRIu64, it->seed);
	return scenario_words_command(it, words,
				      sizeof(words) / sizeof(words[0]), NULL,
				      0);
}

/** What is left of it; "" if it was not made smaller. */
static void minimal_text(const struct scenario_minimal *minimal, char *text)
{
	const struct scenario_case *it = &minimal->it;
	size_t used;

	text[0] = '\0';
	if (minimal->outcome == SCENARIO_MINIMISED_UNLIKE)
		snprintf(text, MINIMAL_MAX,
			 "no: run again, it did not fail the same way");
	if (minimal->outcome != SCENARIO_MINIMISED_DONE)
		return;
	used = (size_t)snprintf(text, MINIMAL_MAX, "fault ");
	scenario_fault_words(it, text + used);
	used = strlen(text);
	if (it->has_frames_max)
		snprintf(text + used, MINIMAL_MAX - used,
			 ", at most %" PRIu32 " frames (%u runs)",
			 it->frames_max, minimal->runs);
	else
		snprintf(text + used, MINIMAL_MAX - used,
			 ", all frames (%u runs)", minimal->runs);
}

/** A failure in words. */
struct failure_words {
	char fault[SCENARIO_WORDS_MAX], minimal[MINIMAL_MAX];
	/** To be freed; the second is NULL where nothing was made smaller. */
	char *repeat, *repeat_minimal;
};

static void failure_event(const struct scenario_failure *failure,
			  const struct failure_words *words)
{
	const struct scenario_case *it = &failure->it;
	json_t *event =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:o, s:o}",
			  "event", "failure", "scenario", it->scenario->name,
			  "host", it->host->name, "vmbus", it->vmbus->name,
			  "nvsp", it->nvsp->name, "seed", (json_int_t)it->seed,
			  "fault", words->fault, "returned",
			  error_name(failure->result.error), "reason",
			  text_json(failure->result.reason), "repeat",
			  text_json(words->repeat ? words->repeat : ""));

	if (event && words->minimal[0])
		json_object_set_new(event, "minimised",
				    json_string(words->minimal));
	if (event && words->repeat_minimal)
		json_object_set_new(event, "repeat_minimised",
				    text_json(words->repeat_minimal));
	report_event(event);
}

static void failure_print(const struct scenario_report *report,
			  const struct scenario_failure *failure)
{
	const struct scenario_case *it = &failure->it;
	struct failure_words words = {.repeat = NULL};

	scenario_fault_words(it, words.fault);
	minimal_text(&failure->minimal, words.minimal);
	words.repeat = failure_repeat(report, it);
	if (failure->minimal.outcome == SCENARIO_MINIMISED_DONE)
		words.repeat_minimal =
			failure_repeat(report, &failure->minimal.it);
	if (report->is_json) {
		failure_event(failure, &words);
	} else {
		text_print(stdout,
			   "  %s on %s, VMBus %s, NVSP %s, seed %" PRIu64
			   ", fault %s: %s",
			   it->scenario->name, it->host->name, it->vmbus->name,
			   it->nvsp->name, it->seed, words.fault,
			   failure->result.reason);
		printf("\n  repeat: %s\n", words.repeat ? words.repeat : "");
		if (words.minimal[0])
			printf("  minimised: %s\n", words.minimal);
		if (words.repeat_minimal)
			printf("  repeat: %s\n", words.repeat_minimal);
	}
	free(words.repeat);
	free(words.repeat_minimal);
}

/* ---- Rows ---- */

static const char *verdict_of(uint64_t failed, uint64_t runs)
{
	return failed ? "FAIL" : runs ? "pass" : "skip";
}

static void row_print(const struct scenario_report *report,
		      const struct scenario_row *row, const char *verdict)
{
	const char *colour = row->failed ? REPORT_RED : REPORT_GREEN;

	printf(REPORT_ROW, row->scenario->name, row->host->name, row->runs,
	       row->points, row->unhurt, row->frames, row->failed);
	printf("%s%s%s\n", report->has_colour ? colour : "", verdict,
	       report->has_colour ? REPORT_PLAIN : "");
}

void scenario_report_row(struct scenario_report *report,
			 const struct scenario_row *row)
{
	const char *verdict = verdict_of(row->failed, row->runs + row->points);
	unsigned i;

	report->rows++;
	report->runs += row->runs;
	report->points += row->points;
	report->failed += row->failed;
	report->frames += row->frames;
	if (report->has_progress)
		fputs(REPORT_CLEAR, stderr);
	if (report->is_json)
		report_event(json_pack(
			"{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s}",
			"event", "row", "scenario", row->scenario->name, "host",
			row->host->name, "runs", (json_int_t)row->runs,
			"points", (json_int_t)row->points, "unhurt",
			(json_int_t)row->unhurt, "frames",
			(json_int_t)row->frames, "failed",
			(json_int_t)row->failed, "verdict", verdict));
	else
		row_print(report, row, verdict);
	for (i = 0; i < row->failure_count; i++)
		failure_print(report, &row->failures[i]);
	if (!report->is_json && row->failed > row->failure_count)
		printf("  and %" PRIu64 " more\n",
		       row->failed - row->failure_count);
	fflush(stdout);
}

/* ---- The end ---- */

static void missing_print(const struct scenario_report *report)
{
	const struct scenario_missing *missing = report->missing;
	unsigned i;

	if (!report->is_json && report->missing_count)
		fputs("\nnot run, since there is no such combination:\n",
		      stdout);
	for (i = 0; i < report->missing_count; i++) {
		if (report->is_json)
			report_event(json_pack("{s:s, s:s, s:I}", "event",
					       "missing", "reason",
					       missing[i].reason,
					       "combinations",
					       (json_int_t)missing[i].count));
		else
			printf("%7" PRIu64 "  %s\n", missing[i].count,
			       missing[i].reason);
	}
}

enum cli_exit scenario_report_end(struct scenario_report *report)
{
	uint64_t runs = report->runs + report->points;
	const char *verdict = verdict_of(report->failed, runs);
	enum cli_exit status = report->failed ? CLI_FAIL
			       : runs	      ? CLI_PASS
					      : CLI_SKIP;

	missing_print(report);
	if (report->is_json) {
		report_event(json_pack(
			"{s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:o}",
			"event", "end", "verdict", verdict, "exit", (int)status,
			"runs", (json_int_t)report->runs, "points",
			(json_int_t)report->points, "failed",
			(json_int_t)report->failed, "frames",
			(json_int_t)report->frames, "seed",
			(json_int_t)report->seed, "repeat",
			text_json(report->repeat)));
		return status;
	}
	printf("\n%s%s%s: %" PRIu64 " runs, %" PRIu64 " fault points fired, "
	       "%" PRIu64 " failed\n",
	       !report->has_colour ? ""
	       : report->failed	   ? REPORT_RED
				   : REPORT_GREEN,
	       verdict, report->has_colour ? REPORT_PLAIN : "", report->runs,
	       report->points, report->failed);
	printf("%" PRIu64 " frames, each looked at\nseed %" PRIu64
	       "\nrepeat: %s\n",
	       report->frames, report->seed, report->repeat);
	return status;
}
