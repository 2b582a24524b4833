/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/lying_guest.h"

#include <string.h>

#include "hyperv/hypercall.h"

#define NVSP_BYTES    40u
#define CONTROL_BYTES 256u
#define CONTROL_WORDS 5u
#define RING_BYTES    65536u

static uint32_t any(struct lying_guest *lying, uint32_t bound)
{
	return random_below(&lying->random, bound);
}

static void wrong(struct lying_guest *lying, uint8_t *bytes, uint32_t count)
{
	mutate(&lying->random, bytes, count, &lying->told);
}

/* ---- Onto the ring ---- */

/* Any bytes behind what is there, descriptor and all. */
static void put_raw(struct scripted_guest *guest, const uint8_t *bytes,
		    uint32_t count)
{
	struct ring *ring = &guest->channel->send;
	uint32_t first = ring->bytes - ring->index;

	if (ring_room(ring) < count)
		return;
	if (first > count)
		first = count;
	shared_write(guest->port, ring->data + ring->index, bytes, first);
	if (count > first)
		shared_write(guest->port, ring->data, bytes + first,
			     count - first);
	ring->index = (ring->index + count) % ring->bytes;
	channel_flush(guest->channel);
}

static void put_inband(struct scripted_guest *guest, struct lying_guest *lying,
		       const uint8_t *message, uint32_t bytes)
{
	guest_send(guest, message, bytes, guest->next_id++, any(lying, 4) != 0);
}

/* ---- NVSP ---- */

static void lie_nvsp(struct scripted_guest *guest, struct lying_guest *lying)
{
	static const uint32_t types[] = {1,   100, 101, 103, 104, 106,
					 107, 108, 125, 128, 129, 131,
					 133, 134, 135, 0,   2};
	const uint32_t bytes[] = {NVSP_BYTES, NVSP_BYTES, 28, any(lying, 200)};
	uint8_t message[200] = {0};
	uint32_t size = bytes[any(lying, 4)];

	put32(message, 0, types[any(lying, 17)]);
	put32(message, 4, any(lying, 3));
	if (any(lying, 2))
		put32(message, 4,
		      any(lying, 2) ? guest->receive_gpadl.handle
				    : guest->send_gpadl.handle);
	put32(message, 8, any(lying, 2) ? 0xcafe : any(lying, 3));
	put32(message, 12, any(lying, 200));
	tell(&lying->told, "; nvsp %u of %u", get32(message, 0), size);
	if (any(lying, 2))
		wrong(lying, message, 16);
	put_inband(guest, lying, message, size);
}

/* ---- RNDIS ---- */

/* Hand over the first bytes of the control page. */
static void put_page(struct scripted_guest *guest, const uint8_t *bytes,
		     uint32_t count, uint32_t channel_type)
{
	struct channel_range range = {guest->page, count};
	uint8_t message[NVSP_BYTES] = {0};

	shared_write(guest->port, guest->page, bytes, count);
	put32(message, 0, 107);
	put32(message, 4, channel_type);
	put32(message, 8, 0xffffffff);
	channel_send_ranges(guest->channel, &range, 1, message, sizeof(message),
			    guest->next_id++);
	channel_flush(guest->channel);
}

/* A query or a set of any OID, with something that it might want. */
static uint32_t object(struct lying_guest *lying, uint8_t *message,
		       uint32_t type)
{
	static const uint32_t oids[] = {
		0x00010101, 0x00010106, 0x00010107, 0x0001010e, 0x00010114,
		0x00010203, 0x00010204, 0x00010204, 0x00010206, 0x00010207,
		0x0001021b, 0x0001021b, 0x00020216, 0x01010101, 0x01010102,
		0x01010103, 0x0101010a, 0xfc01020b, 0xfc01020c, 0xfc01020c,
		0xfc01020d, 0x12345678};
	/* RSS parameters, offload parameters, a configuration parameter. */
	static const uint8_t rss[] = {0x89, 2, 40, 0, 0, 0,  0, 0, 1, 1,  0,
				      0,    4, 0,  0, 0, 40, 0, 0, 0, 40, 0,
				      0,    0, 44, 0, 0, 0,  0, 0, 0, 0};
	static const uint8_t offload[] = {0x80, 1, 20, 0, 4, 4, 4, 4, 4};
	static const uint8_t configuration[] = {20, 0, 0, 0,  28, 0, 0, 0, 2,
						0,  0, 0, 48, 0,  0, 0, 24};
	uint32_t oid = oids[any(lying, 22)], bytes = any(lying, 120);

	put32(message, 0, type);
	put32(message, 12, oid);
	put32(message, 16, bytes);
	put32(message, 20, 20);
	if (oid == 0x00010204)
		memcpy(message + 28, rss, sizeof(rss));
	else if (oid == 0xfc01020c)
		memcpy(message + 28, offload, sizeof(offload));
	else if (oid == 0x0001021b)
		memcpy(message + 28, configuration, sizeof(configuration));
	else
		put32(message, 28, any(lying, 64));
	return 28 + bytes;
}

static void lie_control(struct scripted_guest *guest, struct lying_guest *lying)
{
	static const uint32_t types[] = {2, 3, 6, 7, 8, 9, 0x80000008, 0, 77};
	uint8_t message[CONTROL_BYTES] = {0};
	uint32_t which = any(lying, 27), bytes;

	if (which < 9) {
		bytes = 12 + any(lying, 20);
		put32(message, 0, types[which]);
		put32(message, 12, 1);
		put32(message, 20, 0x4000);
	} else {
		bytes = object(lying, message, 4 + any(lying, 2));
	}
	put32(message, 4, bytes);
	put32(message, 8, guest->next_request++);
	tell(&lying->told, "; control %#x of %u", get32(message, 0), bytes);
	if (any(lying, 4))
		wrong(lying, message, bytes < 64 ? bytes : 64);
	put_page(guest, message, bytes, any(lying, 8) ? 1 : any(lying, 4));
}

/* A packet with per-packet information in front of a frame; its length. */
static uint32_t packet_with(struct lying_guest *lying, uint8_t *message)
{
	static const uint32_t types[] = {0, 2, 6, 8, 9, 0x80000001, 4};
	uint32_t n = any(lying, 4), at = 44, bytes = 60 + any(lying, 400), i;

	memset(message, 0, 44);
	for (i = 0; i < n; i++, at += 16) {
		put32(message, at, 16);
		put32(message, at + 4, types[any(lying, 7)]);
		put32(message, at + 8, 12);
		put32(message, at + 12,
		      any(lying, 2) ? 0x220005 : any(lying, 0x10000));
	}
	put32(message, 0, 1);
	put32(message, 8, at - 8);
	put32(message, 12, bytes);
	put32(message, 28, n ? 36 : 0);
	put32(message, 32, 16 * n);
	memset(message + at, (int)any(lying, 256), bytes);
	memcpy(message + at + 12, "\x08\x00\x45\x00", 4);
	message[at + 23] = any(lying, 2) ? 6 : 17;
	bytes = (at + bytes + 7) & ~7u;
	put32(message, 4, bytes);
	return bytes;
}

/* Several, with fields wrong in their headers. */
static uint32_t packets_with(struct lying_guest *lying, uint8_t *messages)
{
	unsigned n = 1 + any(lying, 4), bad = any(lying, n + 1);
	uint32_t at = 0, bytes;

	for (; n > 0; n--) {
		bytes = packet_with(lying, messages + at);
		if (n == bad)
			wrong(lying, messages + at, 44 + any(lying, 40));
		at += bytes;
	}
	return at;
}

static void lie_frames(struct scripted_guest *guest, struct lying_guest *lying)
{
	uint8_t messages[4096], message[NVSP_BYTES] = {0};
	uint32_t section = any(lying, 8), bytes;

	tell(&lying->told, "; frames");
	bytes = packets_with(lying, messages);
	shared_write(guest->port,
		     guest->send_buffer + (size_t)section * SCRIPT_SECTION_SIZE,
		     messages, bytes);
	put32(message, 0, 107);
	put32(message, 8, section);
	put32(message, 12, bytes);
	if (any(lying, 4) == 0)
		wrong(lying, message + 4, 12);
	put_inband(guest, lying, message, sizeof(message));
}

/* One to three ranges of one to three pages; their bytes. */
static uint32_t ranges_lay(struct scripted_guest *guest,
			   struct lying_guest *lying, uint8_t *list,
			   uint32_t bytes, unsigned *count)
{
	uint64_t page = port_physical(guest->port, guest->page) / 4096;
	uint32_t at = 0, offset = 0, pages, n;

	for (*count = 0; *count < 3 && bytes > 0; (*count)++) {
		uint32_t length = *count < 2 && bytes > 44 ? 44 : bytes;

		pages = (offset + length + 4095) / 4096;
		if (any(lying, 4) == 0)
			pages = 1 + any(lying, 3);
		put32(list, at, length);
		put32(list, at + 4, offset);
		at += 8;
		for (n = 0; n < pages; n++, at += 8)
			put64(list, at, page);
		offset = (offset + length) % 4096;
		bytes -= length;
	}
	return at;
}

/* A packet of type 9 in plain bytes, so that its list can be wrong. */
static void lie_ranges(struct scripted_guest *guest, struct lying_guest *lying)
{
	uint8_t packet[16 + 8 + 3 * 32 + NVSP_BYTES + 8] = {0};
	uint8_t messages[4096];
	uint32_t bytes = packets_with(lying, messages), list;
	unsigned count;

	tell(&lying->told, "; ranges");
	shared_write(guest->port, guest->page, messages, bytes);
	list = ranges_lay(guest, lying, packet + 24, bytes, &count);
	put16(packet, 0, 9);
	put16(packet, 2, (uint16_t)((24 + list) / 8));
	put16(packet, 4, (uint16_t)((24 + list + NVSP_BYTES) / 8));
	put16(packet, 6, 1);
	put64(packet, 8, guest->next_id++);
	put32(packet, 20, count);
	put32(packet, 24 + list, 107);
	put32(packet, 32 + list, 0xffffffff);
	put32(packet, 24 + list + NVSP_BYTES + 4, guest->channel->send.index);
	if (any(lying, 8))
		wrong(lying, packet + 16, 8 + list);
	put_raw(guest, packet, 24 + list + NVSP_BYTES + 8);
}

/* ---- Completions, descriptors, words ---- */

static void lie_completion(struct scripted_guest *guest,
			   struct lying_guest *lying)
{
	uint8_t message[NVSP_BYTES] = {0};
	uint32_t bytes = any(lying, 4) ? NVSP_BYTES : any(lying, NVSP_BYTES);
	uint64_t id = mutate_number(&lying->random, any(lying, 80), 80);

	if (lying->owed_count > 0 && any(lying, 2)) {
		uint64_t *one = &lying->owed[any(lying, lying->owed_count)];

		id = *one;
		*one = lying->owed[--lying->owed_count];
	}
	put32(message, 0, any(lying, 8) ? 108 : any(lying, 140));
	put32(message, 4, any(lying, 2) ? 1 : any(lying, 8));
	tell(&lying->told, "; completion %#llx of %u", (unsigned long long)id,
	     bytes);
	channel_complete(guest->channel, message, bytes, id);
	channel_flush(guest->channel);
}

static void lie_descriptor(struct scripted_guest *guest,
			   struct lying_guest *lying)
{
	static const uint16_t types[] = {6, 7, 9, 10, 11, 0, 8, 0xffff};
	uint8_t packet[64] = {0};
	uint32_t count = any(lying, 4) ? sizeof(packet) : 8 * any(lying, 9);

	put16(packet, 0, types[any(lying, 8)]);
	put16(packet, 2, 2);
	put16(packet, 4, 7);
	put64(packet, 8, guest->next_id++);
	put32(packet, 16, 107);
	put32(packet, 60, guest->channel->send.index);
	tell(&lying->told, "; descriptor, %u written", count);
	if (any(lying, 8))
		wrong(lying, packet, 8);
	put_raw(guest, packet, count);
}

static void lie_word(struct scripted_guest *guest, struct lying_guest *lying)
{
	static const uint8_t words[] = {0, 4, 8, 12, 64};
	bool send = any(lying, 2);
	struct ring *ring =
		send ? &guest->channel->send : &guest->channel->receive;
	uint32_t at = words[any(lying, 5)], value;
	le32 *word = (le32 *)(void *)((uint8_t *)ring->control + at);

	value = (uint32_t)mutate_number(&lying->random, ring->index,
					RING_BYTES);
	if (any(lying, 2))
		value = 8 * any(lying, RING_BYTES / 8);
	tell(&lying->told, "; word %u of the ring %s the host: %#x", at,
	     send ? "to" : "from", value);
	lying->broke_off = true;
	shared_store32(guest->port, word, value);
	hypercall_signal_event(guest->channel->bus->hyperv,
			       guest->channel->connection_id);
}

/* ---- VMBus ---- */

/* Any message but those that end the connection, or make another. */
static void lie_message(struct scripted_guest *guest, struct lying_guest *lying)
{
	uint8_t message[240] = {0};
	uint32_t bytes = 8 + any(lying, 233), type = any(lying, 28), at;
	const uint32_t known[] = {guest->channel->relid,
				  guest->receive_gpadl.handle,
				  guest->send_gpadl.handle,
				  guest->channel->gpadl.handle,
				  1,
				  0xe1f00,
				  0x1000,
				  0};

	for (at = 8; at + 4 <= 64; at += 4)
		put32(message, at, known[any(lying, 8)]);
	if (any(lying, 2))
		put32(message, 8, guest->channel->relid);
	wrong(lying, message + 8, 56);
	if (type == 14 || type == 16)
		type = 8;
	put32(message, 0, type);
	lying->broke_off = true;
	tell(&lying->told, "; message %u of %u", type, bytes);
	vmbus_post(&guest->bus, message, bytes);
}

/* ---- All of it ---- */

void lying_guest_settle(struct scripted_guest *guest, struct lying_guest *lying)
{
	unsigned turn;

	lying->careful = true;
	while (lying->owed_count > 0)
		guest_complete(guest, lying->owed[--lying->owed_count], 1);
	for (turn = 0; turn < 20; turn++) {
		port_delay(guest->port, 100000);
		lying_guest_read(guest, lying);
	}
}

void lying_guest_read(struct scripted_guest *guest, struct lying_guest *lying)
{
	struct script_packet packet;
	unsigned budget = 100;

	vmbus_poll(&guest->bus);
	while (budget-- > 0 &&
	       channel_receive(guest->channel, &packet.descriptor, packet.bytes,
			       SCRIPT_PACKET_MAX) == 1) {
		uint64_t id = packet.descriptor.transaction_id;

		channel_received(guest->channel);
		if (packet.descriptor.type != RING_PACKET_TRANSFER_PAGES)
			continue;
		if (lying->careful || any(lying, 8))
			guest_complete(guest, id, 1);
		else if (lying->owed_count < 64)
			lying->owed[lying->owed_count++] = id;
	}
}

void lying_guest_lie(struct scripted_guest *guest, struct lying_guest *lying)
{
	static void (*const lies[GUEST_LIES])(struct scripted_guest * guest,
					      struct lying_guest * lying) = {
		[GUEST_LIE_NVSP] = lie_nvsp,
		[GUEST_LIE_CONTROL] = lie_control,
		[GUEST_LIE_FRAMES] = lie_frames,
		[GUEST_LIE_RANGES] = lie_ranges,
		[GUEST_LIE_COMPLETION] = lie_completion,
		[GUEST_LIE_DESCRIPTOR] = lie_descriptor,
		[GUEST_LIE_WORD] = lie_word,
		[GUEST_LIE_MESSAGE] = lie_message,
	};
	unsigned kind;

	do
		kind = any(lying, GUEST_LIES);
	while (!(lying->kinds >> kind & 1));
	lies[kind](guest, lying);
}

void lying_guest_plan(struct lying_guest *lying, uint64_t seed)
{
	memset(lying, 0, sizeof(*lying));
	lying->random.state = seed ^ 0x6775657374;
	lying->kinds = any(lying, 4) ? 1u << any(lying, GUEST_LIES)
				     : (1u << GUEST_LIES) - 1;
	lying->early = any(lying, 4) == 0;
	lying->lies = 1 + any(lying, any(lying, 2) ? 4 : 40);
}
