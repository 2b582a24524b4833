/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a card.
 *
 * Opening agrees with the device on features, reads its configuration and makes
 * all queues, but leaves the device short of being ready: it may be that it
 * cannot be reset from there on.
 */
#include "virtio/virtio_net_internal.h"

#include <string.h>

#include "port/log.h"

#define QUEUE_DEFAULT 256u

/* ---- Starting and stopping ---- */

/* One that was not reset when it stopped goes on where it was. */
static int virtio_net_resume(struct virtio_net *card)
{
	unsigned i;

	for (i = 0; i < card->queue_count; i++) {
		virtio_net_receive_skip(&card->queues[i]);
		virtio_net_receive_refill(&card->queues[i]);
	}
	return virtio_net_control_apply(card);
}

static int virtio_net_start(struct nic *nic)
{
	struct virtio_net *card = virtio_net_of(nic);
	int error;

	if (!virtio_net_look(card))
		return virtio_net_death(card);
	if (card->started)
		return 0;
	/* Nothing is sent before the last command is given (5.1.6.5.5). */
	net_turns_suspend(&card->turns);
	card->started = true;
	error = atomic_load(&card->live) ? virtio_net_resume(card)
					 : virtio_net_up(card);
	net_turns_resume(&card->turns);
	if (!error)
		return 0;
	virtio_net_down(card);
	card->started = false;
	if (!virtio_net_alive(card))
		return virtio_net_death(card);
	return error == ERROR_IO || error == ERROR_NOT_SUPPORTED
		       ? ERROR_PROTOCOL
		       : error;
}

/* Wait until the device is done with what it was given. */
static void virtio_net_drain(struct virtio_net *card)
{
	uint64_t now = port_time(card->port);
	uint64_t deadline = now + VIRTIO_NET_DRAIN_TIME;
	uint32_t left;
	unsigned i;

	for (; virtio_net_flows(card) && now < deadline;
	     now = port_time(card->port)) {
		left = 0;
		for (i = 0; i < card->queue_count; i++) {
			virtio_net_transmit_poll(&card->queues[i]);
			left += card->queues[i].transmit.in_flight;
		}
		if (left == 0 || !virtio_net_look(card))
			return;
		port_relax(card->port, deadline - now < VIRTIO_NET_PAUSE_TIME
					       ? deadline
					       : now + VIRTIO_NET_PAUSE_TIME);
	}
}

static void virtio_net_stop(struct nic *nic)
{
	struct virtio_net *card = virtio_net_of(nic);
	unsigned i;

	if (!card->started)
		return;
	for (i = 0; i < card->queue_count; i++) {
		virtio_net_disarm(nic, i);
		virtio_net_polled(&card->queues[i]);
	}
	virtio_net_drain(card);
	if (!card->reset_once)
		virtio_net_down(card);
	else
		for (i = 0; i < card->queue_count && virtio_net_alive(card);
		     i++)
			virtio_net_receive_skip(&card->queues[i]);
	card->started = false;
	card->recovery_due = false;
}

/* ---- Memory ---- */

void virtio_net_free(struct virtio_net *card)
{
	struct port *port = card->port;
	unsigned i;

	for (i = 0; card->queues && i < card->queue_count; i++) {
		virtio_net_transmit_free(&card->queues[i]);
		virtio_net_receive_free(&card->queues[i]);
	}
	port_free(port, card->queues);
	virtio_net_control_free(card);
	virtio_mmio_close(&card->mmio);
	port_free(port, card);
}

/* The device may still write where it was told to. */
static void virtio_net_keep(struct virtio_net *card)
{
	struct virtio_net_kept *kept = card->configuration.kept;

	log_warning(card->port,
		    "virtio-net: the device cannot be reset: memory is kept");
	if (!kept)
		return;
	card->next_kept = kept->first;
	kept->first = card;
}

void virtio_net_kept_free(struct virtio_net_kept *kept)
{
	struct virtio_net *card, *next;
	unsigned i;

	for (card = kept->first; card; card = next) {
		next = card->next_kept;
		for (i = 0; i < card->queue_count; i++)
			virtio_net_receive_release(&card->queues[i]);
		virtio_net_free(card);
	}
	kept->first = NULL;
}

static void virtio_net_close(struct nic *nic)
{
	struct virtio_net *card = virtio_net_of(nic);

	virtio_net_stop(nic);
	virtio_net_line_close(card);
	atomic_store(&card->ready, false);
	if (!card->unstoppable)
		virtio_net_down(card);
	if (card->unstoppable)
		virtio_net_keep(card);
	else
		virtio_net_free(card);
}

static const struct nic_operations virtio_net_operations = {
	.start = virtio_net_start,
	.stop = virtio_net_stop,
	.close = virtio_net_close,
	.transmit = virtio_net_transmit,
	.reclaim = virtio_net_reclaim,
	.receive = virtio_net_receive,
	.arm = virtio_net_arm,
	.disarm = virtio_net_disarm,
	.events = virtio_net_events,
	.link = virtio_net_link,
	.mac_set = virtio_net_mac_set,
	.mtu_set = virtio_net_mtu_set,
	.filter_set = virtio_net_filter_set,
	.vlan_filter_set = virtio_net_vlan_filter_set,
	.statistics = virtio_net_statistics,
};

/* ---- Opening ---- */

static bool queue_valid(uint32_t *size)
{
	if (*size == 0)
		*size = QUEUE_DEFAULT;
	return (*size & (*size - 1)) == 0 && *size >= VIRTIO_NET_QUEUE_MIN &&
	       *size <= VIRTIO_QUEUE_SIZE_LIMIT;
}

/* Fill in the defaults, and refuse what cannot be meant. */
static int virtio_net_configure(struct virtio_net *card,
				const struct virtio_net_configuration *asked)
{
	static const struct virtio_net_configuration defaults;
	struct virtio_net_configuration *wanted = &card->configuration;

	*wanted = asked ? *asked : defaults;
	if (wanted->queues == 0)
		wanted->queues = 1;
	if (!queue_valid(&wanted->transmit_queue) ||
	    !queue_valid(&wanted->receive_queue) ||
	    wanted->queues > VIRTIO_NET_QUEUES_MAX ||
	    wanted->reset > VIRTIO_NET_RESET_ONCE ||
	    (wanted->mtu != 0 && wanted->mtu < VIRTIO_NET_MTU_LEAST) ||
	    card->stack.receive_buffer_bytes < VIRTIO_NET_BUFFER_MIN)
		return ERROR_INVALID;
	return 0;
}

/* An address of this place and time, locally administered (IEEE 802, 8.4). */
static void mac_make(struct virtio_net *card, uint64_t base, uint8_t mac[])
{
	uint64_t hash = port_tsc(card->port) ^ port_time(card->port) << 20;
	unsigned i;

	for (i = 0; i < ETHERNET_ADDRESS_BYTES; i++) {
		hash = (hash ^ base) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 29;
		mac[i] = (uint8_t)(hash >> 32);
	}
	mac[0] = (uint8_t)((mac[0] & ~1u) | 2);
}

/* Whether frames can come from an address at all. */
static bool mac_valid(const uint8_t mac[])
{
	static const uint8_t none[ETHERNET_ADDRESS_BYTES];

	return !(mac[0] & 1) && memcmp(mac, none, sizeof(none)) != 0;
}

static void mac_choose(struct virtio_net *card, uint64_t base,
		       const struct virtio_net_config_read *config)
{
	uint8_t *mac = card->nic.information.mac;

	if (virtio_net_has(card, VIRTIO_NET_FEATURE_MAC) &&
	    mac_valid(config->mac))
		memcpy(mac, config->mac, ETHERNET_ADDRESS_BYTES);
	else if (card->configuration.mac)
		memcpy(mac, card->configuration.mac, ETHERNET_ADDRESS_BYTES);
	else
		mac_make(card, base, mac);
	/* One that the device does not know of, it is told if it can be. */
	card->mac_chosen =
		memcmp(mac, config->mac, ETHERNET_ADDRESS_BYTES) != 0;
}

/* How many buffers hold the longest frame, where a frame has one chain. */
static uint32_t together_count(const struct virtio_net *card, uint32_t mtu)
{
	uint32_t bytes = VIRTIO_NET_RECEIVE_SMALL;
	uint32_t room = card->stack.receive_buffer_bytes;

	if (virtio_net_has(card, VIRTIO_NET_FEATURE_MERGEABLE))
		return 1;
	if (bytes < virtio_net_frame_room(mtu))
		bytes = virtio_net_frame_room(mtu);
	if (card->features &
	    (VIRTIO_NET_FEATURE_GUEST_TSO4 | VIRTIO_NET_FEATURE_GUEST_TSO6))
		bytes = VIRTIO_NET_RECEIVE_LARGE;
	return (bytes + room - 1) / room;
}

/* The longest MTU that a frame's buffers have room for. */
static uint32_t mtu_room(const struct virtio_net *card, uint32_t together)
{
	uint64_t room = card->stack.receive_buffer_bytes;
	uint64_t buffers = virtio_net_has(card, VIRTIO_NET_FEATURE_MERGEABLE)
				   ? VIRTIO_NET_CHAIN
				   : together;

	room = room * buffers - virtio_net_frame_room(0);
	return room < VIRTIO_NET_MTU_MAX ? (uint32_t)room : VIRTIO_NET_MTU_MAX;
}

/* The MTU, and how many buffers are posted together for it. */
static uint32_t mtu_choose(struct virtio_net *card, uint16_t device_mtu)
{
	struct nic_information *information = &card->nic.information;
	uint32_t together, most, mtu = card->configuration.mtu;

	if (device_mtu != 0 && device_mtu < VIRTIO_NET_MTU_LEAST) {
		log_warning(card->port, "virtio-net: MTU %u is not believed",
			    device_mtu);
		device_mtu = 0;
	}
	if (mtu == 0)
		mtu = device_mtu ? device_mtu : VIRTIO_NET_MTU_DEFAULT;
	if (device_mtu != 0 && mtu > device_mtu)
		mtu = device_mtu;
	/* Frames may be as long as the device says, whatever is sent. */
	together = together_count(card, device_mtu ? device_mtu : mtu);
	if (device_mtu != 0)
		card->receive_least = virtio_net_frame_room(device_mtu);
	if (together > VIRTIO_NET_CHAIN)
		together = VIRTIO_NET_CHAIN;
	most = mtu_room(card, together);
	if (device_mtu != 0 && most > device_mtu)
		most = device_mtu;
	information->mtu_min = VIRTIO_NET_MTU_LEAST;
	information->mtu_max = (uint16_t)most;
	information->mtu = (uint16_t)(mtu < most ? mtu : most);
	return together;
}

static uint32_t features_of(const struct virtio_net *card)
{
	static const struct {
		uint64_t feature;
		uint32_t is;
	} table[] = {
		{VIRTIO_NET_FEATURE_CHECKSUM,
		 NIC_FEATURE_TX_CHECKSUM_TCP | NIC_FEATURE_TX_CHECKSUM_UDP},
		{VIRTIO_NET_FEATURE_GUEST_CHECKSUM, NIC_FEATURE_RX_CHECKSUM},
		{VIRTIO_NET_FEATURE_HOST_TSO4, NIC_FEATURE_TX_TSO_IPV4},
		{VIRTIO_NET_FEATURE_HOST_TSO6, NIC_FEATURE_TX_TSO_IPV6},
		{VIRTIO_NET_FEATURE_GUEST_TSO4, NIC_FEATURE_RX_LARGE},
		{VIRTIO_NET_FEATURE_GUEST_TSO6, NIC_FEATURE_RX_LARGE},
		{VIRTIO_NET_FEATURE_CONTROL_MAC, NIC_FEATURE_MAC_SET},
		{VIRTIO_NET_FEATURE_CONTROL_VLAN, NIC_FEATURE_VLAN_FILTER},
	};
	uint32_t features = 0;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (virtio_net_has(card, table[i].feature))
			features |= table[i].is;
	return features;
}

/* The size of a queue, no more than the device has; 0: there is none. */
static uint32_t queue_size(struct virtio_net *card, unsigned index,
			   uint32_t wanted)
{
	uint32_t most = virtio_mmio_queue_most(&card->mmio, index);

	while (wanted > most)
		wanted /= 2;
	return wanted;
}

static int queue_make(struct virtio_net *card, unsigned index,
		      uint32_t together)
{
	struct virtio_net_queue *queue = &card->queues[index];
	uint32_t receive =
		queue_size(card, 2 * index, card->configuration.receive_queue);
	uint32_t transmit = queue_size(card, 2 * index + 1,
				       card->configuration.transmit_queue);
	int error;

	if (receive < VIRTIO_NET_QUEUE_MIN || transmit < VIRTIO_NET_QUEUE_MIN)
		return ERROR_IO;
	error = virtio_net_receive_make(queue, receive, together);
	if (!error)
		error = virtio_net_transmit_make(queue, transmit);
	return error;
}

static int queues_make(struct virtio_net *card, uint32_t together)
{
	unsigned i;
	int error = 0;

	card->queues = port_alloc(card->port,
				  card->queue_count * sizeof(*card->queues),
				  "virtio-net: queues");
	if (!card->queues)
		return ERROR_NO_MEMORY;
	for (i = 0; i < card->queue_count; i++) {
		card->queues[i].card = card;
		card->queues[i].turn.card = &card->turns;
		card->queues[i].index = i;
	}
	for (i = 0; i < card->queue_count && !error; i++)
		error = queue_make(card, i, together);
	if (!error && virtio_net_has(card, VIRTIO_NET_FEATURE_CONTROL))
		error = virtio_net_control_make(card);
	return error;
}

/* How many pairs of queues, and where that of commands is. */
static void queues_count(struct virtio_net *card, uint32_t pairs)
{
	card->queue_count = 1;
	card->control.index = 2;
	if (!virtio_net_has(card, VIRTIO_NET_FEATURE_MULTIQUEUE) || pairs == 0)
		return;
	card->control.index = 2 * pairs;
	card->queue_count = card->configuration.queues;
	if (card->queue_count > pairs)
		card->queue_count = pairs;
}

static int virtio_net_make(struct virtio_net *card,
			   const struct virtio_mmio_place *place)
{
	struct nic_information *information = &card->nic.information;
	struct virtio_net_config_read config;
	uint32_t together;
	int error = virtio_net_negotiate(card);

	if (!error)
		error = virtio_net_config_read(card, &config);
	if (error)
		return error == ERROR_AGAIN ? ERROR_IO : error;
	card->nic.operations = &virtio_net_operations;
	card->filter = NIC_FILTER_UNICAST | NIC_FILTER_BROADCAST;
	memset(card->vlans, 0xff, sizeof(card->vlans));
	queues_count(card, config.queue_pairs);
	mac_choose(card, place->base, &config);
	together = mtu_choose(card, config.mtu);
	information->driver = "virtio-net";
	information->features = features_of(card);
	information->queues = (uint16_t)card->queue_count;
	if (information->features &
	    (NIC_FEATURE_TX_TSO_IPV4 | NIC_FEATURE_TX_TSO_IPV6))
		information->tso_bytes_max = VIRTIO_NET_TSO_BYTES;
	error = queues_make(card, together);
	if (!error)
		error = virtio_net_line_open(card);
	if (error)
		return error;
	virtio_net_config_look(card);
	atomic_store(&card->events, 0);
	atomic_store(&card->ready, true);
	return virtio_net_alive(card) ? 0 : virtio_net_death(card);
}

/*
 * The device is not ready yet. It is told when it is given up (3.1.1), unless
 * that would end it for whoever comes next; memory may be there another time.
 */
static void virtio_net_abort(struct virtio_net *card, int error)
{
	virtio_net_line_close(card);
	if (card->negotiated && (error == ERROR_NO_MEMORY || card->reset_once))
		virtio_mmio_reset(&card->mmio);
	else if (card->negotiated)
		virtio_mmio_fail(&card->mmio);
	virtio_net_free(card);
}

static int virtio_net_find(struct virtio_net *card,
			   const struct virtio_mmio_place *place,
			   const struct virtio_net_configuration *configuration)
{
	int error = virtio_net_configure(card, configuration);

	if (!error)
		error = virtio_mmio_open(&card->mmio, card->port, place);
	if (!error && card->mmio.device_id != VIRTIO_NET_DEVICE_ID)
		error = ERROR_NO_DEVICE;
	if (error)
		return error;
	card->line = place->line;
	card->reset_once = card->configuration.reset == VIRTIO_NET_RESET_ONCE;
	if (card->configuration.reset == VIRTIO_NET_RESET_BY_VENDOR)
		card->reset_once = card->mmio.vendor_id == 0;
	return virtio_net_make(card, place);
}

struct nic *
virtio_net_open(struct port *port, const struct virtio_mmio_place *place,
		const struct virtio_net_configuration *configuration,
		const struct nic_stack *stack, int *error)
{
	struct virtio_net *card =
		port_alloc(port, sizeof(*card), "virtio-net: card");
	int result = ERROR_NO_MEMORY;

	if (card) {
		card->port = port;
		card->stack = *stack;
		result = virtio_net_find(card, place, configuration);
	}
	if (error)
		*error = result;
	if (!result)
		return &card->nic;
	if (result != ERROR_NO_DEVICE)
		log_warning(port, "virtio-net: not opened: %s",
			    error_name(result));
	if (card)
		virtio_net_abort(card, result);
	return NULL;
}

uint64_t virtio_net_features(const struct nic *nic)
{
	const struct virtio_net *card =
		(const struct virtio_net *)((const char *)nic -
					    offsetof(struct virtio_net, nic));

	return card->features;
}
