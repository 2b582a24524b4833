/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host of a script: what it sends is sent when all came that the driver
 * does before. Under it the simulated partition answers registers and keeps
 * its lists of memory and channels, and all of its own messages are lost.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/driver.h"
#include "mocks/cli/play/hyperv.h"
#include "mocks/hyperv/host_rndis.h"
#include "mocks/hyperv/hostile.h"
#include "mocks/hyperv/nvsp_wire.h"
#include "mocks/hyperv/vmbus_wire.h"

#define OFFERS_MAX    8u
#define IN_FLIGHT_MAX 2048u
#define PAGE	      MACHINE_PAGE_SIZE

/** A packet of the driver that waits for its completion. */
struct in_flight {
	uint32_t relid;
	/** Its name in the script, and the driver's. */
	uint64_t expected, actual;
	uint32_t section;
};

struct player_hyperv_host {
	struct player *player;
	struct machine_work work;
	struct host_channel *channels[OFFERS_MAX];
	unsigned channel_count;
	struct in_flight in_flight[IN_FLIGHT_MAX];
	unsigned in_flight_count;
	/** The next event that may have to be sent. */
	size_t next;
	uint8_t message[HOST_RNDIS_TRANSFER_MAX];
};

/* ---- What is compared ---- */

/**
 * What the driver does, and what it gives its stack. When it signals and
 * acknowledges depends on when the host runs.
 */
static bool host_checks(const struct trace_record *record)
{
	bool is_sent = record->direction == TRACE_FROM_GUEST;

	switch (record->kind) {
	case TRACE_MSR:
		return is_sent && strcmp(record->name, "HV_X64_MSR_EOI") != 0 &&
		       strcmp(record->name, "HV_X64_MSR_EOM") != 0;
	case TRACE_MESSAGE:
	case TRACE_PACKET:
	case TRACE_RNDIS:
	case TRACE_NOTE:
		return is_sent;
	case TRACE_FRAME:
		return !is_sent;
	default:
		return false;
	}
}

/** Whether a packet completes one of the host's, which gave it its name. */
static bool is_answer(const struct trace_record *record)
{
	const struct trace_field *type = trace_record_find(record, "type");

	if (!type)
		return false;
	if (type->kind == TRACE_NUMBER)
		return type->number == HOST_PACKET_COMPLETION;
	return type->kind == TRACE_TEXT &&
	       type->length == strlen("COMPLETION") &&
	       !memcmp(trace_field_bytes(record, type), "COMPLETION",
		       type->length);
}

static bool is_no_section(const struct trace_record *record, const char *key)
{
	const struct trace_field *field = trace_record_find(record, key);

	return field && field->kind == TRACE_NUMBER &&
	       field->number == HOST_NVSP_NO_SECTION;
}

/** Of an address in a register counts what is beside it, and that it is one. */
static bool is_same_page(uint64_t expected, uint64_t actual)
{
	return !(expected / PAGE) == !(actual / PAGE) &&
	       expected % PAGE == actual % PAGE;
}

static bool is_page_register(const char *name)
{
	static const char *const names[] = {
		"HV_X64_MSR_HYPERCALL",	     "HV_X64_MSR_SIEFP",
		"HV_X64_MSR_SIMP",	     "HV_X64_MSR_REFERENCE_TSC",
		"HV_X64_MSR_VP_ASSIST_PAGE",
	};
	size_t n;

	for (n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		if (strcmp(names[n], name) == 0)
			return true;
	return false;
}

/** Of the pages of a list counts how many there are. */
static bool is_same_count(const struct trace_record *expected,
			  const struct trace_record *actual, const char *key)
{
	const struct trace_field *said = trace_record_find(expected, key);
	const struct trace_field *came = trace_record_find(actual, key);

	return said && came && said->kind == TRACE_LIST &&
	       came->kind == TRACE_LIST && said->length == came->length;
}

/** Where the driver's own memory lies is its affair. */
static bool is_same_place(const struct trace_record *expected,
			  const struct trace_record *actual, const char *key)
{
	uint64_t said = trace_record_value(expected, key);
	uint64_t came = trace_record_value(actual, key);

	if (expected->kind == TRACE_MSR)
		return strcmp(key, "value") == 0 &&
		       is_page_register(expected->name) &&
		       is_same_page(said, came);
	if (strcmp(key, "pages") == 0)
		return is_same_count(expected, actual, key);
	/* Since version 5.0 this is no address, but a SINT and a VTL. */
	if (strcmp(key, "interrupt_page_or_target") == 0)
		return said >= PAGE && is_same_page(said, came);
	return (strcmp(key, "parent_to_child_monitor") == 0 ||
		strcmp(key, "child_to_parent_monitor") == 0) &&
	       is_same_page(said, came);
}

/**
 * Where the pages of a packet are is the stack's affair; their bytes count. How
 * the driver calls what is in flight is its own: see host_note_packet().
 */
static bool host_compares(const struct trace_record *expected,
			  const struct trace_record *actual, const char *key)
{
	if (expected->kind == TRACE_MSR || expected->kind == TRACE_MESSAGE)
		return !is_same_place(expected, actual, key);
	if (expected->kind == TRACE_RNDIS && strcmp(key, "section") == 0)
		return is_no_section(expected, key) !=
		       is_no_section(actual, key);
	if (expected->kind != TRACE_PACKET)
		return true;
	if (strcmp(key, "send_buffer_section_index") == 0)
		return is_no_section(expected, key) !=
		       is_no_section(actual, key);
	if (strcmp(key, "transaction") == 0)
		return is_answer(expected);
	return strcmp(key, "header") != 0 && strncmp(key, "range", 5) != 0 &&
	       strcmp(key, "gpa_reserved") != 0;
}

static const struct script_rules rules = {host_checks, host_compares};

/* ---- What is in flight ---- */

static uint32_t packet_section(const struct trace_event *event)
{
	uint32_t header = event->width > 16 ? event->width - 16 : 0;
	struct host_nvsp_rndis message;

	if (header + sizeof(message) > event->length)
		return HOST_NVSP_NO_SECTION;
	memcpy(&message, event->bytes + header, sizeof(message));
	return le32_to_cpu(message.type) == HOST_NVSP_RNDIS_PACKET
		       ? le32_to_cpu(message.section)
		       : HOST_NVSP_NO_SECTION;
}

/**
 * A packet that has to be completed came as the script has it: the driver may
 * call it by any name, but by none that is in use, and so for its section.
 */
static void host_note_packet(struct player_hyperv_host *host, size_t n,
			     const struct trace_event *event)
{
	struct player *player = host->player;
	const struct in_flight one = {
		.relid = event->queue,
		.actual = event->address,
		.section = packet_section(event),
	};
	char ignored[SCRIPT_ERROR_MAX];
	const struct in_flight *other;
	unsigned i;

	if (!(event->other & HOST_RING_FLAG_COMPLETION) ||
	    host->in_flight_count == IN_FLIGHT_MAX)
		return;
	for (i = 0; i < host->in_flight_count; i++) {
		other = &host->in_flight[i];
		if (other->relid != one.relid)
			continue;
		if (other->actual == one.actual)
			player_fail(player, n,
				    "the driver calls it %#llx, as another "
				    "that is in flight",
				    (unsigned long long)one.actual);
		if (one.section != HOST_NVSP_NO_SECTION &&
		    other->section == one.section)
			player_fail(player, n,
				    "section %u still holds another message "
				    "that is in flight",
				    one.section);
	}
	host->in_flight[host->in_flight_count] = one;
	host->in_flight[host->in_flight_count].expected = one.actual;
	if (script_encode(player->script, n, &player->built, ignored))
		host->in_flight[host->in_flight_count].expected =
			player->built.event.address;
	host->in_flight_count++;
}

/** The driver's name for what the script completes. */
static uint64_t host_name(struct player_hyperv_host *host, uint32_t relid,
			  uint64_t expected)
{
	struct in_flight *one = host->in_flight;
	uint64_t actual;
	unsigned i;

	for (i = 0; i < host->in_flight_count; i++, one++) {
		if (one->relid != relid || one->expected != expected)
			continue;
		actual = one->actual;
		host->in_flight_count--;
		memmove(one, one + 1,
			(host->in_flight_count - i) * sizeof(*one));
		return actual;
	}
	return expected;
}

/* ---- Sending ---- */

static bool is_playable(const struct script *script, size_t n)
{
	enum trace_kind kind = script_kind(script, n);

	return script_direction(script, n) == TRACE_TO_GUEST &&
	       (kind == TRACE_MESSAGE || kind == TRACE_PACKET ||
		kind == TRACE_RNDIS);
}

/** Whether all came that the driver does before. */
static bool host_is_due(const struct player_hyperv_host *host)
{
	const struct script *script = host->player->script;
	size_t n;

	for (n = script_first(script); n < host->next; n++)
		if (script_direction(script, n) == TRACE_FROM_GUEST &&
		    !script_is_done(script, n))
			return false;
	return true;
}

static struct host_channel *host_channel(const struct player_hyperv_host *host,
					 uint32_t relid)
{
	unsigned n;

	for (n = 0; n < host->channel_count; n++)
		if (host_channel_relid(host->channels[n]) == relid)
			return host->channels[n];
	return NULL;
}

/** A packet as it lies in the ring, from descriptor to footer. */
static bool host_packet(struct player_hyperv_host *host,
			const struct trace_event *event)
{
	struct host_channel *channel = host_channel(host, event->queue);
	uint32_t bytes = (uint32_t)sizeof(struct host_ring_descriptor) +
			 ((event->length + 7) & ~7u);
	struct host_ring_descriptor descriptor = {
		.type = cpu_to_le16((uint16_t)event->value),
		.data_offset8 = cpu_to_le16((uint16_t)(event->width / 8)),
		.length8 = cpu_to_le16((uint16_t)(bytes / 8)),
		.flags = cpu_to_le16((uint16_t)event->other),
	};
	uint64_t name = event->address;
	uint32_t start = 0;
	uint8_t *whole;
	le32 footer[2];
	bool sent;

	if (!channel ||
	    !host_hostile_word_get(channel, true, HOST_HOSTILE_WRITE_INDEX,
				   &start))
		return false;
	whole = calloc(1, bytes + sizeof(footer));
	if (!whole)
		return false;
	if (event->value == HOST_PACKET_COMPLETION)
		name = host_name(host, event->queue, name);
	descriptor.transaction_id = cpu_to_le64(name);
	footer[0] = cpu_to_le32(0);
	footer[1] = cpu_to_le32(start);
	memcpy(whole, &descriptor, sizeof(descriptor));
	memcpy(whole + sizeof(descriptor), event->bytes, event->length);
	memcpy(whole + bytes, footer, sizeof(footer));
	sent = host_hostile_packet(channel, whole,
				   bytes + (uint32_t)sizeof(footer));
	free(whole);
	return sent;
}

/** A message where the script has it in the receive buffer, and recorded. */
static void host_rndis(struct player_hyperv_host *host, size_t n,
		       const struct trace_event *event)
{
	struct player_hyperv_memory *memory =
		&player_hyperv(host->player)->memory;
	const struct player_list *list =
		player_hyperv_memory_list(memory, memory->receive_list);

	if (list && player_list_write(memory, list, (uint32_t)event->address,
				      event->bytes, event->length))
		machine_trace(memory->machine, event);
	else
		player_fail(host->player, n,
			    "the driver has shown no such part of a receive "
			    "buffer");
}

/** @return false: not now */
static bool host_send(struct player_hyperv_host *host, size_t n)
{
	struct player *player = host->player;
	struct player_hyperv_memory *memory = &player_hyperv(player)->memory;
	const struct trace_event *event = &player->built.event;

	if (!player_encode(player, n, &player->built))
		return true;
	switch (event->kind) {
	case TRACE_MESSAGE:
		player_hyperv_memory_learn(memory, event);
		return host_hostile_message(player->vm->host_bus, event->bytes,
					    event->length);
	case TRACE_PACKET:
		player_hyperv_memory_learn(memory, event);
		return host_packet(host, event);
	default:
		host_rndis(host, n, event);
		return true;
	}
}

/** One event. @return whether there is more to send now */
static bool host_step(void *argument)
{
	struct player_hyperv_host *host = argument;
	struct script *script = host->player->script;

	while (host->next < script_count(script) &&
	       !is_playable(script, host->next))
		host->next++;
	if (host->next == script_count(script) || host->player->has_failed ||
	    !host_is_due(host))
		return false;
	if (!host_send(host, host->next)) {
		/* No room, or nobody listens yet: a little later. */
		machine_event_schedule(host->player->vm->machine,
				       &player_hyperv(host->player)->again,
				       PLAYER_POLL);
		return false;
	}
	host->next++;
	host->player->moved++;
	return true;
}

static void host_again(void *argument)
{
	struct player_hyperv_host *host = argument;

	machine_work_kick(host->player->vm->machine, &host->work);
}

/** The next packet of a channel that the script has from the driver. */
static bool host_waits_for_revoke(const struct script *script, uint32_t relid)
{
	uint64_t channel;
	size_t n;

	for (n = script_first(script); n < script_count(script); n++)
		if (script_kind(script, n) == TRACE_PACKET &&
		    script_direction(script, n) == TRACE_FROM_GUEST &&
		    !script_is_done(script, n) &&
		    script_number(script, n, "channel", &channel) &&
		    channel == relid)
			return strncmp(script_name(script, n), "REVOKE_", 7) ==
			       0;
	return false;
}

/**
 * REVOKE messages are the last before the channel is closed, and whether the
 * host reads them is chance.
 */
static bool host_ignores(const struct player *player,
			 const struct trace_event *event)
{
	uint32_t header = event->width > 16 ? event->width - 16 : 0;
	le32 type;

	if (event->kind != TRACE_PACKET ||
	    event->direction != TRACE_FROM_GUEST ||
	    header + sizeof(type) > event->length)
		return false;
	memcpy(&type, event->bytes + header, sizeof(type));
	if (le32_to_cpu(type) != HOST_NVSP_REVOKE_RECEIVE_BUFFER &&
	    le32_to_cpu(type) != HOST_NVSP_REVOKE_SEND_BUFFER)
		return false;
	return !host_waits_for_revoke(player->script, event->queue);
}

/** The script's host read them before it was told that the channel is closed.
 */
static void host_read_revokes(const struct player *player,
			      const struct trace_event *event)
{
	struct host_msg_relid close;
	struct host_channel *channel;
	uint32_t relid;

	if (event->kind != TRACE_MESSAGE ||
	    event->direction != TRACE_FROM_GUEST ||
	    event->length < sizeof(close))
		return;
	memcpy(&close, event->bytes, sizeof(close));
	relid = le32_to_cpu(close.relid);
	if (le32_to_cpu(close.header.type) != HOST_VMBUS_CLOSE ||
	    !host_waits_for_revoke(player->script, relid))
		return;
	channel = host_channel(player_hyperv(player)->host, relid);
	if (channel)
		host_channel_read(channel);
}

static bool host_saw(struct player *player, const struct trace_event *event)
{
	host_read_revokes(player, event);
	return player_hyperv_saw(player, event) && !host_ignores(player, event);
}

size_t player_hyperv_host_next(const struct player *player)
{
	return player_hyperv(player)->host->next;
}

/** Something came from the driver: there may be an answer to send. */
static void host_matched(struct player *player, size_t n,
			 const struct trace_event *event)
{
	if (n != SCRIPT_NONE && event->kind == TRACE_PACKET)
		host_note_packet(player_hyperv(player)->host, n, event);
	machine_work_kick(player->vm->machine,
			  &player_hyperv(player)->host->work);
}

/* ---- What the driver sends ---- */

/** Tell what an RNDIS packet carries, as the real device does. */
static void host_payload(struct player_hyperv_host *host, uint32_t relid,
			 const struct host_packet *packet,
			 const struct host_nvsp_rndis *message)
{
	struct player_hyperv_memory *memory =
		&player_hyperv(host->player)->memory;
	const struct player_list *list =
		player_hyperv_memory_list(memory, memory->send_list);
	uint32_t section = le32_to_cpu(message->section);
	uint32_t bytes = le32_to_cpu(message->section_bytes);

	if (section == HOST_NVSP_NO_SECTION)
		bytes = 0;
	else if (bytes > sizeof(host->message) || !list ||
		 !player_list_read(memory, list,
				   section * memory->section_bytes,
				   host->message, bytes))
		return;
	/* Behind four bytes of no meaning and the count, as in the ring. */
	if (packet->type == HOST_PACKET_GPA_DIRECT)
		bytes += player_ranges_read(memory, packet->ranges - 8,
					    packet->range_bytes + 8,
					    host->message + bytes,
					    (uint32_t)sizeof(host->message) -
						    bytes);
	machine_trace(memory->machine, &(const struct trace_event){
					       .kind = TRACE_RNDIS,
					       .direction = TRACE_FROM_GUEST,
					       .queue = relid,
					       .address = section,
					       .bytes = host->message,
					       .length = bytes,
				       });
}

static void host_packet_read(void *device, struct host_channel *channel,
			     const struct host_packet *packet)
{
	struct host_nvsp_rndis message;

	if (packet->payload_bytes < sizeof(message))
		return;
	memcpy(&message, packet->payload, sizeof(message));
	if (le32_to_cpu(message.type) == HOST_NVSP_RNDIS_PACKET)
		host_payload(device, host_channel_relid(channel), packet,
			     &message);
}

static bool host_opened(void *device, struct host_channel *channel)
{
	(void)device;
	(void)channel;
	return true;
}

static const struct host_device_operations host_operations = {
	.opened = host_opened,
	.packet = host_packet_read,
};

/* ---- Life ---- */

/** The simulated host answers too, and is not heard. */
static bool host_is_heard(void *context, uint8_t *payload, uint32_t *bytes)
{
	(void)context;
	(void)payload;
	(void)bytes;
	return false;
}

/** Offer what the script does, so that its channels exist. */
static void host_offers(struct player_hyperv_host *host)
{
	struct player *player = host->player;
	struct script *script = player->script;
	struct host_msg_offer message;
	struct host_offer offer;
	char ignored[SCRIPT_ERROR_MAX];
	size_t n;

	for (n = 0; n < script_count(script); n++) {
		if (!is_playable(script, n) ||
		    script_kind(script, n) != TRACE_MESSAGE ||
		    host->channel_count == OFFERS_MAX)
			continue;
		if (!script_encode(script, n, &player->built, ignored) ||
		    player->built.event.length < sizeof(message))
			continue;
		memcpy(&message, player->built.event.bytes, sizeof(message));
		if (le32_to_cpu(message.header.type) != HOST_VMBUS_OFFER)
			continue;
		memset(&offer, 0, sizeof(offer));
		memcpy(offer.interface.bytes, message.interface,
		       sizeof(offer.interface.bytes));
		memcpy(offer.instance.bytes, message.instance,
		       sizeof(offer.instance.bytes));
		offer.flags = le16_to_cpu(message.flags);
		offer.subchannel_index = le16_to_cpu(message.subchannel_index);
		offer.monitor_id = 255;
		host->channels[host->channel_count++] =
			host_channel_offer(player->vm->host_bus, &offer,
					   &host_operations, host);
	}
}

static bool host_start(struct player *player)
{
	struct player_hyperv *own = player_hyperv(player);
	struct virtual_machine *vm = player->vm;
	struct player_hyperv_host *host = calloc(1, sizeof(*host));
	const struct host_hostile hostile = {.message = host_is_heard};

	if (!host || !player_hyperv_start(player)) {
		free(host);
		return false;
	}
	own->host = host;
	host->player = player;
	host->work.step = host_step;
	host->work.argument = host;
	own->again.fire = host_again;
	own->again.argument = host;
	/* Its device is the script. */
	host_netvsp_destroy(vm->device);
	vm->device = NULL;
	host_hostile_set(vm->host_bus, &hostile);
	host_offers(host);
	return true;
}

static void host_destroy(struct player *player)
{
	free(player_hyperv(player)->host);
	player_hyperv_destroy(player);
}

const struct player_role player_hyperv_host = {
	.vmm = "hyperv",
	.side = PLAYER_AS_HOST,
	.rules = &rules,
	.read = player_hyperv_read,
	.create = player_hyperv_create,
	.start = host_start,
	.run = player_driver,
	.burst = player_hyperv_burst,
	.saw = host_saw,
	.matched = host_matched,
	.destroy = host_destroy,
};
