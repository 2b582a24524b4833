/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each checker at the border fires: a guest that does the one thing wrong that
 * it is there for, and one beside it that does it right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hyperv/ring.h"
#include "mocks/hyperv/ring_check.h"
#include "mocks/machine/checker.h"
#include "port/port.h"

#define PAGE 4096u

struct test {
	struct machine *machine;
	struct port *port;
	uint8_t *pages;
	/* A channel: the ring to the host at page 0, from it at page 2. */
	uint8_t *to_data[1], *from_data[1];
	struct host_ring to_host, to_guest;
	struct host_ring_check *check;
	struct ring send;
};

static struct test start(unsigned off)
{
	const struct machine_configuration configuration = {
		.ram_bytes = 4u << 20,
		.seed = 7,
		.schedule = MACHINE_SCHEDULE_LAZY,
		.checkers_off = off,
	};
	struct test test = {.machine = machine_create(&configuration)};

	assert_non_null(test.machine);
	test.port = machine_port(test.machine);
	test.pages = port_pages_alloc(test.port, 4, 0, "rings");
	assert_non_null(test.pages);
	return test;
}

static void open_rings(struct test *test)
{
	struct host_ring *rings[] = {&test->to_host, &test->to_guest};
	uint8_t **data[] = {test->to_data, test->from_data};
	unsigned i;

	for (i = 0; i < 2; i++) {
		uint8_t *at = test->pages + (size_t)i * 2 * PAGE;

		rings[i]->control = (struct host_ring_control *)(void *)at;
		data[i][0] = at + PAGE;
		rings[i]->pages = data[i];
		rings[i]->size = PAGE;
	}
	ring_initialise(&test->send, test->port, test->pages, 1);
	test->check = host_ring_check_create(test->machine, "rings", 5,
					     &test->to_host, &test->to_guest);
}

/** @param says part of why it is stopped; NULL: it is not */
static void run(struct test *test, void (*guest)(void *argument),
		const char *says)
{
	enum machine_outcome outcome = machine_run(test->machine, guest, test);

	assert_int_equal(outcome, says ? MACHINE_FAULT : MACHINE_DONE);
	if (says && !strstr(machine_reason(test->machine), says))
		fail_msg("'%s', not '%s'", machine_reason(test->machine), says);
	host_ring_check_destroy(test->check);
	machine_destroy(test->machine);
}

/* ---- Ownership ---- */

static void takes_back(void *argument)
{
	struct test *test = argument;

	memset(test->pages, 1, PAGE);
	port_dma_give(test->port, test->pages, 1500, PORT_DMA_TO_DEVICE);
	port_dma_take(test->port, test->pages, 1500, PORT_DMA_TO_DEVICE);
	memset(test->pages, 2, PAGE);
}

/** As a plain store, where no sanitizer sees it. */
__attribute__((no_sanitize("address"))) static void
writes_in_flight(void *argument)
{
	struct test *test = argument;

	port_dma_give(test->port, test->pages, 64, PORT_DMA_TO_DEVICE);
	*(volatile uint8_t *)(test->pages + 9) = 1;
	port_dma_take(test->port, test->pages, 64, PORT_DMA_TO_DEVICE);
}

static void reads_in_flight(void *argument)
{
	struct test *test = argument;
	uint8_t bytes[8];

	port_dma_give(test->port, test->pages, 64, PORT_DMA_FROM_DEVICE);
	shared_read(test->port, bytes, test->pages + 16, sizeof(bytes));
}

static void stores_in_flight(void *argument)
{
	struct test *test = argument;

	port_dma_give(test->port, test->pages + 100, 64, PORT_DMA_TO_DEVICE);
	shared_store8(test->port, test->pages + 99, 1);
	shared_store8(test->port, test->pages + 163, 1);
}

static void frees_in_flight(void *argument)
{
	struct test *test = argument;
	void *memory = port_alloc(test->port, 100, "frame");

	port_dma_give(test->port, memory, 100, PORT_DMA_TO_DEVICE);
	port_free(test->port, memory);
}

static void gives_twice(void *argument)
{
	struct test *test = argument;

	port_dma_give(test->port, test->pages, 64, PORT_DMA_FROM_DEVICE);
	port_dma_give(test->port, test->pages, 64, PORT_DMA_FROM_DEVICE);
}

static void takes_twice(void *argument)
{
	struct test *test = argument;

	takes_back(argument);
	port_dma_take(test->port, test->pages, 1500, PORT_DMA_TO_DEVICE);
}

static void ownership_fires(void **state)
{
	static const struct {
		void (*guest)(void *argument);
		const char *says;
	} cases[] = {
		{takes_back, NULL},
		{writes_in_flight, "64 bytes of 'rings' +0x0 have changed"},
		{reads_in_flight, "touched: +0x10 is read"},
		{stores_in_flight, "touched: +0x3f is written"},
		{frees_in_flight, "100 bytes of 'frame' +0x0 are touched: "
				  "+0x0 is freed"},
		{gives_twice, "given a second time"},
		{takes_twice, "nothing like that was given"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct test test = start(0);

		run(&test, cases[i].guest, cases[i].says);
	}
}

static void pages_that_are_shown_are_not_freed(void **state)
{
	struct test test = start(0);

	(void)state;
	machine_page_shown(test.machine, test.pages, true);
	port_pages_free(test.port, test.pages, 4);
	assert_int_equal(machine_violations(test.machine), 1);
	assert_non_null(strstr(machine_violation_text(test.machine, 0),
			       "'rings' is freed while the host is shown it"));
	machine_destroy(test.machine);
}

/* ---- Double fetch ---- */

static void reads_once(void *argument)
{
	struct test *test = argument;
	const uint8_t *data = test->pages + 3 * PAGE;
	uint8_t bytes[64];

	shared_read(test->port, bytes, data, 16);
	shared_read(test->port, bytes, data + 16, 48);
	/* Given back: the same place is another message's. */
	shared_store32(test->port, (le32 *)(void *)(test->pages + 2 * PAGE + 4),
		       64);
	shared_read(test->port, bytes, data, 64);
}

static void reads_a_length_again(void *argument)
{
	struct test *test = argument;
	const uint8_t *data = test->pages + 3 * PAGE;
	uint8_t bytes[64];

	(void)shared_load16(test->port, (const le16 *)(const void *)(data + 4));
	shared_read(test->port, bytes, data + 6, 58);
	shared_read(test->port, bytes, data, 16);
}

static void double_fetch_fires(void **state)
{
	struct test right = start(0), wrong = start(0);
	struct test off = start(1u << MACHINE_CHECK_DOUBLE_FETCH);

	(void)state;
	open_rings(&right);
	run(&right, reads_once, NULL);
	open_rings(&wrong);
	run(&wrong, reads_a_length_again,
	    "'rings' +0x3004, a byte of a message in the ring to the guest");
	open_rings(&off);
	run(&off, reads_a_length_again, NULL);
}

/* ---- Publish order ---- */

static int stage(struct test *test)
{
	static const uint8_t payload[40] = {1};
	const struct ring_packet packet = {
		.type = RING_PACKET_INBAND,
		.payload_bytes = sizeof(payload),
	};
	const struct ring_piece piece = {payload, sizeof(payload)};

	return ring_write(&test->send, &packet, &piece, 1);
}

static void stores_then_publishes(void *argument)
{
	struct test *test = argument;

	assert_int_equal(stage(test), 0);
	assert_true(ring_publish(&test->send));
	if (!host_ring_check_doorbell(test->check))
		fail_msg("the first doorbell is called for");
}

static void publishes_then_stores(void *argument)
{
	struct test *test = argument;

	shared_store32(test->port, (le32 *)(void *)test->pages, 64);
	assert_int_equal(stage(test), 0);
}

static void publishes_a_plain_store(void *argument)
{
	struct test *test = argument;

	memset(test->pages + PAGE, 1, 64);
	shared_store32(test->port, (le32 *)(void *)test->pages, 64);
}

static void publishes_too_much(void *argument)
{
	struct test *test = argument;

	assert_int_equal(stage(test), 0);
	shared_store32(test->port, (le32 *)(void *)test->pages, 72);
}

static void publish_order_fires(void **state)
{
	static const struct {
		void (*guest)(void *argument);
		const char *says;
	} cases[] = {
		{stores_then_publishes, NULL},
		{publishes_then_stores, "the byte at 0x0 of the ring"},
		{publishes_a_plain_store, "the byte at 0x0 of the ring"},
		{publishes_too_much, "from 0x0 to 0x48, but the byte at 0x40"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct test test = start(0);

		open_rings(&test);
		run(&test, cases[i].guest, cases[i].says);
	}
}

/* ---- Signal budget ---- */

static void signal_budget_fires(void **state)
{
	struct test test = start(0);

	(void)state;
	open_rings(&test);
	/* Nothing was published. */
	assert_false(host_ring_check_doorbell(test.check));
	assert_int_equal(stage(&test), 0);
	assert_true(ring_publish(&test.send));
	assert_true(host_ring_check_doorbell(test.check));
	/* Once is enough. */
	assert_false(host_ring_check_doorbell(test.check));
	/* The host has not read the first: it is at work. */
	assert_int_equal(stage(&test), 0);
	assert_false(ring_publish(&test.send));
	assert_false(host_ring_check_doorbell(test.check));
	/* It catches up, and masks. */
	host_store32(&test.to_host.control->read_index, test.send.index);
	host_store32(&test.to_host.control->interrupt_mask, 1);
	assert_int_equal(stage(&test), 0);
	assert_false(ring_publish(&test.send));
	assert_false(host_ring_check_doorbell(test.check));
	/* It unmasks while what was published last is the only thing there. */
	host_store32(&test.to_host.control->interrupt_mask, 0);
	assert_true(host_ring_check_doorbell(test.check));
	host_ring_check_destroy(test.check);
	machine_destroy(test.machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ownership_fires),
		cmocka_unit_test(pages_that_are_shown_are_not_freed),
		cmocka_unit_test(double_fetch_fires),
		cmocka_unit_test(publish_order_fires),
		cmocka_unit_test(signal_budget_fires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
