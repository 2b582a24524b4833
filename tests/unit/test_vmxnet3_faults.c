/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A vmxnet3 card when memory runs out, when its device lies at random, and when
 * it has to recover while a queue is in use.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "tests/support/scripted_vmxnet3.h"

/* ---- What can run out ---- */

static struct machine_fault fault;
static bool fault_fired;

static void with_fault(struct script *script)
{
	script->fault = fault;
	script->revisions = 0x3f;
	script->queues_max = 4 << 8 | 4;
	script->configuration.queues = 3;
	script->configuration.receive_data_bytes = 128;
}

static void faulty_open(struct script *script)
{
	fault_fired = machine_fault_fired(script->machine) != 0;
	if (!fault_fired)
		assert_non_null(script->nic);
	if (fault_fired && fault.kind != MACHINE_FAULT_ATTACH) {
		assert_null(script->nic);
		assert_int_equal(script->open_error, ERROR_NO_MEMORY);
	}
	/* Without a vector there is the line. */
	if (script->nic)
		assert_int_equal(nic_start(script->nic), 0);
}

/* Each thing that can fail, alone, until a run has none left. */
static void sweep(enum machine_fault_kind kind, unsigned least)
{
	fault = (struct machine_fault){.kind = kind};
	do {
		fault.n++;
		script_run(faulty_open, with_fault, false);
	} while (fault_fired);
	assert_in_range(fault.n, least, 200);
}

static void allocations(void **state)
{
	(void)state;
	sweep(MACHINE_FAULT_ALLOCATION, 10);
}

static void pages(void **state)
{
	(void)state;
	sweep(MACHINE_FAULT_PAGES, 10);
}

static void vectors(void **state)
{
	(void)state;
	sweep(MACHINE_FAULT_ATTACH, 4);
}

/* ---- A device that lies ---- */

static uint64_t dice_state;
static struct script_frame sent;
/* Steps in which the card still worked. */
static unsigned lived;

static uint32_t dice(uint32_t bound)
{
	dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(dice_state >> 33) % bound;
}

static void lie(struct script *script)
{
	struct script_received received = {
		.queue = dice(2),
		.ring = dice(2),
		.index = dice(200) ? dice(31) : dice(4096),
		.length = dice(8) ? dice(2100) : dice(16384),
		.start = dice(2),
		.end = dice(2),
		.error = !dice(8),
		.in_data_ring = !dice(8),
		.word1 = dice(UINT32_MAX),
		.word2 = dice(2) << 15,
		.word3 = dice(1u << 31),
	};

	switch (dice(8)) {
	case 0:
		script_event(script, dice(8) ? 4u : 1u << dice(6));
		break;
	case 1:
		if (dice(100) == 0)
			script_complete(script, 0, dice(64));
		else if (script_take(script, 0, &sent))
			script_complete(script, 0, sent.last);
		break;
	case 2:
		script->link = dice(UINT32_MAX);
		break;
	case 3:
		/* What is the device's to write. */
		script_ram_set32(script,
				 script_transmit_entry(script, dice(4)) + 80 +
					 4 * dice(22),
				 dice(UINT32_MAX));
		script_ram_set32(script,
				 script_transmit_entry(script, dice(4)) + 4,
				 dice(UINT32_MAX));
		break;
	case 4:
		script_raise(script, dice(3));
		break;
	default:
		received.ring &= !received.in_data_ring;
		script_receive(script, &received);
		break;
	}
}

static void use(struct script *script)
{
	struct net_segment segments[8] = {{0}};
	struct net_packet packets[8] = {{0}};
	unsigned queue = dice(2), i, got, used = 0;
	uint32_t length = 14 + dice(1500);
	void *owners[16];

	segments[0].data =
		script_own(script, script->memory + SCRIPT_OWN + dice(4096),
			   length);
	segments[0].length = length;
	packets[0].segment_count = 1;
	packets[0].length = length;
	nic_transmit(script->nic, queue, packets, 1, segments);
	nic_reclaim(script->nic, queue, owners, 16);
	got = nic_receive(script->nic, queue, packets, 8, segments, 8);
	for (i = 0; i < got; i++) {
		assert_in_range(packets[i].length, 14, 65536);
		used += packets[i].segment_count;
	}
	script_give_back(script, segments, used);
	nic_arm(script->nic, queue);
	if (dice(4) == 0)
		nic_events(script->nic);
	if (dice(64) == 0) {
		nic_stop(script->nic);
		nic_start(script->nic);
	}
}

static void hostile(struct script *script)
{
	struct nic_statistics counted;
	unsigned i;

	for (i = 0; i < 300; i++) {
		lived += script->active;
		if (script->active && dice(3))
			lie(script);
		use(script);
	}
	nic_stop(script->nic);
	/* All buffers came back, and no more than there are. */
	assert_int_equal(script->free_count, SCRIPT_BUFFERS);
	nic_statistics(script->nic, &counted);
}

static void with_two_queues(struct script *script)
{
	script->revisions = 0x3f;
	script->configuration.queues = 2;
	script->configuration.receive_data_bytes = dice(2) ? 128 : 0;
	script->configuration.large_receive = dice(2);
}

static void device_that_lies_at_random(void **state)
{
	unsigned seed;

	(void)state;
	for (seed = 1; seed <= 60; seed++) {
		dice_state = seed;
		script_run(hostile, with_two_queues, true);
	}
	/* Lies of which the most are survived. */
	assert_in_range(lived, 3000, UINT32_MAX);
}

/* ---- Recovery and queues in use ---- */

static void events_in_supply(struct script *script)
{
	script->in_supply = NULL;
	script_event(script, 2);
	assert_int_equal(nic_events(script->nic), 0);
	assert_int_equal(script->event_wakes, 1);
	assert_true(script->active);
}

/* Another queue's thread is inside when an error is to be dealt with. */
static void recovery_waits(struct script *script)
{
	static const uint8_t frame[100];
	struct net_segment segments[17];
	struct net_packet packets[17];
	unsigned i;

	for (i = 0; i < 17; i++)
		script_receive(script, &(struct script_received){
					       .queue = 1,
					       .index = i,
					       .data = frame,
					       .length = sizeof(frame),
					       .start = true,
					       .end = true,
				       });
	script->in_supply = events_in_supply;
	assert_int_equal(nic_receive(script->nic, 1, packets, 17, segments, 17),
			 17);
	assert_null(script->in_supply);
	script_give_back(script, segments, 17);
	assert_int_equal(nic_events(script->nic), NIC_EVENT_RECOVERED);
	assert_int_equal(nic_events(script->nic), 0);
}

static void edge_V44_recovery_waits_for_queues(void **state)
{
	(void)state;
	script_run(recovery_waits, with_two_queues, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations),
		cmocka_unit_test(pages),
		cmocka_unit_test(vectors),
		cmocka_unit_test(device_that_lies_at_random),
		cmocka_unit_test(edge_V44_recovery_waits_for_queues),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
