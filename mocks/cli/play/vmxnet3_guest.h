/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest of a vmxnet3's trace, inside:
 *
 *	vmxnet3_guest.c		what is compared, registers, one after the other
 *	vmxnet3_guest_rings.c	what lies in its memory: areas and rings
 *	vmxnet3_guest_packet.c	what lies in its buffers
 */
#ifndef MOCKS_CLI_PLAY_VMXNET3_GUEST_H
#define MOCKS_CLI_PLAY_VMXNET3_GUEST_H

#include "mocks/cli/play/player_internal.h"
#include "mocks/vmware/vmxnet3_wire.h"

#define VMXNET3_GUEST_QUEUES  32u
#define VMXNET3_GUEST_VECTORS 48u
/** Frames that were handed over and did not show up in buffers so far. */
#define VMXNET3_GUEST_WAITING 1024u
/** Buffers of a packet. */
#define VMXNET3_GUEST_PIECES  64u
/** Longer than any packet in guest memory, with room for a tag. */
#define VMXNET3_GUEST_PACKET  (512u * 1024)

/** A ring, and the descriptors that the script has for it. */
struct vmxnet3_guest_ring {
	uint64_t address;
	uint32_t size;
	/** Numbers of events, in their order. */
	size_t *items;
	size_t count, room;
	/** Of them: written into the ring; taken by the device. */
	size_t written, taken;
	/** What a doorbell tells of what was written. */
	uint32_t producer;
};

struct vmxnet3_guest_rx {
	struct vmxnet3_guest_ring rings[2];
	uint64_t data_address;
	uint32_t data_bytes;
	/** The buffers of a packet so far; its bytes, once all are written. */
	struct {
		uint64_t address;
		uint32_t bytes;
	} pieces[VMXNET3_GUEST_PIECES];
	unsigned piece_count;
	uint8_t *packet;
	uint32_t bytes;
	bool is_large, is_bad;
};

struct vmxnet3_guest {
	struct player *player;
	/** A descriptor, and a frame beside player->built. */
	struct trace_built descriptor, frame;
	/** Where the script's guest has what; 0: nowhere. */
	uint32_t shared_low;
	uint64_t shared, queues, groups, rss, argument;
	unsigned tx_count, rx_count;
	/** No descriptor from this event on belongs to what is active. */
	size_t limit;
	struct vmxnet3_guest_ring tx[VMXNET3_GUEST_QUEUES];
	struct vmxnet3_guest_rx rx[VMXNET3_GUEST_QUEUES];
	/** Frames handed over, by the numbers of their events. */
	size_t waiting[VMXNET3_GUEST_WAITING];
	size_t waiting_count;
	/** A packet that is put together, and a segment of it. */
	uint8_t *packet, *segment;
	uint8_t vectors[VMXNET3_GUEST_VECTORS];
	unsigned vector_count;
};

/** Whether an event of the script is a descriptor at that place. */
bool vmxnet3_guest_is_at(const struct vmxnet3_guest *guest, size_t n,
			 const char *place);

/* ---- vmxnet3_guest_rings.c ---- */

/** Note which descriptors the script has. @return false: out of memory */
bool vmxnet3_guest_rings_find(struct vmxnet3_guest *guest);
/** Lay out what a command at an event of the script makes the device read. */
void vmxnet3_guest_areas_lay(struct vmxnet3_guest *guest, size_t n);
/** The same of one event, if it is about such an area. */
void vmxnet3_guest_area_lay(struct vmxnet3_guest *guest, size_t n);
/** Rings are empty, and hold what of the script's comes after ACTIVATE. */
void vmxnet3_guest_rings_begin(struct vmxnet3_guest *guest, size_t n);
/** Write receive descriptors as far as there is room. */
void vmxnet3_guest_rx_fill(struct vmxnet3_guest *guest);
/**
 * Write the packets that a doorbell tells of, as far as the script has them.
 * @param producer as it is rung
 */
void vmxnet3_guest_tx_fill(struct vmxnet3_guest *guest, unsigned queue,
			   uint32_t producer);
/**
 * Write the packet that an event of the script begins, with all before it.
 * @param producer out: what is rung for it
 * @return false: it is in the ring already, or cannot be
 */
bool vmxnet3_guest_tx_write(struct vmxnet3_guest *guest, unsigned queue,
			    size_t n, uint32_t *producer);

/* ---- vmxnet3_guest_packet.c ---- */

/**
 * Fill the buffers of a packet with what the frames behind it were made of.
 * @param first event of its first descriptor
 * @param last and of its last
 */
void vmxnet3_guest_packet_fill(struct vmxnet3_guest *guest, size_t first,
			       size_t last);
/** A completion came: the frame lies in the buffers, or that is said. */
void vmxnet3_guest_packet_check(struct vmxnet3_guest *guest, size_t n,
				const struct trace_event *event);

#endif /* MOCKS_CLI_PLAY_VMXNET3_GUEST_H */
