/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults of the hypervisor: calls refused for no reason, and message slots that
 * are not what they should be.
 */
#include "mocks/hyperv/faults_internal.h"

/** What a hypercall is answered with, by fault. */
static const struct {
	enum host_fault fault;
	uint16_t code, status;
} calls[] = {
	{HOST_FAULT(post_no_memory), HOST_CALL_POST_MESSAGE, 0x0b},
	{HOST_FAULT(post_timeout), HOST_CALL_POST_MESSAGE, HOST_STATUS_TIMEOUT},
	{HOST_FAULT(post_no_connection), HOST_CALL_POST_MESSAGE,
	 HOST_STATUS_INVALID_CONNECTION},
	{HOST_FAULT(post_denied), HOST_CALL_POST_MESSAGE,
	 HOST_STATUS_ACCESS_DENIED},
	{HOST_FAULT(post_swallowed), HOST_CALL_POST_MESSAGE,
	 HOST_STATUS_SUCCESS},
	{HOST_FAULT(signal_no_connection), HOST_CALL_SIGNAL_EVENT,
	 HOST_STATUS_INVALID_CONNECTION},
	{HOST_FAULT(signal_timeout), HOST_CALL_SIGNAL_EVENT,
	 HOST_STATUS_TIMEOUT},
};

bool host_fault_hypercall(struct host_partition *partition, uint16_t code,
			  uint16_t *status)
{
	size_t i;

	if (!host_faults_armed(partition))
		return false;
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (calls[i].code != code ||
		    !host_fault(partition, calls[i].fault))
			continue;
		*status = calls[i].status;
		return true;
	}
	return false;
}

#define SLOT_TYPE_UNKNOWN 0x7fu
#define SLOT_TYPE_TIMER	  0x80000010u

uint32_t host_fault_slot(struct host_partition *partition,
			 struct host_synic_slot *slot, uint32_t type)
{
	if (!host_faults_armed(partition))
		return type;
	if (host_fault(partition, HOST_FAULT(slot_long)))
		slot->payload_bytes = UINT8_MAX;
	if (host_fault(partition, HOST_FAULT(slot_empty)))
		slot->payload_bytes = 0;
	if (host_fault(partition, HOST_FAULT(pending_stuck)))
		slot->flags |= HOST_SLOT_PENDING;
	if (host_fault(partition, HOST_FAULT(pending_missing)))
		slot->flags = 0;
	if (host_fault(partition, HOST_FAULT(slot_timer)))
		return SLOT_TYPE_TIMER;
	if (host_fault(partition, HOST_FAULT(slot_unknown)))
		return SLOT_TYPE_UNKNOWN;
	return type;
}
