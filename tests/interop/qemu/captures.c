/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The captures, and the code of the command's replay.
 */
#include "tests/interop/qemu/captures.h"

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
unsigned capture_count;

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

bool captures_find(void)
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
	if (!capture_count)
		fprintf(stderr, "no captures in " TEST_PCAPS "\n");
	return capture_count;
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

void capture_replay(unsigned n, const char *host, uint16_t mtu)
{
	replay_one(captures[n], host, REPLAY_TRANSMIT, mtu);
	replay_one(captures[n], host, REPLAY_RECEIVE, mtu);
}
