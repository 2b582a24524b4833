/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ownership: what a device was given is the device's (checker.h).
 *
 * Where the compiler's address sanitizer is on, given memory is poisoned, and
 * any access of the guest's traps where it is made. Else, and for accesses in
 * code that was not compiled with it, the machine looks for itself: a digest of
 * what goes to the device is taken when it is given and compared when it is
 * taken back. The digest of a long piece is of words spread evenly over it,
 * which costs the same for a frame of any length.
 */
#include "mocks/machine/checker.h"

#include <string.h>

#include "mocks/machine/internal.h"

#define DIGEST_WORDS 24u

/** Eight bytes anywhere. */
struct word {
	uint64_t value;
} __attribute__((packed, may_alias));

/** The device may read what the guest may not. */
__attribute__((no_sanitize("address"))) static uint64_t
word_at(const uint8_t *from, size_t bytes)
{
	uint64_t word = 0;
	size_t n;

	if (bytes == sizeof(word))
		return ((const struct word *)(const void *)from)->value;
	for (n = 0; n < bytes; n++)
		word = word << 8 | from[n];
	return word;
}

static uint64_t digest_of(const struct machine *machine, size_t offset,
			  size_t bytes)
{
	const uint8_t *from = machine->arena + offset;
	uint64_t digest = bytes;
	size_t words = bytes / 8, step = 1, n;

	if (words > DIGEST_WORDS)
		step = words / DIGEST_WORDS;
	for (n = 0; n < words; n += step)
		digest = (digest ^ word_at(from + n * 8, 8)) *
				 0x9e3779b97f4a7c15u +
			 (digest >> 32);
	digest ^= word_at(from + words * 8, bytes % 8);
	return digest * 0xbf58476d1ce4e5b9u;
}

/** Poison whole units of the sanitizer only: the rest has other owners. */
static void poison(struct machine *machine, size_t offset, size_t bytes,
		   bool on)
{
	size_t from = (offset + 7) & ~(size_t)7;
	size_t to = (offset + bytes) & ~(size_t)7;

	if (from >= to)
		return;
	if (on)
		memory_poison(machine, from, to - from);
	else
		memory_unpoison(machine, from, to - from);
}

static _Noreturn void stop(struct machine *machine,
			   const struct dma_grant *grant, const char *what)
{
	char place[160];

	heap_describe(machine, machine->arena + grant->offset, place,
		      sizeof(place));
	machine_stop(machine, MACHINE_FAULT,
		     "ownership: %zu bytes of %s %s; they were given to a "
		     "device (%s it) at %llu ns and not taken back",
		     grant->bytes, place, what,
		     grant->direction & DMA_FROM_DEVICE ? "for" : "to",
		     (unsigned long long)grant->since);
}

void ownership_given(struct machine *machine, struct dma_grant *grant)
{
	uint64_t digest = 0;

	if (!machine_checks(machine, MACHINE_CHECK_OWNERSHIP))
		return;
	machine->looks[MACHINE_CHECK_OWNERSHIP]++;
	if (!(grant->direction & DMA_FROM_DEVICE))
		digest = digest_of(machine, grant->offset, grant->bytes);
	if (grant->count > 1) {
		if (grant->direction & DMA_FROM_DEVICE)
			stop(machine, grant, "are given a second time");
		if (grant->digest != digest)
			stop(machine, grant, "have changed");
		return;
	}
	grant->digest = digest;
	grant->since = machine->time;
	poison(machine, grant->offset, grant->bytes, true);
}

void ownership_taken(struct machine *machine, const struct dma_grant *grant)
{
	if (!machine_checks(machine, MACHINE_CHECK_OWNERSHIP))
		return;
	if (!(grant->direction & DMA_FROM_DEVICE) &&
	    grant->digest != digest_of(machine, grant->offset, grant->bytes))
		stop(machine, grant, "have changed");
	if (!grant->count)
		poison(machine, grant->offset, grant->bytes, false);
}

void ownership_again(struct machine *machine, const struct dma_grant *grant)
{
	if (machine_checks(machine, MACHINE_CHECK_OWNERSHIP))
		poison(machine, grant->offset, grant->bytes, true);
}

void ownership_touch(struct machine *machine, size_t offset, size_t bytes,
		     const char *how)
{
	const struct dma_grant *grant;
	char what[64];

	if (!machine_checks(machine, MACHINE_CHECK_OWNERSHIP))
		return;
	grant = dma_overlap(machine, offset, bytes);
	if (!grant)
		return;
	snprintf(what, sizeof(what), "are touched: +0x%zx %s",
		 offset > grant->offset ? offset - grant->offset : 0, how);
	stop(machine, grant, what);
}

void ownership_freed(struct machine *machine,
		     const struct allocation *allocation)
{
	size_t first = allocation->offset / MACHINE_PAGE_SIZE;
	size_t last =
		(allocation->offset + allocation->bytes) / MACHINE_PAGE_SIZE;
	uint8_t flags = 0;
	size_t n;

	if (!machine_checks(machine, MACHINE_CHECK_OWNERSHIP))
		return;
	for (n = first; n <= last; n++)
		if (n * MACHINE_PAGE_SIZE <
		    allocation->offset + allocation->bytes)
			flags |= machine->page_flags[n];
	if (flags & PAGE_GIVEN)
		ownership_touch(machine, allocation->offset, allocation->bytes,
				"is freed");
	if (flags & PAGE_SHOWN && allocation->pages)
		machine_violation(machine, "ownership",
				  "'%s' is freed while the host is shown it "
				  "(a list of its pages was not torn down)",
				  allocation->what);
}
