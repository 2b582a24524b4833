/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exits: what leaves the guest for its hypervisor (CPUID, MSRs, the hypercall
 * page) or for the registers of a device (I/O ports, memory mapped).
 *
 * A read lets the host have its turn before, a write after. What the board put
 * there answers as host code: nothing else of the host runs meanwhile.
 *
 * Memory mapped registers are no memory: a mapping is reserved address space
 * that traps when it is touched, and the accessors turn an address in it into
 * the physical one. As on a real bus, what nobody answers for reads as all ones
 * and swallows writes.
 */
#include "mocks/machine/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void machine_hypervisor_set(struct machine *machine,
			    const struct machine_hypervisor *hypervisor)
{
	machine->hypervisor = *hypervisor;
}

/* ---- What is told of them ---- */

static void trace_cpuid(struct machine *machine, uint32_t leaf,
			uint32_t subleaf, const struct machine_cpuid *values)
{
	const uint32_t words[4] = {values->eax, values->ebx, values->ecx,
				   values->edx};
	struct trace_event event = {
		.kind = TRACE_CPUID,
		.direction = TRACE_TO_GUEST,
		.address = leaf,
		.value = subleaf,
	};
	uint8_t bytes[sizeof(words)];
	unsigned n;

	for (n = 0; n < sizeof(bytes); n++)
		bytes[n] = (uint8_t)(words[n / 4] >> n % 4 * 8);
	event.bytes = bytes;
	event.length = sizeof(bytes);
	machine_trace(machine, &event);
}

static void trace_msr(struct machine *machine, enum trace_direction direction,
		      uint32_t msr, uint64_t value)
{
	const struct trace_event event = {
		.kind = TRACE_MSR,
		.direction = direction,
		.address = msr,
		.value = value,
	};

	machine_trace(machine, &event);
}

static void trace_hypercall(struct machine *machine, uint64_t control,
			    uint64_t input, uint64_t result)
{
	const struct trace_event event = {
		.kind = TRACE_HYPERCALL,
		.direction = TRACE_FROM_GUEST,
		.address = control,
		.value = result,
		.other = input,
	};

	machine_trace(machine, &event);
}

static void trace_register(struct machine *machine,
			   enum trace_direction direction,
			   const struct machine_region *regions,
			   const struct machine_region *region,
			   uint64_t address, uint64_t value, unsigned width)
{
	const struct trace_event event = {
		.kind = regions == machine->port_regions ? TRACE_PORT
							 : TRACE_MMIO,
		.direction = direction,
		.place = region ? region->name : NULL,
		.address = region ? address - region->base : address,
		.value = value,
		.width = width,
	};

	machine_trace(machine, &event);
}

/* ---- The hypervisor ---- */

struct machine_cpuid exits_cpuid(struct machine *machine, uint32_t leaf,
				 uint32_t subleaf)
{
	const struct machine_hypervisor *hypervisor = &machine->hypervisor;
	struct machine_cpuid values = {0};
	bool answered = false;

	border_read(machine, BORDER_COST_EXIT, BORDER_EXIT, POLLED_CPUID, leaf);
	machine->in_host++;
	if (hypervisor->cpuid)
		answered = hypervisor->cpuid(hypervisor->context, leaf, subleaf,
					     &values);
	machine->in_host--;
	if (!answered)
		values = (struct machine_cpuid){0};
	if (traced(machine))
		trace_cpuid(machine, leaf, subleaf, &values);
	return values;
}

uint64_t exits_msr_read(struct machine *machine, uint32_t msr)
{
	const struct machine_hypervisor *hypervisor = &machine->hypervisor;
	uint64_t value = 0;
	bool there = false;

	border_read(machine, BORDER_COST_EXIT, BORDER_EXIT, POLLED_MSR, msr);
	machine->counters.msr_accesses++;
	machine->in_host++;
	if (hypervisor->msr_read)
		there = hypervisor->msr_read(hypervisor->context, machine->cpu,
					     msr, &value);
	machine->in_host--;
	if (!there)
		machine_stop(machine, MACHINE_FAULT,
			     "general protection fault: MSR 0x%x read on vCPU "
			     "%u",
			     msr, machine->cpu);
	if (traced(machine))
		trace_msr(machine, TRACE_TO_GUEST, msr, value);
	return value;
}

void exits_msr_write(struct machine *machine, uint32_t msr, uint64_t value)
{
	const struct machine_hypervisor *hypervisor = &machine->hypervisor;
	bool there = false;

	machine->counters.msr_accesses++;
	if (traced(machine))
		trace_msr(machine, TRACE_FROM_GUEST, msr, value);
	machine->in_host++;
	if (hypervisor->msr_write)
		there = hypervisor->msr_write(hypervisor->context, machine->cpu,
					      msr, value);
	machine->in_host--;
	if (!there)
		machine_stop(
			machine, MACHINE_FAULT,
			"general protection fault: MSR 0x%x written 0x%llx "
			"on vCPU %u",
			msr, (unsigned long long)value, machine->cpu);
	border_wrote(machine, BORDER_COST_EXIT, BORDER_EXIT);
}

bool machine_hypercall(struct machine *machine, uint64_t page, uint64_t control,
		       uint64_t input, uint64_t output, uint64_t *result)
{
	const struct machine_hypervisor *hypervisor = &machine->hypervisor;
	bool called = false;

	*result = 0;
	machine->counters.hypercalls++;
	machine->in_host++;
	if (hypervisor->hypercall)
		called = hypervisor->hypercall(hypervisor->context,
					       machine->cpu, page, control,
					       input, output, result);
	machine->in_host--;
	if (!called)
		return false;
	if (traced(machine))
		trace_hypercall(machine, control, input, *result);
	border_wrote(machine, BORDER_COST_EXIT, BORDER_EXIT);
	return true;
}

uint64_t exits_hypercall(struct machine *machine, const void *page,
			 uint64_t control, uint64_t input, uint64_t output)
{
	size_t offset = (uintptr_t)page - (uintptr_t)machine->arena;
	uint64_t result;
	char place[160];

	if (!memory_holds(machine, page, 1) || offset % MACHINE_PAGE_SIZE ||
	    !heap_executable(machine, page)) {
		heap_describe(machine, page, place, sizeof(place));
		machine_stop(machine, MACHINE_FAULT,
			     "hypercall 0x%llx through %s: no executable page",
			     (unsigned long long)control, place);
	}
	if (!machine_hypercall(machine, memory_physical(machine, offset),
			       control, input, output, &result)) {
		heap_describe(machine, page, place, sizeof(place));
		machine_stop(machine, MACHINE_FAULT,
			     "invalid opcode: hypercall 0x%llx through %s on "
			     "vCPU %u, where nothing callable is",
			     (unsigned long long)control, place, machine->cpu);
	}
	return result;
}

/* ---- Registers ---- */

void machine_port_region_add(struct machine *machine,
			     struct machine_region *region)
{
	region->next = machine->port_regions;
	machine->port_regions = region;
}

void machine_mmio_region_add(struct machine *machine,
			     struct machine_region *region)
{
	region->next = machine->mmio_regions;
	machine->mmio_regions = region;
}

const struct machine_region *machine_region_named(const struct machine *machine,
						  bool is_port,
						  const char *name)
{
	const struct machine_region *region =
		is_port ? machine->port_regions : machine->mmio_regions;

	while (region && strcmp(region->name, name) != 0)
		region = region->next;
	return region;
}

void machine_mmio_region_remove(struct machine *machine,
				struct machine_region *region)
{
	struct machine_region **link = &machine->mmio_regions;

	while (*link && *link != region)
		link = &(*link)->next;
	if (*link)
		*link = region->next;
}

static struct machine_region *region_find(struct machine_region *region,
					  uint64_t address, unsigned width)
{
	for (; region; region = region->next)
		if (address >= region->base &&
		    address - region->base < region->bytes &&
		    width <= region->bytes - (address - region->base))
			return region;
	return NULL;
}

static uint64_t region_read(struct machine *machine,
			    struct machine_region *regions, uint64_t address,
			    unsigned width)
{
	struct machine_region *region = region_find(regions, address, width);
	uint64_t value = UINT64_MAX;

	machine->in_host++;
	if (region && region->read)
		value = region->read(region->context, address - region->base,
				     width);
	machine->in_host--;
	if (traced(machine))
		trace_register(machine, TRACE_TO_GUEST, regions, region,
			       address, value, width);
	return value;
}

static void region_write(struct machine *machine,
			 struct machine_region *regions, uint64_t address,
			 uint64_t value, unsigned width)
{
	struct machine_region *region = region_find(regions, address, width);

	if (traced(machine))
		trace_register(machine, TRACE_FROM_GUEST, regions, region,
			       address, value, width);
	machine->in_host++;
	if (region && region->write)
		region->write(region->context, address - region->base, value,
			      width);
	machine->in_host--;
}

uint64_t exits_port_read(struct machine *machine, uint16_t address,
			 unsigned width)
{
	border_read(machine, BORDER_COST_EXIT, BORDER_EXIT, POLLED_PORT,
		    address);
	return region_read(machine, machine->port_regions, address, width);
}

void exits_port_write(struct machine *machine, uint16_t address, uint64_t value,
		      unsigned width)
{
	region_write(machine, machine->port_regions, address, value, width);
	border_wrote(machine, BORDER_COST_EXIT, BORDER_EXIT);
}

/* ---- Mappings ---- */

/** Whether any page of a physical range is RAM. */
static bool mapping_meets_ram(const struct machine *machine, uint64_t physical,
			      size_t bytes)
{
	uint64_t page = physical / MACHINE_PAGE_SIZE;
	uint64_t last = (physical + bytes - 1) / MACHINE_PAGE_SIZE;
	size_t offset;

	for (; page <= last; page++)
		if (memory_offset(machine, page * MACHINE_PAGE_SIZE, &offset))
			return true;
	return false;
}

void *exits_mmio_map(struct machine *machine, uint64_t physical, size_t bytes)
{
	size_t within = physical % MACHINE_PAGE_SIZE;
	struct mapping *mapping;
	void *reserved;

	if (!bytes || bytes > SIZE_MAX / 2 || physical + bytes < physical ||
	    mapping_meets_ram(machine, physical, bytes))
		return NULL;
	mapping = calloc(1, sizeof(*mapping));
	if (!mapping)
		return NULL;
	reserved = mmap(NULL, within + bytes, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (reserved == MAP_FAILED) {
		free(mapping);
		return NULL;
	}
	mapping->reserved = within + bytes;
	mapping->cookie = (uint8_t *)reserved + within;
	mapping->physical = physical;
	mapping->bytes = bytes;
	mapping->next = machine->mappings;
	machine->mappings = mapping;
	machine->counters.live_mappings++;
	return mapping->cookie;
}

static void mapping_free(struct mapping *mapping)
{
	munmap(mapping->cookie - mapping->physical % MACHINE_PAGE_SIZE,
	       mapping->reserved);
	free(mapping);
}

void exits_mmio_unmap(struct machine *machine, void *registers, size_t bytes)
{
	struct mapping **link = &machine->mappings;
	struct mapping *mapping;

	while (*link &&
	       ((*link)->cookie != registers || (*link)->bytes != bytes))
		link = &(*link)->next;
	mapping = *link;
	if (!mapping)
		machine_stop(machine, MACHINE_FAULT,
			     "port_mmio_unmap() of %zu bytes: no such mapping",
			     bytes);
	*link = mapping->next;
	machine->counters.live_mappings--;
	mapping_free(mapping);
}

/** The physical address behind an address of a mapping. */
static uint64_t mapping_physical(struct machine *machine, const void *address,
				 unsigned width)
{
	const struct mapping *mapping;
	uint64_t physical;

	for (mapping = machine->mappings; mapping; mapping = mapping->next) {
		size_t offset = (uintptr_t)address - (uintptr_t)mapping->cookie;

		if (offset >= mapping->bytes || width > mapping->bytes - offset)
			continue;
		physical = mapping->physical + offset;
		if (physical % width)
			machine_stop(machine, MACHINE_FAULT,
				     "%u bytes of the register at 0x%llx: "
				     "misaligned",
				     width, (unsigned long long)physical);
		return physical;
	}
	machine_stop(machine, MACHINE_FAULT,
		     "an access to registers of %u bytes, where "
		     "port_mmio_map() mapped nothing",
		     width);
}

uint64_t exits_mmio_read(struct machine *machine, const void *address,
			 unsigned width)
{
	uint64_t physical = mapping_physical(machine, address, width);

	border_read(machine, BORDER_COST_EXIT, BORDER_EXIT, POLLED_MMIO,
		    physical);
	return region_read(machine, machine->mmio_regions, physical, width);
}

void exits_mmio_write(struct machine *machine, void *address, uint64_t value,
		      unsigned width)
{
	uint64_t physical = mapping_physical(machine, address, width);

	region_write(machine, machine->mmio_regions, physical, value, width);
	border_wrote(machine, BORDER_COST_EXIT, BORDER_EXIT);
}

void exits_destroy(struct machine *machine)
{
	while (machine->mappings) {
		struct mapping *mapping = machine->mappings;

		machine->mappings = mapping->next;
		mapping_free(mapping);
	}
}
