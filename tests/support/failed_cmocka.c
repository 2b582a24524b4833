/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of CMocka. A test that fails leaves its function by a jump, so each is
 * called by one of ours, and one that did not come back has failed, unless it
 * was skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/failed_machines.h"

/** Of the group that runs: its tests as they are, and which is running. */
static const struct CMUnitTest *running;
static CMFixtureFunction group_setup, group_teardown;
static void *group_state;

int __real__cmocka_run_group_tests(const char *name,
				   const struct CMUnitTest *const tests,
				   const size_t count, CMFixtureFunction setup,
				   CMFixtureFunction teardown);
int __wrap__cmocka_run_group_tests(const char *name,
				   const struct CMUnitTest *const tests,
				   const size_t count, CMFixtureFunction setup,
				   CMFixtureFunction teardown);
void __real__skip(const char *const file, const int line);
void __wrap__skip(const char *const file, const int line);

/** The test before is over: did it come back? */
static void judge(void)
{
	if (running)
		failed_machines_leave(running->name, "the test failed");
	running = NULL;
}

/** What the group's state is CMocka does not see: it would be each test's. */
static int own_group_setup(void **state)
{
	(void)state;
	return group_setup ? group_setup(&group_state) : 0;
}

static int own_group_teardown(void **state)
{
	(void)state;
	return group_teardown ? group_teardown(&group_state) : 0;
}

/** The state that CMocka would have given the test is put in its place. */
static int own_setup(void **state)
{
	const struct CMUnitTest *test = *state;

	judge();
	failed_machines_begin();
	running = test;
	*state = group_state ? group_state : test->initial_state;
	return test->setup_func ? test->setup_func(state) : 0;
}

static void own_test(void **state)
{
	running->test_func(state);
	running = NULL;
}

void __wrap__skip(const char *const file, const int line)
{
	running = NULL;
	__real__skip(file, line);
}

int __wrap__cmocka_run_group_tests(const char *name,
				   const struct CMUnitTest *const tests,
				   const size_t count, CMFixtureFunction setup,
				   CMFixtureFunction teardown)
{
	struct CMUnitTest *own = calloc(count, sizeof(*own));
	size_t n;
	int failed;

	if (!own)
		abort();
	for (n = 0; n < count; n++) {
		own[n] = tests[n];
		own[n].test_func = own_test;
		own[n].setup_func = own_setup;
		own[n].initial_state = (void *)&tests[n];
	}
	group_setup = setup;
	group_teardown = teardown;
	group_state = NULL;
	failed = __real__cmocka_run_group_tests(name, own, count,
						own_group_setup,
						own_group_teardown);
	judge();
	free(own);
	return failed;
}
