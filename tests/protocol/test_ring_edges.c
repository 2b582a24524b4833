/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edge cases 40 to 53, the ring: what the driver does under a device in plain
 * bytes. What a ring does by itself is in the unit tests of both sides; here is
 * what becomes of the card.
 */
#include <check.h>
#include <string.h>

#include "mocks/hyperv/hostile.h"
#include "tests/support/plain_card.h"

#define SEEDS	    8
#define PACKETS_MAX 4096u
#define BURST	    32u

/* ---- 44, 45, 47: who is woken, and how often ---- */

static void burst_rings_once(struct scripted_host *host)
{
	struct net_segment segments[BURST];
	struct net_packet packets[BURST] = {0};
	uint64_t doorbells;
	void *owners[BURST];
	unsigned i, back = 0;

	plain_up(host);
	card_settle(host);
	doorbells = host_channel_doorbells(host->device);
	for (i = 0; i < BURST; i++) {
		segments[i].data = host->transmit_memory + i * PLAIN_LARGE;
		segments[i].length = i % 4 ? PLAIN_LARGE : PLAIN_SMALL;
		packets[i].first_segment = i;
		packets[i].segment_count = 1;
		packets[i].length = segments[i].length;
		packets[i].owner = segments[i].data;
	}
	ck_assert_uint_eq(nic_transmit(host->nic, 0, packets, BURST, segments),
			  BURST);
	ck_assert_uint_eq(host_channel_doorbells(host->device) - doorbells, 1);
	card_settle(host);
	ck_assert_uint_eq(host->data_messages, BURST);
	/* The reader of the completions has nothing to say to their writer. */
	ck_assert_uint_eq(host_channel_doorbells(host->device) - doorbells, 1);
	while (back < BURST)
		back += nic_reclaim(host->nic, 0, owners, BURST);
	ck_assert_uint_eq(back, BURST);
}

START_TEST(edge_47_a_burst_rings_once)
{
	plain_run(burst_rings_once, _i);
}
END_TEST

/* Drain packets that want no completion; returns how often that rings. */
static uint64_t rings_of_drain(struct scripted_host *host, uint32_t pending,
			       uint32_t features)
{
	static const uint8_t message[40];
	uint64_t before;
	unsigned i;

	for (i = 0; i < BURST; i++)
		ck_assert_int_eq(device_inband(host, message, 40, i, false),
				 HOST_SEND_DONE);
	host_hostile_word_set(host->device, true,
			      HOST_HOSTILE_PENDING_SEND_SIZE, pending);
	host_hostile_word_set(host->device, true, HOST_HOSTILE_FEATURE_BITS,
			      features);
	before = card_statistics(host).doorbells;
	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(plain_drain(host), 0);
	host_hostile_word_set(host->device, true,
			      HOST_HOSTILE_PENDING_SEND_SIZE, 0);
	return card_statistics(host).doorbells - before;
}

static void waiting_host(struct scripted_host *host)
{
	plain_up(host);
	card_settle(host);
	ck_assert_uint_eq(rings_of_drain(host, 0, 1), 0);
	/* All of the ring, and odd numbers. */
	ck_assert_uint_eq(rings_of_drain(host, PLAIN_RING_BYTES - 1, 1), 1);
	ck_assert_uint_eq(rings_of_drain(host, PLAIN_RING_BYTES - 8, 1), 1);
	ck_assert_uint_eq(rings_of_drain(host, PLAIN_RING_BYTES, 1), 1);
	ck_assert_uint_eq(rings_of_drain(host, 0xffffffff, 1), 1);
	ck_assert_uint_eq(rings_of_drain(host, PLAIN_RING_BYTES - 100, 1), 1);
	/* There was as much all the time. */
	ck_assert_uint_eq(rings_of_drain(host, 8, 1), 0);
	ck_assert_uint_eq(rings_of_drain(host, PLAIN_RING_BYTES / 4, 1), 0);
	/* A host that does not say that it waits is not told. */
	ck_assert_uint_eq(rings_of_drain(host, PLAIN_RING_BYTES - 8, 0), 0);
	ck_assert_uint_eq(
		rings_of_drain(host, PLAIN_RING_BYTES - 8, 0xfffffffe), 0);
}

START_TEST(edge_44_45_a_host_that_waits_for_room_is_rung_for_once)
{
	plain_run(waiting_host, _i);
}
END_TEST

static void promise(struct scripted_host *host)
{
	uint32_t features = 0;

	ck_assert_int_eq(card_open(host), 0);
	ck_assert(host_hostile_word_get(host->device, false,
					HOST_HOSTILE_FEATURE_BITS, &features));
	ck_assert_uint_eq(features, 1);
}

START_TEST(edge_45_the_guest_promises_to_say_what_it_waits_for)
{
	plain_run(promise, _i);
}
END_TEST

/* ---- 48, 49: words of the host that cannot be ---- */

static const struct lie {
	bool to_guest;
	enum host_hostile_word word;
	uint32_t value;
} lies[] = {
	{true, HOST_HOSTILE_WRITE_INDEX, 4},
	{true, HOST_HOSTILE_WRITE_INDEX, PLAIN_RING_BYTES - 4},
	{true, HOST_HOSTILE_WRITE_INDEX, PLAIN_RING_BYTES},
	{true, HOST_HOSTILE_WRITE_INDEX, PLAIN_RING_BYTES + 8},
	{true, HOST_HOSTILE_WRITE_INDEX, 0x7ffffff8},
	{true, HOST_HOSTILE_WRITE_INDEX, 0x80000000},
	{true, HOST_HOSTILE_WRITE_INDEX, 0xfffffff8},
	{true, HOST_HOSTILE_WRITE_INDEX, 0xffffffff},
	{false, HOST_HOSTILE_READ_INDEX, 4},
	{false, HOST_HOSTILE_READ_INDEX, PLAIN_RING_BYTES},
	{false, HOST_HOSTILE_READ_INDEX, 0x80000000},
	{false, HOST_HOSTILE_READ_INDEX, 0xffffffff},
};

/* Fill the ring until its reader's index has to be looked at. */
static void lie_about_room(struct scripted_host *host, const struct lie *lie)
{
	uint8_t frame[PLAIN_LARGE];
	unsigned i;

	host_hostile_stall(host->device, true);
	host_hostile_word_set(host->device, lie->to_guest, lie->word,
			      lie->value);
	plain_frame(frame, PLAIN_LARGE, 1);
	for (i = 0; i < PLAIN_RING_BYTES / 64; i++)
		if (!card_submit(host, 0, frame, PLAIN_LARGE))
			break;
}

static void impossible_index(struct scripted_host *host)
{
	const struct lie *lie = host->context;
	struct net_segment segment;
	struct net_packet packet;
	void *owners[256];

	plain_up(host);
	if (lie->to_guest) {
		card_settle(host);
		host_hostile_word_set(host->device, true, lie->word,
				      lie->value);
		ck_assert_uint_eq(
			nic_receive(host->nic, 0, &packet, 1, &segment, 1), 0);
	} else {
		lie_about_room(host, lie);
		/* What was sent is lost: it is the stack's again. */
		ck_assert_uint_eq(nic_reclaim(host->nic, 0, owners, 256),
				  card_statistics(host).tx_errors);
		host_hostile_stall(host->device, false);
	}
	plain_failed(host);
}

#define LIES (sizeof(lies) / sizeof(lies[0]))

START_TEST(edge_48_an_impossible_index_ends_the_card)
{
	struct lie lie = lies[_i % LIES];

	plain_run_with(impossible_index, _i, NULL, &lie);
}
END_TEST

/* A descriptor: type, offset8, length8, flags; and what is written of it. */
static const struct descriptor {
	uint16_t words[4];
	uint32_t written;
} descriptors[] = {
	{{7, 2, 5, 1}, 48},	  {{9, 2, 5, 1}, 48},
	{{7, 0, 5, 1}, 48},	  {{6, 1, 5, 0}, 48},
	{{6, 0, 5, 0}, 48},	  {{6, 6, 5, 0}, 48},
	{{7, 6, 5, 1}, 48},	  {{11, 0xffff, 5, 0}, 48},
	{{6, 2, 0, 0}, 48},	  {{6, 2, 1, 0}, 48},
	{{6, 2, 6, 0}, 48},	  {{11, 2, 0x8000, 0}, 48},
	{{11, 2, 0xffff, 0}, 48}, {{6, 0xffff, 0xffff, 0}, 48},
	{{6, 2, 2, 2}, 24},	  {{6, 2, 2, 0x8001}, 24},
	{{0, 2, 2, 0}, 24},	  {{8, 2, 2, 0}, 24},
	{{12, 2, 2, 0}, 24},	  {{32 + 6, 2, 2, 0}, 24},
	{{0xffff, 2, 2, 0}, 24},  {{0xffff, 0xffff, 0xffff, 0xffff}, 24},
	{{6, 2, 2, 0}, 16},	  {{6, 2, 2, 0}, 8},
};

static void corrupt_descriptor(struct scripted_host *host)
{
	const struct descriptor *lie = host->context;
	uint8_t bytes[48] = {0};
	unsigned completions, i;
	struct net_segment segment;
	struct net_packet packet;

	plain_up(host);
	plain_works(host);
	card_settle(host);
	completions = host->completions;
	for (i = 0; i < 4; i++)
		put16(bytes, 2 * i, lie->words[i]);
	ck_assert(host_hostile_packet(host->device, bytes, lie->written));
	ck_assert_uint_eq(nic_receive(host->nic, 0, &packet, 1, &segment, 1),
			  0);
	plain_failed(host);
	card_settle(host);
	/* What cannot be told apart cannot be answered. */
	ck_assert_uint_eq(host->completions, completions);
}

#define DESCRIPTORS (sizeof(descriptors) / sizeof(descriptors[0]))

START_TEST(edge_48_49_an_impossible_descriptor_ends_the_card)
{
	struct descriptor lie = descriptors[_i % DESCRIPTORS];

	plain_run_with(corrupt_descriptor, _i, NULL, &lie);
}
END_TEST

/* ---- 51: transaction ids ---- */

static bool see_first_id(struct scripted_host *host,
			 const struct host_packet *packet)
{
	uint64_t *first = host->context;

	if (host->inits == 0)
		*first = packet->transaction_id;
	return false;
}

static void see_ids(struct scripted_host *host)
{
	host->on_packet = see_first_id;
}

static void zero_is_an_id(struct scripted_host *host)
{
	plain_up(host);
	ck_assert_uint_eq(*(uint64_t *)host->context, 0);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 0);
	plain_works(host);
}

START_TEST(edge_51_id_0_is_as_good_as_any)
{
	uint64_t first = 99;

	plain_run_with(zero_is_an_id, _i, see_ids, &first);
}
END_TEST

/* Ids that are not in flight: each is ignored and counted, and no more. */
static void forged_ids(struct scripted_host *host)
{
	static const uint64_t ids[] = {
		0,	    1,		63,	    64,
		0xffff,	    0x7fffffff, 0x80000000, 0xffffffff,
		1ull << 32, 1ull << 63, UINT64_MAX,
	};
	const unsigned count = sizeof(ids) / sizeof(ids[0]);
	static const uint8_t frame[PLAIN_LARGE];
	uint64_t bad, id;
	void *owner;
	unsigned i;

	plain_up(host);
	host->hold_data = true;
	ck_assert(card_submit(host, 0, frame, PLAIN_LARGE));
	card_settle(host);
	ck_assert_uint_eq(host->held, 1);
	id = host->held_ids[0];
	bad = card_statistics(host).bad_messages;
	/* Right but for the generation, and but for the index; then others. */
	plain_complete(host, id ^ 1ull << 32, 1);
	plain_complete(host, id ^ 1, 1);
	for (i = 0; i < count; i++)
		plain_complete(host, ids[i], 1);
	card_settle(host);
	ck_assert_uint_eq(card_statistics(host).bad_messages, bad + 2 + count);
	ck_assert_uint_eq(card_statistics(host).tx_frames, 0);
	ck_assert_uint_eq(nic_reclaim(host->nic, 0, &owner, 1), 0);
	plain_complete(host, id, 1);
	card_settle(host);
	ck_assert_uint_eq(nic_reclaim(host->nic, 0, &owner, 1), 1);
	ck_assert_uint_eq(card_statistics(host).tx_frames, 1);
	host->hold_data = false;
	plain_works(host);
}

START_TEST(edge_51_an_id_that_was_never_given_out_is_ignored)
{
	plain_run(forged_ids, _i);
}
END_TEST

static void completed_twice(struct scripted_host *host)
{
	static const uint8_t frame[PLAIN_LARGE];
	uint64_t bad;
	void *owners[4];

	plain_up(host);
	host->hold_data = true;
	ck_assert(card_submit(host, 0, frame, PLAIN_LARGE));
	ck_assert(card_submit(host, PLAIN_LARGE, frame, PLAIN_LARGE));
	card_settle(host);
	ck_assert_uint_eq(host->held, 2);
	bad = card_statistics(host).bad_messages;
	/* The second first, and twice. */
	plain_complete(host, host->held_ids[1], 1);
	plain_complete(host, host->held_ids[1], 1);
	card_settle(host);
	ck_assert_uint_eq(card_statistics(host).bad_messages, bad + 1);
	ck_assert_uint_eq(card_statistics(host).tx_frames, 1);
	ck_assert_uint_eq(nic_reclaim(host->nic, 0, owners, 4), 1);
	ck_assert_ptr_eq(owners[0], host->transmit_memory + PLAIN_LARGE);
	plain_complete(host, host->held_ids[0], 1);
	card_settle(host);
	ck_assert_uint_eq(nic_reclaim(host->nic, 0, owners, 4), 1);
	ck_assert_ptr_eq(owners[0], host->transmit_memory);
	/* And once more, when both are long gone. */
	plain_complete(host, host->held_ids[0], 1);
	plain_complete(host, host->held_ids[1], 1);
	card_settle(host);
	ck_assert_uint_eq(card_statistics(host).bad_messages, bad + 3);
	ck_assert_uint_eq(nic_reclaim(host->nic, 0, owners, 4), 0);
	host->hold_data = false;
	plain_works(host);
}

START_TEST(edge_51_a_second_completion_is_ignored)
{
	plain_run(completed_twice, _i);
}
END_TEST

/* ---- 52: completions that nobody asked for, and none ---- */

struct flags {
	/* By NVSP type: packets, and those that asked for a completion. */
	unsigned sent[256], asked[256];
};

static bool see_flags(struct scripted_host *host,
		      const struct host_packet *packet)
{
	struct flags *flags = host->context;
	uint32_t type = get32(packet->payload, 0) % 256;

	flags->sent[type]++;
	flags->asked[type] += packet->completion_requested;
	return false;
}

static void watch_flags(struct scripted_host *host)
{
	host->on_packet = see_flags;
}

static void asks_or_not(struct scripted_host *host)
{
	static const uint32_t asked[] = {1, 101, 104, 107};
	static const uint32_t told[] = {100, 103, 106, 125};
	const struct flags *flags = host->context;
	unsigned i;

	plain_up(host);
	plain_works(host);
	ck_assert_uint_eq(flags->sent[100] + flags->sent[125], 2);
	card_close(host);
	for (i = 0; i < 4; i++) {
		ck_assert_uint_gt(flags->sent[asked[i]], 0);
		ck_assert_uint_eq(flags->sent[asked[i]],
				  flags->asked[asked[i]]);
		/* CLOSE may overtake what is said last. */
		ck_assert_uint_le(flags->sent[told[i]], 1);
		ck_assert_uint_eq(flags->asked[told[i]], 0);
	}
}

START_TEST(edge_52_who_waits_has_asked)
{
	struct flags flags = {0};

	plain_run_with(asks_or_not, _i, watch_flags, &flags);
}
END_TEST

/* Inband, asked for or not; of a known type, an unknown one, or empty. */
static void completes_what_asks(struct scripted_host *host)
{
	static const uint32_t types[] = {128, 134, 107, 999, 0, 0xffffffff};
	uint8_t message[40] = {0};
	unsigned before, i, asked;

	plain_up(host);
	card_settle(host);
	before = host->completions;
	for (i = 0; i < 2 * 6; i++) {
		asked = i % 2;
		put32(message, 0, types[i / 2]);
		device_inband(host, message, sizeof(message), 1000 + i, asked);
		card_settle(host);
		before += asked;
		ck_assert_uint_eq(host->completions, before);
		if (asked)
			ck_assert_uint_eq(
				host->completed_ids[(before - 1) % 256],
				1000 + i);
	}
	device_inband(host, message, 0, 5, false);
	device_inband(host, message, 0, 6, true);
	card_settle(host);
	ck_assert_uint_eq(host->completions, before + 1);
	plain_works(host);
}

START_TEST(edge_52_what_did_not_ask_is_not_completed)
{
	plain_run(completes_what_asks, _i);
}
END_TEST

/* Frames whose completion never comes: the stop ends, the close returns all. */
static void never_completed(struct scripted_host *host)
{
	static const uint8_t frame[PLAIN_LARGE];
	uint64_t begin;
	void *owners[4];

	plain_up(host);
	host->hold_data = true;
	ck_assert(card_submit(host, 0, frame, PLAIN_LARGE));
	ck_assert(card_submit(host, PLAIN_LARGE, frame, PLAIN_SMALL));
	card_settle(host);
	begin = port_time(host->port);
	nic_stop(host->nic);
	ck_assert_uint_lt(port_time(host->port) - begin, 10000000000ull);
	ck_assert_uint_eq(nic_reclaim(host->nic, 0, owners, 4), 1);
	ck_assert_uint_eq(card_statistics(host).tx_frames, 0);
	/* A new MTU ends what was under way before. */
	ck_assert_int_eq(nic_mtu_set(host->nic, 1400), 0);
	ck_assert_uint_eq(nic_reclaim(host->nic, 0, owners, 4), 1);
	ck_assert_uint_eq(card_statistics(host).tx_errors, 2);
	host->hold_data = false;
	ck_assert_int_eq(nic_start(host->nic), 0);
	device_frame(host, frame, PLAIN_SMALL);
	card_settle(host);
}

START_TEST(edge_52_a_completion_that_never_comes_ends_with_the_card)
{
	plain_run(never_completed, _i);
}
END_TEST

/* ---- 53: the ring for completions is full ---- */

struct ledger {
	/* Times that each packet was completed, and in which order. */
	unsigned times[PACKETS_MAX];
	uint64_t next;
	bool in_order;
};

static void note_completion(struct scripted_host *host,
			    const struct host_packet *packet)
{
	struct ledger *ledger = host->context;
	uint64_t id = packet->transaction_id - 0x100000000ull;

	/* Those of control messages have small numbers. */
	if (id >= PACKETS_MAX)
		return;
	ledger->in_order = ledger->in_order && id == ledger->next;
	ledger->next = id + 1;
	ledger->times[id]++;
	ck_assert_uint_eq(get32(packet->payload, 0), 108);
	ck_assert_uint_eq(get32(packet->payload, 4), 1);
}

static void watch_completions(struct scripted_host *host)
{
	struct ledger *ledger = host->context;

	memset(ledger, 0, sizeof(*ledger));
	ledger->in_order = true;
	host->on_completion = note_completion;
}

/* One frame in each packet, as many as go. Returns how many went. */
static unsigned flood(struct scripted_host *host, unsigned from, unsigned count)
{
	struct scripted_range range = {44 + PLAIN_SMALL, 0};
	uint8_t frame[PLAIN_SMALL], message[44 + PLAIN_SMALL];
	unsigned i;

	plain_frame(frame, PLAIN_SMALL, 3);
	device_write(host, 0, message,
		     rndis_packet(message, frame, PLAIN_SMALL));
	for (i = 0; i < count; i++)
		if (device_ranges(host, 0x100000000ull + from + i,
				  PLAIN_RECEIVE_BUFFER, &range,
				  1) != HOST_SEND_DONE)
			break;
	return i;
}

/*
 * The host reads nothing and sends what it can, until the guest, which may owe
 * only so much, takes no more; then it reads again.
 */
static void full_of_completions(struct scripted_host *host)
{
	const struct ledger *ledger = host->context;
	unsigned sent = 0, received = 0, went, turn, i;
	uint64_t doorbells;

	plain_up(host);
	card_settle(host);
	host_hostile_stall(host->device, true);
	doorbells = card_statistics(host).doorbells;
	for (turn = 0; turn < 64; turn++) {
		went = flood(host, sent, 100);
		sent += went;
		received += plain_drain(host);
	}
	/* More than the ring holds, and less than without end. */
	ck_assert_uint_gt(received, 1000);
	ck_assert_uint_lt(sent, 2000);
	ck_assert_uint_eq(ledger->next, 0);
	/* A host that does not read is not rung for again and again. */
	ck_assert_uint_le(card_statistics(host).doorbells - doorbells, 64);
	host_hostile_stall(host->device, false);
	for (turn = 0; turn < 100; turn++) {
		port_delay(host->port, 1000000);
		received += plain_drain(host);
	}
	ck_assert_uint_eq(received, sent);
	ck_assert_uint_eq(card_statistics(host).rx_frames, sent);
	for (i = 0; i < sent; i++)
		ck_assert_uint_eq(ledger->times[i], 1);
	ck_assert_uint_eq(ledger->next, sent);
	ck_assert(ledger->in_order);
	host->next_slot = 0;
	plain_works(host);
}

START_TEST(edge_53_completions_that_find_the_ring_full_are_sent_later)
{
	struct ledger ledger;

	plain_run_with(full_of_completions, _i, watch_completions, &ledger);
}
END_TEST

/* A stack that sleeps meanwhile is woken when there is room again. */
static void woken_for_room(struct scripted_host *host)
{
	const struct ledger *ledger = host->context;
	unsigned sent, wakes, turn;

	plain_up(host);
	card_settle(host);
	host_hostile_stall(host->device, true);
	sent = flood(host, 0, 150);
	plain_drain(host);
	sent += flood(host, sent, 150);
	ck_assert_uint_eq(sent, 300);
	ck_assert_uint_eq(plain_drain(host), 150);
	wakes = host->wakes;
	ck_assert(nic_arm(host->nic, 0));
	port_delay(host->port, 1000000);
	ck_assert_uint_eq(host->wakes, wakes);
	host_hostile_stall(host->device, false);
	for (turn = 0; turn < 100 && ledger->next < sent; turn++) {
		port_delay(host->port, 1000000);
		if (host->wakes == wakes)
			continue;
		wakes = host->wakes;
		plain_drain(host);
		nic_arm(host->nic, 0);
	}
	ck_assert_uint_eq(ledger->next, sent);
	ck_assert(ledger->in_order);
	nic_disarm(host->nic, 0);
}

START_TEST(edge_53_who_sleeps_over_a_full_ring_is_woken)
{
	struct ledger ledger;

	plain_run_with(woken_for_room, _i, watch_completions, &ledger);
}
END_TEST

/*
 * Frames that were copied leave no owner behind to come back: that there is a
 * section again for the one that was not taken is said by arm, once.
 */
static void room_said_once(struct scripted_host *host)
{
	uint8_t frame[PLAIN_SMALL];
	void *owner;

	plain_frame(frame, PLAIN_SMALL, 3);
	plain_up(host);
	card_settle(host);
	host->hold_data = true;
	while (card_submit(host, 0, frame, PLAIN_SMALL))
		ck_assert_uint_eq(nic_reclaim(host->nic, 0, &owner, 1), 1);
	port_delay(host->port, 1000000);
	ck_assert_uint_eq(host->held, PLAIN_SECTIONS);
	ck_assert(nic_arm(host->nic, 0));
	plain_complete(host, host->held_ids[0], 1);
	port_delay(host->port, 1000000);
	ck_assert_uint_eq(host->wakes, 1);
	plain_drain(host);
	ck_assert_uint_eq(nic_reclaim(host->nic, 0, &owner, 1), 0);
	ck_assert(!nic_arm(host->nic, 0));
	ck_assert(nic_arm(host->nic, 0));
	/* Who was not turned away is told nothing. */
	ck_assert(card_submit(host, 0, frame, PLAIN_SMALL));
	ck_assert_uint_eq(nic_reclaim(host->nic, 0, &owner, 1), 1);
	plain_complete(host, host->held_ids[1], 1);
	port_delay(host->port, 1000000);
	plain_drain(host);
	ck_assert(nic_arm(host->nic, 0));
	nic_disarm(host->nic, 0);
}

START_TEST(edge_53_who_was_turned_away_is_told_of_room_once)
{
	plain_run(room_said_once, _i);
}
END_TEST

/* The same for room in the ring, which the host makes by reading. */
static void ring_room_said_once(struct scripted_host *host)
{
	uint8_t frame[PLAIN_LARGE];
	void *owners[8];

	plain_frame(frame, PLAIN_LARGE, 3);
	plain_up(host);
	card_settle(host);
	host_hostile_stall(host->device, true);
	host->hold_data = true;
	while (card_submit(host, 0, frame, PLAIN_LARGE))
		;
	host_hostile_stall(host->device, false);
	port_delay(host->port, 1000000);
	plain_drain(host);
	ck_assert_uint_eq(nic_reclaim(host->nic, 0, owners, 8), 0);
	ck_assert(!nic_arm(host->nic, 0));
	ck_assert(nic_arm(host->nic, 0));
	ck_assert(card_submit(host, 0, frame, PLAIN_LARGE));
	nic_disarm(host->nic, 0);
}

START_TEST(edge_53_who_found_the_ring_full_is_told_of_room_once)
{
	plain_run(ring_room_said_once, _i);
}
END_TEST

/* Closed with completions owed: the host has them by the end of the channel. */
static void closed_while_full(struct scripted_host *host)
{
	unsigned sent;

	plain_up(host);
	card_settle(host);
	host_hostile_stall(host->device, true);
	sent = flood(host, 0, 150);
	plain_drain(host);
	sent += flood(host, sent, 150);
	plain_drain(host);
	ck_assert_uint_eq(card_statistics(host).rx_frames, sent);
	card_close(host);
	ck_assert_uint_eq(host->closes, 1);
}

START_TEST(edge_53_a_card_with_a_full_ring_can_be_closed)
{
	struct ledger ledger;

	plain_run_with(closed_while_full, _i, watch_completions, &ledger);
}
END_TEST

static void add_words(Suite *suite)
{
	TCase *test = tcase_create("words");

	tcase_add_loop_test(test, edge_47_a_burst_rings_once, 0, SEEDS);
	tcase_add_loop_test(
		test, edge_44_45_a_host_that_waits_for_room_is_rung_for_once, 0,
		SEEDS);
	tcase_add_loop_test(test,
			    edge_45_the_guest_promises_to_say_what_it_waits_for,
			    0, SEEDS);
	tcase_add_loop_test(test, edge_48_an_impossible_index_ends_the_card, 0,
			    2 * LIES);
	tcase_add_loop_test(test,
			    edge_48_49_an_impossible_descriptor_ends_the_card,
			    0, 2 * DESCRIPTORS);
	suite_add_tcase(suite, test);
}

static void add_completions(Suite *suite)
{
	TCase *test = tcase_create("completions");

	tcase_add_loop_test(test, edge_51_id_0_is_as_good_as_any, 0, SEEDS);
	tcase_add_loop_test(test,
			    edge_51_an_id_that_was_never_given_out_is_ignored,
			    0, SEEDS);
	tcase_add_loop_test(test, edge_51_a_second_completion_is_ignored, 0,
			    SEEDS);
	tcase_add_loop_test(test, edge_52_who_waits_has_asked, 0, SEEDS);
	tcase_add_loop_test(test, edge_52_what_did_not_ask_is_not_completed, 0,
			    SEEDS);
	tcase_add_loop_test(
		test, edge_52_a_completion_that_never_comes_ends_with_the_card,
		0, SEEDS);
	tcase_add_loop_test(
		test,
		edge_53_completions_that_find_the_ring_full_are_sent_later, 0,
		SEEDS);
	tcase_add_loop_test(test, edge_53_who_sleeps_over_a_full_ring_is_woken,
			    0, SEEDS);
	tcase_add_loop_test(test,
			    edge_53_who_was_turned_away_is_told_of_room_once, 0,
			    SEEDS);
	tcase_add_loop_test(
		test, edge_53_who_found_the_ring_full_is_told_of_room_once, 0,
		SEEDS);
	tcase_add_loop_test(test, edge_53_a_card_with_a_full_ring_can_be_closed,
			    0, SEEDS);
	suite_add_tcase(suite, test);
}

int main(void)
{
	Suite *suite = suite_create("ring_edges");

	add_words(suite);
	add_completions(suite);
	return plain_main(suite);
}
