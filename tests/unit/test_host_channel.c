/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of channels and of the memory that a guest shows them: lists, open
 * and close, target processors, rescind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../support/raw_device.h"
#include "mocks/hyperv/hostile.h"

#define PAGE 4096u

/* ---- Lists of memory ---- */

static void gpadl_body(struct raw_guest *guest)
{
	static const uint32_t counts[] = {1, 2, 25, 26, 27, 54, 55, 200};
	uint8_t *pages = port_pages_alloc(guest->port, 200, 0, "pages");
	struct raw_device *device = guest->context;
	uint32_t relid = raw_connect_one(guest, 0x50003);
	struct host_gpadl *gpadl;
	uint8_t bytes[6];
	size_t i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		uint32_t handle = 0xe1e10 + (uint32_t)i;

		assert_int_equal(
			raw_gpadl(guest, relid, handle, pages, counts[i]), 0);
		gpadl = host_gpadl_find(device->channel, handle);
		assert_int_equal(host_gpadl_bytes(gpadl), counts[i] * PAGE);
		assert_true(host_gpadl_is_aligned(gpadl));
		memcpy(pages + (counts[i] - 1) * PAGE, "ending", 6);
		assert_true(host_gpadl_read(gpadl, (counts[i] - 1) * PAGE,
					    bytes, 6));
		assert_memory_equal(bytes, "ending", 6);
		assert_false(
			host_gpadl_read(gpadl, counts[i] * PAGE - 5, bytes, 6));
		assert_false(host_gpadl_write(gpadl, UINT32_MAX, bytes, 6));
	}
	gpadl = host_gpadl_find(device->channel, 0xe1e17);
	assert_true(host_gpadl_write(gpadl, PAGE - 3, "across", 6));
	assert_memory_equal(pages + PAGE - 3, "across", 6);
	assert_int_equal(host_channel_gpadls(device->channel), 8);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 8);
	for (i = 0; i < 8; i++)
		assert_true(raw_teardown(guest, relid, 0xe1e10 + (uint32_t)i));
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
}

static void edge_29_a_list_has_a_header_and_bodies(void **state)
{
	(void)state;
	raw_run(gpadl_body, 0);
}

static void ranges_body(struct raw_guest *guest)
{
	uint8_t *pages = port_pages_alloc(guest->port, 3, 0, "pages");
	struct raw_device *device = guest->context;
	uint32_t relid = raw_connect_one(guest, 0x50003);
	uint8_t payload[RAW_MESSAGE_MAX] = {8}, read[16];
	struct host_gpadl *gpadl;
	unsigned i;

	for (i = 0; i < 3 * PAGE; i++)
		pages[i] = (uint8_t)(i % 251);
	raw_put32(payload, 8, relid);
	raw_put32(payload, 12, 5);
	raw_put32(payload, 16, (2 * 8 + 3 * 8) | 2u << 16);
	/* Ten bytes that end a page; sixteen across two others. */
	raw_put32(payload, 20, 10);
	raw_put32(payload, 24, PAGE - 10);
	raw_put64(payload, 28, port_physical(guest->port, pages) >> 12);
	raw_put32(payload, 36, 16);
	raw_put32(payload, 40, PAGE - 8);
	raw_put64(payload, 44, port_physical(guest->port, pages + PAGE) >> 12);
	raw_put64(payload, 52,
		  port_physical(guest->port, pages + 2 * PAGE) >> 12);
	/* All 240 bytes, whatever the message needs. */
	raw_send_bytes(guest, payload, RAW_MESSAGE_MAX);
	assert_int_equal(raw_answer(guest, payload), 10);
	assert_int_equal(raw_get32(payload, 16), 0);
	gpadl = host_gpadl_find(device->channel, 5);
	assert_int_equal(host_gpadl_bytes(gpadl), 26);
	assert_false(host_gpadl_is_aligned(gpadl));
	assert_true(host_gpadl_read(gpadl, 8, read, 16));
	assert_memory_equal(read, pages + PAGE - 2, 2);
	assert_memory_equal(read + 2, pages + 2 * PAGE - 8, 14);
	assert_false(host_gpadl_read(gpadl, 20, read, 7));
}

static void edge_32_ranges_and_trailing_bytes(void **state)
{
	(void)state;
	raw_run(ranges_body, 0);
}

static int64_t gpadl_status(struct raw_guest *guest, const uint32_t words[],
			    unsigned count)
{
	uint8_t payload[RAW_MESSAGE_MAX];

	raw_send(guest, words, count);
	if (raw_answer(guest, payload) != 10)
		return -1;
	assert_int_equal(raw_get32(payload, 8), words[2]);
	assert_int_equal(raw_get32(payload, 12), words[3]);
	return raw_get32(payload, 16);
}

static void gpadl_failure_body(struct raw_guest *guest)
{
	uint8_t *page = port_pages_alloc(guest->port, 1, 0, "page");
	uint32_t relid = raw_connect_one(guest, 0x50003);
	uint64_t number = port_physical(guest->port, page) >> 12;
	uint32_t low = (uint32_t)number, high = (uint32_t)(number >> 32);
	const uint32_t good[] = {8,    0, relid, 1,   16 | 1u << 16,
				 PAGE, 0, low,	 high};
	static const struct {
		unsigned word;
		uint32_t value;
	} faults[] = {
		{2, 77}, /* no such channel */
		{2, 0},
		{2, 0xffffffff},
		{4, 15 | 1u << 16}, /* not whole words */
		{4, 20 | 1u << 16},
		{4, 8 | 1u << 16},  /* a range without a page */
		{4, 16},	    /* no range */
		{4, 16 | 2u << 16}, /* two ranges in the room for one */
		{4, 0 | 1u << 16},
		{5, 0},	       /* no bytes */
		{5, PAGE + 1}, /* too few pages */
		{5, 0xffffffff},
		{6, 0x1000},	 /* an offset beyond the page */
		{6, 1},		 /* which needs one more page */
		{8, 0xffffffff}, /* no RAM */
	};
	uint8_t payload[RAW_MESSAGE_MAX];
	uint32_t words[9];
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		memcpy(words, good, sizeof(words));
		words[faults[i].word] = faults[i].value;
		assert_int_equal(gpadl_status(guest, words, 9), RAW_FAILURE);
		assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
	}
	/* More pages than the range needs. */
	memcpy(words, good, sizeof(words));
	words[4] = 24 | 1u << 16;
	raw_send(guest, words, 9);
	memcpy(words, (const uint32_t[]){9, 0, 1, 1, low, high},
	       6 * sizeof(*words));
	raw_send(guest, words, 6);
	assert_int_equal(raw_answer(guest, payload), 10);
	assert_int_equal(raw_get32(payload, 16), RAW_FAILURE);
	/* Each of them could be used again; now it is in use. */
	assert_int_equal(gpadl_status(guest, good, 9), 0);
	assert_int_equal(gpadl_status(guest, good, 9), RAW_FAILURE);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 1);
	assert_true(raw_teardown(guest, relid, 1));
}

static void edge_30_impossible_lists_are_refused(void **state)
{
	(void)state;
	raw_run(gpadl_failure_body, 17);
}

static void progress_body(struct raw_guest *guest)
{
	uint8_t *pages = port_pages_alloc(guest->port, 40, 0, "pages");
	uint32_t relid = raw_connect_one(guest, 0x50003);
	uint64_t number = port_physical(guest->port, pages) >> 12;
	/* It announces 40 pages and brings one. */
	uint32_t header[] = {8,
			     0,
			     relid,
			     3,
			     41 * 8 | 1u << 16,
			     40 * PAGE,
			     0,
			     (uint32_t)number,
			     (uint32_t)(number >> 32)};
	const uint32_t body[] = {9, 0, 1, 0x999, 1, 0};
	const uint32_t unload[] = {16, 0};
	uint8_t payload[RAW_MESSAGE_MAX];

	raw_send(guest, header, 9);
	raw_expect_silence(guest);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
	/* A body for nothing: no answer. The same header twice: both gone. */
	raw_send(guest, body, 6);
	raw_expect_silence(guest);
	assert_int_equal(gpadl_status(guest, header, 9), RAW_FAILURE);
	assert_int_equal(raw_gpadl(guest, relid, 3, pages, 40), 0);
	/* Left behind in the middle, the handle is free after a new contact. */
	header[3] = 4;
	raw_send(guest, header, 9);
	raw_send(guest, unload, 2);
	assert_int_equal(raw_answer(guest, payload), 17);
	raw_connect(guest, 0x50003, payload);
	relid = raw_get32(payload, 184);
	assert_int_equal(raw_gpadl(guest, relid, 4, pages, 40), 0);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 1);
	assert_true(raw_teardown(guest, relid, 4));
}

static void edge_31_a_list_left_in_the_middle_is_forgotten(void **state)
{
	(void)state;
	raw_run(progress_body, 2);
}

/* ---- Teardown ---- */

static void teardown_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t *pages = port_pages_alloc(guest->port, 4, 0, "pages");
	uint32_t relid = raw_connect_one(guest, 0x50003);
	const uint32_t words[] = {11, 0, relid, 1};
	uint8_t payload[RAW_MESSAGE_MAX];

	assert_false(raw_teardown(guest, relid, 1));
	assert_int_equal(raw_gpadl(guest, relid, 1, pages, 4), 0);
	raw_device_hold(device, 1);
	host_gpadl_hold(device->held);
	raw_send(guest, words, 4);
	raw_expect_silence(guest);
	assert_null(host_gpadl_find(device->channel, 1));
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 1);
	raw_send(guest, words, 4); /* twice */
	host_gpadl_drop(device->held);
	raw_expect_silence(guest);
	host_gpadl_drop(device->held);
	device->held = NULL;
	assert_int_equal(raw_answer(guest, payload), 12);
	assert_int_equal(raw_get32(payload, 8), 1);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
}

static void edge_33_torndown_waits_for_the_device(void **state)
{
	(void)state;
	raw_run(teardown_body, 2);
}

static void late_torndown_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t *pages = port_pages_alloc(guest->port, 8, 0, "pages");
	bool late =
		!strcmp(host_vmbus_personality(guest->vmbus)->name, "ws2012r2");
	uint32_t relid = raw_connect_one(guest, 0x30000);
	const uint32_t words[] = {11, 0, relid, 2};
	uint8_t payload[RAW_MESSAGE_MAX];

	assert_int_equal(raw_gpadl(guest, relid, 1, pages, 4), 0);
	assert_int_equal(raw_gpadl(guest, relid, 2, pages + 4 * PAGE, 4), 0);
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	raw_device_hold(device, 2);
	raw_send(guest, words, 4);
	raw_expect_silence(guest);
	host_gpadl_drop(device->held);
	device->held = NULL;
	assert_int_equal(raw_answer(guest, payload), late ? 0 : 12);
	raw_send_relid(guest, 7, relid);
	assert_int_equal(raw_answer(guest, payload), late ? 12 : 0);
	assert_true(raw_teardown(guest, relid, 1));
}

static void edge_33_torndown_comes_after_close_on_2012_r2(void **state)
{
	(void)state;
	raw_run_on("ws2012r2", late_torndown_body, 0);
	raw_run_on("ws2016", late_torndown_body, 0);
}

/* ---- Open and close ---- */

static void open_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 4, 0, "ring");
	uint32_t relid = raw_connect_one(guest, 0x50003);
	const uint32_t words[] = {11, 0, relid, 1};
	unsigned i;
	uint8_t payload[RAW_MESSAGE_MAX];

	assert_int_equal(raw_gpadl(guest, relid, 1, ring, 4), 0);
	for (i = 1; i <= 3; i++) {
		assert_int_equal(raw_open(guest, relid, 1, 2), 0);
		assert_int_equal(device->opened, i);
		assert_true(host_channel_is_open(device->channel));
		assert_int_equal(host_channel_user_data(device->channel)[0],
				 0x5a);
		assert_int_equal(host_channel_user_data(device->channel)[119],
				 0xa5);
		raw_send_relid(guest, 7, relid);
		raw_expect_silence(guest);
		assert_int_equal(device->closed, i);
		assert_false(host_channel_is_open(device->channel));
	}
	/* A ring's list is given back when the channel is closed. */
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	raw_send(guest, words, 4);
	raw_expect_silence(guest);
	raw_send_relid(guest, 7, relid);
	assert_int_equal(raw_answer(guest, payload), 12);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
}

static void edge_34_a_channel_opens_and_closes_again(void **state)
{
	(void)state;
	raw_run(open_body, 0);
}

static void open_failure_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 5, 0, "ring");
	uint32_t relid = raw_connect_one(guest, 0x50003);
	uint8_t payload[RAW_MESSAGE_MAX] = {5};

	assert_int_equal(raw_open(guest, relid, 1, 2), RAW_FAILURE);
	assert_int_equal(raw_gpadl(guest, relid, 1, ring, 4), 0);
	assert_int_equal(raw_open(guest, relid, 1, 0), RAW_FAILURE);
	assert_int_equal(raw_open(guest, relid, 1, 1), RAW_FAILURE);
	assert_int_equal(raw_open(guest, relid, 1, 3), RAW_FAILURE);
	assert_int_equal(raw_open(guest, relid, 1, 4), RAW_FAILURE);
	assert_int_equal(raw_open(guest, relid, 1, 0xffffffff), RAW_FAILURE);
	raw_put32(ring, 0, 4);
	assert_int_equal(raw_open(guest, relid, 1, 2), RAW_FAILURE);
	raw_put32(ring, 0, PAGE);
	assert_int_equal(raw_open(guest, relid, 1, 2), RAW_FAILURE);
	raw_put32(ring, 0, 0);
	device->refuses = true;
	assert_int_equal(raw_open(guest, relid, 1, 2), RAW_FAILURE);
	device->refuses = false;
	/* A VP that is none. */
	raw_put32(payload, 8, relid);
	raw_put32(payload, 16, 1);
	raw_put32(payload, 20, 1);
	raw_put32(payload, 24, 2);
	raw_send_bytes(guest, payload, 148);
	assert_int_equal(raw_answer(guest, payload), 6);
	assert_int_equal(raw_get32(payload, 16), RAW_FAILURE);
	assert_int_equal(device->opened, 0);
	/* No such channel, open twice, closed twice: silence. */
	assert_int_equal(raw_open(guest, 9, 1, 2), -1);
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	assert_int_equal(raw_open(guest, relid, 1, 2), -1);
	raw_send_relid(guest, 7, 9);
	raw_send_relid(guest, 7, relid);
	raw_send_relid(guest, 7, relid);
	raw_expect_silence(guest);
	assert_int_equal(device->closed, 1);
}

static void channels_that_cannot_open_say_so(void **state)
{
	(void)state;
	raw_run(open_failure_body, 14);
}

static void greeting_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 4, 0, "ring");
	uint32_t relid = raw_connect_one(guest, 0x50003);
	le32 *flags = (le32 *)(void *)(guest->events[0] + 512);
	uint8_t payload[RAW_MESSAGE_MAX] = {5};

	device->greets = true;
	assert_int_equal(raw_gpadl(guest, relid, 1, ring, 4), 0);
	raw_put32(payload, 8, relid);
	raw_put32(payload, 16, 1);
	raw_put32(payload, 24, 2);
	raw_send_bytes(guest, payload, 148);
	while (!shared_test_and_clear_bit(guest->port, flags, relid))
		port_relax(guest->port, UINT64_MAX);
	assert_int_equal(raw_get32(ring + 2 * PAGE, 0), 32);
	assert_memory_equal(ring + 3 * PAGE + 16, "hello\0\0\0", 8);
	assert_int_equal(raw_answer(guest, payload), 6);
	assert_int_equal(host_channel_signals(device->channel), 1);
}

static void edge_35_a_packet_may_come_before_the_result(void **state)
{
	(void)state;
	raw_run(greeting_body, 0);
}

/* ---- Target processors ---- */

static int64_t modify(struct raw_guest *guest, uint32_t relid, uint32_t vp)
{
	const uint32_t words[] = {22, 0, relid, vp};
	uint8_t payload[RAW_MESSAGE_MAX];

	raw_send(guest, words, 4);
	if (raw_answer(guest, payload) != 24)
		return -1;
	assert_int_equal(raw_get32(payload, 8), relid);
	return raw_get32(payload, 12);
}

static void modify_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 4, 0, "ring");
	uint32_t relid = raw_connect_one(guest, 0x50003);
	uint32_t vp = (uint32_t)raw_msr_read(guest, 1, RAW_MSR_VP_INDEX);

	assert_int_equal(modify(guest, relid, vp), -1); /* not open */
	assert_int_equal(raw_gpadl(guest, relid, 1, ring, 4), 0);
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	assert_int_equal(host_channel_cpu(device->channel), 0);
	assert_int_equal(modify(guest, relid, vp), 0);
	assert_int_equal(host_channel_cpu(device->channel), 1);
	assert_int_equal(modify(guest, relid, 1), RAW_FAILURE);
	assert_int_equal(modify(guest, relid, 0xffffffff), RAW_FAILURE);
	assert_int_equal(host_channel_cpu(device->channel), 1);
	assert_true(host_hostile_signal(device->channel));
	raw_wait(guest, 1000000);
	assert_int_equal(guest->interrupts[1], 1);
}

static void a_channel_moves_to_another_vp(void **state)
{
	(void)state;
	raw_run(modify_body, 3);
}

static void modify_silent_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 4, 0, "ring");
	uint32_t relid = raw_connect_one(guest, 0x50002);
	uint32_t vp = (uint32_t)raw_msr_read(guest, 1, RAW_MSR_VP_INDEX);

	assert_int_equal(raw_gpadl(guest, relid, 1, ring, 4), 0);
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	assert_int_equal(modify(guest, relid, vp), -1);
	assert_int_equal(host_channel_cpu(device->channel), 1);
}

static void a_move_is_answered_from_5_3_on(void **state)
{
	(void)state;
	raw_run(modify_silent_body, 0);
}

static void no_interrupts_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 4, 0, "ring");
	uint32_t relid = raw_connect_one(guest, 0x50003);
	uint8_t payload[RAW_MESSAGE_MAX] = {5};

	device->greets = true;
	assert_int_equal(raw_gpadl(guest, relid, 1, ring, 4), 0);
	raw_put32(payload, 8, relid);
	raw_put32(payload, 16, 1);
	raw_put32(payload, 20, 0xffffffff);
	raw_put32(payload, 24, 2);
	raw_send_bytes(guest, payload, 148);
	assert_int_equal(raw_answer(guest, payload), 6);
	assert_int_equal(raw_get32(payload, 16), 0);
	assert_int_equal(raw_get32(ring + 2 * PAGE, 0), 32);
	assert_int_equal(host_channel_signals(device->channel), 0);
	assert_false(host_hostile_signal(device->channel));
	assert_int_equal(raw_get32(guest->events[0], 512), 0);
	assert_int_equal(modify(guest, relid, 0), RAW_FAILURE);
}

static void edge_37_a_channel_without_interrupts(void **state)
{
	(void)state;
	raw_run(no_interrupts_body, 1);
}

/* ---- Rescind ---- */

static void rescind_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 8, 0, "ring");
	uint32_t relid = raw_connect_one(guest, 0x50003);
	const uint32_t teardown[] = {11, 0, relid, 2};
	uint8_t payload[RAW_MESSAGE_MAX];

	assert_int_equal(raw_gpadl(guest, relid, 1, ring, 4), 0);
	assert_int_equal(raw_gpadl(guest, relid, 2, ring + 4 * PAGE, 4), 0);
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	/* A teardown that waits is answered, then comes the rescind. */
	raw_device_hold(device, 2);
	raw_send(guest, teardown, 4);
	raw_expect_silence(guest);
	host_channel_rescind(device->channel);
	assert_int_equal(device->closed, 1);
	assert_int_equal(raw_answer(guest, payload), 12);
	assert_int_equal(raw_answer(guest, payload), 2);
	assert_int_equal(raw_get32(payload, 8), relid);
	host_channel_rescind(device->channel);
	/* Silence for open and close; lists still come and go. */
	assert_int_equal(raw_open(guest, relid, 1, 2), -1);
	raw_send_relid(guest, 7, relid);
	raw_expect_silence(guest);
	assert_int_equal(raw_signal(guest, 0x2000 | relid, 0), 0x12);
	assert_int_equal(raw_gpadl(guest, relid, 3, ring + 4 * PAGE, 4), 0);
	assert_true(raw_teardown(guest, relid, 3));
	assert_true(raw_teardown(guest, relid, 1));
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
	/* The number is taken until it is released, then given out again. */
	raw_device_offer(guest, device, 1, 2, 0);
	assert_int_equal(raw_answer(guest, payload), 1);
	assert_int_not_equal(raw_get32(payload, 184), relid);
	raw_send_relid(guest, 13, relid);
	raw_wait(guest, 1000000);
	raw_device_offer(guest, device, 1, 3, 0);
	assert_int_equal(raw_answer(guest, payload), 1);
	assert_int_equal(raw_get32(payload, 184), relid);
}

static void edge_24_25_26_27_a_channel_is_rescinded(void **state)
{
	(void)state;
	raw_run(rescind_body, 0);
}

static void partial_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t *page = port_pages_alloc(guest->port, 1, 0, "page");
	uint32_t relid = raw_connect_one(guest, 0x50003);
	uint64_t number = port_physical(guest->port, page) >> 12;
	uint32_t low = (uint32_t)number, high = (uint32_t)(number >> 32);
	const uint32_t header[] = {8,	     0, relid, 6,   24 | 1u << 16,
				   2 * PAGE, 0, low,   high};
	const uint32_t body[] = {9, 0, 1, 6, low, high};
	uint8_t payload[RAW_MESSAGE_MAX];

	raw_send(guest, header, 9);
	raw_expect_silence(guest);
	host_channel_rescind(device->channel);
	assert_int_equal(raw_answer(guest, payload), 10);
	assert_int_equal(raw_get32(payload, 16), RAW_FAILURE);
	assert_int_equal(raw_answer(guest, payload), 2);
	/* The rest of it, sent before the guest knew: swallowed. */
	raw_send(guest, body, 6);
	raw_expect_silence(guest);
	/* And the whole of it again, before it knew: success. */
	raw_send(guest, header, 9);
	raw_send(guest, body, 6);
	assert_int_equal(raw_answer(guest, payload), 10);
	assert_int_equal(raw_get32(payload, 16), 0);
	/* Releasing the channel with that is an error, as is doing it twice. */
	raw_send_relid(guest, 13, relid);
	raw_send_relid(guest, 13, relid);
	raw_expect_silence(guest);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
}

static void edge_26_a_list_under_way_fails_at_a_rescind(void **state)
{
	(void)state;
	raw_run(partial_body, 2);
}

static void subchannels_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t payload[RAW_MESSAGE_MAX];

	raw_device_offer(guest, &device[0], 1, 1, 0);
	raw_device_offer(guest, &device[1], 1, 1, 1);
	raw_device_offer(guest, &device[2], 1, 1, 2);
	raw_device_offer(guest, &device[3], 1, 7, 0);
	assert_int_equal(raw_connect(guest, 0x50003, payload), 4);
	host_channel_rescind(device[0].channel);
	assert_int_equal(raw_answer(guest, payload), 2);
	assert_int_equal(raw_get32(payload, 8), 2);
	assert_int_equal(raw_answer(guest, payload), 2);
	assert_int_equal(raw_get32(payload, 8), 3);
	assert_int_equal(raw_answer(guest, payload), 2);
	assert_int_equal(raw_get32(payload, 8), 1);
	raw_expect_silence(guest);
	/* One that is offered: releasing that is an error. */
	raw_send_relid(guest, 13, 4);
	raw_send_relid(guest, 13, 4000000);
	raw_expect_silence(guest);
	/* Gone with the connection, and not offered again. */
	assert_int_equal(raw_connect(guest, 0x50003, payload), 1);
	assert_int_equal(payload[24], 7);
}

static void edge_28_subchannels_are_rescinded_first(void **state)
{
	(void)state;
	raw_run(subchannels_body, 2);
}

static void hidden_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t payload[RAW_MESSAGE_MAX];

	raw_device_offer(guest, &device[0], 1, 1, 0);
	host_channel_rescind(device[0].channel);
	assert_int_equal(raw_connect(guest, 0x50003, payload), 0);
	raw_expect_silence(guest);
}

static void a_rescind_that_nobody_knows_of_is_silent(void **state)
{
	(void)state;
	raw_run(hidden_body, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_29_a_list_has_a_header_and_bodies),
		cmocka_unit_test(edge_32_ranges_and_trailing_bytes),
		cmocka_unit_test(edge_30_impossible_lists_are_refused),
		cmocka_unit_test(
			edge_31_a_list_left_in_the_middle_is_forgotten),
		cmocka_unit_test(edge_33_torndown_waits_for_the_device),
		cmocka_unit_test(edge_33_torndown_comes_after_close_on_2012_r2),
		cmocka_unit_test(edge_34_a_channel_opens_and_closes_again),
		cmocka_unit_test(channels_that_cannot_open_say_so),
		cmocka_unit_test(edge_35_a_packet_may_come_before_the_result),
		cmocka_unit_test(a_channel_moves_to_another_vp),
		cmocka_unit_test(a_move_is_answered_from_5_3_on),
		cmocka_unit_test(edge_37_a_channel_without_interrupts),
		cmocka_unit_test(edge_24_25_26_27_a_channel_is_rescinded),
		cmocka_unit_test(edge_26_a_list_under_way_fails_at_a_rescind),
		cmocka_unit_test(edge_28_subchannels_are_rescinded_first),
		cmocka_unit_test(a_rescind_that_nobody_knows_of_is_silent),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
