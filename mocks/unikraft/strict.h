/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A strict user of uk_netdev: each call is checked against the contract, and
 * the first rule that the driver breaks is kept.
 */
#ifndef MOCKS_UNIKRAFT_STRICT_H
#define MOCKS_UNIKRAFT_STRICT_H

#include <uk/netdev.h>

#define STRICT_NETBUFS 64u
#define STRICT_BYTES   2048u

enum strict_rule {
	STRICT_NONE,
	STRICT_FREED_TWICE,
	/** tx_one freed the netbuf that it was given before it returned. */
	STRICT_TX_FREED_EARLY,
	/** tx_one changed a netbuf that stays the caller's, or took it. */
	STRICT_TX_TOUCHED,
	STRICT_MORE_ALONE,
	/** A negative return though the card is there. */
	STRICT_NEGATIVE,
	/** rx_one gave what alloc_rxpkts did not, or gave it before. */
	STRICT_RX_FOREIGN,
	/** Data outside of the netbuf's buffer. */
	STRICT_RX_LENGTH,
	/** Success and no netbuf, or a netbuf and no success. */
	STRICT_RX_POINTER,
	STRICT_EVENT_UNASKED,
	/** A buffer was written that is the stack's (again). */
	STRICT_TOUCHED,
	/** The user called what uk_netdev refuses in the device's state. */
	STRICT_STATE,
};

/** What uk_netdev knows of a device. */
enum strict_state {
	STRICT_UNPROBED,
	STRICT_UNCONFIGURED,
	STRICT_CONFIGURED,
	STRICT_RUNNING,
};

enum strict_owner { STRICT_FREE, STRICT_OURS, STRICT_DRIVER, STRICT_RECEIVED };

struct strict {
	struct uk_netdev *device;
	enum strict_rule broken;
	struct uk_netbuf netbufs[STRICT_NETBUFS];
	enum strict_owner owners[STRICT_NETBUFS];
	/** Of what was received, until it is freed. */
	uint32_t sums[STRICT_NETBUFS];
	uint8_t memory[STRICT_NETBUFS][STRICT_BYTES];
	/** What alloc_rxpkts gives at most, and how roomy. */
	unsigned supply_left;
	uint16_t room, headroom;
	enum strict_state state;
	bool enabled[CONFIG_LIBUKNETDEV_MAXNBQUEUES];
	unsigned events, queue_events[CONFIG_LIBUKNETDEV_MAXNBQUEUES];
};

void strict_init(struct strict *strict);
/** What rule it is, as a sentence. */
const char *strict_sentence(enum strict_rule rule);
/** The calls of life, and all of them: 0 or the error. */
int strict_probe(struct strict *strict, struct uk_netdev *device);
int strict_configure(struct strict *strict,
		     const struct uk_netdev_conf *configuration);
/** A pair of queues of the default size. */
int strict_queues(struct strict *strict, uint16_t index);
int strict_start(struct strict *strict);
int strict_up(struct strict *strict, struct uk_netdev *device,
	      const struct uk_netdev_conf *configuration);
/** The getters; zeroes and NULL where the device's state forbids them. */
struct uk_netdev_info strict_info(struct strict *strict);
uint16_t strict_mtu(struct strict *strict);
const struct uk_hwaddr *strict_hwaddr(struct strict *strict);
unsigned strict_promiscuous(struct strict *strict);
/** A netbuf to send with these bytes in it; NULL: all are out. */
struct uk_netbuf *strict_netbuf(struct strict *strict, uint16_t bytes);
int strict_tx(struct strict *strict, uint16_t queue, struct uk_netbuf *netbuf);
int strict_rx(struct strict *strict, uint16_t queue, struct uk_netbuf **netbuf);
int strict_enable(struct strict *strict, uint16_t queue);
int strict_disable(struct strict *strict, uint16_t queue);
/** Netbufs that are not back. */
unsigned strict_out(const struct strict *strict);
/** Look whether what is back was written since. */
void strict_look(struct strict *strict);

#endif /* MOCKS_UNIKRAFT_STRICT_H */
