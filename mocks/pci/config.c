/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configuration space: what each function has in it, and the two ways there.
 *
 * A read of a function that is not there is all ones. A bus number is found as
 * on the wires: down through each bridge in whose range it lies.
 */
#include "mocks/pci/internal.h"

#include <string.h>

/** Capability identifiers. */
enum { PCI_ID_MSI = 0x05, PCI_ID_EXPRESS = 0x10, PCI_ID_MSIX = 0x11 };

/** Kinds of devices in the PCI Express capability (bits 7:4 of its flags). */
enum {
	EXPRESS_ENDPOINT = 0,
	EXPRESS_ROOT_PORT = 4,
	EXPRESS_INTEGRATED_ENDPOINT = 9,
};

#define EXPRESS_VERSION	       2u
#define EXPRESS_CAPABILITIES   0x8000u /* role based error reporting */
#define EXPRESS_CAPABILITIES_2 0x300000u
#define EXPRESS_LINK	       0x11u /* one lane of 2.5 GT/s */
#define EXTENDED_SERIAL	       0x10003u
#define BRIDGE_CLASS	       0x060400u
#define BRIDGE_EXPRESS_OFFSET  0x40u
#define BRIDGE_VENDOR	       0x15ad
#define BRIDGE_DEVICE	       0x0790 /* VMware's PCI bridge */
#define ROOT_PORT_DEVICE       0x07a0 /* and its PCI Express root port */

#define PORTS_BASE   0xcf8u
#define PORTS_DATA   4u
#define PORTS_ENABLE 0x80000000u

uint32_t pci_get(const struct host_pci_function *function, unsigned offset,
		 unsigned width)
{
	uint32_t value = 0;
	unsigned n;

	for (n = width; n-- > 0;)
		value = value << 8 | function->config[offset + n];
	return value;
}

void pci_put(struct host_pci_function *function, unsigned offset,
	     unsigned width, uint32_t value)
{
	unsigned n;

	for (n = 0; n < width; n++)
		function->config[offset + n] = (uint8_t)(value >> 8 * n);
}

static void writable(struct host_pci_function *function, unsigned offset,
		     unsigned width, uint32_t mask)
{
	unsigned n;

	for (n = 0; n < width; n++)
		function->writable[offset + n] = (uint8_t)(mask >> 8 * n);
}

/* ---- What is in it ---- */

static void config_bars(struct host_pci_function *function)
{
	unsigned n;

	for (n = 0; n < HOST_PCI_BARS; n++) {
		const struct host_pci_bar *bar = &function->identity.bars[n];
		uint64_t mask = pci_bar_mask(bar);
		unsigned offset = PCI_BAR + 4 * n;
		uint32_t flags = bar->prefetchable ? 8 : 0;

		if (bar->kind == HOST_PCI_BAR_NONE)
			continue;
		if (bar->kind == HOST_PCI_BAR_IO)
			flags = 1;
		else if (bar->kind == HOST_PCI_BAR_MEMORY64)
			flags |= 4;
		pci_put(function, offset, 4, flags);
		writable(function, offset, 4, (uint32_t)mask);
		if (bar->kind != HOST_PCI_BAR_MEMORY64)
			continue;
		writable(function, offset + 4, 4, (uint32_t)(mask >> 32));
		n++;
	}
	if (function->identity.rom_bytes)
		writable(function, PCI_ROM, 4,
			 ~(function->identity.rom_bytes - 1) | 1);
}

static void config_express(struct host_pci_function *function, unsigned at,
			   unsigned kind)
{
	pci_put(function, at, 1, PCI_ID_EXPRESS);
	pci_put(function, at + 2, 2, EXPRESS_VERSION | kind << 4);
	pci_put(function, at + 4, 4, EXPRESS_CAPABILITIES);
	writable(function, at + 8, 2, 0xffff);
	if (kind != EXPRESS_INTEGRATED_ENDPOINT) {
		pci_put(function, at + 0xc, 4, EXPRESS_LINK);
		pci_put(function, at + 0x12, 2, EXPRESS_LINK);
	}
	pci_put(function, at + 0x24, 4, EXPRESS_CAPABILITIES_2);
	pci_put(function, PCI_EXTENDED, 4, EXTENDED_SERIAL);
}

static void config_msi(struct host_pci_function *function, unsigned at)
{
	pci_put(function, at, 1, PCI_ID_MSI);
	pci_put(function, at + 2, 2, 0x80); /* 64 bits, one message */
	writable(function, at + 2, 2, 0x71);
	writable(function, at + 4, 4, 0xfffffffc);
	writable(function, at + 8, 4, 0xffffffff);
	writable(function, at + 12, 2, 0xffff);
}

static void config_msix(struct host_pci_function *function, unsigned at)
{
	const struct host_pci_identity *identity = &function->identity;
	unsigned n;

	pci_put(function, at, 1, PCI_ID_MSIX);
	pci_put(function, at + 2, 2, identity->msix_vectors - 1);
	writable(function, at + 2, 2, PCI_MSIX_ENABLE | PCI_MSIX_MASK_ALL);
	pci_put(function, at + 4, 4, identity->msix_bar);
	pci_put(function, at + 8, 4,
		identity->msix_pba_offset | identity->msix_bar);
	for (n = 0; n < identity->msix_vectors; n++)
		function->msix_table[n * PCI_MSIX_ENTRY_WORDS + 3] =
			PCI_MSIX_ENTRY_MASK;
}

/** Chain a capability to those before. @return where the next link lies */
static unsigned config_link(struct host_pci_function *function, unsigned link,
			    unsigned at)
{
	if (!at)
		return link;
	function->config[link] = (uint8_t)at;
	pci_put(function, PCI_STATUS, 2, PCI_STATUS_CAPABILITIES);
	return at + 1;
}

void pci_config_endpoint(struct host_pci_function *function)
{
	const struct host_pci_identity *identity = &function->identity;
	unsigned link = PCI_CAPABILITIES;

	pci_put(function, PCI_VENDOR, 2, identity->vendor);
	pci_put(function, PCI_DEVICE, 2, identity->device);
	pci_put(function, PCI_REVISION, 1, identity->revision);
	pci_put(function, PCI_CLASS, 3, identity->class_code);
	pci_put(function, PCI_SUBSYSTEM_VENDOR, 2, identity->subsystem_vendor);
	pci_put(function, PCI_SUBSYSTEM, 2, identity->subsystem);
	pci_put(function, PCI_PIN, 1, identity->pin);
	writable(function, PCI_COMMAND, 2, PCI_COMMAND_WRITABLE);
	writable(function, PCI_CACHE_LINE, 1, 0xff);
	writable(function, PCI_LINE, 1, 0xff);
	config_bars(function);
	if (identity->express_offset)
		config_express(function, identity->express_offset,
			       function->bus->bridge
				       ? EXPRESS_ENDPOINT
				       : EXPRESS_INTEGRATED_ENDPOINT);
	link = config_link(function, link, identity->express_offset);
	if (identity->msix_offset)
		config_msix(function, identity->msix_offset);
	link = config_link(function, link, identity->msix_offset);
	if (identity->msi_offset)
		config_msi(function, identity->msi_offset);
	config_link(function, link, identity->msi_offset);
}

void pci_config_bridge(struct host_pci_function *function,
		       enum host_pci_bridge_kind kind)
{
	bool port = kind == HOST_PCI_ROOT_PORT;

	pci_put(function, PCI_VENDOR, 2, BRIDGE_VENDOR);
	pci_put(function, PCI_DEVICE, 2,
		port ? ROOT_PORT_DEVICE : BRIDGE_DEVICE);
	pci_put(function, PCI_CLASS, 3, BRIDGE_CLASS);
	pci_put(function, PCI_HEADER_TYPE, 1, 1);
	pci_put(function, PCI_BRIDGE_PREFETCH, 4, 0x00010001); /* 64 bits */
	writable(function, PCI_COMMAND, 2, PCI_COMMAND_WRITABLE);
	writable(function, PCI_CACHE_LINE, 1, 0xff);
	writable(function, PCI_BRIDGE_PRIMARY, 3, 0xffffff);
	writable(function, PCI_BRIDGE_IO, 2, 0xf0f0);
	writable(function, PCI_BRIDGE_MEMORY, 4, 0xfff0fff0);
	writable(function, PCI_BRIDGE_PREFETCH, 4, 0xfff0fff0);
	writable(function, PCI_BRIDGE_PREFETCH_HIGH, 4, 0xffffffff);
	writable(function, PCI_BRIDGE_PREFETCH_HIGH + 4, 4, 0xffffffff);
	writable(function, PCI_LINE, 1, 0xff);
	writable(function, PCI_BRIDGE_CONTROL, 2, 0x0f5f);
	if (!port)
		return;
	config_express(function, BRIDGE_EXPRESS_OFFSET, EXPRESS_ROOT_PORT);
	config_link(function, PCI_CAPABILITIES, BRIDGE_EXPRESS_OFFSET);
}

/* ---- Access ---- */

static struct host_pci_bus *bus_find(struct host_pci_bus *bus, unsigned number)
{
	unsigned slot, n;

	if (!number)
		return bus;
	for (slot = 0; slot < HOST_PCI_SLOTS; slot++) {
		for (n = 0; n < HOST_PCI_FUNCTIONS; n++) {
			const struct host_pci_function *bridge =
				bus->functions[slot][n];
			unsigned first, last;

			if (!bridge || !bridge->secondary)
				continue;
			first = bridge->config[PCI_BRIDGE_SECONDARY];
			last = bridge->config[PCI_BRIDGE_SUBORDINATE];
			if (!first || number < first || number > last)
				continue;
			if (number == first)
				return bridge->secondary;
			return bus_find(bridge->secondary, number);
		}
	}
	return NULL;
}

/** @param place bus in bits 15:8, slot in 7:3, function in 2:0 */
static struct host_pci_function *function_find(struct host_pci *pci,
					       unsigned place)
{
	struct host_pci_bus *bus = bus_find(&pci->root, place >> 8 & 0xff);
	struct host_pci_function *function =
		bus ? bus->functions[place >> 3 & 31][place & 7] : NULL;

	return function && !function->removed ? function : NULL;
}

static uint64_t config_read(struct host_pci *pci, unsigned place,
			    unsigned offset, unsigned width)
{
	const struct host_pci_function *function = function_find(pci, place);

	if (!function || width > 4 || offset % width)
		return UINT64_MAX;
	return pci_get(function, offset, width);
}

/** Sizing a BAR (PCI 3.0, 6.2.5.1) while it answers makes it answer anywhere.
 */
static void config_watch_sizing(const struct host_pci_function *function,
				unsigned offset, uint64_t value, unsigned width)
{
	unsigned command = pci_get(function, PCI_COMMAND, 2);
	unsigned n = (offset - PCI_BAR) / 4;

	if (function->secondary || offset < PCI_BAR || width != 4 ||
	    n >= HOST_PCI_BARS || (uint32_t)value != 0xffffffffu)
		return;
	if (command & (function->identity.bars[n].kind == HOST_PCI_BAR_IO
			       ? PCI_COMMAND_IO
			       : PCI_COMMAND_MEMORY) &&
	    function->identity.bars[n].kind != HOST_PCI_BAR_NONE)
		machine_violation(function->pci->machine, "PCI 6.2.5.1 BARs",
				  "BAR %u is sized while the device decodes it",
				  n);
}

static void config_write(struct host_pci *pci, unsigned place, unsigned offset,
			 uint64_t value, unsigned width)
{
	struct host_pci_function *function = function_find(pci, place);
	unsigned n;

	if (!function || width > 4 || offset % width)
		return;
	config_watch_sizing(function, offset, value, width);
	for (n = 0; n < width; n++) {
		uint8_t mask = function->writable[offset + n];
		uint8_t byte = (uint8_t)(value >> 8 * n);

		function->config[offset + n] =
			(function->config[offset + n] & ~mask) | (byte & mask);
	}
	pci_route(pci);
	pci_interrupts_update(function);
	if (function->identity.operations &&
	    function->identity.operations->changed)
		function->identity.operations->changed(
			function->identity.context);
}

/* ---- By I/O ports ---- */

static uint64_t ports_read(void *context, uint64_t offset, unsigned width)
{
	struct host_pci *pci = context;

	if (!offset && width == 4)
		return pci->address;
	if (offset < PORTS_DATA || !(pci->address & PORTS_ENABLE))
		return UINT64_MAX;
	return config_read(pci, pci->address >> 8 & 0xffff,
			   (pci->address & 0xfc) +
				   (unsigned)(offset - PORTS_DATA),
			   width);
}

static void ports_write(void *context, uint64_t offset, uint64_t value,
			unsigned width)
{
	struct host_pci *pci = context;

	if (!offset && width == 4)
		pci->address = (uint32_t)value;
	if (offset >= PORTS_DATA && pci->address & PORTS_ENABLE)
		config_write(pci, pci->address >> 8 & 0xffff,
			     (pci->address & 0xfc) +
				     (unsigned)(offset - PORTS_DATA),
			     value, width);
}

/* ---- Memory mapped ---- */

static uint64_t ecam_read(void *context, uint64_t offset, unsigned width)
{
	return config_read(context, (unsigned)(offset >> 12),
			   (unsigned)(offset & 0xfff), width);
}

static void ecam_write(void *context, uint64_t offset, uint64_t value,
		       unsigned width)
{
	config_write(context, (unsigned)(offset >> 12),
		     (unsigned)(offset & 0xfff), value, width);
}

void pci_config_register(struct host_pci *pci)
{
	const struct host_pci_configuration *configuration =
		&pci->configuration;

	pci->ports = (struct machine_region){
		.base = PORTS_BASE,
		.bytes = 8,
		.name = "pci-ports",
		.context = pci,
		.read = ports_read,
		.write = ports_write,
	};
	pci->ecam = (struct machine_region){
		.base = configuration->ecam_base,
		.bytes = 256ull << 20,
		.name = "pci-ecam",
		.context = pci,
		.read = ecam_read,
		.write = ecam_write,
	};
	if (!configuration->no_ports)
		machine_port_region_add(pci->machine, &pci->ports);
	if (!configuration->no_ecam)
		machine_mmio_region_add(pci->machine, &pci->ecam);
}
