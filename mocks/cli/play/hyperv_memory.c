/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest's memory as its messages describe it.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/hyperv_memory.h"
#include "mocks/hyperv/nvsp_wire.h"
#include "mocks/hyperv/partition_wire.h"
#include "mocks/hyperv/vmbus_wire.h"

#define PAGE	       MACHINE_PAGE_SIZE
#define LIST_PAGES_MAX 65536u

void player_hyperv_memory_free(struct player_hyperv_memory *memory)
{
	unsigned n;

	for (n = 0; n < memory->list_count; n++)
		free(memory->lists[n].pages);
	memory->list_count = 0;
}

/* ---- Lists ---- */

struct player_list *
player_hyperv_memory_list(struct player_hyperv_memory *memory, uint32_t handle)
{
	unsigned n;

	for (n = 0; n < memory->list_count; n++)
		if (memory->lists[n].handle == handle)
			return &memory->lists[n];
	return NULL;
}

static void list_grow(struct player_list *list, const uint8_t *bytes,
		      uint32_t count)
{
	size_t room = list->count + count / sizeof(le64);
	uint64_t *pages;

	if (room > LIST_PAGES_MAX)
		return;
	if (room > list->room) {
		pages = realloc(list->pages, room * 2 * sizeof(*pages));
		if (!pages)
			return;
		list->pages = pages;
		list->room = room * 2;
	}
	for (; count >= sizeof(le64); count -= sizeof(le64)) {
		le64 page;

		memcpy(&page, bytes, sizeof(page));
		list->pages[list->count++] = le64_to_cpu(page);
		bytes += sizeof(page);
	}
}

static void learn_list(struct player_hyperv_memory *memory,
		       const uint8_t *bytes, uint32_t count)
{
	struct host_msg_gpadl_header message;
	struct player_list *list;
	le32 range[2];

	if (count < sizeof(message) + sizeof(range))
		return;
	memcpy(&message, bytes, sizeof(message));
	memcpy(range, bytes + sizeof(message), sizeof(range));
	list = player_hyperv_memory_list(memory, le32_to_cpu(message.gpadl));
	if (!list && memory->list_count == PLAYER_LISTS_MAX)
		return;
	if (!list)
		list = &memory->lists[memory->list_count++];
	list->handle = le32_to_cpu(message.gpadl);
	list->relid = le32_to_cpu(message.relid);
	list->bytes = le32_to_cpu(range[0]);
	list->offset = le32_to_cpu(range[1]) % PAGE;
	list->count = 0;
	list_grow(list, bytes + sizeof(message) + sizeof(range),
		  count - (uint32_t)(sizeof(message) + sizeof(range)));
}

static void learn_body(struct player_hyperv_memory *memory,
		       const uint8_t *bytes, uint32_t count)
{
	struct host_msg_gpadl_body message;
	struct player_list *list;

	if (count < sizeof(message))
		return;
	memcpy(&message, bytes, sizeof(message));
	list = player_hyperv_memory_list(memory, le32_to_cpu(message.gpadl));
	if (list)
		list_grow(list, bytes + sizeof(message),
			  count - (uint32_t)sizeof(message));
}

/** How much at an offset lies in one page, and where. */
static uint32_t list_piece(const struct player_list *list, uint32_t offset,
			   uint32_t bytes, uint64_t *physical)
{
	uint64_t at = (uint64_t)list->offset + offset;
	uint32_t rest = PAGE - (uint32_t)(at % PAGE);

	if ((uint64_t)offset + bytes > list->bytes || at / PAGE >= list->count)
		return 0;
	*physical = list->pages[at / PAGE] * PAGE + at % PAGE;
	return bytes < rest ? bytes : rest;
}

bool player_list_write(struct player_hyperv_memory *memory,
		       const struct player_list *list, uint32_t offset,
		       const void *from, uint32_t bytes)
{
	const uint8_t *source = from;
	uint64_t physical = 0;
	uint32_t part;

	for (; bytes; bytes -= part, offset += part, source += part) {
		part = list_piece(list, offset, bytes, &physical);
		if (!part ||
		    !machine_ram_write(memory->machine, physical, source, part))
			return false;
	}
	return true;
}

bool player_list_read(struct player_hyperv_memory *memory,
		      const struct player_list *list, uint32_t offset, void *to,
		      uint32_t bytes)
{
	uint64_t physical = 0;
	uint8_t *target = to;
	uint32_t part;

	for (; bytes; bytes -= part, offset += part, target += part) {
		part = list_piece(list, offset, bytes, &physical);
		if (!part ||
		    !machine_ram_read(memory->machine, physical, target, part))
			return false;
	}
	return true;
}

/* ---- Ranges of packets ---- */

/** One range's pages; @return bytes copied */
static uint32_t range_copy(struct player_hyperv_memory *memory,
			   const uint8_t *pages, uint32_t page_count,
			   uint32_t offset, uint8_t *bytes, uint32_t count,
			   bool is_write)
{
	uint32_t done = 0, part, index;
	uint64_t physical;
	le64 page;

	while (done < count) {
		index = offset / PAGE;
		if (index >= page_count)
			break;
		memcpy(&page, pages + index * sizeof(page), sizeof(page));
		physical = le64_to_cpu(page) * PAGE + offset % PAGE;
		part = PAGE - offset % PAGE;
		part = part < count - done ? part : count - done;
		if (is_write ? !machine_ram_write(memory->machine, physical,
						  bytes + done, part)
			     : !machine_ram_read(memory->machine, physical,
						 bytes + done, part))
			break;
		done += part;
		offset += part;
	}
	return done;
}

static uint32_t ranges_copy(struct player_hyperv_memory *memory,
			    const uint8_t *header, uint32_t header_bytes,
			    uint8_t *bytes, uint32_t count, bool is_write)
{
	uint32_t at = 8, done = 0, length, offset, pages, part;
	le32 words[2];

	while (done < count && at + sizeof(words) <= header_bytes) {
		memcpy(words, header + at, sizeof(words));
		at += sizeof(words);
		length = le32_to_cpu(words[0]);
		offset = le32_to_cpu(words[1]) % PAGE;
		pages = (uint32_t)(((uint64_t)offset + length + PAGE - 1) /
				   PAGE);
		if (pages > (header_bytes - at) / sizeof(le64))
			break;
		part = length < count - done ? length : count - done;
		done += range_copy(memory, header + at, pages, offset,
				   bytes + done, part, is_write);
		at += pages * (uint32_t)sizeof(le64);
	}
	return done;
}

uint32_t player_ranges_write(struct player_hyperv_memory *memory,
			     const uint8_t *header, uint32_t header_bytes,
			     const uint8_t *from, uint32_t bytes)
{
	return ranges_copy(memory, header, header_bytes,
			   (uint8_t *)(uintptr_t)from, bytes, true);
}

uint32_t player_ranges_read(struct player_hyperv_memory *memory,
			    const uint8_t *header, uint32_t header_bytes,
			    uint8_t *to, uint32_t room)
{
	return ranges_copy(memory, header, header_bytes, to, room, false);
}

/* ---- Channels ---- */

struct player_channel *
player_hyperv_memory_channel(struct player_hyperv_memory *memory,
			     uint32_t relid)
{
	unsigned n;

	for (n = 0; n < memory->channel_count; n++)
		if (memory->channels[n].relid == relid)
			return &memory->channels[n];
	return NULL;
}

static void learn_offer(struct player_hyperv_memory *memory,
			const uint8_t *bytes, uint32_t count)
{
	struct player_channel *channel;
	struct host_msg_offer message;

	if (count < sizeof(message))
		return;
	memcpy(&message, bytes, sizeof(message));
	channel = player_hyperv_memory_channel(memory,
					       le32_to_cpu(message.relid));
	if (!channel && memory->channel_count == PLAYER_CHANNELS_MAX)
		return;
	if (!channel)
		channel = &memory->channels[memory->channel_count++];
	memset(channel, 0, sizeof(*channel));
	channel->relid = le32_to_cpu(message.relid);
	channel->connection = le32_to_cpu(message.connection_id);
}

static void learn_open(struct player_hyperv_memory *memory,
		       const uint8_t *bytes, uint32_t count)
{
	const struct player_list *list;
	struct player_channel *channel;
	struct host_msg_open message;

	if (count < sizeof(message))
		return;
	memcpy(&message, bytes, sizeof(message));
	channel = player_hyperv_memory_channel(memory,
					       le32_to_cpu(message.relid));
	if (!channel)
		return;
	channel->is_open = true;
	channel->ring_list = le32_to_cpu(message.ring_gpadl);
	channel->downstream = le32_to_cpu(message.downstream_page) * PAGE;
	channel->write = 0;
	list = player_hyperv_memory_list(memory, channel->ring_list);
	if (list && (channel->downstream < 2 * PAGE ||
		     channel->downstream + 2 * PAGE > list->bytes))
		channel->is_open = false;
}

static void learn_message(struct player_hyperv_memory *memory,
			  const struct trace_event *event)
{
	struct player_channel *channel;
	struct host_msg_relid message;

	if (event->length < sizeof(message))
		return;
	memcpy(&message, event->bytes, sizeof(message));
	switch (le32_to_cpu(message.header.type)) {
	case HOST_VMBUS_OFFER:
		learn_offer(memory, event->bytes, event->length);
		break;
	case HOST_VMBUS_GPADL_HEADER:
		learn_list(memory, event->bytes, event->length);
		break;
	case HOST_VMBUS_GPADL_BODY:
		learn_body(memory, event->bytes, event->length);
		break;
	case HOST_VMBUS_OPEN:
		learn_open(memory, event->bytes, event->length);
		break;
	case HOST_VMBUS_CLOSE:
	case HOST_VMBUS_RELID_RELEASED:
		channel = player_hyperv_memory_channel(
			memory, le32_to_cpu(message.relid));
		if (channel)
			channel->is_open = false;
		break;
	default:
		break;
	}
}

/* ---- NVSP and registers ---- */

static void learn_packet(struct player_hyperv_memory *memory,
			 const struct trace_event *event)
{
	uint32_t header = event->width > 16 ? event->width - 16 : 0;
	le32 words[3];

	if (header + sizeof(words) > event->length)
		return;
	memcpy(words, event->bytes + header, sizeof(words));
	switch (le32_to_cpu(words[0])) {
	case HOST_NVSP_SEND_RECEIVE_BUFFER:
		memory->receive_list = le32_to_cpu(words[1]);
		break;
	case HOST_NVSP_SEND_SEND_BUFFER:
		memory->send_list = le32_to_cpu(words[1]);
		break;
	case HOST_NVSP_SEND_SEND_BUFFER_COMPLETE:
		memory->section_bytes = le32_to_cpu(words[2]);
		break;
	default:
		break;
	}
}

static void learn_register(struct player_hyperv_memory *memory,
			   const struct trace_event *event)
{
	uint64_t page = event->value & HOST_PAGE_ENABLE
				? event->value & ~(uint64_t)(PAGE - 1)
				: 0;

	if (event->address == HOST_MSR_HYPERCALL)
		memory->hypercall_page = page;
	else if (event->address == HOST_MSR_SIMP &&
		 event->cpu < MACHINE_CPUS_MAX)
		memory->message_page[event->cpu] = page;
}

void player_hyperv_memory_learn(struct player_hyperv_memory *memory,
				const struct trace_event *event)
{
	if (event->kind == TRACE_MESSAGE)
		learn_message(memory, event);
	else if (event->kind == TRACE_PACKET)
		learn_packet(memory, event);
	else if (event->kind == TRACE_MSR &&
		 event->direction == TRACE_FROM_GUEST)
		learn_register(memory, event);
}

/* ---- Rings ---- */

#define WRITE_INDEX   offsetof(struct host_ring_control, write_index)
#define READ_INDEX    offsetof(struct host_ring_control, read_index)
#define PENDING_BYTES offsetof(struct host_ring_control, pending_send_size)

static bool word_read(struct player_hyperv_memory *memory,
		      const struct player_list *list, size_t offset,
		      uint32_t *value)
{
	le32 word;

	if (!player_list_read(memory, list, (uint32_t)offset, &word,
			      sizeof(word)))
		return false;
	*value = le32_to_cpu(word);
	return true;
}

static bool word_write(struct player_hyperv_memory *memory,
		       const struct player_list *list, size_t offset,
		       uint32_t value)
{
	le32 word = cpu_to_le32(value);

	return player_list_write(memory, list, (uint32_t)offset, &word,
				 sizeof(word));
}

void player_rings_clear(struct player_hyperv_memory *memory,
			const struct trace_event *event)
{
	static const uint8_t zeroes[PAGE];
	const struct player_list *list;
	struct host_msg_open message;

	if (event->length < sizeof(message))
		return;
	memcpy(&message, event->bytes, sizeof(message));
	if (le32_to_cpu(message.header.type) != HOST_VMBUS_OPEN)
		return;
	list = player_hyperv_memory_list(memory,
					 le32_to_cpu(message.ring_gpadl));
	if (!list)
		return;
	player_list_write(memory, list, 0, zeroes, PAGE);
	player_list_write(memory, list,
			  le32_to_cpu(message.downstream_page) * PAGE, zeroes,
			  PAGE);
}

/** Copy into the data of the guest's ring, around its end. */
static bool ring_copy(struct player_hyperv_memory *memory,
		      const struct player_list *list, uint32_t size,
		      uint32_t *at, const void *from, uint32_t bytes)
{
	const uint8_t *source = from;
	uint32_t part = size - *at < bytes ? size - *at : bytes;

	if (!player_list_write(memory, list, PAGE + *at, source, part) ||
	    !player_list_write(memory, list, PAGE, source + part, bytes - part))
		return false;
	*at = (*at + bytes) % size;
	return true;
}

static uint32_t ring_used(uint32_t size, uint32_t write, uint32_t read)
{
	return write >= read ? write - read : size - (read - write);
}

bool player_ring_write(struct player_hyperv_memory *memory,
		       struct player_channel *channel,
		       const struct trace_event *event)
{
	const struct player_list *list =
		player_hyperv_memory_list(memory, channel->ring_list);
	uint32_t size = channel->downstream - PAGE, at = channel->write, read;
	uint32_t padding = -event->length & 7u, bytes;
	static const uint8_t zeroes[8];
	struct host_ring_descriptor descriptor;
	le32 footer[2] = {cpu_to_le32(0), cpu_to_le32(at)};

	bytes = (uint32_t)sizeof(descriptor) + event->length + padding;
	descriptor.type = cpu_to_le16((uint16_t)event->value);
	descriptor.data_offset8 = cpu_to_le16((uint16_t)(event->width / 8));
	descriptor.length8 = cpu_to_le16((uint16_t)(bytes / 8));
	descriptor.flags = cpu_to_le16((uint16_t)event->other);
	descriptor.transaction_id = cpu_to_le64(event->address);
	if (!channel->is_open || !list ||
	    !word_read(memory, list, READ_INDEX, &read) || read >= size ||
	    ring_used(size, at, read) + bytes + 2 * HOST_RING_FOOTER_BYTES >
		    size)
		return false;
	if (!ring_copy(memory, list, size, &at, &descriptor,
		       sizeof(descriptor)) ||
	    !ring_copy(memory, list, size, &at, event->bytes, event->length) ||
	    !ring_copy(memory, list, size, &at, zeroes, padding) ||
	    !ring_copy(memory, list, size, &at, footer, sizeof(footer)))
		return false;
	channel->write = at;
	return word_write(memory, list, WRITE_INDEX, at);
}

bool player_ring_take(struct player_hyperv_memory *memory,
		      struct player_channel *channel)
{
	const struct player_list *list =
		player_hyperv_memory_list(memory, channel->ring_list);
	uint32_t write, read, pending;

	if (!channel->is_open || !list ||
	    !word_read(memory, list, channel->downstream + WRITE_INDEX,
		       &write) ||
	    !word_read(memory, list, channel->downstream + READ_INDEX, &read) ||
	    write == read)
		return false;
	if (!word_write(memory, list, channel->downstream + READ_INDEX, write))
		return false;
	return word_read(memory, list, channel->downstream + PENDING_BYTES,
			 &pending) &&
	       pending;
}
