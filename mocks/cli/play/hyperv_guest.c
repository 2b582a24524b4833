/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest of a script: each thing that it does is done when all before it
 * came, and each answer is waited for.
 */
#include <string.h>

#include "mocks/cli/play/hyperv.h"
#include "mocks/cli/play/world.h"
#include "mocks/cli/vmm.h"
#include "mocks/hyperv/netvsp.h"
#include "mocks/hyperv/nvsp_wire.h"
#include "mocks/hyperv/partition_wire.h"
#include "port/port.h"

/** A vCPU has no more. */
#define VECTORS 256u

/* ---- What the world does ---- */

static void world_insert(struct virtual_machine *vm)
{
	vm->vmm->insert(vm);
}

static void world_keepalive(struct virtual_machine *vm)
{
	vm->vmm->keepalive(vm);
}

static void world_network(struct virtual_machine *vm)
{
	vm->vmm->network_change(vm);
}

static const struct player_act acts[] = {
	{TRACE_NOTE_INSERT, world_insert},
	{HOST_NETVSP_NOTE_KEEPALIVE, world_keepalive},
	{HOST_NETVSP_NOTE_NETWORK, world_network},
	{0},
};

/* ---- What is compared ---- */

/**
 * What depends on when the guest looked is left out, and how the two call each
 * other: the player posts until it is heard, and signals when it has to.
 */
static bool guest_checks(const struct trace_record *record)
{
	switch (record->kind) {
	case TRACE_MSR:
		return strcmp(record->name, "HV_X64_MSR_EOI") != 0 &&
		       strcmp(record->name, "HV_X64_MSR_EOM") != 0;
	case TRACE_CPUID:
	case TRACE_MESSAGE:
	case TRACE_PACKET:
	case TRACE_RNDIS:
	case TRACE_FRAME:
	case TRACE_RULE:
		return true;
	case TRACE_NOTE:
		return player_is_world(record, acts);
	default:
		return false;
	}
}

/** The value of a clock is another each time. */
static bool guest_compares(const struct trace_record *record,
			   const struct trace_record *actual, const char *key)
{
	(void)actual;
	return record->kind != TRACE_MSR || strcmp(key, "value") != 0 ||
	       (strcmp(record->name, "HV_X64_MSR_TIME_REF_COUNT") != 0 &&
		strcmp(record->name, "HV_X64_MSR_VP_RUNTIME") != 0);
}

static const struct script_rules rules = {guest_checks, guest_compares};

/* ---- Registers ---- */

/** What is done on a vCPU of the script's choice. */
struct access {
	struct port *port;
	const struct trace_event *event;
};

static void access_run(void *argument)
{
	const struct access *access = argument;
	const struct trace_event *event = access->event;

	if (event->kind == TRACE_CPUID)
		port_cpuid(access->port, (uint32_t)event->address,
			   (uint32_t)event->value);
	else if (event->direction == TRACE_TO_GUEST)
		port_msr_read(access->port, (uint32_t)event->address);
	else
		port_msr_write(access->port, (uint32_t)event->address,
			       event->value);
}

static void guest_access(struct player *player, size_t n)
{
	struct access access = {player->vm->port, &player->built.event};

	if (access.event->cpu >= port_cpu_count(access.port))
		player_fail(player, n, "there is no vCPU %u",
			    access.event->cpu);
	else
		port_cpu_run(access.port, access.event->cpu, access_run,
			     &access);
}

/* ---- Messages ---- */

/** Tell the host that a message was read: there may be another. */
static void slots_take(struct player *player)
{
	struct machine *machine = player->vm->machine;
	struct trace_event event = {
		.kind = TRACE_MSR,
		.address = HOST_MSR_EOM,
	};
	struct access access = {player->vm->port, &event};
	const size_t type = offsetof(struct host_synic_slot, type);
	const size_t flags = offsetof(struct host_synic_slot, flags);
	static const le32 none;
	uint64_t slot;
	uint8_t flag;
	unsigned n;
	le32 word;

	for (n = 0; n < machine_cpus(machine) * HOST_SINTS; n++) {
		event.cpu = n / HOST_SINTS;
		slot = player_hyperv(player)->memory.message_page[event.cpu];
		if (!slot)
			continue;
		slot += n % HOST_SINTS * sizeof(struct host_synic_slot);
		if (!machine_ram_read(machine, slot + type, &word,
				      sizeof(word)) ||
		    !le32_to_cpu(word))
			continue;
		machine_ram_write(machine, slot + type, &none, sizeof(none));
		if (machine_ram_read(machine, slot + flags, &flag, 1) &&
		    flag & HOST_SLOT_PENDING)
			port_cpu_run(access.port, event.cpu, access_run,
				     &access);
	}
}

static uint64_t guest_call(struct player *player, size_t n, uint64_t control,
			   uint64_t input)
{
	uint64_t result = 0;

	if (!player_hyperv(player)->memory.hypercall_page ||
	    !machine_hypercall(player->vm->machine,
			       player_hyperv(player)->memory.hypercall_page,
			       control, input, 0, &result))
		player_fail(player, n,
			    "there is no page to call the host with: the "
			    "script has to enable HV_X64_MSR_HYPERCALL "
			    "before");
	return result;
}

/** Post until the host has the time for it. */
static void guest_post(struct player *player, size_t n)
{
	const struct trace_event *event = &player->built.event;
	struct port *port = player->vm->port;
	uint64_t deadline = port_time(port) + PLAYER_PATIENCE, result;
	struct host_post_message message;

	memset(&message, 0, sizeof(message));
	message.connection_id = cpu_to_le32((uint32_t)event->address);
	message.type = cpu_to_le32((uint32_t)event->value);
	message.bytes = cpu_to_le32(event->length);
	if (event->length > sizeof(message.payload)) {
		player_fail(player, n, "a message has at most %zu bytes",
			    sizeof(message.payload));
		return;
	}
	if (event->length)
		memcpy(message.payload, event->bytes, event->length);
	player_rings_clear(&player_hyperv(player)->memory, event);
	do {
		machine_ram_write(player->vm->machine,
				  player_hyperv(player)->input_page, &message,
				  sizeof(message));
		result = guest_call(player, n, HOST_CALL_POST_MESSAGE,
				    player_hyperv(player)->input_page);
		if (result != HOST_STATUS_INSUFFICIENT_BUFFERS &&
		    result != HOST_STATUS_TIMEOUT)
			break;
		port_relax(port, port_time(port) + PLAYER_POLL);
	} while (port_time(port) < deadline && !player->has_failed);
}

static void guest_signal(struct player *player, size_t n,
			 const struct player_channel *channel)
{
	guest_call(player, n, HOST_CALL_SIGNAL_EVENT | HOST_CALL_FAST,
		   channel->connection);
}

/* ---- Packets ---- */

/** The RNDIS message that a packet carries: the next of its channel. */
static bool payload_find(struct player *player, size_t n, uint32_t channel)
{
	struct script *script = player->script;

	for (; n < script_count(script); n++) {
		if (script_kind(script, n) != TRACE_RNDIS ||
		    script_direction(script, n) != TRACE_FROM_GUEST ||
		    script_is_done(script, n))
			continue;
		if (!player_encode(player, n, &player_hyperv(player)->payload))
			return false;
		if (player_hyperv(player)->payload.event.queue == channel)
			return true;
	}
	return false;
}

/** Put what a packet carries where the packet says that it is. */
static void payload_put(struct player *player, size_t n)
{
	const struct trace_event *packet = &player->built.event;
	const struct trace_event *payload =
		&player_hyperv(player)->payload.event;
	struct player_hyperv_memory *memory = &player_hyperv(player)->memory;
	uint32_t header = packet->width > 16 ? packet->width - 16 : 0;
	struct host_nvsp_rndis message;
	const struct player_list *list;
	uint32_t section, bytes;

	if (header + sizeof(message) > packet->length)
		return;
	memcpy(&message, packet->bytes + header, sizeof(message));
	if (le32_to_cpu(message.type) != HOST_NVSP_RNDIS_PACKET ||
	    !payload_find(player, n, packet->queue))
		return;
	section = le32_to_cpu(message.section);
	bytes = le32_to_cpu(message.section_bytes);
	bytes = bytes < payload->length ? bytes : payload->length;
	list = player_hyperv_memory_list(memory, memory->send_list);
	if (section == HOST_NVSP_NO_SECTION)
		bytes = 0;
	else if (list && memory->section_bytes)
		player_list_write(memory, list, section * memory->section_bytes,
				  payload->bytes, bytes);
	if (packet->value == HOST_PACKET_GPA_DIRECT)
		player_ranges_write(memory, packet->bytes, header,
				    payload->bytes + bytes,
				    payload->length - bytes);
}

static void guest_send(struct player *player, size_t n)
{
	struct player_channel *channel =
		player_hyperv_memory_channel(&player_hyperv(player)->memory,
					     player->built.event.queue);
	struct port *port = player->vm->port;
	uint64_t deadline = port_time(port) + PLAYER_PATIENCE;

	payload_put(player, n);
	while (!player->has_failed && channel && channel->is_open) {
		if (player_ring_write(&player_hyperv(player)->memory, channel,
				      &player->built.event)) {
			guest_signal(player, n, channel);
			return;
		}
		if (port_time(port) >= deadline)
			break;
		port_relax(port, port_time(port) + PLAYER_POLL);
	}
	player_fail(player, n,
		    channel && channel->is_open
			    ? "the ring has no room for that"
			    : "the channel is not open");
}

/** Take what came, so that the host can go on. */
static void guest_serve(struct player *player, size_t n)
{
	struct player_hyperv_memory *memory = &player_hyperv(player)->memory;
	unsigned i;

	slots_take(player);
	for (i = 0; i < memory->channel_count; i++)
		if (player_ring_take(memory, &memory->channels[i]))
			guest_signal(player, n, &memory->channels[i]);
}

/* ---- One after the other ---- */

/** Steps that a host has left of what it heard, at most. */
#define STEPS_LEFT 16u

/** The world acts when the host has done what it was asked for before. */
static void guest_world(struct player *player, size_t n)
{
	struct port *port = player->vm->port;
	unsigned i;

	for (i = 0; i < STEPS_LEFT; i++) {
		guest_serve(player, n);
		port_relax(port, port_time(port) + PLAYER_POLL);
	}
	if (player_encode(player, n, &player->built))
		player_world(player->vm, acts, player->built.event.text);
}

static void guest_act(struct player *player, size_t n)
{
	const struct trace_event *event = &player->built.event;
	bool is_sent = script_direction(player->script, n) == TRACE_FROM_GUEST;
	struct wire_frame frame;

	switch (script_kind(player->script, n)) {
	case TRACE_CPUID:
	case TRACE_MSR:
		if (player_encode(player, n, &player->built))
			guest_access(player, n);
		break;
	case TRACE_MESSAGE:
		if (is_sent && player_encode(player, n, &player->built))
			guest_post(player, n);
		break;
	case TRACE_PACKET:
		if (is_sent && player_encode(player, n, &player->built))
			guest_send(player, n);
		break;
	case TRACE_FRAME:
		if (is_sent || !player_encode(player, n, &player->built))
			break;
		frame.data = event->bytes;
		frame.length = event->length;
		wire_deliver(player->vm->wire, &frame);
		break;
	case TRACE_NOTE:
		guest_world(player, n);
		break;
	default:
		break;
	}
}

static void guest_wait(struct player *player, size_t n)
{
	struct port *port = player->vm->port;
	uint64_t deadline = port_time(port) + PLAYER_PATIENCE;

	while (!script_is_done(player->script, n) && !player->has_failed) {
		guest_serve(player, n);
		if (port_time(port) >= deadline)
			player_fail(player, n, "that did not come within %u ms",
				    (unsigned)(PLAYER_PATIENCE / 1000000));
		port_relax(port, port_time(port) + PLAYER_POLL);
	}
}

static void guest_interrupt(void *argument)
{
	(void)argument;
}

/** The script names a vector of its own: whichever it is, somebody takes it. */
static unsigned vectors_attach(struct port *port, uint8_t *vectors)
{
	unsigned count = 0;

	while (count < VECTORS && !port_interrupt_attach(port, guest_interrupt,
							 NULL, &vectors[count]))
		count++;
	return count;
}

/** Where the script's guest has its messages, or a page of our own. */
static bool guest_input(struct player *player, void **page)
{
	struct script *script = player->script;
	size_t n;

	*page = NULL;
	for (n = 0; n < script_count(script); n++)
		if (script_kind(script, n) == TRACE_HYPERCALL &&
		    player_encode(player, n, &player->built) &&
		    player->built.event.address == HOST_CALL_POST_MESSAGE) {
			player_hyperv(player)->input_page =
				player->built.event.other;
			return true;
		}
	*page = port_pages_alloc(player->vm->port, 1, 0, "played messages");
	if (*page)
		player_hyperv(player)->input_page =
			port_physical(player->vm->port, *page);
	return *page;
}

static void guest_run(void *argument)
{
	struct player *player = argument;
	struct script *script = player->script;
	struct port *port = player->vm->port;
	uint8_t vectors[VECTORS];
	unsigned count;
	void *page;
	size_t n;

	if (!guest_input(player, &page)) {
		player_refuse(player, "out of memory for a virtual machine");
		return;
	}
	count = vectors_attach(port, vectors);
	for (n = 0; n < script_count(script) && !player->has_failed; n++) {
		if (script_is_done(script, n))
			continue;
		guest_act(player, n);
		/* Each call gives the host a turn: none that need not be. */
		if (!script_is_done(script, n))
			guest_wait(player, n);
	}
	while (count)
		port_interrupt_detach(port, vectors[--count]);
	if (page)
		port_pages_free(port, page, 1);
}

const struct player_role player_hyperv_guest = {
	.vmm = "hyperv",
	.side = PLAYER_AS_GUEST,
	.rules = &rules,
	.read = player_hyperv_read,
	.create = player_hyperv_create,
	.start = player_hyperv_start,
	.run = guest_run,
	.saw = player_hyperv_saw,
	.destroy = player_hyperv_destroy,
};
