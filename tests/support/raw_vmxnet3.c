/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/raw_vmxnet3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SLOT	   3u
#define PLACE	   (SLOT << 3)
#define BUFFERS	   (2 * RAW_VMXNET3_RING)
#define TX_RING	   0u
#define TX_DONE	   512u
#define RX_RING	   1024u
#define RX_DONE	   2048u
#define DATA_BYTES 128u

static const uint8_t card_mac[6] = {0x00, 0x50, 0x56, 0x01, 0x02, 0x03};

void card_put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
}

void card_put32(uint8_t *bytes, uint32_t value)
{
	card_put16(bytes, (uint16_t)value);
	card_put16(bytes + 2, (uint16_t)(value >> 16));
}

void card_put64(uint8_t *bytes, uint64_t value)
{
	card_put32(bytes, (uint32_t)value);
	card_put32(bytes + 4, (uint32_t)(value >> 32));
}

uint32_t card_get32(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

uint64_t card_get64(const uint8_t *bytes)
{
	return card_get32(bytes) | (uint64_t)card_get32(bytes + 4) << 32;
}

uint64_t card_physical(struct raw_vmxnet3 *raw, const void *memory)
{
	return port_physical(raw->port, memory);
}

/* ---- Access ---- */

uint32_t card_config_read(struct port *port, unsigned place, unsigned offset)
{
	port_out32(port, 0xcf8, 0x80000000u | place << 8 | offset);
	return port_in32(port, 0xcfc);
}

void card_config_write(struct port *port, unsigned place, unsigned offset,
		       uint32_t value)
{
	port_out32(port, 0xcf8, 0x80000000u | place << 8 | offset);
	port_out32(port, 0xcfc, value);
}

uint32_t card_register(struct raw_vmxnet3 *raw, unsigned bar, uint32_t offset)
{
	return port_mmio_read32(raw->port, raw->bars[bar] + offset);
}

void card_register_write(struct raw_vmxnet3 *raw, unsigned bar, uint32_t offset,
			 uint32_t value)
{
	port_mmio_write32(raw->port, raw->bars[bar] + offset, value);
	machine_work_drain(raw->machine);
}

uint32_t card_command(struct raw_vmxnet3 *raw, uint32_t command)
{
	card_register_write(raw, 1, 0x20, command);
	return card_register(raw, 1, 0x20);
}

/* ---- Making ---- */

static void tap(void *context, const struct wire_frame *frame)
{
	struct raw_vmxnet3 *raw = context;
	struct raw_frame *to;

	assert_true(raw->frame_count < RAW_VMXNET3_FRAMES);
	to = &raw->frames[raw->frame_count++];
	assert_true(frame->length <= sizeof(to->data));
	to->length = frame->length;
	memcpy(to->data, frame->data, frame->length);
}

static void taken0(void *argument)
{
	((struct raw_vmxnet3 *)argument)->taken[0]++;
}

static void taken1(void *argument)
{
	((struct raw_vmxnet3 *)argument)->taken[1]++;
}

static void taken2(void *argument)
{
	((struct raw_vmxnet3 *)argument)->taken[2]++;
}

static bool line_taken(void *argument)
{
	struct raw_vmxnet3 *raw = argument;

	raw->lines++;
	return port_mmio_read32(raw->port, raw->bars[1] + 0x38);
}

static void interrupts_make(struct raw_vmxnet3 *raw)
{
	static void (*const handlers[])(void *argument) = {taken0, taken1,
							   taken2};
	uint64_t address;
	uint32_t data;
	unsigned n;

	for (n = 0; n < RAW_VMXNET3_VECTORS; n++) {
		assert_int_equal(port_interrupt_attach(raw->port, handlers[n],
						       raw, &raw->vectors[n]),
				 0);
		assert_int_equal(port_interrupt_message(raw->port,
							raw->vectors[n], n % 2,
							&address, &data),
				 0);
		if (raw->options.line)
			continue;
		card_register_write(raw, 2, 16 * n, (uint32_t)address);
		card_register_write(raw, 2, 16 * n + 4, 0);
		card_register_write(raw, 2, 16 * n + 8, data);
		card_register_write(raw, 2, 16 * n + 12, 0);
		if (!n && raw->options.msi) {
			card_config_write(raw->port, PLACE, 0x88,
					  (uint32_t)address);
			card_config_write(raw->port, PLACE, 0x90, data);
			card_config_write(raw->port, PLACE, 0x84, 0x10000);
		}
	}
	if (raw->options.line)
		assert_int_equal(
			port_line_attach(
				raw->port,
				card_config_read(raw->port, PLACE, 0x3c) & 0xff,
				line_taken, raw),
			0);
	else if (!raw->options.msi)
		card_config_write(raw->port, PLACE, 0x9c, 0x80000000);
}

static uint8_t *pages(struct raw_vmxnet3 *raw, size_t count, bool contiguous)
{
	uint8_t *memory =
		port_pages_alloc(raw->port, count,
				 contiguous ? PORT_PAGES_CONTIGUOUS : 0,
				 "raw guest");

	assert_non_null(memory);
	return memory;
}

static void memory_make(struct raw_vmxnet3 *raw)
{
	size_t bytes = (size_t)BUFFERS * RAW_VMXNET3_BUFFER;
	unsigned n, i;

	raw->shared = pages(raw, 1, true);
	raw->table = pages(raw, 1, true);
	raw->groups = pages(raw, 1, true);
	raw->memory = pages(raw, RAW_VMXNET3_PAGES, true);
	for (n = 0; n < raw->options.queues; n++) {
		struct raw_vmxnet3_queue *queue = &raw->queues[n];

		queue->page = pages(raw, 1, true);
		queue->tx_data = pages(raw, 1, true);
		queue->rx_data = pages(raw, 1, true);
		queue->buffers = pages(raw, bytes / 4096, false);
		for (i = 0; i < BUFFERS; i++)
			card_rx_give(raw, n, i / RAW_VMXNET3_RING,
				     i % RAW_VMXNET3_RING);
	}
}

static void card_make(struct raw_vmxnet3 *raw)
{
	struct host_vmxnet3_configuration *card = &raw->options.card;
	unsigned n;

	raw->pci = host_pci_create(raw->machine, NULL);
	raw->wire = wire_tap_create(tap, raw);
	assert_non_null(raw->pci);
	assert_non_null(raw->wire);
	card->personality = vmware_personality_find(
		raw->options.host ? raw->options.host : "esxi");
	memcpy(card->mac, card_mac, sizeof(card_mac));
	raw->card = host_vmxnet3_create(raw->machine, host_pci_root(raw->pci),
					SLOT, card, raw->wire);
	assert_non_null(raw->card);
	host_pci_firmware(raw->pci);
	for (n = 0; n < 3; n++) {
		raw->bars[n] = port_mmio_map(
			raw->port,
			card_config_read(raw->port, PLACE, 0x10 + 4 * n) & ~15u,
			n == 2 ? 0x2000 : 0x1000);
		assert_non_null(raw->bars[n]);
	}
	card_config_write(raw->port, PLACE, 4, 6);
}

struct raw_vmxnet3 *
raw_vmxnet3_create(const struct raw_vmxnet3_options *options)
{
	const struct machine_configuration configuration = {
		.schedule = MACHINE_SCHEDULE_EAGER,
		.seed = 11,
	};
	struct raw_vmxnet3 *raw = calloc(1, sizeof(*raw));

	assert_non_null(raw);
	if (options)
		raw->options = *options;
	if (!raw->options.revision)
		raw->options.revision = 1;
	if (!raw->options.queues)
		raw->options.queues = 1;
	if (!raw->options.mtu)
		raw->options.mtu = 1500;
	raw->frames = calloc(RAW_VMXNET3_FRAMES, sizeof(*raw->frames));
	assert_non_null(raw->frames);
	raw->machine = machine_create(&configuration);
	assert_non_null(raw->machine);
	raw->port = machine_port(raw->machine);
	card_make(raw);
	interrupts_make(raw);
	memory_make(raw);
	return raw;
}

void raw_vmxnet3_destroy(struct raw_vmxnet3 *raw, unsigned violations)
{
	unsigned count = machine_violations(raw->machine);

	if (count != violations)
		fail_msg("%u violations, not %u; the last: %s", count,
			 violations,
			 count ? machine_violation_text(raw->machine,
							count < 64 ? count - 1
								   : 63)
			       : "");
	host_vmxnet3_destroy(raw->card);
	host_pci_destroy(raw->pci);
	machine_destroy(raw->machine);
	wire_destroy(raw->wire);
	free(raw->frames);
	free(raw);
}

/* ---- Configuration ---- */

static void queue_prepare(struct raw_vmxnet3 *raw, unsigned n)
{
	struct raw_vmxnet3_queue *queue = &raw->queues[n];
	uint8_t *tx = raw->table + 256 * n;
	uint8_t *rx = raw->table + 256 * (n + raw->options.queues);
	uint64_t page = card_physical(raw, queue->page);
	unsigned ring, i;

	memset(queue->page, 0, 4096);
	card_put64(tx + 16, page + TX_RING);
	card_put64(tx + 24, card_physical(raw, queue->tx_data));
	card_put64(tx + 32, page + TX_DONE);
	card_put32(tx + 56, RAW_VMXNET3_RING);
	card_put32(tx + 60, RAW_VMXNET3_RING);
	card_put32(tx + 64, RAW_VMXNET3_RING);
	tx[72] = 0;
	card_put64(rx + 16, page + RX_RING);
	card_put64(rx + 24, page + RX_RING + 512);
	card_put64(rx + 32, page + RX_DONE);
	card_put32(rx + 56, RAW_VMXNET3_RING);
	card_put32(rx + 60, RAW_VMXNET3_RING);
	card_put32(rx + 64, 2 * RAW_VMXNET3_RING);
	rx[72] = raw->options.line || raw->options.msi ? 0 : 1;
	if (raw->options.revision >= 3) {
		card_put16(tx + 74, DATA_BYTES);
		card_put64(rx + 48, card_physical(raw, queue->rx_data));
		card_put16(rx + 74, DATA_BYTES);
	}
	for (ring = 0; ring < 2; ring++) {
		for (i = 0; i < RAW_VMXNET3_RING; i++) {
			uint8_t *descriptor =
				card_rx_descriptor(raw, n, ring, i);

			card_put64(descriptor,
				   card_physical(raw, card_rx_buffer(raw, n,
								     ring, i)));
			card_put32(descriptor + 8,
				   RAW_VMXNET3_BUFFER | ring << 14 |
					   (i < RAW_VMXNET3_RING - 1 ? 1u << 31
								     : 0));
		}
	}
	queue->tx_next = queue->tx_done = queue->rx_done = 0;
	queue->sent_first = 0;
	queue->tx_generation = queue->tx_done_generation = 1;
	queue->rx_done_generation = 1;
}

void card_prepare(struct raw_vmxnet3 *raw)
{
	uint8_t *shared = raw->shared;
	bool one = raw->options.line || raw->options.msi;
	unsigned n;

	card_register_write(raw, 1, 0x00, 1u << (raw->options.revision - 1));
	card_register_write(raw, 1, 0x08, 1);
	memset(shared, 0, 4096);
	card_put32(shared, 0xbabefee1);
	card_put32(shared + 12, 2 | 1 << 2);
	card_put32(shared + 16, 1);
	card_put32(shared + 20, 1);
	card_put64(shared + 24, raw->options.features);
	card_put64(shared + 40, card_physical(raw, raw->table));
	card_put32(shared + 52, 512 * raw->options.queues);
	card_put32(shared + 56, raw->options.mtu);
	card_put16(shared + 60, 17);
	shared[62] = (uint8_t)raw->options.queues;
	shared[63] = (uint8_t)raw->options.queues;
	shared[80] = !raw->options.active_mask;
	shared[81] = one ? 1 : 3;
	shared[82] = one ? 0 : 2;
	card_put32(shared + 120, raw->options.mode ? raw->options.mode : 5);
	for (n = 0; n < raw->options.queues; n++)
		queue_prepare(raw, n);
}

uint32_t card_activate(struct raw_vmxnet3 *raw)
{
	uint64_t address = card_physical(raw, raw->shared);

	card_register_write(raw, 1, 0x10, (uint32_t)address);
	card_register_write(raw, 1, 0x18, (uint32_t)(address >> 32));
	return card_command(raw, 0xcafe0000);
}

struct raw_vmxnet3 *raw_vmxnet3_up(const struct raw_vmxnet3_options *options)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_create(options);
	unsigned n;

	card_prepare(raw);
	assert_int_equal(card_activate(raw), 0);
	assert_true(host_vmxnet3_is_active(raw->card));
	for (n = 0; n < raw->options.queues; n++) {
		card_register_write(raw, 0, 0x800 + 8 * n,
				    RAW_VMXNET3_RING - 1);
		card_register_write(raw, 0, 0xa00 + 8 * n,
				    RAW_VMXNET3_RING - 1);
	}
	for (n = 0; n < RAW_VMXNET3_VECTORS; n++)
		card_register_write(raw, 0, 8 * n, 0);
	return raw;
}

/* ---- Traffic ---- */

static void piece_give(struct raw_vmxnet3 *raw, struct raw_vmxnet3_queue *queue,
		       uint64_t address, uint32_t bytes)
{
	uint64_t at = address - card_physical(raw, raw->memory);

	queue->sent[queue->tx_next].data = NULL;
	if (at + bytes > RAW_VMXNET3_PAGES * 4096ull)
		return;
	queue->sent[queue->tx_next].data = raw->memory + at;
	queue->sent[queue->tx_next].bytes = bytes;
	port_dma_give(raw->port, raw->memory + at, bytes, PORT_DMA_TO_DEVICE);
}

/** Take back what was sent, up to a descriptor that is done. */
static void pieces_take(struct raw_vmxnet3 *raw,
			struct raw_vmxnet3_queue *queue, uint32_t last)
{
	uint32_t n;

	do {
		n = queue->sent_first;
		queue->sent_first = (n + 1) % RAW_VMXNET3_RING;
		if (queue->sent[n].data)
			port_dma_take(raw->port, queue->sent[n].data,
				      queue->sent[n].bytes, PORT_DMA_TO_DEVICE);
		queue->sent[n].data = NULL;
	} while (n != last);
}

/** Pages that the device does not have. */
static uint8_t *pages_find(struct raw_vmxnet3 *raw, uint32_t bytes)
{
	unsigned count = (bytes + 4095) / 4096, run = 0, n;

	for (n = RAW_VMXNET3_OWN; n < RAW_VMXNET3_PAGES; n++) {
		uint8_t *page = raw->memory + 4096ull * n;

		run = machine_dma_given(raw->machine, card_physical(raw, page),
					4096)
			      ? 0
			      : run + 1;
		if (run == count)
			return page - 4096ull * (count - 1);
	}
	fail_msg("no page is left: are completions taken?");
	return NULL;
}

uint8_t *card_tx_descriptor(struct raw_vmxnet3 *raw, unsigned n,
			    uint64_t address, uint32_t word2, uint32_t word3,
			    bool publish)
{
	struct raw_vmxnet3_queue *queue = &raw->queues[n];
	uint8_t *descriptor = queue->page + TX_RING + 16 * queue->tx_next;
	uint32_t generation =
		publish ? queue->tx_generation : !queue->tx_generation;

	piece_give(raw, queue, address,
		   word2 & 0x3fff ? word2 & 0x3fff : 16384);
	card_put64(descriptor, address);
	card_put32(descriptor + 12, word3);
	card_put32(descriptor + 8, word2 | generation << 14);
	if (++queue->tx_next == RAW_VMXNET3_RING) {
		queue->tx_next = 0;
		queue->tx_generation ^= 1;
	}
	return descriptor;
}

void card_tx_doorbell(struct raw_vmxnet3 *raw, unsigned n)
{
	card_register_write(raw, 0, 0x600 + 8 * n, raw->queues[n].tx_next);
}

void card_send(struct raw_vmxnet3 *raw, const void *data, uint32_t bytes,
	       uint32_t word2, uint32_t word3)
{
	uint8_t *own = pages_find(raw, bytes);

	memcpy(own, data, bytes);
	card_tx_descriptor(raw, 0, card_physical(raw, own),
			   word2 | (bytes & 0x3fff), word3 | 0x3000, true);
	card_tx_doorbell(raw, 0);
}

static bool completion_take(uint8_t *ring, uint32_t size, uint32_t *at,
			    uint32_t *generation, uint32_t words[4])
{
	const uint8_t *entry = ring + 16 * *at;
	unsigned n;

	if (card_get32(entry + 12) >> 31 != *generation)
		return false;
	for (n = 0; n < 4; n++)
		words[n] = card_get32(entry + 4 * n);
	if (++*at == size) {
		*at = 0;
		*generation ^= 1;
	}
	return true;
}

bool card_tx_completion(struct raw_vmxnet3 *raw, unsigned n, uint32_t words[4])
{
	struct raw_vmxnet3_queue *queue = &raw->queues[n];

	if (!completion_take(queue->page + TX_DONE, RAW_VMXNET3_RING,
			     &queue->tx_done, &queue->tx_done_generation,
			     words))
		return false;
	if ((words[0] & 0xfff) < RAW_VMXNET3_RING)
		pieces_take(raw, queue, words[0] & 0xfff);
	return true;
}

bool card_rx_completion(struct raw_vmxnet3 *raw, unsigned n, uint32_t words[4])
{
	struct raw_vmxnet3_queue *queue = &raw->queues[n];
	uint32_t ring, index;

	if (!completion_take(queue->page + RX_DONE, 2 * RAW_VMXNET3_RING,
			     &queue->rx_done, &queue->rx_done_generation,
			     words))
		return false;
	/* A data ring goes with the first ring. */
	ring = (words[0] >> 16 & 0x3ff) / raw->options.queues % 2;
	index = words[0] & 0xfff;
	if (index < RAW_VMXNET3_RING && queue->posted[ring][index]) {
		queue->posted[ring][index] = false;
		port_dma_take(raw->port, card_rx_buffer(raw, n, ring, index),
			      RAW_VMXNET3_BUFFER, PORT_DMA_FROM_DEVICE);
	}
	return true;
}

uint8_t *card_rx_descriptor(struct raw_vmxnet3 *raw, unsigned queue,
			    unsigned ring, unsigned index)
{
	return raw->queues[queue].page + RX_RING + 512 * ring + 16 * index;
}

uint8_t *card_rx_buffer(struct raw_vmxnet3 *raw, unsigned queue, unsigned ring,
			unsigned index)
{
	return raw->queues[queue].buffers +
	       (size_t)(ring * RAW_VMXNET3_RING + index) * RAW_VMXNET3_BUFFER;
}

void card_rx_give(struct raw_vmxnet3 *raw, unsigned queue, unsigned ring,
		  unsigned index)
{
	port_dma_give(raw->port, card_rx_buffer(raw, queue, ring, index),
		      RAW_VMXNET3_BUFFER, PORT_DMA_FROM_DEVICE);
	raw->queues[queue].posted[ring][index] = true;
}

bool card_arrive(struct raw_vmxnet3 *raw, const void *data, uint32_t bytes)
{
	const struct wire_frame frame = {data, bytes};
	bool taken = wire_deliver(raw->wire, &frame);

	machine_work_drain(raw->machine);
	shared_fence(raw->port);
	return taken;
}

/* ---- Frames ---- */

static uint32_t words_sum(uint32_t sum, const uint8_t *bytes, uint32_t count)
{
	uint32_t n;

	for (n = 0; n < count; n++)
		sum += n & 1 ? bytes[n] : (uint32_t)bytes[n] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint32_t pseudo_sum(const uint8_t *ip, uint32_t bytes)
{
	bool four = ip[0] >> 4 == 4;

	return four ? words_sum(ip[9] + bytes, ip + 12, 8)
		    : words_sum(ip[6] + bytes, ip + 8, 32);
}

static uint32_t transport_sum(const uint8_t *frame, uint32_t bytes)
{
	const uint8_t *ip = frame + 14;
	uint32_t header = ip[0] >> 4 == 4 ? 20 : 40;

	bytes -= 14 + header;
	return words_sum(pseudo_sum(ip, bytes), ip + header, bytes);
}

uint32_t card_frame_make(uint8_t *frame, unsigned version, bool tcp,
			 uint16_t source_port, uint32_t sequence,
			 uint32_t payload)
{
	uint32_t header = version == 4 ? 20 : 40, transport = 14 + header;
	uint32_t length = (tcp ? 20 : 8) + payload, n, sum;
	uint8_t *ip = frame + 14, *l4 = frame + transport, *field;

	memset(frame, 0, transport + length);
	memcpy(frame, card_mac, 6);
	memcpy(frame + 6, "\x02\x00\x00\x00\x00\x09", 6);
	frame[12] = version == 4 ? 0x08 : 0x86;
	frame[13] = version == 4 ? 0x00 : 0xdd;
	ip[0] = version == 4 ? 0x45 : 0x60;
	ip[version == 4 ? 9 : 6] = tcp ? 6 : 17;
	n = version == 4 ? header + length : length;
	ip[version == 4 ? 2 : 4] = (uint8_t)(n >> 8);
	ip[version == 4 ? 3 : 5] = (uint8_t)n;
	memcpy(ip + (version == 4 ? 12 : 8), "\x0a\x00\x00\x01", 4);
	memcpy(ip + (version == 4 ? 16 : 24), "\x0a\x00\x00\x02", 4);
	if (version == 4) {
		sum = ~words_sum(0, ip, 20);
		ip[10] = (uint8_t)(sum >> 8);
		ip[11] = (uint8_t)sum;
	}
	l4[0] = (uint8_t)(source_port >> 8);
	l4[1] = (uint8_t)source_port;
	l4[3] = 80;
	if (tcp) {
		for (n = 0; n < 4; n++)
			l4[4 + n] = (uint8_t)(sequence >> (24 - 8 * n));
		l4[12] = 0x50;
		l4[13] = 0x10;
	} else {
		l4[4] = (uint8_t)(length >> 8);
		l4[5] = (uint8_t)length;
	}
	for (n = 0; n < payload; n++)
		frame[transport + length - payload + n] =
			(uint8_t)(sequence + n);
	field = l4 + (tcp ? 16 : 6);
	sum = ~transport_sum(frame, transport + length);
	field[0] = (uint8_t)(sum >> 8);
	field[1] = (uint8_t)sum;
	return transport + length;
}

void card_frame_unsum(uint8_t *frame, uint32_t bytes)
{
	bool four = frame[14] >> 4 == 4;
	uint32_t header = four ? 34 : 54;
	bool tcp = frame[four ? 23 : 20] == 6;
	uint32_t sum = pseudo_sum(frame + 14, bytes - header);

	frame[header + (tcp ? 16 : 6)] = (uint8_t)(sum >> 8);
	frame[header + (tcp ? 17 : 7)] = (uint8_t)sum;
}

bool card_frame_sums(const uint8_t *frame, uint32_t bytes)
{
	return transport_sum(frame, bytes) == 0xffff &&
	       (frame[12] != 8 || words_sum(0, frame + 14, 20) == 0xffff);
}

void card_expect(struct raw_vmxnet3 *raw, unsigned n, const char *words)
{
	const char *text = machine_violation_text(raw->machine, n);

	if (!text || !strstr(text, words))
		fail_msg("violation %u is not '%s' but '%s'", n, words,
			 text ? text : "(none)");
}
