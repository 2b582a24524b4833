/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * That a replay can fail: a frame changed, cut, padded or lost on its way is
 * found and named, in either direction.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mocks/cli/replay.h"

#define FRAMES 100u

static char path[] = "/tmp/test_replay.XXXXXX";

/** What happens to which frame. */
struct accident {
	uint64_t number;
	uint32_t offset;
	/** The length it has afterwards; 0: lost. */
	uint32_t bytes;
};

static uint32_t frame_bytes(unsigned i)
{
	return 14 + i * 15;
}

/** A capture with frames of 14 to 1499 bytes. */
static int make_capture(void **state)
{
	uint8_t frame[1514];
	struct capture_record record = {.data = frame, .seconds = 1};
	char error[CAPTURE_ERROR_MAX];
	struct capture_writer *writer;
	int fd = mkstemp(path);
	unsigned i;

	(void)state;
	if (fd < 0 || close(fd) != 0)
		return -1;
	writer = capture_writer_open(path, 65535, false, error);
	if (!writer)
		return -1;
	for (i = 0; i < FRAMES; i++) {
		memset(frame, (int)i, sizeof(frame));
		record.captured = frame_bytes(i);
		record.length = frame_bytes(i);
		if (!capture_write(writer, &record))
			return -1;
	}
	return capture_writer_close(writer, error) ? 0 : -1;
}

static int remove_capture(void **state)
{
	(void)state;
	return unlink(path);
}

static void damage(void *context, uint64_t number, uint8_t *frame,
		   uint32_t *bytes)
{
	const struct accident *accident = context;

	if (number != accident->number)
		return;
	if (accident->offset < *bytes)
		frame[accident->offset] ^= 0x80;
	*bytes = accident->bytes;
}

static void run(const struct accident *accident,
		enum replay_direction direction, struct replay_result *result)
{
	struct accident copy = accident ? *accident : (struct accident){0};
	const struct replay_configuration configuration = {
		.host = "ws2019",
		.direction = direction,
		.mtu = 1500,
		.seed = 3,
		.damage = accident ? damage : NULL,
		.context = &copy,
	};
	char error[CAPTURE_ERROR_MAX];
	struct capture *capture = capture_open(path, error);

	assert_non_null(capture);
	replay_capture(capture, &configuration, result);
	capture_close(capture);
}

static void passes_without_an_accident(void **state)
{
	struct replay_result result;
	int way;

	(void)state;
	for (way = REPLAY_TRANSMIT; way <= REPLAY_RECEIVE; way++) {
		run(NULL, way, &result);
		assert_string_equal(result.reason, "");
		assert_int_equal(result.verdict, REPLAY_PASS);
		assert_int_equal(result.frames, FRAMES);
		assert_int_equal(result.frames_in, FRAMES);
		assert_int_equal(result.records, FRAMES);
		/* Nobody slept through an interrupt: that costs seconds. */
		assert_true(result.virtual_ns < 100000000);
	}
}

static void finds_a_changed_byte(void **state)
{
	const struct accident accident = {8, 100, frame_bytes(7)};
	struct replay_result result;
	int way;

	(void)state;
	for (way = REPLAY_TRANSMIT; way <= REPLAY_RECEIVE; way++) {
		run(&accident, way, &result);
		assert_int_equal(result.verdict, REPLAY_FAIL);
		assert_string_equal(result.reason,
				    "frame 8 differs at byte 100: 119 bytes "
				    "went in, 119 came out");
		assert_true(result.has_mismatch);
		assert_int_equal(result.mismatch.expected[16], 7);
		assert_int_equal(result.mismatch.actual[16], 0x87);
		assert_int_equal(result.frames, 7);
	}
}

static void finds_a_frame_cut_short(void **state)
{
	const struct accident accident = {8, 9999, frame_bytes(7) - 1};
	struct replay_result result;

	(void)state;
	run(&accident, REPLAY_TRANSMIT, &result);
	assert_int_equal(result.verdict, REPLAY_FAIL);
	assert_string_equal(result.reason,
			    "frame 8 differs at byte 118: 119 bytes went in, "
			    "118 came out");
}

static void names_a_frame_lost_on_the_way(void **state)
{
	const struct accident accident = {50, 0, 0};
	struct replay_result result;
	int way;

	(void)state;
	for (way = REPLAY_TRANSMIT; way <= REPLAY_RECEIVE; way++) {
		run(&accident, way, &result);
		assert_int_equal(result.verdict, REPLAY_FAIL);
		assert_memory_equal(result.reason, "frame 50 was lost: ", 19);
	}
}

/** Nothing comes after the last frame: time has to run out. */
static void names_the_last_frame_lost(void **state)
{
	const struct accident accident = {FRAMES, 0, 0};
	struct replay_result result;
	int way;

	(void)state;
	for (way = REPLAY_TRANSMIT; way <= REPLAY_RECEIVE; way++) {
		run(&accident, way, &result);
		assert_int_equal(result.verdict, REPLAY_FAIL);
		assert_string_equal(result.reason,
				    "frame 100 was lost: nothing came out for "
				    "5000 ms, 1 are missing");
		assert_int_equal(result.frames, FRAMES - 1);
	}
}

static void counts_what_cannot_be_sent(void **state)
{
	struct replay_configuration configuration = {
		.host = "ws2019",
		.mtu = 576,
		.seed = 3,
	};
	char error[CAPTURE_ERROR_MAX];
	struct capture *capture = capture_open(path, error);
	struct replay_result result;

	(void)state;
	assert_non_null(capture);
	replay_capture(capture, &configuration, &result);
	capture_close(capture);
	assert_string_equal(result.reason, "");
	/* 14 + 15 i <= 590: i from 0 to 38. */
	assert_int_equal(result.frames, 39);
	assert_int_equal(result.too_long, FRAMES - 39);
	assert_int_equal(result.too_short, 0);
	assert_int_equal(result.truncated, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_without_an_accident),
		cmocka_unit_test(finds_a_changed_byte),
		cmocka_unit_test(finds_a_frame_cut_short),
		cmocka_unit_test(names_a_frame_lost_on_the_way),
		cmocka_unit_test(names_the_last_frame_lost),
		cmocka_unit_test(counts_what_cannot_be_sent),
	};

	return !!cmocka_run_group_tests(tests, make_capture, remove_capture);
}
