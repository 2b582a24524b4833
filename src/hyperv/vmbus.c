/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connection to the host.
 *
 * Both sides send messages at any time. What the host sends is read in one
 * place, vmbus_poll(), and sorted by its type: offers and rescinds into the
 * table of channels (offer.c), answers to whoever waits for them. Nobody waits
 * for "the next message". A message of an unknown type or too short for its
 * type is counted and ignored; a longer one is read as far as it is known.
 *
 * A version is found by proposing one after another, the highest first. From
 * 5.0 on contact is made on another connection than before, which an older host
 * does not have; its hypercall status is then as good as a refusal.
 */
#include <string.h>

#include "hyperv/gpadl.h"
#include "hyperv/hypercall.h"
#include "hyperv/offer.h"
#include "hyperv/vmbus.h"
#include "hyperv/vmbus_messages.h"
#include "port/log.h"

/** Where contact is made, and below 5.0 all messages go. */
#define CONNECTION_CONTACT_OLD 1u
#define CONNECTION_CONTACT     4u

/**
 * Messages read from one vCPU before the others have their turn: a host could
 * refill its slot for ever.
 */
#define POLL_MESSAGES 256u

/**
 * The longest pause between two looks: what comes after a look and before the
 * pause does not end it.
 */
#define WAIT_PAUSE 1000000ull

/** The first list; 0 is never used, and small numbers are others'. */
#define GPADL_FIRST 0xe1e10u

static const uint32_t versions[] = {
	VMBUS_VERSION_IRON,    VMBUS_VERSION_RS5,     VMBUS_VERSION_RS4,
	VMBUS_VERSION_WIN10_5, VMBUS_VERSION_WIN10_1, VMBUS_VERSION_WIN10,
	VMBUS_VERSION_WIN8_1,  VMBUS_VERSION_WIN8,
};

/* ---- Messages of the host ---- */

/** @return whether this is the answer that is waited for */
static bool answer_take(struct vmbus *bus, uint32_t type, uint32_t relid,
			uint32_t id, uint32_t status)
{
	struct vmbus_answer *answer = &bus->answer;

	if (answer->type != type || answer->relid != relid ||
	    answer->id != id || answer->arrived) {
		bus->messages_ignored++;
		return false;
	}
	answer->status = status;
	answer->arrived = true;
	return true;
}

static void take_offer(struct vmbus *bus, const void *message)
{
	offer_add(bus, message);
}

static void take_rescind(struct vmbus *bus, const void *message)
{
	const struct vmbus_relid *rescind = message;

	offer_rescind(bus, le32_to_cpu(rescind->relid));
}

static void take_all_offers(struct vmbus *bus, const void *message)
{
	(void)message;
	answer_take(bus, VMBUS_ALL_OFFERS, 0, 0, 0);
}

static void take_open_result(struct vmbus *bus, const void *message)
{
	const struct vmbus_open_result *result = message;

	answer_take(bus, VMBUS_OPEN_RESULT, le32_to_cpu(result->relid),
		    le32_to_cpu(result->open_id), le32_to_cpu(result->status));
}

static void take_gpadl_created(struct vmbus *bus, const void *message)
{
	const struct vmbus_gpadl_created *created = message;

	answer_take(bus, VMBUS_GPADL_CREATED, le32_to_cpu(created->relid),
		    le32_to_cpu(created->gpadl), le32_to_cpu(created->status));
}

static void take_gpadl_torndown(struct vmbus *bus, const void *message)
{
	const struct vmbus_gpadl_torndown *torndown = message;
	uint32_t handle = le32_to_cpu(torndown->gpadl);

	/* It may be waited for now, or later. */
	if (!gpadl_torndown(bus, handle) || bus->answer.id == handle)
		answer_take(bus, VMBUS_GPADL_TORNDOWN, 0, handle, 0);
}

/**
 * What is agreed on is the version proposed: not all hosts repeat it. A host
 * that says "supported" and a state is not connected.
 */
static void take_version_response(struct vmbus *bus, const void *message)
{
	const struct vmbus_version_response *response = message;
	bool connected =
		response->supported != 0 && response->connection_state == 0;

	if (answer_take(bus, VMBUS_VERSION_RESPONSE, 0, 0, !connected))
		bus->answer.connection_id =
			le32_to_cpu(response->message_connection_id);
}

static void take_unload_response(struct vmbus *bus, const void *message)
{
	(void)message;
	answer_take(bus, VMBUS_UNLOAD_RESPONSE, 0, 0, 0);
}

static const struct message_handler {
	void (*take)(struct vmbus *bus, const void *message);
	/** Shorter ones are ignored. */
	size_t bytes;
} message_handlers[] = {
	[VMBUS_OFFER] = {take_offer, sizeof(struct vmbus_offer)},
	[VMBUS_RESCIND] = {take_rescind, sizeof(struct vmbus_relid)},
	[VMBUS_ALL_OFFERS] = {take_all_offers, sizeof(struct vmbus_header)},
	[VMBUS_OPEN_RESULT] = {take_open_result,
			       sizeof(struct vmbus_open_result)},
	[VMBUS_GPADL_CREATED] = {take_gpadl_created,
				 sizeof(struct vmbus_gpadl_created)},
	[VMBUS_GPADL_TORNDOWN] = {take_gpadl_torndown,
				  sizeof(struct vmbus_gpadl_torndown)},
	[VMBUS_VERSION_RESPONSE] = {take_version_response,
				    VMBUS_VERSION_RESPONSE_BYTES_MIN},
	[VMBUS_UNLOAD_RESPONSE] = {take_unload_response,
				   sizeof(struct vmbus_header)},
};

static void dispatch(struct vmbus *bus, const struct synic_message *message)
{
	const struct vmbus_header *header = (const void *)message->payload;
	const struct message_handler *handler = NULL;
	uint32_t type;

	if (message->type == SYNIC_MESSAGE_CHANNEL &&
	    message->bytes >= sizeof(*header)) {
		type = le32_to_cpu(header->type);
		if (type <
		    sizeof(message_handlers) / sizeof(message_handlers[0]))
			handler = &message_handlers[type];
	}
	if (!handler || !handler->take || message->bytes < handler->bytes) {
		bus->messages_ignored++;
		return;
	}
	handler->take(bus, message->payload);
}

void vmbus_poll(struct vmbus *bus)
{
	struct synic_message message;
	unsigned cpu, n;

	if (!bus->hyperv)
		return;
	for (cpu = 0; cpu < bus->hyperv->cpu_count; cpu++)
		for (n = 0; n < POLL_MESSAGES &&
			    synic_take(&bus->synic, cpu, &message);
		     n++)
			dispatch(bus, &message);
	offer_flush(bus);
}

/* ---- Interrupts ---- */

static void event_taken(void *context, unsigned flag)
{
	struct vmbus *bus = context;
	struct vmbus_channel *channel = offer_of_flag(bus, flag);
	struct port *port = bus->hyperv->port;

	if (!channel)
		return;
	port_lock(port, &channel->lock);
	if (channel->signalled)
		channel->signalled(channel->context);
	port_unlock(port, &channel->lock);
}

static void message_waits(void *context)
{
	struct vmbus *bus = context;

	if (bus->configuration.wake)
		bus->configuration.wake(bus->configuration.context);
}

/* ---- Questions and answers ---- */

int vmbus_try_post(struct vmbus *bus, const void *message, size_t bytes)
{
	int error =
		hypercall_try_post_message(bus->hyperv, bus->message_connection,
					   message, bytes);

	/*
	 * The connection is there: we are on it. It only cannot be reached now.
	 */
	return error == ERROR_NO_DEVICE ? ERROR_AGAIN : error;
}

int vmbus_post(struct vmbus *bus, const void *message, size_t bytes)
{
	struct port *port = bus->hyperv->port;
	uint64_t deadline = port_time(port) + HYPERCALL_POST_TIME;
	uint64_t pause = HYPERCALL_PAUSE_FIRST;
	int error;

	for (;;) {
		error = vmbus_try_post(bus, message, bytes);
		if (error != ERROR_AGAIN)
			return error;
		if (port_time(port) >= deadline)
			return ERROR_TIMED_OUT;
		port_delay(port, pause);
		if (pause < HYPERCALL_PAUSE_MAX)
			pause *= 2;
		/* It may have no room since we do not listen. */
		vmbus_poll(bus);
	}
}

void vmbus_expect(struct vmbus *bus, uint32_t type, uint32_t relid, uint32_t id)
{
	bus->answer = (struct vmbus_answer){
		.type = type,
		.relid = relid,
		.id = id,
	};
}

void vmbus_forget(struct vmbus *bus)
{
	bus->answer = (struct vmbus_answer){.type = 0};
}

int vmbus_wait(struct vmbus *bus, const struct vmbus_channel *channel,
	       uint64_t time, uint32_t *status)
{
	struct port *port = bus->hyperv->port;
	uint64_t now = port_time(port);
	const uint64_t deadline = now + time;

	for (;;) {
		vmbus_poll(bus);
		if (bus->answer.arrived) {
			*status = bus->answer.status;
			return 0;
		}
		if (channel && vmbus_rescinded(channel))
			return ERROR_NO_DEVICE;
		now = port_time(port);
		if (now >= deadline)
			return ERROR_TIMED_OUT;
		port_relax(port, deadline - now < WAIT_PAUSE
					 ? deadline
					 : now + WAIT_PAUSE);
	}
}

/* ---- The connection ---- */

/**
 * Propose a version.
 * @return 0; ERROR_NOT_SUPPORTED when the host does not want it
 */
static int contact(struct vmbus *bus, uint32_t version)
{
	struct hyperv *hyperv = bus->hyperv;
	unsigned cpu = port_cpu_current(hyperv->port);
	bool modern = version >= VMBUS_VERSION_WIN10_5;
	struct vmbus_initiate_contact message = {
		.header.type = CPU_TO_LE32(VMBUS_INITIATE_CONTACT),
		.version = cpu_to_le32(version),
		.target_vp = cpu_to_le32(hyperv_vp_index(hyperv, cpu)),
		.sint = modern ? SYNIC_SINT : 0,
	};
	uint32_t refused;
	int error;

	vmbus_expect(bus, VMBUS_VERSION_RESPONSE, 0, 0);
	if (modern) {
		error = hypercall_post_message(hyperv, CONNECTION_CONTACT,
					       &message, sizeof(message));
		if (error == ERROR_NO_DEVICE)
			return ERROR_NOT_SUPPORTED;
	} else {
		bus->message_connection = CONNECTION_CONTACT_OLD;
		error = vmbus_post(bus, &message, sizeof(message));
	}
	if (!error)
		error = vmbus_wait(bus, NULL, VMBUS_ANSWER_TIME, &refused);
	if (error)
		return error;
	/* A host that does not say where messages go does not know of 5.0. */
	if (refused || (modern && bus->answer.connection_id == 0))
		return ERROR_NOT_SUPPORTED;
	bus->version = version;
	if (modern)
		bus->message_connection = bus->answer.connection_id;
	return 0;
}

/**
 * Agree on a version. One that is not answered ends it: its answer could come
 * late, and say nothing of which version it means.
 */
static int negotiate(struct vmbus *bus)
{
	uint32_t most = bus->configuration.version_max;
	int error = ERROR_NOT_SUPPORTED;
	size_t i;

	for (i = 0; i < sizeof(versions) / sizeof(versions[0]) &&
		    error == ERROR_NOT_SUPPORTED;
	     i++)
		if (most == 0 || versions[i] <= most)
			error = contact(bus, versions[i]);
	vmbus_forget(bus);
	return error;
}

/** Ask for the offers, once, and wait until all have come. */
static int offers_request(struct vmbus *bus)
{
	struct vmbus_header message = {
		.type = CPU_TO_LE32(VMBUS_REQUEST_OFFERS),
	};
	uint32_t status;
	int error;

	vmbus_expect(bus, VMBUS_ALL_OFFERS, 0, 0);
	error = vmbus_post(bus, &message, sizeof(message));
	if (!error)
		error = vmbus_wait(bus, NULL, VMBUS_ANSWER_TIME, &status);
	vmbus_forget(bus);
	return error;
}

/**
 * The slots may hold what was for whoever had them before, and an old answer
 * looks like one to us.
 */
static void leftovers_drop(struct vmbus *bus)
{
	struct synic_message message;
	unsigned cpu, n;

	for (cpu = 0; cpu < bus->hyperv->cpu_count; cpu++)
		for (n = 0; n < POLL_MESSAGES &&
			    synic_take(&bus->synic, cpu, &message);
		     n++)
			continue;
}

int vmbus_connect(struct vmbus *bus, struct hyperv *hyperv,
		  const struct vmbus_configuration *configuration)
{
	const struct synic_handler handler = {
		.event = event_taken,
		.message = message_waits,
		.context = bus,
	};
	int error;

	memset(bus, 0, sizeof(*bus));
	bus->hyperv = hyperv;
	bus->configuration = *configuration;
	bus->gpadl_next = GPADL_FIRST;
	error = synic_enable(&bus->synic, hyperv, &handler);
	if (error) {
		bus->hyperv = NULL;
		return error;
	}
	leftovers_drop(bus);
	error = negotiate(bus);
	if (!error)
		error = offers_request(bus);
	if (error) {
		log_error(hyperv->port, "vmbus: not connected: %s",
			  error_name(error));
		vmbus_disconnect(bus);
		return error;
	}
	log_info(hyperv->port, "vmbus: version %u.%u", bus->version >> 16,
		 bus->version & 0xffff);
	return 0;
}

/** @return whether the host confirmed that the connection is no more */
static bool unload(struct vmbus *bus)
{
	struct vmbus_header message = {.type = CPU_TO_LE32(VMBUS_UNLOAD)};
	uint32_t status;
	int error;

	/* What came before the question is no answer to it. */
	vmbus_poll(bus);
	bus->unloading = true;
	vmbus_expect(bus, VMBUS_UNLOAD_RESPONSE, 0, 0);
	error = vmbus_post(bus, &message, sizeof(message));
	if (!error)
		error = vmbus_wait(bus, NULL, VMBUS_UNLOAD_TIME, &status);
	vmbus_forget(bus);
	if (error)
		log_warning(bus->hyperv->port, "vmbus: unload: %s",
			    error_name(error));
	return !error;
}

void vmbus_disconnect(struct vmbus *bus)
{
	struct port *port = bus->hyperv->port;
	unsigned i;

	/*
	 * Before 3.0 hosts do not answer, and drop the old connection when
	 * somebody makes another.
	 */
	if (bus->version >= VMBUS_VERSION_WIN8_1 && unload(bus))
		for (i = 0; i < VMBUS_KEPT_MAX; i++)
			port_pages_free(port, bus->kept[i].memory,
					bus->kept[i].pages);
	synic_disable(&bus->synic);
	memset(bus, 0, sizeof(*bus));
}

uint32_t vmbus_version(const struct vmbus *bus)
{
	return bus->version;
}

void vmbus_keep(struct vmbus *bus, void *memory, size_t pages)
{
	unsigned i;

	log_warning(bus->hyperv->port,
		    "vmbus: the host keeps %zu pages it was shown", pages);
	for (i = 0; i < VMBUS_KEPT_MAX; i++) {
		if (bus->kept[i].memory)
			continue;
		bus->kept[i].memory = memory;
		bus->kept[i].pages = pages;
		return;
	}
}
