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

#define SERIAL_CONSOLE_BYTES  8192u
#define CONSOLE_PERSONALITIES 4u

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

/** Each personality once. */
extern const enum host_uart8250_personality
	console_personalities[CONSOLE_PERSONALITIES];
/** Whether a port is a line that takes its time, or a hypervisor's. */
bool console_is_line(enum host_uart8250_personality personality);

/** A port that the driver has opened, polled, at 115200 bits a second. */
void console_open(struct console *console,
		  enum host_uart8250_personality personality);
unsigned console_register(struct console *console, unsigned offset);
void console_register_write(struct console *console, unsigned offset,
			    unsigned value);

#endif /* TESTS_SUPPORT_SERIAL_CONSOLE_H */
