/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/lying_host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEND_BYTES   0x8000u
#define RING_BYTES   8192u
#define MTU_OTHER    4000u
#define BURST	     8u
#define SEGMENTS     32u
#define REST	     20000ull
#define HOST_CREATED 10u
/* Each wait has its deadline; a life has so many waits. */
#define LIFE_MAX     1000000000000ull

static char verdict[2048];

static void fail(struct lying_host *lying, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void fail(struct lying_host *lying, const char *format, ...)
{
	va_list arguments;

	if (lying->failure[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(lying->failure, sizeof(lying->failure), format, arguments);
	va_end(arguments);
}

/* ---- What the host is about to say ---- */

static bool show(struct lying_host *lying, enum lie_kind kind, uint8_t *bytes,
		 uint32_t *count)
{
	bool goes = lying->configuration->look(lying, kind, bytes, count);

	lying->shown[kind]++;
	return goes;
}

static bool on_message(void *context, uint8_t *payload, uint32_t *bytes)
{
	struct lying_host *lying = context;
	uint32_t type, handle;

	memcpy(&type, payload, 4);
	memcpy(&handle, payload + 12, 4);
	if (type == HOST_CREATED)
		lying->handles[lying->handle_count++ % LYING_HANDLES] = handle;
	return show(lying, LIE_MESSAGE, payload, bytes);
}

/* It is the one of its size. */
struct host_gpadl *lying_receive_buffer(struct lying_host *lying,
					struct host_channel *channel)
{
	struct host_gpadl *gpadl;
	unsigned i;

	for (i = 0; i < LYING_HANDLES && i < lying->handle_count; i++) {
		gpadl = host_gpadl_find(
			channel, lying->handles[(lying->handle_count - 1 - i) %
						LYING_HANDLES]);
		if (gpadl && host_gpadl_bytes(gpadl) == LYING_RECEIVE_BYTES)
			return gpadl;
	}
	return NULL;
}

/* The messages that a packet of type 7 names. */
static void show_data(struct lying_host *lying, const uint8_t *packet,
		      uint32_t bytes)
{
	uint8_t data[LYING_DATA_MOST];
	struct host_gpadl *receive;
	uint32_t count, length, at;

	receive = lying_receive_buffer(lying, lying->channel);
	memcpy(&count, packet + 20, 4);
	for (at = 24; receive && count > 0 && at + 8 <= bytes;
	     at += 8, count--) {
		memcpy(&length, packet + at, 4);
		memcpy(&lying->data_offset, packet + at + 4, 4);
		lying->data_bytes = length;
		if (length > LYING_DATA_MOST)
			length = LYING_DATA_MOST;
		if (!host_gpadl_read(receive, lying->data_offset, data, length))
			continue;
		if (show(lying, LIE_DATA, data, &length))
			host_gpadl_write(receive, lying->data_offset, data,
					 length);
	}
}

static bool on_packet(void *context, struct host_channel *channel,
		      uint8_t *bytes, uint32_t count)
{
	struct lying_host *lying = context;
	uint16_t type;

	lying->channel = channel;
	memcpy(&type, bytes, 2);
	if (type == HOST_PACKET_TRANSFER_PAGES)
		show_data(lying, bytes, count);
	return show(lying, LIE_PACKET, bytes, &count);
}

static void lies_begin(struct lying_host *lying)
{
	const struct host_hostile hostile = {
		.context = lying,
		.message = on_message,
		.packet = on_packet,
	};

	host_hostile_set(lying->vm->host_bus, &hostile);
}

/* ---- The stack ---- */

static unsigned on_supply(void *context, unsigned queue,
			  struct net_segment buffers[], unsigned n)
{
	struct lying_host *lying = context;
	unsigned i, given = 0;

	(void)queue;
	for (i = 0; i < LYING_BUFFERS && given < n; i++) {
		if (lying->buffer_out[i])
			continue;
		lying->buffer_out[i] = true;
		lying->buffers_out++;
		buffers[given].data =
			lying->buffers + (size_t)i * LYING_BUFFER_BYTES;
		buffers[given].length = LYING_BUFFER_BYTES;
		buffers[given].owner = buffers[given].data;
		given++;
	}
	return given;
}

static void on_release(void *context, const struct net_segment *buffer)
{
	struct lying_host *lying = context;
	size_t at = (size_t)((uint8_t *)buffer->owner - lying->buffers);

	if (at % LYING_BUFFER_BYTES != 0 ||
	    at / LYING_BUFFER_BYTES >= LYING_BUFFERS ||
	    !lying->buffer_out[at / LYING_BUFFER_BYTES]) {
		fail(lying, "a buffer came back that was not out");
		return;
	}
	lying->buffer_out[at / LYING_BUFFER_BYTES] = false;
	lying->buffers_out--;
}

static void on_wake(void *context, unsigned queue)
{
	struct lying_host *lying = context;

	(void)queue;
	lying->wakes++;
}

static void on_transmitted(void *context, const struct wire_frame *frame)
{
	struct lying_host *lying = context;

	(void)frame;
	lying->sent++;
}

static const struct nic_stack *stack_of(struct lying_host *lying,
					struct nic_stack *stack)
{
	*stack = (struct nic_stack){
		.supply = on_supply,
		.release = on_release,
		.wake = on_wake,
		.context = lying,
		.receive_buffer_bytes = LYING_BUFFER_BYTES,
	};
	return stack;
}

/* ---- Frames ---- */

static void frame_fill(struct lying_host *lying, uint8_t *frame,
		       uint32_t length)
{
	static const uint8_t header[] = {0xff, 0xff, 0xff, 0xff, 0xff,
					 0xff, 2,    0,	   0,	 0,
					 0,    1,    0x88, 0xb5};

	memset(frame, (int)random_below(&lying->random, 256), length);
	memcpy(frame, header, sizeof(header));
	/* Now and then a tag, which comes beside the frame. */
	if (length >= 18 && random_below(&lying->random, 4) == 0)
		memcpy(frame + 12, "\x81\x00\xab\xcd\x88\xb5", 6);
}

/* Long ones take two buffers of the stack's. */
static uint32_t length_choose(struct lying_host *lying)
{
	uint32_t most = lying->nic->information.mtu;

	return 14 + random_below(&lying->random,
				 most < MTU_OTHER ? most + 1 : MTU_OTHER + 1);
}

static void transmit(struct lying_host *lying)
{
	struct net_segment segments[LYING_OWNERS];
	struct net_packet packets[LYING_OWNERS];
	unsigned wanted = 1 + random_below(&lying->random, 4), n = 0, i, taken;

	for (i = 0; i < LYING_OWNERS && n < wanted; i++) {
		uint8_t *frame = lying->frames + (size_t)i * LYING_OWNER_BYTES;
		uint32_t length = length_choose(lying);

		if (lying->owner_out[i])
			continue;
		frame_fill(lying, frame, length);
		segments[n] = (struct net_segment){frame, length, NULL};
		packets[n] = (struct net_packet){
			.first_segment = n,
			.segment_count = 1,
			.length = length,
			.owner = frame,
		};
		lying->owner_out[i] = true;
		n++;
	}
	taken = nic_transmit(lying->nic, 0, packets, n, segments);
	if (taken > n)
		fail(lying, "%u frames of %u were taken", taken, n);
	lying->taken += taken;
	lying->owners_out += taken;
	for (i = taken; i < n; i++) {
		size_t at =
			(size_t)((uint8_t *)packets[i].owner - lying->frames);

		lying->owner_out[at / LYING_OWNER_BYTES] = false;
	}
}

static void reclaim(struct lying_host *lying)
{
	void *owners[BURST];
	unsigned n, i;

	do {
		n = nic_reclaim(lying->nic, 0, owners, BURST);
		for (i = 0; i < n; i++) {
			size_t at =
				(size_t)((uint8_t *)owners[i] - lying->frames);

			if (at % LYING_OWNER_BYTES != 0 ||
			    at / LYING_OWNER_BYTES >= LYING_OWNERS ||
			    !lying->owner_out[at / LYING_OWNER_BYTES]) {
				fail(lying, "an owner came back twice");
				return;
			}
			lying->owner_out[at / LYING_OWNER_BYTES] = false;
			lying->owners_out--;
		}
	} while (n == BURST);
}

static void frame_take(struct lying_host *lying,
		       const struct net_packet *packet,
		       const struct net_segment segments[])
{
	uint32_t most = lying->nic->information.mtu + 18u, length = 0, i;

	lying->given++;
	for (i = 0; i < packet->segment_count; i++) {
		const struct net_segment *segment =
			&segments[packet->first_segment + i];

		if (segment->length > LYING_BUFFER_BYTES ||
		    segment->data != segment->owner)
			fail(lying, "a segment of %u bytes", segment->length);
		length += segment->length;
		on_release(lying, segment);
	}
	if (length != packet->length || length < 14 || length > most)
		fail(lying, "a frame of %u bytes in segments of %u",
		     packet->length, length);
}

static void receive(struct lying_host *lying)
{
	struct net_segment segments[SEGMENTS];
	struct net_packet packets[BURST];
	unsigned n, i;

	n = nic_receive(lying->nic, 0, packets, BURST, segments, SEGMENTS);
	for (i = 0; i < n; i++)
		frame_take(lying, &packets[i], segments);
}

static void rest(struct lying_host *lying)
{
	uint64_t end = port_time(lying->port) + REST;

	/* Sleep, if there is nothing, and look whoever wakes us. */
	nic_arm(lying->nic, 0);
	port_relax(lying->port, end);
}

static void deliver(struct lying_host *lying)
{
	uint8_t bytes[MTU_OTHER + 14];
	struct wire_frame frame = {bytes, 0};
	unsigned n = 1 + random_below(&lying->random, 4);

	for (; n > 0; n--) {
		frame.length = length_choose(lying);
		frame_fill(lying, bytes, frame.length);
		wire_deliver(lying->wire, &frame);
	}
}

static void world(struct lying_host *lying)
{
	struct host_netvsp *device = lying->vm->device;

	switch (random_below(&lying->random, 6)) {
	case 0:
		host_netvsp_link_set(device, false);
		host_netvsp_link_set(device, true);
		break;
	case 1:
		host_netvsp_keepalive(device);
		break;
	case 2:
		host_netvsp_network_change(device);
		break;
	default:
		break;
	}
}

static void traffic(struct lying_host *lying, unsigned rounds)
{
	unsigned i;

	for (; rounds > 0; rounds--) {
		deliver(lying);
		transmit(lying);
		if (!lying->honest)
			world(lying);
		for (i = 0; i < 6; i++) {
			rest(lying);
			virtual_machine_poll(lying->vm);
			receive(lying);
			reclaim(lying);
			if (i % 3 == 0)
				nic_events(lying->nic);
		}
	}
}

/* ---- The life ---- */

static void error_check(struct lying_host *lying, int error, const char *what)
{
	if (error > 0 || strcmp(error_name(error), "unknown error") == 0)
		fail(lying, "%s: error %d", what, error);
	if (lying->error == 0)
		lying->error = error;
	if (error && lying->honest)
		fail(lying, "an honest host, and %s: %s", what,
		     error_name(error));
}

/* Nothing is under way: all that was taken ended somewhere, once. */
static void conservation_check(struct lying_host *lying)
{
	struct nic_statistics got;
	uint64_t ended;

	reclaim(lying);
	nic_statistics(lying->nic, &got);
	ended = got.tx_frames + got.tx_errors + got.tx_invalid;
	if (ended != lying->taken)
		fail(lying, "%llu frames were taken, and %llu ended",
		     (unsigned long long)lying->taken,
		     (unsigned long long)ended);
	if (got.rx_frames != lying->given)
		fail(lying, "%llu frames were given, and %llu counted",
		     (unsigned long long)lying->given,
		     (unsigned long long)got.rx_frames);
	if (lying->owners_out != 0)
		fail(lying, "%u owners did not come back", lying->owners_out);
	if (got.tx_frames != got.tx_copied + got.tx_aggregated + got.tx_pages)
		fail(lying, "frames went by no way");
}

/* Stop, change what a stopped card can change, start. */
static void change(struct lying_host *lying)
{
	static const uint8_t mac[6] = {0x02, 9, 8, 7, 6, 5};
	int error;

	nic_stop(lying->nic);
	if (lying->buffers_out != 0)
		fail(lying, "%u buffers are kept by a stopped card",
		     lying->buffers_out);
	error = nic_mac_set(lying->nic, mac);
	if (error && error != ERROR_NOT_SUPPORTED)
		error_check(lying, error, "the MAC address");
	error = nic_mtu_set(lying->nic, MTU_OTHER);
	error_check(lying, error, "the MTU");
	/*
	 * The channel was closed in between. Of a card that failed frames are
	 * under way until it is closed.
	 */
	if (error != ERROR_PROTOCOL &&
	    (error != ERROR_INVALID || lying->nic->information.mtu != 1500))
		conservation_check(lying);
	error = nic_start(lying->nic);
	error_check(lying, error, "the start");
}

static void close_card(struct lying_host *lying)
{
	struct nic_statistics got;

	nic_stop(lying->nic);
	reclaim(lying);
	nic_statistics(lying->nic, &got);
	if (got.tx_frames + got.tx_errors + got.tx_invalid > lying->taken)
		fail(lying, "more frames ended than were taken");
	nic_close(lying->nic);
	lying->nic = NULL;
	lying->vm->nic = NULL;
	/* What was still under way is ours to forget. */
	memset(lying->owner_out, 0, sizeof(lying->owner_out));
	lying->owners_out = 0;
}

static void down(struct lying_host *lying)
{
	struct virtual_machine *vm = lying->vm;
	unsigned i;

	if (lying->nic)
		close_card(lying);
	if (lying->buffers_out != 0)
		fail(lying, "%u buffers did not come back", lying->buffers_out);
	if (vm->stage >= VIRTUAL_MACHINE_CONNECTED) {
		for (i = 0; i < VMBUS_KEPT_MAX; i++)
			lying->kept += vm->bus.kept[i].memory != NULL;
		vmbus_disconnect(&vm->bus);
	}
	if (vm->stage >= VIRTUAL_MACHINE_ATTACHED)
		hyperv_detach(&vm->hyperv);
	vm->stage = VIRTUAL_MACHINE_OFF;
}

static void live(struct lying_host *lying)
{
	uint64_t begin = port_time(lying->port);
	struct nic_stack stack;
	int error;

	lying->taken = 0;
	lying->given = 0;
	error = virtual_machine_up(lying->vm, VIRTUAL_MACHINE_STARTED,
				   stack_of(lying, &stack), 0);
	lying->nic = lying->vm->nic;
	error_check(lying, error, "coming up");
	if (lying->nic && !error) {
		traffic(lying, lying->configuration->brief ? 1 : 3);
		if (!lying->configuration->brief) {
			change(lying);
			traffic(lying, 2);
		}
	}
	down(lying);
	if (port_time(lying->port) - begin > LIFE_MAX)
		fail(lying, "it took longer than all deadlines together");
}

/* What the guest still has allocated, beside the stack's own memory. */
static void memory_check(struct lying_host *lying)
{
	unsigned gpadls = host_vmbus_gpadls(lying->vm->host_bus);
	struct machine_counters counters;
	uint64_t live_allocations;

	machine_counters(lying->machine, &counters);
	live_allocations = counters.live_allocations - 2;
	if (counters.dma_live != 0)
		fail(lying, "%llu pieces of memory are the device's for good",
		     (unsigned long long)counters.dma_live);
	if (live_allocations > lying->kept)
		fail(lying, "%llu allocations are left, %u left to the host",
		     (unsigned long long)live_allocations, lying->kept);
	if (!lying->touched_messages && (live_allocations != 0 || gpadls != 0))
		fail(lying, "%llu allocations and %u GPADLs are left",
		     (unsigned long long)live_allocations, gpadls);
}

static void live_again(struct lying_host *lying)
{
	struct host_netvsp_counters before, after;
	unsigned violations;

	host_hostile_set(lying->vm->host_bus, NULL);
	/* What is late comes now. */
	port_delay(lying->port, 20000000000ull);
	host_synic_flush(lying->vm->partition);
	host_netvsp_link_set(lying->vm->device, true);
	violations = machine_violations(lying->machine);
	lying->honest = true;
	host_netvsp_counters(lying->vm->device, &before);
	live(lying);
	host_netvsp_counters(lying->vm->device, &after);
	memory_check(lying);
	if (machine_violations(lying->machine) != violations)
		fail(lying, "an honest host, and the guest: %s",
		     machine_violation_text(lying->machine, violations));
	if (after.rx_frames == before.rx_frames ||
	    after.tx_frames == before.tx_frames)
		fail(lying, "an honest host, and no frames");
}

static void guest(void *context)
{
	struct lying_host *lying = context;

	lying->buffers = port_pages_alloc(lying->port,
					  LYING_BUFFERS * LYING_BUFFER_BYTES /
						  PORT_PAGE_SIZE,
					  0, "test: receive buffers");
	lying->frames = port_pages_alloc(lying->port,
					 LYING_OWNERS * LYING_OWNER_BYTES /
						 PORT_PAGE_SIZE,
					 0, "test: frames");
	if (!lying->buffers || !lying->frames)
		abort();
	live(lying);
	memory_check(lying);
	if (lying->configuration->again)
		live_again(lying);
}

static struct virtual_machine *vm_of(struct lying_host *lying)
{
	const struct lying_configuration *wanted = lying->configuration;
	const struct virtual_machine_configuration configuration = {
		.host = wanted->host ? wanted->host : "ws2022",
		.strictness = HOST_LENIENT,
		.machine =
			{
				.ram_bytes = 8u << 20,
				.seed = wanted->seed,
				.schedule = wanted->schedule,
				.log = wanted->log,
				.log_level = 3,
			},
		.card =
			{
				.receive_buffer_bytes = LYING_RECEIVE_BYTES,
				.send_buffer_bytes = SEND_BYTES,
				.send_ring_bytes = RING_BYTES,
				.receive_ring_bytes = RING_BYTES,
				.transmit_depth = 32,
			},
		.device =
			{
				.mac_changes = true,
				.vlan_offload = true,
				.messages_per_range = 2,
				.sections = 1 + wanted->seed % 3,
			},
		.wire = lying->wire,
	};

	return virtual_machine_create(&configuration);
}

const char *lying_host_run(const struct lying_configuration *configuration)
{
	struct lying_host *lying = calloc(1, sizeof(*lying));

	if (!lying)
		abort();
	lying->configuration = configuration;
	lying->random.state = configuration->seed;
	lying->wire = wire_tap_create(on_transmitted, lying);
	lying->vm = vm_of(lying);
	if (!lying->wire || !lying->vm)
		abort();
	lying->machine = lying->vm->machine;
	lying->port = lying->vm->port;
	lies_begin(lying);
	tell_at_death(&lying->told, configuration->seed);
	if (virtual_machine_run(lying->vm, guest, lying) != MACHINE_DONE)
		fail(lying, "stopped: %s", machine_reason(lying->machine));
	if (configuration->error)
		*configuration->error = lying->error;
	verdict[0] = '\0';
	if (lying->failure[0] != '\0')
		snprintf(verdict, sizeof(verdict), "seed %llu: %s; told:%s",
			 (unsigned long long)configuration->seed,
			 lying->failure, lying->told.text);
	virtual_machine_destroy(lying->vm);
	wire_destroy(lying->wire);
	tell_at_death(NULL, 0);
	free(lying);
	return verdict;
}
