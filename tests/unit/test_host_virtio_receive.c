/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtio device: frames to a guest that writes its descriptors by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_virtio.h"

static void frames_arrive(const struct raw_virtio_options *options)
{
	struct raw_virtio *raw = raw_virtio_up(options);
	uint8_t frame[2000];
	uint32_t id, length, n, bytes;

	for (n = 0; n < 70; n++) {
		uint32_t at = n % 4 * RAW_VIRTIO_BUFFER;

		bytes = card_frame_make(frame, 4, false, 1, n, 20 * n);
		virtio_post(raw, 0, at, RAW_VIRTIO_BUFFER);
		assert_true(virtio_arrive(raw, frame, bytes));
		assert_true(virtio_used(raw, 0, &id, &length));
		assert_int_equal(length, 12 + bytes);
		assert_memory_equal(raw->bytes + at + 12, frame, bytes);
		assert_int_equal(raw->bytes[at + 1], 0);
		assert_false(virtio_used(raw, 0, &id, &length));
	}
	raw_virtio_destroy(raw, 0);
}

static void both_rings(void **state)
{
	const struct raw_virtio_options split = {0};
	const struct raw_virtio_options packed = {.features = RAW_PACKED};
	const struct raw_virtio_options microvm = {.host = "microvm"};
	const struct raw_virtio_options old = {.host = "firecracker-1.7"};

	(void)state;
	frames_arrive(&split);
	frames_arrive(&packed);
	frames_arrive(&microvm);
	frames_arrive(&old);
}

/* M21: a frame in several buffers. */
static void merged(uint64_t features)
{
	const struct raw_virtio_options options = {.features =
							   features | RAW_MRG};
	struct raw_virtio *raw = raw_virtio_up(&options);
	uint8_t frame[1600], got[1600];
	uint32_t id, length, n, bytes, round;

	bytes = card_frame_make(frame, 4, false, 1, 5, 1400);
	for (round = 0; round < 10; round++) {
		for (n = 0; n < 5; n++)
			virtio_post(raw, 0, n * 4096, 300);
		assert_true(virtio_arrive(raw, frame, bytes));
		for (n = 0; n < 5; n++) {
			assert_true(virtio_used(raw, 0, &id, &length));
			assert_int_equal(length,
					 n < 4 ? 300 : 12 + bytes - 1200);
			memcpy(got + 300 * n, raw->bytes + n * 4096, length);
		}
		assert_int_equal(got[10], 5);
		assert_memory_equal(got + 12, frame, bytes);
	}
	raw_virtio_destroy(raw, 0);
}

static void edge_M21_mergeable(void **state)
{
	(void)state;
	merged(0);
	merged(RAW_PACKED);
}

/* M35: frames of a connection in one packet, and half of its checksum. */
static void large_arrives(uint64_t features)
{
	const struct raw_virtio_options options = {
		.features =
			features | RAW_MRG | RAW_GUEST_CSUM | RAW_GUEST_TSO6,
		.card = {.merge = true},
	};
	struct raw_virtio *raw = raw_virtio_up(&options);
	uint8_t frame[1600], expected[1600];
	uint32_t id, length, n, at, packets = 0, large = 0, total = 0;
	struct wire_frame wire = {frame, 0};

	for (n = 0; n < 20; n++) {
		wire.length =
			card_frame_make(frame, 6, true, 9, 1000 * n, 1000);
		assert_true(wire_deliver(raw->wire, &wire));
	}
	machine_work_drain(raw->machine);
	for (n = 0; n < 8; n++)
		virtio_post(raw, 0, n * 30000, 30000);
	virtio_kick(raw, 0);
	for (n = 0; virtio_used(raw, 0, &id, &length); packets++) {
		const uint8_t *got = raw->bytes + (size_t)packets * 30000;

		/* Headers are those of the first of it, payload of each. */
		card_frame_make(expected, 6, true, 9, 1000 * n, 1000);
		assert_memory_equal(got + 12, expected, 18);
		for (at = 86; at < length; at += 1000, n++) {
			card_frame_make(expected, 6, true, 9, 1000 * n, 1000);
			assert_memory_equal(got + at, expected + 74, 1000);
		}
		total += length - 86;
		if (length <= 1086)
			continue;
		large++;
		assert_int_equal(got[0], 1);
		assert_int_equal(got[1], 4);
		assert_int_equal(got[2], 74);
		assert_int_equal(got[4] | got[5] << 8, 1000);
		assert_int_equal(got[6], 54);
		assert_int_equal(got[8], 16);
	}
	assert_int_equal(total, 20000);
	assert_true(packets < 20);
	assert_true(large > 0);
	raw_virtio_destroy(raw, 0);
}

static void edge_M35_merging(void **state)
{
	(void)state;
	large_arrives(0);
	large_arrives(RAW_PACKED);
}

/* M19: Firecracker reads no frame before 65562 bytes are posted. */
static void edge_M19_capacity(void **state)
{
	const struct raw_virtio_options options = {.host = "firecracker-1.12",
						   .features =
							   RAW_MRG | RAW_EVENT,
						   .size = 256};
	struct raw_virtio *raw = raw_virtio_up(&options);
	uint8_t frame[200];
	uint32_t id, length, n;
	uint32_t bytes = card_frame_make(frame, 4, false, 1, 5, 100);

	(void)state;
	/* 256 times 256 is 65536. */
	for (n = 0; n < 256; n++)
		virtio_post(raw, 0, n * 256, 256);
	virtio_kick(raw, 0);
	assert_true(virtio_arrive(raw, frame, bytes));
	assert_false(virtio_used(raw, 0, &id, &length));
	assert_int_equal(host_virtio_backlog(raw->card), 1);
	raw_virtio_destroy(raw, 0);

	raw = raw_virtio_up(&options);
	for (n = 0; n < 43; n++)
		virtio_post(raw, 0, n * 1526, 1526);
	virtio_kick(raw, 0);
	assert_true(virtio_arrive(raw, frame, bytes));
	assert_true(virtio_used(raw, 0, &id, &length));
	assert_true(virtio_arrive(raw, frame, bytes));
	/* 42 of them are 64092: it waits for one more. */
	assert_false(virtio_used(raw, 0, &id, &length));
	virtio_post(raw, 0, 43 * 1526, 1526);
	virtio_kick(raw, 0);
	assert_true(virtio_used(raw, 0, &id, &length));
	raw_virtio_destroy(raw, 0);
}

/* M20, M22: a buffer that is too short comes back empty, with a good one. */
static void edge_M20_M22_short_buffers(void **state)
{
	const struct raw_virtio_options options = {.host = "firecracker-1.12",
						   .features = RAW_EVENT,
						   .size = 64};
	const struct raw_virtio_options strict = {0};
	struct raw_virtio *raw = raw_virtio_up(&options);
	uint8_t frame[200];
	uint32_t id, length, n;
	uint32_t bytes = card_frame_make(frame, 4, false, 1, 5, 100);

	(void)state;
	virtio_post(raw, 0, 0, 1514);
	for (n = 0; n < 44; n++)
		virtio_post(raw, 0, n * 1526, 1526);
	virtio_kick(raw, 0);
	virtio_expect(raw, 0, "a buffer of 1514 bytes, and it is to have 1526");
	assert_false(virtio_used(raw, 0, &id, &length));
	assert_true(virtio_arrive(raw, frame, bytes));
	assert_true(virtio_used(raw, 0, &id, &length));
	assert_int_equal(length, 0);
	assert_true(virtio_used(raw, 0, &id, &length));
	assert_int_equal(length, 12 + bytes);
	raw_virtio_destroy(raw, 1);

	/* Elsewhere it is used while a frame fits. */
	raw = raw_virtio_up(&strict);
	virtio_post(raw, 0, 0, 200);
	virtio_kick(raw, 0);
	assert_true(virtio_arrive(raw, frame, bytes));
	assert_true(virtio_used(raw, 0, &id, &length));
	assert_int_equal(length, 12 + bytes);
	raw_virtio_destroy(raw, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_rings),
		cmocka_unit_test(edge_M21_mergeable),
		cmocka_unit_test(edge_M35_merging),
		cmocka_unit_test(edge_M19_capacity),
		cmocka_unit_test(edge_M20_M22_short_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
