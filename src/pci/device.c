/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One function: its registers, its capabilities, its interrupts.
 *
 * The size of a base address register is found by writing ones to it (6.2.5.1),
 * which moves the registers, so decoding is off meanwhile; then firmware's
 * address is put back.
 */
#include <string.h>

#include "pci/pci.h"

#define BAR_IO		 1u
#define BAR_TYPE	 6u
#define BAR_TYPE_64	 4u
#define BAR_PREFETCHABLE 8u
#define BAR_IO_MASK	 (~3u)
#define BAR_MEMORY_MASK	 (~15u)
#define BAR_BYTES	 4u

#define HEADER_KIND 0x7fu

/** Capabilities lie behind the header, each at least four bytes (6.7). */
#define CAPABILITY_FIRST 0x40u
#define CAPABILITY_LAST	 0xfcu
#define CAPABILITIES_MAX ((CAPABILITY_LAST - CAPABILITY_FIRST) / 4u + 1u)

/** The MSI-X capability (6.8.2), and an entry of its table. */
#define MSIX_CONTROL	   2u
#define MSIX_TABLE	   4u
#define MSIX_SIZE	   0x7ffu
#define MSIX_MASK_ALL	   (1u << 14)
#define MSIX_ENABLE	   (1u << 15)
#define MSIX_BIR	   7u
#define ENTRY_BYTES	   16u
#define ENTRY_ADDRESS	   0u
#define ENTRY_ADDRESS_HIGH 4u
#define ENTRY_DATA	   8u
#define ENTRY_CONTROL	   12u
#define ENTRY_MASKED	   1u

/* ---- Registers ---- */

static uint32_t bar_offset(unsigned index)
{
	return PCI_BAR + BAR_BYTES * index;
}

/* Write ones, read what sticks, put back what was there. */
static uint32_t bar_probe(struct pci *pci, struct pci_address at,
			  uint32_t offset, uint32_t before)
{
	uint32_t ones;

	pci_write32(pci, at, offset, UINT32_MAX);
	ones = pci_read32(pci, at, offset);
	pci_write32(pci, at, offset, before);
	return ones;
}

/* The lowest bit that can be written is the size. */
static uint64_t bar_size(uint64_t mask)
{
	return mask & (~mask + 1);
}

/*
 * Measure a register; decoding is off.
 * @return how many registers it takes, 1 or 2
 */
static unsigned bar_read(struct pci *pci, struct pci_address at, unsigned index,
			 struct pci_bar *bar)
{
	uint32_t offset = bar_offset(index);
	uint32_t low = pci_read32(pci, at, offset);
	uint32_t ones = bar_probe(pci, at, offset, low);
	uint32_t high, high_ones;

	memset(bar, 0, sizeof(*bar));
	if (ones == 0 || ones == UINT32_MAX)
		return 1;
	if (ones & BAR_IO) {
		bar->is_io = true;
		/* The upper half of an I/O register may be wired to zero. */
		bar->bytes = bar_size(ones & BAR_IO_MASK & 0xffff);
		bar->address = low & BAR_IO_MASK;
		return 1;
	}
	bar->is_prefetchable = (ones & BAR_PREFETCHABLE) != 0;
	bar->address = low & BAR_MEMORY_MASK;
	if ((ones & BAR_TYPE) != BAR_TYPE_64 || index + 1 == PCI_BARS) {
		bar->bytes = bar_size(ones & BAR_MEMORY_MASK);
		return 1;
	}
	high = pci_read32(pci, at, offset + BAR_BYTES);
	high_ones = bar_probe(pci, at, offset + BAR_BYTES, high);
	bar->is_64 = true;
	bar->address |= (uint64_t)high << 32;
	bar->bytes =
		bar_size((uint64_t)high_ones << 32 | (ones & BAR_MEMORY_MASK));
	return 2;
}

static void bars_read(struct pci_device *device)
{
	unsigned i, taken;

	for (i = 0; i < PCI_BARS; i += taken)
		taken = bar_read(device->pci, device->address, i,
				 &device->bars[i]);
}

static void command_write(struct pci_device *device, uint16_t command)
{
	pci_write16(device->pci, device->address, PCI_COMMAND, command);
}

int pci_device_open(struct pci_device *device, struct pci *pci,
		    struct pci_address at)
{
	uint16_t command;

	memset(device, 0, sizeof(*device));
	if (pci_read16(pci, at, PCI_VENDOR) == UINT16_MAX)
		return ERROR_NO_DEVICE;
	if ((pci_read8(pci, at, PCI_HEADER_TYPE) & HEADER_KIND) != 0)
		return ERROR_NOT_SUPPORTED;
	device->pci = pci;
	device->address = at;
	command = pci_read16(pci, at, PCI_COMMAND);
	device->command_before = command;
	command_write(device, command & (uint16_t) ~(PCI_COMMAND_IO |
						     PCI_COMMAND_MEMORY));
	bars_read(device);
	/* What is decoded is what firmware gave an address to. */
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	command_write(device, command);
	device->line = PCI_LINE_NONE;
	if (pci_read8(pci, at, PCI_INTERRUPT_PIN) != 0)
		device->line = pci_read8(pci, at, PCI_INTERRUPT_LINE);
	return 0;
}

void pci_device_close(struct pci_device *device)
{
	uint16_t command;

	if (!device->pci)
		return;
	pci_msix_close(device);
	command = pci_read16(device->pci, device->address, PCI_COMMAND);
	command_write(device, command & (uint16_t)~PCI_COMMAND_MASTER);
	device->pci = NULL;
}

void *pci_device_map(struct pci_device *device, unsigned bar, size_t bytes)
{
	const struct pci_bar *at;

	if (bar >= PCI_BARS)
		return NULL;
	at = &device->bars[bar];
	if (at->is_io || at->address == 0 || bytes == 0 || at->bytes < bytes)
		return NULL;
	return port_mmio_map(device->pci->port, at->address, bytes);
}

void pci_line_enable(struct pci_device *device, bool on)
{
	uint16_t command =
		pci_read16(device->pci, device->address, PCI_COMMAND);

	command &= (uint16_t)~PCI_COMMAND_INTX_OFF;
	if (!on)
		command |= PCI_COMMAND_INTX_OFF;
	command_write(device, command);
}

/* ---- Capabilities ---- */

uint32_t pci_capability_find(struct pci *pci, struct pci_address at,
			     enum pci_capability capability)
{
	unsigned left = CAPABILITIES_MAX;
	uint32_t offset;
	uint16_t word;

	if (!(pci_read16(pci, at, PCI_STATUS) & PCI_STATUS_CAPABILITIES))
		return 0;
	offset = pci_read8(pci, at, PCI_CAPABILITIES) & ~3u;
	/* So many fit: a longer list runs in a circle. */
	while (left-- > 0 && offset >= CAPABILITY_FIRST &&
	       offset <= CAPABILITY_LAST) {
		word = pci_read16(pci, at, offset);
		if ((word & 0xff) == (uint32_t)capability)
			return offset;
		offset = word >> 8 & ~3u;
	}
	return 0;
}

/* ---- MSI-X ---- */

static uint16_t msix_control_read(struct pci_device *device)
{
	return pci_read16(device->pci, device->address,
			  device->msix.capability + MSIX_CONTROL);
}

static void msix_control_write(struct pci_device *device, uint32_t control)
{
	pci_write16(device->pci, device->address,
		    device->msix.capability + MSIX_CONTROL, (uint16_t)control);
}

/* Map the table; where it begins need not be where a page does. */
static int msix_map(struct pci_device *device)
{
	struct pci_msix *msix = &device->msix;
	uint32_t place = pci_read32(device->pci, device->address,
				    msix->capability + MSIX_TABLE);
	uint32_t offset = place & ~MSIX_BIR;

	if ((place & MSIX_BIR) >= PCI_BARS ||
	    offset > UINT32_MAX - PCI_MSIX_MAX * ENTRY_BYTES)
		return ERROR_NOT_SUPPORTED;
	msix->table_bytes = msix->count * ENTRY_BYTES;
	msix->mapping_bytes = offset + msix->table_bytes;
	if (device->bars[place & MSIX_BIR].bytes < msix->mapping_bytes ||
	    device->bars[place & MSIX_BIR].address == 0)
		return ERROR_NOT_SUPPORTED;
	msix->mapping =
		pci_device_map(device, place & MSIX_BIR, msix->mapping_bytes);
	if (!msix->mapping)
		return ERROR_NO_MEMORY;
	msix->table = (uint8_t *)msix->mapping + offset;
	return 0;
}

int pci_msix_open(struct pci_device *device)
{
	struct pci_msix *msix = &device->msix;
	uint32_t control;
	unsigned i;
	int error;

	memset(msix, 0, sizeof(*msix));
	msix->capability = pci_capability_find(device->pci, device->address,
					       PCI_CAPABILITY_MSIX);
	if (msix->capability == 0)
		return ERROR_NOT_SUPPORTED;
	control = msix_control_read(device);
	msix->count = (control & MSIX_SIZE) + 1;
	error = msix_map(device);
	if (error) {
		memset(msix, 0, sizeof(*msix));
		return error;
	}
	/* Nothing is to be sent before each entry says where to (6.8.3.1). */
	msix_control_write(device, control | MSIX_ENABLE | MSIX_MASK_ALL);
	for (i = 0; i < msix->count; i++)
		pci_msix_mask(device, i);
	pci_line_enable(device, false);
	msix_control_write(device, (control | MSIX_ENABLE) & ~MSIX_MASK_ALL);
	return 0;
}

void pci_msix_close(struct pci_device *device)
{
	struct pci_msix *msix = &device->msix;
	uint32_t control;
	unsigned i;

	if (msix->capability == 0)
		return;
	for (i = 0; i < msix->count; i++)
		pci_msix_mask(device, i);
	control = msix_control_read(device);
	msix_control_write(device, control & ~(MSIX_ENABLE | MSIX_MASK_ALL));
	if (!(device->command_before & PCI_COMMAND_INTX_OFF))
		pci_line_enable(device, true);
	port_mmio_unmap(device->pci->port, msix->mapping, msix->mapping_bytes);
	memset(msix, 0, sizeof(*msix));
}

void pci_msix_set(struct pci_device *device, unsigned entry, uint64_t address,
		  uint32_t data)
{
	struct port *port = device->pci->port;
	uint8_t *at;

	if (entry >= device->msix.count)
		return;
	at = device->msix.table + (size_t)entry * ENTRY_BYTES;
	port_mmio_write32(port, at + ENTRY_CONTROL, ENTRY_MASKED);
	port_mmio_write32(port, at + ENTRY_ADDRESS, (uint32_t)address);
	port_mmio_write32(port, at + ENTRY_ADDRESS_HIGH,
			  (uint32_t)(address >> 32));
	port_mmio_write32(port, at + ENTRY_DATA, data);
	port_mmio_write32(port, at + ENTRY_CONTROL, 0);
}

void pci_msix_mask(struct pci_device *device, unsigned entry)
{
	if (entry >= device->msix.count)
		return;
	port_mmio_write32(device->pci->port,
			  device->msix.table + (size_t)entry * ENTRY_BYTES +
				  ENTRY_CONTROL,
			  ENTRY_MASKED);
}
