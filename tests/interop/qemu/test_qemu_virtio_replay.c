/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All captures through QEMU's virtio-net, both ways.
 */
#include <stdlib.h>

#include "tests/interop/qemu/captures.h"
#include "tests/interop/qemu/trial.h"

/**
 * Nothing that is optional, and nearly all of it, on both kinds of ring.
 *
 * With the event index on a packed ring QEMU 7.2 goes to sleep for good when
 * its far end took nothing for a while: see the differences in
 * tests/interop/README.md. The shorter trials have that combination.
 */
static const struct {
	unsigned features;
	uint16_t mtu;
} ways[] = {
	{WITNESS_PACKED, 1500},
	{WITNESS_EVENT_INDEX | WITNESS_INDIRECT | WITNESS_MERGEABLE, 1500},
	{WITNESS_PACKED | WITNESS_INDIRECT | WITNESS_MERGEABLE, 9000},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

START_TEST(test_capture)
{
	unsigned features = ways[(size_t)_i % WAYS].features;

	capture_replay((unsigned)((size_t)_i / WAYS),
		       witness_combination(features),
		       ways[(size_t)_i % WAYS].mtu);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tests;

	if (!captures_find())
		return EXIT_FAILURE;
	suite = suite_create("qemu_virtio_replay");
	tests = tcase_create("captures");
	tcase_add_loop_test(tests, test_capture, 0,
			    (int)(capture_count * WAYS));
	tcase_set_timeout(tests, TRIAL_TIMEOUT);
	suite_add_tcase(suite, tests);
	return trial_main(suite);
}
