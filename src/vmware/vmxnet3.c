/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a card.
 *
 * Opening finds out what the device can do, attaches interrupts and makes all
 * tables, which stay until the card is closed, and has the device activated
 * once for a try. What the stack then starts is sure to be accepted.
 */
#include "vmware/vmxnet3_internal.h"

#include <string.h>

#include "port/log.h"

#define RING_DEFAULT	 256u
#define BODY_DEFAULT	 128u
#define MTU_DEFAULT	 1500u
#define REVISION_DEFAULT 6u

static size_t pages_of(size_t bytes)
{
	return (bytes + PORT_PAGE_SIZE - 1) / PORT_PAGE_SIZE;
}

int vmxnet3_memory_make(struct vmxnet3 *card, struct vmxnet3_memory *memory,
			size_t bytes, const char *what)
{
	size_t pages = pages_of(bytes);

	memory->memory =
		port_pages_alloc(card->port, pages,
				 pages > 1 ? PORT_PAGES_CONTIGUOUS : 0, what);
	if (!memory->memory)
		return ERROR_NO_MEMORY;
	memory->pages = pages;
	memory->physical = port_physical(card->port, memory->memory);
	return 0;
}

void vmxnet3_memory_free(struct vmxnet3 *card, struct vmxnet3_memory *memory)
{
	port_pages_free(card->port, memory->memory, memory->pages);
	memory->memory = NULL;
}

/* ---- Starting and stopping ---- */

static int vmxnet3_start(struct nic *nic)
{
	struct vmxnet3 *card = vmxnet3_of(nic);
	int error;

	if (!vmxnet3_look(card))
		return vmxnet3_death(card);
	if (card->started)
		return 0;
	/* Frames may come before the last command is given. */
	card->started = true;
	error = vmxnet3_up(card);
	if (!error)
		return 0;
	vmxnet3_down(card);
	card->started = false;
	return error == ERROR_IO ? ERROR_PROTOCOL : error;
}

/* Wait until the device is done with what it was given. */
static void vmxnet3_drain(struct vmxnet3 *card)
{
	uint64_t now = port_time(card->port);
	uint64_t deadline = now + VMXNET3_DRAIN_TIME;
	bool drained = false;
	unsigned i;

	for (; vmxnet3_alive(card) && now < deadline;
	     now = port_time(card->port)) {
		drained = true;
		for (i = 0; i < card->queue_count; i++) {
			vmxnet3_transmit_kick(&card->queues[i]);
			vmxnet3_transmit_poll(&card->queues[i]);
			drained &= card->queues[i].transmit.used == 0;
		}
		if (drained || !vmxnet3_look(card))
			return;
		port_relax(card->port, deadline - now < VMXNET3_PAUSE_TIME
					       ? deadline
					       : now + VMXNET3_PAUSE_TIME);
	}
}

static void vmxnet3_stop(struct nic *nic)
{
	struct vmxnet3 *card = vmxnet3_of(nic);
	unsigned i;

	if (!card->started)
		return;
	for (i = 0; i < card->queue_count; i++)
		vmxnet3_disarm(nic, i);
	vmxnet3_drain(card);
	vmxnet3_down(card);
	card->started = false;
	card->recovery_due = false;
}

/* ---- Memory ---- */

static void vmxnet3_free(struct vmxnet3 *card)
{
	struct port *port = card->port;
	unsigned i;

	for (i = 0; card->queues && i < card->queue_count; i++) {
		vmxnet3_transmit_free(&card->queues[i]);
		vmxnet3_receive_free(&card->queues[i]);
	}
	port_free(port, card->queues);
	vmxnet3_memory_free(card, &card->shared_memory);
	vmxnet3_memory_free(card, &card->table);
	vmxnet3_memory_free(card, &card->groups);
	vmxnet3_memory_free(card, &card->rss);
	if (card->doorbells)
		port_mmio_unmap(port, card->doorbells, card->doorbells_bytes);
	if (card->device)
		port_mmio_unmap(port, card->device, VMXNET3_BAR_DEVICE_BYTES);
	pci_device_close(&card->pci);
	port_free(port, card);
}

/* What is there once, whatever the number of queues. */
static int vmxnet3_tables(struct vmxnet3 *card)
{
	uint32_t table =
		card->queue_count * (sizeof(struct vmxnet3_transmit_queue) +
				     sizeof(struct vmxnet3_receive_queue));
	int error = vmxnet3_memory_make(card, &card->shared_memory,
					sizeof(*card->shared),
					"vmxnet3: shared area");

	if (!error)
		error = vmxnet3_memory_make(card, &card->table, table,
					    "vmxnet3: table of queues");
	if (!error)
		error = vmxnet3_memory_make(card, &card->groups, PORT_PAGE_SIZE,
					    "vmxnet3: multicast groups");
	if (!error)
		error = vmxnet3_memory_make(card, &card->rss,
					    sizeof(struct vmxnet3_rss),
					    "vmxnet3: receive side scaling");
	card->shared = card->shared_memory.memory;
	return error;
}

/* The queues, and where the table says of each what it is. */
static int vmxnet3_queues(struct vmxnet3 *card)
{
	struct vmxnet3_transmit_queue *transmit = card->table.memory;
	struct vmxnet3_receive_queue *receive =
		(struct vmxnet3_receive_queue *)(transmit + card->queue_count);
	struct vmxnet3_queue *queue;
	unsigned i;
	int error = 0;

	card->queues = port_alloc(card->port,
				  card->queue_count * sizeof(*card->queues),
				  "vmxnet3: queues");
	if (!card->queues)
		return ERROR_NO_MEMORY;
	for (i = 0; i < card->queue_count; i++) {
		queue = &card->queues[i];
		queue->card = card;
		queue->turn.card = &card->turns;
		queue->index = i;
		queue->vector = card->vector_count > 1 ? i : 0;
		queue->transmit.shared = &transmit[i];
		queue->receive.shared = &receive[i];
	}
	for (i = 0; i < card->queue_count && !error; i++) {
		error = vmxnet3_transmit_make(&card->queues[i]);
		if (!error)
			error = vmxnet3_receive_make(&card->queues[i]);
	}
	return error;
}

static void vmxnet3_close(struct nic *nic)
{
	struct vmxnet3 *card = vmxnet3_of(nic);

	vmxnet3_stop(nic);
	vmxnet3_interrupts_close(card);
	vmxnet3_free(card);
}

static const struct nic_operations vmxnet3_operations = {
	.start = vmxnet3_start,
	.stop = vmxnet3_stop,
	.close = vmxnet3_close,
	.transmit = vmxnet3_transmit,
	.reclaim = vmxnet3_reclaim,
	.receive = vmxnet3_receive,
	.arm = vmxnet3_arm,
	.disarm = vmxnet3_disarm,
	.events = vmxnet3_events,
	.link = vmxnet3_link,
	.mac_set = vmxnet3_mac_set,
	.mtu_set = vmxnet3_mtu_set,
	.filter_set = vmxnet3_filter_set,
	.vlan_filter_set = vmxnet3_vlan_filter_set,
	.statistics = vmxnet3_statistics,
};

/* ---- Opening ---- */

static bool ring_valid(uint32_t *size, uint32_t otherwise, uint32_t most)
{
	if (*size == 0)
		*size = otherwise;
	return *size % VMXNET3_RING_UNIT == 0 && *size <= most;
}

static bool data_valid(uint32_t bytes, uint32_t least)
{
	return bytes >= least && bytes <= VMXNET3_DATA_MAX &&
	       bytes % VMXNET3_DATA_UNIT == 0;
}

/* Fill in the defaults, and refuse what cannot be meant. */
static int vmxnet3_configure(struct vmxnet3 *card,
			     const struct vmxnet3_configuration *asked)
{
	static const struct vmxnet3_configuration defaults;
	struct vmxnet3_configuration *wanted = &card->configuration;

	*wanted = asked ? *asked : defaults;
	if (wanted->transmit_data_bytes == 0)
		wanted->transmit_data_bytes = VMXNET3_DATA_MIN;
	if (wanted->queues == 0)
		wanted->queues = 1;
	if (wanted->revision_max == 0)
		wanted->revision_max = REVISION_DEFAULT;
	if (wanted->mtu == 0)
		wanted->mtu = MTU_DEFAULT;
	if (!ring_valid(&wanted->transmit_ring, RING_DEFAULT,
			VMXNET3_RING_MAX) ||
	    !ring_valid(&wanted->receive_ring, RING_DEFAULT,
			VMXNET3_RING_MAX) ||
	    !ring_valid(&wanted->body_ring, BODY_DEFAULT, VMXNET3_BODY_MAX) ||
	    !data_valid(wanted->transmit_data_bytes, VMXNET3_DATA_MIN) ||
	    (wanted->receive_data_bytes != 0 &&
	     !data_valid(wanted->receive_data_bytes, VMXNET3_DATA_UNIT)))
		return ERROR_INVALID;
	if (wanted->queues > VMXNET3_QUEUES_MAX ||
	    wanted->revision_max > VMXNET3_REVISION_MAX ||
	    wanted->mtu < VMXNET3_MTU_MIN ||
	    wanted->mtu > VMXNET3_MTU_MAX_NEW ||
	    wanted->coalescing > VMXNET3_COALESCING_RATE ||
	    card->stack.receive_buffer_bytes < VMXNET3_BUFFER_MIN)
		return ERROR_INVALID;
	return 0;
}

static int vmxnet3_information(struct vmxnet3 *card)
{
	struct nic_information *information = &card->nic.information;

	information->driver = "vmxnet3";
	information->features =
		NIC_FEATURE_TX_CHECKSUM_TCP | NIC_FEATURE_TX_CHECKSUM_UDP |
		NIC_FEATURE_TX_VLAN | NIC_FEATURE_RX_CHECKSUM |
		NIC_FEATURE_RX_VLAN | NIC_FEATURE_MAC_SET |
		NIC_FEATURE_TX_TSO_IPV4 | NIC_FEATURE_TX_TSO_IPV6 |
		NIC_FEATURE_VLAN_FILTER;
	if (card->configuration.large_receive)
		information->features |= NIC_FEATURE_RX_LARGE;
	if (card->queue_count > 1)
		information->features |= NIC_FEATURE_RX_HASH;
	information->queues = (uint16_t)card->queue_count;
	information->mtu_min = VMXNET3_MTU_MIN;
	information->mtu_max =
		card->revision >= 6 ? VMXNET3_MTU_MAX_NEW : VMXNET3_MTU_MAX;
	information->mtu = card->configuration.mtu;
	if (information->mtu > information->mtu_max)
		information->mtu = information->mtu_max;
	information->tso_bytes_max = VMXNET3_TSO_BYTES;
	return vmxnet3_mac_choose(card, information->mac);
}

static int vmxnet3_registers(struct vmxnet3 *card)
{
	int error;

	card->device = pci_device_map(&card->pci, VMXNET3_BAR_DEVICE,
				      VMXNET3_BAR_DEVICE_BYTES);
	if (!card->device)
		return ERROR_NOT_SUPPORTED;
	error = vmxnet3_negotiate(card);
	if (error)
		return error;
	vmxnet3_capabilities(card);
	if (!vmxnet3_alive(card))
		return vmxnet3_death(card);
	card->doorbells = pci_device_map(&card->pci, VMXNET3_BAR_DOORBELLS,
					 card->doorbells_bytes);
	return card->doorbells ? 0 : ERROR_NOT_SUPPORTED;
}

static int vmxnet3_make(struct vmxnet3 *card,
			const struct vmxnet3_configuration *configuration)
{
	int error = vmxnet3_configure(card, configuration);

	if (!error)
		error = vmxnet3_registers(card);
	if (!error)
		error = vmxnet3_interrupts_open(card);
	if (error)
		return error;
	card->nic.operations = &vmxnet3_operations;
	card->filter = NIC_FILTER_UNICAST | NIC_FILTER_BROADCAST;
	error = vmxnet3_information(card);
	if (!error)
		error = vmxnet3_tables(card);
	if (!error)
		error = vmxnet3_queues(card);
	if (!error)
		error = vmxnet3_try(card);
	/* Some hosts refuse the highest MTU that they should take. */
	if (error == ERROR_IO &&
	    card->nic.information.mtu == card->nic.information.mtu_max) {
		card->nic.information.mtu_max--;
		card->nic.information.mtu--;
		error = vmxnet3_try(card);
	}
	if (error)
		return error;
	vmxnet3_link_update(card);
	atomic_store(&card->events, 0);
	atomic_store(&card->ready, true);
	return vmxnet3_alive(card) ? 0 : vmxnet3_death(card);
}

struct nic *vmxnet3_open(struct pci *pci, struct pci_address at,
			 const struct vmxnet3_configuration *configuration,
			 const struct nic_stack *stack, int *error)
{
	struct port *port = pci->port;
	struct vmxnet3 *card = port_alloc(port, sizeof(*card), "vmxnet3: card");
	int result = ERROR_NO_MEMORY;

	if (card) {
		card->port = port;
		card->stack = *stack;
		result = pci_device_open(&card->pci, pci, at);
	}
	if (card && !result)
		result = vmxnet3_make(card, configuration);
	if (error)
		*error = result;
	if (!result)
		return &card->nic;
	log_warning(port, "vmxnet3: not opened: %s", error_name(result));
	if (card) {
		vmxnet3_interrupts_close(card);
		vmxnet3_free(card);
	}
	return NULL;
}

struct nic *vmxnet3_probe(struct pci *pci, unsigned n,
			  const struct vmxnet3_configuration *configuration,
			  const struct nic_stack *stack, int *error)
{
	struct pci_function function;
	int result =
		pci_find(pci, VMXNET3_VENDOR, VMXNET3_DEVICE, n, &function);

	if (!result)
		return vmxnet3_open(pci, function.address, configuration, stack,
				    error);
	if (error)
		*error = result;
	return NULL;
}

unsigned vmxnet3_revision(const struct nic *nic)
{
	const struct vmxnet3 *card =
		(const struct vmxnet3 *)((const char *)nic -
					 offsetof(struct vmxnet3, nic));

	return card->revision;
}
