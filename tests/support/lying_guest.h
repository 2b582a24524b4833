/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a guest can say wrong to a network card: packets that are right but for
 * a field, put into a real channel of scripted_guest.h.
 */
#ifndef TESTS_SUPPORT_LYING_GUEST_H
#define TESTS_SUPPORT_LYING_GUEST_H

#include "tests/support/mutate.h"
#include "tests/support/scripted_guest.h"

/* What a lie is about. */
enum guest_lie {
	/* An NVSP message. */
	GUEST_LIE_NVSP,
	/* An RNDIS control message. */
	GUEST_LIE_CONTROL,
	/* RNDIS packets in the send buffer. */
	GUEST_LIE_FRAMES,
	/* The ranges of a packet by guest pages. */
	GUEST_LIE_RANGES,
	/* A completion. */
	GUEST_LIE_COMPLETION,
	/* Descriptor or footer of a packet. */
	GUEST_LIE_DESCRIPTOR,
	/* A word of a ring's control page. */
	GUEST_LIE_WORD,
	/* A message of VMBus. */
	GUEST_LIE_MESSAGE,
	GUEST_LIES,
};

struct lying_guest {
	struct random random;
	/* Bits of enum guest_lie, and how many lies. */
	unsigned kinds, lies;
	struct told told;
	/* Packets of the host's that are not completed, the newest last. */
	uint64_t owed[64];
	unsigned owed_count;
	/* It lied about its own rings, or about where they are: what it sends
	 * from then on need not arrive. */
	bool broke_off;
	/* It lies no more, and owes nothing. */
	bool careful;
	/* Before anything was agreed on. */
	bool early;
	/* The card is up still, after all that was said. */
	bool survived;
	/* Frames given to the wire for the guest. */
	uint64_t delivered;
};

/* How a seed lies. */
void lying_guest_plan(struct lying_guest *lying, uint64_t seed);
/* One lie, and nothing waited for. */
void lying_guest_lie(struct scripted_guest *guest, struct lying_guest *lying);
/*
 * Take what the host sent out of the ring and complete most of it, as good
 * guests do and as they do not.
 */
void lying_guest_read(struct scripted_guest *guest, struct lying_guest *lying);

/* Tell the truth from now on: complete what is owed, read all there is. */
void lying_guest_settle(struct scripted_guest *guest,
			struct lying_guest *lying);

#endif /* TESTS_SUPPORT_LYING_GUEST_H */
