/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures: what is written is read back, and each way in which a file can be
 * bad has its sentence, with file and place.
 *
 * The files are written byte by byte here, not with libpcap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "mocks/wire/capture.h"

/** A pcap file in the making. */
struct image {
	uint8_t bytes[4096];
	size_t used;
};

static char folder[] = "/tmp/test_capture.XXXXXX";

static const char *path_of(const char *name)
{
	static char path[sizeof(folder) + 32];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void put32(struct image *image, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		image->bytes[image->used++] = (uint8_t)(value >> 8 * i);
}

/** The header of a file with microseconds, or with another magic number. */
static void put_header(struct image *image, uint32_t magic, uint32_t snapshot,
		       uint32_t link)
{
	image->used = 0;
	put32(image, magic);
	put32(image, 4u << 16 | 2);
	put32(image, 0);
	put32(image, 0);
	put32(image, snapshot);
	put32(image, link);
}

static void put_record(struct image *image, uint32_t seconds, uint32_t fraction,
		       uint32_t captured, uint32_t length)
{
	put32(image, seconds);
	put32(image, fraction);
	put32(image, captured);
	put32(image, length);
	memset(image->bytes + image->used, (int)captured & 0xff, captured);
	image->used += captured;
}

static const char *save(const struct image *image, size_t bytes)
{
	const char *path = path_of("x.pcap");
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(image->bytes, 1, bytes, file), bytes);
	assert_int_equal(fclose(file), 0);
	return path;
}

#define MICROSECONDS 0xa1b2c3d4u
#define NANOSECONDS  0xa1b23c4du
#define ETHERNET     1u

/** Open what must not open, and compare the sentence behind the path. */
static void expect_refusal(const char *path, const char *sentence)
{
	char error[CAPTURE_ERROR_MAX] = "";

	assert_null(capture_open(path, error));
	assert_memory_equal(error, path, strlen(path));
	assert_string_equal(error + strlen(path), sentence);
}

/** Read one good record and then the sentence about the next one. */
static void expect_broken(const struct image *image, size_t bytes,
			  const char *sentence)
{
	const char *path = save(image, bytes);
	char error[CAPTURE_ERROR_MAX] = "";
	struct capture *capture = capture_open(path, error);
	struct capture_record record;

	assert_non_null(capture);
	assert_int_equal(capture_next(capture, &record), CAPTURE_RECORD);
	assert_int_equal(capture_next(capture, &record), CAPTURE_BROKEN);
	assert_memory_equal(capture_error(capture), path, strlen(path));
	assert_string_equal(capture_error(capture) + strlen(path), sentence);
	capture_close(capture);
}

static void reads_records_of_microseconds(void **state)
{
	struct image image;
	struct capture *capture;
	struct capture_record record;
	char error[CAPTURE_ERROR_MAX];

	(void)state;
	put_header(&image, MICROSECONDS, 65535, ETHERNET);
	put_record(&image, 7, 999999, 60, 60);
	put_record(&image, 8, 1, 20, 1514);
	capture = capture_open(save(&image, image.used), error);
	assert_non_null(capture);
	assert_int_equal(capture_snapshot(capture), 65535);
	assert_false(capture_is_fine(capture));
	assert_true(capture_is_rereadable(capture));
	assert_int_equal(capture_next(capture, &record), CAPTURE_RECORD);
	assert_int_equal(record.number, 1);
	assert_int_equal(record.captured, 60);
	assert_int_equal(record.length, 60);
	assert_int_equal(record.seconds, 7);
	assert_int_equal(record.nanoseconds, 999999000);
	assert_int_equal(record.data[59], 60);
	assert_int_equal(capture_next(capture, &record), CAPTURE_RECORD);
	assert_int_equal(record.number, 2);
	assert_int_equal(record.captured, 20);
	assert_int_equal(record.length, 1514);
	assert_int_equal(record.nanoseconds, 1000);
	assert_int_equal(capture_next(capture, &record), CAPTURE_END);
	capture_close(capture);
}

static void reads_nanoseconds(void **state)
{
	struct image image;
	struct capture *capture;
	struct capture_record record;
	char error[CAPTURE_ERROR_MAX];

	(void)state;
	put_header(&image, NANOSECONDS, 65535, ETHERNET);
	put_record(&image, 7, 123456789, 14, 14);
	capture = capture_open(save(&image, image.used), error);
	assert_non_null(capture);
	assert_true(capture_is_fine(capture));
	assert_int_equal(capture_next(capture, &record), CAPTURE_RECORD);
	assert_int_equal(record.nanoseconds, 123456789);
	capture_close(capture);
}

static void refuses_what_is_no_capture(void **state)
{
	struct image image;

	(void)state;
	expect_refusal(path_of("none.pcap"),
		       ": cannot open: No such file or directory");
	expect_refusal(folder, ": this is a directory, not a capture");
	expect_refusal(save(&image, 0), ": the file is empty");
	memcpy(image.bytes, "#!/bin/sh\necho this is no capture\n", 34);
	expect_refusal(save(&image, 34),
		       ": not a capture: byte 0 begins neither a pcap nor a "
		       "pcapng file");
	put_header(&image, MICROSECONDS, 65535, ETHERNET);
	expect_refusal(save(&image, 11),
		       ": the file ends inside its header, at byte 11");
	put_header(&image, MICROSECONDS, 65535, 113);
	expect_refusal(save(&image, image.used),
		       ": the header says link type LINUX_SLL (113), only "
		       "Ethernet (1) can be used");
}

static void names_a_record_that_is_cut_off(void **state)
{
	struct image image;

	(void)state;
	put_header(&image, MICROSECONDS, 65535, ETHERNET);
	put_record(&image, 1, 0, 60, 60);
	put_record(&image, 1, 0, 60, 60);
	/* 24 + 76 is where the second begins; once in its body, once before. */
	expect_broken(&image, 130,
		      ": the file ends inside record 2, which begins at byte "
		      "100 of 130");
	expect_broken(&image, 107,
		      ": the file ends inside record 2, which begins at byte "
		      "100 of 107");
}

static void counts_bytes_beyond_the_snapshot(void **state)
{
	struct image image;

	(void)state;
	put_header(&image, MICROSECONDS, 40, ETHERNET);
	put_record(&image, 1, 0, 60, 60);
	put_record(&image, 1, 0, 60, 60);
	expect_broken(&image, 130,
		      ": the file ends inside record 2, which begins at byte "
		      "100 of 130");
}

static void names_a_record_that_is_corrupt(void **state)
{
	struct image image;
	struct capture *capture;
	struct capture_record record;
	char error[CAPTURE_ERROR_MAX];
	const char *path;

	(void)state;
	put_header(&image, MICROSECONDS, 65535, ETHERNET);
	put_record(&image, 1, 0, 60, 60);
	put32(&image, 1);
	put32(&image, 0);
	put32(&image, 0x7fffffff);
	put32(&image, 60);
	path = save(&image, image.used);
	capture = capture_open(path, error);
	assert_non_null(capture);
	assert_int_equal(capture_next(capture, &record), CAPTURE_RECORD);
	assert_int_equal(capture_next(capture, &record), CAPTURE_BROKEN);
	assert_non_null(strstr(capture_error(capture),
			       ": cannot read record 2, which begins at byte "
			       "100: "));
	capture_close(capture);
}

static void writes_what_it_read(void **state)
{
	static uint8_t copy[4096];
	struct image image;
	struct capture *capture;
	struct capture_writer *writer;
	struct capture_record record;
	char error[CAPTURE_ERROR_MAX];
	uint32_t magic[2] = {MICROSECONDS, NANOSECONDS};
	FILE *file;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		put_header(&image, magic[i], 1600, ETHERNET);
		put_record(&image, 7, 999999, 60, 60);
		put_record(&image, 8, 0, 1514, 1514);
		capture = capture_open(save(&image, image.used), error);
		assert_non_null(capture);
		writer = capture_writer_open(path_of("y.pcap"),
					     capture_snapshot(capture),
					     capture_is_fine(capture), error);
		assert_non_null(writer);
		while (capture_next(capture, &record) == CAPTURE_RECORD)
			assert_true(capture_write(writer, &record));
		assert_true(capture_writer_close(writer, error));
		capture_close(capture);
		file = fopen(path_of("y.pcap"), "rb");
		assert_non_null(file);
		assert_int_equal(fread(copy, 1, sizeof(copy), file),
				 image.used);
		fclose(file);
		assert_memory_equal(copy, image.bytes, image.used);
	}
}

static void says_what_cannot_be_written(void **state)
{
	char error[CAPTURE_ERROR_MAX] = "";

	(void)state;
	assert_null(capture_writer_open("/nowhere/at/all.pcap", 65535, false,
					error));
	assert_string_equal(error, "/nowhere/at/all.pcap: cannot write: No "
				   "such file or directory");
}

/** A disk that is full shows when it is written to, or at the close. */
static void says_when_the_disk_is_full(void **state)
{
	static const uint8_t frame[1514];
	const struct capture_record record = {
		.data = frame,
		.captured = sizeof(frame),
		.length = sizeof(frame),
	};
	char error[CAPTURE_ERROR_MAX] = "";
	struct capture_writer *writer;
	bool written = true;
	int i;

	(void)state;
	if (access("/dev/full", W_OK) != 0)
		skip();
	writer = capture_writer_open("/dev/full", 65535, false, error);
	assert_non_null(writer);
	assert_false(capture_writer_close(writer, error));
	assert_string_equal(error, "/dev/full: cannot write: No space left on "
				   "device");
	writer = capture_writer_open("/dev/full", 65535, false, error);
	assert_non_null(writer);
	for (i = 0; i < 1000; i++)
		written &= capture_write(writer, &record);
	assert_false(written);
	memset(error, 0, sizeof(error));
	assert_false(capture_writer_close(writer, error));
	assert_string_equal(error, "/dev/full: cannot write: No space left on "
				   "device");
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path_of("x.pcap"));
	unlink(path_of("y.pcap"));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_records_of_microseconds),
		cmocka_unit_test(reads_nanoseconds),
		cmocka_unit_test(refuses_what_is_no_capture),
		cmocka_unit_test(names_a_record_that_is_cut_off),
		cmocka_unit_test(counts_bytes_beyond_the_snapshot),
		cmocka_unit_test(names_a_record_that_is_corrupt),
		cmocka_unit_test(writes_what_it_read),
		cmocka_unit_test(says_what_cannot_be_written),
		cmocka_unit_test(says_when_the_disk_is_full),
	};

	return !!cmocka_run_group_tests(tests, make_folder, remove_folder);
}
