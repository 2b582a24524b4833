/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the witness share: one machine and process, and what
 * differs between QEMU's boards.
 */
#ifndef TESTS_INTEROP_QEMU_WITNESS_INTERNAL_H
#define TESTS_INTEROP_QEMU_WITNESS_INTERNAL_H

#include "tests/interop/qemu/witness.h"

/** QEMU's devices at addresses of the guest. */
struct witness_window {
	struct witness *witness;
	enum qemu_space space;
	struct machine_region region;
};

#define WITNESS_WINDOWS	 3u
/** Frames that wait for the socket. */
#define WITNESS_OUTGOING 1024u

struct witness_outgoing {
	uint8_t *data;
	uint32_t length;
};

/** A machine of QEMU's: what it has, and what its guest brings up. */
struct witness_board {
	/** Arguments, ended by NULL, without the card. */
	const char *const *arguments;
	/** Memory below 4 GiB, and all there is. */
	uint64_t low_bytes, ram_bytes;
	/** Find the card, and add the windows that its guest needs. */
	bool (*create)(struct virtual_machine *vm);
	/** Whether its card may reach the guest's memory. */
	bool (*is_live)(struct witness *witness);
	int (*step)(struct virtual_machine *vm, const struct nic_stack *stack);
	void (*detach)(struct virtual_machine *vm);
};

/** How the card is plugged into it. */
struct witness_host {
	const char *name, *title, *speaks;
	const struct witness_board *board;
	/** The card, with the device's common options left open at the end. */
	const char *card;
	/** What it is plugged into; NULL: the board. */
	const char *bus;
	/** Where messages go, 0: it has a line. */
	uint64_t messages;
	/** Of witness_tap; 0: it has a socket. */
	unsigned tap_queues;
	uint32_t tx_frame_bytes_min, rx_frame_bytes_min;
};

struct witness {
	struct virtual_machine *vm;
	struct witness_host host;
	struct qemu *qemu;
	struct machine_ram_file ram_file;
	uint32_t *messages;
	/** Its function (firmware.h), or the address of its registers. */
	uint32_t card;
	struct witness_window windows[WITNESS_WINDOWS];
	unsigned window_count;
	struct machine_line_source lines[QEMU_LINES];
	struct machine_event look;
	/** Of the last look: calls through the border until then. */
	uint64_t calls;
	struct witness_outgoing outgoing[WITNESS_OUTGOING];
	unsigned outgoing_first, outgoing_count;
	struct vmm_counters counters;
	/** Frames that the card was handed until the guest opened it. */
	uint64_t handed_before;
	uint8_t frame[QEMU_FRAME_MAX];
};

/** Let the guest at addresses of QEMU's. */
void witness_window_add(struct witness *witness, enum qemu_space space,
			uint64_t base, uint64_t bytes, const char *name);

/** The n-th host of each board. @return false: beyond */
bool witness_q35_host(size_t n, struct witness_host *host);
bool witness_microvm_host(size_t n, struct witness_host *host);

#endif /* TESTS_INTEROP_QEMU_WITNESS_INTERNAL_H */
