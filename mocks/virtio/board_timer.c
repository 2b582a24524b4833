/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The timer of board_timer.h: one page in which one byte counts.
 */
#include "mocks/virtio/board_timer.h"

#include <stdlib.h>

#define TIMER_BYTES 4096u
#define TIMER_UP    123u

struct host_boot_timer {
	struct machine *machine;
	struct machine_region region;
	unsigned count;
	uint64_t time;
};

static uint64_t timer_read(void *context, uint64_t offset, unsigned width)
{
	(void)context;
	(void)offset;
	(void)width;
	return 0;
}

static void timer_write(void *context, uint64_t offset, uint64_t value,
			unsigned width)
{
	struct host_boot_timer *timer = context;

	if (offset || width != 1 || value != TIMER_UP) {
		machine_violation(timer->machine, "Firecracker boot timer",
				  "%u bytes of 0x%llx at offset 0x%llx are "
				  "ignored",
				  width, (unsigned long long)value,
				  (unsigned long long)offset);
		return;
	}
	timer->count++;
	timer->time = machine_time(timer->machine);
}

struct host_boot_timer *host_boot_timer_create(struct machine *machine,
					       uint64_t base)
{
	struct host_boot_timer *timer = calloc(1, sizeof(*timer));

	if (!timer)
		return NULL;
	timer->machine = machine;
	timer->region.base = base;
	timer->region.bytes = TIMER_BYTES;
	timer->region.name = "boot timer";
	timer->region.context = timer;
	timer->region.read = timer_read;
	timer->region.write = timer_write;
	machine_mmio_region_add(machine, &timer->region);
	return timer;
}

void host_boot_timer_destroy(struct host_boot_timer *timer)
{
	free(timer);
}

unsigned host_boot_timer_count(const struct host_boot_timer *timer)
{
	return timer->count;
}

uint64_t host_boot_timer_time(const struct host_boot_timer *timer)
{
	return timer->time;
}
