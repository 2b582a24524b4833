/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A failed run is made again with a recording: nobody listened the first time,
 * and a run does not change by being listened to.
 */
#include "mocks/cli/scenario/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mocks/cli/scenario/jobs.h"
#include "mocks/cli/scenario/minimise.h"
#include "mocks/cli/scenario/words.h"
#include "mocks/trace/text.h"

void scenario_about(const struct scenario_case *it, char *about)
{
	FILE *stream = fmemopen(about, SCENARIO_ABOUT_MAX, "w");
	char faults[SCENARIO_WORDS_MAX];
	size_t i;

	about[0] = '\0';
	if (!stream)
		return;
	fprintf(stream, "vmm=%s host=%s scenario=%s", it->vmm->name,
		it->host.name, it->scenario->name);
	for (i = 0; i < it->vmm->protocol_count; i++)
		trace_text_field(stream, it->vmm->protocols[i].option,
				 it->versions[i]->name);
	fprintf(stream, " seed=%" PRIu64, it->seed);
	scenario_fault_words(it, faults);
	trace_text_field(stream, "fault", faults);
	if (it->has_frames_max)
		fprintf(stream, " frames=%" PRIu32, it->frames_max);
	fclose(stream);
}

bool scenario_trace_write(struct tracing *tracing,
			  struct trace_recording *recording,
			  const struct scenario_case *it,
			  const struct scenario_result *result, char *error)
{
	char about[SCENARIO_ABOUT_MAX];
	unsigned n;

	scenario_about(it, about);
	for (n = 0; n < tracing->count; n++)
		if (!trace_recording_write(
			    recording, tracing->paths[n], about,
			    result->passed ? NULL : result->reason, error))
			return false;
	return true;
}

/* ---- Once more ---- */

struct again {
	const struct scenario_case *it;
	bool is_started;
	struct scenario_result result;
};

static bool again_next(void *context, struct scenario_case *it)
{
	struct again *again = context;

	if (again->is_started)
		return false;
	again->is_started = true;
	*it = *again->it;
	return true;
}

static void again_done(void *context, uint64_t number,
		       const struct scenario_case *it,
		       const struct scenario_result *result)
{
	struct again *again = context;

	(void)number;
	(void)it;
	again->result = *result;
}

static bool is_same(const struct scenario_result *one,
		    const struct scenario_result *other)
{
	return other->timed_out == one->timed_out && !other->passed &&
	       other->virtual_ns == one->virtual_ns &&
	       scenario_reason_is_like(one->reason, other->reason);
}

bool scenario_trace_failure(struct failure_files *files,
			    const struct scenario_case *it,
			    const struct scenario_result *result, char *text)
{
	struct again again = {.it = it};
	const struct scenario_jobs jobs = {
		.context = &again,
		.next = again_next,
		.done = again_done,
		.is_silent = true,
		.seconds = result->timed_out ? SCENARIO_TRACE_SECONDS : 0,
		.recording = trace_recording_create(FAILURE_FILES_BYTES, true),
	};
	char about[SCENARIO_ABOUT_MAX], name[FAILURE_NAME_MAX];
	bool good = true;

	if (!jobs.recording) {
		snprintf(text, FAILURE_TEXT_MAX, "none: out of memory");
		return true;
	}
	good = scenario_jobs_run(&jobs, 1);
	scenario_about(it, about);
	snprintf(name, sizeof(name), "%s-%s", it->scenario->name,
		 it->host.name);
	if (!is_same(result, &again.result))
		snprintf(text, FAILURE_TEXT_MAX,
			 "none: run again, it did not fail the same way");
	else
		failure_files_write(files, jobs.recording, name, it->seed,
				    about, result->reason, text);
	trace_recording_destroy(jobs.recording);
	return good;
}
