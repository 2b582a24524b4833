/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The VMBus server: versions, offers, how a connection ends, and a host that
 * lies. What a guest should not send are scripts: fixtures/traces.
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

/* ---- Versions ---- */

static void versions_body(struct raw_guest *guest)
{
	static const uint32_t versions[] = {
		0x70000, 0x60000, 0x50004, 0x50003, 0x50002,
		0x50001, 0x50000, 0x40002, 0x40001, 0x40000,
		0x30000, 0x20004, 0x10001, 0xd,	    0,
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
		raw_run_on(host_personalities[i].name, versions_body, 0);
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
	raw_run_on("ws2016", old_server_body, 0);
}

static void refused_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 4, 0, "ring");
	uint32_t relid = raw_connect_one(guest, 0x50003);

	assert_int_equal(raw_gpadl(guest, relid, 7, ring, 4), 0);
	assert_int_equal(raw_open(guest, relid, 7, 2), 0);
	assert_int_equal(raw_contact(guest, 0x60000), 0);
	assert_int_equal(host_vmbus_version(guest->vmbus), 0);
	assert_int_equal(device->closed, 1);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
	raw_expect_silence(guest);
}

static void edge_17_a_refused_version_ends_the_connection(void **state)
{
	(void)state;
	raw_run(refused_body, 0);
}

/* A new owner makes contact, and says nothing to the old one's channels. */
static void owner_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 4, 0, "ring");
	uint32_t relid = raw_connect_one(guest, 0x40000);
	uint8_t payload[RAW_MESSAGE_MAX];

	assert_int_equal(raw_gpadl(guest, relid, 7, ring, 4), 0);
	assert_int_equal(raw_open(guest, relid, 7, 2), 0);
	/* Supported, and with that the old connection is gone. */
	assert_int_equal(raw_contact(guest, 0x50003), 1);
	assert_int_equal(device->closed, 1);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
	assert_int_equal(host_channel_relid(device->channel), 0);
	/* That was no UNLOAD, so it is not answered as one. */
	raw_expect_silence(guest);
	assert_int_equal(raw_connect(guest, 0x50003, payload), 1);
	relid = raw_get32(payload, 184);
	assert_int_equal(raw_gpadl(guest, relid, 7, ring, 4), 0);
	assert_int_equal(raw_open(guest, relid, 7, 2), 0);
	assert_int_equal(device->opened, 2);
}

static void edge_2_a_new_owner_ends_the_old_connection(void **state)
{
	(void)state;
	raw_run(owner_body, 0);
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
	raw_run(target_body, 3);
}

/* ---- Offers ---- */

static void offers_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	const uint32_t request[] = {3, 0};
	uint8_t payload[RAW_MESSAGE_MAX];
	unsigned i;

	raw_device_offer(guest, &device[2], 2, 1, 0);
	raw_device_offer(guest, &device[0], 1, 9, 1);
	raw_device_offer(guest, &device[1], 1, 9, 0);
	raw_hypercalls_on(guest);
	raw_synic_on(guest);
	assert_int_equal(raw_contact(guest, 0x50003), 1);
	raw_expect_silence(guest);
	raw_send(guest, request, 2);
	for (i = 0; i < 3; i++) {
		static const uint8_t order[][3] = {{1, 9, 0},
						   {1, 9, 1},
						   {2, 1, 0}};

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
	raw_expect_silence(guest);
	/* Hot-added. */
	raw_device_offer(guest, &device[3], 3, 1, 0);
	assert_int_equal(raw_answer(guest, payload), 1);
	assert_int_equal(raw_get32(payload, 184), 4);
}

static void edge_20_offers_are_sent_once_and_in_order(void **state)
{
	(void)state;
	raw_run(offers_body, 1);
}

/* ---- The end ---- */

static void unload_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t *ring = port_pages_alloc(guest->port, 8, 0, "ring");
	uint32_t relid = raw_connect_one(guest, 0x50003);
	const uint32_t unload[] = {16, 0};
	uint8_t payload[RAW_MESSAGE_MAX];

	assert_int_equal(raw_gpadl(guest, relid, 1, ring, 4), 0);
	assert_int_equal(raw_gpadl(guest, relid, 2, ring + 4 * PAGE, 4), 0);
	assert_int_equal(raw_open(guest, relid, 1, 2), 0);
	raw_device_hold(device, 2);
	raw_send(guest, unload, 2);
	assert_int_equal(raw_answer(guest, payload), 17);
	raw_expect_silence(guest);
	assert_int_equal(device->closed, 1);
	assert_null(device->held);
	assert_int_equal(host_vmbus_version(guest->vmbus), 0);
	assert_int_equal(host_vmbus_gpadls(guest->vmbus), 0);
	assert_int_equal(host_channel_relid(device->channel), 0);
	/* Not connected any more: where to post is gone as well. */
	assert_int_equal(raw_post(guest, guest->connection, unload, 8), 0x12);
	guest->connection = 1;
	raw_send(guest, unload, 2);
	raw_expect_silence(guest);
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
	raw_run(unload_body, 1);
}

static void held_body(struct raw_guest *guest)
{
	struct raw_device *device = guest->context;
	uint8_t *pages = port_pages_alloc(guest->port, 4, 0, "pages");
	uint32_t relid = raw_connect_one(guest, 0x50003);
	uint8_t byte;

	assert_int_equal(raw_gpadl(guest, relid, 2, pages, 4), 0);
	raw_device_hold(device, 2);
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
	raw_run(held_body, 1);
}

/* ---- A hostile host ---- */

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

	raw_device_offer(guest, guest->context, 1, 1, 0);
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
	raw_run(hostile_body, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_host_has_its_versions),
		cmocka_unit_test(edge_5_an_old_server_has_no_connection_4),
		cmocka_unit_test(edge_17_a_refused_version_ends_the_connection),
		cmocka_unit_test(edge_2_a_new_owner_ends_the_old_connection),
		cmocka_unit_test(answers_go_where_the_contact_says),
		cmocka_unit_test(edge_20_offers_are_sent_once_and_in_order),
		cmocka_unit_test(edge_36_unload_closes_and_forgets),
		cmocka_unit_test(a_guest_that_just_leaves_takes_its_memory),
		cmocka_unit_test(a_hostile_host_sends_what_it_likes),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
