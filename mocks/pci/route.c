/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who answers an address: a BAR whose decoding is on, and to which each bridge
 * above lets the address through one of its windows.
 */
#include "mocks/pci/internal.h"

uint64_t pci_bar_mask(const struct host_pci_bar *bar)
{
	uint64_t mask = ~(bar->bytes - 1);

	switch (bar->kind) {
	case HOST_PCI_BAR_MEMORY32:
	case HOST_PCI_BAR_IO:
		return mask & 0xffffffffu;
	case HOST_PCI_BAR_MEMORY64:
		return mask;
	default:
		return 0;
	}
}

uint64_t pci_bar_address(const struct host_pci_function *function, unsigned n)
{
	const struct host_pci_bar *bar = &function->identity.bars[n];
	uint64_t address = pci_get(function, PCI_BAR + 4 * n, 4);

	if (bar->kind == HOST_PCI_BAR_MEMORY64)
		address |= (uint64_t)pci_get(function, PCI_BAR + 4 * n + 4, 4)
			   << 32;
	return address & pci_bar_mask(bar);
}

/** The first and the last address of a bridge's window. */
static void window(const struct host_pci_function *bridge,
		   enum pci_offset which, uint64_t *first, uint64_t *last)
{
	if (which == PCI_BRIDGE_IO) {
		*first = (uint64_t)(bridge->config[which] & 0xf0u) << 8;
		*last = (uint64_t)(bridge->config[which + 1] & 0xf0u) << 8 |
			(PCI_BRIDGE_IO_BYTES - 1);
		return;
	}
	*first = (uint64_t)(pci_get(bridge, which, 2) & 0xfff0u) << 16;
	*last = (uint64_t)(pci_get(bridge, which + 2, 2) & 0xfff0u) << 16 |
		(PCI_BRIDGE_WINDOW_BYTES - 1);
	if (which != PCI_BRIDGE_PREFETCH)
		return;
	*first |= (uint64_t)pci_get(bridge, PCI_BRIDGE_PREFETCH_HIGH, 4) << 32;
	*last |= (uint64_t)pci_get(bridge, PCI_BRIDGE_PREFETCH_HIGH + 4, 4)
		 << 32;
}

static bool window_passes(const struct host_pci_function *bridge,
			  enum pci_offset which, uint64_t address,
			  uint64_t bytes)
{
	uint64_t first, last;

	window(bridge, which, &first, &last);
	return first <= last && address >= first && address <= last &&
	       bytes - 1 <= last - address;
}

static bool bridge_passes(const struct host_pci_function *bridge,
			  const struct host_pci_bar *bar, uint64_t address)
{
	unsigned command = pci_get(bridge, PCI_COMMAND, 2);

	if (bridge->removed)
		return false;
	if (bar->kind == HOST_PCI_BAR_IO)
		return command & PCI_COMMAND_IO &&
		       window_passes(bridge, PCI_BRIDGE_IO, address,
				     bar->bytes);
	return command & PCI_COMMAND_MEMORY &&
	       (window_passes(bridge, PCI_BRIDGE_MEMORY, address, bar->bytes) ||
		window_passes(bridge, PCI_BRIDGE_PREFETCH, address,
			      bar->bytes));
}

static bool bar_answers(const struct host_pci_function *function, unsigned n,
			uint64_t address)
{
	const struct host_pci_bar *bar = &function->identity.bars[n];
	unsigned command = pci_get(function, PCI_COMMAND, 2);
	const struct host_pci_function *bridge;
	unsigned wanted = bar->kind == HOST_PCI_BAR_IO ? PCI_COMMAND_IO
						       : PCI_COMMAND_MEMORY;

	if (function->removed || !(command & wanted) || !address)
		return false;
	for (bridge = function->bus->bridge; bridge;
	     bridge = bridge->bus->bridge)
		if (!bridge_passes(bridge, bar, address))
			return false;
	return true;
}

void pci_route(struct host_pci *pci)
{
	struct host_pci_function *function;
	unsigned n;

	for (function = pci->functions; function; function = function->next) {
		for (n = 0; n < HOST_PCI_BARS; n++) {
			struct machine_region *region =
				&function->regions[n].region;
			uint64_t address;

			if (!function->regions[n].function)
				continue;
			address = pci_bar_address(function, n);
			region->base = address;
			region->bytes =
				bar_answers(function, n, address)
					? function->identity.bars[n].bytes
					: 0;
		}
	}
}

/* ---- Registers ---- */

static uint64_t bar_read(void *context, uint64_t offset, unsigned width)
{
	const struct pci_region *region = context;
	const struct host_pci_identity *identity = &region->function->identity;

	if (pci_msix_holds(region->function, region->bar, offset))
		return pci_msix_read(region->function, offset, width);
	if (!identity->operations || !identity->operations->read)
		return UINT64_MAX;
	return identity->operations->read(identity->context, region->bar,
					  offset, width);
}

static void bar_write(void *context, uint64_t offset, uint64_t value,
		      unsigned width)
{
	const struct pci_region *region = context;
	const struct host_pci_identity *identity = &region->function->identity;

	if (pci_msix_holds(region->function, region->bar, offset))
		pci_msix_write(region->function, offset, value, width);
	else if (identity->operations && identity->operations->write)
		identity->operations->write(identity->context, region->bar,
					    offset, value, width);
}

void pci_region_register(struct host_pci_function *function)
{
	static const char *const names[HOST_PCI_BARS] = {
		"bar0", "bar1", "bar2", "bar3", "bar4", "bar5",
	};
	struct machine *machine = function->pci->machine;
	unsigned n;

	for (n = 0; n < HOST_PCI_BARS; n++) {
		struct pci_region *region = &function->regions[n];
		enum host_pci_bar_kind kind = function->identity.bars[n].kind;

		if (kind == HOST_PCI_BAR_NONE)
			continue;
		region->function = function;
		region->bar = n;
		region->region = (struct machine_region){
			.name = names[n],
			.context = region,
			.read = bar_read,
			.write = bar_write,
		};
		if (kind == HOST_PCI_BAR_IO)
			machine_port_region_add(machine, &region->region);
		else
			machine_mmio_region_add(machine, &region->region);
	}
}
