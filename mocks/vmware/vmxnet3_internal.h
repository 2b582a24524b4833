/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vmxnet3 device inside: what its files share.
 *
 *	vmxnet3.c		life, registers, what the world does
 *	vmxnet3_command.c	commands and their results
 *	vmxnet3_activate.c	the configuration that a driver hands over
 *	vmxnet3_interrupt.c	vectors, masks, events
 *	vmxnet3_transmit.c	packets of the guest out of its rings
 *	vmxnet3_offload.c	checksums, segments, VLAN tags on their way out
 *	vmxnet3_filter.c	which frames the guest wants, and on which queue
 *	vmxnet3_receive.c	frames into the guest's buffers
 *	vmxnet3_merge.c		large receive offload
 *
 * The two personalities. A rule that is broken is named in both:
 *
 *				esxi			qemu
 *	ACTIVATE, bad values	refused			mostly accepted
 *	MAC at ACTIVATE		stays			the permanent one again
 *	completion without CQ	none			all the same
 *	rcd.type		3, LRO 4		0
 *	checksum received	checked			never (cnc)
 *	threshold, TX		now and then higher	1 once
 *	intrCtrl		in force		not read
 *	mask after unmasking	set by what waited	clear
 *	VLAN table of zeroes	no filter		lets no tag in
 *	promiscuous		VLAN filter stays	no VLAN filter
 *	queues received on	all			the first
 *	LRO, RSS, data ring	yes			no
 *	link word while down	0			the speed stays
 *	short frames received	as they are		padded to 60 bytes
 */
#ifndef MOCKS_VMWARE_VMXNET3_INTERNAL_H
#define MOCKS_VMWARE_VMXNET3_INTERNAL_H

#include "mocks/machine/trace.h"
#include "mocks/vmware/vmxnet3.h"
#include "mocks/vmware/vmxnet3_wire.h"
#include "mocks/wire/frame.h"

#define VMXNET3_QUEUES_MAX     32u
#define VMXNET3_QUEUES_LEGACY  8u
#define VMXNET3_QUEUES_V6      16u
#define VMXNET3_INTERRUPTS_MAX 25u
#define VMXNET3_MTU_LEAST      60u
#define VMXNET3_MTU_MAX	       9000u
#define VMXNET3_MTU_MAX_V6     9190u
#define VMXNET3_RING_MAX       4096u
#define VMXNET3_TXDS_MAX       16u
#define VMXNET3_TXDS_TSO_MAX   24u
#define VMXNET3_PACKET_MAX     (256u * 1024)
#define VMXNET3_LRO_MAX	       65535u
#define VMXNET3_DATA_BYTES     128u
#define VMXNET3_DATA_BYTES_V3  256u
#define VMXNET3_GROUPS_MAX     10922u
#define VMXNET3_VLAN_BYTES     512u
#define VMXNET3_RX_SG_MAX      32u

#define ETHERNET_LEAST 60u

/** A ring and where the device is in it. */
struct vmxnet3_ring {
	uint64_t address;
	uint32_t size, next;
	unsigned generation;
	/** Descriptors looked at before they are due: nobody changes them. */
	bool ahead;
	uint8_t ahead_bytes[DESCRIPTOR_BYTES];
	/** The last producer that the driver wrote; whether it ever did. */
	uint32_t producer;
	bool told;
};

struct vmxnet3_tx_queue {
	struct host_vmxnet3 *vmxnet3;
	unsigned index;
	uint64_t descriptor;
	struct vmxnet3_ring ring, completions;
	uint64_t data_address;
	uint32_t data_bytes, data_size;
	unsigned interrupt;
	uint32_t threshold;
	struct machine_work work;
	struct machine_event poll;
	bool stopped;
	uint32_t error;
	/** A completion kept back by a fault: index plus 1. */
	uint32_t kept;
	uint64_t statistics[QUEUE_STATISTICS_COUNT];
};

/** A frame that waits for the guest. */
struct vmxnet3_waiting {
	struct vmxnet3_waiting *next;
	uint32_t length;
	uint8_t data[];
};

struct vmxnet3_rx_queue {
	struct host_vmxnet3 *vmxnet3;
	unsigned index;
	uint64_t descriptor;
	struct vmxnet3_ring rings[2], completions;
	uint64_t data_address;
	uint32_t data_bytes;
	unsigned interrupt;
	struct machine_work work;
	/** Looks again for buffers. */
	struct machine_event poll;
	struct vmxnet3_waiting *first, *last;
	uint32_t waiting;
	bool stopped, update_producer;
	uint32_t error;
	/** Packets so far; the one that the guest was not told the end of. */
	uint32_t packets, open_packet;
	bool is_open;
	uint64_t statistics[QUEUE_STATISTICS_COUNT];
};

struct host_vmxnet3_interrupt {
	bool masked, pending, asserted;
};

struct vmxnet3_rss {
	bool enabled;
	unsigned hashes, entries;
	uint8_t key[40], table[128];
};

/** A completion half written by a fault: the rest comes later. */
struct vmxnet3_late {
	struct machine_event event;
	uint64_t address;
	uint8_t bytes[DESCRIPTOR_BYTES];
};

struct host_vmxnet3 {
	struct machine *machine;
	struct host_pci_function *function;
	struct wire *wire;
	struct host_vmxnet3_configuration configuration;
	const struct vmware_personality *personality;
	struct host_vmxnet3_lies lies;
	struct host_vmxnet3_counters counters;

	bool dead, active, link_up;
	uint32_t speed_mbps, revisions;
	unsigned revision, queues_max;
	uint8_t mac[6];
	uint32_t mac_low;
	uint32_t shared_low, command, result, result_before;
	uint64_t shared;
	/** Rules that would be named at each packet are named once. */
	bool named_no_producer;

	/* What ACTIVATE read. */
	uint32_t features, mtu, rx_sg, mode;
	unsigned tx_count, rx_count, interrupt_count, event_interrupt;
	bool auto_mask;
	uint8_t vlans[VMXNET3_VLAN_BYTES];
	uint8_t *groups;
	uint32_t group_count;
	struct vmxnet3_rss rss;
	uint32_t rss_fields;
	struct vmxnet3_tx_queue tx[VMXNET3_QUEUES_MAX];
	struct vmxnet3_rx_queue rx[VMXNET3_QUEUES_MAX];
	struct host_vmxnet3_interrupt interrupts[VMXNET3_INTERRUPTS_MAX];
	struct vmxnet3_late late;

	/** A packet, with room for a tag in front of it; and a segment of it.
	 */
	uint8_t *packet, *segment;
};

/* ---- vmxnet3.c ---- */

/** The driver broke a rule of the device. */
void host_vmxnet3_break(struct host_vmxnet3 *vmxnet3, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** Whether a fault fires now. */
bool host_vmxnet3_lies(struct host_vmxnet3 *vmxnet3,
		       enum host_vmxnet3_fault fault);
static inline bool host_vmxnet3_is_qemu(const struct host_vmxnet3 *vmxnet3)
{
	return vmxnet3->personality->qemu;
}
/** Back to how it was before ACTIVATE; what was in flight is lost. */
void host_vmxnet3_deactivate(struct host_vmxnet3 *vmxnet3);
void host_vmxnet3_reset(struct host_vmxnet3 *vmxnet3);
void host_vmxnet3_die(struct host_vmxnet3 *vmxnet3);
/** Move a ring on by one. */
void host_vmxnet3_ring_advance(struct vmxnet3_ring *ring);
/** Tell of a descriptor: "tx", "rx0", "rx1", "txc", "rxc". */
void host_vmxnet3_trace(struct host_vmxnet3 *vmxnet3,
			enum trace_direction direction, const char *ring,
			unsigned queue, uint32_t index, const uint8_t *bytes);
/** Tell of a structure beside the rings, "shared" for one. */
void host_vmxnet3_trace_area(struct host_vmxnet3 *vmxnet3,
			     enum trace_direction direction, const char *place,
			     unsigned queue, const uint8_t *bytes,
			     uint32_t length);
/** The same of a part of the shared area, as it lies there now. */
void host_vmxnet3_trace_shared(struct host_vmxnet3 *vmxnet3, const char *place,
			       unsigned offset, uint32_t length);
/**
 * Write a completion and move on.
 * @param early the fault that writes its generation first
 */
void host_vmxnet3_complete(struct host_vmxnet3 *vmxnet3,
			   struct vmxnet3_ring *ring, const uint32_t words[4],
			   enum host_vmxnet3_fault early);

/* ---- vmxnet3_command.c ---- */

void host_vmxnet3_command(struct host_vmxnet3 *vmxnet3, uint32_t command);
uint32_t host_vmxnet3_result(struct host_vmxnet3 *vmxnet3);
/** Statistics into the queue descriptors. */
void host_vmxnet3_statistics(struct host_vmxnet3 *vmxnet3);

/* ---- vmxnet3_activate.c ---- */

/** @return whether the device is active now */
bool host_vmxnet3_activate(struct host_vmxnet3 *vmxnet3);
/** Read parts of the shared area again. */
void host_vmxnet3_read_mode(struct host_vmxnet3 *vmxnet3);
void host_vmxnet3_read_vlans(struct host_vmxnet3 *vmxnet3);
void host_vmxnet3_read_groups(struct host_vmxnet3 *vmxnet3);
void host_vmxnet3_read_features(struct host_vmxnet3 *vmxnet3);
bool host_vmxnet3_read_rss(struct host_vmxnet3 *vmxnet3);

/* ---- vmxnet3_interrupt.c ---- */

void host_vmxnet3_interrupt(struct host_vmxnet3 *vmxnet3, unsigned index);
void host_vmxnet3_mask(struct host_vmxnet3 *vmxnet3, unsigned index,
		       bool masked);
uint32_t host_vmxnet3_cause(struct host_vmxnet3 *vmxnet3);
void host_vmxnet3_interrupts_reset(struct host_vmxnet3 *vmxnet3);
void host_vmxnet3_event(struct host_vmxnet3 *vmxnet3, uint32_t bits);
void host_vmxnet3_event_acknowledge(struct host_vmxnet3 *vmxnet3,
				    uint32_t bits);

/* ---- vmxnet3_transmit.c ---- */

void host_vmxnet3_doorbell(struct vmxnet3_tx_queue *queue, uint32_t producer);
bool host_vmxnet3_transmit_step(void *argument);
void host_vmxnet3_transmit_poll(void *argument);

/* ---- vmxnet3_offload.c ---- */

struct vmxnet3_offload {
	unsigned mode, header, mss_offset;
	bool tag;
	uint16_t tci;
};

/**
 * Bring a packet onto the wire: one frame, or one for each segment.
 * @param data of bytes, with VLAN_TAG bytes of room in front
 * @return NULL, or what is wrong with it
 */
const char *host_vmxnet3_send(struct host_vmxnet3 *vmxnet3, uint8_t *data,
			      uint32_t bytes,
			      const struct vmxnet3_offload *offload,
			      uint32_t *frames);

/* ---- vmxnet3_filter.c ---- */

bool host_vmxnet3_wanted(const struct host_vmxnet3 *vmxnet3,
			 const struct wire_frame *frame);
/** The queue of a frame; its hash and kind of hash as a completion has them. */
unsigned host_vmxnet3_queue_of(const struct host_vmxnet3 *vmxnet3,
			       const uint8_t *frame, uint32_t bytes,
			       uint32_t *hash, unsigned *kind);

/* ---- vmxnet3_receive.c ---- */

bool host_vmxnet3_receive(void *card, const struct wire_frame *frame);
bool host_vmxnet3_receive_step(void *argument);
void host_vmxnet3_receive_poll(void *argument);
void host_vmxnet3_receive_drop(struct vmxnet3_rx_queue *queue);
void host_vmxnet3_rx_producer(struct vmxnet3_rx_queue *queue, unsigned ring,
			      uint32_t producer);

/* ---- vmxnet3_merge.c ---- */

/**
 * Merge frames that follow into the first one of a queue, in the device's
 * packet memory; they stay in the queue.
 * @return how many frames it is now, at least 1, and its length and mss
 */
unsigned host_vmxnet3_merge(struct vmxnet3_rx_queue *queue, uint32_t *bytes,
			    uint32_t *mss);

#endif /* MOCKS_VMWARE_VMXNET3_INTERNAL_H */
