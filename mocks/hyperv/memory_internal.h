/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of the host's own, and words that it shares with the guest.
 *
 * The simulator running out of memory is not a case that is simulated: it ends
 * with a message. Words in guest RAM change under the host's hands, so each is
 * loaded once, with C11 atomics, and never through a plain pointer.
 */
#ifndef MOCKS_HYPERV_MEMORY_INTERNAL_H
#define MOCKS_HYPERV_MEMORY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "port/bytes.h"

/** Zeroed memory, for free(); never NULL. */
static inline void *host_alloc(size_t count, size_t bytes)
{
	void *memory = calloc(count ? count : 1, bytes ? bytes : 1);

	if (!memory) {
		fprintf(stderr, "the simulator is out of memory\n");
		abort();
	}
	return memory;
}

/** Load with acquire order. */
static inline uint32_t host_load32(const le32 *word)
{
	return le32_to_cpu((BYTES_FORCE le32)__atomic_load_n(
		(const BYTES_FORCE uint32_t *)word, __ATOMIC_ACQUIRE));
}

/** Store with release order. */
static inline void host_store32(le32 *word, uint32_t value)
{
	__atomic_store_n((BYTES_FORCE uint32_t *)word,
			 (BYTES_FORCE uint32_t)cpu_to_le32(value),
			 __ATOMIC_RELEASE);
}

/** Store with release order. */
static inline void host_store64(le64 *word, uint64_t value)
{
	__atomic_store_n((BYTES_FORCE uint64_t *)word,
			 (BYTES_FORCE uint64_t)cpu_to_le64(value),
			 __ATOMIC_RELEASE);
}

/** The one barrier that orders a store before a later load. */
static inline void host_fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/** Set a bit of an array of words; true if it was set before. */
static inline bool host_test_and_set_bit(le32 *words, unsigned bit)
{
	uint32_t mask = (BYTES_FORCE uint32_t)cpu_to_le32(1u << (bit % 32));

	return __atomic_fetch_or((BYTES_FORCE uint32_t *)&words[bit / 32], mask,
				 __ATOMIC_SEQ_CST) &
	       mask;
}

/** Take all bits of a word, leaving none. */
static inline uint32_t host_take_bits(le32 *word)
{
	return le32_to_cpu((BYTES_FORCE le32)__atomic_exchange_n(
		(BYTES_FORCE uint32_t *)word, 0, __ATOMIC_SEQ_CST));
}

#endif /* MOCKS_HYPERV_MEMORY_INTERNAL_H */
