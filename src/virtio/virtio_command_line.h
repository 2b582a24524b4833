/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices that are announced on the kernel's command line, as Firecracker and
 * QEMU's microvm do it:
 *
 *	virtio_mmio.device=<size>@<base>:<line>[:<id>]
 *
 * once for each device. The syntax is Linux's (virtio_mmio.c there, and the way
 * in which its command line is cut up): size and base in decimal, 0 octal or 0x
 * hexadecimal, the size with one of the suffixes K, M, G, T, P, E; line and id
 * in decimal; a quotation mark before the name or the value ends with the next
 * one, and inside it white space belongs to the value; in the name - and _ are
 * the same.
 *
 * The text comes from the host or from whoever started it, and is not believed.
 */
#ifndef VIRTIO_VIRTIO_COMMAND_LINE_H
#define VIRTIO_VIRTIO_COMMAND_LINE_H

#include "virtio/virtio_mmio.h"

/** The registers before a device's configuration space (virtio 1.2, 4.2.2). */
#define VIRTIO_WINDOW_LEAST 0x100u

/** An id that is not there. */
#define VIRTIO_WINDOW_NO_ID (-1)

/** Where a device was announced; nobody has looked yet whether it is there. */
struct virtio_window {
	struct virtio_mmio_place place;
	/** As written, or VIRTIO_WINDOW_NO_ID; of no account for the device. */
	int32_t id;
	/**
	 * Where the announcement stands in the text, with its quotation marks:
	 * for a platform that hands the rest on to an application.
	 */
	size_t offset, length;
};

/** Whether registers can be at a place, and none of the windows is there. */
bool virtio_window_fits(const struct virtio_mmio_place *place,
			const struct virtio_window *windows, unsigned count);

/** Why an announcement is not believed. */
enum virtio_command_line_error {
	VIRTIO_COMMAND_LINE_SIZE,
	VIRTIO_COMMAND_LINE_BASE,
	VIRTIO_COMMAND_LINE_LINE,
	VIRTIO_COMMAND_LINE_ID,
	VIRTIO_COMMAND_LINE_REST,
	VIRTIO_COMMAND_LINE_SMALL,
	VIRTIO_COMMAND_LINE_UNALIGNED,
	VIRTIO_COMMAND_LINE_WRAPS,
	VIRTIO_COMMAND_LINE_OVERLAPS,
	VIRTIO_COMMAND_LINE_TOO_MANY,
};

/** What is wrong, as the end of a sentence about the announcement. */
const char *virtio_command_line_error_text(enum virtio_command_line_error why);

/** Whom to tell about announcements that are not believed. */
struct virtio_command_line_refusals {
	/**
	 * @param text,bytes the announcement as it stands in the text, which
	 *	may hold any characters; not terminated
	 */
	void (*refuse)(void *context, enum virtio_command_line_error why,
		       const char *text, size_t bytes);
	void *context;
};

/**
 * Find the announcements in a command line.
 *
 * An announcement that is malformed, or reaches into a window before it, is
 * refused and those after it are read nevertheless. Everything else on the line
 * is passed over, also `--`: Firecracker before 1.2 announced its devices
 * behind the arguments of the application.
 *
 * @param text need not be terminated; a NUL ends it early
 * @param windows out, in the order of the text
 * @param room how many there may be; those beyond are refused
 * @param refusals NULL: nobody is told
 * @return how many were found
 */
unsigned
virtio_command_line_parse(const char *text, size_t bytes,
			  struct virtio_window *windows, unsigned room,
			  const struct virtio_command_line_refusals *refusals);

#endif /* VIRTIO_VIRTIO_COMMAND_LINE_H */
