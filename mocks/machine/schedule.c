/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When the host runs, and what becomes of a guest that waits for nothing.
 *
 * A call through the border comes here when an event is due, an interrupt is
 * pending or host work may run. Host code that is running is never interrupted
 * by more of it; an interrupt handler is guest code, so the host goes on while
 * it runs, as it does on other processors.
 *
 * MACHINE_SCHEDULE_SEEDED: between two turns of the host lie a few calls, drawn
 * anew each time; at an exit it always has a turn. A turn is nothing, one step,
 * a few, or all there is. A guest that gives way lets at least one step happen,
 * so every run goes on.
 *
 * Two watches end what would never end. Reads that nothing followed (no write
 * that changed a thing, no host step, no event, no interrupt) are counted: from
 * SPIN_PATIENCE on each costs more time than the one before, so that a loop
 * with a deadline soon meets it, and at SPIN_LIMIT the machine stops and names
 * what was polled. A loop that also writes is caught by the second one:
 * WATCH_CALLS calls while neither host nor clock did a thing.
 */
#include "mocks/machine/internal.h"

#include <string.h>

/** Steps in one turn, so that work without end does not end all else. */
#define TURN_STEPS     65536u
#define TURN_FEW       8u
#define PAUSE_CALLS    64u
#define DELIVERY_TRIES 4u

/* ---- Host work ---- */

static void work_append(struct machine *machine, struct machine_work *work)
{
	work->next = NULL;
	work->pending = true;
	if (machine->work_last)
		machine->work_last->next = work;
	else
		machine->work_first = work;
	machine->work_last = work;
}

static struct machine_work *work_pop(struct machine *machine)
{
	struct machine_work *work = machine->work_first;

	machine->work_first = work->next;
	if (!work->next)
		machine->work_last = NULL;
	work->next = NULL;
	work->pending = false;
	return work;
}

/** Ask the border for turns of the host, or no more. */
static void work_attention(struct machine *machine)
{
	machine->attention &= ~(uint32_t)(ATTENTION_WORK | ATTENTION_WORK_EXIT);
	if (!machine->work_first)
		return;
	if (machine->schedule == MACHINE_SCHEDULE_SEEDED)
		machine->attention |= ATTENTION_WORK;
	else if (machine->schedule == MACHINE_SCHEDULE_EAGER)
		machine->attention |= ATTENTION_WORK_EXIT;
}

void machine_work_kick(struct machine *machine, struct machine_work *work)
{
	machine->progress++;
	if (work->pending)
		return;
	work_append(machine, work);
	work_attention(machine);
	if (machine->realtime)
		realtime_kick(machine);
}

void machine_work_cancel(struct machine *machine, struct machine_work *work)
{
	struct machine_work **link = &machine->work_first;
	struct machine_work *before = NULL;

	if (machine->work_running == work)
		machine->work_running = NULL;
	if (!work->pending)
		return;
	while (*link != work) {
		before = *link;
		link = &(*link)->next;
	}
	*link = work->next;
	if (machine->work_last == work)
		machine->work_last = before;
	work->next = NULL;
	work->pending = false;
	work_attention(machine);
}

/** One step of one device; they take turns. */
static void work_step(struct machine *machine)
{
	struct machine_work *work = work_pop(machine);
	bool more;

	machine->progress++;
	border_progress(machine);
	machine->work_running = work;
	machine->in_step = true;
	machine->in_host++;
	more = work->step(work->argument);
	machine->in_host--;
	machine->in_step = false;
	/* Whoever cancelled its work in its step may be gone by now. */
	if (machine->work_running == work && more && !work->pending)
		work_append(machine, work);
	machine->work_running = NULL;
}

static void work_steps(struct machine *machine, unsigned most)
{
	while (machine->work_first && most--)
		work_step(machine);
	work_attention(machine);
}

void machine_work_drain(struct machine *machine)
{
	if (machine->in_step)
		return;
	while (machine->work_first)
		work_step(machine);
	work_attention(machine);
}

/** A turn of the host as the seed likes it. */
static void turn_seeded(struct machine *machine)
{
	uint64_t dice = schedule_dice(machine);

	/* Another device may come first. */
	if (machine->work_first->next && (dice & 0x700) == 0)
		work_append(machine, work_pop(machine));
	switch (dice & 3) {
	case 0:
		break;
	case 1:
		work_steps(machine, 1);
		break;
	case 2:
		work_steps(machine, 1 + (dice >> 4) % TURN_FEW);
		break;
	default:
		work_steps(machine, TURN_STEPS);
		break;
	}
	machine->countdown = (dice >> 32) % PAUSE_CALLS;
}

/** The host's turn when the guest gives way: something happens. */
static void turn_relaxed(struct machine *machine)
{
	uint64_t dice;

	if (machine->schedule != MACHINE_SCHEDULE_SEEDED) {
		work_steps(machine, machine->schedule == MACHINE_SCHEDULE_SINGLE
					    ? 1
					    : TURN_STEPS);
		return;
	}
	dice = schedule_dice(machine);
	work_steps(machine, dice & 1 ? TURN_STEPS : 1 + (dice >> 4) % TURN_FEW);
}

/* ---- The border's slow path ---- */

static void schedule_watch(struct machine *machine)
{
	uint64_t calls = machine->counters.border_calls;

	if (machine->time < machine->watch_due)
		return;
	machine->watch_due = machine->time + WATCH_PERIOD;
	if (machine->watch_progress != machine->progress) {
		machine->watch_progress = machine->progress;
		machine->watch_calls = calls;
	} else if (calls - machine->watch_calls >= WATCH_CALLS) {
		machine_stop(machine, MACHINE_SPIN,
			     "%llu calls through the border since the host "
			     "last did anything, and no end",
			     (unsigned long long)(calls -
						  machine->watch_calls));
	}
}

void schedule_attend(struct machine *machine, unsigned mask)
{
	bool seeded = machine->schedule == MACHINE_SCHEDULE_SEEDED;

	if (machine->in_host)
		return;
	schedule_watch(machine);
	if (!machine->realtime)
		clock_fire(machine);
	if (machine->attention & mask & ATTENTION_WORK) {
		if ((mask & ATTENTION_WORK_EXIT) || !machine->countdown)
			turn_seeded(machine);
		else
			machine->countdown--;
	} else if (machine->attention & mask & ATTENTION_WORK_EXIT) {
		work_steps(machine, TURN_STEPS);
	}
	if (!(machine->attention & ATTENTION_INTERRUPT) ||
	    machine->in_handler || machine->locks)
		return;
	/* Now and then an interrupt takes a little longer. */
	if (!seeded || schedule_dice(machine) % DELIVERY_TRIES)
		interrupt_deliver(machine);
}

static void spin_describe(struct machine *machine, char *text, size_t bytes)
{
	unsigned long long polled = machine->polled;

	switch (machine->polled_kind) {
	case POLLED_MEMORY:
		heap_describe(machine, (const void *)(uintptr_t)polled, text,
			      bytes);
		break;
	case POLLED_MSR:
		snprintf(text, bytes, "MSR 0x%llx", polled);
		break;
	case POLLED_CPUID:
		snprintf(text, bytes, "CPUID 0x%llx", polled);
		break;
	case POLLED_PORT:
		snprintf(text, bytes, "I/O port 0x%llx", polled);
		break;
	case POLLED_MMIO:
		snprintf(text, bytes, "the register at 0x%llx", polled);
		break;
	case POLLED_RELAX:
		snprintf(text, bytes, "port_relax()");
		break;
	default:
		snprintf(text, bytes, "the clock");
		break;
	}
}

static const char *spin_cause(const struct machine *machine)
{
	if (machine->locks)
		return "a lock is held, so no interrupt can change it";
	if (machine->in_handler)
		return "it is an interrupt handler that polls";
	if (machine->work_first)
		return "the host has work to do, but the loop never gives way "
		       "(port_relax())";
	return "nothing can change it";
}

static _Noreturn void spin_stop(struct machine *machine)
{
	char text[200];

	spin_describe(machine, text, sizeof(text));
	machine_stop(machine, MACHINE_SPIN, "polled %s, %u times, and %s", text,
		     machine->idle, spin_cause(machine));
}

/** In real time the other thread can change anything, if it is let in. */
static void schedule_spin_live(struct machine *machine)
{
	border_progress(machine);
	if (machine->in_handler || machine->locks)
		return;
	realtime_give_way(machine, 0);
	interrupt_deliver(machine);
}

void schedule_spin(struct machine *machine, enum polled_kind kind)
{
	if (machine->in_host)
		return;
	if (machine->realtime) {
		schedule_spin_live(machine);
		return;
	}
	/* What was looked at before the loop is not what it polls. */
	if (machine->idle == SPIN_PATIENCE + 1)
		machine->polled_kind = POLLED_NOTHING;
	if (machine->polled_kind <= POLLED_RELAX)
		machine->polled_kind = kind;
	if (machine->idle >= SPIN_LIMIT)
		spin_stop(machine);
	machine->time +=
		(uint64_t)(machine->idle - SPIN_PATIENCE) * SPIN_PENALTY;
	/* The eager host waits for an exit, but not for ever. */
	if (machine->work_first && machine->schedule == MACHINE_SCHEDULE_EAGER)
		work_steps(machine, TURN_STEPS);
}

/* ---- Giving way ---- */

/** Whatever can happen now: events, work, interrupts. @return whether it did */
static bool schedule_turn(struct machine *machine)
{
	uint64_t before = machine->progress;

	clock_fire(machine);
	if (machine->work_first)
		turn_relaxed(machine);
	interrupt_deliver(machine);
	return machine->progress != before;
}

/** Move the clock on to a time, or to an event before it. */
static void clock_advance(struct machine *machine, uint64_t until)
{
	if (machine->events && machine->events->due < until)
		until = machine->events->due;
	if (until > machine->time)
		machine->time = until;
}

/** As below, with the host in its own thread. */
static void schedule_relax_live(struct machine *machine, uint64_t deadline)
{
	interrupt_deliver(machine);
	/* What was taken already is not waited for; the host has its turn. */
	if (machine->taken_since_relax)
		deadline = 0;
	realtime_give_way(machine, deadline);
	interrupt_deliver(machine);
	machine->taken_since_relax = false;
	border_progress(machine);
}

void schedule_relax(struct machine *machine, uint64_t deadline)
{
	char text[200];
	bool happened;

	border_refuse_waiting(machine, "port_relax()");
	machine->counters.border_calls++;
	machine->time += BORDER_COST_RELAX;
	if (machine->realtime) {
		schedule_relax_live(machine, deadline);
		return;
	}
	happened = schedule_turn(machine);
	/* What was taken between the caller's last look and now counts. */
	if (machine->taken_since_relax)
		happened = true;
	machine->taken_since_relax = false;
	if (!happened) {
		if (deadline == MACHINE_NEVER &&
		    (!machine->events ||
		     machine->events->due == MACHINE_NEVER)) {
			spin_describe(machine, text, sizeof(text));
			machine_stop(machine, MACHINE_SPIN,
				     "port_relax() without a deadline after a "
				     "look at %s, and nothing is left that "
				     "could happen",
				     text);
		}
		clock_advance(machine, deadline);
		happened = schedule_turn(machine);
		machine->taken_since_relax = false;
	}
	if (happened)
		border_progress(machine);
	else if (++machine->idle > SPIN_PATIENCE)
		schedule_spin(machine, POLLED_RELAX);
}

void schedule_delay(struct machine *machine, uint64_t nanoseconds)
{
	uint64_t until = machine->time + nanoseconds;

	border_refuse_waiting(machine, "port_delay()");
	machine->counters.border_calls++;
	if (until < nanoseconds || until == MACHINE_NEVER)
		machine_stop(machine, MACHINE_SPIN,
			     "port_delay() of %llu nanoseconds: until the end "
			     "of time",
			     (unsigned long long)nanoseconds);
	while (machine->realtime && machine->time < until)
		schedule_relax_live(machine, until);
	if (machine->realtime)
		return;
	schedule_turn(machine);
	do {
		clock_advance(machine, until);
		schedule_turn(machine);
	} while (machine->time < until);
	/* A loop of delays alone is a loop that polls the clock. */
	if (++machine->idle > SPIN_PATIENCE)
		schedule_spin(machine, POLLED_RELAX);
}
