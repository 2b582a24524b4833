/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vmxnet3 device: frames for a guest that reads completions by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_vmxnet3.h"

#define FEATURE_CHECKSUM 1u
#define FEATURE_RSS	 2u
#define FEATURE_VLAN	 4u
#define FEATURE_LRO	 8u

#define SOP	 0x8000u
#define EOP	 0x4000u
#define ERR	 0x4000u
#define CNC	 0x40000000u
#define TYPE(w)	 ((w) >> 24 & 0x7f)
#define QUEUE(w) ((w) >> 16 & 0x3ff)

static const uint8_t mac[6] = {0x00, 0x50, 0x56, 0x01, 0x02, 0x03};

static void repost(struct raw_vmxnet3 *raw, unsigned index)
{
	/* The last one was never published: now it is the other's turn. */
	uint8_t *descriptor = card_rx_descriptor(raw, 0, 0, (index + 31) % 32);

	if (!raw->queues[0].posted[0][(index + 31) % 32])
		card_rx_give(raw, 0, 0, (index + 31) % 32);
	card_put32(descriptor + 8, card_get32(descriptor + 8) ^ 0x80000000u);
}

static void frames_arrive(const char *host, unsigned type)
{
	const struct raw_vmxnet3_options options = {.host = host};
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&options);
	uint8_t frame[2000];
	uint32_t words[4], n, bytes;

	for (n = 0; n < 200; n++) {
		bytes = card_frame_make(frame, 4, false, 1, n, 18 + n);
		assert_true(card_arrive(raw, frame, bytes));
		assert_true(card_rx_completion(raw, 0, words));
		assert_int_equal(words[0] & 0xfff, n % 32);
		assert_int_equal(words[0] & (SOP | EOP), SOP | EOP);
		assert_int_equal(QUEUE(words[0]), 0);
		assert_int_equal(words[2] & 0x3fff, bytes);
		assert_int_equal(TYPE(words[3]), type);
		assert_memory_equal(card_rx_buffer(raw, 0, 0, n % 32), frame,
				    bytes);
		assert_false(card_rx_completion(raw, 0, words));
		repost(raw, n % 32);
		card_register_write(raw, 0, 8, 0);
	}
	assert_int_equal(raw->taken[1], 200);
	raw_vmxnet3_destroy(raw, 0);
}

/* V32: the type of a completion is 3, or 0 on QEMU. */
static void edge_V32_completion_types(void **state)
{
	(void)state;
	frames_arrive("esxi", 3);
	frames_arrive("qemu", 0);
}

/* V50: a long frame over ring 0 and ring 1; the rest waits for buffers. */
static void edge_V50_chains(void **state)
{
	const struct raw_vmxnet3_options options = {.mtu = 9000};
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&options);
	static uint8_t frame[9100];
	uint32_t bytes = card_frame_make(frame, 4, false, 1, 3, 8000);
	uint32_t words[4], n, at = 0;

	(void)state;
	assert_true(card_arrive(raw, frame, bytes));
	for (n = 0; n < 4; n++) {
		uint32_t length;

		assert_true(card_rx_completion(raw, 0, words));
		length = words[2] & 0x3fff;
		assert_int_equal(!!(words[0] & SOP), n == 0);
		assert_int_equal(!!(words[0] & EOP), n == 3);
		assert_int_equal(QUEUE(words[0]), n ? 1 : 0);
		assert_int_equal(words[0] & 0xfff, n ? n - 1 : 0);
		assert_memory_equal(card_rx_buffer(raw, 0, !!n, n ? n - 1 : 0),
				    frame + at, length);
		at += length;
	}
	assert_int_equal(at, bytes);
	for (n = 0; n < 10; n++)
		card_arrive(raw, frame, bytes);
	/* 31 bodies make ten frames; the last one waits as a whole. */
	assert_int_equal(host_vmxnet3_backlog(raw->card), 1);
	raw_vmxnet3_destroy(raw, 0);
}

/* V28: cut short, marked, and counted, where frames do not wait. */
static void edge_V28_out_of_buffers(void **state)
{
	const struct raw_vmxnet3_options options = {
		.host = "qemu",
		.mtu = 9000,
		.card.drop_without_buffers = true,
	};
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&options);
	static uint8_t frame[9100];
	uint32_t bytes = card_frame_make(frame, 4, false, 1, 3, 8000);
	struct host_vmxnet3_counters counters;
	uint32_t words[4] = {0}, n;

	(void)state;
	for (n = 0; n < 11; n++)
		card_arrive(raw, frame, bytes);
	for (n = 0; n < 42; n++)
		assert_true(card_rx_completion(raw, 0, words));
	assert_int_equal(words[0] & EOP, EOP);
	assert_int_equal(words[2] & ERR, ERR);
	assert_false(card_rx_completion(raw, 0, words));
	for (n = 0; n < 30; n++)
		card_arrive(raw, frame, bytes);
	host_vmxnet3_counters(raw->card, &counters);
	assert_int_equal(counters.rx_errors, 21);
	assert_int_equal(counters.rx_drop_buffers, 10);
	raw_vmxnet3_destroy(raw, 0);
}

/* V25, V30: a body in ring 0 is passed over; a head in ring 1 is a fault. */
static void edge_V25_V30_kinds_of_buffers(void **state)
{
	static const char *const hosts[] = {"esxi-6.0", "qemu"};
	unsigned host;

	(void)state;
	for (host = 0; host < 2; host++) {
		const struct raw_vmxnet3_options options = {
			.host = hosts[host],
			.mtu = 9000,
		};
		struct raw_vmxnet3 *raw = raw_vmxnet3_up(&options);
		static uint8_t frame[9100];
		uint32_t words[4];

		card_frame_make(frame, 4, false, 1, 3, 4000);
		card_put32(card_rx_descriptor(raw, 0, 0, 0) + 8,
			   0x80004000u | RAW_VMXNET3_BUFFER);
		card_arrive(raw, frame, 100);
		assert_true(card_rx_completion(raw, 0, words));
		assert_int_equal(words[0] & 0xfff, 1);
		card_put32(card_rx_descriptor(raw, 0, 1, 0) + 8,
			   0x80000000u | RAW_VMXNET3_BUFFER);
		card_arrive(raw, frame, 4042);
		card_expect(raw, 0, "head in the second ring (V30)");
		assert_int_equal(host_vmxnet3_is_dead(raw->card), host == 1);
		raw_vmxnet3_destroy(raw, 1);
	}
}

/* V31: short frames into the data ring, under a number of their own. */
static void edge_V31_data_ring(void **state)
{
	const struct raw_vmxnet3_options options = {.revision = 3, .queues = 2};
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&options);
	uint8_t frame[300];
	uint32_t words[4];

	(void)state;
	card_frame_make(frame, 4, false, 1, 3, 100);
	card_arrive(raw, frame, 128);
	assert_true(card_rx_completion(raw, 0, words));
	assert_int_equal(QUEUE(words[0]), 4);
	assert_int_equal(words[0] & 0xfff, 0);
	assert_memory_equal(raw->queues[0].rx_data, frame, 128);
	card_arrive(raw, frame, 129);
	assert_true(card_rx_completion(raw, 0, words));
	assert_int_equal(QUEUE(words[0]), 0);
	assert_int_equal(words[0] & 0xfff, 1);
	raw_vmxnet3_destroy(raw, 0);
}

/* V33: what is checked, and what is not. */
static void edge_V33_checksums(void **state)
{
	const struct raw_vmxnet3_options options = {
		.features = FEATURE_CHECKSUM,
	};
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&options);
	const struct raw_vmxnet3_options qemu = {.host = "qemu",
						 .features = FEATURE_CHECKSUM};
	uint8_t frame[300];
	uint32_t words[4], bytes;

	(void)state;
	bytes = card_frame_make(frame, 4, true, 1, 3, 100);
	card_arrive(raw, frame, bytes);
	assert_true(card_rx_completion(raw, 0, words));
	assert_int_equal(words[0] & CNC, 0);
	assert_int_equal(words[3] >> 16 & 0x7f, 0x2d); /* v4 ipc tcp tuc */
	frame[bytes - 1] ^= 1;
	card_arrive(raw, frame, bytes);
	assert_true(card_rx_completion(raw, 0, words));
	assert_int_equal(words[3] >> 16 & 0x7f, 0x2c);
	bytes = card_frame_make(frame, 6, false, 1, 3, 100);
	card_arrive(raw, frame, bytes);
	assert_true(card_rx_completion(raw, 0, words));
	assert_int_equal(words[3] >> 16 & 0x7f, 0x13); /* v6 udp tuc */
	frame[12] = 0x12;
	card_arrive(raw, frame, bytes);
	assert_true(card_rx_completion(raw, 0, words));
	assert_int_equal(words[0] & CNC, CNC);
	raw_vmxnet3_destroy(raw, 0);
	raw = raw_vmxnet3_up(&qemu);
	bytes = card_frame_make(frame, 4, true, 1, 3, 100);
	card_arrive(raw, frame, bytes);
	assert_true(card_rx_completion(raw, 0, words));
	assert_int_equal(words[0] & CNC, CNC);
	raw_vmxnet3_destroy(raw, 0);
}

/* V24, V34: merged, told in the first completion; type 4 from revision 2. */
static void edge_V34_merging(void **state)
{
	unsigned revision;

	(void)state;
	for (revision = 1; revision <= 2; revision++) {
		const struct raw_vmxnet3_options options = {
			.revision = revision,
			.features = FEATURE_LRO | FEATURE_CHECKSUM,
		};
		struct raw_vmxnet3 *raw = raw_vmxnet3_up(&options);
		struct host_vmxnet3_counters counters;
		static uint8_t frame[1600];
		uint32_t words[4], n, bytes, total = 0, packets = 0, merged = 0;

		for (n = 0; n < 20; n++) {
			struct wire_frame wire = {frame, 0};

			wire.length = card_frame_make(frame, 6, true, 9,
						      1000 * n, 1000);
			assert_true(wire_deliver(raw->wire, &wire));
		}
		machine_work_drain(raw->machine);
		for (bytes = 0; card_rx_completion(raw, 0, words);) {
			bool lro = TYPE(words[3]) == 4;

			bytes += words[2] & 0x3fff;
			if (words[0] & SOP && lro) {
				assert_int_equal(words[3] & 0xffff, 1000);
				merged += words[1] & 0xff;
			}
			if (!(words[0] & EOP))
				continue;
			packets++;
			total += bytes - 74;
			bytes = 0;
		}
		assert_int_equal(total, 20000);
		assert_true(packets < 20);
		host_vmxnet3_counters(raw->card, &counters);
		assert_true(counters.rx_merged > 1);
		assert_int_equal(merged,
				 revision == 2 ? counters.rx_merged : 0);
		raw_vmxnet3_destroy(raw, 0);
	}
}

static bool comes(struct raw_vmxnet3 *raw, const uint8_t *to, unsigned vlan)
{
	uint8_t frame[64] = {0};
	uint32_t words[4];
	bool taken;

	memcpy(frame, to, 6);
	frame[12] = vlan == 0xffff ? 0x12 : 0x81;
	frame[14] = (uint8_t)(vlan >> 8);
	frame[15] = (uint8_t)vlan;
	taken = card_arrive(raw, frame, sizeof(frame));
	assert_int_equal(card_rx_completion(raw, 0, words), taken);
	return taken;
}

static void filters(void **state)
{
	static const uint8_t other[6] = {0x00, 0x50, 0x56, 9, 9, 9};
	static const uint8_t group[6] = {0x01, 0x00, 0x5e, 1, 2, 3};
	static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(NULL);

	(void)state;
	assert_true(comes(raw, mac, 0xffff));
	assert_false(comes(raw, other, 0xffff));
	assert_false(comes(raw, group, 0xffff));
	assert_true(comes(raw, all, 0xffff));
	/* V38: table and length, then the mode, then the commands. */
	memcpy(raw->groups, "\x01\x00\x5e\x09\x09\x09\x01\x00\x5e\x01\x02\x03",
	       12);
	card_put16(raw->shared + 124, 12);
	card_put64(raw->shared + 128, card_physical(raw, raw->groups));
	card_put32(raw->shared + 120, 7);
	card_command(raw, 0xcafe0004);
	assert_false(comes(raw, group, 0xffff));
	card_command(raw, 0xcafe0003);
	assert_true(comes(raw, group, 0xffff));
	/* The device has a copy: the table may go. */
	memset(raw->groups, 0, 12);
	assert_true(comes(raw, group, 0xffff));
	card_put32(raw->shared + 120, 8);
	card_command(raw, 0xcafe0003);
	assert_true(comes(raw, group, 0xffff));
	assert_false(comes(raw, mac, 0xffff));
	card_put32(raw->shared + 120, 0x10);
	card_command(raw, 0xcafe0003);
	assert_true(comes(raw, other, 0xffff));
	card_put16(raw->shared + 124, 7);
	card_command(raw, 0xcafe0004);
	card_expect(raw, 0, "no whole addresses");
	card_put64(raw->shared + 128, 0xd0000000);
	card_command(raw, 0xcafe0004);
	card_expect(raw, 2, "is no memory (V38)");
	raw_vmxnet3_destroy(raw, 3);
}

/* V36, V37: the VLAN table, with and without promiscuous mode. */
static void edge_V36_V37_vlans(void **state)
{
	static const char *const hosts[] = {"esxi", "qemu"};
	unsigned host;

	(void)state;
	for (host = 0; host < 2; host++) {
		const struct raw_vmxnet3_options options = {
			.host = hosts[host],
		};
		struct raw_vmxnet3 *raw = raw_vmxnet3_up(&options);

		assert_int_equal(comes(raw, mac, 100), host == 0);
		card_put32(raw->shared + 136 + 12, 1 << 4);
		card_command(raw, 0xcafe0005);
		assert_true(comes(raw, mac, 100));
		assert_false(comes(raw, mac, 101));
		assert_int_equal(comes(raw, mac, 0), host == 1);
		card_put32(raw->shared + 120, 0x10);
		card_command(raw, 0xcafe0003);
		assert_int_equal(comes(raw, mac, 101), host == 1);
		raw_vmxnet3_destroy(raw, 0);
	}
}

/* V24: the stripped tag is told in the last completion. */
static void edge_V24_tag_stripped(void **state)
{
	const struct raw_vmxnet3_options options = {
		.features = FEATURE_VLAN,
		.mtu = 9000,
	};
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&options);
	static uint8_t frame[4004];
	uint32_t words[4];

	(void)state;
	memcpy(frame, mac, 6);
	memcpy(frame + 12, "\x81\x00\xa0\x07\x12\x34", 6);
	card_arrive(raw, frame, sizeof(frame));
	assert_true(card_rx_completion(raw, 0, words));
	assert_int_equal(words[2], 2048);
	assert_true(card_rx_completion(raw, 0, words));
	assert_int_equal(words[2], 0xa007u << 16 | 0x8000 | (4000 - 2048));
	assert_memory_equal(card_rx_buffer(raw, 0, 0, 0) + 12, "\x12\x34", 2);
	raw_vmxnet3_destroy(raw, 0);
}

static void rss_prepare(struct raw_vmxnet3 *raw, unsigned queues)
{
	uint8_t *area = raw->groups;
	unsigned n;

	card_put16(area, 0xf);
	card_put16(area + 2, 1);
	card_put16(area + 4, 40);
	card_put16(area + 6, 128);
	for (n = 0; n < 40; n++)
		area[8 + n] = (uint8_t)(7 * n + 1);
	for (n = 0; n < 128; n++)
		area[48 + n] = (uint8_t)(n % queues);
	card_put32(raw->shared + 648, 1);
	card_put32(raw->shared + 652, 176);
	card_put64(raw->shared + 656, card_physical(raw, area));
}

static void scaling(void **state)
{
	const struct raw_vmxnet3_options options = {
		.queues = 4,
		.features = FEATURE_RSS,
	};
	struct raw_vmxnet3 *raw = raw_vmxnet3_create(&options);
	uint8_t frame[300];
	uint32_t words[4], n, q, seen = 0;

	(void)state;
	card_prepare(raw);
	rss_prepare(raw, 4);
	assert_int_equal(card_activate(raw), 0);
	for (n = 0; n < 4; n++)
		card_register_write(raw, 0, 0x800 + 8 * n, 31);
	for (n = 0; n < 30; n++) {
		uint32_t bytes =
			card_frame_make(frame, 4, true, (uint16_t)n, n, 100);

		card_arrive(raw, frame, bytes);
		for (q = 0; q < 4; q++) {
			if (!card_rx_completion(raw, q, words))
				continue;
			assert_int_equal(QUEUE(words[0]), q);
			assert_int_equal(words[0] >> 26 & 15, 2);
			assert_int_equal(words[1] % 128 % 4, q);
			seen |= 1u << q;
		}
	}
	assert_int_equal(seen, 15);
	/* All to queue 2. */
	memset(raw->groups + 48, 2, 128);
	assert_int_equal(card_command(raw, 0xcafe0006), 0);
	card_arrive(raw, frame, 154);
	assert_true(card_rx_completion(raw, 2, words));
	raw->groups[48] = 4;
	assert_int_equal(card_command(raw, 0xcafe0006), 1);
	card_expect(raw, 0, "names a queue that is none");
	raw_vmxnet3_destroy(raw, 1);
}

/* V53: RSS with one queue is refused. */
static void edge_V53_scaling_with_one_queue(void **state)
{
	const struct raw_vmxnet3_options options = {.features = FEATURE_RSS};
	struct raw_vmxnet3 *raw = raw_vmxnet3_create(&options);

	(void)state;
	card_prepare(raw);
	rss_prepare(raw, 1);
	assert_int_equal(card_activate(raw), 1);
	card_expect(raw, 0, "V53");
	raw_vmxnet3_destroy(raw, 1);
}

/* V35: without the first RXPROD nothing comes; with the flag, up to it. */
static void edge_V35_producers(void **state)
{
	const struct raw_vmxnet3_options options = {
		.card.update_rx_producer = true,
	};
	struct raw_vmxnet3 *raw = raw_vmxnet3_create(&options);
	uint8_t frame[64] = {0};
	uint32_t words[4];

	(void)state;
	memcpy(frame, mac, 6);
	card_prepare(raw);
	assert_int_equal(card_activate(raw), 0);
	assert_int_equal(raw->table[256], 1);
	card_arrive(raw, frame, 64);
	assert_false(card_rx_completion(raw, 0, words));
	card_expect(raw, 0, "not written since ACTIVATE");
	card_register_write(raw, 0, 0x800, 1);
	assert_true(card_rx_completion(raw, 0, words));
	card_arrive(raw, frame, 64);
	assert_false(card_rx_completion(raw, 0, words));
	card_register_write(raw, 0, 0x800, 2);
	port_delay(raw->port, 100000);
	assert_true(card_rx_completion(raw, 0, words));
	card_register_write(raw, 0, 0x800, 32);
	card_expect(raw, 1, "beyond a ring of 32");
	raw_vmxnet3_destroy(raw, 2);
}

static void descriptors_are_the_devices(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(NULL);
	uint8_t frame[64] = {0};

	(void)state;
	memcpy(frame, mac, 6);
	card_arrive(raw, frame, 64);
	card_put64(card_rx_descriptor(raw, 0, 0, 1),
		   card_physical(raw, card_rx_buffer(raw, 0, 1, 1)));
	card_arrive(raw, frame, 64);
	card_expect(raw, 0, "changed while the device owned it");
	card_put64(card_rx_descriptor(raw, 0, 0, 3), 0xd0000000u);
	card_arrive(raw, frame, 64);
	card_arrive(raw, frame, 64);
	card_expect(raw, 1, "outside of memory");
	card_put64(card_rx_descriptor(raw, 0, 0, 5),
		   card_physical(raw, raw->groups));
	card_arrive(raw, frame, 64);
	card_arrive(raw, frame, 64);
	card_expect(raw, 2, "did not give");
	/* V11: 16384 does not fit into 14 bits. */
	card_put32(card_rx_descriptor(raw, 0, 0, 7) + 8, 0x80000000u);
	card_arrive(raw, frame, 64);
	card_arrive(raw, frame, 64);
	card_expect(raw, 3, "length 0");
	raw_vmxnet3_destroy(raw, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_V32_completion_types),
		cmocka_unit_test(edge_V50_chains),
		cmocka_unit_test(edge_V28_out_of_buffers),
		cmocka_unit_test(edge_V25_V30_kinds_of_buffers),
		cmocka_unit_test(edge_V31_data_ring),
		cmocka_unit_test(edge_V33_checksums),
		cmocka_unit_test(edge_V34_merging),
		cmocka_unit_test(filters),
		cmocka_unit_test(edge_V36_V37_vlans),
		cmocka_unit_test(edge_V24_tag_stripped),
		cmocka_unit_test(scaling),
		cmocka_unit_test(edge_V53_scaling_with_one_queue),
		cmocka_unit_test(edge_V35_producers),
		cmocka_unit_test(descriptors_are_the_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
