/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtual machine with a card: up and down from any stage, on every host,
 * more than once; and its check afterwards can fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/cli/stack.h"
#include "mocks/cli/virtual_machine.h"

#define FRAME_BYTES 100u
#define SECOND	    1000000000u

/** What the guest is to do, and what it found. */
struct scenario {
	struct virtual_machine *vm;
	struct stack stack;
	enum virtual_machine_stage stage;
	unsigned times;
	int error;
	enum virtual_machine_stage reached;
	/** How long going down took the last time. */
	uint64_t down_time;
	bool echoed;
};

static void up_and_down(void *argument)
{
	struct scenario *scenario = argument;
	struct virtual_machine *vm = scenario->vm;
	struct nic_stack callbacks = stack_callbacks(&scenario->stack);
	unsigned i;

	scenario->error =
		stack_create(&scenario->stack, vm->port, 1518, 1, false);
	for (i = 0; i < scenario->times && !scenario->error; i++) {
		scenario->error =
			virtual_machine_up(vm, scenario->stage, &callbacks, 0);
		scenario->reached = vm->stage;
		scenario->down_time = port_time(vm->port);
		virtual_machine_down(vm);
		scenario->down_time = port_time(vm->port) - scenario->down_time;
	}
	if (!scenario->error && stack_outstanding(&scenario->stack))
		scenario->error = ERROR_BUSY;
	stack_destroy(&scenario->stack);
}

/** Send a frame into the loop that the card is plugged into. */
static void send_to_itself(void *argument)
{
	struct scenario *scenario = argument;
	struct virtual_machine *vm = scenario->vm;
	struct stack *stack = &scenario->stack;
	struct nic_stack callbacks = stack_callbacks(stack);
	uint8_t frame[FRAME_BYTES];
	struct net_segment segments[STACK_PIECES_MAX], received[4];
	struct net_packet packet = {.first_segment = 0};
	void *owner;
	unsigned turns;

	memset(frame, 0xff, sizeof(frame));
	stack_create(stack, vm->port, 1518, 1, true);
	scenario->error =
		virtual_machine_up(vm, VIRTUAL_MACHINE_STARTED, &callbacks, 0);
	if (!scenario->error) {
		stack_put(stack, frame, sizeof(frame), &packet, segments);
		while (!nic_transmit(vm->nic, 0, &packet, 1, segments))
			port_relax(vm->port, port_time(vm->port) + 1000);
	}
	for (turns = 0; turns < 1000 && !scenario->error; turns++) {
		if (nic_reclaim(vm->nic, 0, &owner, 1))
			stack_sent(stack, owner);
		if (nic_receive(vm->nic, 0, &packet, 1, received, 4)) {
			scenario->echoed = packet.length == sizeof(frame) &&
					   memcmp(received[0].data, frame,
						  sizeof(frame)) == 0;
			stack_received(stack, received, packet.segment_count);
		}
		port_relax(vm->port, port_time(vm->port) + 1000);
	}
	virtual_machine_down(vm);
	if (stack_outstanding(stack))
		scenario->error = ERROR_BUSY;
	stack_destroy(stack);
}

static void leak(void *argument)
{
	struct scenario *scenario = argument;

	port_alloc(scenario->vm->port, 10, "test: leaked");
}

static void assert_clean(const struct virtual_machine *vm)
{
	char reason[512] = "";

	virtual_machine_check(vm, reason, sizeof(reason));
	assert_string_equal(reason, "");
}

static void run(struct scenario *scenario, const char *host,
		void (*guest)(void *argument))
{
	const struct virtual_machine_configuration configuration = {
		.host = host,
		.machine = {.seed = 5},
	};

	scenario->vm = virtual_machine_create(&configuration);
	assert_non_null(scenario->vm);
	assert_int_equal(virtual_machine_run(scenario->vm, guest, scenario),
			 MACHINE_DONE);
	assert_int_equal(scenario->error, 0);
}

static void comes_up_again_on_every_host(void **state)
{
	struct scenario scenario;
	size_t i;

	(void)state;
	for (i = 0; i < host_personality_count; i++) {
		scenario = (struct scenario){
			.stage = VIRTUAL_MACHINE_STARTED,
			.times = 3,
		};
		run(&scenario, host_personalities[i].name, up_and_down);
		assert_int_equal(scenario.reached, VIRTUAL_MACHINE_STARTED);
		assert_clean(scenario.vm);
		virtual_machine_destroy(scenario.vm);
	}
}

static void goes_down_from_any_stage(void **state)
{
	struct scenario scenario;
	int stage;

	(void)state;
	for (stage = VIRTUAL_MACHINE_OFF; stage <= VIRTUAL_MACHINE_STARTED;
	     stage++) {
		scenario = (struct scenario){.stage = stage, .times = 1};
		run(&scenario, NULL, up_and_down);
		assert_int_equal(scenario.reached, stage);
		/* The host answered: no wait went on to its end. */
		assert_in_range(scenario.down_time, 0, SECOND / 10);
		assert_clean(scenario.vm);
		virtual_machine_destroy(scenario.vm);
	}
}

static void sends_a_frame_to_itself(void **state)
{
	struct scenario scenario = {.error = 0};

	(void)state;
	run(&scenario, NULL, send_to_itself);
	assert_true(scenario.echoed);
	assert_clean(scenario.vm);
	/* A frame that only one side knows of is missed. */
	scenario.vm->final.tx_frames++;
	assert_false(virtual_machine_check(scenario.vm, (char[64]){0}, 64));
	scenario.vm->final.tx_frames--;
	scenario.vm->final.rx_frames--;
	assert_false(virtual_machine_check(scenario.vm, (char[64]){0}, 64));
	virtual_machine_destroy(scenario.vm);
}

static void finds_what_was_left_behind(void **state)
{
	struct scenario scenario = {.error = 0};
	char reason[128];

	(void)state;
	run(&scenario, NULL, leak);
	assert_false(
		virtual_machine_check(scenario.vm, reason, sizeof(reason)));
	assert_memory_equal(reason, "the guest leaked 1 allocations, ", 32);
	machine_violation(scenario.vm->machine, "a test", "it is broken");
	assert_false(
		virtual_machine_check(scenario.vm, reason, sizeof(reason)));
	assert_memory_equal(reason, "the guest broke 1 rules, first: ", 32);
	virtual_machine_destroy(scenario.vm);
}

static void knows_its_hosts(void **state)
{
	const struct virtual_machine_configuration configuration = {
		.host = "ws2003",
	};

	(void)state;
	assert_null(virtual_machine_create(&configuration));
	virtual_machine_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_up_again_on_every_host),
		cmocka_unit_test(goes_down_from_any_stage),
		cmocka_unit_test(sends_a_frame_to_itself),
		cmocka_unit_test(finds_what_was_left_behind),
		cmocka_unit_test(knows_its_hosts),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
