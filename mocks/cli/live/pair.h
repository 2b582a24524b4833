/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two live machines on one wire. lwIP is one for a process, so the second guest
 * lives in a process of its own, and the wire is a socket between the two.
 *
 *	live_pair_start()	the second process, waiting; the first's wire
 *	live_pair_go()		the first machine is up: the second one begins
 *	live_pair_end()		the second ends, and says what came of it
 */
#ifndef MOCKS_CLI_LIVE_PAIR_H
#define MOCKS_CLI_LIVE_PAIR_H

#include <signal.h>
#include <sys/types.h>

#include "mocks/cli/live/live.h"

struct live_pair {
	/** The first machine's end, the caller's to destroy. */
	struct wire *wire;
	/** The second process, 0: none; and what is said to it and by it. */
	pid_t process;
	int control;
	sigset_t before;
};

/** What the second machine says at its end. */
struct live_pair_report {
	/** "" if all was well. */
	char reason[LIVE_REASON_MAX];
	struct live_visit visit;
};

/**
 * Start the second process; no thread may have been started before.
 * @param second all but its wire, copied
 * @param error room for WIRE_ERROR_MAX: on failure one sentence
 */
bool live_pair_start(struct live_pair *pair,
		     const struct live_configuration *second, char *error);
void live_pair_go(struct live_pair *pair);
/** @param report filled in by the first call; others do nothing */
void live_pair_end(struct live_pair *pair, struct live_pair_report *report);

#endif /* MOCKS_CLI_LIVE_PAIR_H */
