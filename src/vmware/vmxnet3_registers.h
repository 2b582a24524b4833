/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers of a vmxnet3, the commands it takes, and what it may be asked to
 * do. All registers have 32 bits and lie 8 bytes apart.
 */
#ifndef VMWARE_VMXNET3_REGISTERS_H
#define VMWARE_VMXNET3_REGISTERS_H

/** Behind BAR 1: what is needed now and then. */
#define VMXNET3_BAR_DEVICE	 1u
#define VMXNET3_BAR_DEVICE_BYTES 0x1000u

enum vmxnet3_device_register {
	/** Revisions as a set of bits; one bit is written back. */
	VMXNET3_REVISIONS = 0x00,
	VMXNET3_UPT_VERSIONS = 0x08,
	/** Address of the driver's shared area; the high half is written last.
	 */
	VMXNET3_SHARED_LOW = 0x10,
	VMXNET3_SHARED_HIGH = 0x18,
	/** Written: do it; then read: the result. */
	VMXNET3_COMMAND = 0x20,
	VMXNET3_MAC_LOW = 0x28,
	VMXNET3_MAC_HIGH = 0x30,
	/** Whether the device asks for its line; reading lets go of it. */
	VMXNET3_INTERRUPT_CAUSE = 0x38,
	/** Written: these events were seen. They are read in shared memory. */
	VMXNET3_EVENT_CAUSE = 0x40,
};

/** Behind BAR 0: doorbells and interrupt masks, valid while active. */
#define VMXNET3_BAR_DOORBELLS	    0u
#define VMXNET3_BAR_DOORBELLS_BYTES 0x1000u
#define VMXNET3_BAR_LARGE_BYTES	    0x2000u
#define VMXNET3_REGISTER_STRIDE	    8u

enum vmxnet3_doorbell {
	VMXNET3_INTERRUPT_MASK = 0x000,
	VMXNET3_TRANSMIT_PRODUCER = 0x600,
	VMXNET3_RECEIVE_PRODUCER = 0x800,
	VMXNET3_BODY_PRODUCER = 0xa00,
	/** The same with a large BAR (revision 7). */
	VMXNET3_LARGE_TRANSMIT_PRODUCER = 0x1000,
	VMXNET3_LARGE_RECEIVE_PRODUCER = 0x1400,
	VMXNET3_LARGE_BODY_PRODUCER = 0x1800,
};

/** What a register of a device reads as that is not there any more. */
#define VMXNET3_GONE UINT32_MAX

enum vmxnet3_command {
	VMXNET3_ACTIVATE = 0xcafe0000,
	VMXNET3_QUIESCE = 0xcafe0001,
	VMXNET3_RESET = 0xcafe0002,
	VMXNET3_UPDATE_RX_MODE = 0xcafe0003,
	VMXNET3_UPDATE_MAC_FILTERS = 0xcafe0004,
	VMXNET3_UPDATE_VLAN_FILTERS = 0xcafe0005,
	VMXNET3_SET_COALESCING = 0xcafe000e,
	VMXNET3_SET_RSS_FIELDS = 0xcafe0010,
	VMXNET3_GET_QUEUE_STATUS = 0xf00d0000,
	VMXNET3_GET_STATISTICS = 0xf00d0001,
	VMXNET3_GET_LINK = 0xf00d0002,
	VMXNET3_GET_PERMANENT_MAC_LOW = 0xf00d0003,
	VMXNET3_GET_PERMANENT_MAC_HIGH = 0xf00d0004,
	VMXNET3_GET_INTERRUPTS = 0xf00d0008,
	VMXNET3_GET_TRANSMIT_DATA_BYTES = 0xf00d000a,
	VMXNET3_GET_QUEUES_MAX = 0xf00d000f,
	VMXNET3_GET_DCR0 = 0xf00d0012,
};

/** Of GET_LINK. */
#define VMXNET3_LINK_UP		 1u
#define VMXNET3_LINK_SPEED_SHIFT 16
/** Of GET_DCR0. */
#define VMXNET3_DCR0_LARGE_BAR	 (1u << 16)

/** Of GET_INTERRUPTS: which kind of interrupt, in bits 1:0, */
enum vmxnet3_interrupt_kind {
	VMXNET3_INTERRUPT_ANY = 0,
	VMXNET3_INTERRUPT_LINE = 1,
	VMXNET3_INTERRUPT_MSI = 2,
	VMXNET3_INTERRUPT_MSIX = 3,
};

/** and who masks it, in bits 3:2: the device itself, or the driver. */
enum vmxnet3_mask_mode {
	VMXNET3_MASK_AUTOMATIC = 0,
	VMXNET3_MASK_ACTIVE = 1,
	VMXNET3_MASK_LAZY = 2,
};

enum vmxnet3_event {
	VMXNET3_EVENT_RECEIVE_ERROR = 1 << 0,
	VMXNET3_EVENT_TRANSMIT_ERROR = 1 << 1,
	VMXNET3_EVENT_LINK = 1 << 2,
	/** Another implementation of the device took over. */
	VMXNET3_EVENT_DEVICE_CHANGE = 1 << 3,
};

enum vmxnet3_receive_mode {
	VMXNET3_MODE_UNICAST = 1 << 0,
	VMXNET3_MODE_MULTICAST = 1 << 1,
	VMXNET3_MODE_BROADCAST = 1 << 2,
	VMXNET3_MODE_ALL_MULTICAST = 1 << 3,
	VMXNET3_MODE_PROMISCUOUS = 1 << 4,
};

enum vmxnet3_feature {
	VMXNET3_FEATURE_RX_CHECKSUM = 1 << 0,
	VMXNET3_FEATURE_RSS = 1 << 1,
	VMXNET3_FEATURE_RX_VLAN = 1 << 2,
	VMXNET3_FEATURE_LRO = 1 << 3,
};

#endif /* VMWARE_VMXNET3_REGISTERS_H */
