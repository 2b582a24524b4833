/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What playing a trace of Hyper-V to either side has in common.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/hyperv.h"

/** Channels with larger numbers are not followed. */
#define RELIDS_MAX 64u

/**
 * What a host reads of a ring after it was told that the channel is closed is
 * chance: packets of that time are left out.
 */
void player_hyperv_read(struct player *player)
{
	struct script *script = player->script;
	bool closed[RELIDS_MAX] = {false};
	uint64_t relid;
	size_t n;

	for (n = 0; n < script_count(script); n++) {
		if (script_direction(script, n) != TRACE_FROM_GUEST)
			continue;
		if (script_kind(script, n) == TRACE_PACKET &&
		    script_number(script, n, "channel", &relid) &&
		    relid < RELIDS_MAX && closed[relid])
			script_leave_out(script, n);
		if (script_kind(script, n) != TRACE_MESSAGE ||
		    !script_number(script, n, "child_relid", &relid) ||
		    relid >= RELIDS_MAX)
			continue;
		if (strcmp(script_name(script, n), "CLOSECHANNEL") == 0)
			closed[relid] = true;
		else if (strcmp(script_name(script, n), "OPENCHANNEL") == 0)
			closed[relid] = false;
	}
}

bool player_hyperv_create(struct player *player,
			  struct virtual_machine_configuration *vm)
{
	/* What a guest has to do between two steps of its host it gets to do.
	 */
	if (player->role->side == PLAYER_AS_GUEST)
		vm->machine.schedule = MACHINE_SCHEDULE_SINGLE;
	player->own = calloc(1, sizeof(struct player_hyperv));
	return player->own;
}

bool player_hyperv_start(struct player *player)
{
	player_hyperv(player)->memory.machine = player->vm->machine;
	return true;
}

bool player_hyperv_saw(struct player *player, const struct trace_event *event)
{
	player_hyperv_memory_learn(&player_hyperv(player)->memory, event);
	return true;
}

void player_hyperv_destroy(struct player *player)
{
	struct player_hyperv *own = player_hyperv(player);

	player_hyperv_memory_free(&own->memory);
	trace_built_free(&own->payload);
	free(own);
}
