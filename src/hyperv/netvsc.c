/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a card.
 *
 * Opening makes the tables, which stay until the card is closed, and brings the
 * card up: buffers, channel, NVSP, RNDIS. A new MTU has to be told to the host
 * before the buffers are, so nic_mtu_set() takes the card down and brings it up
 * again on the same offer; the struct nic, the stack and what is to be
 * reclaimed stay.
 *
 * Taking it down has an order too: no more frames asked for, HALT, buffers
 * revoked, channel closed. The host is asked for the buffers' GPADLs before
 * CLOSE up to VMBus 3.0, though it may confirm only after it, and after CLOSE
 * from 4.0 on. Memory that the host does not let go of is never freed while the
 * host could write there.
 */
#include "hyperv/netvsc_internal.h"

#include <string.h>

#include "port/log.h"

const struct guid netvsc_interface = {{0x63, 0x51, 0x61, 0xf8, 0x3e, 0xdf, 0xc5,
				       0x46, 0x91, 0x3f, 0xf2, 0xd2, 0xf9, 0x65,
				       0xed, 0x0e}};

#define RECEIVE_BUFFER_DEFAULT (1024u * 1024)
#define SEND_BUFFER_DEFAULT    (384u * 1024)
#define RING_DEFAULT	       (64u * 1024)
#define DEPTH_DEFAULT	       256u
#define COPY_DEFAULT	       1024u
/** Beyond what one GPADL can name; keeps sums of sizes in 32 bits. */
#define BUFFER_BYTES_MAX       (256u * 1024 * 1024)

static uint32_t pages_of(uint32_t bytes)
{
	return (bytes + PORT_PAGE_SIZE - 1) / PORT_PAGE_SIZE;
}

/* ---- Interrupts ---- */

/* The host signalled the channel. Interrupt context. */
static void netvsc_signalled(void *context)
{
	struct netvsc_queue *queue = context;
	const struct nic_stack *stack = &queue->card->stack;

	atomic_fetch_add_explicit(&queue->interrupts, 1, memory_order_relaxed);
	channel_mask(queue->channel);
	if (atomic_exchange(&queue->armed, false))
		stack->wake(stack->context, queue->index);
}

static bool netvsc_arm(struct nic *nic, unsigned index)
{
	struct netvsc *card = netvsc_of(nic);
	struct netvsc_queue *queue = &card->queue;

	if (index != 0 || !card->channel_open)
		return true;
	netvsc_alive(card);
	/* The data path does not call up, so events are announced here. */
	if (card->events != 0 && !card->events_told) {
		card->events_told = true;
		card->stack.wake(card->stack.context, NIC_WAKE_EVENTS);
	}
	/*
	 * Armed first, then looked: the host signals room whether the ring is
	 * masked or not, and a signal that finds nobody armed is lost.
	 */
	atomic_store(&queue->armed, true);
	if (!netvsc_has_work(queue) &&
	    (!netvsc_alive(card) || channel_unmask(queue->channel)))
		return true;
	atomic_store(&queue->armed, false);
	netvsc_room_said(queue);
	return false;
}

static void netvsc_disarm(struct nic *nic, unsigned index)
{
	struct netvsc *card = netvsc_of(nic);

	if (index != 0 || !card->channel_open)
		return;
	atomic_store(&card->queue.armed, false);
	channel_mask(card->channel);
}

/* ---- Up and down ---- */

static int netvsc_buffer_make(struct netvsc *card, struct netvsc_buffer *buffer,
			      uint32_t bytes, const char *what)
{
	memset(buffer, 0, sizeof(*buffer));
	if (bytes == 0)
		return 0;
	buffer->pages = bytes / PORT_PAGE_SIZE;
	buffer->memory = port_pages_alloc(card->port, buffer->pages, 0, what);
	return buffer->memory ? 0 : ERROR_NO_MEMORY;
}

/* Free a buffer, or leave it to the bus when the host still has it. */
static void netvsc_buffer_free(struct netvsc *card,
			       struct netvsc_buffer *buffer)
{
	if (!buffer->memory)
		return;
	if (buffer->gpadl.handle == 0)
		port_pages_free(card->port, buffer->memory, buffer->pages);
	else
		vmbus_keep(card->bus, buffer->memory, buffer->pages);
	buffer->memory = NULL;
}

static int netvsc_channel_open(struct netvsc *card)
{
	const struct netvsc_configuration *configuration = &card->configuration;
	struct channel_configuration channel = {
		.send_pages = pages_of(configuration->send_ring_bytes),
		.receive_pages = pages_of(configuration->receive_ring_bytes),
		.cpu = configuration->cpu,
		.signalled = netvsc_signalled,
		.context = &card->queue,
	};
	int error = channel_open(card->channel, &channel);

	card->channel_open = error == 0;
	return error;
}

/* Close the channel and end what the host has of this card's memory. */
static void netvsc_channel_close(struct netvsc *card)
{
	bool closes_first = channel_closes_first(card->channel);

	if (card->rndis_up && netvsc_alive(card))
		netvsc_rndis_halt(card);
	card->rndis_up = false;
	netvsc_revoke(card, &card->receive_buffer);
	if (!closes_first)
		gpadl_teardown_begin(&card->receive_buffer.gpadl);
	netvsc_revoke(card, &card->send_buffer);
	if (!closes_first)
		gpadl_teardown_begin(&card->send_buffer.gpadl);
	card->channel_open = false;
	channel_close(card->channel);
	/* Windows Server 2012 R2 confirms only what it was asked for before. */
	gpadl_teardown(&card->receive_buffer.gpadl);
	gpadl_teardown(&card->send_buffer.gpadl);
	/* The host reads no more of what it was sent. */
	netvsc_abandon(card);
	channel_free(card->channel);
}

static void netvsc_down(struct netvsc *card)
{
	if (card->channel_open)
		netvsc_channel_close(card);
	netvsc_buffer_free(card, &card->receive_buffer);
	netvsc_buffer_free(card, &card->send_buffer);
	atomic_store(&card->queue.armed, false);
	memset(card->queue.room_wanted, 0, sizeof(card->queue.room_wanted));
	memset(card->control.answer_busy, 0, sizeof(card->control.answer_busy));
	memset(card->control.answer_waits, 0,
	       sizeof(card->control.answer_waits));
}

/* To the point where only a filter is missing; on error, call netvsc_down(). */
static int netvsc_up(struct netvsc *card)
{
	struct nic_information *information = &card->nic.information;
	const struct netvsc_configuration *configuration = &card->configuration;
	int error;

	card->section_count = 0;
	card->section_bytes = 0;
	netvsc_transmit_reset(&card->queue);
	error = netvsc_buffer_make(card, &card->receive_buffer,
				   configuration->receive_buffer_bytes,
				   "netvsc: receive buffer");
	if (!error)
		error = netvsc_buffer_make(card, &card->send_buffer,
					   configuration->send_buffer_bytes,
					   "netvsc: send buffer");
	if (!error)
		error = netvsc_channel_open(card);
	if (!error)
		error = netvsc_nvsp_up(card);
	if (error)
		return error;
	/* NVSP 1 has no NDIS_CONFIG to ask for more. */
	information->mtu_max = card->nvsp_version >= NVSP_VERSION_2
				       ? NETVSC_MTU_MAX
				       : NETVSC_MTU_DEFAULT;
	if (information->mtu > information->mtu_max)
		information->mtu = information->mtu_max;
	return netvsc_rndis_up(card);
}

/* ---- Control calls ---- */

static int netvsc_start(struct nic *nic)
{
	struct netvsc *card = netvsc_of(nic);
	int error;

	if (!netvsc_alive(card))
		return netvsc_death(card);
	if (card->started)
		return 0;
	/* Frames may come before the answer does. */
	card->started = true;
	error = netvsc_filter_apply(card, card->filter);
	if (!error)
		return 0;
	card->started = false;
	netvsc_receive_drop(&card->queue);
	netvsc_flush(&card->queue);
	netvsc_receive_release(&card->queue);
	/* A host without a filter to set has no use for this card. */
	return error == ERROR_NO_DEVICE || error == ERROR_TIMED_OUT
		       ? error
		       : ERROR_PROTOCOL;
}

static bool netvsc_is_drained(const struct netvsc *card)
{
	return card->queue.transmit.messages == 0;
}

static void netvsc_stop(struct nic *nic)
{
	struct netvsc *card = netvsc_of(nic);
	struct netvsc_queue *queue = &card->queue;

	if (!card->started)
		return;
	netvsc_disarm(nic, 0);
	if (netvsc_alive(card))
		netvsc_filter_apply(card, 0);
	card->started = false;
	netvsc_receive_drop(queue);
	if (netvsc_alive(card)) {
		netvsc_flush(queue);
		netvsc_wait(card, netvsc_is_drained,
			    port_time(card->port) + NETVSC_ANSWER_TIME);
	}
	netvsc_receive_release(queue);
}

static unsigned netvsc_events(struct nic *nic)
{
	struct netvsc *card = netvsc_of(nic);
	struct netvsc_queue *queue = &card->queue;
	unsigned events;

	vmbus_poll(card->bus);
	if (card->channel_open && netvsc_alive(card)) {
		netvsc_poll(queue, false);
		if (netvsc_alive(card))
			netvsc_flush(queue);
	}
	/* An indication says that something changed; what is, is asked for. */
	if (card->link_stale && netvsc_alive(card))
		netvsc_link_update(card);
	events = card->events;
	card->events = 0;
	card->events_told = false;
	return events;
}

static void netvsc_link(struct nic *nic, struct nic_link *link)
{
	*link = netvsc_of(nic)->link;
}

static int netvsc_mac_set(struct nic *nic, const uint8_t mac[])
{
	struct netvsc *card = netvsc_of(nic);
	int error;

	if (!netvsc_alive(card))
		return netvsc_death(card);
	if (card->started)
		return ERROR_BUSY;
	error = netvsc_mac_apply(card, mac);
	return error == ERROR_PROTOCOL && netvsc_alive(card) ? ERROR_IO : error;
}

static int netvsc_mtu_set(struct nic *nic, uint16_t mtu)
{
	struct netvsc *card = netvsc_of(nic);
	struct nic_information *information = &nic->information;
	int error;

	if (mtu < information->mtu_min || mtu > information->mtu_max)
		return ERROR_INVALID;
	if (!netvsc_alive(card))
		return netvsc_death(card);
	if (card->started)
		return ERROR_BUSY;
	netvsc_down(card);
	information->mtu = mtu;
	error = netvsc_up(card);
	if (error) {
		netvsc_die(card, error == ERROR_NO_DEVICE ? NIC_EVENT_REMOVED
							  : NIC_EVENT_FAILED);
		netvsc_down(card);
		return error;
	}
	/* The card works, and information.mtu says what the host allows. */
	return information->mtu == mtu ? 0 : ERROR_INVALID;
}

static int netvsc_filter_set(struct nic *nic, unsigned filter,
			     const uint8_t groups[][ETHERNET_ADDRESS_BYTES],
			     unsigned group_count)
{
	struct netvsc *card = netvsc_of(nic);
	int error;

	(void)groups;
	(void)group_count;
	if (!netvsc_alive(card))
		return netvsc_death(card);
	if (card->started) {
		error = netvsc_filter_apply(card, filter);
		if (error == ERROR_NOT_SUPPORTED ||
		    (error == ERROR_PROTOCOL && netvsc_alive(card)))
			error = ERROR_IO;
		if (error)
			return error;
	}
	card->filter = filter;
	return 0;
}

static void netvsc_statistics(struct nic *nic,
			      struct nic_statistics *statistics)
{
	struct netvsc_queue *queue = &netvsc_of(nic)->queue;

	*statistics = queue->statistics;
	statistics->interrupts =
		atomic_load_explicit(&queue->interrupts, memory_order_relaxed);
}

int netvsc_reset(struct nic *nic)
{
	struct netvsc *card = netvsc_of(nic);
	bool addressing_reset = false;
	int error;

	if (!netvsc_alive(card))
		return netvsc_death(card);
	error = netvsc_rndis_reset(card, &addressing_reset);
	if (!error && addressing_reset && card->started)
		error = netvsc_filter_apply(card, card->filter);
	return error;
}

/* ---- Opening and closing ---- */

static void netvsc_free(struct netvsc *card)
{
	struct netvsc_queue *queue = &card->queue;
	struct port *port = card->port;
	uint32_t count = queue->transactions.count;

	port_free(port, queue->packet);
	port_free(port, queue->transactions.entries);
	port_free(port, queue->messages);
	port_free(port, queue->receive.line);
	port_free(port, queue->receive.owed);
	port_free(port, queue->transmit.done);
	port_free(port, queue->transmit.pieces);
	port_pages_free(port, queue->transmit.headers,
			pages_of(count * NETVSC_HEADER_BYTES));
	port_pages_free(port, card->control.page, 1);
	port_free(port, card);
}

static void netvsc_close(struct nic *nic)
{
	struct netvsc *card = netvsc_of(nic);

	netvsc_stop(nic);
	netvsc_down(card);
	vmbus_release(card->channel);
	netvsc_free(card);
}

static const struct nic_operations netvsc_operations = {
	.start = netvsc_start,
	.stop = netvsc_stop,
	.close = netvsc_close,
	.transmit = netvsc_transmit,
	.reclaim = netvsc_reclaim,
	.receive = netvsc_receive,
	.arm = netvsc_arm,
	.disarm = netvsc_disarm,
	.events = netvsc_events,
	.link = netvsc_link,
	.mac_set = netvsc_mac_set,
	.mtu_set = netvsc_mtu_set,
	.filter_set = netvsc_filter_set,
	.statistics = netvsc_statistics,
};

/* A size, or its default, in whole pages; false when it is out of bounds. */
static bool netvsc_size(uint32_t *bytes, uint32_t otherwise)
{
	if (*bytes == 0)
		*bytes = otherwise;
	if (*bytes > BUFFER_BYTES_MAX)
		return false;
	*bytes = pages_of(*bytes) * PORT_PAGE_SIZE;
	return true;
}

/* Fill in the defaults, and refuse what cannot be meant. */
static int netvsc_configure(struct netvsc *card,
			    const struct netvsc_configuration *asked)
{
	static const struct netvsc_configuration defaults;
	struct netvsc_configuration *wanted = &card->configuration;

	*wanted = asked ? *asked : defaults;
	if (!netvsc_size(&wanted->receive_buffer_bytes,
			 RECEIVE_BUFFER_DEFAULT) ||
	    !netvsc_size(&wanted->send_buffer_bytes, SEND_BUFFER_DEFAULT) ||
	    !netvsc_size(&wanted->send_ring_bytes, RING_DEFAULT) ||
	    !netvsc_size(&wanted->receive_ring_bytes, RING_DEFAULT))
		return ERROR_INVALID;
	if (wanted->no_send_buffer)
		wanted->send_buffer_bytes = 0;
	if (wanted->transmit_depth == 0)
		wanted->transmit_depth = DEPTH_DEFAULT;
	if (wanted->copy_bytes_max == 0)
		wanted->copy_bytes_max = COPY_DEFAULT;
	if (wanted->nvsp_version_max == 0)
		wanted->nvsp_version_max = NVSP_VERSION_6_1;
	if (wanted->mtu == 0)
		wanted->mtu = NETVSC_MTU_DEFAULT;
	if (wanted->transmit_depth > NETVSC_DEPTH_MAX ||
	    wanted->mtu < NETVSC_MTU_MIN || wanted->mtu > NETVSC_MTU_MAX)
		return ERROR_INVALID;
	/* The longest frame is to fit the buffers that a queue keeps. */
	if ((uint64_t)card->stack.receive_buffer_bytes * NETVSC_STOCK <
	    NETVSC_MTU_MAX + ETHERNET_HEADER_BYTES + ETHERNET_VLAN_BYTES)
		return ERROR_INVALID;
	return 0;
}

/* Memory for so many of something, all zero; a failure is kept in *error. */
static void *netvsc_table(struct netvsc *card, size_t count, size_t size,
			  const char *what, int *error)
{
	void *table = port_alloc(card->port, count * size, what);

	if (!table)
		*error = ERROR_NO_MEMORY;
	return table;
}

static void *netvsc_table_pages(struct netvsc *card, size_t pages,
				const char *what, int *error)
{
	void *table = port_pages_alloc(card->port, pages, 0, what);

	if (!table)
		*error = ERROR_NO_MEMORY;
	return table;
}

static void netvsc_pieces_initialise(struct netvsc_transmit *transmit,
				     uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		transmit->pieces[i].next = i + 1;
	transmit->first_free_piece = 0;
	transmit->free_pieces = count;
}

/* Everything that a queue's life needs, once. */
static int netvsc_tables(struct netvsc *card)
{
	uint32_t depth = card->configuration.transmit_depth;
	uint32_t count = depth + NETVSC_CONTROL_MESSAGES;
	uint32_t pieces = 4 * depth;
	struct netvsc_queue *queue = &card->queue;
	struct netvsc_transmit *transmit = &queue->transmit;
	struct netvsc_receive *receive = &queue->receive;
	struct transaction *entries;
	int error = 0;

	if (pieces < NETVSC_SEGMENTS_MAX)
		pieces = NETVSC_SEGMENTS_MAX;
	queue->transactions.count = count;
	entries = netvsc_table(card, count, sizeof(*entries),
			       "netvsc: transactions", &error);
	queue->transactions.entries = entries;
	queue->packet = netvsc_table(card, NETVSC_PACKET_BYTES, 1,
				     "netvsc: packet", &error);
	queue->messages = netvsc_table(card, count, sizeof(*queue->messages),
				       "netvsc: messages", &error);
	receive->line = netvsc_table(card, NETVSC_LINE, sizeof(*receive->line),
				     "netvsc: ranges in line", &error);
	receive->owed = netvsc_table(card, NETVSC_OWED, sizeof(*receive->owed),
				     "netvsc: completions owed", &error);
	transmit->done = netvsc_table(card, depth, sizeof(*transmit->done),
				      "netvsc: owners done", &error);
	transmit->pieces = netvsc_table(card, pieces, sizeof(*transmit->pieces),
					"netvsc: segments sent", &error);
	transmit->headers =
		netvsc_table_pages(card, pages_of(count * NETVSC_HEADER_BYTES),
				   "netvsc: headers", &error);
	card->control.page =
		netvsc_table_pages(card, 1, "netvsc: control", &error);
	if (error)
		return error;
	transactions_initialise(&queue->transactions, entries, count);
	netvsc_pieces_initialise(transmit, pieces);
	return 0;
}

static void netvsc_information(struct netvsc *card)
{
	struct nic_information *information = &card->nic.information;

	information->driver = "netvsc";
	information->queues = 1;
	information->mtu = card->configuration.mtu;
	information->mtu_min = NETVSC_MTU_MIN;
}

static int netvsc_make(struct netvsc *card,
		       const struct netvsc_configuration *configuration)
{
	int error = netvsc_configure(card, configuration);

	if (!error)
		error = netvsc_tables(card);
	if (error)
		return error;
	card->nic.operations = &netvsc_operations;
	card->filter = NIC_FILTER_UNICAST | NIC_FILTER_BROADCAST;
	netvsc_information(card);
	error = netvsc_up(card);
	if (error)
		netvsc_down(card);
	return error;
}

struct nic *netvsc_open(struct vmbus *bus, struct vmbus_channel *channel,
			const struct netvsc_configuration *configuration,
			const struct nic_stack *stack, int *error)
{
	struct port *port = channel_port(channel);
	struct netvsc *card = port_alloc(port, sizeof(*card), "netvsc: card");
	int result = ERROR_NO_MEMORY;

	if (card) {
		card->port = port;
		card->bus = bus;
		card->channel = channel;
		card->stack = *stack;
		card->queue.card = card;
		card->queue.channel = channel;
		result = netvsc_make(card, configuration);
	}
	if (error)
		*error = result;
	if (!result)
		return &card->nic;
	log_warning(port, "netvsc: not opened: %s", error_name(result));
	vmbus_release(channel);
	if (card)
		netvsc_free(card);
	return NULL;
}

struct nic *netvsc_probe(struct vmbus *bus,
			 const struct netvsc_configuration *configuration,
			 const struct nic_stack *stack, int *error)
{
	struct vmbus_channel *channel = vmbus_claim(bus, &netvsc_interface);

	if (channel)
		return netvsc_open(bus, channel, configuration, stack, error);
	if (error)
		*error = ERROR_NO_DEVICE;
	return NULL;
}
