/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server of vhost_user.h inside:
 *
 *	vhost_user.c		the socket, its clients, doorbells
 *	vhost_user_message.c	requests, in the order in which they come
 *	vhost_user_memory.c	the client's memory and queues
 */
#ifndef MOCKS_VIRTIO_VHOST_USER_INTERNAL_H
#define MOCKS_VIRTIO_VHOST_USER_INTERNAL_H

#include "mocks/virtio/vhost_user.h"
#include "mocks/virtio/vhost_user_wire.h"
#include "mocks/virtio/virtio_internal.h"

struct vhost_mapping {
	struct machine_memory memory;
	/** Where the client itself has it. */
	uint64_t user;
	void *mapped;
	size_t mapped_bytes;
};

/** A queue, as far as it is known. */
struct vhost_vring {
	int kick, call;
	bool kicked, enabled, placed;
	uint32_t size;
	/** Where the device goes on, in the form of the protocol. */
	uint32_t base;
	struct vhost_vring_address address;
};

struct host_vhost_user {
	struct machine *machine;
	struct host_virtio *card;
	char *path;
	int listener, client;
	uint64_t features, protocol_features;
	bool features_set;
	struct vhost_mapping mappings[VHOST_REGIONS_MAX];
	unsigned mapping_count;
	struct vhost_vring vrings[VIRTIO_QUEUES_MAX];
	char reason[HOST_VHOST_USER_ERROR_MAX];
	struct host_vhost_user_counters counters;
};

/** A request with what came with it. Descriptors that are taken become -1. */
struct vhost_message {
	struct vhost_header header;
	union vhost_payload payload;
	int descriptors[VHOST_REGIONS_MAX];
	unsigned descriptor_count;
};

/** The client broke the protocol. @return false */
bool host_vhost_refuse(struct host_vhost_user *server, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- vhost_user_message.c ---- */

/**
 * Do what a request says.
 * @param reply bytes of the payload that go back, 0: none
 * @return false: it cannot be done, and the reason is set
 */
bool host_vhost_request(struct host_vhost_user *server,
			struct vhost_message *message, uint32_t *reply);

/* ---- vhost_user_memory.c ---- */

/** Map the memory of a table; queues that work go on in it. */
bool host_vhost_memory_set(struct host_vhost_user *server,
			   struct vhost_message *message);
void host_vhost_memory_forget(struct host_vhost_user *server);
/** Start a queue if all of it is known. @return false: it cannot be right */
bool host_vhost_vring_start(struct host_vhost_user *server, unsigned index);
/** Stop a queue; where it stands is its base from now on. */
void host_vhost_vring_stop(struct host_vhost_user *server, unsigned index);

#endif /* MOCKS_VIRTIO_VHOST_USER_INTERNAL_H */
