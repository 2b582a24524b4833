/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The 8250 of uart8250.h: finding it, and its registers as they are polled.
 */
#include "serial/uart8250_internal.h"

#define BAUD_BASE	   115200u
#define FIFO_BYTES	   16u
#define BITS_PER_CHARACTER 10u
#define FIRMWARE_PATIENCE  20000000u
/** Bytes that a device may hold from before; Firecracker's has 64. */
#define LEFT_OVERS	   256u
#define MILLISECOND	   1000000u

uint8_t uart8250_status(struct uart8250 *uart)
{
	uint8_t status = uart_in(uart, REGISTER_LINE_STATUS);

	if (status == STATUS_NOTHING)
		return status;
	if (status & STATUS_OVERRUN)
		uart->overruns++;
	uart->errors |= status & STATUS_DAMAGED;
	return status;
}

/** The line status, when the lock is not held. */
static uint8_t uart_status(struct uart8250 *uart)
{
	uint8_t status;

	port_lock(uart->port, &uart->lock);
	status = uart8250_status(uart);
	port_unlock(uart->port, &uart->lock);
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

uint64_t uart8250_patience(const struct uart8250 *uart)
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

/**
 * Drop what was received. Without FIFO, and on Firecracker with it, nothing but
 * reading does that.
 */
static void uart_drop_input(struct uart8250 *uart)
{
	unsigned left_overs = LEFT_OVERS;

	while (left_overs-- > 0 &&
	       uart_in(uart, REGISTER_LINE_STATUS) & STATUS_DATA)
		uart_in(uart, REGISTER_DATA);
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
	uart_drop_input(uart);
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

/* ---- Output ---- */

int uart8250_write(struct uart8250 *uart, const void *data, size_t bytes)
{
	const uint8_t *byte = data;
	unsigned room = 0;
	int error;

	if (uart->interrupts & UART8250_TRANSMIT)
		return uart8250_buffered_write(uart, data, bytes);
	for (; bytes; bytes--) {
		if (!room) {
			error = uart_wait(uart, STATUS_ROOM,
					  uart8250_patience(uart));
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

int uart8250_print(struct uart8250 *uart, const char *text, size_t bytes,
		   size_t *printed)
{
	size_t done = 0;
	int error = 0;

	while (done < bytes && !error) {
		uint64_t before = uart->sent;
		size_t run = done;

		while (run < bytes && text[run] != '\n')
			run++;
		if (run > done) {
			error = uart8250_write(uart, text + done, run - done);
			done += uart->sent - before;
		} else {
			error = uart8250_write(uart, "\r\n", 2);
			done += error ? 0 : 1;
		}
	}
	*printed = done;
	return error;
}

int uart8250_flush(struct uart8250 *uart)
{
	int error = 0;

	if (uart->interrupts & UART8250_TRANSMIT)
		error = uart8250_buffered_wait(uart, 0);
	return error ? error
		     : uart_wait(uart, STATUS_EMPTY, uart8250_patience(uart));
}

/* ---- Input ---- */

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

bool uart8250_take(struct uart8250 *uart, uint8_t *byte)
{
	*byte = uart_in(uart, REGISTER_DATA);
	return uart_judge(uart);
}

/** Read what the device holds. */
static int uart_poll(struct uart8250 *uart, uint8_t *byte, size_t bytes)
{
	int count = 0;

	/* Damaged bytes count as well: a line of noise ends the loop too. */
	for (; bytes; bytes--) {
		uint8_t status = uart8250_status(uart);

		if (status == STATUS_NOTHING)
			return ERROR_NO_DEVICE;
		if (!(status & STATUS_DATA))
			break;
		if (uart8250_take(uart, &byte[count]))
			count++;
	}
	return count;
}

int uart8250_read(struct uart8250 *uart, void *data, size_t bytes)
{
	bool buffered = uart->interrupts & UART8250_RECEIVE;
	int count = 0;

	if (bytes > INT32_MAX)
		bytes = INT32_MAX;
	/* Under one lock: what the buffer holds came before. */
	port_lock(uart->port, &uart->lock);
	if (buffered)
		count = (int)uart8250_buffered_read(uart, data, bytes);
	if (!count)
		count = uart_poll(uart, data, bytes);
	if (count > 0)
		uart->received += (unsigned)count;
	if (buffered)
		uart8250_buffered_refill(uart);
	port_unlock(uart->port, &uart->lock);
	return count;
}

/* ---- Loopback ---- */

static int uart_loop(struct uart8250 *uart)
{
	static const uint8_t bytes[] = {0x55, 0xaa, 0x00, 0xff};
	unsigned n;

	for (n = 0; n < sizeof(bytes); n++) {
		uint8_t byte;
		int error;

		uart_out(uart, REGISTER_DATA, bytes[n]);
		error = uart_wait(uart, STATUS_DATA, uart8250_patience(uart));
		if (error)
			return error;
		if (!uart8250_take(uart, &byte) || byte != bytes[n])
			return ERROR_IO;
	}
	return 0;
}

int uart8250_test(struct uart8250 *uart)
{
	uint8_t modem;
	int error;

	if (uart->interrupts)
		return ERROR_BUSY;
	error = uart_wait(uart, STATUS_EMPTY, uart8250_patience(uart));
	if (error)
		return error;
	modem = uart_in(uart, REGISTER_MODEM_CONTROL);
	uart_out(uart, REGISTER_MODEM_CONTROL, MODEM_LOOP | MODEM_DTR_RTS);
	uart_drop_input(uart);
	error = uart_loop(uart);
	/* Whatever came of it: in a loopback test nothing gets out. */
	uart_out(uart, REGISTER_MODEM_CONTROL, modem & ~MODEM_LOOP);
	uart_drop_input(uart);
	return error;
}
