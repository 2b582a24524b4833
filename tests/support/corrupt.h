/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files made wrong by chance, as disks, transfers and editors do it: bytes
 * flipped, cut off, numbers that are too large, lines that are missing, twice
 * or elsewhere.
 */
#ifndef TESTS_SUPPORT_CORRUPT_H
#define TESTS_SUPPORT_CORRUPT_H

#include "tests/support/mutate.h"

struct corrupt_file {
	uint8_t *bytes;
	size_t length;
};

/* Make a file wrong in its place, which may move. What is done is told. */
void corrupt_binary(struct random *random, struct corrupt_file *file,
		    struct told *told);
void corrupt_text(struct random *random, struct corrupt_file *file,
		  struct told *told);

#endif /* TESTS_SUPPORT_CORRUPT_H */
