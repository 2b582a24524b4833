/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The synthetic interrupt controller, as VMBus uses it: one source, SINT 2, on
 * each vCPU, with a slot for messages and 2048 event flags (TLFS 11).
 */
#ifndef HYPERV_SYNIC_H
#define HYPERV_SYNIC_H

#include <stdatomic.h>

#include "hyperv/hyperv.h"

/** The source that is VMBus's. */
#define SYNIC_SINT	  2u
/** Event flags of one source. */
#define SYNIC_EVENT_FLAGS 2048u
/** Bytes of a message's payload, at most. */
#define SYNIC_PAYLOAD_MAX 240u

/** Type of the messages of VMBus channels; others are not VMBus's. */
#define SYNIC_MESSAGE_CHANNEL 1u

/** A message, copied out of its slot. */
struct synic_message {
	uint32_t type;
	/**
	 * Bytes of payload; 0 if the host said more than there can be. Zeroes
	 * follow them.
	 */
	uint32_t bytes;
	uint8_t payload[SYNIC_PAYLOAD_MAX];
};

/** Who is told; both are called in interrupt context, on the vCPU concerned. */
struct synic_handler {
	/** An event flag was set, and is cleared already. */
	void (*event)(void *context, unsigned flag);
	/** A message waits in this vCPU's slot. */
	void (*message)(void *context);
	void *context;
};

/** The SynICs of all vCPUs; zeroed before synic_enable(). */
struct synic {
	struct hyperv *hyperv;
	struct synic_handler handler;
	/** Two pages for each vCPU: messages, then event flags. */
	uint8_t *pages;
	/** A bit for each of the 64 words of event flags: worth a look. */
	_Atomic uint64_t watched;
	uint8_t vector;
	/** The handler itself says that the interrupt is done with. */
	bool handler_ends_interrupt;
	/** A register did not become what was written to it. */
	bool refused;
};

/**
 * Turn the SynIC of each vCPU on and unmask the source.
 *
 * @param handler copied
 * @return 0; ERROR_NO_MEMORY; ERROR_NO_SPACE when there is no interrupt vector;
 *	ERROR_IO when a register does not take what is written to it. On an
 *	error nothing is left on
 */
int synic_enable(struct synic *synic, struct hyperv *hyperv,
		 const struct synic_handler *handler);

/** Turn it off again in reverse order; no handler runs after this returned. */
void synic_disable(struct synic *synic);

/** Whether a message waits in a vCPU's slot. Any context. */
bool synic_message_waits(struct synic *synic, unsigned cpu);

/**
 * Copy a message out of a vCPU's slot and free the slot for the next (TLFS
 * 11.10.3: the type is cleared, then the pending flag is looked at, then EOM).
 *
 * @return false when there is none
 */
bool synic_take(struct synic *synic, unsigned cpu,
		struct synic_message *message);

/** Look at this event flag from now on. @param flag below SYNIC_EVENT_FLAGS */
void synic_watch(struct synic *synic, unsigned flag);

/** Forget that an event flag of a vCPU is set: it may be another's, of old. */
void synic_event_clear(struct synic *synic, unsigned cpu, unsigned flag);

#endif /* HYPERV_SYNIC_H */
