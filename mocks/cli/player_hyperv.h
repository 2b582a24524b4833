/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces of Hyper-V: what both of its sides, player_hyperv_guest.c and
 * player_hyperv_host.c, know of what passed.
 */
#ifndef MOCKS_CLI_PLAYER_HYPERV_H
#define MOCKS_CLI_PLAYER_HYPERV_H

#include "mocks/cli/player_hyperv_memory.h"
#include "mocks/cli/player_internal.h"

struct player_hyperv {
	struct player_hyperv_memory memory;
	/** What a packet carries, being put together. */
	struct trace_built payload;
	/** Where the guest's messages are put, physical. */
	uint64_t input_page;
	/**
	 * As the host: what is played, and above the driver; when the host
	 * looks again.
	 */
	struct player_hyperv_host *host;
	struct player_hyperv_driver *driver;
	struct machine_event again;
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

/** As the host, run inside the guest. @param argument struct player */
void player_hyperv_driver(void *argument);
void player_hyperv_driver_destroy(struct player *player);
/** The event that is sent next. */
size_t player_hyperv_host_next(const struct player *player);

#endif /* MOCKS_CLI_PLAYER_HYPERV_H */
