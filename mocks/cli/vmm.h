/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hypervisors that a virtual machine can be one of, as the command and the
 * scenarios see them: one table of what each does in its own way.
 *
 * To bring a card up and down there is virtual_machine.h; what is done to a
 * host beside that is done by the members of struct vmm. A new hypervisor is a
 * file vmm_NAME.c and a row in vmm.c.
 */
#ifndef MOCKS_CLI_VMM_H
#define MOCKS_CLI_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/nic.h"

struct virtual_machine;
struct virtual_machine_configuration;

#define VMM_SPEAKS_MAX	  64u
/** Protocols of a hypervisor, and faults of its hosts, at most. */
#define VMM_PROTOCOLS_MAX 2u
#define VMM_FAULTS_MAX	  256u

/** A version as on the wire, and as people call it: "5.3". */
struct vmm_version {
	uint32_t value;
	const char *name;
};

/** A protocol of which a guest may be told where to stop. */
struct vmm_protocol {
	/** As an option of the command line, and as people call it. */
	const char *option, *title;
	/** The lowest first. */
	const struct vmm_version *versions;
	size_t version_count;
	/** The highest version that a guest tries; 0: its own highest. */
	uint32_t *(*limit)(struct virtual_machine_configuration *own);
};

/** A version by its name. @return NULL: there is none of that name */
const struct vmm_version *
vmm_protocol_version(const struct vmm_protocol *protocol, const char *name);

/** One release of a hypervisor. */
struct vmm_host {
	/** As on the command line, and as a person calls it. */
	const char *name, *title;
	/** Protocols and their versions, for people. */
	char speaks[VMM_SPEAKS_MAX];
	/** It lies, so nothing can be compared; not one of "all". */
	bool is_hostile;
	/** The highest version of each of the hypervisor's protocols. */
	uint32_t version_max[VMM_PROTOCOLS_MAX];
	/**
	 * A shorter frame comes out with zeros up to that, without the tag that
	 * travels beside it: one that the guest sends, one that it receives.
	 * 0: frames come out as they are.
	 */
	uint32_t tx_frame_bytes_min, rx_frame_bytes_min;
};

/** How frames went, as the host's card saw it. */
struct vmm_counters {
	/** Taken from the guest; delivered to it. */
	uint64_t tx_frames, rx_frames;
	/** Messages or descriptors chains that carried those taken. */
	uint64_t tx_messages;
	/** Not delivered: no room; not asked for; for another reason. */
	uint64_t rx_drop_queue, rx_drop_filter, rx_drop_other;
};

/* ---- What there is to ask of a host ---- */

/** What not each hypervisor's card, or host, can do. */
enum vmm_ability {
	VMM_ABILITY_NONE,
	VMM_ABILITY_SEND_BUFFER,
	VMM_ABILITY_DATA_RINGS,
	VMM_ABILITY_MTU,
	VMM_ABILITY_MAC,
	VMM_ABILITY_FILTER,
	VMM_ABILITY_LINK,
	VMM_ABILITY_REOPEN,
	VMM_ABILITY_REMOVAL,
	VMM_ABILITY_KEEPALIVE,
	VMM_ABILITY_NETWORK_CHANGE,
	VMM_ABILITY_RNDIS_RESET,
	VMM_ABILITY_QUEUE_STOP,
	VMM_ABILITY_DEVICE_CHANGE,
	VMM_ABILITIES,
};

/** Whether a hypervisor has an ability, and from which version on. */
struct vmm_can {
	bool it_can;
	/** That protocol's version; 0: any. And what the lower ones lack. */
	unsigned protocol;
	uint32_t version_min;
	const char *need;
};

/* ---- What a host may do wrong ---- */

struct vmm_fault {
	/** As on the command line. */
	const char *name;
	/** Where it is at home. */
	const char *layer;
	/** What it does, in one line, and who did it, or what it breaks. */
	const char *text, *source;
	/** Frames may be changed, doubled or made up; else lost at most. */
	bool changes;
};

/** In struct vmm_faults: whenever it could be done. */
#define VMM_FAULT_ALWAYS UINT32_MAX

/**
 * Which faults a host has, by number: 0 where it is honest, n to do it only the
 * n-th time that it could, or VMM_FAULT_ALWAYS.
 */
struct vmm_faults {
	uint32_t when[VMM_FAULTS_MAX];
	/** Not 0: VMM_FAULT_ALWAYS is once in so many times. */
	uint32_t odds;
};

/* ---- The table ---- */

struct vmm {
	/** As on the command line: "hyperv". */
	const char *name;
	/** The host that is played unless another is named. */
	const char *host_default;
	/** The n-th host, in the order of releases. @return false: beyond */
	bool (*host)(size_t n, struct vmm_host *host);
	const struct vmm_protocol *protocols;
	size_t protocol_count;
	struct vmm_can can[VMM_ABILITIES];
	/** What its hosts may do wrong, by number. */
	unsigned fault_count;
	void (*fault)(unsigned n, struct vmm_fault *fault);

	/**
	 * Before its machine is made: have its configuration say what the host
	 * needs of it. NULL: nothing. @return as create()
	 */
	bool (*prepare)(struct virtual_machine *vm);

	/* The host's side, in a machine that is there. */

	/** @return false: out of memory; destroy() is called all the same */
	bool (*create)(struct virtual_machine *vm);
	void (*destroy)(struct virtual_machine *vm);
	/** Since the machine, or its card, was made. */
	void (*counters)(const struct virtual_machine *vm,
			 struct vmm_counters *counters);
	/** Frames that wait in the host for the guest. */
	uint32_t (*backlog)(const struct virtual_machine *vm);
	/** The host gave the card up since the guest broke a rule. */
	bool (*is_dead)(const struct virtual_machine *vm);
	/** Pieces of the guest's memory that its host can still reach. */
	unsigned (*shown)(const struct virtual_machine *vm);
	void (*link_set)(struct virtual_machine *vm, bool up);
	void (*speed_set)(struct virtual_machine *vm, uint32_t mbps);
	/** Take the card away; and put it back. */
	void (*remove)(struct virtual_machine *vm);
	void (*insert)(struct virtual_machine *vm);
	/* Of those abilities; NULL without. */
	void (*keepalive)(struct virtual_machine *vm);
	/** Whether the guest still has to answer that it lives. */
	bool (*is_asking)(const struct virtual_machine *vm);
	void (*network_change)(struct virtual_machine *vm);
	void (*queue_stop)(struct virtual_machine *vm, bool receive);
	void (*device_change)(struct virtual_machine *vm);
	/**
	 * From now on misbehave as it says, counting from 0; NULL: behave, and
	 * forget what was to come late.
	 * @param faults copied
	 */
	void (*faults_arm)(struct virtual_machine *vm,
			   const struct vmm_faults *faults);
	/** How often one was done since then; all that were. */
	uint64_t (*fault_fired)(const struct virtual_machine *vm, unsigned n);
	uint64_t (*faults_fired)(const struct virtual_machine *vm);
	/** Whether one was done that can change frames. */
	bool (*faults_changed)(const struct virtual_machine *vm);

	/* The guest's side, run inside the guest. */

	/** From a stage (up to "connected") to the next. */
	int (*step)(struct virtual_machine *vm, const struct nic_stack *stack);
	/** Look after the bus; NULL: there is none to look after. */
	void (*poll)(struct virtual_machine *vm);
	/**
	 * Whether there is memory of closed cards that their host would not let
	 * go of, buffers of the stack among it: they come back at the end.
	 * NULL: never.
	 */
	bool (*keeps)(const struct virtual_machine *vm);
	/** From "connected" or "attached" to the stage before. */
	void (*disconnect)(struct virtual_machine *vm);
	void (*detach)(struct virtual_machine *vm);
};

/** All of them, and by name: NULL if there is none such. */
extern const struct vmm *const vmms[];
extern const size_t vmm_count;
const struct vmm *vmm_find(const char *name);
/** A hypervisor that is not in the table, but found by its name; NULL: none. */
extern const struct vmm *vmm_extra;

/** Whether a hypervisor has a host of that name. @param host out, or NULL */
bool vmm_host_find(const struct vmm *vmm, const char *name,
		   struct vmm_host *host);

/**
 * The host whose release a host plays with a seed: a hostile one that of any
 * honest one, all others their own.
 */
void vmm_host_played(const struct vmm *vmm, const struct vmm_host *host,
		     uint64_t seed, struct vmm_host *played);

/** In a sentence: what a hypervisor without it has not. */
const char *vmm_ability_name(enum vmm_ability ability);

/** By name. @return false: its hosts have no such fault */
bool vmm_fault_find(const struct vmm *vmm, const char *name, unsigned *n);

/**
 * What a hostile host does with a seed: some faults have a chance in this run,
 * and have it again each time that they could fire. One alone leads furthest,
 * many lead to what one does not.
 */
void vmm_faults_plan(const struct vmm *vmm, uint64_t seed,
		     struct vmm_faults *faults);

enum vmm_wants {
	VMM_WANTS_ONE,
	VMM_WANTS_ANY,
};

/**
 * The sentence that there is no such hypervisor, or no such host (of one, or of
 * all: NULL), with the names there are.
 * @param wants what the option takes: one, of the hosts an honest one; or any,
 * and "all" too
 * @param text room for so many bytes
 */
void vmm_complain(const char *name, enum vmm_wants wants, char *text,
		  size_t bytes);
void vmm_host_complain(const struct vmm *vmm, const char *name,
		       enum vmm_wants wants, char *text, size_t bytes);

/** The rows of the table, by file. */
extern const struct vmm vmm_hyperv;
extern const struct vmm vmm_vmware;
extern const struct vmm vmm_firecracker;

#endif /* MOCKS_CLI_VMM_H */
