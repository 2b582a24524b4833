/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's end of the synthetic network card: NVSP and RNDIS, plugged into a
 * wire.
 */
#ifndef MOCKS_HYPERV_NETVSP_H
#define MOCKS_HYPERV_NETVSP_H

#include <stdbool.h>
#include <stdint.h>

#include "mocks/hyperv/vmbus.h"
#include "mocks/wire/wire.h"

struct host_netvsp;

struct host_netvsp_configuration {
	uint8_t mac[6];
	/** Megabits a second, default 10000. */
	uint32_t speed_mbps;
	/** Whether RNDIS may set the MAC address (Hyper-V: "MAC spoofing"). */
	bool mac_changes;
	/** The link is down at first. */
	bool link_down;
	/**
	 * Frames waiting for the guest's receive buffer before drops; default
	 * 512.
	 */
	uint32_t queue_frames;
	/**
	 * The most transfer-page ranges in a packet to the guest; default 375.
	 */
	uint32_t ranges_max;
	/** RNDIS messages that a range may hold; default 1 (as Hyper-V). */
	uint32_t messages_per_range;
	/** Receive buffer sections to announce; default 1 (as Hyper-V). */
	uint32_t sections;
	/**
	 * 802.1Q tags travel as per-packet information, not in the frame's
	 * bytes.
	 */
	bool vlan_offload;
};

/** How frames went, as the host saw it. */
struct host_netvsp_counters {
	/** Frames from the guest by the way they came, and those refused. */
	uint64_t tx_frames, tx_bytes, tx_send_buffer, tx_pages, tx_aggregated,
		tx_refused;
	/**
	 * NVSP messages with frames: tx_frames / tx_messages is the
	 * aggregation.
	 */
	uint64_t tx_messages;
	/**
	 * Frames to the guest: delivered, dropped since queue, filter, state.
	 */
	uint64_t rx_frames, rx_bytes, rx_drop_queue, rx_drop_filter,
		rx_drop_state, rx_drop_length;
	/**
	 * Completions of the guest for receive packets: good, and with bad
	 * status.
	 */
	uint64_t rx_completed, rx_completed_bad;
	/** Doorbells that the guest rang, and signals sent to it. */
	uint64_t doorbells, signals;
};

struct host_netvsp *
host_netvsp_create(struct host_vmbus *vmbus,
		   const struct host_netvsp_configuration *configuration,
		   struct wire *wire);
void host_netvsp_destroy(struct host_netvsp *netvsp);
void host_netvsp_counters(const struct host_netvsp *netvsp,
			  struct host_netvsp_counters *counters);

/**
 * What the device is: alive, or dead since the guest broke a rule (and which).
 */
bool host_netvsp_is_dead(const struct host_netvsp *netvsp);

/** Agreed NVSP version, 0 if none; MTU from NDIS_CONFIG (with the header). */
uint32_t host_netvsp_version(const struct host_netvsp *netvsp);

/** Receive sub-allocations that the guest still holds: 0 when all is quiet. */
uint32_t host_netvsp_outstanding(const struct host_netvsp *netvsp);
/** Frames waiting in the host for the guest. */
uint32_t host_netvsp_backlog(const struct host_netvsp *netvsp);
/** The packet filter in force. */
uint32_t host_netvsp_filter(const struct host_netvsp *netvsp);

/*
 * What the world does to a card. A trace has a note of it, by which it can be
 * done again.
 */

#define HOST_NETVSP_NOTE_KEEPALIVE "the host asks whether the guest lives"
#define HOST_NETVSP_NOTE_NETWORK   "the network is another one"

void host_netvsp_link_set(struct host_netvsp *netvsp, bool up);
void host_netvsp_speed_set(struct host_netvsp *netvsp, uint32_t mbps);
void host_netvsp_keepalive(struct host_netvsp *netvsp);
void host_netvsp_network_change(struct host_netvsp *netvsp);
/** Rescind the channel(s). */
void host_netvsp_remove(struct host_netvsp *netvsp);
/** Whether a KEEPALIVE still waits for its answer. */
bool host_netvsp_is_asking(const struct host_netvsp *netvsp);
/** Offer a card that was removed again. */
void host_netvsp_return(struct host_netvsp *netvsp);

#endif /* MOCKS_HYPERV_NETVSP_H */
