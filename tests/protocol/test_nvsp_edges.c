/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edge cases 54 to 57, 62, 66, 67 and 69: what the driver and its device agree
 * on before frames pass, with a device in plain bytes that is old, odd or
 * lying.
 */
#include <check.h>
#include <string.h>

#include "tests/support/plain_card.h"

#define SEEDS	 8
#define VERSIONS 6
#define SUCCESS	 1u
/* Longer than anything takes that is not waited for. */
#define BRIEFLY	 1000000000ull

static const uint32_t versions[VERSIONS] = {0x2,     0x30002, 0x40000,
					    0x50000, 0x60000, 0x60001};

/* What the guest sent, and what the device of a test is to do. */
struct record {
	uint32_t version;
	unsigned count;
	uint32_t type[64];
	uint32_t words[64][4];
	uint32_t bytes[64];
	/* A status to refuse with, a message to answer with. */
	uint32_t status;
	uint8_t answer[160];
	uint32_t answer_bytes;
	uint32_t answered_type;
};

static void record(struct scripted_host *host, const struct host_packet *packet)
{
	struct record *record = host->context;
	unsigned at = record->count % 64;

	record->bytes[at] = packet->payload_bytes;
	record->type[at] = get32(packet->payload, 0);
	for (unsigned i = 0; i < 4; i++)
		record->words[at][i] = get32(packet->payload, 4 * i);
	record->count++;
}

static bool record_only(struct scripted_host *host,
			const struct host_packet *packet)
{
	record(host, packet);
	return false;
}

static void record_all(struct scripted_host *host)
{
	const struct record *record = host->context;

	host->on_packet = record_only;
	host->nvsp_version = record->version;
}

/* ---- 54, 55: order and size ---- */

static void in_order(struct scripted_host *host)
{
	static const uint32_t first[] = {1, 100, 101, 104, 107};
	static const uint32_t later[] = {1, 125, 100, 101, 104, 107};
	const struct record *record = host->context;
	const uint32_t *wanted = record->version == 0x2 ? first : later;
	unsigned count = record->version == 0x2 ? 5 : 6, skipped, i;

	plain_up(host);
	plain_works(host);
	/* The versions that it does not have come first. */
	for (skipped = 0; record->type[skipped + 1] == 1; skipped++)
		continue;
	for (i = 0; i < count; i++)
		ck_assert_uint_eq(record->type[skipped + i], wanted[i]);
	for (i = skipped + count; i < record->count; i++)
		ck_assert_uint_eq(record->type[i], 107);
	for (i = 0; i < record->count; i++)
		ck_assert_uint_eq(record->bytes[i], 40);
	ck_assert_uint_eq(host->mtu, record->version == 0x2 ? 0 : 1514);
}

START_TEST(edge_54_55_order_and_size_of_each_version)
{
	struct record record = {.version = versions[_i % VERSIONS]};

	plain_run_with(in_order, _i, record_all, &record);
}
END_TEST

/* The MTU has to be told anew, so everything comes again. */
static void in_order_again(struct scripted_host *host)
{
	static const uint32_t wanted[] = {1, 125, 100, 101, 104, 107};
	struct record *record = host->context;

	ck_assert_int_eq(card_open(host), 0);
	record->count = 0;
	ck_assert_int_eq(nic_mtu_set(host->nic, 4000), 0);
	while (record->type[0] != 1) {
		/* What was said to the channel before. */
		record->count--;
		memmove(record->type, record->type + 1,
			sizeof(record->type) - sizeof(record->type[0]));
	}
	for (unsigned i = 0; i < 6; i++)
		ck_assert_uint_eq(record->type[i], wanted[i]);
	ck_assert_uint_eq(host->mtu, 4014);
	ck_assert_int_eq(nic_start(host->nic), 0);
	plain_works(host);
}

START_TEST(edge_54_a_new_mtu_is_configured_before_the_buffers)
{
	struct record record = {.version = 0x60001};

	plain_run_with(in_order_again, _i, record_all, &record);
}
END_TEST

/* The device takes a buffer, whatever it is going to say. */
static void take_buffer(struct scripted_host *host, uint32_t type,
			uint32_t handle)
{
	struct host_gpadl **buffer = type == 101 ? &host->receive : &host->send;

	*buffer = host_gpadl_find(host->device, handle);
	ck_assert_ptr_nonnull(*buffer);
	host_gpadl_hold(*buffer);
}

/* Answer one type of request with the bytes of the record. */
static bool answer_with(struct scripted_host *host,
			const struct host_packet *packet)
{
	struct record *record = host->context;
	uint32_t type = get32(packet->payload, 0);

	if (type != record->answered_type)
		return false;
	if (type == 101 || type == 104)
		take_buffer(host, type, get32(packet->payload, 4));
	device_complete(host, packet->transaction_id, record->answer,
			record->answer_bytes);
	return true;
}

static void answers(struct scripted_host *host)
{
	host->on_packet = answer_with;
}

static void answer_words(struct record *record, uint32_t request,
			 const uint32_t words[], unsigned count, uint32_t bytes)
{
	memset(record, 0, sizeof(*record));
	record->answered_type = request;
	record->answer_bytes = bytes;
	for (unsigned i = 0; i < count; i++)
		put32(record->answer, 4 * i, words[i]);
}

static void up_and_works(struct scripted_host *host)
{
	plain_up(host);
	plain_works(host);
}

static void up_fails(struct scripted_host *host)
{
	ck_assert_int_eq(card_up(host), ERROR_PROTOCOL);
	ck_assert_ptr_null(host->nic);
}

/* A good answer to each of the three requests, of so many bytes. */
static void answer_of(struct record *record, unsigned which, uint32_t bytes)
{
	static const uint32_t init[] = {2, 0x60001, 34, SUCCESS};
	static const uint32_t receive[] = {102,
					   SUCCESS,
					   1,
					   0,
					   SCRIPT_SLOT_BYTES,
					   PLAIN_RECEIVE_BYTES /
						   SCRIPT_SLOT_BYTES,
					   PLAIN_RECEIVE_BYTES};
	static const uint32_t send[] = {105, SUCCESS, SCRIPT_SECTION_SIZE};

	if (which == 0)
		answer_words(record, 1, init, 4, bytes);
	else if (which == 1)
		answer_words(record, 101, receive, 7, bytes);
	else
		answer_words(record, 104, send, 3, bytes);
}

START_TEST(edge_55_an_answer_may_have_the_size_of_any_version)
{
	static const uint32_t bytes[] = {28, 32, 40, 48, 160};
	struct record record;

	answer_of(&record, (unsigned)_i % 3, bytes[_i / 3]);
	plain_run_with(up_and_works, _i, answers, &record);
}
END_TEST

START_TEST(edge_55_an_answer_too_short_for_its_words_is_none)
{
	static const uint32_t bytes[3][4] = {{0, 3, 4, 8},
					     {4, 8, 12, 24},
					     {0, 3, 4, 8}};
	struct record record;

	answer_of(&record, (unsigned)_i % 3, bytes[_i % 3][_i / 3]);
	plain_run_with(up_fails, _i, answers, &record);
}
END_TEST

/* ---- 56: versions that are refused ---- */

static bool refuse_init(struct scripted_host *host,
			const struct host_packet *packet)
{
	const struct record *record = host->context;
	uint8_t answer[40] = {0};

	if (get32(packet->payload, 0) != 1 ||
	    get32(packet->payload, 4) <= record->version)
		return record_only(host, packet);
	record_only(host, packet);
	put32(answer, 0, 2);
	put32(answer, 4, record->version);
	put32(answer, 12, record->status);
	host->inits++;
	device_complete(host, packet->transaction_id, answer, sizeof(answer));
	return true;
}

static void refuses(struct scripted_host *host)
{
	host->on_packet = refuse_init;
}

static void steps_down(struct scripted_host *host)
{
	const struct record *record = host->context;
	unsigned i;

	plain_up(host);
	plain_works(host);
	for (i = 0; record->type[i] == 1; i++) {
		ck_assert_uint_eq(record->words[i][1],
				  versions[VERSIONS - 1 - i]);
		/* One at a time. */
		ck_assert_uint_eq(record->words[i][2], record->words[i][1]);
	}
	ck_assert_uint_eq(record->words[i - 1][1], record->version);
	ck_assert_uint_eq(host->inits, i);
}

/* Each version, refused in any words that are not "success". */
START_TEST(edge_56_the_next_lower_version_is_tried)
{
	static const uint32_t statuses[] = {0, 2, 3, 4, 7, 0xffffffff};
	struct record record = {
		.version = versions[_i % VERSIONS],
		.status = statuses[_i / VERSIONS],
	};

	plain_run_with(steps_down, _i, refuses, &record);
}
END_TEST

/* ---- 57: sections of the receive buffer ---- */

static void many_sections(struct scripted_host *host)
{
	host->section_count = *(uint32_t *)host->context;
}

/* A frame in each slot of each section. */
static void frames_in_sections(struct scripted_host *host)
{
	const unsigned slots = PLAIN_RECEIVE_BYTES / SCRIPT_SLOT_BYTES;
	uint8_t frame[PLAIN_LARGE], got[PLAIN_LARGE];
	struct net_packet packet;

	plain_up(host);
	host->next_slot = 0;
	for (unsigned i = 0; i < slots; i++) {
		plain_frame(frame, PLAIN_LARGE, (uint8_t)i);
		device_frame(host, frame, PLAIN_LARGE);
		ck_assert_int_eq(card_receive(host, got, sizeof(got), &packet),
				 PLAIN_LARGE);
		ck_assert_mem_eq(got, frame, PLAIN_LARGE);
	}
	plain_works(host);
}

START_TEST(edge_57_sections_of_any_number)
{
	uint32_t count = (uint32_t)_i + 1;

	plain_run_with(frames_in_sections, _i, many_sections, &count);
}
END_TEST

#define ALL PLAIN_RECEIVE_BYTES

/* Bytes, count, sections: {offset, bytes of a piece, pieces, end}. */
static const struct layout {
	uint32_t bytes, count;
	uint32_t section[2][4];
} layouts[] = {
	/* None, fewer than said, more than a message could hold. */
	{40, 0, {{0, 2048, 64, ALL}}},
	{28, 2, {{0, 2048, 64, ALL}}},
	{40, 0xffffffff, {{0, 2048, 64, ALL}}},
	{40, 0x10000000, {{0, 2048, 64, ALL}}},
	/* Pieces of nothing, and none. */
	{40, 1, {{0, 0, 64, ALL}}},
	{40, 1, {{0, 2048, 0, ALL}}},
	/* Beyond the buffer, or the section. */
	{40, 1, {{0, 2048, 65, ALL + 2048}}},
	{40, 1, {{0, 2048, 65, ALL}}},
	{40, 1, {{1, 2048, 64, ALL}}},
	{40, 1, {{2048, 2048, 64, ALL}}},
	{40, 1, {{0, ALL + 1, 1, ALL + 1}}},
	{40, 1, {{ALL, 2048, 1, ALL + 2048}}},
	{40, 1, {{0, 2048, 64, 0}}},
	{40, 1, {{0, 2048, 64, 0xffffffff}}},
	/* 32 bits are not enough for the product, or the sum. */
	{40, 1, {{0, 0x10000, 0x10000, 0}}},
	{40, 1, {{0, 0x10000, 0x10001, 0x10000}}},
	{40, 1, {{0, 0x80000000, 2, ALL}}},
	{40, 1, {{0, 0xffffffff, 0xffffffff, ALL}}},
	{40, 1, {{0xffffffff, 1, 1, 0}}},
	{40, 1, {{0xfffff800, 2048, 64, 0x1f800}}},
	/* The second only. */
	{44, 2, {{0, 2048, 32, ALL / 2}, {ALL / 2, 2048, 33, ALL}}},
};

START_TEST(edge_57_sections_that_cannot_be_end_the_bring_up)
{
	const struct layout *layout = &layouts[_i];
	uint32_t words[11] = {102, SUCCESS, layout->count};
	struct record record;

	memcpy(words + 3, layout->section, sizeof(layout->section));
	answer_words(&record, 101, words, 11, layout->bytes);
	plain_run_with(up_fails, _i, answers, &record);
}
END_TEST

/* ---- 62: the send buffer is refused, or cut up impossibly ---- */

static bool refuse_send(struct scripted_host *host,
			const struct host_packet *packet)
{
	const struct record *record = host->context;
	uint8_t answer[40] = {0};

	record_only(host, packet);
	if (get32(packet->payload, 0) != 104)
		return false;
	put32(answer, 0, 105);
	put32(answer, 4, record->status);
	/* Not to be believed. */
	put32(answer, 8, SCRIPT_SECTION_SIZE);
	device_complete(host, packet->transaction_id, answer, sizeof(answer));
	return true;
}

static void refuses_send(struct scripted_host *host)
{
	host->on_packet = refuse_send;
}

static void without_send_buffer(struct scripted_host *host)
{
	const struct record *record = host->context;
	static const uint8_t frame[PLAIN_SMALL] = {2, 2};
	struct nic_statistics statistics;
	unsigned i, revokes = 0;

	plain_up(host);
	plain_works(host);
	ck_assert_int_eq(card_transmit(host, frame, PLAIN_SMALL), 0);
	statistics = card_statistics(host);
	ck_assert_uint_eq(statistics.tx_pages, 2);
	ck_assert_uint_eq(statistics.tx_copied + statistics.tx_aggregated, 0);
	host->hold_data = false;
	nic_stop(host->nic);
	card_settle(host);
	card_close(host);
	for (i = 0; i < record->count && i < 64; i++) {
		ck_assert_uint_ne(record->type[i], 106);
		revokes += record->type[i] == 103;
		if (record->type[i] == 107)
			ck_assert_uint_eq(record->words[i][2], 0xffffffff);
	}
	ck_assert_uint_le(revokes, 1);
}

START_TEST(edge_62_without_a_send_buffer_all_goes_by_pages)
{
	static const uint32_t statuses[] = {0, 2, 6, 7, 0xffffffff};
	struct record record = {.status = statuses[_i]};

	plain_run_with(without_send_buffer, _i, refuses_send, &record);
}
END_TEST

START_TEST(edge_62_sections_that_cannot_be_end_the_bring_up)
{
	static const uint32_t sizes[] = {0, PLAIN_SEND_BYTES + 1, 0x80000000,
					 0xffffffff};
	const uint32_t words[] = {105, SUCCESS, sizes[_i]};
	struct record record;

	answer_words(&record, 104, words, 3, 40);
	plain_run_with(up_fails, _i, answers, &record);
}
END_TEST

/* Sections so small that no frame fits, or that one just does. */
static void small_sections(struct scripted_host *host)
{
	const struct record *record = host->context;
	static const uint8_t frame[PLAIN_SMALL] = {2, 2};
	uint32_t size = get32(record->answer, 8);
	struct nic_statistics statistics;

	plain_up(host);
	/* They lie elsewhere than the device of these tests believes. */
	host->data_status = SUCCESS;
	ck_assert(card_submit(host, 0, frame, PLAIN_SMALL));
	card_settle(host);
	statistics = card_statistics(host);
	ck_assert_uint_eq(statistics.tx_pages, size < 44 + PLAIN_SMALL);
	ck_assert_uint_eq(statistics.tx_copied, size >= 44 + PLAIN_SMALL);
}

START_TEST(edge_62_sections_of_any_size)
{
	static const uint32_t sizes[] = {
		1,   8,	   43,	 44,	44 + PLAIN_SMALL - 1, 44 + PLAIN_SMALL,
		112, 1000, 6145, 32768, PLAIN_SEND_BYTES};
	const uint32_t words[] = {105, SUCCESS, sizes[_i]};
	struct record record;

	answer_words(&record, 104, words, 3, 40);
	plain_run_with(small_sections, _i, answers, &record);
}
END_TEST

/* ---- 66: tables of where to send to ---- */

static const struct table {
	uint32_t version, count, offset, bytes, entry;
	bool good;
} tables[] = {
	{0x60001, 16, 40, 104, 0, true},
	{0x60001, 16, 12, 104, 0, true},
	{0x60001, 0, 40, 40, 0, true},
	/* An old host means the end of its message, and says less. */
	{0x60000, 16, 28, 104, 0, true},
	{0x50000, 16, 20, 104, 0, true},
	{0x50000, 16, 0, 104, 0, true},
	/* Behind the end, in part or far. */
	{0x60001, 16, 41, 104, 0, false},
	{0x50000, 16, 44, 104, 0, false},
	{0x60001, 16, 105, 104, 0, false},
	{0x60001, 16, 0x80000000, 104, 0, false},
	{0x60001, 16, 0xffffffc0, 104, 0, false},
	{0x60001, 16, 0xffffffff, 104, 0, false},
	{0x50000, 16, 28, 88, 0, false},
	/* On top of itself. */
	{0x60001, 16, 0, 104, 0, false},
	{0x60001, 16, 11, 104, 0, false},
	/* More than there can be. */
	{0x60001, 17, 40, 160, 0, false},
	{0x60001, 0x40000000, 40, 104, 0, false},
	{0x60001, 0xffffffff, 40, 104, 0, false},
	/* To a channel that is none. */
	{0x60001, 16, 40, 104, 1, false},
	{0x60001, 16, 40, 104, 0xffffffff, false},
	/* Not even an offset. */
	{0x60001, 0, 0, 8, 0, false},
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

static void unasked_table(struct scripted_host *host)
{
	const struct table *table = *(const struct table **)host->context;
	uint8_t message[160] = {0};
	uint64_t bad;

	host->nvsp_version = table->version;
	plain_up(host);
	bad = card_statistics(host).bad_messages;
	put32(message, 0, 134);
	put32(message, 4, table->count);
	put32(message, 8, table->offset);
	put32(message, 40 + 4 * 15, table->entry);
	device_inband(host, message, table->bytes, 1, true);
	card_settle(host);
	ck_assert_uint_eq(card_statistics(host).bad_messages - bad,
			  !table->good);
	/* Good or bad, it is completed as it asked. */
	ck_assert_uint_eq(host->completed_ids[(host->completions - 1) % 256],
			  1);
	plain_works(host);
}

START_TEST(edge_66_a_table_is_bounded_by_its_message)
{
	const struct table *table = &tables[_i];

	plain_run_with(unasked_table, _i, NULL, &table);
}
END_TEST

/* ---- 67: what comes while an answer is waited for ---- */

enum noise {
	NOISE_VF_ASKING,
	NOISE_VF,
	NOISE_TABLE,
	NOISE_UNKNOWN,
	NOISE_COMPLETION,
	NOISE_FRAME,
	NOISE_KEEPALIVE,
	NOISE_LINK,
	NOISE_SUBCHANNEL,
	NOISE_CANCEL,
	NOISE_RANGES,
	NOISES,
};

#define NOISE_ID 0x5a5a5a5a5a5a5a5aull

struct noises {
	enum noise kind;
	unsigned made;
	/* Completions with the id above. */
	unsigned completed;
};

static void note_noise(struct scripted_host *host,
		       const struct host_packet *packet)
{
	struct noises *noises = host->context;

	noises->completed += packet->transaction_id == NOISE_ID;
}

/* What needs a receive buffer is made once there is one. */
static bool make_in_buffer(struct scripted_host *host, enum noise kind)
{
	uint8_t message[64] = {0}, frame[PLAIN_SMALL];
	struct scripted_range range = {8, 0xffffffff};

	if (!host->receive)
		return false;
	if (kind == NOISE_FRAME) {
		plain_frame(frame, PLAIN_SMALL, 1);
		device_frame(host, frame, PLAIN_SMALL);
	} else if (kind == NOISE_KEEPALIVE) {
		put32(message, 0, 8);
		put32(message, 4, 12);
		device_rndis(host, message, 12);
	} else if (kind == NOISE_LINK) {
		device_indicate(host, 0x4001000c);
		device_indicate(host, 0x4001000b);
	} else {
		device_ranges(host, NOISE_ID, PLAIN_RECEIVE_BUFFER, &range, 1);
	}
	return true;
}

static bool make_noise(struct scripted_host *host,
		       const struct host_packet *packet)
{
	static const uint32_t types[NOISES] = {
		[NOISE_VF_ASKING] = 128, [NOISE_VF] = 128,
		[NOISE_TABLE] = 134,	 [NOISE_UNKNOWN] = 999,
		[NOISE_COMPLETION] = 2,	 [NOISE_SUBCHANNEL] = 133,
	};
	struct noises *noises = host->context;
	uint8_t message[104] = {0};

	(void)packet;
	put32(message, 0, types[noises->kind]);
	switch (noises->kind) {
	case NOISE_TABLE:
		put32(message, 4, 16);
		put32(message, 8, 40);
		/* fall through */
	case NOISE_VF:
	case NOISE_UNKNOWN:
	case NOISE_SUBCHANNEL:
		device_inband(host, message, sizeof(message), NOISE_ID, false);
		break;
	case NOISE_VF_ASKING:
		device_inband(host, message, 40, NOISE_ID, true);
		break;
	case NOISE_COMPLETION:
		device_complete(host, NOISE_ID, message, 40);
		break;
	case NOISE_CANCEL:
		host_channel_send(host->device, HOST_PACKET_CANCEL, false,
				  NOISE_ID, NULL, 0, message, 40);
		break;
	default:
		if (!make_in_buffer(host, noises->kind))
			return false;
	}
	noises->made++;
	return false;
}

static void makes_noise(struct scripted_host *host)
{
	host->on_packet = make_noise;
	host->on_completion = note_noise;
}

static void up_with_noise(struct scripted_host *host)
{
	const struct noises *noises = host->context;
	struct nic_statistics statistics;
	bool bad = noises->kind == NOISE_UNKNOWN ||
		   noises->kind == NOISE_COMPLETION ||
		   noises->kind == NOISE_SUBCHANNEL ||
		   noises->kind == NOISE_CANCEL;
	bool asks =
		noises->kind == NOISE_VF_ASKING || noises->kind == NOISE_RANGES;
	struct nic_link link;

	ck_assert_int_eq(card_open(host), 0);
	host->on_packet = NULL;
	card_settle(host);
	ck_assert_uint_gt(noises->made, 6);
	statistics = card_statistics(host);
	ck_assert_uint_eq(statistics.bad_messages, bad ? noises->made : 0);
	ck_assert_uint_eq(noises->completed, asks ? noises->made : 0);
	ck_assert_uint_eq(statistics.rx_drop_stopped,
			  noises->kind == NOISE_FRAME ? noises->made : 0);
	ck_assert_uint_eq(statistics.rx_drop_malformed,
			  noises->kind == NOISE_RANGES ? noises->made : 0);
	ck_assert_uint_eq(host->keepalive_answers,
			  noises->kind == NOISE_KEEPALIVE ? noises->made : 0);
	nic_link(host->nic, &link);
	ck_assert(link.up);
	ck_assert_int_eq(nic_start(host->nic), 0);
	plain_works(host);
}

START_TEST(edge_67_what_nobody_waits_for_comes_before_each_answer)
{
	struct noises noises = {.kind = (enum noise)(_i % NOISES)};

	plain_run_with(up_with_noise, _i, makes_noise, &noises);
}
END_TEST

/* ---- 69: no answer to a revoke ---- */

static void closes_briefly(struct scripted_host *host)
{
	const struct record *record = host->context;
	uint64_t begin;
	unsigned i;

	plain_up(host);
	plain_works(host);
	begin = port_time(host->port);
	card_close(host);
	ck_assert_uint_lt(port_time(host->port) - begin, BRIEFLY);
	/* The receive buffer first, and each once; CLOSE may overtake them. */
	ck_assert_uint_eq(host->closes, 1);
	ck_assert_uint_le(host->revokes, 2);
	for (i = 0; i < record->count && record->type[i] != 103; i++)
		ck_assert_uint_ne(record->type[i], 106);
}

START_TEST(edge_69_nobody_waits_for_an_answer_to_a_revoke)
{
	struct record record = {.version = versions[_i % VERSIONS]};

	plain_run_with(closes_briefly, _i, record_all, &record);
}
END_TEST

/*
 * A device that says nothing at all any more: a bounded time, and all is back.
 */
static void closes_though_mute(struct scripted_host *host)
{
	static const uint8_t frame[PLAIN_LARGE];
	uint64_t begin;

	plain_up(host);
	host->mute = true;
	ck_assert(card_submit(host, 0, frame, PLAIN_LARGE));
	begin = port_time(host->port);
	card_close(host);
	ck_assert_uint_lt(port_time(host->port) - begin, 60000000000ull);
	ck_assert_uint_eq(host->closes, 1);
}

START_TEST(edge_69_a_mute_device_can_be_closed)
{
	struct record record = {.version = versions[_i % VERSIONS]};

	plain_run_with(closes_though_mute, _i, record_all, &record);
}
END_TEST

static void add_versions(Suite *suite)
{
	TCase *test = tcase_create("versions");

	tcase_add_loop_test(test, edge_54_55_order_and_size_of_each_version, 0,
			    2 * VERSIONS);
	tcase_add_loop_test(test,
			    edge_54_a_new_mtu_is_configured_before_the_buffers,
			    0, SEEDS);
	tcase_add_loop_test(test,
			    edge_55_an_answer_may_have_the_size_of_any_version,
			    0, 15);
	tcase_add_loop_test(test,
			    edge_55_an_answer_too_short_for_its_words_is_none,
			    0, 12);
	tcase_add_loop_test(test, edge_56_the_next_lower_version_is_tried, 0,
			    6 * VERSIONS);
	suite_add_tcase(suite, test);
}

static void add_buffers(Suite *suite)
{
	TCase *test = tcase_create("buffers");

	tcase_add_loop_test(test, edge_57_sections_of_any_number, 0, 8);
	tcase_add_loop_test(test,
			    edge_57_sections_that_cannot_be_end_the_bring_up, 0,
			    sizeof(layouts) / sizeof(layouts[0]));
	tcase_add_loop_test(test,
			    edge_62_without_a_send_buffer_all_goes_by_pages, 0,
			    5);
	tcase_add_loop_test(test,
			    edge_62_sections_that_cannot_be_end_the_bring_up, 0,
			    4);
	tcase_add_loop_test(test, edge_62_sections_of_any_size, 0, 11);
	suite_add_tcase(suite, test);
}

static void add_waits(Suite *suite)
{
	TCase *test = tcase_create("waits");

	tcase_add_loop_test(test, edge_66_a_table_is_bounded_by_its_message, 0,
			    TABLES);
	tcase_add_loop_test(
		test, edge_67_what_nobody_waits_for_comes_before_each_answer, 0,
		4 * NOISES);
	tcase_add_loop_test(test,
			    edge_69_nobody_waits_for_an_answer_to_a_revoke, 0,
			    2 * VERSIONS);
	tcase_add_loop_test(test, edge_69_a_mute_device_can_be_closed, 0,
			    VERSIONS);
	suite_add_tcase(suite, test);
}

int main(void)
{
	Suite *suite = suite_create("nvsp_edges");

	add_versions(suite);
	add_buffers(suite);
	add_waits(suite);
	return plain_main(suite);
}
