/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Offers: what devices there are, which number a guest knows each by, and how
 * one is taken away. A number is not used again until the guest released it.
 */
#include "mocks/hyperv/vmbus_internal.h"

#include <string.h>

/* ---- Numbers ---- */

struct host_channel *host_channel_by_relid(const struct host_vmbus *vmbus,
					   uint32_t relid)
{
	return relid < HOST_RELIDS ? vmbus->by_relid[relid] : NULL;
}

uint32_t host_channel_event_connection(const struct host_channel *channel)
{
	/* Opaque to a guest; the number is in it, and more. */
	return HOST_VMBUS_SINT << 12 | channel->relid;
}

static bool relid_assign(struct host_channel *channel)
{
	struct host_vmbus *vmbus = channel->vmbus;
	uint32_t relid;

	for (relid = 1; relid < HOST_RELIDS; relid++) {
		if (!vmbus->by_relid[relid]) {
			vmbus->by_relid[relid] = channel;
			channel->relid = relid;
			return true;
		}
	}
	return false;
}

static void relid_free(struct host_channel *channel)
{
	if (channel->relid)
		channel->vmbus->by_relid[channel->relid] = NULL;
	channel->relid = 0;
}

/* ---- Telling the guest ---- */

static void offer_send(struct host_channel *channel)
{
	struct host_vmbus *vmbus = channel->vmbus;
	bool dedicated = vmbus->version >= HOST_VMBUS_2_4;
	const struct host_offer *offer = &channel->offer;
	struct host_msg_offer message;

	if (!relid_assign(channel))
		return;
	channel->state = HOST_CHANNEL_CLOSED;
	memset(&message, 0, sizeof(message));
	memcpy(message.interface, &offer->interface, sizeof(message.interface));
	memcpy(message.instance, &offer->instance, sizeof(message.instance));
	message.flags = cpu_to_le16(offer->flags);
	message.subchannel_index = cpu_to_le16(offer->subchannel_index);
	message.relid = cpu_to_le32(channel->relid);
	/* Monitor pages are accepted and not looked at: none is assigned. */
	message.monitor_id = offer->monitor_id;
	message.dedicated = cpu_to_le16(dedicated);
	message.connection_id =
		cpu_to_le32(dedicated ? host_channel_event_connection(channel)
				      : HOST_CONNECTION_SHARED_EVENT);
	host_vmbus_send(vmbus, HOST_VMBUS_OFFER, &message,
			vmbus->version < HOST_VMBUS_1_1
				? offsetof(struct host_msg_offer, dedicated)
				: sizeof(message));
}

void host_vmbus_request_offers(struct host_vmbus *vmbus, const void *message,
			       uint32_t bytes)
{
	struct host_channel *channel;
	struct host_msg_header end;

	(void)message;
	(void)bytes;
	if (vmbus->offers_requested) {
		machine_violation(vmbus->machine, "VMBus REQUEST_OFFERS",
				  "the offers were requested before");
		return;
	}
	vmbus->offers_requested = true;
	for (channel = vmbus->channels; channel; channel = channel->next)
		offer_send(channel);
	host_vmbus_send(vmbus, HOST_VMBUS_ALL_OFFERS, &end, sizeof(end));
	if (vmbus->personality->late_offers)
		machine_event_schedule(
			vmbus->machine, &vmbus->late_offer,
			50000 + machine_random_below(vmbus->machine, 500000));
}

/* ---- Offering ---- */

/** The order in which a guest hears of two devices. */
static int offer_compare(const struct host_offer *a, const struct host_offer *b)
{
	int order = memcmp(&a->interface, &b->interface, sizeof(a->interface));

	if (!order)
		order = memcmp(&a->instance, &b->instance, sizeof(a->instance));
	if (!order)
		order = (int)a->subchannel_index - (int)b->subchannel_index;
	return order;
}

struct host_channel *
host_channel_offer(struct host_vmbus *vmbus, const struct host_offer *offer,
		   const struct host_device_operations *operations,
		   void *device)
{
	struct host_channel *channel = host_alloc(1, sizeof(*channel));
	struct host_channel **link = &vmbus->channels;

	channel->vmbus = vmbus;
	channel->offer = *offer;
	channel->operations = operations;
	channel->device = device;
	host_channel_create_parts(channel);
	while (*link && offer_compare(&(*link)->offer, offer) <= 0)
		link = &(*link)->next;
	channel->next = *link;
	*link = channel;
	if (vmbus->offers_requested)
		offer_send(channel);
	return channel;
}

/**
 * Something that nobody waits for: the pass-through device of a big machine.
 */
void host_late_offer_fire(void *argument)
{
	static const struct host_device_operations nothing;
	static const struct host_offer offer = {
		.interface = {{0x1d, 0xf6, 0xc4, 0x44, 0x44, 0x44, 0x00, 0x44,
			       0x9d, 0x52, 0x80, 0x2e, 0x27, 0xed, 0xe1, 0x9f}},
		.instance = {{0x2e, 0x11}},
		.monitor_id = 255,
	};
	struct host_vmbus *vmbus = argument;

	vmbus->late_channel = host_channel_offer(vmbus, &offer, &nothing, NULL);
}

/* ---- Taking away ---- */

static void channel_free(struct host_channel *channel)
{
	struct host_vmbus *vmbus = channel->vmbus;
	struct host_channel **link = &vmbus->channels;

	host_channel_silence(channel);
	host_partials_drop(vmbus, channel);
	host_gpadls_drop(channel);
	relid_free(channel);
	while (*link && *link != channel)
		link = &(*link)->next;
	if (*link)
		*link = channel->next;
	free(channel);
}

static void revoke(struct host_channel *channel)
{
	struct host_vmbus *vmbus = channel->vmbus;
	struct host_msg_relid message;

	host_channel_close(channel);
	/* Hearing of it, the device may have done the same. */
	if (channel->state == HOST_CHANNEL_REVOKED)
		return;
	channel->operations = NULL;
	channel->device = NULL;
	if (channel->state == HOST_CHANNEL_HIDDEN) {
		channel_free(channel);
		return;
	}
	channel->state = HOST_CHANNEL_REVOKED;
	host_partials_refuse(channel);
	message.relid = cpu_to_le32(channel->relid);
	host_vmbus_send(vmbus, HOST_VMBUS_RESCIND, &message, sizeof(message));
}

/** Whether a channel is a subchannel of another. */
static bool belongs_to(const struct host_channel *channel,
		       const struct host_channel *primary)
{
	return channel != primary && channel->state != HOST_CHANNEL_REVOKED &&
	       channel->offer.subchannel_index &&
	       !primary->offer.subchannel_index &&
	       !memcmp(&channel->offer.instance, &primary->offer.instance,
		       sizeof(channel->offer.instance));
}

void host_channel_rescind(struct host_channel *primary)
{
	struct host_vmbus *vmbus = primary->vmbus;
	struct host_channel *channel;

	/* From the start each time: a device that hears of it may rescind. */
	do {
		channel = vmbus->channels;
		while (channel && !belongs_to(channel, primary))
			channel = channel->next;
		if (channel)
			revoke(channel);
	} while (channel);
	revoke(primary);
}

void host_vmbus_relid_released(struct host_vmbus *vmbus, const void *message,
			       uint32_t bytes)
{
	const struct host_msg_relid *released = message;
	uint32_t relid = le32_to_cpu(released->relid);
	struct host_channel *channel = host_channel_by_relid(vmbus, relid);

	(void)bytes;
	if (!channel || channel->state != HOST_CHANNEL_REVOKED) {
		machine_violation(vmbus->machine, "VMBus RELID_RELEASED",
				  "channel %u is not rescinded, or released "
				  "already",
				  relid);
		return;
	}
	if (channel->gpadls)
		machine_violation(vmbus->machine, "VMBus RELID_RELEASED",
				  "channel %u still has lists of memory",
				  relid);
	channel_free(channel);
}

void host_offers_forget(struct host_vmbus *vmbus)
{
	struct host_channel *channel = vmbus->channels, *next;

	for (; channel; channel = next) {
		next = channel->next;
		if (channel->state == HOST_CHANNEL_REVOKED ||
		    channel == vmbus->late_channel) {
			channel_free(channel);
			continue;
		}
		host_gpadls_drop(channel);
		relid_free(channel);
		channel->state = HOST_CHANNEL_HIDDEN;
	}
	vmbus->late_channel = NULL;
}

void host_offers_destroy(struct host_vmbus *vmbus)
{
	struct host_channel *channel = vmbus->channels, *next;

	for (; channel; channel = next) {
		next = channel->next;
		channel_free(channel);
	}
}
