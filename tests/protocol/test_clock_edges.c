/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reference time as the guest reads it: by the TSC page as long as that holds,
 * by the register while it does not, and by neither where they are not offered.
 */
#include <check.h>

#include "hyperv/clock.h"
#include "mocks/hyperv/partition_internal.h"
#include "tests/support/scripted_server.h"

#define SECOND 1000000000ull

static uint64_t counter(struct scripted_server *server)
{
	return port_msr_read(server->port, REGISTER_TIME);
}

/* The clock says the time between two readings of the register. */
static void clock_agrees(struct scripted_server *server, struct clock *clock)
{
	uint64_t before = counter(server);
	uint64_t time = clock_read(clock);
	uint64_t after = counter(server);

	/* Roundings of both make one tick. */
	ck_assert_uint_ge(time + 1, before);
	ck_assert_uint_le(time, after + 1);
}

static void clock_over_days(struct scripted_server *server)
{
	struct clock clock;
	unsigned reads;

	ck_assert_int_eq(clock_initialise(&clock, &server->hyperv), 0);
	for (unsigned i = 0; i < 40; i++) {
		port_delay(server->port, 1ull << i);
		clock_agrees(server, &clock);
	}
	/* A jump, as after a migration; not valid, and valid again. */
	host_partition_clock_adjust(server->partition, 7000000000);
	clock_agrees(server, &clock);
	host_partition_clock_adjust(server->partition, -6900000000);
	clock_agrees(server, &clock);
	reads = register_log_count(&server->registers, REGISTER_READ,
				   REGISTER_TIME);
	clock_read(&clock);
	ck_assert_uint_eq(register_log_count(&server->registers, REGISTER_READ,
					     REGISTER_TIME),
			  reads);
	host_partition_tsc_page_valid(server->partition, false);
	clock_read(&clock);
	ck_assert_uint_eq(register_log_count(&server->registers, REGISTER_READ,
					     REGISTER_TIME),
			  reads + 1);
	clock_agrees(server, &clock);
	host_partition_tsc_page_valid(server->partition, true);
	clock_agrees(server, &clock);
	clock_release(&clock);
}

START_TEST(edge_12_the_tsc_page_tells_the_time_for_days)
{
	static const uint64_t hz[] = {1000000000, 2600000000, 4999999937};
	const struct scripted_server_configuration configuration = {
		.machine.tsc_hz = hz[_i],
	};

	ck_assert_str_eq(scripted_server_run(&configuration, clock_over_days),
			 "");
}
END_TEST

/* The hypervisor changes the page: at once, or a word at a time. */
struct change {
	struct machine_event event;
	struct scripted_server *server;
	unsigned step;
	bool at_once;
};

#define OLD_SCALE  (1ull << 60)
#define NEW_SCALE  (1ull << 62)
#define OLD_OFFSET 1000000000000000ull
#define NEW_OFFSET 5000000000000000ull

static struct host_tsc_page *page_of(struct scripted_server *server)
{
	return server->partition->tsc_page.bytes;
}

static void change_word(struct host_tsc_page *page, unsigned step)
{
	switch (step) {
	case 0:
		page->sequence = CPU_TO_LE32(0);
		break;
	case 1:
		page->scale = cpu_to_le64(NEW_SCALE);
		break;
	case 2:
		page->offset = cpu_to_le64(NEW_OFFSET);
		break;
	default:
		page->sequence = CPU_TO_LE32(8);
		break;
	}
}

static void change_step(void *argument)
{
	struct change *change = argument;

	do
		change_word(page_of(change->server), change->step++);
	while (change->at_once && change->step < 4);
	if (change->step < 4)
		machine_event_schedule(change->server->machine, &change->event,
				       3);
}

static bool between(uint64_t time, unsigned shift, uint64_t offset,
		    uint64_t first, uint64_t last)
{
	return time >= (first >> shift) + offset &&
	       time <= (last >> shift) + offset;
}

static void clock_while_it_changes(struct scripted_server *server)
{
	uint64_t choice = *(const uint64_t *)server->context;
	struct change change = {.server = server, .at_once = choice % 2 == 0};
	uint64_t first, time, last, now;
	struct clock clock;

	change.event.fire = change_step;
	change.event.argument = &change;
	ck_assert_int_eq(clock_initialise(&clock, &server->hyperv), 0);
	port_delay(server->port, SECOND);
	*page_of(server) = (struct host_tsc_page){
		.sequence = CPU_TO_LE32(7),
		.scale = cpu_to_le64(OLD_SCALE),
		.offset = cpu_to_le64(OLD_OFFSET),
	};
	now = host_partition_time(server->partition);
	first = machine_tsc(server->machine);
	machine_event_schedule(server->machine, &change.event, choice / 2);
	time = clock_read(&clock);
	last = machine_tsc(server->machine);
	/* One or the other; or the register, while it is not valid. */
	ck_assert(between(time, 4, OLD_OFFSET, first, last) ||
		  between(time, 2, NEW_OFFSET, first, last) ||
		  (!change.at_once && time >= now &&
		   time <= host_partition_time(server->partition)));
	port_delay(server->port, 1000);
	ck_assert_uint_eq(change.step, 4);
	clock_release(&clock);
}

START_TEST(edge_12_a_page_that_changes_is_read_again)
{
	uint64_t choice = (uint64_t)_i;
	const struct scripted_server_configuration configuration = {
		.machine.schedule = MACHINE_SCHEDULE_LAZY,
		.context = &choice,
	};

	ck_assert_str_eq(scripted_server_run(&configuration,
					     clock_while_it_changes),
			 "");
}
END_TEST

static void change_always(void *argument)
{
	struct change *change = argument;
	struct host_tsc_page *page = page_of(change->server);

	page->sequence = cpu_to_le32(100 + change->step++);
	machine_event_schedule(change->server->machine, &change->event, 1);
}

static void clock_without_rest(struct scripted_server *server)
{
	struct change change = {.server = server};
	struct clock clock;
	unsigned reads;

	change.event.fire = change_always;
	change.event.argument = &change;
	ck_assert_int_eq(clock_initialise(&clock, &server->hyperv), 0);
	reads = register_log_count(&server->registers, REGISTER_READ,
				   REGISTER_TIME);
	machine_event_schedule(server->machine, &change.event, 1);
	clock_agrees(server, &clock);
	machine_event_cancel(server->machine, &change.event);
	/* Given up, and the register asked: besides the test's own two. */
	ck_assert_uint_eq(register_log_count(&server->registers, REGISTER_READ,
					     REGISTER_TIME),
			  reads + 3);
	clock_release(&clock);
}

START_TEST(edge_12_a_page_that_never_rests_is_given_up)
{
	const struct scripted_server_configuration configuration = {
		.machine.schedule = MACHINE_SCHEDULE_LAZY,
	};

	ck_assert_str_eq(
		scripted_server_run(&configuration, clock_without_rest), "");
}
END_TEST

static void clock_without_counter(struct scripted_server *server)
{
	uint64_t offered = host_partition_privileges(server->partition);
	bool page = (offered >> 9 & 1) != 0, valid, there;
	struct clock clock;

	ck_assert_int_eq(clock_initialise(&clock, &server->hyperv), 0);
	for (valid = true;; valid = false) {
		uint64_t before = port_time(server->port) / 100;
		uint64_t time = clock_read(&clock);
		uint64_t after = port_time(server->port) / 100;

		ck_assert_uint_ge(time + 1, before);
		ck_assert_uint_le(time, after + 1);
		if (!valid || !page)
			break;
		host_partition_tsc_page_valid(server->partition, false);
	}
	clock_release(&clock);
	there = (offered >> 1 & 1) != 0;
	ck_assert_int_eq(register_log_count(&server->registers, REGISTER_READ,
					    REGISTER_TIME) != 0,
			 there);
	ck_assert_int_eq(register_log_count(&server->registers, REGISTER_WRITE,
					    REGISTER_TSC_PAGE) != 0,
			 page);
}

static void take_privileges(struct scripted_server *server)
{
	host_partition_privileges_set(
		server->partition,
		host_partition_privileges(server->partition) &
			~*(const uint64_t *)server->context);
}

START_TEST(edge_13_what_is_not_offered_is_not_used)
{
	/* No counter, no page, neither: the platform's clock is left. */
	static const uint64_t lacking[] = {0, 1 << 1, 1 << 9, 1 << 1 | 1 << 9};
	const struct scripted_server_configuration configuration = {
		.prepare = take_privileges,
		.context = (void *)&lacking[_i],
	};

	ck_assert_str_eq(
		scripted_server_run(&configuration, clock_without_counter), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clock_edges");
	TCase *test = tcase_create("clock");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(test, edge_12_the_tsc_page_tells_the_time_for_days,
			    0, 3);
	tcase_add_loop_test(test, edge_12_a_page_that_changes_is_read_again, 0,
			    160);
	tcase_add_test(test, edge_12_a_page_that_never_rests_is_given_up);
	tcase_add_loop_test(test, edge_13_what_is_not_offered_is_not_used, 0,
			    4);
	suite_add_tcase(suite, test);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
