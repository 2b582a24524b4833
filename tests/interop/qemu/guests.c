/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What any card can do, whichever it is: in the order of a card's life.
 */
#include "tests/interop/qemu/guests.h"

#include "mocks/machine/fault.h"

static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
static const uint8_t group_a[6] = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03};
static const uint8_t group_b[6] = {0x33, 0x33, 0x00, 0x00, 0x00, 0x09};
static const uint8_t foreign[6] = {0x02, 0x00, 0x00, 0x00, 0x00, 0x55};

/* ---- Up and down ---- */

void guest_lives(struct trial *trial)
{
	unsigned n;

	for (n = 0; n < 20; n++) {
		trial_up(trial);
		trial_exchange(trial, 4, 60 + 10 * n);
		trial_down(trial);
	}
}

void guest_stop_start(struct trial *trial)
{
	unsigned n;

	trial_up(trial);
	for (n = 0; n < 10; n++) {
		trial_exchange(trial, 8, 1000);
		virtual_machine_back(trial->vm, VIRTUAL_MACHINE_OPEN);
		trial_up(trial);
	}
	trial_exchange(trial, 8, 1000);
}

void guest_high_memory(struct trial *trial)
{
	unsigned n;

	trial_up(trial);
	for (n = 0; n < 32; n++)
		trial_exchange(trial, 16, 1514);
	ck_assert_uint_gt(trial->buffers_high, 0);
	ck_assert_uint_lt(trial->buffers_high, trial->buffers);
}

/* ---- Interrupts ---- */

void guest_armed(struct trial *trial)
{
	struct nic_statistics statistics;
	unsigned n;

	trial_up(trial);
	for (n = 0; n < 50; n++)
		trial_armed_receive(trial, n);
	nic_statistics(trial->nic, &statistics);
	ck_assert_uint_ge(statistics.interrupts, 50);
}

static void link_set(struct trial *trial, bool up)
{
	struct nic_link link;

	trial->vm->vmm->link_set(trial->vm, up);
	trial_await_event(trial, NIC_EVENT_LINK);
	nic_link(trial->nic, &link);
	ck_assert_int_eq(link.up, up);
}

static void link_down_up(struct trial *trial, bool is_sent)
{
	uint8_t frame[100];

	trial_frame_make(frame, sizeof(frame), witness_mac, 1);
	trial_up(trial);
	trial_exchange(trial, 2, 100);
	link_set(trial, false);
	trial_deliver_lost(trial, frame, sizeof(frame));
	if (is_sent) {
		trial_send(trial, frame, sizeof(frame), NULL);
		witness_lost(trial->vm, 1, 0);
	}
	trial_await(trial, 0, 0);
	link_set(trial, true);
}

void guest_link_changes(struct trial *trial)
{
	link_down_up(trial, true);
	trial_exchange(trial, 2, 100);
}

void guest_link_changes_quietly(struct trial *trial)
{
	link_down_up(trial, false);
	trial_exchange(trial, 2, 100);
}

void guest_link_wedged(struct trial *trial)
{
	uint8_t frame[100];
	unsigned n;

	link_down_up(trial, true);
	trial_frame_make(frame, sizeof(frame), witness_mac, 2);
	trial_send(trial, frame, sizeof(frame), NULL);
	for (n = 0; n < 100; n++)
		trial_turn(trial);
	ck_assert_uint_eq(trial->wired_count, 0);
	ck_assert_uint_lt(trial->stack.transmit_free_count,
			  STACK_TRANSMIT_COUNT);
	virtual_machine_back(trial->vm, VIRTUAL_MACHINE_OPEN);
	trial_up(trial);
	trial_exchange(trial, 2, 100);
}

/* ---- Filters and addresses ---- */

/* One that is let in comes behind each that is not, so nothing is late. */
void guest_filter_try(struct trial *trial, const uint8_t *to, bool is_let_in)
{
	uint8_t frame[80];

	trial_frame_make(frame, sizeof(frame), to, 3);
	if (is_let_in)
		trial_deliver(trial, frame, sizeof(frame));
	else
		trial_deliver_lost(trial, frame, sizeof(frame));
	trial_frame_make(frame, sizeof(frame), trial->nic->information.mac, 4);
	trial_deliver(trial, frame, sizeof(frame));
	trial_await(trial, 0, is_let_in ? 2 : 1);
	ck_assert_mem_eq(trial->received[0].data,
			 is_let_in ? to : trial->nic->information.mac, 6);
	trial_forget(trial);
}

void guest_filters(struct trial *trial)
{
	static const struct {
		unsigned filter;
		bool broadcast, group_a, group_b, foreign;
	} cases[] = {
		{NIC_FILTER_UNICAST, false, false, false, false},
		{NIC_FILTER_BROADCAST, true, false, false, false},
		{NIC_FILTER_MULTICAST, false, true, false, false},
		{NIC_FILTER_ALL_MULTICAST, false, true, true, false},
		{NIC_FILTER_PROMISCUOUS, true, true, true, true},
		{NIC_FILTER_BROADCAST | NIC_FILTER_MULTICAST, true, true, false,
		 false},
	};
	const uint8_t groups[1][6] = {
		{0x01, 0x00, 0x5e, 0x01, 0x02, 0x03},
	};
	unsigned n;

	trial_up(trial);
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		ck_assert_int_eq(nic_filter_set(trial->nic,
						cases[n].filter |
							NIC_FILTER_UNICAST,
						groups, 1),
				 0);
		guest_filter_try(trial, broadcast, cases[n].broadcast);
		guest_filter_try(trial, group_a, cases[n].group_a);
		guest_filter_try(trial, group_b, cases[n].group_b);
		guest_filter_try(trial, foreign, cases[n].foreign);
	}
}

void guest_address(struct trial *trial)
{
	static const uint8_t other[6] = {0x02, 0x15, 0x5d, 0x09, 0x08, 0x07};

	trial_up(trial);
	virtual_machine_back(trial->vm, VIRTUAL_MACHINE_OPEN);
	ck_assert_int_eq(nic_mac_set(trial->nic, other), 0);
	trial_up(trial);
	ck_assert_mem_eq(trial->nic->information.mac, other, 6);
	guest_filter_try(trial, witness_mac, false);
	trial_exchange(trial, 4, 100);
}

void guest_mtus(struct trial *trial)
{
	static const uint16_t all[] = {9000, 576, 4000, 1500};
	unsigned n;

	trial_up(trial);
	for (n = 0; n < sizeof(all) / sizeof(all[0]); n++) {
		virtual_machine_back(trial->vm, VIRTUAL_MACHINE_OPEN);
		ck_assert_int_eq(nic_mtu_set(trial->nic, all[n]), 0);
		trial_up(trial);
		ck_assert_uint_eq(trial->nic->information.mtu, all[n]);
		trial_exchange(trial, 8, all[n] + ETHERNET_HEADER_BYTES);
	}
}

/* ---- What goes wrong ---- */

static void refused(struct trial *trial, enum machine_fault_kind kind)
{
	struct machine_fault fault = {.kind = kind};
	struct machine *machine = trial->vm->machine;
	struct machine_counters before, after;
	int error;

	machine_counters(machine, &before);
	do {
		fault.n++;
		machine_fault_arm(machine, &fault);
		error = virtual_machine_up(trial->vm, VIRTUAL_MACHINE_STARTED,
					   &trial->callbacks, 0);
		trial->nic = trial->vm->nic;
		ck_assert_int_eq(error == 0, machine_fault_fired(machine) == 0);
		trial_down(trial);
		machine_counters(machine, &after);
		ck_assert_uint_eq(before.live_allocations,
				  after.live_allocations);
	} while (error);
	machine_fault_arm(machine, NULL);
	ck_assert_uint_gt(fault.n, 1);
	trial_up(trial);
	trial_exchange(trial, 2, 100);
	trial_down(trial);
}

void guest_refusals(struct trial *trial)
{
	refused(trial, MACHINE_FAULT_ALLOCATION);
	refused(trial, MACHINE_FAULT_PAGES);
}

void guest_death(struct trial *trial)
{
	uint8_t frame[1000];
	unsigned n;

	trial_up(trial);
	trial_exchange(trial, 8, 1000);
	trial_frame_make(frame, sizeof(frame), foreign, 9);
	for (n = 0; n < 8; n++)
		trial_send(trial, frame, sizeof(frame), NULL);
	trial->is_host_gone = true;
	trial->vm->vmm->remove(trial->vm);
	for (n = 0; n < 8; n++)
		trial_send(trial, frame, sizeof(frame), NULL);
	trial->events |= nic_events(trial->nic);
	ck_assert_uint_eq(trial->events & NIC_EVENT_REMOVED, NIC_EVENT_REMOVED);
	ck_assert_int_eq(nic_filter_set(trial->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 ERROR_NO_DEVICE);
	trial_turn(trial);
	ck_assert_uint_eq(trial->stack.transmit_free_count,
			  STACK_TRANSMIT_COUNT);
	trial_down(trial);
	ck_assert_int_eq(virtual_machine_up(trial->vm, VIRTUAL_MACHINE_OPEN,
					    &trial->callbacks, 0),
			 ERROR_NO_DEVICE);
}
