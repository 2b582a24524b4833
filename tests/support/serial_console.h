/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A machine with a serial port, and what came out of it. For CMocka.
 */
#ifndef TESTS_SUPPORT_SERIAL_CONSOLE_H
#define TESTS_SUPPORT_SERIAL_CONSOLE_H

#include "mocks/machine/machine.h"
#include "mocks/serial/uart8250.h"
#include "port/port.h"
#include "serial/uart8250.h"

#define SERIAL_CONSOLE_BYTES 8192u

struct console {
	struct machine *machine;
	struct port *port;
	struct host_uart8250 *device;
	struct uart8250 uart;
	/** What was sent, terminated, and when the last of it was. */
	char line[SERIAL_CONSOLE_BYTES];
	unsigned count;
	uint64_t last;
};

/** A port at 0x3f8 with line 4; nobody has looked for it yet. */
void console_make(struct console *console,
		  enum host_uart8250_personality personality);
void console_end(struct console *console);

#endif /* TESTS_SUPPORT_SERIAL_CONSOLE_H */
