/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes text of users harmless and exact: for eyes, for a shell, for JSON.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/text.h"

static bool text_is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

int text_vprint(FILE *stream, const char *format, va_list arguments)
{
	char *text, *c;
	int length = vasprintf(&text, format, arguments);

	if (length < 0)
		return -1;
	for (c = text; *c; c++)
		if (text_is_control(*c))
			*c = '?';
	fputs(text, stream);
	free(text);
	return length;
}

int text_print(FILE *stream, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = text_vprint(stream, format, arguments);
	va_end(arguments);
	return length;
}

/* ---- For a shell ---- */

static bool text_is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=./:,@%";

	return *word && word[strspn(word, plain)] == '\0';
}

/** Single quotes; with control characters the form $'...' of bash. */
static void text_quote(FILE *stream, const char *word)
{
	const char *c;
	bool has_control = false;

	for (c = word; *c; c++)
		has_control |= text_is_control(*c);
	fputs(has_control ? "$'" : "'", stream);
	for (c = word; *c; c++)
		if (text_is_control(*c))
			fprintf(stream, "\\%03o", (unsigned char)*c);
		else if (has_control && (*c == '\'' || *c == '\\'))
			fprintf(stream, "\\%c", *c);
		else if (*c == '\'')
			fputs("'\\''", stream);
		else
			fputc(*c, stream);
	fputc('\'', stream);
}

char *text_command(const char *const words[], size_t count)
{
	char *text = NULL;
	size_t bytes, i;
	FILE *stream = open_memstream(&text, &bytes);

	if (!stream)
		return NULL;
	for (i = 0; i < count; i++) {
		if (i)
			fputc(' ', stream);
		if (text_is_plain(words[i]))
			fputs(words[i], stream);
		else
			text_quote(stream, words[i]);
	}
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

/* ---- For JSON ---- */

/** Bytes of the UTF-8 sequence that may begin with a byte; 0: none does. */
static size_t text_sequence(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	if (first >= 0xf0 && first < 0xf5)
		return 4;
	return 0;
}

json_t *text_json(const char *text)
{
	json_t *string = json_string(text);
	char *copy = NULL;
	FILE *stream;
	size_t bytes, n;

	if (string)
		return string;
	stream = open_memstream(&copy, &bytes);
	if (!stream)
		return NULL;
	while (*text) {
		n = text_sequence((unsigned char)*text);
		/* jansson knows the rules of UTF-8: ask it for the sequence. */
		string = n && strnlen(text, n) == n ? json_stringn(text, n)
						    : NULL;
		if (string)
			fwrite(text, 1, n, stream);
		else
			fputs("\xef\xbf\xbd", stream);
		text += string ? n : 1;
		json_decref(string);
	}
	string = NULL;
	if (fclose(stream) == 0)
		string = json_string(copy);
	free(copy);
	return string;
}
