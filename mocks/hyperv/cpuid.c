/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What CPUID tells a guest: an ordinary processor, and above 0x40000000 the
 * hypervisor under it (TLFS 2.4).
 */
#include "mocks/hyperv/partition_internal.h"

#define LEAF_HYPERVISOR 0x40000000u
#define LEAF_HIGHEST	0x40000006u
#define BUILD_2016	14393u
#define MAXIMUM_VPS	64u
#define SPINLOCK_NEVER	0xffffffffu

/** A processor as any guest of these releases may be given. */
static void cpuid_processor(const struct host_partition *partition,
			    uint32_t leaf, struct machine_cpuid *values)
{
	if (leaf == 0) {
		/* "GenuineIntel" */
		*values = (struct machine_cpuid){1, 0x756e6547, 0x6c65746e,
						 0x49656e69};
		return;
	}
	values->eax = 0x000306f2;
	values->ebx = (uint32_t)machine_cpu(partition->machine) << 24 |
		      partition->cpus << 16 | 8u << 8;
	/* Bit 31: there is a hypervisor. */
	values->ecx = 0xfed83203;
	values->edx = 0x178bfbff;
}

static void cpuid_hypervisor(const struct host_partition *partition,
			     uint32_t leaf, struct machine_cpuid *values)
{
	switch (leaf) {
	case LEAF_HYPERVISOR:
		/* "Microsoft Hv" */
		*values = (struct machine_cpuid){LEAF_HIGHEST, 0x7263694d,
						 0x666f736f, 0x76482074};
		break;
	case LEAF_HYPERVISOR + 1:
		/* "Hv#1": the interface, which other hypervisors may offer. */
		values->eax = 0x31237648;
		break;
	case LEAF_HYPERVISOR + 2:
		values->eax = partition->personality->build;
		values->ebx = partition->personality->version;
		break;
	case LEAF_HYPERVISOR + 3:
		values->eax = (uint32_t)partition->privileges;
		values->ebx = (uint32_t)(partition->privileges >> 32);
		/* Bit 8: the frequency registers are there. */
		if (partition->privileges >> HOST_PRIVILEGE_FREQUENCY & 1)
			values->edx = 1u << 8;
		break;
	case LEAF_HYPERVISOR + 4:
		values->eax = HOST_HINT_RELAXED_TIMING;
		if (partition->personality->build >= BUILD_2016)
			values->eax |= HOST_HINT_DEPRECATE_AUTO_EOI;
		values->ebx = SPINLOCK_NEVER;
		break;
	case LEAF_HYPERVISOR + 5:
		values->eax = MAXIMUM_VPS;
		values->ebx = MAXIMUM_VPS;
		break;
	case LEAF_HYPERVISOR + 6:
		/* APIC overlay assist, MSR bitmaps, second level paging. */
		values->eax = 0xb;
		break;
	default:
		break;
	}
}

bool host_cpuid(void *context, uint32_t leaf, uint32_t subleaf,
		struct machine_cpuid *values)
{
	const struct host_partition *partition = context;

	(void)subleaf;
	*values = (struct machine_cpuid){0};
	if (leaf <= 1)
		cpuid_processor(partition, leaf, values);
	else if (leaf >= LEAF_HYPERVISOR && leaf <= LEAF_HIGHEST)
		cpuid_hypervisor(partition, leaf, values);
	else
		return false;
	return true;
}
