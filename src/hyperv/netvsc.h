/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The synthetic network card of Hyper-V: NVSP and RNDIS over a VMBus channel,
 * made a struct nic.
 */
#ifndef HYPERV_NETVSC_H
#define HYPERV_NETVSC_H

#include "hyperv/vmbus.h"
#include "net/nic.h"

/**
 * Sizes of a card's memory, each in bytes and rounded up to pages; 0: default.
 * With the defaults a card takes about 1.7 MiB in all, of which the tables that
 * are not named here take 150 KiB. With 256 KiB to receive into, 96 KiB to send
 * from, rings of 16 KiB and a depth of 64 it is under 512 KiB.
 */
struct netvsc_configuration {
	/**
	 * What the host puts received messages into (default 1 MiB). A host
	 * cuts it into pieces of the MTU and some 300 bytes, and keeps 16 of
	 * them for control messages.
	 */
	uint32_t receive_buffer_bytes;
	/**
	 * What small frames are copied into (default 384 KiB): sections of a
	 * size that the host chooses, 6 KiB as known. See no_send_buffer.
	 */
	uint32_t send_buffer_bytes;
	/** Data of each ring (default 64 KiB). */
	uint32_t send_ring_bytes, receive_ring_bytes;
	/**
	 * Packets in flight to the host, and owners that wait to be reclaimed
	 * (default 256, at most 1024).
	 */
	uint32_t transmit_depth;
	/**
	 * Frames up to this length are copied, longer ones sent by their pages
	 * (default 1024: below, a copy costs the host less than a page list;
	 * no frame beyond a section is copied).
	 */
	uint32_t copy_bytes_max;
	/** Send everything by pages. */
	bool no_send_buffer;
	/** The highest NVSP version to try; 0 for the highest known. */
	uint32_t nvsp_version_max;
	/** MTU to come up with (default 1500, 576 to 9000). */
	uint16_t mtu;
	/** vCPU for the channel's interrupts. */
	unsigned cpu;
};

/**
 * Class of the synthetic network device: f8615163-df3e-46c5-913f-f2d2f965ed0e.
 */
extern const struct guid netvsc_interface;

/**
 * Bring a card up on an offered channel, to the point where nic_start() is all
 * that is missing.
 *
 * @param bus connected, outlives the card
 * @param channel claimed for this card; released by nic_close(), and on error
 * @param configuration NULL for the defaults
 * @param stack copied; its functions are called as nic.h says; its buffers
 *	have at least 141 bytes
 * @param error out, if not NULL: 0, or what failed: ERROR_NO_MEMORY,
 *	ERROR_NO_DEVICE, ERROR_TIMED_OUT, ERROR_PROTOCOL, ERROR_IO,
 *	ERROR_NOT_SUPPORTED (no NVSP version in common), ERROR_INVALID (the
 *	configuration or the stack's buffers)
 * @return the card, or NULL
 */
struct nic *netvsc_open(struct vmbus *bus, struct vmbus_channel *channel,
			const struct netvsc_configuration *configuration,
			const struct nic_stack *stack, int *error);

/** The same for the next card that the bus offers; ERROR_NO_DEVICE if none. */
struct nic *netvsc_probe(struct vmbus *bus,
			 const struct netvsc_configuration *configuration,
			 const struct nic_stack *stack, int *error);

/**
 * Reset the card's RNDIS device (MS-RNDIS 2.2.5 RESET), and set its filter
 * again if it says that this was lost. A host that has no RESET may take it for
 * an error and let the card go silent, so this is never done by itself.
 *
 * @return 0, ERROR_IO, ERROR_NOT_SUPPORTED, ERROR_TIMED_OUT, ERROR_PROTOCOL,
 *	ERROR_NO_DEVICE
 */
int netvsc_reset(struct nic *nic);

#endif /* HYPERV_NETVSC_H */
