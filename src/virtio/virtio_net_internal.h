/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parts of the card share; nobody else includes this.
 *
 *	virtio_net.c		life of the card: open, start, stop, close
 *	virtio_net_device.c	features, up, down, recover
 *	virtio_net_interrupt.c	the line, asking to be woken
 *	virtio_net_transmit.c	frames to the device
 *	virtio_net_receive.c	buffers to the device, frames from it
 *	virtio_net_control.c	commands, filters, link, statistics
 *
 * Queues are used by threads of their own, and whoever finds out that the
 * device lost its way must not touch another's queue. So the card is only
 * marked as broken; nic_events() recovers it, which touches all queues, when
 * none is in use (net/turn.h).
 */
#ifndef VIRTIO_VIRTIO_NET_INTERNAL_H
#define VIRTIO_VIRTIO_NET_INTERNAL_H

#include <stdatomic.h>

#include "net/turn.h"
#include "virtio/virtio_mmio.h"
#include "virtio/virtio_net.h"
#include "virtio/virtio_net_wire.h"
#include "virtio/virtio_wire.h"
#include "virtio/virtqueue.h"

#define VIRTIO_NET_QUEUES_MAX	16u
#define VIRTIO_NET_QUEUE_MIN	2u
/** Entries of the control queue: a command is a chain of up to three. */
#define VIRTIO_NET_CONTROL_SIZE 16u

/** Pieces of a frame to send, its header among them. */
#define VIRTIO_NET_PIECES      32u
/** Tables for indirect chains of a transmit queue, at most. */
#define VIRTIO_NET_TABLES      64u
/** The longest IP packet and its Ethernet header. */
#define VIRTIO_NET_TSO_BYTES   (65535u + ETHERNET_HEADER_BYTES)
/** Bytes of a header, and between one and the next. */
#define VIRTIO_NET_HEADER      ((uint32_t)sizeof(struct virtio_net_header))
#define VIRTIO_NET_HEADER_STEP 16u

/** The least room that buffers of the stack have. */
#define VIRTIO_NET_BUFFER_MIN  512u
/** Buffers of a received frame, and of what is posted at once. */
#define VIRTIO_NET_CHAIN       64u
#define VIRTIO_NET_POST_PIECES 128u
/** Buffers asked for at a time; those, and of frames that were dropped. */
#define VIRTIO_NET_STOCK_BURST 16u
#define VIRTIO_NET_STOCK       (3 * VIRTIO_NET_CHAIN + VIRTIO_NET_STOCK_BURST)
/** What a queue does not give away without another for it. */
#define VIRTIO_NET_POSTED_MIN  4u
#define VIRTIO_NET_POSTED_ROOM 65562u

/** The groups that a device is told of; more, and it is told of all. */
#define VIRTIO_NET_GROUPS 64u

#define VIRTIO_NET_MTU_MAX     65521u
#define VIRTIO_NET_MTU_DEFAULT 1500u

/** How long frames in flight are waited for, and a command. */
#define VIRTIO_NET_DRAIN_TIME	 1000000000ull
#define VIRTIO_NET_COMMAND_TIME	 1000000000ull
#define VIRTIO_NET_PAUSE_TIME	 1000000ull
/** More recoveries than this in so much time, and the card has failed. */
#define VIRTIO_NET_RECOVERIES	 5u
#define VIRTIO_NET_RECOVERY_TIME 1000000000ull

#define VIRTIO_NET_NONE UINT16_MAX

/** A piece of a frame in flight, as it was given to the device. */
struct virtio_net_given {
	const void *data;
	uint32_t bytes;
	/** The next of the frame, or of those not in use. */
	uint16_t next;
};

/** A frame in flight; its number is the chain's token. */
struct virtio_net_frame {
	void *owner;
	uint32_t bytes;
	uint16_t first_given;
	bool is_segmented;
	bool in_flight;
	uint16_t next_free;
};

struct virtio_net_transmit {
	struct virtqueue virtqueue;
	unsigned index;
	/** A header for each frame: pages, and none crosses one. */
	uint8_t *headers;
	size_t header_pages;
	struct virtio_net_frame *frames;
	uint16_t first_frame;
	struct virtio_net_given *given;
	uint16_t first_given;
	uint32_t given_free;
	/** A frame was not taken; since, an owner was reclaimed. */
	bool room_wanted, room_free;
	/** Owners to be reclaimed: a circle of size; frames in flight. */
	void **done;
	uint32_t done_first, done_count;
	uint32_t in_flight;
	uint32_t size;
	struct virtqueue_piece pieces[VIRTIO_NET_PIECES];
};

/** Why a frame is not delivered. */
enum virtio_net_fault {
	VIRTIO_NET_FAULT_NONE,
	VIRTIO_NET_FAULT_MALFORMED,
	VIRTIO_NET_FAULT_NO_BUFFER,
	VIRTIO_NET_FAULT_LENGTH,
};

/** A frame that is being put together. */
struct virtio_net_assembly {
	/** Chains of the device that are still to come; 0: none is open. */
	uint32_t left;
	/** It is whole, and one to deliver. */
	bool ready;
	enum virtio_net_fault fault;
	struct virtio_net_header header;
	struct net_segment segments[VIRTIO_NET_CHAIN];
	uint32_t count;
	uint32_t bytes;
	struct net_packet packet;
};

struct virtio_net_receive {
	struct virtqueue virtqueue;
	unsigned index;
	/** Buffers that are posted together: several without mergeable ones. */
	uint32_t together;
	/** Places for that many, by token: how many, and their buffers. */
	uint32_t places;
	struct net_segment *buffers;
	uint16_t *next_free;
	uint16_t first_free;
	/** Room that the device has, and the most that it had since start. */
	uint64_t room, room_most;
	struct net_segment stock[VIRTIO_NET_STOCK];
	uint32_t stock_count;
	struct virtio_net_assembly assembly;
	struct virtqueue_piece pieces[VIRTIO_NET_POST_PIECES];
};

/** A pair of queues. */
struct virtio_net_queue {
	struct virtio_net *card;
	unsigned index;
	struct virtio_net_transmit transmit;
	struct virtio_net_receive receive;
	struct nic_statistics statistics;
	/** The device was asked for interrupts. */
	bool asked;
	struct net_turn turn;
	/** Touched by the interrupt handler. */
	atomic_bool armed;
};

/** The queue of commands; one at a time. */
struct virtio_net_control {
	struct virtqueue virtqueue;
	unsigned index;
	/** The page that commands and answers are written in. */
	uint8_t *page;
	/** A command was not answered in time: the page is the device's. */
	bool late;
};

enum virtio_net_state {
	VIRTIO_NET_ALIVE,
	VIRTIO_NET_REMOVED,
	VIRTIO_NET_FAILED,
};

/** What the device's configuration says, as far as its fields exist. */
struct virtio_net_config_read {
	uint64_t features;
	uint8_t mac[ETHERNET_ADDRESS_BYTES];
	uint16_t status, queue_pairs, mtu;
	uint32_t speed;
};

struct virtio_net {
	struct nic nic;
	struct port *port;
	struct nic_stack stack;
	struct virtio_net_configuration configuration;
	struct virtio_mmio mmio;
	unsigned line;
	bool line_attached;
	bool reset_once;
	/** Features as first negotiated: the same each time. */
	uint64_t features;
	bool negotiated;
	/** Queues were shown to the device, and it was not reset since. */
	bool shown;
	/** And it would not be reset: it may write into memory. */
	bool unstoppable;
	/** Bytes of buffers that each receive queue starts with, at least. */
	uint32_t receive_least;
	struct virtio_net_queue *queues;
	unsigned queue_count;
	struct virtio_net_control control;
	_Atomic uint64_t interrupts;
	/** The stack was told to call for events. */
	atomic_bool events_told;
	/** The handler of the line found so. */
	atomic_bool vanished, config_changed;
	/** There are queues, and a stack to be woken. */
	atomic_bool ready;
	atomic_uint state;
	/** The device works on its queues. */
	atomic_bool live;
	/** The device lost its way: nothing is taken from it. */
	atomic_bool broken;
	struct net_turns turns;
	bool started;
	/** Of enum nic_event. */
	atomic_uint events;
	bool recovery_due;
	uint64_t recovery_time;
	unsigned recoveries;
	struct nic_link link;
	bool mac_chosen;
	unsigned filter;
	uint8_t groups[VIRTIO_NET_GROUPS][ETHERNET_ADDRESS_BYTES];
	unsigned group_count;
	uint32_t vlans[NIC_VLAN_WORDS];
	/** Those that the device was told of. */
	uint32_t vlans_told[NIC_VLAN_WORDS];
	struct virtio_net *next_kept;
};

static inline struct virtio_net *virtio_net_of(struct nic *nic)
{
	return (struct virtio_net *)((char *)nic -
				     offsetof(struct virtio_net, nic));
}

static inline bool virtio_net_alive(const struct virtio_net *card)
{
	return atomic_load(&card->state) == VIRTIO_NET_ALIVE;
}

/** Whether queues give and take. */
static inline bool virtio_net_flows(const struct virtio_net *card)
{
	return card->started && virtio_net_alive(card) &&
	       !atomic_load(&card->broken);
}

static inline bool virtio_net_has(const struct virtio_net *card,
				  uint64_t feature)
{
	return (card->features & feature) == feature;
}

/** What a control call returns on a card that is not alive. */
/** Bytes of buffers that a frame of an MTU takes, its header among them. */
static inline uint32_t virtio_net_frame_room(uint32_t mtu)
{
	return VIRTIO_NET_HEADER + ETHERNET_HEADER_BYTES + ETHERNET_VLAN_BYTES +
	       mtu;
}

static inline int virtio_net_death(const struct virtio_net *card)
{
	return atomic_load(&card->state) == VIRTIO_NET_REMOVED ? ERROR_NO_DEVICE
							       : ERROR_PROTOCOL;
}

/* ---- virtio_net.c ---- */

/** Give a card's memory back; what the device may still have, too. */
void virtio_net_free(struct virtio_net *card);

/* ---- virtio_net_device.c ---- */

/** Reset the device and agree on features. */
int virtio_net_negotiate(struct virtio_net *card);
/** Read the configuration. */
int virtio_net_config_read(struct virtio_net *card,
			   struct virtio_net_config_read *config);
/** Find out whether the device is still there. @return alive */
bool virtio_net_look(struct virtio_net *card);
/** Mark the card as removed or failed. */
void virtio_net_die(struct virtio_net *card, enum nic_event event);
/** The device lost its way; have the stack call for events. */
void virtio_net_break(struct virtio_net *card);
/** Device ready for commands, without buffers. */
int virtio_net_try(struct virtio_net *card);
/** Queues known to the device, buffers posted, device ready, filters set. */
int virtio_net_up(struct virtio_net *card);
/**
 * Device reset; frames in flight are lost and counted, and buffers released,
 * unless the device would not be reset.
 */
void virtio_net_down(struct virtio_net *card);
/** Down, and up again. */
void virtio_net_recover(struct virtio_net *card);

/* ---- virtio_net_interrupt.c ---- */

int virtio_net_line_open(struct virtio_net *card);
void virtio_net_line_close(struct virtio_net *card);
/** Wake whoever waits for a queue. */
void virtio_net_wake(struct virtio_net_queue *queue);
/** Have the stack call for events. */
void virtio_net_wake_events(struct virtio_net *card);
/** A queue is polled: ask for no interrupts meanwhile. */
void virtio_net_polled(struct virtio_net_queue *queue);
bool virtio_net_arm(struct nic *nic, unsigned index);
void virtio_net_disarm(struct nic *nic, unsigned index);

/* ---- virtio_net_transmit.c ---- */

int virtio_net_transmit_make(struct virtio_net_queue *queue, uint32_t size);
void virtio_net_transmit_free(struct virtio_net_queue *queue);
/** Take what is used. */
void virtio_net_transmit_poll(struct virtio_net_queue *queue);
/** Frames in flight are lost: owners come back, counted. */
void virtio_net_transmit_abandon(struct virtio_net_queue *queue);
bool virtio_net_transmit_has_work(struct virtio_net_queue *queue);
unsigned virtio_net_transmit(struct nic *nic, unsigned index,
			     struct net_packet packets[], unsigned n,
			     const struct net_segment segments[]);
unsigned virtio_net_reclaim(struct nic *nic, unsigned index, void *owners[],
			    unsigned n);

/* ---- virtio_net_receive.c ---- */

/** @param together how many buffers of the stack are posted as one */
int virtio_net_receive_make(struct virtio_net_queue *queue, uint32_t size,
			    uint32_t together);
void virtio_net_receive_free(struct virtio_net_queue *queue);
/** Post what buffers the stack gives; ERROR_NO_MEMORY when it gave none. */
int virtio_net_receive_fill(struct virtio_net_queue *queue);
/** Post more, now that the stack may have some, and tell if it is asked for. */
void virtio_net_receive_refill(struct virtio_net_queue *queue);
/** Drop what came and was not received; its buffers are posted again. */
void virtio_net_receive_skip(struct virtio_net_queue *queue);
/** Give all buffers back. */
void virtio_net_receive_release(struct virtio_net_queue *queue);
bool virtio_net_receive_has_work(struct virtio_net_queue *queue);
unsigned virtio_net_receive(struct nic *nic, unsigned index,
			    struct net_packet packets[], unsigned n,
			    struct net_segment segments[], unsigned m);

/* ---- virtio_net_control.c ---- */

int virtio_net_control_make(struct virtio_net *card);
void virtio_net_control_free(struct virtio_net *card);
/** Tell a device that was just made ready all that was set before. */
int virtio_net_control_apply(struct virtio_net *card);
/** Read link and announcement anew. */
void virtio_net_config_look(struct virtio_net *card);
unsigned virtio_net_events(struct nic *nic);
void virtio_net_link(struct nic *nic, struct nic_link *link);
int virtio_net_mac_set(struct nic *nic, const uint8_t mac[]);
int virtio_net_mtu_set(struct nic *nic, uint16_t mtu);
int virtio_net_filter_set(struct nic *nic, unsigned filter,
			  const uint8_t groups[][ETHERNET_ADDRESS_BYTES],
			  unsigned group_count);
int virtio_net_vlan_filter_set(struct nic *nic,
			       const uint32_t identifiers[NIC_VLAN_WORDS]);
void virtio_net_statistics(struct nic *nic, struct nic_statistics *statistics);

#endif /* VIRTIO_VIRTIO_NET_INTERNAL_H */
