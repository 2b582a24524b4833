/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hyper-V: attach, connect VMBus, and one uk_netdev for each network card that
 * the host offers. What is connected here stays connected until the unikernel
 * ends; a card is opened and closed by its uk_netdev.
 *
 * Not one line is said where there is no Hyper-V.
 */
#include <string.h>

#include <uk/netdev.h>

#include "hyperv/hyperv.h"
#include "hyperv/netvsc.h"
#include "hyperv/vmbus.h"
#include "port/log.h"
#include "unikraft/boards.h"
#include "unikraft/machine.h"
#include "unikraft/netdev.h"

#define KIB 1024u

/** A network card that was offered when the bus was probed. */
struct hyperv_card {
	struct guid instance;
	struct uk_netdev *device;
};

static struct hyperv_bus {
	struct port *port;
	struct hyperv hyperv;
	struct vmbus vmbus;
	/** Cards that are registered; an interrupt walks them. */
	volatile unsigned int cards;
	struct hyperv_card card[VMBUS_CHANNELS_MAX];
} bus;

/* ---- Channels of cards ---- */

/** Claim every network card's channel that is offered and not in use. */
static unsigned int
claim_all(struct vmbus_channel *channels[VMBUS_CHANNELS_MAX])
{
	unsigned int n = 0;

	while (n < VMBUS_CHANNELS_MAX) {
		channels[n] = vmbus_claim(&bus.vmbus, &netvsc_interface);
		if (!channels[n])
			break;
		n++;
	}
	return n;
}

/**
 * Claim the channel of a card by the name of its instance, which it keeps when
 * the host takes it away and offers it again.
 */
static struct vmbus_channel *claim(const struct guid *instance)
{
	struct vmbus_channel *channels[VMBUS_CHANNELS_MAX];
	struct vmbus_channel *wanted = NULL;
	unsigned int n = claim_all(channels);

	while (n-- > 0) {
		if (!wanted && memcmp(&channels[n]->instance, instance,
				      sizeof(*instance)) == 0)
			wanted = channels[n];
		else
			vmbus_release(channels[n]);
	}
	return wanted;
}

/* ---- A card ---- */

static int card_open(void *context, const struct nic_stack *stack,
		     const struct unikraft_netdev_options *options,
		     struct nic **nic)
{
	const struct hyperv_card *card = context;
	const struct netvsc_configuration configuration = {
		.receive_buffer_bytes =
			CONFIG_LIBVMMNET_HYPERV_RECEIVE_KIB * KIB,
		.send_buffer_bytes = CONFIG_LIBVMMNET_HYPERV_SEND_KIB * KIB,
		.no_send_buffer = CONFIG_LIBVMMNET_HYPERV_SEND_KIB == 0,
		.send_ring_bytes = CONFIG_LIBVMMNET_HYPERV_RING_KIB * KIB,
		.receive_ring_bytes = CONFIG_LIBVMMNET_HYPERV_RING_KIB * KIB,
		.transmit_depth = CONFIG_LIBVMMNET_HYPERV_DEPTH,
		.mtu = options->mtu ? options->mtu
				    : CONFIG_LIBVMMNET_HYPERV_MTU,
	};
	struct vmbus_channel *channel = claim(&card->instance);
	int error = ERROR_NO_DEVICE;

	if (!channel)
		return error;
	*nic = netvsc_open(&bus.vmbus, channel, &configuration, stack, &error);
	return error;
}

static void card_poll(void *context)
{
	(void)context;
	vmbus_poll(&bus.vmbus);
}

static int card_register(const struct guid *instance)
{
	struct hyperv_card *card = &bus.card[bus.cards];
	const struct unikraft_card description = {
		.driver = "netvsc",
		.open = card_open,
		.poll = card_poll,
		.context = card,
	};
	int number;

	card->instance = *instance;
	number = unikraft_netdev_register(bus.port->allocator, &description);
	if (number < 0)
		return number;
	card->device = uk_netdev_get((unsigned int)number);
	bus.cards++;
	return 0;
}

static int cards_register(void)
{
	struct vmbus_channel *channels[VMBUS_CHANNELS_MAX];
	struct guid instances[VMBUS_CHANNELS_MAX];
	unsigned int n = claim_all(channels);
	unsigned int i;
	int error = 0;

	for (i = 0; i < n; i++)
		instances[i] = channels[i]->instance;
	for (i = n; i-- > 0;)
		vmbus_release(channels[i]);
	for (i = 0; i < n && !error; i++)
		error = card_register(&instances[i]);
	return error;
}

/* ---- The bus ---- */

/** Messages wait: any card's device has them read. Interrupt context. */
static void messages_wait(void *context)
{
	unsigned int i;

	(void)context;
	for (i = 0; i < bus.cards; i++)
		unikraft_netdev_poke(bus.card[i].device);
}

static void hyperv_leave(void)
{
	unsigned int i;

	for (i = 0; i < bus.cards; i++)
		unikraft_netdev_close(bus.card[i].device);
	bus.cards = 0;
	vmbus_disconnect(&bus.vmbus);
	hyperv_detach(&bus.hyperv);
}

static int hyperv_probe(struct port *port)
{
	const struct vmbus_configuration configuration = {
		.wake = messages_wait,
	};
	int error;

	bus.port = port;
	error = hyperv_attach(&bus.hyperv, port);
	if (error)
		return error;
	error = vmbus_connect(&bus.vmbus, &bus.hyperv, &configuration);
	if (error) {
		hyperv_detach(&bus.hyperv);
		return error;
	}
	log_info(port, "hyperv: VMBus %u.%u", vmbus_version(&bus.vmbus) >> 16,
		 vmbus_version(&bus.vmbus) & 0xffff);
	/* Cards that were registered stay: uk_netdev forgets none. */
	error = cards_register();
	if (error)
		log_error(port, "hyperv: a card is not registered: %s",
			  error_name(error));
	return 0;
}

const struct board hyperv_board = {
	.name = "hyperv",
	.probe = hyperv_probe,
	.leave = hyperv_leave,
};
