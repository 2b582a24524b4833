/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of Check: the library tells the name of each as it begins, and an
 * assertion that fails is told on its way to the library.
 *
 * One that holds writes its place into a file, of which the library reads the
 * last, moving all of the rest for each: of tests that make ten thousand
 * requests, a quarter of their time. The first places of a test are enough to
 * say where it was when it crashed, and one of many after them.
 */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>

#include "tests/support/failed_machines.h"

#define PLACES_EACH   1000u
#define PLACES_ONE_OF 1000u

static const char *test = "test";
static unsigned places;

void __real__mark_point(const char *file, int line);
void __wrap__mark_point(const char *file, int line);
void __real_tcase_fn_start(const char *name, const char *file, int line);
void __wrap_tcase_fn_start(const char *name, const char *file, int line);
_Noreturn void __real__ck_assert_failed(const char *file, int line,
					const char *expression,
					const char *format, ...);
_Noreturn void __wrap__ck_assert_failed(const char *file, int line,
					const char *expression,
					const char *format, ...)
	__attribute__((format(printf, 4, 5)));

void __wrap__mark_point(const char *file, int line)
{
	places++;
	if (places <= PLACES_EACH || places % PLACES_ONE_OF == 0)
		__real__mark_point(file, line);
}

void __wrap_tcase_fn_start(const char *name, const char *file, int line)
{
	test = name;
	places = 0;
	failed_machines_begin();
	__real_tcase_fn_start(name, file, line);
}

_Noreturn void __wrap__ck_assert_failed(const char *file, int line,
					const char *expression,
					const char *format, ...)
{
	char text[4096];
	va_list arguments;

	va_start(arguments, format);
	if (format)
		vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	failed_machines_leave(test, format ? text : expression);
	if (format)
		__real__ck_assert_failed(file, line, expression, "%s", text);
	__real__ck_assert_failed(file, line, expression, NULL);
}
