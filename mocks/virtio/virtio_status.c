/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device status field and the features that are agreed on by it.
 */
#include "mocks/virtio/virtio_internal.h"

#include <string.h>

#include "mocks/machine/fault.h"

/** How late a late reset is, in nanoseconds. */
#define RESET_LATE 20000000u

/* ---- Reset (2.4) ---- */

static void features_forget(struct host_virtio *card)
{
	card->written = 0;
	/* Firecracker keeps what was accepted once. */
	if (!host_virtio_is(card, VIRTIO_FIRECRACKER))
		card->accepted = 0;
}

void host_virtio_reset(struct host_virtio *card)
{
	bool read_device = card->course.read_device;
	unsigned n;

	for (n = 0; n < VIRTIO_QUEUES_MAX; n++)
		host_virtqueue_reset(&card->queues[n]);
	features_forget(card);
	card->active = false;
	card->status = 0;
	card->device_features_sel = 0;
	card->driver_features_sel = 0;
	card->queue_sel = 0;
	card->causes = 0;
	if (card->personality->level)
		machine_line_set(card->machine, &card->line, false);
	/* Who has read that once knows it. */
	card->course = (struct virtio_course){.read_magic = read_device,
					      .read_version = read_device,
					      .read_device = read_device};
	host_virtio_net_reset(card);
}

static void reset_begin(struct host_virtio *card)
{
	uint64_t delay = card->configuration.reset_nanoseconds;
	uint32_t before = card->status;

	card->counters.resets++;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_RESET_NEVER))
		return;
	host_virtio_reset(card);
	card->course.reset_unread = true;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_RESET_LATE))
		delay = RESET_LATE;
	if (!delay || !before)
		return;
	card->status = before;
	card->resetting = true;
	machine_event_schedule(card->machine, &card->reset_done, delay);
}

/* ---- Features (2.2) ---- */

uint32_t host_virtio_features_read(struct host_virtio *card)
{
	uint64_t offered = card->offered;

	if (!card->course.wrote_device_features_sel)
		host_virtio_break(card, "virtio 4.2.2.2",
				  "DeviceFeatures: read before a value was "
				  "written to DeviceFeaturesSel (M5)");
	if (card->device_features_sel > 1)
		return 0;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_FEATURES_NONE))
		offered = 0;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_FEATURES_LEGACY))
		offered &= ~FEATURE(F_VERSION_1);
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_FEATURES_DEPENDENT))
		offered = (offered | FEATURE(NET_GUEST_TSO4) |
			   FEATURE(NET_HOST_TSO6) | FEATURE(NET_MQ)) &
			  ~(FEATURE(NET_CSUM) | FEATURE(NET_GUEST_CSUM) |
			    FEATURE(NET_CTRL_VQ));
	return (uint32_t)(offered >> (32 * card->device_features_sel));
}

void host_virtio_features_write(struct host_virtio *card, uint32_t value)
{
	unsigned shift = 32 * card->driver_features_sel;
	uint64_t bits = (uint64_t)value << (shift & 32);

	if (!card->course.wrote_driver_features_sel)
		host_virtio_break(card, "virtio 4.2.2.2",
				  "DriverFeatures: written before a value was "
				  "written to DriverFeaturesSel (M5)");
	if (!(card->status & STATUS_DRIVER) ||
	    card->status & STATUS_FEATURES_OK) {
		host_virtio_break(card, "virtio 3.1.1",
				  "DriverFeatures: written while the status "
				  "is 0x%x: after DRIVER and before "
				  "FEATURES_OK is the time for it (M6)",
				  card->status);
		if (host_virtio_is(card, VIRTIO_FIRECRACKER))
			return;
	}
	if (shift > 32) {
		if (value)
			host_virtio_break(card, "virtio 2.2.1",
					  "DriverFeatures: bits beyond 63 are "
					  "accepted");
		return;
	}
	if (bits & ~card->offered)
		host_virtio_break(card, "virtio 2.2.1",
				  "DriverFeatures: 0x%llx is accepted, which "
				  "the device does not offer (M8)",
				  (unsigned long long)(bits & ~card->offered));
	/* Firecracker takes what it offers at once, and for good (M6). */
	if (host_virtio_is(card, VIRTIO_FIRECRACKER)) {
		card->written |= bits;
		card->accepted |= bits & card->offered;
		return;
	}
	card->written &= ~((uint64_t)UINT32_MAX << shift);
	card->written |= bits;
}

/** FEATURES_OK is written. @return whether the device agrees */
static bool features_agree(struct host_virtio *card)
{
	const char *dependency = host_virtio_net_dependency(card->written);
	uint64_t platform = FEATURE(F_ACCESS_PLATFORM);
	bool right = !(card->written & ~card->offered);

	if (dependency) {
		host_virtio_break(card, "virtio 2.2.1",
				  "DriverFeatures: %s (M8)", dependency);
		right = false;
	}
	if (!(card->written & FEATURE(F_VERSION_1))) {
		host_virtio_break(card, "virtio 6.1",
				  "DriverFeatures: VERSION_1 is not accepted "
				  "(M5)");
		right = false;
	}
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_FEATURES_REFUSED) ||
	    machine_fault_fires(card->machine, MACHINE_FAULT_OPEN))
		return false;
	if (host_virtio_is(card, VIRTIO_FIRECRACKER))
		return true;
	card->accepted = card->written & card->offered;
	/* Memory that has to be translated is not for who does not know. */
	if (card->offered & platform && !(card->written & platform))
		return false;
	return right || !host_virtio_is(card, VIRTIO_STRICT);
}

/* ---- Status (2.1, 3.1.1) ---- */

uint32_t host_virtio_status_read(struct host_virtio *card)
{
	uint32_t status = card->status;

	if (status & STATUS_FEATURES_OK)
		card->course.features_unread = false;
	if (!status)
		card->course.reset_unread = false;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_STATUS_GARBAGE))
		status |= 0xffffff30u;
	return status;
}

/** What comes before a bit, in the order of the steps. */
static void steps_check(struct host_virtio *card, uint32_t value)
{
	static const struct {
		uint32_t bit, before;
		const char *text;
	} steps[] = {
		{STATUS_DRIVER, STATUS_ACKNOWLEDGE,
		 "DRIVER before ACKNOWLEDGE"},
		{STATUS_FEATURES_OK, STATUS_ACKNOWLEDGE | STATUS_DRIVER,
		 "FEATURES_OK before ACKNOWLEDGE and DRIVER"},
		{STATUS_DRIVER_OK,
		 STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK,
		 "DRIVER_OK before FEATURES_OK was set and kept"},
	};
	unsigned n;

	for (n = 0; n < sizeof(steps) / sizeof(steps[0]); n++)
		if (value & ~card->status & steps[n].bit &&
		    (card->status & steps[n].before) != steps[n].before)
			host_virtio_break(card, "virtio 3.1.1",
					  "Status: 0x%x after 0x%x sets %s "
					  "(M3)",
					  value, card->status, steps[n].text);
	if (value & ~card->status & STATUS_DRIVER_OK &&
	    card->course.features_unread)
		host_virtio_break(card, "virtio 3.1.1",
				  "Status: DRIVER_OK, and FEATURES_OK was not "
				  "read again (M7)");
}

static void value_check(struct host_virtio *card, uint32_t value)
{
	if (value & ~(uint32_t)STATUS_DEFINED)
		host_virtio_break(card, "virtio 2.1",
				  "Status: 0x%x has bits that are not defined",
				  value);
	if (value & STATUS_NEEDS_RESET)
		host_virtio_break(card, "virtio 2.1",
				  "Status: 0x%x sets NEEDS_RESET, which is the "
				  "device's to set (M3)",
				  value);
	if (card->status & ~value & (STATUS_DEFINED & ~STATUS_NEEDS_RESET))
		host_virtio_break(card, "virtio 2.1.1",
				  "Status: 0x%x after 0x%x clears a bit (M3)",
				  value, card->status);
	if (card->status & STATUS_FAILED && !(value & STATUS_FAILED))
		host_virtio_break(card, "virtio 2.1.1",
				  "Status: goes on after FAILED without a "
				  "reset (M4)");
	steps_check(card, value);
}

/** All queues are to be right now: Firecracker takes them then (M16). */
static void firecracker_activate(struct host_virtio *card)
{
	const char *fault = NULL;
	unsigned n;

	for (n = 0; n < card->queue_count && !fault; n++) {
		struct virtio_queue *queue = &card->queues[n];

		fault = queue->ready ? host_virtqueue_start(queue)
				     : "is not ready";
		if (fault)
			host_virtio_break(card, "Firecracker",
					  "DRIVER_OK: queue %u %s; the device "
					  "is not activated (M16)",
					  n, fault);
	}
	card->active = !fault;
	if (fault)
		host_virtio_stop(card);
}

static void started(struct host_virtio *card)
{
	if (host_virtio_is(card, VIRTIO_FIRECRACKER) && !card->active)
		firecracker_activate(card);
	card->active = true;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_START_FAILS))
		host_virtio_stop(card);
}

static void firecracker_write(struct host_virtio *card, uint32_t value)
{
	static const uint32_t steps[][2] = {
		{0, 1}, {1, 3}, {3, 0xb}, {0xb, 0xf}};
	unsigned n;

	if (value & STATUS_FAILED) {
		card->status |= STATUS_FAILED;
		return;
	}
	if (!value) {
		if (!card->status)
			return;
		/* Without a word, and it goes on with its queues (M2). */
		if (card->active)
			card->status |= STATUS_FAILED;
		else if (!(card->status & STATUS_FAILED))
			reset_begin(card);
		return;
	}
	for (n = 0; n < 4; n++)
		if (card->status == steps[n][0] && value == steps[n][1])
			break;
	if (n == 4) {
		host_virtio_break(card, "Firecracker",
				  "Status: 0x%x after 0x%x is no step, and is "
				  "ignored (M3)",
				  value, card->status);
		return;
	}
	if (value == 0xb && !features_agree(card))
		return;
	card->status = value;
	if (value == 0xb) {
		card->course.features_unread = true;
		host_virtio_net_features_set(card);
	}
	if (value == 0xf)
		started(card);
}

void host_virtio_status_write(struct host_virtio *card, uint32_t value)
{
	uint32_t before = card->status;

	if (value && !card->resetting)
		value_check(card, value);
	if (host_virtio_is(card, VIRTIO_FIRECRACKER)) {
		firecracker_write(card, value);
		return;
	}
	if (!value) {
		reset_begin(card);
		return;
	}
	if (card->resetting) {
		host_virtio_break(card, "virtio 2.4.2",
				  "Status: 0x%x is written before the reset "
				  "is complete (M2)",
				  value);
		return;
	}
	value &= 0xff;
	if (value & ~before & STATUS_FEATURES_OK) {
		card->course.features_unread = true;
		if (!features_agree(card))
			value &= ~(uint32_t)STATUS_FEATURES_OK;
		else
			host_virtio_net_features_set(card);
	}
	card->status = value | (before & STATUS_NEEDS_RESET);
	if (value & ~before & STATUS_DRIVER_OK)
		started(card);
}
