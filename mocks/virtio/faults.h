/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lies of a virtio device: what real ones did once, or could do to a driver
 * that believes them.
 *
 * Two levels of chance, both from the machine's seed: in a run a fault is armed
 * or it is not, and an armed one fires at one in so many of its occasions. So a
 * run has a few faults that come again, not all of them at once.
 */
#ifndef MOCKS_VIRTIO_FAULTS_H
#define MOCKS_VIRTIO_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "mocks/machine/machine.h"

/** What of a run's frames a fault spares: nothing but their number is kept. */
enum host_virtio_harm {
	/** Frames may be lost; those that come are right and in order. */
	HOST_VIRTIO_LOSES,
	/** Frames may be changed, doubled or made up. */
	HOST_VIRTIO_CHANGES,
};

/*
 * F(number, name on the command line, harm, the rest of "a device that ...")
 */
/* clang-format off */
#define HOST_VIRTIO_FAULTS_TRANSPORT(F)                                        \
	F(MAGIC_WRONG, "magic-wrong", LOSES, "has another magic value (M1)")   \
	F(VERSION_LEGACY, "version-legacy", LOSES, "is of version 1 (M1)")     \
	F(VERSION_UNKNOWN, "version-unknown", LOSES, "is of version 3 (M1)")   \
	F(DEVICE_NONE, "device-none", LOSES, "is a placeholder (M1)")          \
	F(DEVICE_OTHER, "device-other", LOSES, "is no network card (M36)")     \
	F(GONE, "gone", LOSES, "is gone: all registers are ones")              \
	F(RESET_LATE, "reset-late", LOSES, "takes its time to reset (M2)")     \
	F(RESET_NEVER, "reset-never", LOSES, "never resets (M2)")              \
	F(FEATURES_NONE, "features-none", LOSES, "offers nothing (M5)")        \
	F(FEATURES_LEGACY, "features-legacy", LOSES,                           \
	  "does not offer VERSION_1 (M5)")                                     \
	F(FEATURES_DEPENDENT, "features-dependent", LOSES,                     \
	  "offers what needs features that it does not offer (M8)")            \
	F(FEATURES_REFUSED, "features-refused", LOSES,                         \
	  "does not keep FEATURES_OK (M7)")                                    \
	F(GENERATION_RESTLESS, "generation-restless", LOSES,                   \
	  "has another generation at each look (M13)")                         \
	F(QUEUE_NONE, "queue-none", LOSES, "has a queue of size 0 (M14)")      \
	F(QUEUE_ODD, "queue-odd", LOSES,                                       \
	  "has a queue whose size is no power of 2 (M14)")                     \
	F(QUEUE_HUGE, "queue-huge", LOSES,                                     \
	  "has a queue of 4294967295 (M14)")                                   \
	F(READY_STUCK, "ready-stuck", LOSES,                                   \
	  "says that a queue is in use already (M14)")                         \
	F(READY_IGNORED, "ready-ignored", LOSES,                               \
	  "does not take a queue (M15)")                                       \
	F(START_FAILS, "start-fails", LOSES,                                   \
	  "needs a reset as soon as it was started (M17)")                     \
	F(NEEDS_RESET, "needs-reset", LOSES, "needs a reset (M30)")            \
	F(STATUS_GARBAGE, "status-garbage", LOSES,                             \
	  "has status bits that mean nothing")

#define HOST_VIRTIO_FAULTS_CONFIG(F)                                           \
	F(MAC_ZERO, "mac-zero", LOSES, "has the address zero (M11)")           \
	F(MAC_MULTICAST, "mac-multicast", LOSES,                               \
	  "has the address of a group (M11)")                                  \
	F(MTU_ZERO, "mtu-zero", LOSES, "has the MTU 0 (M10)")                  \
	F(MTU_SMALL, "mtu-small", LOSES, "has the MTU 67 (M10)")               \
	F(MTU_HUGE, "mtu-huge", LOSES, "has the MTU 65535 (M10)")              \
	F(PAIRS_ZERO, "pairs-zero", LOSES, "has no pair of queues")            \
	F(PAIRS_HUGE, "pairs-huge", LOSES, "has 65535 pairs of queues")        \
	F(LINK_GARBAGE, "link-garbage", LOSES,                                 \
	  "has link status bits that mean nothing")                            \
	F(SPEED_GARBAGE, "speed-garbage", LOSES,                               \
	  "has a speed that is none")

#define HOST_VIRTIO_FAULTS_INTERRUPT(F)                                        \
	F(INTERRUPT_SPURIOUS, "interrupt-spurious", LOSES,                     \
	  "interrupts for nothing (M28)")                                      \
	F(INTERRUPT_LOST, "interrupt-lost", LOSES, "loses an interrupt (M44)") \
	F(INTERRUPT_STORM, "interrupt-storm", LOSES,                           \
	  "interrupts many times (M27)")                                       \
	F(CAUSE_UNDEFINED, "cause-undefined", LOSES,                           \
	  "has interrupt status bits that mean nothing (M29)")                 \
	F(CAUSE_NONE, "cause-none", LOSES,                                     \
	  "interrupts and does not say why (M28)")                             \
	F(CAUSE_STUCK, "cause-stuck", LOSES,                                   \
	  "forgets an acknowledgement (M28)")                                  \
	F(CONFIG_SPURIOUS, "config-spurious", LOSES,                           \
	  "tells a change that was none (M30)")                                \
	F(CONFIG_LOST, "config-lost", LOSES, "does not tell a change (M30)")   \
	F(ANNOUNCE_STORM, "announce-storm", LOSES,                             \
	  "wants to be announced again and again")

#define HOST_VIRTIO_FAULTS_USED(F)                                             \
	F(USED_ID_RANGE, "used-id-range", LOSES,                               \
	  "uses a buffer that no queue has (M22)")                             \
	F(USED_ID_WRONG, "used-id-wrong", CHANGES,                             \
	  "uses a buffer that it was not given (M22)")                         \
	F(USED_TWICE, "used-twice", CHANGES, "uses a buffer twice (M22)")      \
	F(USED_NEVER, "used-never", LOSES, "keeps a buffer")                   \
	F(USED_INDEX_JUMP, "used-index-jump", CHANGES,                         \
	  "moves the used index too far (M22)")                                \
	F(USED_INDEX_BACK, "used-index-back", CHANGES,                         \
	  "moves the used index back (M22)")                                   \
	F(USED_EARLY, "used-early", CHANGES,                                   \
	  "moves the used index before what it stands for (M24)")              \
	F(USED_LENGTH, "used-length", CHANGES,                                 \
	  "wrote more into a buffer than fits (M22)")                          \
	F(EVENT_GARBAGE, "event-garbage", LOSES,                               \
	  "wants to be told at a place that is none (M25)")                    \
	F(USED_FLAGS_GARBAGE, "used-flags-garbage", LOSES,                     \
	  "has ring flags that mean nothing (M45)")

#define HOST_VIRTIO_FAULTS_FRAMES(F)                                           \
	F(TX_LENGTH, "tx-length", LOSES,                                       \
	  "wrote into a frame that it was to send (M23)")                      \
	F(TX_DISCARD, "tx-discard", LOSES, "loses a frame (M23)")              \
	F(TX_STALLED, "tx-stalled", LOSES,                                     \
	  "sends nothing for seconds (M46)")                                   \
	F(RX_EMPTY, "rx-empty", LOSES, "received nothing (M22)")               \
	F(RX_SHORT, "rx-short", LOSES, "received half a header (M22)")         \
	F(RX_TWICE, "rx-twice", CHANGES, "receives a frame twice (M44)")       \
	F(BUFFERS_ZERO, "buffers-zero", LOSES,                                 \
	  "put a frame into no buffers (M21)")                                 \
	F(BUFFERS_HUGE, "buffers-huge", CHANGES,                               \
	  "put a frame into 65535 buffers (M21)")                              \
	F(BUFFERS_MORE, "buffers-more", CHANGES,                               \
	  "put a frame into a buffer more than it used (M21)")                 \
	F(RX_FLAGS_GARBAGE, "rx-flags-garbage", CHANGES,                       \
	  "has header flags that mean nothing (M35)")                          \
	F(GSO_GARBAGE, "gso-garbage", CHANGES,                                 \
	  "has a kind of segmentation that is none (M34)")                     \
	F(GSO_SIZE_ZERO, "gso-size-zero", CHANGES,                             \
	  "has segments of no length (M34)")                                   \
	F(CHECKSUM_OUTSIDE, "checksum-outside", CHANGES,                       \
	  "wants a checksum outside of the frame (M35)")                       \
	F(CHECKSUM_LIES, "checksum-lies", CHANGES,                             \
	  "vouches for a broken frame (M35)")

#define HOST_VIRTIO_FAULTS_CONTROL(F)                                          \
	F(CONTROL_FAILS, "control-fails", LOSES, "refuses a command")          \
	F(CONTROL_GARBAGE, "control-garbage", LOSES,                           \
	  "answers a command with what means nothing")                         \
	F(CONTROL_NEVER, "control-never", LOSES, "never answers a command")    \
	F(CONTROL_LATE, "control-late", LOSES,                                 \
	  "answers a command when nobody waits any more")
/* clang-format on */

#define HOST_VIRTIO_FAULTS_ALL(F)                                              \
	HOST_VIRTIO_FAULTS_TRANSPORT(F)                                        \
	HOST_VIRTIO_FAULTS_CONFIG(F)                                           \
	HOST_VIRTIO_FAULTS_INTERRUPT(F)                                        \
	HOST_VIRTIO_FAULTS_USED(F)                                             \
	HOST_VIRTIO_FAULTS_FRAMES(F)                                           \
	HOST_VIRTIO_FAULTS_CONTROL(F)

#define HOST_VIRTIO_FAULT_NUMBER(number, name, harm, text)                     \
	HOST_VIRTIO_FAULT_##number,
enum host_virtio_fault {
	HOST_VIRTIO_FAULTS_ALL(HOST_VIRTIO_FAULT_NUMBER) HOST_VIRTIO_FAULTS
};
#undef HOST_VIRTIO_FAULT_NUMBER

struct host_virtio_faults {
	/** It fires at one in so many occasions; 0: it is not armed. */
	uint32_t one_in[HOST_VIRTIO_FAULTS];
};

/** As on the command line, "used-twice"; what it does, in a sentence's rest. */
const char *host_virtio_fault_name(enum host_virtio_fault fault);
const char *host_virtio_fault_text(enum host_virtio_fault fault);
enum host_virtio_harm host_virtio_fault_harm(enum host_virtio_fault fault);
/** @return false: there is no such fault */
bool host_virtio_fault_find(const char *name, enum host_virtio_fault *fault);

/**
 * Draw the faults of a run from the machine's seed.
 * @param armed_one_in how many faults there are to one that is armed; 0: none
 * @param fires_one_in how often an armed one fires: one in 1 to that many
 */
void host_virtio_faults_draw(struct machine *machine,
			     struct host_virtio_faults *faults,
			     uint32_t armed_one_in, uint32_t fires_one_in);

#endif /* MOCKS_VIRTIO_FAULTS_H */
