/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults of RNDIS: what lies in the receive buffer, what is answered, and what
 * is said by itself.
 */
#include "mocks/hyperv/faults_internal.h"
#include "mocks/hyperv/host_rndis.h"
#include "mocks/hyperv/rndis_wire.h"

#include <string.h>

/** Any type; any answer. */
#define ANY	     0u
#define ANSWER	     1000u
#define TYPE_UNKNOWN 153u
#define HUGE	     0xffffffffu
/** More than any message has. */
#define BEYOND	     0x20000u
/** What is changed later is changed by then. */
#define CHANGE_NS    8000u
/** A checksum's information lies here if there is one, and no tag's. */
#define INFORMATION  sizeof(struct host_rndis_packet_header)

#define OFFSET(message, field) offsetof(struct host_rndis_##message, field)
#define PACKET(field)	       OFFSET(packet_header, field)
#define INITIALIZE(field)      OFFSET(initialize_complete, field)
#define ANSWERED(field)	       OFFSET(complete, field)
#define QUERIED(field)	       OFFSET(query_complete, field)
#define PPI(field)	       (INFORMATION + OFFSET(ppi, field))
#define COMPLETE(type)	       (HOST_RNDIS_##type | HOST_RNDIS_COMPLETE)

/** One word of a message that is something else. */
static const struct rndis_fault {
	enum host_fault fault;
	uint32_t type;
	uint32_t offset, value;
} faults[] = {
	{HOST_FAULT(initialize_status), COMPLETE(INITIALIZE),
	 INITIALIZE(status), HOST_RNDIS_FAILURE},
	{HOST_FAULT(initialize_version), COMPLETE(INITIALIZE),
	 INITIALIZE(major), 77},
	{HOST_FAULT(initialize_packets), COMPLETE(INITIALIZE),
	 INITIALIZE(packets_max), 0},
	{HOST_FAULT(initialize_transfer), COMPLETE(INITIALIZE),
	 INITIALIZE(transfer_max), 0},
	{HOST_FAULT(initialize_alignment), COMPLETE(INITIALIZE),
	 INITIALIZE(alignment_log2), HUGE},
	{HOST_FAULT(query_status), COMPLETE(QUERY), QUERIED(status),
	 HOST_RNDIS_NOT_SUPPORTED},
	{HOST_FAULT(query_offset), COMPLETE(QUERY), QUERIED(offset), HUGE - 7},
	{HOST_FAULT(query_length), COMPLETE(QUERY), QUERIED(bytes), HUGE},
	{HOST_FAULT(set_status), COMPLETE(SET), ANSWERED(status),
	 HOST_RNDIS_FAILURE},
	{HOST_FAULT(reply_other), ANSWER, ANSWERED(request), 0x7777},
	{HOST_FAULT(reply_short), ANSWER, OFFSET(header, length), 4},
	{HOST_FAULT(reply_long), ANSWER, OFFSET(header, length), HUGE},
	{HOST_FAULT(reply_type), ANSWER, OFFSET(header, type), TYPE_UNKNOWN},
	{HOST_FAULT(information_zero), HOST_RNDIS_PACKET, PPI(bytes), 0},
	{HOST_FAULT(information_overrun), HOST_RNDIS_PACKET, PPI(bytes), 4096},
	{HOST_FAULT(information_offset), HOST_RNDIS_PACKET, PPI(offset),
	 HUGE - 3},
	{HOST_FAULT(information_unknown), HOST_RNDIS_PACKET, PPI(type), 77},
	{HOST_FAULT(information_internal), HOST_RNDIS_PACKET, PPI(type),
	 0x80000000u},
	{HOST_FAULT(information_outside), HOST_RNDIS_PACKET, PACKET(ppi_offset),
	 HUGE - 15},
	{HOST_FAULT(data_offset), HOST_RNDIS_PACKET, PACKET(data_offset),
	 BEYOND},
	{HOST_FAULT(data_overflow), HOST_RNDIS_PACKET, PACKET(data_offset),
	 HUGE - 7},
	{HOST_FAULT(data_before), HOST_RNDIS_PACKET, PACKET(data_offset), 0},
	{HOST_FAULT(data_zero), HOST_RNDIS_PACKET, PACKET(data_bytes), 0},
	{HOST_FAULT(data_tiny), HOST_RNDIS_PACKET, PACKET(data_bytes), 13},
	{HOST_FAULT(data_beyond), HOST_RNDIS_PACKET, PACKET(data_bytes),
	 BEYOND},
	{HOST_FAULT(message_short), HOST_RNDIS_PACKET, OFFSET(header, length),
	 7},
	{HOST_FAULT(message_beyond), HOST_RNDIS_PACKET, OFFSET(header, length),
	 BEYOND},
};

/* ---- In the receive buffer ---- */

static void word_write(struct host_gpadl *buffer, uint32_t offset,
		       uint32_t value)
{
	le32 word = cpu_to_le32(value);

	host_gpadl_write(buffer, offset, &word, sizeof(word));
}

static uint32_t word_read(struct host_gpadl *buffer, uint32_t offset)
{
	le32 word = 0;

	host_gpadl_read(buffer, offset, &word, sizeof(word));
	return le32_to_cpu(word);
}

/** Whether a fault is about this message, and its word lies in it. */
static bool concerns(const struct rndis_fault *fault, struct host_gpadl *buffer,
		     uint32_t offset, uint32_t bytes, uint32_t type)
{
	if (fault->type == ANSWER ? !(type & HOST_RNDIS_COMPLETE)
				  : fault->type != type)
		return false;
	if (fault->offset + sizeof(le32) > bytes)
		return false;
	/* What is wrong with information needs some. */
	return type != HOST_RNDIS_PACKET || fault->offset < INFORMATION ||
	       word_read(buffer, offset + PACKET(ppi_bytes)) != 0;
}

/** Twenty bytes of frame, and then a message that cannot be. */
static void second_write(struct host_gpadl *buffer, uint32_t offset,
			 uint32_t bytes)
{
	const uint32_t data = 20, first = INFORMATION + data;

	if (bytes < first + sizeof(struct host_rndis_header) ||
	    word_read(buffer, offset + PACKET(ppi_bytes)) != 0)
		return;
	word_write(buffer, offset + OFFSET(header, length), first);
	word_write(buffer, offset + PACKET(data_bytes), data);
	word_write(buffer, offset + first, HOST_RNDIS_PACKET);
	word_write(buffer, offset + first + OFFSET(header, length), HUGE);
}

/** A tag's information that ends where its tag would be. */
static void tag_cut(struct host_gpadl *buffer, uint32_t offset)
{
	if (word_read(buffer, offset + PACKET(ppi_bytes)) == 0)
		return;
	word_write(buffer, offset + PPI(type), HOST_RNDIS_PPI_VLAN);
	word_write(buffer, offset + PPI(bytes), sizeof(struct host_rndis_ppi));
}

static void change(void *context, const uint8_t *bytes, uint32_t count)
{
	static const uint8_t ones[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					 0xff, 0xff, 0xff, 0xff};
	uint32_t offset;

	(void)count;
	memcpy(&offset, bytes, sizeof(offset));
	host_gpadl_write(context, offset, ones, sizeof(ones));
}

void host_fault_rndis(struct host_partition *partition,
		      struct host_gpadl *buffer, uint32_t offset,
		      uint32_t bytes)
{
	uint32_t type, at;
	size_t i;

	if (!host_faults_armed(partition))
		return;
	type = word_read(buffer, offset);
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (concerns(&faults[i], buffer, offset, bytes, type) &&
		    host_fault(partition, faults[i].fault))
			word_write(buffer, offset + faults[i].offset,
				   faults[i].value);
	if (type == HOST_RNDIS_PACKET &&
	    host_fault(partition, HOST_FAULT(second_bad)))
		second_write(buffer, offset, bytes);
	if (type == HOST_RNDIS_PACKET &&
	    host_fault(partition, HOST_FAULT(vlan_short)))
		tag_cut(buffer, offset);
	if (!host_fault(partition, HOST_FAULT(data_changed)))
		return;
	at = offset + 8 * machine_random_below(partition->machine, 6);
	host_fault_later(partition,
			 machine_random_below(partition->machine, CHANGE_NS),
			 change, buffer, (const uint8_t *)&at, sizeof(at));
}

/* ---- Answers ---- */

void host_fault_query(struct host_partition *partition, uint32_t oid,
		      uint8_t *information, uint32_t room, uint32_t *bytes)
{
	bool is_mac = oid == HOST_OID_CURRENT_ADDRESS ||
		      oid == HOST_OID_PERMANENT_ADDRESS;

	if (!host_faults_armed(partition))
		return;
	if (is_mac && host_fault(partition, HOST_FAULT(mac_short)))
		*bytes = 5;
	if (is_mac && host_fault(partition, HOST_FAULT(mac_group)))
		information[0] |= 1;
	if (is_mac && host_fault(partition, HOST_FAULT(mac_zero)))
		memset(information, 0, *bytes);
	if (oid == HOST_OID_MAXIMUM_FRAME_SIZE &&
	    host_fault(partition, HOST_FAULT(mtu_zero)))
		memset(information, 0, *bytes);
	if (oid == HOST_OID_MAXIMUM_FRAME_SIZE &&
	    host_fault(partition, HOST_FAULT(mtu_huge)))
		memset(information, 0xff, *bytes);
	if (oid == HOST_OID_MEDIA_CONNECT_STATUS &&
	    host_fault(partition, HOST_FAULT(link_nonsense)))
		memset(information, 0xff, *bytes);
	if (oid == HOST_OID_OFFLOAD_HARDWARE && *bytes &&
	    host_fault(partition, HOST_FAULT(offload_nonsense)))
		information[0] = 0x99;
	if (host_fault(partition, HOST_FAULT(query_empty)))
		*bytes = 0;
	if (host_fault(partition, HOST_FAULT(query_long)))
		*bytes = room;
}

uint32_t host_fault_checksum(struct host_partition *partition,
			     uint32_t checksum)
{
	static const enum host_fault needs[] = {
		HOST_FAULT(information_zero),
		HOST_FAULT(vlan_short),
		HOST_FAULT(information_overrun),
		HOST_FAULT(information_offset),
		HOST_FAULT(information_unknown),
		HOST_FAULT(information_outside),
		HOST_FAULT(information_internal),
	};
	size_t i;

	if (!host_faults_armed(partition))
		return checksum;
	/* To be wrong, information must be there. */
	for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (host_fault_is_on(partition, needs[i]))
			checksum |= HOST_CHECKSUM_RX_IP_OK;
	if (host_fault(partition, HOST_FAULT(checksum_lie)))
		checksum |=
			HOST_CHECKSUM_RX_IP_OK | HOST_CHECKSUM_RX_IP_FAILED |
			HOST_CHECKSUM_RX_TCP_OK | HOST_CHECKSUM_RX_TCP_FAILED;
	return checksum;
}

/* ---- What nobody asked for ---- */

#define KEEPALIVES 4u
#define FLAPS	   6u

static uint32_t indicate_cut(uint8_t *message)
{
	host_rndis_write_indicate(message, HOST_RNDIS_CONNECTED, NULL, 0);
	host_rndis_length_set(message, OFFSET(indicate, status));
	return OFFSET(indicate, status);
}

static uint32_t strange(uint8_t *message, uint32_t type)
{
	uint32_t bytes = host_rndis_write_keepalive(message, 0x5555);
	le32 word = cpu_to_le32(type);

	memcpy(message, &word, sizeof(word));
	return bytes;
}

/** INDICATE whose information has a length and lies nowhere. */
static uint32_t indicate_nowhere(uint8_t *message)
{
	uint32_t bytes =
		host_rndis_write_indicate(message, HOST_RNDIS_LINK_SPEED,
					  "speed", 4);
	le32 word = CPU_TO_LE32(HUGE);

	memcpy(message + OFFSET(indicate, offset), &word, sizeof(word));
	return bytes;
}

static uint32_t indicate_unknown(uint8_t *message)
{
	return host_rndis_write_indicate(message, 0x40015555, "what", 4);
}

static uint32_t reset_stray(uint8_t *message)
{
	return strange(message, HOST_RNDIS_RESET);
}

static uint32_t halt_stray(uint8_t *message)
{
	return strange(message, HOST_RNDIS_HALT);
}

static uint32_t type_strange(uint8_t *message)
{
	return strange(message, TYPE_UNKNOWN);
}

static const struct {
	enum host_fault fault;
	uint32_t (*write)(uint8_t *message);
} said[] = {
	{HOST_FAULT(indicate_short), indicate_cut},
	{HOST_FAULT(indicate_unknown), indicate_unknown},
	{HOST_FAULT(indicate_offset), indicate_nowhere},
	{HOST_FAULT(reset_stray), reset_stray},
	{HOST_FAULT(halt_stray), halt_stray},
	{HOST_FAULT(type_strange), type_strange},
};

void host_fault_control(struct host_partition *partition,
			void (*say)(void *context, const uint8_t *message,
				    uint32_t bytes),
			void *context)
{
	uint8_t message[HOST_RNDIS_CONTROL_MAX];
	unsigned i;

	if (!host_faults_armed(partition))
		return;
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (host_fault(partition, said[i].fault))
			say(context, message, said[i].write(message));
	if (host_fault(partition, HOST_FAULT(keepalive_flood)))
		for (i = 0; i < KEEPALIVES; i++)
			say(context, message,
			    host_rndis_write_keepalive(message, 0x7000 + i));
	if (host_fault(partition, HOST_FAULT(link_flaps)))
		for (i = 0; i < FLAPS; i++)
			say(context, message,
			    host_rndis_write_indicate(
				    message,
				    i % 2 ? HOST_RNDIS_CONNECTED
					  : HOST_RNDIS_DISCONNECTED,
				    NULL, 0));
}
