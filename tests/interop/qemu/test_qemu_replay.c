/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All captures through QEMU's cards, both ways, by the code of the command's
 * replay.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/replay.h"
#include "tests/interop/qemu/trial.h"

#define CAPTURES_MAX 64u
#define NAME_BYTES   256u

static char captures[CAPTURES_MAX][NAME_BYTES];
static unsigned capture_count;

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void captures_find(void)
{
	DIR *folder = opendir(TEST_PCAPS);
	const struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (strstr(entry->d_name, ".pcap") &&
		    capture_count < CAPTURES_MAX)
			snprintf(captures[capture_count++], NAME_BYTES, "%s",
				 entry->d_name);
	if (folder)
		closedir(folder);
	qsort(captures, capture_count, NAME_BYTES, by_name);
}

static void replay_one(const char *name, const char *host,
		       enum replay_direction direction, uint16_t mtu)
{
	const struct replay_configuration configuration = {
		.vmm = WITNESS_VMM,
		.host = host,
		.direction = direction,
		.mtu = mtu,
		.seed = 1 + mtu,
	};
	char path[512], error[CAPTURE_ERROR_MAX];
	struct replay_result result;
	struct capture *capture;

	snprintf(path, sizeof(path), "%s/%s", TEST_PCAPS, name);
	capture = capture_open(path, error);
	ck_assert_msg(capture, "%s", error);
	replay_capture(capture, &configuration, &result);
	capture_close(capture);
	printf("%-30s %-35s %-8s mtu %4u %6" PRIu64 " frames %8" PRIu64
	       " bytes %5" PRIu64 " accesses %4" PRIu64 " messages %4" PRIu64
	       " lines\n",
	       name, host,
	       direction == REPLAY_TRANSMIT ? "transmit" : "receive", mtu,
	       result.frames, result.bytes, witness_traffic.accesses,
	       witness_traffic.messages, witness_traffic.lines);
	fflush(stdout);
	ck_assert_msg(result.verdict != REPLAY_FAIL, "%s %s: %s (%s)", name,
		      host, result.reason, witness_reason);
	ck_assert_str_eq(witness_reason, "");
}

static const struct {
	const char *host;
	/** Instead: features of a virtio-net. */
	unsigned features;
	uint16_t mtu;
} ways[] = {
	{"q35", 0, 1500},
	{"q35-intx", 0, 1500},
	{"q35-high", 0, 9000},
	/* Nothing that is optional, and all of it, on both kinds of ring. */
	{NULL, 0, 1500},
	{NULL, WITNESS_PACKED, 1500},
	{NULL, WITNESS_EVENT_INDEX | WITNESS_INDIRECT | WITNESS_MERGEABLE,
	 1500},
	{NULL, WITNESS_COMBINATIONS - 1, 1500},
	{NULL, 0, 9000},
	{"microvm-jumbo-packed", 0, 9000},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

START_TEST(test_capture)
{
	const char *name = captures[(size_t)_i / WAYS];
	const char *host = ways[(size_t)_i % WAYS].host;
	uint16_t mtu = ways[(size_t)_i % WAYS].mtu;

	if (!host)
		host = witness_combination(ways[(size_t)_i % WAYS].features);
	replay_one(name, host, REPLAY_TRANSMIT, mtu);
	replay_one(name, host, REPLAY_RECEIVE, mtu);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("qemu_replay");
	TCase *tests = tcase_create("captures");

	captures_find();
	if (!capture_count) {
		fprintf(stderr, "no captures in " TEST_PCAPS "\n");
		return EXIT_FAILURE;
	}
	tcase_add_loop_test(tests, test_capture, 0,
			    (int)(capture_count * WAYS));
	tcase_set_timeout(tests, TRIAL_TIMEOUT);
	suite_add_tcase(suite, tests);
	return trial_main(suite);
}
