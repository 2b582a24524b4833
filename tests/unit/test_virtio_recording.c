/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Linux's driver did with QEMU's virtio-mmio and virtio-net, done to the
 * device of this project: every read answers what QEMU answered, and the line
 * is low where it was.
 *
 * The recording has accesses and rings, no buffers. So this test makes a buffer
 * available in each queue that is rung, and a frame arrives where the recording
 * has an interrupt that nothing rung explains. Addresses of the recorded guest
 * are translated to memory of this machine.
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

#include "tests/support/raw_virtio.h"

/** Where Linux put the card, and how many buffers it posts of 1024. */
#define MICROVM_BASE 0xfeb02e00u
#define LINE	     23u
#define POSTED	     64u
#define BUFFER	     1536u

#define QUEUE_RX      0u
#define QUEUE_TX      1u
#define QUEUE_CONTROL 2u

struct player {
	struct raw_virtio *raw;
	bool packed;
	char phase[80];
	uint32_t queue;
	/** Buffers that a frame may come in; control commands so far. */
	unsigned posted, commands;
	unsigned reads, writes, raised, frames;
};

static struct raw_virtio_queue *queue_of(struct player *player, unsigned n)
{
	return &player->raw->queues[n];
}

/* ---- Memory instead of the recorded guest's ---- */

static void queue_prepare(struct player *player, unsigned n)
{
	struct raw_virtio_queue *queue = queue_of(player, n);
	size_t table = (size_t)16 * 1024;

	if (!queue->memory)
		queue->memory =
			port_pages_alloc(player->raw->port, 8,
					 PORT_PAGES_CONTIGUOUS, "recording");
	assert_non_null(queue->memory);
	memset(queue->memory, 0, 8 * 4096);
	queue->table = queue->memory;
	queue->available = queue->memory + table;
	queue->used = queue->memory + table + 4096;
	queue->next = queue->taken = queue->slot = queue->free = 0;
	queue->used_slot = 0;
	queue->wrap = queue->used_wrap = true;
	if (n == QUEUE_RX)
		player->posted = 0;
	if (n == QUEUE_CONTROL)
		player->commands = 0;
}

static uint32_t address_translate(struct player *player, uint32_t offset)
{
	struct raw_virtio_queue *queue = queue_of(player, player->queue);
	const uint8_t *part = offset < 0x90   ? queue->table
			      : offset < 0xa0 ? queue->available
					      : queue->used;
	uint64_t address = port_physical(player->raw->port, part);

	return (uint32_t)(offset % 8 ? address >> 32 : address);
}

/* ---- Rings ---- */

/** Whether the driver wants to be told of the next one. */
static void event_set(struct player *player, unsigned n, bool wanted)
{
	struct raw_virtio_queue *queue = queue_of(player, n);

	if (player->packed)
		card_put32(queue->available, wanted ? 0 : 1u << 16);
	else
		card_put16(queue->available + 4 + 2048,
			   (uint16_t)(wanted ? queue->taken : queue->next - 2));
}

static void buffers_post(struct player *player)
{
	while (player->posted < POSTED) {
		virtio_post(player->raw, QUEUE_RX,
			    player->posted++ % 8 * BUFFER, BUFFER);
	}
}

static void frame_arrives(struct player *player)
{
	uint8_t data[60];
	uint32_t id, length;

	memset(data, 0xff, sizeof(data));
	buffers_post(player);
	event_set(player, QUEUE_RX, true);
	assert_true(virtio_arrive(player->raw, data, sizeof(data)));
	assert_true(virtio_used(player->raw, QUEUE_RX, &id, &length));
	assert_int_equal(length, 12 + sizeof(data));
	player->posted--;
	player->frames++;
}

static void packet_give(struct player *player)
{
	const struct raw_part parts[2] = {
		{virtio_at(player->raw, 0), 12, false},
		{virtio_at(player->raw, 64), 60, false}};
	uint32_t id, length;

	memset(player->raw->bytes, 0, 12);
	while (virtio_used(player->raw, QUEUE_TX, &id, &length))
		;
	virtio_give(player->raw, QUEUE_TX, parts, 2);
	event_set(player, QUEUE_TX, false);
}

/** A command that changes nothing: all multicast frames, yes. */
static void command_give(struct player *player)
{
	uint8_t *at = player->raw->bytes + RAW_VIRTIO_BYTES - 4096;
	uint64_t address = port_physical(player->raw->port, at);
	const struct raw_part parts[3] = {{address, 2, false},
					  {address + 4, 1, false},
					  {address + 8, 1, true}};
	uint32_t id, length;

	while (virtio_used(player->raw, QUEUE_CONTROL, &id, &length))
		;
	at[0] = 0;
	at[1] = 1;
	at[4] = 1;
	virtio_give(player->raw, QUEUE_CONTROL, parts, 3);
	/* Linux takes the interrupt of the first one only. */
	if (player->packed)
		event_set(player, QUEUE_CONTROL, !player->commands);
	player->commands++;
}

static void kick_prepare(struct player *player, uint32_t queue)
{
	if (queue == QUEUE_RX)
		buffers_post(player);
	else if (queue == QUEUE_TX)
		packet_give(player);
	else
		command_give(player);
}

/* ---- Accesses ---- */

static uint32_t play_read(struct player *player, uint32_t offset,
			  unsigned width)
{
	struct port *port = player->raw->port;
	uint8_t *at = player->raw->registers + offset;

	if (width == 1)
		return port_mmio_read8(port, at);
	if (width == 2)
		return port_mmio_read16(port, at);
	return port_mmio_read32(port, at);
}

static void play_write(struct player *player, uint32_t offset, uint32_t value)
{
	if (offset == 0x24 || offset == 0x20)
		player->packed |= offset == 0x20 && value == 5;
	if (offset == 0x30)
		player->queue = value;
	if (offset == 0x38)
		queue_prepare(player, player->queue);
	if (offset >= 0x80 && offset < 0xa8)
		value = address_translate(player, offset);
	if (offset == 0x50)
		kick_prepare(player, value);
	player->raw->options.features = player->packed ? RAW_PACKED : 0;
	virtio_register_write(player->raw, offset, value);
}

static void play_line(struct player *player, uint32_t level)
{
	bool asserted = machine_line_asserted(player->raw->machine, LINE);

	if (level)
		player->raised++;
	if (level && !asserted)
		frame_arrives(player);
	else if (!level && asserted)
		fail_msg("phase '%s': the line is high", player->phase);
	if (level)
		assert_true(machine_line_asserted(player->raw->machine, LINE));
}

static void line_play(struct player *player, char *line)
{
	unsigned number, offset, value, width;
	char kind, place[12], size[4];

	line[strcspn(line, "\n")] = 0;
	if (strstr(line, "\"up\":false"))
		host_virtio_link_set(player->raw->card, false);
	else if (strstr(line, "\"up\":true"))
		host_virtio_link_set(player->raw->card, true);
	else if (!strncmp(line, "# phase ", 8))
		snprintf(player->phase, sizeof(player->phase), "%.70s",
			 line + 8);
	if (line[0] == '#' || sscanf(line, "%u %c %11s %x %3s %x", &number,
				     &kind, place, &offset, size, &value) != 6)
		return;
	width = (unsigned)(size[0] - '0');
	if (kind == 'i') {
		play_line(player, value);
	} else if (kind == 'r') {
		uint32_t got = play_read(player, offset, width);

		player->reads++;
		if (got != value)
			fail_msg("phase '%s': '%s' read 0x%x", player->phase,
				 line, got);
	} else {
		player->writes++;
		play_write(player, offset, value);
	}
}

static void player_make(struct player *player, bool packed)
{
	struct raw_virtio_options options = {
		.host = "microvm",
		.size = 1024,
		.card = {.mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
			 .base = MICROVM_BASE,
			 .line = LINE,
			 .features = packed ? RAW_PACKED : 0}};

	player->raw = raw_virtio_create(&options);
	player->raw->quiet = true;
}

/**
 * @param unloads how often the driver was taken out: it leaves without a look
 * whether its reset is complete, the one rule that it breaks (2.4.2)
 */
static void play(struct player *player, const char *fixture, bool packed,
		 unsigned unloads)
{
	char path[256], line[256];
	FILE *file;
	unsigned n;

	player_make(player, packed);
	snprintf(path, sizeof(path), "%s/%s.trace", TEST_FIXTURES, fixture);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		line_play(player, line);
	fclose(file);
	for (n = 0; n < machine_violations(player->raw->machine); n++)
		virtio_expect(player->raw, n,
			      "2.4.2: register 0x030: accessed after a reset");
	raw_virtio_destroy(player->raw, unloads);
}

static void linux_with_split_rings(void **state)
{
	struct player player = {0};

	(void)state;
	play(&player, "virtio-mmio-linux-modern", false, 2);
	assert_int_equal(player.reads, 163);
	assert_int_equal(player.writes, 402);
	assert_true(player.frames > 50);
}

static void linux_with_packed_rings(void **state)
{
	struct player player = {0};

	(void)state;
	play(&player, "virtio-mmio-linux-packed", true, 1);
	assert_int_equal(player.reads, 99);
	assert_int_equal(player.writes, 256);
	assert_true(player.frames > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linux_with_split_rings),
		cmocka_unit_test(linux_with_packed_rings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
