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
