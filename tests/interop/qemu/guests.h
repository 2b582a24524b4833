/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guests for trial_run() that do what any card can do.
 */
#ifndef TESTS_INTEROP_QEMU_GUESTS_H
#define TESTS_INTEROP_QEMU_GUESTS_H

#include "tests/interop/qemu/trial.h"

/** Brought up and down 20 times; stopped and started 10 times. */
void guest_lives(struct trial *trial);
void guest_stop_start(struct trial *trial);
/** The scattered memory of the machine lies on both sides of 4 GiB. */
void guest_high_memory(struct trial *trial);

/** Sleeps armed for 50 frames, each with its interrupt. */
void guest_armed(struct trial *trial);
/** The link goes and comes, and a frame is sent meanwhile, or none is. */
void guest_link_changes(struct trial *trial);
void guest_link_changes_quietly(struct trial *trial);
/** A device that sends nothing after that until it is started anew. */
void guest_link_wedged(struct trial *trial);

/** All kinds of addresses with all kinds of filters. */
void guest_filters(struct trial *trial);
/** A frame to an address is let in by the filter, or not. */
void guest_filter_try(struct trial *trial, const uint8_t *to, bool is_let_in);
/** The card is given another address. */
void guest_address(struct trial *trial);
/** MTU 576 to 9000. */
void guest_mtus(struct trial *trial);

/** Each thing that the guest asks its platform for fails once. */
void guest_refusals(struct trial *trial);
/** QEMU dies with frames on their way: the driver says so, and cleans up. */
void guest_death(struct trial *trial);

#endif /* TESTS_INTEROP_QEMU_GUESTS_H */
