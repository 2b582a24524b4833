/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The store of boot_timer.h: of one byte, of this value, to the first address.
 * Anything else is ignored.
 */
#include "virtio/boot_timer.h"

#define BOOT_TIMER_BYTES 4096u
#define BOOT_TIMER_UP	 123u

int boot_timer_up(struct port *port, uint64_t base)
{
	void *registers = port_mmio_map(port, base, BOOT_TIMER_BYTES);

	if (!registers)
		return ERROR_NO_MEMORY;
	port_mmio_write8(port, registers, BOOT_TIMER_UP);
	port_mmio_unmap(port, registers, BOOT_TIMER_BYTES);
	return 0;
}
