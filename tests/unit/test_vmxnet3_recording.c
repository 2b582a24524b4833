/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Linux's driver did with QEMU's vmxnet3, done to the device of this
 * project: every read answers what QEMU answered, every message comes.
 *
 * The recording has accesses and the shared areas, no frames. So descriptors
 * are published by this test when a doorbell is rung, and a frame arrives where
 * the recording has an interrupt that no doorbell explains. Addresses of the
 * recorded guest are translated to memory of this machine.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_vmxnet3.h"

#define PLACE	 (3u << 3)
#define SHARED	 0u
#define TABLE	 4096u
#define TX_RING	 8192u
#define TX_DONE	 (TX_RING + 8192u)
#define TX_DATA	 (TX_DONE + 8192u)
#define RX_FIRST (TX_DATA + 65536u)
#define RX_BODY	 (RX_FIRST + 20480u)
#define RX_DONE	 (RX_BODY + 12288u)
#define BUFFER	 (RX_DONE + 28672u)
#define WORDS	 (BUFFER + 4096u)
#define BYTES	 (WORDS + 4096u)

#define LINUX_MESSAGE 0xfee01004u

/** A read that answers something else than QEMU, and why: none so far. */
struct difference {
	unsigned number;
	const char *reason;
};

static const struct difference differences[] = {
	{UINT32_MAX, "(none)"},
};

struct player {
	struct machine *machine;
	struct port *port;
	struct host_pci *pci;
	struct host_vmxnet3 *card;
	struct wire *wire;
	uint8_t *memory;
	char phase[80];
	const char *fixture;
	uint32_t tx_next, tx_size, generation;
	bool msix;
	unsigned reads, writes, messages, frames, different;
};

static void sent(void *context, const struct wire_frame *frame)
{
	(void)frame;
	((struct player *)context)->frames++;
}

static uint64_t physical(struct player *player, uint32_t offset)
{
	return port_physical(player->port, player->memory + offset);
}

/* ---- Memory of the recording ---- */

/** Copy one area of a snapshot. */
static void area_read(struct player *player, const char *snapshot,
		      const char *area, uint8_t *to)
{
	char path[256], line[256], name[64];
	bool here = false, right = false;
	unsigned long long base = 0, address;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.mem", TEST_FIXTURES,
		 player->fixture);
	file = fopen(path, "r");
	assert_non_null(file);
	memset(to, 0, 1024);
	while (fgets(line, sizeof(line), file)) {
		unsigned n, byte;
		char digits[40];

		if (sscanf(line, "# snapshot %63s", name) == 1)
			right = !strcmp(name, snapshot);
		else if (sscanf(line, "## %63s gpa %llx", name, &base) == 2)
			here = right && !strcmp(name, area);
		else if (here &&
			 sscanf(line, "%llx %39s", &address, digits) == 2)
			for (n = 0; n < 16; n++)
				if (sscanf(digits + 2 * n, "%2x", &byte) == 1)
					to[address - base + n] = (uint8_t)byte;
	}
	fclose(file);
}

static void ring_fill(struct player *player, uint32_t offset, uint32_t size,
		      uint32_t type)
{
	uint32_t n;

	for (n = 0; n < size; n++) {
		uint8_t *descriptor = player->memory + offset + 16 * n;

		card_put64(descriptor, physical(player, BUFFER));
		card_put32(descriptor + 8, 1500 | type << 14 | 1u << 31);
	}
}

/** What the driver had written when it said ACTIVATE. */
static void memory_prepare(struct player *player)
{
	/* The rings of the long frames stay when the MTU goes back. */
	const char *snapshot =
		strncmp(player->phase, "mtu ", 4) ? "up" : "mtu9000";
	uint8_t *shared = player->memory + SHARED;
	uint8_t *table = player->memory + TABLE;

	area_read(player, snapshot, "driver_shared", shared);
	area_read(player, snapshot, "queue_descriptors", table);
	assert_int_equal(card_get32(shared), 0xbabefee1);
	card_put64(shared + 40, physical(player, TABLE));
	card_put64(shared + 128, physical(player, BUFFER));
	card_put64(table + 16, physical(player, TX_RING));
	card_put64(table + 24, physical(player, TX_DATA));
	card_put64(table + 32, physical(player, TX_DONE));
	card_put64(table + 256 + 16, physical(player, RX_FIRST));
	card_put64(table + 256 + 24, physical(player, RX_BODY));
	card_put64(table + 256 + 32, physical(player, RX_DONE));
	memset(player->memory + TX_RING, 0, BUFFER - TX_RING);
	player->tx_size = card_get32(table + 56);
	player->tx_next = 0;
	player->generation = 1;
	ring_fill(player, RX_FIRST, card_get32(table + 256 + 56), 0);
	ring_fill(player, RX_BODY, card_get32(table + 256 + 60), 1);
}

static void descriptors_publish(struct player *player, uint32_t producer)
{
	while (player->tx_next != producer) {
		uint8_t *descriptor =
			player->memory + TX_RING + 16 * player->tx_next;

		card_put64(descriptor, physical(player, BUFFER));
		card_put32(descriptor + 12, 0x3000);
		card_put32(descriptor + 8, 60 | player->generation << 14);
		if (++player->tx_next == player->tx_size) {
			player->tx_next = 0;
			player->generation ^= 1;
		}
	}
}

static void frame_arrives(struct player *player)
{
	uint8_t data[60];
	const struct wire_frame frame = {data, sizeof(data)};

	memset(data, 0xff, sizeof(data));
	wire_deliver(player->wire, &frame);
	machine_work_drain(player->machine);
}

/* ---- Accesses ---- */

static uint32_t config_read(struct player *player, unsigned offset,
			    unsigned width)
{
	port_out32(player->port, 0xcf8,
		   0x80000000u | PLACE << 8 | (offset & 0xfc));
	if (width == 1)
		return port_in8(player->port, 0xcfc + (offset & 3));
	if (width == 2)
		return port_in16(player->port, 0xcfc + (offset & 3));
	return port_in32(player->port, 0xcfc);
}

/** Extended space is beyond the ports; the recording has one word there. */
static uint32_t extended_read(struct player *player, unsigned offset)
{
	uint8_t *mapped =
		port_mmio_map(player->port, HOST_PCI_ECAM_BASE + (PLACE << 12),
			      4096);
	uint32_t value = port_mmio_read32(player->port, mapped + offset);

	port_mmio_unmap(player->port, mapped, 4096);
	return value;
}

/** The width was not recorded: one that fits must give the value. */
static uint32_t config_play_read(struct player *player, unsigned offset,
				 uint32_t expected)
{
	unsigned width;

	if (offset >= 0x100)
		return extended_read(player, offset);
	for (width = 1; width < 4; width *= 2)
		if (offset % width == 0 &&
		    config_read(player, offset, width) == expected)
			return expected;
	return config_read(player, offset, 4);
}

static void config_play_write(struct player *player, unsigned offset,
			      uint32_t value)
{
	port_out32(player->port, 0xcf8,
		   0x80000000u | PLACE << 8 | (offset & 0xfc));
	if (offset >= 0x10 && offset < 0x34)
		port_out32(player->port, 0xcfc, value);
	else if (offset == 0x3c || offset & 1)
		port_out8(player->port, 0xcfc + (offset & 3), (uint8_t)value);
	else
		port_out16(player->port, 0xcfc + (offset & 3), (uint16_t)value);
}

static uint8_t *bar_map(struct player *player, unsigned bar)
{
	uint8_t *mapped =
		port_mmio_map(player->port,
			      config_read(player, 0x10 + 4 * bar, 4) & ~15u,
			      0x2000);

	assert_non_null(mapped);
	return mapped;
}

/** The word of RAM that stands for the message of an entry. */
static uint32_t message_address(struct player *player, unsigned offset)
{
	return (uint32_t)physical(player, WORDS + offset / 16 * 4);
}

static bool is_message(unsigned bar, unsigned offset, uint32_t value)
{
	return bar == 2 && offset % 16 == 0 && value == LINUX_MESSAGE;
}

static void bar_play_write(struct player *player, unsigned bar, unsigned offset,
			   uint32_t value)
{
	uint8_t *mapped = bar_map(player, bar);

	if (is_message(bar, offset, value))
		value = message_address(player, offset);
	if (bar == 1 && offset == 0x10 && value)
		value = (uint32_t)physical(player, SHARED);
	if (bar == 1 && offset == 0x20 && value == 0xcafe0000)
		memory_prepare(player);
	if (bar == 0 && offset == 0x600)
		descriptors_publish(player, value);
	port_mmio_write32(player->port, mapped + offset, value);
	port_mmio_unmap(player->port, mapped, 0x2000);
	machine_work_drain(player->machine);
}

static uint32_t bar_play_read(struct player *player, unsigned bar,
			      unsigned offset, uint32_t expected)
{
	uint8_t *mapped = bar_map(player, bar);
	uint32_t value;

	/* Lines were not recorded: the read of ICR says that it was high. */
	if (bar == 1 && offset == 0x38 && expected && !player->msix &&
	    !machine_line_asserted(player->machine, 11))
		frame_arrives(player);
	value = port_mmio_read32(player->port, mapped + offset);
	port_mmio_unmap(player->port, mapped, 0x2000);
	if (is_message(bar, offset, expected) &&
	    value == message_address(player, offset))
		return expected;
	return value;
}

static void message_play(struct player *player, unsigned entry, uint32_t data)
{
	uint8_t *word = player->memory + WORDS + 4 * entry;

	if (!card_get32(word))
		frame_arrives(player);
	if (card_get32(word) != data)
		fail_msg("phase '%s': no message of entry %u with 0x%x but "
			 "0x%x",
			 player->phase, entry, data, card_get32(word));
	card_put32(word, 0);
	player->messages++;
}

static void read_compare(struct player *player, unsigned number,
			 const char *line, uint32_t value, uint32_t expected)
{
	unsigned n;

	player->reads++;
	if (value == expected)
		return;
	for (n = 0; n < sizeof(differences) / sizeof(differences[0]); n++)
		if (differences[n].number == number) {
			player->different++;
			return;
		}
	fail_msg("phase '%s': '%s' read 0x%x", player->phase, line, value);
}

/* ---- The recording ---- */

static void line_play(struct player *player, char *line)
{
	unsigned number, offset, value, bar;
	char kind, place[8];

	line[strcspn(line, "\n")] = 0;
	if (strstr(line, "\"up\":false"))
		host_vmxnet3_link_set(player->card, false);
	else if (strstr(line, "\"up\":true"))
		host_vmxnet3_link_set(player->card, true);
	else if (!strncmp(line, "# phase ", 8))
		snprintf(player->phase, sizeof(player->phase), "%.70s",
			 line + 8);
	if (line[0] == '#' || sscanf(line, "%u %c %7s %x %*s %x", &number,
				     &kind, place, &offset, &value) != 5)
		return;
	bar = place[0] - '0';
	if (kind == 'i') {
		message_play(player, offset, value);
	} else if (!strcmp(place, "cfg")) {
		if (kind == 'r')
			read_compare(player, number, line,
				     config_play_read(player, offset, value),
				     value);
		else
			config_play_write(player, offset, value);
	} else if (kind == 'r') {
		read_compare(player, number, line,
			     bar_play_read(player, bar, offset, value), value);
	} else {
		bar_play_write(player, bar, offset, value);
	}
	player->writes += kind == 'w';
}

static void player_make(struct player *player)
{
	static const struct machine_configuration machine = {
		.schedule = MACHINE_SCHEDULE_LAZY,
		/* What another driver gave and took was not recorded. */
		.checkers_off = 1u << MACHINE_CHECK_OWNERSHIP,
	};
	struct host_vmxnet3_configuration card = {
		.mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
	};

	card.personality = vmware_personality_find("qemu");
	player->machine = machine_create(&machine);
	assert_non_null(player->machine);
	player->port = machine_port(player->machine);
	player->pci = host_pci_create(player->machine, NULL);
	player->wire = wire_tap_create(sent, player);
	assert_non_null(player->pci);
	assert_non_null(player->wire);
	player->card =
		host_vmxnet3_create(player->machine, host_pci_root(player->pci),
				    3, &card, player->wire);
	assert_non_null(player->card);
	player->memory = port_pages_alloc(player->port, BYTES / 4096,
					  PORT_PAGES_CONTIGUOUS, "recording");
	assert_non_null(player->memory);
	port_dma_give(player->port, player->memory, BYTES, PORT_DMA_BOTH);
}

static void play(struct player *player, const char *fixture)
{
	char path[256], line[256];
	FILE *file;
	unsigned n;

	player->fixture = fixture;
	player_make(player);
	snprintf(path, sizeof(path), "%s/%s.trace", TEST_FIXTURES, fixture);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		line_play(player, line);
	fclose(file);
	/* Linux keeps the rules. */
	for (n = 0; n < machine_violations(player->machine); n++)
		print_message("%s\n",
			      machine_violation_text(player->machine, n));
	assert_int_equal(machine_violations(player->machine), 0);
	assert_int_equal(player->different, 0);
	host_vmxnet3_destroy(player->card);
	host_pci_destroy(player->pci);
	machine_destroy(player->machine);
	wire_destroy(player->wire);
}

static void linux_with_messages(void **state)
{
	struct player player = {.msix = true};

	(void)state;
	play(&player, "vmxnet3-linux-msix");
	assert_int_equal(player.reads, 262);
	assert_int_equal(player.writes, 823);
	assert_int_equal(player.messages, 160);
	assert_true(player.frames > 100);
}

static void linux_with_the_line(void **state)
{
	struct player player = {0};

	(void)state;
	play(&player, "vmxnet3-linux-intx");
	assert_int_equal(player.reads, 240);
	assert_int_equal(player.writes, 266);
	assert_true(player.frames > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linux_with_messages),
		cmocka_unit_test(linux_with_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
