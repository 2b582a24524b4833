/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the driver gave to a device and did not take back yet.
 *
 * Each grant is a row of a hash table (open addressing, rows behind a hole
 * moved up), so a take that matches no give is told from one that does; and
 * each page counts the grants that touch it, which answers whether a device may
 * reach an address, by whole pages. The same memory may be given twice (a frame
 * that is sent again while the first copy is under way) and is then to be taken
 * twice.
 */
#include "mocks/machine/checker.h"
#include "mocks/machine/internal.h"

#include <stdlib.h>
#include <string.h>

#define GRANTS_FIRST 64u

static size_t grant_hash(size_t offset, size_t bytes, unsigned direction)
{
	uint64_t hash = (uint64_t)offset * 0x9e3779b97f4a7c15u;

	hash = (hash ^ (hash >> 29) ^ bytes * 4 ^ direction) *
	       0xbf58476d1ce4e5b9u;
	return hash >> 32;
}

/** The row of a grant, or the free one where it belongs. */
static struct dma_grant *grant_find(const struct machine *machine,
				    size_t offset, size_t bytes,
				    unsigned direction)
{
	size_t mask = machine->grant_slots - 1;
	size_t slot = grant_hash(offset, bytes, direction) & mask;

	for (;; slot = (slot + 1) & mask) {
		struct dma_grant *grant = &machine->grants[slot];

		if (!grant->count ||
		    (grant->offset == offset && grant->bytes == bytes &&
		     grant->direction == direction))
			return grant;
	}
}

static void grants_grow(struct machine *machine)
{
	struct dma_grant *old = machine->grants;
	size_t slots = machine->grant_slots;
	size_t n;

	machine->grant_slots = slots ? slots * 2 : GRANTS_FIRST;
	machine->grants = calloc(machine->grant_slots, sizeof(*old));
	if (!machine->given_pages)
		machine->given_pages =
			calloc(machine->ram_bytes / MACHINE_PAGE_SIZE,
			       sizeof(*machine->given_pages));
	if (!machine->grants || !machine->given_pages) {
		free(machine->grants);
		machine->grants = old;
		machine->grant_slots = slots;
		machine_stop(machine, MACHINE_STOPPED,
			     "the simulator is out of memory");
	}
	for (n = 0; n < slots; n++)
		if (old[n].count)
			*grant_find(machine, old[n].offset, old[n].bytes,
				    old[n].direction) = old[n];
	free(old);
}

/** Empty a row, and close the gap in the run of rows behind it. */
static void grant_remove(struct machine *machine, struct dma_grant *grant)
{
	size_t mask = machine->grant_slots - 1;
	size_t hole = grant - machine->grants;
	size_t slot = hole;

	for (;;) {
		struct dma_grant *next;
		size_t home;

		slot = (slot + 1) & mask;
		next = &machine->grants[slot];
		if (!next->count)
			break;
		home = grant_hash(next->offset, next->bytes, next->direction) &
		       mask;
		if (((slot - home) & mask) < ((slot - hole) & mask))
			continue;
		machine->grants[hole] = *next;
		hole = slot;
	}
	memset(&machine->grants[hole], 0, sizeof(*grant));
	machine->grant_used--;
}

static size_t dma_offset(struct machine *machine, const void *memory,
			 size_t bytes, const char *call)
{
	if (!memory_holds(machine, memory, bytes))
		machine_stop(machine, MACHINE_FAULT,
			     "%s of %zu bytes: not guest memory", call, bytes);
	return (uintptr_t)memory - (uintptr_t)machine->arena;
}

/** Add to the counts of the pages that a range touches. */
static void dma_count(struct machine *machine, size_t offset, size_t bytes,
		      int by)
{
	size_t page = offset / MACHINE_PAGE_SIZE;
	size_t last = (offset + (bytes ? bytes - 1 : 0)) / MACHINE_PAGE_SIZE;

	for (; page <= last; page++) {
		machine->given_pages[page] += by;
		if (machine->given_pages[page])
			machine->page_flags[page] |= PAGE_GIVEN;
		else
			machine->page_flags[page] &= (uint8_t)~PAGE_GIVEN;
	}
}

static bool overlaps(const struct dma_grant *grant, size_t offset, size_t bytes)
{
	return grant->count && grant->offset < offset + bytes &&
	       offset < grant->offset + grant->bytes;
}

const struct dma_grant *dma_overlap(const struct machine *machine,
				    size_t offset, size_t bytes)
{
	size_t n;

	for (n = 0; n < machine->grant_slots; n++)
		if (overlaps(&machine->grants[n], offset, bytes))
			return &machine->grants[n];
	return NULL;
}

/** Bytes are given no more; but some may be, as part of something else. */
static void dma_regive(struct machine *machine, size_t offset, size_t bytes)
{
	size_t page = offset / MACHINE_PAGE_SIZE;
	size_t last = (offset + (bytes ? bytes - 1 : 0)) / MACHINE_PAGE_SIZE;
	size_t n;

	while (page <= last && !machine->given_pages[page])
		page++;
	if (page > last)
		return;
	for (n = 0; n < machine->grant_slots; n++)
		if (overlaps(&machine->grants[n], offset, bytes))
			ownership_again(machine, &machine->grants[n]);
}

void dma_give(struct machine *machine, const void *memory, size_t bytes,
	      unsigned direction)
{
	size_t offset = dma_offset(machine, memory, bytes, "port_dma_give()");
	struct dma_grant *grant;

	if (machine->grant_used * 4 >= machine->grant_slots * 3)
		grants_grow(machine);
	grant = grant_find(machine, offset, bytes, direction);
	if (!grant->count) {
		grant->offset = offset;
		grant->bytes = bytes;
		grant->direction = direction;
		machine->grant_used++;
	}
	grant->count++;
	ownership_given(machine, grant);
	dma_count(machine, offset, bytes, 1);
	machine->counters.dma_gives++;
	machine->counters.dma_live++;
}

void dma_take(struct machine *machine, const void *memory, size_t bytes,
	      unsigned direction)
{
	size_t offset = dma_offset(machine, memory, bytes, "port_dma_take()");
	struct dma_grant *grant = NULL;
	char place[160];

	if (machine->grants)
		grant = grant_find(machine, offset, bytes, direction);
	if (!grant || !grant->count) {
		heap_describe(machine, memory, place, sizeof(place));
		machine_stop(machine, MACHINE_FAULT,
			     "port_dma_take() of %zu bytes of %s: nothing like "
			     "that was given",
			     bytes, place);
	}
	grant->count--;
	ownership_taken(machine, grant);
	if (!grant->count)
		grant_remove(machine, grant);
	dma_count(machine, offset, bytes, -1);
	if (MEMORY_CHECKED)
		dma_regive(machine, offset, bytes);
	machine->counters.dma_live--;
}

bool machine_dma_given(struct machine *machine, uint64_t physical, size_t bytes)
{
	uint64_t end = physical + bytes;

	if (!machine_checks(machine, MACHINE_CHECK_OWNERSHIP))
		return true;
	if (!machine->given_pages || !bytes || end < physical)
		return false;
	while (physical < end) {
		size_t offset;

		if (!memory_offset(machine, physical, &offset) ||
		    !machine->given_pages[offset / MACHINE_PAGE_SIZE])
			return false;
		physical |= MACHINE_PAGE_SIZE - 1;
		if (++physical == 0)
			return false;
	}
	return true;
}

void dma_destroy(struct machine *machine)
{
	free(machine->grants);
	free(machine->given_pages);
}
