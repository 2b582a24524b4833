/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words that a device reads or writes at the same time as the driver.
 *
 * Each is touched only through these functions. In production they are plain
 * C11 atomics; in the simulator each is a point where the host may run, time
 * passes and the checkers look. Values are in the processor's order. Any
 * context.
 */
#ifndef PORT_SHARED_H
#define PORT_SHARED_H

#include "port/port.h"

/** Load with acquire order: what is read after it was written before it. */
PORT_API uint8_t shared_load8(struct port *port, const uint8_t *word);
PORT_API uint16_t shared_load16(struct port *port, const le16 *word);
PORT_API uint32_t shared_load32(struct port *port, const le32 *word);
PORT_API uint64_t shared_load64(struct port *port, const le64 *word);

/** Store with release order: what was written before it is seen before it. */
PORT_API void shared_store8(struct port *port, uint8_t *word, uint8_t value);
PORT_API void shared_store16(struct port *port, le16 *word, uint16_t value);
PORT_API void shared_store32(struct port *port, le32 *word, uint32_t value);
PORT_API void shared_store64(struct port *port, le64 *word, uint64_t value);

/**
 * Full barrier, the only one that orders a store before a later load. Each
 * "tell the other side, then look whether it already knew" needs one between
 * the two.
 */
PORT_API void shared_fence(struct port *port);

/**
 * Atomically clear (set) a bit of an array of words; true if it was set before.
 */
PORT_API bool shared_test_and_clear_bit(struct port *port, le32 *words,
					unsigned bit);
PORT_API bool shared_test_and_set_bit(struct port *port, le32 *words,
				      unsigned bit);

/**
 * Copy bytes out of memory that the device may be writing. They are read once:
 * the caller checks and uses the copy.
 */
PORT_API void shared_read(struct port *port, void *to, const void *from,
			  size_t bytes);

/** Copy bytes into memory that the device may be reading. */
PORT_API void shared_write(struct port *port, void *to, const void *from,
			   size_t bytes);

#ifdef PORT_INLINE
#include "platform_inline.h"
#endif

#endif /* PORT_SHARED_H */
