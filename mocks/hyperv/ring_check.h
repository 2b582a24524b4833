/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the rings of an open channel tell the machine's checkers: which bytes
 * are messages, which an index publishes, which doorbells are called for.
 *
 * Doorbells. A guest that publishes rings if the host had not masked that and
 * had read all that was published before. A guest that gives room back rings if
 * the host waits for room, and this made as much as it waits for. Host and
 * guest look at different moments, so a doorbell is called for if each
 * condition held at some moment since the index was stored; one that was called
 * for may come late, or not at all.
 */
#ifndef MOCKS_HYPERV_RING_CHECK_H
#define MOCKS_HYPERV_RING_CHECK_H

#include "mocks/hyperv/ring_internal.h"
#include "mocks/machine/checker.h"

struct host_ring_check;

/** @param name names the channel in reports; both rings are open */
struct host_ring_check *host_ring_check_create(struct machine *machine,
					       const char *name, uint32_t relid,
					       const struct host_ring *from,
					       const struct host_ring *to);
/** NULL is allowed, here and below. */
void host_ring_check_destroy(struct host_ring_check *check);

/** Something of the host's in a control page has changed. */
void host_ring_check_look(struct host_ring_check *check);
/** The guest rang. @return whether that was called for */
bool host_ring_check_doorbell(struct host_ring_check *check);

#endif /* MOCKS_HYPERV_RING_CHECK_H */
