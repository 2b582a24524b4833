/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtio device behind memory mapped registers (Virtual I/O Device 1.2, 3.1
 * and 4.2), version 2 of the interface.
 *
 * The order is the device's to insist on: open, begin, accept features, read
 * the configuration, enable queues, ready. Each step writes the whole status,
 * with the one bit that is new.
 */
#ifndef VIRTIO_VIRTIO_MMIO_H
#define VIRTIO_VIRTIO_MMIO_H

#include "port/port.h"

/** Where a device is, as the board knows: command line, ACPI, device tree. */
struct virtio_mmio_place {
	/** Physical address and bytes of the registers: 512, 4096. */
	uint64_t base;
	size_t bytes;
	/** The interrupt line, as port_line_attach() takes it. */
	unsigned line;
};

struct virtio_mmio {
	struct port *port;
	void *registers;
	size_t bytes;
	uint32_t device_id, vendor_id;
	/** As last written. */
	uint32_t status;
	/** What the device offers, and what of it was accepted. */
	uint64_t offered, features;
};

/** Addresses and size of a queue; physical. */
struct virtio_mmio_queue {
	uint32_t size;
	uint64_t descriptors, driver, device;
};

/**
 * Map the registers and see what is behind them; the device is not touched.
 *
 * @param mmio zeroed; closed with virtio_mmio_close()
 * @return 0; ERROR_NO_DEVICE, quietly, where there is no virtio device of
 *	version 2, or a place for one that is empty; ERROR_INVALID (a place that
 *	cannot be one), ERROR_NO_MEMORY
 */
int virtio_mmio_open(struct virtio_mmio *mmio, struct port *port,
		     const struct virtio_mmio_place *place);

/** Unmap the registers; does nothing on one that is not open. */
void virtio_mmio_close(struct virtio_mmio *mmio);

/**
 * Reset the device, and wait for it (2.4, 4.2.3.1).
 *
 * Firecracker lets only those be reset that were never ready; another has
 * failed from then on, and goes on with its queues.
 * @return 0, ERROR_IO (the device has failed instead), ERROR_TIMED_OUT,
 *	ERROR_NO_DEVICE
 */
int virtio_mmio_reset(struct virtio_mmio *mmio);

/** Reset, acknowledge, and read what it offers (3.1.1, 1 to 4). */
int virtio_mmio_begin(struct virtio_mmio *mmio);

/**
 * Accept features, all of them offered (3.1.1, 4 to 6).
 * @return 0; ERROR_NOT_SUPPORTED: the device does not have it so;
 *	ERROR_NO_DEVICE
 */
int virtio_mmio_accept(struct virtio_mmio *mmio, uint64_t features);

/** Whether a feature was accepted. */
static inline bool virtio_mmio_has(const struct virtio_mmio *mmio,
				   uint64_t feature)
{
	return (mmio->features & feature) == feature;
}

/**
 * Read configuration until none of it changed meanwhile (2.5.1).
 *
 * @param read reads fields by the functions below; called again if needed
 * @return 0, or ERROR_AGAIN: it never came to rest
 */
int virtio_mmio_configuration(struct virtio_mmio *mmio,
			      void (*read)(struct virtio_mmio *mmio,
					   void *context),
			      void *context);

/** A field of the configuration, by its offset; 0 behind the registers. */
uint8_t virtio_mmio_config8(struct virtio_mmio *mmio, uint32_t offset);
uint16_t virtio_mmio_config16(struct virtio_mmio *mmio, uint32_t offset);
uint32_t virtio_mmio_config32(struct virtio_mmio *mmio, uint32_t offset);

/** The most entries of a queue; 0: there is no such queue, or it is in use. */
uint32_t virtio_mmio_queue_most(struct virtio_mmio *mmio, unsigned index);

/**
 * Make a queue known (4.2.3.2).
 * @return 0, or ERROR_IO: the device does not say that it is ready
 */
int virtio_mmio_queue_enable(struct virtio_mmio *mmio, unsigned index,
			     const struct virtio_mmio_queue *queue);

/**
 * The driver is ready; from here on the device works (3.1.1, 8).
 * @return 0; ERROR_IO: it says that it needs a reset; ERROR_NO_DEVICE
 */
int virtio_mmio_ready(struct virtio_mmio *mmio);

/** Say that the device is given up for good; the register stays so (2.1.1). */
void virtio_mmio_fail(struct virtio_mmio *mmio);

/** Tell the device to look at a queue. Any context. */
void virtio_mmio_notify(struct virtio_mmio *mmio, unsigned index);

/**
 * Read why the device interrupted and acknowledge exactly that. Any context.
 * @return of enum virtio_interrupt, 0: it did not; or VIRTIO_GONE
 */
uint32_t virtio_mmio_acknowledge(struct virtio_mmio *mmio);

/** The status as the device has it; VIRTIO_GONE on one that went away. */
uint32_t virtio_mmio_status(struct virtio_mmio *mmio);

#endif /* VIRTIO_VIRTIO_MMIO_H */
