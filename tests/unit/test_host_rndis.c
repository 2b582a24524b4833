/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's reading and writing of RNDIS messages, against bytes put together
 * by hand or recorded; and of lists of guest memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/hyperv/host_rndis.h"
#include "mocks/hyperv/netvsp_internal.h"
#include "tests/support/hex.h"

/* ---- Packets of the guest ---- */

/* A driver's packet, as recorded: VLAN and hash value beside 100 bytes. */
#define RECORDED                                                               \
	"01000000 b0000000 44000000 64000000 00000000 00000000 00000000 "      \
	"24000000 20000000 00000000 00000000 10000000 08000000 0c000000 "      \
	"00000000 10000000 06000000 0c000000 33120000 "
#define RECORDED_BYTES 176u

static void recorded_packet(uint8_t message[RECORDED_BYTES])
{
	memset(message, 0xee, RECORDED_BYTES);
	assert_int_equal(hex_bytes(message, RECORDED), 76);
}

static void packet_is_read(void **state)
{
	uint8_t message[RECORDED_BYTES];
	struct host_rndis_packet packet;

	(void)state;
	recorded_packet(message);
	assert_null(host_rndis_packet_parse(message, sizeof(message),
					    sizeof(message), &packet));
	assert_int_equal(packet.message_bytes, 176);
	assert_int_equal(packet.data_offset, 76);
	assert_int_equal(packet.data_bytes, 100);
	assert_true(packet.has_vlan);
	assert_int_equal(packet.vlan, 0x1233);
	assert_false(packet.has_checksum);
	assert_false(packet.has_lso);
	/* Header and information reach to byte 76, and no further. */
	assert_null(
		host_rndis_packet_parse(message, sizeof(message), 76, &packet));
	assert_non_null(
		host_rndis_packet_parse(message, sizeof(message), 75, &packet));
	assert_int_equal(packet.message_bytes, 176);
	assert_non_null(
		host_rndis_packet_parse(message, sizeof(message), 43, &packet));
}

/** One word of the recorded packet changed, and what becomes of it. */
struct packet_case {
	const char *name;
	uint32_t offset, value;
	/** Whether the message behind it can still be found. */
	bool framed;
};

static const struct packet_case bad_packets[] = {
	{"another type", 0, 2, false},
	{"length below the header", 4, 43, false},
	{"length 0", 4, 0, false},
	{"length beyond", 4, 177, false},
	{"length huge", 4, 0xffffffff, false},
	{"remainder unaligned", 4, 172, false},
	{"remainder no message", 4, 168, false},
	{"data offset in the header", 8, 35, true},
	{"data offset beyond", 8, 69, true},
	{"data offset wraps", 8, 0xfffffff0, true},
	{"data length 0", 12, 0, true},
	{"data length beyond", 12, 101, true},
	{"data length wraps", 12, 0xffffffff, true},
	{"out-of-band offset", 16, 1, true},
	{"out-of-band length", 20, 1, true},
	{"out-of-band count", 24, 1, true},
	{"information in the header", 28, 35, true},
	{"information offset beyond", 28, 137, true},
	{"information offset wraps", 28, 0xfffffffc, true},
	{"information length beyond", 32, 133, true},
	{"information length wraps", 32, 0xffffffe0, true},
	{"information cut in a header", 32, 20, true},
	{"connection handle", 36, 1, true},
	{"first information of size 0", 44, 0, true},
	{"first information below its header", 44, 11, true},
	{"first information beyond", 44, 33, true},
	{"second information of size 0", 60, 0, true},
	{"second information beyond", 60, 17, true},
	{"value in the information's header", 68, 11, true},
	{"value beyond the information", 68, 17, true},
	{"value cut off", 68, 13, true},
	{"value offset wraps", 68, 0xffffffff, true},
};

static void bad_packets_are_refused(void **state)
{
	uint8_t message[RECORDED_BYTES];
	struct host_rndis_packet packet;
	const struct packet_case *one;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_packets) / sizeof(*bad_packets); i++) {
		one = &bad_packets[i];
		recorded_packet(message);
		hex_put32(message, one->offset, one->value);
		if (!host_rndis_packet_parse(message, sizeof(message),
					     sizeof(message), &packet))
			fail_msg("%s: is accepted", one->name);
		if (!!packet.message_bytes != one->framed)
			fail_msg("%s: framing is %u", one->name,
				 packet.message_bytes);
	}
	for (i = 0; i < sizeof(message); i++) {
		recorded_packet(message);
		assert_non_null(host_rndis_packet_parse(message, (uint32_t)i,
							(uint32_t)i, &packet));
	}
}

static void odd_but_good_packets_are_read(void **state)
{
	uint8_t message[2 * RECORDED_BYTES];
	struct host_rndis_packet packet;

	(void)state;
	/* Another one behind it. */
	recorded_packet(message);
	recorded_packet(message + RECORDED_BYTES);
	assert_null(host_rndis_packet_parse(message, sizeof(message),
					    sizeof(message), &packet));
	assert_int_equal(packet.message_bytes, RECORDED_BYTES);
	/* Information of unknown and internal types is passed over. */
	hex_put32(message, 64, 0x80000001);
	assert_null(host_rndis_packet_parse(message, RECORDED_BYTES,
					    RECORDED_BYTES, &packet));
	assert_false(packet.has_vlan);
	hex_put32(message, 64, 99);
	assert_null(host_rndis_packet_parse(message, RECORDED_BYTES,
					    RECORDED_BYTES, &packet));
	/* Without information its offset does not matter. */
	hex_put32(message, 28, 0xffffffff);
	hex_put32(message, 32, 0);
	assert_null(host_rndis_packet_parse(message, RECORDED_BYTES,
					    RECORDED_BYTES, &packet));
	/* Data may begin right behind the header. */
	hex_put32(message, 8, 36);
	hex_put32(message, 12, 132);
	assert_null(host_rndis_packet_parse(message, RECORDED_BYTES,
					    RECORDED_BYTES, &packet));
	assert_int_equal(packet.data_offset, 44);
	assert_int_equal(packet.data_bytes, 132);
}

static void information_is_told_apart(void **state)
{
	uint8_t message[RECORDED_BYTES];
	struct host_rndis_packet packet;

	(void)state;
	recorded_packet(message);
	hex_put32(message, 48, 0);
	hex_put32(message, 56, 0x00220019);
	hex_put32(message, 64, 2);
	hex_put32(message, 72, 0x422005b4);
	assert_null(host_rndis_packet_parse(message, sizeof(message),
					    sizeof(message), &packet));
	assert_true(packet.has_checksum);
	assert_int_equal(packet.checksum, 0x00220019);
	assert_true(packet.has_lso);
	assert_int_equal(packet.lso, 0x422005b4);
	assert_false(packet.has_vlan);
}

/* ---- Packets for the guest ---- */

static void packet_is_written(void **state)
{
	static const char plain[] =
		"01000000 30000000 24000000 04000000 00000000 00000000 "
		"00000000 00000000 00000000 00000000 00000000 f0f1f2f3";
	static const char both[] =
		"01000000 50000000 44000000 04000000 00000000 00000000 "
		"00000000 24000000 20000000 00000000 00000000 "
		"10000000 06000000 0c000000 33120000 "
		"10000000 00000000 0c000000 28000000 f0f1f2f3";
	static const char only_vlan[] =
		"01000000 40000000 34000000 04000000 00000000 00000000 "
		"00000000 24000000 10000000 00000000 00000000 "
		"10000000 06000000 0c000000 33120000 f0f1f2f3";
	const uint32_t vlan = 0x1233;
	const uint32_t checksum = 0x28;
	uint8_t slot[HOST_RNDIS_HEADROOM + 4];
	uint8_t expected[128];
	uint8_t *data = slot + HOST_RNDIS_HEADROOM;
	uint32_t before;

	(void)state;
	hex_bytes(data, "f0f1f2f3");
	before = host_rndis_packet_prepend(data, 4, NULL, NULL);
	assert_int_equal(before + 4, hex_bytes(expected, plain));
	assert_memory_equal(data - before, expected, before + 4);
	before = host_rndis_packet_prepend(data, 4, &vlan, &checksum);
	assert_int_equal(before + 4, hex_bytes(expected, both));
	assert_memory_equal(data - before, expected, before + 4);
	before = host_rndis_packet_prepend(data, 4, &vlan, NULL);
	assert_int_equal(before + 4, hex_bytes(expected, only_vlan));
	assert_memory_equal(data - before, expected, before + 4);
	host_rndis_length_set(data - before, 0x48);
	hex_put32(expected, 4, 0x48);
	assert_memory_equal(data - before, expected, before + 4);
}

static void vlan_tags_are_packed(void **state)
{
	uint32_t tci;

	(void)state;
	/* Priority 5, CFI, identifier 0x123: three different places. */
	assert_int_equal(host_rndis_vlan_to_tci(0x123d), 0xb123);
	assert_int_equal(host_rndis_vlan_from_tci(0xb123), 0x123d);
	assert_int_equal(host_rndis_vlan_to_tci(0xffff0007), 0xe000);
	assert_int_equal(host_rndis_vlan_to_tci(0x0007), 0xe000);
	assert_int_equal(host_rndis_vlan_to_tci(0x0008), 0x1000);
	assert_int_equal(host_rndis_vlan_to_tci(0xfff0), 0x0fff);
	for (tci = 0; tci < 0x10000; tci++)
		assert_int_equal(host_rndis_vlan_to_tci(
					 host_rndis_vlan_from_tci(
						 (uint16_t)tci)),
				 tci);
}

/* ---- Control messages ---- */

static void control_messages_are_read(void **state)
{
	struct host_rndis_control control;
	uint8_t message[64];
	uint32_t bytes;

	(void)state;
	bytes = hex_bytes(message,
			  "02000000 18000000 01000000 01000000 00000000 "
			  "00400000");
	assert_null(host_rndis_control_parse(message, bytes, &control));
	assert_int_equal(control.type, 2);
	assert_int_equal(control.request, 1);
	assert_int_equal(control.major, 1);
	assert_int_equal(control.minor, 0);

	bytes = hex_bytes(message,
			  "05000000 20000000 02000000 0e010100 04000000 "
			  "14000000 00000000 2d000000");
	assert_null(host_rndis_control_parse(message, bytes, &control));
	assert_int_equal(control.type, 5);
	assert_int_equal(control.request, 2);
	assert_int_equal(control.oid, 0x0001010e);
	assert_ptr_equal(control.information, message + 28);
	assert_int_equal(control.information_bytes, 4);

	bytes = hex_bytes(message,
			  "04000000 1c000000 03000000 01010101 00000000 "
			  "14000000 00000000 aaaaaaaa");
	assert_null(host_rndis_control_parse(message, bytes, &control));
	assert_int_equal(control.type, 4);
	assert_int_equal(control.information_bytes, 0);

	bytes = hex_bytes(message, "08000000 0c000000 55443322");
	assert_null(host_rndis_control_parse(message, bytes, &control));
	assert_int_equal(control.request, 0x22334455);
	bytes = hex_bytes(message, "08000080 10000000 07000000 01000000");
	assert_null(host_rndis_control_parse(message, bytes, &control));
	assert_int_equal(control.request, 7);
	assert_int_equal(control.status, 1);
	bytes = hex_bytes(message, "03000000 0c000000 09000000");
	assert_null(host_rndis_control_parse(message, bytes, &control));
	bytes = hex_bytes(message, "06000000 0c000000 00000000");
	assert_null(host_rndis_control_parse(message, bytes, &control));
}

static void bad_control_messages_are_refused(void **state)
{
	static const char *const messages[] = {
		/* A HALT whose memory was freed and cleared too early. */
		"00000000 00000000 00000000",
		"02000000",
		"02000000 07000000",
		"02000000 19000000 01000000 01000000 00000000 00400000",
		"02000000 14000000 01000000 01000000 00000000 00400000",
		"04000000 18000000 03000000 01010101 00000000 14000000 "
		"ffffffff",
		"05000000 1b000000 03000000 01010101 00000000 14000000 "
		"ffffffff",
		"03000000 08000000 00000000",
		"08000000 08000000 00000000",
		"08000080 0c000000 00000000 00000000",
		"07000000 14000000 0b000140 00000000 00000000",
		"09000000 1c000000 03000000 01010101 00000000 14000000 "
		"00000000",
		"02000080 10000000 00000000 00000000",
		"01000000 10000000 00000000 00000000",
		"08000000 ffffffff 00000000",
	};
	struct host_rndis_control control;
	uint8_t message[64];
	uint32_t bytes;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
		bytes = hex_bytes(message, messages[i]);
		if (!host_rndis_control_parse(message, bytes, &control))
			fail_msg("accepted: %s", messages[i]);
	}
}

static void information_out_of_bounds_is_told(void **state)
{
	static const uint32_t cases[][2] = {
		/* length, offset */
		{4, 19},	  {4, 21},	    {5, 20}, {4, 0xfffffffc},
		{0xffffffff, 20}, {0xffffffec, 20}, {1, 24},
	};
	struct host_rndis_control control;
	uint8_t message[32];
	uint32_t bytes;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bytes = hex_bytes(
			message, "05000000 20000000 02000000 0e010100 04000000 "
				 "14000000 00000000 2d000000");
		hex_put32(message, 16, cases[i][0]);
		hex_put32(message, 20, cases[i][1]);
		assert_null(host_rndis_control_parse(message, bytes, &control));
		assert_null(control.information);
		assert_int_not_equal(control.information_bytes, 0);
	}
}

static void answers_are_written(void **state)
{
	uint8_t answer[HOST_RNDIS_CONTROL_MAX];
	uint8_t expected[64];
	uint32_t bytes;

	(void)state;
	bytes = host_rndis_write_initialize(answer, 5, 0);
	assert_int_equal(
		bytes, hex_bytes(expected,
				 "02000080 34000000 05000000 00000000 01000000 "
				 "00000000 01000000 00000000 08000000 00000200 "
				 "03000000 00000000 00000000"));
	assert_memory_equal(answer, expected, bytes);
	hex_bytes(answer + 24, "02155d000001");
	bytes = host_rndis_write_query(answer, 3, 0, 6);
	assert_int_equal(bytes, hex_bytes(expected,
					  "04000080 1e000000 03000000 00000000 "
					  "06000000 10000000 02155d000001"));
	assert_memory_equal(answer, expected, bytes);
	bytes = host_rndis_write_query(answer, 3, 0xc00000bb, 0);
	assert_int_equal(bytes, hex_bytes(expected,
					  "04000080 18000000 03000000 bb0000c0 "
					  "00000000 00000000"));
	assert_memory_equal(answer, expected, bytes);
	bytes = host_rndis_write_set(answer, 2, 0xc0010015);
	assert_int_equal(bytes,
			 hex_bytes(expected,
				   "05000080 10000000 02000000 150001c0"));
	assert_memory_equal(answer, expected, bytes);
	bytes = host_rndis_write_reset(answer, 0, true);
	assert_int_equal(bytes,
			 hex_bytes(expected,
				   "06000080 10000000 00000000 01000000"));
	assert_memory_equal(answer, expected, bytes);
	bytes = host_rndis_write_keepalive(answer, 0x11223344);
	assert_int_equal(bytes,
			 hex_bytes(expected, "08000000 0c000000 44332211"));
	assert_memory_equal(answer, expected, bytes);
	bytes = host_rndis_write_keepalive_complete(answer, 9, 0);
	assert_int_equal(bytes,
			 hex_bytes(expected,
				   "08000080 10000000 09000000 00000000"));
	assert_memory_equal(answer, expected, bytes);
	bytes = host_rndis_write_indicate(answer, 0x4001000b, NULL, 0);
	assert_int_equal(bytes,
			 hex_bytes(expected, "07000000 14000000 0b000140 "
					     "00000000 00000000"));
	assert_memory_equal(answer, expected, bytes);
	bytes = host_rndis_write_indicate(answer, 0x40010013, "\1\2\3\4", 4);
	assert_int_equal(bytes,
			 hex_bytes(expected, "07000000 18000000 13000140 "
					     "04000000 0c000000 01020304"));
	assert_memory_equal(answer, expected, bytes);
}

/* ---- Ranges of guest memory ---- */

static void ranges_are_read(void **state)
{
	struct netvsp_ranges ranges;
	uint8_t list[128];
	uint32_t bytes;

	(void)state;
	/* As recorded: 0x4c bytes, then three of one page each. */
	bytes = hex_bytes(list, "4c000000 80000000 81e11000 00000000 "
				"47050000 40010000 a7e21000 00000000 "
				"47050000 40010000 a6e21000 00000000 "
				"48050000 40010000 a5e21000 00000000");
	assert_null(netvsp_ranges_parse(list, bytes, 4, 0x20000, &ranges));
	assert_int_equal(ranges.bytes, 4130);
	assert_int_equal(ranges.contiguous, 0x4c);
	assert_null(netvsp_ranges_parse(list, bytes, 4, 4130, &ranges));
	assert_non_null(netvsp_ranges_parse(list, bytes, 4, 4129, &ranges));
	assert_non_null(netvsp_ranges_parse(list, bytes, 5, 0x20000, &ranges));
	assert_non_null(
		netvsp_ranges_parse(list, bytes - 1, 4, 0x20000, &ranges));
	/* One range over three pages, of which two are neighbours. */
	bytes = hex_bytes(list, "10100000 f80f0000 05000000 00000000 "
				"06000000 00000000 08000000 00000000");
	assert_null(netvsp_ranges_parse(list, bytes, 1, 0x20000, &ranges));
	assert_int_equal(ranges.bytes, 0x1010);
	assert_int_equal(ranges.contiguous, 8 + 4096);
}

static void bad_ranges_are_refused(void **state)
{
	static const char *const lists[] = {
		"",
		"10000000",
		"10000000 00000000",
		"10000000 00000000 01000000",
		"00000000 00000000 01000000 00000000",
		"10000000 00100000 01000000 00000000",
		"01000000 ffffffff 01000000 00000000",
		"ffffffff 00000000 01000000 00000000",
		"ffffffff ffffffff 01000000 00000000",
		"02000000 ff0f0000 01000000 00000000",
		"10000000 00100000 01000000 00000000 02000000 00000000",
	};
	struct netvsp_ranges ranges;
	uint8_t list[32];
	uint32_t bytes;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		bytes = hex_bytes(list, lists[i]);
		if (!netvsp_ranges_parse(list, bytes, 1, 0x20000, &ranges))
			fail_msg("accepted: %s", lists[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet_is_read),
		cmocka_unit_test(bad_packets_are_refused),
		cmocka_unit_test(odd_but_good_packets_are_read),
		cmocka_unit_test(information_is_told_apart),
		cmocka_unit_test(packet_is_written),
		cmocka_unit_test(vlan_tags_are_packed),
		cmocka_unit_test(control_messages_are_read),
		cmocka_unit_test(bad_control_messages_are_refused),
		cmocka_unit_test(information_out_of_bounds_is_told),
		cmocka_unit_test(answers_are_written),
		cmocka_unit_test(ranges_are_read),
		cmocka_unit_test(bad_ranges_are_refused),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
