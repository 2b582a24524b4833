/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hypervisor under a guest (TLFS): CPUID, synthetic registers, overlay
 * pages, hypercalls, and the synthetic interrupt controller that delivers
 * messages and events.
 */
#ifndef MOCKS_HYPERV_PARTITION_H
#define MOCKS_HYPERV_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

#include "mocks/hyperv/personality.h"
#include "mocks/machine/machine.h"

struct host_partition;

/** What gets the guest's messages and doorbells: the VMBus server. */
struct host_partition_client {
	void *context;
	/**
	 * The guest posted a message.
	 * @return a hypercall status (TLFS appendix): 0, 0x12 for a connection
	 *	that does not exist, 0x13 when the queue is full, ...
	 */
	uint16_t (*posted)(void *context, uint32_t connection_id, uint32_t type,
			   const void *payload, uint32_t bytes);
	/** The guest signalled an event. @return a hypercall status */
	uint16_t (*signalled)(void *context, uint32_t connection_id,
			      uint16_t flag);
	/** The guest gave up its identity: everything it had is gone. */
	void (*reset)(void *context);
};

struct host_partition *
host_partition_create(struct machine *machine,
		      const struct host_personality *personality);
void host_partition_destroy(struct host_partition *partition);
void host_partition_client_set(struct host_partition *partition,
			       const struct host_partition_client *client);
struct machine *host_partition_machine(struct host_partition *partition);

/** GUEST_OS_ID as the guest wrote it. */
uint64_t host_partition_guest_os_id(const struct host_partition *partition);

/**
 * The VP index of a vCPU (what its register VP_INDEX reads, and what messages
 * of VMBus name), and the other way round: false when there is none. They are
 * not the vCPU's number.
 */
uint32_t host_partition_vp(const struct host_partition *partition,
			   unsigned cpu);
bool host_partition_cpu(const struct host_partition *partition, uint32_t vp,
			unsigned *cpu);

/**
 * What the guest may do: CPUID 0x40000003 EAX in the lower half, EBX in the
 * upper. Taking a privilege away takes its registers and hypercalls too.
 */
uint64_t host_partition_privileges(const struct host_partition *partition);
void host_partition_privileges_set(struct host_partition *partition,
				   uint64_t privileges);

/**
 * Move reference time by so many 100 ns, as a restored machine sees it: the
 * register jumps and the TSC page gets a new offset and sequence number.
 */
void host_partition_clock_adjust(struct host_partition *partition,
				 int64_t ticks);
/** Let the TSC page say that it is not to be used (sequence 0), or is again. */
void host_partition_tsc_page_valid(struct host_partition *partition,
				   bool valid);

/**
 * Deliver a message to a vCPU's SINT: into its slot when that is free, else
 * queued behind it with the message-pending flag raised.
 * @return false when the guest's SynIC message page is off: the message is lost
 */
bool host_synic_post(struct host_partition *partition, unsigned cpu,
		     unsigned sint, uint32_t type, const void *payload,
		     uint32_t bytes);
/**
 * Set an event flag, and interrupt if it was not set.
 * @return false: not delivered
 */
bool host_synic_signal(struct host_partition *partition, unsigned cpu,
		       unsigned sint, unsigned flag);
/** Forget the messages queued for the guest. */
void host_synic_flush(struct host_partition *partition);
/** Messages that wait behind a slot or a mask. */
unsigned host_synic_queued(const struct host_partition *partition, unsigned cpu,
			   unsigned sint);

#endif /* MOCKS_HYPERV_PARTITION_H */
