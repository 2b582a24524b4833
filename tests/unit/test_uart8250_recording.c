/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Linux's driver did with QEMU's serial port, done to the port of this
 * project: every read answers what QEMU answered, but for those listed.
 *
 * What came over the line was not recorded, so bytes arrive where the recording
 * has an interrupt for them, and they are those that the driver reads next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/machine/machine.h"
#include "mocks/serial/uart8250.h"
#include "port/port.h"

#define BASE	     0x3f8
#define ACCESSES_MAX 2000
#define INPUT_MAX    64
#define LINE_TIME    20000000u /* ns: any FIFO is empty after it */

#define IDENTITY_EMPTY 0x02
#define IDENTITY_DATA  0x04
#define IDENTITY_LATE  0x0c
#define IDENTITY_MASK  0x0f

struct access {
	unsigned number, offset, value;
	char way;
};

/** A read that answers something else than QEMU, and why. */
struct difference {
	unsigned number, value;
	const char *reason;
};

struct player {
	struct machine *machine;
	struct port *port;
	struct host_uart8250 *device;
	/** What a byte takes to arrive, in nanoseconds. */
	uint64_t character;
	struct access accesses[ACCESSES_MAX];
	unsigned count, reads, writes, different, received;
	char sent[2048];
	unsigned sent_count;
};

static void transmitted(void *context, uint8_t byte)
{
	struct player *player = context;

	assert_true(player->sent_count < sizeof(player->sent));
	player->sent[player->sent_count++] = (char)byte;
}

static struct player *player_make(const char *fixture,
				  enum host_uart8250_personality personality)
{
	struct player *player = calloc(1, sizeof(*player));
	struct host_uart8250_configuration configuration = {
		.personality = personality,
		.line = 4,
		.transmitted = transmitted,
		.context = player,
	};
	char path[256], line[256];
	FILE *file;

	assert_non_null(player);
	player->machine = machine_create(NULL);
	assert_non_null(player->machine);
	player->port = machine_port(player->machine);
	player->device = host_uart8250_create(player->machine, &configuration);
	assert_non_null(player->device);
	/* At 115200 bits a second, or in no time. */
	player->character = personality == HOST_UART8250_QEMU ? 2000 : 87000;
	snprintf(path, sizeof(path), "%s/%s.trace", TEST_FIXTURES, fixture);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		struct access *access = &player->accesses[player->count];

		if (*line == '#')
			continue;
		assert_true(player->count < ACCESSES_MAX);
		assert_int_equal(sscanf(line, "%u %c io %x 1 %x",
					&access->number, &access->way,
					&access->offset, &access->value),
				 4);
		player->count++;
	}
	fclose(file);
	return player;
}

static void player_end(struct player *player)
{
	host_uart8250_destroy(player->device);
	machine_destroy(player->machine);
	free(player);
}

/** The bytes that are read before the identity is asked for again arrive. */
static void bytes_arrive(struct player *player, unsigned n)
{
	uint8_t bytes[INPUT_MAX];
	unsigned count = 0;

	for (n++; n < player->count; n++) {
		const struct access *access = &player->accesses[n];

		if (access->way == 'r' && access->offset == 2)
			break;
		if (access->way != 'r' || access->offset != 0)
			continue;
		assert_true(count < INPUT_MAX);
		bytes[count++] = (uint8_t)access->value;
	}
	/* What is being sent leaves; then not four characters' time too much.
	 */
	port_delay(player->port, LINE_TIME);
	host_uart8250_input(player->device, bytes, count);
	player->received += count;
	port_delay(player->port, count * player->character);
}

static void identity_prepare(struct player *player, unsigned n)
{
	unsigned identity = player->accesses[n].value & IDENTITY_MASK;

	if (identity == IDENTITY_DATA || identity == IDENTITY_LATE)
		bytes_arrive(player, n);
	else if (identity == IDENTITY_EMPTY)
		port_delay(player->port, LINE_TIME);
}

static const struct difference *find(const struct difference *differences,
				     unsigned number)
{
	for (; differences->reason; differences++)
		if (differences->number == number)
			return differences;
	return NULL;
}

static void play(struct player *player, const struct difference *differences)
{
	unsigned n;

	for (n = 0; n < player->count; n++) {
		const struct access *access = &player->accesses[n];
		const struct difference *difference =
			find(differences, access->number);
		unsigned expected =
			difference ? difference->value : access->value;
		uint16_t address = (uint16_t)(BASE + access->offset);
		unsigned value;

		if (access->way == 'w') {
			port_out8(player->port, address,
				  (uint8_t)access->value);
			player->writes++;
			continue;
		}
		if (access->offset == 2)
			identity_prepare(player, n);
		value = port_in8(player->port, address);
		player->reads++;
		player->different += value != access->value;
		if (value != expected)
			fail_msg("access %u: register %u reads 0x%x, recorded "
				 "0x%x%s",
				 access->number, access->offset, value,
				 access->value,
				 difference ? ", and another is expected" : "");
	}
}

static void linux_opens_writes_and_reads(void **state)
{
	static const struct difference none[] = {{0, 0, NULL}};
	struct player *player =
		player_make("serial-8250-linux", HOST_UART8250_QEMU);

	(void)state;
	play(player, none);
	assert_int_equal(player->reads, 186);
	assert_int_equal(player->writes, 253);
	assert_int_equal(player->different, 0);
	assert_int_equal(player->received, 20);
	assert_int_equal(player->sent_count, 41);
	assert_memory_equal(player->sent,
			    "A0123456789012345678901234567890123456789", 41);
	player_end(player);
}

static void linux_prints_its_log(void **state)
{
	static const struct difference none[] = {{0, 0, NULL}};
	struct player *player =
		player_make("serial-8250-linux-console", HOST_UART8250_QEMU);

	(void)state;
	play(player, none);
	assert_int_equal(player->reads, 419);
	assert_int_equal(player->writes, 1075);
	assert_int_equal(player->different, 0);
	player_end(player);
}

/** The same to the port of the data sheet: where QEMU is not like it. */
static void data_sheet_differs(void **state)
{
	static const struct difference differences[] = {
		{10, 0x0, "QEMU's firmware had set OUT2"},
		{378, 0x92, "the data sheet notices that DSR fell (8.6.8)"},
		{398, 0xb2, "the same, and that it rose again"},
		{0, 0, NULL},
	};
	struct player *player =
		player_make("serial-8250-linux", HOST_UART8250_16550);

	(void)state;
	play(player, differences);
	assert_int_equal(player->different, 3);
	assert_int_equal(player->sent_count, 41);
	player_end(player);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linux_opens_writes_and_reads),
		cmocka_unit_test(linux_prints_its_log),
		cmocka_unit_test(data_sheet_differs),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
