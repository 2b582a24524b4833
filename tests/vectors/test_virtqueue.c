/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fixtures/vectors/virtqueue.json: what lies in the rings of virtio. The driver
 * finds used buffers in a queue that has some in flight; the device,
 * descriptors in a queue for frames to send.
 */
#include "tests/vectors/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_virtio.h"
#include "virtio/virtqueue.h"

#define DESCRIPTOR	 16u
#define PIECE_BYTES	 64u
#define PIECE_ADDRESS	 0x10000u
#define PIECES_MAX	 16u
#define USED_ENTRY_BYTES 8u
#define USED_RING_AT	 4u
#define TABLE_AT	 0x8000u
#define TRANSMIT	 1u
#define AVAILABLE	 (1u << 7)
#define USED		 (1u << 15)

/* ---- To the guest ---- */

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value);
	put16(at + 2, value >> 16);
}

static void chain_add(struct virtqueue *queue, uint32_t pieces, uint32_t token)
{
	struct virtqueue_piece piece[PIECES_MAX];
	uint32_t i;

	for (i = 0; i < pieces; i++)
		piece[i] = (struct virtqueue_piece){
			.physical = PIECE_ADDRESS + PIECE_BYTES * i,
			.bytes = PIECE_BYTES,
		};
	if (!virtqueue_add(queue, piece, 0, pieces, token))
		fail_msg("a chain does not fit");
	virtqueue_publish(queue);
}

/* Buffer 0 goes round, as often as it takes to be at a place of the ring. */
static void round_go(struct virtqueue *queue, bool packed, uint32_t round)
{
	struct virtqueue_used used;
	uint8_t *at;

	chain_add(queue, 1, 0);
	if (packed) {
		at = queue->descriptors.memory +
		     (size_t)DESCRIPTOR * (round % queue->size);
		put16(at + 12, 0);
		put16(at + 14, round / queue->size % 2 ? 0 : AVAILABLE | USED);
	} else {
		at = queue->device.memory + USED_RING_AT +
		     (size_t)USED_ENTRY_BYTES * (round % queue->size);
		put32(at, 0);
		put16(queue->device.memory + 2, round + 1);
	}
	assert_int_equal(virtqueue_take(queue, &used), 1);
}

static void used_tell(struct virtqueue *queue, struct vector_outcome *outcome)
{
	struct virtqueue_used used;
	unsigned taken = 0;
	int result;

	while ((result = virtqueue_take(queue, &used)) == 1) {
		vector_list(outcome, "id", used.token);
		vector_list(outcome, "len", used.bytes);
		taken++;
	}
	if (result < 0)
		vector_invalid(outcome, "corrupt");
	else if (taken == 0)
		vector_invalid(outcome, "none");
}

/* A queue with buffers in flight, where the vector lies in the ring. */
static void guest_used(const struct vector *vector,
		       struct vector_outcome *outcome, bool packed)
{
	const struct machine_configuration machine = {.seed = 1};
	const struct virtqueue_configuration configuration = {
		.size = (uint32_t)vector_context(vector, "queue_size"),
		.packed = packed,
	};
	uint32_t outstanding = (uint32_t)vector_context(vector, "outstanding");
	uint32_t rounds = (uint32_t)vector_context_or(vector, "rounds", 0);
	uint32_t each =
		(uint32_t)vector_context_or(vector, "descriptors_each", 1);
	struct machine *of = machine_create(&machine);
	struct virtqueue queue = {0};
	uint8_t *at;
	uint32_t i;

	assert_int_equal(
		virtqueue_make(&queue, machine_port(of), &configuration), 0);
	for (i = 0; i < rounds; i++)
		round_go(&queue, packed, i);
	for (i = 0; i < outstanding; i++)
		chain_add(&queue, each, i);
	at = packed ? queue.descriptors.memory +
			      (size_t)DESCRIPTOR * (rounds % queue.size)
		    : queue.device.memory;
	memcpy(at, vector->bytes, vector->length);
	used_tell(&queue, outcome);
	virtqueue_free(&queue);
	machine_destroy(of);
}

static void guest_split(const struct vector *vector,
			struct vector_outcome *outcome)
{
	guest_used(vector, outcome, false);
}

static void guest_packed(const struct vector *vector,
			 struct vector_outcome *outcome)
{
	guest_used(vector, outcome, true);
}

/* ---- To the device ---- */

/* Descriptors, whose addresses count from the memory's begin. */
static void descriptors_put(struct raw_virtio *raw, uint8_t *to,
			    const uint8_t *from, uint32_t bytes)
{
	uint32_t at;

	memcpy(to, from, bytes);
	for (at = 0; at + DESCRIPTOR <= bytes; at += DESCRIPTOR)
		card_put64(to + at, card_get64(from + at) + virtio_at(raw, 0));
}

static void indirect_put(struct raw_virtio *raw, const struct vector *vector)
{
	static uint8_t table[VECTOR_BYTES_MAX];
	uint32_t length;

	if (vector_context_message(vector, "indirect_table", 0, table, &length))
		descriptors_put(raw, raw->bytes + TABLE_AT, table, length);
}

static struct raw_virtio *card_up(const struct vector *vector)
{
	const struct raw_virtio_options options = {
		.features = vector_context_or(vector, "features", 0),
		.size = (uint32_t)vector_context_or(vector, "queue_size", 16),
	};

	return raw_virtio_up(&options);
}

/* What came of it: frames, and the buffers that came back. */
static void device_tell(struct raw_virtio *raw, struct vector_outcome *outcome)
{
	unsigned i;

	if (machine_violations(raw->machine)) {
		vector_invalid(outcome, "malformed");
	} else if (raw->frame_count == 0) {
		vector_invalid(outcome, "none");
	} else {
		vector_number(outcome, "frames", raw->frame_count);
		for (i = 0; i < raw->frame_count; i++)
			vector_list(outcome, "lengths", raw->frames[i].length);
	}
}

static void host_split(const struct vector *vector,
		       struct vector_outcome *outcome)
{
	struct raw_virtio *raw = card_up(vector);
	struct raw_virtio_queue *queue = &raw->queues[TRANSMIT];
	uint16_t head = (uint16_t)vector_context_or(vector, "head", 0);
	uint16_t index = (uint16_t)vector_context_or(vector, "avail_idx", 1);
	uint32_t id, length;

	descriptors_put(raw, queue->table, vector->bytes, vector->length);
	indirect_put(raw, vector);
	card_put16(queue->available + 4, head);
	card_put16(queue->available + 2, index);
	virtio_kick(raw, TRANSMIT);
	device_tell(raw, outcome);
	while (!outcome->error && virtio_used(raw, TRANSMIT, &id, &length)) {
		vector_list(outcome, "used_id", id);
		vector_list(outcome, "used_len", length);
	}
	raw_virtio_destroy(raw, machine_violations(raw->machine));
}

static void host_packed(const struct vector *vector,
			struct vector_outcome *outcome)
{
	struct raw_virtio *raw = card_up(vector);
	struct raw_virtio_queue *queue = &raw->queues[TRANSMIT];

	descriptors_put(raw, queue->table, vector->bytes, vector->length);
	indirect_put(raw, vector);
	virtio_kick(raw, TRANSMIT);
	device_tell(raw, outcome);
	if (!outcome->error)
		vector_number(outcome, "used_id",
			      card_get32(queue->table + 12) & 0xffff);
	raw_virtio_destroy(raw, machine_violations(raw->machine));
}

static const struct vector_parser readers[] = {
	{"virtq_used", guest_split, NULL},
	{"pvirtq_desc", guest_packed, host_packed},
	{"virtq_desc", NULL, host_split},
};

int main(void)
{
	return vectors_main("virtqueue.json", readers,
			    sizeof(readers) / sizeof(readers[0]));
}
