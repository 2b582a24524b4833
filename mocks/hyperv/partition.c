/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A partition: what a hypervisor keeps for one guest. Its identity and its
 * privileges, the pages that registers lay over guest memory (TLFS 5.2.1), and
 * reference time (TLFS 12). The rest is in cpuid.c, msr.c, hypercall.c and
 * synic.c.
 */
#include "mocks/hyperv/faults_internal.h"
#include "mocks/hyperv/partition_internal.h"

#include <string.h>

#define PRIVILEGE(name) (UINT64_C(1) << HOST_PRIVILEGE_##name)

/** What a child partition of Hyper-V may do, of what is built here. */
#define PRIVILEGES_DEFAULT                                                     \
	(PRIVILEGE(VP_RUNTIME) | PRIVILEGE(TIME_REF_COUNT) |                   \
	 PRIVILEGE(SYNIC) | PRIVILEGE(APIC) | PRIVILEGE(HYPERCALL) |           \
	 PRIVILEGE(VP_INDEX) | PRIVILEGE(REFERENCE_TSC) |                      \
	 PRIVILEGE(FREQUENCY) | PRIVILEGE(POST_MESSAGES) |                     \
	 PRIVILEGE(SIGNAL_EVENTS))

/* ---- Overlay pages ---- */

static void overlay_lift(struct host_partition *partition,
			 struct host_overlay *overlay)
{
	if (!overlay->bytes)
		return;
	memcpy(overlay->kept, overlay->bytes, sizeof(overlay->kept));
	machine_overlay_remove(partition->machine, overlay->page);
	overlay->bytes = NULL;
}

bool host_overlay_set(struct host_partition *partition,
		      struct host_overlay *overlay, uint64_t value,
		      const char *name)
{
	uint64_t page = value / MACHINE_PAGE_SIZE;

	if (!(value & HOST_PAGE_ENABLE)) {
		overlay_lift(partition, overlay);
		return false;
	}
	if (overlay->bytes && overlay->page == page)
		return false;
	overlay_lift(partition, overlay);
	overlay->bytes = machine_overlay_add(partition->machine, page);
	if (!overlay->bytes) {
		machine_violation(partition->machine, "TLFS 5.2.1",
				  "%s is laid over page %#llx, which is no RAM "
				  "or covered already",
				  name, (unsigned long long)page);
		return false;
	}
	overlay->page = page;
	memcpy(overlay->bytes, overlay->kept, sizeof(overlay->kept));
	return true;
}

/* ---- Reference time ---- */

/** Reference time in 100 ns, as TIME_REF_COUNT reads. */
uint64_t host_partition_time(const struct host_partition *partition)
{
	return machine_time(partition->machine) / 100 +
	       (uint64_t)partition->clock_offset;
}

/** Make the page tell the same time as the register (TLFS 12.7). */
void host_tsc_page_fill(struct host_partition *partition)
{
	struct host_tsc_page *page = partition->tsc_page.bytes;
	uint64_t hz = machine_tsc_hz(partition->machine);
	uint64_t scale, scaled, offset;

	if (!page)
		return;
	scale = (uint64_t)(((unsigned __int128)10000000 << 64) / hz);
	scaled =
		(uint64_t)(((unsigned __int128)machine_tsc(partition->machine) *
			    scale) >>
			   64);
	offset = host_partition_time(partition) - scaled;
	host_store64(&page->scale, scale);
	host_store64(&page->offset, offset);
	host_store32(&page->sequence,
		     partition->tsc_valid ? partition->tsc_sequence : 0);
}

void host_partition_clock_adjust(struct host_partition *partition,
				 int64_t ticks)
{
	partition->clock_offset += ticks;
	/* 0 says "invalid"; all ones did so on the first hosts. */
	if (++partition->tsc_sequence >= UINT32_MAX - 1)
		partition->tsc_sequence = 1;
	host_tsc_page_fill(partition);
}

void host_partition_tsc_page_valid(struct host_partition *partition, bool valid)
{
	partition->tsc_valid = valid;
	host_partition_clock_adjust(partition, 0);
}

/* ---- Virtual processors ---- */

uint32_t host_partition_vp(const struct host_partition *partition, unsigned cpu)
{
	/*
	 * The boot processor is VP 0. No rule ties the others to a guest's
	 * numbering, so they are not in its order and have gaps.
	 */
	return cpu ? 2 * (partition->cpus - cpu) + 1 : 0;
}

bool host_partition_cpu(const struct host_partition *partition, uint32_t vp,
			unsigned *cpu)
{
	unsigned i;

	for (i = 0; i < partition->cpus; i++) {
		if (host_partition_vp(partition, i) == vp) {
			*cpu = i;
			return true;
		}
	}
	return false;
}

/* ---- Life ---- */

struct host_partition *
host_partition_create(struct machine *machine,
		      const struct host_personality *personality)
{
	struct host_partition *partition = host_alloc(1, sizeof(*partition));
	const struct machine_hypervisor hypervisor = {
		.context = partition,
		.cpuid = host_cpuid,
		.msr_read = host_msr_read,
		.msr_write = host_msr_write,
		.hypercall = host_hypercall,
	};
	unsigned i;

	partition->machine = machine;
	partition->faults = host_fault_state_create(machine);
	partition->personality = personality;
	partition->privileges = PRIVILEGES_DEFAULT;
	partition->tsc_sequence = 1;
	partition->tsc_valid = true;
	partition->cpus = machine_cpus(machine);
	partition->synic =
		host_alloc(partition->cpus, sizeof(*partition->synic));
	for (i = 0; i < partition->cpus; i++)
		host_synic_create(&partition->synic[i], partition, i);
	machine_hypervisor_set(machine, &hypervisor);
	return partition;
}

void host_partition_destroy(struct host_partition *partition)
{
	const struct machine_hypervisor none = {0};
	unsigned i;

	if (!partition)
		return;
	machine_hypervisor_set(partition->machine, &none);
	overlay_lift(partition, &partition->hypercall_page);
	overlay_lift(partition, &partition->tsc_page);
	for (i = 0; i < partition->cpus; i++) {
		host_synic_destroy(&partition->synic[i]);
		overlay_lift(partition, &partition->synic[i].message_page);
		overlay_lift(partition, &partition->synic[i].event_page);
		overlay_lift(partition, &partition->synic[i].assist_page);
	}
	free(partition->synic);
	host_fault_state_destroy(partition->faults);
	free(partition);
}

void host_partition_client_set(struct host_partition *partition,
			       const struct host_partition_client *client)
{
	static const struct host_partition_client none;

	partition->client = client ? *client : none;
}

struct machine *host_partition_machine(struct host_partition *partition)
{
	return partition->machine;
}

uint64_t host_partition_guest_os_id(const struct host_partition *partition)
{
	return partition->guest_os_id;
}

uint64_t host_partition_privileges(const struct host_partition *partition)
{
	return partition->privileges;
}

void host_partition_privileges_set(struct host_partition *partition,
				   uint64_t privileges)
{
	partition->privileges = privileges;
}
