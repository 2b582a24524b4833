/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What lwIP asks of the machine on which it runs: memory and time.
 *
 * Debian's lwIP is a shared library that takes its memory from the C library
 * and its time from the operating system. Here it runs in a guest: its memory
 * must be the guest's, or no card could send from it, and its time the
 * machine's. Both functions are replaced by those of this program, as the
 * dynamic linker has it. lwIP's state is the process's, so there is one guest
 * in a process that uses it.
 */
#ifndef MOCKS_CLI_LWIP_PLATFORM_H
#define MOCKS_CLI_LWIP_PLATFORM_H

#include "port/port.h"

/** From now on lwIP lives in this guest, inside of which this is called. */
void lwip_platform_init(struct port *port);

/**
 * The end of lwIP in this guest: nothing of it is called any more. The timers
 * that lwIP keeps for ever are freed, and so is all else.
 * @return pieces of memory that lwIP held besides its timers, which are leaks
 */
unsigned lwip_platform_release(void);

#endif /* MOCKS_CLI_LWIP_PLATFORM_H */
