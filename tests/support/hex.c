/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/hex.h"

#include <stdio.h>
#include <stdlib.h>

uint32_t hex_bytes(uint8_t *to, const char *text)
{
	uint32_t count = 0;
	unsigned value;

	for (; *text; text++) {
		if (*text == ' ')
			continue;
		if (sscanf(text, "%2x", &value) != 1)
			abort();
		to[count++] = (uint8_t)value;
		text++;
	}
	return count;
}

void hex_put32(uint8_t *bytes, size_t offset, uint32_t value)
{
	bytes[offset] = (uint8_t)value;
	bytes[offset + 1] = (uint8_t)(value >> 8);
	bytes[offset + 2] = (uint8_t)(value >> 16);
	bytes[offset + 3] = (uint8_t)(value >> 24);
}
