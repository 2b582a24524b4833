/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts of a scripted vmxnet3. When they come is the player's affair; the
 * driver gets them as it asked for them: by message or line, masked or not.
 */
#include "mocks/cli/play/vmxnet3_host.h"

void vmxnet3_host_interrupts_reset(struct vmxnet3_host *host)
{
	unsigned n;

	for (n = 0; n < VMXNET3_HOST_VECTORS; n++) {
		host->vectors[n].is_masked = true;
		host->vectors[n].is_pending = false;
	}
	host->is_asserted = false;
	host_pci_line_set(host->function, false);
}

/** Whether the driver holds all of them back by a word in its memory. */
static bool all_disabled(struct vmxnet3_host *host)
{
	uint8_t word[4] = {0};

	return vmxnet3_host_read(host, host->shared + SHARED_INTERRUPT_CONTROL,
				 word, sizeof(word)) &&
	       word[0] & SHARED_DISABLE_ALL;
}

static void interrupt_send(struct vmxnet3_host *host, unsigned vector)
{
	host->vectors[vector].is_pending = false;
	host->vectors[vector].is_masked = host->auto_mask;
	if (host_pci_interrupt_kind(host->function) != HOST_PCI_INTX) {
		host_pci_message(host->function, vector);
		return;
	}
	host->is_asserted = true;
	host_pci_line_set(host->function, true);
}

void vmxnet3_host_interrupt(struct vmxnet3_host *host, unsigned vector)
{
	if (!host->is_active || vector >= VMXNET3_HOST_VECTORS)
		return;
	if (host->vectors[vector].is_masked || all_disabled(host))
		host->vectors[vector].is_pending = true;
	else
		interrupt_send(host, vector);
}

void vmxnet3_host_mask(struct vmxnet3_host *host, unsigned vector, bool masked)
{
	if (vector >= VMXNET3_HOST_VECTORS)
		return;
	host->vectors[vector].is_masked = masked;
	if (!masked && host->vectors[vector].is_pending && host->is_active &&
	    !all_disabled(host))
		interrupt_send(host, vector);
}

uint32_t vmxnet3_host_cause(struct vmxnet3_host *host)
{
	bool was_asserted = host->is_asserted;

	host->is_asserted = false;
	host_pci_line_set(host->function, false);
	return was_asserted;
}
