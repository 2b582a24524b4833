/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NVSP, the protocol of a synthetic network card with its switch: which version
 * both speak, where the shared buffers lie, and in what an RNDIS message
 * travels.
 *
 * Here are only readers and writers, pure functions on bytes; who says what and
 * when is in netvsc_nvsp.c. A reader is given a private copy of a message and
 * its length, believes neither, and returns 0 or ERROR_PROTOCOL; a longer
 * message than expected is good, for later versions of a host grow them.
 */
#ifndef HYPERV_NVSP_H
#define HYPERV_NVSP_H

#include <stdint.h>

#include "hyperv/nvsp_messages.h"
#include "port/error.h"

#define NVSP_VERSION_1	 0x00000002u
#define NVSP_VERSION_2	 0x00030002u
#define NVSP_VERSION_4	 0x00040000u
#define NVSP_VERSION_5	 0x00050000u
#define NVSP_VERSION_6	 0x00060000u
#define NVSP_VERSION_6_1 0x00060001u

#define NVSP_STATUS_SUCCESS 1u
#define NVSP_STATUS_FAILURE 2u

/** Kinds of RNDIS messages, as RNDIS_PACKET tells them apart. */
#define NVSP_CHANNEL_DATA    0u
#define NVSP_CHANNEL_CONTROL 1u

/** No section of the send buffer: the message lies in guest pages. */
#define NVSP_SECTION_NONE 0xffffffffu

/** The most entries that an indirection table may have. */
#define NVSP_INDIRECTION_MAX 16u

/**
 * Bytes of every message that this guest sends, whatever the version. Hosts up
 * to version 6 ask for at least 28, from 6.1 on for 40, all accept more, and
 * too short a message is rejected.
 */
#define NVSP_MESSAGE_BYTES 40u

/** A message to send, its unused bytes zero. */
struct nvsp_message {
	uint8_t bytes[NVSP_MESSAGE_BYTES];
};

/* ---- Writers ---- */

/** INIT for exactly one version. */
void nvsp_write_init(struct nvsp_message *message, uint32_t version);
/** NDIS_CONFIG; the MTU as a stack counts it, without the Ethernet header. */
void nvsp_write_ndis_config(struct nvsp_message *message, uint32_t mtu,
			    uint64_t capabilities);
void nvsp_write_ndis_version(struct nvsp_message *message, uint32_t major,
			     uint32_t minor);
/** SEND_RECEIVE_BUFFER or SEND_SEND_BUFFER, as type says. */
void nvsp_write_send_buffer(struct nvsp_message *message, enum nvsp_type type,
			    uint32_t gpadl, uint16_t id);
/** REVOKE_RECEIVE_BUFFER or REVOKE_SEND_BUFFER, as type says. */
void nvsp_write_revoke(struct nvsp_message *message, enum nvsp_type type,
		       uint16_t id);
/** RNDIS_PACKET: the RNDIS message lies in a section, or beside the packet. */
void nvsp_write_rndis_packet(struct nvsp_message *message,
			     uint32_t channel_type, uint32_t section,
			     uint32_t section_bytes);
/** RNDIS_PACKET_COMPLETE: this guest is done with a received packet. */
void nvsp_write_complete(struct nvsp_message *message, uint32_t status);

/* ---- Readers ---- */

/** The type of any message. */
int nvsp_read_type(const void *bytes, uint32_t length, uint32_t *type);
/** INIT_COMPLETE: whether the host agreed. */
int nvsp_read_init_complete(const void *bytes, uint32_t length,
			    uint32_t *status);

/** What the host makes of the receive buffer. */
struct nvsp_receive_buffer {
	uint32_t section_count;
	/** Pieces of all sections together. */
	uint64_t piece_count;
};

/**
 * SEND_RECEIVE_BUFFER_COMPLETE, each of its sections inside the buffer.
 * @param buffer_bytes of the receive buffer
 * @return 0; ERROR_IO when the host refused the buffer; ERROR_PROTOCOL
 */
int nvsp_read_receive_buffer(const void *bytes, uint32_t length,
			     uint32_t buffer_bytes,
			     struct nvsp_receive_buffer *buffer);
/**
 * SEND_SEND_BUFFER_COMPLETE.
 * @return 0; ERROR_IO when the host refused the buffer; ERROR_PROTOCOL, also
 *	for a section size of 0 or beyond the buffer
 */
int nvsp_read_send_buffer(const void *bytes, uint32_t length,
			  uint32_t buffer_bytes, uint32_t *section_bytes);
/** RNDIS_PACKET: the channel type. */
int nvsp_read_rndis_packet(const void *bytes, uint32_t length,
			   uint32_t *channel_type);
/** RNDIS_PACKET_COMPLETE: what became of a packet sent. */
int nvsp_read_complete(const void *bytes, uint32_t length, uint32_t *status);

/**
 * INDIRECTION_TABLE. Hosts up to version 6 give an offset that is short of the
 * message's end, see NVSP_MESSAGE_BYTES; the table is at the end.
 *
 * @param queues how many there are; an entry of that or more is malformed
 * @param entries out: room for NVSP_INDIRECTION_MAX
 * @return how many, or ERROR_PROTOCOL
 */
int nvsp_read_indirection_table(const void *bytes, uint32_t length,
				uint32_t version, uint32_t queues,
				uint32_t entries[]);

/* ---- Transfer pages: what precedes RNDIS_PACKET in a packet received ---- */

/** A piece of the receive buffer. */
struct nvsp_range {
	uint32_t offset, bytes;
};

/**
 * The header of a transfer-page packet.
 * @return how many ranges it names, all of them inside the header, at least 1;
 *	or ERROR_PROTOCOL
 */
int nvsp_read_transfer_pages(const void *header, uint32_t length,
			     uint16_t *page_set);
/**
 * One range of such a header.
 * @param index below what nvsp_read_transfer_pages() returned
 * @return 0, or ERROR_PROTOCOL when it is empty or not inside the buffer
 */
int nvsp_read_range(const void *header, uint32_t index, uint32_t buffer_bytes,
		    struct nvsp_range *range);

#endif /* HYPERV_NVSP_H */
