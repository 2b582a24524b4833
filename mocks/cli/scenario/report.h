/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What runs of scenarios say: a row for each scenario and host, as a table for
 * people or as one JSON event a line.
 *
 * Events are "start", "row", "failure", "missing" and "end".
 */
#ifndef MOCKS_CLI_SCENARIO_REPORT_H
#define MOCKS_CLI_SCENARIO_REPORT_H

#include "mocks/cli/cli.h"
#include "mocks/cli/failure_files.h"
#include "mocks/cli/scenario/scenario.h"
#include "mocks/cli/scenario/minimise.h"

/** Failures that a row tells of, the first ones; and reasons in all. */
#define SCENARIO_FAILURES_MAX 8u
#define SCENARIO_MISSING_MAX  128u

struct scenario_failure {
	uint64_t number;
	struct scenario_case it;
	struct scenario_result result;
	struct scenario_minimal minimal;
	/** Its trace: how the files are called, or why there are none; or "".
	 */
	char files[FAILURE_TEXT_MAX];
};

/** A scenario on a host of a hypervisor. */
struct scenario_row {
	const struct scenario *scenario;
	const struct vmm *vmm;
	struct vmm_host host;
	/** Runs without a fault, runs with one, and those that failed. */
	uint64_t runs, points, failed;
	/** Of the runs with one: those in which the scenario succeeded. */
	uint64_t unhurt;
	uint64_t frames;
	struct scenario_failure failures[SCENARIO_FAILURES_MAX];
	unsigned failure_count;
};

/** Combinations that do not exist, by the reason. */
struct scenario_missing {
	char reason[SCENARIO_REASON_MAX];
	uint64_t count;
};

struct scenario_report {
	bool is_json, has_colour, has_progress;
	/** As the command was called. */
	const char *program;
	uint64_t seed, seeds;
	/** The command that repeats the run. */
	const char *repeat;
	/** Sums over the rows. */
	uint64_t rows, runs, points, failed, frames;
	struct scenario_missing missing[SCENARIO_MISSING_MAX];
	unsigned missing_count;
};

/** The table of the scenarios that a hypervisor can have; NULL: any can. */
void scenario_report_list(const struct vmm *vmm, bool is_json);
/** What a host may do wrong, of a hypervisor or of all: NULL. */
void scenario_report_faults(const struct vmm *vmm, bool is_json);

/** Look at the terminal; the other members are the caller's to set. */
void scenario_report_init(struct scenario_report *report);
void scenario_report_start(const struct scenario_report *report);
/** A combination that does not exist. */
void scenario_report_missing(struct scenario_report *report,
			     const char *reason);
/** How far a row is; on a terminal only. */
void scenario_report_progress(const struct scenario_report *report,
			      const struct scenario_row *row);
/** Keep a failure, if it is one of the first. */
void scenario_row_failed(struct scenario_row *row, uint64_t number,
			 const struct scenario_case *it,
			 const struct scenario_result *result);
void scenario_report_row(struct scenario_report *report,
			 const struct scenario_row *row);
/** Verdict, counts, seed and command. @return the exit status */
enum cli_exit scenario_report_end(struct scenario_report *report);

#endif /* MOCKS_CLI_SCENARIO_REPORT_H */
