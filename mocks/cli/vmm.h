/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hypervisors that a virtual machine can be one of, as the command and the
 * scenarios see them: one table of what each does in its own way.
 *
 * virtual_machine.h is what is used; only virtual_machine.c calls the members
 * of struct vmm. A new hypervisor is a file vmm_NAME.c and a row in vmm.c.
 */
#ifndef MOCKS_CLI_VMM_H
#define MOCKS_CLI_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/nic.h"

struct virtual_machine;

#define VMM_SPEAKS_MAX 64u

/** One release of a hypervisor. */
struct vmm_host {
	/** As on the command line, and as a person calls it. */
	const char *name, *title;
	/** Protocols and their versions, for people. */
	char speaks[VMM_SPEAKS_MAX];
	/** It lies, so nothing can be compared; not one of "all". */
	bool is_hostile;
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

struct vmm {
	/** As on the command line: "hyperv". */
	const char *name;
	/** The host that is played unless another is named. */
	const char *host_default;
	/** The n-th host, in the order of releases. @return false: beyond */
	bool (*host)(size_t n, struct vmm_host *host);

	/**
	 * Before its machine is made: have its configuration say what the host
	 * needs of it. NULL: nothing. @return as create()
	 */
	bool (*prepare)(struct virtual_machine *vm);

	/* The host's side, in a machine that is there. */

	/** @return false: out of memory; destroy() is called all the same */
	bool (*create)(struct virtual_machine *vm);
	void (*destroy)(struct virtual_machine *vm);
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

	/* The guest's side, run inside the guest. */

	/** From a stage (up to "connected") to the next. */
	int (*step)(struct virtual_machine *vm, const struct nic_stack *stack);
	/** Look after the bus; NULL: there is none to look after. */
	void (*poll)(struct virtual_machine *vm);
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

#endif /* MOCKS_CLI_VMM_H */
