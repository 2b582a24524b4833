/* SPDX-License-Identifier: BSD-3-Clause */
#include "virtio/virtio_mmio.h"

#include "port/log.h"
#include "virtio/virtio_wire.h"

/** How long a device may take for its reset. */
#define RESET_TIME	1000000000ull
#define RESET_PAUSE	100000ull
/** How often a configuration is read that changes each time. */
#define CONFIG_ATTEMPTS 16u
/** The least bytes of registers; of the configuration there may be any. */
#define REGISTERS_LEAST 0x100u
#define REGISTERS_ALIGN 4u
/** Alignment of the three areas of a queue is theirs by being pages. */
#define HALF_BITS	32u

static uint32_t mmio_read(struct virtio_mmio *mmio,
			  enum virtio_mmio_register at)
{
	return port_mmio_read32(mmio->port, (uint8_t *)mmio->registers + at);
}

static void mmio_write(struct virtio_mmio *mmio, enum virtio_mmio_register at,
		       uint32_t value)
{
	port_mmio_write32(mmio->port, (uint8_t *)mmio->registers + at, value);
}

/* ---- What is there ---- */

/* Each register is read only if the one before it was right. */
static int mmio_identify(struct virtio_mmio *mmio)
{
	if (mmio_read(mmio, VIRTIO_MMIO_MAGIC) != VIRTIO_MMIO_MAGIC_VALUE)
		return ERROR_NO_DEVICE;
	if (mmio_read(mmio, VIRTIO_MMIO_VERSION) != VIRTIO_MMIO_VERSION_2)
		return ERROR_NO_DEVICE;
	mmio->device_id = mmio_read(mmio, VIRTIO_MMIO_DEVICE_ID);
	if (mmio->device_id == 0)
		return ERROR_NO_DEVICE;
	mmio->vendor_id = mmio_read(mmio, VIRTIO_MMIO_VENDOR_ID);
	return 0;
}

int virtio_mmio_open(struct virtio_mmio *mmio, struct port *port,
		     const struct virtio_mmio_place *place)
{
	int error;

	if (place->bytes < REGISTERS_LEAST ||
	    place->base % REGISTERS_ALIGN != 0 ||
	    place->base + place->bytes < place->base)
		return ERROR_INVALID;
	mmio->port = port;
	mmio->bytes = place->bytes;
	mmio->registers = port_mmio_map(port, place->base, place->bytes);
	if (!mmio->registers)
		return ERROR_NO_MEMORY;
	error = mmio_identify(mmio);
	if (error)
		virtio_mmio_close(mmio);
	return error;
}

void virtio_mmio_close(struct virtio_mmio *mmio)
{
	if (mmio->registers)
		port_mmio_unmap(mmio->port, mmio->registers, mmio->bytes);
	mmio->registers = NULL;
}

/* ---- Status ---- */

uint32_t virtio_mmio_status(struct virtio_mmio *mmio)
{
	return mmio_read(mmio, VIRTIO_MMIO_STATUS);
}

/* Write the bits of before and one more; that of the device stays (2.1.1). */
static void status_add(struct virtio_mmio *mmio, enum virtio_status bit)
{
	uint32_t status = virtio_mmio_status(mmio);

	if (status != VIRTIO_GONE)
		mmio->status |= status & VIRTIO_STATUS_NEEDS_RESET;
	mmio->status |= bit;
	mmio_write(mmio, VIRTIO_MMIO_STATUS, mmio->status);
}

void virtio_mmio_fail(struct virtio_mmio *mmio)
{
	status_add(mmio, VIRTIO_STATUS_FAILED);
}

int virtio_mmio_reset(struct virtio_mmio *mmio)
{
	bool gave_up = (mmio->status & VIRTIO_STATUS_FAILED) != 0;
	uint64_t now = port_time(mmio->port), deadline = now + RESET_TIME;
	uint32_t status;

	mmio_write(mmio, VIRTIO_MMIO_STATUS, 0);
	for (;;) {
		status = virtio_mmio_status(mmio);
		if (status == 0) {
			mmio->status = 0;
			return 0;
		}
		if (status == VIRTIO_GONE)
			return ERROR_NO_DEVICE;
		/* It was not so before: this is its answer. */
		if ((status & VIRTIO_STATUS_FAILED) && !gave_up)
			return ERROR_IO;
		now = port_time(mmio->port);
		if (now >= deadline)
			return ERROR_TIMED_OUT;
		port_relax(mmio->port, deadline - now < RESET_PAUSE
					       ? deadline
					       : now + RESET_PAUSE);
	}
}

/* ---- Features ---- */

static uint64_t features_read(struct virtio_mmio *mmio)
{
	uint64_t low, high;

	mmio_write(mmio, VIRTIO_MMIO_DEVICE_FEATURES_SELECT, 0);
	low = mmio_read(mmio, VIRTIO_MMIO_DEVICE_FEATURES);
	mmio_write(mmio, VIRTIO_MMIO_DEVICE_FEATURES_SELECT, 1);
	high = mmio_read(mmio, VIRTIO_MMIO_DEVICE_FEATURES);
	return high << HALF_BITS | low;
}

int virtio_mmio_begin(struct virtio_mmio *mmio)
{
	int error = virtio_mmio_reset(mmio);

	if (error)
		return error;
	mmio->features = 0;
	status_add(mmio, VIRTIO_STATUS_ACKNOWLEDGE);
	status_add(mmio, VIRTIO_STATUS_DRIVER);
	mmio->offered = features_read(mmio);
	return 0;
}

int virtio_mmio_accept(struct virtio_mmio *mmio, uint64_t features)
{
	uint32_t status;

	mmio_write(mmio, VIRTIO_MMIO_DRIVER_FEATURES_SELECT, 0);
	mmio_write(mmio, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)features);
	mmio_write(mmio, VIRTIO_MMIO_DRIVER_FEATURES_SELECT, 1);
	mmio_write(mmio, VIRTIO_MMIO_DRIVER_FEATURES,
		   (uint32_t)(features >> HALF_BITS));
	status_add(mmio, VIRTIO_STATUS_FEATURES_OK);
	status = virtio_mmio_status(mmio);
	if (status == VIRTIO_GONE)
		return ERROR_NO_DEVICE;
	if (!(status & VIRTIO_STATUS_FEATURES_OK)) {
		mmio->status &= ~(uint32_t)VIRTIO_STATUS_FEATURES_OK;
		return ERROR_NOT_SUPPORTED;
	}
	mmio->features = features;
	return 0;
}

/* ---- Configuration ---- */

int virtio_mmio_configuration(struct virtio_mmio *mmio,
			      void (*read)(struct virtio_mmio *mmio,
					   void *context),
			      void *context)
{
	uint32_t before, after;
	unsigned i;

	after = mmio_read(mmio, VIRTIO_MMIO_CONFIG_GENERATION);
	for (i = 0; i < CONFIG_ATTEMPTS; i++) {
		before = after;
		read(mmio, context);
		after = mmio_read(mmio, VIRTIO_MMIO_CONFIG_GENERATION);
		if (before == after)
			return 0;
	}
	return ERROR_AGAIN;
}

/* Where a field is, if all of it is there. */
static const uint8_t *config_at(struct virtio_mmio *mmio, uint32_t offset,
				uint32_t bytes)
{
	if (offset + bytes > mmio->bytes - VIRTIO_MMIO_CONFIG)
		return NULL;
	return (const uint8_t *)mmio->registers + VIRTIO_MMIO_CONFIG + offset;
}

uint8_t virtio_mmio_config8(struct virtio_mmio *mmio, uint32_t offset)
{
	const uint8_t *at = config_at(mmio, offset, 1);

	return at ? port_mmio_read8(mmio->port, at) : 0;
}

uint16_t virtio_mmio_config16(struct virtio_mmio *mmio, uint32_t offset)
{
	const uint8_t *at = config_at(mmio, offset, 2);

	return at ? port_mmio_read16(mmio->port, at) : 0;
}

uint32_t virtio_mmio_config32(struct virtio_mmio *mmio, uint32_t offset)
{
	const uint8_t *at = config_at(mmio, offset, 4);

	return at ? port_mmio_read32(mmio->port, at) : 0;
}

/* ---- Queues ---- */

uint32_t virtio_mmio_queue_most(struct virtio_mmio *mmio, unsigned index)
{
	mmio_write(mmio, VIRTIO_MMIO_QUEUE_SELECT, index);
	if (mmio_read(mmio, VIRTIO_MMIO_QUEUE_READY) != 0)
		return 0;
	return mmio_read(mmio, VIRTIO_MMIO_QUEUE_SIZE_MAX);
}

static void address_write(struct virtio_mmio *mmio,
			  enum virtio_mmio_register low,
			  enum virtio_mmio_register high, uint64_t physical)
{
	mmio_write(mmio, low, (uint32_t)physical);
	mmio_write(mmio, high, (uint32_t)(physical >> HALF_BITS));
}

int virtio_mmio_queue_enable(struct virtio_mmio *mmio, unsigned index,
			     const struct virtio_mmio_queue *queue)
{
	mmio_write(mmio, VIRTIO_MMIO_QUEUE_SELECT, index);
	mmio_write(mmio, VIRTIO_MMIO_QUEUE_SIZE, queue->size);
	address_write(mmio, VIRTIO_MMIO_QUEUE_DESCRIPTORS_LOW,
		      VIRTIO_MMIO_QUEUE_DESCRIPTORS_HIGH, queue->descriptors);
	address_write(mmio, VIRTIO_MMIO_QUEUE_DRIVER_LOW,
		      VIRTIO_MMIO_QUEUE_DRIVER_HIGH, queue->driver);
	address_write(mmio, VIRTIO_MMIO_QUEUE_DEVICE_LOW,
		      VIRTIO_MMIO_QUEUE_DEVICE_HIGH, queue->device);
	mmio_write(mmio, VIRTIO_MMIO_QUEUE_READY, 1);
	/* A write that came at the wrong time is lost without a word. */
	return mmio_read(mmio, VIRTIO_MMIO_QUEUE_READY) == 1 ? 0 : ERROR_IO;
}

int virtio_mmio_ready(struct virtio_mmio *mmio)
{
	uint32_t status;

	status_add(mmio, VIRTIO_STATUS_DRIVER_OK);
	status = virtio_mmio_status(mmio);
	if (status == VIRTIO_GONE)
		return ERROR_NO_DEVICE;
	if (!(status & VIRTIO_STATUS_DRIVER_OK) ||
	    (status & (VIRTIO_STATUS_NEEDS_RESET | VIRTIO_STATUS_FAILED))) {
		log_warning(mmio->port, "virtio: not ready, status %#x",
			    (unsigned)status);
		return ERROR_IO;
	}
	return 0;
}

void virtio_mmio_notify(struct virtio_mmio *mmio, unsigned index)
{
	mmio_write(mmio, VIRTIO_MMIO_QUEUE_NOTIFY, index);
}

/* ---- Interrupts ---- */

uint32_t virtio_mmio_acknowledge(struct virtio_mmio *mmio)
{
	uint32_t status = mmio_read(mmio, VIRTIO_MMIO_INTERRUPT_STATUS);

	if (status == VIRTIO_GONE)
		return VIRTIO_GONE;
	status &= VIRTIO_INTERRUPTS;
	if (status != 0)
		mmio_write(mmio, VIRTIO_MMIO_INTERRUPT_ACKNOWLEDGE, status);
	return status;
}
