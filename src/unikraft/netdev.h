/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any card of nic.h as a network device of Unikraft.
 *
 * A bus finds a card, says how it is opened, and registers it; all else comes
 * from uk_netdev's calls:
 *
 *	unikraft_netdev_register()	the device exists, nothing is opened
 *	probe				the card is opened and stopped: MAC,
 *					MTU, features and queues are known
 *	configure			opened again if other queues or large
 *					receive are wanted than it came up with
 *	rxq_configure, txq_configure	the stack's buffers and event
 *	start				nic_start()
 *	unikraft_netdev_close()		at shutdown, and by itself when the host
 *					took the card away or broke the protocol
 *
 * Netbufs of alloc_rxpkts are the card's receive buffers and netbufs handed to
 * tx_one are its segments: no frame is copied. A frame that needs several
 * receive buffers is a chain of netbufs from release 0.20 on; the stacks of
 * older releases read the first netbuf only, so there such a frame is dropped
 * and counted, and the MTU is bounded so that no host sends one. A queue whose
 * netbufs have less room than UNIKRAFT_NETDEV_RECEIVE_BYTES is refused by
 * rxq_configure with one line of log; one that shrinks later is freed, counted,
 * and said as a shortage.
 *
 * A card that is gone is quiet: rx_one returns 0, tx_one -ENODEV with the
 * netbuf still the caller's (0 would have the caller try for ever), no event
 * comes; the getters say what was known last.
 *
 * Calls of one device are made by threads of one cooperative scheduler, as
 * uk_netdev's own are.
 */
#ifndef UNIKRAFT_NETDEV_H
#define UNIKRAFT_NETDEV_H

#include "net/nic.h"

struct uk_alloc;
struct uk_netdev;

/** Room that a receive netbuf has behind the headroom that is asked for. */
#define UNIKRAFT_NETDEV_RECEIVE_BYTES 2044u

/** What a card is to be opened with. */
struct unikraft_netdev_options {
	/** Pairs of queues that are read, at least 1; a card may have fewer. */
	uint16_t queues;
	/** 0: the card's own. */
	uint16_t mtu;
	/** The stack takes frames with NET_RX_LARGE. */
	bool wants_large;
};

/** A card that a bus found; the structure is copied, what it names lives on. */
struct unikraft_card {
	/** The driver's name; a literal. */
	const char *driver;
	/**
	 * Alignment in bytes that its receive buffers want: 0, or a power of
	 * two that is a multiple of 8. 2048 keeps one inside a page.
	 */
	uint16_t buffer_alignment;
	/**
	 * Bring the card up to the state "stopped". Called by the probe
	 * operation, and again after nic_close(); may wait.
	 * @param stack copied by the card
	 * @param nic out: the card, to be closed with nic_close()
	 * @return 0, or the negative error number that probe or configure is to
	 *	return
	 */
	int (*open)(void *context, const struct nic_stack *stack,
		    const struct unikraft_netdev_options *options,
		    struct nic **nic);
	/**
	 * Do what its bus has waiting (messages of a host), outside of any
	 * interrupt; NULL: nothing. Called after unikraft_netdev_poke().
	 */
	void (*poll)(void *context);
	void *context;
};

/** What the glue itself dropped, besides what the card counts. */
struct unikraft_netdev_counters {
	/** Of the caller of tx_one: more pieces, or an offload, than can be. */
	uint64_t tx_refused;
	/** Received and not passed on: needs a chain, or has no room for its
	 * tag.
	 */
	uint64_t rx_chain, rx_tag;
	/** Netbufs of alloc_rxpkts with too little room, freed. */
	uint64_t rx_small_buffers;
	/** Times that alloc_rxpkts gave fewer than asked for. */
	uint64_t rx_underruns;
};

/**
 * Register a card with uk_netdev; it is opened when the device is probed.
 * @param allocator for the device, which lives for ever
 * @return the device's number, or the negative error number: out of memory, or
 *	-EINVAL for an alignment that cannot be
 */
int unikraft_netdev_register(struct uk_alloc *allocator,
			     const struct unikraft_card *card);

/**
 * Something is there for the card's poll() to do. Any context, interrupt
 * handlers too; wakes the stack if it waits on queue 0.
 */
void unikraft_netdev_poke(struct uk_netdev *device);

/**
 * Stop and close the card, free what is in flight. Not from an interrupt. For a
 * shutdown hook; the device stays registered and is quiet. Twice is allowed.
 */
void unikraft_netdev_close(struct uk_netdev *device);

/** Counters of the card and of the glue; of a closed card, its last. */
void unikraft_netdev_statistics(struct uk_netdev *device,
				struct nic_statistics *card,
				struct unikraft_netdev_counters *glue);

#endif /* UNIKRAFT_NETDEV_H */
