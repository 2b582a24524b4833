/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between a machine of the simulator and a process of QEMU.
 *
 * Each access of the guest to a register goes to QEMU and is answered there.
 * What QEMU does by itself is looked for after each access and at each look:
 * words that messages were written to, lines that rose, frames that came. So an
 * interrupt that was sent before its vector was masked is known before the
 * guest knows that it is masked, as on a real bus.
 */
#include "tests/interop/qemu/witness_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "serial/uart8250.h"

#define HIGH_FIRST	0x100000000u
#define MESSAGE_VECTORS 256u
#define MESSAGES_BYTES	(4u * MESSAGE_VECTORS * MACHINE_CPUS_MAX)
/** Real time that QEMU is given by a guest that does nothing. */
#define PATIENCE_US	200u
/** Calls of the border between two looks of a guest that does something. */
#define BUSY_CALLS	200u
/** Frames that the guest has not seen yet. */
#define OUTGOING_WINDOW 16u
#define SERIAL_PORTS	8u
#define ARGUMENTS_MAX	16u

const uint8_t witness_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
const char *witness_tap;
char witness_reason[QEMU_REASON_MAX];
struct witness_traffic witness_traffic;

struct qemu *witness_qemu(const struct virtual_machine *vm)
{
	const struct witness *witness = vm->extra;

	return witness->qemu;
}

void witness_lost(struct virtual_machine *vm, int sent, int handed)
{
	struct witness *witness = vm->extra;

	witness->counters.tx_frames += (uint64_t)(int64_t)sent;
	witness->counters.rx_frames -= (uint64_t)(int64_t)handed;
}

/* ---- The hosts ---- */

/** The vmxnet3's first. @return false: beyond */
static bool hosts_get(size_t n, struct witness_host *host)
{
	size_t before = 0;

	if (witness_q35_host(n, host))
		return true;
	while (witness_q35_host(before, host))
		before++;
	return witness_microvm_host(n - before, host);
}

static bool witness_host(size_t n, struct vmm_host *host)
{
	struct witness_host it;

	if (!hosts_get(n, &it))
		return false;
	*host = (struct vmm_host){
		.name = it.name,
		.title = it.title,
		.tx_frame_bytes_min = it.tx_frame_bytes_min,
		.rx_frame_bytes_min = it.rx_frame_bytes_min,
	};
	snprintf(host->speaks, sizeof(host->speaks), "%s", it.speaks);
	return true;
}

static void host_find(const char *name, struct witness_host *host)
{
	size_t n = 0;

	/* Whoever made the machine found it by this name. */
	while (hosts_get(n, host) && strcmp(host->name, name) != 0)
		n++;
}

/* ---- What QEMU did ---- */

static void take_messages(struct witness *witness)
{
	unsigned n;

	for (n = 0; witness->messages && n < MESSAGES_BYTES / 4; n++) {
		if (!__atomic_load_n(&witness->messages[n], __ATOMIC_RELAXED))
			continue;
		__atomic_store_n(&witness->messages[n], 0, __ATOMIC_SEQ_CST);
		witness_traffic.messages++;
		machine_interrupt(witness->vm->machine, n / MESSAGE_VECTORS,
				  (uint8_t)n);
	}
}

/** @return whether any came */
static bool take_frames(struct witness *witness)
{
	struct wire_frame frame = {.data = witness->frame};
	unsigned count = 0;

	while ((frame.length = (uint32_t)qemu_wire_receive(
			witness->qemu, witness->frame, QEMU_FRAME_MAX))) {
		witness->counters.tx_frames++;
		witness->counters.tx_messages++;
		witness_traffic.sent_frames++;
		witness_traffic.sent_bytes += frame.length;
		count++;
		wire_transmit(witness->vm->wire, &frame);
	}
	/* The card may have said long ago that they are sent. */
	witness->vm->bus_woken |= count > 0;
	return count;
}

static void line_changed(void *context, unsigned line, bool asserted)
{
	struct witness *witness = context;

	if (asserted)
		witness_traffic.lines++;
	witness->lines[line].line = line;
	if (witness->vm->machine)
		machine_line_set(witness->vm->machine, &witness->lines[line],
				 asserted);
}

/** Frames that the guest has seen, or the device had to drop. */
static uint64_t frames_arrived(const struct witness *witness)
{
	struct nic_statistics guest = {0};

	/* As it is closed it is there, and its memory is not. */
	if (witness->vm->nic && !witness->vm->has_final)
		nic_statistics(witness->vm->nic, &guest);
	return guest.rx_frames + guest.rx_drop_no_buffer +
	       guest.rx_drop_malformed + guest.rx_drop_length +
	       guest.rx_drop_error + guest.rx_drop_stopped;
}

/**
 * Hand frames on. A device that has no buffer drops, so it is given no more
 * than the guest can have buffers for. @return whether any went
 */
static bool give_frames(struct witness *witness)
{
	uint64_t arrived = frames_arrived(witness);
	struct witness_outgoing *first;
	unsigned count = 0;

	while (witness->outgoing_count &&
	       witness->counters.rx_frames - witness->handed_before <
		       arrived + OUTGOING_WINDOW) {
		first = &witness->outgoing[witness->outgoing_first];
		if (!qemu_wire_send(witness->qemu, first->data, first->length))
			break;
		witness->counters.rx_frames++;
		witness_traffic.received_frames++;
		witness_traffic.received_bytes += first->length;
		free(first->data);
		witness->outgoing_first =
			(witness->outgoing_first + 1) % WITNESS_OUTGOING;
		witness->outgoing_count--;
		count++;
	}
	return count;
}

static bool take_all(struct witness *witness)
{
	uint64_t before = witness_traffic.messages + witness_traffic.lines;
	bool any;

	qemu_lines(witness->qemu);
	take_messages(witness);
	any = take_frames(witness);
	any |= give_frames(witness);
	return any ||
	       witness_traffic.messages + witness_traffic.lines != before;
}

static void witness_look(void *argument)
{
	struct witness *witness = argument;
	struct machine *machine = witness->vm->machine;
	struct machine_counters counters;
	bool busy;

	machine_counters(machine, &counters);
	busy = counters.border_calls - witness->calls > BUSY_CALLS;
	witness->calls = counters.border_calls;
	if (!take_all(witness) && !busy) {
		qemu_wait(witness->qemu, PATIENCE_US);
		take_all(witness);
	}
	machine_event_schedule(machine, &witness->look, WITNESS_PERIOD);
}

/* ---- What the guest does ---- */

static uint64_t window_read(void *context, uint64_t offset, unsigned width)
{
	struct witness_window *window = context;
	uint64_t value = qemu_read(window->witness->qemu, window->space,
				   window->region.base + offset, width);

	take_messages(window->witness);
	return value;
}

static void window_write(void *context, uint64_t offset, uint64_t value,
			 unsigned width)
{
	struct witness_window *window = context;

	qemu_write(window->witness->qemu, window->space,
		   window->region.base + offset, value, width);
	take_messages(window->witness);
}

void witness_window_add(struct witness *witness, enum qemu_space space,
			uint64_t base, uint64_t bytes, const char *name)
{
	struct witness_window *window =
		&witness->windows[witness->window_count++];

	window->witness = witness;
	window->space = space;
	window->region = (struct machine_region){
		.base = base,
		.bytes = bytes,
		.name = name,
		.context = window,
		.read = window_read,
		.write = window_write,
	};
	if (space == QEMU_PORTS)
		machine_port_region_add(witness->vm->machine, &window->region);
	else
		machine_mmio_region_add(witness->vm->machine, &window->region);
}

/** The other end of the wire has a frame for the guest. */
static bool wire_received(void *card, const struct wire_frame *frame)
{
	struct witness *witness = card;
	struct witness_outgoing *place;

	if (witness->outgoing_count == WITNESS_OUTGOING)
		return false;
	place = &witness->outgoing[(witness->outgoing_first +
				    witness->outgoing_count) %
				   WITNESS_OUTGOING];
	place->data = malloc(frame->length);
	if (!place->data)
		return false;
	memcpy(place->data, frame->data, frame->length);
	place->length = frame->length;
	witness->outgoing_count++;
	give_frames(witness);
	return true;
}

/* ---- Life ---- */

/** Start the QEMU of a host. */
static struct qemu *host_start(struct witness *witness)
{
	const struct witness_host *host = &witness->host;
	const char *arguments[ARGUMENTS_MAX] = {NULL};
	char card[256];
	struct qemu_configuration configuration = {
		.arguments = arguments,
		.ram_bytes = host->board->ram_bytes,
		.tap = host->tap_queues ? witness_tap : NULL,
		.tap_queues = host->tap_queues,
		.line = line_changed,
		.context = witness,
	};
	unsigned n = 0;

	while (host->board->arguments[n]) {
		arguments[n] = host->board->arguments[n];
		n++;
	}
	/* A bus comes before what is on it. */
	if (host->bus) {
		arguments[n++] = "-device";
		arguments[n++] = host->bus;
	}
	snprintf(card, sizeof(card),
		 "%s,netdev=" QEMU_NETWORK ",mac=52:54:00:12:34:56",
		 host->card);
	arguments[n++] = "-device";
	arguments[n++] = card;
	return qemu_start(&configuration, witness_reason);
}

/** Start QEMU, and tell the machine where its memory is. */
static bool witness_prepare(struct virtual_machine *vm)
{
	struct machine_configuration *machine = &vm->configuration.machine;
	struct witness *witness = calloc(1, sizeof(*witness));

	memset(&witness_traffic, 0, sizeof(witness_traffic));
	witness_reason[0] = '\0';
	vm->extra = witness;
	if (!witness)
		return false;
	witness->vm = vm;
	host_find(vm->host.name, &witness->host);
	witness->qemu = host_start(witness);
	if (!witness->qemu)
		return false;
	witness->ram_file.descriptor = qemu_memory(witness->qemu);
	witness->ram_file.low_bytes = witness->host.board->low_bytes;
	machine->ram_file = &witness->ram_file;
	machine->message_words = witness->host.messages;
	machine->no_messages = !witness->host.messages;
	return true;
}

/** Where messages are written. */
static bool messages_map(struct witness *witness)
{
	uint64_t place = witness->vm->configuration.machine.message_words;
	void *words;

	if (!place)
		return true;
	if (place >= HIGH_FIRST)
		place -= HIGH_FIRST - witness->ram_file.low_bytes;
	words = mmap(NULL, MESSAGES_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		     witness->ram_file.descriptor, (off_t)place);
	if (words == MAP_FAILED)
		return false;
	witness->messages = words;
	return true;
}

static bool witness_create(struct virtual_machine *vm)
{
	struct witness *witness = vm->extra;

	if (!messages_map(witness) || !witness->host.board->create(vm) ||
	    qemu_failure(witness->qemu)[0])
		return false;
	witness_window_add(witness, QEMU_PORTS, UART8250_COM1, SERIAL_PORTS,
			   "QEMU's serial port");
	wire_attach(vm->wire, wire_received, witness);
	witness->look.fire = witness_look;
	witness->look.argument = witness;
	machine_event_schedule(vm->machine, &witness->look, WITNESS_PERIOD);
	return true;
}

static void outgoing_free(struct witness *witness)
{
	for (; witness->outgoing_count; witness->outgoing_count--) {
		free(witness->outgoing[witness->outgoing_first].data);
		witness->outgoing_first =
			(witness->outgoing_first + 1) % WITNESS_OUTGOING;
	}
}

static void witness_destroy(struct virtual_machine *vm)
{
	struct witness *witness = vm->extra;

	if (!witness)
		return;
	if (witness->look.scheduled)
		machine_event_cancel(vm->machine, &witness->look);
	if (witness->qemu) {
		witness_traffic.accesses = qemu_accesses(witness->qemu);
		qemu_stop(witness->qemu, witness_reason);
	}
	if (witness->messages)
		munmap(witness->messages, MESSAGES_BYTES);
	outgoing_free(witness);
	free(witness);
}

static void witness_counters(const struct virtual_machine *vm,
			     struct vmm_counters *counters)
{
	struct witness *witness = vm->extra;

	/* What the device said that it has sent is in the socket. */
	take_frames(witness);
	*counters = witness->counters;
}

static uint32_t witness_backlog(const struct virtual_machine *vm)
{
	const struct witness *witness = vm->extra;

	return witness->outgoing_count;
}

static bool witness_is_dead(const struct virtual_machine *vm)
{
	const struct witness *witness = vm->extra;

	return qemu_failure(witness->qemu)[0];
}

/** Everything, or nothing. */
static unsigned witness_shown(const struct virtual_machine *vm)
{
	struct witness *witness = vm->extra;

	return witness->host.board->is_live(witness) && !witness_is_dead(vm);
}

static void witness_link_set(struct virtual_machine *vm, bool up)
{
	struct witness *witness = vm->extra;

	qemu_link_set(witness->qemu, up);
	take_all(witness);
}

/** QEMU has no speed to set. */
static void witness_speed_set(struct virtual_machine *vm, uint32_t mbps)
{
	(void)vm;
	(void)mbps;
}

/** The host is gone, and its card with it. */
static void witness_remove(struct virtual_machine *vm)
{
	struct witness *witness = vm->extra;

	qemu_kill(witness->qemu);
}

/** There is no second one. */
static void witness_insert(struct virtual_machine *vm)
{
	(void)vm;
}

/* ---- The guest's side ---- */

static int witness_step(struct virtual_machine *vm,
			const struct nic_stack *stack)
{
	struct witness *witness = vm->extra;

	if (vm->stage == VIRTUAL_MACHINE_CONNECTED) {
		take_frames(witness);
		witness->handed_before = witness->counters.rx_frames;
	}
	return witness->host.board->step(vm, stack);
}

/** Whoever waited for frames to come out has been woken. */
static void witness_poll(struct virtual_machine *vm)
{
	vm->bus_woken = false;
}

static void witness_disconnect(struct virtual_machine *vm)
{
	(void)vm;
}

static void witness_detach(struct virtual_machine *vm)
{
	struct witness *witness = vm->extra;

	witness->host.board->detach(vm);
}

const struct vmm witness_vmm = {
	.name = WITNESS_VMM,
	.host_default = "q35",
	.host = witness_host,
	.prepare = witness_prepare,
	.create = witness_create,
	.destroy = witness_destroy,
	.counters = witness_counters,
	.backlog = witness_backlog,
	.is_dead = witness_is_dead,
	.shown = witness_shown,
	.link_set = witness_link_set,
	.speed_set = witness_speed_set,
	.remove = witness_remove,
	.insert = witness_insert,
	.step = witness_step,
	.poll = witness_poll,
	.disconnect = witness_disconnect,
	.detach = witness_detach,
};
