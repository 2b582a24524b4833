/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host of a virtio script: a card at the same place as the simulated one,
 * which says and does what the script does, when all came that the driver does
 * before.
 */
#include "mocks/cli/play/virtio_host.h"

#include <stdlib.h>
#include <string.h>

#include "mocks/virtio/virtio_wire.h"

/* ---- What is compared ---- */

static bool has_name(const struct trace_record *record, const char *name)
{
	return strcmp(record->name, name) == 0;
}

/**
 * What the driver does, and what it gives its stack. When it rings and
 * acknowledges depends on when the host runs.
 */
static bool host_checks(const struct trace_record *record)
{
	bool is_sent = record->direction == TRACE_FROM_GUEST;

	switch (record->kind) {
	case TRACE_MMIO:
		return is_sent && !has_name(record, "QueueNotify") &&
		       !has_name(record, "InterruptACK");
	case TRACE_DESCRIPTOR:
	case TRACE_NOTE:
		return is_sent;
	case TRACE_FRAME:
		return true;
	default:
		return false;
	}
}

static bool is_at(const struct trace_record *record, const char *place)
{
	const struct trace_field *at = trace_record_find(record, "at");

	return at && at->kind == TRACE_TEXT && at->length == strlen(place) &&
	       !memcmp(trace_field_bytes(record, at), place, at->length);
}

/** Where its queues are, and in which buffers, is the driver's affair. */
static bool host_compares(const struct trace_record *expected,
			  const struct trace_record *actual, const char *key)
{
	(void)actual;
	if (expected->kind == TRACE_MMIO)
		return strcmp(key, "value") != 0 ||
		       (strncmp(expected->name, "QueueDesc", 9) != 0 &&
			strncmp(expected->name, "QueueDriver", 11) != 0 &&
			strncmp(expected->name, "QueueDevice", 11) != 0);
	if (expected->kind != TRACE_DESCRIPTOR)
		return true;
	if (strcmp(key, "address") == 0 || strcmp(key, "head") == 0 ||
	    strcmp(key, "id") == 0)
		return false;
	if (strcmp(key, "next") == 0)
		return !is_at(expected, "desc");
	if (strcmp(key, "index") == 0)
		return !is_at(expected, "desc") && !is_at(expected, "header") &&
		       !is_at(expected, "control");
	return true;
}

static const struct script_rules rules = {host_checks, host_compares};

/** A place that the script says nothing of is not compared. */
static bool host_saw(struct player *player, const struct trace_event *event)
{
	const struct virtio_host *host = virtio_host(player);
	uint32_t bit;

	if (event->kind != TRACE_DESCRIPTOR)
		return true;
	bit = 1u << virtio_host_place_find(event->place);
	return host->places_any & bit || (event->queue < VIRTIO_HOST_QUEUES &&
					  host->places[event->queue] & bit);
}

/* ---- What is sent ---- */

/** The configuration changed, or a cause that there is not. */
static bool is_change(const struct script *script, size_t n)
{
	uint64_t causes;

	return script_kind(script, n) == TRACE_MMIO &&
	       strcmp(script_name(script, n), "InterruptStatus") == 0 &&
	       script_number(script, n, "value", &causes) &&
	       causes & ~(uint64_t)INTERRUPT_USED;
}

bool virtio_host_is_sent(const struct script *script, size_t n)
{
	if (script_direction(script, n) != TRACE_TO_GUEST)
		return false;
	switch (virtio_host_place(script, n)) {
	case VIRTIO_HOST_USED:
	case VIRTIO_HOST_PACKED:
		return true;
	default:
		return is_change(script, n);
	}
}

bool virtio_host_is_due(const struct virtio_host *host, size_t n)
{
	const struct script *script = host->player->script;
	size_t i;

	for (i = script_first(script); i < n; i++)
		if (script_direction(script, i) == TRACE_FROM_GUEST &&
		    !script_is_done(script, i))
			return false;
	return true;
}

size_t virtio_host_next(struct virtio_host *host)
{
	const struct script *script = host->player->script;

	while (host->next < script_count(script) &&
	       !virtio_host_is_sent(script, host->next))
		host->next++;
	return host->next;
}

/** @return false: not now */
static bool host_send(struct virtio_host *host, size_t n)
{
	struct player *player = host->player;

	if (script_kind(player->script, n) == TRACE_DESCRIPTOR)
		return virtio_host_use(host, n);
	if (!(host_virtio_status(player->vm->virtio) & STATUS_DRIVER_OK))
		return false;
	if (player_encode(player, n, &host->built))
		host_virtio_script_interrupt(player->vm->virtio,
					     (uint32_t)host->built.event.value);
	return true;
}

/** The driver made the card stop: what it did cannot be. */
static void host_judge(struct virtio_host *host)
{
	struct player *player = host->player;
	struct machine *machine = player->vm->machine;
	unsigned count = machine_violations(machine);
	const char *text = machine_violation_text(machine, count - 1);

	if (host_virtio_status(player->vm->virtio) & STATUS_NEEDS_RESET)
		player_fail(player, player_driver_waits_for(player),
			    "the driver broke a rule: %s",
			    count && text ? text : "many of them");
}

/** One event. @return whether there is more to send now */
static bool host_step(void *argument)
{
	struct virtio_host *host = argument;
	struct player *player = host->player;
	size_t count = script_count(player->script), n;
	bool waits = virtio_host_look(host);

	host_judge(host);
	n = virtio_host_next(host);
	if (n < count && !player->has_failed && virtio_host_is_due(host, n)) {
		if (host_send(host, n)) {
			host->next = n + 1;
			player->moved++;
			return true;
		}
		waits = true;
	}
	if (waits && !player->has_failed)
		machine_event_schedule(player->vm->machine, &host->again,
				       PLAYER_POLL);
	return false;
}

static void host_kick(void *argument)
{
	struct virtio_host *host = argument;

	machine_work_kick(host->player->vm->machine, &host->work);
}

static void host_matched(struct player *player, size_t n,
			 const struct trace_event *event)
{
	struct virtio_host *host = virtio_host(player);

	/* A read that the script does not have moves nothing. */
	if (n == SCRIPT_NONE && event->kind == TRACE_MMIO &&
	    event->direction == TRACE_TO_GUEST)
		return;
	if (n != SCRIPT_NONE && event->kind == TRACE_DESCRIPTOR)
		virtio_host_name(host, n, event);
	host_kick(host);
}

static void host_wrote(void *context, uint64_t offset, uint64_t value)
{
	struct virtio_host *host = context;

	(void)value;
	virtio_host_forget(host, offset);
	host_kick(host);
}

/* ---- Life ---- */

static bool host_create(struct player *player,
			struct virtual_machine_configuration *vm)
{
	struct virtio_host *host = calloc(1, sizeof(*host));

	(void)vm;
	player->own = host;
	if (!host)
		return false;
	host->player = player;
	host->work.step = host_step;
	host->work.argument = host;
	host->again.fire = host_kick;
	host->again.argument = host;
	return virtio_host_registers(host) && virtio_host_queues(host) &&
	       virtio_host_outgoing(host);
}

static bool host_start(struct player *player)
{
	const struct host_virtio_speaker speaker = {
		.context = player->own,
		.read = virtio_host_read,
		.wrote = host_wrote,
	};

	host_virtio_script(player->vm->virtio, &speaker);
	return true;
}

static void host_destroy(struct player *player)
{
	struct virtio_host *host = virtio_host(player);

	virtio_host_queues_free(host);
	trace_built_free(&host->built);
	trace_built_free(&host->other);
	trace_built_free(&host->used_built);
	free(host->reads);
	free(host->outgoing);
	free(host);
}

const struct player_role player_virtio_host = {
	.vmm = "firecracker",
	.side = PLAYER_AS_HOST,
	.rules = &rules,
	.create = host_create,
	.start = host_start,
	.run = player_driver,
	.burst = virtio_host_burst,
	.saw = host_saw,
	.matched = host_matched,
	.destroy = host_destroy,
};
