/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the honest host asks how to misbehave: faults.h has the faults.
 */
#ifndef MOCKS_HYPERV_FAULTS_INTERNAL_H
#define MOCKS_HYPERV_FAULTS_INTERNAL_H

#include "mocks/hyperv/faults.h"
#include "mocks/hyperv/partition_internal.h"
#include "mocks/hyperv/vmbus.h"

struct host_gpadl;
struct host_synic_slot;

/** How late something is, in nanoseconds: later than anybody waits. */
#define HOST_FAULT_LATE 7000000000ull

/** faults.c: something could be done wrong. @return whether it is */
bool host_fault(struct host_partition *partition, enum host_fault fault);
/** Whether any fault is armed: without, nothing needs to be looked at. */
bool host_faults_armed(const struct host_partition *partition);
/** Whether this one is, without its being counted. */
bool host_fault_is_on(const struct host_partition *partition,
		      enum host_fault fault);
struct host_fault_state *host_fault_state_create(struct machine *machine);
void host_fault_state_destroy(struct host_fault_state *state);

/**
 * Do something after a while, unless the host is made honest before.
 * @param bytes copied; given to the function
 */
void host_fault_later(struct host_partition *partition, uint64_t delay,
		      void (*act)(void *context, const uint8_t *bytes,
				  uint32_t count),
		      void *context, const uint8_t *bytes, uint32_t count);
/** What was to be done for a context that ends is not done. */
void host_faults_forget(struct host_partition *partition, const void *context);

/* ---- faults_partition.c ---- */

/** A hypercall, before it has an effect. @return whether status is final */
bool host_fault_hypercall(struct host_partition *partition, uint16_t code,
			  uint16_t *status);
/** A slot that is filled but for its type. @return the type that it gets */
uint32_t host_fault_slot(struct host_partition *partition,
			 struct host_synic_slot *slot, uint32_t type);

/* ---- faults_vmbus.c ---- */

struct host_vmbus;

/**
 * A control message that is about to be sent.
 * @param payload room for 240 bytes, zeroes behind the message
 * @return false: it is not
 */
bool host_fault_message(struct host_vmbus *vmbus, uint8_t *payload,
			uint32_t *bytes);

/* ---- faults_ring.c ---- */

/**
 * A packet that is about to be written, from descriptor to footer.
 * @return false: it is not
 */
bool host_fault_packet(struct host_channel *channel, uint8_t *bytes,
		       uint32_t *count);
/** A packet was published that begins at an index of the ring. */
void host_fault_published(struct host_channel *channel, uint32_t start);
/** A packet was taken off the guest's ring. */
void host_fault_consumed(struct host_channel *channel);
/** Say something that nobody asked for on a channel. */
void host_fault_say(struct host_channel *channel);

/* ---- faults_rndis.c ---- */

/** A message that lies in the receive buffer, and is not published yet. */
void host_fault_rndis(struct host_partition *partition,
		      struct host_gpadl *buffer, uint32_t offset,
		      uint32_t bytes);
/** The answer to a query: its bytes, of at most room, may change. */
void host_fault_query(struct host_partition *partition, uint32_t oid,
		      uint8_t *information, uint32_t room, uint32_t *bytes);
/** A checksum's information that a frame has, or has now. */
uint32_t host_fault_checksum(struct host_partition *partition,
			     uint32_t checksum);
/** Say the messages that nobody asked for. */
void host_fault_control(struct host_partition *partition,
			void (*say)(void *context, const uint8_t *message,
				    uint32_t bytes),
			void *context);

#endif /* MOCKS_HYPERV_FAULTS_INTERNAL_H */
