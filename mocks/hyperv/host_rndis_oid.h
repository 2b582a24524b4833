/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The card that RNDIS queries and sets: its addresses, sizes, link, filter,
 * offloads and receive-side scaling, by their object identifiers (OIDs).
 */
#ifndef MOCKS_HYPERV_HOST_RNDIS_OID_H
#define MOCKS_HYPERV_HOST_RNDIS_OID_H

#include <stdbool.h>
#include <stdint.h>

#include "mocks/hyperv/netvsp.h"
#include "mocks/wire/toeplitz.h"

#define HOST_RSS_ENTRIES_MAX 128u

struct host_rss {
	bool enabled;
	/** Function and kinds of frames, as the guest set them. */
	uint32_t hash;
	uint8_t key[TOEPLITZ_KEY_BYTES];
	uint32_t entries;
	uint8_t table[HOST_RSS_ENTRIES_MAX];
};

/** What the OIDs are about. */
struct host_rndis_card {
	uint8_t mac[6], mac_permanent[6];
	bool mac_changes;
	/** With the Ethernet header. */
	uint32_t mtu;
	uint32_t speed_mbps;
	bool link_up;
	/** What NDIS_VERSION said. */
	uint32_t ndis_major, ndis_minor;
	/** Queues that could be, and that are. */
	uint32_t queues_max, queues;
	/** The packet filter in force. */
	uint32_t filter;
	/** Of enum frame_checksum: what is checked, what may be asked for. */
	unsigned rx_offloads, tx_offloads;
	struct host_rss rss;
	const struct host_netvsp_counters *counters;
};

/**
 * A card as it is when RNDIS starts: nothing received, offloads of reception
 * off. Addresses, sizes and link stay.
 */
void host_rndis_card_reset(struct host_rndis_card *card);

/** Bytes of the longest information. */
#define HOST_RNDIS_INFORMATION_MAX 512u

/**
 * Answer a QUERY.
 *
 * @param input what came with it, for the OIDs that want something
 * @param to room for HOST_RNDIS_INFORMATION_MAX bytes
 * @param bytes out: how many were written
 * @return an RNDIS status; NOT_SUPPORTED for what the card does not know
 */
uint32_t host_rndis_oid_query(const struct host_rndis_card *card, uint32_t oid,
			      const uint8_t *input, uint32_t input_bytes,
			      uint8_t *to, uint32_t *bytes);

/**
 * Do what a SET asks for, whole or not at all.
 *
 * @param input its information; NULL with a count: it was out of bounds
 * @return an RNDIS status
 */
uint32_t host_rndis_oid_set(struct host_rndis_card *card, uint32_t oid,
			    const uint8_t *input, uint32_t input_bytes);

/** Set receive-side scaling (NDIS_RECEIVE_SCALE_PARAMETERS). */
uint32_t host_rss_set(struct host_rss *rss, uint32_t queues,
		      const uint8_t *input, uint32_t input_bytes);

/** The queue for a frame; 0 when scaling is off or the frame is no IP. */
unsigned host_rss_queue(const struct host_rss *rss, const uint8_t *frame,
			uint32_t bytes);

#endif /* MOCKS_HYPERV_HOST_RNDIS_OID_H */
