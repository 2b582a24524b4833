/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands above the driver while a script is played to it: brings the card
 * up, sends the frames that the role takes out of the script, receives, and
 * takes the card down when nothing else moves the script on. What it sees of
 * the card it tells as notes.
 */
#include "mocks/cli/play/driver.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/stack.h"

#define BURST	 32u
/** Segments of a burst received: several buffers a frame. */
#define SEGMENTS 192u
/** Virtual nanoseconds without anything to do: what is left is the end. */
#define QUIET	 UINT64_C(2000000)
/** Between two looks for events that nobody was woken for. */
#define EVENTS	 (QUIET / 2)

struct player_driver {
	struct player *player;
	struct stack stack;
	struct nic *nic;
	uint64_t events_due;
	struct net_packet packets[BURST];
	struct net_segment segments[BURST * PLAYER_PIECES_MAX];
	unsigned first, count;
	struct net_packet received[BURST];
	struct net_segment received_segments[SEGMENTS];
	uint8_t frame[STACK_FRAME_MAX + ETHERNET_VLAN_BYTES];
};

static void driver_note(struct player_driver *driver, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void driver_note(struct player_driver *driver, const char *format, ...)
{
	char text[128];
	const struct trace_event event = {
		.kind = TRACE_NOTE,
		.direction = TRACE_FROM_GUEST,
		.text = text,
	};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	machine_trace(driver->player->vm->machine, &event);
}

/* ---- Transmit ---- */

size_t player_driver_waits_for(const struct player *player)
{
	const struct script *script = player->script;
	size_t n = script_first(script);

	while (n < script_count(script) &&
	       (script_is_done(script, n) ||
		script_direction(script, n) != TRACE_FROM_GUEST))
		n++;
	return n;
}

bool player_driver_can_put(const struct player *player)
{
	const struct player_driver *driver = player->driver;

	return driver->count < BURST && stack_can_put(&driver->stack);
}

void player_driver_put(struct player *player, const struct player_frame *frame)
{
	struct player_driver *driver = player->driver;
	struct net_packet *packet = &driver->packets[driver->count];
	struct net_segment *segments =
		&driver->segments[driver->count * PLAYER_PIECES_MAX];
	char sentence[CLI_ERROR_MAX];

	if (frame->length > driver->stack.transmit_bytes) {
		snprintf(sentence, sizeof(sentence),
			 "%s: a frame of %u bytes is far beyond the MTU",
			 player->path, frame->length);
		player_refuse(player, sentence);
		return;
	}
	packet->first_segment = driver->count * PLAYER_PIECES_MAX;
	if (frame->piece_count)
		stack_put_pieces(&driver->stack, frame->bytes, frame->length,
				 frame->pieces, frame->piece_count, packet,
				 segments);
	else
		stack_put(&driver->stack, frame->bytes, frame->length, packet,
			  segments);
	packet->flags = frame->flags;
	packet->vlan_tag = frame->vlan_tag;
	packet->l3_offset = frame->l3_offset;
	packet->l4_offset = frame->l4_offset;
	packet->segment_bytes = frame->segment_bytes;
	driver->count++;
}

/** @return whether anything was sent */
static bool driver_transmit(struct player_driver *driver)
{
	struct player *player = driver->player;
	unsigned taken;

	if (!driver->count) {
		driver->first = 0;
		player->role->burst(player);
	}
	if (!driver->count)
		return false;
	taken = nic_transmit(driver->nic, 0, driver->packets + driver->first,
			     driver->count, driver->segments);
	driver->first += taken;
	driver->count -= taken;
	return taken > 0;
}

static bool driver_reclaim(struct player_driver *driver)
{
	void *owners[BURST];
	unsigned n, i, total = 0;

	/* All is sent on the first queue. */
	do {
		n = nic_reclaim(driver->nic, 0, owners, BURST);
		for (i = 0; i < n; i++)
			stack_sent(&driver->stack, owners[i]);
		total += n;
	} while (n == BURST);
	return total > 0;
}

/* ---- Receive ---- */

/** Tell of a frame that the driver gave. */
static void driver_frame(struct player_driver *driver,
			 const struct net_packet *packet,
			 const struct net_segment *segments)
{
	struct trace_event event = {
		.kind = TRACE_FRAME,
		.direction = TRACE_TO_GUEST,
	};

	event.bytes =
		stack_assemble(packet, segments, driver->frame, &event.length);
	if (event.bytes)
		machine_trace(driver->player->vm->machine, &event);
	else
		driver_note(driver, "a frame that does not add up");
	stack_received(&driver->stack, segments, packet->segment_count);
}

static bool driver_receive(struct player_driver *driver, unsigned queue)
{
	unsigned n, i;

	n = nic_receive(driver->nic, queue, driver->received, BURST,
			driver->received_segments, SEGMENTS);
	for (i = 0; i < n; i++)
		driver_frame(
			driver, &driver->received[i],
			&driver->received_segments[driver->received[i]
							   .first_segment]);
	return n > 0;
}

/** @return whether the card is gone */
static bool driver_events(struct player_driver *driver)
{
	uint64_t now = port_time(driver->player->vm->port);
	struct nic_link link;
	unsigned events;

	virtual_machine_poll(driver->player->vm);
	if (!driver->stack.events_woken && now < driver->events_due)
		return false;
	driver->stack.events_woken = false;
	driver->events_due = now + EVENTS;
	events = nic_events(driver->nic);
	if (events & NIC_EVENT_LINK) {
		nic_link(driver->nic, &link);
		driver_note(driver, "the link is %s", link.up ? "up" : "down");
	}
	if (events & NIC_EVENT_NETWORK_CHANGED)
		driver_note(driver, "the network changed");
	if (events & NIC_EVENT_RECOVERED)
		driver_note(driver, "the card recovered");
	if (events & NIC_EVENT_REMOVED)
		driver_note(driver, "the card was removed");
	if (events & NIC_EVENT_FAILED)
		driver_note(driver, "the card failed");
	return events & (NIC_EVENT_REMOVED | NIC_EVENT_FAILED);
}

/** Until nothing moves but what taking the card down would. */
static void driver_flow(struct player_driver *driver)
{
	struct player *player = driver->player;
	struct port *port = player->vm->port;
	uint64_t quiet = port_time(port) + QUIET;
	uint64_t moved = player->moved;
	bool is_gone = false;
	unsigned queue;

	while (!is_gone && !player->has_failed && port_time(port) < quiet) {
		driver_transmit(driver);
		driver_reclaim(driver);
		for (queue = 0; queue < driver->nic->information.queues;
		     queue++)
			driver_receive(driver, queue);
		is_gone = driver_events(driver);
		if (moved != player->moved) {
			moved = player->moved;
			quiet = port_time(port) + QUIET;
		}
		port_relax(port, port_time(port) + PLAYER_POLL);
	}
}

/* ---- Up and down ---- */

static bool driver_step(struct player_driver *driver,
			const struct nic_stack *stack, const char *what)
{
	struct virtual_machine *vm = driver->player->vm;
	int error = vm->vmm->step(vm, stack);

	if (error) {
		driver_note(driver, "%s: %s", what, error_name(error));
		return false;
	}
	vm->stage++;
	return true;
}

static bool driver_start(struct player_driver *driver)
{
	unsigned filter = driver->player->filter;
	int error = 0;

	if (filter)
		error = nic_filter_set(driver->nic, filter, NULL, 0);
	if (!error)
		error = nic_start(driver->nic);
	if (error)
		driver_note(driver, "starting the card: %s", error_name(error));
	return !error;
}

/** With a card: started, used, stopped, closed. */
static void driver_use(struct player_driver *driver)
{
	struct virtual_machine *vm = driver->player->vm;

	driver->nic = vm->nic;
	if (driver_start(driver)) {
		driver_note(driver, "the card is started");
		driver_flow(driver);
		nic_stop(driver->nic);
	}
	driver_reclaim(driver);
	nic_close(driver->nic);
	vm->nic = NULL;
	vm->stage = VIRTUAL_MACHINE_CONNECTED;
}

/** What the bus has to say when no card came of it. */
static void driver_idle(struct player_driver *driver)
{
	struct player *player = driver->player;
	struct port *port = player->vm->port;
	uint64_t quiet = port_time(port) + QUIET;

	while (!player->has_failed && port_time(port) < quiet) {
		virtual_machine_poll(player->vm);
		port_relax(port, port_time(port) + PLAYER_POLL);
	}
}

static void driver_run(struct player_driver *driver)
{
	struct nic_stack callbacks = stack_callbacks(&driver->stack);
	struct virtual_machine *vm = driver->player->vm;

	if (!driver_step(driver, &callbacks, "attaching"))
		return;
	if (driver_step(driver, &callbacks, "connecting")) {
		if (driver_step(driver, &callbacks, "opening the card"))
			driver_use(driver);
		driver_idle(driver);
		vm->vmm->disconnect(vm);
	}
	vm->vmm->detach(vm);
	vm->stage = VIRTUAL_MACHINE_OFF;
}

void player_driver(void *argument)
{
	struct player *player = argument;
	struct virtual_machine *vm = player->vm;
	uint32_t mtu = vm->configuration.mtu ? vm->configuration.mtu : 1500;
	struct player_driver *driver = calloc(1, sizeof(*driver));

	player->driver = driver;
	if (!driver ||
	    stack_create(&driver->stack, vm->port,
			 mtu + ETHERNET_HEADER_BYTES + ETHERNET_VLAN_BYTES,
			 vm->configuration.machine.seed, false)) {
		player_refuse(player, "out of memory for a virtual machine");
		return;
	}
	driver->player = player;
	driver_run(driver);
	stack_destroy(&driver->stack);
}

void player_driver_free(struct player *player)
{
	free(player->driver);
	player->driver = NULL;
}
