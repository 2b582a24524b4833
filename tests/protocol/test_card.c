/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The card as a stack sees it, both real ends together: it comes up on every
 * host and at every version, and carries frames of every length in every shape,
 * byte for byte.
 */
#include <check.h>
#include <string.h>

#include "tests/support/live_card.h"

/* A copied message is a header of 44 bytes and the frame, in a section. */
#define RNDIS_BYTES   44u
#define SECTION_BYTES 6144u
/* One more piece than a packet by pages may have. */
#define MANY	      257u

static const uint32_t vmbus_versions[] = {
	0x20004, 0x30000, 0x40000, 0x40001, 0x50000, 0x50001, 0x50002, 0x50003,
};
#define VMBUS_VERSIONS 8

static const uint32_t nvsp_versions[] = {
	0x2, 0x30002, 0x40000, 0x50000, 0x60000, 0x60001,
};
#define NVSP_VERSIONS 6
#define HOSTS	      6

/* ---- Coming up ---- */

static void traffic_of_each_kind(struct live_card *live)
{
	uint32_t most = live->nic->information.mtu + 14;

	live_send(live, 14, false);
	live_send(live, most, false);
	live_send(live, most + 4, true);
	ck_assert(live_deliver(live, 14, false));
	ck_assert(live_deliver(live, most, false));
	ck_assert(live_deliver(live, most + 4, true));
	ck_assert_msg(live_settle(live), "%s", live->failure);
}

static void up_at_version(struct live_card *live)
{
	const uint32_t *expected = live->context;
	const struct nic_information *information;

	ck_assert_int_eq(live_up(live), 0);
	information = &live->nic->information;
	ck_assert_uint_eq(vmbus_version(&live->vm->bus), expected[0]);
	ck_assert_uint_eq(host_vmbus_version(live->vm->host_bus), expected[0]);
	ck_assert_uint_eq(host_netvsp_version(live->vm->device), expected[1]);
	ck_assert_mem_eq(information->mac, live->destination, 6);
	ck_assert_uint_eq(information->mtu, 1500);
	ck_assert_uint_eq(information->mtu_min, 576);
	ck_assert_uint_eq(information->mtu_max,
			  expected[1] >= 0x30002 ? 9000 : 1500);
	ck_assert_uint_eq((information->features & NIC_FEATURE_TX_VLAN) != 0,
			  expected[1] >= 0x30002);
	traffic_of_each_kind(live);
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static const uint32_t *agreed;

static void up_with_context(struct live_card *live)
{
	live->context = (void *)(uintptr_t)agreed;
	up_at_version(live);
}

START_TEST(comes_up_on_every_host_at_every_version)
{
	const struct host_personality *host =
		&host_personalities[_i / VMBUS_VERSIONS];
	uint32_t vmbus = vmbus_versions[_i % VMBUS_VERSIONS];

	for (unsigned n = 0; n < NVSP_VERSIONS; n++) {
		struct live_card_configuration configuration = {
			.machine.host = host->name,
			.machine.machine.seed = 10 * (uint64_t)_i + n,
			.machine.vmbus_version_max = vmbus,
			.machine.card.nvsp_version_max = nvsp_versions[n],
		};
		const uint32_t expected[] = {
			least(vmbus, host->vmbus_version_max),
			least(nvsp_versions[n], host->nvsp_version_max),
		};

		agreed = expected;
		ck_assert_str_eq(live_run(&configuration, up_with_context), "");
	}
}
END_TEST

static void up_without_a_version(struct live_card *live)
{
	ck_assert_int_eq(live_up(live), ERROR_NOT_SUPPORTED);
	ck_assert_ptr_null(live->nic);
}

START_TEST(no_version_in_common_is_said_and_leaves_nothing)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i].name,
		.machine.machine.seed = (uint64_t)_i,
		.machine.vmbus_version_max = 0x10001,
	};

	ck_assert_uint_eq(host_personality_count, HOSTS);
	ck_assert_str_eq(live_run(&configuration, up_without_a_version), "");
	configuration.machine.vmbus_version_max = 0;
	configuration.machine.card.nvsp_version_max = 1;
	ck_assert_str_eq(live_run(&configuration, up_without_a_version), "");
}
END_TEST

static void up_and_invalid(struct live_card *live)
{
	ck_assert_int_eq(live_up(live), ERROR_INVALID);
	ck_assert_int_eq(live->vm->stage, VIRTUAL_MACHINE_CONNECTED);
	/* Nothing stands in the way of doing it right. */
	memset(&live->vm->configuration.card, 0,
	       sizeof(live->vm->configuration.card));
	ck_assert_int_eq(live_up(live), 0);
	traffic_of_each_kind(live);
}

START_TEST(an_impossible_configuration_is_refused)
{
	static const struct netvsc_configuration impossible[] = {
		{.mtu = 575},
		{.mtu = 9001},
		{.transmit_depth = 1025},
		{.receive_buffer_bytes = 0x10000001},
		{.send_ring_bytes = UINT32_MAX},
	};
	struct live_card_configuration configuration = {
		.machine.card = impossible[_i],
	};

	ck_assert_str_eq(live_run(&configuration, up_and_invalid), "");
}
END_TEST

/* ---- All lengths ---- */

struct sweep {
	struct netvsc_configuration card;
	const char *host;
	uint32_t step;
};

static const struct sweep sweeps[] = {
	{{0}, "ws2019", 1},
	{{.copy_bytes_max = 100}, "ws2012", 1},
	{{.copy_bytes_max = 1}, "ws2022", 1},
	{{.copy_bytes_max = 9018}, "ws2016", 1},
	{{.no_send_buffer = true}, "ws2012r2", 1},
	{{.mtu = 576}, "azure", 1},
	{{.mtu = 9000}, "ws2019", 7},
	{{.mtu = 9000, .copy_bytes_max = 9018}, "ws2022", 5},
	{{.mtu = 9000, .copy_bytes_max = 4096}, "azure", 7},
};
#define SWEEPS 9

/* A multiple of the step, or near where something changes. */
static bool is_swept(const struct sweep *sweep, uint32_t length, uint32_t most)
{
	static const uint32_t places[] = {
		64,   100,  1024, 1500,
		2048, 4096, 8192, SECTION_BYTES - RNDIS_BYTES,
		6144, 9000,
	};

	if (length % sweep->step == 0 || length < 70 || length + 70 > most)
		return true;
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (length + 48 >= places[i] && length <= places[i] + 48)
			return true;
	return false;
}

static bool is_copied(const struct sweep *sweep, uint32_t length)
{
	uint32_t most = sweep->card.copy_bytes_max;

	return !sweep->card.no_send_buffer && length <= (most ? most : 1024) &&
	       length + RNDIS_BYTES <= SECTION_BYTES;
}

static void sweep_out(struct live_card *live, const struct sweep *sweep,
		      uint32_t most)
{
	struct nic_statistics statistics;
	struct host_netvsp_counters host;
	uint64_t copied = 0, paged = 0;

	for (uint32_t length = 14; length <= most + 4; length++) {
		bool tagged =
			length > most || (length >= 18 && length % 3 == 0);

		if (!is_swept(sweep, length, most))
			continue;
		live_send(live, length, tagged);
		if (is_copied(sweep, length))
			copied++;
		else
			paged++;
	}
	ck_assert_msg(live_settle(live), "%s", live->failure);
	statistics = live_statistics(live);
	host = live_host(live);
	ck_assert_uint_eq(statistics.tx_copied + statistics.tx_aggregated,
			  copied);
	ck_assert_uint_eq(statistics.tx_pages, paged);
	ck_assert_uint_eq(statistics.tx_frames, copied + paged);
	ck_assert_uint_eq(statistics.tx_bytes, live->out.bytes);
	ck_assert_uint_eq(host.tx_send_buffer + host.tx_aggregated, copied);
	ck_assert_uint_eq(host.tx_pages, paged);
	ck_assert_uint_eq(host.tx_bytes, live->out.bytes);
}

static void sweep_in(struct live_card *live, const struct sweep *sweep,
		     uint32_t most)
{
	struct nic_statistics statistics;
	uint64_t frames = 0, beside = 0;

	for (uint32_t length = 14; length <= most + 4; length++) {
		bool tagged =
			length > most || (length >= 18 && length % 3 == 0);

		if (!is_swept(sweep, length, most))
			continue;
		ck_assert(live_deliver(live, length, tagged));
		frames++;
		beside += tagged;
		if (frames % 16 == 0)
			ck_assert_msg(live_settle(live), "%s", live->failure);
	}
	ck_assert_msg(live_settle(live), "%s", live->failure);
	statistics = live_statistics(live);
	ck_assert_uint_eq(statistics.rx_frames, frames);
	/* A tag that travels beside the frame is not counted in its bytes. */
	if (!live->configuration->machine.device.vlan_offload)
		beside = 0;
	ck_assert_uint_eq(statistics.rx_bytes, live->in.bytes - 4 * beside);
	ck_assert_uint_eq(live_host(live).rx_frames, frames);
	ck_assert_uint_eq(live_host(live).rx_bytes, live->in.bytes);
}

static const struct sweep *sweeping;

static void sweep_all(struct live_card *live)
{
	const struct sweep *sweep = sweeping;
	uint32_t most = (sweep->card.mtu ? sweep->card.mtu : 1500) + 14u;

	ck_assert_int_eq(live_up(live), 0);
	sweep_out(live, sweep, most);
	sweep_in(live, sweep, most);
}

START_TEST(frames_of_every_length_arrive_whole)
{
	struct live_card_configuration configuration = {
		.machine.host = sweeps[_i % SWEEPS].host,
		.machine.machine.seed = (uint64_t)_i,
		.machine.card = sweeps[_i % SWEEPS].card,
		.machine.device.vlan_offload = _i / SWEEPS % 2,
		/* Whole pages, small pieces, and such that are not aligned. */
		.receive_bytes = _i % 3 == 0   ? 4000
				 : _i % 3 == 1 ? 141
					       : 2045,
		.receive_skew = (uint32_t)_i % 7,
	};

	sweeping = &sweeps[_i % SWEEPS];
	ck_assert_str_eq(live_run(&configuration, sweep_all), "");
}
END_TEST

/* ---- Lengths that are none ---- */

static void offer_bad(struct live_card *live, const uint8_t *frame,
		      uint32_t length, uint64_t so_far)
{
	struct net_packet packet = {.segment_count = 1, .length = length};

	ck_assert(live_offer(live, frame, length, &packet));
	ck_assert_uint_eq(live_statistics(live).tx_invalid, so_far);
}

static void lengths_that_are_none(struct live_card *live)
{
	uint8_t frame[LIVE_FRAME_MAX] = {0};
	struct net_packet packet = {.segment_count = 1, .length = 60};
	uint64_t bad = 0;
	uint32_t most;

	ck_assert_int_eq(live_up(live), 0);
	most = live->nic->information.mtu + 14u;
	for (uint32_t length = 0; length < 14; length++)
		offer_bad(live, frame, length, ++bad);
	offer_bad(live, frame, most + 1, ++bad);
	frame[12] = 0x81;
	offer_bad(live, frame, most + 5, ++bad);
	/* Another tag than 802.1Q is part of the payload. */
	frame[12] = 0x88;
	frame[13] = 0xa8;
	offer_bad(live, frame, most + 4, ++bad);
	/* A length that is not that of the segments. */
	ck_assert(live_offer(live, frame, 61, &packet));
	packet.segment_count = 0;
	ck_assert(live_offer(live, frame, 60, &packet));
	bad += 2;
	ck_assert_uint_eq(live_statistics(live).tx_invalid, bad);
	ck_assert_uint_eq(live_host(live).tx_frames, 0);
	traffic_of_each_kind(live);
}

static const uint16_t mtus[] = {576, 1500, 4000, 9000};

START_TEST(a_frame_too_short_or_too_long_is_taken_and_counted)
{
	struct live_card_configuration configuration = {
		.machine.machine.seed = (uint64_t)_i,
		.machine.card.mtu = mtus[_i],
	};

	ck_assert_str_eq(live_run(&configuration, lengths_that_are_none), "");
}
END_TEST

static void in_frames_that_are_too_long(struct live_card *live)
{
	uint8_t bytes[LIVE_FRAME_MAX] = {0};
	struct wire_frame frame = {bytes, 0};
	uint32_t most;

	ck_assert_int_eq(live_up(live), 0);
	most = live->nic->information.mtu + 14u;
	memcpy(bytes, live->destination, 6);
	frame.length = 13;
	ck_assert(!wire_deliver(live->wire, &frame));
	ck_assert_uint_eq(live_host(live).rx_drop_length, 1);
	/* The host has some room beyond the MTU, and asks no more than that. */
	frame.length = most + 1;
	ck_assert(wire_deliver(live->wire, &frame));
	frame.length = most + 4;
	ck_assert(wire_deliver(live->wire, &frame));
	bytes[12] = 0x81;
	frame.length = most + 5;
	ck_assert(wire_deliver(live->wire, &frame));
	live_idle(live, 1000000);
	ck_assert_uint_eq(live_statistics(live).rx_drop_length, 3);
	ck_assert_uint_eq(live_statistics(live).rx_frames, 0);
	traffic_of_each_kind(live);
}

START_TEST(edge_86_a_frame_longer_than_the_mtu_is_dropped_and_counted)
{
	struct live_card_configuration configuration = {
		.machine.machine.seed = (uint64_t)_i,
		.machine.card.mtu = mtus[_i],
	};

	ck_assert_str_eq(live_run(&configuration, in_frames_that_are_too_long),
			 "");
}
END_TEST

/* ---- Segments ---- */

static void split_everywhere(struct live_card *live)
{
	uint32_t total = 700, pair[2], three[3];

	ck_assert_int_eq(live_up(live), 0);
	for (uint32_t at = 1; at < total; at++) {
		pair[0] = at;
		pair[1] = total - at;
		/*
		 * The second piece begins near the page's end, or ends there.
		 */
		live_send_pieces(live, (PORT_PAGE_SIZE - at) % PORT_PAGE_SIZE,
				 at % 5, pair, 2);
		three[0] = at;
		three[1] = 0;
		three[2] = total - at;
		live_send_pieces(live, PORT_PAGE_SIZE - 1 - at % 64, 4096 - at,
				 three, 3);
	}
	ck_assert_msg(live_settle(live), "%s", live->failure);
	ck_assert_uint_eq(live_statistics(live).tx_frames, 2 * (total - 1));
}

/* So many pieces as there may be, of every size there may be. */
static void many_pieces(struct live_card *live)
{
	uint32_t lengths[LIVE_PIECES_MAX];
	unsigned count, i;

	for (count = 14; count <= 64; count++) {
		for (i = 0; i < count; i++)
			lengths[i] = 1;
		live_send_pieces(live, PORT_PAGE_SIZE - count / 2, count % 3,
				 lengths, count);
	}
	for (count = 1; count <= 64; count++) {
		for (i = 0; i < count; i++)
			lengths[i] = 20 + i % 3;
		live_send_pieces(live, PORT_PAGE_SIZE - 10, 64, lengths, count);
	}
	ck_assert_msg(live_settle(live), "%s", live->failure);
}

static void empty_pieces(struct live_card *live)
{
	uint32_t lengths[LIVE_PIECES_MAX] = {0};

	lengths[7] = 30;
	lengths[LIVE_PIECES_MAX - 1] = 30;
	live_send_pieces(live, 0, 0, lengths, LIVE_PIECES_MAX);
	live_send_pieces(live, PORT_PAGE_SIZE, 0, lengths, LIVE_PIECES_MAX);
	ck_assert_msg(live_settle(live), "%s", live->failure);
}

/* More pieces than a packet may have: copied if they fit, else refused. */
static void too_many_pieces(struct live_card *live)
{
	bool copies = !live->configuration->machine.card.no_send_buffer;
	uint64_t frames = live_statistics(live).tx_frames;
	uint32_t lengths[LIVE_PIECES_MAX];
	unsigned i;

	for (i = 0; i < MANY; i++)
		lengths[i] = 20;
	live_send_pieces(live, 0, 7, lengths, MANY);
	/* Together more than a section. */
	for (i = 0; i < MANY; i++)
		lengths[i] = 30;
	live_send_pieces(live, 0, 7, lengths, MANY);
	live_idle(live, 1000000);
	ck_assert_uint_eq(live->owners_out, 0);
	ck_assert_uint_eq(live_statistics(live).tx_frames, frames + copies);
	ck_assert_uint_eq(live_statistics(live).tx_invalid, 2u - copies);
	/* What was refused does not come out. */
	live->out.seen = live->out.made;
}

static void all_pieces(struct live_card *live)
{
	split_everywhere(live);
	many_pieces(live);
	empty_pieces(live);
	too_many_pieces(live);
}

START_TEST(a_frame_may_lie_in_pieces_of_any_shape)
{
	/* Copied, by pages, and by pages with nothing else to go by. */
	static const struct netvsc_configuration ways[] = {
		{.mtu = 9000, .copy_bytes_max = 2000},
		{.mtu = 9000, .copy_bytes_max = 1},
		{.mtu = 9000, .no_send_buffer = true},
		{.mtu = 9000,
		 .copy_bytes_max = 1,
		 .send_ring_bytes = 4096,
		 .transmit_depth = 2},
	};
	struct live_card_configuration configuration = {
		.machine.machine.seed = (uint64_t)_i,
		.machine.card = ways[_i % 4],
	};

	ck_assert_str_eq(live_run(&configuration, all_pieces), "");
}
END_TEST

/* ---- Bursts and traffic both ways ---- */

static void order_of_bursts(struct live_card *live)
{
	uint32_t lengths[LIVE_OWNERS];
	uint64_t frames = 0;

	ck_assert_int_eq(live_up(live), 0);
	for (unsigned n = 1; n <= LIVE_OWNERS; n++) {
		for (unsigned i = 0; i < n; i++)
			lengths[i] = 14 + random_below(&live->random,
						       i % 5 == 4 ? 1500 : 600);
		live_send_burst(live, lengths, n);
		frames += n;
	}
	ck_assert_msg(live_settle(live), "%s", live->failure);
	ck_assert_uint_eq(live_statistics(live).tx_frames, frames);
	/* Some were put together, and both ends agree on how many. */
	ck_assert_uint_gt(live_statistics(live).tx_aggregated, frames / 10);
	ck_assert_uint_eq(live_statistics(live).tx_aggregated,
			  live_host(live).tx_aggregated);
}

START_TEST(bursts_keep_their_order)
{
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(live_run(&configuration, order_of_bursts), "");
}
END_TEST

static void traffic_both_ways(struct live_card *live)
{
	unsigned turn;

	ck_assert_int_eq(live_up(live), 0);
	for (turn = 0; turn < 300; turn++) {
		uint32_t lengths[16];
		unsigned count = random_below(&live->random, 16), i;

		for (i = 0; i < count; i++)
			lengths[i] = 14 + random_below(&live->random, 1501);
		if (count != 0)
			live_send_burst(live, lengths, count);
		count = random_below(&live->random, 16);
		for (i = 0; i < count; i++)
			ck_assert(live_deliver(
				live, 18 + random_below(&live->random, 1497),
				i % 4 == 0));
		if (turn % 8 == 0)
			ck_assert_msg(live_settle(live), "%s", live->failure);
		else
			live_pump(live);
	}
	ck_assert_msg(live_settle(live), "%s", live->failure);
	ck_assert_uint_eq(live_statistics(live).tx_frames, live->out.made);
	ck_assert_uint_eq(live_statistics(live).rx_frames, live->in.made);
}

START_TEST(traffic_both_ways_is_conserved)
{
	/* Small rings and buffers, so that everything runs out now and then. */
	static const struct netvsc_configuration small = {
		.receive_buffer_bytes = 40 * 1808,
		.send_buffer_bytes = 2 * SECTION_BYTES,
		.send_ring_bytes = 4096,
		.receive_ring_bytes = 4096,
		.transmit_depth = 8,
	};
	struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % HOSTS].name,
		.machine.machine.seed = (uint64_t)_i,
		.machine.device.messages_per_range = 1 + (uint32_t)_i % 4,
		.machine.device.sections = 1 + (uint32_t)_i % 3,
		.machine.device.vlan_offload = _i % 2,
		.receive_count = _i % 5 == 0 ? 64 : 0,
	};

	if (_i % 2 == 0)
		configuration.machine.card = small;
	ck_assert_str_eq(live_run(&configuration, traffic_both_ways), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("card");
	TCase *up = tcase_create("up");
	TCase *data = tcase_create("data");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(up, comes_up_on_every_host_at_every_version, 0,
			    HOSTS * VMBUS_VERSIONS);
	tcase_add_loop_test(up, no_version_in_common_is_said_and_leaves_nothing,
			    0, HOSTS);
	tcase_add_loop_test(up, an_impossible_configuration_is_refused, 0, 5);
	tcase_add_loop_test(data, frames_of_every_length_arrive_whole, 0,
			    2 * SWEEPS);
	tcase_add_loop_test(data,
			    a_frame_too_short_or_too_long_is_taken_and_counted,
			    0, 4);
	tcase_add_loop_test(
		data,
		edge_86_a_frame_longer_than_the_mtu_is_dropped_and_counted, 0,
		4);
	tcase_add_loop_test(data, a_frame_may_lie_in_pieces_of_any_shape, 0, 8);
	tcase_add_loop_test(data, bursts_keep_their_order, 0, 12);
	tcase_add_loop_test(data, traffic_both_ways_is_conserved, 0, 36);
	suite_add_tcase(suite, up);
	suite_add_tcase(suite, data);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
