/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looking for functions, bus by bus.
 *
 * A bridge has three bus numbers: its own bus, the one behind it, and the
 * highest behind that (bridge 3.2.5.2 to 3.2.5.4). A bus that is scanned has a
 * range of numbers that it may use below it, and each bridge on it a part of
 * that; numbers only grow on the way down, so that no chain of bridges leads
 * back. A PCI Express root port is such a bridge, too.
 */
#include <string.h>

#include "pci/pci.h"
#include "port/log.h"

#define BUSES	  256u
#define DEVICES	  32u
#define FUNCTIONS 8u
/** Bridges behind bridges, more than any board has. */
#define DEPTH_MAX 16u

#define HEADER_KIND	0x7fu
#define HEADER_MULTIPLE 0x80u
#define HEADER_BRIDGE	1u

struct scan {
	struct pci *pci;
	bool (*visit)(void *context, const struct pci_function *function);
	void *context;
	unsigned visited;
	bool ended;
	/** Bus numbers that a bridge has, a bit each. */
	uint32_t taken[BUSES / 32];
};

/** Bus numbers of a bridge, as it has them. */
struct bridge {
	struct pci_address at;
	uint8_t secondary, subordinate;
};

static bool function_read(struct pci *pci, struct pci_address at,
			  struct pci_function *function)
{
	uint32_t identity = pci_read32(pci, at, PCI_VENDOR);
	uint32_t class_code;

	if ((identity & 0xffff) == 0xffff || identity == 0)
		return false;
	class_code = pci_read32(pci, at, PCI_CLASS);
	function->address = at;
	function->vendor = (uint16_t)identity;
	function->device = (uint16_t)(identity >> 16);
	function->class_code = class_code >> 8;
	function->revision = (uint8_t)class_code;
	function->header = pci_read8(pci, at, PCI_HEADER_TYPE) & HEADER_KIND;
	return true;
}

/*
 * The next function of a bus from an address on, which is moved behind it.
 * Function 0 is there, and says whether it has others beside it (6.2.1).
 */
static bool function_next(struct pci *pci, struct pci_address *at,
			  struct pci_function *function)
{
	struct pci_address first;
	bool found;

	while (at->device < DEVICES) {
		first = *at;
		first.function = 0;
		found = function_read(pci, *at, function);
		if (at->function == 0 &&
		    (!found || !(pci_read8(pci, first, PCI_HEADER_TYPE) &
				 HEADER_MULTIPLE)))
			at->function = FUNCTIONS;
		else
			at->function++;
		if (at->function == FUNCTIONS) {
			at->function = 0;
			at->device++;
		}
		if (found)
			return true;
	}
	return false;
}

static bool bus_taken(const struct scan *scan, uint32_t bus)
{
	return (scan->taken[bus / 32] & 1u << bus % 32) != 0;
}

static void bus_take(struct scan *scan, uint32_t first, uint32_t last)
{
	for (; first <= last; first++)
		scan->taken[first / 32] |= 1u << first % 32;
}

static void bridge_read(struct pci *pci, struct pci_address at,
			struct bridge *bridge)
{
	bridge->at = at;
	bridge->secondary = pci_read8(pci, at, PCI_BUS_SECONDARY);
	bridge->subordinate = pci_read8(pci, at, PCI_BUS_SUBORDINATE);
}

static void bridge_write(struct pci *pci, const struct bridge *bridge)
{
	uint32_t word =
		pci_read32(pci, bridge->at, PCI_BUS_PRIMARY) & 0xff000000u;

	pci_write32(pci, bridge->at, PCI_BUS_PRIMARY,
		    word | (uint32_t)bridge->subordinate << 16 |
			    (uint32_t)bridge->secondary << 8 | bridge->at.bus);
}

/* Whether a bridge's numbers are within what its bus has below it. */
static bool bridge_valid(const struct bridge *bridge, uint32_t last)
{
	return bridge->secondary > bridge->at.bus &&
	       bridge->subordinate >= bridge->secondary &&
	       bridge->subordinate <= last;
}

/*
 * Note the numbers that firmware gave to the bridges of a bus, so that none is
 * given out twice. A bridge whose numbers another has is a loop: it is not
 * noted again, and bridges_seen says which were good.
 */
static void bridges_note(struct scan *scan, uint8_t bus, uint32_t last,
			 uint32_t good[])
{
	struct pci_address at = {.bus = bus};
	struct pci_function function;
	struct bridge bridge;
	uint32_t i;

	while (function_next(scan->pci, &at, &function)) {
		if (function.header != HEADER_BRIDGE)
			continue;
		bridge_read(scan->pci, function.address, &bridge);
		if (!bridge_valid(&bridge, last))
			continue;
		for (i = bridge.secondary; i <= bridge.subordinate; i++)
			if (bus_taken(scan, i))
				break;
		if (i <= bridge.subordinate)
			continue;
		bus_take(scan, bridge.secondary, bridge.subordinate);
		good[function.address.device] |= 1u
						 << function.address.function;
	}
}

/* Give a bridge the free numbers that follow the first free one. */
static bool bridge_number(struct scan *scan, struct bridge *bridge,
			  uint32_t last)
{
	uint32_t first = bridge->at.bus + 1u, end;

	while (first <= last && bus_taken(scan, first))
		first++;
	if (first > last)
		return false;
	for (end = first; end < last && !bus_taken(scan, end + 1); end++)
		;
	bridge->secondary = (uint8_t)first;
	bridge->subordinate = (uint8_t)end;
	bridge_write(scan->pci, bridge);
	bus_take(scan, first, end);
	return true;
}

/* Numbers behind a bridge that nobody uses are free again. */
static void bridge_shrink(struct scan *scan, struct bridge *bridge,
			  uint32_t highest)
{
	uint32_t i;

	for (i = highest + 1; i <= bridge->subordinate; i++)
		scan->taken[i / 32] &= ~(1u << i % 32);
	bridge->subordinate = (uint8_t)highest;
	bridge_write(scan->pci, bridge);
}

static uint32_t scan_bus(struct scan *scan, uint8_t bus, uint32_t last,
			 unsigned depth);

/*
 * What is behind a bridge.
 * @param good its numbers were noted
 * @return the highest bus number behind it, or 0
 */
static uint32_t scan_bridge(struct scan *scan, struct pci_address at,
			    uint32_t last, unsigned depth, bool good)
{
	struct bridge bridge;
	uint32_t highest, i;

	bridge_read(scan->pci, at, &bridge);
	if (depth == DEPTH_MAX ||
	    (!good && (bridge.secondary | bridge.subordinate) != 0) ||
	    (!good && !bridge_number(scan, &bridge, last))) {
		log_warning(scan->pci->port,
			    "pci: bridge %02x:%02x.%x leads to buses %u to %u, "
			    "which is not followed",
			    at.bus, at.device, at.function, bridge.secondary,
			    bridge.subordinate);
		return 0;
	}
	/* Bridges below are to find the numbers in its range free. */
	for (i = bridge.secondary + 1u; i <= bridge.subordinate; i++)
		scan->taken[i / 32] &= ~(1u << i % 32);
	highest =
		scan_bus(scan, bridge.secondary, bridge.subordinate, depth + 1);
	if (!good) {
		bridge_shrink(scan, &bridge, highest);
		return highest;
	}
	bus_take(scan, bridge.secondary, bridge.subordinate);
	return bridge.subordinate;
}

/* @return the highest number in use from this bus on */
static uint32_t scan_bus(struct scan *scan, uint8_t bus, uint32_t last,
			 unsigned depth)
{
	struct pci_address at = {.bus = bus};
	struct pci_function function;
	uint32_t good[DEVICES] = {0};
	uint32_t highest = bus, below;

	bridges_note(scan, bus, last, good);
	while (!scan->ended && function_next(scan->pci, &at, &function)) {
		scan->visited++;
		if (!scan->visit(scan->context, &function)) {
			scan->ended = true;
			break;
		}
		if (function.header != HEADER_BRIDGE)
			continue;
		below = scan_bridge(scan, function.address, last, depth,
				    good[function.address.device] >>
						    function.address.function &
					    1);
		if (below > highest)
			highest = below;
	}
	return highest;
}

unsigned pci_scan(struct pci *pci,
		  bool (*visit)(void *context,
				const struct pci_function *function),
		  void *context)
{
	struct scan scan = {.pci = pci, .visit = visit, .context = context};
	uint8_t root = pci->configuration.root_bus;

	bus_take(&scan, root, root);
	scan_bus(&scan, root, BUSES - 1, 0);
	return scan.visited;
}

/* ---- One kind of function ---- */

struct find {
	uint16_t vendor, device;
	unsigned left;
	bool found;
	struct pci_function *function;
};

static bool find_visit(void *context, const struct pci_function *function)
{
	struct find *find = context;

	if (function->vendor != find->vendor ||
	    function->device != find->device || find->left-- > 0)
		return true;
	*find->function = *function;
	find->found = true;
	return false;
}

int pci_find(struct pci *pci, uint16_t vendor, uint16_t device, unsigned n,
	     struct pci_function *function)
{
	struct find find = {
		.vendor = vendor,
		.device = device,
		.left = n,
		.function = function,
	};

	pci_scan(pci, find_visit, &find);
	return find.found ? 0 : ERROR_NO_DEVICE;
}
