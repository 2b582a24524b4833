/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts and vCPUs.
 *
 * There is one thread of guest code. The other vCPUs idle, so they take an
 * interrupt at once: the handler runs at the end of a border call with
 * port_cpu_current() being its vCPU. Handlers do not nest.
 *
 * While guest code holds any port_lock no interrupt is delivered on any vCPU.
 * On the holder's own, port.h has interrupts off; on another one the handler
 * could try to take the same lock and would spin until the holder, which cannot
 * run here meanwhile, lets go. Waiting until the lock is free is one of the
 * orders that real processors have too.
 */
#include "mocks/machine/internal.h"

#include "port/error.h"

/** Deliveries in one border call, so that a storm leaves the guest its turn. */
#define DELIVERIES_MAX 16u

void interrupt_attention(struct machine *machine)
{
	if (machine->pending_count || machine->lines_ready)
		machine->attention |= ATTENTION_INTERRUPT;
	else
		machine->attention &= ~(uint32_t)ATTENTION_INTERRUPT;
}

void machine_interrupt(struct machine *machine, unsigned cpu, uint8_t vector)
{
	uint64_t bit = (uint64_t)1 << (vector % 64);
	uint64_t *word;

	if (cpu >= machine->cpus)
		return;
	machine->progress++;
	word = &machine->pending[cpu][vector / 64];
	if (*word & bit ||
	    machine_fault_fires(machine, MACHINE_FAULT_INTERRUPT))
		return;
	*word |= bit;
	machine->pending_count++;
	interrupt_attention(machine);
	if (traced(machine))
		machine_trace(machine, &(const struct trace_event){
					       .kind = TRACE_VECTOR,
					       .direction = TRACE_TO_GUEST,
					       .cpu = cpu,
					       .address = vector,
				       });
}

static void interrupt_clear(struct machine *machine, unsigned cpu,
			    unsigned vector)
{
	uint64_t bit = (uint64_t)1 << (vector % 64);
	uint64_t *word = &machine->pending[cpu][vector / 64];

	if (!(*word & bit))
		return;
	*word &= ~bit;
	machine->pending_count--;
	interrupt_attention(machine);
}

/** The most urgent vector of a vCPU: the highest, as an APIC has it; or -1. */
static int interrupt_first(const struct machine *machine, unsigned cpu)
{
	int word;

	for (word = MACHINE_VECTORS / 64 - 1; word >= 0; word--)
		if (machine->pending[cpu][word])
			return word * 64 + 63 -
			       __builtin_clzll(machine->pending[cpu][word]);
	return -1;
}

static void handler_run(struct machine *machine, unsigned cpu, unsigned vector)
{
	const struct handler *handler = &machine->handlers[vector];
	unsigned interrupted = machine->cpu;

	machine->progress++;
	border_progress(machine);
	if (!handler->function) {
		machine_violation(machine, "interrupts",
				  "vector %u came on vCPU %u, and no handler "
				  "is attached to it",
				  vector, cpu);
		return;
	}
	machine->counters.interrupts++;
	machine->taken_since_relax = true;
	machine->cpu = cpu;
	machine->in_handler = true;
	handler->function(handler->argument);
	machine->in_handler = false;
	machine->cpu = interrupted;
	if (machine->locks)
		machine_stop(machine, MACHINE_FAULT,
			     "the interrupt handler of vector %u returned with "
			     "a lock held",
			     vector);
}

void interrupt_deliver(struct machine *machine)
{
	unsigned left = DELIVERIES_MAX;
	unsigned cpu;

	while (machine->pending_count && left) {
		for (cpu = 0; cpu < machine->cpus && left; cpu++) {
			int vector = interrupt_first(machine, cpu);

			if (vector < 0)
				continue;
			interrupt_clear(machine, cpu, vector);
			handler_run(machine, cpu, vector);
			left--;
		}
	}
	if (machine->lines_ready)
		line_deliver(machine);
}

unsigned machine_cpu(const struct machine *machine)
{
	return machine->cpu;
}

unsigned machine_cpus(const struct machine *machine)
{
	return machine->cpus;
}

int interrupt_attach(struct machine *machine, void (*function)(void *argument),
		     void *argument, uint8_t *vector)
{
	unsigned tries;

	if (machine_fault_fires(machine, MACHINE_FAULT_ATTACH))
		return ERROR_NO_SPACE;
	for (tries = MACHINE_VECTORS; tries; tries--) {
		uint8_t candidate = machine->vector_next++;
		struct handler *handler = &machine->handlers[candidate];

		if (candidate < MACHINE_VECTORS_RESERVED || handler->function)
			continue;
		handler->function = function;
		handler->argument = argument;
		*vector = candidate;
		machine->counters.live_handlers++;
		return 0;
	}
	return ERROR_NO_SPACE;
}

void interrupt_detach(struct machine *machine, uint8_t vector)
{
	unsigned cpu;

	if (!machine->handlers[vector].function)
		machine_stop(machine, MACHINE_FAULT,
			     "port_interrupt_detach() of vector %u, which is "
			     "not attached",
			     vector);
	machine->handlers[vector].function = NULL;
	machine->counters.live_handlers--;
	for (cpu = 0; cpu < machine->cpus; cpu++)
		interrupt_clear(machine, cpu, vector);
}

void interrupt_run(struct machine *machine, unsigned cpu,
		   void (*function)(void *argument), void *argument)
{
	unsigned caller = machine->cpu;

	if (cpu >= machine->cpus)
		machine_stop(machine, MACHINE_FAULT,
			     "port_cpu_run() on vCPU %u of %u", cpu,
			     machine->cpus);
	machine->cpu = cpu;
	function(argument);
	machine->cpu = caller;
	if (machine->locks)
		machine_stop(machine, MACHINE_FAULT,
			     "what port_cpu_run() ran on vCPU %u returned with "
			     "a lock held",
			     cpu);
}
