/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Firecracker's boot timer (`firecracker --boot-timer`): it writes to its log
 * how long the guest took until it said that it is up.
 */
#ifndef VIRTIO_BOOT_TIMER_H
#define VIRTIO_BOOT_TIMER_H

#include "port/port.h"

/**
 * Where it is, on x86. Nothing tells of it, and up to 1.12 the same page is the
 * first virtio device of a machine without it: whether there is one must be
 * known from elsewhere, and no guess is made.
 */
#define BOOT_TIMER_BASE_1_13 0xc0000000u
#define BOOT_TIMER_BASE_1_0  0xd0000000u

/**
 * Say that the guest is up; once, when it is.
 *
 * @param base its physical address
 * @return 0, also where nobody listens; ERROR_NO_MEMORY
 */
int boot_timer_up(struct port *port, uint64_t base);

#endif /* VIRTIO_BOOT_TIMER_H */
