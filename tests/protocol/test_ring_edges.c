/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edge cases 40 to 53, the ring: what the driver does under a device in plain
 * bytes. What a ring does by itself is in the unit tests of both sides; here is
 * what becomes of the card.
 */
#include <check.h>
#include <string.h>

#include "mocks/hyperv/hostile.h"
#include "tests/support/scripted_host.h"

#define SEEDS	    8
#define RING_BYTES  16384u
#define PACKETS_MAX 4096u
#define BURST	    32u
#define SMALL	    60u
/* Sent by pages: longer than what is copied. */
#define LARGE	    1500u
#define CAFE	    0xcafeu

static const struct scripted_host_configuration plain = {
	.card = {
		.receive_buffer_bytes = 128 * 1024,
		.send_buffer_bytes = 64 * 1024,
		.send_ring_bytes = RING_BYTES,
		.receive_ring_bytes = RING_BYTES,
		.transmit_depth = 64,
	},
};

static void run(void (*body)(struct scripted_host *host), int seed)
{
	struct scripted_host_configuration configuration = plain;

	configuration.seed = (uint64_t)seed;
	ck_assert_str_eq(scripted_host_run(&configuration, body), "");
}

static void up(struct scripted_host *host)
{
	ck_assert_int_eq(card_up(host), 0);
}

static void frame_fill(uint8_t *frame, uint32_t bytes, uint8_t first)
{
	memset(frame, first, bytes);
	memcpy(frame, "\x02\x02\x02\x02\x02\x02\x04\x04\x04\x04\x04\x04\x88\xb5",
	       14);
}

/* A frame each way: the card works. */
static void works(struct scripted_host *host)
{
	unsigned before = host->data_packets;
	uint8_t frame[LARGE], got[LARGE];
	struct net_packet packet;

	frame_fill(frame, LARGE, 7);
	ck_assert_int_eq(card_transmit(host, frame, LARGE), 0);
	ck_assert_uint_eq(host->data_packets, before + 1);
	device_frame(host, frame, SMALL);
	ck_assert_int_eq(card_receive(host, got, sizeof(got), &packet), SMALL);
	ck_assert_mem_eq(got, frame, SMALL);
}

/* The card says that it failed, once; nothing goes any more, all comes back. */
static void failed(struct scripted_host *host)
{
	static const uint8_t frame[SMALL];
	struct net_segment segment;
	struct net_packet packet;

	ck_assert_uint_eq(nic_events(host->nic), NIC_EVENT_FAILED);
	ck_assert_uint_eq(nic_events(host->nic), 0);
	ck_assert(!card_submit(host, 0, frame, SMALL));
	ck_assert_uint_eq(
		nic_receive(host->nic, 0, &packet, 1, &segment, 1), 0);
	ck_assert_int_eq(nic_filter_set(host->nic, NIC_FILTER_UNICAST, NULL, 0),
			 ERROR_PROTOCOL);
	ck_assert_int_eq(nic_mtu_set(host->nic, 1000), ERROR_PROTOCOL);
}

/* ---- 44, 45, 47: who is woken, and how often ---- */

static void burst_rings_once(struct scripted_host *host)
{
	struct net_segment segments[BURST];
	struct net_packet packets[BURST] = {0};
	uint64_t doorbells;
	void *owners[BURST];
	unsigned i, back = 0;

	up(host);
	card_settle(host);
	doorbells = host_channel_doorbells(host->device);
	for (i = 0; i < BURST; i++) {
		segments[i].data = host->transmit_memory + i * LARGE;
		segments[i].length = i % 2 ? LARGE : SMALL;
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
	run(burst_rings_once, _i);
}
END_TEST

/*
 * The host does not read, so that the completions of what is drained here ring
 * no second time. Returns how often draining rings.
 */
static uint64_t rings_of_drain(struct scripted_host *host, uint32_t pending,
			       uint32_t features)
{
	struct net_segment segments[BURST];
	struct net_packet packets[BURST];
	uint64_t before;
	unsigned i, n;

	for (i = 0; i < BURST; i++)
		ck_assert_int_eq(device_inband(host, segments, 40, i, false),
				 HOST_SEND_DONE);
	host_hostile_word_set(host->device, true,
			      HOST_HOSTILE_PENDING_SEND_SIZE, pending);
	host_hostile_word_set(host->device, true, HOST_HOSTILE_FEATURE_BITS,
			      features);
	before = card_statistics(host).doorbells;
	for (n = 0; n < 3; n++)
		ck_assert_uint_eq(nic_receive(host->nic, 0, packets, BURST,
					      segments, BURST),
				  0);
	host_hostile_word_set(host->device, true,
			      HOST_HOSTILE_PENDING_SEND_SIZE, 0);
	return card_statistics(host).doorbells - before;
}

static void waiting_host(struct scripted_host *host)
{
	up(host);
	card_settle(host);
	ck_assert_uint_eq(rings_of_drain(host, 0, 1), 0);
	/* All of the ring, and odd numbers. */
	ck_assert_uint_eq(rings_of_drain(host, RING_BYTES - 1, 1), 1);
	ck_assert_uint_eq(rings_of_drain(host, RING_BYTES - 8, 1), 1);
	ck_assert_uint_eq(rings_of_drain(host, RING_BYTES, 1), 1);
	ck_assert_uint_eq(rings_of_drain(host, 0xffffffff, 1), 1);
	ck_assert_uint_eq(rings_of_drain(host, RING_BYTES - 100, 1), 1);
	/* There was as much all the time. */
	ck_assert_uint_eq(rings_of_drain(host, 8, 1), 0);
	ck_assert_uint_eq(rings_of_drain(host, RING_BYTES / 4, 1), 0);
	/* A host that does not say that it waits is not told. */
	ck_assert_uint_eq(rings_of_drain(host, RING_BYTES - 8, 0), 0);
	ck_assert_uint_eq(rings_of_drain(host, RING_BYTES - 8, 0xfffffffe), 0);
}

START_TEST(edge_44_45_a_host_that_waits_for_room_is_rung_for_once)
{
	run(waiting_host, _i);
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
	run(promise, _i);
}
END_TEST

/* ---- 48, 49: words of the host that cannot be ---- */

static const struct lie {
	bool to_guest;
	enum host_hostile_word word;
	uint32_t value;
} lies[] = {
	{true, HOST_HOSTILE_WRITE_INDEX, 4},
	{true, HOST_HOSTILE_WRITE_INDEX, RING_BYTES - 4},
	{true, HOST_HOSTILE_WRITE_INDEX, RING_BYTES},
	{true, HOST_HOSTILE_WRITE_INDEX, RING_BYTES + 8},
	{true, HOST_HOSTILE_WRITE_INDEX, 0x7ffffff8},
	{true, HOST_HOSTILE_WRITE_INDEX, 0x80000000},
	{true, HOST_HOSTILE_WRITE_INDEX, 0xfffffff8},
	{true, HOST_HOSTILE_WRITE_INDEX, 0xffffffff},
	{false, HOST_HOSTILE_READ_INDEX, 4},
	{false, HOST_HOSTILE_READ_INDEX, RING_BYTES},
	{false, HOST_HOSTILE_READ_INDEX, 0x80000000},
	{false, HOST_HOSTILE_READ_INDEX, 0xffffffff},
};

/* Fill the ring until its reader's index has to be looked at. */
static void lie_about_room(struct scripted_host *host, const struct lie *lie)
{
	uint8_t frame[LARGE];
	unsigned i;

	host_hostile_stall(host->device, true);
	host_hostile_word_set(host->device, lie->to_guest, lie->word,
			      lie->value);
	frame_fill(frame, LARGE, 1);
	for (i = 0; i < RING_BYTES / 64; i++)
		if (!card_submit(host, 0, frame, LARGE))
			break;
}

static void impossible_index(struct scripted_host *host)
{
	const struct lie *lie = host->context;
	struct net_segment segment;
	struct net_packet packet;
	void *owners[128];

	up(host);
	if (lie->to_guest) {
		card_settle(host);
		host_hostile_word_set(host->device, true, lie->word,
				      lie->value);
		ck_assert_uint_eq(
			nic_receive(host->nic, 0, &packet, 1, &segment, 1), 0);
	} else {
		lie_about_room(host, lie);
		/* What was sent is lost: it is the stack's again. */
		ck_assert_uint_eq(nic_reclaim(host->nic, 0, owners, 128),
				  card_statistics(host).tx_errors);
		host_hostile_stall(host->device, false);
	}
	failed(host);
}

static void prepare_lie(struct scripted_host *host)
{
	host->context = (void *)(uintptr_t)host->card.cpu;
}

static int row;

static void prepare_row(struct scripted_host *host)
{
	host->context = (void *)(uintptr_t)&lies[row];
}
