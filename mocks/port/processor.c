/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The border: time, vCPUs, interrupts and locks (port.h).
 */
#include "port/port.h"

#include "mocks/machine/internal.h"

/* ---- Time ---- */

uint64_t port_time(struct port *port)
{
	border_read(port->machine, BORDER_COST_TIME, BORDER_ACCESS, POLLED_TIME,
		    0);
	if (port->machine->realtime)
		realtime_clock(port->machine);
	return machine_time(port->machine);
}

uint64_t port_tsc(struct port *port)
{
	border_read(port->machine, BORDER_COST_TIME, BORDER_ACCESS, POLLED_TIME,
		    0);
	if (port->machine->realtime)
		realtime_clock(port->machine);
	return machine_tsc(port->machine);
}

void port_delay(struct port *port, uint64_t nanoseconds)
{
	schedule_delay(port->machine, nanoseconds);
}

void port_relax(struct port *port, uint64_t deadline)
{
	schedule_relax(port->machine, deadline);
}

/* ---- vCPUs and interrupts ---- */

unsigned port_cpu_count(struct port *port)
{
	return port->machine->cpus;
}

unsigned port_cpu_current(struct port *port)
{
	return port->machine->cpu;
}

void port_cpu_run(struct port *port, unsigned cpu,
		  void (*function)(void *argument), void *argument)
{
	border_refuse_waiting(port->machine, "port_cpu_run()");
	interrupt_run(port->machine, cpu, function, argument);
	border_wrote(port->machine, BORDER_COST_EXIT, BORDER_ACCESS);
}

int port_interrupt_attach(struct port *port, void (*handler)(void *argument),
			  void *argument, uint8_t *vector)
{
	int error;

	border_refuse_handler(port->machine, "port_interrupt_attach()");
	error = interrupt_attach(port->machine, handler, argument, vector);
	border_wrote(port->machine, BORDER_COST_MEMORY, BORDER_ACCESS);
	return error;
}

void port_interrupt_detach(struct port *port, uint8_t vector)
{
	border_refuse_handler(port->machine, "port_interrupt_detach()");
	interrupt_detach(port->machine, vector);
	border_wrote(port->machine, BORDER_COST_MEMORY, BORDER_ACCESS);
}

int port_interrupt_message(struct port *port, uint8_t vector, unsigned cpu,
			   uint64_t *address, uint32_t *data)
{
	struct machine *machine = port->machine;

	if (machine->no_messages)
		return ERROR_NOT_SUPPORTED;
	if (cpu >= machine->cpus)
		machine_stop(machine, MACHINE_FAULT,
			     "port_interrupt_message() for vCPU %u of %u", cpu,
			     machine->cpus);
	message_make(machine, vector, cpu, address, data);
	return 0;
}

int port_line_attach(struct port *port, unsigned line,
		     bool (*handler)(void *argument), void *argument)
{
	int error;

	border_refuse_handler(port->machine, "port_line_attach()");
	error = line_attach(port->machine, line, handler, argument);
	border_wrote(port->machine, BORDER_COST_MEMORY, BORDER_ACCESS);
	return error;
}

void port_line_detach(struct port *port, unsigned line,
		      bool (*handler)(void *argument), void *argument)
{
	border_refuse_handler(port->machine, "port_line_detach()");
	line_detach(port->machine, line, handler, argument);
	border_wrote(port->machine, BORDER_COST_MEMORY, BORDER_ACCESS);
}

/* ---- Locks ---- */

/** How a lock that a vCPU holds looks; anything else but 0 is no lock. */
static unsigned lock_held_by(unsigned cpu)
{
	return 0x10c40000u + cpu;
}

void port_lock(struct port *port, struct port_lock *lock)
{
	struct machine *machine = port->machine;
	unsigned holder = lock->state - lock_held_by(0);
	char place[160];

	if (lock->state) {
		heap_describe(machine, lock, place, sizeof(place));
		if (holder < machine->cpus)
			machine_stop(machine, MACHINE_FAULT,
				     "port_lock() on vCPU %u: vCPU %u holds "
				     "the lock in %s already",
				     machine->cpu, holder, place);
		machine_stop(machine, MACHINE_FAULT,
			     "port_lock(): what is in %s is no lock", place);
	}
	lock->state = lock_held_by(machine->cpu);
	machine->locks++;
	border_pass(machine, BORDER_COST_LOCK, BORDER_ACCESS);
}

void port_unlock(struct port *port, struct port_lock *lock)
{
	struct machine *machine = port->machine;
	char place[160];

	if (lock->state != lock_held_by(machine->cpu) || !machine->locks) {
		heap_describe(machine, lock, place, sizeof(place));
		machine_stop(machine, MACHINE_FAULT,
			     "port_unlock(): vCPU %u does not hold the lock in "
			     "%s",
			     machine->cpu, place);
	}
	lock->state = 0;
	machine->locks--;
	border_pass(machine, BORDER_COST_LOCK, BORDER_ACCESS);
}
