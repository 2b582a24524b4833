/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ring of a channel with one data page, and its other end in plain bytes:
 * what a host would read and write there, for tests of one end alone (CMocka).
 */
#ifndef TESTS_SUPPORT_PAGE_RING_H
#define TESTS_SUPPORT_PAGE_RING_H

#include <stdint.h>

#include "hyperv/ring.h"
#include "mocks/machine/machine.h"

#define PAGE_RING_BYTES	      4096u
#define PAGE_RING_PAYLOAD_MAX (PAGE_RING_BYTES - 8 - 8 - 16)
/* What nobody wrote to; the id of every packet. */
#define PAGE_RING_UNTOUCHED   0xee
#define PAGE_RING_TRANSACTION 0x1122334455667788ull

/* Where the words of the control page are. */
#define PAGE_RING_WRITE_INDEX	 0u
#define PAGE_RING_READ_INDEX	 4u
#define PAGE_RING_INTERRUPT_MASK 8u
#define PAGE_RING_PENDING_SEND	 12u
#define PAGE_RING_FEATURE_BITS	 64u

struct page_ring {
	struct machine *machine;
	struct port *port;
	/* Control page and data page. */
	uint8_t *memory;
	/* The end that is tested. */
	struct ring ring;
	struct machine_event event;
	/* What page_ring_read() read last. */
	struct ring_packet packet;
	/* What a test expects of the data page. */
	uint8_t image[PAGE_RING_BYTES];
	/* What is written from, and read to. */
	uint8_t buffer[2 * PAGE_RING_BYTES];
};

/* Around each test; its state is a struct page_ring. */
int page_ring_set_up(void **state);
int page_ring_tear_down(void **state);
/* A fresh ring, both indices at a place; the image is as untouched as it. */
void page_ring_at(struct page_ring *test, uint32_t place);

/* ---- The host, in bytes ---- */

void page_ring_word_set(struct page_ring *test, unsigned word, uint32_t value);
uint32_t page_ring_word(struct page_ring *test, unsigned word);
/* The n-th byte of any content. */
uint8_t page_ring_pattern(uint32_t i);
/* Bytes of a packet in the ring, footer included. */
uint32_t page_ring_packet_bytes(uint32_t content);
/*
 * Put a packet into an image of the data page: its content (header and payload)
 * is the pattern, its padding zero. Returns where it ends.
 */
uint32_t page_ring_image(uint8_t *image, uint32_t at, uint16_t type,
			 uint16_t flags, uint32_t header, uint32_t payload);
/* Put a descriptor at the ring's start, as no host should write it. */
void page_ring_descriptor(struct page_ring *test, uint64_t descriptor);
/* Write a packet of the host and publish it. Returns where it ends. */
uint32_t page_ring_send(struct page_ring *test, uint32_t at, uint32_t payload);

/* ---- The end that is tested ---- */

/* The buffer all pattern. */
void page_ring_fill(struct page_ring *test);
/* ring_write() of an inband packet out of the buffer. */
int page_ring_write(struct page_ring *test, uint32_t payload);
/* ring_read() into the buffer. */
int page_ring_read(struct page_ring *test, uint32_t size);

#endif /* TESTS_SUPPORT_PAGE_RING_H */
