/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Releases of Firecracker differ by what the network device offers, by where
 * the devices begin (1.13 moved them), and by how frames reach the guest (since
 * 1.10 straight into its buffers, and so with a rule for their size).
 */
#include "mocks/virtio/personality.h"

#include <string.h>

#include "mocks/virtio/virtio_wire.h"

#define FIRECRACKER_1_1                                                        \
	(FEATURE(NET_CSUM) | FEATURE(NET_GUEST_CSUM) | FEATURE(NET_MAC) |      \
	 FEATURE(NET_GUEST_TSO4) | FEATURE(NET_GUEST_UFO) |                    \
	 FEATURE(NET_HOST_TSO4) | FEATURE(NET_HOST_UFO) |                      \
	 FEATURE(RING_EVENT_IDX) | FEATURE(F_VERSION_1))

#define FIRECRACKER_1_12                                                       \
	(FIRECRACKER_1_1 | FEATURE(NET_GUEST_TSO6) | FEATURE(NET_HOST_TSO6) |  \
	 FEATURE(NET_MRG_RXBUF))

/** Measured on QEMU 7.2 with a network of datagrams: 0x10130bf8024. */
#define MICROVM                                                                \
	(FEATURE(NET_CTRL_GUEST_OFFLOADS) | FEATURE(NET_MAC) |                 \
	 FEATURE(NET_MRG_RXBUF) | FEATURE(NET_STATUS) | FEATURE(NET_CTRL_VQ) | \
	 FEATURE(NET_CTRL_RX) | FEATURE(NET_CTRL_VLAN) |                       \
	 FEATURE(NET_CTRL_RX_EXTRA) | FEATURE(NET_GUEST_ANNOUNCE) |            \
	 FEATURE(NET_CTRL_MAC_ADDR) | FEATURE(RING_INDIRECT_DESC) |            \
	 FEATURE(RING_EVENT_IDX) | FEATURE(F_VERSION_1) |                      \
	 FEATURE(F_RING_RESET))

#define STRICT                                                                 \
	(FIRECRACKER_1_12 | MICROVM | FEATURE(NET_MTU) |                       \
	 FEATURE(NET_GUEST_ECN) | FEATURE(NET_HOST_ECN) | FEATURE(NET_MQ) |    \
	 FEATURE(F_RING_PACKED) | FEATURE(NET_SPEED_DUPLEX))

#define CAPACITY 65562u

const struct virtio_personality virtio_personalities[] = {
	{
		.name = "firecracker-1.1",
		.title = "Firecracker 1.1",
		.manner = VIRTIO_FIRECRACKER,
		.features = FIRECRACKER_1_1,
		.base = 0xd0000000,
		.bytes = 0x1000,
		.line = 5,
		.queue_size_max = 256,
		.pairs_max = 1,
		.config_writable = true,
	},
	{
		.name = "firecracker-1.7",
		.title = "Firecracker 1.7",
		.manner = VIRTIO_FIRECRACKER,
		.features = FIRECRACKER_1_1,
		.base = 0xd0001000,
		.bytes = 0x1000,
		.line = 6,
		.queue_size_max = 256,
		.pairs_max = 1,
		.config_writable = true,
	},
	{
		.name = "firecracker-1.12",
		.title = "Firecracker 1.12",
		.manner = VIRTIO_FIRECRACKER,
		.features = FIRECRACKER_1_12,
		.base = 0xd0000000,
		.bytes = 0x1000,
		.line = 5,
		.queue_size_max = 256,
		.pairs_max = 1,
		.capacity_gate = CAPACITY,
		.config_writable = true,
	},
	{
		.name = "firecracker-1.16",
		.title = "Firecracker 1.16",
		.manner = VIRTIO_FIRECRACKER,
		.features = FIRECRACKER_1_12 | FEATURE(NET_MTU),
		.base = 0xc0001000,
		.bytes = 0x1000,
		.line = 5,
		.queue_size_max = 256,
		.pairs_max = 1,
		.capacity_gate = CAPACITY,
		.config_writable = true,
	},
	{
		.name = "microvm",
		.title = "QEMU's microvm",
		.manner = VIRTIO_QEMU,
		.features = MICROVM,
		.base = 0xfeb00e00,
		.bytes = 0x200,
		.line = 12,
		.queue_size_max = 1024,
		.vendor = 0x554d4551,
		.pairs_max = 1,
		.config_writable = true,
		.level = true,
	},
	{
		.name = "strict",
		.title = "a device by the letter of virtio 1.2",
		.manner = VIRTIO_STRICT,
		.features = STRICT,
		.base = 0xfeb00000,
		.bytes = 0x200,
		.line = 9,
		.queue_size_max = 256,
		.vendor = 0x6d697376,
		.pairs_max = 4,
		.level = true,
	},
};

const size_t virtio_personality_count =
	sizeof(virtio_personalities) / sizeof(virtio_personalities[0]);

const struct virtio_personality virtio_personality_hostile = {
	.name = "hostile",
	.title = "one that lies, by seed",
	.manner = VIRTIO_STRICT,
	.features = STRICT,
	.is_hostile = true,
};

const struct virtio_personality *virtio_personality_find(const char *name)
{
	size_t i;

	if (!strcmp(name, "firecracker"))
		name = "firecracker-1.16";
	for (i = 0; i < virtio_personality_count; i++)
		if (!strcmp(virtio_personalities[i].name, name))
			return &virtio_personalities[i];
	return NULL;
}
