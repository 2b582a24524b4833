/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Vectors and events.
 *
 * A vector has a mask of the device's own beside that of PCI. In auto mask mode
 * the device sets it with each interrupt, and the driver has to clear it. On
 * QEMU that is not quite so: an interrupt that waited and is sent when its mask
 * is cleared leaves it clear, and with the line it is set when ICR is read.
 */
#include "mocks/vmware/vmxnet3_internal.h"

#include <string.h>

#include "mocks/machine/fault.h"

#define STORM_MESSAGES 64u

/** Whether the driver holds all of them back by a word in its memory. */
static bool all_disabled(const struct host_vmxnet3 *vmxnet3)
{
	uint8_t word[4] = {0};

	if (host_vmxnet3_is_qemu(vmxnet3))
		return false;
	host_pci_dma_read(vmxnet3->function,
			  vmxnet3->shared + SHARED_INTERRUPT_CONTROL, word,
			  sizeof(word));
	return word[0] & SHARED_DISABLE_ALL;
}

static bool on_line(const struct host_vmxnet3 *vmxnet3)
{
	return host_pci_interrupt_kind(vmxnet3->function) == HOST_PCI_INTX;
}

static void interrupt_send(struct host_vmxnet3 *vmxnet3, unsigned index,
			   bool unmasked)
{
	struct host_vmxnet3_interrupt *interrupt = &vmxnet3->interrupts[index];
	unsigned count = 1;

	interrupt->pending = false;
	interrupt->masked =
		vmxnet3->auto_mask && !(host_vmxnet3_is_qemu(vmxnet3) &&
					(unmasked || on_line(vmxnet3)));
	vmxnet3->counters.interrupts++;
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_INTERRUPT_LOST))
		return;
	if (on_line(vmxnet3)) {
		interrupt->asserted = true;
		host_pci_line_set(vmxnet3->function, true);
		return;
	}
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_INTERRUPT_STORM))
		count = STORM_MESSAGES;
	while (count--)
		host_pci_message(vmxnet3->function, index);
}

void host_vmxnet3_interrupt(struct host_vmxnet3 *vmxnet3, unsigned index)
{
	struct host_vmxnet3_interrupt *interrupt;

	if (!vmxnet3->active || index >= VMXNET3_INTERRUPTS_MAX)
		return;
	interrupt = &vmxnet3->interrupts[index];
	if ((interrupt->masked || all_disabled(vmxnet3)) &&
	    !host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_IMR_IGNORED))
		interrupt->pending = true;
	else
		interrupt_send(vmxnet3, index, false);
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_INTERRUPT_SPURIOUS))
		interrupt_send(vmxnet3,
			       machine_random_below(vmxnet3->machine,
						    vmxnet3->interrupt_count),
			       false);
}

void host_vmxnet3_mask(struct host_vmxnet3 *vmxnet3, unsigned index,
		       bool masked)
{
	struct host_vmxnet3_interrupt *interrupt = &vmxnet3->interrupts[index];

	interrupt->masked = masked;
	if (!masked && interrupt->pending && vmxnet3->active &&
	    !all_disabled(vmxnet3))
		interrupt_send(vmxnet3, index, true);
}

uint32_t host_vmxnet3_cause(struct host_vmxnet3 *vmxnet3)
{
	struct host_vmxnet3_interrupt *interrupt = &vmxnet3->interrupts[0];
	bool asserted = interrupt->asserted;

	interrupt->asserted = false;
	if (asserted && host_vmxnet3_is_qemu(vmxnet3)) {
		interrupt->pending = false;
		interrupt->masked = vmxnet3->auto_mask;
	}
	host_pci_line_set(vmxnet3->function, false);
	if (!asserted &&
	    host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_ICR_STUCK))
		return 1;
	return asserted;
}

void host_vmxnet3_interrupts_reset(struct host_vmxnet3 *vmxnet3)
{
	unsigned n;

	for (n = 0; n < VMXNET3_INTERRUPTS_MAX; n++)
		vmxnet3->interrupts[n] =
			(struct host_vmxnet3_interrupt){.masked = true};
	host_pci_line_set(vmxnet3->function, false);
}

/* ---- Events ---- */

/** Change the event word in the shared area. */
static void event_word(struct host_vmxnet3 *vmxnet3, uint32_t set,
		       uint32_t clear)
{
	uint64_t address = vmxnet3->shared + SHARED_EVENTS;
	uint8_t word[4];

	if (!host_pci_dma_read(vmxnet3->function, address, word, sizeof(word)))
		return;
	wire_put32(word, (wire_get32(word) & ~clear) | set);
	if (set)
		host_vmxnet3_trace_area(vmxnet3, TRACE_TO_GUEST, "events", 0,
					word, sizeof(word));
	host_pci_dma_write(vmxnet3->function, address, word, sizeof(word));
}

void host_vmxnet3_event(struct host_vmxnet3 *vmxnet3, uint32_t bits)
{
	if (!vmxnet3->active)
		return;
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_EVENT_LOST) ||
	    machine_fault_fires(vmxnet3->machine, MACHINE_FAULT_MESSAGE_LOST))
		return;
	event_word(vmxnet3, bits, 0);
	host_vmxnet3_interrupt(vmxnet3, vmxnet3->event_interrupt);
}

void host_vmxnet3_event_acknowledge(struct host_vmxnet3 *vmxnet3, uint32_t bits)
{
	if (!vmxnet3->shared) {
		host_vmxnet3_break(
			vmxnet3, "ECR: written while there is no shared area");
		return;
	}
	event_word(vmxnet3, 0, bits);
	if (host_vmxnet3_lies(vmxnet3, HOST_VMXNET3_FAULT_EVENT_STORM))
		host_vmxnet3_event(vmxnet3, bits);
}
