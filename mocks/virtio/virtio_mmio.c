/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The registers of the MMIO transport, and who may touch which and when.
 */
#include "mocks/virtio/virtio_internal.h"

#include "mocks/machine/fault.h"

/** A register: its name, and which way it may be accessed (4.2.2). */
static const struct {
	uint16_t offset;
	bool readable, writable;
	const char *name;
} registers[] = {
	{MMIO_MAGIC, true, false, "MagicValue"},
	{MMIO_VERSION, true, false, "Version"},
	{MMIO_DEVICE_ID, true, false, "DeviceID"},
	{MMIO_VENDOR_ID, true, false, "VendorID"},
	{MMIO_DEVICE_FEATURES, true, false, "DeviceFeatures"},
	{MMIO_DEVICE_FEATURES_SEL, false, true, "DeviceFeaturesSel"},
	{MMIO_DRIVER_FEATURES, false, true, "DriverFeatures"},
	{MMIO_DRIVER_FEATURES_SEL, false, true, "DriverFeaturesSel"},
	{MMIO_QUEUE_SEL, false, true, "QueueSel"},
	{MMIO_QUEUE_SIZE_MAX, true, false, "QueueSizeMax"},
	{MMIO_QUEUE_SIZE, false, true, "QueueSize"},
	{MMIO_QUEUE_READY, true, true, "QueueReady"},
	{MMIO_QUEUE_NOTIFY, false, true, "QueueNotify"},
	{MMIO_INTERRUPT_STATUS, true, false, "InterruptStatus"},
	{MMIO_INTERRUPT_ACK, false, true, "InterruptACK"},
	{MMIO_STATUS, true, true, "Status"},
	{MMIO_QUEUE_DESC_LOW, false, true, "QueueDescLow"},
	{MMIO_QUEUE_DESC_HIGH, false, true, "QueueDescHigh"},
	{MMIO_QUEUE_DRIVER_LOW, false, true, "QueueDriverLow"},
	{MMIO_QUEUE_DRIVER_HIGH, false, true, "QueueDriverHigh"},
	{MMIO_QUEUE_DEVICE_LOW, false, true, "QueueDeviceLow"},
	{MMIO_QUEUE_DEVICE_HIGH, false, true, "QueueDeviceHigh"},
	{MMIO_SHM_SEL, false, true, "SHMSel"},
	{MMIO_SHM_LENGTH_LOW, true, false, "SHMLenLow"},
	{MMIO_SHM_LENGTH_HIGH, true, false, "SHMLenHigh"},
	{MMIO_SHM_BASE_LOW, true, false, "SHMBaseLow"},
	{MMIO_SHM_BASE_HIGH, true, false, "SHMBaseHigh"},
	{MMIO_QUEUE_RESET, true, true, "QueueReset"},
	{MMIO_CONFIG_GENERATION, true, false, "ConfigGeneration"},
};

/** What may be done to a register in the state that the device is in. */
static void course_check(struct host_virtio *card, uint64_t offset)
{
	if (offset > MMIO_DEVICE_ID &&
	    !(card->course.read_magic && card->course.read_version &&
	      card->course.read_device)) {
		host_virtio_break(card, "virtio 4.2.3.1.1",
				  "register 0x%03x: accessed before "
				  "MagicValue, Version and DeviceID were read "
				  "(M1)",
				  (unsigned)offset);
		/* Said once. */
		card->course.read_magic = card->course.read_version =
			card->course.read_device = true;
	}
	if (card->course.reset_unread && offset != MMIO_STATUS) {
		host_virtio_break(card, "virtio 2.4.2",
				  "register 0x%03x: accessed after a reset and "
				  "before 0 was read in Status (M2)",
				  (unsigned)offset);
		card->course.reset_unread = false;
	}
}

/** @return whether it is an access that the table allows */
static bool access_check(struct host_virtio *card, uint64_t offset,
			 unsigned width, bool write)
{
	unsigned n;

	if (width != 4 || offset % 4) {
		host_virtio_break(card, "virtio 4.2.2.2",
				  "register 0x%03x: %u bytes are %s; it is 32 "
				  "bits, aligned (M39)",
				  (unsigned)offset, width,
				  write ? "written" : "read");
		return false;
	}
	for (n = 0; n < sizeof(registers) / sizeof(registers[0]); n++)
		if (registers[n].offset == offset)
			break;
	if (n == sizeof(registers) / sizeof(registers[0])) {
		host_virtio_break(card, "virtio 4.2.2.2",
				  "0x%03x is %s, which is no register",
				  (unsigned)offset, write ? "written" : "read");
		return false;
	}
	if (write ? !registers[n].writable : !registers[n].readable) {
		host_virtio_break(card, "virtio 4.2.2.2",
				  "%s is %s, which it is not for",
				  registers[n].name,
				  write ? "written" : "read");
		return false;
	}
	course_check(card, offset);
	return true;
}

static struct virtio_queue *queue_selected(struct host_virtio *card)
{
	return card->queue_sel < card->queue_count
		       ? &card->queues[card->queue_sel]
		       : NULL;
}

/* ---- Reads ---- */

static uint32_t identity_read(struct host_virtio *card, uint64_t offset)
{
	switch (offset) {
	case MMIO_MAGIC:
		card->course.read_magic = true;
		return host_virtio_lies(card, HOST_VIRTIO_FAULT_MAGIC_WRONG)
			       ? 0x76697274
			       : MMIO_MAGIC_VALUE;
	case MMIO_VERSION:
		card->course.read_version = true;
		if (host_virtio_lies(card, HOST_VIRTIO_FAULT_VERSION_LEGACY))
			return 1;
		return host_virtio_lies(card, HOST_VIRTIO_FAULT_VERSION_UNKNOWN)
			       ? 3
			       : MMIO_VERSION_MODERN;
	case MMIO_DEVICE_ID:
		card->course.read_device = true;
		if (host_virtio_lies(card, HOST_VIRTIO_FAULT_DEVICE_NONE))
			return 0;
		return host_virtio_lies(card, HOST_VIRTIO_FAULT_DEVICE_OTHER)
			       ? 4
			       : VIRTIO_ID_NET;
	default:
		return card->personality->vendor;
	}
}

static uint32_t queue_size_max(struct host_virtio *card)
{
	uint32_t size = card->configuration.queue_size_max;

	if (!queue_selected(card) ||
	    host_virtio_lies(card, HOST_VIRTIO_FAULT_QUEUE_NONE))
		return 0;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_QUEUE_ODD))
		return size + 1 + machine_random_below(card->machine, size);
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_QUEUE_HUGE))
		return UINT32_MAX;
	return size;
}

static uint32_t queue_ready_read(struct host_virtio *card)
{
	const struct virtio_queue *queue = queue_selected(card);

	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_READY_STUCK))
		return 1;
	return queue && queue->ready;
}

static uint32_t causes_read(struct host_virtio *card)
{
	card->course.causes_seen |= card->causes;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_CAUSE_UNDEFINED))
		return card->causes | 0xfffffff0u;
	return card->causes;
}

static uint32_t generation_read(struct host_virtio *card)
{
	bool restless =
		host_virtio_lies(card, HOST_VIRTIO_FAULT_GENERATION_RESTLESS);

	card->generation += restless;
	/* Firecracker's never changes for a network card. */
	return host_virtio_is(card, VIRTIO_FIRECRACKER) && !restless
		       ? 0
		       : card->generation;
}

static uint32_t register_read(struct host_virtio *card, uint64_t offset)
{
	switch (offset) {
	case MMIO_MAGIC:
	case MMIO_VERSION:
	case MMIO_DEVICE_ID:
	case MMIO_VENDOR_ID:
		return identity_read(card, offset);
	case MMIO_DEVICE_FEATURES:
		return host_virtio_features_read(card);
	case MMIO_QUEUE_SIZE_MAX:
		return queue_size_max(card);
	case MMIO_QUEUE_READY:
		return queue_ready_read(card);
	case MMIO_INTERRUPT_STATUS:
		return causes_read(card);
	case MMIO_STATUS:
		return host_virtio_status_read(card);
	case MMIO_CONFIG_GENERATION:
		return generation_read(card);
	case MMIO_SHM_LENGTH_LOW:
	case MMIO_SHM_LENGTH_HIGH:
	case MMIO_SHM_BASE_LOW:
	case MMIO_SHM_BASE_HIGH:
		host_virtio_break(card, "virtio 4.2.3.1.1",
				  "shared memory is asked for, which a network "
				  "card has none of");
		/* Firecracker does not know these. */
		return host_virtio_is(card, VIRTIO_FIRECRACKER) ? 0
								: UINT32_MAX;
	default:
		return 0;
	}
}

uint64_t host_virtio_register_read(void *context, uint64_t offset,
				   unsigned width)
{
	struct host_virtio *card = context;

	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_GONE))
		host_virtio_remove(card);
	if (card->removed)
		return UINT64_MAX;
	if (offset >= MMIO_CONFIG) {
		course_check(card, offset);
		return host_virtio_net_config_read(card, offset - MMIO_CONFIG,
						   width);
	}
	if (!access_check(card, offset, width, false))
		return 0;
	return register_read(card, offset);
}

/* ---- Writes ---- */

/** Whether a queue's registers are taken now, and what is wrong with that. */
static bool queue_check(struct host_virtio *card,
			const struct virtio_queue *queue, uint64_t offset,
			uint32_t value)
{
	bool stops = offset == MMIO_QUEUE_READY && !value;
	bool right = card->status & STATUS_FEATURES_OK &&
		     !(card->status & (STATUS_DRIVER_OK | STATUS_FAILED));

	if (!queue) {
		host_virtio_break(card, "virtio 4.2.2",
				  "register 0x%03x: there is no queue %u (M14)",
				  (unsigned)offset, card->queue_sel);
		return false;
	}
	/* A queue may be stopped at any time. */
	if (!(card->status & STATUS_FEATURES_OK) && !stops)
		host_virtio_break(card, "virtio 3.1.1",
				  "register 0x%03x: queues are set up after "
				  "FEATURES_OK (M15)",
				  (unsigned)offset);
	else if (card->course.features_unread)
		host_virtio_break(card, "virtio 3.1.1",
				  "register 0x%03x: FEATURES_OK was not read "
				  "again (M7)",
				  (unsigned)offset);
	else if (!right && host_virtio_is(card, VIRTIO_FIRECRACKER))
		host_virtio_break(card, "Firecracker",
				  "register 0x%03x: is ignored while the "
				  "status is 0x%x (M15, M43)",
				  (unsigned)offset, card->status);
	if (offset != MMIO_QUEUE_READY && queue->ready)
		host_virtio_break(card, "virtio 4.2.2.2",
				  "register 0x%03x: accessed while the queue "
				  "is ready (M14)",
				  (unsigned)offset);
	if (offset != MMIO_QUEUE_READY && queue->live)
		return false;
	return right || !host_virtio_is(card, VIRTIO_FIRECRACKER);
}

static void ready_write(struct host_virtio *card, struct virtio_queue *queue,
			uint32_t value)
{
	const char *fault = NULL;

	if (value > 1)
		host_virtio_break(card, "virtio 4.2.2",
				  "QueueReady: 0x%x is neither 0 nor 1", value);
	if (value && queue->ready)
		host_virtio_break(card, "virtio 4.2.2.2",
				  "QueueReady: queue %u is ready already",
				  queue->index);
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_READY_IGNORED) ||
	    (value && machine_fault_fires(card->machine, MACHINE_FAULT_MSR)))
		return;
	/* Firecracker looks at it when the device is activated. */
	if (host_virtio_is(card, VIRTIO_FIRECRACKER)) {
		queue->ready = value == 1;
		return;
	}
	host_virtqueue_stop(queue);
	if (value)
		fault = host_virtqueue_start(queue);
	if (fault)
		host_virtio_break(card, "virtio 2.7", "QueueReady: queue %u %s",
				  queue->index, fault);
	queue->ready = value && !fault;
}

static void address_set(uint64_t *address, bool high, uint32_t value)
{
	if (high)
		*address = (*address & UINT32_MAX) | (uint64_t)value << 32;
	else
		*address = (*address & ~(uint64_t)UINT32_MAX) | value;
}

static void queue_write(struct host_virtio *card, uint64_t offset,
			uint32_t value)
{
	struct virtio_queue *queue = queue_selected(card);
	bool high = offset % 8;

	if (!queue_check(card, queue, offset, value))
		return;
	switch (offset) {
	case MMIO_QUEUE_SIZE:
		if (value > card->configuration.queue_size_max)
			host_virtio_break(card, "virtio 4.2.2.2",
					  "QueueSize: %u is more than the %u "
					  "of QueueSizeMax (M14)",
					  value,
					  card->configuration.queue_size_max);
		queue->size = value;
		break;
	case MMIO_QUEUE_READY:
		ready_write(card, queue, value);
		break;
	case MMIO_QUEUE_DESC_LOW:
	case MMIO_QUEUE_DESC_HIGH:
		address_set(&queue->descriptors, high, value);
		break;
	case MMIO_QUEUE_DRIVER_LOW:
	case MMIO_QUEUE_DRIVER_HIGH:
		address_set(&queue->driver_area, high, value);
		break;
	default:
		address_set(&queue->device_area, high, value);
		break;
	}
}

static void queue_reset_write(struct host_virtio *card, uint32_t value)
{
	struct virtio_queue *queue = queue_selected(card);

	if (!host_virtio_negotiated(card, F_RING_RESET)) {
		host_virtio_break(card, "virtio 4.2.2.2",
				  "QueueReset: RING_RESET is not negotiated");
		return;
	}
	if (!queue || value != 1)
		return;
	host_virtqueue_reset(queue);
}

static void register_write(struct host_virtio *card, uint64_t offset,
			   uint32_t value)
{
	switch (offset) {
	case MMIO_DEVICE_FEATURES_SEL:
		card->course.wrote_device_features_sel = true;
		card->device_features_sel =
			host_virtio_is(card, VIRTIO_QEMU) ? value != 0 : value;
		break;
	case MMIO_DRIVER_FEATURES_SEL:
		card->course.wrote_driver_features_sel = true;
		card->driver_features_sel = host_virtio_is(card, VIRTIO_QEMU)
						    ? value != 0
					    : value > 2 ? 2
							: value;
		break;
	case MMIO_DRIVER_FEATURES:
		host_virtio_features_write(card, value);
		break;
	case MMIO_QUEUE_SEL:
		card->queue_sel = value;
		break;
	case MMIO_QUEUE_NOTIFY:
		host_virtqueue_notify(card, value);
		break;
	case MMIO_INTERRUPT_ACK:
		host_virtio_acknowledge(card, value);
		break;
	case MMIO_STATUS:
		host_virtio_status_write(card, value);
		break;
	case MMIO_SHM_SEL:
		host_virtio_break(card, "virtio 4.2.3.1.1",
				  "shared memory is chosen, which a network "
				  "card has none of");
		break;
	case MMIO_QUEUE_RESET:
		queue_reset_write(card, value);
		break;
	default:
		queue_write(card, offset, value);
		break;
	}
}

void host_virtio_register_write(void *context, uint64_t offset, uint64_t value,
				unsigned width)
{
	struct host_virtio *card = context;

	if (card->removed)
		return;
	if (offset >= MMIO_CONFIG) {
		course_check(card, offset);
		host_virtio_net_config_write(card, offset - MMIO_CONFIG, value,
					     width);
		return;
	}
	if (access_check(card, offset, width, true))
		register_write(card, offset, (uint32_t)value);
}
