/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums that a guest asks for, and what is said about those that it gets,
 * in the words of per-packet information.
 */
#ifndef MOCKS_HYPERV_HOST_RNDIS_CHECKSUM_H
#define MOCKS_HYPERV_HOST_RNDIS_CHECKSUM_H

#include "mocks/wire/frame.h"

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

/** The checksums (of enum frame_checksum) that a request uses. */
unsigned host_checksum_offloads(uint32_t request);

/**
 * Check a frame for the guest.
 *
 * @param offloads what the guest wants checked, of enum frame_checksum
 * @return the checksum word of per-packet information; 0: nothing to say
 */
uint32_t host_checksum_verify(const uint8_t *frame, uint32_t bytes,
			      unsigned offloads);

#endif /* MOCKS_HYPERV_HOST_RNDIS_CHECKSUM_H */
