/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A serial port as a PC has it: a 16550A, or a 16450 without FIFOs, on eight
 * I/O ports of a machine.
 *
 * Characters take their time on the virtual clock, as divisor and format say.
 * The line is a real one: whoever does not read in time loses bytes. Interrupts
 * are shown in the identity register and raised nowhere.
 */
#ifndef MOCKS_SERIAL_UART8250_H
#define MOCKS_SERIAL_UART8250_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mocks/machine/machine.h"

struct host_uart8250;

struct host_uart8250_configuration {
	/** The first of its I/O ports, default 0x3f8. */
	uint16_t base;
	/** A 16450: one byte each way. */
	bool no_fifo;
	/** Gets each byte when its last bit is on the line; may be NULL. */
	void (*transmitted)(void *context, uint8_t byte);
	void *context;
};

/** Errors of a byte on the line, as the line status register has them. */
enum host_uart8250_error {
	HOST_UART8250_PARITY = 0x04,
	HOST_UART8250_FRAMING = 0x08,
	HOST_UART8250_BREAK = 0x10,
};

/** @return NULL when out of memory */
struct host_uart8250 *
host_uart8250_create(struct machine *machine,
		     const struct host_uart8250_configuration *configuration);
/** The guest does not run any more, and its machine still lives. */
void host_uart8250_destroy(struct host_uart8250 *uart);

/**
 * Send bytes to the guest, one after the other at the speed of the line.
 * @return false when out of memory
 */
bool host_uart8250_input(struct host_uart8250 *uart, const void *data,
			 size_t bytes);
/** Send a byte that arrives with errors (of enum host_uart8250_error). */
bool host_uart8250_input_error(struct host_uart8250 *uart, uint8_t byte,
			       unsigned errors);

/** Stop the transmitter (its clock is gone), and let it go on. */
void host_uart8250_stall(struct host_uart8250 *uart, bool stalled);

#endif /* MOCKS_SERIAL_UART8250_H */
