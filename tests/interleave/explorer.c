/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Choices: which there are at a place, which were taken, and which are left.
 *
 * The code that chooses runs on the stack of whoever is about to do something,
 * so an execution switches stacks only as often as the sides take turns.
 */
#include "tests/interleave/explorer_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- Ends of an execution ---- */

/** Leave this execution for good: its coroutines start anew in the next. */
static _Noreturn void execution_leave(struct explorer *explorer,
				      enum outcome outcome)
{
	explorer->outcome = outcome;
	setcontext(&explorer->main);
	abort();
}

void explorer_fail(struct explorer *explorer, const char *kind,
		   const char *format, ...)
{
	struct explorer_result *result = explorer->result;
	va_list arguments;

	result->failed = true;
	result->stops = explorer->stopped;
	snprintf(result->kind, sizeof(result->kind), "%s", kind);
	va_start(arguments, format);
	vsnprintf(result->text, sizeof(result->text), format, arguments);
	va_end(arguments);
	execution_leave(explorer, OUTCOME_FAILED);
}

/** Nobody goes on; what is still in a buffer gets out in the end. */
static _Noreturn void execution_end(struct explorer *explorer)
{
	explorer_drain_all(explorer, GUEST);
	explorer_drain_all(explorer, HOST);
	explorer->world->end(explorer->world->context);
	execution_leave(explorer, OUTCOME_COMPLETE);
}

/* ---- Options ---- */

static bool is_awake(const struct explorer *explorer, enum side side)
{
	const struct coroutine *self = &explorer->sides[side];

	if (side == GUEST && explorer->in_handler)
		return true;
	return !self->finished && (!self->waits || *self->waits);
}

static bool is_interrupted(const struct explorer *explorer, enum side side)
{
	return side == GUEST && explorer->signalled[GUEST] &&
	       !explorer->in_handler && !explorer->sides[GUEST].finished;
}

static void option_add(struct choice *choice, enum option option)
{
	choice->options[choice->count++] = (uint8_t)option;
}

/** What can happen next; nothing when both sleep and no signal is coming. */
static void options_find(const struct explorer *explorer, struct choice *choice)
{
	enum side self = explorer->running, other = !self;
	const struct coroutine *others = &explorer->sides[other];
	bool awake = is_awake(explorer, self);
	bool interrupted = is_interrupted(explorer, self);
	bool other_can =
		is_awake(explorer, other) || is_interrupted(explorer, other);

	choice->count = 0;
	if (awake)
		option_add(choice, OPTION_RUN);
	if (awake && others->first != others->last)
		option_add(choice, OPTION_DRAIN);
	if (interrupted)
		option_add(choice, OPTION_INTERRUPT);
	/* Whoever has just begun to run does something first. */
	if (!other_can || (!explorer->moved && (awake || interrupted)))
		return;
	if (!awake || explorer->stopped < explorer->bound)
		option_add(choice, OPTION_SWITCH);
}

static uint64_t state_key(const struct explorer *explorer)
{
	const struct explorer_world *world = explorer->world;
	uint64_t key = world->state(world->context);
	enum side side;

	for (side = GUEST; side < SIDES; side++) {
		key = explorer_mix(key, explorer->sides[side].history);
		key = explorer_mix(key, explorer->signalled[side]);
	}
	key = explorer_mix(key, explorer_memory_key(explorer));
	key = explorer_mix(key, explorer->running);
	key = explorer_mix(key, explorer->moved);
	if (explorer->bound != EXPLORER_UNBOUNDED)
		key = explorer_mix(key, explorer->stopped);
	return key;
}

/** Take the option that is this execution's turn. */
static enum option option_take(struct explorer *explorer,
			       const struct choice *found)
{
	unsigned at = explorer->choice_next;
	struct choice *choice;

	if (found->count == 1)
		return (enum option)found->options[0];
	if (at == CHOICES_MAX)
		explorer_fail(explorer, "livelock", "choices without an end");
	choice = &explorer->choices[at];
	if (at == explorer->choice_count) {
		uint64_t key = state_key(explorer);

		if (memo_find(&explorer->memo, key, &explorer->known))
			execution_leave(explorer, OUTCOME_KNOWN);
		*choice = *found;
		choice->key = key;
		choice->interleavings = 0;
		choice->current = 0;
		explorer->choice_count++;
	} else if (choice->count != found->count) {
		fprintf(stderr, "the explored code is not deterministic\n");
		abort();
	}
	explorer->choice_next++;
	return (enum option)choice->options[choice->current];
}

/* ---- Turns ---- */

static void turn_give(struct explorer *explorer)
{
	enum side self = explorer->running;

	if (is_awake(explorer, self))
		explorer->stopped++;
	explorer->running = !self;
	explorer->moved = false;
	swapcontext(&explorer->sides[self].registers,
		    &explorer->sides[!self].registers);
}

static void interrupt_take(struct explorer *explorer)
{
	struct coroutine *guest = &explorer->sides[GUEST];

	explorer->signalled[GUEST] = false;
	explorer->in_handler = true;
	explorer->moved = true;
	guest->history = explorer_mix(guest->history, 4);
	explorer_note(explorer, "takes an interrupt");
	explorer->world->interrupt(explorer->world->context);
	guest->history = explorer_mix(guest->history, 5);
	explorer_note(explorer, "returns from the interrupt");
	explorer->in_handler = false;
}

void explorer_point(struct explorer *explorer)
{
	struct choice choice;

	if (++explorer->accesses > ACCESSES_MAX)
		explorer_fail(explorer, "livelock", "accesses without an end");
	for (;;) {
		options_find(explorer, &choice);
		if (choice.count == 0)
			execution_end(explorer);
		switch (option_take(explorer, &choice)) {
		case OPTION_RUN:
			explorer->moved = true;
			return;
		case OPTION_DRAIN:
			explorer_drain(explorer, !explorer->running);
			break;
		case OPTION_INTERRUPT:
			interrupt_take(explorer);
			break;
		case OPTION_SWITCH:
			turn_give(explorer);
			break;
		}
	}
}

void explorer_wait(struct explorer *explorer, bool *flag)
{
	struct coroutine *self = &explorer->sides[explorer->running];

	explorer_note(explorer, "sleeps");
	self->history = explorer_mix(self->history, 6);
	self->waits = flag;
	explorer_point(explorer);
	self->waits = NULL;
	*flag = false;
	self->history = explorer_mix(self->history, 7);
	explorer_note(explorer, "wakes up");
}

void explorer_forget(struct explorer *explorer, uint64_t state)
{
	explorer->sides[explorer->running].history = state;
}

bool *explorer_doorbell(struct explorer *explorer)
{
	return &explorer->signalled[HOST];
}

enum side explorer_running(const struct explorer *explorer)
{
	return explorer->running;
}

/* ---- Executions ---- */

/** makecontext() passes integers only. */
static void coroutine_main(unsigned high, unsigned low)
{
	struct explorer *explorer =
		(struct explorer *)((uintptr_t)high << 16 << 16 | low);
	enum side self = explorer->running;

	explorer->world->run[self](explorer->world->context);
	explorer_note(explorer, "is done");
	explorer->sides[self].finished = true;
	explorer_point(explorer);
	abort();
}

static void coroutine_reset(struct explorer *explorer, enum side side)
{
	struct coroutine *self = &explorer->sides[side];
	uintptr_t address = (uintptr_t)explorer;

	self->finished = false;
	self->waits = NULL;
	self->history = 0;
	self->first = 0;
	self->last = 0;
	self->data_used = 0;
	getcontext(&self->registers);
	self->registers.uc_stack.ss_sp = self->stack;
	self->registers.uc_stack.ss_size = STACK_BYTES;
	self->registers.uc_link = NULL;
	makecontext(&self->registers, (void (*)(void))coroutine_main, 2,
		    (unsigned)(address >> 16 >> 16), (unsigned)address);
}

/** From the start along the choices made, then the first of all that follow. */
static void execute(struct explorer *explorer)
{
	memset(explorer->memory, 0,
	       (size_t)EXPLORER_RINGS * EXPLORER_RING_BYTES);
	coroutine_reset(explorer, GUEST);
	coroutine_reset(explorer, HOST);
	explorer->running = GUEST;
	explorer->moved = false;
	explorer->in_handler = false;
	explorer->signalled[GUEST] = false;
	explorer->signalled[HOST] = false;
	explorer->accesses = 0;
	explorer->stopped = 0;
	explorer->choice_next = 0;
	explorer->step = 0;
	explorer->world->reset(explorer->world->context);
	swapcontext(&explorer->main, &explorer->sides[GUEST].registers);
}

/** Change the last choice that has alternatives left. @return false: none */
static bool backtrack(struct explorer *explorer, double *value)
{
	struct choice *choice;

	while (explorer->choice_count) {
		choice = &explorer->choices[explorer->choice_count - 1];
		choice->interleavings += *value;
		if (++choice->current < choice->count)
			return true;
		memo_add(&explorer->memo, choice->key, choice->interleavings);
		*value = choice->interleavings;
		explorer->choice_count--;
	}
	return false;
}

void explorer_run(struct explorer *explorer, unsigned bound,
		  struct explorer_result *result)
{
	double value;

	memset(result, 0, sizeof(*result));
	explorer->bound = bound;
	explorer->result = result;
	explorer->choice_count = 0;
	memo_clear(&explorer->memo);
	do {
		execute(explorer);
		result->executions++;
		if (explorer->outcome == OUTCOME_FAILED)
			return;
		value = explorer->outcome == OUTCOME_KNOWN ? explorer->known
							   : 1;
	} while (backtrack(explorer, &value));
	result->interleavings = value;
	result->states = explorer->memo.used;
}

void explorer_show(struct explorer *explorer, FILE *to)
{
	explorer->show = to;
	execute(explorer);
	explorer->show = NULL;
}

uint8_t *explorer_ring(struct explorer *explorer, unsigned ring)
{
	return explorer->memory + (size_t)ring * EXPLORER_RING_BYTES;
}

struct explorer *explorer_create(const struct explorer_world *world)
{
	struct explorer *explorer = calloc(1, sizeof(*explorer));

	if (!explorer)
		abort();
	explorer->world = world;
	explorer->memory = aligned_alloc(4096, (size_t)EXPLORER_RINGS *
						       EXPLORER_RING_BYTES);
	explorer->sides[GUEST].stack = malloc(STACK_BYTES);
	explorer->sides[HOST].stack = malloc(STACK_BYTES);
	if (!explorer->memory || !explorer->sides[GUEST].stack ||
	    !explorer->sides[HOST].stack)
		abort();
	return explorer;
}

void explorer_destroy(struct explorer *explorer)
{
	memo_clear(&explorer->memo);
	free(explorer->sides[GUEST].stack);
	free(explorer->sides[HOST].stack);
	free(explorer->memory);
	free(explorer);
}
