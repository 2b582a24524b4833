/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transaction ids: an entry's index in the lower half, the generation of its
 * use in the upper half. An entry changes its generation when it is given back,
 * so that an id is stale from then on until 2^32 uses later.
 */
#include "hyperv/transaction.h"

#define TRANSACTION_IN_USE UINT32_MAX
#define TRANSACTION_LAST   (UINT32_MAX - 1)

void transactions_initialise(struct transactions *table,
			     struct transaction *entries, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		entries[i].generation = 0;
		entries[i].next = i + 1 < count ? i + 1 : TRANSACTION_LAST;
	}
	table->entries = entries;
	table->count = count;
	table->first_free = 0;
	table->in_flight = 0;
}

int transaction_begin(struct transactions *table, uint64_t *id)
{
	uint32_t index = table->first_free;
	struct transaction *entry;

	if (index == TRANSACTION_LAST)
		return ERROR_AGAIN;
	entry = &table->entries[index];
	table->first_free = entry->next;
	entry->next = TRANSACTION_IN_USE;
	table->in_flight++;
	*id = (uint64_t)entry->generation << 32 | index;
	return (int)index;
}

int transaction_end(struct transactions *table, uint64_t id)
{
	uint32_t index = (uint32_t)id;
	struct transaction *entry;

	if (index >= table->count)
		return ERROR_INVALID;
	entry = &table->entries[index];
	if (entry->next != TRANSACTION_IN_USE ||
	    entry->generation != (uint32_t)(id >> 32))
		return ERROR_INVALID;
	entry->generation++;
	entry->next = table->first_free;
	table->first_free = index;
	table->in_flight--;
	return (int)index;
}
