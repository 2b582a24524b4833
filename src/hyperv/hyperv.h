/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hyper-V as a guest finds it: detection and identity (TLFS 2, 3).
 */
#ifndef HYPERV_HYPERV_H
#define HYPERV_HYPERV_H

#include "port/port.h"

/**
 * A globally unique identifier as it lies on the wire (RFC 4122,
 * little-endian).
 */
struct guid {
	uint8_t bytes[16];
};

/** The hypervisor as this guest uses it; zeroed before hyperv_attach(). */
struct hyperv {
	struct port *port;
	/** CPUID 0x40000003: the partition's privileges, EAX and EBX. */
	uint32_t privileges, privileges_high;
	/** CPUID 0x40000004 EAX: what the hypervisor recommends. */
	uint32_t recommendations;
	/** The hypercall page, NULL while there is none. */
	void *hypercall_page;
	/** Inputs of the hypercalls: one page for each vCPU, 8-byte aligned. */
	void *hypercall_input;
	unsigned cpu_count;
};

/**
 * Look for Hyper-V, say who we are (GUEST_OS_ID), and make its hypercall page
 * callable (TLFS 2.3 to 2.6, 3.13).
 *
 * Somebody else's identity is never replaced: firmware that talks to Hyper-V
 * loses its devices under its feet when another takes its hypercall page away.
 * @return 0; ERROR_NO_DEVICE, quietly, where there is no Hyper-V or it offers
 *	too little for VMBus; ERROR_BUSY when somebody else (firmware) has
 *	identified itself already, or locked the hypercall page;
 *	ERROR_NO_MEMORY; ERROR_IO when the hypervisor did not enable the page
 */
int hyperv_attach(struct hyperv *hyperv, struct port *port);

/**
 * Undo hyperv_attach(): hypercall page off, identity withdrawn, memory freed.
 * Does nothing on one that is not attached.
 */
void hyperv_detach(struct hyperv *hyperv);

/**
 * What the hypervisor calls a vCPU: its VP index, which is not its number here
 * nor its APIC id (TLFS 7.8.1). 0 where the register is not offered, which
 * hyperv_attach() allows only to a single vCPU.
 *
 * @param cpu as port.h counts
 */
uint32_t hyperv_vp_index(struct hyperv *hyperv, unsigned cpu);

#endif /* HYPERV_HYPERV_H */
