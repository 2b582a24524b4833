/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lives of a machine, measured: it is made, its card is brought up to the first
 * packet both ways, everything is taken down and looked at, and it is
 *destroyed.
 *
 *	bench_life LIVES
 *		live so often and print: lives, nanoseconds, TSC cycles
 *
 * The card's configuration is the driver's default, the host the default one
 * and eager; the frame that is sent comes back over a loop. A frame that does
 * not come, or comes changed, ends the measurement, as does anything that is
 * left behind.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mocks/cli/stack.h"
#include "mocks/cli/virtual_machine.h"

#define BENCH_FRAME_BYTES 60u
/** How long the guest looks for its frame, in nanoseconds of the machine. */
#define BENCH_PATIENCE	  100000000u

struct bench_life {
	struct virtual_machine *vm;
	uint64_t seed;
	/** The first error, and whether the frame came back as it was. */
	int error;
	bool has_come;
};

static int bench_complain(const char *sentence)
{
	fprintf(stderr, "bench_life: %s\n", sentence);
	return 2;
}

static uint64_t bench_nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t bench_cycles(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#else
	return 0;
#endif
}

static void bench_frame(uint8_t frame[], uint64_t seed)
{
	uint32_t i;

	memset(frame, 0xff, ETHERNET_ADDRESS_BYTES);
	for (i = ETHERNET_ADDRESS_BYTES; i < BENCH_FRAME_BYTES; i++)
		frame[i] = (uint8_t)(seed * 31 + i * 7);
	frame[6] &= 0xfe;
	frame[12] = 0x88;
	frame[13] = 0xb5;
}

static bool bench_received(struct bench_life *life, struct stack *stack,
			   const uint8_t expected[])
{
	struct net_segment segments[STACK_PIECES_MAX];
	struct net_packet packet;

	if (nic_receive(life->vm->nic, 0, &packet, 1, segments,
			STACK_PIECES_MAX) == 0)
		return false;
	life->has_come = packet.length == BENCH_FRAME_BYTES &&
			 packet.segment_count == 1 &&
			 memcmp(segments[packet.first_segment].data, expected,
				BENCH_FRAME_BYTES) == 0;
	stack_received(stack, segments + packet.first_segment,
		       packet.segment_count);
	return true;
}

/** Send the frame, and look until it and its owner are back. */
static void bench_exchange(struct bench_life *life, struct stack *stack)
{
	uint64_t end = port_time(life->vm->port) + BENCH_PATIENCE;
	struct net_segment segments[STACK_PIECES_MAX];
	struct nic *nic = life->vm->nic;
	bool received = false, reclaimed = false;
	uint8_t frame[BENCH_FRAME_BYTES];
	struct net_packet packet;
	void *owner;

	bench_frame(frame, life->seed);
	packet.first_segment = 0;
	stack_put(stack, frame, sizeof(frame), &packet, segments);
	if (nic_transmit(nic, 0, &packet, 1, segments) != 1) {
		life->error = ERROR_AGAIN;
		stack_sent(stack, packet.owner);
		return;
	}
	while (!received || !reclaimed) {
		if (!received)
			received = bench_received(life, stack, frame);
		if (!reclaimed && nic_reclaim(nic, 0, &owner, 1) == 1) {
			stack_sent(stack, owner);
			reclaimed = true;
		}
		if (port_time(life->vm->port) >= end)
			return;
		if (!received || !reclaimed)
			port_relax(life->vm->port, end);
	}
}

static void bench_guest(void *argument)
{
	struct bench_life *life = argument;
	struct nic_stack callbacks;
	struct stack stack;

	life->error = stack_create(&stack, life->vm->port, BENCH_FRAME_BYTES,
				   life->seed, true);
	if (life->error)
		return;
	callbacks = stack_callbacks(&stack);
	life->error = virtual_machine_up(life->vm, VIRTUAL_MACHINE_STARTED,
					 &callbacks, 0);
	if (!life->error)
		bench_exchange(life, &stack);
	virtual_machine_down(life->vm);
	stack_destroy(&stack);
}

/** @return whether all was as it should be */
static bool bench_live(uint64_t seed)
{
	const struct virtual_machine_configuration configuration = {
		.machine = {.seed = seed, .schedule = MACHINE_SCHEDULE_EAGER},
	};
	struct bench_life life = {.seed = seed};
	char reason[256] = "the machine stopped";
	bool good;

	life.vm = virtual_machine_create(&configuration);
	if (!life.vm)
		return bench_complain("out of memory") == 0;
	good = virtual_machine_run(life.vm, bench_guest, &life) ==
		       MACHINE_DONE &&
	       virtual_machine_check(life.vm, reason, sizeof(reason));
	if (!good)
		bench_complain(reason);
	else if (life.error)
		good = bench_complain(error_name(life.error)) == 0;
	else if (!life.has_come)
		good = bench_complain("the frame did not come back") == 0;
	virtual_machine_destroy(life.vm);
	return good;
}

int main(int argc, char **argv)
{
	uint64_t lives, i, nanoseconds, cycles;
	char *end = NULL;

	errno = 0;
	lives = argc == 2 ? strtoull(argv[1], &end, 10) : 0;
	if (lives == 0 || !end || *end || errno || argv[1][0] == '-') {
		fputs("usage: bench_life LIVES\n", stderr);
		return 2;
	}
	nanoseconds = bench_nanoseconds();
	cycles = bench_cycles();
	for (i = 0; i < lives; i++)
		if (!bench_live(i + 1))
			return 1;
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", lives,
	       bench_nanoseconds() - nanoseconds, bench_cycles() - cycles);
	return 0;
}
