/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VMBus: the connection to the host, the channels that it offers, and the
 * messages that make and end them. The messages are in vmbus_messages.h,
 * opening and using a channel in channel.h, giving it memory in gpadl.h.
 */
#ifndef HYPERV_VMBUS_H
#define HYPERV_VMBUS_H

#include <stdatomic.h>

#include "hyperv/gpadl.h"
#include "hyperv/hyperv.h"
#include "hyperv/ring.h"
#include "hyperv/synic.h"

/** Versions, major in the upper half. */
#define VMBUS_VERSION_WIN8    0x00020004u /* Windows Server 2012 */
#define VMBUS_VERSION_WIN8_1  0x00030000u /* Windows Server 2012 R2 */
#define VMBUS_VERSION_WIN10   0x00040000u /* Windows Server 2016 */
#define VMBUS_VERSION_WIN10_1 0x00040001u
#define VMBUS_VERSION_WIN10_5 0x00050000u
#define VMBUS_VERSION_RS4     0x00050001u
#define VMBUS_VERSION_RS5     0x00050002u /* Windows Server 2019 */
#define VMBUS_VERSION_IRON    0x00050003u /* Windows Server 2022 */

/** How many channels one bus can use; further offers are refused. */
#define VMBUS_CHANNELS_MAX 32u
/** How many pieces of memory that the host did not let go it keeps track of. */
#define VMBUS_KEPT_MAX	   16u
/** How long the host may take to answer a message, in nanoseconds. */
#define VMBUS_ANSWER_TIME  5000000000ull
/** How long it may take to answer what it was asked before it rescinded. */
#define VMBUS_RESCIND_TIME 1000000000ull
/** How long it may take to answer UNLOAD (it may have disks to flush). */
#define VMBUS_UNLOAD_TIME  100000000000ull

struct vmbus;

struct vmbus_configuration {
	/** The highest version to try; 0 for the highest known. */
	uint32_t version_max;
	/** Called in interrupt context when messages wait for vmbus_poll(). */
	void (*wake)(void *context);
	void *context;
};

/*
 * The members of struct vmbus and struct vmbus_channel are defined here since
 * drivers embed or walk them; only vmbus.c, offer.c, channel.c and gpadl.c
 * touch them.
 */

enum vmbus_channel_state {
	VMBUS_CHANNEL_CLOSED,
	VMBUS_CHANNEL_OPEN,
	/** Closed, and its rings are still shown to the host. */
	VMBUS_CHANNEL_SHOWN,
};

/** A channel that the host offers: one entry of its bus's table. */
struct vmbus_channel {
	struct vmbus *bus;
	struct guid interface, instance;
	/** The host's name for it, also its event flag; 0: a free entry. */
	uint32_t relid;
	/** Where its doorbell is. */
	uint32_t connection_id;
	/** 0 for the first channel of a device. */
	uint16_t subchannel_index;
	/** Counts offers, the oldest first. */
	uint64_t order;
	bool claimed;
	/** The host took it away. Set by vmbus_poll(), read by any thread. */
	atomic_bool rescinded;
	/**
	 * The host did not confirm that it let go of a list of the channel's.
	 */
	bool lists_stay;
	/** The host would not hear that the channel is closed. */
	bool close_due;

	/** The rest is channel.c's. */
	enum vmbus_channel_state state;
	struct ring send, receive;
	struct gpadl gpadl;
	void *memory;
	uint32_t pages;
	/** Holds signalled and context still while the interrupt uses them. */
	struct port_lock lock;
	void (*signalled)(void *context);
	void *context;
};

/** What the driver waits for; one at a time, as control calls are serial. */
struct vmbus_answer {
	/** Type of the message, 0 when nothing is waited for. */
	uint32_t type;
	/** What it must say: 0 where the message has no such member. */
	uint32_t relid, id;
	bool arrived;
	/** What it said: 0 for success. */
	uint32_t status;
	/** VERSION_RESPONSE: where later messages are posted to. */
	uint32_t connection_id;
};

/** A connection; its memory is the owner's, vmbus_connect() zeroes it. */
struct vmbus {
	struct hyperv *hyperv;
	struct vmbus_configuration configuration;
	struct synic synic;
	uint32_t version;
	/** Where messages are posted to. */
	uint32_t message_connection;
	struct vmbus_answer answer;
	uint32_t gpadl_next, open_id_last;
	/** Lists that the host was asked to let go of. */
	struct gpadl *gpadls_asked;
	uint64_t offers;
	/** Messages of the host that made no sense. */
	uint64_t messages_ignored;
	/** UNLOAD was said: nothing is posted any more. */
	bool unloading;
	/** Relids of refused offers, until the host rescinds them. */
	uint32_t refused[SYNIC_EVENT_FLAGS / 32];
	/** Relids that are the host's again, but it had no room to hear so. */
	unsigned releases_due;
	uint32_t release_due[SYNIC_EVENT_FLAGS / 32];
	struct vmbus_channel channels[VMBUS_CHANNELS_MAX];
	/** Entry of a relid in channels, plus 1; 0 for none. */
	_Atomic uint8_t entry_of_relid[SYNIC_EVENT_FLAGS];
	/** Memory that the host may still write to, see vmbus_keep(). */
	struct vmbus_kept {
		void *memory;
		size_t pages;
	} kept[VMBUS_KEPT_MAX];
};

/**
 * Connect: SynIC on each vCPU, version, offers. Returns after ALL_OFFERS.
 *
 * @param hyperv attached, outlives the connection
 * @param configuration copied
 * @return 0; ERROR_NOT_SUPPORTED when no version suits both; ERROR_TIMED_OUT;
 *	ERROR_NO_MEMORY; ERROR_NO_SPACE when there is no interrupt vector;
 *	ERROR_IO when the host refuses messages. Nothing is left on any error
 */
int vmbus_connect(struct vmbus *bus, struct hyperv *hyperv,
		  const struct vmbus_configuration *configuration);

/**
 * Say UNLOAD, wait for the answer, and turn the SynIC off. All channels must be
 * closed and released. Kept memory is freed once the host answered.
 */
void vmbus_disconnect(struct vmbus *bus);

/**
 * Read and dispatch the messages that wait on any vCPU: offers, rescinds and
 * answers, in any order. Every wait of the driver calls it; so must a card's
 * owner now and then, or after wake(). It never waits itself, and does nothing
 * on a bus that is not connected.
 */
void vmbus_poll(struct vmbus *bus);

/** The version that was agreed on. */
uint32_t vmbus_version(const struct vmbus *bus);

/**
 * Find an offered channel that nobody claimed, in the order of their offers.
 * Only a device's first channel is found, no subchannel.
 *
 * @param interface the class of device
 * @return a channel, now the caller's until vmbus_release(), or NULL
 */
struct vmbus_channel *vmbus_claim(struct vmbus *bus,
				  const struct guid *interface);

/**
 * Give a claimed, closed channel back. One that the host rescinded is released
 * to it (RELID_RELEASED), exactly once; or never, if the host did not let go of
 * all memory that it was shown through it.
 */
void vmbus_release(struct vmbus_channel *channel);

/**
 * Whether the host took the channel away; checked as often as the caller likes.
 */
bool vmbus_rescinded(const struct vmbus_channel *channel);

/**
 * Take charge of pages that the host did not let go of in time
 * (gpadl_teardown() returned false). They are freed when the host confirms the
 * end of the connection, and until then never used.
 */
void vmbus_keep(struct vmbus *bus, void *memory, size_t pages);

/* ---- For channel.c, gpadl.c and offer.c ---- */

/**
 * Post a message, again and again while the host has no room for it; what
 * arrives in between is dispatched.
 * @return 0, ERROR_TIMED_OUT, ERROR_IO
 */
int vmbus_post(struct vmbus *bus, const void *message, size_t bytes);

/** The same, once; ERROR_AGAIN when the host has no room. */
int vmbus_try_post(struct vmbus *bus, const void *message, size_t bytes);

/**
 * Say which answer will be waited for: before the question is posted.
 * @param type of enum vmbus_message_type
 * @param relid,id that the answer must carry, 0 where it has no such member
 */
void vmbus_expect(struct vmbus *bus, uint32_t type, uint32_t relid,
		  uint32_t id);

/**
 * Wait for it, dispatching all other messages meanwhile.
 *
 * @param channel whose rescind ends the wait, or NULL
 * @param status out: what the answer said, 0 for success
 * @param time in nanoseconds
 * @return 0; ERROR_NO_DEVICE when the channel was rescinded; ERROR_TIMED_OUT.
 *	After an error the answer is still expected, so that a caller may wait
 *	on
 */
int vmbus_wait(struct vmbus *bus, const struct vmbus_channel *channel,
	       uint64_t time, uint32_t *status);

/** Expect no answer any more; one that comes late is ignored. */
void vmbus_forget(struct vmbus *bus);

#endif /* HYPERV_VMBUS_H */
