/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Free ranges of an address space, kept outside of it.
 *
 * A search begins where the last one ended, so what was freed is used again as
 * late as possible: a driver that goes on using it meets poison, not a
 * neighbour's data.
 */
#ifndef MOCKS_MACHINE_SPACE_H
#define MOCKS_MACHINE_SPACE_H

#include <stdbool.h>
#include <stddef.h>

struct space_range {
	struct space_range *next;
	size_t start, bytes;
};

/** Zeroed is empty. */
struct space {
	/** By address; no two of them touch. */
	struct space_range *ranges;
	/** Where the next search begins. */
	size_t rover;
};

/**
 * Give a range to the space: a new one, or one that was taken.
 * @return false, and the range is lost, when the simulator is out of memory
 */
bool space_add(struct space *space, size_t start, size_t bytes);

/** Take so many bytes. @return false when no range is as long */
bool space_take(struct space *space, size_t bytes, size_t *start);

/** Forget all ranges. */
void space_clear(struct space *space);

#endif /* MOCKS_MACHINE_SPACE_H */
