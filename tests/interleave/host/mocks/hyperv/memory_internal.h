/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stands before the host's header of the same name on the include path, so that
 * the host's own ring and channel code is compiled with the explorer's
 * accessors in place of the atomics. What is not replaced is the host's.
 *
 * The host copies packets with memcpy(); that is replaced too, and tells by the
 * addresses which copies concern the rings.
 */
#ifndef INTERLEAVE_MEMORY_INTERNAL_H
#define INTERLEAVE_MEMORY_INTERNAL_H

#include <string.h>

#define host_load32  host_load32_atomic
#define host_store32 host_store32_atomic
#define host_fence   host_fence_atomic
#include_next "mocks/hyperv/memory_internal.h"
#undef host_load32
#undef host_store32
#undef host_fence

uint32_t host_load32(const le32 *word);
void host_store32(le32 *word, uint32_t value);
void host_fence(void);
void *host_copy(void *to, const void *from, size_t bytes);

#undef memcpy
#define memcpy(to, from, bytes) host_copy(to, from, bytes)

#endif /* INTERLEAVE_MEMORY_INTERNAL_H */
