/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a device does on the bus by itself: reach memory, send messages, drive
 * its interrupt pin.
 *
 * A message is a memory write too: without bus mastering there is none.
 */
#include "mocks/pci/internal.h"

#define MSI_ADDRESS	 4u
#define MSI_ADDRESS_HIGH 8u
#define MSI_DATA	 12u
#define PINS		 4u

/* ---- Memory ---- */

bool host_pci_masters(const struct host_pci_function *function)
{
	for (; function; function = function->bus->bridge)
		if (function->removed ||
		    !(pci_get(function, PCI_COMMAND, 2) & PCI_COMMAND_MASTER))
			return false;
	return true;
}

static bool dma_refused(const struct host_pci_function *function,
			const char *what)
{
	if (host_pci_masters(function))
		return false;
	if (!function->removed)
		machine_violation(function->pci->machine, "PCI 6.2.2 command",
				  "the device was made to %s while bus "
				  "mastering is off",
				  what);
	return true;
}

bool host_pci_dma_read(struct host_pci_function *function, uint64_t address,
		       void *to, size_t bytes)
{
	return !dma_refused(function, "read memory") &&
	       machine_ram_read(function->pci->machine, address, to, bytes);
}

bool host_pci_dma_write(struct host_pci_function *function, uint64_t address,
			const void *from, size_t bytes)
{
	return !dma_refused(function, "write memory") &&
	       machine_ram_write(function->pci->machine, address, from, bytes);
}

/* ---- Messages ---- */

static unsigned msix_control(const struct host_pci_function *function)
{
	unsigned at = function->identity.msix_offset;

	return at ? pci_get(function, at + 2, 2) : 0;
}

enum host_pci_interrupt_kind
host_pci_interrupt_kind(const struct host_pci_function *function)
{
	unsigned msi = function->identity.msi_offset;

	if (msix_control(function) & PCI_MSIX_ENABLE)
		return HOST_PCI_MSIX;
	if (msi && pci_get(function, msi + 2, 2) & PCI_MSI_ENABLE)
		return HOST_PCI_MSI;
	return HOST_PCI_INTX;
}

static void message_send(const struct host_pci_function *function, uint32_t low,
			 uint32_t high, uint32_t data)
{
	if (!dma_refused(function, "send an interrupt message"))
		machine_message(function->pci->machine,
				(uint64_t)high << 32 | low, data);
}

static void msix_send(struct host_pci_function *function, unsigned vector)
{
	const uint32_t *entry =
		&function->msix_table[vector * PCI_MSIX_ENTRY_WORDS];

	function->msix_pending[vector] =
		msix_control(function) & PCI_MSIX_MASK_ALL ||
		entry[3] & PCI_MSIX_ENTRY_MASK;
	if (!function->msix_pending[vector])
		message_send(function, entry[0], entry[1], entry[2]);
}

void host_pci_message(struct host_pci_function *function, unsigned vector)
{
	unsigned msi = function->identity.msi_offset;

	switch (host_pci_interrupt_kind(function)) {
	case HOST_PCI_MSIX:
		if (vector < function->identity.msix_vectors)
			msix_send(function, vector);
		break;
	case HOST_PCI_MSI:
		message_send(function, pci_get(function, msi + MSI_ADDRESS, 4),
			     pci_get(function, msi + MSI_ADDRESS_HIGH, 4),
			     pci_get(function, msi + MSI_DATA, 2));
		break;
	default:
		break;
	}
}

/* ---- The table of MSI-X ---- */

static uint64_t table_bytes(const struct host_pci_function *function)
{
	return (uint64_t)function->identity.msix_vectors * PCI_MSIX_ENTRY_BYTES;
}

bool pci_msix_holds(const struct host_pci_function *function, unsigned bar,
		    uint64_t offset)
{
	const struct host_pci_identity *identity = &function->identity;

	return identity->msix_offset && bar == identity->msix_bar &&
	       (offset < table_bytes(function) ||
		offset >= identity->msix_pba_offset);
}

static uint32_t pba_word(const struct host_pci_function *function,
			 uint64_t word)
{
	uint32_t bits = 0;
	unsigned n;

	for (n = 0; n < 32 && word * 32 + n < HOST_PCI_MSIX_MAX; n++)
		if (function->msix_pending[word * 32 + n])
			bits |= 1u << n;
	return bits;
}

/** The table takes whole words only (PCI 3.0, 6.8.2). */
static bool msix_width(const struct host_pci_function *function, unsigned width)
{
	if (width == 4)
		return true;
	machine_violation(function->pci->machine, "PCI 6.8.2 MSI-X table",
			  "%u bytes of a word are accessed", width);
	return false;
}

uint64_t pci_msix_read(const struct host_pci_function *function,
		       uint64_t offset, unsigned width)
{
	uint64_t pba = function->identity.msix_pba_offset;

	if (!msix_width(function, width))
		return UINT64_MAX;
	if (offset < table_bytes(function))
		return function->msix_table[offset / 4];
	return pba_word(function, (offset - pba) / 4);
}

void pci_msix_write(struct host_pci_function *function, uint64_t offset,
		    uint64_t value, unsigned width)
{
	unsigned vector = (unsigned)(offset / PCI_MSIX_ENTRY_BYTES);

	if (!msix_width(function, width) || offset >= table_bytes(function))
		return;
	function->msix_table[offset / 4] = (uint32_t)value;
	if (function->msix_pending[vector] &&
	    host_pci_interrupt_kind(function) == HOST_PCI_MSIX)
		msix_send(function, vector);
}

/* ---- The pin ---- */

unsigned host_pci_line(const struct host_pci_function *function)
{
	/* As firmware of the PC wires the four pins of its host bridge. */
	static const uint8_t lines[PINS] = {10, 10, 11, 11};
	unsigned pin = function->identity.pin ? function->identity.pin - 1 : 0;

	/* Each bridge turns the pins by the slot (bridges 1.2, table 9-1). */
	for (; function; function = function->bus->bridge)
		pin = (pin + function->slot) % PINS;
	return lines[pin];
}

void host_pci_line_set(struct host_pci_function *function, bool asserted)
{
	function->line_wanted = asserted;
	pci_interrupts_update(function);
}

void pci_interrupts_update(struct host_pci_function *function)
{
	unsigned command = pci_get(function, PCI_COMMAND, 2);
	enum host_pci_interrupt_kind kind = host_pci_interrupt_kind(function);
	bool drive = function->line_wanted && !function->removed &&
		     kind == HOST_PCI_INTX && !(command & PCI_COMMAND_NO_LINE);
	unsigned vector;

	function->config[PCI_STATUS] &= (uint8_t)~PCI_STATUS_INTERRUPT;
	if (function->line_wanted && kind == HOST_PCI_INTX)
		function->config[PCI_STATUS] |= PCI_STATUS_INTERRUPT;
	if (function->identity.pin && drive != function->line.asserted)
		machine_line_set(function->pci->machine, &function->line,
				 drive);
	if (kind != HOST_PCI_MSIX)
		return;
	for (vector = 0; vector < function->identity.msix_vectors; vector++)
		if (function->msix_pending[vector])
			msix_send(function, vector);
}
