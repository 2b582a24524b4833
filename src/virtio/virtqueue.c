/* SPDX-License-Identifier: BSD-3-Clause */
#include "virtio/virtqueue.h"

#include <string.h>

#include "virtio/virtio_wire.h"

#define DESCRIPTOR_BYTES sizeof(struct virtio_split_descriptor)

static size_t pages_of(size_t bytes)
{
	return (bytes + PORT_PAGE_SIZE - 1) / PORT_PAGE_SIZE;
}

static int memory_make(struct virtqueue *queue, struct virtqueue_memory *memory,
		       size_t bytes, unsigned flags, const char *what)
{
	size_t pages = pages_of(bytes);

	memory->memory = port_pages_alloc(queue->port, pages,
					  pages > 1 ? flags : 0, what);
	if (!memory->memory)
		return ERROR_NO_MEMORY;
	memory->pages = pages;
	return 0;
}

static void memory_free(struct virtqueue *queue,
			struct virtqueue_memory *memory)
{
	port_pages_free(queue->port, memory->memory, memory->pages);
	memory->memory = NULL;
}

static void memory_clear(struct virtqueue_memory *memory)
{
	memset(memory->memory, 0, memory->pages * PORT_PAGE_SIZE);
}

/* ---- Making ---- */

/* Bytes of the areas that the driver and the device write. */
static void areas_bytes(const struct virtqueue_configuration *wanted,
			size_t *driver, size_t *device)
{
	*driver = sizeof(struct virtio_packed_event);
	*device = sizeof(struct virtio_packed_event);
	if (wanted->packed)
		return;
	/* The ring, and the event index behind it. */
	*driver = sizeof(struct virtio_split_available) +
		  (wanted->size + 1) * sizeof(le16);
	*device = sizeof(struct virtio_split_used) +
		  wanted->size * sizeof(struct virtio_split_used_element) +
		  sizeof(le16);
}

static int rings_make(struct virtqueue *queue,
		      const struct virtqueue_configuration *wanted)
{
	size_t driver, device;
	int error;

	areas_bytes(wanted, &driver, &device);
	error = memory_make(queue, &queue->descriptors,
			    wanted->size * DESCRIPTOR_BYTES,
			    PORT_PAGES_CONTIGUOUS, "virtio: descriptors");
	if (!error)
		error = memory_make(queue, &queue->driver, driver,
				    PORT_PAGES_CONTIGUOUS,
				    "virtio: driver area");
	if (!error)
		error = memory_make(queue, &queue->device, device,
				    PORT_PAGES_CONTIGUOUS,
				    "virtio: device area");
	return error;
}

/* Entries of a table: no chain may be longer than the queue. */
static uint32_t table_entries(uint32_t size)
{
	uint32_t entries = VIRTQUEUE_TABLE_MAX;

	while (entries > size)
		entries /= 2;
	return entries;
}

static int tables_make(struct virtqueue *queue, uint32_t tables)
{
	if (tables == 0)
		return 0;
	queue->table_entries = table_entries(queue->size);
	queue->next_table =
		port_alloc(queue->port, tables * sizeof(*queue->next_table),
			   "virtio: free tables");
	if (!queue->next_table)
		return ERROR_NO_MEMORY;
	queue->table_count = tables;
	return memory_make(queue, &queue->tables,
			   (size_t)tables * queue->table_entries *
				   DESCRIPTOR_BYTES,
			   0, "virtio: indirect tables");
}

static bool size_valid(const struct virtqueue_configuration *wanted)
{
	uint32_t size = wanted->size;

	return size != 0 && size <= VIRTIO_QUEUE_SIZE_LIMIT &&
	       (wanted->packed || (size & (size - 1)) == 0) &&
	       wanted->tables <= VIRTIO_QUEUE_SIZE_LIMIT;
}

int virtqueue_make(struct virtqueue *queue, struct port *port,
		   const struct virtqueue_configuration *configuration)
{
	uint32_t size = configuration->size;
	int error;

	queue->port = port;
	if (!size_valid(configuration))
		return ERROR_INVALID;
	queue->operations =
		configuration->packed ? &virtqueue_packed : &virtqueue_split;
	queue->size = size;
	queue->event_index = configuration->event_index;
	queue->chains = port_alloc(port, size * sizeof(*queue->chains),
				   "virtio: chains");
	queue->next_free = port_alloc(port, size * sizeof(*queue->next_free),
				      "virtio: free list");
	if (!queue->chains || !queue->next_free)
		return ERROR_NO_MEMORY;
	error = rings_make(queue, configuration);
	if (!error)
		error = tables_make(queue, configuration->tables);
	if (!error)
		virtqueue_reset(queue);
	return error;
}

void virtqueue_free(struct virtqueue *queue)
{
	struct port *port = queue->port;

	if (!port)
		return;
	port_free(port, queue->chains);
	port_free(port, queue->next_free);
	port_free(port, queue->next_table);
	memory_free(queue, &queue->descriptors);
	memory_free(queue, &queue->driver);
	memory_free(queue, &queue->device);
	memory_free(queue, &queue->tables);
	memset(queue, 0, sizeof(*queue));
}

void virtqueue_reset(struct virtqueue *queue)
{
	uint32_t i;

	memory_clear(&queue->descriptors);
	memory_clear(&queue->driver);
	memory_clear(&queue->device);
	memset(queue->chains, 0, queue->size * sizeof(*queue->chains));
	for (i = 0; i < queue->size; i++)
		queue->next_free[i] = (uint16_t)(i + 1);
	queue->first_free = 0;
	queue->free = queue->size;
	queue->in_flight = 0;
	queue->next = 0;
	queue->wrap = true;
	queue->added = 0;
	queue->forgotten = 0;
	queue->first_table = 0;
	for (i = 0; i < queue->table_count; i++)
		queue->next_table[i] = (uint16_t)(i + 1);
	queue->tables_free = queue->table_count;
	queue->operations->reset(queue);
}

void virtqueue_describe(struct virtqueue *queue,
			struct virtio_mmio_queue *described)
{
	struct port *port = queue->port;

	described->size = queue->size;
	described->descriptors = port_physical(port, queue->descriptors.memory);
	described->driver = port_physical(port, queue->driver.memory);
	described->device = port_physical(port, queue->device.memory);
}

/* ---- Chains ---- */

void *virtqueue_table_take(struct virtqueue *queue, unsigned pieces,
			   struct virtqueue_chain *chain)
{
	uint16_t table = queue->first_table;

	chain->table = 0;
	if (pieces < 2 || pieces > queue->table_entries ||
	    queue->tables_free == 0)
		return NULL;
	queue->first_table = queue->next_table[table];
	queue->tables_free--;
	chain->table = (uint16_t)(table + 1);
	return queue->tables.memory +
	       (size_t)table * queue->table_entries * DESCRIPTOR_BYTES;
}

void virtqueue_chain_begin(struct virtqueue *queue,
			   struct virtqueue_chain *chain, uint32_t token,
			   unsigned entries)
{
	chain->token = token;
	chain->entries = (uint16_t)entries;
	chain->in_flight = true;
	queue->free -= entries;
	queue->in_flight++;
}

void virtqueue_chain_end(struct virtqueue *queue, struct virtqueue_chain *chain)
{
	uint16_t table;

	chain->in_flight = false;
	queue->free += chain->entries;
	queue->in_flight--;
	if (chain->table == 0)
		return;
	table = (uint16_t)(chain->table - 1);
	queue->next_table[table] = queue->first_table;
	queue->first_table = table;
	queue->tables_free++;
}

bool virtqueue_forget(struct virtqueue *queue, uint32_t *token)
{
	for (; queue->forgotten < queue->size; queue->forgotten++) {
		struct virtqueue_chain *chain =
			&queue->chains[queue->forgotten];

		if (!chain->in_flight)
			continue;
		*token = chain->token;
		virtqueue_chain_end(queue, chain);
		return true;
	}
	return false;
}

bool virtqueue_arm(struct virtqueue *queue)
{
	queue->operations->want_interrupt(queue, true);
	/* What came back before that was seen raises no interrupt. */
	shared_fence(queue->port);
	return !virtqueue_has_used(queue);
}
