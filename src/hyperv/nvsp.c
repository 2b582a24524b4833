/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Readers and writers of NVSP messages. Bytes are copied into and out of the
 * wire structures, since neither a packet's payload nor what lies behind a
 * message is aligned.
 */
#include "hyperv/nvsp.h"

#include <stdbool.h>
#include <string.h>

#include "net/packet.h"

static void nvsp_write(struct nvsp_message *message, const void *from,
		       size_t bytes)
{
	memset(message, 0, sizeof(*message));
	memcpy(message->bytes, from, bytes);
}

void nvsp_write_init(struct nvsp_message *message, uint32_t version)
{
	struct nvsp_init init = {
		.type = CPU_TO_LE32(NVSP_INIT),
		.version_min = cpu_to_le32(version),
		.version_max = cpu_to_le32(version),
	};

	nvsp_write(message, &init, sizeof(init));
}

void nvsp_write_ndis_config(struct nvsp_message *message, uint32_t mtu,
			    uint64_t capabilities)
{
	struct nvsp_ndis_config config = {
		.type = CPU_TO_LE32(NVSP_NDIS_CONFIG),
		.mtu = cpu_to_le32(mtu + ETHERNET_HEADER_BYTES),
		.capabilities = cpu_to_le64(capabilities),
	};

	nvsp_write(message, &config, sizeof(config));
}

void nvsp_write_ndis_version(struct nvsp_message *message, uint32_t major,
			     uint32_t minor)
{
	struct nvsp_ndis_version version = {
		.type = CPU_TO_LE32(NVSP_NDIS_VERSION),
		.major = cpu_to_le32(major),
		.minor = cpu_to_le32(minor),
	};

	nvsp_write(message, &version, sizeof(version));
}

void nvsp_write_send_buffer(struct nvsp_message *message, enum nvsp_type type,
			    uint32_t gpadl, uint16_t id)
{
	struct nvsp_send_buffer buffer = {
		.type = cpu_to_le32(type),
		.gpadl = cpu_to_le32(gpadl),
		.id = cpu_to_le16(id),
	};

	nvsp_write(message, &buffer, sizeof(buffer));
}

void nvsp_write_revoke(struct nvsp_message *message, enum nvsp_type type,
		       uint16_t id)
{
	struct nvsp_revoke_buffer revoke = {
		.type = cpu_to_le32(type),
		.id = cpu_to_le16(id),
	};

	nvsp_write(message, &revoke, sizeof(revoke));
}

void nvsp_write_rndis_packet(struct nvsp_message *message,
			     uint32_t channel_type, uint32_t section,
			     uint32_t section_bytes)
{
	struct nvsp_rndis_packet packet = {
		.type = CPU_TO_LE32(NVSP_RNDIS_PACKET),
		.channel_type = cpu_to_le32(channel_type),
		.section = cpu_to_le32(section),
		.section_bytes = cpu_to_le32(section_bytes),
	};

	nvsp_write(message, &packet, sizeof(packet));
}

void nvsp_write_complete(struct nvsp_message *message, uint32_t status)
{
	struct nvsp_rndis_packet_complete complete = {
		.type = CPU_TO_LE32(NVSP_RNDIS_PACKET_COMPLETE),
		.status = cpu_to_le32(status),
	};

	nvsp_write(message, &complete, sizeof(complete));
}

int nvsp_read_type(const void *bytes, uint32_t length, uint32_t *type)
{
	le32 wire;

	if (length < sizeof(wire))
		return ERROR_PROTOCOL;
	memcpy(&wire, bytes, sizeof(wire));
	*type = le32_to_cpu(wire);
	return 0;
}

/* Copy a message out, if it is of that type and long enough. */
static int nvsp_read(const void *bytes, uint32_t length, enum nvsp_type type,
		     void *to, uint32_t needed)
{
	uint32_t found;

	if (length < needed || nvsp_read_type(bytes, length, &found) != 0 ||
	    found != (uint32_t)type)
		return ERROR_PROTOCOL;
	memcpy(to, bytes, needed);
	return 0;
}

int nvsp_read_init_complete(const void *bytes, uint32_t length,
			    uint32_t *status)
{
	struct nvsp_init_complete complete;

	if (nvsp_read(bytes, length, NVSP_INIT_COMPLETE, &complete,
		      sizeof(complete)) != 0)
		return ERROR_PROTOCOL;
	*status = le32_to_cpu(complete.status);
	return 0;
}

/* Whether a section's pieces lie inside it, and it inside the buffer. */
static bool nvsp_section_fits(const struct nvsp_section *section,
			      uint32_t buffer_bytes)
{
	uint32_t piece_bytes = le32_to_cpu(section->piece_bytes);
	uint32_t piece_count = le32_to_cpu(section->piece_count);
	uint32_t end = le32_to_cpu(section->end);
	uint64_t pieces_end = le32_to_cpu(section->offset);
	uint64_t pieces_bytes = (uint64_t)piece_bytes * piece_count;

	pieces_end += pieces_bytes;
	return pieces_bytes != 0 && pieces_end <= end && end <= buffer_bytes;
}

int nvsp_read_receive_buffer(const void *bytes, uint32_t length,
			     uint32_t buffer_bytes,
			     struct nvsp_receive_buffer *buffer)
{
	struct nvsp_receive_buffer_complete complete;
	struct nvsp_section section;
	const uint8_t *at = bytes;
	uint32_t count;

	if (nvsp_read(bytes, length, NVSP_SEND_RECEIVE_BUFFER_COMPLETE,
		      &complete, sizeof(complete)) != 0)
		return ERROR_PROTOCOL;
	if (le32_to_cpu(complete.status) != NVSP_STATUS_SUCCESS)
		return ERROR_IO;
	count = le32_to_cpu(complete.section_count);
	if (count == 0 || count > (length - sizeof(complete)) / sizeof(section))
		return ERROR_PROTOCOL;
	buffer->section_count = count;
	buffer->piece_count = 0;
	for (at += sizeof(complete); count > 0; count--) {
		memcpy(&section, at, sizeof(section));
		if (!nvsp_section_fits(&section, buffer_bytes))
			return ERROR_PROTOCOL;
		buffer->piece_count += le32_to_cpu(section.piece_count);
		at += sizeof(section);
	}
	return 0;
}

int nvsp_read_send_buffer(const void *bytes, uint32_t length,
			  uint32_t buffer_bytes, uint32_t *section_bytes)
{
	struct nvsp_send_buffer_complete complete;

	if (nvsp_read(bytes, length, NVSP_SEND_SEND_BUFFER_COMPLETE, &complete,
		      sizeof(complete)) != 0)
		return ERROR_PROTOCOL;
	if (le32_to_cpu(complete.status) != NVSP_STATUS_SUCCESS)
		return ERROR_IO;
	*section_bytes = le32_to_cpu(complete.section_bytes);
	if (*section_bytes == 0 || *section_bytes > buffer_bytes)
		return ERROR_PROTOCOL;
	return 0;
}

int nvsp_read_rndis_packet(const void *bytes, uint32_t length,
			   uint32_t *channel_type)
{
	struct nvsp_rndis_packet packet;

	if (nvsp_read(bytes, length, NVSP_RNDIS_PACKET, &packet,
		      sizeof(packet)) != 0)
		return ERROR_PROTOCOL;
	*channel_type = le32_to_cpu(packet.channel_type);
	return 0;
}

int nvsp_read_complete(const void *bytes, uint32_t length, uint32_t *status)
{
	struct nvsp_rndis_packet_complete complete;

	if (nvsp_read(bytes, length, NVSP_RNDIS_PACKET_COMPLETE, &complete,
		      sizeof(complete)) != 0)
		return ERROR_PROTOCOL;
	*status = le32_to_cpu(complete.status);
	return 0;
}

int nvsp_read_indirection_table(const void *bytes, uint32_t length,
				uint32_t version, uint32_t queues,
				uint32_t entries[])
{
	struct nvsp_indirection_table table;
	const uint8_t *at = bytes;
	uint32_t count, offset, i;
	le32 entry;

	if (nvsp_read(bytes, length, NVSP_INDIRECTION_TABLE, &table,
		      sizeof(table)) != 0)
		return ERROR_PROTOCOL;
	count = le32_to_cpu(table.count);
	offset = le32_to_cpu(table.offset);
	if (version <= NVSP_VERSION_6 && offset < NVSP_MESSAGE_BYTES)
		offset = NVSP_MESSAGE_BYTES;
	if (count > NVSP_INDIRECTION_MAX || offset < sizeof(table) ||
	    offset > length || (length - offset) / sizeof(entry) < count)
		return ERROR_PROTOCOL;
	for (i = 0; i < count; i++) {
		memcpy(&entry, at + offset + i * sizeof(entry), sizeof(entry));
		entries[i] = le32_to_cpu(entry);
		if (entries[i] >= queues)
			return ERROR_PROTOCOL;
	}
	return (int)count;
}

int nvsp_read_transfer_pages(const void *header, uint32_t length,
			     uint16_t *page_set)
{
	struct nvsp_transfer_pages pages;
	uint32_t count;

	if (length < sizeof(pages))
		return ERROR_PROTOCOL;
	memcpy(&pages, header, sizeof(pages));
	count = le32_to_cpu(pages.range_count);
	if (count == 0 || count > (length - sizeof(pages)) /
					  sizeof(struct nvsp_transfer_range))
		return ERROR_PROTOCOL;
	*page_set = le16_to_cpu(pages.page_set);
	return (int)count;
}

int nvsp_read_range(const void *header, uint32_t index, uint32_t buffer_bytes,
		    struct nvsp_range *range)
{
	const uint8_t *at = header;
	struct nvsp_transfer_range wire;

	at += sizeof(struct nvsp_transfer_pages) + index * sizeof(wire);
	memcpy(&wire, at, sizeof(wire));
	range->bytes = le32_to_cpu(wire.bytes);
	range->offset = le32_to_cpu(wire.offset);
	if (range->bytes == 0 || range->bytes > buffer_bytes ||
	    range->offset > buffer_bytes - range->bytes)
		return ERROR_PROTOCOL;
	return 0;
}
