/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The interrupt line, which all queues and the configuration share, and perhaps
 * other devices.
 *
 * The handler acknowledges first and looks at all queues then: what the device
 * does after that raises the line again, so nothing is lost on one that is edge
 * triggered. It looks at the queues whatever the device says of its interrupt,
 * since that may have been told with the one before.
 */
#include "virtio/virtio_net_internal.h"

/* ---- The handler: interrupt context ---- */

void virtio_net_wake(struct virtio_net_queue *queue)
{
	const struct nic_stack *stack = &queue->card->stack;

	if (atomic_exchange(&queue->armed, false))
		stack->wake(stack->context, queue->index);
}

void virtio_net_wake_events(struct virtio_net *card)
{
	if (!atomic_exchange(&card->events_told, true))
		card->stack.wake(card->stack.context, NIC_WAKE_EVENTS);
}

static void queues_look(struct virtio_net *card)
{
	struct virtio_net_queue *queue;
	unsigned i;

	for (i = 0; i < card->queue_count; i++) {
		queue = &card->queues[i];
		if (atomic_load(&queue->armed) &&
		    (virtqueue_has_used(&queue->receive.virtqueue) ||
		     virtqueue_has_used(&queue->transmit.virtqueue)))
			virtio_net_wake(queue);
	}
}

static bool line_signalled(void *context)
{
	struct virtio_net *card = context;
	uint32_t status = virtio_mmio_acknowledge(&card->mmio);

	if (status == VIRTIO_GONE) {
		atomic_store(&card->vanished, true);
		if (atomic_load(&card->ready))
			virtio_net_wake_events(card);
		return false;
	}
	if (status != 0)
		atomic_fetch_add_explicit(&card->interrupts, 1,
					  memory_order_relaxed);
	if (!atomic_load(&card->ready))
		return status != 0;
	if (atomic_load(&card->live))
		queues_look(card);
	if (status & VIRTIO_INTERRUPT_CONFIG) {
		atomic_store(&card->config_changed, true);
		virtio_net_wake_events(card);
	}
	return status != 0;
}

int virtio_net_line_open(struct virtio_net *card)
{
	int error =
		port_line_attach(card->port, card->line, line_signalled, card);

	card->line_attached = error == 0;
	return error;
}

void virtio_net_line_close(struct virtio_net *card)
{
	if (card->line_attached)
		port_line_detach(card->port, card->line, line_signalled, card);
	card->line_attached = false;
}

/* ---- Asking to be woken ---- */

void virtio_net_polled(struct virtio_net_queue *queue)
{
	if (!queue->asked || atomic_load(&queue->armed))
		return;
	queue->asked = false;
	virtqueue_disarm(&queue->receive.virtqueue);
	virtqueue_disarm(&queue->transmit.virtqueue);
}

/* Ask the device for an interrupt; false: there is something already. */
static bool queue_ask(struct virtio_net_queue *queue)
{
	bool received, sent;

	queue->asked = true;
	received = !virtqueue_arm(&queue->receive.virtqueue);
	sent = !virtqueue_arm(&queue->transmit.virtqueue);
	return !received && !sent;
}

bool virtio_net_arm(struct nic *nic, unsigned index)
{
	struct virtio_net *card = virtio_net_of(nic);
	struct virtio_net_queue *queue;
	bool armed = true;

	if (index >= card->queue_count)
		return true;
	queue = &card->queues[index];
	/* The data path does not call up, so events are announced here. */
	if (atomic_load(&card->events) != 0)
		virtio_net_wake_events(card);
	atomic_store(&queue->armed, true);
	/* During a recovery, which ends with a wake. */
	if (!net_turn_begin(&queue->turn))
		return true;
	/* Who sleeps does not bring what the stack got back. */
	if (virtio_net_flows(card))
		virtio_net_receive_refill(queue);
	if (virtio_net_transmit_has_work(queue) ||
	    virtio_net_receive_has_work(queue))
		armed = false;
	else if (virtio_net_flows(card))
		armed = queue_ask(queue);
	if (!armed) {
		atomic_store(&queue->armed, false);
		/* Said once: who does not transmit need not hear it again. */
		queue->transmit.room_free = false;
	}
	net_turn_end(&queue->turn);
	return armed;
}

void virtio_net_disarm(struct nic *nic, unsigned index)
{
	struct virtio_net *card = virtio_net_of(nic);

	if (index < card->queue_count)
		atomic_store(&card->queues[index].armed, false);
}
