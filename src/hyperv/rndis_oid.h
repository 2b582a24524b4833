/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The objects that a card is asked for and set to (RNDIS OIDs): their numbers,
 * and readers and writers of the buffers that QUERY and SET carry for them.
 */
#ifndef HYPERV_RNDIS_OID_H
#define HYPERV_RNDIS_OID_H

#include <stdbool.h>
#include <stdint.h>

#include "hyperv/rndis_messages.h"
#include "net/packet.h"
#include "port/error.h"

#define RNDIS_OID_MAXIMUM_FRAME_SIZE	  0x00010106u
/** In units of 100 bits a second. */
#define RNDIS_OID_LINK_SPEED		  0x00010107u
#define RNDIS_OID_PACKET_FILTER		  0x0001010eu
/** 0: connected. */
#define RNDIS_OID_MEDIA_CONNECT_STATUS	  0x00010114u
#define RNDIS_OID_CONFIGURATION_PARAMETER 0x0001021bu
#define RNDIS_OID_PERMANENT_ADDRESS	  0x01010101u
#define RNDIS_OID_CURRENT_ADDRESS	  0x01010102u
#define RNDIS_OID_OFFLOAD_PARAMETERS	  0xfc01020cu
#define RNDIS_OID_OFFLOAD_CAPABILITIES	  0xfc01020du

/** Offload structures of NDIS 6.1, or of 6.30. */
enum ndis_generation { NDIS_6_1, NDIS_6_30 };

#define RNDIS_OFFLOAD_QUERY_BYTES_MAX	  156u
#define RNDIS_OFFLOAD_PARAMETER_BYTES_MAX 28u
#define RNDIS_MAC_PARAMETER_BYTES	  72u

/** Checksums that a host can check or fill in, each both for IPv4 and IPv6. */
struct rndis_offload {
	bool ipv4_transmit, ipv4_receive;
	bool tcp_transmit, tcp_receive;
	bool udp_transmit, udp_receive;
};

/**
 * The buffer of QUERY for the offload capabilities: an empty NDIS_OFFLOAD.
 * @param to room for RNDIS_OFFLOAD_QUERY_BYTES_MAX
 * @return its bytes
 */
uint32_t rndis_write_offload_query(void *to, enum ndis_generation generation);

/** The answer's buffer. @return 0 or ERROR_PROTOCOL */
int rndis_read_offload(const void *bytes, uint32_t length,
		       struct rndis_offload *offload);

/**
 * The buffer of SET for the offload parameters: those on, all others off.
 * @param to room for RNDIS_OFFLOAD_PARAMETER_BYTES_MAX
 * @return its bytes
 */
uint32_t rndis_write_offload_parameters(void *to,
					enum ndis_generation generation,
					const struct rndis_offload *offload);

/**
 * The buffer of SET for the MAC address: the parameter "NetworkAddress" with
 * twelve digits, both UTF-16.
 * @param to room for RNDIS_MAC_PARAMETER_BYTES, which it fills
 */
void rndis_write_mac_parameter(void *to,
			       const uint8_t mac[ETHERNET_ADDRESS_BYTES]);

#endif /* HYPERV_RNDIS_OID_H */
