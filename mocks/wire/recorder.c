/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A wire that writes down what passes, both ways, and hands it on.
 */
#include <stdlib.h>
#include <time.h>

#include "mocks/wire/capture.h"
#include "mocks/wire/wire.h"

struct wire_recorder {
	struct wire wire;
	struct wire *inner;
	struct capture_writer *writer;
};

static void recorder_note(struct wire_recorder *recorder,
			  const struct wire_frame *frame)
{
	struct capture_record record = {
		.data = frame->data,
		.captured = frame->length,
		.length = frame->length,
	};
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	record.seconds = now.tv_sec;
	record.nanoseconds = (uint32_t)now.tv_nsec;
	/* An error of the disk is said when the capture is closed. */
	capture_write(recorder->writer, &record);
}

static void recorder_transmit(struct wire *wire, const struct wire_frame *frame)
{
	struct wire_recorder *recorder = (struct wire_recorder *)wire;

	recorder_note(recorder, frame);
	wire_transmit(recorder->inner, frame);
}

/** What comes out of the inner wire goes to the card of the outer one. */
static bool recorder_receive(void *card, const struct wire_frame *frame)
{
	struct wire_recorder *recorder = card;

	recorder_note(recorder, frame);
	return wire_deliver(&recorder->wire, frame);
}

static size_t recorder_wait_for(struct wire *wire, struct pollfd *descriptors,
				size_t most, int *milliseconds)
{
	struct wire_recorder *recorder = (struct wire_recorder *)wire;

	return wire_wait_for(recorder->inner, descriptors, most, milliseconds);
}

static void recorder_serve(struct wire *wire, struct pollfd *descriptors,
			   size_t count)
{
	struct wire_recorder *recorder = (struct wire_recorder *)wire;

	wire_serve(recorder->inner, descriptors, count);
}

static void recorder_destroy(struct wire *wire)
{
	struct wire_recorder *recorder = (struct wire_recorder *)wire;

	wire_destroy(recorder->inner);
	free(recorder);
}

struct wire *wire_recorder_create(struct wire *inner,
				  struct capture_writer *writer)
{
	static const struct wire_operations operations = {
		.transmit = recorder_transmit,
		.destroy = recorder_destroy,
		.wait_for = recorder_wait_for,
		.serve = recorder_serve,
	};
	struct wire_recorder *recorder = calloc(1, sizeof(*recorder));

	if (!recorder)
		return NULL;
	recorder->wire.operations = &operations;
	recorder->inner = inner;
	recorder->writer = writer;
	wire_attach(inner, recorder_receive, recorder);
	return &recorder->wire;
}
