/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guest physical address descriptor lists: memory that the host may reach for
 * as long as the list lives. The pages may be scattered.
 */
#ifndef HYPERV_GPADL_H
#define HYPERV_GPADL_H

#include "port/port.h"

struct vmbus;
struct vmbus_channel;

/** A list made; zeroed memory is one that was not. */
struct gpadl {
	/** The handle that names it to the host; 0 when there is none. */
	uint32_t handle;
	struct vmbus_channel *channel;
	/** The host was asked to let go, in a list of the bus; and it did. */
	bool asked, torndown;
	struct gpadl *next;
};

/**
 * Show whole pages to the host: GPADL_HEADER, as many GPADL_BODY as it takes,
 * GPADL_CREATED.
 *
 * @param memory page-aligned, and the host's to write until torn down
 * @return 0; ERROR_IO when the host refused (nothing is to be torn down then);
 *	ERROR_NO_DEVICE when it rescinded the channel; ERROR_TIMED_OUT;
 *	ERROR_NO_SPACE for more pages than one list can name; ERROR_INVALID for
 *	unaligned memory or none. After any of them gpadl->handle is 0 unless
 *	the host may have the list: then tear it down all the same
 */
int gpadl_create(struct gpadl *gpadl, struct vmbus_channel *channel,
		 const void *memory, size_t pages);

/**
 * Ask the host to let go of the pages, and do not wait: some confirm only when
 * the channel is closed, which before version 4.0 comes after this. Until
 * gpadl_teardown() the structure stays where it is.
 */
void gpadl_teardown_begin(struct gpadl *gpadl);

/**
 * Hide the pages again, unless that was begun, and wait until the host
 * confirms, which it does even for a channel that it rescinded.
 *
 * @return true: the memory is the guest's again; false: the host did not
 *	confirm in time and may still write there, so the memory must not be
 *	freed: see vmbus_keep()
 */
bool gpadl_teardown(struct gpadl *gpadl);

/**
 * For vmbus.c: the host confirmed.
 * @return whether it had been asked
 */
bool gpadl_torndown(struct vmbus *bus, uint32_t handle);

#endif /* HYPERV_GPADL_H */
