/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is nested in RNDIS messages: per-packet information (MS-RNDIS 2.2.14.1,
 * ntddndis.h) and information buffers by their OIDs.
 */
#include <string.h>

#include "mocks/trace/layout.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define NUMBER(name, offset, bytes, format)                                    \
	{                                                                      \
		name, offset, bytes, LAYOUT_##format, NULL, 0, 0               \
	}
#define NAMED(name, offset, bytes, format, names)                              \
	{                                                                      \
		name, offset, bytes, LAYOUT_##format, names, 0, 0              \
	}
#define BITS(name, shift, bits)                                                \
	{                                                                      \
		name, 0, 4, LAYOUT_DECIMAL, NULL, shift, bits                  \
	}
#define RESERVED_BITS(name, shift, bits)                                       \
	{                                                                      \
		name, 0, 4, LAYOUT_RESERVED, NULL, shift, bits                 \
	}
#define LAYOUT(bytes, members)                                                 \
	{                                                                      \
		"", 0, bytes, members, COUNT(members), LAYOUT_TAIL_BYTES,      \
			"data"                                                 \
	}

/* ---- Per-packet information ---- */

const struct layout_name layout_ppi_types[] = {
	{"TcpIpChecksum", 0},	      {"IpSec", 1},
	{"TcpLargeSend", 2},	      {"ClassificationHandle", 3},
	{"ScatterGatherList", 5},     {"Ieee8021QInfo", 6},
	{"OriginalPacketInfo", 7},    {"NblHashValue", 8},
	{"OriginalNetBufferList", 9}, {"CachedNetBufferList", 10},
	{"ShortPacketPadding", 11},   {NULL, 0},
};

static const struct layout_member transmit_members[] = {
	BITS("is_ipv4", 0, 1),
	BITS("is_ipv6", 1, 1),
	BITS("tcp_checksum", 2, 1),
	BITS("udp_checksum", 3, 1),
	BITS("ip_header_checksum", 4, 1),
	RESERVED_BITS("reserved1", 5, 11),
	BITS("tcp_header_offset", 16, 10),
	RESERVED_BITS("reserved2", 26, 6),
};
static const struct layout_member receive_members[] = {
	BITS("tcp_checksum_failed", 0, 1),
	BITS("udp_checksum_failed", 1, 1),
	BITS("ip_checksum_failed", 2, 1),
	BITS("tcp_checksum_succeeded", 3, 1),
	BITS("udp_checksum_succeeded", 4, 1),
	BITS("ip_checksum_succeeded", 5, 1),
	BITS("loopback", 6, 1),
	RESERVED_BITS("reserved", 7, 25),
};
static const struct layout_member large_send_members[] = {
	BITS("mss", 0, 20),
	BITS("tcp_header_offset", 20, 10),
	BITS("is_version_2", 30, 1),
	BITS("is_ipv6", 31, 1),
};
static const struct layout_member vlan_members[] = {
	BITS("priority", 0, 3),
	BITS("canonical_format", 3, 1),
	BITS("vlan_id", 4, 12),
	RESERVED_BITS("reserved", 16, 16),
};
static const struct layout_member hash_members[] = {
	NUMBER("hash_value", 0, 4, HEX),
};

static const struct layout ppi_transmit = LAYOUT(4, transmit_members),
			   ppi_receive = LAYOUT(4, receive_members),
			   ppi_large_send = LAYOUT(4, large_send_members),
			   ppi_vlan = LAYOUT(4, vlan_members),
			   ppi_hash = LAYOUT(4, hash_members);

const struct layout *layout_ppi(uint32_t type, bool is_to_guest)
{
	switch (type) {
	case 0:
		return is_to_guest ? &ppi_receive : &ppi_transmit;
	case 2:
		return &ppi_large_send;
	case 6:
		return &ppi_vlan;
	case 8:
		return &ppi_hash;
	default:
		return NULL;
	}
}

/* ---- Structures of NDIS: type, revision and their own size first ---- */

static const struct layout_name object_types[] = {
	{"NDIS_OBJECT_TYPE_DEFAULT", 0x80},
	{"NDIS_OBJECT_TYPE_RSS_CAPABILITIES", 0x88},
	{"NDIS_OBJECT_TYPE_RSS_PARAMETERS", 0x89},
	{"NDIS_OBJECT_TYPE_OFFLOAD", 0xa7},
	{"NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION", 0xa8},
	{NULL, 0},
};

#define OBJECT                                                                 \
	NAMED("type", 0, 1, HEX, object_types),                                \
		NUMBER("revision", 1, 1, DECIMAL),                             \
		NUMBER("size", 2, 2, DECIMAL)

static const struct layout_name encapsulations[] = {
	{"NULL", 0x1},
	{"IEEE_802_3", 0x2},
	{"IEEE_802_3_P_AND_Q", 0x4},
	{"IEEE_802_3_P_AND_Q_IN_OOB", 0x8},
	{"LLC_SNAP_ROUTED", 0x10},
	{NULL, 0},
};
static const struct layout_name checksums[] = {
	{"IP_OPTIONS", 0x1}, {"TCP_OPTIONS", 0x4}, {"TCP", 0x10},
	{"UDP", 0x40},	     {"IP", 0x100},	   {NULL, 0},
};

#define ENCAPSULATION(name, offset)                                            \
	NAMED(name, offset, 4, SPARSE_FLAGS, encapsulations)
#define CHECKSUM(name, offset) NAMED(name, offset, 4, SPARSE_FLAGS, checksums)

#define OFFLOAD_1                                                              \
	OBJECT, ENCAPSULATION("ipv4_transmit_encapsulation", 4),               \
		CHECKSUM("ipv4_transmit_checksum", 8),                         \
		ENCAPSULATION("ipv4_receive_encapsulation", 12),               \
		CHECKSUM("ipv4_receive_checksum", 16),                         \
		ENCAPSULATION("ipv6_transmit_encapsulation", 20),              \
		CHECKSUM("ipv6_transmit_checksum", 24),                        \
		ENCAPSULATION("ipv6_receive_encapsulation", 28),               \
		CHECKSUM("ipv6_receive_checksum", 32),                         \
		NUMBER("lso_v1", 36, 16, RESERVED),                            \
		NUMBER("ipsec_v1", 52, 28, RESERVED),                          \
		ENCAPSULATION("lso_v2_ipv4_encapsulation", 80),                \
		NUMBER("lso_v2_ipv4_max_offload_size", 84, 4, SPARSE),         \
		NUMBER("lso_v2_ipv4_min_segment_count", 88, 4, SPARSE),        \
		ENCAPSULATION("lso_v2_ipv6_encapsulation", 92),                \
		NUMBER("lso_v2_ipv6_max_offload_size", 96, 4, SPARSE),         \
		NUMBER("lso_v2_ipv6_min_segment_count", 100, 4, SPARSE),       \
		NUMBER("lso_v2_ipv6_extension_headers", 104, 4, RESERVED),     \
		NUMBER("flags", 108, 4, RESERVED)
#define OFFLOAD_2 OFFLOAD_1, NUMBER("ipsec_v2", 112, 32, RESERVED)

static const struct layout_member offload_1_members[] = {OFFLOAD_1};
static const struct layout_member offload_2_members[] = {OFFLOAD_2};
static const struct layout_member offload_3_members[] = {
	OFFLOAD_2,
	NUMBER("rsc_ipv4", 144, 1, SPARSE),
	NUMBER("rsc_ipv6", 145, 1, SPARSE),
	NUMBER("reserved", 146, 2, RESERVED),
	NUMBER("encapsulated_packet_task", 148, 8, RESERVED),
};
static const struct layout offload_layouts[] = {
	LAYOUT(156, offload_3_members),
	LAYOUT(144, offload_2_members),
	LAYOUT(112, offload_1_members),
};

static const struct layout_name choices[] = {
	{"NO_CHANGE", 0}, {"OFF", 1},  {"TRANSMIT", 2},
	{"RECEIVE", 3},	  {"BOTH", 4}, {NULL, 0},
};

static const struct layout_member offload_parameters_members[] = {
	OBJECT,
	NAMED("ipv4_checksum", 4, 1, DECIMAL, choices),
	NAMED("tcp_ipv4_checksum", 5, 1, DECIMAL, choices),
	NAMED("udp_ipv4_checksum", 6, 1, DECIMAL, choices),
	NAMED("tcp_ipv6_checksum", 7, 1, DECIMAL, choices),
	NAMED("udp_ipv6_checksum", 8, 1, DECIMAL, choices),
	NUMBER("lso_v1", 9, 1, DECIMAL),
	NUMBER("ipsec_v1", 10, 1, DECIMAL),
	NUMBER("lso_v2_ipv4", 11, 1, DECIMAL),
	NUMBER("lso_v2_ipv6", 12, 1, DECIMAL),
	NUMBER("tcp_connection_ipv4", 13, 1, DECIMAL),
	NUMBER("tcp_connection_ipv6", 14, 1, DECIMAL),
	NUMBER("reserved", 15, 1, RESERVED),
	NUMBER("flags", 16, 4, HEX),
};
static const struct layout offload_parameters_layout =
	LAYOUT(20, offload_parameters_members);

static const struct layout_name rss_capabilities_flags[] = {
	{"TOEPLITZ", 0x1},
	{"TCP_IPV4", 0x100},
	{"TCP_IPV6", 0x200},
	{"TCP_IPV6_EX", 0x400},
	{"MESSAGE_SIGNALED_INTERRUPTS", 0x1000000},
	{"CLASSIFICATION_AT_ISR", 0x2000000},
	{"CLASSIFICATION_AT_DPC", 0x4000000},
	{"USING_MSI_X", 0x8000000},
	{NULL, 0},
};
static const struct layout_name rss_parameters_flags[] = {
	{"BASE_CPU_UNCHANGED", 0x1}, {"HASH_INFO_UNCHANGED", 0x2},
	{"ITABLE_UNCHANGED", 0x4},   {"HASH_KEY_UNCHANGED", 0x8},
	{"DISABLE_RSS", 0x10},	     {NULL, 0},
};
static const struct layout_name rss_hashes[] = {
	{"TOEPLITZ", 0x1},	 {"IPV4", 0x100},    {"TCP_IPV4", 0x200},
	{"IPV6", 0x400},	 {"IPV6_EX", 0x800}, {"TCP_IPV6", 0x1000},
	{"TCP_IPV6_EX", 0x2000}, {NULL, 0},
};

static const struct layout_member rss_capabilities_members[] = {
	OBJECT,
	NAMED("capabilities_flags", 4, 4, FLAGS, rss_capabilities_flags),
	NUMBER("number_of_interrupt_messages", 8, 4, DECIMAL),
	NUMBER("number_of_receive_queues", 12, 4, DECIMAL),
	NUMBER("number_of_indirection_table_entries", 16, 2, DECIMAL),
};
static const struct layout rss_capabilities_layout =
	LAYOUT(18, rss_capabilities_members);

static const struct layout_member rss_parameters_members[] = {
	OBJECT,
	NAMED("flags", 4, 2, FLAGS, rss_parameters_flags),
	NUMBER("base_cpu_number", 6, 2, DECIMAL),
	NAMED("hash_information", 8, 4, FLAGS, rss_hashes),
	NUMBER("indirection_table_size", 12, 2, DECIMAL),
	NUMBER("reserved1", 14, 2, RESERVED),
	NUMBER("indirection_table_offset", 16, 4, DECIMAL),
	NUMBER("hash_secret_key_size", 20, 2, DECIMAL),
	NUMBER("reserved2", 22, 2, RESERVED),
	NUMBER("hash_secret_key_offset", 24, 4, DECIMAL),
	NUMBER("processor_masks_offset", 28, 4, DECIMAL),
	NUMBER("number_of_processor_masks", 32, 4, DECIMAL),
	NUMBER("processor_masks_entry_size", 36, 4, DECIMAL),
};
static const struct layout rss_parameters_layout =
	LAYOUT(40, rss_parameters_members);

static const struct layout_name connect_states[] = {
	{"UNKNOWN", 0},
	{"CONNECTED", 1},
	{"DISCONNECTED", 2},
	{NULL, 0},
};
static const struct layout_name duplex_states[] = {
	{"UNKNOWN", 0},
	{"HALF", 1},
	{"FULL", 2},
	{NULL, 0},
};
static const struct layout_member link_state_members[] = {
	OBJECT,
	NAMED("media_connect_state", 4, 4, DECIMAL, connect_states),
	NAMED("media_duplex_state", 8, 4, DECIMAL, duplex_states),
	NUMBER("padding", 12, 4, RESERVED),
	NUMBER("transmit_link_speed", 16, 8, DECIMAL),
	NUMBER("receive_link_speed", 24, 8, DECIMAL),
	NUMBER("pause_functions", 32, 4, DECIMAL),
	NUMBER("auto_negotiation_flags", 36, 4, HEX),
};
static const struct layout link_state_layout = LAYOUT(40, link_state_members);

/* ---- Structures of RNDIS ---- */

static const struct layout_name parameter_types[] = {
	{"INTEGER", 0},
	{"STRING", 2},
	{NULL, 0},
};
static const struct layout_member parameter_members[] = {
	NUMBER("name_offset", 0, 4, DECIMAL),
	NUMBER("name_length", 4, 4, DECIMAL),
	NAMED("type", 8, 4, DECIMAL, parameter_types),
	NUMBER("value_offset", 12, 4, DECIMAL),
	NUMBER("value_length", 16, 4, DECIMAL),
};
static const struct layout parameter_layout = LAYOUT(20, parameter_members);

/* MS-RNDIS 2.2.7.1 */
static const struct layout_member diagnostic_members[] = {
	NUMBER("status", 0, 4, HEX),
	NUMBER("error_offset", 4, 4, DECIMAL),
};
static const struct layout diagnostic_layout = LAYOUT(8, diagnostic_members);

/* ---- By OID ---- */

static const struct layout_name packet_filters[] = {
	{"DIRECTED", 0x1},
	{"MULTICAST", 0x2},
	{"ALL_MULTICAST", 0x4},
	{"BROADCAST", 0x8},
	{"SOURCE_ROUTING", 0x10},
	{"PROMISCUOUS", 0x20},
	{"SMT", 0x40},
	{"ALL_LOCAL", 0x80},
	{"GROUP", 0x1000},
	{"ALL_FUNCTIONAL", 0x2000},
	{"FUNCTIONAL", 0x4000},
	{"MAC_FRAME", 0x8000},
	{NULL, 0},
};

enum information {
	NUMBER_OF,
	ADDRESS,
	PACKET_FILTER,
	OFFLOAD,
	OFFLOAD_PARAMETERS,
	RSS_CAPABILITIES,
	RSS_PARAMETERS,
	LINK_STATE,
	PARAMETER,
	DIAGNOSTIC,
	INFORMATIONS,
};

#define STRUCTURE(name, layouts, count)                                        \
	{                                                                      \
		name, LAYOUT_FORM_STRUCTURE, NULL, layouts, count              \
	}

const struct layout_information layout_informations[] = {
	[NUMBER_OF] = {"number", LAYOUT_FORM_NUMBER, NULL, NULL, 0},
	[ADDRESS] = {"address", LAYOUT_FORM_ADDRESS, NULL, NULL, 0},
	[PACKET_FILTER] = {"packet_filter", LAYOUT_FORM_NUMBER, packet_filters,
			   NULL, 0},
	[OFFLOAD] =
		STRUCTURE("offload", offload_layouts, COUNT(offload_layouts)),
	[OFFLOAD_PARAMETERS] =
		STRUCTURE("offload_parameters", &offload_parameters_layout, 1),
	[RSS_CAPABILITIES] =
		STRUCTURE("rss_capabilities", &rss_capabilities_layout, 1),
	[RSS_PARAMETERS] =
		STRUCTURE("rss_parameters", &rss_parameters_layout, 1),
	[LINK_STATE] = STRUCTURE("link_state", &link_state_layout, 1),
	[PARAMETER] = STRUCTURE("parameter", &parameter_layout, 1),
	[DIAGNOSTIC] = STRUCTURE("diagnostic", &diagnostic_layout, 1),
	[INFORMATIONS] = {NULL, LAYOUT_FORM_NUMBER, NULL, NULL, 0},
};

const struct layout_information *layout_information_by_oid(uint32_t oid)
{
	static const struct {
		uint32_t oid;
		enum information information;
	} known[] = {
		{0x0001010e, PACKET_FILTER},  {0x00010203, RSS_CAPABILITIES},
		{0x00010204, RSS_PARAMETERS}, {0x00010207, LINK_STATE},
		{0x0001021b, PARAMETER},      {0x01010101, ADDRESS},
		{0x01010102, ADDRESS},	      {0x01010103, ADDRESS},
		{0xfc01020b, OFFLOAD},	      {0xfc01020c, OFFLOAD_PARAMETERS},
		{0xfc01020d, OFFLOAD},
	};
	size_t n;

	for (n = 0; n < COUNT(known); n++)
		if (known[n].oid == oid)
			return &layout_informations[known[n].information];
	return layout_name(layout_oids, oid) ? &layout_informations[NUMBER_OF]
					     : NULL;
}

/** A structure of NDIS says what it is, and how long. */
static const struct layout_information *object_of(const uint8_t *bytes,
						  uint64_t length)
{
	unsigned size = length < 4 ? 0 : bytes[2] | bytes[3] << 8;

	if (!size || size > length)
		return NULL;
	if (bytes[0] == 0xa7)
		return &layout_informations[OFFLOAD];
	if (bytes[0] == 0x88)
		return &layout_informations[RSS_CAPABILITIES];
	if (bytes[0] == 0x80 && size == link_state_layout.bytes)
		return &layout_informations[LINK_STATE];
	return NULL;
}

const struct layout_information *
layout_information_by_bytes(const uint8_t *bytes, uint64_t length,
			    bool is_status)
{
	const struct layout_information *object = object_of(bytes, length);

	if (length == 4 || (length == 8 && !is_status))
		return &layout_informations[NUMBER_OF];
	if (length == 8)
		return &layout_informations[DIAGNOSTIC];
	return length == 6 ? &layout_informations[ADDRESS] : object;
}
