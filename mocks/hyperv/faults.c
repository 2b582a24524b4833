/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of a host's faults, which of them are armed, and what is to be done
 * later.
 */
#include "mocks/hyperv/faults_internal.h"

#include <string.h>

#define HOST_FAULT_DESCRIPTION(field, name, layer, harm, text, source)         \
	{name,                                                                 \
	 HOST_FAULT_##layer,                                                   \
	 HOST_FAULT_##harm,                                                    \
	 text,                                                                 \
	 source,                                                               \
	 offsetof(struct host_faults, field)},

const struct host_fault_description host_fault_descriptions[] = {
	HOST_FAULTS(HOST_FAULT_DESCRIPTION)};

_Static_assert(sizeof(host_fault_descriptions) /
			       sizeof(host_fault_descriptions[0]) ==
		       HOST_FAULT_COUNT,
	       "each fault has its description");

/** Something that is done later. */
struct host_late {
	struct host_late *next;
	struct host_fault_state *state;
	struct machine_event event;
	void (*act)(void *context, const uint8_t *bytes, uint32_t count);
	void *context;
	uint32_t count;
	uint8_t bytes[];
};

struct host_fault_state {
	struct machine *machine;
	struct host_faults faults;
	bool armed;
	uint64_t points[HOST_FAULT_COUNT], fired[HOST_FAULT_COUNT];
	uint64_t all_fired;
	bool changed;
	struct host_late *late;
};

const char *host_fault_layer_name(enum host_fault_layer layer)
{
	static const char *const names[HOST_FAULT_LAYERS] = {
		[HOST_FAULT_HYPERVISOR] = "hypervisor",
		[HOST_FAULT_VMBUS] = "vmbus",
		[HOST_FAULT_RING] = "ring",
		[HOST_FAULT_NVSP] = "nvsp",
		[HOST_FAULT_RNDIS] = "rndis",
	};

	return names[layer];
}

bool host_fault_find(const char *name, enum host_fault *fault)
{
	unsigned i;

	for (i = 0; i < HOST_FAULT_COUNT; i++) {
		if (strcmp(host_fault_descriptions[i].name, name) != 0)
			continue;
		*fault = (enum host_fault)i;
		return true;
	}
	return false;
}

uint32_t *host_fault_field(struct host_faults *faults, enum host_fault fault)
{
	return (uint32_t *)(void *)((uint8_t *)faults +
				    host_fault_descriptions[fault].offset);
}

/* ---- Armed ---- */

static void late_free(struct host_late *late)
{
	struct host_fault_state *state = late->state;
	struct host_late **link = &state->late;

	machine_event_cancel(state->machine, &late->event);
	while (*link != late)
		link = &(*link)->next;
	*link = late->next;
	free(late);
}

static void state_clear(struct host_fault_state *state)
{
	while (state->late)
		late_free(state->late);
	memset(&state->faults, 0, sizeof(state->faults));
	memset(state->points, 0, sizeof(state->points));
	memset(state->fired, 0, sizeof(state->fired));
	state->all_fired = 0;
	state->armed = false;
	state->changed = false;
}

struct host_fault_state *host_fault_state_create(struct machine *machine)
{
	struct host_fault_state *state = host_alloc(1, sizeof(*state));

	state->machine = machine;
	return state;
}

void host_fault_state_destroy(struct host_fault_state *state)
{
	state_clear(state);
	free(state);
}

void host_faults_arm(struct host_partition *partition,
		     const struct host_faults *faults)
{
	struct host_fault_state *state = partition->faults;

	state_clear(state);
	if (!faults)
		return;
	state->faults = *faults;
	state->armed = true;
}

bool host_faults_armed(const struct host_partition *partition)
{
	return partition->faults->armed;
}

bool host_fault_is_on(const struct host_partition *partition,
		      enum host_fault fault)
{
	return *host_fault_field(&partition->faults->faults, fault) != 0;
}

bool host_fault(struct host_partition *partition, enum host_fault fault)
{
	struct host_fault_state *state = partition->faults;
	uint32_t odds = state->faults.odds;
	uint64_t n;
	uint32_t field;

	if (!state->armed)
		return false;
	n = ++state->points[fault];
	field = *host_fault_field(&state->faults, fault);
	if (!field)
		return false;
	if (field == HOST_FAULT_ALWAYS
		    ? odds && machine_random_below(state->machine, odds) != 0
		    : field != n)
		return false;
	state->fired[fault]++;
	state->all_fired++;
	if (host_fault_descriptions[fault].harm == HOST_FAULT_CHANGES)
		state->changed = true;
	return true;
}

uint64_t host_fault_points(const struct host_partition *partition,
			   enum host_fault fault)
{
	return partition->faults->points[fault];
}

uint64_t host_fault_fired(const struct host_partition *partition,
			  enum host_fault fault)
{
	return partition->faults->fired[fault];
}

uint64_t host_faults_fired(const struct host_partition *partition)
{
	return partition->faults->all_fired;
}

bool host_faults_changed(const struct host_partition *partition)
{
	return partition->faults->changed;
}

/* ---- Later ---- */

static void late_fire(void *argument)
{
	struct host_late *late = argument;

	late->act(late->context, late->bytes, late->count);
	late_free(late);
}

void host_fault_later(struct host_partition *partition, uint64_t delay,
		      void (*act)(void *context, const uint8_t *bytes,
				  uint32_t count),
		      void *context, const uint8_t *bytes, uint32_t count)
{
	struct host_fault_state *state = partition->faults;
	struct host_late *late = host_alloc(1, sizeof(*late) + count);

	late->state = state;
	late->event.fire = late_fire;
	late->event.argument = late;
	late->act = act;
	late->context = context;
	late->count = count;
	memcpy(late->bytes, bytes, count);
	late->next = state->late;
	state->late = late;
	machine_event_schedule(state->machine, &late->event, delay);
}

void host_faults_forget(struct host_partition *partition, const void *context)
{
	struct host_late *late = partition->faults->late, *next;

	for (; late; late = next) {
		next = late->next;
		if (late->context == context)
			late_free(late);
	}
}
