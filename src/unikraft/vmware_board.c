/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VMware's network cards, wherever they are on the PCI bus: one uk_netdev for
 * each vmxnet3. Unikraft's own scan finds nothing behind a bridge or a root
 * port, where VMware puts its cards; ours looks there.
 *
 * Not one line is said where there is none.
 */
#include <uk/essentials.h>
#include <uk/netdev.h>

#include "pci/pci.h"
#include "port/log.h"
#include "unikraft/boards.h"
#include "unikraft/machine.h"
#include "unikraft/netdev.h"
#include "unikraft/platform_release.h"
#include "vmware/vmxnet3.h"

/** More than a virtual machine of VMware can have. */
#define VMWARE_CARDS_MAX 16u

/*
 * With page tables a receive buffer that crosses a page may be two pieces of
 * physical memory, and its card uses the longer one only.
 */
#if RELEASE_PAGING
#define VMWARE_BUFFER_ALIGNMENT 2048u
#else
#define VMWARE_BUFFER_ALIGNMENT 64u
#endif

/** Descriptors of a ring, as its device wants them. */
#define VMWARE_RING_ALIGNMENT 32

UK_CTASSERT(CONFIG_LIBVMMNET_VMWARE_TRANSMIT % VMWARE_RING_ALIGNMENT == 0);
UK_CTASSERT(CONFIG_LIBVMMNET_VMWARE_RECEIVE % VMWARE_RING_ALIGNMENT == 0);
UK_CTASSERT(CONFIG_LIBVMMNET_VMWARE_BODY % VMWARE_RING_ALIGNMENT == 0);

/** A card that was there when the bus was probed. */
struct vmware_card {
	struct pci_address at;
	struct uk_netdev *device;
};

static struct vmware_bus {
	struct port *port;
	struct pci pci;
	unsigned int found, cards;
	struct vmware_card card[VMWARE_CARDS_MAX];
} bus;

/* ---- A card ---- */

static int card_open(void *context, const struct nic_stack *stack,
		     const struct unikraft_netdev_options *options,
		     struct nic **nic)
{
	const struct vmware_card *card = context;
	const struct vmxnet3_configuration configuration = {
		.transmit_ring = CONFIG_LIBVMMNET_VMWARE_TRANSMIT,
		.receive_ring = CONFIG_LIBVMMNET_VMWARE_RECEIVE,
		.body_ring = CONFIG_LIBVMMNET_VMWARE_BODY,
		.queues = options->queues,
		.mtu = options->mtu ? options->mtu
				    : CONFIG_LIBVMMNET_VMWARE_MTU,
		.large_receive = options->wants_large,
	};
	int error = 0;

	*nic = vmxnet3_open(&bus.pci, card->at, &configuration, stack, &error);
	return error;
}

static int card_register(struct vmware_card *card)
{
	const struct unikraft_card description = {
		.driver = "vmxnet3",
		.buffer_alignment = VMWARE_BUFFER_ALIGNMENT,
		.open = card_open,
		.context = card,
	};
	int number;

	number = unikraft_netdev_register(bus.port->allocator, &description);
	if (number < 0)
		return number;
	card->device = uk_netdev_get((unsigned int)number);
	bus.cards++;
	return 0;
}

/* ---- The bus ---- */

static bool note_card(void *context, const struct pci_function *function)
{
	(void)context;
	if (function->vendor == VMXNET3_VENDOR &&
	    function->device == VMXNET3_DEVICE)
		bus.card[bus.found++].at = function->address;
	return bus.found < VMWARE_CARDS_MAX;
}

static void vmware_leave(void)
{
	unsigned int i;

	for (i = 0; i < bus.cards; i++)
		unikraft_netdev_close(bus.card[i].device);
	bus.cards = 0;
	pci_close(&bus.pci);
}

static int vmware_probe(struct port *port)
{
	int error;

	bus.port = port;
	error = pci_open(&bus.pci, port, NULL);
	if (error)
		return error;
	pci_scan(&bus.pci, note_card, NULL);
	if (!bus.found) {
		pci_close(&bus.pci);
		return ERROR_NO_DEVICE;
	}
	/* Cards that were registered stay: uk_netdev forgets none. */
	while (bus.cards < bus.found && !error)
		error = card_register(&bus.card[bus.cards]);
	if (error)
		log_error(port, "vmware: a card is not registered: %s",
			  error_name(error));
	return 0;
}

const struct board vmware_board = {
	.name = "vmware",
	.probe = vmware_probe,
	.leave = vmware_leave,
};
