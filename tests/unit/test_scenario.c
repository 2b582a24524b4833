/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frame around scenarios: what each kind of fault leads to, and that each
 * thing which must hold is missed when it does not. Scenarios that do wrong are
 * made here; none of them is in the table.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mocks/cli/scenario/guest.h"
#include "mocks/cli/scenario/minimise.h"
#include "mocks/cli/scenario/report.h"
#include "mocks/cli/scenario/words.h"
#include "mocks/hyperv/faults.h"

static struct scenario_case case_of(const struct scenario *scenario)
{
	struct scenario_case it = {
		.scenario = scenario,
		.vmm = &vmm_hyperv,
		.versions = {&vmm_hyperv.protocols[0].versions[6],
			     &vmm_hyperv.protocols[1].versions[5]},
		.seed = 1,
	};

	assert_true(vmm_host_find(it.vmm, "ws2019", &it.host));
	assert_string_equal(it.versions[0]->name, "5.2");
	assert_string_equal(it.versions[1]->name, "6.1");
	return it;
}

/* ---- Faults ---- */

static const struct fault_case {
	enum machine_fault_kind kind;
	bool persistent;
	int error;
} fault_cases[] = {
	{MACHINE_FAULT_ALLOCATION, false, ERROR_NO_MEMORY},
	{MACHINE_FAULT_PAGES, false, ERROR_NO_MEMORY},
	{MACHINE_FAULT_ATTACH, false, ERROR_NO_SPACE},
	{MACHINE_FAULT_INTERRUPT, false, 0},
	{MACHINE_FAULT_INTERRUPT, true, 0},
	{MACHINE_FAULT_POST_BUSY, false, 0},
	{MACHINE_FAULT_POST_BUSY, true, ERROR_TIMED_OUT},
	{MACHINE_FAULT_POST_REFUSED, false, ERROR_IO},
	{MACHINE_FAULT_SIGNAL_REFUSED, false, ERROR_TIMED_OUT},
	{MACHINE_FAULT_SIGNAL_LOST, false, ERROR_TIMED_OUT},
	{MACHINE_FAULT_MESSAGE_LOST, false, ERROR_TIMED_OUT},
	{MACHINE_FAULT_MESSAGE_LATE, false, ERROR_TIMED_OUT},
	{MACHINE_FAULT_GPADL, false, ERROR_IO},
	{MACHINE_FAULT_OPEN, false, ERROR_IO},
	{MACHINE_FAULT_COMPLETION_LOST, false, ERROR_TIMED_OUT},
	/* A version that is refused is followed by the next lower one. */
	{MACHINE_FAULT_COMPLETION_FAILED, false, 0},
	{MACHINE_FAULT_CONTROL, false, ERROR_IO},
};

static void each_kind_of_fault_leads_to_its_error(void **state)
{
	struct scenario_case it = case_of(scenario_find("bring-up"));
	struct scenario_result result;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(fault_cases) / sizeof(fault_cases[0]); i++) {
		it.fault.kind = fault_cases[i].kind;
		it.fault.n = 1;
		it.fault.persistent = fault_cases[i].persistent;
		scenario_run(&it, NULL, &result);
		assert_string_equal(result.reason, "");
		assert_true(result.passed);
		assert_true(result.fired > 0);
		assert_int_equal(result.error, fault_cases[i].error);
	}
}

static void a_run_counts_what_can_fail(void **state)
{
	struct scenario_case it = case_of(scenario_find("bring-up"));
	struct scenario_result first, second;
	unsigned kind;

	(void)state;
	scenario_run(&it, NULL, &first);
	assert_true(first.passed);
	assert_int_equal(first.fired, 0);
	assert_int_equal(first.frames_out, 8);
	assert_int_equal(first.frames_in, 8);
	for (kind = 0; kind < MACHINE_FAULT_KINDS; kind++)
		assert_true(first.points[kind] > 0);
	scenario_run(&it, NULL, &second);
	assert_memory_equal(&first, &second, sizeof(first));
	/* One more than there are never fires. */
	it.fault.kind = MACHINE_FAULT_COMPLETION_LOST;
	it.fault.n = first.points[it.fault.kind] + 1;
	scenario_run(&it, NULL, &second);
	assert_true(second.passed);
	assert_int_equal(second.fired, 0);
}

/* ---- Scenarios that do wrong ---- */

static int leaks(struct scenario_guest *guest)
{
	return port_alloc(guest->port, 24, "lost") ? 0 : ERROR_NO_MEMORY;
}

static int returns_an_error(struct scenario_guest *guest)
{
	(void)guest;
	return ERROR_IO;
}

static int returns_nonsense(struct scenario_guest *guest)
{
	(void)guest;
	return 7;
}

static int spins(struct scenario_guest *guest)
{
	le32 *word = port_alloc(guest->port, sizeof(*word), "word");

	while (word && shared_load32(guest->port, word) == 0)
		continue;
	return 0;
}

static int gives_away(struct scenario_guest *guest)
{
	int error = scenario_up(guest);

	port_dma_give(guest->port, guest->stack.transmit_memory, 64,
		      PORT_DMA_TO_DEVICE);
	return error;
}

static int loses_an_owner(struct scenario_guest *guest)
{
	int error = scenario_up(guest);

	guest->owner_out[3] = true;
	guest->stack.transmit_free_count--;
	return error;
}

static int forgets_a_frame(struct scenario_guest *guest)
{
	int error = scenario_up(guest);

	if (!error)
		error = scenario_exchange(guest, 3, 0);
	guest->taken++;
	return error;
}

static int wants_another_frame(struct scenario_guest *guest)
{
	static const uint32_t length = 60;
	int error = scenario_up(guest);

	guest->out.made = 5;
	if (!error)
		error = scenario_send(guest, &length, 1);
	return error ? error : scenario_settle(guest);
}

static int wants_another_length(struct scenario_guest *guest)
{
	int error = scenario_up(guest);

	scenario_deliver(guest, 60);
	guest->in.length[0] = 61;
	return error ? error : scenario_settle(guest);
}

static int breaks_a_rule(struct scenario_guest *guest)
{
	int error = scenario_up(guest);

	if (!error)
		error = vmbus_post(&guest->vm->bus, "\xff\0\0\0\0\0\0\0", 8);
	scenario_idle(guest, 1000000);
	return error;
}

static const struct wrong_case {
	int (*run)(struct scenario_guest *guest);
	const char *reason;
} wrong_cases[] = {
	{leaks, "the guest leaked: 1 allocations live, 24 bytes"},
	{returns_an_error, "it returned an error: input/output error"},
	{returns_nonsense, "it returned 7, which is no error"},
	{spins, "the machine stopped: "},
	{gives_away, "is freed; they were given to a device"},
	{loses_an_owner, "1 owners did not come back, with 0 frames in flight"},
	{forgets_a_frame, "4 frames were taken, and 3 ended in a counter"},
	{wants_another_frame, "5 frames out and 0 in did not arrive"},
	{wants_another_length, "in: frame 0 is not it: 60 bytes of 61"},
	{breaks_a_rule, "the guest broke a rule: VMBus messages"},
};

static void what_does_not_hold_is_missed(void **state)
{
	struct scenario scenario = {.name = "wrong", .shows = "wrong"};
	struct scenario_case it = case_of(&scenario);
	struct scenario_result result;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong_cases) / sizeof(wrong_cases[0]); i++) {
		scenario.run = wrong_cases[i].run;
		scenario_run(&it, NULL, &result);
		assert_false(result.passed);
		if (!strstr(result.reason, wrong_cases[i].reason))
			fail_msg("'%s', not '%s'", result.reason,
				 wrong_cases[i].reason);
	}
}

/* ---- Hosts that lie ---- */

static int leaks_up(struct scenario_guest *guest)
{
	int error = scenario_up(guest);

	if (!error)
		error = scenario_exchange(guest, 8, 8);
	return error ? error : leaks(guest);
}

/* What no lie excuses; the last two only a lie that changes frames does. */
static const struct lied_case {
	int (*run)(struct scenario_guest *guest);
	enum host_fault fault;
	const char *reason;
} lied_cases[] = {
	{leaks_up, HOST_FAULT(packet_twice),
	 "the guest leaked: 1 allocations live, 24 bytes"},
	{leaks_up, HOST_FAULT(packet_twice), "; the host did: packet-twice ("},
	{gives_away, HOST_FAULT(offer_twice),
	 "is freed; they were given to a device"},
	{loses_an_owner, HOST_FAULT(completion_twice),
	 "1 owners did not come back, with 0 frames in flight"},
	{wants_another_length, HOST_FAULT(offer_twice),
	 "in: frame 0 is not it: 60 bytes of 61; the host did: "
	 "offer-twice (1)"},
	{wants_another_length, HOST_FAULT(packet_twice), NULL},
};

static void a_lie_excuses_no_more_than_it_did(void **state)
{
	struct scenario scenario = {.name = "wrong", .shows = "wrong"};
	struct scenario_case it = case_of(&scenario);
	static const struct vmm_faults none;
	struct scenario_result result;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lied_cases) / sizeof(lied_cases[0]); i++) {
		scenario.run = lied_cases[i].run;
		it.has_lies = true;
		it.lies = none;
		it.lies.when[lied_cases[i].fault] = VMM_FAULT_ALWAYS;
		scenario_run(&it, NULL, &result);
		assert_true(result.lies > 0);
		assert_int_equal(result.passed, !lied_cases[i].reason);
		if (lied_cases[i].reason &&
		    !strstr(result.reason, lied_cases[i].reason))
			fail_msg("'%s', not '%s'", result.reason,
				 lied_cases[i].reason);
	}
}

static void a_hostile_run_is_the_same_again(void **state)
{
	struct scenario_case it = case_of(scenario_find("flood"));
	struct scenario_result first, second;
	uint64_t lies = 0;

	(void)state;
	assert_true(vmm_host_find(it.vmm, "hostile", &it.host));
	for (it.seed = 0; it.seed < 20; it.seed++) {
		scenario_run(&it, NULL, &first);
		assert_string_equal(first.reason, "");
		scenario_run(&it, NULL, &second);
		assert_memory_equal(&first, &second, sizeof(first));
		lies += first.lies;
	}
	assert_true(lies > 20);
}

/* ---- A failure that makes itself smaller ---- */

#define PLANTED_FRAMES 13u

/** A bug that needs a lie and so many frames. */
static int fails_after_a_lie(struct scenario_guest *guest)
{
	int error = scenario_up(guest);

	if (!error)
		error = scenario_exchange(guest, 40, 40);
	if (host_fault_fired(guest->vm->partition, HOST_FAULT(offer_twice)) &&
	    guest->frames_made >= PLANTED_FRAMES)
		scenario_fail(guest, "planted, with %llu frames at 0x%llx",
			      (unsigned long long)guest->frames_made,
			      (unsigned long long)guest->it->frames_max);
	return error;
}

/** The same with a fault of the machine, and as little as one frame. */
static int fails_after_a_fault(struct scenario_guest *guest)
{
	int error = scenario_up(guest);

	if (!error)
		error = scenario_exchange(guest, 0, 20);
	if (machine_fault_fired(guest->vm->machine) && guest->frames_made)
		scenario_fail(guest, "planted");
	return error;
}

static void minimise(const struct scenario_case *it,
		     struct scenario_minimal *minimal)
{
	struct scenario_result result;

	scenario_run(it, NULL, &result);
	assert_false(result.passed);
	assert_true(scenario_minimise(it, &result, minimal));
	assert_int_equal(minimal->outcome, SCENARIO_MINIMISED_DONE);
	assert_in_range(minimal->runs, 2, SCENARIO_MINIMISE_RUNS);
	/* What is left fails. */
	scenario_run(&minimal->it, NULL, &result);
	assert_false(result.passed);
}

static void one_lie_and_the_least_frames_are_left(void **state)
{
	static const char *const words[] = {"x"};
	struct scenario scenario = {.name = "wrong", .shows = "wrong"};
	struct scenario_case it = case_of(&scenario);
	struct scenario_minimal minimal;
	char text[SCENARIO_WORDS_MAX];
	char *command;

	(void)state;
	scenario.run = fails_after_a_lie;
	it.has_lies = true;
	it.lies.when[HOST_FAULT(version_twice)] = VMM_FAULT_ALWAYS;
	it.lies.when[HOST_FAULT(offer_twice)] = VMM_FAULT_ALWAYS;
	it.lies.when[HOST_FAULT(message_padded)] = VMM_FAULT_ALWAYS;
	it.fault.kind = MACHINE_FAULT_INTERRUPT;
	it.fault.n = 5;
	minimise(&it, &minimal);
	scenario_fault_words(&minimal.it, text);
	assert_string_equal(text, "offer-twice=1");
	assert_true(minimal.it.has_frames_max);
	assert_int_equal(minimal.it.frames_max, PLANTED_FRAMES);
	command = scenario_words_command(&minimal.it, words, 1, NULL, 0);
	assert_string_equal(command, "x --fault offer-twice=1 --frames 13");
	free(command);
}

/* The faults of a seed are dropped until the one is left. */
static void a_hostile_host_keeps_one_fault(void **state)
{
	struct scenario scenario = {.name = "wrong", .shows = "wrong"};
	struct scenario_case it = case_of(&scenario);
	struct scenario_minimal minimal;
	struct scenario_result result;
	struct vmm_faults planned;
	char text[SCENARIO_WORDS_MAX];
	unsigned i, armed = 0;

	(void)state;
	scenario.run = fails_after_a_lie;
	assert_true(vmm_host_find(it.vmm, "hostile", &it.host));
	for (it.seed = 1; it.seed < 2000 && armed < 4; it.seed++) {
		vmm_faults_plan(it.vmm, it.seed, &planned);
		if (!planned.when[HOST_FAULT(offer_twice)])
			continue;
		scenario_run(&it, NULL, &result);
		for (i = 0, armed = 0; i < HOST_FAULT_COUNT; i++)
			armed += planned.when[i] != 0;
		if (!strstr(result.reason, "planted"))
			armed = 0;
	}
	assert_true(armed >= 4);
	it.seed--;
	minimise(&it, &minimal);
	scenario_fault_words(&minimal.it, text);
	assert_string_equal(text, "offer-twice=1");
	assert_int_equal(minimal.it.frames_max, PLANTED_FRAMES);
}

static void a_fault_that_persists_becomes_one(void **state)
{
	struct scenario scenario = {.name = "wrong", .shows = "wrong"};
	struct scenario_case it = case_of(&scenario);
	struct scenario_minimal minimal;
	char text[SCENARIO_WORDS_MAX];

	(void)state;
	scenario.run = fails_after_a_fault;
	it.fault.kind = MACHINE_FAULT_INTERRUPT;
	it.fault.n = 2;
	it.fault.persistent = true;
	minimise(&it, &minimal);
	scenario_fault_words(&minimal.it, text);
	assert_string_equal(text, "interrupt=2");
	assert_int_equal(minimal.it.frames_max, 1);
	/* A bug that needs nothing keeps nothing. */
	scenario.run = leaks;
	minimise(&it, &minimal);
	scenario_fault_words(&minimal.it, text);
	assert_string_equal(text, "none");
	assert_int_equal(minimal.it.frames_max, 0);
}

static void only_the_same_reason_counts(void **state)
{
	struct scenario scenario = {.name = "wrong", .shows = "wrong"};
	struct scenario_case it = case_of(&scenario);
	struct scenario_result result = {.reason = "it was something else"};
	struct scenario_minimal minimal;

	(void)state;
	assert_true(scenario_reason_is_like("3 of 12 at 0xab; the host did: x",
					    "77 of 1 at 0x9"));
	assert_true(scenario_reason_is_like("", ""));
	assert_false(scenario_reason_is_like("3 owners", "3 frames"));
	assert_false(scenario_reason_is_like("3 owners", "3 owner"));
	scenario.run = leaks;
	assert_true(scenario_minimise(&it, &result, &minimal));
	assert_int_equal(minimal.outcome, SCENARIO_MINIMISED_UNLIKE);
	assert_int_equal(minimal.runs, 1);
	/* Each run would take as long again. */
	result.timed_out = true;
	assert_true(scenario_minimise(&it, &result, &minimal));
	assert_int_equal(minimal.outcome, SCENARIO_MINIMISED_NOT);
	assert_int_equal(minimal.runs, 0);
}

/** What a row with one failure prints; text has room for 4096 bytes. */
static void row_print(const struct scenario_row *row, bool is_json, char *text)
{
	struct scenario_report report = {.is_json = is_json,
					 .program = "vmmsim"};
	FILE *to = tmpfile();
	int before = dup(STDOUT_FILENO);
	size_t bytes;

	assert_non_null(to);
	fflush(stdout);
	dup2(fileno(to), STDOUT_FILENO);
	scenario_report_row(&report, row);
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	close(before);
	rewind(to);
	bytes = fread(text, 1, 4095, to);
	text[bytes] = '\0';
	fclose(to);
}

static void a_failure_prints_what_is_left(void **state)
{
	static const char repeat[] =
		"vmmsim scenario run wrong --vmm hyperv --host ws2019 --vmbus "
		"5.2 --nvsp "
		"6.1 --seed 1 --fault offer-twice=1 --frames 13";
	struct scenario scenario = {.name = "wrong", .shows = "wrong"};
	struct scenario_case it = case_of(&scenario);
	struct scenario_row *row = calloc(1, sizeof(*row));
	struct scenario_failure *failure;
	struct scenario_result result;
	char text[4096];

	(void)state;
	assert_non_null(row);
	scenario.run = fails_after_a_lie;
	it.has_lies = true;
	it.lies.when[HOST_FAULT(offer_twice)] = VMM_FAULT_ALWAYS;
	scenario_run(&it, NULL, &result);
	row->scenario = &scenario;
	row->vmm = it.vmm;
	row->host = it.host;
	scenario_row_failed(row, 0, &it, &result);
	failure = row->failures;
	row_print(row, false, text);
	assert_null(strstr(text, "minimised"));
	assert_true(scenario_minimise(&it, &result, &failure->minimal));
	row_print(row, false, text);
	assert_non_null(strstr(text, "seed 1, fault offer-twice: planted"));
	assert_non_null(strstr(text, "--seed 1 --fault offer-twice\n"));
	assert_non_null(strstr(text, "\n  minimised: fault offer-twice=1, at "
				     "most 13 frames ("));
	assert_non_null(strstr(text, repeat));
	row_print(row, true, text);
	assert_non_null(strstr(text, "\"minimised\":\"fault offer-twice=1, "));
	assert_non_null(strstr(text, "\"repeat_minimised\":\"vmmsim "));
	assert_non_null(strstr(text, repeat));
	free(row);
}

/* ---- Combinations ---- */

static void combinations_that_are_none_say_why(void **state)
{
	struct scenario_case it = case_of(scenario_find("mtu"));
	char reason[SCENARIO_REASON_MAX] = "";

	(void)state;
	assert_true(scenario_exists(&it, reason));
	it.versions[1] = &vmm_hyperv.protocols[1].versions[0];
	assert_false(scenario_exists(&it, reason));
	assert_non_null(strstr(reason, "NVSP 1 has no NDIS_CONFIG"));
	it.scenario = scenario_find("bring-up");
	assert_true(scenario_exists(&it, reason));
	assert_true(vmm_host_find(it.vmm, "ws2012r2", &it.host));
	assert_false(scenario_exists(&it, reason));
	assert_non_null(strstr(reason, "ws2012r2 has no VMBus 5.2"));
	it.versions[0] = &vmm_hyperv.protocols[0].versions[1];
	assert_true(scenario_exists(&it, reason));
	it.versions[1] = &vmm_hyperv.protocols[1].versions[4];
	assert_false(scenario_exists(&it, reason));
	assert_non_null(strstr(reason, "ws2012r2 has no NVSP 6"));
	it = case_of(scenario_find("queue-stop"));
	assert_false(scenario_exists(&it, reason));
	assert_string_equal(reason, "hyperv has no queue that stops with an "
				    "error: no 'queue-stop'");
	assert_null(scenario_find("nothing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_fault_leads_to_its_error),
		cmocka_unit_test(a_run_counts_what_can_fail),
		cmocka_unit_test(what_does_not_hold_is_missed),
		cmocka_unit_test(a_lie_excuses_no_more_than_it_did),
		cmocka_unit_test(a_hostile_run_is_the_same_again),
		cmocka_unit_test(one_lie_and_the_least_frames_are_left),
		cmocka_unit_test(a_hostile_host_keeps_one_fault),
		cmocka_unit_test(a_fault_that_persists_becomes_one),
		cmocka_unit_test(only_the_same_reason_counts),
		cmocka_unit_test(a_failure_prints_what_is_left),
		cmocka_unit_test(combinations_that_are_none_say_why),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
