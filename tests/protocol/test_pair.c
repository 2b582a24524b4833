/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two machines, a card each, and a wire between them: what one guest sends, the
 * other receives, whatever hosts they run on.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/stack.h"
#include "mocks/cli/virtual_machine.h"

#define ROUNDS	   20u
#define BURST	   24u
#define PATIENCE   1000000000ull
#define FRAME_LONG 1514u

static const char *const hosts[][2] = {
	{"ws2019", "ws2019"},
	{"ws2012", "azure"},
	{"ws2022", "ws2012r2"},
	{"ws2016", "ws2019"},
};

struct end {
	struct virtual_machine *vm;
	struct stack stack;
	/* What this end sends and expects: counters that make the bytes. */
	uint32_t sent, received;
};

static uint32_t frame_make(uint8_t *frame, uint32_t number)
{
	uint32_t length = 60 + number * 37 % (FRAME_LONG - 60);

	for (uint32_t i = 0; i < length; i++)
		frame[i] = (uint8_t)(number * 7 + i);
	memset(frame, 0xff, ETHERNET_ADDRESS_BYTES);
	frame[12] = 0x88;
	frame[13] = 0xb5;
	return length;
}

static void end_up(void *argument)
{
	struct end *end = argument;
	struct nic_stack callbacks = stack_callbacks(&end->stack);

	ck_assert_int_eq(
		stack_create(&end->stack, end->vm->port, 1518, 7, false), 0);
	ck_assert_int_eq(virtual_machine_up(end->vm, VIRTUAL_MACHINE_STARTED,
					    &callbacks, NIC_FILTER_PROMISCUOUS),
			 0);
}

static void end_down(void *argument)
{
	struct end *end = argument;

	virtual_machine_down(end->vm);
	ck_assert_uint_eq(stack_outstanding(&end->stack), 0);
	stack_destroy(&end->stack);
}

static void reclaim(struct end *end)
{
	void *owners[BURST];
	unsigned n = nic_reclaim(end->vm->nic, 0, owners, BURST);

	while (n > 0)
		stack_sent(&end->stack, owners[--n]);
}

static void end_send(void *argument)
{
	struct end *end = argument;
	struct port *port = end->vm->port;
	uint64_t deadline = port_time(port) + PATIENCE;
	uint32_t until = end->sent + BURST;
	struct net_segment segments[STACK_PIECES_MAX];
	struct nic_statistics statistics;
	struct net_packet packet;
	uint8_t frame[FRAME_LONG];

	while (end->sent < until) {
		ck_assert(stack_can_put(&end->stack));
		stack_put(&end->stack, frame, frame_make(frame, end->sent),
			  &packet, segments);
		packet.first_segment = 0;
		while (nic_transmit(end->vm->nic, 0, &packet, 1, segments) == 0)
			port_relax(port, deadline);
		end->sent++;
	}
	/* A machine's host runs only while its guest does: see them all go. */
	for (;;) {
		reclaim(end);
		nic_statistics(end->vm->nic, &statistics);
		if (statistics.tx_frames == end->sent)
			break;
		ck_assert(port_time(port) < deadline);
		port_relax(port, deadline);
	}
	ck_assert_uint_eq(end->stack.transmit_free_count, STACK_TRANSMIT_COUNT);
}

static void end_receive(void *argument)
{
	struct end *end = argument;
	struct port *port = end->vm->port;
	uint64_t deadline = port_time(port) + PATIENCE;
	uint32_t until = end->received + BURST;
	struct net_segment segments[8];
	struct net_packet packet;
	uint8_t expected[FRAME_LONG];

	while (end->received < until) {
		ck_assert(port_time(port) < deadline);
		if (nic_receive(end->vm->nic, 0, &packet, 1, segments, 8) ==
		    0) {
			port_relax(port, deadline);
			continue;
		}
		ck_assert_uint_eq(packet.length,
				  frame_make(expected, end->received));
		ck_assert_uint_eq(packet.segment_count, 1);
		ck_assert_mem_eq(segments[packet.first_segment].data, expected,
				 packet.length);
		stack_received(&end->stack, &segments[packet.first_segment],
			       packet.segment_count);
		end->received++;
	}
}

static void run(struct end *end, void (*guest)(void *argument))
{
	ck_assert_msg(virtual_machine_run(end->vm, guest, end) == MACHINE_DONE,
		      "%s", machine_reason(end->vm->machine));
}

START_TEST(what_one_card_sends_the_other_receives)
{
	struct wire *wires[2];
	struct end ends[2] = {0};
	char reason[256];

	ck_assert(wire_pair_create(wires));
	for (int i = 0; i < 2; i++) {
		struct virtual_machine_configuration configuration = {
			.host = hosts[_i][i],
			.machine.seed = (uint64_t)_i * 2 + (uint64_t)i,
			.wire = wires[i],
		};

		ends[i].vm = virtual_machine_create(&configuration);
		ck_assert_ptr_nonnull(ends[i].vm);
		run(&ends[i], end_up);
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		run(&ends[0], end_send);
		run(&ends[1], end_receive);
		run(&ends[1], end_send);
		run(&ends[0], end_receive);
	}
	for (int i = 0; i < 2; i++) {
		run(&ends[i], end_down);
		ck_assert_msg(virtual_machine_check(ends[i].vm, reason,
						    sizeof(reason)),
			      "%s", reason);
		ck_assert_uint_eq(wires[i]->sent_frames, ROUNDS * BURST);
		ck_assert_uint_eq(wires[i]->taken_frames, ROUNDS * BURST);
		ck_assert_uint_eq(wires[i]->refused_frames, 0);
	}
	for (int i = 0; i < 2; i++)
		virtual_machine_destroy(ends[i].vm);
	wire_destroy(wires[0]);
	wire_destroy(wires[1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pair");
	TCase *test = tcase_create("two machines");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(test, what_one_card_sends_the_other_receives, 0,
			    sizeof(hosts) / sizeof(hosts[0]));
	suite_add_tcase(suite, test);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
