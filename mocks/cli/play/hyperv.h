/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces of Hyper-V: what both of its sides, hyperv_guest.c and
 * hyperv_host.c, know of what passed.
 */
#ifndef MOCKS_CLI_PLAY_HYPERV_H
#define MOCKS_CLI_PLAY_HYPERV_H

#include "mocks/cli/play/hyperv_memory.h"
#include "mocks/cli/play/player_internal.h"

struct player_hyperv {
	struct player_hyperv_memory memory;
	/** What a packet carries, being put together. */
	struct trace_built payload;
	/** Where the guest's messages are put, physical. */
	uint64_t input_page;
	/**
	 * As the host: what is played, and when it looks again; all messages
	 * before that one that carry frames were sent.
	 */
	struct player_hyperv_host *host;
	struct machine_event again;
	size_t sent;
};

static inline struct player_hyperv *player_hyperv(const struct player *player)
{
	return player->own;
}

/* Members of struct player_role that both sides have in common. */
void player_hyperv_read(struct player *player);
bool player_hyperv_create(struct player *player,
			  struct virtual_machine_configuration *vm);
bool player_hyperv_start(struct player *player);
void player_hyperv_destroy(struct player *player);
bool player_hyperv_saw(struct player *player, const struct trace_event *event);

/** As the host: put the next message's frames into a burst. */
void player_hyperv_burst(struct player *player);
/** The event that is sent next. */
size_t player_hyperv_host_next(const struct player *player);

#endif /* MOCKS_CLI_PLAY_HYPERV_H */
