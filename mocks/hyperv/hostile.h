/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host that misbehaves on purpose: for tests of what a guest makes of it.
 *
 * The hooks see what the host is about to send and may change or lose it; the
 * rest puts bytes where only the host can, past all of its checks.
 */
#ifndef MOCKS_HYPERV_HOSTILE_H
#define MOCKS_HYPERV_HOSTILE_H

#include <stdbool.h>
#include <stdint.h>

#include "mocks/hyperv/partition.h"
#include "mocks/hyperv/vmbus.h"

/** Members may be NULL. */
struct host_hostile {
	void *context;
	/**
	 * A control message on its way to the guest. Its bytes may be changed,
	 * and their count, up to 240.
	 * @return false: it is lost
	 */
	bool (*message)(void *context, uint8_t *payload, uint32_t *bytes);
	/**
	 * A packet on its way into a ring, from descriptor to footer. Its bytes
	 * may be changed, not their count.
	 * @return false: it is lost, and the device thinks it was sent
	 */
	bool (*packet)(void *context, struct host_channel *channel,
		       uint8_t *bytes, uint32_t count);
};

/** @param hostile copied; NULL: behave again */
void host_hostile_set(struct host_vmbus *vmbus,
		      const struct host_hostile *hostile);

/**
 * Refuse hypercalls 0x5C and 0x5D: asked for each that is well formed, before
 * it has any effect; what is not 0 is its status. A NULL hook: never.
 */
void host_hostile_hypercalls(struct host_partition *partition,
			     uint16_t (*hook)(void *context, uint16_t code),
			     void *context);

/**
 * Send any bytes as a control message, to where the connection's messages go
 * (without one: to SINT 2 of vCPU 0). @return false: the guest takes none
 */
bool host_hostile_message(struct host_vmbus *vmbus, const void *payload,
			  uint32_t bytes);

/**
 * Put any bytes (a multiple of 8) into the ring to the guest, as they are, and
 * publish them; signal by the rules.
 * @return false: no room, or not open
 */
bool host_hostile_packet(struct host_channel *channel, const void *bytes,
			 uint32_t count);

/** The words of a ring's control page, as they lie there. */
enum host_hostile_word {
	HOST_HOSTILE_WRITE_INDEX = 0,
	HOST_HOSTILE_READ_INDEX = 4,
	HOST_HOSTILE_INTERRUPT_MASK = 8,
	HOST_HOSTILE_PENDING_SEND_SIZE = 12,
	HOST_HOSTILE_FEATURE_BITS = 64,
};

/**
 * Read or overwrite a word of a control page. What the host itself believes
 * does not change: it writes the right value again with its next packet.
 * @param to_guest the ring that the guest reads, or the one that it writes
 * @return false: not open
 */
bool host_hostile_word_get(struct host_channel *channel, bool to_guest,
			   enum host_hostile_word word, uint32_t *value);
bool host_hostile_word_set(struct host_channel *channel, bool to_guest,
			   enum host_hostile_word word, uint32_t value);

/**
 * Stop reading the ring from the guest, whatever its doorbells say, or go on.
 */
void host_hostile_stall(struct host_channel *channel, bool stalled);

/** Interrupt the guest for a channel, needed or not. @return whether it was */
bool host_hostile_signal(struct host_channel *channel);

#endif /* MOCKS_HYPERV_HOSTILE_H */
