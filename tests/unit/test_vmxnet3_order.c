/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In which order a vmxnet3's driver writes and reads memory: a device looks at
 * its rings at each moment, or writes while the driver looks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "port/port.h"
#include "tests/support/scripted_vmxnet3.h"

#define END (1u << 12)

/** What happens at each moment, and what was seen. */
struct moment {
	struct script *script;
	struct machine_event event;
	uint64_t ring;
	unsigned looks, frames, torn;
	uint32_t index;
};

/* ---- A frame to the device ---- */

static void frame_look(void *argument)
{
	struct moment *moment = argument;
	struct machine *machine = moment->script->machine;
	uint32_t word2 = 0, word3 = 0, i;

	moment->looks++;
	for (i = 0; i < 3; i++) {
		machine_ram_read(machine, moment->ring + 16 * i + 8, &word2, 4);
		machine_ram_read(machine, moment->ring + 16 * i + 12, &word3,
				 4);
		if (!(word2 >> 14 & 1)) {
			/* Seen from its first descriptor, and not whole. */
			moment->torn += i > 0;
			break;
		}
		if (word3 & END) {
			moment->frames++;
			break;
		}
	}
	machine_event_schedule(machine, &moment->event, 1);
}

static void frame_whole(struct script *script)
{
	struct moment moment = {
		.script = script,
		.ring = script_ram64(script,
				     script_transmit_entry(script, 0) + 16),
		.event = {.fire = frame_look, .argument = &moment},
	};
	uint8_t *frame = script->memory + SCRIPT_OWN + 4096 - 700;
	struct net_segment segments[] = {
		{.data = frame, .length = 500},
		{.data = frame + 500, .length = 1000},
	};
	struct net_packet packet = {.segment_count = 2, .length = 1500};

	machine_event_schedule(script->machine, &moment.event, 1);
	assert_int_equal(nic_transmit(script->nic, 0, &packet, 1, segments), 1);
	port_delay(script->port, 100);
	machine_event_cancel(script->machine, &moment.event);
	assert_in_range(moment.looks, 5, UINT32_MAX);
	assert_in_range(moment.frames, 1, UINT32_MAX);
	assert_int_equal(moment.torn, 0);
}

/* ---- A buffer to the device ---- */

static void buffer_look(void *argument)
{
	struct moment *moment = argument;
	struct machine *machine = moment->script->machine;
	uint32_t word2 = 0, i;
	uint64_t address = 0;

	moment->looks++;
	for (i = 0; i < 31; i++) {
		machine_ram_read(machine, moment->ring + 16 * i + 8, &word2, 4);
		machine_ram_read(machine, moment->ring + 16 * i, &address, 8);
		moment->torn += word2 >> 31 && !address;
	}
	machine_event_schedule(machine, &moment->event, 1);
}

/* A buffer is the device's when all is said about it. */
static void buffer_whole(struct script *script)
{
	struct moment moment = {
		.script = script,
		.ring = script_ram64(script,
				     script_receive_entry(script, 0) + 16),
		.event = {.fire = buffer_look, .argument = &moment},
	};

	nic_stop(script->nic);
	machine_event_schedule(script->machine, &moment.event, 1);
	assert_int_equal(nic_start(script->nic), 0);
	machine_event_cancel(script->machine, &moment.event);
	assert_in_range(moment.looks, 30, UINT32_MAX);
	assert_int_equal(moment.torn, 0);
}

/* ---- A frame from the device ---- */

static void completed_now(void *argument)
{
	static const uint8_t frame[200];
	struct moment *moment = argument;

	script_receive(moment->script, &(struct script_received){
					       .index = moment->index,
					       .data = frame,
					       .length = 100 + moment->index,
					       .start = true,
					       .end = true,
				       });
}

static unsigned receive(struct script *script, struct net_packet *packet)
{
	struct net_segment segment;
	unsigned got = nic_receive(script->nic, 0, packet, 1, &segment, 1);

	script_give_back(script, &segment, got);
	return got;
}

/* A completion that is written while the driver looks for it. */
static void generation_first(struct script *script)
{
	struct moment moment = {
		.script = script,
		.event = {.fire = completed_now, .argument = &moment},
	};
	struct nic_statistics counted;
	struct net_packet packet;
	unsigned got;

	for (moment.index = 0; moment.index < 31; moment.index++) {
		machine_event_schedule(script->machine, &moment.event,
				       1 + moment.index * 3);
		got = receive(script, &packet);
		port_delay(script->port, 1000);
		got += receive(script, &packet);
		assert_int_equal(got, 1);
		assert_int_equal(packet.length, 100 + moment.index);
	}
	nic_statistics(script->nic, &counted);
	assert_int_equal(counted.rx_frames, 31);
	assert_int_equal(counted.rx_drop_malformed, 0);
}

#define STARTED(test, body)                                                    \
	static void test(void **state)                                         \
	{                                                                      \
		(void)state;                                                   \
		script_run(body, NULL, true);                                  \
	}

STARTED(edge_V9_frame_never_seen_by_half, frame_whole)
STARTED(edge_V9_buffer_never_posted_by_half, buffer_whole)
STARTED(edge_V23_generation_first, generation_first)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_V9_frame_never_seen_by_half),
		cmocka_unit_test(edge_V9_buffer_never_posted_by_half),
		cmocka_unit_test(edge_V23_generation_first),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
