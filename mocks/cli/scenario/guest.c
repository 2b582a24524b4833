/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames out and in, each looked at; and the life of a card around them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mocks/cli/scenario/guest.h"

/** The longest pause between two looks, in nanoseconds. */
#define SCENARIO_PAUSE 50000u

void scenario_fail(struct scenario_guest *guest, const char *format, ...)
{
	va_list arguments;

	if (guest->failure[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(guest->failure, sizeof(guest->failure), format, arguments);
	va_end(arguments);
	if (guest->vm)
		machine_trace_failure(guest->vm->machine, guest->failure);
}

bool scenario_is_hurt(const struct scenario_guest *guest)
{
	return machine_fault_fired(guest->vm->machine) != 0 ||
	       guest->vm->vmm->faults_fired(guest->vm) != 0;
}

/** Whether frames may be others than those that were sent. */
static bool is_changed(const struct scenario_guest *guest)
{
	return guest->vm->vmm->faults_changed(guest->vm);
}

void scenario_expect(struct scenario_guest *guest, bool holds, const char *what)
{
	if (!holds && !scenario_is_hurt(guest))
		scenario_fail(guest, "%s", what);
}

/* ---- Frames by their number ---- */

/** Bytes up to here say whose frame it is and which; the rest follows. */
#define FRAME_TYPE 12u

static void frame_fill(uint8_t *frame, uint32_t number, uint32_t length,
		       const uint8_t destination[6])
{
	uint32_t i;

	memcpy(frame, destination, 6);
	frame[6] = 0x02;
	frame[7] = 0;
	for (i = 0; i < 4; i++)
		frame[8 + i] = (uint8_t)(number >> (24 - 8 * i));
	frame[FRAME_TYPE] = 0x88;
	frame[FRAME_TYPE + 1] = 0xb5;
	for (i = ETHERNET_HEADER_BYTES; i < length; i++)
		frame[i] = (uint8_t)(number * 31 + i * 7 + (i >> 8));
}

static uint32_t flow_add(struct scenario_flow *flow, uint32_t length)
{
	flow->length[flow->made % SCENARIO_FLOW] = length;
	return flow->made++;
}

/** The least that comes out, with zeros up to there; 0: as it went in. */
static uint32_t flow_bytes_min(const struct scenario_guest *guest,
			       const struct scenario_flow *flow)
{
	const struct vmm_host *host = &guest->vm->host;

	return flow == &guest->out ? host->tx_frame_bytes_min
				   : host->rx_frame_bytes_min;
}

/** A frame came out: is it the next, whole? */
static void flow_check(struct scenario_guest *guest, struct scenario_flow *flow,
		       const char *way, const uint8_t *frame, uint32_t length)
{
	uint8_t expected[STACK_FRAME_MAX] = {0};
	uint32_t number = 0, wanted, least = flow_bytes_min(guest, flow), i;

	if (length < ETHERNET_HEADER_BYTES || length > sizeof(expected)) {
		scenario_fail(guest, "%s: a frame of %u bytes", way, length);
		return;
	}
	if (is_changed(guest)) {
		flow->seen++;
		return;
	}
	for (i = 0; i < 4; i++)
		number = number << 8 | frame[8 + i];
	if (number - flow->next >= flow->made - flow->next) {
		scenario_fail(guest, "%s: frame %u, where %u is the next of %u",
			      way, number, flow->next, flow->made);
		return;
	}
	wanted = flow->length[number % SCENARIO_FLOW];
	flow->missing += number - flow->next;
	flow->next = number + 1;
	flow->seen++;
	frame_fill(expected, number, wanted, frame);
	if (length != (wanted < least ? least : wanted) ||
	    memcmp(expected, frame, length) != 0)
		scenario_fail(guest, "%s: frame %u is not it: %u bytes of %u",
			      way, number, length, wanted);
}

/* ---- Life ---- */

int scenario_up(struct scenario_guest *guest)
{
	struct nic_stack stack;
	int error;

	if (!guest->has_stack) {
		error = stack_create(&guest->stack, guest->port,
				     STACK_FRAME_MAX, guest->it->seed, false);
		if (error)
			return error;
		guest->has_stack = true;
	}
	if (guest->vm->stage < VIRTUAL_MACHINE_OPEN) {
		memset(&guest->out, 0, sizeof(guest->out));
		memset(&guest->in, 0, sizeof(guest->in));
		guest->taken = 0;
		guest->events = 0;
		guest->removed = false;
		guest->out_forgiven = 0;
		guest->in_forgiven = 0;
		guest->in_vanished = 0;
	}
	stack = stack_callbacks(&guest->stack);
	return virtual_machine_up(guest->vm, VIRTUAL_MACHINE_STARTED, &stack,
				  0);
}

static void owner_back(struct scenario_guest *guest, void *owner)
{
	size_t at = (size_t)((uint8_t *)owner - guest->stack.transmit_memory);
	size_t index = at / guest->stack.transmit_bytes;

	if (at % guest->stack.transmit_bytes != 0 ||
	    index >= STACK_TRANSMIT_COUNT || !guest->owner_out[index]) {
		scenario_fail(guest, "an owner came back that was not out");
		return;
	}
	guest->owner_out[index] = false;
	stack_sent(&guest->stack, owner);
}

static bool reclaim(struct scenario_guest *guest)
{
	void *owners[SCENARIO_BURST];
	unsigned count = nic_reclaim(guest->vm->nic, 0, owners, SCENARIO_BURST);
	unsigned i;

	for (i = 0; i < count; i++)
		owner_back(guest, owners[i]);
	return count != 0;
}

static uint64_t statistics_ended(const struct nic_statistics *statistics)
{
	return statistics->tx_frames + statistics->tx_errors +
	       statistics->tx_invalid;
}

static uint64_t statistics_received(const struct nic_statistics *statistics)
{
	return statistics->rx_frames + statistics->rx_drop_no_buffer +
	       statistics->rx_drop_malformed + statistics->rx_drop_length +
	       statistics->rx_drop_error + statistics->rx_drop_stopped;
}

/** Frames in = frames out + counted drops, in a life that is over. */
static void life_check(struct scenario_guest *guest)
{
	const struct nic_statistics *card = &guest->vm->final;
	const struct vmm_counters *host = &guest->vm->final_host;
	uint64_t host_tx = host->tx_frames, host_rx = host->rx_frames;
	bool hurt = scenario_is_hurt(guest), loose = hurt || guest->removed;
	uint64_t ended = statistics_ended(card);
	uint64_t received = statistics_received(card);

	/* Of those never completed nobody knows the end before the close. */
	if (ended > guest->taken || (ended < guest->taken && !hurt))
		scenario_fail(guest,
			      "%llu frames were taken, and %llu ended in a "
			      "counter",
			      (unsigned long long)guest->taken,
			      (unsigned long long)ended);
	if ((card->tx_frames > host_tx && !is_changed(guest)) ||
	    (card->tx_frames < host_tx && !loose))
		scenario_fail(guest, "%llu frames sent, and the host got %llu",
			      (unsigned long long)card->tx_frames,
			      (unsigned long long)host_tx);
	if ((received > host_rx && !is_changed(guest)) ||
	    (received < host_rx && !loose))
		scenario_fail(guest,
			      "%llu frames received or dropped, and the host "
			      "delivered %llu",
			      (unsigned long long)received,
			      (unsigned long long)host_rx);
	guest->frames_out += guest->out.seen;
	guest->frames_in += guest->in.seen;
}

/**
 * The card is closed. An owner that did not come back before is the stack's
 * again, if its frame was one that the host never completed.
 */
static void owners_forget(struct scenario_guest *guest)
{
	struct stack *stack = &guest->stack;
	uint64_t flying = guest->taken - statistics_ended(&guest->vm->final);
	unsigned i, out = 0;

	for (i = 0; i < STACK_TRANSMIT_COUNT; i++) {
		if (!guest->owner_out[i])
			continue;
		out++;
		owner_back(guest, stack->transmit_memory +
					  (size_t)i * stack->transmit_bytes);
	}
	if (out > flying)
		scenario_fail(guest,
			      "%u owners did not come back, with %llu frames "
			      "in flight",
			      out, (unsigned long long)flying);
}

/** All are the stack's again, but those that a host will not let go of. */
static void buffers_check(struct scenario_guest *guest)
{
	const struct virtual_machine *vm = guest->vm;
	uint32_t out = stack_outstanding(&guest->stack);

	if (vm->vmm->keeps && vm->vmm->keeps(vm) && scenario_is_hurt(guest))
		out = 0;
	if (out != 0 || guest->stack.strays != 0)
		scenario_fail(guest,
			      "%u buffers did not come back, %u came back "
			      "twice",
			      out, guest->stack.strays);
}

void scenario_down(struct scenario_guest *guest,
		   enum virtual_machine_stage stage)
{
	struct virtual_machine *vm = guest->vm;
	bool closes = vm->stage >= VIRTUAL_MACHINE_OPEN &&
		      stage < VIRTUAL_MACHINE_OPEN;

	if (closes) {
		nic_stop(vm->nic);
		while (reclaim(guest))
			continue;
	}
	virtual_machine_back(vm, stage);
	if (closes) {
		life_check(guest);
		owners_forget(guest);
	}
	if (guest->has_stack && vm->stage < VIRTUAL_MACHINE_OPEN)
		buffers_check(guest);
}

void scenario_stop(struct scenario_guest *guest)
{
	struct nic_statistics statistics;

	virtual_machine_back(guest->vm, VIRTUAL_MACHINE_OPEN);
	while (reclaim(guest))
		continue;
	nic_statistics(guest->vm->nic, &statistics);
	guest->in_forgiven = guest->in.made - guest->in.seen;
	guest->in_vanished =
		guest->in.made - (uint32_t)statistics_received(&statistics);
}

static void removal_fire(void *argument)
{
	struct scenario_guest *guest = argument;

	guest->removed = true;
	guest->vm->vmm->remove(guest->vm);
}

void scenario_remove_after(struct scenario_guest *guest, uint64_t delay)
{
	guest->removal.fire = removal_fire;
	guest->removal.argument = guest;
	machine_event_schedule(guest->vm->machine, &guest->removal, delay);
}

int scenario_return(struct scenario_guest *guest)
{
	uint64_t deadline = port_time(guest->port) + SCENARIO_PATIENCE;
	uint64_t now;
	int error;

	scenario_down(guest, VIRTUAL_MACHINE_CONNECTED);
	guest->vm->vmm->insert(guest->vm);
	for (;;) {
		guest->vm->bus_woken = true;
		virtual_machine_poll(guest->vm);
		error = scenario_up(guest);
		now = port_time(guest->port);
		if (error != ERROR_NO_DEVICE || now >= deadline)
			return error;
		scenario_down(guest, VIRTUAL_MACHINE_CONNECTED);
		port_relax(guest->port, now + SCENARIO_PAUSE);
	}
}

/* ---- Turns ---- */

/** What a card that works no more answers with; 0 while it does. */
static int death(const struct scenario_guest *guest)
{
	if (guest->events & NIC_EVENT_REMOVED)
		return ERROR_NO_DEVICE;
	return guest->events & NIC_EVENT_FAILED ? ERROR_PROTOCOL : 0;
}

/** Who polls does not sleep for long: nobody wakes it. */
static void rest(struct scenario_guest *guest, uint64_t deadline)
{
	uint64_t soon = port_time(guest->port) + SCENARIO_PAUSE;

	guest->events |= nic_events(guest->vm->nic);
	port_relax(guest->port, soon < deadline ? soon : deadline);
}

static void take_frame(struct scenario_guest *guest,
		       const struct net_packet *packet,
		       const struct net_segment segments[])
{
	const struct net_segment *own = segments + packet->first_segment;
	uint8_t frame[STACK_FRAME_MAX];
	uint32_t done = 0, i;

	for (i = 0; i < packet->segment_count; i++) {
		if (own[i].length > sizeof(frame) - done) {
			scenario_fail(guest, "in: a segment of %u bytes",
				      own[i].length);
			break;
		}
		memcpy(frame + done, own[i].data, own[i].length);
		done += own[i].length;
	}
	if (!stack_checksum_finish(packet, frame, done))
		scenario_fail(guest, "in: a checksum outside of its frame");
	stack_received(&guest->stack, own, packet->segment_count);
	flow_check(guest, &guest->in, "in", frame, done);
}

static bool receive(struct scenario_guest *guest)
{
	struct net_segment segments[SCENARIO_SEGMENTS];
	struct net_packet packets[SCENARIO_BURST];
	unsigned count = nic_receive(guest->vm->nic, 0, packets, SCENARIO_BURST,
				     segments, SCENARIO_SEGMENTS);
	unsigned i;

	for (i = 0; i < count; i++)
		take_frame(guest, &packets[i], segments);
	return count != 0;
}

bool scenario_pump(struct scenario_guest *guest)
{
	bool sent;

	virtual_machine_poll(guest->vm);
	if (guest->stack.events_woken) {
		guest->stack.events_woken = false;
		guest->events |= nic_events(guest->vm->nic);
	}
	sent = reclaim(guest);
	return receive(guest) || sent;
}

void scenario_idle(struct scenario_guest *guest, uint64_t nanoseconds)
{
	uint64_t end = port_time(guest->port) + nanoseconds;

	while (port_time(guest->port) < end)
		if (!scenario_pump(guest))
			rest(guest, end);
}

bool scenario_sleep(struct scenario_guest *guest, uint64_t nanoseconds)
{
	uint64_t end = port_time(guest->port) + nanoseconds;

	guest->stack.woken = false;
	if (!nic_arm(guest->vm->nic, 0))
		return true;
	while (!guest->stack.woken && !guest->stack.events_woken &&
	       port_time(guest->port) < end)
		port_relax(guest->port, end);
	nic_disarm(guest->vm->nic, 0);
	return guest->stack.woken || guest->stack.events_woken;
}

static bool is_quiet(struct scenario_guest *guest)
{
	struct nic_statistics statistics;

	nic_statistics(guest->vm->nic, &statistics);
	return statistics_ended(&statistics) == guest->taken &&
	       guest->stack.transmit_free_count == STACK_TRANSMIT_COUNT &&
	       statistics_received(&statistics) + guest->in_vanished >=
		       guest->in.made;
}

/** All is quiet: are the frames that are not here to be missed? */
static void missing_check(struct scenario_guest *guest)
{
	uint32_t out = guest->out.made - guest->out.seen;
	uint32_t in = guest->in.made - guest->in.seen;

	if (!guest->lossy && !guest->removed && !scenario_is_hurt(guest) &&
	    (out != guest->out_forgiven || in != guest->in_forgiven))
		scenario_fail(guest, "%u frames out and %u in did not arrive",
			      out - guest->out_forgiven,
			      in - guest->in_forgiven);
	guest->out_forgiven = out;
	guest->in_forgiven = in;
}

int scenario_settle(struct scenario_guest *guest)
{
	uint64_t deadline = port_time(guest->port) + SCENARIO_PATIENCE;

	while (!is_quiet(guest)) {
		if (scenario_pump(guest))
			continue;
		if (death(guest))
			return death(guest);
		if (port_time(guest->port) >= deadline)
			return ERROR_TIMED_OUT;
		rest(guest, deadline);
	}
	missing_check(guest);
	return 0;
}

int scenario_await(struct scenario_guest *guest, unsigned event)
{
	uint64_t deadline = port_time(guest->port) + SCENARIO_PATIENCE;

	while (!(guest->events & event)) {
		if (scenario_pump(guest))
			continue;
		if (death(guest))
			return death(guest);
		if (port_time(guest->port) >= deadline)
			return ERROR_TIMED_OUT;
		rest(guest, deadline);
	}
	guest->events &= ~event;
	return 0;
}

/* ---- Out ---- */

static int transmit(struct scenario_guest *guest, struct net_packet packets[],
		    unsigned count, const struct net_segment segments[])
{
	uint64_t deadline = port_time(guest->port) + SCENARIO_PATIENCE;
	unsigned done = 0, n;
	int error = 0;

	while (done < count && !error) {
		n = nic_transmit(guest->vm->nic, 0, packets + done,
				 count - done, segments);
		done += n;
		guest->taken += n;
		if (n || scenario_pump(guest))
			continue;
		error = death(guest);
		if (!error && port_time(guest->port) >= deadline)
			error = ERROR_TIMED_OUT;
		else if (!error)
			rest(guest, deadline);
	}
	for (; done < count; done++)
		owner_back(guest, packets[done].owner);
	return error;
}

/** Wait for a free transmit buffer. */
static int buffer_wait(struct scenario_guest *guest)
{
	uint64_t deadline = port_time(guest->port) + SCENARIO_PATIENCE;

	while (!stack_can_put(&guest->stack)) {
		if (scenario_pump(guest))
			continue;
		if (death(guest))
			return death(guest);
		if (port_time(guest->port) >= deadline)
			return ERROR_TIMED_OUT;
		rest(guest, deadline);
	}
	return 0;
}

int scenario_send(struct scenario_guest *guest, const uint32_t lengths[],
		  unsigned count)
{
	static const uint8_t peer[6] = {0x02, 0, 0, 0, 0, 0x99};
	struct net_segment segments[SCENARIO_SEGMENTS];
	struct net_packet packets[SCENARIO_BURST];
	uint8_t frame[STACK_FRAME_MAX];
	struct stack *stack = &guest->stack;
	int error = 0, later;
	unsigned i;
	size_t at;

	for (i = 0; i < count; i++) {
		error = buffer_wait(guest);
		if (error)
			break;
		frame_fill(frame, flow_add(&guest->out, lengths[i]), lengths[i],
			   peer);
		packets[i].first_segment = STACK_PIECES_MAX * i;
		stack_put(stack, frame, lengths[i], &packets[i],
			  segments + (size_t)STACK_PIECES_MAX * i);
		at = (size_t)((uint8_t *)packets[i].owner -
			      stack->transmit_memory);
		guest->owner_out[at / stack->transmit_bytes] = true;
	}
	later = transmit(guest, packets, i, segments);
	return error ? error : later;
}

/* ---- In ---- */

bool scenario_deliver_to(struct scenario_guest *guest, uint32_t length,
			 const uint8_t destination[6])
{
	uint8_t bytes[STACK_FRAME_MAX];
	const struct wire_frame frame = {bytes, length};

	frame_fill(bytes, flow_add(&guest->in, length), length, destination);
	if (wire_deliver(guest->wire, &frame))
		return true;
	guest->in.made--;
	return false;
}

bool scenario_deliver(struct scenario_guest *guest, uint32_t length)
{
	return scenario_deliver_to(guest, length,
				   guest->vm->nic->information.mac);
}

uint32_t scenario_longest(const struct scenario_guest *guest)
{
	uint32_t bytes =
		guest->vm->nic->information.mtu + ETHERNET_HEADER_BYTES;

	return bytes < STACK_FRAME_MAX ? bytes : STACK_FRAME_MAX;
}

uint32_t scenario_length(struct scenario_guest *guest)
{
	return ETHERNET_HEADER_BYTES +
	       random_below(&guest->random, scenario_longest(guest) -
						    ETHERNET_HEADER_BYTES + 1u);
}

unsigned scenario_frames(struct scenario_guest *guest, unsigned wanted)
{
	const struct scenario_case *it = guest->it;

	if (it->has_frames_max &&
	    wanted > it->frames_max - (uint32_t)guest->frames_made)
		wanted = it->frames_max - (uint32_t)guest->frames_made;
	guest->frames_made += wanted;
	return wanted;
}

int scenario_exchange(struct scenario_guest *guest, unsigned out, unsigned in)
{
	uint64_t deadline = port_time(guest->port) + SCENARIO_PATIENCE;
	uint32_t lengths[SCENARIO_BURST];
	unsigned count, i;
	int error = 0;

	/* Fewer than wanted are as many out of them as they were. */
	count = scenario_frames(guest, out + in);
	in = in ? (unsigned)((uint64_t)count * in / (out + in)) : 0;
	out = count - in;
	while ((out || in) && !error) {
		if (port_time(guest->port) >= deadline)
			return ERROR_TIMED_OUT;
		count = random_below(&guest->random, SCENARIO_BURST) + 1;
		for (i = 0; i < count && in; i++, in--)
			if (!scenario_deliver(guest, scenario_length(guest)))
				break;
		for (i = 0; i < count && out; i++, out--)
			lengths[i] = scenario_length(guest);
		error = scenario_send(guest, lengths, i);
		if (!error && random_below(&guest->random, 2))
			scenario_pump(guest);
		if (!error && !out && in && !scenario_pump(guest))
			rest(guest, deadline);
		if (!error)
			error = death(guest);
	}
	return error ? error : scenario_settle(guest);
}

void scenario_transmitted(void *context, const struct wire_frame *frame)
{
	struct scenario_guest *guest = context;

	flow_check(guest, &guest->out, "out", frame->data, frame->length);
}
