/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An open channel: two rings, packets over them, and its doorbells.
 */
#ifndef HYPERV_CHANNEL_H
#define HYPERV_CHANNEL_H

#include "hyperv/gpadl.h"
#include "hyperv/ring.h"
#include "hyperv/vmbus.h"

struct channel_configuration {
	/**
	 * Data pages of the ring to the host and of the one from it, each >= 1.
	 */
	uint32_t send_pages, receive_pages;
	/** The vCPU (counted as by port.h) that its interrupts go to. */
	unsigned cpu;
	/**
	 * Called in interrupt context when the host signalled the channel, also
	 * before channel_open() returned. The receive ring is as the reader
	 * left it: mask it to hear no more. It must not open or close channels.
	 */
	void (*signalled)(void *context);
	void *context;
};

/** One range of guest memory in a GPA-direct packet. */
struct channel_range {
	const void *data;
	uint32_t bytes;
};

/**
 * Make the rings, show them to the host and OPEN the channel. The receive ring
 * starts masked. What the host put there before its answer is kept.
 *
 * @return 0; ERROR_NO_MEMORY; ERROR_IO when the host refused; ERROR_NO_DEVICE
 *	when it rescinded; ERROR_TIMED_OUT; ERROR_BUSY when it is open, or
 *	closed and not freed; ERROR_INVALID for no pages or no such vCPU;
 *	ERROR_NO_SPACE for more pages than one list can name. Nothing is left
 *	behind on any error, except memory that the host did not confirm to have
 *	let go: that is vmbus_keep()'s
 */
int channel_open(struct vmbus_channel *channel,
		 const struct channel_configuration *configuration);

/**
 * CLOSE the channel. Its rings stay shown to the host until channel_free():
 * from version 4.0 on the device's own GPADLs are torn down in between, before
 * that they must have begun to be. See channel_closes_first().
 * signalled() is not called after this returned.
 */
void channel_close(struct vmbus_channel *channel);

/**
 * Tear the rings down and free them. Does nothing on a channel never opened.
 */
void channel_free(struct vmbus_channel *channel);

/**
 * Whether a device's GPADLs are torn down after CLOSE (4.0 and up), not before.
 */
bool channel_closes_first(const struct vmbus_channel *channel);

/* ---- Packets ---- */

/*
 * A channel is used by one thread at a time. Once it is closed, nothing is
 * sent, received or signalled any more.
 */

/**
 * Stage an inband packet for the host, seen after channel_flush().
 * @return as ring_write(); ERROR_NO_DEVICE when the channel is rescinded or not
 *	open
 */
int channel_send(struct vmbus_channel *channel, const void *payload,
		 uint32_t bytes, uint64_t transaction_id,
		 bool completion_requested);

/**
 * Stage a packet with a payload and ranges of guest memory, each entered page
 * by page; pages that follow one another inside one range share it. A
 * completion is always requested: it is what ends the host's use of the memory.
 *
 * @param ranges empty ones are left out
 * @return as channel_send(); ERROR_INVALID when all ranges are empty
 */
int channel_send_ranges(struct vmbus_channel *channel,
			const struct channel_range ranges[], unsigned count,
			const void *payload, uint32_t bytes,
			uint64_t transaction_id);

/** Stage the completion of a packet that the host sent and wants completed. */
int channel_complete(struct vmbus_channel *channel, const void *payload,
		     uint32_t bytes, uint64_t transaction_id);

/**
 * Publish what was staged and ring the doorbell if the host waits for it.
 * @return whether it rang
 */
bool channel_flush(struct vmbus_channel *channel);

/** As ring_read(). After the last of a batch, call channel_received(). */
int channel_receive(struct vmbus_channel *channel, struct ring_packet *packet,
		    void *buffer, uint32_t size);

/** Release what was received, and ring if the host waits for that room. */
bool channel_received(struct vmbus_channel *channel);

/**
 * As ring_mask() and ring_unmask(), of the receive ring; what was received is
 * released first. Masking: any context.
 */
void channel_mask(struct vmbus_channel *channel);
bool channel_unmask(struct vmbus_channel *channel);

/** As ring_pending_send() and ring_room(), of the send ring. */
void channel_pending_send(struct vmbus_channel *channel, uint32_t bytes);
uint32_t channel_room(struct vmbus_channel *channel);

/** The bus and the platform under a channel, for a driver's waits and log. */
struct vmbus *channel_bus(const struct vmbus_channel *channel);
struct port *channel_port(const struct vmbus_channel *channel);

#endif /* HYPERV_CHANNEL_H */
