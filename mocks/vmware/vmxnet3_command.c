/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands. The result belongs to the last one that was written, whoever did;
 * a command that the device, or the revision in use, does not know has result
 * 0, so 0 does not say "supported".
 */
#include "mocks/vmware/vmxnet3_internal.h"

#include <string.h>

#include "mocks/machine/fault.h"

#define LINK_ALL_ONES	   0xffffffffu
#define ADAPTIVE_DISABLED  1u
#define RSS_FIELDS_DEFAULT (RSS_FIELD_TCP4 | RSS_FIELD_TCP6)
#define COALESCE_MODES	   4u

/* ---- Answers ---- */

static uint32_t result_link(struct host_vmxnet3 *vmxnet3)
{
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_LINK_ABSURD))
		return machine_random_below(vmxnet3->machine, 2) ? LINK_ALL_ONES
								 : 1;
	if (vmxnet3->link_up)
		return vmxnet3->speed_mbps << 16 | 1;
	return host_vmxnet3_is_qemu(vmxnet3) ? vmxnet3->speed_mbps << 16 : 0;
}

static uint32_t result_mac(struct host_vmxnet3 *vmxnet3, bool high)
{
	uint8_t bytes[8] = {0};

	memcpy(bytes, vmxnet3->configuration.mac, 6);
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_MAC_ZERO))
		return 0;
	return wire_get32(bytes + (high ? 4 : 0));
}

static uint32_t result_interrupts(struct host_vmxnet3 *vmxnet3)
{
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_CONF_INTR_WRONG))
		return 0xfffffff0u | machine_random_below(vmxnet3->machine, 16);
	return vmxnet3->configuration.interrupt_type |
	       vmxnet3->configuration.mask_mode << 2;
}

static uint32_t result_queues(struct host_vmxnet3 *vmxnet3)
{
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_QUEUES_ABSURD))
		return machine_random_below(vmxnet3->machine, 2) ? 0 : 0xffff;
	return vmxnet3->queues_max | vmxnet3->queues_max << 8;
}

static uint32_t result_data_bytes(struct host_vmxnet3 *vmxnet3)
{
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_DATA_SIZE_ABSURD))
		return machine_random(vmxnet3->machine) & 0xffff;
	return VMXNET3_DATA_BYTES_V3;
}

/** Answers that came with a revision; 0 before it. */
static uint32_t result_of_revision(struct host_vmxnet3 *vmxnet3,
				   uint32_t command)
{
	unsigned revision = vmxnet3->revision;

	switch (command) {
	case VMXNET3_GET_TXDATA_DESC_SIZE:
		return revision >= 3 ? result_data_bytes(vmxnet3) : 0;
	case VMXNET3_GET_RSS_FIELDS:
		return revision >= 4 ? vmxnet3->rss_fields : 0;
	case VMXNET3_GET_MAX_QUEUES:
		return revision >= 6 ? result_queues(vmxnet3) : 0;
	default:
		return 0;
	}
}

static uint32_t answer(struct host_vmxnet3 *vmxnet3, uint32_t command)
{
	switch (command) {
	case VMXNET3_GET_LINK:
		return result_link(vmxnet3);
	case VMXNET3_GET_PERM_MAC_LO:
	case VMXNET3_GET_PERM_MAC_HI:
		return result_mac(vmxnet3, command == VMXNET3_GET_PERM_MAC_HI);
	case VMXNET3_GET_DID_LO:
		return 0x7b0;
	case VMXNET3_GET_DID_HI:
		return 1;
	case VMXNET3_GET_CONF_INTR:
		return result_interrupts(vmxnet3);
	case VMXNET3_GET_ADAPTIVE_RING_INFO:
		return host_vmxnet3_is_qemu(vmxnet3) ? ADAPTIVE_DISABLED : 0;
	default:
		return host_vmxnet3_is_qemu(vmxnet3)
			       ? 0
			       : result_of_revision(vmxnet3, command);
	}
}

/* ---- Deeds ---- */

static void status_write(struct host_vmxnet3 *vmxnet3, const char *place,
			 unsigned queue, uint64_t descriptor, bool stopped,
			 uint32_t error)
{
	uint8_t bytes[8] = {stopped};

	wire_put32(bytes + 4, error);
	host_vmxnet3_trace_area(vmxnet3, TRACE_TO_GUEST, place, queue, bytes,
				sizeof(bytes));
	host_pci_dma_write(vmxnet3->function, descriptor + QUEUE_STOPPED, bytes,
			   sizeof(bytes));
}

static void queue_status(struct host_vmxnet3 *vmxnet3)
{
	unsigned n;

	if (!vmxnet3->active || host_vmxnet3_is_qemu(vmxnet3))
		return;
	for (n = 0; n < vmxnet3->tx_count; n++)
		status_write(vmxnet3, "tx-status", n, vmxnet3->tx[n].descriptor,
			     vmxnet3->tx[n].stopped, vmxnet3->tx[n].error);
	for (n = 0; n < vmxnet3->rx_count; n++)
		status_write(vmxnet3, "rx-status", n, vmxnet3->rx[n].descriptor,
			     vmxnet3->rx[n].stopped, vmxnet3->rx[n].error);
}

static void statistics_write(struct host_vmxnet3 *vmxnet3, const char *place,
			     unsigned queue, uint64_t descriptor,
			     const uint64_t *values, bool absurd)
{
	uint8_t bytes[QUEUE_STATISTICS_COUNT * 8];
	unsigned n;

	for (n = 0; n < QUEUE_STATISTICS_COUNT; n++)
		wire_put64(bytes + 8 * n, absurd ? UINT64_MAX : values[n]);
	host_vmxnet3_trace_area(vmxnet3, TRACE_TO_GUEST, place, queue, bytes,
				sizeof(bytes));
	host_pci_dma_write(vmxnet3->function, descriptor + QUEUE_STATISTICS,
			   bytes, sizeof(bytes));
}

void host_vmxnet3_statistics(struct host_vmxnet3 *vmxnet3)
{
	bool absurd =
		host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_STATS_ABSURD);
	unsigned n;

	/* Before ACTIVATE there is nowhere to put them (V51). */
	if (!vmxnet3->active ||
	    (absurd && machine_random_below(vmxnet3->machine, 2)))
		return;
	for (n = 0; n < vmxnet3->tx_count; n++)
		statistics_write(vmxnet3, "tx-stats", n,
				 vmxnet3->tx[n].descriptor,
				 vmxnet3->tx[n].statistics, absurd);
	for (n = 0; n < vmxnet3->rx_count; n++)
		statistics_write(vmxnet3, "rx-stats", n,
				 vmxnet3->rx[n].descriptor,
				 vmxnet3->rx[n].statistics, absurd);
}

/**
 * What was rung for before QUIESCE may still be completed after it (V45).
 */
static void quiesce(struct host_vmxnet3 *vmxnet3)
{
	unsigned n;

	if (vmxnet3->active &&
	    (machine_random_below(vmxnet3->machine, 2) ||
	     host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_QUIESCE_LATE)))
		for (n = 0; n < vmxnet3->tx_count; n++)
			while (vmxnet3->tx[n].work.pending &&
			       host_vmxnet3_transmit_step(&vmxnet3->tx[n]))
				;
	host_vmxnet3_deactivate(vmxnet3);
}

static uint32_t activate(struct host_vmxnet3 *vmxnet3)
{
	vmxnet3->counters.activations++;
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_ACTIVATE_FAILS) ||
	    machine_fault_fires(vmxnet3->machine, MACHINE_FAULT_CONTROL))
		return 1;
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_ACTIVATE_LIES))
		return 0;
	return !host_vmxnet3_activate(vmxnet3);
}

static void command_argument(struct host_vmxnet3 *vmxnet3, uint8_t bytes[16])
{
	memset(bytes, 0, 16);
	if (!vmxnet3->shared)
		return;
	host_vmxnet3_trace_shared(vmxnet3, "command", SHARED_COMMAND, 16);
	host_pci_dma_read(vmxnet3->function, vmxnet3->shared + SHARED_COMMAND,
			  bytes, 16);
}

static uint32_t set_rss_fields(struct host_vmxnet3 *vmxnet3)
{
	uint8_t bytes[16];
	uint32_t fields;

	command_argument(vmxnet3, bytes);
	fields = wire_get32(bytes);
	if ((fields & RSS_FIELDS_DEFAULT) != RSS_FIELDS_DEFAULT) {
		host_vmxnet3_break(
			vmxnet3,
			"SET_RSS_FIELDS: 0x%x lacks TCP over IPv4 or "
			"IPv6 (V53)",
			fields);
		return 1;
	}
	vmxnet3->rss_fields = fields;
	return 0;
}

static uint32_t set_coalesce(struct host_vmxnet3 *vmxnet3)
{
	uint8_t bytes[16], scheme[16];
	bool there;

	/* Version, length and address of the scheme. */
	command_argument(vmxnet3, bytes);
	there = host_pci_dma_read(vmxnet3->function, wire_get64(bytes + 8),
				  scheme, sizeof(scheme));
	if (there)
		host_vmxnet3_trace_area(vmxnet3, TRACE_FROM_GUEST, "coalesce",
					0, scheme, sizeof(scheme));
	if (!there || wire_get32(scheme) >= COALESCE_MODES) {
		host_vmxnet3_break(
			vmxnet3,
			"SET_COALESCE: no scheme at 0x%llx, or no such "
			"mode",
			(unsigned long long)wire_get64(bytes + 8));
		return 1;
	}
	return 0;
}

static void unknown(struct host_vmxnet3 *vmxnet3, uint32_t command)
{
	bool get = command >= VMXNET3_GET_QUEUE_STATUS &&
		   command <= VMXNET3_GET_DCR0 && command != 0xf00d000d &&
		   command != 0xf00d000e && command != 0xf00d0010;

	if (!get)
		host_vmxnet3_break(vmxnet3,
				   "CMD: there is no command 0x%x (V46)",
				   command);
}

/** Commands that set something from revision 3 on. */
static uint32_t set_of_revision(struct host_vmxnet3 *vmxnet3, uint32_t command)
{
	static const struct {
		uint32_t command;
		unsigned revision;
	} since[] = {
		{VMXNET3_SET_COALESCE, 3},
		{VMXNET3_REGISTER_MEMREGS, 3},
		{VMXNET3_SET_RSS_FIELDS, 4},
		{VMXNET3_SET_RING_BUFFER_SIZE, 7},
	};
	unsigned n;

	for (n = 0; n < sizeof(since) / sizeof(since[0]); n++)
		if (since[n].command == command)
			break;
	if (n == sizeof(since) / sizeof(since[0])) {
		unknown(vmxnet3, command);
		return answer(vmxnet3, command);
	}
	if (vmxnet3->revision < since[n].revision) {
		host_vmxnet3_break(
			vmxnet3,
			"CMD: command 0x%x came with revision %u, and "
			"%u is in use",
			command, since[n].revision, vmxnet3->revision);
		return 0;
	}
	if (command == VMXNET3_SET_RSS_FIELDS)
		return set_rss_fields(vmxnet3);
	return command == VMXNET3_SET_COALESCE ? set_coalesce(vmxnet3) : 0;
}

static void filter_trace(struct host_vmxnet3 *vmxnet3)
{
	host_vmxnet3_trace_shared(vmxnet3, "filter", SHARED_RX_MODE,
				  SHARED_FILTER_BYTES);
}

static uint32_t execute(struct host_vmxnet3 *vmxnet3, uint32_t command)
{
	switch (command) {
	case VMXNET3_ACTIVATE:
		return activate(vmxnet3);
	case VMXNET3_QUIESCE:
		quiesce(vmxnet3);
		return 0;
	case VMXNET3_RESET:
		host_vmxnet3_reset(vmxnet3);
		return 0;
	case VMXNET3_UPDATE_RX_MODE:
		filter_trace(vmxnet3);
		host_vmxnet3_read_mode(vmxnet3);
		return 0;
	case VMXNET3_UPDATE_MAC_FILTERS:
		filter_trace(vmxnet3);
		host_vmxnet3_read_groups(vmxnet3);
		return 0;
	case VMXNET3_UPDATE_VLAN_FILTERS:
		filter_trace(vmxnet3);
		host_vmxnet3_read_vlans(vmxnet3);
		return 0;
	case VMXNET3_UPDATE_RSSIDT:
		return !host_vmxnet3_read_rss(vmxnet3);
	case VMXNET3_UPDATE_FEATURE:
		host_vmxnet3_trace_shared(vmxnet3, "shared", 0, SHARED_BYTES);
		host_vmxnet3_read_features(vmxnet3);
		return 0;
	case VMXNET3_UPDATE_IML:
	case VMXNET3_UPDATE_PMCFG:
	case VMXNET3_LOAD_PLUGIN:
		return 0;
	case VMXNET3_GET_QUEUE_STATUS:
		queue_status(vmxnet3);
		return 0;
	case VMXNET3_GET_STATS:
		host_vmxnet3_statistics(vmxnet3);
		return 0;
	default:
		return set_of_revision(vmxnet3, command);
	}
}

void host_vmxnet3_command(struct host_vmxnet3 *vmxnet3, uint32_t command)
{
	vmxnet3->counters.commands++;
	vmxnet3->command = command;
	vmxnet3->result_before = vmxnet3->result;
	vmxnet3->result = execute(vmxnet3, command);
}

uint32_t host_vmxnet3_result(struct host_vmxnet3 *vmxnet3)
{
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_RESULT_STALE))
		return vmxnet3->result_before;
	return vmxnet3->result;
}
