/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest of a virtio card that does by hand what a driver does: it writes
 * registers and descriptors as numbers, and knows nothing of any driver.
 */
#ifndef TESTS_SUPPORT_RAW_VIRTIO_H
#define TESTS_SUPPORT_RAW_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#include "mocks/virtio/virtio.h"
#include "port/port.h"
#include "tests/support/raw_vmxnet3.h"

#define RAW_VIRTIO_QUEUES 9u
#define RAW_VIRTIO_FRAMES 256u
#define RAW_VIRTIO_BUFFER 2048u
#define RAW_VIRTIO_BYTES  (1u << 18)

/* Feature bits. */
#define RAW_CSUM	  (1ull << 0)
#define RAW_GUEST_CSUM	  (1ull << 1)
#define RAW_OFFLOADS	  (1ull << 2)
#define RAW_MTU		  (1ull << 3)
#define RAW_MAC		  (1ull << 5)
#define RAW_GUEST_TSO4	  (1ull << 7)
#define RAW_GUEST_TSO6	  (1ull << 8)
#define RAW_HOST_TSO4	  (1ull << 11)
#define RAW_HOST_TSO6	  (1ull << 12)
#define RAW_HOST_ECN	  (1ull << 13)
#define RAW_MRG		  (1ull << 15)
#define RAW_STATUS	  (1ull << 16)
#define RAW_CTRL	  (1ull << 17)
#define RAW_CTRL_RX	  (1ull << 18)
#define RAW_CTRL_VLAN	  (1ull << 19)
#define RAW_CTRL_RX_EXTRA (1ull << 20)
#define RAW_ANNOUNCE	  (1ull << 21)
#define RAW_MQ		  (1ull << 22)
#define RAW_CTRL_MAC	  (1ull << 23)
#define RAW_INDIRECT	  (1ull << 28)
#define RAW_EVENT	  (1ull << 29)
#define RAW_VERSION_1	  (1ull << 32)
#define RAW_PLATFORM	  (1ull << 33)
#define RAW_PACKED	  (1ull << 34)
#define RAW_NOTIFICATION  (1ull << 38)
#define RAW_RING_RESET	  (1ull << 40)
#define RAW_SPEED	  (1ull << 63)

struct raw_virtio_options {
	/** NULL: "strict". */
	const char *host;
	/** What is accepted beside VERSION_1. */
	uint64_t features;
	/** Of each queue; 0: 16. Queues set up; 0: 2. */
	uint32_t size;
	unsigned queues;
	/** Ring indices begin there: so many buffers go round first. */
	struct host_virtio_configuration card;
};

struct raw_virtio_queue {
	uint8_t *memory;
	uint8_t *table, *available, *used;
	/** Indices; for a packed ring: places, and the laps' bits. */
	uint16_t next, taken, slot;
	bool wrap, used_wrap;
	/** Splits: the next descriptor to write. */
	uint16_t free;
	uint16_t used_slot;
	/** Slots of a list, by its id. */
	uint16_t slots[32768];
};

/** A part of a buffer. */
struct raw_part {
	uint64_t address;
	uint32_t length;
	bool write;
};

struct raw_virtio {
	struct raw_virtio_options options;
	struct machine *machine;
	struct port *port;
	struct host_virtio *card;
	struct wire *wire;
	uint8_t *registers;
	/** Memory for frames, given to the device both ways. */
	uint8_t *bytes;
	struct raw_virtio_queue queues[RAW_VIRTIO_QUEUES];
	unsigned interrupts;
	/** The handler reads and acknowledges the cause. */
	bool quiet;
	uint32_t causes;
	struct raw_frame *frames;
	unsigned frame_count;
};

/** Make machine and card, and map it. */
struct raw_virtio *raw_virtio_create(const struct raw_virtio_options *options);
/** Fails the test unless so many violations were named. */
void raw_virtio_destroy(struct raw_virtio *raw, unsigned violations);

uint32_t virtio_register(struct raw_virtio *raw, uint32_t offset);
void virtio_register_write(struct raw_virtio *raw, uint32_t offset,
			   uint32_t value);

/** Read what is read first, reset, ACKNOWLEDGE, DRIVER. */
void virtio_greet(struct raw_virtio *raw);
/** Accept features and write FEATURES_OK. @return the status then */
uint32_t virtio_agree(struct raw_virtio *raw, uint64_t features);
uint64_t virtio_offered(struct raw_virtio *raw);
/** Make a queue and say that it is ready. */
void virtio_queue_make(struct raw_virtio *raw, unsigned queue, uint32_t size);
/** All of it, to a card that works. */
struct raw_virtio *raw_virtio_up(const struct raw_virtio_options *options);

/** The physical address of a byte of the frames' memory. */
uint64_t virtio_at(struct raw_virtio *raw, uint32_t offset);

/** Make a buffer available. @return its id */
uint16_t virtio_give(struct raw_virtio *raw, unsigned queue,
		     const struct raw_part *parts, unsigned count);
/** The same, through a table that lies at an offset of the memory. */
uint16_t virtio_give_table(struct raw_virtio *raw, unsigned queue,
			   const struct raw_part *parts, unsigned count,
			   uint32_t offset);
void virtio_kick(struct raw_virtio *raw, unsigned queue);
/** The next used buffer, or false. */
bool virtio_used(struct raw_virtio *raw, unsigned queue, uint32_t *id,
		 uint32_t *length);

/** Send a frame: header and frame in one element, at the memory's begin. */
void virtio_send(struct raw_virtio *raw, unsigned queue, const uint8_t *header,
		 const void *data, uint32_t bytes);
/** Make a receive buffer available, so many bytes at an offset. */
void virtio_post(struct raw_virtio *raw, unsigned queue, uint32_t offset,
		 uint32_t bytes);
/** A frame arrives, and the device does what it has to do. */
bool virtio_arrive(struct raw_virtio *raw, const void *data, uint32_t bytes);
/** A command. @return its answer, or -1: none came */
int virtio_command(struct raw_virtio *raw, unsigned group, unsigned command,
		   const void *data, uint32_t bytes);

/** Fails the test unless the n-th violation says this. */
void virtio_expect(struct raw_virtio *raw, unsigned n, const char *words);

#endif /* TESTS_SUPPORT_RAW_VIRTIO_H */
