/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of Check: the library tells the name of each as it begins, and an
 * assertion that fails is told on its way to the library.
 */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>

#include "tests/support/failed_machines.h"

static const char *test = "test";

void __real_tcase_fn_start(const char *name, const char *file, int line);
void __wrap_tcase_fn_start(const char *name, const char *file, int line);
_Noreturn void __real__ck_assert_failed(const char *file, int line,
					const char *expression,
					const char *format, ...);
_Noreturn void __wrap__ck_assert_failed(const char *file, int line,
					const char *expression,
					const char *format, ...)
	__attribute__((format(printf, 4, 5)));

void __wrap_tcase_fn_start(const char *name, const char *file, int line)
{
	test = name;
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
