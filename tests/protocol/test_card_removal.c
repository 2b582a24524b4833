/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A card that is taken away in the middle of traffic, and a stack that sleeps
 * until it is woken. Both real ends together.
 */
#include <check.h>
#include <string.h>

#include "mocks/hyperv/vmbus_internal.h"
#include "tests/support/live_card.h"
#include "tests/support/scripted_host.h"

#define HOSTS	 6
/* Longer than anything a host takes to do. */
#define TOO_LONG 50000000ull

/* ---- Removal ---- */

static void remove_now(void *argument)
{
	struct live_card *live = argument;

	live->removed = true;
	host_netvsp_remove(live->vm->device);
}

static void everything_is_refused(struct live_card *live)
{
	static const uint8_t mac[6] = {2, 2, 2, 2, 2, 2};
	static const uint8_t frame[60];
	struct net_packet packet = {.segment_count = 1, .length = 60};
	struct net_segment segments[4];
	struct nic_link link;

	ck_assert(!live_offer(live, frame, 60, &packet));
	ck_assert_uint_eq(nic_receive(live->nic, 0, &packet, 1, segments, 4),
			  0);
	nic_link(live->nic, &link);
	ck_assert(!link.up);
	ck_assert_int_eq(nic_start(live->nic), ERROR_NO_DEVICE);
	ck_assert_int_eq(nic_mtu_set(live->nic, 4000), ERROR_NO_DEVICE);
	ck_assert_int_eq(nic_mac_set(live->nic, mac), ERROR_NO_DEVICE);
	ck_assert_int_eq(nic_filter_set(live->nic, NIC_FILTER_UNICAST, NULL, 0),
			 ERROR_NO_DEVICE);
	ck_assert_int_eq(netvsc_reset(live->nic), ERROR_NO_DEVICE);
	/* Said once. */
	ck_assert_uint_eq(nic_events(live->nic), 0);
}

/* Close the card of which only this is left, and see its number released. */
static void close_removed(struct live_card *live, uint32_t relid)
{
	struct host_vmbus *server = live->vm->host_bus;
	uint64_t end = port_time(live->port) + TOO_LONG;

	ck_assert_ptr_nonnull(host_channel_by_relid(server, relid));
	nic_stop(live->nic);
	nic_statistics(live->nic, &live->vm->final);
	virtual_machine_counters(live->vm, &live->vm->final_host);
	live->vm->has_final = true;
	nic_close(live->nic);
	live->vm->nic = NULL;
	live->vm->stage = VIRTUAL_MACHINE_CONNECTED;
	ck_assert_uint_eq(live->receive_free_count, live->receive_count);
	while (host_channel_by_relid(server, relid) &&
	       port_time(live->port) < end)
		port_relax(live->port, end);
	ck_assert_ptr_null(host_channel_by_relid(server, relid));
	ck_assert_uint_eq(host_vmbus_gpadls(server), 0);
}

static void traffic_turn(struct live_card *live)
{
	uint32_t lengths[8];
	unsigned count = random_below(&live->random, 8), i;

	for (i = 0; i < count; i++) {
		lengths[i] = 14 + random_below(&live->random, 1501);
		live_deliver(live, lengths[i], false);
	}
	if (count != 0)
		live_send_burst(live, lengths, count);
}

static void removed_in_traffic(struct live_card *live)
{
	struct machine_event removal = {.fire = remove_now, .argument = live};
	uint64_t begin, end;
	uint32_t relid;

	ck_assert_int_eq(live_up(live), 0);
	relid = live->vm->bus.channels[0].relid;
	ck_assert_ptr_nonnull(host_channel_by_relid(live->vm->host_bus, relid));
	begin = port_time(live->port);
	machine_event_schedule(live->vm->machine, &removal,
			       1 + random_below(&live->random, 300000));
	while (!(live->events & NIC_EVENT_REMOVED)) {
		ck_assert_uint_lt(port_time(live->port) - begin, TOO_LONG);
		if (!live->removed)
			traffic_turn(live);
		live->events_woken = true;
		live_pump(live);
		end = port_time(live->port) + 1000;
		port_relax(live->port, end);
	}
	ck_assert_uint_eq(live->events, NIC_EVENT_REMOVED);
	while (live_pump(live))
		continue;
	ck_assert_uint_eq(live->owners_out, 0);
	everything_is_refused(live);
	close_removed(live, relid);
}

START_TEST(a_card_is_taken_away_in_the_middle_of_traffic)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	if (_i % 4 == 1)
		configuration.machine.card.copy_bytes_max = 1;
	if (_i % 4 == 3)
		configuration.machine.card.send_ring_bytes = 4096;
	ck_assert_str_eq(live_run(&configuration, removed_in_traffic), "");
}
END_TEST

/* Stopped, started, or in the middle of a change: a close is all it takes. */
static void removed_before_the_close(struct live_card *live)
{
	uint32_t relid;

	ck_assert_int_eq(live_up(live), 0);
	relid = live->vm->bus.channels[0].relid;
	live_send(live, 1000, false);
	ck_assert_msg(live_settle(live), "%s", live->failure);
	if (random_below(&live->random, 2))
		nic_stop(live->nic);
	remove_now(live);
	close_removed(live, relid);
}

START_TEST(a_card_that_was_taken_away_unseen_is_closed)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, removed_before_the_close),
			 "");
}
END_TEST

static void removed_while_asked(struct live_card *live)
{
	struct machine_event removal = {.fire = remove_now, .argument = live};
	bool bringing_up = false;
	uint64_t begin;
	uint32_t relid;
	int error = 0;

	ck_assert_int_eq(live_up(live), 0);
	relid = live->vm->bus.channels[0].relid;
	machine_event_schedule(live->vm->machine, &removal,
			       1 + random_below(&live->random, 100000));
	begin = port_time(live->port);
	/* Each is a question to the host, or a bring-up of many. */
	for (unsigned i = 0; error == 0; i++) {
		ck_assert_uint_lt(i, 10000);
		if (i % 4 == 3) {
			nic_stop(live->nic);
			error = nic_mtu_set(live->nic,
					    i % 8 == 3 ? 9000 : 1500);
			bringing_up = error != 0;
			if (error == 0)
				error = nic_start(live->nic);
		} else {
			error = nic_filter_set(live->nic, NIC_FILTER_UNICAST,
					       NULL, 0);
		}
	}
	ck_assert(live->removed);
	/* And at once: nobody waits for an answer that cannot come. */
	ck_assert_uint_lt(port_time(live->port) - begin, TOO_LONG);
	/*
	 * Memory shown at the wrong moment is refused before the reason is
	 * said: then the card has failed.
	 */
	if (error == ERROR_IO && bringing_up) {
		ck_assert_uint_eq(nic_events(live->nic), NIC_EVENT_FAILED);
	} else {
		ck_assert_int_eq(error, ERROR_NO_DEVICE);
		ck_assert_uint_eq(nic_events(live->nic), NIC_EVENT_REMOVED);
		everything_is_refused(live);
	}
	close_removed(live, relid);
}

START_TEST(a_card_is_taken_away_while_it_asks)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, removed_while_asked), "");
}
END_TEST

/* ---- Sleep ---- */

/* Arm and sleep until somebody wakes us. Returns false: nobody did. */
static bool sleep_until_woken(struct live_card *live)
{
	uint64_t deadline = port_time(live->port) + TOO_LONG;

	live->woken = false;
	if (!nic_arm(live->nic, 0))
		return true;
	while (!live->woken && !live->events_woken && !live->vm->bus_woken) {
		port_relax(live->port, deadline);
		if (port_time(live->port) >= deadline)
			return false;
	}
	return true;
}

static void deliver_now(void *argument)
{
	struct live_card *live = argument;
	unsigned count = 1 + random_below(&live->random, 3);

	while (count-- > 0)
		live_deliver(live, 60 + random_below(&live->random, 900),
			     false);
}

static void sleeps_between_frames(struct live_card *live)
{
	struct machine_event delivery = {
		.fire = deliver_now,
		.argument = live,
	};
	unsigned round, slept = 0;

	ck_assert_int_eq(live_up(live), 0);
	for (round = 0; round < 60; round++) {
		uint64_t seen = live->in.seen;

		/* Out of pages, so that the owner comes with a completion. */
		if (round % 3 != 0)
			live_send(live, 1200, false);
		if (round % 3 != 1)
			machine_event_schedule(
				live->vm->machine, &delivery,
				1 + random_below(&live->random,
						 round % 2 ? 1500 : 40000));
		while (live->owners_out != 0 ||
		       (round % 3 != 1 && live->in.seen == seen) ||
		       live->in.seen != live->in.made) {
			if (live_pump(live))
				continue;
			slept++;
			ck_assert_msg(sleep_until_woken(live),
				      "slept through it in round %u: %u "
				      "owners, %u frames",
				      round, live->owners_out,
				      (unsigned)(live->in.made -
						 live->in.seen));
		}
	}
	ck_assert_uint_ge(slept, 20);
	ck_assert_uint_gt(live->wakes, 0);
	ck_assert_uint_ge(live_statistics(live).interrupts, live->wakes);
	ck_assert_msg(live_settle(live), "%s", live->failure);
}

START_TEST(edge_46_who_sleeps_until_woken_misses_nothing)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	/* So small that transmitting waits for room, too. */
	if (_i % 2 == 1) {
		configuration.machine.card.transmit_depth = 2;
		configuration.machine.card.send_ring_bytes = 4096;
	}
	ck_assert_str_eq(live_run(&configuration, sleeps_between_frames), "");
}
END_TEST

/* A burst larger than the ring: what is not taken is tried when woken. */
static void sleeps_when_full(struct live_card *live)
{
	static uint8_t frame[1514];
	struct net_segment segment = {.length = sizeof(frame)};
	struct net_packet packet = {
		.segment_count = 1,
		.length = sizeof(frame),
	};
	unsigned sent = 0, waited = 0;
	void *owner;

	ck_assert_int_eq(live_up(live), 0);
	segment.data = live->transmit_memory;
	while (sent < 2000) {
		packet.owner = live->transmit_memory;
		if (nic_transmit(live->nic, 0, &packet, 1, &segment) == 1) {
			sent++;
			live->taken++;
			continue;
		}
		if (nic_reclaim(live->nic, 0, &owner, 1) == 1)
			continue;
		virtual_machine_poll(live->vm);
		waited++;
		ck_assert_uint_le(waited, 100 * sent);
		ck_assert_msg(sleep_until_woken(live),
			      "slept through it after %u frames", sent);
	}
	ck_assert_uint_gt(waited, 0);
	nic_stop(live->nic);
	while (nic_reclaim(live->nic, 0, &owner, 1) == 1)
		continue;
	ck_assert_uint_eq(live_statistics(live).tx_frames, sent);
}

static void count_only(struct live_card *live, const struct wire_frame *frame)
{
	(void)frame;
	live->out.seen = live->out.made;
}

static void full_with_a_tap(struct live_card *live)
{
	live->transmitted = count_only;
	sleeps_when_full(live);
}

START_TEST(who_waits_for_room_is_woken_when_there_is)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
		.machine.card.send_ring_bytes = 4096,
		.machine.card.transmit_depth = _i % 2 ? 512 : 16,
		.machine.card.copy_bytes_max = _i % 3 ? 1 : 1514,
		/* The host does nothing until we sleep, or as it likes. */
		.machine.machine.schedule = MACHINE_SCHEDULE_LAZY,
		.machine.card.send_buffer_bytes = 2 * 6144,
	};

	ck_assert_str_eq(live_run(&configuration, full_with_a_tap), "");
}
END_TEST

static void woken_once(struct live_card *live)
{
	uint64_t interrupts;
	unsigned wakes;

	ck_assert_int_eq(live_up(live), 0);
	while (!nic_arm(live->nic, 0))
		live_pump(live);
	wakes = live->wakes;
	ck_assert(live_deliver(live, 100, false));
	port_delay(live->port, 1000000);
	ck_assert_uint_eq(live->wakes, wakes + 1);
	/* Disarmed by that: more frames wake nobody and interrupt nothing. */
	interrupts = live_statistics(live).interrupts;
	for (unsigned i = 0; i < 20; i++) {
		ck_assert(live_deliver(live, 100, false));
		port_delay(live->port, 100000);
	}
	ck_assert_uint_eq(live->wakes, wakes + 1);
	ck_assert_uint_eq(live_statistics(live).interrupts, interrupts);
	/* There is something already. */
	ck_assert(!nic_arm(live->nic, 0));
	ck_assert_msg(live_settle(live), "%s", live->failure);
	/* Armed and taken back: silence. */
	while (!nic_arm(live->nic, 0))
		live_pump(live);
	nic_disarm(live->nic, 0);
	interrupts = live_statistics(live).interrupts;
	for (unsigned i = 0; i < 20; i++)
		ck_assert(live_deliver(live, 100, false));
	port_delay(live->port, 1000000);
	ck_assert_uint_eq(live->wakes, wakes + 1);
	ck_assert_uint_eq(live_statistics(live).interrupts, interrupts);
	ck_assert_msg(live_settle(live), "%s", live->failure);
}

START_TEST(an_armed_queue_wakes_once)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, woken_once), "");
}
END_TEST

/* Whatever happens, somebody tells the one who sleeps. */
static void events_wake(struct live_card *live)
{
	struct machine_event removal = {.fire = remove_now, .argument = live};
	uint32_t relid;

	ck_assert_int_eq(live_up(live), 0);
	relid = live->vm->bus.channels[0].relid;
	live->events = 0;
	while (!sleep_until_woken(live))
		ck_abort_msg("what came up is not said to be up");
	while (live_pump(live))
		continue;
	host_netvsp_link_set(live->vm->device, false);
	while (!(live->events & NIC_EVENT_LINK)) {
		ck_assert_msg(sleep_until_woken(live), "link: not woken");
		live_pump(live);
	}
	machine_event_schedule(live->vm->machine, &removal, 20000);
	while (!(live->events & NIC_EVENT_REMOVED)) {
		ck_assert_msg(sleep_until_woken(live), "removal: not woken");
		live_pump(live);
	}
	close_removed(live, relid);
}

START_TEST(link_and_removal_wake_the_stack)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, events_wake), "");
}
END_TEST

/*
 * The ring was full and is not any more, but the sections are all in use: there
 * is nothing to do until one is completed.
 */
static void waits_for_a_section(struct scripted_host *host)
{
	static const uint8_t frame[1500];
	unsigned taken = 0;
	void *owner;

	ck_assert_int_eq(card_up(host), 0);
	host->hold_data = true;
	ck_assert(card_submit(host, 0, frame, 100));
	ck_assert(card_submit(host, 0, frame, 100));
	while (card_submit(host, 0, frame, 1500))
		taken++;
	ck_assert_uint_ge(taken, 30);
	/* The host reads it all, and keeps it all. */
	card_settle(host);
	ck_assert_uint_eq(host->data_packets, taken + 2);
	ck_assert(!card_submit(host, 0, frame, 100));
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(nic_reclaim(host->nic, 0, &owner, 1), 1);
	ck_assert(nic_arm(host->nic, 0));
	ck_assert_uint_eq(host->wakes, 0);
	for (unsigned i = 0; i < host->held; i++) {
		static const uint8_t sent[40] = {108, 0, 0, 0, 1};

		device_complete(host, host->held_ids[i], sent, sizeof(sent));
	}
	host->hold_data = false;
	port_delay(host->port, SCRIPT_PATIENCE);
	ck_assert_uint_eq(host->wakes, 1);
	ck_assert(card_submit(host, 0, frame, 100));
	while (nic_reclaim(host->nic, 0, &owner, 1) == 1)
		taken--;
	ck_assert_int_eq((int)taken, -1);
}

START_TEST(who_waits_for_a_section_does_not_poll_for_room)
{
	const struct scripted_host_configuration configuration = {
		.seed = (uint64_t)_i,
		.card.send_ring_bytes = 4096,
		.card.send_buffer_bytes = 3 * 4096,
	};

	ck_assert_str_eq(scripted_host_run(&configuration, waits_for_a_section),
			 "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("card_removal");
	TCase *removal = tcase_create("removal");
	TCase *sleep = tcase_create("sleep");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(removal,
			    a_card_is_taken_away_in_the_middle_of_traffic, 0,
			    60);
	tcase_add_loop_test(removal,
			    a_card_that_was_taken_away_unseen_is_closed, 0, 24);
	tcase_add_loop_test(removal, a_card_is_taken_away_while_it_asks, 0, 60);
	tcase_add_loop_test(sleep,
			    edge_46_who_sleeps_until_woken_misses_nothing, 0,
			    100);
	tcase_add_loop_test(sleep, who_waits_for_room_is_woken_when_there_is, 0,
			    24);
	tcase_add_loop_test(sleep,
			    who_waits_for_a_section_does_not_poll_for_room, 0,
			    8);
	tcase_add_loop_test(sleep, an_armed_queue_wakes_once, 0, 24);
	tcase_add_loop_test(sleep, link_and_removal_wake_the_stack, 0, 24);
	suite_add_tcase(suite, removal);
	suite_add_tcase(suite, sleep);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
