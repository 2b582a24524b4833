/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupt lines of the machine, and message signalled interrupts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/machine/fault.h"
#include "mocks/machine/machine.h"
#include "port/port.h"

/** A device on a line, and the driver of it. */
struct device {
	struct machine *machine;
	struct machine_line_source source;
	unsigned taken, looked;
	bool deaf, lax;
};

static struct machine *make(enum machine_schedule schedule)
{
	const struct machine_configuration configuration = {
		.cpus = 2,
		.seed = 5,
		.schedule = schedule,
	};
	struct machine *machine = machine_create(&configuration);

	assert_non_null(machine);
	return machine;
}

static bool handler(void *argument)
{
	struct device *device = argument;

	device->looked++;
	if (device->deaf || !device->source.asserted)
		return false;
	device->taken++;
	if (!device->lax)
		machine_line_set(device->machine, &device->source, false);
	return true;
}

static void device_make(struct device *device, struct machine *machine,
			unsigned line)
{
	*device = (struct device){.machine = machine, .source.line = line};
	assert_int_equal(port_line_attach(machine_port(machine), line, handler,
					  device),
			 0);
}

static void step(struct machine *machine)
{
	shared_fence(machine_port(machine));
}

static void a_line_is_shared(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER);
	struct device one, two;
	struct port_lock lock = {0};

	(void)state;
	device_make(&one, machine, 11);
	device_make(&two, machine, 11);
	machine_line_set(machine, &two.source, true);
	assert_true(machine_line_asserted(machine, 11));
	step(machine);
	assert_int_equal(one.taken, 0);
	assert_int_equal(one.looked, 1);
	assert_int_equal(two.taken, 1);
	assert_false(machine_line_asserted(machine, 11));
	/* Under a lock it waits. */
	port_lock(machine_port(machine), &lock);
	machine_line_set(machine, &one.source, true);
	machine_line_set(machine, &two.source, true);
	step(machine);
	assert_int_equal(one.taken, 0);
	port_unlock(machine_port(machine), &lock);
	step(machine);
	assert_int_equal(one.taken, 1);
	assert_int_equal(two.taken, 2);
	step(machine);
	assert_int_equal(one.looked, 2);
	port_line_detach(machine_port(machine), 11, handler, &one);
	machine_line_set(machine, &one.source, true);
	step(machine);
	assert_int_equal(one.looked, 2);
	assert_int_equal(two.looked, 3);
	machine_destroy(machine);
}

static void a_level_stays_and_an_edge_does_not(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER);
	struct device device;

	(void)state;
	device = (struct device){.machine = machine, .source.line = 4};
	/* Nobody listens yet: it waits, the level as well as the edge. */
	machine_line_set(machine, &device.source, true);
	step(machine);
	device_make(&device, machine, 4);
	device.source.asserted = true;
	device.lax = true;
	step(machine);
	step(machine);
	assert_true(device.taken >= 2);
	machine_line_set(machine, &device.source, false);
	step(machine);
	device.looked = 0;
	machine_line_pulse(machine, 4);
	step(machine);
	step(machine);
	assert_int_equal(device.looked, 1);
	machine_destroy(machine);
}

static void storm(void *argument)
{
	struct device *device = argument;

	machine_line_set(device->machine, &device->source, true);
	for (;;)
		port_relax(machine_port(device->machine),
			   port_time(machine_port(device->machine)) + 1000);
}

static void a_storm_is_named(void **state)
{
	unsigned deaf;

	(void)state;
	for (deaf = 0; deaf < 2; deaf++) {
		struct machine *machine = make(MACHINE_SCHEDULE_SEEDED);
		struct device device;

		device_make(&device, machine, 10);
		device.lax = true;
		device.deaf = deaf;
		assert_int_equal(machine_run(machine, storm, &device),
				 MACHINE_SPIN);
		assert_non_null(
			strstr(machine_reason(machine), "interrupt line 10"));
		assert_non_null(strstr(machine_reason(machine),
				       deaf ? "none takes it"
					    : "none makes its device let go"));
		machine_destroy(machine);
	}
}

static void detach_wrong(void *argument)
{
	port_line_detach(machine_port(argument), 3, handler, NULL);
}

static void what_is_refused(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER);

	(void)state;
	assert_int_equal(port_line_attach(machine_port(machine), MACHINE_LINES,
					  handler, NULL),
			 ERROR_INVALID);
	machine_line_pulse(machine, MACHINE_LINES);
	assert_int_equal(machine_run(machine, detach_wrong, machine),
			 MACHINE_FAULT);
	assert_non_null(strstr(machine_reason(machine), "port_line_detach()"));
	machine_destroy(machine);
}

static void a_lost_one_comes_with_the_next(void **state)
{
	const struct machine_fault lost = {MACHINE_FAULT_INTERRUPT, 1, false};
	const struct machine_fault attach = {MACHINE_FAULT_ATTACH, 1, false};
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER);
	struct device device;

	(void)state;
	device_make(&device, machine, 5);
	machine_fault_arm(machine, &lost);
	machine_line_set(machine, &device.source, true);
	step(machine);
	assert_int_equal(device.taken, 0);
	machine_line_set(machine, &device.source, true);
	step(machine);
	assert_int_equal(device.taken, 1);
	machine_fault_arm(machine, &attach);
	assert_int_equal(port_line_attach(machine_port(machine), 5, handler,
					  NULL),
			 ERROR_NO_SPACE);
	machine_destroy(machine);
}

/* ---- Messages ---- */

static void count(void *argument)
{
	++*(unsigned *)argument;
}

static void messages_become_vectors(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER);
	struct port *port = machine_port(machine);
	le32 *word = port_alloc(port, sizeof(*word), "word");
	unsigned taken = 0;
	uint64_t address;
	uint32_t data;
	uint8_t vector;

	(void)state;
	assert_int_equal(port_interrupt_attach(port, count, &taken, &vector),
			 0);
	assert_int_equal(
		port_interrupt_message(port, vector, 1, &address, &data), 0);
	assert_int_equal(address, 0xfee01000);
	machine_message(machine, address, data);
	step(machine);
	assert_int_equal(taken, 1);
	/* An address in RAM is just that. */
	machine_message(machine, port_physical(port, word), 0x12345678);
	assert_int_equal(le32_to_cpu(*word), 0x12345678);
	assert_int_equal(machine_violations(machine), 0);
	machine_message(machine, 0xfee02000, data);
	machine_message(machine, address, data | 0x400);
	machine_message(machine, address, 15);
	machine_message(machine, 0xfed00000, data);
	assert_int_equal(machine_violations(machine), 4);
	assert_non_null(
		strstr(machine_violation_text(machine, 3), "where nothing is"));
	step(machine);
	assert_int_equal(taken, 1);
	machine_destroy(machine);
}

static void message_wrong(void *argument)
{
	uint64_t address;
	uint32_t data;

	port_interrupt_message(machine_port(argument), 40, 2, &address, &data);
}

static void platforms_without_messages(void **state)
{
	const struct machine_configuration configuration = {.no_messages =
								    true};
	struct machine *machine = machine_create(&configuration);
	uint64_t address;
	uint32_t data;

	(void)state;
	assert_int_equal(port_interrupt_message(machine_port(machine), 40, 0,
						&address, &data),
			 ERROR_NOT_SUPPORTED);
	machine_destroy(machine);
	machine = make(MACHINE_SCHEDULE_EAGER);
	assert_int_equal(machine_run(machine, message_wrong, machine),
			 MACHINE_FAULT);
	machine_destroy(machine);
}

/** Each vector of each vCPU has a word of its own. */
static void messages_to_words(void **state)
{
	const struct machine_configuration configuration = {
		.cpus = 2,
		.message_words = 0x120000000,
	};
	struct machine *machine = machine_create(&configuration);
	uint64_t address;
	uint32_t data;

	(void)state;
	assert_int_equal(port_interrupt_message(machine_port(machine), 40, 1,
						&address, &data),
			 0);
	assert_true(address == 0x120000000 + 4 * (256 + 40));
	assert_int_equal(data, 40);
	machine_destroy(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_shared),
		cmocka_unit_test(a_level_stays_and_an_edge_does_not),
		cmocka_unit_test(a_storm_is_named),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(a_lost_one_comes_with_the_next),
		cmocka_unit_test(messages_become_vectors),
		cmocka_unit_test(platforms_without_messages),
		cmocka_unit_test(messages_to_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
