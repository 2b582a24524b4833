/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The socket of vhost_user.h, its clients, and their doorbells.
 */
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mocks/machine/checker.h"
#include "mocks/virtio/vhost_user_internal.h"

/** How long a client may take for the rest of a message, in seconds. */
#define MESSAGE_PATIENCE 2

/**
 * Features that need the configuration space, or the control queue: the client
 * has these itself.
 */
#define FEATURES_OFF                                                           \
	(FEATURE(NET_CTRL_GUEST_OFFLOADS) | FEATURE(NET_MTU) |                 \
	 FEATURE(NET_MAC) | FEATURE(NET_STATUS) | FEATURE(NET_CTRL_VQ) |       \
	 FEATURE(NET_CTRL_RX) | FEATURE(NET_CTRL_VLAN) |                       \
	 FEATURE(NET_CTRL_RX_EXTRA) | FEATURE(NET_GUEST_ANNOUNCE) |            \
	 FEATURE(NET_MQ) | FEATURE(NET_CTRL_MAC_ADDR) |                        \
	 FEATURE(F_RING_RESET) | FEATURE(NET_SPEED_DUPLEX))

bool host_vhost_refuse(struct host_vhost_user *server, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(server->reason, sizeof(server->reason), format, arguments);
	va_end(arguments);
	return false;
}

/* ---- Clients ---- */

static void vring_forget(struct vhost_vring *vring)
{
	if (vring->kick >= 0)
		close(vring->kick);
	if (vring->call >= 0)
		close(vring->call);
	*vring = (struct vhost_vring){.kick = -1, .call = -1};
}

static void client_forget(struct host_vhost_user *server)
{
	unsigned n;

	host_virtio_reset(server->card);
	for (n = 0; n < VIRTIO_QUEUES_MAX; n++)
		vring_forget(&server->vrings[n]);
	host_vhost_memory_forget(server);
	server->features = server->protocol_features = 0;
	server->features_set = false;
	if (server->client >= 0)
		close(server->client);
	server->client = -1;
}

static void client_accept(struct host_vhost_user *server)
{
	struct timeval patience = {.tv_sec = MESSAGE_PATIENCE};
	int client = accept(server->listener, NULL, NULL);

	if (client < 0)
		return;
	setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
	setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience,
		   sizeof(patience));
	server->client = client;
	server->reason[0] = 0;
	server->counters.clients++;
}

/* ---- Messages ---- */

static void descriptors_take(struct vhost_message *message,
			     struct msghdr *received)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(received);

	for (; control; control = CMSG_NXTHDR(received, control)) {
		size_t bytes = control->cmsg_len - CMSG_LEN(0);

		if (control->cmsg_level != SOL_SOCKET ||
		    control->cmsg_type != SCM_RIGHTS)
			continue;
		message->descriptor_count = (unsigned)(bytes / sizeof(int));
		memcpy(message->descriptors, CMSG_DATA(control),
		       message->descriptor_count * sizeof(int));
	}
}

/** Read the header of a message, and the files that come with it. */
static ssize_t header_read(struct host_vhost_user *server,
			   struct vhost_message *message)
{
	union {
		struct cmsghdr aligned;
		char bytes[CMSG_SPACE(sizeof(int) * VHOST_REGIONS_MAX)];
	} control;
	struct iovec vector = {&message->header, sizeof(message->header)};
	struct msghdr received = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t bytes;

	do
		bytes = recvmsg(server->client, &received,
				MSG_CMSG_CLOEXEC | MSG_WAITALL);
	while (bytes < 0 && errno == EINTR);
	if (bytes > 0)
		descriptors_take(message, &received);
	if (bytes > 0 && received.msg_flags & MSG_CTRUNC) {
		host_vhost_refuse(server, "a message with too many files");
		return -1;
	}
	return bytes;
}

/** @return false: the client is gone, or it broke the protocol */
static bool message_read(struct host_vhost_user *server,
			 struct vhost_message *message)
{
	ssize_t bytes = header_read(server, message);
	uint32_t size = message->header.size;

	if (bytes <= 0)
		return false;
	if (bytes != (ssize_t)sizeof(message->header))
		return host_vhost_refuse(server, "a header is cut off");
	if ((message->header.flags & VHOST_VERSION_MASK) != VHOST_VERSION)
		return host_vhost_refuse(server, "request %u is of version %u",
					 message->header.request,
					 message->header.flags &
						 VHOST_VERSION_MASK);
	if (size > sizeof(message->payload))
		return host_vhost_refuse(server, "request %u has %u bytes",
					 message->header.request, size);
	if (size && recv(server->client, &message->payload, size,
			 MSG_WAITALL) != (ssize_t)size)
		return host_vhost_refuse(server, "request %u is cut off",
					 message->header.request);
	return true;
}

static bool reply_send(struct host_vhost_user *server,
		       const struct vhost_message *message, uint32_t bytes)
{
	struct {
		struct vhost_header header;
		union vhost_payload payload;
	} __attribute__((packed)) reply;
	size_t size = sizeof(reply.header) + bytes;

	reply.header = message->header;
	reply.header.flags = VHOST_VERSION | VHOST_REPLY;
	reply.header.size = bytes;
	reply.payload = message->payload;
	if (send(server->client, &reply, size, MSG_NOSIGNAL) == (ssize_t)size)
		return true;
	return host_vhost_refuse(server, "a reply cannot be sent");
}

/** Do what a message says and answer it. @return false: send him away */
static bool message_serve(struct host_vhost_user *server,
			  struct vhost_message *message)
{
	bool wants =
		message->header.flags & VHOST_NEED_REPLY &&
		server->protocol_features & FEATURE(VHOST_PROTOCOL_REPLY_ACK);
	uint32_t reply;
	bool good;

	server->counters.messages++;
	good = host_vhost_request(server, message, &reply);
	if (good && reply)
		return reply_send(server, message, reply);
	if (!wants)
		return good;
	message->payload.number = !good;
	return reply_send(server, message, sizeof(uint64_t)) && good;
}

static void client_serve(struct host_vhost_user *server)
{
	struct vhost_message message;
	bool stays;
	unsigned n;

	memset(&message, 0, sizeof(message));
	stays = message_read(server, &message) &&
		message_serve(server, &message);
	for (n = 0; n < message.descriptor_count; n++)
		if (message.descriptors[n] >= 0)
			close(message.descriptors[n]);
	if (!stays)
		client_forget(server);
}

/* ---- Doorbells ---- */

static void told(void *context, unsigned queue)
{
	struct host_vhost_user *server = context;

	if (server->vrings[queue].call < 0)
		return;
	server->counters.calls++;
	/* If it is full, whoever waits for it is awake. */
	(void)!eventfd_write(server->vrings[queue].call, 1);
}

void host_vhost_user_work(struct host_vhost_user *server)
{
	unsigned n;

	machine_work_drain(server->machine);
	/*
	 * The client is another processor: what it made available before it
	 * could see that it is to ring, is found by one more look.
	 */
	atomic_thread_fence(memory_order_seq_cst);
	for (n = 0; n < server->card->queue_count; n++)
		if (server->card->queues[n].live)
			machine_work_kick(server->machine,
					  &server->card->queues[n].work);
	machine_work_drain(server->machine);
}

static void kick_serve(struct host_vhost_user *server, int descriptor)
{
	eventfd_t value;
	unsigned n;

	for (n = 0; n < server->card->queue_count; n++) {
		if (server->vrings[n].kick != descriptor)
			continue;
		if (eventfd_read(descriptor, &value) < 0) {
			/* No doorbell: it would be looked at for ever. */
			close(descriptor);
			server->vrings[n].kick = -1;
			continue;
		}
		server->counters.kicks++;
		if (server->card->queues[n].live)
			host_virtqueue_notify(server->card, n);
	}
}

/* ---- Serving ---- */

size_t host_vhost_user_wait_for(const struct host_vhost_user *server,
				struct pollfd *descriptors)
{
	size_t count = 0;
	unsigned n;

	if (server->client < 0) {
		descriptors[count++] =
			(struct pollfd){server->listener, POLLIN, 0};
		return count;
	}
	descriptors[count++] = (struct pollfd){server->client, POLLIN, 0};
	for (n = 0; n < VIRTIO_QUEUES_MAX; n++)
		if (server->vrings[n].kick >= 0)
			descriptors[count++] =
				(struct pollfd){server->vrings[n].kick, POLLIN,
						0};
	return count;
}

void host_vhost_user_serve(struct host_vhost_user *server,
			   const struct pollfd *descriptors, size_t count)
{
	bool message = false;
	size_t n;

	for (n = 0; n < count; n++) {
		if (!descriptors[n].revents)
			continue;
		if (server->client < 0)
			client_accept(server);
		else if (descriptors[n].fd == server->client)
			message = true;
		else
			kick_serve(server, descriptors[n].fd);
	}
	/* Last, for it may close the others. */
	if (message)
		client_serve(server);
	host_vhost_user_work(server);
}

bool host_vhost_user_has_client(const struct host_vhost_user *server)
{
	return server->client >= 0;
}

bool host_vhost_user_is_ready(const struct host_vhost_user *server)
{
	return host_virtqueue_works(&server->card->queues[0]) &&
	       host_virtqueue_works(&server->card->queues[1]);
}

uint32_t host_vhost_user_room(const struct host_vhost_user *server)
{
	uint32_t receive = server->card->queues[0].size;
	uint32_t transmit = server->card->queues[1].size;

	if (!host_vhost_user_is_ready(server))
		return 0;
	return receive < transmit ? receive : transmit;
}

const char *host_vhost_user_reason(const struct host_vhost_user *server)
{
	return server->reason;
}

struct host_virtio *host_vhost_user_card(const struct host_vhost_user *server)
{
	return server->card;
}

void host_vhost_user_counters(const struct host_vhost_user *server,
			      struct host_vhost_user_counters *counters)
{
	*counters = server->counters;
}

/* ---- Life ---- */

/** Bind and listen. @return the socket, or -1 with one sentence */
static int socket_open(const char *path, char *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener;

	if (strlen(path) >= sizeof(address.sun_path)) {
		snprintf(error, HOST_VHOST_USER_ERROR_MAX,
			 "%.256s: the path of a socket has at most %zu bytes",
			 path, sizeof(address.sun_path) - 1);
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path));
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0) {
		snprintf(error, HOST_VHOST_USER_ERROR_MAX,
			 "%.256s: cannot make the socket: %s", path,
			 errno == EADDRINUSE ? "there is something already"
					     : strerror(errno));
		if (listener >= 0)
			close(listener);
		return -1;
	}
	if (listen(listener, 1) == 0)
		return listener;
	snprintf(error, HOST_VHOST_USER_ERROR_MAX, "%.256s: cannot listen: %s",
		 path, strerror(errno));
	close(listener);
	unlink(path);
	return -1;
}

struct host_vhost_user *host_vhost_user_create(struct machine *machine,
					       struct wire *wire,
					       const char *path, char *error)
{
	struct host_vhost_user *server = calloc(1, sizeof(*server));
	const struct host_virtio_configuration configuration = {
		.personality = virtio_personality_find("strict"),
		.features_off = FEATURES_OFF,
		.queue_size_max = VIRTIO_QUEUE_MAX,
		.pairs = 1,
		.told = told,
		.context = server,
	};
	unsigned n;

	snprintf(error, HOST_VHOST_USER_ERROR_MAX, "out of memory");
	if (!server)
		return NULL;
	server->machine = machine;
	server->listener = server->client = -1;
	for (n = 0; n < VIRTIO_QUEUES_MAX; n++)
		server->vrings[n].kick = server->vrings[n].call = -1;
	for (n = 0; n < MACHINE_CHECKERS; n++)
		machine_checker_off(machine, n);
	server->path = strdup(path);
	server->card = host_virtio_create(machine, &configuration, wire);
	if (server->path && server->card)
		server->listener = socket_open(path, error);
	if (server->listener >= 0)
		return server;
	free(server->path);
	server->path = NULL;
	host_vhost_user_destroy(server);
	return NULL;
}

void host_vhost_user_destroy(struct host_vhost_user *server)
{
	if (!server)
		return;
	if (server->card) {
		client_forget(server);
		host_virtio_destroy(server->card);
	}
	if (server->listener >= 0)
		close(server->listener);
	if (server->path)
		unlink(server->path);
	free(server->path);
	free(server);
}
