/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Life and death of a machine, what it says, and its numbers of chance.
 *
 * The guest runs inside machine_run(). What must not go on leaves it by a jump:
 * the guest is dead where it stood, and its machine remembers why. Code of a
 * driver that a test calls directly runs outside of it, where there is nowhere
 * to jump to; then the reason goes to standard error and the program ends.
 */
#include "mocks/machine/internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CPUS_DEFAULT   2u
#define TSC_HZ_DEFAULT 2600000000u
#define TEXT_BYTES     MACHINE_REASON_MAX

/* ---- Chance ---- */

/** One number of splitmix64, which spreads a seed over a generator's state. */
static uint64_t chance_spread(uint64_t *state)
{
	uint64_t value = *state += 0x9e3779b97f4a7c15u;

	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
	return value ^ (value >> 31);
}

static uint64_t rotate_left(uint64_t value, unsigned by)
{
	return value << by | value >> (64 - by);
}

/** xoshiro256**: a few cycles a number. */
static uint64_t chance_next(uint64_t state[4])
{
	uint64_t result = rotate_left(state[1] * 5, 7) * 9;
	uint64_t shifted = state[1] << 17;

	state[2] ^= state[0];
	state[3] ^= state[1];
	state[1] ^= state[2];
	state[0] ^= state[3];
	state[2] ^= shifted;
	state[3] = rotate_left(state[3], 45);
	return result;
}

static void chance_create(struct machine *machine, uint64_t seed)
{
	uint64_t state = seed;
	unsigned n;

	machine->seed = seed;
	for (n = 0; n < 4; n++)
		machine->random[n] = chance_spread(&state);
	for (n = 0; n < 4; n++)
		machine->dice[n] = chance_spread(&state);
}

uint64_t machine_seed(const struct machine *machine)
{
	return machine->seed;
}

uint64_t machine_random(struct machine *machine)
{
	return chance_next(machine->random);
}

uint32_t machine_random_below(struct machine *machine, uint32_t bound)
{
	return (machine_random(machine) >> 32) * bound >> 32;
}

uint64_t schedule_dice(struct machine *machine)
{
	return chance_next(machine->dice);
}

/* ---- Life ---- */

struct machine *
machine_create(const struct machine_configuration *configuration)
{
	static const struct machine_configuration defaults;
	struct machine *machine = calloc(1, sizeof(*machine));

	if (!machine)
		return NULL;
	if (!configuration)
		configuration = &defaults;
	chance_create(machine, configuration->seed);
	machine->port.machine = machine;
	machine->ram_bytes = configuration->ram_bytes;
	machine->cpus =
		configuration->cpus ? configuration->cpus : CPUS_DEFAULT;
	if (machine->cpus > MACHINE_CPUS_MAX)
		machine->cpus = MACHINE_CPUS_MAX;
	machine->tsc_hz =
		configuration->tsc_hz ? configuration->tsc_hz : TSC_HZ_DEFAULT;
	machine->schedule = configuration->schedule;
	machine->log = configuration->log;
	machine->log_level = configuration->log_level;
	machine->no_messages = configuration->no_messages;
	machine->message_words = configuration->message_words;
	machine->checkers_off = configuration->checkers_off;
	machine->spoil_messages = configuration->spoil_messages;
	machine->watch_due = WATCH_PERIOD;
	clock_update(machine);
	machine->vector_next =
		MACHINE_VECTORS_RESERVED +
		schedule_dice(machine) %
			(MACHINE_VECTORS - MACHINE_VECTORS_RESERVED);
	if (!memory_create(machine, configuration->ram_file) ||
	    !heap_create(machine) || !realtime_create(machine)) {
		machine_destroy(machine);
		return NULL;
	}
	return machine;
}

void machine_destroy(struct machine *machine)
{
	unsigned n;

	if (!machine)
		return;
	line_destroy(machine);
	realtime_destroy(machine);
	exits_destroy(machine);
	dma_destroy(machine);
	heap_destroy(machine);
	memory_destroy(machine);
	for (n = 0; n < MACHINE_VIOLATIONS_KEPT; n++)
		free(machine->violation_texts[n]);
	free(machine);
}

struct port *machine_port(struct machine *machine)
{
	return &machine->port;
}

enum machine_outcome machine_run(struct machine *machine,
				 void (*guest)(void *argument), void *argument)
{
	if (machine->outcome != MACHINE_DONE)
		return machine->outcome;
	if (machine->running) {
		fprintf(stderr, "machine_run() inside machine_run()\n");
		abort();
	}
	machine->running = true;
	if (machine->realtime)
		realtime_guest_begin(machine);
	if (!setjmp(machine->escape)) {
		guest(argument);
		if (machine->locks)
			machine_stop(machine, MACHINE_FAULT,
				     "the guest returned with a lock held");
	}
	/* The guest is gone, with whatever it or the host was in. */
	machine->running = false;
	machine->in_handler = false;
	machine->in_step = false;
	machine->in_host = 0;
	machine->locks = 0;
	machine->cpu = 0;
	machine->work_running = NULL;
	if (machine->realtime)
		realtime_guest_end(machine);
	return machine->outcome;
}

const char *machine_reason(const struct machine *machine)
{
	return machine->reason;
}

_Noreturn void machine_stop(struct machine *machine,
			    enum machine_outcome outcome, const char *format,
			    ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(machine->reason, sizeof(machine->reason), format, arguments);
	va_end(arguments);
	machine->outcome = outcome == MACHINE_DONE ? MACHINE_STOPPED : outcome;
	machine_log(machine, "stop", machine->reason);
	if (!machine->running || realtime_is_host(machine)) {
		fprintf(stderr, "machine stopped outside machine_run(): %s\n",
			machine->reason);
		abort();
	}
	longjmp(machine->escape, 1);
}

/* ---- What is told ---- */

void machine_log(struct machine *machine, const char *label, const char *text)
{
	if (machine->log)
		fprintf(machine->log, "[%4llu.%09llu] %s: %s\n",
			(unsigned long long)(machine->time / 1000000000u),
			(unsigned long long)(machine->time % 1000000000u),
			label, text);
}

void machine_violation(struct machine *machine, const char *clause,
		       const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list arguments;
	int length = snprintf(text, sizeof(text), "%s: ", clause);

	if (length < 0 || (size_t)length >= sizeof(text))
		length = 0;
	va_start(arguments, format);
	vsnprintf(text + length, sizeof(text) - length, format, arguments);
	va_end(arguments);
	if (machine->violations < MACHINE_VIOLATIONS_KEPT)
		machine->violation_texts[machine->violations] = strdup(text);
	machine->violations++;
	machine_log(machine, "violation", text);
	machine_trace(machine, &(const struct trace_event){
				       .kind = TRACE_RULE,
				       .direction = TRACE_FROM_GUEST,
				       .text = text,
			       });
}

unsigned machine_violations(const struct machine *machine)
{
	return machine->violations;
}

const char *machine_violation_text(const struct machine *machine, unsigned n)
{
	return n < MACHINE_VIOLATIONS_KEPT ? machine->violation_texts[n] : NULL;
}

void machine_counters(const struct machine *machine,
		      struct machine_counters *counters)
{
	*counters = machine->counters;
	counters->unproductive += machine->idle;
}

/* ---- Where the guest may call what ---- */

void border_refuse_handler(struct machine *machine, const char *call)
{
	if (border_unlikely(machine->in_handler))
		machine_stop(machine, MACHINE_FAULT,
			     "%s in an interrupt handler (on vCPU %u)", call,
			     machine->cpu);
}

void border_refuse_waiting(struct machine *machine, const char *call)
{
	border_refuse_handler(machine, call);
	if (border_unlikely(machine->locks))
		machine_stop(machine, MACHINE_FAULT,
			     "%s waits while a lock is held", call);
}
