/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults by number: the n-th time that something could fail, it does.
 *
 * Wherever the machine or a host of it does a thing that can fail on a real
 * one, it asks machine_fault_fires() first, which counts the question. With a
 * fault armed, the answer is yes to the n-th question of its kind, or to that
 * and all after it. What a run without a fault counted is what there is to try:
 * each point fires in a run of its own, since up to there all runs of one seed
 * are the same.
 */
#ifndef MOCKS_MACHINE_FAULT_H
#define MOCKS_MACHINE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mocks/machine/machine.h"

enum machine_fault_kind {
	/** port_alloc() and port_pages_alloc() return NULL. */
	MACHINE_FAULT_ALLOCATION,
	MACHINE_FAULT_PAGES,
	/** port_interrupt_attach() finds no vector. */
	MACHINE_FAULT_ATTACH,
	/** An interrupt is lost; one that comes later is not. */
	MACHINE_FAULT_INTERRUPT,
	/** A write that turns something on in a register has no effect. */
	MACHINE_FAULT_MSR,
	/** A message is not taken: no room, or refused for good. */
	MACHINE_FAULT_POST_BUSY,
	MACHINE_FAULT_POST_REFUSED,
	/** A doorbell is refused, or nobody hears it. */
	MACHINE_FAULT_SIGNAL_REFUSED,
	MACHINE_FAULT_SIGNAL_LOST,
	/** A message to the guest is lost, or it and all behind it are late. */
	MACHINE_FAULT_MESSAGE_LOST,
	MACHINE_FAULT_MESSAGE_LATE,
	/** Memory that is shown is refused, and so is a channel's OPEN. */
	MACHINE_FAULT_GPADL,
	MACHINE_FAULT_OPEN,
	/** A packet's completion never comes, or says that it failed. */
	MACHINE_FAULT_COMPLETION_LOST,
	MACHINE_FAULT_COMPLETION_FAILED,
	/** A request of the card's control protocol is answered "failed". */
	MACHINE_FAULT_CONTROL,
	MACHINE_FAULT_KINDS,
};

/** How late a late message is, in nanoseconds: later than anybody waits. */
#define MACHINE_FAULT_LATE 7000000000ull

struct machine_fault {
	enum machine_fault_kind kind;
	/** Counted from 1; 0: none. */
	uint64_t n;
	/** All from the n-th on. */
	bool persistent;
};

/** What a machine knows of its faults; its own. */
struct machine_faults {
	struct machine_fault armed;
	uint64_t points[MACHINE_FAULT_KINDS], fired;
};

/** As on the command line, "post-busy"; and back, false: there is none. */
const char *machine_fault_name(enum machine_fault_kind kind);
bool machine_fault_find(const char *name, enum machine_fault_kind *kind);

/** Whether it makes sense to fail from the n-th on, and not just once. */
bool machine_fault_persists(enum machine_fault_kind kind);

/** Count from 0 again and fail as the fault says; NULL: nothing fails. */
void machine_fault_arm(struct machine *machine,
		       const struct machine_fault *fault);

/** Something is about to be done that can fail. @return whether it does */
bool machine_fault_fires(struct machine *machine, enum machine_fault_kind kind);

/** How often that was asked since machine_fault_arm(), and the answer yes. */
uint64_t machine_fault_points(const struct machine *machine,
			      enum machine_fault_kind kind);
uint64_t machine_fault_fired(const struct machine *machine);

#endif /* MOCKS_MACHINE_FAULT_H */
