/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/scripted_rndis.h"

#include <check.h>
#include <string.h>

bool script_is(const uint8_t *request, uint32_t type, uint32_t oid)
{
	return get32(request, 0) == type && get32(request, 12) == oid;
}

void device_answer(struct scripted_host *host, const uint8_t *request,
		   uint32_t status, const void *information, uint32_t bytes)
{
	uint8_t answer[512] = {0};
	uint32_t type = get32(request, 0);
	uint32_t length = type == SCRIPT_QUERY ? 24 + bytes : 16;

	put32(answer, 0, type | SCRIPT_ANSWER);
	put32(answer, 4, length);
	put32(answer, 8, get32(request, 8));
	put32(answer, 12, status);
	if (type == SCRIPT_QUERY) {
		put32(answer, 16, bytes);
		put32(answer, 20, 16);
		if (bytes != 0)
			memcpy(answer + 24, information, bytes);
	}
	device_rndis(host, answer, length);
}

bool device_offers_checksums(struct scripted_host *host, const uint8_t *request,
			     uint32_t bytes)
{
	uint8_t offload[156] = {0xa7, 3, sizeof(offload), 0};

	(void)bytes;
	if (script_is(request, SCRIPT_SET, SCRIPT_OID_OFFLOAD_SET)) {
		device_answer(host, request, SCRIPT_OK, NULL, 0);
		return true;
	}
	if (!script_is(request, SCRIPT_QUERY, SCRIPT_OID_OFFLOAD_QUERY))
		return false;
	/*
	 * Encapsulation Ethernet, and each two-bit field 1: v4 both ways, v6
	 * both ways.
	 */
	for (unsigned i = 0; i < 4; i++) {
		put32(offload, 4 + 8 * i, 2);
		put32(offload, 8 + 8 * i, i < 2 ? 0x155 : 0x55);
	}
	device_answer(host, request, SCRIPT_OK, offload, sizeof(offload));
	return true;
}

uint32_t script_ppi(uint8_t *to, uint32_t type, uint32_t value)
{
	put32(to, 0, 16);
	put32(to, 4, type);
	put32(to, 8, 12);
	put32(to, 12, value);
	return 16;
}

uint32_t script_message(uint8_t *message, const void *information,
			uint32_t information_bytes, const void *frame,
			uint32_t bytes)
{
	memset(message, 0, 44);
	put32(message, 0, SCRIPT_PACKET);
	put32(message, 4, 44 + information_bytes + bytes);
	put32(message, 8, 36 + information_bytes);
	put32(message, 12, bytes);
	put32(message, 28, information_bytes != 0 ? 36 : 0);
	put32(message, 32, information_bytes);
	if (information_bytes != 0)
		memcpy(message + 44, information, information_bytes);
	memcpy(message + 44 + information_bytes, frame, bytes);
	return 44 + information_bytes + bytes;
}

void script_frame(uint8_t *frame, uint32_t bytes)
{
	static const uint8_t header[14] = {0x00, 0x15, 0x5d, 0x01, 0x02,
					   0x03, 0x02, 0x00, 0x00, 0x00,
					   0x00, 0x01, 0x88, 0xb5};

	for (uint32_t i = 0; i < bytes; i++)
		frame[i] = (uint8_t)(i * 7 + bytes);
	memcpy(frame, header, bytes < 14 ? bytes : 14);
}

uint32_t device_completed(struct scripted_host *host, uint64_t id)
{
	unsigned before = host->completions;

	card_settle(host);
	if (host->completions != before + 1 ||
	    host->completed_ids[before % 256] != id)
		return 0;
	return host->last_completion_status;
}

void device_send_with(struct scripted_host *host, const uint8_t *information,
		      uint32_t bytes)
{
	uint8_t message[2048], frame[SCRIPT_FRAME_BYTES];

	script_frame(frame, sizeof(frame));
	device_rndis(host, message,
		     script_message(message, information, bytes, frame,
				    sizeof(frame)));
}

struct net_packet card_receives(struct scripted_host *host,
				const uint8_t *frame, uint32_t bytes)
{
	uint8_t got[2048];
	struct net_packet packet;

	ck_assert_int_eq(card_receive(host, got, sizeof(got), &packet),
			 (int)bytes);
	ck_assert_mem_eq(got, frame, bytes);
	return packet;
}

bool card_receives_none(struct scripted_host *host)
{
	struct net_segment segments[4];
	struct net_packet packet;
	uint64_t end = port_time(host->port) + SCRIPT_PATIENCE;

	while (port_time(host->port) < end) {
		if (nic_receive(host->nic, 0, &packet, 1, segments, 4) != 0)
			return false;
		port_relax(host->port, end);
	}
	return true;
}
