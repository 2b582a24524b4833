/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The border's platform "explorer": each access of the guest to a shared word
 * is a place where the host may go on, see explorer.h.
 */
#ifndef INTERLEAVE_PLATFORM_H
#define INTERLEAVE_PLATFORM_H

#define PORT_API extern

#endif /* INTERLEAVE_PLATFORM_H */
