/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What watches the guest at the border, in every machine unless it is told not
 * to.
 *
 * ownership: what a driver gave to a device (port_dma_give()) it leaves alone
 * until it takes it back. Memory that is given is poisoned for the compiler's
 * address sanitizer, where there is one; with and without, the contents of what
 * goes to the device are the same when it is taken back, no accessor of
 * shared.h touches it, it is not freed, and what the device writes is given
 * once at a time. Pages that the host was shown are not freed before the host
 * let go of them.
 *
 * double fetch: each byte of a host's message is read once. A message is what
 * the host marks as one: a packet in a ring until its room is given back, the
 * payload in a message slot, what lies in the receive buffer until the host
 * writes there again. Words that are polled (indices, masks, flags, the type of
 * a slot) are no messages.
 *
 * publish order: an index covers only bytes that were stored, by the accessors
 * of shared.h, since the index last passed them.
 *
 * signal budget: each doorbell is one that the protocol calls for.
 *
 * The first three end the guest (MACHINE_FAULT): the host would go on with
 * whatever lies there, so nothing that comes after means anything. A doorbell
 * too many costs time and nothing else: a violation.
 *
 * The machine knows pages and bytes; what they mean is the host's to say, by
 * the watches below.
 */
#ifndef MOCKS_MACHINE_CHECKER_H
#define MOCKS_MACHINE_CHECKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mocks/machine/machine.h"

/** As in reports: "double fetch". */
const char *machine_checker_name(enum machine_checker checker);
bool machine_checks(const struct machine *machine,
		    enum machine_checker checker);
/** A host that lies on purpose makes the guest do what it should not. */
void machine_checker_off(struct machine *machine, enum machine_checker checker);
/** How much it has looked at: something that never looks finds nothing. */
uint64_t machine_checker_looks(const struct machine *machine,
			       enum machine_checker checker);

/* ---- Watches: what a page of guest memory is ---- */

enum machine_watch_kind {
	/** The host's messages: each byte is read once. */
	MACHINE_WATCH_MESSAGES,
	/** What the guest stores here is noted, byte for byte. */
	MACHINE_WATCH_STORES,
	/** The host hears of each word of 32 bits that the guest stored. */
	MACHINE_WATCH_WORDS,
};

/** Its owner's; it lives until the last of its pages is watched no more. */
struct machine_watch {
	enum machine_watch_kind kind;
	/** Names it in reports: "the ring to the guest". */
	const char *what;
	/**
	 * MESSAGES: the first so many bytes of each stride are words that are
	 * polled; 0: there are none.
	 */
	uint32_t stride, polled;
	/** WORDS. @param offset in its page */
	void (*stored)(void *context, uint32_t offset, uint32_t value);
	void *context;
};

/** @param page what machine_ram() returned for it */
void machine_watch(struct machine *machine, const void *page,
		   const struct machine_watch *watch);
/** Unless somebody else watches that page by now. */
void machine_unwatch(struct machine *machine, const void *page,
		     const struct machine_watch *watch);

/**
 * The host wrote a message there, or its bytes are done with: they may be read,
 * or are to be stored, anew. In one page; a page that nobody watches is fine.
 */
void machine_watch_renew(struct machine *machine, const void *from,
			 size_t bytes);
/** How many bytes from there on the guest stored, at most so many. */
size_t machine_watch_stored(struct machine *machine, const void *from,
			    size_t bytes);

/** The host was shown a page (a GPADL), or let go of it. */
void machine_page_shown(struct machine *machine, const void *page, bool shown);

#endif /* MOCKS_MACHINE_CHECKER_H */
