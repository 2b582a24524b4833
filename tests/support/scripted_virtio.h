/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtio network device that does only what a test says, step by step:
 * registers that remember what was written to them, and helpers that read and
 * write the queues as a device would, split or packed. It shares no header with
 * the driver: offsets and bits are written down here a second time.
 */
#ifndef TESTS_SUPPORT_SCRIPTED_VIRTIO_H
#define TESTS_SUPPORT_SCRIPTED_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "mocks/machine/fault.h"
#include "mocks/machine/machine.h"
#include "net/nic.h"
#include "virtio/virtio_net.h"

#define VIRTIO_SCRIPT_BASE	   0xd0000000u
#define VIRTIO_SCRIPT_BYTES	   0x1000u
#define VIRTIO_SCRIPT_LINE	   5u
#define VIRTIO_SCRIPT_QUEUES	   9u
#define VIRTIO_SCRIPT_LOG	   8192u
#define VIRTIO_SCRIPT_PIECES	   300u
#define VIRTIO_SCRIPT_BUFFERS	   1024u
#define VIRTIO_SCRIPT_BUFFER_BYTES 2048u
#define VIRTIO_SCRIPT_COMMANDS	   8192u

/* Memory of the stack that no receive queue has: transmit buffers. */
#define VIRTIO_SCRIPT_OWN 0x180000u

/* Features by their numbers. */
#define VIRTIO_BIT(n) (1ull << (n))
enum virtio_script_feature {
	F_CSUM = 0,
	F_GUEST_CSUM = 1,
	F_MTU = 3,
	F_MAC = 5,
	F_GUEST_TSO4 = 7,
	F_GUEST_TSO6 = 8,
	F_GUEST_UFO = 10,
	F_HOST_TSO4 = 11,
	F_HOST_TSO6 = 12,
	F_HOST_ECN = 13,
	F_HOST_UFO = 14,
	F_MRG_RXBUF = 15,
	F_STATUS = 16,
	F_CTRL_VQ = 17,
	F_CTRL_RX = 18,
	F_CTRL_VLAN = 19,
	F_CTRL_RX_EXTRA = 20,
	F_GUEST_ANNOUNCE = 21,
	F_MQ = 22,
	F_CTRL_MAC_ADDR = 23,
	F_INDIRECT = 28,
	F_EVENT_IDX = 29,
	F_VERSION_1 = 32,
	F_PACKED = 34,
	F_GUEST_HDRLEN = 59,
	F_SPEED_DUPLEX = 63,
};

/* An access of a register, or of the configuration. */
struct virtio_script_access {
	bool is_write;
	unsigned width;
	uint32_t offset, value;
};

struct virtio_script_piece {
	uint64_t address;
	uint32_t length;
	bool writable;
};

/* A chain that the driver made available. */
struct virtio_script_chain {
	unsigned queue;
	/* Its id in either kind of ring, and the entries that it takes. */
	uint32_t id, entries;
	bool indirect;
	struct virtio_script_piece pieces[VIRTIO_SCRIPT_PIECES];
	unsigned count;
	/* What the device may read of it, put together. */
	uint8_t bytes[70000];
	uint32_t readable, writable;
};

/* A queue as the driver described it, and how far the device is. */
struct virtio_script_queue {
	uint32_t size, ready;
	uint64_t descriptors, driver, device;
	uint16_t next, used;
	bool next_wrap, used_wrap;
	/* Notifications. */
	unsigned kicks;
};

struct virtio_script_command {
	uint8_t command_class, command;
	uint8_t data[512];
	uint32_t bytes;
};

struct virtio_script {
	struct machine *machine;
	struct port *port;
	struct nic *nic;
	int open_error;
	struct virtio_net_configuration configuration;
	struct virtio_net_kept kept;
	struct virtio_mmio_place place;
	/* What the device is. */
	uint32_t magic, version, device_id, vendor_id;
	uint64_t offered;
	uint32_t queue_sizes[VIRTIO_SCRIPT_QUEUES];
	uint8_t config[0x40];
	uint32_t generation;
	/* It refuses features, or to be ready; its queues stay as they are. */
	bool features_refused, ready_refused, queues_stuck, reset_stuck;
	/* Reset once it was ready, it has failed for ever (Firecracker). */
	bool reset_fails;
	/* Reads of the status until a reset is done. */
	unsigned reset_reads, resetting;
	/* The configuration changes with each of so many reads of it. */
	unsigned config_changes;
	bool gone;
	/* It goes at that access; 0: it stays. */
	unsigned gone_at;
	/* Its queues are in use already. */
	bool queues_used;
	/* What was written. */
	uint32_t status, features_select, driver_features_select, queue_select;
	uint64_t accepted;
	uint32_t interrupt_status, acknowledged;
	struct virtio_script_queue queues[VIRTIO_SCRIPT_QUEUES];
	struct virtio_script_access log[VIRTIO_SCRIPT_LOG];
	unsigned logged;
	/* Notifications before the device was ready. */
	unsigned early_kicks;
	/* The queue of commands; answered at once, if not silent. */
	unsigned control_queue;
	uint8_t control_answer;
	bool control_silent;
	/* Bytes of the answer that it says were written: 1. */
	uint32_t control_written;
	struct virtio_script_command commands[VIRTIO_SCRIPT_COMMANDS];
	unsigned command_count;
	struct machine_region region;
	struct machine_line_source line;
	/* The stack. */
	uint8_t *memory;
	void *free_buffers[VIRTIO_SCRIPT_BUFFERS];
	unsigned free_count, supplied, released, supply_most;
	unsigned wakes[16], event_wakes;
	uint32_t buffer_bytes;
	/* Buffers that cross pages. */
	bool scattered;
	/* Armed before the card is opened. */
	struct machine_fault fault;
	void (*in_kick)(struct virtio_script *script, unsigned queue);
	/* Before an interrupt is acknowledged; while the stack is asked for
	 * buffers. */
	void (*in_acknowledge)(struct virtio_script *script);
	void (*in_supply)(struct virtio_script *script);
	/* What the driver said: warnings and errors. */
	FILE *said;
	char *said_text;
	size_t said_bytes;
	/* State of a test. */
	unsigned step;
	struct virtio_script_chain chain;
};

/*
 * Run a body as the guest of a machine with the device and a stack, opened and
 * started if asked; afterwards the card is closed, and nothing is left.
 */
void virtio_script_run(void (*body)(struct virtio_script *script),
		       void (*prepare)(struct virtio_script *script),
		       bool start);

/* How often a register was written, and the n-th value (from 0). */
unsigned virtio_script_writes(struct virtio_script *script, uint32_t offset);
uint32_t virtio_script_written(struct virtio_script *script, uint32_t offset,
			       unsigned n);
unsigned virtio_script_reads(struct virtio_script *script, uint32_t offset);

/* Guest memory. */
uint16_t virtio_script_ram16(struct virtio_script *script, uint64_t at);
void virtio_script_ram_set16(struct virtio_script *script, uint64_t at,
			     uint16_t value);
void virtio_script_ram_set32(struct virtio_script *script, uint64_t at,
			     uint32_t value);

/* Whether the driver accepted packed rings. */
bool virtio_script_is_packed(const struct virtio_script *script);

/* Take the next chain that is available on a queue, if there is one. */
bool virtio_script_take(struct virtio_script *script, unsigned queue,
			struct virtio_script_chain *chain);
/* Give a chain back, so many bytes written. */
void virtio_script_use(struct virtio_script *script,
		       const struct virtio_script_chain *chain,
		       uint32_t length);
/* The same of an id that need not be one, without taking anything. */
void virtio_script_use_id(struct virtio_script *script, unsigned queue,
			  uint32_t id, uint32_t entries, uint32_t length);
/* Write into what the device may write of a chain. */
void virtio_script_fill(struct virtio_script *script,
			const struct virtio_script_chain *chain,
			uint32_t offset, const void *data, uint32_t bytes);
/* Whether the driver asks for an interrupt for what was used last. */
bool virtio_script_interrupt_wanted(struct virtio_script *script,
				    unsigned queue);
/* Ask (or not) for notifications, without an event index. */
void virtio_script_quiet(struct virtio_script *script, unsigned queue,
			 bool quiet);
/* With one: the place that is to be passed. */
void virtio_script_event(struct virtio_script *script, unsigned queue,
			 uint16_t place);

/* Header of a received frame: flags, gso, header, segment, start, offset. */
struct virtio_script_header {
	uint8_t flags, gso_type;
	uint16_t header_bytes, segment_bytes, start, offset, buffers;
};
/* Deliver a frame in the next buffers; how many it took, 0: none there. */
unsigned virtio_script_receive(struct virtio_script *script, unsigned queue,
			       const struct virtio_script_header *header,
			       const void *data, uint32_t bytes);

/* An interrupt, of these reasons. */
void virtio_script_interrupt(struct virtio_script *script, uint32_t reasons);

/* Transmit one frame of one segment; whether it was taken. */
bool virtio_script_transmit(struct virtio_script *script, void *data,
			    uint32_t length, uint16_t flags);
/* Give the segments of received packets back to the stack's buffers. */
void virtio_script_give_back(struct virtio_script *script,
			     const struct net_segment segments[],
			     unsigned count);

#endif /* TESTS_SUPPORT_SCRIPTED_VIRTIO_H */
