/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parts of a partition know of each other.
 */
#ifndef MOCKS_HYPERV_PARTITION_INTERNAL_H
#define MOCKS_HYPERV_PARTITION_INTERNAL_H

#include "mocks/machine/checker.h"
#include "mocks/hyperv/memory_internal.h"
#include "mocks/hyperv/partition.h"
#include "mocks/hyperv/partition_wire.h"

/** A page of the hypervisor's that a register lays over guest memory. */
struct host_overlay {
	/** Where it lies, or NULL while it does not. */
	void *bytes;
	uint64_t page;
	/** What was in it when it was last lifted: the page moves, not dies. */
	uint8_t kept[MACHINE_PAGE_SIZE];
};

/** A message that waits for its slot. */
struct host_message {
	struct host_message *next;
	uint32_t type;
	uint32_t bytes;
	uint8_t payload[HOST_MESSAGE_BYTES_MAX];
};

struct host_sint {
	uint64_t value;
	struct host_message *first, **last;
	unsigned queued;
};

/** The synthetic interrupt controller of one vCPU, and its other registers. */
struct host_synic {
	struct machine_watch watch;
	struct host_partition *partition;
	unsigned cpu;
	uint64_t scontrol, simp, siefp;
	struct host_overlay message_page, event_page;
	struct host_sint sint[HOST_SINTS];
	struct machine_work delivery;
	/** All messages wait until then: MACHINE_FAULT_MESSAGE_LATE. */
	struct machine_event late;
	uint64_t tpr, vp_assist;
	struct host_overlay assist_page;
};

struct host_fault_state;

struct host_partition {
	struct machine *machine;
	struct host_fault_state *faults;
	const struct host_personality *personality;
	struct host_partition_client client;
	uint64_t privileges;
	uint64_t guest_os_id, hypercall, reference_tsc;
	struct host_overlay hypercall_page, tsc_page;
	/** Added to the machine's clock, in 100 ns. */
	int64_t clock_offset;
	uint32_t tsc_sequence;
	bool tsc_valid;
	/** Refusals of posts in a row that nobody asked for. */
	unsigned post_refusals;
	uint16_t (*hypercall_hook)(void *context, uint16_t code);
	void *hypercall_hook_context;
	unsigned cpus;
	struct host_synic *synic;
};

/* partition.c */
uint64_t host_partition_time(const struct host_partition *partition);
/**
 * Follow a register that lays a page: lift, move or lay it.
 * @return whether the page was laid anew, so that its owner fills it
 */
bool host_overlay_set(struct host_partition *partition,
		      struct host_overlay *overlay, uint64_t value,
		      const char *name);
void host_tsc_page_fill(struct host_partition *partition);

/* cpuid.c, msr.c, hypercall.c */
bool host_cpuid(void *context, uint32_t leaf, uint32_t subleaf,
		struct machine_cpuid *values);
bool host_msr_read(void *context, unsigned cpu, uint32_t msr, uint64_t *value);
bool host_msr_write(void *context, unsigned cpu, uint32_t msr, uint64_t value);
bool host_hypercall(void *context, unsigned cpu, uint64_t page,
		    uint64_t control, uint64_t input, uint64_t output,
		    uint64_t *result);

/* synic.c */
void host_synic_create(struct host_synic *synic,
		       struct host_partition *partition, unsigned cpu);
void host_synic_destroy(struct host_synic *synic);
bool host_synic_read(struct host_partition *partition, unsigned cpu,
		     uint32_t msr, uint64_t *value);
bool host_synic_write(struct host_partition *partition, unsigned cpu,
		      uint32_t msr, uint64_t value);

#endif /* MOCKS_HYPERV_PARTITION_INTERNAL_H */
