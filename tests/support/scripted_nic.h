/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A card that is nothing but nic.h: it takes as many frames as the test lets
 * it, keeps what it was told, and hands up what the test made.
 */
#ifndef TESTS_SUPPORT_SCRIPTED_NIC_H
#define TESTS_SUPPORT_SCRIPTED_NIC_H

#include "net/nic.h"

#define SCRIPTED_NIC_HELD    64u
#define SCRIPTED_NIC_FRAMES  16u
#define SCRIPTED_NIC_BUFFERS 4u
#define SCRIPTED_NIC_BYTES   4096u

struct scripted_nic_frame {
	/** Length, flags, tag and offsets as the card will say them. */
	struct net_packet packet;
	uint8_t bytes[SCRIPTED_NIC_BYTES];
};

struct scripted_nic {
	struct nic nic;
	struct nic_stack stack;
	bool is_started, is_closed;
	/** What the calls of these names return. */
	int start_error, filter_error, mtu_error;
	struct nic_link link;
	/** What the next nic_events() says; and how often it was asked. */
	unsigned events, events_asked;
	/* Transmit: frames that it takes at most, and those that it has. */
	unsigned room, held, done, taken;
	void *owners[SCRIPTED_NIC_HELD];
	/** The last frame that was taken, in one piece. */
	struct scripted_nic_frame sent;
	/* Receive: empty buffers, and frames on their way up. */
	unsigned buffer_count, frame_count, no_buffer;
	struct net_segment buffers[SCRIPTED_NIC_BUFFERS];
	struct scripted_nic_frame frames[SCRIPTED_NIC_FRAMES];
	/** As last set; and how often. */
	unsigned filter, group_count, filter_calls;
};

/** A started card takes up to 64 frames, of any feature. */
void scripted_nic_init(struct scripted_nic *card, const struct nic_stack *stack,
		       uint32_t features);

/** The device is done with so many of the frames it has, the oldest first. */
void scripted_nic_complete(struct scripted_nic *card, unsigned n);

/** A frame of that many bytes of one value, to be changed before it is taken.
 */
struct scripted_nic_frame *scripted_nic_frame(struct scripted_nic *card,
					      uint32_t length, uint8_t value);

#endif /* TESTS_SUPPORT_SCRIPTED_NIC_H */
