/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Posting messages and ringing doorbells.
 *
 * An input in memory must be aligned to 8 bytes and may not cross a page
 * (TLFS 3.10), whence a page of its own for each vCPU. A host is free to have
 * no room for a message at any time; what it then returns is the only flow
 * control there is.
 */
#include "hyperv/hypercall.h"
#include "hyperv/hyperv_registers.h"

/** All that VMBus posts are of this type (TLFS 11.8: the high bit is clear). */
#define MESSAGE_TYPE_CHANNEL 1u

/** Input of HvCallPostMessage before the payload. */
struct post_message_input {
	le32 connection_id;
	le32 reserved;
	le32 type;
	le32 payload_bytes;
} __attribute__((packed));

_Static_assert(sizeof(struct post_message_input) == 16,
	       "HvCallPostMessage input");

static int post_status_to_error(uint64_t result)
{
	switch (result & HV_STATUS_MASK) {
	case HV_STATUS_SUCCESS:
		return 0;
	case HV_STATUS_INSUFFICIENT_MEMORY:
	case HV_STATUS_INSUFFICIENT_BUFFERS:
	case HV_STATUS_TIMEOUT:
		return ERROR_AGAIN;
	case HV_STATUS_INVALID_CONNECTION:
		return ERROR_NO_DEVICE;
	default:
		return ERROR_IO;
	}
}

int hypercall_try_post_message(struct hyperv *hyperv, uint32_t connection_id,
			       const void *payload, size_t bytes)
{
	struct port *port = hyperv->port;
	unsigned cpu = port_cpu_current(port);
	uint8_t *input = (uint8_t *)hyperv->hypercall_input +
			 (size_t)cpu * PORT_PAGE_SIZE;
	struct post_message_input header = {
		.connection_id = cpu_to_le32(connection_id),
		.type = CPU_TO_LE32(MESSAGE_TYPE_CHANNEL),
		.payload_bytes = cpu_to_le32((uint32_t)bytes),
	};

	if (bytes > HYPERCALL_MESSAGE_BYTES_MAX)
		return ERROR_INVALID;
	shared_write(port, input, &header, sizeof(header));
	shared_write(port, input + sizeof(header), payload, bytes);
	return post_status_to_error(port_hypercall(port, hyperv->hypercall_page,
						   HV_CALL_POST_MESSAGE,
						   port_physical(port, input),
						   0));
}

int hypercall_post_message(struct hyperv *hyperv, uint32_t connection_id,
			   const void *payload, size_t bytes)
{
	struct port *port = hyperv->port;
	uint64_t deadline = port_time(port) + HYPERCALL_POST_TIME;
	uint64_t pause = HYPERCALL_PAUSE_FIRST;
	int error;

	for (;;) {
		error = hypercall_try_post_message(hyperv, connection_id,
						   payload, bytes);
		if (error != ERROR_AGAIN)
			return error;
		if (port_time(port) >= deadline)
			return ERROR_TIMED_OUT;
		port_delay(port, pause);
		if (pause < HYPERCALL_PAUSE_MAX)
			pause *= 2;
	}
}

int hypercall_signal_event(struct hyperv *hyperv, uint32_t connection_id)
{
	/* Connection in the low half of the first register; flag number 0. */
	uint64_t result = port_hypercall(hyperv->port, hyperv->hypercall_page,
					 HV_CALL_SIGNAL_EVENT | HV_CALL_FAST,
					 connection_id, 0);

	return (result & HV_STATUS_MASK) == HV_STATUS_SUCCESS ? 0 : ERROR_IO;
}
