/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtio network card inside: what its files share.
 *
 *	virtio.c		life, interrupts, what the world does
 *	virtio_mmio.c		registers of the transport
 *	virtio_status.c		device status, features, reset
 *	virtqueue.c		queues: set up, kicked, published, told
 *	virtqueue_split.c	descriptor table, available and used ring
 *	virtqueue_packed.c	the descriptor ring
 *	virtio_net.c		configuration space, the control queue
 *	virtio_transmit.c	packets of the guest out of its buffers
 *	virtio_offload.c	checksums and segments on their way out
 *	virtio_filter.c		which frames the guest wants, and on which queue
 *	virtio_receive.c	frames into the guest's buffers
 *	virtio_merge.c		frames made large, checksums made partial
 *	scripted.c		a card that somebody else speaks for
 *
 * The three manners. A rule that is broken is named in all of them:
 *
 *				firecracker	microvm		strict
 *	status, wrong step	ignored		taken		taken
 *	FAILED			for good	until reset	until reset
 *	reset when active	FAILED for good	reset		reset
 *	features, wrong		bits dropped	bits dropped	FEATURES_OK off
 *	features, withdrawn	stay		gone		gone
 *	queue registers		FEATURES_OK and	taken		taken
 *				not DRIVER_OK,
 *				else ignored
 *	DRIVER_OK, queue off	NEEDS_RESET	goes on		goes on
 *	kick before DRIVER_OK	lost		seen		lost
 *	head beyond the queue	queue hangs	NEEDS_RESET	NEEDS_RESET
 *	index jumps		VMM aborts	NEEDS_RESET	NEEDS_RESET
 *	chain is bad		used, length 0	NEEDS_RESET	NEEDS_RESET
 *	used index		once a batch	each packet	each packet
 *	interrupt		edge		level		level
 *	avail flags		not read	read		read
 *	link change		(none)		cause 3		cause 2
 *	posted less than 64 KiB	nothing is	received	received
 *				received
 */
#ifndef MOCKS_VIRTIO_VIRTIO_INTERNAL_H
#define MOCKS_VIRTIO_VIRTIO_INTERNAL_H

#include "mocks/machine/trace.h"
#include "mocks/virtio/scripted.h"
#include "mocks/virtio/virtio.h"
#include "mocks/virtio/virtio_wire.h"
#include "mocks/wire/frame.h"

#define VIRTIO_PAIRS_MAX    16u
#define VIRTIO_QUEUES_MAX   (2u * VIRTIO_PAIRS_MAX + 1)
#define VIRTIO_QUEUE_MAX    32768u
#define VIRTIO_PACKET_MAX   65562u
#define VIRTIO_BUFFER_LEAST 1526u
/** Firecracker holds no more pieces of buffers than that at once. */
#define VIRTIO_PIECES_MAX   256u
#define VIRTIO_IDS	    65536u
#define VIRTIO_VLANS	    4096u
#define VIRTIO_GROUPS_MAX   64u
#define VIRTIO_FLOWS	    256u
#define VIRTIO_SEGMENTS_MAX 40u

struct virtio_queue;

struct virtio_element {
	uint64_t address;
	uint32_t length;
};

/** A buffer that the driver made available. */
struct virtio_chain {
	struct virtio_chain *next;
	/** The head, or the buffer's id; descriptors of a packed ring. */
	uint16_t id, slots;
	/** Elements the device reads, then those that it writes. */
	uint32_t read_count, write_count, capacity;
	uint64_t read_bytes, write_bytes;
	/** NULL, or what is wrong with it. */
	const char *fault;
	struct virtio_element *elements;
};

/** A buffer that was used and is not told yet. */
struct virtio_used {
	uint16_t id, slots;
	uint32_t length;
};

/** A frame that waits for the guest. */
struct virtio_waiting {
	struct virtio_waiting *next;
	uint32_t length;
	uint8_t data[];
};

struct virtio_queue {
	struct host_virtio *card;
	unsigned index;

	/* What the driver wrote. */
	uint32_t size;
	bool ready;
	uint64_t descriptors, driver_area, device_area;

	/* While it is live: the device reaches its memory. */
	bool live, wedged;
	/** Ring indices of a split queue; places in the ring of a packed one.
	 */
	uint16_t available, used, signalled;
	bool available_wrap, used_wrap;
	/** Since the last kick: what stood where the driver looks. */
	bool kicked, allowed;
	uint16_t kick_index, event_distance;
	/** Ids the driver gave and has not got back. */
	uint8_t *in_flight;
	uint32_t in_flight_count;
	struct virtio_used *pending;
	uint32_t pending_count, pending_capacity;
	/** Chains that are taken, in order, and not used yet. */
	struct virtio_chain *first, *last;
	uint64_t posted_bytes;
	uint32_t posted_elements;
	/** Packets that went into buffers that are not told yet. */
	unsigned untold;

	struct machine_work work;
	/** What is put off: a stalled queue goes on. */
	struct machine_event later;
	/* Receive queues. */
	struct virtio_waiting *waiting_first, *waiting_last;
	uint32_t waiting;
};

/** Where the driver is, to tell what it may do. */
struct virtio_course {
	bool read_magic, read_version, read_device;
	bool wrote_device_features_sel, wrote_driver_features_sel;
	/** FEATURES_OK was written, and status is not read since. */
	bool features_unread;
	/** Status 0 was written, and 0 is not read since. */
	bool reset_unread;
	/** Causes that the driver read. */
	uint32_t causes_seen;
};

struct host_virtio {
	struct machine *machine;
	struct machine_region region;
	struct machine_line_source line;
	struct wire *wire;
	struct host_virtio_configuration configuration;
	const struct virtio_personality *personality;
	/** Who speaks for it, if somebody does, and whom it plays then. */
	struct host_virtio_speaker speaker;
	struct virtio_personality played;
	struct host_virtio_lies lies;
	struct host_virtio_counters counters;

	bool removed, aborted, active;
	uint32_t status, causes, generation;
	uint32_t device_features_sel, driver_features_sel, queue_sel;
	uint64_t offered, accepted, written;
	struct virtio_course course;
	struct machine_event reset_done;
	bool resetting;
	struct virtio_queue queues[VIRTIO_QUEUES_MAX];
	unsigned queue_count, pairs_max, pairs;

	/* The network card. */
	uint8_t mac[6];
	bool link_up, announce;
	uint32_t speed_mbps;
	uint64_t guest_offloads;
	bool promiscuous, all_multicast, all_unicast, no_multicast, no_unicast,
		no_broadcast;
	/** Filter table: addresses of one host, then of groups. */
	uint8_t table[2 * VIRTIO_GROUPS_MAX][6];
	uint32_t unicasts, multicasts;
	bool table_unicast_all, table_multicast_all;
	uint8_t vlans[VIRTIO_VLANS / 8];
	/** The queue that a flow was last sent on, plus 1. */
	uint8_t flows[VIRTIO_FLOWS];

	/** A packet with its header, and a segment of it. */
	uint8_t *packet, *segment;
};

/* ---- virtio.c ---- */

/**
 * The driver broke a rule.
 * @param section of virtio 1.2, or the real device's name for its own rules
 */
#define host_virtio_break(card, section, ...)                                  \
	machine_violation((card)->machine, section, __VA_ARGS__)
/** Whether a fault fires now. */
bool host_virtio_lies(struct host_virtio *card, enum host_virtio_fault fault);
bool host_virtio_negotiated(const struct host_virtio *card, unsigned bit);
static inline bool host_virtio_is(const struct host_virtio *card,
				  enum virtio_manner manner)
{
	return card->personality->manner == manner;
}
/** An interrupt for a cause, INTERRUPT_USED or INTERRUPT_CONFIG. */
void host_virtio_interrupt(struct host_virtio *card, uint32_t cause);
void host_virtio_acknowledge(struct host_virtio *card, uint32_t causes);
/** Something in configuration space changed. */
void host_virtio_config_changed(struct host_virtio *card);
/**
 * The device met an error of the driver that it does not get over: it stops
 * until it is reset (2.1.2).
 */
void host_virtio_stop(struct host_virtio *card);

/* ---- virtio_mmio.c ---- */

uint64_t host_virtio_register_read(void *context, uint64_t offset,
				   unsigned width);
void host_virtio_register_write(void *context, uint64_t offset, uint64_t value,
				unsigned width);

/* ---- virtio_status.c ---- */

uint32_t host_virtio_status_read(struct host_virtio *card);
void host_virtio_status_write(struct host_virtio *card, uint32_t value);
uint32_t host_virtio_features_read(struct host_virtio *card);
void host_virtio_features_write(struct host_virtio *card, uint32_t value);
/** All as after power on, but the world's side. */
void host_virtio_reset(struct host_virtio *card);

/* ---- virtqueue.c ---- */

void host_virtqueue_create(struct host_virtio *card, unsigned index);
/** The device begins to use the queue. @return NULL, or what is wrong */
const char *host_virtqueue_start(struct virtio_queue *queue);
/** Forget all that was in it. */
void host_virtqueue_stop(struct virtio_queue *queue);
void host_virtqueue_reset(struct virtio_queue *queue);
/** The driver rang. @param value the whole of what it wrote */
void host_virtqueue_notify(struct host_virtio *card, uint32_t value);
/** Whether it may be worked on now. */
bool host_virtqueue_works(const struct virtio_queue *queue);

/**
 * Take the next buffer, the caller's until it is used or freed.
 * @return NULL: there is none, and the driver is asked to tell of the next one
 */
struct virtio_chain *host_virtqueue_pop(struct virtio_queue *queue);
/** Put the buffer taken last back, as if it had not been looked at. */
void host_virtqueue_unpop(struct virtio_queue *queue,
			  struct virtio_chain *chain);
/** A buffer is done with; told with the next host_virtqueue_publish(). */
void host_virtqueue_use(struct virtio_queue *queue, struct virtio_chain *chain,
			uint32_t length);
/** Tell what was used, and interrupt if the driver wants to know. */
void host_virtqueue_publish(struct virtio_queue *queue);
void host_virtqueue_chain_free(struct virtio_chain *chain);

/** For the two kinds of ring: a chain, and an element at its end. */
struct virtio_chain *host_virtqueue_chain(struct virtio_queue *queue);
void host_virtqueue_element(struct virtio_queue *queue,
			    struct virtio_chain *chain, uint64_t address,
			    uint32_t length, bool write);
/**
 * A descriptor, an entry of a ring, or what stands at the start of a buffer was
 * taken or written.
 */
void host_virtqueue_trace(struct virtio_queue *queue,
			  enum trace_direction direction, const char *place,
			  uint32_t index, const uint8_t *bytes,
			  uint32_t length);
/** An id comes from the driver, or goes back. */
void host_virtqueue_take(struct virtio_queue *queue, uint16_t id);

/** Copy out of, or into, a chain from a place on; false: not all is memory. */
bool host_virtqueue_read(struct virtio_queue *queue,
			 const struct virtio_chain *chain, uint64_t from,
			 void *to, uint64_t bytes);
bool host_virtqueue_write(struct virtio_queue *queue,
			  const struct virtio_chain *chain, uint64_t at,
			  const void *from, uint64_t bytes);

/** Whether moving from old to new passes an event index (2.7.10). */
static inline bool host_virtqueue_passes(uint16_t event, uint16_t now,
					 uint16_t old)
{
	return (uint16_t)(now - event - 1) < (uint16_t)(now - old);
}

/* ---- virtqueue_split.c, virtqueue_packed.c ---- */

struct virtio_chain *host_split_pop(struct virtio_queue *queue);
void host_split_publish(struct virtio_queue *queue);
/** Whether the driver wants to know of what was published since. */
bool host_split_wants(struct virtio_queue *queue, uint16_t old);
/** Ask the driver to ring from here on, or not to. */
void host_split_ask(struct virtio_queue *queue, bool ask);
void host_split_kicked(struct virtio_queue *queue);
const char *host_split_check(struct virtio_queue *queue);

struct virtio_chain *host_packed_pop(struct virtio_queue *queue);
void host_packed_publish(struct virtio_queue *queue);
bool host_packed_wants(struct virtio_queue *queue, uint16_t slots);
void host_packed_ask(struct virtio_queue *queue, bool ask);
const char *host_packed_check(struct virtio_queue *queue);

/* ---- virtio_net.c ---- */

/** Feature bits that the device offers, by what it was configured to. */
uint64_t host_virtio_net_features(const struct host_virtio *card);
/** A feature that was accepted without what it needs, or NULL. */
const char *host_virtio_net_dependency(uint64_t features);
void host_virtio_net_reset(struct host_virtio *card);
/** The driver accepted features: what follows from them. */
void host_virtio_net_features_set(struct host_virtio *card);
uint64_t host_virtio_net_config_read(struct host_virtio *card, uint64_t offset,
				     unsigned width);
void host_virtio_net_config_write(struct host_virtio *card, uint64_t offset,
				  uint64_t value, unsigned width);
/** The control queue's number, or no queue's. */
unsigned host_virtio_net_control_queue(const struct host_virtio *card);
/** One step of a queue's work. @return whether there is more to do */
bool host_virtio_net_step(void *argument);
bool host_virtio_control_step(struct virtio_queue *queue);

/* ---- virtio_transmit.c ---- */

bool host_virtio_transmit_step(struct virtio_queue *queue);

/* ---- virtio_offload.c ---- */

/**
 * Bring a packet onto the wire: one frame, or one for each segment.
 * @param header of the packet, HEADER_BYTES
 * @return NULL, or what is wrong with it
 */
const char *host_virtio_send(struct host_virtio *card, const uint8_t *header,
			     uint8_t *data, uint32_t bytes);

/* ---- virtio_filter.c ---- */

bool host_virtio_wanted(const struct host_virtio *card,
			const struct wire_frame *frame);
/** The pair of queues of a frame that arrives. */
unsigned host_virtio_pair_of(const struct host_virtio *card,
			     const uint8_t *frame, uint32_t bytes);
/** A frame left by a pair of queues: its answers come there. */
void host_virtio_flow_learn(struct host_virtio *card, const uint8_t *frame,
			    uint32_t bytes, unsigned pair);

/* ---- virtio_receive.c ---- */

bool host_virtio_receive(void *card, const struct wire_frame *frame);
bool host_virtio_receive_step(struct virtio_queue *queue);
void host_virtio_receive_drop(struct virtio_queue *queue);

/* ---- virtio_merge.c ---- */

/**
 * Put the first frame that waits, and those merged into it, behind the header
 * in the device's packet memory, and fill in the header.
 * @return how many frames it is; their bytes without the header
 */
unsigned host_virtio_merge(struct virtio_queue *queue, uint32_t *bytes);

#endif /* MOCKS_VIRTIO_VIRTIO_INTERNAL_H */
