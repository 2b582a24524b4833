/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/failed_machines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "mocks/cli/failure_files.h"
#include "mocks/cli/virtual_machine.h"

/** Bytes of a machine's trace that are kept: the last of it. */
#define KEPT_BYTES (UINT64_C(4) << 20)
/** Machines that are recorded at once; of more, the others are not. */
#define SLOTS	   8u

struct slot {
	/** NULL: it is gone; what it did is kept until the slot is wanted. */
	struct machine *machine;
	struct trace_recording *recording;
	uint64_t seed;
};

static struct slot slots[SLOTS];
/** The machine that was made last; NULL: the test has had none. */
static struct slot *last;
/** The slot of a virtual machine, which listens itself, until it has one. */
static struct slot *pending;

struct machine *
__real_machine_create(const struct machine_configuration *configuration);
struct machine *
__wrap_machine_create(const struct machine_configuration *configuration);
void __real_machine_destroy(struct machine *machine);
void __wrap_machine_destroy(struct machine *machine);
struct virtual_machine *__real_virtual_machine_create(
	const struct virtual_machine_configuration *configuration);
struct virtual_machine *__wrap_virtual_machine_create(
	const struct virtual_machine_configuration *configuration);

/** A slot with an empty recording; NULL: there is none, or none is wanted. */
static struct slot *slot_take(uint64_t seed)
{
	static unsigned next;
	struct slot *slot;
	unsigned n;

	if (!getenv("VMMSIM_FAILURES"))
		return NULL;
	for (n = 0; n < SLOTS && slots[next].machine; n++)
		next = (next + 1) % SLOTS;
	slot = &slots[next];
	if (slot->machine)
		return NULL;
	next = (next + 1) % SLOTS;
	trace_recording_destroy(slot->recording);
	slot->recording = trace_recording_create(KEPT_BYTES, false);
	slot->seed = seed;
	last = slot;
	return slot->recording ? slot : NULL;
}

struct machine *
__wrap_machine_create(const struct machine_configuration *configuration)
{
	struct machine *machine = __real_machine_create(configuration);
	struct slot *slot = pending;
	struct trace_observer observer;

	pending = NULL;
	if (!machine)
		return NULL;
	if (slot) {
		slot->machine = machine;
		return machine;
	}
	slot = slot_take(configuration ? configuration->seed : 0);
	if (!slot)
		return machine;
	slot->machine = machine;
	observer = trace_recording_observer(slot->recording);
	machine_trace_to(machine, &observer);
	return machine;
}

void __wrap_machine_destroy(struct machine *machine)
{
	unsigned n;

	__real_machine_destroy(machine);
	for (n = 0; n < SLOTS; n++)
		if (slots[n].machine == machine)
			slots[n].machine = NULL;
}

struct virtual_machine *__wrap_virtual_machine_create(
	const struct virtual_machine_configuration *configuration)
{
	struct virtual_machine_configuration own = *configuration;
	struct virtual_machine *vm;

	if (!own.observer.event)
		pending = slot_take(own.machine.seed);
	if (pending)
		own.observer = trace_recording_observer(pending->recording);
	vm = __real_virtual_machine_create(&own);
	pending = NULL;
	return vm;
}

void failed_machines_begin(void)
{
	last = NULL;
}

void failed_machines_leave(const char *test, const char *reason)
{
	static struct failure_files files;
	char about[FAILURE_NAME_MAX + 32], text[FAILURE_TEXT_MAX];

	files.folder = getenv("VMMSIM_FAILURES");
	if (!files.folder || !last || !failure_files_are_wanted(&files))
		return;
	snprintf(about, sizeof(about), "test=%.*s seed=%" PRIu64,
		 (int)FAILURE_NAME_MAX - 1, test, last->seed);
	failure_files_write(&files, last->recording, test, last->seed, about,
			    reason, text);
	fprintf(stderr, "trace of %s: %s\n", test, text);
}
