/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest of a vmxnet3 card that does by hand what a driver does: it writes
 * registers and descriptors as numbers, and knows nothing of any driver.
 */
#ifndef TESTS_SUPPORT_RAW_VMXNET3_H
#define TESTS_SUPPORT_RAW_VMXNET3_H

#include <stdbool.h>
#include <stdint.h>

#include "mocks/vmware/vmxnet3.h"
#include "port/port.h"

#define RAW_VMXNET3_RING    32u
#define RAW_VMXNET3_BUFFER  2048u
#define RAW_VMXNET3_QUEUES  4u
#define RAW_VMXNET3_FRAMES  64u
#define RAW_VMXNET3_VECTORS 3u
/** Pages of frames: those in front are for tests that write descriptors. */
#define RAW_VMXNET3_PAGES   32u
#define RAW_VMXNET3_OWN	    4u

struct raw_vmxnet3_options {
	/** NULL: "esxi". */
	const char *host;
	/** The revision to choose, default 1; queues each way, default 1. */
	unsigned revision, queues;
	uint32_t features, mtu, mode;
	/** Interrupts by the line; or by MSI. */
	bool line, msi;
	bool active_mask;
	struct host_vmxnet3_configuration card;
};

struct raw_vmxnet3_queue {
	/** One page: TX ring, its completions, RX rings, their completions. */
	uint8_t *page;
	uint8_t *tx_data, *rx_data;
	uint8_t *buffers;
	uint32_t tx_next, tx_generation, tx_done, tx_done_generation;
	uint32_t rx_done, rx_done_generation;
	/** What the device was given with each descriptor, until it is done. */
	struct {
		const uint8_t *data;
		uint32_t bytes;
	} sent[RAW_VMXNET3_RING];
	uint32_t sent_first;
	bool posted[2][RAW_VMXNET3_RING];
};

struct raw_frame {
	uint32_t length;
	uint8_t data[9400];
};

struct raw_vmxnet3 {
	struct raw_vmxnet3_options options;
	struct machine *machine;
	struct port *port;
	struct host_pci *pci;
	struct host_vmxnet3 *card;
	struct wire *wire;
	uint8_t *bars[3];
	uint8_t *shared, *table, *groups, *memory;
	struct raw_vmxnet3_queue queues[RAW_VMXNET3_QUEUES];
	uint8_t vectors[RAW_VMXNET3_VECTORS];
	unsigned taken[RAW_VMXNET3_VECTORS], lines;
	struct raw_frame *frames;
	unsigned frame_count;
};

/** Make machine, bus and card, and map it. */
struct raw_vmxnet3 *
raw_vmxnet3_create(const struct raw_vmxnet3_options *options);
/** Fails the test unless so many violations were named. */
void raw_vmxnet3_destroy(struct raw_vmxnet3 *raw, unsigned violations);

/** Configuration space by CF8 and CFC. */
uint32_t card_config_read(struct port *port, unsigned place, unsigned offset);
void card_config_write(struct port *port, unsigned place, unsigned offset,
		       uint32_t value);

uint32_t card_register(struct raw_vmxnet3 *raw, unsigned bar, uint32_t offset);
void card_register_write(struct raw_vmxnet3 *raw, unsigned bar, uint32_t offset,
			 uint32_t value);
uint32_t card_command(struct raw_vmxnet3 *raw, uint32_t command);

/** Choose revision and UPT version, and fill the memory for ACTIVATE. */
void card_prepare(struct raw_vmxnet3 *raw);
/** @return the result of ACTIVATE */
uint32_t card_activate(struct raw_vmxnet3 *raw);
/** All of it, to a card that works. */
struct raw_vmxnet3 *raw_vmxnet3_up(const struct raw_vmxnet3_options *options);

void card_put16(uint8_t *bytes, uint16_t value);
void card_put32(uint8_t *bytes, uint32_t value);
void card_put64(uint8_t *bytes, uint64_t value);
uint32_t card_get32(const uint8_t *bytes);
uint64_t card_get64(const uint8_t *bytes);
uint64_t card_physical(struct raw_vmxnet3 *raw, const void *memory);

/**
 * Write a descriptor; word 2 without its generation. Not published: the
 * generation is the old one. What lies in the guest's memory of frames is given
 * to the device, and taken back with its completion.
 */
uint8_t *card_tx_descriptor(struct raw_vmxnet3 *raw, unsigned queue,
			    uint64_t address, uint32_t word2, uint32_t word3,
			    bool publish);
void card_tx_doorbell(struct raw_vmxnet3 *raw, unsigned queue);
/** Send bytes in pages of their own, in one descriptor with CQ and EOP. */
void card_send(struct raw_vmxnet3 *raw, const void *data, uint32_t bytes,
	       uint32_t word2, uint32_t word3);
/** The next completion, or false; its memory is the guest's again. */
bool card_tx_completion(struct raw_vmxnet3 *raw, unsigned queue,
			uint32_t words[4]);
bool card_rx_completion(struct raw_vmxnet3 *raw, unsigned queue,
			uint32_t words[4]);
/** The descriptor of an RX ring, and its buffer. */
uint8_t *card_rx_descriptor(struct raw_vmxnet3 *raw, unsigned queue,
			    unsigned ring, unsigned index);
uint8_t *card_rx_buffer(struct raw_vmxnet3 *raw, unsigned queue, unsigned ring,
			unsigned index);
/** Give the device a buffer that came back. */
void card_rx_give(struct raw_vmxnet3 *raw, unsigned queue, unsigned ring,
		  unsigned index);
/** A frame arrives, and the device does what it has to do. */
bool card_arrive(struct raw_vmxnet3 *raw, const void *data, uint32_t bytes);

/** Make a frame: Ethernet, IPv4 or IPv6, TCP or UDP, right checksums. */
uint32_t card_frame_make(uint8_t *frame, unsigned version, bool tcp,
			 uint16_t source_port, uint32_t sequence,
			 uint32_t payload);
/** Leave only the pseudo header's sum in such a frame, as a stack does. */
void card_frame_unsum(uint8_t *frame, uint32_t bytes);
/** The Internet checksum of what it covers comes out right. */
bool card_frame_sums(const uint8_t *frame, uint32_t bytes);

/** Fails the test unless the n-th violation says this. */
void card_expect(struct raw_vmxnet3 *raw, unsigned n, const char *words);

#endif /* TESTS_SUPPORT_RAW_VMXNET3_H */
