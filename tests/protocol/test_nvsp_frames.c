/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edge cases 58 to 64: frames between the driver and a device in plain bytes,
 * with ranges that lie outside, completions that say no, buffers that are held,
 * and headers where the host wants them.
 */
#include <check.h>
#include <string.h>

#include "tests/support/plain_card.h"

#define SEEDS	8
#define SUCCESS 1u
#define FAILURE 2u
#define BYTES	PLAIN_RECEIVE_BYTES
/* What a frame of 60 bytes has with its header. */
#define MESSAGE (44 + PLAIN_SMALL)
#define FRAMES	1000
/* Ids from here on are not those of the device's control messages. */
#define FIRST	64u

/* ---- 58: ranges that lie outside ---- */

/* Put a good frame at an offset of the receive buffer. */
static void lay_frame(struct scripted_host *host, uint32_t offset)
{
	uint8_t frame[PLAIN_SMALL], message[MESSAGE];

	plain_frame(frame, PLAIN_SMALL, (uint8_t)offset);
	rndis_packet(message, frame, PLAIN_SMALL);
	ck_assert(device_write(host, offset, message, MESSAGE));
}

static const struct ranges {
	uint16_t page_set;
	/*
	 * Ranges, those of them that are dropped, and those of these that are
	 * inside but too short to say what they are.
	 */
	unsigned count, bad, tiny;
	struct scripted_range range[4];
} packets[] = {
	/* Good ones, to the last byte. */
	{0xcafe, 1, 0, 0, {{MESSAGE, 0}}},
	{0xcafe, 1, 0, 0, {{MESSAGE, BYTES - MESSAGE}}},
	{0xcafe,
	 4,
	 0,
	 0,
	 {{MESSAGE, 0}, {MESSAGE, 0}, {MESSAGE, 256}, {MESSAGE, 0}}},
	/* Empty, or too short for a header. */
	{0xcafe, 1, 1, 0, {{0, 0}}},
	{0xcafe, 1, 1, 0, {{0, BYTES}}},
	{0xcafe, 1, 1, 0, {{0, 0xffffffff}}},
	{0xcafe, 1, 1, 1, {{1, 0}}},
	{0xcafe, 1, 1, 1, {{7, 0}}},
	/* Beyond the end, by one and by all. */
	{0xcafe, 1, 1, 0, {{MESSAGE, BYTES - MESSAGE + 1}}},
	{0xcafe, 1, 1, 0, {{MESSAGE, BYTES}}},
	{0xcafe, 1, 1, 0, {{1, BYTES}}},
	{0xcafe, 1, 1, 0, {{BYTES + 1, 0}}},
	{0xcafe, 1, 1, 0, {{BYTES, 1}}},
	{0xcafe, 1, 1, 0, {{MESSAGE, 0x7fffffff}}},
	{0xcafe, 1, 1, 0, {{MESSAGE, 0x80000000}}},
	{0xcafe, 1, 1, 0, {{MESSAGE, 0xffffffff}}},
	{0xcafe, 1, 1, 0, {{0x80000000, 0}}},
	{0xcafe, 1, 1, 0, {{0xffffffff, 0}}},
	/* The sum is small in 32 bits. */
	{0xcafe, 1, 1, 0, {{MESSAGE, 0xffffffff - MESSAGE + 1}}},
	{0xcafe, 1, 1, 0, {{0xffffffff, 1}}},
	{0xcafe, 1, 1, 0, {{0x80000000, 0x80000000}}},
	/* Some of several; the others arrive. */
	{0xcafe, 2, 1, 0, {{MESSAGE, 0}, {MESSAGE, BYTES}}},
	{0xcafe, 2, 1, 0, {{MESSAGE, BYTES}, {MESSAGE, 0}}},
	{0xcafe, 4, 2, 1, {{0, 0}, {MESSAGE, 0}, {4, 0}, {MESSAGE, 256}}},
	{0xcafe,
	 4,
	 3,
	 0,
	 {{MESSAGE, 0}, {9, BYTES}, {0, 1}, {0xffffffff, 256}}},
	/* Of a buffer that is not there. */
	{0xcaff, 1, 1, 0, {{MESSAGE, 0}}},
	{0xface, 3, 3, 0, {{MESSAGE, 0}, {MESSAGE, 0}, {MESSAGE, BYTES}}},
	{0, 1, 1, 0, {{MESSAGE, 0}}},
};

#define PACKETS (sizeof(packets) / sizeof(packets[0]))

/* Completions of one id, and what the last one said. */
struct answers {
	const struct ranges *sent;
	uint64_t id;
	unsigned count;
	uint32_t type, status, bytes;
};

static void note_answer(struct scripted_host *host,
			const struct host_packet *packet)
{
	struct answers *answers = host->context;

	if (packet->transaction_id != answers->id)
		return;
	answers->count++;
	answers->bytes = packet->payload_bytes;
	answers->type = get32(packet->payload, 0);
	answers->status = get32(packet->payload, 4);
}

/* One completion, with a body, that says this. */
static void answered(struct scripted_host *host, uint32_t status)
{
	const struct answers *answers = host->context;

	card_settle(host);
	ck_assert_uint_eq(answers->count, 1);
	ck_assert_uint_eq(answers->bytes, 40);
	ck_assert_uint_eq(answers->type, 108);
	ck_assert_uint_eq(answers->status, status);
	host->on_completion = NULL;
	host->next_slot = 0;
	plain_works(host);
}

static void watch_answers(struct scripted_host *host)
{
	struct answers *answers = host->context;

	answers->id = 0x123456789abcdef0ull;
	host->on_completion = note_answer;
}

static void ranges_outside(struct scripted_host *host)
{
	const struct answers *answers = host->context;
	const struct ranges *sent = answers->sent;
	struct nic_statistics statistics;

	plain_up(host);
	lay_frame(host, 0);
	lay_frame(host, 256);
	lay_frame(host, BYTES - MESSAGE);
	device_ranges(host, answers->id, sent->page_set, sent->range,
		      sent->count);
	card_settle(host);
	plain_drain(host);
	statistics = card_statistics(host);
	ck_assert_uint_eq(statistics.rx_drop_malformed, sent->bad - sent->tiny);
	ck_assert_uint_eq(statistics.rx_frames, sent->count - sent->bad);
	ck_assert_uint_eq(statistics.bad_messages, sent->tiny);
	answered(host, sent->bad ? FAILURE : SUCCESS);
}

START_TEST(edge_58_a_range_outside_is_dropped_and_its_packet_completed)
{
	struct answers answers = {.sent = &packets[_i % PACKETS]};

	plain_run_with(ranges_outside, _i, watch_answers, &answers);
}
END_TEST

/* How many ranges there are, against how many the packet has room for. */
static void count_and_room(struct scripted_host *host)
{
	static const uint32_t counts[] = {0,	      2,	  3,
					  0x7fffffff, 0x20000001, 0x80000000,
					  0xffffffff};
	const struct answers *answers = host->context;
	uint8_t header[16] = {0xfe, 0xca}, message[40] = {107, 0, 0, 0, 0};
	unsigned which = (unsigned)(uintptr_t)answers->sent;

	plain_up(host);
	lay_frame(host, 0);
	put32(header, 4, counts[which]);
	put32(header, 8, MESSAGE);
	host_channel_send(host->device, HOST_PACKET_TRANSFER_PAGES, true,
			  answers->id, header, sizeof(header), message, 40);
	card_settle(host);
	ck_assert_uint_eq(plain_drain(host), 0);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 1);
	answered(host, FAILURE);
}

START_TEST(edge_58_more_ranges_than_the_packet_holds)
{
	struct answers answers = {.sent = (const void *)(uintptr_t)_i};

	plain_run_with(count_and_room, _i, watch_answers, &answers);
}
END_TEST

/* The NVSP message of a packet with ranges: another type, or cut. */
static void ranges_of_another_kind(struct scripted_host *host)
{
	static const uint32_t kinds[][2] = {
		{108, 40}, {0, 40}, {0xffffffff, 40}, {107, 0}, {107, 8}};
	const struct answers *answers = host->context;
	uint8_t header[16] = {0xfe, 0xca}, message[40] = {0};
	unsigned which = (unsigned)(uintptr_t)answers->sent;

	plain_up(host);
	lay_frame(host, 0);
	put32(header, 4, 1);
	put32(header, 8, MESSAGE);
	put32(message, 0, kinds[which][0]);
	host_channel_send(host->device, HOST_PACKET_TRANSFER_PAGES, true,
			  answers->id, header, sizeof(header), message,
			  kinds[which][1]);
	card_settle(host);
	ck_assert_uint_eq(plain_drain(host), 0);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 1);
	answered(host, FAILURE);
}

START_TEST(edge_58_ranges_with_another_message)
{
	struct answers answers = {.sent = (const void *)(uintptr_t)_i};

	plain_run_with(ranges_of_another_kind, _i, watch_answers, &answers);
}
END_TEST

/* A packet before there is a receive buffer. */
static bool ranges_too_early(struct scripted_host *host,
			     const struct host_packet *packet)
{
	const struct scripted_range range = {MESSAGE, 0};

	if (get32(packet->payload, 0) == 1)
		device_ranges(host, 0x123456789abcdef0ull, PLAIN_RECEIVE_BUFFER,
			      &range, 1);
	return false;
}

static void come_too_early(struct scripted_host *host)
{
	watch_answers(host);
	host->on_packet = ranges_too_early;
}

static void too_early(struct scripted_host *host)
{
	plain_up(host);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 1);
	answered(host, FAILURE);
}

START_TEST(edge_58_ranges_before_there_is_a_buffer)
{
	struct answers answers = {0};

	plain_run_with(too_early, _i, come_too_early, &answers);
}
END_TEST

/* ---- 59, 60: each packet is completed once, with a body ---- */

struct ledger {
	unsigned times[SCRIPT_RANGES_MAX * 16];
	unsigned without_body;
};

static void enter(struct scripted_host *host, const struct host_packet *packet)
{
	struct ledger *ledger = host->context;

	ledger->without_body +=
		packet->payload_bytes != 40 || get32(packet->payload, 0) != 108;
	if (packet->transaction_id < SCRIPT_RANGES_MAX * 16)
		ledger->times[packet->transaction_id]++;
}

static void keep_ledger(struct scripted_host *host)
{
	host->on_completion = enter;
}

/* Packets of 1 to 16 ranges; some with ids that are in use twice at once. */
static void packets_of_ranges(struct scripted_host *host)
{
	struct scripted_range ranges[16];
	struct ledger *ledger = host->context;
	unsigned id, i, frames = 0, received = 0;

	plain_up(host);
	card_settle(host);
	memset(ledger, 0, sizeof(*ledger));
	for (i = 0; i < 16; i++) {
		ranges[i].length = MESSAGE;
		ranges[i].offset = 256 * i;
		lay_frame(host, 256 * i);
	}
	for (id = 0; id < 200; id++) {
		unsigned count = 1 + id % 16;

		if (device_ranges(host, id, PLAIN_RECEIVE_BUFFER, ranges,
				  count) != HOST_SEND_DONE)
			break;
		frames += count;
		if (id % 3 == 0)
			received += plain_drain(host);
	}
	ck_assert_uint_eq(id, 200);
	received += plain_drain(host);
	ck_assert_uint_eq(received, frames);
	card_settle(host);
	for (id = 0; id < 200; id++)
		ck_assert_uint_eq(ledger->times[id], 1);
	ck_assert_uint_eq(ledger->without_body, 0);
	/* The same id twice is for the host to make sense of. */
	device_ranges(host, 7, PLAIN_RECEIVE_BUFFER, ranges, 1);
	device_ranges(host, 7, PLAIN_RECEIVE_BUFFER, ranges, 2);
	ck_assert_uint_eq(plain_drain(host), 3);
	card_settle(host);
	ck_assert_uint_eq(ledger->times[7], 3);
}

START_TEST(edge_59_60_each_packet_is_completed_once_with_a_body)
{
	struct ledger ledger;

	plain_run_with(packets_of_ranges, _i, keep_ledger, &ledger);
}
END_TEST

/* ---- 61: a stack that holds on to its buffers, or does not come ---- */

static void hold_buffers(struct scripted_host *host)
{
	unsigned free_count = host->free_count;
	struct ledger *ledger = host->context;
	unsigned i;

	plain_up(host);
	card_settle(host);
	memset(ledger, 0, sizeof(*ledger));
	free_count = host->free_count;
	host->free_count = 0;
	lay_frame(host, 0);
	/* What is held is the stack's copy: the host has its own back. */
	for (i = 0; i < 100; i++) {
		struct scripted_range range = {MESSAGE, 0};

		device_ranges(host, i, PLAIN_RECEIVE_BUFFER, &range, 1);
		ck_assert_uint_eq(plain_drain(host), 0);
		host->free_count = 0;
		card_settle(host);
		ck_assert_uint_eq(ledger->times[i], 1);
	}
	ck_assert_uint_eq(card_statistics(host).rx_drop_no_buffer, 100);
	ck_assert_uint_eq(card_statistics(host).rx_frames, 0);
	host->free_count = free_count;
	host->on_completion = NULL;
	host->next_slot = 0;
	plain_works(host);
}

START_TEST(edge_61_without_buffers_frames_are_dropped_not_held)
{
	struct ledger ledger;

	plain_run_with(hold_buffers, _i, keep_ledger, &ledger);
}
END_TEST

/*
 * Nobody receives: the card holds so many packets and then reads no further,
 * and yet sees past them when it asks the host for something.
 */
static void nobody_receives(struct scripted_host *host)
{
	struct scripted_range range = {MESSAGE, 0};
	unsigned sent = 0, turn, received;
	struct nic_statistics statistics;
	struct ledger *ledger = host->context;
	unsigned i;

	plain_up(host);
	card_settle(host);
	memset(ledger, 0, sizeof(*ledger));
	lay_frame(host, 0);
	for (turn = 0; turn < 100; turn++) {
		/* The answer below has room still. */
		for (i = 0; i < 50 && host_channel_room(host->device) > 512;
		     i++, sent++)
			device_ranges(host, FIRST + sent, PLAIN_RECEIVE_BUFFER,
				      &range, 1);
		nic_events(host->nic);
	}
	ck_assert_uint_lt(sent, 1024);
	/* To the answer, past what there is no room for. */
	ck_assert_int_eq(nic_filter_set(host->nic,
					NIC_FILTER_UNICAST |
						NIC_FILTER_BROADCAST,
					NULL, 0),
			 0);
	received = plain_drain(host);
	card_settle(host);
	received += plain_drain(host);
	statistics = card_statistics(host);
	ck_assert_uint_ge(received, 500);
	ck_assert_uint_eq(statistics.rx_frames, received);
	ck_assert_uint_eq(received + statistics.rx_drop_stopped, sent);
	for (i = 0; i < sent; i++)
		ck_assert_uint_eq(ledger->times[FIRST + i], 1);
	host->on_completion = NULL;
	host->next_slot = 0;
	plain_works(host);
}

START_TEST(edge_61_frames_that_nobody_receives_are_bounded)
{
	struct ledger ledger;

	plain_run_with(nobody_receives, _i, keep_ledger, &ledger);
}
END_TEST

/* ---- 62: sections of the send buffer ---- */

struct sections {
	unsigned packets;
	uint32_t section[64], bytes[64];
};

static bool note_section(struct scripted_host *host,
			 const struct host_packet *packet)
{
	struct sections *sections = host->context;
	unsigned at = sections->packets % 64;

	if (get32(packet->payload, 0) != 107 ||
	    get32(packet->payload, 4) != 0 ||
	    get32(packet->payload, 8) == 0xffffffff)
		return false;
	sections->section[at] = get32(packet->payload, 8);
	sections->bytes[at] = get32(packet->payload, 12);
	sections->packets++;
	return false;
}

static void note_sections(struct scripted_host *host)
{
	host->on_packet = note_section;
	host->hold_data = true;
	host->packets_max = 1;
}

static bool submit_small(struct scripted_host *host)
{
	uint8_t frame[PLAIN_SMALL];
	void *owner;
	bool taken;

	plain_frame(frame, PLAIN_SMALL, 1);
	taken = card_submit(host, 0, frame, PLAIN_SMALL);
	/* A copy is made: the owner is back at once. */
	ck_assert_uint_eq(nic_reclaim(host->nic, 0, &owner, 1), taken);
	card_settle(host);
	return taken;
}

static void sections_in_use(struct scripted_host *host)
{
	const struct sections *sections = host->context;
	uint64_t used = 0;
	unsigned i;

	plain_up(host);
	for (i = 0; i < PLAIN_SECTIONS; i++)
		ck_assert(submit_small(host));
	ck_assert(!submit_small(host));
	ck_assert_uint_eq(sections->packets, PLAIN_SECTIONS);
	for (i = 0; i < PLAIN_SECTIONS; i++) {
		ck_assert_uint_lt(sections->section[i], PLAIN_SECTIONS);
		ck_assert_uint_le(sections->bytes[i], SCRIPT_SECTION_SIZE);
		ck_assert(!(used >> sections->section[i] & 1));
		used |= 1ull << sections->section[i];
	}
	/* Forged, and of the fourth but another time: nothing is free. */
	plain_complete(host, 0x7777, SUCCESS);
	plain_complete(host, host->held_ids[3] + (1ull << 32), SUCCESS);
	ck_assert(!submit_small(host));
	/* The fourth's own, whatever it says; twice for nothing. */
	plain_complete(host, host->held_ids[3], FAILURE);
	plain_complete(host, host->held_ids[3], SUCCESS);
	ck_assert(submit_small(host));
	ck_assert(!submit_small(host));
	ck_assert_uint_eq(sections->section[PLAIN_SECTIONS],
			  sections->section[3]);
	ck_assert_uint_eq(card_statistics(host).tx_errors, 1);
	for (i = 0; i <= PLAIN_SECTIONS; i++)
		if (i != 3)
			plain_complete(host, host->held_ids[i], SUCCESS);
	host->hold_data = false;
	card_settle(host);
	ck_assert_uint_eq(card_statistics(host).tx_copied, PLAIN_SECTIONS);
	plain_works(host);
}

START_TEST(edge_62_a_section_is_freed_by_its_own_completion_only)
{
	struct sections sections = {0};

	plain_run_with(sections_in_use, _i, note_sections, &sections);
}
END_TEST

/* ---- 63: headers by guest pages ---- */

struct headers {
	unsigned packets;
	uint32_t random;
};

static uint32_t below(struct headers *headers, uint32_t bound)
{
	headers->random = headers->random * 1664525u + 1013904223u;
	return (headers->random >> 8) % bound;
}

/* The first range: the whole header with its information, in one page. */
static bool look_at_header(struct scripted_host *host,
			   const struct host_packet *packet)
{
	struct headers *headers = host->context;
	uint8_t header[128];
	uint32_t bytes, offset;
	uint64_t page;

	if (packet->type != HOST_PACKET_GPA_DIRECT ||
	    get32(packet->payload, 4) != 0)
		return false;
	bytes = get32(packet->ranges, 0);
	offset = get32(packet->ranges, 4);
	memcpy(&page, packet->ranges + 8, sizeof(page));
	ck_assert_uint_lt(offset, 4096);
	ck_assert_uint_le(offset + bytes, 4096);
	ck_assert_uint_le(bytes, sizeof(header));
	ck_assert(machine_ram_read(host->machine, page * 4096 + offset, header,
				   bytes));
	ck_assert_uint_eq(get32(header, 0), 1);
	/* The frame begins where the range ends: offsets count from byte 8. */
	ck_assert_uint_eq(get32(header, 8) + 8, bytes);
	ck_assert_uint_le(get32(header, 28) + 8 + get32(header, 32), bytes);
	ck_assert_uint_eq(get32(header, 4), bytes + get32(header, 12));
	headers->packets++;
	return false;
}

static void look_at_headers(struct scripted_host *host)
{
	host->on_packet = look_at_header;
}

/* Frames of any length from anywhere in a page, one at a time. */
static void frames_by_pages(struct scripted_host *host)
{
	struct headers *headers = host->context;
	uint8_t frame[1514];
	unsigned i;

	plain_up(host);
	for (i = 0; i < FRAMES; i++) {
		uint32_t bytes = 14 + below(headers, 1501);

		plain_frame(frame, bytes, (uint8_t)i);
		ck_assert_int_eq(card_transmit_at(host,
						  below(headers, 3 * 4096),
						  frame, bytes),
				 0);
		ck_assert_uint_eq(host->data_bytes,
				  host->first_range_bytes + bytes);
		ck_assert_mem_eq(host->data + host->first_range_bytes, frame,
				 bytes);
	}
	ck_assert_uint_eq(headers->packets, FRAMES);
	ck_assert_uint_eq(card_statistics(host).tx_pages, FRAMES);
	ck_assert_uint_eq(card_statistics(host).tx_frames, FRAMES);
}

/* As many headers at once as the card has places for. */
static void frames_at_once(struct scripted_host *host)
{
	struct headers *headers = host->context;
	static const uint8_t frame[PLAIN_SMALL] = {2, 2};
	unsigned sent = 0;

	plain_up(host);
	host->hold_data = true;
	while (sent < PLAIN_DEPTH && card_submit(host, 0, frame, PLAIN_SMALL)) {
		sent++;
		if (sent % 16 == 0)
			card_settle(host);
	}
	card_settle(host);
	ck_assert_uint_eq(sent, PLAIN_DEPTH);
	ck_assert_uint_eq(headers->packets, PLAIN_DEPTH);
	while (sent > 0) {
		plain_complete(host, host->held_ids[--sent], SUCCESS);
		if (sent % 64 == 0)
			card_settle(host);
	}
	card_settle(host);
	ck_assert_uint_eq(card_statistics(host).tx_pages, PLAIN_DEPTH);
}

static void no_send_buffer(struct scripted_host *host)
{
	host->card.no_send_buffer = true;
	look_at_headers(host);
}

START_TEST(edge_63_a_header_lies_in_one_range_and_page)
{
	struct headers headers = {.random = (uint32_t)_i};

	plain_run_with(frames_by_pages, _i, no_send_buffer, &headers);
}
END_TEST

START_TEST(edge_63_headers_of_frames_in_flight_lie_in_one_page_each)
{
	struct headers headers = {0};

	plain_run_with(frames_at_once, _i, no_send_buffer, &headers);
}
END_TEST

/* ---- 64: completions that say no ---- */

static void transmit_fails(struct scripted_host *host)
{
	const uint32_t *status = host->context;
	uint8_t frame[PLAIN_LARGE];
	struct nic_statistics statistics;
	unsigned i;

	plain_up(host);
	plain_frame(frame, PLAIN_LARGE, 1);
	host->data_status = *status;
	/* Twice as often as there are sections. */
	for (i = 0; i < 2 * PLAIN_SECTIONS; i++) {
		ck_assert_int_eq(card_transmit(host, frame, PLAIN_SMALL), 0);
		ck_assert_int_eq(card_transmit(host, frame, PLAIN_LARGE), 0);
	}
	card_settle(host);
	statistics = card_statistics(host);
	ck_assert_uint_eq(statistics.tx_errors, 4 * PLAIN_SECTIONS);
	ck_assert_uint_eq(statistics.tx_frames, 0);
	ck_assert_uint_eq(statistics.tx_bytes, 0);
	ck_assert_uint_eq(statistics.bad_messages, 0);
	host->data_status = SUCCESS;
	plain_works(host);
	ck_assert_uint_eq(card_statistics(host).tx_frames, 1);
}

START_TEST(edge_64_a_transmit_that_failed_is_counted_and_freed)
{
	static const uint32_t statuses[] = {0, 2, 3,	      5,
					    6, 7, 0x80000000, 0xffffffff};
	uint32_t status = statuses[_i];

	plain_run_with(transmit_fails, _i, NULL, &status);
}
END_TEST

/* A completion with another message in it, or none: no success either. */
static void completed_oddly(struct scripted_host *host)
{
	static const uint32_t odd[][2] = {
		{0, 0}, {107, 8}, {107, 40}, {0, 40}, {0xffffffff, 40}};
	const uint32_t *which = host->context;
	uint8_t message[40] = {0}, frame[PLAIN_LARGE];
	void *owner;

	plain_up(host);
	plain_frame(frame, PLAIN_LARGE, 1);
	host->hold_data = true;
	ck_assert(card_submit(host, 0, frame, PLAIN_LARGE));
	card_settle(host);
	put32(message, 0, odd[*which][0]);
	put32(message, 4, SUCCESS);
	device_complete(host, host->held_ids[0], message, odd[*which][1]);
	card_settle(host);
	ck_assert_uint_eq(nic_reclaim(host->nic, 0, &owner, 1), 1);
	ck_assert_uint_eq(card_statistics(host).tx_errors, 1);
	ck_assert_uint_eq(card_statistics(host).tx_frames, 0);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 1);
	host->hold_data = false;
	plain_works(host);
}

START_TEST(edge_64_an_odd_completion_is_a_failure)
{
	uint32_t which = (uint32_t)_i;

	plain_run_with(completed_oddly, _i, NULL, &which);
}
END_TEST

static void add_receiving(Suite *suite)
{
	TCase *test = tcase_create("receiving");

	tcase_add_loop_test(
		test,
		edge_58_a_range_outside_is_dropped_and_its_packet_completed, 0,
		2 * PACKETS);
	tcase_add_loop_test(test, edge_58_more_ranges_than_the_packet_holds, 0,
			    7);
	tcase_add_loop_test(test, edge_58_ranges_with_another_message, 0, 5);
	tcase_add_loop_test(test, edge_58_ranges_before_there_is_a_buffer, 0,
			    SEEDS);
	tcase_add_loop_test(
		test, edge_59_60_each_packet_is_completed_once_with_a_body, 0,
		SEEDS);
	tcase_add_loop_test(test,
			    edge_61_without_buffers_frames_are_dropped_not_held,
			    0, SEEDS);
	tcase_add_loop_test(test,
			    edge_61_frames_that_nobody_receives_are_bounded, 0,
			    SEEDS);
	suite_add_tcase(suite, test);
}

static void add_transmitting(Suite *suite)
{
	TCase *test = tcase_create("transmitting");

	tcase_add_loop_test(
		test, edge_62_a_section_is_freed_by_its_own_completion_only, 0,
		SEEDS);
	tcase_add_loop_test(test, edge_63_a_header_lies_in_one_range_and_page,
			    0, 2);
	tcase_add_loop_test(
		test, edge_63_headers_of_frames_in_flight_lie_in_one_page_each,
		0, SEEDS);
	tcase_add_loop_test(test,
			    edge_64_a_transmit_that_failed_is_counted_and_freed,
			    0, 8);
	tcase_add_loop_test(test, edge_64_an_odd_completion_is_a_failure, 0, 5);
	suite_add_tcase(suite, test);
}

int main(void)
{
	Suite *suite = suite_create("nvsp_frames");

	add_receiving(suite);
	add_transmitting(suite);
	return plain_main(suite);
}
