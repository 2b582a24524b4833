/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The border's platform "Unikraft": a load is a load, an atomic an atomic, and
 * what needs more than a few instructions is in memory.c and processor.c.
 */
#ifndef UNIKRAFT_PLATFORM_H
#define UNIKRAFT_PLATFORM_H

#define PORT_API static inline
#define PORT_INLINE

#endif /* UNIKRAFT_PLATFORM_H */
