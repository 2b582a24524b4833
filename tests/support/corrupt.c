/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/corrupt.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Put bytes in place of others. */
static void splice(struct corrupt_file *file, size_t at, size_t count,
		   const void *bytes, size_t length)
{
	size_t total = file->length - count + length;
	uint8_t *made = malloc(total + 1);

	if (!made)
		abort();
	memcpy(made, file->bytes, at);
	if (length)
		memcpy(made + at, bytes, length);
	memcpy(made + at + length, file->bytes + at + count,
	       file->length - at - count);
	free(file->bytes);
	file->bytes = made;
	file->length = total;
}

static size_t place(struct random *random, const struct corrupt_file *file)
{
	return random_below(random, (uint32_t)file->length + 1);
}

static void flip(struct random *random, struct corrupt_file *file,
		 struct told *told)
{
	unsigned n = 1 + random_below(random, 8);
	size_t at;

	for (; n && file->length; n--) {
		at = random_below(random, (uint32_t)file->length);
		file->bytes[at] ^= (uint8_t)(1 + random_below(random, 255));
		tell(told, " flip@%zu", at);
	}
}

static void cut(struct random *random, struct corrupt_file *file,
		struct told *told)
{
	file->length = place(random, file);
	tell(told, " cut@%zu", file->length);
}

/* A piece that is missing, or stands there twice. */
static void piece(struct random *random, struct corrupt_file *file,
		  struct told *told)
{
	size_t at = place(random, file), length = random_below(random, 64);
	bool is_twice = random_below(random, 2);
	uint8_t bytes[64];

	if (length > file->length - at)
		length = file->length - at;
	memcpy(bytes, file->bytes + at, length);
	splice(file, at, is_twice ? 0 : length, bytes, is_twice ? length : 0);
	tell(told, " %s %zu@%zu", is_twice ? "twice" : "without", length, at);
}

/* A word that could be a length, or how many there are, is another number. */
static void length_word(struct random *random, struct corrupt_file *file,
			struct told *told)
{
	unsigned tries = 256;
	uint32_t is, value;
	size_t at;

	while (tries-- && file->length >= sizeof(is)) {
		at = random_below(random, (uint32_t)file->length / 4) * 4u;
		memcpy(&is, file->bytes + at, sizeof(is));
		if (!is || is > 0xffff)
			continue;
		value = (uint32_t)mutate_number(random, is,
						(uint32_t)file->length);
		memcpy(file->bytes + at, &value, sizeof(value));
		tell(told, " %u@%zu=%#x", is, at, value);
		return;
	}
}

void corrupt_binary(struct random *random, struct corrupt_file *file,
		    struct told *told)
{
	switch (random_below(random, 8)) {
	case 0:
		flip(random, file, told);
		break;
	case 1:
		cut(random, file, told);
		break;
	case 2:
		piece(random, file, told);
		break;
	case 3:
	case 4:
	case 5:
		length_word(random, file, told);
		break;
	default:
		mutate(random, file->bytes, (uint32_t)file->length, told);
	}
}

/* ---- Lines ---- */

/* Where the line begins that a place lies in; its length with its end. */
static size_t line_at(const struct corrupt_file *file, size_t at,
		      size_t *length)
{
	size_t end = at;

	while (at && file->bytes[at - 1] != '\n')
		at--;
	while (end < file->length && file->bytes[end] != '\n')
		end++;
	*length = end - at + (end < file->length);
	return at;
}

/* A line is moved, doubled or taken out. */
static void line(struct random *random, struct corrupt_file *file,
		 struct told *told)
{
	size_t length, other, at = line_at(file, place(random, file), &length);
	uint8_t *copy = malloc(length + 1);
	unsigned what = random_below(random, 3);

	if (!copy)
		abort();
	memcpy(copy, file->bytes + at, length);
	if (what)
		splice(file, at, length, NULL, 0);
	if (what < 2) {
		at = line_at(file, place(random, file), &other);
		splice(file, at, 0, copy, length);
	}
	free(copy);
	tell(told, " line %s@%zu",
	     what == 2 ? "out"
	     : what    ? "moved"
		       : "twice",
	     at);
}

/* ---- Words ---- */

static bool is_of_word(uint8_t c)
{
	return isalnum(c) || c == '_' || c == '-' || c == '.';
}

/* A word at or behind a place; its length may be 0. */
static size_t word_at(const struct corrupt_file *file, size_t at,
		      size_t *length)
{
	size_t end;

	while (at < file->length && !is_of_word(file->bytes[at]))
		at++;
	for (end = at; end < file->length && is_of_word(file->bytes[end]);)
		end++;
	*length = end - at;
	return at;
}

/* A word in the place of another. */
static void swap(struct random *random, struct corrupt_file *file,
		 struct told *told)
{
	size_t length, count, at = word_at(file, place(random, file), &length);
	size_t from = word_at(file, place(random, file), &count);
	char word[64];

	if (count > sizeof(word))
		count = sizeof(word);
	memcpy(word, file->bytes + from, count);
	splice(file, at, length, word, count);
	tell(told, " %.*s@%zu", (int)count, word, at);
}

/* Something that a line has no room for. */
static void extreme(struct random *random, struct corrupt_file *file,
		    struct told *told)
{
	static const char *const words[] = {
		"0",
		"0xffffffffffffffff",
		"18446744073709551616",
		"-1",
		"4294967296",
		"0x80000000",
		"\"",
		"[00*1048576]",
		"[00*1048577]",
		"[",
		"{1 2 3}",
		"...",
		"$v",
		"%b0",
		"=",
		"#",
		"\n",
		"\r",
		"\\",
		"@99999999999.9",
		"unordered\n",
		"end",
		"x=1 x=1",
		"\xff\xfe",
	};
	const char *word =
		words[random_below(random, sizeof(words) / sizeof(*words))];
	size_t length, at = word_at(file, place(random, file), &length);

	splice(file, at, length, word, strlen(word));
	tell(told, " '%s'@%zu", word, at);
}

void corrupt_text(struct random *random, struct corrupt_file *file,
		  struct told *told)
{
	switch (random_below(random, 8)) {
	case 0:
		flip(random, file, told);
		break;
	case 1:
		cut(random, file, told);
		break;
	case 2:
		piece(random, file, told);
		break;
	case 3:
	case 4:
		line(random, file, told);
		break;
	case 5:
		swap(random, file, told);
		break;
	default:
		extreme(random, file, told);
	}
}
