/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/scripted_virtio.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"

#define STATUS_DRIVER_OK 4u
#define STATUS_FAILED	 0x80u

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

/* ---- Registers ---- */

static void log_access(struct virtio_script *script, bool is_write,
		       uint64_t offset, uint64_t value, unsigned width)
{
	if (script->logged < VIRTIO_SCRIPT_LOG)
		script->log[script->logged++] = (struct virtio_script_access){
			.is_write = is_write,
			.width = width,
			.offset = (uint32_t)offset,
			.value = (uint32_t)value,
		};
}

static struct virtio_script_queue *selected(struct virtio_script *script)
{
	static struct virtio_script_queue none;

	if (script->queue_select < VIRTIO_SCRIPT_QUEUES)
		return &script->queues[script->queue_select];
	memset(&none, 0, sizeof(none));
	return &none;
}

static uint32_t status_read(struct virtio_script *script)
{
	if (script->reset_stuck && script->resetting)
		return 1;
	if (script->resetting > 0 && --script->resetting > 0)
		return 1;
	return script->status;
}

static uint64_t config_read(struct virtio_script *script, uint64_t offset,
			    unsigned width)
{
	uint64_t value = 0;

	assert_true(offset + width <= sizeof(script->config));
	/* Each field by its own width (4.2.2.2). */
	assert_int_equal(width, offset < 6 ? 1 : offset < 12 ? 2 : 4);
	assert_int_equal(offset % width, 0);
	memcpy(&value, script->config + offset, width);
	if (script->config_changes > 0) {
		script->config_changes--;
		script->generation++;
	}
	return value;
}

static uint64_t register_read(struct virtio_script *script, uint64_t offset)
{
	switch (offset) {
	case 0x000:
		return script->magic;
	case 0x004:
		return script->version;
	case 0x008:
		return script->device_id;
	case 0x00c:
		return script->vendor_id;
	case 0x010:
		return script->features_select == 0 ? (uint32_t)script->offered
		       : script->features_select == 1
			       ? (uint32_t)(script->offered >> 32)
			       : 0;
	case 0x034:
		return script->queue_select < VIRTIO_SCRIPT_QUEUES
			       ? script->queue_sizes[script->queue_select]
			       : 0;
	case 0x044:
		return selected(script)->ready;
	case 0x060:
		return script->interrupt_status;
	case 0x070:
		return status_read(script);
	case 0x0fc:
		return script->generation;
	default:
		fail_msg("register %#x is read", (unsigned)offset);
		return 0;
	}
}

static uint64_t region_read(void *context, uint64_t offset, unsigned width)
{
	struct virtio_script *script = context;
	uint64_t value;

	if (script->gone)
		return UINT64_MAX;
	if (offset >= 0x100) {
		value = config_read(script, offset - 0x100, width);
	} else {
		assert_int_equal(width, 4);
		assert_int_equal(offset % 4, 0);
		value = register_read(script, offset);
	}
	log_access(script, false, offset, value, width);
	return value;
}

static void device_reset(struct virtio_script *script)
{
	if (script->reset_fails &&
	    (script->status & (STATUS_DRIVER_OK | STATUS_FAILED))) {
		script->status |= STATUS_FAILED;
		return;
	}
	script->status = 0;
	script->resetting = script->reset_reads + script->reset_stuck;
	script->accepted = 0;
	script->interrupt_status = 0;
	memset(script->queues, 0, sizeof(script->queues));
}

static void queues_begin(struct virtio_script *script)
{
	struct virtio_script_queue *queue;
	unsigned i;

	for (i = 0; i < VIRTIO_SCRIPT_QUEUES; i++) {
		queue = &script->queues[i];
		queue->next = 0;
		queue->used = 0;
		queue->next_wrap = true;
		queue->used_wrap = true;
	}
}

static void status_write(struct virtio_script *script, uint32_t value)
{
	uint32_t added = value & ~script->status;

	if (value == 0) {
		device_reset(script);
		return;
	}
	/* One bit more each time (3.1.1), but for "failed". */
	if (!(value & STATUS_FAILED)) {
		assert_int_equal(value & script->status & 0x0f,
				 script->status & 0x0f);
		assert_int_equal(added & (added - 1), 0);
		assert_int_not_equal(added, 0);
	}
	if ((added & 8) && script->features_refused)
		value &= ~8u;
	if ((added & STATUS_DRIVER_OK) && script->ready_refused)
		value |= 0x40;
	if (added & STATUS_DRIVER_OK)
		queues_begin(script);
	script->status = value;
}

static bool is_packed(const struct virtio_script *script)
{
	return (script->accepted & VIRTIO_BIT(F_PACKED)) != 0;
}

static void control_answer(struct virtio_script *script)
{
	struct virtio_script_chain *chain = &script->chain;
	struct virtio_script_command *command;

	while (virtio_script_take(script, script->control_queue, chain)) {
		assert_true(script->command_count < VIRTIO_SCRIPT_COMMANDS);
		command = &script->commands[script->command_count++];
		assert_true(chain->readable >= 2 &&
			    chain->readable - 2 <= sizeof(command->data));
		assert_int_equal(chain->writable, 1);
		command->command_class = chain->bytes[0];
		command->command = chain->bytes[1];
		command->bytes = chain->readable - 2;
		/* Tell of the next one, too. */
		if (!is_packed(script) &&
		    (script->accepted & VIRTIO_BIT(F_EVENT_IDX)))
			virtio_script_event(
				script, script->control_queue,
				script->queues[script->control_queue].next);
		memcpy(command->data, chain->bytes + 2, command->bytes);
		if (script->control_silent)
			return;
		virtio_script_fill(script, chain, 0, &script->control_answer,
				   1);
		virtio_script_use(script, chain, script->control_written);
	}
}

static void notify(struct virtio_script *script, uint32_t queue)
{
	assert_true(queue < VIRTIO_SCRIPT_QUEUES);
	if (!(script->status & STATUS_DRIVER_OK)) {
		script->early_kicks++;
		return;
	}
	script->queues[queue].kicks++;
	if (script->in_kick)
		script->in_kick(script, queue);
	if (queue == script->control_queue)
		control_answer(script);
}

static void address_set(uint64_t *address, bool high, uint64_t value)
{
	if (high)
		*address = (*address & UINT32_MAX) | value << 32;
	else
		*address = (*address & ~(uint64_t)UINT32_MAX) | value;
}

/* Queue registers count between features and ready (3.1.1, 7). */
static void queue_write(struct virtio_script *script, uint64_t offset,
			uint64_t value)
{
	struct virtio_script_queue *queue = selected(script);

	assert_int_equal(script->status & 0x8c, 8);
	/* Of one that is ready they are left alone (4.2.2.2). */
	if (offset != 0x044)
		assert_int_equal(queue->ready, 0);
	if (script->queues_stuck)
		return;
	switch (offset) {
	case 0x038:
		queue->size = (uint32_t)value;
		break;
	case 0x044:
		queue->ready = (uint32_t)value;
		break;
	case 0x080:
	case 0x084:
		address_set(&queue->descriptors, offset & 4, value);
		break;
	case 0x090:
	case 0x094:
		address_set(&queue->driver, offset & 4, value);
		break;
	default:
		address_set(&queue->device, offset & 4, value);
		break;
	}
}

static void register_write(struct virtio_script *script, uint64_t offset,
			   uint64_t value)
{
	switch (offset) {
	case 0x014:
		script->features_select = (uint32_t)value;
		break;
	case 0x020:
		assert_int_equal(script->status, 3);
		address_set(&script->accepted,
			    script->driver_features_select == 1, value);
		break;
	case 0x024:
		script->driver_features_select = (uint32_t)value;
		break;
	case 0x030:
		script->queue_select = (uint32_t)value;
		break;
	case 0x050:
		notify(script, (uint32_t)value);
		break;
	case 0x064:
		/* Only what was raised, and is defined (4.2.2.2). */
		assert_int_equal(value & ~3ull, 0);
		assert_int_equal(value & ~script->interrupt_status, 0);
		script->interrupt_status &= ~(uint32_t)value;
		script->acknowledged++;
		break;
	case 0x070:
		status_write(script, (uint32_t)value);
		break;
	case 0x038:
	case 0x044:
	case 0x080:
	case 0x084:
	case 0x090:
	case 0x094:
	case 0x0a0:
	case 0x0a4:
		queue_write(script, offset, value);
		break;
	default:
		fail_msg("register %#x is written", (unsigned)offset);
	}
}

static void region_write(void *context, uint64_t offset, uint64_t value,
			 unsigned width)
{
	struct virtio_script *script = context;

	log_access(script, true, offset, value, width);
	assert_int_equal(width, 4);
	assert_int_equal(offset % 4, 0);
	if (!script->gone)
		register_write(script, offset, value);
}

unsigned virtio_script_writes(struct virtio_script *script, uint32_t offset)
{
	unsigned i, count = 0;

	for (i = 0; i < script->logged; i++)
		count += script->log[i].is_write &&
			 script->log[i].offset == offset;
	return count;
}

unsigned virtio_script_reads(struct virtio_script *script, uint32_t offset)
{
	unsigned i, count = 0;

	for (i = 0; i < script->logged; i++)
		count += !script->log[i].is_write &&
			 script->log[i].offset == offset;
	return count;
}

uint32_t virtio_script_written(struct virtio_script *script, uint32_t offset,
			       unsigned n)
{
	unsigned i;

	for (i = 0; i < script->logged; i++)
		if (script->log[i].is_write &&
		    script->log[i].offset == offset && n-- == 0)
			return script->log[i].value;
	fail_msg("register %#x was not written so often", offset);
	return 0;
}

/* ---- Queues ---- */

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
	return is_packed(script) ? packed_take(script, queue, chain)
				 : split_take(script, queue, chain);
}

void virtio_script_use_id(struct virtio_script *script, unsigned index,
			  uint32_t id, uint32_t entries, uint32_t length)
{
	struct virtio_script_queue *queue = &script->queues[index];
	uint64_t at;

	if (is_packed(script)) {
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

	if (is_packed(script)) {
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

	virtio_script_ram_set16(script,
				queue->device + (is_packed(script) ? 2 : 0),
				quiet);
}

void virtio_script_event(struct virtio_script *script, unsigned index,
			 uint16_t place)
{
	struct virtio_script_queue *queue = &script->queues[index];

	if (!is_packed(script)) {
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

void virtio_script_interrupt(struct virtio_script *script, uint32_t reasons)
{
	script->interrupt_status |= reasons;
	machine_line_pulse(script->machine, VIRTIO_SCRIPT_LINE);
	/* An access, at which it is taken. */
	shared_fence(script->port);
}

/* ---- The stack ---- */

static unsigned stack_supply(void *context, unsigned queue,
			     struct net_segment buffers[], unsigned n)
{
	struct virtio_script *script = context;
	unsigned i;

	(void)queue;
	for (i = 0; i < n && script->free_count > 0 &&
		    script->supplied < script->supply_most;
	     i++) {
		void *buffer = script->free_buffers[--script->free_count];

		buffers[i] = (struct net_segment){
			.data = buffer,
			.length = script->buffer_bytes,
			.owner = buffer,
		};
		script->supplied++;
	}
	return i;
}

static void stack_release(void *context, const struct net_segment *buffer)
{
	struct virtio_script *script = context;

	assert_ptr_equal(buffer->data, buffer->owner);
	script->free_buffers[script->free_count++] = buffer->owner;
	script->released++;
}

static void stack_wake(void *context, unsigned queue)
{
	struct virtio_script *script = context;

	if (queue == NIC_WAKE_EVENTS)
		script->event_wakes++;
	else
		script->wakes[queue]++;
}

void virtio_script_give_back(struct virtio_script *script,
			     const struct net_segment segments[],
			     unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		script->free_buffers[script->free_count++] = segments[i].owner;
}

bool virtio_script_transmit(struct virtio_script *script, void *data,
			    uint32_t length, uint16_t flags)
{
	struct net_segment segment = {.data = data, .length = length};
	struct net_packet packet = {
		.segment_count = 1,
		.length = length,
		.flags = flags,
		.owner = data,
	};

	return nic_transmit(script->nic, 0, &packet, 1, &segment) == 1;
}

/* ---- Running ---- */

#define MEMORY_PAGES                                                           \
	(VIRTIO_SCRIPT_BUFFERS * VIRTIO_SCRIPT_BUFFER_BYTES / PORT_PAGE_SIZE + \
	 1)

struct script_body {
	struct virtio_script *script;
	void (*body)(struct virtio_script *script);
	bool start;
};

static void buffers_make(struct virtio_script *script)
{
	/* The upper quarter is for frames to send. */
	unsigned i, most = VIRTIO_SCRIPT_OWN / VIRTIO_SCRIPT_BUFFER_BYTES - 1;

	for (i = 0; i < most; i++)
		script->free_buffers[script->free_count++] =
			script->memory + i * VIRTIO_SCRIPT_BUFFER_BYTES +
			(script->scattered ? 1000 : 0);
}

static void script_guest(void *context)
{
	struct script_body *run = context;
	struct virtio_script *script = run->script;
	struct nic_stack stack = {
		.supply = stack_supply,
		.release = stack_release,
		.wake = stack_wake,
		.context = script,
		.receive_buffer_bytes = script->buffer_bytes,
	};

	script->memory = port_pages_alloc(script->port, MEMORY_PAGES, 0,
					  "test: buffers");
	assert_non_null(script->memory);
	buffers_make(script);
	if (script->fault.n != 0)
		machine_fault_arm(script->machine, &script->fault);
	script->nic = virtio_net_open(script->port, &script->place,
				      &script->configuration, &stack,
				      &script->open_error);
	if (script->nic && run->start)
		assert_int_equal(nic_start(script->nic), 0);
	run->body(script);
	if (script->nic)
		nic_close(script->nic);
	virtio_net_kept_free(&script->kept);
	port_pages_free(script->port, script->memory, MEMORY_PAGES);
}

static void script_defaults(struct virtio_script *script)
{
	static const uint8_t config[] = {0x06, 0, 0, 1, 2,    3,
					 1,    0, 1, 0, 0xdc, 5};
	unsigned i;

	script->magic = 0x74726976;
	script->version = 2;
	script->device_id = 1;
	script->vendor_id = 0x554d4551;
	script->offered = VIRTIO_BIT(F_CSUM) | VIRTIO_BIT(F_GUEST_CSUM) |
			  VIRTIO_BIT(F_MAC) | VIRTIO_BIT(F_GUEST_TSO4) |
			  VIRTIO_BIT(F_GUEST_TSO6) | VIRTIO_BIT(F_HOST_TSO4) |
			  VIRTIO_BIT(F_HOST_TSO6) | VIRTIO_BIT(F_MRG_RXBUF) |
			  VIRTIO_BIT(F_EVENT_IDX) | VIRTIO_BIT(F_VERSION_1);
	for (i = 0; i < VIRTIO_SCRIPT_QUEUES; i++)
		script->queue_sizes[i] = 256;
	memcpy(script->config, config, sizeof(config));
	script->place = (struct virtio_mmio_place){
		.base = VIRTIO_SCRIPT_BASE,
		.bytes = VIRTIO_SCRIPT_BYTES,
		.line = VIRTIO_SCRIPT_LINE,
	};
	script->control_queue = 2;
	script->control_written = 1;
	script->supply_most = UINT32_MAX;
	script->buffer_bytes = VIRTIO_SCRIPT_BUFFER_BYTES;
	script->configuration.kept = &script->kept;
	script->configuration.receive_queue = 64;
	script->configuration.transmit_queue = 64;
	script->region = (struct machine_region){
		.base = VIRTIO_SCRIPT_BASE,
		.bytes = VIRTIO_SCRIPT_BYTES,
		.name = "virtio",
		.context = script,
		.read = region_read,
		.write = region_write,
	};
}

void virtio_script_run(void (*body)(struct virtio_script *script),
		       void (*prepare)(struct virtio_script *script),
		       bool start)
{
	/* Its tests send the same bytes again while they are under way. */
	struct machine_configuration configuration = {
		.checkers_off = 1u << MACHINE_CHECK_OWNERSHIP,
		.log_level = PORT_LOG_WARNING,
	};
	struct virtio_script *script = calloc(1, sizeof(*script));
	struct script_body run = {script, body, start};
	struct machine_counters counters;

	assert_non_null(script);
	script->said = open_memstream(&script->said_text, &script->said_bytes);
	assert_non_null(script->said);
	configuration.log = script->said;
	script->machine = machine_create(&configuration);
	assert_non_null(script->machine);
	script->port = machine_port(script->machine);
	script_defaults(script);
	if (prepare)
		prepare(script);
	machine_mmio_region_add(script->machine, &script->region);
	if (machine_run(script->machine, script_guest, &run) != MACHINE_DONE)
		fail_msg("%s", machine_reason(script->machine));
	machine_counters(script->machine, &counters);
	if (counters.live_allocations != 0)
		machine_leaks(script->machine, stderr);
	assert_int_equal(counters.live_allocations, 0);
	assert_int_equal(counters.dma_live, 0);
	assert_int_equal(script->early_kicks, 0);
	machine_destroy(script->machine);
	fclose(script->said);
	free(script->said_text);
	free(script);
}
