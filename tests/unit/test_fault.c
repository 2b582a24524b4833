/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults by number: the n-th question of a kind, once or from there on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/machine/fault.h"
#include "port/port.h"

#define KIND MACHINE_FAULT_SIGNAL_LOST

static struct machine *make(void)
{
	static const struct machine_configuration configuration = {
		.ram_bytes = 1 << 20,
	};
	struct machine *machine = machine_create(&configuration);

	assert_non_null(machine);
	return machine;
}

/* Ask six times; a bit for each yes, the first the lowest. */
static unsigned ask(struct machine *machine, const struct machine_fault *fault)
{
	unsigned answers = 0, i;

	machine_fault_arm(machine, fault);
	for (i = 0; i < 6; i++) {
		machine_fault_fires(machine, MACHINE_FAULT_GPADL);
		answers |= (unsigned)machine_fault_fires(machine, KIND) << i;
	}
	return answers;
}

static void the_nth_of_a_kind_fails(void **state)
{
	struct machine_fault fault = {.kind = KIND, .n = 3};
	struct machine *machine = make();

	(void)state;
	assert_int_equal(ask(machine, NULL), 0);
	assert_int_equal(machine_fault_points(machine, KIND), 6);
	assert_int_equal(machine_fault_points(machine, MACHINE_FAULT_GPADL), 6);
	assert_int_equal(machine_fault_points(machine, MACHINE_FAULT_OPEN), 0);
	assert_int_equal(machine_fault_fired(machine), 0);
	assert_int_equal(ask(machine, &fault), 1 << 2);
	assert_int_equal(machine_fault_fired(machine), 1);
	fault.persistent = true;
	assert_int_equal(ask(machine, &fault), 0x3c);
	assert_int_equal(machine_fault_fired(machine), 4);
	fault.n = 7;
	assert_int_equal(ask(machine, &fault), 0);
	fault.n = 0;
	assert_int_equal(ask(machine, &fault), 0);
	machine_destroy(machine);
}

static void each_kind_is_found_by_its_name(void **state)
{
	enum machine_fault_kind found;
	unsigned i;

	(void)state;
	for (i = 0; i < MACHINE_FAULT_KINDS; i++) {
		assert_true(machine_fault_find(
			machine_fault_name((enum machine_fault_kind)i),
			&found));
		assert_int_equal(found, i);
	}
	assert_false(machine_fault_find("alloc", &found));
	assert_false(machine_fault_find("", &found));
	assert_true(machine_fault_persists(MACHINE_FAULT_PAGES));
	assert_false(machine_fault_persists(MACHINE_FAULT_MESSAGE_LATE));
}

static void handler(void *argument)
{
	(void)argument;
}

/* Guest memory and vectors fail as port.h says they may. */
static void the_platform_fails(void **state)
{
	struct machine_fault fault = {.kind = MACHINE_FAULT_ALLOCATION, .n = 1};
	struct machine *machine = make();
	struct port *port = machine_port(machine);
	void *memory;
	uint8_t vector;

	(void)state;
	machine_fault_arm(machine, &fault);
	assert_null(port_alloc(port, 8, "test"));
	memory = port_alloc(port, 8, "test");
	assert_non_null(memory);
	port_free(port, memory);
	fault.kind = MACHINE_FAULT_PAGES;
	machine_fault_arm(machine, &fault);
	assert_null(port_pages_alloc(port, 1, 0, "test"));
	memory = port_pages_alloc(port, 1, 0, "test");
	assert_non_null(memory);
	port_pages_free(port, memory, 1);
	fault.kind = MACHINE_FAULT_ATTACH;
	machine_fault_arm(machine, &fault);
	assert_int_equal(port_interrupt_attach(port, handler, NULL, &vector),
			 ERROR_NO_SPACE);
	assert_int_equal(port_interrupt_attach(port, handler, NULL, &vector),
			 0);
	port_interrupt_detach(port, vector);
	machine_destroy(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nth_of_a_kind_fails),
		cmocka_unit_test(each_kind_is_found_by_its_name),
		cmocka_unit_test(the_platform_fails),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
