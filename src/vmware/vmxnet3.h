/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VMware's paravirtual network card, vmxnet3, made a struct nic.
 *
 * Revisions 1 to 6, and 7 when asked for. Frames are not copied: the device
 * reads them where the stack has them, except those that fit a slot of the
 * transmit data ring and the headers of frames that it is to cut up; and it
 * writes received frames into the stack's buffers.
 *
 * Receive buffers of any address will do. What the device is given of a buffer
 * is one run of physically contiguous bytes: all of it if it lies in one page
 * or in pages that are neighbours, else the longest run in it. A frame that is
 * longer than the run takes a second buffer, and the data of its segments then
 * begin inside of the buffers; so buffers that cross no page are best.
 */
#ifndef VMWARE_VMXNET3_H
#define VMWARE_VMXNET3_H

#include "net/nic.h"
#include "pci/pci.h"

#define VMXNET3_VENDOR 0x15adu
#define VMXNET3_DEVICE 0x07b0u

/** How the device may put interrupts off (revision 3). */
enum vmxnet3_coalescing {
	/** As the device likes: nothing is said to it. */
	VMXNET3_COALESCING_DEFAULT,
	VMXNET3_COALESCING_OFF,
	/** By the load. */
	VMXNET3_COALESCING_ADAPTIVE,
	/** After so many completions. */
	VMXNET3_COALESCING_STATIC,
	/** At so many interrupts a second. */
	VMXNET3_COALESCING_RATE,
};

/**
 * Sizes of a card; 0: default.
 *
 * What is contiguous in physical memory: each ring (16 bytes a descriptor, and
 * as many again of completions), the transmit data ring, the table of queues
 * (512 bytes a queue, with 8 queues a page). With rings of 256, 64 KiB for a
 * queue, the largest piece 32 KiB; with rings of 32 every piece is one page.
 * Besides, the card takes receive_ring + body_ring buffers of the stack, or
 * half for each as far as there are. More than that is best: else frames are
 * dropped when the stack holds on to many.
 */
struct vmxnet3_configuration {
	/**
	 * Descriptors of each transmit ring (default 256), multiples of 32 up
	 * to 4096. A frame takes one for each page, one more for headers.
	 */
	uint32_t transmit_ring;
	/**
	 * Descriptors of the receive rings: first buffers of frames (default
	 * 256), and the others (default 128). Multiples of 32, up to 4096 (body
	 * 2048).
	 */
	uint32_t receive_ring, body_ring;
	/**
	 * The most bytes of a slot of the transmit data ring (default 128), up
	 * to 2048 and a multiple of 64; the device has a say in it from
	 * revision 3 on, before it is 128. Frames that fit are copied.
	 */
	uint32_t transmit_data_bytes;
	/**
	 * Bytes of a slot of the receive data ring (revision 3; default none),
	 * 64 to 2048 and a multiple of 64: frames that fit reach the guest
	 * there, and are copied into a buffer.
	 */
	uint32_t receive_data_bytes;
	/** The most queues (default 1, at most 32; beyond 8 is revision 6). */
	uint32_t queues;
	/** The highest revision to use, up to 7 (default 6). */
	uint32_t revision_max;
	/** MTU to come up with (default 1500). */
	uint16_t mtu;
	/** Take frames that are several TCP segments (NIC_FEATURE_RX_LARGE). */
	bool large_receive;
	/** Use the line interrupt even if there is MSI-X. */
	bool no_msix;
	enum vmxnet3_coalescing coalescing;
	/**
	 * Static: completions of transmit, of receive. Rate: the first, in
	 * interrupts a second.
	 */
	uint32_t coalescing_values[2];
	/** Choose the queue of UDP by its ports as well (revision 4). */
	bool rss_udp;
	/** The key of receive side scaling; NULL: one that is built in. */
	const uint8_t *rss_key;
	/** vCPU for the interrupts of queue 0; queue n: n further, in turn. */
	unsigned cpu;
};

/** Bytes of rss_key. */
#define VMXNET3_RSS_KEY_BYTES 40u

/**
 * Bring a card up, to the point where nic_start() is all that is missing.
 *
 * @param pci outlives the card
 * @param at where the card is; switched on, and off again by nic_close()
 * @param configuration NULL for the defaults
 * @param stack copied; its functions are called as nic.h says; its buffers
 *	have at least 512 bytes
 * @param error out, if not NULL: 0, or what failed: ERROR_NO_MEMORY,
 *	ERROR_NO_DEVICE, ERROR_NOT_SUPPORTED (no revision in common, no
 *	interrupt to be had, registers without address), ERROR_IO (the device
 *	would not be activated), ERROR_PROTOCOL (it has no address, or
 *	answers nonsense), ERROR_INVALID (the configuration or the stack's
 *	buffers)
 * @return the card, or NULL
 */
struct nic *vmxnet3_open(struct pci *pci, struct pci_address at,
			 const struct vmxnet3_configuration *configuration,
			 const struct nic_stack *stack, int *error);

/**
 * The same for the n-th card (from 0) on the bus; ERROR_NO_DEVICE if there is
 * none.
 */
struct nic *vmxnet3_probe(struct pci *pci, unsigned n,
			  const struct vmxnet3_configuration *configuration,
			  const struct nic_stack *stack, int *error);

/** What the device itself counts, summed over the queues. */
struct vmxnet3_device_statistics {
	uint64_t tx_frames, tx_bytes, tx_errors, tx_discarded;
	uint64_t rx_frames, rx_bytes, rx_errors, rx_no_buffer;
};

/**
 * Have the device write down what it counted. The card is started.
 * @return 0, ERROR_BUSY (stopped), ERROR_NO_DEVICE, ERROR_PROTOCOL
 */
int vmxnet3_device_statistics(struct nic *nic,
			      struct vmxnet3_device_statistics *statistics);

/** The revision in use, 1 to 7. */
unsigned vmxnet3_revision(const struct nic *nic);

#endif /* VMWARE_VMXNET3_H */
