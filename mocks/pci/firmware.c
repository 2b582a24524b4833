/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What firmware does before the guest runs: number the buses depth first, give
 * each BAR a place, open the bridges' windows over what lies behind them, and
 * note interrupt lines.
 */
#include "mocks/pci/internal.h"

#define MEMORY_FIRST   0xe0000000u
#define PREFETCH_FIRST 0x8000000000ull
#define IO_FIRST       0xc000u

/** Where the next of each kind goes. */
struct plan {
	uint64_t memory, prefetch, io;
	unsigned bus;
};

static uint64_t align(uint64_t value, uint64_t to)
{
	return (value + to - 1) & ~(to - 1);
}

static void place_bar(struct host_pci_function *function, unsigned n,
		      struct plan *plan)
{
	const struct host_pci_bar *bar = &function->identity.bars[n];
	uint64_t *next = &plan->memory;
	uint64_t address;
	unsigned offset = PCI_BAR + 4 * n;

	if (bar->kind == HOST_PCI_BAR_NONE)
		return;
	if (bar->kind == HOST_PCI_BAR_IO)
		next = &plan->io;
	else if (bar->kind == HOST_PCI_BAR_MEMORY64 && bar->prefetchable)
		next = &plan->prefetch;
	address = align(*next, bar->bytes);
	*next = address + bar->bytes;
	pci_put(function, offset, 4,
		(uint32_t)address | (pci_get(function, offset, 4) & 0xf));
	if (bar->kind == HOST_PCI_BAR_MEMORY64)
		pci_put(function, offset + 4, 4, (uint32_t)(address >> 32));
}

static void place_endpoint(struct host_pci_function *function,
			   struct plan *plan)
{
	const struct host_pci_configuration *configuration =
		&function->pci->configuration;
	unsigned n;

	for (n = 0; n < HOST_PCI_BARS && !configuration->bars_unset; n++)
		place_bar(function, n, plan);
	pci_put(function, PCI_LINE, 1, host_pci_line(function));
	/* Again, since a card was plugged in: the others are in use. */
	if (!configuration->decode_off && !configuration->bars_unset &&
	    !function->is_placed)
		pci_put(function, PCI_COMMAND, 2,
			PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_SERR);
	function->is_placed = true;
}

/** Open a window from one address up to before another; or none at all. */
static void open_window(struct host_pci_function *bridge, enum pci_offset which,
			uint64_t first, uint64_t end)
{
	uint64_t last = end - 1;
	uint32_t flags = which == PCI_BRIDGE_PREFETCH ? 1 : 0;

	if (first == end) {
		first = 0xfff00000u;
		last = 0;
	}
	pci_put(bridge, which, 2, (uint32_t)(first >> 16 & 0xfff0u) | flags);
	pci_put(bridge, which + 2, 2, (uint32_t)(last >> 16 & 0xfff0u) | flags);
	if (which != PCI_BRIDGE_PREFETCH)
		return;
	pci_put(bridge, PCI_BRIDGE_PREFETCH_HIGH, 4, (uint32_t)(first >> 32));
	pci_put(bridge, PCI_BRIDGE_PREFETCH_HIGH + 4, 4,
		(uint32_t)(last >> 32));
}

static void open_io_window(struct host_pci_function *bridge, uint64_t first,
			   uint64_t end)
{
	uint64_t last = end - 1;

	if (first == end) {
		first = 0xf000;
		last = 0;
	}
	pci_put(bridge, PCI_BRIDGE_IO, 1, (uint32_t)(first >> 8 & 0xf0));
	pci_put(bridge, PCI_BRIDGE_IO + 1, 1, (uint32_t)(last >> 8 & 0xf0));
}

static void place_bus(struct host_pci_bus *bus, struct plan *plan);

static void plan_align(struct plan *plan)
{
	plan->memory = align(plan->memory, PCI_BRIDGE_WINDOW_BYTES);
	plan->prefetch = align(plan->prefetch, PCI_BRIDGE_WINDOW_BYTES);
	plan->io = align(plan->io, PCI_BRIDGE_IO_BYTES);
}

static void place_bridge(struct host_pci_function *bridge, struct plan *plan)
{
	struct host_pci *pci = bridge->pci;
	unsigned primary =
		bridge->bus->bridge
			? bridge->bus->bridge->config[PCI_BRIDGE_SECONDARY]
			: 0;
	struct plan before;

	if (pci->configuration.buses_unset)
		return;
	plan_align(plan);
	before = *plan;
	pci_put(bridge, PCI_BRIDGE_PRIMARY, 1, primary);
	pci_put(bridge, PCI_BRIDGE_SECONDARY, 1, ++plan->bus);
	place_bus(bridge->secondary, plan);
	pci_put(bridge, PCI_BRIDGE_SUBORDINATE, 1, plan->bus);
	plan_align(plan);
	open_window(bridge, PCI_BRIDGE_MEMORY, before.memory, plan->memory);
	open_window(bridge, PCI_BRIDGE_PREFETCH, before.prefetch,
		    plan->prefetch);
	open_io_window(bridge, before.io, plan->io);
	pci_put(bridge, PCI_COMMAND, 2,
		PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static void place_bus(struct host_pci_bus *bus, struct plan *plan)
{
	unsigned slot, n;

	for (slot = 0; slot < HOST_PCI_SLOTS; slot++) {
		for (n = 0; n < HOST_PCI_FUNCTIONS; n++) {
			struct host_pci_function *function =
				bus->functions[slot][n];

			if (function && function->secondary)
				place_bridge(function, plan);
			else if (function)
				place_endpoint(function, plan);
		}
	}
}

void host_pci_firmware(struct host_pci *pci)
{
	struct plan plan = {
		.memory = MEMORY_FIRST,
		.prefetch = PREFETCH_FIRST,
		.io = IO_FIRST,
	};

	place_bus(&pci->root, &plan);
	pci_route(pci);
}
