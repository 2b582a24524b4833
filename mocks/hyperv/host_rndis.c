/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS messages between bytes and values; see host_rndis.h.
 *
 * First the packets, which are read from the guest and written to it millions
 * of times, then the control messages.
 */
#include <string.h>

#include "mocks/hyperv/host_rndis.h"
#include "mocks/hyperv/rndis_wire.h"

/* ---- Packets ---- */

static bool inside(uint32_t offset, uint32_t bytes, uint32_t room)
{
	return offset <= room && bytes <= room - offset;
}

/*
 * Take what a per-packet information says; kinds that mean nothing to this host
 * (hash values, the guest's own ones) are passed over.
 */
static const char *ppi_take(uint32_t type, const uint8_t *value, uint32_t bytes,
			    struct host_rndis_packet *packet)
{
	bool *has;
	uint32_t *word;
	le32 wire;

	switch (type) {
	case HOST_RNDIS_PPI_CHECKSUM:
		has = &packet->has_checksum;
		word = &packet->checksum;
		break;
	case HOST_RNDIS_PPI_LSO:
		has = &packet->has_lso;
		word = &packet->lso;
		break;
	case HOST_RNDIS_PPI_VLAN:
		has = &packet->has_vlan;
		word = &packet->vlan;
		break;
	default:
		return NULL;
	}
	if (bytes < sizeof(wire))
		return "per-packet information is too short for its value";
	memcpy(&wire, value, sizeof(wire));
	*word = le32_to_cpu(wire);
	*has = true;
	return NULL;
}

static const char *ppi_walk(const uint8_t *ppi, uint32_t left,
			    struct host_rndis_packet *packet)
{
	struct host_rndis_ppi wire;
	const char *fault;
	uint32_t bytes;
	uint32_t offset;

	while (left) {
		if (left < sizeof(wire))
			return "per-packet information ends inside a header";
		memcpy(&wire, ppi, sizeof(wire));
		bytes = le32_to_cpu(wire.bytes);
		offset = le32_to_cpu(wire.offset);
		if (bytes < sizeof(wire) || bytes > left)
			return "per-packet information has an impossible size";
		if (offset < sizeof(wire) || offset > bytes)
			return "per-packet information points outside itself";
		fault = ppi_take(le32_to_cpu(wire.type), ppi + offset,
				 bytes - offset, packet);
		if (fault)
			return fault;
		ppi += bytes;
		left -= bytes;
	}
	return NULL;
}

/* Whether a packet's length leaves a message behind it that can be found. */
static const char *packet_frame(const struct host_rndis_packet_header *wire,
				uint32_t bytes,
				struct host_rndis_packet *packet)
{
	uint32_t length = le32_to_cpu(wire->header.length);

	if (le32_to_cpu(wire->header.type) != HOST_RNDIS_PACKET)
		return "is not REMOTE_NDIS_PACKET_MSG";
	if (length < sizeof(*wire))
		return "MessageLength is below 44";
	if (length > bytes)
		return "MessageLength is beyond what was sent";
	if (length < bytes && length % HOST_RNDIS_ALIGNMENT)
		return "MessageLength does not reach an aligned next message";
	if (length < bytes && bytes - length < sizeof(*wire))
		return "has bytes behind it that are no message";
	packet->message_bytes = length;
	return NULL;
}

const char *host_rndis_packet_parse(const uint8_t *message, uint32_t bytes,
				    uint32_t contiguous,
				    struct host_rndis_packet *packet)
{
	struct host_rndis_packet_header wire;
	uint32_t room;
	uint32_t offset;
	uint32_t length;
	const char *fault;

	packet->message_bytes = 0;
	packet->has_checksum = false;
	packet->has_vlan = false;
	packet->has_lso = false;
	if (bytes < sizeof(wire))
		return "is shorter than its header";
	if (contiguous < sizeof(wire))
		return "header is not in the first contiguous range";
	memcpy(&wire, message, sizeof(wire));
	fault = packet_frame(&wire, bytes, packet);
	if (fault)
		return fault;

	room = packet->message_bytes - HOST_RNDIS_BASE;
	offset = le32_to_cpu(wire.data_offset);
	length = le32_to_cpu(wire.data_bytes);
	if (!length)
		return "DataLength is 0";
	if (offset < sizeof(wire) - HOST_RNDIS_BASE ||
	    !inside(offset, length, room))
		return "data is outside the message";
	packet->data_offset = HOST_RNDIS_BASE + offset;
	packet->data_bytes = length;
	if (le32_to_cpu(wire.oob_offset) || le32_to_cpu(wire.oob_bytes) ||
	    le32_to_cpu(wire.oob_count))
		return "has out-of-band data";
	if (le32_to_cpu(wire.vc))
		return "VcHandle is not 0";

	offset = le32_to_cpu(wire.ppi_offset);
	length = le32_to_cpu(wire.ppi_bytes);
	if (!length)
		return NULL;
	if (offset < sizeof(wire) - HOST_RNDIS_BASE ||
	    !inside(offset, length, room))
		return "per-packet information is outside the message";
	if (!inside(HOST_RNDIS_BASE + offset, length, contiguous))
		return "per-packet information is not in the first contiguous "
		       "range";
	return ppi_walk(message + HOST_RNDIS_BASE + offset, length, packet);
}

static uint8_t *ppi_put(uint8_t *to, uint32_t type, uint32_t value)
{
	struct host_rndis_ppi wire = {
		.bytes = CPU_TO_LE32(sizeof(wire) + sizeof(le32)),
		.type = cpu_to_le32(type),
		.offset = CPU_TO_LE32(sizeof(wire)),
	};
	le32 word = cpu_to_le32(value);

	memcpy(to, &wire, sizeof(wire));
	memcpy(to + sizeof(wire), &word, sizeof(word));
	return to + sizeof(wire) + sizeof(word);
}

uint32_t host_rndis_packet_prepend(uint8_t *data, uint32_t data_bytes,
				   const uint32_t *vlan,
				   const uint32_t *checksum)
{
	const uint32_t ppi_size = sizeof(struct host_rndis_ppi) + sizeof(le32);
	const uint32_t base =
		sizeof(struct host_rndis_packet_header) - HOST_RNDIS_BASE;
	struct host_rndis_packet_header wire = {0};
	uint32_t ppi_bytes = (vlan ? ppi_size : 0) + (checksum ? ppi_size : 0);
	uint32_t before = sizeof(wire) + ppi_bytes;
	uint8_t *to = data - before;

	_Static_assert(HOST_RNDIS_HEADROOM >=
			       sizeof(struct host_rndis_packet_header) +
				       2 * (sizeof(struct host_rndis_ppi) +
					    sizeof(le32)),
		       "headroom");
	wire.header.type = CPU_TO_LE32(HOST_RNDIS_PACKET);
	wire.header.length = cpu_to_le32(before + data_bytes);
	wire.data_offset = cpu_to_le32(base + ppi_bytes);
	wire.data_bytes = cpu_to_le32(data_bytes);
	if (ppi_bytes)
		wire.ppi_offset = cpu_to_le32(base);
	wire.ppi_bytes = cpu_to_le32(ppi_bytes);
	memcpy(to, &wire, sizeof(wire));
	to += sizeof(wire);
	if (vlan)
		to = ppi_put(to, HOST_RNDIS_PPI_VLAN, *vlan);
	if (checksum)
		ppi_put(to, HOST_RNDIS_PPI_CHECKSUM, *checksum);
	return before;
}

void host_rndis_length_set(uint8_t *message, uint32_t bytes)
{
	le32 length = cpu_to_le32(bytes);

	memcpy(message + offsetof(struct host_rndis_header, length), &length,
	       sizeof(length));
}

/*
 * Priority is at the bottom of per-packet information and at the top of a tag.
 */
uint16_t host_rndis_vlan_to_tci(uint32_t information)
{
	return (uint16_t)((information & 7) << 13 |
			  (information >> 3 & 1) << 12 |
			  (information >> 4 & 0xfff));
}

uint32_t host_rndis_vlan_from_tci(uint16_t tci)
{
	return (uint32_t)tci >> 13 | (tci >> 12 & 1u) << 3 |
	       (tci & 0xfffu) << 4;
}

/* ---- Control messages of the guest ---- */

static const char *initialize_parse(const uint8_t *message, uint32_t length,
				    struct host_rndis_control *control)
{
	struct host_rndis_initialize wire;

	if (length < sizeof(wire))
		return "is shorter than REMOTE_NDIS_INITIALIZE_MSG";
	memcpy(&wire, message, sizeof(wire));
	control->request = le32_to_cpu(wire.request);
	control->major = le32_to_cpu(wire.major);
	control->minor = le32_to_cpu(wire.minor);
	return NULL;
}

static const char *oid_parse(const uint8_t *message, uint32_t length,
			     struct host_rndis_control *control)
{
	struct host_rndis_oid_header wire;
	uint32_t offset;

	if (length < sizeof(wire))
		return "is shorter than REMOTE_NDIS_QUERY_MSG";
	memcpy(&wire, message, sizeof(wire));
	control->request = le32_to_cpu(wire.request);
	control->oid = le32_to_cpu(wire.oid);
	control->information_bytes = le32_to_cpu(wire.bytes);
	offset = le32_to_cpu(wire.offset);
	if (control->information_bytes &&
	    offset >= sizeof(wire) - HOST_RNDIS_BASE &&
	    inside(offset, control->information_bytes,
		   length - HOST_RNDIS_BASE))
		control->information = message + HOST_RNDIS_BASE + offset;
	return NULL;
}

static const char *request_parse(const uint8_t *message, uint32_t length,
				 struct host_rndis_control *control)
{
	struct host_rndis_request_header wire;

	if (length < sizeof(wire))
		return "is too short for its request id";
	memcpy(&wire, message, sizeof(wire));
	control->request = le32_to_cpu(wire.request);
	return NULL;
}

static const char *complete_parse(const uint8_t *message, uint32_t length,
				  struct host_rndis_control *control)
{
	struct host_rndis_complete wire;

	if (length < sizeof(wire))
		return "is shorter than REMOTE_NDIS_KEEPALIVE_CMPLT";
	memcpy(&wire, message, sizeof(wire));
	control->request = le32_to_cpu(wire.request);
	control->status = le32_to_cpu(wire.status);
	return NULL;
}

const char *host_rndis_control_parse(const uint8_t *message, uint32_t bytes,
				     struct host_rndis_control *control)
{
	struct host_rndis_header wire;
	uint32_t length;

	memset(control, 0, sizeof(*control));
	if (bytes < sizeof(wire))
		return "is shorter than its header";
	memcpy(&wire, message, sizeof(wire));
	control->type = le32_to_cpu(wire.type);
	length = le32_to_cpu(wire.length);
	if (length < sizeof(wire) || length > bytes)
		return "MessageLength is impossible";
	switch (control->type) {
	case HOST_RNDIS_INITIALIZE:
		return initialize_parse(message, length, control);
	case HOST_RNDIS_QUERY:
	case HOST_RNDIS_SET:
		return oid_parse(message, length, control);
	case HOST_RNDIS_HALT:
	case HOST_RNDIS_KEEPALIVE:
		return request_parse(message, length, control);
	case HOST_RNDIS_KEEPALIVE | HOST_RNDIS_COMPLETE:
		return complete_parse(message, length, control);
	case HOST_RNDIS_RESET:
		return NULL;
	default:
		return "is of a type that a guest does not send";
	}
}

/* ---- Control messages of the host ---- */

static struct host_rndis_header header(uint32_t type, uint32_t bytes)
{
	struct host_rndis_header wire = {
		.type = cpu_to_le32(type),
		.length = cpu_to_le32(bytes),
	};

	return wire;
}

uint32_t host_rndis_write_initialize(uint8_t *to, uint32_t request,
				     uint32_t status)
{
	struct host_rndis_initialize_complete wire = {
		.header = header(HOST_RNDIS_INITIALIZE | HOST_RNDIS_COMPLETE,
				 sizeof(wire)),
		.request = cpu_to_le32(request),
		.status = cpu_to_le32(status),
		.major = CPU_TO_LE32(1),
		.device_flags = CPU_TO_LE32(1),
		.packets_max = CPU_TO_LE32(HOST_RNDIS_PACKETS_MAX),
		.transfer_max = CPU_TO_LE32(HOST_RNDIS_TRANSFER_MAX),
		.alignment_log2 = CPU_TO_LE32(HOST_RNDIS_ALIGNMENT_LOG2),
	};

	memcpy(to, &wire, sizeof(wire));
	return sizeof(wire);
}

uint32_t host_rndis_write_query(uint8_t *to, uint32_t request, uint32_t status,
				uint32_t information_bytes)
{
	uint32_t offset =
		sizeof(struct host_rndis_query_complete) - HOST_RNDIS_BASE;
	uint32_t bytes =
		sizeof(struct host_rndis_query_complete) + information_bytes;
	struct host_rndis_query_complete wire = {
		.header = header(HOST_RNDIS_QUERY | HOST_RNDIS_COMPLETE, bytes),
		.request = cpu_to_le32(request),
		.status = cpu_to_le32(status),
		.bytes = cpu_to_le32(information_bytes),
		.offset = cpu_to_le32(information_bytes ? offset : 0),
	};

	_Static_assert(HOST_RNDIS_QUERY_HEADER == sizeof(wire),
		       "QUERY_CMPLT header");
	memcpy(to, &wire, sizeof(wire));
	return bytes;
}

static uint32_t write_complete(uint8_t *to, uint32_t type, uint32_t request,
			       uint32_t status)
{
	struct host_rndis_complete wire = {
		.header = header(type | HOST_RNDIS_COMPLETE, sizeof(wire)),
		.request = cpu_to_le32(request),
		.status = cpu_to_le32(status),
	};

	memcpy(to, &wire, sizeof(wire));
	return sizeof(wire);
}

uint32_t host_rndis_write_set(uint8_t *to, uint32_t request, uint32_t status)
{
	return write_complete(to, HOST_RNDIS_SET, request, status);
}

uint32_t host_rndis_write_keepalive_complete(uint8_t *to, uint32_t request,
					     uint32_t status)
{
	return write_complete(to, HOST_RNDIS_KEEPALIVE, request, status);
}

uint32_t host_rndis_write_reset(uint8_t *to, uint32_t status,
				bool addressing_reset)
{
	struct host_rndis_reset_complete wire = {
		.header = header(HOST_RNDIS_RESET | HOST_RNDIS_COMPLETE,
				 sizeof(wire)),
		.status = cpu_to_le32(status),
		.addressing_reset = cpu_to_le32(addressing_reset),
	};

	memcpy(to, &wire, sizeof(wire));
	return sizeof(wire);
}

uint32_t host_rndis_write_keepalive(uint8_t *to, uint32_t request)
{
	struct host_rndis_request_header wire = {
		.header = header(HOST_RNDIS_KEEPALIVE, sizeof(wire)),
		.request = cpu_to_le32(request),
	};

	memcpy(to, &wire, sizeof(wire));
	return sizeof(wire);
}

uint32_t host_rndis_write_indicate(uint8_t *to, uint32_t status,
				   const void *information,
				   uint32_t information_bytes)
{
	uint32_t bytes = sizeof(struct host_rndis_indicate) + information_bytes;
	uint32_t offset = sizeof(struct host_rndis_indicate) - HOST_RNDIS_BASE;
	struct host_rndis_indicate wire = {
		.header = header(HOST_RNDIS_INDICATE, bytes),
		.status = cpu_to_le32(status),
		.bytes = cpu_to_le32(information_bytes),
		.offset = cpu_to_le32(information_bytes ? offset : 0),
	};

	memcpy(to, &wire, sizeof(wire));
	if (information_bytes)
		memcpy(to + sizeof(wire), information, information_bytes);
	return bytes;
}
