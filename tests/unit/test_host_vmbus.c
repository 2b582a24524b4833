/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The VMBus server's control plane: versions, offers, lists of memory, open and
 * close, rescind, unload, and all that a guest should not send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../support/raw_guest.h"
#include "mocks/hyperv/hostile.h"

#define FAILURE 0x8000ffff
#define PAGE	4096u

/* ---- A device that remembers -------------------------------------------- */

struct device {
	struct host_channel *channel;
	unsigned opened, closed;
	bool refuses, greets;
	/** A list that it holds while it is open. */
	uint32_t holds;
	struct host_gpadl *held;
};

static bool device_opened(void *context, struct host_channel *channel)
{
	struct device *device = context;

	if (device->refuses)
		return false;
	device->opened++;
	if (device->greets)
		host_channel_send(channel, HOST_PACKET_INBAND, false, 0, NULL,
				  0, "hello", 5);
	return true;
}

static void device_closed(void *context, struct host_channel *channel)
{
	struct device *device = context;

	assert_false(host_channel_is_open(channel));
	device->closed++;
	if (device->held)
		host_gpadl_drop(device->held);
	device->held = NULL;
}

static const struct host_device_operations operations = {
	.opened = device_opened,
	.closed = device_closed,
};

static void device_hold(struct device *device, uint32_t handle)
{
	device->held = host_gpadl_find(device->channel, handle);
	assert_non_null(device->held);
	host_gpadl_hold(device->held);
}

static void offer(struct raw_guest *guest, struct device *device,
		  uint8_t interface, uint8_t instance, uint16_t subchannel)
{
	const struct host_offer description = {
		.interface = {{interface}},
		.instance = {{instance}},
		.flags = 0x2001,
		.subchannel_index = subchannel,
		.monitor_id = 255,
	};

	device->channel = host_channel_offer(guest->vmbus, &description,
					     &operations, device);
}

/* ---- Running ------------------------------------------------------------ */

static void expect(struct raw_guest *guest, unsigned violations)
{
	unsigned i;

	if (machine_violations(guest->machine) != violations)
		for (i = 0; machine_violation_text(guest->machine, i); i++)
			print_message("%s\n",
				      machine_violation_text(guest->machine, i));
	assert_int_equal(machine_violations(guest->machine), violations);
}

/** Run a body under every schedule; the devices are the test's context. */
static void run_on(const char *host, void (*body)(struct raw_guest *guest),
		   unsigned violations)
{
	unsigned seed;

	for (seed = 0; seed < 12; seed++) {
		struct device devices[4] = {{0}};
		struct raw_guest *guest = raw_guest_create(
			host, seed,
			seed == 0   ? MACHINE_SCHEDULE_EAGER
			: seed == 1 ? MACHINE_SCHEDULE_LAZY
				    : MACHINE_SCHEDULE_SEEDED);

		guest->context = devices;
		if (raw_guest_run(guest, body) != MACHINE_DONE)
			fail_msg("%s", machine_reason(guest->machine));
		expect(guest, violations);
		raw_guest_destroy(guest);
	}
}

static void run(void (*body)(struct raw_guest *guest), unsigned violations)
{
	run_on("ws2022", body, violations);
}

/** Nothing was answered to what was sent. */
static void expect_silence(struct raw_guest *guest)
{
	uint8_t payload[RAW_MESSAGE_MAX];

	assert_int_equal(raw_answer(guest, payload), 0);
}

static uint32_t connect_one(struct raw_guest *guest, uint32_t version)
{
	struct device *device = guest->context;
	uint8_t payload[RAW_MESSAGE_MAX];

	offer(guest, device, 1, 1, 0);
	assert_int_equal(raw_connect(guest, version, payload), 1);
	return raw_get32(payload, 184);
}

static void send1(struct raw_guest *guest, uint32_t type, uint32_t relid)
{
	const uint32_t words[] = {type, 0, relid};

	raw_send(guest, words, 3);
}

/* ---- Versions ----------------------------------------------------------- */

static void versions_body(struct raw_guest *guest)
{
	static const uint32_t versions[] = {
		0x70000, 0x60000, 0x50004, 0x50003, 0x50002, 0x50001,
		0x50000, 0x40002, 0x40001, 0x40000, 0x30000, 0x20004,
		0x10001, 0xd,	  0,
	};
	const struct host_personality *host =
		host_vmbus_personality(guest->vmbus);
	size_t i;

	raw_hypercalls_on(guest);
	raw_synic_on(guest);
	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		uint32_t version = versions[i];
		bool known = version && version != 0x40002 &&
			     version <= host->vmbus_version_max;
		int answer = raw_contact(guest, version);

		/* Nobody listens there on a host from before 5.0. */
		if (version >= 0x50000 && host->vmbus_version_max < 0x50000)
			assert_int_equal(answer, -1);
		else
			assert_int_equal(answer, known);
		assert_int_equal(host_vmbus_version(guest->vmbus),
				 known ? version : 0);
		if (known && version >= 0x50000)
			assert_true(guest->connection != 4 &&
				    guest->connection != 1);
	}
}

static void each_host_has_its_versions(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < host_personality_count; i++)
		run_on(host_personalities[i].name, versions_body, 0);
}

static void old_server_body(struct raw_guest *guest)
{
	uint8_t payload[40] = {14};

	raw_hypercalls_on(guest);
	raw_put32(payload, 8, 0x50000);
	assert_int_equal(raw_post(guest, 4, payload, 40), 0x12);
}

static void edge_5_an_old_server_has_no_connection_4(void **state)
{
	(void)state;
	run_on("ws2016", old_server_body, 0);
}

static void wrong_connection_body(struct raw_guest *guest)
{
	const uint32_t offers[] = {3, 0};
	uint8_t payload[RAW_MESSAGE_MAX] = {14};
	uint32_t messages;

	raw_hypercalls_on(guest);
	raw_synic_on(guest);
	raw_put32(payload, 8, 0x50003);
	raw_put32(payload, 16, RAW_SINT);
	assert_int_equal(raw_post(guest, 1, payload, 40), 0);
	assert_int_equal(raw_answer(guest, payload), 15);
	assert_int_equal(payload[8], 0);
	assert_int_equal(raw_contact(guest, 0x50003), 1);
	messages = guest->connection;
	guest->connection = 4;
	raw_send(guest, offers, 2);
	guest->connection = 1;
	raw_send(guest, offers, 2);
	expect_silence(guest);
	guest->connection = messages;
	raw_send(guest, offers, 2);
	assert_int_equal(raw_answer(guest, payload), 4);
}

static void messages_go_to_the_connection_that_was_given(void **state)
{
	(void)state;
	run(wrong_connection_body, 3);
}

static void refused_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 4, 0, "ring");
	uint32_t relid = connect_one(guest, 0x50003);

	assert_int_equal(raw_gpadl(guest, relid, 7, ring, 4), 0);
	assert_int_equal(raw_open(guest, relid, 7, 2), 0);
	assert_int_equal(raw_contact(guest, 0x60000), 0);
	assert_int_equal(host_vmbus_version(guest->vmbus), 0);
	assert_int_equal(device->closed, 1);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
	expect_silence(guest);
}

static void edge_17_a_refused_version_ends_the_connection(void **state)
{
	(void)state;
	run(refused_body, 0);
}

static void monitor_body(struct raw_guest *guest)
{
	uint64_t page;
	uint8_t payload[RAW_MESSAGE_MAX];
	static const struct {
		bool first, second;
		uint32_t version, answer;
	} cases[] = {
		{true, false, 0x40000, 0x201},	{false, true, 0x40000, 0x201},
		{false, true, 0x10001, 0x200},	{true, true, 0x40000, 1},
		{false, false, 0x40000, 1},
	};
	size_t i;

	raw_hypercalls_on(guest);
	raw_synic_on(guest);
	page = port_physical(guest->port, guest->input + PAGE);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(payload, 0, sizeof(payload));
		raw_put32(payload, 0, 14);
		raw_put32(payload, 8, cases[i].version);
		raw_put64(payload, 16, page);
		raw_put64(payload, 24, cases[i].first ? page : 0);
		raw_put64(payload, 32, cases[i].second ? page : 0);
		assert_int_equal(raw_post(guest, 1, payload, 40), 0);
		assert_int_equal(raw_answer(guest, payload), 15);
		assert_int_equal(payload[8] | payload[9] << 8, cases[i].answer);
		assert_int_equal(!!host_vmbus_version(guest->vmbus),
				 cases[i].answer == 1);
	}
}

static void edge_18_monitor_pages_come_both_or_neither(void **state)
{
	(void)state;
	run(monitor_body, 3);
}

static int contact_at(struct raw_guest *guest, uint32_t vp, uint64_t target,
		      unsigned cpu, unsigned sint)
{
	uint8_t payload[RAW_MESSAGE_MAX] = {14};
	uint8_t *slot = guest->messages[cpu] + sint * 256;

	memset(guest->messages[0], 0, PAGE);
	memset(guest->messages[1], 0, PAGE);
	raw_put32(payload, 8, 0x50003);
	raw_put32(payload, 12, vp);
	raw_put64(payload, 16, target);
	assert_int_equal(raw_post(guest, 4, payload, 40), 0);
	raw_wait(guest, 1000000);
	return raw_get32(slot, 0) ? slot[16 + 8] : -1;
}

static void target_body(struct raw_guest *guest)
{
	uint32_t vp;

	raw_hypercalls_on(guest);
	raw_synic_on(guest);
	raw_msr_write(guest, 1, RAW_MSR_SINT0 + 5, guest->vector);
	vp = (uint32_t)raw_msr_read(guest, 1, RAW_MSR_VP_INDEX);
	assert_int_equal(contact_at(guest, vp, 2, 1, 2), 1);
	assert_int_equal(contact_at(guest, 0, 2, 0, 2), 1);
	/* Another SINT is refused there; impossible places get no answer. */
	assert_int_equal(contact_at(guest, vp, 5, 1, 5), 0);
	assert_int_equal(contact_at(guest, 1, 2, 1, 2), -1);
	assert_int_equal(contact_at(guest, 0, 0x102, 0, 2), -1);
	assert_int_equal(contact_at(guest, 0, 16, 0, 2), -1);
}

static void answers_go_where_the_contact_says(void **state)
{
	(void)state;
	run(target_body, 3);
}

static void vp_zero_body(struct raw_guest *guest)
{
	uint8_t payload[RAW_MESSAGE_MAX] = {14};

	raw_hypercalls_on(guest);
	raw_synic_on(guest);
	raw_put32(payload, 8, 0x20004);
	raw_put32(payload, 12,
		  (uint32_t)raw_msr_read(guest, 1, RAW_MSR_VP_INDEX));
	assert_int_equal(raw_post(guest, 1, payload, 40), 0);
	assert_int_equal(raw_receive(guest, 0, payload), 16);
}

static void old_hosts_answer_on_vp_0(void **state)
{
	(void)state;
	run_on("ws2012", vp_zero_body, 0);
}

/* ---- Messages that should not be ---------------------------------------- */

static void bad_body(struct raw_guest *guest)
{
	const uint32_t words[] = {99, 0}, zero[] = {0, 0};
	const uint32_t unload_short[] = {16}, huge[] = {0xffffffff, 0};
	const uint32_t close_short[] = {7, 0}, offers[] = {3, 0};
	uint8_t payload[RAW_MESSAGE_MAX] = {14};

	raw_hypercalls_on(guest);
	raw_synic_on(guest);
	raw_send(guest, offers, 2);	/* not connected */
	raw_send_bytes(guest, payload, 39);
	expect_silence(guest);
	assert_int_equal(raw_contact(guest, 0x40000), 1);
	raw_send(guest, words, 2);
	raw_send(guest, zero, 2);
	raw_send(guest, huge, 2);
	raw_send(guest, unload_short, 1);
	raw_send(guest, close_short, 2);
	expect_silence(guest);
	/* The connection lives. And longer than it must be is fine. */
	memset(payload, 0, sizeof(payload));
	payload[0] = 3;
	raw_send_bytes(guest, payload, RAW_MESSAGE_MAX);
	assert_int_equal(raw_answer(guest, payload), 4);
}

static void edge_38_bad_messages_are_ignored(void **state)
{
	(void)state;
	run(bad_body, 7);
}

static void versions_of_messages_body(struct raw_guest *guest)
{
	const uint32_t unload[] = {16, 0}, modify[] = {22, 0, 1, 0};

	raw_hypercalls_on(guest);
	raw_synic_on(guest);
	assert_int_equal(raw_contact(guest, 0x20004), 1);
	raw_send(guest, unload, 2);
	expect_silence(guest);
	assert_int_equal(host_vmbus_version(guest->vmbus), 0x20004);
	assert_int_equal(raw_contact(guest, 0x40000), 1);
	raw_send(guest, modify, 4);
	expect_silence(guest);
}

static void messages_of_later_versions_are_ignored(void **state)
{
	(void)state;
	run(versions_of_messages_body, 2);
}

/* ---- Offers ------------------------------------------------------------- */

static void offers_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	const uint32_t request[] = {3, 0};
	uint8_t payload[RAW_MESSAGE_MAX];
	unsigned i;

	offer(guest, &device[2], 2, 1, 0);
	offer(guest, &device[0], 1, 9, 1);
	offer(guest, &device[1], 1, 9, 0);
	raw_hypercalls_on(guest);
	raw_synic_on(guest);
	assert_int_equal(raw_contact(guest, 0x50003), 1);
	expect_silence(guest);
	raw_send(guest, request, 2);
	for (i = 0; i < 3; i++) {
		static const uint8_t order[][3] = {
			{1, 9, 0}, {1, 9, 1}, {2, 1, 0}};

		assert_int_equal(raw_receive(guest, 0, payload), 196);
		assert_int_equal(raw_get32(payload, 0), 1);
		assert_int_equal(payload[8], order[i][0]);
		assert_int_equal(payload[24], order[i][1]);
		assert_int_equal(payload[180], order[i][2]);
		assert_int_equal(raw_get32(payload, 56), 0x2001);
		assert_int_equal(raw_get32(payload, 184), i + 1);
		assert_int_equal(payload[188], 255);
		assert_int_equal(payload[189], 0);
		assert_int_equal(payload[190], 1);
		assert_int_equal(raw_get32(payload, 192), 0x2000 + i + 1);
	}
	assert_int_equal(raw_receive(guest, 0, payload), 8);
	assert_int_equal(payload[0], 4);
	assert_int_equal(host_channel_relid(device[1].channel), 1);
	raw_send(guest, request, 2);
	expect_silence(guest);
	/* Hot-added. */
	offer(guest, &device[3], 3, 1, 0);
	assert_int_equal(raw_answer(guest, payload), 1);
	assert_int_equal(raw_get32(payload, 184), 4);
}

static void edge_20_offers_are_sent_once_and_in_order(void **state)
{
	(void)state;
	run(offers_body, 1);
}

static void late_body(struct raw_guest *guest)
{
	uint8_t payload[RAW_MESSAGE_MAX] = {14};
	unsigned tries, i;

	offer(guest, guest->context, 1, 1, 0);
	raw_hypercalls_on(guest);
	raw_synic_on(guest);
	for (tries = 0; tries < 3; tries++) {
		static const uint32_t request[] = {3, 0};

		while (raw_contact(guest, 0x50003) != 1)
			raw_wait(guest, 10000);
		raw_send(guest, request, 2);
		for (i = 0; i < 2; i++)
			raw_answer(guest, payload);
		assert_int_equal(payload[0], 4);
		assert_int_equal(raw_answer(guest, payload), 1);
		/* The class of pass-through devices. */
		assert_int_equal(raw_get32(payload, 8), 0x44c4f61d);
		expect_silence(guest);
	}
	/* Nothing is behind it. */
	assert_int_equal(raw_open(guest, raw_get32(payload, 184), 1, 1),
			 FAILURE);
}

static void edge_21_azure_offers_what_nobody_waits_for(void **state)
{
	(void)state;
	run_on("azure", late_body, 1);
}

/* ---- Lists of memory ---------------------------------------------------- */

static void gpadl_body(struct raw_guest *guest)
{
	static const uint32_t counts[] = {1, 2, 25, 26, 27, 54, 55, 200};
	uint8_t *pages = port_pages_alloc(guest->port, 200, 0, "pages");
	struct device *device = guest->context;
	uint32_t relid = connect_one(guest, 0x50003);
	struct host_gpadl *gpadl;
	uint8_t bytes[6];
	size_t i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		uint32_t handle = 0xe1e10 + (uint32_t)i;

		assert_int_equal(raw_gpadl(guest, relid, handle, pages,
					   counts[i]),
				 0);
		gpadl = host_gpadl_find(device->channel, handle);
		assert_int_equal(host_gpadl_bytes(gpadl), counts[i] * PAGE);
		assert_true(host_gpadl_is_aligned(gpadl));
		memcpy(pages + (counts[i] - 1) * PAGE, "ending", 6);
		assert_true(host_gpadl_read(gpadl, (counts[i] - 1) * PAGE,
					    bytes, 6));
		assert_memory_equal(bytes, "ending", 6);
		assert_false(host_gpadl_read(gpadl, counts[i] * PAGE - 5,
					     bytes, 6));
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
	run(gpadl_body, 0);
}

static void ranges_body(struct raw_guest *guest)
{
	uint8_t *pages = port_pages_alloc(guest->port, 3, 0, "pages");
	struct device *device = guest->context;
	uint32_t relid = connect_one(guest, 0x50003);
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
	run(ranges_body, 0);
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
	uint32_t relid = connect_one(guest, 0x50003);
	uint64_t number = port_physical(guest->port, page) >> 12;
	uint32_t low = (uint32_t)number, high = (uint32_t)(number >> 32);
	const uint32_t good[] = {8,    0, relid, 1,    16 | 1u << 16,
				 PAGE, 0, low,	 high};
	static const struct {
		unsigned word;
		uint32_t value;
	} faults[] = {
		{2, 77},		 /* no such channel */
		{2, 0},
		{2, 0xffffffff},
		{4, 15 | 1u << 16},	 /* not whole words */
		{4, 8 | 1u << 16},	 /* a range without a page */
		{4, 16},		 /* no range */
		{4, 16 | 2u << 16},	 /* two ranges in the room for one */
		{4, 0 | 1u << 16},
		{5, 0},			 /* no bytes */
		{5, PAGE + 1},		 /* too few pages */
		{5, 0xffffffff},
		{6, 0x1000},		 /* an offset beyond the page */
		{6, 1},			 /* which needs one more page */
		{8, 0xffffffff},	 /* no RAM */
	};
	uint32_t words[9];
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		memcpy(words, good, sizeof(words));
		words[faults[i].word] = faults[i].value;
		assert_int_equal(gpadl_status(guest, words, 9), FAILURE);
		assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
	}
	/* More pages than the range needs. */
	memcpy(words, good, sizeof(words));
	words[4] = 24 | 1u << 16;
	raw_send(guest, words, 9);
	memcpy(words, (const uint32_t[]){9, 0, 1, 1, low, high},
	       6 * sizeof(*words));
	raw_send(guest, words, 6);
	memcpy(words, good, sizeof(words));
	assert_int_equal(gpadl_status(guest, good, 9), FAILURE);
	/* Each of them could be used again; now it is in use. */
	assert_int_equal(gpadl_status(guest, good, 9), 0);
	assert_int_equal(gpadl_status(guest, good, 9), FAILURE);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 1);
	assert_true(raw_teardown(guest, relid, 1));
}

static void edge_30_impossible_lists_are_refused(void **state)
{
	(void)state;
	run(gpadl_failure_body, 16);
}

static void progress_body(struct raw_guest *guest)
{
	uint8_t *pages = port_pages_alloc(guest->port, 40, 0, "pages");
	uint32_t relid = connect_one(guest, 0x50003);
	/* A header that announces 40 pages and brings one. */
	const uint32_t header[] = {8, 0,	 relid, 3, 41 * 8 | 1u << 16,
				   0, 40 * PAGE, 0,	1, 0};
	const uint32_t body[] = {9, 0, 1, 0x999, 1, 0};
	const uint32_t unload[] = {16, 0};
	uint8_t payload[RAW_MESSAGE_MAX];
	uint32_t fixed[9];

	memcpy(fixed, header, 5 * sizeof(*fixed));
	fixed[5] = 40 * PAGE;
	fixed[6] = 0;
	fixed[7] = (uint32_t)(port_physical(guest->port, pages) >> 12);
	fixed[8] = (uint32_t)(port_physical(guest->port, pages) >> 44);
	raw_send(guest, fixed, 9);
	expect_silence(guest);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
	/* A body for nothing: no answer. The same header twice: both gone. */
	raw_send(guest, body, 6);
	expect_silence(guest);
	assert_int_equal(gpadl_status(guest, fixed, 9), FAILURE);
	assert_int_equal(raw_gpadl(guest, relid, 3, pages, 40), 0);
	/* Left behind in the middle, the handle is free after a new contact. */
	fixed[3] = 4;
	raw_send(guest, fixed, 9);
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
	run(progress_body, 2);
}

/* ---- Teardown ----------------------------------------------------------- */

static void teardown_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	uint8_t *pages = port_pages_alloc(guest->port, 4, 0, "pages");
	uint32_t relid = connect_one(guest, 0x50003);
	const uint32_t words[] = {11, 0, relid, 1};
	uint8_t payload[RAW_MESSAGE_MAX];

	assert_false(raw_teardown(guest, relid, 1));
	assert_int_equal(raw_gpadl(guest, relid, 1, pages, 4), 0);
	device_hold(device, 1);
	host_gpadl_hold(device->held);
	raw_send(guest, words, 4);
	expect_silence(guest);
	assert_null(host_gpadl_find(device->channel, 1));
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 1);
	raw_send(guest, words, 4); /* twice */
	host_gpadl_drop(device->held);
	expect_silence(guest);
	host_gpadl_drop(device->held);
	device->held = NULL;
	assert_int_equal(raw_answer(guest, payload), 12);
	assert_int_equal(raw_get32(payload, 8), 1);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
}

static void edge_33_torndown_waits_for_the_device(void **state)
{
	(void)state;
	run(teardown_body, 2);
}

static void late_torndown_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	uint8_t *pages = port_pages_alloc(guest->port, 8, 0, "pages");
	bool late = host_vmbus_personality(guest->vmbus)->late_torndown;
	uint32_t relid = connect_one(guest, 0x30000);
	const uint32_t words[] = {11, 0, relid, 2};
	uint8_t payload[RAW_MESSAGE_MAX];

	assert_int_equal(raw_gpadl(guest, relid, 1, pages, 4), 0);
	assert_int_equal(raw_gpadl(guest, relid, 2, pages + 4 * PAGE, 4), 0);
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	device_hold(device, 2);
	raw_send(guest, words, 4);
	expect_silence(guest);
	host_gpadl_drop(device->held);
	device->held = NULL;
	assert_int_equal(raw_answer(guest, payload), late ? 0 : 12);
	send1(guest, 7, relid);
	assert_int_equal(raw_answer(guest, payload), late ? 12 : 0);
	assert_true(raw_teardown(guest, relid, 1));
}

static void edge_33_torndown_comes_after_close_on_2012_r2(void **state)
{
	(void)state;
	run_on("ws2012r2", late_torndown_body, 0);
	run_on("ws2016", late_torndown_body, 0);
}

/* ---- Open and close ----------------------------------------------------- */

static void open_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 4, 0, "ring");
	uint32_t relid = connect_one(guest, 0x50003);
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
		send1(guest, 7, relid);
		expect_silence(guest);
		assert_int_equal(device->closed, i);
		assert_false(host_channel_is_open(device->channel));
	}
	/* A ring's list is given back when the channel is closed. */
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	raw_send(guest, words, 4);
	expect_silence(guest);
	send1(guest, 7, relid);
	assert_int_equal(raw_answer(guest, payload), 12);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
}

static void edge_34_a_channel_opens_and_closes_again(void **state)
{
	(void)state;
	run(open_body, 0);
}

static void open_failure_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 5, 0, "ring");
	uint32_t relid = connect_one(guest, 0x50003);
	uint8_t payload[RAW_MESSAGE_MAX] = {5};

	assert_int_equal(raw_open(guest, relid, 1, 2), FAILURE);
	assert_int_equal(raw_gpadl(guest, relid, 1, ring, 4), 0);
	assert_int_equal(raw_open(guest, relid, 1, 0), FAILURE);
	assert_int_equal(raw_open(guest, relid, 1, 1), FAILURE);
	assert_int_equal(raw_open(guest, relid, 1, 3), FAILURE);
	assert_int_equal(raw_open(guest, relid, 1, 4), FAILURE);
	assert_int_equal(raw_open(guest, relid, 1, 0xffffffff), FAILURE);
	raw_put32(ring, 0, 4);
	assert_int_equal(raw_open(guest, relid, 1, 2), FAILURE);
	raw_put32(ring, 0, PAGE);
	assert_int_equal(raw_open(guest, relid, 1, 2), FAILURE);
	raw_put32(ring, 0, 0);
	device->refuses = true;
	assert_int_equal(raw_open(guest, relid, 1, 2), FAILURE);
	device->refuses = false;
	/* A VP that is none. */
	raw_put32(payload, 8, relid);
	raw_put32(payload, 16, 1);
	raw_put32(payload, 20, 1);
	raw_put32(payload, 24, 2);
	raw_send_bytes(guest, payload, 148);
	assert_int_equal(raw_answer(guest, payload), 6);
	assert_int_equal(raw_get32(payload, 16), FAILURE);
	assert_int_equal(device->opened, 0);
	/* No such channel, open twice, closed twice: silence. */
	assert_int_equal(raw_open(guest, 9, 1, 2), -1);
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	assert_int_equal(raw_open(guest, relid, 1, 2), -1);
	send1(guest, 7, 9);
	send1(guest, 7, relid);
	send1(guest, 7, relid);
	expect_silence(guest);
	assert_int_equal(device->closed, 1);
}

static void channels_that_cannot_open_say_so(void **state)
{
	(void)state;
	run(open_failure_body, 14);
}

static void greeting_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 4, 0, "ring");
	uint32_t relid = connect_one(guest, 0x50003);
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
	run(greeting_body, 0);
}

/* ---- Target processors -------------------------------------------------- */

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
	struct device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 4, 0, "ring");
	uint32_t relid = connect_one(guest, 0x50003);
	uint32_t vp = (uint32_t)raw_msr_read(guest, 1, RAW_MSR_VP_INDEX);

	assert_int_equal(modify(guest, relid, vp), -1); /* not open */
	assert_int_equal(raw_gpadl(guest, relid, 1, ring, 4), 0);
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	assert_int_equal(host_channel_cpu(device->channel), 0);
	assert_int_equal(modify(guest, relid, vp), 0);
	assert_int_equal(host_channel_cpu(device->channel), 1);
	assert_int_equal(modify(guest, relid, 1), FAILURE);
	assert_int_equal(modify(guest, relid, 0xffffffff), FAILURE);
	assert_int_equal(host_channel_cpu(device->channel), 1);
	assert_true(host_hostile_signal(device->channel));
	raw_wait(guest, 1000000);
	assert_int_equal(guest->interrupts[1], 1);
}

static void a_channel_moves_to_another_vp(void **state)
{
	(void)state;
	run(modify_body, 3);
}

static void modify_silent_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 4, 0, "ring");
	uint32_t relid = connect_one(guest, 0x50002);
	uint32_t vp = (uint32_t)raw_msr_read(guest, 1, RAW_MSR_VP_INDEX);

	assert_int_equal(raw_gpadl(guest, relid, 1, ring, 4), 0);
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	assert_int_equal(modify(guest, relid, vp), -1);
	assert_int_equal(host_channel_cpu(device->channel), 1);
}

static void a_move_is_answered_from_5_3_on(void **state)
{
	(void)state;
	run(modify_silent_body, 0);
}

static void no_interrupts_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 4, 0, "ring");
	uint32_t relid = connect_one(guest, 0x50003);
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
	assert_int_equal(modify(guest, relid, 0), FAILURE);
}

static void edge_37_a_channel_without_interrupts(void **state)
{
	(void)state;
	run(no_interrupts_body, 1);
}

/* ---- Rescind ------------------------------------------------------------ */

static void rescind_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 8, 0, "ring");
	uint32_t relid = connect_one(guest, 0x50003);
	const uint32_t teardown[] = {11, 0, relid, 2};
	uint8_t payload[RAW_MESSAGE_MAX];

	assert_int_equal(raw_gpadl(guest, relid, 1, ring, 4), 0);
	assert_int_equal(raw_gpadl(guest, relid, 2, ring + 4 * PAGE, 4), 0);
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	/* A teardown that waits is answered, then comes the rescind. */
	device_hold(device, 2);
	raw_send(guest, teardown, 4);
	expect_silence(guest);
	host_channel_rescind(device->channel);
	assert_int_equal(device->closed, 1);
	assert_int_equal(raw_answer(guest, payload), 12);
	assert_int_equal(raw_answer(guest, payload), 2);
	assert_int_equal(raw_get32(payload, 8), relid);
	/* Silence for open and close; lists still come and go. */
	assert_int_equal(raw_open(guest, relid, 1, 2), -1);
	send1(guest, 7, relid);
	expect_silence(guest);
	assert_int_equal(raw_signal(guest, 0x2000 | relid, 0), 0x12);
	assert_int_equal(raw_gpadl(guest, relid, 3, ring + 4 * PAGE, 4), 0);
	assert_true(raw_teardown(guest, relid, 3));
	assert_true(raw_teardown(guest, relid, 1));
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
	/* The number is taken until it is released, then given out again. */
	offer(guest, device, 1, 2, 0);
	assert_int_equal(raw_answer(guest, payload), 1);
	assert_int_not_equal(raw_get32(payload, 184), relid);
	send1(guest, 13, relid);
	raw_wait(guest, 1000000);
	offer(guest, device, 1, 3, 0);
	assert_int_equal(raw_answer(guest, payload), 1);
	assert_int_equal(raw_get32(payload, 184), relid);
}

static void edge_24_25_26_27_a_channel_is_rescinded(void **state)
{
	(void)state;
	run(rescind_body, 0);
}

static void partial_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	uint8_t *page = port_pages_alloc(guest->port, 1, 0, "page");
	uint32_t relid = connect_one(guest, 0x50003);
	uint64_t number = port_physical(guest->port, page) >> 12;
	uint32_t low = (uint32_t)number, high = (uint32_t)(number >> 32);
	const uint32_t header[] = {8,	     0, relid, 6,   24 | 1u << 16,
				   2 * PAGE, 0, low,   high};
	const uint32_t body[] = {9, 0, 1, 6, low, high};
	uint8_t payload[RAW_MESSAGE_MAX];

	raw_send(guest, header, 9);
	expect_silence(guest);
	host_channel_rescind(device->channel);
	assert_int_equal(raw_answer(guest, payload), 10);
	assert_int_equal(raw_get32(payload, 16), FAILURE);
	assert_int_equal(raw_answer(guest, payload), 2);
	/* The rest of it, sent before the guest knew: swallowed. */
	raw_send(guest, body, 6);
	expect_silence(guest);
	/* And the whole of it again, before it knew: success. */
	raw_send(guest, header, 9);
	raw_send(guest, body, 6);
	assert_int_equal(raw_answer(guest, payload), 10);
	assert_int_equal(raw_get32(payload, 16), 0);
	/* Releasing the channel with that is an error, as is doing it twice. */
	send1(guest, 13, relid);
	send1(guest, 13, relid);
	expect_silence(guest);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
}

static void edge_26_a_list_under_way_fails_at_a_rescind(void **state)
{
	(void)state;
	run(partial_body, 2);
}

static void subchannels_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	uint8_t payload[RAW_MESSAGE_MAX];

	offer(guest, &device[0], 1, 1, 0);
	offer(guest, &device[1], 1, 1, 1);
	offer(guest, &device[2], 1, 1, 2);
	offer(guest, &device[3], 1, 7, 0);
	assert_int_equal(raw_connect(guest, 0x50003, payload), 4);
	host_channel_rescind(device[0].channel);
	assert_int_equal(raw_answer(guest, payload), 2);
	assert_int_equal(raw_get32(payload, 8), 2);
	assert_int_equal(raw_answer(guest, payload), 2);
	assert_int_equal(raw_get32(payload, 8), 3);
	assert_int_equal(raw_answer(guest, payload), 2);
	assert_int_equal(raw_get32(payload, 8), 1);
	expect_silence(guest);
	/* One that is offered: releasing that is an error. */
	send1(guest, 13, 4);
	send1(guest, 13, 4000000);
	expect_silence(guest);
	/* Gone with the connection, and not offered again. */
	assert_int_equal(raw_connect(guest, 0x50003, payload), 1);
	assert_int_equal(payload[24], 7);
}

static void edge_28_subchannels_are_rescinded_first(void **state)
{
	(void)state;
	run(subchannels_body, 2);
}

static void hidden_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	uint8_t payload[RAW_MESSAGE_MAX];

	offer(guest, &device[0], 1, 1, 0);
	host_channel_rescind(device[0].channel);
	assert_int_equal(raw_connect(guest, 0x50003, payload), 0);
	expect_silence(guest);
}

static void a_rescind_that_nobody_knows_of_is_silent(void **state)
{
	(void)state;
	run(hidden_body, 0);
}

/* ---- The end ------------------------------------------------------------ */

static void unload_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 8, 0, "ring");
	uint32_t relid = connect_one(guest, 0x50003);
	const uint32_t unload[] = {16, 0};
	uint8_t payload[RAW_MESSAGE_MAX];

	assert_int_equal(raw_gpadl(guest, relid, 1, ring, 4), 0);
	assert_int_equal(raw_gpadl(guest, relid, 2, ring + 4 * PAGE, 4), 0);
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	device_hold(device, 2);
	raw_send(guest, unload, 2);
	assert_int_equal(raw_answer(guest, payload), 17);
	expect_silence(guest);
	assert_int_equal(device->closed, 1);
	assert_null(device->held);
	assert_int_equal(host_vmbus_version(guest->vmbus), 0);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
	assert_int_equal(host_channel_relid(device->channel), 0);
	/* Not connected any more: where to post is gone as well. */
	assert_int_equal(raw_post(guest, guest->connection, unload, 8), 0x12);
	guest->connection = 1;
	raw_send(guest, unload, 2);
	expect_silence(guest);
	/* And up again. */
	assert_int_equal(raw_connect(guest, 0x40000, payload), 1);
	relid = raw_get32(payload, 184);
	assert_int_equal(raw_gpadl(guest, relid, 1, ring, 4), 0);
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	assert_int_equal(device->opened, 2);
}

static void edge_36_unload_closes_and_forgets(void **state)
{
	(void)state;
	run(unload_body, 1);
}

static void held_body(struct raw_guest *guest)
{
	struct device *device = guest->context;
	uint8_t *pages = port_pages_alloc(guest->port, 4, 0, "pages");
	uint32_t relid = connect_one(guest, 0x50003);
	uint8_t byte;

	assert_int_equal(raw_gpadl(guest, relid, 2, pages, 4), 0);
	device_hold(device, 2);
	assert_true(host_gpadl_read(device->held, 0, &byte, 1));
	/* The channel is not open: the device does not hear of the end. */
	raw_msr_write(guest, 0, RAW_MSR_GUEST_OS_ID, 0);
	assert_int_equal(host_vmbus_version(guest->vmbus), 0);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
	assert_false(host_gpadl_read(device->held, 0, &byte, 1));
	assert_false(host_gpadl_write(device->held, 0, &byte, 1));
	host_gpadl_drop(device->held);
	device->held = NULL;
}

static void a_guest_that_just_leaves_takes_its_memory(void **state)
{
	(void)state;
	run(held_body, 1);
}

/* ---- A hostile host ----------------------------------------------------- */

static bool lose_offers(void *context, uint8_t *payload, uint32_t *bytes)
{
	unsigned *lost = context;

	if (raw_get32(payload, 0) == 4) {
		*bytes = 12;
		raw_put32(payload, 8, 0x1234);
	}
	*lost += raw_get32(payload, 0) == 1;
	return raw_get32(payload, 0) != 1;
}

static void hostile_body(struct raw_guest *guest)
{
	unsigned lost = 0;
	const struct host_hostile hostile = {.context = &lost,
					     .message = lose_offers};
	const uint32_t request[] = {3, 0};
	uint8_t payload[RAW_MESSAGE_MAX];

	offer(guest, guest->context, 1, 1, 0);
	host_hostile_set(guest->vmbus, &hostile);
	raw_hypercalls_on(guest);
	raw_synic_on(guest);
	assert_int_equal(raw_contact(guest, 0x50003), 1);
	raw_send(guest, request, 2);
	assert_int_equal(raw_receive(guest, 0, payload), 12);
	assert_int_equal(raw_get32(payload, 8), 0x1234);
	assert_int_equal(lost, 1);
	host_hostile_set(guest->vmbus, NULL);
	assert_true(host_hostile_message(guest->vmbus, "\xff\0\0", 3));
	assert_int_equal(raw_receive(guest, 0, payload), 3);
	assert_int_equal(payload[0], 0xff);
}

static void a_hostile_host_sends_what_it_likes(void **state)
{
	(void)state;
	run(hostile_body, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_host_has_its_versions),
		cmocka_unit_test(edge_5_an_old_server_has_no_connection_4),
		cmocka_unit_test(messages_go_to_the_connection_that_was_given),
		cmocka_unit_test(edge_17_a_refused_version_ends_the_connection),
		cmocka_unit_test(edge_18_monitor_pages_come_both_or_neither),
		cmocka_unit_test(answers_go_where_the_contact_says),
		cmocka_unit_test(old_hosts_answer_on_vp_0),
		cmocka_unit_test(edge_38_bad_messages_are_ignored),
		cmocka_unit_test(messages_of_later_versions_are_ignored),
		cmocka_unit_test(edge_20_offers_are_sent_once_and_in_order),
		cmocka_unit_test(edge_21_azure_offers_what_nobody_waits_for),
		cmocka_unit_test(edge_29_a_list_has_a_header_and_bodies),
		cmocka_unit_test(edge_32_ranges_and_trailing_bytes),
		cmocka_unit_test(edge_30_impossible_lists_are_refused),
		cmocka_unit_test(
			edge_31_a_list_left_in_the_middle_is_forgotten),
		cmocka_unit_test(edge_33_torndown_waits_for_the_device),
		cmocka_unit_test(
			edge_33_torndown_comes_after_close_on_2012_r2),
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
		cmocka_unit_test(edge_36_unload_closes_and_forgets),
		cmocka_unit_test(a_guest_that_just_leaves_takes_its_memory),
		cmocka_unit_test(a_hostile_host_sends_what_it_likes),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
