/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loop that a replay is: put frames in while there is room, take out what
 * is there, and wait when neither moved anything. It runs as guest code; the
 * far end of the wire is called by the host.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/random.h"
#include "mocks/cli/replay.h"
#include "mocks/cli/stack.h"
#include "mocks/cli/uknetdev.h"

/** The most frames that are put in, or taken out, at once. */
#define REPLAY_BURST	     32u
/** Segments of a burst received: the longest frames, and one for luck. */
#define REPLAY_SEGMENTS	     (REPLAY_BURST * 6u)
/** After which a host has done all that it was asked for, nanoseconds. */
#define REPLAY_QUIET_TIME    1000000u
/** How long nothing may move before frames are called lost, nanoseconds. */
#define REPLAY_PATIENCE	     5000000000ull
/** How long one turn of polling waits. */
#define REPLAY_POLL_TIME     20000ull
/**
 * Frames between two calls of progress(), less one; a power of two less one.
 */
#define REPLAY_PROGRESS_MASK 0xffffu
/** Frames that the host may have in hand: fewer than its queue has room for. */
#define REPLAY_DELIVER_MAX   128u

struct replay {
	const struct replay_configuration *configuration;
	struct replay_result *result;
	struct capture *capture;
	struct virtual_machine *vm;
	struct nic *nic;
	struct stack stack;
	struct expected expected;
	struct random random;
	/** Nothing more comes from the capture. */
	bool is_ended;
	/** Frames that came out, right or wrong. */
	uint64_t came_out;
	/** What is left to transmit of the burst at hand. */
	unsigned burst_first, burst_count;
	struct net_packet burst[REPLAY_BURST];
	struct net_segment burst_segments[REPLAY_BURST * STACK_PIECES_MAX];
	struct net_packet received[REPLAY_BURST];
	struct net_segment received_segments[REPLAY_SEGMENTS];
	/** A frame put together again: several segments, or a tag beside it. */
	uint8_t assembled[STACK_FRAME_MAX + ETHERNET_VLAN_BYTES];
	/** Nobody woke us until the deadline. */
	bool overslept;
	/**
	 * When nothing has moved until then, frames are lost; 0: not waiting.
	 */
	uint64_t deadline;
	struct nic_statistics before;
	uint64_t messages_before, time_before;
};

__attribute__((format(printf, 2, 3))) static void
replay_fail(struct replay *replay, const char *format, ...)
{
	struct replay_result *result = replay->result;
	va_list arguments;

	/* The first failure is the cause, the rest its consequences. */
	if (result->verdict == REPLAY_FAIL)
		return;
	result->verdict = REPLAY_FAIL;
	va_start(arguments, format);
	vsnprintf(result->reason, sizeof(result->reason), format, arguments);
	va_end(arguments);
	machine_trace_failure(replay->vm->machine, result->reason);
}

/** The longest frame that can be sent: with a tag. */
static uint32_t
replay_frame_max(const struct replay_configuration *configuration)
{
	return configuration->mtu + ETHERNET_HEADER_BYTES + ETHERNET_VLAN_BYTES;
}

static bool replay_has_failed(const struct replay *replay)
{
	return replay->result->verdict == REPLAY_FAIL;
}

/* ---- Out of the capture ---- */

static bool replay_is_tagged(const struct capture_record *record)
{
	return record->captured >=
		       ETHERNET_HEADER_BYTES + ETHERNET_VLAN_BYTES &&
	       record->data[12] == ETHERNET_TYPE_VLAN >> 8 &&
	       record->data[13] == (ETHERNET_TYPE_VLAN & 0xff);
}

/** Whether a record can be sent; it is counted under its reason if not. */
static bool replay_is_sendable(struct replay *replay,
			       const struct capture_record *record)
{
	uint32_t most = replay->configuration->mtu + ETHERNET_HEADER_BYTES;

	if (record->length > most && replay_is_tagged(record))
		most += ETHERNET_VLAN_BYTES;
	if (record->length < ETHERNET_HEADER_BYTES)
		replay->result->too_short++;
	else if (record->length > most)
		replay->result->too_long++;
	else if (record->captured != record->length)
		replay->result->truncated++;
	else
		return true;
	return false;
}

/** The next sendable frame, noted as expected; NULL at the end. */
static const struct capture_record *replay_next(struct replay *replay)
{
	uint64_t frames_max = replay->configuration->frames_max;
	struct replay_result *result = replay->result;
	struct capture_record record;

	while (!replay->is_ended) {
		if (frames_max && result->frames_in == frames_max)
			break;
		switch (capture_next(replay->capture, &record)) {
		case CAPTURE_RECORD:
			result->records++;
			if (!replay_is_sendable(replay, &record))
				continue;
			result->frames_in++;
			return expected_add(&replay->expected, &record);
		case CAPTURE_BROKEN:
			result->is_broken = true;
			break;
		case CAPTURE_END:
			break;
		}
		break;
	}
	replay->is_ended = true;
	return NULL;
}

/* ---- What came out ---- */

static void replay_mismatch(struct replay *replay, const uint8_t *frame,
			    uint32_t bytes)
{
	struct replay_result *result = replay->result;
	struct expected_mismatch *mismatch = &result->mismatch;

	if (replay_has_failed(replay))
		return;
	expected_explain(&replay->expected, frame, bytes, mismatch);
	result->has_mismatch = true;
	if (!mismatch->frame)
		replay_fail(replay,
			    "a frame of %" PRIu32
			    " bytes came out that nobody put in",
			    bytes);
	else if (mismatch->is_next)
		replay_fail(replay,
			    "frame %" PRIu64
			    " was lost: the one after it came out instead",
			    mismatch->frame);
	else
		replay_fail(replay,
			    "frame %" PRIu64 " differs at byte %" PRIu32
			    ": %" PRIu32 " bytes went in, %" PRIu32 " came out",
			    mismatch->frame, mismatch->offset,
			    mismatch->expected_length, mismatch->actual_length);
}

/**
 * Whether a frame is the one expected, perhaps with zeros behind it as far as
 * the card pads. A tag that travels beside a frame comes on top of that.
 */
static bool replay_is_same(const struct replay *replay,
			   const struct capture_record *expected,
			   const uint8_t *frame, uint32_t bytes)
{
	const struct vmm_host *host = &replay->vm->host;
	uint32_t padded = host->tx_frame_bytes_min, i;

	if (replay->configuration->direction == REPLAY_RECEIVE)
		padded = host->rx_frame_bytes_min;
	if (bytes < expected->captured || bytes < padded ||
	    memcmp(expected->data, frame, expected->captured) != 0)
		return false;
	if (bytes == expected->captured)
		return true;
	for (i = expected->captured; i < bytes; i++)
		if (frame[i] != 0)
			return false;
	return bytes == padded || (replay_is_tagged(expected) &&
				   bytes == padded + ETHERNET_VLAN_BYTES);
}

/** Compare a frame that came out with the one expected next. */
static void replay_compare(struct replay *replay, const uint8_t *frame,
			   uint32_t bytes)
{
	const struct replay_configuration *configuration =
		replay->configuration;
	const struct capture_record *first = expected_first(&replay->expected);
	struct replay_result *result = replay->result;

	if (!first || !replay_is_same(replay, first, frame, bytes)) {
		replay_mismatch(replay, frame, bytes);
		return;
	}
	result->frames++;
	result->bytes += bytes;
	/* A full disk is said when the writer is closed; the check goes on. */
	if (configuration->writer)
		capture_write(configuration->writer, first);
	expected_drop(&replay->expected);
	if (configuration->progress &&
	    (result->frames & REPLAY_PROGRESS_MASK) == 0)
		configuration->progress(configuration->context, result->frames);
}

static void replay_came_out(struct replay *replay, const uint8_t *frame,
			    uint32_t bytes)
{
	const struct replay_configuration *configuration =
		replay->configuration;
	uint8_t copy[STACK_FRAME_MAX];

	replay->came_out++;
	if (configuration->damage && bytes <= sizeof(copy)) {
		memcpy(copy, frame, bytes);
		configuration->damage(configuration->context, replay->came_out,
				      copy, &bytes);
		if (bytes)
			replay_compare(replay, copy, bytes);
		return;
	}
	replay_compare(replay, frame, bytes);
}

/** The far end of the wire: the host decapsulated a frame of the guest's. */
static void replay_transmitted(void *context, const struct wire_frame *frame)
{
	struct replay *replay = context;

	if (replay->configuration->direction == REPLAY_TRANSMIT)
		replay_came_out(replay, frame->data, frame->length);
	else
		replay_fail(replay, "the guest sent a frame of its own");
}

/* ---- Transmit ---- */

/** Take the tag out of a frame and have it travel beside it. */
static const uint8_t *replay_untag(struct replay *replay,
				   const struct capture_record *record)
{
	uint8_t *frame = replay->assembled;

	memcpy(frame, record->data, 12);
	memcpy(frame + 12, record->data + 16, record->captured - 16);
	return frame;
}

static void replay_lay_down(struct replay *replay,
			    const struct capture_record *record, unsigned n)
{
	struct net_packet *packet = &replay->burst[n];
	uint32_t first = n * STACK_PIECES_MAX;
	struct net_segment *segments = &replay->burst_segments[first];
	const uint8_t *frame = record->data;
	uint32_t bytes = record->captured;
	bool beside = !replay->configuration->is_plain &&
		      replay_is_tagged(record) &&
		      replay->nic->information.features & NIC_FEATURE_TX_VLAN &&
		      random_below(&replay->random, 2);

	if (beside) {
		frame = replay_untag(replay, record);
		bytes -= ETHERNET_VLAN_BYTES;
	}
	stack_put(&replay->stack, frame, bytes, packet, segments);
	packet->first_segment = first;
	if (beside) {
		packet->flags = NET_VLAN;
		packet->vlan_tag =
			(uint16_t)(record->data[14] << 8 | record->data[15]);
	}
}

static unsigned replay_burst_size(struct replay *replay)
{
	if (replay->configuration->is_plain)
		return REPLAY_BURST;
	return 1 + random_below(&replay->random, REPLAY_BURST);
}

/** Send what is left of a burst, or a new one. @return whether any went */
static bool replay_transmit(struct replay *replay)
{
	const struct capture_record *record;
	unsigned taken, size;

	if (!replay->burst_count) {
		size = replay_burst_size(replay);
		replay->burst_first = 0;
		while (replay->burst_count < size &&
		       replay->expected.count < EXPECTED_FRAMES &&
		       stack_can_put(&replay->stack)) {
			record = replay_next(replay);
			if (!record)
				break;
			replay_lay_down(replay, record, replay->burst_count++);
		}
	}
	if (!replay->burst_count)
		return false;
	taken = nic_transmit(replay->nic, 0,
			     replay->burst + replay->burst_first,
			     replay->burst_count, replay->burst_segments);
	replay->burst_first += taken;
	replay->burst_count -= taken;
	return taken > 0;
}

/** Buffers that the card is done with. @return whether there were any */
static bool replay_reclaim(struct replay *replay)
{
	void *owners[REPLAY_BURST];
	unsigned n, i, total = 0;

	do {
		n = nic_reclaim(replay->nic, 0, owners, REPLAY_BURST);
		for (i = 0; i < n; i++)
			stack_sent(&replay->stack, owners[i]);
		total += n;
	} while (n == REPLAY_BURST);
	return total > 0;
}

/* ---- Receive ---- */

/** Hand the host a burst. @return whether there was any left */
static bool replay_deliver(struct replay *replay)
{
	unsigned size = replay_burst_size(replay), n;
	const struct capture_record *record;
	struct wire_frame frame;

	for (n = 0; n < size && replay->expected.count < REPLAY_DELIVER_MAX;
	     n++) {
		record = replay_next(replay);
		if (!record)
			break;
		frame.data = record->data;
		frame.length = record->captured;
		if (!wire_deliver(replay->vm->wire, &frame)) {
			replay_fail(replay,
				    "frame %" PRIu64 " was dropped by the host",
				    record->number);
			break;
		}
	}
	return n > 0;
}

static void replay_look_at(struct replay *replay,
			   const struct net_packet *packet)
{
	const struct net_segment *segment =
		&replay->received_segments[packet->first_segment];
	const uint8_t *frame = segment->data;
	uint32_t bytes = packet->length;

	if (replay->configuration->direction != REPLAY_RECEIVE) {
		replay_fail(replay, "the card received a frame from nowhere");
		return;
	}
	if (packet->segment_count != 1 ||
	    packet->flags & (NET_VLAN | NET_RX_CHECKSUM_PARTIAL) ||
	    segment->length != bytes)
		frame = stack_assemble(packet, segment, replay->assembled,
				       &bytes);
	if (frame)
		replay_came_out(replay, frame, bytes);
	else
		replay_fail(replay,
			    "the card gave a packet of %" PRIu32
			    " bytes whose segments do not add up to that, or "
			    "whose checksum lies outside",
			    packet->length);
	stack_received(&replay->stack, segment, packet->segment_count);
}

/** Look at what arrived. @return whether anything did */
static bool replay_receive(struct replay *replay)
{
	unsigned n, i;

	n = nic_receive(replay->nic, 0, replay->received, REPLAY_BURST,
			replay->received_segments, REPLAY_SEGMENTS);
	for (i = 0; i < n; i++)
		replay_look_at(replay, &replay->received[i]);
	return n > 0;
}

/* ---- Waiting ---- */

static void replay_events(struct replay *replay)
{
	unsigned events;

	virtual_machine_poll(replay->vm);
	if (!replay->stack.events_woken)
		return;
	replay->stack.events_woken = false;
	events = nic_events(replay->nic);
	if (events & (NIC_EVENT_REMOVED | NIC_EVENT_FAILED))
		replay_fail(replay, "the card %s",
			    events & NIC_EVENT_FAILED ? "failed"
						      : "was removed");
}

/** Whether there is a reason to look at the card, or at the clock. */
static bool replay_is_awake(const struct replay *replay, uint64_t now)
{
	return replay->stack.woken || replay->stack.events_woken ||
	       replay->vm->bus_woken || now >= replay->deadline;
}

/**
 * Sleep until an interrupt, by the rules: arm, look again, wait.
 *
 * Time is read before the flags are: an interrupt comes only in calls of the
 * port, so none can come between the look at the flags and the sleep.
 */
static void replay_sleep(struct replay *replay)
{
	struct stack *stack = &replay->stack;
	struct port *port = replay->vm->port;

	stack->woken = false;
	if (!nic_arm(replay->nic, 0))
		return;
	while (!replay_is_awake(replay, port_time(port)))
		port_relax(port, replay->deadline);
	if (stack->woken)
		return;
	nic_disarm(replay->nic, 0);
	replay->overslept = port_time(port) >= replay->deadline;
}

/** Say what was lost, when the patience is at its end. */
static void replay_give_up(struct replay *replay)
{
	const struct capture_record *first = expected_first(&replay->expected);

	if (first)
		replay_fail(replay,
			    "frame %" PRIu64 " was lost: nothing came out for "
			    "%llu ms, %u are missing",
			    first->number, REPLAY_PATIENCE / 1000000,
			    replay->expected.count);
	else
		replay_fail(replay,
			    "the card does not say what became of all frames, "
			    "%u buffers did not come back",
			    STACK_TRANSMIT_COUNT -
				    replay->stack.transmit_free_count);
}

/** Nothing moved: let time pass, asleep or polling as the seed says. */
static void replay_wait(struct replay *replay)
{
	struct port *port = replay->vm->port;
	uint64_t now = port_time(port);

	if (!replay->deadline)
		replay->deadline = now + REPLAY_PATIENCE;
	else if (now >= replay->deadline)
		replay_give_up(replay);
	if (replay->configuration->is_plain || random_below(&replay->random, 2))
		port_relax(port, now + REPLAY_POLL_TIME);
	else
		replay_sleep(replay);
}

/* ---- The whole ---- */

static bool replay_is_done(const struct replay *replay)
{
	return replay->is_ended && !replay->expected.count &&
	       !replay->burst_count &&
	       replay->stack.transmit_free_count == STACK_TRANSMIT_COUNT;
}

static void replay_flow(struct replay *replay)
{
	bool moved;

	while (!replay_is_done(replay) && !replay_has_failed(replay)) {
		if (replay->configuration->direction == REPLAY_TRANSMIT)
			moved = replay_transmit(replay);
		else
			moved = replay_deliver(replay);
		moved |= replay_reclaim(replay);
		moved |= replay_receive(replay);
		replay_events(replay);
		if (moved && replay->overslept)
			replay_fail(replay, "the card was armed and there was "
					    "something to do, but it did not "
					    "wake its stack");
		if (moved)
			replay->deadline = 0;
		else if (!replay_is_done(replay))
			replay_wait(replay);
	}
}

/**
 * Frames that were copied have come out, and their buffers are back, before the
 * host says that it is done with the copies: only then are they counted.
 */
static void replay_settle(struct replay *replay)
{
	const struct nic_statistics *before = &replay->before;
	struct nic_statistics now;

	if (replay->configuration->direction != REPLAY_TRANSMIT)
		return;
	while (!replay_has_failed(replay)) {
		replay_reclaim(replay);
		replay_receive(replay);
		replay_events(replay);
		nic_statistics(replay->nic, &now);
		if (now.tx_frames - before->tx_frames + now.tx_errors +
			    now.tx_invalid ==
		    replay->result->frames_in)
			return;
		replay_wait(replay);
	}
}

/** What bringing the card up left to be done is not the capture's. */
static void replay_measure_start(struct replay *replay)
{
	struct vmm_counters host;

	port_delay(replay->vm->port, REPLAY_QUIET_TIME);
	nic_statistics(replay->nic, &replay->before);
	virtual_machine_counters(replay->vm, &host);
	replay->messages_before = host.tx_messages;
	replay->time_before = port_time(replay->vm->port);
}

static void replay_measure_end(struct replay *replay)
{
	const struct nic_statistics *before = &replay->before;
	struct replay_result *result = replay->result;
	struct nic_statistics *card = &result->card;
	struct vmm_counters host;

	nic_statistics(replay->nic, card);
	card->tx_copied -= before->tx_copied;
	card->tx_aggregated -= before->tx_aggregated;
	card->tx_pages -= before->tx_pages;
	card->doorbells -= before->doorbells;
	card->interrupts -= before->interrupts;
	virtual_machine_counters(replay->vm, &host);
	result->messages = host.tx_messages - replay->messages_before;
	result->virtual_ns = port_time(replay->vm->port) - replay->time_before;
}

/** The card up and started, as it is or behind uk_netdev. */
static int replay_up(struct replay *replay, const struct nic_stack *stack)
{
	struct virtual_machine *vm = replay->vm;
	int error;

	if (!replay->configuration->is_through_uknetdev) {
		error = virtual_machine_up(vm, VIRTUAL_MACHINE_STARTED, stack,
					   NIC_FILTER_PROMISCUOUS);
		replay->nic = vm->nic;
		return error;
	}
	error = virtual_machine_up(vm, VIRTUAL_MACHINE_CONNECTED, stack, 0);
	if (!error)
		replay->nic = uknetdev_open(vm, stack, &error);
	return error;
}

/** Take down what replay_up() brought up. */
static void replay_down(struct replay *replay)
{
	void *owners[REPLAY_BURST];
	unsigned n, i;

	if (replay->configuration->is_through_uknetdev && replay->nic) {
		nic_stop(replay->nic);
		/* What was in flight is the stack's again. */
		while ((n = nic_reclaim(replay->nic, 0, owners, REPLAY_BURST)))
			for (i = 0; i < n; i++)
				stack_sent(&replay->stack, owners[i]);
		nic_close(replay->nic);
	}
	virtual_machine_down(replay->vm);
}

/** The guest, from its first instruction to its last. */
static void replay_guest(void *argument)
{
	struct replay *replay = argument;
	const struct replay_configuration *configuration =
		replay->configuration;
	struct virtual_machine *vm = replay->vm;
	struct nic_stack callbacks = stack_callbacks(&replay->stack);
	int error;

	error = stack_create(&replay->stack, vm->port,
			     replay_frame_max(configuration),
			     configuration->seed, configuration->is_plain);
	if (error) {
		replay_fail(replay, "the guest has no memory for its buffers");
		return;
	}
	error = replay_up(replay, &callbacks);
	if (error) {
		replay_fail(replay, "the card did not come up: %s",
			    error_name(error));
	} else {
		replay_measure_start(replay);
		replay_flow(replay);
		replay_settle(replay);
		replay_measure_end(replay);
	}
	replay_down(replay);
	if (stack_outstanding(&replay->stack) || replay->stack.strays)
		replay_fail(replay,
			    "%u buffers did not come back, %u came twice",
			    stack_outstanding(&replay->stack),
			    replay->stack.strays);
	stack_destroy(&replay->stack);
}

static void replay_run(struct replay *replay)
{
	struct replay_result *result = replay->result;
	char reason[REPLAY_REASON_MAX];

	if (virtual_machine_run(replay->vm, replay_guest, replay) !=
	    MACHINE_DONE) {
		replay_fail(replay, "the guest died: %s",
			    machine_reason(replay->vm->machine));
		return;
	}
	if (!virtual_machine_check(replay->vm, reason, sizeof(reason)))
		replay_fail(replay, "%s", reason);
	if (result->verdict == REPLAY_PASS && !result->frames)
		result->verdict = REPLAY_SKIP;
}

bool replay_offloads_vlan(uint64_t seed)
{
	struct random random = {.state = ~seed};

	return random_below(&random, 2);
}

void replay_capture(struct capture *capture,
		    const struct replay_configuration *configuration,
		    struct replay_result *result)
{
	struct virtual_machine_configuration vm = {
		.vmm = configuration->vmm,
		.host = configuration->host,
		.machine = {.seed = configuration->seed,
			    .schedule = configuration->schedule},
		.mtu = configuration->mtu,
		.observer = configuration->observer,
	};
	struct replay *replay = calloc(1, sizeof(*replay));

	memset(result, 0, sizeof(*result));
	if (!replay)
		goto no_memory;
	replay->configuration = configuration;
	replay->result = result;
	replay->capture = capture;
	replay->random.state = ~configuration->seed;
	if (!configuration->is_plain)
		vm.device.vlan_offload = random_below(&replay->random, 2);
	vm.wire = wire_tap_create(replay_transmitted, replay);
	if (vm.wire)
		replay->vm = virtual_machine_create(&vm);
	if (!replay->vm ||
	    !expected_create(&replay->expected, configuration->mtu +
							ETHERNET_HEADER_BYTES +
							ETHERNET_VLAN_BYTES))
		goto no_memory;
	replay_run(replay);
	goto done;
no_memory:
	result->verdict = REPLAY_FAIL;
	snprintf(result->reason, sizeof(result->reason),
		 "out of memory for a virtual machine");
done:
	if (!replay)
		return;
	virtual_machine_destroy(replay->vm);
	if (vm.wire)
		wire_destroy(vm.wire);
	expected_destroy(&replay->expected);
	free(replay);
}
