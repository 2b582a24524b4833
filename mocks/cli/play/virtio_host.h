/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host of a virtio script inside: what its files share.
 *
 *	virtio_host.c		what is compared; what is sent, and when
 *	virtio_host_registers.c	what registers say
 *	virtio_host_queue.c	buffers of the driver, packets in them
 *	virtio_host_transmit.c	frames that the driver is to send
 */
#ifndef MOCKS_CLI_PLAY_VIRTIO_HOST_H
#define MOCKS_CLI_PLAY_VIRTIO_HOST_H

#include "mocks/cli/play/driver.h"
#include "mocks/virtio/scripted.h"

/** Queues that are followed: 16 pairs, and the control queue. */
#define VIRTIO_HOST_QUEUES  33u
/** The longest packet, header and all, and its header. */
#define VIRTIO_HOST_PACKET  65562u
#define VIRTIO_HOST_HEADER  12u
/** Registers and configuration that are followed, in bytes. */
#define VIRTIO_HOST_OFFSETS 0x200u

/** A read of a register that the script has. */
struct virtio_host_read {
	size_t n;
	uint32_t offset;
	bool is_done;
};

/** What a register said last; for how long that counts depends on it. */
struct virtio_host_value {
	bool is_known;
	uint64_t value;
};

/** A packet that the host puts into buffers, or the answer to a command. */
struct virtio_host_packet {
	uint32_t queue;
	/** Its header, or the answer; SCRIPT_NONE: it has none. */
	size_t header;
	/** The buffer in which it begins, if the script says so. */
	bool has_index;
	uint64_t index;
	/** Buffers that are still to come; bytes of those that came. */
	uint32_t left, bytes;
	bool is_begun, is_told;
	/** Its frame in the script, once it is needed. */
	bool is_claimed;
	size_t frame;
};

/** A buffer that the script uses, and what of which packet is in it. */
struct virtio_host_used {
	size_t n;
	uint32_t queue, bytes;
	/** SCRIPT_NONE: the packet that it goes on with is told behind it. */
	size_t packet;
	uint32_t offset;
};

/** A packet that the driver is to send. */
struct virtio_host_outgoing {
	uint32_t queue;
	/** Events: where it begins, its header, its first frame. */
	size_t first, header, frame;
	unsigned frames;
	/** Its pieces; the first is that of the header. */
	uint32_t pieces[PLAYER_PIECES_MAX + 1];
	unsigned piece_count;
	/** Not all of its pieces are said, or they are too many. */
	bool is_vague;
	/** The last descriptor had NEXT. */
	bool goes_on;
};

struct virtio_host_queue {
	/**
	 * The script says something of it, whatever that is; buffers that it
	 * still has the device take, if it lists them.
	 */
	bool is_known, is_listed;
	size_t listed;
	/** The driver's names of buffers by those of the script, plus 1. */
	uint32_t *names;
	/** Behind the outgoing packet that was taken last. */
	size_t taken;
};

struct virtio_host {
	struct player *player;
	struct machine_work work;
	struct machine_event again;
	/** The next event that may have to be sent. */
	size_t next;
	/** Being put together: for a moment, a frame, a buffer that is used. */
	struct trace_built built, other, used_built;
	struct virtio_host_read *reads;
	size_t read_count;
	struct virtio_host_value values[VIRTIO_HOST_OFFSETS];
	struct virtio_host_packet *packets;
	size_t packet_count;
	struct virtio_host_used *used;
	/** How many, and of those how many have no packet yet. */
	size_t used_count, early_count;
	struct virtio_host_outgoing *outgoing;
	size_t outgoing_count, sent;
	struct virtio_host_queue queues[VIRTIO_HOST_QUEUES];
	/** Frames to the guest that a packet has already, by event; all before
	 * that one have. */
	bool *claimed;
	size_t claimed_first;
	/** Places of descriptors that the script has, by queue; of any. */
	uint32_t places[VIRTIO_HOST_QUEUES], places_any;
	bool has_frames;
	uint8_t packet[VIRTIO_HOST_PACKET], scratch[VIRTIO_HOST_PACKET];
};

static inline struct virtio_host *virtio_host(const struct player *player)
{
	return player->own;
}

/* ---- virtio_host.c ---- */

/** Whether an event is one that the host sends. */
bool virtio_host_is_sent(const struct script *script, size_t n);
/** Whether all came that the driver does before an event. */
bool virtio_host_is_due(const struct virtio_host *host, size_t n);
/** Where the event is that is sent next; or the number of events. */
size_t virtio_host_next(struct virtio_host *host);

/* ---- virtio_host_registers.c ---- */

/** Look for the reads of a script. @return false: out of memory */
bool virtio_host_registers(struct virtio_host *host);
uint64_t virtio_host_read(void *context, uint64_t offset, unsigned width,
			  uint64_t own);
/** A write makes that some registers say something else. */
void virtio_host_forget(struct virtio_host *host, uint64_t offset);

/* ---- virtio_host_queue.c ---- */

/** The places of descriptors: bits of virtio_host.places. */
enum virtio_host_place {
	VIRTIO_HOST_AVAILABLE,
	VIRTIO_HOST_DESCRIPTOR,
	VIRTIO_HOST_INDIRECT,
	VIRTIO_HOST_PACKED,
	VIRTIO_HOST_PACKED_INDIRECT,
	VIRTIO_HOST_USED,
	VIRTIO_HOST_PACKET_HEADER,
	VIRTIO_HOST_CONTROL,
	VIRTIO_HOST_ACK,
	VIRTIO_HOST_PLACES,
};

/** The place of a descriptor event; VIRTIO_HOST_PLACES: of none. */
enum virtio_host_place virtio_host_place(const struct script *script, size_t n);
enum virtio_host_place virtio_host_place_find(const char *name);

/** Look which packets lie in which buffers. @return false: out of memory */
bool virtio_host_queues(struct virtio_host *host);
void virtio_host_queues_free(struct virtio_host *host);
/** Take what the driver made available. @return whether more is to come */
bool virtio_host_look(struct virtio_host *host);
/** A descriptor came as the script has it: note what the driver calls it. */
void virtio_host_name(struct virtio_host *host, size_t n,
		      const struct trace_event *event);
/** Use a buffer as the script does. @return false: not now */
bool virtio_host_use(struct virtio_host *host, size_t n);
/** Half a checksum, if there is one at that place of a frame. */
void virtio_host_partial(uint8_t *frame, uint32_t bytes, uint32_t start,
			 uint32_t offset);

/* ---- virtio_host_transmit.c ---- */

/** Look for the packets of the driver. @return false: out of memory */
bool virtio_host_outgoing(struct virtio_host *host);
/** The burst of the role. */
void virtio_host_burst(struct player *player);
/** Whether the next packet that was taken of a queue becomes frames. */
bool virtio_host_becomes_frames(struct virtio_host *host, uint32_t queue);

#endif /* MOCKS_CLI_PLAY_VIRTIO_HOST_H */
