/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtio device: packets of a guest that writes its descriptors by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_virtio.h"

#define OFFSET_TCP 16u

static const struct raw_virtio_options strict = {0};

/** Send frames of many lengths, more than the ring has places. */
static void frames_leave(const struct raw_virtio_options *options,
			 unsigned queue)
{
	struct raw_virtio *raw = raw_virtio_up(options);
	uint8_t frame[2000];
	uint32_t id, length, n, bytes;

	for (n = 0; n < 70; n++) {
		bytes = card_frame_make(frame, 4, false, 1, n, 10 * n);
		raw->frame_count = 0;
		virtio_send(raw, queue, NULL, frame, bytes);
		assert_int_equal(raw->frame_count, 1);
		assert_int_equal(raw->frames[0].length, bytes);
		assert_memory_equal(raw->frames[0].data, frame, bytes);
		assert_true(virtio_used(raw, queue, &id, &length));
		assert_int_equal(length, 0);
		assert_false(virtio_used(raw, queue, &id, &length));
	}
	assert_int_equal(raw->interrupts, 70);
	raw_virtio_destroy(raw, 0);
}

static void split_ring(void **state)
{
	(void)state;
	frames_leave(&strict, 1);
}

static void packed_ring(void **state)
{
	const struct raw_virtio_options options = {.features = RAW_PACKED};

	(void)state;
	frames_leave(&options, 1);
}

static void each_host(void **state)
{
	static const char *const hosts[] = {"firecracker-1.1",
					    "firecracker-1.7",
					    "firecracker-1.12",
					    "firecracker-1.16", "microvm"};
	unsigned n;

	(void)state;
	for (n = 0; n < sizeof(hosts) / sizeof(hosts[0]); n++) {
		const struct raw_virtio_options options = {.host = hosts[n]};

		frames_leave(&options, 1);
	}
}

/* A packed ring may be of any size, 5 or 32768. */
static void sizes(void **state)
{
	static const uint32_t split[] = {1, 2, 4, 8, 1024, 32768};
	static const uint32_t packed[] = {1, 2, 5, 100, 1023, 32768};
	struct raw_virtio_options options = {.card = {.queue_size_max = 32768}};
	unsigned n;

	(void)state;
	for (n = 0; n < 6; n++) {
		options.features = 0;
		options.size = split[n];
		frames_leave(&options, 1);
		options.features = RAW_PACKED;
		options.size = packed[n];
		frames_leave(&options, 1);
	}
}

/* M32: a packet may be in many pieces, and in a table. */
static void pieces(uint64_t features)
{
	const struct raw_virtio_options options = {.features = features |
							       RAW_INDIRECT};
	struct raw_virtio *raw = raw_virtio_up(&options);
	struct host_virtio_counters counters;
	struct raw_part parts[5];
	uint32_t id, length, n, round;
	uint8_t frame[200];
	uint32_t bytes = card_frame_make(frame, 6, true, 1, 1, 40);

	memset(raw->bytes, 0, 12);
	memcpy(raw->bytes + 12, frame, bytes);
	for (n = 0; n < 5; n++) {
		uint32_t from = n ? 12 + 20 * (n - 1) : 0;

		parts[n].address = virtio_at(raw, from);
		parts[n].length = n == 0 ? 12 : n == 4 ? bytes - 60 : 20;
		parts[n].write = false;
	}
	for (round = 0; round < 40; round++) {
		raw->frame_count = 0;
		if (round % 2)
			virtio_give_table(raw, 1, parts, 5, 4096);
		else
			virtio_give(raw, 1, parts, 5);
		virtio_kick(raw, 1);
		assert_int_equal(raw->frame_count, 1);
		assert_int_equal(raw->frames[0].length, bytes);
		assert_memory_equal(raw->frames[0].data, frame, bytes);
		assert_true(virtio_used(raw, 1, &id, &length));
		assert_false(virtio_used(raw, 1, &id, &length));
	}
	host_virtio_counters(raw->card, &counters);
	assert_int_equal(counters.indirect, 20);
	assert_int_equal(counters.chains, 40);
	raw_virtio_destroy(raw, 0);
}

static void edge_M32_pieces_and_tables(void **state)
{
	(void)state;
	pieces(0);
	pieces(RAW_PACKED);
}

static void header_make(uint8_t header[12], unsigned flags, unsigned gso,
			uint32_t length, uint32_t size, uint32_t start,
			uint32_t offset)
{
	memset(header, 0, 12);
	header[0] = (uint8_t)flags;
	header[1] = (uint8_t)gso;
	card_put16(header + 2, (uint16_t)length);
	card_put16(header + 4, (uint16_t)size);
	card_put16(header + 6, (uint16_t)start);
	card_put16(header + 8, (uint16_t)offset);
}

/** Leave the pseudo header's sum in the checksum field. */
static void pseudo_put(uint8_t *frame, unsigned version, bool tcp,
		       uint32_t bytes)
{
	uint32_t transport = version == 4 ? 34 : 54;
	uint8_t *field = frame + transport + (tcp ? 16 : 6);
	uint32_t sum = 0, n;

	field[0] = field[1] = 0;
	for (n = version == 4 ? 26 : 22; n < transport; n += 2)
		sum += (uint32_t)frame[n] << 8 | frame[n + 1];
	sum += (tcp ? 6 : 17) + bytes - transport;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	field[0] = (uint8_t)(sum >> 8);
	field[1] = (uint8_t)sum;
}

/* M33: the device finishes what the driver began. */
static void edge_M33_checksum(void **state)
{
	const struct raw_virtio_options options = {.features = RAW_CSUM};
	struct raw_virtio *raw = raw_virtio_up(&options);
	uint8_t frame[300], right[300], header[12];
	unsigned version, tcp;
	uint32_t bytes, transport;

	(void)state;
	for (version = 4; version <= 6; version += 2) {
		for (tcp = 0; tcp < 2; tcp++) {
			transport = version == 4 ? 34 : 54;
			bytes = card_frame_make(right, version, tcp, 9, 3, 77);
			memcpy(frame, right, bytes);
			pseudo_put(frame, version, tcp, bytes);
			header_make(header, 1, 0, 0, 0, transport,
				    tcp ? OFFSET_TCP : 6);
			raw->frame_count = 0;
			virtio_send(raw, 1, header, frame, bytes);
			assert_int_equal(raw->frame_count, 1);
			assert_memory_equal(raw->frames[0].data, right, bytes);
		}
	}
	raw_virtio_destroy(raw, 0);
}

/* M33, M34: what a header may not say. */
static void edge_M33_M34_headers(void **state)
{
	static const struct {
		uint64_t features;
		unsigned flags, gso;
		uint32_t length, size, start, offset;
		unsigned buffers;
		const char *words;
		bool sent;
	} rows[] = {
		{0, 0, 0, 0, 0, 0, 0, 1, "num_buffers is 1", true},
		{0, 2, 0, 0, 0, 0, 0, 0, "not the driver's to set", true},
		{0, 1, 0, 0, 0, 34, 16, 0, "CSUM is not negotiated", true},
		{RAW_CSUM, 1, 0, 0, 0, 34, 6, 0, "csum_offset is 6", true},
		{RAW_CSUM, 1, 0, 0, 0, 1000, 16, 0, "outside of it", false},
		{RAW_CSUM, 1, 0, 0, 0, 3, 16, 0, "outside of it", false},
		{RAW_CSUM, 1, 1, 54, 20, 34, 16, 0, "is not negotiated", false},
		{RAW_CSUM | RAW_HOST_TSO4, 1, 3, 54, 20, 34, 16, 0,
		 "neither TCP", false},
		{RAW_CSUM | RAW_HOST_TSO4, 0, 1, 54, 20, 34, 16, 0,
		 "not to have a checksum", false},
		{RAW_CSUM | RAW_HOST_TSO4, 1, 1, 54, 0, 34, 16, 0,
		 "of no length", false},
		{RAW_CSUM | RAW_HOST_TSO6, 1, 4, 54, 20, 34, 16, 0,
		 "is not of the kind", false},
		{RAW_CSUM | RAW_HOST_TSO4, 1, 1, 54, 20, 30, 16, 0,
		 "csum_start and csum_offset", false},
		{RAW_CSUM | RAW_HOST_TSO4, 1, 1, 20, 20, 34, 16, 0,
		 "hdr_len is 20", true},
		{RAW_CSUM | RAW_HOST_TSO4, 1, 0x81, 54, 20, 34, 16, 0,
		 "HOST_ECN is not negotiated", true},
	};
	uint8_t frame[300], header[12];
	unsigned n;

	(void)state;
	for (n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		const struct raw_virtio_options options = {
			.features = rows[n].features};
		struct raw_virtio *raw = raw_virtio_up(&options);
		uint32_t bytes = card_frame_make(frame, 4, true, 9, 3, 77);
		uint32_t id, length;

		if (rows[n].flags & 1)
			pseudo_put(frame, 4, true, bytes);
		header_make(header, rows[n].flags, rows[n].gso, rows[n].length,
			    rows[n].size, rows[n].start, rows[n].offset);
		header[10] = (uint8_t)rows[n].buffers;
		virtio_send(raw, 1, header, frame, bytes);
		virtio_expect(raw, 0, rows[n].words);
		assert_int_equal(raw->frame_count > 0, rows[n].sent);
		/* Errors of sending are not told. */
		assert_true(virtio_used(raw, 1, &id, &length));
		raw_virtio_destroy(raw, 1);
	}
}

/* M34: a packet is cut into segments. */
static void edge_M34_segments(void **state)
{
	const struct raw_virtio_options options = {
		.features = RAW_CSUM | RAW_HOST_TSO4 | RAW_HOST_TSO6};
	struct raw_virtio *raw = raw_virtio_up(&options);
	uint8_t frame[9000], header[12], piece[1600];
	unsigned version, n;
	uint32_t bytes, transport;

	(void)state;
	for (version = 4; version <= 6; version += 2) {
		transport = version == 4 ? 34 : 54;
		bytes = card_frame_make(frame, version, true, 9, 5, 4500);
		pseudo_put(frame, version, true, bytes);
		header_make(header, 1, version == 4 ? 1 : 4, transport + 20,
			    1000, transport, 16);
		raw->frame_count = 0;
		virtio_send(raw, 1, header, frame, bytes);
		assert_int_equal(raw->frame_count, 5);
		for (n = 0; n < 5; n++) {
			uint32_t part = n < 4 ? 1000 : 500;
			uint32_t length =
				card_frame_make(piece, version, true, 9,
						5 + 1000 * n, part);

			assert_int_equal(raw->frames[n].length, length);
			assert_true(
				card_frame_sums(raw->frames[n].data, length));
			assert_memory_equal(raw->frames[n].data + length - part,
					    frame + transport + 20 + 1000 * n,
					    part);
		}
	}
	raw_virtio_destroy(raw, 0);
}

/* M31: what a head or an index may not be, on each host. */
static void edge_M31_heads_and_indices(void **state)
{
	const struct raw_virtio_options firecracker = {.host = "firecracker"};
	struct raw_virtio *raw = raw_virtio_up(&strict);
	uint8_t frame[100] = {0};

	(void)state;
	card_put16(raw->queues[1].available + 4, 16);
	card_put16(raw->queues[1].available + 2, 1);
	virtio_kick(raw, 1);
	virtio_expect(raw, 0, "names head 16 of 16");
	assert_int_equal(virtio_register(raw, 0x70), 0x4f);
	assert_int_equal(raw->causes, 2);
	raw_virtio_destroy(raw, 1);

	raw = raw_virtio_up(&strict);
	card_put16(raw->queues[1].available + 2, 17);
	virtio_kick(raw, 1);
	virtio_expect(raw, 0, "more than 16 ahead");
	assert_int_equal(virtio_register(raw, 0x70), 0x4f);
	raw_virtio_destroy(raw, 1);

	/* Firecracker's queue hangs. */
	raw = raw_virtio_up(&firecracker);
	card_put16(raw->queues[1].available + 4, 16);
	card_put16(raw->queues[1].available + 2, 1);
	virtio_kick(raw, 1);
	virtio_expect(raw, 0, "the queue hangs from now on");
	assert_true(host_virtio_is_dead(raw->card));
	raw->queues[1].next = 1;
	virtio_send(raw, 1, NULL, frame, sizeof(frame));
	assert_int_equal(raw->frame_count, 0);
	assert_int_equal(virtio_register(raw, 0x70), 0xf);
	raw_virtio_destroy(raw, 1);
}

static void aborting_guest(void *argument)
{
	struct raw_virtio *raw = argument;

	card_put16(raw->queues[1].available + 2, 17);
	virtio_kick(raw, 1);
}

/* M31: Firecracker ends the machine. */
static void edge_M31_firecracker_aborts(void **state)
{
	const struct raw_virtio_options firecracker = {.host = "firecracker"};
	struct raw_virtio *raw = raw_virtio_up(&firecracker);

	(void)state;
	assert_int_equal(machine_run(raw->machine, aborting_guest, raw),
			 MACHINE_STOPPED);
	assert_non_null(strstr(machine_reason(raw->machine),
			       "Firecracker ends the machine"));
	assert_true(host_virtio_is_dead(raw->card));
	raw_virtio_destroy(raw, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split_ring),
		cmocka_unit_test(packed_ring),
		cmocka_unit_test(each_host),
		cmocka_unit_test(sizes),
		cmocka_unit_test(edge_M32_pieces_and_tables),
		cmocka_unit_test(edge_M33_checksum),
		cmocka_unit_test(edge_M33_M34_headers),
		cmocka_unit_test(edge_M34_segments),
		cmocka_unit_test(edge_M31_heads_and_indices),
		cmocka_unit_test(edge_M31_firecracker_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
