/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the checkers share: which are on, what each page is, and a bit for each
 * byte of RAM.
 *
 * All of it lies behind the arena in the same mapping, so that a machine that
 * watches little touches little: a byte of flags for each page, which is all
 * that an access at the border looks at; what is known of a page; and the bits,
 * "read" for messages, "stored" for what is to be published.
 */
#include "mocks/machine/checker.h"

#include <string.h>

#include "mocks/machine/internal.h"

const char *machine_checker_name(enum machine_checker checker)
{
	static const char *const names[MACHINE_CHECKERS] = {
		[MACHINE_CHECK_OWNERSHIP] = "ownership",
		[MACHINE_CHECK_DOUBLE_FETCH] = "double fetch",
		[MACHINE_CHECK_PUBLISH_ORDER] = "publish order",
		[MACHINE_CHECK_SIGNAL_BUDGET] = "signal budget",
	};

	return names[checker];
}

bool machine_checks(const struct machine *machine, enum machine_checker checker)
{
	return !(machine->checkers_off >> checker & 1);
}

void machine_checker_off(struct machine *machine, enum machine_checker checker)
{
	machine->checkers_off |= 1u << checker;
}

uint64_t machine_checker_looks(const struct machine *machine,
			       enum machine_checker checker)
{
	return machine->looks[checker];
}

/* ---- Life ---- */

static size_t round_to_word(size_t bytes)
{
	return (bytes + 7) & ~(size_t)7;
}

size_t checker_bytes(size_t ram_bytes)
{
	size_t pages = ram_bytes / MACHINE_PAGE_SIZE;

	return pages * sizeof(struct checked_page) + round_to_word(pages) +
	       ram_bytes / 8;
}

void checker_create(struct machine *machine)
{
	size_t pages = machine->ram_bytes / MACHINE_PAGE_SIZE;
	uint8_t *behind = machine->arena + machine->ram_bytes;

	machine->checked = (struct checked_page *)(void *)behind;
	behind += pages * sizeof(*machine->checked);
	machine->page_flags = behind;
	machine->seen = (uint64_t *)(void *)(behind + round_to_word(pages));
}

/* ---- Watches ---- */

static size_t offset_of(const struct machine *machine, const void *address)
{
	return (uintptr_t)address - (uintptr_t)machine->arena;
}

void machine_watch(struct machine *machine, const void *page,
		   const struct machine_watch *watch)
{
	size_t n = offset_of(machine, page) / MACHINE_PAGE_SIZE;

	machine->checked[n].watch = watch;
	machine->page_flags[n] |= PAGE_WATCHED;
}

void machine_unwatch(struct machine *machine, const void *page,
		     const struct machine_watch *watch)
{
	size_t n = offset_of(machine, page) / MACHINE_PAGE_SIZE;

	if (machine->checked[n].watch != watch)
		return;
	machine->checked[n].watch = NULL;
	machine->page_flags[n] &= (uint8_t)~PAGE_WATCHED;
}

void machine_page_shown(struct machine *machine, const void *page, bool shown)
{
	size_t n = offset_of(machine, page) / MACHINE_PAGE_SIZE;
	struct checked_page *checked;

	/* Attached memory is not the machine's to free. */
	if (n >= machine->ram_bytes / MACHINE_PAGE_SIZE)
		return;
	checked = &machine->checked[n];
	checked->shown += shown ? 1 : -1;
	if (checked->shown)
		machine->page_flags[n] |= PAGE_SHOWN;
	else
		machine->page_flags[n] &= (uint8_t)~PAGE_SHOWN;
}

/* ---- Bits ---- */

/** The bits of a word that stand for bytes from one to before another. */
static uint64_t word_mask(size_t from, size_t to)
{
	uint64_t mask = ~(uint64_t)0 << from % 64;

	if (to < (from | 63) + 1)
		mask &= ((uint64_t)1 << to % 64) - 1;
	return mask;
}

bool checker_mark(struct machine *machine, size_t offset, size_t bytes,
		  size_t *first)
{
	size_t end = offset + bytes, at;
	uint64_t *word, mask;

	for (at = offset; at < end; at = (at | 63) + 1) {
		word = &machine->seen[at / 64];
		mask = word_mask(at, end);
		if (border_unlikely(*word & mask)) {
			*first = (at & ~(size_t)63) +
				 (size_t)__builtin_ctzll(*word & mask);
			return false;
		}
		*word |= mask;
	}
	return true;
}

void checker_set(struct machine *machine, size_t offset, size_t bytes)
{
	size_t end = offset + bytes, at;

	for (at = offset; at < end; at = (at | 63) + 1)
		machine->seen[at / 64] |= word_mask(at, end);
}

void machine_watch_renew(struct machine *machine, const void *from,
			 size_t bytes)
{
	size_t offset = offset_of(machine, from);
	size_t end = offset + bytes, at;

	if (!(machine->page_flags[offset / MACHINE_PAGE_SIZE] & PAGE_WATCHED))
		return;
	for (at = offset; at < end; at = (at | 63) + 1)
		machine->seen[at / 64] &= ~word_mask(at, end);
}

size_t machine_watch_stored(struct machine *machine, const void *from,
			    size_t bytes)
{
	size_t offset = offset_of(machine, from);
	size_t end = offset + bytes, at;
	uint64_t missing;

	for (at = offset; at < end; at = (at | 63) + 1) {
		missing = word_mask(at, end) & ~machine->seen[at / 64];
		if (missing)
			return (at & ~(size_t)63) +
			       (size_t)__builtin_ctzll(missing) - offset;
	}
	return bytes;
}

/* ---- Accesses of the guest ---- */

/** Bytes from an offset to the end of its page, at most so many. */
static size_t page_part(size_t offset, size_t bytes)
{
	size_t rest = MACHINE_PAGE_SIZE - offset % MACHINE_PAGE_SIZE;

	return bytes < rest ? bytes : rest;
}

void checker_read(struct machine *machine, const void *from, size_t bytes)
{
	size_t offset = offset_of(machine, from);

	while (bytes && offset < machine->ram_bytes) {
		size_t n = offset / MACHINE_PAGE_SIZE;
		size_t part = page_part(offset, bytes);

		if (machine->page_flags[n] & PAGE_GIVEN)
			ownership_touch(machine, offset, part, "is read");
		if (machine->page_flags[n] & PAGE_WATCHED)
			double_fetch_read(machine, machine->checked[n].watch,
					  offset, part);
		offset += part;
		bytes -= part;
	}
}

void checker_read_done(struct machine *machine, const void *from, size_t bytes)
{
	size_t offset = offset_of(machine, from);

	while (bytes && offset < machine->ram_bytes) {
		size_t n = offset / MACHINE_PAGE_SIZE;
		size_t part = page_part(offset, bytes);

		if (machine->page_flags[n] & PAGE_WATCHED)
			double_fetch_spoil(machine, machine->checked[n].watch,
					   offset, part);
		offset += part;
		bytes -= part;
	}
}

void checker_write(struct machine *machine, const void *to, size_t bytes)
{
	size_t offset = offset_of(machine, to);

	while (bytes && offset < machine->ram_bytes) {
		size_t n = offset / MACHINE_PAGE_SIZE;
		size_t part = page_part(offset, bytes);

		if (machine->page_flags[n] & PAGE_GIVEN)
			ownership_touch(machine, offset, part, "is written");
		if (machine->page_flags[n] & PAGE_WATCHED &&
		    machine->checked[n].watch->kind == MACHINE_WATCH_STORES)
			checker_set(machine, offset, part);
		offset += part;
		bytes -= part;
	}
}

void checker_stored(struct machine *machine, const void *word, uint32_t value)
{
	size_t offset = offset_of(machine, word);
	const struct machine_watch *watch =
		machine->checked[offset / MACHINE_PAGE_SIZE].watch;

	if (watch && watch->kind == MACHINE_WATCH_WORDS)
		watch->stored(watch->context,
			      (uint32_t)(offset % MACHINE_PAGE_SIZE), value);
}
