/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The VMBus server: messages that the guest posts wait in a short queue and are
 * dealt with one by one, as work of the host. One that is unknown, too short,
 * or not allowed now is ignored and the connection lives on; one that is longer
 * than it must be is fine, as some guests always post 240 bytes.
 */
#include "mocks/hyperv/faults_internal.h"
#include "mocks/hyperv/vmbus_internal.h"

#include <assert.h>
#include <string.h>

/* ---- Out ---- */

/** Any bytes, to where the connection's messages go. */
bool host_vmbus_post(struct host_vmbus *vmbus, const void *payload,
		     uint32_t bytes)
{
	return host_synic_post(vmbus->partition, vmbus->cpu, vmbus->sint,
			       HOST_VMBUS_MESSAGE_TYPE, payload, bytes);
}

/** Send a message, whose header is filled in here. */
void host_vmbus_send(struct host_vmbus *vmbus, enum host_vmbus_message type,
		     void *message, uint32_t bytes)
{
	struct host_msg_header *header = message;
	uint8_t copy[HOST_MESSAGE_BYTES_MAX] = {0};

	assert(bytes <= sizeof(copy));
	header->type = cpu_to_le32(type);
	header->reserved = cpu_to_le32(0);
	memcpy(copy, message, bytes);
	if (vmbus->hostile.message &&
	    !vmbus->hostile.message(vmbus->hostile.context, copy, &bytes))
		return;
	if (!host_fault_message(vmbus, copy, &bytes))
		return;
	/* With the guest's message page off it is lost, as on any host. */
	host_vmbus_post(vmbus, copy, bytes);
}

/* ---- In ---- */

/** What is allowed when, and what does it; INITIATE_CONTACT is apart. */
struct handler {
	const char *clause;
	uint32_t bytes;
	uint32_t version;
	void (*handle)(struct host_vmbus *vmbus, const void *message,
		       uint32_t bytes);
};

static const struct handler handlers[] = {
	[HOST_VMBUS_REQUEST_OFFERS] = {"VMBus REQUEST_OFFERS",
				       sizeof(struct host_msg_header), 0,
				       host_vmbus_request_offers},
	[HOST_VMBUS_OPEN] = {"VMBus OPEN_CHANNEL", sizeof(struct host_msg_open),
			     0, host_vmbus_open},
	[HOST_VMBUS_CLOSE] = {"VMBus CLOSE_CHANNEL",
			      sizeof(struct host_msg_relid), 0,
			      host_vmbus_close},
	[HOST_VMBUS_GPADL_HEADER] = {"VMBus GPADL_HEADER",
				     sizeof(struct host_msg_gpadl_header), 0,
				     host_vmbus_gpadl_header},
	[HOST_VMBUS_GPADL_BODY] = {"VMBus GPADL_BODY",
				   sizeof(struct host_msg_gpadl_body), 0,
				   host_vmbus_gpadl_body},
	[HOST_VMBUS_GPADL_TEARDOWN] = {"VMBus GPADL_TEARDOWN",
				       sizeof(struct host_msg_gpadl_teardown),
				       0, host_vmbus_gpadl_teardown},
	[HOST_VMBUS_RELID_RELEASED] = {"VMBus RELID_RELEASED",
				       sizeof(struct host_msg_relid), 0,
				       host_vmbus_relid_released},
	[HOST_VMBUS_UNLOAD] = {"VMBus UNLOAD", sizeof(struct host_msg_header),
			       HOST_VMBUS_3_0, host_vmbus_unload},
	[HOST_VMBUS_MODIFY_CHANNEL] = {"VMBus MODIFYCHANNEL",
				       sizeof(struct host_msg_modify_channel),
				       HOST_VMBUS_4_1, host_vmbus_modify},
};

static void too_short(struct host_vmbus *vmbus, const char *clause,
		      uint32_t bytes)
{
	machine_violation(vmbus->machine, clause,
			  "the message has only %u bytes", bytes);
}

static void contact(struct host_vmbus *vmbus,
		    const struct host_incoming *incoming)
{
	if (incoming->bytes < sizeof(struct host_msg_initiate_contact))
		too_short(vmbus, "VMBus INITIATE_CONTACT", incoming->bytes);
	else
		host_vmbus_initiate(vmbus, incoming->connection_id,
				    (const void *)incoming->payload);
}

/** Any message but INITIATE_CONTACT. */
static void dispatch_connected(struct host_vmbus *vmbus, uint32_t type,
			       const struct host_incoming *incoming)
{
	const struct handler *handler = NULL;
	uint32_t connection_id = vmbus->version >= HOST_VMBUS_5_0
					 ? HOST_CONNECTION_MESSAGES
					 : HOST_CONNECTION_LEGACY;

	if (type < sizeof(handlers) / sizeof(handlers[0]) &&
	    handlers[type].handle)
		handler = &handlers[type];
	if (!handler)
		machine_violation(vmbus->machine, "VMBus messages",
				  "there is no message type %u", type);
	else if (incoming->bytes < handler->bytes)
		too_short(vmbus, handler->clause, incoming->bytes);
	else if (!vmbus->version)
		machine_violation(vmbus->machine, handler->clause,
				  "the guest is not connected");
	else if (incoming->connection_id != connection_id)
		machine_violation(vmbus->machine, handler->clause,
				  "it is posted to connection %#x, not %#x",
				  incoming->connection_id, connection_id);
	else if (vmbus->version < handler->version)
		machine_violation(vmbus->machine, handler->clause,
				  "version %#x does not have it",
				  vmbus->version);
	else
		handler->handle(vmbus, incoming->payload, incoming->bytes);
}

static void dispatch(struct host_vmbus *vmbus,
		     const struct host_incoming *incoming)
{
	const struct host_msg_header *header = (const void *)incoming->payload;
	uint32_t type;

	if (incoming->bytes < sizeof(*header)) {
		too_short(vmbus, "VMBus messages", incoming->bytes);
		return;
	}
	type = le32_to_cpu(header->type);
	if (type == HOST_VMBUS_INITIATE_CONTACT)
		contact(vmbus, incoming);
	else
		dispatch_connected(vmbus, type, incoming);
}

static bool vmbus_step(void *argument)
{
	struct host_vmbus *vmbus = argument;
	struct host_incoming incoming;

	if (!vmbus->incoming_count)
		return false;
	/* Out of the queue first: the guest may post meanwhile. */
	incoming = vmbus->incoming[vmbus->incoming_first];
	vmbus->incoming_first = (vmbus->incoming_first + 1) % HOST_INCOMING_MAX;
	vmbus->incoming_count--;
	dispatch(vmbus, &incoming);
	return vmbus->incoming_count;
}

static bool connection_exists(const struct host_vmbus *vmbus,
			      uint32_t connection_id)
{
	switch (connection_id) {
	case HOST_CONNECTION_LEGACY:
		return true;
	case HOST_CONNECTION_CONTACT:
		return vmbus->personality->vmbus_version_max >= HOST_VMBUS_5_0;
	case HOST_CONNECTION_MESSAGES:
		return vmbus->version >= HOST_VMBUS_5_0;
	default:
		return false;
	}
}

static uint16_t vmbus_posted(void *context, uint32_t connection_id,
			     uint32_t type, const void *payload, uint32_t bytes)
{
	struct host_vmbus *vmbus = context;
	struct host_incoming *incoming;
	unsigned last;

	if (!connection_exists(vmbus, connection_id))
		return HOST_STATUS_INVALID_CONNECTION;
	if (type != HOST_VMBUS_MESSAGE_TYPE) {
		machine_violation(vmbus->machine, "VMBus messages",
				  "the hypervisor message type is %u", type);
		return HOST_STATUS_SUCCESS;
	}
	if (vmbus->incoming_count == HOST_INCOMING_MAX)
		return HOST_STATUS_INSUFFICIENT_BUFFERS;
	last = (vmbus->incoming_first + vmbus->incoming_count++) %
	       HOST_INCOMING_MAX;
	incoming = &vmbus->incoming[last];
	incoming->connection_id = connection_id;
	incoming->bytes = bytes;
	memcpy(incoming->payload, payload, bytes);
	machine_work_kick(vmbus->machine, &vmbus->work);
	return HOST_STATUS_SUCCESS;
}

static uint16_t vmbus_signalled(void *context, uint32_t connection_id,
				uint16_t flag)
{
	struct host_vmbus *vmbus = context;
	struct host_channel *channel;

	if (connection_id == HOST_CONNECTION_SHARED_EVENT) {
		if (!vmbus->version || vmbus->version >= HOST_VMBUS_2_4)
			return HOST_STATUS_INVALID_CONNECTION;
		host_vmbus_signal_shared(vmbus);
		return HOST_STATUS_SUCCESS;
	}
	/* The number is part of it, and the rest must be right as well. */
	channel = vmbus->by_relid[connection_id % HOST_RELIDS];
	if (!channel || vmbus->version < HOST_VMBUS_2_4 ||
	    host_channel_event_connection(channel) != connection_id) {
		machine_violation(vmbus->machine, "VMBus signals",
				  "no channel has event connection %#x",
				  connection_id);
		return HOST_STATUS_INVALID_CONNECTION;
	}
	if (channel->state != HOST_CHANNEL_OPEN)
		return HOST_STATUS_INVALID_CONNECTION;
	if (flag) {
		machine_violation(vmbus->machine, "VMBus signals",
				  "a channel has one event flag, not flag %u",
				  flag);
		return HOST_STATUS_INVALID_PARAMETER;
	}
	host_channel_doorbell(channel);
	return HOST_STATUS_SUCCESS;
}

static void vmbus_reset(void *context)
{
	struct host_vmbus *vmbus = context;

	vmbus->incoming_count = 0;
	if (vmbus->gpadl_count)
		machine_violation(vmbus->machine, "VMBus UNLOAD",
				  "the guest leaves while the host sees %u "
				  "lists of its memory",
				  vmbus->gpadl_count);
	host_vmbus_disconnect(vmbus);
}

/* ---- The server ---- */

struct host_vmbus *host_vmbus_create(struct host_partition *partition,
				     const struct host_personality *personality,
				     enum host_strictness strictness)
{
	struct host_vmbus *vmbus = host_alloc(1, sizeof(*vmbus));
	const struct host_partition_client client = {
		.context = vmbus,
		.posted = vmbus_posted,
		.signalled = vmbus_signalled,
		.reset = vmbus_reset,
	};

	vmbus->partition = partition;
	vmbus->machine = host_partition_machine(partition);
	vmbus->personality = personality;
	vmbus->strictness = strictness;
	vmbus->sint = HOST_VMBUS_SINT;
	vmbus->work.step = vmbus_step;
	vmbus->work.argument = vmbus;
	vmbus->late_offer.fire = host_late_offer_fire;
	vmbus->late_offer.argument = vmbus;
	host_partition_client_set(partition, &client);
	return vmbus;
}

void host_vmbus_destroy(struct host_vmbus *vmbus)
{
	if (!vmbus)
		return;
	host_partition_client_set(vmbus->partition, NULL);
	host_faults_forget(vmbus->partition, vmbus);
	machine_work_cancel(vmbus->machine, &vmbus->work);
	machine_event_cancel(vmbus->machine, &vmbus->late_offer);
	host_partials_drop(vmbus, NULL);
	host_offers_destroy(vmbus);
	free(vmbus);
}

void host_vmbus_latency_set(struct host_vmbus *vmbus, bool latency)
{
	vmbus->latency = latency;
}

uint32_t host_vmbus_version(const struct host_vmbus *vmbus)
{
	return vmbus->version;
}

struct machine *host_vmbus_machine(const struct host_vmbus *vmbus)
{
	return vmbus->machine;
}

struct host_partition *host_vmbus_partition(const struct host_vmbus *vmbus)
{
	return vmbus->partition;
}

enum host_strictness host_vmbus_strictness(const struct host_vmbus *vmbus)
{
	return vmbus->strictness;
}

const struct host_personality *
host_vmbus_personality(const struct host_vmbus *vmbus)
{
	return vmbus->personality;
}

unsigned host_vmbus_gpadls(const struct host_vmbus *vmbus)
{
	return vmbus->gpadl_count;
}
