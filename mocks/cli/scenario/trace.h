/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces of scenarios. The run is a process of its own, which records as it
 * goes; the files are written when it has ended, in whatever way.
 */
#ifndef MOCKS_CLI_SCENARIO_TRACE_H
#define MOCKS_CLI_SCENARIO_TRACE_H

#include "mocks/cli/failure_files.h"
#include "mocks/cli/scenario/scenario.h"
#include "mocks/cli/tracing.h"

#define SCENARIO_ABOUT_MAX     8192u
/** For a failure that ran out of time: it is not waited for that long again. */
#define SCENARIO_TRACE_SECONDS 10

/** What a trace's first line says of a run. @param about room for as many */
void scenario_about(const struct scenario_case *it, char *about);

/**
 * Write the trace of a run, failed or not.
 * @param error room for TRACE_FILE_ERROR_MAX
 */
bool scenario_trace_write(struct tracing *tracing,
			  struct trace_recording *recording,
			  const struct scenario_case *it,
			  const struct scenario_result *result, char *error);

/**
 * Run a failure once more, recorded, and leave its files.
 * @param text out, room for FAILURE_TEXT_MAX: what they are called, or why
 *there are none
 * @return false: no process could be made
 */
bool scenario_trace_failure(struct failure_files *files,
			    const struct scenario_case *it,
			    const struct scenario_result *result, char *text);

#endif /* MOCKS_CLI_SCENARIO_TRACE_H */
