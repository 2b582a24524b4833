/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A card that copies nothing and decides nothing: a test says what is sent,
 * what arrives and what fails, under the glue of Unikraft.
 */
#ifndef TESTS_SUPPORT_FAKE_NIC_H
#define TESTS_SUPPORT_FAKE_NIC_H

#include "unikraft/netdev.h"

#define FAKE_FRAMES   8u
#define FAKE_QUEUES   4u
#define FAKE_SEGMENTS 64u

struct fake_nic {
	struct nic nic;
	struct nic_stack stack;
	struct unikraft_netdev_options options;
	unsigned opened, closed, started, stopped, filter, events;
	int open_error, control_error;
	bool is_full, armed[FAKE_QUEUES], busy_once;
	/* Arm says that there is something, once, and there is nothing. */
	bool room_once;
	/* What is sent; the first so many are done with. */
	struct net_packet sent[FAKE_FRAMES];
	struct net_segment sent_segments[FAKE_FRAMES][FAKE_SEGMENTS];
	unsigned sent_queue[FAKE_FRAMES];
	bool came_back[FAKE_FRAMES];
	unsigned sent_count, done, reclaimed;
	/* What is to be received, in buffers of the stack. */
	struct net_packet arriving[FAKE_FRAMES];
	unsigned arriving_queue[FAKE_FRAMES];
	bool has_arrived[FAKE_FRAMES];
	unsigned arriving_count;
};

/* The one there is. */
extern struct fake_nic fake;

/* Nothing sent and nothing there: a card of one queue and Ethernet's MTU. */
void fake_nic_reset(void);
/* A frame is there to be received. */
void fake_nic_arrive(unsigned queue, uint32_t length, uint16_t flags);

/* open() and poll() of a struct unikraft_card; poll() takes the card away. */
int fake_nic_open(void *context, const struct nic_stack *stack,
		  const struct unikraft_netdev_options *options,
		  struct nic **nic);
void fake_nic_poll(void *context);

#endif /* TESTS_SUPPORT_FAKE_NIC_H */
