/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the card costs: memory, allocations, copies, doorbells; and that a run
 * repeats itself. Both real ends together, all counted by machine and host.
 */
#include <check.h>
#include <string.h>

#include "tests/support/live_card.h"

#define HOSTS 6

/* Bytes in a ring around an NVSP message of 40: descriptor and footer. */
#define DESCRIPTOR	16u
#define NVSP		40u
#define FOOTER		8u
#define PACKET		(DESCRIPTOR + NVSP + FOOTER)
/* What a reader copies of one: the footer is of no interest. */
#define COMPLETION_READ (DESCRIPTOR + NVSP)
#define RNDIS_HEADER	44u
#define FRAMES		10000u

/* ---- Memory ---- */

static void traffic(struct live_card *live)
{
	uint32_t most = live->nic->information.mtu + 14u;

	for (unsigned i = 0; i < 200; i++) {
		live_send(live, 14 + random_below(&live->random, most - 13),
			  false);
		ck_assert(live_deliver(
			live, 14 + random_below(&live->random, most - 13),
			false));
		if (i % 4 == 0)
			ck_assert_msg(live_settle(live), "%s", live->failure);
	}
	ck_assert_msg(live_settle(live), "%s", live->failure);
}

/* Bring the card up, send and receive; what it ever had at once, in bytes. */
static uint64_t memory_of(struct live_card *live)
{
	struct machine_counters before, after;

	ck_assert_int_eq(virtual_machine_up(live->vm, VIRTUAL_MACHINE_CONNECTED,
					    NULL, 0),
			 0);
	before = live_machine(live);
	/* Nothing that is gone by now was larger than what lives. */
	ck_assert_uint_eq(before.live_bytes, before.peak_bytes);
	ck_assert_int_eq(live_up(live), 0);
	traffic(live);
	after = live_machine(live);
	ck_assert_uint_eq(after.peak_bytes, after.live_bytes);
	return after.peak_bytes - before.live_bytes;
}

static void memory_by_default(struct live_card *live)
{
	uint64_t bytes = memory_of(live);

	ck_assert_uint_le(bytes, 2u << 20);
	/* The documentation says 1.7 MiB. */
	ck_assert_uint_ge(bytes, 3u << 19);
}

START_TEST(a_card_takes_at_most_2_mib)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.card.mtu = _i < HOSTS ? 1500 : 9000,
	};

	ck_assert_str_eq(live_run(&configuration, memory_by_default), "");
}
END_TEST

static void memory_when_told(struct live_card *live)
{
	ck_assert_uint_le(memory_of(live), 512u << 10);
}

START_TEST(a_card_works_with_512_kib_when_told_to)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
		.machine.card =
			{
				.mtu = _i < HOSTS ? 1500 : 9000,
				.receive_buffer_bytes = 256u << 10,
				.send_buffer_bytes = 96u << 10,
				.send_ring_bytes = 16u << 10,
				.receive_ring_bytes = 16u << 10,
				.transmit_depth = 64,
			},
	};

	ck_assert_str_eq(live_run(&configuration, memory_when_told), "");
}
END_TEST

/* ---- The data path ---- */

/* Up, and the host has read all that was said for that. */
static void up_and_quiet(struct live_card *live)
{
	ck_assert_int_eq(live_up(live), 0);
	live_idle(live, 1000000);
}

static void no_allocation(struct live_card *live)
{
	uint64_t before;

	ck_assert_int_eq(live_up(live), 0);
	/* Also not for the first one. */
	before = live_machine(live).allocations;
	for (unsigned i = 0; i < FRAMES / 2; i++) {
		live_send(live, 14 + random_below(&live->random, 1501), false);
		ck_assert(live_deliver(
			live, 14 + random_below(&live->random, 1501), false));
		if (i % 8 == 0)
			ck_assert_msg(live_settle(live), "%s", live->failure);
	}
	ck_assert_msg(live_settle(live), "%s", live->failure);
	ck_assert_uint_eq(live_statistics(live).tx_frames, FRAMES / 2);
	ck_assert_uint_eq(live_statistics(live).rx_frames, FRAMES / 2);
	ck_assert_uint_eq(live_machine(live).allocations, before);
}

START_TEST(ten_thousand_frames_allocate_nothing)
{
	struct live_card_configuration configuration = {
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, no_allocation), "");
}
END_TEST

/*
 * Copied: the frame once, its header once, the padding to 8 behind it, and what
 * rings take for packets and completions. No byte more.
 */
static void copies_of_copied(struct live_card *live)
{
	uint64_t before, messages, expected = 0;
	uint32_t lengths[32];

	up_and_quiet(live);
	before = live_machine(live).copied_bytes;
	for (unsigned round = 0; round < 50; round++) {
		for (unsigned i = 0; i < 32; i++) {
			lengths[i] = 14 + random_below(&live->random, 1000);
			expected += (RNDIS_HEADER + lengths[i] + 7) / 8 * 8;
		}
		live_send_burst(live, lengths, 32);
		ck_assert_msg(live_settle(live), "%s", live->failure);
	}
	messages = live_host(live).tx_messages;
	expected += messages * (PACKET + COMPLETION_READ);
	ck_assert_uint_eq(live_machine(live).copied_bytes - before, expected);
	ck_assert_uint_lt(messages, 50 * 32 / 4);
}

START_TEST(a_frame_that_is_copied_is_copied_once)
{
	struct live_card_configuration configuration = {
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, copies_of_copied), "");
}
END_TEST

/*
 * By pages, nothing of the frame is copied: only packets, with two ranges of a
 * page each, and completions.
 */
static void copies_of_pages(struct live_card *live)
{
	const uint32_t ranges = 8 + 2 * (8 + 8);
	uint32_t length = 1500;
	uint64_t before;

	up_and_quiet(live);
	before = live_machine(live).copied_bytes;
	for (unsigned i = 0; i < 1000; i++)
		live_send_pieces(live, i, 0, &length, 1);
	ck_assert_msg(live_settle(live), "%s", live->failure);
	ck_assert_uint_eq(live_statistics(live).tx_pages, 1000);
	ck_assert_uint_eq(live_machine(live).copied_bytes - before,
			  1000 * (PACKET + ranges + COMPLETION_READ));
}

START_TEST(a_frame_that_goes_by_pages_is_not_copied)
{
	struct live_card_configuration configuration = {
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, copies_of_pages), "");
}
END_TEST

/*
 * Received: the frame once, its header once, and of the ring each packet with 8
 * bytes a frame, and the completion that answers it.
 */
static void copies_of_received(struct live_card *live)
{
	uint64_t before, packets, expected = 0;
	unsigned frames = 0;

	up_and_quiet(live);
	before = live_machine(live).copied_bytes;
	packets = live_host(live).rx_completed;
	for (unsigned round = 0; round < 50; round++) {
		for (unsigned i = 0; i < 32; i++, frames++) {
			uint32_t length =
				14 + random_below(&live->random, 1501);

			ck_assert(live_deliver(live, length, false));
			expected += RNDIS_HEADER + length + 8;
		}
		ck_assert_msg(live_settle(live), "%s", live->failure);
	}
	live_idle(live, 1000000);
	packets = live_host(live).rx_completed - packets;
	expected += packets * (COMPLETION_READ + 8 + PACKET);
	ck_assert_uint_eq(live_machine(live).copied_bytes - before, expected);
	ck_assert_uint_lt(packets, frames);
}

START_TEST(a_frame_that_is_received_is_copied_once)
{
	struct live_card_configuration configuration = {
		.machine.machine.seed = (uint64_t)_i,
		/* A long one in several buffers all the same. */
		.receive_bytes = _i % 2 ? 300 : 0,
	};

	ck_assert_str_eq(live_run(&configuration, copies_of_received), "");
}
END_TEST

/* ---- Doorbells ---- */

static void doorbells_out(struct live_card *live)
{
	uint32_t lengths[48];
	uint64_t before, total;

	up_and_quiet(live);
	total = live_host(live).doorbells;
	for (unsigned round = 1; round <= 48; round++) {
		for (unsigned i = 0; i < round; i++)
			lengths[i] = 14 + random_below(&live->random, 1501);
		before = live_host(live).doorbells;
		/* All buffers are free: it goes in one call. */
		live_send_burst(live, lengths, round);
		ck_assert_uint_le(live_host(live).doorbells, before + 1);
		if (live->vm->configuration.machine.schedule ==
		    MACHINE_SCHEDULE_LAZY)
			ck_assert_uint_eq(live_host(live).doorbells,
					  before + 1);
		ck_assert_msg(live_settle(live), "%s", live->failure);
	}
	ck_assert_uint_le(live_host(live).doorbells - total, 48);
	ck_assert_uint_ge(live_statistics(live).doorbells,
			  live_host(live).doorbells - total);
}

START_TEST(a_burst_rings_once_at_most)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
		.machine.machine.schedule = _i < HOSTS
						    ? MACHINE_SCHEDULE_LAZY
						    : MACHINE_SCHEDULE_SEEDED,
	};

	ck_assert_str_eq(live_run(&configuration, doorbells_out), "");
}
END_TEST

/* While the host has not read the first burst, no other one rings. */
static void doorbells_of_a_busy_host(struct live_card *live)
{
	uint32_t lengths[4] = {100, 200, 300, 400};
	uint64_t before;

	up_and_quiet(live);
	before = live_host(live).doorbells;
	for (unsigned i = 0; i < 10; i++)
		live_send_burst(live, lengths, 4);
	ck_assert_uint_eq(live_host(live).doorbells, before + 1);
	ck_assert_msg(live_settle(live), "%s", live->failure);
	ck_assert_uint_eq(live_host(live).doorbells, before + 1);
}

START_TEST(a_host_that_has_yet_to_look_is_not_rung_again)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i].name,
		.machine.machine.schedule = MACHINE_SCHEDULE_LAZY,
	};

	ck_assert_str_eq(live_run(&configuration, doorbells_of_a_busy_host),
			 "");
}
END_TEST

/* A thousand frames received, 32 at a time: as many completions rung for. */
static void doorbells_in(struct live_card *live)
{
	uint64_t before;

	up_and_quiet(live);
	for (unsigned round = 0; round < 32; round++) {
		for (unsigned i = 0; i < 32; i++)
			ck_assert(live_deliver(live, 1000, false));
		/* All of it is there. */
		port_delay(live->port, 1000000);
		before = live_host(live).doorbells;
		live_pump(live);
		ck_assert_uint_eq(live->in.seen, live->in.made);
		ck_assert_uint_le(live_host(live).doorbells, before + 1);
	}
	ck_assert_msg(live_settle(live), "%s", live->failure);
}

START_TEST(a_burst_received_rings_once_at_most)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, doorbells_in), "");
}
END_TEST

/* ---- The same again ---- */

struct counts {
	struct nic_statistics card;
	struct host_netvsp_counters host;
	struct machine_counters machine;
	uint64_t time;
	unsigned wakes;
};

static struct counts counts;

static void a_run(struct live_card *live)
{
	ck_assert_int_eq(live_up(live), 0);
	traffic(live);
	host_netvsp_link_set(live->vm->device, false);
	live_idle(live, 100000);
	host_netvsp_link_set(live->vm->device, true);
	live_idle(live, 100000);
	traffic(live);
	counts.card = live_statistics(live);
	counts.host = live_host(live);
	counts.machine = live_machine(live);
	counts.time = port_time(live->port);
	counts.wakes = live->wakes + live->event_wakes;
}

START_TEST(a_seed_repeats_itself)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};
	struct counts first;

	ck_assert_str_eq(live_run(&configuration, a_run), "");
	first = counts;
	ck_assert_str_eq(live_run(&configuration, a_run), "");
	ck_assert_mem_eq(&first, &counts, sizeof(first));
	/* And is not what another one does. */
	configuration.machine.machine.seed += 1000;
	ck_assert_str_eq(live_run(&configuration, a_run), "");
	ck_assert_uint_ne(first.time, counts.time);
	ck_assert_uint_eq(first.card.tx_frames, counts.card.tx_frames);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("card_budget");
	TCase *memory = tcase_create("memory");
	TCase *data = tcase_create("data");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(memory, a_card_takes_at_most_2_mib, 0, 2 * HOSTS);
	tcase_add_loop_test(memory, a_card_works_with_512_kib_when_told_to, 0,
			    2 * HOSTS);
	tcase_add_loop_test(data, ten_thousand_frames_allocate_nothing, 0, 2);
	tcase_add_loop_test(data, a_frame_that_is_copied_is_copied_once, 0, 4);
	tcase_add_loop_test(data, a_frame_that_goes_by_pages_is_not_copied, 0,
			    4);
	tcase_add_loop_test(data, a_frame_that_is_received_is_copied_once, 0,
			    4);
	tcase_add_loop_test(data, a_burst_rings_once_at_most, 0, 4 * HOSTS);
	tcase_add_loop_test(data, a_host_that_has_yet_to_look_is_not_rung_again,
			    0, HOSTS);
	tcase_add_loop_test(data, a_burst_received_rings_once_at_most, 0,
			    2 * HOSTS);
	tcase_add_loop_test(data, a_seed_repeats_itself, 0, HOSTS);
	suite_add_tcase(suite, memory);
	suite_add_tcase(suite, data);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
