/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces as text: mocks/trace/text_read.c, and all that a line goes through.
 */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_trace(data, size);
	return 0;
}
