/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guest RAM: one arena, and physical addresses that are not its virtual ones.
 *
 * The arena is mapped once and touched only as it is used. Its last part (2
 * MiB, or a quarter of a small machine) is the linear zone: it lies at physical
 * 1 MiB, in order, and serves what must be contiguous. Every other page is
 * scattered: page v goes to slot (factor * v + shift) modulo a power of two,
 * with an odd factor between a quarter and three quarters of the modulus, which
 * is the machine's secret. So the way there and the way back are a
 * multiplication each; neighbours in the arena are never neighbours in physical
 * memory; and since the lower half of the slots lies somewhere above 16 MiB and
 * the upper half above 4 GiB, a driver that keeps 32 bits of an address, or
 * adds to one, fails at once. Slots that no page has are holes: there is no
 * RAM.
 *
 * An overlay page takes the place of the RAM page in the arena itself, since
 * guest and host both are to see it; what was there is kept aside meanwhile.
 */
#include "mocks/machine/checker.h"
#include "mocks/machine/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if MEMORY_CHECKED
#include <sanitizer/asan_interface.h>
#endif

#define RAM_DEFAULT ((size_t)32 << 20)
#define RAM_LEAST   ((size_t)1 << 20)
#define RAM_MOST    ((size_t)1 << 32)
#define ZONE_PAGES  512u
#define ZONE_FIRST  (((uint64_t)1 << 20) / MACHINE_PAGE_SIZE)
#define LOW_FIRST   (((uint64_t)16 << 20) / MACHINE_PAGE_SIZE)
#define LOW_PLAY    4096u
#define HIGH_FIRST  (((uint64_t)1 << 32) / MACHINE_PAGE_SIZE)
#define HIGH_PLAY   65536u

/* ---- Checked addresses ---- */

void memory_poison(struct machine *machine, size_t offset, size_t bytes)
{
#if MEMORY_CHECKED
	ASAN_POISON_MEMORY_REGION(machine->arena + offset, bytes);
#else
	(void)machine;
	(void)offset;
	(void)bytes;
#endif
}

void memory_unpoison(struct machine *machine, size_t offset, size_t bytes)
{
#if MEMORY_CHECKED
	ASAN_UNPOISON_MEMORY_REGION(machine->arena + offset, bytes);
#else
	(void)machine;
	(void)offset;
	(void)bytes;
#endif
}

/** Whether an access of the guest's would trap. */
static bool memory_is_poisoned(const void *at, size_t bytes)
{
#if MEMORY_CHECKED
	return bytes && __asan_region_is_poisoned((void *)(uintptr_t)at, bytes);
#else
	(void)at;
	(void)bytes;
	return false;
#endif
}

/**
 * A device reaches any RAM, whatever the guest may: what it copies does not
 * trap, and stays poisoned.
 */
__attribute__((no_sanitize("address"))) static void
memory_copy_raw(uint8_t *to, const uint8_t *from, size_t bytes)
{
	while (bytes--)
		*(volatile uint8_t *)to++ = *from++;
}

static void memory_copy(void *to, const void *from, size_t bytes)
{
	if (memory_is_poisoned(to, bytes) || memory_is_poisoned(from, bytes))
		memory_copy_raw(to, from, bytes);
	else
		memcpy(to, from, bytes);
}

/* ---- Addresses ---- */

/** The number that undoes a multiplication by an odd one, modulo 2^64. */
static uint64_t inverse_of(uint64_t odd)
{
	uint64_t inverse = odd; /* right in the lowest 3 bits */
	unsigned bits;

	for (bits = 3; bits < 64; bits *= 2)
		inverse *= 2 - odd * inverse;
	return inverse;
}

static void addressing_draw(struct machine *machine, size_t pages)
{
	struct addressing *addressing = &machine->addressing;
	uint64_t slots = 1;

	addressing->linear = pages / 4 < ZONE_PAGES ? pages / 4 : ZONE_PAGES;
	addressing->scattered = pages - addressing->linear;
	while (slots < addressing->scattered)
		slots *= 2;
	addressing->half = slots / 2;
	addressing->mask = slots - 1;
	addressing->factor =
		(slots / 4 + schedule_dice(machine) % addressing->half) | 1;
	addressing->inverse = inverse_of(addressing->factor);
	addressing->shift = schedule_dice(machine) & addressing->mask;
	addressing->low = LOW_FIRST + schedule_dice(machine) % LOW_PLAY;
	addressing->high = HIGH_FIRST + schedule_dice(machine) % HIGH_PLAY;
}

/** Map so many pages of a file, which lie one after the other in it. */
static bool memory_map(struct machine *machine,
		       const struct machine_ram_file *file, size_t offset,
		       size_t bytes)
{
	uint64_t physical = memory_physical(machine, offset);
	uint64_t place = physical;

	if (physical >= HIGH_FIRST * MACHINE_PAGE_SIZE)
		place -= HIGH_FIRST * MACHINE_PAGE_SIZE - file->low_bytes;
	return mmap(machine->arena + offset, bytes, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, file->descriptor,
		    (off_t)place) != MAP_FAILED;
}

/** Scattered pages one by one, the linear zone in one piece. */
static bool memory_share(struct machine *machine,
			 const struct machine_ram_file *file)
{
	size_t zone = machine->addressing.scattered * MACHINE_PAGE_SIZE;
	size_t offset;

	for (offset = 0; offset < zone; offset += MACHINE_PAGE_SIZE)
		if (!memory_map(machine, file, offset, MACHINE_PAGE_SIZE))
			return false;
	return memory_map(machine, file, zone, machine->ram_bytes - zone);
}

bool memory_create(struct machine *machine, const struct machine_ram_file *file)
{
	size_t bytes = machine->ram_bytes ? machine->ram_bytes : RAM_DEFAULT;
	void *arena;

	if (bytes > RAM_MOST)
		return false;
	if (bytes < RAM_LEAST)
		bytes = RAM_LEAST;
	bytes = (bytes + MACHINE_PAGE_SIZE - 1) & -(size_t)MACHINE_PAGE_SIZE;
	arena = mmap(NULL, bytes + checker_bytes(bytes), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (arena == MAP_FAILED)
		return false;
	machine->arena = arena;
	machine->ram_bytes = bytes;
	checker_create(machine);
	addressing_draw(machine, bytes / MACHINE_PAGE_SIZE);
	return !file || memory_share(machine, file);
}

void memory_destroy(struct machine *machine)
{
	while (machine->overlays) {
		struct overlay *overlay = machine->overlays;

		machine->overlays = overlay->next;
		free(overlay);
	}
	if (!machine->arena)
		return;
	memory_unpoison(machine, 0, machine->guarded);
	memory_unpoison(machine,
			machine->addressing.scattered * MACHINE_PAGE_SIZE,
			machine->zone_guarded);
	munmap(machine->arena,
	       machine->ram_bytes + checker_bytes(machine->ram_bytes));
}

uint64_t memory_physical(const struct machine *machine, size_t offset)
{
	const struct addressing *addressing = &machine->addressing;
	uint64_t page = offset / MACHINE_PAGE_SIZE;
	uint64_t slot, number;

	if (page >= addressing->scattered) {
		number = ZONE_FIRST + page - addressing->scattered;
	} else {
		slot = (page * addressing->factor + addressing->shift) &
		       addressing->mask;
		number = slot < addressing->half
				 ? addressing->low + slot
				 : addressing->high + slot - addressing->half;
	}
	return number * MACHINE_PAGE_SIZE + offset % MACHINE_PAGE_SIZE;
}

bool memory_offset(const struct machine *machine, uint64_t physical,
		   size_t *offset)
{
	const struct addressing *addressing = &machine->addressing;
	uint64_t number = physical / MACHINE_PAGE_SIZE;
	uint64_t page;

	if (number - addressing->low < addressing->half)
		page = number - addressing->low;
	else if (number - addressing->high < addressing->half)
		page = number - addressing->high + addressing->half;
	else if (number - ZONE_FIRST < addressing->linear) {
		page = number - ZONE_FIRST + addressing->scattered;
		*offset =
			page * MACHINE_PAGE_SIZE + physical % MACHINE_PAGE_SIZE;
		return true;
	} else {
		return false;
	}
	page = ((page - addressing->shift) * addressing->inverse) &
	       addressing->mask;
	*offset = page * MACHINE_PAGE_SIZE + physical % MACHINE_PAGE_SIZE;
	return page < addressing->scattered;
}

/* ---- The host's view ---- */

void machine_memory_attach(struct machine *machine,
			   struct machine_memory *memory)
{
	memory->next = machine->attached;
	machine->attached = memory;
}

void machine_memory_detach(struct machine *machine,
			   struct machine_memory *memory)
{
	struct machine_memory **link = &machine->attached;

	while (*link && *link != memory)
		link = &(*link)->next;
	if (*link)
		*link = memory->next;
}

static uint8_t *attached_find(const struct machine *machine, uint64_t physical,
			      size_t bytes)
{
	const struct machine_memory *memory;

	for (memory = machine->attached; memory; memory = memory->next)
		if (physical >= memory->physical && bytes <= memory->bytes &&
		    physical - memory->physical <= memory->bytes - bytes)
			return memory->memory + (physical - memory->physical);
	return NULL;
}

static uint8_t *ram_find(struct machine *machine, uint64_t physical,
			 size_t bytes)
{
	size_t offset, page;

	if (bytes > MACHINE_PAGE_SIZE - physical % MACHINE_PAGE_SIZE)
		return NULL;
	if (machine->attached) {
		uint8_t *memory = attached_find(machine, physical, bytes);

		if (memory)
			return memory;
	}
	if (!memory_offset(machine, physical, &offset))
		return NULL;
	/* Whoever touches guest memory may have changed it. */
	machine->progress++;
	page = offset / MACHINE_PAGE_SIZE;
	if (page >= machine->fresh_page && page < machine->addressing.scattered)
		machine->fresh_page = page + 1;
	machine_watch_renew(machine, machine->arena + offset, bytes);
	return machine->arena + offset;
}

void *machine_ram(struct machine *machine, uint64_t physical, size_t bytes)
{
	uint8_t *ram = ram_find(machine, physical, bytes);

	/* What the host holds on to must not trap in the host. */
	if (ram && memory_is_poisoned(ram, bytes))
		memory_unpoison(machine, (size_t)(ram - machine->arena), bytes);
	return ram;
}

/** Bytes from an address to the end of its page, at most so many. */
static size_t page_rest(uint64_t physical, size_t bytes)
{
	size_t rest = MACHINE_PAGE_SIZE - physical % MACHINE_PAGE_SIZE;

	return bytes < rest ? bytes : rest;
}

bool machine_ram_read(struct machine *machine, uint64_t physical, void *to,
		      size_t bytes)
{
	uint8_t *target = to;

	while (bytes) {
		size_t part = page_rest(physical, bytes);
		uint8_t *source = ram_find(machine, physical, part);

		if (!source)
			return false;
		memory_copy(target, source, part);
		target += part;
		physical += part;
		bytes -= part;
	}
	return true;
}

bool machine_ram_write(struct machine *machine, uint64_t physical,
		       const void *from, size_t bytes)
{
	const uint8_t *source = from;

	while (bytes) {
		size_t part = page_rest(physical, bytes);
		uint8_t *target = ram_find(machine, physical, part);

		if (!target)
			return false;
		memory_copy(target, source, part);
		source += part;
		physical += part;
		bytes -= part;
	}
	return true;
}

/* ---- Overlay pages ---- */

static struct overlay **overlay_find(struct machine *machine,
				     uint64_t page_number)
{
	struct overlay **link = &machine->overlays;

	while (*link && (*link)->page_number != page_number)
		link = &(*link)->next;
	return link;
}

/** The bytes of a physical page, or NULL. */
static uint8_t *overlay_bytes(struct machine *machine, uint64_t page_number)
{
	if (page_number > UINT64_MAX / MACHINE_PAGE_SIZE)
		return NULL;
	return machine_ram(machine, page_number * MACHINE_PAGE_SIZE,
			   MACHINE_PAGE_SIZE);
}

void *machine_overlay_add(struct machine *machine, uint64_t page_number)
{
	uint8_t *page = overlay_bytes(machine, page_number);
	struct overlay *overlay;

	if (!page || *overlay_find(machine, page_number))
		return NULL;
	overlay = malloc(sizeof(*overlay));
	if (!overlay)
		return NULL;
	overlay->page_number = page_number;
	memcpy(overlay->saved, page, MACHINE_PAGE_SIZE);
	memset(page, 0, MACHINE_PAGE_SIZE);
	overlay->next = machine->overlays;
	machine->overlays = overlay;
	return page;
}

void machine_overlay_remove(struct machine *machine, uint64_t page_number)
{
	struct overlay **link = overlay_find(machine, page_number);
	struct overlay *overlay = *link;

	if (!overlay)
		return;
	memcpy(overlay_bytes(machine, page_number), overlay->saved,
	       MACHINE_PAGE_SIZE);
	*link = overlay->next;
	free(overlay);
}

bool memory_overlaid(const struct machine *machine, size_t offset, size_t bytes)
{
	const struct overlay *overlay;
	size_t place;

	for (overlay = machine->overlays; overlay; overlay = overlay->next)
		if (memory_offset(machine,
				  overlay->page_number * MACHINE_PAGE_SIZE,
				  &place) &&
		    place >= offset && place - offset < bytes)
			return true;
	return false;
}
