/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * However long a trace is, the commands that read it event by event need no
 * more memory for it: ten times the events, and the peak is the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "mocks/cli/cli.h"

#define EVENTS	      10000u
#define TIMES	      10u
/*
 * KiB that a peak varies by: the kernel counts pages in heaps. If one byte of
 * each event were left behind, the difference would be five times that.
 */
#define SLACK	      512
#define ARGUMENTS_MAX 8u

/* Of a sanitizer's runtime, if there is one: it keeps what was freed. */
void __sanitizer_set_death_callback(void (*callback)(void))
	__attribute__((weak));

static char folder[] = "/tmp/vmmsim-XXXXXX";

/* ---- Traces of many events ---- */

/* All lines but the first of a file. @return how many events they are */
static unsigned body_copy(FILE *from, FILE *to)
{
	char line[65536];
	unsigned events = 0;

	rewind(from);
	assert_non_null(fgets(line, sizeof(line), from));
	while (fgets(line, sizeof(line), from)) {
		events += line[0] == '@';
		fputs(line, to);
	}
	return events;
}

/* A recording, again and again. */
static void repeat(const char *recording, const char *path, unsigned events)
{
	FILE *from = fopen(recording, "r"), *to = fopen(path, "w");

	assert_true(from && to);
	fprintf(to, "trace 1 vmm=hyperv seed=1\n");
	while (events) {
		unsigned count = body_copy(from, to);

		assert_true(count > 0);
		events = count < events ? events - count : 0;
	}
	fclose(from);
	assert_int_equal(fclose(to), 0);
}

/* ---- Commands in a process of their own ---- */

static int run_quietly(const char *const words[], int count)
{
	char *arguments[ARGUMENTS_MAX];
	int n;

	for (n = 0; n < count; n++)
		arguments[n] = (char *)(uintptr_t)words[n];
	if (!freopen("/dev/null", "w", stdout))
		return 1;
	return cli_main(count, arguments);
}

/* @return KiB that a command needed at its peak */
static long peak(const char *const words[])
{
	struct rusage usage;
	int status, count = 0;
	pid_t child;

	while (words[count])
		count++;
	assert_true(count <= (int)ARGUMENTS_MAX);
	fflush(stdout);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		_exit(run_quietly(words, count));
	assert_int_equal(wait4(child, &status, 0, &usage), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	return usage.ru_maxrss;
}

static const char *const recording[] = {"vmmsim",
					"replay",
					"--direction",
					"tx",
					"--trace",
					"run.vt",
					TEST_PCAPS "/12-shortest.pcap",
					NULL};

static const char *const commands[][2][ARGUMENTS_MAX] = {
	{{"vmmsim", "show", "few.vt"}, {"vmmsim", "show", "many.vt"}},
	{{"vmmsim", "convert", "few.vt", "few.pcapng"},
	 {"vmmsim", "convert", "many.vt", "many.pcapng"}},
	{{"vmmsim", "show", "few.pcapng"}, {"vmmsim", "show", "many.pcapng"}},
	{{"vmmsim", "show", "--json", "few.vt"},
	 {"vmmsim", "show", "--json", "many.vt"}},
	{{"vmmsim", "show", "--filter", "kind=rndis", "few.pcapng"},
	 {"vmmsim", "show", "--filter", "kind=rndis", "many.pcapng"}},
	{{"vmmsim", "diff", "few.vt", "few.pcapng"},
	 {"vmmsim", "diff", "many.vt", "many.pcapng"}},
	{{"vmmsim", "convert", "few.pcapng", "again.vt"},
	 {"vmmsim", "convert", "many.pcapng", "again.vt"}},
};

static void memory_does_not_grow_with_events(void **state)
{
	long few, many;
	size_t n;

	(void)state;
	peak(recording);
	repeat("run.vt", "few.vt", EVENTS);
	repeat("run.vt", "many.vt", EVENTS * TIMES);
	for (n = 0; n < sizeof(commands) / sizeof(commands[0]); n++) {
		few = peak(commands[n][0]);
		many = peak(commands[n][1]);
		print_message("%s %s: %ld KiB, %ld KiB\n", commands[n][1][1],
			      commands[n][1][2], few, many);
		assert_true(many <= few + SLACK);
	}
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) ? chdir(folder) : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"run.vt",	   "few.vt",
					    "many.vt",	   "few.pcapng",
					    "many.pcapng", "again.vt"};
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		unlink(names[n]);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_does_not_grow_with_events),
	};

	if (__sanitizer_set_death_callback) {
		puts("skipped: a sanitizer keeps what was freed");
		return 77;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
