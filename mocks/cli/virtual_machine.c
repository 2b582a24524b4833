/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Puts a guest and a host together, brings the card up and down, and looks
 * afterwards whether anything was left behind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/virtual_machine.h"

/** The address that the card has if nobody chose one: Hyper-V's range. */
static const uint8_t virtual_machine_mac[6] = {0x00, 0x15, 0x5d,
					       0x01, 0x02, 0x03};

/* ---- The host ---- */

static bool virtual_machine_make(struct virtual_machine *vm)
{
	struct virtual_machine_configuration *configuration =
		&vm->configuration;

	vm->machine = machine_create(&configuration->machine);
	if (!vm->machine)
		return false;
	vm->port = machine_port(vm->machine);
	vm->partition = host_partition_create(vm->machine, vm->personality);
	if (!vm->partition)
		return false;
	vm->host_bus = host_vmbus_create(vm->partition, vm->personality,
					 configuration->strictness);
	if (!vm->host_bus)
		return false;
	/* An eager host is one that does everything at once. */
	host_vmbus_latency_set(vm->host_bus, configuration->machine.schedule !=
						     MACHINE_SCHEDULE_EAGER);
	vm->wire = configuration->wire;
	if (!vm->wire) {
		vm->wire = wire_loop_create();
		vm->owns_wire = vm->wire;
	}
	if (!vm->wire)
		return false;
	vm->device = host_netvsp_create(vm->host_bus, &configuration->device,
					vm->wire);
	return vm->device;
}

struct virtual_machine *virtual_machine_create(
	const struct virtual_machine_configuration *configuration)
{
	static const uint8_t none[6];
	const char *host = configuration->host ? configuration->host
					       : VIRTUAL_MACHINE_HOST;
	const struct host_personality *personality =
		host_personality_find(host);
	struct virtual_machine *vm;

	if (!personality)
		return NULL;
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return NULL;
	vm->personality = personality;
	vm->configuration = *configuration;
	if (memcmp(configuration->device.mac, none, sizeof(none)) == 0)
		memcpy(vm->configuration.device.mac, virtual_machine_mac,
		       sizeof(virtual_machine_mac));
	if (virtual_machine_make(vm))
		return vm;
	virtual_machine_destroy(vm);
	return NULL;
}

void virtual_machine_destroy(struct virtual_machine *vm)
{
	if (!vm)
		return;
	if (vm->device)
		host_netvsp_destroy(vm->device);
	if (vm->host_bus)
		host_vmbus_destroy(vm->host_bus);
	if (vm->partition)
		host_partition_destroy(vm->partition);
	if (vm->machine)
		machine_destroy(vm->machine);
	if (vm->owns_wire)
		wire_destroy(vm->wire);
	free(vm);
}

enum machine_outcome virtual_machine_run(struct virtual_machine *vm,
					 void (*guest)(void *argument),
					 void *argument)
{
	return machine_run(vm->machine, guest, argument);
}

/* ---- Inside the guest ---- */

static void virtual_machine_wake(void *context)
{
	struct virtual_machine *vm = context;

	vm->bus_woken = true;
}

static int virtual_machine_step(struct virtual_machine *vm,
				const struct nic_stack *stack, unsigned filter)
{
	const struct vmbus_configuration bus = {
		.version_max = vm->configuration.vmbus_version_max,
		.wake = virtual_machine_wake,
		.context = vm,
	};
	int error = 0;

	switch (vm->stage) {
	case VIRTUAL_MACHINE_OFF:
		memset(&vm->hyperv, 0, sizeof(vm->hyperv));
		return hyperv_attach(&vm->hyperv, vm->port);
	case VIRTUAL_MACHINE_ATTACHED:
		memset(&vm->bus, 0, sizeof(vm->bus));
		return vmbus_connect(&vm->bus, &vm->hyperv, &bus);
	case VIRTUAL_MACHINE_CONNECTED:
		vm->has_final = false;
		vm->nic = netvsc_probe(&vm->bus, &vm->configuration.card, stack,
				       &error);
		return error;
	case VIRTUAL_MACHINE_OPEN:
		if (filter)
			error = nic_filter_set(vm->nic, filter, NULL, 0);
		return error ? error : nic_start(vm->nic);
	case VIRTUAL_MACHINE_STARTED:
		break;
	}
	return 0;
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
	if (!vm->bus_woken)
		return;
	vm->bus_woken = false;
	vmbus_poll(&vm->bus);
}

/** Stop the card, note what it and its host counted, and close it. */
static void virtual_machine_close(struct virtual_machine *vm)
{
	nic_stop(vm->nic);
	nic_statistics(vm->nic, &vm->final);
	host_netvsp_counters(vm->device, &vm->final_host);
	vm->final_backlog = host_netvsp_backlog(vm->device);
	vm->has_final = true;
	nic_close(vm->nic);
	vm->nic = NULL;
}

/** Note what of the bus's memory the host was never heard to let go of. */
static void virtual_machine_disconnect(struct virtual_machine *vm)
{
	struct machine_counters before, after;
	uint64_t kept = 0, bytes = 0;
	unsigned i;

	for (i = 0; i < VMBUS_KEPT_MAX; i++) {
		if (!vm->bus.kept[i].memory)
			continue;
		kept++;
		bytes += vm->bus.kept[i].pages * PORT_PAGE_SIZE;
	}
	machine_counters(vm->machine, &before);
	vmbus_disconnect(&vm->bus);
	machine_counters(vm->machine, &after);
	/* Freed, with the bus's own memory, or not at all. */
	if (before.live_allocations - after.live_allocations <= kept) {
		vm->kept += kept;
		vm->kept_bytes += bytes;
	}
	vm->bus_woken = false;
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
		virtual_machine_disconnect(vm);
	if (stage == VIRTUAL_MACHINE_OFF)
		hyperv_detach(&vm->hyperv);
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
	unsigned gpadls = host_vmbus_gpadls(vm->host_bus);

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
	else if (gpadls)
		snprintf(reason, bytes,
			 "%u GPADLs still show the guest's memory to the host",
			 gpadls);
	else
		return true;
	return false;
}

/** Frames in = frames out + counted drops, in both directions. */
static bool virtual_machine_check_frames(const struct virtual_machine *vm,
					 char *reason, size_t bytes)
{
	const struct nic_statistics *guest = &vm->final;
	const struct host_netvsp_counters *host = &vm->final_host;
	uint64_t got = guest->rx_frames + guest->rx_drop_no_buffer +
		       guest->rx_drop_malformed + guest->rx_drop_length +
		       guest->rx_drop_stopped;

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
	if (host_netvsp_is_dead(vm->device)) {
		snprintf(reason, bytes, "the host gave the card up");
		return false;
	}
	if (vm->has_final && !virtual_machine_check_frames(vm, reason, bytes))
		return false;
	return virtual_machine_check_memory(vm, reason, bytes);
}
