/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The border's platform "threads": the words shared with the host are plain C11
 * atomics, and the host is another thread.
 */
#ifndef THREADS_PLATFORM_H
#define THREADS_PLATFORM_H

#define PORT_API extern

#endif /* THREADS_PLATFORM_H */
