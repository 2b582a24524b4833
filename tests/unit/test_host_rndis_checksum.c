/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's offload engine: checksums and the hash that spreads frames,
 * against published vectors and sums computed elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/hyperv/host_rndis_checksum.h"
#include "mocks/hyperv/host_rndis_oid.h"
#include "tests/support/hex.h"

/* ---- Checksums ---- */

/** A frame, what a driver asks for, and where which sum belongs. */
struct sum_case {
	const char *frame;
	uint32_t request;
	uint32_t field, sum;
	/** What a card says about the finished frame. */
	uint32_t verdict;
};

#define ETHERNET4 "0202030405060a0b0c0d0e0f0800 "
#define ETHERNET6 "0202030405060a0b0c0d0e0f86dd "
#define TCP_PART  "c0de0050000000010000000250180200 dead 0000 616263 "
#define ADDRESSES6                                                             \
	"20010db8000000000000000000000001 20010db8000000000000000000000002 "

static const struct sum_case sums[] = {
	/*
	 * A header that many books print, whose sum they give as 0xb861; the
	 * datagram itself is not there, so nothing is said about it.
	 */
	{ETHERNET4 "4500 0073 0000 4000 4011 ffff c0a80001 c0a800c7", 0x11, 24,
	 0xb861, 0},
	{ETHERNET4 "4500 002b 1c46 4000 4006 ffff ac100a63 ac100a0c " TCP_PART,
	 0x00220015, 50, 0xbba5, 0x28},
	{ETHERNET4 "4500 002b 1c46 4000 4006 b1f7 ac100a63 ac100a0c " TCP_PART,
	 0x00220005, 50, 0xbba5, 0x28},
	/* Offset 0 is the end of the shortest header. */
	{ETHERNET4 "4500 002b 1c46 4000 4006 b1f7 ac100a63 ac100a0c " TCP_PART,
	 0x00000005, 50, 0xbba5, 0x28},
	/* A short frame's padding does not count. */
	{ETHERNET4 "4500 002b 1c46 4000 4006 b1f7 ac100a63 ac100a0c " TCP_PART
		   "55aa55aa55aa55",
	 0x00220005, 50, 0xbba5, 0x28},
	{ETHERNET6 "60000000 0017 06 40" ADDRESSES6 TCP_PART, 0x00360006, 70,
	 0xccc0, 0x08},
	{ETHERNET6 "60000000 0017 06 40" ADDRESSES6 TCP_PART, 0x00000006, 70,
	 0xccc0, 0x08},
	{ETHERNET6 "60000000 000d 11 40" ADDRESSES6
		   "1234 0035 000d 5555 68656c6c6f",
	 0x0036000a, 60, 0x4e24, 0x10},
	/* A sum of 0 is sent as all ones, which is the same. */
	{ETHERNET4 "4500 001e 0000 4000 4011 b8b6 c0a80001 c0a800c7 "
		   "7d8c 0035 000a 0000 0000",
	 0x00220009, 40, 0xffff, 0x30},
	/* Behind a VLAN tag everything is four bytes further on. */
	{"0202030405060a0b0c0d0e0f8100e123 0800 "
	 "4500 002b 1c46 4000 4006 ffff ac100a63 ac100a0c " TCP_PART,
	 0x00260015, 54, 0xbba5, 0x28},
};

static void sums_are_filled_in(void **state)
{
	const struct sum_case *one;
	uint8_t frame[128];
	uint32_t bytes;
	uint32_t sum;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sums) / sizeof(*sums); i++) {
		one = &sums[i];
		bytes = hex_bytes(frame, one->frame);
		assert_null(host_checksum_fill(frame, bytes, one->request));
		sum = (uint32_t)frame[one->field] << 8 | frame[one->field + 1];
		if (sum != one->sum)
			fail_msg("case %zu: %#x", i, sum);
		if (host_checksum_verify(frame, bytes, FRAME_CHECKSUM_ALL) !=
		    one->verdict)
			fail_msg("case %zu: verdict %#x", i,
				 host_checksum_verify(frame, bytes,
						      FRAME_CHECKSUM_ALL));
	}
}

static void printed_header_checks(void **state)
{
	uint8_t frame[160] = {0};

	(void)state;
	/* 0xb861 is in every book; the datagram is 0x73 bytes long. */
	hex_bytes(frame,
		  ETHERNET4 "4500 0073 0000 4000 4011 b861 c0a80001 c0a800c7");
	assert_int_equal(host_checksum_verify(frame, 14 + 0x73,
					      FRAME_CHECKSUM_IP4),
			 0x20);
	frame[24] ^= 1;
	assert_int_equal(host_checksum_verify(frame, 14 + 0x73,
					      FRAME_CHECKSUM_IP4),
			 0x04);
	assert_int_equal(
		host_checksum_verify(frame, 14 + 0x72, FRAME_CHECKSUM_IP4), 0);
	assert_int_equal(
		host_checksum_verify(frame, 14 + 0x73, FRAME_CHECKSUM_TCP4), 0);
}

static void impossible_requests_are_refused(void **state)
{
	static const struct {
		uint32_t request;
		uint32_t bytes;
	} cases[] = {
		/* No IP version, both, the wrong one. */
		{0x00220014, 57},
		{0x00220017, 57},
		{0x00360006, 57},
		{0x00220011 | 0x0c, 57},
		/* The transport header in the IP header, and beyond. */
		{0x00210005, 57},
		{0x00010005, 57},
		{0x00260005, 57},
		{0x03ff0005, 57},
		{0x00320009, 57},
		/* No IP header at all. */
		{0x11, 33},
		{0x11, 14},
	};
	uint8_t frame[128];
	uint32_t bytes;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bytes = hex_bytes(frame, sums[2].frame);
		assert_int_equal(bytes, 57);
		if (!host_checksum_fill(frame, cases[i].bytes,
					cases[i].request))
			fail_msg("request %#x is accepted", cases[i].request);
	}
	/* Nothing asked is nothing to refuse. */
	hex_bytes(frame, sums[2].frame);
	assert_null(host_checksum_fill(frame, 57, 0));
	/* IPv6 has no header checksum; a header of 16 bytes is none. */
	bytes = hex_bytes(frame, sums[5].frame);
	assert_non_null(host_checksum_fill(frame, bytes, 0x12));
	hex_bytes(frame, sums[2].frame);
	frame[14] = 0x44;
	assert_non_null(host_checksum_fill(frame, 57, 0x11));
	frame[14] = 0x4f;
	assert_non_null(host_checksum_fill(frame, 57, 0x11));
}

static void wrong_sums_are_found(void **state)
{
	uint8_t frame[128];
	uint32_t bytes;
	uint32_t at;

	(void)state;
	bytes = hex_bytes(frame, sums[2].frame);
	assert_null(host_checksum_fill(frame, bytes, 0x00220015));
	for (at = 26; at < bytes; at++) {
		frame[at] ^= 0x10;
		/* In addresses both are wrong, further on only TCP's. */
		assert_int_equal(host_checksum_verify(frame, bytes,
						      FRAME_CHECKSUM_ALL),
				 at < 34 ? 0x05 : 0x21);
		frame[at] ^= 0x10;
	}
	assert_int_equal(host_checksum_verify(frame, bytes, FRAME_CHECKSUM_IP4),
			 0x20);
	assert_int_equal(
		host_checksum_verify(frame, bytes, FRAME_CHECKSUM_TCP4), 0x08);
	assert_int_equal(host_checksum_verify(frame, bytes,
					      FRAME_CHECKSUM_TCP6 |
						      FRAME_CHECKSUM_UDP4),
			 0);
	/* A fragment's transport is not there to be checked. */
	frame[20] = 0x20;
	assert_int_equal(
		host_checksum_verify(frame, bytes, FRAME_CHECKSUM_TCP4), 0);
	/* UDP without a checksum. */
	bytes = hex_bytes(frame, sums[8].frame);
	assert_int_equal(
		host_checksum_verify(frame, bytes, FRAME_CHECKSUM_UDP4), 0);
	assert_int_equal(host_checksum_verify(frame, 13, FRAME_CHECKSUM_ALL),
			 0);
}

/* ---- Receive-side scaling ---- */

#define KEY                                                                    \
	"6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c"     \
	"6a42b73bbeac01fa"

/** RSS parameters with a table of four entries and a key. */
static uint32_t rss_parameters(uint8_t *to)
{
	uint32_t bytes =
		hex_bytes(to, "89022800 0000 0000 01070000 1000 0000 28000000 "
			      "2800 0000 38000000 00000000 00000000 00000000 "
			      "00000000 01000000 01000000 00000000 " KEY);

	assert_int_equal(bytes, 96);
	return bytes;
}

static void edge_83_rss_is_set(void **state)
{
	uint8_t frame[64];
	uint8_t input[96];
	struct host_rss rss = {0};
	uint32_t bytes = rss_parameters(input);

	(void)state;
	hex_bytes(frame,
		  ETHERNET4 "4500 0028 0000 4000 4006 0000 420995bb a18e6450 "
			    "0aea 06e6");
	assert_int_equal(host_rss_queue(&rss, frame, 54), 0);
	assert_int_equal(host_rss_set(&rss, 2, input, bytes), 0);
	assert_true(rss.enabled);
	assert_int_equal(rss.entries, 4);
	/* 0x51ccc178 is entry 0, 0x323e8fc2 (without TCP) is entry 2. */
	assert_int_equal(host_rss_queue(&rss, frame, 54), 0);
	hex_put32(input, 8, 0x0101);
	assert_int_equal(host_rss_set(&rss, 2, input, bytes), 0);
	assert_int_equal(host_rss_queue(&rss, frame, 54), 1);
	/* A frame that is no IP, and one whose kind is not hashed. */
	frame[12] = 0;
	assert_int_equal(host_rss_queue(&rss, frame, 54), 0);
	frame[12] = 8;
	hex_put32(input, 8, 0x0401);
	assert_int_equal(host_rss_set(&rss, 2, input, bytes), 0);
	assert_int_equal(host_rss_queue(&rss, frame, 54), 0);
	/* Off, by the flag and without a function. */
	hex_put32(input, 4, 0x10);
	assert_int_equal(host_rss_set(&rss, 2, input, bytes), 0);
	assert_false(rss.enabled);
}

static void edge_83_bad_rss_is_refused(void **state)
{
	static const struct {
		uint32_t offset, value;
	} cases[] = {
		{0, 0x00280288},	   /* another structure */
		{8, 0x0702},		   /* not Toeplitz */
		{12, 0},		   /* no table */
		{12, 14},		   /* not whole entries */
		{12, 516},		   /* more than 128 entries */
		{16, 81},		   /* table beyond */
		{16, 0xfffffff0},	   /* wraps */
		{20, 39},		   /* key too short */
		{24, 57},		   /* key beyond */
		{24, 0xffffffff}, {44, 2}, /* a queue that does not exist */
		{44, 0xffffffff},
	};
	struct host_rss rss = {0};
	struct host_rss before;
	uint8_t input[96];
	uint32_t bytes;
	size_t i;

	(void)state;
	bytes = rss_parameters(input);
	assert_int_equal(host_rss_set(&rss, 2, input, bytes), 0);
	before = rss;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		rss_parameters(input);
		hex_put32(input, cases[i].offset, cases[i].value);
		if (host_rss_set(&rss, 2, input, bytes) != 0xc0010015)
			fail_msg("case %zu is accepted", i);
		assert_memory_equal(&rss, &before, sizeof(rss));
	}
	rss_parameters(input);
	assert_int_equal(host_rss_set(&rss, 2, input, 39), 0xc0010015);
	assert_int_equal(host_rss_set(&rss, 2, input, 95), 0xc0010015);
	assert_int_equal(host_rss_set(&rss, 2, NULL, 0), 0xc0010015);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_filled_in),
		cmocka_unit_test(printed_header_checks),
		cmocka_unit_test(impossible_requests_are_refused),
		cmocka_unit_test(wrong_sums_are_found),
		cmocka_unit_test(edge_83_rss_is_set),
		cmocka_unit_test(edge_83_bad_rss_is_refused),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
