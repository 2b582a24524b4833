/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What all wires have in common, and the three that need no file: the loop, the
 * pair, and the tap.
 *
 * Each frame is counted at the end where it passes: by the card that sends it,
 * and by the card to which it is handed, taken or refused.
 */
#include <stdlib.h>

#include "mocks/wire/wire.h"

void wire_attach(struct wire *wire, wire_receive receive, void *card)
{
	wire->receive = receive;
	wire->card = card;
}

void wire_observe(struct wire *wire, wire_observer observer, void *context)
{
	wire->observer = observer;
	wire->observer_context = context;
}

void wire_transmit(struct wire *wire, const struct wire_frame *frame)
{
	if (wire->observer)
		wire->observer(wire->observer_context, frame, true);
	wire->sent_frames++;
	wire->sent_bytes += frame->length;
	wire->operations->transmit(wire, frame);
}

bool wire_deliver(struct wire *wire, const struct wire_frame *frame)
{
	if (wire->observer)
		wire->observer(wire->observer_context, frame, false);
	if (!wire->receive || !wire->receive(wire->card, frame)) {
		wire->refused_frames++;
		return false;
	}
	wire->taken_frames++;
	wire->taken_bytes += frame->length;
	return true;
}

void wire_destroy(struct wire *wire)
{
	if (wire)
		wire->operations->destroy(wire);
}

size_t wire_wait_for(struct wire *wire, struct pollfd *descriptors, size_t most,
		     int *milliseconds)
{
	if (!wire->operations->wait_for)
		return 0;
	return wire->operations->wait_for(wire, descriptors, most,
					  milliseconds);
}

void wire_serve(struct wire *wire, struct pollfd *descriptors, size_t count)
{
	if (wire->operations->serve)
		wire->operations->serve(wire, descriptors, count);
}

/* ---- Loop ---- */

static void loop_transmit(struct wire *wire, const struct wire_frame *frame)
{
	wire_deliver(wire, frame);
}

static void plain_destroy(struct wire *wire)
{
	free(wire);
}

struct wire *wire_loop_create(void)
{
	static const struct wire_operations operations = {
		.transmit = loop_transmit,
		.destroy = plain_destroy,
	};
	struct wire *wire = calloc(1, sizeof(*wire));

	if (wire)
		wire->operations = &operations;
	return wire;
}

/* ---- Pair ---- */

struct wire_pair_end {
	struct wire wire;
	/* NULL when it was destroyed first: frames are lost from then on. */
	struct wire_pair_end *peer;
};

static void pair_transmit(struct wire *wire, const struct wire_frame *frame)
{
	struct wire_pair_end *end = (struct wire_pair_end *)wire;

	if (end->peer)
		wire_deliver(&end->peer->wire, frame);
}

static void pair_destroy(struct wire *wire)
{
	struct wire_pair_end *end = (struct wire_pair_end *)wire;

	if (end->peer)
		end->peer->peer = NULL;
	free(end);
}

bool wire_pair_create(struct wire *ends[2])
{
	static const struct wire_operations operations = {
		.transmit = pair_transmit,
		.destroy = pair_destroy,
	};
	struct wire_pair_end *first = calloc(1, sizeof(*first));
	struct wire_pair_end *second = calloc(1, sizeof(*second));

	if (!first || !second) {
		free(first);
		free(second);
		return false;
	}
	first->wire.operations = &operations;
	first->peer = second;
	second->wire.operations = &operations;
	second->peer = first;
	ends[0] = &first->wire;
	ends[1] = &second->wire;
	return true;
}

/* ---- Tap ---- */

struct wire_tap {
	struct wire wire;
	void (*transmitted)(void *context, const struct wire_frame *frame);
	void *context;
};

static void tap_transmit(struct wire *wire, const struct wire_frame *frame)
{
	struct wire_tap *tap = (struct wire_tap *)wire;

	tap->transmitted(tap->context, frame);
}

struct wire *wire_tap_create(
	void (*transmitted)(void *context, const struct wire_frame *frame),
	void *context)
{
	static const struct wire_operations operations = {
		.transmit = tap_transmit,
		.destroy = plain_destroy,
	};
	struct wire_tap *tap = calloc(1, sizeof(*tap));

	if (!tap)
		return NULL;
	tap->wire.operations = &operations;
	tap->transmitted = transmitted;
	tap->context = context;
	return &tap->wire;
}
