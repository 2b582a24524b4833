/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NVSP: what guest and card agree on before RNDIS can pass.
 *
 * The order is fixed: a version, the NDIS configuration (which holds the MTU,
 * from version 2 on) before the receive buffer, each once, all of it before the
 * first RNDIS message. Requests are answered by the completion of their packet,
 * if one was asked for; revoking a buffer has no answer at all.
 */
#include <string.h>

#include "mocks/hyperv/netvsp_internal.h"
#include "mocks/machine/fault.h"

static const uint32_t versions[] = {
	HOST_NVSP_1, HOST_NVSP_2, HOST_NVSP_4,
	HOST_NVSP_5, HOST_NVSP_6, HOST_NVSP_6_1,
};

/* The version that a guest's message came with; 0: a guest sends no such. */
static uint32_t type_version(uint32_t type)
{
	switch (type) {
	case HOST_NVSP_INIT:
	case HOST_NVSP_NDIS_VERSION:
	case HOST_NVSP_SEND_RECEIVE_BUFFER:
	case HOST_NVSP_REVOKE_RECEIVE_BUFFER:
	case HOST_NVSP_SEND_SEND_BUFFER:
	case HOST_NVSP_REVOKE_SEND_BUFFER:
	case HOST_NVSP_RNDIS_PACKET:
		return HOST_NVSP_1;
	case HOST_NVSP_NDIS_CONFIGURATION:
		return HOST_NVSP_2;
	case HOST_NVSP_SWITCH_DATA_PATH:
		return HOST_NVSP_4;
	case HOST_NVSP_SUBCHANNEL:
		return HOST_NVSP_5;
	default:
		return 0;
	}
}

/* ---- Answers ---- */

static void answer_init(struct netvsp_queue *queue,
			const struct host_packet *packet, uint32_t version,
			uint32_t status)
{
	const struct host_nvsp_init_complete wire = {
		.type = CPU_TO_LE32(HOST_NVSP_INIT_COMPLETE),
		.version = cpu_to_le32(version),
		.chain_max = CPU_TO_LE32(HOST_NVSP_CHAIN_MAX),
		.status = cpu_to_le32(status),
	};

	netvsp_complete(queue, packet, &wire, sizeof(wire));
}

static void answer_receive_buffer(struct netvsp_queue *queue,
				  const struct host_packet *packet,
				  uint32_t status)
{
	uint8_t message[NETVSP_REPLY_BYTES];
	uint32_t bytes =
		netvsp_receive_buffer_describe(queue->netvsp, status, message);

	netvsp_complete(queue, packet, message, bytes);
}

static void answer_send_buffer(struct netvsp_queue *queue,
			       const struct host_packet *packet,
			       uint32_t status)
{
	const struct host_nvsp_send_buffer_complete wire = {
		.type = CPU_TO_LE32(HOST_NVSP_SEND_SEND_BUFFER_COMPLETE),
		.status = cpu_to_le32(status),
		.section_bytes = cpu_to_le32(status == HOST_NVSP_STATUS_SUCCESS
						     ? HOST_NVSP_SECTION_BYTES
						     : 0),
	};

	netvsp_complete(queue, packet, &wire, sizeof(wire));
}

/* Always of the full size: a driver is known that refuses shorter ones. */
static void answer_subchannel(struct netvsp_queue *queue,
			      const struct host_packet *packet, uint32_t status,
			      uint32_t count)
{
	const struct host_nvsp_subchannel wire = {
		.type = CPU_TO_LE32(HOST_NVSP_SUBCHANNEL),
		.operation = cpu_to_le32(status),
		.count = cpu_to_le32(count),
	};
	uint8_t message[HOST_NVSP_BYTES_V6_1] = {0};

	memcpy(message, &wire, sizeof(wire));
	netvsp_complete(queue, packet, message, sizeof(message));
}

/* Say no to a message that was not even looked into. */
static void refuse(struct netvsp_queue *queue, const struct host_packet *packet,
		   uint32_t type)
{
	switch (type) {
	case HOST_NVSP_INIT:
		answer_init(queue, packet, 0, HOST_NVSP_STATUS_FAILURE);
		break;
	case HOST_NVSP_SEND_RECEIVE_BUFFER:
		answer_receive_buffer(queue, packet, HOST_NVSP_STATUS_FAILURE);
		break;
	case HOST_NVSP_SEND_SEND_BUFFER:
		answer_send_buffer(queue, packet, HOST_NVSP_STATUS_FAILURE);
		break;
	case HOST_NVSP_SUBCHANNEL:
		answer_subchannel(queue, packet, HOST_NVSP_STATUS_FAILURE, 0);
		break;
	case HOST_NVSP_RNDIS_PACKET:
		queue->netvsp->counters.tx_refused++;
		netvsp_complete_rndis(queue, packet, HOST_NVSP_STATUS_FAILURE);
		break;
	case HOST_NVSP_REVOKE_RECEIVE_BUFFER:
	case HOST_NVSP_REVOKE_SEND_BUFFER:
		break;
	default:
		netvsp_complete(queue, packet, NULL, 0);
	}
}

/* Whether the completion of such a message has a status to say no with. */
static bool can_refuse(const struct host_packet *packet, uint32_t type)
{
	return packet->completion_requested &&
	       (type == HOST_NVSP_INIT || type == HOST_NVSP_RNDIS_PACKET ||
		type == HOST_NVSP_SEND_RECEIVE_BUFFER ||
		type == HOST_NVSP_SEND_SEND_BUFFER);
}

/* ---- Version and NDIS ---- */

static void init(struct netvsp_queue *queue, const struct host_packet *packet)
{
	struct host_netvsp *netvsp = queue->netvsp;
	uint32_t version_max =
		host_vmbus_personality(netvsp->vmbus)->nvsp_version_max;
	uint32_t status = HOST_NVSP_STATUS_UNSUPPORTED;
	struct host_nvsp_init wire;
	uint32_t version;
	size_t i;

	memcpy(&wire, packet->payload, sizeof(wire));
	/* Guests propose one version at a time: the other word is ignored. */
	version = le32_to_cpu(wire.version);
	if (version > version_max)
		status = HOST_NVSP_STATUS_TOO_NEW;
	else if (version < HOST_NVSP_1)
		status = HOST_NVSP_STATUS_TOO_OLD;
	for (i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (version == versions[i] && version <= version_max)
			status = HOST_NVSP_STATUS_SUCCESS;
	if (status == HOST_NVSP_STATUS_SUCCESS)
		netvsp->version = version;
	answer_init(queue, packet, netvsp->version, status);
}

static void ndis_version(struct netvsp_queue *queue,
			 const struct host_packet *packet)
{
	struct host_netvsp *netvsp = queue->netvsp;
	struct host_nvsp_ndis_version wire;

	if (netvsp->have_ndis_version) {
		netvsp_break(netvsp, "NVSP NDIS_VERSION", "sent twice");
		refuse(queue, packet, HOST_NVSP_NDIS_VERSION);
		return;
	}
	memcpy(&wire, packet->payload, sizeof(wire));
	netvsp->have_ndis_version = true;
	netvsp->card.ndis_major = le32_to_cpu(wire.major);
	netvsp->card.ndis_minor = le32_to_cpu(wire.minor);
	netvsp_complete(queue, packet, NULL, 0);
}

static void ndis_configuration(struct netvsp_queue *queue,
			       const struct host_packet *packet)
{
	struct host_netvsp *netvsp = queue->netvsp;
	struct host_nvsp_ndis_configuration wire;
	uint32_t mtu;

	if (netvsp->have_ndis_configuration || netvsp->receive.gpadl ||
	    netvsp->receive.revoked) {
		netvsp_break(netvsp, "NVSP NDIS_CONFIG",
			     netvsp->have_ndis_configuration
				     ? "sent twice"
				     : "sent after SEND_RECV_BUF");
		refuse(queue, packet, HOST_NVSP_NDIS_CONFIGURATION);
		return;
	}
	memcpy(&wire, packet->payload, sizeof(wire));
	netvsp->have_ndis_configuration = true;
	mtu = le32_to_cpu(wire.mtu);
	if (mtu < NETVSP_MTU_DEFAULT || mtu > NETVSP_MTU_MAX)
		mtu = NETVSP_MTU_DEFAULT;
	netvsp->card.mtu = mtu;
	netvsp_complete(queue, packet, NULL, 0);
}

/* ---- Buffers ---- */

static void receive_buffer(struct netvsp_queue *queue,
			   const struct host_packet *packet)
{
	struct host_netvsp *netvsp = queue->netvsp;
	struct host_nvsp_buffer wire;
	const char *fault = NULL;

	if (netvsp->receive.gpadl)
		fault = "sent twice";
	else if (netvsp->receive.revoked)
		fault = "sent after REVOKE_RECV_BUF";
	else if (netvsp->version >= HOST_NVSP_2 &&
		 !netvsp->have_ndis_configuration)
		fault = "sent before NDIS_CONFIG: the MTU is missing";
	if (fault) {
		netvsp_break(netvsp, "NVSP SEND_RECV_BUF", "%s", fault);
		refuse(queue, packet, HOST_NVSP_SEND_RECEIVE_BUFFER);
		return;
	}
	memcpy(&wire, packet->payload, sizeof(wire));
	answer_receive_buffer(queue, packet,
			      netvsp_receive_buffer_set(netvsp,
							le32_to_cpu(wire.gpadl),
							le16_to_cpu(wire.id)));
}

static void send_buffer(struct netvsp_queue *queue,
			const struct host_packet *packet)
{
	struct host_netvsp *netvsp = queue->netvsp;
	struct host_nvsp_buffer wire;

	if (netvsp->send.gpadl || netvsp->send.revoked) {
		netvsp_break(netvsp, "NVSP SEND_SEND_BUF",
			     netvsp->send.gpadl ? "sent twice"
						: "sent after REVOKE_SEND_BUF");
		refuse(queue, packet, HOST_NVSP_SEND_SEND_BUFFER);
		return;
	}
	memcpy(&wire, packet->payload, sizeof(wire));
	answer_send_buffer(queue, packet,
			   netvsp_send_buffer_set(netvsp,
						  le32_to_cpu(wire.gpadl),
						  le16_to_cpu(wire.id)));
}

static uint16_t revoked_id(const struct host_packet *packet)
{
	struct host_nvsp_revoke wire;

	memcpy(&wire, packet->payload, sizeof(wire));
	return le16_to_cpu(wire.id);
}

static void revoke_receive(struct host_netvsp *netvsp,
			   const struct host_packet *packet)
{
	uint16_t id = revoked_id(packet);
	unsigned i;

	if (!netvsp->receive.gpadl || id != netvsp->receive.id) {
		netvsp_break(netvsp, "NVSP REVOKE_RECV_BUF",
			     "there is no receive buffer %#x", id);
		return;
	}
	for (i = 0; i < NETVSP_QUEUES_MAX; i++)
		netvsp_receive_drop(&netvsp->queues[i],
				    &netvsp->counters.rx_drop_state);
	netvsp_control_drop(netvsp);
	host_faults_forget(netvsp->partition, netvsp->receive.gpadl);
	netvsp_receive_buffer_drop(&netvsp->receive);
	netvsp->receive.revoked = true;
}

static void revoke_send(struct host_netvsp *netvsp,
			const struct host_packet *packet)
{
	uint16_t id = revoked_id(packet);

	if (!netvsp->send.gpadl || id != netvsp->send.id) {
		netvsp_break(netvsp, "NVSP REVOKE_SEND_BUF",
			     "there is no send buffer %#x", id);
		return;
	}
	netvsp_send_buffer_drop(&netvsp->send);
	netvsp->send.revoked = true;
}

/* ---- Subchannels ---- */

static void subchannel(struct netvsp_queue *queue,
		       const struct host_packet *packet)
{
	struct host_netvsp *netvsp = queue->netvsp;
	struct host_nvsp_subchannel wire;
	uint32_t count;
	unsigned i;

	memcpy(&wire, packet->payload, sizeof(wire));
	count = le32_to_cpu(wire.count);
	if (le32_to_cpu(wire.operation) != HOST_NVSP_SUBCHANNEL_ALLOCATE ||
	    !count || count >= netvsp->card.queues_max || netvsp->subchannels ||
	    !netvsp->receive.gpadl ||
	    netvsp->receive.count < NETVSP_CONTROL_RESERVE + 1 + count) {
		answer_subchannel(queue, packet, HOST_NVSP_STATUS_FAILURE, 0);
		return;
	}
	netvsp->subchannels = count;
	netvsp->card.queues = count + 1;
	answer_subchannel(queue, packet, HOST_NVSP_STATUS_SUCCESS, count);
	for (i = 1; i <= count; i++)
		netvsp_offer(netvsp, i);
}

void netvsp_indirection_send(struct host_netvsp *netvsp)
{
	const bool bug =
		host_vmbus_personality(netvsp->vmbus)->indirection_offset_bug &&
		netvsp->version <= HOST_NVSP_6;
	uint32_t offset =
		bug ? HOST_NVSP_BYTES_V6_1 : netvsp_message_bytes(netvsp);
	struct host_nvsp_indirection wire = {
		.type = CPU_TO_LE32(HOST_NVSP_INDIRECTION_TABLE),
		.count = CPU_TO_LE32(HOST_NVSP_INDIRECTION_ENTRIES),
		/* The bug: measured before the union of messages grew. */
		.offset = cpu_to_le32(netvsp_message_bytes(netvsp)),
	};
	uint8_t message[HOST_NVSP_BYTES_V6_1 +
			HOST_NVSP_INDIRECTION_ENTRIES * sizeof(le32)] = {0};
	uint32_t i;
	le32 entry;

	for (i = 1; i <= netvsp->subchannels; i++)
		if (!netvsp->queues[i].open)
			return;
	if (netvsp->indirection_sent)
		return;
	netvsp->indirection_sent = true;
	memcpy(message, &wire, sizeof(wire));
	for (i = 0; i < HOST_NVSP_INDIRECTION_ENTRIES; i++) {
		entry = cpu_to_le32(i % netvsp->card.queues);
		memcpy(message + offset + i * sizeof(entry), &entry,
		       sizeof(entry));
	}
	netvsp_send(&netvsp->queues[0], HOST_PACKET_INBAND, 0, message,
		    offset + HOST_NVSP_INDIRECTION_ENTRIES *
				     (uint32_t)sizeof(entry));
}

static void data_path(struct netvsp_queue *queue,
		      const struct host_packet *packet)
{
	struct host_nvsp_data_path wire;

	memcpy(&wire, packet->payload, sizeof(wire));
	if (le32_to_cpu(wire.active) != HOST_NVSP_DATA_PATH_SYNTHETIC) {
		netvsp_break(queue->netvsp, "NVSP SWITCH_DATA_PATH",
			     "to a virtual function that was never offered");
		refuse(queue, packet, HOST_NVSP_SWITCH_DATA_PATH);
		return;
	}
	netvsp_complete(queue, packet, NULL, 0);
}

/* ---- Dispatch ---- */

static void rndis(struct netvsp_queue *queue, const struct host_packet *packet)
{
	struct host_netvsp *netvsp = queue->netvsp;
	struct host_nvsp_rndis wire;

	if (!netvsp->have_ndis_version ||
	    (!netvsp->receive.gpadl && !netvsp->receive.revoked)) {
		netvsp_break(netvsp, "NVSP RNDIS_PKT", "sent before %s",
			     netvsp->have_ndis_version ? "SEND_RECV_BUF"
						       : "NDIS_VERSION");
		refuse(queue, packet, HOST_NVSP_RNDIS_PACKET);
		return;
	}
	memcpy(&wire, packet->payload, sizeof(wire));
	netvsp_transmit(queue, packet, &wire);
}

/* What is wrong with a message before it is looked into; NULL: nothing. */
static const char *envelope(const struct netvsp_queue *queue,
			    const struct host_packet *packet, uint32_t type)
{
	const struct host_netvsp *netvsp = queue->netvsp;
	uint32_t version = type_version(type);

	if (!version)
		return "is of a type that a guest does not send";
	if (packet->payload_bytes < netvsp_message_bytes(netvsp))
		return "is shorter than the version's messages";
	if (!netvsp->version && type != HOST_NVSP_INIT)
		return "is sent before a version was agreed on";
	if (netvsp->version && type == HOST_NVSP_INIT)
		return "is sent after a version was agreed on";
	if (netvsp->version && version > netvsp->version)
		return "is newer than the version agreed on";
	if (queue->index && type != HOST_NVSP_RNDIS_PACKET)
		return "is sent on a subchannel";
	if (packet->type == HOST_PACKET_GPA_DIRECT &&
	    type != HOST_NVSP_RNDIS_PACKET)
		return "comes with guest memory";
	return NULL;
}

void netvsp_nvsp(struct netvsp_queue *queue, const struct host_packet *packet)
{
	struct host_netvsp *netvsp = queue->netvsp;
	const char *fault;
	uint32_t type = 0;
	le32 wire;

	if (packet->payload_bytes >= sizeof(wire)) {
		memcpy(&wire, packet->payload, sizeof(wire));
		type = le32_to_cpu(wire);
	}
	fault = envelope(queue, packet, type);
	if (!fault && can_refuse(packet, type) &&
	    machine_fault_fires(netvsp->machine,
				MACHINE_FAULT_COMPLETION_FAILED)) {
		refuse(queue, packet, type);
		return;
	}
	if (fault) {
		netvsp_break(netvsp, "NVSP messages", "message type %u %s",
			     type, fault);
		refuse(queue, packet, type);
		return;
	}
	switch (type) {
	case HOST_NVSP_RNDIS_PACKET:
		rndis(queue, packet);
		break;
	case HOST_NVSP_INIT:
		init(queue, packet);
		break;
	case HOST_NVSP_NDIS_VERSION:
		ndis_version(queue, packet);
		break;
	case HOST_NVSP_NDIS_CONFIGURATION:
		ndis_configuration(queue, packet);
		break;
	case HOST_NVSP_SEND_RECEIVE_BUFFER:
		receive_buffer(queue, packet);
		break;
	case HOST_NVSP_SEND_SEND_BUFFER:
		send_buffer(queue, packet);
		break;
	case HOST_NVSP_REVOKE_RECEIVE_BUFFER:
		revoke_receive(netvsp, packet);
		break;
	case HOST_NVSP_REVOKE_SEND_BUFFER:
		revoke_send(netvsp, packet);
		break;
	case HOST_NVSP_SUBCHANNEL:
		subchannel(queue, packet);
		break;
	default: /* SWITCH_DATA_PATH, the last that envelope() lets pass */
		data_path(queue, packet);
	}
}
