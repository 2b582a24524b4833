/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clauses of the virtio specification that no test of a part of the driver
 * shows; docs/virtio-conformance.csv names them all. The device does what the
 * test says. It refuses by itself a register, width or flag that is not allowed
 * (tests/support/scripted_virtio.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "tests/support/scripted_virtio.h"
#include "virtio/virtio_mmio.h"

#define RX	0u
#define TX	1u
#define CONTROL 2u

#define STATUS	  0x70u
#define DRIVER_OK 4u
#define NEEDS	  0x40u
#define FAILED	  0x80u

static uint8_t content[70000];
static struct net_packet packets[8];
static struct net_segment segments[64];
static struct virtio_script_chain chain;

static uint8_t *own(struct virtio_script *script)
{
	return script->memory + VIRTIO_SCRIPT_OWN;
}

static bool send(struct virtio_script *script, uint32_t length)
{
	own(script)[12] = 8;
	own(script)[13] = 0;
	return virtio_script_transmit(script, own(script), length, 0);
}

static uint64_t counted(struct virtio_script *script, bool invalid)
{
	struct nic_statistics statistics;

	nic_statistics(script->nic, &statistics);
	return invalid ? statistics.tx_invalid : statistics.tx_frames;
}

static void packed(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_PACKED);
}

static void quiet(struct virtio_script *script)
{
	script->offered &= ~VIRTIO_BIT(F_EVENT_IDX);
}

static void without_mergeable(struct virtio_script *script)
{
	script->offered &= ~VIRTIO_BIT(F_MRG_RXBUF);
}

/* ---- 2.1, 2.2, 3.1: status ---- */

/* 2.1.1: the device's bit outlasts what the driver writes, and is seen. */
static void needs_reset_is_kept(struct virtio_script *script)
{
	unsigned writes = virtio_script_writes(script, STATUS);

	script->status |= NEEDS;
	assert_int_equal(nic_start(script->nic), ERROR_PROTOCOL);
	assert_int_equal(virtio_script_written(script, STATUS, writes),
			 0xb | NEEDS | DRIVER_OK);
	assert_int_equal(virtio_script_written(script, STATUS, writes + 1), 0);
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(script->status, 0xf);
}

/* 2.1.1: FAILED is followed by a reset, before anything else. */
static void failed_is_reset(struct virtio_script *script)
{
	unsigned i, writes;

	assert_int_equal(nic_start(script->nic), 0);
	nic_stop(script->nic);
	/* It is another device now. */
	script->offered &= ~VIRTIO_BIT(F_CSUM);
	assert_int_equal(nic_start(script->nic), ERROR_PROTOCOL);
	writes = virtio_script_writes(script, STATUS);
	for (i = 0; i < writes; i++)
		if (virtio_script_written(script, STATUS, i) & FAILED)
			break;
	assert_in_range(i, 5, writes - 2);
	assert_int_equal(virtio_script_written(script, STATUS, i + 1), 0);
}

static void empty_place(struct virtio_script *script)
{
	script->device_id = 0;
}

/* 4.2.2.2: not a word about a place where no device is. */
static void nothing_is_said(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_NO_DEVICE);
	fflush(script->said);
	assert_int_equal(script->said_bytes, 0);
}

static void refuse_features(struct virtio_script *script)
{
	script->features_refused = true;
}

/* Where something is wrong there is one; so the log is one. */
static void something_is_said(struct virtio_script *script)
{
	assert_null(script->nic);
	fflush(script->said);
	assert_in_range(script->said_bytes, 1, SIZE_MAX);
}

static void refused_once(struct virtio_script *script)
{
	refuse_features(script);
	script->vendor_id = 0;
	script->reset_fails = true;
}

/* 2.2.1: one that would never come back is left for whoever comes next. */
static void given_up_once(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_NOT_SUPPORTED);
	assert_int_equal(script->status, 0);
	assert_int_equal(virtio_script_writes(script, 0x44), 0);
}

/* ---- 2.5: the configuration may be of any size ---- */

static void six_bytes(struct virtio_script *script)
{
	script->place.bytes = 0x106;
	script->offered |= VIRTIO_BIT(F_MTU) | VIRTIO_BIT(F_STATUS);
}

/* Fields that are there are used, and none behind the end is read. */
static void small_configuration(struct virtio_script *script)
{
	assert_non_null(script->nic);
	assert_int_equal(script->nic->information.mac[5], 3);
	assert_int_equal(script->nic->information.mtu, 1500);
	assert_int_equal(virtio_script_reads(script, 0x106), 0);
	assert_int_equal(virtio_script_reads(script, 0x10a), 0);
	assert_int_equal(nic_start(script->nic), 0);
}

/* ---- 2.7, 2.8: rings ---- */

/* 2.8.11: each area of a packed ring is aligned. */
static void packed_areas(struct virtio_script *script)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(script->queues[i].descriptors % 16, 0);
		assert_int_equal(script->queues[i].driver % 4, 0);
		assert_int_equal(script->queues[i].device % 4, 0);
	}
}

/* 2.7.10.1: with an event index the flag counts for nothing. */
static void flag_is_ignored(struct virtio_script *script)
{
	struct virtio_script_queue *queue = &script->queues[TX];

	virtio_script_quiet(script, TX, true);
	virtio_script_event(script, TX, queue->next);
	assert_true(send(script, 100));
	assert_int_equal(queue->kicks, 1);
	virtio_script_quiet(script, TX, false);
	virtio_script_event(script, TX, (uint16_t)(queue->next - 1));
	assert_true(send(script, 100));
	assert_int_equal(queue->kicks, 1);
}

/* 2.7.10.1: without one, what stands behind the ring does. */
static void event_is_ignored(struct virtio_script *script)
{
	struct virtio_script_queue *queue = &script->queues[TX];
	unsigned i;

	for (i = 0; i < 8; i++) {
		virtio_script_event(script, TX, (uint16_t)(i - 4));
		queue->kicks = 0;
		virtio_script_quiet(script, TX, i & 1);
		assert_true(send(script, 100));
		assert_int_equal(queue->kicks, !(i & 1));
	}
}

/* What the device sees at each moment while a burst is sent. */
struct moment {
	struct virtio_script *script;
	struct machine_event event;
	uint64_t fences;
	unsigned looks, seen, torn;
	bool fenced;
	/* Of a packed ring: what was available when it was first seen. */
	uint8_t descriptors[16 * 16];
	bool available[16];
};

static bool is_available(struct moment *moment, unsigned at, uint16_t *flags)
{
	*flags = virtio_script_ram16(moment->script,
				     moment->script->queues[TX].descriptors +
					     16ull * at + 14);
	return (*flags >> 7 & 1) && !(*flags >> 15 & 1);
}

/* 2.8.16, 2.8.17: a list is there from its head on, and stays as it is. */
static void packed_look(void *argument)
{
	struct moment *moment = argument;
	struct virtio_script *script = moment->script;
	uint8_t now[16];
	uint16_t flags, next;
	unsigned i;

	moment->looks++;
	for (i = 0; i < 16; i++) {
		if (!is_available(moment, i, &flags))
			continue;
		/* Four descriptors a frame: its head comes last. */
		if (i % 4 == 0 && !is_available(moment, i + 3, &next))
			moment->torn++;
		machine_ram_read(script->machine,
				 script->queues[TX].descriptors + 16ull * i,
				 now, 16);
		if (!moment->available[i])
			memcpy(moment->descriptors + 16 * i, now, 16);
		else if (memcmp(moment->descriptors + 16 * i, now, 16) != 0)
			moment->torn++;
		moment->seen += !moment->available[i];
		moment->available[i] = true;
	}
	machine_event_schedule(script->machine, &moment->event, 1);
}

/* 2.7.13.3.1: what the index covers is there: entry, descriptors, header. */
static void split_look(void *argument)
{
	struct moment *moment = argument;
	struct virtio_script *script = moment->script;
	const struct virtio_script_queue *queue = &script->queues[TX];
	uint16_t index = virtio_script_ram16(script, queue->driver + 2), head;
	uint64_t descriptor;
	unsigned i;

	moment->looks++;
	for (i = 0; i < index; i++) {
		head = virtio_script_ram16(script, queue->driver + 4 + 2u * i);
		descriptor = queue->descriptors + 16ull * head;
		/* Heads of four descriptors, the first of which is a header. */
		if (head != 4 * i ||
		    virtio_script_ram16(script, descriptor + 8) != 12 ||
		    virtio_script_ram16(script, descriptor + 12) != 1 ||
		    virtio_script_ram16(script, descriptor + 16 * 3 + 8) == 0)
			moment->torn++;
	}
	moment->seen = index;
	machine_event_schedule(script->machine, &moment->event, 1);
}

static void burst_watch(struct virtio_script *script,
			void (*look)(void *argument))
{
	struct moment moment = {
		.script = script,
		.event = {.fire = look, .argument = &moment},
	};
	struct net_packet burst[4];
	unsigned i;

	for (i = 0; i < 12; i++)
		segments[i] = (struct net_segment){
			.data = own(script) + 256 * i,
			.length = 100,
		};
	for (i = 0; i < 4; i++)
		burst[i] = (struct net_packet){
			.first_segment = 3 * i,
			.segment_count = 3,
			.length = 300,
		};
	machine_event_schedule(script->machine, &moment.event, 1);
	assert_int_equal(nic_transmit(script->nic, 0, burst, 4, segments), 4);
	port_delay(script->port, 100);
	machine_event_cancel(script->machine, &moment.event);
	assert_in_range(moment.looks, 50, UINT32_MAX);
	assert_in_range(moment.seen, 4, 16);
	assert_int_equal(moment.torn, 0);
}

static void packed_heads_last(struct virtio_script *script)
{
	burst_watch(script, packed_look);
}

static void split_index_last(struct virtio_script *script)
{
	burst_watch(script, split_look);
}

/*
 * 2.7.13.4.1, 2.8.21.3.1: the frame is shown before the fence, and what the
 * device writes when it has seen the fence is what the driver reads.
 */
static void fence_look(void *argument)
{
	struct moment *moment = argument;
	struct virtio_script *script = moment->script;
	struct virtio_script_queue *queue = &script->queues[TX];
	struct machine_counters counters;
	uint16_t flags;

	machine_counters(script->machine, &counters);
	moment->looks++;
	if (counters.fences > moment->fences && !moment->fenced) {
		moment->fenced = true;
		if (script->accepted & VIRTIO_BIT(F_PACKED))
			moment->seen = is_available(moment, 0, &flags);
		else
			moment->seen =
				virtio_script_ram16(script, queue->driver + 2);
		virtio_script_quiet(script, TX, false);
	}
	machine_event_schedule(script->machine, &moment->event, 1);
}

static void fence_between(struct virtio_script *script)
{
	struct moment moment = {
		.script = script,
		.event = {.fire = fence_look, .argument = &moment},
	};
	struct machine_counters counters;

	virtio_script_quiet(script, TX, true);
	machine_counters(script->machine, &counters);
	moment.fences = counters.fences;
	machine_event_schedule(script->machine, &moment.event, 1);
	assert_true(send(script, 100));
	machine_event_cancel(script->machine, &moment.event);
	assert_true(moment.fenced);
	assert_int_equal(moment.seen, 1);
	assert_int_equal(script->queues[TX].kicks, 1);
}

static void packed_quiet(struct virtio_script *script)
{
	packed(script);
	quiet(script);
}

/* ---- 2.7.8.3: what was not written ---- */

static void with_filters(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_CTRL_VQ) | VIRTIO_BIT(F_CTRL_RX);
}

/* An answer of which the device says that it is none. */
static void answer_not_written(struct virtio_script *script)
{
	assert_int_equal(nic_filter_set(script->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 0);
	script->control_written = 0;
	assert_int_equal(nic_filter_set(script->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 ERROR_IO);
}

/* ---- 5.1.4: the configuration of the card ---- */

static void with_mtu(struct virtio_script *script, uint16_t mtu)
{
	script->offered |= VIRTIO_BIT(F_MTU);
	script->config[10] = (uint8_t)mtu;
	script->config[11] = (uint8_t)(mtu >> 8);
}

static void mtu_1400(struct virtio_script *script)
{
	with_mtu(script, 1400);
}

static void nothing_longer(struct virtio_script *script)
{
	assert_true(send(script, 1414));
	assert_true(virtio_script_take(script, TX, &chain));
	assert_int_equal(chain.readable, 1414 + 12);
	assert_true(send(script, 1415));
	assert_false(virtio_script_take(script, TX, &chain));
	assert_int_equal(counted(script, true), 1);
}

static void mtu_9000_of_1500(struct virtio_script *script)
{
	with_mtu(script, 9000);
	without_mergeable(script);
	script->configuration.mtu = 1500;
}

/* Buffers hold what the device may send, also where less is sent. */
static void buffers_of_the_mtu(struct virtio_script *script)
{
	assert_int_equal(script->nic->information.mtu, 1500);
	assert_true(script->accepted & VIRTIO_BIT(F_MTU));
	assert_true(virtio_script_take(script, RX, &chain));
	assert_in_range(chain.writable, 12 + 14 + 9000, UINT32_MAX);
}

static void mtu_of_few_buffers(struct virtio_script *script)
{
	with_mtu(script, 65535);
	without_mergeable(script);
	script->buffer_bytes = 512;
}

/* Where there can be no such buffers it is not accepted. */
static void mtu_is_declined(struct virtio_script *script)
{
	assert_non_null(script->nic);
	assert_int_equal(script->accepted & VIRTIO_BIT(F_MTU), 0);
	assert_int_equal(script->nic->information.mtu, 1500);
}

static void mtu_9000(struct virtio_script *script)
{
	with_mtu(script, 9000);
	script->supply_most = 4;
}

/* Nothing starts with fewer than a frame takes. */
static void mtu_needs_buffers(struct virtio_script *script)
{
	assert_int_equal(nic_start(script->nic), ERROR_NO_MEMORY);
	assert_int_equal(script->status & DRIVER_OK, 0);
	script->supply_most = script->supplied + 5;
	assert_int_equal(nic_start(script->nic), 0);
}

static void with_speed(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_SPEED_DUPLEX);
	memset(script->config + 12, 0xff, 3);
	script->config[15] = 0x7f;
}

static void speed_of_31_bits(struct virtio_script *script)
{
	struct nic_link link;

	nic_link(script->nic, &link);
	assert_int_equal(link.speed_mbps, 0x7fffffff);
	memset(script->config + 12, 0, 3);
	script->config[15] = 0x80;
	assert_int_equal(nic_events(script->nic), NIC_EVENT_LINK);
	nic_link(script->nic, &link);
	assert_int_equal(link.speed_mbps, 0);
}

/* ---- 5.1.6: frames ---- */

/* A large TCP segment with 12 bytes of options, CWR set if asked. */
static void send_large(struct virtio_script *script, bool cwr)
{
	struct net_segment segment = {.data = own(script), .length = 4000};
	struct net_packet packet = {
		.segment_count = 1,
		.length = 4000,
		.flags = NET_TX_TSO | NET_TX_CHECKSUM_TCP,
		.l3_offset = 14,
		.l4_offset = 34,
		.segment_bytes = 1400,
	};

	memset(own(script), 0, 4000);
	own(script)[12] = 8;
	own(script)[34 + 12] = 0x80;
	own(script)[34 + 13] = cwr ? 0x90 : 0x10;
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, &segment), 1);
	assert_true(virtio_script_take(script, TX, &chain));
}

static void with_header_length(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_GUEST_HDRLEN);
}

/* 5.1.6.2.1: it can be said exactly, so it is. */
static void header_length(struct virtio_script *script)
{
	assert_true(script->accepted & VIRTIO_BIT(F_GUEST_HDRLEN));
	send_large(script, false);
	assert_int_equal(chain.bytes[2] | chain.bytes[3] << 8, 34 + 32);
}

/* 5.1.6.2.1: without HOST_ECN its bit is never set. */
static void ecn_not_negotiated(struct virtio_script *script)
{
	send_large(script, true);
	assert_int_equal(chain.bytes[0], 1);
	assert_int_equal(chain.bytes[1], 1);
}

static void large(struct virtio_script *script)
{
	script->configuration.large_receive = true;
}

/* 5.1.6.4.2: whatever hdr_len is, the frame is the same. */
static void header_length_is_not_believed(struct virtio_script *script)
{
	static const uint16_t lengths[] = {0, 1, 54, 4000, 0xffff};
	struct virtio_script_header header = {.flags = 1,
					      .gso_type = 1,
					      .segment_bytes = 1448,
					      .start = 34,
					      .offset = 16};
	unsigned i;

	for (i = 0; i < 5; i++) {
		header.header_bytes = lengths[i];
		virtio_script_receive(script, RX, &header, content, 3000);
		assert_int_equal(nic_receive(script->nic, 0, packets, 1,
					     segments, 8),
				 1);
		assert_int_equal(packets[0].length, 3000);
		assert_int_equal(packets[0].l4_offset, 34);
		assert_int_equal(packets[0].segment_bytes, 1448);
		assert_int_equal(packets[0].flags,
				 NET_RX_LARGE | NET_RX_CHECKSUM_PARTIAL);
	}
}

/* ---- 5.1.6.5: commands ---- */

/* 5.1.6.5.1.2: two of the switches and the table, no others. */
static void commands_of_the_feature(struct virtio_script *script)
{
	const struct virtio_script_command *command;
	unsigned i;

	nic_filter_set(script->nic, NIC_FILTER_ALL_MULTICAST, NULL, 0);
	nic_filter_set(script->nic, NIC_FILTER_UNICAST, NULL, 0);
	assert_in_range(script->command_count, 6, 100);
	for (i = 0; i < script->command_count; i++) {
		command = &script->commands[i];
		assert_true(
			(command->command_class == 0 &&
			 command->command <= 1) ||
			(command->command_class == 1 && command->command == 0));
	}
}

static unsigned tried, taken;

static void try_to_send(struct virtio_script *script, unsigned queue)
{
	struct net_segment segment = {.data = own(script), .length = 100};
	struct net_packet packet = {.segment_count = 1, .length = 100};
	unsigned i;

	if (queue != script->control_queue)
		return;
	tried++;
	for (i = 0; i < 2; i++)
		taken += nic_transmit(script->nic, i, &packet, 1, &segment);
}

static void with_queues(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_CTRL_VQ) | VIRTIO_BIT(F_MQ);
	script->configuration.queues = 2;
	script->config[8] = 2;
	script->control_queue = 4;
	script->in_kick = try_to_send;
	tried = 0;
	taken = 0;
}

/* 5.1.6.5.6.1: nothing is queued before the number of pairs is set. */
static void queues_wait_for_the_command(struct virtio_script *script)
{
	assert_int_equal(tried, 1);
	assert_int_equal(taken, 0);
	assert_int_equal(script->commands[0].command_class, 4);
	assert_int_equal(script->commands[0].data[0], 2);
	script->in_kick = NULL;
	assert_true(send(script, 100));
}

#define CASE(name, prepare, start)                                             \
	static void name##_test(void **state)                                  \
	{                                                                      \
		(void)state;                                                   \
		virtio_script_run(name, prepare, start);                       \
	}

CASE(needs_reset_is_kept, NULL, false)
CASE(failed_is_reset, NULL, false)
CASE(nothing_is_said, empty_place, false)
CASE(something_is_said, refuse_features, false)
CASE(given_up_once, refused_once, false)
CASE(small_configuration, six_bytes, false)
CASE(packed_areas, packed, true)
CASE(flag_is_ignored, NULL, true)
CASE(event_is_ignored, quiet, true)
CASE(packed_heads_last, packed, true)
CASE(split_index_last, NULL, true)
CASE(answer_not_written, with_filters, true)
CASE(nothing_longer, mtu_1400, true)
CASE(buffers_of_the_mtu, mtu_9000_of_1500, true)
CASE(mtu_is_declined, mtu_of_few_buffers, true)
CASE(mtu_needs_buffers, mtu_9000, false)
CASE(speed_of_31_bits, with_speed, true)
CASE(header_length, with_header_length, true)
CASE(ecn_not_negotiated, NULL, true)
CASE(header_length_is_not_believed, large, true)
CASE(commands_of_the_feature, with_filters, true)
CASE(queues_wait_for_the_command, with_queues, true)

static void fence_between_test(void **state)
{
	(void)state;
	virtio_script_run(fence_between, quiet, true);
}

static void fence_between_packed_test(void **state)
{
	(void)state;
	virtio_script_run(fence_between, packed_quiet, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(needs_reset_is_kept_test),
		cmocka_unit_test(failed_is_reset_test),
		cmocka_unit_test(nothing_is_said_test),
		cmocka_unit_test(something_is_said_test),
		cmocka_unit_test(given_up_once_test),
		cmocka_unit_test(small_configuration_test),
		cmocka_unit_test(packed_areas_test),
		cmocka_unit_test(flag_is_ignored_test),
		cmocka_unit_test(event_is_ignored_test),
		cmocka_unit_test(packed_heads_last_test),
		cmocka_unit_test(split_index_last_test),
		cmocka_unit_test(fence_between_test),
		cmocka_unit_test(fence_between_packed_test),
		cmocka_unit_test(answer_not_written_test),
		cmocka_unit_test(nothing_longer_test),
		cmocka_unit_test(buffers_of_the_mtu_test),
		cmocka_unit_test(mtu_is_declined_test),
		cmocka_unit_test(mtu_needs_buffers_test),
		cmocka_unit_test(speed_of_31_bits_test),
		cmocka_unit_test(header_length_test),
		cmocka_unit_test(ecn_not_negotiated_test),
		cmocka_unit_test(header_length_is_not_believed_test),
		cmocka_unit_test(commands_of_the_feature_test),
		cmocka_unit_test(queues_wait_for_the_command_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
