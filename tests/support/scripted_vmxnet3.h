/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A vmxnet3 that does only what a test says, step by step, on a bus with one
 * function: registers that remember what was written to them, and helpers that
 * read and write guest memory as a device would. It shares no header with the
 * driver: offsets and bits are written down here a second time.
 */
#ifndef TESTS_SUPPORT_SCRIPTED_VMXNET3_H
#define TESTS_SUPPORT_SCRIPTED_VMXNET3_H

#include <stdbool.h>
#include <stdint.h>

#include "mocks/machine/fault.h"
#include "mocks/machine/machine.h"
#include "net/nic.h"
#include "pci/pci.h"
#include "vmware/vmxnet3.h"

#define SCRIPT_BAR0	    0xe0000000u
#define SCRIPT_BAR1	    0xe0010000u
#define SCRIPT_BAR2	    0xe0020000u
#define SCRIPT_BAR_BYTES    0x2000u
#define SCRIPT_MSIX	    25u
#define SCRIPT_LINE	    11u
#define SCRIPT_LOG	    4096u
#define SCRIPT_BUFFERS	    1024u
#define SCRIPT_BUFFER_BYTES 2048u

/*
 * Memory of the stack that no receive ring has: frames as tests make them, and
 * those that were given to the device, each in pages of its own.
 */
#define SCRIPT_OWN	0x80000u
#define SCRIPT_SENT	0x84000u
#define SCRIPT_SENT_END 0x1c0000u

#define SCRIPT_ACTIVATE 0xcafe0000u
#define SCRIPT_QUIESCE	0xcafe0001u
#define SCRIPT_RESET	0xcafe0002u

/* A write of a register: of bar 0 or 1. */
struct script_write {
	unsigned bar;
	uint32_t offset, value;
};

/* A transmit descriptor, taken apart. */
struct script_sent {
	uint64_t address;
	uint32_t length, word2, word3;
};

struct script_frame {
	uint8_t bytes[70000];
	uint32_t length;
	struct script_sent descriptors[64];
	unsigned count;
	/* Index of its first and its last descriptor. */
	uint32_t first, last;
};

/* What a receive completion says, and where. */
struct script_received {
	uint32_t queue, ring, index;
	const void *data;
	uint32_t length;
	bool start, end, error, in_data_ring;
	/* Or-ed into the words. */
	uint32_t word0, word1, word2, word3;
};

struct script_ring {
	uint32_t next;
	bool generation;
};

struct script_queue {
	struct script_ring transmit, transmit_done, receive_done;
};

struct script {
	struct machine *machine;
	struct port *port;
	struct pci pci;
	struct nic *nic;
	int open_error;
	struct vmxnet3_configuration configuration;
	/* What the device answers. */
	uint32_t revisions, upt_versions;
	uint32_t activate_result, link, interrupts, queues_max, data_bytes;
	uint32_t dcr0, cause;
	/* A MTU that it refuses, and a device that does not keep its MAC. */
	uint32_t mtu_refused;
	bool mac_stuck, gone, no_msix_capability, no_pin;
	unsigned msix_count;
	/* What was written. */
	uint32_t revision_written, upt_written, shared_low, shared_high;
	uint32_t command, mac_low, mac_high;
	/* The address that it was made with. */
	uint32_t permanent_low, permanent_high;
	uint64_t shared;
	bool active;
	uint32_t masks[65];
	uint32_t transmit_producer[32], receive_producer[2][32];
	unsigned doorbells, inactive_doorbells;
	/* Results of commands that were read, and of these without a lock. */
	unsigned results, results_unlocked;
	struct script_write log[SCRIPT_LOG];
	unsigned logged;
	uint8_t msix_table[SCRIPT_MSIX * 16];
	uint8_t space[256];
	struct script_queue queues[32];
	struct machine_region ports, bars[3];
	/* The stack. */
	uint8_t *memory;
	/* Where the next frame that is sent lies. */
	uint32_t sent;
	void *free_buffers[SCRIPT_BUFFERS];
	unsigned free_count, supplied, released, supply_most;
	unsigned wakes[32], event_wakes;
	uint32_t buffer_bytes;
	/* Buffers that cross pages, or of 16384 bytes in neighbouring pages. */
	bool scattered, large;
	/* Armed before the card is opened; and what supply() does besides. */
	struct machine_fault fault;
	void (*in_supply)(struct script *script);
	/* What happens while vector 0 is being unmasked. */
	void (*in_unmask)(struct script *script);
	struct machine_line_source line;
};

/*
 * Run a body as the guest of a machine with the device and a stack, opened and
 * started if asked; afterwards the card is closed, and nothing is left.
 */
void script_run(void (*body)(struct script *script),
		void (*prepare)(struct script *script), bool start);

/* Guest memory. */
uint32_t script_ram32(struct script *script, uint64_t at);
uint64_t script_ram64(struct script *script, uint64_t at);
void script_ram_set32(struct script *script, uint64_t at, uint32_t value);
/* A word of the shared area, and of the entry of a queue. */
uint32_t script_shared(struct script *script, uint32_t offset);
uint64_t script_transmit_entry(struct script *script, unsigned queue);
uint64_t script_receive_entry(struct script *script, unsigned queue);

/* How often a command was given, and a register of a bar written. */
unsigned script_commands(struct script *script, uint32_t command);
unsigned script_writes(struct script *script, unsigned bar, uint32_t offset);

/* Take the next frame off a transmit ring, if its generation says so. */
bool script_take(struct script *script, unsigned queue,
		 struct script_frame *frame);
/* Complete a frame by the index of its last descriptor. */
void script_complete(struct script *script, unsigned queue, uint32_t last);
/* Fill a posted buffer and complete it. */
void script_receive(struct script *script,
		    const struct script_received *received);
/* Whether a posted descriptor is the device's, in a round of the ring. */
uint32_t script_posted(struct script *script, unsigned queue, unsigned ring,
		       uint32_t index);
/* Events in shared memory, and an interrupt, if its vector is not masked. */
void script_event(struct script *script, uint32_t events);
bool script_raise(struct script *script, unsigned vector);

/*
 * A copy of a frame in pages that no frame has that the device may still have,
 * at the same place in its page.
 */
void *script_own(struct script *script, const void *data, uint32_t length);
/* Transmit a copy of a frame of one segment; whether it was taken. */
bool script_transmit(struct script *script, void *data, uint32_t length,
		     uint16_t flags);
/* Give the segments of received packets back to the stack's buffers. */
void script_give_back(struct script *script,
		      const struct net_segment segments[], unsigned count);

#endif /* TESTS_SUPPORT_SCRIPTED_VMXNET3_H */
