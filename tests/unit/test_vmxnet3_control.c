/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a vmxnet3: its interrupts, events and filters, against a device
 * that does what the test says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "tests/support/scripted_vmxnet3.h"

static struct script_frame taken;

static struct nic_statistics statistics(struct script *script)
{
	struct nic_statistics counted;

	nic_statistics(script->nic, &counted);
	return counted;
}

static bool send(struct script *script, uint32_t length)
{
	return script_transmit(script, script->memory + SCRIPT_OWN, length, 0);
}

/* A frame of 100 bytes arrives at an index. */
static void arrive(struct script *script, unsigned queue, uint32_t index)
{
	static const uint8_t frame[100];

	script_receive(script, &(struct script_received){
				       .queue = queue,
				       .index = index,
				       .data = frame,
				       .length = sizeof(frame),
				       .start = true,
				       .end = true,
			       });
}

static unsigned receive(struct script *script, unsigned queue)
{
	struct net_segment segments[64];
	struct net_packet packets[64];
	unsigned got =
		nic_receive(script->nic, queue, packets, 64, segments, 64);

	script_give_back(script, segments, got);
	return got;
}

/* The value last written to a register of bar 1 before a write of another. */
static int position(struct script *script, unsigned bar, uint32_t offset,
		    uint32_t value, int from)
{
	unsigned i;

	for (i = (unsigned)from; i < script->logged; i++)
		if (script->log[i].bar == bar &&
		    script->log[i].offset == offset &&
		    script->log[i].value == value)
			return (int)i;
	fail_msg("bar %u register %x was not written %x", bar, offset, value);
	return -1;
}

/* ---- Interrupts ---- */

static void woken_once(struct script *script)
{
	assert_true(nic_arm(script->nic, 0));
	arrive(script, 0, 0);
	assert_true(script_raise(script, 0));
	port_delay(script->port, 1000);
	assert_int_equal(script->wakes[0], 1);
	/* The device masked it; it is silent until it is asked again. */
	assert_false(script_raise(script, 0));
	assert_false(nic_arm(script->nic, 0));
	assert_int_equal(receive(script, 0), 1);
	assert_true(nic_arm(script->nic, 0));
	arrive(script, 0, 1);
	assert_true(script_raise(script, 0));
	port_delay(script->port, 1000);
	assert_int_equal(script->wakes[0], 2);
	assert_int_equal(statistics(script).interrupts, 2);
	receive(script, 0);
	assert_true(nic_arm(script->nic, 0));
	nic_disarm(script->nic, 0);
	assert_false(script_raise(script, 0));
	assert_int_equal(script->wakes[0], 2);
	/* Something to reclaim is something to do. */
	assert_true(send(script, 1000));
	assert_true(nic_arm(script->nic, 0));
	assert_true(script_take(script, 0, &taken));
	script_complete(script, 0, taken.last);
	assert_false(nic_arm(script->nic, 0));
}

static void arrive_first(struct script *script)
{
	script->in_unmask = NULL;
	arrive(script, 0, 0);
}

/* It came before the vector was unmasked: no interrupt tells of it. */
static void looked_again(struct script *script)
{
	script->in_unmask = arrive_first;
	assert_false(nic_arm(script->nic, 0));
	assert_int_equal(receive(script, 0), 1);
	assert_true(nic_arm(script->nic, 0));
}

static void active_masks(struct script *script)
{
	script->interrupts = 1 << 2;
}

static void masked_by_driver(struct script *script)
{
	assert_int_equal(script_shared(script, 80) & 0xff, 0);
	assert_true(nic_arm(script->nic, 0));
	assert_int_equal(script->masks[0], 0);
	arrive(script, 0, 0);
	assert_true(script_raise(script, 0));
	port_delay(script->port, 1000);
	assert_int_equal(script->masks[0], 1);
	assert_int_equal(script->wakes[0], 1);
}

/* An interrupt that was under way when the device was told to be quiet. */
static void late_interrupt(struct script *script)
{
	uint32_t address, data;

	memcpy(&address, script->msix_table, 4);
	memcpy(&data, script->msix_table + 8, 4);
	nic_stop(script->nic);
	/* script_run() sees to it that no doorbell is touched now. */
	machine_interrupt(script->machine, address >> 12 & 0xff, (uint8_t)data);
	port_delay(script->port, 1000);
	assert_int_equal(statistics(script).interrupts, 1);
	nic_disarm(script->nic, 0);
	assert_true(nic_arm(script->nic, 0));
}

static void one_vector(struct script *script)
{
	script->msix_count = 1;
	script->configuration.queues = 2;
}

static void everything_shared(struct script *script)
{
	assert_int_equal(script->nic->information.queues, 2);
	assert_int_equal(script_shared(script, 80) & 0xffff00, 0x000100);
	assert_true(nic_arm(script->nic, 0));
	assert_true(nic_arm(script->nic, 1));
	arrive(script, 1, 0);
	script_event(script, 4);
	assert_true(script_raise(script, 0));
	port_delay(script->port, 1000);
	assert_int_equal(script->wakes[0], 1);
	assert_int_equal(script->wakes[1], 1);
	assert_int_equal(script->event_wakes, 1);
	assert_int_equal(receive(script, 1), 1);
	nic_disarm(script->nic, 1);
}

static void by_line(struct script *script)
{
	script->configuration.no_msix = true;
}

static void line_only(struct script *script)
{
	script->interrupts = 1;
}

static void no_messages(struct script *script)
{
	script->no_msix_capability = true;
}

static void line_works(struct script *script)
{
	assert_non_null(script->nic);
	assert_int_equal(script_shared(script, 80) & 0xffff00, 0x000100);
	assert_true(nic_arm(script->nic, 0));
	arrive(script, 0, 0);
	/* Another's interrupt, on the line that is shared. */
	machine_line_pulse(script->machine, SCRIPT_LINE);
	port_delay(script->port, 1000);
	assert_int_equal(script->wakes[0], 0);
	assert_int_equal(statistics(script).interrupts, 0);
	/* Its own: the device lets go as its register is read. */
	assert_true(script_raise(script, 0));
	port_delay(script->port, 1000);
	assert_false(machine_line_asserted(script->machine, SCRIPT_LINE));
	assert_int_equal(script->wakes[0], 1);
	assert_int_equal(statistics(script).interrupts, 1);
	assert_false(script_raise(script, 0));
	/* A device that is gone. */
	script->gone = true;
	machine_line_pulse(script->machine, SCRIPT_LINE);
	port_delay(script->port, 1000);
	assert_int_equal(script->event_wakes, 1);
	assert_int_equal(nic_events(script->nic) & NIC_EVENT_REMOVED,
			 NIC_EVENT_REMOVED);
}

/* ---- Events ---- */

/* All ones is no speed, and no word of a device that is gone either. */
static void link_of_all_ones(struct script *script)
{
	script->link = UINT32_MAX;
	script_event(script, 4);
	assert_true(script_raise(script, 1));
	port_delay(script->port, 1000);
	assert_true(nic_events(script->nic) & NIC_EVENT_FAILED);
	assert_false(nic_events(script->nic) & NIC_EVENT_REMOVED);
	nic_close(script->nic);
	script->nic = NULL;
	/* It was told to leave the memory before that was freed. */
	assert_false(script->active);
}

static void link_changes(struct script *script)
{
	struct nic_link link;

	nic_link(script->nic, &link);
	assert_true(link.up);
	assert_int_equal(link.speed_mbps, 10000);
	assert_int_equal(nic_events(script->nic), 0);
	script->link = 1000 << 16;
	script_event(script, 4);
	assert_true(script_raise(script, 1));
	port_delay(script->port, 1000);
	assert_int_equal(script->event_wakes, 1);
	assert_int_equal(nic_events(script->nic), NIC_EVENT_LINK);
	/* Acknowledged, before it was acted upon; and unmasked. */
	assert_int_equal(script_shared(script, 696), 0);
	assert_int_equal(script_writes(script, 1, 0x40), 1);
	assert_int_equal(script->masks[1], 0);
	nic_link(script->nic, &link);
	assert_false(link.up);
	assert_int_equal(link.speed_mbps, 1000);
	/* A stopped card is asked. */
	nic_stop(script->nic);
	script->link = 10000u << 16 | 1;
	assert_int_equal(nic_events(script->nic), NIC_EVENT_LINK);
	nic_link(script->nic, &link);
	assert_true(link.up);
}

static void recover_from(struct script *script, uint32_t event)
{
	static const uint8_t groups[1][6] = {{1, 0, 0x5e, 0, 0, 1}};
	uint32_t vlans[128] = {1u << 5};
	void *owners[4];

	assert_int_equal(nic_filter_set(script->nic, 5, groups, 1), 0);
	assert_int_equal(nic_vlan_filter_set(script->nic, vlans), 0);
	arrive(script, 0, 0);
	assert_true(send(script, 1000));
	assert_true(send(script, 1000));
	assert_true(script_take(script, 0, &taken));
	script_complete(script, 0, taken.last);
	script_event(script, event);
	script->logged = 0;
	assert_int_equal(nic_events(script->nic), NIC_EVENT_RECOVERED);
	position(script, 1, 0x20, SCRIPT_ACTIVATE,
		 position(script, 1, 0x20, SCRIPT_RESET,
			  position(script, 1, 0x20, SCRIPT_QUIESCE, 0)));
	assert_int_equal(script_commands(script, 0xf00d0000), 1);
	/* What was lost is counted, and its owners come back. */
	assert_int_equal(nic_reclaim(script->nic, 0, owners, 4), 2);
	assert_int_equal(statistics(script).tx_frames, 1);
	assert_int_equal(statistics(script).tx_errors, 1);
	assert_int_equal(statistics(script).rx_drop_stopped, 1);
	/* As it was, from the beginning of all rings. */
	assert_int_equal(script_shared(script, 136), 1 << 5 | 1);
	assert_int_equal(script_shared(script, 120), 1 | 2);
	assert_int_equal(script_shared(script, 124), 6);
	assert_true(send(script, 1000));
	assert_true(script_take(script, 0, &taken));
	assert_int_equal(taken.first, 0);
	script_complete(script, 0, taken.last);
	assert_int_equal(nic_reclaim(script->nic, 0, owners, 4), 1);
	arrive(script, 0, 0);
	assert_int_equal(receive(script, 0), 1);
}

static void transmit_error(struct script *script)
{
	script_ram_set32(script, script_transmit_entry(script, 0) + 80, 1);
	script_ram_set32(script, script_transmit_entry(script, 0) + 84,
			 0x80000002);
	recover_from(script, 2);
}

static void receive_error(struct script *script)
{
	script_ram_set32(script, script_receive_entry(script, 0) + 80, 1);
	recover_from(script, 1);
}

static void device_change(struct script *script)
{
	recover_from(script, 8);
}

static void armed_woken(struct script *script)
{
	assert_true(nic_arm(script->nic, 0));
	script_event(script, 2);
	assert_int_equal(nic_events(script->nic), NIC_EVENT_RECOVERED);
	assert_int_equal(script->wakes[0], 1);
}

static void storm(struct script *script)
{
	unsigned i;

	for (i = 0; i < 5; i++) {
		script_event(script, 2);
		assert_int_equal(nic_events(script->nic), NIC_EVENT_RECOVERED);
	}
	port_delay(script->port, 2000000000);
	for (i = 0; i < 5; i++) {
		script_event(script, 2);
		assert_int_equal(nic_events(script->nic), NIC_EVENT_RECOVERED);
	}
	script_event(script, 2);
	assert_int_equal(nic_events(script->nic), NIC_EVENT_FAILED);
	assert_false(script->active);
	assert_int_equal(nic_mtu_set(script->nic, 1000), ERROR_PROTOCOL);
}

static void not_again(struct script *script)
{
	script->activate_result = 1;
	script_event(script, 1);
	assert_int_equal(nic_events(script->nic), NIC_EVENT_FAILED);
	assert_int_equal(receive(script, 0), 0);
	assert_true(nic_arm(script->nic, 0));
}

static void event_stays(struct script *script)
{
	/* A device whose events cannot be acknowledged does not hold anybody.
	 */
	script_event(script, 1u << 31);
	assert_int_equal(nic_events(script->nic), 0);
	assert_int_equal(script_shared(script, 696), 0);
}

static void removed(struct script *script)
{
	void *owners[4];
	uint8_t mac[6] = {2};

	assert_true(send(script, 1000));
	script->gone = true;
	assert_int_equal(nic_events(script->nic), NIC_EVENT_REMOVED);
	assert_int_equal(nic_events(script->nic), 0);
	assert_false(nic_arm(script->nic, 0));
	assert_int_equal(nic_reclaim(script->nic, 0, owners, 4), 1);
	assert_int_equal(statistics(script).tx_errors, 1);
	assert_true(nic_arm(script->nic, 0));
	assert_false(send(script, 1000));
	assert_int_equal(nic_mac_set(script->nic, mac), ERROR_NO_DEVICE);
	assert_int_equal(nic_vlan_filter_set(script->nic, NULL),
			 ERROR_NO_DEVICE);
	assert_int_equal(vmxnet3_device_statistics(
				 script->nic,
				 &(struct vmxnet3_device_statistics){0}),
			 ERROR_NO_DEVICE);
	nic_stop(script->nic);
	assert_int_equal(nic_start(script->nic), ERROR_NO_DEVICE);
	script->active = false;
}

static void removed_at_stop(struct script *script)
{
	assert_true(send(script, 1000));
	script->gone = true;
	nic_stop(script->nic);
	assert_int_equal(nic_events(script->nic), NIC_EVENT_REMOVED);
	script->active = false;
}

static void removed_and_armed(struct script *script)
{
	script->gone = true;
	assert_int_equal(nic_filter_set(script->nic, 1, NULL, 0),
			 ERROR_NO_DEVICE);
	/* The data path announces what a control call found. */
	assert_true(nic_arm(script->nic, 0));
	assert_int_equal(script->event_wakes, 1);
	script->active = false;
}

/* ---- Filters, addresses, sizes ---- */

static void filters(struct script *script)
{
	static uint8_t groups[700][6];
	uint64_t table;
	unsigned i;

	for (i = 0; i < 700; i++) {
		groups[i][0] = 1;
		groups[i][4] = (uint8_t)(i >> 8);
		groups[i][5] = (uint8_t)i;
	}
	assert_int_equal(nic_filter_set(script->nic, 0x17, groups, 3), 0);
	/* All tags, by none being filtered. */
	assert_int_equal(script_shared(script, 136), 0);
	assert_int_equal(script_shared(script, 120), 0x10 | 1 | 2 | 4);
	assert_int_equal(nic_filter_set(script->nic, 5, groups, 3), 0);
	assert_int_equal(script_shared(script, 136), UINT32_MAX);
	/* Bytes, not addresses. */
	assert_int_equal(script_shared(script, 124), 18);
	table = script_shared(script, 128) |
		(uint64_t)script_shared(script, 132) << 32;
	assert_int_equal(script_ram32(script, table + 8), 0x01000000);
	assert_int_equal(nic_filter_set(script->nic, 5, groups, 682), 0);
	assert_int_equal(script_shared(script, 120) & 8, 0);
	/* More than the table can have. */
	assert_int_equal(nic_filter_set(script->nic, 5, groups, 683), 0);
	assert_int_equal(script_shared(script, 120) & (8 | 2), 8);
	assert_int_equal(script_shared(script, 124), 0);
	assert_int_equal(nic_filter_set(script->nic, 4, NULL, 0), 0);
	assert_int_equal(script_shared(script, 120), 0);
	assert_int_equal(nic_filter_set(script->nic, 8, NULL, 0), 0);
	assert_int_equal(script_shared(script, 120), 8);
	/* A stopped card keeps it. */
	nic_stop(script->nic);
	assert_int_equal(nic_filter_set(script->nic, 1, NULL, 0), 0);
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(script_shared(script, 120), 1);
}

static void vlans(struct script *script)
{
	uint32_t set[128] = {0};

	set[3] = 1 << 4;
	script->logged = 0;
	assert_int_equal(nic_vlan_filter_set(script->nic, set), 0);
	assert_int_equal(script_commands(script, 0xcafe0005), 1);
	assert_int_equal(script_shared(script, 136), 1);
	assert_int_equal(script_shared(script, 136 + 12), 1 << 4);
	assert_int_equal(nic_filter_set(script->nic, 0x11, NULL, 0), 0);
	assert_int_equal(script_shared(script, 136 + 12), 0);
	assert_int_equal(nic_filter_set(script->nic, 1, NULL, 0), 0);
	assert_int_equal(script_shared(script, 136 + 12), 1 << 4);
	nic_stop(script->nic);
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(script_shared(script, 136 + 12), 1 << 4);
	assert_int_equal(nic_vlan_filter_set(script->nic, NULL), 0);
	assert_int_equal(script_shared(script, 136 + 12), UINT32_MAX);
}

static void address(struct script *script)
{
	static const uint8_t mac[6] = {2, 0x11, 0x22, 0x33, 0x44, 0x55};
	static const uint8_t other[6] = {2, 1, 1, 1, 1, 1};

	assert_int_equal(nic_mac_set(script->nic, mac), ERROR_BUSY);
	nic_stop(script->nic);
	assert_int_equal(nic_mac_set(script->nic, mac), 0);
	assert_int_equal(script->mac_low, 0x33221102);
	assert_int_equal(script->mac_high, 0x5544);
	/* This device forgets it when it is activated. */
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(script->mac_low, 0x33221102);
	assert_int_equal(script->mac_high, 0x5544);
	nic_stop(script->nic);
	script->mac_stuck = true;
	assert_int_equal(nic_mac_set(script->nic, other), ERROR_IO);
	assert_memory_equal(script->nic->information.mac, mac, 6);
}

static void mtu(struct script *script)
{
	assert_int_equal(script->nic->information.mtu_min, 60);
	assert_int_equal(script->nic->information.mtu_max, 9000);
	assert_int_equal(nic_mtu_set(script->nic, 59), ERROR_INVALID);
	assert_int_equal(nic_mtu_set(script->nic, 9001), ERROR_INVALID);
	assert_int_equal(nic_mtu_set(script->nic, 4000), ERROR_BUSY);
	nic_stop(script->nic);
	assert_int_equal(nic_mtu_set(script->nic, 4000), 0);
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(script_shared(script, 56), 4000);
	assert_true(send(script, 4014));
	assert_true(send(script, 4015));
	assert_int_equal(statistics(script).tx_invalid, 1);
	nic_stop(script->nic);
	/* A host that refuses it, and a card that works on. */
	script->mtu_refused = 9000;
	assert_int_equal(nic_mtu_set(script->nic, 9000), ERROR_INVALID);
	assert_int_equal(script->nic->information.mtu, 4000);
	assert_int_equal(nic_start(script->nic), 0);
}

static void mtu_highest(struct script *script)
{
	script->configuration.mtu = 9000;
	script->mtu_refused = 9000;
}

static void mtu_lowered(struct script *script)
{
	assert_non_null(script->nic);
	assert_int_equal(script->nic->information.mtu, 8999);
	assert_int_equal(script->nic->information.mtu_max, 8999);
}

static void counters(struct script *script)
{
	struct vmxnet3_device_statistics counted;
	uint64_t transmit = script_transmit_entry(script, 0) + 88;
	uint64_t received = script_receive_entry(script, 0) + 88;
	unsigned i;

	for (i = 0; i < 10; i++) {
		script_ram_set32(script, transmit + 8 * i, 1u << i);
		script_ram_set32(script, received + 8 * i, 1u << 10 << i);
	}
	assert_int_equal(vmxnet3_device_statistics(script->nic, &counted), 0);
	assert_int_equal(script_commands(script, 0xf00d0001), 1);
	assert_int_equal(counted.tx_frames, 1 + 4 + 16 + 64);
	assert_int_equal(counted.tx_bytes, 2 + 8 + 32 + 128);
	assert_int_equal(counted.tx_errors, 256);
	assert_int_equal(counted.tx_discarded, 512);
	assert_int_equal(counted.rx_frames, (1 + 4 + 16 + 64) << 10);
	assert_int_equal(counted.rx_no_buffer, 256 << 10);
	assert_int_equal(counted.rx_errors, 512 << 10);
	nic_stop(script->nic);
	assert_int_equal(vmxnet3_device_statistics(script->nic, &counted),
			 ERROR_BUSY);
}

static void cycles(struct script *script)
{
	unsigned i;

	for (i = 0; i < 20; i++) {
		nic_stop(script->nic);
		assert_int_equal(script->free_count, SCRIPT_BUFFERS);
		assert_false(script->active);
		assert_int_equal(nic_start(script->nic), 0);
		arrive(script, 0, 0);
		assert_int_equal(receive(script, 0), 1);
	}
	script->activate_result = 1;
	nic_stop(script->nic);
	assert_int_equal(nic_start(script->nic), ERROR_PROTOCOL);
	assert_int_equal(script->free_count, SCRIPT_BUFFERS);
}

#define LIFE(test, body, prepare, start)                                       \
	static void test(void **state)                                         \
	{                                                                      \
		(void)state;                                                   \
		script_run(body, prepare, start);                              \
	}

LIFE(edge_V40_masked_by_the_device, woken_once, NULL, true)
LIFE(armed_then_looked_again, looked_again, NULL, true)
LIFE(edge_V40_masked_by_the_driver, masked_by_driver, active_masks, true)
LIFE(no_doorbell_after_quiesce, late_interrupt, active_masks, true)
LIFE(one_vector_for_everything, everything_shared, one_vector, true)
LIFE(edge_V41_line_when_asked_for, line_works, by_line, true)
LIFE(edge_V41_line_when_the_device_says_so, line_works, line_only, true)
LIFE(edge_V41_line_without_messages, line_works, no_messages, true)
LIFE(edge_V42_V43_link_event, link_changes, NULL, true)
LIFE(link_that_says_all_ones, link_of_all_ones, NULL, true)
LIFE(edge_V44_transmit_queue_error, transmit_error, NULL, true)
LIFE(edge_V44_receive_queue_error, receive_error, NULL, true)
LIFE(edge_V55_device_change, device_change, NULL, true)
LIFE(edge_V44_armed_queue_woken, armed_woken, NULL, true)
LIFE(edge_V44_storm_of_errors, storm, NULL, true)
LIFE(edge_V44_recovery_refused, not_again, NULL, true)
LIFE(event_that_nobody_knows, event_stays, NULL, true)
LIFE(card_removed, removed, NULL, true)
LIFE(card_removed_at_stop, removed_at_stop, NULL, true)
LIFE(card_removed_and_armed, removed_and_armed, NULL, true)
LIFE(edge_V37_V38_filters, filters, NULL, true)
LIFE(edge_V36_V37_vlan_filter, vlans, NULL, true)
LIFE(edge_V7_V8_mac_address, address, NULL, true)
LIFE(edge_V49_mtu, mtu, NULL, true)
LIFE(edge_V49_highest_mtu_refused, mtu_lowered, mtu_highest, false)
LIFE(edge_V51_statistics_of_the_device, counters, NULL, true)
LIFE(edge_V45_start_and_stop, cycles, NULL, true)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_V40_masked_by_the_device),
		cmocka_unit_test(armed_then_looked_again),
		cmocka_unit_test(edge_V40_masked_by_the_driver),
		cmocka_unit_test(no_doorbell_after_quiesce),
		cmocka_unit_test(one_vector_for_everything),
		cmocka_unit_test(edge_V41_line_when_asked_for),
		cmocka_unit_test(edge_V41_line_when_the_device_says_so),
		cmocka_unit_test(edge_V41_line_without_messages),
		cmocka_unit_test(edge_V42_V43_link_event),
		cmocka_unit_test(link_that_says_all_ones),
		cmocka_unit_test(edge_V44_transmit_queue_error),
		cmocka_unit_test(edge_V44_receive_queue_error),
		cmocka_unit_test(edge_V55_device_change),
		cmocka_unit_test(edge_V44_armed_queue_woken),
		cmocka_unit_test(edge_V44_storm_of_errors),
		cmocka_unit_test(edge_V44_recovery_refused),
		cmocka_unit_test(event_that_nobody_knows),
		cmocka_unit_test(card_removed),
		cmocka_unit_test(card_removed_at_stop),
		cmocka_unit_test(card_removed_and_armed),
		cmocka_unit_test(edge_V37_V38_filters),
		cmocka_unit_test(edge_V36_V37_vlan_filter),
		cmocka_unit_test(edge_V7_V8_mac_address),
		cmocka_unit_test(edge_V49_mtu),
		cmocka_unit_test(edge_V49_highest_mtu_refused),
		cmocka_unit_test(edge_V51_statistics_of_the_device),
		cmocka_unit_test(edge_V45_start_and_stop),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
