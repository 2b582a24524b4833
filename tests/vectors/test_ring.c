/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fixtures/vectors/ring.json: packets in the ring of a channel, from their
 * descriptor on, and the ranges of those that have some.
 */
#include "tests/vectors/vectors.h"

#include <stdlib.h>
#include <string.h>

#include "hyperv/nvsp.h"
#include "hyperv/ring.h"
#include "mocks/hyperv/netvsp_internal.h"
#include "mocks/hyperv/ring_internal.h"
#include "mocks/machine/machine.h"

#define UNTOUCHED   0xee
#define PAGES_MAX   17u
#define CONTENT_MAX 0x10000u
#define MESSAGE_MAX HOST_RNDIS_TRANSFER_MAX
#define GPA_HEADER  8u
#define WRITE_INDEX 0u
#define READ_INDEX  4u

/* A ring as a vector describes it: control page and data pages. */
struct ring_memory {
	struct machine *machine;
	struct port *port;
	uint8_t *bytes;
	uint32_t size, read_index;
};

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void memory_make(struct ring_memory *memory, const struct vector *vector)
{
	const struct machine_configuration configuration = {
		.ram_bytes = 4u << 20,
		.seed = 1,
		.schedule = MACHINE_SCHEDULE_LAZY,
	};
	uint8_t *data;
	uint32_t i;

	memory->size = (uint32_t)vector_context(vector, "ring_size");
	memory->read_index = (uint32_t)vector_context(vector, "read_index");
	memory->machine = machine_create(&configuration);
	memory->port = machine_port(memory->machine);
	memory->bytes =
		port_pages_alloc(memory->port,
				 1 + memory->size / PORT_PAGE_SIZE, 0, "ring");
	data = memory->bytes + PORT_PAGE_SIZE;
	memset(data, UNTOUCHED, memory->size);
	for (i = 0; i < vector->length; i++)
		data[(memory->read_index + i) % memory->size] =
			vector->bytes[i];
	put32(memory->bytes + WRITE_INDEX,
	      (uint32_t)vector_context(vector, "write_index"));
	put32(memory->bytes + READ_INDEX, memory->read_index);
}

static void memory_free(struct ring_memory *memory)
{
	machine_destroy(memory->machine);
}

/* ---- Packets ---- */

static void packet_tell(struct vector_outcome *outcome, unsigned type,
			bool completion, uint64_t id)
{
	vector_number(outcome, "type", type);
	vector_number(outcome, "completion_requested", completion);
	vector_number(outcome, "transaction_id", id);
}

static void content_tell(struct vector_outcome *outcome, uint32_t header,
			 uint32_t payload, const uint8_t *content)
{
	vector_number(outcome, "header_length", header);
	vector_number(outcome, "payload_length", payload);
	vector_hex(outcome, "header", content, header);
	vector_hex(outcome, "payload", content + header, payload);
}

static void guest_packet(const struct vector *vector,
			 struct vector_outcome *outcome)
{
	static uint8_t content[CONTENT_MAX];
	uint32_t room = (uint32_t)vector_context_or(vector, "reader_buffer",
						    CONTENT_MAX);
	struct ring_memory memory;
	struct ring_packet packet;
	struct ring ring;
	int result;

	memory_make(&memory, vector);
	ring_initialise(&ring, memory.port, memory.bytes,
			memory.size / PORT_PAGE_SIZE);
	ring.index = ring.other = ring.published = memory.read_index;
	result = ring_read(&ring, &packet, content, room);
	memory_free(&memory);
	if (result == 0)
		vector_invalid(outcome, "none");
	else if (result == ERROR_NO_SPACE)
		vector_invalid(outcome, "too-long");
	else if (result != 1)
		vector_invalid(outcome, "corrupt");
	if (result != 1)
		return;
	packet_tell(outcome, packet.type, packet.completion_requested,
		    packet.transaction_id);
	content_tell(outcome, packet.header_bytes, packet.payload_bytes,
		     content);
}

static void host_packet(const struct vector *vector,
			struct vector_outcome *outcome)
{
	struct host_ring_buffer buffer = {0};
	struct host_ring_packet packet = {0};
	uint8_t *pages[PAGES_MAX];
	enum host_ring_result result;
	struct ring_memory memory;
	struct host_ring ring;
	const char *reason;
	uint32_t i, header;

	memory_make(&memory, vector);
	for (i = 0; i <= memory.size / MACHINE_PAGE_SIZE; i++)
		pages[i] = memory.bytes + (size_t)i * MACHINE_PAGE_SIZE;
	result = host_ring_open_reader(&ring, pages, i)
			 ? host_ring_read(&ring, &packet, &buffer, &reason)
			 : HOST_RING_CORRUPT;
	if (result == HOST_RING_EMPTY) {
		vector_invalid(outcome, "none");
	} else if (result != HOST_RING_PACKET) {
		/* A strict host stops at either. */
		vector_invalid(outcome, "corrupt");
	} else {
		header = packet.header_bytes - 16;
		packet_tell(outcome, packet.type, packet.flags & 1,
			    packet.transaction_id);
		content_tell(outcome, header, packet.bytes - 16 - header,
			     buffer.bytes);
		vector_number(outcome, "footer_wrong", packet.footer_wrong);
	}
	free(buffer.bytes);
	memory_free(&memory);
}

/* ---- Ranges ---- */

static void guest_transfer(const struct vector *vector,
			   struct vector_outcome *outcome)
{
	uint32_t buffer = (uint32_t)vector_context(vector, "receive_buffer");
	struct nvsp_range range;
	uint16_t page_set;
	int count, i;

	count = nvsp_read_transfer_pages(vector->bytes, vector->length,
					 &page_set);
	for (i = 0; i < count; i++) {
		if (nvsp_read_range(vector->bytes, (uint32_t)i, buffer,
				    &range) != 0)
			break;
		vector_list(outcome, "byte_counts", range.bytes);
		vector_list(outcome, "byte_offsets", range.offset);
	}
	if (count < 0 || i < count) {
		vector_invalid(outcome, "malformed");
		return;
	}
	vector_number(outcome, "transfer_pageset_id", page_set);
	vector_number(outcome, "range_count", (uint64_t)count);
}

static void host_gpa(const struct vector *vector,
		     struct vector_outcome *outcome)
{
	uint32_t most = (uint32_t)vector_context_or(vector, "message_most",
						    MESSAGE_MAX);
	struct netvsp_ranges ranges;
	uint32_t count;

	if (vector->length < GPA_HEADER) {
		vector_invalid(outcome, "malformed");
		return;
	}
	memcpy(&count, vector->bytes + 4, sizeof(count));
	if (netvsp_ranges_parse(vector->bytes + GPA_HEADER,
				vector->length - GPA_HEADER, count, most,
				&ranges)) {
		vector_invalid(outcome, "malformed");
		return;
	}
	vector_number(outcome, "range_count", ranges.count);
	vector_number(outcome, "byte_count", ranges.bytes);
	vector_number(outcome, "contiguous", ranges.contiguous);
}

static const struct vector_parser readers[] = {
	{"packet", guest_packet, host_packet},
	{"transfer-page-header", guest_transfer, NULL},
	{"gpa-direct-header", NULL, host_gpa},
};

int main(void)
{
	return vectors_main("ring.json", readers,
			    sizeof(readers) / sizeof(readers[0]));
}
