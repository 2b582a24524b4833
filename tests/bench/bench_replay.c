/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A capture through the card, measured.
 *
 *	bench_replay make FILE FRAMES BYTES
 *		write a capture of so many frames of so many bytes
 *	bench_replay run FILE tx|rx eager|seeded FRAMES
 *		replay the first FRAMES of it (0: all) and print: frames,
 *		nanoseconds, TSC cycles
 *
 * "eager" is the fast way: the host does its work at once at each doorbell,
 * frames lie in one piece, the stack polls in bursts of 32. "seeded" is what
 * `vmmsim replay` does. Only the replay is timed, with the card's coming up and
 * going down, not the start of the process. How often, in which order and
 * against what is ci/bench's to say.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mocks/cli/replay.h"

#define BENCH_FRAME_MAX 1514u

static int bench_usage(void)
{
	fputs("usage: bench_replay make FILE FRAMES BYTES\n"
	      "       bench_replay run FILE tx|rx eager|seeded FRAMES\n",
	      stderr);
	return 2;
}

static int bench_complain(const char *sentence)
{
	fprintf(stderr, "bench_replay: %s\n", sentence);
	return 2;
}

static uint64_t bench_nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/**
 * The processor's own TSC, not the virtual machine's; 0 where there is none.
 */
static uint64_t bench_cycles(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#else
	return 0;
#endif
}

/** Frames that look like a stream of small or full segments of one sender. */
static int bench_make(const char *path, uint64_t frames, uint32_t bytes)
{
	uint8_t frame[BENCH_FRAME_MAX] = {0x00, 0x15, 0x5d, 0x01, 0x02,
					  0x03, 0x00, 0x15, 0x5d, 0x0a,
					  0x0b, 0x0c, 0x08, 0x00};
	struct capture_record record = {
		.data = frame,
		.captured = bytes,
		.length = bytes,
		.seconds = 1700000000,
	};
	char error[CAPTURE_ERROR_MAX];
	struct capture_writer *writer =
		capture_writer_open(path, 65535, false, error);
	uint64_t i;

	if (!writer)
		return bench_complain(error);
	for (i = 0; i < frames; i++) {
		memcpy(frame + 18, &i, sizeof(i));
		record.nanoseconds = (uint32_t)(i % 1000000) * 1000;
		if (!capture_write(writer, &record))
			break;
	}
	if (!capture_writer_close(writer, error))
		return bench_complain(error);
	return 0;
}

static int bench_run(const char *path, enum replay_direction direction,
		     bool is_eager, uint64_t frames)
{
	const struct replay_configuration configuration = {
		.host = "ws2019",
		.direction = direction,
		.mtu = 1500,
		.seed = 1,
		.schedule = is_eager ? MACHINE_SCHEDULE_EAGER
				     : MACHINE_SCHEDULE_SEEDED,
		.is_plain = is_eager,
		.frames_max = frames,
	};
	char error[CAPTURE_ERROR_MAX];
	struct capture *capture = capture_open(path, error);
	struct replay_result result;
	uint64_t nanoseconds, cycles;

	if (!capture)
		return bench_complain(error);
	nanoseconds = bench_nanoseconds();
	cycles = bench_cycles();
	replay_capture(capture, &configuration, &result);
	cycles = bench_cycles() - cycles;
	nanoseconds = bench_nanoseconds() - nanoseconds;
	capture_close(capture);
	if (result.verdict != REPLAY_PASS) {
		bench_complain(result.reason);
		return 1;
	}
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", result.frames,
	       nanoseconds, cycles);
	return 0;
}

int main(int argc, char *argv[])
{
	uint64_t bytes;

	if (argc == 5 && strcmp(argv[1], "make") == 0) {
		bytes = strtoull(argv[4], NULL, 10);
		if (bytes < 26 || bytes > BENCH_FRAME_MAX)
			return bench_usage();
		return bench_make(argv[2], strtoull(argv[3], NULL, 10),
				  (uint32_t)bytes);
	}
	if (argc == 6 && strcmp(argv[1], "run") == 0)
		return bench_run(argv[2],
				 strcmp(argv[3], "rx") == 0 ? REPLAY_RECEIVE
							    : REPLAY_TRANSMIT,
				 strcmp(argv[4], "eager") == 0,
				 strtoull(argv[5], NULL, 10));
	return bench_usage();
}
