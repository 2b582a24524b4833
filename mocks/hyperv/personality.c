/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hosts that can be played, as data. A release is told apart by the VMBus
 * and NVSP versions at which it stops and by what it is known to do otherwise
 * than its successors. All of them still speak the oldest VMBus.
 */
#include "mocks/hyperv/personality.h"

#include <string.h>

#define VERSION(major, minor) ((uint32_t)(major) << 16 | (minor))

const struct host_personality host_personalities[] = {
	{
		.name = "ws2012",
		.title = "Windows Server 2012",
		.vmbus_version_min = VERSION(0, 13),
		.vmbus_version_max = VERSION(2, 4),
		.nvsp_version_max = 0x40000,
		.build = 9200,
		.version = VERSION(6, 2),
		.messages_to_cpu0 = true,
		.latency_min_us = 10,
		.latency_max_us = 60,
	},
	{
		.name = "ws2012r2",
		.title = "Windows Server 2012 R2",
		.vmbus_version_min = VERSION(0, 13),
		.vmbus_version_max = VERSION(3, 0),
		.nvsp_version_max = 0x50000,
		.build = 9600,
		.version = VERSION(6, 3),
		.late_torndown = true,
		.offload_indication = true,
		.latency_min_us = 10,
		.latency_max_us = 50,
	},
	{
		.name = "ws2016",
		.title = "Windows Server 2016",
		.vmbus_version_min = VERSION(0, 13),
		.vmbus_version_max = VERSION(4, 0),
		.nvsp_version_max = 0x50000,
		.build = 14393,
		.version = VERSION(10, 0),
		.indirection_offset_bug = true,
		.latency_min_us = 5,
		.latency_max_us = 40,
	},
	{
		.name = "ws2019",
		.title = "Windows Server 2019",
		.vmbus_version_min = VERSION(0, 13),
		.vmbus_version_max = VERSION(5, 2),
		.nvsp_version_max = 0x60001,
		.build = 17763,
		.version = VERSION(10, 0),
		.latency_min_us = 5,
		.latency_max_us = 30,
	},
	{
		.name = "ws2022",
		.title = "Windows Server 2022",
		.vmbus_version_min = VERSION(0, 13),
		.vmbus_version_max = VERSION(5, 3),
		.nvsp_version_max = 0x60001,
		.build = 20348,
		.version = VERSION(10, 0),
		.latency_min_us = 5,
		.latency_max_us = 30,
	},
	{
		.name = "azure",
		.title = "Azure",
		.vmbus_version_min = VERSION(0, 13),
		.vmbus_version_max = VERSION(5, 3),
		.nvsp_version_max = 0x60001,
		.build = 20348,
		.version = VERSION(10, 0),
		.late_offers = true,
		.post_timeouts = true,
		.latency_min_us = 10,
		.latency_max_us = 120,
	},
};

const size_t host_personality_count =
	sizeof(host_personalities) / sizeof(host_personalities[0]);

const struct host_personality host_personality_hostile = {
	.name = "hostile",
	.title = "one that lies, by seed",
	.vmbus_version_min = VERSION(0, 13),
	.vmbus_version_max = VERSION(5, 3),
	.nvsp_version_max = 0x60001,
	.is_hostile = true,
};

const struct host_personality *host_personality_find(const char *name)
{
	size_t i;

	for (i = 0; i < host_personality_count; i++)
		if (!strcmp(host_personalities[i].name, name))
			return &host_personalities[i];
	if (!strcmp(host_personality_hostile.name, name))
		return &host_personality_hostile;
	return NULL;
}
