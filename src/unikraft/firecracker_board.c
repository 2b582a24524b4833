/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Firecracker, and QEMU's microvm: one uk_netdev for each network card of
 * virtio that the command line announces; the keyboard controller, which ends
 * the machine; the boot timer.
 *
 * Announcements come as Unikraft has cut them from the command line, before its
 * `--`. Those that make no sense, and devices of other kinds, hide no others.
 */
#include <string.h>

#include <uk/init.h>
#include <uk/libparam.h>
#include <uk/netdev.h>

#include "port/log.h"
#include "serial/i8042.h"
#include "unikraft/boards.h"
#include "unikraft/machine.h"
#include "unikraft/netdev.h"
#include "unikraft/platform_release.h"
#include "virtio/boot_timer.h"
#include "virtio/virtio_command_line.h"
#include "virtio/virtio_net.h"
#include "virtio/virtio_net_wire.h"

#if CONFIG_LIBVIRTIO_MMIO
#error "Two drivers for the same devices: switch LIBVIRTIO_MMIO off"
#endif

#define DEVICES CONFIG_LIBVMMNET_FIRECRACKER_DEVICES

/** As on the command line, behind "virtio_mmio.device=". */
static char *announced[DEVICES];

UK_LIBPARAM_PARAM_ARR_ALIAS(device, announced, charp, DEVICES,
			    "virtio device: <size>@<base>:<line>[:<id>]");

/** A network card that was there when the bus was probed. */
struct firecracker_card {
	struct virtio_mmio_place place;
	struct uk_netdev *device;
};

static struct firecracker_bus {
	struct port *port;
	struct virtio_net_kept kept;
	unsigned int cards;
	struct firecracker_card card[DEVICES];
	struct i8042 keyboard;
} bus;

/* ---- A card ---- */

static int card_open(void *context, const struct nic_stack *stack,
		     const struct unikraft_netdev_options *options,
		     struct nic **nic)
{
	const struct firecracker_card *card = context;
	const struct virtio_net_configuration configuration = {
		.transmit_queue = CONFIG_LIBVMMNET_FIRECRACKER_TRANSMIT,
		.receive_queue = CONFIG_LIBVMMNET_FIRECRACKER_RECEIVE,
		.queues = options->queues,
		.mtu = options->mtu ? options->mtu
				    : CONFIG_LIBVMMNET_FIRECRACKER_MTU,
		.large_receive = options->wants_large,
		.kept = &bus.kept,
	};
	int error = 0;

	*nic = virtio_net_open(bus.port, &card->place, &configuration, stack,
			       &error);
	return error;
}

static int card_register(const struct virtio_mmio_place *place)
{
	struct firecracker_card *card = &bus.card[bus.cards];
	const struct unikraft_card description = {
		.driver = "virtio-net",
#if RELEASE_PAGING
		/* A buffer is one piece of physical memory. */
		.buffer_alignment = 2048,
#endif
		.open = card_open,
		.context = card,
	};
	int number;

	/*
	 * Firecracker, like a PC's firmware, leaves the local APIC so that it
	 * hands on what the 8259s say; QEMU's microvm does not, and no
	 * interrupt comes, not the timer's either. Where there is none, all do.
	 */
	(void)apic_accept(bus.port);
	card->place = *place;
	number = unikraft_netdev_register(bus.port->allocator, &description);
	if (number < 0)
		return number;
	card->device = uk_netdev_get((unsigned int)number);
	bus.cards++;
	return 0;
}

/* ---- Announcements ---- */

static const char name[] = "virtio_mmio.device=";

static void refuse(void *context, enum virtio_command_line_error why,
		   const char *text, size_t bytes)
{
	(void)context;
	log_warning(bus.port, "virtio: %.*s: %s", (int)bytes, text,
		    virtio_command_line_error_text(why));
}

/** Put together again what Unikraft has cut; to be freed with port_free(). */
static char *announcements(struct port *port)
{
	size_t bytes = 1;
	unsigned int i;
	char *text;

	for (i = 0; i < DEVICES && announced[i]; i++)
		bytes += sizeof(name) + strlen(announced[i]);
	text = port_alloc(port, bytes, "virtio announcements");
	if (!text)
		return NULL;
	bytes = 0;
	for (i = 0; i < DEVICES && announced[i]; i++) {
		size_t length = strlen(announced[i]);

		memcpy(text + bytes, name, sizeof(name) - 1);
		bytes += sizeof(name) - 1;
		memcpy(text + bytes, announced[i], length);
		bytes += length;
		text[bytes++] = ' ';
	}
	return text;
}

/** Whether a network card is there; the device is looked at, not touched. */
static bool is_card(struct port *port, const struct virtio_mmio_place *place)
{
	struct virtio_mmio mmio;
	bool found;

	memset(&mmio, 0, sizeof(mmio));
	if (virtio_mmio_open(&mmio, port, place))
		return false;
	found = mmio.device_id == VIRTIO_NET_DEVICE_ID;
	virtio_mmio_close(&mmio);
	return found;
}

/* ---- The bus ---- */

static void firecracker_leave(void)
{
	unsigned int i;

	for (i = 0; i < bus.cards; i++)
		unikraft_netdev_close(bus.card[i].device);
	bus.cards = 0;
}

static int firecracker_probe(struct port *port)
{
	const struct virtio_command_line_refusals refusals = {
		.refuse = refuse,
	};
	struct virtio_window windows[DEVICES];
	char *text = announcements(port);
	unsigned int count, i;
	int error = 0;

	bus.port = port;
	if (!text)
		return ERROR_NO_MEMORY;
	count = virtio_command_line_parse(text, strlen(text), windows, DEVICES,
					  &refusals);
	port_free(port, text);
	/* Cards that were registered stay: uk_netdev forgets none. */
	for (i = 0; i < count && !error; i++)
		if (is_card(port, &windows[i].place))
			error = card_register(&windows[i].place);
	if (error)
		log_error(port, "virtio: a card is not registered: %s",
			  error_name(error));
	return bus.cards ? 0 : ERROR_NO_DEVICE;
}

const struct board firecracker_board = {
	.name = "firecracker",
	.probe = firecracker_probe,
	.leave = firecracker_leave,
};

/* ---- The exit, and the boot timer ---- */

#if CONFIG_LIBVMMNET_FIRECRACKER_EXIT
static int keyboard_probe(struct port *port)
{
	return i8042_open(&bus.keyboard, port, NULL, NULL);
}

static void keyboard_leave(void)
{
	i8042_close(&bus.keyboard);
	i8042_reset(bus.keyboard.port);
}

const struct board keyboard_board = {
	.name = "i8042",
	.probe = keyboard_probe,
	.leave = keyboard_leave,
};
#endif

#if CONFIG_LIBVMMNET_FIRECRACKER_BOOT_TIMER
static int application_starts(struct uk_init_ctx *context)
{
	(void)context;
	boot_timer_up(bus.port, CONFIG_LIBVMMNET_FIRECRACKER_BOOT_TIMER);
	return 0;
}

uk_late_initcall_prio(application_starts, 0x0, UK_PRIO_LATEST);
#endif
