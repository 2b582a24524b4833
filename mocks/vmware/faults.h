/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lies of a vmxnet3 device: what real ones did once, or could do to a
 * driver that believes them.
 *
 * "V1" to "V55" are cases of tests/README.md.
 */
#ifndef MOCKS_VMWARE_FAULTS_H
#define MOCKS_VMWARE_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

enum host_vmxnet3_fault {
	/* ---- Probe and commands ---- */
	/** VRRS reads 0: no common revision (V1). */
	HOST_VMXNET3_FAULT_REVISIONS_NONE,
	/** UVRS reads 0 (bring-up, step 2). */
	HOST_VMXNET3_FAULT_UPT_NONE,
	/** MACL/MACH and GET_PERM_MAC read zero (V8). */
	HOST_VMXNET3_FAULT_MAC_ZERO,
	/** The address is a group's (V8). */
	HOST_VMXNET3_FAULT_MAC_MULTICAST,
	/** ACTIVATE answers that it failed (V4, QEMU fde58177aa). */
	HOST_VMXNET3_FAULT_ACTIVATE_FAILS,
	/** ACTIVATE succeeds, and the device is not active (V4, before it). */
	HOST_VMXNET3_FAULT_ACTIVATE_LIES,
	/** GET_CONF_INTR names modes that do not exist (V40). */
	HOST_VMXNET3_FAULT_CONF_INTR_WRONG,
	/** GET_LINK is all ones, or up at 0 Mbps (V43). */
	HOST_VMXNET3_FAULT_LINK_ABSURD,
	/** GET_MAX_QUEUES is 0 or 255 and 255 (V53). */
	HOST_VMXNET3_FAULT_QUEUES_ABSURD,
	/** GET_TXDATA_DESC_SIZE is no size of a slot (V19). */
	HOST_VMXNET3_FAULT_DATA_SIZE_ABSURD,
	/** GET_STATS leaves the memory alone, or fills it with ones (V51). */
	HOST_VMXNET3_FAULT_STATS_ABSURD,
	/** The answer to a command is another one's (V3). */
	HOST_VMXNET3_FAULT_RESULT_STALE,
	/** All registers read as ones: the device is gone (surprise removal).
	 */
	HOST_VMXNET3_FAULT_GONE,
	/** It resets itself under traffic (V45). */
	HOST_VMXNET3_FAULT_RESET,
	/** QUIESCE, and it completes what it still had (V45). */
	HOST_VMXNET3_FAULT_QUIESCE_LATE,

	/* ---- Interrupts and events ---- */
	/** A message without a cause (V41). */
	HOST_VMXNET3_FAULT_INTERRUPT_SPURIOUS,
	/** The message of a completion is not sent (V40). */
	HOST_VMXNET3_FAULT_INTERRUPT_LOST,
	/** One cause, many messages. */
	HOST_VMXNET3_FAULT_INTERRUPT_STORM,
	/** IMR does not mask (V40). */
	HOST_VMXNET3_FAULT_IMR_IGNORED,
	/** ICR reads 1 with nothing to do (V41). */
	HOST_VMXNET3_FAULT_ICR_STUCK,
	/** An event bit that means nothing, or an event without a change (V42).
	 */
	HOST_VMXNET3_FAULT_EVENT_SPURIOUS,
	/** An event that is acknowledged comes again (V44: loop storm). */
	HOST_VMXNET3_FAULT_EVENT_STORM,
	/** An event that is never told (V42). */
	HOST_VMXNET3_FAULT_EVENT_LOST,
	/** A queue stops with an error (V44). */
	HOST_VMXNET3_FAULT_QUEUE_STOPPED,
	/** DIC (V55). */
	HOST_VMXNET3_FAULT_DEVICE_CHANGED,

	/* ---- Transmit ---- */
	/** A completion names a descriptor beyond the ring (V15). */
	HOST_VMXNET3_FAULT_TX_INDEX_RANGE,
	/** A completion names a descriptor that is not in flight (V15). */
	HOST_VMXNET3_FAULT_TX_INDEX_WRONG,
	/** A completion comes twice (V15). */
	HOST_VMXNET3_FAULT_TX_TWICE,
	/** A completion never comes (V14). */
	HOST_VMXNET3_FAULT_TX_NEVER,
	/** One completion for several packets, and in no order (3.1 TX path).
	 */
	HOST_VMXNET3_FAULT_TX_ORDER,
	/** Reserved bits of a completion are garbage (CVE-2016-6836). */
	HOST_VMXNET3_FAULT_TX_GARBAGE,
	/** The generation is published before the rest (1.7). */
	HOST_VMXNET3_FAULT_TX_GENERATION_EARLY,
	/** txThreshold is huge, or 0 (V17). */
	HOST_VMXNET3_FAULT_TX_THRESHOLD,
	/** The packet is lost on its way, and completed. */
	HOST_VMXNET3_FAULT_TX_DISCARD,

	/* ---- Receive ---- */
	/** rxdIdx beyond the ring (V25). */
	HOST_VMXNET3_FAULT_RX_INDEX_RANGE,
	/** rxdIdx of a descriptor that the device does not own (V25). */
	HOST_VMXNET3_FAULT_RX_INDEX_WRONG,
	/** rqID that no queue has (V31, netmap #575). */
	HOST_VMXNET3_FAULT_RX_QUEUE_RANGE,
	/** len is more than the buffer (V26). */
	HOST_VMXNET3_FAULT_RX_LENGTH,
	/** len is 0, SOP and EOP (V26). */
	HOST_VMXNET3_FAULT_RX_EMPTY,
	/** SOP is missing (V27). */
	HOST_VMXNET3_FAULT_RX_NO_SOP,
	/** EOP is missing, and the next packet begins (V27, QEMU 7cfd9c114b).
	 */
	HOST_VMXNET3_FAULT_RX_NO_EOP,
	/** A descriptor is passed over (V25). */
	HOST_VMXNET3_FAULT_RX_SKIP,
	/** A completion comes twice. */
	HOST_VMXNET3_FAULT_RX_TWICE,
	/** A completion never comes: the buffer is gone. */
	HOST_VMXNET3_FAULT_RX_NEVER,
	/** The generation is published before the rest (V23). */
	HOST_VMXNET3_FAULT_RX_GENERATION_EARLY,
	/** err is set (V28). */
	HOST_VMXNET3_FAULT_RX_ERROR,
	/** The checksum is said to be right, and is not (V33). */
	HOST_VMXNET3_FAULT_RX_CHECKSUM_LIES,
	/** Checksum bits that contradict each other (V33). */
	HOST_VMXNET3_FAULT_RX_CHECKSUM_ABSURD,
	/** LRO: mss 0 or 65535, segCnt 0 or 255 (V34). */
	HOST_VMXNET3_FAULT_RX_LRO_ABSURD,
	/** A type of completion that does not exist (V32). */
	HOST_VMXNET3_FAULT_RX_TYPE_UNKNOWN,
	/** The data ring's rqID with a length that no slot has (V31). */
	HOST_VMXNET3_FAULT_RX_DATA_LENGTH,
	/** VLAN said to be stripped of a frame that had none (V24). */
	HOST_VMXNET3_FAULT_RX_VLAN_ABSURD,
	/** updateRxProd turns on and off (V35). */
	HOST_VMXNET3_FAULT_RX_UPDATE_PRODUCER,
	HOST_VMXNET3_FAULTS,
};

/** In struct host_vmxnet3_faults: whenever it could be done. */
#define HOST_VMXNET3_FAULT_ALWAYS UINT32_MAX

struct host_vmxnet3_faults {
	/**
	 * 0: it is honest; n: it fires only the n-th time that it could; or
	 * HOST_VMXNET3_FAULT_ALWAYS.
	 */
	uint32_t when[HOST_VMXNET3_FAULTS];
	/** Not 0: HOST_VMXNET3_FAULT_ALWAYS is once in so many times. */
	uint32_t odds;
};

struct host_vmxnet3_fault_description {
	/** As on the command line, "rx-skip"; and where it is at home. */
	const char *name, *layer;
	/** What the device does; and who did it, or the rule it breaks. */
	const char *text, *source;
	/** Frames may be changed, doubled or made up; else lost at most. */
	bool changes;
};

/** All of them, by number. */
extern const struct host_vmxnet3_fault_description
	host_vmxnet3_fault_descriptions[];
/** By name. @return false: there is no such fault */
bool host_vmxnet3_fault_find(const char *name, enum host_vmxnet3_fault *fault);

/** What a device knows of its lies. */
struct host_vmxnet3_lies {
	struct host_vmxnet3_faults faults;
	/** How often each could be done, and was; all that were. */
	uint64_t points[HOST_VMXNET3_FAULTS], fired[HOST_VMXNET3_FAULTS];
	uint64_t all_fired;
	/** One was done that can change frames. */
	bool changed;
};

#endif /* MOCKS_VMWARE_FAULTS_H */
