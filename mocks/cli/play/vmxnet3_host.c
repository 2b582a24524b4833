/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host of a vmxnet3's trace: what it says that the card writes is written
 * when all came that the driver does before, and what the driver does is
 * compared.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/vmxnet3_host.h"
#include "mocks/trace/layout.h"
#include "mocks/wire/frame.h"

#define ETHERNET_LEAST 60u

/* ---- What is compared ---- */

static bool is_at(const struct trace_record *record, const char *place)
{
	const struct trace_field *at = trace_record_find(record, "at");

	return at && at->kind == TRACE_TEXT && at->length == strlen(place) &&
	       !memcmp(trace_field_bytes(record, at), place, at->length);
}

/**
 * What the driver does, and what it gives its stack. Doorbells and masks are
 * timing, and the board under the card is simulated.
 */
static bool host_checks(const struct trace_record *record)
{
	bool is_sent = record->direction == TRACE_FROM_GUEST;

	switch (record->kind) {
	case TRACE_MMIO:
		return is_sent && is_at(record, "bar1");
	case TRACE_DESCRIPTOR:
	case TRACE_NOTE:
		return is_sent;
	case TRACE_FRAME:
		return true;
	default:
		return false;
	}
}

/** Addresses of guest memory: where it is, is the driver's affair. */
static bool is_address(const struct trace_record *record, const char *key)
{
	static const char *const keys[] = {
		"ddPA",		  "queueDescPA",      "mfTablePA",
		"rssConfPA",	  "txRingBasePA",     "dataRingBasePA",
		"compRingBasePA", "rxRingBasePA0",    "rxRingBasePA1",
		"confPA",	  "rxDataRingBasePA",
	};
	size_t n;

	if (record->kind == TRACE_MMIO)
		return strcmp(record->name, "DSAL") == 0 &&
		       strcmp(key, "value") == 0;
	for (n = 0; n < sizeof(keys) / sizeof(keys[0]); n++)
		if (strcmp(keys[n], key) == 0)
			return true;
	return false;
}

/** A short frame is filled up with zeroes by some devices. */
static bool is_padded(const struct trace_record *expected,
		      const struct trace_record *actual)
{
	const struct trace_field *said = trace_record_find(expected, "data");
	const struct trace_field *came = trace_record_find(actual, "data");
	const uint8_t *bytes;
	size_t n;

	if (!said || !came || said->kind != TRACE_BYTES ||
	    came->kind != TRACE_BYTES || came->length != ETHERNET_LEAST ||
	    said->length >= came->length)
		return false;
	bytes = trace_field_bytes(actual, came);
	for (n = said->length; n < came->length; n++)
		if (bytes[n])
			return false;
	return !memcmp(bytes, trace_field_bytes(expected, said), said->length);
}

/**
 * Of an address counts whether there is one; where in a ring a descriptor lies
 * follows from those before it.
 */
static bool host_compares(const struct trace_record *expected,
			  const struct trace_record *actual, const char *key)
{
	if (expected->kind == TRACE_FRAME)
		return expected->direction == TRACE_FROM_GUEST ||
		       !is_padded(expected, actual);
	if (expected->kind == TRACE_NOTE)
		return true;
	if (is_address(expected, key))
		return !trace_record_value(expected, key) !=
		       !trace_record_value(actual, key);
	if (expected->kind == TRACE_MMIO)
		return strcmp(expected->name, "DSAH") != 0 ||
		       strcmp(key, "value") != 0;
	return strcmp(key, "address") != 0 && strcmp(key, "index") != 0 &&
	       strcmp(key, "gen") != 0;
}

static const struct script_rules rules = {host_checks, host_compares};

/* ---- Places ---- */

static const char *const rx_places[] = {"rx0", "rx1"};

bool vmxnet3_host_is_at(const struct vmxnet3_host *host, size_t n,
			const char *place)
{
	const struct script *script = host->player->script;

	return script_kind(script, n) == TRACE_DESCRIPTOR &&
	       script_has_word(script, n, "at", place);
}

/** A script that says nothing of a register or a ring does not compare it. */
static void names_find(struct vmxnet3_host *host)
{
	const struct script *script = host->player->script;
	const struct layout_name *name;
	size_t n;

	for (n = 0; n < script_count(script); n++) {
		if (script_direction(script, n) != TRACE_FROM_GUEST)
			continue;
		host->names_tx |= vmxnet3_host_is_at(host, n, "tx");
		host->names_rx[0] |= vmxnet3_host_is_at(host, n, "rx0");
		host->names_rx[1] |= vmxnet3_host_is_at(host, n, "rx1");
		if (script_kind(script, n) != TRACE_MMIO)
			continue;
		for (name = layout_vmxnet3_bar1; name->name; name++)
			if (strcmp(name->name, script_name(script, n)) == 0)
				host->names_register[name->number / 8] = true;
	}
}

static bool is_named(const struct vmxnet3_host *host,
		     const struct trace_event *event)
{
	if (event->direction != TRACE_FROM_GUEST)
		return true;
	if (event->kind == TRACE_MMIO)
		return event->address / 8 >= VMXNET3_HOST_REGISTERS ||
		       host->names_register[event->address / 8];
	if (event->kind != TRACE_DESCRIPTOR)
		return true;
	if (strcmp(event->place, "tx") == 0)
		return host->names_tx;
	if (strcmp(event->place, "rx0") == 0)
		return host->names_rx[0];
	return strcmp(event->place, "rx1") != 0 || host->names_rx[1];
}

void vmxnet3_host_trace(struct vmxnet3_host *host,
			enum trace_direction direction, const char *place,
			unsigned queue, uint32_t index, const uint8_t *bytes,
			uint32_t length)
{
	const struct trace_event event = {
		.kind = TRACE_DESCRIPTOR,
		.direction = direction,
		.place = place,
		.queue = queue,
		.address = index,
		.bytes = bytes,
		.length = length,
	};

	machine_trace(host->machine, &event);
}

/* ---- One after the other ---- */

/** Which of the two rings an event of the script reads; or 2. */
static unsigned rx_ring(const struct vmxnet3_host *host, size_t n)
{
	unsigned ring;

	for (ring = 0; ring < 2; ring++)
		if (vmxnet3_host_is_at(host, n, rx_places[ring]))
			break;
	return ring;
}

/** What a command has the card write, by where it lies in the queue's area. */
struct written_area {
	const char *place;
	unsigned offset;
	bool is_rx;
};

static const struct written_area written_areas[] = {
	{"tx-status", QUEUE_STOPPED, false},
	{"rx-status", QUEUE_STOPPED, true},
	{"tx-stats", QUEUE_STATISTICS, false},
	{"rx-stats", QUEUE_STATISTICS, true},
};

static const struct written_area *written_area(const struct vmxnet3_host *host,
					       size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(written_areas) / sizeof(written_areas[0]); i++)
		if (vmxnet3_host_is_at(host, n, written_areas[i].place))
			return &written_areas[i];
	return NULL;
}

/** The one act of the world that does not show in what the card says. */
static bool is_removal(const struct vmxnet3_host *host, size_t n)
{
	const struct script *script = host->player->script;

	return script_kind(script, n) == TRACE_NOTE &&
	       script_direction(script, n) == TRACE_TO_GUEST &&
	       script_has_word(script, n, "text", TRACE_NOTE_REMOVE);
}

bool vmxnet3_host_is_playable(const struct vmxnet3_host *host, size_t n)
{
	const struct script *script = host->player->script;

	if (is_removal(host, n))
		return true;
	if (script_kind(script, n) != TRACE_DESCRIPTOR)
		return false;
	if (script_direction(script, n) == TRACE_FROM_GUEST)
		return rx_ring(host, n) < 2 && !script_is_done(script, n);
	return vmxnet3_host_is_at(host, n, "txc") ||
	       vmxnet3_host_is_at(host, n, "rxc") ||
	       vmxnet3_host_is_at(host, n, "events") || written_area(host, n);
}

/** Go on to what is played next. @return false: there is nothing more */
static bool host_skip(struct vmxnet3_host *host)
{
	size_t count = script_count(host->player->script);

	while (host->next < count &&
	       !vmxnet3_host_is_playable(host, host->next))
		host->next++;
	return host->next < count;
}

/** Whether the driver has a frame, and did not give it to its stack yet. */
static bool is_held(const struct vmxnet3_host *host, size_t n, size_t before)
{
	return script_kind(host->player->script, n) == TRACE_FRAME &&
	       host->sources[n].event < before;
}

/**
 * What befalls the whole card has to wait for frames that the driver holds: it
 * would be chance whether it gives them to its stack.
 */
bool vmxnet3_host_is_due(const struct vmxnet3_host *host, size_t n)
{
	const struct script *script = host->player->script;
	bool is_ring =
		n < script_count(script) &&
		(vmxnet3_host_is_at(host, n, "rxc") ||
		 vmxnet3_host_is_at(host, n, "txc") || rx_ring(host, n) < 2);
	size_t i;

	for (i = script_first(script); i < n; i++)
		if (!script_is_done(script, i) &&
		    (script_direction(script, i) == TRACE_FROM_GUEST ||
		     (!is_ring && is_held(host, i, n))))
			return false;
	for (i = host->next; i < n; i++)
		if (vmxnet3_host_is_playable(host, i))
			return false;
	return true;
}

/** Write what a command asked for into the descriptor of a queue. */
static void area_write(struct vmxnet3_host *host,
		       const struct written_area *area, size_t n,
		       const struct trace_event *event)
{
	unsigned count = area->is_rx ? host->rx_count : host->tx_count;
	uint64_t address;

	if (event->queue >= count) {
		player_fail(host->player, n, "the driver has no such queue");
		return;
	}
	address = area->is_rx ? host->rx[event->queue].descriptor
			      : host->tx[event->queue].descriptor;
	vmxnet3_host_write(host, address + area->offset, event->bytes,
			   event->length);
}

/** The word of events as it is to be, and the interrupt for it. */
static void events_write(struct vmxnet3_host *host,
			 const struct trace_event *event)
{
	vmxnet3_host_write(host, host->shared + SHARED_EVENTS, event->bytes,
			   event->length);
	vmxnet3_host_interrupt(host, host->event_interrupt);
}

static void card_remove(struct vmxnet3_host *host)
{
	machine_trace_note(host->machine, TRACE_NOTE_REMOVE);
	vmxnet3_host_stop(host);
	host->is_removed = true;
	host_pci_remove(host->function);
}

/** @return false: not now */
static bool host_play(struct vmxnet3_host *host, size_t n)
{
	struct player *player = host->player;
	const struct trace_event *event = &player->built.event;
	const struct written_area *area = written_area(host, n);
	unsigned ring = rx_ring(host, n);

	if (is_removal(host, n)) {
		card_remove(host);
		return true;
	}
	/* Nobody has a card yet that completes anything, or any more. */
	if (!host->is_active || !host->is_told)
		return false;
	if (ring < 2)
		return vmxnet3_host_play_rx(host, n, ring);
	if (!player_encode(player, n, &player->built))
		return true;
	if (vmxnet3_host_is_at(host, n, "txc"))
		return vmxnet3_host_play_txc(host, n, event);
	if (vmxnet3_host_is_at(host, n, "rxc"))
		return vmxnet3_host_play_rxc(host, n, event);
	vmxnet3_host_trace(host, TRACE_TO_GUEST, event->place, event->queue, 0,
			   event->bytes, event->length);
	if (area)
		area_write(host, area, n, event);
	else
		events_write(host, event);
	return true;
}

void vmxnet3_host_play_areas(struct vmxnet3_host *host)
{
	while (!host->player->has_failed && host_skip(host) &&
	       written_area(host, host->next) &&
	       vmxnet3_host_is_due(host, host->next) &&
	       host_play(host, host->next)) {
		host->next++;
		host->player->moved++;
	}
}

/** A packet, or an event. @return whether there may be more to do now */
static bool host_step(void *argument)
{
	struct vmxnet3_host *host = argument;

	if (host->player->has_failed)
		return false;
	if (vmxnet3_host_transmit(host))
		return true;
	if (!host_skip(host) || !vmxnet3_host_is_due(host, host->next))
		return false;
	if (!host_play(host, host->next)) {
		/* The driver has no buffer, or is not up: a little later. */
		machine_event_schedule(host->machine, &host->again,
				       PLAYER_POLL);
		return false;
	}
	host->next++;
	host->player->moved++;
	return true;
}

static void host_again(void *argument)
{
	struct vmxnet3_host *host = argument;

	machine_work_kick(host->machine, &host->work);
}

/* ---- What came ---- */

static bool host_saw(struct player *player, const struct trace_event *event)
{
	struct vmxnet3_host *host = vmxnet3_host(player);

	if (event->kind == TRACE_MMIO && event->direction == TRACE_FROM_GUEST)
		host->written = SCRIPT_NONE;
	return is_named(host, event);
}

/** Something came from the driver: there may be something to write. */
static void host_matched(struct player *player, size_t n,
			 const struct trace_event *event)
{
	struct vmxnet3_host *host = vmxnet3_host(player);

	/* A read that the script does not have moves nothing. */
	if (n == SCRIPT_NONE && event->kind == TRACE_MMIO &&
	    event->direction == TRACE_TO_GUEST)
		return;
	if (event->kind == TRACE_MMIO && event->direction == TRACE_FROM_GUEST)
		host->written = n;
	machine_work_kick(host->machine, &host->work);
}

/* ---- Life ---- */

static const char *const keys[] = {
	"revision_max",
	"queues",
	"large_receive",
	"transmit_data_bytes",
	"receive_data_bytes",
	"line_only",
	"no_msix",
	NULL,
};

/** What the first line says of the card's interrupts. */
static bool card_configure(struct player *player,
			   struct host_vmxnet3_configuration *card)
{
	uint64_t line, no_msix;

	if (!player_number(player, "line_only", 0, 1, &line) ||
	    !player_number(player, "no_msix", 0, 1, &no_msix))
		return false;
	card->line_only = line;
	card->no_msix = no_msix;
	return true;
}

/** And of the driver's configuration. */
static bool driver_configure(struct player *player,
			     struct vmxnet3_configuration *driver)
{
	uint64_t revision, queues, large, transmit_bytes, receive_bytes;

	if (!player_number(player, "revision_max", driver->revision_max,
			   UINT8_MAX, &revision) ||
	    !player_number(player, "queues", driver->queues,
			   VMXNET3_HOST_QUEUES, &queues) ||
	    !player_number(player, "large_receive", 0, 1, &large) ||
	    !player_number(player, "transmit_data_bytes",
			   driver->transmit_data_bytes, UINT16_MAX,
			   &transmit_bytes) ||
	    !player_number(player, "receive_data_bytes",
			   driver->receive_data_bytes, UINT16_MAX,
			   &receive_bytes))
		return false;
	driver->revision_max = (uint32_t)revision;
	driver->queues = (uint32_t)queues;
	driver->large_receive = large;
	driver->transmit_data_bytes = (uint32_t)transmit_bytes;
	driver->receive_data_bytes = (uint32_t)receive_bytes;
	return true;
}

static bool host_create(struct player *player,
			struct virtual_machine_configuration *vm)
{
	struct vmxnet3_host *host = calloc(1, sizeof(*host));

	if (!host)
		return false;
	player->own = host;
	host->player = player;
	host->written = SCRIPT_NONE;
	host->packet = malloc(VLAN_TAG + VMXNET3_HOST_PACKET);
	host->segment = malloc(VLAN_TAG + VMXNET3_HOST_PACKET);
	if (!host->packet || !host->segment ||
	    !vmxnet3_host_sources_find(host) ||
	    !card_configure(player, &vm->host_vmxnet3) ||
	    !driver_configure(player, &vm->vmxnet3))
		return false;
	names_find(host);
	return true;
}

/** The script takes the place of the simulated card. */
static bool host_start(struct player *player)
{
	struct vmxnet3_host *host = vmxnet3_host(player);
	struct virtual_machine *vm = player->vm;
	struct host_pci_identity identity;
	unsigned bus, slot, number;

	host->machine = vm->machine;
	host->personality = vm->configuration.host_vmxnet3.personality;
	host->work.step = host_step;
	host->work.argument = host;
	host->again.fire = host_again;
	host->again.argument = host;
	host->mac_low = wire_get32(vm->configuration.host_vmxnet3.mac);
	host->mac_high = wire_get16(vm->configuration.host_vmxnet3.mac + 4);
	host_pci_place(host_vmxnet3_function(vm->vmxnet3), &bus, &slot,
		       &number);
	host_vmxnet3_destroy(vm->vmxnet3);
	vm->vmxnet3 = NULL;
	host_vmxnet3_describe(&vm->configuration.host_vmxnet3, &identity);
	identity.operations = &vmxnet3_host_operations;
	identity.context = host;
	host->function =
		host_pci_add(vm->host_pci_bus, slot, number, &identity);
	if (!host->function)
		return false;
	vmxnet3_host_interrupts_reset(host);
	host_pci_firmware(vm->host_pci);
	return true;
}

/** Inside the guest: its driver, and then what could not be played. */
static void host_run(void *argument)
{
	struct player *player = argument;
	struct vmxnet3_host *host = vmxnet3_host(player);

	player_driver(player);
	if (host_skip(host) && script_is_over(player->script))
		player_fail(player, host->next,
			    "the driver was never ready for that");
}

static void host_destroy(struct player *player)
{
	struct vmxnet3_host *host = vmxnet3_host(player);

	trace_built_free(&host->payload);
	free(host->sources);
	free(host->packet);
	free(host->segment);
	free(host);
}

const struct player_role player_vmxnet3_host = {
	.vmm = "vmware",
	.side = PLAYER_AS_HOST,
	.rules = &rules,
	.keys = keys,
	.create = host_create,
	.start = host_start,
	.run = host_run,
	.burst = vmxnet3_host_burst,
	.saw = host_saw,
	.matched = host_matched,
	.destroy = host_destroy,
};
