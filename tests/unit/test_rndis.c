/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS messages byte for byte: what this guest writes, beside what another
 * driver was recorded to write where both say the same. What it makes of good,
 * odd and impossible messages of a host is in fixtures/vectors/rndis.json.
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
		cmocka_unit_test(offload_query),
		cmocka_unit_test(case_84_offload_parameters),
		cmocka_unit_test(case_85_the_network_address),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
