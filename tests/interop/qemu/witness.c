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
#include "tests/interop/qemu/witness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/interop/qemu/firmware.h"

/** QEMU's q35 has so much below 4 GiB, when it has more than 2816 MiB. */
#define LOW_BYTES	0x80000000u
#define RAM_BYTES	0xc0000000u
#define HIGH_FIRST	0x100000000u
/** Words of messages: below the arena's addresses, and above all of them. */
#define MESSAGES_LOW	0x10000u
#define MESSAGES_HIGH	0x120000000u
#define MESSAGE_VECTORS 256u
#define MESSAGES_BYTES	(4u * MESSAGE_VECTORS * MACHINE_CPUS_MAX)
/** Real time that QEMU is given by a guest that does nothing. */
#define PATIENCE_US	200u
/** Calls of the border between two looks of a guest that does something. */
#define BUSY_CALLS	200u
/** Frames that wait for the socket; and that the guest has not seen yet. */
#define OUTGOING_MAX	1024u
#define OUTGOING_WINDOW 16u
#define COMMAND_OFFSET	4u
#define COMMAND_MASTER	4u

const uint8_t witness_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
const char *witness_tap;
char witness_reason[QEMU_REASON_MAX];
struct witness_traffic witness_traffic;

struct outgoing {
	uint8_t *data;
	uint32_t length;
};

struct witness {
	struct virtual_machine *vm;
	struct qemu *qemu;
	struct machine_ram_file ram_file;
	uint32_t *messages;
	uint32_t card;
	struct machine_region ports, registers;
	struct machine_line_source lines[QEMU_LINES];
	struct machine_event look;
	/** Of the last look: calls through the border until then. */
	uint64_t calls;
	struct outgoing outgoing[OUTGOING_MAX];
	unsigned outgoing_first, outgoing_count;
	struct vmm_counters counters;
	/** Frames handed to the device before the guest opened the card. */
	uint64_t handed_before;
	uint8_t frame[QEMU_FRAME_MAX];
};

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

static const struct witness_host {
	const char *name, *title;
	/** With the device's own options left open at the end. */
	const char *devices[3];
	uint64_t messages;
} witness_hosts[] = {
	{"q35", "QEMU, MSI-X below 4 GiB", {"vmxnet3,addr=3"}, MESSAGES_LOW},
	{"q35-high",
	 "QEMU, MSI-X above 4 GiB",
	 {"vmxnet3,addr=3"},
	 MESSAGES_HIGH},
	{"q35-intx", "QEMU, INTx", {"vmxnet3,addr=3"}, 0},
	{"q35-bridge",
	 "QEMU behind a bridge, MSI-X",
	 {"vmxnet3,bus=b0,addr=2", "pci-bridge,id=b0,chassis_nr=1,addr=5"},
	 MESSAGES_LOW},
	{"q35-root-port",
	 "QEMU behind a root port, INTx",
	 {"vmxnet3,bus=b0", "pcie-root-port,id=b0,addr=6"},
	 0},
	{"q35-tap", "QEMU on a TAP", {"vmxnet3,addr=3"}, MESSAGES_LOW},
};

#define HOSTS (sizeof(witness_hosts) / sizeof(witness_hosts[0]))

static bool witness_host(size_t n, struct vmm_host *host)
{
	if (n >= HOSTS)
		return false;
	*host = (struct vmm_host){
		.name = witness_hosts[n].name,
		.title = witness_hosts[n].title,
		.speaks = "vmxnet3 revision 1",
		/* The driver pads what it sends, QEMU what a guest receives. */
		.tx_frame_bytes_min = WITNESS_FRAME_MIN,
		.rx_frame_bytes_min = WITNESS_FRAME_MIN,
	};
	return true;
}

static const struct witness_host *witness_host_of(struct virtual_machine *vm)
{
	size_t n;

	for (n = 0; n < HOSTS - 1; n++)
		if (strcmp(vm->host.name, witness_hosts[n].name) == 0)
			break;
	return &witness_hosts[n];
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
	struct outgoing *first;
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
			(witness->outgoing_first + 1) % OUTGOING_MAX;
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

static uint64_t ports_read(void *context, uint64_t offset, unsigned width)
{
	struct witness *witness = context;

	return qemu_read(witness->qemu, QEMU_PORTS, FIRMWARE_PORTS + offset,
			 width);
}

static void ports_write(void *context, uint64_t offset, uint64_t value,
			unsigned width)
{
	struct witness *witness = context;

	qemu_write(witness->qemu, QEMU_PORTS, FIRMWARE_PORTS + offset, value,
		   width);
	take_messages(witness);
}

static uint64_t registers_read(void *context, uint64_t offset, unsigned width)
{
	struct witness *witness = context;
	uint64_t value = qemu_read(witness->qemu, QEMU_REGISTERS,
				   FIRMWARE_REGISTERS + offset, width);

	take_messages(witness);
	return value;
}

static void registers_write(void *context, uint64_t offset, uint64_t value,
			    unsigned width)
{
	struct witness *witness = context;

	qemu_write(witness->qemu, QEMU_REGISTERS, FIRMWARE_REGISTERS + offset,
		   value, width);
	take_messages(witness);
}

/** The other end of the wire has a frame for the guest. */
static bool wire_received(void *card, const struct wire_frame *frame)
{
	struct witness *witness = card;
	struct outgoing *place;

	if (witness->outgoing_count == OUTGOING_MAX)
		return false;
	place = &witness->outgoing[(witness->outgoing_first +
				    witness->outgoing_count) %
				   OUTGOING_MAX];
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

/** Start QEMU, and tell the machine where its memory is. */
static bool witness_prepare(struct virtual_machine *vm)
{
	const struct witness_host *host = witness_host_of(vm);
	char card[128];
	const char *arguments[] = {
		"-machine",
		"q35,pit=off,hpet=off,smbus=off,sata=off,i8042=off,"
		"memory-backend=" QEMU_MEMORY,
		"-device",
		card,
		NULL,
		NULL,
		NULL,
	};
	struct machine_configuration *machine = &vm->configuration.machine;
	struct witness *witness = calloc(1, sizeof(*witness));
	struct qemu_configuration configuration = {
		.arguments = arguments,
		.ram_bytes = RAM_BYTES,
		.line = line_changed,
		.context = witness,
	};

	memset(&witness_traffic, 0, sizeof(witness_traffic));
	witness_reason[0] = '\0';
	vm->extra = witness;
	if (!witness)
		return false;
	witness->vm = vm;
	snprintf(card, sizeof(card),
		 "%s,netdev=" QEMU_NETWORK ",mac=52:54:00:12:34:56",
		 host->devices[0]);
	if (host->devices[1]) {
		/* A bus comes before what is on it. */
		arguments[3] = host->devices[1];
		arguments[4] = "-device";
		arguments[5] = card;
	}
	if (strcmp(host->name, "q35-tap") == 0)
		configuration.tap = witness_tap;
	witness->qemu = qemu_start(&configuration, witness_reason);
	if (!witness->qemu)
		return false;
	witness->ram_file.descriptor = qemu_memory(witness->qemu);
	witness->ram_file.low_bytes = LOW_BYTES;
	machine->ram_file = &witness->ram_file;
	machine->message_words = host->messages;
	machine->no_messages = !host->messages;
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
		place -= HIGH_FIRST - LOW_BYTES;
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

	if (vm->configuration.mtu)
		vm->configuration.vmxnet3.mtu = vm->configuration.mtu;
	if (!messages_map(witness))
		return false;
	witness->card = firmware_run(witness->qemu);
	if (!witness->card || qemu_failure(witness->qemu)[0])
		return false;
	witness->ports = (struct machine_region){
		.base = FIRMWARE_PORTS,
		.bytes = FIRMWARE_PORTS_BYTES,
		.name = "QEMU's configuration space",
		.context = witness,
		.read = ports_read,
		.write = ports_write,
	};
	machine_port_region_add(vm->machine, &witness->ports);
	witness->registers = (struct machine_region){
		.base = FIRMWARE_REGISTERS,
		.bytes = FIRMWARE_REGISTERS_BYTES,
		.name = "QEMU's registers",
		.context = witness,
		.read = registers_read,
		.write = registers_write,
	};
	machine_mmio_region_add(vm->machine, &witness->registers);
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
			(witness->outgoing_first + 1) % OUTGOING_MAX;
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

/** Everything, as long as the card is a master of the bus. */
static unsigned witness_shown(const struct virtual_machine *vm)
{
	const struct witness *witness = vm->extra;

	return firmware_read(witness->qemu, witness->card, COMMAND_OFFSET, 2) &
		       COMMAND_MASTER &&
	       !witness_is_dead(vm);
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
	int error = 0;

	switch (vm->stage) {
	case VIRTUAL_MACHINE_OFF:
		return pci_open(&vm->pci, vm->port, NULL);
	case VIRTUAL_MACHINE_ATTACHED:
		return 0;
	default:
		take_frames(witness);
		witness->handed_before = witness->counters.rx_frames;
		vm->nic = vmxnet3_probe(&vm->pci, 0, &vm->configuration.vmxnet3,
					stack, &error);
		return error;
	}
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
	pci_close(&vm->pci);
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
