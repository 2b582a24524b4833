/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands above the driver while a script is played to it, the same for all
 * cards; what is sent, the role takes out of its script.
 */
#ifndef MOCKS_CLI_PLAY_DRIVER_H
#define MOCKS_CLI_PLAY_DRIVER_H

#include "mocks/cli/play/player_internal.h"

/** The most pieces that a script lays a frame down in. */
#define PLAYER_PIECES_MAX 32u

/** A frame that a script has the driver send. */
struct player_frame {
	const uint8_t *bytes;
	uint32_t length;
	/** The lengths of its pieces; none: as the seed cuts it. */
	const uint32_t *pieces;
	unsigned piece_count;
	/** What it asks of the card, as in struct net_packet. */
	uint16_t flags, vlan_tag, l3_offset, l4_offset, segment_bytes;
};

/**
 * The run of a role: the guest, from its first instruction to its last.
 * @param argument struct player
 */
void player_driver(void *argument);
void player_driver_free(struct player *player);

/** The first thing that the driver still has to do; or the number of events. */
size_t player_driver_waits_for(const struct player *player);

/* ---- For the burst of a role ---- */

bool player_driver_can_put(const struct player *player);
/** Put a frame into the burst, its bytes copied; there is room. */
void player_driver_put(struct player *player, const struct player_frame *frame);

#endif /* MOCKS_CLI_PLAY_DRIVER_H */
