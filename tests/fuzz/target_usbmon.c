/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures of usbmon: mocks/trace/usbmon.c.
 */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_trace(data, size);
	return 0;
}
