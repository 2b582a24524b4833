/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * QEMU as one more hypervisor of a virtual machine: "qemu".
 *
 * The guest's platform is the simulator's machine, so drivers, stacks, replays
 * and checkers are those of any other test; but its RAM is QEMU's, its PCI bus
 * and its card are QEMU's, and what the card sends and receives passes through
 * a socket. Time is virtual as ever: an event looks every 50 us what QEMU did
 * meanwhile, and gives it real time when the guest has nothing to do.
 *
 * Its serial port is on COM1, and its far end is qemu_serial_send(), ...
 *
 * The hosts say which card is plugged in and how, vmxnet3 into a q35:
 *
 *	q35		directly, MSI-X into words below 1 MiB
 *	q35-high	the same, into words above 4 GiB
 *	q35-intx	the interrupt line
 *	q35-bridge	behind a conventional bridge, MSI-X
 *	q35-root-port	behind a root port of PCI Express, the interrupt line
 *	q35-tap		directly, on the TAP interface of witness_tap
 *
 * and virtio-net into a microvm, with the features in the name and no others
 * of these: microvm[-event][-indirect][-packed][-merge]. With all that QEMU has
 * on by default:
 *
 *	microvm-jumbo[-packed]	with an MTU of its own and a speed
 *	microvm-tap[-packed]	on the TAP interface
 *	microvm-tap-queues	the same, with two pairs of queues
 */
#ifndef TESTS_INTEROP_QEMU_WITNESS_H
#define TESTS_INTEROP_QEMU_WITNESS_H

#include "mocks/cli/virtual_machine.h"
#include "tests/interop/qemu/qemu.h"

/** What makes it one: set vmm_extra to it. */
extern const struct vmm witness_vmm;
#define WITNESS_VMM "qemu"

/** Those with vmxnet3, without the TAP: the first ones. */
#define WITNESS_WAYS 5

/** Those with virtio-net and chosen features, by the bits of a number. */
#define WITNESS_EVENT_INDEX  1u
#define WITNESS_INDIRECT     2u
#define WITNESS_PACKED	     4u
#define WITNESS_MERGEABLE    8u
#define WITNESS_COMBINATIONS 16u
const char *witness_combination(unsigned which);

/** The MAC address of its card. */
extern const uint8_t witness_mac[6];

/** A shorter frame comes out so long of a vmxnet3, with zeros. */
#define WITNESS_FRAME_MIN 60u

/** Virtual nanoseconds between two looks at QEMU. */
#define WITNESS_PERIOD 50000u

/** For those on a TAP. */
extern const char *witness_tap;

/** What was wrong with the QEMU started last, "" if nothing. */
extern char witness_reason[QEMU_REASON_MAX];

/** The process of a machine. */
struct qemu *witness_qemu(const struct virtual_machine *vm);

/**
 * So many frames that the guest sent are known not to have come out, and so
 * many that the card was handed not to have reached the guest: the link was
 * down, a filter, ...
 */
void witness_lost(struct virtual_machine *vm, int sent, int handed);

/** What passed since the process was started. */
struct witness_traffic {
	uint64_t sent_frames, sent_bytes, received_frames, received_bytes;
	uint64_t accesses, messages, lines;
};

/** Of the QEMU started last; also after its machine was destroyed. */
extern struct witness_traffic witness_traffic;

#endif /* TESTS_INTEROP_QEMU_WITNESS_H */
