/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices announced on the kernel's command line. The number of an edge case
 * (tests/README.md) is in the name of its test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/cli/random.h"
#include "virtio/virtio_command_line.h"

#define ROOM  16
#define GOOD  "virtio_mmio.device=4K@0xc0001000:5"
#define AFTER "virtio_mmio.device=4K@0xc0002000:6"

/** What came of a line. */
struct outcome {
	struct virtio_window windows[ROOM];
	unsigned count, refused;
	enum virtio_command_line_error why;
	char text[256];
};

static void refuse(void *context, enum virtio_command_line_error why,
		   const char *text, size_t bytes)
{
	struct outcome *outcome = context;

	outcome->refused++;
	outcome->why = why;
	assert_true(bytes < sizeof(outcome->text));
	memcpy(outcome->text, text, bytes);
	outcome->text[bytes] = 0;
}

/** Parse bytes that end where the allocation does, so that no more is read. */
static void parse_bytes(struct outcome *outcome, const char *text, size_t bytes,
			unsigned room)
{
	struct virtio_command_line_refusals refusals = {
		.refuse = refuse,
		.context = outcome,
	};
	char *copy = malloc(bytes ? bytes : 1);

	assert_non_null(copy);
	memcpy(copy, text, bytes);
	memset(outcome, 0, sizeof(*outcome));
	outcome->count =
		virtio_command_line_parse(copy, bytes, outcome->windows, room,
					  &refusals);
	free(copy);
}

static void parse(struct outcome *outcome, const char *text)
{
	parse_bytes(outcome, text, strlen(text), ROOM);
}

static void expect(const struct outcome *outcome, unsigned n, uint64_t base,
		   uint64_t bytes, uint32_t line, int32_t id)
{
	assert_true(n < outcome->count);
	assert_int_equal(outcome->windows[n].place.base, base);
	assert_int_equal(outcome->windows[n].place.bytes, bytes);
	assert_int_equal(outcome->windows[n].place.line, line);
	assert_int_equal(outcome->windows[n].id, id);
}

/* ---- What hypervisors write ---- */

static void edge_M36_M37_lines_of_firecracker(void **state)
{
	/* As 1.16 and 1.7 write it, 1.1 behind the application's arguments. */
	static const char *const lines[] = {
		"reboot=k panic=1 pci=off nomodule 8250.nr_uarts=0 "
		"i8042.noaux root=/dev/vda rw "
		"virtio_mmio.device=4K@0xc0001000:5 "
		"virtio_mmio.device=4K@0xc0002000:6 "
		"virtio_mmio.device=4K@0xc0003000:7",
		"reboot=k panic=1 -- /bin/app --port 80 "
		"virtio_mmio.device=4K@0xd0000000:5 "
		"virtio_mmio.device=4K@0xd0001000:6 "
		"virtio_mmio.device=4K@0xd0002000:7",
	};
	static const uint64_t bases[] = {0xc0001000, 0xd0000000};
	struct outcome outcome;
	unsigned n, device;

	(void)state;
	for (n = 0; n < 2; n++) {
		parse(&outcome, lines[n]);
		assert_int_equal(outcome.count, 3);
		assert_int_equal(outcome.refused, 0);
		for (device = 0; device < 3; device++)
			expect(&outcome, device, bases[n] + device * 4096, 4096,
			       5 + device, VIRTIO_WINDOW_NO_ID);
	}
}

static void edge_M36_slots_of_microvm(void **state)
{
	struct outcome outcome;

	(void)state;
	parse(&outcome, "console=ttyS0 virtio_mmio.device=512@0xfeb02e00:23 "
			"virtio_mmio.device=512@0xfeb02c00:22");
	assert_int_equal(outcome.count, 2);
	expect(&outcome, 0, 0xfeb02e00, 512, 23, VIRTIO_WINDOW_NO_ID);
	expect(&outcome, 1, 0xfeb02c00, 512, 22, VIRTIO_WINDOW_NO_ID);
}

/** With `--enable-pci` no device is announced. */
static void edge_M38_no_device(void **state)
{
	static const char *const lines[] = {
		"",
		"   ",
		"reboot=k panic=1 pci=on",
		"virtio_mmio.devices=4K@0xc0001000:5",
		"my_virtio_mmio.device=4K@0xc0001000:5",
		"virtio_mmio.device",
		"virtio_mmio.devic",
		"VIRTIO_MMIO.device=4K@0xc0001000:5",
		"virtio_mmio_device=4K@0xc0001000:5",
		"app=\"see virtio_mmio.device=4K@0xc0001000:5 \"",
		"app=\"virtio_mmio.device=4K@0xc0001000:5",
		"x=virtio_mmio.device=4K@0xc0001000:5",
		"\"",
	};
	struct outcome outcome;
	unsigned n;

	(void)state;
	for (n = 0; n < sizeof(lines) / sizeof(lines[0]); n++) {
		parse(&outcome, lines[n]);
		assert_int_equal(outcome.count, 0);
		assert_int_equal(outcome.refused, 0);
	}
	/* Nobody needs to be told. */
	assert_int_equal(virtio_command_line_parse("virtio_mmio.device=x", 20,
						   outcome.windows, ROOM, NULL),
			 0);
}

/* ---- The full syntax ---- */

static void edge_M36_notations(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes, base;
		uint32_t line;
		int32_t id;
	} cases[] = {
		{"4096@0xC0001000:5", 4096, 0xc0001000, 5, -1},
		{"0x1000@0Xc0001000:5", 4096, 0xc0001000, 5, -1},
		{"010000@030000010000:5", 4096, 0xc0001000, 5, -1},
		{"4k@3221229568:5", 4096, 0xc0001000, 5, -1},
		{"0x4K@0xc0001000:05", 4096, 0xc0001000, 5, -1},
		{"1M@0:0", 1 << 20, 0, 0, -1},
		{"1m@4:23", 1 << 20, 4, 23, -1},
		{"2G@0x100000000:4294967295", 2ull << 30, 1ull << 32,
		 4294967295u, -1},
		{"1g@0x1:5", 0, 0, 0, 0},
		{"1T@0x10000000000:5", 1ull << 40, 1ull << 40, 5, -1},
		{"1P@0:5", 1ull << 50, 0, 5, -1},
		{"8E@0x8000000000000000:5", 8ull << 60, 8ull << 60, 5, -1},
		{"256@0xffffffffffffff00:5", 256, 0xffffffffffffff00, 5, -1},
		{"4K@0xc0001000:5:0", 4096, 0xc0001000, 5, 0},
		{"4K@0xc0001000:5:12", 4096, 0xc0001000, 5, 12},
		{"4K@0xc0001000:5:2147483647", 4096, 0xc0001000, 5, INT32_MAX},
		{"4K@0xc0001000:5:-1", 4096, 0xc0001000, 5,
		 VIRTIO_WINDOW_NO_ID},
	};
	struct outcome outcome;
	char line[128];
	unsigned n;

	(void)state;
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		snprintf(line, sizeof(line), "virtio_mmio.device=%s",
			 cases[n].text);
		parse(&outcome, line);
		assert_int_equal(outcome.count, cases[n].bytes != 0);
		if (cases[n].bytes)
			expect(&outcome, 0, cases[n].base, cases[n].bytes,
			       cases[n].line, cases[n].id);
	}
}

static void edge_M36_quotes_and_white_space(void **state)
{
	static const char *const words[] = {
		GOOD,
		"virtio-mmio.device=4K@0xc0001000:5",
		"\"virtio_mmio.device=4K@0xc0001000:5\"",
		"virtio_mmio.device=\"4K@0xc0001000:5\"",
		"virtio_mmio.device=\"4K@0xc0001000:5",
		"\"virtio_mmio.device=4K@0xc0001000:5",
	};
	static const char spaces[] = " \t\n\v\f\r";
	struct outcome outcome;
	char line[160];
	unsigned n, space;

	(void)state;
	for (n = 0; n < sizeof(words) / sizeof(words[0]); n++) {
		for (space = 0; space < sizeof(spaces) - 1; space++) {
			snprintf(line, sizeof(line), "a \"b c\"%c%c%s",
				 spaces[space], spaces[space], words[n]);
			parse(&outcome, line);
			assert_int_equal(outcome.count, 1);
			expect(&outcome, 0, 0xc0001000, 4096, 5,
			       VIRTIO_WINDOW_NO_ID);
			/* Where it stands, to be taken out. */
			assert_int_equal(outcome.windows[0].offset, 9);
			assert_int_equal(outcome.windows[0].length,
					 strlen(words[n]));
		}
	}
	/* Quoted white space belongs to the value, which then is no number. */
	parse(&outcome, "virtio_mmio.device=\"4K @0xc0001000:5\" " AFTER);
	assert_int_equal(outcome.refused, 1);
	assert_string_equal(outcome.text,
			    "virtio_mmio.device=\"4K @0xc0001000:5\"");
	assert_int_equal(outcome.count, 1);
}

static void the_text_is_bounded(void **state)
{
	static const char cut[] = GOOD " \0 " AFTER;
	struct outcome outcome;
	size_t bytes;

	(void)state;
	/* Nothing behind a NUL is read. */
	parse_bytes(&outcome, cut, sizeof(cut) - 1, ROOM);
	assert_int_equal(outcome.count, 1);
	/* However short, nothing behind the end is. */
	for (bytes = 0; bytes < sizeof(GOOD) - 1; bytes++) {
		parse_bytes(&outcome, GOOD, bytes, ROOM);
		assert_int_equal(outcome.count, 0);
		assert_int_equal(outcome.refused,
				 bytes >= sizeof("virtio_mmio.device=") - 1);
	}
}

/* ---- What is refused ---- */

static void edge_M36_a_bad_one_hides_none(void **state)
{
	static const struct {
		const char *value;
		enum virtio_command_line_error why;
	} cases[] = {
		{"", VIRTIO_COMMAND_LINE_SIZE},
		{"@0xc0001000:5", VIRTIO_COMMAND_LINE_SIZE},
		{"K@0xc0001000:5", VIRTIO_COMMAND_LINE_SIZE},
		{"4KB@0xc0001000:5", VIRTIO_COMMAND_LINE_SIZE},
		{"4KK@0xc0001000:5", VIRTIO_COMMAND_LINE_SIZE},
		{"4Q@0xc0001000:5", VIRTIO_COMMAND_LINE_SIZE},
		{"-4K@0xc0001000:5", VIRTIO_COMMAND_LINE_SIZE},
		{"0x@0xc0001000:5", VIRTIO_COMMAND_LINE_SIZE},
		{"08K@0xc0001000:5", VIRTIO_COMMAND_LINE_SIZE},
		{"16E@0:5", VIRTIO_COMMAND_LINE_SIZE},
		{"18446744073709551616@0:5", VIRTIO_COMMAND_LINE_SIZE},
		{"0x10000000000000000@0:5", VIRTIO_COMMAND_LINE_SIZE},
		{"4K", VIRTIO_COMMAND_LINE_SIZE},
		{"4K@", VIRTIO_COMMAND_LINE_BASE},
		{"4K@:5", VIRTIO_COMMAND_LINE_BASE},
		{"4K@0xg:5", VIRTIO_COMMAND_LINE_BASE},
		{"4K@c0001000:5", VIRTIO_COMMAND_LINE_BASE},
		{"4K@+0xc0001000:5", VIRTIO_COMMAND_LINE_BASE},
		{"4K@0xc0001000", VIRTIO_COMMAND_LINE_BASE},
		{"4K@4M:5", VIRTIO_COMMAND_LINE_BASE},
		{"4K@0x10000000000000000:5", VIRTIO_COMMAND_LINE_BASE},
		{"4K@0xc0001000:", VIRTIO_COMMAND_LINE_LINE},
		{"4K@0xc0001000:x", VIRTIO_COMMAND_LINE_LINE},
		{"4K@0xc0001000:-5", VIRTIO_COMMAND_LINE_LINE},
		{"4K@0xc0001000:4294967296", VIRTIO_COMMAND_LINE_LINE},
		{"4K@0xc0001000:0x5", VIRTIO_COMMAND_LINE_REST},
		{"4K@0xc0001000:5:", VIRTIO_COMMAND_LINE_ID},
		{"4K@0xc0001000:5:a", VIRTIO_COMMAND_LINE_ID},
		{"4K@0xc0001000:5:--1", VIRTIO_COMMAND_LINE_ID},
		{"4K@0xc0001000:5:2147483648", VIRTIO_COMMAND_LINE_ID},
		{"4K@0xc0001000:5:1:2", VIRTIO_COMMAND_LINE_REST},
		{"4K@0xc0001000:5,", VIRTIO_COMMAND_LINE_REST},
		{"4K@0xc0001000:5K", VIRTIO_COMMAND_LINE_REST},
		{"0@0xc0001000:5", VIRTIO_COMMAND_LINE_SMALL},
		{"255@0xc0001000:5", VIRTIO_COMMAND_LINE_SMALL},
		{"4K@0xc0001001:5", VIRTIO_COMMAND_LINE_UNALIGNED},
		{"4K@0xc0001002:5", VIRTIO_COMMAND_LINE_UNALIGNED},
		{"260@0xffffffffffffff00:5", VIRTIO_COMMAND_LINE_WRAPS},
		{"4K@0xfffffffffffffffc:5", VIRTIO_COMMAND_LINE_WRAPS},
	};
	struct outcome outcome;
	char line[256], word[128];
	unsigned n;

	(void)state;
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		snprintf(word, sizeof(word), "virtio_mmio.device=%s",
			 cases[n].value);
		snprintf(line, sizeof(line), "%s %s", word, AFTER);
		parse(&outcome, line);
		assert_int_equal(outcome.refused, 1);
		assert_string_equal(outcome.text, word);
		if (outcome.why != cases[n].why)
			fail_msg("%s: %s", word,
				 virtio_command_line_error_text(outcome.why));
		assert_int_equal(outcome.count, 1);
		expect(&outcome, 0, 0xc0002000, 4096, 6, VIRTIO_WINDOW_NO_ID);
	}
}

static void edge_M36_windows_overlap(void **state)
{
	/* The second word, and whether it goes with 0x2000 to 0x3000. */
	static const struct {
		const char *word;
		bool good;
	} cases[] = {
		{"virtio_mmio.device=4K@0x2000:5", false},
		{"virtio_mmio.device=4K@0x1000:5", true},
		{"virtio_mmio.device=4097@0x1000:5", false},
		{"virtio_mmio.device=4K@0x3000:5", false},
		{"virtio_mmio.device=4K@0x3004:5", true},
		{"virtio_mmio.device=4100@0x1000:5", false},
		{"virtio_mmio.device=4K@0x2ffc:5", false},
		{"virtio_mmio.device=256@0x2400:5", false},
		{"virtio_mmio.device=1M@0:5", false},
		{"virtio_mmio.device=0x7ffffffffffffffc@0x4:5", false},
	};
	struct outcome outcome;
	char line[128];
	unsigned n;

	(void)state;
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		snprintf(line, sizeof(line),
			 "virtio_mmio.device=4097@0x2000:5 %s", cases[n].word);
		parse(&outcome, line);
		assert_int_equal(outcome.count, 1 + cases[n].good);
		assert_int_equal(outcome.refused, !cases[n].good);
		if (cases[n].good)
			continue;
		assert_int_equal(outcome.why, VIRTIO_COMMAND_LINE_OVERLAPS);
		assert_string_equal(outcome.text, cases[n].word);
	}
	/* Up to the last address there is. */
	parse(&outcome, "virtio_mmio.device=4K@0xfffffffffffff000:5 "
			"virtio_mmio.device=4K@0:6 "
			"virtio_mmio.device=4K@0xffffffffffffe000:7 "
			"virtio_mmio.device=256@0xffffffffffffff00:8");
	assert_int_equal(outcome.count, 3);
	assert_int_equal(outcome.refused, 1);
}

static void edge_M36_more_than_there_is_room_for(void **state)
{
	char line[ROOM * 64];
	struct outcome outcome;
	size_t length = 0;
	unsigned n, room;

	(void)state;
	for (n = 0; n < ROOM; n++)
		length += (size_t)snprintf(line + length, sizeof(line) - length,
					   "virtio_mmio.device=4K@0x%x:%u ",
					   0xc0001000u + n * 4096, 5 + n);
	for (room = 0; room <= ROOM; room++) {
		parse_bytes(&outcome, line, length, room);
		assert_int_equal(outcome.count, room);
		assert_int_equal(outcome.refused, ROOM - room);
		if (room < ROOM)
			assert_int_equal(outcome.why,
					 VIRTIO_COMMAND_LINE_TOO_MANY);
		for (n = 0; n < room; n++)
			expect(&outcome, n, 0xc0001000 + n * 4096, 4096, 5 + n,
			       VIRTIO_WINDOW_NO_ID);
	}
}

static void each_error_has_a_text_of_its_own(void **state)
{
	unsigned n, other;

	(void)state;
	for (n = 0; n <= VIRTIO_COMMAND_LINE_TOO_MANY; n++)
		for (other = 0; other < n; other++)
			assert_string_not_equal(
				virtio_command_line_error_text(n),
				virtio_command_line_error_text(other));
	assert_string_equal(virtio_command_line_error_text(99),
			    "it is malformed");
}

/* ---- At random, by seed ---- */

/** Write a number in one of the notations that mean it. */
static int put_number(struct random *random, char *text, size_t bytes,
		      uint64_t number)
{
	static const char *const notations[] = {"%llu", "0x%llx", "0X%llX",
						"0%llo", "0x000%llx"};
	unsigned n = random_below(random, 5);

	return snprintf(text, bytes, notations[n], (unsigned long long)number);
}

/** Write an announcement of a window in one of the ways that mean it. */
static int put_window(struct random *random, char *text, size_t bytes,
		      const struct virtio_window *window)
{
	unsigned quotes = random_below(random, 3);
	char size[40], base[40], id[16] = "";
	uint64_t number = window->place.bytes;
	int length;

	if (number % 1024 == 0 && random_below(random, 2))
		number /= 1024;
	length = put_number(random, size, sizeof(size), number);
	if (number != window->place.bytes)
		strcpy(size + length, random_below(random, 2) ? "K" : "k");
	put_number(random, base, sizeof(base), window->place.base);
	if (window->id >= 0)
		snprintf(id, sizeof(id), ":%d", window->id);
	return snprintf(text, bytes, "%svirtio%cmmio.device=%s%s@%s:%u%s%s",
			quotes == 1 ? "\"" : "",
			random_below(random, 2) ? '_' : '-',
			quotes == 2 ? "\"" : "", size, base, window->place.line,
			id, quotes ? "\"" : "");
}

static void edge_M36_every_way_to_write_it(void **state)
{
	static const char *const others[] = {
		"",
		"quiet",
		"--",
		"a=\"b  c\"",
		"virtio_mmio.device=",
		"virtio_mmio.device=4K@0x10:x",
		"\"virtio_mmio.driver=4K@0xc0001000:5\"",
	};
	struct random random = {.state = 36};
	unsigned round, n;

	(void)state;
	for (round = 0; round < 3000; round++) {
		struct virtio_window windows[ROOM] = {0};
		unsigned count = random_below(&random, ROOM + 1);
		struct outcome outcome;
		char line[4096];
		int length = 0;

		for (n = 0; n < count; n++) {
			struct virtio_window *window = &windows[n];
			unsigned other = random_below(&random, 7);

			window->place.bytes =
				256 + random_below(&random, 0x3f00);
			window->place.base =
				((uint64_t)n << 44) +
				4ull * random_below(&random, UINT32_MAX);
			window->place.line = random_below(&random, 64);
			window->id = (int32_t)random_below(&random, 9) - 1;
			length += snprintf(line + length,
					   sizeof(line) - (size_t)length, "%s ",
					   others[other]);
			window->offset = (size_t)length;
			length += put_window(&random, line + length,
					     sizeof(line) - (size_t)length,
					     window);
			window->length = (size_t)length - window->offset;
			line[length++] = ' ';
		}
		parse_bytes(&outcome, line, (size_t)length, ROOM);
		assert_int_equal(outcome.count, count);
		for (n = 0; n < count; n++) {
			expect(&outcome, n, windows[n].place.base,
			       windows[n].place.bytes, windows[n].place.line,
			       windows[n].id);
			assert_int_equal(outcome.windows[n].offset,
					 windows[n].offset);
			assert_int_equal(outcome.windows[n].length,
					 windows[n].length);
		}
	}
}

/** What was found is sound, and is found again when it stands alone. */
static void expect_sound(const struct outcome *outcome, const char *line,
			 size_t length)
{
	unsigned n, other;

	assert_true(outcome->count <= ROOM);
	for (n = 0; n < outcome->count; n++) {
		const struct virtio_window *window = &outcome->windows[n];
		struct outcome alone;

		assert_true(window->offset + window->length <= length);
		assert_true(window->place.bytes >= VIRTIO_WINDOW_LEAST);
		assert_true(window->place.base + window->place.bytes - 1 >=
			    window->place.base);
		assert_int_equal(window->place.base % 4, 0);
		for (other = 0; other < n; other++) {
			const struct virtio_window *before =
				&outcome->windows[other];

			assert_true(
				before->place.base + before->place.bytes - 1 <
					window->place.base ||
				window->place.base + window->place.bytes - 1 <
					before->place.base);
			assert_true(before->offset + before->length <
				    window->offset);
		}
		parse_bytes(&alone, line + window->offset, window->length, 1);
		expect(&alone, 0, window->place.base, window->place.bytes,
		       window->place.line, window->id);
	}
}

/** Any text: bytes changed, taken out and repeated in lines that were good. */
static void edge_M36_any_text_at_all(void **state)
{
	static const char characters[] = "0123456789abcdefxKMGTPE@::\"\" -_=\t";
	struct random random = {.state = 3636};
	unsigned round, n, found = 0, refused = 0;

	(void)state;
	for (round = 0; round < 20000; round++) {
		char line[] = GOOD " " AFTER " virtio_mmio.device=1M@256:7:1 ";
		size_t length = sizeof(line) - 1;
		unsigned changes = random_below(&random, 6);
		struct outcome outcome;

		for (n = 0; n < changes; n++) {
			size_t at = random_below(&random, (uint32_t)length);

			switch (random_below(&random, 4)) {
			case 0:
				line[at] = (char)random_next(&random);
				break;
			case 1:
				memmove(line + at, line + at + 1,
					length - at - 1);
				length--;
				break;
			default:
				line[at] = characters[random_below(
					&random, sizeof(characters) - 1)];
				break;
			}
		}
		parse_bytes(&outcome, line, length, ROOM);
		expect_sound(&outcome, line, length);
		found += outcome.count;
		refused += outcome.refused;
	}
	/* Both did happen. */
	assert_in_range(found, 20000, 60000);
	assert_in_range(refused, 5000, 60000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_M36_M37_lines_of_firecracker),
		cmocka_unit_test(edge_M36_slots_of_microvm),
		cmocka_unit_test(edge_M38_no_device),
		cmocka_unit_test(edge_M36_notations),
		cmocka_unit_test(edge_M36_quotes_and_white_space),
		cmocka_unit_test(the_text_is_bounded),
		cmocka_unit_test(edge_M36_a_bad_one_hides_none),
		cmocka_unit_test(edge_M36_windows_overlap),
		cmocka_unit_test(edge_M36_more_than_there_is_room_for),
		cmocka_unit_test(each_error_has_a_text_of_its_own),
		cmocka_unit_test(edge_M36_every_way_to_write_it),
		cmocka_unit_test(edge_M36_any_text_at_all),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
