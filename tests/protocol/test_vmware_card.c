/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VMware's card as a stack sees it: the real driver on the real device, on each
 * host, at each place on the bus, by messages and by the line.
 */
#include <check.h>

#include "tests/support/live_card.h"

#define HOSTS	   6
#define PLACES	   3
#define INTERRUPTS 3
#define ALL	   (HOSTS * PLACES * INTERRUPTS)
#define TURNS	   40u
/* The shortest frame that nobody pads, with or without a tag. */
#define SHORTEST   64u

/* ---- What each test is made of ---- */

/* Loops go through the hosts first, then places, then interrupts. */
static struct live_card_configuration configuration_of(int i, uint16_t mtu)
{
	struct live_card_configuration configuration = {
		.machine.vmm = "vmware",
		.machine.host = vmware_personalities[i % HOSTS].name,
		.machine.machine.seed = (uint64_t)i,
		.machine.mtu = mtu,
		.machine.pci_place =
			(enum virtual_machine_pci_place)(i / HOSTS % PLACES),
		.filter = NIC_FILTER_PROMISCUOUS,
	};

	switch (i / HOSTS / PLACES % INTERRUPTS) {
	case 1:
		configuration.machine.machine.no_messages = true;
		break;
	case 2:
		configuration.machine.host_vmxnet3.line_only = true;
		break;
	default:
		break;
	}
	return configuration;
}

static void settled(struct live_card *live)
{
	ck_assert_msg(live_settle(live), "%s", live->failure);
}

/* Bursts both ways of frames of all lengths, some with tags. */
static void traffic(struct live_card *live)
{
	uint32_t most = live->nic->information.mtu + ETHERNET_HEADER_BYTES;
	uint32_t lengths[8];
	unsigned turn, count, i;

	for (turn = 0; turn < TURNS; turn++) {
		count = random_below(&live->random, 8);
		for (i = 0; i < count; i++) {
			lengths[i] =
				SHORTEST + random_below(&live->random,
							most - SHORTEST + 1);
			ck_assert(live_deliver(live, lengths[i],
					       random_below(&live->random, 2) !=
						       0));
		}
		if (count != 0)
			live_send_burst(live, lengths, count);
		live_send(live, most, false);
		live_pump(live);
		if (random_below(&live->random, 4) == 0)
			settled(live);
	}
	settled(live);
}

static void up(struct live_card *live)
{
	ck_assert_int_eq(live_up(live), 0);
}

/* Events until one of these is among them. */
static void events_until(struct live_card *live, unsigned wanted)
{
	uint64_t end = port_time(live->port) + LIVE_PATIENCE;

	while (!(live->events & wanted)) {
		ck_assert_uint_lt(port_time(live->port), end);
		live_pump(live);
		port_relax(live->port, port_time(live->port) + 10000);
	}
	live->events = 0;
}

/* Close the card; what is opened next counts from 0. */
static void close_to(struct live_card *live, enum virtual_machine_stage stage)
{
	virtual_machine_back(live->vm, stage);
	ck_assert_uint_eq(live->receive_free_count, live->receive_count);
	live->taken = 0;
}

/* ---- Tests ---- */

static void both_ways(struct live_card *live)
{
	up(live);
	traffic(live);
}

START_TEST(frames_both_ways)
{
	struct live_card_configuration configuration =
		configuration_of(_i, 1500);

	ck_assert_str_eq(live_run(&configuration, both_ways), "");
}
END_TEST

START_TEST(long_frames_both_ways)
{
	struct live_card_configuration configuration =
		configuration_of(_i, 9000);

	ck_assert_str_eq(live_run(&configuration, both_ways), "");
}
END_TEST

/* Sleep until woken: the time it takes is far below the patience. */
static void sleeps(struct live_card *live)
{
	uint64_t begin;
	unsigned n;

	up(live);
	for (n = 0; n < 100; n++) {
		live->woken = false;
		if (n % 2)
			live_send(live, SHORTEST + n, false);
		ck_assert(live_deliver(live, SHORTEST + n, false));
		begin = port_time(live->port);
		if (!nic_arm(live->nic, 0)) {
			live_pump(live);
			continue;
		}
		while (!live->woken) {
			ck_assert_uint_lt(port_time(live->port) - begin,
					  LIVE_PATIENCE / 10);
			port_relax(live->port, begin + LIVE_PATIENCE / 10);
		}
		live_pump(live);
	}
	ck_assert_uint_gt(live_statistics(live).interrupts, 10);
	settled(live);
}

START_TEST(edge_V40_who_sleeps_is_woken)
{
	struct live_card_configuration configuration =
		configuration_of(_i, 1500);

	ck_assert_str_eq(live_run(&configuration, sleeps), "");
}
END_TEST

static void starts_and_stops(struct live_card *live)
{
	unsigned n;

	up(live);
	for (n = 0; n < 4; n++) {
		traffic(live);
		nic_stop(live->nic);
		ck_assert_uint_eq(live->receive_free_count,
				  live->receive_count);
		ck_assert_int_eq(nic_start(live->nic), 0);
	}
	traffic(live);
}

START_TEST(edge_V45_stopped_and_started)
{
	struct live_card_configuration configuration =
		configuration_of(_i, 1500);

	ck_assert_str_eq(live_run(&configuration, starts_and_stops), "");
}
END_TEST

static void opened_again(struct live_card *live)
{
	static const enum virtual_machine_stage stages[] = {
		VIRTUAL_MACHINE_CONNECTED,
		VIRTUAL_MACHINE_OFF,
	};
	unsigned n;

	for (n = 0; n < 2; n++) {
		up(live);
		traffic(live);
		close_to(live, stages[n]);
		ck_assert_uint_eq(live->vm->final_host.tx_frames,
				  live->vm->final.tx_frames);
		ck_assert_uint_eq(live->vm->final_host.rx_frames,
				  live->vm->final.rx_frames);
	}
	ck_assert_msg(machine_violations(live->vm->machine) == 0, "%s",
		      machine_violation_text(live->vm->machine, 0));
	up(live);
	traffic(live);
}

START_TEST(opened_once_more)
{
	struct live_card_configuration configuration =
		configuration_of(_i, 1500);

	ck_assert_str_eq(live_run(&configuration, opened_again), "");
}
END_TEST

static void mtu_changes(struct live_card *live)
{
	static const uint16_t mtus[] = {4000, 576, 9000, 1500};
	unsigned n;

	up(live);
	ck_assert_int_eq(nic_mtu_set(live->nic, 4000), ERROR_BUSY);
	for (n = 0; n < 4; n++) {
		nic_stop(live->nic);
		ck_assert_int_eq(nic_mtu_set(live->nic, mtus[n]), 0);
		ck_assert_uint_eq(live->nic->information.mtu, mtus[n]);
		ck_assert_int_eq(nic_start(live->nic), 0);
		traffic(live);
	}
}

START_TEST(edge_V49_mtu_changes)
{
	struct live_card_configuration configuration =
		configuration_of(_i, 1500);

	ck_assert_str_eq(live_run(&configuration, mtu_changes), "");
}
END_TEST

static void link_changes(struct live_card *live)
{
	struct nic_link link;

	up(live);
	traffic(live);
	nic_link(live->nic, &link);
	ck_assert(link.up);
	live->events = 0;
	live->vm->vmm->link_set(live->vm, false);
	events_until(live, NIC_EVENT_LINK);
	nic_link(live->nic, &link);
	ck_assert(!link.up);
	live->vm->vmm->link_set(live->vm, true);
	events_until(live, NIC_EVENT_LINK);
	nic_link(live->nic, &link);
	ck_assert(link.up);
	traffic(live);
}

START_TEST(edge_V42_V43_link_goes_and_comes)
{
	struct live_card_configuration configuration =
		configuration_of(_i, 1500);

	ck_assert_str_eq(live_run(&configuration, link_changes), "");
}
END_TEST

static void pulled_out(struct live_card *live)
{
	static const uint8_t frame[64];
	struct net_packet packet = {.segment_count = 1, .length = 64};

	up(live);
	traffic(live);
	live->events = 0;
	live->vm->vmm->remove(live->vm);
	ck_assert_uint_eq(live->events, 0);
	/* No interrupt comes from a card that is gone: who asks is told. */
	live->events_woken = true;
	events_until(live, NIC_EVENT_REMOVED);
	ck_assert(!live_offer(live, frame, 64, &packet));
	ck_assert_int_eq(nic_mtu_set(live->nic, 4000), ERROR_NO_DEVICE);
	close_to(live, VIRTUAL_MACHINE_OFF);
	/* Another one in its slot. */
	live->vm->vmm->insert(live->vm);
	up(live);
	traffic(live);
}

START_TEST(pulled_out_and_plugged_in)
{
	struct live_card_configuration configuration =
		configuration_of(_i, 1500);

	ck_assert_str_eq(live_run(&configuration, pulled_out), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vmware_card");
	TCase *card = tcase_create("card");
	SRunner *runner;
	int failed;

	tcase_set_timeout(card, 60);
	tcase_add_loop_test(card, frames_both_ways, 0, ALL);
	tcase_add_loop_test(card, long_frames_both_ways, 0, ALL);
	tcase_add_loop_test(card, edge_V40_who_sleeps_is_woken, 0, ALL);
	tcase_add_loop_test(card, edge_V45_stopped_and_started, 0, ALL);
	tcase_add_loop_test(card, opened_once_more, 0, ALL);
	tcase_add_loop_test(card, edge_V49_mtu_changes, 0, ALL);
	tcase_add_loop_test(card, edge_V42_V43_link_goes_and_comes, 0, ALL);
	tcase_add_loop_test(card, pulled_out_and_plugged_in, 0, ALL);
	suite_add_tcase(suite, card);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
