/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The border: memory (port.h). All of it comes from the machine's arena.
 */
#include "port/port.h"

#include "mocks/machine/internal.h"

void *port_alloc(struct port *port, size_t bytes, const char *what)
{
	struct machine *machine = port->machine;
	void *memory;

	border_refuse_handler(machine, "port_alloc()");
	memory = heap_alloc(machine, bytes, what);
	border_wrote(machine, BORDER_COST_MEMORY, BORDER_ACCESS);
	return memory;
}

void port_free(struct port *port, void *memory)
{
	struct machine *machine = port->machine;

	border_refuse_handler(machine, "port_free()");
	if (memory)
		heap_free(machine, memory);
	border_wrote(machine, BORDER_COST_MEMORY, BORDER_ACCESS);
}

void *port_pages_alloc(struct port *port, size_t pages, unsigned flags,
		       const char *what)
{
	struct machine *machine = port->machine;
	void *memory;

	border_refuse_handler(machine, "port_pages_alloc()");
	memory = heap_pages_alloc(machine, pages, flags & PORT_PAGES_CONTIGUOUS,
				  flags & PORT_PAGES_EXECUTABLE, what);
	border_wrote(machine, BORDER_COST_MEMORY, BORDER_ACCESS);
	return memory;
}

void port_pages_free(struct port *port, void *memory, size_t pages)
{
	struct machine *machine = port->machine;

	border_refuse_handler(machine, "port_pages_free()");
	if (memory)
		heap_pages_free(machine, memory, pages);
	border_wrote(machine, BORDER_COST_MEMORY, BORDER_ACCESS);
}

uint64_t port_physical(struct port *port, const void *address)
{
	struct machine *machine = port->machine;

	if (!memory_holds(machine, address, 1))
		machine_stop(machine, MACHINE_FAULT,
			     "port_physical(): not guest memory");
	return memory_physical(machine,
			       (uintptr_t)address - (uintptr_t)machine->arena);
}

void port_dma_give(struct port *port, const void *memory, size_t bytes,
		   enum port_dma_direction direction)
{
	dma_give(port->machine, memory, bytes, direction);
	border_wrote(port->machine, BORDER_COST_ACCESS, BORDER_ACCESS);
}

void port_dma_take(struct port *port, const void *memory, size_t bytes,
		   enum port_dma_direction direction)
{
	dma_take(port->machine, memory, bytes, direction);
	border_wrote(port->machine, BORDER_COST_ACCESS, BORDER_ACCESS);
}
