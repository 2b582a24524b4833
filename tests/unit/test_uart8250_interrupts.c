/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The serial port with interrupts, as PCs, QEMU and Firecracker have it. The
 * number of an edge case (tests/README.md) is in the name of its test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/cli/random.h"
#include "tests/support/serial_console.h"

#define BASE	    UART8250_COM1
#define LINE	    UART8250_COM1_LINE
#define BOTH	    (UART8250_RECEIVE | UART8250_TRANSMIT)
#define CHARACTER   86806u
#define LONG	    1000u
/** Bytes of a stream, and nanoseconds between two. */
#define STREAM	    200u
#define STREAM_TIME 3000u

static void woken(void *context)
{
	(*(unsigned *)context)++;
}

static void open_interrupts(struct console *console,
			    enum host_uart8250_personality personality,
			    unsigned interrupts, unsigned *wakes)
{
	console_open(console, personality);
	assert_int_equal(uart8250_interrupts_start(&console->uart, LINE,
						   interrupts,
						   wakes ? woken : NULL, wakes),
			 0);
}

/** Nothing was broken, and no device's rule either. */
static void close_interrupts(struct console *console)
{
	uart8250_interrupts_stop(&console->uart);
	assert_int_equal(port_in8(console->port, BASE + 1), 0);
	assert_int_equal(machine_violations(console->machine), 0);
	console_end(console);
}

static void fill(uint8_t *bytes, unsigned count)
{
	unsigned n;

	for (n = 0; n < count; n++)
		bytes[n] = (uint8_t)('!' + (n * 7 + n / 90) % 90);
}

/* ---- What is written ---- */

static void everything_is_sent_in_order(void **state)
{
	uint8_t text[LONG + 1] = "";
	struct console console;
	unsigned n;

	(void)state;
	fill(text, LONG);
	for (n = 0; n < CONSOLE_PERSONALITIES; n++) {
		open_interrupts(&console, console_personalities[n], BOTH, NULL);
		assert_int_equal(uart8250_write(&console.uart, text, LONG), 0);
		assert_int_equal(console.uart.sent, LONG);
		if (console_is_line(console_personalities[n]))
			assert_in_range(console.count, LONG - 300, LONG - 200);
		assert_int_equal(uart8250_flush(&console.uart), 0);
		assert_string_equal(console.line, (const char *)text);
		assert_int_equal(console.uart.storms, 0);
		close_interrupts(&console);
	}
}

/** The writer is not held up by a line that takes its time. */
static void writing_does_not_wait(void **state)
{
	uint8_t text[UART8250_BUFFER + 1] = "";
	struct console console;
	uint64_t began;

	(void)state;
	fill(text, UART8250_BUFFER);
	open_interrupts(&console, HOST_UART8250_16550, UART8250_TRANSMIT, NULL);
	began = machine_time(console.machine);
	assert_int_equal(uart8250_write(&console.uart, text, UART8250_BUFFER),
			 0);
	assert_in_range(machine_time(console.machine) - began, 0, CHARACTER);
	/* Nobody calls the driver, and it is sent. */
	port_delay(console.port, (UART8250_BUFFER + 2) * CHARACTER);
	assert_string_equal(console.line, (const char *)text);
	/* It says nothing of being empty when there is nothing to send. */
	assert_int_equal(console_register(&console, 1), 0);
	/* An interrupt for sixteen bytes, one more that finds nothing. */
	assert_in_range(host_uart8250_interrupts(console.device),
			UART8250_BUFFER / 16 - 1, UART8250_BUFFER / 16 + 1);
	close_interrupts(&console);
}

static void edge_S1_no_wait_is_without_end(void **state)
{
	uint8_t text[LONG];
	struct console console;
	uint64_t began;

	(void)state;
	fill(text, LONG);
	open_interrupts(&console, HOST_UART8250_16550, BOTH, NULL);
	host_uart8250_stall(console.device, true);
	began = machine_time(console.machine);
	assert_int_equal(uart8250_write(&console.uart, text, LONG),
			 ERROR_TIMED_OUT);
	/* What the FIFO and the buffer hold; and how long it was waited. */
	assert_int_equal(console.uart.sent, 16 + UART8250_BUFFER);
	assert_in_range(machine_time(console.machine) - began, 3900000,
			8200000);
	assert_int_equal(uart8250_flush(&console.uart), ERROR_TIMED_OUT);
	host_uart8250_stall(console.device, false);
	assert_int_equal(uart8250_flush(&console.uart), 0);
	assert_int_equal(console.count, 16 + UART8250_BUFFER);
	assert_memory_equal(console.line, text, console.count);
	/* What cannot be sent at the end is counted. */
	host_uart8250_stall(console.device, true);
	assert_int_equal(uart8250_write(&console.uart, text, 100), 0);
	uart8250_interrupts_stop(&console.uart);
	assert_int_equal(console.uart.unsent, 84);
	close_interrupts(&console);
}

static void edge_S1_a_port_that_is_not_there(void **state)
{
	uint64_t accesses, began;
	uint8_t text[LONG];
	struct console console;
	unsigned n;
	int error;

	(void)state;
	fill(text, LONG);
	for (n = 0; n < CONSOLE_PERSONALITIES; n++) {
		for (accesses = 30; accesses < 100; accesses++) {
			console_open(&console, console_personalities[n]);
			host_uart8250_faults(console.device)->gone_after =
				accesses;
			error = uart8250_interrupts_start(&console.uart, LINE,
							  BOTH, NULL, NULL);
			assert_int_equal(error, 0);
			host_uart8250_input(console.device, text, 50);
			began = machine_time(console.machine);
			while (!error)
				error = uart8250_write(&console.uart, text,
						       LONG);
			assert_int_equal(error, ERROR_NO_DEVICE);
			while (error != ERROR_NO_DEVICE)
				error = uart8250_read(&console.uart, text,
						      LONG);
			assert_int_equal(uart8250_flush(&console.uart),
					 ERROR_NO_DEVICE);
			assert_in_range(machine_time(console.machine) - began,
					0, 1000000000);
			uart8250_interrupts_stop(&console.uart);
			console_end(&console);
		}
	}
}

/**
 * Firecracker does not interrupt for a transmitter that is empty already, so
 * the first bytes are written without being asked for.
 */
static void edge_S2_the_first_byte(void **state)
{
	struct console console;

	(void)state;
	console_open(&console, HOST_UART8250_FIRECRACKER);
	console_register_write(&console, 1, 0x02);
	assert_int_equal(console_register(&console, 2), 0xc1);
	assert_int_equal(host_uart8250_interrupts(console.device), 0);
	console_register_write(&console, 1, 0);
	console_end(&console);

	open_interrupts(&console, HOST_UART8250_FIRECRACKER, BOTH, NULL);
	assert_int_equal(uart8250_write(&console.uart, "a", 1), 0);
	assert_string_equal(console.line, "a");
	assert_int_equal(uart8250_write(&console.uart, "bcd", 3), 0);
	assert_string_equal(console.line, "abcd");
	/* It was never asked to interrupt for that. */
	assert_int_equal(host_uart8250_interrupts(console.device), 0);
	close_interrupts(&console);
}

/** A transmitter whose interrupt is lost is found empty by whoever waits. */
static void interrupts_for_output_are_lost(void **state)
{
	uint8_t text[LONG + 1] = "";
	struct console console;
	unsigned n;

	(void)state;
	fill(text, LONG);
	for (n = 0; n < CONSOLE_PERSONALITIES; n++) {
		open_interrupts(&console, console_personalities[n], BOTH, NULL);
		host_uart8250_faults(console.device)->lose_transmit = true;
		assert_int_equal(uart8250_write(&console.uart, text, LONG), 0);
		assert_int_equal(uart8250_flush(&console.uart), 0);
		assert_string_equal(console.line, (const char *)text);
		close_interrupts(&console);
	}
}

/** What Firecracker drops looks sent: nothing waits, nothing fails. */
static void dropped_output_is_not_noticed(void **state)
{
	struct console console;

	(void)state;
	open_interrupts(&console, HOST_UART8250_FIRECRACKER, BOTH, NULL);
	host_uart8250_faults(console.device)->drop_output_after = 5;
	assert_int_equal(uart8250_write(&console.uart, "123456789", 9), 0);
	assert_int_equal(uart8250_flush(&console.uart), 0);
	assert_string_equal(console.line, "12345");
	close_interrupts(&console);
}

static void edge_S7_line_feeds(void **state)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{"", ""},
		{"a", "a"},
		{"\n", "\r\n"},
		{"a\n", "a\r\n"},
		{"\n\nab\n\n", "\r\n\r\nab\r\n\r\n"},
		{"a\r\nb", "a\r\r\nb"},
	};
	struct console console;
	unsigned n, interrupts;
	size_t printed;

	(void)state;
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		size_t bytes = strlen(cases[n].text);

		for (interrupts = 0; interrupts < 2; interrupts++) {
			console_open(&console, HOST_UART8250_16550);
			if (interrupts)
				uart8250_interrupts_start(&console.uart, LINE,
							  BOTH, NULL, NULL);
			assert_int_equal(uart8250_print(&console.uart,
							cases[n].text, bytes,
							&printed),
					 0);
			assert_int_equal(printed, bytes);
			assert_int_equal(uart8250_flush(&console.uart), 0);
			assert_string_equal(console.line, cases[n].line);
			close_interrupts(&console);
		}
	}
	/* How far it came: polled, each line waits for an empty FIFO. */
	console_open(&console, HOST_UART8250_16550);
	host_uart8250_stall(console.device, true);
	assert_int_equal(uart8250_print(&console.uart, "0123456789\nabcdefgh",
					19, &printed),
			 ERROR_TIMED_OUT);
	assert_int_equal(console.uart.sent, 10);
	assert_int_equal(printed, 10);
	console_end(&console);
}

/* ---- What is received ---- */

static void bytes_are_received_by_interrupt(void **state)
{
	struct console console;
	char text[64] = "";
	unsigned n, wakes;

	(void)state;
	for (n = 0; n < CONSOLE_PERSONALITIES; n++) {
		wakes = 0;
		open_interrupts(&console, console_personalities[n], BOTH,
				&wakes);
		host_uart8250_input(console.device, "hello there", 11);
		port_delay(console.port, 20 * CHARACTER);
		assert_true(wakes > 0);
		assert_true(host_uart8250_interrupts(console.device) > 0);
		/* Read from memory: the device is empty. */
		assert_int_equal(console_register(&console, 5), 0x60);
		assert_int_equal(console.uart.received_bytes.count, 11);
		assert_int_equal(uart8250_read(&console.uart, text, 3), 3);
		assert_int_equal(uart8250_read(&console.uart, text + 3, 60), 8);
		assert_string_equal(text, "hello there");
		assert_int_equal(console.uart.received, 11);
		assert_int_equal(uart8250_read(&console.uart, text, 60), 0);
		close_interrupts(&console);
		memset(text, 0, sizeof(text));
	}
}

/**
 * Reading the identity forgets what it said, and two causes read as the line
 * status, which Firecracker does not have: the device is looked at instead.
 */
static void edge_S3_identity_of_firecracker(void **state)
{
	struct console console;
	char text[64] = "";
	unsigned wakes = 0;

	(void)state;
	console_open(&console, HOST_UART8250_FIRECRACKER);
	console_register_write(&console, 1, 0x03);
	console_register_write(&console, 0, 'x');
	host_uart8250_input(console.device, "ab", 2);
	port_delay(console.port, 10000);
	assert_int_equal(console_register(&console, 2), 0xc6);
	assert_int_equal(console_register(&console, 2), 0xc1);
	assert_int_equal(console_register(&console, 5), 0x61);
	/* More of the same does interrupt again, one byte or many. */
	assert_int_equal(host_uart8250_interrupts(console.device), 2);
	host_uart8250_input(console.device, "cd", 2);
	port_delay(console.port, 10000);
	assert_int_equal(host_uart8250_interrupts(console.device), 3);
	host_uart8250_input(console.device, "ef", 2);
	port_delay(console.port, 10000);
	assert_int_equal(host_uart8250_interrupts(console.device), 3);
	/* Reading a byte takes the cause away, however many are left. */
	assert_int_equal(console_register(&console, 0), 'a');
	assert_int_equal(console_register(&console, 2), 0xc1);
	console_end(&console);

	open_interrupts(&console, HOST_UART8250_FIRECRACKER, BOTH, &wakes);
	uart8250_write(&console.uart, "out", 3);
	host_uart8250_input(console.device, "in", 2);
	uart8250_write(&console.uart, " again", 6);
	port_delay(console.port, 10000);
	assert_int_equal(uart8250_read(&console.uart, text, 64), 2);
	assert_string_equal(text, "in");
	assert_string_equal(console.line, "out again");
	close_interrupts(&console);
}

/** One interrupt for all that Firecracker's port can hold. */
static void edge_S3_one_interrupt_for_many_bytes(void **state)
{
	uint8_t sent[LONG], got[LONG];
	struct console console;
	unsigned count = 0;

	(void)state;
	fill(sent, LONG);
	open_interrupts(&console, HOST_UART8250_FIRECRACKER, UART8250_RECEIVE,
			NULL);
	host_uart8250_input(console.device, sent, 200);
	port_delay(console.port, 1000000);
	assert_in_range(host_uart8250_interrupts(console.device), 1, 5);
	count += (unsigned)uart8250_read(&console.uart, got, LONG);
	assert_int_equal(count, 200);
	assert_memory_equal(got, sent, 200);
	close_interrupts(&console);
}

/** More than the buffer holds stays where it is, and then comes. */
static void nobody_reads_for_long(void **state)
{
	uint8_t sent[LONG], got[LONG];
	struct console console;
	unsigned n;

	(void)state;
	fill(sent, LONG);
	for (n = 0; n < CONSOLE_PERSONALITIES; n++) {
		unsigned count = 0, turns = 0;
		uint64_t lost;

		open_interrupts(&console, console_personalities[n], BOTH, NULL);
		host_uart8250_input(console.device, sent, LONG);
		port_delay(console.port, 2 * LONG * CHARACTER);
		assert_int_equal(console.uart.received_bytes.count,
				 UART8250_BUFFER);
		/* It does not ask for what it has no room for. */
		assert_int_equal(console_register(&console, 1) & 1, 0);
		for (turns = 0; turns < 100; turns++) {
			int more = uart8250_read(&console.uart, got + count,
						 count ? LONG - count : 100);

			assert_true(more >= 0);
			count += (unsigned)more;
			/* What the device held is taken at once, untold. */
			if (!turns &&
			    !console_is_line(console_personalities[n]))
				assert_true(console.uart.received_bytes.count >=
					    UART8250_BUFFER - 100 + 16);
			port_delay(console.port, 100000);
		}
		lost = LONG - count;
		if (console_is_line(console_personalities[n])) {
			unsigned kept =
				console_personalities[n] == HOST_UART8250_16550
					? UART8250_BUFFER + 16
					: UART8250_BUFFER;

			assert_memory_equal(got, sent, kept);
			assert_true(lost > 0);
			assert_in_range(console.uart.overruns, 1, lost);
		} else {
			assert_int_equal(lost, 0);
			assert_memory_equal(got, sent, LONG);
			assert_int_equal(console.uart.overruns, 0);
		}
		/* And what comes now, comes as ever. */
		host_uart8250_input(console.device, "on", 2);
		port_delay(console.port, 10 * CHARACTER);
		assert_int_equal(console.uart.received_bytes.count, 2);
		close_interrupts(&console);
	}
}

static void interrupts_for_input_are_lost(void **state)
{
	struct console console;
	char text[64] = "";
	unsigned n;

	(void)state;
	for (n = 0; n < CONSOLE_PERSONALITIES; n++) {
		open_interrupts(&console, console_personalities[n], BOTH, NULL);
		host_uart8250_faults(console.device)->lose_receive = true;
		host_uart8250_input(console.device, "x", 1);
		port_delay(console.port, 10 * CHARACTER);
		assert_int_equal(console.uart.received_bytes.count, 0);
		assert_int_equal(uart8250_read(&console.uart, text, 64), 1);
		assert_int_equal(text[0], 'x');
		/* Reading was enough: the next interrupt does come. */
		host_uart8250_faults(console.device)->lose_receive = false;
		host_uart8250_input(console.device, "y", 1);
		port_delay(console.port, 10 * CHARACTER);
		assert_int_equal(console.uart.received_bytes.count, 1);
		close_interrupts(&console);
	}
}

static void damaged_bytes_are_counted(void **state)
{
	struct console console;
	char text[64] = "";

	(void)state;
	open_interrupts(&console, HOST_UART8250_16550, BOTH, NULL);
	host_uart8250_input(console.device, "a", 1);
	host_uart8250_input_error(console.device, 'x', HOST_UART8250_FRAMING);
	host_uart8250_input_error(console.device, 'x', HOST_UART8250_PARITY);
	host_uart8250_input(console.device, "b", 1);
	port_delay(console.port, 20 * CHARACTER);
	assert_int_equal(uart8250_read(&console.uart, text, 64), 2);
	assert_string_equal(text, "ab");
	assert_int_equal(console.uart.framing_errors, 1);
	assert_int_equal(console.uart.parity_errors, 1);
	close_interrupts(&console);
}

/** Somebody who sends as fast as the guest takes it. */
struct stream {
	struct console *console;
	struct machine_event next;
	unsigned count;
};

static void stream_next(void *argument)
{
	struct stream *stream = argument;
	uint8_t byte = (uint8_t)stream->count;

	if (stream->count == STREAM)
		return;
	stream->count++;
	host_uart8250_input(stream->console->device, &byte, 1);
	machine_event_schedule(stream->console->machine, &stream->next,
			       STREAM_TIME);
}

/** QEMU's port has the next byte when one was taken: that is no storm. */
static void a_stream_is_no_storm(void **state)
{
	struct stream stream = {.next = {stream_next, &stream, 0, NULL, false}};
	uint8_t bytes[STREAM + 1];
	struct console console;
	unsigned n, wakes = 0;

	(void)state;
	open_interrupts(&console, HOST_UART8250_QEMU, BOTH, &wakes);
	stream.console = &console;
	machine_event_schedule(console.machine, &stream.next, STREAM_TIME);
	port_delay(console.port, 2 * STREAM * CHARACTER);
	assert_int_equal(uart8250_read(&console.uart, bytes, sizeof(bytes)),
			 STREAM);
	for (n = 0; n < STREAM; n++)
		assert_int_equal(bytes[n], n);
	/* Most of them came while an interrupt was served. */
	assert_in_range(wakes, 1, 10);
	assert_int_equal(console.uart.storms, 0);
	close_interrupts(&console);
}

/* ---- Interrupts without a cause, and without an end ---- */

static void spurious_interrupts(void **state)
{
	uint8_t text[LONG + 1] = "";
	struct console console;
	unsigned n, wakes;

	(void)state;
	fill(text, LONG);
	for (n = 0; n < CONSOLE_PERSONALITIES; n++) {
		wakes = 0;
		open_interrupts(&console, console_personalities[n], BOTH,
				&wakes);
		host_uart8250_faults(console.device)->spurious = true;
		assert_int_equal(uart8250_write(&console.uart, text, LONG), 0);
		assert_int_equal(uart8250_flush(&console.uart), 0);
		assert_string_equal(console.line, (const char *)text);
		assert_int_equal(wakes, 0);
		assert_int_equal(console.uart.storms, 0);
		close_interrupts(&console);
	}
}

/** A device that always says it wants something. */
static void a_storm_ends(void **state)
{
	static const uint8_t identities[] = {0xc0, 0xc2, 0xc4, 0xc6,
					     0xcc, 0x0e, 0x00};
	struct console console;
	char text[64] = "";
	unsigned n, identity;

	(void)state;
	for (n = 0; n < CONSOLE_PERSONALITIES; n++) {
		for (identity = 0; identities[identity]; identity++) {
			open_interrupts(&console, console_personalities[n],
					BOTH, NULL);
			host_uart8250_faults(console.device)->identity =
				identities[identity];
			host_uart8250_input(console.device, "abc", 3);
			port_delay(console.port, 10 * CHARACTER);
			assert_in_range(console.uart.storms, 1, 20);
			assert_int_equal(uart8250_read(&console.uart, text, 64),
					 3);
			host_uart8250_faults(console.device)->identity = 0;
			host_uart8250_input(console.device, "d", 1);
			port_delay(console.port, 10 * CHARACTER);
			assert_int_equal(uart8250_read(&console.uart, text, 64),
					 1);
			assert_int_equal(text[0], 'd');
			close_interrupts(&console);
		}
	}
}

/** Data without end, or a transmitter that is never empty. */
static void status_bits_that_stick(void **state)
{
	struct console console;
	uint8_t bytes[LONG];
	unsigned n;

	(void)state;
	for (n = 0; n < CONSOLE_PERSONALITIES; n++) {
		struct host_uart8250_faults *faults;

		open_interrupts(&console, console_personalities[n], BOTH, NULL);
		faults = host_uart8250_faults(console.device);
		faults->status_set = 0x01;
		host_uart8250_input(console.device, "x", 1);
		port_delay(console.port, 10 * CHARACTER);
		assert_int_equal(console.uart.received_bytes.count,
				 UART8250_BUFFER);
		assert_int_equal(uart8250_read(&console.uart, bytes, LONG),
				 UART8250_BUFFER);
		faults->status_set = 0;
		while (uart8250_read(&console.uart, bytes, LONG) > 0)
			;
		/* Noise: none of it is worth keeping. */
		faults->status_set = 0x09;
		host_uart8250_input(console.device, "x", 1);
		port_delay(console.port, 10 * CHARACTER);
		assert_int_equal(console.uart.received_bytes.count, 0);
		assert_in_range(console.uart.framing_errors, 256, 256 * 200);
		faults->status_set = 0;
		faults->status_clear = 0x60;
		assert_int_equal(uart8250_write(&console.uart, "x", 1), 0);
		assert_int_equal(uart8250_flush(&console.uart),
				 ERROR_TIMED_OUT);
		assert_int_equal(console.count, 0);
		faults->status_clear = 0;
		assert_int_equal(uart8250_flush(&console.uart), 0);
		assert_string_equal(console.line, "x");
		close_interrupts(&console);
	}
}

/* ---- Start and stop ---- */

static void start_and_stop(enum host_uart8250_personality personality)
{
	struct console console;
	char text[8];
	unsigned n;

	console_open(&console, personality);
	uart8250_interrupts_stop(&console.uart);
	assert_int_equal(uart8250_interrupts_start(&console.uart, LINE, 0, NULL,
						   NULL),
			 ERROR_INVALID);
	assert_int_equal(uart8250_interrupts_start(&console.uart, LINE, 4, NULL,
						   NULL),
			 ERROR_INVALID);
	assert_int_equal(uart8250_interrupts_start(&console.uart, MACHINE_LINES,
						   BOTH, NULL, NULL),
			 ERROR_INVALID);
	for (n = 0; n < 3; n++) {
		/* Polled, before and after. */
		assert_int_equal(uart8250_write(&console.uart, "p", 1), 0);
		host_uart8250_input(console.device, "q", 1);
		port_delay(console.port, 2 * CHARACTER);
		assert_int_equal(uart8250_read(&console.uart, text, 8), 1);
		/* What was there before the interrupt is told of as well. */
		host_uart8250_input(console.device, "r", 1);
		port_delay(console.port, 2 * CHARACTER);
		assert_int_equal(uart8250_interrupts_start(&console.uart, LINE,
							   BOTH, NULL, NULL),
				 0);
		assert_int_equal(uart8250_interrupts_start(&console.uart, LINE,
							   BOTH, NULL, NULL),
				 ERROR_BUSY);
		assert_int_equal(console.uart.received_bytes.count, 1);
		assert_int_equal(uart8250_read(&console.uart, text, 8), 1);
		uart8250_interrupts_stop(&console.uart);
	}
	assert_string_equal(console.line, "ppp");
	close_interrupts(&console);
}

static void starting_and_stopping(void **state)
{
	unsigned n;

	(void)state;
	for (n = 0; n < CONSOLE_PERSONALITIES; n++)
		start_and_stop(console_personalities[n]);
}

/** Only one direction: the other is polled. */
static void one_direction(void **state)
{
	struct console console;
	char text[8] = "";
	unsigned n;

	(void)state;
	for (n = 0; n < CONSOLE_PERSONALITIES; n++) {
		open_interrupts(&console, console_personalities[n],
				UART8250_RECEIVE, NULL);
		assert_int_equal(uart8250_write(&console.uart, "ab", 2), 0);
		host_uart8250_input(console.device, "c", 1);
		port_delay(console.port, 10 * CHARACTER);
		assert_string_equal(console.line, "ab");
		assert_int_equal(console.uart.received_bytes.count, 1);
		assert_int_equal(uart8250_read(&console.uart, text, 8), 1);
		close_interrupts(&console);

		open_interrupts(&console, console_personalities[n],
				UART8250_TRANSMIT, NULL);
		assert_int_equal(uart8250_write(&console.uart, "ab", 2), 0);
		assert_int_equal(uart8250_flush(&console.uart), 0);
		host_uart8250_input(console.device, "c", 1);
		port_delay(console.port, 10 * CHARACTER);
		assert_string_equal(console.line, "ab");
		assert_int_equal(console.uart.received_bytes.count, 0);
		assert_int_equal(uart8250_read(&console.uart, text, 8), 1);
		close_interrupts(&console);
	}
}

/* ---- At random, by seed ---- */

/** Any order of reading, writing and waiting: nothing is lost or changed. */
static void session(enum host_uart8250_personality personality, uint64_t seed)
{
	uint8_t out[SERIAL_CONSOLE_BYTES], in[SERIAL_CONSOLE_BYTES];
	uint8_t got[SERIAL_CONSOLE_BYTES];
	unsigned written = 0, sent = 0, received = 0, turn;
	struct random random = {.state = seed};
	struct console console;

	fill(out, sizeof(out));
	fill(in, sizeof(in));
	open_interrupts(&console, personality, 1 + random_below(&random, 3),
			NULL);
	for (turn = 0; turn < 200; turn++) {
		unsigned count = 1 + random_below(&random, 30);
		int more;

		switch (random_below(&random, 4)) {
		case 0:
			assert_int_equal(uart8250_write(&console.uart,
							out + written, count),
					 0);
			written += count;
			break;
		case 1:
			/* A line loses what comes while nobody reads. */
			if (console_is_line(personality) && sent != received)
				break;
			count = console_is_line(personality) ? 1 : count;
			host_uart8250_input(console.device, in + sent, count);
			sent += count;
			break;
		case 2:
			more = uart8250_read(&console.uart, got + received,
					     count);
			assert_true(more >= 0);
			received += (unsigned)more;
			break;
		default:
			port_delay(console.port, random_below(&random, 300000));
			break;
		}
	}
	for (turn = 0; turn < 100 && received < sent; turn++) {
		port_delay(console.port, 1000000);
		received +=
			(unsigned)uart8250_read(&console.uart, got + received,
						sizeof(got) - received);
	}
	assert_int_equal(received, sent);
	assert_memory_equal(got, in, sent);
	assert_int_equal(uart8250_flush(&console.uart), 0);
	assert_int_equal(console.count, written);
	assert_memory_equal(console.line, out, written);
	assert_int_equal(console.uart.overruns, 0);
	close_interrupts(&console);
}

static void sessions_at_random(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 200; seed++)
		session(console_personalities[seed % CONSOLE_PERSONALITIES],
			seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_sent_in_order),
		cmocka_unit_test(writing_does_not_wait),
		cmocka_unit_test(edge_S1_no_wait_is_without_end),
		cmocka_unit_test(edge_S1_a_port_that_is_not_there),
		cmocka_unit_test(edge_S2_the_first_byte),
		cmocka_unit_test(interrupts_for_output_are_lost),
		cmocka_unit_test(dropped_output_is_not_noticed),
		cmocka_unit_test(edge_S7_line_feeds),
		cmocka_unit_test(bytes_are_received_by_interrupt),
		cmocka_unit_test(edge_S3_identity_of_firecracker),
		cmocka_unit_test(edge_S3_one_interrupt_for_many_bytes),
		cmocka_unit_test(nobody_reads_for_long),
		cmocka_unit_test(interrupts_for_input_are_lost),
		cmocka_unit_test(damaged_bytes_are_counted),
		cmocka_unit_test(a_stream_is_no_storm),
		cmocka_unit_test(spurious_interrupts),
		cmocka_unit_test(a_storm_ends),
		cmocka_unit_test(status_bits_that_stick),
		cmocka_unit_test(starting_and_stopping),
		cmocka_unit_test(one_direction),
		cmocka_unit_test(sessions_at_random),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
