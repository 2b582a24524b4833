/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS over USB, out of a capture of Linux's usbmon (link types 189 and 220):
 * each message as an event of a trace. The computer is the guest, the device
 * its host.
 */
#ifndef MOCKS_TRACE_USBMON_H
#define MOCKS_TRACE_USBMON_H

#include <stdio.h>

#include "mocks/machine/trace.h"

#define USBMON_ERROR_MAX 512u

struct usbmon;

/** Whether a file is such a capture; one that cannot be read is none. */
bool usbmon_is(const char *path);

/**
 * @param path "-" is standard input
 * @param error room for USBMON_ERROR_MAX: on failure one sentence that begins
 *	with the path
 */
struct usbmon *usbmon_open(const char *path, char *error);
void usbmon_close(struct usbmon *usbmon);

enum usbmon_result {
	USBMON_EVENT,
	USBMON_END,
	USBMON_BROKEN,
};

/**
 * The next message, or a note on bytes that are none; it lives until the next
 * call. Of a message "queue" is the device's address, "address" the endpoint.
 */
enum usbmon_result usbmon_next(struct usbmon *usbmon,
			       struct trace_event *event);
/** One sentence with the path and the record. */
const char *usbmon_error(const struct usbmon *usbmon);

#endif /* MOCKS_TRACE_USBMON_H */
