/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupt lines and messages: how a device on the board reaches a vCPU.
 *
 * A line is high while any of its sources asserts it, and as long as it is, its
 * handlers run again and again on vCPU 0, one round at a border call, so that
 * the guest still gets on. Whoever never makes its device let go is stopped: on
 * a real processor it would not execute another instruction. A line without a
 * handler is masked, as an interrupt controller has it.
 *
 * A message is a write of a device to an address that no RAM answers (PCI 3.0,
 * 6.8; Intel SDM 3A, 10.11): it becomes a vector. One to RAM is just that.
 */
#include "mocks/machine/internal.h"

#include <stdlib.h>

#include "port/error.h"

/** Rounds of handlers in a row while a line never falls. */
#define LINE_STORM 20000u

#define MESSAGE_BASE	     0xfee00000u
#define MESSAGE_BYTES	     0x100000u
#define MESSAGE_CPU_SHIFT    12
#define MESSAGE_CPU_MASK     0xffu
#define MESSAGE_VECTOR_MASK  0xffu
/** Delivery modes: fixed is 0, lowest priority 1; the others are no vectors. */
#define MESSAGE_MODE_SHIFT   8
#define MESSAGE_MODE_MASK    7u
#define MESSAGE_MODE_LOWEST  1u
#define MESSAGE_VECTOR_LEAST 16u
#define MESSAGE_WORD_BYTES   4u

static bool line_ready(const struct line *line)
{
	return line->handlers && !line->lost &&
	       (line->asserted || line->pulsed);
}

/** Count the lines that want a handler, after one of them changed. */
static void line_update(struct machine *machine, struct line *line)
{
	bool ready = line_ready(line);

	if (ready == line->ready)
		return;
	line->ready = ready;
	if (ready)
		machine->lines_ready++;
	else
		machine->lines_ready--;
	interrupt_attention(machine);
}

/** It rose, or did so once more: one such time may be the one that is lost. */
static void line_raise(struct machine *machine, struct line *line)
{
	machine->progress++;
	line->lost = machine_fault_fires(machine, MACHINE_FAULT_INTERRUPT);
}

/** @param what 0: low, 1: high, 2: an edge */
static void trace_line(struct machine *machine, unsigned number, unsigned what)
{
	const struct trace_event event = {
		.kind = TRACE_LINE,
		.direction = TRACE_TO_GUEST,
		.address = number,
		.value = what,
	};

	machine_trace(machine, &event);
}

void machine_line_set(struct machine *machine,
		      struct machine_line_source *source, bool asserted)
{
	struct line *line;

	if (source->line >= MACHINE_LINES)
		return;
	line = &machine->lines[source->line];
	if (asserted != source->asserted && traced(machine))
		trace_line(machine, source->line, asserted);
	if (asserted)
		line_raise(machine, line);
	if (asserted && !source->asserted)
		line->asserted++;
	else if (!asserted && source->asserted)
		line->asserted--;
	source->asserted = asserted;
	if (!line->asserted)
		line->rounds = 0;
	line_update(machine, line);
}

void machine_line_pulse(struct machine *machine, unsigned number)
{
	struct line *line;

	if (number >= MACHINE_LINES)
		return;
	line = &machine->lines[number];
	if (traced(machine))
		trace_line(machine, number, 2);
	line_raise(machine, line);
	line->pulsed = !line->lost;
	line_update(machine, line);
}

bool machine_line_asserted(const struct machine *machine, unsigned number)
{
	return number < MACHINE_LINES && machine->lines[number].asserted;
}

/* ---- Handlers ---- */

int line_attach(struct machine *machine, unsigned number,
		bool (*function)(void *argument), void *argument)
{
	struct line_handler **link;
	struct line_handler *handler;

	if (number >= MACHINE_LINES)
		return ERROR_INVALID;
	if (machine_fault_fires(machine, MACHINE_FAULT_ATTACH))
		return ERROR_NO_SPACE;
	handler = calloc(1, sizeof(*handler));
	if (!handler)
		return ERROR_NO_SPACE;
	handler->function = function;
	handler->argument = argument;
	for (link = &machine->lines[number].handlers; *link;
	     link = &(*link)->next)
		;
	*link = handler;
	machine->counters.live_handlers++;
	line_update(machine, &machine->lines[number]);
	return 0;
}

void line_detach(struct machine *machine, unsigned number,
		 bool (*function)(void *argument), void *argument)
{
	struct line_handler **link = NULL;
	struct line_handler *handler = NULL;

	if (number < MACHINE_LINES) {
		link = &machine->lines[number].handlers;
		while (*link && ((*link)->function != function ||
				 (*link)->argument != argument))
			link = &(*link)->next;
		handler = *link;
	}
	if (!handler)
		machine_stop(machine, MACHINE_FAULT,
			     "port_line_detach() of line %u: no such handler "
			     "is attached",
			     number);
	*link = handler->next;
	free(handler);
	machine->counters.live_handlers--;
	line_update(machine, &machine->lines[number]);
}

static void line_storm(struct machine *machine, unsigned number, bool taken)
{
	machine_stop(machine, MACHINE_SPIN,
		     "interrupt line %u: its handlers ran %u times and it is "
		     "still asserted: %s",
		     number, LINE_STORM,
		     taken ? "none makes its device let go"
			   : "none takes it for its own");
}

static void line_run(struct machine *machine, unsigned number)
{
	struct line *line = &machine->lines[number];
	unsigned interrupted = machine->cpu;
	struct line_handler *handler;
	bool taken = false;

	line->pulsed = false;
	line->rounds++;
	machine->progress++;
	border_progress(machine);
	machine->counters.interrupts++;
	machine->taken_since_relax = true;
	machine->cpu = 0;
	machine->in_handler = true;
	for (handler = line->handlers; handler; handler = handler->next)
		taken |= handler->function(handler->argument);
	machine->in_handler = false;
	machine->cpu = interrupted;
	if (machine->locks)
		machine_stop(machine, MACHINE_FAULT,
			     "a handler of interrupt line %u returned with a "
			     "lock held",
			     number);
	if (line->asserted && line->rounds >= LINE_STORM)
		line_storm(machine, number, taken);
	line_update(machine, line);
}

void line_deliver(struct machine *machine)
{
	unsigned number;

	for (number = 0; machine->lines_ready && number < MACHINE_LINES;
	     number++)
		if (machine->lines[number].ready)
			line_run(machine, number);
}

void line_destroy(struct machine *machine)
{
	unsigned number;

	for (number = 0; number < MACHINE_LINES; number++) {
		struct line *line = &machine->lines[number];

		while (line->handlers) {
			struct line_handler *handler = line->handlers;

			line->handlers = handler->next;
			free(handler);
		}
	}
}

/* ---- Messages ---- */

void message_make(const struct machine *machine, uint8_t vector, unsigned cpu,
		  uint64_t *address, uint32_t *data)
{
	*address = MESSAGE_BASE | (uint64_t)cpu << MESSAGE_CPU_SHIFT;
	if (machine->message_words)
		*address = machine->message_words +
			   MESSAGE_WORD_BYTES *
				   (MACHINE_VECTORS * (uint64_t)cpu + vector);
	*data = vector;
}

void machine_message(struct machine *machine, uint64_t address, uint32_t data)
{
	unsigned mode = data >> MESSAGE_MODE_SHIFT & MESSAGE_MODE_MASK;
	unsigned cpu = address >> MESSAGE_CPU_SHIFT & MESSAGE_CPU_MASK;
	uint8_t vector = data & MESSAGE_VECTOR_MASK;
	uint8_t bytes[4] = {(uint8_t)data, (uint8_t)(data >> 8),
			    (uint8_t)(data >> 16), (uint8_t)(data >> 24)};

	if (traced(machine))
		machine_trace(machine, &(const struct trace_event){
					       .kind = TRACE_MSI,
					       .direction = TRACE_TO_GUEST,
					       .address = address,
					       .value = data,
				       });
	if (address - MESSAGE_BASE >= MESSAGE_BYTES) {
		if (!machine_ram_write(machine, address, bytes, sizeof(bytes)))
			machine_violation(machine, "PCI 6.8 MSI",
					  "a message goes to 0x%llx, where "
					  "nothing is",
					  (unsigned long long)address);
	} else if (mode > MESSAGE_MODE_LOWEST ||
		   vector < MESSAGE_VECTOR_LEAST || cpu >= machine->cpus) {
		machine_violation(machine, "PCI 6.8 MSI",
				  "a message says vector %u, delivery mode %u, "
				  "on vCPU %u of %u",
				  vector, mode, cpu, machine->cpus);
	} else {
		machine_interrupt(machine, cpu, vector);
	}
}
