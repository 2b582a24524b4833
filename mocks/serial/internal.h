/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the personalities of the serial port share: registers, the input that
 * waits on the line, and the interrupt.
 */
#ifndef MOCKS_SERIAL_INTERNAL_H
#define MOCKS_SERIAL_INTERNAL_H

#include "mocks/serial/uart8250.h"

#define HOST_UART_BASE	    0x3f8u
#define HOST_UART_REGISTERS 8u
#define HOST_UART_FIFO	    16u
#define HOST_SUPERIO_FIFO   64u
#define HOST_UART_CLOCK	    115200u /* 1.8432 MHz / 16 */
#define HOST_UART_DIVISOR   12u	    /* 9600 baud */
#define HOST_UART_FETCH	    1000u   /* ns: what a hypervisor takes for it */

/* Registers by offset; 0 and 1 are the divisor while LCR bit 7 is set. */
#define HOST_RBR_THR 0u
#define HOST_IER     1u
#define HOST_IIR_FCR 2u
#define HOST_LCR     3u
#define HOST_MCR     4u
#define HOST_LSR     5u
#define HOST_MSR     6u
#define HOST_SCR     7u

#define HOST_IER_DATA	0x01u
#define HOST_IER_EMPTY	0x02u
#define HOST_IER_LINE	0x04u
#define HOST_IER_MODEM	0x08u
#define HOST_IER_BITS	0x0fu
#define HOST_IIR_NONE	0x01u
#define HOST_IIR_MODEM	0x00u
#define HOST_IIR_EMPTY	0x02u
#define HOST_IIR_DATA	0x04u
#define HOST_IIR_LINE	0x06u
#define HOST_IIR_LATE	0x0cu
#define HOST_IIR_FIFOS	0xc0u
#define HOST_FCR_ENABLE 0x01u
#define HOST_FCR_RX	0x02u
#define HOST_FCR_TX	0x04u
#define HOST_FCR_KEPT	0xc9u
#define HOST_LCR_STOP	0x04u
#define HOST_LCR_PARITY 0x08u
#define HOST_LCR_DLAB	0x80u
#define HOST_MCR_OUT2	0x08u
#define HOST_MCR_LOOP	0x10u
#define HOST_MCR_BITS	0x1fu
#define HOST_LSR_DATA	0x01u
#define HOST_LSR_OE	0x02u
#define HOST_LSR_ERRORS 0x1cu /* parity, framing, break */
#define HOST_LSR_THRE	0x20u
#define HOST_LSR_TEMT	0x40u
#define HOST_LSR_FIFO	0x80u
#define HOST_MSR_LINES	0xb0u /* carrier, data set ready, clear to send */
#define HOST_MSR_RING	0x40u

struct host_character {
	uint8_t byte, errors;
};

struct host_uart8250 {
	struct machine *machine;
	struct host_uart8250_configuration configuration;
	struct machine_region region;
	uint16_t divisor;
	uint8_t ier, fcr, lcr, mcr, scr;
	/** The lines of the modem, and which of them changed. */
	uint8_t lines, changed;
	bool overrun, empty_pending, stalled;
	/** Firecracker's identity register; the others make it up when read. */
	uint8_t identity;
	/** The interrupt output, and how often it rose. */
	bool output;
	uint64_t interrupts;
	struct host_uart8250_faults faults;
	uint64_t accesses, written;

	/** What is being sent, and what waits for it. */
	struct machine_event sent;
	bool shifting;
	uint8_t shifter;
	uint8_t transmit[HOST_UART_FIFO];
	unsigned transmit_count;

	/** What was received and not read. */
	struct host_character receive[HOST_SUPERIO_FIFO];
	unsigned receive_count;
	uint64_t receive_time;
	/** Nobody reads what was received: it is time to say so. */
	struct machine_event late;

	/** What the other end still has to send. */
	struct machine_event arrived;
	struct host_character *input;
	size_t input_first, input_count, input_room;
	/** The other end is not asked again before all was read. */
	bool input_held;
};

bool host_uart_is(const struct host_uart8250 *uart,
		  enum host_uart8250_personality personality);
/** Take the byte that was received first; 0 if there is none. */
uint8_t host_uart_take(struct host_uart8250 *uart);
/** A byte is on the line now. */
void host_uart_transmitted(struct host_uart8250 *uart, uint8_t byte);
/** Take the next character that is on the line; there is one. */
struct host_character host_uart_input_take(struct host_uart8250 *uart);
/** Have the next one arrive after so many nanoseconds, if there is one. */
void host_uart_input_next(struct host_uart8250 *uart, uint64_t delay);
/** An edge on the interrupt line, which may be lost. */
void host_uart_pulse(struct host_uart8250 *uart, bool lost);

/* ---- The data sheet's device, and QEMU's ---- */
void host_ns16550_reset(struct host_uart8250 *uart);
uint8_t host_ns16550_read(struct host_uart8250 *uart, unsigned offset);
void host_ns16550_write(struct host_uart8250 *uart, unsigned offset,
			uint8_t value);
/** Nanoseconds until what is put on the line arrives. */
uint64_t host_ns16550_delay(const struct host_uart8250 *uart);
void host_ns16550_arrived(struct host_uart8250 *uart);
/** The transmitter goes on, if it stood. */
void host_ns16550_resume(struct host_uart8250 *uart);

/* ---- Firecracker's ---- */

void host_superio_reset(struct host_uart8250 *uart);
uint8_t host_superio_read(struct host_uart8250 *uart, unsigned offset);
void host_superio_write(struct host_uart8250 *uart, unsigned offset,
			uint8_t value);
void host_superio_arrived(struct host_uart8250 *uart);

#endif /* MOCKS_SERIAL_INTERNAL_H */
