/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The border: the hypervisor, I/O ports and memory mapped registers (port.h).
 */
#include "port/port.h"

#include "mocks/machine/internal.h"

struct port_cpuid port_cpuid(struct port *port, uint32_t leaf, uint32_t subleaf)
{
	struct machine_cpuid values = exits_cpuid(port->machine, leaf, subleaf);

	return (struct port_cpuid){values.eax, values.ebx, values.ecx,
				   values.edx};
}

uint64_t port_msr_read(struct port *port, uint32_t msr)
{
	return exits_msr_read(port->machine, msr);
}

void port_msr_write(struct port *port, uint32_t msr, uint64_t value)
{
	exits_msr_write(port->machine, msr, value);
}

uint64_t port_hypercall(struct port *port, const void *page, uint64_t control,
			uint64_t input, uint64_t output)
{
	return exits_hypercall(port->machine, page, control, input, output);
}

/* ---- I/O ports ---- */

uint8_t port_in8(struct port *port, uint16_t address)
{
	return exits_port_read(port->machine, address, 1);
}

uint16_t port_in16(struct port *port, uint16_t address)
{
	return exits_port_read(port->machine, address, 2);
}

uint32_t port_in32(struct port *port, uint16_t address)
{
	return exits_port_read(port->machine, address, 4);
}

void port_out8(struct port *port, uint16_t address, uint8_t value)
{
	exits_port_write(port->machine, address, value, 1);
}

void port_out16(struct port *port, uint16_t address, uint16_t value)
{
	exits_port_write(port->machine, address, value, 2);
}

void port_out32(struct port *port, uint16_t address, uint32_t value)
{
	exits_port_write(port->machine, address, value, 4);
}

/* ---- Memory mapped registers ---- */

void *port_mmio_map(struct port *port, uint64_t physical, size_t bytes)
{
	border_refuse_handler(port->machine, "port_mmio_map()");
	return exits_mmio_map(port->machine, physical, bytes);
}

void port_mmio_unmap(struct port *port, void *registers, size_t bytes)
{
	border_refuse_handler(port->machine, "port_mmio_unmap()");
	exits_mmio_unmap(port->machine, registers, bytes);
}

uint8_t port_mmio_read8(struct port *port, const void *address)
{
	return exits_mmio_read(port->machine, address, 1);
}

uint16_t port_mmio_read16(struct port *port, const void *address)
{
	return exits_mmio_read(port->machine, address, 2);
}

uint32_t port_mmio_read32(struct port *port, const void *address)
{
	return exits_mmio_read(port->machine, address, 4);
}

void port_mmio_write8(struct port *port, void *address, uint8_t value)
{
	exits_mmio_write(port->machine, address, value, 1);
}

void port_mmio_write16(struct port *port, void *address, uint16_t value)
{
	exits_mmio_write(port->machine, address, value, 2);
}

void port_mmio_write32(struct port *port, void *address, uint32_t value)
{
	exits_mmio_write(port->machine, address, value, 4);
}
