/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buses, slots and functions.
 */
#include "mocks/pci/internal.h"

#include <stdlib.h>
#include <string.h>

struct host_pci *
host_pci_create(struct machine *machine,
		const struct host_pci_configuration *configuration)
{
	struct host_pci *pci = calloc(1, sizeof(*pci));

	if (!pci)
		return NULL;
	pci->machine = machine;
	if (configuration)
		pci->configuration = *configuration;
	if (!pci->configuration.ecam_base)
		pci->configuration.ecam_base = HOST_PCI_ECAM_BASE;
	pci->root.pci = pci;
	pci_config_register(pci);
	return pci;
}

void host_pci_destroy(struct host_pci *pci)
{
	if (!pci)
		return;
	while (pci->functions) {
		struct host_pci_function *function = pci->functions;

		pci->functions = function->next;
		free(function);
	}
	while (pci->buses) {
		struct host_pci_bus *bus = pci->buses;

		pci->buses = bus->next;
		free(bus);
	}
	free(pci);
}

struct host_pci_bus *host_pci_root(struct host_pci *pci)
{
	return &pci->root;
}

/** Whether nothing is plugged in there, or what was is pulled out. */
static bool place_is_free(const struct host_pci_bus *bus, unsigned slot,
			  unsigned number)
{
	const struct host_pci_function *there = bus->functions[slot][number];

	return !there || there->removed;
}

static struct host_pci_function *function_new(struct host_pci_bus *bus,
					      unsigned slot, unsigned number)
{
	struct host_pci_function *function;

	if (slot >= HOST_PCI_SLOTS || number >= HOST_PCI_FUNCTIONS ||
	    (bus->one_slot && slot) || !place_is_free(bus, slot, number))
		return NULL;
	function = calloc(1, sizeof(*function));
	if (!function)
		return NULL;
	function->pci = bus->pci;
	function->bus = bus;
	function->slot = slot;
	function->number = number;
	return function;
}

/** Put it into its place; function 0 says that there are more. */
static void function_plug(struct host_pci_function *function)
{
	struct host_pci *pci = function->pci;
	struct host_pci_function **slot =
		function->bus->functions[function->slot];
	unsigned number;

	slot[function->number] = function;
	function->next = pci->functions;
	pci->functions = function;
	for (number = 1; slot[0] && number < HOST_PCI_FUNCTIONS; number++)
		if (slot[number])
			slot[0]->config[PCI_HEADER_TYPE] |= PCI_MULTIFUNCTION;
}

struct host_pci_function *host_pci_add(struct host_pci_bus *bus, unsigned slot,
				       unsigned number,
				       const struct host_pci_identity *identity)
{
	struct host_pci_function *function = function_new(bus, slot, number);

	if (!function)
		return NULL;
	function->identity = *identity;
	pci_config_endpoint(function);
	function_plug(function);
	function->line.line = host_pci_line(function);
	pci_region_register(function);
	pci_route(bus->pci);
	return function;
}

void host_pci_remove(struct host_pci_function *function)
{
	function->removed = true;
	pci_interrupts_update(function);
	pci_route(function->pci);
}

struct host_pci_bus *host_pci_bridge_add(struct host_pci_bus *bus,
					 unsigned slot, unsigned number,
					 enum host_pci_bridge_kind kind)
{
	struct host_pci_function *function = function_new(bus, slot, number);
	struct host_pci_bus *secondary;

	if (!function)
		return NULL;
	secondary = calloc(1, sizeof(*secondary));
	if (!secondary) {
		free(function);
		return NULL;
	}
	secondary->pci = bus->pci;
	secondary->bridge = function;
	secondary->one_slot = kind == HOST_PCI_ROOT_PORT;
	secondary->next = bus->pci->buses;
	bus->pci->buses = secondary;
	function->secondary = secondary;
	pci_config_bridge(function, kind);
	function_plug(function);
	return secondary;
}

void host_pci_place(const struct host_pci_function *function, unsigned *bus,
		    unsigned *slot, unsigned *number)
{
	const struct host_pci_function *bridge = function->bus->bridge;

	*bus = bridge ? bridge->config[PCI_BRIDGE_SECONDARY] : 0;
	*slot = function->slot;
	*number = function->number;
}
