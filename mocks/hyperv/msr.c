/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The synthetic registers (TLFS appendix F). One that the guest has no
 * privilege for does not exist; a forbidden access is a general protection
 * fault, which is what false means in this file.
 */
#include "mocks/hyperv/partition_internal.h"
#include "mocks/machine/fault.h"

#include <string.h>

#define APIC_HZ UINT64_C(200000000)

/* ---- Identity and the hypercall page ---- */

static void hypercall_page_set(struct host_partition *partition, uint64_t value)
{
	/* vmcall; ret */
	static const uint8_t code[] = {0x0f, 0x01, 0xc1, 0xc3};

	partition->hypercall = value;
	if (host_overlay_set(partition, &partition->hypercall_page, value,
			     "the hypercall page")) {
		memset(partition->hypercall_page.bytes, 0xcc,
		       MACHINE_PAGE_SIZE);
		memcpy(partition->hypercall_page.bytes, code, sizeof(code));
	}
}

static bool read_guest_os_id(struct host_partition *partition, unsigned cpu,
			     uint32_t msr, uint64_t *value)
{
	(void)cpu;
	(void)msr;
	*value = partition->guest_os_id;
	return true;
}

static bool write_guest_os_id(struct host_partition *partition, unsigned cpu,
			      uint32_t msr, uint64_t value)
{
	bool leaves = partition->guest_os_id && !value;

	(void)cpu;
	(void)msr;
	partition->guest_os_id = value;
	if (!leaves)
		return true;
	hypercall_page_set(partition, partition->hypercall & ~HOST_PAGE_ENABLE &
					      ~HOST_HYPERCALL_LOCKED);
	if (partition->client.reset)
		partition->client.reset(partition->client.context);
	host_synic_flush(partition);
	return true;
}

static bool read_hypercall(struct host_partition *partition, unsigned cpu,
			   uint32_t msr, uint64_t *value)
{
	(void)cpu;
	(void)msr;
	*value = partition->hypercall;
	return true;
}

static bool write_hypercall(struct host_partition *partition, unsigned cpu,
			    uint32_t msr, uint64_t value)
{
	(void)cpu;
	(void)msr;
	if (partition->hypercall & HOST_HYPERCALL_LOCKED ||
	    value & HOST_HYPERCALL_RESERVED)
		return false;
	if (value & HOST_PAGE_ENABLE && !partition->guest_os_id) {
		machine_violation(partition->machine, "TLFS 3.13",
				  "the hypercall page is enabled while "
				  "GUEST_OS_ID is zero");
		value &= ~HOST_PAGE_ENABLE;
	}
	hypercall_page_set(partition, value);
	return true;
}

/* ---- Processors and time ---- */

static bool read_vp_index(struct host_partition *partition, unsigned cpu,
			  uint32_t msr, uint64_t *value)
{
	(void)msr;
	*value = host_partition_vp(partition, cpu);
	return true;
}

static bool read_time(struct host_partition *partition, unsigned cpu,
		      uint32_t msr, uint64_t *value)
{
	(void)cpu;
	*value = msr == HOST_MSR_VP_RUNTIME
			 ? machine_time(partition->machine) / 100
			 : host_partition_time(partition);
	return true;
}

static bool read_frequency(struct host_partition *partition, unsigned cpu,
			   uint32_t msr, uint64_t *value)
{
	(void)cpu;
	*value = msr == HOST_MSR_TSC_FREQUENCY
			 ? machine_tsc_hz(partition->machine)
			 : APIC_HZ;
	return true;
}

static bool read_reference_tsc(struct host_partition *partition, unsigned cpu,
			       uint32_t msr, uint64_t *value)
{
	(void)cpu;
	(void)msr;
	*value = partition->reference_tsc;
	return true;
}

static bool write_reference_tsc(struct host_partition *partition, unsigned cpu,
				uint32_t msr, uint64_t value)
{
	(void)cpu;
	(void)msr;
	if (value & HOST_PAGE_RESERVED)
		return false;
	partition->reference_tsc = value;
	if (host_overlay_set(partition, &partition->tsc_page, value,
			     "the reference TSC page"))
		host_tsc_page_fill(partition);
	return true;
}

/* ---- The local APIC's short cuts ---- */

static bool read_apic(struct host_partition *partition, unsigned cpu,
		      uint32_t msr, uint64_t *value)
{
	const struct host_synic *synic = &partition->synic[cpu];

	switch (msr) {
	case HOST_MSR_TPR:
		*value = synic->tpr;
		return true;
	case HOST_MSR_VP_ASSIST_PAGE:
		*value = synic->vp_assist;
		return true;
	default:
		/* EOI is written only, and nobody needs to read ICR back. */
		return false;
	}
}

static bool write_vp_assist(struct host_synic *synic, uint64_t value)
{
	if (value & HOST_PAGE_RESERVED)
		return false;
	synic->vp_assist = value;
	host_overlay_set(synic->partition, &synic->assist_page, value,
			 "the VP assist page");
	return true;
}

static bool write_apic(struct host_partition *partition, unsigned cpu,
		       uint32_t msr, uint64_t value)
{
	unsigned target = (unsigned)(value >> 56);

	switch (msr) {
	case HOST_MSR_EOI:
		/* An interrupt is over when its handler returns. */
		return true;
	case HOST_MSR_ICR:
		/* Fixed delivery to one processor, by its APIC id. */
		if (!(value & 0xc0700) && target < partition->cpus)
			machine_interrupt(partition->machine, target,
					  (uint8_t)value);
		return true;
	case HOST_MSR_TPR:
		if (value > 0xff)
			return false;
		partition->synic[cpu].tpr = value;
		return true;
	default:
		return write_vp_assist(&partition->synic[cpu], value);
	}
}

/* ---- All of them ---- */

/** A run of registers, with the privilege for it; no function: a fault. */
struct host_msr {
	uint32_t first, last;
	unsigned privilege;
	bool (*read)(struct host_partition *partition, unsigned cpu,
		     uint32_t msr, uint64_t *value);
	bool (*write)(struct host_partition *partition, unsigned cpu,
		      uint32_t msr, uint64_t value);
};

static const struct host_msr registers[] = {
	{HOST_MSR_GUEST_OS_ID, HOST_MSR_GUEST_OS_ID, HOST_PRIVILEGE_HYPERCALL,
	 read_guest_os_id, write_guest_os_id},
	{HOST_MSR_HYPERCALL, HOST_MSR_HYPERCALL, HOST_PRIVILEGE_HYPERCALL,
	 read_hypercall, write_hypercall},
	{HOST_MSR_VP_INDEX, HOST_MSR_VP_INDEX, HOST_PRIVILEGE_VP_INDEX,
	 read_vp_index, NULL},
	{HOST_MSR_VP_RUNTIME, HOST_MSR_VP_RUNTIME, HOST_PRIVILEGE_VP_RUNTIME,
	 read_time, NULL},
	{HOST_MSR_TIME_REF_COUNT, HOST_MSR_TIME_REF_COUNT,
	 HOST_PRIVILEGE_TIME_REF_COUNT, read_time, NULL},
	{HOST_MSR_REFERENCE_TSC, HOST_MSR_REFERENCE_TSC,
	 HOST_PRIVILEGE_REFERENCE_TSC, read_reference_tsc, write_reference_tsc},
	{HOST_MSR_TSC_FREQUENCY, HOST_MSR_APIC_FREQUENCY,
	 HOST_PRIVILEGE_FREQUENCY, read_frequency, NULL},
	{HOST_MSR_EOI, HOST_MSR_VP_ASSIST_PAGE, HOST_PRIVILEGE_APIC, read_apic,
	 write_apic},
	{HOST_MSR_SCONTROL, HOST_MSR_EOM, HOST_PRIVILEGE_SYNIC, host_synic_read,
	 host_synic_write},
	{HOST_MSR_SINT0, HOST_MSR_SINT15, HOST_PRIVILEGE_SYNIC, host_synic_read,
	 host_synic_write},
};

static const struct host_msr *msr_find(const struct host_partition *partition,
				       uint32_t msr)
{
	const struct host_msr *found = registers;
	const struct host_msr *end =
		registers + sizeof(registers) / sizeof(registers[0]);

	for (; found < end; found++)
		if (msr >= found->first && msr <= found->last)
			return partition->privileges >> found->privilege & 1
				       ? found
				       : NULL;
	return NULL;
}

bool host_msr_read(void *context, unsigned cpu, uint32_t msr, uint64_t *value)
{
	struct host_partition *partition = context;
	const struct host_msr *found = msr_find(partition, msr);

	return found && found->read && found->read(partition, cpu, msr, value);
}

/** Whether a write turns something on: a page, a source, the whole SynIC. */
static bool turns_on(uint32_t msr, uint64_t value)
{
	switch (msr) {
	case HOST_MSR_HYPERCALL:
	case HOST_MSR_REFERENCE_TSC:
	case HOST_MSR_SIMP:
	case HOST_MSR_SIEFP:
	case HOST_MSR_SCONTROL:
		return value & 1;
	default:
		return msr >= HOST_MSR_SINT0 && msr <= HOST_MSR_SINT15 &&
		       !(value & HOST_SINT_MASKED);
	}
}

bool host_msr_write(void *context, unsigned cpu, uint32_t msr, uint64_t value)
{
	struct host_partition *partition = context;
	const struct host_msr *found = msr_find(partition, msr);

	if (!found || !found->write)
		return false;
	if (turns_on(msr, value) &&
	    machine_fault_fires(partition->machine, MACHINE_FAULT_MSR))
		return true;
	return found->write(partition, cpu, msr, value);
}
