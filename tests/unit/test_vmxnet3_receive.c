/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames from a vmxnet3, against a device that does what the test says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "tests/support/scripted_vmxnet3.h"

#define IPV4	(1u << 21)
#define IPV6	(1u << 20)
#define IP_GOOD (1u << 19)
#define TCP	(1u << 18)
#define UDP	(1u << 17)
#define L4_GOOD (1u << 16)
#define LARGE	(4u << 24)

static uint8_t content[4096];

static void fill_content(void)
{
	uint32_t i;

	for (i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 11 + 3);
	content[12] = 8;
	content[13] = 0;
}

static struct net_packet packets[64];
static struct net_segment segments[256];

/* Receive up to so many frames; buffers go back to the stack. */
static unsigned receive(struct script *script, unsigned n)
{
	unsigned i, used = 0;
	unsigned got = nic_receive(script->nic, 0, packets, n, segments, 256);

	for (i = 0; i < got; i++)
		used += packets[i].segment_count;
	script_give_back(script, segments, used);
	return got;
}

static struct nic_statistics statistics(struct script *script)
{
	struct nic_statistics counted;

	nic_statistics(script->nic, &counted);
	return counted;
}

/* One frame in one buffer. */
static void whole(struct script *script, uint32_t index, uint32_t length)
{
	const struct script_received received = {
		.index = index,
		.data = content,
		.length = length,
		.start = true,
		.end = true,
	};

	script_receive(script, &received);
}

static void part(struct script *script, unsigned ring, uint32_t index,
		 uint32_t from, uint32_t length, bool start, bool end)
{
	const struct script_received received = {
		.ring = ring,
		.index = index,
		.data = length ? content + from : NULL,
		.length = length,
		.start = start,
		.end = end,
	};

	script_receive(script, &received);
}

/* The next frame is that one, in its segments. */
static void expect(struct script *script, uint32_t length, unsigned count)
{
	uint32_t done = 0;
	unsigned i;

	assert_int_equal(receive(script, 1), 1);
	assert_int_equal(packets[0].length, length);
	assert_int_equal(packets[0].segment_count, count);
	for (i = 0; i < count; i++) {
		assert_memory_equal(segments[i].data, content + done,
				    segments[i].length);
		done += segments[i].length;
	}
	assert_int_equal(done, length);
}

static bool owned(struct script *script, unsigned ring, uint32_t index,
		  bool generation)
{
	return script_posted(script, 0, ring, index) >> 31 == generation;
}

/* ---- Buffers ---- */

static void posted_at_start(struct script *script)
{
	unsigned i;

	for (i = 0; i < 31; i++) {
		assert_true(owned(script, 0, i, true));
		assert_true(owned(script, 1, i, true));
		/* Heads in the first ring, bodies in the second. */
		assert_int_equal(script_posted(script, 0, 0, i) & 0x7fff, 2048);
		assert_int_equal(script_posted(script, 0, 1, i) & 0x7fff,
				 2048 | 1 << 14);
	}
	/* One stays free. */
	assert_false(owned(script, 0, 31, true));
	assert_int_equal(script->receive_producer[0][0], 31);
	assert_int_equal(script->receive_producer[1][0], 31);
}

static void many_rounds(struct script *script)
{
	unsigned i;

	for (i = 0; i < 200; i++) {
		whole(script, i % 32, 60 + i);
		expect(script, 60 + i, 1);
		assert_true(owned(script, 0, (i + 31) % 32,
				  (i + 31) / 32 % 2 == 0));
	}
	assert_int_equal(statistics(script).rx_frames, 200);
	/* The device did not ask to be told. */
	assert_int_equal(script_writes(script, 0, 0x800), 1);
	nic_stop(script->nic);
	assert_int_equal(script->free_count, SCRIPT_BUFFERS);
}

static void told_when_asked(struct script *script)
{
	uint64_t entry = script_receive_entry(script, 0);

	script_ram_set32(script, entry, 1);
	whole(script, 0, 100);
	whole(script, 1, 100);
	assert_int_equal(receive(script, 8), 2);
	assert_int_equal(script->receive_producer[0][0], 1);
	assert_int_equal(script_writes(script, 0, 0x800), 2);
	/* Nothing new, nothing told. */
	assert_int_equal(receive(script, 8), 0);
	assert_int_equal(script_writes(script, 0, 0x800), 2);
}

static void scattered(struct script *script)
{
	script->scattered = true;
}

static void larger_run(struct script *script)
{
	unsigned i, ring, run, short_runs = 0;

	/* 2048 bytes from 1000 on: every other buffer crosses a page. */
	for (i = 0; i < 31; i++)
		for (ring = 0; ring < 2; ring++) {
			run = script_posted(script, 0, ring, i) & 0x3fff;
			assert_true(run == 2048 || run == 1048);
			short_runs += run == 1048;
		}
	assert_int_equal(short_runs, 31);
	run = script_posted(script, 0, 0, 0) & 0x3fff;
	part(script, 0, 0, 0, run < 1500 ? run : 800, true, false);
	part(script, 1, 0, run < 1500 ? run : 800, 400, false, true);
	expect(script, (run < 1500 ? run : 800) + 400, 2);
}

static void large_buffers(struct script *script)
{
	script->large = true;
	script->buffer_bytes = 16384;
}

static void one_byte_less(struct script *script)
{
	assert_int_equal(script_posted(script, 0, 0, 0) & 0x7fff, 16383);
	assert_int_equal(script_posted(script, 0, 1, 0) & 0x7fff,
			 16383 | 1 << 14);
	whole(script, 0, 1500);
	expect(script, 1500, 1);
}

static void few_buffers(struct script *script)
{
	script->supply_most = 20;
}

static void no_replacement(struct script *script)
{
	unsigned i;

	/* Both rings have their part. */
	assert_true(owned(script, 0, 9, true));
	assert_false(owned(script, 0, 10, true));
	assert_true(owned(script, 1, 9, true));
	/* Frames go up as long as four buffers are left. */
	for (i = 0; i < 6; i++) {
		whole(script, i, 100);
		expect(script, 100, 1);
	}
	assert_int_equal(statistics(script).rx_drop_no_buffer, 0);
	for (; i < 40; i++) {
		whole(script, i % 32, 100);
		assert_int_equal(receive(script, 1), 0);
	}
	assert_int_equal(statistics(script).rx_drop_no_buffer, 34);
	script->supply_most = 21;
	whole(script, 40 % 32, 100);
	expect(script, 100, 1);
}

static void no_buffers(struct script *script)
{
	script->supply_most = 0;
}

static void start_without_buffers(struct script *script)
{
	assert_non_null(script->nic);
	assert_int_equal(nic_start(script->nic), ERROR_NO_MEMORY);
	assert_false(script->active);
	script->supply_most = UINT32_MAX;
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(nic_start(script->nic), 0);
}

/* ---- Frames in pieces, and what is no frame ---- */

static void chained(struct script *script)
{
	part(script, 0, 0, 0, 800, true, false);
	assert_int_equal(receive(script, 1), 0);
	part(script, 1, 0, 800, 500, false, false);
	part(script, 1, 1, 1300, 200, false, true);
	expect(script, 1500, 3);
	assert_int_equal(statistics(script).rx_bytes, 1500);
}

static void too_few_segments(struct script *script)
{
	part(script, 0, 0, 0, 800, true, false);
	part(script, 1, 0, 800, 500, false, true);
	whole(script, 1, 100);
	assert_int_equal(nic_receive(script->nic, 0, packets, 2, segments, 1),
			 0);
	assert_false(nic_arm(script->nic, 0));
	assert_int_equal(nic_receive(script->nic, 0, packets, 2, segments, 2),
			 1);
	assert_int_equal(packets[0].length, 1300);
	script_give_back(script, segments, 2);
	expect(script, 100, 1);
}

static void skipped(struct script *script)
{
	unsigned i;

	whole(script, 5, 100);
	expect(script, 100, 1);
	/* What was passed over is the device's again, behind the others. */
	for (i = 0; i < 5; i++)
		assert_true(owned(script, 0, i, false));
	assert_true(owned(script, 0, 31, true));
	for (i = 6; i < 70; i++) {
		whole(script, i % 32, 100);
		expect(script, 100, 1);
	}
}

static void empty(struct script *script)
{
	part(script, 0, 0, 0, 0, true, true);
	whole(script, 1, 200);
	expect(script, 200, 1);
	/* An empty piece of a frame is no end of it. */
	part(script, 0, 2, 0, 300, true, false);
	part(script, 1, 0, 0, 0, false, false);
	part(script, 1, 1, 300, 100, false, true);
	expect(script, 400, 2);
	part(script, 0, 3, 0, 300, true, false);
	part(script, 1, 2, 0, 0, false, true);
	expect(script, 300, 1);
	assert_int_equal(statistics(script).rx_drop_malformed, 0);
}

static void out_of_sequence(struct script *script)
{
	/* A start before the end of the one before, */
	part(script, 0, 0, 0, 300, true, false);
	whole(script, 1, 200);
	expect(script, 200, 1);
	assert_int_equal(statistics(script).rx_drop_malformed, 1);
	/* an end without a start. */
	part(script, 1, 0, 0, 100, false, false);
	part(script, 1, 1, 0, 100, false, true);
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(statistics(script).rx_drop_malformed, 2);
	whole(script, 2, 200);
	expect(script, 200, 1);
}

static void errors(struct script *script)
{
	struct script_received received = {
		.data = content,
		.length = 500,
		.start = true,
		.end = true,
		.error = true,
	};

	script_receive(script, &received);
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(statistics(script).rx_drop_error, 1);
	/* Before the end it means nothing. */
	received.index = 1;
	received.end = false;
	script_receive(script, &received);
	part(script, 1, 0, 500, 100, false, true);
	expect(script, 600, 2);
	/* At the end it does, wherever the frame began. */
	part(script, 0, 2, 0, 500, true, false);
	received.ring = 1;
	received.index = 1;
	received.start = false;
	received.end = true;
	script_receive(script, &received);
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(statistics(script).rx_drop_error, 2);
}

static void lengths(struct script *script)
{
	struct script_received received = {
		.length = 2049,
		.start = true,
		.end = true,
	};

	/* Longer than the buffer, */
	script_receive(script, &received);
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(statistics(script).rx_drop_malformed, 1);
	/* than the MTU, and shorter than a header. */
	whole(script, 1, 1515);
	whole(script, 2, 13);
	assert_int_equal(receive(script, 2), 0);
	assert_int_equal(statistics(script).rx_drop_length, 2);
	whole(script, 3, 1514);
	expect(script, 1514, 1);
	content[12] = 0x81;
	whole(script, 4, 1518);
	expect(script, 1518, 1);
	content[12] = 8;
}

static void endless(struct script *script)
{
	unsigned i;

	part(script, 0, 0, 0, 15, true, false);
	for (i = 0; i < 70; i++) {
		part(script, 1, i % 32, 0, 10, false, i == 69);
		assert_int_equal(receive(script, 1), 0);
	}
	assert_int_equal(statistics(script).rx_drop_length, 1);
	whole(script, 1, 100);
	expect(script, 100, 1);
}

static void lying(struct script *script)
{
	assert_int_equal(receive(script, 4), 0);
	assert_int_equal(statistics(script).bad_messages, 1);
	assert_false(script->active);
	assert_int_equal(nic_events(script->nic), NIC_EVENT_FAILED);
	assert_int_equal(receive(script, 4), 0);
	assert_int_equal(nic_start(script->nic), ERROR_PROTOCOL);
}

static void index_not_posted(struct script *script)
{
	part(script, 0, 31, 0, 0, true, false);
	lying(script);
}

static void index_outside(struct script *script)
{
	part(script, 0, 0, 0, 10, true, false);
	script_receive(script, &(struct script_received){
				       .word0 = 2000,
				       .length = 100,
				       .start = true,
				       .end = true,
			       });
	lying(script);
}

static void queue_of_nobody(struct script *script)
{
	script_receive(script, &(struct script_received){
				       .word0 = 7u << 16,
				       .length = 100,
				       .start = true,
				       .end = true,
			       });
	lying(script);
}

/* Of the second queue, in the completions of the first. */
static void queue_beside(struct script *script)
{
	script_receive(script, &(struct script_received){
				       .word0 = 1u << 16,
				       .length = 100,
				       .start = true,
				       .end = true,
			       });
	lying(script);
}

static void data_ring_not_there(struct script *script)
{
	script_receive(script, &(struct script_received){
				       .word0 = 2u << 16,
				       .length = 100,
				       .start = true,
				       .end = true,
			       });
	lying(script);
}

static void twice(struct script *script)
{
	whole(script, 0, 100);
	whole(script, 0, 100);
	assert_int_equal(receive(script, 1), 1);
	lying(script);
}

/* ---- What a completion says ---- */

static uint16_t flags_of(struct script *script, uint32_t index, uint32_t word0,
			 uint32_t word3)
{
	script_receive(script, &(struct script_received){
				       .index = index,
				       .data = content,
				       .length = 100,
				       .start = true,
				       .end = true,
				       .word0 = word0,
				       .word3 = word3,
			       });
	assert_int_equal(receive(script, 1), 1);
	return packets[0].flags;
}

static void checksums(struct script *script)
{
	static const struct {
		uint32_t word0, word3;
		uint16_t flags;
	} cases[] = {
		{0, 0, 0},
		{0, IPV4 | IP_GOOD, NET_RX_CHECKSUM_IPV4_GOOD},
		{0, IPV4 | IP_GOOD | TCP | L4_GOOD,
		 NET_RX_CHECKSUM_IPV4_GOOD | NET_RX_CHECKSUM_L4_GOOD},
		{0, IPV4 | IP_GOOD | UDP | L4_GOOD,
		 NET_RX_CHECKSUM_IPV4_GOOD | NET_RX_CHECKSUM_L4_GOOD},
		{0, IPV4 | TCP | L4_GOOD, 0},
		{0, IPV4 | IP_GOOD | TCP, NET_RX_CHECKSUM_IPV4_GOOD},
		{0, IPV4 | IP_GOOD | L4_GOOD, NET_RX_CHECKSUM_IPV4_GOOD},
		{0, IPV4 | IP_GOOD | TCP | L4_GOOD | 1u << 22,
		 NET_RX_CHECKSUM_IPV4_GOOD},
		{0, IPV6 | TCP | L4_GOOD, NET_RX_CHECKSUM_L4_GOOD},
		{0, IPV6 | UDP, 0},
		{1u << 30, IPV4 | IP_GOOD | TCP | L4_GOOD, 0},
		/* The type is of no account but for large frames. */
		{0, 3u << 24 | IPV6 | TCP | L4_GOOD, NET_RX_CHECKSUM_L4_GOOD},
	};
	unsigned i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(flags_of(script, i, cases[i].word0,
					  cases[i].word3),
				 cases[i].flags);
	/* With one queue there is no hash. */
	assert_int_equal(flags_of(script, i, 2u << 26, 0), 0);
}

static void tag_at_the_end(struct script *script)
{
	struct script_received received = {
		.data = content,
		.length = 300,
		.start = true,
		.word2 = 0x1111u << 16 | 1 << 15,
		.word3 = IPV4 | IP_GOOD,
	};

	script_receive(script, &received);
	received.ring = 1;
	received.start = false;
	received.end = true;
	received.data = content + 300;
	received.word2 = 0x6007u << 16 | 1 << 15;
	received.word3 = 0;
	script_receive(script, &received);
	expect(script, 600, 2);
	assert_int_equal(packets[0].flags, NET_VLAN);
	assert_int_equal(packets[0].vlan_tag, 0x6007);
}

static void with_queues(struct script *script)
{
	script->configuration.queues = 2;
}

static void hash(struct script *script)
{
	struct script_received received = {
		.queue = 1,
		.data = content,
		.length = 100,
		.start = true,
		.end = true,
		.word0 = 2u << 26,
		.word1 = 0x12345678,
	};

	assert_int_equal(script->nic->information.queues, 2);
	script_receive(script, &received);
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(nic_receive(script->nic, 1, packets, 1, segments, 4),
			 1);
	script_give_back(script, segments, 1);
	assert_int_equal(packets[0].flags, NET_RX_HASH);
	assert_int_equal(packets[0].hash, 0x12345678);
	/* Bodies of a queue are numbered behind all heads. */
	received.index = 1;
	received.end = false;
	script_receive(script, &received);
	received.ring = 1;
	received.index = 0;
	received.start = false;
	received.end = true;
	script_receive(script, &received);
	assert_int_equal(nic_receive(script->nic, 1, packets, 1, segments, 4),
			 1);
	assert_int_equal(packets[0].segment_count, 2);
	script_give_back(script, segments, 2);
}

static void with_large(struct script *script)
{
	script->configuration.large_receive = true;
	script->revisions = 3;
}

static void large(struct script *script)
{
	struct script_received received = {
		.data = content,
		.length = 2000,
		.start = true,
		.word1 = 3,
		.word3 = LARGE | 1448,
	};

	assert_int_equal(script_shared(script, 24) & 8, 8);
	assert_int_equal(script_shared(script, 60) & 0xffff, 64);
	script_receive(script, &received);
	received.ring = 1;
	received.start = false;
	received.end = true;
	received.word1 = 0;
	received.word3 = IPV4 | IP_GOOD | TCP | L4_GOOD;
	script_receive(script, &received);
	assert_int_equal(receive(script, 1), 1);
	assert_int_equal(packets[0].length, 4000);
	assert_int_equal(packets[0].segment_bytes, 1448);
	assert_int_equal(packets[0].flags, NET_RX_LARGE |
						   NET_RX_CHECKSUM_IPV4_GOOD |
						   NET_RX_CHECKSUM_L4_GOOD);
	/* One segment alone is no large frame, and has to fit. */
	received.ring = 0;
	received.index = 1;
	received.start = true;
	received.word1 = 1;
	received.word3 = LARGE | 1448;
	script_receive(script, &received);
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(statistics(script).rx_drop_length, 1);
}

/* The longest packet of IP, in pieces of both rings. */
static void largest(struct script *script)
{
	struct script_received received = {
		.length = 2048,
		.start = true,
		.word1 = 46,
		.word3 = LARGE | 1448,
	};
	unsigned i;

	script_receive(script, &received);
	received.ring = 1;
	received.start = false;
	received.word1 = 0;
	for (i = 0; i < 31; i++) {
		received.index = i;
		received.end = i == 30;
		received.length = 2048 - received.end;
		received.word3 = received.end ? 0 : LARGE;
		script_receive(script, &received);
	}
	assert_int_equal(receive(script, 1), 1);
	assert_int_equal(packets[0].length, 65535);
	assert_int_equal(packets[0].segment_count, 32);
	assert_int_equal(packets[0].flags, NET_RX_LARGE);
	/* The second ring is as full as before. */
	assert_true(owned(script, 1, 31, true));
	for (i = 0; i < 30; i++)
		assert_true(owned(script, 1, i, false));
	whole(script, 1, 100);
	expect(script, 100, 1);
}

static void with_large_old(struct script *script)
{
	script->configuration.large_receive = true;
}

static void large_old(struct script *script)
{
	/* In revision 1 it shows by its length, and has no segment size. */
	whole(script, 0, 2000);
	whole(script, 1, 1000);
	whole(script, 2, 13);
	assert_int_equal(receive(script, 3), 2);
	assert_int_equal(packets[0].flags, NET_RX_LARGE);
	assert_int_equal(packets[0].segment_bytes, 0);
	assert_int_equal(packets[1].flags, 0);
	assert_int_equal(statistics(script).rx_drop_length, 1);
}

static void large_unasked(struct script *script)
{
	script_receive(script, &(struct script_received){
				       .data = content,
				       .length = 2000,
				       .start = true,
				       .end = true,
				       .word1 = 2,
				       .word3 = LARGE | 1000,
			       });
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(statistics(script).rx_drop_length, 1);
}

static void with_data_ring(struct script *script)
{
	script->revisions = 7;
	script->data_bytes = 256;
	script->configuration.transmit_data_bytes = 512;
	script->configuration.receive_data_bytes = 192;
}

static void data_ring(struct script *script)
{
	uint64_t entry = script_receive_entry(script, 0);
	struct script_received received = {
		.data = content,
		.length = 150,
		.start = true,
		.end = true,
		.in_data_ring = true,
	};
	uint64_t first = script_ram64(script, entry + 16), buffer;
	unsigned i;

	assert_int_equal(script_ram32(script, entry + 72) >> 16, 192);
	/* The device said 256, and the driver would have taken more. */
	assert_int_equal(script_ram32(script,
				      script_transmit_entry(script, 0) + 72) >>
				 16,
			 256);
	for (i = 0; i < 40; i++) {
		received.index = i % 32;
		/* The buffer is that of the first ring's descriptor. */
		buffer = script_ram64(script, first + 16ull * received.index);
		script_receive(script, &received);
		expect(script, 150, 1);
		assert_true(port_physical(script->port, segments[0].data) ==
			    buffer);
	}
	/* More than a slot has. */
	received.index = i % 32;
	received.data = NULL;
	received.length = 193;
	script_receive(script, &received);
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(statistics(script).rx_drop_malformed, 1);
	received.index = ++i % 32;
	received.length = 3000;
	script_receive(script, &received);
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(statistics(script).rx_drop_malformed, 2);
}

static void at_stop(struct script *script)
{
	whole(script, 0, 100);
	whole(script, 1, 100);
	part(script, 0, 2, 0, 100, true, false);
	part(script, 1, 0, 0, 100, false, true);
	assert_int_equal(receive(script, 1), 1);
	nic_stop(script->nic);
	assert_int_equal(statistics(script).rx_drop_stopped, 2);
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(script->free_count, SCRIPT_BUFFERS);
	nic_stop(script->nic);
	/* In the middle of a frame, too. */
	assert_int_equal(nic_start(script->nic), 0);
	part(script, 0, 0, 0, 100, true, false);
	assert_int_equal(receive(script, 1), 0);
	part(script, 1, 0, 0, 100, false, true);
	nic_stop(script->nic);
	assert_int_equal(statistics(script).rx_drop_stopped, 3);
	assert_int_equal(script->free_count, SCRIPT_BUFFERS);
}

#define STARTED(test, body, prepare)                                           \
	static void test(void **state)                                         \
	{                                                                      \
		(void)state;                                                   \
		fill_content();                                                \
		script_run(body, prepare, true);                               \
	}

STARTED(edge_V30_bodies_in_the_second_ring, posted_at_start, NULL)
STARTED(edge_V23_generations_of_many_rounds, many_rounds, NULL)
STARTED(edge_V35_producer_written_when_asked, told_when_asked, NULL)
STARTED(buffer_across_pages_is_its_longest_run, larger_run, scattered)
STARTED(edge_V11_buffer_of_16384_bytes, one_byte_less, large_buffers)
STARTED(edge_V29_no_replacement_keeps_the_buffer, no_replacement, few_buffers)
STARTED(frame_in_three_buffers, chained, NULL)
STARTED(frame_waits_for_segments, too_few_segments, NULL)
STARTED(edge_V25_skipped_descriptors, skipped, NULL)
STARTED(edge_V26_empty_completions, empty, NULL)
STARTED(edge_V27_start_and_end_missing, out_of_sequence, NULL)
STARTED(edge_V24_V28_error_at_the_end, errors, NULL)
STARTED(lengths_that_cannot_be, lengths, NULL)
STARTED(frame_that_does_not_end, endless, NULL)
STARTED(completion_of_what_is_not_posted, index_not_posted, NULL)
STARTED(completion_outside_of_the_ring, index_outside, NULL)
STARTED(edge_V31_number_of_another_queue, queue_of_nobody, NULL)
STARTED(edge_V31_number_of_the_queue_beside, queue_beside, with_queues)
STARTED(edge_V31_data_ring_that_is_not_there, data_ring_not_there, NULL)
STARTED(completion_of_a_buffer_twice, twice, NULL)
STARTED(edge_V32_V33_checksum_good, checksums, NULL)
STARTED(edge_V24_tag_at_the_end, tag_at_the_end, NULL)
STARTED(hash_of_receive_side_scaling, hash, with_queues)
STARTED(edge_V24_large_frame, large, with_large)
STARTED(edge_V50_longest_merged_packet, largest, with_large)
STARTED(edge_V34_large_frame_of_revision_1, large_old, with_large_old)
STARTED(large_frame_that_nobody_wants, large_unasked, NULL)
STARTED(edge_V31_receive_data_ring, data_ring, with_data_ring)
STARTED(received_at_stop, at_stop, NULL)

static void start_with_no_buffers(void **state)
{
	(void)state;
	script_run(start_without_buffers, no_buffers, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_V30_bodies_in_the_second_ring),
		cmocka_unit_test(edge_V23_generations_of_many_rounds),
		cmocka_unit_test(edge_V35_producer_written_when_asked),
		cmocka_unit_test(buffer_across_pages_is_its_longest_run),
		cmocka_unit_test(edge_V11_buffer_of_16384_bytes),
		cmocka_unit_test(edge_V29_no_replacement_keeps_the_buffer),
		cmocka_unit_test(frame_in_three_buffers),
		cmocka_unit_test(frame_waits_for_segments),
		cmocka_unit_test(edge_V25_skipped_descriptors),
		cmocka_unit_test(edge_V26_empty_completions),
		cmocka_unit_test(edge_V27_start_and_end_missing),
		cmocka_unit_test(edge_V24_V28_error_at_the_end),
		cmocka_unit_test(lengths_that_cannot_be),
		cmocka_unit_test(frame_that_does_not_end),
		cmocka_unit_test(completion_of_what_is_not_posted),
		cmocka_unit_test(completion_outside_of_the_ring),
		cmocka_unit_test(edge_V31_number_of_another_queue),
		cmocka_unit_test(edge_V31_number_of_the_queue_beside),
		cmocka_unit_test(edge_V31_data_ring_that_is_not_there),
		cmocka_unit_test(completion_of_a_buffer_twice),
		cmocka_unit_test(edge_V32_V33_checksum_good),
		cmocka_unit_test(edge_V24_tag_at_the_end),
		cmocka_unit_test(hash_of_receive_side_scaling),
		cmocka_unit_test(edge_V24_large_frame),
		cmocka_unit_test(edge_V50_longest_merged_packet),
		cmocka_unit_test(edge_V34_large_frame_of_revision_1),
		cmocka_unit_test(large_frame_that_nobody_wants),
		cmocka_unit_test(edge_V31_receive_data_ring),
		cmocka_unit_test(received_at_stop),
		cmocka_unit_test(start_with_no_buffers),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
