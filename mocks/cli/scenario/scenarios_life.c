/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenarios of a card's life: up and down, from every side.
 */
#include "mocks/cli/scenario/guest.h"

/** Frames each way that show that a card works. */
#define FEW 8u

int scenario_bring_up(struct scenario_guest *guest)
{
	int error = scenario_up(guest);

	return error ? error : scenario_exchange(guest, FEW, FEW);
}

/** Leave frames on their way, both ways. */
static int in_traffic(struct scenario_guest *guest)
{
	uint32_t lengths[FEW];
	unsigned i;

	for (i = 0; i < FEW; i++) {
		lengths[i] = scenario_length(guest);
		scenario_deliver(guest, scenario_length(guest));
	}
	return scenario_send(guest, lengths, FEW);
}

int scenario_stop_start(struct scenario_guest *guest)
{
	int error = scenario_bring_up(guest);
	unsigned i;

	for (i = 0; i < 5 && !error; i++) {
		error = in_traffic(guest);
		scenario_stop(guest);
		if (!error)
			error = scenario_up(guest);
		if (!error)
			error = scenario_exchange(guest, FEW, FEW);
	}
	return error;
}

int scenario_reopen(struct scenario_guest *guest)
{
	int error = scenario_bring_up(guest);
	unsigned i;

	for (i = 0; i < 3 && !error; i++) {
		error = in_traffic(guest);
		scenario_down(guest, VIRTUAL_MACHINE_CONNECTED);
		if (!error)
			error = scenario_bring_up(guest);
	}
	return error;
}

int scenario_reconnect(struct scenario_guest *guest)
{
	int error = 0;
	unsigned i;

	for (i = 0; i < 3 && !error; i++) {
		error = scenario_bring_up(guest);
		if (!error)
			error = in_traffic(guest);
		scenario_down(guest, VIRTUAL_MACHINE_OFF);
	}
	return error;
}

/** Up to half a millisecond: some tens of frames. */
static uint64_t a_while(struct scenario_guest *guest)
{
	return 1 + random_below(&guest->random, 500000);
}

int scenario_rescind(struct scenario_guest *guest)
{
	int error = scenario_up(guest);

	if (error)
		return error;
	scenario_remove_after(guest, a_while(guest));
	/* With no frames left to make, nothing else takes time, or fails. */
	while (!error && !(guest->removed && guest->it->has_frames_max)) {
		error = scenario_exchange(guest, FEW, FEW);
		scenario_expect(guest, !error || guest->removed,
				"an error before the card was taken away");
		if (!error && guest->it->has_frames_max)
			scenario_idle(guest, 1000);
	}
	machine_event_cancel(guest->vm->machine, &guest->removal);
	/* It may have heard no more than that no frame moves. */
	if (error != ERROR_NO_DEVICE)
		error = scenario_await(guest, NIC_EVENT_REMOVED);
	scenario_expect(guest, !error || error == ERROR_NO_DEVICE,
			"nobody said that the card was taken away");
	error = scenario_return(guest);
	return error ? error : scenario_exchange(guest, FEW, FEW);
}

int scenario_rescind_asked(struct scenario_guest *guest)
{
	int error = scenario_bring_up(guest);

	if (error)
		return error;
	scenario_remove_after(guest, a_while(guest));
	while (!error) {
		error = nic_filter_set(guest->vm->nic, NIC_FILTER_UNICAST, NULL,
				       0);
		scenario_expect(guest, !error || guest->removed,
				"an error before the card was taken away");
	}
	machine_event_cancel(guest->vm->machine, &guest->removal);
	scenario_expect(guest, error == ERROR_NO_DEVICE,
			"another error than that the card was taken away");
	error = scenario_return(guest);
	return error ? error : scenario_exchange(guest, FEW, FEW);
}
