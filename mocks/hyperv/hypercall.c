/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hypercalls that VMBus stands on (TLFS 3, 11.10): HvCallPostMessage and
 * HvCallSignalEvent. A call is refused by its control word first, then by where
 * its input lies, by privilege, and last by what the input says.
 */
#include "mocks/hyperv/faults_internal.h"
#include "mocks/hyperv/partition_internal.h"
#include "mocks/machine/fault.h"
#include "mocks/machine/trace.h"

/* One post in so many is refused for no reason, so often in a row at most. */
#define REFUSAL_ODDS 6u
#define REFUSAL_RUN  3u

static bool privileged(const struct host_partition *partition,
		       unsigned privilege)
{
	return partition->privileges >> privilege & 1;
}

/** Copy the input of a slow call in, by the rules of TLFS 3.4. */
static uint16_t input_read(struct host_partition *partition, const char *clause,
			   uint64_t input, void *to, uint32_t bytes)
{
	if (input % 8) {
		machine_violation(partition->machine, clause,
				  "the input at %#llx is not aligned to 8",
				  (unsigned long long)input);
		return HOST_STATUS_ALIGNMENT;
	}
	if (input % MACHINE_PAGE_SIZE + bytes > MACHINE_PAGE_SIZE) {
		machine_violation(partition->machine, clause,
				  "the input at %#llx crosses a page",
				  (unsigned long long)input);
		return HOST_STATUS_INVALID_INPUT;
	}
	if (!machine_ram_read(partition->machine, input, to, bytes)) {
		machine_violation(partition->machine, clause,
				  "the input at %#llx is not in RAM",
				  (unsigned long long)input);
		return HOST_STATUS_INVALID_INPUT;
	}
	return HOST_STATUS_SUCCESS;
}

/** A loaded host refuses now and then what it takes a little later. */
static uint16_t refuse_at_random(struct host_partition *partition)
{
	uint32_t dice;

	if (machine_fault_fires(partition->machine, MACHINE_FAULT_POST_BUSY))
		return HOST_STATUS_INSUFFICIENT_BUFFERS;
	if (machine_fault_fires(partition->machine, MACHINE_FAULT_POST_REFUSED))
		return HOST_STATUS_INVALID_PARAMETER;
	if (!partition->personality->post_timeouts)
		return HOST_STATUS_SUCCESS;
	dice = machine_random_below(partition->machine, 2 * REFUSAL_ODDS);
	if (dice > 1 || partition->post_refusals == REFUSAL_RUN) {
		partition->post_refusals = 0;
		return HOST_STATUS_SUCCESS;
	}
	partition->post_refusals++;
	return dice ? HOST_STATUS_TIMEOUT : HOST_STATUS_INSUFFICIENT_BUFFERS;
}

static uint16_t post_message(struct host_partition *partition, bool fast,
			     uint64_t input)
{
	static const char clause[] = "TLFS 11.10.2 HvCallPostMessage";
	struct host_post_message message;
	uint32_t type, bytes;
	uint16_t status;

	if (fast) {
		machine_violation(partition->machine, clause,
				  "the call is made fast");
		return HOST_STATUS_INVALID_INPUT;
	}
	status =
		input_read(partition, clause, input, &message, sizeof(message));
	if (status)
		return status;
	if (!privileged(partition, HOST_PRIVILEGE_POST_MESSAGES)) {
		machine_violation(partition->machine, clause,
				  "the privilege PostMessages is missing");
		return HOST_STATUS_ACCESS_DENIED;
	}
	type = le32_to_cpu(message.type);
	bytes = le32_to_cpu(message.bytes);
	if (bytes > HOST_MESSAGE_BYTES_MAX || !type ||
	    type & HOST_MESSAGE_HYPERVISOR) {
		machine_violation(partition->machine, clause,
				  "message type %#x of %u bytes", type, bytes);
		return HOST_STATUS_INVALID_PARAMETER;
	}
	status = refuse_at_random(partition);
	if (status)
		return status;
	machine_trace(partition->machine,
		      &(const struct trace_event){
			      .kind = TRACE_MESSAGE,
			      .direction = TRACE_FROM_GUEST,
			      .address = le32_to_cpu(message.connection_id),
			      .value = type,
			      .bytes = message.payload,
			      .length = bytes,
		      });
	if (!partition->client.posted)
		return HOST_STATUS_INVALID_CONNECTION;
	return partition->client.posted(partition->client.context,
					le32_to_cpu(message.connection_id),
					type, message.payload, bytes);
}

static uint16_t signal_event(struct host_partition *partition, bool fast,
			     uint64_t input)
{
	static const char clause[] = "TLFS 11.10.3 HvCallSignalEvent";
	uint64_t value = input;
	uint16_t status, flag;
	le64 slow = 0;

	if (!fast) {
		status = input_read(partition, clause, input, &slow,
				    sizeof(slow));
		if (status)
			return status;
		value = le64_to_cpu(slow);
	}
	if (!privileged(partition, HOST_PRIVILEGE_SIGNAL_EVENTS)) {
		machine_violation(partition->machine, clause,
				  "the privilege SignalEvents is missing");
		return HOST_STATUS_ACCESS_DENIED;
	}
	flag = (uint16_t)(value >> 32);
	if (value >> 48 || flag >= HOST_EVENT_FLAGS) {
		machine_violation(partition->machine, clause,
				  "flag %u, reserved %#x", flag,
				  (unsigned)(value >> 48));
		return HOST_STATUS_INVALID_PARAMETER;
	}
	machine_trace(partition->machine, &(const struct trace_event){
						  .kind = TRACE_EVENT,
						  .direction = TRACE_FROM_GUEST,
						  .address = (uint32_t)value,
						  .value = flag,
					  });
	if (machine_fault_fires(partition->machine,
				MACHINE_FAULT_SIGNAL_REFUSED))
		return HOST_STATUS_INSUFFICIENT_BUFFERS;
	if (machine_fault_fires(partition->machine, MACHINE_FAULT_SIGNAL_LOST))
		return HOST_STATUS_SUCCESS;
	if (!partition->client.signalled)
		return HOST_STATUS_INVALID_CONNECTION;
	return partition->client.signalled(partition->client.context,
					   (uint32_t)value, flag);
}

static uint16_t call(struct host_partition *partition, uint64_t control,
		     uint64_t input)
{
	uint16_t code = HOST_CALL_CODE(control), status;

	if (code != HOST_CALL_POST_MESSAGE && code != HOST_CALL_SIGNAL_EVENT)
		return HOST_STATUS_INVALID_CODE;
	if (control & HOST_CALL_SIMPLE_RESERVED) {
		machine_violation(partition->machine, "TLFS 3.7",
				  "control word %#llx of a simple hypercall",
				  (unsigned long long)control);
		return HOST_STATUS_INVALID_INPUT;
	}
	if (partition->hypercall_hook) {
		status = partition->hypercall_hook(
			partition->hypercall_hook_context, code);
		if (status)
			return status;
	}
	if (host_fault_hypercall(partition, code, &status))
		return status;
	return code == HOST_CALL_POST_MESSAGE
		       ? post_message(partition, control & HOST_CALL_FAST,
				      input)
		       : signal_event(partition, control & HOST_CALL_FAST,
				      input);
}

bool host_hypercall(void *context, unsigned cpu, uint64_t page,
		    uint64_t control, uint64_t input, uint64_t output,
		    uint64_t *result)
{
	struct host_partition *partition = context;

	(void)cpu;
	(void)output;
	if (!partition->hypercall_page.bytes ||
	    page / MACHINE_PAGE_SIZE != partition->hypercall_page.page)
		return false;
	*result = call(partition, control, input);
	return true;
}
