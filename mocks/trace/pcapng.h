/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces as pcapng, for Wireshark: the frames on an interface of Ethernet, all
 * other events on one of a user link type; docs/traces.md says how they lie.
 */
#ifndef MOCKS_TRACE_PCAPNG_H
#define MOCKS_TRACE_PCAPNG_H

#include <stdio.h>

#include "mocks/machine/trace.h"
#include "mocks/trace/codec.h"

/** LINKTYPE_USER0 */
#define PCAPNG_LINK_EVENTS 147u

/** What an event takes in a file without its texts and bytes, about. */
#define PCAPNG_EVENT_BYTES 96u

/** Write what a file begins with. @param about of the run, "key=value ..." */
bool pcapng_begin(FILE *stream, const char *about);
bool pcapng_event(FILE *stream, const struct trace_event *event);

struct pcapng;

/** @return NULL: out of memory. The stream stays the caller's. */
struct pcapng *pcapng_open(FILE *stream, const char *name);
void pcapng_close(struct pcapng *pcapng);

enum pcapng_result {
	PCAPNG_EVENT,
	PCAPNG_END,
	PCAPNG_BROKEN,
};

/** The next event; it points into the reader until the next call. */
enum pcapng_result pcapng_next(struct pcapng *pcapng,
			       struct trace_event *event);
/** "FILE: block N at byte M: what" */
const char *pcapng_error(const struct pcapng *pcapng);
/** What the section says of the run; "" if nothing. */
const char *pcapng_about(const struct pcapng *pcapng);

#endif /* MOCKS_TRACE_PCAPNG_H */
