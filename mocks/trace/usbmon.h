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

/**
 * Whether a stream holds such a capture, by its header; it stands afterwards
 * where it stood. A pipe cannot be looked at twice: it holds none.
 */
bool usbmon_is(FILE *stream);

/**
 * @param stream closed with the reader, and on failure
 * @param name of the file, for complaints; kept
 * @param error room for USBMON_ERROR_MAX: on failure one sentence that begins
 *	with the name
 */
struct usbmon *usbmon_open(FILE *stream, const char *name, char *error);
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
/** One sentence with the name and the record. */
const char *usbmon_error(const struct usbmon *usbmon);

#endif /* MOCKS_TRACE_USBMON_H */
