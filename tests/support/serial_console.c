/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/serial_console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void transmitted(void *context, uint8_t byte)
{
	struct console *console = context;

	if (console->count < sizeof(console->line) - 1)
		console->line[console->count++] = (char)byte;
	console->last = machine_time(console->machine);
}

void console_make(struct console *console,
		  enum host_uart8250_personality personality)
{
	const struct host_uart8250_configuration configuration = {
		.personality = personality,
		.line = UART8250_COM1_LINE,
		.transmitted = transmitted,
		.context = console,
	};

	memset(console, 0, sizeof(*console));
	console->machine = machine_create(NULL);
	assert_non_null(console->machine);
	console->port = machine_port(console->machine);
	console->device =
		host_uart8250_create(console->machine, &configuration);
	assert_non_null(console->device);
}

void console_end(struct console *console)
{
	host_uart8250_destroy(console->device);
	machine_destroy(console->machine);
}

const enum host_uart8250_personality
	console_personalities[CONSOLE_PERSONALITIES] = {
		HOST_UART8250_16550,
		HOST_UART8250_16450,
		HOST_UART8250_QEMU,
		HOST_UART8250_FIRECRACKER,
};

bool console_is_line(enum host_uart8250_personality personality)
{
	return personality == HOST_UART8250_16550 ||
	       personality == HOST_UART8250_16450;
}

void console_open(struct console *console,
		  enum host_uart8250_personality personality)
{
	console_make(console, personality);
	assert_int_equal(uart8250_open(&console->uart, console->port,
				       UART8250_COM1, 115200),
			 0);
}

unsigned console_register(struct console *console, unsigned offset)
{
	return port_in8(console->port, (uint16_t)(UART8250_COM1 + offset));
}

void console_register_write(struct console *console, unsigned offset,
			    unsigned value)
{
	port_out8(console->port, (uint16_t)(UART8250_COM1 + offset),
		  (uint8_t)value);
}
