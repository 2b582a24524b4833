/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts what could fail, and lets it.
 */
#include "mocks/machine/fault.h"

#include <string.h>

#include "mocks/machine/internal.h"

static const struct {
	const char *name;
	bool persists;
} kinds[] = {
	[MACHINE_FAULT_ALLOCATION] = {"allocation", true},
	[MACHINE_FAULT_PAGES] = {"pages", true},
	[MACHINE_FAULT_ATTACH] = {"attach", true},
	[MACHINE_FAULT_INTERRUPT] = {"interrupt", true},
	[MACHINE_FAULT_MSR] = {"msr", true},
	[MACHINE_FAULT_POST_BUSY] = {"post-busy", true},
	[MACHINE_FAULT_POST_REFUSED] = {"post-refused", true},
	[MACHINE_FAULT_SIGNAL_REFUSED] = {"signal-refused", true},
	[MACHINE_FAULT_SIGNAL_LOST] = {"signal-lost", true},
	[MACHINE_FAULT_MESSAGE_LOST] = {"message-lost", true},
	[MACHINE_FAULT_MESSAGE_LATE] = {"message-late", false},
	[MACHINE_FAULT_GPADL] = {"gpadl", true},
	[MACHINE_FAULT_OPEN] = {"open", true},
	[MACHINE_FAULT_COMPLETION_LOST] = {"completion-lost", true},
	[MACHINE_FAULT_COMPLETION_FAILED] = {"completion-failed", true},
	[MACHINE_FAULT_CONTROL] = {"control", true},
};

_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == MACHINE_FAULT_KINDS,
	       "each kind has its name");

const char *machine_fault_name(enum machine_fault_kind kind)
{
	return kinds[kind].name;
}

bool machine_fault_find(const char *name, enum machine_fault_kind *kind)
{
	unsigned i;

	for (i = 0; i < MACHINE_FAULT_KINDS; i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		*kind = (enum machine_fault_kind)i;
		return true;
	}
	return false;
}

bool machine_fault_persists(enum machine_fault_kind kind)
{
	return kinds[kind].persists;
}

void machine_fault_arm(struct machine *machine,
		       const struct machine_fault *fault)
{
	memset(&machine->faults, 0, sizeof(machine->faults));
	if (fault)
		machine->faults.armed = *fault;
}

bool machine_fault_fires(struct machine *machine, enum machine_fault_kind kind)
{
	struct machine_faults *faults = &machine->faults;
	const struct machine_fault *armed = &faults->armed;
	uint64_t n = ++faults->points[kind];

	if (!armed->n || armed->kind != kind || n < armed->n ||
	    (n > armed->n && !armed->persistent))
		return false;
	faults->fired++;
	return true;
}

uint64_t machine_fault_points(const struct machine *machine,
			      enum machine_fault_kind kind)
{
	return machine->faults.points[kind];
}

uint64_t machine_fault_fired(const struct machine *machine)
{
	return machine->faults.fired;
}
