/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vmxnet3 network card, plugged into a PCI bus and a wire: a reading of the
 * device of its own, which names each rule that a driver breaks where the real
 * one is silent.
 */
#ifndef MOCKS_VMWARE_VMXNET3_H
#define MOCKS_VMWARE_VMXNET3_H

#include <stdbool.h>
#include <stdint.h>

#include "mocks/pci/pci.h"
#include "mocks/vmware/faults.h"
#include "mocks/vmware/personality.h"
#include "mocks/wire/wire.h"

struct host_vmxnet3;

struct host_vmxnet3_configuration {
	/** NULL: the newest ESXi. */
	const struct vmware_personality *personality;
	uint8_t mac[6];
	/** Bit n - 1 is revision n; 0: all that the personality has. */
	uint32_t revisions;
	/**
	 * The most queues each way; 0: as the personality (16 from revision 6
	 * on, else 8).
	 */
	unsigned queues_max;
	/** Megabits a second; 0: as the personality. */
	uint32_t speed_mbps;
	bool link_down;
	/** Frames that wait for a queue's buffers before drops; default 512. */
	uint32_t queue_frames;
	/** GET_CONF_INTR's type (0 auto to 3 MSI-X) and mask mode (0 to 2). */
	unsigned interrupt_type, mask_mode;
	/** No MSI-X and no MSI capability: the interrupt line only. */
	bool line_only;
	/** No MSI-X capability, but MSI. */
	bool no_msix;
	/** Ask the driver to write the RX producer registers (updateRxProd). */
	bool update_rx_producer;
	/**
	 * A frame that finds no buffer is lost, as on real devices; else it
	 * waits in the device.
	 */
	bool drop_without_buffers;
	/** NULL: an honest device. Copied. */
	const struct host_vmxnet3_faults *faults;
};

/** How frames went, as the device saw it. */
struct host_vmxnet3_counters {
	/** Frames on the wire, and their bytes; packets of the guest. */
	uint64_t tx_frames, tx_bytes, tx_packets, tx_segmented, tx_data_ring,
		tx_refused;
	/** Packets to the guest; merged: frames that went into LRO packets. */
	uint64_t rx_frames, rx_bytes, rx_data_ring, rx_merged, rx_errors;
	uint64_t rx_drop_queue, rx_drop_filter, rx_drop_state, rx_drop_buffers;
	/** Writes of TX producers and of RX producers, and interrupts sent. */
	uint64_t doorbells, rx_doorbells, interrupts, commands, activations,
		resets;
};

/**
 * What such a card is on its bus; operations and context are left to whoever
 * is behind its registers.
 */
void host_vmxnet3_describe(
	const struct host_vmxnet3_configuration *configuration,
	struct host_pci_identity *identity);

/** @return NULL: out of memory, or the slot is taken */
struct host_vmxnet3 *
host_vmxnet3_create(struct machine *machine, struct host_pci_bus *bus,
		    unsigned slot,
		    const struct host_vmxnet3_configuration *configuration,
		    struct wire *wire);
void host_vmxnet3_destroy(struct host_vmxnet3 *vmxnet3);

void host_vmxnet3_counters(const struct host_vmxnet3 *vmxnet3,
			   struct host_vmxnet3_counters *counters);
struct host_pci_function *host_vmxnet3_function(struct host_vmxnet3 *vmxnet3);

/** Gone for good: by a fault, or since the guest killed it (QEMU's asserts). */
bool host_vmxnet3_is_dead(const struct host_vmxnet3 *vmxnet3);
bool host_vmxnet3_is_active(const struct host_vmxnet3 *vmxnet3);
/** The revision that the driver chose, 0: none yet. */
unsigned host_vmxnet3_revision(const struct host_vmxnet3 *vmxnet3);
/** Frames that wait in the device for the guest's buffers. */
uint32_t host_vmxnet3_backlog(const struct host_vmxnet3 *vmxnet3);
/** The receive mode in force, bits as in the shared area. */
uint32_t host_vmxnet3_mode(const struct host_vmxnet3 *vmxnet3);
/** The address that frames are filtered by. */
void host_vmxnet3_mac(const struct host_vmxnet3 *vmxnet3, uint8_t mac[6]);

/*
 * What the world does to a card. A trace has a note of it, by which it can be
 * done again.
 */

#define HOST_VMXNET3_NOTE_TX_STOP "transmit queue %u stops with 0x%x"
#define HOST_VMXNET3_NOTE_RX_STOP "receive queue %u stops with 0x%x"
#define HOST_VMXNET3_NOTE_CHANGE  "the device changes"

void host_vmxnet3_link_set(struct host_vmxnet3 *vmxnet3, bool up);
void host_vmxnet3_speed_set(struct host_vmxnet3 *vmxnet3, uint32_t mbps);
/** Stop a queue with an error (8000000x) and tell the guest. */
void host_vmxnet3_queue_stop(struct host_vmxnet3 *vmxnet3, bool receive,
			     unsigned queue, uint32_t error);
/** The implementation changed (a migration): event DIC. */
void host_vmxnet3_device_change(struct host_vmxnet3 *vmxnet3);
/** Pull the card out: its registers read as all ones. */
void host_vmxnet3_remove(struct host_vmxnet3 *vmxnet3);
/**
 * Misbehave from now on, counting from 0; NULL: behave, and forget what was to
 * come late.
 */
void host_vmxnet3_faults_set(struct host_vmxnet3 *vmxnet3,
			     const struct host_vmxnet3_faults *faults);
/** How often a fault fired since then. */
uint64_t host_vmxnet3_faults_fired(const struct host_vmxnet3 *vmxnet3,
				   enum host_vmxnet3_fault fault);
/** All of that: for a card that takes another one's place. */
struct host_vmxnet3_lies *host_vmxnet3_lies_of(struct host_vmxnet3 *vmxnet3);

#endif /* MOCKS_VMWARE_VMXNET3_H */
