/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ring of slots of equal size for the frames on their way.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/expected.h"

/** Bytes of a cache line. */
#define EXPECTED_LINE 64u

bool expected_create(struct expected *expected, uint32_t frame_bytes_max)
{
	uint32_t lines = (frame_bytes_max + EXPECTED_LINE - 1) / EXPECTED_LINE;

	memset(expected, 0, sizeof(*expected));
	/* An odd number, so that the slots spread over the whole cache. */
	expected->stride = (lines | 1) * EXPECTED_LINE;
	expected->memory = malloc((size_t)expected->stride * EXPECTED_FRAMES);
	return expected->memory;
}

void expected_destroy(struct expected *expected)
{
	free(expected->memory);
	expected->memory = NULL;
}

const struct capture_record *expected_add(struct expected *expected,
					  const struct capture_record *record)
{
	unsigned slot = (expected->first + expected->count) % EXPECTED_FRAMES;
	uint8_t *copy = expected->memory + (size_t)slot * expected->stride;

	memcpy(copy, record->data, record->captured);
	expected->records[slot] = *record;
	expected->records[slot].data = copy;
	expected->count++;
	return &expected->records[slot];
}

static uint32_t expected_window(uint8_t *to, const uint8_t *frame,
				uint32_t bytes, uint32_t start)
{
	uint32_t n = bytes > start ? bytes - start : 0;

	if (n > 2 * EXPECTED_CONTEXT)
		n = 2 * EXPECTED_CONTEXT;
	if (n)
		memcpy(to, frame + start, n);
	return n;
}

/** Whether it is the second frame expected that came. */
static bool expected_is_next(const struct expected *expected,
			     const uint8_t *frame, uint32_t bytes)
{
	const struct capture_record *next =
		&expected->records[(expected->first + 1) % EXPECTED_FRAMES];

	return expected->count > 1 && next->captured == bytes &&
	       memcmp(next->data, frame, bytes) == 0;
}

void expected_explain(const struct expected *expected, const uint8_t *frame,
		      uint32_t bytes, struct expected_mismatch *mismatch)
{
	const struct capture_record *first = expected_first(expected);
	uint32_t shorter, offset = 0;

	memset(mismatch, 0, sizeof(*mismatch));
	mismatch->actual_length = bytes;
	if (first) {
		shorter = first->captured < bytes ? first->captured : bytes;
		while (offset < shorter && first->data[offset] == frame[offset])
			offset++;
		mismatch->frame = first->number;
		mismatch->is_next = expected_is_next(expected, frame, bytes);
		mismatch->expected_length = first->captured;
	}
	mismatch->offset = offset;
	mismatch->start =
		offset > EXPECTED_CONTEXT ? offset - EXPECTED_CONTEXT : 0;
	if (first)
		mismatch->expected_bytes =
			expected_window(mismatch->expected, first->data,
					first->captured, mismatch->start);
	mismatch->actual_bytes = expected_window(mismatch->actual, frame, bytes,
						 mismatch->start);
}
