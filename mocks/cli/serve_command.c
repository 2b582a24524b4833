/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `vmmsim serve`: the virtio network card for a driver from elsewhere, with
 * frames whose return is checked.
 *
 * The frames are made from a seed. The client sends each back as it is; some
 * are on their way at any time, and they come back in order.
 */
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "mocks/cli/cli.h"
#include "mocks/cli/random.h"
#include "mocks/cli/tracing.h"
#include "mocks/machine/machine.h"
#include "mocks/virtio/vhost_user.h"
#include "mocks/wire/wire.h"

#define SERVE_FRAMES_DEFAULT 10000u
#define SERVE_FRAMES_MAX     1000000000u
#define SERVE_SECONDS	     30u
#define SERVE_SECONDS_MAX    100000u
#define SERVE_LENGTH_LEAST   60u
#define SERVE_LENGTH_MOST    1514u
#define SERVE_REASON_MAX     256u

struct serve_settings {
	const char *path;
	uint64_t frames, seed, seconds;
	bool is_strict;
	struct tracing tracing;
};

struct serve {
	const struct serve_settings *settings;
	struct wire *wire;
	struct machine *machine;
	struct host_vhost_user *server;
	struct tracing tracing;
	/** Frames that were handed to the card, and that came back. */
	uint64_t sent, returned, bytes;
	char reason[SERVE_REASON_MAX];
};

static volatile sig_atomic_t serve_interrupted;

static void serve_signal(int number)
{
	(void)number;
	serve_interrupted = 1;
}

/* ---- Options ---- */

static bool serve_apply_path(void *context, const char *value, char *error)
{
	struct serve_settings *settings = context;

	settings->path = value;
	if (*value)
		return true;
	snprintf(error, CLI_ERROR_MAX, "wants the path of a socket");
	return false;
}

static bool serve_apply_frames(void *context, const char *value, char *error)
{
	struct serve_settings *settings = context;

	return cli_number(value, 1, SERVE_FRAMES_MAX, &settings->frames, error);
}

static bool serve_apply_seed(void *context, const char *value, char *error)
{
	struct serve_settings *settings = context;

	return cli_number(value, 0, UINT64_MAX, &settings->seed, error);
}

static bool serve_apply_timeout(void *context, const char *value, char *error)
{
	struct serve_settings *settings = context;

	return cli_number(value, 1, SERVE_SECONDS_MAX, &settings->seconds,
			  error);
}

static bool serve_apply_strict(void *context, const char *value, char *error)
{
	struct serve_settings *settings = context;

	(void)value;
	(void)error;
	settings->is_strict = true;
	return true;
}

static bool serve_apply_trace(void *context, const char *value, char *error)
{
	struct serve_settings *settings = context;

	return tracing_apply(&settings->tracing, value, error);
}

static const struct cli_option serve_options[] = {
	{"vhost-user", "SOCKET",
	 "where a client of the vhost-user protocol finds the card",
	 serve_apply_path},
	{"frames", "N", "how many frames go there and back (default 10000)",
	 serve_apply_frames},
	{"seed", "N", "what the frames are made from (default 1)",
	 serve_apply_seed},
	{"timeout", "S",
	 "give up after so many seconds without a frame (default 30)",
	 serve_apply_timeout},
	{"trace", "FILE", TRACING_HELP, serve_apply_trace},
	{"strict", NULL, "fail if the driver breaks a rule of virtio 1.2",
	 serve_apply_strict},
};

static void serve_settings_init(void *context)
{
	struct serve_settings *settings = context;

	settings->frames = SERVE_FRAMES_DEFAULT;
	settings->seconds = SERVE_SECONDS;
	settings->seed = 1;
}

/* ---- Frames ---- */

/** The frame of a number: its length, then addresses, then anything. */
static uint32_t serve_frame(const struct serve *serve, uint64_t number,
			    uint8_t *data)
{
	static const uint8_t addresses[14] = {0x02, 0, 0, 0, 0, 0x02, 0x02,
					      0,    0, 0, 0, 1, 0x88, 0xb5};
	struct random random = {
		.state = serve->settings->seed * 0x9e3779b97f4a7c15u + number,
	};
	uint32_t length = SERVE_LENGTH_LEAST +
			  random_below(&random, SERVE_LENGTH_MOST -
							SERVE_LENGTH_LEAST + 1);
	uint32_t n;

	memcpy(data, addresses, sizeof(addresses));
	for (n = sizeof(addresses); n < length; n += sizeof(uint64_t)) {
		uint64_t word = random_next(&random);
		uint32_t rest = length - n;

		memcpy(data + n, &word,
		       rest < sizeof(word) ? rest : sizeof(word));
	}
	return length;
}

static void serve_fail(struct serve *serve, const char *text, uint64_t number)
{
	if (!*serve->reason)
		snprintf(serve->reason, sizeof(serve->reason),
			 "frame %" PRIu64 " %s", number, text);
}

/** A frame comes back. */
static void serve_returned(void *context, const struct wire_frame *frame)
{
	struct serve *serve = context;
	uint8_t data[SERVE_LENGTH_MOST];
	uint32_t length = serve_frame(serve, serve->returned, data);

	if (serve->returned == serve->sent)
		serve_fail(serve, "was never sent, and came back",
			   serve->returned);
	else if (frame->length != length)
		serve_fail(serve,
			   "came back with another length, or not in "
			   "its turn",
			   serve->returned);
	else if (memcmp(frame->data, data, length) != 0)
		serve_fail(serve, "came back changed, or not in its turn",
			   serve->returned);
	serve->returned++;
	serve->bytes += frame->length;
}

/**
 * Send as many as may be on their way: half of what the client's queues hold,
 * for it may drop what it cannot send at once.
 */
static void serve_send(struct serve *serve)
{
	uint64_t window = host_vhost_user_room(serve->server) / 2;
	uint8_t data[SERVE_LENGTH_MOST];

	while (serve->sent < serve->settings->frames &&
	       serve->sent - serve->returned < window) {
		const struct wire_frame frame = {
			.data = data,
			.length = serve_frame(serve, serve->sent, data),
		};

		if (!wire_deliver(serve->wire, &frame))
			break;
		serve->sent++;
	}
	host_vhost_user_work(serve->server);
}

/* ---- Serving ---- */

static uint64_t serve_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/** Serve clients until all frames are back, or nothing moves any more. */
static void serve_loop(struct serve *serve)
{
	struct pollfd descriptors[HOST_VHOST_USER_DESCRIPTORS];
	uint64_t patience = serve->settings->seconds * 1000;
	uint64_t since = serve_now(), before = 0;
	bool served = false;

	while (serve->returned < serve->settings->frames && !*serve->reason &&
	       !serve_interrupted) {
		size_t count =
			host_vhost_user_wait_for(serve->server, descriptors);

		if (poll(descriptors, count, 100) > 0)
			host_vhost_user_serve(serve->server, descriptors,
					      count);
		if (host_vhost_user_is_ready(serve->server)) {
			served = true;
			serve_send(serve);
		} else if (served &&
			   !host_vhost_user_has_client(serve->server)) {
			serve_fail(serve, "did not come back: the client left",
				   serve->returned);
		}
		if (serve->returned != before) {
			before = serve->returned;
			since = serve_now();
		} else if (serve_now() - since > patience) {
			serve_fail(serve, "did not come back in time",
				   serve->returned);
		}
	}
	if (*host_vhost_user_reason(serve->server))
		snprintf(serve->reason, sizeof(serve->reason),
			 "the client broke the protocol: %.200s",
			 host_vhost_user_reason(serve->server));
	if (serve_interrupted)
		serve_fail(serve, "did not come back: interrupted",
			   serve->returned);
}

/** Each rule that was broken, once, of those that were kept. */
static void serve_say_broken(const struct serve *serve)
{
	const char *text, *before;
	unsigned n, other;

	for (n = 0; (text = machine_violation_text(serve->machine, n)); n++) {
		for (other = 0; other < n; other++) {
			before = machine_violation_text(serve->machine, other);
			if (strcmp(before, text) == 0)
				break;
		}
		if (other == n)
			printf("broken   %s\n", text);
	}
}

static enum cli_exit serve_verdict(const struct serve *serve)
{
	unsigned broken = machine_violations(serve->machine);
	struct host_vhost_user_counters counters;
	struct host_virtio_counters card;

	host_vhost_user_counters(serve->server, &counters);
	host_virtio_counters(host_vhost_user_card(serve->server), &card);
	printf("frames   %" PRIu64 " of %" PRIu64 ", %" PRIu64
	       " bytes, there and back\n"
	       "signals  %" PRIu64 " doorbells, %" PRIu64 " calls\n"
	       "buffers  %" PRIu64 " chains, %" PRIu64 " indirect; %" PRIu64
	       " filled\n"
	       "rules    %u times broken\n",
	       serve->returned, serve->settings->frames, serve->bytes,
	       counters.kicks, counters.calls, card.chains, card.indirect,
	       card.rx_buffers, broken);
	serve_say_broken(serve);
	printf("seed     %" PRIu64 "\n", serve->settings->seed);
	if (*serve->reason)
		printf("FAIL: %s\n", serve->reason);
	else if (broken && serve->settings->is_strict)
		printf("FAIL: a rule was broken\n");
	else
		printf("PASS: each frame came back as it was\n");
	return *serve->reason || (broken && serve->settings->is_strict)
		       ? CLI_FAIL
		       : CLI_PASS;
}

/** A frame at the card's end of the wire. */
static void serve_saw(void *context, const struct wire_frame *frame, bool sent)
{
	machine_trace(context, &(const struct trace_event){
				       .kind = TRACE_FRAME,
				       .direction = sent ? TRACE_FROM_GUEST
							 : TRACE_TO_GUEST,
				       .bytes = frame->data,
				       .length = frame->length,
			       });
}

/** Record what passes, if that is wanted; false: it is said. */
static bool serve_record(struct serve *serve)
{
	char about[64], error[TRACE_FILE_ERROR_MAX];
	struct trace_observer observer;

	serve->tracing = serve->settings->tracing;
	snprintf(about, sizeof(about),
		 "vmm=firecracker host=vhost-user seed=%" PRIu64,
		 serve->settings->seed);
	if (!tracing_open(&serve->tracing, about, error)) {
		cli_complain("%s", error);
		return false;
	}
	observer = tracing_observer(&serve->tracing);
	machine_trace_to(serve->machine, &observer);
	if (observer.event)
		wire_observe(serve->wire, serve_saw, serve->machine);
	return true;
}

/** @return the status, or that the trace is not whole; it is said */
static enum cli_exit serve_recorded(struct serve *serve, enum cli_exit status)
{
	char error[TRACE_FILE_ERROR_MAX];

	if (tracing_close(&serve->tracing, error))
		return status;
	cli_complain("%s", error);
	return status == CLI_PASS ? CLI_USAGE : status;
}

static enum cli_exit serve_run(const struct cli_call *call)
{
	static const struct machine_configuration configuration = {
		.ram_bytes = 1 << 20,
		.schedule = MACHINE_SCHEDULE_EAGER,
	};
	struct serve serve = {.settings = call->settings};
	enum cli_exit status = CLI_USAGE;
	char error[HOST_VHOST_USER_ERROR_MAX];

	if (!serve.settings->path) {
		cli_complain("option '--vhost-user' is missing; see 'vmmsim "
			     "serve --help'");
		return CLI_USAGE;
	}
	serve.machine = machine_create(&configuration);
	serve.wire = wire_tap_create(serve_returned, &serve);
	if (serve.machine && serve.wire && serve_record(&serve)) {
		serve.server =
			host_vhost_user_create(serve.machine, serve.wire,
					       serve.settings->path, error);
		if (!serve.server)
			cli_complain("%s", error);
	} else if (!serve.machine || !serve.wire) {
		cli_complain("out of memory");
	}
	if (serve.server) {
		signal(SIGINT, serve_signal);
		signal(SIGTERM, serve_signal);
		printf("listening at %s\n", serve.settings->path);
		fflush(stdout);
		serve_loop(&serve);
		status = serve_verdict(&serve);
		host_vhost_user_destroy(serve.server);
	}
	status = serve_recorded(&serve, status);
	if (serve.wire)
		wire_destroy(serve.wire);
	if (serve.machine)
		machine_destroy(serve.machine);
	return status;
}

const struct cli_command cli_serve_command = {
	.name = "serve",
	.operands = "",
	.summary = "Offer the virtio card to a driver from elsewhere",
	.text = "A server of the vhost-user protocol: a driver in another "
		"process (DPDK's\n"
		"net_virtio_user, say) has the card of virtio as its device, "
		"gets frames, and\n"
		"sends each one back. What comes back is compared, and what "
		"the driver does\n"
		"against virtio 1.2 is named.\n\n"
		"    vmmsim serve --vhost-user /tmp/card &\n"
		"    dpdk-testpmd --no-huge -m 256 --no-pci "
		"--vdev=net_virtio_user0,path=/tmp/card \\\n"
		"        -- --forward-mode=io --port-topology=loop "
		"--no-flush-rx\n\n"
		"Exit status: 1 if a frame did not come back as it was; 2 if "
		"the socket cannot\n"
		"be made; else 0.\n",
	.options = serve_options,
	.option_count = sizeof(serve_options) / sizeof(serve_options[0]),
	.settings_bytes = sizeof(struct serve_settings),
	.init = serve_settings_init,
	.run = serve_run,
};
