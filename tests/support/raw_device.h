/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device that does nothing and remembers what happened to it, and the running
 * of a raw guest under every schedule, for tests of the VMBus server (CMocka).
 */
#ifndef TESTS_SUPPORT_RAW_DEVICE_H
#define TESTS_SUPPORT_RAW_DEVICE_H

#include "raw_guest.h"

/* The status of what the host refuses. */
#define RAW_FAILURE 0x8000ffff

struct raw_device {
	struct host_channel *channel;
	unsigned opened, closed;
	/* It does not open; it sends "hello" when it does. */
	bool refuses, greets;
	/* A list that it holds until it is closed. */
	struct host_gpadl *held;
};

/* Offer it on a channel; the first byte of each GUID is given. */
void raw_device_offer(struct raw_guest *guest, struct raw_device *device,
		      uint8_t interface, uint8_t instance, uint16_t subchannel);
/* Hold one of its lists. */
void raw_device_hold(struct raw_device *device, uint32_t handle);

/*
 * Run a body on a host under every schedule and a number of seeds; its context
 * is four devices. Each run ends well and with so many violations.
 */
void raw_run_on(const char *host, void (*body)(struct raw_guest *guest),
		unsigned violations);
/* The same on Windows Server 2022. */
void raw_run(void (*body)(struct raw_guest *guest), unsigned violations);

/* No message comes for a while. */
void raw_expect_silence(struct raw_guest *guest);
/* Offer the first device and connect; its number. */
uint32_t raw_connect_one(struct raw_guest *guest, uint32_t version);
/* A message that says nothing but a channel's number. */
void raw_send_relid(struct raw_guest *guest, uint32_t type, uint32_t relid);

#endif /* TESTS_SUPPORT_RAW_DEVICE_H */
