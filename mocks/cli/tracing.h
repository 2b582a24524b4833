/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The option `--trace FILE` of the commands that run machines: what passed
 * between guest and host goes into files, in the form that each name says.
 */
#ifndef MOCKS_CLI_TRACING_H
#define MOCKS_CLI_TRACING_H

#include "mocks/cli/cli.h"
#include "mocks/trace/file.h"

/** One of each form. */
#define TRACING_FILES_MAX 2u

struct tracing {
	const char *paths[TRACING_FILES_MAX];
	unsigned count;
	struct trace_writer *writers[TRACING_FILES_MAX];
	/** Who is told besides; zeroes: nobody. */
	struct trace_observer also;
};

/** The option's help, the same in each command. */
#define TRACING_HELP                                                           \
	"write what passes between guest and host to this file:\n"             \
	"NAME.vt as text, NAME.pcapng for Wireshark; may be given for\n"       \
	"each"

/** An option: note the file. @return false, with the rest of the sentence */
bool tracing_apply(struct tracing *tracing, const char *path, char *error);

/**
 * Create the files.
 * @param about "key=value ..." of the run
 * @param error room for TRACE_FILE_ERROR_MAX
 */
bool tracing_open(struct tracing *tracing, const char *about, char *error);

/** Who is to be told; nobody if no file is named. */
struct trace_observer tracing_observer(struct tracing *tracing);

/** @param error as above, of the first that is not whole */
bool tracing_close(struct tracing *tracing, char *error);

#endif /* MOCKS_CLI_TRACING_H */
