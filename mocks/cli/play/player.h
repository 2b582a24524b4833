/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trace or a script played to one of its sides.
 *
 * As the guest: no driver runs; what the script says that the guest does is
 * done to the simulated host, and what the host answers is compared. As the
 * host: the driver runs, what the script says that the host sends is sent to
 * it, and what the driver does is compared.
 */
#ifndef MOCKS_CLI_PLAY_PLAYER_H
#define MOCKS_CLI_PLAY_PLAYER_H

#include "mocks/cli/cli.h"
#include "mocks/cli/failure_files.h"
#include "mocks/cli/tracing.h"
#include "mocks/trace/script.h"

enum player_side {
	PLAYER_AS_GUEST,
	PLAYER_AS_HOST,
};

struct player_configuration {
	enum player_side side;
	/** "NAME=value" for variables of the scripts. */
	const char *defines[SCRIPT_DEFINES_MAX];
	size_t define_count;
	/** What passes is written to these files. */
	struct tracing tracing;
	/** What a script leaves that fails. */
	struct failure_files *failure_files;
	bool is_json;
};

/**
 * Play a script and say on standard output how it went; what differs, and what
 * is wrong with the script, on standard error.
 */
enum cli_exit player_play(const char *path,
			  const struct player_configuration *configuration);

#endif /* MOCKS_CLI_PLAY_PLAYER_H */
