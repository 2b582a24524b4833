/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parts of the VMBus server know of each other: vmbus.c (messages in
 * and out), connection.c, offer.c, gpadl.c, channel.c.
 */
#ifndef MOCKS_HYPERV_VMBUS_INTERNAL_H
#define MOCKS_HYPERV_VMBUS_INTERNAL_H

#include "mocks/hyperv/hostile.h"
#include "mocks/hyperv/memory_internal.h"
#include "mocks/hyperv/partition.h"
#include "mocks/hyperv/partition_wire.h"
#include "mocks/hyperv/ring_internal.h"
#include "mocks/hyperv/vmbus.h"
#include "mocks/hyperv/vmbus_wire.h"

/** A channel's number, its event flag too: 1 to 2047. */
#define HOST_RELIDS	  2048u
/** Posted messages that wait for the server; more get status 0x13. */
#define HOST_INCOMING_MAX 16u

/** A list of guest memory that is being described, message by message. */
struct host_partial {
	struct host_partial *next;
	/** NULL: refused already; what comes of it is swallowed. */
	struct host_channel *channel;
	uint32_t handle;
	uint32_t range_count;
	/** Words of eight bytes: range headers and page numbers. */
	uint32_t words, words_there;
	le64 *word;
};

struct host_gpadl_range {
	uint32_t offset, bytes, first_page;
};

struct host_gpadl {
	struct host_gpadl *next;
	struct host_vmbus *vmbus;
	struct machine *machine;
	/**
	 * NULL when the connection ended under a device that still holds it.
	 */
	struct host_channel *channel;
	uint32_t handle;
	unsigned holds;
	/** The guest asked for it back. */
	bool teardown;
	uint32_t bytes;
	uint32_t range_count;
	struct host_gpadl_range *ranges;
	uint32_t page_count;
	uint8_t **pages;
};

enum host_channel_state {
	/** The guest does not know of it. */
	HOST_CHANNEL_HIDDEN,
	HOST_CHANNEL_CLOSED,
	HOST_CHANNEL_OPEN,
	/** Rescinded: it lives on until the guest released its number. */
	HOST_CHANNEL_REVOKED,
};

struct host_channel {
	struct host_vmbus *vmbus;
	struct host_channel *next;
	struct host_offer offer;
	const struct host_device_operations *operations;
	void *device;
	enum host_channel_state state;
	uint32_t relid;
	struct host_gpadl *gpadls;

	/* While it is open. */
	struct host_gpadl *ring_gpadl;
	struct host_ring from_guest, to_guest;
	struct host_ring_buffer buffer;
	/** NULL: nobody watches. */
	struct host_ring_check *check;
	unsigned cpu;
	bool interrupts;
	/** A corrupt ring: nothing is read or written any more. */
	bool corrupt;
	/** A test wants the guest's ring not to be read, see hostile.h. */
	bool stalled;
	/** The guest's doorbells are masked while the host reads. */
	bool draining;
	/** What a device could not send: it waits for so much room. */
	uint32_t wanted;
	uint8_t user[HOST_VMBUS_USER_BYTES];
	struct machine_event latency;
	struct machine_work work;
	uint64_t doorbells, doorbells_unneeded, signals;
};

/** A message that the guest posted. */
struct host_incoming {
	uint32_t connection_id;
	uint32_t bytes;
	uint8_t payload[HOST_MESSAGE_BYTES_MAX];
};

struct host_vmbus {
	struct host_partition *partition;
	struct machine *machine;
	const struct host_personality *personality;
	enum host_strictness strictness;
	struct host_hostile hostile;
	/** A doorbell is heard after the personality's latency. */
	bool latency;

	struct host_incoming incoming[HOST_INCOMING_MAX];
	unsigned incoming_first, incoming_count;
	struct machine_work work;

	/* The connection; version 0 is none. */
	uint32_t version;
	unsigned cpu, sint;
	uint64_t interrupt_page;
	bool offers_requested;

	/** In the order in which they are offered. */
	struct host_channel *channels;
	struct host_channel *by_relid[HOST_RELIDS];
	struct host_partial *partials;
	unsigned partial_count, gpadl_count;
	struct machine_event late_offer;
	struct host_channel *late_channel;
};

/* vmbus.c */
bool host_vmbus_post(struct host_vmbus *vmbus, const void *payload,
		     uint32_t bytes);
void host_vmbus_send(struct host_vmbus *vmbus, enum host_vmbus_message type,
		     void *message, uint32_t bytes);

/* connection.c */
void host_vmbus_initiate(struct host_vmbus *vmbus, uint32_t connection_id,
			 const struct host_msg_initiate_contact *message);
void host_vmbus_unload(struct host_vmbus *vmbus, const void *message,
		       uint32_t bytes);
/** End the connection, if there is one: channels closed, memory forgotten. */
void host_vmbus_disconnect(struct host_vmbus *vmbus);
void host_vmbus_signal_shared(struct host_vmbus *vmbus);
/** Interrupt the guest for a channel. */
bool host_vmbus_interrupt(struct host_channel *channel);

/* offer.c */
void host_vmbus_request_offers(struct host_vmbus *vmbus, const void *message,
			       uint32_t bytes);
void host_vmbus_relid_released(struct host_vmbus *vmbus, const void *message,
			       uint32_t bytes);
/** What the guest means by a number, or NULL. */
struct host_channel *host_channel_by_relid(const struct host_vmbus *vmbus,
					   uint32_t relid);
uint32_t host_channel_event_connection(const struct host_channel *channel);
/** The guest knows nothing of any channel any more. */
void host_offers_forget(struct host_vmbus *vmbus);
void host_offers_destroy(struct host_vmbus *vmbus);
void host_late_offer_fire(void *argument);

/* gpadl.c */
void host_vmbus_gpadl_header(struct host_vmbus *vmbus, const void *message,
			     uint32_t bytes);
void host_vmbus_gpadl_body(struct host_vmbus *vmbus, const void *message,
			   uint32_t bytes);
void host_vmbus_gpadl_teardown(struct host_vmbus *vmbus, const void *message,
			       uint32_t bytes);
/** Forget what the guest began to describe for a channel (NULL: for all). */
void host_partials_drop(struct host_vmbus *vmbus, struct host_channel *channel);
/**
 * Answer what the guest began to describe for a channel with failures. It stays
 * known as refused, since its bodies may be on their way.
 */
void host_partials_refuse(struct host_channel *channel);
/** Answer the teardowns that waited for the channel to be closed. */
void host_gpadls_release(struct host_channel *channel);
/** Let go of all lists of a channel without a word to the guest. */
void host_gpadls_drop(struct host_channel *channel);

/* channel.c */
void host_vmbus_open(struct host_vmbus *vmbus, const void *message,
		     uint32_t bytes);
void host_vmbus_close(struct host_vmbus *vmbus, const void *message,
		      uint32_t bytes);
void host_vmbus_modify(struct host_vmbus *vmbus, const void *message,
		       uint32_t bytes);
void host_channel_create_parts(struct host_channel *channel);
/** Close an open channel; the device hears of it. */
void host_channel_close(struct host_channel *channel);
/** Stop its work without a word to anybody: it is about to be freed. */
void host_channel_silence(struct host_channel *channel);
/** Record a packet to the guest as it lies in the ring, whatever it is. */
void host_channel_trace(const struct host_channel *channel,
			const uint8_t *whole, uint32_t bytes);
/** The guest rang for this channel. */
void host_channel_doorbell(struct host_channel *channel);

#endif /* MOCKS_HYPERV_VMBUS_INTERNAL_H */
