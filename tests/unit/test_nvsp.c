/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NVSP messages byte for byte: what this guest writes beside what another
 * driver was recorded to write (fixtures of DPDK's netvsc), and what it makes
 * of good, odd and impossible messages of a host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hyperv/nvsp.h"

#define BYTES(...)    ((const uint8_t[]){__VA_ARGS__})
#define LENGTH(bytes) ((uint32_t)sizeof(bytes))

/* The bytes that a message begins with; the rest of the 40 must be zero. */
static void assert_message(const struct nvsp_message *message,
			   const uint8_t *begin, uint32_t length)
{
	static const uint8_t zeroes[NVSP_MESSAGE_BYTES];

	assert_int_equal(sizeof(*message), 40);
	assert_memory_equal(message->bytes, begin, length);
	assert_memory_equal(message->bytes + length, zeroes, 40 - length);
}

static void poison(struct nvsp_message *message)
{
	memset(message, 0xa5, sizeof(*message));
}

/* ---- Writers ---- */

static void edge_56_init_asks_for_one_version(void **state)
{
	static const uint8_t newest[] = {1, 0, 0, 0, 1, 0, 6, 0, 1, 0, 6, 0};
	static const uint8_t second[] = {1, 0, 0, 0, 2, 0, 3, 0, 2, 0, 3, 0};
	static const uint8_t first[] = {1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0};
	struct nvsp_message message;

	(void)state;
	poison(&message);
	nvsp_write_init(&message, NVSP_VERSION_6_1);
	assert_message(&message, newest, LENGTH(newest));
	nvsp_write_init(&message, NVSP_VERSION_2);
	assert_message(&message, second, LENGTH(second));
	nvsp_write_init(&message, NVSP_VERSION_1);
	assert_message(&message, first, LENGTH(first));
}

static void edge_86_the_mtu_counts_the_ethernet_header(void **state)
{
	/* 1500 is 1514, and 802.1Q is the fourth capability. */
	static const uint8_t golden[] = {0x7d, 0, 0, 0, 0xea, 5, 0, 0, 0, 0,
					 0,    0, 8, 0, 0,    0, 0, 0, 0, 0};
	struct nvsp_message message;

	(void)state;
	poison(&message);
	nvsp_write_ndis_config(&message, 1500, NVSP_CAPABILITY_8021Q);
	assert_message(&message, golden, LENGTH(golden));
}

static void ndis_version(void **state)
{
	static const uint8_t golden[] = {0x64, 0, 0,  0, 6, 0,
					 0,    0, 30, 0, 0, 0};
	struct nvsp_message message;

	(void)state;
	poison(&message);
	nvsp_write_ndis_version(&message, 6, 30);
	assert_message(&message, golden, LENGTH(golden));
}

static void buffers_are_given_and_revoked(void **state)
{
	static const uint8_t receive[] = {0x65, 0,    0, 0,    0x10,
					  0x1e, 0x0e, 0, 0xfe, 0xca};
	static const uint8_t send[] = {0x68, 0,	   0, 0,    0x11,
				       0x1e, 0x0e, 0, 0xce, 0xfa};
	static const uint8_t no_receive[] = {0x67, 0, 0, 0, 0xfe, 0xca};
	static const uint8_t no_send[] = {0x6a, 0, 0, 0, 0xce, 0xfa};
	struct nvsp_message message;

	(void)state;
	poison(&message);
	nvsp_write_send_buffer(&message, NVSP_SEND_RECEIVE_BUFFER, 0xe1e10,
			       0xcafe);
	assert_message(&message, receive, LENGTH(receive));
	nvsp_write_send_buffer(&message, NVSP_SEND_SEND_BUFFER, 0xe1e11,
			       0xface);
	assert_message(&message, send, LENGTH(send));
	poison(&message);
	nvsp_write_revoke(&message, NVSP_REVOKE_RECEIVE_BUFFER, 0xcafe);
	assert_message(&message, no_receive, LENGTH(no_receive));
	nvsp_write_revoke(&message, NVSP_REVOKE_SEND_BUFFER, 0xface);
	assert_message(&message, no_send, LENGTH(no_send));
}

static void packets(void **state)
{
	static const uint8_t control[] = {0x6b, 0,    0,    0,	  1, 0, 0, 0,
					  0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
	static const uint8_t section[] = {0x6b, 0, 0, 0, 0,    0, 0, 0,
					  0x40, 0, 0, 0, 0xb0, 0, 0, 0};
	struct nvsp_message message;

	(void)state;
	poison(&message);
	nvsp_write_rndis_packet(&message, NVSP_CHANNEL_CONTROL,
				NVSP_SECTION_NONE, 0);
	assert_message(&message, control, LENGTH(control));
	poison(&message);
	nvsp_write_rndis_packet(&message, NVSP_CHANNEL_DATA, 0x40, 0xb0);
	assert_message(&message, section, LENGTH(section));
}

static void edge_59_a_completion_has_a_body(void **state)
{
	static const uint8_t good[] = {0x6c, 0, 0, 0, 1, 0, 0, 0};
	static const uint8_t failed[] = {0x6c, 0, 0, 0, 2, 0, 0, 0};
	struct nvsp_message message;

	(void)state;
	poison(&message);
	nvsp_write_complete(&message, NVSP_STATUS_SUCCESS);
	assert_message(&message, good, LENGTH(good));
	nvsp_write_complete(&message, NVSP_STATUS_FAILURE);
	assert_message(&message, failed, LENGTH(failed));
}

/* ---- Readers ---- */

static void a_type_needs_four_bytes(void **state)
{
	uint32_t type = 7;

	(void)state;
	assert_int_equal(nvsp_read_type(BYTES(0x80, 0, 0, 0), 4, &type), 0);
	assert_int_equal(type, NVSP_VF_ASSOCIATION);
	assert_int_equal(nvsp_read_type(BYTES(0x80, 0, 0), 3, &type),
			 ERROR_PROTOCOL);
	assert_int_equal(nvsp_read_type(NULL, 0, &type), ERROR_PROTOCOL);
}

static void edge_56_init_complete(void **state)
{
	uint8_t message[] = {2, 0, 0, 0, 1, 0, 6, 0, 0x22, 0, 0, 0, 1, 0, 0, 0};
	uint32_t status = 99;

	(void)state;
	assert_int_equal(nvsp_read_init_complete(message, 16, &status), 0);
	assert_int_equal(status, NVSP_STATUS_SUCCESS);
	message[12] = 3;
	assert_int_equal(nvsp_read_init_complete(message, 16, &status), 0);
	assert_int_equal(status, 3);
	assert_int_equal(nvsp_read_init_complete(message, 15, &status),
			 ERROR_PROTOCOL);
	message[0] = 1;
	assert_int_equal(nvsp_read_init_complete(message, 16, &status),
			 ERROR_PROTOCOL);
}

/* A receive buffer's answer with up to three sections, of little numbers. */
static uint32_t sections_make(uint8_t message[60], uint32_t count,
			      const uint32_t sections[][4])
{
	uint32_t header[3] = {102, 1, count};

	memcpy(message, header, sizeof(header));
	memcpy(message + 12, sections, count * 16);
	return 12 + count * 16;
}

static void edge_57_sections_of_any_number(void **state)
{
	/* As recorded: one section over all of 31 MiB. */
	static const uint8_t recorded[] = {0x66, 0, 0, 0,    1, 0,    0,
					   0,	 1, 0, 0,    0, 0,    0,
					   0,	 0, 0, 0x40, 0, 0,    0xc0,
					   0x07, 0, 0, 0,    0, 0xf0, 0x01,
					   0,	 0, 0, 0};
	static const uint32_t three[][4] = {{0, 1000, 4, 4000},
					    {4096, 2048, 2, 9000},
					    {16000, 384, 1, 16384}};
	struct nvsp_receive_buffer buffer;
	uint8_t message[60];
	uint32_t length;

	(void)state;
	assert_int_equal(
		nvsp_read_receive_buffer(recorded, 32, 0x1f00000, &buffer), 0);
	assert_int_equal(buffer.section_count, 1);
	assert_int_equal(buffer.piece_count, 0x7c0);
	length = sections_make(message, 3, three);
	assert_int_equal(
		nvsp_read_receive_buffer(message, length, 16384, &buffer), 0);
	assert_int_equal(buffer.section_count, 3);
	assert_int_equal(buffer.piece_count, 7);
	/* Each must be inside: the last ends one byte behind the buffer. */
	assert_int_equal(nvsp_read_receive_buffer(message, length, 16383,
						  &buffer),
			 ERROR_PROTOCOL);
	/* And all of them must be there. */
	assert_int_equal(nvsp_read_receive_buffer(message, length - 1, 16384,
						  &buffer),
			 ERROR_PROTOCOL);
}

static void edge_57_impossible_sections(void **state)
{
	static const uint32_t impossible[][4] = {
		{0, 0, 4, 4096},	     /* pieces of nothing */
		{0, 1024, 0, 4096},	     /* no pieces */
		{0, 1024, 5, 5120},	     /* beyond the buffer */
		{0, 1024, 4, 4095},	     /* beyond its own end */
		{1, 1024, 4, 4096},	     /* so, by its offset */
		{0, 1024, 4, 4097},	     /* its end beyond the buffer */
		{0, 0x10000, 0x10000, 4096}, /* 2^32 is 0 in 32 bits */
		{0, 0xffffffff, 0xffffffff, 4096},
		{0xffffffff, 1024, 1, 4096},
		{0xfffffc00, 1024, 1, 4096}, /* and so is this sum */
		{0xffffffff, 1, 1, 0},
	};
	struct nvsp_receive_buffer buffer;
	uint8_t message[60];
	uint32_t length;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
		length = sections_make(message, 1, &impossible[i]);
		assert_int_equal(nvsp_read_receive_buffer(message, length, 4096,
							  &buffer),
				 ERROR_PROTOCOL);
	}
}

static void edge_57_how_many_sections(void **state)
{
	static const uint32_t one[][4] = {{0, 1024, 4, 4096}};
	struct nvsp_receive_buffer buffer;
	uint8_t message[60];
	uint32_t length = sections_make(message, 1, one);
	uint32_t counts[] = {0, 2, 0x10000001, 0xffffffff};
	unsigned i;

	(void)state;
	assert_int_equal(
		nvsp_read_receive_buffer(message, length, 4096, &buffer), 0);
	for (i = 0; i < 4; i++) {
		memcpy(message + 8, &counts[i], 4);
		assert_int_equal(nvsp_read_receive_buffer(message, length, 4096,
							  &buffer),
				 ERROR_PROTOCOL);
	}
	/* A refusal needs no sections. */
	message[4] = 2;
	assert_int_equal(nvsp_read_receive_buffer(message, 12, 4096, &buffer),
			 ERROR_IO);
	assert_int_equal(nvsp_read_receive_buffer(message, 11, 4096, &buffer),
			 ERROR_PROTOCOL);
}

static void edge_62_send_sections(void **state)
{
	uint8_t message[] = {0x69, 0, 0, 0, 1, 0, 0, 0, 0, 0x18, 0, 0};
	uint32_t bytes = 0;

	(void)state;
	assert_int_equal(nvsp_read_send_buffer(message, 12, 6144, &bytes), 0);
	assert_int_equal(bytes, 6144);
	assert_int_equal(nvsp_read_send_buffer(message, 12, 6143, &bytes),
			 ERROR_PROTOCOL);
	assert_int_equal(nvsp_read_send_buffer(message, 11, 6144, &bytes),
			 ERROR_PROTOCOL);
	message[9] = 0;
	assert_int_equal(nvsp_read_send_buffer(message, 12, 6144, &bytes),
			 ERROR_PROTOCOL);
	message[4] = 2;
	assert_int_equal(nvsp_read_send_buffer(message, 12, 6144, &bytes),
			 ERROR_IO);
}

static void completions(void **state)
{
	uint8_t message[] = {0x6c, 0, 0, 0, 5, 0, 0, 0};
	uint32_t status = 0;

	(void)state;
	assert_int_equal(nvsp_read_complete(message, 8, &status), 0);
	assert_int_equal(status, 5);
	assert_int_equal(nvsp_read_complete(message, 7, &status),
			 ERROR_PROTOCOL);
	/* One without a body says nothing. */
	assert_int_equal(nvsp_read_complete(message, 0, &status),
			 ERROR_PROTOCOL);
	message[0] = 0x6b;
	assert_int_equal(nvsp_read_complete(message, 8, &status),
			 ERROR_PROTOCOL);
}

static void received_packets(void **state)
{
	uint8_t message[] = {0x6b, 0,	 0,    0,    1, 0, 0, 0,
			     0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
	uint32_t channel_type = 9;

	(void)state;
	assert_int_equal(nvsp_read_rndis_packet(message, 16, &channel_type), 0);
	assert_int_equal(channel_type, NVSP_CHANNEL_CONTROL);
	assert_int_equal(nvsp_read_rndis_packet(message, 15, &channel_type),
			 ERROR_PROTOCOL);
	message[0] = 0x6c;
	assert_int_equal(nvsp_read_rndis_packet(message, 16, &channel_type),
			 ERROR_PROTOCOL);
}

/* ---- The indirection table ---- */

/* count entries of 1, 0, 1, 0, ... at an offset, said to be at another. */
static uint32_t table_make(uint8_t message[128], uint32_t count, uint32_t at,
			   uint32_t said)
{
	uint32_t words[3] = {134, count, said}, i, entry;

	memset(message, 0xee, 128);
	memcpy(message, words, sizeof(words));
	for (i = 0; i < 16; i++) {
		entry = (i + 1) % 2;
		memcpy(message + at + 4 * i, &entry, 4);
	}
	return at + 4 * count;
}

static void edge_66_the_offset_of_an_old_host(void **state)
{
	uint8_t message[128];
	uint32_t entries[NVSP_INDIRECTION_MAX], length;

	(void)state;
	/* Up to version 6, an offset inside the message means its end. */
	length = table_make(message, 16, 40, 12);
	assert_int_equal(nvsp_read_indirection_table(
				 message, length, NVSP_VERSION_6, 2, entries),
			 16);
	assert_int_equal(entries[0], 1);
	assert_int_equal(entries[1], 0);
	length = table_make(message, 16, 40, 36);
	assert_int_equal(nvsp_read_indirection_table(
				 message, length, NVSP_VERSION_5, 2, entries),
			 16);
	assert_int_equal(entries[14], 1);
	/* From 6.1 on it means what it says. */
	length = table_make(message, 16, 12, 12);
	assert_int_equal(nvsp_read_indirection_table(
				 message, length, NVSP_VERSION_6_1, 2, entries),
			 16);
	assert_int_equal(entries[0], 1);
}

static void edge_66_a_table_out_of_bounds(void **state)
{
	static const uint32_t offsets[] = {45,	       41,	   0xffffffff,
					   0xfffffffc, 0x80000000, 104};
	uint8_t message[128];
	uint32_t entries[NVSP_INDIRECTION_MAX], length, words[3];
	unsigned i;

	(void)state;
	length = table_make(message, 16, 40, 40);
	assert_int_equal(nvsp_read_indirection_table(
				 message, length, NVSP_VERSION_6_1, 2, entries),
			 16);
	/* One byte short, an entry too many, a queue that is not there. */
	assert_int_equal(nvsp_read_indirection_table(message, length - 1,
						     NVSP_VERSION_6_1, 2,
						     entries),
			 ERROR_PROTOCOL);
	length = table_make(message, 17, 40, 40);
	assert_int_equal(nvsp_read_indirection_table(
				 message, length, NVSP_VERSION_6_1, 2, entries),
			 ERROR_PROTOCOL);
	length = table_make(message, 16, 40, 40);
	assert_int_equal(nvsp_read_indirection_table(
				 message, length, NVSP_VERSION_6_1, 1, entries),
			 ERROR_PROTOCOL);
	for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		length = table_make(message, 16, 40, offsets[i]);
		assert_int_equal(nvsp_read_indirection_table(message, length,
							     NVSP_VERSION_6_1,
							     2, entries),
				 ERROR_PROTOCOL);
	}
	/* Inside the message's own words. */
	length = table_make(message, 1, 40, 8);
	assert_int_equal(nvsp_read_indirection_table(message, length,
						     NVSP_VERSION_6_1, 255,
						     entries),
			 ERROR_PROTOCOL);
	memcpy(words, message, sizeof(words));
	assert_int_equal(nvsp_read_indirection_table(
				 words, 11, NVSP_VERSION_6_1, 2, entries),
			 ERROR_PROTOCOL);
}

/* ---- Transfer pages ---- */

static void edge_58_ranges_as_recorded(void **state)
{
	static const uint8_t header[] = {0xfe, 0xca, 0, 0, 2,	 0, 0, 0,
					 0xac, 0,    0, 0, 0,	 0, 0, 0,
					 0xac, 0,    0, 0, 0xb0, 0, 0, 0};
	struct nvsp_range range;
	uint16_t page_set = 0;

	(void)state;
	assert_int_equal(nvsp_read_transfer_pages(header, 24, &page_set), 2);
	assert_int_equal(page_set, 0xcafe);
	assert_int_equal(nvsp_read_range(header, 0, 4096, &range), 0);
	assert_int_equal(range.bytes, 0xac);
	assert_int_equal(range.offset, 0);
	assert_int_equal(nvsp_read_range(header, 1, 4096, &range), 0);
	assert_int_equal(range.bytes, 0xac);
	assert_int_equal(range.offset, 0xb0);
	/* The second ends at 0x15c. */
	assert_int_equal(nvsp_read_range(header, 1, 0x15c, &range), 0);
	assert_int_equal(nvsp_read_range(header, 1, 0x15b, &range),
			 ERROR_PROTOCOL);
}

static void edge_58_range_counts(void **state)
{
	uint8_t header[24] = {0xfe, 0xca, 0x55, 0xaa, 2};
	static const uint32_t counts[] = {0,	      3,	  0x20000000,
					  0x80000000, 0xffffffff, 0x1fffffff};
	uint16_t page_set;
	unsigned i;

	(void)state;
	/* The reserved word may hold anything. */
	assert_int_equal(nvsp_read_transfer_pages(header, 24, &page_set), 2);
	assert_int_equal(nvsp_read_transfer_pages(header, 23, &page_set),
			 ERROR_PROTOCOL);
	assert_int_equal(nvsp_read_transfer_pages(header, 8, &page_set),
			 ERROR_PROTOCOL);
	assert_int_equal(nvsp_read_transfer_pages(header, 7, &page_set),
			 ERROR_PROTOCOL);
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		memcpy(header + 4, &counts[i], 4);
		assert_int_equal(nvsp_read_transfer_pages(header, 24,
							  &page_set),
				 ERROR_PROTOCOL);
	}
}

static void edge_58_ranges_out_of_bounds(void **state)
{
	static const struct {
		uint32_t bytes, offset;
	} bad[] = {
		{0, 0},
		{4097, 0},
		{4096, 1},
		{1, 4096},
		{1, 0xffffffff},
		{0xffffffff, 1},
		{0x80000000, 0x80000000},
		{0xfffff000, 0x1000},
	};
	uint8_t header[16] = {0xfe, 0xca, 0, 0, 1};
	struct nvsp_range range;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(header + 8, &bad[i].bytes, 4);
		memcpy(header + 12, &bad[i].offset, 4);
		assert_int_equal(nvsp_read_range(header, 0, 4096, &range),
				 ERROR_PROTOCOL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_56_init_asks_for_one_version),
		cmocka_unit_test(edge_86_the_mtu_counts_the_ethernet_header),
		cmocka_unit_test(ndis_version),
		cmocka_unit_test(buffers_are_given_and_revoked),
		cmocka_unit_test(packets),
		cmocka_unit_test(edge_59_a_completion_has_a_body),
		cmocka_unit_test(a_type_needs_four_bytes),
		cmocka_unit_test(edge_56_init_complete),
		cmocka_unit_test(edge_57_sections_of_any_number),
		cmocka_unit_test(edge_57_impossible_sections),
		cmocka_unit_test(edge_57_how_many_sections),
		cmocka_unit_test(edge_62_send_sections),
		cmocka_unit_test(completions),
		cmocka_unit_test(received_packets),
		cmocka_unit_test(edge_66_the_offset_of_an_old_host),
		cmocka_unit_test(edge_66_a_table_out_of_bounds),
		cmocka_unit_test(edge_58_ranges_as_recorded),
		cmocka_unit_test(edge_58_range_counts),
		cmocka_unit_test(edge_58_ranges_out_of_bounds),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
