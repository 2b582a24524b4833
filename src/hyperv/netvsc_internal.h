/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parts of the card share; nobody else includes this.
 *
 *	netvsc.c		life of the card: open, start, stop, close
 *	netvsc_nvsp.c		NVSP: version, buffers
 *	netvsc_control.c	waiting, RNDIS requests and indications
 *	netvsc_oid.c		what the card is asked for and set to
 *	netvsc_dispatch.c	packets off the ring, completions onto it
 *	netvsc_receive.c	frames out of the receive buffer
 *	netvsc_transmit.c	frames into the send buffer or by their pages
 *
 * All packets of a queue, whichever way, travel in one channel's two rings. So
 * one function, netvsc_poll(), takes packets off the ring for everybody: it
 * finishes what was transmitted, answers what waits, and lines up what was
 * received. Everything that a host can make grow is a table of fixed size, and
 * when that is full the ring is read no further.
 */
#ifndef HYPERV_NETVSC_INTERNAL_H
#define HYPERV_NETVSC_INTERNAL_H

#include <stdatomic.h>

#include "hyperv/channel.h"
#include "hyperv/netvsc.h"
#include "hyperv/nvsp.h"
#include "hyperv/rndis.h"
#include "hyperv/rndis_oid.h"
#include "hyperv/transaction.h"

/** How long the host may take to answer a request. */
#define NETVSC_ANSWER_TIME VMBUS_ANSWER_TIME

/**
 * Room for the longest packet off the ring, and with it the most ranges that a
 * transfer-page packet can name. Hosts send up to 375.
 */
#define NETVSC_PACKET_BYTES 4096u
#define NETVSC_RANGES_MAX                                                      \
	((NETVSC_PACKET_BYTES - sizeof(struct nvsp_transfer_pages) -           \
	  sizeof(struct nvsp_rndis_packet)) /                                  \
	 sizeof(struct nvsp_transfer_range))
/** Ranges that can be lined up; room for any packet while half are free. */
#define NETVSC_LINE	   1024u
/** Received packets that this guest may still owe their completion. */
#define NETVSC_OWED	   1024u
/** Packets taken off the ring in one call, so that each call ends. */
#define NETVSC_POLL_BUDGET 512u

/** Per-packet information of a frame received; hosts send under 100 bytes. */
#define NETVSC_INFORMATION_BYTES 256u
/** Buffers of the stack that a queue keeps, asked for in bursts. */
#define NETVSC_STOCK		 64u
#define NETVSC_STOCK_BURST	 16u

/** Segments of a frame that is sent by its pages, */
#define NETVSC_SEGMENTS_MAX  256u
/** and beyond how many it is copied instead, if a section can hold it. */
#define NETVSC_SEGMENTS_COPY 64u
/** Room for the RNDIS header of one such frame; never crosses a page. */
#define NETVSC_HEADER_BYTES  128u
/** Sections of the send buffer in use. */
#define NETVSC_SECTIONS_MAX  1024u
#define NETVSC_DEPTH_MAX     1024u
/** Alignments in an aggregate beyond this are taken for nonsense. */
#define NETVSC_ALIGNMENT_MAX 64u

/** The page of control messages: a request, then answers to KEEPALIVE. */
#define NETVSC_REQUEST_BYTES 2048u
#define NETVSC_ANSWER_BYTES  64u
#define NETVSC_ANSWERS	     8u
/** The longest control message of the host that is looked at in full. */
#define NETVSC_CONTROL_BYTES 1024u

/** Messages in flight besides frames: an NVSP and an RNDIS request, answers. */
#define NETVSC_CONTROL_MESSAGES (2u + NETVSC_ANSWERS)

#define NETVSC_MTU_MIN	   576u
#define NETVSC_MTU_MAX	   9000u
#define NETVSC_MTU_DEFAULT 1500u

#define NETVSC_NONE UINT32_MAX

/** The page set of transfer-page packets: what the receive buffer is called. */
#define NETVSC_RECEIVE_BUFFER_ID 0xcafeu

/** Ring bytes of an inband packet or completion with an NVSP message, */
#define NETVSC_INBAND_RING_BYTES (16u + NVSP_MESSAGE_BYTES + 8u)
/** and of a packet by guest pages with that many pages, each its own range. */
#define NETVSC_PAGES_RING_BYTES(pages)                                         \
	(NETVSC_INBAND_RING_BYTES + 8u + 16u * (pages))

/** Who may wait for room in the ring to the host. */
enum netvsc_room {
	NETVSC_ROOM_FRAMES,
	NETVSC_ROOM_COMPLETIONS,
	NETVSC_ROOM_CONTROL,
	NETVSC_ROOMS,
};

/** What a packet in flight to the host is. */
enum netvsc_kind {
	NETVSC_FREE,
	NETVSC_FRAMES,
	NETVSC_NVSP_REQUEST,
	NETVSC_RNDIS_REQUEST,
	NETVSC_RNDIS_ANSWER,
};

/** A packet in flight to the host, named by the index of its transaction. */
struct netvsc_message {
	uint64_t id;
	enum netvsc_kind kind;
	/** Frames in it and their bytes. */
	uint32_t frames;
	uint64_t bytes;
	/** In a section of the send buffer, or NETVSC_NONE: by pages. */
	uint32_t section;
	/** By pages: its owner, its segments, and its header's bytes. */
	void *owner;
	uint32_t first_piece;
	uint32_t header_bytes;
	/** Of an answer: which. */
	uint32_t answer;
};

/** A segment that the device has, in a list by index. */
struct netvsc_piece {
	const void *data;
	uint32_t bytes;
	uint32_t next;
};

/** Frames put together in a section, not yet sent. */
struct netvsc_aggregate {
	bool open;
	/** The message, and bytes of its section. */
	uint32_t index;
	uint32_t used;
};

struct netvsc_transmit {
	/** Owners to be reclaimed: a circle of depth. */
	void **done;
	uint32_t done_first, done_count;
	/** Owners that messages in flight hold. */
	uint32_t owners;
	/** Messages of frames in flight. */
	uint32_t messages;
	uint32_t sections_used[NETVSC_SECTIONS_MAX / 32];
	struct netvsc_piece *pieces;
	uint32_t first_free_piece;
	uint32_t free_pieces;
	uint8_t *headers;
	struct netvsc_aggregate aggregate;
	/** The burst ended because the ring had no room. */
	bool ring_full;
	/** It ended for want of a section or a place; since, one came free. */
	bool place_wanted, place_free;
	struct channel_range ranges[NETVSC_SEGMENTS_MAX + 1];
};

/** A range of the receive buffer with messages that were not yet consumed. */
struct netvsc_range {
	uint64_t transaction_id;
	uint32_t offset, bytes;
	/** What the message at the offset claims to have, read once. */
	uint32_t message_bytes;
	/** The last of its packet: then that is completed, as failed or not. */
	bool last;
	bool failed;
};

/** A completion that found the ring full. */
struct netvsc_completion {
	uint64_t transaction_id;
	uint32_t status;
};

/** A frame in the receive buffer, checked, for which buffers are needed. */
struct netvsc_frame {
	uint32_t offset;
	uint32_t bytes;
	struct rndis_information information;
};

struct netvsc_receive {
	struct netvsc_range *line;
	uint32_t line_first, line_count;
	/** Packets of which a range is in line. */
	uint32_t packets;
	/** Whether a range of the packet at the head was malformed. */
	bool failed;
	struct netvsc_completion *owed;
	uint32_t owed_first, owed_count;
	/** The frame at the head of the line, if it was already read. */
	bool has_frame;
	struct netvsc_frame frame;
	struct net_segment stock[NETVSC_STOCK];
	uint32_t stock_count;
	uint8_t information[NETVSC_INFORMATION_BYTES];
};

/** One channel. */
struct netvsc_queue {
	struct netvsc *card;
	struct vmbus_channel *channel;
	unsigned index;
	/** The packet last taken off the ring. */
	uint8_t *packet;
	struct transactions transactions;
	struct netvsc_message *messages;
	/** Something is staged, and waits for channel_flush(). */
	bool staged;
	/** Bytes of room waited for, which the host was told; 0: none. */
	uint32_t room_wanted[NETVSC_ROOMS];
	struct netvsc_transmit transmit;
	struct netvsc_receive receive;
	struct nic_statistics statistics;
	/** Touched by the interrupt handler. */
	atomic_bool armed;
	_Atomic uint64_t interrupts;
};

/** Memory that the host sees by a GPADL. */
struct netvsc_buffer {
	void *memory;
	size_t pages;
	struct gpadl gpadl;
	/** The host was told of it, and is to be told when that ends. */
	bool given;
};

/** A request and its answer; one at a time. */
struct netvsc_control {
	uint8_t *page;
	/** The request in the page is in flight: the page is the host's. */
	bool busy;
	uint32_t request_bytes;
	/** The host would not have the packet of the request. */
	bool refused;
	/** What is waited for, 0 when nothing is. */
	uint32_t awaited_type;
	uint32_t awaited_id;
	uint32_t last_id;
	/**
	 * The answer is there; the ring is read no further until this is
	 * cleared.
	 */
	bool answered;
	/** The answer of an NVSP request lies in the queue's packet, */
	const uint8_t *reply;
	uint32_t reply_bytes;
	/** that of an RNDIS request here, */
	uint8_t answer[NETVSC_CONTROL_BYTES];
	uint32_t answer_bytes;
	/** and the last control message of the host, whichever it was, here. */
	uint8_t message[NETVSC_CONTROL_BYTES];
	uint32_t message_bytes;
	/** Answers to KEEPALIVE: in flight, or waiting for room in the ring. */
	bool answer_busy[NETVSC_ANSWERS];
	bool answer_waits[NETVSC_ANSWERS];
	uint32_t answer_id[NETVSC_ANSWERS];
};

struct netvsc {
	struct nic nic;
	struct port *port;
	struct vmbus *bus;
	struct vmbus_channel *channel;
	struct nic_stack stack;
	struct netvsc_configuration configuration;
	struct netvsc_queue queue;
	struct netvsc_control control;

	bool channel_open;
	bool rndis_up;
	bool started;
	/** The host took it away, or it broke: nothing goes to the host. */
	bool removed, failed;
	/** Of enum nic_event, and whether the stack was told to fetch them. */
	unsigned events;
	bool events_told;
	bool link_stale;
	struct nic_link link;
	unsigned filter;

	uint32_t nvsp_version;
	struct netvsc_buffer receive_buffer, send_buffer;
	uint32_t section_bytes, section_count;
	/**
	 * What one message with several frames may have, and their alignment.
	 */
	uint32_t aggregate_frames, aggregate_bytes, alignment;
};

static inline struct netvsc *netvsc_of(struct nic *nic)
{
	return (struct netvsc *)((char *)nic - offsetof(struct netvsc, nic));
}

/* ---- netvsc_nvsp.c ---- */

/** Version, NDIS_CONFIG, NDIS_VERSION, and both buffers given to the host. */
int netvsc_nvsp_up(struct netvsc *card);
/** Tell the host that a buffer is no longer its; there is no answer. */
void netvsc_revoke(struct netvsc *card, struct netvsc_buffer *buffer);

/* ---- netvsc_control.c ---- */

/**
 * Wait until a condition holds, and dispatch everything meanwhile.
 * @return 0, ERROR_TIMED_OUT, ERROR_NO_DEVICE when the card was taken away,
 *	ERROR_PROTOCOL when it failed
 */
int netvsc_wait(struct netvsc *card, bool (*holds)(const struct netvsc *card),
		uint64_t deadline);
/** Wait until a packet of a control message fits into the ring. */
int netvsc_wait_for_room(struct netvsc *card, uint64_t deadline);

/** INITIALIZE; sets what an aggregate may have. */
int netvsc_rndis_initialize(struct netvsc *card);
/**
 * QUERY. The answer's buffer holds until the next request.
 * @return 0, ERROR_NOT_SUPPORTED, ERROR_IO for another status, or as
 *	netvsc_wait()
 */
int netvsc_rndis_query(struct netvsc *card, uint32_t oid, const void *buffer,
		       uint32_t bytes, struct rndis_answer *answer);
/** SET; returns as netvsc_rndis_query(). */
int netvsc_rndis_set(struct netvsc *card, uint32_t oid, const void *buffer,
		     uint32_t bytes);
/** RESET; returns as netvsc_rndis_query(). */
int netvsc_rndis_reset(struct netvsc *card, bool *addressing_reset);
/** HALT: there is no answer; returns when the host took it, or not. */
void netvsc_rndis_halt(struct netvsc *card);

/** The control message in control.message, from the host. */
void netvsc_control_received(struct netvsc *card);
/** The packet of a request or an answer is done with, or lost. */
void netvsc_control_sent(struct netvsc *card, uint32_t index, bool success);
/** Send the answers that wait for room. */
void netvsc_control_answer(struct netvsc *card);

/* ---- netvsc_oid.c ---- */

/** MAC, MTU, link, offloads: what bring-up asks for and sets. */
int netvsc_rndis_up(struct netvsc *card);
int netvsc_filter_apply(struct netvsc *card, unsigned filter);
int netvsc_mac_apply(struct netvsc *card, const uint8_t mac[]);
int netvsc_link_update(struct netvsc *card);

/* ---- netvsc_dispatch.c ---- */

/** Whether the card still is there and works; notices when it was removed. */
bool netvsc_alive(struct netvsc *card);
/** The card is of no use any more, as an event of enum nic_event says. */
void netvsc_die(struct netvsc *card, enum nic_event event);
/** What a control call returns on a card that is not alive. */
static inline int netvsc_death(const struct netvsc *card)
{
	return card->removed ? ERROR_NO_DEVICE : ERROR_PROTOCOL;
}

/**
 * Everything in flight is lost: owners come back, counted. While a card that
 * failed has its channel, the host may read its frames: they wait for the
 * close.
 */
void netvsc_abandon(struct netvsc *card);

/** What a stage (channel_send() and so on) returned: keep it or die of it. */
int netvsc_staged(struct netvsc_queue *queue, int result);
/** Publish what was staged, with at most one doorbell. */
void netvsc_flush(struct netvsc_queue *queue);
/** Ask the host to signal when so much room is in the ring; no more. */
void netvsc_ask_for_room(struct netvsc_queue *queue, enum netvsc_room room,
			 uint32_t bytes);
void netvsc_got_room(struct netvsc_queue *queue, enum netvsc_room room);

/**
 * Take packets off the ring and dispatch them.
 * @param past_frames go on when no more frames can be lined up, and drop them:
 *	somebody waits for something behind them
 */
void netvsc_poll(struct netvsc_queue *queue, bool past_frames);
/** Whether netvsc_poll() could take a packet if there is one. */
bool netvsc_can_read(const struct netvsc_queue *queue, bool past_frames);
/** Complete a received packet, now or when there is room. */
void netvsc_complete(struct netvsc_queue *queue, uint64_t transaction_id,
		     bool failed);

/** Take a message for a packet to the host; NETVSC_NONE when all are used. */
uint32_t netvsc_message_begin(struct netvsc_queue *queue,
			      enum netvsc_kind kind);
/** Give a message back whose packet was never sent, or is not waited for. */
void netvsc_message_cancel(struct netvsc_queue *queue, uint32_t index);

/** Whether a call of the stack would find something to do. */
bool netvsc_has_work(struct netvsc_queue *queue);
/** The stack is told to look: of room for its frames it is not told again. */
void netvsc_room_said(struct netvsc_queue *queue);

/* ---- netvsc_receive.c ---- */

/** Line the ranges of a transfer-page packet up, or drop and complete it. */
void netvsc_received(struct netvsc_queue *queue,
		     const struct ring_packet *packet);
/** Drop what is in line, counted as rx_drop_stopped. */
void netvsc_receive_drop(struct netvsc_queue *queue);
/** Give buffers that were not used back to the stack. */
void netvsc_receive_release(struct netvsc_queue *queue);
unsigned netvsc_receive(struct nic *nic, unsigned index,
			struct net_packet packets[], unsigned n,
			struct net_segment segments[], unsigned m);

/* ---- netvsc_transmit.c ---- */

/** Set up for a section size and count that the host gave. */
void netvsc_transmit_reset(struct netvsc_queue *queue);
/** The frames of a message are sent, or lost. */
void netvsc_transmitted(struct netvsc_queue *queue, uint32_t index,
			bool success);
unsigned netvsc_transmit(struct nic *nic, unsigned index,
			 struct net_packet packets[], unsigned n,
			 const struct net_segment segments[]);
unsigned netvsc_reclaim(struct nic *nic, unsigned index, void *owners[],
			unsigned n);

#endif /* HYPERV_NETVSC_INTERNAL_H */
