/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device: activated with everything in place, quiesced and reset.
 *
 * What is written before ACTIVATE to doorbells and masks is lost on some hosts,
 * and so is the MAC address at ACTIVATE; both are written after it. After
 * QUIESCE no doorbell is touched.
 */
#include "vmware/vmxnet3_internal.h"

#include <string.h>

#include "port/log.h"

/* ---- What the device finds ---- */

static void interrupts_describe(struct vmxnet3 *card)
{
	struct vmxnet3_driver_shared *shared = card->shared;
	struct vmxnet3_interrupts_extended *extended = &shared->extended;

	shared->auto_mask = card->auto_mask;
	shared->vectors = (uint8_t)card->vector_count;
	shared->event_vector = (uint8_t)vmxnet3_event_vector(card);
	memset(shared->moderation, VMXNET3_MODERATION_ADAPTIVE,
	       sizeof(shared->moderation));
	shared->interrupt_control = CPU_TO_LE32(VMXNET3_INTERRUPTS_OFF);
	if (card->revision < 6)
		return;
	extended->auto_mask = shared->auto_mask;
	extended->count = shared->vectors;
	extended->event_index = shared->event_vector;
	memset(extended->moderation, VMXNET3_MODERATION_ADAPTIVE,
	       sizeof(extended->moderation));
	extended->control = CPU_TO_LE32(VMXNET3_INTERRUPTS_OFF);
}

static void interrupts_enable(struct vmxnet3 *card)
{
	shared_store32(card->port, &card->shared->interrupt_control, 0);
	if (card->revision >= 6)
		shared_store32(card->port, &card->shared->extended.control, 0);
}

static uint64_t features_wanted(const struct vmxnet3 *card)
{
	uint64_t features =
		VMXNET3_FEATURE_RX_CHECKSUM | VMXNET3_FEATURE_RX_VLAN;

	if (card->configuration.large_receive)
		features |= VMXNET3_FEATURE_LRO;
	/* Some hosts refuse it with one queue. */
	if (card->queue_count > 1)
		features |= VMXNET3_FEATURE_RSS;
	return features;
}

static void shared_describe(struct vmxnet3 *card)
{
	struct vmxnet3_driver_shared *shared = card->shared;
	uint32_t word_size = sizeof(void *) == 8 ? VMXNET3_GUEST_64_BITS
						 : VMXNET3_GUEST_32_BITS;

	memset(shared, 0, sizeof(*shared));
	shared->magic = CPU_TO_LE32(VMXNET3_MAGIC);
	shared->bytes = CPU_TO_LE32(sizeof(*shared));
	shared->driver_version = CPU_TO_LE32(1);
	/* A guest of another type may send frames of one piece only. */
	shared->guest = cpu_to_le32(VMXNET3_GUEST_LINUX | word_size);
	shared->driver_revision = CPU_TO_LE32(1);
	shared->upt_version = CPU_TO_LE32(1);
	shared->features = cpu_to_le64(features_wanted(card));
	/* Of no use to this driver, and some hosts want an address. */
	shared->driver_data = cpu_to_le64(card->shared_memory.physical);
	shared->driver_data_bytes = CPU_TO_LE32(sizeof(*shared));
	shared->queues = cpu_to_le64(card->table.physical);
	shared->queues_bytes = cpu_to_le32(
		card->queue_count * (sizeof(struct vmxnet3_transmit_queue) +
				     sizeof(struct vmxnet3_receive_queue)));
	shared->mtu = cpu_to_le32(card->nic.information.mtu);
	/* A long frame takes several buffers; 0 is one, whatever the MTU. */
	shared->receive_pieces_max = CPU_TO_LE16(VMXNET3_CHAIN);
	shared->transmit_queues = (uint8_t)card->queue_count;
	shared->receive_queues = (uint8_t)card->queue_count;
	interrupts_describe(card);
	vmxnet3_filters_describe(card);
	vmxnet3_rss_describe(card);
}

/* ---- Up and down ---- */

void vmxnet3_silence(struct vmxnet3 *card)
{
	if (atomic_load(&card->active))
		vmxnet3_mask_all(card);
	atomic_store(&card->active, false);
	vmxnet3_tell(card, VMXNET3_QUIESCE);
	vmxnet3_tell(card, VMXNET3_RESET);
	vmxnet3_write(card, VMXNET3_SHARED_LOW, 0);
	vmxnet3_write(card, VMXNET3_SHARED_HIGH, 0);
}

/* The device starts, and does not receive yet. */
static int device_activate(struct vmxnet3 *card)
{
	uint64_t physical = card->shared_memory.physical;
	uint32_t result;
	unsigned i;

	memset(card->table.memory, 0, card->table.pages * PORT_PAGE_SIZE);
	shared_describe(card);
	for (i = 0; i < card->queue_count; i++) {
		vmxnet3_transmit_describe(&card->queues[i]);
		vmxnet3_receive_describe(&card->queues[i]);
	}
	shared_fence(card->port);
	vmxnet3_mac_write(card);
	/* The device takes the address when its high half is written. */
	vmxnet3_write(card, VMXNET3_SHARED_LOW, (uint32_t)physical);
	vmxnet3_write(card, VMXNET3_SHARED_HIGH, (uint32_t)(physical >> 32));
	result = vmxnet3_command(card, VMXNET3_ACTIVATE);
	if (!vmxnet3_alive(card))
		return vmxnet3_death(card);
	if (result != 0) {
		log_warning(card->port, "vmxnet3: not activated: %#x",
			    (unsigned)result);
		vmxnet3_silence(card);
		return ERROR_IO;
	}
	atomic_store(&card->active, true);
	vmxnet3_mac_write(card);
	vmxnet3_mask_all(card);
	return 0;
}

static void queues_reset(struct vmxnet3 *card)
{
	unsigned i;

	for (i = 0; i < card->queue_count; i++) {
		vmxnet3_transmit_reset(&card->queues[i]);
		vmxnet3_receive_reset(&card->queues[i]);
	}
}

int vmxnet3_try(struct vmxnet3 *card)
{
	int error;

	queues_reset(card);
	error = device_activate(card);
	if (!error)
		vmxnet3_silence(card);
	return error;
}

static int queues_fill(struct vmxnet3 *card)
{
	unsigned i;
	int error = 0;

	for (i = 0; i < card->queue_count && !error; i++)
		error = vmxnet3_receive_fill(&card->queues[i]);
	return error;
}

int vmxnet3_up(struct vmxnet3 *card)
{
	unsigned i;
	int error;

	queues_reset(card);
	error = queues_fill(card);
	if (!error)
		error = device_activate(card);
	if (error)
		return error;
	for (i = 0; i < card->queue_count; i++)
		vmxnet3_receive_tell(&card->queues[i]);
	vmxnet3_tuning_apply(card);
	vmxnet3_filters_apply(card);
	vmxnet3_link_update(card);
	if (!vmxnet3_alive(card))
		return vmxnet3_death(card);
	interrupts_enable(card);
	vmxnet3_unmask(card, vmxnet3_event_vector(card));
	return 0;
}

void vmxnet3_down(struct vmxnet3 *card)
{
	unsigned i;

	if (vmxnet3_look(card))
		vmxnet3_silence(card);
	for (i = 0; i < card->queue_count; i++) {
		/* What it had finished before it was told to stop. */
		vmxnet3_transmit_poll(&card->queues[i]);
		vmxnet3_transmit_abandon(&card->queues[i]);
		vmxnet3_receive_release(&card->queues[i]);
	}
}

/* ---- Errors ---- */

/* Which queues stopped, and of what. */
static void queues_report(struct vmxnet3 *card)
{
	struct vmxnet3_queue *queue;
	unsigned i;

	vmxnet3_command(card, VMXNET3_GET_QUEUE_STATUS);
	for (i = 0; i < card->queue_count; i++) {
		queue = &card->queues[i];
		if (shared_load8(card->port, &queue->transmit.shared->stopped))
			log_warning(card->port,
				    "vmxnet3: transmit queue %u stopped: %#x",
				    i,
				    (unsigned)shared_load32(
					    card->port,
					    &queue->transmit.shared->error));
		if (shared_load8(card->port, &queue->receive.shared->stopped))
			log_warning(card->port,
				    "vmxnet3: receive queue %u stopped: %#x", i,
				    (unsigned)shared_load32(
					    card->port,
					    &queue->receive.shared->error));
	}
}

/* A device that fails again and again is not brought back for ever. */
static bool recovery_allowed(struct vmxnet3 *card)
{
	uint64_t now = port_time(card->port);

	if (now - card->recovery_time > VMXNET3_RECOVERY_TIME) {
		card->recovery_time = now;
		card->recoveries = 0;
	}
	return ++card->recoveries <= VMXNET3_RECOVERIES;
}

void vmxnet3_recover(struct vmxnet3 *card)
{
	unsigned i;
	int error;

	queues_report(card);
	/* A queue in use for so long: its turn comes at the next call. */
	card->recovery_due =
		!net_turns_halt(&card->turns, card->port, &card->queues[0].turn,
				sizeof(card->queues[0]), card->queue_count,
				VMXNET3_DRAIN_TIME);
	if (card->recovery_due)
		return;
	if (!recovery_allowed(card))
		vmxnet3_die(card, NIC_EVENT_FAILED);
	vmxnet3_down(card);
	error = vmxnet3_alive(card) ? vmxnet3_up(card) : vmxnet3_death(card);
	if (error) {
		vmxnet3_die(card, NIC_EVENT_FAILED);
		vmxnet3_down(card);
	} else {
		atomic_fetch_or(&card->events, NIC_EVENT_RECOVERED);
		log_info(card->port, "vmxnet3: recovered");
	}
	net_turns_resume(&card->turns);
	/* Owners came back, and interrupts may have been lost. */
	for (i = 0; i < card->queue_count; i++)
		vmxnet3_wake(&card->queues[i]);
}
