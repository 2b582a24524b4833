/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hosts that can be played: what is known to differ between releases of
 * Hyper-V, as data.
 */
#ifndef MOCKS_HYPERV_PERSONALITY_H
#define MOCKS_HYPERV_PERSONALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_personality {
	/** As on the command line: "ws2019". */
	const char *name;
	/** As a person calls it: "Windows Server 2019". */
	const char *title;
	/** The lowest and the highest VMBus version that it accepts. */
	uint32_t vmbus_version_min, vmbus_version_max;
	/** The highest NVSP version that it accepts. */
	uint32_t nvsp_version_max;
	/** CPUID 0x40000002: build, and major and minor version. */
	uint32_t build, version;
	/**
	 * Messages go to vCPU 0 whatever INITIATE_CONTACT asked (before 3.0).
	 */
	bool messages_to_cpu0;
	/** TORNDOWN of a device's GPADL comes only after CLOSE (2012 R2). */
	bool late_torndown;
	/** INDICATE 40020006 with a short length at start of day (2012 R2). */
	bool offload_indication;
	/**
	 * The indirection table's offset is short of the NVSP 6 union (2016).
	 */
	bool indirection_offset_bug;
	/** Offers that nobody waits for arrive later (Azure). */
	bool late_offers;
	/** HvCallPostMessage times out now and then (Azure). */
	bool post_timeouts;
	/**
	 * Microseconds between a doorbell and the host's looking: least and
	 * most.
	 */
	uint32_t latency_min_us, latency_max_us;
	/** It lies and is another release, both by seed. */
	bool is_hostile;
};

/** All personalities, in the order of their releases. */
extern const struct host_personality host_personalities[];
extern const size_t host_personality_count;

/** One that lies; not among the others, which do not. */
extern const struct host_personality host_personality_hostile;

/** By name, the hostile one too, or NULL. */
const struct host_personality *host_personality_find(const char *name);

#endif /* MOCKS_HYPERV_PERSONALITY_H */
