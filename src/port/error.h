/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Errors of the drivers.
 *
 * Functions that can fail return 0 (or a count) on success and one of these on
 * failure. The values are the negative errno numbers of Linux and Unikraft, so
 * a glue passes them on unchanged; the names are our own since errno.h is no
 * freestanding header.
 */
#ifndef PORT_ERROR_H
#define PORT_ERROR_H

enum error {
	ERROR_IO = -5,	       /* the device reported a failure */
	ERROR_AGAIN = -11,     /* no room or nothing there now; try later */
	ERROR_NO_MEMORY = -12, /* an allocation failed */
	ERROR_BUSY = -16,      /* in use, or in the wrong state for this call */
	ERROR_NO_DEVICE = -19, /* not there, or taken away by the host */
	ERROR_INVALID = -22,   /* an argument of the caller is wrong */
	ERROR_NO_SPACE = -28,  /* larger than what can ever fit */
	ERROR_PROTOCOL = -71,  /* the host broke the protocol */
	ERROR_NOT_SUPPORTED = -95, /* the host or card has no such thing */
	ERROR_TIMED_OUT = -110,	   /* a deadline passed without an answer */
};

/** The name of an error as text for logs, e.g. "timed out"; never NULL. */
static inline const char *error_name(int error)
{
	switch (error) {
	case 0:
		return "success";
	case ERROR_IO:
		return "input/output error";
	case ERROR_AGAIN:
		return "try again";
	case ERROR_NO_MEMORY:
		return "out of memory";
	case ERROR_BUSY:
		return "busy";
	case ERROR_NO_DEVICE:
		return "no such device";
	case ERROR_INVALID:
		return "invalid argument";
	case ERROR_NO_SPACE:
		return "no space";
	case ERROR_PROTOCOL:
		return "protocol error";
	case ERROR_NOT_SUPPORTED:
		return "not supported";
	case ERROR_TIMED_OUT:
		return "timed out";
	default:
		return "unknown error";
	}
}

#endif /* PORT_ERROR_H */
