/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transaction ids: what a host may give back, and what of it is believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hyperv/transaction.h"

#define COUNT 4u

struct table {
	struct transactions table;
	/* The last one is not the table's: an id must not reach it. */
	struct transaction entries[COUNT + 1];
};

static void table_make(struct table *table)
{
	transactions_initialise(&table->table, table->entries, COUNT);
	/* To who looks at it, it is in use, in its first generation. */
	table->entries[COUNT].next = UINT32_MAX;
	table->entries[COUNT].generation = 0;
}

static uint64_t begin(struct table *table, int *index)
{
	uint64_t id = UINT64_MAX;

	*index = transaction_begin(&table->table, &id);
	return id;
}

static void edge_51_zero_is_an_id(void **state)
{
	struct table table;
	int index;

	(void)state;
	table_make(&table);
	/* Nothing was sent yet, so 0 is nobody's. */
	assert_int_equal(transaction_end(&table.table, 0), ERROR_INVALID);
	assert_int_equal(begin(&table, &index), 0);
	assert_int_equal(index, 0);
	assert_int_equal(transaction_end(&table.table, 0), 0);
	assert_int_equal(transaction_end(&table.table, 0), ERROR_INVALID);
}

static void edge_51_a_duplicate_is_refused(void **state)
{
	struct table table;
	uint64_t id;
	int index;

	(void)state;
	table_make(&table);
	begin(&table, &index);
	id = begin(&table, &index);
	assert_int_equal(transaction_end(&table.table, id), index);
	assert_int_equal(transaction_end(&table.table, id), ERROR_INVALID);
	assert_int_equal(table.table.in_flight, 1);
}

static void edge_51_a_stale_id_is_refused(void **state)
{
	struct table table;
	uint64_t old, new;
	int before, after;

	(void)state;
	table_make(&table);
	old = begin(&table, &before);
	assert_int_equal(transaction_end(&table.table, old), before);
	new = begin(&table, &after);
	/* The same entry again, and yet another id. */
	assert_int_equal(after, before);
	assert_true(new != old);
	assert_int_equal(transaction_end(&table.table, old), ERROR_INVALID);
	assert_int_equal(table.table.in_flight, 1);
	assert_int_equal(transaction_end(&table.table, new), after);
}

static void edge_51_unknown_ids_are_refused(void **state)
{
	static const uint64_t unknown[] = {
		1,	    COUNT - 1,	    COUNT,
		UINT32_MAX, 1ull << 32,	    UINT64_MAX,
		1ull << 63, UINT32_MAX - 1, 0xffff888012345678ull,
	};
	struct table table;
	int index;
	unsigned i;

	(void)state;
	table_make(&table);
	assert_int_equal(begin(&table, &index), 0);
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(transaction_end(&table.table, unknown[i]),
				 ERROR_INVALID);
	assert_int_equal(table.table.in_flight, 1);
	assert_int_equal(transaction_end(&table.table, 0), 0);
}

static void a_full_table_gives_no_more(void **state)
{
	struct table table;
	uint64_t ids[COUNT], id = 77;
	unsigned i, seen = 0;
	int index;

	(void)state;
	table_make(&table);
	for (i = 0; i < COUNT; i++) {
		ids[i] = begin(&table, &index);
		assert_in_range(index, 0, COUNT - 1);
		seen |= 1u << index;
	}
	assert_int_equal(seen, (1u << COUNT) - 1);
	assert_int_equal(transaction_begin(&table.table, &id), ERROR_AGAIN);
	assert_int_equal(id, 77);
	/* In another order than they were begun. */
	for (i = COUNT; i > 0; i--)
		assert_true(transaction_end(&table.table, ids[i - 1]) >= 0);
	assert_int_equal(table.table.in_flight, 0);
	begin(&table, &index);
	assert_true(index >= 0);
}

static void ids_differ_over_many_uses(void **state)
{
	struct table table;
	uint64_t id, last = UINT64_MAX;
	int index;
	unsigned i;

	(void)state;
	table_make(&table);
	for (i = 0; i < 1000; i++) {
		id = begin(&table, &index);
		assert_true(id != last);
		assert_int_equal(transaction_end(&table.table, id), index);
		last = id;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_51_zero_is_an_id),
		cmocka_unit_test(edge_51_a_duplicate_is_refused),
		cmocka_unit_test(edge_51_a_stale_id_is_refused),
		cmocka_unit_test(edge_51_unknown_ids_are_refused),
		cmocka_unit_test(a_full_table_gives_no_more),
		cmocka_unit_test(ids_differ_over_many_uses),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
