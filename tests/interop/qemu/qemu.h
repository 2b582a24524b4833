/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * QEMU as a box of devices, in a process of its own.
 *
 * It is spoken to over qtest: registers are read and written by lines of text,
 * each answered before the next; its memory is a file that is mapped here too,
 * and its network cards are plugged into a socket of datagrams. Its vCPU only
 * halts. Nothing of it has a name in the file system or a port.
 *
 * What machine and what devices it has is the caller's to say. Nothing here
 * ends a test: once QEMU did what it should not (died, refused a line, did not
 * answer), reads are all ones, writes are swallowed, and qemu_failure() says
 * what it was.
 */
#ifndef TESTS_INTEROP_QEMU_QEMU_H
#define TESTS_INTEROP_QEMU_QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QEMU_REASON_MAX 2048u
/** The longest frame on the wire. */
#define QEMU_FRAME_MAX	65536u
/** Identifiers on its command line: memory, network, serial port's far end. */
#define QEMU_MEMORY	"ram0"
#define QEMU_NETWORK	"n0"
#define QEMU_SERIAL	"serial"
/** Input lines of the interrupt controller that is watched. */
#define QEMU_LINES	24u

struct qemu;

struct qemu_configuration {
	/**
	 * Arguments after those that each machine needs, ended by NULL: the
	 * machine with memory-backend=ram0, and devices, with netdev=n0.
	 */
	const char *const *arguments;
	uint64_t ram_bytes;
	/** A TAP interface for the network; NULL: qemu_wire_send(), ... */
	const char *tap;
	/** Of the TAP; 0: one. */
	unsigned tap_queues;
	/** A line of the first I/O APIC rose or fell; may be NULL. */
	void (*line)(void *context, unsigned line, bool asserted);
	void *context;
};

/**
 * Whether there is a QEMU that can do this.
 * @param reason room for QEMU_REASON_MAX: why not
 */
bool qemu_is_there(char *reason);

/**
 * Start one.
 * @param configuration copied, but for what it points to
 * @param reason room for QEMU_REASON_MAX: why it did not come up
 * @return NULL: it did not
 */
struct qemu *qemu_start(const struct qemu_configuration *configuration,
			char *reason);
/**
 * Have it end, wait for that, and give everything back.
 * @param reason room for QEMU_REASON_MAX: what was wrong with its life: the
 *	first failure, how it ended, what is on its standard error
 * @return whether nothing was
 */
bool qemu_stop(struct qemu *qemu, char *reason);
/** Have it die at once, as if it crashed. */
void qemu_kill(struct qemu *qemu);

/** "" while all is well. */
const char *qemu_failure(const struct qemu *qemu);
/** The file that its memory is; QEMU's offsets, see machine_ram_file. */
int qemu_memory(const struct qemu *qemu);

/* ---- Registers ---- */

enum qemu_space { QEMU_PORTS, QEMU_REGISTERS };

/** @param width 1, 2, 4; for registers 8 too */
uint64_t qemu_read(struct qemu *qemu, enum qemu_space space, uint64_t address,
		   unsigned width);
/** Returns when the device has done what the write made it do. */
void qemu_write(struct qemu *qemu, enum qemu_space space, uint64_t address,
		uint64_t value, unsigned width);
/** How many of both there were. */
uint64_t qemu_accesses(const struct qemu *qemu);

/** Take note of lines that rose or fell since, without waiting. */
void qemu_lines(struct qemu *qemu);

/* ---- Network ---- */

/** @return false: there is no room now */
bool qemu_wire_send(struct qemu *qemu, const void *frame, size_t bytes);
/** @return bytes of the frame that came, 0: none is there */
size_t qemu_wire_receive(struct qemu *qemu, void *frame, size_t bytes);
/** Wait until a frame or a line is there, at most so long. */
void qemu_wait(struct qemu *qemu, unsigned microseconds);
/** The cable of the network is plugged, or not. */
void qemu_link_set(struct qemu *qemu, bool up);
/** Have the cards tell the network where they are, as after a migration. */
void qemu_announce(struct qemu *qemu);

/* ---- Serial port, of a device with chardev=serial ---- */

/** @return how many bytes there was room for */
size_t qemu_serial_send(struct qemu *qemu, const void *data, size_t bytes);
/** @return how many bytes came */
size_t qemu_serial_receive(struct qemu *qemu, void *data, size_t bytes);

#endif /* TESTS_INTEROP_QEMU_QEMU_H */
