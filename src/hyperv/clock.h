/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The partition's reference time: 100 ns units since it was made, the same on
 * each vCPU and on the host (TLFS 12).
 */
#ifndef HYPERV_CLOCK_H
#define HYPERV_CLOCK_H

#include "hyperv/hyperv.h"

struct clock_tsc_page;

/** A source of reference time; zeroed before clock_initialise(). */
struct clock {
	struct hyperv *hyperv;
	/** Shown to the hypervisor, or NULL where it has no such page. */
	struct clock_tsc_page *tsc_page;
};

/**
 * Take the best source that the partition may use: the TSC page, which costs no
 * exit; else the reference counter; else the platform's clock.
 *
 * @return 0 or ERROR_NO_MEMORY (then the clock works all the same, by exits)
 */
int clock_initialise(struct clock *clock, struct hyperv *hyperv);

/** Take the TSC page back. */
void clock_release(struct clock *clock);

/**
 * Reference time in units of 100 ns. Any context.
 *
 * While the TSC page says that it is not valid, and where there is none, the
 * reference counter is read; where that is not offered either, the time since
 * whatever the platform counts from.
 */
uint64_t clock_read(struct clock *clock);

#endif /* HYPERV_CLOCK_H */
