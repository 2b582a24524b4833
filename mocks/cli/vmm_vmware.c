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

/* ---- The hosts ---- */

static bool vmware_host(size_t n, struct vmm_host *host)
{
	const struct vmware_personality *it = &vmware_personalities[n];

	if (n >= vmware_personality_count)
		return false;
	host->name = it->name;
	host->title = it->title;
	host->is_hostile = false;
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
	counters->tx_frames = host.tx_packets;
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
	if (!host_vmxnet3_is_dead(vm->vmxnet3))
		return;
	host_vmxnet3_destroy(vm->vmxnet3);
	if (!vmware_plug(vm))
		machine_stop(vm->machine, MACHINE_STOPPED,
			     "the simulator is out of memory");
	host_pci_firmware(vm->host_pci);
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
	.step = vmware_step,
	.disconnect = vmware_disconnect,
	.detach = vmware_detach,
};
