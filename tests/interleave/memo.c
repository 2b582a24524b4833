/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * States that were explored. Keys are hashes, so their low bits are as good a
 * place as any.
 */
#include "tests/interleave/memo.h"

#include <stdio.h>
#include <stdlib.h>

#define SIZE_FIRST ((size_t)1 << 12)

static uint64_t key_used(uint64_t key)
{
	return key ? key : 1;
}

static struct memo_entry *memo_place(const struct memo *memo, uint64_t key)
{
	size_t at = (size_t)key & (memo->size - 1);

	while (memo->entries[at].key && memo->entries[at].key != key)
		at = (at + 1) & (memo->size - 1);
	return &memo->entries[at];
}

static void memo_grow(struct memo *memo)
{
	struct memo larger = {.size = memo->size ? 2 * memo->size : SIZE_FIRST};
	size_t i;

	larger.used = memo->used;
	larger.entries = calloc(larger.size, sizeof(*larger.entries));
	if (!larger.entries) {
		fprintf(stderr, "out of memory for states\n");
		abort();
	}
	for (i = 0; i < memo->size; i++)
		if (memo->entries[i].key)
			*memo_place(&larger, memo->entries[i].key) =
				memo->entries[i];
	free(memo->entries);
	*memo = larger;
}

void memo_clear(struct memo *memo)
{
	free(memo->entries);
	memo->entries = NULL;
	memo->size = 0;
	memo->used = 0;
}

bool memo_find(const struct memo *memo, uint64_t key, double *count)
{
	const struct memo_entry *entry;

	if (!memo->size)
		return false;
	entry = memo_place(memo, key_used(key));
	*count = entry->count;
	return entry->key != 0;
}

void memo_add(struct memo *memo, uint64_t key, double count)
{
	struct memo_entry *entry;

	if (2 * memo->used >= memo->size)
		memo_grow(memo);
	entry = memo_place(memo, key_used(key));
	entry->key = key_used(key);
	entry->count = count;
	memo->used++;
}
