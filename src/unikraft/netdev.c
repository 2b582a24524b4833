/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Life and control of a network device.
 */
#include <string.h>

#include <uk/alloc.h>
#include <uk/print.h>

#include "unikraft/netdev_internal.h"

/** What is received but for promiscuous mode: no list of groups is given. */
#define NETDEV_FILTER                                                          \
	(NIC_FILTER_UNICAST | NIC_FILTER_BROADCAST | NIC_FILTER_ALL_MULTICAST)

/* ---- Opening and closing ---- */

/** Note what is known of the card, for when it is gone. */
static void netdev_learn(struct netdev *netdev)
{
	netdev->information = netdev->nic->information;
	netdev->mtu = netdev->information.mtu;
	memcpy(netdev->address.addr_bytes, netdev->information.mac,
	       ETHERNET_ADDRESS_BYTES);
}

static int netdev_open(struct netdev *netdev)
{
	const struct nic_stack stack = {
		.supply = netdev_supply,
		.release = netdev_release,
		.wake = netdev_wake,
		.context = netdev,
		.receive_buffer_bytes = UNIKRAFT_NETDEV_RECEIVE_BYTES,
	};
	int error;

	error = netdev->card.open(netdev->card.context, &stack,
				  &netdev->options, &netdev->nic);
	if (error) {
		netdev->nic = NULL;
		return error;
	}
	netdev_learn(netdev);
	return 0;
}

void unikraft_netdev_close(struct uk_netdev *device)
{
	struct netdev *netdev = netdev_of(device);
	struct nic *nic = netdev->nic;
	unsigned i;

	if (!nic)
		return;
	nic_stop(nic);
	for (i = 0; i < CONFIG_LIBUKNETDEV_MAXNBQUEUES; i++) {
		netdev->rx[i].armed = false;
		netdev->rx[i].held = 0;
		if (netdev->tx[i].configured)
			netdev_reclaim(&netdev->tx[i]);
	}
	nic_statistics(nic, &netdev->last);
	netdev->nic = NULL;
	nic_close(nic);
}

/** Stopped, for what needs that; frames on their way are lost. */
static void netdev_pause(struct netdev *netdev)
{
	unsigned i;

	if (!netdev->running)
		return;
	for (i = 0; i < netdev->options.queues; i++)
		netdev_take(&netdev->rx[i].armed);
	nic_stop(netdev->nic);
	for (i = 0; i < netdev->options.queues; i++)
		netdev->rx[i].held = 0;
}

/** Started again; who waited for frames waits again, or looks. */
static int netdev_resume(struct netdev *netdev)
{
	unsigned i;
	int error;

	if (!netdev->running)
		return 0;
	error = nic_start(netdev->nic);
	for (i = 0; !error && i < netdev->options.queues; i++)
		if (netdev->rx[i].wanted && !netdev_arm(&netdev->rx[i]))
			uk_netdev_drv_rx_event(&netdev->device, (uint16_t)i);
	return error;
}

/* ---- Probe and information ---- */

static int netdev_probe(struct uk_netdev *device)
{
	struct netdev *netdev = netdev_of(device);

	netdev->options.queues = CONFIG_LIBUKNETDEV_MAXNBQUEUES;
	return netdev_open(netdev);
}

/** The longest MTU whose frames the stack can be given. */
static uint16_t netdev_mtu_max(const struct netdev *netdev)
{
	uint32_t most = UNIKRAFT_NETDEV_RECEIVE_BYTES - ETHERNET_HEADER_BYTES -
			ETHERNET_VLAN_BYTES;

	if (RELEASE_TAKES_CHAINS || netdev->information.mtu_max < most)
		return netdev->information.mtu_max;
	return (uint16_t)most;
}

static void netdev_info_get(struct uk_netdev *device,
			    struct uk_netdev_info *info)
{
	const uint32_t checksums =
		NIC_FEATURE_TX_CHECKSUM_TCP | NIC_FEATURE_TX_CHECKSUM_UDP;
	struct netdev *netdev = netdev_of(device);
	uint32_t features = netdev->information.features;

	info->max_rx_queues = netdev->information.queues;
	info->max_tx_queues = netdev->information.queues;
	info->in_queue_pairs = 1;
	info->max_mtu = netdev_mtu_max(netdev);
	/* Where a tag that came beside a frame is put back. */
	info->nb_encap_rx =
		features & NIC_FEATURE_RX_VLAN ? ETHERNET_VLAN_BYTES : 0;
	info->ioalign = netdev->card.buffer_alignment;
	info->features = RELEASE_FEATURE_EVENTS;
	if ((features & checksums) == checksums) {
		info->features |= UK_NETDEV_F_PARTIAL_CSUM;
		if (features & NIC_FEATURE_TX_TSO_IPV4)
			info->features |= UK_NETDEV_F_TSO4;
	}
	if (features & NIC_FEATURE_RX_LARGE)
		info->features |= RELEASE_FEATURE_LARGE;
}

static int netdev_queue_info_get(struct uk_netdev *device, uint16_t index,
				 struct uk_netdev_queue_info *info)
{
	if (index >= netdev_of(device)->information.queues)
		return ERROR_INVALID;
	info->nb_max = NETDEV_DEPTH_MAX;
	info->nb_min = NETDEV_DEPTH_MIN;
	info->nb_align = 1;
	info->nb_is_power_of_two = 0;
	return 0;
}

/* ---- Configuration ---- */

static int netdev_configure(struct uk_netdev *device,
			    const struct uk_netdev_conf *configuration)
{
	bool wants_large = RELEASE_WANTS_LARGE(configuration);
	struct netdev *netdev = netdev_of(device);
	int error;

	if (!netdev->nic)
		return ERROR_NO_DEVICE;
	if (!configuration->nb_rx_queues ||
	    configuration->nb_rx_queues != configuration->nb_tx_queues ||
	    configuration->nb_rx_queues > netdev->information.queues)
		return ERROR_INVALID;
	if (configuration->nb_rx_queues != netdev->information.queues ||
	    wants_large != netdev->options.wants_large) {
		/* Frames of a queue that nobody reads would be lost. */
		unikraft_netdev_close(device);
		netdev->options.queues = configuration->nb_rx_queues;
		netdev->options.wants_large = wants_large;
		error = netdev_open(netdev);
		if (error)
			return error;
	}
	if (netdev->information.queues != configuration->nb_rx_queues)
		return ERROR_NOT_SUPPORTED;
	netdev->options.queues = configuration->nb_rx_queues;
	return 0;
}

/** How many descriptors are meant; 0: as many as cannot be. */
static uint16_t netdev_depth(const struct netdev *netdev, uint16_t index,
			     uint16_t depth)
{
	if (index >= netdev->options.queues || depth > NETDEV_DEPTH_MAX ||
	    (depth && depth < NETDEV_DEPTH_MIN))
		return 0;
	return depth ? depth : NETDEV_DEPTH;
}

static struct uk_netdev_rx_queue *
netdev_rxq_configure(struct uk_netdev *device, uint16_t index, uint16_t depth,
		     struct uk_netdev_rxqueue_conf *configuration)
{
	struct netdev *netdev = netdev_of(device);
	struct uk_netdev_rx_queue *queue;

	depth = netdev_depth(netdev, index, depth);
	if (!depth)
		return ERR2PTR(ERROR_INVALID);
	queue = &netdev->rx[index];
	queue->netdev = netdev;
	queue->index = index;
	queue->depth = depth;
	queue->alloc = configuration->alloc_rxpkts;
	queue->alloc_argument = configuration->alloc_rxpkts_argp;
	if (!netdev_buffers_fit(queue)) {
		uk_pr_err("%s: receive buffers have less than %u bytes\n",
			  netdev->card.driver, UNIKRAFT_NETDEV_RECEIVE_BYTES);
		return ERR2PTR(ERROR_INVALID);
	}
	queue->configured = true;
	return queue;
}

static struct uk_netdev_tx_queue *
netdev_txq_configure(struct uk_netdev *device, uint16_t index, uint16_t depth,
		     struct uk_netdev_txqueue_conf *configuration)
{
	struct netdev *netdev = netdev_of(device);
	struct uk_netdev_tx_queue *queue;

	(void)configuration;
	depth = netdev_depth(netdev, index, depth);
	if (!depth)
		return ERR2PTR(ERROR_INVALID);
	queue = &netdev->tx[index];
	queue->netdev = netdev;
	queue->index = index;
	queue->depth = depth;
	queue->configured = true;
	return queue;
}

static int netdev_filter(struct netdev *netdev)
{
	return nic_filter_set(netdev->nic,
			      netdev->promiscuous ? NIC_FILTER_PROMISCUOUS
						  : NETDEV_FILTER,
			      NULL, 0);
}

static int netdev_start(struct uk_netdev *device)
{
	struct netdev *netdev = netdev_of(device);
	unsigned i;
	int error;

	if (!netdev->nic)
		return ERROR_NO_DEVICE;
	for (i = 0; i < netdev->options.queues; i++)
		if (!netdev->rx[i].configured || !netdev->tx[i].configured)
			return ERROR_INVALID;
	error = netdev_filter(netdev);
	if (!error)
		error = nic_start(netdev->nic);
	netdev->running = !error;
	return error;
}

/* ---- Control ---- */

static const struct uk_hwaddr *netdev_hwaddr_get(struct uk_netdev *device)
{
	return &netdev_of(device)->address;
}

static int netdev_hwaddr_set(struct uk_netdev *device,
			     const struct uk_hwaddr *address)
{
	struct netdev *netdev = netdev_of(device);
	int error, restarted;

	if (!netdev->nic)
		return ERROR_NO_DEVICE;
	if (!(netdev->information.features & NIC_FEATURE_MAC_SET))
		return ERROR_NOT_SUPPORTED;
	netdev_pause(netdev);
	error = nic_mac_set(netdev->nic, address->addr_bytes);
	netdev_learn(netdev);
	restarted = netdev_resume(netdev);
	return error ? error : restarted;
}

static uint16_t netdev_mtu_get(struct uk_netdev *device)
{
	return netdev_of(device)->mtu;
}

static int netdev_mtu_set(struct uk_netdev *device, uint16_t mtu)
{
	struct netdev *netdev = netdev_of(device);
	int error, restarted;

	if (!netdev->nic)
		return ERROR_NO_DEVICE;
	if (mtu < netdev->information.mtu_min || mtu > netdev_mtu_max(netdev))
		return ERROR_INVALID;
	netdev_pause(netdev);
	error = nic_mtu_set(netdev->nic, mtu);
	netdev_learn(netdev);
	restarted = netdev_resume(netdev);
	return error ? error : restarted;
}

static unsigned netdev_promiscuous_get(struct uk_netdev *device)
{
	return netdev_of(device)->promiscuous;
}

static int netdev_promiscuous_set(struct uk_netdev *device, unsigned mode)
{
	struct netdev *netdev = netdev_of(device);
	bool before = netdev->promiscuous;
	int error;

	if (!netdev->nic)
		return ERROR_NO_DEVICE;
	netdev->promiscuous = mode;
	error = netdev_filter(netdev);
	if (error)
		netdev->promiscuous = before;
	return error;
}

void unikraft_netdev_statistics(struct uk_netdev *device,
				struct nic_statistics *card,
				struct unikraft_netdev_counters *glue)
{
	struct netdev *netdev = netdev_of(device);

	if (netdev->nic)
		nic_statistics(netdev->nic, &netdev->last);
	*card = netdev->last;
	*glue = netdev->counters;
}

/* ---- Registration ---- */

static const struct uk_netdev_ops netdev_operations = {
	.rxq_intr_enable = netdev_rxq_intr_enable,
	.rxq_intr_disable = netdev_rxq_intr_disable,
	.hwaddr_get = netdev_hwaddr_get,
	.hwaddr_set = netdev_hwaddr_set,
	.mtu_get = netdev_mtu_get,
	.mtu_set = netdev_mtu_set,
	.promiscuous_set = netdev_promiscuous_set,
	.promiscuous_get = netdev_promiscuous_get,
	.info_get = netdev_info_get,
	.txq_info_get = netdev_queue_info_get,
	.rxq_info_get = netdev_queue_info_get,
	.probe = netdev_probe,
	.configure = netdev_configure,
	.txq_configure = netdev_txq_configure,
	.rxq_configure = netdev_rxq_configure,
	.start = netdev_start,
};

int unikraft_netdev_register(struct uk_alloc *allocator,
			     const struct unikraft_card *card)
{
	uint16_t alignment = card->buffer_alignment;
	struct netdev *netdev;
	int number;

	if (alignment % 8 || (alignment & (alignment - 1)))
		return ERROR_INVALID;
	netdev = uk_zalloc(allocator, sizeof(*netdev));
	if (!netdev)
		return ERROR_NO_MEMORY;
	netdev->card = *card;
	netdev->device.ops = &netdev_operations;
	netdev->device.tx_one = netdev_tx_one;
	netdev->device.rx_one = netdev_rx_one;
	number = uk_netdev_drv_register(&netdev->device, allocator,
					card->driver);
	if (number < 0)
		uk_free(allocator, netdev);
	return number;
}
