/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames to a vmxnet3, against a device that does what the test says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "tests/support/raw_vmxnet3.h"
#include "tests/support/scripted_vmxnet3.h"

#define END	 (1u << 12)
#define COMPLETE (1u << 13)

static struct script_frame taken;

/* A frame of that length at a place in the test's buffers. */
static uint8_t *frame_at(struct script *script, uint32_t at, uint32_t length)
{
	uint8_t *frame = script->memory + at;
	uint32_t i;

	for (i = 0; i < length; i++)
		frame[i] = (uint8_t)(i * 7 + 1);
	frame[12] = 8;
	frame[13] = 0;
	return frame;
}

static unsigned reclaim(struct script *script)
{
	void *owners[64];

	return nic_reclaim(script->nic, 0, owners, 64);
}

static struct nic_statistics statistics(struct script *script)
{
	struct nic_statistics counted;

	nic_statistics(script->nic, &counted);
	return counted;
}

/* ---- Copied, and by pages ---- */

static void short_copied(struct script *script)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN, 100);
	uint64_t data =
		script_ram64(script, script_transmit_entry(script, 0) + 24);

	assert_true(script_transmit(script, frame, 100, 0));
	/* The owner is done with at once. */
	assert_int_equal(reclaim(script), 1);
	assert_true(script_take(script, 0, &taken));
	assert_int_equal(taken.count, 1);
	assert_int_equal(taken.length, 100);
	assert_memory_equal(taken.bytes, frame, 100);
	assert_true(taken.descriptors[0].address == data);
	assert_int_equal(taken.descriptors[0].word3, END | COMPLETE);
	assert_int_equal(statistics(script).tx_frames, 0);
	script_complete(script, 0, taken.last);
	assert_int_equal(reclaim(script), 0);
	assert_int_equal(statistics(script).tx_frames, 1);
	assert_int_equal(statistics(script).tx_copied, 1);
	assert_int_equal(statistics(script).tx_bytes, 100);
}

/* The slot that a frame uses goes with its descriptor. */
static void slots_follow(struct script *script)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN, 128);
	uint64_t data =
		script_ram64(script, script_transmit_entry(script, 0) + 24);
	unsigned i;

	for (i = 0; i < 150; i++) {
		assert_true(script_transmit(script, frame, 128, 0));
		assert_true(script_take(script, 0, &taken));
		assert_true(taken.descriptors[0].address ==
			    data + 128ull * (i % 64));
		script_complete(script, 0, taken.last);
		assert_int_equal(reclaim(script), 1);
	}
	assert_int_equal(statistics(script).tx_frames, 150);
}

/* Sizes of slots that a device may say, and what is made of them. */
static void with_slots(struct script *script, uint32_t said)
{
	script->revisions = 7;
	script->data_bytes = said;
	script->configuration.transmit_data_bytes = 1024;
}

static void slots_of_256(struct script *script)
{
	with_slots(script, 256);
}

static void slots_of_200(struct script *script)
{
	with_slots(script, 200);
}

static void slots_of_64(struct script *script)
{
	with_slots(script, 64);
}

static void slots_of_4096(struct script *script)
{
	with_slots(script, 4096);
}

static void slots_hold(struct script *script, uint32_t bytes)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN, bytes + 1);
	uint64_t entry = script_transmit_entry(script, 0);
	uint64_t data = script_ram64(script, entry + 24);
	unsigned i;

	assert_int_equal(script_ram32(script, entry + 72) >> 16, bytes);
	for (i = 0; i < 3; i++) {
		assert_true(script_transmit(script, frame, bytes, 0));
		assert_true(script_take(script, 0, &taken));
		assert_true(taken.descriptors[0].address ==
			    data + (uint64_t)bytes * i);
		assert_memory_equal(taken.bytes, frame, bytes);
	}
	assert_true(script_transmit(script, frame, bytes + 1, 0));
	assert_int_equal(reclaim(script), 3);
}

static void slots_as_said(struct script *script)
{
	slots_hold(script, 256);
}

static void slots_as_ever(struct script *script)
{
	slots_hold(script, 128);
}

static void short_padded(struct script *script)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN, 60);
	unsigned i;

	/* What lies in the slot from before is not sent. */
	for (i = 0; i < 64; i++) {
		assert_true(script_transmit(script, frame, 60, 0));
		assert_true(script_take(script, 0, &taken));
		script_complete(script, 0, taken.last);
		reclaim(script);
	}
	assert_true(script_transmit(script, frame, 20, 0));
	assert_true(script_take(script, 0, &taken));
	assert_int_equal(taken.length, 60);
	assert_memory_equal(taken.bytes, frame, 20);
	for (i = 20; i < 60; i++)
		assert_int_equal(taken.bytes[i], 0);
}

static void long_by_pages(struct script *script)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN + 4096 - 500, 1514);

	assert_true(script_transmit(script, frame, 1514, 0));
	assert_int_equal(reclaim(script), 0);
	assert_true(script_take(script, 0, &taken));
	assert_int_equal(taken.count, 2);
	assert_int_equal(taken.descriptors[0].length, 500);
	assert_memory_equal(taken.bytes, frame, 1514);
	/* End and completion are asked for once. */
	assert_int_equal(taken.descriptors[0].word3, 0);
	assert_int_equal(taken.descriptors[1].word3, END | COMPLETE);
	script_complete(script, 0, taken.last);
	assert_int_equal(reclaim(script), 1);
	assert_int_equal(statistics(script).tx_pages, 1);
}

static void empty_segments(struct script *script)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN, 1000);
	struct net_segment segments[] = {
		{.data = frame, .length = 0},
		{.data = frame, .length = 400},
		{.data = frame, .length = 0},
		{.data = frame + 400, .length = 600},
		{.data = frame, .length = 0},
	};
	struct net_packet packet = {.segment_count = 5, .length = 1000};

	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, segments), 1);
	assert_true(script_take(script, 0, &taken));
	assert_int_equal(taken.count, 2);
	assert_memory_equal(taken.bytes, frame, 1000);
	script_complete(script, 0, taken.last);
	/* And short enough to be copied. */
	segments[1].length = 50;
	segments[3].data = frame + 50;
	segments[3].length = 20;
	packet.length = 70;
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, segments), 1);
	assert_true(script_take(script, 0, &taken));
	assert_int_equal(taken.length, 70);
	assert_memory_equal(taken.bytes, frame, 70);
}

static void pieces_limit(struct script *script)
{
	struct net_segment segments[30];
	struct net_packet packet = {.length = 0};
	uint8_t *frame = frame_at(script, SCRIPT_OWN, 4096);
	unsigned i;

	for (i = 0; i < 30; i++)
		segments[i] = (struct net_segment){frame + 60 * i, 60, NULL};
	packet.segment_count = 16;
	packet.length = 16 * 60;
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, segments), 1);
	assert_true(script_take(script, 0, &taken));
	assert_int_equal(taken.count, 16);
	script_complete(script, 0, taken.last);
	assert_int_equal(reclaim(script), 1);
	packet.segment_count = 17;
	packet.length = 17 * 60;
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, segments), 1);
	assert_false(script_take(script, 0, &taken));
	assert_int_equal(statistics(script).tx_invalid, 1);
	assert_int_equal(reclaim(script), 1);
	/* The limit counts what a page break adds: V12. */
	packet.segment_count = 16;
	packet.length = 16 * 60;
	segments[15].data = script->memory + SCRIPT_OWN + 4096 - 30;
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, segments), 1);
	assert_false(script_take(script, 0, &taken));
	assert_int_equal(statistics(script).tx_invalid, 2);
}

static void contiguous_pieces(struct script *script)
{
	/* Neighbours in physical memory are one piece, up to 16384 bytes. */
	uint8_t *pages = port_pages_alloc(script->port, 8,
					  PORT_PAGES_CONTIGUOUS, "test: large");
	struct net_segment segment = {.data = pages + 100, .length = 30000};
	struct net_packet packet = {
		.segment_count = 1,
		.length = 30000,
		.flags = NET_TX_TSO | NET_TX_CHECKSUM_TCP,
		.l3_offset = 14,
		.l4_offset = 34,
		.segment_bytes = 1460,
	};

	assert_non_null(pages);
	memset(pages, 5, 8 * PORT_PAGE_SIZE);
	pages[100 + 34 + 12] = 5 << 4;
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, &segment), 1);
	assert_true(script_take(script, 0, &taken));
	assert_int_equal(taken.count, 3);
	assert_int_equal(taken.descriptors[0].length, 54);
	/* A length of 16384 is written as 0: V11. */
	assert_int_equal(taken.descriptors[1].length, 16384);
	assert_int_equal(taken.descriptors[1].word2 & 0x3fff, 0);
	assert_int_equal(taken.length, 30000);
	script_complete(script, 0, taken.last);
	assert_int_equal(reclaim(script), 1);
	port_pages_free(script->port, pages, 8);
}

/* ---- The ring ---- */

static void never_full(struct script *script)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN, 1000);
	unsigned i, count = 0;

	while (script_transmit(script, frame, 1000, 0))
		count++;
	assert_int_equal(count, 63);
	for (i = 0; i < count; i++)
		assert_true(script_take(script, 0, &taken));
	assert_false(script_take(script, 0, &taken));
	script_complete(script, 0, 0);
	assert_int_equal(reclaim(script), 1);
	assert_true(script_transmit(script, frame, 1000, 0));
	assert_false(script_transmit(script, frame, 1000, 0));
	/* Several at once: the completion of the last covers them. */
	assert_true(script_take(script, 0, &taken));
	assert_int_equal(taken.last, 63);
	script_complete(script, 0, 63);
	assert_int_equal(reclaim(script), 63);
}

static void owners_kept(struct script *script)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN, 100);
	void *owners[64];
	unsigned i;

	/* Copied frames whose owners nobody asks for end the taking. */
	for (i = 0; i < 64; i++) {
		assert_true(script_transmit(script, frame, 100, 0));
		assert_true(script_take(script, 0, &taken));
		script_complete(script, 0, taken.last);
	}
	assert_false(script_transmit(script, frame, 100, 0));
	assert_int_equal(nic_reclaim(script->nic, 0, owners, 10), 10);
	assert_int_equal(nic_reclaim(script->nic, 0, owners, 64), 54);
	assert_ptr_equal(owners[0], frame);
}

static void deferred_counted(struct script *script)
{
	uint64_t entry = script_transmit_entry(script, 0);
	uint8_t *frame = frame_at(script, SCRIPT_OWN, 1000);

	/* A threshold of 0 is one of 1. */
	assert_true(script_transmit(script, frame, 1000, 0));
	assert_int_equal(script->transmit_producer[0], 1);
	assert_int_equal(script_ram32(script, entry), 0);
	script_ram_set32(script, entry + 4, 3);
	assert_true(script_transmit(script, frame, 1000, 0));
	assert_true(script_transmit(script, frame, 1000, 0));
	assert_int_equal(script->transmit_producer[0], 1);
	assert_int_equal(script_ram32(script, entry), 2);
	assert_true(script_transmit(script, frame, 1000, 0));
	assert_int_equal(script->transmit_producer[0], 4);
	assert_int_equal(script_ram32(script, entry), 0);
	/* What is put off is told when its owner is waited for, */
	assert_true(script_transmit(script, frame, 1000, 0));
	assert_int_equal(script->transmit_producer[0], 4);
	reclaim(script);
	assert_int_equal(script->transmit_producer[0], 5);
	/* or the stack is about to sleep, */
	assert_true(script_transmit(script, frame, 1000, 0));
	assert_true(nic_arm(script->nic, 0));
	assert_int_equal(script->transmit_producer[0], 6);
	/* or there are too many, whatever the device says. */
	script_ram_set32(script, entry + 4, UINT32_MAX);
	while (script->transmit_producer[0] == 6)
		assert_true(script_transmit(script, frame, 1000, 0));
	assert_int_equal(script->transmit_producer[0], 6 + 16);
}

/*
 * Frames that were copied leave no owner behind to come back: that there is
 * room again for the one that was not taken is said by arm, once.
 */
static void room_said_once(struct script *script)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN, 100);

	while (script_transmit(script, frame, 100, 0))
		assert_int_equal(reclaim(script), 1);
	assert_true(nic_arm(script->nic, 0));
	assert_true(script_take(script, 0, &taken));
	script_complete(script, 0, taken.last);
	assert_int_equal(reclaim(script), 0);
	assert_false(nic_arm(script->nic, 0));
	assert_true(nic_arm(script->nic, 0));
	/* Taken now; and who was not turned away is told nothing. */
	assert_true(script_transmit(script, frame, 100, 0));
	assert_int_equal(reclaim(script), 1);
	assert_true(script_take(script, 0, &taken));
	script_complete(script, 0, taken.last);
	assert_int_equal(reclaim(script), 0);
	assert_true(nic_arm(script->nic, 0));
	/* Nor who found the room before he was told of it. */
	while (script_transmit(script, frame, 100, 0))
		assert_int_equal(reclaim(script), 1);
	assert_true(script_take(script, 0, &taken));
	script_complete(script, 0, taken.last);
	assert_int_equal(reclaim(script), 0);
	assert_true(script_transmit(script, frame, 100, 0));
	assert_int_equal(reclaim(script), 1);
	assert_true(nic_arm(script->nic, 0));
}

static void one_doorbell(struct script *script)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN, 1000);
	struct net_segment segments[8];
	struct net_packet packets[8] = {{0}};
	unsigned i;

	for (i = 0; i < 8; i++) {
		segments[i] =
			(struct net_segment){script_own(script, frame, 1000),
					     1000, NULL};
		packets[i].first_segment = i;
		packets[i].segment_count = 1;
		packets[i].length = 1000;
	}
	assert_int_equal(nic_transmit(script->nic, 0, packets, 8, segments), 8);
	assert_int_equal(script_writes(script, 0, 0x600), 1);
	assert_int_equal(script->transmit_producer[0], 8);
	assert_int_equal(statistics(script).doorbells, 1);
}

static void bad_completion(struct script *script, uint32_t index)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN + 4096 - 500, 1000);

	assert_true(script_transmit(script, frame, 1000, 0));
	assert_true(script_take(script, 0, &taken));
	script_complete(script, 0, index);
	assert_int_equal(reclaim(script), 1);
	assert_int_equal(nic_events(script->nic), NIC_EVENT_FAILED);
	assert_int_equal(statistics(script).tx_errors, 1);
	assert_int_equal(statistics(script).bad_messages, 1);
	/* A device that lies is stopped before memory is given back. */
	assert_false(script->active);
	assert_false(script_transmit(script, frame, 1000, 0));
	assert_int_equal(nic_filter_set(script->nic, 0, NULL, 0),
			 ERROR_PROTOCOL);
}

static void completion_of_first(struct script *script)
{
	bad_completion(script, 0);
}

static void completion_not_in_flight(struct script *script)
{
	bad_completion(script, 2);
}

/* What would be the last descriptor, if the ring were of that size. */
static void completion_outside(struct script *script)
{
	bad_completion(script, 64 + 1);
}

/* ---- Offloads ---- */

struct offload {
	uint32_t length;
	uint16_t flags, l3, l4, segment_bytes;
};

static bool offload_send(struct script *script, uint8_t *frame,
			 const struct offload *offload)
{
	struct net_segment segment = {
		.data = script_own(script, frame, offload->length),
		.length = offload->length,
	};
	struct net_packet packet = {
		.segment_count = 1,
		.length = offload->length,
		.flags = offload->flags,
		.vlan_tag = 0x2005,
		.l3_offset = offload->l3,
		.l4_offset = offload->l4,
		.segment_bytes = offload->segment_bytes,
	};

	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, &segment), 1);
	return script_take(script, 0, &taken);
}

static void checksum_fields(struct script *script)
{
	static const struct {
		struct offload offload;
		uint32_t offset;
	} cases[] = {
		{{1000, NET_TX_CHECKSUM_TCP, 14, 34, 0}, 34 + 16},
		{{100, NET_TX_CHECKSUM_UDP, 14, 34, 0}, 34 + 6},
		{{1000, NET_TX_CHECKSUM_UDP | NET_IPV6, 14, 54, 0}, 54 + 6},
		{{1400, NET_TX_CHECKSUM_TCP | NET_IPV6, 18, 58, 0}, 58 + 16},
	};
	uint8_t *frame = frame_at(script, SCRIPT_OWN + 4096 - 300, 1400);
	unsigned i, last;

	for (i = 0; i < 4; i++) {
		assert_true(offload_send(script, frame, &cases[i].offload));
		last = taken.count - 1;
		assert_int_equal(taken.descriptors[0].word3 & 0xfff,
				 cases[i].offload.l4 | 2 << 10);
		assert_int_equal(taken.descriptors[0].word2 >> 18,
				 cases[i].offset);
		if (last > 0) {
			assert_int_equal(taken.descriptors[last].word3,
					 END | COMPLETE);
			assert_int_equal(taken.descriptors[last].word2 >> 18,
					 0);
		}
		assert_memory_equal(taken.bytes, frame, taken.length);
	}
}

/* What is filled up has a checksum already, of what it was before. */
static void short_checksums(struct script *script)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN, 60);
	uint32_t bytes, payload;
	bool tcp;

	for (payload = 0; payload < 18; payload++) {
		tcp = payload < 6;
		bytes = card_frame_make(frame, 4, tcp, 1234, 77, payload);
		card_frame_unsum(frame, bytes);
		assert_true(offload_send(
			script, frame,
			&(struct offload){bytes,
					  tcp ? NET_TX_CHECKSUM_TCP
					      : NET_TX_CHECKSUM_UDP,
					  14, 34, 0}));
		assert_int_equal(taken.length, 60);
		assert_int_equal(taken.descriptors[0].word2 >> 18, 0);
		assert_int_equal(taken.descriptors[0].word3, END | COMPLETE);
		assert_false(card_frame_sums(frame, bytes));
		assert_true(card_frame_sums(taken.bytes, bytes));
	}
	/* A sum of zero is not one that UDP can say: a port that makes it. */
	bytes = card_frame_make(frame, 4, false, 0, 77, 0);
	payload = (uint32_t)(frame[40] << 8 | frame[41]);
	frame[34] = (uint8_t)(payload >> 8);
	frame[35] = (uint8_t)payload;
	card_frame_unsum(frame, bytes);
	assert_true(offload_send(script, frame,
				 &(struct offload){bytes, NET_TX_CHECKSUM_UDP,
						   14, 34, 0}));
	assert_int_equal(taken.bytes[40], 0xff);
	assert_int_equal(taken.bytes[41], 0xff);
}

static void offload_invalid(struct script *script)
{
	static const struct offload cases[] = {
		{1000, NET_TX_CHECKSUM_IPV4, 14, 34, 0},
		{1000, NET_TX_CHECKSUM_TCP | NET_TX_CHECKSUM_UDP, 14, 34, 0},
		{1000, NET_TX_CHECKSUM_TCP, 13, 34, 0},
		{1000, NET_TX_CHECKSUM_TCP, 14, 33, 0},
		{1000, NET_TX_CHECKSUM_TCP | NET_IPV6, 14, 53, 0},
		{50, NET_TX_CHECKSUM_TCP, 14, 34, 0},
		{1400, NET_TX_CHECKSUM_TCP, 14, 1024, 0},
		{13, 0, 0, 0, 0},
		{1515, 0, 0, 0, 0},
		{4000, NET_TX_TSO, 14, 34, 0},
		{4000, NET_TX_TSO, 14, 34, 16384},
		{4000, NET_TX_TSO, 14, 34, 1500},
		{4000, NET_TX_TSO, 14, 33, 1460},
		{4000, NET_TX_TSO | NET_TX_CHECKSUM_UDP, 14, 34, 1460},
		{54, NET_TX_TSO, 14, 34, 1460},
		/* The headers do not fit a slot of the data ring. */
		{4000, NET_TX_TSO, 14, 100, 1000},
	};
	uint8_t *frame = frame_at(script, SCRIPT_OWN, 4096);
	unsigned i;

	frame[34 + 12] = 5 << 4;
	frame[100 + 12] = 8 << 4;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(offload_send(script, frame, &cases[i]));
		assert_int_equal(statistics(script).tx_invalid, i + 1);
	}
	/* A header that says that it is shorter than any. */
	frame[34 + 12] = 4 << 4;
	assert_false(offload_send(script, frame,
				  &(struct offload){4000, NET_TX_TSO, 14, 34,
						    1460}));
}

static void vlan_first_only(struct script *script)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN + 4096 - 300, 1400);
	const struct offload offload = {1400, NET_VLAN, 0, 0, 0};

	assert_true(offload_send(script, frame, &offload));
	assert_int_equal(taken.count, 2);
	assert_int_equal(taken.descriptors[0].word3, 0x2005u << 16 | 1 << 15);
	assert_int_equal(taken.descriptors[1].word3, END | COMPLETE);
	/* A tag beside one in the frame is one too many. */
	frame[12] = 0x81;
	assert_false(offload_send(script, frame, &offload));
	assert_int_equal(statistics(script).tx_invalid, 1);
}

static uint16_t word_at(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* The sum of 16 bit words, folded. */
static uint16_t sum(const uint8_t *at, uint32_t bytes, uint32_t more)
{
	uint32_t i, total = more;

	for (i = 0; i < bytes; i += 2)
		total += word_at(at + i);
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)total;
}

static void tso(struct script *script, uint16_t flags, uint32_t l3, uint32_t l4,
		uint32_t addresses, uint32_t address_bytes)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN + 10, 9000);
	struct offload offload = {
		.length = 9000,
		.flags = (uint16_t)(NET_TX_TSO | NET_TX_CHECKSUM_TCP | flags),
		.l3 = (uint16_t)l3,
		.l4 = (uint16_t)l4,
		.segment_bytes = 1000,
	};
	uint32_t headers = l4 + 20;
	uint64_t entry = script_transmit_entry(script, 0);
	uint8_t before[9000];
	uint16_t with;

	frame[l4 + 12] = 5 << 4;
	with = sum(frame + addresses, address_bytes, 6 + 9000 - l4);
	frame[l4 + 16] = (uint8_t)(with >> 8);
	frame[l4 + 17] = (uint8_t)with;
	memcpy(before, frame, sizeof(before));
	script_ram_set32(script, entry + 4, 1000);
	assert_true(offload_send(script, frame, &offload));
	/* Segments are counted, not frames. */
	assert_int_equal(script_ram32(script, entry),
			 (9000 - headers + 999) / 1000);
	assert_int_equal(taken.length, 9000);
	assert_int_equal(taken.descriptors[0].length, headers);
	assert_int_equal(taken.descriptors[0].word3 & 0xfff, headers | 3 << 10);
	assert_int_equal(taken.descriptors[0].word2 >> 18, 1000);
	assert_int_equal(word_at(taken.bytes + l4 + 16),
			 sum(frame + addresses, address_bytes, 6));
	if (!(flags & NET_IPV6))
		assert_int_equal(word_at(taken.bytes + l3 + 10), 0);
	assert_memory_equal(taken.bytes + headers, frame + headers,
			    9000 - headers);
	/* The stack's memory is as it was. */
	assert_memory_equal(frame, before, sizeof(before));
	script_complete(script, 0, taken.last);
	assert_int_equal(reclaim(script), 1);
	assert_int_equal(statistics(script).tx_segmented, 1);
}

static void tso_ipv4(struct script *script)
{
	tso(script, 0, 14, 34, 14 + 12, 8);
}

static void tso_ipv6(struct script *script)
{
	tso(script, NET_IPV6, 14, 54, 14 + 8, 32);
}

static void tso_pieces(struct script *script)
{
	struct net_segment segments[26];
	uint8_t *frame = frame_at(script, SCRIPT_OWN, 4096);
	struct net_packet packet = {
		.segment_count = 24,
		.flags = NET_TX_TSO,
		.l3_offset = 14,
		.l4_offset = 34,
		.segment_bytes = 1000,
	};
	unsigned i;

	frame[34 + 12] = 5 << 4;
	segments[0] = (struct net_segment){frame, 54, NULL};
	for (i = 1; i < 26; i++)
		segments[i] = (struct net_segment){
			script_own(script, frame + 100, 200), 200, NULL};
	packet.length = 54 + 23 * 200;
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, segments), 1);
	assert_true(script_take(script, 0, &taken));
	assert_int_equal(taken.count, 24);
	script_complete(script, 0, taken.last);
	assert_int_equal(reclaim(script), 1);
	packet.segment_count = 25;
	packet.length += 200;
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, segments), 1);
	assert_false(script_take(script, 0, &taken));
	assert_int_equal(statistics(script).tx_invalid, 1);
}

/* ---- The end ---- */

static void in_flight_at_stop(struct script *script)
{
	uint8_t *frame = frame_at(script, SCRIPT_OWN, 1000);

	assert_true(script_transmit(script, frame, 1000, 0));
	assert_true(script_transmit(script, frame, 1000, 0));
	assert_true(script_take(script, 0, &taken));
	script_complete(script, 0, taken.last);
	nic_stop(script->nic);
	assert_int_equal(reclaim(script), 2);
	assert_int_equal(statistics(script).tx_frames, 1);
	assert_int_equal(statistics(script).tx_errors, 1);
	assert_false(script_transmit(script, frame, 1000, 0));
	/* And from the beginning. */
	assert_int_equal(nic_start(script->nic), 0);
	assert_true(script_transmit(script, frame, 1000, 0));
	assert_true(script_take(script, 0, &taken));
	assert_int_equal(taken.first, 0);
	script_complete(script, 0, taken.last);
	assert_int_equal(reclaim(script), 1);
}

static void no_such_queue(struct script *script)
{
	struct net_segment segment = {0};
	struct net_packet packet = {0};
	void *owner;

	assert_int_equal(nic_transmit(script->nic, 1, &packet, 1, &segment), 0);
	assert_int_equal(nic_receive(script->nic, 1, &packet, 1, &segment, 1),
			 0);
	assert_int_equal(nic_reclaim(script->nic, 1, &owner, 1), 0);
	assert_true(nic_arm(script->nic, 1));
	nic_disarm(script->nic, 1);
}

static void edge_V19_slot_sizes(void **state)
{
	(void)state;
	script_run(slots_as_said, slots_of_256, true);
	script_run(slots_as_ever, slots_of_200, true);
	script_run(slots_as_ever, slots_of_64, true);
	script_run(slots_as_ever, slots_of_4096, true);
}

#define STARTED(test, body)                                                    \
	static void test(void **state)                                         \
	{                                                                      \
		(void)state;                                                   \
		script_run(body, NULL, true);                                  \
	}

STARTED(edge_V19_short_frame_in_its_slot, short_copied)
STARTED(edge_V19_slot_of_the_first_descriptor, slots_follow)
STARTED(edge_V54_short_frame_filled_up, short_padded)
STARTED(edge_V14_completion_asked_for_at_the_end, long_by_pages)
STARTED(edge_V13_empty_segments, empty_segments)
STARTED(edge_V12_pieces_counted_after_splitting, pieces_limit)
STARTED(edge_V11_piece_of_16384_bytes, contiguous_pieces)
STARTED(edge_V16_ring_never_full, never_full)
STARTED(owners_not_reclaimed_end_the_taking, owners_kept)
STARTED(edge_V17_threshold_read_each_time, deferred_counted)
STARTED(room_for_a_frame_turned_away_is_said_once, room_said_once)
STARTED(edge_V10_one_doorbell_for_a_burst, one_doorbell)
STARTED(edge_V15_completion_of_a_first_descriptor, completion_of_first)
STARTED(completion_of_what_is_not_in_flight, completion_not_in_flight)
STARTED(completion_outside_of_the_ring, completion_outside)
STARTED(edge_V21_checksum_offset_is_absolute, checksum_fields)
STARTED(edge_V54_checksum_of_a_frame_filled_up, short_checksums)
STARTED(offloads_that_cannot_be, offload_invalid)
STARTED(edge_V22_tag_on_the_first_descriptor, vlan_first_only)
STARTED(edge_V18_V20_tso_over_ipv4, tso_ipv4)
STARTED(edge_V18_V20_tso_over_ipv6, tso_ipv6)
STARTED(edge_V12_tso_has_24_pieces, tso_pieces)
STARTED(edge_V45_in_flight_at_stop, in_flight_at_stop)
STARTED(queue_that_is_not_there, no_such_queue)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_V19_short_frame_in_its_slot),
		cmocka_unit_test(edge_V19_slot_of_the_first_descriptor),
		cmocka_unit_test(edge_V19_slot_sizes),
		cmocka_unit_test(edge_V54_short_frame_filled_up),
		cmocka_unit_test(edge_V14_completion_asked_for_at_the_end),
		cmocka_unit_test(edge_V13_empty_segments),
		cmocka_unit_test(edge_V12_pieces_counted_after_splitting),
		cmocka_unit_test(edge_V11_piece_of_16384_bytes),
		cmocka_unit_test(edge_V16_ring_never_full),
		cmocka_unit_test(owners_not_reclaimed_end_the_taking),
		cmocka_unit_test(edge_V17_threshold_read_each_time),
		cmocka_unit_test(room_for_a_frame_turned_away_is_said_once),
		cmocka_unit_test(edge_V10_one_doorbell_for_a_burst),
		cmocka_unit_test(edge_V15_completion_of_a_first_descriptor),
		cmocka_unit_test(completion_of_what_is_not_in_flight),
		cmocka_unit_test(completion_outside_of_the_ring),
		cmocka_unit_test(edge_V21_checksum_offset_is_absolute),
		cmocka_unit_test(edge_V54_checksum_of_a_frame_filled_up),
		cmocka_unit_test(offloads_that_cannot_be),
		cmocka_unit_test(edge_V22_tag_on_the_first_descriptor),
		cmocka_unit_test(edge_V18_V20_tso_over_ipv4),
		cmocka_unit_test(edge_V18_V20_tso_over_ipv6),
		cmocka_unit_test(edge_V12_tso_has_24_pieces),
		cmocka_unit_test(edge_V45_in_flight_at_stop),
		cmocka_unit_test(queue_that_is_not_there),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
