/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames to a virtio network device that does what the test says. A test that
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

#define TX	1u
#define HEADERS (14u + 20 + 20)

static struct virtio_script_chain chain;

static struct nic_statistics statistics(struct virtio_script *script)
{
	struct nic_statistics counted;

	nic_statistics(script->nic, &counted);
	return counted;
}

static uint8_t *own(struct virtio_script *script)
{
	return script->memory + VIRTIO_SCRIPT_OWN;
}

/* A frame of TCP over IPv4, or anything. */
static void fill(struct virtio_script *script, uint32_t bytes)
{
	uint8_t *frame = own(script);
	uint32_t i;

	for (i = 0; i < bytes; i++)
		frame[i] = (uint8_t)(i * 7 + 1);
	frame[12] = 8;
	frame[13] = 0;
	/* Five words of TCP header. */
	frame[14 + 20 + 12] = 0x50;
	frame[14 + 20 + 13] = 0x10;
}

static unsigned reclaim(struct virtio_script *script)
{
	void *owners[512];

	return nic_reclaim(script->nic, 0, owners, 512);
}

static bool send(struct virtio_script *script, uint32_t length)
{
	return virtio_script_transmit(script, own(script), length, 0);
}

/* A packet of TCP with what it asks for. */
static struct net_packet tcp(uint32_t length, uint16_t flags)
{
	return (struct net_packet){
		.segment_count = 1,
		.length = length,
		.flags = flags,
		.l3_offset = 14,
		.l4_offset = flags & NET_IPV6 ? 54 : 34,
		.segment_bytes = 1400,
	};
}

static bool send_packet(struct virtio_script *script, struct net_packet packet)
{
	struct net_segment segment = {
		.data = own(script),
		.length = packet.length,
	};

	packet.owner = own(script);
	return nic_transmit(script->nic, 0, &packet, 1, &segment) == 1;
}

static uint16_t half(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static void take(struct virtio_script *script)
{
	assert_true(virtio_script_take(script, TX, &chain));
}

static void finish(struct virtio_script *script)
{
	virtio_script_use(script, &chain, 0);
	assert_int_equal(reclaim(script), 1);
}

static void quiet(struct virtio_script *script)
{
	script->offered &= ~VIRTIO_BIT(F_EVENT_IDX);
}

static void packed(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_PACKED);
}

static void packed_quiet(struct virtio_script *script)
{
	packed(script);
	quiet(script);
}

static void indirect(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_INDIRECT);
}

static void packed_indirect(struct virtio_script *script)
{
	packed(script);
	indirect(script);
}

/* ---- One frame ---- */

/* M23, M33: a header of zeros before it; what was written is not looked at. */
static void m23_m33_plain_frame(struct virtio_script *script)
{
	static const uint8_t none[12];
	void *owner = NULL;

	fill(script, 1514);
	assert_true(send(script, 1514));
	take(script);
	assert_int_equal(chain.readable, 1514 + 12);
	assert_int_equal(chain.writable, 0);
	assert_memory_equal(chain.bytes, none, sizeof(none));
	assert_memory_equal(chain.bytes + 12, own(script), 1514);
	assert_int_equal(nic_reclaim(script->nic, 0, &owner, 1), 0);
	virtio_script_use(script, &chain, UINT32_MAX);
	assert_int_equal(nic_reclaim(script->nic, 0, &owner, 1), 1);
	assert_ptr_equal(owner, own(script));
	assert_int_equal(statistics(script).tx_frames, 1);
	assert_int_equal(statistics(script).tx_bytes, 1514);
	assert_int_equal(statistics(script).tx_pages, 1);
}

static void segments_in_order(struct virtio_script *script)
{
	struct net_segment segments[] = {
		{.data = own(script), .length = 14},
		{.data = own(script) + 14, .length = 0},
		{.data = own(script) + 14, .length = 500},
		/* Over the end of a page, to one that is no neighbour. */
		{.data = own(script) + 514, .length = 4096 - 500},
	};
	struct net_packet packet = {
		.segment_count = 4,
		.length = 1400,
		.owner = segments,
	};

	fill(script, 5000);
	segments[3].length = 1400 - 514;
	segments[3].data = own(script) + 4096 - 300;
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, segments), 1);
	take(script);
	assert_int_equal(chain.readable, 12 + 1400);
	assert_memory_equal(chain.bytes + 12, own(script), 514);
	assert_memory_equal(chain.bytes + 12 + 514, own(script) + 4096 - 300,
			    1400 - 514);
	assert_true(chain.count >= 4);
	finish(script);
}

static void invalid(struct virtio_script *script)
{
	struct net_segment segment = {.data = own(script), .length = 100};
	struct net_packet packet = {.segment_count = 1, .length = 101};
	unsigned counted = 0;

	fill(script, 4096);
	/* Too short, too long, a length that is not that of its segments, */
	assert_true(send(script, 13));
	assert_true(send(script, 1515));
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, &segment), 1);
	packet.segment_count = 0;
	packet.length = 0;
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, &segment), 1);
	counted += 4;
	/* a tag beside the frame, a sum that the device does not fill in. */
	assert_true(send_packet(script, tcp(100, NET_VLAN)));
	assert_true(send_packet(script, tcp(100, NET_TX_CHECKSUM_IPV4)));
	counted += 2;
	assert_int_equal(statistics(script).tx_invalid, counted);
	assert_false(virtio_script_take(script, TX, &chain));
	assert_int_equal(script->queues[TX].kicks, 0);
	assert_int_equal(reclaim(script), counted);
	/* A tag in the frame may make it longer. */
	own(script)[12] = 0x81;
	own(script)[13] = 0;
	assert_true(send(script, 1518));
	take(script);
	finish(script);
	assert_int_equal(statistics(script).tx_frames, 1);
}

/* ---- Offloads ---- */

static void m33_checksum(struct virtio_script *script)
{
	fill(script, 200);
	assert_true(send_packet(script, tcp(200, NET_TX_CHECKSUM_TCP)));
	take(script);
	assert_int_equal(chain.bytes[0], 1);
	assert_int_equal(chain.bytes[1], 0);
	assert_int_equal(half(chain.bytes + 6), 34);
	assert_int_equal(half(chain.bytes + 8), 16);
	assert_int_equal(half(chain.bytes + 10), 0);
	/* The stack's memory is as it was. */
	assert_memory_equal(chain.bytes + 12, own(script), 200);
	finish(script);
	assert_true(
		send_packet(script, tcp(200, NET_TX_CHECKSUM_UDP | NET_IPV6)));
	take(script);
	assert_int_equal(half(chain.bytes + 6), 54);
	assert_int_equal(half(chain.bytes + 8), 6);
	finish(script);
}

static void m33_checksum_outside(struct virtio_script *script)
{
	struct net_packet packet = tcp(200, NET_TX_CHECKSUM_TCP);

	fill(script, 200);
	packet.l4_offset = 190;
	assert_true(send_packet(script, packet));
	packet.l4_offset = 20;
	assert_true(send_packet(script, packet));
	packet = tcp(200, NET_TX_CHECKSUM_TCP | NET_TX_CHECKSUM_UDP);
	assert_true(send_packet(script, packet));
	packet = tcp(200, NET_TX_CHECKSUM_TCP);
	packet.l3_offset = 13;
	assert_true(send_packet(script, packet));
	assert_int_equal(statistics(script).tx_invalid, 4);
	assert_int_equal(reclaim(script), 4);
}

static void no_checksum(struct virtio_script *script)
{
	script->offered &= ~VIRTIO_BIT(F_CSUM);
}

static void m33_not_negotiated(struct virtio_script *script)
{
	uint32_t features = script->nic->information.features;

	fill(script, 200);
	assert_int_equal(features & (NIC_FEATURE_TX_CHECKSUM_TCP |
				     NIC_FEATURE_TX_TSO_IPV4 |
				     NIC_FEATURE_TX_TSO_IPV6),
			 0);
	assert_int_equal(script->nic->information.tso_bytes_max, 0);
	assert_true(send_packet(script, tcp(200, NET_TX_CHECKSUM_TCP)));
	assert_true(send_packet(script,
				tcp(200, NET_TX_CHECKSUM_TCP | NET_TX_TSO)));
	assert_int_equal(statistics(script).tx_invalid, 2);
	assert_int_equal(reclaim(script), 2);
}

static void m34_segmentation(struct virtio_script *script)
{
	const uint16_t flags = NET_TX_TSO | NET_TX_CHECKSUM_TCP;

	fill(script, 40000);
	assert_true(send_packet(script, tcp(40000, flags)));
	take(script);
	assert_int_equal(chain.readable, 40012);
	assert_int_equal(chain.bytes[0], 1);
	assert_int_equal(chain.bytes[1], 1);
	assert_int_equal(half(chain.bytes + 2), HEADERS);
	assert_int_equal(half(chain.bytes + 4), 1400);
	assert_int_equal(half(chain.bytes + 6), 34);
	assert_int_equal(half(chain.bytes + 8), 16);
	finish(script);
	own(script)[54 + 12] = 0x50;
	assert_true(send_packet(script, tcp(40000, flags | NET_IPV6)));
	take(script);
	assert_int_equal(chain.bytes[1], 4);
	assert_int_equal(half(chain.bytes + 2), 14 + 40 + 20);
	finish(script);
	assert_int_equal(statistics(script).tx_segmented, 2);
	/* Not more than Firecracker takes, header and all. */
	assert_true(script->nic->information.tso_bytes_max + 12 <= 65562);
}

static void segmentation_invalid(struct virtio_script *script)
{
	const uint16_t flags = NET_TX_TSO | NET_TX_CHECKSUM_TCP;
	struct net_packet packet = tcp(3000, flags);

	fill(script, 70000);
	packet.segment_bytes = 0;
	assert_true(send_packet(script, packet));
	/* Segments that the MTU does not allow, */
	packet.segment_bytes = 1480;
	assert_true(send_packet(script, packet));
	/* more than there can be, no payload, */
	assert_true(send_packet(script, tcp(65550, flags)));
	assert_true(send_packet(script, tcp(HEADERS, flags)));
	/* another protocol, a header that is too short. */
	assert_true(send_packet(script,
				tcp(3000, NET_TX_TSO | NET_TX_CHECKSUM_UDP)));
	own(script)[14 + 20 + 12] = 0x40;
	assert_true(send_packet(script, tcp(3000, flags)));
	assert_int_equal(statistics(script).tx_invalid, 6);
	assert_int_equal(reclaim(script), 6);
}

static void no_tso6(struct virtio_script *script)
{
	script->offered &= ~VIRTIO_BIT(F_HOST_TSO6);
}

static void m34_only_what_was_offered(struct virtio_script *script)
{
	const uint16_t flags = NET_TX_TSO | NET_TX_CHECKSUM_TCP | NET_IPV6;

	fill(script, 3000);
	own(script)[54 + 12] = 0x50;
	assert_int_equal(
		script->nic->information.features & NIC_FEATURE_TX_TSO_IPV6, 0);
	assert_true(send_packet(script, tcp(3000, flags)));
	assert_int_equal(statistics(script).tx_invalid, 1);
	assert_int_equal(reclaim(script), 1);
}

static void with_ecn(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_HOST_ECN);
}

static void ecn(struct virtio_script *script)
{
	const uint16_t flags = NET_TX_TSO | NET_TX_CHECKSUM_TCP;

	fill(script, 3000);
	own(script)[14 + 20 + 13] |= 0x80;
	assert_true(send_packet(script, tcp(3000, flags)));
	take(script);
	assert_int_equal(chain.bytes[1], 0x81);
	finish(script);
	own(script)[14 + 20 + 13] = 0x10;
	assert_true(send_packet(script, tcp(3000, flags)));
	take(script);
	assert_int_equal(chain.bytes[1], 1);
	finish(script);
}

/* ---- Notifications ---- */

static struct net_packet burst[300];
static struct net_segment burst_segments[300];

static unsigned send_burst(struct virtio_script *script, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		burst_segments[i].data = own(script);
		burst_segments[i].length = 100;
		burst[i] = (struct net_packet){
			.first_segment = i,
			.segment_count = 1,
			.length = 100,
			.owner = own(script),
		};
	}
	return nic_transmit(script->nic, 0, burst, n, burst_segments);
}

static unsigned take_all(struct virtio_script *script)
{
	unsigned n;

	for (n = 0; virtio_script_take(script, TX, &chain); n++)
		virtio_script_use(script, &chain, 0);
	return n;
}

/* M25, M40: one for a burst, a word that is the queue's number. */
static void m25_m40_one_kick_for_a_burst(struct virtio_script *script)
{
	unsigned before = virtio_script_writes(script, 0x50);

	fill(script, 200);
	assert_int_equal(send_burst(script, 20), 20);
	assert_int_equal(script->queues[TX].kicks, 1);
	assert_int_equal(virtio_script_writes(script, 0x50), before + 1);
	assert_int_equal(virtio_script_written(script, 0x50, before), TX);
	assert_int_equal(take_all(script), 20);
	assert_int_equal(reclaim(script), 20);
}

/* M25: the event in the midst of a burst, before it, and behind. */
static void m25_event_in_a_burst(struct virtio_script *script)
{
	unsigned place;

	fill(script, 200);
	for (place = 0; place < 12; place++) {
		unsigned next = script->queues[TX].next;

		/* Frames of two descriptors count as one here. */
		virtio_script_event(script, TX, (uint16_t)(next + place - 3));
		script->queues[TX].kicks = 0;
		assert_int_equal(send_burst(script, 6), 6);
		assert_int_equal(script->queues[TX].kicks,
				 place >= 3 && place < 9);
		assert_int_equal(take_all(script), 6);
		assert_int_equal(reclaim(script), 6);
	}
}

/* M45: round and round, past 65536, with an event at the next frame. */
static void m45_indexes_wrap(struct virtio_script *script)
{
	struct virtio_script_queue *queue = &script->queues[TX];
	unsigned i, sent = 0;

	fill(script, 200);
	for (i = 0; sent < 70000; i++) {
		unsigned n = 1 + i % 31;

		virtio_script_event(script, TX, queue->next);
		queue->kicks = 0;
		assert_int_equal(send_burst(script, n), n);
		assert_int_equal(queue->kicks, 1);
		/* None that is not asked for. */
		virtio_script_event(script, TX, (uint16_t)(queue->next - 1));
		queue->kicks = 0;
		assert_int_equal(take_all(script), n);
		assert_int_equal(reclaim(script), n);
		sent += n;
	}
	assert_int_equal(statistics(script).tx_frames, sent);
}

/* The place of a packed ring is one of its descriptors, with its counter. */
static void m45_packed_wraps(struct virtio_script *script)
{
	struct virtio_script_queue *queue = &script->queues[TX];
	unsigned i, sent = 0;

	fill(script, 200);
	for (i = 0; sent < 5000; i++) {
		unsigned n = 1 + i % 31;
		uint16_t before = queue->next, wrap = queue->next_wrap;

		virtio_script_event(script, TX,
				    (uint16_t)(before | wrap << 15));
		queue->kicks = 0;
		assert_int_equal(send_burst(script, n), n);
		assert_int_equal(queue->kicks, 1);
		assert_int_equal(take_all(script), n);
		assert_int_equal(reclaim(script), n);
		/* Passed already: none. */
		virtio_script_event(script, TX,
				    (uint16_t)(before | wrap << 15));
		queue->kicks = 0;
		assert_int_equal(send_burst(script, 1), 1);
		assert_int_equal(queue->kicks, 0);
		assert_int_equal(take_all(script), 1);
		assert_int_equal(reclaim(script), 1);
		sent += n + 1;
	}
	assert_int_equal(statistics(script).tx_frames, sent);
}

static void no_notification_asked(struct virtio_script *script)
{
	fill(script, 200);
	virtio_script_quiet(script, TX, true);
	assert_true(send(script, 100));
	assert_int_equal(script->queues[TX].kicks, 0);
	virtio_script_quiet(script, TX, false);
	assert_true(send(script, 100));
	assert_int_equal(script->queues[TX].kicks, 1);
	assert_int_equal(take_all(script), 2);
	assert_int_equal(reclaim(script), 2);
}

/* ---- Room ---- */

static void full(struct virtio_script *script)
{
	unsigned i, taken;

	fill(script, 200);
	/* Two descriptors a frame. */
	for (i = 0; i < 5; i++) {
		taken = send_burst(script, 100);
		assert_int_equal(taken, 32);
		assert_int_equal(send_burst(script, 1), 0);
		assert_int_equal(take_all(script), 32);
		assert_int_equal(send_burst(script, 10), 10);
		assert_int_equal(reclaim(script), 32);
		assert_int_equal(take_all(script), 10);
		assert_int_equal(reclaim(script), 10);
	}
}

/*
 * That there is room again for a frame that was not taken is said by arm, once;
 * so too when its stack has all its owners back.
 */
static void room_said_once(struct virtio_script *script)
{
	fill(script, 200);
	assert_int_equal(send_burst(script, 33), 32);
	assert_true(nic_arm(script->nic, 0));
	take(script);
	virtio_script_use(script, &chain, 0);
	virtio_script_interrupt(script, 1);
	assert_int_equal(script->wakes[0], 1);
	assert_int_equal(reclaim(script), 1);
	assert_false(nic_arm(script->nic, 0));
	assert_true(nic_arm(script->nic, 0));
	/* Taken now; and who was not turned away is told nothing. */
	assert_true(send(script, 100));
	take(script);
	finish(script);
	assert_true(nic_arm(script->nic, 0));
	/* Nor who found the room before he was told of it. */
	assert_int_equal(send_burst(script, 2), 1);
	take(script);
	finish(script);
	assert_true(send(script, 100));
	assert_true(nic_arm(script->nic, 0));
	nic_disarm(script->nic, 0);
	assert_int_equal(take_all(script), 32);
	assert_int_equal(reclaim(script), 32);
}

static void indirect_room(struct virtio_script *script)
{
	fill(script, 200);
	/* Each takes one entry, with its table. */
	assert_int_equal(send_burst(script, 100), 64);
	assert_true(virtio_script_take(script, TX, &chain));
	assert_true(chain.indirect);
	assert_int_equal(chain.entries, 1);
	assert_int_equal(chain.readable, 112);
	virtio_script_use(script, &chain, 0);
	assert_int_equal(take_all(script), 63);
	assert_int_equal(reclaim(script), 64);
}

static void small_queue(struct virtio_script *script)
{
	script->configuration.transmit_queue = 4;
	script->offered |= VIRTIO_BIT(F_INDIRECT);
}

static void small_queue_packed(struct virtio_script *script)
{
	small_queue(script);
	packed(script);
}

/* M32: no chain is longer than the queue, by tables neither. */
static void m32_no_longer_than_the_queue(struct virtio_script *script)
{
	struct net_segment segments[8];
	struct net_packet packet = {.segment_count = 4, .length = 400};
	unsigned i;

	fill(script, 800);
	for (i = 0; i < 8; i++)
		segments[i] = (struct net_segment){
			.data = own(script) + 100 * i,
			.length = 100,
		};
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, segments), 1);
	assert_int_equal(statistics(script).tx_invalid, 1);
	packet.segment_count = 3;
	packet.length = 300;
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, segments), 1);
	take(script);
	assert_int_equal(chain.count, 4);
	assert_true(chain.indirect);
	virtio_script_use(script, &chain, 0);
	assert_int_equal(reclaim(script), 2);
}

/* ---- Devices that lie ---- */

/* M22: an id that is out of range, and one that is not in flight. */
static void m22_bad_id(struct virtio_script *script, uint32_t id)
{
	fill(script, 200);
	assert_true(send(script, 100));
	take(script);
	virtio_script_use_id(script, TX, id, 1, 0);
	assert_int_equal(reclaim(script), 0);
	assert_int_equal(statistics(script).bad_messages, 1);
	assert_int_equal(script->event_wakes, 1);
	/* Nothing flows until it is dealt with. */
	assert_false(send(script, 100));
	assert_int_equal(nic_events(script->nic) & NIC_EVENT_RECOVERED,
			 NIC_EVENT_RECOVERED);
	assert_int_equal(reclaim(script), 1);
	assert_int_equal(statistics(script).tx_errors, 1);
	assert_true(send(script, 100));
	take(script);
	finish(script);
	assert_int_equal(statistics(script).tx_frames, 1);
}

static void m22_id_out_of_range(struct virtio_script *script)
{
	m22_bad_id(script, 64);
}

static void m22_id_not_in_flight(struct virtio_script *script)
{
	m22_bad_id(script, 63);
}

static void m22_id_twice(struct virtio_script *script)
{
	fill(script, 200);
	assert_true(send(script, 100));
	assert_true(send(script, 100));
	take(script);
	virtio_script_use(script, &chain, 0);
	virtio_script_use(script, &chain, 0);
	assert_int_equal(reclaim(script), 1);
	assert_int_equal(statistics(script).bad_messages, 1);
	assert_true(nic_events(script->nic) & NIC_EVENT_RECOVERED);
	assert_int_equal(reclaim(script), 1);
}

static void once(struct virtio_script *script)
{
	script->vendor_id = 0;
	script->reset_fails = true;
}

/* M4: one that a reset would end is left as it is. */
static void m4_failed_without_reset(struct virtio_script *script)
{
	unsigned writes;

	fill(script, 200);
	assert_true(send(script, 100));
	take(script);
	virtio_script_use_id(script, TX, 64, 1, 0);
	assert_int_equal(reclaim(script), 0);
	writes = virtio_script_writes(script, 0x70);
	assert_int_equal(nic_events(script->nic) & NIC_EVENT_FAILED,
			 NIC_EVENT_FAILED);
	assert_int_equal(virtio_script_writes(script, 0x70), writes);
	assert_int_equal(script->status, 0xf);
	assert_false(send(script, 100));
	assert_int_equal(reclaim(script), 1);
	assert_int_equal(nic_start(script->nic), ERROR_PROTOCOL);
}

/* Five recoveries in a second, and it is enough. */
static void recoveries_end(struct virtio_script *script)
{
	unsigned i, events = 0;

	fill(script, 200);
	for (i = 0; i < 10 && !(events & NIC_EVENT_FAILED); i++) {
		assert_true(send(script, 100));
		take(script);
		virtio_script_use_id(script, TX, 64, 1, 0);
		assert_int_equal(reclaim(script), 0);
		events = nic_events(script->nic);
		assert_int_equal(reclaim(script), 1);
	}
	assert_int_equal(i, 6);
	assert_int_equal(script->status, 0);
	assert_int_equal(nic_transmit(script->nic, 0, burst, 1, burst_segments),
			 0);
}

/* ---- Stopping ---- */

/* M46: what takes long is waited for, and the device is not reset for it. */
static void m46_completion_is_late(struct virtio_script *script)
{
	unsigned i;

	fill(script, 200);
	assert_true(send(script, 100));
	take(script);
	for (i = 0; i < 10; i++) {
		port_delay(script->port, 1000000000);
		assert_int_equal(nic_events(script->nic), 0);
		assert_int_equal(reclaim(script), 0);
	}
	finish(script);
	assert_int_equal(statistics(script).tx_frames, 1);
}

static void lost_at_stop(struct virtio_script *script)
{
	fill(script, 200);
	assert_int_equal(send_burst(script, 3), 3);
	take(script);
	virtio_script_use(script, &chain, 0);
	nic_stop(script->nic);
	assert_int_equal(script->status, 0);
	assert_int_equal(statistics(script).tx_frames, 1);
	assert_int_equal(statistics(script).tx_errors, 2);
	assert_int_equal(reclaim(script), 3);
	assert_false(send(script, 100));
	assert_int_equal(nic_start(script->nic), 0);
	assert_true(send(script, 100));
	take(script);
	finish(script);
}

static void queue_numbers(struct virtio_script *script)
{
	void *owner;

	fill(script, 200);
	assert_int_equal(nic_transmit(script->nic, 1, burst, 1, burst_segments),
			 0);
	assert_int_equal(nic_reclaim(script->nic, 1, &owner, 1), 0);
	assert_true(nic_arm(script->nic, 1));
	nic_disarm(script->nic, 1);
}

/* Out of order is as good as in order. */
static void out_of_order(struct virtio_script *script)
{
	static struct virtio_script_chain chains[4];
	static const unsigned order[] = {2, 0, 3, 1};
	void *owners[4];
	unsigned i, round;

	fill(script, 2000);
	for (round = 0; round < 50; round++) {
		for (i = 0; i < 4; i++) {
			assert_true(virtio_script_transmit(
				script, own(script) + 128 * i, 100 + i, 0));
			assert_true(virtio_script_take(script, TX, &chains[i]));
		}
		for (i = 0; i < 4; i++)
			virtio_script_use(script, &chains[order[i]], 0);
		assert_int_equal(nic_reclaim(script->nic, 0, owners, 4), 4);
		for (i = 0; i < 4; i++)
			assert_ptr_equal(owners[i],
					 own(script) + 128 * order[i]);
	}
}

#define CASE(test, body, prepare)                                              \
	static void test(void **state)                                         \
	{                                                                      \
		(void)state;                                                   \
		virtio_script_run(body, prepare, true);                        \
	}

CASE(edge_M23_M33_plain_frame, m23_m33_plain_frame, NULL)
CASE(plain_packed_test, m23_m33_plain_frame, packed)
CASE(plain_indirect_test, m23_m33_plain_frame, indirect)
CASE(plain_packed_indirect_test, m23_m33_plain_frame, packed_indirect)
CASE(segments_in_order_test, segments_in_order, NULL)
CASE(segments_packed_test, segments_in_order, packed)
CASE(segments_indirect_test, segments_in_order, indirect)
CASE(segments_packed_indirect_test, segments_in_order, packed_indirect)
CASE(invalid_test, invalid, NULL)
CASE(edge_M33_checksum, m33_checksum, NULL)
CASE(edge_M33_checksum_outside, m33_checksum_outside, NULL)
CASE(edge_M33_not_negotiated, m33_not_negotiated, no_checksum)
CASE(edge_M34_segmentation, m34_segmentation, NULL)
CASE(segmentation_invalid_test, segmentation_invalid, NULL)
CASE(edge_M34_only_what_was_offered, m34_only_what_was_offered, no_tso6)
CASE(ecn_test, ecn, with_ecn)
CASE(edge_M25_M40_one_kick_for_a_burst, m25_m40_one_kick_for_a_burst, NULL)
CASE(one_kick_packed_test, m25_m40_one_kick_for_a_burst, packed)
CASE(edge_M25_event_in_a_burst, m25_event_in_a_burst, NULL)
CASE(edge_M45_indexes_wrap, m45_indexes_wrap, NULL)
CASE(edge_M45_indexes_wrap_indirect, m45_indexes_wrap, indirect)
CASE(edge_M45_packed_wraps, m45_packed_wraps, packed)
CASE(edge_M45_packed_wraps_indirect, m45_packed_wraps, packed_indirect)
CASE(no_notification_asked_test, no_notification_asked, quiet)
CASE(no_notification_packed_test, no_notification_asked, packed_quiet)
CASE(no_notification_packed_events_test, no_notification_asked, packed)
CASE(full_test, full, NULL)
CASE(full_packed_test, full, packed)
CASE(room_for_a_frame_turned_away_is_said_once_test, room_said_once, NULL)
CASE(room_for_a_frame_turned_away_is_said_once_packed_test, room_said_once,
     packed)
CASE(indirect_room_test, indirect_room, indirect)
CASE(indirect_room_packed_test, indirect_room, packed_indirect)
CASE(no_longer_than_the_queue_packed_test, m32_no_longer_than_the_queue,
     small_queue_packed)
CASE(edge_M32_no_longer_than_the_queue, m32_no_longer_than_the_queue,
     small_queue)
CASE(edge_M22_id_out_of_range, m22_id_out_of_range, NULL)
CASE(edge_M22_id_not_in_flight, m22_id_not_in_flight, NULL)
CASE(edge_M22_id_out_of_range_packed, m22_id_out_of_range, packed)
CASE(edge_M22_id_not_in_flight_packed, m22_id_not_in_flight, packed)
CASE(edge_M22_id_twice, m22_id_twice, NULL)
CASE(edge_M22_id_twice_packed, m22_id_twice, packed)
CASE(edge_M4_failed_without_reset, m4_failed_without_reset, once)
CASE(recoveries_end_test, recoveries_end, NULL)
CASE(edge_M46_completion_is_late, m46_completion_is_late, NULL)
CASE(lost_at_stop_test, lost_at_stop, NULL)
CASE(queue_numbers_test, queue_numbers, NULL)
CASE(out_of_order_test, out_of_order, NULL)
CASE(out_of_order_packed_test, out_of_order, packed)
CASE(out_of_order_indirect_test, out_of_order, indirect)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_M23_M33_plain_frame),
		cmocka_unit_test(plain_packed_test),
		cmocka_unit_test(plain_indirect_test),
		cmocka_unit_test(plain_packed_indirect_test),
		cmocka_unit_test(segments_in_order_test),
		cmocka_unit_test(segments_packed_test),
		cmocka_unit_test(segments_indirect_test),
		cmocka_unit_test(segments_packed_indirect_test),
		cmocka_unit_test(invalid_test),
		cmocka_unit_test(edge_M33_checksum),
		cmocka_unit_test(edge_M33_checksum_outside),
		cmocka_unit_test(edge_M33_not_negotiated),
		cmocka_unit_test(edge_M34_segmentation),
		cmocka_unit_test(segmentation_invalid_test),
		cmocka_unit_test(edge_M34_only_what_was_offered),
		cmocka_unit_test(ecn_test),
		cmocka_unit_test(edge_M25_M40_one_kick_for_a_burst),
		cmocka_unit_test(one_kick_packed_test),
		cmocka_unit_test(edge_M25_event_in_a_burst),
		cmocka_unit_test(edge_M45_indexes_wrap),
		cmocka_unit_test(edge_M45_indexes_wrap_indirect),
		cmocka_unit_test(edge_M45_packed_wraps),
		cmocka_unit_test(edge_M45_packed_wraps_indirect),
		cmocka_unit_test(no_notification_asked_test),
		cmocka_unit_test(no_notification_packed_test),
		cmocka_unit_test(no_notification_packed_events_test),
		cmocka_unit_test(full_test),
		cmocka_unit_test(full_packed_test),
		cmocka_unit_test(
			room_for_a_frame_turned_away_is_said_once_test),
		cmocka_unit_test(
			room_for_a_frame_turned_away_is_said_once_packed_test),
		cmocka_unit_test(indirect_room_test),
		cmocka_unit_test(indirect_room_packed_test),
		cmocka_unit_test(edge_M32_no_longer_than_the_queue),
		cmocka_unit_test(no_longer_than_the_queue_packed_test),
		cmocka_unit_test(edge_M22_id_out_of_range),
		cmocka_unit_test(edge_M22_id_not_in_flight),
		cmocka_unit_test(edge_M22_id_out_of_range_packed),
		cmocka_unit_test(edge_M22_id_not_in_flight_packed),
		cmocka_unit_test(edge_M22_id_twice),
		cmocka_unit_test(edge_M22_id_twice_packed),
		cmocka_unit_test(edge_M4_failed_without_reset),
		cmocka_unit_test(recoveries_end_test),
		cmocka_unit_test(edge_M46_completion_is_late),
		cmocka_unit_test(lost_at_stop_test),
		cmocka_unit_test(queue_numbers_test),
		cmocka_unit_test(out_of_order_test),
		cmocka_unit_test(out_of_order_packed_test),
		cmocka_unit_test(out_of_order_indirect_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
