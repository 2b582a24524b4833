/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first serial port as a console of Unikraft.
 */
#include <uk/console/driver.h>

#include "port/log.h"
#include "serial/uart8250.h"
#include "unikraft/boards.h"
#include "unikraft/platform_release.h"

static struct serial_console {
	struct uk_console console;
	struct uart8250 uart;
	/** Somebody is in the middle of writing. */
	bool busy;
} serial;

/*
 * Waiting inside lets interrupts in, and what they print would find the port in
 * the middle of something: such a line is dropped.
 */
static __ssz serial_out(struct uk_console *console, const char *bytes,
			__sz length)
{
	size_t printed;
	int error;

	(void)console;
	if (serial.busy)
		return ERROR_AGAIN;
	serial.busy = true;
	error = uart8250_print(&serial.uart, bytes, length, &printed);
	serial.busy = false;
	return error && !printed ? error : (__ssz)printed;
}

static __ssz serial_in(struct uk_console *console, char *bytes, __sz length)
{
	(void)console;
	if (serial.busy)
		return 0;
	return uart8250_read(&serial.uart, bytes, length);
}

static const struct uk_console_ops serial_operations = {
	.out = serial_out,
	.in = serial_in,
};

static int serial_probe(struct port *port)
{
	int error = uart8250_open(&serial.uart, port, UART8250_COM1,
				  CONFIG_LIBVMMNET_SERIAL_BAUD);

	if (error)
		return error;
	/*
	 * What is received waits for whoever reads. What is printed does not
	 * wait: it is to be out when the unikernel crashes.
	 */
	error = uart8250_interrupts_start(&serial.uart, UART8250_COM1_LINE,
					  UART8250_RECEIVE, NULL, NULL);
	if (error)
		log_info(port, "uart8250: polled, for its interrupt is: %s",
			 error_name(error));
	uk_console_init(&serial.console, "uart8250", &serial_operations,
			UK_CONSOLE_FLAG_STDOUT | UK_CONSOLE_FLAG_STDIN);
	uk_console_register(&serial.console);
	return 0;
}

static void serial_leave(void)
{
	uart8250_interrupts_stop(&serial.uart);
	uart8250_flush(&serial.uart);
}

const struct board serial_board = {
	.name = "uart8250",
	.probe = serial_probe,
	.leave = serial_leave,
};
