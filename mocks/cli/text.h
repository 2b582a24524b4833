/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text that a user gave us, on its way back to the user's terminal, shell or
 * JSON reader.
 */
#ifndef MOCKS_CLI_TEXT_H
#define MOCKS_CLI_TEXT_H

#include <jansson.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/**
 * Print with '?' for each control character, line feeds among them: a file name
 * does not steer a terminal.
 * @return the characters printed, or -1 when out of memory
 */
int text_vprint(FILE *stream, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));
int text_print(FILE *stream, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * Words as a line that a shell reads back as they are.
 * @return to be freed; NULL when out of memory
 */
char *text_command(const char *const words[], size_t count);

/** A JSON string; bytes that are no UTF-8 become U+FFFD. NULL: no memory. */
json_t *text_json(const char *text);

#endif /* MOCKS_CLI_TEXT_H */
