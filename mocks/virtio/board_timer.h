/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Firecracker's boot timer.
 */
#ifndef MOCKS_VIRTIO_BOARD_TIMER_H
#define MOCKS_VIRTIO_BOARD_TIMER_H

#include <stdint.h>

#include "mocks/machine/machine.h"

struct host_boot_timer;

/** @return NULL when out of memory */
struct host_boot_timer *host_boot_timer_create(struct machine *machine,
					       uint64_t base);
/** The guest does not run any more. */
void host_boot_timer_destroy(struct host_boot_timer *timer);

/** How often the guest said that it is up, and when it did so last. */
unsigned host_boot_timer_count(const struct host_boot_timer *timer);
uint64_t host_boot_timer_time(const struct host_boot_timer *timer);

#endif /* MOCKS_VIRTIO_BOARD_TIMER_H */
