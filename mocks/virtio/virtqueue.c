/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queues: how they are set up, rung, and told of; what both kinds of ring have.
 */
#include "mocks/virtio/virtio_internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/machine/checker.h"
#include "mocks/machine/fault.h"

#define ELEMENTS_FIRST 4u

static bool is_packed(const struct virtio_queue *queue)
{
	return host_virtio_negotiated(queue->card, F_RING_PACKED);
}

/* ---- Life ---- */

static void later_fire(void *argument)
{
	struct virtio_queue *queue = argument;

	machine_work_kick(queue->card->machine, &queue->work);
}

void host_virtqueue_create(struct host_virtio *card, unsigned index)
{
	struct virtio_queue *queue = &card->queues[index];

	queue->card = card;
	queue->index = index;
	queue->work.step = host_virtio_net_step;
	queue->work.argument = queue;
	queue->later.fire = later_fire;
	queue->later.argument = queue;
}

/** The rings stay where they are while the device reaches them. */
static void rings_show(struct virtio_queue *queue, bool shown)
{
	struct machine *machine = queue->card->machine;
	uint64_t size = queue->size;
	uint64_t bytes[3] = {size * DESCRIPTOR_BYTES, 6 + 2 * size,
			     6 + USED_ENTRY_BYTES * size};
	uint64_t from[3] = {queue->descriptors, queue->driver_area,
			    queue->device_area};
	unsigned n;

	if (is_packed(queue))
		bytes[1] = bytes[2] = PACKED_EVENT_BYTES;
	for (n = 0; n < 3; n++) {
		uint64_t page = from[n] & ~(uint64_t)(MACHINE_PAGE_SIZE - 1);

		for (; page < from[n] + bytes[n]; page += MACHINE_PAGE_SIZE) {
			void *memory = machine_ram(machine, page, 1);

			if (memory)
				machine_page_shown(machine, memory, shown);
		}
	}
}

const char *host_virtqueue_start(struct virtio_queue *queue)
{
	const char *fault;

	if (queue->live)
		return NULL;
	if (!queue->size || queue->size > VIRTIO_QUEUE_MAX ||
	    queue->size > queue->card->configuration.queue_size_max)
		return "has a size that it cannot have (M14)";
	if (!is_packed(queue) && queue->size & (queue->size - 1))
		return "has a size that is no power of 2 (M14)";
	fault = is_packed(queue) ? host_packed_check(queue)
				 : host_split_check(queue);
	if (fault)
		return fault;
	queue->in_flight = calloc(1, VIRTIO_IDS);
	if (!queue->in_flight)
		return "finds the simulator out of memory";
	queue->available = queue->used = queue->signalled = 0;
	queue->available_wrap = queue->used_wrap = true;
	queue->kicked = false;
	queue->allowed = true;
	queue->kick_index = queue->event_distance = 0;
	queue->live = true;
	rings_show(queue, true);
	return NULL;
}

static void chains_drop(struct virtio_queue *queue)
{
	while (queue->first) {
		struct virtio_chain *chain = queue->first;

		queue->first = chain->next;
		host_virtqueue_chain_free(chain);
	}
	queue->last = NULL;
	queue->posted_bytes = 0;
	queue->posted_elements = 0;
}

void host_virtqueue_stop(struct virtio_queue *queue)
{
	machine_work_cancel(queue->card->machine, &queue->work);
	machine_event_cancel(queue->card->machine, &queue->later);
	chains_drop(queue);
	if (queue->live)
		rings_show(queue, false);
	queue->live = queue->wedged = false;
	free(queue->in_flight);
	queue->in_flight = NULL;
	queue->in_flight_count = 0;
	free(queue->pending);
	queue->pending = NULL;
	queue->pending_count = queue->pending_capacity = 0;
}

void host_virtqueue_reset(struct virtio_queue *queue)
{
	host_virtqueue_stop(queue);
	host_virtio_receive_drop(queue);
	queue->ready = false;
	queue->size = queue->card->configuration.queue_size_max;
	queue->descriptors = queue->driver_area = queue->device_area = 0;
}

bool host_virtqueue_works(const struct virtio_queue *queue)
{
	const struct host_virtio *card = queue->card;

	if (!queue->live || queue->wedged || card->removed || card->aborted)
		return false;
	/* Firecracker goes on whatever its status says once it is active. */
	if (host_virtio_is(card, VIRTIO_FIRECRACKER))
		return card->active;
	return card->status & STATUS_DRIVER_OK &&
	       !(card->status & (STATUS_NEEDS_RESET | STATUS_FAILED));
}

/* ---- Doorbells ---- */

static void notification_data_check(struct virtio_queue *queue, uint32_t value)
{
	uint16_t next = (uint16_t)(value >> 16);

	/* A split ring's is its index: what it says is there already. */
	if (!is_packed(queue) && queue->live &&
	    (uint16_t)(next - queue->available) > queue->size)
		host_virtio_break(queue->card, "virtio 2.9",
				  "QueueNotify: the next index of queue %u is "
				  "said to be %u, and it is not",
				  queue->index, next);
}

void host_virtqueue_notify(struct host_virtio *card, uint32_t value)
{
	uint32_t index = value;
	struct virtio_queue *queue;

	card->counters.kicks++;
	if (host_virtio_negotiated(card, F_NOTIFICATION_DATA))
		index = value & 0xffff;
	if (index >= card->queue_count) {
		host_virtio_break(card, "virtio 4.2.3.3",
				  "QueueNotify: 0x%x is the number of no queue "
				  "(M40)",
				  value);
		return;
	}
	queue = &card->queues[index];
	if (card->status & STATUS_FAILED)
		host_virtio_break(card, "virtio 2.1.1",
				  "QueueNotify: queue %u is rung after the "
				  "device failed (M2, M4)",
				  index);
	if (host_virtio_negotiated(card, F_NOTIFICATION_DATA))
		notification_data_check(queue, value);
	if (!(card->status & STATUS_DRIVER_OK)) {
		host_virtio_break(card, "virtio 3.1.1",
				  "QueueNotify: queue %u is rung before "
				  "DRIVER_OK (M18)",
				  index);
		if (!host_virtio_is(card, VIRTIO_QEMU))
			return;
	}
	if (!queue->live) {
		host_virtio_break(card, "virtio 4.2.2.2",
				  "QueueNotify: queue %u is rung and is not "
				  "ready",
				  index);
		return;
	}
	if (!is_packed(queue))
		host_split_kicked(queue);
	if (machine_fault_fires(card->machine, MACHINE_FAULT_SIGNAL_LOST))
		return;
	machine_work_kick(card->machine, &queue->work);
}

/* ---- Chains ---- */

struct virtio_chain *host_virtqueue_chain(struct virtio_queue *queue)
{
	struct virtio_chain *chain = calloc(1, sizeof(*chain));

	if (chain)
		chain->elements =
			calloc(ELEMENTS_FIRST, sizeof(*chain->elements));
	if (!chain || !chain->elements)
		machine_stop(queue->card->machine, MACHINE_STOPPED,
			     "the simulator is out of memory");
	chain->capacity = ELEMENTS_FIRST;
	return chain;
}

void host_virtqueue_chain_free(struct virtio_chain *chain)
{
	if (!chain)
		return;
	free(chain->elements);
	free(chain);
}

static void elements_grow(struct virtio_queue *queue,
			  struct virtio_chain *chain)
{
	struct virtio_element *more =
		realloc(chain->elements,
			(size_t)chain->capacity * 2 * sizeof(*more));

	if (!more)
		machine_stop(queue->card->machine, MACHINE_STOPPED,
			     "the simulator is out of memory");
	chain->elements = more;
	chain->capacity *= 2;
}

/** Memory that the driver has a device read or write is the device's then. */
static void element_check(struct virtio_queue *queue,
			  struct virtio_chain *chain, uint64_t address,
			  uint32_t length, bool write)
{
	struct host_virtio *card = queue->card;
	struct machine *machine = card->machine;

	if (!write && chain->write_count) {
		host_virtio_break(card, "virtio 2.7.4.2",
				  "queue %u: a buffer that the device reads "
				  "comes after one that it writes (M32)",
				  queue->index);
		chain->fault = "has its elements in the wrong order";
	}
	if (!length && host_virtio_is(card, VIRTIO_QEMU)) {
		host_virtio_break(card, "QEMU",
				  "queue %u: an element of no length",
				  queue->index);
		chain->fault = "has an element of no length";
	}
	if (!length)
		return;
	if (!machine_ram(machine, address, 1) ||
	    !machine_ram(machine, address + length - 1, 1)) {
		host_virtio_break(card, "virtio 2.7.5",
				  "queue %u: 0x%llx of %u bytes is no memory",
				  queue->index, (unsigned long long)address,
				  length);
		chain->fault = "lies outside of memory";
	} else if (length > HEADER_BYTES &&
		   queue->index != host_virtio_net_control_queue(card) &&
		   machine_checks(machine, MACHINE_CHECK_OWNERSHIP) &&
		   !machine_dma_given(machine, address, length)) {
		host_virtio_break(card, "DMA ownership",
				  "queue %u: the driver lets the device %s %u "
				  "bytes that it did not give",
				  queue->index, write ? "write" : "read",
				  length);
	}
}

void host_virtqueue_element(struct virtio_queue *queue,
			    struct virtio_chain *chain, uint64_t address,
			    uint32_t length, bool write)
{
	uint32_t count = chain->read_count + chain->write_count;

	element_check(queue, chain, address, length, write);
	if (count == chain->capacity)
		elements_grow(queue, chain);
	chain->elements[count] = (struct virtio_element){address, length};
	if (write) {
		chain->write_count++;
		chain->write_bytes += length;
	} else {
		chain->read_count++;
		chain->read_bytes += length;
	}
	if (chain->read_bytes + chain->write_bytes > UINT32_MAX) {
		host_virtio_break(queue->card, "virtio 2.7.5.2",
				  "queue %u: a chain is longer than 4 GiB",
				  queue->index);
		chain->fault = "is longer than 4 GiB";
	}
}

/** Walk a part of a chain, element by element. */
static bool elements_copy(struct virtio_queue *queue,
			  const struct virtio_element *elements, uint32_t count,
			  uint64_t skip, uint8_t *host, uint64_t bytes,
			  bool write)
{
	struct machine *machine = queue->card->machine;
	uint32_t n;

	for (n = 0; n < count && bytes; n++) {
		uint64_t length = elements[n].length;
		uint64_t address = elements[n].address + skip;

		if (skip >= length) {
			skip -= length;
			continue;
		}
		length -= skip;
		skip = 0;
		if (length > bytes)
			length = bytes;
		if (write ? !machine_ram_write(machine, address, host, length)
			  : !machine_ram_read(machine, address, host, length))
			return false;
		host += length;
		bytes -= length;
	}
	return !bytes;
}

bool host_virtqueue_read(struct virtio_queue *queue,
			 const struct virtio_chain *chain, uint64_t from,
			 void *to, uint64_t bytes)
{
	return elements_copy(queue, chain->elements, chain->read_count, from,
			     to, bytes, false);
}

bool host_virtqueue_write(struct virtio_queue *queue,
			  const struct virtio_chain *chain, uint64_t at,
			  const void *from, uint64_t bytes)
{
	/* It is read only: one function walks for both ways. */
	return elements_copy(queue, chain->elements + chain->read_count,
			     chain->write_count, at, (uint8_t *)(uintptr_t)from,
			     bytes, true);
}

/* ---- Taking and using ---- */

void host_virtqueue_take(struct virtio_queue *queue, uint16_t id)
{
	if (queue->in_flight[id])
		host_virtio_break(queue->card, "virtio 2.7.13",
				  "queue %u: buffer %u is made available "
				  "while the device has it (M22)",
				  queue->index, id);
	else
		queue->in_flight_count++;
	queue->in_flight[id] = 1;
}

struct virtio_chain *host_virtqueue_pop(struct virtio_queue *queue)
{
	struct virtio_chain *chain;

	if (!host_virtqueue_works(queue))
		return NULL;
	chain = is_packed(queue) ? host_packed_pop(queue)
				 : host_split_pop(queue);
	if (!chain)
		return NULL;
	queue->card->counters.chains++;
	if (is_packed(queue))
		host_packed_ask(queue, false);
	else
		host_split_ask(queue, false);
	if (chain->fault && !host_virtio_is(queue->card, VIRTIO_FIRECRACKER)) {
		host_virtqueue_chain_free(chain);
		host_virtio_stop(queue->card);
		return NULL;
	}
	return chain;
}

void host_virtqueue_unpop(struct virtio_queue *queue,
			  struct virtio_chain *chain)
{
	queue->available--;
	queue->in_flight[chain->id] = 0;
	queue->in_flight_count--;
	host_virtqueue_chain_free(chain);
}

static void pending_add(struct virtio_queue *queue,
			const struct virtio_chain *chain, uint32_t length)
{
	uint32_t capacity = queue->pending_capacity;

	if (queue->pending_count == capacity) {
		struct virtio_used *more;

		capacity = capacity ? 2 * capacity : 16;
		more = realloc(queue->pending, capacity * sizeof(*more));
		if (!more)
			machine_stop(queue->card->machine, MACHINE_STOPPED,
				     "the simulator is out of memory");
		queue->pending = more;
		queue->pending_capacity = capacity;
	}
	queue->pending[queue->pending_count++] = (struct virtio_used){
		.id = chain->id, .slots = chain->slots, .length = length};
}

void host_virtqueue_use(struct virtio_queue *queue, struct virtio_chain *chain,
			uint32_t length)
{
	struct host_virtio *card = queue->card;
	/* A part of a frame received that is lost would spoil it. */
	bool completes = queue->index % 2 ||
			 queue->index == host_virtio_net_control_queue(card);

	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_USED_LENGTH))
		length = (uint32_t)chain->write_bytes + 1 +
			 machine_random_below(card->machine, 1u << 30);
	if (!host_virtio_lies(card, HOST_VIRTIO_FAULT_USED_NEVER) &&
	    !(completes &&
	      machine_fault_fires(card->machine,
				  MACHINE_FAULT_COMPLETION_LOST))) {
		if (queue->in_flight[chain->id]) {
			queue->in_flight[chain->id] = 0;
			queue->in_flight_count--;
		}
		pending_add(queue, chain, length);
		if (host_virtio_lies(card, HOST_VIRTIO_FAULT_USED_TWICE))
			pending_add(queue, chain, length);
	}
	host_virtqueue_chain_free(chain);
}

/** What a device says that lies about which buffer it used. */
static void ids_spoil(struct virtio_queue *queue)
{
	struct host_virtio *card = queue->card;
	uint32_t n;

	for (n = 0; n < queue->pending_count; n++) {
		if (host_virtio_lies(card, HOST_VIRTIO_FAULT_USED_ID_RANGE))
			queue->pending[n].id =
				(uint16_t)(queue->size +
					   machine_random_below(card->machine,
								1000));
		if (host_virtio_lies(card, HOST_VIRTIO_FAULT_USED_ID_WRONG))
			queue->pending[n].id =
				(uint16_t)machine_random_below(card->machine,
							       queue->size);
	}
}

static void queue_tell(struct virtio_queue *queue)
{
	const struct host_virtio_configuration *configuration =
		&queue->card->configuration;

	if (configuration->told)
		configuration->told(configuration->context, queue->index);
	else
		host_virtio_interrupt(queue->card, INTERRUPT_USED);
}

void host_virtqueue_publish(struct virtio_queue *queue)
{
	struct host_virtio *card = queue->card;
	uint16_t old = queue->used, slots = 0;
	uint32_t n, count = queue->pending_count;
	bool wants;

	if (!queue->live)
		return;
	ids_spoil(queue);
	for (n = 0; n < count; n++)
		slots += queue->pending[n].slots;
	if (is_packed(queue))
		host_packed_publish(queue);
	else
		host_split_publish(queue);
	queue->pending_count = 0;
	/* The driver may be another processor: it sees this, or is told. */
	atomic_thread_fence(memory_order_seq_cst);
	wants = is_packed(queue) ? host_packed_wants(queue, slots)
				 : host_split_wants(queue, old);
	if (wants && (count || host_virtio_is(card, VIRTIO_FIRECRACKER)))
		queue_tell(queue);
	else if (host_virtio_lies(card, HOST_VIRTIO_FAULT_INTERRUPT_SPURIOUS))
		host_virtio_interrupt(card, 0);
}
