/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All captures through a card of QEMU's, by the code of the command's replay.
 * For Check.
 */
#ifndef TESTS_INTEROP_QEMU_CAPTURES_H
#define TESTS_INTEROP_QEMU_CAPTURES_H

#include <stdbool.h>
#include <stdint.h>

extern unsigned capture_count;

/** @return false, and says so: there are none */
bool captures_find(void);

/** Both ways through the card of a host (witness.h); prints what passed. */
void capture_replay(unsigned n, const char *host, uint16_t mtu);

#endif /* TESTS_INTEROP_QEMU_CAPTURES_H */
