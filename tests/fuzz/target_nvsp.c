/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NVSP messages of a host, and the ranges of transfer pages: the first 8 bytes
 * are the size of the buffer that they are about and how many queues there are.
 */
#include "hyperv/nvsp.h"
#include "tests/fuzz/fuzz.h"

#define QUEUES_MAX 64u

static void transfer_pages(const uint8_t *header, uint32_t size,
			   uint32_t buffer_bytes)
{
	struct nvsp_range range;
	uint16_t page_set;
	int count, n;

	count = nvsp_read_transfer_pages(header, size, &page_set);
	for (n = 0; n < count; n++)
		if (!nvsp_read_range(header, (uint32_t)n, buffer_bytes, &range))
			fuzz_want(range.offset <= buffer_bytes &&
					  range.bytes <=
						  buffer_bytes - range.offset,
				  "a range lies outside of the buffer");
}

static void buffers(const uint8_t *data, uint32_t size, uint32_t buffer_bytes)
{
	struct nvsp_receive_buffer buffer;
	uint32_t section_bytes;

	if (!nvsp_read_receive_buffer(data, size, buffer_bytes, &buffer))
		fuzz_want(buffer.section_count, "a buffer of no sections");
	if (!nvsp_read_send_buffer(data, size, buffer_bytes, &section_bytes))
		fuzz_want(section_bytes && section_bytes <= buffer_bytes,
			  "a section that is larger than its buffer");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.bytes = data, .left = size};
	uint32_t buffer_bytes = (uint32_t)fuzz_number(&input, 4);
	uint32_t queues = (uint32_t)fuzz_number(&input, 4) % QUEUES_MAX + 1;
	uint32_t entries[NVSP_INDIRECTION_MAX], number, n;
	const uint8_t *bytes = input.bytes;
	uint32_t left = (uint32_t)input.left;
	int count;

	nvsp_read_type(bytes, left, &number);
	nvsp_read_init_complete(bytes, left, &number);
	nvsp_read_rndis_packet(bytes, left, &number);
	nvsp_read_complete(bytes, left, &number);
	buffers(bytes, left, buffer_bytes);
	count = nvsp_read_indirection_table(bytes, left, NVSP_VERSION_6_1,
					    queues, entries);
	for (n = 0; count > 0 && n < (uint32_t)count; n++)
		fuzz_want(entries[n] < queues, "a queue that there is not");
	transfer_pages(bytes, left, buffer_bytes);
	return 0;
}
