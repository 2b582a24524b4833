/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NVSP messages as they lie on the wire: the payload of the packets on a
 * network card's channel. Each begins with its type. What nvsp.h gives is made
 * from these and should be used instead.
 */
#ifndef HYPERV_NVSP_MESSAGES_H
#define HYPERV_NVSP_MESSAGES_H

#include <stddef.h>

#include "port/bytes.h"

#define NVSP_PACKED __attribute__((packed))

enum nvsp_type {
	NVSP_INIT = 1,
	NVSP_INIT_COMPLETE = 2,
	NVSP_NDIS_VERSION = 100,
	NVSP_SEND_RECEIVE_BUFFER = 101,
	NVSP_SEND_RECEIVE_BUFFER_COMPLETE = 102,
	NVSP_REVOKE_RECEIVE_BUFFER = 103,
	NVSP_SEND_SEND_BUFFER = 104,
	NVSP_SEND_SEND_BUFFER_COMPLETE = 105,
	NVSP_REVOKE_SEND_BUFFER = 106,
	NVSP_RNDIS_PACKET = 107,
	NVSP_RNDIS_PACKET_COMPLETE = 108,
	NVSP_NDIS_CONFIG = 125,
	NVSP_VF_ASSOCIATION = 128,
	NVSP_INDIRECTION_TABLE = 134,
};

/** Asks for one version: the host looks at the first of the two. */
struct nvsp_init {
	le32 type;
	le32 version_min, version_max;
} NVSP_PACKED;

struct nvsp_init_complete {
	le32 type;
	le32 version;
	le32 mdl_chain_max;
	le32 status;
} NVSP_PACKED;

struct nvsp_ndis_version {
	le32 type;
	le32 major, minor;
} NVSP_PACKED;

/** Capabilities in NDIS_CONFIG. */
#define NVSP_CAPABILITY_8021Q (1u << 3)

struct nvsp_ndis_config {
	le32 type;
	/** With the Ethernet header, without a tag. */
	le32 mtu;
	le32 reserved;
	le64 capabilities;
} NVSP_PACKED;

/** SEND_RECEIVE_BUFFER and SEND_SEND_BUFFER. */
struct nvsp_send_buffer {
	le32 type;
	le32 gpadl;
	le16 id;
} NVSP_PACKED;

/** REVOKE_RECEIVE_BUFFER and REVOKE_SEND_BUFFER. */
struct nvsp_revoke_buffer {
	le32 type;
	le16 id;
} NVSP_PACKED;

/** A run of equal pieces of the receive buffer. */
struct nvsp_section {
	le32 offset;
	le32 piece_bytes;
	le32 piece_count;
	le32 end;
} NVSP_PACKED;

/** Followed by section_count of struct nvsp_section. */
struct nvsp_receive_buffer_complete {
	le32 type;
	le32 status;
	le32 section_count;
} NVSP_PACKED;

struct nvsp_send_buffer_complete {
	le32 type;
	le32 status;
	le32 section_bytes;
} NVSP_PACKED;

/** Beside it, or in the send buffer's section, lies an RNDIS message. */
struct nvsp_rndis_packet {
	le32 type;
	le32 channel_type;
	le32 section;
	le32 section_bytes;
} NVSP_PACKED;

struct nvsp_rndis_packet_complete {
	le32 type;
	le32 status;
} NVSP_PACKED;

/** Which queue to send on for which hash; the table lies behind the message. */
struct nvsp_indirection_table {
	le32 type;
	le32 count;
	/** From the start of the message. */
	le32 offset;
} NVSP_PACKED;

/** What precedes the payload of a transfer-page packet, then its ranges. */
struct nvsp_transfer_pages {
	le16 page_set;
	le16 reserved;
	le32 range_count;
} NVSP_PACKED;

struct nvsp_transfer_range {
	le32 bytes;
	le32 offset;
} NVSP_PACKED;

_Static_assert(sizeof(struct nvsp_init) == 12, "NVSP INIT");
_Static_assert(offsetof(struct nvsp_init, version_max) == 8, "NVSP INIT");
_Static_assert(sizeof(struct nvsp_init_complete) == 16, "INIT_COMPLETE");
_Static_assert(offsetof(struct nvsp_init_complete, status) == 12,
	       "INIT_COMPLETE");
_Static_assert(sizeof(struct nvsp_ndis_version) == 12, "NDIS_VERSION");
_Static_assert(sizeof(struct nvsp_ndis_config) == 20, "NDIS_CONFIG");
_Static_assert(offsetof(struct nvsp_ndis_config, capabilities) == 12,
	       "NDIS_CONFIG");
_Static_assert(sizeof(struct nvsp_send_buffer) == 10, "SEND_*_BUFFER");
_Static_assert(sizeof(struct nvsp_revoke_buffer) == 6, "REVOKE_*_BUFFER");
_Static_assert(sizeof(struct nvsp_section) == 16, "section");
_Static_assert(sizeof(struct nvsp_receive_buffer_complete) == 12,
	       "SEND_RECEIVE_BUFFER_COMPLETE");
_Static_assert(sizeof(struct nvsp_send_buffer_complete) == 12,
	       "SEND_SEND_BUFFER_COMPLETE");
_Static_assert(sizeof(struct nvsp_rndis_packet) == 16, "RNDIS_PACKET");
_Static_assert(sizeof(struct nvsp_rndis_packet_complete) == 8,
	       "RNDIS_PACKET_COMPLETE");
_Static_assert(sizeof(struct nvsp_indirection_table) == 12,
	       "INDIRECTION_TABLE");
_Static_assert(sizeof(struct nvsp_transfer_pages) == 8, "transfer pages");
_Static_assert(sizeof(struct nvsp_transfer_range) == 8, "transfer range");

#endif /* HYPERV_NVSP_MESSAGES_H */
