/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the host's card answers to QUERY and does on SET.
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

static const struct host_netvsp_counters counted = {.tx_frames = 11,
						    .tx_refused = 12,
						    .rx_frames = 13,
						    .rx_drop_queue = 14};

static struct host_rndis_card card_make(void)
{
	struct host_rndis_card card = {
		.mac = {2, 0x15, 0x5d, 1, 2, 3},
		.mac_permanent = {2, 0x15, 0x5d, 1, 2, 3},
		.mtu = 1514,
		.speed_mbps = 10000,
		.link_up = true,
		.ndis_major = 6,
		.ndis_minor = 30,
		.queues_max = 4,
		.queues = 2,
		.counters = &counted,
	};

	host_rndis_card_reset(&card);
	return card;
}

static void oids_are_answered(void **state)
{
	static const struct {
		uint32_t oid;
		const char *answer;
	} cases[] = {
		{0x00010106, "dc050000"},
		{0x00010111, "ea050000"},
		{0x00010107, "00e1f505"},
		{0x00010114, "00000000"},
		{0x0001010e, "00000000"},
		{0x0001010c, "5d150000"},
		{0x00010110, "0001"},
		{0x00010113, "5b020000"},
		{0x00010115, "08000000"},
		{0x01010101, "02155d010203"},
		{0x01010102, "02155d010203"},
		{0x00010203, "88021200 01070000 04000000 04000000 8000"},
		{0x00010206, "00e40b5402000000 00e40b5402000000"},
		{0x00010207,
		 "80012800 01000000 02000000 00000000 00e40b5402000000 "
		 "00e40b5402000000 00000000 00000000"},
		{0x00020101, "0b000000"},
		{0x00020102, "0d000000"},
		{0x00020103, "0c000000"},
		{0x00020105, "0e000000"},
	};
	struct host_rndis_card card = card_make();
	uint8_t answer[HOST_RNDIS_INFORMATION_MAX];
	uint8_t expected[64];
	uint32_t bytes;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(host_rndis_oid_query(&card, cases[i].oid, NULL,
						      0, answer, &bytes),
				 0);
		if (bytes != hex_bytes(expected, cases[i].answer) ||
		    memcmp(answer, expected, bytes))
			fail_msg("OID %#x", cases[i].oid);
	}
	card.link_up = false;
	host_rndis_oid_query(&card, 0x00010114, NULL, 0, answer, &bytes);
	assert_int_equal(answer[0], 1);
	host_rndis_oid_query(&card, 0x00010207, NULL, 0, answer, &bytes);
	assert_int_equal(answer[4], 2);
	assert_int_equal(host_rndis_oid_query(&card, 0x00020216, NULL, 0,
					      answer, &bytes),
			 0);
	assert_int_equal(bytes, 512);
	assert_memory_equal(answer, "N\0e\0t\0", 6);
	/* Listed, and yet refused; and one that nobody heard of. */
	assert_int_equal(host_rndis_oid_query(&card, 0x01010103, NULL, 0,
					      answer, &bytes),
			 0xc00000bb);
	assert_int_equal(host_rndis_oid_query(&card, 0x00020219, NULL, 0,
					      answer, &bytes),
			 0xc00000bb);
	assert_int_equal(host_rndis_oid_query(&card, 0x12345678, NULL, 0,
					      answer, &bytes),
			 0xc00000bb);
	assert_int_equal(bytes, 0);
}

static bool listed(const struct host_rndis_card *card, uint32_t oid)
{
	uint8_t answer[HOST_RNDIS_INFORMATION_MAX];
	uint32_t bytes;
	uint32_t i;

	assert_int_equal(host_rndis_oid_query(card, 0x00010101, NULL, 0, answer,
					      &bytes),
			 0);
	for (i = 0; i < bytes; i += 4)
		if ((answer[i] | (uint32_t)answer[i + 1] << 8 |
		     (uint32_t)answer[i + 2] << 16 |
		     (uint32_t)answer[i + 3] << 24) == oid)
			return true;
	return false;
}

static void list_follows_ndis(void **state)
{
	struct host_rndis_card card = card_make();

	(void)state;
	assert_true(listed(&card, 0x00010203));
	assert_true(listed(&card, 0xfc01020c));
	assert_true(listed(&card, 0x01010103));
	card.ndis_minor = 1;
	assert_false(listed(&card, 0x00010203));
	assert_true(listed(&card, 0xfc01020c));
	card.ndis_major = 5;
	assert_false(listed(&card, 0xfc01020c));
	assert_true(listed(&card, 0x01010101));
}

static void offloads_are_reported(void **state)
{
	struct host_rndis_card card = card_make();
	uint8_t answer[HOST_RNDIS_INFORMATION_MAX];
	uint8_t expected[64];
	uint8_t asked[156] = {0xa7, 2, 144, 0};
	uint32_t bytes;

	(void)state;
	assert_int_equal(host_rndis_oid_query(&card, 0xfc01020d, NULL, 0,
					      answer, &bytes),
			 0);
	assert_int_equal(bytes, 156);
	hex_bytes(expected,
		  "a7039c00 02000000 55010000 02000000 55010000 02000000 "
		  "55000000 02000000 55000000");
	assert_memory_equal(answer, expected, 36);
	/* Segmentation is not offered. */
	memset(expected, 0, sizeof(expected));
	assert_memory_equal(answer + 80, expected, 28);
	/* The revision is the guest's, if it asks with one. */
	host_rndis_oid_query(&card, 0xfc01020d, asked, sizeof(asked), answer,
			     &bytes);
	assert_int_equal(bytes, 144);
	assert_memory_equal(answer, "\xa7\x02\x90\x00", 4);
	asked[1] = 1;
	host_rndis_oid_query(&card, 0xfc01020d, asked, sizeof(asked), answer,
			     &bytes);
	assert_int_equal(bytes, 112);
	asked[1] = 3;
	host_rndis_oid_query(&card, 0xfc01020d, asked, sizeof(asked), answer,
			     &bytes);
	assert_int_equal(bytes, 156);
	card.ndis_minor = 1;
	host_rndis_oid_query(&card, 0xfc01020d, NULL, 0, answer, &bytes);
	assert_int_equal(bytes, 144);
	/* What is on now: transmission. */
	host_rndis_oid_query(&card, 0xfc01020b, NULL, 0, answer, &bytes);
	assert_int_equal(answer[8], 0x55);
	assert_int_equal(answer[16], 0);
}

static void offloads_are_set(void **state)
{
	struct host_rndis_card card = card_make();
	uint8_t input[28];
	uint32_t bytes;

	(void)state;
	/* As recorded: "reception" for all, and segmentation. */
	bytes = hex_bytes(input, "80031c00 03030303 03000002 02000000 00000000 "
				 "00000000 00000000");
	assert_int_equal(host_rndis_oid_set(&card, 0xfc01020c, input, bytes),
			 0);
	assert_int_equal(card.rx_offloads, FRAME_CHECKSUM_ALL);
	assert_int_equal(card.tx_offloads, FRAME_CHECKSUM_ALL);
	/* Each of the five choices, each for another protocol. */
	hex_bytes(input, "80031c00 01020304 00");
	assert_int_equal(host_rndis_oid_set(&card, 0xfc01020c, input, bytes),
			 0);
	assert_int_equal(card.rx_offloads, FRAME_CHECKSUM_UDP4 |
						   FRAME_CHECKSUM_TCP6 |
						   FRAME_CHECKSUM_UDP6);
	assert_int_equal(card.tx_offloads,
			 FRAME_CHECKSUM_ALL & ~(unsigned)FRAME_CHECKSUM_IP4);
	/* A choice that does not exist changes nothing at all. */
	hex_bytes(input, "80031c00 04040405 00");
	assert_int_equal(host_rndis_oid_set(&card, 0xfc01020c, input, bytes),
			 0xc0010015);
	assert_int_equal(card.tx_offloads,
			 FRAME_CHECKSUM_ALL & ~(unsigned)FRAME_CHECKSUM_IP4);
	hex_bytes(input, "80031c00 00000000 00020000 00");
	assert_int_equal(host_rndis_oid_set(&card, 0xfc01020c, input, bytes),
			 0xc00000bb);
	hex_bytes(input, "81031c00 00000000 00000000 00");
	assert_int_equal(host_rndis_oid_set(&card, 0xfc01020c, input, bytes),
			 0xc0010015);
	hex_bytes(input, "80031d00");
	assert_int_equal(host_rndis_oid_set(&card, 0xfc01020c, input, bytes),
			 0xc0010015);
	assert_int_equal(host_rndis_oid_set(&card, 0xfc01020c, input, 19),
			 0xc0010016);
}

static void filter_and_odd_sets(void **state)
{
	struct host_rndis_card card = card_make();
	const uint8_t filter[4] = {0x2d};
	uint8_t input[28];

	(void)state;
	assert_int_equal(host_rndis_oid_set(&card, 0x0001010e, filter, 4), 0);
	assert_int_equal(card.filter, 0x2d);
	assert_int_equal(host_rndis_oid_set(&card, 0x0001010e, filter, 3),
			 0xc0010016);
	assert_int_equal(host_rndis_oid_set(&card, 0x0001010e, NULL, 4),
			 0xc0010015);
	assert_int_equal(card.filter, 0x2d);
	assert_int_equal(host_rndis_oid_set(&card, 0x01010103, filter, 4),
			 0xc00000bb);
	assert_int_equal(host_rndis_oid_set(&card, 0x00010208, filter, 4),
			 0xc00000bb);
	hex_bytes(input,
		  "a8011c00 01000000 02000000 0e000000 01000000 02000000 "
		  "0e000000");
	assert_int_equal(host_rndis_oid_set(&card, 0x0101010a, input, 28), 0);
	input[8] = 1;
	assert_int_equal(host_rndis_oid_set(&card, 0x0101010a, input, 28),
			 0xc0010015);
}

/** "NetworkAddress" set to some text. */
static uint32_t parameter(uint8_t *to, const char *value)
{
	static const char name[] = "NetworkAddress";
	const uint32_t name_bytes = 2 * (sizeof(name) - 1);
	uint32_t value_bytes = 2 * (uint32_t)strlen(value);
	uint32_t i;

	memset(to, 0, 128);
	hex_put32(to, 0, 20);
	hex_put32(to, 4, name_bytes);
	hex_put32(to, 8, 2);
	hex_put32(to, 12, 20 + name_bytes);
	hex_put32(to, 16, value_bytes);
	for (i = 0; name[i]; i++)
		to[20 + 2 * i] = (uint8_t)name[i];
	for (i = 0; value[i]; i++)
		to[20 + name_bytes + 2 * i] = (uint8_t)value[i];
	return 20 + name_bytes + value_bytes;
}

static uint32_t address_set(struct host_rndis_card *card, const char *value)
{
	uint8_t input[128];
	uint32_t bytes = parameter(input, value);

	return host_rndis_oid_set(card, 0x0001021b, input, bytes);
}

static void address_is_set_where_it_may(void **state)
{
	struct host_rndis_card card = card_make();

	(void)state;
	/* A port that does not allow it: the first digit decides, no more. */
	assert_int_equal(address_set(&card, "021122aAbBcC"), 0);
	assert_int_equal(address_set(&card, "A21122aAbBcC"), 0xc0010015);
	assert_int_equal(address_set(&card, " "), 0xc0010015);
	assert_memory_equal(card.mac, card.mac_permanent, 6);
	card.mac_changes = true;
	assert_int_equal(address_set(&card, "021122aAbBcC"), 0);
	assert_memory_equal(card.mac, "\x02\x11\x22\xaa\xbb\xcc", 6);
	assert_memory_equal(card.mac_permanent, "\x02\x15\x5d\x01\x02\x03", 6);
	assert_int_equal(address_set(&card, "A21122AABBCC"), 0);
	assert_int_equal(card.mac[0], 0xa2);
	assert_int_equal(address_set(&card, "031122AABBCC"), 0xc0010015);
	assert_int_equal(address_set(&card, "000000000000"), 0xc0010015);
	assert_int_equal(address_set(&card, "021122AABBC"), 0xc0010015);
	assert_int_equal(address_set(&card, "021122AABBCCD"), 0xc0010015);
	assert_int_equal(address_set(&card, "02-122AABBCC"), 0xc0010015);
	assert_int_equal(card.mac[0], 0xa2);
}

static void bad_parameters_are_refused(void **state)
{
	static const struct {
		uint32_t offset, value;
	} cases[] = {
		{0, 60},	  {0, 0xffffffff}, {4, 27},  {4, 0},
		{4, 256},	  {4, 0xfffffffe}, {8, 1},   {12, 50},
		{12, 0xfffffff0}, {16, 256},	   {16, 23}, {16, 0},
		{16, 0xffffffff},
	};
	struct host_rndis_card card = card_make();
	uint8_t input[128];
	uint32_t bytes;
	size_t i;

	(void)state;
	card.mac_changes = true;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bytes = parameter(input, "021122AABBCC");
		hex_put32(input, cases[i].offset, cases[i].value);
		if (host_rndis_oid_set(&card, 0x0001021b, input, bytes) !=
		    0xc0010015)
			fail_msg("case %zu is accepted", i);
	}
	assert_int_equal(host_rndis_oid_set(&card, 0x0001021b, input, 19),
			 0xc0010016);
	assert_memory_equal(card.mac, card.mac_permanent, 6);
	/* An integer is taken and ignored. */
	bytes = parameter(input, "0123");
	hex_put32(input, 8, 0);
	assert_int_equal(host_rndis_oid_set(&card, 0x0001021b, input, bytes),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oids_are_answered),
		cmocka_unit_test(list_follows_ndis),
		cmocka_unit_test(offloads_are_reported),
		cmocka_unit_test(offloads_are_set),
		cmocka_unit_test(filter_and_odd_sets),
		cmocka_unit_test(address_is_set_where_it_may),
		cmocka_unit_test(bad_parameters_are_refused),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
