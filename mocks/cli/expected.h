/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that went in on one side and have yet to come out on the other, in
 * order. They are copies of their own, so that nothing a driver or a host does
 * to its memory can make a wrong frame look right.
 */
#ifndef MOCKS_CLI_EXPECTED_H
#define MOCKS_CLI_EXPECTED_H

#include <stdbool.h>
#include <stdint.h>

#include "mocks/wire/capture.h"

/** How many frames may be on their way. */
#define EXPECTED_FRAMES	 256u
/** Bytes of each frame that a mismatch keeps: 16 before it, 16 from it on. */
#define EXPECTED_CONTEXT 16u

/** What came out was not what went in. */
struct expected_mismatch {
	/** Number of the frame in its capture; 0: none was expected. */
	uint64_t frame;
	/** It is the frame after it that came: the frame was lost. */
	bool is_next;
	/** The first byte that differs, or the length of the shorter one. */
	uint32_t offset;
	uint32_t expected_length, actual_length;
	/**
	 * Where the bytes below begin in their frames, and how many they are.
	 */
	uint32_t start, expected_bytes, actual_bytes;
	uint8_t expected[2 * EXPECTED_CONTEXT], actual[2 * EXPECTED_CONTEXT];
};

struct expected {
	struct capture_record records[EXPECTED_FRAMES];
	uint8_t *memory;
	uint32_t stride;
	unsigned first, count;
};

/** @return false when out of memory */
bool expected_create(struct expected *expected, uint32_t frame_bytes_max);
void expected_destroy(struct expected *expected);

/** Add a frame, its bytes copied; there is room, and it is not too long. */
const struct capture_record *expected_add(struct expected *expected,
					  const struct capture_record *record);

/** The frame that is to come out next, or NULL. */
static inline const struct capture_record *
expected_first(const struct expected *expected)
{
	return expected->count ? &expected->records[expected->first] : NULL;
}

/** Forget the frame that expected_first() gave. */
static inline void expected_drop(struct expected *expected)
{
	expected->first = (expected->first + 1) % EXPECTED_FRAMES;
	/* The slots used last are those in the cache. */
	if (--expected->count == 0)
		expected->first = 0;
}

/** Describe how a frame differs from the first one expected. */
void expected_explain(const struct expected *expected, const uint8_t *frame,
		      uint32_t bytes, struct expected_mismatch *mismatch);

#endif /* MOCKS_CLI_EXPECTED_H */
