/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the offload engines of all cards do to frames: parts, tags, segments,
 * and checksums that the driver began. Those in a card's own words are tested
 * with the card, see test_host_rndis_checksum.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/wire/frame.h"
#include "tests/support/hex.h"

#define ETHERNET "0202030405060a0b0c0d0e0f "
#define IPV4                                                                   \
	"4500 002b 1c46 4000 4006 b1f7 ac100a63 ac100a0c "                     \
	"c0de0050000000010000000250180200 bba5 0000 616263 "
#define ADDRESSES6                                                             \
	"20010db8000000000000000000000001 20010db8000000000000000000000002 "

static void parts(void **state)
{
	static const struct {
		const char *frame;
		struct frame_layout layout;
	} cases[] = {
		{ETHERNET "0800" IPV4, {4, 14, 34, 23, 6, false}},
		/* Padding is not of the transport. */
		{ETHERNET "0800" IPV4 "5555", {4, 14, 34, 23, 6, false}},
		{ETHERNET "8100 e123 0800" IPV4, {4, 18, 38, 23, 6, false}},
		/* One word of options; a fragment. */
		{ETHERNET "0800 4600 001c 0000 2000 4011 0000 0a000001 "
			  "0a000002 01010101 00000000",
		 {4, 14, 38, 4, 17, true}},
		{ETHERNET "86dd 60000000 0004 11 40" ADDRESSES6 "00000000",
		 {6, 14, 54, 4, 17, false}},
		/* Another version, a length beyond, none, and what is no IP. */
		{ETHERNET "0800 6500", {0, 14, 0, 0, 0, false}},
		{ETHERNET "86dd 60000000 0005 11 40" ADDRESSES6 "00000000",
		 {0, 14, 0, 0, 0, false}},
		{ETHERNET "0800 4500 0013 0000 0000 4011 0000 0a000001 "
			  "0a000002",
		 {0, 14, 0, 0, 0, false}},
		{ETHERNET "0806 0001 0800 0604 0001", {0, 14, 0, 0, 0, false}},
		{ETHERNET "08", {0}},
	};
	struct frame_layout layout;
	uint8_t frame[128];
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		const struct frame_layout *expected = &cases[n].layout;

		frame_layout_find(frame, hex_bytes(frame, cases[n].frame),
				  &layout);
		if (layout.version != expected->version ||
		    layout.network != expected->network ||
		    layout.transport != expected->transport ||
		    layout.transport_bytes != expected->transport_bytes ||
		    layout.protocol != expected->protocol ||
		    layout.fragment != expected->fragment)
			fail_msg("case %zu: version %u, %u, %u + %u", n,
				 layout.version, layout.network,
				 layout.transport, layout.transport_bytes);
	}
}

static void tags(void **state)
{
	uint8_t memory[4 + 128], plain[128], again[128];
	uint32_t bytes = hex_bytes(plain, ETHERNET "0800" IPV4);
	uint8_t *tagged;

	(void)state;
	assert_false(frame_is_tagged(plain, bytes));
	memcpy(memory + VLAN_TAG, plain, bytes);
	tagged = frame_tag_insert(memory + VLAN_TAG, 0xe123);
	assert_ptr_equal(tagged, memory);
	assert_true(frame_is_tagged(tagged, bytes + VLAN_TAG));
	assert_false(frame_is_tagged(tagged, ETHERNET_HEADER + VLAN_TAG - 1));
	assert_int_equal(frame_tag(tagged), 0xe123);
	hex_bytes(again, ETHERNET "8100 e123 0800");
	assert_memory_equal(tagged, again, 18);
	frame_tag_strip(again, tagged, bytes + VLAN_TAG);
	assert_memory_equal(again, plain, bytes);
	frame_tag_strip(tagged, tagged, bytes + VLAN_TAG);
	assert_memory_equal(tagged, plain, bytes);
}

/** What a driver began, with the pseudo header's sum, the card completes. */
static void checksum_completed(void **state)
{
	uint8_t frame[128];
	uint32_t bytes = hex_bytes(frame, ETHERNET "0800" IPV4);
	unsigned wrong;

	(void)state;
	frame_put16(frame + 50, frame_pseudo_sum(frame + 14, 4, 6, 23));
	frame_complete_transport(frame + 34, 23, TCP_CHECKSUM, false);
	assert_int_equal(frame_get16(frame + 50), 0xbba5);
	assert_int_equal(frame_checksum_verify(frame, bytes, FRAME_CHECKSUM_ALL,
					       &wrong),
			 FRAME_CHECKSUM_IP4 | FRAME_CHECKSUM_TCP4);
	assert_int_equal(wrong, 0);
	/* A field with something else makes a wrong one. */
	frame_put16(frame + 50, 0x1234);
	frame_complete_transport(frame + 34, 23, TCP_CHECKSUM, false);
	frame_checksum_verify(frame, bytes, FRAME_CHECKSUM_ALL, &wrong);
	assert_int_equal(wrong, FRAME_CHECKSUM_TCP4);
	/* A sum of all ones is 0 for TCP, and all ones for UDP. */
	memset(frame, 0xff, 20);
	frame_complete_transport(frame, 20, TCP_CHECKSUM, false);
	assert_int_equal(frame_get16(frame + TCP_CHECKSUM), 0);
	memset(frame, 0xff, 20);
	frame_complete_transport(frame, 20, UDP_CHECKSUM, true);
	assert_int_equal(frame_get16(frame + UDP_CHECKSUM), 0xffff);
}

/** The half that a driver leaves, completed, is the checksum again. */
static void checksum_halved(void **state)
{
	uint8_t frame[128], halved[128];
	uint32_t bytes = hex_bytes(frame, ETHERNET "0800" IPV4 "5555");

	(void)state;
	memcpy(halved, frame, bytes);
	frame_halve_transport(halved, bytes, 34 + TCP_CHECKSUM);
	assert_int_equal(frame_get16(halved + 34 + TCP_CHECKSUM),
			 frame_pseudo_sum(frame + 14, 4, PROTOCOL_TCP, 23));
	frame_complete_transport(halved + 34, 23, TCP_CHECKSUM, false);
	assert_memory_equal(halved, frame, bytes);
	/* Its field lies outside: nothing is done. */
	frame_halve_transport(halved, bytes, bytes - 1);
	frame_halve_transport(halved, 1, 0);
	assert_memory_equal(halved, frame, bytes);
}

/** A frame whose length in the IP header is nonsense is covered to its end. */
static void transport_length(void **state)
{
	uint8_t frame[128];
	uint32_t bytes = hex_bytes(frame, ETHERNET "0800" IPV4 "5555");

	(void)state;
	assert_int_equal(frame_transport_bytes(frame, bytes, 14, 34, 4, 8), 23);
	frame_put16(frame + 16, 20 + 7);
	assert_int_equal(frame_transport_bytes(frame, bytes, 14, 34, 4, 8), 25);
	frame_put16(frame + 16, 20 + 8);
	assert_int_equal(frame_transport_bytes(frame, bytes, 14, 34, 4, 8), 8);
	frame_put16(frame + 16, 46);
	assert_int_equal(frame_transport_bytes(frame, bytes, 14, 34, 4, 8), 25);
	hex_bytes(frame, ETHERNET "86dd 60000000 0009 11 40" ADDRESSES6);
	assert_int_equal(frame_transport_bytes(frame, 70, 14, 54, 6, 8), 9);
}

/* ---- Segments ---- */

/** Flags in the first, in those between, and in the last of the segments. */
static void segments_of(unsigned version, const char *start, uint32_t network)
{
	static const uint8_t flags[] = {0x90, 0x10, 0x19};
	uint8_t frame[256], segment[256], joined[256];
	uint32_t header = hex_bytes(frame, start), joined_bytes = 0;
	const struct frame_cut cut = {
		.version = version,
		.network = network,
		.transport = header - TCP_HEADER,
		.header = header,
		.mss = 10,
	};
	uint32_t n, bytes;
	unsigned wrong;

	for (n = 0; n < 25; n++)
		frame[header + n] = (uint8_t)(0xa0 + n);
	for (n = 0; n < 3; n++) {
		bytes = frame_segment(&cut, frame, header + 25, n * 10,
				      segment);
		assert_int_equal(bytes, header + (n < 2 ? 10 : 5));
		assert_memory_equal(segment + header, frame + header + n * 10,
				    bytes - header);
		assert_memory_equal(segment, frame, network + 2);
		assert_int_equal(frame_get32(segment + cut.transport + 4),
				 0xfffffff8u + n * 10);
		assert_int_equal(segment[cut.transport + 13], flags[n]);
		if (version == 4)
			assert_int_equal(frame_get16(segment + network + 4),
					 (0xffffu + n) & 0xffff);
		assert_int_equal(
			frame_checksum_verify(segment, bytes,
					      FRAME_CHECKSUM_ALL, &wrong),
			version == 4 ? FRAME_CHECKSUM_IP4 | FRAME_CHECKSUM_TCP4
				     : FRAME_CHECKSUM_TCP6);
		assert_int_equal(wrong, 0);
		if (!n)
			memcpy(joined, segment, joined_bytes = bytes);
		else
			joined_bytes =
				frame_segment_append(joined, joined_bytes,
						     header + 25, segment,
						     bytes);
	}
	/* What was cut is one again; there is no room for another segment. */
	assert_int_equal(joined_bytes, header + 25);
	assert_int_equal(frame_segment_append(joined, joined_bytes, header + 29,
					      segment, bytes),
			 header + 25);
	frame_segment_finish(joined, joined_bytes, network, cut.transport,
			     version);
	frame_segment_finish(frame, header + 25, network, cut.transport,
			     version);
	assert_memory_equal(joined, frame, joined_bytes);
}

/** What is no segment of TCP is not put behind one. */
static void not_segments(void **state)
{
	static const char *const others[] = {
		ETHERNET "0806 0001 0800 0604 0001",
		ETHERNET "86dd 60000000 0004 11 40" ADDRESSES6 "00000000",
		/* A header of TCP that is longer than all there is. */
		ETHERNET "0800 4500 0028 1c46 4000 4006 0000 ac100a63 ac100a0c "
			 "c0de0050 00000001 00000002 f018 0200 0000 0000",
	};
	uint8_t frame[256], other[128];
	uint32_t bytes = hex_bytes(frame, ETHERNET "0800" IPV4);
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(others) / sizeof(*others); n++)
		assert_int_equal(
			frame_segment_append(frame, bytes, sizeof(frame), other,
					     hex_bytes(other, others[n])),
			bytes);
}

static void segments(void **state)
{
	(void)state;
	segments_of(4,
		    ETHERNET "0800 4500 0000 ffff 4000 4006 0000 ac100a63 "
			     "ac100a0c c0de0050 fffffff8 00000002 5099 0200 "
			     "0000 0000",
		    14);
	segments_of(6,
		    ETHERNET "8100 0123 86dd 60000000 0000 06 40" ADDRESSES6
			     "c0de0050 fffffff8 00000002 5099 0200 0000 0000",
		    18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
		cmocka_unit_test(tags),
		cmocka_unit_test(checksum_completed),
		cmocka_unit_test(checksum_halved),
		cmocka_unit_test(transport_length),
		cmocka_unit_test(segments),
		cmocka_unit_test(not_segments),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
