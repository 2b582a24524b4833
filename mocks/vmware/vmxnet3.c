/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The card: its life, its registers, and what the world does to it.
 */
#include "mocks/vmware/vmxnet3_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_FRAMES_DEFAULT 512u
/** How long after its generation the rest of a completion comes. */
#define LATE_NANOSECONDS     2000u

#define REVISION_BIT(revision) (1u << ((revision)-1))

void host_vmxnet3_break(struct host_vmxnet3 *vmxnet3, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	machine_violation(vmxnet3->machine, "vmxnet3", "%s", text);
}

bool host_vmxnet3_lies(struct host_vmxnet3 *vmxnet3,
		       enum host_vmxnet3_fault fault)
{
	struct host_vmxnet3_lies *lies = &vmxnet3->lies;
	uint32_t when = lies->faults.when[fault], odds = lies->faults.odds;
	uint64_t n = ++lies->points[fault];

	if (!when)
		return false;
	if (when == HOST_VMXNET3_FAULT_ALWAYS
		    ? odds && machine_random_below(vmxnet3->machine, odds) != 0
		    : when != n)
		return false;
	lies->fired[fault]++;
	lies->all_fired++;
	if (host_vmxnet3_fault_descriptions[fault].changes)
		lies->changed = true;
	return true;
}

void host_vmxnet3_ring_advance(struct vmxnet3_ring *ring)
{
	ring->ahead = false;
	if (++ring->next < ring->size)
		return;
	ring->next = 0;
	ring->generation ^= 1;
}

static void late_fire(void *argument)
{
	struct host_vmxnet3 *vmxnet3 = argument;

	host_pci_dma_write(vmxnet3->function, vmxnet3->late.address,
			   vmxnet3->late.bytes, DESCRIPTOR_BYTES);
}

void host_vmxnet3_trace(struct host_vmxnet3 *vmxnet3,
			enum trace_direction direction, const char *ring,
			unsigned queue, uint32_t index, const uint8_t *bytes)
{
	const struct trace_event event = {
		.kind = TRACE_DESCRIPTOR,
		.direction = direction,
		.place = ring,
		.queue = queue,
		.address = index,
		.bytes = bytes,
		.length = DESCRIPTOR_BYTES,
	};

	machine_trace(vmxnet3->machine, &event);
}

void host_vmxnet3_trace_area(struct host_vmxnet3 *vmxnet3,
			     enum trace_direction direction, const char *place,
			     unsigned queue, const uint8_t *bytes,
			     uint32_t length)
{
	const struct trace_event event = {
		.kind = TRACE_DESCRIPTOR,
		.direction = direction,
		.place = place,
		.queue = queue,
		.bytes = bytes,
		.length = length,
	};

	machine_trace(vmxnet3->machine, &event);
}

void host_vmxnet3_trace_shared(struct host_vmxnet3 *vmxnet3, const char *place,
			       unsigned offset, uint32_t length)
{
	uint8_t bytes[SHARED_BYTES];

	/* Whether the device may read it is said where it reads it. */
	if (machine_is_traced(vmxnet3->machine) && vmxnet3->shared &&
	    host_pci_masters(vmxnet3->function) &&
	    machine_ram_read(vmxnet3->machine, vmxnet3->shared + offset, bytes,
			     length))
		host_vmxnet3_trace_area(vmxnet3, TRACE_FROM_GUEST, place, 0,
					bytes, length);
}

static void completion_trace(struct host_vmxnet3 *vmxnet3,
			     const struct vmxnet3_ring *ring,
			     const uint8_t *bytes)
{
	unsigned n;

	for (n = 0; n < VMXNET3_QUEUES_MAX; n++) {
		if (ring == &vmxnet3->tx[n].completions)
			host_vmxnet3_trace(vmxnet3, TRACE_TO_GUEST, "txc", n,
					   ring->next, bytes);
		else if (ring == &vmxnet3->rx[n].completions)
			host_vmxnet3_trace(vmxnet3, TRACE_TO_GUEST, "rxc", n,
					   ring->next, bytes);
	}
}

void host_vmxnet3_complete(struct host_vmxnet3 *vmxnet3,
			   struct vmxnet3_ring *ring, const uint32_t words[4],
			   enum host_vmxnet3_fault early)
{
	uint64_t address =
		ring->address + (uint64_t)ring->next * DESCRIPTOR_BYTES;
	struct vmxnet3_late *late = &vmxnet3->late;
	uint8_t bytes[DESCRIPTOR_BYTES];
	unsigned n;

	for (n = 0; n < 4; n++)
		wire_put32(bytes + 4 * n, words[n]);
	wire_put32(bytes + 12,
		   (words[3] & ~(1u << RCD_GENERATION_SHIFT)) |
			   ring->generation << RCD_GENERATION_SHIFT);
	if (machine_is_traced(vmxnet3->machine))
		completion_trace(vmxnet3, ring, bytes);
	host_vmxnet3_ring_advance(ring);
	if (host_vmxnet3_lies(vmxnet3, early) && !late->event.scheduled) {
		memcpy(late->bytes, bytes, sizeof(bytes));
		late->address = address;
		machine_event_schedule(vmxnet3->machine, &late->event,
				       LATE_NANOSECONDS);
		host_pci_dma_write(vmxnet3->function, address + 12, bytes + 12,
				   4);
		return;
	}
	host_pci_dma_write(vmxnet3->function, address, bytes, sizeof(bytes));
}

/* ---- States ---- */

void host_vmxnet3_deactivate(struct host_vmxnet3 *vmxnet3)
{
	unsigned n;

	vmxnet3->active = false;
	machine_event_cancel(vmxnet3->machine, &vmxnet3->late.event);
	for (n = 0; n < VMXNET3_QUEUES_MAX; n++) {
		machine_work_cancel(vmxnet3->machine, &vmxnet3->tx[n].work);
		machine_event_cancel(vmxnet3->machine, &vmxnet3->tx[n].poll);
		machine_work_cancel(vmxnet3->machine, &vmxnet3->rx[n].work);
		machine_event_cancel(vmxnet3->machine, &vmxnet3->rx[n].poll);
		host_vmxnet3_receive_drop(&vmxnet3->rx[n]);
	}
}

void host_vmxnet3_reset(struct host_vmxnet3 *vmxnet3)
{
	host_vmxnet3_deactivate(vmxnet3);
	host_vmxnet3_interrupts_reset(vmxnet3);
	vmxnet3->shared = 0;
	vmxnet3->counters.resets++;
}

void host_vmxnet3_die(struct host_vmxnet3 *vmxnet3)
{
	host_vmxnet3_deactivate(vmxnet3);
	host_vmxnet3_interrupts_reset(vmxnet3);
	vmxnet3->dead = true;
}

/* ---- Control registers ---- */

static void revision_select(struct host_vmxnet3 *vmxnet3, uint32_t value)
{
	unsigned revision;

	if (!value || value & (value - 1) || !(value & vmxnet3->revisions)) {
		host_vmxnet3_break(
			vmxnet3,
			"VRRS: 0x%x is written, which is not one bit of "
			"the 0x%x that it offered (V1)",
			value, vmxnet3->revisions);
		return;
	}
	for (revision = 1; value >>= 1;)
		revision++;
	vmxnet3->revision = revision;
}

static void shared_set(struct host_vmxnet3 *vmxnet3, uint32_t high)
{
	vmxnet3->shared = (uint64_t)high << 32 | vmxnet3->shared_low;
	if (vmxnet3->shared % 8)
		host_vmxnet3_break(vmxnet3, "DSAL: 0x%x is not a multiple of 8",
				   vmxnet3->shared_low);
}

static void mac_set(struct host_vmxnet3 *vmxnet3, uint32_t high)
{
	uint8_t bytes[8];

	wire_put32(bytes, vmxnet3->mac_low);
	wire_put32(bytes + 4, high);
	memcpy(vmxnet3->mac, bytes, sizeof(vmxnet3->mac));
	if (high >> 16)
		host_vmxnet3_break(vmxnet3,
				   "MACH: 0x%x has more than two bytes", high);
}

static void control_write(struct host_vmxnet3 *vmxnet3, uint64_t offset,
			  uint32_t value)
{
	switch (offset) {
	case VMXNET3_VRRS:
		revision_select(vmxnet3, value);
		break;
	case VMXNET3_UVRS:
		if (value != 1)
			host_vmxnet3_break(vmxnet3,
					   "UVRS: 0x%x is written, not 1",
					   value);
		break;
	case VMXNET3_DSAL:
		/* Until the high half comes there is no area at all. */
		if (!value)
			host_vmxnet3_deactivate(vmxnet3);
		vmxnet3->shared_low = value;
		vmxnet3->shared = 0;
		break;
	case VMXNET3_DSAH:
		shared_set(vmxnet3, value);
		break;
	case VMXNET3_CMD:
		host_vmxnet3_command(vmxnet3, value);
		break;
	case VMXNET3_MACL:
		vmxnet3->mac_low = value;
		break;
	case VMXNET3_MACH:
		mac_set(vmxnet3, value);
		break;
	case VMXNET3_ECR:
		host_vmxnet3_event_acknowledge(vmxnet3, value);
		break;
	default:
		host_vmxnet3_break(
			vmxnet3, "BAR 1: 0x%llx is no register that is written",
			(unsigned long long)offset);
		break;
	}
}

static uint32_t mac_read(struct host_vmxnet3 *vmxnet3, bool high)
{
	uint8_t bytes[8] = {0};

	memcpy(bytes, vmxnet3->mac, sizeof(vmxnet3->mac));
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_MAC_ZERO))
		return 0;
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_MAC_MULTICAST))
		bytes[0] |= 1;
	return wire_get32(bytes + (high ? 4 : 0));
}

static uint32_t control_read(struct host_vmxnet3 *vmxnet3, uint64_t offset)
{
	switch (offset) {
	case VMXNET3_VRRS:
		return host_vmxnet3_lies(vmxnet3,
					 HOST_VMXNET3_FAULT_REVISIONS_NONE)
			       ? 0
			       : vmxnet3->revisions;
	case VMXNET3_UVRS:
		return !host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_UPT_NONE);
	case VMXNET3_CMD:
		return host_vmxnet3_result(vmxnet3);
	case VMXNET3_MACL:
	case VMXNET3_MACH:
		return mac_read(vmxnet3, offset == VMXNET3_MACH);
	case VMXNET3_ICR:
		return host_vmxnet3_cause(vmxnet3);
	default:
		/* Events are read in the shared area: here is nothing (V42). */
		return 0;
	}
}

/* ---- Doorbells and masks ---- */

/** A register of an array in BAR 0. @return its index, or -1: another one */
static int doorbell_index(uint64_t offset, uint64_t first, uint64_t end)
{
	if (offset < first || offset >= end || offset % VMXNET3_STRIDE)
		return -1;
	return (int)((offset - first) / VMXNET3_STRIDE);
}

static void rx_doorbell(struct host_vmxnet3 *vmxnet3, unsigned n, unsigned ring,
			uint32_t value)
{
	vmxnet3->counters.rx_doorbells++;
	if (n >= vmxnet3->rx_count)
		host_vmxnet3_break(vmxnet3, "RXPROD: there is no queue %u", n);
	else
		host_vmxnet3_rx_producer(&vmxnet3->rx[n], ring, value);
}

static void mask_write(struct host_vmxnet3 *vmxnet3, unsigned n, uint32_t value)
{
	if (value > 1)
		host_vmxnet3_break(vmxnet3, "IMR %u: 0x%x is neither 0 nor 1",
				   n, value);
	if (!vmxnet3->active && !(value & 1))
		host_vmxnet3_break(vmxnet3,
				   "IMR %u: unmasked while the device is not "
				   "active, which is lost on QEMU (V6)",
				   n);
	if (vmxnet3->active || !host_vmxnet3_is_qemu(vmxnet3))
		host_vmxnet3_mask(vmxnet3, n, value & 1);
}

static void doorbell_write(struct host_vmxnet3 *vmxnet3, uint64_t offset,
			   uint32_t value)
{
	int mask = doorbell_index(offset, VMXNET3_IMR,
				  VMXNET3_IMR + VMXNET3_INTERRUPTS_MAX *
							VMXNET3_STRIDE);
	int tx = doorbell_index(offset, VMXNET3_TXPROD, VMXNET3_RXPROD);
	int first = doorbell_index(offset, VMXNET3_RXPROD, VMXNET3_RXPROD2);
	int second = doorbell_index(offset, VMXNET3_RXPROD2, 0xc00);

	if (mask >= 0) {
		mask_write(vmxnet3, (unsigned)mask, value);
	} else if (tx < 0 && first < 0 && second < 0) {
		host_vmxnet3_break(vmxnet3, "BAR 0: 0x%llx is no register",
				   (unsigned long long)offset);
	} else if (!vmxnet3->active) {
		host_vmxnet3_break(
			vmxnet3,
			"%s: a doorbell while the device is not active "
			"(V6, CVE-2016-6833)",
			tx >= 0 ? "TXPROD" : "RXPROD");
	} else if (tx >= 0) {
		vmxnet3->counters.doorbells++;
		if ((unsigned)tx >= vmxnet3->tx_count)
			host_vmxnet3_break(vmxnet3,
					   "TXPROD: there is no queue %d", tx);
		else
			host_vmxnet3_doorbell(&vmxnet3->tx[tx], value);
	} else if (first >= 0) {
		rx_doorbell(vmxnet3, (unsigned)first, 0, value);
	} else {
		rx_doorbell(vmxnet3, (unsigned)second, 1, value);
	}
}

static uint64_t bar_read(void *context, unsigned bar, uint64_t offset,
			 unsigned width)
{
	struct host_vmxnet3 *vmxnet3 = context;

	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_GONE))
		host_vmxnet3_die(vmxnet3);
	if (vmxnet3->dead)
		return UINT64_MAX;
	if (width != 4)
		host_vmxnet3_break(
			vmxnet3, "BAR %u: %u bytes of a register of 4 are read",
			bar, width);
	if (bar == VMXNET3_BAR_CONTROL)
		return control_read(vmxnet3, offset);
	if (bar == VMXNET3_BAR_DOORBELLS &&
	    offset / VMXNET3_STRIDE < VMXNET3_INTERRUPTS_MAX &&
	    offset % VMXNET3_STRIDE == 0)
		return vmxnet3->interrupts[offset / VMXNET3_STRIDE].masked;
	return 0;
}

static void bar_write(void *context, unsigned bar, uint64_t offset,
		      uint64_t value, unsigned width)
{
	struct host_vmxnet3 *vmxnet3 = context;

	if (vmxnet3->dead)
		return;
	if (width != 4)
		host_vmxnet3_break(
			vmxnet3,
			"BAR %u: %u bytes of a register of 4 are written", bar,
			width);
	else if (bar == VMXNET3_BAR_CONTROL)
		control_write(vmxnet3, offset, (uint32_t)value);
	else if (bar == VMXNET3_BAR_DOORBELLS)
		doorbell_write(vmxnet3, offset, (uint32_t)value);
}

/* ---- Life ---- */

void host_vmxnet3_describe(
	const struct host_vmxnet3_configuration *configuration,
	struct host_pci_identity *identity)
{
	const struct vmware_personality *personality =
		configuration->personality;

	*identity = (struct host_pci_identity){
		.vendor = 0x15ad,
		.device = 0x07b0,
		.subsystem_vendor = 0x15ad,
		.subsystem = 0x07b0,
		.revision = 1,
		.class_code = 0x020000,
		.bars = {{HOST_PCI_BAR_MEMORY32, 0x1000, false},
			 {HOST_PCI_BAR_MEMORY32, 0x1000, false},
			 {HOST_PCI_BAR_MEMORY32, 0x2000, false}},
		.pin = 1,
		.express_offset = 0x48,
		.msi_offset = configuration->line_only ? 0 : 0x84,
		.msix_vectors = VMXNET3_INTERRUPTS_MAX,
		.msix_bar = VMXNET3_BAR_MSIX,
		.msix_pba_offset = 0x1000,
	};
	if (!configuration->line_only && !configuration->no_msix)
		identity->msix_offset = 0x9c;
	if (personality && personality->qemu)
		identity->rom_bytes = 256 * 1024;
	else
		identity->bars[3] =
			(struct host_pci_bar){HOST_PCI_BAR_IO, 16, false};
}

static void queues_create(struct host_vmxnet3 *vmxnet3)
{
	unsigned n;

	for (n = 0; n < VMXNET3_QUEUES_MAX; n++) {
		struct vmxnet3_tx_queue *tx = &vmxnet3->tx[n];
		struct vmxnet3_rx_queue *rx = &vmxnet3->rx[n];

		tx->vmxnet3 = vmxnet3;
		tx->index = n;
		tx->work.step = host_vmxnet3_transmit_step;
		tx->work.argument = tx;
		tx->poll.fire = host_vmxnet3_transmit_poll;
		tx->poll.argument = tx;
		rx->vmxnet3 = vmxnet3;
		rx->index = n;
		rx->work.step = host_vmxnet3_receive_step;
		rx->work.argument = rx;
		rx->poll.fire = host_vmxnet3_receive_poll;
		rx->poll.argument = rx;
	}
	vmxnet3->late.event.fire = late_fire;
	vmxnet3->late.event.argument = vmxnet3;
}

static void configure(struct host_vmxnet3 *vmxnet3)
{
	struct host_vmxnet3_configuration *configuration =
		&vmxnet3->configuration;
	unsigned top;

	vmxnet3->personality = configuration->personality
				       ? configuration->personality
				       : vmware_personality_find("esxi");
	top = vmxnet3->personality->revision_max;
	vmxnet3->revisions = configuration->revisions
				     ? configuration->revisions
				     : REVISION_BIT(top + 1) - 1;
	vmxnet3->queues_max = configuration->queues_max;
	if (!vmxnet3->queues_max)
		vmxnet3->queues_max =
			top >= 6 ? VMXNET3_QUEUES_V6 : VMXNET3_QUEUES_LEGACY;
	if (vmxnet3->queues_max > VMXNET3_QUEUES_MAX)
		vmxnet3->queues_max = VMXNET3_QUEUES_MAX;
	vmxnet3->speed_mbps = configuration->speed_mbps
				      ? configuration->speed_mbps
				      : vmxnet3->personality->speed_mbps;
	if (!configuration->queue_frames)
		configuration->queue_frames = QUEUE_FRAMES_DEFAULT;
	vmxnet3->link_up = !configuration->link_down;
	memcpy(vmxnet3->mac, configuration->mac, sizeof(vmxnet3->mac));
	host_vmxnet3_faults_set(vmxnet3, configuration->faults);
	configuration->faults = NULL;
}

struct host_vmxnet3 *
host_vmxnet3_create(struct machine *machine, struct host_pci_bus *bus,
		    unsigned slot,
		    const struct host_vmxnet3_configuration *configuration,
		    struct wire *wire)
{
	static const struct host_pci_operations operations = {
		.read = bar_read,
		.write = bar_write,
	};
	struct host_vmxnet3 *vmxnet3 = calloc(1, sizeof(*vmxnet3));
	struct host_pci_identity identity;

	if (!vmxnet3)
		return NULL;
	vmxnet3->machine = machine;
	vmxnet3->wire = wire;
	vmxnet3->configuration = *configuration;
	configure(vmxnet3);
	queues_create(vmxnet3);
	vmxnet3->packet = malloc(VLAN_TAG + VMXNET3_PACKET_MAX);
	vmxnet3->segment = malloc(VLAN_TAG + VMXNET3_PACKET_MAX);
	host_vmxnet3_describe(configuration, &identity);
	identity.operations = &operations;
	identity.context = vmxnet3;
	if (vmxnet3->packet && vmxnet3->segment)
		vmxnet3->function = host_pci_add(bus, slot, 0, &identity);
	if (!vmxnet3->function) {
		free(vmxnet3->packet);
		free(vmxnet3->segment);
		free(vmxnet3);
		return NULL;
	}
	host_vmxnet3_interrupts_reset(vmxnet3);
	wire_attach(wire, host_vmxnet3_receive, vmxnet3);
	return vmxnet3;
}

void host_vmxnet3_destroy(struct host_vmxnet3 *vmxnet3)
{
	if (!vmxnet3)
		return;
	host_vmxnet3_deactivate(vmxnet3);
	host_pci_remove(vmxnet3->function);
	wire_attach(vmxnet3->wire, NULL, NULL);
	free(vmxnet3->groups);
	free(vmxnet3->packet);
	free(vmxnet3->segment);
	free(vmxnet3);
}

/* ---- What can be asked ---- */

void host_vmxnet3_counters(const struct host_vmxnet3 *vmxnet3,
			   struct host_vmxnet3_counters *counters)
{
	*counters = vmxnet3->counters;
}

struct host_pci_function *host_vmxnet3_function(struct host_vmxnet3 *vmxnet3)
{
	return vmxnet3->function;
}

bool host_vmxnet3_is_dead(const struct host_vmxnet3 *vmxnet3)
{
	return vmxnet3->dead;
}

bool host_vmxnet3_is_active(const struct host_vmxnet3 *vmxnet3)
{
	return vmxnet3->active;
}

unsigned host_vmxnet3_revision(const struct host_vmxnet3 *vmxnet3)
{
	return vmxnet3->revision;
}

uint32_t host_vmxnet3_backlog(const struct host_vmxnet3 *vmxnet3)
{
	uint32_t frames = 0;
	unsigned n;

	for (n = 0; n < VMXNET3_QUEUES_MAX; n++)
		frames += vmxnet3->rx[n].waiting;
	return frames;
}

uint32_t host_vmxnet3_mode(const struct host_vmxnet3 *vmxnet3)
{
	return vmxnet3->mode;
}

void host_vmxnet3_mac(const struct host_vmxnet3 *vmxnet3, uint8_t mac[6])
{
	memcpy(mac, vmxnet3->mac, sizeof(vmxnet3->mac));
}

uint64_t host_vmxnet3_faults_fired(const struct host_vmxnet3 *vmxnet3,
				   enum host_vmxnet3_fault fault)
{
	return vmxnet3->lies.fired[fault];
}

struct host_vmxnet3_lies *host_vmxnet3_lies_of(struct host_vmxnet3 *vmxnet3)
{
	return &vmxnet3->lies;
}

/* ---- What the world does ---- */

void host_vmxnet3_faults_set(struct host_vmxnet3 *vmxnet3,
			     const struct host_vmxnet3_faults *faults)
{
	memset(&vmxnet3->lies, 0, sizeof(vmxnet3->lies));
	machine_event_cancel(vmxnet3->machine, &vmxnet3->late.event);
	if (faults)
		vmxnet3->lies.faults = *faults;
}

void host_vmxnet3_link_set(struct host_vmxnet3 *vmxnet3, bool up)
{
	if (up == vmxnet3->link_up)
		return;
	vmxnet3->link_up = up;
	machine_trace_note(vmxnet3->machine,
			   up ? TRACE_NOTE_LINK_UP : TRACE_NOTE_LINK_DOWN);
	host_vmxnet3_event(vmxnet3, VMXNET3_EVENT_LINK);
}

void host_vmxnet3_speed_set(struct host_vmxnet3 *vmxnet3, uint32_t mbps)
{
	char text[64];

	if (mbps == vmxnet3->speed_mbps)
		return;
	snprintf(text, sizeof(text), TRACE_NOTE_SPEED, mbps);
	machine_trace_note(vmxnet3->machine, text);
	vmxnet3->speed_mbps = mbps;
	host_vmxnet3_event(vmxnet3, VMXNET3_EVENT_LINK);
}

void host_vmxnet3_queue_stop(struct host_vmxnet3 *vmxnet3, bool receive,
			     unsigned queue, uint32_t error)
{
	char text[64];

	if (!vmxnet3->active ||
	    queue >= (receive ? vmxnet3->rx_count : vmxnet3->tx_count))
		return;
	snprintf(text, sizeof(text),
		 receive ? HOST_VMXNET3_NOTE_RX_STOP
			 : HOST_VMXNET3_NOTE_TX_STOP,
		 queue, error);
	machine_trace_note(vmxnet3->machine, text);
	if (receive) {
		vmxnet3->rx[queue].stopped = true;
		vmxnet3->rx[queue].error = error;
	} else {
		vmxnet3->tx[queue].stopped = true;
		vmxnet3->tx[queue].error = error;
	}
	host_vmxnet3_event(vmxnet3, receive ? VMXNET3_EVENT_RX_QUEUE
					    : VMXNET3_EVENT_TX_QUEUE);
}

void host_vmxnet3_device_change(struct host_vmxnet3 *vmxnet3)
{
	machine_trace_note(vmxnet3->machine, HOST_VMXNET3_NOTE_CHANGE);
	host_vmxnet3_event(vmxnet3, VMXNET3_EVENT_DEVICE);
}

void host_vmxnet3_remove(struct host_vmxnet3 *vmxnet3)
{
	machine_trace_note(vmxnet3->machine, TRACE_NOTE_REMOVE);
	host_vmxnet3_die(vmxnet3);
	host_pci_remove(vmxnet3->function);
}
