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
