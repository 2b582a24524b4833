/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PCI bus: configuration space both ways, scans behind bridges, registers,
 * capabilities and MSI-X, on a board that the test puts together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/machine/machine.h"
#include "pci/pci.h"
#include "port/port.h"

#define ECAM	  0xb0000000u
#define TABLE	  0xe0000000u
#define FUNCTIONS 32u

struct function {
	uint8_t bus, device, function;
	uint8_t space[256];
	/* Bits of the base address registers that cannot be written. */
	uint32_t bar_masks[6];
	/* Decoding was on while a register was measured. */
	bool measured_live;
};

struct board {
	struct machine *machine;
	struct port *port;
	struct pci pci;
	struct function functions[FUNCTIONS];
	unsigned count;
	uint32_t address;
	bool ecam;
	struct machine_region ports, memory, table;
	uint8_t entries[64];
	/* What a scan visited. */
	struct pci_function visited[64];
	unsigned visits, visits_most;
};

static struct function *function_find(struct board *board, uint32_t bus,
				      uint32_t device, uint32_t function)
{
	unsigned i;

	for (i = 0; i < board->count; i++)
		if (board->functions[i].bus == bus &&
		    board->functions[i].device == device &&
		    board->functions[i].function == function)
			return &board->functions[i];
	return NULL;
}

/* Which bus number a bus has is what the bridge before it says. */
static struct function *function_add(struct board *board, uint8_t bus,
				     uint8_t device, uint8_t function)
{
	struct function *added = &board->functions[board->count++];

	memset(added, 0, sizeof(*added));
	added->bus = bus;
	added->device = device;
	added->function = function;
	memcpy(added->space, "\x34\x12\x78\x56", 4);
	return added;
}

static struct function *bridge_add(struct board *board, uint8_t bus,
				   uint8_t device, uint8_t secondary,
				   uint8_t subordinate)
{
	struct function *added = function_add(board, bus, device, 0);

	added->space[0x0b] = 6;
	added->space[0x0a] = 4;
	added->space[0x0e] = 1;
	added->space[0x19] = secondary;
	added->space[0x1a] = subordinate;
	return added;
}

static uint64_t space_read(const struct function *function, uint32_t offset,
			   unsigned width)
{
	uint32_t value = 0;

	if (!function || offset >= 256)
		return UINT64_MAX;
	memcpy(&value, function->space + offset, width);
	return value;
}

static void space_write(struct function *function, uint32_t offset,
			uint64_t value, unsigned width)
{
	uint32_t word, index = (offset - 0x10) / 4;

	if (!function || offset >= 256)
		return;
	memcpy(function->space + offset, &value, width);
	if (function->space[0x0e] & 0x7f || offset < 0x10 || offset >= 0x28)
		return;
	if (value == UINT32_MAX && function->space[4] & 3)
		function->measured_live = true;
	/* The low bits are what they are. */
	memcpy(&word, function->space + 0x28 + 4 * index + 0x18, 4);
	word = ((uint32_t)value & function->bar_masks[index]) |
	       (word & ~function->bar_masks[index]);
	memcpy(function->space + offset, &word, 4);
}

static uint64_t ports_read(void *context, uint64_t offset, unsigned width)
{
	struct board *board = context;
	uint32_t at = board->address;

	if (offset < 4)
		return at;
	if (!(at >> 31))
		return UINT64_MAX;
	return space_read(function_find(board, at >> 16 & 0xff, at >> 11 & 31,
					at >> 8 & 7),
			  (at & 0xfc) + (uint32_t)offset - 4, width);
}

static void ports_write(void *context, uint64_t offset, uint64_t value,
			unsigned width)
{
	struct board *board = context;
	uint32_t at = board->address;

	if (offset < 4)
		board->address = (uint32_t)value;
	else
		space_write(function_find(board, at >> 16 & 0xff, at >> 11 & 31,
					  at >> 8 & 7),
			    (at & 0xfc) + (uint32_t)offset - 4, value, width);
}

static uint64_t memory_read(void *context, uint64_t offset, unsigned width)
{
	return space_read(function_find(context, offset >> 20 & 0xff,
					offset >> 15 & 31, offset >> 12 & 7),
			  offset & 0xfff, width);
}

static void memory_write(void *context, uint64_t offset, uint64_t value,
			 unsigned width)
{
	space_write(function_find(context, offset >> 20 & 0xff,
				  offset >> 15 & 31, offset >> 12 & 7),
		    offset & 0xfff, value, width);
}

static uint64_t table_read(void *context, uint64_t offset, unsigned width)
{
	struct board *board = context;
	uint32_t value = 0;

	if (offset - 0x800 + width <= sizeof(board->entries))
		memcpy(&value, &board->entries[offset - 0x800], width);
	return value;
}

static void table_write(void *context, uint64_t offset, uint64_t value,
			unsigned width)
{
	struct board *board = context;

	assert_in_range(offset, 0x800, 0x800 + sizeof(board->entries) - width);
	memcpy(&board->entries[offset - 0x800], &value, width);
}

struct run {
	struct board *board;
	void (*body)(struct board *board);
};

static void run_guest(void *context)
{
	struct run *run = context;
	struct pci_configuration configuration = {
		.ecam_base = ECAM,
		.ecam_last_bus = 255,
	};

	assert_int_equal(pci_open(&run->board->pci, run->board->port,
				  run->board->ecam ? &configuration : NULL),
			 0);
	run->body(run->board);
	pci_close(&run->board->pci);
}

static void run_on(void (*body)(struct board *board), bool ecam)
{
	struct board *board = calloc(1, sizeof(*board));
	struct run run = {board, body};
	struct machine_counters counters;

	assert_non_null(board);
	board->ecam = ecam;
	board->visits_most = 64;
	board->machine = machine_create(NULL);
	assert_non_null(board->machine);
	board->port = machine_port(board->machine);
	board->ports = (struct machine_region){
		.base = 0xcf8,
		.bytes = 8,
		.context = board,
		.read = ports_read,
		.write = ports_write,
	};
	board->memory = (struct machine_region){
		.base = ECAM,
		.bytes = 256u << 20,
		.context = board,
		.read = memory_read,
		.write = memory_write,
	};
	board->table = (struct machine_region){
		.base = TABLE,
		.bytes = 0x1000,
		.context = board,
		.read = table_read,
		.write = table_write,
	};
	if (!ecam)
		machine_port_region_add(board->machine, &board->ports);
	else
		machine_mmio_region_add(board->machine, &board->memory);
	machine_mmio_region_add(board->machine, &board->table);
	if (machine_run(board->machine, run_guest, &run) != MACHINE_DONE)
		fail_msg("%s", machine_reason(board->machine));
	machine_counters(board->machine, &counters);
	assert_int_equal(counters.live_mappings, 0);
	machine_destroy(board->machine);
	free(board);
}

static void run_both(void (*body)(struct board *board))
{
	run_on(body, false);
	run_on(body, true);
}

/* ---- Configuration space ---- */

static void widths_body(struct board *board)
{
	const struct pci_address at = {.bus = 3, .device = 31, .function = 7};
	struct function *function = function_add(board, 3, 31, 7);
	struct pci_address none = at;

	pci_write32(&board->pci, at, 0x40, 0x44332211);
	assert_int_equal(pci_read8(&board->pci, at, 0x43), 0x44);
	assert_int_equal(pci_read16(&board->pci, at, 0x42), 0x4433);
	assert_int_equal(pci_read32(&board->pci, at, 0x40), 0x44332211);
	pci_write8(&board->pci, at, 0x41, 0xaa);
	pci_write16(&board->pci, at, 0x42, 0xbbcc);
	assert_int_equal(pci_read32(&board->pci, at, 0x40), 0xbbccaa11);
	assert_int_equal(function->space[0x41], 0xaa);
	/* Nothing there; and nothing that can be. */
	none.function = 6;
	assert_int_equal(pci_read32(&board->pci, none, 0), UINT32_MAX);
	none.function = 8;
	pci_write32(&board->pci, none, 0x40, 0);
	pci_write16(&board->pci, none, 0x40, 0);
	pci_write8(&board->pci, none, 0x40, 0);
	assert_int_equal(pci_read8(&board->pci, none, 0), UINT8_MAX);
	assert_int_equal(pci_read16(&board->pci, none, 0), UINT16_MAX);
	assert_int_equal(pci_read32(&board->pci, at, 0x41), UINT32_MAX);
	assert_int_equal(pci_read16(&board->pci, at, 0x41), UINT16_MAX);
	/* Beyond the space. */
	pci_write32(&board->pci, at, 4096, 0);
	pci_write16(&board->pci, at, 4096, 0);
	pci_write8(&board->pci, at, 4096, 0);
	assert_int_equal(pci_read32(&board->pci, at, 4096), UINT32_MAX);
	assert_int_equal(pci_read16(&board->pci, at, 4096), UINT16_MAX);
	assert_int_equal(pci_read8(&board->pci, at, 4096), UINT8_MAX);
	assert_int_equal(pci_read32(&board->pci, at, 0x40), 0xbbccaa11);
}

static void widths(void **state)
{
	(void)state;
	run_both(widths_body);
}

static void bad_areas_body(struct board *board)
{
	struct pci_configuration configuration = {
		.ecam_base = ECAM,
		.ecam_first_bus = 2,
		.ecam_last_bus = 1,
	};
	struct pci pci;

	assert_int_equal(pci_open(&pci, board->port, &configuration),
			 ERROR_INVALID);
	configuration.ecam_last_bus = 2;
	configuration.ecam_base++;
	assert_int_equal(pci_open(&pci, board->port, &configuration),
			 ERROR_INVALID);
	/* Where memory is there are no registers. */
	configuration.ecam_base = 0x100000;
	assert_int_equal(pci_open(&pci, board->port, &configuration),
			 ERROR_NO_MEMORY);
	/* A part of the buses. */
	configuration.ecam_base = ECAM + (2u << 20);
	assert_int_equal(pci_open(&pci, board->port, &configuration), 0);
	function_add(board, 2, 0, 0);
	/* Behind its end may lie the mapping of all buses. */
	function_add(board, 1, 0, 0)->space[0] = 0x35;
	assert_int_equal(pci_read16(&pci, (struct pci_address){.bus = 2}, 0),
			 0x1234);
	assert_int_equal(pci_read16(&pci, (struct pci_address){.bus = 1}, 0),
			 0xffff);
	assert_int_equal(pci_read16(&pci, (struct pci_address){.bus = 3}, 0),
			 0xffff);
	pci_close(&pci);
}

static void bad_areas(void **state)
{
	(void)state;
	run_on(bad_areas_body, true);
}

/* ---- Scans ---- */

static bool visit(void *context, const struct pci_function *function)
{
	struct board *board = context;

	board->visited[board->visits++] = *function;
	return board->visits < board->visits_most;
}

static unsigned scan(struct board *board)
{
	board->visits = 0;
	return pci_scan(&board->pci, visit, board);
}

static bool saw(const struct board *board, unsigned bus, unsigned device,
		unsigned function)
{
	unsigned i;

	for (i = 0; i < board->visits; i++)
		if (board->visited[i].address.bus == bus &&
		    board->visited[i].address.device == device &&
		    board->visited[i].address.function == function)
			return true;
	return false;
}

static void functions_body(struct board *board)
{
	struct pci_function found;

	function_add(board, 0, 0, 0);
	/* Functions beside one that says so, and beside one that does not. */
	function_add(board, 0, 5, 0)->space[0x0e] = 0x80;
	function_add(board, 0, 5, 3)->space[2] = 0x99;
	function_add(board, 0, 5, 7)->space[2] = 0x99;
	function_add(board, 0, 6, 1);
	function_add(board, 0, 7, 0);
	function_add(board, 0, 7, 2);
	function_add(board, 0, 31, 0)->space[0x0b] = 2;
	assert_int_equal(scan(board), 6);
	assert_true(saw(board, 0, 5, 7));
	assert_false(saw(board, 0, 6, 1));
	assert_false(saw(board, 0, 7, 2));
	assert_int_equal(board->visited[5].class_code, 0x020000);
	assert_int_equal(pci_find(&board->pci, 0x1234, 0x5699, 1, &found), 0);
	assert_int_equal(found.address.function, 7);
	assert_int_equal(pci_find(&board->pci, 0x1234, 0x5699, 2, &found),
			 ERROR_NO_DEVICE);
	board->visits_most = 2;
	assert_int_equal(scan(board), 2);
}

static void functions(void **state)
{
	(void)state;
	run_both(functions_body);
}

static void bridges_body(struct board *board)
{
	bridge_add(board, 0, 1, 1, 2);
	bridge_add(board, 1, 0, 2, 2);
	function_add(board, 2, 3, 0);
	/* A root port. */
	bridge_add(board, 0, 2, 5, 9);
	function_add(board, 5, 0, 0);
	assert_int_equal(scan(board), 5);
	assert_true(saw(board, 2, 3, 0));
	assert_true(saw(board, 5, 0, 0));
	/* Firmware's numbers are kept. */
	assert_int_equal(board->functions[3].space[0x1a], 9);
	/* The end of a scan is one behind bridges, too. */
	board->visits_most = 3;
	assert_int_equal(scan(board), 3);
}

static void bridges(void **state)
{
	(void)state;
	run_both(bridges_body);
}

/* Root ports that are functions of one device: ESXi's cards are behind them. */
static void root_ports_body(struct board *board)
{
	bridge_add(board, 0, 21, 3, 3)->space[0x0e] = 0x81;
	bridge_add(board, 0, 21, 4, 4)->function = 1;
	board->functions[1].space[0x0e] = 0x81;
	function_add(board, 3, 0, 0);
	function_add(board, 4, 0, 0);
	assert_int_equal(scan(board), 4);
	assert_int_equal(board->visited[0].header, 1);
	assert_true(saw(board, 3, 0, 0));
	assert_true(saw(board, 4, 0, 0));
}

static void root_ports(void **state)
{
	(void)state;
	run_both(root_ports_body);
}

static void loops_body(struct board *board)
{
	/* Back to where it is, */
	bridge_add(board, 0, 1, 0, 0)->space[0x19] = 0;
	board->functions[0].space[0x1a] = 4;
	/* to the same bus as another, */
	bridge_add(board, 0, 2, 3, 5);
	bridge_add(board, 0, 3, 5, 6);
	/* outside of its parent, */
	bridge_add(board, 3, 0, 6, 6);
	bridge_add(board, 3, 1, 2, 5);
	/* and the wrong way round. */
	bridge_add(board, 0, 4, 9, 8);
	function_add(board, 5, 0, 0);
	function_add(board, 6, 0, 0);
	function_add(board, 2, 0, 0);
	assert_int_equal(scan(board), 6);
	assert_false(saw(board, 5, 0, 0));
	assert_false(saw(board, 6, 0, 0));
}

static void loops(void **state)
{
	(void)state;
	run_both(loops_body);
}

static void unnumbered_body(struct board *board)
{
	/* Bus 1 is taken by another, 2 and 3 become those of the first. */
	struct function *first = bridge_add(board, 0, 1, 0, 0);
	struct function *second = bridge_add(board, 0, 2, 1, 1);
	struct function *below = bridge_add(board, 2, 0, 0, 0);
	struct function *last = bridge_add(board, 0, 3, 0, 0);

	function_add(board, 3, 1, 0);
	function_add(board, 1, 1, 0);
	function_add(board, 4, 1, 0);
	assert_int_equal(scan(board), 7);
	assert_int_equal(first->space[0x18], 0);
	assert_int_equal(first->space[0x19], 2);
	assert_int_equal(first->space[0x1a], 3);
	assert_int_equal(below->space[0x18], 2);
	assert_int_equal(below->space[0x19], 3);
	assert_int_equal(below->space[0x1a], 3);
	assert_int_equal(second->space[0x19], 1);
	assert_int_equal(last->space[0x19], 4);
	assert_true(saw(board, 3, 1, 0));
	assert_true(saw(board, 4, 1, 0));
	/* What has numbers now keeps them. */
	assert_int_equal(scan(board), 7);
	assert_int_equal(last->space[0x1a], 4);
}

static void unnumbered(void **state)
{
	(void)state;
	run_both(unnumbered_body);
}

static void no_numbers_body(struct board *board)
{
	bridge_add(board, 0, 1, 1, 1);
	bridge_add(board, 0, 2, 2, 255);
	/* Nothing is left for these. */
	bridge_add(board, 0, 3, 0, 0);
	bridge_add(board, 1, 0, 0, 0);
	assert_int_equal(scan(board), 4);
	assert_int_equal(board->functions[2].space[0x19], 0);
	assert_int_equal(board->functions[3].space[0x19], 0);
}

static void no_numbers_left(void **state)
{
	(void)state;
	run_on(no_numbers_body, false);
}

static void depth_body(struct board *board)
{
	unsigned i;

	for (i = 0; i < 30; i++)
		bridge_add(board, (uint8_t)i, 0, (uint8_t)(i + 1), 200);
	/* So deep, and no deeper. */
	assert_int_equal(scan(board), 17);
}

static void depth(void **state)
{
	(void)state;
	run_on(depth_body, false);
}

/* ---- Registers ---- */

static void bar_set(struct function *function, unsigned index, uint32_t value,
		    uint32_t mask)
{
	memcpy(function->space + 0x10 + 4 * index, &value, 4);
	memcpy(function->space + 0x40 + 4 * index, &value, 4);
	function->bar_masks[index] = mask;
}

static void bars_body(struct board *board)
{
	struct function *function = function_add(board, 0, 1, 0);
	const struct pci_address at = {.device = 1};
	struct pci_device device;
	void *registers;

	bar_set(function, 0, TABLE, 0xfffff000);
	bar_set(function, 1, 0xc001, 0xffe0);
	bar_set(function, 2, 0x8000000c, 0xffff0000);
	bar_set(function, 3, 0x12, 0xffffffff);
	bar_set(function, 4, 0, 0);
	/* A half of a register that has no second half. */
	bar_set(function, 5, 0x4, 0xffffc000);
	function->space[4] = 3;
	assert_int_equal(pci_device_open(&device, &board->pci, at), 0);
	assert_false(function->measured_live);
	assert_true(device.bars[0].address == TABLE);
	assert_true(device.bars[0].bytes == 0x1000);
	assert_false(device.bars[0].is_io || device.bars[0].is_64);
	assert_true(device.bars[1].is_io);
	assert_true(device.bars[1].address == 0xc000);
	assert_true(device.bars[1].bytes == 0x20);
	assert_true(device.bars[2].is_64 && device.bars[2].is_prefetchable);
	assert_true(device.bars[2].address == 0x1280000000);
	assert_true(device.bars[2].bytes == 0x10000);
	assert_true(device.bars[3].bytes == 0);
	assert_true(device.bars[4].bytes == 0);
	assert_true(device.bars[5].bytes == 0x4000);
	/* Firmware's addresses, and decoding and mastering on. */
	assert_int_equal(pci_read32(&board->pci, at, 0x10), TABLE);
	assert_int_equal(pci_read32(&board->pci, at, 0x1c), 0x12);
	assert_int_equal(function->space[4], 7);
	registers = pci_device_map(&device, 0, 0x1000);
	assert_non_null(registers);
	port_mmio_unmap(board->port, registers, 0x1000);
	assert_null(pci_device_map(&device, 0, 0x1001));
	assert_null(pci_device_map(&device, 0, 0));
	assert_null(pci_device_map(&device, 1, 4));
	assert_null(pci_device_map(&device, 4, 4));
	assert_null(pci_device_map(&device, 5, 4));
	assert_null(pci_device_map(&device, 6, 4));
	assert_int_equal(device.line, PCI_LINE_NONE);
	pci_device_close(&device);
	assert_int_equal(function->space[4], 3);
	pci_device_close(&device);
}

static void bars(void **state)
{
	(void)state;
	run_both(bars_body);
}

/* Registers of 16 GiB: nothing of the lower half can be written. */
static void large_bar_body(struct board *board)
{
	struct function *function = function_add(board, 0, 1, 0);
	const struct pci_address at = {.device = 1};
	struct pci_device device;

	bar_set(function, 2, 0xc, 0);
	bar_set(function, 3, 0x4, 0xfffffffc);
	assert_int_equal(pci_device_open(&device, &board->pci, at), 0);
	assert_true(device.bars[2].is_64);
	assert_true(device.bars[2].address == 0x400000000);
	assert_true(device.bars[2].bytes == 0x400000000);
	/* The upper half is no register of its own. */
	assert_true(device.bars[3].bytes == 0);
	assert_int_equal(pci_read32(&board->pci, at, 0x1c), 4);
	pci_device_close(&device);
}

static void large_bar(void **state)
{
	(void)state;
	run_both(large_bar_body);
}

static void decoding_off_body(struct board *board)
{
	struct function *function = function_add(board, 0, 1, 0);
	struct pci_device device;

	function->space[0x3c] = 10;
	function->space[0x3d] = 1;
	assert_int_equal(pci_device_open(&device, &board->pci,
					 (struct pci_address){.device = 1}),
			 0);
	assert_int_equal(function->space[4], 6);
	assert_int_equal(device.line, 10);
	pci_line_enable(&device, false);
	assert_int_equal(function->space[5], 4);
	pci_line_enable(&device, true);
	assert_int_equal(function->space[5], 0);
	pci_device_close(&device);
	assert_int_equal(pci_device_open(&device, &board->pci,
					 (struct pci_address){.device = 2}),
			 ERROR_NO_DEVICE);
	bridge_add(board, 0, 3, 1, 1);
	assert_int_equal(pci_device_open(&device, &board->pci,
					 (struct pci_address){.device = 3}),
			 ERROR_NOT_SUPPORTED);
}

static void edge_V47_decoding_and_mastering_off(void **state)
{
	(void)state;
	run_both(decoding_off_body);
}

/* ---- Capabilities and MSI-X ---- */

static void capability(struct function *function, uint8_t at, uint8_t id,
		       uint8_t next)
{
	function->space[at] = id;
	function->space[at + 1] = next;
}

static void capabilities_body(struct board *board)
{
	struct function *function = function_add(board, 0, 1, 0);
	const struct pci_address at = {.device = 1};

	function->space[0x34] = 0x72;
	capability(function, 0x70, 5, 0x81);
	capability(function, 0x80, 0x11, 0);
	assert_int_equal(
		pci_capability_find(&board->pci, at, PCI_CAPABILITY_MSIX), 0);
	function->space[6] = 0x10;
	assert_int_equal(pci_capability_find(&board->pci, at,
					     PCI_CAPABILITY_MSIX),
			 0x80);
	assert_int_equal(
		pci_capability_find(&board->pci, at, PCI_CAPABILITY_MSI), 0x70);
	assert_int_equal(pci_capability_find(&board->pci, at,
					     PCI_CAPABILITY_EXPRESS),
			 0);
	/* A list that runs in a circle, and one that leaves it. */
	function->space[0x81] = 0x70;
	assert_int_equal(pci_capability_find(&board->pci, at,
					     PCI_CAPABILITY_EXPRESS),
			 0);
	function->space[0x81] = 0x3c;
	function->space[0x3c] = 0x10;
	assert_int_equal(pci_capability_find(&board->pci, at,
					     PCI_CAPABILITY_EXPRESS),
			 0);
}

static void capabilities(void **state)
{
	(void)state;
	run_both(capabilities_body);
}

static uint32_t entry_word(const struct board *board, unsigned offset)
{
	uint32_t word;

	memcpy(&word, board->entries + offset, 4);
	return word;
}

static struct function *msix_add(struct board *board)
{
	struct function *function = function_add(board, 0, 1, 0);

	bar_set(function, 1, TABLE, 0xfffff000);
	function->space[6] = 0x10;
	function->space[0x34] = 0x80;
	capability(function, 0x80, 0x11, 0);
	function->space[0x82] = 3;
	function->space[0x84] = 1;
	function->space[0x85] = 8;
	return function;
}

static void msix_body(struct board *board)
{
	struct function *function = msix_add(board);
	struct pci_device device;
	unsigned i;

	assert_int_equal(pci_device_open(&device, &board->pci,
					 (struct pci_address){.device = 1}),
			 0);
	assert_int_equal(pci_msix_open(&device), 0);
	assert_int_equal(device.msix.count, 4);
	/* On, not masked as a whole, INTx off, and each entry masked. */
	assert_int_equal(function->space[0x83], 0x80);
	assert_int_equal(function->space[5], 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(entry_word(board, 16 * i + 12), 1);
	pci_msix_set(&device, 2, 0x1fee00000, 0x41);
	assert_int_equal(entry_word(board, 32), 0xfee00000);
	assert_int_equal(entry_word(board, 36), 1);
	assert_int_equal(entry_word(board, 40), 0x41);
	assert_int_equal(entry_word(board, 44), 0);
	pci_msix_mask(&device, 2);
	assert_int_equal(entry_word(board, 44), 1);
	/* No such entry. */
	pci_msix_set(&device, 4, 1, 1);
	pci_msix_mask(&device, 4);
	pci_msix_set(&device, 0, 1, 1);
	pci_device_close(&device);
	assert_int_equal(function->space[0x83], 0);
	assert_int_equal(function->space[5], 0);
	assert_int_equal(entry_word(board, 12), 1);
}

static void msix(void **state)
{
	(void)state;
	run_both(msix_body);
}

static void msix_bad_body(struct board *board)
{
	static const uint8_t places[][4] = {
		{6, 8, 0, 0},	       /* no such register */
		{1, 0x10, 0, 0},       /* behind its end */
		{1, 0xfd, 0xff, 0xff}, /* so far that it would wrap */
		{2, 0, 0, 0},	       /* one that is not there */
		{0, 0, 0, 0},	       /* one without an address */
	};
	struct function *function = msix_add(board);
	struct pci_device device;
	unsigned i;

	bar_set(function, 0, 0, 0xfffff000);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		memcpy(function->space + 0x84, places[i], 4);
		assert_int_equal(pci_device_open(&device, &board->pci,
						 (struct pci_address){
							 .device = 1}),
				 0);
		assert_int_equal(pci_msix_open(&device), ERROR_NOT_SUPPORTED);
		assert_int_equal(function->space[0x83], 0);
		pci_device_close(&device);
	}
	function->space[6] = 0;
	assert_int_equal(pci_device_open(&device, &board->pci,
					 (struct pci_address){.device = 1}),
			 0);
	assert_int_equal(pci_msix_open(&device), ERROR_NOT_SUPPORTED);
	pci_device_close(&device);
	/* INTx that firmware had off stays off. */
	function->space[6] = 0x10;
	function->space[5] = 4;
	memcpy(function->space + 0x84, "\x01\x08\x00\x00", 4);
	assert_int_equal(pci_device_open(&device, &board->pci,
					 (struct pci_address){.device = 1}),
			 0);
	assert_int_equal(pci_msix_open(&device), 0);
	pci_device_close(&device);
	assert_int_equal(function->space[5], 4);
}

static void msix_that_makes_no_sense(void **state)
{
	(void)state;
	run_both(msix_bad_body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths),
		cmocka_unit_test(bad_areas),
		cmocka_unit_test(functions),
		cmocka_unit_test(bridges),
		cmocka_unit_test(root_ports),
		cmocka_unit_test(loops),
		cmocka_unit_test(unnumbered),
		cmocka_unit_test(no_numbers_left),
		cmocka_unit_test(depth),
		cmocka_unit_test(bars),
		cmocka_unit_test(large_bar),
		cmocka_unit_test(edge_V47_decoding_and_mastering_off),
		cmocka_unit_test(capabilities),
		cmocka_unit_test(msix),
		cmocka_unit_test(msix_that_makes_no_sense),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
