/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hash that spreads frames, against published vectors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mocks/wire/toeplitz.h"
#include "tests/support/hex.h"

#define KEY                                                                    \
	"6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c"     \
	"6a42b73bbeac01fa"

/** "Verifying the RSS Hash Calculation", published with NDIS. */
static void published_vectors(void **state)
{
	uint8_t key[TOEPLITZ_KEY_BYTES];
	uint8_t input[64];
	uint32_t bytes;

	(void)state;
	assert_int_equal(hex_bytes(key, KEY), TOEPLITZ_KEY_BYTES);
	bytes = hex_bytes(input, "420995bb a18e6450 0aea 06e6");
	assert_int_equal(toeplitz_hash(key, input, 8), 0x323e8fc2);
	assert_int_equal(toeplitz_hash(key, input, bytes), 0x51ccc178);
	bytes = hex_bytes(input,
			  "3ffe2501 02001fff 00000000 00000007 "
			  "3ffe2501 02000003 00000000 00000001 0aea 06e6");
	assert_int_equal(toeplitz_hash(key, input, 32), 0x2cc18cd5);
	assert_int_equal(toeplitz_hash(key, input, bytes), 0x40207d3d);
}

/** The same addresses and ports, in frames with and without a tag. */
static void vectors_in_frames(void **state)
{
	static const struct {
		const char *frame;
		uint32_t with_ports, without;
	} cases[] = {
		{"020202030405 060a0b0c0d0e 0800 "
		 "4500 0028 0000 4000 4006 0000 420995bb a18e6450 0aea 06e6 "
		 "00000000 00000000 5010 0000 0000 0000",
		 0x51ccc178, 0x323e8fc2},
		{"020202030405 060a0b0c0d0e 8100 0123 86dd "
		 "60000000 0014 06 40 "
		 "3ffe2501 02001fff 00000000 00000007 "
		 "3ffe2501 02000003 00000000 00000001 0aea 06e6 "
		 "00000000 00000000 5010 0000 0000 0000",
		 0x40207d3d, 0x2cc18cd5},
	};
	uint8_t key[TOEPLITZ_KEY_BYTES];
	struct frame_layout layout;
	uint8_t frame[128];
	size_t n;

	(void)state;
	hex_bytes(key, KEY);
	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		frame_layout_find(frame, hex_bytes(frame, cases[n].frame),
				  &layout);
		assert_int_equal(toeplitz_frame(key, frame, &layout, true),
				 cases[n].with_ports);
		assert_int_equal(toeplitz_frame(key, frame, &layout, false),
				 cases[n].without);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors),
		cmocka_unit_test(vectors_in_frames),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
