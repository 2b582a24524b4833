/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenarios of frames: out, in, all lengths, too many, and seldom.
 */
#include "mocks/cli/scenario/guest.h"

int scenario_transmit(struct scenario_guest *guest)
{
	int error = scenario_up(guest);

	return error ? error : scenario_exchange(guest, 150, 0);
}

int scenario_receive(struct scenario_guest *guest)
{
	int error = scenario_up(guest);

	return error ? error : scenario_exchange(guest, 0, 150);
}

/** More than anybody has room for, both ways, and nothing is fetched. */
static int flood(struct scenario_guest *guest)
{
	uint32_t lengths[SCENARIO_BURST];
	unsigned burst, count, i;
	int error = 0;

	for (i = scenario_frames(guest, 200); i; i--)
		if (!scenario_deliver(guest, scenario_length(guest)))
			break;
	for (burst = 0; burst < 3 && !error; burst++) {
		count = scenario_frames(guest, SCENARIO_BURST);
		for (i = 0; i < count; i++)
			lengths[i] = scenario_length(guest);
		error = scenario_send(guest, lengths, count);
	}
	return error;
}

int scenario_flood(struct scenario_guest *guest)
{
	int error = scenario_up(guest);
	unsigned i;

	for (i = 0; i < 2 && !error; i++) {
		error = flood(guest);
		if (!error)
			error = scenario_settle(guest);
	}
	return error;
}

int scenario_lengths(struct scenario_guest *guest)
{
	uint32_t lengths[SCENARIO_BURST];
	uint32_t length = ETHERNET_HEADER_BYTES, most;
	int error = scenario_up(guest);
	unsigned i;

	if (error)
		return error;
	most = scenario_longest(guest);
	while (length <= most && !error) {
		for (i = 0; i < SCENARIO_BURST && length <= most; i++) {
			scenario_deliver(guest, length);
			lengths[i] = length++;
		}
		error = scenario_send(guest, lengths, i);
		if (!error)
			error = scenario_settle(guest);
	}
	return error;
}

int scenario_jumbo(struct scenario_guest *guest)
{
	uint32_t longest;
	int error = scenario_up(guest);

	if (error)
		return error;
	longest = guest->vm->nic->information.mtu + ETHERNET_HEADER_BYTES;
	scenario_expect(guest, longest == 9000 + ETHERNET_HEADER_BYTES,
			"the MTU is not 9000");
	scenario_deliver(guest, longest);
	error = scenario_send(guest, &longest, 1);
	return error ? error : scenario_exchange(guest, 60, 60);
}

/* ---- Sleep ---- */

/** Longer than a frame takes, and than the host waits before it sends one. */
#define LONG 20000000u

struct delivery {
	struct machine_event event;
	struct scenario_guest *guest;
};

static void deliver(void *argument)
{
	struct delivery *delivery = argument;

	scenario_deliver(delivery->guest, 200);
}

static int sleep_once(struct scenario_guest *guest, struct delivery *delivery)
{
	static const uint32_t by_pages = 1400;
	uint32_t seen = guest->in.seen;
	int error = 0;

	delivery->event.fire = deliver;
	delivery->event.argument = delivery;
	delivery->guest = guest;
	if (random_below(&guest->random, 2))
		error = scenario_send(guest, &by_pages, 1);
	machine_event_schedule(guest->vm->machine, &delivery->event,
			       1 + random_below(&guest->random, 300000));
	/* It may be woken for the frame that it sent, before the other. */
	while (!error && guest->in.seen == seen) {
		if (scenario_pump(guest))
			continue;
		if (!scenario_sleep(guest, LONG)) {
			scenario_expect(guest, false, "nobody woke the stack");
			break;
		}
	}
	machine_event_cancel(guest->vm->machine, &delivery->event);
	return error ? error : scenario_settle(guest);
}

int scenario_armed(struct scenario_guest *guest)
{
	struct delivery delivery = {.guest = guest};
	int error = scenario_up(guest);
	unsigned i;

	for (i = 0; i < 25 && !error; i++)
		error = sleep_once(guest, &delivery);
	return error;
}
