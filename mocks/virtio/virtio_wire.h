/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers, rings and headers as the virtio specification (1.2) lays them out:
 * the device's reading of it.
 */
#ifndef MOCKS_VIRTIO_VIRTIO_WIRE_H
#define MOCKS_VIRTIO_VIRTIO_WIRE_H

#include <stdint.h>

/* ---- Registers of the MMIO transport (4.2.2) ---- */

enum {
	MMIO_MAGIC = 0x000,
	MMIO_VERSION = 0x004,
	MMIO_DEVICE_ID = 0x008,
	MMIO_VENDOR_ID = 0x00c,
	MMIO_DEVICE_FEATURES = 0x010,
	MMIO_DEVICE_FEATURES_SEL = 0x014,
	MMIO_DRIVER_FEATURES = 0x020,
	MMIO_DRIVER_FEATURES_SEL = 0x024,
	MMIO_QUEUE_SEL = 0x030,
	MMIO_QUEUE_SIZE_MAX = 0x034,
	MMIO_QUEUE_SIZE = 0x038,
	MMIO_QUEUE_READY = 0x044,
	MMIO_QUEUE_NOTIFY = 0x050,
	MMIO_INTERRUPT_STATUS = 0x060,
	MMIO_INTERRUPT_ACK = 0x064,
	MMIO_STATUS = 0x070,
	MMIO_QUEUE_DESC_LOW = 0x080,
	MMIO_QUEUE_DESC_HIGH = 0x084,
	MMIO_QUEUE_DRIVER_LOW = 0x090,
	MMIO_QUEUE_DRIVER_HIGH = 0x094,
	MMIO_QUEUE_DEVICE_LOW = 0x0a0,
	MMIO_QUEUE_DEVICE_HIGH = 0x0a4,
	MMIO_SHM_SEL = 0x0ac,
	MMIO_SHM_LENGTH_LOW = 0x0b0,
	MMIO_SHM_LENGTH_HIGH = 0x0b4,
	MMIO_SHM_BASE_LOW = 0x0b8,
	MMIO_SHM_BASE_HIGH = 0x0bc,
	MMIO_QUEUE_RESET = 0x0c0,
	MMIO_CONFIG_GENERATION = 0x0fc,
	MMIO_CONFIG = 0x100,
};

#define MMIO_MAGIC_VALUE    0x74726976u
#define MMIO_VERSION_MODERN 2u
#define VIRTIO_ID_NET	    1u

enum {
	INTERRUPT_USED = 1,
	INTERRUPT_CONFIG = 2,
	INTERRUPT_DEFINED = 3,
};

/** Device status (2.1). */
enum {
	STATUS_ACKNOWLEDGE = 1,
	STATUS_DRIVER = 2,
	STATUS_DRIVER_OK = 4,
	STATUS_FEATURES_OK = 8,
	STATUS_NEEDS_RESET = 64,
	STATUS_FAILED = 128,
	STATUS_DEFINED = 0xcf,
};

/* ---- Feature bits (5.1.3, 6) ---- */

#define FEATURE(bit) (1ull << (bit))

enum {
	NET_CSUM = 0,
	NET_GUEST_CSUM = 1,
	NET_CTRL_GUEST_OFFLOADS = 2,
	NET_MTU = 3,
	NET_MAC = 5,
	NET_GUEST_TSO4 = 7,
	NET_GUEST_TSO6 = 8,
	NET_GUEST_ECN = 9,
	NET_GUEST_UFO = 10,
	NET_HOST_TSO4 = 11,
	NET_HOST_TSO6 = 12,
	NET_HOST_ECN = 13,
	NET_HOST_UFO = 14,
	NET_MRG_RXBUF = 15,
	NET_STATUS = 16,
	NET_CTRL_VQ = 17,
	NET_CTRL_RX = 18,
	NET_CTRL_VLAN = 19,
	NET_CTRL_RX_EXTRA = 20,
	NET_GUEST_ANNOUNCE = 21,
	NET_MQ = 22,
	NET_CTRL_MAC_ADDR = 23,
	RING_INDIRECT_DESC = 28,
	RING_EVENT_IDX = 29,
	F_VERSION_1 = 32,
	F_ACCESS_PLATFORM = 33,
	F_RING_PACKED = 34,
	F_IN_ORDER = 35,
	F_ORDER_PLATFORM = 36,
	F_NOTIFICATION_DATA = 38,
	F_RING_RESET = 40,
	NET_RSC_EXT = 61,
	NET_SPEED_DUPLEX = 63,
};

/* ---- Split rings (2.7) ---- */

#define DESCRIPTOR_BYTES 16u
#define USED_ENTRY_BYTES 8u

enum {
	DESCRIPTOR_NEXT = 1,
	DESCRIPTOR_WRITE = 2,
	DESCRIPTOR_INDIRECT = 4,
};

enum {
	RING_FLAGS = 0,
	RING_INDEX = 2,
	RING_ENTRIES = 4,
};

/** In the flags of either ring: "do not notify me". */
#define RING_NO_NOTIFICATION 1u

/* ---- Packed rings (2.8) ---- */

enum {
	PACKED_AVAILABLE = 1 << 7,
	PACKED_USED = 1 << 15,
};

/** Event suppression structures (2.8.14). */
enum {
	PACKED_EVENT_OFFSET = 0,
	PACKED_EVENT_FLAGS = 2,
	PACKED_EVENT_BYTES = 4,
};

enum {
	PACKED_EVENT_ENABLE = 0,
	PACKED_EVENT_DISABLE = 1,
	PACKED_EVENT_DESCRIPTOR = 2,
};

#define PACKED_WRAP 0x8000u

/* ---- The network card (5.1) ---- */

/** Configuration space (5.1.4). */
enum {
	CONFIG_MAC = 0,
	CONFIG_STATUS = 6,
	CONFIG_PAIRS = 8,
	CONFIG_MTU = 10,
	CONFIG_SPEED = 12,
	CONFIG_DUPLEX = 16,
	CONFIG_BYTES = 24,
};

enum {
	NET_STATUS_LINK_UP = 1,
	NET_STATUS_ANNOUNCE = 2,
};

/** The header of a packet (5.1.6). */
enum {
	HEADER_FLAGS = 0,
	HEADER_GSO_TYPE = 1,
	HEADER_LENGTH = 2,
	HEADER_GSO_SIZE = 4,
	HEADER_CHECKSUM_START = 6,
	HEADER_CHECKSUM_OFFSET = 8,
	HEADER_BUFFERS = 10,
	HEADER_BYTES = 12,
};

enum {
	HEADER_NEEDS_CHECKSUM = 1,
	HEADER_DATA_VALID = 2,
	HEADER_RSC_INFO = 4,
};

enum {
	GSO_NONE = 0,
	GSO_TCP4 = 1,
	GSO_UDP = 3,
	GSO_TCP6 = 4,
	GSO_UDP_L4 = 5,
	GSO_ECN = 0x80,
};

/** Classes and commands of the control queue (5.1.6.5). */
enum {
	CONTROL_RX = 0,
	CONTROL_MAC = 1,
	CONTROL_VLAN = 2,
	CONTROL_ANNOUNCE = 3,
	CONTROL_MQ = 4,
	CONTROL_GUEST_OFFLOADS = 5,
};

enum {
	CONTROL_RX_PROMISCUOUS = 0,
	CONTROL_RX_ALL_MULTICAST = 1,
	CONTROL_RX_ALL_UNICAST = 2,
	CONTROL_RX_NO_MULTICAST = 3,
	CONTROL_RX_NO_UNICAST = 4,
	CONTROL_RX_NO_BROADCAST = 5,
	CONTROL_MAC_TABLE_SET = 0,
	CONTROL_MAC_ADDRESS_SET = 1,
	CONTROL_VLAN_ADD = 0,
	CONTROL_VLAN_DELETE = 1,
	CONTROL_ANNOUNCE_ACK = 0,
	CONTROL_MQ_PAIRS_SET = 0,
	CONTROL_GUEST_OFFLOADS_SET = 0,
};

#define CONTROL_OK    0u
#define CONTROL_ERROR 1u

/* ---- Little-endian bytes ---- */

static inline uint16_t virtio_get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t virtio_get32(const uint8_t *bytes)
{
	return virtio_get16(bytes) | (uint32_t)virtio_get16(bytes + 2) << 16;
}

static inline uint64_t virtio_get64(const uint8_t *bytes)
{
	return virtio_get32(bytes) | (uint64_t)virtio_get32(bytes + 4) << 32;
}

static inline void virtio_put16(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
}

static inline void virtio_put32(uint8_t *bytes, uint32_t value)
{
	virtio_put16(bytes, value);
	virtio_put16(bytes + 2, value >> 16);
}

static inline void virtio_put64(uint8_t *bytes, uint64_t value)
{
	virtio_put32(bytes, (uint32_t)value);
	virtio_put32(bytes + 4, (uint32_t)(value >> 32));
}

#endif /* MOCKS_VIRTIO_VIRTIO_WIRE_H */
