/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The data path: a netbuf's chain is a packet's segments, and the other way.
 */
#include <string.h>

#include <uk/print.h>

#include "unikraft/netdev_internal.h"

/* ---- Between the calls ---- */

/**
 * Do what interrupts left to be done, in a call of queue 0 by its thread.
 * @return whether the card is there
 */
static bool netdev_service(struct netdev *netdev, unsigned queue)
{
	unsigned events = 0;

	if (queue == 0 && netdev->nic) {
		if (netdev_take(&netdev->poll_due) && netdev->card.poll)
			netdev->card.poll(netdev->card.context);
		if (netdev_take(&netdev->events_due))
			events = nic_events(netdev->nic);
	}
	if (events & (NIC_EVENT_REMOVED | NIC_EVENT_FAILED)) {
		uk_pr_err("%s: the card %s\n", netdev->card.driver,
			  events & NIC_EVENT_REMOVED ? "was taken away"
						     : "failed");
		unikraft_netdev_close(&netdev->device);
	}
	return netdev->nic;
}

void netdev_reclaim(struct uk_netdev_tx_queue *queue)
{
	void *owners[NETDEV_OWNERS];
	unsigned n, i;

	if (queue->refused)
		uk_netbuf_free(queue->refused);
	queue->refused = NULL;
	do {
		n = nic_reclaim(queue->netdev->nic, queue->index, owners,
				NETDEV_OWNERS);
		for (i = 0; i < n; i++)
			uk_netbuf_free(owners[i]);
		queue->in_flight -= (uint16_t)n;
	} while (n == NETDEV_OWNERS);
}

/* ---- Transmit ---- */

/** Make a packet of a chain; false: it cannot be one. */
static bool tx_describe(const struct netdev *netdev, struct uk_netbuf *netbuf,
			struct net_packet *packet,
			struct net_segment segments[])
{
	struct uk_netbuf *piece;

	memset(packet, 0, sizeof(*packet));
	UK_NETBUF_CHAIN_FOREACH(piece, netbuf)
	{
		if (!piece->len)
			continue;
		if (packet->segment_count == NETDEV_SEGMENTS)
			return false;
		segments[packet->segment_count].data = piece->data;
		segments[packet->segment_count].length = piece->len;
		segments[packet->segment_count].owner = NULL;
		packet->segment_count++;
		packet->length += piece->len;
	}
	packet->owner = netbuf;
	return packet->segment_count && netdev_offload(netdev, netbuf, packet);
}

/**
 * Nothing is freed behind nic_transmit(): a frame that was copied is done with
 * at once, but the caller looks at its netbuf after we returned (it counts
 * bytes). The next call frees it.
 */
int netdev_tx_one(struct uk_netdev *device, struct uk_netdev_tx_queue *queue,
		  struct uk_netbuf *netbuf)
{
	struct net_segment segments[NETDEV_SEGMENTS];
	struct netdev *netdev = netdev_of(device);
	struct net_packet packet;

	if (!netdev_service(netdev, queue->index))
		return ERROR_NO_DEVICE;
	netdev_reclaim(queue);
	if (!tx_describe(netdev, netbuf, &packet, segments)) {
		netdev->counters.tx_refused++;
		queue->refused = netbuf;
		return UK_NETDEV_STATUS_SUCCESS | UK_NETDEV_STATUS_MORE;
	}
	if (queue->in_flight >= queue->depth ||
	    !nic_transmit(netdev->nic, queue->index, &packet, 1, segments)) {
		/* A card that is gone takes nothing either: learn of it. */
		netdev_note(&netdev->events_due);
		return netdev_service(netdev, queue->index) ? 0
							    : ERROR_NO_DEVICE;
	}
	queue->in_flight++;
	return queue->in_flight < queue->depth
		       ? UK_NETDEV_STATUS_SUCCESS | UK_NETDEV_STATUS_MORE
		       : UK_NETDEV_STATUS_SUCCESS;
}

/* ---- Receive buffers ---- */

/** Room of an empty netbuf: what its length says, or to the buffer's end. */
static uint32_t rx_room(const struct uk_netbuf *netbuf)
{
	size_t begin =
		(size_t)((uint8_t *)netbuf->data - (uint8_t *)netbuf->buf);
	size_t room = netbuf->buflen - begin;

	if (netbuf->len && netbuf->len < room)
		room = netbuf->len;
	return room > UINT16_MAX ? UINT16_MAX : (uint32_t)room;
}

bool netdev_buffers_fit(struct uk_netdev_rx_queue *queue)
{
	struct uk_netbuf *netbuf;
	bool fits;

	if (queue->alloc(queue->alloc_argument, &netbuf, 1) != 1)
		return true;
	fits = rx_room(netbuf) >= UNIKRAFT_NETDEV_RECEIVE_BYTES;
	uk_netbuf_free_single(netbuf);
	return fits;
}

/** At most NETDEV_OWNERS buffers. @return how many there were */
static unsigned rx_supply_some(struct uk_netdev_rx_queue *queue,
			       struct net_segment buffers[], unsigned n)
{
	struct uk_netbuf *netbufs[NETDEV_OWNERS];
	struct netdev *netdev = queue->netdev;
	unsigned got, i, good = 0;

	got = queue->alloc(queue->alloc_argument, netbufs, (uint16_t)n);
	for (i = 0; i < got; i++) {
		buffers[good].data = netbufs[i]->data;
		buffers[good].length = rx_room(netbufs[i]);
		buffers[good].owner = netbufs[i];
		if (buffers[good].length < UNIKRAFT_NETDEV_RECEIVE_BYTES) {
			netdev->counters.rx_small_buffers++;
			uk_netbuf_free_single(netbufs[i]);
			continue;
		}
		good++;
	}
	queue->held += (uint16_t)good;
	return good;
}

unsigned netdev_supply(void *context, unsigned index,
		       struct net_segment buffers[], unsigned n)
{
	struct netdev *netdev = context;
	struct uk_netdev_rx_queue *queue = &netdev->rx[index];
	unsigned got, part, total = 0;

	/* That many and no more were asked for: this is no shortage. */
	if (n > (unsigned)(queue->depth - queue->held))
		n = queue->depth - queue->held;
	while (total < n) {
		part = n - total < NETDEV_OWNERS ? n - total : NETDEV_OWNERS;
		got = rx_supply_some(queue, buffers + total, part);
		total += got;
		if (got < part) {
			netdev->counters.rx_underruns++;
			queue->underrun = true;
			break;
		}
	}
	return total;
}

void netdev_release(void *context, const struct net_segment *buffer)
{
	(void)context;
	uk_netbuf_free_single(buffer->owner);
}

/* ---- Receive ---- */

/** Free the buffers of a frame that is dropped. */
static void rx_drop(const struct net_segment segments[], unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		uk_netbuf_free_single(segments[i].owner);
}

/** Put the tag that came beside a frame where it was, into the headroom. */
static bool rx_insert_tag(struct uk_netbuf *netbuf, uint16_t tag)
{
	uint8_t *frame = netbuf->data;

	if (netbuf->len < ETHERNET_HEADER_BYTES ||
	    uk_netbuf_header(netbuf, ETHERNET_VLAN_BYTES) != 1)
		return false;
	memmove(frame - ETHERNET_VLAN_BYTES, frame, 2 * ETHERNET_ADDRESS_BYTES);
	frame += 2 * ETHERNET_ADDRESS_BYTES - ETHERNET_VLAN_BYTES;
	frame[0] = ETHERNET_TYPE_VLAN >> 8;
	frame[1] = ETHERNET_TYPE_VLAN & 0xff;
	frame[2] = (uint8_t)(tag >> 8);
	frame[3] = (uint8_t)tag;
	return true;
}

/** Make a chain of a frame's buffers; NULL: it was dropped. */
static struct uk_netbuf *rx_assemble(struct netdev *netdev,
				     const struct net_packet *packet,
				     const struct net_segment segments[])
{
	struct uk_netbuf *head = segments[0].owner, *last = NULL, *netbuf;
	unsigned i;

	if (packet->segment_count > 1 && !RELEASE_TAKES_CHAINS) {
		netdev->counters.rx_chain++;
		rx_drop(segments, packet->segment_count);
		return NULL;
	}
	for (i = 0; i < packet->segment_count; i++) {
		netbuf = segments[i].owner;
		netbuf->data = segments[i].data;
		netbuf->len = (uint16_t)segments[i].length;
		netbuf->next = NULL;
		netbuf->prev = NULL;
		if (last)
			uk_netbuf_connect(last, netbuf);
		last = netbuf;
	}
	netdev_onload(packet, head);
	if (packet->flags & NET_VLAN &&
	    !rx_insert_tag(head, packet->vlan_tag)) {
		netdev->counters.rx_tag++;
		uk_netbuf_free(head);
		return NULL;
	}
	return head;
}

/** The next frame that is not dropped; NULL: there is none. */
static struct uk_netbuf *rx_next(struct uk_netdev_rx_queue *queue)
{
	struct net_segment segments[NETDEV_SEGMENTS];
	struct uk_netbuf *netbuf = NULL;
	struct net_packet packet;

	while (!netbuf && nic_receive(queue->netdev->nic, queue->index, &packet,
				      1, segments, NETDEV_SEGMENTS)) {
		queue->held -= (uint16_t)packet.segment_count;
		netbuf = rx_assemble(queue->netdev, &packet,
				     segments + packet.first_segment);
	}
	return netbuf;
}

bool netdev_arm(struct uk_netdev_rx_queue *queue)
{
	netdev_note(&queue->armed);
	if (nic_arm(queue->netdev->nic, queue->index))
		return true;
	netdev_take(&queue->armed);
	return false;
}

/** The shortage is said once, with whatever is returned next. */
static int rx_underrun(struct uk_netdev_rx_queue *queue)
{
	int status = queue->underrun ? UK_NETDEV_STATUS_UNDERRUN : 0;

	queue->underrun = false;
	return status;
}

int netdev_rx_one(struct uk_netdev *device, struct uk_netdev_rx_queue *queue,
		  struct uk_netbuf **netbuf)
{
	struct netdev *netdev = netdev_of(device);

	*netbuf = NULL;
	do {
		if (!netdev_service(netdev, queue->index))
			return 0;
		/* Woken for another reason than frames: it is armed still. */
		if (netdev_take(&queue->armed))
			nic_disarm(netdev->nic, queue->index);
		netdev_reclaim(&netdev->tx[queue->index]);
		*netbuf = rx_next(queue);
		if (*netbuf)
			return UK_NETDEV_STATUS_SUCCESS |
			       UK_NETDEV_STATUS_MORE | rx_underrun(queue);
		/* Drained: armed again, unless something slipped in. */
	} while (queue->wanted && !netdev_arm(queue));
	return rx_underrun(queue);
}

int netdev_rxq_intr_enable(struct uk_netdev *device,
			   struct uk_netdev_rx_queue *queue)
{
	struct netdev *netdev = netdev_of(device);

	if (RELEASE_FEATURE_EVENTS == 0)
		return ERROR_NOT_SUPPORTED;
	queue->wanted = true;
	if (!netdev_service(netdev, queue->index))
		return 0;
	/* Netbufs that were sent are no reason to have the caller receive. */
	netdev_reclaim(&netdev->tx[queue->index]);
	return netdev_arm(queue) ? 0 : 1;
}

int netdev_rxq_intr_disable(struct uk_netdev *device,
			    struct uk_netdev_rx_queue *queue)
{
	struct netdev *netdev = netdev_of(device);

	queue->wanted = false;
	if (netdev_take(&queue->armed) && netdev->nic)
		nic_disarm(netdev->nic, queue->index);
	return 0;
}
