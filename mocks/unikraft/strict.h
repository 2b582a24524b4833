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
};

enum strict_owner { STRICT_FREE, STRICT_OURS, STRICT_DRIVER, STRICT_RECEIVED };

struct strict {
	struct uk_netdev *device;
	enum strict_rule broken;
	struct uk_netbuf netbufs[STRICT_NETBUFS];
	enum strict_owner owners[STRICT_NETBUFS];
	uint8_t memory[STRICT_NETBUFS][STRICT_BYTES];
	/** What alloc_rxpkts gives at most, and how roomy. */
	unsigned supply_left;
	uint16_t room, headroom;
	bool enabled;
	unsigned events;
};

void strict_init(struct strict *strict);
/** What rule it is, as a sentence. */
const char *strict_sentence(enum strict_rule rule);
/** probe, configure, queues of the default size, start; 0 or the error. */
int strict_up(struct strict *strict, struct uk_netdev *device,
	      const struct uk_netdev_conf *configuration);
/** A netbuf to send with these bytes in it; NULL: all are out. */
struct uk_netbuf *strict_netbuf(struct strict *strict, uint16_t bytes);
int strict_tx(struct strict *strict, uint16_t queue, struct uk_netbuf *netbuf);
int strict_rx(struct strict *strict, uint16_t queue, struct uk_netbuf **netbuf);
int strict_enable(struct strict *strict, uint16_t queue);
int strict_disable(struct strict *strict, uint16_t queue);
/** Netbufs that are not back. */
unsigned strict_out(const struct strict *strict);

#endif /* MOCKS_UNIKRAFT_STRICT_H */
