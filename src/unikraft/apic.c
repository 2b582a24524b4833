/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The local APIC, as far as an interrupt of a hypervisor needs it.
 *
 * Unikraft runs from the 8259s, and without its multiprocessor support does
 * not touch the local APIC. Hyper-V's interrupts come in there, and are lost
 * while it is disabled by software (Intel SDM 3A 10.4.7.2). Firmware mostly
 * leaves it enabled; where not, it is enabled here, and its first local input
 * keeps handing on what the 8259s say.
 */
#include "unikraft/machine.h"

#define MSR_APIC_BASE	  0x1bu
#define APIC_BASE_ENABLED (1ull << 11)
#define APIC_BASE_X2APIC  (1ull << 10)
#define APIC_BASE_ADDRESS 0xffffff000ull
#define MSR_X2APIC	  0x800u
/* Registers: their offset in memory, 16 times the number of their MSR. */
#define APIC_SPURIOUS	  0xf0u
#define APIC_LINT0	  0x350u
#define APIC_BYTES	  0x400u

#define SPURIOUS_ENABLED 0x100u
#define SPURIOUS_VECTOR	 0xffu
#define LINT_EXTERNAL	 0x700u /* delivered as the 8259's, not masked */

struct apic {
	struct port *port;
	/** NULL: reached through MSRs. */
	uint8_t *registers;
};

static uint32_t apic_read(struct apic *apic, unsigned int offset)
{
	if (!apic->registers)
		return (uint32_t)port_msr_read(apic->port,
					       MSR_X2APIC + offset / 16);
	return port_mmio_read32(apic->port, apic->registers + offset);
}

static void apic_write(struct apic *apic, unsigned int offset, uint32_t value)
{
	if (!apic->registers)
		port_msr_write(apic->port, MSR_X2APIC + offset / 16, value);
	else
		port_mmio_write32(apic->port, apic->registers + offset, value);
}

int apic_accept(struct port *port)
{
	struct apic apic = {.port = port};
	uint64_t base = port_msr_read(port, MSR_APIC_BASE);

	if (!(base & APIC_BASE_ENABLED))
		return ERROR_NOT_SUPPORTED;
	if (!(base & APIC_BASE_X2APIC)) {
		apic.registers = port_mmio_map(port, base & APIC_BASE_ADDRESS,
					       APIC_BYTES);
		if (!apic.registers)
			return ERROR_NOT_SUPPORTED;
	}
	if (apic_read(&apic, APIC_SPURIOUS) & SPURIOUS_ENABLED)
		return 0;
	apic_write(&apic, APIC_SPURIOUS, SPURIOUS_ENABLED | SPURIOUS_VECTOR);
	apic_write(&apic, APIC_LINT0, LINT_EXTERNAL);
	return 0;
}
