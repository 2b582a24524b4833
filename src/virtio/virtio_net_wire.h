/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The network device of virtio (Virtual I/O Device 1.2, 5.1). All integers are
 * little-endian.
 */
#ifndef VIRTIO_VIRTIO_NET_WIRE_H
#define VIRTIO_VIRTIO_NET_WIRE_H

#include "net/packet.h"
#include "port/bytes.h"

#define VIRTIO_NET_DEVICE_ID 1u

/* ---- Features (5.1.3) ---- */

#define VIRTIO_NET_FEATURE_CHECKSUM	  (1ull << 0)
#define VIRTIO_NET_FEATURE_GUEST_CHECKSUM (1ull << 1)
#define VIRTIO_NET_FEATURE_MTU		  (1ull << 3)
#define VIRTIO_NET_FEATURE_MAC		  (1ull << 5)
#define VIRTIO_NET_FEATURE_GUEST_TSO4	  (1ull << 7)
#define VIRTIO_NET_FEATURE_GUEST_TSO6	  (1ull << 8)
#define VIRTIO_NET_FEATURE_HOST_TSO4	  (1ull << 11)
#define VIRTIO_NET_FEATURE_HOST_TSO6	  (1ull << 12)
#define VIRTIO_NET_FEATURE_HOST_ECN	  (1ull << 13)
#define VIRTIO_NET_FEATURE_MERGEABLE	  (1ull << 15)
#define VIRTIO_NET_FEATURE_STATUS	  (1ull << 16)
#define VIRTIO_NET_FEATURE_CONTROL	  (1ull << 17)
#define VIRTIO_NET_FEATURE_CONTROL_RX	  (1ull << 18)
#define VIRTIO_NET_FEATURE_CONTROL_VLAN	  (1ull << 19)
#define VIRTIO_NET_FEATURE_CONTROL_RX_EX  (1ull << 20)
#define VIRTIO_NET_FEATURE_ANNOUNCE	  (1ull << 21)
#define VIRTIO_NET_FEATURE_MULTIQUEUE	  (1ull << 22)
#define VIRTIO_NET_FEATURE_CONTROL_MAC	  (1ull << 23)
#define VIRTIO_NET_FEATURE_HEADER_LENGTH  (1ull << 59)
#define VIRTIO_NET_FEATURE_SPEED	  (1ull << 63)

/* ---- Configuration (5.1.4): offsets; widths are those of the fields ---- */

enum virtio_net_config {
	/** Six fields of 8 bits. */
	VIRTIO_NET_CONFIG_MAC = 0,
	VIRTIO_NET_CONFIG_STATUS = 6,
	VIRTIO_NET_CONFIG_QUEUE_PAIRS = 8,
	VIRTIO_NET_CONFIG_MTU = 10,
	/** 32 bits: megabits a second. */
	VIRTIO_NET_CONFIG_SPEED = 12,
};

enum virtio_net_status {
	VIRTIO_NET_LINK_UP = 1 << 0,
	VIRTIO_NET_ANNOUNCE = 1 << 1,
};

#define VIRTIO_NET_SPEED_UNKNOWN UINT32_MAX
/** The least MTU that a device may say it has. */
#define VIRTIO_NET_MTU_LEAST	 68u

/* ---- What stands before each frame (5.1.6) ---- */

enum virtio_net_header_flags {
	/** The checksum is to be filled in, from checksum_start to the end. */
	VIRTIO_NET_NEEDS_CHECKSUM = 1 << 0,
	/** Receive: it was checked, and is good. */
	VIRTIO_NET_DATA_VALID = 1 << 1,
};

enum virtio_net_gso {
	VIRTIO_NET_GSO_NONE = 0,
	VIRTIO_NET_GSO_TCP4 = 1,
	VIRTIO_NET_GSO_TCP6 = 4,
	/** Beside one of the others: the segments carry CWR. */
	VIRTIO_NET_GSO_ECN = 0x80,
};

struct virtio_net_header {
	uint8_t flags;
	uint8_t gso_type;
	le16 header_bytes;
	le16 segment_bytes;
	le16 checksum_start;
	le16 checksum_offset;
	/** Receive, of mergeable buffers: how many the frame took. */
	le16 buffers;
};
_Static_assert(sizeof(struct virtio_net_header) == 12, "virtio 5.1.6");

/** Room for a header and the longest frame, and for the frame of an Ethernet
 * without jumbo frames (5.1.6.3.1). */
#define VIRTIO_NET_RECEIVE_LARGE 65601u
#define VIRTIO_NET_RECEIVE_SMALL 1526u

/* ---- Commands (5.1.6.5) ---- */

enum virtio_net_command {
	VIRTIO_NET_RX_PROMISCUOUS = 0x0000,
	VIRTIO_NET_RX_ALL_MULTICAST = 0x0001,
	VIRTIO_NET_RX_NO_UNICAST = 0x0004,
	VIRTIO_NET_RX_NO_BROADCAST = 0x0005,
	VIRTIO_NET_MAC_TABLE_SET = 0x0100,
	VIRTIO_NET_MAC_ADDRESS_SET = 0x0101,
	VIRTIO_NET_VLAN_ADD = 0x0200,
	VIRTIO_NET_VLAN_DELETE = 0x0201,
	VIRTIO_NET_ANNOUNCE_SEEN = 0x0300,
	VIRTIO_NET_QUEUE_PAIRS_SET = 0x0400,
};

struct virtio_net_command_header {
	uint8_t command_class;
	uint8_t command;
};
_Static_assert(sizeof(struct virtio_net_command_header) == 2, "virtio 5.1.6.5");

#define VIRTIO_NET_COMMAND_OK 0u

/** A list of addresses; of two, the second is that of groups. */
struct virtio_net_mac_table {
	le32 entries;
	uint8_t addresses[][ETHERNET_ADDRESS_BYTES];
};

#endif /* VIRTIO_VIRTIO_NET_WIRE_H */
