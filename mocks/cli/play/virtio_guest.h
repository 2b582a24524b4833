/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest of a virtio trace inside: virtio_guest.c goes through the
 * script, virtio_guest_queue.c lays its chains out in memory,
 * virtio_guest_receive.c looks at what the device left there.
 */
#ifndef MOCKS_CLI_PLAY_VIRTIO_GUEST_H
#define MOCKS_CLI_PLAY_VIRTIO_GUEST_H

#include "mocks/cli/play/player_internal.h"

#define PLAYER_VIRTIO_GUEST_QUEUES  64u
/** Packets of a queue that lie in buffers the guest was not told of yet. */
#define PLAYER_VIRTIO_GUEST_PACKETS 1024u

/** A queue as the script's registers set it up. */
struct player_virtio_guest_queue {
	uint64_t descriptors, driver_area, device_area;
	/** 0: it was not written, the device has one of its own. */
	uint32_t size;
	bool is_ready;
	/** Chains that were made available so far, and the last one's place. */
	uint16_t available, last_index;
	/** Of packets that are being received, into how many buffers each. */
	uint16_t wanted[PLAYER_VIRTIO_GUEST_PACKETS];
	unsigned packets;
	/** Of the first of them, those that came back. */
	struct player_virtio_guest_buffer *used;
	unsigned used_count;
};

/** A piece of memory that the device is to read or write. */
struct player_virtio_guest_element {
	uint64_t address;
	uint32_t length;
	bool is_written;
};

struct player_virtio_guest {
	struct player_virtio_guest_queue queues[PLAYER_VIRTIO_GUEST_QUEUES];
	uint32_t queue_sel;
	/** The card's registers, mapped. */
	uint8_t *registers;
	/** The first event of the script that is not done. */
	size_t at;
	/** A frame is being handed to the card. */
	bool is_handing;
	/** What the device is to take before that event is laid out. */
	size_t laid;
	/** The script says which rules are broken; else none may be. */
	bool has_rules;
	/** It may have a card that goes, or comes. */
	bool has_cards;
	/** Of the chain that is laid out. */
	struct trace_built line;
	struct player_virtio_guest_element *elements;
	size_t count, room;
	/** Its buffer id, of a packed ring. */
	uint16_t id;
	/** The table that its last descriptor led to. */
	uint64_t table;
	uint16_t last_flags;
	/** What its device-readable part holds, header and all. */
	uint8_t *data;
	uint32_t bytes;
	/** What the device has to fill, and frames that it may fill it with. */
	struct player_virtio_guest_buffer *buffers;
	struct player_virtio_guest_frame *frames;
};

static inline struct player_virtio_guest *
player_virtio_guest_of(const struct player *player)
{
	return player->own;
}

void player_virtio_guest_free(struct player_virtio_guest *own);

/**
 * A register of the transport is going to be written: note what it says of a
 * queue, and have its rings empty before the device looks at them.
 */
void player_virtio_guest_learn(struct player *player,
			       const struct trace_event *event);

/**
 * Lay a chain out where the script has it, fill it with what the script says
 * that the device finds there, and make it available.
 * @param n the chain's first event: of "avail", or of "packed"
 * @param queue out: which queue is to be told
 * @return false: the script is at fault, and it is said
 */
bool player_virtio_guest_publish(struct player *player, size_t n,
				 uint32_t *queue);

/* ---- virtio_guest_receive.c ---- */

/** A frame is going to be handed to the card. @return false: it is said */
bool player_virtio_guest_handed(struct player *player, const uint8_t *data,
				uint32_t bytes);
/** The chain that was laid out last is the device's, with its head or id. */
void player_virtio_guest_posted(struct player *player, uint32_t queue,
				uint32_t id);
/** The device wrote a header, or gave a buffer back: look at what it holds. */
void player_virtio_guest_received(struct player *player, size_t n,
				  const struct trace_event *event);
/** The device has no buffers any more. */
void player_virtio_guest_receive_reset(struct player_virtio_guest *own);
void player_virtio_guest_receive_free(struct player_virtio_guest *own);

#endif /* MOCKS_CLI_PLAY_VIRTIO_GUEST_H */
