/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices announced in ACPI's byte code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/cli/random.h"
#include "mocks/virtio/board.h"
#include "virtio/virtio_acpi.h"

#define ROOM 24u

/*
 * Compiled by iasl 20200925 (Debian's acpica-tools): a Scope (_SB) with a power
 * button, then three devices LNRO0005. The first as Firecracker and QEMU write
 * them. The second has QWordMemory, a line above 15, a package and a method
 * between its names. The third has _STA 0.
 */
/* clang-format off */
static const uint8_t compiled[] = {
	0x44, 0x53, 0x44, 0x54, 0x3f, 0x01, 0x00, 0x00, 0x02, 0xd7, 0x56, 0x4d,
	0x4d, 0x53, 0x49, 0x4d, 0x54, 0x45, 0x53, 0x54, 0x00, 0x00, 0x00, 0x00,
	0x01, 0x00, 0x00, 0x00, 0x49, 0x4e, 0x54, 0x4c, 0x25, 0x09, 0x20, 0x20,
	0x10, 0x4a, 0x11, 0x5f, 0x53, 0x42, 0x5f, 0x5b, 0x82, 0x15, 0x50, 0x57,
	0x52, 0x42, 0x08, 0x5f, 0x48, 0x49, 0x44, 0x0c, 0x41, 0xd0, 0x0c, 0x0c,
	0x08, 0x5f, 0x55, 0x49, 0x44, 0x00, 0x5b, 0x82, 0x41, 0x04, 0x56, 0x30,
	0x30, 0x30, 0x08, 0x5f, 0x48, 0x49, 0x44, 0x0d, 0x4c, 0x4e, 0x52, 0x4f,
	0x30, 0x30, 0x30, 0x35, 0x00, 0x08, 0x5f, 0x55, 0x49, 0x44, 0x00, 0x08,
	0x5f, 0x43, 0x43, 0x41, 0x01, 0x08, 0x5f, 0x43, 0x52, 0x53, 0x11, 0x1a,
	0x0a, 0x17, 0x86, 0x09, 0x00, 0x01, 0x00, 0x10, 0x00, 0xc0, 0x00, 0x10,
	0x00, 0x00, 0x89, 0x06, 0x00, 0x03, 0x01, 0x05, 0x00, 0x00, 0x00, 0x79,
	0x00, 0x5b, 0x82, 0x4c, 0x07, 0x56, 0x30, 0x30, 0x31, 0x08, 0x5f, 0x48,
	0x49, 0x44, 0x0d, 0x4c, 0x4e, 0x52, 0x4f, 0x30, 0x30, 0x30, 0x35, 0x00,
	0x08, 0x5f, 0x55, 0x49, 0x44, 0x0c, 0x45, 0x23, 0x01, 0x00, 0x08, 0x58,
	0x44, 0x53, 0x44, 0x12, 0x0b, 0x03, 0x0d, 0x61, 0x00, 0x01, 0x12, 0x04,
	0x01, 0x0a, 0x02, 0x14, 0x09, 0x5f, 0x49, 0x4e, 0x49, 0x00, 0x70, 0x01,
	0x60, 0x08, 0x5f, 0x43, 0x52, 0x53, 0x11, 0x3c, 0x0a, 0x39, 0x8a, 0x2b,
	0x00, 0x00, 0x0d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0xff, 0x0f, 0x00, 0x00,
	0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x89, 0x06, 0x00, 0x01,
	0x01, 0x18, 0x00, 0x00, 0x00, 0x79, 0x00, 0x5b, 0x82, 0x3a, 0x56, 0x30,
	0x30, 0x32, 0x08, 0x5f, 0x48, 0x49, 0x44, 0x0d, 0x4c, 0x4e, 0x52, 0x4f,
	0x30, 0x30, 0x30, 0x35, 0x00, 0x08, 0x5f, 0x53, 0x54, 0x41, 0x00, 0x08,
	0x5f, 0x43, 0x52, 0x53, 0x11, 0x1a, 0x0a, 0x17, 0x86, 0x09, 0x00, 0x01,
	0x00, 0x30, 0x00, 0xc0, 0x00, 0x10, 0x00, 0x00, 0x89, 0x06, 0x00, 0x03,
	0x01, 0x07, 0x00, 0x00, 0x00, 0x79, 0x00,
};
/* clang-format on */

/* Where in it there is what. */
#define FIRST_TERM  0x4au
#define FIRST_TAG   0x6eu
#define FIRST_BASE  0x72u
#define FIRST_BYTES 0x76u
#define FIRST_COUNT 0x7eu
#define SECOND_KIND 0xcdu

static struct virtio_window windows[ROOM];

/** Look at bytes that end where the allocation does. */
static unsigned find(const uint8_t *table, size_t bytes, unsigned known,
		     unsigned room)
{
	uint8_t *copy = malloc(bytes ? bytes : 1);
	unsigned count;

	assert_non_null(copy);
	memcpy(copy, table, bytes);
	count = virtio_acpi_find(copy, bytes, windows, known, room);
	free(copy);
	return count;
}

/** The same of the compiled table with one byte changed. */
static unsigned find_with(size_t at, uint8_t value)
{
	uint8_t table[sizeof(compiled)];

	memcpy(table, compiled, sizeof(table));
	table[at] = value;
	return find(table, sizeof(table), 0, ROOM);
}

static void assert_window(unsigned n, uint64_t base, size_t bytes,
			  unsigned line)
{
	assert_int_equal(windows[n].place.base, base);
	assert_int_equal(windows[n].place.bytes, bytes);
	assert_int_equal(windows[n].place.line, line);
	assert_int_equal(windows[n].id, VIRTIO_WINDOW_NO_ID);
}

static void edge_M36_compiled_by_others(void **state)
{
	(void)state;
	assert_int_equal(find(compiled, sizeof(compiled), 0, ROOM), 2);
	assert_window(0, 0xc0001000, 0x1000, 5);
	assert_window(1, 0x4000000000, 0x1000, 24);
	/* Behind the header of the table, and with less room than there is. */
	assert_int_equal(find(compiled + 36, sizeof(compiled) - 36, 0, ROOM),
			 2);
	assert_int_equal(find(compiled, sizeof(compiled), 0, 1), 1);
	assert_int_equal(find(compiled, sizeof(compiled), 0, 0), 0);
}

/* M36: what is announced twice is one device. */
static void edge_M36_known_from_the_command_line(void **state)
{
	uint8_t code[HOST_BOARD_ACPI];
	char text[HOST_BOARD_COMMAND_LINE];
	struct host_board board;
	struct virtio_window own[ROOM];
	unsigned release, devices, n, count;
	size_t bytes;

	(void)state;
	for (release = 8; release <= 16; release++)
		for (devices = 0; devices <= HOST_BOARD_DEVICES; devices++) {
			assert_true(host_board_lay_out(&board, release, true,
						       devices));
			assert_true(host_board_command_line(&board, "x", text));
			count = virtio_command_line_parse(text, strlen(text),
							  own, ROOM, NULL);
			assert_int_equal(count, devices);
			bytes = host_board_acpi(&board, code);
			assert_int_equal(find(code, bytes, 0, ROOM), devices);
			for (n = 0; n < devices; n++)
				assert_window(n, own[n].place.base,
					      own[n].place.bytes,
					      own[n].place.line);
			memcpy(windows, own, sizeof(own));
			assert_int_equal(find(code, bytes, devices, ROOM),
					 devices);
		}
	assert_true(host_board_lay_out(&board, 7, true, 2));
	assert_int_equal(host_board_acpi(&board, code), 0);
}

/* M36: one that is not as it should be is passed over, and hides no other. */
static void edge_M36_bad_objects(void **state)
{
	(void)state;
	/* Another name instead of _HID; no term at all; no end of the text. */
	assert_int_equal(find_with(FIRST_TERM + 2, 'C'), 1);
	assert_window(0, 0x4000000000, 0x1000, 24);
	assert_int_equal(find_with(FIRST_TERM, 0x70), 1);
	assert_int_equal(find_with(FIRST_TERM + 5, 0x0c), 1);
	/* No memory; two lines; a window that is too small, or not aligned. */
	assert_int_equal(find_with(FIRST_TAG, 0x85), 1);
	assert_int_equal(find_with(FIRST_COUNT, 2), 1);
	assert_int_equal(find_with(FIRST_BYTES + 1, 0), 1);
	assert_int_equal(find_with(FIRST_BASE, 2), 1);
	/* Ports instead of memory. */
	assert_int_equal(find_with(SECOND_KIND, 1), 1);
	assert_window(0, 0xc0001000, 0x1000, 5);
}

static void edge_M36_cut_anywhere(void **state)
{
	size_t bytes;

	(void)state;
	for (bytes = 0; bytes < sizeof(compiled); bytes++)
		assert_true(find(compiled, bytes, 0, ROOM) <= 2);
	/* Cut in the third, the first two are there, each by itself. */
	assert_int_equal(find(compiled, bytes - 0x30, 0, ROOM), 2);
}

static void edge_M36_any_code_at_all(void **state)
{
	uint8_t table[sizeof(compiled)];
	struct random random;
	unsigned seed, n, i, count;

	(void)state;
	for (seed = 1; seed <= 3000; seed++) {
		random = (struct random){seed};
		memcpy(table, compiled, sizeof(table));
		for (n = 1 + random_below(&random, 8); n > 0; n--)
			table[random_below(&random, sizeof(table))] =
				(uint8_t)random_below(&random, 256);
		count = find(table, sizeof(table), 0, ROOM);
		for (i = 0; i < count; i++)
			if (!virtio_window_fits(&windows[i].place, windows, i))
				fail_msg("seed %u: window %u", seed, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_M36_compiled_by_others),
		cmocka_unit_test(edge_M36_known_from_the_command_line),
		cmocka_unit_test(edge_M36_bad_objects),
		cmocka_unit_test(edge_M36_cut_anywhere),
		cmocka_unit_test(edge_M36_any_code_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
