/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of one TCP connection that follow each other, put together into one:
 * what segmentation would make of the result are the frames again.
 */
#ifndef MOCKS_WIRE_MERGE_H
#define MOCKS_WIRE_MERGE_H

#include "mocks/wire/frame.h"

struct frame_merge {
	/** Of the first frame. */
	struct frame_layout layout;
	/** Bytes of all headers together, and of data in each segment. */
	uint32_t header, mss;
	/** Bytes so far, headers and all. */
	uint32_t bytes;
	/** Nothing may follow: a frame was shorter, or has PSH. */
	bool ended;
};

/**
 * Begin with a frame that lies where the merged one is to be.
 * @return false: it is none that another one could follow
 */
bool frame_merge_begin(struct frame_merge *merge, const uint8_t *merged,
		       uint32_t bytes);

/**
 * Put a frame behind what is there.
 * @param most bytes that the merged frame may have
 * @return false: it does not follow, and nothing was done
 */
bool frame_merge_add(struct frame_merge *merge, uint8_t *merged,
		     const uint8_t *frame, uint32_t bytes, uint32_t most);

/** Lengths and checksums of the whole. */
void frame_merge_finish(const struct frame_merge *merge, uint8_t *merged);

#endif /* MOCKS_WIRE_MERGE_H */
