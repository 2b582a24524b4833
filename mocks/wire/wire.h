/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a simulated card is plugged into.
 *
 * A wire has two ends. A host's card holds one: what the guest transmits goes
 * to wire_transmit(), and the wire hands frames to the card with the receive
 * function that it attached. Frames are those of the wire: complete, with their
 * VLAN tag in place and their checksums as the guest or the card left them.
 */
#ifndef MOCKS_WIRE_WIRE_H
#define MOCKS_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire;

/** A frame on the wire; its bytes live as long as the call. */
struct wire_frame {
	const uint8_t *data;
	uint32_t length;
};

/**
 * What a card does with a frame that arrives.
 * @return false: it had to drop it
 */
typedef bool (*wire_receive)(void *card, const struct wire_frame *frame);

/** What a kind of wire implements. */
struct wire_operations {
	void (*transmit)(struct wire *wire, const struct wire_frame *frame);
	void (*destroy)(struct wire *wire);
};

/** A wire's end, embedded first by each kind. */
struct wire {
	const struct wire_operations *operations;
	wire_receive receive;
	void *card;
	/**
	 * Frames and bytes that the card sent, and that it was handed and took.
	 */
	uint64_t sent_frames, sent_bytes, taken_frames, taken_bytes,
		refused_frames;
};

/** Plug a card in; NULL to pull it out. */
void wire_attach(struct wire *wire, wire_receive receive, void *card);
/** The card sends a frame. */
void wire_transmit(struct wire *wire, const struct wire_frame *frame);
/** Hand a frame to the card. @return false: no card, or it dropped the frame */
bool wire_deliver(struct wire *wire, const struct wire_frame *frame);
void wire_destroy(struct wire *wire);

/** Each frame comes back to its sender. NULL when out of memory, as below. */
struct wire *wire_loop_create(void);
/** Two ends: what one card sends the other one gets. Each is destroyed. */
bool wire_pair_create(struct wire *ends[2]);
/** Each frame that the card sends is handed to a function. */
struct wire *wire_tap_create(
	void (*transmitted)(void *context, const struct wire_frame *frame),
	void *context);

#endif /* MOCKS_WIRE_WIRE_H */
