/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/raw_virtio.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "port/shared.h"

#define NEXT	  1u
#define WRITE	  2u
#define INDIRECT  4u
#define AVAILABLE 0x80u
#define USED	  0x8000u

static bool is_packed(const struct raw_virtio *raw)
{
	return raw->options.features & RAW_PACKED;
}

/* ---- Access ---- */

uint32_t virtio_register(struct raw_virtio *raw, uint32_t offset)
{
	return port_mmio_read32(raw->port, raw->registers + offset);
}

void virtio_register_write(struct raw_virtio *raw, uint32_t offset,
			   uint32_t value)
{
	port_mmio_write32(raw->port, raw->registers + offset, value);
	machine_work_drain(raw->machine);
}

uint64_t virtio_at(struct raw_virtio *raw, uint32_t offset)
{
	return port_physical(raw->port, raw->bytes + offset);
}

/* ---- Making ---- */

static void tap(void *context, const struct wire_frame *frame)
{
	struct raw_virtio *raw = context;
	struct raw_frame *to;

	assert_true(raw->frame_count < RAW_VIRTIO_FRAMES);
	to = &raw->frames[raw->frame_count++];
	assert_true(frame->length <= sizeof(to->data));
	to->length = frame->length;
	memcpy(to->data, frame->data, frame->length);
}

static bool interrupted(void *argument)
{
	struct raw_virtio *raw = argument;
	uint32_t causes;

	if (raw->quiet)
		return false;
	raw->interrupts++;
	causes = port_mmio_read32(raw->port, raw->registers + 0x60);
	raw->causes |= causes;
	if (causes & 3)
		port_mmio_write32(raw->port, raw->registers + 0x64, causes & 3);
	return causes & 3;
}

struct raw_virtio *raw_virtio_create(const struct raw_virtio_options *options)
{
	static const uint8_t mac[6] = {0x02, 0, 0, 0, 0, 0x07};
	static const uint8_t none[6];
	const struct machine_configuration configuration = {
		.schedule = MACHINE_SCHEDULE_EAGER,
		.seed = 11,
		/* Its frames lie in memory that stays with the device. */
		.checkers_off = 1u << MACHINE_CHECK_OWNERSHIP,
	};
	struct raw_virtio *raw = calloc(1, sizeof(*raw));
	struct host_virtio_configuration *card;

	assert_non_null(raw);
	if (options)
		raw->options = *options;
	if (!raw->options.size)
		raw->options.size = 16;
	if (!raw->options.queues)
		raw->options.queues = 2;
	card = &raw->options.card;
	card->personality = virtio_personality_find(
		raw->options.host ? raw->options.host : "strict");
	assert_non_null(card->personality);
	if (!memcmp(card->mac, none, sizeof(none)))
		memcpy(card->mac, mac, sizeof(mac));
	raw->frames = calloc(RAW_VIRTIO_FRAMES, sizeof(*raw->frames));
	assert_non_null(raw->frames);
	raw->machine = machine_create(&configuration);
	assert_non_null(raw->machine);
	raw->port = machine_port(raw->machine);
	raw->wire = wire_tap_create(tap, raw);
	assert_non_null(raw->wire);
	raw->card = host_virtio_create(raw->machine, card, raw->wire);
	assert_non_null(raw->card);
	raw->registers = port_mmio_map(raw->port, host_virtio_base(raw->card),
				       host_virtio_bytes(raw->card));
	assert_non_null(raw->registers);
	raw->bytes = port_pages_alloc(raw->port, RAW_VIRTIO_BYTES / 4096,
				      PORT_PAGES_CONTIGUOUS, "raw frames");
	assert_non_null(raw->bytes);
	assert_int_equal(port_line_attach(raw->port,
					  host_virtio_line(raw->card),
					  interrupted, raw),
			 0);
	return raw;
}

void raw_virtio_destroy(struct raw_virtio *raw, unsigned violations)
{
	unsigned count = machine_violations(raw->machine);

	if (count != violations)
		fail_msg("%u violations, not %u; the last: %s", count,
			 violations,
			 count ? machine_violation_text(raw->machine,
							count < 64 ? count - 1
								   : 63)
			       : "");
	host_virtio_destroy(raw->card);
	machine_destroy(raw->machine);
	wire_destroy(raw->wire);
	free(raw->frames);
	free(raw);
}

/* ---- Up ---- */

void virtio_greet(struct raw_virtio *raw)
{
	assert_int_equal(virtio_register(raw, 0x00), 0x74726976);
	assert_int_equal(virtio_register(raw, 0x04), 2);
	assert_int_equal(virtio_register(raw, 0x08), 1);
	virtio_register_write(raw, 0x70, 0);
	assert_int_equal(virtio_register(raw, 0x70), 0);
	virtio_register_write(raw, 0x70, 1);
	virtio_register_write(raw, 0x70, 3);
	assert_int_equal(virtio_register(raw, 0x70), 3);
}

uint64_t virtio_offered(struct raw_virtio *raw)
{
	uint64_t low;

	virtio_register_write(raw, 0x14, 0);
	low = virtio_register(raw, 0x10);
	virtio_register_write(raw, 0x14, 1);
	return low | (uint64_t)virtio_register(raw, 0x10) << 32;
}

uint32_t virtio_agree(struct raw_virtio *raw, uint64_t features)
{
	virtio_register_write(raw, 0x24, 0);
	virtio_register_write(raw, 0x20, (uint32_t)features);
	virtio_register_write(raw, 0x24, 1);
	virtio_register_write(raw, 0x20, (uint32_t)(features >> 32));
	virtio_register_write(raw, 0x70, 0xb);
	return virtio_register(raw, 0x70);
}

static void address_write(struct raw_virtio *raw, uint32_t offset,
			  const uint8_t *memory)
{
	uint64_t address = port_physical(raw->port, memory);

	virtio_register_write(raw, offset, (uint32_t)address);
	virtio_register_write(raw, offset + 4, (uint32_t)(address >> 32));
}

void virtio_queue_make(struct raw_virtio *raw, unsigned n, uint32_t size)
{
	struct raw_virtio_queue *queue = &raw->queues[n];
	size_t table = (size_t)16 * size, rings = (size_t)2 * size + 6;
	size_t available = (table + 15) & ~(size_t)15;
	size_t used = (available + rings + 15) & ~(size_t)15;
	size_t all = used + 6 + (size_t)8 * size;

	if (!queue->memory)
		queue->memory =
			port_pages_alloc(raw->port, (all + 4095) / 4096,
					 PORT_PAGES_CONTIGUOUS, "raw queue");
	assert_non_null(queue->memory);
	memset(queue->memory, 0, all);
	queue->table = queue->memory;
	queue->available = queue->memory + available;
	queue->used = queue->memory + used;
	queue->next = queue->taken = queue->slot = queue->free = 0;
	queue->used_slot = 0;
	queue->wrap = queue->used_wrap = true;
	virtio_register_write(raw, 0x30, n);
	virtio_register_write(raw, 0x38, size);
	address_write(raw, 0x80, queue->table);
	address_write(raw, 0x90, queue->available);
	address_write(raw, 0xa0, queue->used);
	virtio_register_write(raw, 0x44, 1);
}

struct raw_virtio *raw_virtio_up(const struct raw_virtio_options *options)
{
	struct raw_virtio *raw = raw_virtio_create(options);
	uint64_t features = raw->options.features | RAW_VERSION_1;
	unsigned n;

	virtio_greet(raw);
	assert_int_equal(virtio_offered(raw) & features, features);
	assert_int_equal(virtio_agree(raw, features), 0xb);
	for (n = 0; n < raw->options.queues; n++) {
		virtio_queue_make(raw, n, raw->options.size);
		assert_int_equal(virtio_register(raw, 0x44), 1);
	}
	virtio_register_write(raw, 0x70, 0xf);
	assert_int_equal(virtio_register(raw, 0x70), 0xf);
	return raw;
}

/* ---- Buffers ---- */

static void descriptor_write(uint8_t *at, const struct raw_part *part,
			     uint32_t last, uint32_t flags)
{
	card_put64(at, part->address);
	card_put32(at + 8, part->length);
	card_put32(at + 12, flags << 16 | last);
}

static void split_publish(struct raw_virtio *raw,
			  struct raw_virtio_queue *queue, uint16_t head)
{
	card_put16(queue->available + 4 + 2 * (queue->next % raw->options.size),
		   head);
	queue->next++;
	card_put16(queue->available + 2, queue->next);
}

static uint16_t split_give(struct raw_virtio *raw,
			   struct raw_virtio_queue *queue,
			   const struct raw_part *parts, unsigned count,
			   uint32_t extra)
{
	uint16_t head = queue->free, at = head;
	unsigned n;

	for (n = 0; n < count; n++) {
		uint16_t next = (uint16_t)((at + 1) % raw->options.size);
		uint32_t flags = (parts[n].write ? WRITE : 0) |
				 (n + 1 < count ? NEXT : 0) | extra;

		card_put64(queue->table + 16 * at, parts[n].address);
		card_put32(queue->table + 16 * at + 8, parts[n].length);
		card_put32(queue->table + 16 * at + 12,
			   flags | (uint32_t)next << 16);
		at = next;
	}
	queue->free = at;
	split_publish(raw, queue, head);
	return head;
}

static uint16_t packed_give(struct raw_virtio *raw,
			    struct raw_virtio_queue *queue,
			    const struct raw_part *parts, unsigned count,
			    uint32_t extra)
{
	uint8_t *first = queue->table + 16 * queue->slot;
	uint16_t id = queue->slot;
	uint32_t first_flags = 0;
	unsigned n;

	for (n = 0; n < count; n++) {
		uint8_t *at = queue->table + 16 * queue->slot;
		uint32_t flags = (parts[n].write ? WRITE : 0) |
				 (n + 1 < count ? NEXT : 0) | extra |
				 (queue->wrap ? AVAILABLE : USED);

		if (!n)
			first_flags = flags;
		descriptor_write(at, &parts[n], id,
				 n ? flags : flags ^ (AVAILABLE | USED));
		if (++queue->slot == raw->options.size) {
			queue->slot = 0;
			queue->wrap = !queue->wrap;
		}
	}
	queue->slots[id] = (uint16_t)count;
	card_put16(first + 14, (uint16_t)first_flags);
	return id;
}

uint16_t virtio_give(struct raw_virtio *raw, unsigned queue,
		     const struct raw_part *parts, unsigned count)
{
	return is_packed(raw)
		       ? packed_give(raw, &raw->queues[queue], parts, count, 0)
		       : split_give(raw, &raw->queues[queue], parts, count, 0);
}

uint16_t virtio_give_table(struct raw_virtio *raw, unsigned queue,
			   const struct raw_part *parts, unsigned count,
			   uint32_t offset)
{
	const struct raw_part table = {virtio_at(raw, offset), 16 * count,
				       false};
	unsigned n;

	for (n = 0; n < count; n++) {
		uint8_t *at = raw->bytes + offset + 16 * n;
		uint32_t flags = parts[n].write ? WRITE : 0;

		card_put64(at, parts[n].address);
		card_put32(at + 8, parts[n].length);
		if (is_packed(raw))
			card_put32(at + 12, flags << 16);
		else
			card_put32(at + 12, flags | (n + 1 < count ? NEXT : 0) |
						    (n + 1) << 16);
	}
	return is_packed(raw) ? packed_give(raw, &raw->queues[queue], &table, 1,
					    INDIRECT)
			      : split_give(raw, &raw->queues[queue], &table, 1,
					   INDIRECT);
}

void virtio_kick(struct raw_virtio *raw, unsigned queue)
{
	virtio_register_write(raw, 0x50, queue);
}

static bool packed_used(struct raw_virtio *raw, struct raw_virtio_queue *queue,
			uint32_t *id, uint32_t *length)
{
	const uint8_t *at = queue->table + 16 * queue->used_slot;
	uint32_t flags = card_get32(at + 12) >> 16;

	if (!!(flags & AVAILABLE) != queue->used_wrap ||
	    !!(flags & USED) != queue->used_wrap)
		return false;
	*id = card_get32(at + 12) & 0xffff;
	*length = card_get32(at + 8);
	assert_true(*id < 32768);
	queue->used_slot = (uint16_t)(queue->used_slot + queue->slots[*id]);
	if (queue->used_slot >= raw->options.size) {
		queue->used_slot =
			(uint16_t)(queue->used_slot - raw->options.size);
		queue->used_wrap = !queue->used_wrap;
	}
	return true;
}

bool virtio_used(struct raw_virtio *raw, unsigned n, uint32_t *id,
		 uint32_t *length)
{
	struct raw_virtio_queue *queue = &raw->queues[n];
	const uint8_t *entry =
		queue->used + 4 + 8 * (queue->taken % raw->options.size);

	if (is_packed(raw))
		return packed_used(raw, queue, id, length);
	if ((card_get32(queue->used) >> 16) == queue->taken)
		return false;
	*id = card_get32(entry);
	*length = card_get32(entry + 4);
	queue->taken++;
	return true;
}

/* ---- Traffic ---- */

void virtio_send(struct raw_virtio *raw, unsigned queue, const uint8_t *header,
		 const void *data, uint32_t bytes)
{
	const struct raw_part part = {virtio_at(raw, 0), 12 + bytes, false};

	if (header)
		memcpy(raw->bytes, header, 12);
	else
		memset(raw->bytes, 0, 12);
	memcpy(raw->bytes + 12, data, bytes);
	virtio_give(raw, queue, &part, 1);
	virtio_kick(raw, queue);
}

void virtio_post(struct raw_virtio *raw, unsigned queue, uint32_t offset,
		 uint32_t bytes)
{
	const struct raw_part part = {virtio_at(raw, offset), bytes, true};

	virtio_give(raw, queue, &part, 1);
}

bool virtio_arrive(struct raw_virtio *raw, const void *data, uint32_t bytes)
{
	const struct wire_frame frame = {data, bytes};
	bool taken = wire_deliver(raw->wire, &frame);

	machine_work_drain(raw->machine);
	shared_fence(raw->port);
	return taken;
}

int virtio_command(struct raw_virtio *raw, unsigned group, unsigned command,
		   const void *data, uint32_t bytes)
{
	unsigned queue = raw->options.queues - 1;
	uint8_t *at = raw->bytes + RAW_VIRTIO_BYTES - 4096;
	uint64_t address = port_physical(raw->port, at);
	const struct raw_part parts[3] = {{address, 2, false},
					  {address + 16, bytes, false},
					  {address + 8, 1, true}};
	const struct raw_part two[2] = {parts[0], parts[2]};
	uint32_t id, length;

	at[0] = (uint8_t)group;
	at[1] = (uint8_t)command;
	at[8] = 0x55;
	if (bytes)
		memcpy(at + 16, data, bytes);
	virtio_give(raw, queue, bytes ? parts : two, bytes ? 3 : 2);
	virtio_kick(raw, queue);
	if (!virtio_used(raw, queue, &id, &length))
		return -1;
	assert_int_equal(length, 1);
	return at[8];
}

void virtio_expect(struct raw_virtio *raw, unsigned n, const char *words)
{
	const char *text = machine_violation_text(raw->machine, n);

	if (!text || !strstr(text, words))
		fail_msg("violation %u is not '%s' but '%s'", n, words,
			 text ? text : "(none)");
}
