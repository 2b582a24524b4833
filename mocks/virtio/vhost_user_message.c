/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests of a client, in the order in which they come: who it is, what is
 * agreed on, its memory, its queues.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mocks/virtio/vhost_user_internal.h"

#define PROTOCOL_FEATURES                                                      \
	(FEATURE(VHOST_PROTOCOL_MQ) | FEATURE(VHOST_PROTOCOL_REPLY_ACK))

/** Features that are the device's; the client has the rest of the transport. */
static uint64_t features(const struct host_vhost_user *server)
{
	return server->card->offered | FEATURE(VHOST_F_PROTOCOL_FEATURES);
}

static bool features_set(struct host_vhost_user *server, uint64_t wanted)
{
	uint64_t beyond = wanted & ~features(server);
	const char *dependency = host_virtio_net_dependency(wanted);
	unsigned n;

	if (beyond)
		return host_vhost_refuse(server,
					 "features 0x%llx are accepted, which "
					 "are not offered",
					 (unsigned long long)beyond);
	if (dependency)
		return host_vhost_refuse(server, "features: %s", dependency);
	for (n = 0; n < VIRTIO_QUEUES_MAX; n++)
		host_vhost_vring_stop(server, n);
	server->features = wanted;
	server->features_set = true;
	server->card->active = false;
	/* Without that feature queues need not be enabled. */
	for (n = 0; n < VIRTIO_QUEUES_MAX; n++) {
		if (!(wanted & FEATURE(VHOST_F_PROTOCOL_FEATURES)))
			server->vrings[n].enabled = true;
		if (!host_vhost_vring_start(server, n))
			return false;
	}
	return true;
}

/** The queue that a request is about, or NULL. */
static struct vhost_vring *vring_of(struct host_vhost_user *server,
				    uint32_t index)
{
	if (index < server->card->queue_count)
		return &server->vrings[index];
	host_vhost_refuse(server, "there is no queue %u, there are %u", index,
			  server->card->queue_count);
	return NULL;
}

static void replace(int *descriptor, int with)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = with;
}

/**
 * A file descriptor for a queue: its doorbell, or how it is told.
 * @param which the one that is replaced; NULL: none of ours
 */
static bool descriptor_set(struct host_vhost_user *server,
			   struct vhost_message *message, bool is_kick)
{
	uint32_t index = message->payload.number & VHOST_VRING_INDEX;
	struct vhost_vring *vring = vring_of(server, index);
	int descriptor = -1;

	if (!vring)
		return false;
	if (!(message->payload.number & VHOST_VRING_NO_FD)) {
		if (message->descriptor_count != 1)
			return host_vhost_refuse(server,
						 "queue %u: a file was to come "
						 "with request %u",
						 index,
						 message->header.request);
		descriptor = message->descriptors[0];
		/* A client could have us wait in it: full, or emptied first. */
		if (fcntl(descriptor, F_SETFL, O_NONBLOCK) < 0)
			return host_vhost_refuse(server,
						 "queue %u: a file that can "
						 "make one wait",
						 index);
		message->descriptors[0] = -1;
	}
	if (!is_kick) {
		replace(&vring->call, descriptor);
		return true;
	}
	replace(&vring->kick, descriptor);
	vring->kicked = true;
	return host_vhost_vring_start(server, index);
}

/** Requests about one queue. */
static bool vring_request(struct host_vhost_user *server,
			  struct vhost_message *message, uint32_t *reply)
{
	struct vhost_vring_state *state = &message->payload.state;
	struct vhost_vring *vring = vring_of(server, state->index);

	if (!vring)
		return false;
	switch (message->header.request) {
	case VHOST_SET_VRING_NUM:
		vring->size = state->number;
		return true;
	case VHOST_SET_VRING_ADDR:
		host_vhost_vring_stop(server, state->index);
		vring->address = message->payload.address;
		vring->placed = true;
		break;
	case VHOST_SET_VRING_BASE:
		vring->base = state->number;
		return true;
	case VHOST_GET_VRING_BASE:
		host_vhost_vring_stop(server, state->index);
		replace(&vring->kick, -1);
		replace(&vring->call, -1);
		vring->kicked = false;
		state->number = vring->base;
		*reply = sizeof(*state);
		return true;
	default:
		vring->enabled = state->number;
		if (!vring->enabled)
			host_vhost_vring_stop(server, state->index);
		break;
	}
	return host_vhost_vring_start(server, state->index);
}

/** Bytes of the payload that a request cannot do without. */
static uint32_t payload_least(uint32_t request)
{
	switch (request) {
	case VHOST_SET_VRING_NUM:
	case VHOST_SET_VRING_BASE:
	case VHOST_GET_VRING_BASE:
	case VHOST_SET_VRING_ENABLE:
		return sizeof(struct vhost_vring_state);
	case VHOST_SET_VRING_ADDR:
		return sizeof(struct vhost_vring_address);
	case VHOST_SET_FEATURES:
	case VHOST_SET_PROTOCOL_FEATURES:
	case VHOST_SET_MEM_TABLE:
	case VHOST_SET_VRING_KICK:
	case VHOST_SET_VRING_CALL:
	case VHOST_SET_VRING_ERR:
		return sizeof(uint64_t);
	default:
		return 0;
	}
}

static bool answer(struct vhost_message *message, uint64_t number,
		   uint32_t *reply)
{
	message->payload.number = number;
	*reply = sizeof(number);
	return true;
}

bool host_vhost_request(struct host_vhost_user *server,
			struct vhost_message *message, uint32_t *reply)
{
	uint32_t request = message->header.request;
	uint64_t beyond;

	*reply = 0;
	if (message->header.size < payload_least(request))
		return host_vhost_refuse(server, "request %u has %u bytes",
					 request, message->header.size);
	switch (request) {
	case VHOST_GET_FEATURES:
		return answer(message, features(server), reply);
	case VHOST_SET_FEATURES:
		return features_set(server, message->payload.number);
	case VHOST_SET_OWNER:
	case VHOST_RESET_OWNER:
		return true;
	case VHOST_GET_PROTOCOL_FEATURES:
		return answer(message, PROTOCOL_FEATURES, reply);
	case VHOST_SET_PROTOCOL_FEATURES:
		beyond = message->payload.number & ~PROTOCOL_FEATURES;
		if (beyond)
			return host_vhost_refuse(
				server,
				"protocol features 0x%llx are not offered",
				(unsigned long long)beyond);
		server->protocol_features = message->payload.number;
		return true;
	case VHOST_GET_QUEUE_NUM:
		return answer(message, server->card->pairs_max, reply);
	case VHOST_SET_MEM_TABLE:
		return host_vhost_memory_set(server, message);
	case VHOST_SET_VRING_KICK:
		return descriptor_set(server, message, true);
	case VHOST_SET_VRING_CALL:
		return descriptor_set(server, message, false);
	case VHOST_SET_VRING_ERR:
		/* Nothing is said there. */
		return true;
	case VHOST_SET_VRING_NUM:
	case VHOST_SET_VRING_ADDR:
	case VHOST_SET_VRING_BASE:
	case VHOST_GET_VRING_BASE:
	case VHOST_SET_VRING_ENABLE:
		return vring_request(server, message, reply);
	default:
		return host_vhost_refuse(server, "request %u is not known",
					 request);
	}
}
