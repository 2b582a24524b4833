/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest's readers and writers of NVSP and RNDIS against a session that
 * another driver recorded: what its host said is read as its driver read it,
 * and what its driver said is what ours would have said, byte for byte, where
 * both say the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hyperv/nvsp.h"
#include "hyperv/ring.h"
#include "hyperv/rndis.h"
#include "tests/support/recording.h"
#include "tests/support/scripted_guest.h"

static struct recording recording;

static int setup(void **state)
{
	char error[256];

	(void)state;
	if (recording_read(&recording, TEST_FIXTURES "/dpdk-netvsc-22.11.txt",
			   error, sizeof(error)))
		return 0;
	print_error("%s\n", error);
	return -1;
}

static int teardown(void **state)
{
	(void)state;
	recording_free(&recording);
	return 0;
}

static uint32_t header_end(const struct recording_message *message)
{
	return 8u * get16(message->packet.data, 2);
}

static const uint8_t *payload(const struct recording_message *message)
{
	return message->packet.data + header_end(message);
}

static uint32_t payload_bytes(const struct recording_message *message)
{
	return (uint32_t)message->packet.length - header_end(message);
}

static uint16_t packet_type(const struct recording_message *message)
{
	return get16(message->packet.data, 0);
}

/* ---- What the host said ---- */

static void read_completion(const struct recording_message *message)
{
	const uint8_t *bytes = payload(message);
	uint32_t length = payload_bytes(message);
	struct nvsp_receive_buffer buffer;
	uint32_t type, value;

	assert_int_equal(nvsp_read_type(bytes, length, &type), 0);
	switch (type) {
	case 2:
		assert_int_equal(nvsp_read_init_complete(bytes, length, &value),
				 0);
		assert_int_equal(value, NVSP_STATUS_SUCCESS);
		break;
	case 102:
		/* One section of 1984 pieces of 16 KiB: 31 MiB. */
		assert_int_equal(nvsp_read_receive_buffer(bytes, length,
							  31u << 20, &buffer),
				 0);
		assert_int_equal(buffer.section_count, 1);
		assert_int_equal(buffer.piece_count, 1984);
		break;
	case 105:
		assert_int_equal(nvsp_read_send_buffer(bytes, length, 16u << 20,
						       &value),
				 0);
		assert_int_equal(value, 6144);
		break;
	case 108:
		assert_int_equal(nvsp_read_complete(bytes, length, &value), 0);
		assert_int_equal(value, NVSP_STATUS_SUCCESS);
		break;
	default:
		assert_int_equal(type, 133);
	}
}

static void read_answer(const uint8_t *bytes, uint32_t length, uint32_t type)
{
	struct rndis_answer answer;
	struct rndis_device device;
	uint32_t status;

	switch (type) {
	case 0x80000002:
		assert_int_equal(rndis_read_initialize_complete(bytes, length,
								&device),
				 0);
		assert_int_equal(device.status, 0);
		assert_int_equal(device.packets_max, 8);
		assert_int_equal(device.transfer_bytes_max, 0x4000);
		assert_int_equal(device.packet_alignment, 3);
		break;
	case 0x80000004:
		assert_int_equal(
			rndis_read_query_complete(bytes, length, &answer), 0);
		assert_int_equal(answer.request_id, get32(bytes, 8));
		assert_int_equal(answer.status, 0);
		assert_int_equal(answer.buffer_bytes, length - 24);
		break;
	case 0x80000005:
		assert_int_equal(
			rndis_read_set_complete(bytes, length, &answer), 0);
		assert_int_equal(answer.status, 0);
		break;
	default:
		assert_int_equal(type, 7);
		assert_int_equal(rndis_read_indication(bytes, length, &status),
				 0);
		assert_true(status == RNDIS_STATUS_MEDIA_CONNECT ||
			    status == RNDIS_STATUS_MEDIA_DISCONNECT);
	}
}

static void read_frame(const uint8_t *bytes, uint32_t length)
{
	struct rndis_information information;
	struct rndis_packet_message header;
	struct rndis_packet packet;

	memcpy(&header, bytes, sizeof(header));
	assert_int_equal(rndis_read_packet(&header, length, &packet), 0);
	assert_int_equal(packet.message_bytes, get32(bytes, 4));
	assert_int_equal(packet.data_bytes, get32(bytes, 12));
	assert_int_equal(packet.data_offset, get32(bytes, 8) + 8);
	assert_int_equal(
		rndis_read_information(bytes + packet.information_offset,
				       packet.information_bytes, &information),
		0);
}

/* The part of the receive buffer that the ranges span was recorded whole. */
static void read_transfer(const struct recording_message *message)
{
	const uint8_t *header = message->packet.data + 16;
	uint32_t first = get32(header, 12);
	struct nvsp_range range;
	uint32_t type, length;
	uint16_t page_set;
	int count;

	count = nvsp_read_transfer_pages(header, header_end(message) - 16,
					 &page_set);
	assert_in_range(count, 1, 2);
	assert_int_equal(page_set, 0xcafe);
	for (int i = 0; i < count; i++) {
		const uint8_t *bytes;

		assert_int_equal(nvsp_read_range(header, (uint32_t)i, 31u << 20,
						 &range),
				 0);
		assert_true(range.offset - first + range.bytes <=
			    message->rndis[0].length);
		bytes = message->rndis[0].data + (range.offset - first);
		assert_int_equal(rndis_read_header(bytes, range.bytes, &type,
						   &length),
				 0);
		if (type == 1)
			read_frame(bytes, range.bytes);
		else
			read_answer(bytes, range.bytes, type);
	}
}

static void every_host_message_is_read(void **state)
{
	unsigned completions = 0, transfers = 0;

	(void)state;
	for (size_t i = 0; i < recording.count; i++) {
		const struct recording_message *message =
			&recording.messages[i];

		if (message->from_guest)
			continue;
		if (packet_type(message) == RING_PACKET_COMPLETION) {
			read_completion(message);
			completions++;
		} else {
			assert_int_equal(packet_type(message),
					 RING_PACKET_TRANSFER_PAGES);
			read_transfer(message);
			transfers++;
		}
	}
	/* 37 control packets completed, and 4 answers of NVSP. */
	assert_int_equal(completions, 41);
	assert_int_equal(transfers, 41);
}

/* A frame of the driver's is read by our reader of frames, too. */
static void every_guest_frame_is_read(void **state)
{
	unsigned frames = 0;

	(void)state;
	for (size_t i = 0; i < recording.count; i++) {
		const struct recording_message *message =
			&recording.messages[i];

		for (size_t j = 0;
		     message->from_guest && j < message->rndis_count; j++) {
			const struct recording_bytes *rndis =
				&message->rndis[j];

			if (get32(rndis->data, 0) != 1)
				continue;
			read_frame(rndis->data, (uint32_t)rndis->length);
			frames++;
		}
	}
	assert_int_equal(frames, 23);
}

/* ---- What the driver said, and ours says ---- */

static void same_request(const struct recording_bytes *rndis, uint32_t type)
{
	const uint8_t *bytes = rndis->data;
	uint8_t ours[1024];
	uint32_t length;

	if (type == 2)
		length = rndis_write_initialize(ours, get32(bytes, 8),
						get32(bytes, 20));
	else
		length = rndis_write_request(ours, sizeof(ours),
					     (enum rndis_type)type,
					     get32(bytes, 8), get32(bytes, 12),
					     bytes + 28, get32(bytes, 16));
	assert_int_equal(length, rndis->length);
	assert_memory_equal(ours, bytes, length);
}

static void every_request_is_written_alike(void **state)
{
	unsigned requests = 0;

	(void)state;
	for (size_t i = 0; i < recording.count; i++) {
		const struct recording_message *message =
			&recording.messages[i];

		if (!message->from_guest || message->rndis_count != 1 ||
		    get32(message->rndis[0].data, 0) == 1)
			continue;
		same_request(&message->rndis[0],
			     get32(message->rndis[0].data, 0));
		requests++;
	}
	assert_int_equal(requests, 37);
}

static const struct recording_message *first_nvsp(uint32_t type)
{
	for (size_t i = 0; i < recording.count; i++) {
		const struct recording_message *message =
			&recording.messages[i];

		if (message->from_guest && get32(payload(message), 0) == type)
			return message;
	}
	fail_msg("the recording has no NVSP message %u", type);
	return NULL;
}

static void same_nvsp(uint32_t type, const struct nvsp_message *ours)
{
	const struct recording_message *message = first_nvsp(type);

	assert_int_equal(payload_bytes(message), sizeof(ours->bytes));
	assert_memory_equal(payload(message), ours->bytes, sizeof(ours->bytes));
}

static void nvsp_is_written_alike(void **state)
{
	const uint8_t *bytes;
	struct nvsp_message ours;

	(void)state;
	nvsp_write_init(&ours, NVSP_VERSION_6_1);
	same_nvsp(1, &ours);
	/* 802.1Q is bit 3, and that driver adds SR-IOV, bit 2. */
	nvsp_write_ndis_config(&ours, 1500, 0xc);
	same_nvsp(125, &ours);
	nvsp_write_ndis_version(&ours, 6, 30);
	same_nvsp(100, &ours);
	bytes = payload(first_nvsp(101));
	nvsp_write_send_buffer(&ours, (enum nvsp_type)101, get32(bytes, 4),
			       0xcafe);
	same_nvsp(101, &ours);
	bytes = payload(first_nvsp(104));
	nvsp_write_send_buffer(&ours, (enum nvsp_type)104, get32(bytes, 4),
			       0xface);
	same_nvsp(104, &ours);
	nvsp_write_rndis_packet(&ours, NVSP_CHANNEL_CONTROL, NVSP_SECTION_NONE,
				0);
	same_nvsp(107, &ours);
	nvsp_write_complete(&ours, NVSP_STATUS_SUCCESS);
	same_nvsp(108, &ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_host_message_is_read),
		cmocka_unit_test(every_guest_frame_is_read),
		cmocka_unit_test(every_request_is_written_alike),
		cmocka_unit_test(nvsp_is_written_alike),
	};

	return !!cmocka_run_group_tests(tests, setup, teardown);
}
