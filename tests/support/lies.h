/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lies by chance: from a seed, what a host changes, loses, repeats, delays or
 * makes up, in any field of anything that it says. For lying_host.h.
 */
#ifndef TESTS_SUPPORT_LIES_H
#define TESTS_SUPPORT_LIES_H

#include "tests/support/lying_host.h"

#define LIES_HELD 24u

struct lies;

/* Something that is said, or done, later. */
struct lie_later {
	struct machine_event event;
	struct lying_host *lying;
	struct lies *lies;
	enum lie_kind kind;
	bool pending;
	struct host_channel *channel;
	uint32_t offset, bytes, value;
	uint8_t content[4096];
};

struct lies {
	struct random random;
	/* Bits of enum lie_kind: what it lies about. */
	unsigned kinds;
	/* A lie in so many messages; or one alone, behind so many. */
	unsigned chance, alone;
	unsigned seen, told;
	struct lie_later later[LIES_HELD];
};

/* How a seed lies: about what, how often. */
void lies_plan(struct lies *lies, uint64_t seed);
/* The function for struct lying_configuration, with a struct lies for it. */
bool lies_look(struct lying_host *lying, enum lie_kind kind, uint8_t *bytes,
	       uint32_t *count);

#endif /* TESTS_SUPPORT_LIES_H */
