/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What passed in a run, kept until it is known whether anybody wants it: of a
 * run that fails, in files, with what went wrong at the event where it did.
 *
 * It lies in memory or a file without a name, and what another process adds to
 * it is there however that process ends.
 */
#ifndef MOCKS_TRACE_RECORDING_H
#define MOCKS_TRACE_RECORDING_H

#include "mocks/trace/file.h"

struct trace_recording;

/**
 * @param limit keep the last events only, in no more bytes than that and in
 *	half of it at least; 0: all of them
 * @param is_shared a process that is forked later does the recording
 * @return NULL: out of memory
 */
struct trace_recording *trace_recording_create(uint64_t limit, bool is_shared);
void trace_recording_destroy(struct trace_recording *recording);

/** Who is to be told; it lives as long as the recording. */
struct trace_observer
trace_recording_observer(struct trace_recording *recording);

/**
 * Write it as a trace; may be called again for another form.
 *
 * The event at which it failed has the reason as its comment: the rule that was
 * broken, if the reason is one, or the event that had come when what the reason
 * says was found; else the last one. What is missing, a note says.
 *
 * @param about "key=value ..." of the run
 * @param reason why the run failed; NULL: it did not
 * @param error room for TRACE_FILE_ERROR_MAX: a sentence that begins with the
 *	path
 */
bool trace_recording_write(struct trace_recording *recording, const char *path,
			   const char *about, const char *reason, char *error);

#endif /* MOCKS_TRACE_RECORDING_H */
