/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS packets on the guest's side: messages that are malformed in each way
 * there is, and several in a range. A device in plain bytes under the real
 * driver.
 */
#include <check.h>
#include <string.h>

#include "tests/support/scripted_rndis.h"

#define NVSP_SUCCESS 1u
#define NVSP_FAILURE 2u
#define FRAME_BYTES  SCRIPT_FRAME_BYTES
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
	packet = card_receives(host, frame, FRAME_BYTES);
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
		packet = card_receives(host, frame, FRAME_BYTES);
		ck_assert_uint_eq(packet.flags, drop == GOOD ? NET_VLAN : 0);
		ck_assert_uint_eq(packet.vlan_tag, drop == GOOD ? TAG : 0);
	}
	ck_assert_msg(card_receives_none(host), "%s", field_case->name);
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
	device_send_with(host, information, bytes);
	packet = card_receives(host, frame, FRAME_BYTES);
	ck_assert_uint_eq(packet.vlan_tag, TAG);
	/* A value further behind than usual. */
	memset(information, 0xff, 64);
	put32(information, 0, 64);
	put32(information, 4, SCRIPT_PPI_VLAN);
	put32(information, 8, 60);
	put32(information, 60, TAG_WORD);
	device_send_with(host, information, 64);
	packet = card_receives(host, frame, FRAME_BYTES);
	ck_assert_uint_eq(packet.vlan_tag, TAG);
	/* Good ones, and a bad one at the end: all of it is. */
	bytes = script_ppi(information, SCRIPT_PPI_VLAN, TAG_WORD);
	memset(information + bytes, 0, 16);
	device_send_with(host, information, bytes + 16);
	device_send_with(host, information, bytes + 4);
	/* One of which nothing is known but that there is no way past it. */
	for (uint32_t size = 0; size < 12; size++) {
		script_ppi(information, 77, 0);
		put32(information, 0, size);
		device_send_with(host, information, 16);
	}
	/* More of it than anybody sends. */
	memset(information, 0, sizeof(information));
	for (bytes = 0; bytes < 272; bytes += 16)
		script_ppi(information + bytes, 77, 0);
	device_send_with(host, information, bytes);
	ck_assert(card_receives_none(host));
	ck_assert_uint_eq(card_statistics(host).rx_drop_malformed, 3 + 12);
	device_send_with(host, information, 256);
	card_receives(host, frame, FRAME_BYTES);
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
	packet = card_receives(host, frame, FRAME_BYTES);
	ck_assert_uint_eq(packet.vlan_tag, TAG);
	/* But not a byte before the data's end. */
	put32(message, PPI_OFFSET, 35 + FRAME_BYTES);
	device_rndis(host, message, MESSAGE);
	ck_assert(card_receives_none(host));
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
			card_receives(host, frame, FRAME_BYTES);
	}
	ck_assert_msg(card_receives_none(host), "%s", range_case->name);
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
		card_receives(host, frame, FRAME_BYTES);
	}
	ck_assert(card_receives_none(host));
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

/* A bad frame in front of good ones is not forgotten, and not kept in mind. */
static void bad_range_first(struct scripted_host *host)
{
	const struct scripted_range ranges[] = {
		{MESSAGE, 0},
		{MESSAGE, SCRIPT_SLOT_BYTES},
		{MESSAGE, SCRIPT_SLOT_BYTES},
	};
	uint8_t message[MESSAGE], frame[FRAME_BYTES];

	up(host);
	good_message(message, frame);
	device_write(host, SCRIPT_SLOT_BYTES, message, MESSAGE);
	put32(message, DATA_OFFSET, 0);
	device_write(host, 0, message, MESSAGE);
	host->completions = 0;
	device_ranges(host, 44, 0xcafe, ranges, 3);
	card_receives(host, frame, FRAME_BYTES);
	card_receives(host, frame, FRAME_BYTES);
	ck_assert(card_receives_none(host));
	ck_assert_uint_eq(host->completions, 1);
	ck_assert_uint_eq(host->last_completion_status, NVSP_FAILURE);
	ck_assert_uint_eq(card_statistics(host).rx_drop_malformed, 1);
	device_ranges(host, 45, 0xcafe, ranges + 1, 2);
	card_receives(host, frame, FRAME_BYTES);
	card_receives(host, frame, FRAME_BYTES);
	ck_assert(card_receives_none(host));
	ck_assert_uint_eq(host->completions, 2);
	ck_assert_uint_eq(host->last_completion_status, NVSP_SUCCESS);
}

START_TEST(edge_76_a_packet_with_a_bad_frame_is_completed_as_failed)
{
	const struct scripted_host_configuration configuration = {0};

	run_seeds(&configuration, bad_range_first);
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
	tcase_add_test(
		test, edge_76_a_packet_with_a_bad_frame_is_completed_as_failed);
	suite_add_tcase(suite, test);
}

int main(void)
{
	Suite *suite = suite_create("rndis_frames");
	SRunner *runner;
	int failed;

	add_in(suite);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
