/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All captures through QEMU's vmxnet3, both ways.
 */
#include <stdlib.h>

#include "tests/interop/qemu/captures.h"
#include "tests/interop/qemu/trial.h"

static const struct {
	const char *host;
	uint16_t mtu;
} ways[] = {
	{"q35", 1500},
	{"q35-intx", 1500},
	{"q35-high", 9000},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

START_TEST(test_capture)
{
	capture_replay((unsigned)((size_t)_i / WAYS),
		       ways[(size_t)_i % WAYS].host,
		       ways[(size_t)_i % WAYS].mtu);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tests;

	if (!captures_find())
		return EXIT_FAILURE;
	suite = suite_create("qemu_replay");
	tests = tcase_create("captures");
	tcase_add_loop_test(tests, test_capture, 0,
			    (int)(capture_count * WAYS));
	tcase_set_timeout(tests, TRIAL_TIMEOUT);
	suite_add_tcase(suite, tests);
	return trial_main(suite);
}
