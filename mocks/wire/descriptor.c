/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wires that are a file descriptor: a socket to another process, or a TAP
 * interface of Linux (Documentation/networking/tuntap.rst).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mocks/wire/wire.h"

#define FRAME_MAX  65536u
/** Frames that are read in one go. */
#define SERVE_MOST 64u

struct wire_descriptor {
	struct wire wire;
	int descriptor;
	/** The other end is gone: nothing is to be waited for. */
	bool is_over;
	uint8_t frame[FRAME_MAX];
};

static void descriptor_transmit(struct wire *wire,
				const struct wire_frame *frame)
{
	struct wire_descriptor *end = (struct wire_descriptor *)wire;

	/* As on a real wire: what the other end does not take is lost. */
	if (write(end->descriptor, frame->data, frame->length) < 0)
		return;
}

static size_t descriptor_wait_for(struct wire *wire, struct pollfd *descriptors,
				  size_t most, int *milliseconds)
{
	struct wire_descriptor *end = (struct wire_descriptor *)wire;

	(void)milliseconds;
	if (!most || end->is_over)
		return 0;
	descriptors[0].fd = end->descriptor;
	descriptors[0].events = POLLIN;
	descriptors[0].revents = 0;
	return 1;
}

static void descriptor_serve(struct wire *wire, struct pollfd *descriptors,
			     size_t count)
{
	struct wire_descriptor *end = (struct wire_descriptor *)wire;
	unsigned left = SERVE_MOST;
	struct wire_frame frame;
	ssize_t bytes;

	(void)descriptors;
	(void)count;
	while (left--) {
		bytes = read(end->descriptor, end->frame, sizeof(end->frame));
		if (bytes == 0)
			end->is_over = true;
		if (bytes <= 0)
			return;
		frame.data = end->frame;
		frame.length = (uint32_t)bytes;
		wire_deliver(wire, &frame);
	}
}

static void descriptor_destroy(struct wire *wire)
{
	struct wire_descriptor *end = (struct wire_descriptor *)wire;

	close(end->descriptor);
	free(end);
}

struct wire *wire_descriptor_create(int descriptor)
{
	static const struct wire_operations operations = {
		.transmit = descriptor_transmit,
		.destroy = descriptor_destroy,
		.wait_for = descriptor_wait_for,
		.serve = descriptor_serve,
	};
	struct wire_descriptor *end = calloc(1, sizeof(*end));
	int flags = fcntl(descriptor, F_GETFL);

	if (!end || flags < 0 ||
	    fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0) {
		free(end);
		return NULL;
	}
	end->wire.operations = &operations;
	end->descriptor = descriptor;
	return &end->wire;
}

struct wire *wire_device_create(const char *name, char *error)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	struct wire *wire = NULL;
	int descriptor;

	if (!*name || strlen(name) >= sizeof(request.ifr_name)) {
		snprintf(error, WIRE_ERROR_MAX,
			 "'%.64s' is no name of a TAP interface: 1 to %zu "
			 "characters",
			 name, sizeof(request.ifr_name) - 1);
		return NULL;
	}
	descriptor = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (descriptor < 0) {
		snprintf(error, WIRE_ERROR_MAX,
			 "cannot open /dev/net/tun for the TAP interface '%s': "
			 "%s",
			 name, strerror(errno));
		return NULL;
	}
	memcpy(request.ifr_name, name, strlen(name) + 1);
	if (ioctl(descriptor, TUNSETIFF, &request) == 0)
		wire = wire_descriptor_create(descriptor);
	if (!wire) {
		snprintf(error, WIRE_ERROR_MAX,
			 "cannot open the TAP interface '%s': %s", name,
			 strerror(errno));
		close(descriptor);
	}
	return wire;
}
