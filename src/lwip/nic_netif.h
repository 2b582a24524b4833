/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A card as a network interface of lwIP: one glue from nic.h for every card.
 *
 *	nic_netif_create()	the receive buffers
 *	  (open the card with nic_netif_stack())
 *	nic_netif_attach()	the card's address and MTU; frames flow
 *	  netif_add(), netif_set_up(), ...: as for any interface, see below
 *	  nic_netif_poll()	in the loop of the thread that runs lwIP
 *	  nic_netif_arm()	before that loop sleeps
 *	nic_netif_detach()	the card may be closed, and another attached
 *	nic_netif_destroy()
 *
 * Nothing is copied: a frame is received into a buffer that was supplied to the
 * card and reaches lwIP as a custom pbuf around it, which goes back to the card
 * when lwIP frees it; a frame to be sent goes to the card as the pieces of its
 * pbuf, which is held until the card is done with it. Nothing is allocated.
 *
 * All of it runs where lwIP runs: in its thread, or with its lock held. lwIP
 * needs LWIP_SUPPORT_CUSTOM_PBUF. With LWIP_CHECKSUM_CTRL_PER_NETIF checksums
 * are left to a card that can compute them.
 */
#ifndef LWIP_NIC_NETIF_H
#define LWIP_NIC_NETIF_H

#include <lwip/netif.h>
#include <lwip/pbuf.h>

#include "net/nic.h"
#include "port/port.h"

/** Frames that wait for the end of a burst, and the pieces that each may have.
 */
#define NIC_NETIF_BURST	 16u
#define NIC_NETIF_PIECES 16u
/** Multicast groups that are told to the card; with more it gets all. */
#define NIC_NETIF_GROUPS 32u

struct nic_netif;

/** An empty buffer, the card's; or a pbuf around it, lwIP's. */
struct nic_netif_buffer {
	/** First: what lwIP frees is this. */
	struct pbuf_custom custom;
	struct nic_netif *owner;
	struct nic_netif_buffer *next;
	uint8_t *data;
};

struct nic_netif_group {
	uint8_t mac[ETHERNET_ADDRESS_BYTES];
	/** How often it was joined; an address stands for several groups. */
	unsigned users;
};

struct nic_netif_configuration {
	/**
	 * How many buffers, and their room: 0 for 1024 of 2048 bytes. A card
	 * may keep as many as its rings hold; there must be more than these.
	 */
	unsigned buffers;
	uint32_t buffer_bytes;
};

/** Frames that the glue itself dropped. */
struct nic_netif_counters {
	/** The card's queue was full and lwIP was told so (ERR_MEM). */
	uint64_t tx_full;
	/** In more pieces than NIC_NETIF_PIECES, or no card. */
	uint64_t tx_dropped;
	/** For a VLAN, or of no sense; and not taken by lwIP. */
	uint64_t rx_dropped, rx_refused;
};

struct nic_netif {
	/** The interface, the caller's to configure. */
	struct netif netif;
	struct port *port;
	/** NULL while none is attached. */
	struct nic *nic;
	/* Buffers. */
	struct nic_netif_configuration configuration;
	struct nic_netif_buffer *buffers, *free;
	uint8_t *memory;
	size_t memory_pages;
	unsigned free_count;
	/* The burst that is gathered, and the frames that the card has. */
	struct net_packet packets[NIC_NETIF_BURST];
	struct net_segment segments[NIC_NETIF_BURST * NIC_NETIF_PIECES];
	unsigned packet_count, segment_count;
	unsigned in_flight;
	/* Multicast. */
	struct nic_netif_group groups[NIC_NETIF_GROUPS];
	unsigned group_count, group_overflow;
	bool filter_changed;
	/** Set in interrupt context, taken by nic_netif_poll(). */
	volatile bool woken, events_woken;
	/** Milliseconds, as sys_now() says, when the card was asked last. */
	uint32_t events_asked;
	/** NIC_EVENT_REMOVED or NIC_EVENT_FAILED came: detach. */
	bool is_gone;
	struct nic_netif_counters counters;
};

/**
 * Allocate the receive buffers.
 * @param configuration copied; NULL for the defaults
 * @return 0, ERROR_NO_MEMORY, ERROR_INVALID (a buffer of more than 65535 bytes)
 */
int nic_netif_create(struct nic_netif *interface, struct port *port,
		     const struct nic_netif_configuration *configuration);

/** Free the buffers; all must be back, see nic_netif_outstanding(). */
void nic_netif_destroy(struct nic_netif *interface);

/** What the card is opened with; the interface outlives the card. */
struct nic_stack nic_netif_stack(struct nic_netif *interface);

/**
 * Given to netif_add() with the interface's own netif and the interface as its
 * state. A card need not be attached yet.
 */
err_t nic_netif_init(struct netif *netif);

/**
 * Put a card behind the interface: address, MTU, filter, link. It is open or
 * started; call nic_netif_init() (by netif_add()) first.
 * @return 0 or what nic_filter_set() and nic_start() return; then the card is
 *	not attached
 */
int nic_netif_attach(struct nic_netif *interface, struct nic *nic);

/**
 * Take the card away: it is stopped, what it still had to send is dropped, and
 * the link of the interface is down. Then the card can be closed.
 * @return owners that the card did not give back, which are leaked: 0
 */
unsigned nic_netif_detach(struct nic_netif *interface);

/** Change the MTU of card and interface; frames in flight are lost. */
int nic_netif_mtu_set(struct nic_netif *interface, uint16_t mtu);

/**
 * Do what is due: events (asked for once a second, also of a card that says
 * nothing), frames received (into netif->input), owners given back, frames
 * gathered since the last call sent.
 * @return frames received
 */
unsigned nic_netif_poll(struct nic_netif *interface);

/**
 * Ask to be woken for the next frame.
 * @return false: there is something to do already, poll again
 */
bool nic_netif_arm(struct nic_netif *interface);

/** Buffers that the card or lwIP has, and frames that the card has. */
unsigned nic_netif_outstanding(const struct nic_netif *interface);

/* ---- Parts of the glue, each in a file of its own ---- */

/** What can be left to the card is not computed by lwIP. */
void nic_netif_checksum_init(struct nic_netif *interface);
/** Ask the card for what lwIP left out of a frame. */
void nic_netif_checksum_ask(struct nic_netif *interface,
			    struct net_packet *packet,
			    const struct net_segment *segments);
/** Compute what NET_RX_CHECKSUM_PARTIAL says is missing. @return possible */
bool nic_netif_checksum_complete(const struct net_packet *packet,
				 const struct net_segment *segments);

/** lwIP's calls when a group is joined or left. */
void nic_netif_groups_init(struct nic_netif *interface);
/** Tell the card, if anything changed. @return as nic_filter_set() */
int nic_netif_groups_apply(struct nic_netif *interface);

#endif /* LWIP_NIC_NETIF_H */
