/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The queues of a scripted virtio device, and frames through them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/scripted_virtio.h"

#define STATUS_DRIVER_OK 4u

/* ---- Guest memory ---- */

uint16_t virtio_script_ram16(struct virtio_script *script, uint64_t at)
{
	uint16_t value = 0;

	assert_true(
		machine_ram_read(script->machine, at, &value, sizeof(value)));
	return value;
}

static uint32_t ram32(struct virtio_script *script, uint64_t at)
{
	uint32_t value = 0;

	assert_true(
		machine_ram_read(script->machine, at, &value, sizeof(value)));
	return value;
}

static uint64_t ram64(struct virtio_script *script, uint64_t at)
{
	return ram32(script, at) | (uint64_t)ram32(script, at + 4) << 32;
}

void virtio_script_ram_set16(struct virtio_script *script, uint64_t at,
			     uint16_t value)
{
	assert_true(
		machine_ram_write(script->machine, at, &value, sizeof(value)));
}

void virtio_script_ram_set32(struct virtio_script *script, uint64_t at,
			     uint32_t value)
{
	assert_true(
		machine_ram_write(script->machine, at, &value, sizeof(value)));
}

/* ---- Queues ---- */

bool virtio_script_is_packed(const struct virtio_script *script)
{
	return (script->accepted & VIRTIO_BIT(F_PACKED)) != 0;
}

static void chain_piece(struct virtio_script *script,
			struct virtio_script_chain *chain, uint64_t at,
			uint16_t flags)
{
	struct virtio_script_piece *piece;

	assert_true(chain->count < VIRTIO_SCRIPT_PIECES);
	piece = &chain->pieces[chain->count++];
	piece->address = ram64(script, at);
	piece->length = ram32(script, at + 8);
	piece->writable = (flags & 2) != 0;
	assert_int_not_equal(piece->length, 0);
	if (piece->writable) {
		chain->writable += piece->length;
		return;
	}
	/* What is read stands first. */
	assert_int_equal(chain->writable, 0);
	assert_true(chain->readable + piece->length <= sizeof(chain->bytes));
	assert_true(machine_ram_read(script->machine, piece->address,
				     chain->bytes + chain->readable,
				     piece->length));
	chain->readable += piece->length;
}

static void split_chain(struct virtio_script *script,
			struct virtio_script_chain *chain, uint64_t table,
			uint32_t size, uint32_t at, bool is_table)
{
	uint64_t address;
	uint16_t flags;

	for (;;) {
		assert_true(at < size);
		address = table + 16ull * at;
		flags = virtio_script_ram16(script, address + 12);
		if (flags & 4) {
			assert_false(is_table);
			assert_int_equal(flags, 4);
			assert_true(script->accepted & VIRTIO_BIT(F_INDIRECT));
			chain->indirect = true;
			chain->entries = 1;
			split_chain(script, chain, ram64(script, address),
				    ram32(script, address + 8) / 16, 0, true);
			return;
		}
		chain_piece(script, chain, address, flags);
		if (!is_table)
			chain->entries++;
		assert_true(chain->count <= script->queues[chain->queue].size);
		if (!(flags & 1))
			return;
		at = virtio_script_ram16(script, address + 14);
	}
}

static bool split_take(struct virtio_script *script,
		       struct virtio_script_queue *queue,
		       struct virtio_script_chain *chain)
{
	uint16_t index = virtio_script_ram16(script, queue->driver + 2);
	uint32_t mask = queue->size - 1;

	if (index == queue->next)
		return false;
	/* Firecracker stops the machine for more than that. */
	assert_true((uint16_t)(index - queue->next) <= queue->size);
	chain->id = virtio_script_ram16(
		script, queue->driver + 4 + 2ull * (queue->next & mask));
	queue->next++;
	split_chain(script, chain, queue->descriptors, queue->size, chain->id,
		    false);
	return true;
}

static void packed_table(struct virtio_script *script,
			 struct virtio_script_chain *chain, uint64_t table,
			 uint32_t count)
{
	uint16_t flags;
	uint32_t i;

	chain->indirect = true;
	assert_true(count <= script->queues[chain->queue].size);
	for (i = 0; i < count; i++) {
		flags = virtio_script_ram16(script, table + 16ull * i + 14);
		assert_int_equal(flags & ~2u, 0);
		chain_piece(script, chain, table + 16ull * i, flags);
	}
}

static bool packed_take(struct virtio_script *script,
			struct virtio_script_queue *queue,
			struct virtio_script_chain *chain)
{
	uint64_t at = queue->descriptors + 16ull * queue->next;
	uint16_t flags = virtio_script_ram16(script, at + 14);

	if (((flags >> 7 & 1) != queue->next_wrap) ||
	    ((flags >> 15 & 1) == queue->next_wrap))
		return false;
	for (;;) {
		at = queue->descriptors + 16ull * queue->next;
		flags = virtio_script_ram16(script, at + 14);
		assert_int_equal(flags >> 7 & 1, queue->next_wrap);
		assert_int_not_equal(flags >> 15 & 1, queue->next_wrap);
		chain->id = virtio_script_ram16(script, at + 12);
		chain->entries++;
		assert_true(chain->entries <= queue->size);
		if (flags & 4) {
			assert_int_equal(flags & 3, 0);
			assert_true(script->accepted & VIRTIO_BIT(F_INDIRECT));
			packed_table(script, chain, ram64(script, at),
				     ram32(script, at + 8) / 16);
		} else {
			chain_piece(script, chain, at, flags);
		}
		if (++queue->next == queue->size) {
			queue->next = 0;
			queue->next_wrap = !queue->next_wrap;
		}
		if (!(flags & 1))
			return true;
	}
}

bool virtio_script_take(struct virtio_script *script, unsigned index,
			struct virtio_script_chain *chain)
{
	struct virtio_script_queue *queue = &script->queues[index];

	chain->queue = index;
	chain->entries = 0;
	chain->count = 0;
	chain->readable = 0;
	chain->writable = 0;
	chain->indirect = false;
	if (!queue->ready || !(script->status & STATUS_DRIVER_OK))
		return false;
	return virtio_script_is_packed(script)
		       ? packed_take(script, queue, chain)
		       : split_take(script, queue, chain);
}

void virtio_script_use_id(struct virtio_script *script, unsigned index,
			  uint32_t id, uint32_t entries, uint32_t length)
{
	struct virtio_script_queue *queue = &script->queues[index];
	uint64_t at;

	if (virtio_script_is_packed(script)) {
		at = queue->descriptors + 16ull * queue->used;
		virtio_script_ram_set16(script, at + 12, (uint16_t)id);
		virtio_script_ram_set32(script, at + 8, length);
		virtio_script_ram_set16(script, at + 14,
					queue->used_wrap ? 0x8082 : 2);
		queue->used = (uint16_t)(queue->used + entries);
		if (queue->used >= queue->size) {
			queue->used = (uint16_t)(queue->used - queue->size);
			queue->used_wrap = !queue->used_wrap;
		}
		return;
	}
	at = queue->device + 4 + 8ull * (queue->used & (queue->size - 1));
	virtio_script_ram_set32(script, at, id);
	virtio_script_ram_set32(script, at + 4, length);
	virtio_script_ram_set16(script, queue->device + 2, ++queue->used);
}

void virtio_script_use(struct virtio_script *script,
		       const struct virtio_script_chain *chain, uint32_t length)
{
	virtio_script_use_id(script, chain->queue, chain->id, chain->entries,
			     length);
}

void virtio_script_fill(struct virtio_script *script,
			const struct virtio_script_chain *chain,
			uint32_t offset, const void *data, uint32_t bytes)
{
	const struct virtio_script_piece *piece;
	const uint8_t *from = data;
	uint32_t part;
	unsigned i;

	for (i = 0; i < chain->count && bytes > 0; i++) {
		piece = &chain->pieces[i];
		if (!piece->writable)
			continue;
		if (offset >= piece->length) {
			offset -= piece->length;
			continue;
		}
		part = piece->length - offset;
		if (part > bytes)
			part = bytes;
		assert_true(machine_ram_write(
			script->machine, piece->address + offset, from, part));
		from += part;
		bytes -= part;
		offset = 0;
	}
	assert_int_equal(bytes, 0);
}

bool virtio_script_interrupt_wanted(struct virtio_script *script,
				    unsigned index)
{
	struct virtio_script_queue *queue = &script->queues[index];
	bool events = (script->accepted & VIRTIO_BIT(F_EVENT_IDX)) != 0;
	uint16_t flags, place;

	if (virtio_script_is_packed(script)) {
		place = virtio_script_ram16(script, queue->driver);
		flags = virtio_script_ram16(script, queue->driver + 2);
		if (flags != 2)
			return flags == 0;
		assert_true(events);
		/* The last one that was used, of one entry. */
		return place == ((queue->used + queue->size - 1) % queue->size |
				 (queue->used == 0 ? !queue->used_wrap
						   : queue->used_wrap)
					 << 15);
	}
	flags = virtio_script_ram16(script, queue->driver);
	if (!events)
		return flags == 0;
	assert_int_equal(flags, 0);
	return virtio_script_ram16(script,
				   queue->driver + 4 + 2ull * queue->size) ==
	       (uint16_t)(queue->used - 1);
}

void virtio_script_quiet(struct virtio_script *script, unsigned index,
			 bool quiet)
{
	struct virtio_script_queue *queue = &script->queues[index];

	virtio_script_ram_set16(
		script,
		queue->device + (virtio_script_is_packed(script) ? 2 : 0),
		quiet);
}

void virtio_script_event(struct virtio_script *script, unsigned index,
			 uint16_t place)
{
	struct virtio_script_queue *queue = &script->queues[index];

	if (!virtio_script_is_packed(script)) {
		virtio_script_ram_set16(script,
					queue->device + 4 + 8ull * queue->size,
					place);
		return;
	}
	virtio_script_ram_set16(script, queue->device, place);
	virtio_script_ram_set16(script, queue->device + 2, 2);
}

/* ---- Frames ---- */

static void header_write(const struct virtio_script_header *header,
			 uint8_t bytes[12])
{
	bytes[0] = header->flags;
	bytes[1] = header->gso_type;
	memcpy(bytes + 2, &header->header_bytes, 2);
	memcpy(bytes + 4, &header->segment_bytes, 2);
	memcpy(bytes + 6, &header->start, 2);
	memcpy(bytes + 8, &header->offset, 2);
	memcpy(bytes + 10, &header->buffers, 2);
}

unsigned virtio_script_receive(struct virtio_script *script, unsigned queue,
			       const struct virtio_script_header *header,
			       const void *data, uint32_t bytes)
{
	static const struct virtio_script_header plain;
	struct virtio_script_header filled = header ? *header : plain;
	struct virtio_script_chain *chain = &script->chain;
	static uint8_t frame[70012];
	uint32_t done = 0, part, room;
	unsigned count = 0, i;

	memcpy(frame + 12, data, bytes);
	bytes += 12;
	if (!virtio_script_take(script, queue, chain))
		return 0;
	/* All buffers are of one size. */
	room = chain->writable;
	if (filled.buffers == 0)
		filled.buffers = (uint16_t)((bytes + room - 1) / room);
	header_write(&filled, frame);
	for (i = 0; done < bytes; i++) {
		if (i > 0 && !virtio_script_take(script, queue, chain))
			return count;
		part = bytes - done < room ? bytes - done : room;
		virtio_script_fill(script, chain, 0, frame + done, part);
		virtio_script_use(script, chain, part);
		done += part;
		count++;
	}
	return count;
}
