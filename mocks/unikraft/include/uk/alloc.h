/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An allocator; "left" is how many allocations it still makes, live how many
 * there are.
 */
#ifndef MOCKS_UNIKRAFT_ALLOC_H
#define MOCKS_UNIKRAFT_ALLOC_H

#include <stddef.h>

struct uk_alloc {
	unsigned left, live;
};

void *uk_zalloc(struct uk_alloc *allocator, size_t bytes);
void uk_free(struct uk_alloc *allocator, void *memory);

#endif /* MOCKS_UNIKRAFT_ALLOC_H */
