/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network card as the stack above sees it: the only header of a card that a
 * stack includes.
 *
 * Life: a driver's open call brings the card up and returns a struct nic in the
 * state "stopped"; nic_start() lets frames flow; nic_stop() ends that;
 * nic_close() gives everything back. A host may take the card away at any time:
 * then NIC_EVENT_REMOVED is raised, the data calls take and give nothing,
 * control calls return ERROR_NO_DEVICE, owners of frames in flight come back
 * through nic_reclaim(), and nic_close() is the one thing left to do. The same
 * holds for a card that failed (NIC_EVENT_FAILED), with ERROR_PROTOCOL; but its
 * host may still read frames that are in flight, so their owners are the
 * stack's again only when nic_close() has returned.
 *
 * Threads: a queue (nic_transmit, nic_reclaim, nic_receive, nic_arm, nic_disarm
 * of one index) is used by one thread at a time; different queues may be used
 * at once. The control calls (all others) are serialised by the caller, and
 * with the queues' calls as each says. Nothing here may be called from an
 * interrupt handler, except where it says "any context".
 *
 * The data path allocates nothing and calls nothing of the stack but supply().
 */
#ifndef NET_NIC_H
#define NET_NIC_H

#include <stdbool.h>
#include <stdint.h>

#include "net/packet.h"
#include "port/error.h"

struct nic;

/** Given to wake() in place of a queue: call nic_events(). */
#define NIC_WAKE_EVENTS ((unsigned)-1)

/** What a card asks of the stack that uses it. All members are set. */
struct nic_stack {
	/**
	 * Give up to n empty receive buffers of at least receive_buffer_bytes
	 * each, and return how many. Called from nic_receive() of that queue,
	 * by its thread, and from control calls; a buffer is the card's until
	 * it comes back as the segment of a received packet or by release().
	 */
	unsigned (*supply)(void *context, unsigned queue,
			   struct net_segment buffers[], unsigned n);
	/** Take back a buffer that was supplied and not used (stop, close). */
	void (*release)(void *context, const struct net_segment *buffer);
	/**
	 * Something is there to do on an armed queue, which is disarmed now, or
	 * NIC_WAKE_EVENTS. Called in interrupt context: take note and return.
	 */
	void (*wake)(void *context, unsigned queue);
	void *context;
	/**
	 * Room in each supplied buffer, in bytes; a long frame takes several.
	 */
	uint32_t receive_buffer_bytes;
};

/** What a card can do, for the stack to choose from. */
enum nic_features {
	NIC_FEATURE_TX_CHECKSUM_IPV4 = 1 << 0,
	NIC_FEATURE_TX_CHECKSUM_TCP = 1 << 1,
	NIC_FEATURE_TX_CHECKSUM_UDP = 1 << 2,
	NIC_FEATURE_TX_VLAN = 1 << 3,
	NIC_FEATURE_RX_CHECKSUM = 1 << 4,
	NIC_FEATURE_RX_VLAN = 1 << 5,
	NIC_FEATURE_MAC_SET = 1 << 6,
	/** TCP over IPv4, IPv6: frames up to tso_bytes_max are cut up. */
	NIC_FEATURE_TX_TSO_IPV4 = 1 << 7,
	NIC_FEATURE_TX_TSO_IPV6 = 1 << 8,
	/** Frames may come that are several TCP segments: NET_RX_LARGE. */
	NIC_FEATURE_RX_LARGE = 1 << 9,
	NIC_FEATURE_RX_HASH = 1 << 10,
	/** nic_vlan_filter_set() works. */
	NIC_FEATURE_VLAN_FILTER = 1 << 11,
};

enum nic_event {
	/** The link went up or down or changed its speed: see nic_link(). */
	NIC_EVENT_LINK = 1 << 0,
	/** The host took the card away. */
	NIC_EVENT_REMOVED = 1 << 1,
	/**
	 * The card failed (the host broke the protocol): close and open again.
	 */
	NIC_EVENT_FAILED = 1 << 2,
	/** The network behind the link changed: ask for addresses again. */
	NIC_EVENT_NETWORK_CHANGED = 1 << 3,
	/**
	 * The device stopped on an error, and the driver reset it and brought
	 * it back as it was: frames that were in flight are lost and counted.
	 */
	NIC_EVENT_RECOVERED = 1 << 4,
};

/** Which frames the card is to receive. */
enum nic_filter {
	NIC_FILTER_UNICAST = 1 << 0,
	NIC_FILTER_BROADCAST = 1 << 1,
	/** The multicast groups of the list given with it. */
	NIC_FILTER_MULTICAST = 1 << 2,
	NIC_FILTER_ALL_MULTICAST = 1 << 3,
	NIC_FILTER_PROMISCUOUS = 1 << 4,
};

struct nic_link {
	bool up;
	/** Megabits a second; 0 when not known. */
	uint32_t speed_mbps;
};

struct nic_information {
	const char *driver;
	/** Of enum nic_features. */
	uint32_t features;
	/** Pairs of a receive and a transmit queue. */
	uint16_t queues;
	uint16_t mtu_min, mtu_max;
	uint16_t mtu;
	/** The longest frame that is cut up; 0 without NIC_FEATURE_TX_TSO_*. */
	uint32_t tso_bytes_max;
	uint8_t mac[ETHERNET_ADDRESS_BYTES];
};

/**
 * Counters since the card was opened. Frames and bytes are those of the wire (a
 * tag carried beside the frame is not counted in bytes). Conservation: a frame
 * taken by nic_transmit() ends in tx_frames, tx_errors or tx_invalid; one
 * delivered by the host ends in rx_frames or in one of the rx_drop counters.
 */
struct nic_statistics {
	uint64_t tx_frames, tx_bytes;
	/**
	 * Frames by the way they took: copied alone, copied with others, by
	 * pages.
	 */
	uint64_t tx_copied, tx_aggregated, tx_pages;
	/** Of these, frames that the device was asked to cut into segments. */
	uint64_t tx_segmented;
	/** Taken, but refused by the host or lost when the card went away. */
	uint64_t tx_errors;
	/** Taken and not sent: too short, too long, too many pieces. */
	uint64_t tx_invalid;
	uint64_t rx_frames, rx_bytes;
	/** Stack gave no buffer. */
	uint64_t rx_drop_no_buffer;
	/** The host's message was malformed. */
	uint64_t rx_drop_malformed;
	/** Longer than the MTU, or shorter than an Ethernet header. */
	uint64_t rx_drop_length;
	/** The device itself said that the frame is damaged or incomplete. */
	uint64_t rx_drop_error;
	/** Arrived while the card was stopping or its queue was full. */
	uint64_t rx_drop_stopped;
	/** Messages of the host, not frames, that were ignored as malformed. */
	uint64_t bad_messages;
	/** Doorbells rung at the host, and interrupts taken. */
	uint64_t doorbells, interrupts;
};

/** Add what one queue counted to the sum of all. */
static inline void nic_statistics_add(struct nic_statistics *sum,
				      const struct nic_statistics *queue)
{
	sum->tx_frames += queue->tx_frames;
	sum->tx_bytes += queue->tx_bytes;
	sum->tx_copied += queue->tx_copied;
	sum->tx_aggregated += queue->tx_aggregated;
	sum->tx_pages += queue->tx_pages;
	sum->tx_segmented += queue->tx_segmented;
	sum->tx_errors += queue->tx_errors;
	sum->tx_invalid += queue->tx_invalid;
	sum->rx_frames += queue->rx_frames;
	sum->rx_bytes += queue->rx_bytes;
	sum->rx_drop_no_buffer += queue->rx_drop_no_buffer;
	sum->rx_drop_malformed += queue->rx_drop_malformed;
	sum->rx_drop_length += queue->rx_drop_length;
	sum->rx_drop_error += queue->rx_drop_error;
	sum->rx_drop_stopped += queue->rx_drop_stopped;
	sum->bad_messages += queue->bad_messages;
	sum->doorbells += queue->doorbells;
	sum->interrupts += queue->interrupts;
}

/** Words of a set of VLAN identifiers, a bit for each: 0 to 4095. */
#define NIC_VLAN_WORDS 128u

/** What a driver implements; a stack calls the functions below instead. */
struct nic_operations {
	int (*start)(struct nic *nic);
	void (*stop)(struct nic *nic);
	void (*close)(struct nic *nic);
	unsigned (*transmit)(struct nic *nic, unsigned queue,
			     struct net_packet packets[], unsigned n,
			     const struct net_segment segments[]);
	unsigned (*reclaim)(struct nic *nic, unsigned queue, void *owners[],
			    unsigned n);
	unsigned (*receive)(struct nic *nic, unsigned queue,
			    struct net_packet packets[], unsigned n,
			    struct net_segment segments[], unsigned m);
	bool (*arm)(struct nic *nic, unsigned queue);
	void (*disarm)(struct nic *nic, unsigned queue);
	unsigned (*events)(struct nic *nic);
	void (*link)(struct nic *nic, struct nic_link *link);
	int (*mac_set)(struct nic *nic, const uint8_t mac[]);
	int (*mtu_set)(struct nic *nic, uint16_t mtu);
	int (*filter_set)(struct nic *nic, unsigned filter,
			  const uint8_t groups[][ETHERNET_ADDRESS_BYTES],
			  unsigned group_count);
	/** NULL: without NIC_FEATURE_VLAN_FILTER. */
	int (*vlan_filter_set)(struct nic *nic,
			       const uint32_t identifiers[NIC_VLAN_WORDS]);
	void (*statistics)(struct nic *nic, struct nic_statistics *statistics);
};

/** A card. A driver embeds it; a stack reads information and calls below. */
struct nic {
	const struct nic_operations *operations;
	/** Kept up to date by the driver; changes only inside control calls. */
	struct nic_information information;
};

/**
 * Let frames flow: filter as last set (unicast and broadcast if never).
 * @return 0, ERROR_NO_DEVICE, ERROR_TIMED_OUT, ERROR_PROTOCOL, ERROR_NO_MEMORY
 *	(the stack gave no receive buffer to a card that needs one)
 */
static inline int nic_start(struct nic *nic)
{
	return nic->operations->start(nic);
}

/**
 * End the flow. No queue call runs meanwhile. Frames in flight are waited for
 * (a bounded time); their owners are still to be reclaimed. Supplied buffers
 * are released.
 */
static inline void nic_stop(struct nic *nic)
{
	nic->operations->stop(nic);
}

/**
 * Give the card back to its host and its memory to the platform; stops it
 * first. No other call runs meanwhile or comes after. All owners in flight must
 * have been reclaimed, or are the caller's to forget.
 */
static inline void nic_close(struct nic *nic)
{
	nic->operations->close(nic);
}

/**
 * Transmit a burst, in order.
 *
 * A malformed packet (shorter than an Ethernet header, longer than the MTU
 * allows, more pieces than the card can take) is taken, counted in tx_invalid,
 * and its owner comes back like any other.
 * @param packets n of them, their segments in the array beside; the driver
 *	keeps neither array after it returned, but memory and owner of taken
 *	packets until nic_reclaim() returns the owner
 * @return how many were taken; the others stay the caller's, to try again after
 *	nic_reclaim()
 */
static inline unsigned nic_transmit(struct nic *nic, unsigned queue,
				    struct net_packet packets[], unsigned n,
				    const struct net_segment segments[])
{
	return nic->operations->transmit(nic, queue, packets, n, segments);
}

/**
 * Ask for the owners of packets that the device is done with, sent or not.
 * @return how many owners were stored, at most n; call again while it is n
 */
static inline unsigned nic_reclaim(struct nic *nic, unsigned queue,
				   void *owners[], unsigned n)
{
	return nic->operations->reclaim(nic, queue, owners, n);
}

/**
 * Receive a burst.
 *
 * @param packets room for n frames; each is a run of segments, each a buffer
 *	that was supplied, now the stack's again, with the length used
 * @param segments room for m
 * @return how many frames; fewer than n means that none is left for now, or
 *	that the next one needs more than the segments that are left
 */
static inline unsigned nic_receive(struct nic *nic, unsigned queue,
				   struct net_packet packets[], unsigned n,
				   struct net_segment segments[], unsigned m)
{
	return nic->operations->receive(nic, queue, packets, n, segments, m);
}

/**
 * Ask to be woken once when there is something to receive or reclaim, or room
 * for a packet that nic_transmit() did not take. Of that room it is said once,
 * by wake() or by false: who does not transmit then may sleep all the same.
 * @return true: armed, wake() will come; false: there is something already, the
 *	queue is not armed, poll again
 */
static inline bool nic_arm(struct nic *nic, unsigned queue)
{
	return nic->operations->arm(nic, queue);
}

/** Take a request to be woken back; a wake() may still be on its way. */
static inline void nic_disarm(struct nic *nic, unsigned queue)
{
	nic->operations->disarm(nic, queue);
}

/**
 * What happened since the last call, of enum nic_event; does what is due
 * besides. To be called after wake(NIC_WAKE_EVENTS) and, if queues are only
 * polled, now and then. No control call and no call of queue 0 runs meanwhile.
 */
static inline unsigned nic_events(struct nic *nic)
{
	return nic->operations->events(nic);
}

/** The state of the link as last heard. */
static inline void nic_link(struct nic *nic, struct nic_link *link)
{
	nic->operations->link(nic, link);
}

/**
 * Change the MAC address; the card is stopped.
 * @return 0 with information.mac read back, ERROR_NOT_SUPPORTED, ERROR_IO when
 *	the host refused, ERROR_TIMED_OUT, ERROR_NO_DEVICE
 */
static inline int nic_mac_set(struct nic *nic, const uint8_t mac[])
{
	return nic->operations->mac_set(nic, mac);
}

/**
 * Change the MTU, information.mtu_min to mtu_max; the card is stopped.
 * @return 0, ERROR_INVALID, or what bringing the card up again can return; then
 *	the card has failed and can only be closed
 */
static inline int nic_mtu_set(struct nic *nic, uint16_t mtu)
{
	return nic->operations->mtu_set(nic, mtu);
}

/**
 * Choose what is received, of enum nic_filter; in force at once on a started
 * card and otherwise from the next nic_start(). No call of queue 0 runs
 * meanwhile. A card without a group list receives all multicast instead.
 * @return 0, ERROR_IO, ERROR_TIMED_OUT, ERROR_NO_DEVICE
 */
static inline int nic_filter_set(struct nic *nic, unsigned filter,
				 const uint8_t groups[][ETHERNET_ADDRESS_BYTES],
				 unsigned group_count)
{
	return nic->operations->filter_set(nic, filter, groups, group_count);
}

/**
 * Choose which tagged frames are received: those whose VLAN identifier's bit is
 * set (word n / 32, bit n % 32). Before the first call, and with NULL: all.
 * When it is in force is as for nic_filter_set().
 * @return 0, ERROR_NOT_SUPPORTED, and as nic_filter_set()
 */
static inline int
nic_vlan_filter_set(struct nic *nic, const uint32_t identifiers[NIC_VLAN_WORDS])
{
	if (!nic->operations->vlan_filter_set)
		return ERROR_NOT_SUPPORTED;
	return nic->operations->vlan_filter_set(nic, identifiers);
}

/** Copy the counters out, summed over the queues. */
static inline void nic_statistics(struct nic *nic,
				  struct nic_statistics *statistics)
{
	nic->operations->statistics(nic, statistics);
}

#endif /* NET_NIC_H */
