/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers and commands, and what the device says of itself.
 *
 * A device that was taken away reads as all ones, which no register of a device
 * that is there can be: neither the set of revisions nor a result.
 */
#include "vmware/vmxnet3_internal.h"

#include "port/log.h"

uint32_t vmxnet3_read(struct vmxnet3 *card, enum vmxnet3_device_register at)
{
	return port_mmio_read32(card->port, (uint8_t *)card->device + at);
}

void vmxnet3_write(struct vmxnet3 *card, enum vmxnet3_device_register at,
		   uint32_t value)
{
	port_mmio_write32(card->port, (uint8_t *)card->device + at, value);
}

void vmxnet3_ring(struct vmxnet3 *card, uint32_t doorbell, unsigned index,
		  uint32_t value)
{
	uint32_t at = doorbell + index * VMXNET3_REGISTER_STRIDE;

	if (atomic_load(&card->active))
		port_mmio_write32(card->port, (uint8_t *)card->doorbells + at,
				  value);
}

uint32_t vmxnet3_command(struct vmxnet3 *card, enum vmxnet3_command command)
{
	uint32_t result;

	/* The result is that of the last command, whoever gave it. */
	port_lock(card->port, &card->command_lock);
	vmxnet3_write(card, VMXNET3_COMMAND, command);
	result = vmxnet3_read(card, VMXNET3_COMMAND);
	port_unlock(card->port, &card->command_lock);
	/*
	 * A device that only says so is there, and would go on writing into
	 * memory that it was not told to leave.
	 */
	if (result == VMXNET3_GONE && vmxnet3_look(card))
		vmxnet3_die(card, NIC_EVENT_FAILED);
	return result;
}

void vmxnet3_tell(struct vmxnet3 *card, enum vmxnet3_command command)
{
	port_lock(card->port, &card->command_lock);
	vmxnet3_write(card, VMXNET3_COMMAND, command);
	port_unlock(card->port, &card->command_lock);
}

void vmxnet3_die(struct vmxnet3 *card, enum nic_event event)
{
	unsigned expected = VMXNET3_ALIVE;
	bool removed = event == NIC_EVENT_REMOVED;

	if (!atomic_compare_exchange_strong(&card->state, &expected,
					    removed ? VMXNET3_REMOVED
						    : VMXNET3_FAILED))
		return;
	card->link.up = false;
	log_warning(card->port, "vmxnet3: %s",
		    removed ? "the host took the card away"
			    : "the host broke the protocol");
	/* A device that is there still writes into the guest's memory. */
	if (removed)
		atomic_store(&card->active, false);
	else
		vmxnet3_silence(card);
	atomic_fetch_or(&card->events, event);
	atomic_store(&card->events_told, false);
}

bool vmxnet3_look(struct vmxnet3 *card)
{
	if (vmxnet3_alive(card) &&
	    (atomic_load(&card->vanished) ||
	     vmxnet3_read(card, VMXNET3_REVISIONS) == VMXNET3_GONE))
		vmxnet3_die(card, NIC_EVENT_REMOVED);
	return vmxnet3_alive(card);
}

/* ---- What the device is ---- */

static bool is_power_of_two(uint32_t value)
{
	return (value & (value - 1)) == 0;
}

/* Revision 7 has rings of powers of two only. */
static unsigned revision_most(const struct vmxnet3_configuration *wanted)
{
	if (wanted->revision_max < VMXNET3_REVISION_MAX ||
	    (is_power_of_two(wanted->transmit_ring) &&
	     is_power_of_two(wanted->receive_ring) &&
	     is_power_of_two(wanted->body_ring)))
		return wanted->revision_max;
	return VMXNET3_REVISION_MAX - 1;
}

int vmxnet3_negotiate(struct vmxnet3 *card)
{
	uint32_t offered = vmxnet3_read(card, VMXNET3_REVISIONS);
	uint32_t common =
		offered & ((1u << revision_most(&card->configuration)) - 1);
	uint32_t versions;

	if (offered == VMXNET3_GONE)
		return ERROR_NO_DEVICE;
	if (common == 0) {
		log_error(card->port, "vmxnet3: revisions %#x, none is known",
			  (unsigned)offered);
		return ERROR_NOT_SUPPORTED;
	}
	/* Exactly one bit is written back: the highest in common. */
	card->revision = 32 - (unsigned)__builtin_clz(common);
	vmxnet3_write(card, VMXNET3_REVISIONS, 1u << (card->revision - 1));
	versions = vmxnet3_read(card, VMXNET3_UPT_VERSIONS);
	if (versions == VMXNET3_GONE)
		return ERROR_NO_DEVICE;
	if (!(versions & 1))
		return ERROR_NOT_SUPPORTED;
	vmxnet3_write(card, VMXNET3_UPT_VERSIONS, 1);
	/* Whoever had it before may have left it active, with his memory. */
	vmxnet3_silence(card);
	return 0;
}

/* A command that an older device does not know answers 0. */
static void transmit_data_bytes(struct vmxnet3 *card)
{
	uint32_t most = card->configuration.transmit_data_bytes;
	uint32_t bytes = 0;

	if (card->revision >= 3)
		bytes = vmxnet3_command(card, VMXNET3_GET_TRANSMIT_DATA_BYTES) &
			0xffff;
	if (bytes < VMXNET3_DATA_MIN || bytes > VMXNET3_DATA_MAX ||
	    bytes % VMXNET3_DATA_UNIT != 0)
		bytes = VMXNET3_DATA_MIN;
	card->transmit_data_bytes = bytes < most ? bytes : most;
}

void vmxnet3_queues_limit(struct vmxnet3 *card, unsigned most)
{
	if (card->queue_count > most)
		card->queue_count = most;
	/* Before revision 6, as many as a power of two. */
	if (card->revision < 6)
		card->queue_count = 1u
				    << (31 - __builtin_clz(card->queue_count));
}

static void queue_count(struct vmxnet3 *card)
{
	uint32_t wanted = card->configuration.queues;
	uint32_t most = VMXNET3_QUEUES_OLD, answer = 0, transmit, receive;

	if (card->revision >= 6)
		answer = vmxnet3_command(card, VMXNET3_GET_QUEUES_MAX);
	transmit = answer & 0xff;
	receive = answer >> 8 & 0xff;
	if (transmit != 0 && receive != 0)
		most = transmit < receive ? transmit : receive;
	card->queue_count = wanted;
	vmxnet3_queues_limit(card, most);
}

/* Where the doorbells are that have an index. */
static void producers(struct vmxnet3 *card)
{
	card->transmit_producer = VMXNET3_TRANSMIT_PRODUCER;
	card->producers[0] = VMXNET3_RECEIVE_PRODUCER;
	card->producers[1] = VMXNET3_BODY_PRODUCER;
	card->doorbells_bytes = VMXNET3_BAR_DOORBELLS_BYTES;
	if (card->revision < 7 ||
	    !(vmxnet3_command(card, VMXNET3_GET_DCR0) &
	      VMXNET3_DCR0_LARGE_BAR) ||
	    card->pci.bars[VMXNET3_BAR_DOORBELLS].bytes <
		    VMXNET3_BAR_LARGE_BYTES)
		return;
	card->transmit_producer = VMXNET3_LARGE_TRANSMIT_PRODUCER;
	card->producers[0] = VMXNET3_LARGE_RECEIVE_PRODUCER;
	card->producers[1] = VMXNET3_LARGE_BODY_PRODUCER;
	card->doorbells_bytes = VMXNET3_BAR_LARGE_BYTES;
}

void vmxnet3_capabilities(struct vmxnet3 *card)
{
	producers(card);
	queue_count(card);
	transmit_data_bytes(card);
	card->receive_data_bytes = 0;
	if (card->revision >= 3)
		card->receive_data_bytes =
			card->configuration.receive_data_bytes;
}
