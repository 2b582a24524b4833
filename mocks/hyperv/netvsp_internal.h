/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's network card inside: what its files share.
 *
 *	netvsp.c		life of the card and of its channels
 *	netvsp_nvsp.c		NVSP: versions, buffers, subchannels
 *	netvsp_buffer.c		the two buffers that a guest shares
 *	netvsp_control.c	RNDIS control messages, both ways
 *	netvsp_ranges.c		guest memory named by page frames
 *	netvsp_transmit.c	frames of the guest
 *	netvsp_receive.c	frames for the guest
 */
#ifndef MOCKS_HYPERV_NETVSP_INTERNAL_H
#define MOCKS_HYPERV_NETVSP_INTERNAL_H

#include "mocks/hyperv/faults_internal.h"
#include "mocks/hyperv/host_rndis.h"
#include "mocks/hyperv/host_rndis_oid.h"
#include "mocks/hyperv/netvsp.h"
#include "mocks/hyperv/nvsp_wire.h"

/** Sub-allocations of the receive buffer that carry control messages only. */
#define NETVSP_CONTROL_RESERVE	 16u
/** Sections that can be announced. */
#define NETVSP_SECTIONS_MAX	 8u
/**
 * Bytes at the end of a sub-allocation that a Windows guest cannot use, and
 * those for headers in front of the frame.
 */
#define NETVSP_TAIL_BYTES	 36u
#define NETVSP_HEADER_BYTES	 256u
#define NETVSP_QUEUES_MAX	 MACHINE_CPUS_MAX
/** Bytes of control messages that wait, at most. */
#define NETVSP_CONTROL_BYTES_MAX (100u * 1024)
/** Replies that wait for room in a guest's ring, at most. */
#define NETVSP_REPLIES_MAX	 8192u
/** Bytes of the longest reply: SEND_RECV_BUF_COMPLETE. */
#define NETVSP_REPLY_BYTES                                                     \
	(sizeof(struct host_nvsp_receive_buffer_complete) +                    \
	 NETVSP_SECTIONS_MAX * sizeof(struct host_nvsp_section))

#define NETVSP_MTU_DEFAULT 1514u
#define NETVSP_MTU_MAX	   9216u

/** A packet to the guest that found its ring full. */
struct netvsp_reply {
	uint16_t type;
	uint16_t bytes;
	uint64_t transaction_id;
	uint8_t payload[NETVSP_REPLY_BYTES];
};

/** A frame that waits for the guest, as an RNDIS message in its slot. */
struct netvsp_waiting {
	uint32_t offset;
	uint32_t message_bytes;
	uint32_t frame_bytes;
};

/** A channel of the card; the first is the primary one. */
struct netvsp_queue {
	struct host_netvsp *netvsp;
	/** NULL: not offered. */
	struct host_channel *channel;
	unsigned index;
	bool open;
	/** HOST_SEND_FULL was returned, and room() not called yet. */
	bool blocked;
	struct machine_work work;
	/** Ring of replies, grown on demand. */
	struct netvsp_reply *replies;
	uint32_t replies_size, reply_head, reply_count;
	/** Ring of frames, one slot each, allocated with the first frame. */
	uint8_t *slots;
	struct netvsp_waiting *waiting;
	uint32_t waiting_head, waiting_count;
};

/** The receive buffer and who has which of its sub-allocations. */
struct netvsp_receive_buffer {
	/** Each message in it is read once. */
	struct machine_watch watch;
	struct host_gpadl *gpadl;
	bool revoked;
	uint16_t id;
	/**
	 * Bytes of a sub-allocation, and how many of them a message may use.
	 */
	uint32_t allocation_bytes, usable_bytes;
	uint32_t count;
	/** Where each lies. */
	uint32_t *offsets;
	/** Free ones, as stacks. */
	uint16_t *free;
	uint32_t free_count;
	uint16_t free_control[NETVSP_CONTROL_RESERVE];
	uint32_t free_control_count;
	/**
	 * For the first of a packet's: its queue plus 1; else 0. And its next.
	 */
	uint8_t *holder;
	uint16_t *next;
	uint32_t outstanding;
};

#define NETVSP_NO_NEXT UINT16_MAX

struct netvsp_send_buffer {
	struct host_gpadl *gpadl;
	bool revoked;
	uint16_t id;
	uint32_t bytes;
};

/** A control message that waits for a reserved sub-allocation. */
struct netvsp_message {
	struct netvsp_message *next;
	uint32_t bytes;
	uint8_t content[HOST_RNDIS_CONTROL_MAX];
};

struct host_netvsp {
	struct host_vmbus *vmbus;
	struct host_partition *partition;
	struct machine *machine;
	struct wire *wire;
	struct host_netvsp_configuration configuration;
	struct host_offer offer;
	struct host_netvsp_counters counters;
	/** Doorbells and signals of channels that are gone. */
	uint64_t doorbells_gone, signals_gone;

	struct netvsp_queue queues[NETVSP_QUEUES_MAX];
	/** Subchannels that were granted, and whether their table was sent. */
	uint32_t subchannels;
	bool indirection_sent;

	bool dead;
	uint32_t version;
	bool have_ndis_version, have_ndis_configuration;
	struct netvsp_receive_buffer receive;
	struct netvsp_send_buffer send;

	bool rndis_up;
	struct host_rndis_card card;
	struct netvsp_message *control_first, *control_last;
	uint32_t control_bytes;
	uint32_t keepalive_request;
	bool keepalive_pending;

	/** A guest's message, copied out. */
	uint8_t *scratch;
	/** Header of a transfer-page packet, built here. */
	uint8_t *transfer;
};

/* ---- netvsp.c ---- */

/**
 * The guest broke a rule that the real device does not survive: in strict mode
 * it is silent from now on, in lenient mode the message alone is refused.
 */
void netvsp_break(struct host_netvsp *netvsp, const char *clause,
		  const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Bytes that NVSP messages have under the agreed version. */
uint32_t netvsp_message_bytes(const struct host_netvsp *netvsp);

/**
 * Send a packet, at once or when the ring has room, in order.
 * @param bytes of payload, at most NETVSP_REPLY_BYTES
 */
void netvsp_send(struct netvsp_queue *queue, uint16_t type,
		 uint64_t transaction_id, const void *payload, uint32_t bytes);

/**
 * Complete a guest's packet if it asked for that, with an NVSP message padded
 * to the version's size, or with nothing.
 */
void netvsp_complete(struct netvsp_queue *queue,
		     const struct host_packet *packet, const void *message,
		     uint32_t bytes);
/** The same for RNDIS_PKT, with a status of enum host_nvsp_status. */
void netvsp_complete_rndis(struct netvsp_queue *queue,
			   const struct host_packet *packet, uint32_t status);
/** Try again to send what waits; false: the ring is still full. */
bool netvsp_flush(struct netvsp_queue *queue);

/** Offer a subchannel to the guest. */
void netvsp_offer(struct host_netvsp *netvsp, unsigned index);

/* ---- netvsp_nvsp.c ---- */

/** An in-band message, of the guest, on any channel. */
void netvsp_nvsp(struct netvsp_queue *queue, const struct host_packet *packet);
/** A subchannel opened: tell the guest how to spread, once all have. */
void netvsp_indirection_send(struct host_netvsp *netvsp);

/* ---- netvsp_buffer.c ---- */

/**
 * Take the memory for received messages and cut it up.
 * @return a status of enum host_nvsp_status
 */
uint32_t netvsp_receive_buffer_set(struct host_netvsp *netvsp, uint32_t handle,
				   uint16_t id);
/** The answer that describes it. @return its bytes */
uint32_t netvsp_receive_buffer_describe(const struct host_netvsp *netvsp,
					uint32_t status,
					uint8_t message[NETVSP_REPLY_BYTES]);
void netvsp_receive_buffer_drop(struct netvsp_receive_buffer *buffer);
/**
 * The guest is done with a packet: its sub-allocations are free again. False:
 * no such packet of that queue.
 */
bool netvsp_receive_buffer_release(struct netvsp_receive_buffer *buffer,
				   const struct netvsp_queue *queue,
				   uint64_t transaction_id);

uint32_t netvsp_send_buffer_set(struct host_netvsp *netvsp, uint32_t handle,
				uint16_t id);
void netvsp_send_buffer_drop(struct netvsp_send_buffer *buffer);

/* ---- netvsp_ranges.c ---- */

/** Guest memory that a GPA-direct packet names. */
struct netvsp_ranges {
	const uint8_t *list;
	uint32_t count;
	/** Bytes named, and how many of them are neighbours from the start. */
	uint32_t bytes, contiguous;
};

/** Check a list of ranges. @return NULL, or the fault */
const char *netvsp_ranges_parse(const uint8_t *list, uint32_t list_bytes,
				uint32_t count, uint32_t bytes_max,
				struct netvsp_ranges *ranges);
/** Copy what it names. @return whether all of it is RAM */
bool netvsp_ranges_read(struct machine *machine,
			const struct netvsp_ranges *ranges, uint8_t *to);
/** Whether the driver gave the device all pieces from a range on. */
bool netvsp_ranges_given(struct machine *machine,
			 const struct netvsp_ranges *ranges, uint32_t first);

/* ---- netvsp_control.c ---- */

/** A control message of the guest, copied out. */
void netvsp_control(struct netvsp_queue *queue,
		    const struct host_packet *packet, const uint8_t *message,
		    uint32_t bytes);
/** Send the first message that waits; false: nothing could be done. */
bool netvsp_control_step(struct host_netvsp *netvsp);
void netvsp_control_drop(struct host_netvsp *netvsp);
/** Say something to the guest by itself, if it listens. */
void netvsp_indicate(struct host_netvsp *netvsp, uint32_t status,
		     const void *information, uint32_t bytes);

/* ---- netvsp_transmit.c ---- */

/** RNDIS_PKT of the guest. */
void netvsp_transmit(struct netvsp_queue *queue,
		     const struct host_packet *packet,
		     const struct host_nvsp_rndis *wire);

/* ---- netvsp_receive.c ---- */

/** A frame from the wire (wire_receive). */
bool netvsp_receive(void *card, const struct wire_frame *frame);
/** One packet to the guest on a queue. @return whether there is more to do */
bool netvsp_receive_step(void *queue);
/** Put a message where the next transfer-page packet says that it is. */
void netvsp_message_put(struct netvsp_queue *queue, uint32_t offset,
			const uint8_t *message, uint32_t bytes);
/** The guest completed a packet. */
void netvsp_receive_completed(struct netvsp_queue *queue,
			      const struct host_packet *packet);
/** Frames that wait are lost; counted where it says. */
void netvsp_receive_drop(struct netvsp_queue *queue, uint64_t *counter);
/** Give back a queue's memory. */
void netvsp_receive_free(struct netvsp_queue *queue);
/** There may be something to do again. */
void netvsp_receive_kick(struct host_netvsp *netvsp);

/**
 * Send one range list as a transfer-page packet; netvsp->transfer holds the
 * ranges behind room for its header.
 * @param first the sub-allocation that names the packet
 */
enum host_send_result netvsp_transfer(struct netvsp_queue *queue,
				      uint32_t channel_type, uint16_t first,
				      uint32_t ranges);

#endif /* MOCKS_HYPERV_NETVSP_INTERNAL_H */
