/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The serial console of a Generation 1 machine: an 8250 or one of its
 * successors (16450, 16550A) on I/O ports, polled.
 *
 * Bytes go out as they are; 8 data bits, no parity, one stop bit. One context
 * at a time uses a port; no function may be called from an interrupt handler.
 */
#ifndef SERIAL_UART8250_H
#define SERIAL_UART8250_H

#include "port/port.h"

/** Where PCs have their first serial port. */
#define UART8250_COM1 0x3f8u

struct uart8250 {
	struct port *port;
	uint16_t base;
	/**
	 * Bytes that fit once the transmitter is empty: 16, or 1 without FIFO.
	 */
	unsigned room;
	/** What a character takes on the line, in nanoseconds. */
	uint64_t character;
	/**
	 * Errors of the next byte to read, seen while something else was asked
	 * of the line status register, which forgets them.
	 */
	uint8_t errors;
	/** Bytes written and read. */
	uint64_t sent, received;
	/** Times that bytes were lost since nobody read them in time. */
	uint64_t overruns;
	/**
	 * Bytes that came damaged and were dropped: breaks are framing errors.
	 */
	uint64_t framing_errors, parity_errors;
};

/**
 * Look for the device and set it up. What it is still sending (of a firmware)
 * gets 20 ms to leave; what it received before is dropped.
 *
 * @param base first of its 8 I/O ports, UART8250_COM1 for the first one of a PC
 * @param baud bits a second, 115200 or a fraction of it (within 3 %)
 * @return 0; ERROR_NO_DEVICE, quietly, where there is none; ERROR_INVALID for
 *	a rate that it cannot do
 */
int uart8250_open(struct uart8250 *uart, struct port *port, uint16_t base,
		  uint32_t baud);

/**
 * Write bytes; waits while the transmitter is full, for each byte at most twice
 * the time that a full transmitter needs and a millisecond.
 *
 * @return 0; ERROR_TIMED_OUT or ERROR_NO_DEVICE, then uart->sent tells how far
 *	it came
 */
int uart8250_write(struct uart8250 *uart, const void *data, size_t bytes);

/**
 * Wait until all that was written is on the line, in the same bounds.
 * @return 0, ERROR_TIMED_OUT or ERROR_NO_DEVICE
 */
int uart8250_flush(struct uart8250 *uart);

/**
 * Read what is there, without waiting.
 *
 * @return how many bytes, at most as many as asked for (and not more than
 *	INT_MAX); or ERROR_NO_DEVICE when the device is gone
 */
int uart8250_read(struct uart8250 *uart, void *data, size_t bytes);

#endif /* SERIAL_UART8250_H */
