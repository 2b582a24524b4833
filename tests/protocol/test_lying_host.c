/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host that lies by chance, in any field of anything: control messages,
 * packets, what lies in the receive buffer, the words of the rings, event
 * flags, message slots. See lying_host.h for what must hold nevertheless.
 *
 * VMMSIM_SEEDS says how many lives are lived (default 2000); a failure names
 * its seed and what was told, and VMMSIM_SEED lives that one alone, with the
 * machine's log.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/lies.h"
#include "tests/support/plain_card.h"

#define CHUNKS	 20
#define SEEDS	 2000u
#define SETTINGS 6u

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

/* Live with a seed; the first error goes where it says. */
static const char *live(unsigned long seed, FILE *log, int *error)
{
	static const char *const hosts[SETTINGS] = {"ws2012", "ws2012r2",
						    "ws2016", "ws2019",
						    "ws2022", "azure"};
	static const enum machine_schedule schedules[] = {
		MACHINE_SCHEDULE_SEEDED, MACHINE_SCHEDULE_SEEDED,
		MACHINE_SCHEDULE_EAGER, MACHINE_SCHEDULE_LAZY};
	struct lies *lies = calloc(1, sizeof(*lies));
	const struct lying_configuration configuration = {
		.host = hosts[seed % SETTINGS],
		.seed = seed,
		.schedule = schedules[seed / SETTINGS % 4],
		.again = true,
		.look = lies_look,
		.context = lies,
		.error = error,
		.log = log,
	};
	const char *verdict;

	ck_assert_ptr_nonnull(lies);
	lies_plan(lies, seed);
	verdict = lying_host_run(&configuration);
	free(lies);
	return verdict;
}

START_TEST(whatever_a_host_says_the_card_lives_or_fails_in_order)
{
	unsigned long count = setting("VMMSIM_SEEDS", SEEDS) / CHUNKS, i;
	unsigned long well = 0;
	int error;

	for (i = 0; i < count; i++) {
		ck_assert_str_eq(
			live((unsigned long)_i * count + i, NULL, &error), "");
		well += error == 0;
	}
	/* Lies that go unnoticed prove as little as those that end it all. */
	if (count >= 100) {
		ck_assert_uint_gt(well, count / 4);
		ck_assert_uint_lt(well, count - count / 8);
	}
}
END_TEST

/* The third answer twice: the fourth, and good one, is left in the slot. */
static bool twice(struct lying_host *lying, enum lie_kind kind, uint8_t *bytes,
		  uint32_t *count)
{
	if (kind == LIE_MESSAGE && lying->shown[kind] == 2) {
		lying->touched_messages = true;
		tell(&lying->told, " the third message twice");
		host_hostile_message(lying->vm->host_bus, bytes, *count);
	}
	return true;
}

START_TEST(an_answer_left_in_the_slot_is_for_nobody)
{
	int error = 0;
	struct lying_configuration configuration = {
		/* It refuses three versions. */
		.host = "ws2012",
		.again = true,
		.look = twice,
		.error = &error,
	};
	unsigned misled = 0;

	for (configuration.seed = 0; configuration.seed < 64;
	     configuration.seed++) {
		ck_assert_str_eq(lying_host_run(&configuration), "");
		ck_assert(error == 0 || error == ERROR_NOT_SUPPORTED);
		misled += error != 0;
	}
	ck_assert_uint_gt(misled, 8);
}
END_TEST

START_TEST(one_seed)
{
	ck_assert_str_eq(live(setting("VMMSIM_SEED", 0), stderr, NULL), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lying_host");
	TCase *test = tcase_create("lives");

	tcase_set_timeout(test, 120);
	if (getenv("VMMSIM_SEED")) {
		tcase_add_test(test, one_seed);
	} else {
		tcase_add_loop_test(
			test,
			whatever_a_host_says_the_card_lives_or_fails_in_order,
			0, CHUNKS);
		tcase_add_test(test, an_answer_left_in_the_slot_is_for_nobody);
	}
	suite_add_tcase(suite, test);
	return plain_main(suite);
}
