/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver's reader of a ring that a host fills: the first 4 bytes are its
 * write index, the rest lies in the data page.
 */
#include <string.h>

#include "hyperv/ring.h"
#include "mocks/machine/machine.h"
#include "tests/fuzz/fuzz.h"

#define PAGE_BYTES   4096u
#define BUFFER_BYTES 512u
/* The shortest packet takes 24 bytes. */
#define PACKETS_MAX  (PAGE_BYTES / 24 + 1)

static struct port *port_get(void)
{
	static struct machine *machine;
	const struct machine_configuration configuration = {
		.ram_bytes = 1u << 20,
		.seed = 1,
		.schedule = MACHINE_SCHEDULE_LAZY,
	};

	if (!machine)
		machine = machine_create(&configuration);
	fuzz_want(machine, "no memory for a machine");
	return machine_port(machine);
}

/* Control page and data page, as the host left them. */
static uint8_t *memory_fill(struct port *port, struct fuzz_input *input)
{
	static uint8_t *memory;
	uint32_t index = (uint32_t)fuzz_number(input, 4);

	if (!memory)
		memory = port_pages_alloc(port, 2, 0, "ring");
	fuzz_want(memory, "no memory for a ring");
	memset(memory, 0, 2 * (size_t)PAGE_BYTES);
	memcpy(memory, &index, sizeof(index));
	if (input->left > PAGE_BYTES)
		input->left = PAGE_BYTES;
	if (input->left)
		memcpy(memory + PAGE_BYTES, input->bytes, input->left);
	return memory;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.bytes = data, .left = size};
	struct port *port = port_get();
	uint8_t *memory = memory_fill(port, &input), buffer[BUFFER_BYTES];
	struct ring_packet packet;
	struct ring ring;
	unsigned count = 0;
	int result;

	ring_initialise(&ring, port, memory, 1);
	while ((result = ring_read(&ring, &packet, buffer, sizeof(buffer))) !=
	       0) {
		if (result == ERROR_PROTOCOL)
			break;
		fuzz_want(result == ERROR_NO_SPACE ||
				  (uint64_t)packet.header_bytes +
						  packet.payload_bytes <=
					  sizeof(buffer),
			  "a packet is longer than the buffer");
		fuzz_want(++count <= PACKETS_MAX, "a ring has no end");
	}
	if (result == ERROR_PROTOCOL)
		fuzz_want(ring_read(&ring, &packet, buffer, sizeof(buffer)) ==
				  ERROR_PROTOCOL,
			  "a corrupt ring is read on");
	ring_release(&ring);
	return 0;
}
