/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest that lies by chance, in any field of anything that it says to its
 * card, and what the host makes of it: it never breaks and never stands still,
 * it counts each frame once, and it is as strict as it was told to be. A strict
 * one gives the card up and says why; a lenient one refuses the one thing, and
 * the next good frame gets through. After all of it the guest leaves, comes
 * back, and finds everything as new.
 *
 * VMMSIM_SEEDS says how many guests there are (default 2000); a failure names
 * its seed and what was said, and VMMSIM_SEED is that one alone.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/hyperv/netvsp_internal.h"
#include "mocks/hyperv/vmbus_internal.h"
#include "tests/support/lying_guest.h"
#include "tests/support/plain_card.h"

#define CHUNKS	 20
#define SEEDS	 2000u
#define FRAME	 60u
#define FOR_ALL	 0x2d
#define SETTINGS 4u

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

static void deliver(struct scripted_guest *guest, struct lying_guest *lying,
		    uint32_t bytes)
{
	static const uint8_t everybody[] = {255, 255, 255, 255, 255, 255, 2, 2};
	uint8_t data[1514] = {0};
	const struct wire_frame frame = {data, bytes};

	memcpy(data, everybody, sizeof(everybody));
	wire_deliver(guest->wire, &frame);
	lying->delivered++;
}

/* ---- What must hold ---- */

static void stop_if(struct scripted_guest *guest, bool wrong, const char *what)
{
	const struct lying_guest *lying = guest->context;

	if (wrong)
		machine_stop(guest->machine, MACHINE_STOPPED, "%s; told:%.400s",
			     what, lying->told.text);
}

/* Each frame ended in one counter, and each piece of the buffer is somewhere.
 */
static void counters_check(struct scripted_guest *guest)
{
	const struct netvsp_receive_buffer *buffer = &guest->card->receive;
	const struct lying_guest *lying = guest->context;
	struct host_netvsp_counters counters;
	uint64_t ended;

	host_netvsp_counters(guest->card, &counters);
	stop_if(guest,
		counters.tx_frames != guest->frames ||
			counters.tx_frames != counters.tx_send_buffer +
						      counters.tx_pages +
						      counters.tx_aggregated ||
			counters.tx_messages > counters.tx_frames,
		"frames of the guest are lost or invented");
	ended = counters.rx_frames + counters.rx_drop_queue +
		counters.rx_drop_filter + counters.rx_drop_state +
		counters.rx_drop_length + host_netvsp_backlog(guest->card);
	stop_if(guest, ended != lying->delivered,
		"frames for the guest are lost or invented");
	stop_if(guest,
		buffer->gpadl && buffer->outstanding + buffer->free_count +
						 buffer->free_control_count !=
					 buffer->count,
		"pieces of the receive buffer are lost or invented");
}

static bool said(const struct scripted_guest *guest, const char *text)
{
	const char *violation;
	unsigned i;

	for (i = 0; (violation = machine_violation_text(guest->machine, i));
	     i++)
		if (strstr(violation, text))
			return true;
	return false;
}

/* The card ends only for what it says, and for what it may. */
static void death_check(struct scripted_guest *guest)
{
	bool lenient = host_vmbus_strictness(guest->server) == HOST_LENIENT;
	unsigned violations = machine_violations(guest->machine);

	if (!host_netvsp_is_dead(guest->card))
		return;
	stop_if(guest, violations == 0, "the card died without a word");
	stop_if(guest,
		lenient && violations <= 64 && !said(guest, "is corrupt") &&
			!said(guest, "never reads"),
		"a lenient card died");
}

/* Whether the guest did not itself end what a frame needs. */
static bool is_up(const struct scripted_guest *guest)
{
	const struct host_netvsp *card = guest->card;
	const struct host_channel *channel = card->queues[0].channel;

	return !card->dead && card->rndis_up && card->receive.gpadl &&
	       card->send.gpadl && channel && host_channel_is_open(channel) &&
	       !channel->corrupt;
}

/* ---- Good frames afterwards ---- */

/* Out, and said to be out. */
static void frame_out(struct scripted_guest *guest, struct lying_guest *lying)
{
	uint8_t frame[FRAME] = {2, 2, 2, 2, 2, 2}, message[44 + FRAME];
	uint8_t nvsp[40] = {107};
	unsigned before = guest->frames, i;
	uint32_t bytes;

	for (i = 14; i < FRAME; i++)
		frame[i] = (uint8_t)random_next(&lying->random);
	bytes = rndis_packet(message, frame, FRAME);
	shared_write(guest->port, guest->send_buffer, message, bytes);
	put32(nvsp, 12, bytes);
	guest_send(guest, nvsp, sizeof(nvsp), guest->next_id++, true);
	lying_guest_settle(guest, lying);
	stop_if(guest, guest->frames != before + 1, "no frame gets out");
	stop_if(guest,
		guest->frame_length != FRAME ||
			memcmp(guest->frame, frame, FRAME) != 0,
		"a good frame comes out as another");
}

/* In, when the filter lets it through, and nothing is left with the guest. */
static void frame_in(struct scripted_guest *guest, struct lying_guest *lying)
{
	struct host_netvsp_counters before, after;

	host_netvsp_counters(guest->card, &before);
	deliver(guest, lying, FRAME);
	lying_guest_settle(guest, lying);
	host_netvsp_counters(guest->card, &after);
	stop_if(guest, after.rx_frames != before.rx_frames + 1,
		"no frame gets in");
	stop_if(guest, after.rx_completed <= before.rx_completed,
		"a good completion does not count");
	stop_if(guest, host_netvsp_outstanding(guest->card) != 0,
		"the guest has nothing, and the host waits for it");
}

static void works(struct scripted_guest *guest, struct lying_guest *lying)
{
	stop_if(guest, !guest_filter(guest, FOR_ALL), "no filter can be set");
	frame_out(guest, lying);
	frame_in(guest, lying);
}

static void lies_told(struct scripted_guest *guest, struct lying_guest *lying)
{
	unsigned i;

	for (i = 0; i < lying->lies; i++) {
		lying_guest_lie(guest, lying);
		if (random_below(&lying->random, 4) == 0)
			deliver(guest, lying,
				random_below(&lying->random, 1515));
		if (random_below(&lying->random, 4) == 0)
			host_netvsp_keepalive(guest->card);
		port_delay(guest->port, random_below(&lying->random, 20000));
		lying_guest_read(guest, lying);
	}
	lying_guest_settle(guest, lying);
}

static void life(struct scripted_guest *guest)
{
	struct lying_guest *lying = guest->context;

	if (!lying->early)
		stop_if(guest, !guest_up(guest, 0x50000),
			"it does not come up");
	lies_told(guest, lying);
	counters_check(guest);
	death_check(guest);
	lying->survived = is_up(guest);
	if (lying->survived && !lying->broke_off)
		works(guest, lying);
	guest_again(guest);
	lying->owed_count = 0;
	stop_if(guest, !guest_up(guest, 0x50000), "it does not come up again");
	works(guest, lying);
	counters_check(guest);
}

/* What a run may end with. */
static bool is_well(const struct lying_guest *lying, const char *verdict)
{
	if (verdict[0] == '\0')
		return true;
	/* Lists that a lie made it lose stay the host's, and so stay. */
	return (lying->kinds >> GUEST_LIE_MESSAGE & 1) &&
	       strstr(verdict, "allocations left behind");
}

static void live(unsigned long seed, unsigned *survived)
{
	static const char *const hosts[SETTINGS] = {"ws2016", "ws2019",
						    "ws2022", "azure"};
	struct lying_guest *lying = calloc(1, sizeof(*lying));
	const struct scripted_guest_configuration configuration = {
		.host = hosts[seed % SETTINGS],
		.strictness = seed / SETTINGS % 2 ? HOST_STRICT : HOST_LENIENT,
		.seed = seed,
		.card = {.messages_per_range = 1 + seed % 3,
			 .vlan_offload = seed % 5 == 0,
			 .mac_changes = seed % 7 == 0},
		.receive_bytes = 128 * 1024,
		.send_bytes = 48 * 1024,
		/* It does all that, on purpose: it is the host that is tested.
		 */
		.checkers_off = 1u << MACHINE_CHECK_PUBLISH_ORDER |
				1u << MACHINE_CHECK_SIGNAL_BUDGET,
		.context = lying,
	};
	const char *verdict;

	ck_assert_ptr_nonnull(lying);
	lying_guest_plan(lying, seed);
	tell_at_death(&lying->told, seed);
	verdict = scripted_guest_run(&configuration, life);
	tell_at_death(NULL, 0);
	*survived += lying->survived;
	ck_assert_msg(is_well(lying, verdict), "seed %lu: %s; told:%s", seed,
		      verdict, lying->told.text);
	free(lying);
}

START_TEST(whatever_a_guest_says_the_host_stands)
{
	unsigned long count = setting("VMMSIM_SEEDS", SEEDS) / CHUNKS, i;
	unsigned survived = 0;

	for (i = 0; i < count; i++)
		live((unsigned long)_i * count + i, &survived);
	/* Lies that go unnoticed prove as little as those that end it all. */
	if (count >= 100) {
		ck_assert_uint_gt(survived, count / 8);
		ck_assert_uint_lt(survived, count - count / 8);
	}
}
END_TEST

START_TEST(one_seed)
{
	unsigned survived = 0;

	live(setting("VMMSIM_SEED", 0), &survived);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lying_guest");
	TCase *test = tcase_create("lives");

	tcase_set_timeout(test, 120);
	if (getenv("VMMSIM_SEED"))
		tcase_add_test(test, one_seed);
	else
		tcase_add_loop_test(test, whatever_a_guest_says_the_host_stands,
				    0, CHUNKS);
	suite_add_tcase(suite, test);
	return plain_main(suite);
}
