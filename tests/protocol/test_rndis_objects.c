/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS objects on the guest's side: what the driver asks for and sets, and
 * what it makes of a device that knows less, or says something odd. A device in
 * plain bytes under the real driver.
 */
#include <check.h>
#include <string.h>

#include "tests/support/scripted_rndis.h"

static const uint8_t device_mac[6] = {0x00, 0x15, 0x5d, 1, 2, 3};

static void run_seeds(const struct netvsc_configuration *card,
		      uint32_t nvsp_version,
		      void (*body)(struct scripted_host *host))
{
	struct scripted_host_configuration configuration = {
		.nvsp_version = nvsp_version,
	};

	if (card)
		configuration.card = *card;
	for (unsigned seed = 0; seed < 4; seed++) {
		configuration.seed = seed;
		ck_assert_str_eq(scripted_host_run(&configuration, body), "");
	}
}

static void frames_pass(struct scripted_host *host)
{
	uint8_t frame[300], got[300];
	struct net_packet packet;

	script_frame(frame, sizeof(frame));
	ck_assert_int_eq(card_transmit(host, frame, sizeof(frame)), 0);
	card_settle(host);
	ck_assert_mem_eq(host->data + 44, frame, sizeof(frame));
	device_frame(host, frame, sizeof(frame));
	ck_assert_int_eq(card_receive(host, got, sizeof(got), &packet),
			 sizeof(frame));
	ck_assert_mem_eq(got, frame, sizeof(frame));
}

/* ---- 74: objects that are not there, answers of another length ---- */

static bool knows_the_mac_only(struct scripted_host *host,
			       const uint8_t *request, uint32_t bytes)
{
	(void)bytes;
	if (get32(request, 0) != SCRIPT_QUERY)
		return false;
	if (script_is(request, SCRIPT_QUERY, SCRIPT_OID_PERMANENT_MAC))
		device_answer(host, request, SCRIPT_OK, device_mac, 6);
	else
		device_answer(host, request, SCRIPT_UNSUPPORTED, NULL, 0);
	return true;
}

static void up_with_a_mac_only(struct scripted_host *host)
{
	struct nic_link link;

	host->on_control = knows_the_mac_only;
	ck_assert_int_eq(card_up(host), 0);
	ck_assert_mem_eq(host->nic->information.mac, device_mac, 6);
	ck_assert_uint_eq(host->nic->information.mtu, 1500);
	ck_assert_uint_eq(host->nic->information.features &
				  ~(NIC_FEATURE_TX_VLAN | NIC_FEATURE_RX_VLAN |
				    NIC_FEATURE_MAC_SET),
			  0);
	nic_link(host->nic, &link);
	ck_assert_uint_eq(link.speed_mbps, 0);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 0);
	frames_pass(host);
}

START_TEST(edge_74_a_device_that_knows_its_address_only_is_enough)
{
	run_seeds(NULL, 0, up_with_a_mac_only);
}
END_TEST

static bool knows_nothing(struct scripted_host *host, const uint8_t *request,
			  uint32_t bytes)
{
	(void)bytes;
	if (get32(request, 0) != SCRIPT_QUERY)
		return false;
	device_answer(host, request, SCRIPT_UNSUPPORTED, NULL, 0);
	return true;
}

static void up_without_a_mac(struct scripted_host *host)
{
	host->on_control = knows_nothing;
	ck_assert_int_eq(card_open(host), ERROR_NOT_SUPPORTED);
	ck_assert_ptr_null(host->nic);
}

START_TEST(edge_74_a_device_without_an_address_is_none)
{
	run_seeds(NULL, 0, up_without_a_mac);
}
END_TEST

struct answer_case {
	uint32_t oid;
	uint8_t bytes[16];
	uint32_t length;
	int error;
	uint64_t bad_messages;
	bool up;
	uint32_t speed_mbps;
	uint16_t mtu;
};

#define MEGABITS_40000 0x00, 0x84, 0xd7, 0x17

static const struct answer_case answer_cases[] = {
	/* Longer than it needs to be. */
	{SCRIPT_OID_MAC,
	 {0, 0x15, 0x5d, 1, 2, 3, 9, 9},
	 8,
	 0,
	 0,
	 true,
	 10000,
	 1500},
	{SCRIPT_OID_SPEED, {MEGABITS_40000, 0xff}, 16, 0, 0, true, 40000, 1500},
	{SCRIPT_OID_MEDIA, {1, 0, 0, 0, 0xff}, 8, 0, 0, false, 10000, 1500},
	{SCRIPT_OID_FRAME_SIZE, {0x78, 5, 0, 0, 1}, 5, 0, 0, true, 10000, 1400},
	/* Shorter: not there. Of the address that will not do. */
	{SCRIPT_OID_MAC,
	 {0, 0x15, 0x5d, 1, 2},
	 5,
	 ERROR_PROTOCOL,
	 0,
	 true,
	 0,
	 0},
	{SCRIPT_OID_MAC, {0}, 0, ERROR_PROTOCOL, 0, true, 0, 0},
	{SCRIPT_OID_SPEED, {MEGABITS_40000}, 3, 0, 1, true, 0, 1500},
	{SCRIPT_OID_SPEED, {0}, 0, 0, 1, true, 0, 1500},
	{SCRIPT_OID_MEDIA, {1}, 2, 0, 1, false, 10000, 1500},
	{SCRIPT_OID_FRAME_SIZE, {0x78, 5}, 2, 0, 1, true, 10000, 1500},
	/* An address that is none: of a group, of nobody. */
	{SCRIPT_OID_MAC,
	 {1, 0, 0x5e, 1, 2, 3},
	 6,
	 ERROR_PROTOCOL,
	 0,
	 true,
	 0,
	 0},
	{SCRIPT_OID_MAC,
	 {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	 6,
	 ERROR_PROTOCOL,
	 0,
	 true,
	 0,
	 0},
	{SCRIPT_OID_MAC, {0}, 6, ERROR_PROTOCOL, 0, true, 0, 0},
	/* 86: a frame size below the least MTU; above what was asked for. */
	{SCRIPT_OID_FRAME_SIZE,
	 {0x3f, 2, 0, 0},
	 4,
	 ERROR_PROTOCOL,
	 0,
	 true,
	 0,
	 0},
	{SCRIPT_OID_FRAME_SIZE, {0x40, 2, 0, 0}, 4, 0, 0, true, 10000, 576},
	{SCRIPT_OID_FRAME_SIZE, {0}, 4, ERROR_PROTOCOL, 0, true, 0, 0},
	{SCRIPT_OID_FRAME_SIZE,
	 {0xff, 0xff, 0xff, 0xff},
	 4,
	 0,
	 0,
	 true,
	 10000,
	 1500},
	/* Any number but 0 is down. */
	{SCRIPT_OID_MEDIA, {0, 0, 0, 0x80}, 4, 0, 0, false, 10000, 1500},
	{SCRIPT_OID_SPEED,
	 {0xff, 0xff, 0xff, 0xff},
	 4,
	 0,
	 0,
	 true,
	 429496,
	 1500},
};
#define ANSWER_CASES ((int)(sizeof(answer_cases) / sizeof(answer_cases[0])))

static const struct answer_case *answer_case;

static bool answers_oddly(struct scripted_host *host, const uint8_t *request,
			  uint32_t bytes)
{
	(void)bytes;
	if (!script_is(request, SCRIPT_QUERY, answer_case->oid))
		return false;
	device_answer(host, request, SCRIPT_OK, answer_case->bytes,
		      answer_case->length);
	return true;
}

static void up_with_an_odd_answer(struct scripted_host *host)
{
	struct nic_link link;

	host->on_control = answers_oddly;
	ck_assert_int_eq(card_up(host), answer_case->error);
	if (answer_case->error)
		return;
	ck_assert_uint_eq(card_statistics(host).bad_messages,
			  answer_case->bad_messages);
	ck_assert_mem_eq(host->nic->information.mac, device_mac, 6);
	ck_assert_uint_eq(host->nic->information.mtu, answer_case->mtu);
	nic_link(host->nic, &link);
	ck_assert_uint_eq(link.speed_mbps, answer_case->speed_mbps);
	/* Where the answer says nothing, what was so at first. */
	ck_assert_int_eq(link.up, answer_case->up);
	frames_pass(host);
}

START_TEST(edge_74_an_answer_may_be_longer_and_need_not_be_there)
{
	answer_case = &answer_cases[_i];
	run_seeds(NULL, 0, up_with_an_odd_answer);
}
END_TEST

/* ---- 81: filter 0, HALT, then the buffers ---- */

static char order[16];
static unsigned order_count;

static void order_add(char letter)
{
	if (order_count + 1 < sizeof(order))
		order[order_count++] = letter;
	order[order_count] = '\0';
}

static bool notes_control(struct scripted_host *host, const uint8_t *request,
			  uint32_t bytes)
{
	(void)host;
	if (script_is(request, SCRIPT_SET, SCRIPT_OID_FILTER)) {
		ck_assert_uint_eq(bytes, 32);
		order_add(get32(request, 28) == 0 ? '0' : 'f');
	} else if (get32(request, 0) == SCRIPT_HALT) {
		ck_assert_uint_eq(bytes, 12);
		order_add('h');
	}
	return false;
}

static bool notes_packet(struct scripted_host *host,
			 const struct host_packet *packet)
{
	uint32_t type = get32(packet->payload, 0);

	(void)host;
	if (type == 103 || type == 106)
		order_add(type == 103 ? 'r' : 's');
	return false;
}

/*
 * What was said, in this order. The host has seen HALT, which is waited for;
 * what is said to nobody's answer behind it may meet a closed channel.
 */
static void is_order(const char *expected)
{
	const char *halt = strchr(expected, 'h');

	ck_assert_msg(strncmp(expected, order, order_count) == 0 &&
			      order_count > (unsigned)(halt - expected),
		      "%s, not %s", order, expected);
}

static void comes_down(struct scripted_host *host)
{
	order_count = 0;
	host->on_control = notes_control;
	host->on_packet = notes_packet;
	ck_assert_int_eq(card_up(host), 0);
	frames_pass(host);
	card_close(host);
	/* Filter set and 0, HALT, receive buffer, send buffer. */
	is_order("f0hrs");
	ck_assert_uint_eq(host->closes, 1);
	/* Never started: there is no filter to take back. */
	order_count = 0;
	ck_assert_int_eq(card_open(host), 0);
	card_close(host);
	is_order("hrs");
	/* Stopped before. */
	order_count = 0;
	ck_assert_int_eq(card_up(host), 0);
	nic_stop(host->nic);
	ck_assert_str_eq(order, "f0");
	card_close(host);
	is_order("f0hrs");
}

START_TEST(edge_81_the_filter_is_0_before_halt)
{
	run_seeds(NULL, 0, comes_down);
}
END_TEST

/* Frames of a host that goes on after the filter is 0 are counted drops. */
static void frames_after_the_stop(struct scripted_host *host)
{
	uint8_t frame[100];
	struct nic_statistics before, after;

	script_frame(frame, sizeof(frame));
	ck_assert_int_eq(card_up(host), 0);
	nic_stop(host->nic);
	card_settle(host);
	before = card_statistics(host);
	host->completions = 0;
	for (unsigned i = 0; i < 10; i++)
		device_frame(host, frame, sizeof(frame));
	card_settle(host);
	after = card_statistics(host);
	ck_assert_uint_eq(after.rx_drop_stopped, before.rx_drop_stopped + 10);
	ck_assert_uint_eq(after.rx_frames, before.rx_frames);
	ck_assert_uint_eq(host->completions, 10);
}

START_TEST(edge_81_frames_for_a_stopped_card_are_dropped_and_completed)
{
	run_seeds(NULL, 0, frames_after_the_stop);
}
END_TEST

/* ---- 84: offloads ---- */

struct offload_case {
	uint32_t nvsp_version;
	/* Encapsulation and flags of v4 out, v4 in, v6 out, v6 in. */
	uint32_t encapsulation, flags[4];
	/* IPv4, TCP v4, UDP v4, TCP v6, UDP v6: 1 off, 2 out, 3 in, 4 both. */
	uint8_t set[5];
	uint32_t features;
};

#define IP   0x100u
#define TCP  0x010u
#define UDP  0x040u
#define ALL4 (IP | TCP | UDP)
#define ALL6 (TCP | UDP)
#define OUT_ALL                                                                \
	(NIC_FEATURE_TX_CHECKSUM_IPV4 | NIC_FEATURE_TX_CHECKSUM_TCP |          \
	 NIC_FEATURE_TX_CHECKSUM_UDP)
#define IN NIC_FEATURE_RX_CHECKSUM

static const struct offload_case offload_cases[] = {
	{0x60001, 2, {0, 0, 0, 0}, {1, 1, 1, 1, 1}, 0},
	{0x60001, 2, {ALL4, ALL4, ALL6, ALL6}, {4, 4, 4, 4, 4}, OUT_ALL | IN},
	{0x60001, 2, {ALL4, 0, ALL6, 0}, {2, 2, 2, 2, 2}, OUT_ALL},
	{0x60001, 2, {0, ALL4, 0, ALL6}, {3, 3, 3, 3, 3}, IN},
	/* A stack chooses by TCP, not by its version: both or none. */
	{0x60001, 2, {TCP, TCP, 0, 0}, {1, 1, 1, 1, 1}, 0},
	{0x60001,
	 2,
	 {IP, 0, ALL6, ALL6},
	 {2, 1, 1, 1, 1},
	 NIC_FEATURE_TX_CHECKSUM_IPV4},
	{0x60001,
	 2,
	 {UDP, TCP, UDP, TCP},
	 {1, 3, 2, 3, 2},
	 NIC_FEATURE_TX_CHECKSUM_UDP | IN},
	/* Not of Ethernet. */
	{0x60001, 1, {ALL4, ALL4, ALL6, ALL6}, {1, 1, 1, 1, 1}, 0},
	/* Hosts of NVSP 4 cannot do UDP, whatever they say. */
	{0x40000,
	 2,
	 {ALL4, ALL4, ALL6, ALL6},
	 {4, 4, 1, 4, 1},
	 (OUT_ALL & ~NIC_FEATURE_TX_CHECKSUM_UDP) | IN},
};
#define OFFLOAD_CASES ((int)(sizeof(offload_cases) / sizeof(offload_cases[0])))

static const struct offload_case *offload_case;
static unsigned offload_sets;
static uint32_t offload_status, offload_bytes;
static uint8_t offload_type;

static void check_offload_set(const uint8_t *request, uint32_t bytes)
{
	const uint8_t *set = request + 28;

	offload_sets++;
	ck_assert_uint_eq(get32(request, 16), bytes - 28);
	/* NDIS object header: default type, and a size that is right. */
	ck_assert_uint_eq(set[0], 0x80);
	ck_assert_uint_eq(set[1],
			  offload_case->nvsp_version >= 0x50000 ? 3 : 2);
	ck_assert_uint_eq(get16(set, 2), bytes - 28);
	ck_assert_mem_eq(set + 4, offload_case->set, 5);
	/* Segmentation: version 1 as it is, version 2 off. */
	ck_assert_uint_eq(set[9], 0);
	ck_assert_uint_eq(set[11], 1);
	ck_assert_uint_eq(set[12], 1);
}

static bool offers_offloads(struct scripted_host *host, const uint8_t *request,
			    uint32_t bytes)
{
	uint8_t offload[156] = {0};

	if (script_is(request, SCRIPT_SET, SCRIPT_OID_OFFLOAD_SET)) {
		check_offload_set(request, bytes);
		device_answer(host, request, offload_status, NULL, 0);
		return true;
	}
	if (!script_is(request, SCRIPT_QUERY, SCRIPT_OID_OFFLOAD_QUERY))
		return false;
	/* It asks with an object of its own size and revision. */
	ck_assert_uint_eq(request[28], 0xa7);
	ck_assert_uint_eq(get16(request, 30), bytes - 28);
	offload[0] = offload_type;
	offload[1] = 3;
	put16(offload, 2, (uint16_t)offload_bytes);
	for (unsigned i = 0; i < 4; i++) {
		put32(offload, 4 + 8 * i, offload_case->encapsulation);
		put32(offload, 8 + 8 * i, offload_case->flags[i]);
	}
	device_answer(host, request, SCRIPT_OK, offload, offload_bytes);
	return true;
}

static uint32_t checksums(const struct scripted_host *host)
{
	return host->nic->information.features & (OUT_ALL | IN);
}

static void up_with_offloads(struct scripted_host *host)
{
	offload_sets = 0;
	host->on_control = offers_offloads;
	ck_assert_int_eq(card_up(host), 0);
	ck_assert_uint_eq(offload_sets, 1);
	ck_assert_uint_eq(checksums(host), offload_case->features);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 0);
	frames_pass(host);
}

START_TEST(edge_84_what_is_not_wanted_is_switched_off_by_1)
{
	offload_case = &offload_cases[_i];
	offload_status = SCRIPT_OK;
	offload_bytes = offload_case->nvsp_version >= 0x50000 ? 156 : 144;
	offload_type = 0xa7;
	run_seeds(NULL, offload_case->nvsp_version, up_with_offloads);
}
END_TEST

static void up_with_refused_offloads(struct scripted_host *host)
{
	offload_sets = 0;
	host->on_control = offers_offloads;
	ck_assert_int_eq(card_up(host), 0);
	/* Offered and refused: there are none. */
	ck_assert_uint_eq(checksums(host), 0);
	frames_pass(host);
}

START_TEST(edge_84_offloads_that_the_host_refuses_are_none)
{
	static const uint32_t statuses[] = {SCRIPT_FAILED, SCRIPT_UNSUPPORTED,
					    0xc0010015};

	offload_case = &offload_cases[1];
	offload_status = statuses[_i];
	offload_bytes = 156;
	offload_type = 0xa7;
	run_seeds(NULL, offload_case->nvsp_version, up_with_refused_offloads);
}
END_TEST

/* Neither is a description that is too short, or of something else. */
static void up_with_odd_offloads(struct scripted_host *host)
{
	offload_sets = 0;
	host->on_control = offers_offloads;
	ck_assert_int_eq(card_up(host), 0);
	ck_assert_uint_eq(offload_sets, 0);
	ck_assert_uint_eq(checksums(host), 0);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 1);
	frames_pass(host);
}

START_TEST(edge_84_offloads_that_make_no_sense_are_none)
{
	static const uint32_t lengths[] = {0, 3, 4, 35, 156};

	offload_case = &offload_cases[1];
	offload_bytes = lengths[_i];
	offload_type = _i == 4 ? 0xa8 : 0xa7;
	run_seeds(NULL, offload_case->nvsp_version, up_with_odd_offloads);
}
END_TEST

/* ---- 85: the MAC address ---- */

static const uint8_t wanted_mac[6] = {0x02, 0xab, 0xcd, 0xef, 0x19, 0x70};

struct mac_case {
	uint32_t status;
	/* What it reads back as. */
	uint8_t mac[6];
	int error;
	bool taken;
};

static const struct mac_case mac_cases[] = {
	{SCRIPT_OK, {0x02, 0xab, 0xcd, 0xef, 0x19, 0x70}, 0, true},
	/* Agreed and not done; done with another one. */
	{SCRIPT_OK, {0x00, 0x15, 0x5d, 1, 2, 3}, ERROR_NOT_SUPPORTED, false},
	{SCRIPT_OK,
	 {0x02, 0xab, 0xcd, 0xef, 0x19, 0x71},
	 ERROR_NOT_SUPPORTED,
	 true},
	/* Refused. */
	{SCRIPT_FAILED, {0x00, 0x15, 0x5d, 1, 2, 3}, ERROR_IO, false},
	{SCRIPT_UNSUPPORTED,
	 {0x00, 0x15, 0x5d, 1, 2, 3},
	 ERROR_NOT_SUPPORTED,
	 false},
	/* Read back as something that no card has. */
	{SCRIPT_OK, {0x01, 0, 0, 0, 0, 1}, ERROR_IO, false},
	{SCRIPT_OK, {0}, ERROR_IO, false},
};
#define MAC_CASES ((int)(sizeof(mac_cases) / sizeof(mac_cases[0])))

static const struct mac_case *mac_case;

static bool takes_a_mac(struct scripted_host *host, const uint8_t *request,
			uint32_t bytes)
{
	static const char text[] = "NetworkAddress"
				   "02abcdef1970";
	const uint8_t *set = request + 28;

	if (script_is(request, SCRIPT_QUERY, SCRIPT_OID_MAC)) {
		device_answer(host, request, SCRIPT_OK, mac_case->mac, 6);
		return true;
	}
	if (!script_is(request, SCRIPT_SET, SCRIPT_OID_PARAMETER))
		return false;
	ck_assert_uint_eq(bytes, 28 + 20 + 2 * 26);
	/* Name: offset, length in bytes; a string; value likewise. */
	ck_assert_uint_eq(get32(set, 0), 20);
	ck_assert_uint_eq(get32(set, 4), 28);
	ck_assert_uint_eq(get32(set, 8), 2);
	ck_assert_uint_eq(get32(set, 12), 48);
	ck_assert_uint_eq(get32(set, 16), 24);
	for (unsigned i = 0; i < 26; i++)
		ck_assert_uint_eq(get16(set, 20 + 2 * i), (uint8_t)text[i]);
	device_answer(host, request, mac_case->status, NULL, 0);
	return true;
}

static void set_mac(struct scripted_host *host)
{
	ck_assert_int_eq(card_open(host), 0);
	host->on_control = takes_a_mac;
	ck_assert_int_eq(nic_mac_set(host->nic, wanted_mac), mac_case->error);
	ck_assert_mem_eq(host->nic->information.mac,
			 mac_case->taken ? mac_case->mac : device_mac, 6);
	host->on_control = NULL;
	ck_assert_int_eq(nic_start(host->nic), 0);
	frames_pass(host);
}

START_TEST(edge_85_a_mac_address_is_written_out_and_read_back)
{
	mac_case = &mac_cases[_i];
	run_seeds(NULL, 0, set_mac);
}
END_TEST

/* ---- 86: the MTU ---- */

static uint32_t frame_size_most;

static bool limits_frames(struct scripted_host *host, const uint8_t *request,
			  uint32_t bytes)
{
	uint8_t number[4];

	(void)bytes;
	if (!script_is(request, SCRIPT_QUERY, SCRIPT_OID_FRAME_SIZE) ||
	    frame_size_most >= host->mtu - 14)
		return false;
	put32(number, 0, frame_size_most);
	device_answer(host, request, SCRIPT_OK, number, 4);
	return true;
}

static void mtu_with_header(struct scripted_host *host)
{
	static const uint16_t mtus[] = {576, 1500, 4000, 9000};

	frame_size_most = 5000;
	host->on_control = limits_frames;
	ck_assert_int_eq(card_open(host), 0);
	ck_assert_uint_eq(host->mtu, 1514);
	for (unsigned i = 0; i < 4; i++) {
		/* What the host allows is what counts, and the card works. */
		ck_assert_int_eq(nic_mtu_set(host->nic, mtus[i]),
				 mtus[i] <= 5000 ? 0 : ERROR_INVALID);
		ck_assert_uint_eq(host->mtu, mtus[i] + 14u);
		ck_assert_uint_eq(host->nic->information.mtu,
				  mtus[i] <= 5000 ? mtus[i] : 5000);
		ck_assert_int_eq(nic_start(host->nic), 0);
		frames_pass(host);
		nic_stop(host->nic);
	}
}

START_TEST(edge_86_the_mtu_is_told_with_the_header)
{
	run_seeds(NULL, 0, mtu_with_header);
}
END_TEST

/* A change that fails is the end of the card, said so. */
static bool mute_frame_size(struct scripted_host *host, const uint8_t *request,
			    uint32_t bytes)
{
	(void)host;
	(void)bytes;
	return script_is(request, SCRIPT_QUERY, SCRIPT_OID_FRAME_SIZE);
}

static void mtu_change_fails(struct scripted_host *host)
{
	ck_assert_int_eq(card_open(host), 0);
	host->on_control = mute_frame_size;
	ck_assert_int_eq(nic_mtu_set(host->nic, 4000), ERROR_TIMED_OUT);
	ck_assert_uint_eq(nic_events(host->nic), NIC_EVENT_FAILED);
	ck_assert_int_eq(nic_start(host->nic), ERROR_PROTOCOL);
	ck_assert_int_eq(nic_mtu_set(host->nic, 1500), ERROR_PROTOCOL);
	ck_assert_int_eq(nic_filter_set(host->nic, 1, NULL, 0), ERROR_PROTOCOL);
	host->on_control = NULL;
	card_close(host);
	ck_assert_int_eq(card_up(host), 0);
	frames_pass(host);
}

START_TEST(edge_86_a_change_of_the_mtu_that_fails_ends_the_card)
{
	run_seeds(NULL, 0, mtu_change_fails);
}
END_TEST

static void add_tests(TCase *test)
{
	tcase_add_test(test,
		       edge_74_a_device_that_knows_its_address_only_is_enough);
	tcase_add_test(test, edge_74_a_device_without_an_address_is_none);
	tcase_add_loop_test(
		test, edge_74_an_answer_may_be_longer_and_need_not_be_there, 0,
		ANSWER_CASES);
	tcase_add_test(test, edge_81_the_filter_is_0_before_halt);
	tcase_add_test(
		test,
		edge_81_frames_for_a_stopped_card_are_dropped_and_completed);
	tcase_add_loop_test(test,
			    edge_84_what_is_not_wanted_is_switched_off_by_1, 0,
			    OFFLOAD_CASES);
	tcase_add_loop_test(test,
			    edge_84_offloads_that_the_host_refuses_are_none, 0,
			    3);
	tcase_add_loop_test(test, edge_84_offloads_that_make_no_sense_are_none,
			    0, 5);
	tcase_add_loop_test(test,
			    edge_85_a_mac_address_is_written_out_and_read_back,
			    0, MAC_CASES);
	tcase_add_test(test, edge_86_the_mtu_is_told_with_the_header);
	tcase_add_test(test,
		       edge_86_a_change_of_the_mtu_that_fails_ends_the_card);
}

int main(void)
{
	Suite *suite = suite_create("rndis_objects");
	TCase *test = tcase_create("objects");
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
