/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a guest reads and writes of a Hyper-V partition through the processor:
 * CPUID leaves, synthetic registers, and the numbers in them (TLFS 2, 3, 11,
 * appendices).
 */
#ifndef HYPERV_HYPERV_REGISTERS_H
#define HYPERV_HYPERV_REGISTERS_H

#include <stdint.h>

#define BIT32(n) (UINT32_C(1) << (n))
#define BIT64(n) (UINT64_C(1) << (n))

/* ---- CPUID (TLFS 2.4) ---- */

#define CPUID_FEATURES		  UINT32_C(0x00000001)
#define CPUID_FEATURES_HYPERVISOR BIT32(31) /* ECX */

#define HV_CPUID_VENDOR		 UINT32_C(0x40000000)
#define HV_CPUID_INTERFACE	 UINT32_C(0x40000001)
#define HV_CPUID_PRIVILEGES	 UINT32_C(0x40000003)
#define HV_CPUID_RECOMMENDATIONS UINT32_C(0x40000004)
#define HV_CPUID_LEAF_MIN	 UINT32_C(0x40000005)

/* "Microsoft Hv" in EBX, ECX, EDX; "Hv#1" in EAX of the interface leaf. */
#define HV_VENDOR_EBX	 UINT32_C(0x7263694d)
#define HV_VENDOR_ECX	 UINT32_C(0x666f736f)
#define HV_VENDOR_EDX	 UINT32_C(0x76482074)
#define HV_INTERFACE_HV1 UINT32_C(0x31237648)

/* Privileges, EAX. */
#define HV_PRIVILEGE_REFERENCE_COUNTER BIT32(1)
#define HV_PRIVILEGE_SYNIC	       BIT32(2)
#define HV_PRIVILEGE_APIC	       BIT32(4)
#define HV_PRIVILEGE_HYPERCALL	       BIT32(5)
#define HV_PRIVILEGE_VP_INDEX	       BIT32(6)
#define HV_PRIVILEGE_REFERENCE_TSC     BIT32(9)

/* Privileges, EBX. */
#define HV_PRIVILEGE_HIGH_POST_MESSAGES BIT32(4)
#define HV_PRIVILEGE_HIGH_SIGNAL_EVENTS BIT32(5)

/* Recommendations, EAX. */
#define HV_RECOMMENDS_NO_AUTO_EOI BIT32(9)

/* ---- Synthetic registers ---- */

#define HV_MSR_GUEST_OS_ID	 UINT32_C(0x40000000)
#define HV_MSR_HYPERCALL	 UINT32_C(0x40000001)
#define HV_MSR_VP_INDEX		 UINT32_C(0x40000002)
#define HV_MSR_REFERENCE_COUNTER UINT32_C(0x40000020)
#define HV_MSR_REFERENCE_TSC	 UINT32_C(0x40000021)
#define HV_MSR_EOI		 UINT32_C(0x40000070)
#define HV_MSR_SCONTROL		 UINT32_C(0x40000080)
#define HV_MSR_SIEFP		 UINT32_C(0x40000082)
#define HV_MSR_SIMP		 UINT32_C(0x40000083)
#define HV_MSR_EOM		 UINT32_C(0x40000084)
#define HV_MSR_SINT0		 UINT32_C(0x40000090)

/*
 * HYPERCALL, SIMP, SIEFP and REFERENCE_TSC name a page: enable in bit 0, page
 * number from bit 12; the bits between are reserved and kept as they are.
 */
#define HV_PAGE_ENABLE	      BIT64(0)
#define HV_PAGE_RESERVED_MASK UINT64_C(0xffe)
#define HV_PAGE_SHIFT	      12

#define HV_HYPERCALL_LOCKED BIT64(1)

#define HV_SCONTROL_ENABLE BIT64(0)

#define HV_SINT_VECTOR_MASK UINT64_C(0xff)
#define HV_SINT_MASKED	    BIT64(16)
#define HV_SINT_AUTO_EOI    BIT64(17)
#define HV_SINT_POLLING	    BIT64(18)

/**
 * Bit 63: an open source system; bits 62:56 its type, 0 for one without a
 * number of its own; bits 47:16 its version (TLFS 2.6).
 */
#define HV_GUEST_OS_ID (BIT64(63) | UINT64_C(0x00000100) << 16)

/* ---- Hypercalls (TLFS 3.7, 11.8, 11.9; statuses: appendix B) ---- */

#define HV_CALL_POST_MESSAGE UINT64_C(0x5c)
#define HV_CALL_SIGNAL_EVENT UINT64_C(0x5d)
#define HV_CALL_FAST	     BIT64(16)

#define HV_STATUS_MASK		       0xffffu
#define HV_STATUS_SUCCESS	       0x00u
#define HV_STATUS_INSUFFICIENT_MEMORY  0x0bu
#define HV_STATUS_INVALID_CONNECTION   0x12u
#define HV_STATUS_INSUFFICIENT_BUFFERS 0x13u
#define HV_STATUS_TIMEOUT	       0x78u

#endif /* HYPERV_HYPERV_REGISTERS_H */
