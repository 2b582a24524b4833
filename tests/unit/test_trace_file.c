/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces in files of either form: what form one has, what it says of its run,
 * what is refused because the other form could not say it, and how much memory
 * a file can make its reader take.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/trace/file.h"
#include "mocks/trace/pcapng.h"

/* ---- Files in memory ---- */

static struct trace_reader *reader_of(const void *bytes, size_t length,
				      char *error)
{
	FILE *stream = fmemopen((void *)(uintptr_t)bytes, length, "r");

	assert_non_null(stream);
	return trace_reader_open_stream(stream, "x", error);
}

/** Read a file and want that it breaks with a sentence. */
static void assert_broken(const void *bytes, size_t length,
			  const char *sentence)
{
	char error[TRACE_FILE_ERROR_MAX] = "";
	struct trace_reader *reader = reader_of(bytes, length, error);
	const struct trace_event *event;
	enum trace_read read = TRACE_READ_EVENT;

	assert_non_null(reader);
	while (read == TRACE_READ_EVENT)
		read = trace_reader_next(reader, &event);
	assert_int_equal(read, TRACE_READ_BROKEN);
	assert_string_equal(trace_reader_error(reader), sentence);
	trace_reader_close(reader);
}

/** A pcapng of one event. @return to be freed */
static char *pcapng_of(const struct trace_event *event, const char *about,
		       size_t *length)
{
	char *file = NULL;
	FILE *stream = open_memstream(&file, length);

	assert_true(pcapng_begin(stream, about));
	assert_true(pcapng_event(stream, event));
	fclose(stream);
	return file;
}

/* ---- Forms ---- */

static enum trace_form form_of(const void *bytes, size_t length)
{
	FILE *stream = fmemopen((void *)(uintptr_t)bytes, length, "r");
	enum trace_form form = trace_form_of(stream);

	assert_int_equal(ftell(stream), 0);
	fclose(stream);
	return form;
}

static void forms_are_known_by_first_bytes(void **state)
{
	uint8_t capture[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0};
	uint8_t section[60] = {0x0a, 0x0d, 0x0d, 0x0a, 28,   0,
			       0,    0,	   0x4d, 0x3c, 0x2b, 0x1a};

	(void)state;
	assert_int_equal(form_of("trace 1\n", 8), TRACE_FORM_TEXT);
	assert_int_equal(form_of("\n\ntrace 1\n", 10), TRACE_FORM_TEXT);
	capture[20] = 220;
	assert_int_equal(form_of(capture, sizeof(capture)), TRACE_FORM_USBMON);
	assert_int_equal(form_of(capture, 23), TRACE_FORM_CAPTURE);
	capture[20] = 1;
	assert_int_equal(form_of(capture, sizeof(capture)), TRACE_FORM_CAPTURE);
	assert_int_equal(form_of(capture, 3), TRACE_FORM_TEXT);
	memcpy(capture, "\xa1\xb2\x3c\x4d", 4);
	capture[20] = 0;
	capture[23] = 189;
	assert_int_equal(form_of(capture, sizeof(capture)), TRACE_FORM_USBMON);

	/* An interface behind the section says it, in either byte order. */
	assert_int_equal(form_of(section, 4), TRACE_FORM_PCAPNG);
	assert_int_equal(form_of(section, sizeof(section)), TRACE_FORM_PCAPNG);
	section[28] = 1;
	section[36] = 220;
	assert_int_equal(form_of(section, sizeof(section)), TRACE_FORM_USBMON);
	memcpy(section + 4, "\0\0\0\x1c\x1a\x2b\x3c\x4d", 8);
	memcpy(section + 28, "\0\0\0\1\0\0\0\x14\0\xdc", 10);
	assert_int_equal(form_of(section, sizeof(section)), TRACE_FORM_USBMON);
	section[37] = 1;
	assert_int_equal(form_of(section, sizeof(section)), TRACE_FORM_PCAPNG);
}

/* ---- What a file says of its run ---- */

static void assert_about(const char *comment, const char *about)
{
	const struct trace_event event = {.kind = TRACE_VECTOR, .address = 1};
	char error[TRACE_FILE_ERROR_MAX];
	size_t length;
	char *file = pcapng_of(&event, comment, &length);
	struct trace_reader *reader = reader_of(file, length, error);
	const struct trace_event *read;

	assert_non_null(reader);
	assert_int_equal(trace_reader_next(reader, &read), TRACE_READ_EVENT);
	assert_string_equal(trace_reader_about(reader), about);
	trace_reader_close(reader);
	free(file);
}

static void comments_of_others_are_comments(void **state)
{
	(void)state;
	assert_about("", "");
	assert_about("vmm=hyperv seed=7", "vmm=hyperv seed=7");
	assert_about("  vmm=hyperv", "vmm=hyperv");
	assert_about("from Monday", "comment=\"from Monday\"");
	assert_about("a=1\n> frame data=[00]",
		     "comment=\"a=1\\x0a> frame data=[00]\"");
}

/* ---- What the other form could not say ---- */

static void events_out_of_range_are_refused(void **state)
{
	static char place[41], text[] = "ab";
	static const struct {
		struct trace_event event;
		const char *sentence;
	} cases[] = {
		{{.kind = TRACE_VECTOR, .address = 300},
		 "'vector' is at most 0xff, not 0x12c"},
		{{.kind = TRACE_DESCRIPTOR, .address = UINT64_C(1) << 32},
		 "'index' is at most 0xffffffff, not 0x100000000"},
		{{.kind = TRACE_MMIO, .width = 9},
		 "'width' is at most 0x8, not "
		 "0x9"},
		{{.kind = TRACE_LINE, .value = 3},
		 "'level' is at most 0x2, not "
		 "0x3"},
		{{.kind = TRACE_MMIO, .place = place},
		 "an event's place is longer than 39 bytes"},
	};
	char sentence[256], *file;
	size_t length, n;

	(void)state;
	memset(place, 'x', sizeof(place) - 1);
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		file = pcapng_of(&cases[n].event, "", &length);
		snprintf(sentence, sizeof(sentence),
			 "x: block 4 at byte 136: %s", cases[n].sentence);
		assert_broken(file, length, sentence);
		free(file);
	}

	file = pcapng_of(&(struct trace_event){.kind = TRACE_NOTE,
					       .text = text},
			 "", &length);
	/* The text stands behind the two heads, and in the comment. */
	assert_memory_equal(file + 136 + 28 + 40, text, 2);
	file[136 + 28 + 40] = 0;
	assert_broken(file, length,
		      "x: block 4 at byte 136: a byte of zero in an event's "
		      "texts");
	free(file);
}

static void frames_too_long_are_refused(void **state)
{
	uint8_t *frame = calloc(1, TRACE_BYTES_MAX + 1);
	struct trace_event event = {
		.kind = TRACE_FRAME,
		.bytes = frame,
		.length = TRACE_BYTES_MAX + 1,
	};
	size_t length;
	char *file;

	(void)state;
	assert_non_null(frame);
	file = pcapng_of(&event, "", &length);
	assert_broken(file, length,
		      "x: block 4 at byte 136: a frame of more than 1048576 "
		      "bytes");
	free(file);
	event.kind = TRACE_RNDIS;
	file = pcapng_of(&event, "", &length);
	assert_broken(file, length,
		      "x: block 4 at byte 136: more than 1048576 bytes");
	free(file);
	free(frame);
}

/* ---- Memory ---- */

static void lines_have_an_end(void **state)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	(void)state;
	fprintf(stream, "trace 1\n> note text=\"%0*d", 0x400000, 0);
	fclose(stream);
	assert_broken(text, length, "x:2: the line is too long");
	free(text);
}

/** Lines that give blocks of a mebibyte so many names. */
static char *blocks_of(unsigned names, unsigned rounds, size_t *length)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, length);
	unsigned n;

	fprintf(stream, "trace 1\n");
	for (n = 0; n < names * rounds; n++)
		fprintf(stream, "block b%u [00*1048576]\n", n % names);
	fclose(stream);
	return text;
}

static void blocks_take_so_much_memory(void **state)
{
	char error[TRACE_FILE_ERROR_MAX];
	const struct trace_event *event;
	struct trace_reader *reader;
	size_t length;
	char *text = blocks_of(128, 1, &length);

	(void)state;
	assert_broken(text, length,
		      "x:129:7: blocks of more than 134217728 "
		      "bytes together");
	free(text);
	text = blocks_of(2, 100, &length);
	reader = reader_of(text, length, error);
	assert_int_equal(trace_reader_next(reader, &event), TRACE_READ_END);
	trace_reader_close(reader);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_are_known_by_first_bytes),
		cmocka_unit_test(comments_of_others_are_comments),
		cmocka_unit_test(events_out_of_range_are_refused),
		cmocka_unit_test(frames_too_long_are_refused),
		cmocka_unit_test(lines_have_an_end),
		cmocka_unit_test(blocks_take_so_much_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
