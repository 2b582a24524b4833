/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtio network card for a driver in another process: a server of the
 * vhost-user protocol on a Unix socket.
 *
 * The client (DPDK's net_virtio_user, QEMU) shares its memory and places its
 * queues there; the card works on them as on those of a simulated guest, and
 * names the rules that the client breaks in the same way. One client at a time.
 */
#ifndef MOCKS_VIRTIO_VHOST_USER_H
#define MOCKS_VIRTIO_VHOST_USER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mocks/virtio/virtio.h"

#define HOST_VHOST_USER_ERROR_MAX   512u
/** The socket, the client, and a doorbell for each queue. */
#define HOST_VHOST_USER_DESCRIPTORS 35u

struct host_vhost_user;

struct host_vhost_user_counters {
	uint64_t clients, messages, kicks, calls;
};

/**
 * Listen on a socket, which is removed again with the server.
 *
 * @param machine has no guest; its checkers are off
 * @param wire what the card is plugged into
 * @param error room for HOST_VHOST_USER_ERROR_MAX: on failure one sentence
 */
struct host_vhost_user *host_vhost_user_create(struct machine *machine,
					       struct wire *wire,
					       const char *path, char *error);
void host_vhost_user_destroy(struct host_vhost_user *server);

/** What poll() is to wait for: at most HOST_VHOST_USER_DESCRIPTORS. */
size_t host_vhost_user_wait_for(const struct host_vhost_user *server,
				struct pollfd *descriptors);
/** After poll(): do what there is to do. */
void host_vhost_user_serve(struct host_vhost_user *server,
			   const struct pollfd *descriptors, size_t count);
/** Frames were handed to the card from outside: have them delivered. */
void host_vhost_user_work(struct host_vhost_user *server);

/** A client is there, and its first pair of queues works. */
bool host_vhost_user_is_ready(const struct host_vhost_user *server);
/** How many entries the smaller queue of the first pair has; 0: not ready. */
uint32_t host_vhost_user_room(const struct host_vhost_user *server);
/** A client is there. */
bool host_vhost_user_has_client(const struct host_vhost_user *server);
/** Why the last client was sent away; "" if it went by itself. */
const char *host_vhost_user_reason(const struct host_vhost_user *server);

struct host_virtio *host_vhost_user_card(const struct host_vhost_user *server);
void host_vhost_user_counters(const struct host_vhost_user *server,
			      struct host_vhost_user_counters *counters);

#endif /* MOCKS_VIRTIO_VHOST_USER_H */
