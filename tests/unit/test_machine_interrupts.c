/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts, vCPUs, locks, and what a guest may call where; and how a guest's
 * run ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/machine/machine.h"
#include "port/port.h"

static struct machine *make(enum machine_schedule schedule, uint64_t seed)
{
	const struct machine_configuration configuration = {
		.cpus = 4,
		.seed = seed,
		.schedule = schedule,
	};
	struct machine *machine = machine_create(&configuration);

	assert_non_null(machine);
	return machine;
}

static void expect_stop(void (*guest)(void *argument),
			enum machine_outcome outcome, const char *words)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER, 7);

	assert_int_equal(machine_run(machine, guest, machine), outcome);
	if (!strstr(machine_reason(machine), words))
		fail_msg("'%s' is not in '%s'", words, machine_reason(machine));
	machine_destroy(machine);
}

/** A border call that does nothing but let others have their turn. */
static void step(struct machine *machine)
{
	shared_fence(machine_port(machine));
}

/* ---- Delivery ---- */

struct line {
	struct machine *machine;
	uint8_t vector;
	unsigned taken, cpu, nested, depth;
	struct port_lock lock;
	/** What the handler calls, if anything. */
	void (*call)(struct line *line);
};

static void line_handler(void *argument)
{
	struct line *line = argument;

	if (line->depth)
		line->nested++;
	line->depth++;
	line->taken++;
	line->cpu = port_cpu_current(machine_port(line->machine));
	if (line->call)
		line->call(line);
	line->depth--;
}

static void line_attach(struct line *line, struct machine *machine)
{
	line->machine = machine;
	assert_int_equal(port_interrupt_attach(machine_port(machine),
					       line_handler, line,
					       &line->vector),
			 0);
}

static void interrupts_reach_their_vcpu(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER, 1);
	struct line line = {0};
	struct machine_counters counters;
	unsigned cpu;

	(void)state;
	assert_int_equal(port_cpu_count(machine_port(machine)), 4);
	line_attach(&line, machine);
	for (cpu = 0; cpu < 4; cpu++) {
		machine_interrupt(machine, cpu, line.vector);
		/* Pending is pending, however often it was raised. */
		machine_interrupt(machine, cpu, line.vector);
		assert_int_equal(line.taken, cpu);
		step(machine);
		assert_int_equal(line.taken, cpu + 1);
		assert_int_equal(line.cpu, cpu);
		assert_int_equal(machine_cpu(machine), 0);
	}
	machine_interrupt(machine, 4, line.vector);
	step(machine);
	assert_int_equal(line.taken, 4);
	machine_counters(machine, &counters);
	assert_int_equal(counters.interrupts, 4);
	machine_destroy(machine);
}

static void seeds_delay_interrupts(void **state)
{
	unsigned seed, late = 0;

	(void)state;
	for (seed = 0; seed < 100; seed++) {
		struct machine *machine = make(MACHINE_SCHEDULE_SEEDED, seed);
		struct line line = {0};
		unsigned n;

		line_attach(&line, machine);
		machine_interrupt(machine, 0, line.vector);
		step(machine);
		late += !line.taken;
		for (n = 0; n < 30; n++)
			step(machine);
		assert_int_equal(line.taken, 1);
		machine_destroy(machine);
	}
	assert_in_range(late, 5, 50);
}

static char order[16];

static void note_a(void *argument)
{
	(void)argument;
	strcat(order, "a");
}

static void note_b(void *argument)
{
	(void)argument;
	strcat(order, "b");
}

static void urgency_is_the_vector(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER, 1);
	struct port *port = machine_port(machine);
	uint8_t a, b;

	(void)state;
	order[0] = '\0';
	assert_int_equal(port_interrupt_attach(port, note_a, NULL, &a), 0);
	assert_int_equal(port_interrupt_attach(port, note_b, NULL, &b), 0);
	machine_interrupt(machine, 0, a);
	machine_interrupt(machine, 0, b);
	step(machine);
	assert_string_equal(order, a > b ? "ab" : "ba");
	machine_destroy(machine);
}

static void raise_again(struct line *line)
{
	if (line->taken < 5)
		machine_interrupt(line->machine, line->taken % 4, line->vector);
	step(line->machine);
	port_time(machine_port(line->machine));
}

static void handlers_do_not_nest(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER, 1);
	struct line line = {.call = raise_again};

	(void)state;
	line_attach(&line, machine);
	machine_interrupt(machine, 0, line.vector);
	step(machine);
	assert_int_equal(line.taken, 5);
	assert_int_equal(line.nested, 0);
	machine_destroy(machine);
}

static void storm(struct line *line)
{
	machine_interrupt(line->machine, 0, line->vector);
}

static void storms_leave_the_guest_its_turn(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER, 1);
	struct line line = {.call = storm};

	(void)state;
	line_attach(&line, machine);
	machine_interrupt(machine, 0, line.vector);
	step(machine);
	assert_in_range(line.taken, 2, 100);
	machine_destroy(machine);
}

static void lock_and_unlock(struct line *line)
{
	port_lock(machine_port(line->machine), &line->lock);
	port_unlock(machine_port(line->machine), &line->lock);
}

static void locks_hold_interrupts(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER, 1);
	struct port *port = machine_port(machine);
	struct line line = {.call = lock_and_unlock};
	struct port_lock second = {0};
	unsigned cpu;

	(void)state;
	line_attach(&line, machine);
	for (cpu = 0; cpu < 2; cpu++) {
		line.taken = 0;
		port_lock(port, &line.lock);
		port_lock(port, &second);
		machine_interrupt(machine, cpu, line.vector);
		step(machine);
		port_unlock(port, &line.lock);
		assert_int_equal(line.taken, 0);
		port_unlock(port, &second);
		assert_int_equal(line.taken, 1);
	}
	machine_destroy(machine);
}

static void vectors_run_out(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER, 1);
	struct port *port = machine_port(machine);
	static struct line lines[224];
	uint8_t seen[256] = {0};
	uint8_t vector;
	unsigned n;

	(void)state;
	memset(lines, 0, sizeof(lines));
	for (n = 0; n < 224; n++) {
		line_attach(&lines[n], machine);
		assert_in_range(lines[n].vector, 32, 255);
		assert_int_equal(seen[lines[n].vector]++, 0);
	}
	assert_int_equal(port_interrupt_attach(port, line_handler, lines,
					       &vector),
			 ERROR_NO_SPACE);
	port_interrupt_detach(port, lines[9].vector);
	assert_int_equal(
		port_interrupt_attach(port, line_handler, lines, &vector), 0);
	assert_int_equal(vector, lines[9].vector);
	machine_destroy(machine);
}

static void detached_is_detached(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER, 1);
	struct line line = {0};

	(void)state;
	line_attach(&line, machine);
	/* What was pending goes with the handler. */
	machine_interrupt(machine, 1, line.vector);
	port_interrupt_detach(machine_port(machine), line.vector);
	step(machine);
	assert_int_equal(line.taken, 0);
	assert_int_equal(machine_violations(machine), 0);
	machine_interrupt(machine, 1, line.vector);
	step(machine);
	step(machine);
	assert_int_equal(line.taken, 0);
	assert_int_equal(machine_violations(machine), 1);
	assert_non_null(strstr(machine_violation_text(machine, 0),
			       "no handler is attached"));
	machine_destroy(machine);
}

/* ---- vCPUs ---- */

static void where_am_i(void *argument)
{
	struct line *line = argument;
	struct port *port = machine_port(line->machine);
	unsigned here = port_cpu_current(port);

	line->cpu = here;
	if (here < 3)
		port_cpu_run(port, here + 1, where_am_i, line);
	line->taken += port_cpu_current(port) == here;
}

static void functions_run_on_vcpus(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER, 1);
	struct line line = {.machine = machine};

	(void)state;
	port_cpu_run(machine_port(machine), 1, where_am_i, &line);
	assert_int_equal(line.cpu, 3);
	assert_int_equal(line.taken, 3);
	assert_int_equal(port_cpu_current(machine_port(machine)), 0);
	machine_destroy(machine);
}

/* ---- What is called where ---- */

static struct port *port_of(struct line *line)
{
	return machine_port(line->machine);
}

static void call_alloc(struct line *line)
{
	port_alloc(port_of(line), 1, "x");
}

static void call_free(struct line *line)
{
	port_free(port_of(line), NULL);
}

static void call_pages_alloc(struct line *line)
{
	port_pages_alloc(port_of(line), 1, 0, "x");
}

static void call_pages_free(struct line *line)
{
	port_pages_free(port_of(line), NULL, 1);
}

static void call_relax(struct line *line)
{
	port_relax(port_of(line), 0);
}

static void call_delay(struct line *line)
{
	port_delay(port_of(line), 1);
}

static void call_cpu_run(struct line *line)
{
	port_cpu_run(port_of(line), 1, where_am_i, line);
}

static void call_attach(struct line *line)
{
	line_attach(line, line->machine);
}

static void call_detach(struct line *line)
{
	port_interrupt_detach(port_of(line), line->vector);
}

static void call_map(struct line *line)
{
	port_mmio_map(port_of(line), 0xd0000000, 1);
}

static void call_unmap(struct line *line)
{
	port_mmio_unmap(port_of(line), NULL, 1);
}

static void call_lock(struct line *line)
{
	port_lock(port_of(line), &line->lock);
}

static void handler_guest(void *argument)
{
	struct line *line = argument;

	line_attach(line, line->machine);
	machine_interrupt(line->machine, 2, line->vector);
	step(line->machine);
}

static void expect_handler_stop(void (*call)(struct line *line),
				const char *words)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER, 1);
	struct line line = {.machine = machine, .call = call};

	assert_int_equal(machine_run(machine, handler_guest, &line),
			 MACHINE_FAULT);
	if (!strstr(machine_reason(machine), words))
		fail_msg("'%s' is not in '%s'", words, machine_reason(machine));
	machine_destroy(machine);
}

static void handlers_are_restricted(void **state)
{
	(void)state;
	expect_handler_stop(call_alloc, "port_alloc() in an interrupt handler "
					"(on vCPU 2)");
	expect_handler_stop(call_free, "port_free() in");
	expect_handler_stop(call_pages_alloc, "port_pages_alloc() in");
	expect_handler_stop(call_pages_free, "port_pages_free() in");
	expect_handler_stop(call_relax, "port_relax() in");
	expect_handler_stop(call_delay, "port_delay() in");
	expect_handler_stop(call_cpu_run, "port_cpu_run() in");
	expect_handler_stop(call_attach, "port_interrupt_attach() in");
	expect_handler_stop(call_detach, "port_interrupt_detach() in");
	expect_handler_stop(call_map, "port_mmio_map() in");
	expect_handler_stop(call_unmap, "port_mmio_unmap() in");
	expect_handler_stop(call_lock, "returned with a lock held");
}

static void relax_locked(void *argument)
{
	struct port_lock lock = {0};

	port_lock(machine_port(argument), &lock);
	port_relax(machine_port(argument), 0);
}

static void delay_locked(void *argument)
{
	struct port_lock lock = {0};

	port_lock(machine_port(argument), &lock);
	port_delay(machine_port(argument), 1);
}

static void run_locked(void *argument)
{
	struct port_lock lock = {0};

	port_lock(machine_port(argument), &lock);
	port_cpu_run(machine_port(argument), 1, note_a, NULL);
}

static void lock_twice(void *argument)
{
	struct port *port = machine_port(argument);
	struct port_lock *lock = port_alloc(port, 64, "channel");

	port_lock(port, lock + 1);
	port_lock(port, lock + 1);
}

static void lock_garbage(void *argument)
{
	struct port_lock lock = {.state = 1};

	port_lock(machine_port(argument), &lock);
}

static void unlock_unlocked(void *argument)
{
	struct port_lock lock = {0};

	port_unlock(machine_port(argument), &lock);
}

static struct port_lock left_over;

static void lock_static(void *argument)
{
	port_lock(argument, &left_over);
}

static void keep_locked(void *argument)
{
	memset(&left_over, 0, sizeof(left_over));
	lock_static(machine_port(argument));
}

static void run_keeps_locked(void *argument)
{
	memset(&left_over, 0, sizeof(left_over));
	port_cpu_run(machine_port(argument), 3, lock_static,
		     machine_port(argument));
}

static void run_nowhere(void *argument)
{
	port_cpu_run(machine_port(argument), 4, note_a, NULL);
}

static void detach_unknown(void *argument)
{
	port_interrupt_detach(machine_port(argument), 77);
}

static void wrong_calls_stop(void **state)
{
	(void)state;
	expect_stop(relax_locked, MACHINE_FAULT,
		    "port_relax() waits while a lock is held");
	expect_stop(delay_locked, MACHINE_FAULT, "port_delay() waits while");
	expect_stop(run_locked, MACHINE_FAULT, "port_cpu_run() waits while");
	expect_stop(lock_twice, MACHINE_FAULT,
		    "port_lock() on vCPU 0: vCPU 0 holds the lock in 'channel' "
		    "+0x4 already");
	expect_stop(lock_garbage, MACHINE_FAULT, "is no lock");
	expect_stop(unlock_unlocked, MACHINE_FAULT, "does not hold the lock");
	expect_stop(keep_locked, MACHINE_FAULT,
		    "the guest returned with a lock held");
	expect_stop(run_keeps_locked, MACHINE_FAULT,
		    "ran on vCPU 3 returned with a lock held");
	expect_stop(run_nowhere, MACHINE_FAULT,
		    "port_cpu_run() on vCPU 4 of 4");
	expect_stop(detach_unknown, MACHINE_FAULT,
		    "vector 77, which is not attached");
}

/* ---- How a run ends ---- */

static void stop_event(void *argument)
{
	machine_stop(argument, MACHINE_STOPPED, "the host %s", "went away");
}

static void wait_for_stop(void *argument)
{
	static struct machine_event event;

	memset(&event, 0, sizeof(event));
	event.fire = stop_event;
	event.argument = argument;
	machine_event_schedule(argument, &event, 1000);
	for (;;)
		port_relax(machine_port(argument), UINT64_MAX);
}

static void stopped_guests_stay_stopped(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER, 1);

	(void)state;
	assert_int_equal(machine_run(machine, note_a, order), MACHINE_DONE);
	assert_string_equal(machine_reason(machine), "");
	assert_int_equal(machine_run(machine, wait_for_stop, machine),
			 MACHINE_STOPPED);
	assert_string_equal(machine_reason(machine), "the host went away");
	order[0] = '\0';
	assert_int_equal(machine_run(machine, note_a, NULL), MACHINE_STOPPED);
	assert_string_equal(order, "");
	machine_destroy(machine);
}

static void the_log_has_times(void **state)
{
	char *text = NULL;
	size_t bytes;
	struct machine_configuration configuration = {
		.log = open_memstream(&text, &bytes),
		.log_level = PORT_LOG_INFO,
	};
	struct machine *machine = machine_create(&configuration);
	unsigned n;

	(void)state;
	port_delay(machine_port(machine), 1234567);
	port_log(machine_port(machine), PORT_LOG_ERROR, "text %d", 5);
	port_log(machine_port(machine), PORT_LOG_DEBUG, "not this");
	port_delay(machine_port(machine), 12000000000u - 1234567);
	machine_violation(machine, "TLFS 11.8", "size %u", 300u);
	fflush(configuration.log);
	assert_string_equal(text, "[   0.001234567] error: text 5\n"
				  "[  12.000000000] violation: TLFS 11.8: size "
				  "300\n");
	for (n = 1; n < 100; n++)
		machine_violation(machine, "rule", "number %u", n);
	assert_int_equal(machine_violations(machine), 100);
	assert_string_equal(machine_violation_text(machine, 0),
			    "TLFS 11.8: size 300");
	assert_string_equal(machine_violation_text(machine, 63),
			    "rule: number 63");
	assert_null(machine_violation_text(machine, 64));
	machine_destroy(machine);
	fclose(configuration.log);
	free(text);
}

static void chance_is_the_seeds(void **state)
{
	struct machine *one = make(MACHINE_SCHEDULE_EAGER, 5);
	struct machine *two = make(MACHINE_SCHEDULE_EAGER, 5);
	struct machine *three = make(MACHINE_SCHEDULE_EAGER, 6);
	unsigned n, low = 0;

	(void)state;
	assert_int_equal(machine_seed(one), 5);
	for (n = 0; n < 1000; n++) {
		uint64_t number = machine_random(one);

		assert_int_equal(number, machine_random(two));
		assert_int_not_equal(number, machine_random(three));
		number = machine_random_below(one, 10);
		assert_true(number < 10);
		low += number < 5;
		machine_random(two);
	}
	assert_in_range(low, 400, 600);
	machine_destroy(one);
	machine_destroy(two);
	machine_destroy(three);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interrupts_reach_their_vcpu),
		cmocka_unit_test(seeds_delay_interrupts),
		cmocka_unit_test(urgency_is_the_vector),
		cmocka_unit_test(handlers_do_not_nest),
		cmocka_unit_test(storms_leave_the_guest_its_turn),
		cmocka_unit_test(locks_hold_interrupts),
		cmocka_unit_test(vectors_run_out),
		cmocka_unit_test(detached_is_detached),
		cmocka_unit_test(functions_run_on_vcpus),
		cmocka_unit_test(handlers_are_restricted),
		cmocka_unit_test(wrong_calls_stop),
		cmocka_unit_test(stopped_guests_stay_stopped),
		cmocka_unit_test(the_log_has_times),
		cmocka_unit_test(chance_is_the_seeds),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
