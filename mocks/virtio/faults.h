/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lies of a virtio device: what real ones did once, or could do to a driver
 * that believes them. "M12" is a line of the list of what drivers got wrong;
 * "synthetic" is what no device is known to have done, and nothing keeps it
 * from doing.
 */
#ifndef MOCKS_VIRTIO_FAULTS_H
#define MOCKS_VIRTIO_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * F(number, name on the command line, layer, CHANGES if frames may be changed,
 *   doubled or made up, else LOSES; what a device does, source)
 */
/* clang-format off */
#define HOST_VIRTIO_FAULTS_TRANSPORT(F)                                        \
	F(MAGIC_WRONG, "magic-wrong", "transport", LOSES,                      \
	  "has another magic value", "M1")                                     \
	F(VERSION_LEGACY, "version-legacy", "transport", LOSES,                \
	  "is of version 1", "M1")                                             \
	F(VERSION_UNKNOWN, "version-unknown", "transport", LOSES,              \
	  "is of version 3", "M1")                                             \
	F(DEVICE_NONE, "device-none", "transport", LOSES,                      \
	  "is a placeholder", "M1")                                            \
	F(DEVICE_OTHER, "device-other", "transport", LOSES,                    \
	  "is no network card", "M36")                                         \
	F(GONE, "gone", "transport", LOSES,                                    \
	  "is gone: all registers are ones", "synthetic")                      \
	F(RESET_LATE, "reset-late", "transport", LOSES,                        \
	  "takes its time to reset", "M2")                                     \
	F(RESET_NEVER, "reset-never", "transport", LOSES,                      \
	  "never resets", "M2")                                                \
	F(FEATURES_NONE, "features-none", "transport", LOSES,                  \
	  "offers nothing", "M5")                                              \
	F(FEATURES_LEGACY, "features-legacy", "transport", LOSES,              \
	  "does not offer VERSION_1", "M5")                                    \
	F(FEATURES_DEPENDENT, "features-dependent", "transport", LOSES,        \
	  "offers what needs features that it does not offer", "M8")           \
	F(FEATURES_REFUSED, "features-refused", "transport", LOSES,            \
	  "does not keep FEATURES_OK", "M7")                                   \
	F(GENERATION_RESTLESS, "generation-restless", "transport", LOSES,      \
	  "has another generation at each look", "M13")                        \
	F(QUEUE_NONE, "queue-none", "transport", LOSES,                        \
	  "has a queue of size 0", "M14")                                      \
	F(QUEUE_ODD, "queue-odd", "transport", LOSES,                          \
	  "has a queue whose size is no power of 2", "M14")                    \
	F(QUEUE_HUGE, "queue-huge", "transport", LOSES,                        \
	  "has a queue of 4294967295", "M14")                                  \
	F(READY_STUCK, "ready-stuck", "transport", LOSES,                      \
	  "says that a queue is in use already", "M14")                        \
	F(READY_IGNORED, "ready-ignored", "transport", LOSES,                  \
	  "does not take a queue", "M15")                                      \
	F(START_FAILS, "start-fails", "transport", LOSES,                      \
	  "needs a reset as soon as it was started", "M17")                    \
	F(NEEDS_RESET, "needs-reset", "transport", LOSES,                      \
	  "needs a reset", "M30")                                              \
	F(STATUS_GARBAGE, "status-garbage", "transport", LOSES,                \
	  "has status bits that mean nothing", "synthetic")

#define HOST_VIRTIO_FAULTS_CONFIG(F)                                           \
	F(MAC_ZERO, "mac-zero", "configuration", LOSES,                        \
	  "has the address zero", "M11")                                       \
	F(MAC_MULTICAST, "mac-multicast", "configuration", LOSES,              \
	  "has the address of a group", "M11")                                 \
	F(MTU_ZERO, "mtu-zero", "configuration", LOSES,                        \
	  "has the MTU 0", "M10")                                              \
	F(MTU_SMALL, "mtu-small", "configuration", LOSES,                      \
	  "has the MTU 67", "M10")                                             \
	F(MTU_HUGE, "mtu-huge", "configuration", LOSES,                        \
	  "has the MTU 65535", "M10")                                          \
	F(PAIRS_ZERO, "pairs-zero", "configuration", LOSES,                    \
	  "has no pair of queues", "synthetic")                                \
	F(PAIRS_HUGE, "pairs-huge", "configuration", LOSES,                    \
	  "has 65535 pairs of queues", "synthetic")                            \
	F(LINK_GARBAGE, "link-garbage", "configuration", LOSES,                \
	  "has link status bits that mean nothing", "synthetic")               \
	F(SPEED_GARBAGE, "speed-garbage", "configuration", LOSES,              \
	  "has a speed that is none", "synthetic")

#define HOST_VIRTIO_FAULTS_INTERRUPT(F)                                        \
	F(INTERRUPT_SPURIOUS, "interrupt-spurious", "interrupts", LOSES,       \
	  "interrupts for nothing", "M28")                                     \
	F(INTERRUPT_LOST, "interrupt-lost", "interrupts", LOSES,               \
	  "loses an interrupt", "M44")                                         \
	F(INTERRUPT_STORM, "interrupt-storm", "interrupts", LOSES,             \
	  "interrupts many times", "M27")                                      \
	F(CAUSE_UNDEFINED, "cause-undefined", "interrupts", LOSES,             \
	  "has interrupt status bits that mean nothing", "M29")                \
	F(CAUSE_NONE, "cause-none", "interrupts", LOSES,                       \
	  "interrupts and does not say why", "M28")                            \
	F(CAUSE_STUCK, "cause-stuck", "interrupts", LOSES,                     \
	  "forgets an acknowledgement", "M28")                                 \
	F(CONFIG_SPURIOUS, "config-spurious", "interrupts", LOSES,             \
	  "tells a change that was none", "M30")                               \
	F(CONFIG_LOST, "config-lost", "interrupts", LOSES,                     \
	  "does not tell a change", "M30")                                     \
	F(ANNOUNCE_STORM, "announce-storm", "interrupts", LOSES,               \
	  "wants to be announced again and again", "synthetic")

#define HOST_VIRTIO_FAULTS_USED(F)                                             \
	F(USED_ID_RANGE, "used-id-range", "rings", LOSES,                      \
	  "uses a buffer that no queue has", "M22")                            \
	F(USED_ID_WRONG, "used-id-wrong", "rings", CHANGES,                    \
	  "uses a buffer that it was not given", "M22")                        \
	F(USED_TWICE, "used-twice", "rings", CHANGES,                          \
	  "uses a buffer twice", "M22")                                        \
	F(USED_NEVER, "used-never", "rings", CHANGES,                          \
	  "keeps a buffer", "synthetic")                                       \
	F(USED_INDEX_JUMP, "used-index-jump", "rings", CHANGES,                \
	  "moves the used index too far", "M22")                               \
	F(USED_INDEX_BACK, "used-index-back", "rings", CHANGES,                \
	  "moves the used index back", "M22")                                  \
	F(USED_EARLY, "used-early", "rings", CHANGES,                          \
	  "moves the used index before what it stands for", "M24")             \
	F(USED_LENGTH, "used-length", "rings", CHANGES,                        \
	  "wrote more into a buffer than fits", "M22")                         \
	F(EVENT_GARBAGE, "event-garbage", "rings", LOSES,                      \
	  "wants to be told at a place that is none", "M25")                   \
	F(USED_FLAGS_GARBAGE, "used-flags-garbage", "rings", LOSES,            \
	  "has ring flags that mean nothing", "M45")

#define HOST_VIRTIO_FAULTS_FRAMES(F)                                           \
	F(TX_LENGTH, "tx-length", "frames", LOSES,                             \
	  "wrote into a frame that it was to send", "M23")                     \
	F(TX_DISCARD, "tx-discard", "frames", LOSES,                           \
	  "loses a frame", "M23")                                              \
	F(TX_STALLED, "tx-stalled", "frames", LOSES,                           \
	  "sends nothing for seconds", "M46")                                  \
	F(RX_EMPTY, "rx-empty", "frames", LOSES,                               \
	  "received nothing", "M22")                                           \
	F(RX_SHORT, "rx-short", "frames", LOSES,                               \
	  "received half a header", "M22")                                     \
	F(RX_TWICE, "rx-twice", "frames", CHANGES,                             \
	  "receives a frame twice", "M44")                                     \
	F(BUFFERS_ZERO, "buffers-zero", "frames", LOSES,                       \
	  "put a frame into no buffers", "M21")                                \
	F(BUFFERS_HUGE, "buffers-huge", "frames", CHANGES,                     \
	  "put a frame into 65535 buffers", "M21")                             \
	F(BUFFERS_MORE, "buffers-more", "frames", CHANGES,                     \
	  "put a frame into a buffer more than it used", "M21")                \
	F(RX_FLAGS_GARBAGE, "rx-flags-garbage", "frames", CHANGES,             \
	  "has header flags that mean nothing", "M35")                         \
	F(GSO_GARBAGE, "gso-garbage", "frames", CHANGES,                       \
	  "has a kind of segmentation that is none", "M34")                    \
	F(GSO_SIZE_ZERO, "gso-size-zero", "frames", CHANGES,                   \
	  "has segments of no length", "M34")                                  \
	F(CHECKSUM_OUTSIDE, "checksum-outside", "frames", CHANGES,             \
	  "wants a checksum outside of the frame", "M35")                      \
	F(CHECKSUM_LIES, "checksum-lies", "frames", CHANGES,                   \
	  "vouches for a broken frame", "M35")

#define HOST_VIRTIO_FAULTS_CONTROL(F)                                          \
	F(CONTROL_FAILS, "control-fails", "control", LOSES,                    \
	  "refuses a command", "synthetic")                                    \
	F(CONTROL_GARBAGE, "control-garbage", "control", LOSES,                \
	  "answers a command with what means nothing", "synthetic")            \
	F(CONTROL_NEVER, "control-never", "control", LOSES,                    \
	  "never answers a command", "synthetic")                              \
	F(CONTROL_LATE, "control-late", "control", LOSES,                      \
	  "answers a command when nobody waits any more", "synthetic")
/* clang-format on */

#define HOST_VIRTIO_FAULTS_ALL(F)                                              \
	HOST_VIRTIO_FAULTS_TRANSPORT(F)                                        \
	HOST_VIRTIO_FAULTS_CONFIG(F)                                           \
	HOST_VIRTIO_FAULTS_INTERRUPT(F)                                        \
	HOST_VIRTIO_FAULTS_USED(F)                                             \
	HOST_VIRTIO_FAULTS_FRAMES(F)                                           \
	HOST_VIRTIO_FAULTS_CONTROL(F)

#define HOST_VIRTIO_FAULT_NUMBER(number, name, layer, harm, text, source)      \
	HOST_VIRTIO_FAULT_##number,
enum host_virtio_fault {
	HOST_VIRTIO_FAULTS_ALL(HOST_VIRTIO_FAULT_NUMBER) HOST_VIRTIO_FAULTS
};
#undef HOST_VIRTIO_FAULT_NUMBER

/** In struct host_virtio_faults: whenever it could be done. */
#define HOST_VIRTIO_FAULT_ALWAYS UINT32_MAX

struct host_virtio_faults {
	/**
	 * 0: it is honest; n: it fires only the n-th time that it could; or
	 * HOST_VIRTIO_FAULT_ALWAYS.
	 */
	uint32_t when[HOST_VIRTIO_FAULTS];
	/** Not 0: HOST_VIRTIO_FAULT_ALWAYS is once in so many times. */
	uint32_t odds;
};

struct host_virtio_fault_description {
	/** As on the command line, "used-twice"; and where it is at home. */
	const char *name, *layer;
	/** What the device does; and who did it, or the rule it breaks. */
	const char *text, *source;
	/** Frames may be changed, doubled or made up; else lost at most. */
	bool changes;
};

/** All of them, by number. */
extern const struct host_virtio_fault_description
	host_virtio_fault_descriptions[];
/** By name. @return false: there is no such fault */
bool host_virtio_fault_find(const char *name, enum host_virtio_fault *fault);

/** What a device knows of its lies. */
struct host_virtio_lies {
	struct host_virtio_faults faults;
	/** How often each could be done, and was; all that were. */
	uint64_t points[HOST_VIRTIO_FAULTS], fired[HOST_VIRTIO_FAULTS];
	uint64_t all_fired;
	/** One was done that can change frames. */
	bool changed;
};

#endif /* MOCKS_VIRTIO_FAULTS_H */
