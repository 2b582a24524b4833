/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of CMocka of each end: what is left of them is looked at, and that each
 * has the state that it is to have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mocks/cli/virtual_machine.h"

static char of_group[] = "group", of_test[] = "test", of_setup[] = "setup";

static void up(void *argument)
{
	struct virtual_machine *vm = argument;
	const struct nic_stack stack = {.context = NULL};

	virtual_machine_up(vm, VIRTUAL_MACHINE_CONNECTED, &stack, 0);
	virtual_machine_down(vm);
}

static void run(uint64_t seed)
{
	const struct virtual_machine_configuration configuration = {
		.machine.seed = seed,
	};
	struct virtual_machine *vm = virtual_machine_create(&configuration);

	assert_non_null(vm);
	virtual_machine_run(vm, up, vm);
	virtual_machine_destroy(vm);
}

static int group_setup(void **state)
{
	*state = of_group;
	return 0;
}

static int group_teardown(void **state)
{
	return *state == of_group ? 0 : -1;
}

static int setup(void **state)
{
	*state = of_setup;
	return 0;
}

static void it_passes(void **state)
{
	assert_ptr_equal(*state, of_group);
	run(1);
}

static void it_fails(void **state)
{
	/* As CMocka does it: the group's comes first. */
	assert_ptr_equal(*state, of_group);
	run(2);
	assert_true(0);
}

static void it_is_skipped(void **state)
{
	assert_ptr_equal(*state, of_setup);
	run(3);
	skip();
}

static void it_fails_without_a_machine(void **state)
{
	(void)state;
	fail();
}

static void it_fails_last(void **state)
{
	struct machine *machine;

	(void)state;
	machine = machine_create(
		&(const struct machine_configuration){.seed = 6});
	machine_violation(machine, "a clause", "is broken");
	machine_destroy(machine);
	fail();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_passes),
		cmocka_unit_test_prestate(it_fails, of_test),
		cmocka_unit_test_setup(it_is_skipped, setup),
		cmocka_unit_test(it_fails_without_a_machine),
		cmocka_unit_test(it_fails_last),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
