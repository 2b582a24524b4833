/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtual clock, and what happens at its times.
 *
 * Events lie in a list by due time; those of one time fire in the order in
 * which they were scheduled. The border compares the clock with one number,
 * next_due: the first event's time, or the next look of the watch (schedule.c).
 */
#include "mocks/machine/internal.h"

#define NANOSECONDS 1000000000u

void clock_update(struct machine *machine)
{
	uint64_t due = machine->watch_due;

	if (machine->events && machine->events->due < due)
		due = machine->events->due;
	machine->next_due = due;
}

uint64_t machine_time(const struct machine *machine)
{
	return machine->time;
}

uint64_t machine_tsc(const struct machine *machine)
{
	uint64_t seconds = machine->time / NANOSECONDS;
	uint64_t rest = machine->time % NANOSECONDS;

	return seconds * machine->tsc_hz + rest * machine->tsc_hz / NANOSECONDS;
}

uint64_t machine_tsc_hz(const struct machine *machine)
{
	return machine->tsc_hz;
}

void machine_event_cancel(struct machine *machine, struct machine_event *event)
{
	struct machine_event **link = &machine->events;

	if (!event->scheduled)
		return;
	while (*link != event)
		link = &(*link)->next;
	*link = event->next;
	event->next = NULL;
	event->scheduled = false;
	clock_update(machine);
}

void machine_event_schedule(struct machine *machine,
			    struct machine_event *event, uint64_t delay)
{
	struct machine_event **link = &machine->events;

	machine_event_cancel(machine, event);
	event->due = machine->time + delay;
	if (event->due < delay)
		event->due = MACHINE_NEVER;
	while (*link && (*link)->due <= event->due)
		link = &(*link)->next;
	event->next = *link;
	*link = event;
	event->scheduled = true;
	machine->progress++;
	clock_update(machine);
	if (machine->realtime)
		realtime_kick(machine);
}

void clock_fire(struct machine *machine)
{
	while (machine->events && machine->events->due <= machine->time &&
	       machine->events->due != MACHINE_NEVER) {
		struct machine_event *event = machine->events;

		machine->events = event->next;
		event->next = NULL;
		event->scheduled = false;
		machine->progress++;
		border_progress(machine);
		machine->in_host++;
		event->fire(event->argument);
		machine->in_host--;
	}
	clock_update(machine);
}
