/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS (MS-RNDIS): the messages that carry frames, and those that ask a card
 * about itself and set it up.
 *
 * Here are only readers and writers, pure functions on bytes; who says what and
 * when is in netvsc_control.c. A reader is given a private copy of a message.
 * It is bounded by the bytes there are and by the length that the message
 * claims, whichever is less, for neither can be trusted alone: a host's range
 * may be longer than the message in it, and Windows Server 2012 R2 sends one
 * whose own length is too small.
 */
#ifndef HYPERV_RNDIS_H
#define HYPERV_RNDIS_H

#include <stdbool.h>
#include <stdint.h>

#include "hyperv/rndis_messages.h"
#include "port/error.h"

#define RNDIS_STATUS_SUCCESS	      0x00000000u
#define RNDIS_STATUS_NOT_SUPPORTED    0xc00000bbu
#define RNDIS_STATUS_INVALID_OID      0xc0010017u
#define RNDIS_STATUS_MEDIA_CONNECT    0x4001000bu
#define RNDIS_STATUS_MEDIA_DISCONNECT 0x4001000cu
#define RNDIS_STATUS_LINK_SPEED	      0x40010013u
#define RNDIS_STATUS_NETWORK_CHANGE   0x40010018u
#define RNDIS_STATUS_OFFLOAD_CONFIG   0x40020006u

/** Filter bits of RNDIS_OID_PACKET_FILTER. */
#define RNDIS_FILTER_DIRECTED	   0x01u
#define RNDIS_FILTER_ALL_MULTICAST 0x04u
#define RNDIS_FILTER_BROADCAST	   0x08u
#define RNDIS_FILTER_PROMISCUOUS   0x20u

/** What travels beside a frame, both ways. */
struct rndis_information {
	bool has_checksum, has_vlan;
	/** Bits of enum rndis_checksum_transmit or _receive. */
	uint32_t checksum;
	/** 802.1Q tag control information, as struct net_packet has it. */
	uint16_t vlan_tag;
};

/** Checksum information of a frame sent: what is to be filled in. */
enum rndis_checksum_transmit {
	RNDIS_CHECKSUM_IPV4 = 1 << 0,
	RNDIS_CHECKSUM_IPV6 = 1 << 1,
	RNDIS_CHECKSUM_TCP = 1 << 2,
	RNDIS_CHECKSUM_UDP = 1 << 3,
	RNDIS_CHECKSUM_IP_HEADER = 1 << 4,
};

/** Where the TCP or UDP header is, in bits 25:16 of it. */
#define RNDIS_CHECKSUM_OFFSET_SHIFT 16
#define RNDIS_CHECKSUM_OFFSET_MAX   0x3ffu

/** Checksum information of a frame received: what was looked at, and found. */
enum rndis_checksum_receive {
	RNDIS_CHECKSUM_TCP_FAILED = 1 << 0,
	RNDIS_CHECKSUM_UDP_FAILED = 1 << 1,
	RNDIS_CHECKSUM_IP_FAILED = 1 << 2,
	RNDIS_CHECKSUM_TCP_GOOD = 1 << 3,
	RNDIS_CHECKSUM_UDP_GOOD = 1 << 4,
	RNDIS_CHECKSUM_IP_GOOD = 1 << 5,
};

/** The most that rndis_write_packet() writes. */
#define RNDIS_PACKET_HEADER_MAX 76u

/* ---- Writers. They return how many bytes they wrote. ---- */

/**
 * PACKET without its data, which follow at once.
 * @param to room for RNDIS_PACKET_HEADER_MAX
 * @param data_bytes of the frame
 * @param padding bytes behind the frame that belong to the message
 */
uint32_t rndis_write_packet(void *to, uint32_t data_bytes, uint32_t padding,
			    const struct rndis_information *information);
/** Bytes of what rndis_write_packet() will write. */
uint32_t rndis_packet_header_bytes(const struct rndis_information *information);

uint32_t rndis_write_initialize(void *to, uint32_t request_id,
				uint32_t transfer_bytes_max);
uint32_t rndis_write_halt(void *to, uint32_t request_id);
uint32_t rndis_write_reset(void *to);
uint32_t rndis_write_keepalive_complete(void *to, uint32_t request_id,
					uint32_t status);
/**
 * QUERY or SET, as type says, with a buffer for the host.
 * @param size room at to
 * @return 0 when it does not fit
 */
uint32_t rndis_write_request(void *to, uint32_t size, enum rndis_type type,
			     uint32_t request_id, uint32_t oid,
			     const void *buffer, uint32_t buffer_bytes);

/* ---- Readers. They return 0 or ERROR_PROTOCOL. ---- */

/** What each message begins with; the length as it claims. */
int rndis_read_header(const void *bytes, uint32_t length, uint32_t *type,
		      uint32_t *message_bytes);

/** Where the parts of a PACKET lie; offsets from the message's start. */
struct rndis_packet {
	uint32_t message_bytes;
	uint32_t data_offset, data_bytes;
	uint32_t information_offset, information_bytes;
};

/**
 * PACKET: its parts are inside the message, and the message inside what the
 * host says is there; the parts overlap neither the header nor each other.
 * @param message the header, 44 bytes
 * @param available bytes from the start of the message to the range's end
 */
int rndis_read_packet(const struct rndis_packet_message *message,
		      uint32_t available, struct rndis_packet *packet);

/**
 * The per-packet information of a PACKET, from first to last. Kinds that are
 * not known, or internal to the switch, are skipped; one whose size leads
 * nowhere, or out of the area, ends it with ERROR_PROTOCOL.
 */
int rndis_read_information(const void *bytes, uint32_t length,
			   struct rndis_information *information);

/** INITIALIZE_CMPLT. */
struct rndis_device {
	uint32_t request_id, status;
	uint32_t medium;
	/** Frames and bytes that one message to the host may have. */
	uint32_t packets_max, transfer_bytes_max;
	/** Logarithm of the alignment of messages behind one another. */
	uint32_t packet_alignment;
};

int rndis_read_initialize_complete(const void *bytes, uint32_t length,
				   struct rndis_device *device);

/** An answer: of QUERY, with a buffer inside bytes; of any other, without. */
struct rndis_answer {
	uint32_t request_id, status;
	const void *buffer;
	uint32_t buffer_bytes;
};

int rndis_read_query_complete(const void *bytes, uint32_t length,
			      struct rndis_answer *answer);
int rndis_read_set_complete(const void *bytes, uint32_t length,
			    struct rndis_answer *answer);
/** RESET_CMPLT: it has no request id, so that of the answer is 0. */
int rndis_read_reset_complete(const void *bytes, uint32_t length,
			      struct rndis_answer *answer,
			      bool *addressing_reset);
/** INDICATE_STATUS: the status; what else it holds is not looked at. */
int rndis_read_indication(const void *bytes, uint32_t length, uint32_t *status);
/** KEEPALIVE of the host. */
int rndis_read_keepalive(const void *bytes, uint32_t length,
			 uint32_t *request_id);

#endif /* HYPERV_RNDIS_H */
