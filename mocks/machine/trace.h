/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What passes between a guest and its hypervisor, as it happens, for those who
 * record it or compare it.
 *
 * The machine tells of what leaves the guest by an exit and of interrupts; the
 * hosts tell of what they take out of guest memory and put there: messages,
 * packets of rings, descriptors, frames. Nothing is kept here, and a machine
 * that nobody traces pays one test of a pointer.
 */
#ifndef MOCKS_MACHINE_TRACE_H
#define MOCKS_MACHINE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

struct machine;

enum trace_kind {
	/* Exits. A write goes from the guest, the value of a read to it. */
	TRACE_CPUID,	 /* address: leaf; value: subleaf; bytes: 4 words */
	TRACE_MSR,	 /* address: number; value */
	TRACE_HYPERCALL, /* address: control; value: result; other: input */
	TRACE_PORT,	 /* place; address in it; value; width */
	TRACE_MMIO,	 /* the same */
	/* Interrupts. */
	TRACE_VECTOR, /* address: vector; cpu */
	TRACE_LINE,   /* address: line; value: 1 up, 0 down, 2 an edge */
	TRACE_MSI,    /* address, value: the message */
	/* Hyper-V. */
	TRACE_MESSAGE, /* address: connection, or SINT; bytes: the payload */
	TRACE_EVENT,   /* address: connection, or SINT; value: flag */
	/*
	 * queue: channel; value: type; other: flags; address: transaction;
	 * width: bytes of descriptor and headers; bytes: behind the descriptor
	 */
	TRACE_PACKET,
	TRACE_RNDIS, /* queue: channel; address: section, or offset; bytes */
	/* Rings of descriptors. */
	TRACE_DESCRIPTOR, /* place: which ring; queue; address: index; bytes */
	/* What the card sent, or was handed. */
	TRACE_FRAME, /* bytes */
	/* What somebody says about it. */
	TRACE_RULE, /* text: a rule that the guest broke */
	TRACE_NOTE, /* text */
	TRACE_KINDS,
};

enum trace_direction {
	TRACE_FROM_GUEST,
	TRACE_TO_GUEST,
};

/** One event; what it points to lives as long as the call. */
struct trace_event {
	enum trace_kind kind;
	enum trace_direction direction;
	/** Filled in by the machine: virtual nanoseconds, vCPU. */
	uint64_t time;
	unsigned cpu;
	uint32_t queue;
	const char *place;
	uint64_t address, value, other;
	unsigned width;
	const uint8_t *bytes;
	uint32_t length;
	const char *text;
	/** What a reader is to know of it, one line; NULL: nothing. */
	const char *comment;
};

/** Who is told. */
struct trace_observer {
	void (*event)(void *context, const struct trace_event *event);
	/** See machine_trace_failure(); may be NULL. */
	void (*failure)(void *context, const char *sentence);
	void *context;
};

/** From now on an observer is told of each event; NULL: nobody. */
void machine_trace_to(struct machine *machine,
		      const struct trace_observer *observer);

/** Whether anybody listens: for those who must prepare what they tell. */
bool machine_is_traced(const struct machine *machine);

/** Tell of an event; its time and vCPU are filled in. */
void machine_trace(struct machine *machine, const struct trace_event *event);

/* What the world does to a card; each host has notes of its own besides. */
#define TRACE_NOTE_LINK_UP   "the link goes up"
#define TRACE_NOTE_LINK_DOWN "the link goes down"
#define TRACE_NOTE_SPEED     "the speed is %u Mb/s"
#define TRACE_NOTE_REMOVE    "the card is removed"
/** Where one was that is gone, or that failed for good. */
#define TRACE_NOTE_INSERT    "another card is there"

/** Tell of what is done to the guest's machine from outside. */
void machine_trace_note(struct machine *machine, const char *text);

/**
 * Something was found not to hold, for whoever wants to know where in the trace
 * that was: at the event that was told last.
 */
void machine_trace_failure(struct machine *machine, const char *sentence);

#endif /* MOCKS_MACHINE_TRACE_H */
