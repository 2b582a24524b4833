/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When things happen in a machine: time, events, host work, and loops that wait
 * for what never comes.
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
		.seed = seed,
		.schedule = schedule,
	};
	struct machine *machine = machine_create(&configuration);

	assert_non_null(machine);
	return machine;
}

static void expect_stop(enum machine_schedule schedule,
			void (*guest)(void *argument),
			enum machine_outcome outcome, const char *words)
{
	struct machine *machine = make(schedule, 7);

	assert_int_equal(machine_run(machine, guest, machine), outcome);
	if (!strstr(machine_reason(machine), words))
		fail_msg("'%s' is not in '%s'", words, machine_reason(machine));
	machine_destroy(machine);
}

/** Some exits, which answer nothing. */
static bool msr_read(void *context, unsigned cpu, uint32_t msr, uint64_t *value)
{
	(void)context;
	(void)cpu;
	*value = 0;
	return msr == 0x40000083;
}

static bool msr_write(void *context, unsigned cpu, uint32_t msr, uint64_t value)
{
	(void)context;
	(void)cpu;
	(void)value;
	return msr == 0x40000084;
}

static void exits_add(struct machine *machine)
{
	const struct machine_hypervisor hypervisor = {
		.msr_read = msr_read,
		.msr_write = msr_write,
	};

	machine_hypervisor_set(machine, &hypervisor);
}

/* ---- Time and events ---- */

struct note {
	struct machine *machine;
	struct machine_event event;
	char name;
	char *log;
	uint64_t at;
};

static void note_fire(void *argument)
{
	struct note *note = argument;
	size_t end = strlen(note->log);

	note->log[end] = note->name;
	note->at = machine_time(note->machine);
}

static void note_schedule(struct note *note, struct machine *machine, char name,
			  char *log, uint64_t delay)
{
	note->machine = machine;
	note->name = name;
	note->log = log;
	note->event.fire = note_fire;
	note->event.argument = note;
	machine_event_schedule(machine, &note->event, delay);
}

static void events_fire_in_order(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_SEEDED, 1);
	struct port *port = machine_port(machine);
	struct note notes[7] = {0};
	char log[16] = "";

	(void)state;
	port_delay(port, 10000);
	note_schedule(&notes[0], machine, 'a', log, 5000);
	note_schedule(&notes[1], machine, 'b', log, 3000);
	note_schedule(&notes[2], machine, 'c', log, 5000);
	note_schedule(&notes[3], machine, 'd', log, 7000);
	note_schedule(&notes[4], machine, 'e', log, 4000);
	note_schedule(&notes[5], machine, 'f', log, UINT64_MAX);
	note_schedule(&notes[6], machine, 'g', log, 5000);
	machine_event_cancel(machine, &notes[4].event);
	machine_event_cancel(machine, &notes[4].event);
	port_delay(port, 2999);
	assert_string_equal(log, "");
	port_delay(port, 1);
	assert_string_equal(log, "b");
	/* Scheduled again: it moves. */
	machine_event_schedule(machine, &notes[0].event, 1000);
	port_delay(port, 100000);
	assert_string_equal(log, "bacgd");
	/* The clock passed through their times. */
	assert_int_equal(notes[0].at, 14000);
	assert_int_equal(notes[2].at, 15000);
	assert_int_equal(notes[3].at, 17000);
	assert_false(notes[3].event.scheduled);
	assert_true(notes[5].event.scheduled);
	machine_destroy(machine);
}

struct ticker {
	struct machine *machine;
	struct machine_event event;
	unsigned ticks;
};

static void tick(void *argument)
{
	struct ticker *ticker = argument;

	if (++ticker->ticks < 10)
		machine_event_schedule(ticker->machine, &ticker->event, 100);
}

static void events_schedule_themselves(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_SEEDED, 1);
	struct ticker ticker = {.machine = machine};

	(void)state;
	ticker.event.fire = tick;
	ticker.event.argument = &ticker;
	machine_event_schedule(machine, &ticker.event, 0);
	port_delay(machine_port(machine), 450);
	assert_int_equal(ticker.ticks, 5);
	port_delay(machine_port(machine), 10000);
	assert_int_equal(ticker.ticks, 10);
	machine_destroy(machine);
}

static void time_passes_at_the_border(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_SEEDED, 1);
	struct port *port = machine_port(machine);
	struct note note = {0};
	char log[4] = "";
	le32 *word = port_alloc(port, 4, "word");
	uint64_t time = port_time(port);
	uint64_t tsc = port_tsc(port);
	unsigned n;

	(void)state;
	assert_true(tsc >= time * 26 / 10 && tsc < (time + 100) * 26 / 10);
	note_schedule(&note, machine, 'a', log, 150);
	for (n = 0; n < 100 && !log[0]; n++)
		shared_load32(port, word);
	assert_in_range(n, 60, 90);
	assert_true(port_time(port) > time);
	assert_int_equal(machine_tsc_hz(machine), 2600000000);
	port_delay(port, 3000000000u);
	time = machine_time(machine);
	assert_int_equal(machine_tsc(machine),
			 time / 10 * 26 + time % 10 * 26 / 10);
	machine_destroy(machine);
}

/* ---- Giving way ---- */

static void relax_stops_at_what_happens(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_SEEDED, 1);
	struct port *port = machine_port(machine);
	struct note note = {0};
	char log[4] = "";
	uint64_t now = machine_time(machine);

	(void)state;
	port_relax(port, now + 1000000);
	assert_int_equal(machine_time(machine), now + 1000000);
	/* A deadline that passed: nothing is waited for. */
	port_relax(port, now);
	assert_in_range(machine_time(machine), now + 1000001, now + 1000100);
	note_schedule(&note, machine, 'a', log, 5000);
	now = machine_time(machine);
	port_relax(port, now + 1000000);
	assert_string_equal(log, "a");
	assert_int_equal(machine_time(machine), now + 5000);
	machine_destroy(machine);
}

static void relax_for_ever(void *argument)
{
	struct port *port = machine_port(argument);
	le32 *word = port_alloc(port, 64, "answer");

	while (!shared_load32(port, word + 3))
		port_relax(port, UINT64_MAX);
}

static void relax_past_deadline(void *argument)
{
	struct port *port = machine_port(argument);
	le32 *word = port_alloc(port, 64, "answer");

	while (!shared_load32(port, word + 3))
		port_relax(port, 1000);
}

static void relax_alone(void *argument)
{
	for (;;)
		port_relax(machine_port(argument), 1000);
}

static void endless_delay(void *argument)
{
	port_delay(machine_port(argument), UINT64_MAX);
}

static void delays_for_ever(void *argument)
{
	for (;;)
		port_delay(machine_port(argument), 1000);
}

static void waiting_for_nothing_stops(void **state)
{
	(void)state;
	expect_stop(MACHINE_SCHEDULE_SEEDED, relax_for_ever, MACHINE_SPIN,
		    "port_relax() without a deadline after a look at 'answer' "
		    "+0xc");
	expect_stop(MACHINE_SCHEDULE_SEEDED, relax_past_deadline, MACHINE_SPIN,
		    "polled 'answer' +0xc, 200000 times, and nothing can "
		    "change it");
	expect_stop(MACHINE_SCHEDULE_SEEDED, relax_alone, MACHINE_SPIN,
		    "polled port_relax(), 200000 times");
	expect_stop(MACHINE_SCHEDULE_SEEDED, endless_delay, MACHINE_SPIN,
		    "until the end of time");
	expect_stop(MACHINE_SCHEDULE_SEEDED, delays_for_ever, MACHINE_SPIN,
		    "200000 times");
}

/* ---- Host work ---- */

struct device {
	struct machine_work work;
	unsigned left, done;
	char name;
	char *log;
};

static bool device_step(void *argument)
{
	struct device *device = argument;

	device->done++;
	if (device->log)
		device->log[strlen(device->log)] = device->name;
	return --device->left > 0;
}

static void device_kick(struct machine *machine, struct device *device,
			unsigned steps)
{
	device->left = steps;
	device->work.step = device_step;
	device->work.argument = device;
	machine_work_kick(machine, &device->work);
}

static void lazy_waits_for_relax(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_LAZY, 1);
	struct port *port = machine_port(machine);
	struct device device = {0};
	le32 *word = port_alloc(port, 4, "word");
	unsigned n;

	(void)state;
	exits_add(machine);
	device_kick(machine, &device, 10);
	for (n = 0; n < 500; n++) {
		shared_store32(port, word, n);
		port_msr_write(port, 0x40000084, 0);
	}
	assert_int_equal(device.done, 0);
	port_relax(port, 0);
	assert_int_equal(device.done, 10);
	device_kick(machine, &device, 10);
	port_delay(port, 1);
	assert_int_equal(device.done, 20);
	machine_destroy(machine);
}

static void eager_runs_at_exits(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_EAGER, 1);
	struct port *port = machine_port(machine);
	struct device device = {0};
	le32 *word = port_alloc(port, 4, "word");
	unsigned n;

	(void)state;
	exits_add(machine);
	device_kick(machine, &device, 10);
	for (n = 0; n < 500; n++)
		shared_store32(port, word, n);
	assert_int_equal(device.done, 0);
	port_msr_write(port, 0x40000084, 0);
	assert_int_equal(device.done, 10);
	device_kick(machine, &device, 10);
	port_out8(port, 0x80, 0);
	assert_int_equal(device.done, 20);
	device_kick(machine, &device, 10);
	port_relax(port, 0);
	assert_int_equal(device.done, 30);
	/* Who polls and never exits gets an answer all the same. */
	device_kick(machine, &device, 10);
	for (n = 0; n < 2000; n++)
		shared_load32(port, word);
	assert_int_equal(device.done, 40);
	machine_destroy(machine);
}

/** How far a device of 64 steps is after each of some border calls. */
static void seeded_trace(uint64_t seed, uint16_t trace[200])
{
	struct machine *machine = make(MACHINE_SCHEDULE_SEEDED, seed);
	struct port *port = machine_port(machine);
	struct device device = {0};
	le32 *word = port_alloc(port, 4, "word");
	unsigned n;

	exits_add(machine);
	device_kick(machine, &device, 64);
	for (n = 0; n < 200; n++) {
		if (n % 20 == 19)
			port_msr_write(port, 0x40000084, 0);
		else
			shared_store32(port, word, n);
		trace[n] = device.done;
		if (!device.left)
			device_kick(machine, &device, 64);
	}
	machine_destroy(machine);
}

static void seeds_are_schedules(void **state)
{
	static uint16_t traces[100][200];
	uint16_t again[200];
	unsigned seed, other, same = 0, at_once = 0, later = 0, partly = 0;

	(void)state;
	for (seed = 0; seed < 100; seed++) {
		seeded_trace(seed, traces[seed]);
		seeded_trace(seed, again);
		assert_memory_equal(traces[seed], again, sizeof(again));
		for (other = 0; other < seed; other++)
			same += !memcmp(traces[seed], traces[other],
					sizeof(again));
		at_once += traces[seed][0] == 64;
		later += traces[seed][19] == 0;
		partly += traces[seed][19] > 0 && traces[seed][19] < 64;
		assert_true(traces[seed][199] > 0);
	}
	assert_int_equal(same, 0);
	/* Each kind of schedule is among them. */
	assert_in_range(at_once, 5, 60);
	assert_in_range(later, 1, 60);
	assert_in_range(partly, 5, 90);
}

static void relax_always_gets_on(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 50; seed++) {
		struct machine *machine = make(MACHINE_SCHEDULE_SEEDED, seed);
		struct device device = {0};
		unsigned before;

		device_kick(machine, &device, 30);
		do {
			before = device.done;
			port_relax(machine_port(machine), UINT64_MAX);
			assert_true(device.done > before);
		} while (device.left);
		machine_destroy(machine);
	}
}

static void devices_take_turns(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_LAZY, 1);
	struct device devices[3] = {{.name = 'a'},
				    {.name = 'b'},
				    {.name = 'c'}};
	char log[32] = "";
	unsigned n;

	(void)state;
	for (n = 0; n < 3; n++)
		devices[n].log = log;
	device_kick(machine, &devices[0], 3);
	device_kick(machine, &devices[1], 2);
	device_kick(machine, &devices[2], 1);
	device_kick(machine, &devices[0], 3);
	machine_work_drain(machine);
	assert_string_equal(log, "abcaba");
	device_kick(machine, &devices[0], 1);
	device_kick(machine, &devices[1], 1);
	device_kick(machine, &devices[2], 1);
	machine_work_cancel(machine, &devices[2].work);
	machine_work_cancel(machine, &devices[1].work);
	device_kick(machine, &devices[2], 1);
	machine_work_drain(machine);
	assert_string_equal(log, "abcabaac");
	machine_destroy(machine);
}

struct mortal {
	struct machine *machine;
	struct machine_work work;
};

static bool mortal_step(void *argument)
{
	struct mortal *mortal = argument;

	machine_work_cancel(mortal->machine, &mortal->work);
	free(mortal);
	return true;
}

static void work_may_end_in_its_step(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_LAZY, 1);
	struct mortal *mortal = calloc(1, sizeof(*mortal));

	(void)state;
	mortal->machine = machine;
	mortal->work.step = mortal_step;
	mortal->work.argument = mortal;
	machine_work_kick(machine, &mortal->work);
	machine_work_drain(machine);
	port_relax(machine_port(machine), 1);
	machine_destroy(machine);
}

struct again {
	struct machine *machine;
	struct machine_work work;
	unsigned depth, deepest, steps;
};

/** A step that kicks itself, and drains, and even comes to the border. */
static bool again_step(void *argument)
{
	struct again *again = argument;

	again->depth++;
	if (again->depth > again->deepest)
		again->deepest = again->depth;
	if (++again->steps < 5)
		machine_work_kick(again->machine, &again->work);
	machine_work_drain(again->machine);
	port_time(machine_port(again->machine));
	again->depth--;
	return false;
}

static void steps_do_not_nest(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_SEEDED, 1);
	struct again again = {.machine = machine};

	(void)state;
	again.work.step = again_step;
	again.work.argument = &again;
	machine_work_kick(machine, &again.work);
	port_delay(machine_port(machine), 1);
	machine_work_drain(machine);
	assert_int_equal(again.steps, 5);
	assert_int_equal(again.deepest, 1);
	machine_destroy(machine);
}

/* ---- Loops that spin ---- */

static void poll_memory(void *argument)
{
	struct port *port = machine_port(argument);
	uint8_t *ring = port_pages_alloc(port, 2, 0, "channel ring");

	while (!shared_load32(port, (le32 *)(void *)(ring + 0x1008)))
		port_time(port);
}

static void poll_bulk(void *argument)
{
	struct port *port = machine_port(argument);
	uint8_t *ring = port_alloc(port, 64, "slot");
	uint8_t copy[16];

	for (;;)
		shared_read(port, copy, ring + 16, sizeof(copy));
}

static void poll_msr(void *argument)
{
	exits_add(argument);
	while (!port_msr_read(machine_port(argument), 0x40000083))
		continue;
}

static void poll_port(void *argument)
{
	while (port_in8(machine_port(argument), 0x3fd) != 0x20)
		continue;
}

static void poll_clock(void *argument)
{
	while (port_time(machine_port(argument)) != 1)
		continue;
}

static void poll_and_store(void *argument)
{
	struct port *port = machine_port(argument);
	le32 *mask = port_alloc(port, 64, "mask");

	/* The same value again and again is no progress. */
	do
		shared_store32(port, mask, 1);
	while (!shared_load32(port, mask + 1));
}

static void poll_locked(void *argument)
{
	struct port *port = machine_port(argument);
	le32 *word = port_alloc(port, 64, "word");
	struct port_lock lock = {0};

	port_lock(port, &lock);
	while (!shared_load32(port, word))
		continue;
}

static void poll_work(void *argument)
{
	static struct device device;
	struct port *port = machine_port(argument);
	le32 *word = port_alloc(port, 64, "word");

	memset(&device, 0, sizeof(device));
	device_kick(argument, &device, 1);
	while (!shared_load32(port, word))
		continue;
}

static void toggle(void *argument)
{
	struct port *port = machine_port(argument);
	le32 *mask = port_alloc(port, 64, "mask");
	unsigned n;

	for (n = 0;; n++)
		shared_store32(port, mask, n & 1);
}

static void spins_are_named(void **state)
{
	const enum machine_schedule seeded = MACHINE_SCHEDULE_SEEDED;

	(void)state;
	expect_stop(seeded, poll_memory, MACHINE_SPIN,
		    "polled 'channel ring' +0x1008, 200000 times, and nothing "
		    "can change it");
	expect_stop(seeded, poll_bulk, MACHINE_SPIN, "polled 'slot' +0x10, ");
	expect_stop(seeded, poll_msr, MACHINE_SPIN, "polled MSR 0x40000083, ");
	expect_stop(seeded, poll_port, MACHINE_SPIN, "polled I/O port 0x3fd, ");
	expect_stop(seeded, poll_clock, MACHINE_SPIN, "polled the clock, ");
	expect_stop(seeded, poll_and_store, MACHINE_SPIN, "'mask' +0x4, ");
	expect_stop(seeded, poll_locked, MACHINE_SPIN, "a lock is held");
	expect_stop(MACHINE_SCHEDULE_LAZY, poll_work, MACHINE_SPIN,
		    "the host has work to do, but the loop never gives way");
	expect_stop(seeded, toggle, MACHINE_SPIN,
		    "calls through the border since the host last did "
		    "anything");
}

static void poll_until_deadline(void *argument)
{
	struct port *port = machine_port(argument);
	le32 *word = port_alloc(port, 4, "word");
	uint64_t deadline = port_time(port) + 10000000000u;

	while (!shared_load32(port, word))
		if (port_time(port) > deadline)
			return;
}

static void deadlines_end_loops(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_SEEDED, 1);
	struct machine_counters counters;

	(void)state;
	assert_int_equal(machine_run(machine, poll_until_deadline, machine),
			 MACHINE_DONE);
	assert_string_equal(machine_reason(machine), "");
	assert_in_range(machine_time(machine), 10000000000u, 10100000000u);
	machine_counters(machine, &counters);
	assert_true(counters.border_calls < 50000);
	assert_true(counters.unproductive <= counters.border_calls);
	assert_true(counters.unproductive > 10000);
	machine_destroy(machine);
}

/** A poll that something answers, late, is none of these. */
struct late {
	struct machine *machine;
	struct machine_event event;
	le32 *word;
};

static void late_fire(void *argument)
{
	struct late *late = argument;

	*late->word = cpu_to_le32(1);
}

static void late_guest(void *argument)
{
	struct late *late = argument;
	struct port *port = machine_port(late->machine);

	late->word = port_alloc(port, 4, "word");
	machine_event_schedule(late->machine, &late->event, 5000000000u);
	while (!shared_load32(port, late->word))
		continue;
}

static void late_answers_are_awaited(void **state)
{
	struct machine *machine = make(MACHINE_SCHEDULE_SEEDED, 1);
	struct late late = {.machine = machine};

	(void)state;
	late.event.fire = late_fire;
	late.event.argument = &late;
	assert_int_equal(machine_run(machine, late_guest, &late), MACHINE_DONE);
	assert_in_range(machine_time(machine), 5000000000u, 5100000000u);
	machine_destroy(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_fire_in_order),
		cmocka_unit_test(events_schedule_themselves),
		cmocka_unit_test(time_passes_at_the_border),
		cmocka_unit_test(relax_stops_at_what_happens),
		cmocka_unit_test(waiting_for_nothing_stops),
		cmocka_unit_test(lazy_waits_for_relax),
		cmocka_unit_test(eager_runs_at_exits),
		cmocka_unit_test(seeds_are_schedules),
		cmocka_unit_test(relax_always_gets_on),
		cmocka_unit_test(devices_take_turns),
		cmocka_unit_test(work_may_end_in_its_step),
		cmocka_unit_test(steps_do_not_nest),
		cmocka_unit_test(spins_are_named),
		cmocka_unit_test(deadlines_end_loops),
		cmocka_unit_test(late_answers_are_awaited),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
