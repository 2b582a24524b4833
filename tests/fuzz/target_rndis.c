/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS messages: as the driver reads them of a host, and the host of a driver.
 * Whatever a reader points to lies in the message.
 */
#include <string.h>

#include "hyperv/rndis.h"
#include "mocks/hyperv/host_rndis.h"
#include "tests/fuzz/fuzz.h"

static bool lies_in(uint64_t offset, uint64_t bytes, uint64_t length)
{
	return offset <= length && bytes <= length - offset;
}

static void driver_packet(const uint8_t *data, uint32_t size)
{
	struct rndis_information information;
	struct rndis_packet_message message;
	struct rndis_packet packet;

	if (size < sizeof(message))
		return;
	memcpy(&message, data, sizeof(message));
	if (rndis_read_packet(&message, size, &packet))
		return;
	fuzz_want(packet.message_bytes <= size &&
			  lies_in(packet.data_offset, packet.data_bytes,
				  packet.message_bytes) &&
			  lies_in(packet.information_offset,
				  packet.information_bytes,
				  packet.message_bytes),
		  "parts of a packet lie outside of it");
	rndis_read_information(data + packet.information_offset,
			       packet.information_bytes, &information);
}

static void driver_control(const uint8_t *data, uint32_t size)
{
	struct rndis_answer answer = {0};
	struct rndis_device device;
	uint32_t type, bytes, number;
	bool addressing_reset;

	rndis_read_header(data, size, &type, &bytes);
	rndis_read_initialize_complete(data, size, &device);
	if (!rndis_read_query_complete(data, size, &answer) &&
	    answer.buffer_bytes)
		fuzz_want(lies_in((uint64_t)((const uint8_t *)answer.buffer -
					     data),
				  answer.buffer_bytes, size),
			  "a buffer lies outside of its answer");
	rndis_read_set_complete(data, size, &answer);
	rndis_read_reset_complete(data, size, &answer, &addressing_reset);
	rndis_read_indication(data, size, &number);
	rndis_read_keepalive(data, size, &number);
}

static void host(const uint8_t *data, uint32_t size)
{
	struct host_rndis_control control;
	struct host_rndis_packet packet;
	uint32_t at = 0;

	while (at < size) {
		memset(&packet, 0, sizeof(packet));
		if (!host_rndis_packet_parse(data + at, size - at, size - at,
					     &packet))
			fuzz_want(lies_in(packet.data_offset, packet.data_bytes,
					  packet.message_bytes),
				  "a frame lies outside of its packet");
		if (!packet.message_bytes)
			break;
		fuzz_want(packet.message_bytes <= size - at,
			  "a packet is longer than what was sent");
		at += packet.message_bytes;
	}
	if (!host_rndis_control_parse(data, size, &control) &&
	    control.information)
		fuzz_want(lies_in((uint64_t)(control.information - data),
				  control.information_bytes, size),
			  "information lies outside of its message");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	driver_packet(data, (uint32_t)size);
	driver_control(data, (uint32_t)size);
	host(data, (uint32_t)size);
	return 0;
}
