/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the hypervisor and its guest share in bits and bytes (TLFS): leaves,
 * registers, hypercalls, statuses, the SynIC's pages and the TSC page.
 */
#ifndef MOCKS_HYPERV_PARTITION_WIRE_H
#define MOCKS_HYPERV_PARTITION_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "port/bytes.h"

/* Privileges: CPUID 0x40000003 EAX below, EBX above. */
enum host_privilege_bit {
	HOST_PRIVILEGE_VP_RUNTIME = 0,
	HOST_PRIVILEGE_TIME_REF_COUNT = 1,
	HOST_PRIVILEGE_SYNIC = 2,
	HOST_PRIVILEGE_APIC = 4,
	HOST_PRIVILEGE_HYPERCALL = 5,
	HOST_PRIVILEGE_VP_INDEX = 6,
	HOST_PRIVILEGE_REFERENCE_TSC = 9,
	HOST_PRIVILEGE_FREQUENCY = 11,
	HOST_PRIVILEGE_POST_MESSAGES = 36,
	HOST_PRIVILEGE_SIGNAL_EVENTS = 37,
};

/* CPUID 0x40000004 EAX. */
#define HOST_HINT_RELAXED_TIMING     (1u << 5)
#define HOST_HINT_DEPRECATE_AUTO_EOI (1u << 9)

enum host_msr_index {
	HOST_MSR_GUEST_OS_ID = 0x40000000,
	HOST_MSR_HYPERCALL = 0x40000001,
	HOST_MSR_VP_INDEX = 0x40000002,
	HOST_MSR_VP_RUNTIME = 0x40000010,
	HOST_MSR_TIME_REF_COUNT = 0x40000020,
	HOST_MSR_REFERENCE_TSC = 0x40000021,
	HOST_MSR_TSC_FREQUENCY = 0x40000022,
	HOST_MSR_APIC_FREQUENCY = 0x40000023,
	HOST_MSR_EOI = 0x40000070,
	HOST_MSR_ICR = 0x40000071,
	HOST_MSR_TPR = 0x40000072,
	HOST_MSR_VP_ASSIST_PAGE = 0x40000073,
	HOST_MSR_SCONTROL = 0x40000080,
	HOST_MSR_SVERSION = 0x40000081,
	HOST_MSR_SIEFP = 0x40000082,
	HOST_MSR_SIMP = 0x40000083,
	HOST_MSR_EOM = 0x40000084,
	HOST_MSR_SINT0 = 0x40000090,
	HOST_MSR_SINT15 = 0x4000009f,
};

/* Registers that lay a page: bit 0 enables, bits 63:12 are its number. */
#define HOST_PAGE_ENABLE	UINT64_C(1)
#define HOST_PAGE_RESERVED	UINT64_C(0xffe)
#define HOST_HYPERCALL_LOCKED	UINT64_C(2)
#define HOST_HYPERCALL_RESERVED UINT64_C(0xffc)
#define HOST_SCONTROL_ENABLE	UINT64_C(1)
#define HOST_SINT_VECTOR	UINT64_C(0xff)
#define HOST_SINT_MASKED	(UINT64_C(1) << 16)
#define HOST_SINT_AUTO_EOI	(UINT64_C(1) << 17)
#define HOST_SINT_POLLING	(UINT64_C(1) << 18)
#define HOST_SINT_VECTOR_LOWEST 16u

/* The hypercall control word. */
#define HOST_CALL_CODE(control)	  ((uint16_t)(control))
#define HOST_CALL_FAST		  (UINT64_C(1) << 16)
/* Variable header, reserved, nested, repetitions: zero in a simple call. */
#define HOST_CALL_SIMPLE_RESERVED (~(HOST_CALL_FAST | UINT64_C(0xffff)))

enum host_call {
	HOST_CALL_POST_MESSAGE = 0x5c,
	HOST_CALL_SIGNAL_EVENT = 0x5d,
};

enum host_status {
	HOST_STATUS_SUCCESS = 0,
	HOST_STATUS_INVALID_CODE = 2,
	HOST_STATUS_INVALID_INPUT = 3,
	HOST_STATUS_ALIGNMENT = 4,
	HOST_STATUS_INVALID_PARAMETER = 5,
	HOST_STATUS_ACCESS_DENIED = 6,
	HOST_STATUS_INVALID_CONNECTION = 0x12,
	HOST_STATUS_INSUFFICIENT_BUFFERS = 0x13,
	HOST_STATUS_TIMEOUT = 0x78,
};

#define HOST_MESSAGE_BYTES_MAX	240u
#define HOST_MESSAGE_HYPERVISOR 0x80000000u
#define HOST_SINTS		16u
#define HOST_EVENT_FLAGS	2048u
#define HOST_SLOT_PENDING	1u

/** Input of HvCallPostMessage. */
struct host_post_message {
	le32 connection_id;
	le32 reserved;
	le32 type;
	le32 bytes;
	uint8_t payload[HOST_MESSAGE_BYTES_MAX];
} __attribute__((packed));
_Static_assert(sizeof(struct host_post_message) == 256, "TLFS 11.10.2");
_Static_assert(offsetof(struct host_post_message, payload) == 16, "");

/** A slot of the message page. */
struct host_synic_slot {
	le32 type;
	uint8_t payload_bytes;
	uint8_t flags;
	le16 reserved;
	le64 sender;
	uint8_t payload[HOST_MESSAGE_BYTES_MAX];
};
_Static_assert(sizeof(struct host_synic_slot) == 256, "TLFS 11.7");
_Static_assert(offsetof(struct host_synic_slot, flags) == 5, "");
_Static_assert(offsetof(struct host_synic_slot, payload) == 16, "");

/** The reference TSC page. */
struct host_tsc_page {
	le32 sequence;
	le32 reserved;
	le64 scale;
	le64 offset;
};
_Static_assert(offsetof(struct host_tsc_page, scale) == 8, "TLFS 12.7");
_Static_assert(offsetof(struct host_tsc_page, offset) == 16, "");

#endif /* MOCKS_HYPERV_PARTITION_WIRE_H */
