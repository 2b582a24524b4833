/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host of a vmxnet3's trace, inside:
 *
 *	vmxnet3_host.c		what is compared, one after the other
 *	vmxnet3_host_device.c	registers, commands, what is laid out
 *	vmxnet3_host_interrupt.c	vectors, masks, the line
 *	vmxnet3_host_transmit.c	packets out of the driver's rings
 *	vmxnet3_host_receive.c	completions, frames into its buffers
 *	vmxnet3_host_frames.c	frames of the script: for which
 *				completion, and to be sent
 *
 * The card is the script's; under it the simulated board stays, with its bus,
 * configuration space and table of MSI-X.
 */
#ifndef MOCKS_CLI_PLAY_VMXNET3_HOST_H
#define MOCKS_CLI_PLAY_VMXNET3_HOST_H

#include "mocks/cli/play/driver.h"
#include "mocks/vmware/vmxnet3_wire.h"

#define VMXNET3_HOST_QUEUES    32u
#define VMXNET3_HOST_VECTORS   64u
/** Registers of BAR 1, eight bytes apart. */
#define VMXNET3_HOST_REGISTERS 9u
/** Longer than any packet in guest memory, with room for a tag. */
#define VMXNET3_HOST_PACKET    (512u * 1024)

/** A ring of the driver, and where the card is in it. */
struct vmxnet3_host_ring {
	uint64_t address;
	uint32_t size, next;
	unsigned generation;
};

struct vmxnet3_host_tx {
	/** Of its queue descriptor. */
	uint64_t descriptor;
	struct vmxnet3_host_ring ring, completions;
	unsigned interrupt;
};

struct vmxnet3_host_rx {
	uint64_t descriptor;
	struct vmxnet3_host_ring rings[2], completions;
	uint64_t data_address;
	uint32_t data_bytes;
	unsigned interrupt;
};

/**
 * What of the script a receive completion puts into its buffer; or of a frame
 * by which completion the driver has it.
 */
struct vmxnet3_host_source {
	/**
	 * The event with the bytes, SCRIPT_NONE: nothing is put there. Of a
	 * frame its last completion.
	 */
	size_t event;
	/** From which byte on, without its tag if that is stripped. */
	uint32_t offset;
	bool is_stripped;
};

struct vmxnet3_host {
	struct player *player;
	struct machine *machine;
	struct host_pci_function *function;
	const struct vmware_personality *personality;
	struct machine_work work;
	/** When it looks again for what the driver has to do. */
	struct machine_event again;

	/* The script. */
	/** The next event that may have to be played. */
	size_t next;
	/** All before it that carry frames were sent. */
	size_t sent;
	/** For each event. */
	struct vmxnet3_host_source *sources;
	/** Which registers and places it names in what the driver does. */
	bool names_register[VMXNET3_HOST_REGISTERS];
	bool names_tx, names_rx[2];
	/** What a write was matched with, until it is carried out. */
	size_t written;

	/* Registers. */
	/** The read of each that is answered next, and what was last. */
	size_t read_next[VMXNET3_HOST_REGISTERS];
	uint32_t answer[VMXNET3_HOST_REGISTERS];
	bool has_answer[VMXNET3_HOST_REGISTERS];
	uint32_t revision, result, mac_low, mac_high, shared_low;

	/** It was pulled out. */
	bool is_removed;

	/* What the driver laid out; the rings since ACTIVATE. */
	uint64_t shared;
	bool is_active;
	/** It told of its receive buffers: it is ready for what comes. */
	bool is_told;
	bool auto_mask;
	unsigned tx_count, rx_count, event_interrupt;
	struct vmxnet3_host_tx tx[VMXNET3_HOST_QUEUES];
	struct vmxnet3_host_rx rx[VMXNET3_HOST_QUEUES];
	struct {
		bool is_masked, is_pending;
	} vectors[VMXNET3_HOST_VECTORS];
	bool is_asserted;

	/** A frame out of the script; a packet; a segment, or one to be sent.
	 */
	struct trace_built payload;
	uint8_t *packet, *segment;
};

static inline struct vmxnet3_host *vmxnet3_host(const struct player *player)
{
	return player->own;
}

/* ---- vmxnet3_host.c ---- */

/** Whether an event of the script is a descriptor at that place. */
bool vmxnet3_host_is_at(const struct vmxnet3_host *host, size_t n,
			const char *place);
/** Whether the player does it: it is sent, or read out of the rings. */
bool vmxnet3_host_is_playable(const struct vmxnet3_host *host, size_t n);
/** Whether all came that the script has before an event. */
bool vmxnet3_host_is_due(const struct vmxnet3_host *host, size_t n);
/** Play what a command has the card write, before the driver reads it. */
void vmxnet3_host_play_areas(struct vmxnet3_host *host);
/** Tell of a descriptor, or of what else lies in the driver's memory. */
void vmxnet3_host_trace(struct vmxnet3_host *host,
			enum trace_direction direction, const char *place,
			unsigned queue, uint32_t index, const uint8_t *bytes,
			uint32_t length);

/* ---- vmxnet3_host_device.c ---- */

extern const struct host_pci_operations vmxnet3_host_operations;

/** The card forgets what the driver laid out. */
void vmxnet3_host_stop(struct vmxnet3_host *host);
bool vmxnet3_host_read(struct vmxnet3_host *host, uint64_t address, void *to,
		       size_t bytes);
bool vmxnet3_host_write(struct vmxnet3_host *host, uint64_t address,
			const void *from, size_t bytes);
void vmxnet3_host_ring_advance(struct vmxnet3_host_ring *ring);

/* ---- vmxnet3_host_interrupt.c ---- */

void vmxnet3_host_interrupts_reset(struct vmxnet3_host *host);
/** Interrupt, as soon as the driver wants that. */
void vmxnet3_host_interrupt(struct vmxnet3_host *host, unsigned vector);
void vmxnet3_host_mask(struct vmxnet3_host *host, unsigned vector, bool masked);
/** ICR: whether the card drives the line, which it lets go of. */
uint32_t vmxnet3_host_cause(struct vmxnet3_host *host);

/* ---- vmxnet3_host_transmit.c ---- */

/** Take a packet out of the driver's rings. @return false: there is none */
bool vmxnet3_host_transmit(struct vmxnet3_host *host);

/* ---- vmxnet3_host_receive.c ---- */

/* Of events of the script. @return false: not now */
bool vmxnet3_host_play_rx(struct vmxnet3_host *host, size_t n, unsigned ring);
bool vmxnet3_host_play_txc(struct vmxnet3_host *host, size_t n,
			   const struct trace_event *event);
bool vmxnet3_host_play_rxc(struct vmxnet3_host *host, size_t n,
			   const struct trace_event *event);

/* ---- vmxnet3_host_frames.c ---- */

/**
 * Find out what each receive completion puts into its buffer, and leave out the
 * frames that do not come to the driver's user. @return false: out of memory
 */
bool vmxnet3_host_sources_find(struct vmxnet3_host *host);
/** Put the next frames of the script into a burst of the driver's user. */
void vmxnet3_host_burst(struct player *player);

#endif /* MOCKS_CLI_PLAY_VMXNET3_HOST_H */
