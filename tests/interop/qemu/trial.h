/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest with a card of QEMU's, and what came out at both of its ends: what
 * the tests of single abilities are written with. For Check: what does not hold
 * fails the test, and so does anything that is left behind or that QEMU prints.
 */
#ifndef TESTS_INTEROP_QEMU_TRIAL_H
#define TESTS_INTEROP_QEMU_TRIAL_H

#include <check.h>

#include "mocks/cli/stack.h"
#include "tests/interop/qemu/witness.h"

#define TRIAL_FRAMES  64u
/** Seconds that a test may take where many others run. */
#define TRIAL_TIMEOUT 60

/** A frame that came out, with what was said of it (received only). */
struct trial_frame {
	uint32_t length;
	uint16_t flags, vlan_tag, segment_bytes;
	uint16_t queue;
	uint8_t data[STACK_FRAME_MAX];
};

struct trial {
	struct virtual_machine *vm;
	struct port *port;
	struct nic *nic;
	struct stack stack;
	struct nic_stack callbacks;
	struct wire *wire;
	/** Since the last trial_forget(). */
	struct trial_frame wired[TRIAL_FRAMES], received[TRIAL_FRAMES];
	unsigned wired_count, received_count;
	/** Of enum nic_event, since the card was opened. */
	unsigned events;
	/** Receive buffers that came back, and those of them above 4 GiB. */
	unsigned buffers, buffers_high;
	/** Where trial_send() puts frames. */
	unsigned transmit_queue;
	/** Its host is no more: what the check says of it is known. */
	bool is_host_gone;
	void (*guest)(struct trial *trial);
};

/**
 * Run guest code on a machine of a host (witness.h), take it down, look whether
 * all is clean, and print a line of what passed.
 * @param name for that line
 */
void trial_run(const char *name, const char *host,
	       void (*guest)(struct trial *trial));

/**
 * The same of a machine that is configured.
 * @param configuration all but the hypervisor, the wire and a seed
 */
void trial_run_with(const char *name,
		    const struct virtual_machine_configuration *configuration,
		    void (*guest)(struct trial *trial));

/* ---- Inside the guest ---- */

/** Bring the card up and start it; and close it. */
void trial_up(struct trial *trial);
void trial_down(struct trial *trial);

/** A frame of an unassigned type from somewhere, its bytes by a number. */
void trial_frame_make(uint8_t *frame, uint32_t bytes,
		      const uint8_t destination[6], unsigned number);
/** Send one. @param how flags and what goes with them; NULL: nothing */
void trial_send(struct trial *trial, const uint8_t *frame, uint32_t bytes,
		const struct net_packet *how);
/** The wire has one for the card. */
void trial_deliver(struct trial *trial, const uint8_t *frame, uint32_t bytes);
/** The same, and it is known that the card does not take it. */
void trial_deliver_lost(struct trial *trial, const uint8_t *frame,
			uint32_t bytes);
/** Turns until so many came out since they were forgotten. */
void trial_await(struct trial *trial, unsigned wired, unsigned received);
/** Turns until an event was seen; it is forgotten then. */
void trial_await_event(struct trial *trial, unsigned event);
/** Reclaim, receive, and hear of events, once. */
void trial_turn(struct trial *trial);
void trial_forget(struct trial *trial);
/** Sleep armed until a frame wakes it, and only then look. */
void trial_armed_receive(struct trial *trial, unsigned number);
/** So many frames each way, and each is the one that was put in. */
void trial_exchange(struct trial *trial, unsigned frames, uint32_t bytes);

/** Run a suite unless there is no QEMU; what main() returns. */
int trial_main(Suite *suite);

#endif /* TESTS_INTEROP_QEMU_TRIAL_H */
