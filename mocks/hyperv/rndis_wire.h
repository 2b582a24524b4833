/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS (MS-RNDIS) as the host reads and writes it, with the NDIS structures
 * that its queries carry.
 *
 * Offsets inside messages count from their ninth byte, the one behind type and
 * length; that of a per-packet information counts from its own start.
 */
#ifndef MOCKS_HYPERV_RNDIS_WIRE_H
#define MOCKS_HYPERV_RNDIS_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "port/bytes.h"

enum host_rndis_type {
	HOST_RNDIS_PACKET = 1,
	HOST_RNDIS_INITIALIZE = 2,
	HOST_RNDIS_HALT = 3,
	HOST_RNDIS_QUERY = 4,
	HOST_RNDIS_SET = 5,
	HOST_RNDIS_RESET = 6,
	HOST_RNDIS_INDICATE = 7,
	HOST_RNDIS_KEEPALIVE = 8,
	HOST_RNDIS_SET_EX = 9,
};

/** Set in the type of an answer. */
#define HOST_RNDIS_COMPLETE 0x80000000u

#define HOST_RNDIS_SUCCESS	   0x00000000u
#define HOST_RNDIS_FAILURE	   0xc0000001u
#define HOST_RNDIS_NOT_SUPPORTED   0xc00000bbu
#define HOST_RNDIS_BAD_VERSION	   0xc0010004u
#define HOST_RNDIS_INVALID_DATA	   0xc0010015u
#define HOST_RNDIS_TOO_SHORT	   0xc0010016u
#define HOST_RNDIS_CONNECTED	   0x4001000bu
#define HOST_RNDIS_DISCONNECTED	   0x4001000cu
#define HOST_RNDIS_LINK_SPEED	   0x40010013u
#define HOST_RNDIS_NETWORK_CHANGE  0x40010018u
#define HOST_RNDIS_OFFLOAD_CURRENT 0x40020006u

struct host_rndis_header {
	le32 type;
	le32 length;
} __attribute__((packed));
_Static_assert(sizeof(struct host_rndis_header) == 8, "RNDIS header");

/** Where the offsets of a message count from. */
#define HOST_RNDIS_BASE 8u

struct host_rndis_packet_header {
	struct host_rndis_header header;
	le32 data_offset, data_bytes;
	le32 oob_offset, oob_bytes, oob_count;
	le32 ppi_offset, ppi_bytes;
	le32 vc, reserved;
} __attribute__((packed));
_Static_assert(sizeof(struct host_rndis_packet_header) == 44, "RNDIS PACKET");
_Static_assert(offsetof(struct host_rndis_packet_header, ppi_offset) == 28,
	       "RNDIS PACKET ppi_offset");

/** Per-packet information: its value follows at an offset from its start. */
struct host_rndis_ppi {
	le32 bytes;
	le32 type;
	le32 offset;
} __attribute__((packed));
_Static_assert(sizeof(struct host_rndis_ppi) == 12, "RNDIS PPI");

enum host_rndis_ppi_type {
	HOST_RNDIS_PPI_CHECKSUM = 0,
	HOST_RNDIS_PPI_LSO = 2,
	HOST_RNDIS_PPI_VLAN = 6,
	HOST_RNDIS_PPI_HASH = 8,
};

/* The checksum word of a frame to send. */
#define HOST_CHECKSUM_TX_IPV4	      (1u << 0)
#define HOST_CHECKSUM_TX_IPV6	      (1u << 1)
#define HOST_CHECKSUM_TX_TCP	      (1u << 2)
#define HOST_CHECKSUM_TX_UDP	      (1u << 3)
#define HOST_CHECKSUM_TX_IP	      (1u << 4)
#define HOST_CHECKSUM_TX_OFFSET_SHIFT 16
#define HOST_CHECKSUM_TX_OFFSET_MASK  0x3ffu

/* The checksum word of a received frame. */
#define HOST_CHECKSUM_RX_TCP_FAILED (1u << 0)
#define HOST_CHECKSUM_RX_UDP_FAILED (1u << 1)
#define HOST_CHECKSUM_RX_IP_FAILED  (1u << 2)
#define HOST_CHECKSUM_RX_TCP_OK	    (1u << 3)
#define HOST_CHECKSUM_RX_UDP_OK	    (1u << 4)
#define HOST_CHECKSUM_RX_IP_OK	    (1u << 5)

/** REMOTE_NDIS_INITIALIZE_MSG */
struct host_rndis_initialize {
	struct host_rndis_header header;
	le32 request;
	le32 major, minor;
	le32 transfer_max;
} __attribute__((packed));
_Static_assert(sizeof(struct host_rndis_initialize) == 24, "RNDIS INITIALIZE");

/** REMOTE_NDIS_INITIALIZE_CMPLT */
struct host_rndis_initialize_complete {
	struct host_rndis_header header;
	le32 request;
	le32 status;
	le32 major, minor;
	le32 device_flags;
	le32 medium;
	le32 packets_max;
	le32 transfer_max;
	le32 alignment_log2;
	le32 af_offset, af_bytes;
} __attribute__((packed));
_Static_assert(sizeof(struct host_rndis_initialize_complete) == 52,
	       "RNDIS INITIALIZE_CMPLT");

/**
 * HALT, KEEPALIVE: the request alone. RESET has no request, but a reserved
 * word.
 */
struct host_rndis_request_header {
	struct host_rndis_header header;
	le32 request;
} __attribute__((packed));
_Static_assert(sizeof(struct host_rndis_request_header) == 12, "RNDIS request");

/** QUERY and SET. */
struct host_rndis_oid_header {
	struct host_rndis_header header;
	le32 request;
	le32 oid;
	le32 bytes, offset;
	le32 vc;
} __attribute__((packed));
_Static_assert(sizeof(struct host_rndis_oid_header) == 28, "RNDIS QUERY, SET");

struct host_rndis_query_complete {
	struct host_rndis_header header;
	le32 request;
	le32 status;
	le32 bytes, offset;
} __attribute__((packed));
_Static_assert(sizeof(struct host_rndis_query_complete) == 24,
	       "RNDIS QUERY_CMPLT");

/**
 * SET_CMPLT, KEEPALIVE_CMPLT. RESET_CMPLT has the same size: status and whether
 * addresses must be set again.
 */
struct host_rndis_complete {
	struct host_rndis_header header;
	le32 request;
	le32 status;
} __attribute__((packed));
_Static_assert(sizeof(struct host_rndis_complete) == 16, "RNDIS SET_CMPLT");

struct host_rndis_reset_complete {
	struct host_rndis_header header;
	le32 status;
	le32 addressing_reset;
} __attribute__((packed));
_Static_assert(sizeof(struct host_rndis_reset_complete) == 16,
	       "RNDIS RESET_CMPLT");

struct host_rndis_indicate {
	struct host_rndis_header header;
	le32 status;
	le32 bytes, offset;
} __attribute__((packed));
_Static_assert(sizeof(struct host_rndis_indicate) == 20, "RNDIS INDICATE");

/* ---- OIDs ---- */

#define HOST_OID_SUPPORTED_LIST	       0x00010101u
#define HOST_OID_HARDWARE_STATUS       0x00010102u
#define HOST_OID_MEDIA_SUPPORTED       0x00010103u
#define HOST_OID_MEDIA_IN_USE	       0x00010104u
#define HOST_OID_MAXIMUM_LOOKAHEAD     0x00010105u
#define HOST_OID_MAXIMUM_FRAME_SIZE    0x00010106u
#define HOST_OID_LINK_SPEED	       0x00010107u
#define HOST_OID_TRANSMIT_BUFFER_SPACE 0x00010108u
#define HOST_OID_RECEIVE_BUFFER_SPACE  0x00010109u
#define HOST_OID_TRANSMIT_BLOCK_SIZE   0x0001010au
#define HOST_OID_RECEIVE_BLOCK_SIZE    0x0001010bu
#define HOST_OID_VENDOR_ID	       0x0001010cu
#define HOST_OID_VENDOR_DESCRIPTION    0x0001010du
#define HOST_OID_PACKET_FILTER	       0x0001010eu
#define HOST_OID_CURRENT_LOOKAHEAD     0x0001010fu
#define HOST_OID_DRIVER_VERSION	       0x00010110u
#define HOST_OID_MAXIMUM_TOTAL_SIZE    0x00010111u
#define HOST_OID_PROTOCOL_OPTIONS      0x00010112u
#define HOST_OID_MAC_OPTIONS	       0x00010113u
#define HOST_OID_MEDIA_CONNECT_STATUS  0x00010114u
#define HOST_OID_MAXIMUM_SEND_PACKETS  0x00010115u
#define HOST_OID_VENDOR_DRIVER_VERSION 0x00010116u
#define HOST_OID_NETWORK_ADDRESSES     0x00010118u
#define HOST_OID_PHYSICAL_MEDIUM       0x00010202u
#define HOST_OID_RSS_CAPABILITIES      0x00010203u
#define HOST_OID_RSS_PARAMETERS	       0x00010204u
#define HOST_OID_MAXIMUM_LINK_SPEED    0x00010206u
#define HOST_OID_LINK_STATE	       0x00010207u
#define HOST_OID_LINK_PARAMETERS       0x00010208u
#define HOST_OID_CONFIGURATION	       0x0001021bu
#define HOST_OID_XMIT_OK	       0x00020101u
#define HOST_OID_RCV_OK		       0x00020102u
#define HOST_OID_XMIT_ERROR	       0x00020103u
#define HOST_OID_RCV_ERROR	       0x00020104u
#define HOST_OID_RCV_NO_BUFFER	       0x00020105u
#define HOST_OID_FRIENDLY_NAME	       0x00020216u
#define HOST_OID_BYTES_RCV	       0x00020219u
#define HOST_OID_BYTES_XMIT	       0x0002021fu
#define HOST_OID_PERMANENT_ADDRESS     0x01010101u
#define HOST_OID_CURRENT_ADDRESS       0x01010102u
#define HOST_OID_MULTICAST_LIST	       0x01010103u
#define HOST_OID_MAXIMUM_LIST_SIZE     0x01010104u
#define HOST_OID_ENCAPSULATION	       0x0101010au
#define HOST_OID_ALIGNMENT_ERRORS      0x01020101u
#define HOST_OID_ONE_COLLISION	       0x01020102u
#define HOST_OID_MORE_COLLISIONS       0x01020103u
#define HOST_OID_OFFLOAD_CURRENT       0xfc01020bu
#define HOST_OID_OFFLOAD_PARAMETERS    0xfc01020cu
#define HOST_OID_OFFLOAD_HARDWARE      0xfc01020du

/** OID_GEN_CURRENT_PACKET_FILTER */
#define HOST_FILTER_DIRECTED	  0x01u
#define HOST_FILTER_MULTICAST	  0x02u
#define HOST_FILTER_ALL_MULTICAST 0x04u
#define HOST_FILTER_BROADCAST	  0x08u
#define HOST_FILTER_PROMISCUOUS	  0x20u

/* ---- NDIS structures ---- */

struct host_ndis_header {
	uint8_t type;
	uint8_t revision;
	le16 bytes;
} __attribute__((packed));
_Static_assert(sizeof(struct host_ndis_header) == 4, "NDIS_OBJECT_HEADER");

enum host_ndis_type {
	HOST_NDIS_DEFAULT = 0x80,
	HOST_NDIS_RSS_CAPABILITIES = 0x88,
	HOST_NDIS_RSS_PARAMETERS = 0x89,
	HOST_NDIS_OFFLOAD = 0xa7,
	HOST_NDIS_ENCAPSULATION = 0xa8,
};

struct host_ndis_link_state {
	struct host_ndis_header header;
	le32 connected; /* 1 up, 2 down */
	le32 duplex;	/* 2 full */
	le32 padding;
	le64 transmit_bps, receive_bps;
	le32 pause;
	le32 negotiation;
} __attribute__((packed));
_Static_assert(sizeof(struct host_ndis_link_state) == 40, "NDIS_LINK_STATE");

/** The 18 bytes that guests ask for. */
struct host_ndis_rss_capabilities {
	struct host_ndis_header header;
	le32 flags;
	le32 interrupts;
	le32 queues;
	le16 entries;
} __attribute__((packed));
_Static_assert(sizeof(struct host_ndis_rss_capabilities) == 18,
	       "NDIS_RECEIVE_SCALE_CAPABILITIES");

#define HOST_RSS_CAPABLE_TOEPLITZ 0x001u
#define HOST_RSS_CAPABLE_TCP4	  0x100u
#define HOST_RSS_CAPABLE_TCP6	  0x200u
#define HOST_RSS_CAPABLE_TCP6_EX  0x400u

struct host_ndis_rss_parameters {
	struct host_ndis_header header;
	le16 flags;
	le16 base_cpu;
	le32 hash;
	le16 table_bytes, padding1;
	le32 table_offset;
	le16 key_bytes, padding2;
	le32 key_offset;
	le32 mask_offset, mask_count, mask_bytes;
} __attribute__((packed));
_Static_assert(sizeof(struct host_ndis_rss_parameters) == 40,
	       "NDIS_RECEIVE_SCALE_PARAMETERS");
_Static_assert(offsetof(struct host_ndis_rss_parameters, key_offset) == 24,
	       "NDIS_RECEIVE_SCALE_PARAMETERS key_offset");

#define HOST_RSS_HASH_UNCHANGED	 0x02u
#define HOST_RSS_TABLE_UNCHANGED 0x04u
#define HOST_RSS_KEY_UNCHANGED	 0x08u
#define HOST_RSS_DISABLE	 0x10u

#define HOST_RSS_FUNCTION_MASK	   0xffu
#define HOST_RSS_FUNCTION_TOEPLITZ 0x01u
#define HOST_RSS_HASH_IPV4	   0x100u
#define HOST_RSS_HASH_TCP4	   0x200u
#define HOST_RSS_HASH_IPV6	   0x400u
#define HOST_RSS_HASH_TCP6	   0x1000u
#define HOST_RSS_HASH_UDP4	   0x4000u
#define HOST_RSS_HASH_UDP6	   0x8000u

struct host_ndis_checksum {
	le32 encapsulation;
	le32 flags;
} __attribute__((packed));

/** NDIS_OFFLOAD: 112 bytes in revision 1, 144 in 2, 156 in 3. */
struct host_ndis_offload {
	struct host_ndis_header header;
	struct host_ndis_checksum ipv4_tx, ipv4_rx, ipv6_tx, ipv6_rx;
	le32 lso_v1[4];
	le32 ipsec_v1[7];
	le32 lso_v2[7];
	le32 flags;
	le32 ipsec_v2[8];
	uint8_t rsc_ipv4, rsc_ipv6, padding[2];
	le32 encapsulated[2];
} __attribute__((packed));
_Static_assert(sizeof(struct host_ndis_offload) == 156, "NDIS_OFFLOAD");
_Static_assert(offsetof(struct host_ndis_offload, lso_v2) == 80,
	       "NDIS_OFFLOAD lso_v2");
_Static_assert(offsetof(struct host_ndis_offload, ipsec_v2) == 112,
	       "NDIS_OFFLOAD revision 1");
_Static_assert(offsetof(struct host_ndis_offload, rsc_ipv4) == 144,
	       "NDIS_OFFLOAD revision 2");

#define HOST_NDIS_OFFLOAD_BYTES_1 112u
#define HOST_NDIS_OFFLOAD_BYTES_2 144u
#define HOST_NDIS_OFFLOAD_BYTES_3 156u

/** Frames of IEEE 802.3, no other encapsulation. */
#define HOST_NDIS_ENCAPSULATION_8023 2u
/* Options, extensions, TCP, UDP and (IPv4) header, two bits each. */
#define HOST_NDIS_CHECKSUM_IPV4	     0x155u
#define HOST_NDIS_CHECKSUM_IPV6	     0x055u

/** NDIS_OFFLOAD_PARAMETERS, the part that all revisions share. */
struct host_ndis_offload_parameters {
	struct host_ndis_header header;
	uint8_t ip4, tcp4, udp4, tcp6, udp6;
	uint8_t lso_v1, ipsec_v1, lso4, lso6;
	uint8_t connection_ipv4, connection_ipv6;
	uint8_t reserved;
	le32 flags;
} __attribute__((packed));
_Static_assert(sizeof(struct host_ndis_offload_parameters) == 20,
	       "NDIS_OFFLOAD_PARAMETERS");

enum host_ndis_offload_choice {
	HOST_NDIS_OFFLOAD_NO_CHANGE = 0,
	HOST_NDIS_OFFLOAD_OFF = 1,
	HOST_NDIS_OFFLOAD_TX = 2,
	HOST_NDIS_OFFLOAD_RX = 3,
	HOST_NDIS_OFFLOAD_BOTH = 4,
};

/** OID_GEN_RNDIS_CONFIG_PARAMETER; offsets from its start, lengths in bytes. */
struct host_rndis_parameter {
	le32 name_offset, name_bytes;
	le32 type;
	le32 value_offset, value_bytes;
} __attribute__((packed));
_Static_assert(sizeof(struct host_rndis_parameter) == 20,
	       "RNDIS config parameter");

#define HOST_RNDIS_PARAMETER_INTEGER 0u
#define HOST_RNDIS_PARAMETER_STRING  2u

#endif /* MOCKS_HYPERV_RNDIS_WIRE_H */
