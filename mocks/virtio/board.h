/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where Firecracker has what on its board (x86), and what it tells of it on the
 * kernel's command line, and in ACPI's tables.
 *
 * Releases are told apart by their second number: 16 is 1.16.
 */
#ifndef MOCKS_VIRTIO_BOARD_H
#define MOCKS_VIRTIO_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Interrupt lines 5 to 23: one for each virtio device. */
#define HOST_BOARD_DEVICES	19u
/** Bytes of a command line, with its terminator. */
#define HOST_BOARD_COMMAND_LINE 2048u

struct host_board_window {
	uint64_t base, bytes;
	unsigned line;
};

struct host_board {
	unsigned release;
	/** The boot timer's page, 0 without one. */
	uint64_t boot_timer;
	/** Of each virtio device, in the order in which they are attached. */
	struct host_board_window windows[HOST_BOARD_DEVICES];
	unsigned count;
};

/**
 * Lay out a board.
 * @return false when there are more devices than interrupt lines
 */
bool host_board_lay_out(struct host_board *board, unsigned release,
			bool boot_timer, unsigned devices);

/**
 * Write the command line that the guest finds.
 *
 * @param arguments what the user gave; behind ` -- ` those of the application
 * @return false when it is too long: Firecracker does not start
 */
bool host_board_command_line(const struct host_board *board,
			     const char *arguments,
			     char text[HOST_BOARD_COMMAND_LINE]);

/** Bytes of the byte code in the DSDT, at most. */
#define HOST_BOARD_ACPI (68u * (HOST_BOARD_DEVICES + 1u))

/**
 * Write the byte code of the objects in the DSDT, without the table's header.
 * @return its bytes; 0: a release before 1.8 has no such tables
 */
size_t host_board_acpi(const struct host_board *board,
		       uint8_t code[HOST_BOARD_ACPI]);

#endif /* MOCKS_VIRTIO_BOARD_H */
