/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control calls: commands, filters, events, link, addresses, statistics
 * (Virtual I/O Device 1.2, 5.1.6.5).
 *
 * A command is a chain of a header, what it is about, and a byte for the
 * answer, all in one page. Only one is under way; the answer is waited for.
 */
#include "virtio/virtio_net_internal.h"

#include <string.h>

#include "port/log.h"

/** Where in the page the parts of a command are. */
#define DATA_OFFSET   64u
#define ANSWER_OFFSET (PORT_PAGE_SIZE - 1)
#define ANSWER_NONE   0xffu

/* ---- Commands ---- */

int virtio_net_control_make(struct virtio_net *card)
{
	struct virtio_net_control *control = &card->control;
	struct virtqueue_configuration configuration = {
		.size = VIRTIO_NET_CONTROL_SIZE,
		.packed = virtio_net_has(card, VIRTIO_FEATURE_PACKED),
		.event_index = virtio_net_has(card, VIRTIO_FEATURE_EVENT_INDEX),
	};
	uint32_t most = virtio_mmio_queue_most(&card->mmio, control->index);

	while (configuration.size > most)
		configuration.size /= 2;
	/* A command is three descriptors, or one of a table. */
	if (configuration.size < 4)
		return ERROR_IO;
	control->page =
		port_pages_alloc(card->port, 1, 0, "virtio-net: commands");
	if (!control->page)
		return ERROR_NO_MEMORY;
	return virtqueue_make(&control->virtqueue, card->port, &configuration);
}

void virtio_net_control_free(struct virtio_net *card)
{
	virtqueue_free(&card->control.virtqueue);
	port_pages_free(card->port, card->control.page, 1);
}

/* Write a command and put it into the queue. */
static void command_send(struct virtio_net *card,
			 enum virtio_net_command command, const void *data,
			 uint32_t bytes)
{
	struct virtio_net_control *control = &card->control;
	const struct virtio_net_command_header header = {
		.command_class = (uint8_t)(command >> 8),
		.command = (uint8_t)command,
	};
	uint64_t physical = port_physical(card->port, control->page);
	const struct virtqueue_piece pieces[] = {
		{physical, sizeof(header)},
		{physical + DATA_OFFSET, bytes},
		{physical + ANSWER_OFFSET, 1},
	};
	const struct virtqueue_piece bare[] = {pieces[0], pieces[2]};

	shared_write(card->port, control->page, &header, sizeof(header));
	shared_store8(card->port, control->page + ANSWER_OFFSET, ANSWER_NONE);
	if (bytes > 0)
		shared_write(card->port, control->page + DATA_OFFSET, data,
			     bytes);
	virtqueue_add(&control->virtqueue, bytes > 0 ? pieces : bare,
		      bytes > 0 ? 2 : 1, 1, 0);
	if (virtqueue_publish(&control->virtqueue))
		virtio_mmio_notify(&card->mmio, control->index);
}

/* Wait until the command is used; 0 and what was written, or an error. */
static int command_wait(struct virtio_net *card, struct virtqueue_used *used)
{
	struct virtio_net_control *control = &card->control;
	uint64_t now = port_time(card->port);
	uint64_t deadline = now + VIRTIO_NET_COMMAND_TIME;
	int result;

	for (;;) {
		result = virtqueue_take(&control->virtqueue, used);
		if (result == 1)
			return 0;
		if (result < 0) {
			virtio_net_break(card);
			return result;
		}
		now = port_time(card->port);
		/* Who is gone does not answer. */
		if (now >= deadline)
			return virtio_net_look(card) ? ERROR_TIMED_OUT
						     : virtio_net_death(card);
		port_relax(card->port, deadline - now < VIRTIO_NET_PAUSE_TIME
					       ? deadline
					       : now + VIRTIO_NET_PAUSE_TIME);
	}
}

/*
 * Have the device do something.
 * @return 0, ERROR_IO: it would not, ERROR_TIMED_OUT, ERROR_PROTOCOL
 */
static int command_do(struct virtio_net *card, enum virtio_net_command command,
		      const void *data, uint32_t bytes)
{
	struct virtio_net_control *control = &card->control;
	struct virtqueue_used used;
	int error;

	/* The page is the device's until the one before comes back. */
	if (control->virtqueue.in_flight > 0) {
		error = command_wait(card, &used);
		if (error)
			return error;
	}
	command_send(card, command, data, bytes);
	error = command_wait(card, &used);
	if (error) {
		log_warning(card->port, "virtio-net: command %#x: %s",
			    (unsigned)command, error_name(error));
		return error;
	}
	/* What it does not say that it wrote is no answer (2.7.8.3). */
	if (used.bytes == 0 ||
	    shared_load8(card->port, control->page + ANSWER_OFFSET) !=
		    VIRTIO_NET_COMMAND_OK)
		return ERROR_IO;
	return 0;
}

/* ---- Filters ---- */

static int switch_set(struct virtio_net *card, enum virtio_net_command command,
		      bool on)
{
	uint8_t value = on;

	return command_do(card, command, &value, sizeof(value));
}

/* An empty list of addresses besides the card's own, and that of groups. */
static int groups_set(struct virtio_net *card)
{
	uint32_t count = card->group_count;
	struct {
		le32 unicast, multicast;
		uint8_t groups[VIRTIO_NET_GROUPS][ETHERNET_ADDRESS_BYTES];
	} table;

	table.unicast = 0;
	table.multicast = cpu_to_le32(count);
	memcpy(table.groups, card->groups, count * ETHERNET_ADDRESS_BYTES);
	return command_do(card, VIRTIO_NET_MAC_TABLE_SET, &table,
			  (uint32_t)offsetof(__typeof__(table), groups) +
				  count * ETHERNET_ADDRESS_BYTES);
}

/* The device receives everything until it is told otherwise. */
static int filters_apply(struct virtio_net *card)
{
	unsigned filter = card->filter;
	int error;

	if (!virtio_net_has(card, VIRTIO_NET_FEATURE_CONTROL_RX))
		return 0;
	error = groups_set(card);
	if (!error)
		error = switch_set(card, VIRTIO_NET_RX_ALL_MULTICAST,
				   filter & NIC_FILTER_ALL_MULTICAST);
	if (!error)
		error = switch_set(card, VIRTIO_NET_RX_PROMISCUOUS,
				   filter & NIC_FILTER_PROMISCUOUS);
	if (error || !virtio_net_has(card, VIRTIO_NET_FEATURE_CONTROL_RX_EX))
		return error;
	error = switch_set(card, VIRTIO_NET_RX_NO_UNICAST,
			   !(filter & NIC_FILTER_UNICAST));
	if (!error)
		error = switch_set(card, VIRTIO_NET_RX_NO_BROADCAST,
				   !(filter & NIC_FILTER_BROADCAST));
	return error;
}

/* Tell the device of each VLAN that it does not have as it should. */
static int vlans_apply(struct virtio_net *card)
{
	uint32_t bit, word;
	unsigned i;
	int error;
	le16 identifier;

	if (!virtio_net_has(card, VIRTIO_NET_FEATURE_CONTROL_VLAN))
		return 0;
	for (i = 0; i < NIC_VLAN_WORDS * 32; i++) {
		word = i / 32;
		bit = 1u << i % 32;
		if (!((card->vlans[word] ^ card->vlans_told[word]) & bit))
			continue;
		identifier = cpu_to_le16((uint16_t)i);
		error = command_do(card,
				   card->vlans[word] & bit
					   ? VIRTIO_NET_VLAN_ADD
					   : VIRTIO_NET_VLAN_DELETE,
				   &identifier, sizeof(identifier));
		if (error)
			return error;
		card->vlans_told[word] ^= bit;
	}
	return 0;
}

static int mac_apply(struct virtio_net *card)
{
	if (!card->mac_chosen ||
	    !virtio_net_has(card, VIRTIO_NET_FEATURE_CONTROL_MAC))
		return 0;
	return command_do(card, VIRTIO_NET_MAC_ADDRESS_SET,
			  card->nic.information.mac, ETHERNET_ADDRESS_BYTES);
}

static int queue_pairs_apply(struct virtio_net *card)
{
	le16 pairs = cpu_to_le16((uint16_t)card->queue_count);

	if (!virtio_net_has(card, VIRTIO_NET_FEATURE_MULTIQUEUE) ||
	    card->queue_count == 1)
		return 0;
	return command_do(card, VIRTIO_NET_QUEUE_PAIRS_SET, &pairs,
			  sizeof(pairs));
}

int virtio_net_control_apply(struct virtio_net *card)
{
	int error = queue_pairs_apply(card);

	if (!error)
		error = mac_apply(card);
	if (!error)
		error = filters_apply(card);
	if (!error)
		error = vlans_apply(card);
	return error;
}

int virtio_net_filter_set(struct nic *nic, unsigned filter,
			  const uint8_t groups[][ETHERNET_ADDRESS_BYTES],
			  unsigned group_count)
{
	struct virtio_net *card = virtio_net_of(nic);

	if (!virtio_net_look(card))
		return virtio_net_death(card);
	card->filter = filter;
	card->group_count = 0;
	if ((filter & NIC_FILTER_MULTICAST) &&
	    group_count > VIRTIO_NET_GROUPS) {
		card->filter |= NIC_FILTER_ALL_MULTICAST;
	} else if ((filter & NIC_FILTER_MULTICAST) && group_count > 0) {
		card->group_count = group_count;
		memcpy(card->groups, groups,
		       (size_t)group_count * ETHERNET_ADDRESS_BYTES);
	}
	return card->started ? filters_apply(card) : 0;
}

int virtio_net_vlan_filter_set(struct nic *nic,
			       const uint32_t identifiers[NIC_VLAN_WORDS])
{
	struct virtio_net *card = virtio_net_of(nic);

	if (!virtio_net_has(card, VIRTIO_NET_FEATURE_CONTROL_VLAN))
		return ERROR_NOT_SUPPORTED;
	if (!virtio_net_look(card))
		return virtio_net_death(card);
	if (identifiers)
		memcpy(card->vlans, identifiers, sizeof(card->vlans));
	else
		memset(card->vlans, 0xff, sizeof(card->vlans));
	return card->started ? vlans_apply(card) : 0;
}

/* ---- Addresses, MTU ---- */

/* Whether the device takes the address, where it can be asked. */
static int mac_try(struct virtio_net *card)
{
	bool live = atomic_load(&card->live);
	int error = 0;

	if (!live && card->reset_once)
		return 0;
	if (!live)
		error = virtio_net_try(card);
	if (!error)
		error = mac_apply(card);
	if (!live)
		virtio_net_down(card);
	return error;
}

int virtio_net_mac_set(struct nic *nic, const uint8_t mac[])
{
	struct virtio_net *card = virtio_net_of(nic);
	uint8_t *own = nic->information.mac, before[ETHERNET_ADDRESS_BYTES];
	bool chosen = card->mac_chosen;
	int error;

	if (!virtio_net_has(card, VIRTIO_NET_FEATURE_CONTROL_MAC))
		return ERROR_NOT_SUPPORTED;
	if (!virtio_net_look(card))
		return virtio_net_death(card);
	if (card->started)
		return ERROR_BUSY;
	memcpy(before, own, sizeof(before));
	memcpy(own, mac, ETHERNET_ADDRESS_BYTES);
	card->mac_chosen = true;
	error = mac_try(card);
	if (!error)
		return 0;
	memcpy(own, before, sizeof(before));
	card->mac_chosen = chosen;
	return error;
}

/* The device has no say in it, but for the most that it told. */
int virtio_net_mtu_set(struct nic *nic, uint16_t mtu)
{
	struct virtio_net *card = virtio_net_of(nic);
	struct nic_information *information = &nic->information;

	if (mtu < information->mtu_min || mtu > information->mtu_max)
		return ERROR_INVALID;
	if (!virtio_net_look(card))
		return virtio_net_death(card);
	if (card->started)
		return ERROR_BUSY;
	information->mtu = mtu;
	return 0;
}

/* ---- Events ---- */

/* The link of a device that says nothing of it is up. */
static void link_update(struct virtio_net *card,
			const struct virtio_net_config_read *config)
{
	struct nic_link link = {.up = true};

	if (virtio_net_has(card, VIRTIO_NET_FEATURE_STATUS))
		link.up = (config->status & VIRTIO_NET_LINK_UP) != 0;
	if (virtio_net_has(card, VIRTIO_NET_FEATURE_SPEED) &&
	    config->speed <= INT32_MAX)
		link.speed_mbps = config->speed;
	if (link.up == card->link.up &&
	    link.speed_mbps == card->link.speed_mbps)
		return;
	card->link = link;
	atomic_fetch_or(&card->events, NIC_EVENT_LINK);
}

void virtio_net_config_look(struct virtio_net *card)
{
	struct virtio_net_config_read config;

	if (virtio_net_config_read(card, &config) != 0) {
		/* It changes all the time: another time, then. */
		atomic_store(&card->config_changed, true);
		return;
	}
	link_update(card, &config);
	if (!atomic_load(&card->live) || !card->started ||
	    !virtio_net_has(card, VIRTIO_NET_FEATURE_ANNOUNCE) ||
	    !(config.status & VIRTIO_NET_ANNOUNCE))
		return;
	if (command_do(card, VIRTIO_NET_ANNOUNCE_SEEN, NULL, 0) == 0)
		atomic_fetch_or(&card->events, NIC_EVENT_NETWORK_CHANGED);
}

unsigned virtio_net_events(struct nic *nic)
{
	struct virtio_net *card = virtio_net_of(nic);
	bool there = virtio_net_look(card);

	/* What comes from here on is told anew. */
	atomic_store(&card->events_told, false);
	if (there && card->negotiated && !atomic_load(&card->broken)) {
		atomic_store(&card->config_changed, false);
		virtio_net_config_look(card);
	}
	if (virtio_net_alive(card) &&
	    (card->recovery_due || atomic_load(&card->broken)))
		virtio_net_recover(card);
	if (virtio_net_alive(card) &&
	    (card->recovery_due || atomic_load(&card->config_changed)))
		virtio_net_wake_events(card);
	return atomic_exchange(&card->events, 0);
}

void virtio_net_link(struct nic *nic, struct nic_link *link)
{
	*link = virtio_net_of(nic)->link;
}

/* ---- Statistics ---- */

void virtio_net_statistics(struct nic *nic, struct nic_statistics *statistics)
{
	struct virtio_net *card = virtio_net_of(nic);
	unsigned i;

	memset(statistics, 0, sizeof(*statistics));
	for (i = 0; i < card->queue_count; i++)
		nic_statistics_add(statistics, &card->queues[i].statistics);
	statistics->interrupts =
		atomic_load_explicit(&card->interrupts, memory_order_relaxed);
}
