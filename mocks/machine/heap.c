/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the guest allocates, all of it in the arena: whatever a driver has, has
 * a physical address.
 *
 * Small memory lies 16 bytes into blocks of a multiple of 32 bytes, so it is
 * aligned to 16 bytes and never to more: it crosses pages, and no driver gets
 * away with taking it for page-aligned. The bytes around it hold a pattern that
 * is checked when it is freed; built with an address sanitizer they trap at
 * once, as do freed memory and the page that is left free behind each run of
 * pages. All bookkeeping is outside of the arena, where no guest can break it.
 */
#include "mocks/machine/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define BLOCK_UNIT   32u
#define RED_ZONE     16u
#define RED_BYTE     0xc5u
#define FREED_BYTE   0xa5u
/**
 * Of a long run only the beginning is poisoned: the rest may never have been
 * touched, and is not to be for this.
 */
#define FREED_BYTES  ((size_t)64 << 10)
#define CHUNK_BYTES  ((size_t)64 << 10)
#define GUARD_WINDOW ((size_t)64 << 10)

static size_t round_up(size_t bytes, size_t unit)
{
	return (bytes + unit - 1) / unit * unit;
}

static size_t zone_start(const struct machine *machine)
{
	return machine->addressing.scattered * MACHINE_PAGE_SIZE;
}

bool heap_create(struct machine *machine)
{
	size_t start = zone_start(machine);

	machine->executable_known = false;
	return space_add(&machine->pages, 0, start) &&
	       space_add(&machine->zone, start, machine->ram_bytes - start);
}

void heap_destroy(struct machine *machine)
{
	while (machine->first) {
		struct allocation *allocation = machine->first;

		machine->first = allocation->next;
		free(allocation);
	}
	space_clear(&machine->heap);
	space_clear(&machine->zone);
	space_clear(&machine->pages);
}

/* ---- The book of allocations ---- */

static struct allocation **bucket_of(struct machine *machine, size_t offset)
{
	uint64_t hash = (uint64_t)(offset / 16) * 0x9e3779b97f4a7c15u;

	return &machine->buckets[hash >> 56];
}

_Static_assert(MACHINE_BUCKETS == 256, "a bucket is 8 bits of the hash");

static void book_enter(struct machine *machine, struct allocation *allocation)
{
	struct allocation **bucket = bucket_of(machine, allocation->offset);
	struct machine_counters *counters = &machine->counters;

	allocation->hash_next = *bucket;
	*bucket = allocation;
	allocation->next = NULL;
	allocation->previous = machine->last;
	if (machine->last)
		machine->last->next = allocation;
	else
		machine->first = allocation;
	machine->last = allocation;

	counters->allocations++;
	counters->live_allocations++;
	counters->live_bytes += allocation->bytes;
	if (counters->live_bytes > counters->peak_bytes)
		counters->peak_bytes = counters->live_bytes;
}

static void book_remove(struct machine *machine, struct allocation *allocation)
{
	struct allocation **link = bucket_of(machine, allocation->offset);
	struct freed *freed = &machine->freed[machine->freed_next];

	while (*link != allocation)
		link = &(*link)->hash_next;
	*link = allocation->hash_next;
	if (allocation->previous)
		allocation->previous->next = allocation->next;
	else
		machine->first = allocation->next;
	if (allocation->next)
		allocation->next->previous = allocation->previous;
	else
		machine->last = allocation->previous;

	freed->offset = allocation->offset;
	freed->what = allocation->what;
	machine->freed_next = (machine->freed_next + 1) % MACHINE_FREED_KEPT;
	machine->counters.live_allocations--;
	machine->counters.live_bytes -= allocation->bytes;
	free(allocation);
}

const struct allocation *heap_find(const struct machine *machine,
				   const void *address)
{
	const struct allocation *allocation;
	size_t offset = (uintptr_t)address - (uintptr_t)machine->arena;

	for (allocation = machine->first; allocation;
	     allocation = allocation->next)
		if (offset - allocation->offset < allocation->bytes)
			return allocation;
	return NULL;
}

/** Who had memory that is freed now, the latest first; NULL if none. */
static const char *book_freed(const struct machine *machine, size_t offset)
{
	unsigned n;

	for (n = 1; n <= MACHINE_FREED_KEPT; n++) {
		const struct freed *freed =
			&machine->freed[(machine->freed_next +
					 MACHINE_FREED_KEPT - n) %
					MACHINE_FREED_KEPT];

		if (freed->what && freed->offset == offset)
			return freed->what;
	}
	return NULL;
}

void heap_describe(const struct machine *machine, const void *address,
		   char *text, size_t bytes)
{
	const struct allocation *allocation = heap_find(machine, address);
	size_t offset = (uintptr_t)address - (uintptr_t)machine->arena;

	if (allocation)
		snprintf(text, bytes, "'%s' +0x%zx", allocation->what,
			 offset - allocation->offset);
	else if (memory_holds(machine, address, 1))
		snprintf(text, bytes,
			 "guest RAM +0x%zx, which is not allocated,", offset);
	else
		snprintf(text, bytes, "memory that is no guest RAM");
}

/** The allocation that begins there; stops the machine if there is none. */
static struct allocation *book_find(struct machine *machine, const void *memory,
				    const char *call)
{
	size_t offset = (uintptr_t)memory - (uintptr_t)machine->arena;
	struct allocation *allocation = *bucket_of(machine, offset);
	const char *before = book_freed(machine, offset);
	char place[160];

	while (allocation && allocation->offset != offset)
		allocation = allocation->hash_next;
	if (allocation)
		return allocation;
	if (before)
		machine_stop(machine, MACHINE_FAULT, "%s: double free of '%s'",
			     call, before);
	heap_describe(machine, memory, place, sizeof(place));
	machine_stop(machine, MACHINE_FAULT,
		     "%s of %s: no allocation begins there", call, place);
}

/* ---- Small memory ---- */

/** Let checked addresses keep ahead of what is in use. */
static void heap_guard(struct machine *machine, size_t end)
{
	size_t limit = zone_start(machine);

	if (end <= machine->guarded)
		return;
	end = end + GUARD_WINDOW < limit ? end + GUARD_WINDOW : limit;
	memory_poison(machine, machine->guarded, end - machine->guarded);
	machine->guarded = end;
}

/** Take whole pages from the arena; how many of their bytes are not zero? */
static bool heap_take_pages(struct machine *machine, size_t bytes,
			    size_t *start, size_t *used)
{
	size_t fresh, end;

	if (!space_take(&machine->pages, bytes, start))
		return false;
	end = *start + bytes;
	heap_guard(machine, end);
	fresh = machine->fresh_page * MACHINE_PAGE_SIZE;
	*used = fresh <= *start ? 0 : fresh >= end ? bytes : fresh - *start;
	if (end > fresh)
		machine->fresh_page = end / MACHINE_PAGE_SIZE;
	return true;
}

static bool heap_grow(struct machine *machine, size_t block)
{
	size_t least = round_up(block, MACHINE_PAGE_SIZE);
	size_t bytes = least < CHUNK_BYTES ? CHUNK_BYTES : least;
	bool first = !machine->heap.rover;
	size_t start, used;

	if (!heap_take_pages(machine, bytes, &start, &used)) {
		bytes = least;
		if (!heap_take_pages(machine, bytes, &start, &used))
			return false;
	}
	/* Where in a page the first block lies is the seed's to say. */
	if (first)
		machine->heap.rover =
			start + schedule_dice(machine) %
					(MACHINE_PAGE_SIZE / BLOCK_UNIT) *
					BLOCK_UNIT;
	return space_add(&machine->heap, start, bytes);
}

static void zones_paint(struct machine *machine,
			const struct allocation *allocation)
{
	uint8_t *block = machine->arena + allocation->block;
	size_t used = RED_ZONE + allocation->bytes;

	memset(block, RED_BYTE, RED_ZONE);
	memset(block + used, RED_BYTE, allocation->block_bytes - used);
	memory_poison(machine, allocation->block, RED_ZONE);
	memory_poison(machine, allocation->block + used,
		      allocation->block_bytes - used);
}

/** Look at a red zone: bytes of the block from one to before another. */
static void zone_check(struct machine *machine,
		       const struct allocation *allocation, size_t from,
		       size_t to)
{
	const uint8_t *block = machine->arena + allocation->block;
	size_t n;

	for (n = from; n < to; n++)
		if (block[n] != RED_BYTE)
			machine_stop(machine, MACHINE_FAULT,
				     "somebody wrote beyond '%s' (%zu bytes), "
				     "at %+zd",
				     allocation->what, allocation->bytes,
				     (ssize_t)n - (ssize_t)RED_ZONE);
}

void *heap_alloc(struct machine *machine, size_t bytes, const char *what)
{
	struct allocation *allocation;
	size_t block_bytes, block;

	if (bytes >= machine->ram_bytes ||
	    machine_fault_fires(machine, MACHINE_FAULT_ALLOCATION))
		return NULL;
	block_bytes = round_up(RED_ZONE + bytes + RED_ZONE, BLOCK_UNIT);
	allocation = calloc(1, sizeof(*allocation));
	if (!allocation)
		return NULL;
	if (!space_take(&machine->heap, block_bytes, &block) &&
	    !(heap_grow(machine, block_bytes) &&
	      space_take(&machine->heap, block_bytes, &block))) {
		free(allocation);
		return NULL;
	}
	allocation->block = block;
	allocation->block_bytes = block_bytes;
	allocation->offset = block + RED_ZONE;
	allocation->bytes = bytes;
	allocation->what = what;
	memory_unpoison(machine, block, block_bytes);
	memset(machine->arena + allocation->offset, 0, bytes);
	zones_paint(machine, allocation);
	book_enter(machine, allocation);
	return machine->arena + allocation->offset;
}

/** Poison a block and give it back to its space. */
static void block_release(struct machine *machine,
			  struct allocation *allocation, struct space *space)
{
	size_t block = allocation->block;
	size_t bytes = allocation->block_bytes;

	memset(machine->arena + allocation->offset, FREED_BYTE,
	       allocation->bytes < FREED_BYTES ? allocation->bytes
					       : FREED_BYTES);
	memory_poison(machine, block, bytes);
	book_remove(machine, allocation);
	space_add(space, block, bytes);
}

void heap_free(struct machine *machine, void *memory)
{
	struct allocation *allocation =
		book_find(machine, memory, "port_free()");

	if (allocation->pages)
		machine_stop(machine, MACHINE_FAULT,
			     "port_free() of '%s', which came from "
			     "port_pages_alloc()",
			     allocation->what);
	ownership_freed(machine, allocation);
	memory_unpoison(machine, allocation->block, allocation->block_bytes);
	zone_check(machine, allocation, 0, RED_ZONE);
	zone_check(machine, allocation, RED_ZONE + allocation->bytes,
		   allocation->block_bytes);
	block_release(machine, allocation, &machine->heap);
}

/* ---- Pages ---- */

static bool zone_take(struct machine *machine, size_t bytes, size_t *start)
{
	size_t base = zone_start(machine);
	size_t end;

	if (!space_take(&machine->zone, bytes, start))
		return false;
	end = *start + bytes - base;
	if (end > machine->zone_guarded) {
		memory_poison(machine, base + machine->zone_guarded,
			      end - machine->zone_guarded);
		machine->zone_guarded = end;
	}
	return true;
}

void *heap_pages_alloc(struct machine *machine, size_t pages, bool contiguous,
		       bool executable, const char *what)
{
	struct allocation *allocation;
	size_t bytes, start, used;
	bool taken;

	if (!pages || pages >= machine->ram_bytes / MACHINE_PAGE_SIZE ||
	    machine_fault_fires(machine, MACHINE_FAULT_PAGES))
		return NULL;
	allocation = calloc(1, sizeof(*allocation));
	if (!allocation)
		return NULL;
	bytes = pages * MACHINE_PAGE_SIZE;
	used = bytes;
	if (contiguous)
		taken = zone_take(machine, bytes + MACHINE_PAGE_SIZE, &start);
	else
		taken = heap_take_pages(machine, bytes + MACHINE_PAGE_SIZE,
					&start, &used);
	if (!taken) {
		free(allocation);
		return NULL;
	}
	allocation->block = start;
	allocation->block_bytes = bytes + MACHINE_PAGE_SIZE;
	allocation->offset = start;
	allocation->bytes = bytes;
	allocation->what = what;
	allocation->pages = true;
	allocation->contiguous = contiguous;
	allocation->executable = executable;
	memory_unpoison(machine, start, bytes);
	memset(machine->arena + start, 0, used < bytes ? used : bytes);
	book_enter(machine, allocation);
	return machine->arena + start;
}

void heap_pages_free(struct machine *machine, void *memory, size_t pages)
{
	struct allocation *allocation =
		book_find(machine, memory, "port_pages_free()");
	size_t had = allocation->bytes / MACHINE_PAGE_SIZE;

	if (!allocation->pages)
		machine_stop(machine, MACHINE_FAULT,
			     "port_pages_free() of '%s', which came from "
			     "port_alloc()",
			     allocation->what);
	if (had != pages)
		machine_stop(machine, MACHINE_FAULT,
			     "port_pages_free() of %zu pages of '%s', which "
			     "has %zu",
			     pages, allocation->what, had);
	if (memory_overlaid(machine, allocation->offset, allocation->bytes))
		machine_violation(machine, "TLFS 5.2.1",
				  "port_pages_free() of '%s' while an overlay "
				  "page lies over it",
				  allocation->what);
	ownership_freed(machine, allocation);
	memory_unpoison(machine, allocation->offset, allocation->bytes);
	machine->executable_known = false;
	block_release(machine, allocation,
		      allocation->contiguous ? &machine->zone
					     : &machine->pages);
}

bool heap_executable(struct machine *machine, const void *page)
{
	const struct allocation *allocation;
	size_t offset = (uintptr_t)page - (uintptr_t)machine->arena;

	if (machine->executable_known && machine->executable_page == offset)
		return true;
	allocation = heap_find(machine, page);
	if (!allocation || !allocation->executable)
		return false;
	machine->executable_page = offset;
	machine->executable_known = true;
	return true;
}

void machine_leaks(const struct machine *machine, FILE *stream)
{
	const struct allocation *allocation;
	const struct mapping *mapping;

	for (allocation = machine->first; allocation;
	     allocation = allocation->next)
		fprintf(stream, "leak: '%s', %zu %s\n", allocation->what,
			allocation->pages
				? allocation->bytes / MACHINE_PAGE_SIZE
				: allocation->bytes,
			allocation->pages ? "pages" : "bytes");
	for (mapping = machine->mappings; mapping; mapping = mapping->next)
		fprintf(stream,
			"leak: mapping of registers at 0x%llx, %zu bytes\n",
			(unsigned long long)mapping->physical, mapping->bytes);
}
