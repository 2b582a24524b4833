/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Toeplitz hash: for each bit that is set, the 32 bits of the key that
 * begin where the bit is.
 */
#include "mocks/wire/toeplitz.h"

#include <string.h>

uint32_t toeplitz_hash(const uint8_t key[TOEPLITZ_KEY_BYTES],
		       const uint8_t *bytes, uint32_t count)
{
	uint32_t window = frame_get32(key);
	uint32_t hash = 0;
	uint32_t next;
	unsigned bit;
	uint32_t i;

	for (i = 0; i < count; i++) {
		next = key[(i + 4) % TOEPLITZ_KEY_BYTES];
		for (bit = 8; bit-- > 0;) {
			if (bytes[i] >> bit & 1)
				hash ^= window;
			window = window << 1 | (next >> bit & 1);
		}
	}
	return hash;
}

uint32_t toeplitz_frame(const uint8_t key[TOEPLITZ_KEY_BYTES],
			const uint8_t *frame, const struct frame_layout *layout,
			bool ports)
{
	uint32_t addresses = layout->version == 4 ? 8 : 32;
	uint32_t first = layout->network + (layout->version == 4 ? 12 : 8);
	uint8_t input[36];

	memcpy(input, frame + first, addresses);
	if (ports)
		memcpy(input + addresses, frame + layout->transport, 4);
	return toeplitz_hash(key, input, addresses + (ports ? 4 : 0));
}
