/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What travels beside a frame, bit by bit, on the guest's side: tags and
 * checksums, both ways. A device in plain bytes under the real driver.
 */
#include <check.h>
#include <string.h>

#include "tests/support/scripted_rndis.h"

#define FRAME_BYTES SCRIPT_FRAME_BYTES
/* Places in a message. */
#define DATA_OFFSET 8u
#define DATA_LENGTH 12u
#define OOB_OFFSET  16u
#define PPI_OFFSET  28u
#define PPI_LENGTH  32u
#define VC_HANDLE   36u
#define TAG	    0xabcdu
/* That with priority 2:0, DEI 3, id 15:4. */
#define TAG_WORD    (0xbcdu << 4 | 0u << 3 | 5u)

static void run_seeds(const struct scripted_host_configuration *wanted,
		      void (*body)(struct scripted_host *host))
{
	struct scripted_host_configuration configuration = *wanted;

	for (unsigned seed = 0; seed < 4; seed++) {
		configuration.seed = seed;
		ck_assert_str_eq(scripted_host_run(&configuration, body), "");
	}
}

static void up(struct scripted_host *host)
{
	ck_assert_int_eq(card_up(host), 0);
	card_settle(host);
}

/* ---- 78, 79: tags ---- */

/* Send a frame that asks for something; whether it was taken and not refused.
 */
static bool sends(struct scripted_host *host, const uint8_t *frame,
		  uint32_t bytes, struct net_packet *packet)
{
	uint64_t invalid = card_statistics(host).tx_invalid;
	struct net_segment segment = {
		.data = host->transmit_memory,
		.length = bytes,
	};
	void *owner;

	memcpy(host->transmit_memory, frame, bytes);
	packet->first_segment = 0;
	packet->segment_count = 1;
	packet->length = bytes;
	packet->owner = segment.data;
	host->data_bytes = 0;
	ck_assert_uint_eq(nic_transmit(host->nic, 0, packet, 1, &segment), 1);
	card_settle(host);
	ck_assert_uint_eq(nic_reclaim(host->nic, 0, &owner, 1), 1);
	ck_assert_ptr_eq(owner, packet->owner);
	if (card_statistics(host).tx_invalid == invalid)
		return true;
	ck_assert_uint_eq(card_statistics(host).tx_invalid, invalid + 1);
	ck_assert_uint_eq(host->data_bytes, 0);
	return false;
}

/* What arrived at the device has one information, this one; or none. */
static void sent_with(struct scripted_host *host, bool any, uint32_t type,
		      uint32_t value, const uint8_t *frame, uint32_t bytes)
{
	uint32_t information = any ? 16 : 0;
	uint8_t expected[16];

	ck_assert_uint_ge(host->data_bytes, 44 + information + bytes);
	ck_assert_uint_eq(get32(host->data, DATA_OFFSET), 36 + information);
	ck_assert_uint_eq(get32(host->data, DATA_LENGTH), bytes);
	ck_assert_uint_eq(get32(host->data, PPI_OFFSET), any ? 36 : 0);
	ck_assert_uint_eq(get32(host->data, PPI_LENGTH), information);
	for (uint32_t at = OOB_OFFSET; at < PPI_OFFSET; at += 4)
		ck_assert_uint_eq(get32(host->data, at), 0);
	ck_assert_uint_eq(get32(host->data, VC_HANDLE), 0);
	ck_assert_uint_eq(get32(host->data, 40), 0);
	script_ppi(expected, type, value);
	ck_assert_mem_eq(host->data + 44, expected, information);
	ck_assert_mem_eq(host->data + 44 + information, frame, bytes);
}

/* By hand, one field after the other. */
static uint32_t tag_word(uint16_t tag)
{
	uint32_t word = 0;

	for (unsigned i = 0; i < 12; i++)
		word |= tag & 1u << i ? 1u << (4 + i) : 0;
	word |= tag & 0x1000 ? 1u << 3 : 0;
	for (unsigned i = 0; i < 3; i++)
		word |= tag & 0x2000u << i ? 1u << i : 0;
	return word;
}

static void tags(struct scripted_host *host)
{
	uint8_t frame[FRAME_BYTES], information[16];
	struct net_packet packet = {.flags = NET_VLAN};

	up(host);
	script_frame(frame, FRAME_BYTES);
	for (unsigned i = 0; i <= 17; i++) {
		uint16_t tag = i < 16 ? (uint16_t)(1u << i)
				      : (uint16_t)(i == 16 ? TAG : 0);
		struct net_packet got;

		packet.vlan_tag = tag;
		ck_assert(sends(host, frame, FRAME_BYTES, &packet));
		sent_with(host, true, SCRIPT_PPI_VLAN, tag_word(tag), frame,
			  FRAME_BYTES);
		script_ppi(information, SCRIPT_PPI_VLAN, tag_word(tag));
		device_send_with(host, information, 16);
		got = card_receives(host, frame, FRAME_BYTES);
		ck_assert_uint_eq(got.flags, NET_VLAN);
		ck_assert_uint_eq(got.vlan_tag, tag);
	}
	ck_assert_uint_eq(tag_word(TAG), TAG_WORD);
	/* One inside already: there is no room for another. */
	frame[12] = 0x81;
	frame[13] = 0x00;
	ck_assert(!sends(host, frame, FRAME_BYTES, &packet));
}

START_TEST(edge_78_a_tag_is_packed_bit_by_bit)
{
	const struct scripted_host_configuration configuration = {
		.card.copy_bytes_max = _i ? 1 : 0,
	};

	run_seeds(&configuration, tags);
}
END_TEST

static void tag_left_over(struct scripted_host *host)
{
	uint8_t frame[FRAME_BYTES], information[16];
	struct net_packet packet, got;

	up(host);
	script_frame(frame, FRAME_BYTES);
	script_ppi(information, SCRIPT_PPI_VLAN, TAG_WORD);
	for (unsigned i = 0; i < 12; i++) {
		bool tagged = i % 3 == 0;

		memset(&packet, 0, sizeof(packet));
		/* The number alone means nothing. */
		packet.vlan_tag = TAG;
		packet.flags = tagged ? NET_VLAN : 0;
		ck_assert(sends(host, frame, FRAME_BYTES, &packet));
		sent_with(host, tagged, SCRIPT_PPI_VLAN, TAG_WORD, frame,
			  FRAME_BYTES);
		device_send_with(host, information, tagged ? 16 : 0);
		got = card_receives(host, frame, FRAME_BYTES);
		ck_assert_uint_eq(got.flags, tagged ? NET_VLAN : 0);
		ck_assert_uint_eq(got.vlan_tag, tagged ? TAG : 0);
	}
}

START_TEST(edge_79_no_tag_is_left_over)
{
	/* One place for the header, one section: each is used again. */
	const struct scripted_host_configuration configuration = {
		.card.copy_bytes_max = _i ? 1 : 0,
		.card.send_buffer_bytes = 2 * PORT_PAGE_SIZE,
		.card.transmit_depth = 1,
	};

	run_seeds(&configuration, tag_left_over);
}
END_TEST

static void tag_before_its_time(struct scripted_host *host)
{
	uint8_t frame[FRAME_BYTES];
	struct net_packet packet = {.flags = NET_VLAN, .vlan_tag = 5};

	up(host);
	script_frame(frame, FRAME_BYTES);
	ck_assert(!sends(host, frame, FRAME_BYTES, &packet));
}

START_TEST(edge_78_a_host_that_did_not_agree_gets_no_tag)
{
	const struct scripted_host_configuration configuration = {
		.nvsp_version = 2,
	};

	run_seeds(&configuration, tag_before_its_time);
}
END_TEST

/* ---- 77: checksums out ---- */

struct checksum_case {
	uint16_t flags, l3, l4;
	/* 0: refused. */
	uint32_t word;
};

#define TCP	  NET_TX_CHECKSUM_TCP
#define UDP	  NET_TX_CHECKSUM_UDP
#define IP	  NET_TX_CHECKSUM_IPV4
#define AT(place) ((uint32_t)(place) << 16)

static const struct checksum_case checksum_cases[] = {
	{IP, 14, 0, 1 | 16},
	{TCP, 14, 34, 1 | 4 | AT(34)},
	{UDP, 14, 34, 1 | 8 | AT(34)},
	{IP | TCP, 14, 34, 1 | 4 | 16 | AT(34)},
	{IP | UDP, 14, 74, 1 | 8 | 16 | AT(74)},
	{TCP, 18, 38, 1 | 4 | AT(38)},
	{NET_IPV6 | TCP, 14, 54, 2 | 4 | AT(54)},
	{NET_IPV6 | UDP, 14, 94, 2 | 8 | AT(94)},
	{TCP, 14, FRAME_BYTES - 1, 1 | 4 | AT(FRAME_BYTES - 1)},
	/* No place for a header: none, in front, beyond. */
	{IP, 0, 0, 0},
	{TCP, 0, 0, 0},
	{TCP, 14, 0, 0},
	{TCP, 13, 34, 0},
	{TCP, 14, 33, 0},
	{TCP, 14, 14, 0},
	{TCP, 14, FRAME_BYTES, 0},
	{TCP, 14, UINT16_MAX, 0},
	{IP, FRAME_BYTES - 19, 0, 0},
	{IP, UINT16_MAX, 0, 0},
	{NET_IPV6 | TCP, 14, 53, 0},
	{NET_IPV6 | TCP, FRAME_BYTES - 39, FRAME_BYTES - 1, 0},
	/* Both at once; a header checksum of what has none. */
	{TCP | UDP, 14, 34, 0},
	{NET_IPV6 | IP, 14, 54, 0},
};
#define CHECKSUM_CASES                                                         \
	((int)(sizeof(checksum_cases) / sizeof(checksum_cases[0])))

static const struct checksum_case *checksum_case;

static void checksum_out(struct scripted_host *host)
{
	uint8_t frame[FRAME_BYTES];
	struct net_packet packet = {
		.flags = checksum_case->flags,
		.l3_offset = checksum_case->l3,
		.l4_offset = checksum_case->l4,
	};

	host->on_control = device_offers_checksums;
	up(host);
	script_frame(frame, FRAME_BYTES);
	ck_assert_int_eq(sends(host, frame, FRAME_BYTES, &packet),
			 checksum_case->word != 0);
	if (checksum_case->word != 0)
		sent_with(host, true, SCRIPT_PPI_CHECKSUM, checksum_case->word,
			  frame, FRAME_BYTES);
	/* Offsets without a wish are not looked at. */
	packet.flags = 0;
	ck_assert(sends(host, frame, FRAME_BYTES, &packet));
	sent_with(host, false, 0, 0, frame, FRAME_BYTES);
}

START_TEST(edge_77_checksum_information_says_where)
{
	const struct scripted_host_configuration configuration = {0};

	checksum_case = &checksum_cases[_i];
	run_seeds(&configuration, checksum_out);
}
END_TEST

/* A frame so long that the place of its header cannot be said. */
static void checksum_too_far(struct scripted_host *host)
{
	static uint8_t frame[1400];
	struct net_packet packet = {.flags = TCP, .l3_offset = 14};

	host->on_control = device_offers_checksums;
	up(host);
	script_frame(frame, sizeof(frame));
	packet.l4_offset = 1023;
	ck_assert(sends(host, frame, sizeof(frame), &packet));
	sent_with(host, true, SCRIPT_PPI_CHECKSUM, 1 | 4 | AT(1023), frame,
		  sizeof(frame));
	packet.l4_offset = 1024;
	ck_assert(!sends(host, frame, sizeof(frame), &packet));
}

START_TEST(edge_77_a_header_that_is_too_far_is_refused)
{
	const struct scripted_host_configuration configuration = {0};

	run_seeds(&configuration, checksum_too_far);
}
END_TEST

static void checksum_not_offered(struct scripted_host *host)
{
	uint8_t frame[FRAME_BYTES];
	static const uint16_t flags[] = {IP, TCP, UDP, NET_IPV6 | TCP};

	up(host);
	script_frame(frame, FRAME_BYTES);
	for (unsigned i = 0; i < 4; i++) {
		struct net_packet packet = {
			.flags = flags[i],
			.l3_offset = 14,
			.l4_offset = 60,
		};

		ck_assert(!sends(host, frame, FRAME_BYTES, &packet));
	}
}

START_TEST(edge_77_what_was_not_offered_is_refused)
{
	const struct scripted_host_configuration configuration = {0};

	run_seeds(&configuration, checksum_not_offered);
}
END_TEST

/* Tag and checksum of one frame. */
static void tag_and_checksum(struct scripted_host *host)
{
	uint8_t frame[FRAME_BYTES], expected[32], information[32];
	struct net_packet packet = {
		.flags = NET_VLAN | TCP,
		.vlan_tag = TAG,
		.l3_offset = 14,
		.l4_offset = 34,
	};
	struct net_packet got;

	host->on_control = device_offers_checksums;
	up(host);
	script_frame(frame, FRAME_BYTES);
	ck_assert(sends(host, frame, FRAME_BYTES, &packet));
	script_ppi(expected, SCRIPT_PPI_VLAN, TAG_WORD);
	script_ppi(expected + 16, SCRIPT_PPI_CHECKSUM, 1 | 4 | AT(34));
	ck_assert_uint_eq(get32(host->data, DATA_OFFSET), 68);
	ck_assert_uint_eq(get32(host->data, PPI_LENGTH), 32);
	ck_assert_mem_eq(host->data + 44, expected, 32);
	ck_assert_mem_eq(host->data + 76, frame, FRAME_BYTES);
	/* In any order. */
	for (unsigned i = 0; i < 2; i++) {
		script_ppi(information + 16 * (size_t)i, SCRIPT_PPI_VLAN,
			   TAG_WORD);
		script_ppi(information + 16 * (size_t)(1 - i),
			   SCRIPT_PPI_CHECKSUM, 8 | 32);
		device_send_with(host, information, 32);
		got = card_receives(host, frame, FRAME_BYTES);
		ck_assert_uint_eq(got.vlan_tag, TAG);
		ck_assert_uint_eq(got.flags, NET_VLAN |
						     NET_RX_CHECKSUM_L4_GOOD |
						     NET_RX_CHECKSUM_IPV4_GOOD);
	}
}

START_TEST(edge_78_a_tag_and_a_checksum_go_together)
{
	const struct scripted_host_configuration configuration = {0};

	run_seeds(&configuration, tag_and_checksum);
}
END_TEST

/* ---- 80: checksums in ---- */

/* TCP, UDP, IP wrong: 1, 2, 4; good: 8, 16, 32; by loopback: 64. */
static uint16_t checksum_flags(uint32_t word)
{
	uint16_t flags = 0;

	if (word & (1 | 2 | 4))
		flags |= NET_RX_CHECKSUM_BAD;
	if (word & 32 && !(word & 4))
		flags |= NET_RX_CHECKSUM_IPV4_GOOD;
	if (word & (8 | 16) && !(word & (1 | 2)))
		flags |= NET_RX_CHECKSUM_L4_GOOD;
	return flags;
}

static void checksums_in(struct scripted_host *host, bool offered)
{
	uint8_t frame[FRAME_BYTES], information[16];
	struct net_packet packet;

	if (offered)
		host->on_control = device_offers_checksums;
	up(host);
	script_frame(frame, FRAME_BYTES);
	for (uint32_t word = 0; word < 128; word++) {
		/* Bits that mean nothing, too. */
		script_ppi(information, SCRIPT_PPI_CHECKSUM,
			   word | (word & 1 ? 0xffffff80 : 0));
		device_send_with(host, information, 16);
		packet = card_receives(host, frame, FRAME_BYTES);
		ck_assert_uint_eq(packet.flags,
				  offered ? checksum_flags(word) : 0);
	}
	device_send_with(host, NULL, 0);
	ck_assert_uint_eq(card_receives(host, frame, FRAME_BYTES).flags, 0);
}

static void checksums_offered(struct scripted_host *host)
{
	checksums_in(host, true);
}

static void checksums_not_offered(struct scripted_host *host)
{
	checksums_in(host, false);
}

START_TEST(edge_80_good_is_what_the_host_checked_and_nothing_else)
{
	const struct scripted_host_configuration configuration = {0};

	run_seeds(&configuration, checksums_offered);
}
END_TEST

START_TEST(edge_80_without_an_agreement_nothing_is_believed)
{
	const struct scripted_host_configuration configuration = {0};

	run_seeds(&configuration, checksums_not_offered);
}
END_TEST

static void add_tests(TCase *test)
{
	tcase_add_loop_test(test, edge_77_checksum_information_says_where, 0,
			    CHECKSUM_CASES);
	tcase_add_test(test, edge_77_a_header_that_is_too_far_is_refused);
	tcase_add_test(test, edge_77_what_was_not_offered_is_refused);
	tcase_add_loop_test(test, edge_78_a_tag_is_packed_bit_by_bit, 0, 2);
	tcase_add_test(test, edge_78_a_host_that_did_not_agree_gets_no_tag);
	tcase_add_test(test, edge_78_a_tag_and_a_checksum_go_together);
	tcase_add_loop_test(test, edge_79_no_tag_is_left_over, 0, 2);
	tcase_add_test(test,
		       edge_80_good_is_what_the_host_checked_and_nothing_else);
	tcase_add_test(test, edge_80_without_an_agreement_nothing_is_believed);
}

int main(void)
{
	Suite *suite = suite_create("rndis_information");
	TCase *test = tcase_create("information");
	SRunner *runner;
	int failed;

	add_tests(test);
	suite_add_tcase(suite, test);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
