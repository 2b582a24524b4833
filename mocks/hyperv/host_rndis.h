/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS messages between bytes and values, as a host reads and writes them.
 *
 * Pure functions: bytes in, values out, nothing kept. What they read is the
 * host's own copy of what a guest sent; none of it is trusted. A function that
 * can find fault returns NULL when all is well and otherwise what the guest did
 * wrong, as the end of a sentence that names the message.
 */
#ifndef MOCKS_HYPERV_HOST_RNDIS_H
#define MOCKS_HYPERV_HOST_RNDIS_H

#include <stdbool.h>
#include <stdint.h>

/** Packets in a message of the guest: what INITIALIZE_CMPLT announces. */
#define HOST_RNDIS_PACKETS_MAX	  8u
/** Bytes of a message of the guest, likewise. */
#define HOST_RNDIS_TRANSFER_MAX	  0x20000u
/**
 * Each packet of a message but the last is padded to this, as its logarithm
 * says there.
 */
#define HOST_RNDIS_ALIGNMENT	  8u
#define HOST_RNDIS_ALIGNMENT_LOG2 3u

/** Bytes in front of a frame for the guest: header, VLAN, checksum. */
#define HOST_RNDIS_HEADROOM 80u

/** A REMOTE_NDIS_PACKET_MSG and what lies beside its frame. */
struct host_rndis_packet {
	/** Bytes up to the next message; 0: the framing itself is broken. */
	uint32_t message_bytes;
	/** The frame, from the start of the message. */
	uint32_t data_offset, data_bytes;
	bool has_checksum, has_vlan, has_lso;
	uint32_t checksum, vlan, lso;
};

/**
 * Read one packet (MS-RNDIS REMOTE_NDIS_PACKET_MSG) out of what a guest sent.
 *
 * @param bytes what is left of the guest's message from here on
 * @param contiguous how many of those lie in the first contiguous piece of
 *	guest memory, where header and per-packet information must be
 * @return NULL, or the fault; packet->message_bytes is set even then if the
 *	messages behind can still be found
 */
const char *host_rndis_packet_parse(const uint8_t *message, uint32_t bytes,
				    uint32_t contiguous,
				    struct host_rndis_packet *packet);

/**
 * Put the header of a packet in front of a frame.
 *
 * @param data the frame, with HOST_RNDIS_HEADROOM writable bytes before it
 * @param vlan,checksum values of per-packet information, or NULL
 * @return bytes in front of the frame, where the message begins
 */
uint32_t host_rndis_packet_prepend(uint8_t *data, uint32_t data_bytes,
				   const uint32_t *vlan,
				   const uint32_t *checksum);
/** Change the length that a written message claims: padding up to the next. */
void host_rndis_length_set(uint8_t *message, uint32_t bytes);

/** A VLAN tag between its 802.1Q form and that of per-packet information. */
uint16_t host_rndis_vlan_to_tci(uint32_t information);
uint32_t host_rndis_vlan_from_tci(uint16_t tci);

/** A control message of the guest. */
struct host_rndis_control {
	/** Of enum host_rndis_type, or an answer's. */
	uint32_t type;
	uint32_t request;
	/** QUERY, SET: what, and the bytes that came with it. */
	uint32_t oid;
	const uint8_t *information;
	uint32_t information_bytes;
	/** INITIALIZE */
	uint32_t major, minor;
	/** KEEPALIVE_CMPLT */
	uint32_t status;
};

/**
 * Read a control message (MS-RNDIS 2.2) of a guest.
 *
 * An information buffer that is out of bounds is no fault of the message, it is
 * answered: information is NULL and information_bytes is not 0.
 * @return NULL, or why it cannot be answered at all
 */
const char *host_rndis_control_parse(const uint8_t *message, uint32_t bytes,
				     struct host_rndis_control *control);

/** Bytes of the longest control message that a host writes. */
#define HOST_RNDIS_CONTROL_MAX	704u
/** Bytes in front of the information of a QUERY_CMPLT. */
#define HOST_RNDIS_QUERY_HEADER 24u

/* Writers: each returns the bytes written, at most HOST_RNDIS_CONTROL_MAX. */
uint32_t host_rndis_write_initialize(uint8_t *to, uint32_t request,
				     uint32_t status);
/** The information, so many bytes behind HOST_RNDIS_QUERY_HEADER, is there. */
uint32_t host_rndis_write_query(uint8_t *to, uint32_t request, uint32_t status,
				uint32_t information_bytes);
uint32_t host_rndis_write_set(uint8_t *to, uint32_t request, uint32_t status);
uint32_t host_rndis_write_reset(uint8_t *to, uint32_t status,
				bool addressing_reset);
uint32_t host_rndis_write_keepalive(uint8_t *to, uint32_t request);
uint32_t host_rndis_write_keepalive_complete(uint8_t *to, uint32_t request,
					     uint32_t status);
uint32_t host_rndis_write_indicate(uint8_t *to, uint32_t status,
				   const void *information,
				   uint32_t information_bytes);

#endif /* MOCKS_HYPERV_HOST_RNDIS_H */
