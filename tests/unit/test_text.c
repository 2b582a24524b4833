/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text of users on its way back: harmless on a terminal, exact for a shell,
 * valid in JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/cli/text.h"

static void prints_no_control_characters(void **state)
{
	char *text = NULL;
	size_t bytes;
	FILE *stream = open_memstream(&text, &bytes);

	(void)state;
	assert_non_null(stream);
	assert_int_equal(text_print(stream, "<%s>", "a\033[2Jb\nc\x7f\xc3\xa9"),
			 13);
	fclose(stream);
	assert_string_equal(text, "<a?[2Jb?c?\xc3\xa9>");
	free(text);
}

/** What a shell makes of the line is the word again. */
static void quotes_for_a_shell(void **state)
{
	static const char *const words[] = {
		"plain-1.pcap",
		"two words",
		"it's",
		"",
		"$HOME `id` \"x\"\\",
		"line\nfeed's \\ and tab\t",
	};
	char *line = text_command(words, sizeof(words) / sizeof(words[0]));

	(void)state;
	assert_non_null(line);
	assert_string_equal(line, "plain-1.pcap 'two words' 'it'\\''s' '' "
				  "'$HOME `id` \"x\"\\' "
				  "$'line\\012feed\\'s \\\\ and tab\\011'");
	free(line);
}

static void expect_json(const char *text, const char *expected)
{
	json_t *string = text_json(text);

	assert_non_null(string);
	assert_string_equal(json_string_value(string), expected);
	json_decref(string);
}

static void replaces_what_is_no_utf8(void **state)
{
	(void)state;
	expect_json("", "");
	expect_json("a\"\n\xc3\xa9", "a\"\n\xc3\xa9");
	expect_json("a\xff z", "a\xef\xbf\xbd z");
	/* Cut off, overlong, a surrogate: each byte alone is wrong. */
	expect_json("\xc3\xa9\xc3", "\xc3\xa9\xef\xbf\xbd");
	expect_json("\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd");
	expect_json("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_no_control_characters),
		cmocka_unit_test(quotes_for_a_shell),
		cmocka_unit_test(replaces_what_is_no_utf8),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
