/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transaction ids of packets that the host is to complete.
 *
 * The host gives an id back with its completion, and may give back anything. So
 * an id is no pointer: it names an entry of a bounded table and the generation
 * of that entry's use, and it is good for one completion. An id of another
 * generation, one given back twice and one never given out are told apart from
 * good ones, and refused.
 *
 * The first id of a fresh table is 0. That is as good an id as any other; what
 * "no packet" is, is for the caller to remember elsewhere.
 */
#ifndef HYPERV_TRANSACTION_H
#define HYPERV_TRANSACTION_H

#include <stdint.h>

#include "port/error.h"

/** The most entries that a table can have. */
#define TRANSACTIONS_MAX 65536u

/** One entry: whoever has the table has that many of these. */
struct transaction {
	uint32_t generation;
	/** The next free entry; not an index while the entry is in use. */
	uint32_t next;
};

struct transactions {
	struct transaction *entries;
	uint32_t count;
	uint32_t first_free;
	/** Entries in use. */
	uint32_t in_flight;
};

/**
 * Start with all entries free.
 * @param entries count of them, at least 1 and at most TRANSACTIONS_MAX
 */
void transactions_initialise(struct transactions *table,
			     struct transaction *entries, uint32_t count);

/**
 * Take an entry.
 * @param id out: what goes on the wire
 * @return its index below count, or ERROR_AGAIN when all are in use
 */
int transaction_begin(struct transactions *table, uint64_t *id);

/**
 * Give an entry back, exactly once.
 * @param id as it came from the host, whatever it is
 * @return its index below count, or ERROR_INVALID when that id is not in use
 */
int transaction_end(struct transactions *table, uint64_t id);

#endif /* HYPERV_TRANSACTION_H */
