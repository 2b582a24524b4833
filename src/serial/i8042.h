/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keyboard controller of a PC, as far as a machine without a keyboard needs
 * it: Firecracker has no other way to be ended by its guest (x86), and asks its
 * guest to end with the keys Ctrl, Alt and Delete.
 */
#ifndef SERIAL_I8042_H
#define SERIAL_I8042_H

#include "port/port.h"

/** Its interrupt line on a PC. */
#define I8042_LINE 1u

/**
 * Pulse the reset line of the processor: Firecracker ends, a PC starts again.
 *
 * The machine goes on for a while after it was asked; this waits for its end,
 * so it returns only if there is none.
 * @return ERROR_NO_DEVICE, or ERROR_TIMED_OUT after a second
 */
int i8042_reset(struct port *port);

struct i8042 {
	struct port *port;
	struct port_lock lock;
	/** The last bytes of the keyboard, the newest lowest. */
	uint32_t bytes;
	/** Bytes that came, and times that the three keys were pressed. */
	uint64_t received, requests;
	void (*request)(void *context);
	void *context;
};

/**
 * Take what comes from the keyboard, and came before, so that its interrupt
 * does not wait for ever.
 *
 * @param request called when Ctrl, Alt and Delete were pressed, once or more
 *	often, by the interrupt or by this function; may be NULL
 * @return 0; ERROR_NO_DEVICE, quietly, where there is none; or what
 *	port_line_attach() returns
 */
int i8042_open(struct i8042 *i8042, struct port *port,
	       void (*request)(void *context), void *context);
void i8042_close(struct i8042 *i8042);

#endif /* SERIAL_I8042_H */
