/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * QEMU's microvm: eight places for virtio devices behind memory mapped
 * registers, one of them taken by a network card, and a serial port.
 */
#include <stdio.h>

#include "tests/interop/qemu/witness_internal.h"
#include "virtio/virtio_command_line.h"
#include "virtio/virtio_wire.h"

/** QEMU's microvm has so much below 4 GiB, when it has more than that. */
#define LOW_BYTES   0xc0000000u
#define RAM_BYTES   0x100000000u
/** Its places, without ACPI; QEMU fills them from the last one on. */
#define PLACES	    8u
#define PLACES_BASE 0xfeb00000u
#define PLACE_BYTES 0x200u
#define PLACES_LINE 5u
#define DEVICE_ID   0x008u
#define STATUS	    0x070u
#define CARD	    "virtio-net-device"
#define CARD_EXTRAS "host_mtu=9000,speed=25000,duplex=full"

static bool microvm_create(struct virtual_machine *vm)
{
	struct witness *witness = vm->extra;
	struct virtual_machine_configuration *own = &vm->configuration;
	unsigned n;

	if (own->mtu)
		own->virtio_net.mtu = own->mtu;
	own->virtio_net.kept = &vm->virtio_kept;
	for (n = 0; n < PLACES && !witness->card; n++)
		if (qemu_read(witness->qemu, QEMU_REGISTERS,
			      PLACES_BASE + n * PLACE_BYTES + DEVICE_ID, 4))
			witness->card = PLACES_BASE + n * PLACE_BYTES;
	witness_window_add(witness, QEMU_REGISTERS, PLACES_BASE,
			   (uint64_t)PLACES * PLACE_BYTES, "QEMU's registers");
	return witness->card;
}

/** As long as the driver says that it is there. */
static bool microvm_is_live(struct witness *witness)
{
	return qemu_read(witness->qemu, QEMU_REGISTERS, witness->card + STATUS,
			 4) &
	       VIRTIO_STATUS_DRIVER_OK;
}

/** The kernel's command line, with all places, also those that are empty. */
static unsigned places_find(struct virtio_window windows[PLACES])
{
	char text[PLACES * 40];
	int bytes = 0;
	unsigned n;

	for (n = 0; n < PLACES; n++)
		bytes += snprintf(text + bytes, sizeof(text) - (size_t)bytes,
				  " virtio_mmio.device=512@0x%x:%u",
				  PLACES_BASE + n * PLACE_BYTES,
				  PLACES_LINE + n);
	return virtio_command_line_parse(text, (size_t)bytes, windows, PLACES,
					 NULL);
}

static int microvm_step(struct virtual_machine *vm,
			const struct nic_stack *stack)
{
	struct virtio_window windows[PLACES];
	int error = ERROR_NO_DEVICE;
	unsigned count, n;

	if (vm->stage < VIRTUAL_MACHINE_CONNECTED)
		return 0;
	count = places_find(windows);
	for (n = 0; n < count && error == ERROR_NO_DEVICE; n++)
		vm->nic = virtio_net_open(vm->port, &windows[n].place,
					  &vm->configuration.virtio_net, stack,
					  &error);
	return error;
}

static void microvm_detach(struct virtual_machine *vm)
{
	virtio_net_kept_free(&vm->virtio_kept);
}

static const char *const microvm_arguments[] = {
	"-machine", "microvm,acpi=off,pit=off,memory-backend=" QEMU_MEMORY,
	"-global",  "virtio-mmio.force-legacy=false",
	"-serial",  "chardev:" QEMU_SERIAL,
	NULL,
};

static const struct witness_board microvm = {
	.arguments = microvm_arguments,
	.low_bytes = LOW_BYTES,
	.ram_bytes = RAM_BYTES,
	.create = microvm_create,
	.is_live = microvm_is_live,
	.step = microvm_step,
	.detach = microvm_detach,
};

/* ---- The hosts ---- */

static const struct {
	const char *name, *property;
} features[] = {
	{"event", "event_idx"},
	{"indirect", "indirect_desc"},
	{"packed", "packed"},
	{"merge", "mrg_rxbuf"},
};

#define FEATURES (sizeof(features) / sizeof(features[0]))

/** All that a frame of a card with these features is called by. */
struct combination {
	char name[64], card[128];
};

static const struct combination *combination_of(unsigned which)
{
	static struct combination combinations[WITNESS_COMBINATIONS];
	struct combination *it = &combinations[which];
	size_t name, card, n;

	name = (size_t)snprintf(it->name, sizeof(it->name), "microvm");
	card = (size_t)snprintf(it->card, sizeof(it->card), CARD);
	for (n = 0; n < FEATURES; n++) {
		bool on = which >> n & 1;

		card += (size_t)snprintf(it->card + card,
					 sizeof(it->card) - card, ",%s=%s",
					 features[n].property,
					 on ? "on" : "off");
		if (on)
			name += (size_t)snprintf(it->name + name,
						 sizeof(it->name) - name, "-%s",
						 features[n].name);
	}
	return it;
}

const char *witness_combination(unsigned which)
{
	return combination_of(which)->name;
}

static const struct witness_host others[] = {
	{
		.name = "microvm-jumbo",
		.title = "QEMU's microvm, MTU 9000 and a speed",
		.card = CARD "," CARD_EXTRAS,
	},
	{
		.name = "microvm-jumbo-packed",
		.title = "QEMU's microvm, packed, MTU 9000 and a speed",
		.card = CARD ",packed=on," CARD_EXTRAS,
	},
	{
		.name = "microvm-tap",
		.title = "QEMU's microvm on a TAP",
		.card = CARD,
		.tap_queues = 1,
	},
	{
		.name = "microvm-tap-packed",
		.title = "QEMU's microvm on a TAP, packed",
		.card = CARD ",packed=on",
		.tap_queues = 1,
	},
	{
		.name = "microvm-tap-queues",
		.title = "QEMU's microvm on a TAP with two pairs of queues",
		.card = CARD ",mq=on",
		.tap_queues = 2,
	},
};

bool witness_microvm_host(size_t n, struct witness_host *host)
{
	if (n < WITNESS_COMBINATIONS) {
		const struct combination *it = combination_of((unsigned)n);

		*host = (struct witness_host){
			.name = it->name,
			.title = "QEMU's microvm with these features",
			.card = it->card,
		};
	} else if (n - WITNESS_COMBINATIONS <
		   sizeof(others) / sizeof(others[0])) {
		*host = others[n - WITNESS_COMBINATIONS];
	} else {
		return false;
	}
	host->board = &microvm;
	host->speaks = "virtio-mmio 2";
	return true;
}
