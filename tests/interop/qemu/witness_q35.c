/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * QEMU's q35: a PC with PCI Express, and a vmxnet3.
 */
#include "tests/interop/qemu/firmware.h"
#include "tests/interop/qemu/witness_internal.h"

/** QEMU's q35 has so much below 4 GiB, when it has more than 2816 MiB. */
#define LOW_BYTES      0x80000000u
#define RAM_BYTES      0xc0000000u
/** Words of messages: below the arena's addresses, and above all of them. */
#define MESSAGES_LOW   0x10000u
#define MESSAGES_HIGH  0x120000000u
#define COMMAND_OFFSET 4u
#define COMMAND_MASTER 4u

static bool q35_create(struct virtual_machine *vm)
{
	struct witness *witness = vm->extra;

	if (vm->configuration.mtu)
		vm->configuration.vmxnet3.mtu = vm->configuration.mtu;
	witness->card = firmware_run(witness->qemu);
	witness_window_add(witness, QEMU_PORTS, FIRMWARE_PORTS,
			   FIRMWARE_PORTS_BYTES, "QEMU's configuration space");
	witness_window_add(witness, QEMU_REGISTERS, FIRMWARE_REGISTERS,
			   FIRMWARE_REGISTERS_BYTES, "QEMU's registers");
	return witness->card;
}

/** As long as the card is a master of the bus. */
static bool q35_is_live(struct witness *witness)
{
	return firmware_read(witness->qemu, witness->card, COMMAND_OFFSET, 2) &
	       COMMAND_MASTER;
}

static int q35_step(struct virtual_machine *vm, const struct nic_stack *stack)
{
	int error = 0;

	switch (vm->stage) {
	case VIRTUAL_MACHINE_OFF:
		return pci_open(&vm->pci, vm->port, NULL);
	case VIRTUAL_MACHINE_ATTACHED:
		return 0;
	default:
		vm->nic = vmxnet3_probe(&vm->pci, 0, &vm->configuration.vmxnet3,
					stack, &error);
		return error;
	}
}

static void q35_detach(struct virtual_machine *vm)
{
	pci_close(&vm->pci);
}

static const char *const q35_arguments[] = {
	"-machine",
	"q35,pit=off,hpet=off,smbus=off,sata=off,i8042=off,"
	"memory-backend=" QEMU_MEMORY,
	"-device",
	"isa-serial,chardev=" QEMU_SERIAL,
	NULL,
};

static const struct witness_board q35 = {
	.arguments = q35_arguments,
	.low_bytes = LOW_BYTES,
	.ram_bytes = RAM_BYTES,
	.create = q35_create,
	.is_live = q35_is_live,
	.step = q35_step,
	.detach = q35_detach,
};

static const struct witness_host hosts[] = {
	{
		.name = "q35",
		.title = "QEMU, MSI-X below 4 GiB",
		.card = "vmxnet3,addr=3",
		.messages = MESSAGES_LOW,
	},
	{
		.name = "q35-high",
		.title = "QEMU, MSI-X above 4 GiB",
		.card = "vmxnet3,addr=3",
		.messages = MESSAGES_HIGH,
	},
	{
		.name = "q35-intx",
		.title = "QEMU, INTx",
		.card = "vmxnet3,addr=3",
	},
	{
		.name = "q35-bridge",
		.title = "QEMU behind a bridge, MSI-X",
		.card = "vmxnet3,bus=b0,addr=2",
		.bus = "pci-bridge,id=b0,chassis_nr=1,addr=5",
		.messages = MESSAGES_LOW,
	},
	{
		.name = "q35-root-port",
		.title = "QEMU behind a root port, INTx",
		.card = "vmxnet3,bus=b0",
		.bus = "pcie-root-port,id=b0,addr=6",
	},
	{
		.name = "q35-tap",
		.title = "QEMU on a TAP",
		.card = "vmxnet3,addr=3",
		.messages = MESSAGES_LOW,
		.tap_queues = 1,
	},
};

bool witness_q35_host(size_t n, struct witness_host *host)
{
	if (n >= sizeof(hosts) / sizeof(hosts[0]))
		return false;
	*host = hosts[n];
	host->board = &q35;
	host->speaks = "vmxnet3 revision 1";
	/* The driver pads what it sends, QEMU what a guest receives. */
	host->tx_frame_bytes_min = WITNESS_FRAME_MIN;
	host->rx_frame_bytes_min = WITNESS_FRAME_MIN;
	return true;
}
