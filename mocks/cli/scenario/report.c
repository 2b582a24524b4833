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

#include "mocks/cli/scenario/report.h"
#include "mocks/cli/scenario/words.h"
#include "mocks/cli/text.h"

/** What is left of a failure, in words. */
#define MINIMAL_MAX (SCENARIO_WORDS_MAX + 128u)

#define REPORT_RED   "\033[31m"
#define REPORT_GREEN "\033[32m"
#define REPORT_PLAIN "\033[0m"
#define REPORT_CLEAR "\r\033[K"
#define REPORT_ROW                                                             \
	"%-16s  %-11s  %-16s  %6" PRIu64 "  %7" PRIu64 "  %7" PRIu64           \
	"  %8" PRIu64 "  %6" PRIu64 "  "

/** Write an event; takes the reference. NULL: it could not be made. */
static void report_event(json_t *event)
{
	if (!event || json_dumpf(event, stdout, JSON_COMPACT) != 0)
		cli_complain("out of memory for an event");
	fputc('\n', stdout);
	json_decref(event);
}

/** The hypervisors that have it: "all", or names. */
static void scenario_vmms(const struct scenario *scenario, char *text,
			  size_t bytes)
{
	char reason[SCENARIO_REASON_MAX];
	size_t i, used = 0, able = 0;

	text[0] = '\0';
	for (i = 0; i < vmm_count; i++) {
		if (!scenario_is_for(scenario, vmms[i], reason))
			continue;
		used += (size_t)snprintf(text + used,
					 used < bytes ? bytes - used : 0,
					 "%s%s", able++ ? ", " : "",
					 vmms[i]->name);
	}
	if (able == vmm_count)
		snprintf(text, bytes, "all");
}

void scenario_report_list(const struct vmm *vmm, bool is_json)
{
	char reason[SCENARIO_REASON_MAX], names[64];
	const struct scenario *it = scenarios;
	size_t i;

	if (!is_json)
		printf("%-16s  %-19s  %s\n", "scenario", "vmm", "shows");
	for (i = 0; i < scenario_count; i++, it++) {
		if (vmm && !scenario_is_for(it, vmm, reason))
			continue;
		scenario_vmms(it, names, sizeof(names));
		if (is_json)
			report_event(json_pack("{s:s, s:s, s:s}", "scenario",
					       it->name, "vmm", names, "shows",
					       it->shows));
		else
			printf("%-16s  %-19s  %s\n", it->name, names,
			       it->shows);
	}
}

static void report_faults_of(const struct vmm *vmm, bool is_json)
{
	struct vmm_fault fault;
	unsigned n;

	for (n = 0; n < vmm->fault_count; n++) {
		vmm->fault(n, &fault);
		if (is_json)
			report_event(json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}",
					       "fault", fault.name, "vmm",
					       vmm->name, "layer", fault.layer,
					       "text", fault.text, "source",
					       fault.source, "changes",
					       fault.changes));
		else
			printf("%-22s  %-11s  %-10s  %s (%s)\n", fault.name,
			       vmm->name, fault.layer, fault.text,
			       fault.source);
	}
}

void scenario_report_faults(const struct vmm *vmm, bool is_json)
{
	size_t i;

	if (!is_json)
		printf("%-22s  %-11s  %-10s  %s\n", "fault", "vmm", "layer",
		       "what the host does (source)");
	for (i = 0; i < vmm_count; i++)
		if (!vmm || vmm == vmms[i])
			report_faults_of(vmms[i], is_json);
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
	printf("%-16s  %-11s  %-16s  %6s  %7s  %7s  %8s  %6s  verdict\n",
	       "scenario", "vmm", "host", "runs", "points", "unhurt", "frames",
	       "failed");
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
		row->scenario->name, row->host.name, row->runs + row->points);
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
	failures[i].files[0] = '\0';
}

static char *failure_repeat(const struct scenario_report *report,
			    const struct scenario_case *it)
{
	const char *words[10 + 2 * VMM_PROTOCOLS_MAX] = {
		report->program, "scenario",	"run",	  it->scenario->name,
		"--vmm",	 it->vmm->name, "--host", it->host.name,
	};
	char options[VMM_PROTOCOLS_MAX][32], seed[24];
	size_t n = 8, i;

	for (i = 0; i < it->vmm->protocol_count; i++) {
		snprintf(options[i], sizeof(options[i]), "--%s",
			 it->vmm->protocols[i].option);
		words[n++] = options[i];
		words[n++] = it->versions[i]->name;
	}
	snprintf(seed, sizeof(seed), "%" PRIu64, it->seed);
	words[n++] = "--seed";
	words[n++] = seed;
	return scenario_words_command(it, words, n, NULL, 0);
}

/** ", VMBus 5.3, NVSP 6.1" */
static void versions_text(const struct scenario_case *it, char *text,
			  size_t bytes)
{
	size_t used = 0, i;

	text[0] = '\0';
	for (i = 0; i < it->vmm->protocol_count && used < bytes; i++)
		used += (size_t)snprintf(text + used, bytes - used, ", %s %s",
					 it->vmm->protocols[i].title,
					 it->versions[i]->name);
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
		json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:o, s:o}",
			  "event", "failure", "scenario", it->scenario->name,
			  "vmm", it->vmm->name, "host", it->host.name, "seed",
			  (json_int_t)it->seed, "fault", words->fault,
			  "returned", error_name(failure->result.error),
			  "reason", text_json(failure->result.reason), "repeat",
			  text_json(words->repeat ? words->repeat : ""));
	size_t i;

	for (i = 0; event && i < it->vmm->protocol_count; i++)
		json_object_set_new(event, it->vmm->protocols[i].option,
				    json_string(it->versions[i]->name));
	if (event && failure->files[0])
		json_object_set_new(event, "trace", text_json(failure->files));
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
	char versions[64];

	versions_text(it, versions, sizeof(versions));
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
			   "  %s on %s%s, seed %" PRIu64 ", fault %s: %s",
			   it->scenario->name, it->host.name, versions,
			   it->seed, words.fault, failure->result.reason);
		printf("\n  repeat: %s\n", words.repeat ? words.repeat : "");
		if (failure->files[0]) {
			text_print(stdout, "  trace: %s", failure->files);
			putchar('\n');
		}
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

	printf(REPORT_ROW, row->scenario->name, row->vmm->name, row->host.name,
	       row->runs, row->points, row->unhurt, row->frames, row->failed);
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
			"{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s}",
			"event", "row", "scenario", row->scenario->name, "vmm",
			row->vmm->name, "host", row->host.name, "runs",
			(json_int_t)row->runs, "points",
			(json_int_t)row->points, "unhurt",
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
