/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rings of a channel against a host that is written down here, byte by byte.
 *
 * The ring has one data page, and nearly everything is done at each of its 512
 * places, so that descriptor, payload and footer wrap wherever they can.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hyperv/ring.h"
#include "mocks/machine/machine.h"

#define RING_BYTES  4096u
#define ALL	    (2 * RING_BYTES)
#define PAYLOAD_MAX (RING_BYTES - 8 - 8 - 16)
#define UNTOUCHED   0xee
#define TRANSACTION 0x1122334455667788ull

/* Inband, 16 bytes of payload: flags, length and offset by 8, type. */
#define GOOD_DESCRIPTOR 0x0000000400020006

/* Where the words of the control page are. */
#define WRITE_INDEX    0u
#define READ_INDEX     4u
#define INTERRUPT_MASK 8u
#define PENDING_SEND   12u
#define FEATURE_BITS   64u

struct fixture {
	struct machine *machine;
	struct port *port;
	uint8_t *memory;
	struct ring ring;
	struct machine_event event;
	/* What was read last. */
	struct ring_packet packet;
	/* What the host has of the ring to come. */
	uint8_t image[RING_BYTES];
	uint8_t buffer[ALL];
};

static int set_up(void **state)
{
	static struct fixture fixture;
	const struct machine_configuration configuration = {
		.ram_bytes = 4u << 20,
		.seed = 1,
		.schedule = MACHINE_SCHEDULE_LAZY,
	};

	memset(&fixture, 0, sizeof(fixture));
	fixture.machine = machine_create(&configuration);
	if (!fixture.machine)
		return -1;
	fixture.port = machine_port(fixture.machine);
	fixture.memory = port_pages_alloc(fixture.port, 2, 0, "ring");
	*state = &fixture;
	return fixture.memory ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	machine_destroy(fixture->machine);
	return 0;
}

/* ---- The host, in bytes ---- */

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
	unsigned i;

	for (i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;
	unsigned i;

	for (i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

static void word_set(struct fixture *fixture, unsigned word, uint32_t value)
{
	put(fixture->memory + word, value, 4);
}

static uint32_t word_get(struct fixture *fixture, unsigned word)
{
	return (uint32_t)get(fixture->memory + word, 4);
}

static uint8_t pattern(uint32_t i)
{
	return (uint8_t)(i * 7 + i / 251 + 3);
}

/** Bytes of a packet in the ring, footer included. */
static uint32_t packet_bytes(uint32_t content)
{
	return (16 + content + 7) / 8 * 8 + 8;
}

/** Put bytes into an image of the data page, around its end. */
static uint32_t image_put(uint8_t *image, uint32_t at, const uint8_t *bytes,
			  uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		image[(at + i) % RING_BYTES] = bytes[i];
	return (at + count) % RING_BYTES;
}

/**
 * A packet in an image: its content (header and payload) is the pattern, its
 * padding zero. @return where it ends
 */
static uint32_t image_packet(uint8_t *image, uint32_t at, uint16_t type,
			     uint16_t flags, uint32_t header, uint32_t payload)
{
	const uint32_t start = at, content = header + payload;
	const uint32_t total = packet_bytes(content);
	uint8_t bytes[16] = {0};
	uint32_t i;

	put(bytes, type, 2);
	put(bytes + 2, (16 + header) / 8, 2);
	put(bytes + 4, (total - 8) / 8, 2);
	put(bytes + 6, flags, 2);
	put(bytes + 8, TRANSACTION, 8);
	at = image_put(image, at, bytes, 16);
	for (i = 0; i < content; i++) {
		bytes[0] = pattern(i);
		at = image_put(image, at, bytes, 1);
	}
	memset(bytes, 0, sizeof(bytes));
	at = image_put(image, at, bytes, total - 8 - 16 - content);
	put(bytes + 4, start, 4);
	return image_put(image, at, bytes, 8);
}

/** A descriptor alone, as a host should not write it. */
static void raw_descriptor(struct fixture *fixture, uint64_t descriptor)
{
	put(fixture->memory + RING_BYTES, descriptor, 8);
	put(fixture->memory + RING_BYTES + 8, TRANSACTION, 8);
}

/** The host writes a packet and publishes it. @return where it ends */
static uint32_t host_send(struct fixture *fixture, uint32_t at,
			  uint32_t payload)
{
	uint32_t end = image_packet(fixture->memory + RING_BYTES, at,
				    RING_PACKET_INBAND, 0, 0, payload);

	word_set(fixture, WRITE_INDEX, end);
	return end;
}

/** A fresh ring whose indices both stand at a place. */
static void ring_at(struct fixture *fixture, uint32_t place)
{
	memset(fixture->memory, 0, RING_BYTES);
	memset(fixture->memory + RING_BYTES, UNTOUCHED, RING_BYTES);
	memset(fixture->image, UNTOUCHED, RING_BYTES);
	ring_initialise(&fixture->ring, fixture->port, fixture->memory, 1);
	fixture->ring.index = place;
	fixture->ring.published = place;
	fixture->ring.other = place;
	word_set(fixture, WRITE_INDEX, place);
	word_set(fixture, READ_INDEX, place);
}

static void assert_image(struct fixture *fixture)
{
	assert_memory_equal(fixture->memory + RING_BYTES, fixture->image,
			    RING_BYTES);
}

/* ---- The writer ---- */

static int write_inband(struct fixture *fixture, uint32_t payload)
{
	const struct ring_packet packet = {
		.type = RING_PACKET_INBAND,
		.completion_requested = true,
		.transaction_id = TRANSACTION,
		.payload_bytes = payload,
	};
	const struct ring_piece piece = {fixture->buffer, payload};

	return ring_write(&fixture->ring, &packet, &piece, 1);
}

static void pattern_fill(struct fixture *fixture)
{
	uint32_t i;

	for (i = 0; i < sizeof(fixture->buffer); i++)
		fixture->buffer[i] = pattern(i);
}

static void initialise_describes_the_memory(void **state)
{
	struct fixture *fixture = *state;

	ring_initialise(&fixture->ring, fixture->port, fixture->memory, 1);
	assert_int_equal(fixture->ring.bytes, RING_BYTES);
	assert_ptr_equal(fixture->ring.data, fixture->memory + RING_BYTES);
	assert_int_equal(ring_room(&fixture->ring), RING_BYTES - 8);
	ring_announce(&fixture->ring);
	assert_int_equal(word_get(fixture, FEATURE_BITS), 1);
	ring_mask(&fixture->ring);
	assert_int_equal(word_get(fixture, INTERRUPT_MASK), 1);
}

/* Edge cases 41 and 50: footer, and wraparound at every place. */
static void edge_41_50_write_at_every_place(void **state)
{
	static const uint32_t sizes[] = {0,   1,    7,	  8,	      9,
					 28,  40,   103,  104,	      105,
					 300, 1000, 4000, PAYLOAD_MAX};
	struct fixture *fixture = *state;
	uint32_t place, end;
	size_t i;

	pattern_fill(fixture);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (place = 0; place < RING_BYTES; place += 8) {
			ring_at(fixture, place);
			end = image_packet(fixture->image, place, 6, 1, 0,
					   sizes[i]);
			assert_int_equal(write_inband(fixture, sizes[i]), 0);
			assert_image(fixture);
			assert_int_equal(word_get(fixture, WRITE_INDEX), place);
			assert_true(ring_publish(&fixture->ring));
			assert_int_equal(word_get(fixture, WRITE_INDEX), end);
			assert_int_equal(word_get(fixture, READ_INDEX), place);
		}
}

/* Ranges are put entry by entry, and a large piece goes around the gathering.
 */
static void write_in_pieces_at_every_place(void **state)
{
	static const uint32_t steps[] = {8, 8, 120, 8, 136, 16, 200, 8, 1, 300};
	const struct ring_packet packet = {
		.type = RING_PACKET_GPA_DIRECT,
		.transaction_id = TRANSACTION,
		.header_bytes = 8 + 8 + 120 + 8 + 136,
		.payload_bytes = 16 + 200 + 8 + 1 + 300,
	};
	struct fixture *fixture = *state;
	struct ring_writer writer;
	uint32_t place, done;
	size_t i;

	pattern_fill(fixture);
	for (place = 0; place < RING_BYTES; place += 8) {
		ring_at(fixture, place);
		image_packet(fixture->image, place, 9, 0, packet.header_bytes,
			     packet.payload_bytes);
		assert_int_equal(ring_begin(&fixture->ring, &writer, &packet),
				 0);
		done = 0;
		for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			ring_put(&writer, fixture->buffer + done, steps[i]);
			done += steps[i];
		}
		ring_end(&writer);
		assert_image(fixture);
	}
}

/* Pieces of all lengths around what is gathered before it is copied. */
static void write_gathers_any_two_pieces(void **state)
{
	const uint32_t most = RING_WRITER_BYTES + 12, place = 3900;
	struct ring_packet packet = {
		.type = RING_PACKET_COMPLETION,
		.transaction_id = TRANSACTION,
	};
	struct fixture *fixture = *state;
	struct ring_piece pieces[2];
	uint32_t first, second;

	pattern_fill(fixture);
	for (first = 0; first <= most; first++)
		for (second = 0; second <= most; second++) {
			ring_at(fixture, place);
			packet.payload_bytes = first + second;
			image_packet(fixture->image, place, 11, 0, 0,
				     first + second);
			pieces[0].data = fixture->buffer;
			pieces[0].bytes = first;
			pieces[1].data = fixture->buffer + first;
			pieces[1].bytes = second;
			assert_int_equal(ring_write(&fixture->ring, &packet,
						    pieces, 2),
					 0);
			assert_image(fixture);
		}
}

static void write_refuses_what_does_not_add_up(void **state)
{
	struct ring_packet packet = {.type = RING_PACKET_INBAND};
	struct fixture *fixture = *state;
	struct ring_piece piece = {fixture->buffer, 16};

	ring_at(fixture, 0);
	packet.payload_bytes = 15;
	assert_int_equal(ring_write(&fixture->ring, &packet, &piece, 1),
			 ERROR_INVALID);
	packet.header_bytes = 4;
	packet.payload_bytes = 12;
	assert_int_equal(ring_write(&fixture->ring, &packet, &piece, 1),
			 ERROR_INVALID);
	assert_int_equal(fixture->ring.index, 0);
	assert_image(fixture);
}

static void write_refuses_what_never_fits(void **state)
{
	struct ring_packet packet = {
		.type = RING_PACKET_GPA_DIRECT,
		.header_bytes = 0xfffffff8,
		.payload_bytes = 8,
	};
	struct fixture *fixture = *state;
	struct ring_writer writer;

	ring_at(fixture, 16);
	assert_int_equal(write_inband(fixture, PAYLOAD_MAX + 1),
			 ERROR_NO_SPACE);
	assert_int_equal(ring_begin(&fixture->ring, &writer, &packet),
			 ERROR_NO_SPACE);
	assert_image(fixture);
	assert_int_equal(write_inband(fixture, PAYLOAD_MAX), 0);

	/* The length has 16 bits; a ring may be larger than that names. */
	fixture->ring.bytes = 1u << 20;
	packet.header_bytes = 0x10000 * 8 - 16;
	packet.payload_bytes = 0;
	assert_int_equal(ring_begin(&fixture->ring, &writer, &packet),
			 ERROR_NO_SPACE);
}

/* Edge case 40: a ring that is full must not look empty. */
static void edge_40_full_is_not_empty(void **state)
{
	static const uint32_t sizes[] = {0, 8, 24, 40, 100, 500};
	struct fixture *fixture = *state;
	uint32_t place, room;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (place = 0; place < RING_BYTES; place += 8) {
			ring_at(fixture, place);
			room = RING_BYTES - 8;
			while (write_inband(fixture, sizes[i]) == 0)
				room -= packet_bytes(sizes[i]);
			assert_int_equal(write_inband(fixture, sizes[i]),
					 ERROR_AGAIN);
			assert_int_equal(ring_room(&fixture->ring), room);
			assert_true(room < packet_bytes(sizes[i]));
			ring_publish(&fixture->ring);
			assert_int_not_equal(word_get(fixture, WRITE_INDEX),
					     place);
		}
}

static void room_comes_back(void **state)
{
	struct fixture *fixture = *state;

	ring_at(fixture, 4000);
	assert_int_equal(write_inband(fixture, PAYLOAD_MAX), 0);
	ring_publish(&fixture->ring);
	assert_int_equal(ring_room(&fixture->ring), 0);
	assert_int_equal(write_inband(fixture, 0), ERROR_AGAIN);
	word_set(fixture, READ_INDEX, word_get(fixture, WRITE_INDEX));
	assert_int_equal(write_inband(fixture, PAYLOAD_MAX), 0);
}

static void bad_read_index_stops_the_writer(void **state)
{
	/* Out of range, between two units, and ahead of what was published. */
	static const uint32_t bad[] = {4096, 4100, 0xffffffff, 0xfffffff8,
				       12,   1001, 3040};
	struct fixture *fixture = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ring_at(fixture, 1000);
		assert_int_equal(write_inband(fixture, 2000), 0);
		ring_publish(&fixture->ring);
		assert_int_equal(write_inband(fixture, 2000 - 24), 0);
		word_set(fixture, READ_INDEX, bad[i]);
		assert_int_equal(write_inband(fixture, 100), ERROR_PROTOCOL);
		assert_int_equal(ring_room(&fixture->ring), 0);
		/* What it says is looked at again when it is asked again. */
		word_set(fixture, READ_INDEX, 3024);
		assert_int_equal(ring_room(&fixture->ring),
				 RING_BYTES - 8 - 2000);
	}
}

/* Edge case 42: signal if not masked, and the reader had seen everything. */
static void edge_42_publish_signals(void **state)
{
	struct fixture *fixture = *state;
	unsigned mask, behind;
	uint64_t fences;
	struct machine_counters counters;

	for (mask = 0; mask < 2; mask++)
		for (behind = 0; behind < 2; behind++) {
			ring_at(fixture, 64);
			assert_false(ring_publish(&fixture->ring));
			write_inband(fixture, 40);
			ring_publish(&fixture->ring);
			if (!behind)
				word_set(fixture, READ_INDEX, 128);
			word_set(fixture, INTERRUPT_MASK, mask);
			write_inband(fixture, 40);
			write_inband(fixture, 40);
			machine_counters(fixture->machine, &counters);
			fences = counters.fences;
			assert_int_equal(ring_publish(&fixture->ring),
					 !mask && !behind);
			machine_counters(fixture->machine, &counters);
			assert_int_equal(counters.fences, fences + 1);
			assert_int_equal(word_get(fixture, WRITE_INDEX), 256);
			assert_false(ring_publish(&fixture->ring));
		}
	/* One who is awake and took the new ones already needs no signal. */
	ring_at(fixture, 64);
	write_inband(fixture, 40);
	word_set(fixture, READ_INDEX, 128);
	assert_false(ring_publish(&fixture->ring));
}

static void pending_send_is_written_down(void **state)
{
	struct fixture *fixture = *state;

	ring_at(fixture, 0);
	ring_pending_send(&fixture->ring, 1000);
	assert_int_equal(word_get(fixture, PENDING_SEND), 1000);
	ring_pending_send(&fixture->ring, 0);
	assert_int_equal(word_get(fixture, PENDING_SEND), 0);
	ring_pending_send(&fixture->ring, RING_BYTES);
	assert_int_equal(word_get(fixture, PENDING_SEND), RING_BYTES - 8);
	assert_int_equal(ring_room(&fixture->ring), RING_BYTES - 8);
}

/* ---- The reader ---- */

static int read_next(struct fixture *fixture, uint32_t size)
{
	return ring_read(&fixture->ring, &fixture->packet, fixture->buffer,
			 size);
}

static void assert_content(const struct fixture *fixture, uint32_t content,
			   uint32_t padded)
{
	uint32_t i;

	for (i = 0; i < content; i++)
		assert_int_equal(fixture->buffer[i], pattern(i));
	for (; i < padded; i++)
		assert_int_equal(fixture->buffer[i], 0);
	assert_int_equal(fixture->buffer[padded], UNTOUCHED);
}

static void read_one(struct fixture *fixture, uint32_t place, uint16_t type,
		     uint32_t header, uint32_t payload)
{
	const uint32_t padded = packet_bytes(header + payload) - 24;
	uint32_t end;

	ring_at(fixture, place);
	memset(fixture->buffer, UNTOUCHED, padded + 1);
	end = image_packet(fixture->memory + RING_BYTES, place, type, 1, header,
			   payload);
	assert_int_equal(read_next(fixture, ALL), 0);
	word_set(fixture, WRITE_INDEX, end);
	assert_int_equal(read_next(fixture, padded), 1);
	assert_int_equal(fixture->packet.type, type);
	assert_true(fixture->packet.completion_requested);
	assert_true(fixture->packet.transaction_id == TRANSACTION);
	assert_int_equal(fixture->packet.header_bytes, header);
	assert_int_equal(fixture->packet.payload_bytes, padded - header);
	assert_content(fixture, header + payload, padded);
	assert_int_equal(word_get(fixture, READ_INDEX), place);
	assert_false(ring_release(&fixture->ring));
	assert_int_equal(word_get(fixture, READ_INDEX), end);
	assert_int_equal(read_next(fixture, ALL), 0);
}

static void edge_50_read_at_every_place(void **state)
{
	static const uint32_t sizes[] = {0,  1,	  7,	8,    9,
					 40, 104, 1000, 4000, PAYLOAD_MAX};
	struct fixture *fixture = *state;
	uint32_t place;
	size_t i;

	for (place = 0; place < RING_BYTES; place += 8) {
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			read_one(fixture, place, RING_PACKET_INBAND, 0,
				 sizes[i]);
		read_one(fixture, place, RING_PACKET_COMPLETION, 0, 40);
		read_one(fixture, place, RING_PACKET_CANCEL, 0, 0);
		read_one(fixture, place, RING_PACKET_TRANSFER_PAGES, 8, 40);
		read_one(fixture, place, RING_PACKET_TRANSFER_PAGES, 8 + 8 * 20,
			 40);
		read_one(fixture, place, RING_PACKET_GPA_DIRECT, 24, 28);
	}
}

/* A batch is read with one look at the index, and written with none. */
static void batches_are_cheap(void **state)
{
	enum { PACKETS = 16 };
	struct fixture *fixture = *state;
	struct machine_counters before, after;
	uint32_t end = 0;
	unsigned i;

	ring_at(fixture, 0);
	for (i = 0; i < PACKETS; i++)
		end = host_send(fixture, end, 40);
	machine_counters(fixture->machine, &before);
	for (i = 0; i < PACKETS; i++)
		assert_int_equal(read_next(fixture, 40), 1);
	machine_counters(fixture->machine, &after);
	assert_int_equal(after.copies - before.copies, 2 * PACKETS);
	assert_int_equal(after.border_calls - before.border_calls,
			 2 * PACKETS + 1);

	assert_false(ring_release(&fixture->ring));
	machine_counters(fixture->machine, &before);
	assert_false(ring_release(&fixture->ring));
	machine_counters(fixture->machine, &after);
	assert_int_equal(after.border_calls, before.border_calls);

	ring_at(fixture, 0);
	machine_counters(fixture->machine, &before);
	for (i = 0; i < PACKETS; i++)
		write_inband(fixture, 40);
	machine_counters(fixture->machine, &after);
	assert_int_equal(after.border_calls - before.border_calls, PACKETS);
}

static void oversize_is_skipped(void **state)
{
	struct fixture *fixture = *state;
	uint32_t end;

	ring_at(fixture, 4040);
	end = host_send(fixture, 4040, 100);
	end = host_send(fixture, end, 32);
	memset(fixture->buffer, UNTOUCHED, 200);
	assert_int_equal(read_next(fixture, 103), ERROR_NO_SPACE);
	assert_int_equal(fixture->packet.payload_bytes, 104);
	assert_int_equal(fixture->buffer[0], UNTOUCHED);
	assert_int_equal(read_next(fixture, 32), 1);
	assert_content(fixture, 32, 32);
	ring_release(&fixture->ring);
	assert_int_equal(word_get(fixture, READ_INDEX), end);
}

/** A descriptor of which so much is published: it is refused, for good. */
static void assert_corrupt(struct fixture *fixture, uint64_t descriptor,
			   uint32_t published)
{
	ring_at(fixture, 0);
	ring_mask(&fixture->ring);
	raw_descriptor(fixture, descriptor);
	word_set(fixture, WRITE_INDEX, published);
	assert_int_equal(read_next(fixture, ALL), ERROR_PROTOCOL);
	raw_descriptor(fixture, GOOD_DESCRIPTOR);
	word_set(fixture, WRITE_INDEX, 40);
	assert_int_equal(read_next(fixture, ALL), ERROR_PROTOCOL);
	assert_true(ring_unmask(&fixture->ring));
	assert_int_equal(word_get(fixture, INTERRUPT_MASK), 1);
	assert_int_equal(word_get(fixture, READ_INDEX), 0);
}

/* Edge cases 48 and 49: a descriptor that cannot be. */
static void edge_48_49_corrupt_descriptors(void **state)
{
	/* From the left: flags, length and offset by 8, type. */
	static const uint64_t bad[] = {
		/* no such type */
		0x0000000400020000, 0x0000000400020001, 0x0000000400020005,
		0x0000000400030008, 0x000000040002000c, 0x0000000400020106,
		0x0000000400020026,
		/* the payload before the end of the descriptor, or of the
		   packet */
		0x0000000400000006, 0x0000000400010006, 0x0000000400050006,
		0x00000004ffff0006, 0x0000ffffffff0006,
		/* a length that is too short, or more than is published */
		0x0000000100020006, 0x0000000000020006, 0x0000000500020006,
		0x0000ffff00020006,
		/* no such flags */
		0x0002000400020006, 0x8000000400020006, 0x0003000400020006,
		/* no ranges where there must be */
		0x0000000400020007, 0x0000000400000007, 0x0000000400020009,
		0x0000000400010009, 0xffffffffffffffff};
	struct fixture *fixture = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_corrupt(fixture, bad[i], 40);
	assert_corrupt(fixture, GOOD_DESCRIPTOR, 32);
	assert_corrupt(fixture, 0x0000000200020006, 16);
	assert_corrupt(fixture, 0x0000000200020006, 8);
	assert_corrupt(fixture, 0xffffffffffffffff, RING_BYTES - 8);

	ring_at(fixture, 0);
	raw_descriptor(fixture, GOOD_DESCRIPTOR);
	word_set(fixture, WRITE_INDEX, 40);
	assert_int_equal(read_next(fixture, ALL), 1);
}

static void bad_write_index_is_corrupt(void **state)
{
	/* Out of range, between two units, and before what was read last. */
	static const uint32_t bad[] = {4096, 4104, 0xffffffff, 0xfffffff8,
				       4,    1001, 1008};
	struct fixture *fixture = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ring_at(fixture, 1000);
		host_send(fixture, host_send(fixture, 1000, 40), 40);
		word_set(fixture, WRITE_INDEX, 1064);
		assert_int_equal(read_next(fixture, 40), 1);
		word_set(fixture, WRITE_INDEX, bad[i]);
		assert_int_equal(read_next(fixture, 40), ERROR_PROTOCOL);
	}
}

/*
 * Edge cases 43 and 44. One packet of 64 bytes is read of so many; the host
 * says how much room it waits for, in all the ways that hosts do.
 */
static void edge_43_44_release_signals(void **state)
{
	static const struct {
		unsigned packets;
		uint32_t pending, features;
		bool signal;
	} cases[] = {
		/* 64 bytes free before, 128 after. */
		{63, 0, 1, false},
		{63, 7, 1, false},
		{63, 56, 1, false},
		{63, 63, 1, false},
		{63, 64, 1, true},
		{63, 71, 1, true},
		{63, 120, 1, true},
		{63, 127, 1, true},
		{63, 128, 1, false},
		{63, 4095, 1, false},
		{63, 64, 0, false},
		{63, 64, 2, false},
		{63, 64, 3, true},
		/* The last one: it waits for an empty ring, or for more. */
		{1, 4031, 1, false},
		{1, 4032, 1, true},
		{1, 4095, 1, true},
		{1, 4096, 1, true},
		{1, 0xffffffff, 1, true},
		{2, 4095, 1, false},
	};
	struct fixture *fixture = *state;
	uint32_t place, end;
	unsigned n, mask;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (place = 0; place < RING_BYTES; place += 520)
			for (mask = 0; mask < 2; mask++) {
				ring_at(fixture, place);
				end = place;
				for (n = 0; n < cases[i].packets; n++)
					end = host_send(fixture, end, 40);
				word_set(fixture, INTERRUPT_MASK, mask);
				word_set(fixture, PENDING_SEND,
					 cases[i].pending);
				word_set(fixture, FEATURE_BITS,
					 cases[i].features);
				assert_int_equal(read_next(fixture, 40), 1);
				assert_int_equal(ring_release(&fixture->ring),
						 cases[i].signal);
				assert_false(ring_release(&fixture->ring));
			}
}

/* Edge case 46: what came before the mask was lifted is not slept over. */
static void edge_46_unmask_looks_again(void **state)
{
	struct fixture *fixture = *state;

	ring_at(fixture, 128);
	ring_mask(&fixture->ring);
	assert_true(ring_unmask(&fixture->ring));
	assert_int_equal(word_get(fixture, INTERRUPT_MASK), 0);
	host_send(fixture, 128, 40);
	assert_false(ring_unmask(&fixture->ring));
	assert_int_equal(word_get(fixture, INTERRUPT_MASK), 1);
	read_next(fixture, 40);
	ring_release(&fixture->ring);
	assert_true(ring_unmask(&fixture->ring));
	assert_int_equal(word_get(fixture, INTERRUPT_MASK), 0);
}

static void late_packet(void *argument)
{
	host_send(argument, 128, 40);
}

/* A packet that comes between the two steps of unmasking, at every moment. */
static void edge_46_packet_while_unmasking(void **state)
{
	struct fixture *fixture = *state;
	uint64_t delay, began;
	unsigned seen = 0;
	bool idle;

	fixture->event.fire = late_packet;
	fixture->event.argument = fixture;
	for (delay = 0; delay < 40; delay++) {
		ring_at(fixture, 128);
		ring_mask(&fixture->ring);
		began = machine_time(fixture->machine);
		machine_event_schedule(fixture->machine, &fixture->event,
				       delay);
		idle = ring_unmask(&fixture->ring);
		if (word_get(fixture, WRITE_INDEX) == 128) {
			assert_true(idle);
			assert_true(machine_time(fixture->machine) - began <=
				    delay);
			machine_event_cancel(fixture->machine, &fixture->event);
		} else if (!idle) {
			assert_int_equal(word_get(fixture, INTERRUPT_MASK), 1);
			seen++;
		}
	}
	assert_true(seen > 5);
}

static void flip(void *argument)
{
	struct fixture *fixture = argument;

	raw_descriptor(fixture, 0xffffffffffff0007);
	memset(fixture->memory + RING_BYTES + 16, UNTOUCHED, RING_BYTES - 16);
}

/*
 * Edge case 48: the host changes a packet while it is read, at every moment.
 * The reader has the old one or the new one and never half of a descriptor.
 */
static void edge_48_change_while_reading(void **state)
{
	struct fixture *fixture = *state;
	unsigned kept = 0, torn = 0, corrupt = 0;
	uint64_t delay;
	int result;

	fixture->event.fire = flip;
	fixture->event.argument = fixture;
	for (delay = 0; delay < 200; delay++) {
		ring_at(fixture, 0);
		host_send(fixture, 0, 1000);
		memset(fixture->buffer, 0x11, sizeof(fixture->buffer));
		machine_event_schedule(fixture->machine, &fixture->event,
				       delay);
		result = read_next(fixture, 1000);
		machine_event_cancel(fixture->machine, &fixture->event);
		assert_int_equal(fixture->buffer[1000], 0x11);
		if (result == ERROR_PROTOCOL) {
			corrupt++;
			continue;
		}
		assert_int_equal(result, 1);
		assert_int_equal(fixture->packet.type, RING_PACKET_INBAND);
		assert_int_equal(fixture->packet.header_bytes, 0);
		assert_int_equal(fixture->packet.payload_bytes, 1000);
		if (fixture->buffer[0] == pattern(0))
			kept++;
		else
			torn++;
		/* Afterwards it does not matter any more. */
		flip(fixture);
		assert_int_equal(fixture->packet.payload_bytes, 1000);
	}
	assert_true(corrupt > 0);
	assert_true(torn > 0);
	assert_true(kept > 0);
}

/* Both sides at once, for many turns: what goes in comes out. */
static void round_trip(void **state)
{
	struct fixture *fixture = *state;
	struct ring *writer = &fixture->ring, reader;
	struct ring_packet packet;
	uint32_t sent = 0, received = 0, size;
	uint8_t bytes[256];
	unsigned burst;

	ring_at(fixture, 0);
	ring_initialise(&reader, fixture->port, fixture->memory, 1);
	while (received < 20000) {
		for (burst = 0; burst < 1 + sent % 11; burst++) {
			size = sent * 13 % 200;
			memset(fixture->buffer, (int)(sent & 0xff), 256);
			if (write_inband(fixture, size) == ERROR_AGAIN)
				break;
			sent++;
		}
		ring_publish(writer);
		for (burst = 0; burst < 1 + received % 7; burst++) {
			size = received * 13 % 200;
			if (ring_read(&reader, &packet, bytes, 256) == 0)
				break;
			assert_int_equal(packet.payload_bytes,
					 (size + 7) / 8 * 8);
			if (size) {
				assert_int_equal(bytes[0], received & 0xff);
				assert_int_equal(bytes[size - 1],
						 received & 0xff);
			}
			received++;
		}
		ring_release(&reader);
		assert_true(received <= sent);
	}
}

#define RING_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RING_TEST(initialise_describes_the_memory),
		RING_TEST(edge_41_50_write_at_every_place),
		RING_TEST(write_in_pieces_at_every_place),
		RING_TEST(write_gathers_any_two_pieces),
		RING_TEST(write_refuses_what_does_not_add_up),
		RING_TEST(write_refuses_what_never_fits),
		RING_TEST(edge_40_full_is_not_empty),
		RING_TEST(room_comes_back),
		RING_TEST(bad_read_index_stops_the_writer),
		RING_TEST(edge_42_publish_signals),
		RING_TEST(pending_send_is_written_down),
		RING_TEST(edge_50_read_at_every_place),
		RING_TEST(batches_are_cheap),
		RING_TEST(oversize_is_skipped),
		RING_TEST(edge_48_49_corrupt_descriptors),
		RING_TEST(bad_write_index_is_corrupt),
		RING_TEST(edge_43_44_release_signals),
		RING_TEST(edge_46_unmask_looks_again),
		RING_TEST(edge_46_packet_while_unmasking),
		RING_TEST(edge_48_change_while_reading),
		RING_TEST(round_trip),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
