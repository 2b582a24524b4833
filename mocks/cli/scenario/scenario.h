/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenarios: what a driver goes through, each a named function on a machine.
 *
 * A scenario is guest code. It brings the card up, does what its line in the
 * table says, and returns 0 or the first error of the driver's; what it leaves
 * up is taken down after it. Around it stands the same frame for all: the
 * machine is made from a combination of host, versions and seed; frames are
 * known by their number, so that one which is lost, changed or out of order is
 * missed; and afterwards nothing may be left behind.
 *
 * The same scenario runs with one fault of the machine (mocks/machine/fault.h),
 * or on a host that lies (vmmsim scenario faults). Then any error of enum error
 * is a good answer, but the rest holds as before, and the card must come up
 * again on the same machine. Of a host that lies the guest may break rules and
 * lose frames; frames that are wrong only those faults excuse that change them.
 */
#ifndef MOCKS_CLI_SCENARIO_SCENARIO_H
#define MOCKS_CLI_SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mocks/cli/virtual_machine.h"
#include "mocks/machine/fault.h"

struct scenario_guest;

struct scenario {
	const char *name;
	/** What it shows, in one line. */
	const char *shows;
	/** What not each hypervisor can do; those that cannot are left out. */
	enum vmm_ability needs;
	/** Change the machine before it is made; may be NULL. */
	void (*configure)(struct virtual_machine_configuration *configuration);
	/** @return 0, or the first error of the driver's */
	int (*run)(struct scenario_guest *guest);
};

/** All of them, in the order of a card's life. */
extern const struct scenario scenarios[];
extern const size_t scenario_count;

/** By name, or NULL. */
const struct scenario *scenario_find(const char *name);

/** The functions of the table, by file. */
int scenario_bring_up(struct scenario_guest *guest);
int scenario_stop_start(struct scenario_guest *guest);
int scenario_reopen(struct scenario_guest *guest);
int scenario_reconnect(struct scenario_guest *guest);
int scenario_rescind(struct scenario_guest *guest);
int scenario_rescind_asked(struct scenario_guest *guest);

int scenario_transmit(struct scenario_guest *guest);
int scenario_receive(struct scenario_guest *guest);
int scenario_flood(struct scenario_guest *guest);
int scenario_lengths(struct scenario_guest *guest);
int scenario_jumbo(struct scenario_guest *guest);
int scenario_armed(struct scenario_guest *guest);

int scenario_mtu(struct scenario_guest *guest);
int scenario_mac(struct scenario_guest *guest);
int scenario_filter(struct scenario_guest *guest);
int scenario_link(struct scenario_guest *guest);
int scenario_keepalive(struct scenario_guest *guest);
int scenario_network_change(struct scenario_guest *guest);
int scenario_reset(struct scenario_guest *guest);
int scenario_queue_stop(struct scenario_guest *guest);
int scenario_device_change(struct scenario_guest *guest);

/* ---- Running one ---- */

#define SCENARIO_REASON_MAX  640u
/** In a reason: what follows is what the host did wrong before. */
#define SCENARIO_REASON_LIES "; the host did:"
/** More frames than any scenario makes. */
#define SCENARIO_FRAMES_MAX  65536u

/** One combination. */
struct scenario_case {
	const struct scenario *scenario;
	const struct vmm *vmm;
	struct vmm_host host;
	/** Where the guest stops, in each of the hypervisor's protocols. */
	const struct vmm_version *versions[VMM_PROTOCOLS_MAX];
	uint64_t seed;
	/** n is 0: none. */
	struct machine_fault fault;
	/**
	 * The host's. A hostile host without has_lies has what its seed says,
	 * and always the odds that its seed says.
	 */
	bool has_lies;
	struct vmm_faults lies;
	/** At most so many frames in all, of those that bursts are made of. */
	bool has_frames_max;
	uint32_t frames_max;
};

/** Whether the host lies in it, or may. */
bool scenario_has_lies(const struct scenario_case *it);
/** Which lies: those of the case, or those that its seed says. */
void scenario_lies(const struct scenario_case *it, struct vmm_faults *lies);

/**
 * Whether a hypervisor can do what a scenario needs.
 * @param reason room for SCENARIO_REASON_MAX: what it has not
 */
bool scenario_is_for(const struct scenario *scenario, const struct vmm *vmm,
		     char *reason);

/**
 * Whether there is such a combination.
 * @param reason room for SCENARIO_REASON_MAX: why there is not
 */
bool scenario_exists(const struct scenario_case *it, char *reason);

/** Small enough for one write to a pipe. */
struct scenario_result {
	bool passed;
	/** It was ended, since it ran for SCENARIO_SECONDS. */
	bool timed_out;
	/** What the scenario returned, and what of the rest did not hold. */
	int error;
	char reason[SCENARIO_REASON_MAX];
	/** What could fail in it, and what did. */
	uint64_t points[MACHINE_FAULT_KINDS], fired;
	/** Lies that the host told. */
	uint64_t lies;
	/** Frames that came out; and those that frames_max counts. */
	uint64_t frames_out, frames_in, frames_made, virtual_ns;
};

/**
 * Run it here.
 * @param observer who is told of what passes, copied; NULL: nobody
 * @param result out, filled in whatever happens
 */
void scenario_run(const struct scenario_case *it,
		  const struct trace_observer *observer,
		  struct scenario_result *result);

#endif /* MOCKS_CLI_SCENARIO_SCENARIO_H */
