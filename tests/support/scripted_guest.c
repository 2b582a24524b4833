/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/scripted_guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hyperv/netvsc.h"

/*
 * NVSP and RNDIS as numbers: this is a third reading, kept as short as it can
 * be.
 */
#define NVSP_BYTES		 40
#define NVSP_INIT		 1
#define NVSP_NDIS_VERSION	 100
#define NVSP_SEND_RECEIVE_BUFFER 101
#define NVSP_SEND_SEND_BUFFER	 104
#define NVSP_RNDIS_PACKET	 107
#define NVSP_RNDIS_COMPLETE	 108
#define NVSP_NDIS_CONFIG	 125
#define RNDIS_PACKET		 1
#define RNDIS_INITIALIZE	 2
#define RNDIS_QUERY		 4
#define RNDIS_SET		 5
#define OID_PACKET_FILTER	 0x0001010e

static char verdict[1024];

void put16(uint8_t *bytes, size_t offset, uint16_t value)
{
	bytes[offset] = (uint8_t)value;
	bytes[offset + 1] = (uint8_t)(value >> 8);
}

void put32(uint8_t *bytes, size_t offset, uint32_t value)
{
	put16(bytes, offset, (uint16_t)value);
	put16(bytes, offset + 2, (uint16_t)(value >> 16));
}

void put64(uint8_t *bytes, size_t offset, uint64_t value)
{
	put32(bytes, offset, (uint32_t)value);
	put32(bytes, offset + 4, (uint32_t)(value >> 32));
}

uint16_t get16(const uint8_t *bytes, size_t offset)
{
	return (uint16_t)(bytes[offset] | bytes[offset + 1] << 8);
}

uint32_t get32(const uint8_t *bytes, size_t offset)
{
	return get16(bytes, offset) | (uint32_t)get16(bytes, offset + 2) << 16;
}

/* ---- The channel ---- */

int guest_send(struct scripted_guest *guest, const void *payload,
	       uint32_t bytes, uint64_t id, bool completion_requested)
{
	int error = channel_send(guest->channel, payload, bytes, id,
				 completion_requested);

	channel_flush(guest->channel);
	return error;
}

bool guest_await(struct scripted_guest *guest, struct script_packet *packet)
{
	uint64_t deadline = port_time(guest->port) + SCRIPT_PATIENCE;

	for (;;) {
		int got = channel_receive(guest->channel, &packet->descriptor,
					  packet->bytes, SCRIPT_PACKET_MAX);

		channel_received(guest->channel);
		if (got == 1) {
			packet->payload =
				packet->bytes + packet->descriptor.header_bytes;
			return true;
		}
		vmbus_poll(&guest->bus);
		if (got < 0 || port_time(guest->port) >= deadline)
			return false;
		port_relax(guest->port, deadline);
	}
}

int guest_complete(struct scripted_guest *guest, uint64_t id, uint32_t status)
{
	uint8_t message[NVSP_BYTES] = {0};
	int error;

	put32(message, 0, NVSP_RNDIS_COMPLETE);
	put32(message, 4, status);
	error = channel_complete(guest->channel, message, sizeof(message), id);
	channel_flush(guest->channel);
	return error;
}

/* ---- NVSP ---- */

int64_t guest_nvsp(struct scripted_guest *guest, const uint32_t words[],
		   unsigned count, uint32_t status_offset)
{
	uint8_t message[NVSP_BYTES] = {0};
	struct script_packet packet;
	uint64_t id = guest->next_id++;

	for (unsigned i = 0; i < count; i++)
		put32(message, 4 * i, words[i]);
	if (guest_send(guest, message, sizeof(message), id, true) != 0)
		return -1;
	while (guest_await(guest, &packet)) {
		if (packet.descriptor.type != RING_PACKET_COMPLETION)
			continue;
		if (packet.descriptor.transaction_id != id ||
		    packet.descriptor.payload_bytes < status_offset + 4)
			return -1;
		return get32(packet.payload, status_offset);
	}
	return -1;
}

bool guest_init(struct scripted_guest *guest, uint32_t version)
{
	const uint32_t words[] = {NVSP_INIT, version, version};

	return guest_nvsp(guest, words, 3, 12) == 1;
}

void guest_ndis_config(struct scripted_guest *guest, uint32_t mtu)
{
	uint8_t message[NVSP_BYTES] = {0};

	put32(message, 0, NVSP_NDIS_CONFIG);
	put32(message, 4, mtu);
	put64(message, 12, 1 << 3);
	guest_send(guest, message, sizeof(message), 0, false);
}

void guest_ndis_version(struct scripted_guest *guest)
{
	uint8_t message[NVSP_BYTES] = {0};

	put32(message, 0, NVSP_NDIS_VERSION);
	put32(message, 4, 6);
	put32(message, 8, 30);
	guest_send(guest, message, sizeof(message), 0, false);
}

bool guest_receive_buffer(struct scripted_guest *guest)
{
	const uint32_t words[] = {NVSP_SEND_RECEIVE_BUFFER,
				  guest->receive_gpadl.handle, 0xcafe};

	return guest_nvsp(guest, words, 3, 4) == 1;
}

bool guest_send_buffer(struct scripted_guest *guest)
{
	const uint32_t words[] = {NVSP_SEND_SEND_BUFFER,
				  guest->send_gpadl.handle, 0};

	return guest_nvsp(guest, words, 3, 4) == 1;
}

bool guest_initialize(struct scripted_guest *guest)
{
	uint8_t request[24] = {0};
	uint8_t answer[256];

	put32(request, 0, RNDIS_INITIALIZE);
	put32(request, 4, sizeof(request));
	put32(request, 12, 1);
	put32(request, 20, 0x4000);
	return guest_control(guest, request, sizeof(request), answer,
			     sizeof(answer)) >= 52 &&
	       get32(answer, 12) == 0;
}

bool guest_filter(struct scripted_guest *guest, uint32_t filter)
{
	uint8_t value[4];

	put32(value, 0, filter);
	return guest_set(guest, OID_PACKET_FILTER, value, 4) == 0;
}

bool guest_up(struct scripted_guest *guest, uint32_t version)
{
	if (!guest_init(guest, version))
		return false;
	if (version >= 0x30002)
		guest_ndis_config(guest, 1514);
	guest_ndis_version(guest);
	return guest_receive_buffer(guest) && guest_send_buffer(guest) &&
	       guest_initialize(guest) && guest_filter(guest, 0x2d);
}

/* ---- RNDIS ---- */

/*
 * Copy the first message of a transfer-page packet out of the receive buffer.
 */
static int take_message(struct scripted_guest *guest,
			const struct script_packet *packet, uint8_t *answer,
			uint32_t size)
{
	uint32_t length = get32(packet->bytes, 8);
	uint32_t offset = get32(packet->bytes, 12);
	uint32_t room = guest->receive_pages * PORT_PAGE_SIZE;

	if (packet->descriptor.header_bytes < 16 || length > room ||
	    offset > room - length)
		return -1;
	if (length > size)
		length = size;
	shared_read(guest->port, answer, guest->receive_buffer + offset,
		    length);
	guest_complete(guest, packet->descriptor.transaction_id, 1);
	return (int)length;
}

int guest_control(struct scripted_guest *guest, uint8_t *request,
		  uint32_t bytes, uint8_t *answer, uint32_t size)
{
	uint8_t message[NVSP_BYTES] = {0};
	struct channel_range range = {guest->page, bytes};
	struct script_packet packet;
	uint64_t id = guest->next_id++;
	bool completed = false;

	put32(request, 8, guest->next_request++);
	memcpy(guest->page, request, bytes);
	put32(message, 0, NVSP_RNDIS_PACKET);
	put32(message, 4, 1);
	put32(message, 8, 0xffffffff);
	if (channel_send_ranges(guest->channel, &range, 1, message,
				sizeof(message), id) != 0)
		return -1;
	channel_flush(guest->channel);
	while (guest_await(guest, &packet)) {
		if (packet.descriptor.type == RING_PACKET_TRANSFER_PAGES)
			return take_message(guest, &packet, answer, size);
		if (packet.descriptor.type != RING_PACKET_COMPLETION ||
		    packet.descriptor.transaction_id != id || completed)
			return -1;
		completed = true;
		if (packet.descriptor.payload_bytes < 8 ||
		    get32(packet.payload, 4) != 1)
			return -2;
	}
	return -1;
}

int64_t guest_query(struct scripted_guest *guest, uint32_t oid, uint8_t *answer,
		    uint32_t size, uint32_t *length)
{
	uint8_t request[28] = {0};
	uint8_t reply[1024];
	int got;

	put32(request, 0, RNDIS_QUERY);
	put32(request, 4, sizeof(request));
	put32(request, 12, oid);
	put32(request, 20, 20);
	got = guest_control(guest, request, sizeof(request), reply,
			    sizeof(reply));
	if (got < 24)
		return -1;
	*length = get32(reply, 16);
	if (*length != 0) {
		uint32_t offset = get32(reply, 20) + 8;

		if (*length > size || offset + *length > (uint32_t)got)
			return -1;
		memcpy(answer, reply + offset, *length);
	}
	return get32(reply, 12);
}

int64_t guest_set(struct scripted_guest *guest, uint32_t oid, const void *value,
		  uint32_t bytes)
{
	uint8_t request[1024] = {0};
	uint8_t reply[64];

	put32(request, 0, RNDIS_SET);
	put32(request, 4, 28 + bytes);
	put32(request, 12, oid);
	put32(request, 16, bytes);
	put32(request, 20, 20);
	memcpy(request + 28, value, bytes);
	if (guest_control(guest, request, 28 + bytes, reply, sizeof(reply)) <
	    16)
		return -1;
	return get32(reply, 12);
}

int64_t guest_transmit(struct scripted_guest *guest, const void *messages,
		       uint32_t bytes)
{
	const uint32_t words[] = {NVSP_RNDIS_PACKET, 0, 0, bytes};

	shared_write(guest->port, guest->send_buffer, messages, bytes);
	return guest_nvsp(guest, words, 4, 4);
}

uint32_t rndis_packet(uint8_t *message, const void *frame, uint32_t bytes)
{
	memset(message, 0, 44);
	put32(message, 0, RNDIS_PACKET);
	put32(message, 4, 44 + bytes);
	put32(message, 8, 36);
	put32(message, 12, bytes);
	memcpy(message + 44, frame, bytes);
	return 44 + bytes;
}

/* ---- The machine ---- */

static void transmitted(void *context, const struct wire_frame *frame)
{
	struct scripted_guest *guest = context;

	guest->frames++;
	guest->frame_length = frame->length;
	memcpy(guest->frame, frame->data,
	       frame->length < SCRIPT_FRAME_MAX ? frame->length
						: SCRIPT_FRAME_MAX);
}

static void no_wake(void *context)
{
	(void)context;
}

static void no_signal(void *context)
{
	(void)context;
}

static bool allocate_buffers(struct scripted_guest *guest)
{
	guest->receive_buffer =
		port_pages_alloc(guest->port, guest->receive_pages, 0,
				 "receive buffer");
	guest->send_buffer = port_pages_alloc(guest->port, guest->send_pages, 0,
					      "send buffer");
	guest->page = port_pages_alloc(guest->port, 1, 0, "control page");
	return guest->receive_buffer && guest->send_buffer && guest->page &&
	       gpadl_create(&guest->receive_gpadl, guest->channel,
			    guest->receive_buffer, guest->receive_pages) == 0 &&
	       gpadl_create(&guest->send_gpadl, guest->channel,
			    guest->send_buffer, guest->send_pages) == 0;
}

static void take_down(struct scripted_guest *guest)
{
	if (!channel_closes_first(guest->channel)) {
		gpadl_teardown(&guest->receive_gpadl);
		gpadl_teardown(&guest->send_gpadl);
	}
	channel_close(guest->channel);
	if (channel_closes_first(guest->channel)) {
		gpadl_teardown(&guest->receive_gpadl);
		gpadl_teardown(&guest->send_gpadl);
	}
	channel_free(guest->channel);
	port_pages_free(guest->port, guest->receive_buffer,
			guest->receive_pages);
	port_pages_free(guest->port, guest->send_buffer, guest->send_pages);
	port_pages_free(guest->port, guest->page, 1);
	vmbus_release(guest->channel);
	vmbus_disconnect(&guest->bus);
	hyperv_detach(&guest->hyperv);
}

static void bring_up(struct scripted_guest *guest)
{
	static const struct vmbus_configuration bus = {.wake = no_wake};
	static const struct channel_configuration rings = {
		.send_pages = 16,
		.receive_pages = 16,
		.signalled = no_signal,
	};
	int error = hyperv_attach(&guest->hyperv, guest->port);

	if (error == 0)
		error = vmbus_connect(&guest->bus, &guest->hyperv, &bus);
	if (error == 0) {
		guest->channel = vmbus_claim(&guest->bus, &netvsc_interface);
		error = guest->channel ? 0 : ERROR_NO_DEVICE;
	}
	if (error == 0)
		error = channel_open(guest->channel, &rings);
	if (error != 0 || !allocate_buffers(guest))
		machine_stop(guest->machine, MACHINE_STOPPED,
			     "the channel does not open: %s",
			     error_name(error));
}

void guest_again(struct scripted_guest *guest)
{
	take_down(guest);
	bring_up(guest);
}

static void run_script(void *argument)
{
	struct scripted_guest *guest = argument;

	bring_up(guest);
	guest->body(guest);
	take_down(guest);
}

static struct scripted_guest *
make(const struct scripted_guest_configuration *configuration)
{
	const char *host = configuration->host ? configuration->host : "ws2022";
	const struct host_personality *personality =
		host_personality_find(host);
	const struct machine_configuration machine = {
		.ram_bytes = 64u << 20,
		.seed = configuration->seed,
		.checkers_off = configuration->checkers_off,
	};
	struct scripted_guest *guest = calloc(1, sizeof(*guest));

	if (guest == NULL || personality == NULL)
		abort();
	guest->machine = machine_create(&machine);
	guest->port = machine_port(guest->machine);
	guest->partition = host_partition_create(guest->machine, personality);
	guest->server = host_vmbus_create(guest->partition, personality,
					  configuration->strictness);
	guest->wire = wire_tap_create(transmitted, guest);
	guest->card = host_netvsp_create(guest->server, &configuration->card,
					 guest->wire);
	guest->receive_pages =
		(configuration->receive_bytes ? configuration->receive_bytes
					      : 256u << 10) /
		PORT_PAGE_SIZE;
	guest->send_pages =
		(configuration->send_bytes ? configuration->send_bytes
					   : 96u << 10) /
		PORT_PAGE_SIZE;
	/* Id 0 is legal; start there so that each script uses it. */
	guest->next_id = 0;
	guest->context = configuration->context;
	guest->next_request = 1;
	return guest;
}

const char *
scripted_guest_run(const struct scripted_guest_configuration *configuration,
		   void (*body)(struct scripted_guest *guest))
{
	struct scripted_guest *guest = make(configuration);
	struct machine_counters counters;

	verdict[0] = '\0';
	guest->body = body;
	if (machine_run(guest->machine, run_script, guest) != MACHINE_DONE) {
		snprintf(verdict, sizeof(verdict), "stopped: %s",
			 machine_reason(guest->machine));
	} else {
		machine_counters(guest->machine, &counters);
		if (counters.live_allocations != 0)
			snprintf(verdict, sizeof(verdict),
				 "%llu allocations left behind",
				 (unsigned long long)counters.live_allocations);
		else if (host_vmbus_gpadls(guest->server) != 0)
			snprintf(verdict, sizeof(verdict),
				 "%u lists of pages left to the host",
				 host_vmbus_gpadls(guest->server));
	}
	host_netvsp_destroy(guest->card);
	wire_destroy(guest->wire);
	host_vmbus_destroy(guest->server);
	host_partition_destroy(guest->partition);
	machine_destroy(guest->machine);
	free(guest);
	return verdict;
}
