/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each thing that a host may do wrong, done whenever it can be, and what comes
 * of it: the error of coming up, or how traffic ends, and which counters say
 * so. Around it stand the checks of a scenario, and the card comes up again
 * when the host is honest.
 */
#include <check.h>
#include <string.h>

#include "mocks/cli/scenario/guest.h"
#include "mocks/hyperv/faults.h"
#include "tests/support/plain_card.h"

#define FRAMES 24u

/* Counters that say that something was wrong. */
enum counters {
	NONE = 0,
	/* bad_messages */
	BAD = 1,
	/* rx_drop_malformed, rx_drop_length */
	MALFORMED = 2,
	LENGTH = 4,
	/* tx_errors */
	ERRORS = 8,
};

/* What the card says when it has had its frames. */
static struct seen {
	int up, traffic;
	unsigned counters;
	uint32_t out, in;
} seen;

static unsigned counters_of(const struct nic_statistics *statistics)
{
	unsigned counters = NONE;

	if (statistics->bad_messages)
		counters |= BAD;
	if (statistics->rx_drop_malformed)
		counters |= MALFORMED;
	if (statistics->rx_drop_length)
		counters |= LENGTH;
	if (statistics->tx_errors)
		counters |= ERRORS;
	return counters;
}

static int live(struct scenario_guest *guest)
{
	struct nic_statistics statistics = {0};

	seen.up = scenario_up(guest);
	if (seen.up == 0)
		seen.traffic = scenario_exchange(guest, FRAMES, FRAMES);
	seen.out = guest->out.seen;
	seen.in = guest->in.seen;
	if (guest->vm->nic)
		nic_statistics(guest->vm->nic, &statistics);
	seen.counters = counters_of(&statistics);
	return seen.up ? seen.up : seen.traffic;
}

static const struct scenario scenario = {.name = "life", .run = live};

static const struct vmm_version *highest(unsigned protocol)
{
	const struct vmm_protocol *it = &vmm_hyperv.protocols[protocol];

	return &it->versions[it->version_count - 1];
}

static void run(enum host_fault fault, uint32_t n, uint64_t seed,
		struct scenario_result *result)
{
	struct scenario_case it = {
		.scenario = &scenario,
		.vmm = &vmm_hyperv,
		.versions = {highest(0), highest(1)},
		.seed = seed,
		.has_lies = n != 0,
	};

	ck_assert(vmm_host_find(it.vmm, "ws2022", &it.host));
	it.lies.when[fault] = n;
	seen = (struct seen){.up = 1};
	scenario_run(&it, NULL, result);
}

/*
 * What comes of each fault when it is done whenever it can be: coming up, then
 * frames both ways, the counters that rise, and the frames that arrive.
 */
static const struct outcome {
	enum host_fault fault;
	int up, traffic;
	unsigned counters;
	uint32_t out, in;
} outcomes[] = {
	{HOST_FAULT(post_no_memory), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(post_timeout), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(post_no_connection), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(post_denied), ERROR_IO, 0, NONE, 0, 0},
	{HOST_FAULT(post_swallowed), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(signal_no_connection), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(signal_timeout), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(slot_unknown), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(slot_timer), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(slot_long), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(slot_empty), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(slot_overwritten), ERROR_NO_DEVICE, 0, NONE, 0, 0},
	{HOST_FAULT(pending_stuck), 0, 0, NONE, 24, 24},
	{HOST_FAULT(pending_missing), 0, 0, NONE, 24, 24},
	{HOST_FAULT(message_silent), 0, 0, NONE, 24, 24},
	{HOST_FAULT(event_silent), 0, 0, NONE, 24, 24},
	{HOST_FAULT(event_missing), 0, 0, NONE, 24, 24},
	{HOST_FAULT(event_nobody), 0, 0, NONE, 24, 24},
	{HOST_FAULT(interrupt_spurious), 0, 0, NONE, 24, 24},
	{HOST_FAULT(version_never), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(version_late), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(version_twice), 0, 0, NONE, 24, 24},
	{HOST_FAULT(version_short), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(version_unsupported), ERROR_NOT_SUPPORTED, 0, NONE, 0, 0},
	{HOST_FAULT(version_nonsense), 0, 0, NONE, 24, 24},
	{HOST_FAULT(version_state), ERROR_NOT_SUPPORTED, 0, NONE, 0, 0},
	{HOST_FAULT(version_connection), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(offer_missing), ERROR_NO_DEVICE, 0, NONE, 0, 0},
	{HOST_FAULT(offer_twice), 0, 0, NONE, 24, 24},
	{HOST_FAULT(offer_late), ERROR_NO_DEVICE, 0, NONE, 0, 0},
	{HOST_FAULT(offer_unknown), 0, 0, NONE, 24, 24},
	{HOST_FAULT(offer_taken), 0, 0, NONE, 24, 24},
	{HOST_FAULT(offer_short), ERROR_NO_DEVICE, 0, NONE, 0, 0},
	{HOST_FAULT(offer_zero), ERROR_NO_DEVICE, 0, NONE, 0, 0},
	{HOST_FAULT(offer_beyond), ERROR_NO_DEVICE, 0, NONE, 0, 0},
	{HOST_FAULT(offer_connection), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(offer_monitor), 0, 0, NONE, 24, 24},
	{HOST_FAULT(offers_endless), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(offers_end_twice), 0, 0, NONE, 24, 24},
	{HOST_FAULT(gpadl_never), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(gpadl_late), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(gpadl_twice), 0, 0, NONE, 24, 24},
	{HOST_FAULT(gpadl_other), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(gpadl_channel), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(gpadl_kept), ERROR_IO, 0, NONE, 0, 0},
	{HOST_FAULT(gpadl_short), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(torndown_never), 0, 0, NONE, 24, 24},
	{HOST_FAULT(torndown_late), 0, 0, NONE, 24, 24},
	{HOST_FAULT(torndown_twice), 0, 0, NONE, 24, 24},
	{HOST_FAULT(torndown_other), 0, 0, NONE, 24, 24},
	{HOST_FAULT(torndown_stray), 0, 0, NONE, 24, 24},
	{HOST_FAULT(torndown_short), 0, 0, NONE, 24, 24},
	{HOST_FAULT(open_never), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(open_late), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(open_twice), 0, 0, NONE, 24, 24},
	{HOST_FAULT(open_other), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(open_channel), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(open_kept), ERROR_IO, 0, NONE, 0, 0},
	{HOST_FAULT(open_short), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(rescind_stray), 0, 0, NONE, 24, 24},
	{HOST_FAULT(rescind_at_gpadl), ERROR_NO_DEVICE, 0, NONE, 0, 0},
	{HOST_FAULT(rescind_at_open), ERROR_NO_DEVICE, 0, NONE, 0, 0},
	{HOST_FAULT(rescind_at_teardown), 0, 0, NONE, 24, 24},
	{HOST_FAULT(unload_never), 0, 0, NONE, 24, 24},
	{HOST_FAULT(unload_stray), 0, 0, NONE, 24, 24},
	{HOST_FAULT(message_zero), 0, 0, NONE, 24, 24},
	{HOST_FAULT(message_unknown), 0, 0, NONE, 24, 24},
	{HOST_FAULT(message_padded), 0, 0, NONE, 24, 24},
	{HOST_FAULT(message_cut), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(write_unaligned), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(write_beyond), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(write_backward), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(read_unaligned), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(read_beyond), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(read_backward), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(read_ahead), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(length_zero), 0, ERROR_PROTOCOL, NONE, 0, 0},
	{HOST_FAULT(length_one), 0, ERROR_PROTOCOL, NONE, 0, 0},
	{HOST_FAULT(length_beyond), 0, ERROR_PROTOCOL, NONE, 0, 0},
	{HOST_FAULT(offset_one), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(offset_beyond), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(offset_two), 0, ERROR_PROTOCOL, NONE, 0, 0},
	{HOST_FAULT(type_unknown), 0, ERROR_PROTOCOL, NONE, 0, 0},
	{HOST_FAULT(type_gpa), 0, ERROR_TIMED_OUT, BAD, 24, 0},
	{HOST_FAULT(type_cancel), 0, ERROR_TIMED_OUT, BAD, 24, 0},
	{HOST_FAULT(flags_unknown), 0, ERROR_PROTOCOL, NONE, 0, 0},
	{HOST_FAULT(footer_wrong), 0, 0, NONE, 24, 24},
	{HOST_FAULT(packet_twice), 0, 0, NONE, 24, 48},
	{HOST_FAULT(packet_lost), 0, ERROR_TIMED_OUT, NONE, 24, 0},
	{HOST_FAULT(packet_changed), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(room_odd), 0, 0, NONE, 24, 24},
	{HOST_FAULT(room_full), 0, 0, NONE, 24, 24},
	{HOST_FAULT(room_beyond), 0, 0, NONE, 24, 24},
	{HOST_FAULT(mask_stuck), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(signal_missing), 0, 0, NONE, 24, 24},
	{HOST_FAULT(signal_extra), 0, 0, NONE, 24, 24},
	{HOST_FAULT(init_none), ERROR_NOT_SUPPORTED, 0, NONE, 0, 0},
	{HOST_FAULT(init_too_old), ERROR_NOT_SUPPORTED, 0, NONE, 0, 0},
	{HOST_FAULT(init_short), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(init_type), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(id_other), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(id_zero), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(id_next), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(completion_twice), 0, 0, BAD, 24, 24},
	{HOST_FAULT(completion_late), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(completion_empty), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(completion_type), 0, 0, BAD | ERRORS, 24, 24},
	{HOST_FAULT(completion_status), 0, 0, ERRORS, 24, 24},
	{HOST_FAULT(receive_refused), ERROR_IO, 0, NONE, 0, 0},
	{HOST_FAULT(sections_zero), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(sections_two), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(sections_huge), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(piece_zero), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(piece_overflow), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(section_offset), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(section_end), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(send_refused), 0, 0, NONE, 24, 24},
	{HOST_FAULT(send_zero), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(send_huge), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(send_tiny), 0, 0, NONE, 24, 24},
	{HOST_FAULT(page_set), 0, 0, MALFORMED, 24, 0},
	{HOST_FAULT(ranges_zero), 0, ERROR_TIMED_OUT, BAD, 24, 0},
	{HOST_FAULT(ranges_beyond), 0, ERROR_TIMED_OUT, BAD, 24, 0},
	{HOST_FAULT(range_offset), 0, 0, MALFORMED, 24, 22},
	{HOST_FAULT(range_length), 0, 0, MALFORMED, 24, 22},
	{HOST_FAULT(range_overflow), 0, 0, MALFORMED, 24, 22},
	{HOST_FAULT(range_zero), 0, 0, MALFORMED, 24, 22},
	{HOST_FAULT(range_tiny), 0, 0, MALFORMED, 24, 22},
	{HOST_FAULT(range_moved), 0, ERROR_TIMED_OUT, NONE, 24, 22},
	{HOST_FAULT(channel_type), 0, 0, NONE, 24, 24},
	{HOST_FAULT(transfer_type), 0, ERROR_TIMED_OUT, BAD, 24, 0},
	{HOST_FAULT(virtual_function), 0, 0, NONE, 24, 24},
	{HOST_FAULT(virtual_short), 0, 0, BAD, 24, 24},
	{HOST_FAULT(message_strange), 0, 0, BAD, 24, 24},
	{HOST_FAULT(table_count), 0, 0, BAD, 24, 24},
	{HOST_FAULT(table_offset), 0, 0, BAD, 24, 24},
	{HOST_FAULT(table_entry), 0, 0, BAD, 24, 24},
	{HOST_FAULT(reply_never), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(reply_late), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(reply_twice), 0, 0, NONE, 24, 24},
	{HOST_FAULT(reply_other), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(reply_type), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(reply_short), ERROR_TIMED_OUT, 0, NONE, 0, 0},
	{HOST_FAULT(reply_long), 0, 0, NONE, 24, 24},
	{HOST_FAULT(initialize_status), ERROR_IO, 0, NONE, 0, 0},
	{HOST_FAULT(initialize_version), 0, 0, NONE, 24, 24},
	{HOST_FAULT(initialize_packets), 0, 0, NONE, 24, 24},
	{HOST_FAULT(initialize_transfer), 0, 0, NONE, 24, 24},
	{HOST_FAULT(initialize_alignment), 0, 0, NONE, 24, 24},
	{HOST_FAULT(query_status), ERROR_NOT_SUPPORTED, 0, NONE, 0, 0},
	{HOST_FAULT(query_offset), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(query_length), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(query_empty), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(query_long), 0, 0, NONE, 24, 24},
	{HOST_FAULT(set_status), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(mac_short), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(mac_group), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(mac_zero), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(mtu_zero), ERROR_PROTOCOL, 0, NONE, 0, 0},
	{HOST_FAULT(mtu_huge), 0, 0, NONE, 24, 24},
	{HOST_FAULT(link_nonsense), 0, 0, NONE, 24, 24},
	{HOST_FAULT(offload_nonsense), 0, 0, BAD, 24, 24},
	{HOST_FAULT(indicate_short), 0, 0, BAD, 24, 24},
	{HOST_FAULT(indicate_unknown), 0, 0, NONE, 24, 24},
	{HOST_FAULT(indicate_offset), 0, 0, NONE, 24, 24},
	{HOST_FAULT(link_flaps), 0, 0, NONE, 24, 24},
	{HOST_FAULT(keepalive_flood), 0, 0, NONE, 24, 24},
	{HOST_FAULT(reset_stray), 0, 0, NONE, 24, 24},
	{HOST_FAULT(halt_stray), 0, 0, NONE, 24, 24},
	{HOST_FAULT(type_strange), 0, 0, NONE, 24, 24},
	{HOST_FAULT(message_short), 0, 0, MALFORMED, 24, 0},
	{HOST_FAULT(message_beyond), 0, 0, MALFORMED, 24, 0},
	{HOST_FAULT(data_offset), 0, 0, MALFORMED, 24, 0},
	{HOST_FAULT(data_overflow), 0, 0, MALFORMED, 24, 0},
	{HOST_FAULT(data_before), 0, 0, MALFORMED, 24, 0},
	{HOST_FAULT(data_zero), 0, 0, LENGTH, 24, 0},
	{HOST_FAULT(data_tiny), 0, 0, LENGTH, 24, 0},
	{HOST_FAULT(data_beyond), 0, 0, MALFORMED, 24, 0},
	{HOST_FAULT(data_changed), 0, ERROR_TIMED_OUT, MALFORMED, 24, 22},
	{HOST_FAULT(second_bad), 0, 0, MALFORMED, 24, 24},
	{HOST_FAULT(information_zero), 0, 0, MALFORMED, 24, 0},
	{HOST_FAULT(information_overrun), 0, 0, MALFORMED, 24, 0},
	{HOST_FAULT(information_offset), 0, 0, MALFORMED, 24, 0},
	{HOST_FAULT(information_outside), 0, 0, MALFORMED, 24, 0},
	{HOST_FAULT(information_unknown), 0, 0, NONE, 24, 24},
	{HOST_FAULT(information_internal), 0, 0, NONE, 24, 24},
	{HOST_FAULT(vlan_short), 0, 0, MALFORMED, 24, 0},
	{HOST_FAULT(checksum_lie), 0, 0, NONE, 24, 24},
};

#define OUTCOMES (sizeof(outcomes) / sizeof(outcomes[0]))

static const char *name_of(enum host_fault fault)
{
	return host_fault_descriptions[fault].name;
}

static void outcome_check(const struct outcome *outcome)
{
	const char *name = name_of(outcome->fault);
	struct scenario_result result;

	run(outcome->fault, HOST_FAULT_ALWAYS, 1, &result);
	ck_assert_msg(result.passed, "%s: %s", name, result.reason);
	ck_assert_msg(result.lies > 0, "%s never fired", name);
	ck_assert_msg(seen.up == outcome->up, "%s: coming up: %s", name,
		      error_name(seen.up));
	ck_assert_msg(seen.traffic == outcome->traffic, "%s: traffic: %s", name,
		      error_name(seen.traffic));
	ck_assert_msg(seen.counters == outcome->counters,
		      "%s: the counters are %#x", name, seen.counters);
	ck_assert_msg(seen.out == outcome->out && seen.in == outcome->in,
		      "%s: %u frames out, %u in", name, seen.out, seen.in);
}

START_TEST(each_fault_of_a_layer_has_its_outcome)
{
	unsigned i;

	for (i = 0; i < OUTCOMES; i++)
		if ((int)host_fault_descriptions[outcomes[i].fault].layer == _i)
			outcome_check(&outcomes[i]);
}
END_TEST

START_TEST(each_fault_has_one_row)
{
	unsigned rows[HOST_FAULT_COUNT] = {0};
	unsigned i;

	for (i = 0; i < OUTCOMES; i++)
		rows[outcomes[i].fault]++;
	for (i = 0; i < HOST_FAULT_COUNT; i++)
		ck_assert_msg(rows[i] == 1, "%s has %u rows",
			      name_of((enum host_fault)i), rows[i]);
	ck_assert_uint_ge(HOST_FAULT_COUNT, 80);
}
END_TEST

/*
 * The seed chooses when the host does its work: lazy, by chance, or eager. An
 * eager host has done all before anybody needs to be interrupted.
 */
START_TEST(a_fault_fires_once_when_it_is_told_so)
{
	struct scenario_result result;
	enum host_fault fault;
	unsigned i;

	for (i = 0; i < HOST_FAULT_COUNT; i++) {
		fault = (enum host_fault)i;
		run(fault, 1, (uint64_t)_i, &result);
		ck_assert_msg(result.passed, "%s: %s", name_of(fault),
			      result.reason);
		ck_assert_msg(result.lies == 1 || (!result.lies && _i == 3),
			      "%s fired %llu times", name_of(fault),
			      (unsigned long long)result.lies);
	}
}
END_TEST

/*
 * A card that failed has not told the host: what was sent by its pages is read
 * until the channel is closed, so the stack must not have it back before.
 */
START_TEST(frames_of_a_failed_card_stay_until_it_is_closed)
{
	struct scenario_case it = {
		.scenario = scenario_find("flood"),
		.vmm = &vmm_hyperv,
		.versions = {highest(0), highest(1)},
		.seed = (uint64_t)_i,
		.has_lies = true,
	};
	struct scenario_result result;
	uint32_t n;

	ck_assert(vmm_host_find(it.vmm, "azure", &it.host));
	for (n = 16; n < 56; n++) {
		it.lies.when[HOST_FAULT(offset_one)] = n;
		scenario_run(&it, NULL, &result);
		ck_assert_msg(result.passed, "offset-one=%u: %s", n,
			      result.reason);
	}
}
END_TEST

START_TEST(an_honest_host_has_none)
{
	struct scenario_result result, other;

	run(HOST_FAULT(mac_zero), 0, 1, &result);
	ck_assert_str_eq(result.reason, "");
	ck_assert_uint_eq(result.lies, 0);
	ck_assert_int_eq(result.error, 0);
	/* One that never comes to be done is none either. */
	run(HOST_FAULT(mac_zero), 1000, 1, &other);
	ck_assert_uint_eq(other.lies, 0);
	ck_assert_int_eq(other.error, 0);
	ck_assert_uint_eq(other.frames_in, result.frames_in);
}
END_TEST

START_TEST(names_lead_to_faults_and_back)
{
	struct host_faults faults = {0};
	enum host_fault fault;
	unsigned i;

	for (i = 0; i < HOST_FAULT_COUNT; i++) {
		ck_assert(host_fault_find(name_of((enum host_fault)i), &fault));
		ck_assert_uint_eq(fault, i);
		ck_assert_ptr_nonnull(host_fault_descriptions[i].text);
		ck_assert_uint_gt(strlen(host_fault_descriptions[i].source), 0);
		ck_assert_uint_eq(*host_fault_field(&faults, fault), 0);
		*host_fault_field(&faults, fault) = 1;
	}
	ck_assert_uint_eq(faults.post_no_memory, 1);
	ck_assert_uint_eq(faults.checksum_lie, 1);
	ck_assert_uint_eq(faults.odds, 0);
	ck_assert(!host_fault_find("mac", &fault));
	ck_assert(!host_fault_find("", &fault));
}
END_TEST

/* A hostile host: each fault in some run; one alone in many, many in some. */
START_TEST(a_seed_plans_its_faults)
{
	const struct vmm *vmm = vmms[_i];
	unsigned runs[VMM_FAULTS_MAX] = {0}, armed, alone = 0, many = 0, i;
	struct vmm_faults faults, again;
	struct vmm_fault fault;
	uint64_t seed;

	for (seed = 0; seed < 1000; seed++) {
		vmm_faults_plan(vmm, seed, &faults);
		vmm_faults_plan(vmm, seed, &again);
		ck_assert_mem_eq(&faults, &again, sizeof(faults));
		ck_assert_uint_ge(faults.odds, 1);
		for (i = 0, armed = 0; i < vmm->fault_count; i++) {
			runs[i] += faults.when[i] != 0;
			armed += faults.when[i] != 0;
		}
		ck_assert_uint_ge(armed, 1);
		alone += armed == 1;
		many += armed > 8;
	}
	for (i = 0; i < vmm->fault_count; i++) {
		vmm->fault(i, &fault);
		ck_assert_msg(runs[i] > 10, "%s in %u runs of 1000", fault.name,
			      runs[i]);
	}
	ck_assert_uint_gt(alone, 50);
	ck_assert_uint_gt(many, 100);
}
END_TEST

/* It plays each release, and is told from them. */
START_TEST(a_hostile_host_is_another_release_by_seed)
{
	const struct vmm *vmm = vmms[_i];
	struct vmm_host hostile, host, played;
	size_t n, count = 0;

	ck_assert(vmm_host_find(vmm, "hostile", &hostile));
	ck_assert(hostile.is_hostile);
	for (n = 0; vmm->host(n, &host); n++)
		count += !host.is_hostile;
	ck_assert_uint_eq(n, count + 1);
	for (n = 0; n < count; n++) {
		ck_assert(vmm->host(n, &host));
		vmm_host_played(vmm, &hostile, count + n, &played);
		ck_assert_str_eq(played.name, host.name);
		vmm_host_played(vmm, &host, 3, &played);
		ck_assert_str_eq(played.name, host.name);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("host_faults");
	TCase *test = tcase_create("faults");

	tcase_set_timeout(test, 60);
	tcase_add_loop_test(test, each_fault_of_a_layer_has_its_outcome, 0,
			    HOST_FAULT_LAYERS);
	tcase_add_test(test, each_fault_has_one_row);
	tcase_add_loop_test(test, a_fault_fires_once_when_it_is_told_so, 0, 4);
	tcase_add_loop_test(test,
			    frames_of_a_failed_card_stay_until_it_is_closed, 0,
			    8);
	tcase_add_test(test, an_honest_host_has_none);
	tcase_add_test(test, names_lead_to_faults_and_back);
	tcase_add_loop_test(test, a_seed_plans_its_faults, 0, (int)vmm_count);
	tcase_add_loop_test(test, a_hostile_host_is_another_release_by_seed, 0,
			    (int)vmm_count);
	suite_add_tcase(suite, test);
	return plain_main(suite);
}
