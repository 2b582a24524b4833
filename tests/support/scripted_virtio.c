/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/scripted_virtio.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"

#define STATUS_DRIVER_OK 4u
#define STATUS_FAILED	 0x80u

/* ---- Registers ---- */

static void log_access(struct virtio_script *script, bool is_write,
		       uint64_t offset, uint64_t value, unsigned width)
{
	if (script->logged < VIRTIO_SCRIPT_LOG)
		script->log[script->logged++] = (struct virtio_script_access){
			.is_write = is_write,
			.width = width,
			.offset = (uint32_t)offset,
			.value = (uint32_t)value,
		};
}

static struct virtio_script_queue *selected(struct virtio_script *script)
{
	static struct virtio_script_queue none;

	if (script->queue_select < VIRTIO_SCRIPT_QUEUES)
		return &script->queues[script->queue_select];
	memset(&none, 0, sizeof(none));
	return &none;
}

static uint32_t status_read(struct virtio_script *script)
{
	if (script->reset_stuck && script->resetting)
		return 1;
	if (script->resetting > 0 && --script->resetting > 0)
		return 1;
	return script->status;
}

static uint64_t config_read(struct virtio_script *script, uint64_t offset,
			    unsigned width)
{
	uint64_t value = 0;

	assert_true(offset + width <= sizeof(script->config));
	/* Each field by its own width (4.2.2.2). */
	assert_int_equal(width, offset < 6 ? 1 : offset < 12 ? 2 : 4);
	assert_int_equal(offset % width, 0);
	memcpy(&value, script->config + offset, width);
	if (script->config_changes > 0) {
		script->config_changes--;
		script->generation++;
	}
	return value;
}

static uint64_t register_read(struct virtio_script *script, uint64_t offset)
{
	switch (offset) {
	case 0x000:
		return script->magic;
	case 0x004:
		return script->version;
	case 0x008:
		return script->device_id;
	case 0x00c:
		return script->vendor_id;
	case 0x010:
		return script->features_select == 0 ? (uint32_t)script->offered
		       : script->features_select == 1
			       ? (uint32_t)(script->offered >> 32)
			       : 0;
	case 0x034:
		return script->queue_select < VIRTIO_SCRIPT_QUEUES
			       ? script->queue_sizes[script->queue_select]
			       : 0;
	case 0x044:
		return script->queues_used || selected(script)->ready;
	case 0x060:
		return script->interrupt_status;
	case 0x070:
		return status_read(script);
	case 0x0fc:
		return script->generation;
	default:
		fail_msg("register %#x is read", (unsigned)offset);
		return 0;
	}
}

static bool is_gone(struct virtio_script *script)
{
	script->gone |= script->gone_at > 0 && --script->gone_at == 0;
	return script->gone;
}

static uint64_t region_read(void *context, uint64_t offset, unsigned width)
{
	struct virtio_script *script = context;
	uint64_t value;

	if (is_gone(script))
		return UINT64_MAX;
	if (offset >= 0x100) {
		value = config_read(script, offset - 0x100, width);
	} else {
		assert_int_equal(width, 4);
		assert_int_equal(offset % 4, 0);
		value = register_read(script, offset);
	}
	log_access(script, false, offset, value, width);
	return value;
}

static void device_reset(struct virtio_script *script)
{
	if (script->reset_fails &&
	    (script->status & (STATUS_DRIVER_OK | STATUS_FAILED))) {
		script->status |= STATUS_FAILED;
		return;
	}
	script->status = 0;
	script->resetting = script->reset_reads + script->reset_stuck;
	script->accepted = 0;
	script->interrupt_status = 0;
	memset(script->queues, 0, sizeof(script->queues));
}

static void queues_begin(struct virtio_script *script)
{
	struct virtio_script_queue *queue;
	unsigned i;

	for (i = 0; i < VIRTIO_SCRIPT_QUEUES; i++) {
		queue = &script->queues[i];
		queue->next = 0;
		queue->used = 0;
		queue->next_wrap = true;
		queue->used_wrap = true;
	}
}

static void status_write(struct virtio_script *script, uint32_t value)
{
	uint32_t added = value & ~script->status;

	if (value == 0) {
		device_reset(script);
		return;
	}
	/* One bit more each time (3.1.1), but for "failed". */
	if (!(value & STATUS_FAILED)) {
		assert_int_equal(value & script->status & 0x0f,
				 script->status & 0x0f);
		assert_int_equal(added & (added - 1), 0);
		assert_int_not_equal(added, 0);
	}
	if ((added & 8) && script->features_refused)
		value &= ~8u;
	if ((added & STATUS_DRIVER_OK) && script->ready_refused)
		value |= 0x40;
	if (added & STATUS_DRIVER_OK)
		queues_begin(script);
	script->status = value;
}

static void control_answer(struct virtio_script *script)
{
	struct virtio_script_chain *chain = &script->chain;
	struct virtio_script_command *command;

	while (virtio_script_take(script, script->control_queue, chain)) {
		assert_true(script->command_count < VIRTIO_SCRIPT_COMMANDS);
		command = &script->commands[script->command_count++];
		assert_true(chain->readable >= 2 &&
			    chain->readable - 2 <= sizeof(command->data));
		assert_int_equal(chain->writable, 1);
		command->command_class = chain->bytes[0];
		command->command = chain->bytes[1];
		command->bytes = chain->readable - 2;
		/* Tell of the next one, too. */
		if (!virtio_script_is_packed(script) &&
		    (script->accepted & VIRTIO_BIT(F_EVENT_IDX)))
			virtio_script_event(
				script, script->control_queue,
				script->queues[script->control_queue].next);
		memcpy(command->data, chain->bytes + 2, command->bytes);
		if (script->control_silent)
			return;
		virtio_script_fill(script, chain, 0, &script->control_answer,
				   1);
		virtio_script_use(script, chain, script->control_written);
	}
}

static void notify(struct virtio_script *script, uint32_t queue)
{
	assert_true(queue < VIRTIO_SCRIPT_QUEUES);
	if (!(script->status & STATUS_DRIVER_OK)) {
		script->early_kicks++;
		return;
	}
	script->queues[queue].kicks++;
	if (script->in_kick)
		script->in_kick(script, queue);
	if (queue == script->control_queue)
		control_answer(script);
}

static void address_set(uint64_t *address, bool high, uint64_t value)
{
	if (high)
		*address = (*address & UINT32_MAX) | value << 32;
	else
		*address = (*address & ~(uint64_t)UINT32_MAX) | value;
}

/* Queue registers count between features and ready (3.1.1, 7). */
static void queue_write(struct virtio_script *script, uint64_t offset,
			uint64_t value)
{
	struct virtio_script_queue *queue = selected(script);

	assert_int_equal(script->status & 0x8c, 8);
	/* Of one that is ready they are left alone (4.2.2.2). */
	if (offset != 0x044)
		assert_int_equal(queue->ready, 0);
	if (script->queues_stuck)
		return;
	switch (offset) {
	case 0x038:
		queue->size = (uint32_t)value;
		break;
	case 0x044:
		queue->ready = (uint32_t)value;
		break;
	case 0x080:
	case 0x084:
		address_set(&queue->descriptors, offset & 4, value);
		break;
	case 0x090:
	case 0x094:
		address_set(&queue->driver, offset & 4, value);
		break;
	default:
		address_set(&queue->device, offset & 4, value);
		break;
	}
}

static void register_write(struct virtio_script *script, uint64_t offset,
			   uint64_t value)
{
	switch (offset) {
	case 0x014:
		script->features_select = (uint32_t)value;
		break;
	case 0x020:
		assert_int_equal(script->status, 3);
		address_set(&script->accepted,
			    script->driver_features_select == 1, value);
		break;
	case 0x024:
		script->driver_features_select = (uint32_t)value;
		break;
	case 0x030:
		script->queue_select = (uint32_t)value;
		break;
	case 0x050:
		notify(script, (uint32_t)value);
		break;
	case 0x064:
		/* Only what was raised, and is defined (4.2.2.2). */
		assert_int_equal(value & ~3ull, 0);
		assert_int_equal(value & ~script->interrupt_status, 0);
		if (script->in_acknowledge)
			script->in_acknowledge(script);
		script->interrupt_status &= ~(uint32_t)value;
		script->acknowledged++;
		break;
	case 0x070:
		status_write(script, (uint32_t)value);
		break;
	case 0x038:
	case 0x044:
	case 0x080:
	case 0x084:
	case 0x090:
	case 0x094:
	case 0x0a0:
	case 0x0a4:
		queue_write(script, offset, value);
		break;
	default:
		fail_msg("register %#x is written", (unsigned)offset);
	}
}

static void region_write(void *context, uint64_t offset, uint64_t value,
			 unsigned width)
{
	struct virtio_script *script = context;

	log_access(script, true, offset, value, width);
	assert_int_equal(width, 4);
	assert_int_equal(offset % 4, 0);
	if (!is_gone(script))
		register_write(script, offset, value);
}

unsigned virtio_script_writes(struct virtio_script *script, uint32_t offset)
{
	unsigned i, count = 0;

	for (i = 0; i < script->logged; i++)
		count += script->log[i].is_write &&
			 script->log[i].offset == offset;
	return count;
}

unsigned virtio_script_reads(struct virtio_script *script, uint32_t offset)
{
	unsigned i, count = 0;

	for (i = 0; i < script->logged; i++)
		count += !script->log[i].is_write &&
			 script->log[i].offset == offset;
	return count;
}

uint32_t virtio_script_written(struct virtio_script *script, uint32_t offset,
			       unsigned n)
{
	unsigned i;

	for (i = 0; i < script->logged; i++)
		if (script->log[i].is_write &&
		    script->log[i].offset == offset && n-- == 0)
			return script->log[i].value;
	fail_msg("register %#x was not written so often", offset);
	return 0;
}

/* ---- Interrupts ---- */

void virtio_script_interrupt(struct virtio_script *script, uint32_t reasons)
{
	script->interrupt_status |= reasons;
	machine_line_pulse(script->machine, VIRTIO_SCRIPT_LINE);
	/* An access, at which it is taken. */
	shared_fence(script->port);
}

/* ---- The stack ---- */

static unsigned stack_supply(void *context, unsigned queue,
			     struct net_segment buffers[], unsigned n)
{
	struct virtio_script *script = context;
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
	struct virtio_script *script = context;

	assert_ptr_equal(buffer->data, buffer->owner);
	script->free_buffers[script->free_count++] = buffer->owner;
	script->released++;
}

static void stack_wake(void *context, unsigned queue)
{
	struct virtio_script *script = context;

	if (queue == NIC_WAKE_EVENTS)
		script->event_wakes++;
	else
		script->wakes[queue]++;
}

void virtio_script_give_back(struct virtio_script *script,
			     const struct net_segment segments[],
			     unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		script->free_buffers[script->free_count++] = segments[i].owner;
}

bool virtio_script_transmit(struct virtio_script *script, void *data,
			    uint32_t length, uint16_t flags)
{
	struct net_segment segment = {.data = data, .length = length};
	struct net_packet packet = {
		.segment_count = 1,
		.length = length,
		.flags = flags,
		.owner = data,
	};

	return nic_transmit(script->nic, 0, &packet, 1, &segment) == 1;
}

/* ---- Running ---- */

#define MEMORY_PAGES                                                           \
	(VIRTIO_SCRIPT_BUFFERS * VIRTIO_SCRIPT_BUFFER_BYTES / PORT_PAGE_SIZE + \
	 1)

struct script_body {
	struct virtio_script *script;
	void (*body)(struct virtio_script *script);
	bool start;
};

static void buffers_make(struct virtio_script *script)
{
	/* The upper quarter is for frames to send. */
	unsigned i, most = VIRTIO_SCRIPT_OWN / VIRTIO_SCRIPT_BUFFER_BYTES - 1;

	for (i = 0; i < most; i++)
		script->free_buffers[script->free_count++] =
			script->memory + i * VIRTIO_SCRIPT_BUFFER_BYTES +
			(script->scattered ? 1000 : 0);
}

static void script_guest(void *context)
{
	struct script_body *run = context;
	struct virtio_script *script = run->script;
	struct nic_stack stack = {
		.supply = stack_supply,
		.release = stack_release,
		.wake = stack_wake,
		.context = script,
		.receive_buffer_bytes = script->buffer_bytes,
	};

	script->memory = port_pages_alloc(script->port, MEMORY_PAGES, 0,
					  "test: buffers");
	assert_non_null(script->memory);
	buffers_make(script);
	if (script->fault.n != 0)
		machine_fault_arm(script->machine, &script->fault);
	script->nic = virtio_net_open(script->port, &script->place,
				      &script->configuration, &stack,
				      &script->open_error);
	if (script->nic && run->start)
		assert_int_equal(nic_start(script->nic), 0);
	run->body(script);
	if (script->nic)
		nic_close(script->nic);
	virtio_net_kept_free(&script->kept);
	port_pages_free(script->port, script->memory, MEMORY_PAGES);
}

static void script_defaults(struct virtio_script *script)
{
	static const uint8_t config[] = {0x06, 0, 0, 1, 2,    3,
					 1,    0, 1, 0, 0xdc, 5};
	unsigned i;

	script->magic = 0x74726976;
	script->version = 2;
	script->device_id = 1;
	script->vendor_id = 0x554d4551;
	script->offered = VIRTIO_BIT(F_CSUM) | VIRTIO_BIT(F_GUEST_CSUM) |
			  VIRTIO_BIT(F_MAC) | VIRTIO_BIT(F_GUEST_TSO4) |
			  VIRTIO_BIT(F_GUEST_TSO6) | VIRTIO_BIT(F_HOST_TSO4) |
			  VIRTIO_BIT(F_HOST_TSO6) | VIRTIO_BIT(F_MRG_RXBUF) |
			  VIRTIO_BIT(F_EVENT_IDX) | VIRTIO_BIT(F_VERSION_1);
	for (i = 0; i < VIRTIO_SCRIPT_QUEUES; i++)
		script->queue_sizes[i] = 256;
	memcpy(script->config, config, sizeof(config));
	script->place = (struct virtio_mmio_place){
		.base = VIRTIO_SCRIPT_BASE,
		.bytes = VIRTIO_SCRIPT_BYTES,
		.line = VIRTIO_SCRIPT_LINE,
	};
	script->control_queue = 2;
	script->control_written = 1;
	script->supply_most = UINT32_MAX;
	script->buffer_bytes = VIRTIO_SCRIPT_BUFFER_BYTES;
	script->configuration.kept = &script->kept;
	script->configuration.receive_queue = 64;
	script->configuration.transmit_queue = 64;
	script->region = (struct machine_region){
		.base = VIRTIO_SCRIPT_BASE,
		.bytes = VIRTIO_SCRIPT_BYTES,
		.name = "virtio",
		.context = script,
		.read = region_read,
		.write = region_write,
	};
}

void virtio_script_run(void (*body)(struct virtio_script *script),
		       void (*prepare)(struct virtio_script *script),
		       bool start)
{
	/* Its tests send the same bytes again while they are under way. */
	struct machine_configuration configuration = {
		.checkers_off = 1u << MACHINE_CHECK_OWNERSHIP,
		.log_level = PORT_LOG_WARNING,
	};
	struct virtio_script *script = calloc(1, sizeof(*script));
	struct script_body run = {script, body, start};
	struct machine_counters counters;

	assert_non_null(script);
	script->said = open_memstream(&script->said_text, &script->said_bytes);
	assert_non_null(script->said);
	configuration.log = script->said;
	script->machine = machine_create(&configuration);
	assert_non_null(script->machine);
	script->port = machine_port(script->machine);
	script_defaults(script);
	if (prepare)
		prepare(script);
	machine_mmio_region_add(script->machine, &script->region);
	if (machine_run(script->machine, script_guest, &run) != MACHINE_DONE)
		fail_msg("%s", machine_reason(script->machine));
	machine_counters(script->machine, &counters);
	if (counters.live_allocations != 0)
		machine_leaks(script->machine, stderr);
	assert_int_equal(counters.live_allocations, 0);
	assert_int_equal(counters.dma_live, 0);
	assert_int_equal(script->early_kicks, 0);
	machine_destroy(script->machine);
	fclose(script->said);
	free(script->said_text);
	free(script);
}
