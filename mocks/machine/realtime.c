/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MACHINE_SCHEDULE_REALTIME: the clock is the operating system's, and the host
 * runs in a thread of its own.
 *
 * The machine has one lock. The guest's thread holds it while guest code runs
 * and lets go of it where the guest gives way (port_relax(), port_delay(), a
 * loop that polls for long); the host's thread holds it from machine_enter() to
 * machine_leave(). So the two never run at once, whoever waits for the lock is
 * let in at the next of these places, and host code is the same as it is in the
 * deterministic schedules. What the host waits for (sockets, timers) it waits
 * for without the lock.
 *
 * The clock never goes back and never stands still: where calls through the
 * border cost more in the machine than they took in the world, it is ahead, and
 * goes on from there.
 */
#include "mocks/machine/internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS 1000000000u

struct realtime {
	pthread_mutex_t lock;
	/** The guest waits for an interrupt, or for the host's turn to end. */
	pthread_cond_t turn_over;
	/** Written when the host's thread has something to do. */
	int kick;
	bool is_kicked;
	/** The host's thread waits for the lock; and its turns so far. */
	atomic_bool host_waits;
	uint64_t turns;
	bool host_inside;
	/** Nanoseconds of the world's clock at which the machine's was 0. */
	uint64_t epoch;
};

static uint64_t world_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NANOSECONDS + (uint64_t)now.tv_nsec;
}

bool realtime_create(struct machine *machine)
{
	struct realtime *realtime;
	pthread_condattr_t attributes;

	if (machine->schedule != MACHINE_SCHEDULE_REALTIME)
		return true;
	realtime = calloc(1, sizeof(*realtime));
	if (!realtime)
		return false;
	realtime->kick = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (realtime->kick < 0) {
		free(realtime);
		return false;
	}
	pthread_mutex_init(&realtime->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&realtime->turn_over, &attributes);
	pthread_condattr_destroy(&attributes);
	realtime->epoch = world_time();
	machine->realtime = realtime;
	return true;
}

void realtime_destroy(struct machine *machine)
{
	struct realtime *realtime = machine->realtime;

	if (!realtime)
		return;
	pthread_cond_destroy(&realtime->turn_over);
	pthread_mutex_destroy(&realtime->lock);
	close(realtime->kick);
	free(realtime);
	machine->realtime = NULL;
}

void realtime_clock(struct machine *machine)
{
	struct realtime *realtime = machine->realtime;
	uint64_t now = world_time() - realtime->epoch;

	if (now < machine->time)
		realtime->epoch -= machine->time - now;
	else
		machine->time = now;
}

/* ---- The guest's side: called with the lock held ---- */

void realtime_guest_begin(struct machine *machine)
{
	pthread_mutex_lock(&machine->realtime->lock);
	realtime_clock(machine);
}

void realtime_guest_end(struct machine *machine)
{
	pthread_mutex_unlock(&machine->realtime->lock);
}

void realtime_kick(struct machine *machine)
{
	struct realtime *realtime = machine->realtime;
	const uint64_t one = 1;

	if (realtime->host_inside || realtime->is_kicked)
		return;
	realtime->is_kicked = true;
	/* It cannot fail but by being full, and then it is kicked. */
	if (write(realtime->kick, &one, sizeof(one)) < 0)
		return;
}

bool realtime_is_host(const struct machine *machine)
{
	return machine->realtime && machine->realtime->host_inside;
}

void realtime_give_way(struct machine *machine, uint64_t deadline)
{
	struct realtime *realtime = machine->realtime;
	uint64_t turns = realtime->turns;
	struct timespec until;
	uint64_t world = MACHINE_NEVER;

	if (deadline < MACHINE_NEVER - realtime->epoch)
		world = realtime->epoch + deadline;
	until.tv_sec = (time_t)(world / NANOSECONDS);
	until.tv_nsec = (long)(world % NANOSECONDS);
	/* Who waits for the lock comes first, whatever the deadline. */
	while (realtime->turns == turns) {
		if (atomic_load(&realtime->host_waits))
			pthread_cond_wait(&realtime->turn_over,
					  &realtime->lock);
		else if (world_time() >= world ||
			 pthread_cond_timedwait(&realtime->turn_over,
						&realtime->lock,
						&until) == ETIMEDOUT)
			break;
	}
	realtime_clock(machine);
}

/* ---- The host's side ---- */

int machine_kick_descriptor(const struct machine *machine)
{
	return machine->realtime->kick;
}

void machine_enter(struct machine *machine)
{
	struct realtime *realtime = machine->realtime;
	uint64_t kicks;

	atomic_store(&realtime->host_waits, true);
	pthread_mutex_lock(&realtime->lock);
	atomic_store(&realtime->host_waits, false);
	realtime->host_inside = true;
	realtime->is_kicked = false;
	/* Nothing to read is no error: it was not kicked. */
	if (read(realtime->kick, &kicks, sizeof(kicks)) < 0)
		kicks = 0;
	realtime_clock(machine);
}

uint64_t machine_leave(struct machine *machine)
{
	struct realtime *realtime = machine->realtime;
	uint64_t wait = MACHINE_NEVER;

	do {
		clock_fire(machine);
		machine_work_drain(machine);
		realtime_clock(machine);
	} while (machine->events && machine->events->due <= machine->time);
	if (machine->events)
		wait = machine->events->due - machine->time;
	realtime->turns++;
	realtime->host_inside = false;
	pthread_cond_signal(&realtime->turn_over);
	pthread_mutex_unlock(&realtime->lock);
	return wait;
}
