/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/scripted_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NVSP_BYTES     40
#define SUCCESS	       1u
#define FAILURE	       2u
#define UNSUPPORTED    0xc00000bbu
#define CAFE	       0xcafeu
#define TRANSMIT_PAGES 16u

static char verdict[1024];

/* f8615163-df3e-46c5-913f-f2d2f965ed0e, and an instance of it. */
static const struct host_guid network = {{0x63, 0x51, 0x61, 0xf8, 0x3e, 0xdf,
					  0xc5, 0x46, 0x91, 0x3f, 0xf2, 0xd2,
					  0xf9, 0x65, 0xed, 0x0e}};
static const struct host_guid instance = {{1, 2, 3, 4, 5, 6, 7, 8}};

/* ---- The device's hands ---- */

bool device_write(struct scripted_host *host, uint32_t offset,
		  const void *bytes, uint32_t length)
{
	return host->receive &&
	       host_gpadl_write(host->receive, offset, bytes, length);
}

enum host_send_result device_ranges(struct scripted_host *host, uint64_t id,
				    uint16_t page_set,
				    const struct scripted_range ranges[],
				    unsigned count)
{
	uint8_t header[8 + 8 * SCRIPT_RANGES_MAX] = {0};
	uint8_t message[NVSP_BYTES] = {0};

	put16(header, 0, page_set);
	put32(header, 4, count);
	for (unsigned i = 0; i < count; i++) {
		put32(header, 8 + 8 * i, ranges[i].length);
		put32(header, 12 + 8 * i, ranges[i].offset);
	}
	put32(message, 0, 107);
	put32(message, 4, 1);
	put32(message, 8, 0xffffffff);
	return host_channel_send(host->device, HOST_PACKET_TRANSFER_PAGES, true,
				 id, header, 8 + 8 * count, message,
				 sizeof(message));
}

uint64_t device_rndis(struct scripted_host *host, const void *message,
		      uint32_t bytes)
{
	uint32_t slots = host->receive ? host_gpadl_bytes(host->receive) /
						 SCRIPT_SLOT_BYTES
				       : 1;
	uint32_t slot = host->next_slot++ % slots;
	struct scripted_range range = {bytes, slot * SCRIPT_SLOT_BYTES};

	device_write(host, range.offset, message, bytes);
	device_ranges(host, slot, CAFE, &range, 1);
	return slot;
}

uint64_t device_frame(struct scripted_host *host, const void *frame,
		      uint32_t bytes)
{
	uint8_t message[SCRIPT_SLOT_BYTES + 64];

	return device_rndis(host, message, rndis_packet(message, frame, bytes));
}

uint64_t device_indicate(struct scripted_host *host, uint32_t status)
{
	uint8_t message[20] = {0};

	put32(message, 0, 7);
	put32(message, 4, sizeof(message));
	put32(message, 8, status);
	return device_rndis(host, message, sizeof(message));
}

enum host_send_result device_inband(struct scripted_host *host,
				    const void *message, uint32_t bytes,
				    uint64_t id, bool completion_requested)
{
	return host_channel_send(host->device, HOST_PACKET_INBAND,
				 completion_requested, id, NULL, 0, message,
				 bytes);
}

enum host_send_result device_complete(struct scripted_host *host, uint64_t id,
				      const void *payload, uint32_t bytes)
{
	return host_channel_send(host->device, HOST_PACKET_COMPLETION, false,
				 id, NULL, 0, payload, bytes);
}

/* ---- What a good device answers ---- */

static void complete_words(struct scripted_host *host, uint64_t id,
			   const uint32_t words[], unsigned count)
{
	uint8_t message[NVSP_BYTES] = {0};

	for (unsigned i = 0; i < count; i++)
		put32(message, 4 * i, words[i]);
	device_complete(host, id, message, sizeof(message));
}

static void answer_receive_buffer(struct scripted_host *host, uint64_t id,
				  uint32_t handle)
{
	uint32_t words[3 + 4 * 8] = {102, FAILURE};
	uint8_t message[12 + 16 * 8] = {0};
	uint32_t count = host->section_count;
	uint32_t slots;

	host->receive = host_gpadl_find(host->device, handle);
	if (host->receive) {
		host_gpadl_hold(host->receive);
		slots = host_gpadl_bytes(host->receive) / SCRIPT_SLOT_BYTES /
			count;
		words[1] = SUCCESS;
		words[2] = count;
		for (uint32_t i = 0; i < count; i++) {
			uint32_t start = i * slots * SCRIPT_SLOT_BYTES;

			words[3 + 4 * i] = start;
			words[4 + 4 * i] = SCRIPT_SLOT_BYTES;
			words[5 + 4 * i] = slots;
			words[6 + 4 * i] = start + slots * SCRIPT_SLOT_BYTES;
		}
	}
	for (unsigned i = 0; i < sizeof(message) / 4; i++)
		put32(message, 4 * i, words[i]);
	device_complete(host, id, message,
			count > 1 ? 12 + 16 * count : NVSP_BYTES);
}

static void answer_send_buffer(struct scripted_host *host, uint64_t id,
			       uint32_t handle)
{
	uint32_t words[] = {105, FAILURE, 0};

	host->send = host->refuse_send_buffer
			     ? NULL
			     : host_gpadl_find(host->device, handle);
	if (host->send) {
		host_gpadl_hold(host->send);
		words[1] = SUCCESS;
		words[2] = SCRIPT_SECTION_SIZE;
	}
	complete_words(host, id, words, 3);
}

static void drop(struct host_gpadl **gpadl)
{
	if (*gpadl)
		host_gpadl_drop(*gpadl);
	*gpadl = NULL;
}

static void answer_query(struct scripted_host *host, const uint8_t *request)
{
	static const uint8_t mac[] = {0x00, 0x15, 0x5d, 1, 2, 3};
	uint8_t answer[24 + 8] = {0};
	uint32_t oid = get32(request, 12);
	uint32_t length = 4;

	put32(answer, 0, 0x80000004);
	put32(answer, 8, get32(request, 8));
	put32(answer, 20, 16);
	if (oid == 0x01010101 || oid == 0x01010102) {
		length = sizeof(mac);
		memcpy(answer + 24, mac, length);
	} else if (oid == 0x00010106) {
		put32(answer, 24, host->mtu >= 14 ? host->mtu - 14 : 1500);
	} else if (oid == 0x00010107) {
		put32(answer, 24, 100000000);
	} else if (oid == 0x00010114) {
		put32(answer, 24, host->media_down);
	} else {
		put32(answer, 12, UNSUPPORTED);
		length = 0;
	}
	put32(answer, 4, 24 + length);
	put32(answer, 16, length);
	device_rndis(host, answer, 24 + length);
}

static void answer_initialize(struct scripted_host *host,
			      const uint8_t *request)
{
	uint8_t answer[52] = {0};

	put32(answer, 0, 0x80000002);
	put32(answer, 4, sizeof(answer));
	put32(answer, 8, get32(request, 8));
	put32(answer, 16, 1);
	put32(answer, 24, 1);
	put32(answer, 32, host->packets_max);
	put32(answer, 36, host->transfer_max);
	put32(answer, 40, host->alignment);
	device_rndis(host, answer, sizeof(answer));
}

static void answer_set(struct scripted_host *host, const uint8_t *request)
{
	uint8_t answer[16] = {0};

	if (get32(request, 12) == 0x0001010e)
		host->filter = get32(request, 28);
	else
		put32(answer, 12, UNSUPPORTED);
	put32(answer, 0, 0x80000005);
	put32(answer, 4, sizeof(answer));
	put32(answer, 8, get32(request, 8));
	device_rndis(host, answer, sizeof(answer));
}

static void control(struct scripted_host *host, const uint8_t *request,
		    uint32_t bytes)
{
	uint32_t type = get32(request, 0);

	host->queries += type == 4;
	host->sets += type == 5;
	host->halts += type == 3;
	host->keepalive_answers += type == 0x80000008;
	if (host->mute ||
	    (host->on_control && host->on_control(host, request, bytes)))
		return;
	if (type == 2)
		answer_initialize(host, request);
	else if (type == 4)
		answer_query(host, request);
	else if (type == 5)
		answer_set(host, request);
}

/* ---- What arrives ---- */

static bool gather_ranges(struct scripted_host *host,
			  const struct host_packet *packet)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < packet->range_count; i++) {
		uint32_t length = get32(packet->ranges, at);
		uint32_t offset = get32(packet->ranges, at + 4);
		uint32_t pages = (offset + length + 4095) / 4096;
		uint64_t page;

		if (i == 0)
			host->first_range_bytes = length;
		at += 8;
		for (uint32_t p = 0; p < pages; p++, at += 8) {
			uint32_t chunk = 4096 - offset;

			memcpy(&page, packet->ranges + at, 8);
			if (chunk > length)
				chunk = length;
			if (host->data_bytes + chunk > SCRIPT_FRAME_MAX ||
			    !machine_ram_read(host->machine,
					      page * 4096 + offset,
					      host->data + host->data_bytes,
					      chunk))
				return false;
			host->data_bytes += chunk;
			length -= chunk;
			offset = 0;
		}
	}
	return true;
}

static void rndis_from_guest(struct scripted_host *host,
			     const struct host_packet *packet)
{
	uint32_t section = get32(packet->payload, 8);
	uint32_t size = get32(packet->payload, 12);
	uint32_t words[] = {108, host->data_status};

	host->data_bytes = 0;
	if (section != 0xffffffff) {
		if (!host->send ||
		    !host_gpadl_read(host->send, section * SCRIPT_SECTION_SIZE,
				     host->data, size))
			words[1] = FAILURE;
		else
			host->data_bytes = size;
	}
	if (packet->type == HOST_PACKET_GPA_DIRECT &&
	    !gather_ranges(host, packet))
		words[1] = FAILURE;
	if (get32(packet->payload, 4) != 0) {
		words[1] = SUCCESS;
		if (!host->mute)
			complete_words(host, packet->transaction_id, words, 2);
		control(host, host->data, host->data_bytes);
		return;
	}
	host->data_packets++;
	for (uint32_t at = 0; at + 8 <= host->data_bytes;
	     at += get32(host->data, at + 4)) {
		host->data_messages++;
		if (get32(host->data, at + 4) < 8)
			break;
	}
	if (host->hold_data)
		host->held_ids[host->held++ % 256] = packet->transaction_id;
	else if (!host->mute)
		complete_words(host, packet->transaction_id, words, 2);
}

static void completion_from_guest(struct scripted_host *host,
				  const struct host_packet *packet)
{
	if (host->on_completion)
		host->on_completion(host, packet);
	host->completed_ids[host->completions++ % 256] = packet->transaction_id;
	if (packet->payload_bytes >= 8)
		host->last_completion_status = get32(packet->payload, 4);
}

static void nvsp(struct scripted_host *host, const struct host_packet *packet)
{
	uint32_t type = get32(packet->payload, 0);
	uint32_t word = get32(packet->payload, 4);
	uint64_t id = packet->transaction_id;
	uint32_t init[] = {2, word, 34, FAILURE};

	if (type == 1) {
		host->inits++;
		if (word <= host->nvsp_version)
			init[3] = SUCCESS;
		complete_words(host, id, init, 4);
	} else if (type == 125) {
		host->mtu = word;
	} else if (type == 101) {
		answer_receive_buffer(host, id, word);
	} else if (type == 104) {
		answer_send_buffer(host, id, word);
	} else if (type == 103) {
		host->revokes++;
		drop(&host->receive);
	} else if (type == 106) {
		host->revokes++;
		drop(&host->send);
	} else if (type == 107) {
		rndis_from_guest(host, packet);
	}
}

static void on_packet(void *device, struct host_channel *channel,
		      const struct host_packet *packet)
{
	struct scripted_host *host = device;

	(void)channel;
	if (packet->type == HOST_PACKET_COMPLETION)
		completion_from_guest(host, packet);
	else if (host->on_packet && host->on_packet(host, packet))
		return;
	else if (packet->payload_bytes >= 16)
		nvsp(host, packet);
}

static bool on_opened(void *device, struct host_channel *channel)
{
	(void)device;
	(void)channel;
	return true;
}

static void on_closed(void *device, struct host_channel *channel)
{
	struct scripted_host *host = device;

	(void)channel;
	host->closes++;
	drop(&host->receive);
	drop(&host->send);
}

static void on_room(void *device, struct host_channel *channel)
{
	(void)device;
	(void)channel;
}

static void on_corrupt(void *device, struct host_channel *channel)
{
	struct scripted_host *host = device;

	(void)channel;
	host->corrupt = true;
}

static const struct host_device_operations operations = {
	.opened = on_opened,
	.closed = on_closed,
	.packet = on_packet,
	.room = on_room,
	.corrupt = on_corrupt,
};

/* ---- The guest's hands ---- */

static unsigned supply(void *context, unsigned queue,
		       struct net_segment buffers[], unsigned n)
{
	struct scripted_host *host = context;
	unsigned given = 0;

	(void)queue;
	while (given < n && host->free_count != 0) {
		void *buffer = host->free_buffers[--host->free_count];

		buffers[given++] = (struct net_segment){
			.data = buffer,
			.length = SCRIPT_BUFFER_BYTES,
			.owner = buffer,
		};
	}
	return given;
}

static void release(void *context, const struct net_segment *buffer)
{
	struct scripted_host *host = context;

	host->free_buffers[host->free_count++] = buffer->owner;
}

static void wake(void *context, unsigned queue)
{
	struct scripted_host *host = context;

	if (queue == NIC_WAKE_EVENTS)
		host->event_wakes++;
	else
		host->wakes++;
}

static void bus_wake(void *context)
{
	(void)context;
}

int card_open(struct scripted_host *host)
{
	const struct nic_stack stack = {
		.supply = supply,
		.release = release,
		.wake = wake,
		.context = host,
		.receive_buffer_bytes = SCRIPT_BUFFER_BYTES,
	};

	host->nic = netvsc_probe(&host->bus, &host->card, &stack, &host->error);
	return host->error;
}

int card_up(struct scripted_host *host)
{
	if (card_open(host) == 0)
		host->error = nic_start(host->nic);
	return host->error;
}

void card_close(struct scripted_host *host)
{
	if (host->nic)
		nic_close(host->nic);
	host->nic = NULL;
}

bool card_submit(struct scripted_host *host, uint32_t offset, const void *frame,
		 uint32_t bytes)
{
	struct net_segment segment = {
		.data = host->transmit_memory + offset,
		.length = bytes,
	};
	struct net_packet packet = {
		.segment_count = 1,
		.length = bytes,
		.owner = segment.data,
	};

	/* The same frame, on its way already, is not written again. */
	if (!machine_dma_given(host->machine,
			       port_physical(host->port, segment.data), 1))
		memcpy(segment.data, frame, bytes);
	return nic_transmit(host->nic, 0, &packet, 1, &segment) == 1;
}

int card_transmit_at(struct scripted_host *host, uint32_t offset,
		     const void *frame, uint32_t bytes)
{
	uint64_t deadline = port_time(host->port) + SCRIPT_PATIENCE;
	void *owner;

	if (!card_submit(host, offset, frame, bytes))
		return ERROR_AGAIN;
	while (nic_reclaim(host->nic, 0, &owner, 1) == 0) {
		if (port_time(host->port) >= deadline)
			return ERROR_TIMED_OUT;
		port_relax(host->port, deadline);
	}
	return 0;
}

int card_transmit(struct scripted_host *host, const void *frame, uint32_t bytes)
{
	return card_transmit_at(host, 0, frame, bytes);
}

int card_receive(struct scripted_host *host, uint8_t *frame, uint32_t size,
		 struct net_packet *packet)
{
	uint64_t deadline = port_time(host->port) + SCRIPT_PATIENCE;
	struct net_segment segments[32];
	uint32_t filled = 0;

	while (nic_receive(host->nic, 0, packet, 1, segments, 32) == 0) {
		if (port_time(host->port) >= deadline)
			return -1;
		port_relax(host->port, deadline);
	}
	for (uint32_t i = 0; i < packet->segment_count; i++) {
		struct net_segment *segment =
			&segments[packet->first_segment + i];

		if (filled + segment->length <= size)
			memcpy(frame + filled, segment->data, segment->length);
		filled += segment->length;
		release(host, segment);
	}
	return (int)filled;
}

void card_settle(struct scripted_host *host)
{
	uint64_t end = port_time(host->port) + SCRIPT_PATIENCE;

	while (port_time(host->port) < end) {
		vmbus_poll(&host->bus);
		if (host->nic)
			nic_events(host->nic);
		port_relax(host->port, end);
	}
}

struct nic_statistics card_statistics(struct scripted_host *host)
{
	struct nic_statistics statistics;

	nic_statistics(host->nic, &statistics);
	return statistics;
}

/* ---- The machine ---- */

static void run_script(void *argument)
{
	static const struct vmbus_configuration bus = {.wake = bus_wake};
	struct scripted_host *host = argument;
	int error = hyperv_attach(&host->hyperv, host->port);

	if (error == 0)
		error = vmbus_connect(&host->bus, &host->hyperv, &bus);
	if (error != 0)
		machine_stop(host->machine, MACHINE_STOPPED,
			     "no connection: %s", error_name(error));
	host->buffers = port_pages_alloc(host->port,
					 SCRIPT_BUFFERS * SCRIPT_BUFFER_BYTES /
						 PORT_PAGE_SIZE,
					 0, "test: receive buffers");
	host->transmit_memory =
		port_pages_alloc(host->port, TRANSMIT_PAGES, 0, "test: frames");
	for (unsigned i = 0; i < SCRIPT_BUFFERS; i++)
		host->free_buffers[host->free_count++] =
			host->buffers + (size_t)i * SCRIPT_BUFFER_BYTES;
	host->body(host);
	card_close(host);
	if (host->free_count != SCRIPT_BUFFERS)
		machine_stop(host->machine, MACHINE_STOPPED,
			     "%u of %u receive buffers are back",
			     host->free_count, SCRIPT_BUFFERS);
	port_pages_free(host->port, host->buffers,
			SCRIPT_BUFFERS * SCRIPT_BUFFER_BYTES / PORT_PAGE_SIZE);
	port_pages_free(host->port, host->transmit_memory, TRANSMIT_PAGES);
	vmbus_disconnect(&host->bus);
	hyperv_detach(&host->hyperv);
}

static struct scripted_host *
make(const struct scripted_host_configuration *configuration)
{
	const struct host_offer offer = {
		.interface = network,
		.instance = instance,
		.flags = 1,
		.monitor_id = 255,
	};
	const char *name = configuration->host ? configuration->host : "ws2022";
	const struct host_personality *personality =
		host_personality_find(name);
	const struct machine_configuration machine = {
		.seed = configuration->seed,
	};
	struct scripted_host *host = calloc(1, sizeof(*host));

	if (host == NULL || personality == NULL)
		abort();
	host->machine = machine_create(&machine);
	host->port = machine_port(host->machine);
	host->partition = host_partition_create(host->machine, personality);
	host->server =
		host_vmbus_create(host->partition, personality, HOST_LENIENT);
	host->nvsp_version = configuration->nvsp_version
				     ? configuration->nvsp_version
				     : 0x60001;
	host->section_count = 1;
	host->packets_max = 8;
	host->transfer_max = 0x4000;
	host->alignment = 3;
	host->data_status = SUCCESS;
	host->card = configuration->card;
	host->device =
		host_channel_offer(host->server, &offer, &operations, host);
	host->context = configuration->context;
	if (configuration->prepare)
		configuration->prepare(host);
	return host;
}

static void judge(struct scripted_host *host, enum machine_outcome outcome)
{
	struct machine_counters counters;

	verdict[0] = '\0';
	machine_counters(host->machine, &counters);
	if (outcome != MACHINE_DONE)
		snprintf(verdict, sizeof(verdict), "stopped: %s",
			 machine_reason(host->machine));
	else if (counters.live_allocations != 0)
		snprintf(verdict, sizeof(verdict),
			 "%llu allocations left behind",
			 (unsigned long long)counters.live_allocations);
	else if (counters.dma_live != 0)
		snprintf(verdict, sizeof(verdict),
			 "%llu pieces of memory still the device's",
			 (unsigned long long)counters.dma_live);
	else if (host_vmbus_gpadls(host->server) != 0)
		snprintf(verdict, sizeof(verdict),
			 "%u lists of pages left to the host",
			 host_vmbus_gpadls(host->server));
}

const char *
scripted_host_run(const struct scripted_host_configuration *configuration,
		  void (*body)(struct scripted_host *host))
{
	struct scripted_host *host = make(configuration);

	host->body = body;
	judge(host, machine_run(host->machine, run_script, host));
	host_vmbus_destroy(host->server);
	host_partition_destroy(host->partition);
	machine_destroy(host->machine);
	free(host);
	return verdict;
}
