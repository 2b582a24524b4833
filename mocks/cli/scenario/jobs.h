/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs of scenarios, each in a process of its own, several at once: a run that
 * crashes or hangs fails alone.
 */
#ifndef MOCKS_CLI_SCENARIO_JOBS_H
#define MOCKS_CLI_SCENARIO_JOBS_H

#include "mocks/cli/scenario/scenario.h"
#include "mocks/trace/recording.h"

#define SCENARIO_JOBS_MAX 64u
/**
 * Seconds that a run may take. The machine ends loops by its own clock; this is
 * for loops in which not even the machine has a say.
 */
#define SCENARIO_SECONDS  120

struct scenario_jobs {
	void *context;
	/** The next combination to run. @return false: that was all */
	bool (*next)(void *context, struct scenario_case *it);
	/**
	 * One is over, in any order.
	 * @param number in the order of next(), from 0
	 */
	void (*done)(void *context, uint64_t number,
		     const struct scenario_case *it,
		     const struct scenario_result *result);
	/** What a run says on standard error is thrown away. */
	bool is_silent;
	/** Seconds that a run may take; 0: SCENARIO_SECONDS. */
	int seconds;
	/** Of the one run that there is then, shared; NULL: none. */
	struct trace_recording *recording;
};

/**
 * Run all of them.
 * @param parallel how many at once, 1 to SCENARIO_JOBS_MAX
 * @return false: no process could be made
 */
bool scenario_jobs_run(const struct scenario_jobs *jobs, unsigned parallel);

#endif /* MOCKS_CLI_SCENARIO_JOBS_H */
