/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Readers and writers of RNDIS messages.
 */
#include "hyperv/rndis.h"

#include <string.h>

/* Per-packet information as this guest writes it: a header and one word. */
#define INFORMATION_BYTES (sizeof(struct rndis_information_header) + 4)

/* A tag is packed otherwise than on the wire: priority 2:0, DEI 3, id 15:4. */
static uint32_t rndis_vlan_pack(uint16_t tag)
{
	return (uint32_t)(tag >> 13) | (uint32_t)(tag >> 12 & 1) << 3 |
	       (uint32_t)(tag & 0xfff) << 4;
}

static uint16_t rndis_vlan_unpack(uint32_t value)
{
	return (uint16_t)((value & 7) << 13 | (value >> 3 & 1) << 12 |
			  (value >> 4 & 0xfff));
}

static struct rndis_header rndis_header(uint32_t type, size_t length)
{
	struct rndis_header header = {
		.type = cpu_to_le32(type),
		.length = cpu_to_le32((uint32_t)length),
	};

	return header;
}

uint32_t rndis_packet_header_bytes(const struct rndis_information *information)
{
	return (uint32_t)(sizeof(struct rndis_packet_message) +
			  information->has_checksum * INFORMATION_BYTES +
			  information->has_vlan * INFORMATION_BYTES);
}

static uint8_t *rndis_write_information(uint8_t *to,
					enum rndis_information_type type,
					uint32_t value)
{
	struct rndis_information_header header = {
		.size = CPU_TO_LE32(INFORMATION_BYTES),
		.type = cpu_to_le32(type),
		.value_offset = CPU_TO_LE32(sizeof(header)),
	};
	le32 word = cpu_to_le32(value);

	memcpy(to, &header, sizeof(header));
	memcpy(to + sizeof(header), &word, sizeof(word));
	return to + INFORMATION_BYTES;
}

uint32_t rndis_write_packet(void *to, uint32_t data_bytes, uint32_t padding,
			    const struct rndis_information *information)
{
	uint32_t header_bytes = rndis_packet_header_bytes(information);
	uint32_t information_bytes =
		header_bytes - (uint32_t)sizeof(struct rndis_packet_message);
	struct rndis_packet_message message = {
		.header = rndis_header(RNDIS_PACKET, (size_t)header_bytes +
							     data_bytes +
							     padding),
		.data_offset = cpu_to_le32(header_bytes - RNDIS_OFFSET_BASE),
		.data_length = cpu_to_le32(data_bytes),
		.information_length = cpu_to_le32(information_bytes),
	};
	uint8_t *at = to;

	if (information_bytes != 0)
		message.information_offset =
			CPU_TO_LE32(sizeof(message) - RNDIS_OFFSET_BASE);
	memcpy(at, &message, sizeof(message));
	at += sizeof(message);
	if (information->has_vlan)
		at = rndis_write_information(at, RNDIS_INFORMATION_VLAN,
					     rndis_vlan_pack(
						     information->vlan_tag));
	if (information->has_checksum)
		rndis_write_information(at, RNDIS_INFORMATION_CHECKSUM,
					information->checksum);
	return header_bytes;
}

uint32_t rndis_write_initialize(void *to, uint32_t request_id,
				uint32_t transfer_bytes_max)
{
	struct rndis_initialize message = {
		.header = rndis_header(RNDIS_INITIALIZE, sizeof(message)),
		.request_id = cpu_to_le32(request_id),
		.major = CPU_TO_LE32(1),
		.minor = CPU_TO_LE32(0),
		.transfer_bytes_max = cpu_to_le32(transfer_bytes_max),
	};

	memcpy(to, &message, sizeof(message));
	return sizeof(message);
}

uint32_t rndis_write_halt(void *to, uint32_t request_id)
{
	struct rndis_halt message = {
		.header = rndis_header(RNDIS_HALT, sizeof(message)),
		.request_id = cpu_to_le32(request_id),
	};

	memcpy(to, &message, sizeof(message));
	return sizeof(message);
}

uint32_t rndis_write_reset(void *to)
{
	struct rndis_reset message = {
		.header = rndis_header(RNDIS_RESET, sizeof(message)),
	};

	memcpy(to, &message, sizeof(message));
	return sizeof(message);
}

uint32_t rndis_write_keepalive_complete(void *to, uint32_t request_id,
					uint32_t status)
{
	struct rndis_status_complete message = {
		.header = rndis_header(RNDIS_KEEPALIVE | RNDIS_COMPLETE,
				       sizeof(message)),
		.request_id = cpu_to_le32(request_id),
		.status = cpu_to_le32(status),
	};

	memcpy(to, &message, sizeof(message));
	return sizeof(message);
}

uint32_t rndis_write_request(void *to, uint32_t size, enum rndis_type type,
			     uint32_t request_id, uint32_t oid,
			     const void *buffer, uint32_t buffer_bytes)
{
	struct rndis_request message = {
		.header = rndis_header(type, sizeof(message) + buffer_bytes),
		.request_id = cpu_to_le32(request_id),
		.oid = cpu_to_le32(oid),
		.buffer_length = cpu_to_le32(buffer_bytes),
		.buffer_offset =
			CPU_TO_LE32(sizeof(message) - RNDIS_OFFSET_BASE),
	};

	if (size < sizeof(message) || buffer_bytes > size - sizeof(message))
		return 0;
	memcpy(to, &message, sizeof(message));
	if (buffer_bytes != 0)
		memcpy((uint8_t *)to + sizeof(message), buffer, buffer_bytes);
	return (uint32_t)sizeof(message) + buffer_bytes;
}

int rndis_read_header(const void *bytes, uint32_t length, uint32_t *type,
		      uint32_t *message_bytes)
{
	struct rndis_header header;

	if (length < sizeof(header))
		return ERROR_PROTOCOL;
	memcpy(&header, bytes, sizeof(header));
	*type = le32_to_cpu(header.type);
	*message_bytes = le32_to_cpu(header.length);
	return 0;
}

/*
 * Copy the fixed part of a control message out, if the message is of that type
 * and has it. Returns how many bytes the message has, or 0.
 */
static uint32_t rndis_read(const void *bytes, uint32_t length, uint32_t type,
			   void *to, uint32_t needed)
{
	uint32_t found, message_bytes;

	if (rndis_read_header(bytes, length, &found, &message_bytes) != 0 ||
	    found != type)
		return 0;
	if (message_bytes > length)
		message_bytes = length;
	if (message_bytes < needed)
		return 0;
	memcpy(to, bytes, needed);
	return message_bytes;
}

/* Whether a part of a message is behind the header and inside the message. */
static bool rndis_part(uint32_t offset, uint32_t part_bytes,
		       uint32_t header_bytes, uint32_t message_bytes)
{
	return offset >= header_bytes - RNDIS_OFFSET_BASE &&
	       offset <= message_bytes - RNDIS_OFFSET_BASE &&
	       part_bytes <= message_bytes - RNDIS_OFFSET_BASE - offset;
}

int rndis_read_packet(const struct rndis_packet_message *message,
		      uint32_t available, struct rndis_packet *packet)
{
	uint32_t message_bytes = le32_to_cpu(message->header.length);
	uint32_t data = le32_to_cpu(message->data_offset);
	uint32_t data_bytes = le32_to_cpu(message->data_length);
	uint32_t information = le32_to_cpu(message->information_offset);
	uint32_t information_bytes = le32_to_cpu(message->information_length);

	if (le32_to_cpu(message->header.type) != RNDIS_PACKET ||
	    message_bytes < sizeof(*message) || message_bytes > available ||
	    !rndis_part(data, data_bytes, sizeof(*message), message_bytes))
		return ERROR_PROTOCOL;
	if (information_bytes == 0)
		information = data;
	else if (!rndis_part(information, information_bytes, sizeof(*message),
			     message_bytes) ||
		 (information + information_bytes > data &&
		  data + data_bytes > information))
		return ERROR_PROTOCOL;
	packet->message_bytes = message_bytes;
	packet->data_offset = data + RNDIS_OFFSET_BASE;
	packet->data_bytes = data_bytes;
	packet->information_offset = information + RNDIS_OFFSET_BASE;
	packet->information_bytes = information_bytes;
	return 0;
}

static void rndis_take_information(uint32_t type, uint32_t value,
				   struct rndis_information *information)
{
	if (type == RNDIS_INFORMATION_CHECKSUM) {
		information->has_checksum = true;
		information->checksum = value;
	} else if (type == RNDIS_INFORMATION_VLAN) {
		information->has_vlan = true;
		information->vlan_tag = rndis_vlan_unpack(value);
	}
}

int rndis_read_information(const void *bytes, uint32_t length,
			   struct rndis_information *information)
{
	struct rndis_information_header header;
	const uint8_t *at = bytes;
	uint32_t size, type, offset;
	le32 value;

	memset(information, 0, sizeof(*information));
	while (length != 0) {
		if (length < sizeof(header))
			return ERROR_PROTOCOL;
		memcpy(&header, at, sizeof(header));
		size = le32_to_cpu(header.size);
		type = le32_to_cpu(header.type);
		offset = le32_to_cpu(header.value_offset);
		if (size < sizeof(header) || size > length)
			return ERROR_PROTOCOL;
		if (type == RNDIS_INFORMATION_CHECKSUM ||
		    type == RNDIS_INFORMATION_VLAN) {
			if (offset < sizeof(header) || offset > size ||
			    size - offset < sizeof(value))
				return ERROR_PROTOCOL;
			memcpy(&value, at + offset, sizeof(value));
			rndis_take_information(type, le32_to_cpu(value),
					       information);
		}
		at += size;
		length -= size;
	}
	return 0;
}

int rndis_read_initialize_complete(const void *bytes, uint32_t length,
				   struct rndis_device *device)
{
	struct rndis_initialize_complete message;

	if (!rndis_read(bytes, length, RNDIS_INITIALIZE | RNDIS_COMPLETE,
			&message, sizeof(message)))
		return ERROR_PROTOCOL;
	device->request_id = le32_to_cpu(message.request_id);
	device->status = le32_to_cpu(message.status);
	device->medium = le32_to_cpu(message.medium);
	device->packets_max = le32_to_cpu(message.packets_max);
	device->transfer_bytes_max = le32_to_cpu(message.transfer_bytes_max);
	device->packet_alignment = le32_to_cpu(message.packet_alignment);
	return 0;
}

int rndis_read_query_complete(const void *bytes, uint32_t length,
			      struct rndis_answer *answer)
{
	struct rndis_query_complete message;
	uint32_t message_bytes, offset;

	message_bytes = rndis_read(bytes, length, RNDIS_QUERY | RNDIS_COMPLETE,
				   &message, sizeof(message));
	if (message_bytes == 0)
		return ERROR_PROTOCOL;
	answer->request_id = le32_to_cpu(message.request_id);
	answer->status = le32_to_cpu(message.status);
	answer->buffer = NULL;
	answer->buffer_bytes = 0;
	if (answer->status != RNDIS_STATUS_SUCCESS ||
	    le32_to_cpu(message.buffer_length) == 0)
		return 0;
	offset = le32_to_cpu(message.buffer_offset);
	if (!rndis_part(offset, le32_to_cpu(message.buffer_length),
			sizeof(message), message_bytes))
		return ERROR_PROTOCOL;
	answer->buffer = (const uint8_t *)bytes + RNDIS_OFFSET_BASE + offset;
	answer->buffer_bytes = le32_to_cpu(message.buffer_length);
	return 0;
}

int rndis_read_set_complete(const void *bytes, uint32_t length,
			    struct rndis_answer *answer)
{
	struct rndis_status_complete message;

	if (!rndis_read(bytes, length, RNDIS_SET | RNDIS_COMPLETE, &message,
			sizeof(message)))
		return ERROR_PROTOCOL;
	answer->request_id = le32_to_cpu(message.request_id);
	answer->status = le32_to_cpu(message.status);
	answer->buffer = NULL;
	answer->buffer_bytes = 0;
	return 0;
}

int rndis_read_reset_complete(const void *bytes, uint32_t length,
			      struct rndis_answer *answer,
			      bool *addressing_reset)
{
	struct rndis_reset_complete message;

	if (!rndis_read(bytes, length, RNDIS_RESET | RNDIS_COMPLETE, &message,
			sizeof(message)))
		return ERROR_PROTOCOL;
	answer->request_id = 0;
	answer->status = le32_to_cpu(message.status);
	answer->buffer = NULL;
	answer->buffer_bytes = 0;
	*addressing_reset = le32_to_cpu(message.addressing_reset) != 0;
	return 0;
}

int rndis_read_indication(const void *bytes, uint32_t length, uint32_t *status)
{
	struct rndis_indicate_status message;

	if (!rndis_read(bytes, length, RNDIS_INDICATE_STATUS, &message,
			offsetof(struct rndis_indicate_status, buffer_length)))
		return ERROR_PROTOCOL;
	*status = le32_to_cpu(message.status);
	return 0;
}

int rndis_read_keepalive(const void *bytes, uint32_t length,
			 uint32_t *request_id)
{
	struct rndis_keepalive message;

	if (!rndis_read(bytes, length, RNDIS_KEEPALIVE, &message,
			sizeof(message)))
		return ERROR_PROTOCOL;
	*request_id = le32_to_cpu(message.request_id);
	return 0;
}
