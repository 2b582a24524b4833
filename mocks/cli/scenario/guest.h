/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What scenarios are written with: a card, a stack, and frames by number.
 *
 * All of it runs inside the guest. "Out" is from the guest to the wire, "in"
 * the other way. A frame has its number in its source address, and its bytes
 * follow from the number and its length. Functions that can fail return 0 or
 * the driver's error; no wait is longer than SCENARIO_PATIENCE.
 */
#ifndef MOCKS_CLI_SCENARIO_GUEST_H
#define MOCKS_CLI_SCENARIO_GUEST_H

#include "mocks/cli/random.h"
#include "mocks/cli/scenario/scenario.h"
#include "mocks/cli/stack.h"

/** In nanoseconds: longer than any host takes to move a frame. */
#define SCENARIO_PATIENCE 1000000000ull
/** Frames on their way at once, either way, and in one burst. */
#define SCENARIO_FLOW	  1024u
#define SCENARIO_BURST	  32u
#define SCENARIO_SEGMENTS (SCENARIO_BURST * STACK_PIECES_MAX)

/** Frames of one direction since the card was opened. */
struct scenario_flow {
	/**
	 * Numbers of the next frame to be made, and of the next to come out.
	 */
	uint32_t made, next;
	/** Came out; and were jumped over. */
	uint32_t seen, missing;
	uint32_t length[SCENARIO_FLOW];
};

struct scenario_guest {
	const struct scenario_case *it;
	struct virtual_machine *vm;
	struct port *port;
	struct wire *wire;
	struct random random;
	struct stack stack;
	bool has_stack, owner_out[STACK_TRANSMIT_COUNT];
	struct scenario_flow out, in;
	/** Frames that the card took since it was opened. */
	uint64_t taken;
	/** Frames are lost now and that is right: the link is down, ... */
	bool lossy;
	/** Lost so far and forgiven: out, in; in, neither seen nor dropped. */
	uint32_t out_forgiven, in_forgiven, in_vanished;
	/** Of enum nic_event, since the card was opened. */
	unsigned events;
	/** The host takes the card away, and did so. */
	struct machine_event removal;
	bool removed;
	/** Over all lives of the card. */
	uint64_t frames_out, frames_in;
	/** Of the case's frames_max; see scenario_frames(). */
	uint64_t frames_made;
	/** What did not hold, the first of it; "" if nothing. */
	char failure[SCENARIO_REASON_MAX];
};

/** Note that something does not hold, whatever fault there is. */
void scenario_fail(struct scenario_guest *guest, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** The same, of what a fault may prevent. */
void scenario_expect(struct scenario_guest *guest, bool holds,
		     const char *what);
/** Whether anything that went wrong may be due to a fault that fired. */
bool scenario_is_hurt(const struct scenario_guest *guest);

/** Bring everything up, the card started. */
int scenario_up(struct scenario_guest *guest);
/** Take it down as far as that stage; owners come back and are counted. */
void scenario_down(struct scenario_guest *guest,
		   enum virtual_machine_stage stage);

/** Stop it: what is on its way in is lost. */
void scenario_stop(struct scenario_guest *guest);
/** Take the card away so many nanoseconds from now. */
void scenario_remove_after(struct scenario_guest *guest, uint64_t delay);
/** The host offers it again: close what is left, and come up. */
int scenario_return(struct scenario_guest *guest);

/** The longest frame without a tag that the MTU and a stack's buffers allow. */
uint32_t scenario_longest(const struct scenario_guest *guest);
/** A length between a bare header and that. */
uint32_t scenario_length(struct scenario_guest *guest);
/**
 * Send a burst of at most SCENARIO_BURST.
 * @return 0, ERROR_NO_DEVICE, ERROR_PROTOCOL when the card failed,
 *	ERROR_TIMED_OUT when the card took no more
 */
int scenario_send(struct scenario_guest *guest, const uint32_t lengths[],
		  unsigned count);
/** The wire delivers a frame. @return whether the host took it */
bool scenario_deliver(struct scenario_guest *guest, uint32_t length);
/** The same, to somebody else's address. */
bool scenario_deliver_to(struct scenario_guest *guest, uint32_t length,
			 const uint8_t destination[6]);

/** One turn: bus, events, owners, frames. @return whether there were any */
bool scenario_pump(struct scenario_guest *guest);
/** Turns for so long. */
void scenario_idle(struct scenario_guest *guest, uint64_t nanoseconds);
/**
 * Sleep armed, without a look, until woken or for so long.
 * @return whether there was something, or somebody woke us
 */
bool scenario_sleep(struct scenario_guest *guest, uint64_t nanoseconds);
/**
 * Turns until each frame is accounted for, out and in.
 * @return as scenario_send()
 */
int scenario_settle(struct scenario_guest *guest);
/** So many frames are wanted. @return how many may be made; they count */
unsigned scenario_frames(struct scenario_guest *guest, unsigned wanted);
/** So many frames out and in, in bursts of any size, and settle. */
int scenario_exchange(struct scenario_guest *guest, unsigned out, unsigned in);
/** The wire took a frame of ours; the context is the guest. */
void scenario_transmitted(void *context, const struct wire_frame *frame);
/** Turns until an event was seen; it is forgotten then. As scenario_send(). */
int scenario_await(struct scenario_guest *guest, unsigned event);

#endif /* MOCKS_CLI_SCENARIO_GUEST_H */
