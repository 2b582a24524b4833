/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PCI bus: configuration space both ways, bridges, BARs, MSI-X.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/pci/pci.h"
#include "port/port.h"
#include "tests/support/raw_vmxnet3.h"

#define NOTHING 0xffffffffu

/** A device with a word in each BAR. */
struct device {
	uint32_t words[HOST_PCI_BARS];
	unsigned changes;
};

static uint64_t device_read(void *context, unsigned bar, uint64_t offset,
			    unsigned width)
{
	const struct device *device = context;

	(void)width;
	return offset ? 0 : device->words[bar];
}

static void device_write(void *context, unsigned bar, uint64_t offset,
			 uint64_t value, unsigned width)
{
	struct device *device = context;

	(void)width;
	if (!offset)
		device->words[bar] = (uint32_t)value;
}

static void device_changed(void *context)
{
	((struct device *)context)->changes++;
}

static const struct host_pci_operations operations = {
	.read = device_read,
	.write = device_write,
	.changed = device_changed,
};

static struct host_pci_identity identity(struct device *device)
{
	return (struct host_pci_identity){
		.vendor = 0x1234,
		.device = 0x5678,
		.class_code = 0x020000,
		.bars = {{HOST_PCI_BAR_MEMORY32, 0x1000, false},
			 {HOST_PCI_BAR_IO, 32, false},
			 {HOST_PCI_BAR_MEMORY64, 0x4000, true},
			 {HOST_PCI_BAR_NONE, 0, false},
			 {HOST_PCI_BAR_MEMORY32, 0x1000, false}},
		.pin = 1,
		.express_offset = 0x40,
		.msi_offset = 0x90,
		.msix_offset = 0xa0,
		.msix_vectors = 4,
		.msix_bar = 4,
		.msix_pba_offset = 0x800,
		.operations = &operations,
		.context = device,
	};
}

struct board {
	struct machine *machine;
	struct port *port;
	struct host_pci *pci;
	struct device device;
	struct host_pci_function *function;
};

static void board_make(struct board *board,
		       const struct host_pci_configuration *configuration)
{
	memset(board, 0, sizeof(*board));
	board->machine = machine_create(NULL);
	assert_non_null(board->machine);
	board->port = machine_port(board->machine);
	board->pci = host_pci_create(board->machine, configuration);
	assert_non_null(board->pci);
}

static void board_plug(struct board *board, struct host_pci_bus *bus,
		       unsigned slot)
{
	const struct host_pci_identity is = identity(&board->device);

	board->function = host_pci_add(bus, slot, 0, &is);
	assert_non_null(board->function);
}

static void board_end(struct board *board, unsigned violations)
{
	assert_int_equal(machine_violations(board->machine), violations);
	host_pci_destroy(board->pci);
	machine_destroy(board->machine);
}

/** By memory, at the place where ECAM lies. */
static uint32_t ecam_read(struct port *port, unsigned place, unsigned offset)
{
	uint8_t *mapped = port_mmio_map(
		port, HOST_PCI_ECAM_BASE + ((uint64_t)place << 12), 4096);
	uint32_t value = port_mmio_read32(port, mapped + offset);

	port_mmio_unmap(port, mapped, 4096);
	return value;
}

static void both_ways_agree(void **state)
{
	struct board board;
	unsigned offset;

	(void)state;
	board_make(&board, NULL);
	board_plug(&board, host_pci_root(board.pci), 3);
	host_pci_firmware(board.pci);
	for (offset = 0; offset < 256; offset += 4)
		assert_int_equal(ecam_read(board.port, 3 << 3, offset),
				 card_config_read(board.port, 3 << 3, offset));
	assert_int_equal(ecam_read(board.port, 3 << 3, 0), 0x56781234);
	assert_int_equal(ecam_read(board.port, 3 << 3, 0x100), 0x10003);
	assert_int_equal(ecam_read(board.port, 4 << 3, 0), NOTHING);
	assert_int_equal(ecam_read(board.port, 1 << 8, 0), NOTHING);
	assert_int_equal(card_config_read(board.port, 3 << 3 | 1, 0), NOTHING);
	port_out32(board.port, 0xcf8, 3 << 11);
	assert_int_equal(port_in32(board.port, 0xcfc), NOTHING);
	port_out32(board.port, 0xcf8, 0x80000000u | 3 << 11);
	assert_int_equal(port_in16(board.port, 0xcfe), 0x5678);
	assert_int_equal(port_in8(board.port, 0xcfd), 0x12);
	board_end(&board, 0);
}

static void one_way_may_be_missing(void **state)
{
	const struct host_pci_configuration no_ports = {.no_ports = true};
	const struct host_pci_configuration no_ecam = {.no_ecam = true};
	struct board board;

	(void)state;
	board_make(&board, &no_ports);
	board_plug(&board, host_pci_root(board.pci), 0);
	assert_int_equal(card_config_read(board.port, 0, 0), NOTHING);
	assert_int_equal(ecam_read(board.port, 0, 0), 0x56781234);
	board_end(&board, 0);
	board_make(&board, &no_ecam);
	board_plug(&board, host_pci_root(board.pci), 0);
	assert_int_equal(card_config_read(board.port, 0, 0), 0x56781234);
	assert_int_equal(ecam_read(board.port, 0, 0), NOTHING);
	board_end(&board, 0);
}

static void sizes_and_addresses(void **state)
{
	struct board board;
	unsigned place = 2 << 3;

	(void)state;
	board_make(&board, NULL);
	board_plug(&board, host_pci_root(board.pci), 2);
	host_pci_firmware(board.pci);
	assert_int_equal(card_config_read(board.port, place, 0x10), 0xe0000000);
	assert_int_equal(card_config_read(board.port, place, 0x14), 0xc001);
	assert_int_equal(card_config_read(board.port, place, 0x18), 0xc);
	assert_int_equal(card_config_read(board.port, place, 0x1c), 0x80);
	/* Sized while it answers: a rule is broken. */
	card_config_write(board.port, place, 0x10, NOTHING);
	assert_int_equal(machine_violations(board.machine), 1);
	card_config_write(board.port, place, 4, 0);
	card_config_write(board.port, place, 0x10, NOTHING);
	card_config_write(board.port, place, 0x14, NOTHING);
	card_config_write(board.port, place, 0x18, NOTHING);
	card_config_write(board.port, place, 0x1c, NOTHING);
	card_config_write(board.port, place, 0x24, NOTHING);
	assert_int_equal(card_config_read(board.port, place, 0x10), 0xfffff000);
	assert_int_equal(card_config_read(board.port, place, 0x14), 0xffffffe1);
	assert_int_equal(card_config_read(board.port, place, 0x18), 0xffffc00c);
	assert_int_equal(card_config_read(board.port, place, 0x1c), NOTHING);
	assert_int_equal(card_config_read(board.port, place, 0x24), 0);
	assert_true(board.device.changes > 0);
	board_end(&board, 1);
}

/** The word of BAR 0, wherever configuration space says that it is. */
static uint32_t word(struct board *board, unsigned place)
{
	uint64_t address = card_config_read(board->port, place, 0x10) & ~15u;
	void *mapped = port_mmio_map(board->port, address, 4096);
	uint32_t value = port_mmio_read32(board->port, mapped);

	port_mmio_unmap(board->port, mapped, 4096);
	return value;
}

static void decoding_can_be_off(void **state)
{
	struct board board;
	uint32_t command;

	(void)state;
	board_make(&board, NULL);
	board_plug(&board, host_pci_root(board.pci), 1);
	host_pci_firmware(board.pci);
	board.device.words[0] = 0xabcd;
	board.device.words[1] = 0x77;
	assert_int_equal(word(&board, 1 << 3), 0xabcd);
	assert_int_equal(port_in32(board.port, 0xc000), 0x77);
	command = card_config_read(board.port, 1 << 3, 4);
	card_config_write(board.port, 1 << 3, 4, command & ~2u);
	assert_int_equal(word(&board, 1 << 3), NOTHING);
	assert_int_equal(port_in32(board.port, 0xc000), 0x77);
	card_config_write(board.port, 1 << 3, 4, 2);
	assert_int_equal(port_in32(board.port, 0xc000), NOTHING);
	/* Moved, and pulled out. */
	card_config_write(board.port, 1 << 3, 0x10, 0xe8000000);
	assert_int_equal(word(&board, 1 << 3), 0xabcd);
	host_pci_remove(board.function);
	assert_int_equal(card_config_read(board.port, 1 << 3, 0), NOTHING);
	board_end(&board, 0);
}

static void firmware_may_leave_things(void **state)
{
	const struct host_pci_configuration off = {.decode_off = true};
	const struct host_pci_configuration unset = {.bars_unset = true,
						     .buses_unset = true};
	struct board board;

	(void)state;
	board_make(&board, &off);
	board_plug(&board, host_pci_root(board.pci), 1);
	host_pci_firmware(board.pci);
	assert_int_equal(card_config_read(board.port, 1 << 3, 4) & 7, 0);
	assert_int_equal(word(&board, 1 << 3), NOTHING);
	board_end(&board, 0);
	board_make(&board, &unset);
	board_plug(&board,
		   host_pci_bridge_add(host_pci_root(board.pci), 2, 0,
				       HOST_PCI_BRIDGE),
		   1);
	host_pci_firmware(board.pci);
	assert_int_equal(card_config_read(board.port, 2 << 3, 0x18), 0);
	assert_int_equal(card_config_read(board.port, 1 << 8 | 1 << 3, 0),
			 NOTHING);
	/* The guest may number it by itself. */
	card_config_write(board.port, 2 << 3, 0x18, 0x00050500);
	assert_int_equal(card_config_read(board.port, 5 << 8 | 1 << 3, 0),
			 0x56781234);
	board_end(&board, 0);
}

/* A root port, behind it a bridge, behind it the device. */
static void behind_bridges(void **state)
{
	struct board board;
	struct host_pci_bus *first, *second;
	unsigned bus, slot, number, place;
	le32 *memory;

	(void)state;
	board_make(&board, NULL);
	memory = port_alloc(board.port, 4, "memory");
	first = host_pci_bridge_add(host_pci_root(board.pci), 4, 1,
				    HOST_PCI_ROOT_PORT);
	second = host_pci_bridge_add(first, 0, 0, HOST_PCI_BRIDGE);
	assert_null(host_pci_bridge_add(first, 1, 0, HOST_PCI_BRIDGE));
	assert_null(host_pci_bridge_add(first, 0, 0, HOST_PCI_BRIDGE));
	board_plug(&board, second, 6);
	host_pci_firmware(board.pci);
	host_pci_place(board.function, &bus, &slot, &number);
	assert_int_equal(bus, 2);
	assert_int_equal(slot, 6);
	place = 2 << 8 | 6 << 3;
	assert_int_equal(card_config_read(board.port, 4 << 3 | 1, 0x18),
			 0x00020100);
	assert_int_equal(card_config_read(board.port, 4 << 3 | 1, 8) >> 8,
			 0x060400);
	assert_int_equal(card_config_read(board.port, place, 0), 0x56781234);
	board.device.words[0] = 0x1111;
	assert_int_equal(word(&board, place), 0x1111);
	/* The window closed, or mastering off: nothing passes. */
	card_config_write(board.port, place, 4, 6);
	assert_true(host_pci_dma_write(
		board.function, port_physical(board.port, memory), "abcd", 4));
	card_config_write(board.port, 1 << 8, 4, 2);
	assert_false(host_pci_dma_write(
		board.function, port_physical(board.port, memory), "abcd", 4));
	assert_int_equal(word(&board, place), 0x1111);
	/* Beyond the window's end, and in front of it. */
	card_config_write(board.port, place, 0x10, 0xe9000000);
	assert_int_equal(word(&board, place), NOTHING);
	card_config_write(board.port, place, 0x10, 0xd8000000);
	assert_int_equal(word(&board, place), NOTHING);
	card_config_write(board.port, place, 0x10, 0xe0000000);
	assert_int_equal(word(&board, place), 0x1111);
	card_config_write(board.port, 1 << 8, 0x20, 0x0000fff0);
	assert_int_equal(word(&board, place), NOTHING);
	board_end(&board, 1);
}

static void functions_of_a_slot(void **state)
{
	struct board board;
	const struct host_pci_identity is = identity(&board.device);

	(void)state;
	board_make(&board, NULL);
	assert_non_null(host_pci_add(host_pci_root(board.pci), 3, 5, &is));
	board_plug(&board, host_pci_root(board.pci), 3);
	assert_null(host_pci_add(host_pci_root(board.pci), 3, 0, &is));
	assert_int_equal(card_config_read(board.port, 3 << 3, 0xc) >> 16, 0x80);
	assert_int_equal(card_config_read(board.port, 3 << 3 | 5, 0),
			 0x56781234);
	board_end(&board, 0);
}

/* ---- Interrupts ---- */

static void count(void *argument)
{
	++*(unsigned *)argument;
}

static void msix(void **state)
{
	struct board board;
	unsigned place = 1 << 3, taken = 0;
	uint64_t address;
	uint32_t data;
	uint8_t vector, *table;

	(void)state;
	board_make(&board, NULL);
	board_plug(&board, host_pci_root(board.pci), 1);
	host_pci_firmware(board.pci);
	card_config_write(board.port, place, 4, 6);
	assert_int_equal(
		port_interrupt_attach(board.port, count, &taken, &vector), 0);
	port_interrupt_message(board.port, vector, 0, &address, &data);
	table = port_mmio_map(board.port,
			      card_config_read(board.port, place, 0x20) & ~15u,
			      4096);
	assert_int_equal(port_mmio_read32(board.port, table + 12), 1);
	port_mmio_write32(board.port, table, (uint32_t)address);
	port_mmio_write32(board.port, table + 8, data);
	host_pci_message(board.function, 0);
	card_config_write(board.port, place, 0xa0, 0x80000000);
	assert_int_equal(host_pci_interrupt_kind(board.function),
			 HOST_PCI_MSIX);
	host_pci_message(board.function, 0);
	shared_fence(board.port);
	assert_int_equal(taken, 0);
	/* Masked: it waits, and is shown in the pending bits. */
	assert_int_equal(port_mmio_read32(board.port, table + 0x800), 1);
	port_mmio_write32(board.port, table + 12, 0);
	port_delay(board.port, 1000);
	assert_int_equal(taken, 1);
	assert_int_equal(port_mmio_read32(board.port, table + 0x800), 0);
	card_config_write(board.port, place, 0xa0, 0xc0000000);
	host_pci_message(board.function, 0);
	assert_int_equal(port_mmio_read32(board.port, table + 0x800), 1);
	card_config_write(board.port, place, 0xa0, 0x80000000);
	port_delay(board.port, 1000);
	assert_int_equal(taken, 2);
	host_pci_message(board.function, 4);
	/* A word in pieces, and a message without mastering. */
	port_mmio_read16(board.port, table);
	card_config_write(board.port, place, 4, 2);
	host_pci_message(board.function, 0);
	port_delay(board.port, 1000);
	assert_int_equal(taken, 2);
	board_end(&board, 2);
}

static bool line_handler(void *argument)
{
	struct board *board = argument;

	board->device.words[4]++;
	host_pci_line_set(board->function, false);
	return true;
}

static void pins(void **state)
{
	struct board board;
	unsigned place = 3 << 3, line;

	(void)state;
	board_make(&board, NULL);
	board_plug(&board, host_pci_root(board.pci), 3);
	host_pci_firmware(board.pci);
	line = card_config_read(board.port, place, 0x3c) & 0xff;
	assert_int_equal(line, 11);
	host_pci_line_set(board.function, true);
	assert_int_equal(card_config_read(board.port, place, 4) >> 16 & 8, 8);
	assert_int_equal(
		port_line_attach(board.port, line, line_handler, &board), 0);
	port_delay(board.port, 1000);
	assert_int_equal(board.device.words[4], 1);
	/* Disabled in the command: wanted, and not driven. */
	card_config_write(board.port, place, 4, 0x406);
	host_pci_line_set(board.function, true);
	port_delay(board.port, 1000);
	assert_int_equal(board.device.words[4], 1);
	assert_false(machine_line_asserted(board.machine, line));
	card_config_write(board.port, place, 4, 6);
	port_delay(board.port, 1000);
	assert_int_equal(board.device.words[4], 2);
	board_end(&board, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_agree),
		cmocka_unit_test(one_way_may_be_missing),
		cmocka_unit_test(sizes_and_addresses),
		cmocka_unit_test(decoding_can_be_off),
		cmocka_unit_test(firmware_may_leave_things),
		cmocka_unit_test(behind_bridges),
		cmocka_unit_test(functions_of_a_slot),
		cmocka_unit_test(msix),
		cmocka_unit_test(pins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
