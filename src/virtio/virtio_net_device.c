/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device: features, set up with everything in place, reset.
 */
#include "virtio/virtio_net_internal.h"

#include <string.h>

#include "port/log.h"

/* ---- Features ---- */

/** A feature that is only accepted together with all of the others. */
static const struct {
	uint64_t feature, needs;
} dependencies[] = {
	{VIRTIO_NET_FEATURE_HOST_TSO4, VIRTIO_NET_FEATURE_CHECKSUM},
	{VIRTIO_NET_FEATURE_HOST_TSO6, VIRTIO_NET_FEATURE_CHECKSUM},
	{VIRTIO_NET_FEATURE_GUEST_TSO4, VIRTIO_NET_FEATURE_GUEST_CHECKSUM},
	{VIRTIO_NET_FEATURE_GUEST_TSO6, VIRTIO_NET_FEATURE_GUEST_CHECKSUM},
	{VIRTIO_NET_FEATURE_CONTROL_RX, VIRTIO_NET_FEATURE_CONTROL},
	{VIRTIO_NET_FEATURE_CONTROL_RX_EX,
	 VIRTIO_NET_FEATURE_CONTROL | VIRTIO_NET_FEATURE_CONTROL_RX},
	{VIRTIO_NET_FEATURE_CONTROL_VLAN, VIRTIO_NET_FEATURE_CONTROL},
	/* Its command is of a class that needs this one (5.1.6.5.2). */
	{VIRTIO_NET_FEATURE_CONTROL_MAC,
	 VIRTIO_NET_FEATURE_CONTROL | VIRTIO_NET_FEATURE_CONTROL_RX},
	{VIRTIO_NET_FEATURE_MULTIQUEUE, VIRTIO_NET_FEATURE_CONTROL},
	{VIRTIO_NET_FEATURE_ANNOUNCE,
	 VIRTIO_NET_FEATURE_CONTROL | VIRTIO_NET_FEATURE_STATUS},
};

#define FEATURES_BASE                                                          \
	(VIRTIO_FEATURE_INDIRECT | VIRTIO_FEATURE_EVENT_INDEX |                \
	 VIRTIO_FEATURE_VERSION_1 | VIRTIO_FEATURE_PACKED |                    \
	 VIRTIO_NET_FEATURE_CHECKSUM | VIRTIO_NET_FEATURE_GUEST_CHECKSUM |     \
	 VIRTIO_NET_FEATURE_MTU | VIRTIO_NET_FEATURE_MAC |                     \
	 VIRTIO_NET_FEATURE_HOST_TSO4 | VIRTIO_NET_FEATURE_HOST_TSO6 |         \
	 VIRTIO_NET_FEATURE_HOST_ECN | VIRTIO_NET_FEATURE_MERGEABLE |          \
	 VIRTIO_NET_FEATURE_STATUS | VIRTIO_NET_FEATURE_CONTROL |              \
	 VIRTIO_NET_FEATURE_CONTROL_RX | VIRTIO_NET_FEATURE_CONTROL_RX_EX |    \
	 VIRTIO_NET_FEATURE_ANNOUNCE | VIRTIO_NET_FEATURE_CONTROL_MAC |        \
	 VIRTIO_NET_FEATURE_HEADER_LENGTH | VIRTIO_NET_FEATURE_SPEED)

static uint64_t buffers_for(const struct virtio_net *card, uint64_t bytes)
{
	uint32_t room = card->stack.receive_buffer_bytes;

	return (bytes + room - 1) / room;
}

/*
 * Whether the stack's buffers hold the longest frames: as many as a frame may
 * take, or as are posted together, of which there are to be some.
 */
static bool large_fits(const struct virtio_net *card, uint64_t features)
{
	uint64_t buffers = buffers_for(card, VIRTIO_NET_RECEIVE_LARGE);

	if (buffers > VIRTIO_NET_CHAIN)
		return false;
	return (features & VIRTIO_NET_FEATURE_MERGEABLE) ||
	       buffers * VIRTIO_NET_POSTED_MIN <=
		       card->configuration.receive_queue;
}

/*
 * Whether there can be buffers for a frame of the device's MTU, as there must
 * be if it is accepted (5.1.4.2).
 */
static bool mtu_fits(struct virtio_net *card)
{
	uint16_t mtu = virtio_mmio_config16(&card->mmio, VIRTIO_NET_CONFIG_MTU);
	uint64_t buffers = buffers_for(card, virtio_net_frame_room(mtu));

	return buffers <= VIRTIO_NET_CHAIN &&
	       buffers <= card->configuration.receive_queue;
}

/* What of the offer is wanted, and can be had together. */
static uint64_t features_choose(struct virtio_net *card, uint64_t offered)
{
	const struct virtio_net_configuration *wanted = &card->configuration;
	uint64_t features = FEATURES_BASE;
	size_t i;

	if (wanted->queues > 1)
		features |= VIRTIO_NET_FEATURE_MULTIQUEUE;
	if (wanted->vlan_filter)
		features |= VIRTIO_NET_FEATURE_CONTROL_VLAN;
	features &= offered & ~wanted->features_off;
	if (wanted->large_receive && large_fits(card, features))
		features |= offered & ~wanted->features_off &
			    (VIRTIO_NET_FEATURE_GUEST_TSO4 |
			     VIRTIO_NET_FEATURE_GUEST_TSO6);
	for (i = 0; i < sizeof(dependencies) / sizeof(dependencies[0]); i++)
		if ((features & dependencies[i].needs) != dependencies[i].needs)
			features &= ~dependencies[i].feature;
	if ((features & VIRTIO_NET_FEATURE_MTU) && !mtu_fits(card))
		features &= ~VIRTIO_NET_FEATURE_MTU;
	/* Of no use without one of them, and then not allowed. */
	if (!(features &
	      (VIRTIO_NET_FEATURE_HOST_TSO4 | VIRTIO_NET_FEATURE_HOST_TSO6)))
		features &= ~VIRTIO_NET_FEATURE_HOST_ECN;
	return features;
}

/*
 * There is no way for this driver and this device. It is told so, unless that
 * would end it for whoever comes next (Firecracker).
 */
static int features_fail(struct virtio_net *card)
{
	log_warning(card->port, "virtio-net: features %#llx",
		    (unsigned long long)card->mmio.offered);
	if (card->reset_once)
		virtio_mmio_reset(&card->mmio);
	else
		virtio_mmio_fail(&card->mmio);
	return ERROR_NOT_SUPPORTED;
}

int virtio_net_negotiate(struct virtio_net *card)
{
	int error = virtio_mmio_begin(&card->mmio);
	uint64_t features;

	if (error)
		return error;
	features = features_choose(card, card->mmio.offered);
	if (!(features & VIRTIO_FEATURE_VERSION_1) ||
	    (card->features != 0 && features != card->features))
		return features_fail(card);
	error = virtio_mmio_accept(&card->mmio, features);
	if (error)
		return error == ERROR_NOT_SUPPORTED ? features_fail(card)
						    : error;
	card->features = features;
	card->negotiated = true;
	return 0;
}

/* ---- Configuration ---- */

/* Only fields that the features say are there. */
static void config_fields(struct virtio_mmio *mmio, void *context)
{
	struct virtio_net_config_read *config = context;
	unsigned i;

	if (config->features & VIRTIO_NET_FEATURE_MAC)
		for (i = 0; i < ETHERNET_ADDRESS_BYTES; i++)
			config->mac[i] =
				virtio_mmio_config8(mmio,
						    VIRTIO_NET_CONFIG_MAC + i);
	if (config->features & VIRTIO_NET_FEATURE_STATUS)
		config->status =
			virtio_mmio_config16(mmio, VIRTIO_NET_CONFIG_STATUS);
	if (config->features & VIRTIO_NET_FEATURE_MULTIQUEUE)
		config->queue_pairs =
			virtio_mmio_config16(mmio,
					     VIRTIO_NET_CONFIG_QUEUE_PAIRS);
	if (config->features & VIRTIO_NET_FEATURE_MTU)
		config->mtu = virtio_mmio_config16(mmio, VIRTIO_NET_CONFIG_MTU);
	if (config->features & VIRTIO_NET_FEATURE_SPEED)
		config->speed =
			virtio_mmio_config32(mmio, VIRTIO_NET_CONFIG_SPEED);
}

int virtio_net_config_read(struct virtio_net *card,
			   struct virtio_net_config_read *config)
{
	memset(config, 0, sizeof(*config));
	config->features = card->features;
	return virtio_mmio_configuration(&card->mmio, config_fields, config);
}

/* ---- States ---- */

void virtio_net_die(struct virtio_net *card, enum nic_event event)
{
	unsigned expected = VIRTIO_NET_ALIVE;
	bool removed = event == NIC_EVENT_REMOVED;

	if (!atomic_compare_exchange_strong(&card->state, &expected,
					    removed ? VIRTIO_NET_REMOVED
						    : VIRTIO_NET_FAILED))
		return;
	card->link.up = false;
	log_warning(card->port, "virtio-net: %s",
		    removed ? "the host took the card away"
			    : "the card failed");
	atomic_fetch_or(&card->events, event);
	atomic_store(&card->events_told, false);
}

bool virtio_net_look(struct virtio_net *card)
{
	uint32_t status;

	if (!virtio_net_alive(card))
		return false;
	status = virtio_mmio_status(&card->mmio);
	if (atomic_load(&card->vanished) || status == VIRTIO_GONE) {
		virtio_net_die(card, NIC_EVENT_REMOVED);
		return false;
	}
	if (atomic_load(&card->live) && (status & VIRTIO_STATUS_NEEDS_RESET))
		virtio_net_break(card);
	return true;
}

void virtio_net_break(struct virtio_net *card)
{
	if (!atomic_exchange(&card->broken, true))
		virtio_net_wake_events(card);
}

/* ---- Up and down ---- */

static int virtqueue_enable(struct virtio_net *card, unsigned index,
			    struct virtqueue *virtqueue)
{
	struct virtio_mmio_queue described;

	virtqueue_reset(virtqueue);
	virtqueue_disarm(virtqueue);
	if (virtio_mmio_queue_most(&card->mmio, index) < virtqueue->size)
		return ERROR_IO;
	virtqueue_describe(virtqueue, &described);
	return virtio_mmio_queue_enable(&card->mmio, index, &described);
}

static int queue_enable(struct virtio_net_queue *queue)
{
	struct virtio_net *card = queue->card;
	int error = virtqueue_enable(card, queue->receive.index,
				     &queue->receive.virtqueue);

	if (!error)
		error = virtqueue_enable(card, queue->transmit.index,
					 &queue->transmit.virtqueue);
	queue->asked = false;
	return error;
}

static int queues_enable(struct virtio_net *card)
{
	unsigned i;
	int error = 0;

	card->shown = true;
	for (i = 0; i < card->queue_count && !error; i++)
		error = queue_enable(&card->queues[i]);
	if (!error && virtio_net_has(card, VIRTIO_NET_FEATURE_CONTROL))
		error = virtqueue_enable(card, card->control.index,
					 &card->control.virtqueue);
	return error;
}

static int queues_fill(struct virtio_net *card)
{
	unsigned i;
	int error = 0;

	for (i = 0; i < card->queue_count && !error; i++)
		error = virtio_net_receive_fill(&card->queues[i]);
	return error;
}

/* What was posted before the device was ready, it may not have heard of. */
static void queues_notify(struct virtio_net *card)
{
	unsigned i;

	for (i = 0; i < card->queue_count; i++) {
		virtio_mmio_notify(&card->mmio, card->queues[i].receive.index);
		card->queues[i].statistics.doorbells++;
	}
}

/* From a device that was reset, or is short of ready, to one that works. */
static int device_ready(struct virtio_net *card, bool fill)
{
	int error = 0;

	if (!card->negotiated)
		error = virtio_net_negotiate(card);
	if (!error)
		error = queues_enable(card);
	if (!error && fill)
		error = queues_fill(card);
	if (!error)
		error = virtio_mmio_ready(&card->mmio);
	if (error)
		return error;
	memset(card->vlans_told, 0, sizeof(card->vlans_told));
	atomic_store(&card->broken, false);
	atomic_store(&card->live, true);
	return 0;
}

int virtio_net_try(struct virtio_net *card)
{
	return device_ready(card, false);
}

int virtio_net_up(struct virtio_net *card)
{
	int error = device_ready(card, true);

	if (error)
		return error;
	queues_notify(card);
	error = virtio_net_control_apply(card);
	if (!error)
		virtio_net_config_look(card);
	return error;
}

void virtio_net_down(struct virtio_net *card)
{
	unsigned i;
	int error = ERROR_NO_DEVICE;

	if (atomic_load(&card->state) != VIRTIO_NET_REMOVED)
		error = virtio_mmio_reset(&card->mmio);
	card->negotiated = false;
	if (error == ERROR_NO_DEVICE)
		virtio_net_die(card, NIC_EVENT_REMOVED);
	else if (error)
		card->unstoppable = card->shown;
	if (error)
		virtio_net_die(card, NIC_EVENT_FAILED);
	else
		card->shown = false;
	for (i = 0; i < card->queue_count; i++) {
		/* What it had finished before it was told to stop. */
		if (!error && !atomic_load(&card->broken)) {
			virtio_net_transmit_poll(&card->queues[i]);
			virtio_net_receive_skip(&card->queues[i]);
		}
		virtio_net_transmit_abandon(&card->queues[i]);
		if (!card->unstoppable)
			virtio_net_receive_release(&card->queues[i]);
	}
	atomic_store(&card->live, false);
}

/* ---- Errors ---- */

/* A device that fails again and again is not brought back for ever. */
static bool recovery_allowed(struct virtio_net *card)
{
	uint64_t now = port_time(card->port);

	if (now - card->recovery_time > VIRTIO_NET_RECOVERY_TIME) {
		card->recovery_time = now;
		card->recoveries = 0;
	}
	return ++card->recoveries <= VIRTIO_NET_RECOVERIES;
}

void virtio_net_recover(struct virtio_net *card)
{
	unsigned i;
	int error = 0;

	/* A reset would end it, and with it what still goes: left as it is. */
	if (card->reset_once) {
		virtio_net_die(card, NIC_EVENT_FAILED);
		return;
	}
	/* A queue in use for so long: its turn comes at the next call. */
	card->recovery_due =
		!net_turns_halt(&card->turns, card->port, &card->queues[0].turn,
				sizeof(card->queues[0]), card->queue_count,
				VIRTIO_NET_DRAIN_TIME);
	if (card->recovery_due)
		return;
	if (!recovery_allowed(card))
		virtio_net_die(card, NIC_EVENT_FAILED);
	virtio_net_down(card);
	if (virtio_net_alive(card))
		error = virtio_net_up(card);
	if (error) {
		virtio_net_die(card, NIC_EVENT_FAILED);
		virtio_net_down(card);
	}
	if (virtio_net_alive(card)) {
		atomic_fetch_or(&card->events, NIC_EVENT_RECOVERED);
		log_info(card->port, "virtio-net: recovered");
	}
	net_turns_resume(&card->turns);
	/* Owners came back, and interrupts may have been lost. */
	for (i = 0; i < card->queue_count; i++)
		virtio_net_wake(&card->queues[i]);
}
