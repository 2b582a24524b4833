/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's network card: life of the card and of its channels.
 *
 * A card has a primary channel, offered as long as the card exists, and
 * subchannels that the guest asks for, which end with the primary one. All that
 * a guest agreed on lasts until it closes the primary channel; only a MAC
 * address that it set stays, as on a switch port.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/hyperv/netvsp_internal.h"
#include "mocks/machine/fault.h"
#include "mocks/machine/trace.h"

/** f8615163-df3e-46c5-913f-f2d2f965ed0e */
static const struct host_guid netvsp_interface = {
	{0x63, 0x51, 0x61, 0xf8, 0x3e, 0xdf, 0xc5, 0x46, 0x91, 0x3f, 0xf2, 0xd2,
	 0xf9, 0x65, 0xed, 0x0e},
};

/** Made an instance of its own by the card's address at its end. */
static const struct host_guid netvsp_instance = {
	{0x76, 0x6d, 0x6d, 0x73, 0x69, 0x6d, 0x4e, 0x43, 0x80, 0x01},
};

/* ---- What the guest is told, and when it is not ---- */

void netvsp_break(struct host_netvsp *netvsp, const char *clause,
		  const char *format, ...)
{
	char text[256];
	va_list arguments;
	unsigned i;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	machine_violation(netvsp->machine, clause, "%s", text);
	if (host_vmbus_strictness(netvsp->vmbus) == HOST_LENIENT)
		return;
	netvsp->dead = true;
	for (i = 0; i < NETVSP_QUEUES_MAX; i++)
		netvsp_receive_drop(&netvsp->queues[i],
				    &netvsp->counters.rx_drop_state);
}

uint32_t netvsp_message_bytes(const struct host_netvsp *netvsp)
{
	return netvsp->version >= HOST_NVSP_6_1 ? HOST_NVSP_BYTES_V6_1
						: HOST_NVSP_BYTES_V1;
}

/* Put a packet at the end of what waits; false: there is too much already. */
static bool reply_push(struct netvsp_queue *queue, uint16_t type,
		       uint64_t transaction_id, const void *payload,
		       uint32_t bytes)
{
	uint32_t size = queue->replies_size;
	struct netvsp_reply *replies;
	struct netvsp_reply *reply;
	uint32_t i;

	if (queue->reply_count == size) {
		size = size ? 2 * size : 64;
		if (size > NETVSP_REPLIES_MAX)
			return false;
		replies = malloc(size * sizeof(*replies));
		if (!replies)
			return false;
		for (i = 0; i < queue->reply_count; i++)
			replies[i] = queue->replies[(queue->reply_head + i) %
						    queue->replies_size];
		free(queue->replies);
		queue->replies = replies;
		queue->replies_size = size;
		queue->reply_head = 0;
	}
	reply = &queue->replies[(queue->reply_head + queue->reply_count++) %
				size];
	reply->type = type;
	reply->transaction_id = transaction_id;
	reply->bytes = (uint16_t)bytes;
	memcpy(reply->payload, payload, bytes);
	return true;
}

void netvsp_send(struct netvsp_queue *queue, uint16_t type,
		 uint64_t transaction_id, const void *payload, uint32_t bytes)
{
	struct host_netvsp *netvsp = queue->netvsp;

	if (netvsp->dead || !queue->open)
		return;
	if (!queue->reply_count) {
		if (host_channel_send(queue->channel, type, false,
				      transaction_id, NULL, 0, payload,
				      bytes) != HOST_SEND_FULL)
			return;
		queue->blocked = true;
	}
	if (!reply_push(queue, type, transaction_id, payload, bytes)) {
		machine_violation(netvsp->machine, "VMBus rings",
				  "the guest sends on and on and never reads "
				  "what comes back");
		netvsp->dead = true;
	}
}

bool netvsp_flush(struct netvsp_queue *queue)
{
	struct netvsp_reply *reply;

	while (queue->reply_count && !queue->blocked) {
		reply = &queue->replies[queue->reply_head];
		if (host_channel_send(queue->channel, reply->type, false,
				      reply->transaction_id, NULL, 0,
				      reply->payload,
				      reply->bytes) == HOST_SEND_FULL) {
			queue->blocked = true;
			break;
		}
		queue->reply_head =
			(queue->reply_head + 1) % queue->replies_size;
		queue->reply_count--;
	}
	return !queue->blocked;
}

void netvsp_complete(struct netvsp_queue *queue,
		     const struct host_packet *packet, const void *message,
		     uint32_t bytes)
{
	uint32_t least = netvsp_message_bytes(queue->netvsp);
	uint8_t padded[NETVSP_REPLY_BYTES] = {0};

	if (!packet->completion_requested ||
	    machine_fault_fires(queue->netvsp->machine,
				MACHINE_FAULT_COMPLETION_LOST))
		return;
	if (bytes) {
		memcpy(padded, message, bytes);
		if (bytes < least)
			bytes = least;
	}
	netvsp_send(queue, HOST_PACKET_COMPLETION, packet->transaction_id,
		    padded, bytes);
}

void netvsp_complete_rndis(struct netvsp_queue *queue,
			   const struct host_packet *packet, uint32_t status)
{
	const struct host_nvsp_rndis_complete wire = {
		.type = CPU_TO_LE32(HOST_NVSP_RNDIS_PACKET_COMPLETE),
		.status = cpu_to_le32(status),
	};

	netvsp_complete(queue, packet, &wire, sizeof(wire));
}

/* ---- Channels ---- */

static void queue_reset(struct netvsp_queue *queue)
{
	machine_work_cancel(queue->netvsp->machine, &queue->work);
	netvsp_receive_drop(queue, &queue->netvsp->counters.rx_drop_state);
	netvsp_receive_free(queue);
	free(queue->replies);
	queue->replies = NULL;
	queue->replies_size = 0;
	queue->reply_head = 0;
	queue->reply_count = 0;
	queue->blocked = false;
	queue->open = false;
}

static void queue_rescind(struct netvsp_queue *queue)
{
	struct host_netvsp *netvsp = queue->netvsp;
	struct host_channel *channel = queue->channel;

	if (!channel)
		return;
	netvsp->doorbells_gone += host_channel_doorbells(channel);
	netvsp->signals_gone += host_channel_signals(channel);
	/* It may close the channel, which is still known then. */
	host_channel_rescind(channel);
	queue_reset(queue);
	queue->channel = NULL;
}

static void subchannels_rescind(struct host_netvsp *netvsp)
{
	unsigned i;

	for (i = 1; i < NETVSP_QUEUES_MAX; i++)
		queue_rescind(&netvsp->queues[i]);
	netvsp->subchannels = 0;
	netvsp->indirection_sent = false;
	netvsp->card.queues = 1;
}

/* The guest is gone: forget what it agreed on and let go of its memory. */
static void netvsp_reset(struct host_netvsp *netvsp)
{
	subchannels_rescind(netvsp);
	queue_reset(&netvsp->queues[0]);
	host_faults_forget(netvsp->partition, netvsp->receive.gpadl);
	netvsp_receive_buffer_drop(&netvsp->receive);
	netvsp_send_buffer_drop(&netvsp->send);
	netvsp_control_drop(netvsp);
	netvsp->version = 0;
	netvsp->have_ndis_version = false;
	netvsp->have_ndis_configuration = false;
	netvsp->rndis_up = false;
	netvsp->keepalive_pending = false;
	netvsp->card.mtu = NETVSP_MTU_DEFAULT;
	host_rndis_card_reset(&netvsp->card);
}

static struct netvsp_queue *queue_of(struct host_netvsp *netvsp,
				     const struct host_channel *channel)
{
	unsigned i;

	for (i = 0; i < NETVSP_QUEUES_MAX; i++)
		if (netvsp->queues[i].channel == channel)
			return &netvsp->queues[i];
	return NULL;
}

static bool netvsp_opened(void *device, struct host_channel *channel)
{
	struct host_netvsp *netvsp = device;
	struct netvsp_queue *queue = queue_of(netvsp, channel);

	if (!queue)
		return false;
	queue->open = true;
	if (!queue->index)
		netvsp->dead = false;
	else
		netvsp_indirection_send(netvsp);
	return true;
}

static void netvsp_closed(void *device, struct host_channel *channel)
{
	struct host_netvsp *netvsp = device;
	struct netvsp_queue *queue = queue_of(netvsp, channel);

	if (queue && queue->index)
		queue_reset(queue);
	else if (queue)
		netvsp_reset(netvsp);
}

static void netvsp_packet(void *device, struct host_channel *channel,
			  const struct host_packet *packet)
{
	struct host_netvsp *netvsp = device;
	struct netvsp_queue *queue = queue_of(netvsp, channel);

	if (!queue || netvsp->dead)
		return;
	switch (packet->type) {
	case HOST_PACKET_INBAND:
	case HOST_PACKET_GPA_DIRECT:
		netvsp_nvsp(queue, packet);
		break;
	case HOST_PACKET_COMPLETION:
		netvsp_receive_completed(queue, packet);
		break;
	case HOST_PACKET_CANCEL:
		/* What it would cancel has been done already. */
		break;
	default:
		netvsp_break(netvsp, "VMBus packets",
			     "packet type %u is not for a network card",
			     packet->type);
	}
}

static void netvsp_room(void *device, struct host_channel *channel)
{
	struct netvsp_queue *queue = queue_of(device, channel);

	if (!queue || queue->netvsp->dead)
		return;
	queue->blocked = false;
	if (netvsp_flush(queue))
		machine_work_kick(queue->netvsp->machine, &queue->work);
}

static void netvsp_corrupt(void *device, struct host_channel *channel)
{
	struct host_netvsp *netvsp = device;
	unsigned i;

	(void)channel;
	netvsp->dead = true;
	for (i = 0; i < NETVSP_QUEUES_MAX; i++)
		netvsp_receive_drop(&netvsp->queues[i],
				    &netvsp->counters.rx_drop_state);
}

static const struct host_device_operations netvsp_operations = {
	.opened = netvsp_opened,
	.closed = netvsp_closed,
	.packet = netvsp_packet,
	.room = netvsp_room,
	.corrupt = netvsp_corrupt,
};

void netvsp_offer(struct host_netvsp *netvsp, unsigned index)
{
	struct host_offer offer = netvsp->offer;

	offer.subchannel_index = (uint16_t)index;
	netvsp->queues[index].channel =
		host_channel_offer(netvsp->vmbus, &offer, &netvsp_operations,
				   netvsp);
}

/* ---- Life ---- */

static void configuration_complete(struct host_netvsp_configuration *own)
{
	if (!own->speed_mbps)
		own->speed_mbps = 10000;
	if (!own->queue_frames)
		own->queue_frames = 512;
	if (!own->ranges_max)
		own->ranges_max = 375;
	if (!own->messages_per_range)
		own->messages_per_range = 1;
	if (!own->sections)
		own->sections = 1;
	if (own->sections > NETVSP_SECTIONS_MAX)
		own->sections = NETVSP_SECTIONS_MAX;
}

static void card_complete(struct host_netvsp *netvsp)
{
	const struct host_netvsp_configuration *own = &netvsp->configuration;
	struct host_rndis_card *card = &netvsp->card;

	memcpy(card->mac, own->mac, sizeof(card->mac));
	memcpy(card->mac_permanent, own->mac, sizeof(card->mac_permanent));
	card->mac_changes = own->mac_changes;
	card->speed_mbps = own->speed_mbps;
	card->link_up = !own->link_down;
	card->mtu = NETVSP_MTU_DEFAULT;
	card->queues = 1;
	card->queues_max = machine_cpus(netvsp->machine);
	card->counters = &netvsp->counters;
	host_rndis_card_reset(card);

	netvsp->offer.interface = netvsp_interface;
	netvsp->offer.instance = netvsp_instance;
	memcpy(netvsp->offer.instance.bytes + 10, own->mac, sizeof(own->mac));
	netvsp->offer.monitor_id = 255;
}

struct host_netvsp *
host_netvsp_create(struct host_vmbus *vmbus,
		   const struct host_netvsp_configuration *configuration,
		   struct wire *wire)
{
	struct host_netvsp *netvsp = calloc(1, sizeof(*netvsp));
	unsigned i;

	if (!netvsp)
		return NULL;
	netvsp->vmbus = vmbus;
	netvsp->machine = host_vmbus_machine(vmbus);
	netvsp->partition = host_vmbus_partition(vmbus);
	netvsp->wire = wire;
	netvsp->configuration = *configuration;
	configuration_complete(&netvsp->configuration);
	netvsp->scratch = malloc(HOST_RNDIS_TRANSFER_MAX);
	netvsp->transfer = malloc(sizeof(struct host_transfer_header) +
				  (size_t)netvsp->configuration.ranges_max *
					  sizeof(struct host_transfer_range));
	if (!netvsp->scratch || !netvsp->transfer) {
		free(netvsp->scratch);
		free(netvsp->transfer);
		free(netvsp);
		return NULL;
	}
	card_complete(netvsp);
	for (i = 0; i < NETVSP_QUEUES_MAX; i++) {
		netvsp->queues[i].netvsp = netvsp;
		netvsp->queues[i].index = i;
		netvsp->queues[i].work.step = netvsp_receive_step;
		netvsp->queues[i].work.argument = &netvsp->queues[i];
	}
	wire_attach(wire, netvsp_receive, netvsp);
	netvsp_offer(netvsp, 0);
	return netvsp;
}

static void netvsp_rescind(struct host_netvsp *netvsp)
{
	/* Subchannels first. */
	subchannels_rescind(netvsp);
	queue_rescind(&netvsp->queues[0]);
	netvsp_reset(netvsp);
}

void host_netvsp_remove(struct host_netvsp *netvsp)
{
	machine_trace_note(netvsp->machine, TRACE_NOTE_REMOVE);
	netvsp_rescind(netvsp);
}

void host_netvsp_return(struct host_netvsp *netvsp)
{
	if (netvsp->queues[0].channel)
		return;
	machine_trace_note(netvsp->machine, TRACE_NOTE_INSERT);
	netvsp_offer(netvsp, 0);
}

void host_netvsp_destroy(struct host_netvsp *netvsp)
{
	if (!netvsp)
		return;
	wire_attach(netvsp->wire, NULL, NULL);
	netvsp_rescind(netvsp);
	free(netvsp->scratch);
	free(netvsp->transfer);
	free(netvsp);
}

/* ---- Looking at it ---- */

void host_netvsp_counters(const struct host_netvsp *netvsp,
			  struct host_netvsp_counters *counters)
{
	const struct host_channel *channel;
	unsigned i;

	*counters = netvsp->counters;
	counters->doorbells = netvsp->doorbells_gone;
	counters->signals = netvsp->signals_gone;
	for (i = 0; i < NETVSP_QUEUES_MAX; i++) {
		channel = netvsp->queues[i].channel;
		if (!channel)
			continue;
		counters->doorbells += host_channel_doorbells(channel);
		counters->signals += host_channel_signals(channel);
	}
}

bool host_netvsp_is_dead(const struct host_netvsp *netvsp)
{
	return netvsp->dead;
}

bool host_netvsp_is_asking(const struct host_netvsp *netvsp)
{
	return netvsp->keepalive_pending;
}

uint32_t host_netvsp_version(const struct host_netvsp *netvsp)
{
	return netvsp->version;
}

uint32_t host_netvsp_outstanding(const struct host_netvsp *netvsp)
{
	return netvsp->receive.outstanding;
}

uint32_t host_netvsp_backlog(const struct host_netvsp *netvsp)
{
	uint32_t frames = 0;
	unsigned i;

	for (i = 0; i < NETVSP_QUEUES_MAX; i++)
		frames += netvsp->queues[i].waiting_count;
	return frames;
}

uint32_t host_netvsp_filter(const struct host_netvsp *netvsp)
{
	return netvsp->card.filter;
}
