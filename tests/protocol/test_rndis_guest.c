/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS control messages on the guest's side: a device that answers late,
 * wrongly, partly or not at all, under the real driver.
 */
#include <check.h>
#include <string.h>

#include "tests/support/scripted_rndis.h"

#define NVSP_BYTES  40u
#define NVSP_FAILED 2u
#define SEEDS	    4

static const uint8_t device_mac[6] = {0x00, 0x15, 0x5d, 1, 2, 3};

/* A frame each way goes through, whole. */
static void frames_pass(struct scripted_host *host)
{
	uint8_t frame[600], got[600];
	struct net_packet packet;

	script_frame(frame, sizeof(frame));
	ck_assert_int_eq(card_transmit(host, frame, sizeof(frame)), 0);
	card_settle(host);
	ck_assert_uint_ge(host->data_bytes, 44 + sizeof(frame));
	ck_assert_mem_eq(host->data + 44, frame, sizeof(frame));
	device_frame(host, frame, sizeof(frame));
	ck_assert_int_eq(card_receive(host, got, sizeof(got), &packet),
			 sizeof(frame));
	ck_assert_mem_eq(got, frame, sizeof(frame));
}

static void run_seeds(struct scripted_host_configuration *configuration,
		      void (*body)(struct scripted_host *host))
{
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		configuration->seed = seed;
		ck_assert_str_eq(scripted_host_run(configuration, body), "");
	}
}

/* ---- Each answer of the bring-up missing or refused, one at a time ---- */

enum how {
	/* No answer at all. */
	SILENT,
	/* A status: failure; of RNDIS also "not supported". */
	REFUSED,
	UNSUPPORTED,
	/* Right type and id, and not much more. */
	SHORT,
	/* Another type of answer. */
	OTHER,
	/* An RNDIS request's packet is refused, or never completed. */
	PACKET_REFUSED,
	PACKET_SILENT,
};

struct twist {
	const char *name;
	/* NVSP's type, or RNDIS's with its OID; done so often. */
	uint32_t nvsp, rndis, oid;
	enum how how;
	int error;
};

static const struct twist twists[] = {
	{"init", 1, 0, 0, SILENT, ERROR_TIMED_OUT},
	{"init", 1, 0, 0, REFUSED, ERROR_NOT_SUPPORTED},
	{"init", 1, 0, 0, SHORT, ERROR_PROTOCOL},
	{"init", 1, 0, 0, OTHER, ERROR_PROTOCOL},
	{"receive buffer", 101, 0, 0, SILENT, ERROR_TIMED_OUT},
	{"receive buffer", 101, 0, 0, REFUSED, ERROR_IO},
	{"receive buffer", 101, 0, 0, SHORT, ERROR_PROTOCOL},
	{"receive buffer", 101, 0, 0, OTHER, ERROR_PROTOCOL},
	{"send buffer", 104, 0, 0, SILENT, ERROR_TIMED_OUT},
	{"send buffer", 104, 0, 0, REFUSED, 0},
	{"send buffer", 104, 0, 0, SHORT, ERROR_PROTOCOL},
	{"send buffer", 104, 0, 0, OTHER, ERROR_PROTOCOL},
	{"initialize", 0, 2, 0, SILENT, ERROR_TIMED_OUT},
	{"initialize", 0, 2, 0, REFUSED, ERROR_IO},
	{"initialize", 0, 2, 0, UNSUPPORTED, ERROR_NOT_SUPPORTED},
	{"initialize", 0, 2, 0, SHORT, ERROR_PROTOCOL},
	{"initialize", 0, 2, 0, OTHER, ERROR_TIMED_OUT},
	{"initialize", 0, 2, 0, PACKET_REFUSED, ERROR_IO},
	{"MAC", 0, 4, SCRIPT_OID_MAC, SILENT, ERROR_TIMED_OUT},
	{"MAC", 0, 4, SCRIPT_OID_MAC, REFUSED, 0},
	{"MAC", 0, 4, SCRIPT_OID_MAC, UNSUPPORTED, 0},
	{"MAC", 0, 4, SCRIPT_OID_MAC, SHORT, ERROR_PROTOCOL},
	{"MAC", 0, 4, SCRIPT_OID_MAC, OTHER, ERROR_TIMED_OUT},
	{"MAC", 0, 4, SCRIPT_OID_MAC, PACKET_REFUSED, 0},
	{"MAC", 0, 4, SCRIPT_OID_MAC, PACKET_SILENT, ERROR_TIMED_OUT},
	{"MTU", 0, 4, SCRIPT_OID_FRAME_SIZE, SILENT, ERROR_TIMED_OUT},
	{"MTU", 0, 4, SCRIPT_OID_FRAME_SIZE, REFUSED, 0},
	{"MTU", 0, 4, SCRIPT_OID_FRAME_SIZE, UNSUPPORTED, 0},
	{"MTU", 0, 4, SCRIPT_OID_FRAME_SIZE, SHORT, ERROR_PROTOCOL},
	{"MTU", 0, 4, SCRIPT_OID_FRAME_SIZE, PACKET_REFUSED, 0},
	{"media", 0, 4, SCRIPT_OID_MEDIA, SILENT, ERROR_TIMED_OUT},
	{"media", 0, 4, SCRIPT_OID_MEDIA, REFUSED, 0},
	{"media", 0, 4, SCRIPT_OID_MEDIA, UNSUPPORTED, 0},
	{"media", 0, 4, SCRIPT_OID_MEDIA, SHORT, ERROR_PROTOCOL},
	{"speed", 0, 4, SCRIPT_OID_SPEED, SILENT, ERROR_TIMED_OUT},
	{"speed", 0, 4, SCRIPT_OID_SPEED, REFUSED, 0},
	{"speed", 0, 4, SCRIPT_OID_SPEED, UNSUPPORTED, 0},
	{"speed", 0, 4, SCRIPT_OID_SPEED, SHORT, ERROR_PROTOCOL},
	{"offloads", 0, 4, SCRIPT_OID_OFFLOAD_QUERY, SILENT, ERROR_TIMED_OUT},
	{"offloads", 0, 4, SCRIPT_OID_OFFLOAD_QUERY, REFUSED, 0},
	{"offloads", 0, 4, SCRIPT_OID_OFFLOAD_QUERY, UNSUPPORTED, 0},
	{"offloads", 0, 4, SCRIPT_OID_OFFLOAD_QUERY, SHORT, ERROR_PROTOCOL},
	{"set offloads", 0, 5, SCRIPT_OID_OFFLOAD_SET, SILENT, ERROR_TIMED_OUT},
	{"set offloads", 0, 5, SCRIPT_OID_OFFLOAD_SET, REFUSED, 0},
	{"set offloads", 0, 5, SCRIPT_OID_OFFLOAD_SET, UNSUPPORTED, 0},
	{"set offloads", 0, 5, SCRIPT_OID_OFFLOAD_SET, SHORT, ERROR_PROTOCOL},
	{"filter", 0, 5, SCRIPT_OID_FILTER, SILENT, ERROR_TIMED_OUT},
	{"filter", 0, 5, SCRIPT_OID_FILTER, REFUSED, ERROR_PROTOCOL},
	{"filter", 0, 5, SCRIPT_OID_FILTER, UNSUPPORTED, ERROR_PROTOCOL},
	{"filter", 0, 5, SCRIPT_OID_FILTER, SHORT, ERROR_PROTOCOL},
	{"filter", 0, 5, SCRIPT_OID_FILTER, PACKET_REFUSED, ERROR_PROTOCOL},
};
#define TWISTS ((int)(sizeof(twists) / sizeof(twists[0])))

static const struct twist *twist;
static unsigned twisted;

static bool twist_nvsp(struct scripted_host *host,
		       const struct host_packet *packet)
{
	uint32_t type = get32(packet->payload, 0);
	uint8_t answer[NVSP_BYTES] = {0};

	/* Each is answered by the number behind its own. */
	put32(answer, 0, twist->how == OTHER ? type + 7 : type + 1);
	put32(answer, 4, NVSP_FAILED);
	put32(answer, 12, NVSP_FAILED);
	if (twist->how != SILENT)
		device_complete(host, packet->transaction_id, answer,
				twist->how == SHORT ? 4 : sizeof(answer));
	return true;
}

/* The packet of a request: refused, or answered and never completed. */
static bool twist_request(struct scripted_host *host,
			  const struct host_packet *packet)
{
	uint8_t refused[NVSP_BYTES] = {108, 0, 0, 0, NVSP_FAILED};
	uint8_t request[28] = {0};
	uint64_t page = get32(packet->ranges, 8);

	ck_assert(machine_ram_read(
		host->machine, page * PORT_PAGE_SIZE + get32(packet->ranges, 4),
		request, 24));
	if (get32(request, 0) != twist->rndis ||
	    (twist->oid != 0 && get32(request, 12) != twist->oid))
		return false;
	twisted++;
	if (twist->how == PACKET_REFUSED)
		device_complete(host, packet->transaction_id, refused,
				sizeof(refused));
	else
		device_answer(host, request, SCRIPT_OK, device_mac, 6);
	return true;
}

static bool twist_packet(struct scripted_host *host,
			 const struct host_packet *packet)
{
	if (!twist)
		return false;
	if (twist->nvsp != 0 && get32(packet->payload, 0) == twist->nvsp) {
		twisted++;
		return twist_nvsp(host, packet);
	}
	return packet->type == HOST_PACKET_GPA_DIRECT &&
	       (twist->how == PACKET_REFUSED || twist->how == PACKET_SILENT) &&
	       twist_request(host, packet);
}

static bool twist_control(struct scripted_host *host, const uint8_t *request,
			  uint32_t bytes)
{
	uint32_t type = get32(request, 0);
	uint8_t answer[16] = {0};

	if (!twist || twist->rndis != type ||
	    (twist->oid != 0 && get32(request, 12) != twist->oid))
		return device_offers_checksums(host, request, bytes);
	twisted++;
	put32(answer, 0, type | SCRIPT_ANSWER);
	put32(answer, 4, 12);
	put32(answer, 8, get32(request, 8));
	if (twist->how == REFUSED || twist->how == UNSUPPORTED) {
		/* As long as the longest of them: INITIALIZE's. */
		uint8_t refused[52] = {0};

		memcpy(refused, answer, 12);
		put32(refused, 4, sizeof(refused));
		put32(refused, 12,
		      twist->how == REFUSED ? SCRIPT_FAILED
					    : SCRIPT_UNSUPPORTED);
		device_rndis(host, refused, sizeof(refused));
	} else if (twist->how == SHORT) {
		device_rndis(host, answer, 12);
	} else if (twist->how == OTHER) {
		put32(answer, 0, SCRIPT_KEEPALIVE | SCRIPT_ANSWER);
		put32(answer, 4, 16);
		device_rndis(host, answer, 16);
	}
	return true;
}

static void bring_up_twisted(struct scripted_host *host)
{
	ck_assert_msg(card_up(host) == twist->error, "%s, %d: error %d",
		      twist->name, twist->how, host->error);
	ck_assert_uint_ge(twisted, 1);
	if (twist->error == 0) {
		ck_assert_uint_eq(card_statistics(host).bad_messages, 0);
		frames_pass(host);
	}
	card_close(host);
	/* And once it behaves, all is well. */
	twist = NULL;
	ck_assert_int_eq(card_up(host), 0);
	ck_assert_mem_eq(host->nic->information.mac, device_mac, 6);
	frames_pass(host);
}

static void twists_prepare(struct scripted_host *host)
{
	host->on_packet = twist_packet;
	host->on_control = twist_control;
}

START_TEST(each_answer_of_the_bring_up_is_missing_or_refused)
{
	struct scripted_host_configuration configuration = {
		.prepare = twists_prepare,
	};

	for (unsigned seed = 0; seed < SEEDS; seed++) {
		twist = &twists[_i];
		twisted = 0;
		configuration.seed = seed;
		/* Hosts that close before and after a teardown. */
		configuration.host = seed % 2 ? "ws2012r2" : "ws2022";
		ck_assert_str_eq(scripted_host_run(&configuration,
						   bring_up_twisted),
				 "");
	}
}
END_TEST

/* ---- INITIALIZE_CMPLT with values that make no sense ---- */

struct device_case {
	uint32_t packets_max, transfer_max, alignment;
	/*
	 * Messages of a burst of twelve small frames, and what each begins at.
	 */
	unsigned packets, aligned;
};

static const struct device_case device_cases[] = {
	{8, 0x4000, 3, 2, 8},
	{8, 0x4000, 0, 2, 1},
	{8, 0x4000, 6, 2, 64},
	{5, 0x4000, 3, 3, 8},
	{UINT32_MAX, UINT32_MAX, 3, 1, 8},
	/* One by one: none, one, or an alignment beyond reason. */
	{0, 0x4000, 3, 12, 1},
	{1, 0x4000, 3, 12, 1},
	{8, 0x4000, 7, 12, 1},
	{8, 0x4000, 31, 12, 1},
	{8, 0x4000, 32, 12, 1},
	{8, 0x4000, UINT32_MAX, 12, 1},
	/* Two times 44 and 60, and no more; less than one. */
	{8, 208, 3, 6, 8},
	{8, 0, 3, 12, 8},
	{8, 10, 3, 12, 8},
};
#define DEVICE_CASES ((int)(sizeof(device_cases) / sizeof(device_cases[0])))

static const struct device_case *device_case;

static void burst_of_twelve(struct scripted_host *host)
{
	struct net_segment segments[12];
	struct net_packet packets[12];
	void *owners[12];

	ck_assert_int_eq(card_up(host), 0);
	memset(packets, 0, sizeof(packets));
	for (unsigned i = 0; i < 12; i++) {
		segments[i].data = host->transmit_memory + (size_t)i * 100;
		segments[i].length = 60;
		script_frame(segments[i].data, 60);
		packets[i].first_segment = i;
		packets[i].segment_count = 1;
		packets[i].length = 60;
		packets[i].owner = segments[i].data;
	}
	ck_assert_uint_eq(nic_transmit(host->nic, 0, packets, 12, segments),
			  12);
	ck_assert_uint_eq(nic_reclaim(host->nic, 0, owners, 12), 12);
	card_settle(host);
	ck_assert_uint_eq(host->data_packets, device_case->packets);
	ck_assert_uint_eq(host->data_messages, 12);
	/* The last one: each message where the next may begin, to the end. */
	for (uint32_t at = 0; at < host->data_bytes;
	     at += get32(host->data, at + 4)) {
		ck_assert_uint_eq(at % device_case->aligned, 0);
		ck_assert_uint_eq(get32(host->data, at), SCRIPT_PACKET);
		ck_assert_uint_ge(get32(host->data, at + 4), 104);
		ck_assert_uint_eq(get32(host->data, at + 8), 36);
		ck_assert_uint_eq(get32(host->data, at + 12), 60);
		ck_assert_mem_eq(host->data + at + 44, segments[0].data, 60);
		ck_assert_uint_le(at + get32(host->data, at + 4),
				  host->data_bytes);
	}
}

static void device_prepare(struct scripted_host *host)
{
	host->packets_max = device_case->packets_max;
	host->transfer_max = device_case->transfer_max;
	host->alignment = device_case->alignment;
}

START_TEST(edge_76_an_aggregate_is_what_the_device_says_it_takes)
{
	struct scripted_host_configuration configuration = {
		.prepare = device_prepare,
	};

	device_case = &device_cases[_i];
	run_seeds(&configuration, burst_of_twelve);
}
END_TEST

static uint32_t medium;

static bool other_medium(struct scripted_host *host, const uint8_t *request,
			 uint32_t bytes)
{
	uint8_t answer[52] = {0};

	(void)bytes;
	if (get32(request, 0) != SCRIPT_INITIALIZE)
		return false;
	/* The driver's own: version 1.0, and how much it takes. */
	ck_assert_uint_eq(bytes, 24);
	ck_assert_uint_eq(get32(request, 12), 1);
	ck_assert_uint_eq(get32(request, 16), 0);
	ck_assert_uint_eq(get32(request, 20), 0x4000);
	put32(answer, 0, SCRIPT_INITIALIZE | SCRIPT_ANSWER);
	put32(answer, 4, sizeof(answer));
	put32(answer, 8, get32(request, 8));
	put32(answer, 16, 99);
	put32(answer, 28, medium);
	put32(answer, 32, 8);
	put32(answer, 36, 0x4000);
	put32(answer, 40, 3);
	/* An address list that is not there. */
	put32(answer, 44, UINT32_MAX);
	put32(answer, 48, UINT32_MAX);
	device_rndis(host, answer, sizeof(answer));
	return true;
}

static void up_with_a_medium(struct scripted_host *host)
{
	host->on_control = other_medium;
	ck_assert_int_eq(card_open(host),
			 medium == 0 ? 0 : ERROR_NOT_SUPPORTED);
}

START_TEST(a_device_that_is_no_ethernet_is_not_taken)
{
	static const uint32_t media[] = {0, 1, 2, UINT32_MAX};
	struct scripted_host_configuration configuration = {0};

	medium = media[_i];
	run_seeds(&configuration, up_with_a_medium);
}
END_TEST

/* ---- 71: offsets ---- */

struct query_case {
	/* Message length, and information's length and offset from byte 8. */
	uint32_t message, length, offset;
	int error;
};

/* The MAC lies at byte 48 of a range of 64. */
static const struct query_case query_cases[] = {
	{54, 6, 40, 0},
	{64, 6, 40, 0},
	{64, 8, 40, 0},
	{64, 16, 40, 0},
	/* Beyond the message, by one or by all there is. */
	{64, 17, 40, ERROR_PROTOCOL},
	{53, 6, 40, ERROR_PROTOCOL},
	{64, UINT32_MAX, 40, ERROR_PROTOCOL},
	{64, 6, UINT32_MAX, ERROR_PROTOCOL},
	{64, 6, UINT32_MAX - 7, ERROR_PROTOCOL},
	{64, 6, 57, ERROR_PROTOCOL},
	/*
	 * Inside the header; the header itself as a whole is no place either.
	 */
	{64, 6, 0, ERROR_PROTOCOL},
	{64, 6, 15, ERROR_PROTOCOL},
	/* The zeroes behind the header are no address. */
	{64, 6, 16, ERROR_PROTOCOL},
	/* Longer than the range, which holds it all. */
	{1000, 6, 40, 0},
	{UINT32_MAX, 6, 40, 0},
	/* Too short for an address. */
	{64, 5, 40, ERROR_PROTOCOL},
	{64, 0, 40, ERROR_PROTOCOL},
	/* Shorter than its own header. */
	{23, 6, 40, ERROR_PROTOCOL},
	/* And without the id that says whose it is. */
	{8, 6, 40, ERROR_TIMED_OUT},
};
#define QUERY_CASES ((int)(sizeof(query_cases) / sizeof(query_cases[0])))

static const struct query_case *query_case;

static bool answer_mac_at(struct scripted_host *host, const uint8_t *request,
			  uint32_t bytes)
{
	uint8_t answer[64] = {0};

	if (get32(request, 0) == SCRIPT_QUERY) {
		ck_assert_uint_eq(get32(request, 4), bytes);
		ck_assert_uint_ge(bytes, 28);
		/* What belongs to it, if anything, is behind the header. */
		ck_assert_uint_eq(get32(request, 16), bytes - 28);
		ck_assert_uint_eq(get32(request, 20), 20);
		ck_assert_uint_eq(get32(request, 24), 0);
	}
	if (!script_is(request, SCRIPT_QUERY, SCRIPT_OID_MAC))
		return false;
	put32(answer, 0, SCRIPT_QUERY | SCRIPT_ANSWER);
	put32(answer, 4, query_case->message);
	put32(answer, 8, get32(request, 8));
	put32(answer, 16, query_case->length);
	put32(answer, 20, query_case->offset);
	memcpy(answer + 48, device_mac, 6);
	device_rndis(host, answer, sizeof(answer));
	return true;
}

static void up_with_a_query(struct scripted_host *host)
{
	host->on_control = answer_mac_at;
	ck_assert_int_eq(card_open(host), query_case->error);
	if (query_case->error == 0)
		ck_assert_mem_eq(host->nic->information.mac, device_mac, 6);
}

START_TEST(edge_71_offsets_count_from_byte_8)
{
	struct scripted_host_configuration configuration = {0};

	query_case = &query_cases[_i];
	run_seeds(&configuration, up_with_a_query);
}
END_TEST

static bool looks_at_set(struct scripted_host *host, const uint8_t *request,
			 uint32_t bytes)
{
	if (!script_is(request, SCRIPT_SET, SCRIPT_OID_FILTER))
		return false;
	ck_assert_uint_eq(bytes, 32);
	ck_assert_uint_eq(get32(request, 4), 32);
	ck_assert_uint_eq(get32(request, 16), 4);
	ck_assert_uint_eq(get32(request, 20), 20);
	ck_assert_uint_eq(get32(request, 24), 0);
	*(unsigned *)host->context += 1;
	return false;
}

static void sets_filters(struct scripted_host *host)
{
	/* Unicast, broadcast; the lists as all; all; promiscuous. */
	static const uint32_t bits[] = {1, 8, 4, 4, 0x20};
	unsigned sets = 0;

	host->context = &sets;
	host->on_control = looks_at_set;
	ck_assert_int_eq(card_up(host), 0);
	ck_assert_uint_eq(host->filter, 9);
	for (unsigned filter = 0; filter < 32; filter++) {
		uint32_t expected = 0;

		for (unsigned i = 0; i < 5; i++)
			expected |= filter & 1u << i ? bits[i] : 0;
		ck_assert_int_eq(nic_filter_set(host->nic, filter, NULL, 0), 0);
		ck_assert_uint_eq(host->filter, expected);
	}
	ck_assert_uint_eq(sets, 33);
	host->on_control = NULL;
}

START_TEST(edge_71_what_is_set_lies_right_behind_the_header)
{
	struct scripted_host_configuration configuration = {0};

	run_seeds(&configuration, sets_filters);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rndis_guest");
	TCase *test = tcase_create("bring-up");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(test,
			    each_answer_of_the_bring_up_is_missing_or_refused,
			    0, TWISTS);
	tcase_add_loop_test(
		test, edge_76_an_aggregate_is_what_the_device_says_it_takes, 0,
		DEVICE_CASES);
	tcase_add_loop_test(test, a_device_that_is_no_ethernet_is_not_taken, 0,
			    4);
	tcase_add_loop_test(test, edge_71_offsets_count_from_byte_8, 0,
			    QUERY_CASES);
	tcase_add_test(test, edge_71_what_is_set_lies_right_behind_the_header);
	suite_add_tcase(suite, test);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
