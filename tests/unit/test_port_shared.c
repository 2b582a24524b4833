/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words that guest and device share: their byte order, their alignment, and
 * what is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/machine/machine.h"
#include "port/port.h"

static void words_are_little_endian(void **state)
{
	struct machine *machine = machine_create(NULL);
	struct port *port = machine_port(machine);
	uint8_t *bytes = port_pages_alloc(port, 1, 0, "words");
	static const uint8_t expected[] = {0x11, 0,    0x33, 0x22, 0x77, 0x66,
					   0x55, 0x44, 0xff, 0xee, 0xdd, 0xcc,
					   0xbb, 0xaa, 0x99, 0x88};

	(void)state;
	shared_store8(port, bytes, 0x11);
	shared_store16(port, (le16 *)(void *)(bytes + 2), 0x2233);
	shared_store32(port, (le32 *)(void *)(bytes + 4), 0x44556677);
	shared_store64(port, (le64 *)(void *)(bytes + 8), 0x8899aabbccddeeff);
	assert_memory_equal(bytes, expected, sizeof(expected));
	assert_int_equal(shared_load8(port, bytes), 0x11);
	assert_int_equal(shared_load16(port, (le16 *)(void *)(bytes + 2)),
			 0x2233);
	assert_int_equal(shared_load32(port, (le32 *)(void *)(bytes + 4)),
			 0x44556677);
	assert_int_equal(shared_load64(port, (le64 *)(void *)(bytes + 8)),
			 0x8899aabbccddeeff);
	machine_destroy(machine);
}

static void bits_are_tested_and_changed(void **state)
{
	struct machine *machine = machine_create(NULL);
	struct port *port = machine_port(machine);
	le32 *words = port_alloc(port, 12, "flags");
	const uint8_t *bytes = (const uint8_t *)words;

	(void)state;
	assert_false(shared_test_and_set_bit(port, words, 0));
	assert_true(shared_test_and_set_bit(port, words, 0));
	assert_false(shared_test_and_set_bit(port, words, 31));
	assert_false(shared_test_and_set_bit(port, words, 73));
	assert_int_equal(bytes[0], 0x01);
	assert_int_equal(bytes[3], 0x80);
	assert_int_equal(bytes[9], 0x02);
	assert_false(shared_test_and_clear_bit(port, words, 1));
	assert_true(shared_test_and_clear_bit(port, words, 31));
	assert_false(shared_test_and_clear_bit(port, words, 31));
	assert_int_equal(bytes[0], 0x01);
	assert_int_equal(bytes[3], 0);
	machine_destroy(machine);
}

/** Changing bits is progress, however many: nobody takes it for polling. */
static void change_many_bits(void *port)
{
	le32 *words = port_pages_alloc(port, 8, 0, "flags");
	unsigned bit;

	for (bit = 0; bit < 8 * 8 * 4096; bit++)
		shared_test_and_set_bit(port, words, bit);
	for (bit = 0; bit < 8 * 8 * 4096; bit++)
		shared_test_and_clear_bit(port, words, bit);
	while (!shared_test_and_clear_bit(port, words, 33))
		continue;
}

static void unchanged_bits_are_polled(void **state)
{
	struct machine *machine = machine_create(NULL);

	(void)state;
	assert_int_equal(machine_run(machine, change_many_bits,
				     machine_port(machine)),
			 MACHINE_SPIN);
	assert_string_equal(machine_reason(machine),
			    "polled 'flags' +0x4, 200000 times, and nothing "
			    "can change it");
	machine_destroy(machine);
}

static void copies_are_counted(void **state)
{
	struct machine *machine = machine_create(NULL);
	struct port *port = machine_port(machine);
	uint8_t *ring = port_alloc(port, 3000, "ring");
	uint8_t copy[3000];
	struct machine_counters counters;
	uint64_t time, calls;

	(void)state;
	machine_counters(machine, &counters);
	calls = counters.border_calls;
	time = machine_time(machine);
	memset(copy, 0x5a, sizeof(copy));
	shared_write(port, ring + 1, copy, 2000);
	memset(copy, 0, sizeof(copy));
	shared_read(port, copy, ring, 2002);
	assert_int_equal(copy[0], 0);
	assert_int_equal(copy[1], 0x5a);
	assert_int_equal(copy[2000], 0x5a);
	assert_int_equal(copy[2001], 0);
	shared_fence(port);
	machine_counters(machine, &counters);
	assert_int_equal(counters.copies, 2);
	assert_int_equal(counters.copied_bytes, 4002);
	assert_int_equal(counters.fences, 1);
	assert_int_equal(counters.border_calls, calls + 3);
	/* A nanosecond for 16 bytes, and what calls cost. */
	assert_in_range(machine_time(machine) - time, 250, 300);
	machine_destroy(machine);
}

static uint8_t *at_odd(void *port)
{
	uint8_t *memory = port_alloc(port, 64, "odd");

	return memory + 1;
}

static void load16(void *port)
{
	shared_load16(port, (void *)at_odd(port));
}

static void load32(void *port)
{
	shared_load32(port, (void *)(at_odd(port) + 1));
}

static void load64(void *port)
{
	shared_load64(port, (void *)(at_odd(port) + 3));
}

static void store16(void *port)
{
	shared_store16(port, (void *)at_odd(port), 1);
}

static void store32(void *port)
{
	shared_store32(port, (void *)(at_odd(port) + 1), 1);
}

static void store64(void *port)
{
	shared_store64(port, (void *)(at_odd(port) + 3), 1);
}

static void set_bit(void *port)
{
	shared_test_and_set_bit(port, (void *)(at_odd(port) + 1), 40);
}

static void clear_bit(void *port)
{
	shared_test_and_clear_bit(port, (void *)(at_odd(port) + 1), 40);
}

static void misaligned_words_stop(void **state)
{
	static const struct {
		void (*guest)(void *argument);
		const char *reason;
	} cases[] = {
		{load16, "shared_load16() of 'odd' +0x1: misaligned"},
		{load32, "shared_load32() of 'odd' +0x2: misaligned"},
		{load64, "shared_load64() of 'odd' +0x4: misaligned"},
		{store16, "shared_store16() of 'odd' +0x1: misaligned"},
		{store32, "shared_store32() of 'odd' +0x2: misaligned"},
		{store64, "shared_store64() of 'odd' +0x4: misaligned"},
		{set_bit,
		 "shared_test_and_set_bit() of 'odd' +0x6: misaligned"},
		{clear_bit,
		 "shared_test_and_clear_bit() of 'odd' +0x6: misaligned"},
	};
	unsigned n;

	(void)state;
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct machine *machine = machine_create(NULL);

		assert_int_equal(machine_run(machine, cases[n].guest,
					     machine_port(machine)),
				 MACHINE_FAULT);
		assert_string_equal(machine_reason(machine), cases[n].reason);
		machine_destroy(machine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_little_endian),
		cmocka_unit_test(bits_are_tested_and_changed),
		cmocka_unit_test(unchanged_bits_are_polled),
		cmocka_unit_test(copies_are_counted),
		cmocka_unit_test(misaligned_words_stop),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
