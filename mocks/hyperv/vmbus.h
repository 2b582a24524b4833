/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's end of VMBus: connection, offers, GPADLs, channels and their
 * rings, as the devices behind them see it.
 */
#ifndef MOCKS_HYPERV_VMBUS_H
#define MOCKS_HYPERV_VMBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mocks/hyperv/personality.h"
#include "mocks/machine/checker.h"
#include "mocks/machine/machine.h"

struct host_partition;
struct host_vmbus;
struct host_channel;

/** How the host treats what a guest should not have done. */
enum host_strictness {
	/**
	 * As the real one: a corrupt ring or an impossible message ends the
	 * device.
	 */
	HOST_STRICT,
	/** Each such thing is refused alone and the device lives on. */
	HOST_LENIENT,
};

/* ---- The server ---- */

struct host_vmbus *host_vmbus_create(struct host_partition *partition,
				     const struct host_personality *personality,
				     enum host_strictness strictness);
void host_vmbus_destroy(struct host_vmbus *vmbus);

/**
 * Whether the host hears a doorbell only after its personality's latency in
 * virtual time; otherwise, as at first, when the machine's schedule has it.
 */
void host_vmbus_latency_set(struct host_vmbus *vmbus, bool latency);

/** The version agreed on, 0 while not connected. */
uint32_t host_vmbus_version(const struct host_vmbus *vmbus);
struct machine *host_vmbus_machine(const struct host_vmbus *vmbus);
struct host_partition *host_vmbus_partition(const struct host_vmbus *vmbus);
enum host_strictness host_vmbus_strictness(const struct host_vmbus *vmbus);
const struct host_personality *
host_vmbus_personality(const struct host_vmbus *vmbus);

/** Guest memory that a connection still shows to the host: GPADLs that live. */
unsigned host_vmbus_gpadls(const struct host_vmbus *vmbus);

/* ---- Channels ---- */

struct host_guid {
	uint8_t bytes[16];
};

/** What a guest put into a ring: copied out, checked for its framing only. */
struct host_packet {
	uint16_t type;
	bool completion_requested;
	uint64_t transaction_id;
	/** Ranges of a GPA-direct packet: the bytes behind the fixed header. */
	uint32_t range_count;
	const uint8_t *ranges;
	uint32_t range_bytes;
	const uint8_t *payload;
	uint32_t payload_bytes;
};

/** Ring packet types as the host writes them. */
enum host_packet_type {
	HOST_PACKET_INBAND = 6,
	HOST_PACKET_TRANSFER_PAGES = 7,
	HOST_PACKET_GPA_DIRECT = 9,
	HOST_PACKET_CANCEL = 10,
	HOST_PACKET_COMPLETION = 11,
};

/** A device behind a channel. */
struct host_device_operations {
	/** The guest opened the channel. @return false: refuse it */
	bool (*opened)(void *device, struct host_channel *channel);
	/**
	 * The guest closed it, the connection ended, or it was rescinded while
	 * open. Lists that the device held are dropped now.
	 */
	void (*closed)(void *device, struct host_channel *channel);
	/** One packet of the guest's. */
	void (*packet)(void *device, struct host_channel *channel,
		       const struct host_packet *packet);
	/** The guest made room in the ring to it, after HOST_SEND_FULL. */
	void (*room)(void *device, struct host_channel *channel);
	/** The guest's ring is corrupt; nothing more will be read from it. */
	void (*corrupt)(void *device, struct host_channel *channel);
};

struct host_offer {
	struct host_guid interface, instance;
	uint16_t flags;
	uint16_t subchannel_index;
	/** 0 to 127, or 255 for none. */
	uint8_t monitor_id;
};

/** Offer a channel, now or when the guest asks; lives until it is rescinded. */
struct host_channel *
host_channel_offer(struct host_vmbus *vmbus, const struct host_offer *offer,
		   const struct host_device_operations *operations,
		   void *device);
/**
 * Take it away from the guest; the channel is gone for its device on return,
 * and so are its subchannels (same instance, index above 0), which go first.
 * Of each that is open closed() is called.
 */
void host_channel_rescind(struct host_channel *primary);

bool host_channel_is_open(const struct host_channel *channel);

/** Its number for the guest, 0 while the guest does not know it. */
uint32_t host_channel_relid(const struct host_channel *channel);
/** The vCPU that its interrupts go to. */
unsigned host_channel_cpu(const struct host_channel *channel);
/** The 120 bytes that the guest sent with OPEN. */
const uint8_t *host_channel_user_data(const struct host_channel *channel);
/** Lists of guest memory of this channel's: with that of its ring. */
unsigned host_channel_gpadls(const struct host_channel *channel);
/**
 * Doorbells of the guest so far; those that found nothing to do; and signals to
 * the guest.
 */
uint64_t host_channel_doorbells(const struct host_channel *channel);
uint64_t host_channel_doorbells_unneeded(const struct host_channel *channel);
uint64_t host_channel_signals(const struct host_channel *channel);

enum host_send_result { HOST_SEND_DONE, HOST_SEND_FULL, HOST_SEND_CLOSED };

/**
 * Write a packet to the guest and signal it by the rules. When the guest broke
 * the ring, corrupt() is called before this returns HOST_SEND_CLOSED.
 * @param header what lies between descriptor and payload (type 7: page set,
 *	range count, ranges), header_bytes a multiple of 8
 * @return HOST_SEND_FULL: room() is called when there is room for as much
 */
enum host_send_result
host_channel_send(struct host_channel *channel, uint16_t type,
		  bool completion_requested, uint64_t transaction_id,
		  const void *header, uint32_t header_bytes,
		  const void *payload, uint32_t payload_bytes);

/** Free bytes of the ring to the guest. */
uint32_t host_channel_room(const struct host_channel *channel);
/** Read at once what the guest has published, however long the host would take.
 */
void host_channel_read(struct host_channel *channel);

/* ---- Memory that the guest showed ---- */

struct host_gpadl;

/**
 * A list by its handle, if it is complete, alive, and of this channel's; or
 * NULL.
 */
struct host_gpadl *host_gpadl_find(struct host_channel *channel,
				   uint32_t handle);
/** Hold a list: its TORNDOWN waits until the device lets go. */
void host_gpadl_hold(struct host_gpadl *gpadl);
void host_gpadl_drop(struct host_gpadl *gpadl);
/**
 * Bytes of the list, all its ranges together, and whether it is one aligned
 * range.
 */
uint32_t host_gpadl_bytes(const struct host_gpadl *gpadl);
bool host_gpadl_is_aligned(const struct host_gpadl *gpadl);
/** Copy; false when out of bounds. */
bool host_gpadl_read(struct host_gpadl *gpadl, uint32_t offset, void *to,
		     uint32_t bytes);
bool host_gpadl_write(struct host_gpadl *gpadl, uint32_t offset,
		      const void *from, uint32_t bytes);
/** Let a checker watch its pages, or no longer. */
void host_gpadl_watch(struct host_gpadl *gpadl,
		      const struct machine_watch *watch, bool on);

#endif /* MOCKS_HYPERV_VMBUS_H */
