/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtio network card on which things go wrong: memory runs out, the device
 * goes away or fails, at any moment; and limits that no other test comes near.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "tests/support/scripted_virtio.h"

#define RX	  0u
#define TX	  1u
#define NEW_RESET 0x40u

static uint8_t content[40000];
static struct net_packet packets[64];
static struct net_segment segments[256];
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

static bool send(struct virtio_script *script)
{
	own(script)[12] = 8;
	return virtio_script_transmit(script, own(script), 100, 0);
}

static void take(struct virtio_script *script)
{
	assert_true(virtio_script_take(script, TX, &chain));
}

static unsigned reclaim(struct virtio_script *script)
{
	void *owners[128];

	return nic_reclaim(script->nic, 0, owners, 128);
}

/* A frame arrives; how many buffers it took. */
static unsigned frame(struct virtio_script *script, uint32_t bytes)
{
	content[12] = 8;
	return virtio_script_receive(script, RX, NULL, content, bytes);
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

static void everything(struct virtio_script *script)
{
	script->offered = UINT64_MAX & ~VIRTIO_BIT(F_PACKED);
	script->configuration.large_receive = true;
	script->configuration.vlan_filter = true;
	script->configuration.queues = 4;
	script->config[8] = 4;
	script->control_queue = 8;
}

static void once(struct virtio_script *script)
{
	script->configuration.reset = VIRTIO_NET_RESET_ONCE;
	script->reset_fails = true;
}

/* ---- The device goes away ---- */

static unsigned nth;
static bool happened;

static void goes_at(struct virtio_script *script)
{
	everything(script);
	script->gone_at = nth;
}

static void gone_somewhere(struct virtio_script *script)
{
	uint32_t vlans[NIC_VLAN_WORDS] = {1};
	int error;

	happened = script->gone;
	if (!script->nic) {
		assert_true(script->gone);
		assert_true(script->open_error == ERROR_NO_DEVICE ||
			    script->open_error == ERROR_IO);
		return;
	}
	nic_vlan_filter_set(script->nic, vlans);
	error = nic_start(script->nic);
	assert_true(error == 0 || error == ERROR_NO_DEVICE);
	send(script);
	virtio_script_interrupt(script, 1);
	nic_filter_set(script->nic, NIC_FILTER_PROMISCUOUS, NULL, 0);
	nic_stop(script->nic);
	assert_int_equal(script->released, script->supplied);
	happened = script->gone;
	if (!script->gone)
		return;
	assert_true(nic_events(script->nic) & NIC_EVENT_REMOVED);
	assert_int_equal(nic_start(script->nic), ERROR_NO_DEVICE);
}

/* Whichever access finds nobody: it is noticed, and nothing is left. */
static void gone_at_each_access(void **state)
{
	(void)state;
	happened = true;
	for (nth = 1; happened; nth++)
		virtio_script_run(gone_somewhere, goes_at, false);
	assert_in_range(nth, 80, 2000);
}

static void with_commands(struct virtio_script *script)
{
	everything(script);
	script->configuration.queues = 1;
	script->control_queue = 2;
}

static void calls_to_nobody(struct virtio_script *script)
{
	static const uint8_t mac[] = {2, 1, 1, 1, 1, 1};

	script->gone = true;
	assert_int_equal(nic_mac_set(script->nic, mac), ERROR_NO_DEVICE);
	assert_int_equal(nic_mtu_set(script->nic, 1000), ERROR_NO_DEVICE);
	assert_int_equal(nic_vlan_filter_set(script->nic, NULL),
			 ERROR_NO_DEVICE);
	assert_int_equal(nic_filter_set(script->nic, 0, NULL, 0),
			 ERROR_NO_DEVICE);
	/* There is something to be heard of, and it is said once. */
	assert_true(nic_arm(script->nic, 0));
	assert_int_equal(script->event_wakes, 1);
	assert_true(nic_events(script->nic) & NIC_EVENT_REMOVED);
	assert_int_equal(nic_events(script->nic), 0);
}

/* The device goes while a command is under way. */
static void command_to_nobody(struct virtio_script *script)
{
	script->gone_at = 4;
	assert_int_equal(nic_filter_set(script->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 ERROR_NO_DEVICE);
	assert_true(script->gone);
}

/* Ones are no reasons of an interrupt, and nobody is there to be answered. */
static void interrupt_of_nobody(struct virtio_script *script)
{
	script->gone = true;
	virtio_script_interrupt(script, 1);
	assert_int_equal(virtio_script_writes(script, 0x64), 0);
	assert_int_equal(statistics(script).interrupts, 0);
	assert_int_equal(script->event_wakes, 1);
}

/* First nothing is written, then something that is not told of. */
static void command_used(void *argument)
{
	struct virtio_script *script = argument;
	uint8_t done = 0;

	if (script->step > 0)
		virtio_script_fill(script, &script->chain, 0, &done, 1);
	virtio_script_use(script, &script->chain, script->step == 0);
}

/* A command that comes back without an answer was not done. */
static void command_without_answer(struct virtio_script *script)
{
	struct machine_event event = {.fire = command_used, .argument = script};

	assert_int_equal(nic_filter_set(script->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 0);
	script->control_silent = true;
	for (script->step = 0; script->step < 2; script->step++) {
		machine_event_schedule(script->machine, &event, 50000000);
		assert_int_equal(nic_filter_set(script->nic,
						NIC_FILTER_PROMISCUOUS, NULL,
						0),
				 ERROR_IO);
	}
}

/* ---- Memory runs out ---- */

static enum machine_fault_kind kind;
static uint64_t features;

static void runs_out(struct virtio_script *script)
{
	everything(script);
	script->offered |= features;
	script->fault = (struct machine_fault){.kind = kind, .n = nth};
}

static void opened_or_not(struct virtio_script *script)
{
	assert_int_equal(script->open_error, script->nic ? 0 : ERROR_NO_MEMORY);
	happened = !script->nic;
	/* The device is as it was before. */
	if (!script->nic)
		assert_int_equal(script->status, 0);
}

/* Whatever cannot be had, nothing of the rest is left. */
static void memory_runs_out(void **state)
{
	static const enum machine_fault_kind kinds[] = {
		MACHINE_FAULT_ALLOCATION,
		MACHINE_FAULT_PAGES,
	};
	unsigned i;

	(void)state;
	for (i = 0; i < 4; i++) {
		kind = kinds[i & 1];
		features = i & 2 ? VIRTIO_BIT(F_PACKED) : 0;
		happened = true;
		/* The first one of all is the card itself. */
		for (nth = kind == MACHINE_FAULT_ALLOCATION ? 2 : 1; happened;
		     nth++)
			virtio_script_run(opened_or_not, runs_out, false);
		assert_in_range(nth, 15, 200);
	}
}

/* ---- Devices that cannot be had ---- */

static void once_without_version(struct virtio_script *script)
{
	once(script);
	script->offered &= ~VIRTIO_BIT(F_VERSION_1);
}

static void once_refused(struct virtio_script *script)
{
	once(script);
	script->features_refused = true;
}

/* M4: it is reset, and whoever comes next may have it. */
static void not_failed(struct virtio_script *script)
{
	unsigned n = virtio_script_writes(script, 0x70);

	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_NOT_SUPPORTED);
	assert_int_equal(script->status, 0);
	while (n-- > 0)
		assert_int_equal(virtio_script_written(script, 0x70, n) & 0x80,
				 0);
}

static void queues_used(struct virtio_script *script)
{
	script->queues_used = true;
}

/* M14: a queue that is in use is somebody else's. */
static void no_queue(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_IO);
	assert_int_equal(virtio_script_writes(script, 0x38), 0);
	assert_int_equal(script->status, 0x8b);
}

/* M14: after a reset the device has less than before. */
static void queue_shrinks(struct virtio_script *script)
{
	script->queue_sizes[TX] = 32;
	assert_int_equal(nic_start(script->nic), ERROR_PROTOCOL);
	assert_int_equal(script->status, 0);
	assert_int_equal(script->released, script->supplied);
	script->queue_sizes[TX] = 64;
	assert_int_equal(nic_start(script->nic), 0);
}

static void short_commands(struct virtio_script *script)
{
	with_commands(script);
	script->queue_sizes[2] = 6;
}

static void commands_fit(struct virtio_script *script)
{
	assert_int_equal(script->queues[2].size, 4);
	assert_int_equal(nic_filter_set(script->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 0);
}

static void no_commands(struct virtio_script *script)
{
	with_commands(script);
	script->queue_sizes[2] = 2;
}

/* ---- Sizes of frames and buffers ---- */

static void mtu_above(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_MTU);
	script->config[10] = 1400 & 0xff;
	script->config[11] = 1400 >> 8;
	script->configuration.mtu = 4000;
}

/* M10: no more than the device takes, whatever was asked for. */
static void mtu_of_the_device(struct virtio_script *script)
{
	assert_int_equal(script->nic->information.mtu, 1400);
	assert_int_equal(nic_mtu_set(script->nic, 1401), ERROR_INVALID);
	assert_int_equal(nic_mtu_set(script->nic, 1300), 0);
}

static void mac_of_a_group(struct virtio_script *script)
{
	script->config[0] = 1;
}

static void mac_made_up(struct virtio_script *script)
{
	assert_int_equal(script->nic->information.mac[0] & 3, 2);
}

static void short_buffers(struct virtio_script *script)
{
	script->buffer_bytes = 512;
	script->configuration.large_receive = true;
	script->configuration.receive_queue = 128;
	script->configuration.mtu = 9000;
}

/* More buffers than a frame may have: it is dropped, and none is lost. */
static void frame_of_many_buffers(struct virtio_script *script)
{
	assert_int_equal(script->accepted & (VIRTIO_BIT(F_GUEST_TSO4) |
					     VIRTIO_BIT(F_GUEST_TSO6)),
			 0);
	assert_int_equal(frame(script, 70 * 512 - 12), 70);
	assert_int_equal(receive(script, 4), 0);
	assert_int_equal(statistics(script).rx_drop_length, 1);
	assert_int_equal(frame(script, 64 * 100), 13);
	assert_int_equal(receive(script, 4), 1);
	assert_int_equal(packets[0].length, 6400);
	nic_stop(script->nic);
	assert_int_equal(script->supplied - script->released, 13);
}

static void tiny_queue(struct virtio_script *script)
{
	script->buffer_bytes = 512;
	script->configuration.receive_queue = 2;
	script->offered &= ~VIRTIO_BIT(F_MRG_RXBUF);
}

/* M20: no frame fits into what the device would be given at a time. */
static void frame_does_not_fit(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_NOT_SUPPORTED);
	assert_int_equal(script->status, 0x8b);
}

static void jumbo(struct virtio_script *script)
{
	script->configuration.mtu = 9000;
}

/* Pages that are neighbours are one piece. */
static void neighbours(struct virtio_script *script)
{
	uint8_t *pages =
		port_pages_alloc(script->port, 4, PORT_PAGES_CONTIGUOUS,
				 "test: neighbours");

	assert_non_null(pages);
	pages[12 + 100] = 8;
	assert_true(virtio_script_transmit(script, pages + 100, 9000, 0));
	take(script);
	assert_int_equal(chain.count, 2);
	assert_int_equal(chain.readable, 9012);
	virtio_script_use(script, &chain, 0);
	assert_int_equal(reclaim(script), 1);
	port_pages_free(script->port, pages, 4);
}

/* Headers that are not all in the first segment. */
static void tso_in_pieces(struct virtio_script *script)
{
	uint8_t *bytes = own(script);
	struct net_segment parts[] = {
		{.data = bytes, .length = 40},
		{.data = bytes + 40, .length = 2960},
	};
	struct net_packet packet = {
		.segment_count = 2,
		.length = 3000,
		.flags = NET_TX_TSO | NET_TX_CHECKSUM_TCP,
		.l3_offset = 14,
		.l4_offset = 34,
		.segment_bytes = 1400,
	};

	memset(bytes, 0, 3000);
	bytes[12] = 8;
	bytes[34 + 12] = 0x80;
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, parts), 1);
	take(script);
	/* Eight words of TCP. */
	assert_int_equal(chain.bytes[2], 34 + 32);
	assert_int_equal(statistics(script).tx_invalid, 0);
	virtio_script_use(script, &chain, 0);
	assert_int_equal(reclaim(script), 1);
}

/* M33: a frame's header is its own until the frame is sent. */
static void header_of_each(struct virtio_script *script)
{
	struct net_segment segment = {.data = own(script), .length = 100};
	struct net_packet packet = {
		.segment_count = 1,
		.length = 100,
		.flags = NET_TX_CHECKSUM_TCP,
		.l3_offset = 14,
		.l4_offset = 34,
	};
	unsigned i;

	own(script)[12] = 8;
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, &segment), 1);
	assert_true(send(script));
	for (i = 0; i < 2; i++) {
		take(script);
		assert_int_equal(chain.bytes[0], i == 0);
		virtio_script_use(script, &chain, 0);
	}
	assert_int_equal(reclaim(script), 2);
}

static void indirect(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_INDIRECT);
}

static unsigned tables_take(struct virtio_script *script)
{
	unsigned n;

	for (n = 0; virtio_script_take(script, TX, &chain); n++) {
		assert_true(chain.indirect);
		virtio_script_use(script, &chain, 0);
	}
	return n;
}

/* Tables take one entry each; what they name is noted as well. */
static void pieces_run_out(struct virtio_script *script)
{
	static struct net_packet burst[64];
	struct net_segment parts[3];
	unsigned i, round;

	for (i = 0; i < 3; i++)
		parts[i] = (struct net_segment){
			.data = own(script) + 64 * i,
			.length = 60,
		};
	own(script)[12] = 8;
	for (i = 0; i < 64; i++)
		burst[i] = (struct net_packet){
			.segment_count = 3,
			.length = 180,
		};
	/* Each frame has a table, in every round. */
	for (round = 0; round < 10; round++) {
		assert_int_equal(nic_transmit(script->nic, 0, burst, 64, parts),
				 21);
		assert_int_equal(tables_take(script), 21);
		assert_int_equal(reclaim(script), 21);
	}
}

/* ---- Stopping ---- */

static void used_now(void *argument)
{
	virtio_script_use(argument, &chain, 0);
}

/* What the device has is waited for. */
static void stop_waits(struct virtio_script *script)
{
	struct machine_event event = {.fire = used_now, .argument = script};

	assert_true(send(script));
	take(script);
	machine_event_schedule(script->machine, &event, 50000000);
	nic_stop(script->nic);
	assert_int_equal(statistics(script).tx_frames, 1);
	assert_int_equal(statistics(script).tx_errors, 0);
	assert_int_equal(reclaim(script), 1);
}

/* A frame of which a part has come is dropped, and counted. */
static void stop_within_a_frame(struct virtio_script *script)
{
	uint8_t bytes[100] = {0};

	bytes[10] = 2;
	assert_true(virtio_script_take(script, RX, &chain));
	virtio_script_fill(script, &chain, 0, bytes, sizeof(bytes));
	virtio_script_use(script, &chain, sizeof(bytes));
	assert_int_equal(receive(script, 1), 0);
	nic_stop(script->nic);
	assert_int_equal(statistics(script).rx_drop_stopped, 1);
	assert_int_equal(script->released, script->supplied);
}

/* M42: what an earlier life left in the rings is not taken for used. */
static void started_anew(struct virtio_script *script)
{
	unsigned i;

	for (i = 0; i < 3; i++) {
		frame(script, 100);
		assert_int_equal(receive(script, 1), 1);
		assert_true(send(script));
		take(script);
		virtio_script_use(script, &chain, 0);
		assert_int_equal(reclaim(script), 1);
	}
	nic_stop(script->nic);
	assert_int_equal(nic_start(script->nic), 0);
	assert_true(nic_arm(script->nic, 0));
	assert_int_equal(receive(script, 1), 0);
	assert_int_equal(statistics(script).bad_messages, 0);
}

/* ---- Recovery ---- */

static void lose_way(struct virtio_script *script)
{
	script->status |= NEW_RESET;
	virtio_script_interrupt(script, 2);
}

static void start_refused(struct virtio_script *script)
{
	assert_true(send(script));
	script->ready_refused = true;
	lose_way(script);
	assert_true(nic_events(script->nic) & NIC_EVENT_FAILED);
	assert_int_equal(script->status, 0);
	assert_int_equal(script->released, script->supplied);
	/* What was in flight comes back, and nothing more goes out. */
	assert_int_equal(statistics(script).tx_errors, 1);
	assert_false(nic_arm(script->nic, 0));
	assert_int_equal(reclaim(script), 1);
	assert_false(send(script));
	assert_int_equal(nic_start(script->nic), ERROR_PROTOCOL);
}

/* Now and then is not too often. */
static void recoveries_go_on(struct virtio_script *script)
{
	unsigned i;

	for (i = 0; i < 20; i++) {
		if (i % 5 == 0)
			port_delay(script->port, 1100000000);
		lose_way(script);
		assert_int_equal(nic_events(script->nic) &
					 (NIC_EVENT_RECOVERED |
					  NIC_EVENT_FAILED),
				 NIC_EVENT_RECOVERED);
	}
}

static void events_within(struct virtio_script *script)
{
	uint64_t before = port_time(script->port);

	script->in_supply = NULL;
	/* Somebody is in the queue: not now, and not without end. */
	assert_int_equal(nic_events(script->nic), 0);
	assert_in_range(port_time(script->port) - before, 900000000,
			1500000000);
	assert_int_equal(script->status, 0xf | NEW_RESET);
	script->step++;
}

/* A queue that is in use is waited for; then it is another time. */
static void queue_in_use(struct virtio_script *script)
{
	unsigned i;

	/* Until the stack is asked. */
	lose_way(script);
	script->in_supply = events_within;
	for (i = 0; i < 64 && script->step == 0; i++) {
		frame(script, 100);
		receive(script, 1);
	}
	assert_int_equal(script->step, 1);
	assert_true(script->event_wakes >= 2);
	assert_int_equal(nic_events(script->nic), NIC_EVENT_RECOVERED);
	assert_int_equal(script->status, 0xf);
}

/* M22: nothing is in flight, so nothing can have been used. */
static void used_of_nothing(struct virtio_script *script)
{
	virtio_script_use_id(script, TX, 0, 1, 0);
	assert_int_equal(reclaim(script), 0);
	assert_int_equal(statistics(script).bad_messages, 1);
	assert_true(nic_events(script->nic) & NIC_EVENT_RECOVERED);
	/* A queue that believed it could never be armed again. */
	assert_true(nic_arm(script->nic, 0));
	assert_true(send(script));
	take(script);
	virtio_script_use(script, &chain, 0);
	assert_int_equal(reclaim(script), 1);
}

static void packed(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_PACKED);
}

static void calls_within(struct virtio_script *script)
{
	void *owner;

	script->in_supply = NULL;
	assert_false(send(script));
	assert_int_equal(nic_reclaim(script->nic, 0, &owner, 1), 0);
	assert_int_equal(nic_receive(script->nic, 0, packets, 1, segments, 1),
			 0);
	/* It ends with a wake. */
	assert_true(nic_arm(script->nic, 0));
	script->step++;
}

static void queues_are_closed(struct virtio_script *script)
{
	lose_way(script);
	script->in_supply = calls_within;
	assert_int_equal(nic_events(script->nic), NIC_EVENT_RECOVERED);
	assert_int_equal(script->step, 1);
	assert_int_equal(script->wakes[0], 1);
	assert_true(send(script));
	take(script);
	virtio_script_use(script, &chain, 0);
	assert_int_equal(reclaim(script), 1);
}

/* ---- Being woken ---- */

static void frame_comes(struct virtio_script *script)
{
	script->in_acknowledge = NULL;
	frame(script, 100);
}

/*
 * M28: what comes before the acknowledgement has no interrupt of its own, as
 * the reason stands already.
 */
static void acknowledged_late(struct virtio_script *script)
{
	assert_true(nic_arm(script->nic, 0));
	script->in_acknowledge = frame_comes;
	virtio_script_interrupt(script, 1);
	assert_int_equal(script->wakes[0], 1);
	assert_int_equal(receive(script, 1), 1);
}

/* Whoever has something to bring back is not put to sleep. */
static void armed_with_owners(struct virtio_script *script)
{
	assert_true(send(script));
	take(script);
	assert_true(nic_arm(script->nic, 0));
	virtio_script_use(script, &chain, 0);
	virtio_script_interrupt(script, 1);
	assert_int_equal(script->wakes[0], 1);
	assert_false(nic_arm(script->nic, 0));
	assert_int_equal(reclaim(script), 1);
	/* Too short to be sent; it has an owner all the same. */
	assert_true(virtio_script_transmit(script, own(script), 5, 0));
	assert_false(nic_arm(script->nic, 0));
	assert_int_equal(reclaim(script), 1);
	assert_true(nic_arm(script->nic, 0));
	assert_int_equal(nic_receive(script->nic, 1, packets, 1, segments, 1),
			 0);
}

/* ---- Filters of a card that does not run ---- */

static void filters_for_later(struct virtio_script *script)
{
	assert_int_equal(nic_filter_set(script->nic,
					NIC_FILTER_UNICAST |
						NIC_FILTER_MULTICAST,
					NULL, 0),
			 0);
	assert_int_equal(script->command_count, 0);
	assert_int_equal(nic_start(script->nic), 0);
	assert_true(script->command_count > 4);
}

#define CASE(test, body, prepare, start)                                       \
	static void test(void **state)                                         \
	{                                                                      \
		(void)state;                                                   \
		virtio_script_run(body, prepare, start);                       \
	}

CASE(edge_M22_nothing_in_flight, used_of_nothing, NULL, true)
CASE(edge_M22_nothing_in_flight_packed, used_of_nothing, packed, true)
CASE(calls_to_a_card_that_is_gone, calls_to_nobody, with_commands, true)
CASE(command_to_a_card_that_goes, command_to_nobody, with_commands, true)
CASE(command_that_is_not_answered, command_without_answer, with_commands, true)
CASE(edge_M42_rings_of_an_earlier_life, started_anew, NULL, true)
CASE(interrupt_of_a_card_that_is_gone, interrupt_of_nobody, NULL, true)
CASE(edge_M4_not_failed_for_the_next, not_failed, once_without_version, false)
CASE(edge_M4_not_failed_when_refused, not_failed, once_refused, false)
CASE(edge_M14_queue_in_use, no_queue, queues_used, false)
CASE(edge_M14_queue_shrinks, queue_shrinks, NULL, false)
CASE(edge_M14_short_queue_of_commands, commands_fit, short_commands, true)
CASE(edge_M14_no_queue_of_commands, no_queue, no_commands, false)
CASE(edge_M10_mtu_above_the_device_s, mtu_of_the_device, mtu_above, false)
CASE(edge_M11_address_of_a_group, mac_made_up, mac_of_a_group, false)
CASE(edge_M21_frame_of_many_buffers, frame_of_many_buffers, short_buffers, true)
CASE(edge_M20_frame_does_not_fit, frame_does_not_fit, tiny_queue, false)
CASE(neighbours_are_one_piece, neighbours, jumbo, true)
CASE(headers_in_two_segments, tso_in_pieces, NULL, true)
CASE(edge_M33_header_of_each_frame, header_of_each, NULL, true)
CASE(pieces_in_flight_run_out, pieces_run_out, indirect, true)
CASE(a_stop_waits, stop_waits, NULL, true)
CASE(a_stop_within_a_frame, stop_within_a_frame, NULL, true)
CASE(edge_M30_recovery_refused, start_refused, NULL, true)
CASE(edge_M30_recoveries_go_on, recoveries_go_on, NULL, true)
CASE(edge_M30_recovery_waits_for_queues, queue_in_use, NULL, true)
CASE(edge_M30_queues_closed_meanwhile, queues_are_closed, NULL, true)
CASE(edge_M28_acknowledged_and_then_looked, acknowledged_late, NULL, true)
CASE(armed_with_owners_to_bring, armed_with_owners, NULL, true)
CASE(filters_of_a_stopped_card, filters_for_later, with_commands, false)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gone_at_each_access),
		cmocka_unit_test(edge_M22_nothing_in_flight),
		cmocka_unit_test(edge_M22_nothing_in_flight_packed),
		cmocka_unit_test(calls_to_a_card_that_is_gone),
		cmocka_unit_test(command_to_a_card_that_goes),
		cmocka_unit_test(interrupt_of_a_card_that_is_gone),
		cmocka_unit_test(command_that_is_not_answered),
		cmocka_unit_test(edge_M42_rings_of_an_earlier_life),
		cmocka_unit_test(memory_runs_out),
		cmocka_unit_test(edge_M4_not_failed_for_the_next),
		cmocka_unit_test(edge_M4_not_failed_when_refused),
		cmocka_unit_test(edge_M14_queue_in_use),
		cmocka_unit_test(edge_M14_queue_shrinks),
		cmocka_unit_test(edge_M14_short_queue_of_commands),
		cmocka_unit_test(edge_M14_no_queue_of_commands),
		cmocka_unit_test(edge_M10_mtu_above_the_device_s),
		cmocka_unit_test(edge_M11_address_of_a_group),
		cmocka_unit_test(edge_M21_frame_of_many_buffers),
		cmocka_unit_test(edge_M20_frame_does_not_fit),
		cmocka_unit_test(neighbours_are_one_piece),
		cmocka_unit_test(headers_in_two_segments),
		cmocka_unit_test(edge_M33_header_of_each_frame),
		cmocka_unit_test(pieces_in_flight_run_out),
		cmocka_unit_test(a_stop_waits),
		cmocka_unit_test(a_stop_within_a_frame),
		cmocka_unit_test(edge_M30_recovery_refused),
		cmocka_unit_test(edge_M30_recoveries_go_on),
		cmocka_unit_test(edge_M30_recovery_waits_for_queues),
		cmocka_unit_test(edge_M30_queues_closed_meanwhile),
		cmocka_unit_test(edge_M28_acknowledged_and_then_looked),
		cmocka_unit_test(armed_with_owners_to_bring),
		cmocka_unit_test(filters_of_a_stopped_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
