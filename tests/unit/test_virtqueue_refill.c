/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtio device and a driver on another processor, which fills a slot of a
 * packed ring again in the instant in which the device gave it back: the trace
 * shows what the device wrote.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/machine/machine.h"
#include "mocks/machine/trace.h"
#include "tests/support/raw_virtio.h"

#define SLOT_BYTES 16u
#define SLOT_FLAGS 14u
/** WRITE, and the bits of the lap, AVAIL and USED. */
#define FLAGS_USED 0x8082u

static struct {
	/** The first slot of the ring that is filled again; 0: none is. */
	uint64_t ring;
	unsigned refilled, shown;
	uint8_t slot[SLOT_BYTES];
} other;

bool __real_machine_ram_write(struct machine *machine, uint64_t physical,
			      const void *from, size_t bytes);
bool __wrap_machine_ram_write(struct machine *machine, uint64_t physical,
			      const void *from, size_t bytes);

bool __wrap_machine_ram_write(struct machine *machine, uint64_t physical,
			      const void *from, size_t bytes)
{
	uint8_t filled[SLOT_BYTES];
	bool done = __real_machine_ram_write(machine, physical, from, bytes);

	if (!other.ring || physical != other.ring + SLOT_FLAGS)
		return done;
	memset(filled, 0x55, sizeof(filled));
	other.refilled++;
	return __real_machine_ram_write(machine, other.ring, filled,
					sizeof(filled));
}

static void event_see(void *context, const struct trace_event *event)
{
	(void)context;
	if (event->kind != TRACE_DESCRIPTOR || event->queue != 0 ||
	    event->direction != TRACE_TO_GUEST ||
	    strcmp(event->place, "packed") != 0)
		return;
	other.shown++;
	assert_int_equal(event->length, SLOT_BYTES);
	memcpy(other.slot, event->bytes, SLOT_BYTES);
}

static void shown_as_written(void **state)
{
	const struct raw_virtio_options options = {.features = RAW_PACKED};
	const struct trace_observer observer = {.event = event_see};
	struct raw_virtio *raw = raw_virtio_up(&options);
	uint8_t frame[64] = {2, 0, 0, 0, 0, 2};
	uint64_t address = virtio_at(raw, 0);

	(void)state;
	memset(frame, 0xff, 6);
	machine_trace_to(raw->machine, &observer);
	virtio_post(raw, 0, 0, RAW_VIRTIO_BUFFER);
	other.ring = port_physical(raw->port, raw->queues[0].table);
	assert_true(virtio_arrive(raw, frame, sizeof(frame)));
	other.ring = 0;
	assert_int_equal(other.refilled, 1);
	assert_int_equal(other.shown, 1);
	assert_memory_equal(other.slot, &address, sizeof(address));
	assert_int_equal(other.slot[8] | other.slot[9] << 8,
			 12 + sizeof(frame));
	assert_int_equal(other.slot[SLOT_FLAGS] | other.slot[SLOT_FLAGS + 1]
							  << 8,
			 FLAGS_USED);
	machine_trace_to(raw->machine, NULL);
	raw_virtio_destroy(raw, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shown_as_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
