/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the explorer's parts know of each other: explorer.c (choices and
 * coroutines) and access.c (shared memory and store buffers).
 */
#ifndef INTERLEAVE_EXPLORER_INTERNAL_H
#define INTERLEAVE_EXPLORER_INTERNAL_H

#include <ucontext.h>

#include "tests/interleave/explorer.h"
#include "tests/interleave/memo.h"

/** Stores that a buffer holds; the oldest leaves when one more comes. */
#define BUFFER_STORES 48u
/** Bytes of all stores of one side in one execution. */
#define BUFFER_BYTES  65536u
#define STACK_BYTES   65536u
/** What can be chosen from at one place. */
#define OPTIONS_MAX   4u
#define CHOICES_MAX   1024u
/** More accesses than any execution that ends has. */
#define ACCESSES_MAX  1000u

struct buffered_store {
	uint8_t *address;
	const uint8_t *data;
	size_t bytes;
};

struct coroutine {
	ucontext_t registers;
	uint8_t *stack;
	bool finished;
	/** What it sleeps for, or NULL. */
	bool *waits;
	/** A hash of all that it has read. */
	uint64_t history;
	/** Its store buffer: stores [first, last) are not in memory. */
	unsigned first, last;
	struct buffered_store stores[BUFFER_STORES];
	size_t data_used;
	uint8_t data[BUFFER_BYTES];
};

enum option {
	OPTION_RUN,
	OPTION_DRAIN,
	OPTION_INTERRUPT,
	OPTION_SWITCH,
};

struct choice {
	uint64_t key;
	double interleavings;
	uint8_t options[OPTIONS_MAX];
	uint8_t count, current;
};

enum outcome {
	OUTCOME_COMPLETE,
	OUTCOME_KNOWN,
	OUTCOME_FAILED,
};

struct explorer {
	const struct explorer_world *world;
	uint8_t *memory;
	ucontext_t main;
	struct coroutine sides[SIDES];
	enum side running;
	/** The running side did something since it began to run. */
	bool moved;
	bool in_handler;
	/** Signals on their way, by the side that they go to. */
	bool signalled[SIDES];
	unsigned accesses;

	unsigned bound, stopped;
	struct choice choices[CHOICES_MAX];
	unsigned choice_count, choice_next;
	enum outcome outcome;
	double known;
	struct memo memo;
	struct explorer_result *result;
	/** Where steps are shown, or NULL. */
	FILE *show;
	unsigned step;
};

/* explorer.c */
/** Let others go first, as they like; on return the running side goes on. */
void explorer_point(struct explorer *explorer);

/* access.c */
/** A hash of all words in memory and of what is in the buffers. */
uint64_t explorer_memory_key(const struct explorer *explorer);
/** The oldest store of a side reaches memory. */
void explorer_drain(struct explorer *explorer, enum side side);
void explorer_drain_all(struct explorer *explorer, enum side side);
const char *explorer_side_name(enum side side);

#endif /* INTERLEAVE_EXPLORER_INTERNAL_H */
