/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The settings that are explored. A ring has 4096 bytes, of which 4088 can be
 * used; a packet takes its payload and 24.
 */
#include "tests/interleave/scenarios.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct setting guest_sends[] = {
	{
		.about = "three packets, one by one",
		.guest = GUEST_WRITES,
		.guest_sends = {{8, 16, 24}, 1},
	},
	{
		.about = "four packets, two at a time, around the end",
		.guest = GUEST_WRITES,
		.guest_sends = {{16, 8, 16, 8}, 2},
		.start = 4096 - 48,
	},
};

static const struct setting host_sends[] = {
	{
		.about = "two packets",
		.guest = GUEST_READS,
		.host_sends = {{8, 16}, 1},
	},
	{
		.about = "three packets, around the end",
		.guest = GUEST_READS,
		.host_sends = {{24, 8, 16}, 1},
		.start = 4096 - 72,
	},
};

static const struct setting guest_waits[] = {
	{
		.about = "the second packet does not fit until the first is "
			 "read",
		.guest = GUEST_WRITES,
		.guest_sends = {{4064, 8}, 1},
	},
	{
		.about = "four packets, of which the ring holds two exactly",
		.guest = GUEST_WRITES,
		.guest_sends = {{2016, 2024, 8, 2024}, 2},
		.start = 2048,
	},
	{
		.about = "two packets, each the whole ring",
		.guest = GUEST_WRITES,
		.guest_sends = {{4064, 4064}, 1},
		.start = 8,
	},
};

static const struct setting host_waits[] = {
	{
		.about = "the second packet does not fit until the first is "
			 "read",
		.guest = GUEST_READS,
		.host_sends = {{4064, 8}, 1},
	},
	{
		.about = "three packets, of which the ring holds two exactly",
		.guest = GUEST_READS,
		.host_sends = {{2016, 2024, 1504}, 1},
		.start = 2048,
	},
	{
		.about = "two packets, each the whole ring",
		.guest = GUEST_READS,
		.host_sends = {{4064, 4064}, 1},
		.start = 8,
	},
};

static const struct setting both_ways[] = {
	{
		.about = "a packet each way",
		.guest = GUEST_BOTH,
		.guest_sends = {{8}, 1},
		.host_sends = {{8}, 1},
	},
	{
		.about = "the guest waits for room while the host sends",
		.guest = GUEST_BOTH,
		.guest_sends = {{4064, 8}, 1},
		.host_sends = {{8}, 1},
	},
};

static const struct setting too_early[] = {
	{
		.about = "the guest waits for room and gets nothing else",
		.guest = GUEST_LOOKS_TOO_EARLY,
		.guest_sends = {{4064, 8}, 1},
	},
};

#define SCENARIO(array) array, COUNT(array)

const struct scenario scenarios[] = {
	{"guest-sends", "the host reads, masked while it does",
	 SCENARIO(guest_sends), NULL},
	{"host-sends", "the guest reads, masks and unmasks",
	 SCENARIO(host_sends), NULL},
	{"guest-waits", "for room that the host makes", SCENARIO(guest_waits),
	 NULL},
	{"host-waits", "for room that the guest makes", SCENARIO(host_waits),
	 NULL},
	{"both-ways", "one interrupt for packets and for room",
	 SCENARIO(both_ways), NULL},
	{"too-early", "a guest that looks for room before it asks to be woken",
	 SCENARIO(too_early), "lost wake-up"},
};
const unsigned scenario_count = COUNT(scenarios);
