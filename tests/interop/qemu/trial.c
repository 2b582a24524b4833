/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest that the tests of single abilities share.
 */
#include "tests/interop/qemu/trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Virtual; several times as long in the world. */
#define TRIAL_PATIENCE 2000000000ull
#define TRIAL_TURN     20000ull
#define TRIAL_BURST    16u
#define TRIAL_SEED     11u
#define HIGH	       ((uint64_t)1 << 32)

/* ---- What comes out ---- */

static void trial_wired(void *context, const struct wire_frame *frame)
{
	struct trial *trial = context;
	struct trial_frame *place = &trial->wired[trial->wired_count];

	ck_assert_uint_lt(trial->wired_count, TRIAL_FRAMES);
	ck_assert_uint_le(frame->length, sizeof(place->data));
	memcpy(place->data, frame->data, frame->length);
	place->length = frame->length;
	trial->wired_count++;
}

static void trial_keep(struct trial *trial, unsigned queue,
		       const struct net_packet *packet,
		       const struct net_segment segments[])
{
	struct trial_frame *place = &trial->received[trial->received_count];
	uint32_t n;

	ck_assert_uint_lt(trial->received_count, TRIAL_FRAMES);
	place->length = 0;
	for (n = 0; n < packet->segment_count; n++) {
		ck_assert_uint_le(place->length + segments[n].length,
				  sizeof(place->data));
		memcpy(place->data + place->length, segments[n].data,
		       segments[n].length);
		place->length += segments[n].length;
		trial->buffers++;
		if (port_physical(trial->port, segments[n].data) >= HIGH)
			trial->buffers_high++;
	}
	ck_assert_uint_eq(place->length, packet->length);
	place->flags = packet->flags;
	place->vlan_tag = packet->vlan_tag;
	place->segment_bytes = packet->segment_bytes;
	place->queue = (uint16_t)queue;
	ck_assert(stack_checksum_finish(packet, place->data, place->length));
	trial->received_count++;
}

static void trial_reclaim_queue(struct trial *trial, unsigned queue)
{
	void *owners[TRIAL_BURST];
	unsigned count, n;

	do {
		count = nic_reclaim(trial->nic, queue, owners, TRIAL_BURST);
		for (n = 0; n < count; n++)
			stack_sent(&trial->stack, owners[n]);
	} while (count == TRIAL_BURST);
}

static void trial_reclaim(struct trial *trial)
{
	unsigned queue;

	for (queue = 0; queue < trial->nic->information.queues; queue++)
		trial_reclaim_queue(trial, queue);
}

static void trial_receive(struct trial *trial, unsigned queue)
{
	struct net_packet packets[TRIAL_BURST];
	struct net_segment segments[TRIAL_BURST * 6];
	unsigned count, n;

	count = nic_receive(trial->nic, queue, packets, TRIAL_BURST, segments,
			    TRIAL_BURST * 6);
	for (n = 0; n < count; n++) {
		trial_keep(trial, queue, &packets[n],
			   &segments[packets[n].first_segment]);
		stack_received(&trial->stack,
			       &segments[packets[n].first_segment],
			       packets[n].segment_count);
	}
}

void trial_turn(struct trial *trial)
{
	unsigned queue;

	trial_reclaim(trial);
	for (queue = 0; queue < trial->nic->information.queues; queue++)
		trial_receive(trial, queue);
	if (trial->stack.events_woken) {
		trial->stack.events_woken = false;
		trial->events |= nic_events(trial->nic);
	}
	virtual_machine_poll(trial->vm);
}

void trial_forget(struct trial *trial)
{
	trial->wired_count = trial->received_count = 0;
}

/** Whether there is time left for another turn. */
static bool trial_goes_on(struct trial *trial, uint64_t *deadline)
{
	uint64_t now = port_time(trial->port);

	if (!*deadline)
		*deadline = now + TRIAL_PATIENCE;
	port_relax(trial->port, now + TRIAL_TURN);
	return now < *deadline;
}

void trial_await(struct trial *trial, unsigned wired, unsigned received)
{
	uint64_t deadline = 0;

	do
		trial_turn(trial);
	while ((trial->wired_count < wired ||
		trial->received_count < received ||
		trial->stack.transmit_free_count < STACK_TRANSMIT_COUNT) &&
	       trial_goes_on(trial, &deadline));
	ck_assert_uint_eq(trial->wired_count, wired);
	ck_assert_uint_eq(trial->received_count, received);
}

void trial_await_event(struct trial *trial, unsigned event)
{
	uint64_t deadline = 0;

	do
		trial_turn(trial);
	while (!(trial->events & event) && trial_goes_on(trial, &deadline));
	ck_assert_uint_eq(trial->events & event, event);
	trial->events &= ~event;
}

/* ---- What is put in ---- */

void trial_frame_make(uint8_t *frame, uint32_t bytes,
		      const uint8_t destination[6], unsigned number)
{
	static const uint8_t rest[] = {0x02, 0, 0, 0, 0, 0x77, 0x88, 0xb5};
	uint32_t n;

	for (n = 0; n < bytes; n++)
		frame[n] = (uint8_t)(number + n * 7 + n / 251);
	memcpy(frame, destination, 6);
	memcpy(frame + 6, rest, sizeof(rest));
}

void trial_send(struct trial *trial, const uint8_t *frame, uint32_t bytes,
		const struct net_packet *how)
{
	struct net_segment segments[STACK_PIECES_MAX];
	struct net_packet packet;
	uint64_t deadline = 0;

	ck_assert(stack_can_put(&trial->stack));
	stack_put(&trial->stack, frame, bytes, &packet, segments);
	packet.first_segment = 0;
	if (how) {
		packet.flags = how->flags;
		packet.vlan_tag = how->vlan_tag;
		packet.l3_offset = how->l3_offset;
		packet.l4_offset = how->l4_offset;
		packet.segment_bytes = how->segment_bytes;
	}
	while (nic_transmit(trial->nic, trial->transmit_queue, &packet, 1,
			    segments) != 1) {
		ck_assert(trial_goes_on(trial, &deadline));
		trial_turn(trial);
	}
}

void trial_deliver(struct trial *trial, const uint8_t *frame, uint32_t bytes)
{
	const struct wire_frame it = {frame, bytes};

	ck_assert(wire_deliver(trial->wire, &it));
}

void trial_deliver_lost(struct trial *trial, const uint8_t *frame,
			uint32_t bytes)
{
	trial_deliver(trial, frame, bytes);
	witness_lost(trial->vm, 0, 1);
}

void trial_armed_receive(struct trial *trial, unsigned number)
{
	uint8_t frame[100];
	uint64_t deadline;

	trial_frame_make(frame, sizeof(frame), trial->nic->information.mac,
			 number);
	trial_turn(trial);
	trial->stack.woken = false;
	ck_assert(nic_arm(trial->nic, 0));
	trial_deliver(trial, frame, sizeof(frame));
	deadline = port_time(trial->port) + TRIAL_PATIENCE;
	while (!trial->stack.woken && port_time(trial->port) < deadline)
		port_relax(trial->port, deadline);
	ck_assert(trial->stack.woken);
	trial_await(trial, 0, 1);
	ck_assert_mem_eq(trial->received[0].data, frame, sizeof(frame));
	trial_forget(trial);
}

void trial_exchange(struct trial *trial, unsigned frames, uint32_t bytes)
{
	uint8_t frame[STACK_FRAME_MAX];
	unsigned n;

	trial_forget(trial);
	for (n = 0; n < frames; n++) {
		trial_frame_make(frame, bytes, witness_mac, n);
		trial_send(trial, frame, bytes, NULL);
		trial_frame_make(frame, bytes, trial->nic->information.mac,
				 n + 100);
		trial_deliver(trial, frame, bytes);
	}
	trial_await(trial, frames, frames);
	for (n = 0; n < frames; n++) {
		trial_frame_make(frame, bytes, witness_mac, n);
		ck_assert_uint_eq(trial->wired[n].length, bytes);
		ck_assert_mem_eq(trial->wired[n].data, frame, bytes);
		trial_frame_make(frame, bytes, trial->nic->information.mac,
				 n + 100);
		ck_assert_uint_eq(trial->received[n].length, bytes);
		ck_assert_mem_eq(trial->received[n].data, frame, bytes);
	}
	trial_forget(trial);
}

/* ---- Life ---- */

void trial_up(struct trial *trial)
{
	int error = virtual_machine_up(trial->vm, VIRTUAL_MACHINE_STARTED,
				       &trial->callbacks, 0);

	ck_assert_msg(error == 0, "the card did not come up: %s (%s)",
		      error_name(error), qemu_failure(witness_qemu(trial->vm)));
	trial->nic = trial->vm->nic;
	trial->events = 0;
}

void trial_down(struct trial *trial)
{
	if (trial->vm->stage >= VIRTUAL_MACHINE_OPEN) {
		virtual_machine_back(trial->vm, VIRTUAL_MACHINE_OPEN);
		trial_reclaim(trial);
		/* A device that wanted a reset would have had one. */
		ck_assert(trial->is_host_gone ||
			  !(trial->events &
			    (NIC_EVENT_FAILED | NIC_EVENT_RECOVERED)));
	}
	virtual_machine_down(trial->vm);
	trial->nic = NULL;
}

static void trial_guest(void *argument)
{
	struct trial *trial = argument;

	ck_assert_int_eq(stack_create(&trial->stack, trial->port,
				      STACK_FRAME_MAX, 5, false),
			 0);
	trial->callbacks = stack_callbacks(&trial->stack);
	trial->guest(trial);
	trial_down(trial);
	ck_assert_uint_eq(stack_outstanding(&trial->stack), 0);
	ck_assert_uint_eq(trial->stack.strays, 0);
	stack_destroy(&trial->stack);
}

/** A host that is gone can still not keep anything of the guest's. */
static void trial_check(const struct trial *trial)
{
	char reason[1024] = "";
	struct machine_counters counters;

	machine_counters(trial->vm->machine, &counters);
	ck_assert_uint_eq(counters.live_allocations, 0);
	ck_assert_uint_eq(counters.dma_live, 0);
	if (!trial->is_host_gone)
		ck_assert_msg(virtual_machine_check(trial->vm, reason,
						    sizeof(reason)),
			      "%s", reason);
}

void trial_run(const char *name, const char *host,
	       void (*guest)(struct trial *trial))
{
	const struct virtual_machine_configuration configuration = {
		.host = host,
	};

	trial_run_with(name, &configuration, guest);
}

static void trial_print(const char *name, const char *host)
{
	const struct witness_traffic *passed = &witness_traffic;

	printf("%-18s %-35s out %4" PRIu64 " frames %7" PRIu64
	       " bytes, in %4" PRIu64 " frames %7" PRIu64 " bytes, %5" PRIu64
	       " accesses, %4" PRIu64 " messages, %4" PRIu64 " lines\n",
	       name, host, passed->sent_frames, passed->sent_bytes,
	       passed->received_frames, passed->received_bytes,
	       passed->accesses, passed->messages, passed->lines);
	fflush(stdout);
}

void trial_run_with(const char *name,
		    const struct virtual_machine_configuration *asked,
		    void (*guest)(struct trial *trial))
{
	struct virtual_machine_configuration configuration = *asked;
	struct trial *trial = calloc(1, sizeof(*trial));

	ck_assert(trial);
	trial->guest = guest;
	trial->wire = wire_tap_create(trial_wired, trial);
	configuration.vmm = WITNESS_VMM;
	configuration.machine.seed = TRIAL_SEED;
	configuration.wire = trial->wire;
	trial->vm = virtual_machine_create(&configuration);
	ck_assert_msg(trial->vm, "%s", witness_reason);
	trial->port = trial->vm->port;
	ck_assert_msg(virtual_machine_run(trial->vm, trial_guest, trial) ==
			      MACHINE_DONE,
		      "%s", machine_reason(trial->vm->machine));
	trial_check(trial);
	virtual_machine_destroy(trial->vm);
	wire_destroy(trial->wire);
	if (!trial->is_host_gone)
		ck_assert_str_eq(witness_reason, "");
	free(trial);
	trial_print(name, configuration.host);
}

int trial_main(Suite *suite)
{
	char reason[QEMU_REASON_MAX];
	SRunner *runner = srunner_create(suite);
	int failed = 0;

	vmm_extra = &witness_vmm;
	if (!qemu_is_there(reason)) {
		printf("skipped: %s\n", reason);
		srunner_free(runner);
		return 77;
	}
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
