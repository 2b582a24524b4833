/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What guest and host do while their interleavings are explored, and what must
 * hold at each end.
 */
#ifndef INTERLEAVE_SCENARIOS_H
#define INTERLEAVE_SCENARIOS_H

#include "tests/interleave/explorer.h"

#define PACKETS_MAX 6u

/** What one side sends: payload bytes of each packet, 0 behind the last. */
struct plan {
	uint32_t payload[PACKETS_MAX + 1];
	/** The guest publishes after so many (the host after each). */
	unsigned batch;
};

enum guest_program {
	/** Sends, and sleeps when the ring is full; ends when all is sent. */
	GUEST_WRITES,
	/** Reads until nothing is left, unmasks and sleeps. */
	GUEST_READS,
	/** Both, woken by one interrupt, as a driver is. */
	GUEST_BOTH,
	/**
	 * As before, but it looks for work before it asks to be woken: wrong.
	 */
	GUEST_LOOKS_TOO_EARLY,
};

/** One setting of a scenario. */
struct setting {
	const char *about;
	enum guest_program guest;
	struct plan guest_sends, host_sends;
	/** Where both indices of both rings are at first. */
	uint32_t start;
};

struct scenario {
	const char *name, *about;
	const struct setting *settings;
	unsigned setting_count;
	/** What is wrong with it, NULL for nothing. */
	const char *wrong;
};

extern const struct scenario scenarios[];
extern const unsigned scenario_count;

struct session;

struct session *session_create(void);
/** A wrong signal is no failure by itself, only what comes of it. */
void session_judge_no_signals(struct session *session);
void session_destroy(struct session *session);
/** Explore a setting. @param show where a failure's steps are shown, or NULL */
void session_explore(struct session *session, const struct setting *setting,
		     unsigned bound, struct explorer_result *result,
		     FILE *show);

#endif /* INTERLEAVE_SCENARIOS_H */
