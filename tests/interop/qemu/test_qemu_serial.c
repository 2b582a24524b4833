/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver of the serial port on QEMU's 16550A, of a microvm and of a q35.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mocks/cli/random.h"
#include "serial/uart8250.h"
#include "tests/interop/qemu/trial.h"

#define BOARDS	   2
#define BAUD	   115200u
#define BYTES	   2048u
#define PATIENCE   5000000000ull
#define PAUSE	   200000u
#define LINE_PIECE 200u
#define BOTH	   (UART8250_RECEIVE | UART8250_TRANSMIT)

static const char *board(int n)
{
	return n == 0 ? witness_combination(0) : "q35-intx";
}

/** Both ends of the line. */
struct line {
	struct trial *trial;
	struct uart8250 uart;
	unsigned wakes;
	/** What goes either way, and how far it came. */
	uint8_t out[BYTES], in[BYTES];
	unsigned out_written, out_bytes, in_given, in_bytes;
};

static void line_make(struct line *line, struct trial *trial, uint32_t baud)
{
	struct random random = {3};
	unsigned n;

	memset(line, 0, sizeof(*line));
	line->trial = trial;
	for (n = 0; n < BYTES; n++) {
		line->out[n] = (uint8_t)random_next(&random);
		line->in[n] = (uint8_t)random_next(&random);
	}
	ck_assert_int_eq(uart8250_open(&line->uart, trial->port, UART8250_COM1,
				       baud),
			 0);
}

static void line_woken(void *context)
{
	struct line *line = context;

	line->wakes++;
}

/** What came out at the far end is what was written. */
static void line_take(struct line *line)
{
	uint8_t bytes[BYTES];
	size_t count;

	count = qemu_serial_receive(witness_qemu(line->trial->vm), bytes,
				    sizeof(bytes));
	ck_assert_uint_le(line->out_bytes + count, BYTES);
	ck_assert_mem_eq(bytes, line->out + line->out_bytes, count);
	line->out_bytes += (unsigned)count;
}

/** The far end has bytes, and so many of them were read; no more. */
static void line_turn(struct line *line, unsigned in_bytes)
{
	uint8_t bytes[100];
	int count;

	line->in_given +=
		(unsigned)qemu_serial_send(witness_qemu(line->trial->vm),
					   line->in + line->in_given,
					   in_bytes - line->in_given);
	count = uart8250_read(&line->uart, bytes, sizeof(bytes));
	ck_assert_int_ge(count, 0);
	ck_assert_uint_le(line->in_bytes + (unsigned)count, in_bytes);
	ck_assert_mem_eq(bytes, line->in + line->in_bytes, (size_t)count);
	line->in_bytes += (unsigned)count;
	line_take(line);
}

/** Until so many bytes came through either way since the line was made. */
static void line_await(struct line *line, unsigned out_bytes, unsigned in_bytes)
{
	uint64_t now = port_time(line->trial->port);
	uint64_t deadline = now + PATIENCE;

	while (line->out_bytes < out_bytes || line->in_bytes < in_bytes) {
		line_turn(line, in_bytes);
		now = port_time(line->trial->port);
		ck_assert_msg(now < deadline, "%u of %u out, %u of %u in",
			      line->out_bytes, out_bytes, line->in_bytes,
			      in_bytes);
		port_relax(line->trial->port, now + PAUSE);
	}
	ck_assert_uint_eq(line->out_bytes, out_bytes);
	ck_assert_uint_eq(line->in_bytes, in_bytes);
}

/**
 * Write what comes next. A socket is full with some 270 bytes that were put
 * into it one by one, and then the port waits: so the far end takes them.
 */
static void line_write(struct line *line, unsigned bytes)
{
	unsigned count;

	for (; bytes; bytes -= count) {
		count = bytes < LINE_PIECE ? bytes : LINE_PIECE;
		ck_assert_int_eq(uart8250_write(&line->uart,
						line->out + line->out_written,
						count),
				 0);
		line->out_written += count;
		line_await(line, line->out_written, line->in_bytes);
	}
}

/** Nothing was lost or damaged. */
static void line_check(const struct line *line)
{
	const struct uart8250 *uart = &line->uart;

	ck_assert_uint_eq(uart->sent, line->out_bytes);
	ck_assert_uint_eq(uart->received, line->in_bytes);
	ck_assert_uint_eq(uart->overruns, 0);
	ck_assert_uint_eq(uart->framing_errors, 0);
	ck_assert_uint_eq(uart->parity_errors, 0);
	ck_assert_uint_eq(uart->storms, 0);
	ck_assert_uint_eq(uart->unsent, 0);
	printf("  serial port: out %" PRIu64 " bytes, in %" PRIu64
	       " bytes, woken %u times\n",
	       uart->sent, uart->received, line->wakes);
}

/* ---- Polled ---- */

static void polled(struct trial *trial)
{
	struct line line;

	line_make(&line, trial, BAUD);
	ck_assert_uint_eq(line.uart.room, 16);
	line_write(&line, BYTES);
	ck_assert_int_eq(uart8250_flush(&line.uart), 0);
	line_await(&line, BYTES, BYTES);
	line_check(&line);
}

START_TEST(test_polled)
{
	trial_run("polled", board(_i), polled);
}
END_TEST

/** Rates that its divisor can make, and text for a terminal. */
static void rates(struct trial *trial)
{
	static const uint32_t all[] = {1200, 9600, 38400, 115200};
	static const char text[] = "one\ntwo\n", wanted[] = "one\r\ntwo\r\n";
	struct line line;
	size_t printed;
	unsigned n;

	for (n = 0; n < sizeof(all) / sizeof(all[0]); n++) {
		line_make(&line, trial, all[n]);
		memcpy(line.out, wanted, sizeof(wanted) - 1);
		ck_assert_int_eq(uart8250_print(&line.uart, text,
						sizeof(text) - 1, &printed),
				 0);
		ck_assert_uint_eq(printed, sizeof(text) - 1);
		line_await(&line, sizeof(wanted) - 1, 0);
		line_check(&line);
	}
	ck_assert_int_eq(uart8250_open(&line.uart, trial->port, UART8250_COM1,
				       100000),
			 ERROR_INVALID);
}

START_TEST(test_rates)
{
	trial_run("rates", board(_i), rates);
}
END_TEST

static void loopback(struct trial *trial)
{
	struct line line;

	line_make(&line, trial, BAUD);
	ck_assert_int_eq(uart8250_test(&line.uart), 0);
	/* None of it is on the line, and the line is as before. */
	line_write(&line, 100);
	line_await(&line, 100, 100);
}

START_TEST(test_loopback)
{
	trial_run("loopback", board(_i), loopback);
}
END_TEST

static void elsewhere(struct trial *trial)
{
	struct uart8250 uart;

	ck_assert_int_eq(uart8250_open(&uart, trial->port, 0x2f8, BAUD),
			 ERROR_NO_DEVICE);
}

START_TEST(test_elsewhere)
{
	trial_run("no port there", board(_i), elsewhere);
}
END_TEST

/* ---- Interrupts ---- */

static void interrupts(struct trial *trial)
{
	struct line line;
	unsigned n;

	line_make(&line, trial, BAUD);
	ck_assert_int_eq(uart8250_interrupts_start(&line.uart,
						   UART8250_COM1_LINE, BOTH,
						   line_woken, &line),
			 0);
	for (n = 1; n <= 4; n++) {
		line_write(&line, BYTES / 4);
		line_await(&line, n * BYTES / 4, n * BYTES / 4);
	}
	ck_assert_uint_gt(line.wakes, 0);
	uart8250_interrupts_stop(&line.uart);
	line_check(&line);
}

START_TEST(test_interrupts)
{
	trial_run("interrupts", board(_i), interrupts);
	ck_assert_uint_gt(witness_traffic.lines, BYTES / UART8250_BUFFER);
}
END_TEST

/** Sleeps until the interrupt wakes it, for each of some bytes. */
static void asleep(struct trial *trial)
{
	struct line line;
	uint64_t deadline;
	unsigned n, before;

	line_make(&line, trial, BAUD);
	ck_assert_int_eq(
		uart8250_interrupts_start(&line.uart, UART8250_COM1_LINE,
					  UART8250_RECEIVE, line_woken, &line),
		0);
	for (n = 1; n <= 20; n++) {
		before = line.wakes;
		ck_assert_uint_eq(qemu_serial_send(witness_qemu(trial->vm),
						   line.in + line.in_given, 1),
				  1);
		line.in_given++;
		deadline = port_time(trial->port) + PATIENCE;
		while (line.wakes == before &&
		       port_time(trial->port) < deadline)
			port_relax(trial->port, deadline);
		ck_assert_uint_eq(line.wakes, before + 1);
		line_await(&line, 0, n);
	}
	uart8250_interrupts_stop(&line.uart);
	line_check(&line);
}

START_TEST(test_asleep)
{
	trial_run("woken, 20 times", board(_i), asleep);
	ck_assert_uint_ge(witness_traffic.lines, 20);
}
END_TEST

/** Nobody reads: the device holds on to what does not fit, and so does QEMU. */
static void unread(struct trial *trial)
{
	struct line line;
	unsigned n;

	line_make(&line, trial, BAUD);
	ck_assert_int_eq(uart8250_interrupts_start(&line.uart,
						   UART8250_COM1_LINE, BOTH,
						   line_woken, &line),
			 0);
	line.in_given = (unsigned)qemu_serial_send(witness_qemu(trial->vm),
						   line.in, BYTES);
	ck_assert_uint_eq(line.in_given, BYTES);
	for (n = 0; n < 200; n++)
		port_relax(trial->port, port_time(trial->port) + PAUSE);
	ck_assert_uint_eq(line.uart.received_bytes.count, UART8250_BUFFER);
	line_await(&line, 0, BYTES);
	uart8250_interrupts_stop(&line.uart);
	line_check(&line);
}

START_TEST(test_unread)
{
	trial_run("nobody reads", board(_i), unread);
}
END_TEST

/** Polled, with interrupts, polled; and opened again and again. */
static void lives(struct trial *trial)
{
	struct line line;
	unsigned n;

	for (n = 0; n < 10; n++) {
		line_make(&line, trial, BAUD);
		line_write(&line, 50);
		line_await(&line, 50, 50);
		ck_assert_int_eq(uart8250_interrupts_start(&line.uart,
							   UART8250_COM1_LINE,
							   BOTH, NULL, NULL),
				 0);
		line_write(&line, 500);
		uart8250_interrupts_stop(&line.uart);
		line_await(&line, 550, 100);
		line_check(&line);
	}
}

START_TEST(test_lives)
{
	trial_run("10 lives", board(_i), lives);
}
END_TEST

/** A card and a console at once, each with its line. */
static void with_card(struct trial *trial)
{
	struct line line;
	unsigned n;

	line_make(&line, trial, BAUD);
	ck_assert_int_eq(uart8250_interrupts_start(&line.uart,
						   UART8250_COM1_LINE, BOTH,
						   line_woken, &line),
			 0);
	trial_up(trial);
	for (n = 1; n <= 8; n++) {
		line_write(&line, 250);
		trial_armed_receive(trial, n);
		trial_exchange(trial, 8, 1000);
		line_await(&line, n * 250, n * 250);
	}
	uart8250_interrupts_stop(&line.uart);
	line_check(&line);
}

START_TEST(test_with_card)
{
	trial_run("beside a card", board(_i), with_card);
}
END_TEST

/* ---- What goes wrong ---- */

/** The far end takes nothing: writing ends nevertheless, and goes on later. */
static void full(struct trial *trial)
{
	struct line line;

	line_make(&line, trial, BAUD);
	ck_assert_int_eq(uart8250_write(&line.uart, line.out, BYTES),
			 ERROR_TIMED_OUT);
	ck_assert_uint_lt(line.uart.sent, BYTES);
	line.out_written = (unsigned)line.uart.sent;
	line_await(&line, line.out_written, 0);
	line_write(&line, BYTES - line.out_written);
	line_check(&line);
}

START_TEST(test_full)
{
	trial_run("nobody takes it", board(_i), full);
}
END_TEST

static void death(struct trial *trial)
{
	struct line line;
	uint8_t byte;

	line_make(&line, trial, BAUD);
	ck_assert_int_eq(uart8250_interrupts_start(&line.uart,
						   UART8250_COM1_LINE, BOTH,
						   line_woken, &line),
			 0);
	trial->is_host_gone = true;
	trial->vm->vmm->remove(trial->vm);
	ck_assert_int_eq(uart8250_write(&line.uart, line.out, BYTES),
			 ERROR_NO_DEVICE);
	ck_assert_int_eq(uart8250_read(&line.uart, &byte, 1), ERROR_NO_DEVICE);
	uart8250_interrupts_stop(&line.uart);
	ck_assert_int_eq(uart8250_open(&line.uart, trial->port, UART8250_COM1,
				       BAUD),
			 ERROR_NO_DEVICE);
}

START_TEST(test_death)
{
	trial_run("QEMU dies", board(_i), death);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("qemu_serial");
	TCase *tests = tcase_create("serial port");

	tcase_add_loop_test(tests, test_polled, 0, BOARDS);
	tcase_add_loop_test(tests, test_rates, 0, BOARDS);
	tcase_add_loop_test(tests, test_loopback, 0, BOARDS);
	tcase_add_loop_test(tests, test_elsewhere, 0, BOARDS);
	tcase_add_loop_test(tests, test_interrupts, 0, BOARDS);
	tcase_add_loop_test(tests, test_asleep, 0, BOARDS);
	tcase_add_loop_test(tests, test_unread, 0, BOARDS);
	tcase_add_loop_test(tests, test_lives, 0, BOARDS);
	tcase_add_loop_test(tests, test_with_card, 0, BOARDS);
	tcase_add_loop_test(tests, test_full, 0, BOARDS);
	tcase_add_loop_test(tests, test_death, 0, BOARDS);
	tcase_set_timeout(tests, TRIAL_TIMEOUT);
	suite_add_tcase(suite, tests);
	return trial_main(suite);
}
