/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vmxnet3 device: registers, commands, ACTIVATE, interrupts and events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_vmxnet3.h"

static const struct raw_vmxnet3_options esxi = {.revision = 1};
static const struct raw_vmxnet3_options qemu = {.host = "qemu"};

/* V1: one bit, and one that was offered. */
static void edge_V1_revisions(void **state)
{
	static const struct {
		const char *host;
		uint32_t mask;
	} hosts[] = {{"esxi-6.0", 0x03}, {"esxi-6.5", 0x07}, {"esxi-6.7", 0x0f},
		     {"esxi-7.0", 0x3f}, {"esxi-8.0", 0x7f}, {"qemu", 0x01}};
	struct raw_vmxnet3 *raw;
	unsigned n;

	(void)state;
	for (n = 0; n < sizeof(hosts) / sizeof(hosts[0]); n++) {
		const struct raw_vmxnet3_options options = {
			.host = hosts[n].host,
		};

		raw = raw_vmxnet3_create(&options);
		assert_int_equal(card_register(raw, 1, 0), hosts[n].mask);
		assert_int_equal(card_register(raw, 1, 8), 1);
		raw_vmxnet3_destroy(raw, 0);
	}
	raw = raw_vmxnet3_create(&esxi);
	card_register_write(raw, 1, 0, 0x7f);
	card_register_write(raw, 1, 0, 0);
	card_register_write(raw, 1, 0, 0x80);
	assert_int_equal(host_vmxnet3_revision(raw->card), 0);
	card_register_write(raw, 1, 0, 0x10);
	assert_int_equal(host_vmxnet3_revision(raw->card), 5);
	card_register_write(raw, 1, 8, 2);
	card_expect(raw, 0, "(V1)");
	card_expect(raw, 3, "UVRS");
	raw_vmxnet3_destroy(raw, 4);
}

/* V7, V8: the order of the address's bytes; QEMU forgets it at ACTIVATE. */
static void edge_V7_V8_address(void **state)
{
	static const char *const hosts[] = {"esxi", "qemu"};
	uint8_t mac[6];
	unsigned host;

	(void)state;
	for (host = 0; host < 2; host++) {
		const struct raw_vmxnet3_options options = {
			.host = hosts[host],
		};
		struct raw_vmxnet3 *raw = raw_vmxnet3_create(&options);

		assert_int_equal(card_register(raw, 1, 0x28), 0x01565000);
		assert_int_equal(card_register(raw, 1, 0x30), 0x0302);
		card_register_write(raw, 1, 0x28, 0x33221102);
		card_register_write(raw, 1, 0x30, 0x5544);
		assert_int_equal(card_command(raw, 0xf00d0003), 0x01565000);
		assert_int_equal(card_command(raw, 0xf00d0004), 0x0302);
		card_prepare(raw);
		assert_int_equal(card_activate(raw), 0);
		host_vmxnet3_mac(raw->card, mac);
		assert_int_equal(mac[0], host ? 0x00 : 0x02);
		raw_vmxnet3_destroy(raw, 0);
	}
}

/* ---- ACTIVATE ---- */

/** A byte, half word or word of an area that is wrong. */
struct wrong {
	const char *words;
	bool table;
	unsigned offset, width;
	uint64_t value;
	/** QEMU refuses it too; it does not survive it. */
	bool refused, fatal;
};

static void put(uint8_t *to, const struct wrong *wrong)
{
	unsigned n;

	for (n = 0; n < wrong->width; n++)
		to[wrong->offset + n] = (uint8_t)(wrong->value >> 8 * n);
}

static void wrong_activation(const struct wrong *wrong, bool is_qemu)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_create(is_qemu ? &qemu : &esxi);
	uint32_t result;

	card_prepare(raw);
	put(wrong->table ? raw->table : raw->shared, wrong);
	result = card_activate(raw);
	card_expect(raw, 0, wrong->words);
	if (is_qemu && wrong->fatal)
		assert_true(host_vmxnet3_is_dead(raw->card));
	else
		assert_int_equal(result, is_qemu ? wrong->refused : 1);
	raw_vmxnet3_destroy(raw, machine_violations(raw->machine));
}

static void activation_rules(void **state)
{
	static const struct wrong wrongs[] = {
		{"no shared area", false, 0, 4, 0xbabefee0, true, false},
		{"(V2)", false, 16, 4, 2, false, false},
		{"(V2)", false, 20, 4, 0, false, false},
		{"(V52)", false, 12, 4, 2 | 2 << 2, false, false},
		{"(V52)", false, 12, 4, 1 | 1 << 2, false, false},
		{"(V53)", false, 62, 1, 0, true, false},
		{"(V53)", false, 63, 1, 9, true, false},
		{"(V49)", false, 56, 4, 59, true, false},
		{"(V49)", false, 56, 4, 9001, true, false},
		{"numIntrs", false, 81, 1, 0, false, false},
		{"(V39)", false, 81, 1, 1, false, false},
		{"(V39)", false, 82, 1, 25, false, true},
		{"multiple of 128", false, 40, 1, 8, false, false},
		{"queueDescLen", false, 52, 4, 256, false, false},
		{"multiple of 512 (V48)", true, 16, 1, 8, false, false},
		{"TX ring has 33", true, 56, 4, 33, false, false},
		{"TX ring has 0", true, 56, 4, 0, false, false},
		{"TX ring has 4128", true, 56, 4, 4128, false, false},
		{"TX completion ring", true, 32, 1, 8, false, false},
		{"completion ring has 0", true, 64, 4, 0, false, false},
		{"multiple of 512", true, 24, 1, 64, false, false},
		{"(V19)", true, 60, 4, 16, false, false},
		{"is no memory", true, 24, 8, 0xd0000000, false, false},
		{"(V39)", true, 72, 1, 3, false, false},
		{"an RX queue", true, 256 + 72, 1, 30, false, true},
		{"RX ring has 48", true, 256 + 56, 4, 48, false, false},
		{"second RX ring", true, 256 + 24, 1, 16, false, false},
		{"smaller than both", true, 256 + 64, 4, 32, false, false},
	};
	unsigned n;

	(void)state;
	for (n = 0; n < sizeof(wrongs) / sizeof(wrongs[0]); n++) {
		wrong_activation(&wrongs[n], false);
		wrong_activation(&wrongs[n], true);
	}
}

/* V5: the high half before the low one is a stale address. */
static void edge_V5_address_order(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_create(&esxi);
	uint64_t address = card_physical(raw, raw->shared);

	(void)state;
	card_prepare(raw);
	card_register_write(raw, 1, 0x18, (uint32_t)(address >> 32));
	card_register_write(raw, 1, 0x10, (uint32_t)address);
	assert_int_equal(card_command(raw, 0xcafe0000), 1);
	card_expect(raw, 0, "(V5)");
	raw_vmxnet3_destroy(raw, 1);
}

/* V4, V6, V45: states, and doorbells outside of them. */
static void edge_V4_V6_V45_states(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_create(&qemu);

	(void)state;
	card_register_write(raw, 0, 0x600, 0);
	card_expect(raw, 0, "TXPROD: a doorbell while");
	card_register_write(raw, 0, 0x800, 1);
	card_expect(raw, 1, "RXPROD: a doorbell while");
	card_register_write(raw, 0, 0, 0);
	card_expect(raw, 2, "(V6)");
	assert_int_equal(card_register(raw, 0, 0), 1);
	card_prepare(raw);
	assert_int_equal(card_activate(raw), 0);
	card_register_write(raw, 0, 0, 0);
	assert_int_equal(card_register(raw, 0, 0), 0);
	assert_int_equal(card_command(raw, 0xcafe0000), 0);
	card_expect(raw, 3, "active already");
	card_command(raw, 0xcafe0001);
	assert_false(host_vmxnet3_is_active(raw->card));
	assert_int_equal(card_command(raw, 0xcafe0000), 0);
	card_command(raw, 0xcafe0002);
	assert_false(host_vmxnet3_is_active(raw->card));
	/* RESET forgot the area. */
	assert_int_equal(card_command(raw, 0xcafe0000), 1);
	card_prepare(raw);
	assert_int_equal(card_activate(raw), 0);
	card_register_write(raw, 1, 0x10, 0);
	assert_false(host_vmxnet3_is_active(raw->card));
	raw_vmxnet3_destroy(raw, 5);
}

/* ---- Commands ---- */

/* V3, V19, V46: results, unknown commands, and those of a later revision. */
static void edge_V46_commands(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_create(&esxi);

	(void)state;
	assert_int_equal(card_command(raw, 0xf00d0002), 10000u << 16 | 1);
	assert_int_equal(card_command(raw, 0xf00d0005), 0x7b0);
	assert_int_equal(card_command(raw, 0xf00d000a), 0);
	assert_int_equal(card_command(raw, 0xf00d000f), 0);
	card_register_write(raw, 1, 0, 1 << 5);
	assert_int_equal(card_command(raw, 0xf00d000a), 256);
	assert_int_equal(card_command(raw, 0xf00d000f), 16 << 8 | 16);
	assert_int_equal(card_command(raw, 0xcafe000a), 0);
	card_expect(raw, 0, "no command 0xcafe000a");
	assert_int_equal(card_command(raw, 0xcafe0013), 0);
	card_expect(raw, 1, "came with revision 7");
	raw_vmxnet3_destroy(raw, 2);
	raw = raw_vmxnet3_create(&qemu);
	assert_int_equal(card_command(raw, 0xf00d0002), 1000u << 16 | 1);
	assert_int_equal(card_command(raw, 0xf00d0009), 1);
	assert_int_equal(card_command(raw, 0xf00d000a), 0);
	raw_vmxnet3_destroy(raw, 0);
}

static void commands_with_arguments(void **state)
{
	const struct raw_vmxnet3_options options = {.revision = 4};
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&options);

	(void)state;
	assert_int_equal(card_command(raw, 0xf00d000c), 3);
	card_put32(raw->shared + 704, 0xf);
	assert_int_equal(card_command(raw, 0xcafe0010), 0);
	assert_int_equal(card_command(raw, 0xf00d000c), 0xf);
	card_put32(raw->shared + 704, 0xe);
	assert_int_equal(card_command(raw, 0xcafe0010), 1);
	card_expect(raw, 0, "lacks TCP");
	card_put32(raw->groups, 2);
	card_put64(raw->shared + 712, card_physical(raw, raw->groups));
	assert_int_equal(card_command(raw, 0xcafe000e), 0);
	card_put32(raw->groups, 4);
	assert_int_equal(card_command(raw, 0xcafe000e), 1);
	card_expect(raw, 1, "no such mode");
	raw_vmxnet3_destroy(raw, 2);
}

/* V51: statistics are written by GET_STATS, not before ACTIVATE. */
static void edge_V51_statistics(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_create(&esxi);
	uint8_t frame[64] = {0};

	(void)state;
	card_command(raw, 0xf00d0001);
	raw_vmxnet3_destroy(raw, 0);
	raw = raw_vmxnet3_up(&esxi);
	card_send(raw, frame, 64, 0, 0);
	memset(frame, 0xff, 6);
	card_arrive(raw, frame, 60);
	card_arrive(raw, frame, 64);
	assert_int_equal(card_get64(raw->table + 256 + 88 + 6 * 8), 0);
	card_command(raw, 0xf00d0001);
	assert_int_equal(card_get64(raw->table + 88 + 2 * 8), 1);
	assert_int_equal(card_get64(raw->table + 88 + 3 * 8), 64);
	assert_int_equal(card_get64(raw->table + 256 + 88 + 6 * 8), 2);
	assert_int_equal(card_get64(raw->table + 256 + 88 + 7 * 8), 124);
	raw_vmxnet3_destroy(raw, 0);
}

/* ---- Interrupts and events ---- */

/* V40: the device masks with each message; in active mode it does not. */
static void edge_V40_masks(void **state)
{
	const struct raw_vmxnet3_options active = {.active_mask = true};
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);
	uint8_t frame[64] = {0};

	(void)state;
	card_send(raw, frame, 64, 0, 0);
	assert_int_equal(raw->taken[0], 1);
	assert_int_equal(card_register(raw, 0, 0), 1);
	card_send(raw, frame, 64, 0, 0);
	assert_int_equal(raw->taken[0], 1);
	card_register_write(raw, 0, 0, 0);
	assert_int_equal(raw->taken[0], 2);
	/* DISABLE_ALL holds it back until the next unmasking. */
	card_register_write(raw, 0, 0, 0);
	card_put32(raw->shared + 108, 1);
	card_send(raw, frame, 64, 0, 0);
	assert_int_equal(raw->taken[0], 2);
	card_put32(raw->shared + 108, 0);
	card_register_write(raw, 0, 0, 0);
	assert_int_equal(raw->taken[0], 3);
	raw_vmxnet3_destroy(raw, 0);
	raw = raw_vmxnet3_up(&active);
	card_send(raw, frame, 64, 0, 0);
	card_send(raw, frame, 64, 0, 0);
	assert_int_equal(raw->taken[0], 2);
	assert_int_equal(card_register(raw, 0, 0), 0);
	raw_vmxnet3_destroy(raw, 0);
	/* What waited leaves the mask clear on QEMU. */
	raw = raw_vmxnet3_up(&qemu);
	card_send(raw, frame, 64, 0, 0);
	card_send(raw, frame, 64, 0, 0);
	card_register_write(raw, 0, 0, 0);
	assert_int_equal(raw->taken[0], 2);
	assert_int_equal(card_register(raw, 0, 0), 0);
	card_send(raw, frame, 64, 0, 0);
	assert_int_equal(raw->taken[0], 3);
	assert_int_equal(card_register(raw, 0, 0), 1);
	raw_vmxnet3_destroy(raw, 0);
}

/* V39, V41: the line, let go of by reading ICR; and MSI's one message. */
static void edge_V39_V41_line_and_message(void **state)
{
	const struct raw_vmxnet3_options line = {.line = true};
	const struct raw_vmxnet3_options message = {.msi = true};
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&line);
	uint8_t frame[64] = {0};

	(void)state;
	assert_int_equal(card_register(raw, 1, 0x38), 0);
	card_send(raw, frame, 64, 0, 0);
	assert_int_equal(raw->lines, 1);
	assert_false(machine_line_asserted(
		raw->machine, host_pci_line(host_vmxnet3_function(raw->card))));
	card_send(raw, frame, 64, 0, 0);
	assert_int_equal(raw->lines, 1);
	card_register_write(raw, 0, 0, 0);
	assert_int_equal(raw->lines, 2);
	raw_vmxnet3_destroy(raw, 0);
	raw = raw_vmxnet3_up(&message);
	card_send(raw, frame, 64, 0, 0);
	assert_int_equal(raw->taken[0], 1);
	assert_int_equal(raw->lines, 0);
	raw_vmxnet3_destroy(raw, 0);
}

/* V42, V43: events lie in memory; the register is for acknowledging. */
static void edge_V42_V43_link(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);
	uint8_t frame[64] = {0};

	(void)state;
	host_vmxnet3_link_set(raw->card, false);
	shared_fence(raw->port);
	assert_int_equal(raw->taken[2], 1);
	assert_int_equal(card_get32(raw->shared + 696), 4);
	assert_int_equal(card_register(raw, 1, 0x40), 0);
	assert_int_equal(card_command(raw, 0xf00d0002), 0);
	card_register_write(raw, 1, 0x40, 4);
	assert_int_equal(card_get32(raw->shared + 696), 0);
	assert_false(card_arrive(raw, frame, 64));
	card_send(raw, frame, 64, 0, 0);
	assert_int_equal(raw->frame_count, 0);
	raw_vmxnet3_destroy(raw, 0);
	raw = raw_vmxnet3_up(&qemu);
	host_vmxnet3_link_set(raw->card, false);
	assert_int_equal(card_command(raw, 0xf00d0002), 1000u << 16);
	raw_vmxnet3_destroy(raw, 0);
}

/* V44, V55: a queue that stops, and a device that changes. */
static void edge_V44_V55_events(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);
	uint8_t frame[64] = {0};

	(void)state;
	host_vmxnet3_queue_stop(raw->card, false, 0, 0x80000007);
	host_vmxnet3_device_change(raw->card);
	assert_int_equal(card_get32(raw->shared + 696), 2 | 8);
	assert_int_equal(raw->table[80], 0);
	card_command(raw, 0xf00d0000);
	assert_int_equal(raw->table[80], 1);
	assert_int_equal(card_get32(raw->table + 84), 0x80000007);
	assert_int_equal(raw->table[256 + 80], 0);
	card_send(raw, frame, 64, 0, 0);
	assert_int_equal(raw->frame_count, 0);
	card_command(raw, 0xcafe0001);
	card_command(raw, 0xcafe0002);
	card_prepare(raw);
	assert_int_equal(card_activate(raw), 0);
	card_send(raw, frame, 64, 0, 0);
	assert_int_equal(raw->frame_count, 1);
	raw_vmxnet3_destroy(raw, 0);
}

static void a_card_pulled_out(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);

	(void)state;
	host_vmxnet3_remove(raw->card);
	assert_int_equal(card_register(raw, 1, 0), 0xffffffff);
	assert_int_equal(card_config_read(raw->port, 3 << 3, 0), 0xffffffff);
	assert_true(host_vmxnet3_is_dead(raw->card));
	raw_vmxnet3_destroy(raw, 0);
}

/* V47: without bus mastering nothing works, and it is said. */
static void edge_V47_bus_mastering(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_create(&esxi);

	(void)state;
	card_prepare(raw);
	card_config_write(raw->port, 3 << 3, 4, 2);
	assert_int_equal(card_activate(raw), 1);
	card_expect(raw, 0, "bus mastering is off");
	raw_vmxnet3_destroy(raw, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_V1_revisions),
		cmocka_unit_test(edge_V7_V8_address),
		cmocka_unit_test(activation_rules),
		cmocka_unit_test(edge_V5_address_order),
		cmocka_unit_test(edge_V4_V6_V45_states),
		cmocka_unit_test(edge_V46_commands),
		cmocka_unit_test(commands_with_arguments),
		cmocka_unit_test(edge_V51_statistics),
		cmocka_unit_test(edge_V40_masks),
		cmocka_unit_test(edge_V39_V41_line_and_message),
		cmocka_unit_test(edge_V42_V43_link),
		cmocka_unit_test(edge_V44_V55_events),
		cmocka_unit_test(a_card_pulled_out),
		cmocka_unit_test(edge_V47_bus_mastering),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
