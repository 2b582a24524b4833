/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Puts a guest and a host together, brings the card up and down, and looks
 * afterwards whether anything was left behind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/virtual_machine.h"

/* ---- The host ---- */

/** A frame at the card's end of the wire. */
static void virtual_machine_frame(void *context, const struct wire_frame *frame,
				  bool sent)
{
	const struct trace_event event = {
		.kind = TRACE_FRAME,
		.direction = sent ? TRACE_FROM_GUEST : TRACE_TO_GUEST,
		.bytes = frame->data,
		.length = frame->length,
	};

	machine_trace(context, &event);
}

static void virtual_machine_observe(struct virtual_machine *vm)
{
	if (!vm->configuration.observer.event)
		return;
	machine_trace_to(vm->machine, &vm->configuration.observer);
	wire_observe(vm->wire, virtual_machine_frame, vm->machine);
}

static bool virtual_machine_make(struct virtual_machine *vm)
{
	if (vm->vmm->prepare && !vm->vmm->prepare(vm))
		return false;
	vm->machine = machine_create(&vm->configuration.machine);
	if (!vm->machine)
		return false;
	vm->port = machine_port(vm->machine);
	vm->wire = vm->configuration.wire;
	if (!vm->wire) {
		vm->wire = wire_loop_create();
		vm->owns_wire = vm->wire;
	}
	if (!vm->wire)
		return false;
	virtual_machine_observe(vm);
	return vm->vmm->create(vm);
}

struct virtual_machine *virtual_machine_create(
	const struct virtual_machine_configuration *configuration)
{
	const struct vmm *vmm = &vmm_hyperv;
	struct virtual_machine *vm;
	struct vmm_host host;

	if (configuration->vmm)
		vmm = vmm_find(configuration->vmm);
	if (!vmm || !vmm_host_find(vmm,
				   configuration->host ? configuration->host
						       : vmm->host_default,
				   &host))
		return NULL;
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return NULL;
	vm->vmm = vmm;
	vm->host = host;
	vm->configuration = *configuration;
	if (virtual_machine_make(vm))
		return vm;
	virtual_machine_destroy(vm);
	return NULL;
}

void virtual_machine_destroy(struct virtual_machine *vm)
{
	if (!vm)
		return;
	vm->vmm->destroy(vm);
	if (vm->wire && vm->configuration.observer.event)
		wire_observe(vm->wire, NULL, NULL);
	if (vm->machine)
		machine_destroy(vm->machine);
	if (vm->owns_wire)
		wire_destroy(vm->wire);
	free(vm->uknetdev);
	free(vm);
}

enum machine_outcome virtual_machine_run(struct virtual_machine *vm,
					 void (*guest)(void *argument),
					 void *argument)
{
	return machine_run(vm->machine, guest, argument);
}

/* ---- Inside the guest ---- */

static int virtual_machine_step(struct virtual_machine *vm,
				const struct nic_stack *stack, unsigned filter)
{
	int error = 0;

	if (vm->stage == VIRTUAL_MACHINE_CONNECTED) {
		vm->has_final = false;
		vm->vmm->counters(vm, &vm->host_before);
	}
	if (vm->stage < VIRTUAL_MACHINE_OPEN)
		return vm->vmm->step(vm, stack);
	if (filter)
		error = nic_filter_set(vm->nic, filter, NULL, 0);
	return error ? error : nic_start(vm->nic);
}

int virtual_machine_up(struct virtual_machine *vm,
		       enum virtual_machine_stage stage,
		       const struct nic_stack *stack, unsigned filter)
{
	int error;

	while (vm->stage < stage) {
		error = virtual_machine_step(vm, stack, filter);
		if (error)
			return error;
		vm->stage++;
	}
	return 0;
}

void virtual_machine_poll(struct virtual_machine *vm)
{
	if (vm->vmm->poll)
		vm->vmm->poll(vm);
}

void virtual_machine_counters(const struct virtual_machine *vm,
			      struct vmm_counters *counters)
{
	const struct vmm_counters *before = &vm->host_before;

	vm->vmm->counters(vm, counters);
	counters->tx_frames -= before->tx_frames;
	counters->rx_frames -= before->rx_frames;
	counters->tx_messages -= before->tx_messages;
	counters->rx_drop_queue -= before->rx_drop_queue;
	counters->rx_drop_filter -= before->rx_drop_filter;
	counters->rx_drop_other -= before->rx_drop_other;
}

/** Stop the card, note what it and its host counted, and close it. */
static void virtual_machine_close(struct virtual_machine *vm)
{
	nic_stop(vm->nic);
	nic_statistics(vm->nic, &vm->final);
	virtual_machine_counters(vm, &vm->final_host);
	vm->final_backlog = vm->vmm->backlog(vm);
	vm->has_final = true;
	nic_close(vm->nic);
	vm->nic = NULL;
}

void virtual_machine_back(struct virtual_machine *vm,
			  enum virtual_machine_stage stage)
{
	enum virtual_machine_stage from = vm->stage;

	if (from <= stage)
		return;
	if (from == VIRTUAL_MACHINE_STARTED)
		nic_stop(vm->nic);
	if (from >= VIRTUAL_MACHINE_OPEN && stage < VIRTUAL_MACHINE_OPEN)
		virtual_machine_close(vm);
	if (from >= VIRTUAL_MACHINE_CONNECTED &&
	    stage < VIRTUAL_MACHINE_CONNECTED)
		vm->vmm->disconnect(vm);
	if (stage == VIRTUAL_MACHINE_OFF)
		vm->vmm->detach(vm);
	vm->stage = stage;
}

void virtual_machine_down(struct virtual_machine *vm)
{
	virtual_machine_back(vm, VIRTUAL_MACHINE_OFF);
}

/* ---- Afterwards ---- */

static bool virtual_machine_check_memory(const struct virtual_machine *vm,
					 char *reason, size_t bytes)
{
	struct machine_counters counters;
	unsigned shown = vm->vmm->shown(vm);

	machine_counters(vm->machine, &counters);
	if (counters.live_allocations)
		snprintf(reason, bytes,
			 "the guest leaked %llu allocations, %llu bytes",
			 (unsigned long long)counters.live_allocations,
			 (unsigned long long)counters.live_bytes);
	else if (counters.dma_live)
		snprintf(reason, bytes,
			 "%llu pieces of memory were never taken back from "
			 "the device",
			 (unsigned long long)counters.dma_live);
	else if (shown)
		snprintf(reason, bytes,
			 "%u pieces of the guest's memory are still shown to "
			 "the host",
			 shown);
	else
		return true;
	return false;
}

/** Frames in = frames out + counted drops, in both directions. */
static bool virtual_machine_check_frames(const struct virtual_machine *vm,
					 char *reason, size_t bytes)
{
	const struct nic_statistics *guest = &vm->final;
	const struct vmm_counters *host = &vm->final_host;
	uint64_t got = guest->rx_frames + guest->rx_drop_no_buffer +
		       guest->rx_drop_malformed + guest->rx_drop_length +
		       guest->rx_drop_error + guest->rx_drop_stopped;

	if (guest->tx_frames != host->tx_frames) {
		snprintf(reason, bytes,
			 "the guest sent %llu frames, the host got %llu",
			 (unsigned long long)guest->tx_frames,
			 (unsigned long long)host->tx_frames);
		return false;
	}
	if (got != host->rx_frames) {
		snprintf(reason, bytes,
			 "the host delivered %llu frames, the guest received "
			 "or counted %llu",
			 (unsigned long long)host->rx_frames,
			 (unsigned long long)got);
		return false;
	}
	return true;
}

bool virtual_machine_check(const struct virtual_machine *vm, char *reason,
			   size_t bytes)
{
	unsigned violations = machine_violations(vm->machine);

	if (violations) {
		snprintf(reason, bytes, "the guest broke %u rules, first: %s",
			 violations, machine_violation_text(vm->machine, 0));
		return false;
	}
	if (vm->vmm->is_dead(vm)) {
		snprintf(reason, bytes, "the host gave the card up");
		return false;
	}
	if (vm->has_final && !virtual_machine_check_frames(vm, reason, bytes))
		return false;
	return virtual_machine_check_memory(vm, reason, bytes);
}
