/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices that are announced in ACPI's byte code, as Firecracker (from 1.8) and
 * QEMU's microvm do it: an object of the DSDT or an SSDT for each,
 *
 *	Device (V000) {
 *		Name (_HID, "LNRO0005")
 *		Name (_CRS, ResourceTemplate () { memory, interrupt })
 *	}
 *
 * No code is run. Devices whose parts are not written down as names with
 * constant values, as those two write them, are passed over.
 *
 * The table comes from the host, and is not believed.
 */
#ifndef VIRTIO_VIRTIO_ACPI_H
#define VIRTIO_VIRTIO_ACPI_H

#include "virtio/virtio_command_line.h"

/**
 * Find the devices in a definition block (ACPI 6.5, 20.2), behind those that
 * are known already: hosts announce the same ones on the command line too.
 *
 * One that is known is left out, and so is one that is malformed, disabled
 * (_STA), or that reaches into the window of another; the rest is read
 * nevertheless.
 *
 * @param table the whole table, or what is behind its header; trusted for its
 *	bytes only
 * @param windows in and out: count of them are known. New ones stand in the
 *	order of the table; they have no id, and no place in a text.
 * @param room how many there may be
 * @return how many there are now
 */
unsigned virtio_acpi_find(const void *table, size_t bytes,
			  struct virtio_window *windows, unsigned count,
			  unsigned room);

#endif /* VIRTIO_VIRTIO_ACPI_H */
