/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Explores every order in which guest and host can touch shared memory.
 *
 * Guest and host are two coroutines. Before each access to shared memory the
 * one that runs asks what is to happen next: it goes on, or the other one does,
 * or a store of the other's reaches memory, or an interrupt is taken. Each such
 * choice is remembered; when an execution has ended, the last choice that has
 * alternatives left is changed and everything runs again from the start, until
 * there are none.
 *
 * Memory is that of x86 (TSO): what a side stores goes into a buffer of its
 * own, first in, first out, and reaches memory at any later time; it sees its
 * own stores at once. A fence empties the buffer, and so does a signal, which
 * is a hypercall or a locked operation. A store of a side matters to the other
 * side only, so it is enough to choose when it reaches memory while the other
 * runs.
 *
 * What a side does depends on nothing but what it has read. So the state of the
 * whole is told by what each has read so far, the words in memory and in the
 * buffers, and which signals are on their way; a state that was explored before
 * is not explored again, but what was counted below it is counted again. Where
 * a side's state is known to be a few variables, it tells them in place of all
 * that it read to get there (explorer_forget()). States are told apart by 64
 * bits of hash.
 */
#ifndef INTERLEAVE_EXPLORER_H
#define INTERLEAVE_EXPLORER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "port/bytes.h"

enum side { GUEST, HOST, SIDES };

#define EXPLORER_RINGS	    2u
#define EXPLORER_RING_BYTES 8192u
/** No bound on how often a side is stopped while it could go on. */
#define EXPLORER_UNBOUNDED  0xffffffffu

struct explorer;

/** What is explored; the functions of a side run as coroutines. */
struct explorer_world {
	void *context;
	/** Begin again; shared memory is zeroed. */
	void (*reset)(void *context);
	void (*run[SIDES])(void *context);
	/** The guest's interrupt handler. */
	void (*interrupt)(void *context);
	/** Memory changed, or the side that runs stored something. */
	void (*changed)(void *context);
	/** Nobody can go on: explorer_fail() if that is wrong. */
	void (*end)(void *context);
	/** What of the world's state decides over its checks, as a number. */
	uint64_t (*state)(void *context);
};

struct explorer_result {
	/** Executions that were run, and interleavings they stand for. */
	uint64_t executions, states;
	double interleavings;
	bool failed;
	/** Stops of a side that could have gone on, in what failed. */
	unsigned stops;
	char kind[32];
	char text[160];
};

struct explorer *explorer_create(const struct explorer_world *world);
void explorer_destroy(struct explorer *explorer);

/**
 * Explore until the first failure.
 * @param bound how often a side may be stopped while it could go on
 */
void explorer_run(struct explorer *explorer, unsigned bound,
		  struct explorer_result *result);
/** Run the execution that failed once more, with a line for each step. */
void explorer_show(struct explorer *explorer, FILE *to);

/** A ring's memory: control page and one data page; ring 0 is the guest's. */
uint8_t *explorer_ring(struct explorer *explorer, unsigned ring);

/* ---- For the code that is explored ---- */

uint32_t explorer_load(struct explorer *explorer, const le32 *word);
void explorer_store(struct explorer *explorer, le32 *word, uint32_t value);
void explorer_fence(struct explorer *explorer);
void explorer_read(struct explorer *explorer, void *to, const void *from,
		   size_t bytes);
void explorer_write(struct explorer *explorer, void *to, const void *from,
		    size_t bytes);
bool explorer_is_shared(const struct explorer *explorer, const void *address);

/** Wake the other side: ring the host's doorbell, or interrupt the guest. */
void explorer_signal(struct explorer *explorer);
/** A place where an interrupt may come, and no access. */
void explorer_pause(struct explorer *explorer);
/** Sleep until a flag is set, and clear it. */
void explorer_wait(struct explorer *explorer, bool *flag);
/**
 * The side that runs does from here what these variables say, whatever it read
 * before.
 * @param state a hash of them
 */
void explorer_forget(struct explorer *explorer, uint64_t state);
uint64_t explorer_mix(uint64_t hash, uint64_t value);
/** Set by the guest's doorbell; the host waits for it. */
bool *explorer_doorbell(struct explorer *explorer);

/* ---- For checks ---- */

enum side explorer_running(const struct explorer *explorer);
/** A word as a side sees it, and as it is in memory; no access. */
uint32_t explorer_seen(const struct explorer *explorer, enum side side,
		       const le32 *word);
uint32_t explorer_memory(const struct explorer *explorer, const le32 *word);
/** Add a line to what explorer_show() shows. */
void explorer_note(struct explorer *explorer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** End this execution and the exploration: a rule is broken. */
_Noreturn void explorer_fail(struct explorer *explorer, const char *kind,
			     const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* INTERLEAVE_EXPLORER_H */
