/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every virtio device has: registers of the MMIO transport, the status,
 * features of rings, and the rings themselves (Virtual I/O Device 1.2, section
 * 2 and 4.2). All integers are little-endian.
 */
#ifndef VIRTIO_VIRTIO_WIRE_H
#define VIRTIO_VIRTIO_WIRE_H

#include "port/bytes.h"

/* ---- Registers (4.2.2): 32 bits each, below the configuration ---- */

#define VIRTIO_MMIO_MAGIC_VALUE 0x74726976u
#define VIRTIO_MMIO_VERSION_2	2u

enum virtio_mmio_register {
	VIRTIO_MMIO_MAGIC = 0x000,
	VIRTIO_MMIO_VERSION = 0x004,
	VIRTIO_MMIO_DEVICE_ID = 0x008,
	VIRTIO_MMIO_VENDOR_ID = 0x00c,
	VIRTIO_MMIO_DEVICE_FEATURES = 0x010,
	VIRTIO_MMIO_DEVICE_FEATURES_SELECT = 0x014,
	VIRTIO_MMIO_DRIVER_FEATURES = 0x020,
	VIRTIO_MMIO_DRIVER_FEATURES_SELECT = 0x024,
	VIRTIO_MMIO_QUEUE_SELECT = 0x030,
	VIRTIO_MMIO_QUEUE_SIZE_MAX = 0x034,
	VIRTIO_MMIO_QUEUE_SIZE = 0x038,
	VIRTIO_MMIO_QUEUE_READY = 0x044,
	VIRTIO_MMIO_QUEUE_NOTIFY = 0x050,
	VIRTIO_MMIO_INTERRUPT_STATUS = 0x060,
	VIRTIO_MMIO_INTERRUPT_ACKNOWLEDGE = 0x064,
	VIRTIO_MMIO_STATUS = 0x070,
	VIRTIO_MMIO_QUEUE_DESCRIPTORS_LOW = 0x080,
	VIRTIO_MMIO_QUEUE_DESCRIPTORS_HIGH = 0x084,
	VIRTIO_MMIO_QUEUE_DRIVER_LOW = 0x090,
	VIRTIO_MMIO_QUEUE_DRIVER_HIGH = 0x094,
	VIRTIO_MMIO_QUEUE_DEVICE_LOW = 0x0a0,
	VIRTIO_MMIO_QUEUE_DEVICE_HIGH = 0x0a4,
	VIRTIO_MMIO_CONFIG_GENERATION = 0x0fc,
	/** What the kind of device defines, in the widths of its fields. */
	VIRTIO_MMIO_CONFIG = 0x100,
};

enum virtio_interrupt {
	VIRTIO_INTERRUPT_USED = 1 << 0,
	VIRTIO_INTERRUPT_CONFIG = 1 << 1,
};
#define VIRTIO_INTERRUPTS 3u

/** Status (2.1); 0 is a device that was reset. */
enum virtio_status {
	VIRTIO_STATUS_ACKNOWLEDGE = 1 << 0,
	VIRTIO_STATUS_DRIVER = 1 << 1,
	VIRTIO_STATUS_DRIVER_OK = 1 << 2,
	VIRTIO_STATUS_FEATURES_OK = 1 << 3,
	VIRTIO_STATUS_NEEDS_RESET = 1 << 6,
	VIRTIO_STATUS_FAILED = 1 << 7,
};

/** What a register of a device reads as that is not there any more. */
#define VIRTIO_GONE UINT32_MAX

/* ---- Features of any device (6) ---- */

#define VIRTIO_FEATURE_INDIRECT	   (1ull << 28)
#define VIRTIO_FEATURE_EVENT_INDEX (1ull << 29)
#define VIRTIO_FEATURE_VERSION_1   (1ull << 32)
#define VIRTIO_FEATURE_PACKED	   (1ull << 34)

#define VIRTIO_QUEUE_SIZE_LIMIT 32768u

/** Of descriptors in both kinds of ring; the last two in packed ones only. */
enum virtio_descriptor_flags {
	VIRTIO_DESCRIPTOR_NEXT = 1 << 0,
	/** The device writes here, and else reads. */
	VIRTIO_DESCRIPTOR_WRITE = 1 << 1,
	VIRTIO_DESCRIPTOR_INDIRECT = 1 << 2,
	VIRTIO_DESCRIPTOR_AVAILABLE = 1 << 7,
	VIRTIO_DESCRIPTOR_USED = 1 << 15,
};

/* ---- Split rings (2.7) ---- */

struct virtio_split_descriptor {
	le64 address;
	le32 length;
	le16 flags;
	le16 next;
};
_Static_assert(sizeof(struct virtio_split_descriptor) == 16, "virtio 2.7.5");

/** Driver area; behind the ring of so many entries stands used_event. */
struct virtio_split_available {
	le16 flags;
	le16 index;
	le16 ring[];
};
#define VIRTIO_SPLIT_NO_INTERRUPT 1u

struct virtio_split_used_element {
	le32 id;
	le32 length;
};
_Static_assert(sizeof(struct virtio_split_used_element) == 8, "virtio 2.7.8");

/** Device area; behind the ring stands available_event. */
struct virtio_split_used {
	le16 flags;
	le16 index;
	struct virtio_split_used_element ring[];
};
#define VIRTIO_SPLIT_NO_NOTIFY 1u

/* ---- Packed rings (2.8) ---- */

struct virtio_packed_descriptor {
	le64 address;
	le32 length;
	le16 id;
	le16 flags;
};
_Static_assert(sizeof(struct virtio_packed_descriptor) == 16, "virtio 2.8.13");

/**
 * Driver area and device area: when its writer wants to be told. Bits 14:0 a
 * place in the ring, 15 its wrap counter, 17:16 one of the kinds below.
 */
struct virtio_packed_event {
	le32 word;
};
#define VIRTIO_PACKED_EVENT_PLACE 0x7fffu
#define VIRTIO_PACKED_EVENT_WRAP  0x8000u
#define VIRTIO_PACKED_EVENT_SHIFT 16u
enum virtio_packed_event_kind {
	VIRTIO_PACKED_EVENT_ENABLE = 0,
	VIRTIO_PACKED_EVENT_DISABLE = 1,
	/** At that place; with VIRTIO_FEATURE_EVENT_INDEX only. */
	VIRTIO_PACKED_EVENT_PLACED = 2,
	VIRTIO_PACKED_EVENT_KINDS = 3,
};

#endif /* VIRTIO_VIRTIO_WIRE_H */
