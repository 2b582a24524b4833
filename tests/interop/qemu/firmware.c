/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Depth first, as the numbers of buses want it.
 */
#include "tests/interop/qemu/firmware.h"

#include <string.h>

#define CONFIGURATION_ADDRESS FIRMWARE_PORTS
#define CONFIGURATION_DATA    (FIRMWARE_PORTS + 4u)
#define CONFIGURATION_ENABLE  0x80000000u

#define DEVICES	     32u
#define FUNCTIONS    8u
#define BARS	     6u
#define WINDOW_BYTES 0x100000u

enum offset {
	VENDOR = 0x00,
	COMMAND = 0x04,
	CLASS = 0x08,
	HEADER_TYPE = 0x0e,
	BAR = 0x10,
	BUSES = 0x18,
	BRIDGE_MEMORY = 0x20,
	BRIDGE_PREFETCH = 0x24,
	LINE = 0x3c,
	PIN = 0x3d,
};

#define NOBODY	       0xffffu
#define COMMAND_MEMORY 0x2u
#define COMMAND_MASTER 0x4u
#define CLASS_NETWORK  0x02u
#define HEADER_MANY    0x80u
#define HEADER_BRIDGE  1u
#define BAR_IO	       1u
#define BAR_64	       4u
#define BAR_FLAGS      0xfu
/** A window that is shut: its end lies before its begin. */
#define WINDOW_SHUT    0x0000fff0u
/** Pins of slots 0 to 3 are wired to these lines in turn. */
#define LINE_FIRST     20u
#define LINE_COUNT     4u

struct plan {
	struct qemu *qemu;
	uint32_t next_address;
	unsigned next_bus;
	uint32_t card;
};

/* ---- Configuration space ---- */

uint32_t firmware_function(unsigned bus, unsigned device, unsigned function)
{
	return CONFIGURATION_ENABLE | bus << 16 | device << 11 | function << 8;
}

uint32_t firmware_read(struct qemu *qemu, uint32_t function, unsigned offset,
		       unsigned width)
{
	qemu_write(qemu, QEMU_PORTS, CONFIGURATION_ADDRESS,
		   function | (offset & 0xfcu), 4);
	return (uint32_t)qemu_read(qemu, QEMU_PORTS,
				   CONFIGURATION_DATA + offset % 4, width);
}

void firmware_write(struct qemu *qemu, uint32_t function, unsigned offset,
		    uint32_t value, unsigned width)
{
	qemu_write(qemu, QEMU_PORTS, CONFIGURATION_ADDRESS,
		   function | (offset & 0xfcu), 4);
	qemu_write(qemu, QEMU_PORTS, CONFIGURATION_DATA + offset % 4, value,
		   width);
}

/* ---- What is there ---- */

static void place_bars(struct plan *plan, uint32_t function)
{
	uint32_t value, bytes;
	unsigned n;

	for (n = 0; n < BARS; n++) {
		firmware_write(plan->qemu, function, BAR + 4 * n, UINT32_MAX,
			       4);
		value = firmware_read(plan->qemu, function, BAR + 4 * n, 4);
		if (!value || value & BAR_IO)
			continue;
		bytes = ~(value & ~BAR_FLAGS) + 1;
		plan->next_address =
			(plan->next_address + bytes - 1) & ~(bytes - 1);
		firmware_write(plan->qemu, function, BAR + 4 * n,
			       plan->next_address, 4);
		plan->next_address += bytes;
		if (value & BAR_64)
			firmware_write(plan->qemu, function, BAR + 4 * ++n, 0,
				       4);
	}
}

/** @param swizzle what the slots of the bridges above add to its pin */
static void place_card(struct plan *plan, uint32_t function, unsigned device,
		       unsigned swizzle)
{
	unsigned pin = firmware_read(plan->qemu, function, PIN, 1);

	place_bars(plan, function);
	if (pin)
		firmware_write(plan->qemu, function, LINE,
			       LINE_FIRST + (pin - 1 + device + swizzle) %
						    LINE_COUNT,
			       1);
	if (!plan->card)
		plan->card = function;
}

static void place_bus(struct plan *plan, unsigned bus, unsigned swizzle);

static void place_bridge(struct plan *plan, uint32_t function, unsigned bus,
			 unsigned slot)
{
	unsigned behind = plan->next_bus++;
	uint32_t first, last;

	plan->next_address =
		(plan->next_address + WINDOW_BYTES - 1) & ~(WINDOW_BYTES - 1);
	first = plan->next_address;
	firmware_write(plan->qemu, function, BUSES,
		       bus | behind << 8 | 0xffu << 16, 4);
	place_bus(plan, behind, slot);
	firmware_write(plan->qemu, function, BUSES,
		       bus | behind << 8 | (plan->next_bus - 1) << 16, 4);
	plan->next_address =
		(plan->next_address + WINDOW_BYTES - 1) & ~(WINDOW_BYTES - 1);
	last = plan->next_address - 1;
	firmware_write(plan->qemu, function, BRIDGE_MEMORY,
		       first < last
			       ? (first >> 16 & 0xfff0u) | (last & 0xfff00000u)
			       : WINDOW_SHUT,
		       4);
	firmware_write(plan->qemu, function, BRIDGE_PREFETCH, WINDOW_SHUT, 4);
	firmware_write(plan->qemu, function, COMMAND,
		       COMMAND_MEMORY | COMMAND_MASTER, 2);
}

static void place_function(struct plan *plan, unsigned bus, unsigned device,
			   unsigned number, unsigned swizzle)
{
	uint32_t function = firmware_function(bus, device, number);
	unsigned header;

	if (firmware_read(plan->qemu, function, VENDOR, 2) == NOBODY)
		return;
	header = firmware_read(plan->qemu, function, HEADER_TYPE, 1);
	if ((header & ~HEADER_MANY) == HEADER_BRIDGE)
		place_bridge(plan, function, bus, device + swizzle);
	else if (firmware_read(plan->qemu, function, CLASS, 4) >> 24 ==
		 CLASS_NETWORK)
		place_card(plan, function, device, swizzle);
}

static void place_bus(struct plan *plan, unsigned bus, unsigned swizzle)
{
	unsigned device, number;

	for (device = 0; device < DEVICES; device++)
		for (number = 0; number < FUNCTIONS; number++) {
			uint32_t first = firmware_function(bus, device, 0);

			place_function(plan, bus, device, number, swizzle);
			if (number == 0 &&
			    !(firmware_read(plan->qemu, first, HEADER_TYPE, 1) &
			      HEADER_MANY))
				break;
		}
}

uint32_t firmware_run(struct qemu *qemu)
{
	struct plan plan = {
		.qemu = qemu,
		.next_address = FIRMWARE_REGISTERS,
		.next_bus = 1,
	};

	place_bus(&plan, 0, 0);
	return plan.card;
}
