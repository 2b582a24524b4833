/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Greedy: what can be left out is left out for good.
 */
#include "mocks/cli/scenario/minimise.h"

#include <string.h>

#include "mocks/cli/scenario/jobs.h"

/** To try a fault only the n-th time, up to this n. */
#define ONCE_TRIES 4u

struct minimiser {
	struct scenario_minimal *minimal;
	/** As it failed. */
	const char *reason;
	/** Of the last run that failed like it. */
	uint64_t frames;
	/** The run under way, and what came of it. */
	const struct scenario_case *tried;
	bool is_started, fails, is_broken;
};

/* ---- Reasons ---- */

/** Past a number: decimal, or hexadecimal with its 0x. */
static const char *number_skip(const char *text)
{
	if (strncmp(text, "0x", 2) == 0)
		return text + 2 + strspn(text + 2, "0123456789abcdefABCDEF");
	return text + strspn(text, "0123456789");
}

bool scenario_reason_is_like(const char *one, const char *other)
{
	const char *one_end = strstr(one, SCENARIO_REASON_LIES);
	const char *other_end = strstr(other, SCENARIO_REASON_LIES);

	if (!one_end)
		one_end = one + strlen(one);
	if (!other_end)
		other_end = other + strlen(other);
	for (;;) {
		one = number_skip(one);
		other = number_skip(other);
		if (one >= one_end || other >= other_end)
			return one >= one_end && other >= other_end;
		if (*one++ != *other++)
			return false;
	}
}

/* ---- One run ---- */

static bool try_next(void *context, struct scenario_case *it)
{
	struct minimiser *own = context;

	if (own->is_started)
		return false;
	own->is_started = true;
	*it = *own->tried;
	return true;
}

static void try_done(void *context, uint64_t number,
		     const struct scenario_case *it,
		     const struct scenario_result *result)
{
	struct minimiser *own = context;

	(void)number;
	(void)it;
	own->fails = !result->passed &&
		     scenario_reason_is_like(result->reason, own->reason);
	if (own->fails)
		own->frames = result->frames_made;
}

/** Run it; keep it if it fails for the same reason. @return whether it does */
static bool try(struct minimiser *own, const struct scenario_case *it)
{
	const struct scenario_jobs jobs = {
		.context = own,
		.next = try_next,
		.done = try_done,
		.is_silent = true,
	};

	if (own->is_broken || own->minimal->runs == SCENARIO_MINIMISE_RUNS)
		return false;
	own->minimal->runs++;
	own->tried = it;
	own->is_started = false;
	own->fails = false;
	if (!scenario_jobs_run(&jobs, 1))
		own->is_broken = true;
	if (own->fails)
		own->minimal->it = *it;
	return own->fails;
}

/* ---- Less of it ---- */

/** The host's, one at a time. */
static void lies_drop(struct minimiser *own)
{
	const unsigned count = own->minimal->it.vmm->fault_count;
	struct scenario_case it;
	unsigned i;

	for (i = 0; i < count; i++) {
		it = own->minimal->it;
		scenario_lies(&own->minimal->it, &it.lies);
		it.has_lies = true;
		if (!it.lies.when[i])
			continue;
		it.lies.when[i] = 0;
		try(own, &it);
	}
}

static void faults_drop(struct minimiser *own)
{
	static const struct machine_fault no_fault;
	static const struct vmm_faults no_lies;
	struct scenario_case it = own->minimal->it;

	if (it.fault.n) {
		it.fault = no_fault;
		try(own, &it);
		it = own->minimal->it;
	}
	if (!scenario_has_lies(&it))
		return;
	/* All at once first: often none of them is needed. */
	it.has_lies = true;
	it.lies = no_lies;
	if (!try(own, &it))
		lies_drop(own);
}

/** Between a number that fails and one that does not. */
static void frames_lower(struct minimiser *own)
{
	struct scenario_case it = own->minimal->it;
	uint64_t fails = own->frames, holds = 0;

	/* A process that died did not say how many it had made. */
	if (!fails)
		fails = SCENARIO_FRAMES_MAX;
	if (it.has_frames_max && it.frames_max < fails)
		fails = it.frames_max;
	it.has_frames_max = true;
	it.frames_max = 0;
	if (try(own, &it))
		return;
	while (fails - holds > 1) {
		it.frames_max = (uint32_t)(holds + (fails - holds) / 2);
		if (try(own, &it))
			fails = it.frames_max;
		else
			holds = it.frames_max;
	}
	/* Say so, even if all of them are needed. */
	it.frames_max = (uint32_t)fails;
	if (!own->minimal->it.has_frames_max)
		try(own, &it);
}

static void faults_once(struct minimiser *own)
{
	struct scenario_case it = own->minimal->it;
	unsigned i, n;
	uint32_t *field;

	if (it.fault.persistent) {
		it.fault.persistent = false;
		try(own, &it);
	}
	for (i = 0; own->minimal->it.has_lies && i < it.vmm->fault_count; i++) {
		it = own->minimal->it;
		field = &it.lies.when[i];
		for (n = 1; n <= ONCE_TRIES; n++) {
			if (!*field || (n == 1 && *field != VMM_FAULT_ALWAYS))
				break;
			*field = n;
			if (try(own, &it))
				break;
		}
	}
}

bool scenario_minimise(const struct scenario_case *it,
		       const struct scenario_result *result,
		       struct scenario_minimal *minimal)
{
	struct minimiser own = {.minimal = minimal, .reason = result->reason};

	minimal->outcome = SCENARIO_MINIMISED_NOT;
	minimal->it = *it;
	minimal->runs = 0;
	if (result->timed_out)
		return true;
	if (!try(&own, it)) {
		minimal->outcome = SCENARIO_MINIMISED_UNLIKE;
		return !own.is_broken;
	}
	minimal->outcome = SCENARIO_MINIMISED_DONE;
	faults_drop(&own);
	frames_lower(&own);
	faults_once(&own);
	/*
	 * With odds, one fault less moved all that was drawn after it, so that
	 * another did not fire. What fires by number does not mind.
	 */
	if (minimal->it.has_lies)
		lies_drop(&own);
	return !own.is_broken;
}
