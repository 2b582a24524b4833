/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A serial console: an 8250 or one of its successors (16450, 16550A) on I/O
 * ports, as PCs, Generation 1 machines of Hyper-V, QEMU and Firecracker have
 * it. Polled, or with interrupts for either direction.
 *
 * 8 data bits, no parity, one stop bit. One context at a time uses a port; no
 * function may be called from an interrupt handler.
 */
#ifndef SERIAL_UART8250_H
#define SERIAL_UART8250_H

#include "port/port.h"

/** Where PCs have their first serial port. */
#define UART8250_COM1	   0x3f8u
#define UART8250_COM1_LINE 4u

/** Bytes that wait in memory in each direction that uses interrupts. */
#define UART8250_BUFFER 256u

enum uart8250_interrupts {
	/** What is received waits in memory until somebody reads it. */
	UART8250_RECEIVE = 1 << 0,
	/**
	 * What is written waits in memory until the line is free. For a console
	 * whose last words must be out when the machine stops, not this one.
	 */
	UART8250_TRANSMIT = 1 << 1,
};

struct uart8250_buffer {
	uint8_t bytes[UART8250_BUFFER];
	unsigned first, count;
};

struct uart8250 {
	struct port *port;
	uint16_t base;
	/** Registers and buffers, which an interrupt uses too. */
	struct port_lock lock;
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
	/**
	 * Bytes written and read; with interrupts, what is in a buffer is
	 * written, and is not read.
	 */
	uint64_t sent, received;
	/** Times that bytes were lost since nobody read them in time. */
	uint64_t overruns;
	/**
	 * Bytes that came damaged and were dropped: breaks are framing errors.
	 */
	uint64_t framing_errors, parity_errors;

	/** Of enum uart8250_interrupts; 0: polled. */
	unsigned interrupts;
	unsigned line;
	/** What the interrupt enable register is set to. */
	uint8_t enabled;
	void (*wake)(void *context);
	void *wake_context;
	struct uart8250_buffer received_bytes, waiting_bytes;
	/**
	 * Interrupts that ended while the device still asked for more, as a
	 * device that works never does.
	 */
	uint64_t storms;
	/** Bytes that were written and could not be sent before the end. */
	uint64_t unsent;
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
 * Write text for a terminal: a carriage return goes before each line feed.
 *
 * @param printed out: bytes of the text that were taken, also after an error
 * @return as uart8250_write()
 */
int uart8250_print(struct uart8250 *uart, const char *text, size_t bytes,
		   size_t *printed);

/**
 * Wait until all that was written is on the line, in the same bounds.
 * @return 0, ERROR_TIMED_OUT or ERROR_NO_DEVICE
 */
int uart8250_flush(struct uart8250 *uart);

/**
 * Read what is there, without waiting. This also finds what an interrupt should
 * have told of and did not.
 *
 * @return how many bytes, at most as many as asked for (and not more than
 *	INT_MAX); or ERROR_NO_DEVICE when the device is gone
 */
int uart8250_read(struct uart8250 *uart, void *data, size_t bytes);

/**
 * Have the device send to itself and compare; what is on the line meanwhile is
 * lost. For the time before interrupts are used.
 *
 * @return 0; ERROR_IO for a byte that comes back as another; ERROR_TIMED_OUT
 *	for one that does not; ERROR_NO_DEVICE; ERROR_BUSY with interrupts
 */
int uart8250_test(struct uart8250 *uart);

/**
 * Use interrupts.
 *
 * When the buffer of received bytes is full, more stay in the device: a
 * hypervisor waits then, and a line loses them, which is counted in overruns.
 * @param line its interrupt line, UART8250_COM1_LINE for the first port of a PC
 * @param interrupts of enum uart8250_interrupts, not 0
 * @param wake called by the interrupt when bytes were received; may be NULL
 * @return 0, ERROR_INVALID, ERROR_BUSY (they are in use), or what
 *	port_line_attach() returns; after an error the port is polled as before
 */
int uart8250_interrupts_start(struct uart8250 *uart, unsigned line,
			      unsigned interrupts, void (*wake)(void *context),
			      void *context);

/**
 * Poll again. What still waits to be sent is sent first, in the bounds of
 * uart8250_flush(); what was received and not read is dropped.
 */
void uart8250_interrupts_stop(struct uart8250 *uart);

#endif /* SERIAL_UART8250_H */
