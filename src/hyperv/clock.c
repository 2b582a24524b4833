/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reference time by the TSC page, the counter register, or the platform.
 *
 * The hypervisor may change scale and offset at any time (a migration). It
 * makes the sequence another before and after, never 0; 0 says that there is no
 * valid page now. The product of TSC and scale has 128 bits, of which 64
 * overflow after seconds.
 */
#include "hyperv/clock.h"
#include "hyperv/hyperv_registers.h"

/** TLFS 12.7.3 HV_REFERENCE_TSC_PAGE. */
struct clock_tsc_page {
	le32 sequence;
	le32 reserved;
	le64 scale;
	le64 offset; /* signed */
};

_Static_assert(sizeof(struct clock_tsc_page) == 24, "reference TSC page");
_Static_assert(offsetof(struct clock_tsc_page, scale) == 8, "TSC scale");
_Static_assert(offsetof(struct clock_tsc_page, offset) == 16, "TSC offset");

#define SEQUENCE_INVALID 0u
/** How often a page that keeps changing is read again: it need not end. */
#define SEQUENCE_TRIES	 16

#define NANOSECONDS_PER_UNIT 100u

int clock_initialise(struct clock *clock, struct hyperv *hyperv)
{
	struct port *port = hyperv->port;
	uint64_t value;

	clock->hyperv = hyperv;
	clock->tsc_page = NULL;
	if (!(hyperv->privileges & HV_PRIVILEGE_REFERENCE_TSC))
		return 0;
	clock->tsc_page = port_pages_alloc(port, 1, 0, "clock: TSC page");
	if (!clock->tsc_page)
		return ERROR_NO_MEMORY;
	value = port_msr_read(port, HV_MSR_REFERENCE_TSC) &
		HV_PAGE_RESERVED_MASK;
	value |= port_physical(port, clock->tsc_page) | HV_PAGE_ENABLE;
	port_msr_write(port, HV_MSR_REFERENCE_TSC, value);
	return 0;
}

void clock_release(struct clock *clock)
{
	struct port *port = clock->hyperv->port;
	uint64_t value;

	if (!clock->tsc_page)
		return;
	value = port_msr_read(port, HV_MSR_REFERENCE_TSC);
	port_msr_write(port, HV_MSR_REFERENCE_TSC,
		       value & HV_PAGE_RESERVED_MASK);
	port_pages_free(port, clock->tsc_page, 1);
	clock->tsc_page = NULL;
}

static bool tsc_page_read(struct clock *clock, uint64_t *time)
{
	struct port *port = clock->hyperv->port;
	const struct clock_tsc_page *page = clock->tsc_page;
	uint64_t scale, offset, tsc;
	uint32_t sequence;
	int tries;

	for (tries = 0; tries < SEQUENCE_TRIES; tries++) {
		sequence = shared_load32(port, &page->sequence);
		if (sequence == SEQUENCE_INVALID)
			return false;
		scale = shared_load64(port, &page->scale);
		offset = shared_load64(port, &page->offset);
		tsc = port_tsc(port);
		if (shared_load32(port, &page->sequence) != sequence)
			continue;
		*time = (uint64_t)(((unsigned __int128)tsc * scale) >> 64) +
			offset;
		return true;
	}
	return false;
}

uint64_t clock_read(struct clock *clock)
{
	struct hyperv *hyperv = clock->hyperv;
	uint64_t time;

	if (clock->tsc_page && tsc_page_read(clock, &time))
		return time;
	if (hyperv->privileges & HV_PRIVILEGE_REFERENCE_COUNTER)
		return port_msr_read(hyperv->port, HV_MSR_REFERENCE_COUNTER);
	return port_time(hyperv->port) / NANOSECONDS_PER_UNIT;
}
