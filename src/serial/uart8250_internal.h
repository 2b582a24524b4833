/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The registers of an 8250, and what the files of its driver share. They are
 * those of the data sheets of INS8250, NS16450 and NS16550A.
 */
#ifndef SERIAL_UART8250_INTERNAL_H
#define SERIAL_UART8250_INTERNAL_H

#include "serial/uart8250.h"

enum uart8250_register {
	REGISTER_DATA = 0,
	REGISTER_INTERRUPT_ENABLE = 1,
	REGISTER_INTERRUPT_IDENTITY = 2, /* when read */
	REGISTER_FIFO_CONTROL = 2,	 /* when written */
	REGISTER_LINE_CONTROL = 3,
	REGISTER_MODEM_CONTROL = 4,
	REGISTER_LINE_STATUS = 5,

	/* While LINE_DIVISOR is set. */
	REGISTER_DIVISOR_LOW = 0,
	REGISTER_DIVISOR_HIGH = 1,
};

#define INTERRUPT_DATA	0x01u
#define INTERRUPT_EMPTY 0x02u
#define INTERRUPT_LINE	0x04u
#define INTERRUPT_ALL	0x0fu

#define IDENTITY_NONE 0x01u

#define FIFO_ENABLE  0x01u
#define FIFO_CLEAR   0x06u
#define FIFO_WORKING 0xc0u

#define LINE_8N1     0x03u
#define LINE_DIVISOR 0x80u

#define MODEM_DTR_RTS 0x03u
#define MODEM_OUT2    0x08u /* on a PC, it lets interrupts through */
#define MODEM_LOOP    0x10u

#define STATUS_DATA    0x01u
#define STATUS_OVERRUN 0x02u
#define STATUS_PARITY  0x04u
#define STATUS_FRAMING 0x08u
#define STATUS_BREAK   0x10u
#define STATUS_ROOM    0x20u
#define STATUS_EMPTY   0x40u
#define STATUS_DAMAGED (STATUS_PARITY | STATUS_FRAMING | STATUS_BREAK)
#define STATUS_NOTHING 0xffu /* what a bus reads where nobody answers */

static inline uint8_t uart_in(struct uart8250 *uart,
			      enum uart8250_register offset)
{
	return port_in8(uart->port, uart->base + offset);
}

static inline void uart_out(struct uart8250 *uart,
			    enum uart8250_register offset, uint8_t value)
{
	port_out8(uart->port, uart->base + offset, value);
}

/**
 * Read the line status. Reading clears the errors in it, so they are counted
 * or kept for the byte they belong to here, whoever asks; under the lock.
 */
uint8_t uart8250_status(struct uart8250 *uart);

/** Take a byte that is there; false if it came damaged; under the lock. */
bool uart8250_take(struct uart8250 *uart, uint8_t *byte);

/** What a full transmitter may take to become empty, in nanoseconds. */
uint64_t uart8250_patience(const struct uart8250 *uart);

/* ---- Buffers, when interrupts are used ---- */

/** Take what was received by interrupt; under the lock. */
size_t uart8250_buffered_read(struct uart8250 *uart, uint8_t *data,
			      size_t bytes);
/**
 * After a read that may have made room: what the device holds goes into the
 * buffer, and its interrupt is let through again; under the lock.
 */
void uart8250_buffered_refill(struct uart8250 *uart);
int uart8250_buffered_write(struct uart8250 *uart, const uint8_t *data,
			    size_t bytes);
/** Wait until no more than that is left of what was written. */
int uart8250_buffered_wait(struct uart8250 *uart, unsigned most);

#endif /* SERIAL_UART8250_INTERNAL_H */
