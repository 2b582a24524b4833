/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of Check, one of which fails: what it leaves behind is looked at.
 */
#include <check.h>

#include "tests/support/live_card.h"

static void exchange(struct live_card *live)
{
	ck_assert_int_eq(live_up(live), 0);
	live_send(live, 100, false);
	ck_assert(live_settle(live));
}

static const char *run(uint64_t seed)
{
	struct live_card_configuration configuration = {
		.machine.machine.seed = seed,
	};

	return live_run(&configuration, exchange);
}

START_TEST(it_passes)
{
	ck_assert_str_eq(run(3), "");
}
END_TEST

START_TEST(it_fails)
{
	ck_assert_str_eq(run(4), "");
	ck_assert_msg(run(5)[0], "planted: \"%s\"", "it went well");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("planted");
	TCase *cases = tcase_create("planted");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, cases);
	tcase_add_test(cases, it_passes);
	tcase_add_test(cases, it_fails);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed;
}
