/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include <uk/netdev_driver.h>

#include "mocks/cli/uknetdev.h"
#include "unikraft/netdev.h"

/** Frames whose netbufs were freed and that were not asked for yet. */
#define UKNETDEV_DONE 256u

struct uknetdev {
	struct nic nic;
	struct virtual_machine *vm;
	struct nic_stack stack;
	struct uk_alloc memory;
	struct uk_netdev *device;
	uint16_t headroom;
	void *done[UKNETDEV_DONE];
	unsigned done_count;
	/** The last frame was not taken. */
	bool was_turned_away;
	/** The glue broke the contract, or the card is gone. */
	bool has_failed;
};

static struct uknetdev *uknetdev_of(struct nic *nic)
{
	return (struct uknetdev *)nic;
}

/* ---- Netbufs ---- */

static void uknetdev_freed(struct uk_netbuf *netbuf)
{
	uk_free(netbuf->_a, netbuf);
}

/** The head of a frame that was sent: its owner comes back. */
static void uknetdev_sent(struct uk_netbuf *netbuf)
{
	struct uknetdev *uknetdev =
		__containerof(netbuf->_a, struct uknetdev, memory);

	if (uknetdev->done_count < UKNETDEV_DONE)
		uknetdev->done[uknetdev->done_count++] = netbuf->priv;
	uk_free(netbuf->_a, netbuf);
}

/** A receive buffer that was not used. */
static void uknetdev_released(struct uk_netbuf *netbuf)
{
	struct uknetdev *uknetdev =
		__containerof(netbuf->_a, struct uknetdev, memory);
	struct net_segment buffer = {netbuf->buf, 0, netbuf->priv};

	uknetdev->stack.release(uknetdev->stack.context, &buffer);
	uk_free(netbuf->_a, netbuf);
}

static struct uk_netbuf *uknetdev_netbuf(struct uknetdev *uknetdev, void *data,
					 size_t bytes, void *owner,
					 void (*dtor)(struct uk_netbuf *netbuf))
{
	struct uk_netbuf *netbuf;

	netbuf = uk_netbuf_alloc_buf(&uknetdev->memory, 8, 8, 0, 0, dtor);
	if (!netbuf)
		return NULL;
	netbuf->buf = data;
	netbuf->data = data;
	netbuf->buflen = bytes;
	netbuf->priv = owner;
	return netbuf;
}

static uint16_t uknetdev_alloc(void *argument, struct uk_netbuf *netbufs[],
			       uint16_t count)
{
	struct uknetdev *uknetdev = argument;
	struct net_segment buffer;
	uint16_t n;

	for (n = 0; n < count; n++) {
		if (!uknetdev->stack.supply(uknetdev->stack.context, 0, &buffer,
					    1))
			break;
		netbufs[n] =
			uknetdev_netbuf(uknetdev, buffer.data, buffer.length,
					buffer.owner, uknetdev_released);
		if (!netbufs[n]) {
			uknetdev->stack.release(uknetdev->stack.context,
						&buffer);
			break;
		}
		netbufs[n]->data = (uint8_t *)buffer.data + uknetdev->headroom;
	}
	return n;
}

/* ---- The card's calls ---- */

static int uknetdev_start(struct nic *nic)
{
	(void)nic;
	return 0;
}

static void uknetdev_stop(struct nic *nic)
{
	unikraft_netdev_close(uknetdev_of(nic)->device);
}

static void uknetdev_close(struct nic *nic)
{
	struct uknetdev *uknetdev = uknetdev_of(nic);

	unikraft_netdev_close(uknetdev->device);
	uk_free(&uknetdev->memory, uknetdev->device);
	/* A card that cannot be reset gives its buffers back later. */
	free(uknetdev->vm->uknetdev);
	uknetdev->vm->uknetdev = uknetdev;
}

static struct uk_netbuf *uknetdev_chain(struct uknetdev *uknetdev,
					const struct net_packet *packet,
					const struct net_segment segments[])
{
	const struct net_segment *segment = segments + packet->first_segment;
	struct uk_netbuf *head = NULL, *last = NULL, *netbuf;
	unsigned i;

	for (i = 0; i < packet->segment_count; i++, segment++) {
		netbuf = uknetdev_netbuf(uknetdev, segment->data,
					 segment->length, packet->owner,
					 uknetdev_freed);
		if (!netbuf) {
			uk_netbuf_free(head);
			return NULL;
		}
		netbuf->len = (uint16_t)segment->length;
		if (last)
			uk_netbuf_connect(last, netbuf);
		else
			head = netbuf;
		last = netbuf;
	}
	return head;
}

static unsigned uknetdev_transmit(struct nic *nic, unsigned queue,
				  struct net_packet packets[], unsigned n,
				  const struct net_segment segments[])
{
	struct uknetdev *uknetdev = uknetdev_of(nic);
	struct uk_netdev *device = uknetdev->device;
	struct uk_netbuf *netbuf;
	unsigned i;
	int status;

	for (i = 0; i < n; i++) {
		netbuf = uknetdev_chain(uknetdev, &packets[i], segments);
		if (!netbuf)
			break;
		netbuf->dtor = uknetdev_sent;
		status = device->tx_one(device, device->_tx_queue[queue],
					netbuf);
		uknetdev->has_failed |= status < 0;
		uknetdev->was_turned_away =
			status <= 0 || !(status & UK_NETDEV_STATUS_SUCCESS);
		if (!uknetdev->was_turned_away)
			continue;
		/* Still ours, and the packet the caller's. */
		netbuf->dtor = uknetdev_freed;
		uk_netbuf_free(netbuf);
		break;
	}
	return i;
}

static unsigned uknetdev_reclaim(struct nic *nic, unsigned queue,
				 void *owners[], unsigned n)
{
	struct uknetdev *uknetdev = uknetdev_of(nic);
	unsigned i;

	(void)queue;
	for (i = 0; i < n && uknetdev->done_count; i++)
		owners[i] = uknetdev->done[--uknetdev->done_count];
	return i;
}

static unsigned uknetdev_receive(struct nic *nic, unsigned queue,
				 struct net_packet packets[], unsigned n,
				 struct net_segment segments[], unsigned m)
{
	struct uknetdev *uknetdev = uknetdev_of(nic);
	struct uk_netdev *device = uknetdev->device;
	struct uk_netbuf *netbuf, *next;
	unsigned i, used = 0;
	int status;

	/* No frame takes more than six buffers of 2 KiB. */
	for (i = 0; i < n && m - used >= 6; i++) {
		status = device->rx_one(device, device->_rx_queue[queue],
					&netbuf);
		uknetdev->has_failed |= status < 0;
		if (!netbuf)
			break;
		packets[i] = (struct net_packet){.first_segment = used};
		if (netbuf->flags & UK_NETBUF_F_PARTIAL_CSUM) {
			packets[i].flags = NET_RX_CHECKSUM_PARTIAL;
			packets[i].l4_offset = netbuf->csum_start;
			packets[i].checksum_offset = netbuf->csum_offset;
		}
		for (; netbuf; netbuf = next, used++) {
			next = netbuf->next;
			segments[used].data = netbuf->data;
			segments[used].length = netbuf->len;
			segments[used].owner = netbuf->priv;
			packets[i].length += netbuf->len;
			packets[i].segment_count++;
			netbuf->dtor = uknetdev_freed;
			uk_netbuf_free_single(netbuf);
		}
	}
	return i;
}

static void uknetdev_disarm(struct nic *nic, unsigned queue)
{
	struct uk_netdev *device = uknetdev_of(nic)->device;

	device->ops->rxq_intr_disable(device, device->_rx_queue[queue]);
}

static bool uknetdev_arm(struct nic *nic, unsigned queue)
{
	struct uknetdev *uknetdev = uknetdev_of(nic);
	struct uk_netdev *device = uknetdev->device;

	if (device->ops->rxq_intr_enable(device, device->_rx_queue[queue]))
		return false;
	/* What was sent is freed there, too. */
	if (uknetdev->done_count == 0 && !uknetdev->was_turned_away)
		return true;
	/* Room to transmit has no event: who waits for it tries again. */
	uknetdev_disarm(nic, queue);
	return false;
}

static unsigned uknetdev_events(struct nic *nic)
{
	return uknetdev_of(nic)->has_failed ? NIC_EVENT_FAILED : 0;
}

static void uknetdev_statistics(struct nic *nic,
				struct nic_statistics *statistics)
{
	struct unikraft_netdev_counters glue;

	unikraft_netdev_statistics(uknetdev_of(nic)->device, statistics, &glue);
}

static const struct nic_operations uknetdev_operations = {
	.start = uknetdev_start,
	.stop = uknetdev_stop,
	.close = uknetdev_close,
	.transmit = uknetdev_transmit,
	.reclaim = uknetdev_reclaim,
	.receive = uknetdev_receive,
	.arm = uknetdev_arm,
	.disarm = uknetdev_disarm,
	.events = uknetdev_events,
	.statistics = uknetdev_statistics,
};

/* ---- The three calls of a unikernel ---- */

static int uknetdev_card_open(void *context, const struct nic_stack *stack,
			      const struct unikraft_netdev_options *options,
			      struct nic **nic)
{
	struct virtual_machine *vm = context;
	int error;

	(void)options;
	error = vm->vmm->step(vm, stack);
	*nic = vm->nic;
	/* From here on it is the glue's. */
	vm->nic = NULL;
	return error;
}

static void uknetdev_event(struct uk_netdev *device, uint16_t queue,
			   void *argument)
{
	struct uknetdev *uknetdev = argument;

	(void)device;
	uknetdev->stack.wake(uknetdev->stack.context, queue);
}

static int uknetdev_configure(struct uknetdev *uknetdev)
{
	const struct uk_netdev_conf pair = {.nb_rx_queues = 1,
					    .nb_tx_queues = 1};
	struct uk_netdev_rxqueue_conf rx = {
		.alloc_rxpkts = uknetdev_alloc,
		.alloc_rxpkts_argp = uknetdev,
	};
	struct uk_netdev_txqueue_conf tx = {0};
	struct uk_netdev *device = uknetdev->device;
	struct uk_netdev_info info = {0};
	int error = device->ops->probe(device);

	if (error)
		return error;
	device->ops->info_get(device, &info);
	uknetdev->headroom = info.nb_encap_rx;
	error = device->ops->configure(device, &pair);
	if (error)
		return error;
	device->_event[0] = uknetdev_event;
	device->_event_cookie[0] = uknetdev;
	device->_rx_queue[0] = device->ops->rxq_configure(device, 0, 0, &rx);
	device->_tx_queue[0] = device->ops->txq_configure(device, 0, 0, &tx);
	error = device->ops->promiscuous_set(device, 1);
	return error ? error : device->ops->start(device);
}

struct nic *uknetdev_open(struct virtual_machine *vm,
			  const struct nic_stack *stack, int *error)
{
	struct uknetdev *uknetdev = calloc(1, sizeof(*uknetdev));
	const struct unikraft_card card = {
		.driver = vm->vmm->name,
		.open = uknetdev_card_open,
		.context = vm,
	};

	*error = ERROR_NO_MEMORY;
	if (!uknetdev)
		return NULL;
	uknetdev->vm = vm;
	uknetdev->stack = *stack;
	uknetdev->memory.left = ~0u;
	uknetdev->nic.operations = &uknetdev_operations;
	*error = unikraft_netdev_register(&uknetdev->memory, &card);
	if (*error < 0) {
		free(uknetdev);
		return NULL;
	}
	uknetdev->device = uk_netdev_last();
	*error = uknetdev_configure(uknetdev);
	if (!*error)
		return &uknetdev->nic;
	uknetdev_close(&uknetdev->nic);
	return NULL;
}
