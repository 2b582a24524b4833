/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control calls of a virtio network card: commands, filters, link, several
 * queues, against a device that does what the test says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "tests/support/scripted_virtio.h"

#define UNICAST (NIC_FILTER_UNICAST | NIC_FILTER_BROADCAST)

static uint8_t content[2000];
static struct net_packet packets[64];
static struct net_segment segments[64];
static struct virtio_script_chain chain;

/* The next command that was given. */
static const struct virtio_script_command *next(struct virtio_script *script)
{
	assert_true(script->step < script->command_count);
	return &script->commands[script->step++];
}

static void expect(struct virtio_script *script, uint8_t command_class,
		   uint8_t command, const void *data, uint32_t bytes)
{
	const struct virtio_script_command *given = next(script);

	assert_int_equal(given->command_class, command_class);
	assert_int_equal(given->command, command);
	assert_int_equal(given->bytes, bytes);
	if (bytes > 0)
		assert_memory_equal(given->data, data, bytes);
}

static void expect_switch(struct virtio_script *script, uint8_t command,
			  bool on)
{
	uint8_t value = on;

	expect(script, 0, command, &value, 1);
}

static void expect_no_more(struct virtio_script *script)
{
	assert_int_equal(script->step, script->command_count);
}

static void expect_groups(struct virtio_script *script, const void *groups,
			  uint32_t count)
{
	uint8_t table[8 + 64 * 6] = {0};

	table[4] = (uint8_t)count;
	memcpy(table + 8, groups, count * 6);
	expect(script, 1, 0, table, 8 + count * 6);
}

/* ---- Filters ---- */

static void with_filters(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_CTRL_VQ) | VIRTIO_BIT(F_CTRL_RX) |
			   VIRTIO_BIT(F_CTRL_RX_EXTRA);
}

static void packed_filters(struct virtio_script *script)
{
	with_filters(script);
	script->offered |= VIRTIO_BIT(F_PACKED);
}

static void few_filters(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_CTRL_VQ) | VIRTIO_BIT(F_CTRL_RX);
}

static void filters(struct virtio_script *script)
{
	static const uint8_t groups[65][6] = {{1, 0, 0x5e, 0, 0, 1},
					      {1, 0, 0x5e, 0, 0, 2}};

	/* As it starts: what is for the card, and no more. */
	assert_int_equal(script->command_count, 0);
	assert_int_equal(nic_start(script->nic), 0);
	expect_groups(script, groups, 0);
	expect_switch(script, 1, false);
	expect_switch(script, 0, false);
	expect_switch(script, 4, false);
	expect_switch(script, 5, false);
	expect_no_more(script);
	assert_int_equal(nic_filter_set(script->nic,
					UNICAST | NIC_FILTER_MULTICAST, groups,
					2),
			 0);
	expect_groups(script, groups, 2);
	expect_switch(script, 1, false);
	expect_switch(script, 0, false);
	expect_switch(script, 4, false);
	expect_switch(script, 5, false);
	/* More than a list holds: all of them. */
	assert_int_equal(nic_filter_set(script->nic,
					NIC_FILTER_UNICAST |
						NIC_FILTER_MULTICAST,
					groups, 65),
			 0);
	expect_groups(script, groups, 0);
	expect_switch(script, 1, true);
	expect_switch(script, 0, false);
	expect_switch(script, 4, false);
	expect_switch(script, 5, true);
	assert_int_equal(nic_filter_set(script->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 0);
	expect_groups(script, groups, 0);
	expect_switch(script, 1, false);
	expect_switch(script, 0, true);
	expect_switch(script, 4, true);
	expect_switch(script, 5, true);
	/* They outlast a stop. */
	nic_stop(script->nic);
	assert_int_equal(nic_start(script->nic), 0);
	expect_groups(script, groups, 0);
	expect_switch(script, 1, false);
	expect_switch(script, 0, true);
}

static void filters_without_extra(struct virtio_script *script)
{
	assert_int_equal(script->command_count, 3);
	assert_int_equal(nic_filter_set(script->nic, NIC_FILTER_ALL_MULTICAST,
					NULL, 0),
			 0);
	assert_int_equal(script->command_count, 6);
}

static void refused(struct virtio_script *script)
{
	script->control_answer = 1;
	assert_int_equal(nic_filter_set(script->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 ERROR_IO);
	nic_stop(script->nic);
	assert_int_equal(nic_start(script->nic), ERROR_PROTOCOL);
	assert_int_equal(script->status, 0);
	assert_int_equal(script->released, script->supplied);
	script->control_answer = 0;
	assert_int_equal(nic_start(script->nic), 0);
}

/* A device that does not answer: bounded, and told nothing more meanwhile. */
static void silent(struct virtio_script *script)
{
	uint64_t before = port_time(script->port);
	uint8_t answer = 0;
	unsigned count;

	script->control_silent = true;
	assert_int_equal(nic_filter_set(script->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 ERROR_TIMED_OUT);
	assert_in_range(port_time(script->port) - before, 900000000,
			1500000000);
	count = script->command_count;
	assert_int_equal(nic_filter_set(script->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 ERROR_TIMED_OUT);
	assert_int_equal(script->command_count, count);
	/* It comes back late; then there is room for the next. */
	virtio_script_fill(script, &script->chain, 0, &answer, 1);
	virtio_script_use(script, &script->chain, 1);
	script->control_silent = false;
	assert_int_equal(nic_filter_set(script->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 0);
}

static void bad_command_id(struct virtio_script *script)
{
	virtio_script_use_id(script, 2, 15, 1, 1);
	assert_int_equal(nic_filter_set(script->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 ERROR_PROTOCOL);
	assert_int_equal(script->event_wakes, 1);
	assert_int_equal(nic_events(script->nic) & NIC_EVENT_RECOVERED,
			 NIC_EVENT_RECOVERED);
	assert_int_equal(nic_filter_set(script->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 0);
}

/* ---- VLANs ---- */

static void with_vlans(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_CTRL_VQ) | VIRTIO_BIT(F_CTRL_VLAN);
	script->configuration.vlan_filter = true;
}

static void vlans(struct virtio_script *script)
{
	uint32_t set[NIC_VLAN_WORDS] = {0};
	uint16_t identifier = 0;
	unsigned i;

	assert_true(script->nic->information.features &
		    NIC_FEATURE_VLAN_FILTER);
	set[0] = 1 << 7;
	set[127] = 1u << 31;
	assert_int_equal(nic_vlan_filter_set(script->nic, set), 0);
	assert_int_equal(nic_start(script->nic), 0);
	identifier = 7;
	expect(script, 2, 0, &identifier, 2);
	identifier = 4095;
	expect(script, 2, 0, &identifier, 2);
	expect_no_more(script);
	set[0] = 1 << 8;
	assert_int_equal(nic_vlan_filter_set(script->nic, set), 0);
	identifier = 7;
	expect(script, 2, 1, &identifier, 2);
	identifier = 8;
	expect(script, 2, 0, &identifier, 2);
	expect_no_more(script);
	/* All: the two of them are known. */
	assert_int_equal(nic_vlan_filter_set(script->nic, NULL), 0);
	for (i = 0; i < 4094; i++)
		assert_int_equal(next(script)->command, 0);
	expect_no_more(script);
	script->control_answer = 1;
	assert_int_equal(nic_vlan_filter_set(script->nic, set), ERROR_IO);
}

static void no_vlans(struct virtio_script *script)
{
	assert_int_equal(nic_vlan_filter_set(script->nic, NULL),
			 ERROR_NOT_SUPPORTED);
}

/* ---- Addresses ---- */

static const uint8_t other_mac[] = {2, 9, 8, 7, 6, 5};

static void with_mac(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_CTRL_VQ) | VIRTIO_BIT(F_CTRL_RX) |
			   VIRTIO_BIT(F_CTRL_MAC_ADDR);
}

static void mac(struct virtio_script *script)
{
	struct nic_information *information = &script->nic->information;

	assert_true(information->features & NIC_FEATURE_MAC_SET);
	script->control_answer = 1;
	assert_int_equal(nic_mac_set(script->nic, other_mac), ERROR_IO);
	assert_int_equal(information->mac[5], 3);
	assert_int_equal(script->status, 0);
	script->control_answer = 0;
	assert_int_equal(nic_mac_set(script->nic, other_mac), 0);
	assert_memory_equal(information->mac, other_mac, 6);
	script->step = script->command_count;
	assert_int_equal(nic_start(script->nic), 0);
	expect(script, 1, 1, other_mac, 6);
	assert_int_equal(nic_mac_set(script->nic, other_mac), ERROR_BUSY);
}

static void mac_once(struct virtio_script *script)
{
	with_mac(script);
	script->configuration.reset = VIRTIO_NET_RESET_ONCE;
	script->reset_fails = true;
}

static void mac_without_reset(struct virtio_script *script)
{
	static const uint8_t third_mac[] = {2, 1, 1, 1, 1, 1};

	/* It cannot be asked before it starts. */
	assert_int_equal(nic_mac_set(script->nic, other_mac), 0);
	assert_int_equal(script->command_count, 0);
	assert_int_equal(nic_start(script->nic), 0);
	expect(script, 1, 1, other_mac, 6);
	script->step = script->command_count;
	nic_stop(script->nic);
	assert_int_equal(nic_mac_set(script->nic, third_mac), 0);
	expect(script, 1, 1, third_mac, 6);
	assert_int_equal(script->status, 0xf);
	assert_int_equal(nic_start(script->nic), 0);
}

static void mac_made_up(struct virtio_script *script)
{
	with_mac(script);
	script->offered &= ~VIRTIO_BIT(F_MAC);
}

/* M11: an address that the device did not choose, it is told. */
static void m11_device_is_told(struct virtio_script *script)
{
	expect(script, 1, 1, script->nic->information.mac, 6);
}

/* ---- Several queues ---- */

static void with_queues(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_CTRL_VQ) | VIRTIO_BIT(F_MQ);
	script->configuration.queues = 8;
	script->config[8] = 3;
	script->control_queue = 6;
}

static void queues(struct virtio_script *script)
{
	static const uint8_t pairs[] = {3, 0};
	struct net_segment segment = {
		.data = script->memory + VIRTIO_SCRIPT_OWN,
		.length = 60,
	};
	struct net_packet packet = {.segment_count = 1, .length = 60};
	void *owner;
	unsigned i;

	assert_int_equal(script->nic->information.queues, 3);
	expect(script, 4, 0, pairs, 2);
	expect_no_more(script);
	for (i = 0; i < 3; i++) {
		assert_true(nic_arm(script->nic, i));
		assert_int_equal(virtio_script_receive(script, 2 * i, NULL,
						       content, 100 + i),
				 1);
		virtio_script_interrupt(script, 1);
		assert_int_equal(script->wakes[i], 1);
		assert_int_equal(nic_receive(script->nic, i, packets, 8,
					     segments, 8),
				 1);
		assert_int_equal(packets[0].length, 100 + i);
		assert_int_equal(
			nic_transmit(script->nic, i, &packet, 1, &segment), 1);
		assert_true(virtio_script_take(script, 2 * i + 1, &chain));
		virtio_script_use(script, &chain, 0);
		assert_int_equal(nic_reclaim(script->nic, i, &owner, 1), 1);
	}
}

static void no_pairs(struct virtio_script *script)
{
	with_queues(script);
	script->config[8] = 0;
	script->control_queue = 2;
}

static void pairs_are_not_believed(struct virtio_script *script)
{
	assert_int_equal(script->nic->information.queues, 1);
	expect_no_more(script);
}

static void many_pairs(struct virtio_script *script)
{
	with_queues(script);
	script->config[9] = 0xff;
}

/* The queue of commands is not where the device says. */
static void pairs_out_of_range(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_IO);
	assert_int_equal(script->status, 0);
}

/* ---- Link ---- */

static void with_status(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_CTRL_VQ) | VIRTIO_BIT(F_STATUS) |
			   VIRTIO_BIT(F_GUEST_ANNOUNCE) |
			   VIRTIO_BIT(F_SPEED_DUPLEX);
	script->config[12] = 0xe8;
	script->config[13] = 3;
}

static void link_down(struct virtio_script *script)
{
	struct nic_link link;

	nic_link(script->nic, &link);
	assert_true(link.up);
	assert_int_equal(link.speed_mbps, 1000);
	assert_int_equal(nic_events(script->nic), 0);
	script->config[6] = 0;
	script->generation++;
	virtio_script_interrupt(script, 2);
	assert_int_equal(script->event_wakes, 1);
	assert_int_equal(nic_events(script->nic), NIC_EVENT_LINK);
	nic_link(script->nic, &link);
	assert_false(link.up);
	script->config[6] = 1;
	memset(script->config + 12, 0xff, 4);
	assert_int_equal(nic_events(script->nic), NIC_EVENT_LINK);
	nic_link(script->nic, &link);
	assert_true(link.up);
	assert_int_equal(link.speed_mbps, 0);
}

static void announce(struct virtio_script *script)
{
	script->config[6] = 3;
	virtio_script_interrupt(script, 2);
	assert_int_equal(nic_events(script->nic), NIC_EVENT_NETWORK_CHANGED);
	expect(script, 3, 0, NULL, 0);
	expect_no_more(script);
	script->config[6] = 1;
	assert_int_equal(nic_events(script->nic), 0);
	expect_no_more(script);
}

/* A configuration that is never at rest is looked at another time. */
static void never_at_rest(struct virtio_script *script)
{
	script->config[6] = 0;
	script->config_changes = 100000;
	virtio_script_interrupt(script, 2);
	assert_int_equal(nic_events(script->nic), 0);
	assert_int_equal(script->event_wakes, 2);
	script->config_changes = 0;
	assert_int_equal(nic_events(script->nic), NIC_EVENT_LINK);
	assert_int_equal(script->event_wakes, 2);
}

/* ---- What cannot be meant ---- */

static unsigned wrong;

static void wrong_configuration(struct virtio_script *script)
{
	struct virtio_net_configuration *wanted = &script->configuration;

	switch (wrong) {
	case 0:
		wanted->receive_queue = 3;
		break;
	case 1:
		wanted->transmit_queue = 65536;
		break;
	case 2:
		wanted->queues = 17;
		break;
	case 3:
		wanted->mtu = 67;
		break;
	case 4:
		wanted->receive_queue = 1;
		break;
	case 5:
		wanted->reset = VIRTIO_NET_RESET_ONCE + 1;
		break;
	default:
		script->buffer_bytes = 511;
		break;
	}
}

static void is_invalid(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_INVALID);
	assert_int_equal(script->logged, 0);
}

static void invalid_configurations_test(void **state)
{
	(void)state;
	for (wrong = 0; wrong < 7; wrong++)
		virtio_script_run(is_invalid, wrong_configuration, false);
}

#define CASE(name, body, prepare, start)                                       \
	static void name##_test(void **state)                                  \
	{                                                                      \
		(void)state;                                                   \
		virtio_script_run(body, prepare, start);                       \
	}

CASE(filters, filters, with_filters, false)
CASE(filters_packed, filters, packed_filters, false)
CASE(filters_without_extra, filters_without_extra, few_filters, true)
CASE(refused, refused, with_filters, true)
CASE(silent, silent, with_filters, true)
CASE(bad_command_id, bad_command_id, with_filters, true)
CASE(vlans, vlans, with_vlans, false)
CASE(no_vlans, no_vlans, NULL, true)
CASE(mac, mac, with_mac, false)
CASE(mac_without_reset, mac_without_reset, mac_once, false)
CASE(m11_device_is_told, m11_device_is_told, mac_made_up, true)
CASE(queues, queues, with_queues, true)
CASE(pairs_are_not_believed, pairs_are_not_believed, no_pairs, true)
CASE(pairs_out_of_range, pairs_out_of_range, many_pairs, false)
CASE(link_down, link_down, with_status, true)
CASE(announce, announce, with_status, true)
CASE(never_at_rest, never_at_rest, with_status, true)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_test),
		cmocka_unit_test(filters_packed_test),
		cmocka_unit_test(filters_without_extra_test),
		cmocka_unit_test(refused_test),
		cmocka_unit_test(silent_test),
		cmocka_unit_test(bad_command_id_test),
		cmocka_unit_test(vlans_test),
		cmocka_unit_test(no_vlans_test),
		cmocka_unit_test(mac_test),
		cmocka_unit_test(mac_without_reset_test),
		cmocka_unit_test(m11_device_is_told_test),
		cmocka_unit_test(queues_test),
		cmocka_unit_test(pairs_are_not_believed_test),
		cmocka_unit_test(pairs_out_of_range_test),
		cmocka_unit_test(link_down_test),
		cmocka_unit_test(announce_test),
		cmocka_unit_test(never_at_rest_test),
		cmocka_unit_test(invalid_configurations_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
