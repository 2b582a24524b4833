/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The synthetic interrupt controller (TLFS 11): on each vCPU sixteen sources,
 * each with a slot for one message and 2048 event flags.
 *
 * A message that finds its slot full waits, and the message-pending flag in
 * the slot asks the guest for an EOM write once it has emptied the slot. A
 * masked source keeps its messages for the unmasking, as Hyper-V does (and
 * other implementations do not); with the message page off they are lost. An
 * event flag is an edge: setting it twice interrupts once. Delivery is work of
 * the host, spread over the guest's exits like any other.
 */
#include "mocks/hyperv/faults_internal.h"
#include "mocks/hyperv/partition_internal.h"
#include "mocks/machine/fault.h"
#include "mocks/machine/trace.h"

#include <assert.h>
#include <string.h>

/** A guest that never looks does not fill the host's memory. */
#define QUEUED_MAX  1024u
/** What makes a flag that of no channel. */
#define FLAG_NOBODY 1024u

/* ---- Delivery ---- */

static bool messages_on(const struct host_synic *synic)
{
	return synic->scontrol & HOST_SCONTROL_ENABLE &&
	       synic->message_page.bytes;
}

static void queue_empty(struct host_sint *sint)
{
	struct host_message *message;

	while ((message = sint->first)) {
		sint->first = message->next;
		free(message);
	}
	sint->last = &sint->first;
	sint->queued = 0;
}

static void interrupt(struct host_synic *synic, const struct host_sint *sint)
{
	if (!(sint->value & HOST_SINT_POLLING))
		machine_interrupt(synic->partition->machine, synic->cpu,
				  (uint8_t)(sint->value & HOST_SINT_VECTOR));
}

/** Whether the slot is free; when it is not, ask for an EOM. */
static bool slot_is_free(struct host_synic_slot *slot)
{
	if (!host_load32(&slot->type))
		return true;
	__atomic_fetch_or(&slot->flags, HOST_SLOT_PENDING, __ATOMIC_SEQ_CST);
	/* The guest may have emptied it before it could see the flag. */
	host_fence();
	return !host_load32(&slot->type);
}

/** Put the first message of a queue into its slot, if that may be now. */
static bool deliver(struct host_synic *synic, unsigned number)
{
	struct host_synic_slot *slot = synic->message_page.bytes;
	struct host_sint *sint = &synic->sint[number];
	struct host_message *message = sint->first;

	slot += number;
	if (!message || sint->value & HOST_SINT_MASKED)
		return false;
	if (!slot_is_free(slot) &&
	    !host_fault(synic->partition, HOST_FAULT(slot_overwritten)))
		return false;
	memcpy(slot->payload, message->payload, message->bytes);
	slot->payload_bytes = (uint8_t)message->bytes;
	slot->flags = message->next ? HOST_SLOT_PENDING : 0;
	slot->sender = cpu_to_le64(0);
	machine_watch_renew(synic->partition->machine, slot->payload,
			    sizeof(slot->payload));
	host_store32(&slot->type,
		     host_fault_slot(synic->partition, slot, message->type));
	machine_trace(synic->partition->machine,
		      &(const struct trace_event){
			      .kind = TRACE_MESSAGE,
			      .direction = TRACE_TO_GUEST,
			      .address = number,
			      .value = message->type,
			      .bytes = message->payload,
			      .length = message->bytes,
		      });
	sint->first = message->next;
	if (!sint->first)
		sint->last = &sint->first;
	sint->queued--;
	free(message);
	if (!host_fault(synic->partition, HOST_FAULT(message_silent)))
		interrupt(synic, sint);
	return true;
}

static bool delivery_step(void *argument)
{
	struct host_synic *synic = argument;
	unsigned i;

	if (!messages_on(synic) || synic->late.scheduled)
		return false;
	for (i = 0; i < HOST_SINTS; i++)
		if (deliver(synic, i))
			return true;
	return false;
}

static void delivery_kick(struct host_synic *synic)
{
	machine_work_kick(synic->partition->machine, &synic->delivery);
}

static void late_over(void *argument)
{
	delivery_kick(argument);
}

bool host_synic_post(struct host_partition *partition, unsigned cpu,
		     unsigned sint, uint32_t type, const void *payload,
		     uint32_t bytes)
{
	struct host_message *message;
	struct host_synic *synic;
	struct host_sint *queue;

	assert(bytes <= HOST_MESSAGE_BYTES_MAX);
	if (cpu >= partition->cpus || sint >= HOST_SINTS)
		return false;
	synic = &partition->synic[cpu];
	queue = &synic->sint[sint];
	if (!messages_on(synic) || queue->queued == QUEUED_MAX)
		return false;
	if (machine_fault_fires(partition->machine, MACHINE_FAULT_MESSAGE_LOST))
		return true;
	if (machine_fault_fires(partition->machine, MACHINE_FAULT_MESSAGE_LATE))
		machine_event_schedule(partition->machine, &synic->late,
				       MACHINE_FAULT_LATE);
	message = host_alloc(1, sizeof(*message));
	message->type = type;
	message->bytes = bytes;
	memcpy(message->payload, payload, bytes);
	*queue->last = message;
	queue->last = &message->next;
	queue->queued++;
	delivery_kick(synic);
	return true;
}

bool host_synic_signal(struct host_partition *partition, unsigned cpu,
		       unsigned sint, unsigned flag)
{
	struct host_synic *synic;
	struct host_sint *source;
	le32 *words;

	if (cpu >= partition->cpus || sint >= HOST_SINTS ||
	    flag >= HOST_EVENT_FLAGS)
		return false;
	synic = &partition->synic[cpu];
	source = &synic->sint[sint];
	words = synic->event_page.bytes;
	if (!(synic->scontrol & HOST_SCONTROL_ENABLE) || !words ||
	    source->value & HOST_SINT_MASKED)
		return false;
	words += sint * (HOST_EVENT_FLAGS / 32);
	machine_trace(partition->machine, &(const struct trace_event){
						  .kind = TRACE_EVENT,
						  .direction = TRACE_TO_GUEST,
						  .address = sint,
						  .value = flag,
					  });
	if (host_fault(partition, HOST_FAULT(interrupt_spurious)))
		interrupt(synic, source);
	if (host_fault(partition, HOST_FAULT(event_nobody)))
		host_test_and_set_bit(words, flag ^ FLAG_NOBODY);
	if (host_fault(partition, HOST_FAULT(event_missing)))
		interrupt(synic, source);
	else if (!host_test_and_set_bit(words, flag) &&
		 !host_fault(partition, HOST_FAULT(event_silent)))
		interrupt(synic, source);
	return true;
}

void host_synic_flush(struct host_partition *partition)
{
	unsigned cpu, i;

	for (cpu = 0; cpu < partition->cpus; cpu++)
		for (i = 0; i < HOST_SINTS; i++)
			queue_empty(&partition->synic[cpu].sint[i]);
}

unsigned host_synic_queued(const struct host_partition *partition, unsigned cpu,
			   unsigned sint)
{
	return partition->synic[cpu].sint[sint].queued;
}

/* ---- Registers ---- */

static bool sint_write(struct host_synic *synic, unsigned number,
		       uint64_t value)
{
	struct host_partition *partition = synic->partition;

	if (!(value & HOST_SINT_MASKED) &&
	    (value & HOST_SINT_VECTOR) < HOST_SINT_VECTOR_LOWEST)
		return false;
	if (value & HOST_SINT_AUTO_EOI && !(value & HOST_SINT_MASKED)) {
		struct machine_cpuid hints;

		host_cpuid(partition, 0x40000004, 0, &hints);
		if (hints.eax & HOST_HINT_DEPRECATE_AUTO_EOI)
			machine_violation(partition->machine, "TLFS 11.9.4",
					  "SINT%u asks for auto-EOI, which "
					  "this host deprecates",
					  number);
	}
	synic->sint[number].value = value;
	delivery_kick(synic);
	return true;
}

/** A message's payload is read once; its type and flags are polled. */
static void slots_watch(struct host_synic *synic, bool on)
{
	struct machine *machine = synic->partition->machine;
	void *page = synic->message_page.bytes;

	synic->watch.kind = MACHINE_WATCH_MESSAGES;
	synic->watch.what = "a message slot";
	synic->watch.stride = sizeof(struct host_synic_slot);
	synic->watch.polled = offsetof(struct host_synic_slot, payload);
	if (page && on)
		machine_watch(machine, page, &synic->watch);
	else if (page)
		machine_unwatch(machine, page, &synic->watch);
}

static void simp_write(struct host_synic *synic, uint64_t value)
{
	unsigned i;

	slots_watch(synic, false);
	synic->simp = value;
	host_overlay_set(synic->partition, &synic->message_page, value,
			 "the SynIC message page");
	slots_watch(synic, true);
	if (!synic->message_page.bytes)
		for (i = 0; i < HOST_SINTS; i++)
			queue_empty(&synic->sint[i]);
}

bool host_synic_read(struct host_partition *partition, unsigned cpu,
		     uint32_t msr, uint64_t *value)
{
	const struct host_synic *synic = &partition->synic[cpu];

	switch (msr) {
	case HOST_MSR_SCONTROL:
		*value = synic->scontrol;
		return true;
	case HOST_MSR_SVERSION:
		*value = 1;
		return true;
	case HOST_MSR_SIEFP:
		*value = synic->siefp;
		return true;
	case HOST_MSR_SIMP:
		*value = synic->simp;
		return true;
	case HOST_MSR_EOM:
		*value = 0;
		return true;
	default:
		*value = synic->sint[msr - HOST_MSR_SINT0].value;
		return true;
	}
}

bool host_synic_write(struct host_partition *partition, unsigned cpu,
		      uint32_t msr, uint64_t value)
{
	struct host_synic *synic = &partition->synic[cpu];

	switch (msr) {
	case HOST_MSR_SCONTROL:
		synic->scontrol = value;
		delivery_kick(synic);
		return true;
	case HOST_MSR_SVERSION:
		return false;
	case HOST_MSR_SIEFP:
		synic->siefp = value;
		host_overlay_set(partition, &synic->event_page, value,
				 "the SynIC event page");
		return true;
	case HOST_MSR_SIMP:
		simp_write(synic, value);
		return true;
	case HOST_MSR_EOM:
		delivery_kick(synic);
		return true;
	default:
		return sint_write(synic, msr - HOST_MSR_SINT0, value);
	}
}

/* ---- Life ---- */

void host_synic_create(struct host_synic *synic,
		       struct host_partition *partition, unsigned cpu)
{
	unsigned i;

	synic->partition = partition;
	synic->cpu = cpu;
	/* As after a reset of the processor. */
	synic->scontrol = HOST_SCONTROL_ENABLE;
	for (i = 0; i < HOST_SINTS; i++) {
		synic->sint[i].value = HOST_SINT_MASKED;
		synic->sint[i].last = &synic->sint[i].first;
	}
	synic->delivery.step = delivery_step;
	synic->delivery.argument = synic;
	synic->late.fire = late_over;
	synic->late.argument = synic;
}

void host_synic_destroy(struct host_synic *synic)
{
	unsigned i;

	slots_watch(synic, false);
	machine_work_cancel(synic->partition->machine, &synic->delivery);
	machine_event_cancel(synic->partition->machine, &synic->late);
	for (i = 0; i < HOST_SINTS; i++)
		queue_empty(&synic->sint[i]);
}
