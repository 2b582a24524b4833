/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device that remembers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "raw_device.h"

static bool device_opened(void *context, struct host_channel *channel)
{
	struct raw_device *device = context;

	if (device->refuses)
		return false;
	device->opened++;
	if (device->greets)
		host_channel_send(channel, HOST_PACKET_INBAND, false, 0, NULL,
				  0, "hello", 5);
	return true;
}

static void device_closed(void *context, struct host_channel *channel)
{
	struct raw_device *device = context;

	assert_false(host_channel_is_open(channel));
	device->closed++;
	if (device->held)
		host_gpadl_drop(device->held);
	device->held = NULL;
}

static const struct host_device_operations operations = {
	.opened = device_opened,
	.closed = device_closed,
};

void raw_device_hold(struct raw_device *device, uint32_t handle)
{
	device->held = host_gpadl_find(device->channel, handle);
	assert_non_null(device->held);
	host_gpadl_hold(device->held);
}

void raw_device_offer(struct raw_guest *guest, struct raw_device *device,
		      uint8_t interface, uint8_t instance, uint16_t subchannel)
{
	const struct host_offer description = {
		.interface = {{interface}},
		.instance = {{instance}},
		.flags = 0x2001,
		.subchannel_index = subchannel,
		.monitor_id = 255,
	};

	device->channel = host_channel_offer(guest->vmbus, &description,
					     &operations, device);
}

/* ---- Running ---- */

static void expect(struct raw_guest *guest, unsigned violations)
{
	unsigned i;

	if (machine_violations(guest->machine) != violations)
		for (i = 0; machine_violation_text(guest->machine, i); i++)
			print_message("%s\n",
				      machine_violation_text(guest->machine,
							     i));
	assert_int_equal(machine_violations(guest->machine), violations);
}

/** Run a body under every schedule; the devices are the test's context. */
void raw_run_on(const char *host, void (*body)(struct raw_guest *guest),
		unsigned violations)
{
	unsigned seed;

	for (seed = 0; seed < 12; seed++) {
		struct raw_device devices[4] = {{0}};
		struct raw_guest *guest =
			raw_guest_create(host, seed,
					 seed == 0   ? MACHINE_SCHEDULE_EAGER
					 : seed == 1 ? MACHINE_SCHEDULE_LAZY
						     : MACHINE_SCHEDULE_SEEDED);

		guest->context = devices;
		if (raw_guest_run(guest, body) != MACHINE_DONE)
			fail_msg("%s", machine_reason(guest->machine));
		expect(guest, violations);
		raw_guest_destroy(guest);
	}
}

void raw_run(void (*body)(struct raw_guest *guest), unsigned violations)
{
	raw_run_on("ws2022", body, violations);
}

/** Nothing was answered to what was sent. */
void raw_expect_silence(struct raw_guest *guest)
{
	uint8_t payload[RAW_MESSAGE_MAX];

	assert_int_equal(raw_answer(guest, payload), 0);
}

uint32_t raw_connect_one(struct raw_guest *guest, uint32_t version)
{
	struct raw_device *device = guest->context;
	uint8_t payload[RAW_MESSAGE_MAX];

	raw_device_offer(guest, device, 1, 1, 0);
	assert_int_equal(raw_connect(guest, version, payload), 1);
	return raw_get32(payload, 184);
}

void raw_send_relid(struct raw_guest *guest, uint32_t type, uint32_t relid)
{
	const uint32_t words[] = {type, 0, relid};

	raw_send(guest, words, 3);
}
