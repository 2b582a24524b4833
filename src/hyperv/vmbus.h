/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VMBus: the connection to the host, the channels that it offers, and the
 * messages that make and end them. The messages are in vmbus_messages.h,
 * opening and using a channel in channel.h, giving it memory in gpadl.h.
 */
#ifndef HYPERV_VMBUS_H
#define HYPERV_VMBUS_H

#include "hyperv/hyperv.h"
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

/** How many channels one bus keeps track of; further offers are released. */
#define VMBUS_CHANNELS_MAX 32u
/** How long the host may take to answer a message, in nanoseconds. */
#define VMBUS_ANSWER_TIME  5000000000ull
/** How long it may take to answer UNLOAD (it may have disks to flush). */
#define VMBUS_UNLOAD_TIME  100000000000ull

struct vmbus_channel;

struct vmbus_configuration {
	/** The highest version to try; 0 for the highest known. */
	uint32_t version_max;
	/** Called in interrupt context when messages wait for vmbus_poll(). */
	void (*wake)(void *context);
	void *context;
};

/*
 * The members of struct vmbus and struct vmbus_channel are defined here since
 * drivers embed or walk them; only vmbus.c, channel.c and gpadl.c touch them.
 */

/**
 * Connect: SynIC on each vCPU, version, offers. Returns after ALL_OFFERS.
 *
 * @param hyperv attached, outlives the connection
 * @return 0; ERROR_NOT_SUPPORTED when no version suits both; ERROR_TIMED_OUT;
 *	ERROR_NO_MEMORY; ERROR_PROTOCOL
 */
int vmbus_connect(struct vmbus *bus, struct hyperv *hyperv,
		  const struct vmbus_configuration *configuration);

/**
 * Say UNLOAD, wait for the answer, and turn the SynIC off. All channels must be
 * closed and released.
 */
void vmbus_disconnect(struct vmbus *bus);

/**
 * Read and dispatch the messages that wait on any vCPU: offers, rescinds and
 * answers, in any order. Every wait of the driver calls it; so must a card's
 * owner now and then, or after wake().
 */
void vmbus_poll(struct vmbus *bus);

/** The version that was agreed on. */
uint32_t vmbus_version(const struct vmbus *bus);

/**
 * Find an offered channel that nobody claimed, in the order of their offers.
 *
 * @param interface the class of device
 * @return a channel, now the caller's until vmbus_release(), or NULL
 */
struct vmbus_channel *vmbus_claim(struct vmbus *bus,
				  const struct guid *interface);

/**
 * Give a claimed, closed channel back. One that the host rescinded is released
 * to it (RELID_RELEASED), exactly once.
 */
void vmbus_release(struct vmbus_channel *channel);

/** Whether the host took the channel away; checked as often as the caller
 * likes. */
bool vmbus_rescinded(const struct vmbus_channel *channel);

#endif /* HYPERV_VMBUS_H */
