/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hyper-V: a partition with VMBus and one synthetic card on it.
 */
#include <stdio.h>
#include <string.h>

#include "hyperv/nvsp.h"
#include "mocks/cli/virtual_machine.h"
#include "mocks/hyperv/faults.h"

/* ---- Protocols ---- */

enum hyperv_protocol {
	HYPERV_VMBUS,
	HYPERV_NVSP,
	HYPERV_PROTOCOLS,
};

static const struct vmm_version vmbus_versions[] = {
	{VMBUS_VERSION_WIN8, "2.4"},	{VMBUS_VERSION_WIN8_1, "3.0"},
	{VMBUS_VERSION_WIN10, "4.0"},	{VMBUS_VERSION_WIN10_1, "4.1"},
	{VMBUS_VERSION_WIN10_5, "5.0"}, {VMBUS_VERSION_RS4, "5.1"},
	{VMBUS_VERSION_RS5, "5.2"},	{VMBUS_VERSION_IRON, "5.3"},
};

static const struct vmm_version nvsp_versions[] = {
	{NVSP_VERSION_1, "1"}, {NVSP_VERSION_2, "2"}, {NVSP_VERSION_4, "4"},
	{NVSP_VERSION_5, "5"}, {NVSP_VERSION_6, "6"}, {NVSP_VERSION_6_1, "6.1"},
};

static uint32_t *vmbus_limit(struct virtual_machine_configuration *own)
{
	return &own->vmbus_version_max;
}

static uint32_t *nvsp_limit(struct virtual_machine_configuration *own)
{
	return &own->card.nvsp_version_max;
}

static const struct vmm_protocol hyperv_protocols[HYPERV_PROTOCOLS] = {
	[HYPERV_VMBUS] = {"vmbus", "VMBus", vmbus_versions,
			  sizeof(vmbus_versions) / sizeof(vmbus_versions[0]),
			  vmbus_limit},
	[HYPERV_NVSP] = {"nvsp", "NVSP", nvsp_versions,
			 sizeof(nvsp_versions) / sizeof(nvsp_versions[0]),
			 nvsp_limit},
};

/* ---- The hosts ---- */

/** NVSP 1 is 0x2; from 2 on the major number is in the upper half. */
static void nvsp_text(char *text, size_t bytes, uint32_t version)
{
	uint32_t minor = version & 0xffff;

	if (version == 0x2)
		snprintf(text, bytes, "1");
	else if (version == 0x30002)
		snprintf(text, bytes, "2");
	else if (minor)
		snprintf(text, bytes, "%u.%u", version >> 16, minor);
	else
		snprintf(text, bytes, "%u", version >> 16);
}

static bool hyperv_host(size_t n, struct vmm_host *host)
{
	const struct host_personality *it = &host_personality_hostile;
	char nvsp[16];

	if (n > host_personality_count)
		return false;
	if (n < host_personality_count)
		it = &host_personalities[n];
	host->is_hostile = it->is_hostile;
	host->name = it->name;
	host->title = it->title;
	host->tx_frame_bytes_min = 0;
	host->rx_frame_bytes_min = 0;
	host->version_max[HYPERV_VMBUS] = it->vmbus_version_max;
	host->version_max[HYPERV_NVSP] = it->nvsp_version_max;
	nvsp_text(nvsp, sizeof(nvsp), it->nvsp_version_max);
	snprintf(host->speaks, sizeof(host->speaks),
		 "VMBus %u.%u to %u.%u, NVSP 1 to %s",
		 it->vmbus_version_min >> 16, it->vmbus_version_min & 0xffff,
		 it->vmbus_version_max >> 16, it->vmbus_version_max & 0xffff,
		 nvsp);
	return true;
}

/* ---- The host's side ---- */

/** The address that the card has if nobody chose one: Hyper-V's range. */
static const uint8_t hyperv_mac[6] = {0x00, 0x15, 0x5d, 0x01, 0x02, 0x03};

static bool hyperv_create(struct virtual_machine *vm)
{
	static const uint8_t none[6];
	struct virtual_machine_configuration *own = &vm->configuration;

	if (memcmp(own->device.mac, none, sizeof(none)) == 0)
		memcpy(own->device.mac, hyperv_mac, sizeof(hyperv_mac));
	if (own->mtu)
		own->card.mtu = own->mtu;
	vm->personality = host_personality_find(vm->host.name);
	vm->partition = host_partition_create(vm->machine, vm->personality);
	if (!vm->partition)
		return false;
	vm->host_bus = host_vmbus_create(vm->partition, vm->personality,
					 own->strictness);
	if (!vm->host_bus)
		return false;
	/* An eager host is one that does everything at once. */
	host_vmbus_latency_set(vm->host_bus,
			       own->machine.schedule != MACHINE_SCHEDULE_EAGER);
	vm->device = host_netvsp_create(vm->host_bus, &own->device, vm->wire);
	return vm->device;
}

static void hyperv_destroy(struct virtual_machine *vm)
{
	if (vm->device)
		host_netvsp_destroy(vm->device);
	if (vm->host_bus)
		host_vmbus_destroy(vm->host_bus);
	if (vm->partition)
		host_partition_destroy(vm->partition);
}

static void hyperv_counters(const struct virtual_machine *vm,
			    struct vmm_counters *counters)
{
	struct host_netvsp_counters host;

	host_netvsp_counters(vm->device, &host);
	counters->tx_frames = host.tx_frames;
	counters->rx_frames = host.rx_frames;
	counters->tx_messages = host.tx_messages;
	counters->rx_drop_queue = host.rx_drop_queue;
	counters->rx_drop_filter = host.rx_drop_filter;
	counters->rx_drop_other = host.rx_drop_state + host.rx_drop_length;
}

static uint32_t hyperv_backlog(const struct virtual_machine *vm)
{
	return host_netvsp_backlog(vm->device);
}

static bool hyperv_is_dead(const struct virtual_machine *vm)
{
	return host_netvsp_is_dead(vm->device);
}

static unsigned hyperv_shown(const struct virtual_machine *vm)
{
	return host_vmbus_gpadls(vm->host_bus);
}

static void hyperv_link_set(struct virtual_machine *vm, bool up)
{
	host_netvsp_link_set(vm->device, up);
}

static void hyperv_speed_set(struct virtual_machine *vm, uint32_t mbps)
{
	host_netvsp_speed_set(vm->device, mbps);
}

static void hyperv_remove(struct virtual_machine *vm)
{
	host_netvsp_remove(vm->device);
}

static void hyperv_insert(struct virtual_machine *vm)
{
	host_netvsp_return(vm->device);
}

static void hyperv_keepalive(struct virtual_machine *vm)
{
	host_netvsp_keepalive(vm->device);
}

static bool hyperv_is_asking(const struct virtual_machine *vm)
{
	return host_netvsp_is_asking(vm->device);
}

static void hyperv_network_change(struct virtual_machine *vm)
{
	host_netvsp_network_change(vm->device);
}

/* ---- What it does wrong ---- */

_Static_assert(HOST_FAULT_COUNT <= VMM_FAULTS_MAX, "each has its number");
_Static_assert(HOST_FAULT_ALWAYS == VMM_FAULT_ALWAYS, "one way to say it");

static void hyperv_fault(unsigned n, struct vmm_fault *fault)
{
	const struct host_fault_description *it = &host_fault_descriptions[n];

	fault->name = it->name;
	fault->layer = host_fault_layer_name(it->layer);
	fault->text = it->text;
	fault->source = it->source;
	fault->changes = it->harm == HOST_FAULT_CHANGES;
}

static void hyperv_faults_arm(struct virtual_machine *vm,
			      const struct vmm_faults *faults)
{
	struct host_faults own;
	unsigned n;

	if (!faults) {
		host_faults_arm(vm->partition, NULL);
		return;
	}
	for (n = 0; n < HOST_FAULT_COUNT; n++)
		*host_fault_field(&own, (enum host_fault)n) = faults->when[n];
	own.odds = faults->odds;
	host_faults_arm(vm->partition, &own);
}

static uint64_t hyperv_fault_fired(const struct virtual_machine *vm, unsigned n)
{
	return host_fault_fired(vm->partition, (enum host_fault)n);
}

static uint64_t hyperv_faults_fired(const struct virtual_machine *vm)
{
	return host_faults_fired(vm->partition);
}

static bool hyperv_faults_changed(const struct virtual_machine *vm)
{
	return host_faults_changed(vm->partition);
}

/* ---- The guest's side ---- */

static void hyperv_wake(void *context)
{
	struct virtual_machine *vm = context;

	vm->bus_woken = true;
}

static int hyperv_step(struct virtual_machine *vm,
		       const struct nic_stack *stack)
{
	const struct vmbus_configuration bus = {
		.version_max = vm->configuration.vmbus_version_max,
		.wake = hyperv_wake,
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
	default:
		vm->nic = netvsc_probe(&vm->bus, &vm->configuration.card, stack,
				       &error);
		return error;
	}
}

static void hyperv_poll(struct virtual_machine *vm)
{
	if (!vm->bus_woken)
		return;
	vm->bus_woken = false;
	vmbus_poll(&vm->bus);
}

/** Note what of the bus's memory the host was never heard to let go of. */
static void hyperv_disconnect(struct virtual_machine *vm)
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

static void hyperv_leave(struct virtual_machine *vm)
{
	hyperv_detach(&vm->hyperv);
}

const struct vmm vmm_hyperv = {
	.name = "hyperv",
	.host_default = "ws2019",
	.host = hyperv_host,
	.protocols = hyperv_protocols,
	.protocol_count = HYPERV_PROTOCOLS,
	.can =
		{
			[VMM_ABILITY_NONE] = {.it_can = true},
			[VMM_ABILITY_SEND_BUFFER] = {.it_can = true},
			[VMM_ABILITY_MTU] =
				{
					.it_can = true,
					.protocol = HYPERV_NVSP,
					.version_min = NVSP_VERSION_2,
					.need = "NDIS_CONFIG to ask for an MTU "
						"over 1500 with",
				},
			[VMM_ABILITY_MAC] = {.it_can = true},
			[VMM_ABILITY_FILTER] = {.it_can = true},
			[VMM_ABILITY_LINK] = {.it_can = true},
			[VMM_ABILITY_REOPEN] = {.it_can = true},
			[VMM_ABILITY_REMOVAL] = {.it_can = true},
			[VMM_ABILITY_KEEPALIVE] = {.it_can = true},
			[VMM_ABILITY_NETWORK_CHANGE] = {.it_can = true},
			[VMM_ABILITY_RNDIS_RESET] = {.it_can = true},
		},
	.fault_count = HOST_FAULT_COUNT,
	.fault = hyperv_fault,
	.create = hyperv_create,
	.destroy = hyperv_destroy,
	.counters = hyperv_counters,
	.backlog = hyperv_backlog,
	.is_dead = hyperv_is_dead,
	.shown = hyperv_shown,
	.link_set = hyperv_link_set,
	.speed_set = hyperv_speed_set,
	.remove = hyperv_remove,
	.insert = hyperv_insert,
	.keepalive = hyperv_keepalive,
	.is_asking = hyperv_is_asking,
	.network_change = hyperv_network_change,
	.faults_arm = hyperv_faults_arm,
	.fault_fired = hyperv_fault_fired,
	.faults_fired = hyperv_faults_fired,
	.faults_changed = hyperv_faults_changed,
	.step = hyperv_step,
	.poll = hyperv_poll,
	.disconnect = hyperv_disconnect,
	.detach = hyperv_leave,
};
