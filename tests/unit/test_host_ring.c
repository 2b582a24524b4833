/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's end of rings: packets out and in across every wrap, what makes a
 * ring corrupt, and who signals whom when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../support/raw_guest.h"
#include "mocks/hyperv/hostile.h"

#define PAGE	  4096u
#define RING	  4096u
#define HANDLE	  1u
#define SIGNAL	  0x2000u
#define RECV_FLAG 512u

/* ---- A device that remembers ---- */

struct device {
	struct raw_guest *guest;
	struct host_channel *channel;
	uint32_t relid;
	/** The rings, control page first: the guest's, and the one to it. */
	uint8_t *up, *down;
	unsigned packets, corrupt, rooms;
	struct host_packet last;
	uint8_t payload[PAGE], ranges[PAGE];
	/** The mask that the guest would have found while the host read. */
	uint32_t mask;
	uint64_t when;
	/** More packets appear while the first is dealt with. */
	unsigned more;
	/** Something to do at each packet instead. */
	bool rescinds;
};

static bool device_opened(void *context, struct host_channel *channel)
{
	(void)context;
	(void)channel;
	return true;
}

static void device_packet(void *context, struct host_channel *channel,
			  const struct host_packet *packet)
{
	struct device *device = context;

	device->packets++;
	device->last = *packet;
	memcpy(device->payload, packet->payload, packet->payload_bytes);
	if (packet->ranges)
		memcpy(device->ranges, packet->ranges, packet->range_bytes);
	device->when = machine_time(device->guest->machine);
	assert_true(host_hostile_word_get(
		channel, false, HOST_HOSTILE_INTERRUPT_MASK, &device->mask));
	if (device->rescinds) {
		host_channel_rescind(channel);
		/* What it was given is still there. */
		assert_memory_equal(device->payload, packet->payload,
				    packet->payload_bytes);
	} else if (device->more) {
		device->more--;
		raw_ring_packet(device->guest, device->up, RING, 5, "12345678",
				8);
	}
}

static void device_room(void *context, struct host_channel *channel)
{
	struct device *device = context;

	(void)channel;
	device->rooms++;
}

static void device_corrupt(void *context, struct host_channel *channel)
{
	struct device *device = context;

	(void)channel;
	device->corrupt++;
}

static const struct host_device_operations operations = {
	.opened = device_opened,
	.packet = device_packet,
	.room = device_room,
	.corrupt = device_corrupt,
};

/* ---- Running ---- */

struct set_up {
	uint32_t version;
	enum machine_schedule schedule;
	enum host_strictness strictness;
	unsigned pages;
};

static void run_with(const struct set_up *up,
		     void (*body)(struct raw_guest *guest), unsigned violations)
{
	unsigned seed, i;

	for (seed = 0; seed < 4; seed++) {
		struct device device = {0};
		struct raw_guest *guest =
			raw_guest_create("ws2022", seed, up->schedule);

		if (up->strictness == HOST_LENIENT) {
			host_vmbus_destroy(guest->vmbus);
			guest->vmbus = host_vmbus_create(
				guest->partition,
				host_personality_find("ws2022"), HOST_LENIENT);
		}
		device.guest = guest;
		guest->context = &device;
		if (raw_guest_run(guest, body) != MACHINE_DONE)
			fail_msg("%s", machine_reason(guest->machine));
		if (machine_violations(guest->machine) != violations)
			for (i = 0; machine_violation_text(guest->machine, i);
			     i++)
				print_message("%s\n",
					      machine_violation_text(
						      guest->machine, i));
		assert_int_equal(machine_violations(guest->machine),
				 violations);
		raw_guest_destroy(guest);
	}
}

static void run(void (*body)(struct raw_guest *guest), unsigned violations)
{
	static const struct set_up plain = {.schedule =
						    MACHINE_SCHEDULE_SEEDED};

	run_with(&plain, body, violations);
}

/** Bring a channel up; each ring has so many pages of data. */
static struct device *up_with(struct raw_guest *guest, uint32_t version,
			      unsigned pages)
{
	static const struct host_offer offer = {.monitor_id = 255};
	struct device *device = guest->context;
	uint8_t payload[RAW_MESSAGE_MAX];
	unsigned each = pages + 1;

	device->channel =
		host_channel_offer(guest->vmbus, &offer, &operations, device);
	assert_int_equal(raw_connect(guest, version, payload), 1);
	device->relid = raw_get32(payload, 184);
	device->up = port_pages_alloc(guest->port, 2 * (size_t)each, 0, "ring");
	device->down = device->up + (size_t)each * PAGE;
	assert_int_equal(raw_gpadl(guest, device->relid, HANDLE, device->up,
				   2 * each),
			 0);
	assert_int_equal(raw_open(guest, device->relid, HANDLE, each), 0);
	return device;
}

static struct device *up(struct raw_guest *guest)
{
	return up_with(guest, 0x50003, 1);
}

static void doorbell(struct raw_guest *guest, const struct device *device)
{
	assert_int_equal(raw_signal(guest, SIGNAL | device->relid, 0), 0);
}

/** Give the host as many turns as it may want. */
static void settle(struct raw_guest *guest)
{
	unsigned i;

	for (i = 0; i < 50; i++)
		raw_wait(guest, 20000);
}

/* ---- Reading ---- */

static void wrap_body(struct raw_guest *guest)
{
	struct device *device = up_with(guest, 0x50003, 2);
	uint8_t payload[256];
	unsigned i, j;

	/* 1024 places to start at, lengths that are coprime to them. */
	for (i = 0; i < 3000; i++) {
		uint32_t bytes = (i % 31) * 8;

		for (j = 0; j < bytes; j++)
			payload[j] = (uint8_t)(i * 7 + j);
		raw_ring_packet(guest, device->up, 2 * RING, i, payload, bytes);
		doorbell(guest, device);
		while (device->packets == i)
			port_relax(guest->port, UINT64_MAX);
		assert_int_equal(device->last.type, HOST_PACKET_INBAND);
		assert_int_equal(device->last.transaction_id, i);
		assert_int_equal(device->last.payload_bytes, bytes);
		assert_memory_equal(device->payload, payload, bytes);
		assert_false(device->last.completion_requested);
	}
	settle(guest);
	assert_int_equal(raw_get32(device->up, 0), raw_get32(device->up, 4));
}

static void edge_50_packets_wrap_anywhere(void **state)
{
	(void)state;
	run(wrap_body, 0);
}

/** What a guest may write: a packet of 40 bytes, and the next behind it. */
static void write_words(struct raw_guest *guest, struct device *device,
			const uint32_t words[], unsigned count)
{
	uint8_t bytes[256];
	unsigned i;

	for (i = 0; i < count; i++)
		raw_put32(bytes, (size_t)i * 4, words[i]);
	raw_ring_write(guest, device->up, RING, bytes, count * 4);
}

static void ranges_body(struct raw_guest *guest)
{
	struct device *device = up(guest);
	/* {reserved, 2 ranges}, two of 16 bytes, eight bytes of payload. */
	const uint32_t words[] = {
		9 | 7u << 16, 8 | 1u << 16, 0xabcd, 0x1234, 0xdead, 2,
		10,	      20,	    30,	    40,	    11,	    21,
		31,	      41,	    50,	    60,	    0,	    0};

	write_words(guest, device, words, 18);
	doorbell(guest, device);
	settle(guest);
	assert_int_equal(device->packets, 1);
	assert_int_equal(device->last.type, HOST_PACKET_GPA_DIRECT);
	assert_true(device->last.completion_requested);
	assert_int_equal(device->last.transaction_id, 0x12340000abcd);
	assert_int_equal(device->last.range_count, 2);
	assert_int_equal(device->last.range_bytes, 32);
	assert_int_equal(raw_get32(device->ranges, 0), 10);
	assert_int_equal(raw_get32(device->ranges, 28), 41);
	assert_int_equal(device->last.payload_bytes, 8);
	assert_int_equal(raw_get32(device->payload, 4), 60);
}

static void ranges_and_flags_are_handed_over(void **state)
{
	(void)state;
	run(ranges_body, 0);
}

/** A descriptor that is wrong, and whether the packet's end is known. */
struct fault {
	uint32_t first, second;
	bool skippable;
};

static const struct fault faults[] = {
	{6 | 2u << 16, 0, false}, /* no length */
	{6 | 2u << 16, 1, false}, /* shorter than a descriptor */
	{6 | 2u << 16, 5, false}, /* longer than what is there */
	{6 | 2u << 16, 0xffff, false},
	{6 | 1u << 16, 4, true}, /* data in the descriptor */
	{6 | 0u << 16, 4, true},
	{6 | 5u << 16, 4, true}, /* data behind the end */
	{6 | 0xffffu << 16, 4, true},
	{6 | 2u << 16, 4 | 2u << 16, true}, /* unknown flags */
	{6 | 2u << 16, 4 | 0x8000u << 16, true},
	{9 | 2u << 16, 4, true}, /* no room for the ranges */
	{7 | 2u << 16, 4, true},
	{5 | 2u << 16, 4, true}, /* unknown types */
	{0 | 2u << 16, 4, true},
	{12 | 2u << 16, 4, true},
};

static unsigned fault_number;

static void fault_body(struct raw_guest *guest)
{
	const struct fault *fault = &faults[fault_number];
	struct device *device = up(guest);
	bool lives = host_vmbus_strictness(guest->vmbus) == HOST_LENIENT &&
		     fault->skippable;
	const uint32_t bad[] = {
		fault->first, fault->second, 1, 0, 2, 0, 3, 0, 0, 0};

	write_words(guest, device, bad, 10);
	doorbell(guest, device);
	settle(guest);
	assert_int_equal(device->packets, 0);
	assert_int_equal(device->corrupt, !lives);
	raw_ring_packet(guest, device->up, RING, 9, "12345678", 8);
	doorbell(guest, device);
	settle(guest);
	assert_int_equal(device->packets, lives);
	assert_int_equal(device->corrupt, !lives);
	assert_true(host_channel_is_open(device->channel));
	assert_int_equal(host_channel_send(device->channel, 6, false, 0, NULL,
					   0, "x", 1),
			 lives ? HOST_SEND_DONE : HOST_SEND_CLOSED);
}

static void edge_48_49_bad_descriptors_corrupt_a_ring(void **state)
{
	static const struct set_up strict = {.schedule =
						     MACHINE_SCHEDULE_EAGER};
	static const struct set_up lenient = {.schedule =
						      MACHINE_SCHEDULE_EAGER,
					      .strictness = HOST_LENIENT};

	(void)state;
	for (fault_number = 0;
	     fault_number < sizeof(faults) / sizeof(faults[0]);
	     fault_number++) {
		run_with(&strict, fault_body, 1);
		run_with(&lenient, fault_body, 1);
	}
}

static uint32_t bad_index;

static void index_body(struct raw_guest *guest)
{
	struct device *device = up(guest);

	raw_put32(device->up, 0, bad_index);
	doorbell(guest, device);
	settle(guest);
	assert_int_equal(device->corrupt, 1);
	assert_int_equal(device->packets, 0);
}

static void edge_48_impossible_write_indices_corrupt_a_ring(void **state)
{
	/* Unaligned, at the end, beyond it; less than a packet. */
	static const uint32_t indices[] = {4,	       RING, RING + 8,
					   0xfffffff8, 8,    16};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(indices) / sizeof(indices[0]); i++) {
		bad_index = indices[i];
		run(index_body, 1);
	}
}

static void footer_body(struct raw_guest *guest)
{
	struct device *device = up(guest);
	const uint32_t none[] = {6 | 2u << 16, 2, 0, 0, 0, 8};

	write_words(guest, device, none, 6);
	doorbell(guest, device);
	settle(guest);
	assert_int_equal(device->packets, 1);
	assert_int_equal(device->corrupt, 0);
}

static void edge_41_a_wrong_footer_is_told(void **state)
{
	(void)state;
	run(footer_body, 1);
}

static void rescind_body(struct raw_guest *guest)
{
	struct device *device = up(guest);

	device->rescinds = true;
	raw_ring_packet(guest, device->up, RING, 1, "12345678", 8);
	raw_ring_packet(guest, device->up, RING, 2, "12345678", 8);
	doorbell(guest, device);
	settle(guest);
	assert_int_equal(device->packets, 1);
}

static void a_device_may_go_while_it_has_a_packet(void **state)
{
	(void)state;
	run(rescind_body, 0);
}

/* ---- Doorbells ---- */

static void forgotten_body(struct raw_guest *guest)
{
	struct device *device = up(guest);

	raw_ring_packet(guest, device->up, RING, 1, "12345678", 8);
	raw_wait(guest, 1000000000);
	assert_int_equal(device->packets, 0);
	doorbell(guest, device);
	settle(guest);
	assert_int_equal(device->packets, 1);
	assert_int_equal(host_channel_doorbells(device->channel), 1);
	assert_int_equal(host_channel_doorbells_unneeded(device->channel), 0);
	doorbell(guest, device);
	settle(guest);
	assert_int_equal(host_channel_doorbells(device->channel), 2);
	assert_int_equal(host_channel_doorbells_unneeded(device->channel), 1);
}

static void a_ring_is_read_after_a_doorbell_only(void **state)
{
	(void)state;
	run(forgotten_body, 0);
}

static void mask_body(struct raw_guest *guest)
{
	struct device *device = up(guest);

	device->more = 3;
	raw_ring_packet(guest, device->up, RING, 1, "12345678", 8);
	assert_int_equal(raw_get32(device->up, 8), 0);
	doorbell(guest, device);
	settle(guest);
	/* Masked while it read, and what came meanwhile was read too. */
	assert_int_equal(device->mask, 1);
	assert_int_equal(device->packets, 4);
	assert_int_equal(raw_get32(device->up, 8), 0);
}

static void edge_46_the_host_masks_while_it_reads(void **state)
{
	(void)state;
	run(mask_body, 0);
}

static void latency_body(struct raw_guest *guest)
{
	const struct host_personality *host =
		host_vmbus_personality(guest->vmbus);
	struct device *device = up(guest);
	uint64_t rung;

	host_vmbus_latency_set(guest->vmbus, true);
	raw_ring_packet(guest, device->up, RING, 1, "12345678", 8);
	rung = port_time(guest->port);
	doorbell(guest, device);
	settle(guest);
	assert_int_equal(device->packets, 1);
	assert_in_range(device->when - rung, host->latency_min_us * 1000,
			host->latency_max_us * 1000 + 5000);
	/* Closed meanwhile: nothing is left that could look. */
	raw_ring_packet(guest, device->up, RING, 1, "12345678", 8);
	doorbell(guest, device);
	host_channel_rescind(device->channel);
	settle(guest);
	assert_int_equal(device->packets, 1);
}

static void a_doorbell_is_heard_after_the_latency(void **state)
{
	(void)state;
	run(latency_body, 0);
}

static void signals_body(struct raw_guest *guest)
{
	struct device *device = up(guest);

	assert_int_equal(raw_signal(guest, SIGNAL | device->relid, 1), 5);
	assert_int_equal(raw_signal(guest, SIGNAL | (device->relid + 1), 0),
			 0x12);
	assert_int_equal(raw_signal(guest, 0x3000 | device->relid, 0), 0x12);
	assert_int_equal(raw_signal(guest, 2, 0), 0x12);
	assert_int_equal(host_channel_doorbells(device->channel), 0);
}

static void signals_name_an_open_channel(void **state)
{
	(void)state;
	run(signals_body, 3);
}

/* ---- Signals of the reader ---- */

/** Eighteen packets of 224 bytes: 64 bytes are free. */
static uint64_t drained_signals(struct raw_guest *guest, uint32_t features,
				uint32_t pending)
{
	struct device *device = guest->context;
	uint64_t before = host_channel_signals(device->channel);
	unsigned packets = device->packets, i;
	uint8_t payload[200] = {0};

	raw_put32(device->up, 64, features);
	raw_put32(device->up, 12, 0);
	for (i = 0; i < 18; i++)
		raw_ring_packet(guest, device->up, RING, i, payload, 200);
	raw_put32(device->up, 12, pending);
	/* Of no meaning to a reader. */
	raw_put32(device->up, 8, 1);
	doorbell(guest, device);
	settle(guest);
	assert_int_equal(device->packets, packets + 18);
	return host_channel_signals(device->channel) - before;
}

static void room_body(struct raw_guest *guest)
{
	up(guest);
	assert_int_equal(drained_signals(guest, 1, 0), 0);
	/* 64 are free before, 288, 512, ... */
	assert_int_equal(drained_signals(guest, 1, 56), 0);
	assert_int_equal(drained_signals(guest, 1, 64), 1);
	assert_int_equal(drained_signals(guest, 1, 1000), 1);
	assert_int_equal(drained_signals(guest, 1, RING - 1), 1);
	assert_int_equal(drained_signals(guest, 1, 7), 0);
	/* More than can ever be. */
	assert_int_equal(drained_signals(guest, 1, RING), 0);
	assert_int_equal(drained_signals(guest, 0, 1000), 0);
}

static void edge_43_44_45_a_waiting_writer_is_signalled_once(void **state)
{
	(void)state;
	run(room_body, 0);
}

/* ---- Writing ---- */

static void consume(struct raw_guest *guest, struct device *device)
{
	shared_store32(guest->port, (le32 *)(void *)(device->down + 4),
		       raw_get32(device->down, 0));
}

static enum host_send_result send(struct device *device, uint32_t bytes)
{
	static const uint8_t zeroes[RING];

	return host_channel_send(device->channel, HOST_PACKET_INBAND, false, 3,
				 NULL, 0, zeroes, bytes);
}

static void format_body(struct raw_guest *guest)
{
	struct device *device = up(guest);
	const uint8_t header[24] = {0xfe, 0xca, 0, 0, 2, 0, 0, 0, 0x44};
	const uint8_t *at = device->down + PAGE;

	assert_int_equal(raw_get32(device->down, 64) & 1, 1);
	assert_int_equal(host_channel_room(device->channel), RING - 8);
	assert_int_equal(host_channel_send(device->channel,
					   HOST_PACKET_TRANSFER_PAGES, true,
					   0x1122334455667788, header, 24,
					   "payload--x", 10),
			 HOST_SEND_DONE);
	assert_memory_equal(at, "\x07\0\x05\0\x07\0\x01\0", 8);
	assert_memory_equal(at + 8, "\x88\x77\x66\x55\x44\x33\x22\x11", 8);
	assert_memory_equal(at + 16, header, 24);
	assert_memory_equal(at + 40, "payload--x\0\0\0\0\0\0", 16);
	assert_memory_equal(at + 56, "\0\0\0\0\0\0\0\0", 8);
	assert_int_equal(raw_get32(device->down, 0), 64);
	assert_int_equal(host_channel_room(device->channel), RING - 72);
	assert_int_equal(host_channel_send(device->channel,
					   HOST_PACKET_COMPLETION, false, 0,
					   NULL, 0, NULL, 0),
			 HOST_SEND_DONE);
	assert_memory_equal(at + 64, "\x0b\0\x02\0\x02\0\0\0", 8);
	assert_memory_equal(at + 80, "\0\0\0\0\x40\0\0\0", 8);
	assert_int_equal(raw_get32(device->down, 0), 88);
}

static void packets_have_descriptor_padding_and_footer(void **state)
{
	(void)state;
	run(format_body, 0);
}

static void interrupt_body(struct raw_guest *guest)
{
	struct device *device = up(guest);
	le32 *flags = (le32 *)(void *)(guest->events[0] + RECV_FLAG);

	guest->interrupts[0] = 0;
	assert_int_equal(send(device, 8), HOST_SEND_DONE);
	settle(guest);
	assert_int_equal(guest->interrupts[0], 1);
	assert_true(
		shared_test_and_clear_bit(guest->port, flags, device->relid));
	/* The guest has not caught up: it will look by itself. */
	assert_int_equal(send(device, 8), HOST_SEND_DONE);
	assert_int_equal(host_channel_signals(device->channel), 1);
	consume(guest, device);
	/* Caught up, but it does not want to hear of it. */
	raw_put32(device->down, 8, 1);
	assert_int_equal(send(device, 8), HOST_SEND_DONE);
	assert_int_equal(host_channel_signals(device->channel), 1);
	consume(guest, device);
	raw_put32(device->down, 8, 0);
	assert_int_equal(send(device, 8), HOST_SEND_DONE);
	settle(guest);
	assert_int_equal(host_channel_signals(device->channel), 2);
	assert_int_equal(guest->interrupts[0], 2);
}

static void edge_42_47_one_signal_for_a_burst(void **state)
{
	(void)state;
	run(interrupt_body, 0);
}

static void full_body(struct raw_guest *guest)
{
	struct device *device = up(guest);
	unsigned sent = 0;

	/* 800 + 24 bytes each. */
	while (send(device, 800) == HOST_SEND_DONE)
		sent++;
	assert_int_equal(sent, 4);
	assert_int_equal(host_channel_room(device->channel), 792);
	/* A quarter of the ring, or more. */
	assert_int_equal(raw_get32(device->down, 12), 1024);
	assert_int_equal(send(device, 2000), HOST_SEND_FULL);
	assert_int_equal(raw_get32(device->down, 12), 2024);
	/* Something smaller goes on fitting, and the wish stays. */
	assert_int_equal(send(device, 792 - 24), HOST_SEND_DONE);
	assert_int_equal(host_channel_room(device->channel), 0);
	assert_int_equal(raw_get32(device->down, 12), 2024);
	/* Too little room, and a doorbell too many: nothing. */
	shared_store32(guest->port, (le32 *)(void *)(device->down + 4), 1024);
	doorbell(guest, device);
	settle(guest);
	assert_int_equal(device->rooms, 0);
	shared_store32(guest->port, (le32 *)(void *)(device->down + 4), 2048);
	doorbell(guest, device);
	settle(guest);
	assert_int_equal(device->rooms, 1);
	assert_int_equal(raw_get32(device->down, 12), 0);
	assert_int_equal(send(device, 2000), HOST_SEND_DONE);
	/* A doorbell for room is needed. */
	assert_int_equal(host_channel_doorbells_unneeded(device->channel), 0);
	doorbell(guest, device);
	settle(guest);
	assert_int_equal(device->rooms, 1);
}

static void edge_40_a_full_ring_asks_for_room(void **state)
{
	(void)state;
	run(full_body, 0);
}

static void never_body(struct raw_guest *guest)
{
	struct device *device = up(guest);

	assert_int_equal(send(device, RING - 24), HOST_SEND_CLOSED);
	assert_int_equal(send(device, RING - 32), HOST_SEND_DONE);
	assert_int_equal(device->corrupt, 0);
	raw_put32(device->down, 4, 12);
	assert_int_equal(send(device, 8), HOST_SEND_CLOSED);
	assert_int_equal(device->corrupt, 1);
	assert_int_equal(host_channel_room(device->channel), 0);
	assert_int_equal(send(device, 8), HOST_SEND_CLOSED);
	assert_int_equal(device->corrupt, 1);
}

static void what_can_never_fit_is_refused(void **state)
{
	(void)state;
	run(never_body, 2);
}

/* ---- Before 2.4: one event for all ---- */

static uint32_t old_version;

static void shared_body(struct raw_guest *guest)
{
	static const struct host_offer offer = {.monitor_id = 255};
	static const uint32_t request[] = {3, 0};
	struct device *device = guest->context;
	uint8_t payload[RAW_MESSAGE_MAX];
	uint8_t *page;

	device->channel =
		host_channel_offer(guest->vmbus, &offer, &operations, device);
	raw_hypercalls_on(guest);
	raw_synic_on(guest);
	page = guest->input + PAGE;
	assert_int_equal(raw_contact(guest, old_version), 1);
	raw_send(guest, request, 2);
	assert_int_equal(raw_receive(guest, 0, payload),
			 old_version == 0xd ? 190 : 196);
	if (old_version != 0xd) {
		assert_int_equal(payload[190], 0);
		assert_int_equal(raw_get32(payload, 192), 2);
	}
	assert_int_equal(raw_answer(guest, payload), 4);
	device->relid = host_channel_relid(device->channel);
	device->up = port_pages_alloc(guest->port, 4, 0, "ring");
	device->down = device->up + (size_t)2 * PAGE;
	assert_int_equal(raw_gpadl(guest, device->relid, HANDLE, device->up, 4),
			 0);
	assert_int_equal(raw_open(guest, device->relid, HANDLE, 2), 0);
	raw_ring_packet(guest, device->up, RING, 1, "12345678", 8);
	/* A ring without its bit, and a bit without a channel. */
	raw_put32(page, 2048, 1u << 9);
	assert_int_equal(raw_signal(guest, 2, 0), 0);
	settle(guest);
	assert_int_equal(device->packets, 0);
	raw_put32(page, 2048, 1u << device->relid);
	assert_int_equal(raw_signal(guest, 2, 0), 0);
	settle(guest);
	assert_int_equal(device->packets, 1);
	assert_int_equal(raw_get32(page, 2048), 0);
	/* The other way: a bit of the first half and event flag 0. */
	guest->interrupts[0] = 0;
	assert_int_equal(send(device, 8), HOST_SEND_DONE);
	settle(guest);
	assert_int_equal(raw_get32(page, 0), 1u << device->relid);
	assert_int_equal(raw_get32(guest->events[0], RECV_FLAG), 1);
	assert_int_equal(guest->interrupts[0], 1);
}

static void old_guests_share_one_event(void **state)
{
	(void)state;
	old_version = 0xd;
	run(shared_body, 0);
	old_version = 0x10001;
	run(shared_body, 0);
}

/* ---- A hostile host ---- */

static bool spoil(void *context, struct host_channel *channel, uint8_t *bytes,
		  uint32_t count)
{
	unsigned *left = context;

	(void)channel;
	assert_int_equal(count, 32);
	bytes[4] = 0xff;
	return (*left)--;
}

static void hostile_body(struct raw_guest *guest)
{
	struct device *device = up(guest);
	unsigned left = 1;
	const struct host_hostile hostile = {.context = &left, .packet = spoil};
	uint32_t value;

	host_hostile_set(guest->vmbus, &hostile);
	assert_int_equal(send(device, 8), HOST_SEND_DONE);
	assert_int_equal(device->down[PAGE + 4], 0xff);
	assert_int_equal(send(device, 8), HOST_SEND_DONE);
	assert_int_equal(raw_get32(device->down, 0), 32);
	host_hostile_set(guest->vmbus, NULL);

	assert_true(host_hostile_packet(device->channel, "abcdefgh", 8));
	assert_memory_equal(device->down + PAGE + 32, "abcdefgh", 8);
	assert_true(host_hostile_word_set(device->channel, true,
					  HOST_HOSTILE_WRITE_INDEX, 0x1235));
	assert_int_equal(raw_get32(device->down, 0), 0x1235);
	assert_true(host_hostile_word_set(device->channel, false,
					  HOST_HOSTILE_READ_INDEX, 0x777));
	assert_true(host_hostile_word_get(device->channel, false,
					  HOST_HOSTILE_READ_INDEX, &value));
	assert_int_equal(value, 0x777);
	assert_int_equal(raw_get32(device->up, 4), 0x777);
	assert_int_equal(send(device, 8), HOST_SEND_DONE);
	assert_int_equal(raw_get32(device->down, 0), 72);
	host_channel_rescind(device->channel);
	assert_false(host_hostile_packet(device->channel, "abcdefgh", 8));
	assert_false(host_hostile_signal(device->channel));
}

static void a_hostile_host_writes_what_it_likes(void **state)
{
	(void)state;
	run(hostile_body, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_50_packets_wrap_anywhere),
		cmocka_unit_test(ranges_and_flags_are_handed_over),
		cmocka_unit_test(edge_48_49_bad_descriptors_corrupt_a_ring),
		cmocka_unit_test(
			edge_48_impossible_write_indices_corrupt_a_ring),
		cmocka_unit_test(edge_41_a_wrong_footer_is_told),
		cmocka_unit_test(a_device_may_go_while_it_has_a_packet),
		cmocka_unit_test(a_ring_is_read_after_a_doorbell_only),
		cmocka_unit_test(edge_46_the_host_masks_while_it_reads),
		cmocka_unit_test(a_doorbell_is_heard_after_the_latency),
		cmocka_unit_test(signals_name_an_open_channel),
		cmocka_unit_test(
			edge_43_44_45_a_waiting_writer_is_signalled_once),
		cmocka_unit_test(packets_have_descriptor_padding_and_footer),
		cmocka_unit_test(edge_42_47_one_signal_for_a_burst),
		cmocka_unit_test(edge_40_a_full_ring_asks_for_room),
		cmocka_unit_test(what_can_never_fit_is_refused),
		cmocka_unit_test(old_guests_share_one_event),
		cmocka_unit_test(a_hostile_host_writes_what_it_likes),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
