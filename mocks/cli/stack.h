/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The simplest user of a card: buffers to receive into, buffers to transmit
 * from, and a note of who woke us.
 *
 * All buffers are pages of the guest's. Free ones lie on a stack, so that the
 * one used next is the one used last and still in the processor's cache; and
 * each is counted, so that one which does not come back is missed.
 *
 * Frames to be sent are laid down in one of two ways. "Scattered", for tests:
 * at any offset in a page, across pages, in one to four pieces with gaps
 * between them. "Plain", for measurements: in one piece near the start of a
 * buffer.
 */
#ifndef MOCKS_CLI_STACK_H
#define MOCKS_CLI_STACK_H

#include "mocks/cli/random.h"
#include "net/nic.h"
#include "port/port.h"

/** Room in a receive buffer; a jumbo frame takes several. */
#define STACK_RECEIVE_BYTES  2048u
/** More than the rings of any card take: what it gives has to be replaced. */
#define STACK_RECEIVE_COUNT  512u
#define STACK_TRANSMIT_COUNT 64u
/** The most pieces that a frame is laid down in. */
#define STACK_PIECES_MAX     4u
/** The longest frame: MTU 9000, header and one tag. */
#define STACK_FRAME_MAX	     (9000u + ETHERNET_HEADER_BYTES + ETHERNET_VLAN_BYTES)
struct stack {
	struct port *port;
	uint8_t *receive_memory, *transmit_memory;
	/**
	 * Bytes of a transmit buffer: room for gaps and any offset in a page.
	 */
	uint32_t transmit_bytes;
	void *receive_free[STACK_RECEIVE_COUNT];
	void *transmit_free[STACK_TRANSMIT_COUNT];
	unsigned receive_free_count, transmit_free_count;
	/** Set by wake(), taken by who waits. */
	bool woken, events_woken;
	/** Buffers that came back though they were not out. */
	unsigned strays;
	struct random random;
	bool is_plain;
};

/**
 * Allocate the buffers; inside the guest.
 * @param frame_bytes the longest frame to be sent, at most STACK_FRAME_MAX
 * @param seed for how frames are laid down
 * @return 0 or ERROR_NO_MEMORY
 */
int stack_create(struct stack *stack, struct port *port, uint32_t frame_bytes,
		 uint64_t seed, bool is_plain);
/** Free the buffers. All must be back: see stack_outstanding(). */
void stack_destroy(struct stack *stack);

/** What a card is opened with; the stack outlives it. */
struct nic_stack stack_callbacks(struct stack *stack);

/** Buffers that a card (or nobody) has. */
unsigned stack_outstanding(const struct stack *stack);

/** Whether there is a buffer for a frame to be sent. */
static inline bool stack_can_put(const struct stack *stack)
{
	return stack->transmit_free_count > 0;
}

/**
 * Lay a frame down in a transmit buffer, which stack_can_put() promised.
 *
 * @param bytes at most what the stack was made for
 * @param packet out: one packet, its owner the buffer; first_segment is the
 *	caller's
 * @param segments room for STACK_PIECES_MAX
 */
void stack_put(struct stack *stack, const uint8_t *frame, uint32_t bytes,
	       struct net_packet *packet, struct net_segment segments[]);

/**
 * The same, in pieces of the given lengths, each in one page; where that cannot
 * be, as stack_put() does.
 * @param segments room for as many as there are pieces, and STACK_PIECES_MAX
 */
void stack_put_pieces(struct stack *stack, const uint8_t *frame, uint32_t bytes,
		      const uint32_t pieces[], unsigned count,
		      struct net_packet *packet, struct net_segment segments[]);

/** Take back a transmit buffer that nic_reclaim() returned. */
void stack_sent(struct stack *stack, void *owner);

/**
 * Finish a checksum that a card left half done (NET_RX_CHECKSUM_PARTIAL), as a
 * stack does; nothing without one.
 *
 * @param frame the whole of it, without a tag that the packet has beside it
 * @return false: its place is outside of the frame
 */
bool stack_checksum_finish(const struct net_packet *packet, uint8_t *frame,
			   uint32_t bytes);

/**
 * Put a received frame together, its tag in place and its checksum whole.
 *
 * @param segments those of the packet
 * @param frame room for STACK_FRAME_MAX + ETHERNET_VLAN_BYTES
 * @param bytes out: its length
 * @return the frame, or NULL: it makes no sense
 */
const uint8_t *stack_assemble(const struct net_packet *packet,
			      const struct net_segment segments[],
			      uint8_t *frame, uint32_t *bytes);

/** Take back the receive buffers of a frame that was looked at. */
void stack_received(struct stack *stack, const struct net_segment segments[],
		    unsigned count);

#endif /* MOCKS_CLI_STACK_H */
