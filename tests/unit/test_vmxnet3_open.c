/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening a vmxnet3: what it negotiates and tells the device, against one that
 * does what the test says.
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

static bool send(struct script *script, uint32_t length)
{
	return script_transmit(script, script->memory + SCRIPT_OWN, length, 0);
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

/* ---- Negotiation ---- */

static void opened(struct script *script)
{
	assert_non_null(script->nic);
	assert_int_equal(script->open_error, 0);
}

static void bring_up(struct script *script)
{
	int at = 0;

	opened(script);
	assert_int_equal(script->revision_written, 1);
	assert_int_equal(script->upt_written, 1);
	assert_int_equal(script->nic->information.mac[0], 0);
	assert_int_equal(script->nic->information.mac[5], 3);
	/* Whoever had it before is forgotten before anything is told. */
	at = position(script, 1, 0x20, SCRIPT_QUIESCE, 0);
	at = position(script, 1, 0x20, SCRIPT_RESET, at);
	position(script, 1, 0x20, SCRIPT_ACTIVATE, at);
	at = 0;
	/* An activation for a try, and a device that forgot it. */
	assert_int_equal(script_commands(script, SCRIPT_ACTIVATE), 1);
	assert_false(script->active);
	assert_int_equal(script->shared, 0);
	script->logged = 0;
	assert_int_equal(nic_start(script->nic), 0);
	at = position(script, 1, 0x28, 0x01565000, at);
	at = position(script, 1, 0x30, 0x0302, at);
	at = position(script, 1, 0x10, (uint32_t)script->shared, at);
	at = position(script, 1, 0x18, (uint32_t)(script->shared >> 32), at);
	at = position(script, 1, 0x20, SCRIPT_ACTIVATE, at);
	at = position(script, 1, 0x28, 0x01565000, at);
	at = position(script, 0, 0x800, 31, at);
	at = position(script, 0, 0xa00, 31, at);
	at = position(script, 1, 0x20, 0xcafe0003, at);
	/* The vector of events is unmasked, those of queues are not. */
	at = position(script, 0, 8, 0, at);
	assert_int_equal(script->masks[0], 1);
	assert_int_equal(script->masks[1], 0);
}

static void shared_area(struct script *script)
{
	uint64_t transmit = script_transmit_entry(script, 0);
	uint64_t receive_entry = script_receive_entry(script, 0);

	assert_int_equal(script_shared(script, 0), 0xbabefee1);
	/* These stay 1 whatever revision runs. */
	assert_int_equal(script_shared(script, 16), 1);
	assert_int_equal(script_shared(script, 20), 1);
	/* A 64 bit guest, Linux. */
	assert_int_equal(script_shared(script, 12) & 0x3f, 1 << 2 | 2);
	assert_int_equal(script_shared(script, 24), 1 | 4);
	assert_int_equal(script_shared(script, 52), 512);
	assert_int_equal(script_shared(script, 56), 1500);
	assert_int_equal(script_shared(script, 60), 64 | 1 << 16 | 1 << 24);
	/* Masked by the device; 2 vectors, the second for events. */
	assert_int_equal(script_shared(script, 80) & 0xffffff, 0x010201);
	assert_int_equal(script_shared(script, 108), 0);
	assert_int_equal(script_shared(script, 120), 1 | 4);
	assert_int_equal(transmit % 128, 0);
	assert_int_equal(script_ram64(script, transmit + 16) % 512, 0);
	assert_int_equal(script_ram32(script, transmit + 56), 64);
	assert_int_equal(script_ram32(script, transmit + 60), 64);
	assert_int_equal(script_ram32(script, transmit + 64), 64);
	assert_int_equal(script_ram32(script, transmit + 72), 128 << 16);
	assert_int_equal(script_ram64(script, receive_entry + 16) % 512, 0);
	assert_int_equal(script_ram32(script, receive_entry + 56), 32);
	assert_int_equal(script_ram32(script, receive_entry + 60), 32);
	assert_int_equal(script_ram32(script, receive_entry + 64), 64);
	assert_int_equal(script_ram32(script, receive_entry + 72), 0);
	assert_int_equal(script_commands(script, 0xf00d0001), 0);
}

static void results_locked(struct script *script)
{
	opened(script);
	nic_events(script->nic);
	assert_in_range(script->results, 5, 100);
	/* Nobody else's command comes between one and its result. */
	assert_int_equal(script->results_unlocked, 0);
}

static void refused_by(struct script *script, int error)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, error);
	assert_false(script->active);
}

static void no_revision(struct script *script)
{
	script->revisions = 0;
}

static void revision_8(struct script *script)
{
	script->revisions = 1 << 7;
}

static void no_upt(struct script *script)
{
	script->upt_versions = 2;
}

static void not_activated(struct script *script)
{
	script->activate_result = 1;
}

static void is_gone(struct script *script)
{
	script->gone = true;
}

static void not_supported(struct script *script)
{
	refused_by(script, ERROR_NOT_SUPPORTED);
}

static void no_address(struct script *script)
{
	script->mac_low = 0;
	script->mac_high = 0;
	script->permanent_low = 0x290c0000;
	script->permanent_high = 0x0504;
}

static void permanent_address(struct script *script)
{
	static const uint8_t mac[] = {0x00, 0x00, 0x0c, 0x29, 0x04, 0x05};

	opened(script);
	assert_memory_equal(script->nic->information.mac, mac, sizeof(mac));
}

static void address_of_a_group(struct script *script)
{
	script->mac_low = 0x01565001;
	script->permanent_low = 1;
}

static void protocol_error(struct script *script)
{
	refused_by(script, ERROR_PROTOCOL);
}

static void input_output_error(struct script *script)
{
	refused_by(script, ERROR_IO);
}

static void no_device(struct script *script)
{
	refused_by(script, ERROR_NO_DEVICE);
}

static void invalid(struct script *script)
{
	refused_by(script, ERROR_INVALID);
	/* Nothing was asked of the device. */
	assert_int_equal(script->logged, 0);
}

static void revision_most(struct script *script)
{
	script->revisions = 0x1ff;
}

static void revision_6(struct script *script)
{
	opened(script);
	assert_int_equal(vmxnet3_revision(script->nic), 6);
	assert_int_equal(script->revision_written, 1 << 5);
	assert_int_equal(script->nic->information.mtu_max, 9190);
}

static void revision_asked(struct script *script)
{
	script->revisions = 0x1ff;
	script->configuration.revision_max = 7;
	script->dcr0 = 1 << 16;
	/* Words of another meaning: that is no size. */
	script->data_bytes = 100;
}

static void large_bar(struct script *script)
{
	opened(script);
	assert_int_equal(vmxnet3_revision(script->nic), 7);
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(script_writes(script, 0, 0x1400), 1);
	assert_int_equal(script_writes(script, 0, 0x1800), 1);
	assert_int_equal(script_writes(script, 0, 0x800), 0);
	/* Heads in both rings. */
	assert_int_equal(script_posted(script, 0, 1, 0) & 1 << 14, 0);
	assert_int_equal(script_ram32(script,
				      script_transmit_entry(script, 0) + 72) >>
				 16,
			 128);
	assert_true(send(script, 100));
	assert_int_equal(script_writes(script, 0, 0x1000), 1);
}

static void revision_7_defaults(struct script *script)
{
	revision_asked(script);
	script->configuration.receive_ring = 256;
	script->configuration.body_ring = 128;
}

static void completions_rounded_up(struct script *script)
{
	opened(script);
	assert_int_equal(vmxnet3_revision(script->nic), 7);
	/* One for each of 384 buffers, and a power of two. */
	assert_int_equal(script_ram32(script,
				      script_receive_entry(script, 0) + 64),
			 512);
}

static void revision_odd_ring(struct script *script)
{
	revision_asked(script);
	script->configuration.body_ring = 96;
}

static void hole(struct script *script)
{
	script->revisions = 0x5;
}

static void revision_3(struct script *script)
{
	opened(script);
	assert_int_equal(vmxnet3_revision(script->nic), 3);
}

static void no_interrupt(struct script *script)
{
	script->no_msix_capability = true;
	script->no_pin = true;
}

/* ---- Configurations that cannot be ---- */

static const struct vmxnet3_configuration bad_configurations[] = {
	{.transmit_ring = 33},
	{.receive_ring = 4128},
	{.body_ring = 2080},
	{.transmit_data_bytes = 64},
	{.transmit_data_bytes = 130},
	{.transmit_data_bytes = 2112},
	{.receive_data_bytes = 32},
	{.receive_data_bytes = 65},
	{.queues = 33},
	{.revision_max = 8},
	{.mtu = 59},
	{.mtu = 9191},
	{.coalescing = (enum vmxnet3_coalescing)5},
};
static unsigned bad_index;

static void bad_configuration(struct script *script)
{
	script->configuration = bad_configurations[bad_index];
}

static void small_buffers(struct script *script)
{
	script->buffer_bytes = 511;
}

static void configurations_refused(void **state)
{
	(void)state;
	for (bad_index = 0; bad_index < sizeof(bad_configurations) /
						sizeof(bad_configurations[0]);
	     bad_index++)
		script_run(invalid, bad_configuration, false);
	script_run(invalid, small_buffers, false);
}

/* ---- Queues and tuning ---- */

static void queues_old(struct script *script)
{
	script->revisions = 0x1f;
	script->configuration.queues = 7;
}

static void four_queues(struct script *script)
{
	opened(script);
	assert_int_equal(script->nic->information.queues, 4);
	assert_int_equal(nic_start(script->nic), 0);
	/* 5 vectors, the last for events; queue 3 has its own. */
	assert_int_equal(script_shared(script, 80) & 0xffff00, 0x040500);
	assert_int_equal(script_ram32(script,
				      script_receive_entry(script, 3) + 72) &
				 0xff,
			 3);
	assert_int_equal(script_shared(script, 60), 64 | 4 << 16 | 4 << 24);
	assert_int_equal(script_shared(script, 24), 1 | 2 | 4);
}

static void queues_new(struct script *script)
{
	script->revisions = 0x3f;
	script->configuration.queues = 20;
	script->configuration.rss_udp = true;
	script->configuration.coalescing = VMXNET3_COALESCING_STATIC;
	script->configuration.coalescing_values[0] = 5;
	script->configuration.coalescing_values[1] = 6;
	script->queues_max = 12 << 8 | 10;
}

static void ten_queues(struct script *script)
{
	uint64_t rss, scheme;

	opened(script);
	assert_int_equal(script->nic->information.queues, 10);
	assert_true(script->nic->information.features & NIC_FEATURE_RX_HASH);
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(script_shared(script, 60), 64 | 10 << 16 | 10 << 24);
	/* The extension says the same, and lets interrupts through. */
	assert_int_equal(script_shared(script, 720) & 0xffffff, 0x0a0b01);
	assert_int_equal(script_shared(script, 724), 0);
	assert_int_equal(script_shared(script, 648), 1);
	assert_int_equal(script_shared(script, 652), 176);
	rss = script_shared(script, 656) | (uint64_t)script_shared(script, 660)
						   << 32;
	assert_int_equal(script_ram32(script, rss), 1 << 16 | 15);
	assert_int_equal(script_ram32(script, rss + 4), 128 << 16 | 40);
	assert_int_equal(script_ram32(script, rss + 8), 0xda565a6d);
	assert_int_equal(script_ram32(script, rss + 48 + 8), 0x01000908);
	/* Fields are the last argument; coalescing was the one before. */
	assert_int_equal(script_commands(script, 0xcafe0010), 1);
	assert_int_equal(script_shared(script, 704), 15);
	assert_int_equal(script_commands(script, 0xcafe000e), 1);
	assert_int_equal(script_shared(script, 708), 16);
	scheme = script_shared(script, 712) |
		 (uint64_t)script_shared(script, 716) << 32;
	assert_int_equal(script_ram32(script, scheme), 2);
	assert_int_equal(script_ram32(script, scheme + 4), 5);
	assert_int_equal(script_ram32(script, scheme + 8), 6);
}

static void few_vectors(struct script *script)
{
	script->revisions = 0x3f;
	script->configuration.queues = 8;
	script->msix_count = 4;
}

static void three_queues(struct script *script)
{
	opened(script);
	assert_int_equal(script->nic->information.queues, 3);
}

static void few_vectors_old(struct script *script)
{
	script->configuration.queues = 8;
	script->msix_count = 4;
}

static void two_queues(struct script *script)
{
	opened(script);
	assert_int_equal(script->nic->information.queues, 2);
	assert_int_equal(nic_start(script->nic), 0);
	/* The third vector is that of events. */
	assert_true(script_raise(script, 2));
	port_delay(script->port, 1000);
	assert_int_equal(script->event_wakes, 1);
}

#define LIFE(test, body, prepare, start)                                       \
	static void test(void **state)                                         \
	{                                                                      \
		(void)state;                                                   \
		script_run(body, prepare, start);                              \
	}

LIFE(edge_V5_V6_V7_order_of_the_bring_up, bring_up, NULL, false)
LIFE(edge_V2_V48_V52_shared_area, shared_area, NULL, true)
LIFE(edge_V3_result_belongs_to_its_command, results_locked, NULL, true)
LIFE(edge_V1_no_revision, not_supported, no_revision, false)
LIFE(edge_V1_no_revision_in_common, not_supported, revision_8, false)
LIFE(no_upt_version, not_supported, no_upt, false)
LIFE(edge_V4_activation_refused, input_output_error, not_activated, false)
LIFE(address_of_nobody, permanent_address, no_address, false)
LIFE(addresses_of_groups, protocol_error, address_of_a_group, false)
LIFE(revision_7_rounds_completions_up, completions_rounded_up,
     revision_7_defaults, true)
LIFE(no_card_on_the_bus, no_device, is_gone, false)
LIFE(edge_V1_one_bit_of_the_highest, revision_6, revision_most, false)
LIFE(edge_V1_revisions_with_a_hole, revision_3, hole, false)
LIFE(revision_7_when_asked_for, large_bar, revision_asked, false)
LIFE(revision_7_wants_powers_of_two, revision_6, revision_odd_ring, false)
LIFE(edge_V53_power_of_two_before_revision_6, four_queues, queues_old, false)
LIFE(edge_V53_ten_queues_of_revision_6, ten_queues, queues_new, false)
LIFE(edge_V39_no_more_queues_than_vectors, three_queues, few_vectors, false)
LIFE(edge_V39_vectors_of_an_old_revision, two_queues, few_vectors_old, false)
LIFE(no_interrupt_to_be_had, not_supported, no_interrupt, false)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_V5_V6_V7_order_of_the_bring_up),
		cmocka_unit_test(edge_V2_V48_V52_shared_area),
		cmocka_unit_test(edge_V3_result_belongs_to_its_command),
		cmocka_unit_test(edge_V1_no_revision),
		cmocka_unit_test(edge_V1_no_revision_in_common),
		cmocka_unit_test(no_upt_version),
		cmocka_unit_test(edge_V4_activation_refused),
		cmocka_unit_test(address_of_nobody),
		cmocka_unit_test(addresses_of_groups),
		cmocka_unit_test(revision_7_rounds_completions_up),
		cmocka_unit_test(no_card_on_the_bus),
		cmocka_unit_test(edge_V1_one_bit_of_the_highest),
		cmocka_unit_test(edge_V1_revisions_with_a_hole),
		cmocka_unit_test(revision_7_when_asked_for),
		cmocka_unit_test(revision_7_wants_powers_of_two),
		cmocka_unit_test(configurations_refused),
		cmocka_unit_test(edge_V53_power_of_two_before_revision_6),
		cmocka_unit_test(edge_V53_ten_queues_of_revision_6),
		cmocka_unit_test(edge_V39_no_more_queues_than_vectors),
		cmocka_unit_test(edge_V39_vectors_of_an_old_revision),
		cmocka_unit_test(no_interrupt_to_be_had),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
