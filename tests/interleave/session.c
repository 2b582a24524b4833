/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A session: the guest's programs over its real ring, the host's device behind
 * its real channel, and what is checked.
 *
 * While it runs: what is read is what was written, in order; each signal is one
 * that the protocol calls for (signals.h). At the end, when nobody can go on:
 * all was sent and all was read.
 */
#include "tests/interleave/scenarios.h"

#include <stdlib.h>
#include <string.h>

#include "hyperv/ring.h"
#include "tests/interleave/host_side.h"
#include "tests/interleave/platform_internal.h"
#include "tests/interleave/signals.h"

#define PAYLOAD_MAX    4096u
/** A packet's descriptor and footer. */
#define PACKET_BYTES   24u
#define TRANSACTION(n) (1000u + (n))

/** One direction, as the checks know it. */
struct traffic {
	const struct plan *plan;
	unsigned count, sent, read;
};

struct session {
	const struct setting *setting;
	struct explorer *explorer;
	struct explorer_world world;
	struct host_side *host;
	struct port port;
	struct ring send, receive;
	struct signals signals;
	struct traffic to_host, to_guest;
	/** What the guest's interrupt handler and the rest of it share. */
	bool asked, woken;
	/** Bytes that the guest waits for. */
	uint32_t wanted;
	/** Two, as the side that fills its own may be stopped meanwhile. */
	uint8_t payload[SIDES][PAYLOAD_MAX];
};

/* ---- Packets ---- */

static uint8_t pattern(unsigned n)
{
	return (uint8_t)(0xa5u + 17u * n);
}

static void packet_check(struct session *session, struct traffic *traffic,
			 uint64_t transaction_id, const uint8_t *payload,
			 uint32_t bytes)
{
	unsigned n = traffic->read++;

	if (n >= traffic->sent)
		explorer_fail(session->explorer, "wrong packet",
			      "a packet is read before it is written");
	if (transaction_id != TRANSACTION(n) ||
	    bytes != traffic->plan->payload[n])
		explorer_fail(session->explorer, "wrong packet",
			      "packet %u is read as another", n);
	/* All bytes are the same: each is as the one behind it. */
	if (payload[0] != pattern(n) ||
	    memcmp(payload, payload + 1, bytes - 1) != 0)
		explorer_fail(session->explorer, "wrong packet",
			      "a byte of packet %u is wrong", n);
	explorer_note(session->explorer, "has read packet %u", n);
}

static void traffic_reset(struct traffic *traffic, const struct plan *plan)
{
	traffic->plan = plan;
	traffic->sent = 0;
	traffic->read = 0;
	traffic->count = 0;
	while (plan->payload[traffic->count])
		traffic->count++;
}

/* ---- The guest's state ---- */

static uint64_t ring_state(const struct ring *ring)
{
	return explorer_mix(explorer_mix((uint64_t)ring->index << 32 |
						 ring->published,
					 ring->other),
			    ring->corrupt);
}

/** At the head of its loop the guest is no more than this. */
static void guest_forget(struct session *session)
{
	uint64_t state = explorer_mix(ring_state(&session->send),
				      ring_state(&session->receive));

	state = explorer_mix(state, session->to_host.sent);
	state = explorer_mix(state, session->to_guest.read);
	state = explorer_mix(state, session->wanted);
	explorer_forget(session->explorer,
			explorer_mix(state, (uint64_t)session->asked << 1 |
						    session->woken));
}

/* ---- The guest's sending ---- */

static void guest_publish(struct session *session)
{
	bool signal;

	signals_begin(&session->signals, session->explorer, SIGNALS_PUBLISH,
		      session->send.control, session->send.bytes);
	signal = ring_publish(&session->send);
	signals_end(&session->signals, signal);
	if (signal)
		explorer_signal(session->explorer);
}

/** Stage the next packet. @return 0, ERROR_AGAIN */
static int guest_write(struct session *session)
{
	struct traffic *traffic = &session->to_host;
	unsigned n = traffic->sent;
	const struct ring_packet packet = {
		.type = RING_PACKET_INBAND,
		.transaction_id = TRANSACTION(n),
		.payload_bytes = traffic->plan->payload[n],
	};
	const struct ring_piece piece = {session->payload[GUEST],
					 packet.payload_bytes};
	int error;

	memset(session->payload[GUEST], pattern(n), packet.payload_bytes);
	error = ring_write(&session->send, &packet, &piece, 1);
	if (!error)
		traffic->sent++;
	else if (error != ERROR_AGAIN)
		explorer_fail(session->explorer, "violation",
			      "ring_write() returned %d", error);
	return error;
}

/** Send all that fits; what does not is asked for room for. */
static void guest_send(struct session *session)
{
	struct traffic *traffic = &session->to_host;
	unsigned staged = 0;

	while (traffic->sent < traffic->count && guest_write(session) == 0)
		if (++staged % traffic->plan->batch == 0)
			guest_publish(session);
	guest_publish(session);
	if (traffic->sent < traffic->count) {
		session->wanted =
			traffic->plan->payload[traffic->sent] + PACKET_BYTES;
		ring_pending_send(&session->send, session->wanted);
	} else if (session->wanted) {
		session->wanted = 0;
		ring_pending_send(&session->send, 0);
	}
}

static bool guest_has_room(struct session *session)
{
	return session->wanted && ring_room(&session->send) >= session->wanted;
}

static void guest_writes(struct session *session)
{
	for (;;) {
		guest_forget(session);
		guest_send(session);
		if (!session->wanted)
			return;
		if (!guest_has_room(session))
			explorer_wait(session->explorer, &session->woken);
	}
}

/* ---- The guest's reading ---- */

static void guest_release(struct session *session)
{
	bool signal;

	signals_begin(&session->signals, session->explorer, SIGNALS_RELEASE,
		      session->receive.control, session->receive.bytes);
	signal = ring_release(&session->receive);
	signals_end(&session->signals, signal);
	if (signal)
		explorer_signal(session->explorer);
}

static void guest_read(struct session *session)
{
	uint8_t *payload = session->payload[GUEST];
	struct ring_packet packet;
	int got;

	while ((got = ring_read(&session->receive, &packet, payload,
				PAYLOAD_MAX)) == 1)
		packet_check(session, &session->to_guest, packet.transaction_id,
			     payload + packet.header_bytes,
			     packet.payload_bytes);
	if (got < 0)
		explorer_fail(session->explorer, "wrong packet",
			      "ring_read() returned %d", got);
	guest_release(session);
}

/** @return whether the guest may sleep; if not it is to be masked again */
static bool guest_unmask(struct session *session)
{
	const struct signals_control *control =
		(const void *)session->receive.control;

	if (ring_unmask(&session->receive))
		return true;
	if (!explorer_seen(session->explorer, GUEST, &control->interrupt_mask))
		explorer_fail(session->explorer, "not masked",
			      "the guest goes on to read, unmasked");
	return false;
}

static void guest_reads(struct session *session)
{
	ring_mask(&session->receive);
	for (;;) {
		guest_forget(session);
		guest_read(session);
		session->asked = true;
		if (guest_unmask(session))
			explorer_wait(session->explorer, &session->woken);
		session->asked = false;
	}
}

static void guest_both(struct session *session)
{
	bool early = session->setting->guest == GUEST_LOOKS_TOO_EARLY;

	ring_mask(&session->receive);
	for (;;) {
		guest_forget(session);
		guest_read(session);
		guest_send(session);
		session->asked = !early;
		if (!guest_has_room(session)) {
			explorer_pause(session->explorer);
			session->asked = true;
			if (guest_unmask(session))
				explorer_wait(session->explorer,
					      &session->woken);
		}
		session->asked = false;
	}
}

static void guest_run(void *context)
{
	struct session *session = context;

	switch (session->setting->guest) {
	case GUEST_WRITES:
		session->asked = true;
		guest_writes(session);
		break;
	case GUEST_READS:
		guest_reads(session);
		break;
	case GUEST_BOTH:
	case GUEST_LOOKS_TOO_EARLY:
		guest_both(session);
		break;
	}
}

/** Masks, as a driver does, and wakes whoever asked for that. */
static void guest_interrupt(void *context)
{
	struct session *session = context;

	if (session->setting->guest != GUEST_WRITES) {
		ring_mask(&session->receive);
		if (!session->asked)
			return;
		session->asked = false;
	}
	session->woken = true;
}

/* ---- The host ---- */

static void host_packet(void *context, uint64_t transaction_id,
			const uint8_t *payload, uint32_t bytes)
{
	struct session *session = context;

	packet_check(session, &session->to_host, transaction_id, payload,
		     bytes);
}

static void host_send(void *context)
{
	struct session *session = context;
	struct traffic *traffic = &session->to_guest;
	uint8_t *payload = session->payload[HOST];
	unsigned n;

	while (traffic->sent < traffic->count) {
		n = traffic->sent;
		memset(payload, pattern(n), traffic->plan->payload[n]);
		/* Nobody can read it before it is published. */
		traffic->sent++;
		if (!host_side_send(session->host, TRANSACTION(n), payload,
				    traffic->plan->payload[n])) {
			traffic->sent--;
			return;
		}
	}
}

static void host_run(void *context)
{
	struct session *session = context;

	host_send(session);
	host_side_run(session->host);
}

/* ---- The session ---- */

static void ring_reset(struct session *session, struct ring *ring,
		       unsigned number)
{
	const uint32_t start = session->setting->start;

	ring_initialise(ring, &session->port,
			explorer_ring(session->explorer, number), 1);
	ring->index = start;
	ring->published = start;
	ring->other = start;
}

static void session_reset(void *context)
{
	struct session *session = context;

	host_side_reset(session->host, session->setting->start);
	ring_reset(session, &session->send, 0);
	ring_reset(session, &session->receive, 1);
	session->signals.rule = SIGNALS_NONE;
	traffic_reset(&session->to_host, &session->setting->guest_sends);
	traffic_reset(&session->to_guest, &session->setting->host_sends);
	session->asked = false;
	session->woken = false;
	session->wanted = 0;
}

static void session_changed(void *context)
{
	struct session *session = context;

	signals_changed(&session->signals);
	signals_changed(host_side_signals(session->host));
}

static uint64_t session_state(void *context)
{
	struct session *session = context;

	return signals_state(&session->signals) * 0x9e3779b97f4a7c15u ^
	       signals_state(host_side_signals(session->host));
}

/** Nobody goes on: nothing may be left to do. */
static void session_end(void *context)
{
	struct session *session = context;
	const struct traffic *traffics[] = {&session->to_host,
					    &session->to_guest};
	static const char *const readers[] = {"host", "guest"};
	static const char *const writers[] = {"guest", "host"};
	unsigned i;

	for (i = 0; i < 2; i++) {
		const struct traffic *traffic = traffics[i];

		if (traffic->read != traffic->sent)
			explorer_fail(session->explorer, "lost wake-up",
				      "the %s sleeps, and %u packets are not "
				      "read",
				      readers[i],
				      traffic->sent - traffic->read);
		if (traffic->sent != traffic->count)
			explorer_fail(session->explorer, "lost wake-up",
				      "the %s sleeps, and there is room for "
				      "the %u packets that it wants to send",
				      writers[i],
				      traffic->count - traffic->sent);
	}
}

struct session *session_create(void)
{
	struct session *session = calloc(1, sizeof(*session));
	struct host_side_device device = {session, host_packet, host_send};

	if (!session)
		abort();
	session->world = (struct explorer_world){
		.context = session,
		.reset = session_reset,
		.run = {guest_run, host_run},
		.interrupt = guest_interrupt,
		.changed = session_changed,
		.end = session_end,
		.state = session_state,
	};
	session->explorer = explorer_create(&session->world);
	session->port.explorer = session->explorer;
	session->host = host_side_create(session->explorer, &device);
	return session;
}

void session_judge_no_signals(struct session *session)
{
	session->signals.unjudged = true;
	host_side_signals(session->host)->unjudged = true;
}

void session_destroy(struct session *session)
{
	host_side_destroy(session->host);
	explorer_destroy(session->explorer);
	free(session);
}

void session_explore(struct session *session, const struct setting *setting,
		     unsigned bound, struct explorer_result *result, FILE *show)
{
	session->setting = setting;
	explorer_run(session->explorer, bound, result);
	if (result->failed && show)
		explorer_show(session->explorer, show);
}
