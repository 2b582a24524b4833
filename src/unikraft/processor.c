/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The border: time, interrupts, locks and the log (port.h).
 *
 * A handler of ours runs on the interrupt's stack and only the general
 * registers are saved for it. All drivers are therefore compiled for these
 * alone (Makefile.uk), and no handler copies memory with the C library's
 * functions, which are not.
 */
#include <stdio.h>

#include <uk/alloc.h>
#include <uk/intctlr.h>
#include <uk/plat/time.h>
#include <uk/print.h>

#include "unikraft/machine.h"
#include "unikraft/platform_release.h"

/* ---- Time ---- */

/** The longest pause in port_relax(): not all that changes interrupts. */
#define RELAX_TIME 1000000ull
/** Shorter delays are spun through, in nanoseconds. */
#define SPIN_TIME  100000ull

uint64_t platform_time(void)
{
	return (uint64_t)ukplat_monotonic_clock();
}

void platform_delay(struct port *port, uint64_t nanoseconds)
{
	uint64_t end = platform_time() + nanoseconds;
	uint64_t now;

	for (now = platform_time(); now < end; now = platform_time()) {
		unsigned long state;

		if (end - now < SPIN_TIME) {
			__asm__ __volatile__("pause");
			continue;
		}
		state = release_interrupts_save();
		release_halt_until(end);
		release_interrupts_restore(state);
	}
	(void)port;
}

/*
 * The processor halts, and no other thread gets to run: what waits here is in
 * the middle of changing a card, and the stack's threads would find it half
 * done. The waits are few and as long as a host takes to answer.
 */
void platform_relax(struct port *port, uint64_t deadline)
{
	uint64_t now = platform_time();
	unsigned long state;

	if (now >= deadline)
		return;
	if (deadline - now > RELAX_TIME)
		deadline = now + RELAX_TIME;
	state = release_interrupts_save();
	if (port->interrupts == port->interrupts_seen)
		release_halt_until(deadline);
	port->interrupts_seen = port->interrupts;
	release_interrupts_restore(state);
}

/* ---- Vectors ---- */

/** Unikraft's interrupt 0 is this vector (x86). */
#define VECTOR_FIRST 32u
#define VECTOR_LAST  255u

struct machine_vector {
	struct machine_vector *next;
	struct port *port;
	void (*handler)(void *argument);
	void *argument;
	unsigned int irq;
};

static int vector_taken(void *argument)
{
	struct machine_vector *vector = argument;
	struct port *port = vector->port;

	port->interrupts++;
	port->in_handler = true;
	vector->handler(vector->argument);
	port->in_handler = false;
	return 1;
}

int platform_interrupt_attach(struct port *port,
			      void (*handler)(void *argument), void *argument,
			      uint8_t *vector)
{
	struct machine_vector *entry;

	if (apic_accept(port) != 0)
		return ERROR_NO_SPACE;
	entry = platform_alloc(port, sizeof(*entry));
	if (!entry)
		return ERROR_NO_SPACE;
	if (uk_intctlr_irq_alloc(&entry->irq, 1) != 0)
		goto free_entry;
	entry->port = port;
	entry->handler = handler;
	entry->argument = argument;
	/* The last number that Unikraft gives away has no vector. */
	if (entry->irq > VECTOR_LAST - VECTOR_FIRST ||
	    uk_intctlr_irq_register(entry->irq, vector_taken, entry) != 0)
		goto free_irq;
	entry->next = port->vectors;
	port->vectors = entry;
	*vector = (uint8_t)(VECTOR_FIRST + entry->irq);
	return 0;

free_irq:
	uk_intctlr_irq_free(&entry->irq, 1);
free_entry:
	platform_free(port, entry);
	return ERROR_NO_SPACE;
}

void platform_interrupt_detach(struct port *port, uint8_t vector)
{
	struct machine_vector **link = &port->vectors;
	struct machine_vector *entry;

	while (*link && (*link)->irq + VECTOR_FIRST != vector)
		link = &(*link)->next;
	entry = *link;
	if (!entry)
		return;
	*link = entry->next;
	uk_intctlr_irq_unregister(entry->irq, vector_taken);
	uk_intctlr_irq_free(&entry->irq, 1);
	platform_free(port, entry);
}

/*
 * A message ends in the local APIC, and who serves it must say so there. That
 * is Unikraft's interrupt controller's part, and only the one for the APIC
 * plays it.
 */
int platform_interrupt_message(uint8_t vector, uint64_t *address,
			       uint32_t *data)
{
#if CONFIG_LIBUKINTCTLR_APIC
	*address = 0xfee00000u;
	*data = vector;
	return 0;
#else
	(void)vector;
	(void)address;
	(void)data;
	return ERROR_NOT_SUPPORTED;
#endif
}

/* ---- Lines ---- */

/** Inputs of the two 8259s. */
#define LINES	     16u
/** The second 8259 comes in on this input of the first. */
#define LINE_CASCADE 2u

struct line_user {
	struct line_user *next;
	bool (*handler)(void *argument);
	void *argument;
};

/**
 * A line that somebody takes part in. Unikraft forgets handlers by their
 * function, all that have the same; so there is one for each line.
 */
struct machine_line {
	struct machine_line *next;
	struct port *port;
	unsigned int number;
	struct line_user *users;
};

static int line_taken(void *argument)
{
	struct machine_line *line = argument;
	struct port *port = line->port;
	struct line_user *user;
	int handled = 0;

	port->interrupts++;
	port->in_handler = true;
	for (user = line->users; user; user = user->next)
		if (user->handler(user->argument))
			handled = 1;
	port->in_handler = false;
	return handled;
}

static struct machine_line *line_find(struct port *port, unsigned int number)
{
	struct machine_line *line = port->lines;

	while (line && line->number != number)
		line = line->next;
	return line;
}

static int cascade_taken(void *argument)
{
	(void)argument;
	return 0;
}

/**
 * Lines of the second 8259 pass through an input of the first, which Unikraft
 * leaves as firmware had it. To register is the way to have it unmasked.
 */
static void cascade_open(struct port *port)
{
	if (!port->cascade_open)
		port->cascade_open =
			uk_intctlr_irq_register(LINE_CASCADE, cascade_taken,
						port) == 0;
}

/** Start to listen on a line, for the users that it has. */
static int line_listen(struct port *port, unsigned int number,
		       struct line_user *users)
{
	struct machine_line *line = platform_alloc(port, sizeof(*line));

	if (!line)
		return ERROR_NO_SPACE;
	line->port = port;
	line->number = number;
	line->users = users;
	if (uk_intctlr_irq_register(number, line_taken, line) != 0) {
		platform_free(port, line);
		return ERROR_NO_SPACE;
	}
	line->next = port->lines;
	port->lines = line;
	if (number >= LINES / 2)
		cascade_open(port);
	return 0;
}

int platform_line_attach(struct port *port, unsigned int number,
			 bool (*handler)(void *argument), void *argument)
{
	struct machine_line *line;
	struct line_user *user;
	unsigned long state;
	int error;

	if (number >= LINES || number == LINE_CASCADE)
		return ERROR_INVALID;
	user = platform_alloc(port, sizeof(*user));
	if (!user)
		return ERROR_NO_SPACE;
	user->handler = handler;
	user->argument = argument;
	line = line_find(port, number);
	if (!line) {
		error = line_listen(port, number, user);
		if (error)
			platform_free(port, user);
		return error;
	}
	state = release_interrupts_save();
	user->next = line->users;
	line->users = user;
	release_interrupts_restore(state);
	return 0;
}

/** Nobody is left: stop to listen. */
static void line_forget(struct port *port, struct machine_line *line)
{
	struct machine_line **link = &port->lines;

	uk_intctlr_irq_unregister(line->number, line_taken);
	while (*link != line)
		link = &(*link)->next;
	*link = line->next;
	platform_free(port, line);
}

void platform_line_detach(struct port *port, unsigned int number,
			  bool (*handler)(void *argument), void *argument)
{
	struct machine_line *line = line_find(port, number);
	struct line_user **link, *user;
	unsigned long state;

	if (!line)
		return;
	state = release_interrupts_save();
	link = &line->users;
	while (*link &&
	       ((*link)->handler != handler || (*link)->argument != argument))
		link = &(*link)->next;
	user = *link;
	if (user)
		*link = user->next;
	release_interrupts_restore(state);
	platform_free(port, user);
	if (!line->users)
		line_forget(port, line);
}

/* ---- Locks ---- */

/** A lock that is held: whether interrupts were on before is in the upper. */
#define LOCK_HELD	 1u
#define LOCK_STATE_SHIFT 1u

/*
 * The state that is saved are the processor's flags, of which the low half is
 * all there is. Unikraft runs our threads on one processor, where the loop is
 * never entered; it is there for whoever calls from another.
 */
void platform_lock(struct port_lock *lock)
{
	unsigned long state = release_interrupts_save();
	unsigned int held = (unsigned int)state << LOCK_STATE_SHIFT | LOCK_HELD;
	unsigned int free = 0;

	while (!__atomic_compare_exchange_n(&lock->state, &free, held, false,
					    __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED)) {
		free = 0;
		__asm__ __volatile__("pause");
	}
}

void platform_unlock(struct port_lock *lock)
{
	unsigned long state = lock->state >> LOCK_STATE_SHIFT;

	__atomic_store_n(&lock->state, 0, __ATOMIC_RELEASE);
	release_interrupts_restore(state);
}

/* ---- Log ---- */

#define LINE_BYTES 160

/*
 * Formatting uses registers that an interrupt does not save. No driver has
 * something to say there; if one had, its line would be dropped.
 */
void platform_log(struct port *port, enum port_log_level level,
		  const char *format, va_list arguments)
{
	char line[LINE_BYTES];

	if (port->in_handler)
		return;
	vsnprintf(line, sizeof(line), format, arguments);
	switch (level) {
	case PORT_LOG_ERROR:
		uk_pr_err("%s\n", line);
		break;
	case PORT_LOG_WARNING:
		uk_pr_warn("%s\n", line);
		break;
	case PORT_LOG_INFO:
		uk_pr_info("%s\n", line);
		break;
	case PORT_LOG_DEBUG:
		uk_pr_debug("%s\n", line);
		break;
	}
}
