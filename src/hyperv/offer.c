/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of channels.
 *
 * The host offers a channel under a relid and may take it away at any moment; a
 * relid is the guest's until it says RELID_RELEASED, once, and can then be
 * offered again for something else. So an entry lives as long as its relid:
 * from OFFER to RELID_RELEASED. A channel that nobody claimed is released as
 * soon as it is rescinded, whatever its class; a claimed one when its driver
 * gives it back. Of an offer that finds no room, or is for a channel that is
 * there already, only the relid is kept: it too must be released one day.
 *
 * RELID_RELEASED that is due while messages are dispatched is only noted, and
 * posted when the host has room: dispatching never waits.
 */
#include <string.h>

#include "hyperv/offer.h"
#include "port/log.h"

static bool guid_equal(const struct guid *one, const struct guid *other)
{
	return memcmp(one->bytes, other->bytes, sizeof(one->bytes)) == 0;
}

/* ---- RELID_RELEASED ---- */

static struct vmbus_relid release_message(uint32_t relid)
{
	return (struct vmbus_relid){
		.header.type = CPU_TO_LE32(VMBUS_RELID_RELEASED),
		.relid = cpu_to_le32(relid),
	};
}

static bool relid_is_in(const uint32_t *set, uint32_t relid)
{
	return (set[relid / 32] >> relid % 32) & 1;
}

static void relid_put_in(uint32_t *set, uint32_t relid)
{
	set[relid / 32] |= UINT32_C(1) << relid % 32;
}

static void relid_take_out(uint32_t *set, uint32_t relid)
{
	set[relid / 32] &= ~(UINT32_C(1) << relid % 32);
}

static void release_later(struct vmbus *bus, uint32_t relid)
{
	relid_put_in(bus->release_due, relid);
	bus->releases_due++;
}

void offer_flush(struct vmbus *bus)
{
	struct vmbus_relid message;
	uint32_t relid;
	int error;

	if (bus->unloading)
		return;
	for (relid = 1; bus->releases_due && relid < SYNIC_EVENT_FLAGS;
	     relid++) {
		if (!relid_is_in(bus->release_due, relid))
			continue;
		message = release_message(relid);
		error = vmbus_try_post(bus, &message, sizeof(message));
		if (error == ERROR_AGAIN)
			return;
		if (error)
			log_warning(bus->hyperv->port,
				    "vmbus: channel %u not released: %s", relid,
				    error_name(error));
		relid_take_out(bus->release_due, relid);
		bus->releases_due--;
	}
}

/* ---- The table ---- */

/** A relid's entry plus 1, or 0. */
static unsigned entry_get(struct vmbus *bus, uint32_t relid)
{
	return atomic_load_explicit(&bus->entry_of_relid[relid],
				    memory_order_acquire);
}

struct vmbus_channel *offer_of_flag(struct vmbus *bus, unsigned flag)
{
	unsigned entry = entry_get(bus, flag);

	return entry ? &bus->channels[entry - 1] : NULL;
}

static void entry_set(struct vmbus *bus, uint32_t relid, unsigned entry)
{
	atomic_store_explicit(&bus->entry_of_relid[relid], (uint8_t)entry,
			      memory_order_release);
}

/** Take a channel out of the table; its relid is to be released. */
static void entry_clear(struct vmbus_channel *channel)
{
	entry_set(channel->bus, channel->relid, 0);
	channel->relid = 0;
	channel->claimed = false;
}

/** A free entry, or NULL; *known is set when the channel is there already. */
static struct vmbus_channel *
entry_find(struct vmbus *bus, const struct vmbus_offer *offer, bool *known)
{
	uint16_t subchannel = le16_to_cpu(offer->subchannel_index);
	struct vmbus_channel *channel, *unused = NULL;
	unsigned i;

	*known = false;
	for (i = 0; i < VMBUS_CHANNELS_MAX; i++) {
		channel = &bus->channels[i];
		if (channel->relid == 0) {
			if (!unused)
				unused = channel;
		} else if (!vmbus_rescinded(channel) &&
			   channel->subchannel_index == subchannel &&
			   guid_equal(&channel->instance, &offer->instance)) {
			*known = true;
		}
	}
	return unused;
}

void offer_add(struct vmbus *bus, const struct vmbus_offer *offer)
{
	uint32_t relid = le32_to_cpu(offer->relid);
	struct vmbus_channel *channel;
	bool known;

	/*
	 * What is the guest's cannot be offered to it again, and what has no
	 * event flag cannot be used.
	 */
	if (relid == 0 || relid >= SYNIC_EVENT_FLAGS || entry_get(bus, relid) ||
	    relid_is_in(bus->refused, relid) ||
	    relid_is_in(bus->release_due, relid)) {
		bus->messages_ignored++;
		return;
	}
	channel = entry_find(bus, offer, &known);
	if (known || !channel) {
		log_warning(bus->hyperv->port, "vmbus: channel %u refused: %s",
			    relid, known ? "known already" : "too many");
		relid_put_in(bus->refused, relid);
		return;
	}
	channel->bus = bus;
	channel->interface = offer->interface;
	channel->instance = offer->instance;
	channel->relid = relid;
	channel->connection_id = le32_to_cpu(offer->connection_id);
	channel->subchannel_index = le16_to_cpu(offer->subchannel_index);
	channel->order = bus->offers++;
	channel->claimed = false;
	channel->lists_stay = false;
	channel->close_due = false;
	atomic_store(&channel->rescinded, false);
	entry_set(bus, relid, (unsigned)(channel - bus->channels) + 1);
	synic_watch(&bus->synic, relid);
}

void offer_rescind(struct vmbus *bus, uint32_t relid)
{
	struct vmbus_channel *channel = NULL;

	if (relid < SYNIC_EVENT_FLAGS && relid_is_in(bus->refused, relid)) {
		relid_take_out(bus->refused, relid);
		release_later(bus, relid);
		return;
	}
	if (relid < SYNIC_EVENT_FLAGS)
		channel = offer_of_flag(bus, relid);
	if (!channel || vmbus_rescinded(channel)) {
		bus->messages_ignored++;
		return;
	}
	atomic_store(&channel->rescinded, true);
	if (channel->claimed)
		return;
	entry_clear(channel);
	release_later(bus, relid);
}

struct vmbus_channel *vmbus_claim(struct vmbus *bus,
				  const struct guid *interface)
{
	struct vmbus_channel *channel, *oldest = NULL;
	unsigned i;

	for (i = 0; i < VMBUS_CHANNELS_MAX; i++) {
		channel = &bus->channels[i];
		if (channel->relid == 0 || channel->claimed ||
		    channel->subchannel_index != 0 ||
		    !guid_equal(&channel->interface, interface))
			continue;
		if (!oldest || channel->order < oldest->order)
			oldest = channel;
	}
	if (oldest)
		oldest->claimed = true;
	return oldest;
}

void vmbus_release(struct vmbus_channel *channel)
{
	struct vmbus *bus = channel->bus;
	uint32_t relid = channel->relid;
	struct vmbus_relid message = release_message(relid);
	int error;

	/* The relid ends with the connection, and is nobody's until then. */
	if (vmbus_rescinded(channel) && channel->lists_stay)
		return;
	channel->claimed = false;
	if (!vmbus_rescinded(channel))
		return;
	entry_clear(channel);
	error = vmbus_post(bus, &message, sizeof(message));
	if (!error)
		return;
	log_warning(bus->hyperv->port, "vmbus: channel %u not released: %s",
		    relid, error_name(error));
	if (error == ERROR_TIMED_OUT)
		release_later(bus, relid);
}

bool vmbus_rescinded(const struct vmbus_channel *channel)
{
	return atomic_load_explicit(&channel->rescinded, memory_order_relaxed);
}
