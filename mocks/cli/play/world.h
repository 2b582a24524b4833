/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the world does to a card: notes that a trace has of it, done again.
 */
#ifndef MOCKS_CLI_PLAY_WORLD_H
#define MOCKS_CLI_PLAY_WORLD_H

#include <stdbool.h>

#include "mocks/cli/virtual_machine.h"
#include "mocks/trace/record.h"

/** Something that can happen, and how it is done again. */
struct player_act {
	const char *text;
	void (*act)(struct virtual_machine *vm);
};

/**
 * Do what a note says: to a card of each hypervisor, its link, its speed, that
 * it is removed; and what one hypervisor has besides.
 * @param own up to one without a text
 * @return whether it was something of that kind
 */
bool player_world(struct virtual_machine *vm, const struct player_act *own,
		  const char *text);
/** Whether it is a note of something of that kind. */
bool player_is_world(const struct trace_record *record,
		     const struct player_act *own);

#endif /* MOCKS_CLI_PLAY_WORLD_H */
