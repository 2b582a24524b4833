/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Detection, identity and the hypercall page.
 *
 * Everything here may run on a machine that is not Hyper-V, so nothing but
 * CPUID is touched before it answered, and "not here" is no reason for a line
 * in a log. The identity comes before the hypercall page: a hypervisor does not
 * enable the page of a guest that it does not know.
 */
#include <string.h>

#include "hyperv/hyperv.h"
#include "hyperv/hyperv_registers.h"
#include "port/log.h"

static bool hypervisor_is_hyperv(struct port *port)
{
	struct port_cpuid leaf;

	leaf = port_cpuid(port, CPUID_FEATURES, 0);
	if (!(leaf.ecx & CPUID_FEATURES_HYPERVISOR))
		return false;
	leaf = port_cpuid(port, HV_CPUID_VENDOR, 0);
	if (leaf.ebx != HV_VENDOR_EBX || leaf.ecx != HV_VENDOR_ECX ||
	    leaf.edx != HV_VENDOR_EDX || leaf.eax < HV_CPUID_LEAF_MIN)
		return false;
	/*
	 * Others borrow the vendor's name; the interface is what is promised.
	 */
	leaf = port_cpuid(port, HV_CPUID_INTERFACE, 0);
	return leaf.eax == HV_INTERFACE_HV1;
}

/** Whether the partition may do what VMBus takes. */
static bool privileges_suffice(const struct hyperv *hyperv)
{
	const uint32_t high = HV_PRIVILEGE_HIGH_POST_MESSAGES |
			      HV_PRIVILEGE_HIGH_SIGNAL_EVENTS;
	uint32_t low = HV_PRIVILEGE_SYNIC | HV_PRIVILEGE_HYPERCALL;

	if (hyperv->cpu_count > 1)
		low |= HV_PRIVILEGE_VP_INDEX;
	return (hyperv->privileges & low) == low &&
	       (hyperv->privileges_high & high) == high;
}

/** Let the page be called; GUEST_OS_ID is set. */
static int hypercall_page_enable(struct hyperv *hyperv)
{
	struct port *port = hyperv->port;
	uint64_t value = port_msr_read(port, HV_MSR_HYPERCALL);

	if (value & HV_HYPERCALL_LOCKED)
		return ERROR_BUSY;
	value &= HV_PAGE_RESERVED_MASK;
	value |= port_physical(port, hyperv->hypercall_page) | HV_PAGE_ENABLE;
	port_msr_write(port, HV_MSR_HYPERCALL, value);
	if (!(port_msr_read(port, HV_MSR_HYPERCALL) & HV_PAGE_ENABLE))
		return ERROR_IO;
	return 0;
}

static void memory_free(struct hyperv *hyperv)
{
	port_pages_free(hyperv->port, hyperv->hypercall_input,
			hyperv->cpu_count);
	port_pages_free(hyperv->port, hyperv->hypercall_page, 1);
	memset(hyperv, 0, sizeof(*hyperv));
}

static int memory_allocate(struct hyperv *hyperv)
{
	struct port *port = hyperv->port;

	hyperv->hypercall_page =
		port_pages_alloc(port, 1, PORT_PAGES_EXECUTABLE,
				 "hyperv: hypercall page");
	hyperv->hypercall_input = port_pages_alloc(port, hyperv->cpu_count, 0,
						   "hyperv: hypercall inputs");
	if (!hyperv->hypercall_page || !hyperv->hypercall_input)
		return ERROR_NO_MEMORY;
	return 0;
}

int hyperv_attach(struct hyperv *hyperv, struct port *port)
{
	struct port_cpuid leaf;
	int error;

	memset(hyperv, 0, sizeof(*hyperv));
	if (!hypervisor_is_hyperv(port))
		return ERROR_NO_DEVICE;
	hyperv->port = port;
	hyperv->cpu_count = port_cpu_count(port);
	leaf = port_cpuid(port, HV_CPUID_PRIVILEGES, 0);
	hyperv->privileges = leaf.eax;
	hyperv->privileges_high = leaf.ebx;
	leaf = port_cpuid(port, HV_CPUID_RECOMMENDATIONS, 0);
	hyperv->recommendations = leaf.eax;
	if (!privileges_suffice(hyperv)) {
		memset(hyperv, 0, sizeof(*hyperv));
		return ERROR_NO_DEVICE;
	}

	if (port_msr_read(port, HV_MSR_GUEST_OS_ID) != 0) {
		log_error(port, "hyperv: another guest is identified already");
		memset(hyperv, 0, sizeof(*hyperv));
		return ERROR_BUSY;
	}
	error = memory_allocate(hyperv);
	if (error) {
		memory_free(hyperv);
		return error;
	}
	port_msr_write(port, HV_MSR_GUEST_OS_ID, HV_GUEST_OS_ID);
	error = hypercall_page_enable(hyperv);
	if (error) {
		log_error(port, "hyperv: no hypercall page: %s",
			  error_name(error));
		port_msr_write(port, HV_MSR_GUEST_OS_ID, 0);
		memory_free(hyperv);
	}
	return error;
}

void hyperv_detach(struct hyperv *hyperv)
{
	struct port *port = hyperv->port;
	uint64_t value;

	if (!port)
		return;
	value = port_msr_read(port, HV_MSR_HYPERCALL);
	port_msr_write(port, HV_MSR_HYPERCALL, value & HV_PAGE_RESERVED_MASK);
	port_msr_write(port, HV_MSR_GUEST_OS_ID, 0);
	memory_free(hyperv);
}

struct vp_index_query {
	struct port *port;
	uint32_t index;
};

static void vp_index_read(void *argument)
{
	struct vp_index_query *query = argument;

	query->index = (uint32_t)port_msr_read(query->port, HV_MSR_VP_INDEX);
}

uint32_t hyperv_vp_index(struct hyperv *hyperv, unsigned cpu)
{
	struct vp_index_query query = {.port = hyperv->port};

	if (!(hyperv->privileges & HV_PRIVILEGE_VP_INDEX))
		return 0;
	port_cpu_run(hyperv->port, cpu, vp_index_read, &query);
	return query.index;
}
