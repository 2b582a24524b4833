/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest of a virtio trace: each thing that it does is done when all before
 * it came, and each answer is waited for. Its chains are made available when
 * the script says that the device takes them, and the device is told then.
 *
 * How many frames wait in the device when it looks decides what it merges. So a
 * frame from outside is handed to it in the moment in which the last event
 * before it comes, be it in the middle of the device's work.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/virtio_guest.h"
#include "mocks/cli/play/world.h"
#include "mocks/virtio/virtio_wire.h"
#include "port/port.h"

/* ---- What the world does ---- */

static void world_announce(struct virtual_machine *vm)
{
	host_virtio_announce(vm->virtio);
}

static void world_fail(struct virtual_machine *vm)
{
	host_virtio_fail(vm->virtio);
}

/** Where the one was that is gone, or that failed for good. */
static void world_insert(struct virtual_machine *vm)
{
	if (host_virtio_is_dead(vm->virtio))
		vm->vmm->insert(vm);
	else
		vm->vmm->detach(vm);
}

static const struct player_act acts[] = {
	{HOST_VIRTIO_NOTE_ANNOUNCE, world_announce},
	{HOST_VIRTIO_NOTE_FAIL, world_fail},
	{TRACE_NOTE_INSERT, world_insert},
	{0},
};

/* ---- What is compared ---- */

static bool word_is(const struct trace_record *record, const char *key,
		    const char *word)
{
	const struct trace_field *field = trace_record_find(record, key);

	return field && field->kind == TRACE_TEXT &&
	       field->length == strlen(word) &&
	       !memcmp(trace_field_bytes(record, field), word, field->length);
}

/**
 * The card's registers, but doorbells and interrupts: the player rings as it
 * has to, and sees what comes.
 */
static bool guest_checks(const struct trace_record *record)
{
	switch (record->kind) {
	case TRACE_MMIO:
		return word_is(record, "at", "virtio-mmio") &&
		       strcmp(record->name, "QueueNotify") != 0 &&
		       strcmp(record->name, "InterruptStatus") != 0 &&
		       strcmp(record->name, "InterruptACK") != 0;
	case TRACE_DESCRIPTOR:
	case TRACE_FRAME:
	case TRACE_RULE:
		return true;
	case TRACE_NOTE:
		return player_is_world(record, acts);
	default:
		return false;
	}
}

static const struct script_rules rules = {.checks = guest_checks};

/* ---- Registers ---- */

static uint32_t register_access(struct player *player,
				const struct trace_event *event)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	struct port *port = player->vm->port;
	void *at = own->registers + event->address;
	bool is_read = event->direction == TRACE_TO_GUEST;

	switch (event->width) {
	case 1:
		if (is_read)
			return port_mmio_read8(port, at);
		port_mmio_write8(port, at, (uint8_t)event->value);
		return 0;
	case 2:
		if (is_read)
			return port_mmio_read16(port, at);
		port_mmio_write16(port, at, (uint16_t)event->value);
		return 0;
	default:
		if (is_read)
			return port_mmio_read32(port, at);
		port_mmio_write32(port, at, (uint32_t)event->value);
		return 0;
	}
}

static void guest_register(struct player *player, size_t n)
{
	const struct trace_event *event = &player->built.event;
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	uint64_t bytes = host_virtio_bytes(player->vm->virtio);

	if (!player_encode(player, n, &player->built))
		return;
	if ((event->width != 1 && event->width != 2 && event->width != 4) ||
	    event->address % event->width || event->address >= bytes) {
		player_fail(player, n,
			    "no guest accesses %u bytes at 0x%llx: they are "
			    "1, 2 or 4, aligned, and below 0x%llx",
			    event->width, (unsigned long long)event->address,
			    (unsigned long long)bytes);
		return;
	}
	if (event->direction == TRACE_FROM_GUEST)
		player_virtio_guest_learn(player, event);
	register_access(player, event);
	/* A reset that was none leaves all as it was. */
	if (event->direction == TRACE_FROM_GUEST &&
	    event->address == MMIO_STATUS &&
	    !host_virtio_status(player->vm->virtio)) {
		player_virtio_guest_receive_reset(own);
		memset(own->queues, 0, sizeof(own->queues));
	}
}

static void guest_kick(struct player *player, uint32_t queue)
{
	register_access(player, &(const struct trace_event){
					.kind = TRACE_MMIO,
					.direction = TRACE_FROM_GUEST,
					.address = MMIO_QUEUE_NOTIFY,
					.width = 4,
					.value = queue,
				});
}

/**
 * Of what is not compared the player does what the device would say something
 * about: to ring where nobody listens, to acknowledge what there is not.
 */
static bool is_done_all_the_same(struct player *player, size_t n)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	const struct script *script = player->script;
	const char *name = script_name(script, n);
	uint64_t value = 0;

	if (script_kind(script, n) != TRACE_MMIO ||
	    script_direction(script, n) != TRACE_FROM_GUEST ||
	    script_is_checked(script, n))
		return false;
	script_number(script, n, "value", &value);
	if (strcmp(name, "QueueNotify") == 0)
		return value >= PLAYER_VIRTIO_GUEST_QUEUES ||
		       !own->queues[value].is_ready ||
		       !(host_virtio_status(player->vm->virtio) &
			 STATUS_DRIVER_OK);
	return strcmp(name, "InterruptACK") == 0 &&
	       value & ~(uint64_t)INTERRUPT_DEFINED;
}

/* ---- Frames from outside ---- */

static void guest_hand(struct player *player, size_t n)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	struct wire_frame frame;

	if (!player_encode(player, n, &player->built))
		return;
	frame.data = player->built.event.bytes;
	frame.length = player->built.event.length;
	if (!player_virtio_guest_handed(player, frame.data, frame.length))
		return;
	own->is_handing = true;
	wire_deliver(player->vm->wire, &frame);
	own->is_handing = false;
}

/** Go over what is done, and hand over the frames that are next. */
static void guest_advance(struct player *player)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	struct script *script = player->script;

	while (own->at < script_count(script) && !player->has_failed) {
		if (!script_is_done(script, own->at)) {
			if (script_kind(script, own->at) != TRACE_FRAME ||
			    script_direction(script, own->at) != TRACE_TO_GUEST)
				return;
			guest_hand(player, own->at);
		} else if (is_done_all_the_same(player, own->at)) {
			return;
		}
		own->at++;
	}
}

/**
 * A card that is taken away had work to do: how far it came is chance. So what
 * it writes is not compared, if the script has no more of that before it goes.
 */
static bool is_last(const struct player *player,
		    const struct trace_event *event)
{
	const struct script *script = player->script;
	size_t n = script_first(script);
	uint64_t queue;

	for (; n < script_count(script); n++) {
		if (script_is_done(script, n) ||
		    script_direction(script, n) != TRACE_TO_GUEST)
			continue;
		if (script_kind(script, n) == TRACE_NOTE &&
		    (script_has_word(script, n, "text", TRACE_NOTE_REMOVE) ||
		     script_has_word(script, n, "text", TRACE_NOTE_INSERT)))
			return true;
		if (script_kind(script, n) == TRACE_DESCRIPTOR &&
		    script_has_word(script, n, "at", event->place) &&
		    (!script_number(script, n, "queue", &queue) ||
		     queue == event->queue))
			return false;
	}
	return false;
}

/** A script that names no rule is one of a guest that breaks none. */
static bool guest_saw(struct player *player, const struct trace_event *event)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	const struct script *script = player->script;

	if (event->kind == TRACE_RULE && !own->has_rules &&
	    own->at < script_count(script))
		player_fail(player, own->at, "a rule is broken: %s",
			    event->text);
	return !own->has_cards || event->kind != TRACE_DESCRIPTOR ||
	       event->direction != TRACE_TO_GUEST || !is_last(player, event);
}

static void guest_matched(struct player *player, size_t n,
			  const struct trace_event *event)
{
	if (n != SCRIPT_NONE && event->kind == TRACE_DESCRIPTOR &&
	    event->direction == TRACE_TO_GUEST && event->place)
		player_virtio_guest_received(player, n, event);
	/* What is not in the script moves nothing. */
	if (n != SCRIPT_NONE && !player_virtio_guest_of(player)->is_handing)
		guest_advance(player);
}

/* ---- Chains ---- */

static void guest_publish(struct player *player, size_t n)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	const struct script *script = player->script;
	uint32_t queue;

	if (n >= own->laid && !script_is_done(script, n) &&
	    script_kind(script, n) == TRACE_DESCRIPTOR &&
	    script_direction(script, n) == TRACE_FROM_GUEST &&
	    (script_has_word(script, n, "at", "avail") ||
	     script_has_word(script, n, "at", "packed")) &&
	    player_virtio_guest_publish(player, n, &queue))
		guest_kick(player, queue);
}

static bool is_status_write(const struct script *script, size_t n)
{
	return script_kind(script, n) == TRACE_MMIO &&
	       script_direction(script, n) == TRACE_FROM_GUEST &&
	       strcmp(script_name(script, n), "Status") == 0;
}

/**
 * A device that does not let itself be reset goes on with what it was told of
 * before: chains that it takes behind the reset are made available now.
 * @param n a write of the status
 */
static void guest_publish_before(struct player *player, size_t n)
{
	const struct script *script = player->script;
	uint64_t value = 1;
	size_t next;

	script_number(script, n, "value", &value);
	if (value)
		return;
	for (next = n + 1; next < script_count(script) && !player->has_failed &&
			   !is_status_write(script, next);
	     next++)
		guest_publish(player, next);
}

/** Another card, and one that is gone, know nothing of what was before. */
static void guest_world(struct player *player)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);

	player_world(player->vm, acts, player->built.event.text);
	if (host_virtio_status(player->vm->virtio))
		return;
	player_virtio_guest_receive_reset(own);
	memset(own->queues, 0, sizeof(own->queues));
}

/* ---- One after the other ---- */

static void guest_act(struct player *player, size_t n)
{
	const struct script *script = player->script;

	if (is_status_write(script, n))
		guest_publish_before(player, n);
	if (script_kind(script, n) == TRACE_MMIO)
		guest_register(player, n);
	else if (script_kind(script, n) == TRACE_NOTE &&
		 player_encode(player, n, &player->built))
		guest_world(player);
	else
		guest_publish(player, n);
}

static void guest_wait(struct player *player, size_t n)
{
	struct port *port = player->vm->port;
	uint64_t deadline = port_time(port) + PLAYER_PATIENCE;

	while (!script_is_done(player->script, n) && !player->has_failed) {
		if (port_time(port) >= deadline)
			player_fail(player, n, "that did not come within %u ms",
				    (unsigned)(PLAYER_PATIENCE / 1000000));
		port_relax(port, port_time(port) + PLAYER_POLL);
	}
}

/** All but what the guest breaks is done in order. */
static void guest_play(struct player *player)
{
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	const struct script *script = player->script;
	size_t n;

	for (;;) {
		guest_advance(player);
		n = own->at;
		if (n == script_count(script) || player->has_failed)
			return;
		guest_act(player, n);
		/* A read breaks a rule before it is answered. */
		if (script_kind(script, n) != TRACE_RULE)
			guest_wait(player, n);
		/* What is not compared was done from the start. */
		if (own->at == n)
			own->at++;
	}
}

static void guest_run(void *argument)
{
	struct player *player = argument;
	struct player_virtio_guest *own = player_virtio_guest_of(player);
	struct virtual_machine *vm = player->vm;
	size_t bytes = (size_t)host_virtio_bytes(vm->virtio), n;

	own->registers =
		port_mmio_map(vm->port, host_virtio_base(vm->virtio), bytes);
	if (!own->registers) {
		player_refuse(player, "out of memory for a virtual machine");
		return;
	}
	guest_play(player);
	for (n = 0; n < script_count(player->script) && !player->has_failed;
	     n++)
		guest_wait(player, n);
	port_mmio_unmap(vm->port, own->registers, bytes);
}

/* ---- Life ---- */

static const char *const keys[] = {"mac", "features", "features_off", NULL};

/** What the first line says of the card. @return false: not so, and said */
static bool card_configure(struct player *player,
			   struct host_virtio_configuration *card)
{
	return player_mac(player, card->mac) &&
	       player_number(player, "features", 0, UINT64_MAX,
			     &card->features) &&
	       player_number(player, "features_off", 0, UINT64_MAX,
			     &card->features_off);
}

static bool guest_create(struct player *player,
			 struct virtual_machine_configuration *vm)
{
	struct player_virtio_guest *own = calloc(1, sizeof(*own));
	size_t n;

	player->own = own;
	if (!own || !card_configure(player, &vm->host_virtio))
		return false;
	for (n = 0; n < script_count(player->script); n++)
		if (script_kind(player->script, n) == TRACE_RULE)
			own->has_rules = true;
		else if (script_kind(player->script, n) == TRACE_NOTE)
			own->has_cards = true;
	return true;
}

static void guest_destroy(struct player *player)
{
	player_virtio_guest_free(player_virtio_guest_of(player));
	free(player->own);
}

const struct player_role player_virtio_guest = {
	.vmm = "firecracker",
	.side = PLAYER_AS_GUEST,
	.rules = &rules,
	.keys = keys,
	.create = guest_create,
	.run = guest_run,
	.saw = guest_saw,
	.matched = guest_matched,
	.destroy = guest_destroy,
};
