/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network device between uk_netdev and a card, shared by the files of the
 * glue.
 */
#ifndef UNIKRAFT_NETDEV_INTERNAL_H
#define UNIKRAFT_NETDEV_INTERNAL_H

#include "unikraft/netdev.h"
#include "unikraft/release.h"

/** Pieces of a frame to send, and buffers of one received: 64 KiB and more. */
#define NETDEV_SEGMENTS	 40u
/** Descriptors of a queue: in flight to the card, or with it to receive. */
#define NETDEV_DEPTH_MIN 16u
#define NETDEV_DEPTH_MAX 1024u
#define NETDEV_DEPTH	 256u
/** Owners that are reclaimed at once. */
#define NETDEV_OWNERS	 32u

struct netdev;

struct uk_netdev_rx_queue {
	struct netdev *netdev;
	uint16_t index;
	bool configured;
	/** Buffers that the card may hold, and does. */
	uint16_t depth, held;
	uk_netdev_alloc_rxpkts alloc;
	void *alloc_argument;
	/** The stack wants events. */
	bool wanted;
	/** An event is due when the card wakes; cleared by who takes it. */
	bool armed;
	/** Fewer buffers came than were asked for, since it was last said. */
	bool underrun;
};

struct uk_netdev_tx_queue {
	struct netdev *netdev;
	uint16_t index;
	bool configured;
	uint16_t depth, in_flight;
	/**
	 * Taken and not sent, since it makes no sense. Freed by the next call:
	 * whoever called tx_one may look at its netbuf once more.
	 */
	struct uk_netbuf *refused;
};

struct netdev {
	struct uk_netdev device;
	struct unikraft_card card;
	struct unikraft_netdev_options options;
	/** NULL: not opened yet, or gone. */
	struct nic *nic;
	/** The device said started. */
	bool running;
	/** Interrupts happened: for nic_events(), for the card's poll(). */
	bool events_due, poll_due;
	bool promiscuous;
	/** What is known of the card when it is gone. */
	struct uk_hwaddr address;
	uint16_t mtu;
	struct nic_information information;
	struct nic_statistics last;
	struct unikraft_netdev_counters counters;
	struct uk_netdev_rx_queue rx[CONFIG_LIBUKNETDEV_MAXNBQUEUES];
	struct uk_netdev_tx_queue tx[CONFIG_LIBUKNETDEV_MAXNBQUEUES];
};

static inline struct netdev *netdev_of(struct uk_netdev *device)
{
	return __containerof(device, struct netdev, device);
}

/* ---- netdev_isr.c: what an interrupt handler may reach ---- */

/** wake() of the card's stack. */
void netdev_wake(void *context, unsigned queue);

/** Whether an event was due; it is not any more. */
static inline bool netdev_take(bool *flag)
{
	return __atomic_exchange_n(flag, false, __ATOMIC_SEQ_CST);
}

static inline void netdev_note(bool *flag)
{
	__atomic_store_n(flag, true, __ATOMIC_SEQ_CST);
}

/* ---- netdev_data.c: frames ---- */

int netdev_tx_one(struct uk_netdev *device, struct uk_netdev_tx_queue *queue,
		  struct uk_netbuf *netbuf);
int netdev_rx_one(struct uk_netdev *device, struct uk_netdev_rx_queue *queue,
		  struct uk_netbuf **netbuf);
int netdev_rxq_intr_enable(struct uk_netdev *device,
			   struct uk_netdev_rx_queue *queue);
int netdev_rxq_intr_disable(struct uk_netdev *device,
			    struct uk_netdev_rx_queue *queue);
/** supply() and release() of the card's stack. */
unsigned netdev_supply(void *context, unsigned index,
		       struct net_segment buffers[], unsigned n);
void netdev_release(void *context, const struct net_segment *buffer);
/**
 * Whether netbufs of alloc_rxpkts are roomy enough, told by one of them; when
 * there is none now, they may be.
 */
bool netdev_buffers_fit(struct uk_netdev_rx_queue *queue);
/** Free netbufs that the card is done with. */
void netdev_reclaim(struct uk_netdev_tx_queue *queue);
/** Ask to be woken. @return false: something is there already */
bool netdev_arm(struct uk_netdev_rx_queue *queue);

/* ---- netdev_offload.c: what is asked for besides sending ---- */

/**
 * What a netbuf asks for, put into the packet's flags and offsets.
 * @return false: it asks for what cannot be
 */
bool netdev_offload(const struct netdev *netdev, const struct uk_netbuf *netbuf,
		    struct net_packet *packet);
/** What the card found out, put into the netbuf's flags. */
void netdev_onload(const struct net_packet *packet, struct uk_netbuf *netbuf);

#endif /* UNIKRAFT_NETDEV_INTERNAL_H */
