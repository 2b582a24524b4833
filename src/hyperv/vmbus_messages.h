/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The messages of VMBus as they lie on the wire, in the order in which a
 * connection sees them. All integers are little-endian; a message longer than
 * its structure is valid, a shorter one is not.
 */
#ifndef HYPERV_VMBUS_MESSAGES_H
#define HYPERV_VMBUS_MESSAGES_H

#include "hyperv/hypercall.h"
#include "hyperv/hyperv.h"

enum vmbus_message_type {
	VMBUS_OFFER = 1,
	VMBUS_RESCIND = 2,
	VMBUS_REQUEST_OFFERS = 3,
	VMBUS_ALL_OFFERS = 4,
	VMBUS_OPEN = 5,
	VMBUS_OPEN_RESULT = 6,
	VMBUS_CLOSE = 7,
	VMBUS_GPADL_HEADER = 8,
	VMBUS_GPADL_BODY = 9,
	VMBUS_GPADL_CREATED = 10,
	VMBUS_GPADL_TEARDOWN = 11,
	VMBUS_GPADL_TORNDOWN = 12,
	VMBUS_RELID_RELEASED = 13,
	VMBUS_INITIATE_CONTACT = 14,
	VMBUS_VERSION_RESPONSE = 15,
	VMBUS_UNLOAD = 16,
	VMBUS_UNLOAD_RESPONSE = 17,
};

/* Sizes and places are the protocol's: a change of either is a mistake. */
#define VMBUS_WIRE_SIZE(name, bytes)                                           \
	_Static_assert(sizeof(struct name) == (bytes), #name)
#define VMBUS_WIRE_PLACE(name, member, place)                                  \
	_Static_assert(offsetof(struct name, member) == (place),               \
		       #name "." #member)

struct vmbus_header {
	le32 type;
	le32 padding;
} __attribute__((packed));

VMBUS_WIRE_SIZE(vmbus_header, 8);

/** A version is proposed, and the vCPU that messages shall go to. */
struct vmbus_initiate_contact {
	struct vmbus_header header;
	le32 version;
	/** VP index; heeded from 3.0 on. */
	le32 target_vp;
	/** From 5.0 on; a page of interrupt bits below 2.4, 0 between. */
	uint8_t sint;
	uint8_t vtl;
	le16 reserved;
	/** From 6.0 on. */
	le32 features;
	/** Physical addresses; both or neither. */
	le64 monitor_parent_to_child;
	le64 monitor_child_to_parent;
} __attribute__((packed));

VMBUS_WIRE_SIZE(vmbus_initiate_contact, 40);
VMBUS_WIRE_PLACE(vmbus_initiate_contact, version, 8);
VMBUS_WIRE_PLACE(vmbus_initiate_contact, target_vp, 12);
VMBUS_WIRE_PLACE(vmbus_initiate_contact, sint, 16);
VMBUS_WIRE_PLACE(vmbus_initiate_contact, vtl, 17);
VMBUS_WIRE_PLACE(vmbus_initiate_contact, features, 20);
VMBUS_WIRE_PLACE(vmbus_initiate_contact, monitor_parent_to_child, 24);
VMBUS_WIRE_PLACE(vmbus_initiate_contact, monitor_child_to_parent, 32);

struct vmbus_version_response {
	struct vmbus_header header;
	uint8_t supported;
	/** 0: connected; anything else is not, whatever `supported` says. */
	uint8_t connection_state;
	le16 padding;
	/** From 5.0 on; before, a version that not all hosts send. */
	le32 message_connection_id;
} __attribute__((packed));

/** What of it all hosts send. */
#define VMBUS_VERSION_RESPONSE_BYTES_MIN                                       \
	offsetof(struct vmbus_version_response, padding)

VMBUS_WIRE_SIZE(vmbus_version_response, 16);
VMBUS_WIRE_PLACE(vmbus_version_response, supported, 8);
VMBUS_WIRE_PLACE(vmbus_version_response, connection_state, 9);
VMBUS_WIRE_PLACE(vmbus_version_response, message_connection_id, 12);

struct vmbus_offer {
	struct vmbus_header header;
	struct guid interface;
	struct guid instance;
	uint8_t reserved[16];
	le16 flags;
	le16 mmio_megabytes;
	uint8_t user[120];
	/** 0: the device's first channel. */
	le16 subchannel_index;
	le16 mmio_megabytes_optional;
	/** The channel's name as long as it is offered. */
	le32 relid;
	uint8_t monitor_id;
	uint8_t monitor_allocated;
	le16 is_dedicated;
	/** Where its doorbell is. */
	le32 connection_id;
} __attribute__((packed));

VMBUS_WIRE_SIZE(vmbus_offer, 196);
VMBUS_WIRE_PLACE(vmbus_offer, interface, 8);
VMBUS_WIRE_PLACE(vmbus_offer, instance, 24);
VMBUS_WIRE_PLACE(vmbus_offer, flags, 56);
VMBUS_WIRE_PLACE(vmbus_offer, user, 60);
VMBUS_WIRE_PLACE(vmbus_offer, subchannel_index, 180);
VMBUS_WIRE_PLACE(vmbus_offer, relid, 184);
VMBUS_WIRE_PLACE(vmbus_offer, monitor_id, 188);
VMBUS_WIRE_PLACE(vmbus_offer, is_dedicated, 190);
VMBUS_WIRE_PLACE(vmbus_offer, connection_id, 192);

/** RESCIND of the host, CLOSE and RELID_RELEASED of the guest. */
struct vmbus_relid {
	struct vmbus_header header;
	le32 relid;
} __attribute__((packed));

VMBUS_WIRE_SIZE(vmbus_relid, 12);
VMBUS_WIRE_PLACE(vmbus_relid, relid, 8);

/** Pages that the header of a list names, and each body after it. */
#define VMBUS_GPADL_HEADER_PAGES 26u
#define VMBUS_GPADL_BODY_PAGES	 28u
/** Pages of one range: its 8 bytes and 8 for each page in 16 bits. */
#define VMBUS_GPADL_PAGES_MAX	 8190u

/** A list of one range. */
struct vmbus_gpadl_header {
	struct vmbus_header header;
	le32 relid;
	le32 gpadl;
	/** Bytes of all ranges, those in the bodies included. */
	le16 range_bytes;
	le16 range_count;
	le32 length;
	le32 offset;
	le64 pages[VMBUS_GPADL_HEADER_PAGES];
} __attribute__((packed));

VMBUS_WIRE_SIZE(vmbus_gpadl_header, 236);
VMBUS_WIRE_PLACE(vmbus_gpadl_header, relid, 8);
VMBUS_WIRE_PLACE(vmbus_gpadl_header, gpadl, 12);
VMBUS_WIRE_PLACE(vmbus_gpadl_header, range_bytes, 16);
VMBUS_WIRE_PLACE(vmbus_gpadl_header, range_count, 18);
VMBUS_WIRE_PLACE(vmbus_gpadl_header, length, 20);
VMBUS_WIRE_PLACE(vmbus_gpadl_header, offset, 24);
VMBUS_WIRE_PLACE(vmbus_gpadl_header, pages, 28);

struct vmbus_gpadl_body {
	struct vmbus_header header;
	/** 1 for the first body. */
	le32 number;
	le32 gpadl;
	le64 pages[VMBUS_GPADL_BODY_PAGES];
} __attribute__((packed));

VMBUS_WIRE_SIZE(vmbus_gpadl_body, 240);
VMBUS_WIRE_PLACE(vmbus_gpadl_body, number, 8);
VMBUS_WIRE_PLACE(vmbus_gpadl_body, gpadl, 12);
VMBUS_WIRE_PLACE(vmbus_gpadl_body, pages, 16);
_Static_assert(sizeof(struct vmbus_gpadl_body) <= HYPERCALL_MESSAGE_BYTES_MAX,
	       "a body fits a message");

struct vmbus_gpadl_created {
	struct vmbus_header header;
	le32 relid;
	le32 gpadl;
	le32 status;
} __attribute__((packed));

VMBUS_WIRE_SIZE(vmbus_gpadl_created, 20);
VMBUS_WIRE_PLACE(vmbus_gpadl_created, relid, 8);
VMBUS_WIRE_PLACE(vmbus_gpadl_created, gpadl, 12);
VMBUS_WIRE_PLACE(vmbus_gpadl_created, status, 16);

struct vmbus_open {
	struct vmbus_header header;
	le32 relid;
	/** Comes back in the result. */
	le32 open_id;
	le32 ring_gpadl;
	le32 target_vp;
	/** Page of the list where the ring to the guest begins. */
	le32 downstream_page;
	uint8_t user[120];
} __attribute__((packed));

VMBUS_WIRE_SIZE(vmbus_open, 148);
VMBUS_WIRE_PLACE(vmbus_open, relid, 8);
VMBUS_WIRE_PLACE(vmbus_open, open_id, 12);
VMBUS_WIRE_PLACE(vmbus_open, ring_gpadl, 16);
VMBUS_WIRE_PLACE(vmbus_open, target_vp, 20);
VMBUS_WIRE_PLACE(vmbus_open, downstream_page, 24);

struct vmbus_open_result {
	struct vmbus_header header;
	le32 relid;
	le32 open_id;
	le32 status;
} __attribute__((packed));

VMBUS_WIRE_SIZE(vmbus_open_result, 20);
VMBUS_WIRE_PLACE(vmbus_open_result, relid, 8);
VMBUS_WIRE_PLACE(vmbus_open_result, open_id, 12);
VMBUS_WIRE_PLACE(vmbus_open_result, status, 16);

struct vmbus_gpadl_teardown {
	struct vmbus_header header;
	le32 relid;
	le32 gpadl;
} __attribute__((packed));

VMBUS_WIRE_SIZE(vmbus_gpadl_teardown, 16);
VMBUS_WIRE_PLACE(vmbus_gpadl_teardown, relid, 8);
VMBUS_WIRE_PLACE(vmbus_gpadl_teardown, gpadl, 12);

struct vmbus_gpadl_torndown {
	struct vmbus_header header;
	le32 gpadl;
} __attribute__((packed));

VMBUS_WIRE_SIZE(vmbus_gpadl_torndown, 12);
VMBUS_WIRE_PLACE(vmbus_gpadl_torndown, gpadl, 8);

#endif /* HYPERV_VMBUS_MESSAGES_H */
