/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures of frames: mocks/wire/capture.c, and the writer behind it.
 */
#include <string.h>

#include "mocks/wire/capture.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum capture_result result = CAPTURE_END;
	char error[CAPTURE_ERROR_MAX] = "";
	struct capture_record record;
	struct capture *capture;
	uint64_t records = 0;
	size_t bytes = 0;
	FILE *frames;

	capture = capture_open_stream(fuzz_stream(data, size), "x", error);
	fuzz_want(capture || strncmp(error, "x: ", 3) == 0,
		  "a capture is refused without a sentence: %s", error);
	frames = fopen("/dev/null", "wb");
	while (capture &&
	       (result = capture_next(capture, &record)) == CAPTURE_RECORD) {
		fuzz_want(record.number == ++records, "records are miscounted");
		fuzz_want(record.nanoseconds < 1000000000 || !frames ||
				  record.captured <= size,
			  "a frame is longer than its file");
		/* Whoever reads it may read all of it. */
		if (frames)
			fwrite(record.data, 1, record.captured, frames);
		bytes += record.captured;
	}
	fuzz_want(bytes <= size, "frames are longer than their file");
	fuzz_want(result != CAPTURE_BROKEN ||
			  strncmp(capture_error(capture), "x: ", 3) == 0,
		  "a fault has no sentence");
	if (frames)
		fclose(frames);
	capture_close(capture);
	return 0;
}
