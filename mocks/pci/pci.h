/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PCI as a board has it (PCI 3.0, PCI-to-PCI Bridge 1.2, PCI Express 2.0): a
 * host bridge with both ways to configuration space (I/O ports CF8 and CFC,
 * and memory mapped, ECAM), buses behind bridges and root ports, functions with
 * their BARs, capabilities and interrupts.
 *
 * Firmware ran before the guest: host_pci_firmware() numbers buses and places
 * BARs as one would, or leaves undone what some leave undone.
 */
#ifndef MOCKS_PCI_PCI_H
#define MOCKS_PCI_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mocks/machine/machine.h"

#define HOST_PCI_BARS	     6u
#define HOST_PCI_SLOTS	     32u
#define HOST_PCI_FUNCTIONS   8u
#define HOST_PCI_MSIX_MAX    128u
#define HOST_PCI_CONFIG_SIZE 4096u

/** Where ECAM lies when nothing else is asked for, 1 MiB a bus (as on q35). */
#define HOST_PCI_ECAM_BASE 0xb0000000u

struct host_pci;
struct host_pci_bus;
struct host_pci_function;

struct host_pci_configuration {
	/** One of the two ways to configuration space is missing. */
	bool no_ports, no_ecam;
	/** Default HOST_PCI_ECAM_BASE. */
	uint64_t ecam_base;
	/** Firmware numbers no bus behind a bridge and opens no window. */
	bool buses_unset;
	/** Firmware gives BARs no address. */
	bool bars_unset;
	/**
	 * Firmware leaves decoding and bus mastering of endpoints off, as UEFI
	 * does on ESXi.
	 */
	bool decode_off;
};

/** @param configuration NULL: the defaults. @return NULL: out of memory */
struct host_pci *
host_pci_create(struct machine *machine,
		const struct host_pci_configuration *configuration);
/** The guest does not run any more, and its machine still lives. */
void host_pci_destroy(struct host_pci *pci);

/** Bus 0. */
struct host_pci_bus *host_pci_root(struct host_pci *pci);

/* ---- Endpoints ---- */

enum host_pci_bar_kind {
	HOST_PCI_BAR_NONE,
	HOST_PCI_BAR_MEMORY32,
	/** Takes two places. */
	HOST_PCI_BAR_MEMORY64,
	HOST_PCI_BAR_IO,
};

struct host_pci_bar {
	enum host_pci_bar_kind kind;
	/** A power of two, at least 16 (I/O: 4). */
	uint64_t bytes;
	bool prefetchable;
};

/** What a device does when it is reached; a member may be NULL. */
struct host_pci_operations {
	/**
	 * A register of a BAR. The BAR with the MSI-X table comes here only
	 * outside of the table and the pending bits.
	 */
	uint64_t (*read)(void *context, unsigned bar, uint64_t offset,
			 unsigned width);
	void (*write)(void *context, unsigned bar, uint64_t offset,
		      uint64_t value, unsigned width);
	/** The command register or the way of interrupts has changed. */
	void (*changed)(void *context);
};

/** What a device is; copied when it is added. */
struct host_pci_identity {
	uint16_t vendor, device, subsystem_vendor, subsystem;
	uint8_t revision;
	/** Base class, subclass, interface: 0x020000 is Ethernet. */
	uint32_t class_code;
	struct host_pci_bar bars[HOST_PCI_BARS];
	/** Bytes of an expansion ROM (reads as all ones), or 0. */
	uint32_t rom_bytes;
	/** INTA is 1; 0: no interrupt line. */
	uint8_t pin;
	/** A PCI Express capability, and where; 0: conventional PCI. */
	uint8_t express_offset;
	/** A MSI capability of one message, and where; 0: none. */
	uint8_t msi_offset;
	/** A MSI-X capability, and where; 0: none. */
	uint8_t msix_offset;
	/** Vectors, and the BAR with the table at 0 and the PBA behind it. */
	unsigned msix_vectors, msix_bar, msix_pba_offset;
	const struct host_pci_operations *operations;
	void *context;
};

/**
 * Put a device into a slot.
 * @return NULL: out of memory, or the place is taken
 */
struct host_pci_function *
host_pci_add(struct host_pci_bus *bus, unsigned slot, unsigned number,
	     const struct host_pci_identity *identity);
/** Pull it out: its place reads as all ones until another is put there. */
void host_pci_remove(struct host_pci_function *function);

/* ---- Bridges ---- */

enum host_pci_bridge_kind {
	/** A conventional PCI-to-PCI bridge. */
	HOST_PCI_BRIDGE,
	/** A root port of PCI Express: its bus has one slot, 0. */
	HOST_PCI_ROOT_PORT,
};

/** @return the bus behind it, or NULL as host_pci_add() */
struct host_pci_bus *host_pci_bridge_add(struct host_pci_bus *bus,
					 unsigned slot, unsigned number,
					 enum host_pci_bridge_kind kind);

/**
 * Do what firmware does, once all is in its place; and again when a card was
 * plugged in, which leaves those that are in use as they are.
 */
void host_pci_firmware(struct host_pci *pci);

/** The number of a bus as its bridge has it now, and slot and function. */
void host_pci_place(const struct host_pci_function *function, unsigned *bus,
		    unsigned *slot, unsigned *number);

/* ---- What a device does on the bus ---- */

/**
 * Memory of the guest. A device whose bus mastering is off, here or in a bridge
 * above, reaches nothing; it is a violation that it was made to try.
 * @return whether all of it was copied
 */
bool host_pci_dma_read(struct host_pci_function *function, uint64_t address,
		       void *to, size_t bytes);
bool host_pci_dma_write(struct host_pci_function *function, uint64_t address,
			const void *from, size_t bytes);

/** Whether it may reach memory now. */
bool host_pci_masters(const struct host_pci_function *function);

enum host_pci_interrupt_kind {
	HOST_PCI_INTX,
	HOST_PCI_MSI,
	HOST_PCI_MSIX,
};

/** How the guest wants to be interrupted. */
enum host_pci_interrupt_kind
host_pci_interrupt_kind(const struct host_pci_function *function);

/**
 * Send a message: MSI-X by its vector, or MSI. A masked vector keeps it pending
 * until it is unmasked.
 */
void host_pci_message(struct host_pci_function *function, unsigned vector);

/** Drive the interrupt pin; nothing while it is disabled in the command. */
void host_pci_line_set(struct host_pci_function *function, bool asserted);

/** The line of the machine that the pin ends at. */
unsigned host_pci_line(const struct host_pci_function *function);

#endif /* MOCKS_PCI_PCI_H */
