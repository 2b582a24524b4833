/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "mocks/unikraft/strict.h"

static void strict_break(struct strict *strict, enum strict_rule rule)
{
	if (strict->broken == STRICT_NONE)
		strict->broken = rule;
}

const char *strict_sentence(enum strict_rule rule)
{
	static const char *const sentences[] = {
		[STRICT_NONE] = "no rule was broken",
		[STRICT_FREED_TWICE] = "a netbuf was freed twice",
		[STRICT_TX_FREED_EARLY] =
			"tx_one freed its netbuf before it returned",
		[STRICT_TX_TOUCHED] =
			"tx_one touched a netbuf that it did not take",
		[STRICT_MORE_ALONE] = "MORE came without SUCCESS",
		[STRICT_NEGATIVE] = "a frame made the return negative",
		[STRICT_RX_FOREIGN] =
			"rx_one gave a netbuf that is not of alloc_rxpkts",
		[STRICT_RX_LENGTH] =
			"a received netbuf reaches beyond its buffer",
		[STRICT_RX_POINTER] = "rx_one's return and its netbuf disagree",
		[STRICT_EVENT_UNASKED] = "an event came that nobody asked for",
		[STRICT_TOUCHED] = "a buffer that is the stack's was written",
		[STRICT_STATE] = "a call came before its time",
	};

	return sentences[rule];
}

/* ---- Netbufs ---- */

/** What a buffer holds that nobody uses. */
#define STRICT_POISON 0xdd

static uint32_t strict_sum(const struct uk_netbuf *netbuf)
{
	const uint8_t *data = netbuf->data;
	uint32_t sum = netbuf->len, i;

	for (i = 0; i < netbuf->len; i++)
		sum = sum * 31 + data[i];
	return sum;
}

/** Whether nobody wrote to a buffer that is free. */
static bool strict_is_whole(const uint8_t *memory)
{
	return memory[0] == STRICT_POISON &&
	       memcmp(memory, memory + 1, STRICT_BYTES - 1) == 0;
}

void strict_look(struct strict *strict)
{
	unsigned i;

	for (i = 0; i < STRICT_NETBUFS; i++)
		if (strict->owners[i] == STRICT_FREE &&
		    !strict_is_whole(strict->memory[i]))
			strict_break(strict, STRICT_TOUCHED);
}

static enum strict_owner *strict_owner(struct strict *strict,
				       const struct uk_netbuf *netbuf)
{
	uintptr_t first = (uintptr_t)strict->netbufs;
	uintptr_t at = (uintptr_t)netbuf;

	if (at < first || at >= (uintptr_t)(strict->netbufs + STRICT_NETBUFS))
		return NULL;
	return &strict->owners[(at - first) / sizeof(*netbuf)];
}

static void strict_freed(struct uk_netbuf *netbuf)
{
	struct strict *strict = netbuf->priv;
	enum strict_owner *owner = strict_owner(strict, netbuf);

	netbuf->refcount = 1;
	if (*owner == STRICT_FREE)
		strict_break(strict, STRICT_FREED_TWICE);
	if (*owner == STRICT_RECEIVED &&
	    strict->sums[owner - strict->owners] != strict_sum(netbuf))
		strict_break(strict, STRICT_TOUCHED);
	*owner = STRICT_FREE;
	memset(netbuf->buf, STRICT_POISON, netbuf->buflen);
}

static struct uk_netbuf *strict_take(struct strict *strict,
				     enum strict_owner owner, uint16_t headroom,
				     uint16_t room)
{
	struct uk_netbuf *netbuf;
	unsigned i;

	for (i = 0; i < STRICT_NETBUFS; i++)
		if (strict->owners[i] == STRICT_FREE)
			break;
	if (i == STRICT_NETBUFS)
		return NULL;
	if (!strict_is_whole(strict->memory[i]))
		strict_break(strict, STRICT_TOUCHED);
	netbuf = &strict->netbufs[i];
	memset(netbuf, 0, sizeof(*netbuf));
	netbuf->buf = strict->memory[i];
	netbuf->buflen = STRICT_BYTES;
	netbuf->data = strict->memory[i] + headroom;
	netbuf->len = room;
	netbuf->refcount = 1;
	netbuf->priv = strict;
	netbuf->dtor = strict_freed;
	strict->owners[i] = owner;
	return netbuf;
}

struct uk_netbuf *strict_netbuf(struct strict *strict, uint16_t bytes)
{
	struct uk_netbuf *netbuf = strict_take(strict, STRICT_OURS, 0, bytes);

	if (netbuf)
		memset(netbuf->data, 0xa5, bytes);
	return netbuf;
}

static uint16_t strict_alloc(void *argument, struct uk_netbuf *netbufs[],
			     uint16_t count)
{
	struct strict *strict = argument;
	uint16_t n;

	for (n = 0; n < count && strict->supply_left; n++) {
		netbufs[n] = strict_take(strict, STRICT_DRIVER,
					 strict->headroom, strict->room);
		if (!netbufs[n])
			break;
		strict->supply_left--;
	}
	return n;
}

unsigned strict_out(const struct strict *strict)
{
	unsigned i, out = 0;

	for (i = 0; i < STRICT_NETBUFS; i++)
		out += strict->owners[i] != STRICT_FREE;
	return out;
}

/* ---- Calls ---- */

static void strict_event(struct uk_netdev *device, uint16_t queue,
			 void *argument)
{
	struct strict *strict = argument;

	(void)device;
	if (!strict->enabled[queue])
		strict_break(strict, STRICT_EVENT_UNASKED);
	strict->events++;
	strict->queue_events[queue]++;
}

void strict_init(struct strict *strict)
{
	memset(strict, 0, sizeof(*strict));
	memset(strict->memory, STRICT_POISON, sizeof(strict->memory));
	strict->supply_left = ~0u;
	strict->headroom = 4;
}

/** Whether a call is allowed; what uk_netdev refuses does not reach it. */
static bool strict_may(struct strict *strict, enum strict_state least,
		       enum strict_state most)
{
	if (strict->state >= least && strict->state <= most)
		return true;
	strict_break(strict, STRICT_STATE);
	return false;
}

int strict_probe(struct strict *strict, struct uk_netdev *device)
{
	int error;

	if (!strict_may(strict, STRICT_UNPROBED, STRICT_UNPROBED))
		return -22;
	strict->device = device;
	error = device->ops->probe(device);
	if (!error)
		strict->state = STRICT_UNCONFIGURED;
	return error;
}

int strict_configure(struct strict *strict,
		     const struct uk_netdev_conf *configuration)
{
	int error;

	if (!strict_may(strict, STRICT_UNCONFIGURED, STRICT_UNCONFIGURED))
		return -22;
	error = strict->device->ops->configure(strict->device, configuration);
	if (!error)
		strict->state = STRICT_CONFIGURED;
	return error;
}

int strict_queues(struct strict *strict, uint16_t index)
{
	struct uk_netdev_rxqueue_conf rx = {
		.callback = strict_event,
		.callback_cookie = strict,
		.alloc_rxpkts = strict_alloc,
		.alloc_rxpkts_argp = strict,
	};
	struct uk_netdev *device = strict->device;
	struct uk_netdev_txqueue_conf tx = {0};

	if (!strict_may(strict, STRICT_CONFIGURED, STRICT_CONFIGURED))
		return -22;
	device->_event[index] = strict_event;
	device->_event_cookie[index] = strict;
	device->_rx_queue[index] =
		device->ops->rxq_configure(device, index, 0, &rx);
	if (PTRISERR(device->_rx_queue[index]))
		return PTR2ERR(device->_rx_queue[index]);
	device->_tx_queue[index] =
		device->ops->txq_configure(device, index, 0, &tx);
	if (PTRISERR(device->_tx_queue[index]))
		return PTR2ERR(device->_tx_queue[index]);
	return 0;
}

int strict_start(struct strict *strict)
{
	int error;

	if (!strict_may(strict, STRICT_CONFIGURED, STRICT_CONFIGURED))
		return -22;
	error = strict->device->ops->start(strict->device);
	if (!error)
		strict->state = STRICT_RUNNING;
	return error;
}

int strict_up(struct strict *strict, struct uk_netdev *device,
	      const struct uk_netdev_conf *configuration)
{
	int error = strict_probe(strict, device);
	uint16_t i;

	if (!error)
		error = strict_configure(strict, configuration);
	for (i = 0; !error && i < configuration->nb_rx_queues; i++)
		error = strict_queues(strict, i);
	return error ? error : strict_start(strict);
}

/* ---- Getters ---- */

struct uk_netdev_info strict_info(struct strict *strict)
{
	struct uk_netdev_info info = {0};

	if (strict_may(strict, STRICT_UNCONFIGURED, STRICT_RUNNING))
		strict->device->ops->info_get(strict->device, &info);
	return info;
}

uint16_t strict_mtu(struct strict *strict)
{
	if (!strict_may(strict, STRICT_CONFIGURED, STRICT_RUNNING))
		return 0;
	return strict->device->ops->mtu_get(strict->device);
}

const struct uk_hwaddr *strict_hwaddr(struct strict *strict)
{
	if (!strict_may(strict, STRICT_CONFIGURED, STRICT_RUNNING))
		return NULL;
	return strict->device->ops->hwaddr_get(strict->device);
}

unsigned strict_promiscuous(struct strict *strict)
{
	if (!strict_may(strict, STRICT_CONFIGURED, STRICT_RUNNING))
		return 0;
	return strict->device->ops->promiscuous_get(strict->device);
}

/* ---- Frames ---- */

/** Over all that a chain holds. */
static uint32_t strict_chain_sum(const struct uk_netbuf *netbuf)
{
	uint32_t sum = 0;

	for (; netbuf; netbuf = netbuf->next)
		sum = sum * 31 + strict_sum(netbuf);
	return sum;
}

int strict_tx(struct strict *strict, uint16_t queue, struct uk_netbuf *netbuf)
{
	enum strict_owner *owner = strict_owner(strict, netbuf);
	uint32_t sum = strict_chain_sum(netbuf);
	struct uk_netbuf before = *netbuf;
	struct uk_netbuf *piece;
	int status;

	if (!strict_may(strict, STRICT_RUNNING, STRICT_RUNNING))
		return -22;
	UK_NETBUF_CHAIN_FOREACH(piece, netbuf)
	*strict_owner(strict, piece) = STRICT_DRIVER;
	status = strict->device->tx_one(strict->device,
					strict->device->_tx_queue[queue],
					netbuf);
	if (*owner == STRICT_FREE)
		strict_break(strict, STRICT_TX_FREED_EARLY);
	if (status < 0 && status != -19)
		strict_break(strict, STRICT_NEGATIVE);
	if (status >= 0 && (status & UK_NETDEV_STATUS_MORE) &&
	    !(status & UK_NETDEV_STATUS_SUCCESS))
		strict_break(strict, STRICT_MORE_ALONE);
	if (status >= 0 && (status & UK_NETDEV_STATUS_SUCCESS))
		return status;
	if (before.data != netbuf->data || before.len != netbuf->len ||
	    before.next != netbuf->next || before.prev != netbuf->prev ||
	    before.flags != netbuf->flags ||
	    before.csum_start != netbuf->csum_start ||
	    strict_chain_sum(netbuf) != sum)
		strict_break(strict, STRICT_TX_TOUCHED);
	UK_NETBUF_CHAIN_FOREACH(piece, netbuf)
	*strict_owner(strict, piece) = STRICT_OURS;
	return status;
}

/** Each netbuf of what came is the stack's now. */
static void strict_received(struct strict *strict, struct uk_netbuf *netbuf)
{
	enum strict_owner *owner;

	for (; netbuf; netbuf = netbuf->next) {
		owner = strict_owner(strict, netbuf);
		if (!owner || *owner != STRICT_DRIVER) {
			strict_break(strict, STRICT_RX_FOREIGN);
			return;
		}
		*owner = STRICT_RECEIVED;
		if ((uint8_t *)netbuf->data < (uint8_t *)netbuf->buf ||
		    (uint8_t *)netbuf->data + netbuf->len >
			    (uint8_t *)netbuf->buf + netbuf->buflen)
			strict_break(strict, STRICT_RX_LENGTH);
		else
			strict->sums[owner - strict->owners] =
				strict_sum(netbuf);
	}
}

int strict_rx(struct strict *strict, uint16_t queue, struct uk_netbuf **netbuf)
{
	bool success;
	int status;

	*netbuf = NULL;
	if (!strict_may(strict, STRICT_RUNNING, STRICT_RUNNING))
		return -22;
	status = strict->device->rx_one(strict->device,
					strict->device->_rx_queue[queue],
					netbuf);
	success = status >= 0 && (status & UK_NETDEV_STATUS_SUCCESS);
	if (status < 0)
		strict_break(strict, STRICT_NEGATIVE);
	else if ((status & UK_NETDEV_STATUS_MORE) && !success)
		strict_break(strict, STRICT_MORE_ALONE);
	if (success != (*netbuf != NULL))
		strict_break(strict, STRICT_RX_POINTER);
	strict_received(strict, *netbuf);
	return status;
}

int strict_enable(struct strict *strict, uint16_t queue)
{
	if (!strict_may(strict, STRICT_RUNNING, STRICT_RUNNING))
		return -22;
	strict->enabled[queue] = true;
	return strict->device->ops->rxq_intr_enable(
		strict->device, strict->device->_rx_queue[queue]);
}

int strict_disable(struct strict *strict, uint16_t queue)
{
	if (!strict_may(strict, STRICT_RUNNING, STRICT_RUNNING))
		return -22;
	strict->enabled[queue] = false;
	return strict->device->ops->rxq_intr_disable(
		strict->device, strict->device->_rx_queue[queue]);
}
