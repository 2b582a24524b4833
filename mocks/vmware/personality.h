/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hypervisors whose vmxnet3 can be played, as data: releases of ESXi by
 * their virtual hardware, and QEMU's model of the card.
 */
#ifndef MOCKS_VMWARE_PERSONALITY_H
#define MOCKS_VMWARE_PERSONALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vmware_personality {
	/** As on the command line: "esxi-7.0". */
	const char *name;
	/** As a person calls it: "VMware ESXi 7.0". */
	const char *title;
	/** VMware's virtual hardware version; 0: not VMware's. */
	unsigned virtual_hardware;
	/** The highest revision of the device that it offers. */
	unsigned revision_max;
	/** The card as QEMU models it: see the table in vmxnet3_internal.h. */
	bool qemu;
	/** Megabits a second that GET_LINK says. */
	uint32_t speed_mbps;
	/** It lies; played with the release that a seed says. */
	bool is_hostile;
};

/** All personalities, in the order of their releases; QEMU's is the last. */
extern const struct vmware_personality vmware_personalities[];
extern const size_t vmware_personality_count;

/** One that lies; not among the others, which do not. */
extern const struct vmware_personality vmware_personality_hostile;

/** By name, or NULL; "esxi" is the newest release. */
const struct vmware_personality *vmware_personality_find(const char *name);

#endif /* MOCKS_VMWARE_PERSONALITY_H */
