/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/live_card.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWNER_BYTES (LIVE_PAGES * PORT_PAGE_SIZE)
#define BURST	    32u
#define SEGMENTS    160u
#define REST	    50000u
/* Room for the widest of receive buffers, with its skew. */
#define SLOT_BYTES  4096u

static char verdict[1024];

void live_fail(struct live_card *live, const char *format, ...)
{
	va_list arguments;

	if (live->failure[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(live->failure, sizeof(live->failure), format, arguments);
	va_end(arguments);
}

/* ---- Frames by their number ---- */

void live_frame(const struct live_card *live, uint64_t number, uint32_t length,
		bool tagged, uint8_t *frame)
{
	uint64_t word = number * 0x9e3779b97f4a7c15ull + length;
	uint32_t at = 12;

	memcpy(frame, live->destination, 6);
	memcpy(frame + 6, "\x02\x00\x00\x00\x00\x01", 6);
	if (tagged) {
		frame[at++] = 0x81;
		frame[at++] = 0x00;
		frame[at++] = (uint8_t)(word >> 24);
		frame[at++] = (uint8_t)(word >> 16);
	}
	frame[at++] = 0x88;
	frame[at++] = 0xb5;
	for (; at < length; at++) {
		word ^= word << 13;
		word ^= word >> 7;
		word ^= word << 17;
		frame[at] = (uint8_t)word;
	}
}

/* Note a frame that is about to go; returns its number. */
static uint64_t flow_add(struct live_flow *flow, uint32_t length, bool tagged)
{
	uint64_t number = flow->made++;

	flow->length[number % LIVE_FLOW] = length;
	flow->tagged[number % LIVE_FLOW] = tagged;
	flow->bytes += length;
	return number;
}

static void flow_check(struct live_card *live, struct live_flow *flow,
		       const char *way, const uint8_t *frame, uint32_t length)
{
	uint8_t expected[LIVE_FRAME_MAX];
	uint64_t number = flow->seen;
	uint32_t wanted = flow->length[number % LIVE_FLOW];

	if (number == flow->made) {
		live_fail(live, "%s: a frame of %u bytes from nowhere", way,
			  length);
		return;
	}
	flow->seen++;
	live_frame(live, number, wanted, flow->tagged[number % LIVE_FLOW],
		   expected);
	if (length != wanted || memcmp(expected, frame, length) != 0)
		live_fail(live, "%s: frame %llu is not it: %u bytes of %u", way,
			  (unsigned long long)number, length, wanted);
}

static void on_transmitted(void *context, const struct wire_frame *frame)
{
	struct live_card *live = context;

	if (live->transmitted)
		live->transmitted(live, frame);
	else
		flow_check(live, &live->out, "out", frame->data, frame->length);
}

/* ---- The stack's callbacks ---- */

static uint32_t room(const struct live_card *live)
{
	uint32_t bytes = live->configuration->receive_bytes;

	return bytes != 0 ? bytes : LIVE_ROOM;
}

static unsigned on_supply(void *context, unsigned queue,
			  struct net_segment buffers[], unsigned n)
{
	struct live_card *live = context;
	unsigned i;

	(void)queue;
	for (i = 0; i < n && live->receive_free_count != 0; i++) {
		buffers[i].data =
			live->receive_free[--live->receive_free_count];
		buffers[i].owner = buffers[i].data;
		buffers[i].length = room(live);
	}
	return i;
}

static void on_release(void *context, const struct net_segment *buffer)
{
	struct live_card *live = context;

	if (live->receive_free_count == live->receive_count)
		live_fail(live, "a receive buffer came back twice");
	else
		live->receive_free[live->receive_free_count++] = buffer->owner;
}

static void on_wake(void *context, unsigned queue)
{
	struct live_card *live = context;

	if (queue == NIC_WAKE_EVENTS) {
		live->event_wakes++;
		live->events_woken = true;
	} else {
		live->wakes++;
		live->woken = true;
	}
}

int live_up(struct live_card *live)
{
	const struct nic_stack stack = {
		.supply = on_supply,
		.release = on_release,
		.wake = on_wake,
		.context = live,
		.receive_buffer_bytes = room(live),
	};
	int error = virtual_machine_up(live->vm, VIRTUAL_MACHINE_STARTED,
				       &stack, live->configuration->filter);

	live->nic = live->vm->nic;
	return error;
}

/* Who polls does not sleep for long: nobody wakes it. */
static void rest(struct live_card *live, uint64_t deadline)
{
	uint64_t soon = port_time(live->port) + REST;

	port_relax(live->port, soon < deadline ? soon : deadline);
}

/* ---- Out ---- */

static void *owner_take(struct live_card *live)
{
	unsigned i;

	for (i = 0; i < LIVE_OWNERS; i++) {
		if (live->owner_out[i])
			continue;
		live->owner_out[i] = true;
		live->owners_out++;
		return live->transmit_memory + (size_t)i * OWNER_BYTES;
	}
	return NULL;
}

static void owner_back(struct live_card *live, void *owner)
{
	size_t at = (size_t)((uint8_t *)owner - live->transmit_memory);

	if (at % OWNER_BYTES != 0 || at / OWNER_BYTES >= LIVE_OWNERS ||
	    !live->owner_out[at / OWNER_BYTES]) {
		live_fail(live, "an owner came back that was not out");
		return;
	}
	live->owner_out[at / OWNER_BYTES] = false;
	live->owners_out--;
}

/* A free transmit buffer, waited for. */
static uint8_t *owner_wait(struct live_card *live)
{
	uint64_t deadline = port_time(live->port) + LIVE_PATIENCE;
	uint8_t *owner;

	while (!(owner = owner_take(live))) {
		if (port_time(live->port) >= deadline)
			machine_stop(live->vm->machine, MACHINE_STOPPED,
				     "no owner comes back");
		if (!live_pump(live))
			rest(live, deadline);
	}
	return owner;
}

/* Copy a frame into a buffer in the pieces given. */
static void lay_down(const uint8_t *frame, uint8_t *owner, uint32_t offset,
		     uint32_t gap, const uint32_t lengths[], unsigned count,
		     struct net_packet *packet, struct net_segment segments[])
{
	uint32_t done = 0;
	unsigned i;

	memset(packet, 0, sizeof(*packet));
	for (i = 0; i < count; i++) {
		if (offset + lengths[i] > OWNER_BYTES)
			abort();
		memcpy(owner + offset, frame + done, lengths[i]);
		segments[i].data = owner + offset;
		segments[i].length = lengths[i];
		segments[i].owner = NULL;
		offset += lengths[i] + gap;
		done += lengths[i];
	}
	packet->segment_count = count;
	packet->length = done;
	packet->owner = owner;
}

/* One to four pieces, from anywhere in the first page. */
static void lay_random(struct live_card *live, const uint8_t *frame,
		       uint8_t *owner, uint32_t length,
		       struct net_packet *packet, struct net_segment segments[])
{
	unsigned count = 1 + random_below(&live->random, 4), i;
	uint32_t lengths[4] = {0};

	/* The header in one piece: a tag is looked for there. */
	lengths[0] = length;
	for (i = 1; i < count && lengths[i - 1] > 18; i++) {
		uint32_t rest =
			random_below(&live->random, lengths[i - 1] - 17);

		lengths[i - 1] -= rest;
		lengths[i] = rest;
	}
	lay_down(frame, owner, random_below(&live->random, PORT_PAGE_SIZE),
		 random_below(&live->random, 64), lengths, count, packet,
		 segments);
}

static void transmit_all(struct live_card *live, struct net_packet packets[],
			 unsigned count, const struct net_segment segments[])
{
	uint64_t deadline = port_time(live->port) + LIVE_PATIENCE;
	unsigned done = 0, taken;

	while (done < count && port_time(live->port) < deadline) {
		taken = nic_transmit(live->nic, 0, packets + done, count - done,
				     segments);
		live->taken += taken;
		done += taken;
		if (taken != 0)
			continue;
		if (live->removed)
			break;
		if (!live_pump(live))
			rest(live, deadline);
	}
	if (done < count && !live->removed)
		live_fail(live, "%u frames were not taken", count - done);
	for (; done < count; done++)
		owner_back(live, packets[done].owner);
}

void live_send_burst(struct live_card *live, const uint32_t lengths[],
		     unsigned count)
{
	struct net_segment segments[LIVE_OWNERS * 4];
	struct net_packet packets[LIVE_OWNERS];
	uint8_t frame[LIVE_FRAME_MAX];
	unsigned i;

	for (i = 0; i < count; i++) {
		uint64_t number = flow_add(&live->out, lengths[i], false);

		live_frame(live, number, lengths[i], false, frame);
		lay_random(live, frame, owner_wait(live), lengths[i],
			   &packets[i], &segments[4 * (size_t)i]);
		packets[i].first_segment = 4 * i;
	}
	transmit_all(live, packets, count, segments);
}

void live_send(struct live_card *live, uint32_t length, bool tagged)
{
	uint64_t number = flow_add(&live->out, length, tagged);
	struct net_segment segments[4];
	uint8_t frame[LIVE_FRAME_MAX];
	struct net_packet packet;

	live_frame(live, number, length, tagged, frame);
	lay_random(live, frame, owner_wait(live), length, &packet, segments);
	transmit_all(live, &packet, 1, segments);
}

void live_send_pieces(struct live_card *live, uint32_t offset, uint32_t gap,
		      const uint32_t lengths[], unsigned count)
{
	struct net_segment segments[LIVE_PIECES_MAX];
	uint8_t frame[LIVE_FRAME_MAX];
	struct net_packet packet;
	uint32_t length = 0;
	unsigned i;

	for (i = 0; i < count; i++)
		length += lengths[i];
	live_frame(live, flow_add(&live->out, length, false), length, false,
		   frame);
	lay_down(frame, owner_wait(live), offset, gap, lengths, count, &packet,
		 segments);
	transmit_all(live, &packet, 1, segments);
}

bool live_offer(struct live_card *live, const void *frame, uint32_t length,
		struct net_packet *packet)
{
	uint64_t deadline = port_time(live->port) + LIVE_PATIENCE;
	unsigned before = live->owners_out;
	uint8_t *owner = owner_wait(live);
	struct net_segment segment = {.data = owner, .length = length};

	memcpy(owner, frame, length);
	packet->owner = owner;
	if (nic_transmit(live->nic, 0, packet, 1, &segment) != 1) {
		owner_back(live, owner);
		return false;
	}
	live->taken++;
	while (live->owners_out > before && port_time(live->port) < deadline)
		if (!live_pump(live))
			rest(live, deadline);
	if (live->owners_out > before)
		live_fail(live, "the owner of a packet does not come back");
	return true;
}

/* ---- In ---- */

bool live_deliver(struct live_card *live, uint32_t length, bool tagged)
{
	uint8_t bytes[LIVE_FRAME_MAX];
	const struct wire_frame frame = {bytes, length};
	uint64_t number = flow_add(&live->in, length, tagged);

	live_frame(live, number, length, tagged, bytes);
	if (wire_deliver(live->wire, &frame))
		return true;
	live->in.made--;
	live->in.bytes -= length;
	return false;
}

static void take_frame(struct live_card *live, const struct net_packet *packet,
		       const struct net_segment segments[])
{
	uint8_t frame[LIVE_FRAME_MAX];
	uint32_t done = 0, i;

	for (i = 0; i < packet->segment_count; i++) {
		const struct net_segment *segment =
			&segments[packet->first_segment + i];

		if (segment->length > room(live) ||
		    segment->length > sizeof(frame) - 4 - done)
			live_fail(live, "in: a segment of %u bytes",
				  segment->length);
		else
			memcpy(frame + done, segment->data, segment->length);
		done += segment->length;
		on_release(live, segment);
	}
	if (done != packet->length)
		live_fail(live, "in: segments of %u bytes in a packet of %u",
			  done, packet->length);
	if (packet->flags & NET_VLAN) {
		memmove(frame + 16, frame + 12, done - 12);
		frame[12] = 0x81;
		frame[13] = 0;
		frame[14] = (uint8_t)(packet->vlan_tag >> 8);
		frame[15] = (uint8_t)packet->vlan_tag;
		done += 4;
	}
	flow_check(live, &live->in, "in", frame, done);
}

bool live_pump(struct live_card *live)
{
	struct net_segment segments[SEGMENTS];
	struct net_packet packets[BURST];
	void *owners[BURST];
	unsigned sent, received, i;

	virtual_machine_poll(live->vm);
	if (live->events_woken) {
		live->events_woken = false;
		live->events |= nic_events(live->nic);
	}
	sent = nic_reclaim(live->nic, 0, owners, BURST);
	for (i = 0; i < sent; i++)
		owner_back(live, owners[i]);
	received =
		nic_receive(live->nic, 0, packets, BURST, segments, SEGMENTS);
	for (i = 0; i < received; i++)
		take_frame(live, &packets[i], segments);
	return sent + received > 0;
}

static bool is_quiet(struct live_card *live)
{
	struct nic_statistics statistics;

	if (live->out.seen != live->out.made ||
	    live->in.seen != live->in.made || live->owners_out != 0)
		return false;
	/* The owner of a frame that was copied is back before it is sent. */
	nic_statistics(live->nic, &statistics);
	return statistics.tx_frames + statistics.tx_errors +
		       statistics.tx_invalid ==
	       live->taken;
}

bool live_settle(struct live_card *live)
{
	uint64_t deadline = port_time(live->port) + LIVE_PATIENCE;

	while (!is_quiet(live)) {
		if (live_pump(live))
			continue;
		if (port_time(live->port) >= deadline) {
			live_fail(live,
				  "%llu frames out, %llu in and %u owners did "
				  "not arrive",
				  (unsigned long long)(live->out.made -
						       live->out.seen),
				  (unsigned long long)(live->in.made -
						       live->in.seen),
				  live->owners_out);
			return false;
		}
		rest(live, deadline);
	}
	return live->failure[0] == '\0';
}

void live_idle(struct live_card *live, uint64_t nanoseconds)
{
	uint64_t end = port_time(live->port) + nanoseconds;

	while (port_time(live->port) < end)
		if (!live_pump(live))
			rest(live, end);
}

/* ---- Counters ---- */

struct nic_statistics live_statistics(struct live_card *live)
{
	struct nic_statistics statistics;

	nic_statistics(live->nic, &statistics);
	return statistics;
}

struct host_netvsp_counters live_host(struct live_card *live)
{
	struct host_netvsp_counters counters;

	host_netvsp_counters(live->vm->device, &counters);
	return counters;
}

struct machine_counters live_machine(struct live_card *live)
{
	struct machine_counters counters;

	machine_counters(live->vm->machine, &counters);
	return counters;
}

/* ---- The machine ---- */

static void buffers_make(struct live_card *live)
{
	const struct live_card_configuration *wanted = live->configuration;
	unsigned i;

	live->receive_count =
		wanted->receive_count ? wanted->receive_count : LIVE_BUFFERS;
	live->transmit_memory =
		port_pages_alloc(live->port, (size_t)LIVE_OWNERS * LIVE_PAGES,
				 0, "test: transmit buffers");
	live->receive_memory = port_pages_alloc(live->port, LIVE_BUFFERS, 0,
						"test: receive buffers");
	if (!live->transmit_memory || !live->receive_memory)
		abort();
	for (i = 0; i < live->receive_count; i++)
		live->receive_free[i] = live->receive_memory +
					(size_t)i * SLOT_BYTES +
					wanted->receive_skew;
	live->receive_free_count = live->receive_count;
}

/* Close the card; what was under way comes back first. */
static void take_down(struct live_card *live)
{
	void *owner;

	if (live->vm->nic) {
		nic_stop(live->vm->nic);
		while (nic_reclaim(live->vm->nic, 0, &owner, 1) == 1)
			owner_back(live, owner);
	}
	virtual_machine_down(live->vm);
}

static void run_body(void *argument)
{
	struct live_card *live = argument;

	buffers_make(live);
	live->body(live);
	take_down(live);
	port_pages_free(live->port, live->transmit_memory,
			(size_t)LIVE_OWNERS * LIVE_PAGES);
	port_pages_free(live->port, live->receive_memory, LIVE_BUFFERS);
}

/* Frames that were taken each ended in one counter. */
static void check_conservation(struct live_card *live)
{
	const struct nic_statistics *guest = &live->vm->final;
	const struct vmm_counters *host = &live->vm->final_host;
	uint64_t ended =
		guest->tx_frames + guest->tx_errors + guest->tx_invalid;

	if (!live->vm->has_final)
		return;
	if (ended != live->taken)
		live_fail(live, "%llu frames were taken, and %llu ended",
			  (unsigned long long)live->taken,
			  (unsigned long long)ended);
	if (!live->removed)
		return;
	if (guest->tx_frames > host->tx_frames ||
	    guest->rx_frames > host->rx_frames)
		live_fail(live, "more frames here than the host knows of");
	live->vm->has_final = false;
}

static void judge(struct live_card *live, enum machine_outcome outcome)
{
	verdict[0] = '\0';
	if (outcome != MACHINE_DONE)
		live_fail(live, "stopped: %s",
			  machine_reason(live->vm->machine));
	if (live->owners_out != 0)
		live_fail(live, "%u owners did not come back",
			  live->owners_out);
	if (live->receive_free_count != live->receive_count)
		live_fail(live, "%u of %u receive buffers are back",
			  live->receive_free_count, live->receive_count);
	check_conservation(live);
	if (live->failure[0] != '\0')
		snprintf(verdict, sizeof(verdict), "%s", live->failure);
	else
		virtual_machine_check(live->vm, verdict, sizeof(verdict));
}

const char *live_run(const struct live_card_configuration *configuration,
		     void (*body)(struct live_card *live))
{
	struct virtual_machine_configuration machine = configuration->machine;
	struct live_card *live = calloc(1, sizeof(*live));

	if (!live)
		abort();
	live->configuration = configuration;
	live->body = body;
	live->random.state = configuration->machine.machine.seed + 1;
	live->wire = wire_tap_create(on_transmitted, live);
	machine.wire = live->wire;
	live->vm = virtual_machine_create(&machine);
	if (!live->wire || !live->vm)
		abort();
	live->port = live->vm->port;
	memcpy(live->destination, live->vm->configuration.device.mac, 6);
	judge(live, virtual_machine_run(live->vm, run_body, live));
	virtual_machine_destroy(live->vm);
	wire_destroy(live->wire);
	free(live);
	return verdict;
}
