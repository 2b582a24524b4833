/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest of a vmxnet3's trace: registers are accessed as the script says,
 * what the device reads of memory is laid out before it can, and each answer is
 * waited for. No driver runs.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/vmxnet3_guest.h"
#include "mocks/cli/play/world.h"
#include "port/port.h"

/** What is not taken within so many virtual nanoseconds is rung for. */
#define RING_PATIENCE 100000u

/* ---- What is compared ---- */

static bool is_at(const struct trace_record *record, const char *place)
{
	const struct trace_field *at = trace_record_find(record, "at");

	return at && at->kind == TRACE_TEXT && at->length == strlen(place) &&
	       !memcmp(trace_field_bytes(record, at), place, at->length);
}

/** TXPROD, RXPROD and RXPROD2 of any queue. */
static bool is_doorbell(const struct trace_record *record)
{
	const struct trace_field *offset;

	if (record->kind != TRACE_MMIO || !is_at(record, "bar0"))
		return false;
	if (strcmp(record->name, "-") != 0)
		return strcmp(record->name, "IMR") != 0;
	offset = trace_record_find(record, "offset");
	return offset && offset->kind == TRACE_NUMBER &&
	       offset->number >= VMXNET3_TXPROD;
}

/**
 * Left out is when the guest rings, and how it takes interrupts: the player
 * does both as it has to.
 */
static bool guest_checks(const struct trace_record *record)
{
	switch (record->kind) {
	case TRACE_MMIO:
		return !is_doorbell(record) &&
		       !(is_at(record, "bar1") &&
			 strcmp(record->name, "ICR") == 0);
	case TRACE_PORT:
	case TRACE_DESCRIPTOR:
	case TRACE_FRAME:
	case TRACE_RULE:
		return true;
	default:
		return false;
	}
}

/** Whether a vector is masked depends on when its interrupt came. */
static bool guest_compares(const struct trace_record *record,
			   const struct trace_record *actual, const char *key)
{
	(void)actual;
	return record->kind != TRACE_MMIO ||
	       record->direction != TRACE_TO_GUEST || !is_at(record, "bar0") ||
	       strcmp(key, "value") != 0;
}

static const struct script_rules guest_rules = {guest_checks, guest_compares};

bool vmxnet3_guest_is_at(const struct vmxnet3_guest *guest, size_t n,
			 const char *place)
{
	const struct script *script = guest->player->script;

	return script_kind(script, n) == TRACE_DESCRIPTOR &&
	       script_has_word(script, n, "at", place);
}

/* ---- Registers ---- */

/** What is done on a vCPU of the script's choice. */
struct access {
	struct port *port;
	uint64_t address, value;
	unsigned width;
	bool is_read;
};

static void port_run(void *argument)
{
	const struct access *access = argument;
	uint16_t address = (uint16_t)access->address;

	if (access->is_read && access->width == 1)
		port_in8(access->port, address);
	else if (access->is_read && access->width == 2)
		port_in16(access->port, address);
	else if (access->is_read)
		port_in32(access->port, address);
	else if (access->width == 1)
		port_out8(access->port, address, (uint8_t)access->value);
	else if (access->width == 2)
		port_out16(access->port, address, (uint16_t)access->value);
	else
		port_out32(access->port, address, (uint32_t)access->value);
}

static void mmio_access(const struct access *access, void *registers)
{
	if (access->is_read && access->width == 1)
		port_mmio_read8(access->port, registers);
	else if (access->is_read && access->width == 2)
		port_mmio_read16(access->port, registers);
	else if (access->is_read)
		port_mmio_read32(access->port, registers);
	else if (access->width == 1)
		port_mmio_write8(access->port, registers,
				 (uint8_t)access->value);
	else if (access->width == 2)
		port_mmio_write16(access->port, registers,
				  (uint16_t)access->value);
	else
		port_mmio_write32(access->port, registers,
				  (uint32_t)access->value);
}

static void mmio_run(void *argument)
{
	const struct access *access = argument;
	void *registers =
		port_mmio_map(access->port, access->address, access->width);

	if (!registers)
		return;
	mmio_access(access, registers);
	port_mmio_unmap(access->port, registers, access->width);
}

/** Where a device's registers are now. @return false: nowhere */
static bool region_find(struct vmxnet3_guest *guest, bool is_port,
			const char *place, uint64_t *base)
{
	const struct machine_region *region =
		machine_region_named(guest->player->vm->machine, is_port,
				     place);

	if (region)
		*base = region->base;
	return region;
}

/** Do what an event of registers, put together, says. */
static void guest_access(struct vmxnet3_guest *guest, size_t n,
			 const struct trace_event *event)
{
	struct player *player = guest->player;
	bool is_port = event->kind == TRACE_PORT;
	struct access access = {
		.port = player->vm->port,
		.value = event->value,
		.width = event->width,
		.is_read = event->direction == TRACE_TO_GUEST,
	};
	uint64_t base = 0;

	if (event->width != 1 && event->width != 2 && event->width != 4)
		player_fail(player, n, "a guest accesses 1, 2 or 4 bytes");
	else if (event->cpu >= port_cpu_count(access.port))
		player_fail(player, n, "there is no vCPU %u", event->cpu);
	else if (event->place &&
		 !region_find(guest, is_port, event->place, &base))
		player_fail(player, n,
			    "nothing is at '%s': the script has to switch it "
			    "on before",
			    event->place);
	if (player->has_failed)
		return;
	access.address = base + event->address;
	port_cpu_run(access.port, event->cpu, is_port ? port_run : mmio_run,
		     &access);
}

static void guest_ring(struct vmxnet3_guest *guest, unsigned doorbell,
		       unsigned queue, uint32_t producer)
{
	struct access access = {
		.port = guest->player->vm->port,
		.value = producer,
		.width = 4,
	};
	uint64_t base;

	if (!region_find(guest, false, "bar0", &base))
		return;
	access.address = base + doorbell + queue * VMXNET3_STRIDE;
	mmio_run(&access);
}

/* ---- Waiting ---- */

/** What was given to the rings, once more. */
static void guest_ring_all(struct vmxnet3_guest *guest)
{
	const struct vmxnet3_guest_ring *ring;
	unsigned queue, n;

	for (queue = 0; queue < guest->rx_count; queue++) {
		for (n = 0; n < 2; n++) {
			ring = &guest->rx[queue].rings[n];
			if (ring->size && ring->written)
				guest_ring(guest,
					   n ? VMXNET3_RXPROD2 : VMXNET3_RXPROD,
					   queue, ring->producer);
		}
	}
}

static void guest_wait(struct vmxnet3_guest *guest, size_t n)
{
	struct player *player = guest->player;
	struct port *port = player->vm->port;
	uint64_t begin = port_time(port);
	bool has_rung = false;

	while (!script_is_done(player->script, n) && !player->has_failed) {
		vmxnet3_guest_rx_fill(guest);
		if (port_time(port) - begin >= PLAYER_PATIENCE)
			player_fail(player, n, "that did not come within %u ms",
				    (unsigned)(PLAYER_PATIENCE / 1000000));
		if (!has_rung && port_time(port) - begin >= RING_PATIENCE) {
			guest_ring_all(guest);
			has_rung = true;
		}
		port_relax(port, port_time(port) + PLAYER_POLL);
	}
}

/* ---- Commands ---- */

/** Whether an event of the script writes that command. */
static bool is_command(const struct vmxnet3_guest *guest, size_t n,
		       uint32_t command, const char *name)
{
	const struct script *script = guest->player->script;
	uint64_t value;

	return script_kind(script, n) == TRACE_MMIO &&
	       script_direction(script, n) == TRACE_FROM_GUEST &&
	       strcmp(script_name(script, n), "CMD") == 0 &&
	       (script_has_word(script, n, "value", name) ||
		(script_number(script, n, "value", &value) &&
		 value == command));
}

/** What was rung for is taken before the device stops. */
static void guest_drain(struct vmxnet3_guest *guest)
{
	const struct vmxnet3_guest_ring *ring;
	unsigned queue;

	for (queue = 0; queue < guest->tx_count; queue++) {
		ring = &guest->tx[queue];
		if (ring->written)
			guest_wait(guest, ring->items[ring->written - 1]);
	}
}

/** Before a command is written: what the device finds when it is. */
static void command_prepare(struct vmxnet3_guest *guest, size_t n)
{
	const struct script *script = guest->player->script;
	size_t limit = n + 1;

	if (is_command(guest, n, VMXNET3_QUIESCE, "QUIESCE_DEV") ||
	    is_command(guest, n, VMXNET3_RESET, "RESET_DEV"))
		guest_drain(guest);
	vmxnet3_guest_areas_lay(guest, n);
	if (!is_command(guest, n, VMXNET3_ACTIVATE, "ACTIVATE_DEV"))
		return;
	while (limit < script_count(script) &&
	       !is_command(guest, limit, VMXNET3_ACTIVATE, "ACTIVATE_DEV"))
		limit++;
	guest->limit = limit;
	vmxnet3_guest_rings_begin(guest, n);
}

/** A register of the device's that says something about guest memory. */
static void write_prepare(struct vmxnet3_guest *guest, size_t n,
			  const struct trace_event *event)
{
	uint32_t value = (uint32_t)event->value;
	unsigned queue;

	if (!event->place)
		return;
	if (strcmp(event->place, "bar0") == 0) {
		queue = (unsigned)(event->address - VMXNET3_TXPROD) /
			VMXNET3_STRIDE;
		if (event->address >= VMXNET3_TXPROD &&
		    event->address < VMXNET3_RXPROD)
			vmxnet3_guest_tx_fill(guest, queue, value);
		return;
	}
	if (strcmp(event->place, "bar1") != 0)
		return;
	if (event->address == VMXNET3_DSAL)
		guest->shared_low = value;
	else if (event->address == VMXNET3_DSAH)
		guest->shared = (uint64_t)value << 32 | guest->shared_low;
	else if (event->address == VMXNET3_CMD)
		command_prepare(guest, n);
}

/* ---- One after the other ---- */

static bool guest_encode(struct vmxnet3_guest *guest, size_t n)
{
	return player_encode(guest->player, n, &guest->player->built);
}

static void world_change(struct virtual_machine *vm)
{
	host_vmxnet3_device_change(vm->vmxnet3);
}

static void world_insert(struct virtual_machine *vm)
{
	vm->vmm->insert(vm);
}

static const struct player_act acts[] = {
	{HOST_VMXNET3_NOTE_CHANGE, world_change},
	{TRACE_NOTE_INSERT, world_insert},
	{0},
};

/** What happens to the card from outside. */
static void guest_world(struct vmxnet3_guest *guest, size_t n)
{
	struct virtual_machine *vm = guest->player->vm;
	struct host_vmxnet3 *card = vm->vmxnet3;
	unsigned queue, number;
	const char *text;

	if (!guest_encode(guest, n))
		return;
	text = guest->player->built.event.text;
	if (player_world(vm, acts, text))
		return;
	if (sscanf(text, HOST_VMXNET3_NOTE_TX_STOP, &queue, &number) == 2)
		host_vmxnet3_queue_stop(card, false, queue, number);
	else if (sscanf(text, HOST_VMXNET3_NOTE_RX_STOP, &queue, &number) == 2)
		host_vmxnet3_queue_stop(card, true, queue, number);
}

static void guest_deliver(struct vmxnet3_guest *guest, size_t n)
{
	const struct trace_event *event = &guest->player->built.event;
	struct wire_frame frame;

	if (!guest_encode(guest, n))
		return;
	frame.data = event->bytes;
	frame.length = event->length;
	if (guest->waiting_count == VMXNET3_GUEST_WAITING)
		memmove(guest->waiting, guest->waiting + 1,
			--guest->waiting_count * sizeof(guest->waiting[0]));
	guest->waiting[guest->waiting_count++] = n;
	wire_deliver(guest->player->vm->wire, &frame);
}

static void guest_descriptor(struct vmxnet3_guest *guest, size_t n)
{
	struct script *script = guest->player->script;
	uint64_t queue = 0;
	uint32_t producer;

	if (!vmxnet3_guest_is_at(guest, n, "tx")) {
		vmxnet3_guest_area_lay(guest, n);
		return;
	}
	script_number(script, n, "queue", &queue);
	if (queue < guest->tx_count &&
	    vmxnet3_guest_tx_write(guest, (unsigned)queue, n, &producer))
		guest_ring(guest, VMXNET3_TXPROD, (unsigned)queue, producer);
}

static void guest_act(struct vmxnet3_guest *guest, size_t n)
{
	struct script *script = guest->player->script;
	bool is_sent = script_direction(script, n) == TRACE_FROM_GUEST;

	switch (script_kind(script, n)) {
	case TRACE_PORT:
	case TRACE_MMIO:
		/* What is not compared is done nevertheless. */
		if (guest_encode(guest, n) && is_sent)
			write_prepare(guest, n, &guest->player->built.event);
		if (!guest->player->has_failed && guest_encode(guest, n))
			guest_access(guest, n, &guest->player->built.event);
		break;
	case TRACE_DESCRIPTOR:
		if (is_sent)
			guest_descriptor(guest, n);
		break;
	case TRACE_FRAME:
		if (!is_sent)
			guest_deliver(guest, n);
		break;
	case TRACE_NOTE:
		if (!is_sent)
			guest_world(guest, n);
		break;
	default:
		break;
	}
}

/* ---- Interrupts ---- */

static void guest_interrupt(void *argument)
{
	(void)argument;
}

/** A driver finds as many vectors, so the same ones. */
static bool interrupts_attach(struct vmxnet3_guest *guest)
{
	struct port *port = guest->player->vm->port;
	unsigned n;

	for (n = 0; n < VMXNET3_GUEST_VECTORS; n++) {
		if (port_interrupt_attach(port, guest_interrupt, guest,
					  &guest->vectors[n]))
			return false;
		guest->vector_count++;
	}
	return true;
}

static void interrupts_detach(struct vmxnet3_guest *guest)
{
	while (guest->vector_count)
		port_interrupt_detach(guest->player->vm->port,
				      guest->vectors[--guest->vector_count]);
}

/* ---- The role ---- */

static void guest_run(void *argument)
{
	struct player *player = argument;
	struct vmxnet3_guest *guest = player->own;
	struct script *script = player->script;
	size_t n;

	if (!interrupts_attach(guest)) {
		player_refuse(player, "out of memory for a virtual machine");
		return;
	}
	for (n = 0; n < script_count(script) && !player->has_failed; n++) {
		if (script_is_done(script, n) && script_is_checked(script, n))
			continue;
		guest_act(guest, n);
		/* Each call gives the host a turn: none that need not be. */
		if (!script_is_done(script, n))
			guest_wait(guest, n);
	}
	interrupts_detach(guest);
}

static void guest_matched(struct player *player, size_t n,
			  const struct trace_event *event)
{
	if (event->kind == TRACE_DESCRIPTOR &&
	    event->direction == TRACE_TO_GUEST && event->place &&
	    strcmp(event->place, "rxc") == 0)
		vmxnet3_guest_packet_check(player->own, n, event);
}

static void guest_destroy(struct player *player)
{
	struct vmxnet3_guest *guest = player->own;
	unsigned n;

	for (n = 0; n < VMXNET3_GUEST_QUEUES; n++) {
		free(guest->tx[n].items);
		free(guest->rx[n].rings[0].items);
		free(guest->rx[n].rings[1].items);
		free(guest->rx[n].packet);
	}
	trace_built_free(&guest->descriptor);
	trace_built_free(&guest->frame);
	free(guest->packet);
	free(guest->segment);
	free(guest);
}

static const char *const guest_keys[] = {
	"mac",	     "queue_frames", "drop_without_buffers",
	"line_only", "no_msix",	     NULL,
};

/** What the first line says of the card. @return false: not so, and said */
static bool card_configure(struct player *player,
			   struct host_vmxnet3_configuration *card)
{
	uint64_t frames, drops, line, no_msix;

	if (!player_number(player, "queue_frames", card->queue_frames,
			   UINT16_MAX, &frames) ||
	    !player_number(player, "drop_without_buffers", 0, 1, &drops) ||
	    !player_number(player, "line_only", 0, 1, &line) ||
	    !player_number(player, "no_msix", 0, 1, &no_msix) ||
	    !player_mac(player, card->mac))
		return false;
	card->queue_frames = (uint32_t)frames;
	card->drop_without_buffers = drops;
	card->line_only = line;
	card->no_msix = no_msix;
	return true;
}

static bool guest_create(struct player *player,
			 struct virtual_machine_configuration *vm)
{
	struct vmxnet3_guest *guest = calloc(1, sizeof(*guest));

	player->own = guest;
	if (!guest || !card_configure(player, &vm->host_vmxnet3))
		return false;
	guest->player = player;
	guest->packet = calloc(1, VMXNET3_GUEST_PACKET);
	guest->segment = calloc(1, VMXNET3_GUEST_PACKET);
	return guest->packet && guest->segment &&
	       vmxnet3_guest_rings_find(guest);
}

const struct player_role player_vmxnet3_guest = {
	.vmm = "vmware",
	.side = PLAYER_AS_GUEST,
	.rules = &guest_rules,
	.keys = guest_keys,
	.create = guest_create,
	.run = guest_run,
	.matched = guest_matched,
	.destroy = guest_destroy,
};
