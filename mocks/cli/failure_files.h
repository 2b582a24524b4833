/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The option `--failures DIR`: a run that failed leaves its trace, as
 * fail-NAME-SEED.vt and .pcapng, with the reason at the event where it failed.
 */
#ifndef MOCKS_CLI_FAILURE_FILES_H
#define MOCKS_CLI_FAILURE_FILES_H

#include "mocks/cli/cli.h"
#include "mocks/trace/recording.h"

/** Failures of a command that leave files; the others are alike. */
#define FAILURE_FILES_MAX   16u
/** Bytes of what failed that are kept: the last of it. */
#define FAILURE_FILES_BYTES (UINT64_C(64) << 20)
#define FAILURE_NAME_MAX    128u
#define FAILURE_TEXT_MAX    1024u

struct failure_files {
	/** NULL: the current one. */
	const char *folder;
	bool is_off;
	/** The names that this command used, with the seed. */
	char names[FAILURE_FILES_MAX][FAILURE_NAME_MAX + 32];
	unsigned count;
};

/** The option's help, the same in each command. */
#define FAILURE_FILES_HELP                                                     \
	"where a run that failed leaves its trace, as fail-NAME-SEED.vt\n"     \
	"and .pcapng (default: the current directory); or none"

/** An option. @return false, with the rest of the sentence */
bool failure_files_apply(struct failure_files *files, const char *value,
			 char *error);

/** Whether one more failure of the command leaves files. */
bool failure_files_are_wanted(const struct failure_files *files);

/**
 * Leave the files of a failure.
 * @param name of the run: letters, digits, '.', '_' and '-' of it are used
 * @param about "key=value ..." of the run, with its seed
 * @param text out, room for FAILURE_TEXT_MAX: how the files are called, or why
 *	there are none
 * @return whether there are
 */
bool failure_files_write(struct failure_files *files,
			 struct trace_recording *recording, const char *name,
			 uint64_t seed, const char *about, const char *reason,
			 char *text);

/** The last part of a path without what its name ends with. */
void failure_files_name(const char *path, char name[FAILURE_NAME_MAX]);

#endif /* MOCKS_CLI_FAILURE_FILES_H */
