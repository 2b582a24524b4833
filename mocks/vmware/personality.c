/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Releases of ESXi differ by the newest virtual hardware that they give a
 * machine, and with it by the revision of the card.
 */
#include "mocks/vmware/personality.h"

#include <string.h>

const struct vmware_personality vmware_personalities[] = {
	{
		.name = "esxi-6.0",
		.title = "VMware ESXi 6.0",
		.virtual_hardware = 11,
		.revision_max = 2,
		.speed_mbps = 10000,
	},
	{
		.name = "esxi-6.5",
		.title = "VMware ESXi 6.5",
		.virtual_hardware = 13,
		.revision_max = 3,
		.speed_mbps = 10000,
	},
	{
		.name = "esxi-6.7",
		.title = "VMware ESXi 6.7",
		.virtual_hardware = 14,
		.revision_max = 4,
		.speed_mbps = 10000,
	},
	{
		.name = "esxi-7.0",
		.title = "VMware ESXi 7.0",
		.virtual_hardware = 17,
		.revision_max = 6,
		.speed_mbps = 10000,
	},
	{
		.name = "esxi-8.0",
		.title = "VMware ESXi 8.0",
		.virtual_hardware = 20,
		.revision_max = 7,
		.speed_mbps = 10000,
	},
	{
		.name = "qemu",
		.title = "QEMU's vmxnet3",
		.revision_max = 1,
		.qemu = true,
		.speed_mbps = 1000,
	},
};

const size_t vmware_personality_count =
	sizeof(vmware_personalities) / sizeof(vmware_personalities[0]);

const struct vmware_personality vmware_personality_hostile = {
	.name = "hostile",
	.title = "one that lies, by seed",
	.virtual_hardware = 20,
	.revision_max = 7,
	.speed_mbps = 10000,
	.is_hostile = true,
};

const struct vmware_personality *vmware_personality_find(const char *name)
{
	size_t i;

	if (!strcmp(name, "esxi"))
		name = "esxi-8.0";
	for (i = 0; i < vmware_personality_count; i++)
		if (!strcmp(vmware_personalities[i].name, name))
			return &vmware_personalities[i];
	return NULL;
}
