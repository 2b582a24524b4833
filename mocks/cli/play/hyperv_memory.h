/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where things are in the memory of a guest of Hyper-V, learnt from what it and
 * its host tell each other: lists of pages, rings, buffers, message pages.
 */
#ifndef MOCKS_CLI_PLAY_HYPERV_MEMORY_H
#define MOCKS_CLI_PLAY_HYPERV_MEMORY_H

#include "mocks/machine/machine.h"
#include "mocks/machine/trace.h"

#define PLAYER_LISTS_MAX    64u
#define PLAYER_CHANNELS_MAX 16u

/** Memory that the guest shows to the host (GPADL). */
struct player_list {
	uint32_t handle, relid, bytes, offset;
	uint64_t *pages;
	size_t count, room;
};

/** A channel, from its offer on. */
struct player_channel {
	uint32_t relid, connection;
	bool is_open;
	uint32_t ring_list, downstream;
	/** Where the guest writes next. */
	uint32_t write;
};

struct player_hyperv_memory {
	struct machine *machine;
	struct player_list lists[PLAYER_LISTS_MAX];
	struct player_channel channels[PLAYER_CHANNELS_MAX];
	unsigned list_count, channel_count;
	/** Physical addresses, 0: none. */
	uint64_t hypercall_page, message_page[MACHINE_CPUS_MAX];
	uint32_t receive_list, send_list, section_bytes;
};

void player_hyperv_memory_free(struct player_hyperv_memory *memory);

/** Note what an event says, before its receiver acts on it. */
void player_hyperv_memory_learn(struct player_hyperv_memory *memory,
				const struct trace_event *event);

struct player_list *
player_hyperv_memory_list(struct player_hyperv_memory *memory, uint32_t handle);
struct player_channel *
player_hyperv_memory_channel(struct player_hyperv_memory *memory,
			     uint32_t relid);

/** Copy into or out of a list; false: not all of it is memory of the list. */
bool player_list_write(struct player_hyperv_memory *memory,
		       const struct player_list *list, uint32_t offset,
		       const void *from, uint32_t bytes);
bool player_list_read(struct player_hyperv_memory *memory,
		      const struct player_list *list, uint32_t offset, void *to,
		      uint32_t bytes);

/**
 * Go through the ranges between descriptor and payload of a packet of type 9:
 * copy bytes into them, or out of them.
 * @param header those bytes
 * @return how many bytes were copied
 */
uint32_t player_ranges_write(struct player_hyperv_memory *memory,
			     const uint8_t *header, uint32_t header_bytes,
			     const uint8_t *from, uint32_t bytes);
uint32_t player_ranges_read(struct player_hyperv_memory *memory,
			    const uint8_t *header, uint32_t header_bytes,
			    uint8_t *to, uint32_t room);

/**
 * Both rings are empty before the host is told of them.
 * @param event the message that is going to tell it; others are fine
 */
void player_rings_clear(struct player_hyperv_memory *memory,
			const struct trace_event *event);
/**
 * Put a packet into the guest's ring and publish it.
 * @param event of kind TRACE_PACKET
 * @return false: the channel is not open, or the ring has no room for it
 */
bool player_ring_write(struct player_hyperv_memory *memory,
		       struct player_channel *channel,
		       const struct trace_event *event);
/**
 * Take all that is in the ring to the guest.
 * @return whether the host waits for that and wants a signal
 */
bool player_ring_take(struct player_hyperv_memory *memory,
		      struct player_channel *channel);

#endif /* MOCKS_CLI_PLAY_HYPERV_MEMORY_H */
