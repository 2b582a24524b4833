/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What leaves the guest: CPUID, MSRs, the hypercall page, I/O ports and memory
 * mapped registers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/machine/machine.h"
#include "port/port.h"

/** A hypervisor that notes what it was asked. */
struct visor {
	struct machine *machine;
	unsigned cpu;
	uint32_t msr;
	uint64_t value, page, control, input, output;
	bool callable;
};

static bool visor_cpuid(void *context, uint32_t leaf, uint32_t subleaf,
			struct machine_cpuid *values)
{
	(void)context;
	values->eax = leaf;
	values->ebx = subleaf;
	values->ecx = 3;
	values->edx = 4;
	return leaf < 0x40000010;
}

static bool visor_msr_read(void *context, unsigned cpu, uint32_t msr,
			   uint64_t *value)
{
	struct visor *visor = context;

	visor->cpu = cpu;
	*value = visor->value;
	return msr == visor->msr;
}

static bool visor_msr_write(void *context, unsigned cpu, uint32_t msr,
			    uint64_t value)
{
	struct visor *visor = context;

	visor->cpu = cpu;
	visor->value = value;
	return msr == visor->msr;
}

static bool visor_hypercall(void *context, unsigned cpu, uint64_t page,
			    uint64_t control, uint64_t input, uint64_t output,
			    uint64_t *result)
{
	struct visor *visor = context;

	visor->cpu = cpu;
	visor->page = page;
	visor->control = control;
	visor->input = input;
	visor->output = output;
	*result = 0x12;
	return visor->callable;
}

static struct machine *make(struct visor *visor)
{
	const struct machine_configuration configuration = {.seed = 2};
	struct machine *machine = machine_create(&configuration);
	const struct machine_hypervisor hypervisor = {
		.context = visor,
		.cpuid = visor_cpuid,
		.msr_read = visor_msr_read,
		.msr_write = visor_msr_write,
		.hypercall = visor_hypercall,
	};

	assert_non_null(machine);
	if (visor) {
		visor->machine = machine;
		machine_hypervisor_set(machine, &hypervisor);
	}
	return machine;
}

static void expect_fault(struct visor *visor, void (*guest)(void *argument),
			 const char *words)
{
	struct machine *machine = make(visor);

	assert_int_equal(machine_run(machine, guest, machine_port(machine)),
			 MACHINE_FAULT);
	if (!strstr(machine_reason(machine), words))
		fail_msg("'%s' is not in '%s'", words, machine_reason(machine));
	machine_destroy(machine);
}

/* ---- The hypervisor ---- */

static void cpuid_asks_the_hypervisor(void **state)
{
	struct visor visor = {0};
	struct machine *machine = make(&visor);
	struct port_cpuid values;

	(void)state;
	values = port_cpuid(machine_port(machine), 0x40000001, 9);
	assert_int_equal(values.eax, 0x40000001);
	assert_int_equal(values.ebx, 9);
	assert_int_equal(values.ecx, 3);
	assert_int_equal(values.edx, 4);
	values = port_cpuid(machine_port(machine), 0x40000010, 9);
	assert_int_equal(values.eax | values.ebx | values.ecx | values.edx, 0);
	machine_destroy(machine);
	machine = make(NULL);
	values = port_cpuid(machine_port(machine), 1, 0);
	assert_int_equal(values.eax | values.ebx | values.ecx | values.edx, 0);
	machine_destroy(machine);
}

static void read_on_vcpu(void *port)
{
	port_msr_write(port, 0x40000073, port_msr_read(port, 0x40000073) + 1);
}

static void msrs_are_of_a_vcpu(void **state)
{
	struct visor visor = {.msr = 0x40000073, .value = 41};
	struct machine *machine = make(&visor);
	struct machine_counters counters;

	(void)state;
	port_cpu_run(machine_port(machine), 1, read_on_vcpu,
		     machine_port(machine));
	assert_int_equal(visor.cpu, 1);
	assert_int_equal(visor.value, 42);
	machine_counters(machine, &counters);
	assert_int_equal(counters.msr_accesses, 2);
	machine_destroy(machine);
}

static void read_missing(void *port)
{
	port_msr_read(port, 0x4000007f);
}

static void write_on_other(void *port)
{
	port_msr_write(port, 0x4000007f, 0x123456789a);
}

static void write_missing(void *port)
{
	port_cpu_run(port, 1, write_on_other, port);
}

static void missing_msrs_fault(void **state)
{
	struct visor visor = {.msr = 1};

	(void)state;
	expect_fault(&visor, read_missing,
		     "general protection fault: MSR 0x4000007f read on vCPU 0");
	expect_fault(&visor, write_missing,
		     "general protection fault: MSR 0x4000007f written "
		     "0x123456789a on vCPU 1");
	expect_fault(NULL, read_missing, "general protection fault");
	expect_fault(NULL, write_missing, "general protection fault");
}

static void hypercalls_name_their_page(void **state)
{
	struct visor visor = {.callable = true};
	struct machine *machine = make(&visor);
	struct port *port = machine_port(machine);
	uint8_t *pages = port_pages_alloc(port, 2, PORT_PAGES_EXECUTABLE,
					  "hypercall page");
	struct machine_counters counters;

	(void)state;
	assert_int_equal(port_hypercall(port, pages + 4096, 0x1005d, 1, 2),
			 0x12);
	assert_int_equal(visor.page, port_physical(port, pages + 4096));
	assert_int_equal(visor.control, 0x1005d);
	assert_int_equal(visor.input, 1);
	assert_int_equal(visor.output, 2);
	assert_int_equal(port_hypercall(port, pages + 4096, 1, 1, 2), 0x12);
	machine_counters(machine, &counters);
	assert_int_equal(counters.hypercalls, 2);
	machine_destroy(machine);
}

static void call_nothing(void *port)
{
	void *page = port_pages_alloc(port, 1, PORT_PAGES_EXECUTABLE, "page");

	port_hypercall(port, page, 0x5c, 0, 0);
}

static void call_data(void *port)
{
	void *page = port_pages_alloc(port, 1, 0, "data");

	port_hypercall(port, page, 0x5c, 0, 0);
}

static void call_inside(void *port)
{
	uint8_t *page =
		port_pages_alloc(port, 1, PORT_PAGES_EXECUTABLE, "page");

	port_hypercall(port, page + 8, 0x5c, 0, 0);
}

static void call_foreign(void *port)
{
	port_hypercall(port, NULL, 0x5c, 0, 0);
}

static void call_freed(void *port)
{
	void *page = port_pages_alloc(port, 1, PORT_PAGES_EXECUTABLE, "page");

	port_hypercall(port, page, 0x5c, 0, 0);
	port_pages_free(port, page, 1);
	port_hypercall(port, page, 0x5d, 0, 0);
}

static void wrong_hypercalls_fault(void **state)
{
	struct visor visor = {0};

	(void)state;
	expect_fault(&visor, call_nothing,
		     "invalid opcode: hypercall 0x5c through 'page' +0x0 on "
		     "vCPU 0");
	expect_fault(NULL, call_nothing, "invalid opcode");
	visor.callable = true;
	expect_fault(&visor, call_data,
		     "hypercall 0x5c through 'data' +0x0: no executable page");
	expect_fault(&visor, call_inside, "'page' +0x8: no executable page");
	expect_fault(&visor, call_foreign, "no guest RAM: no executable page");
	expect_fault(&visor, call_freed, "hypercall 0x5d through guest RAM");
}

/* ---- Registers ---- */

struct registers {
	struct machine_region region;
	uint64_t offset, value;
	unsigned width, reads, writes;
};

static uint64_t registers_read(void *context, uint64_t offset, unsigned width)
{
	struct registers *registers = context;

	registers->offset = offset;
	registers->width = width;
	registers->reads++;
	return 0x1122334455667788;
}

static void registers_write(void *context, uint64_t offset, uint64_t value,
			    unsigned width)
{
	struct registers *registers = context;

	registers->offset = offset;
	registers->value = value;
	registers->width = width;
	registers->writes++;
}

static void registers_init(struct registers *registers, uint64_t base,
			   uint64_t bytes)
{
	memset(registers, 0, sizeof(*registers));
	registers->region.base = base;
	registers->region.bytes = bytes;
	registers->region.name = "test";
	registers->region.context = registers;
	registers->region.read = registers_read;
	registers->region.write = registers_write;
}

static void expect_access(struct registers *registers, uint64_t offset,
			  uint64_t value, unsigned width)
{
	assert_int_equal(registers->offset, offset);
	assert_int_equal(registers->value, value);
	assert_int_equal(registers->width, width);
	registers->value = 0;
}

static void ports_reach_their_region(void **state)
{
	struct machine *machine = make(NULL);
	struct port *port = machine_port(machine);
	struct registers low, high;

	(void)state;
	registers_init(&low, 0x100, 8);
	registers_init(&high, 0xfffc, 4);
	machine_port_region_add(machine, &low.region);
	machine_port_region_add(machine, &high.region);
	assert_int_equal(port_in8(port, 0x107), 0x88);
	expect_access(&low, 7, 0, 1);
	assert_int_equal(port_in16(port, 0x106), 0x7788);
	expect_access(&low, 6, 0, 2);
	assert_int_equal(port_in32(port, 0xfffc), 0x55667788);
	expect_access(&high, 0, 0, 4);
	port_out8(port, 0x100, 0xab);
	expect_access(&low, 0, 0xab, 1);
	port_out16(port, 0x101, 0xabcd);
	expect_access(&low, 1, 0xabcd, 2);
	port_out32(port, 0x104, 0x89abcdef);
	expect_access(&low, 4, 0x89abcdef, 4);
	/* Nobody, or not all of it. */
	assert_int_equal(port_in8(port, 0xff), 0xff);
	assert_int_equal(port_in8(port, 0x108), 0xff);
	assert_int_equal(port_in16(port, 0x107), 0xffff);
	assert_int_equal(port_in32(port, 0xfffd), 0xffffffff);
	port_out16(port, 0x107, 1);
	assert_int_equal(low.reads, 2);
	assert_int_equal(low.writes, 3);
	assert_int_equal(high.reads, 1);
	machine_destroy(machine);
}

static void mmio_reaches_its_region(void **state)
{
	struct machine *machine = make(NULL);
	struct port *port = machine_port(machine);
	struct registers device;
	uint8_t *window, *other;

	(void)state;
	registers_init(&device, 0xd0001100, 0x100);
	machine_mmio_region_add(machine, &device.region);
	window = port_mmio_map(port, 0xd0001080, 0x1000);
	other = port_mmio_map(port, 0xd0001180, 4);
	assert_non_null(window);
	assert_non_null(other);
	assert_int_equal((uintptr_t)window % 4096, 0x080);
	assert_int_equal(port_mmio_read32(port, window + 0x84), 0x55667788);
	expect_access(&device, 4, 0, 4);
	assert_int_equal(port_mmio_read16(port, window + 0x82), 0x7788);
	expect_access(&device, 2, 0, 2);
	assert_int_equal(port_mmio_read8(port, other + 3), 0x88);
	expect_access(&device, 0x83, 0, 1);
	port_mmio_write8(port, window + 0x81, 0x12);
	expect_access(&device, 1, 0x12, 1);
	port_mmio_write16(port, window + 0x82, 0x1234);
	expect_access(&device, 2, 0x1234, 2);
	port_mmio_write32(port, other, 0x12345678);
	expect_access(&device, 0x80, 0x12345678, 4);
	assert_int_equal(port_mmio_read32(port, window), 0xffffffff);
	port_mmio_write32(port, window, 5);
	assert_int_equal(port_mmio_read8(port, window + 0xfff), 0xff);
	assert_int_equal(device.reads, 3);
	assert_int_equal(device.writes, 3);
	port_mmio_unmap(port, window, 0x1000);
	assert_int_equal(port_mmio_read8(port, other), 0x88);
	machine_destroy(machine);
}

static void ram_is_no_register(void **state)
{
	struct machine *machine = make(NULL);
	struct port *port = machine_port(machine);
	void *page = port_pages_alloc(port, 1, 0, "page");
	uint64_t physical = port_physical(port, page);

	(void)state;
	assert_null(port_mmio_map(port, physical, 4));
	assert_null(port_mmio_map(port, 0x100000 - 4096, 8192));
	assert_null(port_mmio_map(port, 0xd0000000, 0));
	assert_null(port_mmio_map(port, UINT64_MAX - 10, 100));
	assert_null(port_mmio_map(port, 0xd0000000, SIZE_MAX));
	machine_destroy(machine);
}

static void read_unmapped(void *port)
{
	uint8_t *window = port_mmio_map(port, 0xd0000000, 16);

	port_mmio_unmap(port, window, 16);
	port_mmio_read32(port, window);
}

static void read_beyond(void *port)
{
	uint8_t *window = port_mmio_map(port, 0xd0000000, 16);

	port_mmio_read32(port, window + 13);
}

static void read_misaligned(void *port)
{
	uint8_t *window = port_mmio_map(port, 0xd0000000, 16);

	port_mmio_read32(port, window + 2);
}

static void unmap_short(void *port)
{
	port_mmio_unmap(port, port_mmio_map(port, 0xd0000000, 16), 15);
}

static void poll_register(void *port)
{
	uint8_t *window = port_mmio_map(port, 0xd0000000, 16);

	while (port_mmio_read32(port, window + 8))
		continue;
}

static void wrong_registers_fault(void **state)
{
	struct machine *machine = make(NULL);

	(void)state;
	expect_fault(NULL, read_unmapped, "port_mmio_map() mapped nothing");
	expect_fault(NULL, read_beyond, "port_mmio_map() mapped nothing");
	expect_fault(NULL, read_misaligned,
		     "4 bytes of the register at 0xd0000002: misaligned");
	expect_fault(NULL, unmap_short, "15 bytes: no such mapping");
	assert_int_equal(machine_run(machine, poll_register,
				     machine_port(machine)),
			 MACHINE_SPIN);
	assert_non_null(strstr(machine_reason(machine),
			       "polled the register at 0xd0000008, "));
	machine_destroy(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpuid_asks_the_hypervisor),
		cmocka_unit_test(msrs_are_of_a_vcpu),
		cmocka_unit_test(missing_msrs_fault),
		cmocka_unit_test(hypercalls_name_their_page),
		cmocka_unit_test(wrong_hypercalls_fault),
		cmocka_unit_test(ports_reach_their_region),
		cmocka_unit_test(mmio_reaches_its_region),
		cmocka_unit_test(ram_is_no_register),
		cmocka_unit_test(wrong_registers_fault),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
