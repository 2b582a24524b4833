/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Double fetch: each byte of a host's message is read once (checker.h).
 *
 * Who checks a length and then reads it again has checked nothing: the host can
 * write in between. Here it does so only if the machine was asked to
 * (spoil_messages): then each byte changes as soon as it was read, and a driver
 * that reads once notices nothing.
 */
#include "mocks/machine/checker.h"

#include "mocks/machine/internal.h"

#define SPOILED 0x5au

/** Bytes from an offset on that are of one kind, and whether a message's. */
static size_t run_of(const struct machine_watch *watch, size_t offset,
		     size_t bytes, bool *message)
{
	size_t place, rest;

	*message = true;
	if (!watch->stride)
		return bytes;
	place = offset % MACHINE_PAGE_SIZE % watch->stride;
	*message = place >= watch->polled;
	rest = (*message ? watch->stride : watch->polled) - place;
	return bytes < rest ? bytes : rest;
}

static _Noreturn void fetched_twice(struct machine *machine,
				    const struct machine_watch *watch,
				    size_t offset)
{
	char place[160];

	heap_describe(machine, machine->arena + offset, place, sizeof(place));
	machine_stop(machine, MACHINE_FAULT,
		     "double fetch: %s, a byte of a message in %s, is read a "
		     "second time; the host may have changed it since",
		     place, watch->what);
}

void double_fetch_read(struct machine *machine,
		       const struct machine_watch *watch, size_t offset,
		       size_t bytes)
{
	size_t first, part;
	bool message;

	if (watch->kind != MACHINE_WATCH_MESSAGES ||
	    !machine_checks(machine, MACHINE_CHECK_DOUBLE_FETCH))
		return;
	machine->looks[MACHINE_CHECK_DOUBLE_FETCH]++;
	for (; bytes; offset += part, bytes -= part) {
		part = run_of(watch, offset, bytes, &message);
		if (message && !checker_mark(machine, offset, part, &first))
			fetched_twice(machine, watch, first);
	}
}

void double_fetch_spoil(struct machine *machine,
			const struct machine_watch *watch, size_t offset,
			size_t bytes)
{
	size_t part, n;
	bool message;

	if (watch->kind != MACHINE_WATCH_MESSAGES)
		return;
	for (; bytes; offset += part, bytes -= part) {
		part = run_of(watch, offset, bytes, &message);
		for (n = 0; message && n < part; n++)
			machine->arena[offset + n] ^= SPOILED;
	}
}
