/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a replay says: a table for people, or one JSON event a line.
 *
 * Events are "start", "row", "mismatch", "trace", "error" and "end". An error
 * also goes to standard error as a sentence, in both forms.
 */
#ifndef MOCKS_CLI_REPORT_H
#define MOCKS_CLI_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mocks/cli/cli.h"
#include "mocks/cli/replay.h"

struct report {
	bool is_json;
	/** Verdicts in colour, and a line of progress. */
	bool has_colour, has_progress;
	/** Columns of the names in the table. */
	int host_width, capture_width;
	bool has_header;
	uint64_t seed;
	/** The command that repeats the run, as a shell reads it. */
	const char *repeat;
	/** Rows by verdict, sentences of errors, and sums over the rows. */
	unsigned passed, skipped, failed, errors;
	uint64_t frames, bytes, too_short, too_long, truncated;
};

/** A row's name. */
struct report_name {
	const char *vmm, *host, *capture;
	enum replay_direction direction;
};

/** Look at the terminal; the other members are the caller's to set. */
void report_init(struct report *report);
/** Say the seed and what is going to be done. */
void report_start(struct report *report, uint16_t mtu, size_t captures);
/** A row, and why it failed. */
void report_row(struct report *report, const struct report_name *name,
		const struct replay_result *result);
/** Of the row before, which failed: its trace, or why there is none. */
void report_trace(struct report *report, const char *text);
/** "tx" or "rx" */
const char *report_direction(enum replay_direction direction);
/** A sentence about bad input or output. */
void report_error(struct report *report, const char *sentence);
/** How far a row is; on a terminal only. */
void report_progress(const struct report *report,
		     const struct report_name *name, uint64_t frames);
/** Verdict, counts, seed and command. @return the exit status */
enum cli_exit report_end(struct report *report);

#endif /* MOCKS_CLI_REPORT_H */
