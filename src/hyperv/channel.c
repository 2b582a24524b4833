/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening, using and closing a channel.
 *
 * Both rings lie in one piece of memory and in one GPADL: the ring to the host
 * first, the ring from it behind. The host may signal and send before its
 * answer to OPEN is read, so everything that an interrupt meets is ready before
 * the question is posted; the receive ring starts masked, which makes its
 * reader look into it before it waits.
 *
 * CLOSE has no answer. What ends the host's use of the rings is the end of
 * their GPADL, also when the host never answered OPEN or took the channel away.
 */
#include <string.h>

#include "hyperv/channel.h"
#include "hyperv/hypercall.h"
#include "hyperv/vmbus_messages.h"
#include "port/log.h"

/** What follows the descriptor of a GPA-direct packet. */
struct gpa_header {
	le32 reserved;
	le32 range_count;
} __attribute__((packed));

VMBUS_WIRE_SIZE(gpa_header, 8);
VMBUS_WIRE_PLACE(gpa_header, range_count, 4);

/** A range; the numbers of its pages, 64 bits each, follow. */
struct gpa_range {
	le32 bytes;
	/** Of the first byte in the first page. */
	le32 offset;
} __attribute__((packed));

VMBUS_WIRE_SIZE(gpa_range, 8);
VMBUS_WIRE_PLACE(gpa_range, offset, 4);

struct vmbus *channel_bus(const struct vmbus_channel *channel)
{
	return channel->bus;
}

struct port *channel_port(const struct vmbus_channel *channel)
{
	return channel->bus->hyperv->port;
}

bool channel_closes_first(const struct vmbus_channel *channel)
{
	return channel->bus->version >= VMBUS_VERSION_WIN10;
}

/* ---- Opening ---- */

static void signalled_set(struct vmbus_channel *channel,
			  void (*signalled)(void *context), void *context)
{
	struct port *port = channel_port(channel);

	port_lock(port, &channel->lock);
	channel->signalled = signalled;
	channel->context = context;
	port_unlock(port, &channel->lock);
}

/** Make the rings and show them to the host. */
static int rings_make(struct vmbus_channel *channel, uint32_t send_pages,
		      uint32_t receive_pages)
{
	struct port *port = channel_port(channel);
	uint64_t pages = (uint64_t)send_pages + receive_pages + 2;
	uint8_t *memory;

	if (pages > VMBUS_GPADL_PAGES_MAX)
		return ERROR_NO_SPACE;
	memory = port_pages_alloc(port, (size_t)pages, 0, "channel: rings");
	if (!memory)
		return ERROR_NO_MEMORY;
	channel->memory = memory;
	channel->pages = (uint32_t)pages;
	ring_initialise(&channel->send, port, memory, send_pages);
	ring_announce(&channel->send);
	memory += (size_t)(1 + send_pages) * PORT_PAGE_SIZE;
	ring_initialise(&channel->receive, port, memory, receive_pages);
	ring_mask(&channel->receive);
	return gpadl_create(&channel->gpadl, channel, channel->memory,
			    channel->pages);
}

static int close_post(struct vmbus_channel *channel)
{
	struct vmbus_relid message = {
		.header.type = CPU_TO_LE32(VMBUS_CLOSE),
		.relid = cpu_to_le32(channel->relid),
	};

	return vmbus_post(channel->bus, &message, sizeof(message));
}

static int open_post(struct vmbus_channel *channel,
		     const struct channel_configuration *configuration)
{
	struct vmbus *bus = channel->bus;
	struct vmbus_open message = {
		.header.type = CPU_TO_LE32(VMBUS_OPEN),
		.relid = cpu_to_le32(channel->relid),
		.open_id = cpu_to_le32(++bus->open_id_last),
		.ring_gpadl = cpu_to_le32(channel->gpadl.handle),
		.target_vp = cpu_to_le32(
			hyperv_vp_index(bus->hyperv, configuration->cpu)),
		.downstream_page = cpu_to_le32(1 + configuration->send_pages),
	};

	vmbus_expect(bus, VMBUS_OPEN_RESULT, channel->relid, bus->open_id_last);
	return vmbus_post(bus, &message, sizeof(message));
}

static int open_request(struct vmbus_channel *channel,
			const struct channel_configuration *configuration)
{
	struct vmbus *bus = channel->bus;
	uint32_t status = 0;
	bool posted;
	int error;

	signalled_set(channel, configuration->signalled,
		      configuration->context);
	synic_event_clear(&bus->synic, configuration->cpu, channel->relid);
	error = open_post(channel, configuration);
	posted = !error;
	if (posted)
		error = vmbus_wait(bus, channel, VMBUS_ANSWER_TIME, &status);
	vmbus_forget(bus);
	if (!error && status != 0)
		error = vmbus_rescinded(channel) ? ERROR_NO_DEVICE : ERROR_IO;
	if (!error)
		return 0;
	signalled_set(channel, NULL, NULL);
	/* A host that is slow may open it yet; then it is to close it again. */
	if (posted && error == ERROR_TIMED_OUT)
		channel->close_due = close_post(channel) != 0;
	return error;
}

int channel_open(struct vmbus_channel *channel,
		 const struct channel_configuration *configuration)
{
	int error;

	if (channel->state != VMBUS_CHANNEL_CLOSED)
		return ERROR_BUSY;
	if (configuration->send_pages == 0 ||
	    configuration->receive_pages == 0 ||
	    configuration->cpu >= channel->bus->hyperv->cpu_count)
		return ERROR_INVALID;
	if (vmbus_rescinded(channel))
		return ERROR_NO_DEVICE;
	/* It is open still: a second OPEN would not even be answered. */
	if (channel->close_due) {
		error = close_post(channel);
		if (error)
			return error;
		channel->close_due = false;
	}
	error = rings_make(channel, configuration->send_pages,
			   configuration->receive_pages);
	if (!error)
		error = open_request(channel, configuration);
	if (error) {
		channel_free(channel);
		return error;
	}
	channel->state = VMBUS_CHANNEL_OPEN;
	return 0;
}

/* ---- Closing ---- */

void channel_close(struct vmbus_channel *channel)
{
	int error;

	if (channel->state != VMBUS_CHANNEL_OPEN)
		return;
	channel->state = VMBUS_CHANNEL_SHOWN;
	signalled_set(channel, NULL, NULL);
	if (vmbus_rescinded(channel))
		return;
	error = close_post(channel);
	if (!error)
		return;
	channel->close_due = true;
	log_warning(channel_port(channel), "vmbus: channel %u not closed: %s",
		    channel->relid, error_name(error));
}

void channel_free(struct vmbus_channel *channel)
{
	channel_close(channel);
	if (channel->memory) {
		if (gpadl_teardown(&channel->gpadl))
			port_pages_free(channel_port(channel), channel->memory,
					channel->pages);
		else
			vmbus_keep(channel->bus, channel->memory,
				   channel->pages);
	}
	channel->memory = NULL;
	memset(&channel->gpadl, 0, sizeof(channel->gpadl));
	memset(&channel->send, 0, sizeof(channel->send));
	memset(&channel->receive, 0, sizeof(channel->receive));
	channel->state = VMBUS_CHANNEL_CLOSED;
}

/* ---- Sending ---- */

static bool is_open(const struct vmbus_channel *channel)
{
	return channel->state == VMBUS_CHANNEL_OPEN;
}

static bool can_send(const struct vmbus_channel *channel)
{
	return is_open(channel) && !vmbus_rescinded(channel);
}

static bool doorbell(struct vmbus_channel *channel)
{
	return can_send(channel) &&
	       hypercall_signal_event(channel->bus->hyperv,
				      channel->connection_id) == 0;
}

static int send_simple(struct vmbus_channel *channel,
		       const struct ring_packet *packet, const void *payload)
{
	const struct ring_piece piece = {payload, packet->payload_bytes};

	if (!can_send(channel))
		return ERROR_NO_DEVICE;
	return ring_write(&channel->send, packet, &piece, 1);
}

int channel_send(struct vmbus_channel *channel, const void *payload,
		 uint32_t bytes, uint64_t transaction_id,
		 bool completion_requested)
{
	const struct ring_packet packet = {
		.type = RING_PACKET_INBAND,
		.completion_requested = completion_requested,
		.transaction_id = transaction_id,
		.payload_bytes = bytes,
	};

	return send_simple(channel, &packet, payload);
}

int channel_complete(struct vmbus_channel *channel, const void *payload,
		     uint32_t bytes, uint64_t transaction_id)
{
	const struct ring_packet packet = {
		.type = RING_PACKET_COMPLETION,
		.transaction_id = transaction_id,
		.payload_bytes = bytes,
	};

	return send_simple(channel, &packet, payload);
}

static uint32_t range_offset(const struct channel_range *range)
{
	return (uint32_t)((uintptr_t)range->data % PORT_PAGE_SIZE);
}

/** Pages that a range touches. */
static uint32_t range_pages(const struct channel_range *range)
{
	return (uint32_t)(((uint64_t)range_offset(range) + range->bytes +
			   PORT_PAGE_SIZE - 1) /
			  PORT_PAGE_SIZE);
}

/** Bytes of the list of ranges in a packet, and how many there are. */
static uint64_t ranges_measure(const struct channel_range ranges[],
			       unsigned count, uint32_t *used)
{
	uint64_t bytes = sizeof(struct gpa_header);
	unsigned i;

	*used = 0;
	for (i = 0; i < count; i++) {
		if (ranges[i].bytes == 0)
			continue;
		bytes += sizeof(struct gpa_range) +
			 range_pages(&ranges[i]) * sizeof(le64);
		(*used)++;
	}
	return bytes;
}

static void range_put(struct port *port, struct ring_writer *writer,
		      const struct channel_range *range)
{
	const uint32_t pages = range_pages(range);
	const struct gpa_range entry = {
		.bytes = cpu_to_le32(range->bytes),
		.offset = cpu_to_le32(range_offset(range)),
	};
	const uint8_t *first = range->data;
	uint32_t i, step = 0;
	le64 number;

	ring_put(writer, &entry, sizeof(entry));
	for (i = 0; i < pages; i++) {
		number = cpu_to_le64(port_physical(port, first + step) /
				     PORT_PAGE_SIZE);
		ring_put(writer, &number, sizeof(number));
		step += PORT_PAGE_SIZE - (i == 0 ? range_offset(range) : 0);
	}
}

int channel_send_ranges(struct vmbus_channel *channel,
			const struct channel_range ranges[], unsigned count,
			const void *payload, uint32_t bytes,
			uint64_t transaction_id)
{
	struct port *port = channel_port(channel);
	struct ring_packet packet = {
		.type = RING_PACKET_GPA_DIRECT,
		.completion_requested = true,
		.transaction_id = transaction_id,
		.payload_bytes = bytes,
	};
	struct gpa_header header = {0};
	struct ring_writer writer;
	uint64_t header_bytes;
	uint32_t used;
	unsigned i;
	int error;

	if (!can_send(channel))
		return ERROR_NO_DEVICE;
	header_bytes = ranges_measure(ranges, count, &used);
	if (used == 0)
		return ERROR_INVALID;
	if (header_bytes > channel->send.bytes)
		return ERROR_NO_SPACE;
	packet.header_bytes = (uint32_t)header_bytes;
	error = ring_begin(&channel->send, &writer, &packet);
	if (error)
		return error;
	header.range_count = cpu_to_le32(used);
	ring_put(&writer, &header, sizeof(header));
	for (i = 0; i < count; i++)
		if (ranges[i].bytes != 0)
			range_put(port, &writer, &ranges[i]);
	ring_put(&writer, payload, bytes);
	ring_end(&writer);
	return 0;
}

bool channel_flush(struct vmbus_channel *channel)
{
	return is_open(channel) && ring_publish(&channel->send) &&
	       doorbell(channel);
}

void channel_pending_send(struct vmbus_channel *channel, uint32_t bytes)
{
	if (is_open(channel))
		ring_pending_send(&channel->send, bytes);
}

uint32_t channel_room(struct vmbus_channel *channel)
{
	return is_open(channel) ? ring_room(&channel->send) : 0;
}

/* ---- Receiving ---- */

int channel_receive(struct vmbus_channel *channel, struct ring_packet *packet,
		    void *buffer, uint32_t size)
{
	if (!is_open(channel))
		return 0;
	return ring_read(&channel->receive, packet, buffer, size);
}

bool channel_received(struct vmbus_channel *channel)
{
	return is_open(channel) && ring_release(&channel->receive) &&
	       doorbell(channel);
}

void channel_mask(struct vmbus_channel *channel)
{
	/* An interrupt may come while the channel is being opened. */
	if (channel->receive.control)
		ring_mask(&channel->receive);
}

bool channel_unmask(struct vmbus_channel *channel)
{
	if (!is_open(channel))
		return true;
	channel_received(channel);
	return ring_unmask(&channel->receive);
}
