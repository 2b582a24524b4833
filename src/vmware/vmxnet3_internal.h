/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parts of the card share; nobody else includes this.
 *
 *	vmxnet3.c		life of the card: open, start, stop, close
 *	vmxnet3_command.c	registers, commands, what the device says it is
 *	vmxnet3_interrupt.c	messages or the line, asking to be woken
 *	vmxnet3_device.c	activate, quiesce, reset, recover
 *	vmxnet3_transmit.c	frames to the device
 *	vmxnet3_receive.c	buffers to the device, frames from it
 *	vmxnet3_control.c	link, filters, statistics
 *
 * A stopped card is one that the device has forgotten: it is quiesced and
 * reset, and has no buffers. Starting activates it anew, and so does recovering
 * from an error.
 *
 * Queues are used by threads of their own, and whoever finds out that the card
 * is lost must not touch another's queue. So a lost card is only marked; each
 * queue gives its owners back when it is asked for them. Recovery, which does
 * touch all queues, waits until none is in use (net/turn.h).
 */
#ifndef VMWARE_VMXNET3_INTERNAL_H
#define VMWARE_VMXNET3_INTERNAL_H

#include <stdatomic.h>

#include "net/turn.h"
#include "vmware/vmxnet3.h"
#include "vmware/vmxnet3_registers.h"
#include "vmware/vmxnet3_shared.h"

#define VMXNET3_REVISION_MAX 7u
#define VMXNET3_QUEUES_MAX   32u
/** Before revision 6. */
#define VMXNET3_QUEUES_OLD   8u
#define VMXNET3_RING_MAX     4096u
#define VMXNET3_BODY_MAX     2048u
#define VMXNET3_RING_UNIT    32u

#define VMXNET3_DATA_MIN  128u
#define VMXNET3_DATA_MAX  2048u
#define VMXNET3_DATA_UNIT 64u

/** Descriptors of a frame, and of one that is to be cut up. */
#define VMXNET3_PIECES	   16u
#define VMXNET3_PIECES_TSO 24u
/** The longest IP packet and its Ethernet header. */
#define VMXNET3_TSO_BYTES  (65535u + ETHERNET_HEADER_BYTES)
/** The shortest frame that is sent: shorter ones are filled up. */
#define VMXNET3_FRAME_MIN  60u

/** A posted buffer of 16384 bytes would say that it has none. */
#define VMXNET3_BUFFER_MAX  16383u
/** The least room that buffers of the stack have. */
#define VMXNET3_BUFFER_MIN  512u
/** Buffers that one received frame may take. */
#define VMXNET3_CHAIN	    64u
/** Buffers asked for at a time, and those of a frame that was dropped. */
#define VMXNET3_STOCK_BURST 16u
#define VMXNET3_STOCK	    (VMXNET3_CHAIN + VMXNET3_STOCK_BURST)
/** Buffers that a ring does not give away without another for them. */
#define VMXNET3_POSTED_MIN  4u

#define VMXNET3_MTU_MIN	    60u
#define VMXNET3_MTU_MAX	    9000u
#define VMXNET3_MTU_MAX_NEW 9190u

/** The groups that fit the page of the multicast table. */
#define VMXNET3_GROUPS (PORT_PAGE_SIZE / ETHERNET_ADDRESS_BYTES)

/** How long frames in flight are waited for, and a queue in use. */
#define VMXNET3_DRAIN_TIME    1000000000ull
#define VMXNET3_PAUSE_TIME    1000000ull
/** More recoveries than this in so much time, and the card has failed. */
#define VMXNET3_RECOVERIES    5u
#define VMXNET3_RECOVERY_TIME 1000000000ull

/** Memory that the device knows the address of. */
struct vmxnet3_memory {
	void *memory;
	size_t pages;
	uint64_t physical;
};

/** A buffer of the stack, and the run of it that is one for the device. */
struct vmxnet3_buffer {
	struct net_segment segment;
	uint8_t *run;
	uint32_t run_bytes;
};

/** A ring of completions. */
struct vmxnet3_completions {
	struct vmxnet3_memory memory;
	uint32_t size;
	uint32_t next;
	/** What the generation of the next one will be. */
	bool generation;
};

/** What hangs on a transmit descriptor. */
struct vmxnet3_piece {
	/** Given to the device with this descriptor: begin of a segment. */
	const void *data;
	uint32_t bytes;
	/** On the last descriptor of a frame: the frame. */
	bool is_end;
	bool has_owner;
	bool is_copied, is_segmented;
	uint32_t frame_bytes;
	void *owner;
};

/** A run of bytes for a descriptor. */
struct vmxnet3_chunk {
	uint64_t physical;
	uint32_t bytes;
	/** The segment that begins here, or NULL. */
	const void *data;
	uint32_t data_bytes;
};

struct vmxnet3_transmit {
	struct vmxnet3_memory ring, data;
	struct vmxnet3_completions completions;
	struct vmxnet3_transmit_queue *shared;
	struct vmxnet3_piece *pieces;
	uint32_t size;
	/** The next descriptor to fill, and the first in flight. */
	uint32_t next, first;
	uint32_t used;
	bool generation;
	/** Frames (segments) that no doorbell told of. */
	uint32_t deferred;
	/** A frame was not taken; since, descriptors came free. */
	bool room_wanted, room_free;
	/** Owners to be reclaimed: a circle of size; owners in flight. */
	void **done;
	uint32_t done_first, done_count;
	uint32_t owners;
	struct vmxnet3_chunk chunks[VMXNET3_PIECES_TSO];
};

/** A ring of posted buffers. */
struct vmxnet3_ring {
	struct vmxnet3_memory memory;
	struct vmxnet3_buffer *buffers;
	uint32_t size;
	/** The next descriptor to fill, and the next that should come back. */
	uint32_t fill, next;
	uint32_t posted;
	bool generation;
	/** Buffers were posted that the device was not told of. */
	bool told_stale;
	/** In word 2 of each descriptor. */
	uint32_t kind;
};

/** Why a frame is not delivered. */
enum vmxnet3_fault {
	VMXNET3_FAULT_NONE,
	VMXNET3_FAULT_MALFORMED,
	VMXNET3_FAULT_NO_BUFFER,
	VMXNET3_FAULT_LENGTH,
	VMXNET3_FAULT_ERROR,
};

/** A frame that is being put together. */
struct vmxnet3_chain {
	bool open;
	/** The last piece is there, and it is one to deliver. */
	bool ready;
	enum vmxnet3_fault fault;
	struct vmxnet3_buffer buffers[VMXNET3_CHAIN];
	uint32_t lengths[VMXNET3_CHAIN];
	uint32_t count;
	uint32_t bytes;
	/** From the first completion: segments, bytes of a segment. */
	bool is_large;
	uint16_t segment_bytes;
	/** All but the pieces: as the stack gets it. */
	struct net_packet packet;
};

struct vmxnet3_receive {
	struct vmxnet3_ring rings[VMXNET3_RINGS];
	struct vmxnet3_memory data;
	struct vmxnet3_completions completions;
	struct vmxnet3_receive_queue *shared;
	struct net_segment stock[VMXNET3_STOCK];
	uint32_t stock_count;
	struct vmxnet3_chain chain;
};

/** An interrupt of the device. */
struct vmxnet3_vector {
	struct vmxnet3 *card;
	unsigned index;
	uint8_t vector;
	bool attached;
	/** As far as is known; touched by the interrupt handler. */
	atomic_bool unmasked;
};

/** A pair of queues. */
struct vmxnet3_queue {
	struct vmxnet3 *card;
	unsigned index;
	unsigned vector;
	struct vmxnet3_transmit transmit;
	struct vmxnet3_receive receive;
	struct nic_statistics statistics;
	struct net_turn turn;
	/** Touched by the interrupt handler. */
	atomic_bool armed;
};

enum vmxnet3_state {
	VMXNET3_ALIVE,
	VMXNET3_REMOVED,
	VMXNET3_FAILED,
};

struct vmxnet3 {
	struct nic nic;
	struct port *port;
	struct nic_stack stack;
	struct vmxnet3_configuration configuration;
	struct pci_device pci;
	void *device, *doorbells;
	size_t doorbells_bytes;
	uint32_t transmit_producer;
	uint32_t producers[VMXNET3_RINGS];
	unsigned revision;
	/** Of the slots of both data rings; 0: no receive data ring. */
	uint32_t transmit_data_bytes, receive_data_bytes;

	/** Makes a command and its result one access. */
	struct port_lock command_lock;
	struct vmxnet3_memory shared_memory, table, groups, rss;
	struct vmxnet3_driver_shared *shared;
	struct vmxnet3_queue *queues;
	unsigned queue_count;

	/** With one vector, everything shares it. */
	struct vmxnet3_vector vectors[VMXNET3_QUEUES_MAX + 1];
	unsigned vector_count;
	bool auto_mask;
	bool uses_line;
	_Atomic uint64_t interrupts;
	/** The stack was told to call for events. */
	atomic_bool events_told;
	/** The handler of the line found the device gone. */
	atomic_bool vanished;

	/** There are queues, and a stack to be woken. */
	atomic_bool ready;
	atomic_uint state;
	/** The device listens to its doorbells. */
	atomic_bool active;
	struct net_turns turns;
	bool started;
	/** Of enum nic_event. */
	atomic_uint events;
	bool recovery_due;
	uint64_t recovery_time;
	unsigned recoveries;

	struct nic_link link;
	unsigned filter;
	unsigned group_count;
	bool filters_vlans;
	uint32_t vlans[NIC_VLAN_WORDS];
};

static inline struct vmxnet3 *vmxnet3_of(struct nic *nic)
{
	return (struct vmxnet3 *)((char *)nic - offsetof(struct vmxnet3, nic));
}

/* ---- vmxnet3.c ---- */

/** Memory for the device, zeroed; more than a page is contiguous. */
int vmxnet3_memory_make(struct vmxnet3 *card, struct vmxnet3_memory *memory,
			size_t bytes, const char *what);
void vmxnet3_memory_free(struct vmxnet3 *card, struct vmxnet3_memory *memory);

/* ---- vmxnet3_command.c ---- */

uint32_t vmxnet3_read(struct vmxnet3 *card, enum vmxnet3_device_register at);
void vmxnet3_write(struct vmxnet3 *card, enum vmxnet3_device_register at,
		   uint32_t value);
/** Write a doorbell or a mask; nothing on a card that is not active. */
void vmxnet3_ring(struct vmxnet3 *card, uint32_t doorbell, unsigned index,
		  uint32_t value);
/** A command and its result. VMXNET3_GONE: the card was taken away. */
uint32_t vmxnet3_command(struct vmxnet3 *card, enum vmxnet3_command command);
/** A command that has no result. */
void vmxnet3_tell(struct vmxnet3 *card, enum vmxnet3_command command);

/** Choose a revision, and make the device what it is after power on. */
int vmxnet3_negotiate(struct vmxnet3 *card);
/** Ask for what depends on the revision: sizes, queues. */
void vmxnet3_capabilities(struct vmxnet3 *card);
/** Have no more queues than that, and a number that the revision allows. */
void vmxnet3_queues_limit(struct vmxnet3 *card, unsigned most);

static inline bool vmxnet3_alive(const struct vmxnet3 *card)
{
	return atomic_load(&card->state) == VMXNET3_ALIVE;
}
/** What a control call returns on a card that is not alive. */
static inline int vmxnet3_death(const struct vmxnet3 *card)
{
	return atomic_load(&card->state) == VMXNET3_REMOVED ? ERROR_NO_DEVICE
							    : ERROR_PROTOCOL;
}
/** The card is of no use any more, as an event of enum nic_event says. */
void vmxnet3_die(struct vmxnet3 *card, enum nic_event event);
/** Look whether the device is still there. */
bool vmxnet3_look(struct vmxnet3 *card);

/* ---- vmxnet3_interrupt.c ---- */

/**
 * Attach the interrupts: messages if there are, else the line. May lower the
 * number of queues to that of the messages.
 */
int vmxnet3_interrupts_open(struct vmxnet3 *card);
void vmxnet3_interrupts_close(struct vmxnet3 *card);
/** The vector of events. */
static inline unsigned vmxnet3_event_vector(const struct vmxnet3 *card)
{
	return card->vector_count - 1;
}
void vmxnet3_mask_all(struct vmxnet3 *card);
void vmxnet3_unmask(struct vmxnet3 *card, unsigned vector);
/** Wake whoever waits for a queue. */
void vmxnet3_wake(struct vmxnet3_queue *queue);
/** Have the stack call for events. */
void vmxnet3_wake_events(struct vmxnet3 *card);
bool vmxnet3_arm(struct nic *nic, unsigned index);
void vmxnet3_disarm(struct nic *nic, unsigned index);

/* ---- vmxnet3_device.c ---- */

/** Find out whether the device would have it so, and leave it reset. */
int vmxnet3_try(struct vmxnet3 *card);
/** Buffers posted, device active, filters as they were set. */
int vmxnet3_up(struct vmxnet3 *card);
/**
 * Device quiesced and reset; frames in flight are lost and counted, and buffers
 * released.
 */
void vmxnet3_down(struct vmxnet3 *card);
/** The device forgets the guest's memory. */
void vmxnet3_silence(struct vmxnet3 *card);
/** Down, and up again. */
void vmxnet3_recover(struct vmxnet3 *card);

/* ---- vmxnet3_transmit.c ---- */

int vmxnet3_transmit_make(struct vmxnet3_queue *queue);
void vmxnet3_transmit_free(struct vmxnet3_queue *queue);
/** Empty ring, as a device after its reset expects it. */
void vmxnet3_transmit_reset(struct vmxnet3_queue *queue);
/** What the table of queues says of it. */
void vmxnet3_transmit_describe(struct vmxnet3_queue *queue);
/** Take what is completed. */
void vmxnet3_transmit_poll(struct vmxnet3_queue *queue);
/** Tell the device of frames that it was not told of. */
void vmxnet3_transmit_kick(struct vmxnet3_queue *queue);
/** Frames in flight are lost: owners come back, counted. */
void vmxnet3_transmit_abandon(struct vmxnet3_queue *queue);
bool vmxnet3_transmit_has_work(struct vmxnet3_queue *queue);
unsigned vmxnet3_transmit(struct nic *nic, unsigned index,
			  struct net_packet packets[], unsigned n,
			  const struct net_segment segments[]);
unsigned vmxnet3_reclaim(struct nic *nic, unsigned index, void *owners[],
			 unsigned n);

/* ---- vmxnet3_receive.c ---- */

int vmxnet3_receive_make(struct vmxnet3_queue *queue);
void vmxnet3_receive_free(struct vmxnet3_queue *queue);
void vmxnet3_receive_reset(struct vmxnet3_queue *queue);
void vmxnet3_receive_describe(struct vmxnet3_queue *queue);
/** Post what buffers the stack gives; ERROR_NO_MEMORY when it gave none. */
int vmxnet3_receive_fill(struct vmxnet3_queue *queue);
/** Post more, now that the stack may have some, and tell if it is asked for. */
void vmxnet3_receive_refill(struct vmxnet3_queue *queue);
/** Tell the device how far the rings are filled. */
void vmxnet3_receive_tell(struct vmxnet3_queue *queue);
/** Drop what was received, and give all buffers back. */
void vmxnet3_receive_release(struct vmxnet3_queue *queue);
bool vmxnet3_receive_has_work(struct vmxnet3_queue *queue);
unsigned vmxnet3_receive(struct nic *nic, unsigned index,
			 struct net_packet packets[], unsigned n,
			 struct net_segment segments[], unsigned m);

/* ---- vmxnet3_control.c ---- */

/** Start with what was last set, without telling the device. */
void vmxnet3_filters_describe(struct vmxnet3 *card);
/** Tell the device of all filters. */
void vmxnet3_filters_apply(struct vmxnet3 *card);
/** Receive side scaling and coalescing, for an active device. */
void vmxnet3_tuning_apply(struct vmxnet3 *card);
void vmxnet3_rss_describe(struct vmxnet3 *card);
/** The address to use. @return 0, or ERROR_PROTOCOL: the device has none */
int vmxnet3_mac_choose(struct vmxnet3 *card, uint8_t mac[]);
void vmxnet3_mac_write(struct vmxnet3 *card);
void vmxnet3_link_update(struct vmxnet3 *card);
unsigned vmxnet3_events(struct nic *nic);
void vmxnet3_link(struct nic *nic, struct nic_link *link);
int vmxnet3_mac_set(struct nic *nic, const uint8_t mac[]);
int vmxnet3_mtu_set(struct nic *nic, uint16_t mtu);
int vmxnet3_filter_set(struct nic *nic, unsigned filter,
		       const uint8_t groups[][ETHERNET_ADDRESS_BYTES],
		       unsigned group_count);
int vmxnet3_vlan_filter_set(struct nic *nic,
			    const uint32_t identifiers[NIC_VLAN_WORDS]);
void vmxnet3_statistics(struct nic *nic, struct nic_statistics *statistics);

#endif /* VMWARE_VMXNET3_INTERNAL_H */
