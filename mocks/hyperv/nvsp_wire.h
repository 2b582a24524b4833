/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NVSP as the host reads and writes it: the messages that a network card's
 * channel carries beside RNDIS, and around it.
 *
 * Each message starts with its type and is padded by its sender to the size of
 * the largest message of the version: 28 bytes up to version 6, 40 from 6.1.
 * The structures below are the parts that carry meaning.
 */
#ifndef MOCKS_HYPERV_NVSP_WIRE_H
#define MOCKS_HYPERV_NVSP_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "port/bytes.h"

enum host_nvsp_version {
	HOST_NVSP_1 = 0x00002,
	HOST_NVSP_2 = 0x30002,
	HOST_NVSP_4 = 0x40000,
	HOST_NVSP_5 = 0x50000,
	HOST_NVSP_6 = 0x60000,
	HOST_NVSP_6_1 = 0x60001,
};

#define HOST_NVSP_BYTES_V1   28u
#define HOST_NVSP_BYTES_V6_1 40u

enum host_nvsp_status {
	HOST_NVSP_STATUS_NONE = 0,
	HOST_NVSP_STATUS_SUCCESS = 1,
	HOST_NVSP_STATUS_FAILURE = 2,
	HOST_NVSP_STATUS_TOO_NEW = 3,
	HOST_NVSP_STATUS_TOO_OLD = 4,
	HOST_NVSP_STATUS_INVALID_RNDIS = 5,
	HOST_NVSP_STATUS_BUSY = 6,
	HOST_NVSP_STATUS_UNSUPPORTED = 7,
};

enum host_nvsp_type {
	HOST_NVSP_INIT = 1,
	HOST_NVSP_INIT_COMPLETE = 2,
	HOST_NVSP_NDIS_VERSION = 100,
	HOST_NVSP_SEND_RECEIVE_BUFFER = 101,
	HOST_NVSP_SEND_RECEIVE_BUFFER_COMPLETE = 102,
	HOST_NVSP_REVOKE_RECEIVE_BUFFER = 103,
	HOST_NVSP_SEND_SEND_BUFFER = 104,
	HOST_NVSP_SEND_SEND_BUFFER_COMPLETE = 105,
	HOST_NVSP_REVOKE_SEND_BUFFER = 106,
	HOST_NVSP_RNDIS_PACKET = 107,
	HOST_NVSP_RNDIS_PACKET_COMPLETE = 108,
	HOST_NVSP_NDIS_CONFIGURATION = 125,
	HOST_NVSP_VF_ASSOCIATION = 128,
	HOST_NVSP_SWITCH_DATA_PATH = 129,
	HOST_NVSP_SUBCHANNEL = 133,
	HOST_NVSP_INDIRECTION_TABLE = 134,
};

/** NVSP_MSG_TYPE_INIT: one version is proposed at a time. */
struct host_nvsp_init {
	le32 type;
	le32 version;
	le32 version_max;
} __attribute__((packed));
_Static_assert(sizeof(struct host_nvsp_init) == 12, "NVSP INIT");

struct host_nvsp_init_complete {
	le32 type;
	le32 version;
	le32 chain_max;
	le32 status;
} __attribute__((packed));
_Static_assert(sizeof(struct host_nvsp_init_complete) == 16,
	       "NVSP INIT_COMPLETE");
_Static_assert(offsetof(struct host_nvsp_init_complete, status) == 12,
	       "NVSP INIT_COMPLETE status");

#define HOST_NVSP_CHAIN_MAX 34u

struct host_nvsp_ndis_version {
	le32 type;
	le32 major;
	le32 minor;
} __attribute__((packed));
_Static_assert(sizeof(struct host_nvsp_ndis_version) == 12,
	       "NVSP NDIS_VERSION");

/** SEND_RECV_BUF and SEND_SEND_BUF. */
struct host_nvsp_buffer {
	le32 type;
	le32 gpadl;
	le16 id;
} __attribute__((packed));
_Static_assert(sizeof(struct host_nvsp_buffer) == 10, "NVSP SEND_*_BUF");

struct host_nvsp_section {
	le32 offset;
	le32 allocation_bytes;
	le32 allocations;
	le32 end;
} __attribute__((packed));
_Static_assert(sizeof(struct host_nvsp_section) == 16, "NVSP section");

/** SEND_RECV_BUF_COMPLETE; sections follow. */
struct host_nvsp_receive_buffer_complete {
	le32 type;
	le32 status;
	le32 sections;
} __attribute__((packed));
_Static_assert(sizeof(struct host_nvsp_receive_buffer_complete) == 12,
	       "NVSP SEND_RECV_BUF_COMPLETE");

struct host_nvsp_send_buffer_complete {
	le32 type;
	le32 status;
	le32 section_bytes;
} __attribute__((packed));
_Static_assert(sizeof(struct host_nvsp_send_buffer_complete) == 12,
	       "NVSP SEND_SEND_BUF_COMPLETE");

/** REVOKE_RECV_BUF and REVOKE_SEND_BUF. */
struct host_nvsp_revoke {
	le32 type;
	le16 id;
} __attribute__((packed));
_Static_assert(sizeof(struct host_nvsp_revoke) == 6, "NVSP REVOKE_*_BUF");

/** The send buffer is cut into sections of this size. */
#define HOST_NVSP_SECTION_BYTES 6144u
#define HOST_NVSP_NO_SECTION	0xffffffffu

#define HOST_NVSP_CHANNEL_DATA	  0u
#define HOST_NVSP_CHANNEL_CONTROL 1u

struct host_nvsp_rndis {
	le32 type;
	le32 channel;
	le32 section;
	le32 section_bytes;
} __attribute__((packed));
_Static_assert(sizeof(struct host_nvsp_rndis) == 16, "NVSP RNDIS_PKT");

struct host_nvsp_rndis_complete {
	le32 type;
	le32 status;
} __attribute__((packed));
_Static_assert(sizeof(struct host_nvsp_rndis_complete) == 8,
	       "NVSP RNDIS_PKT_COMPLETE");

struct host_nvsp_ndis_configuration {
	le32 type;
	le32 mtu;
	le32 reserved;
	le64 capabilities;
} __attribute__((packed));
_Static_assert(sizeof(struct host_nvsp_ndis_configuration) == 20,
	       "NVSP NDIS_CONFIG");
_Static_assert(offsetof(struct host_nvsp_ndis_configuration, capabilities) ==
		       12,
	       "NVSP NDIS_CONFIG capabilities");

struct host_nvsp_data_path {
	le32 type;
	le32 active;
} __attribute__((packed));
_Static_assert(sizeof(struct host_nvsp_data_path) == 8,
	       "NVSP SWITCH_DATA_PATH");

#define HOST_NVSP_DATA_PATH_SYNTHETIC 0u

/** The request; in the answer operation is the status. */
struct host_nvsp_subchannel {
	le32 type;
	le32 operation;
	le32 count;
} __attribute__((packed));
_Static_assert(sizeof(struct host_nvsp_subchannel) == 12, "NVSP SUBCHANNEL");

#define HOST_NVSP_SUBCHANNEL_ALLOCATE 1u

/** INDIRECTION_TABLE: count words at an offset from the message's start. */
struct host_nvsp_indirection {
	le32 type;
	le32 count;
	le32 offset;
} __attribute__((packed));
_Static_assert(sizeof(struct host_nvsp_indirection) == 12,
	       "NVSP INDIRECTION_TABLE");

#define HOST_NVSP_INDIRECTION_ENTRIES 16u

/* ---- Ring packet headers that carry RNDIS ---- */

/** A range of a GPA-direct packet; frame numbers of 64 bits follow. */
struct host_gpa_range {
	le32 length;
	le32 offset;
} __attribute__((packed));
_Static_assert(sizeof(struct host_gpa_range) == 8, "GPA range");

/** What lies between descriptor and payload of a transfer-page packet. */
struct host_transfer_header {
	le16 buffer_id;
	le16 reserved;
	le32 ranges;
} __attribute__((packed));
_Static_assert(sizeof(struct host_transfer_header) == 8,
	       "transfer-page header");

struct host_transfer_range {
	le32 length;
	le32 offset;
} __attribute__((packed));
_Static_assert(sizeof(struct host_transfer_range) == 8, "transfer-page range");

#endif /* MOCKS_HYPERV_NVSP_WIRE_H */
