/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PCI bus as a guest needs it: find a function, learn where firmware put
 * its registers, switch it on, and have its interrupts delivered.
 *
 * Firmware has given out bus numbers and addresses, and they are kept. A bridge
 * that it left without numbers gets some; a register that it left without an
 * address cannot be reached, and whoever asks for it is told so.
 *
 * Calls for one struct pci are the caller's to serialise, except that reads and
 * writes of configuration space are atomic each by itself. Sections are those
 * of the PCI Local Bus Specification 3.0, PCI-to-PCI Bridge 1.2 ("bridge") and
 * PCI Express Base 2.0 ("express").
 */
#ifndef PCI_PCI_H
#define PCI_PCI_H

#include "port/port.h"

/** Registers of configuration space (6.1), and their bits. */
enum pci_register {
	PCI_VENDOR = 0x00,
	PCI_DEVICE = 0x02,
	PCI_COMMAND = 0x04,
	PCI_STATUS = 0x06,
	PCI_REVISION = 0x08,
	PCI_CLASS = 0x08, /* in the upper three bytes */
	PCI_HEADER_TYPE = 0x0e,
	PCI_BAR = 0x10,
	PCI_BUS_PRIMARY = 0x18,
	PCI_BUS_SECONDARY = 0x19,
	PCI_BUS_SUBORDINATE = 0x1a,
	PCI_CAPABILITIES = 0x34,
	PCI_INTERRUPT_LINE = 0x3c,
	PCI_INTERRUPT_PIN = 0x3d,
};

#define PCI_COMMAND_IO		(1u << 0)
#define PCI_COMMAND_MEMORY	(1u << 1)
#define PCI_COMMAND_MASTER	(1u << 2)
#define PCI_COMMAND_INTX_OFF	(1u << 10)
#define PCI_STATUS_CAPABILITIES (1u << 4)

/** Capabilities (appendix H). */
enum pci_capability {
	PCI_CAPABILITY_MSI = 0x05,
	PCI_CAPABILITY_EXPRESS = 0x10,
	PCI_CAPABILITY_MSIX = 0x11,
};

#define PCI_BARS      6u
/** What reads as the line of a function that has none. */
#define PCI_LINE_NONE 0xffu
/** The most entries of an MSI-X table (6.8.2.3). */
#define PCI_MSIX_MAX  2048u

/** How configuration space is reached; all zeroes: ports CF8 and CFC. */
struct pci_configuration {
	/**
	 * Physical address of the enhanced configuration area (express 7.2.2),
	 * where bus ecam_first_bus begins; 0: there is none. From the platform
	 * (the table MCFG of ACPI).
	 */
	uint64_t ecam_base;
	uint8_t ecam_first_bus, ecam_last_bus;
	/** The bus that a scan begins with. */
	uint8_t root_bus;
};

struct pci {
	struct port *port;
	struct pci_configuration configuration;
	/** The enhanced area, or NULL: ports. */
	void *ecam;
	/** Makes the two ports one access. */
	struct port_lock lock;
};

/** Where a function is. */
struct pci_address {
	uint8_t bus, device, function;
};

/**
 * Get ready to read configuration space.
 *
 * @param configuration NULL: all zeroes
 * @return 0, ERROR_INVALID, ERROR_NO_MEMORY (the enhanced area cannot be
 *	mapped)
 */
int pci_open(struct pci *pci, struct port *port,
	     const struct pci_configuration *configuration);
void pci_close(struct pci *pci);

/**
 * Read and write configuration space; an offset is a multiple of the width.
 * What is not there reads as all ones and swallows writes. Any context.
 */
uint8_t pci_read8(struct pci *pci, struct pci_address at, uint32_t offset);
uint16_t pci_read16(struct pci *pci, struct pci_address at, uint32_t offset);
uint32_t pci_read32(struct pci *pci, struct pci_address at, uint32_t offset);
void pci_write8(struct pci *pci, struct pci_address at, uint32_t offset,
		uint8_t value);
void pci_write16(struct pci *pci, struct pci_address at, uint32_t offset,
		 uint16_t value);
void pci_write32(struct pci *pci, struct pci_address at, uint32_t offset,
		 uint32_t value);

/* ---- Looking for functions ---- */

/** A function that was found. */
struct pci_function {
	struct pci_address address;
	uint16_t vendor, device;
	/** Class, subclass and programming interface in bits 23:0. */
	uint32_t class_code;
	uint8_t revision;
	/** Bits 6:0 of the header type: 0 a device, 1 a bridge. */
	uint8_t header;
};

/**
 * Visit each function, bridges too, before what is behind them.
 *
 * A bridge without bus numbers is given the next free ones of its parent's
 * range. One whose numbers make no sense (a loop, outside its parent) is left
 * alone, and what is behind it is not seen.
 * @param visit returns false to end the scan
 * @return how many functions were visited
 */
unsigned pci_scan(struct pci *pci,
		  bool (*visit)(void *context,
				const struct pci_function *function),
		  void *context);

/**
 * The n-th function (from 0) with a vendor and device.
 * @return 0 or ERROR_NO_DEVICE
 */
int pci_find(struct pci *pci, uint16_t vendor, uint16_t device, unsigned n,
	     struct pci_function *function);

/**
 * Where a capability lies, 0 when the function has none of that kind. A list
 * that does not end is not followed for ever.
 */
uint32_t pci_capability_find(struct pci *pci, struct pci_address at,
			     enum pci_capability capability);

/* ---- One function, switched on ---- */

/** A base address register (6.2.5). */
struct pci_bar {
	/** What firmware put there; 0: nothing. */
	uint64_t address;
	/** A power of two; 0: there is no such register. */
	uint64_t bytes;
	bool is_io, is_64, is_prefetchable;
};

/** A table of MSI-X (6.8.2), mapped. */
struct pci_msix {
	/** Offset of the capability; 0: none, or not opened. */
	uint32_t capability;
	unsigned count;
	uint8_t *table;
	size_t table_bytes;
	/** Where the mapping begins, and its bytes. */
	void *mapping;
	size_t mapping_bytes;
};

/** A function that is in use. */
struct pci_device {
	struct pci *pci;
	struct pci_address address;
	struct pci_bar bars[PCI_BARS];
	/** PCI_COMMAND as it was found. */
	uint16_t command_before;
	struct pci_msix msix;
	/** Line of INTx, PCI_LINE_NONE when it has none. */
	uint8_t line;
};

/**
 * Measure the registers of a function (decoding is off meanwhile), and switch
 * decoding and bus mastering on. Its line interrupt stays as it is.
 *
 * @return 0, ERROR_NO_DEVICE (nothing there), ERROR_NOT_SUPPORTED (a bridge)
 */
int pci_device_open(struct pci_device *device, struct pci *pci,
		    struct pci_address at);
/**
 * Give the function back with bus mastering off; MSI-X is closed first. Nothing
 * is done to one that is not open.
 */
void pci_device_close(struct pci_device *device);

/**
 * Map registers behind a base address register of memory.
 *
 * @param bytes of them, from the first on; at most the register's
 * @return NULL when there are none, not so many, or firmware gave no address;
 *	unmapped with port_mmio_unmap() and the same bytes
 */
void *pci_device_map(struct pci_device *device, unsigned bar, size_t bytes);

/**
 * Have the function's interrupts sent as messages: all entries masked, INTx
 * off.
 * @return 0, ERROR_NOT_SUPPORTED (no MSI-X, or its table makes no sense),
 *	ERROR_NO_MEMORY
 */
int pci_msix_open(struct pci_device *device);
/** All entries masked, MSI-X off, INTx as it was. */
void pci_msix_close(struct pci_device *device);
/** Set what an entry sends (of port_interrupt_message()), and unmask it. */
void pci_msix_set(struct pci_device *device, unsigned entry, uint64_t address,
		  uint32_t data);
/** Mask an entry. */
void pci_msix_mask(struct pci_device *device, unsigned entry);

/** Switch the function's line interrupt on or off (bit 10 of PCI_COMMAND). */
void pci_line_enable(struct pci_device *device, bool on);

#endif /* PCI_PCI_H */
