/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What others had forgotten of a card: sections past the first word, frames for
 * a card that is stopped or gone, a request that the host refuses, a packet too
 * long to be read. Each was a fault that no test noticed (tests/mutation).
 */
#include <check.h>
#include <string.h>

#include "mocks/hyperv/vmbus.h"
#include "tests/support/plain_card.h"

#define SEEDS	    4
#define SUCCESS	    1u
#define FAILURE	    2u
#define MANY	    70u
#define MILLISECOND 1000000ull

/* ---- Sections ---- */

struct sections {
	uint32_t section[MANY];
	unsigned packets;
};

static bool note_section(struct scripted_host *host,
			 const struct host_packet *packet)
{
	struct sections *sections = host->context;

	if (get32(packet->payload, 0) != 107 || get32(packet->payload, 4) != 0)
		return false;
	ck_assert_uint_lt(sections->packets, MANY);
	sections->section[sections->packets++] = get32(packet->payload, 8);
	return false;
}

/* More sections than a word has bits, a frame each. */
static void large_send_buffer(struct scripted_host *host)
{
	host->on_packet = note_section;
	host->hold_data = true;
	host->packets_max = 1;
	host->card.send_buffer_bytes = MANY * SCRIPT_SECTION_SIZE;
}

static void sections_once(struct scripted_host *host)
{
	struct sections *sections = host->context;
	uint8_t frame[PLAIN_SMALL];
	bool used[MANY] = {false};
	void *owner;
	unsigned i;

	plain_up(host);
	plain_frame(frame, PLAIN_SMALL, 1);
	for (i = 0; i < MANY; i++) {
		ck_assert(card_submit(host, 0, frame, PLAIN_SMALL));
		ck_assert_uint_eq(nic_reclaim(host->nic, 0, &owner, 1), 1);
		card_settle(host);
	}
	ck_assert_uint_eq(sections->packets, MANY);
	for (i = 0; i < MANY; i++) {
		ck_assert_uint_lt(sections->section[i], MANY);
		ck_assert(!used[sections->section[i]]);
		used[sections->section[i]] = true;
	}
	for (i = 0; i < MANY; i++)
		plain_complete(host, host->held_ids[i], SUCCESS);
	host->on_packet = NULL;
	host->hold_data = false;
	card_settle(host);
	plain_works(host);
}

START_TEST(sections_of_a_large_send_buffer_are_used_once)
{
	struct sections sections = {.packets = 0};

	plain_run_with(sections_once, _i, large_send_buffer, &sections);
}
END_TEST

/* ---- Frames that nobody gets ---- */

static void stopped(struct scripted_host *host)
{
	uint8_t frame[PLAIN_SMALL];
	unsigned completions, i;

	plain_up(host);
	nic_stop(host->nic);
	completions = host->completions;
	plain_frame(frame, PLAIN_SMALL, 1);
	for (i = 0; i < 3; i++)
		device_frame(host, frame, PLAIN_SMALL);
	card_settle(host);
	/* Dropped, counted, and the host has its buffer back, now. */
	ck_assert_uint_eq(card_statistics(host).rx_drop_stopped, 3);
	ck_assert_uint_eq(host->completions, completions + 3);
	ck_assert_int_eq(nic_start(host->nic), 0);
	plain_works(host);
	ck_assert_uint_eq(card_statistics(host).rx_frames, 1);
}

START_TEST(frames_for_a_stopped_card_go_back_at_once)
{
	plain_run(stopped, _i);
}
END_TEST

/* Frames that were read past, to an answer, when the card is taken away. */
static void taken_away(struct scripted_host *host)
{
	uint8_t frame[PLAIN_SMALL];
	unsigned i;

	plain_up(host);
	plain_frame(frame, PLAIN_SMALL, 1);
	for (i = 0; i < 5; i++)
		device_frame(host, frame, PLAIN_SMALL);
	ck_assert_int_eq(nic_filter_set(host->nic, NIC_FILTER_UNICAST, NULL, 0),
			 0);
	host_channel_rescind(host->device);
	for (i = 0; i < 100 && card_statistics(host).rx_drop_stopped == 0;
	     i++) {
		vmbus_poll(&host->bus);
		nic_events(host->nic);
		port_delay(host->port, MILLISECOND);
	}
	ck_assert_uint_eq(card_statistics(host).rx_drop_stopped, 5);
	ck_assert_uint_eq(plain_drain(host), 0);
}

START_TEST(frames_in_line_go_with_the_card)
{
	plain_run(taken_away, _i);
}
END_TEST

/* ---- No for an answer ---- */

static bool refuse_control(struct scripted_host *host,
			   const struct host_packet *packet)
{
	if (get32(packet->payload, 0) != 107 || get32(packet->payload, 4) == 0)
		return false;
	plain_complete(host, packet->transaction_id, FAILURE);
	return true;
}

static void refused(struct scripted_host *host)
{
	uint64_t begin;

	plain_up(host);
	host->on_packet = refuse_control;
	begin = port_time(host->port);
	ck_assert_int_ne(nic_filter_set(host->nic, NIC_FILTER_UNICAST, NULL, 0),
			 0);
	/* Nobody is going to answer what was not taken. */
	ck_assert_uint_lt(port_time(host->port) - begin, 100 * MILLISECOND);
	host->on_packet = NULL;
	ck_assert_int_eq(
		nic_filter_set(host->nic, NIC_FILTER_BROADCAST, NULL, 0), 0);
	plain_works(host);
}

START_TEST(a_request_that_the_host_refuses_is_not_waited_for)
{
	plain_run(refused, _i);
}
END_TEST

/* Its ranges would be ever so many; none is read. */
static void too_long(struct scripted_host *host)
{
	static const uint8_t header[6000];
	unsigned completions;

	plain_up(host);
	card_settle(host);
	completions = host->completions;
	ck_assert_int_eq(host_channel_send(host->device,
					   HOST_PACKET_TRANSFER_PAGES, false,
					   77, header, sizeof(header), "", 0),
			 HOST_SEND_DONE);
	card_settle(host);
	ck_assert_uint_eq(card_statistics(host).bad_messages, 1);
	/* The host has what is in it back, whatever it asked for. */
	ck_assert_uint_eq(host->completions, completions + 1);
	ck_assert_uint_eq(host->completed_ids[completions % 256], 77);
	plain_works(host);
}

START_TEST(a_packet_too_long_to_be_read_is_completed)
{
	plain_run(too_long, _i);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("card leftovers");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests,
			    sections_of_a_large_send_buffer_are_used_once, 0,
			    SEEDS);
	tcase_add_loop_test(tests, frames_for_a_stopped_card_go_back_at_once, 0,
			    SEEDS);
	tcase_add_loop_test(tests, frames_in_line_go_with_the_card, 0, SEEDS);
	tcase_add_loop_test(tests,
			    a_request_that_the_host_refuses_is_not_waited_for,
			    0, SEEDS);
	tcase_add_loop_test(tests, a_packet_too_long_to_be_read_is_completed, 0,
			    SEEDS);
	suite_add_tcase(suite, tests);
	return plain_main(suite);
}
