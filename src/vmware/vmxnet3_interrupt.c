/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts: a message for each pair of queues and one for events; or one for
 * everything, a message or the line.
 *
 * The device masks a vector itself when it sends its interrupt, or leaves that
 * to the handler; either way it is unmasked when the stack asks to be woken
 * again. Asking is: armed first, then unmasked, then looked once more, so that
 * what came in between is either seen or heard of.
 */
#include "vmware/vmxnet3_internal.h"

#include "port/log.h"

/* ---- Handlers: interrupt context ---- */

/* Count and mask it; whether the card is ready for any. */
static bool vector_taken(struct vmxnet3_vector *vector)
{
	struct vmxnet3 *card = vector->card;

	atomic_fetch_add_explicit(&card->interrupts, 1, memory_order_relaxed);
	atomic_store(&vector->unmasked, false);
	if (!card->auto_mask)
		vmxnet3_ring(card, VMXNET3_INTERRUPT_MASK, vector->index, 1);
	return atomic_load(&card->ready);
}

void vmxnet3_wake(struct vmxnet3_queue *queue)
{
	const struct nic_stack *stack = &queue->card->stack;

	if (atomic_exchange(&queue->armed, false))
		stack->wake(stack->context, queue->index);
}

void vmxnet3_wake_events(struct vmxnet3 *card)
{
	if (!atomic_exchange(&card->events_told, true))
		card->stack.wake(card->stack.context, NIC_WAKE_EVENTS);
}

static void queue_signalled(void *context)
{
	struct vmxnet3_vector *vector = context;

	if (vector_taken(vector))
		vmxnet3_wake(&vector->card->queues[vector->index]);
}

static void events_signalled(void *context)
{
	struct vmxnet3_vector *vector = context;

	if (vector_taken(vector))
		vmxnet3_wake_events(vector->card);
}

static void shared_signalled(void *context)
{
	struct vmxnet3_vector *vector = context;
	struct vmxnet3 *card = vector->card;
	unsigned i;

	if (!vector_taken(vector))
		return;
	for (i = 0; i < card->queue_count; i++)
		vmxnet3_wake(&card->queues[i]);
	if (shared_load32(card->port, &card->shared->events) != 0)
		vmxnet3_wake_events(card);
}

/* The line, which others may share: whose it is says a register. */
static bool line_signalled(void *context)
{
	struct vmxnet3_vector *vector = context;
	struct vmxnet3 *card = vector->card;
	uint32_t cause = vmxnet3_read(card, VMXNET3_INTERRUPT_CAUSE);

	if (cause == 0)
		return false;
	if (cause == VMXNET3_GONE) {
		atomic_store(&card->vanished, true);
		if (atomic_load(&card->ready))
			vmxnet3_wake_events(card);
		return false;
	}
	shared_signalled(vector);
	return true;
}

/* ---- Attaching ---- */

static void (*vector_handler(const struct vmxnet3 *card,
			     unsigned index))(void *)
{
	if (card->vector_count == 1)
		return shared_signalled;
	return index == vmxnet3_event_vector(card) ? events_signalled
						   : queue_signalled;
}

static int message_attach(struct vmxnet3 *card, unsigned index)
{
	struct vmxnet3_vector *vector = &card->vectors[index];
	unsigned cpu =
		(card->configuration.cpu + index) % port_cpu_count(card->port);
	uint64_t address;
	uint32_t data;
	int error;

	error = port_interrupt_attach(card->port, vector_handler(card, index),
				      vector, &vector->vector);
	if (error)
		return error;
	vector->attached = true;
	error = port_interrupt_message(card->port, vector->vector, cpu,
				       &address, &data);
	if (!error)
		pci_msix_set(&card->pci, index, address, data);
	return error;
}

static void messages_close(struct vmxnet3 *card)
{
	unsigned i;

	pci_msix_close(&card->pci);
	for (i = 0; i < VMXNET3_QUEUES_MAX + 1; i++) {
		if (!card->vectors[i].attached)
			continue;
		port_interrupt_detach(card->port, card->vectors[i].vector);
		card->vectors[i].attached = false;
	}
}

/* A message for each queue, as far as there are, and one for events. */
static int messages_open(struct vmxnet3 *card)
{
	unsigned i, most = VMXNET3_VECTORS;
	int error = pci_msix_open(&card->pci);

	if (error)
		return error;
	if (card->revision >= 6)
		most = VMXNET3_VECTORS_EXTENDED;
	if (card->pci.msix.count < most)
		most = card->pci.msix.count;
	card->vector_count = 1;
	if (most > 1) {
		vmxnet3_queues_limit(card, most - 1);
		card->vector_count = card->queue_count + 1;
	}
	for (i = 0; i < card->vector_count && !error; i++)
		error = message_attach(card, i);
	if (error)
		messages_close(card);
	return error;
}

static int line_open(struct vmxnet3 *card)
{
	int error;

	card->vector_count = 1;
	if (card->pci.line == PCI_LINE_NONE)
		return ERROR_NOT_SUPPORTED;
	pci_line_enable(&card->pci, true);
	error = port_line_attach(card->port, card->pci.line, line_signalled,
				 &card->vectors[0]);
	card->uses_line = error == 0;
	return error ? ERROR_NOT_SUPPORTED : 0;
}

int vmxnet3_interrupts_open(struct vmxnet3 *card)
{
	uint32_t wish = vmxnet3_command(card, VMXNET3_GET_INTERRUPTS);
	unsigned i, kind = wish & 3;

	if (!vmxnet3_alive(card))
		return vmxnet3_death(card);
	card->auto_mask = (wish >> 2 & 3) == VMXNET3_MASK_AUTOMATIC;
	for (i = 0; i < VMXNET3_QUEUES_MAX + 1; i++) {
		card->vectors[i].card = card;
		card->vectors[i].index = i;
	}
	if (!card->configuration.no_msix &&
	    (kind == VMXNET3_INTERRUPT_ANY || kind == VMXNET3_INTERRUPT_MSIX) &&
	    messages_open(card) == 0)
		return 0;
	log_info(card->port, "vmxnet3: interrupts by line %u", card->pci.line);
	return line_open(card);
}

void vmxnet3_interrupts_close(struct vmxnet3 *card)
{
	messages_close(card);
	if (card->uses_line)
		port_line_detach(card->port, card->pci.line, line_signalled,
				 &card->vectors[0]);
	card->uses_line = false;
}

/* ---- Masks ---- */

void vmxnet3_mask_all(struct vmxnet3 *card)
{
	unsigned i;

	for (i = 0; i < card->vector_count; i++) {
		atomic_store(&card->vectors[i].unmasked, false);
		vmxnet3_ring(card, VMXNET3_INTERRUPT_MASK, i, 1);
	}
}

void vmxnet3_unmask(struct vmxnet3 *card, unsigned vector)
{
	if (!atomic_exchange(&card->vectors[vector].unmasked, true))
		vmxnet3_ring(card, VMXNET3_INTERRUPT_MASK, vector, 0);
}

/* ---- Asking to be woken ---- */

static bool queue_has_work(struct vmxnet3_queue *queue)
{
	return vmxnet3_transmit_has_work(queue) ||
	       vmxnet3_receive_has_work(queue);
}

bool vmxnet3_arm(struct nic *nic, unsigned index)
{
	struct vmxnet3 *card = vmxnet3_of(nic);
	struct vmxnet3_queue *queue;
	bool armed = true;

	if (index >= card->queue_count)
		return true;
	queue = &card->queues[index];
	/* The data path does not call up, so events are announced here. */
	if (atomic_load(&card->events) != 0)
		vmxnet3_wake_events(card);
	atomic_store(&queue->armed, true);
	/* During a recovery, which ends with a wake. */
	if (!net_turn_begin(&queue->turn))
		return true;
	if (atomic_load(&card->active)) {
		vmxnet3_transmit_kick(queue);
		/* Who sleeps does not bring what the stack got back. */
		vmxnet3_receive_refill(queue);
	}
	if (queue_has_work(queue)) {
		armed = false;
	} else if (atomic_load(&card->active)) {
		vmxnet3_unmask(card, queue->vector);
		/* What it wrote before that does not raise an interrupt. */
		shared_fence(card->port);
		armed = !queue_has_work(queue);
	}
	if (!armed) {
		atomic_store(&queue->armed, false);
		/* Said once: who does not transmit need not hear it again. */
		queue->transmit.room_free = false;
	}
	net_turn_end(&queue->turn);
	return armed;
}

void vmxnet3_disarm(struct nic *nic, unsigned index)
{
	struct vmxnet3 *card = vmxnet3_of(nic);
	struct vmxnet3_queue *queue;

	if (index >= card->queue_count)
		return;
	queue = &card->queues[index];
	atomic_store(&queue->armed, false);
	/* A vector that others use stays; nobody is woken for this queue. */
	if (card->vector_count > 1 &&
	    atomic_exchange(&card->vectors[queue->vector].unmasked, false))
		vmxnet3_ring(card, VMXNET3_INTERRUPT_MASK, queue->vector, 1);
}
