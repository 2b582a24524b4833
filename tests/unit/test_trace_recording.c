/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recordings of runs, and what is left of a run that fails: where the reason
 * stands, what is said of what is missing, and that nothing of a process that
 * was ended is lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "mocks/cli/scenario/guest.h"
#include "mocks/cli/scenario/jobs.h"
#include "mocks/cli/scenario/trace.h"
#include "mocks/trace/pcapng.h"
#include "mocks/trace/recording.h"

#define EVENTS_MAX 4096u

/** What was read of a trace: of each event its time, comment and text. */
struct seen {
	unsigned count;
	uint64_t time[EVENTS_MAX];
	char comment[EVENTS_MAX][96], text[EVENTS_MAX][96];
	enum trace_kind kind[EVENTS_MAX];
};

static struct seen *seen;
static char folder[] = "recording-XXXXXX";

static int folder_make(void **state)
{
	(void)state;
	seen = calloc(1, sizeof(*seen));
	return seen && mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int folder_remove(void **state)
{
	(void)state;
	free(seen);
	unlink("a.vt");
	unlink("a.pcapng");
	return chdir("..") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void look(const char *path)
{
	char error[TRACE_FILE_ERROR_MAX] = "";
	const struct trace_event *event;
	struct trace_reader *reader = trace_reader_open(path, error);
	enum trace_read read;

	assert_string_equal(error, "");
	seen->count = 0;
	while ((read = trace_reader_next(reader, &event)) == TRACE_READ_EVENT) {
		assert_true(seen->count < EVENTS_MAX);
		seen->kind[seen->count] = event->kind;
		seen->time[seen->count] = event->time;
		snprintf(seen->text[seen->count], sizeof(seen->text[0]), "%s",
			 event->text ? event->text : "");
		snprintf(seen->comment[seen->count++], sizeof(seen->comment[0]),
			 "%s", event->comment ? event->comment : "");
	}
	if (read == TRACE_READ_BROKEN)
		fail_msg("%s", trace_reader_error(reader));
	trace_reader_close(reader);
}

/** Write in both forms, and look at the second; both say the same. */
static void write_both(struct trace_recording *recording, const char *reason)
{
	static const char *const paths[] = {"a.vt", "a.pcapng"};
	char error[TRACE_FILE_ERROR_MAX] = "";
	static struct seen first;
	unsigned n;

	for (n = 0; n < 2; n++) {
		if (!trace_recording_write(recording, paths[n], "seed=1",
					   reason, error))
			fail_msg("%s", error);
		look(paths[n]);
		if (!n)
			first = *seen;
	}
	assert_int_equal(first.count, seen->count);
	for (n = 0; n < seen->count; n++) {
		assert_string_equal(first.comment[n], seen->comment[n]);
		assert_string_equal(first.text[n], seen->text[n]);
		assert_int_equal(first.time[n], seen->time[n]);
	}
}

/** The event that carries the comment, the only one; -1: none does. */
static int commented(const char *comment)
{
	int found = -1;
	unsigned n;

	for (n = 0; n < seen->count; n++) {
		if (!seen->comment[n][0])
			continue;
		assert_int_equal(found, -1);
		assert_string_equal(seen->comment[n], comment);
		found = (int)n;
	}
	return found;
}

static void add(const struct trace_observer *observer, enum trace_kind kind,
		uint64_t time, const char *text)
{
	static const uint8_t bytes[60] = {1, 2, 3};

	observer->event(observer->context,
			&(const struct trace_event){
				.kind = kind,
				.time = time,
				.text = text,
				.bytes = kind == TRACE_FRAME ? bytes : NULL,
				.length =
					kind == TRACE_FRAME ? sizeof(bytes) : 0,
			});
}

/* ---- Where the reason stands ---- */

static void the_reason_stands_where_it_was_found(void **state)
{
	struct trace_recording *recording = trace_recording_create(0, false);
	struct trace_observer observer = trace_recording_observer(recording);

	(void)state;
	add(&observer, TRACE_FRAME, 1, NULL);
	observer.failure(observer.context, "something else");
	add(&observer, TRACE_FRAME, 2, NULL);
	observer.failure(observer.context, "frame 2 is wrong");
	add(&observer, TRACE_RULE, 3, "a rule");
	add(&observer, TRACE_FRAME, 4, NULL);
	/* What was found in the run, at the event before. */
	write_both(recording, "the frame 2 is wrong; the host did: x");
	assert_int_equal(seen->count, 4);
	assert_int_equal(commented("the frame 2 is wrong; the host did: x"), 1);
	/* A rule is the event. */
	write_both(recording, "the guest broke a rule: a rule");
	assert_int_equal(commented("the guest broke a rule: a rule"), 2);
	assert_string_equal(seen->text[2], "a rule");
	/* What was found afterwards. */
	write_both(recording, "it leaked");
	assert_int_equal(commented("it leaked"), 3);
	/* It did not fail. */
	write_both(recording, NULL);
	assert_int_equal(seen->count, 4);
	assert_int_equal(commented(""), -1);
	trace_recording_destroy(recording);
}

static void a_run_in_which_nothing_passed_has_the_reason(void **state)
{
	struct trace_recording *recording = trace_recording_create(99, false);
	struct trace_observer observer = trace_recording_observer(recording);

	(void)state;
	write_both(recording, "no memory");
	assert_int_equal(seen->count, 1);
	assert_int_equal(commented("no memory"), 0);
	assert_string_equal(seen->text[0], "nothing passed");
	write_both(recording, NULL);
	assert_int_equal(seen->count, 0);
	/* Found before anything passed: it stands at what came. */
	observer.failure(observer.context, "no memory");
	add(&observer, TRACE_FRAME, 1, NULL);
	write_both(recording, "no memory");
	assert_int_equal(commented("no memory"), 0);
	trace_recording_destroy(recording);
}

/* ---- What is missing ---- */

static void the_last_of_a_long_run_is_kept(void **state)
{
	const uint64_t limit = 100 * (PCAPNG_EVENT_BYTES + 60);
	struct trace_recording *recording =
		trace_recording_create(limit, false);
	struct trace_observer observer = trace_recording_observer(recording);
	char note[64];
	uint64_t n;

	(void)state;
	for (n = 1; n <= 100; n++)
		add(&observer, TRACE_FRAME, n, NULL);
	write_both(recording, NULL);
	assert_int_equal(seen->count, 100);
	assert_int_equal(seen->time[0], 1);
	for (; n <= 1000; n++) {
		add(&observer, TRACE_FRAME, n, NULL);
		if (n % 37)
			continue;
		write_both(recording, "it leaked");
		assert_in_range(seen->count, 51, 101);
		assert_int_equal(commented("it leaked"), seen->count - 1);
		assert_int_equal(seen->time[seen->count - 1], n);
		/* All that are there follow each other; a note counts the rest.
		 */
		assert_int_equal(seen->time[1], n - seen->count + 2);
		snprintf(note, sizeof(note),
			 "%u events before this were not kept",
			 (unsigned)(n - seen->count + 1));
		assert_string_equal(seen->text[0], note);
	}
	trace_recording_destroy(recording);
}

static void what_a_process_told_before_it_died_is_there(void **state)
{
	const uint64_t limits[] = {0, 200 * (PCAPNG_EVENT_BYTES + 60)};
	struct trace_recording *recording;
	struct trace_observer observer;
	unsigned n, i;
	pid_t child;

	(void)state;
	for (n = 0; n < 2; n++) {
		recording = trace_recording_create(limits[n], true);
		observer = trace_recording_observer(recording);
		child = fork();
		for (i = 1; child == 0 && i <= 1000; i++)
			add(&observer, TRACE_FRAME, i, NULL);
		if (child == 0)
			_exit(1);
		assert_int_equal(waitpid(child, NULL, 0), child);
		write_both(recording, "its process was ended");
		assert_int_equal(seen->time[seen->count - 1], 1000);
		assert_int_equal(commented("its process was ended"),
				 seen->count - 1);
		if (!n)
			assert_int_equal(seen->count, 1000);
		else
			assert_in_range(seen->count, 101, 201);
		trace_recording_destroy(recording);
	}
}

/* ---- Runs of scenarios ---- */

static int hang(struct scenario_guest *guest)
{
	static volatile bool is_over;
	int error = scenario_up(guest);

	while (!is_over)
		continue;
	return error;
}

static int say(struct scenario_guest *guest)
{
	int error = scenario_up(guest);

	scenario_fail(guest, "it is wrong from here on");
	return error ? error : scenario_exchange(guest, 20, 20);
}

static struct scenario_case case_of(const struct scenario *scenario)
{
	struct scenario_case it = {
		.scenario = scenario,
		.vmm = &vmm_hyperv,
		.versions = {&vmm_hyperv.protocols[0].versions[6],
			     &vmm_hyperv.protocols[1].versions[5]},
		.seed = 1,
	};

	assert_true(vmm_host_find(it.vmm, "ws2019", &it.host));
	return it;
}

struct one {
	struct scenario_case it;
	bool is_started;
	struct scenario_result result;
};

static bool one_next(void *context, struct scenario_case *it)
{
	struct one *one = context;

	*it = one->it;
	return !one->is_started && (one->is_started = true);
}

static void one_done(void *context, uint64_t number,
		     const struct scenario_case *it,
		     const struct scenario_result *result)
{
	struct one *one = context;

	(void)number;
	(void)it;
	one->result = *result;
}

static void the_trace_of_a_run_ended_for_its_time_is_whole(void **state)
{
	static const struct scenario scenario = {.name = "hang", .run = hang};
	struct one one = {.it = case_of(&scenario)};
	struct scenario_jobs jobs = {
		.context = &one,
		.next = one_next,
		.done = one_done,
		.seconds = 1,
		.recording = trace_recording_create(0, true),
	};
	unsigned all;

	(void)state;
	assert_true(scenario_jobs_run(&jobs, 1));
	assert_true(one.result.timed_out);
	assert_string_equal(one.result.reason,
			    "it ran for more than 1 seconds");
	write_both(jobs.recording, one.result.reason);
	all = seen->count;
	assert_int_equal(commented("it ran for more than 1 seconds"), all - 1);
	trace_recording_destroy(jobs.recording);
	/* Up to there it is the trace of a run that goes on. */
	one.it.scenario = scenario_find("bring-up");
	one.is_started = false;
	jobs.recording = trace_recording_create(0, true);
	assert_true(scenario_jobs_run(&jobs, 1));
	assert_true(one.result.passed);
	write_both(jobs.recording, NULL);
	assert_true(seen->count > all && all > 150);
	trace_recording_destroy(jobs.recording);
}

static void a_failure_in_the_run_is_where_it_was_found(void **state)
{
	static const struct scenario scenario = {.name = "say", .run = say};
	struct trace_recording *recording = trace_recording_create(0, false);
	struct trace_observer observer = trace_recording_observer(recording);
	struct scenario_case it = case_of(&scenario);
	struct scenario_result result, plain;
	unsigned n, frames = 0;
	int at;

	(void)state;
	scenario_run(&it, NULL, &plain);
	scenario_run(&it, &observer, &result);
	/* It is the same run. */
	assert_int_equal(result.virtual_ns, plain.virtual_ns);
	assert_memory_equal(result.points, plain.points, sizeof(plain.points));
	assert_int_equal(result.frames_out, plain.frames_out);
	assert_string_equal(result.reason, "it is wrong from here on");
	assert_string_equal(plain.reason, result.reason);
	write_both(recording, result.reason);
	at = commented("it is wrong from here on");
	assert_in_range(at, 150, seen->count - 40);
	for (n = 0; n < seen->count; n++)
		frames += seen->kind[n] == TRACE_FRAME && (int)n > at;
	assert_int_equal(frames, 40);
	trace_recording_destroy(recording);
}

static void a_failure_that_does_not_come_again_is_said(void **state)
{
	struct failure_files files = {.folder = "."};
	struct scenario_case it = case_of(scenario_find("bring-up"));
	struct scenario_result result = {.reason = "it failed"};
	char text[FAILURE_TEXT_MAX];

	(void)state;
	assert_true(scenario_trace_failure(&files, &it, &result, text));
	assert_string_equal(text, "none: run again, it did not fail the same "
				  "way");
	assert_int_equal(access("fail-bring-up-ws2019-1.vt", F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reason_stands_where_it_was_found),
		cmocka_unit_test(a_run_in_which_nothing_passed_has_the_reason),
		cmocka_unit_test(the_last_of_a_long_run_is_kept),
		cmocka_unit_test(what_a_process_told_before_it_died_is_there),
		cmocka_unit_test(
			the_trace_of_a_run_ended_for_its_time_is_whole),
		cmocka_unit_test(a_failure_in_the_run_is_where_it_was_found),
		cmocka_unit_test(a_failure_that_does_not_come_again_is_said),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
