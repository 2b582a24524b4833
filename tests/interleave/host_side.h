/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's side: its own channel and ring code over the explorer's memory.
 *
 * What that code calls beyond the ring is replaced when the program is linked:
 * an interrupt is a signal of the explorer's, work that is kicked runs in the
 * host's coroutine, and a rule that it says the guest broke is a failure.
 */
#ifndef INTERLEAVE_HOST_SIDE_H
#define INTERLEAVE_HOST_SIDE_H

#include "tests/interleave/explorer.h"
#include "tests/interleave/signals.h"

struct host_side;

/** What the host's device does. */
struct host_side_device {
	void *context;
	/** A packet of the guest's was read. */
	void (*packet)(void *context, uint64_t transaction_id,
		       const uint8_t *payload, uint32_t bytes);
	/** There is room again after a send that returned false. */
	void (*room)(void *context);
};

struct host_side *host_side_create(struct explorer *explorer,
				   const struct host_side_device *device);
void host_side_destroy(struct host_side *host);
/** Begin again, with both indices of both rings at a place. */
void host_side_reset(struct host_side *host, uint32_t start);
/** Listen for doorbells and do what there is to do; does not return. */
_Noreturn void host_side_run(struct host_side *host);
/** @return false: no room; device->room() is called when there is */
bool host_side_send(struct host_side *host, uint64_t transaction_id,
		    const void *payload, uint32_t bytes);
/** The signals that its calls in progress are judged by. */
struct signals *host_side_signals(struct host_side *host);

#endif /* INTERLEAVE_HOST_SIDE_H */
