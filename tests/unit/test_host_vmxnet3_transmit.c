/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vmxnet3 device: packets of a guest that writes its descriptors by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_vmxnet3.h"

static const struct raw_vmxnet3_options esxi = {.revision = 4};
static const struct raw_vmxnet3_options qemu = {.host = "qemu"};

#define EOP    0x1000u
#define CQ     0x2000u
#define TAG    0x8000u
#define SUM    0x800u
#define CUT    0xc00u
#define OFFSET 18

static void frames_leave(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);
	uint8_t frame[2000];
	uint32_t words[4], n, bytes;

	(void)state;
	for (n = 0; n < 3 * RAW_VMXNET3_RING; n++) {
		bytes = card_frame_make(frame, 4, false, 1, n, n);
		raw->frame_count = 0;
		card_send(raw, frame, bytes, 0, 0);
		assert_int_equal(raw->frame_count, 1);
		assert_int_equal(raw->frames[0].length, bytes);
		assert_memory_equal(raw->frames[0].data, frame, bytes);
		assert_true(card_tx_completion(raw, 0, words));
		assert_int_equal(words[0], n % RAW_VMXNET3_RING);
		assert_false(card_tx_completion(raw, 0, words));
		card_register_write(raw, 0, 0, 0);
	}
	assert_int_equal(raw->taken[0], 3 * RAW_VMXNET3_RING);
	raw_vmxnet3_destroy(raw, 0);
}

/* V15: the completion names the last descriptor. */
static void edge_V15_completion_names_the_end(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);
	uint64_t memory = card_physical(raw, raw->memory);
	uint8_t *first;
	uint32_t words[4], n;

	(void)state;
	for (n = 0; n < 90; n++)
		raw->memory[n] = (uint8_t)n;
	first = card_tx_descriptor(raw, 0, memory, 30, 0, false);
	card_tx_descriptor(raw, 0, memory + 30, 30, 0, true);
	card_tx_descriptor(raw, 0, memory + 60, 30, EOP | CQ, true);
	card_put32(first + 8, 30 | 1 << 14);
	card_tx_doorbell(raw, 0);
	assert_int_equal(raw->frame_count, 1);
	assert_int_equal(raw->frames[0].length, 90);
	assert_true(card_tx_completion(raw, 0, words));
	assert_int_equal(words[0], 2);
	assert_memory_equal(raw->frames[0].data, raw->memory, 90);
	raw_vmxnet3_destroy(raw, 0);
}

/* V9, V10: published too early, or rung in the middle of a packet. */
static void edge_V9_V10_half_a_packet(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);
	uint64_t memory = card_physical(raw, raw->memory);
	uint32_t words[4];

	(void)state;
	card_tx_descriptor(raw, 0, memory, 30, 0, true);
	card_tx_doorbell(raw, 0);
	card_expect(raw, 0, "published before its others");
	card_tx_descriptor(raw, 0, memory, 60, EOP | CQ, true);
	card_tx_doorbell(raw, 0);
	assert_int_equal(raw->frame_count, 1);
	assert_true(card_tx_completion(raw, 0, words));
	raw_vmxnet3_destroy(raw, 1);
}

/* V11: a length of 0 is 16384. */
static void edge_V11_length_zero_is_16384(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);

	(void)state;
	card_tx_descriptor(raw, 0, card_physical(raw, raw->memory), 0, EOP | CQ,
			   true);
	card_tx_doorbell(raw, 0);
	assert_int_equal(raw->frame_count, 0);
	card_expect(raw, 0, "longer than the MTU");
	raw_vmxnet3_destroy(raw, 1);
}

/* V12: 16 descriptors and no more. */
static void edge_V12_too_many_descriptors(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);
	uint64_t memory = card_physical(raw, raw->memory);
	unsigned many, n;

	(void)state;
	for (many = 16; many <= 17; many++) {
		for (n = 0; n < many; n++)
			card_tx_descriptor(raw, 0, memory + 4 * n, 4,
					   n == many - 1 ? EOP | CQ : 0, true);
		card_tx_doorbell(raw, 0);
		assert_int_equal(raw->frame_count, 1);
		if (many == 16)
			card_register_write(raw, 0, 0, 0);
	}
	card_expect(raw, 0, "more descriptors than 16");
	raw_vmxnet3_destroy(raw, 1);
}

/* V14: no CQ: no completion on ESXi, one on QEMU; CQ in the middle. */
static void edge_V14_completion_requests(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);
	uint32_t words[4];

	(void)state;
	card_tx_descriptor(raw, 0, card_physical(raw, raw->memory), 60, EOP,
			   true);
	card_tx_doorbell(raw, 0);
	assert_int_equal(raw->frame_count, 1);
	assert_false(card_tx_completion(raw, 0, words));
	card_expect(raw, 0, "does not ask for a completion");
	card_tx_descriptor(raw, 0, card_physical(raw, raw->memory), 60, CQ,
			   true);
	card_tx_descriptor(raw, 0, card_physical(raw, raw->memory), 60,
			   EOP | CQ, true);
	card_tx_doorbell(raw, 0);
	card_expect(raw, 1, "not the last");
	raw_vmxnet3_destroy(raw, 2);
	raw = raw_vmxnet3_up(&qemu);
	card_tx_descriptor(raw, 0, card_physical(raw, raw->memory), 60, EOP,
			   true);
	card_tx_doorbell(raw, 0);
	assert_true(card_tx_completion(raw, 0, words));
	raw_vmxnet3_destroy(raw, 1);
}

/* V17: the device writes the threshold. */
static void edge_V17_threshold_is_the_devices(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&qemu);
	unsigned n, high = 0;
	uint32_t words[4];

	(void)state;
	assert_int_equal(card_get32(raw->table + 4), 1);
	raw_vmxnet3_destroy(raw, 0);
	raw = raw_vmxnet3_up(&esxi);
	for (n = 0; n < 300; n++) {
		raw->frame_count = 0;
		card_send(raw, "0123456789abcdef", 16, 0, 0);
		assert_int_equal(raw->frame_count, 1);
		if (card_get32(raw->table + 4) > 1) {
			/* Nothing is rung for, and it leaves all the same. */
			card_tx_descriptor(raw, 0,
					   card_physical(raw, raw->memory), 60,
					   EOP | CQ, true);
			port_delay(raw->port, 100000);
			assert_int_equal(raw->frame_count, 2);
			high++;
			port_delay(raw->port, 200000);
			assert_int_equal(card_get32(raw->table + 4), 1);
		}
		while (card_tx_completion(raw, 0, words))
			;
	}
	assert_true(high);
	raw_vmxnet3_destroy(raw, 0);
}

/* V19: a head in the data ring lies in its slot. */
static void edge_V19_data_ring(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);
	uint64_t data = card_physical(raw, raw->queues[0].tx_data);
	struct host_vmxnet3_counters counters;

	(void)state;
	memset(raw->queues[0].tx_data, 0x5a, 128);
	card_tx_descriptor(raw, 0, data, 64, EOP | CQ, true);
	card_tx_doorbell(raw, 0);
	assert_int_equal(raw->frame_count, 1);
	assert_int_equal(raw->frames[0].data[63], 0x5a);
	card_tx_descriptor(raw, 0, data, 64, EOP | CQ, true);
	card_tx_doorbell(raw, 0);
	card_expect(raw, 0, "slot of its descriptor");
	assert_int_equal(raw->frame_count, 1);
	host_vmxnet3_counters(raw->card, &counters);
	assert_int_equal(counters.tx_data_ring, 2);
	raw_vmxnet3_destroy(raw, 1);
}

/* The pseudo header's sum into the checksum field, as a stack does. */
static void field_prepare(uint8_t *frame, uint32_t bytes, bool with_length)
{
	bool four = frame[12] == 8;
	uint8_t *ip = frame + 14, *l4 = ip + (four ? 20 : 40);
	bool tcp = ip[four ? 9 : 6] == 6;
	uint8_t *field = l4 + (tcp ? 16 : 6);
	uint32_t sum = tcp ? 6 : 17, n;

	if (with_length)
		sum += bytes - (uint32_t)(l4 - frame);
	for (n = four ? 12 : 8; n < (four ? 20u : 40u); n += 2)
		sum += (uint32_t)ip[n] << 8 | ip[n + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	field[0] = (uint8_t)(sum >> 8);
	field[1] = (uint8_t)sum;
}

/* V21: the offset is absolute; the sum comes out right, over 4 and 6. */
static void edge_V21_checksums(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);
	uint8_t frame[400];
	unsigned n;

	(void)state;
	for (n = 0; n < 4; n++) {
		unsigned version = n & 1 ? 6 : 4;
		bool tcp = n & 2;
		uint32_t bytes =
			card_frame_make(frame, version, tcp, 7, n, 101);
		uint32_t header = version == 4 ? 34 : 54;

		field_prepare(frame, bytes, true);
		card_send(raw, frame, bytes,
			  (header + (tcp ? 16 : 6)) << OFFSET, header | SUM);
		assert_int_equal(raw->frame_count, n + 1);
		assert_true(card_frame_sums(raw->frames[n].data, bytes));
	}
	/* The offset counted from the transport header is another field. */
	card_send(raw, frame, 175, 16u << OFFSET, 54 | SUM);
	card_expect(raw, 0, "outside of it (V21)");
	card_send(raw, frame, 175, (54u + 6) << OFFSET, 54 | SUM);
	card_expect(raw, 1, "neither TCP nor UDP");
	card_send(raw, frame, 175, (54u + 16) << OFFSET, 50 | SUM);
	card_expect(raw, 2, "not its IPv6 header's");
	field_prepare(frame, 175, false);
	card_send(raw, frame, 175, (54u + 16) << OFFSET, 54 | SUM);
	card_expect(raw, 3, "pseudo header's sum");
	raw_vmxnet3_destroy(raw, 4);
}

static uint32_t cut_prepare(uint8_t *frame, unsigned version, uint32_t payload)
{
	uint32_t bytes =
		card_frame_make(frame, version, true, 7, 1000, payload);

	field_prepare(frame, bytes, false);
	frame[version == 4 ? 14 + 20 + 13 : 14 + 40 + 13] = 0x19; /* FIN PSH */
	if (version == 4) {
		memset(frame + 16, 0, 2);
		memset(frame + 24, 0, 2);
	} else {
		memset(frame + 18, 0, 2);
	}
	return bytes;
}

/* V20: segments with right sums, the flags in the last one only. */
static void edge_V20_segments(void **state)
{
	static uint8_t frame[20000];
	unsigned version;

	(void)state;
	for (version = 4; version <= 6; version += 2) {
		struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);
		uint32_t header = version == 4 ? 54 : 74, at = 0, n;
		uint32_t bytes = cut_prepare(frame, version, 10000);

		card_send(raw, frame, bytes, 1400u << OFFSET,
			  header | CUT | TAG | 5u << 16);
		assert_int_equal(raw->frame_count, 8);
		for (n = 0; n < 8; n++) {
			struct raw_frame *sent = &raw->frames[n];
			uint8_t *data = sent->data + 4;
			uint32_t length = sent->length - 4;

			assert_memory_equal(sent->data + 12, "\x81\x00\x00\x05",
					    4);
			memmove(data, sent->data, 12);
			assert_true(length <= 1514);
			assert_true(card_frame_sums(data, length));
			assert_memory_equal(data + header, frame + header + at,
					    length - header);
			assert_int_equal(data[header - 20 + 13],
					 n == 7 ? 0x19 : 0x10);
			assert_int_equal(data[header - 20 + 7],
					 (1000 + at) & 0xff);
			at += length - header;
		}
		assert_int_equal(at, 10000);
		raw_vmxnet3_destroy(raw, 0);
	}
}

static void edge_V20_segments_refused(void **state)
{
	static uint8_t frame[9000];
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);
	uint32_t bytes = cut_prepare(frame, 4, 5000);

	(void)state;
	card_send(raw, frame, bytes, 1400u << OFFSET, 50 | CUT);
	card_expect(raw, 0, "hlen is not the length");
	card_send(raw, frame, bytes, 0, 54 | CUT);
	card_expect(raw, 1, "segments of no length");
	card_send(raw, frame, bytes, 1461u << OFFSET, 54 | CUT);
	card_expect(raw, 2, "longer than the MTU");
	assert_int_equal(raw->frame_count, 0);
	field_prepare(frame, bytes, true);
	card_send(raw, frame, bytes, 1400u << OFFSET, 54 | CUT);
	card_expect(raw, 3, "without the length");
	frame[24] = 1;
	field_prepare(frame, bytes, false);
	card_send(raw, frame, bytes, 1400u << OFFSET, 54 | CUT);
	card_expect(raw, 4, "is not 0");
	raw_vmxnet3_destroy(raw, 5);
}

/* V22: tag and offload are looked for in the first descriptor only. */
static void edge_V22_tag_on_the_first(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);
	uint64_t memory = card_physical(raw, raw->memory);

	(void)state;
	card_send(raw, "abcdefghijklmnopqrstuvwxyz", 26, 0,
		  TAG | 0xe00au << 16);
	assert_int_equal(raw->frames[0].length, 30);
	assert_memory_equal(raw->frames[0].data,
			    "abcdefghijkl\x81\x00\xe0\x0amnop", 20);
	card_tx_descriptor(raw, 0, memory, 20, 0, true);
	card_tx_descriptor(raw, 0, memory, 20, EOP | CQ | TAG, true);
	card_tx_doorbell(raw, 0);
	assert_int_equal(raw->frames[1].length, 40);
	card_expect(raw, 0, "not the first is lost");
	raw_vmxnet3_destroy(raw, 1);
}

/* Memory that does not exist, or that nobody gave. */
static void memory_is_checked(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);
	uint32_t words[4];

	(void)state;
	card_tx_descriptor(raw, 0, 0xd0000000u, 60, EOP | CQ, true);
	card_tx_doorbell(raw, 0);
	card_expect(raw, 0, "outside of memory");
	assert_int_equal(raw->frame_count, 0);
	assert_true(card_tx_completion(raw, 0, words));
	card_tx_descriptor(raw, 0, card_physical(raw, raw->groups), 60,
			   EOP | CQ, true);
	card_tx_doorbell(raw, 0);
	card_expect(raw, 1, "did not give");
	raw_vmxnet3_destroy(raw, 2);
}

/* The producer is compared with what is published. */
static void producers_are_checked(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&esxi);

	(void)state;
	card_register_write(raw, 0, 0x600, 32);
	card_expect(raw, 0, "beyond a ring of 32");
	card_register_write(raw, 0, 0x600, 5);
	card_expect(raw, 1, "is not published");
	card_register_write(raw, 0, 0x608, 0);
	card_expect(raw, 2, "there is no queue 1");
	raw_vmxnet3_destroy(raw, 3);
}

/* V54: a short frame stays short. */
static void edge_V54_short_frames(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&qemu);

	(void)state;
	card_send(raw, "0123456789abcdefghij", 20, 0, 0);
	assert_int_equal(raw->frames[0].length, 20);
	card_send(raw, "0123456789", 10, 0, 0);
	card_expect(raw, 0, "no Ethernet header");
	raw_vmxnet3_destroy(raw, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_leave),
		cmocka_unit_test(edge_V15_completion_names_the_end),
		cmocka_unit_test(edge_V9_V10_half_a_packet),
		cmocka_unit_test(edge_V11_length_zero_is_16384),
		cmocka_unit_test(edge_V12_too_many_descriptors),
		cmocka_unit_test(edge_V14_completion_requests),
		cmocka_unit_test(edge_V17_threshold_is_the_devices),
		cmocka_unit_test(edge_V19_data_ring),
		cmocka_unit_test(edge_V21_checksums),
		cmocka_unit_test(edge_V20_segments),
		cmocka_unit_test(edge_V20_segments_refused),
		cmocka_unit_test(edge_V22_tag_on_the_first),
		cmocka_unit_test(memory_is_checked),
		cmocka_unit_test(producers_are_checked),
		cmocka_unit_test(edge_V54_short_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
