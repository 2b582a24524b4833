/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames on their way: kept in order, and a difference is described exactly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/cli/expected.h"

#define FRAME_MAX 1518u

static void add(struct expected *expected, uint64_t number, uint8_t fill,
		uint32_t bytes)
{
	uint8_t frame[FRAME_MAX];
	const struct capture_record record = {
		.data = frame,
		.captured = bytes,
		.length = bytes,
		.number = number,
	};

	memset(frame, fill, sizeof(frame));
	assert_non_null(expected_add(expected, &record));
}

static void keeps_frames_in_order_for_ever(void **state)
{
	struct expected expected;
	const struct capture_record *first;
	unsigned in = 0, out = 0, turn;

	(void)state;
	assert_true(expected_create(&expected, FRAME_MAX));
	assert_null(expected_first(&expected));
	for (turn = 0; turn < 1000; turn++) {
		while (expected.count < EXPECTED_FRAMES && in < out + 200) {
			add(&expected, in + 1, (uint8_t)in, 14 + in % 1505);
			in++;
		}
		for (; out < in - turn % 2 * 7; out++) {
			first = expected_first(&expected);
			assert_int_equal(first->number, out + 1);
			assert_int_equal(first->captured, 14 + out % 1505);
			assert_int_equal(first->data[0], (uint8_t)out);
			assert_int_equal(first->data[first->captured - 1],
					 (uint8_t)out);
			expected_drop(&expected);
		}
	}
	expected_destroy(&expected);
}

static void describes_the_first_byte_that_differs(void **state)
{
	struct expected expected;
	struct expected_mismatch mismatch;
	uint8_t frame[FRAME_MAX];

	(void)state;
	assert_true(expected_create(&expected, FRAME_MAX));
	add(&expected, 12, 0xaa, 60);
	memset(frame, 0xaa, sizeof(frame));
	frame[40] = 0xbb;
	expected_explain(&expected, frame, 60, &mismatch);
	assert_int_equal(mismatch.frame, 12);
	assert_false(mismatch.is_next);
	assert_int_equal(mismatch.offset, 40);
	assert_int_equal(mismatch.start, 24);
	assert_int_equal(mismatch.expected_bytes, 32);
	assert_int_equal(mismatch.actual_bytes, 32);
	assert_int_equal(mismatch.expected[16], 0xaa);
	assert_int_equal(mismatch.actual[16], 0xbb);
	frame[40] = 0xaa;
	frame[0] = 0xbb;
	expected_explain(&expected, frame, 60, &mismatch);
	assert_int_equal(mismatch.offset, 0);
	assert_int_equal(mismatch.start, 0);
	assert_int_equal(mismatch.actual[0], 0xbb);
	expected_destroy(&expected);
}

static void describes_a_difference_in_length(void **state)
{
	struct expected expected;
	struct expected_mismatch mismatch;
	uint8_t frame[FRAME_MAX];

	(void)state;
	assert_true(expected_create(&expected, FRAME_MAX));
	add(&expected, 3, 0xaa, 42);
	memset(frame, 0xaa, sizeof(frame));
	/* Padded to the minimum of Ethernet: the classical one. */
	expected_explain(&expected, frame, 60, &mismatch);
	assert_int_equal(mismatch.offset, 42);
	assert_int_equal(mismatch.expected_length, 42);
	assert_int_equal(mismatch.actual_length, 60);
	assert_int_equal(mismatch.start, 26);
	assert_int_equal(mismatch.expected_bytes, 16);
	assert_int_equal(mismatch.actual_bytes, 32);
	expected_explain(&expected, frame, 0, &mismatch);
	assert_int_equal(mismatch.offset, 0);
	assert_int_equal(mismatch.actual_bytes, 0);
	expected_destroy(&expected);
}

static void tells_a_lost_frame_from_a_wrong_one(void **state)
{
	struct expected expected;
	struct expected_mismatch mismatch;
	uint8_t frame[FRAME_MAX];

	(void)state;
	assert_true(expected_create(&expected, FRAME_MAX));
	add(&expected, 1, 0xaa, 60);
	add(&expected, 2, 0xbb, 60);
	memset(frame, 0xbb, sizeof(frame));
	expected_explain(&expected, frame, 60, &mismatch);
	assert_int_equal(mismatch.frame, 1);
	assert_true(mismatch.is_next);
	expected_explain(&expected, frame, 59, &mismatch);
	assert_false(mismatch.is_next);
	expected_drop(&expected);
	expected_drop(&expected);
	/* What a slot held before is not expected any more. */
	add(&expected, 3, 0xcc, 60);
	expected_explain(&expected, frame, 60, &mismatch);
	assert_int_equal(mismatch.frame, 3);
	assert_false(mismatch.is_next);
	expected_drop(&expected);
	expected_explain(&expected, frame, 60, &mismatch);
	assert_int_equal(mismatch.frame, 0);
	assert_int_equal(mismatch.expected_bytes, 0);
	assert_int_equal(mismatch.actual_length, 60);
	expected_destroy(&expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_frames_in_order_for_ever),
		cmocka_unit_test(describes_the_first_byte_that_differs),
		cmocka_unit_test(describes_a_difference_in_length),
		cmocka_unit_test(tells_a_lost_frame_from_a_wrong_one),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
