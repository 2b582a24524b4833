/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one machine that a unikernel runs on, as the border's functions see it.
 *
 * Drivers run on the first processor: Unikraft's allocators, scheduler and
 * network interface are not made for several (issue 587 there).
 */
#ifndef UNIKRAFT_MACHINE_H
#define UNIKRAFT_MACHINE_H

#include <uk/alloc.h>

#include "port/port.h"

struct machine_line;
struct machine_run;
struct machine_vector;

struct port {
	struct uk_alloc *allocator;
	/** The one executable page there may be, or NULL. */
	void *executable;
	/** Pages that are physical neighbours. */
	struct machine_run *runs;
	/** Interrupts of ours, and how many of them port_relax() has seen. */
	volatile unsigned interrupts;
	unsigned interrupts_seen;
	/** A handler runs. */
	volatile bool in_handler;
	struct machine_vector *vectors;
	struct machine_line *lines;
	/** Lines of the second 8259 get through. */
	bool cascade_open;
};

/**
 * Have the local APIC accept interrupts, as firmware leaves it on machines that
 * have one; the 8259's still reach the processor through it.
 * @return 0, or ERROR_NOT_SUPPORTED when there is no local APIC
 */
int apic_accept(struct port *port);

#endif /* UNIKRAFT_MACHINE_H */
