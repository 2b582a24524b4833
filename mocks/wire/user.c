/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network in user mode: libslirp ends the guest's connections and makes them
 * anew as sockets of this process.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <slirp/libslirp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#include "mocks/wire/wire.h"

#define NANOSECONDS	  1000000000ll
#define MILLISECOND	  1000000ll
/** Sockets at first: one for each forward, and slirp's own. */
#define DESCRIPTORS_FIRST 64

struct user_timer {
	struct user_timer *next;
	SlirpTimerCb function;
	void *argument;
	/** Milliseconds of the clock, or negative: not set. */
	int64_t due;
};

struct wire_user {
	struct wire wire;
	Slirp *slirp;
	struct user_timer *timers;
	/* Where wait_for() and serve() meet slirp's callbacks. */
	struct pollfd *descriptors;
	size_t count, most;
};

/* ---- What slirp asks for ---- */

static ssize_t user_send(const void *data, size_t bytes, void *context)
{
	struct wire_user *user = context;
	struct wire_frame frame = {data, (uint32_t)bytes};

	wire_deliver(&user->wire, &frame);
	return (ssize_t)bytes;
}

/** What slirp thinks of the guest's frames is dropped like these. */
static void user_error(const char *text, void *context)
{
	(void)text;
	(void)context;
}

static int64_t user_time(void *context)
{
	struct timespec now;

	(void)context;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NANOSECONDS + now.tv_nsec;
}

static void *user_timer_new(SlirpTimerCb function, void *argument,
			    void *context)
{
	struct wire_user *user = context;
	struct user_timer *timer = calloc(1, sizeof(*timer));

	if (!timer)
		abort();
	timer->function = function;
	timer->argument = argument;
	timer->due = -1;
	timer->next = user->timers;
	user->timers = timer;
	return timer;
}

static void user_timer_free(void *timer, void *context)
{
	struct wire_user *user = context;
	struct user_timer **link = &user->timers;

	while (*link && *link != timer)
		link = &(*link)->next;
	if (*link)
		*link = (*link)->next;
	free(timer);
}

static void user_timer_set(void *timer, int64_t due, void *context)
{
	(void)context;
	((struct user_timer *)timer)->due = due;
}

static void user_descriptor(int descriptor, void *context)
{
	(void)descriptor;
	(void)context;
}

static void user_notify(void *context)
{
	(void)context;
}

/* ---- The host's loop ---- */

static int user_add(int descriptor, int events, void *context)
{
	struct wire_user *user = context;
	struct pollfd *slot = &user->descriptors[user->count];

	if (user->count == user->most)
		return -1;
	slot->fd = descriptor;
	slot->events = 0;
	slot->revents = 0;
	if (events & SLIRP_POLL_IN)
		slot->events |= POLLIN;
	if (events & SLIRP_POLL_OUT)
		slot->events |= POLLOUT;
	if (events & SLIRP_POLL_PRI)
		slot->events |= POLLPRI;
	return (int)user->count++;
}

static int user_events(int index, void *context)
{
	struct wire_user *user = context;
	int events = 0;
	short got;

	if (index < 0 || (size_t)index >= user->count)
		return 0;
	got = user->descriptors[index].revents;
	if (got & POLLIN)
		events |= SLIRP_POLL_IN;
	if (got & POLLOUT)
		events |= SLIRP_POLL_OUT;
	if (got & POLLPRI)
		events |= SLIRP_POLL_PRI;
	if (got & POLLERR)
		events |= SLIRP_POLL_ERR;
	if (got & POLLHUP)
		events |= SLIRP_POLL_HUP;
	return events;
}

static size_t user_wait_for(struct wire *wire, struct pollfd *descriptors,
			    size_t most, int *milliseconds)
{
	struct wire_user *user = (struct wire_user *)wire;
	uint32_t timeout = (uint32_t)*milliseconds;
	int64_t now = user_time(user) / MILLISECOND;
	const struct user_timer *timer;

	user->descriptors = descriptors;
	user->count = 0;
	user->most = most;
	slirp_pollfds_fill(user->slirp, &timeout, user_add, user);
	for (timer = user->timers; timer; timer = timer->next)
		if (timer->due >= 0 && timer->due < now + (int64_t)timeout)
			timeout = timer->due > now
					  ? (uint32_t)(timer->due - now)
					  : 0;
	*milliseconds = (int)timeout;
	return user->count;
}

static void user_serve(struct wire *wire, struct pollfd *descriptors,
		       size_t count)
{
	struct wire_user *user = (struct wire_user *)wire;
	int64_t now = user_time(user) / MILLISECOND;
	struct user_timer *timer, *next;

	user->descriptors = descriptors;
	user->count = count;
	slirp_pollfds_poll(user->slirp, 0, user_events, user);
	for (timer = user->timers; timer; timer = next) {
		next = timer->next;
		if (timer->due < 0 || timer->due > now)
			continue;
		timer->due = -1;
		timer->function(timer->argument);
	}
}

/* ---- Life ---- */

static void user_transmit(struct wire *wire, const struct wire_frame *frame)
{
	struct wire_user *user = (struct wire_user *)wire;

	slirp_input(user->slirp, frame->data, (int)frame->length);
}

static void user_destroy(struct wire *wire)
{
	struct wire_user *user = (struct wire_user *)wire;

	if (user->slirp)
		slirp_cleanup(user->slirp);
	while (user->timers)
		user_timer_free(user->timers, user);
	free(user);
}

static Slirp *user_slirp(struct wire_user *user, uint16_t mtu)
{
	static const SlirpCb callbacks = {
		.send_packet = user_send,
		.guest_error = user_error,
		.clock_get_ns = user_time,
		.timer_new = user_timer_new,
		.timer_free = user_timer_free,
		.timer_mod = user_timer_set,
		.register_poll_fd = user_descriptor,
		.unregister_poll_fd = user_descriptor,
		.notify = user_notify,
	};
	SlirpConfig configuration = {
		.version = 1,
		.in_enabled = true,
		.in6_enabled = true,
		.vprefix_len = 64,
		.if_mtu = mtu,
		.if_mru = mtu,
	};

	inet_pton(AF_INET, "10.0.2.0", &configuration.vnetwork);
	inet_pton(AF_INET, "255.255.255.0", &configuration.vnetmask);
	inet_pton(AF_INET, "10.0.2.2", &configuration.vhost);
	inet_pton(AF_INET, "10.0.2.100", &configuration.vdhcp_start);
	inet_pton(AF_INET, "10.0.2.3", &configuration.vnameserver);
	inet_pton(AF_INET6, "fec0::", &configuration.vprefix_addr6);
	inet_pton(AF_INET6, "fec0::2", &configuration.vhost6);
	inet_pton(AF_INET6, "fec0::3", &configuration.vnameserver6);
	return slirp_new(&configuration, &callbacks, user);
}

/**
 * slirp listens with a backlog of 1, and of connections that come at once most
 * would wait for the kernel to try again: listen anew with a longer one.
 */
static void user_lengthen(struct wire_user *user)
{
	struct pollfd descriptors[DESCRIPTORS_FIRST];
	int milliseconds = 0, listens;
	socklen_t bytes;
	size_t count, i;

	count = user_wait_for(&user->wire, descriptors, DESCRIPTORS_FIRST,
			      &milliseconds);
	for (i = 0; i < count; i++) {
		bytes = sizeof(listens);
		if (getsockopt(descriptors[i].fd, SOL_SOCKET, SO_ACCEPTCONN,
			       &listens, &bytes) == 0 &&
		    listens)
			listen(descriptors[i].fd, SOMAXCONN);
	}
}

struct wire *wire_user_create(uint32_t guest, uint16_t mtu,
			      const struct wire_forward forwards[],
			      size_t forward_count, char *error)
{
	static const struct wire_operations operations = {
		.transmit = user_transmit,
		.destroy = user_destroy,
		.wait_for = user_wait_for,
		.serve = user_serve,
	};
	struct wire_user *user = calloc(1, sizeof(*user));
	struct in_addr outside = {htonl(INADDR_LOOPBACK)};
	struct in_addr inside = {guest};
	size_t i;

	snprintf(error, WIRE_ERROR_MAX, "cannot make a user-mode network");
	if (!user)
		return NULL;
	user->wire.operations = &operations;
	user->slirp = user_slirp(user, mtu);
	for (i = 0; user->slirp && i < forward_count; i++)
		if (slirp_add_hostfwd(user->slirp, 0, outside, forwards[i].host,
				      inside, forwards[i].guest) < 0) {
			snprintf(error, WIRE_ERROR_MAX,
				 "cannot listen on 127.0.0.1 port %u: %s",
				 forwards[i].host, strerror(errno));
			break;
		}
	if (user->slirp && i == forward_count) {
		user_lengthen(user);
		return &user->wire;
	}
	user_destroy(&user->wire);
	return NULL;
}
