/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The 8250 with interrupts.
 *
 * The line is edge triggered on a PC: a handler that leaves while the device
 * still asks for something is never called again. And what the identity
 * register says cannot be relied on: Firecracker's forgets every cause when it
 * is read, and shows two at once as a third one. So each round looks at both
 * directions, whatever it said, and the rounds end when it says nothing.
 */
#include "serial/uart8250_internal.h"

/**
 * Rounds of one interrupt in which nothing goes either way; a device that works
 * needs two or three. Of the others there are no more than the buffers have
 * room for.
 */
#define ROUNDS 64u

/* ---- Buffers ---- */

static void buffer_put(struct uart8250_buffer *buffer, uint8_t byte)
{
	unsigned end = (buffer->first + buffer->count) % UART8250_BUFFER;

	buffer->bytes[end] = byte;
	buffer->count++;
}

static uint8_t buffer_take(struct uart8250_buffer *buffer)
{
	uint8_t byte = buffer->bytes[buffer->first];

	buffer->first = (buffer->first + 1) % UART8250_BUFFER;
	buffer->count--;
	return byte;
}

/* ---- The device, with the lock held ---- */

static void uart_enable(struct uart8250 *uart, uint8_t interrupts)
{
	if (uart->enabled == interrupts)
		return;
	uart->enabled = interrupts;
	uart_out(uart, REGISTER_INTERRUPT_ENABLE, interrupts);
}

/**
 * Take what was received, while there is room. When there is none the rest
 * stays in the device, which does not tell of it until there is.
 *
 * @return the line status that was read last
 */
static uint8_t uart_receive(struct uart8250 *uart)
{
	struct uart8250_buffer *buffer = &uart->received_bytes;
	uint8_t status = uart8250_status(uart);
	unsigned budget = UART8250_BUFFER;
	uint8_t byte;

	if (!(uart->interrupts & UART8250_RECEIVE))
		return status;
	while (status != STATUS_NOTHING && status & STATUS_DATA && budget--) {
		if (buffer->count == UART8250_BUFFER) {
			uart_enable(uart, uart->enabled & ~INTERRUPT_DATA);
			break;
		}
		if (uart8250_take(uart, &byte))
			buffer_put(buffer, byte);
		status = uart8250_status(uart);
	}
	return status;
}

/** Send what waits, as far as there is room now. */
static void uart_transmit(struct uart8250 *uart, uint8_t status)
{
	struct uart8250_buffer *buffer = &uart->waiting_bytes;

	while (status != STATUS_NOTHING && status & STATUS_ROOM &&
	       buffer->count) {
		unsigned room = uart->room;

		while (buffer->count && room--)
			uart_out(uart, REGISTER_DATA, buffer_take(buffer));
		if (buffer->count)
			status = uart8250_status(uart);
	}
}

/** Do what there is to do in both directions. @return the line status */
static uint8_t uart_serve(struct uart8250 *uart)
{
	uint8_t status = uart_receive(uart);

	if (uart->interrupts & UART8250_TRANSMIT) {
		uart_transmit(uart, status);
		uart_enable(uart, uart->waiting_bytes.count
					  ? uart->enabled | INTERRUPT_EMPTY
					  : uart->enabled & ~INTERRUPT_EMPTY);
	}
	return status;
}

/* ---- The interrupt ---- */

/** What lies in the buffers: it changes when bytes go either way. */
static unsigned uart_progress(const struct uart8250 *uart)
{
	return uart->received_bytes.count +
	       (UART8250_BUFFER - uart->waiting_bytes.count);
}

static bool uart_interrupt(void *argument)
{
	struct uart8250 *uart = argument;
	unsigned rounds = ROUNDS;
	unsigned before, progress;
	bool claimed = false;
	bool received;
	uint8_t identity;

	port_lock(uart->port, &uart->lock);
	before = uart->received_bytes.count;
	do {
		identity = uart_in(uart, REGISTER_INTERRUPT_IDENTITY);
		claimed |= !(identity & IDENTITY_NONE);
		progress = uart_progress(uart);
		uart_serve(uart);
		/* Whoever sends as fast as it is taken makes no storm. */
	} while (!(identity & IDENTITY_NONE) &&
		 (uart_progress(uart) != progress || --rounds));
	if (!rounds) {
		uart->storms++;
		/* An edge, should it have something to say after all. */
		uart_out(uart, REGISTER_INTERRUPT_ENABLE, 0);
		uart_out(uart, REGISTER_INTERRUPT_ENABLE, uart->enabled);
	}
	received = uart->received_bytes.count != before;
	port_unlock(uart->port, &uart->lock);
	if (received && uart->wake)
		uart->wake(uart->wake_context);
	return claimed || received;
}

/* ---- Whoever reads and writes ---- */

size_t uart8250_buffered_read(struct uart8250 *uart, uint8_t *data,
			      size_t bytes)
{
	size_t count = 0;

	while (count < bytes && uart->received_bytes.count)
		data[count++] = buffer_take(&uart->received_bytes);
	return count;
}

void uart8250_buffered_refill(struct uart8250 *uart)
{
	if (uart->enabled & INTERRUPT_DATA ||
	    uart->received_bytes.count == UART8250_BUFFER)
		return;
	/*
	 * First the interrupt, then the look: what comes between them is told
	 * of, and what came before may not be.
	 */
	uart_enable(uart, uart->enabled | INTERRUPT_DATA);
	uart_receive(uart);
}

/** @return bytes that wait, or ERROR_NO_DEVICE */
static int uart_step(struct uart8250 *uart)
{
	uint8_t status;
	int waiting;

	port_lock(uart->port, &uart->lock);
	status = uart_serve(uart);
	waiting = (int)uart->waiting_bytes.count;
	port_unlock(uart->port, &uart->lock);
	return status == STATUS_NOTHING ? ERROR_NO_DEVICE : waiting;
}

int uart8250_buffered_wait(struct uart8250 *uart, unsigned most)
{
	unsigned before = UART8250_BUFFER + 1;
	uint64_t deadline = 0;

	for (;;) {
		uint64_t now = port_time(uart->port);
		/* An interrupt that was lost does not matter: this looks. */
		int waiting = uart_step(uart);

		if (waiting < 0)
			return waiting;
		if ((unsigned)waiting <= most)
			return 0;
		if ((unsigned)waiting < before) {
			before = (unsigned)waiting;
			deadline = now + uart8250_patience(uart);
		} else if (now >= deadline) {
			return ERROR_TIMED_OUT;
		}
		port_relax(uart->port, deadline);
	}
}

int uart8250_buffered_write(struct uart8250 *uart, const uint8_t *data,
			    size_t bytes)
{
	struct uart8250_buffer *buffer = &uart->waiting_bytes;
	int error = 0;

	while (bytes && !error) {
		port_lock(uart->port, &uart->lock);
		for (; bytes && buffer->count < UART8250_BUFFER; bytes--) {
			buffer_put(buffer, *data++);
			uart->sent++;
		}
		port_unlock(uart->port, &uart->lock);
		error = uart8250_buffered_wait(uart, bytes ? UART8250_BUFFER - 1
							   : UART8250_BUFFER);
	}
	return error;
}

/* ---- Start and stop ---- */

int uart8250_interrupts_start(struct uart8250 *uart, unsigned line,
			      unsigned interrupts, void (*wake)(void *context),
			      void *context)
{
	uint8_t enabled = 0;
	int error;

	if (!interrupts || interrupts & ~(UART8250_RECEIVE | UART8250_TRANSMIT))
		return ERROR_INVALID;
	if (uart->interrupts)
		return ERROR_BUSY;
	uart->line = line;
	uart->wake = wake;
	uart->wake_context = context;
	uart->received_bytes.count = 0;
	uart->waiting_bytes.count = 0;
	error = port_line_attach(uart->port, line, uart_interrupt, uart);
	if (error)
		return error;
	if (interrupts & UART8250_RECEIVE)
		enabled = INTERRUPT_DATA | INTERRUPT_LINE;
	port_lock(uart->port, &uart->lock);
	uart->interrupts = interrupts;
	uart_out(uart, REGISTER_MODEM_CONTROL, MODEM_DTR_RTS | MODEM_OUT2);
	uart_enable(uart, enabled);
	/* Of what is there already not every device tells. */
	uart_receive(uart);
	port_unlock(uart->port, &uart->lock);
	return 0;
}

void uart8250_interrupts_stop(struct uart8250 *uart)
{
	if (!uart->interrupts)
		return;
	if (uart->interrupts & UART8250_TRANSMIT)
		uart8250_buffered_wait(uart, 0);
	port_lock(uart->port, &uart->lock);
	uart->interrupts = 0;
	uart->unsent += uart->waiting_bytes.count;
	uart_enable(uart, 0);
	uart_out(uart, REGISTER_MODEM_CONTROL, MODEM_DTR_RTS);
	port_unlock(uart->port, &uart->lock);
	port_line_detach(uart->port, uart->line, uart_interrupt, uart);
}
