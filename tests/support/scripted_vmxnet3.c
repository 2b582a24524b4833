/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/scripted_vmxnet3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/machine/internal.h"
#include "port/port.h"

static const uint8_t script_mac[] = {0x00, 0x50, 0x56, 1, 2, 3};

/* ---- Configuration space ---- */

static void put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void space_make(struct script *script)
{
	static const uint32_t bars[] = {SCRIPT_BAR0, SCRIPT_BAR1, SCRIPT_BAR2};
	uint8_t *space = script->space;
	unsigned i;

	put32(space, 0x07b015ad);
	put16(space + 4, 0);
	put16(space + 6, 0x10);
	for (i = 0; i < 3; i++)
		put32(space + 0x10 + 4 * i, bars[i]);
	space[0x34] = script->no_msix_capability ? 0 : 0x9c;
	space[0x3c] = SCRIPT_LINE;
	space[0x3d] = script->no_pin ? 0 : 1;
	space[0x9c] = 0x11;
	put16(space + 0x9e, (uint16_t)(script->msix_count - 1));
	put32(space + 0xa0, 2);
	put32(space + 0xa4, 2 | 0x1000);
}

static uint32_t config_address;

static uint8_t *config_find(struct script *script)
{
	/* One function, 00:03.0. */
	if ((config_address & 0xffffff00) != 0x80001800 || script->gone)
		return NULL;
	return script->space + (config_address & 0xfc);
}

static uint64_t ports_read(void *context, uint64_t offset, unsigned width)
{
	struct script *script = context;
	const uint8_t *at;
	uint32_t value = 0;

	if (offset < 4)
		return config_address;
	at = config_find(script);
	if (!at)
		return UINT64_MAX;
	memcpy(&value, at + (offset - 4), width);
	return value;
}

static void ports_write(void *context, uint64_t offset, uint64_t value,
			unsigned width)
{
	struct script *script = context;
	uint8_t *at;
	uint32_t reg;

	if (offset < 4) {
		config_address = (uint32_t)value;
		return;
	}
	at = config_find(script);
	if (!at)
		return;
	reg = config_address & 0xfc;
	if (reg >= 0x10 && reg < 0x1c)
		value &= ~(uint64_t)(SCRIPT_BAR_BYTES - 1);
	else if (reg >= 0x1c && reg < 0x28)
		value = 0;
	memcpy(at + (offset - 4), &value, width);
}

/* ---- Registers ---- */

static void log_write(struct script *script, unsigned bar, uint64_t offset,
		      uint64_t value)
{
	struct script_write *write;

	if (script->logged == SCRIPT_LOG)
		return;
	write = &script->log[script->logged++];
	write->bar = bar;
	write->offset = (uint32_t)offset;
	write->value = (uint32_t)value;
}

static uint64_t doorbells_read(void *context, uint64_t offset, unsigned width)
{
	(void)context;
	(void)offset;
	(void)width;
	return UINT64_MAX;
}

static void doorbells_write(void *context, uint64_t offset, uint64_t value,
			    unsigned width)
{
	struct script *script = context;

	assert_int_equal(width, 4);
	log_write(script, 0, offset, value);
	if (script->in_unmask && offset == 0 && value == 0)
		script->in_unmask(script);
	if (!script->active)
		script->inactive_doorbells++;
	if (offset < 65 * 8)
		script->masks[offset / 8] = (uint32_t)value;
	else if (offset >= 0x600 && offset < 0x700)
		script->transmit_producer[(offset - 0x600) / 8] =
			(uint32_t)value;
	else if (offset >= 0x800 && offset < 0x900)
		script->receive_producer[0][(offset - 0x800) / 8] =
			(uint32_t)value;
	else if (offset >= 0xa00 && offset < 0xb00)
		script->receive_producer[1][(offset - 0xa00) / 8] =
			(uint32_t)value;
	if (offset >= 0x600)
		script->doorbells++;
}

static uint32_t command_result(struct script *script)
{
	script->results++;
	script->results_unlocked += script->machine->locks == 0;
	switch (script->command) {
	case SCRIPT_ACTIVATE:
		return script->active ? 0 : 1;
	case 0xf00d0002:
		return script->link;
	case 0xf00d0003:
		return script->permanent_low;
	case 0xf00d0004:
		return script->permanent_high;
	case 0xf00d0008:
		return script->interrupts;
	case 0xf00d000a:
		return script->data_bytes;
	case 0xf00d000f:
		return script->queues_max;
	case 0xf00d0012:
		return script->dcr0;
	default:
		return 0;
	}
}

static uint64_t device_read(void *context, uint64_t offset, unsigned width)
{
	struct script *script = context;
	uint32_t cause;

	assert_int_equal(width, 4);
	if (script->gone)
		return UINT64_MAX;
	switch (offset) {
	case 0x00:
		return script->revisions;
	case 0x08:
		return script->upt_versions;
	case 0x20:
		return command_result(script);
	case 0x28:
		return script->mac_low;
	case 0x30:
		return script->mac_high;
	case 0x38:
		cause = script->cause;
		script->cause = 0;
		machine_line_set(script->machine, &script->line, false);
		return cause;
	default:
		return 0;
	}
}

static void command_do(struct script *script, uint32_t command)
{
	unsigned i;

	script->command = command;
	if (command == SCRIPT_QUIESCE || command == SCRIPT_RESET)
		script->active = false;
	if (command != SCRIPT_ACTIVATE || script->activate_result != 0 ||
	    script->shared == 0 ||
	    script_shared(script, 56) == script->mtu_refused)
		return;
	script->active = true;
	for (i = 0; i < 32; i++) {
		memset(&script->queues[i], 0, sizeof(script->queues[i]));
		script->queues[i].transmit.generation = true;
		script->queues[i].transmit_done.generation = true;
		script->queues[i].receive_done.generation = true;
	}
	memset(script->masks, 0xff, sizeof(script->masks));
	put32((uint8_t *)&script->mac_low, get32(script_mac));
	script->mac_high = script_mac[4] | script_mac[5] << 8;
}

static void device_write(void *context, uint64_t offset, uint64_t value,
			 unsigned width)
{
	struct script *script = context;

	assert_int_equal(width, 4);
	log_write(script, 1, offset, value);
	switch (offset) {
	case 0x00:
		script->revision_written = (uint32_t)value;
		break;
	case 0x08:
		script->upt_written = (uint32_t)value;
		break;
	case 0x10:
		script->shared_low = (uint32_t)value;
		script->shared = 0;
		break;
	case 0x18:
		script->shared = value << 32 | script->shared_low;
		break;
	case 0x20:
		command_do(script, (uint32_t)value);
		break;
	case 0x28:
		if (!script->mac_stuck)
			script->mac_low = (uint32_t)value;
		break;
	case 0x30:
		if (!script->mac_stuck)
			script->mac_high = (uint32_t)value;
		break;
	case 0x40:
		script_ram_set32(script, script->shared + 696,
				 script_shared(script, 696) & ~(uint32_t)value);
		break;
	default:
		break;
	}
}

static uint64_t msix_read(void *context, uint64_t offset, unsigned width)
{
	struct script *script = context;

	(void)width;
	return offset + 4 <= sizeof(script->msix_table)
		       ? get32(script->msix_table + offset)
		       : 0;
}

static void msix_write(void *context, uint64_t offset, uint64_t value,
		       unsigned width)
{
	struct script *script = context;

	(void)width;
	if (offset + 4 <= sizeof(script->msix_table))
		put32(script->msix_table + offset, (uint32_t)value);
}

/* ---- Guest memory ---- */

uint32_t script_ram32(struct script *script, uint64_t at)
{
	uint32_t value = 0;

	assert_true(
		machine_ram_read(script->machine, at, &value, sizeof(value)));
	return value;
}

uint64_t script_ram64(struct script *script, uint64_t at)
{
	return script_ram32(script, at) | (uint64_t)script_ram32(script, at + 4)
						  << 32;
}

void script_ram_set32(struct script *script, uint64_t at, uint32_t value)
{
	assert_true(
		machine_ram_write(script->machine, at, &value, sizeof(value)));
}

uint32_t script_shared(struct script *script, uint32_t offset)
{
	return script_ram32(script, script->shared + offset);
}

uint64_t script_transmit_entry(struct script *script, unsigned queue)
{
	return script_ram64(script, script->shared + 40) + 256ull * queue;
}

uint64_t script_receive_entry(struct script *script, unsigned queue)
{
	unsigned queues = script_shared(script, 60) >> 16 & 0xff;

	return script_transmit_entry(script, queues + queue);
}

unsigned script_writes(struct script *script, unsigned bar, uint32_t offset)
{
	unsigned i, count = 0;

	for (i = 0; i < script->logged; i++)
		count += script->log[i].bar == bar &&
			 script->log[i].offset == offset;
	return count;
}

unsigned script_commands(struct script *script, uint32_t command)
{
	unsigned i, count = 0;

	for (i = 0; i < script->logged; i++)
		count += script->log[i].bar == 1 &&
			 script->log[i].offset == 0x20 &&
			 script->log[i].value == command;
	return count;
}

/* ---- Rings ---- */

static void ring_next(struct script_ring *ring, uint32_t size)
{
	if (++ring->next == size) {
		ring->next = 0;
		ring->generation = !ring->generation;
	}
}

bool script_take(struct script *script, unsigned queue,
		 struct script_frame *frame)
{
	uint64_t entry = script_transmit_entry(script, queue);
	uint64_t base = script_ram64(script, entry + 16), at;
	uint32_t size = script_ram32(script, entry + 56);
	struct script_ring *ring = &script->queues[queue].transmit;
	struct script_sent *sent;

	frame->count = 0;
	frame->length = 0;
	frame->first = ring->next;
	for (;;) {
		at = base + 16ull * ring->next;
		sent = &frame->descriptors[frame->count];
		sent->word2 = script_ram32(script, at + 8);
		if ((sent->word2 >> 14 & 1) != ring->generation) {
			/* Half a frame is never seen. */
			assert_int_equal(frame->count, 0);
			return false;
		}
		sent->address = script_ram64(script, at);
		sent->word3 = script_ram32(script, at + 12);
		sent->length = sent->word2 & 0x3fff;
		if (sent->length == 0)
			sent->length = 16384;
		assert_true(machine_ram_read(script->machine, sent->address,
					     frame->bytes + frame->length,
					     sent->length));
		frame->length += sent->length;
		frame->last = ring->next;
		frame->count++;
		ring_next(ring, size);
		if (sent->word3 & 1 << 12)
			return true;
		assert_in_range(frame->count, 1, 63);
	}
}

void script_complete(struct script *script, unsigned queue, uint32_t last)
{
	uint64_t entry = script_transmit_entry(script, queue);
	struct script_ring *ring = &script->queues[queue].transmit_done;
	uint64_t at = script_ram64(script, entry + 32) + 16ull * ring->next;

	script_ram_set32(script, at, last);
	script_ram_set32(script, at + 12, (uint32_t)ring->generation << 31);
	ring_next(ring, script_ram32(script, entry + 64));
}

static uint64_t receive_descriptor(struct script *script, unsigned queue,
				   unsigned ring, uint32_t index)
{
	return script_ram64(script, script_receive_entry(script, queue) + 16 +
					    8ull * ring) +
	       16ull * index;
}

uint32_t script_posted(struct script *script, unsigned queue, unsigned ring,
		       uint32_t index)
{
	return script_ram32(script,
			    receive_descriptor(script, queue, ring, index) + 8);
}

void script_receive(struct script *script,
		    const struct script_received *received)
{
	unsigned queue = received->queue, number;
	uint64_t entry = script_receive_entry(script, queue);
	unsigned queues = script_shared(script, 60) >> 24 & 0xff;
	struct script_ring *ring = &script->queues[queue].receive_done;
	uint64_t at = script_ram64(script, entry + 32) + 16ull * ring->next;
	uint64_t to = script_ram64(script, receive_descriptor(script, queue,
							      received->ring,
							      received->index));

	number = received->ring * queues + queue;
	if (received->in_data_ring) {
		number = 2 * queues + queue;
		to = script_ram64(script, entry + 48) +
		     (uint64_t)received->index *
			     (script_ram32(script, entry + 72) >> 16);
	}
	if (received->data)
		assert_true(machine_ram_write(
			script->machine, to, received->data, received->length));
	script_ram_set32(script, at,
			 received->index | (uint32_t)received->end << 14 |
				 (uint32_t)received->start << 15 |
				 number << 16 | received->word0);
	script_ram_set32(script, at + 4, received->word1);
	script_ram_set32(script, at + 8,
			 received->length | (uint32_t)received->error << 14 |
				 received->word2);
	script_ram_set32(script, at + 12,
			 (uint32_t)ring->generation << 31 | received->word3);
	ring_next(ring, script_ram32(script, entry + 64));
}

/* ---- Interrupts ---- */

void script_event(struct script *script, uint32_t events)
{
	script_ram_set32(script, script->shared + 696,
			 script_shared(script, 696) | events);
}

bool script_raise(struct script *script, unsigned vector)
{
	const uint8_t *entry = script->msix_table + 16ull * vector;

	if (!script->active || script->masks[vector] != 0)
		return false;
	/* The device masks it itself, if it was told to. */
	if (script_shared(script, 80) & 0xff)
		script->masks[vector] = 1;
	/* PCI 3.0, 6.8.2.3: MSI-X is enabled, or there is only the line. */
	if (!(script->space[0x9f] & 0x80)) {
		script->cause = 1;
		machine_line_set(script->machine, &script->line, true);
		return true;
	}
	assert_int_equal(get32(entry + 12), 0);
	machine_interrupt(script->machine, get32(entry) >> 12 & 0xff,
			  (uint8_t)get32(entry + 8));
	return true;
}

/* ---- The stack ---- */

static unsigned stack_supply(void *context, unsigned queue,
			     struct net_segment buffers[], unsigned n)
{
	struct script *script = context;
	unsigned i;

	(void)queue;
	if (script->in_supply)
		script->in_supply(script);
	for (i = 0; i < n && script->free_count > 0 &&
		    script->supplied < script->supply_most;
	     i++) {
		void *buffer = script->free_buffers[--script->free_count];

		buffers[i] = (struct net_segment){
			.data = buffer,
			.length = script->buffer_bytes,
			.owner = buffer,
		};
		script->supplied++;
	}
	return i;
}

static void stack_release(void *context, const struct net_segment *buffer)
{
	struct script *script = context;

	assert_ptr_equal(buffer->data, buffer->owner);
	script->free_buffers[script->free_count++] = buffer->owner;
	script->released++;
}

static void stack_wake(void *context, unsigned queue)
{
	struct script *script = context;

	if (queue == NIC_WAKE_EVENTS)
		script->event_wakes++;
	else
		script->wakes[queue]++;
}

void script_give_back(struct script *script,
		      const struct net_segment segments[], unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		script->free_buffers[script->free_count++] = segments[i].owner;
}

/* Whether the device has none of these pages. */
static bool is_free(struct script *script, const uint8_t *page, uint32_t bytes)
{
	for (; bytes > 0; bytes -= PORT_PAGE_SIZE, page += PORT_PAGE_SIZE)
		if (machine_dma_given(script->machine,
				      port_physical(script->port, page),
				      PORT_PAGE_SIZE))
			return false;
	return true;
}

void *script_own(struct script *script, const void *data, uint32_t length)
{
	uint32_t within = (uint32_t)((uintptr_t)data % PORT_PAGE_SIZE);
	uint32_t bytes = (within + length + PORT_PAGE_SIZE - 1) /
			 PORT_PAGE_SIZE * PORT_PAGE_SIZE;
	uint32_t tried = 0;
	uint8_t *own;

	do {
		if (script->sent + bytes > SCRIPT_SENT_END)
			script->sent = SCRIPT_SENT;
		own = script->memory + script->sent;
		script->sent += PORT_PAGE_SIZE;
		assert_in_range(tried++, 0, SCRIPT_SENT_END / PORT_PAGE_SIZE);
	} while (!is_free(script, own, bytes));
	script->sent += bytes - PORT_PAGE_SIZE;
	memcpy(own + within, data, length);
	return own + within;
}

bool script_transmit(struct script *script, void *data, uint32_t length,
		     uint16_t flags)
{
	struct net_segment segment = {
		.data = script_own(script, data, length),
		.length = length,
	};
	struct net_packet packet = {
		.segment_count = 1,
		.length = length,
		.flags = flags,
		.owner = data,
	};

	return nic_transmit(script->nic, 0, &packet, 1, &segment) == 1;
}

/* ---- Running ---- */

#define SCRIPT_MEMORY_PAGES                                                    \
	(SCRIPT_BUFFERS * SCRIPT_BUFFER_BYTES / PORT_PAGE_SIZE + 1)

struct script_body {
	struct script *script;
	void (*body)(struct script *script);
	bool start;
};

#define SCRIPT_LARGE	   64u
#define SCRIPT_LARGE_BYTES 16384u
#define SCRIPT_LARGE_PAGES (SCRIPT_LARGE * SCRIPT_LARGE_BYTES / PORT_PAGE_SIZE)

static void buffers_make(struct script *script, uint8_t *large)
{
	unsigned i;

	for (i = 0; large && i < SCRIPT_LARGE; i++)
		script->free_buffers[script->free_count++] =
			large + i * SCRIPT_LARGE_BYTES;
	/* Scattered ones cross pages that are no neighbours. */
	for (i = 0; !large && i < SCRIPT_BUFFERS; i++)
		script->free_buffers[script->free_count++] =
			script->memory + i * SCRIPT_BUFFER_BYTES +
			(script->scattered ? 1000 : 0);
}

static void script_guest(void *context)
{
	struct script_body *run = context;
	struct script *script = run->script;
	struct nic_stack stack = {
		.supply = stack_supply,
		.release = stack_release,
		.wake = stack_wake,
		.context = script,
		.receive_buffer_bytes = script->buffer_bytes,
	};
	uint8_t *large = NULL;
	unsigned buffers;

	script->memory = port_pages_alloc(script->port, SCRIPT_MEMORY_PAGES, 0,
					  "test: buffers");
	assert_non_null(script->memory);
	if (script->large)
		large = port_pages_alloc(script->port, SCRIPT_LARGE_PAGES,
					 PORT_PAGES_CONTIGUOUS,
					 "test: large buffers");
	buffers_make(script, large);
	buffers = script->free_count;
	assert_int_equal(pci_open(&script->pci, script->port, NULL), 0);
	if (script->fault.n != 0)
		machine_fault_arm(script->machine, &script->fault);
	script->nic = vmxnet3_probe(&script->pci, 0, &script->configuration,
				    &stack, &script->open_error);
	if (script->nic && run->start)
		assert_int_equal(nic_start(script->nic), 0);
	run->body(script);
	if (script->nic)
		nic_close(script->nic);
	/* Each buffer of the stack came back, with a frame or without. */
	assert_int_equal(script->free_count, buffers);
	pci_close(&script->pci);
	port_pages_free(script->port, large, SCRIPT_LARGE_PAGES);
	port_pages_free(script->port, script->memory, SCRIPT_MEMORY_PAGES);
}

static void regions_add(struct script *script)
{
	static const struct {
		uint64_t base;
		uint64_t (*read)(void *, uint64_t, unsigned);
		void (*write)(void *, uint64_t, uint64_t, unsigned);
	} bars[] = {
		{SCRIPT_BAR0, doorbells_read, doorbells_write},
		{SCRIPT_BAR1, device_read, device_write},
		{SCRIPT_BAR2, msix_read, msix_write},
	};
	unsigned i;

	script->ports = (struct machine_region){
		.base = 0xcf8,
		.bytes = 8,
		.name = "PCI",
		.context = script,
		.read = ports_read,
		.write = ports_write,
	};
	machine_port_region_add(script->machine, &script->ports);
	for (i = 0; i < 3; i++) {
		script->bars[i] = (struct machine_region){
			.base = bars[i].base,
			.bytes = SCRIPT_BAR_BYTES,
			.name = "vmxnet3",
			.context = script,
			.read = bars[i].read,
			.write = bars[i].write,
		};
		machine_mmio_region_add(script->machine, &script->bars[i]);
	}
}

void script_run(void (*body)(struct script *script),
		void (*prepare)(struct script *script), bool start)
{
	static const struct machine_configuration configuration;
	struct script *script = calloc(1, sizeof(*script));
	struct script_body run = {script, body, start};
	struct machine_counters counters;

	assert_non_null(script);
	script->machine = machine_create(&configuration);
	assert_non_null(script->machine);
	script->port = machine_port(script->machine);
	script->revisions = 1;
	script->upt_versions = 1;
	script->link = 10000u << 16 | 1;
	script->msix_count = SCRIPT_MSIX;
	script->line.line = SCRIPT_LINE;
	script->supply_most = UINT32_MAX;
	script->sent = SCRIPT_SENT;
	script->buffer_bytes = SCRIPT_BUFFER_BYTES;
	put32((uint8_t *)&script->mac_low, get32(script_mac));
	script->mac_high = script_mac[4] | script_mac[5] << 8;
	script->configuration.transmit_ring = 64;
	script->configuration.receive_ring = 32;
	script->configuration.body_ring = 32;
	if (prepare)
		prepare(script);
	space_make(script);
	regions_add(script);
	if (machine_run(script->machine, script_guest, &run) != MACHINE_DONE)
		fail_msg("%s", machine_reason(script->machine));
	machine_counters(script->machine, &counters);
	if (counters.live_allocations != 0)
		machine_leaks(script->machine, stderr);
	assert_int_equal(counters.live_allocations, 0);
	assert_int_equal(counters.dma_live, 0);
	assert_int_equal(counters.live_handlers, 0);
	assert_int_equal(counters.live_mappings, 0);
	assert_int_equal(script->inactive_doorbells, 0);
	machine_destroy(script->machine);
	free(script);
}
