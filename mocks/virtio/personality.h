/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hypervisors whose virtio-net over MMIO can be played, as data: releases
 * of Firecracker, QEMU's microvm, and a device that takes nothing that the
 * specification forbids.
 */
#ifndef MOCKS_VIRTIO_PERSONALITY_H
#define MOCKS_VIRTIO_PERSONALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum virtio_manner {
	VIRTIO_FIRECRACKER,
	VIRTIO_QEMU,
	VIRTIO_STRICT,
};

struct virtio_personality {
	/** As on the command line: "firecracker-1.12". */
	const char *name;
	/** As a person calls it: "Firecracker 1.12". */
	const char *title;
	enum virtio_manner manner;
	/** Feature bits that the network device has. */
	uint64_t features;
	/** Where the card is, how long its registers are, and its line. */
	uint64_t base, bytes;
	unsigned line;
	uint32_t queue_size_max;
	/** VendorID; Firecracker has none. */
	uint32_t vendor;
	/** Pairs of queues, at most. */
	unsigned pairs_max;
	/** Frames are read only while so many bytes of buffers are posted. */
	uint32_t capacity_gate;
	/** The driver may write configuration space (the MAC address). */
	bool config_writable;
	/** The line is level triggered: high until all is acknowledged. */
	bool level;
	bool is_hostile;
};

/** Firecracker's in the order of releases, then QEMU's, then the strict one. */
extern const struct virtio_personality virtio_personalities[];
extern const size_t virtio_personality_count;
/** One that plays any of them, and lies; not among them. */
extern const struct virtio_personality virtio_personality_hostile;

/** By name, or NULL; "firecracker" is its newest release. */
const struct virtio_personality *virtio_personality_find(const char *name);

#endif /* MOCKS_VIRTIO_PERSONALITY_H */
