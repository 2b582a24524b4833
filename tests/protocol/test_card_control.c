/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a stack sets and hears of besides frames: MTU, MAC address, filter, link
 * and events, stop and start. Both real ends together.
 */
#include <check.h>
#include <string.h>

#include "tests/support/live_card.h"

#define HOSTS 6

static const uint8_t other_mac[6] = {0x02, 0xab, 0xcd, 0xef, 0x00, 0x91};

/* The longest and the shortest frame, both ways. */
static void traffic(struct live_card *live)
{
	uint32_t most = live->nic->information.mtu + 14u;

	for (unsigned i = 0; i < 4; i++) {
		live_send(live, most - i, false);
		live_send(live, 14 + i, false);
		ck_assert(live_deliver(live, most - i, false));
		ck_assert(live_deliver(live, 14 + i, false));
	}
	live_send(live, most + 4, true);
	ck_assert(live_deliver(live, most + 4, true));
	ck_assert_msg(live_settle(live), "%s", live->failure);
}

/* ---- MTU ---- */

static void set_mtu(struct live_card *live, uint16_t mtu)
{
	nic_stop(live->nic);
	ck_assert_int_eq(nic_mtu_set(live->nic, mtu), 0);
	ck_assert_uint_eq(live->nic->information.mtu, mtu);
	ck_assert_int_eq(nic_start(live->nic), 0);
}

static void mtu_up_and_down(struct live_card *live)
{
	static const uint16_t mtus[] = {1500, 576,  1500, 4000, 9000,
					1500, 9000, 576,  9000, 1500};
	uint64_t bytes;

	ck_assert_int_eq(live_up(live), 0);
	traffic(live);
	bytes = live_machine(live).live_bytes;
	for (unsigned i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
		uint64_t begin = port_time(live->port);

		set_mtu(live, mtus[i]);
		ck_assert_uint_lt(port_time(live->port) - begin, 1000000000);
		traffic(live);
		ck_assert_mem_eq(live->nic->information.mac, live->destination,
				 6);
		/* Whatever was given back is free: nothing grows. */
		ck_assert_uint_eq(live_machine(live).live_bytes, bytes);
	}
}

START_TEST(the_mtu_changes_up_and_down_and_nothing_leaks)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, mtu_up_and_down), "");
}
END_TEST

static void mtu_a_hundred_times(struct live_card *live)
{
	uint64_t bytes;

	ck_assert_int_eq(live_up(live), 0);
	bytes = live_machine(live).live_bytes;
	for (unsigned i = 0; i < 100; i++) {
		nic_stop(live->nic);
		ck_assert_int_eq(nic_mtu_set(live->nic, i % 2 ? 1500 : 9000),
				 0);
		ck_assert_int_eq(nic_start(live->nic), 0);
	}
	ck_assert_uint_eq(live_machine(live).live_bytes, bytes);
	traffic(live);
}

START_TEST(the_mtu_changes_a_hundred_times)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i].name,
	};

	ck_assert_str_eq(live_run(&configuration, mtu_a_hundred_times), "");
}
END_TEST

static void mtu_that_is_none(struct live_card *live)
{
	static const uint16_t invalid[] = {0, 1, 575, 9001, 65535};

	ck_assert_int_eq(live_up(live), 0);
	ck_assert_int_eq(nic_mtu_set(live->nic, 1400), ERROR_BUSY);
	nic_stop(live->nic);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(nic_mtu_set(live->nic, invalid[i]),
				 ERROR_INVALID);
	ck_assert_uint_eq(live->nic->information.mtu, 1500);
	ck_assert_int_eq(nic_start(live->nic), 0);
	traffic(live);
}

START_TEST(edge_86_an_mtu_that_is_none_changes_nothing)
{
	struct live_card_configuration configuration = {
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, mtu_that_is_none), "");
}
END_TEST

/* Before NVSP 2 there is no telling the host. */
static void mtu_of_the_first_version(struct live_card *live)
{
	ck_assert_int_eq(live_up(live), 0);
	ck_assert_uint_eq(live->nic->information.mtu, 1500);
	ck_assert_uint_eq(live->nic->information.mtu_max, 1500);
	nic_stop(live->nic);
	ck_assert_int_eq(nic_mtu_set(live->nic, 1501), ERROR_INVALID);
	ck_assert_int_eq(nic_mtu_set(live->nic, 1000), 0);
	ck_assert_int_eq(nic_start(live->nic), 0);
	traffic(live);
}

START_TEST(nvsp_1_has_an_mtu_of_1500_at_most)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i].name,
		.machine.card.nvsp_version_max = 2,
		.machine.card.mtu = 9000,
	};

	ck_assert_str_eq(live_run(&configuration, mtu_of_the_first_version),
			 "");
}
END_TEST

/* ---- MAC address ---- */

static void mac_where_it_may_be_set(struct live_card *live)
{
	ck_assert_int_eq(live_up(live), 0);
	ck_assert_uint_ne(live->nic->information.features & NIC_FEATURE_MAC_SET,
			  0);
	ck_assert_int_eq(nic_mac_set(live->nic, other_mac), ERROR_BUSY);
	nic_stop(live->nic);
	ck_assert_int_eq(nic_mac_set(live->nic, other_mac), 0);
	ck_assert_mem_eq(live->nic->information.mac, other_mac, 6);
	ck_assert_int_eq(nic_start(live->nic), 0);
	/*
	 * Frames to the old one are no longer ours, those to the new one are.
	 */
	ck_assert(!live_deliver(live, 60, false));
	memcpy(live->destination, other_mac, 6);
	traffic(live);
	/* It stays over a change of the MTU. */
	set_mtu(live, 4000);
	ck_assert_mem_eq(live->nic->information.mac, other_mac, 6);
	traffic(live);
}

START_TEST(edge_85_a_mac_address_that_may_be_set_is)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
		.machine.device.mac_changes = true,
	};

	ck_assert_str_eq(live_run(&configuration, mac_where_it_may_be_set), "");
}
END_TEST

static void mac_impossible(struct live_card *live)
{
	static const uint8_t group[6] = {0x01, 0, 0x5e, 1, 2, 3};
	static const uint8_t none[6];

	ck_assert_int_eq(live_up(live), 0);
	nic_stop(live->nic);
	ck_assert_int_eq(nic_mac_set(live->nic, group), ERROR_IO);
	ck_assert_int_eq(nic_mac_set(live->nic, none), ERROR_IO);
	ck_assert_mem_eq(live->nic->information.mac, live->destination, 6);
	ck_assert_int_eq(nic_start(live->nic), 0);
	traffic(live);
}

START_TEST(edge_85_a_mac_address_that_is_none_is_refused)
{
	struct live_card_configuration configuration = {
		.machine.device.mac_changes = true,
	};

	ck_assert_str_eq(live_run(&configuration, mac_impossible), "");
}
END_TEST

static void mac_where_it_may_not_be_set(struct live_card *live)
{
	static const uint8_t letter[6] = {0xa2, 0, 0, 0, 0, 1};

	ck_assert_int_eq(live_up(live), 0);
	nic_stop(live->nic);
	/* The host agrees and changes nothing, for it begins with a digit. */
	ck_assert_int_eq(nic_mac_set(live->nic, other_mac),
			 ERROR_NOT_SUPPORTED);
	ck_assert_mem_eq(live->nic->information.mac, live->destination, 6);
	/* This one begins with a letter: the host says no. */
	ck_assert_int_eq(nic_mac_set(live->nic, letter), ERROR_IO);
	ck_assert_mem_eq(live->nic->information.mac, live->destination, 6);
	ck_assert_int_eq(nic_start(live->nic), 0);
	traffic(live);
}

START_TEST(edge_85_a_mac_address_that_the_host_ignores_is_read_back)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i].name,
	};

	ck_assert_str_eq(live_run(&configuration, mac_where_it_may_not_be_set),
			 "");
}
END_TEST

/* ---- Filter ---- */

static const uint8_t addresses[][6] = {
	{0x00, 0x15, 0x5d, 0x01, 0x02, 0x03}, /* the card's own */
	{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, /* everybody's */
	{0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb}, /* a group's */
	{0x33, 0x33, 0x00, 0x00, 0x00, 0x01}, /* another group's */
	{0x00, 0x15, 0x5d, 0x99, 0x99, 0x99}, /* somebody else's */
};
#define ADDRESSES 5

struct filter_case {
	unsigned filter;
	bool passes[ADDRESSES];
};

static const struct filter_case filter_cases[] = {
	{NIC_FILTER_UNICAST, {true, false, false, false, false}},
	{NIC_FILTER_BROADCAST, {false, true, false, false, false}},
	{NIC_FILTER_MULTICAST, {false, false, true, true, false}},
	{NIC_FILTER_ALL_MULTICAST, {false, false, true, true, false}},
	{NIC_FILTER_PROMISCUOUS, {true, true, true, true, true}},
	{NIC_FILTER_UNICAST | NIC_FILTER_BROADCAST,
	 {true, true, false, false, false}},
	{NIC_FILTER_UNICAST | NIC_FILTER_MULTICAST,
	 {true, false, true, true, false}},
	{NIC_FILTER_UNICAST | NIC_FILTER_BROADCAST | NIC_FILTER_ALL_MULTICAST |
		 NIC_FILTER_PROMISCUOUS,
	 {true, true, true, true, true}},
};
#define FILTERS 8

static void passes_as(struct live_card *live, const bool passes[])
{
	uint64_t dropped = live_host(live).rx_drop_filter;

	for (unsigned i = 0; i < ADDRESSES; i++) {
		memcpy(live->destination, addresses[i], 6);
		ck_assert_msg(live_deliver(live, 60 + i, false) == passes[i],
			      "filter %#x, address %u",
			      live->context ? *(const unsigned *)live->context
					    : 0,
			      i);
		dropped += !passes[i];
		ck_assert_msg(live_settle(live), "%s", live->failure);
	}
	ck_assert_uint_eq(live_host(live).rx_drop_filter, dropped);
}

static void filters_while_started(struct live_card *live)
{
	static const bool nothing[ADDRESSES];
	unsigned last = 0;

	ck_assert_int_eq(live_up(live), 0);
	/* The card's own: unicast and broadcast. */
	passes_as(live, filter_cases[5].passes);
	live->context = &last;
	for (unsigned i = 0; i < FILTERS; i++) {
		last = filter_cases[i].filter;
		ck_assert_int_eq(nic_filter_set(live->nic, last, NULL, 0), 0);
		passes_as(live, filter_cases[i].passes);
		last = 0;
		ck_assert_int_eq(nic_filter_set(live->nic, 0, NULL, 0), 0);
		passes_as(live, nothing);
	}
	live->context = NULL;
}

START_TEST(a_filter_lets_through_what_it_says)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i].name,
	};

	ck_assert_str_eq(live_run(&configuration, filters_while_started), "");
}
END_TEST

static void filters_across_stops(struct live_card *live)
{
	static const bool nothing[ADDRESSES];
	const struct filter_case *first = &filter_cases[0];

	ck_assert_int_eq(live_up(live), 0);
	for (unsigned i = 0; i < FILTERS; i++) {
		nic_stop(live->nic);
		ck_assert_uint_eq(host_netvsp_filter(live->vm->device), 0);
		/* From the next start on, not before. */
		ck_assert_int_eq(nic_filter_set(live->nic,
						filter_cases[i].filter, NULL,
						0),
				 0);
		ck_assert_uint_eq(host_netvsp_filter(live->vm->device), 0);
		passes_as(live, nothing);
		ck_assert_int_eq(nic_start(live->nic), 0);
		passes_as(live, filter_cases[i].passes);
	}
	ck_assert_int_eq(nic_filter_set(live->nic, first->filter, NULL, 0), 0);
	/* It is the card's own now, also over a change of the MTU. */
	set_mtu(live, 9000);
	passes_as(live, first->passes);
}

START_TEST(edge_81_a_stopped_card_gets_nothing_and_keeps_its_filter)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i].name,
	};

	ck_assert_str_eq(live_run(&configuration, filters_across_stops), "");
}
END_TEST

static void filter_before_the_start(struct live_card *live)
{
	ck_assert_int_eq(live_up(live), 0);
	passes_as(live, filter_cases[4].passes);
}

START_TEST(a_filter_set_before_the_start_holds_from_then_on)
{
	struct live_card_configuration configuration = {
		.filter = NIC_FILTER_PROMISCUOUS,
	};

	ck_assert_str_eq(live_run(&configuration, filter_before_the_start), "");
}
END_TEST

/* Frames that wait in the host when the filter goes to 0 are not delivered. */
static void filter_zero_under_load(struct live_card *live)
{
	struct nic_statistics before;
	uint64_t made;

	ck_assert_int_eq(live_up(live), 0);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < 100; i++)
			ck_assert(live_deliver(live, 1000, false));
		ck_assert_int_eq(nic_filter_set(live->nic, 0, NULL, 0), 0);
		while (live_pump(live))
			continue;
		before = live_statistics(live);
		live_idle(live, 10000000);
		ck_assert_uint_eq(host_netvsp_backlog(live->vm->device), 0);
		ck_assert_uint_eq(host_netvsp_outstanding(live->vm->device), 0);
		ck_assert_uint_eq(live_statistics(live).rx_frames,
				  before.rx_frames);
		made = before.rx_frames + live_host(live).rx_drop_filter;
		ck_assert_uint_eq(made, 100 * (round + 1) + round);
		/* The dropped ones do not come any more. */
		live->in.seen = live->in.made;
		ck_assert_int_eq(nic_filter_set(live->nic, NIC_FILTER_UNICAST,
						NULL, 0),
				 0);
		ck_assert(live_deliver(live, 500, false));
		ck_assert_msg(live_settle(live), "%s", live->failure);
	}
}

START_TEST(edge_81_filter_0_stops_the_flow_under_load)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, filter_zero_under_load), "");
}
END_TEST

/* ---- Link and events ---- */

static unsigned events_after(struct live_card *live)
{
	unsigned events = 0;
	uint64_t end = port_time(live->port) + 20000000;

	while (port_time(live->port) < end) {
		events |= nic_events(live->nic);
		port_relax(live->port, end);
	}
	return events;
}

static void link_goes_and_comes(struct live_card *live)
{
	struct nic_link link;

	ck_assert_int_eq(live_up(live), 0);
	nic_link(live->nic, &link);
	ck_assert(link.up);
	ck_assert_uint_eq(link.speed_mbps, 10000);
	ck_assert_uint_eq(events_after(live), 0);
	host_netvsp_link_set(live->vm->device, false);
	ck_assert_uint_eq(events_after(live), NIC_EVENT_LINK);
	nic_link(live->nic, &link);
	ck_assert(!link.up);
	ck_assert(!live_deliver(live, 60, false));
	host_netvsp_link_set(live->vm->device, true);
	ck_assert_uint_eq(events_after(live), NIC_EVENT_LINK);
	nic_link(live->nic, &link);
	ck_assert(link.up);
	traffic(live);
	host_netvsp_speed_set(live->vm->device, 40000);
	ck_assert_uint_eq(events_after(live), NIC_EVENT_LINK);
	nic_link(live->nic, &link);
	ck_assert(link.up);
	ck_assert_uint_eq(link.speed_mbps, 40000);
	host_netvsp_network_change(live->vm->device);
	ck_assert_uint_eq(events_after(live), NIC_EVENT_NETWORK_CHANGED);
	ck_assert_uint_eq(events_after(live), 0);
	traffic(live);
	ck_assert_uint_eq(live_statistics(live).bad_messages, 0);
}

START_TEST(the_link_and_the_network_change)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, link_goes_and_comes), "");
}
END_TEST

static void link_is_down_at_first(struct live_card *live)
{
	struct nic_link link;

	ck_assert_int_eq(live_up(live), 0);
	nic_link(live->nic, &link);
	ck_assert(!link.up);
	ck_assert_uint_eq(link.speed_mbps, 25000);
	host_netvsp_link_set(live->vm->device, true);
	ck_assert_uint_eq(events_after(live), NIC_EVENT_LINK);
	nic_link(live->nic, &link);
	ck_assert(link.up);
	traffic(live);
}

START_TEST(a_card_may_come_up_with_its_link_down)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i].name,
		.machine.device.link_down = true,
		.machine.device.speed_mbps = 25000,
	};

	ck_assert_str_eq(live_run(&configuration, link_is_down_at_first), "");
}
END_TEST

/* Toggles faster than anybody looks: what is heard last is what is so. */
static void link_toggles(struct live_card *live)
{
	struct nic_link link;
	bool up = true;

	ck_assert_int_eq(live_up(live), 0);
	for (unsigned round = 0; round < 30; round++) {
		unsigned toggles = 1 + random_below(&live->random, 5);

		for (unsigned i = 0; i < toggles; i++) {
			up = !up;
			host_netvsp_link_set(live->vm->device, up);
			if (random_below(&live->random, 2))
				live_idle(live, 20000);
		}
		ck_assert_uint_eq(events_after(live), NIC_EVENT_LINK);
		nic_link(live->nic, &link);
		ck_assert_int_eq(link.up, up);
	}
	host_netvsp_link_set(live->vm->device, true);
	events_after(live);
	traffic(live);
}

START_TEST(edge_82_a_link_that_toggles_ends_as_it_is)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, link_toggles), "");
}
END_TEST

static void keepalives(struct live_card *live)
{
	ck_assert_int_eq(live_up(live), 0);
	for (unsigned i = 0; i < 40; i++) {
		/*
		 * The host says so when one was not answered before the next.
		 */
		host_netvsp_keepalive(live->vm->device);
		live_send(live, 1000, false);
		ck_assert(live_deliver(live, 200, false));
		live_idle(live, 2000000);
	}
	ck_assert_msg(live_settle(live), "%s", live->failure);
	ck_assert_uint_eq(live_statistics(live).bad_messages, 0);
}

START_TEST(edge_87_each_keepalive_of_the_host_is_answered)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, keepalives), "");
}
END_TEST

/* ---- Stop and start ---- */

/* A stopped card takes none and gives none. */
static void is_stopped(struct live_card *live)
{
	static const uint8_t frame[60];
	struct net_packet packet = {.segment_count = 1, .length = 60};

	ck_assert(!live_offer(live, frame, 60, &packet));
	ck_assert(!live_deliver(live, 60, false));
	live_idle(live, 1000000);
	ck_assert_uint_eq(live->owners_out, 0);
	ck_assert_uint_eq(live->receive_free_count, live->receive_count);
	ck_assert_uint_eq(host_netvsp_outstanding(live->vm->device), 0);
}

static void stop_in_flight(struct live_card *live)
{
	uint32_t lengths[LIVE_OWNERS];

	ck_assert_int_eq(live_up(live), 0);
	for (unsigned round = 0; round < 12; round++) {
		for (unsigned i = 0; i < 24; i++) {
			lengths[i] = 14 + random_below(&live->random, 1501);
			ck_assert(live_deliver(live, lengths[i], false));
		}
		live_send_burst(live, lengths, 24);
		if (round % 3 == 0)
			live_pump(live);
		nic_stop(live->nic);
		/* The supplied buffers are back, and the host got it all. */
		ck_assert_uint_eq(live->receive_free_count,
				  live->receive_count);
		ck_assert_uint_eq(live->out.seen, live->out.made);
		ck_assert_uint_eq(live_statistics(live).tx_frames,
				  live->out.made);
		is_stopped(live);
		live->in.seen = live->in.made;
		ck_assert_int_eq(nic_start(live->nic), 0);
		ck_assert_int_eq(nic_start(live->nic), 0);
	}
	traffic(live);
}

START_TEST(a_stop_in_flight_gives_everything_back)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	if (_i % 3 == 1)
		configuration.machine.card.copy_bytes_max = 1;
	ck_assert_str_eq(live_run(&configuration, stop_in_flight), "");
}
END_TEST

static void open_and_close(struct live_card *live)
{
	ck_assert_int_eq(live_up(live), 0);
	traffic(live);
	for (unsigned i = 0; i < 10; i++) {
		/* Without a stop, which closing does by itself. */
		nic_close(live->nic);
		live->taken = 0;
		live->vm->stage = VIRTUAL_MACHINE_CONNECTED;
		live->vm->nic = NULL;
		ck_assert_uint_eq(live->receive_free_count,
				  live->receive_count);
		ck_assert_int_eq(live_up(live), 0);
		traffic(live);
	}
	/* Counted since the card was opened; the host's go on. */
	live->vm->stage = VIRTUAL_MACHINE_CONNECTED;
	live->vm->nic = NULL;
	nic_close(live->nic);
}

START_TEST(a_card_can_be_closed_and_opened_again)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i].name,
	};

	ck_assert_str_eq(live_run(&configuration, open_and_close), "");
}
END_TEST

static void add_settings(Suite *suite)
{
	TCase *test = tcase_create("settings");

	tcase_add_loop_test(test, the_mtu_changes_up_and_down_and_nothing_leaks,
			    0, 12);
	tcase_add_loop_test(test, the_mtu_changes_a_hundred_times, 0, HOSTS);
	tcase_add_loop_test(test, edge_86_an_mtu_that_is_none_changes_nothing,
			    0, 2);
	tcase_add_loop_test(test, nvsp_1_has_an_mtu_of_1500_at_most, 0, HOSTS);
	tcase_add_loop_test(test, edge_85_a_mac_address_that_may_be_set_is, 0,
			    HOSTS);
	tcase_add_test(test, edge_85_a_mac_address_that_is_none_is_refused);
	tcase_add_loop_test(
		test, edge_85_a_mac_address_that_the_host_ignores_is_read_back,
		0, HOSTS);
	tcase_add_loop_test(test, a_filter_lets_through_what_it_says, 0, HOSTS);
	tcase_add_loop_test(
		test, edge_81_a_stopped_card_gets_nothing_and_keeps_its_filter,
		0, HOSTS);
	tcase_add_test(test, a_filter_set_before_the_start_holds_from_then_on);
	tcase_add_loop_test(test, edge_81_filter_0_stops_the_flow_under_load, 0,
			    12);
	suite_add_tcase(suite, test);
}

static void add_events(Suite *suite)
{
	TCase *test = tcase_create("events");

	tcase_add_loop_test(test, the_link_and_the_network_change, 0, 12);
	tcase_add_loop_test(test, a_card_may_come_up_with_its_link_down, 0,
			    HOSTS);
	tcase_add_loop_test(test, edge_82_a_link_that_toggles_ends_as_it_is, 0,
			    12);
	tcase_add_loop_test(test,
			    edge_87_each_keepalive_of_the_host_is_answered, 0,
			    12);
	tcase_add_loop_test(test, a_stop_in_flight_gives_everything_back, 0,
			    24);
	tcase_add_loop_test(test, a_card_can_be_closed_and_opened_again, 0,
			    HOSTS);
	suite_add_tcase(suite, test);
}

int main(void)
{
	Suite *suite = suite_create("card_control");
	SRunner *runner;
	int failed;

	add_settings(suite);
	add_events(suite);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
