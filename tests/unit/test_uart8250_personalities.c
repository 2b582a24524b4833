/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The serial port as PCs, QEMU and Firecracker have it: finding it, testing it,
 * and where its registers differ. The number of an edge case (tests/README.md)
 * is in the name of its test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/serial_console.h"

#define BASE	  UART8250_COM1
#define CHARACTER 86806u

static void edge_S4_S5_what_a_firmware_left(void **state)
{
	struct console console;
	char text[64];
	unsigned n, turn;

	(void)state;
	for (n = 0; n < CONSOLE_PERSONALITIES; n++) {
		console_make(&console, console_personalities[n]);
		/* The divisor shown, a loopback test, interrupts, input. */
		console_register_write(&console, 1, 0x0f);
		for (turn = 0; turn < 3; turn++) {
			host_uart8250_input(console.device,
					    "0123456789abcdefghijklmnopqrstuvw",
					    33);
			port_delay(console.port, 50000000);
		}
		console_register_write(&console, 3, 0x83);
		console_register_write(&console, 4, 0x10);
		assert_int_equal(uart8250_open(&console.uart, console.port,
					       BASE, 115200),
				 0);
		assert_int_equal(console_register(&console, 3), 0x03);
		assert_int_equal(console_register(&console, 1), 0);
		assert_int_equal(console_register(&console, 4) & 0x10, 0);
		/*
		 * Firecracker's FIFO is there whatever is written to its
		 * control, and clearing it does nothing.
		 */
		assert_int_equal(console.uart.room,
				 console_personalities[n] == HOST_UART8250_16450
					 ? 1
					 : 16);
		if (console_is_line(console_personalities[n]))
			assert_int_equal(uart8250_read(&console.uart, text, 64),
					 0);
		console_end(&console);
	}
	console_make(&console, HOST_UART8250_FIRECRACKER);
	host_uart8250_input(console.device, "0123456789", 10);
	port_delay(console.port, 50000);
	console_register_write(&console, 2, 0x07);
	assert_int_equal(console_register(&console, 5), 0x61);
	assert_int_equal(console_register(&console, 2), 0xc1);
	assert_int_equal(
		uart8250_open(&console.uart, console.port, BASE, 115200), 0);
	assert_int_equal(uart8250_read(&console.uart, text, 64), 0);
	console_end(&console);
}

static void edge_S6_loopback_and_scratch(void **state)
{
	struct console console;
	unsigned n;

	(void)state;
	for (n = 0; n < CONSOLE_PERSONALITIES; n++) {
		console_open(&console, console_personalities[n]);
		console_register_write(&console, 7, 0xa7);
		assert_int_equal(console_register(&console, 7), 0xa7);
		assert_int_equal(uart8250_test(&console.uart), 0);
		assert_int_equal(console_register(&console, 4) & 0x10, 0);
		assert_int_equal(console.count, 0);
		assert_int_equal(uart8250_write(&console.uart, "!", 1), 0);
		assert_int_equal(uart8250_flush(&console.uart), 0);
		assert_string_equal(console.line, "!");
		/* RTS, DTR, OUT1 and OUT2 come back as lines of the modem. */
		console_register_write(&console, 4, 0x1a);
		assert_int_equal(console_register(&console, 6) & 0xf0, 0x90);
		console_register_write(&console, 4, 0x15);
		assert_int_equal(console_register(&console, 6) & 0xf0, 0x60);
		console_register_write(&console, 4, 0x0b);
		assert_int_equal(console_register(&console, 6) & 0xf0, 0xb0);
		console_end(&console);
	}
}

/** A test that fails leaves the loopback, too. */
static void edge_S6_loopback_that_fails(void **state)
{
	struct console console;

	(void)state;
	console_open(&console, HOST_UART8250_16550);
	host_uart8250_faults(console.device)->status_clear = 0x01;
	assert_int_equal(uart8250_test(&console.uart), ERROR_TIMED_OUT);
	assert_int_equal(console_register(&console, 4) & 0x10, 0);
	host_uart8250_faults(console.device)->status_clear = 0;
	/* What that one left, and what came before, is not taken for its own.
	 */
	assert_int_equal(uart8250_test(&console.uart), 0);
	host_uart8250_input(console.device, "z", 1);
	port_delay(console.port, 5 * CHARACTER);
	assert_int_equal(uart8250_test(&console.uart), 0);
	assert_int_equal(console_register(&console, 5), 0x60);
	host_uart8250_stall(console.device, true);
	console_register_write(&console, 0, 'x');
	assert_int_equal(uart8250_test(&console.uart), ERROR_TIMED_OUT);
	host_uart8250_stall(console.device, false);
	assert_int_equal(
		uart8250_interrupts_start(&console.uart, UART8250_COM1_LINE,
					  UART8250_RECEIVE, NULL, NULL),
		0);
	assert_int_equal(uart8250_test(&console.uart), ERROR_BUSY);
	uart8250_interrupts_stop(&console.uart);
	console_end(&console);
}

/** Firecracker ignores wider accesses than a byte. */
static void wide_accesses_of_firecracker(void **state)
{
	struct console console;

	(void)state;
	console_open(&console, HOST_UART8250_FIRECRACKER);
	port_out16(console.port, BASE, 0x4141);
	assert_int_equal(console.count, 0);
	assert_int_equal(port_in32(console.port, BASE), 0);
	assert_int_equal(machine_violations(console.machine), 2);
	console_end(&console);
}

/** Line status before data, data before the transmitter, then the modem. */
static void the_most_urgent_comes_first(void **state)
{
	struct console console;
	unsigned n;

	(void)state;
	console_open(&console, HOST_UART8250_16550);
	console_register_write(&console, 4, 0x0b);
	console_register_write(&console, 4, 0x1b);
	console_register_write(&console, 4, 0x18);
	console_register_write(&console, 4, 0x0b);
	host_uart8250_input(console.device, "0123456789abcdefg", 17);
	port_delay(console.port, 30 * CHARACTER);
	console_register_write(&console, 1, 0x0f);
	assert_int_equal(console_register(&console, 2), 0xc6);
	assert_int_equal(console_register(&console, 5), 0x63);
	assert_int_equal(console_register(&console, 2), 0xc4);
	for (n = 0; n < 16; n++)
		console_register(&console, 0);
	assert_int_equal(console_register(&console, 2), 0xc2);
	assert_int_equal(console_register(&console, 2), 0xc0);
	console_register(&console, 6);
	assert_int_equal(console_register(&console, 2), 0xc1);
	console_end(&console);
}

/** On a PC the interrupt gets out through OUT2; the others do not care. */
static void the_interrupt_gets_out(void **state)
{
	struct console console;

	(void)state;
	console_open(&console, HOST_UART8250_16550);
	console_register_write(&console, 1, 0x02);
	assert_int_equal(host_uart8250_interrupts(console.device), 0);
	console_register_write(&console, 4, 0x0b);
	assert_int_equal(host_uart8250_interrupts(console.device), 1);
	/* Not in a loopback test. */
	console_register_write(&console, 4, 0x1b);
	console_register_write(&console, 4, 0x0b);
	assert_int_equal(host_uart8250_interrupts(console.device), 2);
	console_end(&console);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_S4_S5_what_a_firmware_left),
		cmocka_unit_test(edge_S6_loopback_and_scratch),
		cmocka_unit_test(edge_S6_loopback_that_fails),
		cmocka_unit_test(wide_accesses_of_firecracker),
		cmocka_unit_test(the_most_urgent_comes_first),
		cmocka_unit_test(the_interrupt_gets_out),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
