/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The border: words shared with a device (shared.h).
 *
 * A load lets the host go first and sees what it did; after a store, a fence or
 * a copy the host may look at once. A store of what was there already changes
 * nothing, so a loop of such stores is one that spins.
 */
#include "port/shared.h"

#include <string.h>

#include "mocks/machine/internal.h"

#define BITS_PER_WORD 32u

/** A word that is not aligned is not read or written in one piece. */
static void shared_align(struct machine *machine, const void *word,
			 size_t bytes, const char *call)
{
	char place[160];

	if (!border_unlikely((uintptr_t)word % bytes))
		return;
	heap_describe(machine, word, place, sizeof(place));
	machine_stop(machine, MACHINE_FAULT, "%s of %s: misaligned", call,
		     place);
}

static void shared_look(struct machine *machine, const void *word)
{
	border_read(machine, BORDER_COST_ACCESS, BORDER_ACCESS, POLLED_MEMORY,
		    (uintptr_t)word);
}

/** A load, before the word is loaded and afterwards. */
static void shared_load(struct machine *machine, const void *word, size_t bytes)
{
	shared_look(machine, word);
	if (border_checked(machine, word, bytes))
		checker_read(machine, word, bytes);
}

static void shared_loaded(struct machine *machine, const void *word,
			  size_t bytes)
{
	if (border_unlikely(machine->spoil_messages))
		checker_read_done(machine, word, bytes);
}

static void shared_store(struct machine *machine, const void *word,
			 size_t bytes)
{
	if (border_checked(machine, word, bytes))
		checker_write(machine, word, bytes);
}

static void shared_stored(struct machine *machine, bool changed)
{
	if (changed)
		border_progress(machine);
	border_pass(machine, BORDER_COST_ACCESS, BORDER_ACCESS);
}

/* ---- Loads ---- */

uint8_t shared_load8(struct port *port, const uint8_t *word)
{
	uint8_t value;

	shared_load(port->machine, word, sizeof(*word));
	value = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	shared_loaded(port->machine, word, sizeof(*word));
	return value;
}

uint16_t shared_load16(struct port *port, const le16 *word)
{
	uint16_t value;

	shared_align(port->machine, word, sizeof(*word), "shared_load16()");
	shared_load(port->machine, word, sizeof(*word));
	value = le16_to_cpu((BYTES_FORCE le16)__atomic_load_n(
		(const BYTES_FORCE uint16_t *)word, __ATOMIC_ACQUIRE));
	shared_loaded(port->machine, word, sizeof(*word));
	return value;
}

uint32_t shared_load32(struct port *port, const le32 *word)
{
	uint32_t value;

	shared_align(port->machine, word, sizeof(*word), "shared_load32()");
	shared_load(port->machine, word, sizeof(*word));
	value = le32_to_cpu((BYTES_FORCE le32)__atomic_load_n(
		(const BYTES_FORCE uint32_t *)word, __ATOMIC_ACQUIRE));
	shared_loaded(port->machine, word, sizeof(*word));
	return value;
}

uint64_t shared_load64(struct port *port, const le64 *word)
{
	uint64_t value;

	shared_align(port->machine, word, sizeof(*word), "shared_load64()");
	shared_load(port->machine, word, sizeof(*word));
	value = le64_to_cpu((BYTES_FORCE le64)__atomic_load_n(
		(const BYTES_FORCE uint64_t *)word, __ATOMIC_ACQUIRE));
	shared_loaded(port->machine, word, sizeof(*word));
	return value;
}

/* ---- Stores ---- */

void shared_store8(struct port *port, uint8_t *word, uint8_t value)
{
	bool changed;

	shared_store(port->machine, word, sizeof(*word));
	changed = __atomic_load_n(word, __ATOMIC_RELAXED) != value;
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	shared_stored(port->machine, changed);
}

void shared_store16(struct port *port, le16 *word, uint16_t value)
{
	uint16_t *plain = (BYTES_FORCE uint16_t *)word;
	uint16_t stored = (BYTES_FORCE uint16_t)cpu_to_le16(value);
	bool changed;

	shared_align(port->machine, word, sizeof(*word), "shared_store16()");
	shared_store(port->machine, word, sizeof(*word));
	changed = __atomic_load_n(plain, __ATOMIC_RELAXED) != stored;
	__atomic_store_n(plain, stored, __ATOMIC_RELEASE);
	shared_stored(port->machine, changed);
}

void shared_store32(struct port *port, le32 *word, uint32_t value)
{
	uint32_t *plain = (BYTES_FORCE uint32_t *)word;
	uint32_t stored = (BYTES_FORCE uint32_t)cpu_to_le32(value);
	bool changed;

	shared_align(port->machine, word, sizeof(*word), "shared_store32()");
	shared_store(port->machine, word, sizeof(*word));
	changed = __atomic_load_n(plain, __ATOMIC_RELAXED) != stored;
	__atomic_store_n(plain, stored, __ATOMIC_RELEASE);
	if (border_checked(port->machine, word, sizeof(*word)))
		checker_stored(port->machine, word, value);
	shared_stored(port->machine, changed);
}

void shared_store64(struct port *port, le64 *word, uint64_t value)
{
	uint64_t *plain = (BYTES_FORCE uint64_t *)word;
	uint64_t stored = (BYTES_FORCE uint64_t)cpu_to_le64(value);
	bool changed;

	shared_align(port->machine, word, sizeof(*word), "shared_store64()");
	shared_store(port->machine, word, sizeof(*word));
	changed = __atomic_load_n(plain, __ATOMIC_RELAXED) != stored;
	__atomic_store_n(plain, stored, __ATOMIC_RELEASE);
	shared_stored(port->machine, changed);
}

/* ---- Barrier and bits ---- */

void shared_fence(struct port *port)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	port->machine->counters.fences++;
	border_pass(port->machine, BORDER_COST_FENCE, BORDER_ACCESS);
}

bool shared_test_and_clear_bit(struct port *port, le32 *words, unsigned bit)
{
	le32 *word = words + bit / BITS_PER_WORD;
	uint32_t mask =
		(BYTES_FORCE uint32_t)cpu_to_le32(1u << bit % BITS_PER_WORD);
	bool was;

	shared_align(port->machine, word, sizeof(*word),
		     "shared_test_and_clear_bit()");
	shared_look(port->machine, word);
	was = __atomic_fetch_and((BYTES_FORCE uint32_t *)word, ~mask,
				 __ATOMIC_SEQ_CST) &
	      mask;
	if (was)
		border_progress(port->machine);
	return was;
}

bool shared_test_and_set_bit(struct port *port, le32 *words, unsigned bit)
{
	le32 *word = words + bit / BITS_PER_WORD;
	uint32_t mask =
		(BYTES_FORCE uint32_t)cpu_to_le32(1u << bit % BITS_PER_WORD);
	bool was;

	shared_align(port->machine, word, sizeof(*word),
		     "shared_test_and_set_bit()");
	shared_look(port->machine, word);
	was = __atomic_fetch_or((BYTES_FORCE uint32_t *)word, mask,
				__ATOMIC_SEQ_CST) &
	      mask;
	if (!was)
		border_progress(port->machine);
	return was;
}

/* ---- Copies ---- */

static uint64_t copy_cost(struct machine *machine, size_t bytes)
{
	machine->counters.copies++;
	machine->counters.copied_bytes += bytes;
	return BORDER_COST_ACCESS + bytes / BORDER_COPY_BYTES;
}

void shared_read(struct port *port, void *to, const void *from, size_t bytes)
{
	border_read(port->machine, copy_cost(port->machine, bytes),
		    BORDER_ACCESS, POLLED_MEMORY, (uintptr_t)from);
	if (bytes && border_checked(port->machine, from, bytes))
		checker_read(port->machine, from, bytes);
	memcpy(to, from, bytes);
	shared_loaded(port->machine, from, bytes);
}

void shared_write(struct port *port, void *to, const void *from, size_t bytes)
{
	if (bytes && border_checked(port->machine, to, bytes))
		checker_write(port->machine, to, bytes);
	memcpy(to, from, bytes);
	border_wrote(port->machine, copy_cost(port->machine, bytes),
		     BORDER_ACCESS);
}
