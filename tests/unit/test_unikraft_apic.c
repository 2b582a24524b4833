/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The local APIC as firmware leaves it, or does not, and what the glue to
 * Unikraft makes of it (Intel SDM 3A 10.4 and 10.5).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mocks/machine/machine.h"
#include "unikraft/machine.h"

#define APIC_BASE    0x1b
#define APIC_PLACE   0xfee00000u
#define APIC_ENABLED 0x800u
#define APIC_X2APIC  0x400u
#define X2APIC_FIRST 0x800u
#define REGISTERS    0x40u
/* Numbers of registers: a sixteenth of their place in memory. */
#define SPURIOUS     0xfu
#define LINT0	     0x35u
#define MASKED	     0x10000u
#define EXTERNAL     0x700u
#define SOFT_ENABLED 0x100u

struct apic_machine {
	struct machine *machine;
	uint64_t base;
	uint32_t registers[REGISTERS];
	unsigned writes;
	int result;
};

static bool msr_read(void *context, unsigned cpu, uint32_t msr, uint64_t *value)
{
	struct apic_machine *apic = context;

	(void)cpu;
	if (msr == APIC_BASE)
		*value = apic->base;
	else if ((apic->base & APIC_X2APIC) && msr - X2APIC_FIRST < REGISTERS)
		*value = apic->registers[msr - X2APIC_FIRST];
	else
		return false;
	return true;
}

static bool msr_write(void *context, unsigned cpu, uint32_t msr, uint64_t value)
{
	struct apic_machine *apic = context;

	(void)cpu;
	if (!(apic->base & APIC_X2APIC) || msr - X2APIC_FIRST >= REGISTERS)
		return false;
	apic->registers[msr - X2APIC_FIRST] = (uint32_t)value;
	apic->writes++;
	return true;
}

static uint64_t region_read(void *context, uint64_t offset, unsigned width)
{
	struct apic_machine *apic = context;

	assert_int_equal(width, 4);
	return apic->registers[offset / 16];
}

static void region_write(void *context, uint64_t offset, uint64_t value,
			 unsigned width)
{
	struct apic_machine *apic = context;

	assert_int_equal(width, 4);
	/* One that is switched off keeps its inputs masked. */
	if (offset / 16 == LINT0 && !(apic->registers[SPURIOUS] & SOFT_ENABLED))
		value |= MASKED;
	apic->registers[offset / 16] = (uint32_t)value;
	apic->writes++;
}

static void guest(void *argument)
{
	struct apic_machine *apic = argument;

	apic->result = apic_accept(machine_port(apic->machine));
}

static void accept_on(struct apic_machine *apic)
{
	static const struct machine_configuration configuration = {.cpus = 1};
	const struct machine_hypervisor hypervisor = {
		.context = apic,
		.msr_read = msr_read,
		.msr_write = msr_write,
	};
	struct machine_region region = {
		.base = APIC_PLACE,
		.bytes = (uint64_t)REGISTERS * 16,
		.name = "local APIC",
		.context = apic,
		.read = region_read,
		.write = region_write,
	};

	apic->machine = machine_create(&configuration);
	assert_non_null(apic->machine);
	machine_hypervisor_set(apic->machine, &hypervisor);
	if ((apic->base & APIC_ENABLED) && !(apic->base & APIC_X2APIC))
		machine_mmio_region_add(apic->machine, &region);
	if (machine_run(apic->machine, guest, apic) != MACHINE_DONE)
		fail_msg("%s", machine_reason(apic->machine));
	machine_destroy(apic->machine);
}

/* QEMU's microvm: off and masked, so the 8259s are not heard either. */
static void off_and_masked_is_switched_on(void **state)
{
	struct apic_machine apic = {.base = APIC_PLACE | APIC_ENABLED};

	(void)state;
	apic.registers[SPURIOUS] = 0xff;
	apic.registers[LINT0] = MASKED;
	accept_on(&apic);
	assert_int_equal(apic.result, 0);
	assert_int_equal(apic.registers[SPURIOUS], SOFT_ENABLED | 0xff);
	assert_int_equal(apic.registers[LINT0], EXTERNAL);
}

static void off_and_masked_by_registers_of_the_model(void **state)
{
	struct apic_machine apic = {
		.base = APIC_PLACE | APIC_ENABLED | APIC_X2APIC,
	};

	(void)state;
	apic.registers[SPURIOUS] = 0xff;
	apic.registers[LINT0] = MASKED;
	accept_on(&apic);
	assert_int_equal(apic.result, 0);
	assert_int_equal(apic.registers[SPURIOUS], SOFT_ENABLED | 0xff);
	assert_int_equal(apic.registers[LINT0], EXTERNAL);
}

/* As a PC's firmware leaves it, or somebody who has plans of his own. */
static void on_is_left_alone(void **state)
{
	struct apic_machine apic = {.base = APIC_PLACE | APIC_ENABLED};

	(void)state;
	apic.registers[SPURIOUS] = SOFT_ENABLED | 0x20;
	apic.registers[LINT0] = MASKED;
	accept_on(&apic);
	assert_int_equal(apic.result, 0);
	assert_int_equal(apic.writes, 0);
}

static void none_is_said(void **state)
{
	struct apic_machine apic = {.base = APIC_PLACE};

	(void)state;
	accept_on(&apic);
	assert_int_equal(apic.result, ERROR_NOT_SUPPORTED);
	assert_int_equal(apic.writes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(off_and_masked_is_switched_on),
		cmocka_unit_test(off_and_masked_by_registers_of_the_model),
		cmocka_unit_test(on_is_left_alone),
		cmocka_unit_test(none_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
