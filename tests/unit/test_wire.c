/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The common part of wires: who counts what, and what becomes of frames when
 * nobody is there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/wire/wire.h"

/** A card that remembers the last frame it took. */
struct card {
	bool refuses;
	unsigned frames;
	uint8_t bytes[64];
	uint32_t length;
};

static bool card_receive(void *argument, const struct wire_frame *frame)
{
	struct card *card = argument;

	if (card->refuses)
		return false;
	card->frames++;
	card->length = frame->length;
	memcpy(card->bytes, frame->data, frame->length);
	return true;
}

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7};
static const struct wire_frame frame = {bytes, sizeof(bytes)};

static void assert_took(const struct card *card, unsigned frames)
{
	assert_int_equal(card->frames, frames);
	assert_int_equal(card->length, sizeof(bytes));
	assert_memory_equal(card->bytes, bytes, sizeof(bytes));
}

static void loop_brings_frames_back(void **state)
{
	struct wire *wire = wire_loop_create();
	struct card card = {0};

	(void)state;
	assert_non_null(wire);
	wire_attach(wire, card_receive, &card);
	wire_transmit(wire, &frame);
	wire_transmit(wire, &frame);
	assert_took(&card, 2);
	assert_int_equal(wire->sent_frames, 2);
	assert_int_equal(wire->sent_bytes, 2 * sizeof(bytes));
	assert_int_equal(wire->taken_frames, 2);
	assert_int_equal(wire->taken_bytes, 2 * sizeof(bytes));
	assert_int_equal(wire->refused_frames, 0);
	wire_destroy(wire);
}

static void refused_frames_are_counted(void **state)
{
	struct wire *wire = wire_loop_create();
	struct card card = {.refuses = true};

	(void)state;
	assert_non_null(wire);
	/* Nobody is plugged in. */
	assert_false(wire_deliver(wire, &frame));
	wire_attach(wire, card_receive, &card);
	assert_false(wire_deliver(wire, &frame));
	card.refuses = false;
	assert_true(wire_deliver(wire, &frame));
	wire_attach(wire, NULL, NULL);
	assert_false(wire_deliver(wire, &frame));
	assert_took(&card, 1);
	assert_int_equal(wire->refused_frames, 3);
	assert_int_equal(wire->taken_frames, 1);
	assert_int_equal(wire->taken_bytes, sizeof(bytes));
	wire_destroy(wire);
}

static void pair_connects_two_cards(void **state)
{
	struct wire *ends[2];
	struct card cards[2] = {0};

	(void)state;
	assert_true(wire_pair_create(ends));
	wire_attach(ends[0], card_receive, &cards[0]);
	wire_attach(ends[1], card_receive, &cards[1]);
	wire_transmit(ends[0], &frame);
	assert_took(&cards[1], 1);
	assert_int_equal(cards[0].frames, 0);
	assert_int_equal(ends[0]->sent_frames, 1);
	assert_int_equal(ends[0]->taken_frames, 0);
	assert_int_equal(ends[1]->taken_frames, 1);
	assert_int_equal(ends[1]->sent_frames, 0);
	wire_transmit(ends[1], &frame);
	assert_took(&cards[0], 1);
	wire_destroy(ends[0]);
	wire_destroy(ends[1]);
}

static void pair_survives_the_end_of_one_side(void **state)
{
	struct wire *ends[2];
	struct card card = {0};

	(void)state;
	assert_true(wire_pair_create(ends));
	wire_attach(ends[1], card_receive, &card);
	wire_destroy(ends[0]);
	wire_transmit(ends[1], &frame);
	assert_int_equal(ends[1]->sent_frames, 1);
	assert_int_equal(card.frames, 0);
	assert_true(wire_deliver(ends[1], &frame));
	assert_took(&card, 1);
	wire_destroy(ends[1]);
}

static void tapped(void *context, const struct wire_frame *seen)
{
	card_receive(context, seen);
}

static void tap_sees_what_is_sent(void **state)
{
	struct card seen = {0};
	struct card card = {0};
	struct wire *wire = wire_tap_create(tapped, &seen);

	(void)state;
	assert_non_null(wire);
	wire_attach(wire, card_receive, &card);
	wire_transmit(wire, &frame);
	assert_took(&seen, 1);
	assert_int_equal(card.frames, 0);
	assert_true(wire_deliver(wire, &frame));
	assert_took(&card, 1);
	assert_int_equal(seen.frames, 1);
	wire_destroy(wire);
	wire_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loop_brings_frames_back),
		cmocka_unit_test(refused_frames_are_counted),
		cmocka_unit_test(pair_connects_two_cards),
		cmocka_unit_test(pair_survives_the_end_of_one_side),
		cmocka_unit_test(tap_sees_what_is_sent),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
