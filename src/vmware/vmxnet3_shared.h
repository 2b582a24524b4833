/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a vmxnet3 finds in guest memory: the shared area, the table of queues
 * and the rings. Every offset is asserted.
 */
#ifndef VMWARE_VMXNET3_SHARED_H
#define VMWARE_VMXNET3_SHARED_H

#include <stddef.h>

#include "port/bytes.h"

#define VMXNET3_AT(type, member, offset)                                       \
	_Static_assert(offsetof(struct type, member) == (offset),              \
		       #type "." #member)
#define VMXNET3_SIZE(type, bytes)                                              \
	_Static_assert(sizeof(struct type) == (bytes), #type)

/* ---- The shared area ---- */

#define VMXNET3_MAGIC 0xbabefee1u

/** Word size 64 bits, in bits 1:0; type of guest Linux, in bits 5:2. */
#define VMXNET3_GUEST_64_BITS 2u
#define VMXNET3_GUEST_32_BITS 1u
#define VMXNET3_GUEST_LINUX   (1u << 2)

#define VMXNET3_VECTORS		    25u
#define VMXNET3_VECTORS_EXTENDED    65u
#define VMXNET3_INTERRUPTS_OFF	    (1u << 0)
/** Moderation that follows the load. */
#define VMXNET3_MODERATION_ADAPTIVE 8u
#define VMXNET3_VLAN_WORDS	    128u

/** Something of variable length that lies elsewhere. */
struct vmxnet3_variable {
	le32 version;
	le32 bytes;
	le64 physical;
};
VMXNET3_SIZE(vmxnet3_variable, 16);

/** Interrupts by the extension of revision 6. */
struct vmxnet3_interrupts_extended {
	uint8_t auto_mask;
	uint8_t count;
	uint8_t event_index;
	uint8_t reserved;
	le32 control;
	le32 reserved2;
	uint8_t moderation[VMXNET3_VECTORS_EXTENDED];
	uint8_t reserved3[3];
};
VMXNET3_AT(vmxnet3_interrupts_extended, control, 4);
VMXNET3_AT(vmxnet3_interrupts_extended, moderation, 12);
VMXNET3_SIZE(vmxnet3_interrupts_extended, 80);

struct vmxnet3_driver_shared {
	le32 magic;
	le32 bytes;
	le32 driver_version;
	le32 guest;
	/** These two are 1 whatever revision runs. */
	le32 driver_revision;
	le32 upt_version;
	le64 features;
	le64 driver_data;
	le64 queues;
	le32 driver_data_bytes;
	le32 queues_bytes;
	le32 mtu;
	le16 receive_pieces_max;
	uint8_t transmit_queues;
	uint8_t receive_queues;
	le32 reserved[4];
	uint8_t auto_mask;
	uint8_t vectors;
	uint8_t event_vector;
	uint8_t moderation[VMXNET3_VECTORS];
	le32 interrupt_control;
	le32 reserved2[2];
	le32 receive_mode;
	/** In bytes. */
	le16 multicast_bytes;
	le16 reserved3;
	le64 multicast;
	le32 vlans[VMXNET3_VLAN_WORDS];
	struct vmxnet3_variable rss;
	struct vmxnet3_variable power;
	struct vmxnet3_variable plugin;
	/** Written by the device. */
	le32 events;
	le32 reserved4;
	/** The argument of some commands. */
	union {
		struct vmxnet3_variable variable;
		le32 word;
	} argument;
	struct vmxnet3_interrupts_extended extended;
};
VMXNET3_AT(vmxnet3_driver_shared, driver_version, 8);
VMXNET3_AT(vmxnet3_driver_shared, guest, 12);
VMXNET3_AT(vmxnet3_driver_shared, driver_revision, 16);
VMXNET3_AT(vmxnet3_driver_shared, upt_version, 20);
VMXNET3_AT(vmxnet3_driver_shared, features, 24);
VMXNET3_AT(vmxnet3_driver_shared, driver_data, 32);
VMXNET3_AT(vmxnet3_driver_shared, queues, 40);
VMXNET3_AT(vmxnet3_driver_shared, driver_data_bytes, 48);
VMXNET3_AT(vmxnet3_driver_shared, queues_bytes, 52);
VMXNET3_AT(vmxnet3_driver_shared, mtu, 56);
VMXNET3_AT(vmxnet3_driver_shared, receive_pieces_max, 60);
VMXNET3_AT(vmxnet3_driver_shared, transmit_queues, 62);
VMXNET3_AT(vmxnet3_driver_shared, receive_queues, 63);
VMXNET3_AT(vmxnet3_driver_shared, auto_mask, 80);
VMXNET3_AT(vmxnet3_driver_shared, vectors, 81);
VMXNET3_AT(vmxnet3_driver_shared, event_vector, 82);
VMXNET3_AT(vmxnet3_driver_shared, moderation, 83);
VMXNET3_AT(vmxnet3_driver_shared, interrupt_control, 108);
VMXNET3_AT(vmxnet3_driver_shared, receive_mode, 120);
VMXNET3_AT(vmxnet3_driver_shared, multicast_bytes, 124);
VMXNET3_AT(vmxnet3_driver_shared, multicast, 128);
VMXNET3_AT(vmxnet3_driver_shared, vlans, 136);
VMXNET3_AT(vmxnet3_driver_shared, rss, 648);
VMXNET3_AT(vmxnet3_driver_shared, power, 664);
VMXNET3_AT(vmxnet3_driver_shared, plugin, 680);
VMXNET3_AT(vmxnet3_driver_shared, events, 696);
VMXNET3_AT(vmxnet3_driver_shared, argument, 704);
VMXNET3_AT(vmxnet3_driver_shared, extended, 720);
VMXNET3_SIZE(vmxnet3_driver_shared, 800);

/** Receive side scaling. */
#define VMXNET3_RSS_VERSION  1u
#define VMXNET3_RSS_TOEPLITZ 1u
#define VMXNET3_RSS_TABLE    128u

enum vmxnet3_rss_hash {
	VMXNET3_RSS_IPV4 = 1 << 0,
	VMXNET3_RSS_TCP_IPV4 = 1 << 1,
	VMXNET3_RSS_IPV6 = 1 << 2,
	VMXNET3_RSS_TCP_IPV6 = 1 << 3,
};

struct vmxnet3_rss {
	le16 hashes;
	le16 function;
	le16 key_bytes;
	le16 table_bytes;
	uint8_t key[40];
	uint8_t table[VMXNET3_RSS_TABLE];
};
VMXNET3_AT(vmxnet3_rss, key, 8);
VMXNET3_AT(vmxnet3_rss, table, 48);
VMXNET3_SIZE(vmxnet3_rss, 176);

/** The argument of SET_RSS_FIELDS; the first two are always wanted. */
enum vmxnet3_rss_fields {
	VMXNET3_RSS_FIELDS_TCP_IPV4 = 1 << 0,
	VMXNET3_RSS_FIELDS_TCP_IPV6 = 1 << 1,
	VMXNET3_RSS_FIELDS_UDP_IPV4 = 1 << 2,
	VMXNET3_RSS_FIELDS_UDP_IPV6 = 1 << 3,
};

/** What the argument of SET_COALESCING leads to. */
#define VMXNET3_COALESCING_VERSION 1u

enum vmxnet3_coalescing_mode {
	VMXNET3_COALESCING_MODE_OFF,
	VMXNET3_COALESCING_MODE_ADAPTIVE,
	VMXNET3_COALESCING_MODE_STATIC,
	VMXNET3_COALESCING_MODE_RATE,
};

struct vmxnet3_coalescing_scheme {
	le32 mode;
	/**
	 * Static: transmit completions, receive completions, frames put off
	 * before a doorbell. Rate: interrupts a second.
	 */
	le32 values[3];
};
VMXNET3_SIZE(vmxnet3_coalescing_scheme, 16);

/* ---- The table of queues ---- */

struct vmxnet3_transmit_queue {
	le32 deferred;
	/** Written by the device. */
	le32 threshold;
	le64 reserved;
	le64 ring;
	le64 data_ring;
	le64 completion_ring;
	le64 driver_data;
	le64 reserved2;
	le32 ring_size;
	le32 data_ring_size;
	le32 completion_ring_size;
	le32 driver_data_bytes;
	uint8_t vector;
	uint8_t reserved3;
	le16 data_bytes;
	le32 reserved4;
	/** From here on written by the device. */
	uint8_t stopped;
	uint8_t reserved5[3];
	le32 error;
	le64 statistics[10];
	uint8_t padding[88];
};
VMXNET3_AT(vmxnet3_transmit_queue, threshold, 4);
VMXNET3_AT(vmxnet3_transmit_queue, ring, 16);
VMXNET3_AT(vmxnet3_transmit_queue, data_ring, 24);
VMXNET3_AT(vmxnet3_transmit_queue, completion_ring, 32);
VMXNET3_AT(vmxnet3_transmit_queue, driver_data, 40);
VMXNET3_AT(vmxnet3_transmit_queue, ring_size, 56);
VMXNET3_AT(vmxnet3_transmit_queue, data_ring_size, 60);
VMXNET3_AT(vmxnet3_transmit_queue, completion_ring_size, 64);
VMXNET3_AT(vmxnet3_transmit_queue, driver_data_bytes, 68);
VMXNET3_AT(vmxnet3_transmit_queue, vector, 72);
VMXNET3_AT(vmxnet3_transmit_queue, data_bytes, 74);
VMXNET3_AT(vmxnet3_transmit_queue, stopped, 80);
VMXNET3_AT(vmxnet3_transmit_queue, error, 84);
VMXNET3_AT(vmxnet3_transmit_queue, statistics, 88);
VMXNET3_SIZE(vmxnet3_transmit_queue, 256);

/** Rings that buffers are posted to: first ones of frames, and others. */
#define VMXNET3_RINGS 2u

struct vmxnet3_receive_queue {
	/** Written by the device: it wants to hear of new buffers. */
	uint8_t update_producer;
	uint8_t reserved[15];
	le64 rings[VMXNET3_RINGS];
	le64 completion_ring;
	le64 driver_data;
	le64 data_ring;
	le32 ring_sizes[VMXNET3_RINGS];
	le32 completion_ring_size;
	le32 driver_data_bytes;
	uint8_t vector;
	uint8_t reserved2;
	le16 data_bytes;
	le32 reserved3;
	/** From here on written by the device. */
	uint8_t stopped;
	uint8_t reserved4[3];
	le32 error;
	le64 statistics[10];
	uint8_t padding[88];
};
VMXNET3_AT(vmxnet3_receive_queue, rings, 16);
VMXNET3_AT(vmxnet3_receive_queue, completion_ring, 32);
VMXNET3_AT(vmxnet3_receive_queue, driver_data, 40);
VMXNET3_AT(vmxnet3_receive_queue, data_ring, 48);
VMXNET3_AT(vmxnet3_receive_queue, ring_sizes, 56);
VMXNET3_AT(vmxnet3_receive_queue, completion_ring_size, 64);
VMXNET3_AT(vmxnet3_receive_queue, driver_data_bytes, 68);
VMXNET3_AT(vmxnet3_receive_queue, vector, 72);
VMXNET3_AT(vmxnet3_receive_queue, data_bytes, 74);
VMXNET3_AT(vmxnet3_receive_queue, stopped, 80);
VMXNET3_AT(vmxnet3_receive_queue, error, 84);
VMXNET3_AT(vmxnet3_receive_queue, statistics, 88);
VMXNET3_SIZE(vmxnet3_receive_queue, 256);

/** The ten counters, by kind of frame and in the order of the table. */
enum vmxnet3_counter {
	VMXNET3_COUNT_TSO_FRAMES,
	VMXNET3_COUNT_TSO_BYTES,
	VMXNET3_COUNT_UNICAST_FRAMES,
	VMXNET3_COUNT_UNICAST_BYTES,
	VMXNET3_COUNT_MULTICAST_FRAMES,
	VMXNET3_COUNT_MULTICAST_BYTES,
	VMXNET3_COUNT_BROADCAST_FRAMES,
	VMXNET3_COUNT_BROADCAST_BYTES,
	/** Transmit: errors and discarded; receive: no buffer and errors. */
	VMXNET3_COUNT_BAD_FIRST,
	VMXNET3_COUNT_BAD_SECOND,
};

/* ---- Rings ---- */

/** All four kinds of descriptors are words of this shape. */
struct vmxnet3_descriptor {
	le64 address;
	le32 word2;
	le32 word3;
};
VMXNET3_AT(vmxnet3_descriptor, word2, 8);
VMXNET3_AT(vmxnet3_descriptor, word3, 12);
VMXNET3_SIZE(vmxnet3_descriptor, 16);

struct vmxnet3_completion {
	le32 word0;
	le32 word1;
	le32 word2;
	le32 word3;
};
VMXNET3_AT(vmxnet3_completion, word3, 12);
VMXNET3_SIZE(vmxnet3_completion, 16);

/** Length in both kinds of descriptors, and in a receive completion. */
#define VMXNET3_LENGTH 0x3fffu

/** Transmit descriptor, word 2: a length of 0 is VMXNET3_PIECE_MAX. */
#define VMXNET3_PIECE_MAX	16384u
#define VMXNET3_TX_GENERATION	(1u << 14)
/** The segment size, or where the checksum goes. */
#define VMXNET3_TX_OFFSET_SHIFT 18
#define VMXNET3_TX_OFFSET_MAX	0x3fffu
/** Word 3: bytes of headers, or where the checksum begins. */
#define VMXNET3_TX_HEADERS_MAX	0x3ffu
#define VMXNET3_TX_CHECKSUM	(2u << 10)
#define VMXNET3_TX_TSO		(3u << 10)
#define VMXNET3_TX_END		(1u << 12)
#define VMXNET3_TX_COMPLETE	(1u << 13)
#define VMXNET3_TX_VLAN		(1u << 15)
#define VMXNET3_TX_TAG_SHIFT	16

/** Receive descriptor, word 2. */
#define VMXNET3_RX_BODY	      (1u << 14)
#define VMXNET3_RX_GENERATION (1u << 31)

/** Index in word 0 of both completions; generation in word 3. */
#define VMXNET3_INDEX		0xfffu
#define VMXNET3_DONE_GENERATION (1u << 31)
#define VMXNET3_DONE_TYPE(word) ((word) >> 24 & 0x7f)
#define VMXNET3_TYPE_LARGE	4u

/** Receive completion, word 0. */
#define VMXNET3_DONE_END	   (1u << 14)
#define VMXNET3_DONE_START	   (1u << 15)
#define VMXNET3_DONE_QUEUE(word)   ((word) >> 16 & 0x3ff)
#define VMXNET3_DONE_HASH(word)	   ((word) >> 26 & 0xf)
#define VMXNET3_DONE_UNCHECKED	   (1u << 30)
/** Word 1 of a large frame: how many segments. */
#define VMXNET3_DONE_SEGMENTS	   0xffu
/** Word 2. */
#define VMXNET3_DONE_ERROR	   (1u << 14)
#define VMXNET3_DONE_VLAN	   (1u << 15)
#define VMXNET3_DONE_TAG_SHIFT	   16
/** Word 3; of a large frame bits 15:0 are the segment size. */
#define VMXNET3_DONE_SEGMENT_BYTES 0xffffu
#define VMXNET3_DONE_L4_GOOD	   (1u << 16)
#define VMXNET3_DONE_UDP	   (1u << 17)
#define VMXNET3_DONE_TCP	   (1u << 18)
#define VMXNET3_DONE_IP_GOOD	   (1u << 19)
#define VMXNET3_DONE_IPV6	   (1u << 20)
#define VMXNET3_DONE_IPV4	   (1u << 21)
#define VMXNET3_DONE_FRAGMENT	   (1u << 22)

#endif /* VMWARE_VMXNET3_SHARED_H */
