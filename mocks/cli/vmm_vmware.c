/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VMware, and QEMU where it models VMware's card: a PCI bus with one vmxnet3
 * on it, directly or behind a bridge.
 */
#include <stdio.h>
#include <string.h>

#include "mocks/cli/virtual_machine.h"

/** Where the card is plugged in, on bus 0 or behind the bridge there. */
#define VMWARE_CARD_SLOT   3u
#define VMWARE_BRIDGE_SLOT 21u

/** What a queue stops with: a descriptor that is none. */
#define VMWARE_QUEUE_ERROR 0x80000007u

/** Without its checksum. */
#define ETHERNET_BYTES_MIN 60u

/* ---- Revisions ---- */

static const struct vmm_version revisions[] = {
	{1, "1"}, {2, "2"}, {3, "3"}, {4, "4"}, {5, "5"}, {6, "6"}, {7, "7"},
};

static uint32_t *revision_limit(struct virtual_machine_configuration *own)
{
	return &own->vmxnet3.revision_max;
}

static const struct vmm_protocol vmware_protocols[] = {
	{"revision", "revision", revisions,
	 sizeof(revisions) / sizeof(revisions[0]), revision_limit},
};

/* ---- The hosts ---- */

static bool vmware_host(size_t n, struct vmm_host *host)
{
	const struct vmware_personality *it = &vmware_personality_hostile;

	if (n > vmware_personality_count)
		return false;
	if (n < vmware_personality_count)
		it = &vmware_personalities[n];
	host->name = it->name;
	host->title = it->title;
	host->is_hostile = it->is_hostile;
	host->version_max[0] = it->revision_max;
	/* The driver pads what it sends, QEMU what a guest receives. */
	host->tx_frame_bytes_min = ETHERNET_BYTES_MIN;
	host->rx_frame_bytes_min = it->qemu ? ETHERNET_BYTES_MIN : 0;
	snprintf(host->speaks, sizeof(host->speaks), "vmxnet3 revision 1 to %u",
		 it->revision_max);
	return true;
}

/* ---- The host's side ---- */

/** The address that the card has if nobody chose one: VMware's range. */
static const uint8_t vmware_mac[6] = {0x00, 0x50, 0x56, 0x01, 0x02, 0x03};

/** VMware puts its cards behind root ports or bridges. */
static struct host_pci_bus *vmware_bus(struct virtual_machine *vm)
{
	struct host_pci_bus *root = host_pci_root(vm->host_pci);

	switch (vm->configuration.pci_place) {
	case VIRTUAL_MACHINE_PCI_BRIDGE:
		return host_pci_bridge_add(root, VMWARE_BRIDGE_SLOT, 0,
					   HOST_PCI_BRIDGE);
	case VIRTUAL_MACHINE_PCI_ROOT_PORT:
		return host_pci_bridge_add(root, VMWARE_BRIDGE_SLOT, 0,
					   HOST_PCI_ROOT_PORT);
	default:
		return root;
	}
}

static bool vmware_plug(struct virtual_machine *vm)
{
	unsigned slot = VMWARE_CARD_SLOT;

	if (vm->configuration.pci_place == VIRTUAL_MACHINE_PCI_ROOT_PORT)
		slot = 0;
	vm->vmxnet3 =
		host_vmxnet3_create(vm->machine, vm->host_pci_bus, slot,
				    &vm->configuration.host_vmxnet3, vm->wire);
	return vm->vmxnet3;
}

static bool vmware_create(struct virtual_machine *vm)
{
	static const uint8_t none[6];
	struct virtual_machine_configuration *own = &vm->configuration;

	if (memcmp(own->host_vmxnet3.mac, none, sizeof(none)) == 0)
		memcpy(own->host_vmxnet3.mac, vmware_mac, sizeof(vmware_mac));
	if (own->mtu)
		own->vmxnet3.mtu = own->mtu;
	own->host_vmxnet3.personality = vmware_personality_find(vm->host.name);
	vm->host_pci = host_pci_create(vm->machine, NULL);
	if (!vm->host_pci)
		return false;
	vm->host_pci_bus = vmware_bus(vm);
	if (!vm->host_pci_bus || !vmware_plug(vm))
		return false;
	host_pci_firmware(vm->host_pci);
	return true;
}

static void vmware_destroy(struct virtual_machine *vm)
{
	if (vm->vmxnet3)
		host_vmxnet3_destroy(vm->vmxnet3);
	if (vm->host_pci)
		host_pci_destroy(vm->host_pci);
}

static void vmware_counters(const struct virtual_machine *vm,
			    struct vmm_counters *counters)
{
	struct host_vmxnet3_counters host;

	host_vmxnet3_counters(vm->vmxnet3, &host);
	/* A frame that the device threw away it had taken. */
	counters->tx_frames = host.tx_packets + host.tx_refused;
	counters->rx_frames = host.rx_frames;
	counters->tx_messages = host.tx_packets;
	counters->rx_drop_queue = host.rx_drop_queue + host.rx_drop_buffers;
	counters->rx_drop_filter = host.rx_drop_filter;
	counters->rx_drop_other = host.rx_drop_state;
}

static uint32_t vmware_backlog(const struct virtual_machine *vm)
{
	return host_vmxnet3_backlog(vm->vmxnet3);
}

static bool vmware_is_dead(const struct virtual_machine *vm)
{
	return host_vmxnet3_is_dead(vm->vmxnet3);
}

static unsigned vmware_shown(const struct virtual_machine *vm)
{
	return host_vmxnet3_is_active(vm->vmxnet3);
}

static void vmware_link_set(struct virtual_machine *vm, bool up)
{
	host_vmxnet3_link_set(vm->vmxnet3, up);
}

static void vmware_speed_set(struct virtual_machine *vm, uint32_t mbps)
{
	host_vmxnet3_speed_set(vm->vmxnet3, mbps);
}

static void vmware_remove(struct virtual_machine *vm)
{
	host_vmxnet3_remove(vm->vmxnet3);
}

/** Another card of the same kind in the slot of the one pulled out. */
static void vmware_insert(struct virtual_machine *vm)
{
	struct host_vmxnet3_lies lies;

	if (!host_vmxnet3_is_dead(vm->vmxnet3))
		return;
	machine_trace_note(vm->machine, TRACE_NOTE_INSERT);
	lies = *host_vmxnet3_lies_of(vm->vmxnet3);
	host_vmxnet3_destroy(vm->vmxnet3);
	if (!vmware_plug(vm))
		machine_stop(vm->machine, MACHINE_STOPPED,
			     "the simulator is out of memory");
	/* It is the host that lies, whichever its card is. */
	*host_vmxnet3_lies_of(vm->vmxnet3) = lies;
	host_pci_firmware(vm->host_pci);
}

static void vmware_queue_stop(struct virtual_machine *vm, bool receive)
{
	host_vmxnet3_queue_stop(vm->vmxnet3, receive, 0, VMWARE_QUEUE_ERROR);
}

static void vmware_device_change(struct virtual_machine *vm)
{
	host_vmxnet3_device_change(vm->vmxnet3);
}

/* ---- What it does wrong ---- */

_Static_assert(HOST_VMXNET3_FAULTS <= VMM_FAULTS_MAX, "each has its number");
_Static_assert(HOST_VMXNET3_FAULT_ALWAYS == VMM_FAULT_ALWAYS,
	       "one way to say it");

static void vmware_fault(unsigned n, struct vmm_fault *fault)
{
	const struct host_vmxnet3_fault_description *it =
		&host_vmxnet3_fault_descriptions[n];

	fault->name = it->name;
	fault->layer = it->layer;
	fault->text = it->text;
	fault->source = it->source;
	fault->changes = it->changes;
}

static void vmware_faults_arm(struct virtual_machine *vm,
			      const struct vmm_faults *faults)
{
	struct host_vmxnet3_faults own;

	if (faults) {
		memcpy(own.when, faults->when, sizeof(own.when));
		own.odds = faults->odds;
	}
	host_vmxnet3_faults_set(vm->vmxnet3, faults ? &own : NULL);
}

static uint64_t vmware_fault_fired(const struct virtual_machine *vm, unsigned n)
{
	return host_vmxnet3_faults_fired(vm->vmxnet3,
					 (enum host_vmxnet3_fault)n);
}

static uint64_t vmware_faults_fired(const struct virtual_machine *vm)
{
	return host_vmxnet3_lies_of(vm->vmxnet3)->all_fired;
}

static bool vmware_faults_changed(const struct virtual_machine *vm)
{
	return host_vmxnet3_lies_of(vm->vmxnet3)->changed;
}

/* ---- The guest's side ---- */

static int vmware_step(struct virtual_machine *vm,
		       const struct nic_stack *stack)
{
	int error = 0;

	switch (vm->stage) {
	case VIRTUAL_MACHINE_OFF:
		return pci_open(&vm->pci, vm->port, NULL);
	case VIRTUAL_MACHINE_ATTACHED:
		/* Firmware has done what there was to do for the bus. */
		return 0;
	default:
		vm->nic = vmxnet3_probe(&vm->pci, 0, &vm->configuration.vmxnet3,
					stack, &error);
		return error;
	}
}

static void vmware_disconnect(struct virtual_machine *vm)
{
	(void)vm;
}

static void vmware_detach(struct virtual_machine *vm)
{
	pci_close(&vm->pci);
}

const struct vmm vmm_vmware = {
	.name = "vmware",
	.host_default = "esxi-7.0",
	.host = vmware_host,
	.protocols = vmware_protocols,
	.protocol_count = 1,
	.can =
		{
			[VMM_ABILITY_NONE] = {.it_can = true},
			[VMM_ABILITY_DATA_RINGS] = {.it_can = true},
			[VMM_ABILITY_MTU] = {.it_can = true},
			[VMM_ABILITY_MAC] = {.it_can = true},
			[VMM_ABILITY_FILTER] = {.it_can = true},
			[VMM_ABILITY_LINK] = {.it_can = true},
			[VMM_ABILITY_REOPEN] = {.it_can = true},
			[VMM_ABILITY_REMOVAL] = {.it_can = true},
			[VMM_ABILITY_QUEUE_STOP] = {.it_can = true},
			[VMM_ABILITY_DEVICE_CHANGE] = {.it_can = true},
		},
	.fault_count = HOST_VMXNET3_FAULTS,
	.fault = vmware_fault,
	.create = vmware_create,
	.destroy = vmware_destroy,
	.counters = vmware_counters,
	.backlog = vmware_backlog,
	.is_dead = vmware_is_dead,
	.shown = vmware_shown,
	.link_set = vmware_link_set,
	.speed_set = vmware_speed_set,
	.remove = vmware_remove,
	.insert = vmware_insert,
	.queue_stop = vmware_queue_stop,
	.device_change = vmware_device_change,
	.faults_arm = vmware_faults_arm,
	.fault_fired = vmware_fault_fired,
	.faults_fired = vmware_faults_fired,
	.faults_changed = vmware_faults_changed,
	.step = vmware_step,
	.disconnect = vmware_disconnect,
	.detach = vmware_detach,
};
