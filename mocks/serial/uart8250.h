/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A serial port on eight I/O ports of a machine: as a PC has it, or as a
 * hypervisor thinks a PC has it.
 *
 * On a PC characters take their time on the virtual clock, as divisor and
 * format say, and the line is a real one: whoever does not read in time loses
 * bytes. A hypervisor's port sends in no time, and keeps what nobody reads.
 */
#ifndef MOCKS_SERIAL_UART8250_H
#define MOCKS_SERIAL_UART8250_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mocks/machine/machine.h"

struct host_uart8250;

enum host_uart8250_personality {
	/** NS16550A on a PC: OUT2 lets its interrupts through. */
	HOST_UART8250_16550,
	/** NS16450: the same without FIFOs, one byte each way. */
	HOST_UART8250_16450,
	/** QEMU 7.2's 16550A. */
	HOST_UART8250_QEMU,
	/**
	 * Firecracker's, of all versions to 1.16 (the crate vm-superio 0.5 to
	 * 0.8): the transmitter is always empty and does not say so when asked
	 * to, the FIFO cannot be cleared, reading the identity forgets it.
	 */
	HOST_UART8250_FIRECRACKER,
};

/** What a port does wrong; zeroes: nothing. May be changed at any time. */
struct host_uart8250_faults {
	/**
	 * The interrupt of an empty transmitter, or of received bytes, does not
	 * come (Firecracker #5764, after a snapshot; #1436).
	 */
	bool lose_transmit, lose_receive;
	/** One comes for each byte written, whether there is a cause or not. */
	bool spurious;
	/** What the identity register reads always, if not 0 (a storm). */
	uint8_t identity;
	/** Bits of the line status that are always, or never, set. */
	uint8_t status_set, status_clear;
	/**
	 * After so many bytes what is written is lost, and looks sent: the rate
	 * limiter of Firecracker 1.16, and its full pipe. 0: never.
	 */
	uint64_t drop_output_after;
	/** It is taken away after so many accesses; 0: never. */
	uint64_t gone_after;
};

struct host_uart8250_configuration {
	/** The first of its I/O ports, default 0x3f8. */
	uint16_t base;
	enum host_uart8250_personality personality;
	/** Its interrupt line, edge triggered, 4 on a PC; 0: not wired. */
	unsigned line;
	/** Gets each byte when its last bit is on the line; may be NULL. */
	void (*transmitted)(void *context, uint8_t byte);
	void *context;
};

/** Errors of a byte on the line, as the line status register has them. */
enum host_uart8250_error {
	HOST_UART8250_PARITY = 0x04,
	HOST_UART8250_FRAMING = 0x08,
	HOST_UART8250_BREAK = 0x10,
};

/** @return NULL when out of memory */
struct host_uart8250 *
host_uart8250_create(struct machine *machine,
		     const struct host_uart8250_configuration *configuration);
/** The guest does not run any more, and its machine still lives. */
void host_uart8250_destroy(struct host_uart8250 *uart);

/**
 * Send bytes to the guest, one after the other at the speed of the line.
 * @return false when out of memory
 */
bool host_uart8250_input(struct host_uart8250 *uart, const void *data,
			 size_t bytes);
/** Send a byte that arrives with errors (of enum host_uart8250_error). */
bool host_uart8250_input_error(struct host_uart8250 *uart, uint8_t byte,
			       unsigned errors);

/** What it does wrong, to be changed. */
struct host_uart8250_faults *host_uart8250_faults(struct host_uart8250 *uart);

/** How often it raised its interrupt line. */
uint64_t host_uart8250_interrupts(const struct host_uart8250 *uart);

/** Stop the transmitter (its clock is gone), and let it go on. */
void host_uart8250_stall(struct host_uart8250 *uart, bool stalled);

#endif /* MOCKS_SERIAL_UART8250_H */
