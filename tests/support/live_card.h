/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The real driver on the real host, and a stack that knows what to expect: for
 * tests of the card as a stack sees it.
 *
 * Each frame is made from its number, so that what comes out can be told to be
 * the next one, whole, by the number alone. Frames go both ways in order;
 * "out" is from the guest to the wire, "in" the other way.
 */
#ifndef TESTS_SUPPORT_LIVE_CARD_H
#define TESTS_SUPPORT_LIVE_CARD_H

#include "mocks/cli/random.h"
#include "mocks/cli/virtual_machine.h"

#define LIVE_FRAME_MAX	9032u
/* Frames on their way at once, either way. */
#define LIVE_FLOW	1024u
#define LIVE_OWNERS	64u
#define LIVE_PAGES	6u
#define LIVE_BUFFERS	256u
#define LIVE_ROOM	2048u
#define LIVE_PIECES_MAX 300u
/* How long a test waits, in nanoseconds, before it says that nothing comes. */
#define LIVE_PATIENCE	1000000000ull

struct live_card;

struct live_card_configuration {
	/* The wire is ours. */
	struct virtual_machine_configuration machine;
	/* Of enum nic_filter, set before the start; 0: the card's own. */
	unsigned filter;
	/*
	 * Receive buffers of the stack: how many, of how many bytes, and how
	 * far from where a page begins; 0: LIVE_BUFFERS, LIVE_ROOM, 0.
	 */
	unsigned receive_count;
	uint32_t receive_bytes, receive_skew;
};

struct live_flow {
	/* Numbers of the next frame to be made, and of the next to come out. */
	uint64_t made, seen;
	uint32_t length[LIVE_FLOW];
	bool tagged[LIVE_FLOW];
	uint64_t bytes;
};

struct live_card {
	const struct live_card_configuration *configuration;
	struct virtual_machine *vm;
	struct port *port;
	struct wire *wire;
	struct nic *nic;
	void (*body)(struct live_card *live);
	void *context;
	struct random random;
	struct live_flow out, in;
	/* Where frames from the wire are addressed to. */
	uint8_t destination[6];
	/* Frames that the card took, and their buffers that are out. */
	uint64_t taken;
	unsigned owners_out;
	bool owner_out[LIVE_OWNERS];
	uint8_t *transmit_memory, *receive_memory;
	void *receive_free[LIVE_BUFFERS];
	unsigned receive_free_count, receive_count;
	/* Wake-ups for the queue and for events, and the events fetched. */
	unsigned wakes, event_wakes;
	bool woken, events_woken;
	unsigned events;
	/* Looked at for each frame that comes out at the host's side. */
	void (*transmitted)(struct live_card *live,
			    const struct wire_frame *frame);
	/* The card was taken away: what the host had is not accounted for. */
	bool removed;
	char failure[256];
};

/*
 * Make a machine, run the body as guest code with nothing brought up yet, take
 * everything down. Returns "", or what went wrong: a frame that is not the one
 * expected, a buffer that did not come back, memory left behind, a rule of a
 * specification broken, frames lost without being counted.
 */
const char *live_run(const struct live_card_configuration *configuration,
		     void (*body)(struct live_card *live));

/* ---- Inside the guest ---- */

/* Everything up, the card started; the error of virtual_machine_up(). */
int live_up(struct live_card *live);
/* Note the first thing that went wrong. */
void live_fail(struct live_card *live, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Send a frame or a burst of them, laid down at random; retried until they are
 * taken. The length is that of the frame with its tag, if it has one.
 */
void live_send(struct live_card *live, uint32_t length, bool tagged);
void live_send_burst(struct live_card *live, const uint32_t lengths[],
		     unsigned count);
/*
 * Send a frame in these pieces (of 0 bytes, too), the first at an offset from a
 * page's start and each so many bytes behind the one before.
 */
void live_send_pieces(struct live_card *live, uint32_t offset, uint32_t gap,
		      const uint32_t lengths[], unsigned count);
/*
 * Hand the card one packet of any kind and wait for its owner; not expected to
 * come out. Returns whether it was taken.
 */
bool live_offer(struct live_card *live, const void *frame, uint32_t length,
		struct net_packet *packet);

/* The wire delivers a frame. Returns whether the host took it. */
bool live_deliver(struct live_card *live, uint32_t length, bool tagged);
/* The bytes of the n-th frame; with or without the tag in its place. */
void live_frame(const struct live_card *live, uint64_t number, uint32_t length,
		bool tagged, uint8_t *frame);

/* One turn: reclaim, receive, events. Returns whether anything was there. */
bool live_pump(struct live_card *live);
/* Turns until all frames came out and all buffers are back; else it fails. */
bool live_settle(struct live_card *live);
/* Turns for so many nanoseconds. */
void live_idle(struct live_card *live, uint64_t nanoseconds);

struct nic_statistics live_statistics(struct live_card *live);
struct host_netvsp_counters live_host(struct live_card *live);
struct machine_counters live_machine(struct live_card *live);

#endif /* TESTS_SUPPORT_LIVE_CARD_H */
