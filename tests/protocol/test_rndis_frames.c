/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS packets on the guest's side: messages that are malformed in each way
 * there is, several in a range, and what travels beside a frame, bit by bit. A
 * device in plain bytes under the real driver.
 */
#include <check.h>
#include <string.h>

#include "tests/support/scripted_rndis.h"

#define NVSP_SUCCESS 1u
#define NVSP_FAILURE 2u
#define FRAME_BYTES  100u
/* Places in a message: header, one information of 16 bytes, frame. */
#define LENGTH	     4u
#define DATA_OFFSET  8u
#define DATA_LENGTH  12u
#define OOB_OFFSET   16u
#define OOB_LENGTH   20u
#define OOB_COUNT    24u
#define PPI_OFFSET   28u
#define PPI_LENGTH   32u
#define VC_HANDLE    36u
#define PPI_SIZE     44u
#define PPI_TYPE     48u
#define PPI_VALUE    52u
#define MESSAGE	     (44u + 16u + FRAME_BYTES)
#define TAG	     0xabcdu
/* 0xabcd with priority 2:0, DEI 3, id 15:4. */
#define TAG_WORD     (0xbcdu << 4 | 0u << 3 | 5u)

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

/* The next frame is this one; its flags and tag. */
static struct net_packet receives(struct scripted_host *host,
				  const uint8_t *frame, uint32_t bytes)
{
	uint8_t got[2048];
	struct net_packet packet;

	ck_assert_int_eq(card_receive(host, got, sizeof(got), &packet),
			 (int)bytes);
	ck_assert_mem_eq(got, frame, bytes);
	return packet;
}

static bool receives_none(struct scripted_host *host)
{
	struct net_segment segments[4];
	struct net_packet packet;
	uint64_t end = port_time(host->port) + SCRIPT_PATIENCE;

	while (port_time(host->port) < end) {
		if (nic_receive(host->nic, 0, &packet, 1, segments, 4) != 0)
			return false;
		port_relax(host->port, end);
	}
	return true;
}

/* ---- 71, 72, 75: one field at a time ---- */

enum drop { GOOD, UNTAGGED, MALFORMED, BAD_LENGTH };

struct field_case {
	const char *name;
	uint32_t field, value;
	/* Bytes of the range, beyond those of the message. */
	int32_t slack;
	enum drop drop;
};

static const struct field_case field_cases[] = {
	{"as it should be", VC_HANDLE, 0, 0, GOOD},
	{"slack", VC_HANDLE, 0, 8, GOOD},
	{"a little slack", VC_HANDLE, 0, 1, GOOD},
	{"a range too short", VC_HANDLE, 0, -1, MALFORMED},
	{"a range of the header", VC_HANDLE, 0, 44 - (int)MESSAGE, MALFORMED},
	{"a range of less", VC_HANDLE, 0, 43 - (int)MESSAGE, MALFORMED},
	{"length 0", LENGTH, 0, 0, MALFORMED},
	{"length 8", LENGTH, 8, 0, MALFORMED},
	{"length 43", LENGTH, 43, 0, MALFORMED},
	{"length without the data's end", LENGTH, MESSAGE - 1, 0, MALFORMED},
	{"length beyond the range", LENGTH, MESSAGE + 1, 0, MALFORMED},
	{"length of all ones", LENGTH, UINT32_MAX, 0, MALFORMED},
	{"data at 0", DATA_OFFSET, 0, 0, MALFORMED},
	{"data in the header", DATA_OFFSET, 35, 0, MALFORMED},
	{"data over the information", DATA_OFFSET, 36, 0, MALFORMED},
	{"data over its last byte", DATA_OFFSET, 51, 0, MALFORMED},
	{"data beyond the message", DATA_OFFSET, 53, 0, MALFORMED},
	{"data at the end", DATA_OFFSET, MESSAGE - 8, 0, MALFORMED},
	{"data around the end", DATA_OFFSET, UINT32_MAX, 0, MALFORMED},
	{"data to before the start", DATA_OFFSET, UINT32_MAX - 7, 0, MALFORMED},
	{"data longer by one", DATA_LENGTH, FRAME_BYTES + 1, 0, MALFORMED},
	{"data of all ones", DATA_LENGTH, UINT32_MAX, 0, MALFORMED},
	{"data around the end", DATA_LENGTH, UINT32_MAX - 51, 0, MALFORMED},
	{"no data", DATA_LENGTH, 0, 0, BAD_LENGTH},
	{"less than an Ethernet header", DATA_LENGTH, 13, 0, BAD_LENGTH},
	{"out-of-band data", OOB_OFFSET, UINT32_MAX, 0, GOOD},
	{"out-of-band data", OOB_LENGTH, UINT32_MAX, 0, GOOD},
	{"out-of-band data", OOB_COUNT, UINT32_MAX, 0, GOOD},
	{"a handle", VC_HANDLE, UINT32_MAX, 0, GOOD},
	{"no information", PPI_LENGTH, 0, 0, UNTAGGED},
	{"information at 0", PPI_OFFSET, 0, 0, MALFORMED},
	{"information in the header", PPI_OFFSET, 35, 0, MALFORMED},
	{"information over the data", PPI_OFFSET, 37, 0, MALFORMED},
	{"information beyond", PPI_OFFSET, MESSAGE, 0, MALFORMED},
	{"information around the end", PPI_OFFSET, UINT32_MAX, 0, MALFORMED},
	{"information longer by one", PPI_LENGTH, 17, 0, MALFORMED},
	{"information of all ones", PPI_LENGTH, UINT32_MAX, 0, MALFORMED},
	{"information of half a header", PPI_LENGTH, 8, 0, MALFORMED},
	{"information of a header", PPI_LENGTH, 12, 0, MALFORMED},
	{"size 0", PPI_SIZE, 0, 0, MALFORMED},
	{"size of less than a header", PPI_SIZE, 11, 0, MALFORMED},
	{"size of a header", PPI_SIZE, 12, 0, MALFORMED},
	{"size that ends in a header", PPI_SIZE, 15, 0, MALFORMED},
	{"size longer by one", PPI_SIZE, 17, 0, MALFORMED},
	{"size of all ones", PPI_SIZE, UINT32_MAX, 0, MALFORMED},
	{"a type that nobody knows", PPI_TYPE, 99, 0, UNTAGGED},
	{"the type of an internal one", PPI_TYPE, 0x80000006, 0, UNTAGGED},
	{"the type of all ones", PPI_TYPE, UINT32_MAX, 0, UNTAGGED},
	{"value at 0", PPI_VALUE, 0, 0, MALFORMED},
	{"value in the header", PPI_VALUE, 11, 0, MALFORMED},
	{"value beyond by one", PPI_VALUE, 13, 0, MALFORMED},
	{"value at the end", PPI_VALUE, 16, 0, MALFORMED},
	{"value of all ones", PPI_VALUE, UINT32_MAX, 0, MALFORMED},
};
#define FIELD_CASES ((int)(sizeof(field_cases) / sizeof(field_cases[0])))

static const struct field_case *field_case;

/* A good one with a tag beside it. */
static void good_message(uint8_t *message, uint8_t *frame)
{
	uint8_t information[16];

	script_frame(frame, FRAME_BYTES);
	script_ppi(information, SCRIPT_PPI_VLAN, TAG_WORD);
	ck_assert_uint_eq(script_message(message, information, 16, frame,
					 FRAME_BYTES),
			  MESSAGE);
}

static void good_passes(struct scripted_host *host)
{
	uint8_t message[MESSAGE], frame[FRAME_BYTES];
	struct net_packet packet;

	good_message(message, frame);
	device_rndis(host, message, MESSAGE);
	packet = receives(host, frame, FRAME_BYTES);
	ck_assert_uint_eq(packet.flags, NET_VLAN);
	ck_assert_uint_eq(packet.vlan_tag, TAG);
}

static void one_field(struct scripted_host *host)
{
	uint8_t message[MESSAGE + 8] = {0}, frame[FRAME_BYTES];
	struct nic_statistics statistics;
	enum drop drop = field_case->drop;
	struct net_packet packet;

	up(host);
	good_message(message, frame);
	put32(message, field_case->field, field_case->value);
	host->completions = 0;
	device_rndis(host, message,
		     (uint32_t)((int32_t)MESSAGE + field_case->slack));
	if (drop == GOOD || drop == UNTAGGED) {
		packet = receives(host, frame, FRAME_BYTES);
		ck_assert_uint_eq(packet.flags, drop == GOOD ? NET_VLAN : 0);
		ck_assert_uint_eq(packet.vlan_tag, drop == GOOD ? TAG : 0);
	}
	ck_assert_msg(receives_none(host), "%s", field_case->name);
	statistics = card_statistics(host);
	ck_assert_msg(statistics.rx_drop_malformed == (drop == MALFORMED) &&
			      statistics.rx_drop_length == (drop == BAD_LENGTH),
		      "%s", field_case->name);
	ck_assert_uint_eq(statistics.rx_frames, drop < MALFORMED);
	ck_assert_uint_eq(statistics.bad_messages, 0);
	/* Completed once, and the host is told. */
	ck_assert_uint_eq(host->completions, 1);
	ck_assert_uint_eq(host->last_completion_status,
			  drop == MALFORMED ? NVSP_FAILURE : NVSP_SUCCESS);
	good_passes(host);
}

START_TEST(edge_75_a_message_malformed_in_one_field)
{
	const struct scripted_host_configuration configuration = {0};

	field_case = &field_cases[_i];
	run_seeds(&configuration, one_field);
}
END_TEST

/* ---- 75: the walk through information ---- */

static void send_with(struct scripted_host *host, const uint8_t *information,
		      uint32_t bytes)
{
	uint8_t message[2048], frame[FRAME_BYTES];

	script_frame(frame, FRAME_BYTES);
	device_rndis(host, message,
		     script_message(message, information, bytes, frame,
				    FRAME_BYTES));
}

static void walks(struct scripted_host *host)
{
	uint8_t information[512] = {0}, frame[FRAME_BYTES];
	struct net_packet packet;
	uint32_t bytes = 0;

	up(host);
	script_frame(frame, FRAME_BYTES);
	/* Past unknown ones of any size, with offsets that nobody follows. */
	for (uint32_t size = 12; size < 40; size += 9) {
		put32(information, bytes, size);
		put32(information, bytes + 4, 0x55 + size);
		put32(information, bytes + 8, UINT32_MAX);
		bytes += size;
	}
	bytes += script_ppi(information + bytes, SCRIPT_PPI_VLAN, TAG_WORD);
	put32(information, bytes, 12);
	put32(information, bytes + 4, 9);
	bytes += 12;
	send_with(host, information, bytes);
	packet = receives(host, frame, FRAME_BYTES);
	ck_assert_uint_eq(packet.vlan_tag, TAG);
	/* A value further behind than usual. */
	memset(information, 0xff, 64);
	put32(information, 0, 64);
	put32(information, 4, SCRIPT_PPI_VLAN);
	put32(information, 8, 60);
	put32(information, 60, TAG_WORD);
	send_with(host, information, 64);
	packet = receives(host, frame, FRAME_BYTES);
	ck_assert_uint_eq(packet.vlan_tag, TAG);
	/* Good ones, and a bad one at the end: all of it is. */
	bytes = script_ppi(information, SCRIPT_PPI_VLAN, TAG_WORD);
	memset(information + bytes, 0, 16);
	send_with(host, information, bytes + 16);
	send_with(host, information, bytes + 4);
	/* More of it than anybody sends. */
	memset(information, 0, sizeof(information));
	for (bytes = 0; bytes < 272; bytes += 16)
		script_ppi(information + bytes, 77, 0);
	send_with(host, information, bytes);
	ck_assert(receives_none(host));
	ck_assert_uint_eq(card_statistics(host).rx_drop_malformed, 3);
	send_with(host, information, 256);
	receives(host, frame, FRAME_BYTES);
}

START_TEST(edge_75_the_walk_through_information_ends)
{
	const struct scripted_host_configuration configuration = {0};

	run_seeds(&configuration, walks);
}
END_TEST

/* Information may lie behind the data just as well. */
static void information_behind(struct scripted_host *host)
{
	uint8_t message[MESSAGE], frame[FRAME_BYTES];
	struct net_packet packet;

	up(host);
	good_message(message, frame);
	memcpy(message + 44, frame, FRAME_BYTES);
	script_ppi(message + 44 + FRAME_BYTES, SCRIPT_PPI_VLAN, TAG_WORD);
	put32(message, DATA_OFFSET, 36);
	put32(message, PPI_OFFSET, 36 + FRAME_BYTES);
	device_rndis(host, message, MESSAGE);
	packet = receives(host, frame, FRAME_BYTES);
	ck_assert_uint_eq(packet.vlan_tag, TAG);
	/* But not a byte before the data's end. */
	put32(message, PPI_OFFSET, 35 + FRAME_BYTES);
	device_rndis(host, message, MESSAGE);
	ck_assert(receives_none(host));
	ck_assert_uint_eq(card_statistics(host).rx_drop_malformed, 1);
}

START_TEST(edge_71_data_and_information_lie_in_any_order)
{
	const struct scripted_host_configuration configuration = {0};

	run_seeds(&configuration, information_behind);
}
END_TEST

/* ---- 76: several messages in a range ---- */

struct range_case {
	const char *name;
	/* Of the second of three messages: a field and its value. */
	uint32_t field, value;
	/* Which frames come, and what is counted. */
	bool comes[3];
	uint64_t malformed;
	uint32_t status;
};

/* Each message with its padding. */
#define STEP 168u

static const struct range_case range_cases[] = {
	{"three", VC_HANDLE, 0, {true, true, true}, 0, NVSP_SUCCESS},
	{"a bad one in the middle",
	 DATA_OFFSET,
	 0,
	 {true, false, true},
	 1,
	 NVSP_FAILURE},
	{"information that is bad in the middle",
	 PPI_SIZE,
	 0,
	 {true, false, true},
	 1,
	 NVSP_FAILURE},
	/* There is no way past it. */
	{"length 0", LENGTH, 0, {true, false, false}, 1, NVSP_FAILURE},
	{"length 43", LENGTH, 43, {true, false, false}, 1, NVSP_FAILURE},
	{"length beyond the range",
	 LENGTH,
	 2 * STEP + 1,
	 {true, false, false},
	 1,
	 NVSP_FAILURE},
	/* What is no PACKET is slack, and so is what follows. */
	{"another type", 0, 7, {true, false, false}, 0, NVSP_SUCCESS},
	{"no type", 0, 0, {true, false, false}, 0, NVSP_SUCCESS},
	/* As long as both: the third is slack of the second. */
	{"length of two",
	 LENGTH,
	 2 * STEP,
	 {true, true, false},
	 0,
	 NVSP_SUCCESS},
};
#define RANGE_CASES ((int)(sizeof(range_cases) / sizeof(range_cases[0])))

static const struct range_case *range_case;

static void three_in_a_range(struct scripted_host *host)
{
	uint8_t message[3 * STEP] = {0}, frame[FRAME_BYTES];

	up(host);
	for (unsigned i = 0; i < 3; i++) {
		good_message(message + (size_t)i * STEP, frame);
		put32(message, i * STEP + LENGTH, STEP);
		message[i * STEP + MESSAGE - 1] = (uint8_t)i;
	}
	put32(message, STEP + range_case->field, range_case->value);
	host->completions = 0;
	device_rndis(host, message, sizeof(message));
	for (unsigned i = 0; i < 3; i++) {
		frame[FRAME_BYTES - 1] = (uint8_t)i;
		if (range_case->comes[i])
			receives(host, frame, FRAME_BYTES);
	}
	ck_assert_msg(receives_none(host), "%s", range_case->name);
	ck_assert_uint_eq(card_statistics(host).rx_drop_malformed,
			  range_case->malformed);
	ck_assert_uint_eq(host->completions, 1);
	ck_assert_uint_eq(host->last_completion_status, range_case->status);
	good_passes(host);
}

START_TEST(edge_76_several_messages_in_a_range)
{
	const struct scripted_host_configuration configuration = {0};

	range_case = &range_cases[_i];
	run_seeds(&configuration, three_in_a_range);
}
END_TEST

/* Several ranges, some of them bad: one completion, that says so. */
static void ranges_of_a_packet(struct scripted_host *host)
{
	uint8_t message[MESSAGE], frame[FRAME_BYTES];
	const struct scripted_range ranges[] = {
		{MESSAGE, 0},
		{MESSAGE, SCRIPT_SLOT_BYTES},
		{7, 0},
		{MESSAGE, 2 * SCRIPT_SLOT_BYTES},
		{MESSAGE, UINT32_MAX - 10},
	};

	up(host);
	good_message(message, frame);
	for (uint32_t i = 0; i < 3; i++)
		device_write(host, i * SCRIPT_SLOT_BYTES, message, MESSAGE);
	host->completions = 0;
	device_ranges(host, 33, 0xcafe, ranges, 5);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(host->completions, 0);
		receives(host, frame, FRAME_BYTES);
	}
	ck_assert(receives_none(host));
	ck_assert_uint_eq(host->completions, 1);
	ck_assert_uint_eq(host->completed_ids[0], 33);
	ck_assert_uint_eq(host->last_completion_status, NVSP_FAILURE);
	/* The short one: device_ranges() says that it is control. */
	ck_assert_uint_eq(card_statistics(host).bad_messages, 1);
	ck_assert_uint_eq(card_statistics(host).rx_drop_malformed, 1);
}

START_TEST(edge_76_a_packet_is_completed_once_when_all_is_consumed)
{
	const struct scripted_host_configuration configuration = {0};

	run_seeds(&configuration, ranges_of_a_packet);
}
END_TEST

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
		send_with(host, information, 16);
		got = receives(host, frame, FRAME_BYTES);
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
		send_with(host, information, tagged ? 16 : 0);
		got = receives(host, frame, FRAME_BYTES);
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
		send_with(host, information, 32);
		got = receives(host, frame, FRAME_BYTES);
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
		send_with(host, information, 16);
		packet = receives(host, frame, FRAME_BYTES);
		ck_assert_uint_eq(packet.flags,
				  offered ? checksum_flags(word) : 0);
	}
	send_with(host, NULL, 0);
	ck_assert_uint_eq(receives(host, frame, FRAME_BYTES).flags, 0);
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

static void add_in(Suite *suite)
{
	TCase *test = tcase_create("in");

	tcase_add_loop_test(test, edge_75_a_message_malformed_in_one_field, 0,
			    FIELD_CASES);
	tcase_add_test(test, edge_75_the_walk_through_information_ends);
	tcase_add_test(test, edge_71_data_and_information_lie_in_any_order);
	tcase_add_loop_test(test, edge_76_several_messages_in_a_range, 0,
			    RANGE_CASES);
	tcase_add_test(test,
		       edge_76_a_packet_is_completed_once_when_all_is_consumed);
	tcase_add_test(test,
		       edge_80_good_is_what_the_host_checked_and_nothing_else);
	tcase_add_test(test, edge_80_without_an_agreement_nothing_is_believed);
	suite_add_tcase(suite, test);
}

static void add_out(Suite *suite)
{
	TCase *test = tcase_create("out");

	tcase_add_loop_test(test, edge_77_checksum_information_says_where, 0,
			    CHECKSUM_CASES);
	tcase_add_test(test, edge_77_a_header_that_is_too_far_is_refused);
	tcase_add_test(test, edge_77_what_was_not_offered_is_refused);
	tcase_add_loop_test(test, edge_78_a_tag_is_packed_bit_by_bit, 0, 2);
	tcase_add_test(test, edge_78_a_host_that_did_not_agree_gets_no_tag);
	tcase_add_test(test, edge_78_a_tag_and_a_checksum_go_together);
	tcase_add_loop_test(test, edge_79_no_tag_is_left_over, 0, 2);
	suite_add_tcase(suite, test);
}

int main(void)
{
	Suite *suite = suite_create("rndis_frames");
	SRunner *runner;
	int failed;

	add_in(suite);
	add_out(suite);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
