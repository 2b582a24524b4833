/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The network card of virtio, behind memory mapped registers, made a struct
 * nic: what a board includes (Virtual I/O Device 1.2, 5.1).
 *
 * Frames are not copied: the device reads them where the stack has them, and
 * writes received ones into the stack's buffers, behind a header of 12 bytes;
 * so the data of the first segment of a frame begin inside of its buffer. A
 * frame takes several buffers if it does not fit one. Buffers of any address
 * will do; those that cross no page are best.
 *
 * Firecracker delivers only while it has 65562 bytes of buffers, whatever the
 * MTU: give the card more than that (33 buffers of 2048 bytes), and as many
 * more as the stack holds on to. From there on down, frames are dropped for
 * which the stack has no other buffers, so that the device keeps what it has.
 */
#ifndef VIRTIO_VIRTIO_NET_H
#define VIRTIO_VIRTIO_NET_H

#include "net/nic.h"
#include "virtio/virtio_mmio.h"

/** Whether a device can be reset that was started once. */
enum virtio_net_reset {
	/** As its vendor says: those without one (Firecracker) once. */
	VIRTIO_NET_RESET_BY_VENDOR,
	VIRTIO_NET_RESET_ALWAYS,
	/**
	 * A reset would end it for good. A card that is stopped then stays as
	 * it is, with its buffers, which are not released, and what comes is
	 * dropped; one that needs a reset has failed.
	 */
	VIRTIO_NET_RESET_ONCE,
};

/**
 * Cards that were closed and whose device would not be reset: it may still
 * write into their queues and buffers. Zeroed before its first use.
 */
struct virtio_net_kept {
	struct virtio_net *first;
};

/** How to set a card up; 0: default. */
struct virtio_net_configuration {
	/**
	 * Entries of each queue (default 256): powers of two, 2 to 32768, as
	 * far as the device has so many. Up to 256, all that a queue needs of
	 * contiguous memory is pages.
	 */
	uint32_t transmit_queue, receive_queue;
	/** The most pairs of queues (default 1, at most 16). */
	uint32_t queues;
	/** MTU to come up with (default: the device's, or 1500). */
	uint16_t mtu;
	/** Take frames that are several TCP segments (NIC_FEATURE_RX_LARGE). */
	bool large_receive;
	/**
	 * Have the device filter VLANs. It then has to be told of each one, all
	 * 4096 if none is chosen.
	 */
	bool vlan_filter;
	/** Features that are not accepted, though offered. */
	uint64_t features_off;
	enum virtio_net_reset reset;
	/** The address of a device without one; NULL: one is made up. */
	const uint8_t *mac;
	/** Outlives the card; NULL: such memory is never given back. */
	struct virtio_net_kept *kept;
};

/**
 * Bring a card up, to the point where nic_start() is all that is missing.
 *
 * @param place the device's registers and line
 * @param configuration NULL for the defaults
 * @param stack copied; its functions are called as nic.h says; its buffers
 *	have at least 512 bytes
 * @param error out, if not NULL: 0, or what failed: ERROR_NO_DEVICE, quietly,
 *	where there is no network card of virtio version 2; ERROR_NO_MEMORY,
 *	ERROR_NOT_SUPPORTED (no features in common), ERROR_IO (the device would
 *	not be set up), ERROR_TIMED_OUT (no end to its reset), ERROR_INVALID
 *	(the place, the configuration or the stack's buffers)
 * @return the card, or NULL
 */
struct nic *
virtio_net_open(struct port *port, const struct virtio_mmio_place *place,
		const struct virtio_net_configuration *configuration,
		const struct nic_stack *stack, int *error);

/** Free what was kept: the device is gone, or the machine stopped. */
void virtio_net_kept_free(struct virtio_net_kept *kept);

/** The features in use (Virtual I/O Device 1.2, 5.1.3 and 6). */
uint64_t virtio_net_features(const struct nic *nic);

#endif /* VIRTIO_VIRTIO_NET_H */
