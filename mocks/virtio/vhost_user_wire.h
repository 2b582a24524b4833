/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of vhost-user (QEMU's docs/interop/vhost-user.rst, "Message
 * specification"), little-endian as both ends run on one machine.
 */
#ifndef MOCKS_VIRTIO_VHOST_USER_WIRE_H
#define MOCKS_VIRTIO_VHOST_USER_WIRE_H

#include <stdint.h>

enum {
	VHOST_GET_FEATURES = 1,
	VHOST_SET_FEATURES = 2,
	VHOST_SET_OWNER = 3,
	VHOST_RESET_OWNER = 4,
	VHOST_SET_MEM_TABLE = 5,
	VHOST_SET_VRING_NUM = 8,
	VHOST_SET_VRING_ADDR = 9,
	VHOST_SET_VRING_BASE = 10,
	VHOST_GET_VRING_BASE = 11,
	VHOST_SET_VRING_KICK = 12,
	VHOST_SET_VRING_CALL = 13,
	VHOST_SET_VRING_ERR = 14,
	VHOST_GET_PROTOCOL_FEATURES = 15,
	VHOST_SET_PROTOCOL_FEATURES = 16,
	VHOST_GET_QUEUE_NUM = 17,
	VHOST_SET_VRING_ENABLE = 18,
};

/** A feature bit beside the device's. */
#define VHOST_F_PROTOCOL_FEATURES 30u

enum {
	VHOST_PROTOCOL_MQ = 0,
	VHOST_PROTOCOL_REPLY_ACK = 3,
};

#define VHOST_VERSION	   1u
#define VHOST_VERSION_MASK 3u
#define VHOST_REPLY	   4u
#define VHOST_NEED_REPLY   8u

/** In the number of a queue whose file descriptor follows, or not. */
#define VHOST_VRING_INDEX 0xffu
#define VHOST_VRING_NO_FD 0x100u

#define VHOST_REGIONS_MAX 8u

struct vhost_header {
	uint32_t request, flags, size;
};

struct vhost_vring_state {
	uint32_t index, number;
};

struct vhost_vring_address {
	uint32_t index, flags;
	/** Addresses of the client's own address space. */
	uint64_t descriptors, used, available, log;
};

struct vhost_region {
	uint64_t physical, bytes, user, offset;
};

struct vhost_memory {
	uint32_t count, padding;
	struct vhost_region regions[VHOST_REGIONS_MAX];
};

union vhost_payload {
	uint64_t number;
	struct vhost_vring_state state;
	struct vhost_vring_address address;
	struct vhost_memory memory;
};

_Static_assert(sizeof(struct vhost_header) == 12, "header");
_Static_assert(sizeof(struct vhost_vring_address) == 40, "vring address");
_Static_assert(sizeof(struct vhost_memory) == 264, "memory table");

#endif /* MOCKS_VIRTIO_VHOST_USER_WIRE_H */
