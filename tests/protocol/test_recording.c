/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The session of a driver that this project did not write, played to the host:
 * each message that the guest sent must be understood, and answered with a
 * message of the kind that the driver went on with.
 *
 * Replaced in the recorded bytes is only what belongs to another machine: GPADL
 * handles and page numbers. Receive packets are acknowledged as they come.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "net/packet.h"
#include "tests/support/recording.h"
#include "tests/support/scripted_guest.h"

#ifndef TEST_FIXTURES
#define TEST_FIXTURES "fixtures"
#endif

#define NVSP_OFFSET(packet) (8u * get16((packet), 2))
#define LSO_INFORMATION	    2u

static struct recording recording;
/* Pages that GPA-direct packets of the recording are moved to. */
static uint8_t *pages;
#define PAGES 64u

/* What was seen, for the sums at the end. */
static unsigned control_messages, data_messages, data_refused;

static const struct recording_message *answer_to(size_t index)
{
	uint32_t request = get32(recording.messages[index].rndis[0].data, 8);

	for (size_t i = index + 1; i < recording.count; i++) {
		const struct recording_message *message =
			&recording.messages[i];

		if (!message->from_guest && message->rndis_count == 1 &&
		    message->rndis[0].length >= 16 &&
		    (get32(message->rndis[0].data, 0) & 0x80000000) &&
		    get32(message->rndis[0].data, 8) == request)
			return message;
	}
	return NULL;
}

/* The RNDIS bytes of a message, one after the other as the driver laid them. */
static uint32_t gather(const struct recording_message *message, uint8_t *bytes)
{
	uint32_t length = 0;

	for (size_t i = 0; i < message->rndis_count; i++) {
		memcpy(bytes + length, message->rndis[i].data,
		       message->rndis[i].length);
		length += (uint32_t)message->rndis[i].length;
	}
	return length;
}

/* Send a GPA-direct packet with its pages moved into this machine. */
static void send_by_pages(struct scripted_guest *guest,
			  const struct recording_message *message)
{
	static uint8_t bytes[SCRIPT_FRAME_MAX];
	struct channel_range ranges[PAGES];
	const uint8_t *packet = message->packet.data;
	uint32_t count = get32(packet, 20);
	uint32_t done = 0;
	uint32_t at = 24;

	gather(message, bytes);
	ck_assert_uint_le(count, PAGES);
	for (uint32_t i = 0; i < count; i++, at += 16) {
		uint32_t length = get32(packet, at);
		uint32_t offset = get32(packet, at + 4);
		uint8_t *to = pages + (size_t)i * PORT_PAGE_SIZE + offset;

		ck_assert_uint_le(offset + length, PORT_PAGE_SIZE);
		memcpy(to, bytes + done, length);
		done += length;
		ranges[i] = (struct channel_range){to, length};
		port_dma_give(guest->port, to, length, PORT_DMA_TO_DEVICE);
	}
	ck_assert_int_eq(
		channel_send_ranges(guest->channel, ranges, count, packet + at,
				    (uint32_t)message->packet.length - at,
				    get32(packet, 8)),
		0);
	channel_flush(guest->channel);
	for (uint32_t i = 0; i < count; i++)
		port_dma_take(guest->port, ranges[i].data, ranges[i].bytes,
			      PORT_DMA_TO_DEVICE);
}

static void send_inband(struct scripted_guest *guest,
			const struct recording_message *message)
{
	static uint8_t bytes[SCRIPT_FRAME_MAX];
	uint8_t packet[256];
	uint32_t length = (uint32_t)message->packet.length;
	uint32_t at = NVSP_OFFSET(message->packet.data);

	ck_assert_uint_le(length, sizeof(packet));
	memcpy(packet, message->packet.data, length);
	if (get32(packet, at) == 101)
		put32(packet, at + 4, guest->receive_gpadl.handle);
	if (get32(packet, at) == 104)
		put32(packet, at + 4, guest->send_gpadl.handle);
	if (get32(packet, at) == 107 && get32(packet, at + 8) != 0xffffffff)
		shared_write(guest->port,
			     guest->send_buffer +
				     (size_t)get32(packet, at + 8) *
					     SCRIPT_SECTION_SIZE,
			     bytes, gather(message, bytes));
	ck_assert_int_eq(guest_send(guest, packet + at, length - at,
				    get32(packet, 8), get16(packet, 6) & 1),
			 0);
}

/* Wait for the completion that the recorded packet asked for. */
static uint32_t await_completion(struct scripted_guest *guest,
				 const struct recording_message *message,
				 uint32_t status_offset)
{
	struct script_packet packet;

	while (guest_await(guest, &packet)) {
		if (packet.descriptor.type == RING_PACKET_COMPLETION) {
			ck_assert_uint_eq(packet.descriptor.transaction_id,
					  get32(message->packet.data, 8));
			return get32(packet.payload, status_offset);
		}
		if (packet.descriptor.type == RING_PACKET_TRANSFER_PAGES)
			guest_complete(guest, packet.descriptor.transaction_id,
				       1);
	}
	ck_abort_msg("#%03u %s: never completed", message->number,
		     message->title);
	return 0;
}

/*
 * Wait for the answer to a control message and hold it against the recorded
 * one.
 */
static void check_answer(struct scripted_guest *guest, size_t index)
{
	const struct recording_message *message = &recording.messages[index];
	const struct recording_message *expected = answer_to(index);
	struct script_packet packet;
	uint8_t answer[1024];
	const uint8_t *recorded;
	uint32_t length, offset, type;

	ck_assert_ptr_nonnull(expected);
	recorded = expected->rndis[0].data;
	do {
		ck_assert_msg(guest_await(guest, &packet),
			      "#%03u %s: never answered", message->number,
			      message->title);
		ck_assert_int_eq(packet.descriptor.type,
				 RING_PACKET_TRANSFER_PAGES);
		offset = get32(packet.bytes, 12);
		length = get32(packet.bytes, 8);
		ck_assert_uint_le(length, sizeof(answer));
		ck_assert_uint_le(offset + length,
				  guest->receive_pages * PORT_PAGE_SIZE);
		memset(answer, 0, sizeof(answer));
		shared_read(guest->port, answer, guest->receive_buffer + offset,
			    length);
		guest_complete(guest, packet.descriptor.transaction_id, 1);
		type = get32(answer, 0);
	} while (type == 7);
	ck_assert_msg(type == get32(recorded, 0) &&
			      get32(answer, 8) == get32(recorded, 8) &&
			      get32(answer, 12) == get32(recorded, 12),
		      "#%03u %s: type %x id %u status %x", message->number,
		      message->title, type, get32(answer, 8),
		      get32(answer, 12));
	/* A query's information has the length that the driver asked for. */
	if (type == 0x80000004)
		ck_assert_msg(get32(answer, 16) == get32(recorded, 16),
			      "#%03u %s: %u bytes, not %u", message->number,
			      message->title, get32(answer, 16),
			      get32(recorded, 16));
}

/* Whether the frame asks for segmentation (per-packet information 2). */
static bool is_lso(const struct recording_message *message)
{
	const uint8_t *bytes = message->rndis[0].data;
	uint32_t at = 8 + get32(bytes, 28);
	uint32_t end = at + get32(bytes, 32);

	for (; at < end; at += get32(bytes, at))
		if (get32(bytes, at + 4) == LSO_INFORMATION)
			return true;
	return false;
}

static void play_data(struct scripted_guest *guest,
		      const struct recording_message *message, unsigned before)
{
	uint32_t status = await_completion(guest, message, 4);
	const struct recording_bytes *last =
		&message->rndis[message->rndis_count - 1];

	data_messages += (unsigned)message->rndis_count;
	if (is_lso(message) && status != 1) {
		/* Its made-up TCP header has no valid length to segment by. */
		data_refused++;
		return;
	}
	ck_assert_msg(status == 1, "#%03u %s: status %u", message->number,
		      message->title, status);
	if (is_lso(message))
		return;
	ck_assert_uint_eq(guest->frames - before, message->rndis_count);
	/* Length, tag included; the bytes where no checksum was asked for. */
	ck_assert_uint_ge(guest->frame_length, get32(last->data, 12));
	ck_assert_mem_eq(guest->frame, last->data + 8 + get32(last->data, 8),
			 2 * ETHERNET_ADDRESS_BYTES);
}

static void play_message(struct scripted_guest *guest, size_t index)
{
	const struct recording_message *message = &recording.messages[index];
	const uint8_t *packet = message->packet.data;
	uint32_t at = NVSP_OFFSET(packet);
	uint32_t type = get32(packet, at);
	unsigned before = guest->frames;

	if (get16(packet, 0) == RING_PACKET_GPA_DIRECT)
		send_by_pages(guest, message);
	else
		send_inband(guest, message);
	if (!(get16(packet, 6) & 1))
		return;
	if (type == 107 && get32(packet, at + 4) == 0) {
		play_data(guest, message, before);
		return;
	}
	ck_assert_msg(await_completion(guest, message, type == 1 ? 12 : 4) == 1,
		      "#%03u %s: refused", message->number, message->title);
	if (type == 107) {
		control_messages++;
		check_answer(guest, index);
	}
}

static void play(struct scripted_guest *guest)
{
	pages = port_pages_alloc(guest->port, PAGES, 0, "test: frames");
	ck_assert_ptr_nonnull(pages);
	for (size_t i = 0; i < recording.count; i++) {
		const struct recording_message *message =
			&recording.messages[i];

		if (message->from_guest && message->channel == 0 &&
		    get16(message->packet.data, 0) != RING_PACKET_COMPLETION)
			play_message(guest, i);
	}
	port_pages_free(guest->port, pages, PAGES);
	ck_assert(!host_netvsp_is_dead(guest->card));
}

START_TEST(every_guest_message_is_understood)
{
	static const enum host_strictness strictness[] = {HOST_STRICT,
							  HOST_LENIENT};
	struct scripted_guest_configuration configuration = {
		.strictness = strictness[_i % 2],
		.seed = (uint64_t)_i + 1,
		.receive_bytes = 4u << 20,
		.send_bytes = 4u << 20,
	};
	char error[256];

	ck_assert_msg(recording_read(&recording,
				     TEST_FIXTURES "/dpdk-netvsc-22.11.txt",
				     error, sizeof(error)),
		      "%s", error);
	control_messages = data_messages = data_refused = 0;
	ck_assert_str_eq(scripted_guest_run(&configuration, play), "");
	/* As counted in the recording, so that none is skipped unseen. */
	ck_assert_uint_eq(control_messages, 37);
	ck_assert_uint_eq(data_messages, 23);
	ck_assert_uint_le(data_refused, 1);
	recording_free(&recording);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("recording");
	TCase *test = tcase_create("dpdk-netvsc-22.11");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(test, every_guest_message_is_understood, 0, 8);
	suite_add_tcase(suite, test);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
