/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port of uart8250.h: where it is on the machine, what is on its line, and
 * what it does wrong. Its registers are in ns16550.c and superio.c.
 */
#include "mocks/serial/internal.h"

#include <stdlib.h>

bool host_uart_is(const struct host_uart8250 *uart,
		  enum host_uart8250_personality personality)
{
	return uart->configuration.personality == personality;
}

static bool uart_is_superio(const struct host_uart8250 *uart)
{
	return host_uart_is(uart, HOST_UART8250_FIRECRACKER);
}

/* ---- What the other end sends ---- */

uint8_t host_uart_take(struct host_uart8250 *uart)
{
	uint8_t byte = uart->receive[0].byte;
	unsigned n;

	if (!uart->receive_count)
		return 0;
	uart->receive_count--;
	for (n = 0; n < uart->receive_count; n++)
		uart->receive[n] = uart->receive[n + 1];
	return byte;
}

struct host_character host_uart_input_take(struct host_uart8250 *uart)
{
	uart->input_count--;
	return uart->input[uart->input_first++];
}

void host_uart_input_next(struct host_uart8250 *uart, uint64_t delay)
{
	if (uart->input_count && !uart->arrived.scheduled && !uart->input_held)
		machine_event_schedule(uart->machine, &uart->arrived, delay);
}

static void uart_arrived(void *argument)
{
	struct host_uart8250 *uart = argument;

	if (uart_is_superio(uart))
		host_superio_arrived(uart);
	else
		host_ns16550_arrived(uart);
}

static bool uart_input_put(struct host_uart8250 *uart, uint8_t byte,
			   uint8_t errors)
{
	size_t end = uart->input_first + uart->input_count;
	size_t room = uart->input_room ? uart->input_room * 2 : 64;
	struct host_character *input;
	size_t n;

	if (end == uart->input_room && uart->input_first) {
		for (n = 0; n < uart->input_count; n++)
			uart->input[n] = uart->input[uart->input_first + n];
		uart->input_first = 0;
		end = uart->input_count;
	}
	if (end == uart->input_room) {
		input = realloc(uart->input, room * sizeof(*input));
		if (!input)
			return false;
		uart->input = input;
		uart->input_room = room;
	}
	uart->input[end].byte = byte;
	uart->input[end].errors = errors;
	uart->input_count++;
	host_uart_input_next(uart, uart_is_superio(uart)
					   ? HOST_UART_FETCH
					   : host_ns16550_delay(uart));
	return true;
}

bool host_uart8250_input(struct host_uart8250 *uart, const void *data,
			 size_t bytes)
{
	const uint8_t *byte = data;

	while (bytes--)
		if (!uart_input_put(uart, *byte++, 0))
			return false;
	return true;
}

bool host_uart8250_input_error(struct host_uart8250 *uart, uint8_t byte,
			       unsigned errors)
{
	return uart_input_put(uart, byte, errors & HOST_LSR_ERRORS);
}

/* ---- What it sends ---- */

void host_uart_transmitted(struct host_uart8250 *uart, uint8_t byte)
{
	uint64_t limit = uart->faults.drop_output_after;

	uart->written++;
	if (limit && uart->written > limit)
		return;
	if (uart->configuration.transmitted)
		uart->configuration.transmitted(uart->configuration.context,
						byte);
}

void host_uart8250_stall(struct host_uart8250 *uart, bool stalled)
{
	uart->stalled = stalled;
	if (!uart_is_superio(uart))
		host_ns16550_resume(uart);
}

/* ---- Interrupts ---- */

void host_uart_pulse(struct host_uart8250 *uart, bool lost)
{
	if (!uart->configuration.line || lost)
		return;
	uart->interrupts++;
	machine_line_pulse(uart->machine, uart->configuration.line);
}

uint64_t host_uart8250_interrupts(const struct host_uart8250 *uart)
{
	return uart->interrupts;
}

struct host_uart8250_faults *host_uart8250_faults(struct host_uart8250 *uart)
{
	return &uart->faults;
}

/* ---- Registers ---- */

static bool uart_is_gone(struct host_uart8250 *uart)
{
	uart->accesses++;
	return uart->faults.gone_after &&
	       uart->accesses > uart->faults.gone_after;
}

static uint8_t uart_read_byte(struct host_uart8250 *uart, unsigned offset)
{
	uint8_t value;

	if (uart_is_gone(uart))
		return 0xff;
	value = uart_is_superio(uart) ? host_superio_read(uart, offset)
				      : host_ns16550_read(uart, offset);
	if (offset == HOST_LSR)
		value = (value | uart->faults.status_set) &
			~uart->faults.status_clear;
	if (offset == HOST_IIR_FCR && uart->faults.identity)
		value = uart->faults.identity;
	return value;
}

static void uart_write_byte(struct host_uart8250 *uart, unsigned offset,
			    uint8_t value)
{
	if (uart_is_gone(uart))
		return;
	if (uart_is_superio(uart))
		host_superio_write(uart, offset, value);
	else
		host_ns16550_write(uart, offset, value);
	if (offset == HOST_RBR_THR && uart->faults.spurious)
		host_uart_pulse(uart, false);
}

/** Whether Firecracker ignores an access, which it does without a word. */
static bool uart_ignores(struct host_uart8250 *uart, unsigned width)
{
	if (!uart_is_superio(uart) || width == 1)
		return false;
	machine_violation(uart->machine, "Firecracker serial device",
			  "an access of %u bytes is ignored", width);
	return true;
}

/** A wider access is cut into bytes, as an ISA bus does with an 8-bit card. */
static uint64_t uart_region_read(void *context, uint64_t offset, unsigned width)
{
	uint64_t value = 0;
	unsigned n;

	if (uart_ignores(context, width))
		return 0;
	for (n = 0; n < width; n++)
		value |= (uint64_t)uart_read_byte(context, offset + n)
			 << (8 * n);
	return value;
}

static void uart_region_write(void *context, uint64_t offset, uint64_t value,
			      unsigned width)
{
	unsigned n;

	if (uart_ignores(context, width))
		return;
	for (n = 0; n < width; n++)
		uart_write_byte(context, offset + n, value >> (8 * n));
}

struct host_uart8250 *
host_uart8250_create(struct machine *machine,
		     const struct host_uart8250_configuration *configuration)
{
	struct host_uart8250 *uart = calloc(1, sizeof(*uart));

	if (!uart)
		return NULL;
	uart->machine = machine;
	uart->configuration = *configuration;
	uart->divisor = HOST_UART_DIVISOR;
	uart->arrived.fire = uart_arrived;
	uart->arrived.argument = uart;
	if (uart_is_superio(uart))
		host_superio_reset(uart);
	else
		host_ns16550_reset(uart);
	uart->region.base =
		configuration->base ? configuration->base : HOST_UART_BASE;
	uart->region.bytes = HOST_UART_REGISTERS;
	uart->region.name = "uart8250";
	uart->region.context = uart;
	uart->region.read = uart_region_read;
	uart->region.write = uart_region_write;
	machine_port_region_add(machine, &uart->region);
	return uart;
}

void host_uart8250_destroy(struct host_uart8250 *uart)
{
	if (!uart)
		return;
	machine_event_cancel(uart->machine, &uart->sent);
	machine_event_cancel(uart->machine, &uart->arrived);
	machine_event_cancel(uart->machine, &uart->late);
	free(uart->input);
	free(uart);
}
