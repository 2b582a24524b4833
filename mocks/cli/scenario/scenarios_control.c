/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenarios of what is asked of a card, and what the world does to it.
 */
#include <string.h>

#include "mocks/cli/scenario/guest.h"

/** Frames each way that show that a card works. */
#define FEW 8u

static int few(struct scenario_guest *guest)
{
	return scenario_exchange(guest, FEW, FEW);
}

/* ---- What is asked of it ---- */

static int mtu_change(struct scenario_guest *guest, uint16_t mtu)
{
	uint32_t longest = mtu + ETHERNET_HEADER_BYTES;
	int error;

	scenario_stop(guest);
	error = nic_mtu_set(guest->vm->nic, mtu);
	if (!error)
		error = scenario_up(guest);
	if (error)
		return error;
	scenario_expect(guest, guest->vm->nic->information.mtu == mtu,
			"the MTU is another one than that set");
	scenario_expect(guest, scenario_deliver(guest, longest),
			"the host has no room for a frame of the MTU");
	error = scenario_send(guest, &longest, 1);
	return error ? error : few(guest);
}

int scenario_mtu(struct scenario_guest *guest)
{
	static const uint16_t mtus[] = {9000, 576, 4000, 1500};
	int error = scenario_up(guest);
	unsigned i;

	for (i = 0; i < sizeof(mtus) / sizeof(mtus[0]) && !error; i++)
		error = mtu_change(guest, mtus[i]);
	return error;
}

int scenario_mac(struct scenario_guest *guest)
{
	static const uint8_t other[6] = {0x02, 0x15, 0x5d, 0x09, 0x08, 0x07};
	uint8_t before[6];
	int error = scenario_up(guest);

	if (error)
		return error;
	memcpy(before, guest->vm->nic->information.mac, sizeof(before));
	scenario_stop(guest);
	error = nic_mac_set(guest->vm->nic, other);
	if (!error)
		error = scenario_up(guest);
	if (error)
		return error;
	scenario_expect(guest,
			memcmp(guest->vm->nic->information.mac, other, 6) == 0,
			"the address is another one than that set");
	scenario_expect(guest, !scenario_deliver_to(guest, 100, before),
			"the old address still receives");
	error = few(guest);
	/* As it was found. */
	scenario_stop(guest);
	if (!error)
		error = nic_mac_set(guest->vm->nic, before);
	if (!error)
		error = scenario_up(guest);
	return error ? error : few(guest);
}

/** Whom a filter lets in: its own, everybody, a group, others. */
static const struct filter_case {
	unsigned filter;
	bool own, broadcast, group, other;
} filter_cases[] = {
	{NIC_FILTER_UNICAST, true, false, false, false},
	{NIC_FILTER_BROADCAST, false, true, false, false},
	{NIC_FILTER_UNICAST | NIC_FILTER_ALL_MULTICAST, true, false, true,
	 false},
	{NIC_FILTER_PROMISCUOUS, true, true, true, true},
	{NIC_FILTER_UNICAST | NIC_FILTER_BROADCAST, true, true, false, false},
};

static int filter_try(struct scenario_guest *guest,
		      const struct filter_case *it)
{
	static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
	static const uint8_t group[6] = {0x33, 0x33, 0, 0, 0, 1};
	static const uint8_t other[6] = {0x02, 0, 0, 0, 0, 0x55};
	int error = nic_filter_set(guest->vm->nic, it->filter, NULL, 0);

	if (error)
		return error;
	scenario_expect(
		guest,
		scenario_deliver(guest, 60) == it->own &&
			scenario_deliver_to(guest, 61, broadcast) ==
				it->broadcast &&
			scenario_deliver_to(guest, 62, group) == it->group &&
			scenario_deliver_to(guest, 63, other) == it->other,
		"the filter lets others in than it was set to");
	return scenario_settle(guest);
}

int scenario_filter(struct scenario_guest *guest)
{
	int error = scenario_up(guest);
	unsigned i;

	for (i = 0; i < sizeof(filter_cases) / sizeof(filter_cases[0]); i++)
		if (!error)
			error = filter_try(guest, &filter_cases[i]);
	return error ? error : few(guest);
}

int scenario_reset(struct scenario_guest *guest)
{
	int error = scenario_up(guest);
	unsigned i;

	for (i = 0; i < 3 && !error; i++) {
		error = few(guest);
		if (!error)
			error = netvsc_reset(guest->vm->nic);
	}
	return error ? error : few(guest);
}

/* ---- What the world does to it ---- */

static int link_change(struct scenario_guest *guest, bool up, uint32_t mbps)
{
	struct nic_link link;
	int error;

	guest->vm->vmm->link_set(guest->vm, up);
	guest->vm->vmm->speed_set(guest->vm, mbps);
	error = scenario_await(guest, NIC_EVENT_LINK);
	/* Two changes may be told in one event or in two. */
	scenario_idle(guest, 2000000);
	guest->events &= ~(unsigned)NIC_EVENT_LINK;
	nic_link(guest->vm->nic, &link);
	scenario_expect(guest, link.up == up, "the link is not as it was set");
	/* A link that is down has its speed, or none. */
	scenario_expect(guest,
			link.speed_mbps == mbps ||
				(!up && link.speed_mbps == 0),
			"the speed is not as it was set");
	return error;
}

static int link_cycle(struct scenario_guest *guest)
{
	int error = few(guest);

	if (!error)
		error = link_change(guest, false, 10000);
	guest->lossy = true;
	if (!error)
		error = scenario_exchange(guest, FEW, 0);
	guest->lossy = false;
	if (!error)
		error = link_change(guest, true, 1000);
	if (!error)
		error = few(guest);
	return error ? error : link_change(guest, true, 10000);
}

int scenario_link(struct scenario_guest *guest)
{
	int error = scenario_up(guest);
	unsigned i;

	for (i = 0; i < 2 && !error; i++)
		error = link_cycle(guest);
	/* Whatever came of it, the next one finds it up. */
	guest->vm->vmm->link_set(guest->vm, true);
	return error ? error : few(guest);
}

int scenario_keepalive(struct scenario_guest *guest)
{
	const struct vmm *vmm = guest->vm->vmm;
	int error = scenario_up(guest);
	uint64_t deadline;
	unsigned i;

	for (i = 0; i < 10 && !error; i++) {
		vmm->keepalive(guest->vm);
		deadline = port_time(guest->port) + SCENARIO_PATIENCE;
		error = few(guest);
		while (!error && vmm->is_asking(guest->vm)) {
			if (port_time(guest->port) >= deadline)
				error = ERROR_TIMED_OUT;
			scenario_idle(guest, 10000);
		}
	}
	return error;
}

int scenario_network_change(struct scenario_guest *guest)
{
	int error = scenario_up(guest);
	unsigned i;

	for (i = 0; i < 3 && !error; i++) {
		guest->vm->vmm->network_change(guest->vm);
		error = scenario_await(guest, NIC_EVENT_NETWORK_CHANGED);
		if (!error)
			error = few(guest);
	}
	return error;
}

/* ---- What becomes of the device ---- */

/** Nothing is on its way meanwhile: it would be lost, and that is right. */
static int recovered(struct scenario_guest *guest)
{
	int error = scenario_await(guest, NIC_EVENT_RECOVERED);

	return error ? error : few(guest);
}

int scenario_queue_stop(struct scenario_guest *guest)
{
	int error = scenario_bring_up(guest);
	unsigned i;

	for (i = 0; i < 4 && !error; i++) {
		guest->vm->vmm->queue_stop(guest->vm, i % 2);
		error = recovered(guest);
	}
	return error;
}

int scenario_device_change(struct scenario_guest *guest)
{
	int error = scenario_bring_up(guest);
	unsigned i;

	for (i = 0; i < 3 && !error; i++) {
		guest->vm->vmm->device_change(guest->vm);
		error = recovered(guest);
	}
	return error;
}
