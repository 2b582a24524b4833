/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The layout of board.h. Release 1.13 moved the devices from 0xd0000000 to
 * 0xc0000000 and keeps the first page for the boot timer, whether there is one
 * or not; before, it took a page like any device, as the first.
 */
#include "mocks/virtio/board.h"

#include <stdio.h>
#include <string.h>

#define BOARD_PAGE	 4096u
#define BOARD_OLD	 0xd0000000u
#define BOARD_NEW	 0xc0000000u
#define BOARD_MOVED	 13u /* the release that moved them */
#define BOARD_LINE_FIRST 5u
/** The release that tells the application's arguments from the kernel's. */
#define BOARD_PARTED	 2u
/* The first with tables of ACPI. */
#define BOARD_ACPI	 8u

bool host_board_lay_out(struct host_board *board, unsigned release,
			bool boot_timer, unsigned devices)
{
	bool moved = release >= BOARD_MOVED;
	uint64_t next = moved ? BOARD_NEW : BOARD_OLD;
	unsigned n;

	if (devices > HOST_BOARD_DEVICES)
		return false;
	*board = (struct host_board){.release = release, .count = devices};
	if (boot_timer)
		board->boot_timer = next;
	if (boot_timer || moved)
		next += BOARD_PAGE;
	for (n = 0; n < devices; n++) {
		board->windows[n].base = next + (uint64_t)n * BOARD_PAGE;
		board->windows[n].bytes = BOARD_PAGE;
		board->windows[n].line = BOARD_LINE_FIRST + n;
	}
	return true;
}

/** A text that grows, and whether all of it fitted. */
struct board_text {
	char *text;
	size_t used;
	bool full;
};

static void text_add(struct board_text *text, const char *more, size_t bytes)
{
	if (text->full || bytes >= HOST_BOARD_COMMAND_LINE - text->used) {
		text->full = true;
		return;
	}
	memcpy(text->text + text->used, more, bytes);
	text->used += bytes;
	text->text[text->used] = 0;
}

bool host_board_command_line(const struct host_board *board,
			     const char *arguments,
			     char text[HOST_BOARD_COMMAND_LINE])
{
	struct board_text line = {.text = text};
	const char *rest = strstr(arguments, " -- ");
	char word[64];
	unsigned n;
	int length;

	if (!rest || board->release < BOARD_PARTED)
		rest = arguments + strlen(arguments);
	text_add(&line, arguments, (size_t)(rest - arguments));
	for (n = 0; n < board->count; n++) {
		const struct host_board_window *window = &board->windows[n];

		length = snprintf(word, sizeof(word),
				  "%svirtio_mmio.device=%lluK@0x%llx:%u",
				  line.used ? " " : "",
				  (unsigned long long)window->bytes / 1024,
				  (unsigned long long)window->base,
				  window->line);
		text_add(&line, word, (size_t)length);
	}
	text_add(&line, rest, strlen(rest));
	return !line.full;
}

/* ---- ACPI ---- */

static uint8_t *put(uint8_t *at, const char *bytes, size_t count)
{
	memcpy(at, bytes, count);
	return at + count;
}

static uint8_t *put32(uint8_t *at, uint64_t number)
{
	unsigned n;

	for (n = 0; n < 4; n++)
		*at++ = (uint8_t)(number >> (8 * n));
	return at;
}

/**
 * One device (ACPI 6.5, 20.2.5.2), as Firecracker's library puts it: Name
 * (_HID, "LNRO0005"), _UID, _CCA and _CRS, whose interrupt is an edge.
 */
static uint8_t *device_put(uint8_t *at, unsigned n,
			   const struct host_board_window *window)
{
	uint8_t *package = at + 2, *end;

	at = put(at, "\x5b\x82\x00\x00V0", 6);
	*at++ = (uint8_t)('0' + n / 10);
	*at++ = (uint8_t)('0' + n % 10);
	at = put(at, "\x08_HID\x0dLNRO0005\x00\x08_UID\x0a", 21);
	*at++ = (uint8_t)n;
	at = put(at, "\x08_CCA\x01\x08_CRS\x11\x1a\x0a\x17", 15);
	at = put(at, "\x86\x09\x00\x01", 4);
	at = put32(put32(at, window->base), window->bytes);
	at = put(at, "\x89\x06\x00\x03\x01", 5);
	end = put(put32(at, window->line), "\x79\x00", 2);
	/* Its length counts itself, in two bytes: 4 bits, and 8. */
	package[0] = (uint8_t)(0x40 | ((end - package) & 0xf));
	package[1] = (uint8_t)((end - package) >> 4);
	return end;
}

size_t host_board_acpi(const struct host_board *board,
		       uint8_t code[HOST_BOARD_ACPI])
{
	uint8_t *at = code + 8, *package = code + 1;
	unsigned n;

	if (board->release < BOARD_ACPI)
		return 0;
	for (n = 0; n < board->count; n++)
		at = device_put(at, n, &board->windows[n]);
	/* Scope (_SB), its length in three bytes. */
	code[0] = 0x10;
	package[0] = (uint8_t)(0x80 | ((at - package) & 0xf));
	package[1] = (uint8_t)((at - package) >> 4);
	package[2] = (uint8_t)((at - package) >> 12);
	put(package + 3, "_SB_", 4);
	return (size_t)(at - code);
}
