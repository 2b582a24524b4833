/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS messages byte for byte: what this guest writes, beside what another
 * driver was recorded to write where both say the same, and what it makes of
 * good, odd and impossible messages of a host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hyperv/rndis.h"
#include "hyperv/rndis_oid.h"

#define LENGTH(bytes) ((uint32_t)sizeof(bytes))

static void put32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
	at[2] = (uint8_t)(value >> 16);
	at[3] = (uint8_t)(value >> 24);
}

/* ---- Requests, as written ---- */

static void initialize(void **state)
{
	static const uint8_t golden[] = {2, 0, 0, 0, 24, 0,    0, 0,
					 1, 0, 0, 0, 1,	 0,    0, 0,
					 0, 0, 0, 0, 0,	 0x40, 0, 0};
	uint8_t message[24];

	(void)state;
	assert_int_equal(rndis_write_initialize(message, 1, 0x4000), 24);
	assert_memory_equal(message, golden, 24);
}

static void halt_reset_keepalive(void **state)
{
	static const uint8_t halt[] = {3, 0, 0, 0, 12, 0, 0, 0, 9, 0, 0, 0};
	static const uint8_t reset[] = {6, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t alive[] = {8, 0, 0, 0x80, 16, 0, 0, 0,
					4, 3, 2, 1,    0,  0, 0, 0};
	uint8_t message[16];

	(void)state;
	assert_int_equal(rndis_write_halt(message, 9), 12);
	assert_memory_equal(message, halt, 12);
	assert_int_equal(rndis_write_reset(message), 12);
	assert_memory_equal(message, reset, 12);
	assert_int_equal(rndis_write_keepalive_complete(message, 0x01020304, 0),
			 16);
	assert_memory_equal(message, alive, 16);
}

static void case_71_query_and_set(void **state)
{
	/* As recorded: PERMANENT_ADDRESS, and the filter set to 13. */
	static const uint8_t query[] = {4,    0, 0, 0, 28, 0, 0, 0, 3, 0,
					0,    0, 1, 1, 1,  1, 0, 0, 0, 0,
					0x14, 0, 0, 0, 0,  0, 0, 0};
	static const uint8_t set[] = {5, 0,    0, 0, 32, 0, 0,	0, 16, 0,    0,
				      0, 0x0e, 1, 1, 0,	 4, 0,	0, 0,  0x14, 0,
				      0, 0,    0, 0, 0,	 0, 13, 0, 0,  0};
	static const uint8_t filter[] = {13, 0, 0, 0};
	uint8_t message[32];

	(void)state;
	assert_int_equal(rndis_write_request(message, 32, RNDIS_QUERY, 3,
					     RNDIS_OID_PERMANENT_ADDRESS, NULL,
					     0),
			 28);
	assert_memory_equal(message, query, 28);
	assert_int_equal(rndis_write_request(message, 32, RNDIS_SET, 16,
					     RNDIS_OID_PACKET_FILTER, filter,
					     4),
			 32);
	assert_memory_equal(message, set, 32);
	/* What does not fit is not written. */
	memset(message, 0x77, sizeof(message));
	assert_int_equal(rndis_write_request(message, 31, RNDIS_SET, 16,
					     RNDIS_OID_PACKET_FILTER, filter,
					     4),
			 0);
	assert_int_equal(rndis_write_request(message, 27, RNDIS_QUERY, 3, 0,
					     NULL, 0),
			 0);
	assert_int_equal(message[0], 0x77);
}

/* ---- Frames, as written ---- */

static void packet_without_information(void **state)
{
	static const uint8_t golden[] = {1, 0,	0, 0, 0x68, 0, 0, 0, 36, 0, 0,
					 0, 60, 0, 0, 0,    0, 0, 0, 0,	 0, 0,
					 0, 0,	0, 0, 0,    0, 0, 0, 0,	 0, 0,
					 0, 0,	0, 0, 0,    0, 0, 0, 0,	 0, 0};
	const struct rndis_information none = {0};
	uint8_t message[RNDIS_PACKET_HEADER_MAX];

	(void)state;
	memset(message, 0xa5, sizeof(message));
	assert_int_equal(rndis_packet_header_bytes(&none), 44);
	assert_int_equal(rndis_write_packet(message, 60, 0, &none), 44);
	assert_memory_equal(message, golden, 44);
	assert_int_equal(message[44], 0xa5);
}

static void case_76_padding_belongs_to_the_message(void **state)
{
	const struct rndis_information none = {0};
	uint8_t message[RNDIS_PACKET_HEADER_MAX];

	(void)state;
	assert_int_equal(rndis_write_packet(message, 61, 7, &none), 44);
	assert_int_equal(message[4], 44 + 61 + 7);
	assert_int_equal(message[12], 61);
}

static void case_78_vlan_bits(void **state)
{
	static const uint8_t golden[] = {
		1, 0, 0, 0, 0x78, 0, 0, 0, 0x34, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 36, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0,
		/* size, type 6, offset; priority 5, DEI 0, id 0xbcd */
		16, 0, 0, 0, 6, 0, 0, 0, 12, 0, 0, 0, 0xd5, 0xbc, 0, 0};
	const struct rndis_information tagged = {
		.has_vlan = true,
		.vlan_tag = 0xabcd,
	};
	struct rndis_information read;
	uint8_t message[RNDIS_PACKET_HEADER_MAX];

	(void)state;
	assert_int_equal(rndis_write_packet(message, 60, 0, &tagged), 60);
	assert_memory_equal(message, golden, 60);
	/* Both ways; and the tag 0x6123 of a recorded frame, packed 0x1233. */
	assert_int_equal(rndis_read_information(message + 44, 16, &read), 0);
	assert_true(read.has_vlan);
	assert_false(read.has_checksum);
	assert_int_equal(read.vlan_tag, 0xabcd);
	put32(message + 56, 0x1233);
	assert_int_equal(rndis_read_information(message + 44, 16, &read), 0);
	assert_int_equal(read.vlan_tag, 0x6123);
}

static void case_77_checksum_bits(void **state)
{
	static const uint8_t golden[] = {16, 0, 0, 0, 0,    0, 0,    0,
					 12, 0, 0, 0, 0x15, 0, 0x22, 0};
	const struct rndis_information both = {
		.has_vlan = true,
		.has_checksum = true,
		.checksum = RNDIS_CHECKSUM_IPV4 | RNDIS_CHECKSUM_TCP |
			    RNDIS_CHECKSUM_IP_HEADER |
			    34u << RNDIS_CHECKSUM_OFFSET_SHIFT,
	};
	uint8_t message[RNDIS_PACKET_HEADER_MAX];

	(void)state;
	assert_int_equal(RNDIS_CHECKSUM_IPV6, 2);
	assert_int_equal(RNDIS_CHECKSUM_UDP, 8);
	assert_int_equal(rndis_write_packet(message, 200, 0, &both), 76);
	assert_int_equal(message[4] | message[5] << 8, 276);
	assert_int_equal(message[8], 0x44);
	assert_int_equal(message[32], 32);
	assert_memory_equal(message + 60, golden, 16);
}

/* ---- Frames, as read ---- */

/* The first of two messages in one range that a host was recorded to send. */
static const uint8_t received[] = {
	0x01, 0, 0, 0, 0xac, 0, 0, 0, 0x64, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0x24, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0,
	/* checksum: TCP, UDP and IP good */
	0x10, 0, 0, 0, 0, 0, 0, 0, 0x0c, 0, 0, 0, 0x38, 0, 0, 0,
	/* VLAN */
	0x10, 0, 0, 0, 6, 0, 0, 0, 0x0c, 0, 0, 0, 0x33, 0x12, 0, 0,
	/* hash information and hash value */
	0x10, 0, 0, 0, 9, 0, 0, 0, 0x0c, 0, 0, 0, 1, 1, 0, 0, 0x10, 0, 0, 0, 8,
	0, 0, 0, 0x0c, 0, 0, 0, 0xef, 0xbe, 0xad, 0xde};

static struct rndis_packet_message packet_of(const uint8_t *bytes)
{
	struct rndis_packet_message message;

	memcpy(&message, bytes, sizeof(message));
	return message;
}

static void case_71_a_packet_as_recorded(void **state)
{
	struct rndis_packet_message message = packet_of(received);
	struct rndis_information information;
	struct rndis_packet packet;

	(void)state;
	assert_int_equal(rndis_read_packet(&message, 0x160, &packet), 0);
	assert_int_equal(packet.message_bytes, 0xac);
	assert_int_equal(packet.data_offset, 108);
	assert_int_equal(packet.data_bytes, 64);
	assert_int_equal(packet.information_offset, 44);
	assert_int_equal(packet.information_bytes, 64);
	assert_int_equal(
		rndis_read_information(received + 44, 64, &information), 0);
	assert_true(information.has_checksum && information.has_vlan);
	assert_int_equal(information.checksum, RNDIS_CHECKSUM_TCP_GOOD |
						       RNDIS_CHECKSUM_UDP_GOOD |
						       RNDIS_CHECKSUM_IP_GOOD);
	assert_int_equal(information.vlan_tag, 0x6123);
}

static void case_72_message_and_range(void **state)
{
	struct rndis_packet_message message = packet_of(received);
	struct rndis_packet packet;

	(void)state;
	assert_int_equal(rndis_read_packet(&message, 0xac, &packet), 0);
	/* The range ends before the message does. */
	assert_int_equal(rndis_read_packet(&message, 0xab, &packet),
			 ERROR_PROTOCOL);
	/* The message ends before its frame does, whatever the range has. */
	message.header.length = CPU_TO_LE32(0xab);
	assert_int_equal(rndis_read_packet(&message, 4096, &packet),
			 ERROR_PROTOCOL);
	message.header.length = CPU_TO_LE32(43);
	assert_int_equal(rndis_read_packet(&message, 4096, &packet),
			 ERROR_PROTOCOL);
	message.header.length = CPU_TO_LE32(0);
	assert_int_equal(rndis_read_packet(&message, 4096, &packet),
			 ERROR_PROTOCOL);
	message.header.length = CPU_TO_LE32(0xac);
	message.header.type = CPU_TO_LE32(7);
	assert_int_equal(rndis_read_packet(&message, 4096, &packet),
			 ERROR_PROTOCOL);
}

static void case_71_parts_out_of_bounds(void **state)
{
	/*
	 * Of a message of 172 bytes: where, and how many, and the like of the
	 * information. Offsets count from byte 8.
	 */
	static const uint32_t bad[][4] = {
		{100, 65, 36, 64},	   /* the frame is too long */
		{101, 64, 36, 64},	   /* begins too late */
		{35, 64, 36, 0},	   /* begins in the header */
		{0, 64, 36, 0},		   /* so */
		{165, 0, 36, 64},	   /* behind the end */
		{0xffffffff, 2, 36, 64},   /* sums to 1 */
		{100, 0xffffffff, 36, 64}, /* to 99 */
		{0xfffffff8, 16, 36, 64},  /* to 8, to 0 from the start */
		{100, 64, 35, 64},	   /* the information in the header */
		{100, 64, 165, 1},	   /* behind the end */
		{100, 64, 36, 0xffffffff}, /* too long */
		{100, 64, 0xfffffff0, 64}, /* wraps */
		{100, 64, 36, 65},	   /* in the frame */
		{36, 64, 99, 16},	   /* so */
		{60, 100, 60, 100},	   /* one and the same */
	};
	struct rndis_packet packet;
	uint8_t bytes[44];
	struct rndis_packet_message message;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(bytes, received, 44);
		put32(bytes + 8, bad[i][0]);
		put32(bytes + 12, bad[i][1]);
		put32(bytes + 28, bad[i][2]);
		put32(bytes + 32, bad[i][3]);
		message = packet_of(bytes);
		assert_int_equal(rndis_read_packet(&message, 0xac, &packet),
				 ERROR_PROTOCOL);
	}
}

static void parts_at_the_edges(void **state)
{
	static const uint32_t good[][4] = {
		{36, 128, 0, 0}, /* no information: its place is idle */
		{36, 128, 0xffffffff, 0}, /* whatever it says */
		{36, 64, 100, 64},	  /* the information behind the frame */
		{164, 0, 36, 128},	  /* no frame */
		{36, 0, 36, 0},
	};
	struct rndis_packet packet;
	uint8_t bytes[44];
	struct rndis_packet_message message;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		memcpy(bytes, received, 44);
		put32(bytes + 8, good[i][0]);
		put32(bytes + 12, good[i][1]);
		put32(bytes + 28, good[i][2]);
		put32(bytes + 32, good[i][3]);
		message = packet_of(bytes);
		assert_int_equal(rndis_read_packet(&message, 0xac, &packet), 0);
		assert_int_equal(packet.data_offset, good[i][0] + 8);
		assert_int_equal(packet.data_bytes, good[i][1]);
		assert_in_range(packet.information_offset, 44, 0xac);
		assert_int_equal(packet.information_bytes, good[i][3]);
	}
}

/* ---- Per-packet information ---- */

struct walk {
	const char *what;
	uint32_t words[12];
	uint32_t length;
	int result;
	bool has_checksum, has_vlan;
};

static const struct walk walks[] = {
	{"nothing", {0}, 0, 0, false, false},
	{"a checksum", {16, 0, 12, 0x20}, 16, 0, true, false},
	{"its value further behind", {20, 0, 16, 9, 0x20}, 20, 0, true, false},
	{"size 0", {0, 0, 12, 0x20}, 16, ERROR_PROTOCOL, false, false},
	{"size 0 of a kind not known",
	 {0, 77, 12, 1},
	 16,
	 ERROR_PROTOCOL,
	 false,
	 false},
	{"size 11", {11, 77, 12, 1}, 16, ERROR_PROTOCOL, false, false},
	{"more than there is",
	 {17, 0, 12, 1},
	 16,
	 ERROR_PROTOCOL,
	 false,
	 false},
	{"far more", {0xffffffff, 0, 12, 1}, 16, ERROR_PROTOCOL, false, false},
	{"half a header behind",
	 {16, 0, 12, 1, 16, 6},
	 24,
	 ERROR_PROTOCOL,
	 true,
	 false},
	{"one byte behind",
	 {16, 0, 12, 1, 16},
	 17,
	 ERROR_PROTOCOL,
	 true,
	 false},
	{"a header alone, not known", {12, 77, 12}, 12, 0, false, false},
	{"a header alone, known",
	 {12, 6, 12},
	 12,
	 ERROR_PROTOCOL,
	 false,
	 false},
	{"a value in its header",
	 {16, 6, 8, 1},
	 16,
	 ERROR_PROTOCOL,
	 false,
	 false},
	{"a value beyond its size",
	 {16, 6, 13, 1},
	 16,
	 ERROR_PROTOCOL,
	 false,
	 false},
	{"a value far away",
	 {16, 6, 0xfffffff8, 1},
	 16,
	 ERROR_PROTOCOL,
	 false,
	 false},
	{"not known, then known",
	 {12, 99, 0, 16, 6, 12, 1},
	 28,
	 0,
	 false,
	 true},
	{"of the switch, then known",
	 {16, 0x80000001, 12, 1, 16, 6, 12, 1},
	 32,
	 0,
	 false,
	 true},
	{"the switch's own checksum",
	 {16, 0x80000000, 12, 1},
	 16,
	 0,
	 false,
	 false},
	{"the switch's own tag", {16, 0x80000006, 12, 1}, 16, 0, false, false},
	{"good, then size 0",
	 {16, 6, 12, 1, 0, 0, 0, 0},
	 32,
	 ERROR_PROTOCOL,
	 false,
	 true},
};

static void case_75_information_ends_or_advances(void **state)
{
	struct rndis_information information;
	uint8_t bytes[48];
	unsigned i, word;

	(void)state;
	for (i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
		for (word = 0; word < 12; word++)
			put32(bytes + 4 * word, walks[i].words[word]);
		memset(&information, 0xff, sizeof(information));
		if (rndis_read_information(bytes, walks[i].length,
					   &information) != walks[i].result ||
		    information.has_checksum != walks[i].has_checksum ||
		    information.has_vlan != walks[i].has_vlan)
			fail_msg("%s", walks[i].what);
	}
}

static void case_75_of_two_the_last_counts(void **state)
{
	static const uint32_t words[] = {16, 6, 12, 0x10, 16, 6, 12, 0x20};
	struct rndis_information information;
	uint8_t bytes[32];
	unsigned word;

	(void)state;
	for (word = 0; word < 8; word++)
		put32(bytes + 4 * word, words[word]);
	assert_int_equal(rndis_read_information(bytes, 32, &information), 0);
	assert_int_equal(information.vlan_tag, 2);
}

/* ---- Answers ---- */

static void initialize_complete(void **state)
{
	/* As recorded, with its two last words. */
	static const uint8_t recorded[] = {
		2, 0,	 0, 0x80, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0,
		0, 0,	 0, 0,	  0,	0, 1, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0,
		0, 0x40, 0, 0,	  3,	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	struct rndis_device device;
	uint8_t message[52];

	(void)state;
	memcpy(message, recorded, 52);
	assert_int_equal(rndis_read_initialize_complete(message, 52, &device),
			 0);
	assert_int_equal(device.request_id, 1);
	assert_int_equal(device.status, 0);
	assert_int_equal(device.medium, 0);
	assert_int_equal(device.packets_max, 8);
	assert_int_equal(device.transfer_bytes_max, 0x4000);
	assert_int_equal(device.packet_alignment, 3);
	assert_int_equal(rndis_read_initialize_complete(message, 43, &device),
			 ERROR_PROTOCOL);
	message[4] = 43;
	assert_int_equal(rndis_read_initialize_complete(message, 52, &device),
			 ERROR_PROTOCOL);
	message[4] = 52;
	message[3] = 0;
	assert_int_equal(rndis_read_initialize_complete(message, 52, &device),
			 ERROR_PROTOCOL);
}

static void query_complete(void **state)
{
	static const uint8_t recorded[] = {
		4, 0, 0, 0x80, 0x1e, 0,	   0, 0, 3, 0,	  0,	0,    0, 0, 0,
		0, 6, 0, 0,    0,    0x10, 0, 0, 0, 0x02, 0x15, 0x5d, 0, 0, 1};
	static const uint32_t bad[][2] = {
		{7, 16}, {6, 17},	   {6, 15},	    {1, 0},
		{1, 22}, {0xffffffff, 16}, {2, 0xffffffff}, {16, 0xfffffff8},
	};
	struct rndis_answer answer;
	uint8_t message[32];
	unsigned i;

	(void)state;
	memcpy(message, recorded, 30);
	assert_int_equal(rndis_read_query_complete(message, 30, &answer), 0);
	assert_int_equal(answer.request_id, 3);
	assert_int_equal(answer.status, 0);
	assert_int_equal(answer.buffer_bytes, 6);
	assert_ptr_equal(answer.buffer, message + 24);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put32(message + 16, bad[i][0]);
		put32(message + 20, bad[i][1]);
		assert_int_equal(rndis_read_query_complete(message, 30,
							   &answer),
				 ERROR_PROTOCOL);
	}
	/* Bounded by the message's length as by the bytes there are. */
	memcpy(message, recorded, 30);
	message[4] = 29;
	assert_int_equal(rndis_read_query_complete(message, 32, &answer),
			 ERROR_PROTOCOL);
	message[4] = 0xff;
	assert_int_equal(rndis_read_query_complete(message, 29, &answer),
			 ERROR_PROTOCOL);
}

static void case_74_refusals(void **state)
{
	uint8_t message[24] = {4, 0,	0,    0x80, 24,	  0,	0,
			       0, 7,	0,    0,    0,	  0xbb, 0,
			       0, 0xc0, 0xff, 0xff, 0xff, 0xff};
	struct rndis_answer answer;

	(void)state;
	/* What a refusal says of its buffer does not matter. */
	assert_int_equal(rndis_read_query_complete(message, 24, &answer), 0);
	assert_int_equal(answer.request_id, 7);
	assert_int_equal(answer.status, RNDIS_STATUS_NOT_SUPPORTED);
	assert_int_equal(answer.buffer_bytes, 0);
	/* An empty buffer may be anywhere. */
	memset(message + 12, 0, 12);
	assert_int_equal(rndis_read_query_complete(message, 24, &answer), 0);
	assert_int_equal(answer.buffer_bytes, 0);
	assert_null(answer.buffer);
	assert_int_equal(rndis_read_query_complete(message, 23, &answer),
			 ERROR_PROTOCOL);
}

static void case_72_set_complete(void **state)
{
	/* In a range of 52 bytes, of which the message says it has 16. */
	uint8_t message[52] = {5, 0, 0, 0x80, 16, 0, 0, 0,
			       2, 0, 0, 0,    1,  0, 0, 0xc0};
	struct rndis_answer answer;

	(void)state;
	memset(message + 16, 0xee, 36);
	assert_int_equal(rndis_read_set_complete(message, 52, &answer), 0);
	assert_int_equal(answer.request_id, 2);
	assert_int_equal(answer.status, 0xc0000001);
	assert_int_equal(rndis_read_set_complete(message, 15, &answer),
			 ERROR_PROTOCOL);
	message[4] = 15;
	assert_int_equal(rndis_read_set_complete(message, 52, &answer),
			 ERROR_PROTOCOL);
}

static void case_73_reset_complete_has_no_id(void **state)
{
	uint8_t message[16] = {6, 0, 0, 0x80, 16, 0, 0, 0, 0, 0, 0, 0, 1};
	struct rndis_answer answer;
	bool addressing = false;

	(void)state;
	assert_int_equal(rndis_read_reset_complete(message, 16, &answer,
						   &addressing),
			 0);
	assert_int_equal(answer.status, 0);
	assert_true(addressing);
	message[12] = 0;
	message[8] = 1;
	assert_int_equal(rndis_read_reset_complete(message, 16, &answer,
						   &addressing),
			 0);
	assert_int_equal(answer.status, 1);
	assert_false(addressing);
	assert_int_equal(rndis_read_reset_complete(message, 15, &answer,
						   &addressing),
			 ERROR_PROTOCOL);
}

static void case_72_indications(void **state)
{
	uint8_t message[20] = {7, 0, 0, 0, 20, 0, 0, 0, 0x0c, 0, 1, 0x40};
	uint32_t status = 0;

	(void)state;
	assert_int_equal(rndis_read_indication(message, 20, &status), 0);
	assert_int_equal(status, RNDIS_STATUS_MEDIA_DISCONNECT);
	/* Windows Server 2012 R2: the message claims less than it is. */
	message[4] = 12;
	assert_int_equal(rndis_read_indication(message, 20, &status), 0);
	/* Too short to hold the status, by either length. */
	message[4] = 8;
	assert_int_equal(rndis_read_indication(message, 20, &status),
			 ERROR_PROTOCOL);
	message[4] = 20;
	assert_int_equal(rndis_read_indication(message, 11, &status),
			 ERROR_PROTOCOL);
	assert_int_equal(rndis_read_indication(message, 0, &status),
			 ERROR_PROTOCOL);
}

static void case_87_keepalive(void **state)
{
	uint8_t message[12] = {8, 0, 0, 0, 12, 0, 0, 0, 4, 3, 2, 1};
	uint32_t id = 0;

	(void)state;
	assert_int_equal(rndis_read_keepalive(message, 12, &id), 0);
	assert_int_equal(id, 0x01020304);
	assert_int_equal(rndis_read_keepalive(message, 11, &id),
			 ERROR_PROTOCOL);
}

static void headers(void **state)
{
	uint8_t message[8] = {8, 0, 0, 0x80, 1, 2, 3, 4};
	uint32_t type = 0, length = 0;

	(void)state;
	assert_int_equal(rndis_read_header(message, 8, &type, &length), 0);
	assert_int_equal(type, 0x80000008);
	assert_int_equal(length, 0x04030201);
	assert_int_equal(rndis_read_header(message, 7, &type, &length),
			 ERROR_PROTOCOL);
}

/* ---- Objects ---- */

static void offload_query(void **state)
{
	uint8_t buffer[RNDIS_OFFLOAD_QUERY_BYTES_MAX], zeroes[156] = {0};
	static const uint8_t newer[] = {0xa7, 3, 0x9c, 0};
	static const uint8_t older[] = {0xa7, 2, 0x90, 0};

	(void)state;
	memset(buffer, 0x5a, sizeof(buffer));
	assert_int_equal(rndis_write_offload_query(buffer, NDIS_6_30), 156);
	assert_memory_equal(buffer, newer, 4);
	assert_memory_equal(buffer + 4, zeroes, 152);
	assert_int_equal(rndis_write_offload_query(buffer, NDIS_6_1), 144);
	assert_memory_equal(buffer, older, 4);
}

static void offload_capabilities(void **state)
{
	/* As recorded: all of IPv4 and IPv6, both ways. */
	uint8_t buffer[36] = {0xa7, 3, 0x9c, 0, 0x0f, 0, 0, 0, 0x55, 1, 0, 0,
			      0x0f, 0, 0,    0, 0x55, 1, 0, 0, 0x0f, 0, 0, 0,
			      0x55, 0, 0,    0, 0x0f, 0, 0, 0, 0x55, 0, 0, 0};
	struct rndis_offload offload;

	(void)state;
	assert_int_equal(rndis_read_offload(buffer, 36, &offload), 0);
	assert_true(offload.ipv4_transmit && offload.ipv4_receive);
	assert_true(offload.tcp_transmit && offload.tcp_receive);
	assert_true(offload.udp_transmit && offload.udp_receive);
	/* IPv6 cannot do UDP on transmit: then UDP is not done at all. */
	buffer[24] = 0x15;
	/* IPv4 has no receive offload for Ethernet. */
	buffer[12] = 1;
	assert_int_equal(rndis_read_offload(buffer, 36, &offload), 0);
	assert_true(offload.tcp_transmit && offload.ipv4_transmit);
	assert_false(offload.udp_transmit);
	assert_false(offload.ipv4_receive || offload.tcp_receive ||
		     offload.udp_receive);
	assert_int_equal(rndis_read_offload(buffer, 35, &offload),
			 ERROR_PROTOCOL);
	buffer[2] = 35;
	assert_int_equal(rndis_read_offload(buffer, 36, &offload),
			 ERROR_PROTOCOL);
	buffer[2] = 36;
	buffer[0] = 0x80;
	assert_int_equal(rndis_read_offload(buffer, 36, &offload),
			 ERROR_PROTOCOL);
}

static void case_84_offload_parameters(void **state)
{
	/* IPv4 both ways, TCP transmit, UDP receive; LSO off, not untouched. */
	static const uint8_t some[28] = {0x80, 3, 28, 0, 4, 2, 3,
					 2,    3, 0,  0, 1, 1};
	static const uint8_t none[22] = {0x80, 2, 22, 0, 1, 1, 1,
					 1,    1, 0,  0, 1, 1};
	const struct rndis_offload offload = {
		.ipv4_transmit = true,
		.ipv4_receive = true,
		.tcp_transmit = true,
		.udp_receive = true,
	};
	const struct rndis_offload nothing = {0};
	uint8_t buffer[RNDIS_OFFLOAD_PARAMETER_BYTES_MAX];

	(void)state;
	memset(buffer, 0x5a, sizeof(buffer));
	assert_int_equal(rndis_write_offload_parameters(buffer, NDIS_6_30,
							&offload),
			 28);
	assert_memory_equal(buffer, some, 28);
	assert_int_equal(
		rndis_write_offload_parameters(buffer, NDIS_6_1, &nothing), 22);
	assert_memory_equal(buffer, none, 22);
}

static void case_85_the_network_address(void **state)
{
	static const uint8_t mac[6] = {0x02, 0xab, 0xcd, 0xef, 0x90, 0x1f};
	static const char text[] = "NetworkAddress02abcdef901f";
	static const uint8_t golden[20] = {20, 0, 0,  0, 28, 0, 0,  0, 2, 0,
					   0,  0, 48, 0, 0,  0, 24, 0, 0, 0};
	uint8_t buffer[RNDIS_MAC_PARAMETER_BYTES];
	unsigned i;

	(void)state;
	memset(buffer, 0x5a, sizeof(buffer));
	rndis_write_mac_parameter(buffer, mac);
	assert_memory_equal(buffer, golden, 20);
	for (i = 0; i < 26; i++) {
		assert_int_equal(buffer[20 + 2 * i], text[i]);
		assert_int_equal(buffer[21 + 2 * i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(initialize),
		cmocka_unit_test(halt_reset_keepalive),
		cmocka_unit_test(case_71_query_and_set),
		cmocka_unit_test(packet_without_information),
		cmocka_unit_test(case_76_padding_belongs_to_the_message),
		cmocka_unit_test(case_78_vlan_bits),
		cmocka_unit_test(case_77_checksum_bits),
		cmocka_unit_test(case_71_a_packet_as_recorded),
		cmocka_unit_test(case_72_message_and_range),
		cmocka_unit_test(case_71_parts_out_of_bounds),
		cmocka_unit_test(parts_at_the_edges),
		cmocka_unit_test(case_75_information_ends_or_advances),
		cmocka_unit_test(case_75_of_two_the_last_counts),
		cmocka_unit_test(initialize_complete),
		cmocka_unit_test(query_complete),
		cmocka_unit_test(case_74_refusals),
		cmocka_unit_test(case_72_set_complete),
		cmocka_unit_test(case_73_reset_complete_has_no_id),
		cmocka_unit_test(case_72_indications),
		cmocka_unit_test(case_87_keepalive),
		cmocka_unit_test(headers),
		cmocka_unit_test(offload_query),
		cmocka_unit_test(offload_capabilities),
		cmocka_unit_test(case_84_offload_parameters),
		cmocka_unit_test(case_85_the_network_address),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
