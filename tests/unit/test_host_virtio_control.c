/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtio device: its registers, its status and what it names, the commands
 * of its control queue; with a guest that does all by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_virtio.h"

static const struct raw_virtio_options strict = {0};
static const struct raw_virtio_options firecracker = {.host = "firecracker"};
static const struct raw_virtio_options microvm = {.host = "microvm"};

/* ---- Who it is ---- */

static void hosts_offer(void **state)
{
	static const struct {
		const char *host;
		uint64_t features, base;
		unsigned line;
		uint32_t size;
		const char *announcement;
	} rows[] = {
		{"firecracker-1.1", 0x120004ca3, 0xd0000000, 5, 256,
		 "virtio_mmio.device=4K@0xd0000000:5"},
		{"firecracker-1.7", 0x120004ca3, 0xd0001000, 6, 256,
		 "virtio_mmio.device=4K@0xd0001000:6"},
		{"firecracker-1.12", 0x12000dda3, 0xd0000000, 5, 256,
		 "virtio_mmio.device=4K@0xd0000000:5"},
		{"firecracker-1.16", 0x12000dda3, 0xc0001000, 5, 256,
		 "virtio_mmio.device=4K@0xc0001000:5"},
		{"microvm", 0x10130bf8024, 0xfeb00e00, 12, 1024,
		 "virtio_mmio.device=512@0xfeb00e00:12"},
	};
	char text[64];
	unsigned n;

	(void)state;
	for (n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		const struct raw_virtio_options options = {
			.host = rows[n].host};
		struct raw_virtio *raw = raw_virtio_create(&options);

		virtio_greet(raw);
		assert_true(virtio_offered(raw) == rows[n].features);
		assert_true(host_virtio_base(raw->card) == rows[n].base);
		assert_int_equal(host_virtio_line(raw->card), rows[n].line);
		host_virtio_announcement(raw->card, text, sizeof(text));
		assert_string_equal(text, rows[n].announcement);
		virtio_agree(raw, RAW_VERSION_1);
		virtio_register_write(raw, 0x30, 0);
		assert_int_equal(virtio_register(raw, 0x34), rows[n].size);
		raw_virtio_destroy(raw, 0);
	}
	assert_null(virtio_personality_find("xen"));
	assert_string_equal(virtio_personality_find("firecracker")->name,
			    "firecracker-1.16");
}

/* M10, M11: what is offered depends on what it was told. */
static void edge_M10_M11_what_is_configured(void **state)
{
	struct raw_virtio_options options = {.host = "firecracker",
					     .card = {.mtu = 9000,
						      .features_off = RAW_MAC}};
	struct raw_virtio *raw = raw_virtio_create(&options);

	(void)state;
	virtio_greet(raw);
	assert_true(virtio_offered(raw) & RAW_MTU);
	assert_false(virtio_offered(raw) & RAW_MAC);
	assert_int_equal(port_mmio_read16(raw->port, raw->registers + 0x10a),
			 9000);
	/* Without the feature there is no address. */
	assert_int_equal(port_mmio_read8(raw->port, raw->registers + 0x100), 0);
	raw_virtio_destroy(raw, 0);
}

/* ---- M1 to M18: the start ---- */

/* M1: nothing before the three identities. */
static void edge_M1_identity_first(void **state)
{
	struct raw_virtio *raw = raw_virtio_create(&strict);

	(void)state;
	virtio_register(raw, 0x00);
	virtio_register(raw, 0x04);
	virtio_register_write(raw, 0x70, 0);
	virtio_expect(raw, 0, "before MagicValue, Version and DeviceID");
	raw_virtio_destroy(raw, 1);
}

/* M2: a reset is complete when 0 is read. */
static void edge_M2_reset_is_read_back(void **state)
{
	const struct raw_virtio_options slow = {
		.card = {.reset_nanoseconds = 5000}};
	struct raw_virtio *raw = raw_virtio_up(&strict);

	(void)state;
	virtio_register_write(raw, 0x70, 0);
	virtio_register_write(raw, 0x14, 0);
	virtio_expect(raw, 0, "after a reset and before 0 was read");
	raw_virtio_destroy(raw, 1);

	raw = raw_virtio_up(&slow);
	virtio_register_write(raw, 0x70, 0);
	assert_int_equal(virtio_register(raw, 0x70), 0xf);
	virtio_register_write(raw, 0x70, 1);
	virtio_expect(raw, 0, "before the reset is complete");
	port_delay(raw->port, 10000);
	assert_int_equal(virtio_register(raw, 0x70), 0);
	raw_virtio_destroy(raw, 1);
}

/* M2, M4: Firecracker fails for good. */
static void edge_M2_M4_firecracker_fails_for_good(void **state)
{
	struct raw_virtio *raw = raw_virtio_up(&firecracker);

	(void)state;
	virtio_register_write(raw, 0x70, 0);
	assert_int_equal(virtio_register(raw, 0x70), 0x8f);
	virtio_register_write(raw, 0x70, 0);
	assert_int_equal(virtio_register(raw, 0x70), 0x8f);
	assert_int_equal(host_virtio_queues_live(raw->card), 2);
	virtio_kick(raw, 1);
	virtio_expect(raw, 0, "is rung after the device failed");
	raw_virtio_destroy(raw, 1);

	raw = raw_virtio_create(&firecracker);
	virtio_greet(raw);
	virtio_register_write(raw, 0x70, 0x83);
	virtio_register_write(raw, 0x70, 0);
	assert_int_equal(virtio_register(raw, 0x70), 0x83);
	raw_virtio_destroy(raw, 0);
}

/* M3: the steps, and what is none. */
static void edge_M3_steps(void **state)
{
	static const struct {
		uint32_t writes[4];
		uint32_t firecracker, strict;
		const char *words;
	} rows[] = {
		{{1, 3, 8}, 3, 0, "clears a bit"},
		{{1, 2}, 1, 2, "clears a bit"},
		{{3}, 0, 3, "DRIVER before ACKNOWLEDGE"},
		{{1, 3, 0x43}, 3, 0x43, "NEEDS_RESET, which is the device's"},
		{{1, 3, 7}, 3, 7, "DRIVER_OK before FEATURES_OK"},
		{{1, 3, 0x13}, 3, 0x13, "bits that are not defined"},
		{{1, 9}, 1, 1, "FEATURES_OK before ACKNOWLEDGE and DRIVER"},
		{{0x81, 1}, 0x80, 1, "goes on after FAILED"},
	};
	unsigned n, i, host;

	(void)state;
	for (n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		for (host = 0; host < 2; host++) {
			struct raw_virtio *raw = raw_virtio_create(
				host ? &strict : &firecracker);
			bool named = false;

			for (i = 0; i < 3; i++)
				virtio_register(raw, 4 * i);
			for (i = 0; i < 4 && rows[n].writes[i]; i++)
				virtio_register_write(raw, 0x70,
						      rows[n].writes[i]);
			for (i = 0; i < machine_violations(raw->machine); i++)
				named |= !!strstr(
					machine_violation_text(raw->machine, i),
					rows[n].words);
			assert_true(named);
			assert_int_equal(virtio_register(raw, 0x70),
					 host ? rows[n].strict
					      : rows[n].firecracker);
			raw_virtio_destroy(raw,
					   machine_violations(raw->machine));
		}
	}
}

/* M5: both halves, and VERSION_1. */
static void edge_M5_halves(void **state)
{
	struct raw_virtio *raw = raw_virtio_create(&strict);

	(void)state;
	virtio_greet(raw);
	virtio_register(raw, 0x10);
	virtio_expect(raw, 0, "before a value was written to DeviceFeatures");
	virtio_register_write(raw, 0x20, 0);
	virtio_expect(raw, 1, "before a value was written to DriverFeatures");
	virtio_register_write(raw, 0x14, 2);
	assert_int_equal(virtio_register(raw, 0x10), 0);
	virtio_register_write(raw, 0x24, 2);
	virtio_register_write(raw, 0x20, 1);
	virtio_expect(raw, 2, "bits beyond 63");
	assert_int_equal(virtio_agree(raw, 0), 3);
	virtio_expect(raw, 3, "VERSION_1 is not accepted");
	raw_virtio_destroy(raw, 4);
}

/* M6: after FEATURES_OK it is too late; Firecracker forgets nothing. */
static void edge_M6_features_stay(void **state)
{
	struct raw_virtio *raw = raw_virtio_create(&firecracker);

	(void)state;
	virtio_greet(raw);
	virtio_register_write(raw, 0x24, 0);
	virtio_register_write(raw, 0x20, 3);
	virtio_register_write(raw, 0x70, 0);
	assert_int_equal(virtio_register(raw, 0x70), 0);
	virtio_register_write(raw, 0x24, 0);
	virtio_register_write(raw, 0x20, 0x8000);
	virtio_expect(raw, 0, "written while the status is 0x0");
	virtio_register_write(raw, 0x70, 1);
	virtio_register_write(raw, 0x70, 3);
	assert_int_equal(virtio_agree(raw, RAW_VERSION_1), 0xb);
	assert_true(host_virtio_features(raw->card) ==
		    (RAW_VERSION_1 | RAW_CSUM | RAW_GUEST_CSUM));
	raw_virtio_destroy(raw, 1);
}

/* M7: it may refuse, and the driver looks. */
static void edge_M7_features_are_read_again(void **state)
{
	const struct raw_virtio_options platform = {
		.card = {.features = RAW_PLATFORM}};
	struct raw_virtio *raw = raw_virtio_create(&platform);

	(void)state;
	virtio_greet(raw);
	assert_int_equal(virtio_agree(raw, RAW_VERSION_1), 3);
	virtio_register_write(raw, 0x70, 0);
	virtio_register(raw, 0x70);
	virtio_register_write(raw, 0x70, 1);
	virtio_register_write(raw, 0x70, 3);
	assert_int_equal(virtio_agree(raw, RAW_VERSION_1 | RAW_PLATFORM), 0xb);
	raw_virtio_destroy(raw, 0);

	raw = raw_virtio_create(&strict);
	virtio_greet(raw);
	virtio_register_write(raw, 0x24, 1);
	virtio_register_write(raw, 0x20, 1);
	virtio_register_write(raw, 0x70, 0xb);
	virtio_queue_make(raw, 0, 16);
	virtio_expect(raw, 0, "FEATURES_OK was not read again");
	virtio_register_write(raw, 0x70, 0xf);
	virtio_expect(raw, machine_violations(raw->machine) - 1,
		      "DRIVER_OK, and FEATURES_OK was not read");
	raw_virtio_destroy(raw, machine_violations(raw->machine));
}

/* M8: features that need others, and those that are not there. */
static void edge_M8_dependencies(void **state)
{
	static const struct {
		uint64_t features;
		const char *words;
	} rows[] = {
		{RAW_GUEST_TSO4, "GUEST_TSO4 is accepted without"},
		{RAW_GUEST_TSO6, "GUEST_TSO6 is accepted without"},
		{1 << 10, "GUEST_UFO is accepted without"},
		{1 << 9 | RAW_GUEST_CSUM, "GUEST_ECN is accepted without"},
		{RAW_HOST_TSO4, "HOST_TSO4 is accepted without"},
		{RAW_HOST_TSO6, "HOST_TSO6 is accepted without"},
		{1 << 14, "HOST_UFO is accepted without"},
		{RAW_HOST_ECN | RAW_CSUM, "HOST_ECN is accepted without"},
		{RAW_CTRL_RX, "CTRL_RX is accepted without"},
		{RAW_CTRL_RX_EXTRA, "CTRL_RX_EXTRA is accepted without"},
		{RAW_CTRL_VLAN, "CTRL_VLAN is accepted without"},
		{RAW_ANNOUNCE, "GUEST_ANNOUNCE is accepted without"},
		{RAW_MQ, "MQ is accepted without"},
		{RAW_CTRL_MAC, "CTRL_MAC_ADDR is accepted without"},
		{RAW_OFFLOADS, "CTRL_GUEST_OFFLOADS is accepted without"},
	};
	struct raw_virtio *raw;
	unsigned n;

	(void)state;
	for (n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		raw = raw_virtio_create(&strict);
		virtio_greet(raw);
		assert_int_equal(
			virtio_agree(raw, RAW_VERSION_1 | rows[n].features), 3);
		virtio_expect(raw, 0, rows[n].words);
		raw_virtio_destroy(raw, 1);
	}
	raw = raw_virtio_create(&firecracker);
	virtio_greet(raw);
	assert_int_equal(virtio_agree(raw, RAW_VERSION_1 | RAW_STATUS), 0xb);
	virtio_expect(raw, 0, "0x10000 is accepted, which the device does not");
	assert_true(host_virtio_features(raw->card) == RAW_VERSION_1);
	raw_virtio_destroy(raw, 1);
}

/* M9, M10, M12: configuration space by its fields. */
static void edge_M9_M10_M12_configuration(void **state)
{
	const struct raw_virtio_options options = {
		.card = {.mtu = 1400, .speed_mbps = 10000}};
	struct raw_virtio *raw = raw_virtio_up(&options);
	uint8_t *space = raw->registers + 0x100;

	(void)state;
	assert_int_equal(port_mmio_read8(raw->port, space), 2);
	assert_int_equal(port_mmio_read8(raw->port, space + 5), 7);
	assert_int_equal(port_mmio_read16(raw->port, space + 6), 1);
	assert_int_equal(port_mmio_read16(raw->port, space + 8), 4);
	assert_int_equal(port_mmio_read16(raw->port, space + 10), 1400);
	assert_int_equal(port_mmio_read32(raw->port, space + 12), 10000);
	assert_int_equal(port_mmio_read8(raw->port, space + 16), 1);
	assert_int_equal(machine_violations(raw->machine), 0);
	port_mmio_read32(raw->port, space);
	virtio_expect(raw, 0, "mac is accessed by 4 bytes");
	port_mmio_read8(raw->port, space + 10);
	virtio_expect(raw, 1, "mtu is accessed by 1 bytes");
	port_mmio_read32(raw->port, space + 20);
	virtio_expect(raw, 2, "where nothing is described");
	port_mmio_write8(raw->port, space, 6);
	virtio_expect(raw, 3, "the driver does not write there");
	assert_int_equal(port_mmio_read8(raw->port, space), 2);
	raw_virtio_destroy(raw, 4);

	raw = raw_virtio_up(&firecracker);
	space = raw->registers + 0x100;
	assert_int_equal(port_mmio_read16(raw->port, space + 6), 0);
	virtio_expect(raw, 0, "status is accessed, which is not there");
	assert_int_equal(port_mmio_read16(raw->port, space + 10), 0);
	virtio_expect(raw, 1, "mtu is accessed, which is not there");
	port_mmio_write8(raw->port, space, 6);
	assert_int_equal(port_mmio_read8(raw->port, space), 6);
	raw_virtio_destroy(raw, 3);
}

/* M13: Firecracker's generation stays, the others' moves with a change. */
static void edge_M13_generation(void **state)
{
	struct raw_virtio *raw = raw_virtio_up(&strict);
	uint32_t before = virtio_register(raw, 0xfc);

	(void)state;
	host_virtio_link_set(raw->card, false);
	assert_int_not_equal(virtio_register(raw, 0xfc), before);
	raw_virtio_destroy(raw, 0);
	raw = raw_virtio_up(&firecracker);
	host_virtio_link_set(raw->card, false);
	assert_int_equal(virtio_register(raw, 0xfc), 0);
	assert_int_equal(raw->interrupts, 0);
	raw_virtio_destroy(raw, 0);
}

/* M14, M42: what a queue may not be. */
static void edge_M14_M42_queues(void **state)
{
	static const struct {
		uint32_t size;
		uint64_t move[3];
		const char *words;
	} rows[] = {
		{257, {0}, "QueueSize: 257 is more than"},
		{0, {0}, "a size that it cannot have"},
		{24, {0}, "no power of 2"},
		{16, {8, 0, 0}, "not aligned"},
		{16, {0, 1, 0}, "not aligned"},
		{16, {0, 0, 2}, "not aligned"},
		{16, {1ull << 52, 0, 0}, "not in memory"},
		{16, {0, 1ull << 52, 0}, "not in memory"},
		{16, {0, 0, 1ull << 52}, "not in memory"},
	};
	unsigned n, i;

	(void)state;
	for (n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		struct raw_virtio *raw = raw_virtio_create(&strict);

		virtio_greet(raw);
		virtio_agree(raw, RAW_VERSION_1);
		virtio_register_write(raw, 0x30, 0);
		virtio_register_write(raw, 0x38, rows[n].size);
		for (i = 0; i < 3; i++) {
			uint64_t address =
				virtio_at(raw, 4096 * i) + rows[n].move[i];

			virtio_register_write(raw, 0x80 + 16 * i,
					      (uint32_t)address);
			virtio_register_write(raw, 0x84 + 16 * i,
					      (uint32_t)(address >> 32));
		}
		virtio_register_write(raw, 0x44, 1);
		virtio_expect(raw, 0, rows[n].words);
		assert_int_equal(virtio_register(raw, 0x44), 0);
		raw_virtio_destroy(raw, machine_violations(raw->machine));
	}
}

/* M14, M15: its registers, when they are not for the driver. */
static void edge_M14_M15_queue_registers(void **state)
{
	struct raw_virtio *raw = raw_virtio_up(&strict);

	(void)state;
	virtio_register_write(raw, 0x30, 1);
	virtio_register_write(raw, 0x38, 8);
	virtio_expect(raw, 0, "accessed while the queue is ready");
	virtio_register_write(raw, 0x44, 1);
	virtio_expect(raw, 1, "is ready already");
	virtio_register_write(raw, 0x44, 2);
	virtio_expect(raw, 2, "neither 0 nor 1");
	virtio_register_write(raw, 0x30, 100);
	assert_int_equal(virtio_register(raw, 0x34), 0);
	assert_int_equal(virtio_register(raw, 0x44), 0);
	virtio_register_write(raw, 0x38, 8);
	virtio_expect(raw, machine_violations(raw->machine) - 1,
		      "there is no queue 100");
	raw_virtio_destroy(raw, machine_violations(raw->machine));

	raw = raw_virtio_create(&firecracker);
	virtio_greet(raw);
	virtio_queue_make(raw, 0, 16);
	virtio_expect(raw, 0, "queues are set up after FEATURES_OK");
	assert_int_equal(virtio_register(raw, 0x44), 0);
	raw_virtio_destroy(raw, machine_violations(raw->machine));

	raw = raw_virtio_up(&firecracker);
	virtio_register_write(raw, 0x30, 1);
	virtio_register_write(raw, 0x44, 0);
	virtio_expect(raw, 0, "is ignored while the status is 0xf");
	assert_int_equal(virtio_register(raw, 0x44), 1);
	raw_virtio_destroy(raw, 1);
}

/* M16, M17: both queues, or it needs a reset. */
static void edge_M16_M17_activation(void **state)
{
	struct raw_virtio *raw = raw_virtio_create(&firecracker);

	(void)state;
	virtio_greet(raw);
	virtio_agree(raw, RAW_VERSION_1);
	virtio_queue_make(raw, 0, 16);
	virtio_register_write(raw, 0x70, 0xf);
	virtio_expect(raw, 0, "queue 1 is not ready; the device is not");
	assert_int_equal(virtio_register(raw, 0x70), 0x4f);
	assert_int_equal(raw->causes, 2);
	raw_virtio_destroy(raw, 1);
}

/* M18: a kick before DRIVER_OK is lost. */
static void edge_M18_early_kick(void **state)
{
	static const char *const hosts[] = {"firecracker", "strict", "microvm"};
	uint8_t frame[100] = {0};
	unsigned n;

	(void)state;
	for (n = 0; n < 3; n++) {
		const struct raw_virtio_options options = {.host = hosts[n]};
		struct raw_virtio *raw = raw_virtio_create(&options);

		virtio_greet(raw);
		virtio_agree(raw, RAW_VERSION_1);
		virtio_queue_make(raw, 0, 16);
		virtio_queue_make(raw, 1, 16);
		virtio_send(raw, 1, NULL, frame, sizeof(frame));
		virtio_expect(raw, 0, "is rung before DRIVER_OK");
		virtio_register_write(raw, 0x70, 0xf);
		assert_int_equal(raw->frame_count, 0);
		virtio_kick(raw, 1);
		assert_int_equal(raw->frame_count, 1);
		raw_virtio_destroy(raw, 1);
	}
}

/* M39: registers are 32 bits, and go one way. */
static void edge_M39_accesses(void **state)
{
	struct raw_virtio *raw = raw_virtio_up(&strict);

	(void)state;
	assert_int_equal(port_mmio_read8(raw->port, raw->registers), 0);
	virtio_expect(raw, 0, "register 0x000: 1 bytes are read");
	port_mmio_write16(raw->port, raw->registers + 0x50, 1);
	virtio_expect(raw, 1, "register 0x050: 2 bytes are written");
	virtio_register(raw, 0x50);
	virtio_expect(raw, 2, "QueueNotify is read, which it is not for");
	virtio_register_write(raw, 0x60, 1);
	virtio_expect(raw, 3, "InterruptStatus is written, which it is not");
	virtio_register(raw, 0x48);
	virtio_expect(raw, 4, "0x048 is read, which is no register");
	assert_int_equal(virtio_register(raw, 0xb0), UINT32_MAX);
	virtio_register_write(raw, 0xac, 1);
	virtio_register_write(raw, 0xc0, 1);
	virtio_expect(raw, 7, "RING_RESET is not negotiated");
	raw_virtio_destroy(raw, 8);
}

/* M40: the number of a queue, and of one that is ready. */
static void edge_M40_notify(void **state)
{
	struct raw_virtio *raw = raw_virtio_up(&strict);

	(void)state;
	virtio_kick(raw, 0x10001);
	virtio_expect(raw, 0, "0x10001 is the number of no queue");
	virtio_kick(raw, 2);
	virtio_expect(raw, 1, "queue 2 is rung and is not ready");
	raw_virtio_destroy(raw, 2);
}

/* M40: with NOTIFICATION_DATA it says more. */
static void edge_M40_notification_data(void **state)
{
	const struct raw_virtio_options options = {
		.features = RAW_NOTIFICATION,
		.card = {.features = RAW_NOTIFICATION}};
	struct raw_virtio *raw = raw_virtio_up(&options);
	const struct raw_part part = {virtio_at(raw, 0), 100, false};

	(void)state;
	virtio_give(raw, 1, &part, 1);
	virtio_kick(raw, 1 | 1 << 16);
	assert_int_equal(raw->frame_count, 1);
	virtio_give(raw, 1, &part, 1);
	virtio_kick(raw, 1 | 100 << 16);
	virtio_expect(raw, 0, "the next index of queue 1 is said to be 100");
	raw_virtio_destroy(raw, 1);
}

/* ---- Interrupts ---- */

/* M28, M29: what is acknowledged was read, and is defined. */
static void edge_M28_M29_acknowledge(void **state)
{
	struct raw_virtio *raw = raw_virtio_up(&strict);
	uint8_t frame[100] = {0};

	(void)state;
	raw->quiet = true;
	virtio_send(raw, 1, NULL, frame, sizeof(frame));
	virtio_register_write(raw, 0x64, 1);
	virtio_expect(raw, 0, "what was not read in InterruptStatus");
	virtio_register_write(raw, 0x64, 4);
	virtio_expect(raw, 1, "bits that are not defined");
	raw_virtio_destroy(raw, 2);
}

/* M25, M26: who wants to be told, split rings. */
static void edge_M25_M26_event_index(void **state)
{
	const struct raw_virtio_options options = {.features = RAW_EVENT};
	struct raw_virtio *raw = raw_virtio_up(&options);
	const struct raw_part part = {virtio_at(raw, 0), 100, false};
	unsigned n;

	(void)state;
	/* The used event lies behind the available ring. */
	card_put16(raw->queues[1].available + 4 + 32, 3);
	for (n = 0; n < 6; n++) {
		virtio_give(raw, 1, &part, 1);
		virtio_kick(raw, 1);
		assert_int_equal(raw->interrupts, n >= 3);
	}
	/* The available event lies behind the used ring. */
	assert_int_equal(card_get32(raw->queues[1].used + 4 + 128) & 0xffff, 6);
	virtio_kick(raw, 1);
	virtio_expect(raw, 0, "the device did not ask for it");
	raw_virtio_destroy(raw, 1);
}

/* M25: packed rings say it by place and lap. */
static void edge_M25_packed_events(void **state)
{
	const struct raw_virtio_options options = {
		.features = RAW_PACKED | RAW_EVENT, .size = 5};
	struct raw_virtio *raw = raw_virtio_up(&options);
	const struct raw_part part = {virtio_at(raw, 0), 100, false};
	unsigned n;

	(void)state;
	/* Place 1 of the second lap. */
	card_put32(raw->queues[1].available, 2u << 16 | 1);
	for (n = 0; n < 8; n++) {
		virtio_give(raw, 1, &part, 1);
		virtio_kick(raw, 1);
		assert_int_equal(raw->interrupts, n >= 6);
	}
	/* The device asks for the next one: place 3, second lap. */
	assert_int_equal(card_get32(raw->queues[1].used), 2u << 16 | 3);
	card_put32(raw->queues[1].available, 1u << 16);
	virtio_give(raw, 1, &part, 1);
	virtio_kick(raw, 1);
	assert_int_equal(raw->interrupts, 1);
	card_put32(raw->queues[1].available, 0);
	virtio_give(raw, 1, &part, 1);
	virtio_kick(raw, 1);
	assert_int_equal(raw->interrupts, 2);
	card_put32(raw->queues[1].available, 3u << 16);
	virtio_give(raw, 1, &part, 1);
	virtio_kick(raw, 1);
	virtio_expect(raw, 0, "event flags of the driver are 0x3");
	raw_virtio_destroy(raw, 1);
}

/* M27: flags without an event index; Firecracker does not look. */
static void edge_M27_flags(void **state)
{
	struct raw_virtio *raw = raw_virtio_up(&strict);
	uint8_t frame[100] = {0};

	(void)state;
	card_put16(raw->queues[1].available, 1);
	virtio_send(raw, 1, NULL, frame, sizeof(frame));
	assert_int_equal(raw->interrupts, 0);
	card_put16(raw->queues[1].available, 2);
	virtio_send(raw, 1, NULL, frame, sizeof(frame));
	virtio_expect(raw, 0, "neither 0 nor 1");
	raw_virtio_destroy(raw, 1);

	raw = raw_virtio_up(&firecracker);
	card_put16(raw->queues[1].available, 1);
	virtio_send(raw, 1, NULL, frame, sizeof(frame));
	assert_int_equal(raw->interrupts, 1);
	raw_virtio_destroy(raw, 0);
}

/* M30: the link, the speed, an error. */
static void edge_M30_configuration_changes(void **state)
{
	const struct raw_virtio_options options = {
		.features = RAW_STATUS | RAW_CTRL | RAW_ANNOUNCE, .queues = 3};
	struct raw_virtio *raw = raw_virtio_up(&options);
	uint8_t *space = raw->registers + 0x100;

	(void)state;
	host_virtio_link_set(raw->card, false);
	port_delay(raw->port, 1000);
	assert_int_equal(raw->causes, 2);
	assert_int_equal(port_mmio_read16(raw->port, space + 6), 0);
	host_virtio_link_set(raw->card, false);
	host_virtio_link_set(raw->card, true);
	host_virtio_speed_set(raw->card, 40000);
	port_delay(raw->port, 1000);
	assert_int_equal(port_mmio_read32(raw->port, space + 12), 40000);
	host_virtio_announce(raw->card);
	port_delay(raw->port, 1000);
	assert_int_equal(port_mmio_read16(raw->port, space + 6), 3);
	assert_int_equal(virtio_command(raw, 3, 0, NULL, 0), 0);
	assert_int_equal(port_mmio_read16(raw->port, space + 6), 1);
	host_virtio_fail(raw->card);
	assert_int_equal(virtio_register(raw, 0x70), 0x4f);
	raw_virtio_destroy(raw, 0);

	/* QEMU says both causes. */
	raw = raw_virtio_up(&microvm);
	host_virtio_link_set(raw->card, false);
	port_delay(raw->port, 1000);
	assert_int_equal(raw->causes, 3);
	raw_virtio_destroy(raw, 0);
}

/* ---- Control queue ---- */

#define CONTROL                                                                \
	(RAW_CTRL | RAW_CTRL_RX | RAW_CTRL_RX_EXTRA | RAW_CTRL_VLAN |          \
	 RAW_CTRL_MAC | RAW_OFFLOADS | RAW_GUEST_CSUM | RAW_STATUS)

static bool arrives(struct raw_virtio *raw, const uint8_t to[6], int vlan)
{
	uint8_t frame[100] = {0};
	uint32_t id, length;

	memcpy(frame, to, 6);
	if (vlan >= 0) {
		frame[12] = 0x81;
		frame[14] = (uint8_t)(vlan >> 8);
		frame[15] = (uint8_t)vlan;
	}
	virtio_post(raw, 0, 0, RAW_VIRTIO_BUFFER);
	virtio_arrive(raw, frame, sizeof(frame));
	return virtio_used(raw, 0, &id, &length);
}

static void filters(void **state)
{
	static const uint8_t own[6] = {2, 0, 0, 0, 0, 7};
	static const uint8_t other[6] = {2, 0, 0, 0, 0, 8};
	static const uint8_t group[6] = {1, 0, 0x5e, 0, 0, 1};
	static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};
	static const uint8_t on[1] = {1}, off[1] = {0}, vlan[2] = {100, 0};
	const struct raw_virtio_options options = {.features = CONTROL,
						   .queues = 3,
						   .size = 256};
	struct raw_virtio *raw = raw_virtio_up(&options);
	uint8_t table[20] = {1};

	(void)state;
	assert_true(arrives(raw, other, -1));
	assert_int_equal(virtio_command(raw, 0, 0, off, 1), 0);
	assert_true(arrives(raw, own, -1));
	assert_true(arrives(raw, all, -1));
	assert_false(arrives(raw, other, -1));
	assert_false(arrives(raw, group, -1));
	assert_false(arrives(raw, own, 100));
	assert_int_equal(virtio_command(raw, 2, 0, vlan, 2), 0);
	assert_true(arrives(raw, own, 100));
	assert_int_equal(virtio_command(raw, 2, 1, vlan, 2), 0);
	assert_false(arrives(raw, own, 100));
	memcpy(table + 4, other, 6);
	table[10] = 1;
	memcpy(table + 14, group, 6);
	assert_int_equal(virtio_command(raw, 1, 0, table, 20), 0);
	assert_true(arrives(raw, other, -1));
	assert_true(arrives(raw, group, -1));
	assert_int_equal(virtio_command(raw, 0, 3, on, 1), 0);
	assert_false(arrives(raw, group, -1));
	assert_int_equal(virtio_command(raw, 0, 4, on, 1), 0);
	assert_false(arrives(raw, own, -1));
	assert_int_equal(virtio_command(raw, 0, 4, off, 1), 0);
	assert_int_equal(virtio_command(raw, 0, 5, on, 1), 0);
	assert_false(arrives(raw, all, -1));
	assert_int_equal(virtio_command(raw, 0, 2, on, 1), 0);
	assert_int_equal(virtio_command(raw, 1, 1, group, 6), 0);
	assert_int_equal(port_mmio_read8(raw->port, raw->registers + 0x102),
			 0x5e);
	raw_virtio_destroy(raw, 0);
}

/* Commands that are wrong are answered so, and named. */
static void commands_refused(void **state)
{
	const struct raw_virtio_options none = {.features = RAW_CTRL,
						.queues = 3};
	const struct raw_virtio_options options = {.features = CONTROL,
						   .queues = 3};
	static const uint8_t bytes[16] = {0xff, 0xff, 0xff, 0xff};
	struct raw_virtio *raw = raw_virtio_up(&none);
	struct raw_part part;

	(void)state;
	assert_int_equal(virtio_command(raw, 0, 0, bytes, 1), 1);
	virtio_expect(raw, 0, "whose feature is not negotiated");
	assert_int_equal(virtio_command(raw, 4, 0, bytes, 2), 1);
	assert_int_equal(virtio_command(raw, 99, 0, bytes, 2), 1);
	raw_virtio_destroy(raw, 2);

	raw = raw_virtio_up(&options);
	assert_int_equal(virtio_command(raw, 0, 0, bytes, 2), 1);
	virtio_expect(raw, 0, "has 2 bytes, not 1");
	assert_int_equal(virtio_command(raw, 1, 0, bytes, 16), 1);
	virtio_expect(raw, 1, "tables of addresses that are shorter");
	assert_int_equal(virtio_command(raw, 1, 9, bytes, 16), 1);
	assert_int_equal(virtio_command(raw, 2, 0, bytes, 2), 1);
	assert_int_equal(virtio_command(raw, 5, 0, bytes, 8), 1);
	virtio_expect(raw, 2, "whose features are not negotiated");
	part = (struct raw_part){virtio_at(raw, 0), 1, false};
	virtio_give(raw, 2, &part, 1);
	virtio_kick(raw, 2);
	virtio_expect(raw, 3, "is no command");
	assert_int_equal(virtio_register(raw, 0x70), 0x4f);
	raw_virtio_destroy(raw, 4);
}

/** Several queues: where frames come in follows where they went out. */
static void multiqueue(void **state)
{
	const struct raw_virtio_options options = {.features =
							   RAW_CTRL | RAW_MQ,
						   .queues = 9};
	struct raw_virtio *raw = raw_virtio_up(&options);
	static const uint8_t none[2] = {0, 0}, four[2] = {4, 0};
	uint32_t id, length, bytes;
	uint8_t frame[200];
	unsigned n;

	(void)state;
	bytes = card_frame_make(frame, 4, true, 7, 1, 20);
	virtio_send(raw, 3, NULL, frame, bytes);
	virtio_expect(raw, 0, "on queue 3 while 1 pairs are in use");
	assert_int_equal(virtio_command(raw, 4, 0, none, 2), 1);
	virtio_expect(raw, 1, "0 pairs of queues are asked for, of 1 to 4");
	assert_int_equal(virtio_command(raw, 4, 0, four, 2), 0);
	assert_int_equal(host_virtio_pairs(raw->card), 4);
	for (n = 0; n < 4; n++) {
		virtio_send(raw, 2 * n + 1, NULL, frame, bytes);
		virtio_post(raw, 2 * n, 0, RAW_VIRTIO_BUFFER);
		assert_true(virtio_arrive(raw, frame, bytes));
		assert_true(virtio_used(raw, 2 * n, &id, &length));
	}
	raw_virtio_destroy(raw, 2);
}

/** A queue is reset on its own. */
static void ring_reset(void **state)
{
	const struct raw_virtio_options options = {.features = RAW_RING_RESET};
	struct raw_virtio *raw = raw_virtio_up(&options);
	uint8_t frame[100] = {0};

	(void)state;
	virtio_send(raw, 1, NULL, frame, sizeof(frame));
	virtio_register_write(raw, 0x30, 1);
	virtio_register_write(raw, 0xc0, 1);
	assert_int_equal(virtio_register(raw, 0xc0), 0);
	assert_int_equal(virtio_register(raw, 0x44), 0);
	virtio_queue_make(raw, 1, 16);
	virtio_send(raw, 1, NULL, frame, sizeof(frame));
	assert_int_equal(raw->frame_count, 2);
	raw_virtio_destroy(raw, 0);
}

/** Pulled out: ones, and nothing arrives. */
static void removal(void **state)
{
	struct raw_virtio *raw = raw_virtio_up(&strict);
	uint8_t frame[100] = {0};

	(void)state;
	host_virtio_remove(raw->card);
	assert_int_equal(virtio_register(raw, 0x00), UINT32_MAX);
	virtio_register_write(raw, 0x70, 1);
	assert_false(virtio_arrive(raw, frame, sizeof(frame)));
	assert_true(host_virtio_is_dead(raw->card));
	assert_int_equal(host_virtio_queues_live(raw->card), 0);
	raw_virtio_destroy(raw, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_offer),
		cmocka_unit_test(edge_M10_M11_what_is_configured),
		cmocka_unit_test(edge_M1_identity_first),
		cmocka_unit_test(edge_M2_reset_is_read_back),
		cmocka_unit_test(edge_M2_M4_firecracker_fails_for_good),
		cmocka_unit_test(edge_M3_steps),
		cmocka_unit_test(edge_M5_halves),
		cmocka_unit_test(edge_M6_features_stay),
		cmocka_unit_test(edge_M7_features_are_read_again),
		cmocka_unit_test(edge_M8_dependencies),
		cmocka_unit_test(edge_M9_M10_M12_configuration),
		cmocka_unit_test(edge_M13_generation),
		cmocka_unit_test(edge_M14_M42_queues),
		cmocka_unit_test(edge_M14_M15_queue_registers),
		cmocka_unit_test(edge_M16_M17_activation),
		cmocka_unit_test(edge_M18_early_kick),
		cmocka_unit_test(edge_M39_accesses),
		cmocka_unit_test(edge_M40_notify),
		cmocka_unit_test(edge_M40_notification_data),
		cmocka_unit_test(edge_M28_M29_acknowledge),
		cmocka_unit_test(edge_M25_M26_event_index),
		cmocka_unit_test(edge_M25_packed_events),
		cmocka_unit_test(edge_M27_flags),
		cmocka_unit_test(edge_M30_configuration_changes),
		cmocka_unit_test(filters),
		cmocka_unit_test(commands_refused),
		cmocka_unit_test(multiqueue),
		cmocka_unit_test(ring_reset),
		cmocka_unit_test(removal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
