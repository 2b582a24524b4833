/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lies of the virtio device: each is told when it is to be, and can be seen
 * by a guest that does all by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_virtio.h"

#define CONTROL (RAW_CTRL | RAW_CTRL_RX | RAW_STATUS | RAW_ANNOUNCE | RAW_EVENT)

static const struct raw_virtio_options strict = {.features = CONTROL,
						 .queues = 3};

static void fault_arm(struct raw_virtio *raw, enum host_virtio_fault fault,
		      uint32_t when)
{
	struct host_virtio_faults faults = {.odds = 0};

	faults.when[fault] = when;
	host_virtio_faults_set(raw->card, &faults);
}

static void names(void **state)
{
	enum host_virtio_fault fault = 0;
	unsigned n;

	(void)state;
	for (n = 0; n < HOST_VIRTIO_FAULTS; n++) {
		const struct host_virtio_fault_description *it =
			&host_virtio_fault_descriptions[n];

		assert_true(host_virtio_fault_find(it->name, &fault));
		assert_int_equal(fault, n);
		assert_true(strlen(it->text) > 5);
		assert_non_null(it->layer);
		assert_non_null(it->source);
	}
	assert_false(host_virtio_fault_find("no-such", &fault));
}

/** A register that lies at the first look, and not at the second. */
static void registers(void **state)
{
	static const struct {
		enum host_virtio_fault fault;
		uint32_t offset, lie, truth;
	} rows[] = {
		{HOST_VIRTIO_FAULT_MAGIC_WRONG, 0x00, 0x76697274, 0x74726976},
		{HOST_VIRTIO_FAULT_VERSION_LEGACY, 0x04, 1, 2},
		{HOST_VIRTIO_FAULT_VERSION_UNKNOWN, 0x04, 3, 2},
		{HOST_VIRTIO_FAULT_DEVICE_NONE, 0x08, 0, 1},
		{HOST_VIRTIO_FAULT_DEVICE_OTHER, 0x08, 4, 1},
		{HOST_VIRTIO_FAULT_QUEUE_NONE, 0x34, 0, 256},
		{HOST_VIRTIO_FAULT_QUEUE_HUGE, 0x34, UINT32_MAX, 256},
		{HOST_VIRTIO_FAULT_STATUS_GARBAGE, 0x70, 0xffffff3f, 0xf},
		{HOST_VIRTIO_FAULT_CAUSE_UNDEFINED, 0x60, 0xfffffff0, 0},
	};
	struct raw_virtio *raw = raw_virtio_up(&strict);
	unsigned n;

	(void)state;
	virtio_register_write(raw, 0x30, 0);
	for (n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		fault_arm(raw, rows[n].fault, 1);
		assert_int_equal(virtio_register(raw, rows[n].offset),
				 rows[n].lie);
		assert_int_equal(virtio_register(raw, rows[n].offset),
				 rows[n].truth);
		assert_int_equal(
			host_virtio_faults_fired(raw->card, rows[n].fault), 1);
	}
	fault_arm(raw, HOST_VIRTIO_FAULT_QUEUE_ODD, 1);
	assert_true(virtio_register(raw, 0x34) > 256);
	fault_arm(raw, HOST_VIRTIO_FAULT_GENERATION_RESTLESS,
		  HOST_VIRTIO_FAULT_ALWAYS);
	assert_int_not_equal(virtio_register(raw, 0xfc),
			     virtio_register(raw, 0xfc));
	host_virtio_faults_set(raw->card, NULL);
	assert_int_equal(virtio_register(raw, 0xfc),
			 virtio_register(raw, 0xfc));
	fault_arm(raw, HOST_VIRTIO_FAULT_GONE, 2);
	assert_int_equal(virtio_register(raw, 0x04), 2);
	assert_int_equal(virtio_register(raw, 0x04), UINT32_MAX);
	raw_virtio_destroy(raw, 0);
}

static void configuration(void **state)
{
	static const struct {
		enum host_virtio_fault fault;
		unsigned offset, width;
		uint32_t lie, truth;
	} rows[] = {
		{HOST_VIRTIO_FAULT_MAC_ZERO, 0, 1, 0, 2},
		{HOST_VIRTIO_FAULT_MAC_MULTICAST, 0, 1, 3, 2},
		{HOST_VIRTIO_FAULT_MTU_ZERO, 10, 2, 0, 1500},
		{HOST_VIRTIO_FAULT_MTU_SMALL, 10, 2, 67, 1500},
		{HOST_VIRTIO_FAULT_MTU_HUGE, 10, 2, 65535, 1500},
		{HOST_VIRTIO_FAULT_PAIRS_ZERO, 8, 2, 0, 4},
		{HOST_VIRTIO_FAULT_PAIRS_HUGE, 8, 2, 65535, 4},
		{HOST_VIRTIO_FAULT_LINK_GARBAGE, 6, 2, 0xfffd, 1},
		{HOST_VIRTIO_FAULT_SPEED_GARBAGE, 12, 4, 0x80000000, 100},
	};
	struct raw_virtio_options options = strict;
	struct raw_virtio *raw;
	unsigned n, look;

	(void)state;
	options.card.mtu = 1500;
	options.card.speed_mbps = 100;
	raw = raw_virtio_up(&options);
	for (n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		uint8_t *at = raw->registers + 0x100 + rows[n].offset;

		fault_arm(raw, rows[n].fault, 1);
		for (look = 0; look < 2; look++) {
			uint32_t value =
				rows[n].width == 1
					? port_mmio_read8(raw->port, at)
				: rows[n].width == 2
					? port_mmio_read16(raw->port, at)
					: port_mmio_read32(raw->port, at);

			assert_int_equal(value,
					 look ? rows[n].truth : rows[n].lie);
		}
	}
	raw_virtio_destroy(raw, 0);
}

/** At the start: what is refused, ignored, late. */
static void start(void **state)
{
	struct raw_virtio *raw = raw_virtio_create(&strict);

	(void)state;
	virtio_greet(raw);
	fault_arm(raw, HOST_VIRTIO_FAULT_FEATURES_NONE, 1);
	virtio_register_write(raw, 0x14, 1);
	assert_int_equal(virtio_register(raw, 0x10), 0);
	fault_arm(raw, HOST_VIRTIO_FAULT_FEATURES_LEGACY, 1);
	assert_int_equal(virtio_register(raw, 0x10) & 1, 0);
	fault_arm(raw, HOST_VIRTIO_FAULT_FEATURES_DEPENDENT, 1);
	virtio_register_write(raw, 0x14, 0);
	assert_int_equal(virtio_register(raw, 0x10) & 3, 0);
	fault_arm(raw, HOST_VIRTIO_FAULT_FEATURES_REFUSED, 1);
	assert_int_equal(virtio_agree(raw, RAW_VERSION_1), 3);
	assert_int_equal(virtio_agree(raw, RAW_VERSION_1), 0xb);
	fault_arm(raw, HOST_VIRTIO_FAULT_READY_IGNORED, 1);
	virtio_queue_make(raw, 0, 16);
	assert_int_equal(virtio_register(raw, 0x44), 0);
	virtio_queue_make(raw, 0, 16);
	fault_arm(raw, HOST_VIRTIO_FAULT_READY_STUCK, 1);
	virtio_register_write(raw, 0x30, 5);
	assert_int_equal(virtio_register(raw, 0x44), 1);
	fault_arm(raw, HOST_VIRTIO_FAULT_START_FAILS, 1);
	virtio_register_write(raw, 0x70, 0xf);
	assert_int_equal(virtio_register(raw, 0x70), 0x4f);
	fault_arm(raw, HOST_VIRTIO_FAULT_RESET_NEVER, 1);
	virtio_register_write(raw, 0x70, 0);
	assert_int_equal(virtio_register(raw, 0x70), 0x4f);
	fault_arm(raw, HOST_VIRTIO_FAULT_RESET_LATE, 1);
	virtio_register_write(raw, 0x70, 0);
	assert_int_equal(virtio_register(raw, 0x70), 0x4f);
	port_delay(raw->port, 30000000);
	assert_int_equal(virtio_register(raw, 0x70), 0);
	raw_virtio_destroy(raw, 0);
}

/** What a used entry says of a packet that was sent. */
static void used_entry(enum host_virtio_fault fault, uint32_t *index,
		       uint32_t *id, uint32_t *length)
{
	struct raw_virtio *raw = raw_virtio_up(&strict);
	uint8_t frame[100] = {0};

	fault_arm(raw, fault, 1);
	virtio_send(raw, 1, NULL, frame, sizeof(frame));
	*index = card_get32(raw->queues[1].used) >> 16;
	*id = card_get32(raw->queues[1].used + 4);
	*length = card_get32(raw->queues[1].used + 8);
	assert_int_equal(host_virtio_faults_fired(raw->card, fault), 1);
	assert_int_equal(host_virtio_lies_of(raw->card)->all_fired, 1);
	assert_int_equal(host_virtio_lies_of(raw->card)->changed,
			 host_virtio_fault_descriptions[fault].changes);
	raw_virtio_destroy(raw, 0);
}

static void edge_M22_M23_M24_used_ring(void **state)
{
	uint32_t index, id, length;

	(void)state;
	used_entry(HOST_VIRTIO_FAULT_USED_ID_RANGE, &index, &id, &length);
	assert_true(id >= 16);
	used_entry(HOST_VIRTIO_FAULT_USED_ID_WRONG, &index, &id, &length);
	assert_true(id < 16);
	used_entry(HOST_VIRTIO_FAULT_USED_TWICE, &index, &id, &length);
	assert_int_equal(index, 2);
	used_entry(HOST_VIRTIO_FAULT_USED_NEVER, &index, &id, &length);
	assert_int_equal(index, 0);
	used_entry(HOST_VIRTIO_FAULT_USED_INDEX_JUMP, &index, &id, &length);
	assert_true(index != 1);
	used_entry(HOST_VIRTIO_FAULT_USED_INDEX_BACK, &index, &id, &length);
	assert_true(index != 1);
	used_entry(HOST_VIRTIO_FAULT_USED_LENGTH, &index, &id, &length);
	assert_true(length > 0);
	used_entry(HOST_VIRTIO_FAULT_TX_LENGTH, &index, &id, &length);
	assert_true(length > 0);
	used_entry(HOST_VIRTIO_FAULT_USED_EARLY, &index, &id, &length);
	assert_int_equal(index, 1);
	assert_int_equal(length, 0);
	used_entry(HOST_VIRTIO_FAULT_USED_FLAGS_GARBAGE, &index, &id, &length);
	used_entry(HOST_VIRTIO_FAULT_EVENT_GARBAGE, &index, &id, &length);
	used_entry(HOST_VIRTIO_FAULT_TX_DISCARD, &index, &id, &length);
	assert_int_equal(index, 1);
}

/** The header of a frame of 142 bytes, and what was used of its buffer. */
static void header_of(enum host_virtio_fault fault, uint8_t header[12],
		      uint32_t *length)
{
	const struct raw_virtio_options options = {.features = RAW_MRG |
							       RAW_GUEST_CSUM};
	struct raw_virtio *raw = raw_virtio_up(&options);
	uint8_t frame[200];
	uint32_t id, bytes = card_frame_make(frame, 4, false, 1, 1, 100);

	fault_arm(raw, fault, 1);
	virtio_post(raw, 0, 0, RAW_VIRTIO_BUFFER);
	virtio_post(raw, 0, 4096, RAW_VIRTIO_BUFFER);
	assert_true(virtio_arrive(raw, frame, bytes));
	assert_true(virtio_used(raw, 0, &id, length));
	memcpy(header, raw->bytes, 12);
	assert_int_equal(host_virtio_faults_fired(raw->card, fault), 1);
	if (fault == HOST_VIRTIO_FAULT_RX_TWICE)
		assert_true(virtio_used(raw, 0, &id, length));
	if (fault == HOST_VIRTIO_FAULT_CHECKSUM_LIES)
		assert_false(card_frame_sums(raw->bytes + 12, bytes));
	raw_virtio_destroy(raw, 0);
}

static void edge_M21_M34_M35_headers(void **state)
{
	uint8_t header[12];
	uint32_t length;

	(void)state;
	header_of(HOST_VIRTIO_FAULT_RX_EMPTY, header, &length);
	assert_int_equal(length, 0);
	header_of(HOST_VIRTIO_FAULT_RX_SHORT, header, &length);
	assert_in_range(length, 1, 11);
	header_of(HOST_VIRTIO_FAULT_RX_TWICE, header, &length);
	header_of(HOST_VIRTIO_FAULT_BUFFERS_ZERO, header, &length);
	assert_int_equal(header[10] | header[11] << 8, 0);
	header_of(HOST_VIRTIO_FAULT_BUFFERS_HUGE, header, &length);
	assert_int_equal(header[10] | header[11] << 8, 65535);
	header_of(HOST_VIRTIO_FAULT_BUFFERS_MORE, header, &length);
	assert_int_equal(header[10] | header[11] << 8, 2);
	header_of(HOST_VIRTIO_FAULT_RX_FLAGS_GARBAGE, header, &length);
	header_of(HOST_VIRTIO_FAULT_GSO_GARBAGE, header, &length);
	assert_int_not_equal(header[1], 0);
	header_of(HOST_VIRTIO_FAULT_GSO_SIZE_ZERO, header, &length);
	assert_int_equal(header[1], 1);
	header_of(HOST_VIRTIO_FAULT_CHECKSUM_OUTSIDE, header, &length);
	assert_int_equal(header[0], 1);
	assert_true((header[6] | header[7] << 8) +
			    (header[8] | header[9] << 8) >
		    140);
	header_of(HOST_VIRTIO_FAULT_CHECKSUM_LIES, header, &length);
	assert_int_equal(header[0], 2);
}

/** How often the line was pulled by one packet. */
static unsigned pulled(enum host_virtio_fault fault)
{
	const struct raw_virtio_options options = {.host = "firecracker"};
	struct raw_virtio *raw = raw_virtio_up(&options);
	uint8_t frame[100] = {0};
	unsigned count;

	fault_arm(raw, fault, 1);
	virtio_send(raw, 1, NULL, frame, sizeof(frame));
	port_delay(raw->port, 1000);
	count = raw->interrupts;
	assert_int_equal(host_virtio_faults_fired(raw->card, fault), 1);
	if (fault == HOST_VIRTIO_FAULT_CAUSE_NONE)
		assert_int_equal(raw->causes, 0);
	if (fault == HOST_VIRTIO_FAULT_CAUSE_STUCK)
		assert_int_equal(virtio_register(raw, 0x60), 1);
	raw_virtio_destroy(raw, 0);
	return count;
}

static void edge_M27_M28_M44_interrupts(void **state)
{
	(void)state;
	assert_int_equal(pulled(HOST_VIRTIO_FAULT_INTERRUPT_LOST), 0);
	assert_true(pulled(HOST_VIRTIO_FAULT_INTERRUPT_STORM) >= 1);
	assert_int_equal(pulled(HOST_VIRTIO_FAULT_CAUSE_NONE), 1);
	assert_int_equal(pulled(HOST_VIRTIO_FAULT_CAUSE_STUCK), 1);
}

/** What strikes in traffic. */
static void edge_M30_M46_accidents(void **state)
{
	struct raw_virtio *raw = raw_virtio_up(&strict);
	uint8_t frame[100] = {0};

	(void)state;
	fault_arm(raw, HOST_VIRTIO_FAULT_CONFIG_SPURIOUS, 1);
	virtio_send(raw, 1, NULL, frame, sizeof(frame));
	port_delay(raw->port, 1000);
	assert_int_equal(raw->causes & 2, 2);
	fault_arm(raw, HOST_VIRTIO_FAULT_ANNOUNCE_STORM, 1);
	virtio_send(raw, 1, NULL, frame, sizeof(frame));
	assert_int_equal(port_mmio_read16(raw->port, raw->registers + 0x106),
			 3);
	fault_arm(raw, HOST_VIRTIO_FAULT_CONFIG_LOST, 1);
	raw->causes = 0;
	host_virtio_link_set(raw->card, false);
	port_delay(raw->port, 1000);
	assert_int_equal(raw->causes & 2, 0);
	host_virtio_link_set(raw->card, true);
	fault_arm(raw, HOST_VIRTIO_FAULT_TX_STALLED, 1);
	raw->frame_count = 0;
	virtio_send(raw, 1, NULL, frame, sizeof(frame));
	assert_int_equal(raw->frame_count, 0);
	port_delay(raw->port, 3000000000ull);
	machine_work_drain(raw->machine);
	assert_int_equal(raw->frame_count, 1);
	fault_arm(raw, HOST_VIRTIO_FAULT_NEEDS_RESET, 1);
	virtio_send(raw, 1, NULL, frame, sizeof(frame));
	assert_int_equal(virtio_register(raw, 0x70), 0x4f);
	raw_virtio_destroy(raw, 0);
}

static void commands(void **state)
{
	static const uint8_t on[1] = {1};
	struct raw_virtio *raw = raw_virtio_up(&strict);
	uint32_t id, length;

	(void)state;
	fault_arm(raw, HOST_VIRTIO_FAULT_CONTROL_FAILS, 1);
	assert_int_equal(virtio_command(raw, 0, 0, on, 1), 1);
	fault_arm(raw, HOST_VIRTIO_FAULT_CONTROL_GARBAGE, 1);
	assert_int_equal(virtio_command(raw, 0, 0, on, 1), 0xaa);
	fault_arm(raw, HOST_VIRTIO_FAULT_CONTROL_NEVER, 1);
	assert_int_equal(virtio_command(raw, 0, 0, on, 1), -1);
	fault_arm(raw, HOST_VIRTIO_FAULT_CONTROL_LATE, 1);
	assert_int_equal(virtio_command(raw, 0, 0, on, 1), -1);
	port_delay(raw->port, 8000000000ull);
	machine_work_drain(raw->machine);
	assert_true(virtio_used(raw, 2, &id, &length));
	raw_virtio_destroy(raw, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(registers),
		cmocka_unit_test(configuration),
		cmocka_unit_test(start),
		cmocka_unit_test(edge_M22_M23_M24_used_ring),
		cmocka_unit_test(edge_M21_M34_M35_headers),
		cmocka_unit_test(edge_M27_M28_M44_interrupts),
		cmocka_unit_test(edge_M30_M46_accidents),
		cmocka_unit_test(commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
