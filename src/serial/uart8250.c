/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A polled 8250, see uart8250.h. The registers are those of the data sheets of
 * INS8250, NS16450 and NS16550A.
 */
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

#define INTERRUPT_ALL 0x0fu

#define FIFO_ENABLE  0x01u
#define FIFO_CLEAR   0x06u
#define FIFO_WORKING 0xc0u

#define LINE_8N1     0x03u
#define LINE_DIVISOR 0x80u

#define MODEM_DTR_RTS 0x03u

#define STATUS_DATA    0x01u
#define STATUS_OVERRUN 0x02u
#define STATUS_PARITY  0x04u
#define STATUS_FRAMING 0x08u
#define STATUS_BREAK   0x10u
#define STATUS_ROOM    0x20u
#define STATUS_EMPTY   0x40u
#define STATUS_DAMAGED (STATUS_PARITY | STATUS_FRAMING | STATUS_BREAK)
#define STATUS_NOTHING 0xffu /* what a bus reads where nobody answers */

#define BAUD_BASE	   115200u
#define FIFO_BYTES	   16u
#define BITS_PER_CHARACTER 10u
#define FIRMWARE_PATIENCE  20000000u
#define MILLISECOND	   1000000u

static uint8_t uart_in(struct uart8250 *uart, enum uart8250_register offset)
{
	return port_in8(uart->port, uart->base + offset);
}

static void uart_out(struct uart8250 *uart, enum uart8250_register offset,
		     uint8_t value)
{
	port_out8(uart->port, uart->base + offset, value);
}

/**
 * Read the line status. Reading clears the errors in it, so they are counted
 * or kept for the byte they belong to here, whoever asks.
 */
static uint8_t uart_status(struct uart8250 *uart)
{
	uint8_t status = uart_in(uart, REGISTER_LINE_STATUS);

	if (status == STATUS_NOTHING)
		return status;
	if (status & STATUS_OVERRUN)
		uart->overruns++;
	uart->errors |= status & STATUS_DAMAGED;
	return status;
}

/** Wait for a bit of the line status. */
static int uart_wait(struct uart8250 *uart, uint8_t wanted, uint64_t patience)
{
	uint64_t deadline = port_time(uart->port) + patience;

	for (;;) {
		/*
		 * The clock before the register: however late this context gets
		 * to run again, the register is looked at once more.
		 */
		uint64_t now = port_time(uart->port);
		uint8_t status = uart_status(uart);

		if (status == STATUS_NOTHING)
			return ERROR_NO_DEVICE;
		if (status & wanted)
			return 0;
		if (now >= deadline)
			return ERROR_TIMED_OUT;
		port_relax(uart->port, deadline);
	}
}

static uint64_t uart_patience(const struct uart8250 *uart)
{
	return 2 * (FIFO_BYTES + 1) * uart->character + MILLISECOND;
}

/**
 * Whether an 8250 is there: its interrupt enable register keeps its four low
 * bits and has no others, and its line status is not what an empty bus reads.
 */
static bool uart_probe(struct uart8250 *uart)
{
	uint8_t none, all;

	/* A firmware may have left the divisor where the register is. */
	uart_out(uart, REGISTER_LINE_CONTROL, LINE_8N1);
	uart_out(uart, REGISTER_INTERRUPT_ENABLE, 0);
	none = uart_in(uart, REGISTER_INTERRUPT_ENABLE);
	uart_out(uart, REGISTER_INTERRUPT_ENABLE, INTERRUPT_ALL);
	all = uart_in(uart, REGISTER_INTERRUPT_ENABLE);
	uart_out(uart, REGISTER_INTERRUPT_ENABLE, 0);
	return none == 0 && all == INTERRUPT_ALL &&
	       uart_in(uart, REGISTER_LINE_STATUS) != STATUS_NOTHING;
}

static void uart_configure(struct uart8250 *uart, uint16_t divisor)
{
	uart_out(uart, REGISTER_FIFO_CONTROL, FIFO_ENABLE);
	uart_out(uart, REGISTER_FIFO_CONTROL, FIFO_ENABLE | FIFO_CLEAR);
	/*
	 * A 16450 has none, and the 16550 without A has one that loses bytes:
	 * only the good one sets both bits.
	 */
	if ((uart_in(uart, REGISTER_INTERRUPT_IDENTITY) & FIFO_WORKING) ==
	    FIFO_WORKING) {
		uart->room = FIFO_BYTES;
	} else {
		uart->room = 1;
		uart_out(uart, REGISTER_FIFO_CONTROL, 0);
	}
	uart_out(uart, REGISTER_LINE_CONTROL, LINE_8N1 | LINE_DIVISOR);
	uart_out(uart, REGISTER_DIVISOR_LOW, divisor & 0xff);
	uart_out(uart, REGISTER_DIVISOR_HIGH, divisor >> 8);
	uart_out(uart, REGISTER_LINE_CONTROL, LINE_8N1);
	/* This also ends a loopback test that a firmware left behind. */
	uart_out(uart, REGISTER_MODEM_CONTROL, MODEM_DTR_RTS);
	/* Without FIFO nothing but reading clears what was received before. */
	uart_in(uart, REGISTER_LINE_STATUS);
	uart_in(uart, REGISTER_DATA);
}

int uart8250_open(struct uart8250 *uart, struct port *port, uint16_t base,
		  uint32_t baud)
{
	uint32_t divisor, real;

	if (!baud || baud > BAUD_BASE)
		return ERROR_INVALID;
	divisor = (BAUD_BASE + baud / 2) / baud;
	real = BAUD_BASE / divisor;
	if (divisor > UINT16_MAX || real * 100 > baud * 103 ||
	    real * 103 < baud * 100)
		return ERROR_INVALID;
	*uart = (struct uart8250){.port = port, .base = base};
	uart->character = (uint64_t)BITS_PER_CHARACTER * 1000000000u * divisor /
			  BAUD_BASE;
	if (!uart_probe(uart))
		return ERROR_NO_DEVICE;
	/* A transmitter that is stuck is found by whoever writes. */
	uart_wait(uart, STATUS_EMPTY, FIRMWARE_PATIENCE);
	uart_configure(uart, divisor);
	uart->errors = 0;
	uart->overruns = 0;
	return 0;
}

int uart8250_write(struct uart8250 *uart, const void *data, size_t bytes)
{
	const uint8_t *byte = data;
	unsigned room = 0;
	int error;

	for (; bytes; bytes--) {
		if (!room) {
			error = uart_wait(uart, STATUS_ROOM,
					  uart_patience(uart));
			if (error)
				return error;
			room = uart->room;
		}
		uart_out(uart, REGISTER_DATA, *byte++);
		uart->sent++;
		room--;
	}
	return 0;
}

int uart8250_flush(struct uart8250 *uart)
{
	return uart_wait(uart, STATUS_EMPTY, uart_patience(uart));
}

/** Count what was wrong with a byte. @return whether it is good */
static bool uart_judge(struct uart8250 *uart)
{
	uint8_t errors = uart->errors;

	uart->errors = 0;
	if (errors & (STATUS_FRAMING | STATUS_BREAK))
		uart->framing_errors++;
	else if (errors & STATUS_PARITY)
		uart->parity_errors++;
	return !errors;
}

int uart8250_read(struct uart8250 *uart, void *data, size_t bytes)
{
	uint8_t *byte = data;
	int count = 0;

	if (bytes > INT32_MAX)
		bytes = INT32_MAX;
	/* Damaged bytes count as well: a line of noise ends the loop too. */
	for (; bytes; bytes--) {
		uint8_t status = uart_status(uart);
		uint8_t value;

		if (status == STATUS_NOTHING)
			return ERROR_NO_DEVICE;
		if (!(status & STATUS_DATA))
			break;
		value = uart_in(uart, REGISTER_DATA);
		if (!uart_judge(uart))
			continue;
		byte[count++] = value;
		uart->received++;
	}
	return count;
}
