/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two hypercalls of VMBus (TLFS 11.8 HvCallPostMessage, 11.9
 * HvCallSignalEvent) with their retry rules.
 */
#ifndef HYPERV_HYPERCALL_H
#define HYPERV_HYPERCALL_H

#include "hyperv/hyperv.h"

#define HYPERCALL_MESSAGE_BYTES_MAX 240u

/** How long a message is posted again and again, in nanoseconds. */
#define HYPERCALL_POST_TIME   5000000000ull
/** The pauses between: the first, and what doubling ends at. */
#define HYPERCALL_PAUSE_FIRST 50000ull
#define HYPERCALL_PAUSE_MAX   50000000ull

/**
 * Post a message to the host. While the host has no buffers (or answers with
 * another passing status) it is posted again after a growing pause, up to a
 * deadline. May wait: not in an interrupt handler.
 *
 * @param connection_id where to, see vmbus.c
 * @param payload up to HYPERCALL_MESSAGE_BYTES_MAX bytes, copied
 * @return 0; ERROR_NO_DEVICE when there is no such connection; ERROR_TIMED_OUT;
 *	ERROR_INVALID for a payload too large; ERROR_IO for any other status
 */
int hypercall_post_message(struct hyperv *hyperv, uint32_t connection_id,
			   const void *payload, size_t bytes);

/**
 * The same, once: for a caller that has something better to do between its
 * tries than to wait.
 *
 * @return as hypercall_post_message(), and ERROR_AGAIN in place of
 *	ERROR_TIMED_OUT
 */
int hypercall_try_post_message(struct hyperv *hyperv, uint32_t connection_id,
			       const void *payload, size_t bytes);

/**
 * Ring a channel's doorbell: a fast hypercall, no memory is read. Any context.
 * @return 0 or ERROR_IO
 */
int hypercall_signal_event(struct hyperv *hyperv, uint32_t connection_id);

#endif /* HYPERV_HYPERCALL_H */
