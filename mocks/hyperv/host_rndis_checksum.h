/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The offload engine of the host's card: Internet checksums (RFC 1071) filled
 * in for the guest, and checked for it.
 */
#ifndef MOCKS_HYPERV_HOST_RNDIS_CHECKSUM_H
#define MOCKS_HYPERV_HOST_RNDIS_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

/** Which protocols an offload covers, one way. */
enum host_offload {
	HOST_OFFLOAD_IP4 = 1 << 0,
	HOST_OFFLOAD_TCP4 = 1 << 1,
	HOST_OFFLOAD_UDP4 = 1 << 2,
	HOST_OFFLOAD_TCP6 = 1 << 3,
	HOST_OFFLOAD_UDP6 = 1 << 4,
	HOST_OFFLOAD_ALL = 31,
};

/** Where the parts of a frame lie that a card looks at. */
struct host_frame_layout {
	/** 4, 6, or 0: no IP that the card understands, and nothing below. */
	unsigned version;
	/** First byte of the IP header and of what it carries. */
	uint32_t network, transport;
	/** Bytes of what it carries, without the padding of short frames. */
	uint32_t transport_bytes;
	uint8_t protocol;
	/** Part of a datagram only. */
	bool fragment;
};

/** Look at a frame, with at most one VLAN tag in it. */
void host_frame_layout(const uint8_t *frame, uint32_t bytes,
		       struct host_frame_layout *layout);

/**
 * Compute the checksums that a guest asked for into its frame.
 *
 * The transport header's offset is believed, 0 stands for the end of the
 * shortest IP header; the protocol is believed as well. What was in the fields
 * does not matter.
 * @param request the checksum word of per-packet information
 * @return NULL, or what is wrong with the request; the frame may then be spoilt
 */
const char *host_checksum_fill(uint8_t *frame, uint32_t bytes,
			       uint32_t request);

/** The offloads (of enum host_offload) that a request uses. */
unsigned host_checksum_offloads(uint32_t request);

/**
 * Check a frame for the guest.
 *
 * @param offloads what the guest wants checked
 * @return the checksum word of per-packet information; 0: nothing to say
 */
uint32_t host_checksum_verify(const uint8_t *frame, uint32_t bytes,
			      unsigned offloads);

#endif /* MOCKS_HYPERV_HOST_RNDIS_CHECKSUM_H */
