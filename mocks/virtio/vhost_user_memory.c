/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory that a client shares, and the queues that it places there.
 *
 * A queue's parts come as addresses of the client's own; what the queues say is
 * in the guest's physical addresses. Where both are, the memory table tells.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <string.h>
#include <unistd.h>

#include "mocks/virtio/vhost_user_internal.h"

#define BASE_INDEX 0x7fffu
#define BASE_WRAP  0x8000u

/* ---- Memory ---- */

void host_vhost_memory_forget(struct host_vhost_user *server)
{
	while (server->mapping_count) {
		struct vhost_mapping *mapping =
			&server->mappings[--server->mapping_count];

		machine_memory_detach(server->machine, &mapping->memory);
		munmap(mapping->mapped, mapping->mapped_bytes);
	}
}

/** Whether a region is one, and the file has all of it. */
static bool region_check(struct host_vhost_user *server,
			 const struct vhost_region *region, int descriptor)
{
	struct stat status;

	if (!region->bytes ||
	    region->physical + region->bytes - 1 < region->physical ||
	    region->user + region->bytes - 1 < region->user ||
	    region->offset > INT64_MAX || region->bytes > INT64_MAX ||
	    region->offset % MACHINE_PAGE_SIZE)
		return host_vhost_refuse(server,
					 "a region of memory: 0x%llx bytes at "
					 "0x%llx, from 0x%llx of its file, is "
					 "none",
					 (unsigned long long)region->bytes,
					 (unsigned long long)region->physical,
					 (unsigned long long)region->offset);
	if (fstat(descriptor, &status) < 0 || status.st_size < 0 ||
	    (uint64_t)status.st_size < region->offset + region->bytes)
		return host_vhost_refuse(
			server, "a region of memory is longer than its file");
	return true;
}

static bool region_map(struct host_vhost_user *server,
		       const struct vhost_region *region, int descriptor)
{
	struct vhost_mapping *mapping =
		&server->mappings[server->mapping_count];
	void *mapped;

	if (!region_check(server, region, descriptor))
		return false;
	mapped = mmap(NULL, (size_t)region->bytes, PROT_READ | PROT_WRITE,
		      MAP_SHARED, descriptor, (off_t)region->offset);
	if (mapped == MAP_FAILED)
		return host_vhost_refuse(server,
					 "a region of memory cannot be mapped");
	*mapping = (struct vhost_mapping){
		.memory.physical = region->physical,
		.memory.bytes = region->bytes,
		.memory.memory = mapped,
		.user = region->user,
		.mapped = mapped,
		.mapped_bytes = (size_t)region->bytes,
	};
	machine_memory_attach(server->machine, &mapping->memory);
	server->mapping_count++;
	return true;
}

bool host_vhost_memory_set(struct host_vhost_user *server,
			   struct vhost_message *message)
{
	const struct vhost_memory *table = &message->payload.memory;
	uint32_t expected = 8, n;

	if (table->count > VHOST_REGIONS_MAX ||
	    table->count != message->descriptor_count)
		return host_vhost_refuse(server,
					 "a memory table of %u regions with %u "
					 "files",
					 table->count,
					 message->descriptor_count);
	expected += table->count * (uint32_t)sizeof(table->regions[0]);
	if (message->header.size < expected)
		return host_vhost_refuse(server,
					 "a memory table of %u regions in %u "
					 "bytes",
					 table->count, message->header.size);
	for (n = 0; n < VIRTIO_QUEUES_MAX; n++)
		host_vhost_vring_stop(server, n);
	host_vhost_memory_forget(server);
	for (n = 0; n < table->count; n++)
		if (!region_map(server, &table->regions[n],
				message->descriptors[n]))
			return false;
	for (n = 0; n < VIRTIO_QUEUES_MAX; n++)
		if (!host_vhost_vring_start(server, n))
			return false;
	return true;
}

/** The guest's physical address of one of the client's own. */
static bool translate(const struct host_vhost_user *server, uint64_t user,
		      uint64_t *physical)
{
	unsigned n;

	for (n = 0; n < server->mapping_count; n++) {
		const struct vhost_mapping *mapping = &server->mappings[n];

		if (user - mapping->user >= mapping->memory.bytes)
			continue;
		*physical = mapping->memory.physical + (user - mapping->user);
		return true;
	}
	return false;
}

/* ---- Queues ---- */

static bool is_packed(const struct host_vhost_user *server)
{
	return server->features & FEATURE(F_RING_PACKED);
}

/** Where the device goes on, out of the protocol's number. */
static void base_put(const struct host_vhost_user *server,
		     struct virtio_queue *queue, uint32_t base)
{
	if (!is_packed(server)) {
		queue->available = queue->used = (uint16_t)base;
	} else {
		queue->available = queue->used = base & BASE_INDEX;
		queue->available_wrap = queue->used_wrap = base & BASE_WRAP;
	}
	queue->signalled = queue->used;
}

/*
 * What the device has taken and not used, it takes again: it uses buffers in
 * their order.
 */
static uint32_t base_get(const struct host_vhost_user *server,
			 const struct virtio_queue *queue)
{
	if (!is_packed(server))
		return queue->used;
	return queue->used | (queue->used_wrap ? BASE_WRAP : 0);
}

/** The driver is there: what it agreed to, and that it is ready. */
static void card_activate(struct host_vhost_user *server)
{
	struct host_virtio *card = server->card;

	if (card->active)
		return;
	card->accepted = server->features & card->offered;
	card->status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_DRIVER_OK |
		       STATUS_FEATURES_OK;
	card->active = true;
	host_virtio_net_features_set(card);
}

bool host_vhost_vring_start(struct host_vhost_user *server, unsigned index)
{
	struct vhost_vring *vring = &server->vrings[index];
	struct virtio_queue *queue = &server->card->queues[index];
	const char *fault;

	if (queue->live || !server->features_set || !vring->enabled ||
	    !vring->kicked || !vring->placed || !vring->size)
		return true;
	if (!translate(server, vring->address.descriptors,
		       &queue->descriptors) ||
	    !translate(server, vring->address.available, &queue->driver_area) ||
	    !translate(server, vring->address.used, &queue->device_area))
		return host_vhost_refuse(server,
					 "queue %u lies in no region of memory",
					 index);
	card_activate(server);
	queue->size = vring->size;
	queue->ready = true;
	fault = host_virtqueue_start(queue);
	if (fault)
		return host_vhost_refuse(server, "queue %u %s", index, fault);
	base_put(server, queue, vring->base);
	machine_work_kick(server->machine, &queue->work);
	return true;
}

void host_vhost_vring_stop(struct host_vhost_user *server, unsigned index)
{
	struct virtio_queue *queue = &server->card->queues[index];

	if (!queue->live)
		return;
	server->vrings[index].base = base_get(server, queue);
	host_virtqueue_stop(queue);
}
