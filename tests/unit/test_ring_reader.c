/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reader of a channel's ring, against a host that writes bytes: good, odd
 * and impossible packets and indices, at each of the 512 places of a page, and
 * at every moment of the reading.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../support/page_ring.h"

#define ALL (2 * PAGE_RING_BYTES)

/* Inband, 16 bytes of payload: flags, length and offset by 8, type. */
#define GOOD_DESCRIPTOR 0x0000000400020006

static void assert_content(const struct page_ring *test, uint32_t content,
			   uint32_t padded)
{
	uint32_t i;

	for (i = 0; i < content; i++)
		assert_int_equal(test->buffer[i], page_ring_pattern(i));
	for (; i < padded; i++)
		assert_int_equal(test->buffer[i], 0);
	assert_int_equal(test->buffer[padded], PAGE_RING_UNTOUCHED);
}

static void read_one(struct page_ring *test, uint32_t place, uint16_t type,
		     uint32_t header, uint32_t payload)
{
	const uint32_t padded = page_ring_packet_bytes(header + payload) - 24;
	uint32_t end;

	page_ring_at(test, place);
	memset(test->buffer, PAGE_RING_UNTOUCHED, padded + 1);
	end = page_ring_image(test->memory + PAGE_RING_BYTES, place, type, 1,
			      header, payload);
	assert_int_equal(page_ring_read(test, ALL), 0);
	page_ring_word_set(test, PAGE_RING_WRITE_INDEX, end);
	assert_int_equal(page_ring_read(test, padded), 1);
	assert_int_equal(test->packet.type, type);
	assert_true(test->packet.completion_requested);
	assert_true(test->packet.transaction_id == PAGE_RING_TRANSACTION);
	assert_int_equal(test->packet.header_bytes, header);
	assert_int_equal(test->packet.payload_bytes, padded - header);
	assert_content(test, header + payload, padded);
	assert_int_equal(page_ring_word(test, PAGE_RING_READ_INDEX), place);
	assert_false(ring_release(&test->ring));
	assert_int_equal(page_ring_word(test, PAGE_RING_READ_INDEX), end);
	assert_int_equal(page_ring_read(test, ALL), 0);
}

static void edge_50_read_at_every_place(void **state)
{
	static const uint32_t sizes[] = {
		0, 1, 7, 8, 9, 40, 104, 1000, 4000, PAGE_RING_PAYLOAD_MAX};
	struct page_ring *test = *state;
	uint32_t place;
	size_t i;

	for (place = 0; place < PAGE_RING_BYTES; place += 8) {
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			read_one(test, place, RING_PACKET_INBAND, 0, sizes[i]);
		read_one(test, place, RING_PACKET_COMPLETION, 0, 40);
		read_one(test, place, RING_PACKET_CANCEL, 0, 0);
		read_one(test, place, RING_PACKET_TRANSFER_PAGES, 8, 40);
		read_one(test, place, RING_PACKET_TRANSFER_PAGES, 8 + 8 * 20,
			 40);
		read_one(test, place, RING_PACKET_GPA_DIRECT, 24, 28);
	}
}

/* A batch is read with one look at the index, and written with none. */
static void batches_are_cheap(void **state)
{
	enum { PACKETS = 16 };
	struct page_ring *test = *state;
	struct machine_counters before, after;
	uint32_t end = 0;
	unsigned i;

	page_ring_at(test, 0);
	for (i = 0; i < PACKETS; i++)
		end = page_ring_send(test, end, 40);
	machine_counters(test->machine, &before);
	for (i = 0; i < PACKETS; i++)
		assert_int_equal(page_ring_read(test, 40), 1);
	machine_counters(test->machine, &after);
	assert_int_equal(after.copies - before.copies, 2 * PACKETS);
	assert_int_equal(after.border_calls - before.border_calls,
			 2 * PACKETS + 1);

	assert_false(ring_release(&test->ring));
	machine_counters(test->machine, &before);
	assert_false(ring_release(&test->ring));
	machine_counters(test->machine, &after);
	assert_int_equal(after.border_calls, before.border_calls);

	page_ring_at(test, 0);
	machine_counters(test->machine, &before);
	for (i = 0; i < PACKETS; i++)
		page_ring_write(test, 40);
	machine_counters(test->machine, &after);
	assert_int_equal(after.border_calls - before.border_calls, PACKETS);
}

static void oversize_is_skipped(void **state)
{
	struct page_ring *test = *state;
	uint32_t end;

	page_ring_at(test, 4040);
	end = page_ring_send(test, 4040, 100);
	end = page_ring_send(test, end, 32);
	memset(test->buffer, PAGE_RING_UNTOUCHED, 200);
	assert_int_equal(page_ring_read(test, 103), ERROR_NO_SPACE);
	assert_int_equal(test->packet.payload_bytes, 104);
	assert_int_equal(test->buffer[0], PAGE_RING_UNTOUCHED);
	assert_int_equal(page_ring_read(test, 32), 1);
	assert_content(test, 32, 32);
	ring_release(&test->ring);
	assert_int_equal(page_ring_word(test, PAGE_RING_READ_INDEX), end);
}

/** A descriptor of which so much is published: it is refused, for good. */
static void assert_corrupt(struct page_ring *test, uint64_t descriptor,
			   uint32_t published)
{
	page_ring_at(test, 0);
	ring_mask(&test->ring);
	page_ring_descriptor(test, descriptor);
	page_ring_word_set(test, PAGE_RING_WRITE_INDEX, published);
	assert_int_equal(page_ring_read(test, ALL), ERROR_PROTOCOL);
	page_ring_descriptor(test, GOOD_DESCRIPTOR);
	page_ring_word_set(test, PAGE_RING_WRITE_INDEX, 40);
	assert_int_equal(page_ring_read(test, ALL), ERROR_PROTOCOL);
	assert_true(ring_unmask(&test->ring));
	assert_int_equal(page_ring_word(test, PAGE_RING_INTERRUPT_MASK), 1);
	assert_int_equal(page_ring_word(test, PAGE_RING_READ_INDEX), 0);
}

/* Edge cases 48 and 49: a descriptor that cannot be. */
static void edge_48_49_corrupt_descriptors(void **state)
{
	/* From the left: flags, length and offset by 8, type. */
	static const uint64_t bad[] = {
		/* no such type */
		0x0000000400020000, 0x0000000400020001, 0x0000000400020005,
		0x0000000400030008, 0x000000040002000c, 0x0000000400020106,
		0x0000000400020026,
		/*
		 * the payload before the end of the descriptor, or of the
		 * packet
		 */
		0x0000000400000006, 0x0000000400010006, 0x0000000400050006,
		0x00000004ffff0006, 0x0000ffffffff0006,
		/* a length that is too short, or more than is published */
		0x0000000100020006, 0x0000000000020006, 0x0000000500020006,
		0x0000ffff00020006,
		/* no such flags */
		0x0002000400020006, 0x8000000400020006, 0x0003000400020006,
		/* no ranges where there must be */
		0x0000000400020007, 0x0000000400000007, 0x0000000400020009,
		0x0000000400010009, 0xffffffffffffffff};
	struct page_ring *test = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_corrupt(test, bad[i], 40);
	assert_corrupt(test, GOOD_DESCRIPTOR, 32);
	assert_corrupt(test, 0x0000000200020006, 16);
	assert_corrupt(test, 0x0000000200020006, 8);
	assert_corrupt(test, 0xffffffffffffffff, PAGE_RING_BYTES - 8);

	page_ring_at(test, 0);
	page_ring_descriptor(test, GOOD_DESCRIPTOR);
	page_ring_word_set(test, PAGE_RING_WRITE_INDEX, 40);
	assert_int_equal(page_ring_read(test, ALL), 1);
}

static void edge_48_bad_write_index_is_corrupt(void **state)
{
	/* Out of range, between two units, and before what was read last. */
	static const uint32_t bad[] = {4096, 4104, 0xffffffff, 0xfffffff8,
				       4,    1001, 1008};
	struct page_ring *test = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		page_ring_at(test, 1000);
		page_ring_send(test, page_ring_send(test, 1000, 40), 40);
		page_ring_word_set(test, PAGE_RING_WRITE_INDEX, 1064);
		assert_int_equal(page_ring_read(test, 40), 1);
		page_ring_word_set(test, PAGE_RING_WRITE_INDEX, bad[i]);
		assert_int_equal(page_ring_read(test, 40), ERROR_PROTOCOL);
	}
}

/*
 * Edge cases 43 and 44. One packet of 64 bytes is read of so many; the host
 * says how much room it waits for, in all the ways that hosts do.
 */
static void edge_43_44_release_signals(void **state)
{
	static const struct {
		unsigned packets;
		uint32_t pending, features;
		bool signal;
	} cases[] = {
		/* 64 bytes free before, 128 after. */
		{63, 0, 1, false},
		{63, 7, 1, false},
		{63, 56, 1, false},
		{63, 63, 1, false},
		{63, 64, 1, true},
		{63, 71, 1, true},
		{63, 120, 1, true},
		{63, 127, 1, true},
		{63, 128, 1, false},
		{63, 4095, 1, false},
		{63, 64, 0, false},
		{63, 64, 2, false},
		{63, 64, 3, true},
		/* The last one: it waits for an empty ring, or for more. */
		{1, 4031, 1, false},
		{1, 4032, 1, true},
		{1, 4095, 1, true},
		{1, 4096, 1, true},
		{1, 0xffffffff, 1, true},
		{2, 4095, 1, false},
	};
	struct page_ring *test = *state;
	uint32_t place, end;
	unsigned n, mask;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (place = 0; place < PAGE_RING_BYTES; place += 520)
			for (mask = 0; mask < 2; mask++) {
				page_ring_at(test, place);
				end = place;
				for (n = 0; n < cases[i].packets; n++)
					end = page_ring_send(test, end, 40);
				page_ring_word_set(test,
						   PAGE_RING_INTERRUPT_MASK,
						   mask);
				page_ring_word_set(test, PAGE_RING_PENDING_SEND,
						   cases[i].pending);
				page_ring_word_set(test, PAGE_RING_FEATURE_BITS,
						   cases[i].features);
				assert_int_equal(page_ring_read(test, 40), 1);
				assert_int_equal(ring_release(&test->ring),
						 cases[i].signal);
				assert_false(ring_release(&test->ring));
			}
}

/* Edge case 46: what came before the mask was lifted is not slept over. */
static void edge_46_unmask_looks_again(void **state)
{
	struct page_ring *test = *state;

	page_ring_at(test, 128);
	ring_mask(&test->ring);
	assert_true(ring_unmask(&test->ring));
	assert_int_equal(page_ring_word(test, PAGE_RING_INTERRUPT_MASK), 0);
	page_ring_send(test, 128, 40);
	assert_false(ring_unmask(&test->ring));
	assert_int_equal(page_ring_word(test, PAGE_RING_INTERRUPT_MASK), 1);
	page_ring_read(test, 40);
	ring_release(&test->ring);
	assert_true(ring_unmask(&test->ring));
	assert_int_equal(page_ring_word(test, PAGE_RING_INTERRUPT_MASK), 0);
}

static void late_packet(void *argument)
{
	page_ring_send(argument, 128, 40);
}

/* A packet that comes between the two steps of unmasking, at every moment. */
static void edge_46_packet_while_unmasking(void **state)
{
	struct page_ring *test = *state;
	uint64_t delay, began;
	unsigned seen = 0;
	bool idle;

	test->event.fire = late_packet;
	test->event.argument = test;
	for (delay = 0; delay < 40; delay++) {
		page_ring_at(test, 128);
		ring_mask(&test->ring);
		began = machine_time(test->machine);
		machine_event_schedule(test->machine, &test->event, delay);
		idle = ring_unmask(&test->ring);
		if (page_ring_word(test, PAGE_RING_WRITE_INDEX) == 128) {
			assert_true(idle);
			assert_true(machine_time(test->machine) - began <=
				    delay);
			machine_event_cancel(test->machine, &test->event);
		} else if (!idle) {
			assert_int_equal(
				page_ring_word(test, PAGE_RING_INTERRUPT_MASK),
				1);
			seen++;
		}
	}
	assert_true(seen > 5);
}

static void flip(void *argument)
{
	struct page_ring *test = argument;

	page_ring_descriptor(test, 0xffffffffffff0007);
	memset(test->memory + PAGE_RING_BYTES + 16, PAGE_RING_UNTOUCHED,
	       PAGE_RING_BYTES - 16);
}

/*
 * Edge case 48: the host changes a packet while it is read, at every moment.
 * The reader has the old one or the new one and never half of a descriptor.
 */
static void edge_48_change_while_reading(void **state)
{
	struct page_ring *test = *state;
	unsigned kept = 0, torn = 0, corrupt = 0;
	uint64_t delay;
	int result;

	test->event.fire = flip;
	test->event.argument = test;
	for (delay = 0; delay < 200; delay++) {
		page_ring_at(test, 0);
		page_ring_send(test, 0, 1000);
		memset(test->buffer, 0x11, sizeof(test->buffer));
		machine_event_schedule(test->machine, &test->event, delay);
		result = page_ring_read(test, 1000);
		machine_event_cancel(test->machine, &test->event);
		assert_int_equal(test->buffer[1000], 0x11);
		if (result == ERROR_PROTOCOL) {
			corrupt++;
			continue;
		}
		assert_int_equal(result, 1);
		assert_int_equal(test->packet.type, RING_PACKET_INBAND);
		assert_int_equal(test->packet.header_bytes, 0);
		assert_int_equal(test->packet.payload_bytes, 1000);
		if (test->buffer[0] == page_ring_pattern(0))
			kept++;
		else
			torn++;
		/* Afterwards it does not matter any more. */
		flip(test);
		assert_int_equal(test->packet.payload_bytes, 1000);
	}
	assert_true(corrupt > 0);
	assert_true(torn > 0);
	assert_true(kept > 0);
}

#define RING_TEST(name)                                                        \
	cmocka_unit_test_setup_teardown(name, page_ring_set_up,                \
					page_ring_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RING_TEST(edge_50_read_at_every_place),
		RING_TEST(batches_are_cheap),
		RING_TEST(oversize_is_skipped),
		RING_TEST(edge_48_49_corrupt_descriptors),
		RING_TEST(edge_48_bad_write_index_is_corrupt),
		RING_TEST(edge_43_44_release_signals),
		RING_TEST(edge_46_unmask_looks_again),
		RING_TEST(edge_46_packet_while_unmasking),
		RING_TEST(edge_48_change_while_reading),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
