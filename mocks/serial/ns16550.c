/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port of a PC, after the data sheet of the NS16550A: section 8 for its
 * registers, 8.6.x for their bits. And QEMU's, which differs from it where the
 * personality is asked for.
 */
#include "mocks/serial/internal.h"

static bool uart_is_qemu(const struct host_uart8250 *uart)
{
	return host_uart_is(uart, HOST_UART8250_QEMU);
}

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

static void uart_update(struct host_uart8250 *uart);

static void uart_receive_touched(struct host_uart8250 *uart)
{
	uart->receive_time = machine_time(uart->machine);
	if (uart->receive_count)
		machine_event_schedule(uart->machine, &uart->late,
				       4 * uart_character(uart));
	else
		machine_event_cancel(uart->machine, &uart->late);
}

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
	uart_receive_touched(uart);
}

static uint8_t uart_read_data(struct host_uart8250 *uart)
{
	uint8_t byte = host_uart_take(uart);

	uart_receive_touched(uart);
	host_uart_input_next(uart, host_ns16550_delay(uart));
	return byte;
}

uint64_t host_ns16550_delay(const struct host_uart8250 *uart)
{
	return uart_is_qemu(uart) ? HOST_UART_FETCH : uart_character(uart);
}

void host_ns16550_arrived(struct host_uart8250 *uart)
{
	struct host_character character;

	/* QEMU asks for input when there is room; reading makes room. */
	if (uart_is_qemu(uart) && uart->receive_count == uart_depth(uart))
		return;
	character = host_uart_input_take(uart);
	/* In a loopback test the line is cut off. */
	if (!(uart->mcr & HOST_MCR_LOOP))
		uart_receive(uart, character.byte, character.errors);
	host_uart_input_next(uart, host_ns16550_delay(uart));
	uart_update(uart);
}

/* ---- Transmitter ---- */

static void uart_sent(void *argument);

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
	if (uart_is_qemu(uart))
		uart_sent(uart);
	else
		machine_event_schedule(uart->machine, &uart->sent,
				       uart_character(uart));
}

static void uart_sent(void *argument)
{
	struct host_uart8250 *uart = argument;

	uart->shifting = false;
	if (uart->mcr & HOST_MCR_LOOP)
		uart_receive(uart, uart->shifter, 0);
	else
		host_uart_transmitted(uart, uart->shifter);
	uart_transmit_next(uart);
	uart_update(uart);
}

static void uart_write_data(struct host_uart8250 *uart, uint8_t byte)
{
	unsigned depth = uart_depth(uart);

	uart->empty_pending = false;
	uart_update(uart);
	/*
	 * What does not fit is lost: a FIFO's new byte, a register's old one.
	 */
	if (uart->transmit_count < depth)
		uart->transmit[uart->transmit_count++] = byte;
	else if (depth == 1)
		uart->transmit[0] = byte;
	uart_transmit_next(uart);
}

void host_ns16550_resume(struct host_uart8250 *uart)
{
	uart_transmit_next(uart);
	uart_update(uart);
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
		bool late = uart_has_fifo(uart) &&
			    quiet >= 4 * uart_character(uart);

		if (late && uart_is_qemu(uart))
			return HOST_IIR_LATE;
		if (uart->receive_count >= uart_trigger(uart))
			return HOST_IIR_DATA;
		if (late)
			return HOST_IIR_LATE;
	}
	if ((uart->ier & HOST_IER_EMPTY) && uart->empty_pending)
		return HOST_IIR_EMPTY;
	if ((uart->ier & HOST_IER_MODEM) && uart->changed)
		return HOST_IIR_MODEM;
	return HOST_IIR_NONE;
}

/** The interrupt output follows the identity; its edges are what counts. */
static void uart_update(struct host_uart8250 *uart)
{
	const struct host_uart8250_faults *faults = &uart->faults;
	uint8_t identity = uart_identity(uart);
	uint8_t gate = uart->mcr & (HOST_MCR_OUT2 | HOST_MCR_LOOP);
	bool output = identity != HOST_IIR_NONE &&
		      (uart_is_qemu(uart) || gate == HOST_MCR_OUT2);

	if (output && !uart->output)
		host_uart_pulse(uart, identity == HOST_IIR_EMPTY
					      ? faults->lose_transmit
					      : faults->lose_receive);
	uart->output = output;
}

static void uart_late(void *argument)
{
	uart_update(argument);
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
	if (host_uart_is(uart, HOST_UART8250_16450) ||
	    (uart_is_qemu(uart) && value == uart->fcr))
		return;
	if ((value ^ uart->fcr) & HOST_FCR_ENABLE)
		value |= HOST_FCR_RX | HOST_FCR_TX;
	if (value & HOST_FCR_RX) {
		uart->receive_count = 0;
		uart->overrun = false;
		uart_receive_touched(uart);
	}
	if ((value & HOST_FCR_TX) &&
	    (uart->transmit_count || uart_is_qemu(uart))) {
		uart->transmit_count = 0;
		uart->empty_pending = true;
	}
	uart->fcr = value & HOST_FCR_KEPT;
}

static void uart_write_enable(struct host_uart8250 *uart, uint8_t value)
{
	bool raised = value & ~uart->ier & HOST_IER_EMPTY;

	/*
	 * Enabled while there is room already, the interrupt comes at once; on
	 * QEMU whenever the register is written.
	 */
	if ((raised || uart_is_qemu(uart)) && !uart->transmit_count)
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
	/* QEMU shows a loopback without noticing changes. */
	if (uart_is_qemu(uart))
		return;
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

static uint8_t uart_read_register(struct host_uart8250 *uart, unsigned offset)
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

static void uart_write_register(struct host_uart8250 *uart, unsigned offset,
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

uint8_t host_ns16550_read(struct host_uart8250 *uart, unsigned offset)
{
	uint8_t value = uart_read_register(uart, offset);

	uart_update(uart);
	return value;
}

void host_ns16550_write(struct host_uart8250 *uart, unsigned offset,
			uint8_t value)
{
	uart_write_register(uart, offset, value);
	uart_update(uart);
}

void host_ns16550_reset(struct host_uart8250 *uart)
{
	uart->mcr = uart_is_qemu(uart) ? HOST_MCR_OUT2 : 0;
	uart->lines = HOST_MSR_LINES;
	uart->sent.fire = uart_sent;
	uart->sent.argument = uart;
	uart->late.fire = uart_late;
	uart->late.argument = uart;
}
