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

#include <poll.h>
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

/**
 * Who sees each frame as it passes the card's end.
 * @param sent the card sent it; false: the card is handed it
 */
typedef void (*wire_observer)(void *context, const struct wire_frame *frame,
			      bool sent);

/** What a kind of wire implements. */
struct wire_operations {
	void (*transmit)(struct wire *wire, const struct wire_frame *frame);
	void (*destroy)(struct wire *wire);
	/** NULL for a wire that is not of this world, see wire_wait_for(). */
	size_t (*wait_for)(struct wire *wire, struct pollfd *descriptors,
			   size_t most, int *milliseconds);
	void (*serve)(struct wire *wire, struct pollfd *descriptors,
		      size_t count);
};

/** A wire's end, embedded first by each kind. */
struct wire {
	const struct wire_operations *operations;
	wire_receive receive;
	void *card;
	wire_observer observer;
	void *observer_context;
	/**
	 * Frames and bytes that the card sent, and that it was handed and took.
	 */
	uint64_t sent_frames, sent_bytes, taken_frames, taken_bytes,
		refused_frames;
};

/** Plug a card in; NULL to pull it out. */
void wire_attach(struct wire *wire, wire_receive receive, void *card);
/** Show each frame to somebody from now on; NULL: to nobody. */
void wire_observe(struct wire *wire, wire_observer observer, void *context);
/** The card sends a frame. */
void wire_transmit(struct wire *wire, const struct wire_frame *frame);
/** Hand a frame to the card. @return false: no card, or it dropped the frame */
bool wire_deliver(struct wire *wire, const struct wire_frame *frame);
void wire_destroy(struct wire *wire);

/* ---- Wires that lead out of the simulator ---- */

/**
 * What poll() is to wait for until the wire has something to do: stores at most
 * so many descriptors, and makes the wait shorter if it has to be.
 * @return how many were stored
 */
size_t wire_wait_for(struct wire *wire, struct pollfd *descriptors, size_t most,
		     int *milliseconds);
/** After poll(): read what came, and hand it to the card. */
void wire_serve(struct wire *wire, struct pollfd *descriptors, size_t count);

/** Each frame comes back to its sender. NULL when out of memory, as below. */
struct wire *wire_loop_create(void);
/** Two ends: what one card sends the other one gets. Each is destroyed. */
bool wire_pair_create(struct wire *ends[2]);
/** Each frame that the card sends is handed to a function. */
struct wire *wire_tap_create(
	void (*transmitted)(void *context, const struct wire_frame *frame),
	void *context);

struct capture_writer;

/**
 * Write all that passes to a capture, with the time of day, and hand it on.
 * @param inner the wire behind, destroyed with this one
 * @param writer the caller's
 */
struct wire *wire_recorder_create(struct wire *inner,
				  struct capture_writer *writer);

#define WIRE_ERROR_MAX 256u

/**
 * A file descriptor of which each read is a frame and each write too; it is
 * closed with the wire.
 */
struct wire *wire_descriptor_create(int descriptor);

/**
 * The TAP interface of that name, made if there is none; the operating system's
 * end has its address from elsewhere.
 * @param error room for WIRE_ERROR_MAX: on failure one sentence
 */
struct wire *wire_device_create(const char *name, char *error);

/** What reaches the guest: 127.0.0.1:host on the outside. */
struct wire_forward {
	uint16_t host, guest;
};

/**
 * A network in user mode (libslirp), without rights: 10.0.2.0/24 and fec0::/64,
 * the outside is 10.0.2.2 and fec0::2.
 * @param guest the guest's IPv4 address, in network order
 * @param error room for WIRE_ERROR_MAX: on failure one sentence
 */
struct wire *wire_user_create(uint32_t guest, uint16_t mtu,
			      const struct wire_forward forwards[],
			      size_t forward_count, char *error);

#endif /* MOCKS_WIRE_WIRE_H */
