/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configuration space: the ports CF8 and CFC (3.2.2.3), or memory where each
 * function has a page (express 7.2.2).
 *
 * Through the ports an address is chosen, then its data read or written; the
 * pair is one access, under a lock.
 */
#include "pci/pci.h"

#include <string.h>

#define PORT_ADDRESS   0xcf8u
#define PORT_DATA      0xcfcu
#define ADDRESS_ENABLE 0x80000000u
/** Bytes of a function's space through the ports, and in memory. */
#define SPACE_BYTES    256u
#define SPACE_ECAM     4096u
#define ECAM_BUS_BYTES (256u * SPACE_ECAM)

static size_t ecam_bytes(const struct pci *pci)
{
	const struct pci_configuration *configuration = &pci->configuration;

	return ((size_t)configuration->ecam_last_bus -
		configuration->ecam_first_bus + 1) *
	       ECAM_BUS_BYTES;
}

int pci_open(struct pci *pci, struct port *port,
	     const struct pci_configuration *configuration)
{
	memset(pci, 0, sizeof(*pci));
	pci->port = port;
	if (configuration)
		pci->configuration = *configuration;
	if (pci->configuration.ecam_base == 0)
		return 0;
	if (pci->configuration.ecam_last_bus <
		    pci->configuration.ecam_first_bus ||
	    pci->configuration.ecam_base % PORT_PAGE_SIZE != 0)
		return ERROR_INVALID;
	pci->ecam = port_mmio_map(port, pci->configuration.ecam_base,
				  ecam_bytes(pci));
	return pci->ecam ? 0 : ERROR_NO_MEMORY;
}

void pci_close(struct pci *pci)
{
	if (pci->ecam)
		port_mmio_unmap(pci->port, pci->ecam, ecam_bytes(pci));
	pci->ecam = NULL;
}

/* Where a register is in the enhanced area, or NULL. */
static void *ecam_at(struct pci *pci, struct pci_address at, uint32_t offset)
{
	const struct pci_configuration *configuration = &pci->configuration;
	size_t bus;

	if (at.bus < configuration->ecam_first_bus ||
	    at.bus > configuration->ecam_last_bus || offset >= SPACE_ECAM)
		return NULL;
	bus = (size_t)at.bus - configuration->ecam_first_bus;
	return (uint8_t *)pci->ecam + bus * ECAM_BUS_BYTES +
	       ((size_t)at.device << 3 | at.function) * SPACE_ECAM + offset;
}

static bool ports_reach(const struct pci *pci, uint32_t offset)
{
	return !pci->ecam && offset < SPACE_BYTES;
}

/* Choose what the data port is; the lock is held until it was used. */
static uint16_t ports_begin(struct pci *pci, struct pci_address at,
			    uint32_t offset)
{
	port_lock(pci->port, &pci->lock);
	port_out32(pci->port, PORT_ADDRESS,
		   ADDRESS_ENABLE | (uint32_t)at.bus << 16 |
			   (uint32_t)at.device << 11 |
			   (uint32_t)at.function << 8 | (offset & ~3u));
	return (uint16_t)(PORT_DATA + (offset & 3u));
}

static void ports_end(struct pci *pci)
{
	port_unlock(pci->port, &pci->lock);
}

static bool address_valid(struct pci_address at, uint32_t offset,
			  uint32_t width)
{
	return at.device < 32 && at.function < 8 && offset % width == 0;
}

uint8_t pci_read8(struct pci *pci, struct pci_address at, uint32_t offset)
{
	uint8_t value = UINT8_MAX;
	const void *memory;

	if (!address_valid(at, offset, sizeof(value)))
		return value;
	if (ports_reach(pci, offset)) {
		value = port_in8(pci->port, ports_begin(pci, at, offset));
		ports_end(pci);
		return value;
	}
	memory = pci->ecam ? ecam_at(pci, at, offset) : NULL;
	return memory ? port_mmio_read8(pci->port, memory) : value;
}

uint16_t pci_read16(struct pci *pci, struct pci_address at, uint32_t offset)
{
	uint16_t value = UINT16_MAX;
	const void *memory;

	if (!address_valid(at, offset, sizeof(value)))
		return value;
	if (ports_reach(pci, offset)) {
		value = port_in16(pci->port, ports_begin(pci, at, offset));
		ports_end(pci);
		return value;
	}
	memory = pci->ecam ? ecam_at(pci, at, offset) : NULL;
	return memory ? port_mmio_read16(pci->port, memory) : value;
}

uint32_t pci_read32(struct pci *pci, struct pci_address at, uint32_t offset)
{
	uint32_t value = UINT32_MAX;
	const void *memory;

	if (!address_valid(at, offset, sizeof(value)))
		return value;
	if (ports_reach(pci, offset)) {
		value = port_in32(pci->port, ports_begin(pci, at, offset));
		ports_end(pci);
		return value;
	}
	memory = pci->ecam ? ecam_at(pci, at, offset) : NULL;
	return memory ? port_mmio_read32(pci->port, memory) : value;
}

void pci_write8(struct pci *pci, struct pci_address at, uint32_t offset,
		uint8_t value)
{
	void *memory;

	if (!address_valid(at, offset, sizeof(value)))
		return;
	if (ports_reach(pci, offset)) {
		port_out8(pci->port, ports_begin(pci, at, offset), value);
		ports_end(pci);
		return;
	}
	memory = pci->ecam ? ecam_at(pci, at, offset) : NULL;
	if (memory)
		port_mmio_write8(pci->port, memory, value);
}

void pci_write16(struct pci *pci, struct pci_address at, uint32_t offset,
		 uint16_t value)
{
	void *memory;

	if (!address_valid(at, offset, sizeof(value)))
		return;
	if (ports_reach(pci, offset)) {
		port_out16(pci->port, ports_begin(pci, at, offset), value);
		ports_end(pci);
		return;
	}
	memory = pci->ecam ? ecam_at(pci, at, offset) : NULL;
	if (memory)
		port_mmio_write16(pci->port, memory, value);
}

void pci_write32(struct pci *pci, struct pci_address at, uint32_t offset,
		 uint32_t value)
{
	void *memory;

	if (!address_valid(at, offset, sizeof(value)))
		return;
	if (ports_reach(pci, offset)) {
		port_out32(pci->port, ports_begin(pci, at, offset), value);
		ports_end(pci);
		return;
	}
	memory = pci->ecam ? ecam_at(pci, at, offset) : NULL;
	if (memory)
		port_mmio_write32(pci->port, memory, value);
}
