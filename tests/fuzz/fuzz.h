/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the targets of libFuzzer share. Each target_NAME.c is one: bytes that
 * anybody may have made go in, and what must hold whatever they are is looked
 * at. A target is a program with libFuzzer's main() in the preset "fuzz", and
 * with that of standalone.c in all others.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The target. @return 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A stream of bytes, which stay where they are. */
FILE *fuzz_stream(const void *bytes, size_t size);

/* Die with a sentence unless something holds: that is what a finding is. */
void fuzz_want(bool holds, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- Bytes that are taken one after the other ---- */

struct fuzz_input {
	const uint8_t *bytes;
	size_t left;
};

/* A little-endian number of up to 8 bytes; what is not there is zero. */
uint64_t fuzz_number(struct fuzz_input *input, unsigned bytes);

/* ---- Traces ---- */

/*
 * Read a trace of any form as far as it can be read, and want that what was
 * read survives: written as text and as pcapng, read again, written again, it
 * is the same; as JSON it is valid.
 */
void fuzz_trace(const uint8_t *data, size_t size);

#endif /* TESTS_FUZZ_FUZZ_H */
