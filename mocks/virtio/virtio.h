/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtio network card behind the MMIO transport, plugged into a line of the
 * board and a wire: a reading of the device of its own, which names each rule
 * that a driver breaks, by the section of virtio 1.2, where the real ones are
 * silent.
 */
#ifndef MOCKS_VIRTIO_VIRTIO_H
#define MOCKS_VIRTIO_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mocks/machine/machine.h"
#include "mocks/virtio/faults.h"
#include "mocks/virtio/personality.h"
#include "mocks/wire/wire.h"

struct host_virtio;

struct host_virtio_configuration {
	/** NULL: the newest Firecracker. */
	const struct virtio_personality *personality;
	/** Without one that is not zero: the device does not offer MAC. */
	uint8_t mac[6];
	/** Feature bits beside the personality's, and bits it is not to have.
	 */
	uint64_t features, features_off;
	/** 0: as the personality, for these. A power of 2 at most 32768. */
	uint32_t queue_size_max;
	unsigned pairs;
	uint64_t base;
	unsigned line;
	/** 0: the device does not offer MTU. */
	uint16_t mtu;
	/** Megabits a second; 0: unknown. */
	uint32_t speed_mbps;
	bool link_down;
	/** Frames that wait for a queue's buffers before drops; default 512. */
	uint32_t queue_frames;
	/** How long a reset takes, in nanoseconds. */
	uint64_t reset_nanoseconds;
	/** Frames received are merged into large ones where that is allowed. */
	bool merge;
	/**
	 * One in so many frames comes with half a checksum, as from a sender
	 * on the same machine, where that is allowed; 0: none.
	 */
	uint32_t partial_one_in;
	/** NULL: an honest device. Copied. */
	const struct host_virtio_faults *faults;
	/**
	 * Hears that the driver wants to know of what was used in a queue, in
	 * place of the interrupt line; may be NULL.
	 */
	void (*told)(void *context, unsigned queue);
	void *context;
};

/** How frames went, as the device saw it. */
struct host_virtio_counters {
	/** Frames on the wire, and their bytes; packets of the guest. */
	uint64_t tx_frames, tx_bytes, tx_packets, tx_segmented, tx_refused;
	/** Packets told to the guest; merged: frames in large ones. */
	uint64_t rx_frames, rx_packets, rx_bytes, rx_merged, rx_buffers,
		rx_refused;
	uint64_t rx_drop_queue, rx_drop_filter, rx_drop_state, rx_drop_size;
	/** Chains taken; indirect ones among them. */
	uint64_t chains, indirect;
	uint64_t kicks, interrupts, commands, resets;
};

/** @return NULL: out of memory */
struct host_virtio *
host_virtio_create(struct machine *machine,
		   const struct host_virtio_configuration *configuration,
		   struct wire *wire);
/** The machine goes on without it: its registers read as all ones. */
void host_virtio_destroy(struct host_virtio *card);

void host_virtio_counters(const struct host_virtio *card,
			  struct host_virtio_counters *counters);

/** Where its registers are, how many bytes of them, and its line. */
uint64_t host_virtio_base(const struct host_virtio *card);
uint64_t host_virtio_bytes(const struct host_virtio *card);
unsigned host_virtio_line(const struct host_virtio *card);
/** The word of the command line that announces it, at most so many bytes. */
void host_virtio_announcement(const struct host_virtio *card, char *text,
			      size_t bytes);

/** As the driver reads it; feature bits that it accepted so far. */
uint32_t host_virtio_status(const struct host_virtio *card);
uint64_t host_virtio_features(const struct host_virtio *card);
/** Gone for good, or a queue of it hangs since the guest broke a rule. */
bool host_virtio_is_dead(const struct host_virtio *card);
/** Queues whose memory the device reaches right now. */
unsigned host_virtio_queues_live(const struct host_virtio *card);
/** Frames that wait in the device for the guest's buffers. */
uint32_t host_virtio_backlog(const struct host_virtio *card);
/** The address that frames are filtered by. */
void host_virtio_mac(const struct host_virtio *card, uint8_t mac[6]);
/** Pairs of queues in use. */
unsigned host_virtio_pairs(const struct host_virtio *card);

/*
 * What the world does to a card. A trace has a note of it, by which it can be
 * done again.
 */

#define HOST_VIRTIO_NOTE_ANNOUNCE "the guest is to announce itself"
#define HOST_VIRTIO_NOTE_FAIL	  "the device fails"

void host_virtio_link_set(struct host_virtio *card, bool up);
void host_virtio_speed_set(struct host_virtio *card, uint32_t mbps);
/** The machine was moved: the guest is to announce itself. */
void host_virtio_announce(struct host_virtio *card);
/** It met an error that only a reset cures. */
void host_virtio_fail(struct host_virtio *card);
/** Pull the card out: its registers read as all ones. */
void host_virtio_remove(struct host_virtio *card);
/** Misbehave from now on, counting from 0; NULL: behave. Copied. */
void host_virtio_faults_set(struct host_virtio *card,
			    const struct host_virtio_faults *faults);
/** How often a fault fired since then. */
uint64_t host_virtio_faults_fired(const struct host_virtio *card,
				  enum host_virtio_fault fault);
/** All that it knows of them; may be changed. */
struct host_virtio_lies *host_virtio_lies_of(struct host_virtio *card);

#endif /* MOCKS_VIRTIO_VIRTIO_H */
