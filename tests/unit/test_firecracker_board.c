/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rest of Firecracker's board: where its devices are, its keyboard
 * controller and its boot timer, the drivers of these and the devices. The
 * number of an edge case (tests/README.md) is in the name of its test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/machine/machine.h"
#include "mocks/virtio/board.h"
#include "mocks/virtio/board_i8042.h"
#include "mocks/virtio/board_timer.h"
#include "port/port.h"
#include "serial/i8042.h"
#include "virtio/boot_timer.h"
#include "virtio/virtio_command_line.h"

#define DATA	0x60u
#define CONTROL 0x64u

static const unsigned releases[] = {1, 7, 12, 13, 16};

#define RELEASES (sizeof(releases) / sizeof(releases[0]))

/* ---- Layout ---- */

static void expect_layout(unsigned release, bool boot_timer, uint64_t timer,
			  uint64_t first)
{
	struct host_board board;
	unsigned n;

	assert_true(host_board_lay_out(&board, release, boot_timer, 3));
	assert_int_equal(board.boot_timer, timer);
	assert_int_equal(board.count, 3);
	for (n = 0; n < 3; n++) {
		assert_int_equal(board.windows[n].base, first + 4096 * n);
		assert_int_equal(board.windows[n].bytes, 4096);
		assert_int_equal(board.windows[n].line, 5 + n);
	}
}

static void edge_M37_devices_by_release(void **state)
{
	(void)state;
	expect_layout(1, false, 0, 0xd0000000);
	expect_layout(12, false, 0, 0xd0000000);
	expect_layout(12, true, 0xd0000000, 0xd0001000);
	expect_layout(13, false, 0, 0xc0001000);
	expect_layout(16, true, 0xc0000000, 0xc0001000);
}

/** What the host tells of, the guest finds; all that there can be. */
static void edge_M36_M37_told_and_found(void **state)
{
	static const char *const arguments[] = {
		"",
		"reboot=k panic=1",
		"reboot=k -- /bin/app --port 80",
	};
	struct virtio_window windows[HOST_BOARD_DEVICES];
	char text[HOST_BOARD_COMMAND_LINE];
	struct host_board board;
	unsigned release, count, n, line;

	(void)state;
	for (release = 0; release < RELEASES; release++) {
		for (count = 0; count <= HOST_BOARD_DEVICES; count++) {
			const char *given = arguments[count % 3];

			assert_true(host_board_lay_out(
				&board, releases[release], count % 2, count));
			assert_true(
				host_board_command_line(&board, given, text));
			assert_int_equal(virtio_command_line_parse(
						 text, sizeof(text), windows,
						 HOST_BOARD_DEVICES, NULL),
					 count);
			for (n = 0; n < count; n++) {
				line = windows[n].place.line;
				assert_int_equal(line, board.windows[n].line);
				assert_int_equal(windows[n].place.base,
						 board.windows[n].base);
				assert_int_equal(windows[n].place.bytes,
						 board.windows[n].bytes);
			}
		}
	}
	assert_false(
		host_board_lay_out(&board, 16, false, HOST_BOARD_DEVICES + 1));
}

static void where_the_devices_are_told_of(void **state)
{
	static const char given[] = "panic=1 -- app";
	char text[HOST_BOARD_COMMAND_LINE], much[HOST_BOARD_COMMAND_LINE];
	struct host_board board;

	(void)state;
	host_board_lay_out(&board, 1, false, 1);
	assert_true(host_board_command_line(&board, given, text));
	assert_string_equal(
		text, "panic=1 -- app virtio_mmio.device=4K@0xd0000000:5");
	host_board_lay_out(&board, 16, false, 1);
	assert_true(host_board_command_line(&board, given, text));
	assert_string_equal(
		text, "panic=1 virtio_mmio.device=4K@0xc0001000:5 -- app");
	/* As much as there is room for, and one more. */
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = 0;
	much[HOST_BOARD_COMMAND_LINE - 1 -
	     strlen(" virtio_mmio.device=4K@0xc0001000:5")] = 0;
	assert_true(host_board_command_line(&board, much, text));
	assert_int_equal(strlen(text), HOST_BOARD_COMMAND_LINE - 1);
	much[strlen(much)] = 'x';
	assert_false(host_board_command_line(&board, much, text));
}

/* ---- The keyboard controller ---- */

struct keyboard {
	struct machine *machine;
	struct port *port;
	struct host_i8042 *device;
	struct i8042 driver;
	unsigned exits, requests;
	uint64_t exited;
	int error;
};

static void exited(void *context)
{
	struct keyboard *keyboard = context;

	keyboard->exits++;
	keyboard->exited = machine_time(keyboard->machine);
}

static void requested(void *context)
{
	((struct keyboard *)context)->requests++;
}

static void keyboard_make(struct keyboard *keyboard,
			  struct host_i8042_configuration configuration)
{
	memset(keyboard, 0, sizeof(*keyboard));
	keyboard->machine = machine_create(NULL);
	assert_non_null(keyboard->machine);
	keyboard->port = machine_port(keyboard->machine);
	configuration.context = keyboard;
	keyboard->device = host_i8042_create(keyboard->machine, &configuration);
	assert_non_null(keyboard->device);
}

static void keyboard_end(struct keyboard *keyboard)
{
	host_i8042_destroy(keyboard->device);
	machine_destroy(keyboard->machine);
}

static void guest_resets(void *argument)
{
	struct keyboard *keyboard = argument;

	keyboard->error = i8042_reset(keyboard->port);
}

static void edge_S8_the_machine_ends(void **state)
{
	struct keyboard keyboard;

	(void)state;
	keyboard_make(&keyboard, (struct host_i8042_configuration){0});
	keyboard.error = 1;
	assert_int_equal(machine_run(keyboard.machine, guest_resets, &keyboard),
			 MACHINE_STOPPED);
	assert_non_null(
		strstr(machine_reason(keyboard.machine), "ended the machine"));
	assert_int_equal(keyboard.error, 1);
	keyboard_end(&keyboard);
}

/** One that is slow to take commands, or does not listen at all. */
static void edge_S8_no_wait_is_without_end(void **state)
{
	struct keyboard keyboard;

	(void)state;
	keyboard_make(&keyboard, (struct host_i8042_configuration){
					 .exited = exited,
					 .never_ready = true,
				 });
	assert_int_equal(i8042_reset(keyboard.port), ERROR_TIMED_OUT);
	assert_int_equal(keyboard.exits, 1);
	assert_in_range(keyboard.exited, 10000000, 11000000);
	assert_int_equal(machine_violations(keyboard.machine), 0);
	keyboard_end(&keyboard);

	keyboard_make(&keyboard, (struct host_i8042_configuration){
					 .exited = exited,
					 .ignores_reset = true,
				 });
	assert_int_equal(i8042_reset(keyboard.port), ERROR_TIMED_OUT);
	assert_int_equal(keyboard.exits, 0);
	assert_in_range(machine_time(keyboard.machine), 1000000000, 1010000000);
	keyboard_end(&keyboard);
}

static void edge_S8_where_there_is_none(void **state)
{
	struct machine *machine = machine_create(NULL);
	struct port *port = machine_port(machine);
	struct i8042 driver;

	(void)state;
	assert_int_equal(i8042_reset(port), ERROR_NO_DEVICE);
	assert_int_equal(i8042_open(&driver, port, NULL, NULL),
			 ERROR_NO_DEVICE);
	assert_in_range(machine_time(machine), 0, 1000000);
	machine_destroy(machine);
}

static void edge_S9_keys_are_taken(void **state)
{
	struct keyboard keyboard;
	unsigned n;

	(void)state;
	keyboard_make(&keyboard, (struct host_i8042_configuration){
					 .exited = exited,
				 });
	/* Keys of before count as well, also those that nobody tells of. */
	port_out8(keyboard.port, CONTROL, 0x60);
	port_out8(keyboard.port, DATA, 0x04);
	assert_true(host_i8042_press(keyboard.device));
	assert_int_equal(i8042_open(&keyboard.driver, keyboard.port, requested,
				    &keyboard),
			 0);
	assert_int_equal(host_i8042_waiting(keyboard.device), 0);
	assert_int_equal(keyboard.requests, 1);
	port_out8(keyboard.port, CONTROL, 0x60);
	port_out8(keyboard.port, DATA, 0x05);
	for (n = 2; n <= 10; n++) {
		assert_true(host_i8042_press(keyboard.device));
		port_delay(keyboard.port, 1000000);
		assert_int_equal(host_i8042_waiting(keyboard.device), 0);
		assert_int_equal(keyboard.requests, n);
		assert_int_equal(keyboard.driver.requests, n);
		assert_int_equal(keyboard.driver.received, 4 * n);
	}
	/* Several presses before the guest runs again. */
	for (n = 0; n < 4; n++)
		assert_true(host_i8042_press(keyboard.device));
	assert_false(host_i8042_press(keyboard.device));
	port_delay(keyboard.port, 1000000);
	assert_int_equal(keyboard.driver.requests, 14);
	assert_int_equal(keyboard.requests, 11);
	/* Other bytes are no request: the answer of the keyboard. */
	port_out8(keyboard.port, DATA, 0xf4);
	port_delay(keyboard.port, 1000000);
	assert_int_equal(keyboard.driver.received, 57);
	assert_int_equal(keyboard.requests, 11);
	i8042_close(&keyboard.driver);
	assert_int_equal(machine_violations(keyboard.machine), 0);
	keyboard_end(&keyboard);
}

/** Nobody needs to be told; and a controller that never becomes empty. */
static void edge_S9_no_end_of_keys(void **state)
{
	struct keyboard keyboard;

	(void)state;
	keyboard_make(&keyboard, (struct host_i8042_configuration){
					 .floods = true,
				 });
	host_i8042_press(keyboard.device);
	assert_int_equal(
		i8042_open(&keyboard.driver, keyboard.port, NULL, NULL), 0);
	port_delay(keyboard.port, 1000000);
	assert_true(keyboard.driver.received > 16);
	assert_int_equal(host_i8042_waiting(keyboard.device), 4);
	i8042_close(&keyboard.driver);
	keyboard_end(&keyboard);
}

/** The device: registers that can be read and written, and what it ignores. */
static void the_controller_s_registers(void **state)
{
	struct keyboard keyboard;

	(void)state;
	keyboard_make(&keyboard, (struct host_i8042_configuration){
					 .exited = exited,
				 });
	assert_int_equal(port_in8(keyboard.port, CONTROL), 0x10);
	assert_int_equal(port_in8(keyboard.port, DATA), 0);
	port_out8(keyboard.port, CONTROL, 0x20);
	assert_int_equal(port_in8(keyboard.port, CONTROL), 0x11);
	assert_int_equal(port_in8(keyboard.port, DATA), 0x05);
	assert_int_equal(port_in8(keyboard.port, CONTROL), 0x10);
	port_out8(keyboard.port, CONTROL, 0x60);
	assert_int_equal(port_in8(keyboard.port, CONTROL), 0x18);
	port_out8(keyboard.port, DATA, 0x04);
	port_out8(keyboard.port, CONTROL, 0x20);
	assert_int_equal(port_in8(keyboard.port, DATA), 0x04);
	port_out8(keyboard.port, CONTROL, 0xd1);
	port_out8(keyboard.port, DATA, 0x03);
	port_out8(keyboard.port, CONTROL, 0xd0);
	assert_int_equal(port_in8(keyboard.port, DATA), 0x03);
	port_out8(keyboard.port, DATA, 0xff);
	assert_int_equal(port_in8(keyboard.port, DATA), 0xfa);
	port_out8(keyboard.port, CONTROL, 0xaa);
	assert_int_equal(port_in8(keyboard.port, CONTROL), 0x10);
	assert_int_equal(machine_violations(keyboard.machine), 0);
	/* The reset as a word, or to another port, is none. */
	port_out16(keyboard.port, DATA + 2, 0xfe00);
	port_out8(keyboard.port, DATA + 1, 0xfe);
	assert_int_equal(port_in16(keyboard.port, DATA), 0);
	port_delay(keyboard.port, 1000000);
	assert_int_equal(keyboard.exits, 0);
	assert_int_equal(machine_violations(keyboard.machine), 3);
	keyboard_end(&keyboard);
}

/* ---- The boot timer ---- */

static void edge_S10_the_guest_is_up(void **state)
{
	struct host_boot_timer *timer;
	struct machine *machine;
	struct host_board board;
	unsigned n;

	(void)state;
	for (n = 0; n < RELEASES; n++) {
		machine = machine_create(NULL);
		host_board_lay_out(&board, releases[n], true, 1);
		timer = host_boot_timer_create(machine, board.boot_timer);
		port_delay(machine_port(machine), 5000000);
		assert_int_equal(boot_timer_up(machine_port(machine),
					       releases[n] < 13
						       ? BOOT_TIMER_BASE_1_0
						       : BOOT_TIMER_BASE_1_13),
				 0);
		assert_int_equal(host_boot_timer_count(timer), 1);
		assert_in_range(host_boot_timer_time(timer), 5000000, 5100000);
		assert_int_equal(machine_violations(machine), 0);
		host_boot_timer_destroy(timer);
		machine_destroy(machine);
	}
}

static void edge_S10_only_that_byte_counts(void **state)
{
	struct machine *machine = machine_create(NULL);
	struct port *port = machine_port(machine);
	struct host_boot_timer *timer =
		host_boot_timer_create(machine, BOOT_TIMER_BASE_1_13);
	uint8_t *mapped = port_mmio_map(port, BOOT_TIMER_BASE_1_13, 4096);

	(void)state;
	port_mmio_write8(port, mapped, 122);
	port_mmio_write16(port, mapped, 123);
	port_mmio_write32(port, mapped, 123);
	port_mmio_write8(port, mapped + 1, 123);
	assert_int_equal(port_mmio_read8(port, mapped), 0);
	assert_int_equal(host_boot_timer_count(timer), 0);
	assert_int_equal(machine_violations(machine), 4);
	port_mmio_write8(port, mapped, 123);
	assert_int_equal(host_boot_timer_count(timer), 1);
	port_mmio_unmap(port, mapped, 4096);
	host_boot_timer_destroy(timer);
	machine_destroy(machine);
}

/** Where nobody listens the store does no harm. */
static void edge_S10_where_there_is_none(void **state)
{
	struct machine *machine = machine_create(NULL);

	(void)state;
	assert_int_equal(
		boot_timer_up(machine_port(machine), BOOT_TIMER_BASE_1_13), 0);
	machine_destroy(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_M37_devices_by_release),
		cmocka_unit_test(edge_M36_M37_told_and_found),
		cmocka_unit_test(where_the_devices_are_told_of),
		cmocka_unit_test(edge_S8_the_machine_ends),
		cmocka_unit_test(edge_S8_no_wait_is_without_end),
		cmocka_unit_test(edge_S8_where_there_is_none),
		cmocka_unit_test(edge_S9_keys_are_taken),
		cmocka_unit_test(edge_S9_no_end_of_keys),
		cmocka_unit_test(the_controller_s_registers),
		cmocka_unit_test(edge_S10_the_guest_is_up),
		cmocka_unit_test(edge_S10_only_that_byte_counts),
		cmocka_unit_test(edge_S10_where_there_is_none),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
