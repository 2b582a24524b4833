/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the player: player.c makes the machine and compares; how each
 * side of each hypervisor is played is a row of its table, by file.
 */
#ifndef MOCKS_CLI_PLAY_PLAYER_INTERNAL_H
#define MOCKS_CLI_PLAY_PLAYER_INTERNAL_H

#include "mocks/cli/play/player.h"
#include "mocks/cli/virtual_machine.h"

/** Virtual nanoseconds until something that has to come is given up. */
#define PLAYER_PATIENCE	       UINT64_C(1000000000)
/** The driver's own patience is longer. */
#define PLAYER_DRIVER_PATIENCE UINT64_C(60000000000)
/** And between two looks at it. */
#define PLAYER_POLL	       20000u

struct player;

/** How one side of one hypervisor is played. Members may be NULL. */
struct player_role {
	/** A name of vmms[]. */
	const char *vmm;
	enum player_side side;
	/** What is compared. */
	const struct script_rules *rules;
	/** What it takes from the first line besides, up to a NULL. */
	const char *const *keys;
	/** The script was read: leave out what of it is chance. */
	void (*read)(struct player *player);
	/**
	 * Make what the role keeps, player->own, and say what the machine has
	 * to have beside host, seed and MTU. @return false: out of memory, or
	 * it is said what is wrong
	 */
	bool (*create)(struct player *player,
		       struct virtual_machine_configuration *vm);
	/** The machine is there. @return false: out of memory */
	bool (*start)(struct player *player);
	/** Inside the guest. @param player struct player; never NULL */
	void (*run)(void *player);
	/** With player_driver(): put what is to be sent now into its burst. */
	void (*burst)(struct player *player);
	/** Each event, as it comes. @return whether it is to be compared */
	bool (*saw)(struct player *player, const struct trace_event *event);
	/**
	 * It was compared, and did not differ.
	 * @param n which event of the script it was, SCRIPT_NONE: not compared
	 */
	void (*matched)(struct player *player, size_t n,
			const struct trace_event *event);
	/** After the machine; player->own is there. */
	void (*destroy)(struct player *player);
};

struct player {
	const struct player_configuration *configuration;
	const struct player_role *role;
	/** What the role keeps, its own. */
	void *own;
	const char *path;
	struct script *script;
	struct wire *wire;
	struct virtual_machine *vm;
	/** What went wrong, once; status says of which kind it is. */
	FILE *report;
	bool has_failed;
	enum cli_exit status;
	/** What is being put together. */
	struct trace_built built;
	struct tracing tracing;
	/**
	 * As the host: what stands above the driver, and when the machine is
	 * stopped, since nothing comes.
	 */
	struct player_driver *driver;
	struct machine_event stop;
	/** What the stack wants to receive; 0: it does not say. */
	unsigned filter;
	/** Events that came or were sent. */
	uint64_t moved;
};

/**
 * Something that is not in the script's notation went wrong at an event, or
 * behind all of them.
 */
void player_fail(struct player *player, size_t n, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** The script is at fault: a sentence with its place. */
void player_refuse(struct player *player, const char *sentence);

/* ---- The first line ---- */

#define PLAYER_ABOUT_MAX 512u

/**
 * Check its keys, and take what it says of any machine; the role is chosen.
 * @return false: it is said what is wrong
 */
bool player_first_line(struct player *player,
		       struct virtual_machine_configuration *vm);
/** A number that it gives, or not; false: as above. */
bool player_number(struct player *player, const char *key, uint64_t fallback,
		   uint64_t most, uint64_t *number);
/** The address that it gives the card, "mac", if it does; false: as above. */
bool player_mac(struct player *player, uint8_t mac[6]);
/** What a recording says of itself: it is to play as the script does. */
void player_about(const struct player *player, char *about, size_t bytes);

/** Put an event together; false: the script is at fault. */
bool player_encode(struct player *player, size_t n, struct trace_built *built);

/** The rows of the table, by file. */
extern const struct player_role player_hyperv_guest, player_hyperv_host,
	player_vmxnet3_guest, player_vmxnet3_host, player_virtio_guest,
	player_virtio_host;
/** All of them. */
extern const struct player_role *const player_roles[];
extern const size_t player_role_count;

#endif /* MOCKS_CLI_PLAY_PLAYER_INTERNAL_H */
