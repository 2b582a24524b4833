/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which signals the protocol calls for.
 *
 * A writer that publishes signals if the reader's interrupt_mask is 0 and the
 * reader had consumed all that was published before. A reader that gives room
 * back signals if the ring offers the feature, the writer's pending_send_size
 * is not 0, and what is free (the 8 bytes that stay free counted in) was at
 * most as much before and is more now.
 *
 * These are judged by memory from when the new index is in it until the call
 * returns. Had it been so all that time, the signal must be sent; had it never
 * been so, it must not. In between both are right: the other side was changing
 * its mind. What a caller loads one after the other may be of different
 * moments, so "never" asks each word by itself, the writer's index no earlier
 * than the size that it waits for.
 */
#ifndef INTERLEAVE_SIGNALS_H
#define INTERLEAVE_SIGNALS_H

#include "tests/interleave/explorer.h"

/** The words of a ring, by the sheet: a third reading of the same page. */
struct signals_control {
	le32 write_index;
	le32 read_index;
	le32 interrupt_mask;
	le32 pending_send_size;
	le32 reserved[12];
	le32 feature_bits;
};

enum signals_rule { SIGNALS_NONE, SIGNALS_PUBLISH, SIGNALS_RELEASE };

#define SIGNALS_PENDING_MAX 4u

/** A call that publishes or releases, while it lasts. */
struct signals {
	/** Let wrong signals pass, to see what harm comes of them. */
	bool unjudged;
	struct explorer *explorer;
	enum side side;
	enum signals_rule rule;
	const struct signals_control *control;
	/** Bytes of the ring's data. */
	uint32_t size;
	/** The index in memory when the call began. */
	uint32_t before;
	bool visible, always;
	bool ever_unmasked, ever_caught_up, ever_crossed;
	/** Sizes that were waited for since, and how many. */
	uint32_t pending[SIGNALS_PENDING_MAX];
	unsigned pending_count;
};

/** A call begins. @param control of a ring of the explorer's */
void signals_begin(struct signals *signals, struct explorer *explorer,
		   enum signals_rule rule, const void *control, uint32_t size);
/** Memory changed, or a side stored something. */
void signals_changed(struct signals *signals);
/** The call returned whether to signal: explorer_fail() if that is wrong. */
void signals_end(struct signals *signals, bool signal);
/** What of this is not told by what the sides have read. */
uint64_t signals_state(const struct signals *signals);

#endif /* INTERLEAVE_SIGNALS_H */
