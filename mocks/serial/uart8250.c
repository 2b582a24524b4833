/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device of uart8250.h, after the data sheet of the NS16550A: section 8 for
 * its registers, 8.6.x for their bits.
 */
#include "mocks/serial/uart8250.h"

#include <stdlib.h>

#define HOST_UART_BASE	    0x3f8u
#define HOST_UART_REGISTERS 8u
#define HOST_UART_FIFO	    16u
#define HOST_UART_CLOCK	    115200u /* 1.8432 MHz / 16 */
#define HOST_UART_DIVISOR   12u	    /* 9600 baud */

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
#define HOST_LCR_STOP	0x04u
#define HOST_LCR_PARITY 0x08u
#define HOST_LCR_DLAB	0x80u
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

	/** What is being sent, and what waits for it. */
	struct machine_event sent;
	bool shifting;
	uint8_t shifter;
	uint8_t transmit[HOST_UART_FIFO];
	unsigned transmit_count;

	/** What was received and not read. */
	struct host_character receive[HOST_UART_FIFO];
	unsigned receive_count;
	uint64_t receive_time;

	/** What the other end still has to send. */
	struct machine_event arrived;
	struct host_character *input;
	size_t input_first, input_count, input_room;
};

static bool uart_has_fifo(const struct host_uart8250 *uart)
{
	return uart->fcr & HOST_FCR_ENABLE;
}

static unsigned uart_depth(const struct host_uart8250 *uart)
{
	return uart_has_fifo(uart) ? HOST_UART_FIFO : 1;
}

/** What a character takes on the line, in nanoseconds. */
static uint64_t uart_character(const struct host_uart8250 *uart)
{
	uint64_t divisor = uart->divisor ? uart->divisor : 65536;
	unsigned bits = 1 + 5 + (uart->lcr & 3) + 1;

	if (uart->lcr & HOST_LCR_PARITY)
		bits++;
	if (uart->lcr & HOST_LCR_STOP)
		bits++;
	return bits * divisor * 1000000000u / HOST_UART_CLOCK;
}

/* ---- Receiver ---- */

static void uart_receive(struct host_uart8250 *uart, uint8_t byte,
			 uint8_t errors)
{
	unsigned depth = uart_depth(uart);

	if (uart->receive_count == depth) {
		uart->overrun = true;
		/* A FIFO keeps what it has; the one register is overwritten. */
		if (depth > 1)
			return;
		uart->receive_count = 0;
	}
	uart->receive[uart->receive_count].byte = byte;
	uart->receive[uart->receive_count].errors = errors;
	uart->receive_count++;
	uart->receive_time = machine_time(uart->machine);
}

static uint8_t uart_read_data(struct host_uart8250 *uart)
{
	uint8_t byte = uart->receive[0].byte;
	unsigned n;

	if (!uart->receive_count)
		return 0;
	uart->receive_count--;
	for (n = 0; n < uart->receive_count; n++)
		uart->receive[n] = uart->receive[n + 1];
	uart->receive_time = machine_time(uart->machine);
	return byte;
}

static void uart_input_next(struct host_uart8250 *uart)
{
	if (uart->input_count && !uart->arrived.scheduled)
		machine_event_schedule(uart->machine, &uart->arrived,
				       uart_character(uart));
}

static void uart_arrived(void *argument)
{
	struct host_uart8250 *uart = argument;
	struct host_character *character = &uart->input[uart->input_first];

	uart->input_first++;
	uart->input_count--;
	/* In a loopback test the line is cut off. */
	if (!(uart->mcr & HOST_MCR_LOOP))
		uart_receive(uart, character->byte, character->errors);
	uart_input_next(uart);
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
	uart_input_next(uart);
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

/* ---- Transmitter ---- */

/** Let the next byte out when the line is free. */
static void uart_transmit_next(struct host_uart8250 *uart)
{
	unsigned n;

	if (uart->shifting || uart->stalled || !uart->transmit_count)
		return;
	uart->shifter = uart->transmit[0];
	uart->shifting = true;
	uart->transmit_count--;
	for (n = 0; n < uart->transmit_count; n++)
		uart->transmit[n] = uart->transmit[n + 1];
	if (!uart->transmit_count)
		uart->empty_pending = true;
	machine_event_schedule(uart->machine, &uart->sent,
			       uart_character(uart));
}

static void uart_sent(void *argument)
{
	struct host_uart8250 *uart = argument;

	uart->shifting = false;
	if (uart->mcr & HOST_MCR_LOOP)
		uart_receive(uart, uart->shifter, 0);
	else if (uart->configuration.transmitted)
		uart->configuration.transmitted(uart->configuration.context,
						uart->shifter);
	uart_transmit_next(uart);
}

static void uart_write_data(struct host_uart8250 *uart, uint8_t byte)
{
	unsigned depth = uart_depth(uart);

	uart->empty_pending = false;
	/*
	 * What does not fit is lost: a FIFO's new byte, a register's old one.
	 */
	if (uart->transmit_count < depth)
		uart->transmit[uart->transmit_count++] = byte;
	else if (depth == 1)
		uart->transmit[0] = byte;
	uart_transmit_next(uart);
}

void host_uart8250_stall(struct host_uart8250 *uart, bool stalled)
{
	uart->stalled = stalled;
	uart_transmit_next(uart);
}

/* ---- Status and control ---- */

static uint8_t uart_status(const struct host_uart8250 *uart)
{
	uint8_t status = 0;
	unsigned n;

	if (uart->receive_count)
		status |= HOST_LSR_DATA | uart->receive[0].errors;
	if (uart->overrun)
		status |= HOST_LSR_OE;
	if (!uart->transmit_count)
		status |= HOST_LSR_THRE;
	if (!uart->transmit_count && !uart->shifting)
		status |= HOST_LSR_TEMT;
	for (n = 0; uart_has_fifo(uart) && n < uart->receive_count; n++)
		if (uart->receive[n].errors)
			status |= HOST_LSR_FIFO;
	return status;
}

static uint8_t uart_read_status(struct host_uart8250 *uart)
{
	uint8_t status = uart_status(uart);

	uart->overrun = false;
	if (uart->receive_count)
		uart->receive[0].errors = 0;
	return status;
}

/** Received bytes that are worth an interrupt: FCR bits 7:6. */
static unsigned uart_trigger(const struct host_uart8250 *uart)
{
	static const unsigned levels[] = {1, 4, 8, 14};

	return uart_has_fifo(uart) ? levels[uart->fcr >> 6] : 1;
}

/** The most urgent interrupt that is enabled. */
static uint8_t uart_identity(const struct host_uart8250 *uart)
{
	uint64_t quiet = machine_time(uart->machine) - uart->receive_time;
	uint8_t status = uart_status(uart);

	if ((uart->ier & HOST_IER_LINE) &&
	    (status & (HOST_LSR_OE | HOST_LSR_ERRORS)))
		return HOST_IIR_LINE;
	if ((uart->ier & HOST_IER_DATA) && uart->receive_count) {
		if (uart->receive_count >= uart_trigger(uart))
			return HOST_IIR_DATA;
		if (quiet >= 4 * uart_character(uart))
			return HOST_IIR_LATE;
	}
	if ((uart->ier & HOST_IER_EMPTY) && uart->empty_pending)
		return HOST_IIR_EMPTY;
	if ((uart->ier & HOST_IER_MODEM) && uart->changed)
		return HOST_IIR_MODEM;
	return HOST_IIR_NONE;
}

static uint8_t uart_read_identity(struct host_uart8250 *uart)
{
	uint8_t identity = uart_identity(uart);

	if (identity == HOST_IIR_EMPTY)
		uart->empty_pending = false;
	return identity | (uart_has_fifo(uart) ? HOST_IIR_FIFOS : 0);
}

static void uart_write_fifo(struct host_uart8250 *uart, uint8_t value)
{
	if (uart->configuration.no_fifo)
		return;
	if ((value ^ uart->fcr) & HOST_FCR_ENABLE)
		value |= HOST_FCR_RX | HOST_FCR_TX;
	if (value & HOST_FCR_RX) {
		uart->receive_count = 0;
		uart->overrun = false;
	}
	if ((value & HOST_FCR_TX) && uart->transmit_count) {
		uart->transmit_count = 0;
		uart->empty_pending = true;
	}
	uart->fcr = value;
}

static void uart_write_enable(struct host_uart8250 *uart, uint8_t value)
{
	bool raised = value & ~uart->ier & HOST_IER_EMPTY;

	/* Enabled while there is room already, the interrupt comes at once. */
	if (raised && !uart->transmit_count)
		uart->empty_pending = true;
	uart->ier = value & HOST_IER_BITS;
}

static void uart_write_modem(struct host_uart8250 *uart, uint8_t value)
{
	uint8_t before = uart->lines;
	uint8_t lines = HOST_MSR_LINES;

	uart->mcr = value & HOST_MCR_BITS;
	/*
	 * In a loopback test the outputs come back: RTS as CTS, DTR as DSR,
	 * OUT1 as the ring, OUT2 as the carrier.
	 */
	if (value & HOST_MCR_LOOP)
		lines = (value & 0x02) << 3 | (value & 0x01) << 5 |
			(value & 0x0c) << 4;
	uart->lines = lines;
	uart->changed |= ((before ^ lines) & ~HOST_MSR_RING) >> 4;
	/* Of the ring only the end is noticed. */
	uart->changed |= (before & ~lines & HOST_MSR_RING) >> 4;
}

static uint8_t uart_read_modem(struct host_uart8250 *uart)
{
	uint8_t value = uart->lines | uart->changed;

	uart->changed = 0;
	return value;
}

/* ---- Registers ---- */

static uint8_t uart_read_byte(struct host_uart8250 *uart, unsigned offset)
{
	bool divisor = uart->lcr & HOST_LCR_DLAB;

	switch (offset) {
	case HOST_RBR_THR:
		return divisor ? uart->divisor & 0xff : uart_read_data(uart);
	case HOST_IER:
		return divisor ? uart->divisor >> 8 : uart->ier;
	case HOST_IIR_FCR:
		return uart_read_identity(uart);
	case HOST_LCR:
		return uart->lcr;
	case HOST_MCR:
		return uart->mcr;
	case HOST_LSR:
		return uart_read_status(uart);
	case HOST_MSR:
		return uart_read_modem(uart);
	default:
		return uart->scr;
	}
}

static void uart_write_byte(struct host_uart8250 *uart, unsigned offset,
			    uint8_t value)
{
	bool divisor = uart->lcr & HOST_LCR_DLAB;

	switch (offset) {
	case HOST_RBR_THR:
		if (divisor)
			uart->divisor = (uart->divisor & 0xff00) | value;
		else
			uart_write_data(uart, value);
		break;
	case HOST_IER:
		if (divisor)
			uart->divisor = (uart->divisor & 0xff) | value << 8;
		else
			uart_write_enable(uart, value);
		break;
	case HOST_IIR_FCR:
		uart_write_fifo(uart, value);
		break;
	case HOST_LCR:
		uart->lcr = value;
		break;
	case HOST_MCR:
		uart_write_modem(uart, value);
		break;
	case HOST_SCR:
		uart->scr = value;
		break;
	default:
		/* The two status registers are read only. */
		break;
	}
}

/** A wider access is cut into bytes, as an ISA bus does with an 8-bit card. */
static uint64_t uart_region_read(void *context, uint64_t offset, unsigned width)
{
	uint64_t value = 0;
	unsigned n;

	for (n = 0; n < width; n++)
		value |= (uint64_t)uart_read_byte(context, offset + n)
			 << (8 * n);
	return value;
}

static void uart_region_write(void *context, uint64_t offset, uint64_t value,
			      unsigned width)
{
	unsigned n;

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
	uart->lines = HOST_MSR_LINES;
	uart->sent.fire = uart_sent;
	uart->sent.argument = uart;
	uart->arrived.fire = uart_arrived;
	uart->arrived.argument = uart;
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
	free(uart->input);
	free(uart);
}
