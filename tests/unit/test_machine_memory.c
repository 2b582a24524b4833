/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The machine's memory: physical addresses, allocation, overlays, and what was
 * given to devices.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "mocks/machine/machine.h"
#include "port/port.h"

#define PAGE	MACHINE_PAGE_SIZE
#define FOUR_GB ((uint64_t)1 << 32)

static struct machine *make(uint64_t seed)
{
	const struct machine_configuration configuration = {.seed = seed};
	struct machine *machine = machine_create(&configuration);

	assert_non_null(machine);
	return machine;
}

/** Run a guest that is to be stopped, and look for words in the reason. */
static void expect_fault(void (*guest)(void *argument), const char *words)
{
	struct machine *machine = make(7);

	assert_int_equal(machine_run(machine, guest, machine_port(machine)),
			 MACHINE_FAULT);
	if (!strstr(machine_reason(machine), words))
		fail_msg("'%s' is not in '%s'", words, machine_reason(machine));
	machine_destroy(machine);
}

/* ---- Addresses ---- */

static void neighbours_are_scattered(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 20; seed++) {
		struct machine *machine = make(seed);
		struct port *port = machine_port(machine);
		uint8_t *pages = port_pages_alloc(port, 4000, 0, "pages");
		uint64_t before = 0;
		unsigned n, high = 0;

		assert_non_null(pages);
		for (n = 0; n < 4000; n++) {
			uint64_t physical =
				port_physical(port, pages + n * PAGE);

			assert_int_equal(physical % PAGE, 0);
			assert_true(physical > 0);
			assert_true(!n || (physical != before + PAGE &&
					   before != physical + PAGE));
			assert_ptr_equal(machine_ram(machine, physical, PAGE),
					 pages + n * PAGE);
			high += physical >= FOUR_GB;
			before = physical;
		}
		assert_in_range(high, 1600, 2400);
		machine_destroy(machine);
	}
}

static void each_page_has_one_address(void **state)
{
	struct machine *machine = make(3);
	uint64_t number, last = (FOUR_GB + ((uint64_t)320 << 20)) / PAGE;
	uintptr_t lowest = UINTPTR_MAX, highest = 0;
	size_t pages = 0;
	uint8_t *seen;

	(void)state;
	for (number = 0; number < last; number++) {
		uintptr_t at =
			(uintptr_t)machine_ram(machine, number * PAGE, PAGE);

		if (!at)
			continue;
		lowest = at < lowest ? at : lowest;
		highest = at > highest ? at : highest;
		pages++;
	}
	assert_int_equal(pages, ((size_t)32 << 20) / PAGE);
	assert_int_equal((highest - lowest) / PAGE, pages - 1);
	seen = calloc(pages, 1);
	for (number = 0; number < last; number++) {
		uintptr_t at =
			(uintptr_t)machine_ram(machine, number * PAGE, PAGE);

		if (at)
			assert_int_equal(seen[(at - lowest) / PAGE]++, 0);
	}
	free(seen);
	machine_destroy(machine);
}

static void ram_ends_with_its_page(void **state)
{
	struct machine *machine = make(1);
	struct port *port = machine_port(machine);
	uint8_t *page = port_pages_alloc(port, 1, 0, "page");
	uint64_t physical = port_physical(port, page);

	(void)state;
	assert_int_equal(port_physical(port, page + 5), physical + 5);
	assert_ptr_equal(machine_ram(machine, physical + PAGE - 1, 1),
			 page + PAGE - 1);
	assert_null(machine_ram(machine, physical + PAGE - 1, 2));
	assert_null(machine_ram(machine, physical, PAGE + 1));
	assert_null(machine_ram(machine, physical, SIZE_MAX));
	assert_null(machine_ram(machine, 0, 1));
	assert_null(machine_ram(machine, UINT64_MAX, 1));
	assert_null(machine_ram(machine, UINT64_MAX - PAGE, 1));
	assert_null(machine_ram(machine, (uint64_t)1 << 52, 1));
	machine_destroy(machine);
}

static uint64_t first_page(uint64_t seed)
{
	struct machine *machine = make(seed);
	struct port *port = machine_port(machine);
	void *page = port_pages_alloc(port, 1, 0, "page");
	uint64_t physical = port_physical(port, page);

	machine_destroy(machine);
	return physical;
}

static void addresses_are_the_seeds(void **state)
{
	(void)state;
	assert_int_equal(first_page(11), first_page(11));
	assert_int_not_equal(first_page(11), first_page(12));
}

/** Each byte is in the file where another process looks for its address. */
static void ram_in_a_file(void **state)
{
	const struct machine_ram_file file = {
		.descriptor = memfd_create("ram", MFD_CLOEXEC),
		.low_bytes = FOUR_GB / 2,
	};
	const struct machine_configuration configuration = {
		.seed = 3,
		.ram_file = &file,
	};
	struct machine *machine;
	uint64_t place;
	uint8_t *pages, byte;
	unsigned n, high = 0;

	(void)state;
	assert_int_equal(ftruncate(file.descriptor, 3 * (off_t)FOUR_GB / 4), 0);
	machine = machine_create(&configuration);
	assert_non_null(machine);
	pages = port_pages_alloc(machine_port(machine), 200, 0, "pages");
	for (n = 0; n < 200; n++) {
		place = port_physical(machine_port(machine), pages + n * PAGE);
		if (place >= FOUR_GB) {
			place -= FOUR_GB - file.low_bytes;
			high++;
		}
		pages[n * PAGE + 7] = (uint8_t)(n + 1);
		assert_int_equal(
			pread(file.descriptor, &byte, 1, (off_t)place + 7), 1);
		assert_int_equal(byte, n + 1);
		assert_int_equal(pwrite(file.descriptor, "x", 1, (off_t)place),
				 1);
		assert_int_equal(pages[n * PAGE], 'x');
	}
	assert_in_range(high, 50, 150);
	port_pages_free(machine_port(machine), pages, 200);
	pages = port_pages_alloc(machine_port(machine), 4,
				 PORT_PAGES_CONTIGUOUS, "zone");
	place = port_physical(machine_port(machine), pages);
	assert_int_equal(
		pwrite(file.descriptor, "y", 1, (off_t)place + 3 * PAGE), 1);
	assert_int_equal(pages[3 * PAGE], 'y');
	port_pages_free(machine_port(machine), pages, 4);
	machine_destroy(machine);
	close(file.descriptor);
	/* No file, no machine. */
	assert_null(machine_create(&configuration));
}

static void contiguous_is_contiguous(void **state)
{
	struct machine *machine = make(5);
	struct port *port = machine_port(machine);
	uint8_t *pages =
		port_pages_alloc(port, 8, PORT_PAGES_CONTIGUOUS, "block");
	uint8_t copy[PAGE + 2] = {0};
	uint64_t first = port_physical(port, pages);
	unsigned n;

	(void)state;
	assert_true(first + 8 * PAGE < FOUR_GB);
	for (n = 0; n < 8; n++)
		assert_int_equal(port_physical(port, pages + n * PAGE),
				 first + n * PAGE);
	memset(copy, 0x3c, sizeof(copy));
	copy[PAGE + 1] = 0x3d;
	assert_true(machine_ram_write(machine, first + PAGE - 1, copy,
				      sizeof(copy)));
	assert_int_equal(pages[PAGE - 2], 0);
	assert_int_equal(pages[PAGE - 1], 0x3c);
	assert_int_equal(pages[2 * PAGE - 1], 0x3c);
	assert_int_equal(pages[2 * PAGE], 0x3d);
	assert_int_equal(pages[2 * PAGE + 1], 0);
	memset(copy, 0, sizeof(copy));
	assert_true(machine_ram_read(machine, first + PAGE, copy, PAGE + 1));
	assert_int_equal(copy[0], 0x3c);
	assert_int_equal(copy[PAGE - 1], 0x3c);
	assert_int_equal(copy[PAGE], 0x3d);
	assert_int_equal(copy[PAGE + 1], 0);
	/* Below the zone there is nothing, so this crosses out of RAM. */
	assert_false(
		machine_ram_read(machine, ((uint64_t)1 << 20) - 1, copy, 2));
	assert_false(
		machine_ram_write(machine, ((uint64_t)3 << 20) - 1, copy, 2));
	port_pages_free(port, pages, 8);
	machine_destroy(machine);
}

static void outside(void *argument)
{
	int here = 0;

	port_physical(argument, &here);
}

static void other_memory_has_no_address(void **state)
{
	(void)state;
	expect_fault(outside, "not guest memory");
}

static void sizes_of_machines(void **state)
{
	struct machine_configuration configuration = {.ram_bytes = 1};
	struct machine *machine = machine_create(&configuration);

	(void)state;
	assert_non_null(machine);
	assert_non_null(port_alloc(machine_port(machine), 4096, "small"));
	machine_destroy(machine);
	configuration.ram_bytes = (size_t)8 << 30;
	assert_null(machine_create(&configuration));
	machine = machine_create(NULL);
	assert_int_equal(machine_cpus(machine), 2);
	assert_int_equal(machine_tsc_hz(machine), 2600000000);
	machine_destroy(machine);
	machine_destroy(NULL);
}

/* ---- Allocation ---- */

static void small_memory_crosses_pages(void **state)
{
	struct machine *machine = make(2);
	struct port *port = machine_port(machine);
	unsigned n, crossing = 0;

	(void)state;
	for (n = 0; n < 200; n++) {
		uintptr_t memory = (uintptr_t)port_alloc(port, 240, "message");

		assert_int_equal(memory % 16, 0);
		assert_int_not_equal(memory % 32, 0);
		crossing += memory / PAGE != (memory + 239) / PAGE;
	}
	assert_true(crossing > 5);
	machine_destroy(machine);
}

static void memory_is_zeroed_and_poisoned(void **state)
{
	struct machine *machine = make(2);
	struct port *port = machine_port(machine);
	static const uint8_t zeroes[3 * PAGE];
	unsigned n;

	(void)state;
	for (n = 0; n < 3000; n++) {
		uint8_t *small = port_alloc(port, 1000, "small");
		uint8_t *pages = port_pages_alloc(port, 3, n & 1, "pages");
		uint64_t at[2];
		const uint8_t *freed;

		assert_non_null(small);
		assert_non_null(pages);
		assert_memory_equal(small, zeroes, 1000);
		assert_memory_equal(pages, zeroes, 3 * PAGE);
		memset(small, n, 1000);
		memset(pages, n, 3 * PAGE);
		at[0] = port_physical(port, small + 999);
		at[1] = port_physical(port, pages + 2 * PAGE);
		port_free(port, small);
		port_pages_free(port, pages, 3);
		freed = machine_ram(machine, at[0], 1);
		assert_int_equal(*freed, 0xa5);
		freed = machine_ram(machine, at[1], PAGE);
		assert_int_equal(freed[PAGE - 1], 0xa5);
	}
	machine_destroy(machine);
}

static void fresh_memory_is_zero_whatever_devices_did(void **state)
{
	struct machine *machine = make(2);
	struct port *port = machine_port(machine);
	uint8_t *page = port_pages_alloc(port, 1, 0, "page");
	uint64_t number;
	uint8_t *pages;
	unsigned n;

	(void)state;
	/* A device that writes to all RAM, before the guest has it. */
	for (number = 0; number < 0x120000; number++) {
		void *ram = machine_ram(machine, number * PAGE, PAGE);

		if (ram && ram != page)
			memset(ram, 0xee, 16);
	}
	pages = port_pages_alloc(port, 64, 0, "pages");
	for (n = 0; n < 64; n++)
		assert_int_equal(pages[n * PAGE], 0);
	machine_destroy(machine);
}

static unsigned exhaust(struct port *port, void **pages, unsigned most)
{
	unsigned count = 0;

	while (count < most) {
		pages[count] = port_pages_alloc(port, 5, 0, "fill");
		if (!pages[count])
			break;
		count++;
	}
	return count;
}

static void exhausted_memory_comes_back(void **state)
{
	struct machine *machine = make(2);
	struct port *port = machine_port(machine);
	struct machine_counters counters;
	static void *pages[2000];
	unsigned n, round, count = 0;

	(void)state;
	for (round = 0; round < 4; round++) {
		unsigned before = count;

		count = exhaust(port, pages, 2000);
		assert_in_range(count, 1000, 1300);
		assert_true(!round || count == before);
		assert_null(port_alloc(port, 200000, "too much"));
		/* Every other one first: neighbours have to be joined. */
		for (n = 0; n < count; n += 2)
			port_pages_free(port, pages[n], 5);
		for (n = 1; n < count; n += 2)
			port_pages_free(port, pages[n], 5);
	}
	/* And as one. */
	assert_non_null(pages[0] = port_pages_alloc(port, 7600, 0, "all"));
	port_pages_free(port, pages[0], 7600);
	assert_null(port_alloc(port, SIZE_MAX, "too much"));
	assert_null(port_pages_alloc(port, SIZE_MAX, 0, "too much"));
	assert_null(port_pages_alloc(port, SIZE_MAX / 4096 + 2, 0, "wraps"));
	assert_null(port_pages_alloc(port, 0, 0, "none"));
	assert_null(port_pages_alloc(port, 600, PORT_PAGES_CONTIGUOUS, "zone"));
	machine_counters(machine, &counters);
	assert_int_equal(counters.live_allocations, 0);
	assert_int_equal(counters.live_bytes, 0);
	machine_destroy(machine);
}

static void leaks_are_named(void **state)
{
	struct machine *machine = make(2);
	struct port *port = machine_port(machine);
	struct machine_counters counters;
	void *released = port_alloc(port, 10, "released");
	char *text = NULL;
	size_t bytes;
	FILE *stream;

	(void)state;
	port_alloc(port, 77, "channel");
	port_pages_alloc(port, 4, 0, "ring");
	port_free(port, released);
	port_free(port, NULL);
	port_pages_free(port, NULL, 3);
	machine_counters(machine, &counters);
	assert_int_equal(counters.allocations, 3);
	assert_int_equal(counters.live_allocations, 2);
	assert_int_equal(counters.live_bytes, 77 + 4 * PAGE);
	assert_int_equal(counters.peak_bytes, 10 + 77 + 4 * PAGE);
	stream = open_memstream(&text, &bytes);
	machine_leaks(machine, stream);
	fclose(stream);
	assert_string_equal(text, "leak: 'channel', 77 bytes\n"
				  "leak: 'ring', 4 pages\n");
	free(text);
	machine_destroy(machine);
}

static void free_twice(void *port)
{
	void *memory = port_alloc(port, 100, "request");

	port_free(port, port_alloc(port, 100, "other"));
	port_free(port, memory);
	port_free(port, memory);
}

static void free_inside(void *port)
{
	uint8_t *memory = port_alloc(port, 100, "request");

	port_free(port, memory + 16);
}

static void free_foreign(void *port)
{
	int here = 0;

	port_free(port, &here);
}

static void free_pages(void *port)
{
	port_free(port, port_pages_alloc(port, 2, 0, "ring"));
}

static void pages_free_small(void *port)
{
	port_pages_free(port, port_alloc(port, PAGE, "small"), 1);
}

static void pages_free_short(void *port)
{
	port_pages_free(port, port_pages_alloc(port, 4, 0, "ring"), 3);
}

static void pages_free_twice(void *port)
{
	void *memory = port_pages_alloc(port, 4, 0, "ring");

	port_pages_free(port, memory, 4);
	port_pages_free(port, memory, 4);
}

static void wrong_frees_stop(void **state)
{
	(void)state;
	expect_fault(free_twice, "port_free(): double free of 'request'");
	expect_fault(free_inside, "port_free() of 'request' +0x10: no "
				  "allocation begins there");
	expect_fault(free_foreign, "memory that is no guest RAM");
	expect_fault(free_pages, "port_free() of 'ring', which came from "
				 "port_pages_alloc()");
	expect_fault(pages_free_small, "port_pages_free() of 'small', which "
				       "came from port_alloc()");
	expect_fault(pages_free_short,
		     "port_pages_free() of 3 pages of 'ring', which has 4");
	expect_fault(pages_free_twice, "double free of 'ring'");
}

/** As the device would do it: the compiler's checks do not see it. */
static void device_writes(struct machine *machine, uint8_t *at)
{
	struct port *port = machine_port(machine);
	/* The neighbour's address is the driver's, the byte is not. */
	uint64_t page = port_physical(port, (void *)((uintptr_t)at -
						     (uintptr_t)at % PAGE));
	uint8_t *byte = machine_ram(machine, page + (uintptr_t)at % PAGE, 1);

	*byte = 0;
}

static void overrun(void *argument)
{
	struct machine *machine = argument;
	uint8_t *memory = port_alloc(machine_port(machine), 100, "request");

	device_writes(machine, memory + 103);
	port_free(machine_port(machine), memory);
}

/** The size that fills its block but for the red zones. */
static void overrun_by_one(void *argument)
{
	struct machine *machine = argument;
	uint8_t *memory = port_alloc(machine_port(machine), 112, "request");

	device_writes(machine, memory + 112);
	port_free(machine_port(machine), memory);
}

static void underrun(void *argument)
{
	struct machine *machine = argument;
	uint8_t *memory = port_alloc(machine_port(machine), 100, "request");

	device_writes(machine, memory - 8);
	port_free(machine_port(machine), memory);
}

static void overruns_are_found(void **state)
{
	struct machine *machine = make(1);

	(void)state;
	assert_int_equal(machine_run(machine, overrun, machine), MACHINE_FAULT);
	assert_string_equal(machine_reason(machine),
			    "somebody wrote beyond 'request' (100 bytes), at "
			    "+103");
	machine_destroy(machine);
	machine = make(1);
	assert_int_equal(machine_run(machine, overrun_by_one, machine),
			 MACHINE_FAULT);
	assert_string_equal(machine_reason(machine),
			    "somebody wrote beyond 'request' (112 bytes), at "
			    "+112");
	machine_destroy(machine);
	machine = make(1);
	assert_int_equal(machine_run(machine, underrun, machine),
			 MACHINE_FAULT);
	assert_string_equal(machine_reason(machine),
			    "somebody wrote beyond 'request' (100 bytes), at "
			    "-8");
	machine_destroy(machine);
}

#if defined(__SANITIZE_ADDRESS__)
#define CHECKED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHECKED 1
#endif
#endif

#ifdef CHECKED
#include <sanitizer/asan_interface.h>

static void checked_addresses(void **state)
{
	struct machine *machine = make(1);
	struct port *port = machine_port(machine);
	uint8_t *small = port_alloc(port, 100, "small");
	uint8_t *pages = port_pages_alloc(port, 2, 0, "pages");
	uint8_t *zone =
		port_pages_alloc(port, 2, PORT_PAGES_CONTIGUOUS, "zone");

	(void)state;
	assert_null(__asan_region_is_poisoned(small, 100));
	assert_true(__asan_address_is_poisoned(small - 1));
	assert_true(__asan_address_is_poisoned(small + 100));
	assert_null(__asan_region_is_poisoned(pages, 2 * PAGE));
	assert_true(__asan_address_is_poisoned(pages + 2 * PAGE));
	assert_true(__asan_address_is_poisoned(zone + 2 * PAGE));
	port_free(port, small);
	port_pages_free(port, pages, 2);
	port_pages_free(port, zone, 2);
	assert_true(__asan_address_is_poisoned(small));
	assert_true(__asan_address_is_poisoned(pages + 5));
	assert_true(__asan_address_is_poisoned(zone + 5));
	machine_destroy(machine);
}
#endif

/* ---- Overlay pages ---- */

static void overlays_keep_what_is_below(void **state)
{
	struct machine *machine = make(9);
	struct port *port = machine_port(machine);
	uint8_t *page = port_pages_alloc(port, 2, 0, "SIMP");
	uint64_t number = port_physical(port, page) / PAGE;
	uint8_t *overlay;

	(void)state;
	memset(page, 0x11, 2 * PAGE);
	overlay = machine_overlay_add(machine, number);
	assert_non_null(overlay);
	assert_int_equal(overlay[0] | overlay[PAGE - 1], 0);
	assert_int_equal(page[PAGE], 0x11);
	overlay[5] = 0x22;
	assert_int_equal(page[5], 0x22);
	assert_ptr_equal(machine_ram(machine, number * PAGE + 5, 1),
			 overlay + 5);
	assert_null(machine_overlay_add(machine, number));
	machine_overlay_remove(machine, number);
	assert_int_equal(page[5], 0x11);
	assert_int_equal(page[PAGE - 1], 0x11);
	machine_overlay_remove(machine, number);
	assert_non_null(machine_overlay_add(machine, number));
	assert_null(machine_overlay_add(machine, 0));
	assert_null(machine_overlay_add(machine, UINT64_MAX));
	/* The number of a page, shifted out of its word. */
	assert_null(machine_overlay_add(machine, number | (uint64_t)1 << 52));
	assert_int_equal(machine_violations(machine), 0);
	port_pages_free(port, page, 2);
	assert_int_equal(machine_violations(machine), 1);
	assert_non_null(strstr(machine_violation_text(machine, 0), "'SIMP'"));
	machine_destroy(machine);
}

/* ---- Memory given to devices ---- */

static void dma_is_recorded(void **state)
{
	struct machine *machine = make(4);
	struct port *port = machine_port(machine);
	uint8_t *pages = port_pages_alloc(port, 3, 0, "frames");
	uint64_t at[3];
	struct machine_counters counters;
	unsigned n;

	(void)state;
	for (n = 0; n < 3; n++)
		at[n] = port_physical(port, pages + n * PAGE);
	assert_false(machine_dma_given(machine, at[0], 1));
	port_dma_give(port, pages + 100, PAGE, PORT_DMA_TO_DEVICE);
	assert_true(machine_dma_given(machine, at[0] + 100, PAGE - 100));
	assert_true(machine_dma_given(machine, at[1], 100));
	assert_false(machine_dma_given(machine, at[2], 1));
	assert_false(machine_dma_given(machine, at[0], 0));
	assert_false(machine_dma_given(machine, UINT64_MAX - 1, 2));
	port_dma_give(port, pages + 100, PAGE, PORT_DMA_TO_DEVICE);
	port_dma_take(port, pages + 100, PAGE, PORT_DMA_TO_DEVICE);
	assert_true(machine_dma_given(machine, at[0] + 100, 10));
	machine_counters(machine, &counters);
	assert_int_equal(counters.dma_gives, 2);
	assert_int_equal(counters.dma_live, 1);
	port_dma_take(port, pages + 100, PAGE, PORT_DMA_TO_DEVICE);
	assert_false(machine_dma_given(machine, at[0] + 100, 10));
	machine_destroy(machine);
}

/** Many grants, taken in another order, against a plain model. */
static void dma_holds_many(void **state)
{
	struct machine *machine = make(4);
	struct port *port = machine_port(machine);
	uint8_t *pages = port_pages_alloc(port, 64, 0, "frames");
	static uint16_t given[2048];
	struct machine_counters counters;
	unsigned n, live = 0;

	(void)state;
	memset(given, 0, sizeof(given));
	for (n = 0; n < 40000; n++) {
		unsigned slot = machine_random_below(machine, 2048);
		uint8_t *memory = pages + slot * 128;

		if (n < 20000 ? machine_random_below(machine, 3)
			      : !machine_random_below(machine, 3)) {
			port_dma_give(port, memory, 100, PORT_DMA_TO_DEVICE);
			given[slot]++;
			live++;
		} else if (given[slot]) {
			port_dma_take(port, memory, 100, PORT_DMA_TO_DEVICE);
			given[slot]--;
			live--;
		}
	}
	machine_counters(machine, &counters);
	assert_int_equal(counters.dma_live, live);
	for (n = 0; n < 2048; n++)
		for (; given[n]; given[n]--)
			port_dma_take(port, pages + n * 128, 100,
				      PORT_DMA_TO_DEVICE);
	for (n = 0; n < 64; n++)
		assert_false(machine_dma_given(
			machine, port_physical(port, pages + n * PAGE), 1));
	machine_destroy(machine);
}

static void take_unknown(void *port)
{
	uint8_t *memory = port_alloc(port, 200, "frame");

	port_dma_take(port, memory + 2, 100, PORT_DMA_TO_DEVICE);
}

static void take_other_length(void *port)
{
	uint8_t *memory = port_alloc(port, 200, "frame");

	port_dma_give(port, memory, 100, PORT_DMA_TO_DEVICE);
	port_dma_take(port, memory, 101, PORT_DMA_TO_DEVICE);
}

static void take_other_direction(void *port)
{
	uint8_t *memory = port_alloc(port, 200, "frame");

	port_dma_give(port, memory, 100, PORT_DMA_TO_DEVICE);
	port_dma_take(port, memory, 100, PORT_DMA_FROM_DEVICE);
}

static void give_foreign(void *port)
{
	int here = 0;

	port_dma_give(port, &here, sizeof(here), PORT_DMA_TO_DEVICE);
}

static void give_beyond(void *port)
{
	port_dma_give(port, port_alloc(port, 8, "frame"), SIZE_MAX,
		      PORT_DMA_TO_DEVICE);
}

static void wrong_dma_stops(void **state)
{
	(void)state;
	expect_fault(take_unknown, "100 bytes of 'frame' +0x2: nothing like "
				   "that was given");
	expect_fault(take_other_length, "101 bytes of 'frame' +0x0");
	expect_fault(take_other_direction, "nothing like that was given");
	expect_fault(give_foreign, "not guest memory");
	expect_fault(give_beyond, "not guest memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_are_scattered),
		cmocka_unit_test(each_page_has_one_address),
		cmocka_unit_test(ram_ends_with_its_page),
		cmocka_unit_test(addresses_are_the_seeds),
		cmocka_unit_test(ram_in_a_file),
		cmocka_unit_test(contiguous_is_contiguous),
		cmocka_unit_test(other_memory_has_no_address),
		cmocka_unit_test(sizes_of_machines),
		cmocka_unit_test(small_memory_crosses_pages),
		cmocka_unit_test(memory_is_zeroed_and_poisoned),
		cmocka_unit_test(fresh_memory_is_zero_whatever_devices_did),
		cmocka_unit_test(exhausted_memory_comes_back),
		cmocka_unit_test(leaks_are_named),
		cmocka_unit_test(wrong_frees_stop),
		cmocka_unit_test(overruns_are_found),
#ifdef CHECKED
		cmocka_unit_test(checked_addresses),
#endif
		cmocka_unit_test(overlays_keep_what_is_below),
		cmocka_unit_test(dma_is_recorded),
		cmocka_unit_test(dma_holds_many),
		cmocka_unit_test(wrong_dma_stops),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
