/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prints a replay's rows as a table or as JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mocks/cli/report.h"
#include "mocks/cli/text.h"

#define REPORT_RED    "\033[31m"
#define REPORT_GREEN  "\033[32m"
#define REPORT_YELLOW "\033[33m"
#define REPORT_PLAIN  "\033[0m"
#define REPORT_CLEAR  "\r\033[K"
/** Bytes of a frame in a line of a mismatch. */
#define REPORT_LINE   16u

const char *report_direction(enum replay_direction direction)
{
	return direction == REPLAY_TRANSMIT ? "tx" : "rx";
}

static const char *report_verdict(enum replay_verdict verdict)
{
	switch (verdict) {
	case REPLAY_PASS:
		return "pass";
	case REPLAY_SKIP:
		return "skip";
	case REPLAY_FAIL:
		break;
	}
	return "FAIL";
}

static const char *report_colour(const struct report *report,
				 enum replay_verdict verdict)
{
	if (!report->has_colour)
		return "";
	switch (verdict) {
	case REPLAY_PASS:
		return REPORT_GREEN;
	case REPLAY_SKIP:
		return REPORT_YELLOW;
	case REPLAY_FAIL:
		break;
	}
	return REPORT_RED;
}

/** Write an event; takes the reference. NULL: it could not be made. */
static void report_event(json_t *event)
{
	if (!event || json_dumpf(event, stdout, JSON_COMPACT) != 0)
		cli_complain("out of memory for an event");
	fputc('\n', stdout);
	json_decref(event);
}

void report_init(struct report *report)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");
	bool is_dumb = !terminal || strcmp(terminal, "dumb") == 0;

	memset(report, 0, sizeof(*report));
	report->has_colour =
		isatty(STDOUT_FILENO) && !is_dumb && !(no_colour && *no_colour);
	report->has_progress = isatty(STDERR_FILENO) && !is_dumb;
}

void report_start(struct report *report, uint16_t mtu, size_t captures)
{
	if (report->is_json)
		report_event(json_pack("{s:s, s:s, s:I, s:i, s:I}", "event",
				       "start", "version", VMMSIM_VERSION,
				       "seed", (json_int_t)report->seed, "mtu",
				       (int)mtu, "captures",
				       (json_int_t)captures));
	else
		printf("seed %" PRIu64 ", MTU %u, %zu capture%s\n\n",
		       report->seed, mtu, captures, captures == 1 ? "" : "s");
}

/* ---- A row ---- */

static void report_row_json(const struct report_name *name,
			    const struct replay_result *result)
{
	const struct nic_statistics *card = &result->card;
	json_t *event = json_pack(
		"{s:s, s:s, s:s, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"event", "row", "vmm", name->vmm, "host", name->host, "capture",
		text_json(name->capture), "direction",
		report_direction(name->direction), "frames",
		(json_int_t)result->frames, "bytes", (json_int_t)result->bytes,
		"send_buffer", (json_int_t)card->tx_copied, "aggregated",
		(json_int_t)card->tx_aggregated, "guest_pages",
		(json_int_t)card->tx_pages, "messages",
		(json_int_t)result->messages, "virtual_ns",
		(json_int_t)result->virtual_ns);
	json_t *rest = json_pack("{s:I, s:I, s:I, s:I, s:I, s:s, s:o}",
				 "doorbells", (json_int_t)card->doorbells,
				 "interrupts", (json_int_t)card->interrupts,
				 "too_short", (json_int_t)result->too_short,
				 "too_long", (json_int_t)result->too_long,
				 "truncated", (json_int_t)result->truncated,
				 "verdict", report_verdict(result->verdict),
				 "reason", text_json(result->reason));

	if (event && rest)
		json_object_update(event, rest);
	json_decref(rest);
	report_event(event);
}

static void report_header(struct report *report)
{
	if (report->has_header)
		return;
	report->has_header = true;
	printf("%-*s  %-*s  way  %7s  %9s  %7s  %7s  %7s  %9s  %10s  %5s  %5s  "
	       "%4s  %10s  verdict\n",
	       report->host_width, "host", report->capture_width, "capture",
	       "frames", "bytes", "buffer", "packed", "pages", "doorbells",
	       "interrupts", "short", "long", "cut", "virtual us");
}

/** How frames travelled: only those that the guest sends have a choice. */
static void report_ways(const struct report_name *name,
			const struct nic_statistics *card)
{
	if (name->direction == REPLAY_TRANSMIT)
		printf("  %7" PRIu64 "  %7" PRIu64 "  %7" PRIu64,
		       card->tx_copied, card->tx_aggregated, card->tx_pages);
	else
		printf("  %7s  %7s  %7s", "-", "-", "-");
}

static void report_row_text(struct report *report,
			    const struct report_name *name,
			    const struct replay_result *result)
{
	const struct nic_statistics *card = &result->card;

	report_header(report);
	printf("%-*s  ", report->host_width, name->host);
	text_print(stdout, "%-*s", report->capture_width, name->capture);
	printf("  %-3s  %7" PRIu64 "  %9" PRIu64,
	       report_direction(name->direction), result->frames,
	       result->bytes);
	report_ways(name, card);
	printf("  %9" PRIu64 "  %10" PRIu64 "  %5" PRIu64 "  %5" PRIu64
	       "  %4" PRIu64 "  %10.1f  %s%s%s\n",
	       card->doorbells, card->interrupts, result->too_short,
	       result->too_long, result->truncated,
	       (double)result->virtual_ns / 1000,
	       report_colour(report, result->verdict),
	       report_verdict(result->verdict),
	       report->has_colour ? REPORT_PLAIN : "");
}

/* ---- What came out wrong ---- */

static void report_hex(char *text, const uint8_t *bytes, uint32_t n)
{
	uint32_t i;

	*text = '\0';
	for (i = 0; i < n; i++)
		sprintf(text + 2 * (size_t)i, "%02x", bytes[i]);
}

static void report_mismatch_json(const struct report_name *name,
				 const struct expected_mismatch *mismatch)
{
	char expected[4 * EXPECTED_CONTEXT + 1];
	char actual[4 * EXPECTED_CONTEXT + 1];

	report_hex(expected, mismatch->expected, mismatch->expected_bytes);
	report_hex(actual, mismatch->actual, mismatch->actual_bytes);
	report_event(json_pack(
		"{s:s, s:s, s:s, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:s}",
		"event", "mismatch", "vmm", name->vmm, "host", name->host,
		"capture", text_json(name->capture), "direction",
		report_direction(name->direction), "frame",
		(json_int_t)mismatch->frame, "offset",
		(json_int_t)mismatch->offset, "expected_length",
		(json_int_t)mismatch->expected_length, "actual_length",
		(json_int_t)mismatch->actual_length, "start",
		(json_int_t)mismatch->start, "expected", expected, "actual",
		actual));
}

static void report_bytes(const char *what, const uint8_t *bytes, uint32_t n,
			 uint32_t start)
{
	uint32_t i;

	if (!n)
		printf("  %-8s nothing there\n", what);
	for (i = 0; i < n; i++) {
		if (i % REPORT_LINE == 0)
			printf("%s  %-8s %5" PRIu32 ":", i ? "\n" : "", what,
			       start + i);
		printf(" %02x", bytes[i]);
	}
	if (n)
		putchar('\n');
}

static void report_failure(const struct report *report,
			   const struct report_name *name,
			   const struct replay_result *result)
{
	const struct expected_mismatch *mismatch = &result->mismatch;

	if (report->is_json) {
		if (result->has_mismatch)
			report_mismatch_json(name, mismatch);
		return;
	}
	text_print(stdout, "  %s, %s, %s: %s", name->capture,
		   report_direction(name->direction), name->host,
		   result->reason);
	putchar('\n');
	if (!result->has_mismatch)
		return;
	report_bytes("expected", mismatch->expected, mismatch->expected_bytes,
		     mismatch->start);
	report_bytes("actual", mismatch->actual, mismatch->actual_bytes,
		     mismatch->start);
}

void report_row(struct report *report, const struct report_name *name,
		const struct replay_result *result)
{
	if (report->has_progress)
		fputs(REPORT_CLEAR, stderr);
	report->frames += result->frames;
	report->bytes += result->bytes;
	report->too_short += result->too_short;
	report->too_long += result->too_long;
	report->truncated += result->truncated;
	if (report->is_json)
		report_row_json(name, result);
	else
		report_row_text(report, name, result);
	switch (result->verdict) {
	case REPLAY_PASS:
		report->passed++;
		break;
	case REPLAY_SKIP:
		report->skipped++;
		break;
	case REPLAY_FAIL:
		report->failed++;
		report_failure(report, name, result);
		break;
	}
}

void report_trace(struct report *report, const char *text)
{
	if (report->is_json) {
		report_event(json_pack("{s:s, s:o}", "event", "trace", "trace",
				       text_json(text)));
		return;
	}
	text_print(stdout, "  trace: %s", text);
	putchar('\n');
}

void report_error(struct report *report, const char *sentence)
{
	report->errors++;
	if (report->has_progress)
		fputs(REPORT_CLEAR, stderr);
	if (report->is_json)
		report_event(json_pack("{s:s, s:o}", "event", "error", "error",
				       text_json(sentence)));
	cli_complain("%s", sentence);
}

void report_progress(const struct report *report,
		     const struct report_name *name, uint64_t frames)
{
	if (!report->has_progress)
		return;
	fputs(REPORT_CLEAR, stderr);
	text_print(stderr, "%s, %s, %s: %" PRIu64 " frames", name->capture,
		   report_direction(name->direction), name->host, frames);
	fflush(stderr);
}

/* ---- The end ---- */

static enum cli_exit report_status(const struct report *report)
{
	if (report->failed)
		return CLI_FAIL;
	if (report->errors)
		return CLI_USAGE;
	return report->passed ? CLI_PASS : CLI_SKIP;
}

static const char *report_word(enum cli_exit status)
{
	switch (status) {
	case CLI_PASS:
		return "pass";
	case CLI_FAIL:
		return "FAIL";
	case CLI_SKIP:
		return "skip";
	case CLI_USAGE:
		break;
	}
	return "BAD INPUT";
}

static void report_end_json(const struct report *report, enum cli_exit status)
{
	json_t *event =
		json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i}", "event", "end",
			  "verdict", report_word(status), "exit", (int)status,
			  "passed", (int)report->passed, "skipped",
			  (int)report->skipped, "failed", (int)report->failed,
			  "errors", (int)report->errors);
	json_t *rest = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
				 "frames", (json_int_t)report->frames, "bytes",
				 (json_int_t)report->bytes, "too_short",
				 (json_int_t)report->too_short, "too_long",
				 (json_int_t)report->too_long, "truncated",
				 (json_int_t)report->truncated, "seed",
				 (json_int_t)report->seed, "repeat",
				 text_json(report->repeat));

	if (event && rest)
		json_object_update(event, rest);
	json_decref(rest);
	report_event(event);
}

enum cli_exit report_end(struct report *report)
{
	enum cli_exit status = report_status(report);
	enum replay_verdict colour = status == CLI_PASS	  ? REPLAY_PASS
				     : status == CLI_SKIP ? REPLAY_SKIP
							  : REPLAY_FAIL;

	if (report->is_json) {
		report_end_json(report, status);
		return status;
	}
	printf("\n%s%s%s: %u pass, %u skip, %u fail, %u error%s\n",
	       report_colour(report, colour), report_word(status),
	       report->has_colour ? REPORT_PLAIN : "", report->passed,
	       report->skipped, report->failed, report->errors,
	       report->errors == 1 ? "" : "s");
	printf("%" PRIu64 " frames, %" PRIu64 " bytes identical; not sendable: "
	       "%" PRIu64 " too short, %" PRIu64 " too long, %" PRIu64
	       " truncated in the capture\n",
	       report->frames, report->bytes, report->too_short,
	       report->too_long, report->truncated);
	printf("seed %" PRIu64 "\nrepeat: %s\n", report->seed, report->repeat);
	return status;
}
