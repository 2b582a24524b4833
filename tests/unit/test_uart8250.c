/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The serial console: the driver, the device, and both together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/machine/machine.h"
#include "mocks/serial/uart8250.h"
#include "port/port.h"
#include "serial/uart8250.h"
#include "tests/support/serial_console.h"

#define BASE UART8250_COM1

/* ---- The two together ---- */

static void text_goes_out(bool no_fifo)
{
	static const char text[] = "The quick brown fox jumps over the lazy "
				   "dog, then it does so again.\n";
	struct console console;
	uint64_t began;

	console_make(&console,
		     no_fifo ? HOST_UART8250_16450 : HOST_UART8250_16550);
	assert_int_equal(
		uart8250_open(&console.uart, console.port, BASE, 115200), 0);
	assert_int_equal(console.uart.room, no_fifo ? 1 : 16);
	began = machine_time(console.machine);
	assert_int_equal(uart8250_write(&console.uart, text, sizeof(text) - 1),
			 0);
	assert_int_equal(uart8250_flush(&console.uart), 0);
	assert_string_equal(console.line, text);
	assert_int_equal(console.uart.sent, sizeof(text) - 1);
	/* 68 characters of 10 bits at 115200 bits a second. */
	assert_in_range(console.last - began, (sizeof(text) - 1) * 86805,
			(sizeof(text) - 1) * 86805 + 100000 +
				(no_fifo ? 400000 : 0));
	console_end(&console);
}

static void write_with_fifo(void **state)
{
	(void)state;
	text_goes_out(false);
}

static void write_without_fifo(void **state)
{
	(void)state;
	text_goes_out(true);
}

static void slow_lines_are_slow(void **state)
{
	struct console console;
	uint64_t began;

	(void)state;
	console_make(&console, HOST_UART8250_16550);
	assert_int_equal(uart8250_open(&console.uart, console.port, BASE, 300),
			 0);
	began = machine_time(console.machine);
	assert_int_equal(
		uart8250_write(&console.uart, "0123456789abcdefXY", 18), 0);
	assert_int_equal(uart8250_flush(&console.uart), 0);
	assert_string_equal(console.line, "0123456789abcdefXY");
	assert_in_range(console.last - began, 600000000, 601000000);
	console_end(&console);
}

static void rates_that_are_none(void **state)
{
	static const uint32_t good[] = {115200, 57600, 38400, 9600,
					110,	50,    2,     116000 / 2};
	static const uint32_t bad[] = {0, 1, 115201, 100000, UINT32_MAX};
	struct console console;
	unsigned n;

	(void)state;
	console_make(&console, HOST_UART8250_16550);
	for (n = 0; n < sizeof(good) / sizeof(good[0]); n++)
		assert_int_equal(uart8250_open(&console.uart, console.port,
					       BASE, good[n]),
				 0);
	for (n = 0; n < sizeof(bad) / sizeof(bad[0]); n++)
		assert_int_equal(uart8250_open(&console.uart, console.port,
					       BASE, bad[n]),
				 ERROR_INVALID);
	console_end(&console);
}

static void read_what_is_there(void **state)
{
	struct console console;
	char text[64] = "";

	(void)state;
	console_make(&console, HOST_UART8250_16550);
	assert_int_equal(
		uart8250_open(&console.uart, console.port, BASE, 115200), 0);
	assert_int_equal(uart8250_read(&console.uart, text, sizeof(text)), 0);
	host_uart8250_input(console.device, "hello there", 11);
	port_delay(console.port, 5 * 86806);
	assert_int_equal(uart8250_read(&console.uart, text, 3), 3);
	assert_int_equal(uart8250_read(&console.uart, text + 3, 60), 2);
	port_delay(console.port, 10 * 86806);
	assert_int_equal(uart8250_read(&console.uart, text + 5, 59), 6);
	assert_string_equal(text, "hello there");
	assert_int_equal(console.uart.received, 11);
	assert_int_equal(console.uart.overruns, 0);
	console_end(&console);
}

static void late_readers_lose_bytes(void **state)
{
	struct console console;
	char text[64] = "";

	(void)state;
	console_make(&console, HOST_UART8250_16550);
	assert_int_equal(
		uart8250_open(&console.uart, console.port, BASE, 115200), 0);
	host_uart8250_input(console.device, "0123456789abcdefXYZ", 19);
	port_delay(console.port, 30 * 86806);
	assert_int_equal(uart8250_read(&console.uart, text, sizeof(text)), 16);
	assert_string_equal(text, "0123456789abcdef");
	assert_int_equal(console.uart.overruns, 1);
	console_end(&console);

	memset(text, 0, sizeof(text));
	console_make(&console, HOST_UART8250_16450);
	assert_int_equal(
		uart8250_open(&console.uart, console.port, BASE, 115200), 0);
	host_uart8250_input(console.device, "123", 3);
	port_delay(console.port, 30 * 86806);
	assert_int_equal(uart8250_read(&console.uart, text, sizeof(text)), 1);
	assert_string_equal(text, "3");
	assert_int_equal(console.uart.overruns, 1);
	console_end(&console);
}

static void long_input_is_queued(void **state)
{
	struct console console;
	uint8_t out[1000], in[1000];
	unsigned n, got = 0;

	(void)state;
	for (n = 0; n < sizeof(out); n++)
		out[n] = n * 7 + n / 256;
	console_make(&console, HOST_UART8250_16550);
	assert_int_equal(
		uart8250_open(&console.uart, console.port, BASE, 115200), 0);
	host_uart8250_input(console.device, out, 100);
	for (n = 0; n < 200; n++) {
		int count = uart8250_read(&console.uart, in + got,
					  sizeof(in) - got);

		assert_true(count >= 0);
		got += count;
		if (n == 5)
			host_uart8250_input(console.device, out + 100, 900);
		port_delay(console.port, 8 * 86806);
	}
	assert_int_equal(got, sizeof(in));
	assert_memory_equal(in, out, sizeof(in));
	console_end(&console);
}

static void damaged_bytes_are_dropped(void **state)
{
	struct console console;
	char text[64] = "";

	(void)state;
	console_make(&console, HOST_UART8250_16550);
	assert_int_equal(
		uart8250_open(&console.uart, console.port, BASE, 115200), 0);
	host_uart8250_input(console.device, "a", 1);
	host_uart8250_input_error(console.device, 'x', HOST_UART8250_FRAMING);
	host_uart8250_input(console.device, "b", 1);
	host_uart8250_input_error(console.device, 'y', HOST_UART8250_PARITY);
	host_uart8250_input_error(console.device, 0,
				  HOST_UART8250_BREAK | HOST_UART8250_FRAMING);
	host_uart8250_input(console.device, "c", 1);
	port_delay(console.port, 10 * 86806);
	assert_int_equal(uart8250_read(&console.uart, text, sizeof(text)), 3);
	assert_string_equal(text, "abc");
	assert_int_equal(console.uart.framing_errors, 2);
	assert_int_equal(console.uart.parity_errors, 1);
	assert_int_equal(console.uart.received, 3);
	/* The status is asked for by a write: the error is not forgotten. */
	host_uart8250_input_error(console.device, 'z', HOST_UART8250_FRAMING);
	host_uart8250_input(console.device, "d", 1);
	port_delay(console.port, 10 * 86806);
	assert_int_equal(uart8250_write(&console.uart, "w", 1), 0);
	assert_int_equal(uart8250_read(&console.uart, text, sizeof(text)), 1);
	assert_int_equal(text[0], 'd');
	assert_int_equal(console.uart.framing_errors, 3);
	console_end(&console);
}

static void stuck_transmitters_time_out(void **state)
{
	struct console console;
	uint64_t began;

	(void)state;
	console_make(&console, HOST_UART8250_16550);
	assert_int_equal(
		uart8250_open(&console.uart, console.port, BASE, 115200), 0);
	host_uart8250_stall(console.device, true);
	began = machine_time(console.machine);
	assert_int_equal(uart8250_write(&console.uart, "0123456789abcdef0123",
					20),
			 ERROR_TIMED_OUT);
	assert_in_range(machine_time(console.machine) - began, 3900000,
			4100000);
	assert_int_equal(console.uart.sent, 16);
	assert_int_equal(uart8250_flush(&console.uart), ERROR_TIMED_OUT);
	host_uart8250_stall(console.device, false);
	assert_int_equal(uart8250_write(&console.uart, "XY", 2), 0);
	assert_int_equal(uart8250_flush(&console.uart), 0);
	assert_string_equal(console.line, "0123456789abcdefXY");
	/* Stuck when the driver comes: found later, not hung on. */
	host_uart8250_stall(console.device, true);
	port_out8(console.port, BASE, 'f');
	began = machine_time(console.machine);
	assert_int_equal(
		uart8250_open(&console.uart, console.port, BASE, 115200), 0);
	assert_in_range(machine_time(console.machine) - began, 20000000,
			20100000);
	console_end(&console);
}

static void firmware_finishes_its_line(void **state)
{
	struct console console;
	unsigned n;

	(void)state;
	console_make(&console, HOST_UART8250_16550);
	/* At 115200, with interrupts and a loopback test left on. */
	port_out8(console.port, BASE + 2, 1);
	port_out8(console.port, BASE + 3, 0x83);
	port_out8(console.port, BASE, 1);
	port_out8(console.port, BASE + 1, 0);
	port_out8(console.port, BASE + 3, 3);
	for (n = 0; n < 10; n++)
		port_out8(console.port, BASE, '0' + n);
	port_out8(console.port, BASE + 3, 0x80);
	assert_int_equal(uart8250_open(&console.uart, console.port, BASE, 9600),
			 0);
	assert_string_equal(console.line, "0123456789");
	port_out8(console.port, BASE + 4, 0x10);
	assert_int_equal(
		uart8250_open(&console.uart, console.port, BASE, 115200), 0);
	assert_int_equal(uart8250_write(&console.uart, "!", 1), 0);
	assert_int_equal(uart8250_flush(&console.uart), 0);
	assert_string_equal(console.line, "0123456789!");
	console_end(&console);
}

/** What a firmware left: interrupts on, the divisor shown, bytes unread. */
static void left_overs_are_cleared(void **state)
{
	struct console console;
	char text[8] = "";
	unsigned no_fifo;

	(void)state;
	for (no_fifo = 0; no_fifo < 2; no_fifo++) {
		console_make(&console, no_fifo ? HOST_UART8250_16450
					       : HOST_UART8250_16550);
		port_out8(console.port, BASE + 2, 1);
		port_out8(console.port, BASE + 1, 0x0f);
		host_uart8250_input(console.device, "ab", 2);
		host_uart8250_input_error(console.device, 'c',
					  HOST_UART8250_FRAMING);
		port_delay(console.port, 10000000);
		/* More comes while the driver waits for the transmitter. */
		host_uart8250_stall(console.device, true);
		port_out8(console.port, BASE, 'x');
		host_uart8250_input_error(console.device, 'e',
					  HOST_UART8250_FRAMING);
		host_uart8250_input(console.device, "fghijklmnopqrstu", 16);
		port_out8(console.port, BASE + 3, 0x80);
		assert_int_equal(uart8250_open(&console.uart, console.port,
					       BASE, 115200),
				 0);
		assert_int_equal(port_in8(console.port, BASE + 1), 0);
		assert_int_equal(uart8250_read(&console.uart, text, 8), 0);
		assert_int_equal(console.uart.overruns, 0);
		host_uart8250_input(console.device, "d", 1);
		port_delay(console.port, 100000);
		assert_int_equal(uart8250_read(&console.uart, text, 8), 1);
		assert_int_equal(text[0], 'd');
		assert_int_equal(console.uart.framing_errors, 0);
		console_end(&console);
	}
}

/* ---- The driver, and devices that are none ---- */

static void absent_is_no_device(void **state)
{
	struct console console;
	char text[4];

	(void)state;
	console_make(&console, HOST_UART8250_16550);
	assert_int_equal(uart8250_open(&console.uart, console.port, 0x2f8,
				       115200),
			 ERROR_NO_DEVICE);
	/* Taken away later. */
	assert_int_equal(uart8250_read(&console.uart, text, 4),
			 ERROR_NO_DEVICE);
	assert_int_equal(uart8250_write(&console.uart, "x", 1),
			 ERROR_NO_DEVICE);
	assert_int_equal(uart8250_flush(&console.uart), ERROR_NO_DEVICE);
	console_end(&console);
}

/** Eight registers that keep what is written, under masks. */
struct fake {
	struct machine_region region;
	uint8_t values[8], writable[8], fixed[8];
	unsigned reads;
};

static uint64_t fake_read(void *context, uint64_t offset, unsigned width)
{
	struct fake *fake = context;

	(void)width;
	fake->reads++;
	return (fake->values[offset] & fake->writable[offset]) |
	       fake->fixed[offset];
}

static void fake_write(void *context, uint64_t offset, uint64_t value,
		       unsigned width)
{
	struct fake *fake = context;

	(void)width;
	fake->values[offset] = value;
}

static struct machine *fake_make(struct fake *fake)
{
	struct machine *machine = machine_create(NULL);

	memset(fake, 0, sizeof(*fake));
	fake->region.base = BASE;
	fake->region.bytes = 8;
	fake->region.context = fake;
	fake->region.read = fake_read;
	fake->region.write = fake_write;
	machine_port_region_add(machine, &fake->region);
	return machine;
}

static void others_are_no_device(void **state)
{
	/*
	 * What of the interrupt enable register can be written and what is
	 * always there; the line status; and whether that is an 8250.
	 */
	static const struct {
		uint8_t writable, fixed, status;
		int result;
	} cases[] = {
		{0x0f, 0x00, 0x60, 0},
		{0xff, 0x00, 0x60, 0},
		{0x00, 0x00, 0x60, ERROR_NO_DEVICE},
		{0x07, 0x00, 0x60, ERROR_NO_DEVICE},
		{0x0f, 0x40, 0x60, ERROR_NO_DEVICE},
		{0x0f, 0x01, 0x60, ERROR_NO_DEVICE},
		{0x0f, 0x00, 0xff, ERROR_NO_DEVICE},
	};
	struct uart8250 uart;
	unsigned n;

	(void)state;
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct fake fake;
		struct machine *machine = fake_make(&fake);

		fake.writable[1] = cases[n].writable;
		fake.fixed[1] = cases[n].fixed;
		fake.fixed[5] = cases[n].status;
		assert_int_equal(uart8250_open(&uart, machine_port(machine),
					       BASE, 115200),
				 cases[n].result);
		machine_destroy(machine);
	}
}

static void noise_does_not_hang(void **state)
{
	struct fake fake;
	struct machine *machine = fake_make(&fake);
	struct uart8250 uart;
	char text[100];

	(void)state;
	fake.writable[1] = 0x0f;
	fake.fixed[5] = 0x60;
	/* A 16550 without A: its FIFO is there and does not work. */
	fake.fixed[2] = 0x80;
	assert_int_equal(
		uart8250_open(&uart, machine_port(machine), BASE, 115200), 0);
	assert_int_equal(uart.room, 1);
	/* Data without end, and all of it damaged. */
	fake.fixed[5] = 0x69;
	fake.reads = 0;
	assert_int_equal(uart8250_read(&uart, text, sizeof(text)), 0);
	assert_int_equal(uart.framing_errors, 100);
	assert_int_equal(fake.reads, 200);
	/* What comes back is not what was sent. */
	fake.fixed[5] = 0x61;
	fake.writable[0] = 0xff;
	fake.writable[4] = 0xff;
	assert_int_equal(uart8250_test(&uart), 0);
	fake.fixed[0] = 0x01;
	assert_int_equal(uart8250_test(&uart), ERROR_IO);
	assert_int_equal(fake.values[4] & 0x10, 0);
	machine_destroy(machine);
}

/* ---- The device ---- */

static void expect_register(struct console *console, unsigned offset,
			    unsigned value)
{
	assert_int_equal(port_in8(console->port, BASE + offset), value);
}

static void loopback_returns_everything(void **state)
{
	struct console console;

	(void)state;
	console_make(&console, HOST_UART8250_16550);
	port_out8(console.port, BASE + 7, 0xa7);
	expect_register(&console, 7, 0xa7);
	/* DTR and OUT1 come back as DSR and ring; three lines fell or rose. */
	port_out8(console.port, BASE + 4, 0x15);
	expect_register(&console, 6, 0x60 | 0x01 | 0x08);
	expect_register(&console, 6, 0x60);
	port_out8(console.port, BASE + 1, 0x08);
	expect_register(&console, 2, 0x01);
	/* RTS and OUT2 instead: all changed, and the ring ended. */
	port_out8(console.port, BASE + 4, 0x1a);
	expect_register(&console, 2, 0x00);
	expect_register(&console, 6, 0x90 | 0x0f);
	expect_register(&console, 2, 0x01);
	port_out8(console.port, BASE, 'L');
	/* The line itself is cut off, both ways. */
	host_uart8250_input(console.device, "x", 1);
	port_delay(console.port, 10000000);
	expect_register(&console, 5, 0x61);
	expect_register(&console, 0, 'L');
	expect_register(&console, 5, 0x60);
	assert_int_equal(console.count, 0);
	console_end(&console);
}

static void interrupts_are_identified(void **state)
{
	struct console console;

	(void)state;
	console_make(&console, HOST_UART8250_16550);
	port_out8(console.port, BASE + 2, 0x41);
	port_out8(console.port, BASE + 1, 0x07);
	expect_register(&console, 2, 0xc2);
	expect_register(&console, 2, 0xc1);
	host_uart8250_input(console.device, "123", 3);
	port_delay(console.port, 3 * 730000);
	/* Below the trigger of four, and nothing more comes. */
	expect_register(&console, 2, 0xc1);
	port_delay(console.port, 4 * 730000);
	expect_register(&console, 2, 0xcc);
	host_uart8250_input(console.device, "4", 1);
	port_delay(console.port, 730000);
	expect_register(&console, 2, 0xc4);
	/* Errors of a byte are urgent, and shown when it comes first. */
	host_uart8250_input_error(console.device, '5', HOST_UART8250_PARITY);
	port_delay(console.port, 730000);
	expect_register(&console, 2, 0xc4);
	expect_register(&console, 5, 0xe1);
	expect_register(&console, 0, '1');
	expect_register(&console, 0, '2');
	expect_register(&console, 0, '3');
	expect_register(&console, 0, '4');
	expect_register(&console, 2, 0xc6);
	expect_register(&console, 5, 0xe5);
	expect_register(&console, 5, 0x61);
	/* A FIFO that is switched off is empty. */
	port_out8(console.port, BASE + 2, 0);
	expect_register(&console, 5, 0x60);
	console_end(&console);
}

static void full_transmitters_drop(void **state)
{
	struct console console;
	unsigned n;

	(void)state;
	console_make(&console, HOST_UART8250_16550);
	port_out8(console.port, BASE + 2, 1);
	/* One leaves at once, sixteen wait, the others are lost. */
	for (n = 0; n < 20; n++)
		port_out8(console.port, BASE, 'a' + n);
	expect_register(&console, 5, 0);
	port_delay(console.port, 100000000);
	assert_string_equal(console.line, "abcdefghijklmnopq");
	expect_register(&console, 5, 0x60);
	/* Without FIFO the one that waits is overwritten. */
	port_out8(console.port, BASE + 2, 0);
	for (n = 0; n < 4; n++)
		port_out8(console.port, BASE, 'A' + n);
	port_delay(console.port, 100000000);
	assert_string_equal(console.line, "abcdefghijklmnopqAD");
	/* Clearing the FIFO spares what is on the line. */
	port_out8(console.port, BASE + 2, 1);
	for (n = 0; n < 4; n++)
		port_out8(console.port, BASE, '0' + n);
	port_out8(console.port, BASE + 2, 5);
	expect_register(&console, 5, 0x20);
	port_delay(console.port, 100000000);
	assert_string_equal(console.line, "abcdefghijklmnopqAD0");
	console_end(&console);
}

static void formats_take_their_time(void **state)
{
	/* Line control, and the bits of a character with it. */
	static const uint8_t formats[][2] = {
		{0x00, 7},  {0x02, 9},	{0x03, 10},
		{0x07, 11}, {0x0b, 11}, {0x1e, 11},
	};
	unsigned n;

	(void)state;
	for (n = 0; n < sizeof(formats) / sizeof(formats[0]); n++) {
		struct console console;
		uint64_t began;

		console_make(&console, HOST_UART8250_16550);
		port_out8(console.port, BASE + 3, formats[n][0]);
		began = machine_time(console.machine);
		port_out8(console.port, BASE, 'x');
		port_delay(console.port, 10000000);
		/* The default divisor: 9600 bits a second. */
		assert_int_equal(console.last - began,
				 formats[n][1] * 1250000 / 12);
		console_end(&console);
	}
}

static void wide_accesses_are_bytes(void **state)
{
	struct console console;

	(void)state;
	console_make(&console, HOST_UART8250_16550);
	port_out16(console.port, BASE + 3, 0x0883);
	expect_register(&console, 3, 0x83);
	expect_register(&console, 4, 0x08);
	port_out16(console.port, BASE, 0x0180);
	assert_int_equal(port_in16(console.port, BASE), 0x0180);
	console_end(&console);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_with_fifo),
		cmocka_unit_test(write_without_fifo),
		cmocka_unit_test(slow_lines_are_slow),
		cmocka_unit_test(rates_that_are_none),
		cmocka_unit_test(read_what_is_there),
		cmocka_unit_test(late_readers_lose_bytes),
		cmocka_unit_test(long_input_is_queued),
		cmocka_unit_test(damaged_bytes_are_dropped),
		cmocka_unit_test(stuck_transmitters_time_out),
		cmocka_unit_test(firmware_finishes_its_line),
		cmocka_unit_test(left_overs_are_cleared),
		cmocka_unit_test(absent_is_no_device),
		cmocka_unit_test(others_are_no_device),
		cmocka_unit_test(noise_does_not_hang),
		cmocka_unit_test(loopback_returns_everything),
		cmocka_unit_test(interrupts_are_identified),
		cmocka_unit_test(full_transmitters_drop),
		cmocka_unit_test(formats_take_their_time),
		cmocka_unit_test(wide_accesses_are_bytes),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
