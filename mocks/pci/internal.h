/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the PCI bus: pci.c (what is where, life and death), config.c
 * (configuration space), route.c (who answers which address), message.c (DMA
 * and interrupts), firmware.c.
 */
#ifndef MOCKS_PCI_INTERNAL_H
#define MOCKS_PCI_INTERNAL_H

#include "mocks/pci/pci.h"

/** Offsets in configuration space (PCI 3.0, 6.1; bridges 1.2, 3.2). */
enum pci_offset {
	PCI_VENDOR = 0x00,
	PCI_DEVICE = 0x02,
	PCI_COMMAND = 0x04,
	PCI_STATUS = 0x06,
	PCI_REVISION = 0x08,
	PCI_CLASS = 0x09,
	PCI_CACHE_LINE = 0x0c,
	PCI_HEADER_TYPE = 0x0e,
	PCI_BAR = 0x10,
	PCI_SUBSYSTEM_VENDOR = 0x2c,
	PCI_SUBSYSTEM = 0x2e,
	PCI_ROM = 0x30,
	PCI_CAPABILITIES = 0x34,
	PCI_LINE = 0x3c,
	PCI_PIN = 0x3d,
	PCI_BRIDGE_PRIMARY = 0x18,
	PCI_BRIDGE_SECONDARY = 0x19,
	PCI_BRIDGE_SUBORDINATE = 0x1a,
	PCI_BRIDGE_IO = 0x1c,
	PCI_BRIDGE_MEMORY = 0x20,
	PCI_BRIDGE_PREFETCH = 0x24,
	PCI_BRIDGE_PREFETCH_HIGH = 0x28,
	PCI_BRIDGE_CONTROL = 0x3e,
	PCI_EXTENDED = 0x100,
};

enum pci_command {
	PCI_COMMAND_IO = 0x0001,
	PCI_COMMAND_MEMORY = 0x0002,
	PCI_COMMAND_MASTER = 0x0004,
	PCI_COMMAND_SERR = 0x0100,
	PCI_COMMAND_NO_LINE = 0x0400,
	/** Bits that can be set: also special cycles and parity are not. */
	PCI_COMMAND_WRITABLE = 0x0547,
};

#define PCI_STATUS_INTERRUPT	0x08u
#define PCI_STATUS_CAPABILITIES 0x10u
#define PCI_MULTIFUNCTION	0x80u
#define PCI_MSIX_ENTRY_BYTES	16u
#define PCI_MSIX_ENTRY_WORDS	4u
#define PCI_MSIX_ENABLE		0x8000u
#define PCI_MSIX_MASK_ALL	0x4000u
#define PCI_MSIX_ENTRY_MASK	1u
#define PCI_MSI_ENABLE		1u
#define PCI_BRIDGE_WINDOW_BYTES 0x100000u
#define PCI_BRIDGE_IO_BYTES	0x1000u

struct pci_region {
	struct machine_region region;
	struct host_pci_function *function;
	unsigned bar;
};

struct host_pci_function {
	struct host_pci *pci;
	struct host_pci_bus *bus;
	struct host_pci_function *next;
	unsigned slot, number;
	struct host_pci_identity identity;
	/** Behind it, when it is a bridge. */
	struct host_pci_bus *secondary;
	bool removed;
	uint8_t config[HOST_PCI_CONFIG_SIZE];
	/** Bits that a write changes. */
	uint8_t writable[HOST_PCI_CONFIG_SIZE];
	struct pci_region regions[HOST_PCI_BARS];
	/** The pin as the device drives it, and as it arrives. */
	bool line_wanted;
	struct machine_line_source line;
	uint32_t msix_table[HOST_PCI_MSIX_MAX * PCI_MSIX_ENTRY_WORDS];
	bool msix_pending[HOST_PCI_MSIX_MAX];
	/** Firmware has been here. */
	bool is_placed;
};

struct host_pci_bus {
	struct host_pci *pci;
	struct host_pci_bus *next;
	/** NULL: the root. */
	struct host_pci_function *bridge;
	bool one_slot;
	struct host_pci_function *functions[HOST_PCI_SLOTS][HOST_PCI_FUNCTIONS];
};

struct host_pci {
	struct machine *machine;
	struct host_pci_configuration configuration;
	struct host_pci_bus root;
	struct host_pci_bus *buses;
	struct host_pci_function *functions;
	/** What was written to CF8. */
	uint32_t address;
	struct machine_region ports, ecam;
};

/* ---- config.c ---- */

uint32_t pci_get(const struct host_pci_function *function, unsigned offset,
		 unsigned width);
void pci_put(struct host_pci_function *function, unsigned offset,
	     unsigned width, uint32_t value);
/** Lay out the header and the capabilities of an endpoint, and of a bridge. */
void pci_config_endpoint(struct host_pci_function *function);
void pci_config_bridge(struct host_pci_function *function,
		       enum host_pci_bridge_kind kind);
/** Put the two ways to configuration space into the machine. */
void pci_config_register(struct host_pci *pci);

/* ---- route.c ---- */

/** The address that a BAR holds, without its flag bits. */
uint64_t pci_bar_address(const struct host_pci_function *function, unsigned n);
/** The bits of a BAR that an address has. */
uint64_t pci_bar_mask(const struct host_pci_bar *bar);
void pci_region_register(struct host_pci_function *function);
/** Find out anew which BAR answers where, after something changed. */
void pci_route(struct host_pci *pci);

/* ---- message.c ---- */

uint64_t pci_msix_read(const struct host_pci_function *function,
		       uint64_t offset, unsigned width);
void pci_msix_write(struct host_pci_function *function, uint64_t offset,
		    uint64_t value, unsigned width);
/** Whether an offset of the MSI-X BAR lies in the table or the PBA. */
bool pci_msix_holds(const struct host_pci_function *function, unsigned bar,
		    uint64_t offset);
/** Send what waited behind the function's mask; drive the pin as it is now. */
void pci_interrupts_update(struct host_pci_function *function);

#endif /* MOCKS_PCI_INTERNAL_H */
