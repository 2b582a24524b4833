/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The writer of a channel's ring, against a host that is written down byte by
 * byte; and both ends of one ring at once.
 *
 * The ring has one data page, and nearly everything is done at each of its 512
 * places, so that descriptor, payload and footer wrap wherever they can.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../support/page_ring.h"

static void assert_image(struct page_ring *test)
{
	assert_memory_equal(test->memory + PAGE_RING_BYTES, test->image,
			    PAGE_RING_BYTES);
}

static void initialise_describes_the_memory(void **state)
{
	struct page_ring *test = *state;

	ring_initialise(&test->ring, test->port, test->memory, 1);
	assert_int_equal(test->ring.bytes, PAGE_RING_BYTES);
	assert_ptr_equal(test->ring.data, test->memory + PAGE_RING_BYTES);
	assert_int_equal(ring_room(&test->ring), PAGE_RING_BYTES - 8);
	ring_announce(&test->ring);
	assert_int_equal(page_ring_word(test, PAGE_RING_FEATURE_BITS), 1);
	ring_mask(&test->ring);
	assert_int_equal(page_ring_word(test, PAGE_RING_INTERRUPT_MASK), 1);
}

/* Edge cases 41 and 50: footer, and wraparound at every place. */
static void edge_41_50_write_at_every_place(void **state)
{
	static const uint32_t sizes[] = {
		0,   1,	  7,   8,   9,	  28,	40,
		103, 104, 105, 300, 1000, 4000, PAGE_RING_PAYLOAD_MAX};
	struct page_ring *test = *state;
	uint32_t place, end;
	size_t i;

	page_ring_fill(test);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (place = 0; place < PAGE_RING_BYTES; place += 8) {
			page_ring_at(test, place);
			end = page_ring_image(test->image, place, 6, 1, 0,
					      sizes[i]);
			assert_int_equal(page_ring_write(test, sizes[i]), 0);
			assert_image(test);
			assert_int_equal(page_ring_word(test,
							PAGE_RING_WRITE_INDEX),
					 place);
			assert_true(ring_publish(&test->ring));
			assert_int_equal(page_ring_word(test,
							PAGE_RING_WRITE_INDEX),
					 end);
			assert_int_equal(page_ring_word(test,
							PAGE_RING_READ_INDEX),
					 place);
		}
}

/*
 * Ranges are put entry by entry, and a large piece goes around the gathering.
 */
static void write_in_pieces_at_every_place(void **state)
{
	static const uint32_t steps[] = {8, 8, 120, 8, 136, 16, 200, 8, 1, 300};
	const struct ring_packet packet = {
		.type = RING_PACKET_GPA_DIRECT,
		.transaction_id = PAGE_RING_TRANSACTION,
		.header_bytes = 8 + 8 + 120 + 8 + 136,
		.payload_bytes = 16 + 200 + 8 + 1 + 300,
	};
	struct page_ring *test = *state;
	struct ring_writer writer;
	uint32_t place, done;
	size_t i;

	page_ring_fill(test);
	for (place = 0; place < PAGE_RING_BYTES; place += 8) {
		page_ring_at(test, place);
		page_ring_image(test->image, place, 9, 0, packet.header_bytes,
				packet.payload_bytes);
		assert_int_equal(ring_begin(&test->ring, &writer, &packet), 0);
		done = 0;
		for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			ring_put(&writer, test->buffer + done, steps[i]);
			done += steps[i];
		}
		ring_end(&writer);
		assert_image(test);
	}
}

/* Pieces of all lengths around what is gathered before it is copied. */
static void write_gathers_any_two_pieces(void **state)
{
	const uint32_t most = RING_WRITER_BYTES + 12, place = 3900;
	struct ring_packet packet = {
		.type = RING_PACKET_COMPLETION,
		.transaction_id = PAGE_RING_TRANSACTION,
	};
	struct page_ring *test = *state;
	struct ring_piece pieces[2];
	uint32_t first, second;

	page_ring_fill(test);
	for (first = 0; first <= most; first++)
		for (second = 0; second <= most; second++) {
			page_ring_at(test, place);
			packet.payload_bytes = first + second;
			page_ring_image(test->image, place, 11, 0, 0,
					first + second);
			pieces[0].data = test->buffer;
			pieces[0].bytes = first;
			pieces[1].data = test->buffer + first;
			pieces[1].bytes = second;
			assert_int_equal(
				ring_write(&test->ring, &packet, pieces, 2), 0);
			assert_image(test);
		}
}

static void write_refuses_what_does_not_add_up(void **state)
{
	struct ring_packet packet = {.type = RING_PACKET_INBAND};
	struct page_ring *test = *state;
	struct ring_piece piece = {test->buffer, 16};

	page_ring_at(test, 0);
	packet.payload_bytes = 15;
	assert_int_equal(ring_write(&test->ring, &packet, &piece, 1),
			 ERROR_INVALID);
	packet.header_bytes = 4;
	packet.payload_bytes = 12;
	assert_int_equal(ring_write(&test->ring, &packet, &piece, 1),
			 ERROR_INVALID);
	assert_int_equal(test->ring.index, 0);
	assert_image(test);
}

static void write_refuses_what_never_fits(void **state)
{
	struct ring_packet packet = {
		.type = RING_PACKET_GPA_DIRECT,
		.header_bytes = 0xfffffff8,
		.payload_bytes = 8,
	};
	struct page_ring *test = *state;
	struct ring_writer writer;

	page_ring_at(test, 16);
	assert_int_equal(page_ring_write(test, PAGE_RING_PAYLOAD_MAX + 1),
			 ERROR_NO_SPACE);
	assert_int_equal(ring_begin(&test->ring, &writer, &packet),
			 ERROR_NO_SPACE);
	assert_image(test);
	assert_int_equal(page_ring_write(test, PAGE_RING_PAYLOAD_MAX), 0);

	/* The length has 16 bits; a ring may be larger than that names. */
	test->ring.bytes = 1u << 20;
	packet.header_bytes = 0x10000 * 8 - 16;
	packet.payload_bytes = 0;
	assert_int_equal(ring_begin(&test->ring, &writer, &packet),
			 ERROR_NO_SPACE);
}

/* Edge case 40: a ring that is full must not look empty. */
static void edge_40_full_is_not_empty(void **state)
{
	static const uint32_t sizes[] = {0, 8, 24, 40, 100, 500};
	struct page_ring *test = *state;
	uint32_t place, room;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (place = 0; place < PAGE_RING_BYTES; place += 8) {
			page_ring_at(test, place);
			room = PAGE_RING_BYTES - 8;
			while (page_ring_write(test, sizes[i]) == 0)
				room -= page_ring_packet_bytes(sizes[i]);
			assert_int_equal(page_ring_write(test, sizes[i]),
					 ERROR_AGAIN);
			assert_int_equal(ring_room(&test->ring), room);
			assert_true(room < page_ring_packet_bytes(sizes[i]));
			ring_publish(&test->ring);
			assert_int_not_equal(
				page_ring_word(test, PAGE_RING_WRITE_INDEX),
				place);
		}
}

static void room_comes_back(void **state)
{
	struct page_ring *test = *state;

	page_ring_at(test, 4000);
	assert_int_equal(page_ring_write(test, PAGE_RING_PAYLOAD_MAX), 0);
	ring_publish(&test->ring);
	assert_int_equal(ring_room(&test->ring), 0);
	assert_int_equal(page_ring_write(test, 0), ERROR_AGAIN);
	page_ring_word_set(test, PAGE_RING_READ_INDEX,
			   page_ring_word(test, PAGE_RING_WRITE_INDEX));
	assert_int_equal(page_ring_write(test, PAGE_RING_PAYLOAD_MAX), 0);
}

static void edge_48_bad_read_index_stops_the_writer(void **state)
{
	/* Out of range, between two units, and ahead of what was published. */
	static const uint32_t bad[] = {4096, 4100, 0xffffffff, 0xfffffff8,
				       12,   1001, 3040};
	struct page_ring *test = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		page_ring_at(test, 1000);
		assert_int_equal(page_ring_write(test, 2000), 0);
		ring_publish(&test->ring);
		assert_int_equal(page_ring_write(test, 2000 - 24), 0);
		page_ring_word_set(test, PAGE_RING_READ_INDEX, bad[i]);
		assert_int_equal(page_ring_write(test, 100), ERROR_PROTOCOL);
		assert_int_equal(ring_room(&test->ring), 0);
		/* What it says is looked at again when it is asked again. */
		page_ring_word_set(test, PAGE_RING_READ_INDEX, 3024);
		assert_int_equal(ring_room(&test->ring),
				 PAGE_RING_BYTES - 8 - 2000);
	}
}

/* Edge case 42: signal if not masked, and the reader had seen everything. */
static void edge_42_publish_signals(void **state)
{
	struct page_ring *test = *state;
	unsigned mask, behind;
	uint64_t fences;
	struct machine_counters counters;

	for (mask = 0; mask < 2; mask++)
		for (behind = 0; behind < 2; behind++) {
			page_ring_at(test, 64);
			assert_false(ring_publish(&test->ring));
			page_ring_write(test, 40);
			ring_publish(&test->ring);
			if (!behind)
				page_ring_word_set(test, PAGE_RING_READ_INDEX,
						   128);
			page_ring_word_set(test, PAGE_RING_INTERRUPT_MASK,
					   mask);
			page_ring_write(test, 40);
			page_ring_write(test, 40);
			machine_counters(test->machine, &counters);
			fences = counters.fences;
			assert_int_equal(ring_publish(&test->ring),
					 !mask && !behind);
			machine_counters(test->machine, &counters);
			assert_int_equal(counters.fences, fences + 1);
			assert_int_equal(page_ring_word(test,
							PAGE_RING_WRITE_INDEX),
					 256);
			assert_false(ring_publish(&test->ring));
		}
	/* One who is awake and took the new ones already needs no signal. */
	page_ring_at(test, 64);
	page_ring_write(test, 40);
	page_ring_word_set(test, PAGE_RING_READ_INDEX, 128);
	assert_false(ring_publish(&test->ring));
}

static void pending_send_is_written_down(void **state)
{
	struct page_ring *test = *state;

	page_ring_at(test, 0);
	ring_pending_send(&test->ring, 1000);
	assert_int_equal(page_ring_word(test, PAGE_RING_PENDING_SEND), 1000);
	ring_pending_send(&test->ring, 0);
	assert_int_equal(page_ring_word(test, PAGE_RING_PENDING_SEND), 0);
	ring_pending_send(&test->ring, PAGE_RING_BYTES);
	assert_int_equal(page_ring_word(test, PAGE_RING_PENDING_SEND),
			 PAGE_RING_BYTES - 8);
	assert_int_equal(ring_room(&test->ring), PAGE_RING_BYTES - 8);
}

/* Both sides at once, for many turns: what goes in comes out. */
static void round_trip(void **state)
{
	struct page_ring *test = *state;
	struct ring *writer = &test->ring, reader;
	struct ring_packet packet;
	uint32_t sent = 0, received = 0, size;
	uint8_t bytes[256];
	unsigned burst;

	page_ring_at(test, 0);
	ring_initialise(&reader, test->port, test->memory, 1);
	while (received < 20000) {
		for (burst = 0; burst < 1 + sent % 11; burst++) {
			size = sent * 13 % 200;
			memset(test->buffer, (int)(sent & 0xff), 256);
			if (page_ring_write(test, size) == ERROR_AGAIN)
				break;
			sent++;
		}
		ring_publish(writer);
		for (burst = 0; burst < 1 + received % 7; burst++) {
			size = received * 13 % 200;
			if (ring_read(&reader, &packet, bytes, 256) == 0)
				break;
			assert_int_equal(packet.payload_bytes,
					 (size + 7) / 8 * 8);
			if (size) {
				assert_int_equal(bytes[0], received & 0xff);
				assert_int_equal(bytes[size - 1],
						 received & 0xff);
			}
			received++;
		}
		ring_release(&reader);
		assert_true(received <= sent);
	}
}

#define RING_TEST(name)                                                        \
	cmocka_unit_test_setup_teardown(name, page_ring_set_up,                \
					page_ring_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RING_TEST(initialise_describes_the_memory),
		RING_TEST(edge_41_50_write_at_every_place),
		RING_TEST(write_in_pieces_at_every_place),
		RING_TEST(write_gathers_any_two_pieces),
		RING_TEST(write_refuses_what_does_not_add_up),
		RING_TEST(write_refuses_what_never_fits),
		RING_TEST(edge_40_full_is_not_empty),
		RING_TEST(room_comes_back),
		RING_TEST(edge_48_bad_read_index_stops_the_writer),
		RING_TEST(edge_42_publish_signals),
		RING_TEST(pending_send_is_written_down),
		RING_TEST(round_trip),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
