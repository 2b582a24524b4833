/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VMBus on the wire, as the host reads it: control messages and rings.
 */
#ifndef MOCKS_HYPERV_VMBUS_WIRE_H
#define MOCKS_HYPERV_VMBUS_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "port/bytes.h"

#define HOST_VMBUS_MESSAGE_TYPE 1u
#define HOST_VMBUS_SINT		2u
#define HOST_VMBUS_USER_BYTES	120u
#define HOST_VMBUS_FAILURE	0x8000ffffu
#define HOST_VMBUS_NO_VP	0xffffffffu

enum host_vmbus_version {
	HOST_VMBUS_2_4 = 0x00020004,
	HOST_VMBUS_1_1 = 0x00010001,
	HOST_VMBUS_3_0 = 0x00030000,
	HOST_VMBUS_4_1 = 0x00040001,
	HOST_VMBUS_5_0 = 0x00050000,
	HOST_VMBUS_5_3 = 0x00050003,
};

enum host_vmbus_message {
	HOST_VMBUS_OFFER = 1,
	HOST_VMBUS_RESCIND = 2,
	HOST_VMBUS_REQUEST_OFFERS = 3,
	HOST_VMBUS_ALL_OFFERS = 4,
	HOST_VMBUS_OPEN = 5,
	HOST_VMBUS_OPEN_RESULT = 6,
	HOST_VMBUS_CLOSE = 7,
	HOST_VMBUS_GPADL_HEADER = 8,
	HOST_VMBUS_GPADL_BODY = 9,
	HOST_VMBUS_GPADL_CREATED = 10,
	HOST_VMBUS_GPADL_TEARDOWN = 11,
	HOST_VMBUS_GPADL_TORNDOWN = 12,
	HOST_VMBUS_RELID_RELEASED = 13,
	HOST_VMBUS_INITIATE_CONTACT = 14,
	HOST_VMBUS_VERSION_RESPONSE = 15,
	HOST_VMBUS_UNLOAD = 16,
	HOST_VMBUS_UNLOAD_RESPONSE = 17,
	HOST_VMBUS_MODIFY_CHANNEL = 22,
	HOST_VMBUS_MODIFY_RESPONSE = 24,
};

/** Where the host lets a guest post and signal. */
enum host_vmbus_connection {
	HOST_CONNECTION_LEGACY = 1,
	HOST_CONNECTION_SHARED_EVENT = 2,
	HOST_CONNECTION_CONTACT = 4,
	/** Given in VERSION_RESPONSE from 5.0 on: a guest cannot guess it. */
	HOST_CONNECTION_MESSAGES = 0x10021,
};

/** Each message begins so; some have nothing more. */
struct host_msg_header {
	le32 type;
	le32 reserved;
} __attribute__((packed));

/** What a number of messages are: the channel and a list or nothing. */
struct host_msg_relid {
	struct host_msg_header header;
	le32 relid;
} __attribute__((packed));
_Static_assert(sizeof(struct host_msg_relid) == 12, "RESCIND, CLOSE");

struct host_msg_offer {
	struct host_msg_header header;
	uint8_t interface[16];
	uint8_t instance[16];
	uint8_t reserved[16];
	le16 flags;
	le16 mmio_megabytes;
	uint8_t user[HOST_VMBUS_USER_BYTES];
	le16 subchannel_index;
	le16 mmio_optional;
	le32 relid;
	uint8_t monitor_id;
	uint8_t monitor_allocated;
	/* Guests before 1.1 know nothing of the rest. */
	le16 dedicated;
	le32 connection_id;
} __attribute__((packed));
_Static_assert(sizeof(struct host_msg_offer) == 196, "OFFER");
_Static_assert(offsetof(struct host_msg_offer, user) == 60, "OFFER");
_Static_assert(offsetof(struct host_msg_offer, relid) == 184, "OFFER");
_Static_assert(offsetof(struct host_msg_offer, dedicated) == 190, "OFFER");

struct host_msg_open {
	struct host_msg_header header;
	le32 relid;
	le32 open_id;
	le32 ring_gpadl;
	le32 target_vp;
	le32 downstream_page;
	uint8_t user[HOST_VMBUS_USER_BYTES];
} __attribute__((packed));
_Static_assert(sizeof(struct host_msg_open) == 148, "OPEN");
_Static_assert(offsetof(struct host_msg_open, user) == 28, "OPEN");

struct host_msg_open_result {
	struct host_msg_header header;
	le32 relid;
	le32 open_id;
	le32 status;
} __attribute__((packed));
_Static_assert(sizeof(struct host_msg_open_result) == 20, "OPEN_RESULT");

struct host_msg_gpadl_header {
	struct host_msg_header header;
	le32 relid;
	le32 gpadl;
	le16 range_bytes;
	le16 range_count;
	/* Ranges follow: {le32 length, le32 offset, le64 pages[]}. */
} __attribute__((packed));
_Static_assert(sizeof(struct host_msg_gpadl_header) == 20, "GPADL_HEADER");

struct host_msg_gpadl_body {
	struct host_msg_header header;
	le32 number;
	le32 gpadl;
	/* Pages follow. */
} __attribute__((packed));
_Static_assert(sizeof(struct host_msg_gpadl_body) == 16, "GPADL_BODY");

struct host_msg_gpadl_created {
	struct host_msg_header header;
	le32 relid;
	le32 gpadl;
	le32 status;
} __attribute__((packed));
_Static_assert(sizeof(struct host_msg_gpadl_created) == 20, "GPADL_CREATED");

struct host_msg_gpadl_teardown {
	struct host_msg_header header;
	le32 relid;
	le32 gpadl;
} __attribute__((packed));
_Static_assert(sizeof(struct host_msg_gpadl_teardown) == 16, "TEARDOWN");

struct host_msg_gpadl_torndown {
	struct host_msg_header header;
	le32 gpadl;
} __attribute__((packed));
_Static_assert(sizeof(struct host_msg_gpadl_torndown) == 12, "TORNDOWN");

struct host_msg_initiate_contact {
	struct host_msg_header header;
	le32 version;
	le32 target_vp;
	/* Before 2.4 the interrupt page; from 5.0 on SINT, VTL, reserved. */
	le64 interrupt_page_or_target;
	le64 parent_to_child_monitor;
	le64 child_to_parent_monitor;
} __attribute__((packed));
_Static_assert(sizeof(struct host_msg_initiate_contact) == 40, "CONTACT");
_Static_assert(offsetof(struct host_msg_initiate_contact,
			parent_to_child_monitor) == 24,
	       "CONTACT");

struct host_msg_version_response {
	struct host_msg_header header;
	uint8_t supported;
	uint8_t connection_state;
	le16 reserved;
	/* The version before 5.0, then where messages are to be posted. */
	le32 version_or_connection;
} __attribute__((packed));
_Static_assert(sizeof(struct host_msg_version_response) == 16, "RESPONSE");

#define HOST_CONNECTION_STATE_OK      0
#define HOST_CONNECTION_STATE_FAILURE 2

struct host_msg_modify_channel {
	struct host_msg_header header;
	le32 relid;
	le32 target_vp;
} __attribute__((packed));
_Static_assert(sizeof(struct host_msg_modify_channel) == 16, "MODIFY");

struct host_msg_modify_response {
	struct host_msg_header header;
	le32 relid;
	le32 status;
} __attribute__((packed));
_Static_assert(sizeof(struct host_msg_modify_response) == 16, "RESPONSE");

/* ---- Rings ---- */

/** The page before a ring's data. */
struct host_ring_control {
	le32 write_index;
	le32 read_index;
	le32 interrupt_mask;
	le32 pending_send_size;
	le32 reserved[12];
	le32 feature_bits;
};
_Static_assert(offsetof(struct host_ring_control, pending_send_size) == 12,
	       "ring");
_Static_assert(offsetof(struct host_ring_control, feature_bits) == 64, "ring");

#define HOST_RING_FEATURE_PENDING_SEND 1u

struct host_ring_descriptor {
	le16 type;
	le16 data_offset8;
	le16 length8;
	le16 flags;
	le64 transaction_id;
};
_Static_assert(sizeof(struct host_ring_descriptor) == 16, "ring");

#define HOST_RING_FLAG_COMPLETION 1u
#define HOST_RING_FOOTER_BYTES	  8u
/* No index may catch up with the other: so much always stays free. */
#define HOST_RING_SPARE_BYTES	  8u

#endif /* MOCKS_HYPERV_VMBUS_WIRE_H */
