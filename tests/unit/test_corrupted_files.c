/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that are damaged, through the commands that read them: whatever is
 * wrong with one, the command ends by itself with 0, 1, 2 or 77, and if it
 * refuses the file it says where in it; what was there before is not
 * overwritten by half of it. And each reader, with files cut at every length.
 *
 * The commands run in this process, so that a sanitizer sees all of them and
 * that they are many.
 */
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "mocks/cli/cli.h"
#include "mocks/trace/file.h"
#include "mocks/wire/capture.h"
#include "tests/support/corrupt.h"

#define FILES	      1000u
#define BASES_MAX     64u
#define ARGUMENTS_MAX 16u
#define SAID_BYTES    4096u
/* Seconds that a command may take; it takes milliseconds. */
#define PATIENCE      60u
/* Of longer files, no more than this is used: they are many. */
#define BASE_BYTES    6000u

enum sort {
	TRACE_TEXT_FORM,
	TRACE_PCAPNG_FORM,
	CAPTURE_FILE,
	USBMON_FILE,
	SORTS,
};

/* A file that is good. */
struct base {
	enum sort sort;
	char name[128];
	struct corrupt_file file;
};

struct fixture {
	char folder[64];
	struct base bases[BASES_MAX];
	unsigned count;
	FILE *standard_output, *standard_error;
	/* What was said last on stderr. */
	char said[SAID_BYTES];
	struct told told;
	unsigned seed;
	/* How often a command ended so: 0, 1, 2, 77. */
	unsigned ended[4];
};

/* ---- The command ---- */

static const struct fixture *running;

static void too_long(int signal)
{
	(void)signal;
	dprintf(STDERR_FILENO, "the command takes too long; told:%s\n",
		running->told.text);
	_exit(1);
}

/*
 * Streams of the C library change, not descriptors: what a sanitizer says of a
 * command is to be seen.
 */
static void streams_set(FILE *output, FILE *errors)
{
	fflush(stdout);
	stdout = output;
	stderr = errors;
}

/* @return the exit status */
static int call(struct fixture *fixture, const char *const words[], int count)
{
	char *arguments[ARGUMENTS_MAX], *said = NULL, *shown = NULL;
	size_t bytes, size;
	FILE *output = open_memstream(&shown, &size);
	FILE *errors = open_memstream(&said, &bytes);
	int status, n;

	assert_true(output && errors && count <= (int)ARGUMENTS_MAX);
	for (n = 0; n < count; n++)
		arguments[n] = (char *)(uintptr_t)words[n];
	streams_set(output, errors);
	alarm(PATIENCE);
	status = cli_main(count, arguments);
	alarm(0);
	streams_set(fixture->standard_output, fixture->standard_error);
	fclose(output);
	fclose(errors);
	snprintf(fixture->said, sizeof(fixture->said), "%s", said);
	free(said);
	free(shown);
	if (status == 0 || status == 1 || status == 2 || status == 77) {
		fixture->ended[status == 77 ? 3 : status]++;
		return status;
	}
	fail_msg("seed %u: exit status %d of %s; told:%s", fixture->seed,
		 status, words[1], fixture->told.text);
	return status;
}

#define CALL(fixture, ...)                                                     \
	call(fixture, (const char *const[]){"vmmsim", __VA_ARGS__},            \
	     sizeof((const char *const[]){"vmmsim", __VA_ARGS__}) /            \
		     sizeof(char *))

/* What a command that refuses says: the file, and what is wrong with it. */
static void expect(struct fixture *fixture, const char *what, int status)
{
	bool has_sentence = strncmp(fixture->said, "vmmsim: ", 8) == 0 &&
			    (strstr(fixture->said, "bad.") ||
			     strstr(fixture->said, "good.")) &&
			    strchr(fixture->said + 8, ':');

	if (status != 2 || has_sentence)
		return;
	fail_msg("%s has no sentence for seed %u: '%s'; told:%s", what,
		 fixture->seed, fixture->said, fixture->told.text);
}

/* ---- Files ---- */

static void file_read(const char *path, struct corrupt_file *file)
{
	FILE *stream = fopen(path, "rb");
	struct stat status;

	if (!stream || fstat(fileno(stream), &status) != 0)
		fail_msg("%s cannot be read", path);
	file->length = (size_t)status.st_size;
	file->bytes = malloc(file->length + 1);
	assert_non_null(file->bytes);
	assert_int_equal(fread(file->bytes, 1, file->length, stream),
			 file->length);
	fclose(stream);
}

static void file_write(const char *path, const struct corrupt_file *file)
{
	FILE *stream = fopen(path, "wb");

	assert_non_null(stream);
	assert_int_equal(fwrite(file->bytes, 1, file->length, stream),
			 file->length);
	assert_int_equal(fclose(stream), 0);
}

static uint32_t word(const struct corrupt_file *file, size_t at)
{
	uint32_t number;

	memcpy(&number, file->bytes + at, sizeof(number));
	return number;
}

/* Where the line, block or record ends that begins at a place. */
static size_t piece_end(enum sort sort, const struct corrupt_file *file,
			size_t at)
{
	const uint8_t *end;

	switch (sort) {
	case TRACE_TEXT_FORM:
		end = memchr(file->bytes + at, '\n', file->length - at);
		return end ? (size_t)(end - file->bytes) + 1 : file->length;
	case TRACE_PCAPNG_FORM:
		return at + word(file, at + 4);
	default:
		return at ? at + 16 + word(file, at + 8) : 24;
	}
}

/* A good file, as far as it is needed. */
static void base_add(struct fixture *fixture, enum sort sort, const char *path)
{
	struct base *base = &fixture->bases[fixture->count++];
	size_t at = 0, end = 0;

	assert_true(fixture->count <= BASES_MAX);
	base->sort = sort;
	snprintf(base->name, sizeof(base->name), "%s",
		 strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	file_read(path, &base->file);
	while (end < base->file.length && end <= BASE_BYTES) {
		at = end;
		end = piece_end(sort, &base->file, at);
		assert_true(end > at && end <= base->file.length);
	}
	base->file.length = end <= BASE_BYTES ? end : at;
}

/* Every so manieth file of a pattern. */
static void bases_find(struct fixture *fixture, enum sort sort,
		       const char *pattern, size_t step)
{
	glob_t found = {0};
	size_t n;

	if (glob(pattern, 0, NULL, &found) != 0)
		fail_msg("there is no %s", pattern);
	for (n = 0; n < found.gl_pathc; n += step)
		base_add(fixture, sort, found.gl_pathv[n]);
	globfree(&found);
}

static void record(struct fixture *fixture, const char *vmm, const char *way)
{
	static const char capture[] = TEST_PCAPS "/14-dhcp.pcap";

	assert_int_equal(CALL(fixture, "replay", "--vmm", vmm, "--direction",
			      way, "--trace", "run.vt", "--trace", "run.pcapng",
			      capture),
			 0);
	base_add(fixture, TRACE_TEXT_FORM, "run.vt");
	base_add(fixture, TRACE_PCAPNG_FORM, "run.pcapng");
}

static int set_up(void **state)
{
	static struct fixture fixture;
	static const char *const way[] = {"tx", "rx"};
	unsigned n;

	memset(&fixture, 0, sizeof(fixture));
	fixture.standard_output = stdout;
	fixture.standard_error = stderr;
	strcpy(fixture.folder, "/tmp/vmmsim-XXXXXX");
	if (!mkdtemp(fixture.folder) || chdir(fixture.folder) != 0)
		return -1;
	running = &fixture;
	signal(SIGALRM, too_long);
	for (n = 0; n < 2; n++) {
		record(&fixture, "hyperv", way[n]);
		record(&fixture, "vmware", way[n]);
		record(&fixture, "firecracker", way[n]);
	}
	bases_find(&fixture, TRACE_TEXT_FORM,
		   TEST_FIXTURES "/traces/*-guest-*.vt", 5);
	bases_find(&fixture, TRACE_TEXT_FORM,
		   TEST_FIXTURES "/traces/*-host-*.vt", 10);
	bases_find(&fixture, USBMON_FILE, TEST_FIXTURES "/rndis-usb-qemu*.pcap",
		   1);
	bases_find(&fixture, CAPTURE_FILE, TEST_PCAPS "/0*.pcap", 1);
	bases_find(&fixture, CAPTURE_FILE, TEST_PCAPS "/1[0234]*.pcap", 1);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	static const char *const names[] = {
		"run.vt",   "run.pcapng", "bad.vt",	 "bad.pcapng",
		"bad.pcap", "good.vt",	  "good.pcapng", "good.pcap",
		"out.vt",   "out.pcapng",
	};
	size_t n;

	/* A signal ended a command. */
	if (stderr != fixture->standard_error) {
		streams_set(fixture->standard_output, fixture->standard_error);
		fprintf(stderr, "died of seed %u; told:%s\n", fixture->seed,
			fixture->told.text);
	}
	for (n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		unlink(names[n]);
	for (n = 0; n < fixture->count; n++)
		free(fixture->bases[n].file.bytes);
	return rmdir(fixture->folder);
}

/* ---- What is done with a file ---- */

/* Into the other form, over a file that is good. */
static void convert(struct fixture *fixture, const char *path, bool is_pcapng)
{
	static uint8_t good[] = "trace 1\n";
	struct corrupt_file before = {good, sizeof(good) - 1}, after;
	const char *output = is_pcapng ? "out.pcapng" : "out.vt";
	int status;

	file_write(output, &before);
	status = CALL(fixture, "convert", path, output);
	expect(fixture, "convert", status);
	if (status == 0) {
		assert_int_equal(CALL(fixture, "show", output), 0);
		return;
	}
	file_read(output, &after);
	if (after.length != before.length ||
	    memcmp(after.bytes, before.bytes, before.length) != 0)
		fail_msg("seed %u: a good file was overwritten; told:%s",
			 fixture->seed, fixture->told.text);
	free(after.bytes);
}

static void go_through(struct fixture *fixture, const struct base *base,
		       const char *path, const char *good)
{
	bool is_odd = fixture->seed / fixture->count % 2;

	if (is_odd)
		expect(fixture, "show", CALL(fixture, "show", "--json", path));
	else
		expect(fixture, "show",
		       CALL(fixture, "show", "--filter", "cpu=0", path));
	convert(fixture, path, is_odd);
	expect(fixture, "diff", CALL(fixture, "diff", good, path));
	if (base->sort == CAPTURE_FILE || base->sort == USBMON_FILE)
		expect(fixture, "replay",
		       CALL(fixture, "replay", "--direction",
			    is_odd ? "tx" : "rx", path));
	else
		expect(fixture, "replay --as",
		       CALL(fixture, "replay", "--as",
			    strstr(base->name, "-host-") || is_odd ? "host"
								   : "guest",
			    path));
}

static void damaged_files_are_refused_or_read(void **state)
{
	static const char *const paths[SORTS][2] = {
		{"bad.vt", "good.vt"},
		{"bad.pcapng", "good.pcapng"},
		{"bad.pcap", "good.pcap"},
		{"bad.pcap", "good.pcap"},
	};
	const char *seeds = getenv("VMMSIM_SEEDS");
	unsigned files = seeds ? (unsigned)strtoul(seeds, NULL, 10) : FILES;
	struct fixture *fixture = *state;
	struct corrupt_file file;
	struct random random;

	memset(fixture->ended, 0, sizeof(fixture->ended));
	for (fixture->seed = 0; fixture->seed < files; fixture->seed++) {
		struct base *base =
			&fixture->bases[fixture->seed % fixture->count];
		const char *const *path = paths[base->sort];

		random.state = fixture->seed;
		file.length = base->file.length;
		file.bytes = malloc(file.length + 1);
		assert_non_null(file.bytes);
		memcpy(file.bytes, base->file.bytes, file.length);
		fixture->told.text[0] = 0;
		tell(&fixture->told, " %s", base->name);
		tell_at_death(&fixture->told, fixture->seed);
		if (base->sort == TRACE_TEXT_FORM)
			corrupt_text(&random, &file, &fixture->told);
		else
			corrupt_binary(&random, &file, &fixture->told);
		file_write(path[0], &file);
		file_write(path[1], &base->file);
		free(file.bytes);
		go_through(fixture, base, path[0], path[1]);
	}
	tell_at_death(NULL, 0);
	print_message("%u files: %u commands passed, %u failed, %u refused, %u "
		      "skipped\n",
		      files, fixture->ended[0], fixture->ended[1],
		      fixture->ended[2], fixture->ended[3]);
	/* Damage is found, and what is whole is read. */
	assert_true(fixture->ended[0] > files / 2 &&
		    fixture->ended[1] > files / 10 &&
		    fixture->ended[2] > files);
}

/* ---- Cut at every length ---- */

static void trace_cut(const uint8_t *bytes, size_t length)
{
	char error[TRACE_FILE_ERROR_MAX] = "x: ";
	const struct trace_event *event;
	enum trace_read read = TRACE_READ_EVENT;
	FILE *stream = fmemopen((void *)(uintptr_t)bytes, length, "rb");
	struct trace_reader *reader =
		trace_reader_open_stream(stream, "x", error);

	while (reader && read == TRACE_READ_EVENT)
		read = trace_reader_next(reader, &event);
	if (reader && read == TRACE_READ_BROKEN)
		snprintf(error, sizeof(error), "%s",
			 trace_reader_error(reader));
	assert_int_equal(strncmp(error, "x:", 2), 0);
	trace_reader_close(reader);
}

static void capture_cut(const uint8_t *bytes, size_t length)
{
	char error[CAPTURE_ERROR_MAX] = "x: ";
	enum capture_result result = CAPTURE_RECORD;
	struct capture_record record;
	FILE *stream = fmemopen((void *)(uintptr_t)bytes, length, "rb");
	struct capture *capture = capture_open_stream(stream, "x", error);

	while (capture && result == CAPTURE_RECORD)
		result = capture_next(capture, &record);
	if (capture && result == CAPTURE_BROKEN)
		snprintf(error, sizeof(error), "%s", capture_error(capture));
	assert_int_equal(strncmp(error, "x:", 2), 0);
	capture_close(capture);
}

/* The first file of each sort. */
static void files_may_end_anywhere(void **state)
{
	struct fixture *fixture = *state;
	bool was[SORTS] = {false};
	unsigned n;
	size_t length;

	for (n = 0; n < fixture->count; n++) {
		const struct base *base = &fixture->bases[n];

		if (was[base->sort])
			continue;
		was[base->sort] = true;
		for (length = 0; length < base->file.length; length++)
			if (base->sort == CAPTURE_FILE)
				capture_cut(base->file.bytes, length);
			else
				trace_cut(base->file.bytes, length);
	}
	for (n = 0; n < SORTS; n++)
		assert_true(was[n]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_files_are_refused_or_read),
		cmocka_unit_test(files_may_end_anywhere),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
