/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames from a virtio network device that does what the test says. A test that
 * stands for a mistake that drivers make has its number in its name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "tests/support/scripted_virtio.h"

#define RX	   0u
#define NEEDS_CSUM 1u
#define DATA_VALID 2u

static uint8_t content[70000];
static struct net_packet packets[64];
static struct net_segment segments[256];
static struct virtio_script_chain chain;

static void fill_content(void)
{
	uint32_t i;

	for (i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 11 + 3);
	content[12] = 8;
	content[13] = 0;
}

static struct nic_statistics statistics(struct virtio_script *script)
{
	struct nic_statistics counted;

	nic_statistics(script->nic, &counted);
	return counted;
}

/* Receive up to so many frames; buffers go back to the stack. */
static unsigned receive(struct virtio_script *script, unsigned n)
{
	unsigned i, used = 0;
	unsigned got = nic_receive(script->nic, 0, packets, n, segments, 256);

	for (i = 0; i < got; i++)
		used += packets[i].segment_count;
	virtio_script_give_back(script, segments, used);
	return got;
}

/* A frame of the content; how many buffers it took. */
static unsigned frame(struct virtio_script *script, uint32_t bytes)
{
	return virtio_script_receive(script, RX, NULL, content, bytes);
}

/* The next frame is the content, in so many segments. */
static void expect(struct virtio_script *script, uint32_t bytes, unsigned count)
{
	uint32_t done = 0;
	unsigned i;

	assert_int_equal(receive(script, 1), 1);
	assert_int_equal(packets[0].length, bytes);
	assert_int_equal(packets[0].segment_count, count);
	for (i = 0; i < count; i++) {
		assert_memory_equal(segments[i].data, content + done,
				    segments[i].length);
		done += segments[i].length;
	}
	assert_int_equal(done, bytes);
}

/* A chain with bytes written that are not those of a frame. */
static void raw(struct virtio_script *script, const void *data, uint32_t bytes,
		uint32_t length)
{
	assert_true(virtio_script_take(script, RX, &chain));
	virtio_script_fill(script, &chain, 0, data, bytes);
	virtio_script_use(script, &chain, length);
}

static void packed(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_PACKED);
}

/* ---- Buffers ---- */

static void m19_posted_at_start(struct virtio_script *script)
{
	uint64_t bytes = 0;
	unsigned n;

	for (n = 0; virtio_script_take(script, RX, &chain); n++) {
		assert_int_equal(chain.readable, 0);
		bytes += chain.writable;
	}
	assert_int_equal(n, 64);
	assert_true(bytes >= 65562);
	assert_int_equal(script->queues[RX].kicks, 1);
}

static void many_rounds(struct virtio_script *script)
{
	unsigned i;

	for (i = 0; i < 70000; i++) {
		assert_int_equal(frame(script, 60 + i % 1000), 1);
		expect(script, 60 + i % 1000, 1);
	}
	assert_int_equal(statistics(script).rx_frames, i);
	nic_stop(script->nic);
	assert_int_equal(script->status, 0);
	assert_int_equal(script->supplied - script->released, i);
}

/* M25: a burst of new buffers is one kick, and only if it is asked for. */
static void m25_refill_kicks(struct virtio_script *script)
{
	unsigned i;

	virtio_script_event(script, RX, 64);
	script->queues[RX].kicks = 0;
	for (i = 0; i < 10; i++)
		frame(script, 100);
	assert_int_equal(receive(script, 64), 10);
	assert_int_equal(script->queues[RX].kicks, 1);
	for (i = 0; i < 10; i++)
		frame(script, 100);
	assert_int_equal(receive(script, 64), 10);
	assert_int_equal(script->queues[RX].kicks, 1);
	assert_int_equal(receive(script, 64), 0);
	assert_int_equal(script->queues[RX].kicks, 1);
}

static void scattered(struct virtio_script *script)
{
	script->scattered = true;
}

/* A buffer over the end of a page is two descriptors, and all of it used. */
static void over_pages(struct virtio_script *script)
{
	unsigned i;

	script->nic->information.mtu = 9000;
	for (i = 0; i < 200; i++) {
		assert_int_equal(frame(script, 5000), 3);
		expect(script, 5000, 3);
	}
}

/* M19: what Firecracker insists on is kept, while the stack has no more. */
static void sixty_buffers(struct virtio_script *script)
{
	script->supply_most = 60;
}

static void m19_capacity_is_kept(struct virtio_script *script)
{
	unsigned delivered = 0, i;

	/* The stack keeps all of what it gets. */
	for (i = 0; i < 60; i++) {
		frame(script, 100);
		delivered +=
			nic_receive(script->nic, 0, packets, 1, segments, 256);
	}
	/* 65562 bytes are 33 buffers. */
	assert_int_equal(delivered, 27);
	assert_int_equal(statistics(script).rx_drop_no_buffer, 33);
	for (i = 0; virtio_script_take(script, RX, &chain); i++)
		assert_int_equal(chain.writable, 2048);
	assert_int_equal(i, 33);
}

static void m19_comes_back(struct virtio_script *script)
{
	static struct net_segment kept[64];
	unsigned i;

	for (i = 0; i < 30; i++) {
		frame(script, 100);
		nic_receive(script->nic, 0, packets, 1, &kept[i], 1);
	}
	assert_int_equal(statistics(script).rx_drop_no_buffer, 3);
	virtio_script_give_back(script, kept, 27);
	script->supply_most += 27;
	/* Who sleeps brings them, too. */
	assert_true(nic_arm(script->nic, 0));
	nic_disarm(script->nic, 0);
	for (i = 0; i < 100; i++) {
		frame(script, 100);
		expect(script, 100, 1);
		script->supply_most++;
	}
}

static void few_buffers(struct virtio_script *script)
{
	script->supply_most = 10;
}

static void few_are_used(struct virtio_script *script)
{
	unsigned i;

	for (i = 0; i < 6; i++) {
		frame(script, 100);
		assert_int_equal(nic_receive(script->nic, 0, packets, 1,
					     segments, 1),
				 1);
	}
	frame(script, 100);
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(statistics(script).rx_drop_no_buffer, 1);
}

static void no_buffers(struct virtio_script *script)
{
	script->supply_most = 0;
}

static void start_without_buffers(struct virtio_script *script)
{
	assert_non_null(script->nic);
	assert_int_equal(nic_start(script->nic), ERROR_NO_MEMORY);
	assert_int_equal(script->status, 0);
	script->supply_most = UINT32_MAX;
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(script->status, 0xf);
	assert_int_equal(nic_start(script->nic), 0);
}

/* ---- Frames in several buffers ---- */

static void jumbo(struct virtio_script *script)
{
	script->configuration.mtu = 9000;
}

static void m21_several_buffers(struct virtio_script *script)
{
	uint32_t bytes;

	/* Every length around what two and three buffers hold. */
	for (bytes = 2030; bytes < 2045; bytes++) {
		frame(script, bytes);
		expect(script, bytes, bytes > 2036 ? 2 : 1);
	}
	for (bytes = 4080; bytes < 4090; bytes++) {
		frame(script, bytes);
		expect(script, bytes, bytes > 4084 ? 3 : 2);
	}
	assert_int_equal(statistics(script).rx_drop_malformed, 0);
}

/* M21: what is still to come is waited for, without spinning. */
static void m21_follower_is_late(struct virtio_script *script)
{
	uint8_t bytes[2048] = {0};

	bytes[10] = 2;
	memcpy(bytes + 12, content, 2036);
	raw(script, bytes, 2048, 2048);
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(receive(script, 1), 0);
	assert_true(nic_arm(script->nic, 0));
	raw(script, content + 2036, 400, 400);
	expect(script, 2436, 2);
}

static void m21_number_of_buffers(struct virtio_script *script)
{
	uint8_t bytes[100] = {0};

	/* None, and more than there are, cost that buffer. */
	raw(script, bytes, 100, 100);
	bytes[10] = 65;
	raw(script, bytes, 100, 100);
	bytes[10] = 0xff;
	bytes[11] = 0xff;
	raw(script, bytes, 100, 100);
	assert_int_equal(receive(script, 8), 0);
	assert_int_equal(statistics(script).rx_drop_malformed, 3);
	frame(script, 300);
	expect(script, 300, 1);
	assert_int_equal(statistics(script).bad_messages, 0);
}

static void m21_follower_is_bad(struct virtio_script *script)
{
	uint8_t bytes[100] = {0};

	/* All of the frame is dropped, and nothing else. */
	bytes[10] = 3;
	raw(script, bytes, 100, 100);
	raw(script, content, 100, 2049);
	raw(script, content, 100, 100);
	frame(script, 300);
	expect(script, 300, 1);
	assert_int_equal(statistics(script).rx_drop_malformed, 1);
	raw(script, bytes, 100, 100);
	raw(script, content, 100, 100);
	raw(script, content, 100, 0);
	frame(script, 300);
	expect(script, 300, 1);
	assert_int_equal(statistics(script).rx_drop_malformed, 2);
}

static void too_few_segments(struct virtio_script *script)
{
	frame(script, 5000);
	frame(script, 100);
	assert_int_equal(nic_receive(script->nic, 0, packets, 2, segments, 2),
			 0);
	assert_false(nic_arm(script->nic, 0));
	assert_int_equal(nic_receive(script->nic, 0, packets, 2, segments, 3),
			 1);
	assert_int_equal(packets[0].length, 5000);
	virtio_script_give_back(script, segments, 3);
	expect(script, 100, 1);
}

static void without_mergeable(struct virtio_script *script)
{
	script->offered &= ~VIRTIO_BIT(F_MRG_RXBUF);
}

static void short_buffers(struct virtio_script *script)
{
	without_mergeable(script);
	script->buffer_bytes = 512;
}

/* M20: room for the longest frame and 12 bytes, whatever the buffers. */
static void m20_buffers_together(struct virtio_script *script)
{
	unsigned i;

	for (i = 0; i < 100; i++) {
		assert_int_equal(frame(script, 1514), 1);
		assert_int_equal(script->chain.count, 3);
		assert_true(script->chain.writable >= 1526);
		expect(script, 1514, 3);
		frame(script, 60);
		expect(script, 60, 1);
		frame(script, 500);
		expect(script, 500, 1);
		frame(script, 501);
		expect(script, 501, 2);
	}
	assert_int_equal(script->nic->information.mtu_max, 3 * 512 - 30);
	nic_stop(script->nic);
}

static void large_without_mergeable(struct virtio_script *script)
{
	without_mergeable(script);
	script->configuration.large_receive = true;
	script->configuration.receive_queue = 256;
}

static void m20_large_without_mergeable(struct virtio_script *script)
{
	const struct virtio_script_header header = {
		.flags = NEEDS_CSUM,
		.gso_type = 1,
		.segment_bytes = 1448,
		.start = 34,
		.offset = 16,
	};
	unsigned i;

	for (i = 0; i < 20; i++) {
		assert_int_equal(virtio_script_receive(script, RX, &header,
						       content, 60000),
				 1);
		assert_true(script->chain.writable >= 65601);
		expect(script, 60000, 30);
		assert_true(packets[0].flags & NET_RX_LARGE);
		frame(script, 100);
		expect(script, 100, 1);
	}
}

static void large_in_a_small_queue(struct virtio_script *script)
{
	large_without_mergeable(script);
	script->configuration.receive_queue = 64;
}

/* Where there is no room for them they are not asked for. */
static void m20_large_is_not_accepted(struct virtio_script *script)
{
	assert_int_equal(script->accepted & (VIRTIO_BIT(F_GUEST_TSO4) |
					     VIRTIO_BIT(F_GUEST_TSO6)),
			 0);
	frame(script, 1514);
	expect(script, 1514, 1);
}

/* QEMU leaves the number out where buffers are not mergeable. */
static void number_is_not_looked_at(struct virtio_script *script)
{
	uint8_t bytes[100] = {0};

	raw(script, bytes, 100, 100);
	assert_int_equal(receive(script, 1), 1);
	assert_int_equal(packets[0].length, 88);
}

/* ---- Lengths ---- */

static void m22_lengths(struct virtio_script *script)
{
	uint8_t bytes[100] = {0};

	bytes[10] = 1;
	/* Firecracker's refusal: the buffer is posted again. */
	raw(script, bytes, 100, 0);
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(statistics(script).bad_messages, 1);
	/* Less than a header, more than there is room for. */
	raw(script, bytes, 100, 11);
	raw(script, bytes, 100, 2049);
	raw(script, bytes, 100, UINT32_MAX);
	assert_int_equal(receive(script, 4), 0);
	assert_int_equal(statistics(script).rx_drop_malformed, 3);
	/* No Ethernet header behind it. */
	raw(script, bytes, 100, 12);
	raw(script, bytes, 100, 25);
	assert_int_equal(receive(script, 4), 0);
	assert_int_equal(statistics(script).rx_drop_length, 2);
	frame(script, 14);
	expect(script, 14, 1);
	/* None of the buffers is lost. */
	nic_stop(script->nic);
	assert_int_equal(script->supplied - script->released, 1);
}

static void longer_than_the_mtu(struct virtio_script *script)
{
	frame(script, 1514);
	expect(script, 1514, 1);
	frame(script, 1515);
	frame(script, 5000);
	assert_int_equal(receive(script, 2), 0);
	assert_int_equal(statistics(script).rx_drop_length, 2);
	content[12] = 0x81;
	frame(script, 1518);
	expect(script, 1518, 1);
	frame(script, 1519);
	assert_int_equal(receive(script, 1), 0);
	fill_content();
}

static void m22_bad_id(struct virtio_script *script, uint32_t id)
{
	frame(script, 100);
	virtio_script_use_id(script, RX, id, 1, 100);
	frame(script, 200);
	/* What came before it is good. */
	expect(script, 100, 1);
	assert_int_equal(receive(script, 8), 0);
	assert_int_equal(statistics(script).bad_messages, 1);
	assert_true(nic_arm(script->nic, 0));
	assert_int_equal(nic_events(script->nic) & NIC_EVENT_RECOVERED,
			 NIC_EVENT_RECOVERED);
	assert_int_equal(script->wakes[0], 1);
	assert_int_equal(script->status, 0xf);
	frame(script, 300);
	expect(script, 300, 1);
	nic_stop(script->nic);
	assert_int_equal(script->supplied - script->released, 2);
}

static void m22_id_out_of_range(struct virtio_script *script)
{
	m22_bad_id(script, 64);
}

static void m22_id_huge(struct virtio_script *script)
{
	m22_bad_id(script, UINT32_MAX);
}

/* More comes back than is there, and the index of it goes back. */
static void m22_index(struct virtio_script *script, uint16_t index)
{
	frame(script, 100);
	virtio_script_ram_set16(script, script->queues[RX].device + 2, index);
	assert_int_equal(receive(script, 8), 0);
	assert_int_equal(statistics(script).bad_messages, 1);
	assert_int_equal(statistics(script).rx_drop_malformed, 0);
	assert_int_equal(nic_events(script->nic) & NIC_EVENT_RECOVERED,
			 NIC_EVENT_RECOVERED);
	frame(script, 300);
	expect(script, 300, 1);
}

static void m22_index_too_far(struct virtio_script *script)
{
	m22_index(script, 65);
}

static void m22_index_back(struct virtio_script *script)
{
	m22_index(script, 0xffff);
}

static void m22_id_twice(struct virtio_script *script)
{
	frame(script, 100);
	virtio_script_use_id(script, RX, script->chain.id, 1, 100);
	/* Its buffer was posted again: it is believed, and no buffer lost. */
	receive(script, 8);
	nic_events(script->nic);
	nic_stop(script->nic);
	assert_int_equal(script->supplied - script->released,
			 statistics(script).rx_frames);
}

/* ---- What the header says ---- */

static void m35_partial_checksum(struct virtio_script *script)
{
	struct virtio_script_header header = {
		.flags = NEEDS_CSUM,
		.start = 34,
		.offset = 16,
	};

	virtio_script_receive(script, RX, &header, content, 100);
	expect(script, 100, 1);
	assert_int_equal(packets[0].flags, NET_RX_CHECKSUM_PARTIAL);
	assert_int_equal(packets[0].l3_offset, 14);
	assert_int_equal(packets[0].l4_offset, 34);
	assert_int_equal(packets[0].checksum_offset, 16);
	/* The last place that it fits, and one more. */
	header.offset = 64;
	virtio_script_receive(script, RX, &header, content, 100);
	expect(script, 100, 1);
	header.offset = 65;
	virtio_script_receive(script, RX, &header, content, 100);
	header.offset = 0xffff;
	virtio_script_receive(script, RX, &header, content, 100);
	header.offset = 16;
	header.start = 0xffff;
	virtio_script_receive(script, RX, &header, content, 100);
	header.start = 13;
	virtio_script_receive(script, RX, &header, content, 100);
	assert_int_equal(receive(script, 8), 0);
	assert_int_equal(statistics(script).rx_drop_malformed, 4);
}

static void partial_behind_a_tag(struct virtio_script *script)
{
	const struct virtio_script_header header = {
		.flags = NEEDS_CSUM,
		.start = 58,
		.offset = 6,
	};

	content[12] = 0x81;
	content[16] = 0x86;
	content[17] = 0xdd;
	virtio_script_receive(script, RX, &header, content, 100);
	expect(script, 100, 1);
	assert_int_equal(packets[0].flags, NET_RX_CHECKSUM_PARTIAL | NET_IPV6);
	assert_int_equal(packets[0].l3_offset, 18);
	assert_int_equal(packets[0].l4_offset, 58);
	fill_content();
}

static void checked(struct virtio_script *script)
{
	/* Bits that are not known are ignored. */
	const struct virtio_script_header header = {
		.flags = DATA_VALID | 0xf0,
		.start = 0xffff,
		.offset = 0xffff,
	};

	virtio_script_receive(script, RX, &header, content, 100);
	expect(script, 100, 1);
	assert_int_equal(packets[0].flags, NET_RX_CHECKSUM_L4_GOOD);
	frame(script, 100);
	expect(script, 100, 1);
	assert_int_equal(packets[0].flags, 0);
}

static void no_guest_checksum(struct virtio_script *script)
{
	script->configuration.large_receive = true;
	script->offered &= ~VIRTIO_BIT(F_GUEST_CSUM);
}

/* M8, M35: what was not negotiated is not believed. */
static void m35_not_negotiated(struct virtio_script *script)
{
	struct virtio_script_header header = {
		.flags = NEEDS_CSUM | DATA_VALID,
		.start = 34,
		.offset = 16,
	};

	assert_int_equal(script->accepted & (VIRTIO_BIT(F_GUEST_TSO4) |
					     VIRTIO_BIT(F_GUEST_TSO6)),
			 0);
	virtio_script_receive(script, RX, &header, content, 100);
	expect(script, 100, 1);
	assert_int_equal(packets[0].flags, 0);
	header.gso_type = 1;
	header.segment_bytes = 1448;
	virtio_script_receive(script, RX, &header, content, 100);
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(statistics(script).rx_drop_malformed, 1);
}

static void large(struct virtio_script *script)
{
	script->configuration.large_receive = true;
}

static void m35_large(struct virtio_script *script)
{
	struct virtio_script_header header = {
		.flags = NEEDS_CSUM,
		.gso_type = 1,
		.segment_bytes = 1448,
		.start = 34,
		.offset = 16,
	};

	assert_true(script->nic->information.features & NIC_FEATURE_RX_LARGE);
	assert_int_equal(
		virtio_script_receive(script, RX, &header, content, 60000), 30);
	expect(script, 60000, 30);
	assert_int_equal(packets[0].flags,
			 NET_RX_LARGE | NET_RX_CHECKSUM_PARTIAL);
	assert_int_equal(packets[0].segment_bytes, 1448);
	/* ECN beside it; IPv6. */
	header.gso_type = 0x84;
	content[12] = 0x86;
	content[13] = 0xdd;
	virtio_script_receive(script, RX, &header, content, 65549);
	expect(script, 65549, 33);
	assert_int_equal(packets[0].flags,
			 NET_RX_LARGE | NET_RX_CHECKSUM_PARTIAL | NET_IPV6);
	fill_content();
	assert_int_equal(statistics(script).rx_frames, 2);
}

static void m35_large_malformed(struct virtio_script *script)
{
	struct virtio_script_header header = {
		.gso_type = 1,
		.start = 34,
		.offset = 16,
	};

	/* No size of its segments, kinds that were not accepted, */
	virtio_script_receive(script, RX, &header, content, 3000);
	header.segment_bytes = 1448;
	header.gso_type = 3;
	virtio_script_receive(script, RX, &header, content, 3000);
	header.gso_type = 5;
	virtio_script_receive(script, RX, &header, content, 3000);
	assert_int_equal(receive(script, 8), 0);
	assert_int_equal(statistics(script).rx_drop_malformed, 3);
	/* and longer than can be. */
	header.gso_type = 1;
	virtio_script_receive(script, RX, &header, content, 65554);
	assert_int_equal(receive(script, 8), 0);
	assert_int_equal(statistics(script).rx_drop_length, 1);
	virtio_script_receive(script, RX, &header, content, 65553);
	assert_int_equal(receive(script, 1), 1);
}

/* ---- Interrupts ---- */

static void m26_armed_and_woken(struct virtio_script *script)
{
	assert_true(nic_arm(script->nic, 0));
	frame(script, 100);
	assert_true(virtio_script_interrupt_wanted(script, RX));
	virtio_script_interrupt(script, 1);
	assert_int_equal(script->wakes[0], 1);
	expect(script, 100, 1);
	/* Polled: none is asked for, and nobody is woken. */
	frame(script, 100);
	assert_false(virtio_script_interrupt_wanted(script, RX));
	virtio_script_interrupt(script, 1);
	assert_int_equal(script->wakes[0], 1);
	/* M26: there already. */
	assert_false(nic_arm(script->nic, 0));
	expect(script, 100, 1);
	assert_true(nic_arm(script->nic, 0));
	nic_disarm(script->nic, 0);
	frame(script, 100);
	virtio_script_interrupt(script, 1);
	assert_int_equal(script->wakes[0], 1);
	expect(script, 100, 1);
}

/* M28, M44: an interrupt that finds nothing, twice, and one without reason. */
static void m28_interrupt_finds_nothing(struct virtio_script *script)
{
	assert_true(nic_arm(script->nic, 0));
	virtio_script_interrupt(script, 1);
	virtio_script_interrupt(script, 0);
	assert_int_equal(script->wakes[0], 0);
	/* The reason came with the one before: the queue is looked at. */
	frame(script, 100);
	virtio_script_interrupt(script, 0);
	assert_int_equal(script->wakes[0], 1);
	expect(script, 100, 1);
	assert_int_equal(script->acknowledged, 1);
}

/* M28: acknowledged before the queues are looked at. */
static void m28_acknowledged_first(struct virtio_script *script)
{
	assert_true(nic_arm(script->nic, 0));
	frame(script, 100);
	virtio_script_interrupt(script, 1);
	assert_int_equal(script->interrupt_status, 0);
	/* M29: what it says besides is not answered. */
	virtio_script_interrupt(script, 0xfc);
	assert_int_equal(script->interrupt_status, 0xfc);
	assert_int_equal(statistics(script).interrupts, 1);
}

static void quiet(struct virtio_script *script)
{
	script->offered &= ~VIRTIO_BIT(F_EVENT_IDX);
}

static void packed_quiet(struct virtio_script *script)
{
	packed(script);
	quiet(script);
}

/* ---- The end ---- */

static void stopped_with_frames(struct virtio_script *script)
{
	frame(script, 100);
	frame(script, 5000);
	nic_stop(script->nic);
	assert_int_equal(script->released, script->supplied);
	assert_int_equal(receive(script, 4), 0);
	assert_int_equal(nic_start(script->nic), 0);
	frame(script, 100);
	expect(script, 100, 1);
}

static void once(struct virtio_script *script)
{
	script->vendor_id = 0;
	script->reset_fails = true;
}

/* M43: a device that is not reset keeps its buffers, and goes on with them. */
static void m43_stopped_and_not_reset(struct virtio_script *script)
{
	unsigned i, writes = virtio_script_writes(script, 0x70);

	frame(script, 100);
	nic_stop(script->nic);
	assert_int_equal(script->status, 0xf);
	assert_int_equal(script->released, 0);
	for (i = 0; i < 20; i++)
		frame(script, 200);
	assert_int_equal(receive(script, 4), 0);
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(virtio_script_writes(script, 0x70), writes);
	assert_int_equal(receive(script, 64), 0);
	assert_int_equal(statistics(script).rx_drop_stopped, 21);
	for (i = 0; i < 100; i++) {
		frame(script, 300);
		expect(script, 300, 1);
	}
}

#define CASE(name, body, prepare, start)                                       \
	static void name##_test(void **state)                                  \
	{                                                                      \
		(void)state;                                                   \
		fill_content();                                                \
		virtio_script_run(body, prepare, start);                       \
	}

CASE(m19_posted_at_start, m19_posted_at_start, NULL, true)
CASE(m19_posted_at_start_packed, m19_posted_at_start, packed, true)
CASE(many_rounds, many_rounds, NULL, true)
CASE(many_rounds_packed, many_rounds, packed, true)
CASE(m25_refill_kicks, m25_refill_kicks, NULL, true)
CASE(over_pages, over_pages, scattered, true)
CASE(m19_capacity_is_kept, m19_capacity_is_kept, sixty_buffers, true)
CASE(m19_capacity_is_kept_packed, m19_capacity_is_kept, sixty_buffers, true)
CASE(m19_comes_back, m19_comes_back, sixty_buffers, true)
CASE(few_are_used, few_are_used, few_buffers, true)
CASE(start_without_buffers, start_without_buffers, no_buffers, false)
CASE(m21_several_buffers, m21_several_buffers, jumbo, true)
CASE(m21_follower_is_late, m21_follower_is_late, jumbo, true)
CASE(m21_number_of_buffers, m21_number_of_buffers, NULL, true)
CASE(m21_follower_is_bad, m21_follower_is_bad, NULL, true)
CASE(too_few_segments, too_few_segments, jumbo, true)
CASE(m20_buffers_together, m20_buffers_together, short_buffers, true)
CASE(m20_large_without_mergeable, m20_large_without_mergeable,
     large_without_mergeable, true)
CASE(m20_large_is_not_accepted, m20_large_is_not_accepted,
     large_in_a_small_queue, true)
CASE(number_is_not_looked_at, number_is_not_looked_at, without_mergeable, true)
CASE(m22_lengths, m22_lengths, NULL, true)
CASE(longer_than_the_mtu, longer_than_the_mtu, NULL, true)
CASE(m22_id_out_of_range, m22_id_out_of_range, NULL, true)
CASE(m22_id_out_of_range_packed, m22_id_out_of_range, packed, true)
CASE(m22_index_too_far, m22_index_too_far, NULL, true)
CASE(m22_index_back, m22_index_back, NULL, true)
CASE(m22_id_huge, m22_id_huge, NULL, true)
CASE(m22_id_twice, m22_id_twice, NULL, true)
CASE(m35_partial_checksum, m35_partial_checksum, NULL, true)
CASE(partial_behind_a_tag, partial_behind_a_tag, NULL, true)
CASE(checked, checked, NULL, true)
CASE(m35_not_negotiated, m35_not_negotiated, no_guest_checksum, true)
CASE(m35_large, m35_large, large, true)
CASE(m35_large_malformed, m35_large_malformed, large, true)
CASE(m26_armed_and_woken, m26_armed_and_woken, NULL, true)
CASE(m26_armed_and_woken_packed, m26_armed_and_woken, packed, true)
CASE(m27_armed_by_flags, m26_armed_and_woken, quiet, true)
CASE(m27_armed_by_flags_packed, m26_armed_and_woken, packed_quiet, true)
CASE(m28_interrupt_finds_nothing, m28_interrupt_finds_nothing, NULL, true)
CASE(m28_acknowledged_first, m28_acknowledged_first, NULL, true)
CASE(stopped_with_frames, stopped_with_frames, jumbo, true)
CASE(m43_stopped_and_not_reset, m43_stopped_and_not_reset, once, true)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(m19_posted_at_start_test),
		cmocka_unit_test(m19_posted_at_start_packed_test),
		cmocka_unit_test(many_rounds_test),
		cmocka_unit_test(many_rounds_packed_test),
		cmocka_unit_test(m25_refill_kicks_test),
		cmocka_unit_test(over_pages_test),
		cmocka_unit_test(m19_capacity_is_kept_test),
		cmocka_unit_test(m19_capacity_is_kept_packed_test),
		cmocka_unit_test(m19_comes_back_test),
		cmocka_unit_test(few_are_used_test),
		cmocka_unit_test(start_without_buffers_test),
		cmocka_unit_test(m21_several_buffers_test),
		cmocka_unit_test(m21_follower_is_late_test),
		cmocka_unit_test(m21_number_of_buffers_test),
		cmocka_unit_test(m21_follower_is_bad_test),
		cmocka_unit_test(too_few_segments_test),
		cmocka_unit_test(m20_buffers_together_test),
		cmocka_unit_test(m20_large_without_mergeable_test),
		cmocka_unit_test(m20_large_is_not_accepted_test),
		cmocka_unit_test(number_is_not_looked_at_test),
		cmocka_unit_test(m22_lengths_test),
		cmocka_unit_test(longer_than_the_mtu_test),
		cmocka_unit_test(m22_id_out_of_range_test),
		cmocka_unit_test(m22_id_out_of_range_packed_test),
		cmocka_unit_test(m22_index_too_far_test),
		cmocka_unit_test(m22_index_back_test),
		cmocka_unit_test(m22_id_huge_test),
		cmocka_unit_test(m22_id_twice_test),
		cmocka_unit_test(m35_partial_checksum_test),
		cmocka_unit_test(partial_behind_a_tag_test),
		cmocka_unit_test(checked_test),
		cmocka_unit_test(m35_not_negotiated_test),
		cmocka_unit_test(m35_large_test),
		cmocka_unit_test(m35_large_malformed_test),
		cmocka_unit_test(m26_armed_and_woken_test),
		cmocka_unit_test(m26_armed_and_woken_packed_test),
		cmocka_unit_test(m27_armed_by_flags_test),
		cmocka_unit_test(m27_armed_by_flags_packed_test),
		cmocka_unit_test(m28_interrupt_finds_nothing_test),
		cmocka_unit_test(m28_acknowledged_first_test),
		cmocka_unit_test(stopped_with_frames_test),
		cmocka_unit_test(m43_stopped_and_not_reset_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
