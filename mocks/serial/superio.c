/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Firecracker's serial port. It has no line: a byte that is written is sent at
 * once, whoever is at the other end is asked for as much as there is room for,
 * and the interrupt is an event that nothing takes back.
 */
#include "mocks/serial/internal.h"

static bool superio_loops(const struct host_uart8250 *uart)
{
	return uart->mcr & HOST_MCR_LOOP;
}

/**
 * A cause, which interrupts if it is enabled and not waiting to be identified.
 * Two causes at once are one number to whoever reads them: 6, the line status.
 */
static void superio_cause(struct host_uart8250 *uart, uint8_t enable,
			  uint8_t cause, bool lost)
{
	if (!(uart->ier & enable) || uart->identity & cause)
		return;
	uart->identity = (uart->identity & ~HOST_IIR_NONE) | cause;
	host_uart_pulse(uart, lost);
}

static void superio_receive(struct host_uart8250 *uart, uint8_t byte)
{
	uart->receive[uart->receive_count].byte = byte;
	uart->receive_count++;
}

static void superio_received(struct host_uart8250 *uart)
{
	superio_cause(uart, HOST_IER_DATA, HOST_IIR_DATA,
		      uart->faults.lose_receive);
}

void host_superio_arrived(struct host_uart8250 *uart)
{
	/* A full port is not asked again before it is empty. */
	if (uart->receive_count == HOST_SUPERIO_FIFO) {
		uart->input_held = true;
		return;
	}
	while (uart->input_count && uart->receive_count < HOST_SUPERIO_FIFO) {
		struct host_character character = host_uart_input_take(uart);

		/* In a loopback test it takes input and loses it. */
		if (!superio_loops(uart))
			superio_receive(uart, character.byte);
	}
	if (uart->receive_count)
		superio_received(uart);
	host_uart_input_next(uart, HOST_UART_FETCH);
}

static uint8_t superio_read_data(struct host_uart8250 *uart)
{
	uint8_t byte = host_uart_take(uart);

	uart->identity &= ~HOST_IIR_DATA;
	if (!uart->identity)
		uart->identity = HOST_IIR_NONE;
	if (!uart->receive_count) {
		uart->input_held = false;
		host_uart_input_next(uart, HOST_UART_FETCH);
	}
	return byte;
}

static void superio_write_data(struct host_uart8250 *uart, uint8_t byte)
{
	if (!superio_loops(uart)) {
		host_uart_transmitted(uart, byte);
		superio_cause(uart, HOST_IER_EMPTY, HOST_IIR_EMPTY,
			      uart->faults.lose_transmit);
	} else if (uart->receive_count < HOST_SUPERIO_FIFO) {
		superio_receive(uart, byte);
		superio_received(uart);
	}
}

static uint8_t superio_read_identity(struct host_uart8250 *uart)
{
	uint8_t identity = uart->identity;

	uart->identity = HOST_IIR_NONE;
	return identity | HOST_IIR_FIFOS;
}

static uint8_t superio_read_modem(const struct host_uart8250 *uart)
{
	if (!superio_loops(uart))
		return HOST_MSR_LINES;
	/* RTS comes back as CTS, DTR as DSR, OUT1 and OUT2 as ring, carrier. */
	return (uart->mcr & 0x02) << 3 | (uart->mcr & 0x01) << 5 |
	       (uart->mcr & 0x0c) << 4;
}

uint8_t host_superio_read(struct host_uart8250 *uart, unsigned offset)
{
	bool divisor = uart->lcr & HOST_LCR_DLAB;

	switch (offset) {
	case HOST_RBR_THR:
		return divisor ? uart->divisor & 0xff : superio_read_data(uart);
	case HOST_IER:
		return divisor ? uart->divisor >> 8 : uart->ier;
	case HOST_IIR_FCR:
		return superio_read_identity(uart);
	case HOST_LCR:
		return uart->lcr;
	case HOST_MCR:
		return uart->mcr;
	case HOST_LSR:
		return HOST_LSR_THRE | HOST_LSR_TEMT |
		       (uart->receive_count ? HOST_LSR_DATA : 0);
	case HOST_MSR:
		return superio_read_modem(uart);
	default:
		return uart->scr;
	}
}

void host_superio_write(struct host_uart8250 *uart, unsigned offset,
			uint8_t value)
{
	bool divisor = uart->lcr & HOST_LCR_DLAB;

	switch (offset) {
	case HOST_RBR_THR:
		if (divisor)
			uart->divisor = (uart->divisor & 0xff00) | value;
		else
			superio_write_data(uart, value);
		break;
	case HOST_IER:
		/* No interrupt for what is there already. */
		if (divisor)
			uart->divisor = (uart->divisor & 0xff) | value << 8;
		else
			uart->ier = value & HOST_IER_BITS;
		break;
	case HOST_LCR:
		uart->lcr = value;
		break;
	case HOST_MCR:
		uart->mcr = value;
		break;
	case HOST_SCR:
		uart->scr = value;
		break;
	default:
		/* There is nothing to control in the FIFO. */
		break;
	}
}

void host_superio_reset(struct host_uart8250 *uart)
{
	uart->identity = HOST_IIR_NONE;
	uart->lcr = 0x03;
	uart->mcr = HOST_MCR_OUT2;
}
