/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The least of a failure that still fails: fewer faults, fewer frames, a fault
 * that fires once and not each time.
 *
 * Less is tried in processes of their own. It still fails when it fails for the
 * same reason, numbers in it and what the host did before set aside.
 */
#ifndef MOCKS_CLI_SCENARIO_MINIMISE_H
#define MOCKS_CLI_SCENARIO_MINIMISE_H

#include "mocks/cli/scenario/scenario.h"

/** Runs that a failure may take. */
#define SCENARIO_MINIMISE_RUNS 60u

enum scenario_minimised {
	/** It was not tried. */
	SCENARIO_MINIMISED_NOT,
	/** It did not fail the same way again: two runs of it differ. */
	SCENARIO_MINIMISED_UNLIKE,
	/** There is a minimal combination; it may be the original. */
	SCENARIO_MINIMISED_DONE,
};

struct scenario_minimal {
	enum scenario_minimised outcome;
	/** What is left, and how many runs it took. */
	struct scenario_case it;
	unsigned runs;
};

/** Whether two reasons are of the same kind. */
bool scenario_reason_is_like(const char *one, const char *other);

/**
 * Make a failure smaller. One that ran out of time is left as it is.
 * @param it, result the failure
 * @param minimal out, filled in whatever happens
 * @return false: no process could be made
 */
bool scenario_minimise(const struct scenario_case *it,
		       const struct scenario_result *result,
		       struct scenario_minimal *minimal);

#endif /* MOCKS_CLI_SCENARIO_MINIMISE_H */
