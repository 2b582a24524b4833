/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the player: player.c makes the machine and compares,
 * player_guest.c and player_host.c each play a side.
 */
#ifndef MOCKS_CLI_PLAYER_INTERNAL_H
#define MOCKS_CLI_PLAYER_INTERNAL_H

#include "mocks/cli/player.h"
#include "mocks/cli/player_memory.h"
#include "mocks/cli/virtual_machine.h"

/** Channels with larger numbers are not followed. */
#define PLAYER_RELIDS_MAX      64u
/** Virtual nanoseconds until something that has to come is given up. */
#define PLAYER_PATIENCE	       UINT64_C(1000000000)
/** The driver's own patience is longer. */
#define PLAYER_DRIVER_PATIENCE UINT64_C(60000000000)
/** And between two looks at it. */
#define PLAYER_POLL	       20000u

struct player {
	const struct player_configuration *configuration;
	const char *path;
	struct script *script;
	struct wire *wire;
	struct virtual_machine *vm;
	struct player_memory memory;
	/** What went wrong, once; status says of which kind it is. */
	FILE *report;
	bool has_failed;
	enum cli_exit status;
	/** What is being put together. */
	struct trace_built built, payload;
	struct tracing tracing;
	/** Where the guest's messages are put, physical. */
	uint64_t input_page;
	/**
	 * As the host: what is played, and above the driver; when the host
	 * looks again, and when the machine is stopped.
	 */
	struct player_host *host;
	struct player_driver *driver;
	struct machine_event again, stop;
	/** Events that came or were sent. */
	uint64_t moved;
};

/** Something that is not in the script's notation went wrong at an event. */
void player_fail(struct player *player, size_t n, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** The script is at fault: a sentence with its place. */
void player_refuse(struct player *player, const char *sentence);
/** Put an event together; false: the script is at fault. */
bool player_encode(struct player *player, size_t n, struct trace_built *built);

extern const struct script_rules player_guest_rules, player_host_rules;

/** Run inside the guest, one for each side. @param argument struct player */
void player_guest(void *argument);
void player_driver(void *argument);
void player_driver_destroy(struct player *player);

/** Put the script in the place of the simulated card; false: no memory. */
bool player_host_create(struct player *player);
void player_host_destroy(struct player *player);
/**
 * Something came from the driver: there may be an answer to send.
 * @param n the event of the script, or SCRIPT_NONE
 */
void player_host_event(struct player *player, size_t n,
		       const struct trace_event *event);
/**
 * Whether an event is not to be compared: REVOKE messages are the last before
 * the channel is closed, and whether the host reads them is chance.
 */
bool player_host_ignores(const struct player *player,
			 const struct trace_event *event);
/** The event that is sent next. */
size_t player_host_next(const struct player *player);

#endif /* MOCKS_CLI_PLAYER_INTERNAL_H */
