/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The four stories that this project began with: what goes wrong in the first
 * driver that anybody writes for this card.
 *
 *	a control message in a buffer that crosses a page
 *	a pool that is not aligned
 *	the packet that is sent and never picked up
 *	the sixth request that always fails, because buffers leak
 *
 * Each is told twice: by a guest in plain bytes that makes the mistake, against
 * the real host; and by the real driver, which does not.
 */
#include <check.h>
#include <string.h>

#include "hyperv/hypercall.h"
#include "hyperv/ring.h"
#include "hyperv/vmbus_messages.h"
#include "tests/support/live_card.h"
#include "tests/support/scripted_guest.h"
#include "tests/support/scripted_host.h"

#define NVSP_BYTES  40u
#define OID_MAC	    0x01010102u
#define QUERY_BYTES 28u
#define SUCCESS	    1
#define FAILURE	    2

static void query_message(uint8_t *request, uint32_t id)
{
	memset(request, 0, QUERY_BYTES);
	put32(request, 0, 4);
	put32(request, 4, QUERY_BYTES);
	put32(request, 8, id);
	put32(request, 12, OID_MAC);
	put32(request, 20, 20);
}

/* ---- A control message that crosses a page ---- */

/*
 * Send a query that lies at an offset of a page, but name that page alone: what
 * a driver does that translates the first byte and believes in the rest. The
 * status of its completion.
 */
static int64_t query_in_one_page(struct scripted_guest *guest, uint8_t *memory,
				 uint32_t offset)
{
	const struct ring_packet packet = {
		.type = RING_PACKET_GPA_DIRECT,
		.completion_requested = true,
		.transaction_id = guest->next_id++,
		.header_bytes = 8 + 16,
		.payload_bytes = NVSP_BYTES,
	};
	uint8_t bytes[8 + 16 + NVSP_BYTES] = {0};
	const struct ring_piece piece = {bytes, sizeof(bytes)};
	struct script_packet answer;

	query_message(memory + offset, guest->next_request++);
	put32(bytes, 4, 1);
	put32(bytes, 8, QUERY_BYTES);
	put32(bytes, 12, offset);
	put64(bytes, 16, port_physical(guest->port, memory) / PORT_PAGE_SIZE);
	put32(bytes, 24, 107);
	put32(bytes, 28, 1);
	put32(bytes, 32, 0xffffffff);
	ck_assert_int_eq(ring_write(&guest->channel->send, &packet, &piece, 1),
			 0);
	channel_flush(guest->channel);
	ck_assert(guest_await(guest, &answer));
	ck_assert_int_eq(answer.descriptor.type, RING_PACKET_COMPLETION);
	ck_assert_uint_eq(answer.descriptor.transaction_id,
			  packet.transaction_id);
	return get32(answer.payload, 4);
}

static void crosses_a_page(struct scripted_guest *guest)
{
	uint8_t *memory = port_pages_alloc(guest->port, 2, 0, "test: query");
	struct script_packet answer;
	unsigned refused = 0;

	ck_assert_ptr_nonnull(memory);
	ck_assert(guest_up(guest, 0x60001));
	for (uint32_t offset = PORT_PAGE_SIZE - 40; offset < PORT_PAGE_SIZE;
	     offset += 4) {
		bool crosses = offset + QUERY_BYTES > PORT_PAGE_SIZE;

		ck_assert_int_eq(query_in_one_page(guest, memory, offset),
				 crosses ? FAILURE : SUCCESS);
		refused += crosses;
		/* Refused is refused: no answer follows. */
		ck_assert(guest_await(guest, &answer) == !crosses);
		if (!crosses)
			guest_complete(guest, answer.descriptor.transaction_id,
				       SUCCESS);
	}
	ck_assert_uint_eq(refused, 6);
	/* The host says which rule it was, and lives on. */
	ck_assert_uint_eq(machine_violations(guest->machine), refused);
	ck_assert_str_eq(machine_violation_text(guest->machine, 0),
			 "VMBus GPA-direct packets: the list of ranges ends "
			 "inside the page frames of a range");
	ck_assert(!host_netvsp_is_dead(guest->card));
	port_pages_free(guest->port, memory, 2);
}

START_TEST(story_1_a_control_message_across_a_page_is_refused)
{
	const struct scripted_guest_configuration configuration = {
		.seed = (uint64_t)_i,
		.strictness = _i % 2 ? HOST_LENIENT : HOST_STRICT,
	};

	ck_assert_str_eq(scripted_guest_run(&configuration, crosses_a_page),
			 "");
}
END_TEST

/* Each packet by pages, as the device sees it. */
static bool looks_at_ranges(struct scripted_host *host,
			    const struct host_packet *packet)
{
	unsigned *seen = host->context;
	bool control;

	if (packet->type != HOST_PACKET_GPA_DIRECT)
		return false;
	control = get32(packet->payload, 4) != 0;
	seen[control]++;
	/* The message, or the header of the frame, in one page. */
	ck_assert_uint_le(get32(packet->ranges, 4) + get32(packet->ranges, 0),
			  PORT_PAGE_SIZE);
	if (control)
		ck_assert_uint_eq(packet->range_count, 1);
	return false;
}

/* So many at once that each place for a header is used. */
static void fills_up(struct scripted_host *host)
{
	static const uint8_t done[NVSP_BYTES] = {108, 0, 0, 0, SUCCESS};
	static const uint8_t frame[300];
	unsigned sent = 0;
	void *owner;

	host->hold_data = true;
	host->held = 0;
	while (sent < 200 && card_submit(host, sent * 320, frame, 300))
		sent++;
	ck_assert_uint_ge(sent, 7);
	card_settle(host);
	ck_assert_uint_eq(host->held, sent);
	for (unsigned i = 0; i < sent; i++)
		device_complete(host, host->held_ids[i], done, sizeof(done));
	host->hold_data = false;
	card_settle(host);
	while (nic_reclaim(host->nic, 0, &owner, 1) == 1)
		sent--;
	ck_assert_uint_eq(sent, 0);
}

static void driver_stays_in_a_page(struct scripted_host *host)
{
	static const uint8_t frame[1500];
	unsigned seen[2] = {0};

	host->context = seen;
	host->on_packet = looks_at_ranges;
	ck_assert_int_eq(card_up(host), 0);
	for (unsigned i = 0; i < 600; i++) {
		ck_assert_int_eq(card_transmit(host, frame, 1100 + i % 400), 0);
		if (i % 10 == 0)
			ck_assert_int_eq(
				nic_filter_set(host->nic, i % 32, NULL, 0), 0);
		if (i % 100 == 0) {
			uint8_t keepalive[12] = {8, 0, 0, 0, 12};

			device_rndis(host, keepalive, sizeof(keepalive));
			card_settle(host);
		}
	}
	ck_assert_uint_eq(host->keepalive_answers, 6);
	ck_assert_uint_eq(seen[0], 600);
	ck_assert_uint_ge(seen[1], 60 + 6 + 6);
	fills_up(host);
	card_close(host);
}

START_TEST(story_1_the_driver_never_sends_one)
{
	const struct scripted_host_configuration configuration = {
		.seed = (uint64_t)_i,
		.card.copy_bytes_max = 1,
		.card.transmit_depth = _i % 2 ? 0 : 7,
	};

	ck_assert_str_eq(
		scripted_host_run(&configuration, driver_stays_in_a_page), "");
}
END_TEST

/* ---- A pool that is not aligned ---- */

/* Show a buffer that begins inside a page, as the message can say. */
static uint32_t gpadl_at_an_offset(struct scripted_guest *guest,
				   const uint8_t *memory, uint32_t offset)
{
	struct vmbus_gpadl_header message = {
		.header.type = CPU_TO_LE32(VMBUS_GPADL_HEADER),
		.relid = cpu_to_le32(guest->channel->relid),
		.gpadl = CPU_TO_LE32(0x777),
		.range_bytes = CPU_TO_LE16(8 + 16 * 8),
		.range_count = CPU_TO_LE16(1),
		.length = CPU_TO_LE32(15 * PORT_PAGE_SIZE),
		.offset = cpu_to_le32(offset),
	};
	uint32_t status = 0;

	for (unsigned i = 0; i < 16; i++)
		message.pages[i] = cpu_to_le64(
			port_physical(guest->port, memory + 4096u * i) /
			PORT_PAGE_SIZE);
	vmbus_expect(&guest->bus, VMBUS_GPADL_CREATED, guest->channel->relid,
		     0x777);
	ck_assert_int_eq(vmbus_post(&guest->bus, &message,
				    offsetof(struct vmbus_gpadl_header, pages) +
					    16 * 8),
			 0);
	ck_assert_int_eq(
		vmbus_wait(&guest->bus, NULL, SCRIPT_PATIENCE, &status), 0);
	vmbus_forget(&guest->bus);
	return status;
}

static void unaligned_pool(struct scripted_guest *guest)
{
	uint8_t *memory = port_pages_alloc(guest->port, 16, 0, "test: pool");
	const uint32_t receive[] = {101, 0x777, 0xcafe};
	const uint32_t send[] = {104, 0x777, 0};
	struct gpadl gpadl = {
		.handle = 0x777,
		.channel = guest->channel,
	};

	ck_assert_ptr_nonnull(memory);
	ck_assert(guest_init(guest, 0x60001));
	guest_ndis_config(guest, 1514);
	guest_ndis_version(guest);
	/* VMBus itself has nothing against it; a network card has. */
	ck_assert_uint_eq(gpadl_at_an_offset(guest, memory, 16), 0);
	ck_assert_int_eq(guest_nvsp(guest, receive, 3, 4), FAILURE);
	ck_assert_int_eq(guest_nvsp(guest, send, 3, 4), FAILURE);
	ck_assert_uint_eq(machine_violations(guest->machine), 2);
	ck_assert_str_eq(machine_violation_text(guest->machine, 0),
			 "NVSP SEND_RECV_BUF: GPADL 0x777 is not one aligned "
			 "range");
	/* Whole pages are what it wants. */
	ck_assert(guest_receive_buffer(guest));
	ck_assert(guest_send_buffer(guest));
	ck_assert(gpadl_teardown(&gpadl));
	port_pages_free(guest->port, memory, 16);
}

START_TEST(story_2_a_pool_that_is_not_aligned_is_refused)
{
	const struct scripted_guest_configuration configuration = {
		.seed = (uint64_t)_i,
		.strictness = HOST_LENIENT,
	};

	ck_assert_str_eq(scripted_guest_run(&configuration, unaligned_pool),
			 "");
}
END_TEST

static void unaligned_gpadl(struct scripted_guest *guest)
{
	unsigned before = host_vmbus_gpadls(guest->server);
	struct gpadl gpadl;

	for (uint32_t offset = 1; offset < PORT_PAGE_SIZE; offset *= 2) {
		ck_assert_int_eq(gpadl_create(&gpadl, guest->channel,
					      guest->receive_buffer + offset,
					      1),
				 ERROR_INVALID);
		ck_assert_uint_eq(gpadl.handle, 0);
		/* There is nothing to be torn down. */
		ck_assert(gpadl_teardown(&gpadl));
	}
	ck_assert_uint_eq(host_vmbus_gpadls(guest->server), before);
	ck_assert_uint_eq(machine_violations(guest->machine), 0);
}

START_TEST(story_2_the_driver_shows_whole_pages_only)
{
	const struct scripted_guest_configuration configuration = {0};

	ck_assert_str_eq(scripted_guest_run(&configuration, unaligned_gpadl),
			 "");
}
END_TEST

static void unaligned_buffers(struct live_card *live)
{
	uint32_t length = 1111;

	ck_assert_int_eq(live_up(live), 0);
	for (unsigned i = 0; i < 400; i++) {
		live_send_pieces(live, 2 * i + 1, 0, &length, 1);
		ck_assert(live_deliver(live, 1111, false));
		if (i % 16 == 0)
			ck_assert_msg(live_settle(live), "%s", live->failure);
	}
	ck_assert_msg(live_settle(live), "%s", live->failure);
}

START_TEST(story_2_a_stack_s_buffers_may_lie_anywhere)
{
	const struct live_card_configuration configuration = {
		.machine.machine.seed = (uint64_t)_i,
		.receive_skew = 2 * (uint32_t)_i + 1,
	};

	ck_assert_str_eq(live_run(&configuration, unaligned_buffers), "");
}
END_TEST

/* ---- The packet that is sent and never picked up ---- */

static void no_doorbell(struct scripted_guest *guest)
{
	uint8_t message[NVSP_BYTES] = {1};
	struct script_packet answer;

	put32(message, 4, 0x60001);
	put32(message, 8, 0x60001);
	ck_assert_int_eq(channel_send(guest->channel, message, sizeof(message),
				      77, true),
			 0);
	/* It is in the ring for all to see; but nobody was told to look. */
	ck_assert(ring_publish(&guest->channel->send));
	ck_assert(!guest_await(guest, &answer));
	ck_assert_uint_eq(host_netvsp_version(guest->card), 0);
	ck_assert_uint_eq(hypercall_signal_event(&guest->hyperv,
						 guest->channel->connection_id),
			  0);
	ck_assert(guest_await(guest, &answer));
	ck_assert_uint_eq(answer.descriptor.transaction_id, 77);
	ck_assert_uint_eq(get32(answer.payload, 12), SUCCESS);
	ck_assert_uint_eq(host_netvsp_version(guest->card), 0x60001);
}

START_TEST(story_3_a_packet_without_a_doorbell_is_not_picked_up)
{
	const struct scripted_guest_configuration configuration = {
		.host = host_personalities[_i % 6].name,
		.seed = (uint64_t)_i,
	};
	const struct host_personality *host = &host_personalities[_i % 6];

	/* The oldest refuse the version; that they do so is an answer, too. */
	if (host->nvsp_version_max < 0x60001)
		return;
	ck_assert_str_eq(scripted_guest_run(&configuration, no_doorbell), "");
}
END_TEST

/* And the loop that waits for it without a deadline. */
static void waits_for_ever(struct scripted_guest *guest)
{
	const uint8_t *control = guest->channel->memory;
	uint8_t message[NVSP_BYTES] = {1};

	channel_send(guest->channel, message, sizeof(message), 1, true);
	ring_publish(&guest->channel->send);
	/* Until the host's read index is where the packet ends. */
	while (shared_load32(guest->port,
			     (const le32 *)(const void *)(control + 4)) == 0)
		continue;
	ck_abort_msg("somebody picked it up");
}

static void relaxes_for_ever(struct scripted_guest *guest)
{
	const uint8_t *control = guest->channel->memory;
	uint8_t message[NVSP_BYTES] = {1};

	channel_send(guest->channel, message, sizeof(message), 1, true);
	ring_publish(&guest->channel->send);
	while (shared_load32(guest->port,
			     (const le32 *)(const void *)(control + 4)) == 0)
		port_relax(guest->port, UINT64_MAX);
	ck_abort_msg("somebody picked it up");
}

START_TEST(story_3_a_poll_that_waits_for_ever_is_named)
{
	const struct scripted_guest_configuration configuration = {
		.seed = (uint64_t)_i,
	};
	const char *verdict =
		scripted_guest_run(&configuration,
				   _i % 2 ? waits_for_ever : relaxes_for_ever);

	ck_assert_msg(strncmp(verdict, "stopped: ", 9) == 0, "%s", verdict);
	/* The word by the name of its memory, and where in it. */
	ck_assert_msg(strstr(verdict, "'channel: rings' +0x4") != NULL, "%s",
		      verdict);
	ck_assert_msg(strstr(verdict, _i % 2 ? "nothing can change it"
					     : "nothing is left that could "
					       "happen") != NULL,
		      "%s", verdict);
}
END_TEST

static void driver_rings(struct live_card *live)
{
	uint64_t before;

	ck_assert_int_eq(live_up(live), 0);
	live_idle(live, 1000000);
	for (unsigned i = 0; i < 200; i++) {
		before = live_host(live).doorbells;
		live_send(live, 14 + 7 * i, false);
		/* The host has seen all before this one. */
		ck_assert_uint_eq(live_host(live).doorbells, before + 1);
		ck_assert_msg(live_settle(live), "%s", live->failure);
		live_idle(live, 100000);
	}
}

START_TEST(story_3_the_driver_rings_and_is_heard)
{
	const struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i].name,
		.machine.machine.schedule = MACHINE_SCHEDULE_LAZY,
	};

	ck_assert_str_eq(live_run(&configuration, driver_rings), "");
}
END_TEST

/* ---- The sixth request that always fails ---- */

/* The host keeps 16 sub-allocations for what it has to say. */
#define CONTROL_SLOTS 16u

static bool query_without_giving_back(struct scripted_guest *guest,
				      uint64_t *owed)
{
	uint8_t message[NVSP_BYTES] = {107, 0, 0, 0, 1};
	const struct channel_range range = {guest->page, QUERY_BYTES};
	struct script_packet answer;

	query_message(guest->page, guest->next_request++);
	put32(message, 8, 0xffffffff);
	ck_assert_int_eq(channel_send_ranges(guest->channel, &range, 1, message,
					     sizeof(message), guest->next_id++),
			 0);
	channel_flush(guest->channel);
	ck_assert(guest_await(guest, &answer));
	ck_assert_int_eq(answer.descriptor.type, RING_PACKET_COMPLETION);
	ck_assert_uint_eq(get32(answer.payload, 4), SUCCESS);
	if (!guest_await(guest, &answer))
		return false;
	ck_assert_int_eq(answer.descriptor.type, RING_PACKET_TRANSFER_PAGES);
	*owed = answer.descriptor.transaction_id;
	return true;
}

static void requests_leak(struct scripted_guest *guest)
{
	struct script_packet answer;
	uint64_t owed[CONTROL_SLOTS + 1];
	unsigned n;

	ck_assert(guest_up(guest, 0x60001));
	for (n = 0; n < CONTROL_SLOTS; n++)
		ck_assert_msg(query_without_giving_back(guest, &owed[n]),
			      "request %u is not answered", n + 1);
	ck_assert_uint_eq(host_netvsp_outstanding(guest->card), CONTROL_SLOTS);
	ck_assert(!query_without_giving_back(guest, &owed[n]));
	/* One given back is one more answer. */
	guest_complete(guest, owed[5], SUCCESS);
	ck_assert(guest_await(guest, &answer));
	owed[5] = answer.descriptor.transaction_id;
	ck_assert(!guest_await(guest, &answer));
	for (n = 0; n < CONTROL_SLOTS; n++)
		guest_complete(guest, owed[n], SUCCESS);
	ck_assert(!guest_await(guest, &answer));
	ck_assert_uint_eq(host_netvsp_outstanding(guest->card), 0);
	ck_assert_uint_eq(machine_violations(guest->machine), 0);
}

START_TEST(story_4_requests_starve_when_buffers_are_not_given_back)
{
	const struct scripted_guest_configuration configuration = {
		.seed = (uint64_t)_i,
	};

	ck_assert_str_eq(scripted_guest_run(&configuration, requests_leak), "");
}
END_TEST

/* Six buffers for frames: sub-allocations of MTU and 300 bytes. */
#define FRAME_SLOTS 6u

static void frames_leak(struct scripted_guest *guest)
{
	uint8_t bytes[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct wire_frame frame = {bytes, sizeof(bytes)};
	struct script_packet packet;
	uint64_t owed[FRAME_SLOTS];
	unsigned n;

	ck_assert(guest_up(guest, 0x60001));
	for (n = 0; n < FRAME_SLOTS; n++) {
		ck_assert(wire_deliver(guest->wire, &frame));
		ck_assert_msg(guest_await(guest, &packet),
			      "frame %u is not delivered", n + 1);
		owed[n] = packet.descriptor.transaction_id;
	}
	for (n = 0; n < 5; n++) {
		ck_assert(wire_deliver(guest->wire, &frame));
		ck_assert(!guest_await(guest, &packet));
	}
	ck_assert_uint_eq(host_netvsp_outstanding(guest->card), FRAME_SLOTS);
	ck_assert_uint_eq(host_netvsp_backlog(guest->card), 5);
	/* Requests have their own: they go on. */
	ck_assert(guest_filter(guest, 0xd));
	guest_complete(guest, owed[3], SUCCESS);
	ck_assert(guest_await(guest, &packet));
	ck_assert_uint_eq(host_netvsp_backlog(guest->card), 4);
	owed[3] = packet.descriptor.transaction_id;
	ck_assert(!guest_await(guest, &packet));
	for (n = 0; n < FRAME_SLOTS; n++)
		guest_complete(guest, owed[n], SUCCESS);
}

START_TEST(story_4_frames_starve_when_buffers_are_not_given_back)
{
	const struct scripted_guest_configuration configuration = {
		.seed = (uint64_t)_i,
		/* 22 times 1,808 bytes and no more, in whole pages. */
		.receive_bytes = 10 * PORT_PAGE_SIZE,
	};

	ck_assert_str_eq(scripted_guest_run(&configuration, frames_leak), "");
}
END_TEST

/*
 * Two, six or eight sub-allocations for frames in one, two or eight sections of
 * the receive buffer; six buffers of the stack; one section of the send buffer;
 * and ten thousand of everything.
 */
static void ten_thousand_of_each(struct live_card *live)
{
	ck_assert_int_eq(live_up(live), 0);
	for (unsigned i = 0; i < 10000; i++) {
		live_send(live, 14 + i % 1000, false);
		ck_assert(live_deliver(live, 14 + i % 1500, false));
		if (i % 3 == 0)
			ck_assert_msg(live_settle(live), "%s in round %u",
				      live->failure, i);
		ck_assert_int_eq(nic_filter_set(live->nic,
						i % 2 ? NIC_FILTER_UNICAST
						      : NIC_FILTER_PROMISCUOUS,
						NULL, 0),
				 0);
	}
	ck_assert_msg(live_settle(live), "%s", live->failure);
	live_idle(live, 1000000);
	ck_assert_uint_eq(live_statistics(live).tx_frames, 10000);
	ck_assert_uint_eq(live_statistics(live).rx_frames, 10000);
	ck_assert_uint_eq(live_statistics(live).bad_messages, 0);
	ck_assert_uint_eq(host_netvsp_outstanding(live->vm->device), 0);
}

START_TEST(story_4_the_driver_gives_everything_back)
{
	static const uint32_t pages[] = {8, 10, 11};
	static const uint32_t sections[] = {1, 2, 8};
	const struct live_card_configuration configuration = {
		.machine.host = host_personalities[_i % 6].name,
		.machine.machine.seed = (uint64_t)_i,
		.machine.card.receive_buffer_bytes =
			pages[_i % 3] * PORT_PAGE_SIZE,
		.machine.card.send_buffer_bytes = 2 * PORT_PAGE_SIZE,
		.machine.card.send_ring_bytes = PORT_PAGE_SIZE,
		.machine.card.receive_ring_bytes = PORT_PAGE_SIZE,
		.machine.card.transmit_depth = 6,
		.machine.device.sections = sections[_i % 3],
		.receive_count = 6,
	};

	ck_assert_str_eq(live_run(&configuration, ten_thousand_of_each), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stories");
	TCase *test = tcase_create("stories");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(test,
			    story_1_a_control_message_across_a_page_is_refused,
			    0, 8);
	tcase_add_loop_test(test, story_1_the_driver_never_sends_one, 0, 4);
	tcase_add_loop_test(test, story_2_a_pool_that_is_not_aligned_is_refused,
			    0, 8);
	tcase_add_test(test, story_2_the_driver_shows_whole_pages_only);
	tcase_add_loop_test(test, story_2_a_stack_s_buffers_may_lie_anywhere, 0,
			    8);
	tcase_add_loop_test(
		test, story_3_a_packet_without_a_doorbell_is_not_picked_up, 0,
		12);
	tcase_add_loop_test(test, story_3_a_poll_that_waits_for_ever_is_named,
			    0, 8);
	tcase_add_loop_test(test, story_3_the_driver_rings_and_is_heard, 0, 6);
	tcase_add_loop_test(
		test, story_4_requests_starve_when_buffers_are_not_given_back,
		0, 4);
	tcase_add_loop_test(
		test, story_4_frames_starve_when_buffers_are_not_given_back, 0,
		4);
	tcase_add_loop_test(test, story_4_the_driver_gives_everything_back, 0,
			    6);
	suite_add_tcase(suite, test);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
