/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS messages (MS-RNDIS 2.2) and the NDIS structures inside them as they lie
 * on the wire. What rndis.h and rndis_oid.h give is made from these and should
 * be used instead.
 */
#ifndef HYPERV_RNDIS_MESSAGES_H
#define HYPERV_RNDIS_MESSAGES_H

#include <stddef.h>

#include "port/bytes.h"

#define RNDIS_PACKED __attribute__((packed))

/** Types; an answer has the top bit besides. */
enum rndis_type {
	RNDIS_PACKET = 1,
	RNDIS_INITIALIZE = 2,
	RNDIS_HALT = 3,
	RNDIS_QUERY = 4,
	RNDIS_SET = 5,
	RNDIS_RESET = 6,
	RNDIS_INDICATE_STATUS = 7,
	RNDIS_KEEPALIVE = 8,
};

#define RNDIS_COMPLETE 0x80000000u

/** What each message begins with; the length counts this header too. */
struct rndis_header {
	le32 type;
	le32 length;
} RNDIS_PACKED;

/**
 * Where offsets of every message count from: the field behind the header, not
 * the message's start (MS-RNDIS 2.2.1).
 */
#define RNDIS_OFFSET_BASE 8u

/** REMOTE_NDIS_PACKET_MSG, MS-RNDIS 2.2.14. */
struct rndis_packet_message {
	struct rndis_header header;
	le32 data_offset, data_length;
	le32 out_of_band_offset, out_of_band_length, out_of_band_count;
	le32 information_offset, information_length;
	le32 connection_handle;
	le32 reserved;
} RNDIS_PACKED;

/** Per-packet information: this and a value, at an offset from this. */
struct rndis_information_header {
	le32 size;
	/** Bit 31: internal to the switch. */
	le32 type;
	le32 value_offset;
} RNDIS_PACKED;

enum rndis_information_type {
	RNDIS_INFORMATION_CHECKSUM = 0,
	RNDIS_INFORMATION_VLAN = 6,
};

/** MS-RNDIS 2.2.2 and 2.2.9. */
struct rndis_initialize {
	struct rndis_header header;
	le32 request_id;
	le32 major, minor;
	le32 transfer_bytes_max;
} RNDIS_PACKED;

struct rndis_initialize_complete {
	struct rndis_header header;
	le32 request_id;
	le32 status;
	le32 major, minor;
	le32 device_flags;
	le32 medium;
	le32 packets_max;
	le32 transfer_bytes_max;
	/** Logarithm to base two. */
	le32 packet_alignment;
} RNDIS_PACKED;

/** MS-RNDIS 2.2.3. */
struct rndis_halt {
	struct rndis_header header;
	le32 request_id;
} RNDIS_PACKED;

/** QUERY and SET, MS-RNDIS 2.2.4 and 2.2.6; the buffer follows. */
struct rndis_request {
	struct rndis_header header;
	le32 request_id;
	le32 oid;
	le32 buffer_length, buffer_offset;
	le32 connection_handle;
} RNDIS_PACKED;

/** MS-RNDIS 2.2.10. */
struct rndis_query_complete {
	struct rndis_header header;
	le32 request_id;
	le32 status;
	le32 buffer_length, buffer_offset;
} RNDIS_PACKED;

/** SET_CMPLT and KEEPALIVE_CMPLT, MS-RNDIS 2.2.11 and 2.2.13. */
struct rndis_status_complete {
	struct rndis_header header;
	le32 request_id;
	le32 status;
} RNDIS_PACKED;

/** MS-RNDIS 2.2.5 and 2.2.12: neither has a request id. */
struct rndis_reset {
	struct rndis_header header;
	le32 reserved;
} RNDIS_PACKED;

struct rndis_reset_complete {
	struct rndis_header header;
	le32 status;
	le32 addressing_reset;
} RNDIS_PACKED;

/** REMOTE_NDIS_INDICATE_STATUS_MSG, MS-RNDIS 2.2.7; a buffer may follow. */
struct rndis_indicate_status {
	struct rndis_header header;
	le32 status;
	le32 buffer_length, buffer_offset;
} RNDIS_PACKED;

/** REMOTE_NDIS_KEEPALIVE_MSG, MS-RNDIS 2.2.8. */
struct rndis_keepalive {
	struct rndis_header header;
	le32 request_id;
} RNDIS_PACKED;

/** What the buffer of a newer object begins with (NDIS_OBJECT_HEADER). */
struct ndis_object_header {
	uint8_t type;
	uint8_t revision;
	le16 size;
} RNDIS_PACKED;

#define NDIS_OBJECT_DEFAULT 0x80u
#define NDIS_OBJECT_OFFLOAD 0xa7u

/** One direction and IP version of checksum offload. */
struct ndis_checksum_offload {
	le32 encapsulation;
	le32 flags;
} RNDIS_PACKED;

/** NDIS_OFFLOAD as far as this guest reads it. */
struct ndis_offload {
	struct ndis_object_header header;
	struct ndis_checksum_offload ipv4_transmit, ipv4_receive;
	struct ndis_checksum_offload ipv6_transmit, ipv6_receive;
} RNDIS_PACKED;

/** NDIS_OFFLOAD_PARAMETERS; each a value of enum ndis_offload_choice. */
struct ndis_offload_parameters {
	struct ndis_object_header header;
	uint8_t ipv4_checksum;
	uint8_t tcp_ipv4_checksum, udp_ipv4_checksum;
	uint8_t tcp_ipv6_checksum, udp_ipv6_checksum;
	uint8_t lso_v1;
	uint8_t ipsec_v1;
	uint8_t lso_v2_ipv4, lso_v2_ipv6;
	uint8_t tcp_connection_ipv4, tcp_connection_ipv6;
	uint8_t reserved;
	le32 flags;
	uint8_t revision_3[8];
} RNDIS_PACKED;

enum ndis_offload_choice {
	NDIS_OFFLOAD_NO_CHANGE = 0,
	NDIS_OFFLOAD_OFF = 1,
	NDIS_OFFLOAD_TRANSMIT = 2,
	NDIS_OFFLOAD_RECEIVE = 3,
	NDIS_OFFLOAD_BOTH = 4,
};

/** RNDIS_CONFIG_PARAMETER_INFO: offsets from its start, lengths in bytes. */
struct rndis_configuration_parameter {
	le32 name_offset, name_length;
	le32 type;
	le32 value_offset, value_length;
} RNDIS_PACKED;

#define RNDIS_CONFIGURATION_STRING 2u

_Static_assert(sizeof(struct rndis_header) == 8, "RNDIS header");
_Static_assert(sizeof(struct rndis_packet_message) == 44, "PACKET");
_Static_assert(offsetof(struct rndis_packet_message, data_offset) ==
		       RNDIS_OFFSET_BASE,
	       "PACKET data");
_Static_assert(offsetof(struct rndis_packet_message, information_offset) == 28,
	       "PACKET information");
_Static_assert(sizeof(struct rndis_information_header) == 12, "information");
_Static_assert(sizeof(struct rndis_initialize) == 24, "INITIALIZE");
_Static_assert(sizeof(struct rndis_initialize_complete) == 44,
	       "INITIALIZE_CMPLT");
_Static_assert(offsetof(struct rndis_initialize_complete, packets_max) == 32,
	       "INITIALIZE_CMPLT");
_Static_assert(sizeof(struct rndis_halt) == 12, "HALT");
_Static_assert(sizeof(struct rndis_request) == 28, "QUERY, SET");
_Static_assert(offsetof(struct rndis_request, oid) == 12, "QUERY, SET");
_Static_assert(sizeof(struct rndis_query_complete) == 24, "QUERY_CMPLT");
_Static_assert(offsetof(struct rndis_query_complete, buffer_length) == 16,
	       "QUERY_CMPLT");
_Static_assert(sizeof(struct rndis_status_complete) == 16, "SET_CMPLT");
_Static_assert(sizeof(struct rndis_reset) == 12, "RESET");
_Static_assert(sizeof(struct rndis_reset_complete) == 16, "RESET_CMPLT");
_Static_assert(sizeof(struct rndis_indicate_status) == 20, "INDICATE_STATUS");
_Static_assert(sizeof(struct rndis_keepalive) == 12, "KEEPALIVE");
_Static_assert(sizeof(struct ndis_object_header) == 4, "object header");
_Static_assert(sizeof(struct ndis_offload) == 36, "NDIS_OFFLOAD");
_Static_assert(offsetof(struct ndis_offload, ipv6_transmit) == 20,
	       "NDIS_OFFLOAD");
_Static_assert(sizeof(struct ndis_offload_parameters) == 28,
	       "NDIS_OFFLOAD_PARAMETERS");
_Static_assert(sizeof(struct rndis_configuration_parameter) == 20,
	       "RNDIS_CONFIG_PARAMETER_INFO");

#endif /* HYPERV_RNDIS_MESSAGES_H */
