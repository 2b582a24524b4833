/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Toeplitz hash, by which cards spread frames over queues (receive side
 * scaling).
 */
#ifndef MOCKS_WIRE_TOEPLITZ_H
#define MOCKS_WIRE_TOEPLITZ_H

#include "mocks/wire/frame.h"

#define TOEPLITZ_KEY_BYTES 40u

/** The hash of some bytes under a key. */
uint32_t toeplitz_hash(const uint8_t key[TOEPLITZ_KEY_BYTES],
		       const uint8_t *bytes, uint32_t count);

/**
 * The hash of a frame of IP.
 *
 * @param layout its own, with a version
 * @param ports over the ports too, which are there: the first four bytes of
 *	the transport
 */
uint32_t toeplitz_frame(const uint8_t key[TOEPLITZ_KEY_BYTES],
			const uint8_t *frame, const struct frame_layout *layout,
			bool ports);

#endif /* MOCKS_WIRE_TOEPLITZ_H */
