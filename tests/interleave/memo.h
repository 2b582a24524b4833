/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * States that were explored, and how many interleavings there are from each: a
 * hash table with open addressing that grows.
 */
#ifndef INTERLEAVE_MEMO_H
#define INTERLEAVE_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memo_entry {
	/** 0: a free place. */
	uint64_t key;
	double count;
};

struct memo {
	struct memo_entry *entries;
	size_t size, used;
};

void memo_clear(struct memo *memo);
/** @return false: not there */
bool memo_find(const struct memo *memo, uint64_t key, double *count);
/** @param key not there yet */
void memo_add(struct memo *memo, uint64_t key, double count);

#endif /* INTERLEAVE_MEMO_H */
