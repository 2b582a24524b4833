/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ring and the host's bytes in it.
 */
#include "page_ring.h"

#include <string.h>

int page_ring_set_up(void **state)
{
	static struct page_ring test;
	const struct machine_configuration configuration = {
		.ram_bytes = 4u << 20,
		.seed = 1,
		.schedule = MACHINE_SCHEDULE_LAZY,
	};

	memset(&test, 0, sizeof(test));
	test.machine = machine_create(&configuration);
	if (!test.machine)
		return -1;
	test.port = machine_port(test.machine);
	test.memory = port_pages_alloc(test.port, 2, 0, "ring");
	*state = &test;
	return test.memory ? 0 : -1;
}

int page_ring_tear_down(void **state)
{
	struct page_ring *test = *state;

	machine_destroy(test->machine);
	return 0;
}

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

void page_ring_word_set(struct page_ring *test, unsigned word, uint32_t value)
{
	put(test->memory + word, value, 4);
}

uint32_t page_ring_word(struct page_ring *test, unsigned word)
{
	return (uint32_t)get(test->memory + word, 4);
}

uint8_t page_ring_pattern(uint32_t i)
{
	return (uint8_t)(i * 7 + i / 251 + 3);
}

uint32_t page_ring_packet_bytes(uint32_t content)
{
	return (16 + content + 7) / 8 * 8 + 8;
}

/* Put bytes into an image of the data page, around its end. */
static uint32_t image_put(uint8_t *image, uint32_t at, const uint8_t *bytes,
			  uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		image[(at + i) % PAGE_RING_BYTES] = bytes[i];
	return (at + count) % PAGE_RING_BYTES;
}

uint32_t page_ring_image(uint8_t *image, uint32_t at, uint16_t type,
			 uint16_t flags, uint32_t header, uint32_t payload)
{
	const uint32_t start = at, content = header + payload;
	const uint32_t total = page_ring_packet_bytes(content);
	uint8_t bytes[16] = {0};
	uint32_t i;

	put(bytes, type, 2);
	put(bytes + 2, (16 + header) / 8, 2);
	put(bytes + 4, (total - 8) / 8, 2);
	put(bytes + 6, flags, 2);
	put(bytes + 8, PAGE_RING_TRANSACTION, 8);
	at = image_put(image, at, bytes, 16);
	for (i = 0; i < content; i++) {
		bytes[0] = page_ring_pattern(i);
		at = image_put(image, at, bytes, 1);
	}
	memset(bytes, 0, sizeof(bytes));
	at = image_put(image, at, bytes, total - 8 - 16 - content);
	put(bytes + 4, start, 4);
	return image_put(image, at, bytes, 8);
}

void page_ring_descriptor(struct page_ring *test, uint64_t descriptor)
{
	put(test->memory + PAGE_RING_BYTES, descriptor, 8);
	put(test->memory + PAGE_RING_BYTES + 8, PAGE_RING_TRANSACTION, 8);
}

uint32_t page_ring_send(struct page_ring *test, uint32_t at, uint32_t payload)
{
	uint32_t end = page_ring_image(test->memory + PAGE_RING_BYTES, at,
				       RING_PACKET_INBAND, 0, 0, payload);

	page_ring_word_set(test, PAGE_RING_WRITE_INDEX, end);
	return end;
}

void page_ring_at(struct page_ring *test, uint32_t place)
{
	memset(test->memory, 0, PAGE_RING_BYTES);
	memset(test->memory + PAGE_RING_BYTES, PAGE_RING_UNTOUCHED,
	       PAGE_RING_BYTES);
	memset(test->image, PAGE_RING_UNTOUCHED, PAGE_RING_BYTES);
	ring_initialise(&test->ring, test->port, test->memory, 1);
	test->ring.index = place;
	test->ring.published = place;
	test->ring.other = place;
	page_ring_word_set(test, PAGE_RING_WRITE_INDEX, place);
	page_ring_word_set(test, PAGE_RING_READ_INDEX, place);
}

int page_ring_write(struct page_ring *test, uint32_t payload)
{
	const struct ring_packet packet = {
		.type = RING_PACKET_INBAND,
		.completion_requested = true,
		.transaction_id = PAGE_RING_TRANSACTION,
		.payload_bytes = payload,
	};
	const struct ring_piece piece = {test->buffer, payload};

	return ring_write(&test->ring, &packet, &piece, 1);
}

void page_ring_fill(struct page_ring *test)
{
	uint32_t i;

	for (i = 0; i < sizeof(test->buffer); i++)
		test->buffer[i] = page_ring_pattern(i);
}

int page_ring_read(struct page_ring *test, uint32_t size)
{
	return ring_read(&test->ring, &test->packet, test->buffer, size);
}
