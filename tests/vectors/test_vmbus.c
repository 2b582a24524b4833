/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fixtures/vectors/vmbus.json: channel messages. The driver is asked what it
 * makes of the host's by what it does then; the host, of the driver's, by its
 * answer and by the rules that it says are broken.
 */
#include "tests/vectors/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_device.h"
#include "tests/support/scripted_server.h"

#define MILLISECOND	1000000ull
#define OFFER_RELID_AT	184u
#define UNLOAD_ANSWERED 50000000000ull
#define RING_PAGES	4u
#define WORDS_AT	8u

/* ---- To the guest ---- */

/* What a vector is an answer to, and what came of it. */
struct run {
	const struct vector *vector;
	struct vector_outcome *outcome;
	uint32_t question;
	unsigned asked;
};

static struct run *run_of(struct scripted_server *server)
{
	return server->context;
}

/* The vector is the answer to the first question of its kind. */
static bool answer(struct scripted_server *server, const struct post *post)
{
	struct run *run = run_of(server);

	if (post->type != run->question)
		return false;
	if (run->asked++ == 0)
		server_send(server, run->vector->bytes, run->vector->length);
	return true;
}

static void prepare(struct scripted_server *server)
{
	if (run_of(server)->question)
		server->on_message = answer;
}

static void guest_run(const struct vector *vector,
		      struct vector_outcome *outcome, uint32_t question,
		      void (*body)(struct scripted_server *server))
{
	struct run run = {
		.vector = vector,
		.outcome = outcome,
		.question = question,
	};
	const struct scripted_server_configuration configuration = {
		.guest_version_max =
			(uint32_t)vector_context_or(vector, "version", 0),
		.memory_stays = true,
		.prepare = prepare,
		.context = &run,
	};
	const char *fault = scripted_server_run(&configuration, body);

	if (*fault)
		fail_msg("%s: %s", vector->id, fault);
}

static void contact_body(struct scripted_server *server)
{
	struct run *run = run_of(server);
	int error = server_connect(server);

	if (error && run->asked < 2 && error != ERROR_NOT_SUPPORTED) {
		vector_invalid(run->outcome, "ignored");
	} else if (error) {
		vector_invalid(run->outcome, "refused");
	} else {
		vector_number(run->outcome, "version",
			      vmbus_version(&server->bus));
		vector_number(run->outcome, "message_connection_id",
			      server->bus.message_connection);
	}
}

static void guest_version(const struct vector *vector,
			  struct vector_outcome *outcome)
{
	guest_run(vector, outcome, POST_CONTACT, contact_body);
}

static void offers_body(struct scripted_server *server)
{
	struct run *run = run_of(server);

	if (server_connect(server) != 0)
		vector_invalid(run->outcome, "ignored");
	else
		vector_number(run->outcome, "connected", 1);
}

static void guest_all_offers(const struct vector *vector,
			     struct vector_outcome *outcome)
{
	guest_run(vector, outcome, POST_REQUEST_OFFERS, offers_body);
}

/* Send what came before, then the vector. Whether it was ignored. */
static bool vector_send(struct scripted_server *server)
{
	const struct vector *vector = run_of(server)->vector;
	static uint8_t before[VECTOR_BYTES_MAX];
	uint32_t length;
	uint64_t ignored;
	unsigned i;

	if (server_connect(server) != 0)
		fail_msg("%s: not connected", vector->id);
	for (i = 0;
	     vector_context_message(vector, "before", i, before, &length);
	     i++) {
		server_send(server, before, length);
		server_settle(server, MILLISECOND);
	}
	ignored = server->bus.messages_ignored;
	server_send(server, vector->bytes, vector->length);
	server_settle(server, MILLISECOND);
	return server->bus.messages_ignored != ignored;
}

static const struct vmbus_channel *channel_find(const struct vmbus *bus,
						uint32_t relid)
{
	unsigned i;

	for (i = 0; i < VMBUS_CHANNELS_MAX; i++)
		if (bus->channels[i].relid == relid)
			return &bus->channels[i];
	return NULL;
}

static void offer_body(struct scripted_server *server)
{
	struct run *run = run_of(server);
	bool ignored = vector_send(server);
	const struct vmbus_channel *channel;

	if (ignored) {
		vector_invalid(run->outcome, "ignored");
		return;
	}
	channel = channel_find(&server->bus,
			       raw_get32(run->vector->bytes, OFFER_RELID_AT));
	if (!channel) {
		vector_invalid(run->outcome, "refused");
		return;
	}
	vector_hex(run->outcome, "interface_type", &channel->interface, 16);
	vector_hex(run->outcome, "interface_instance", &channel->instance, 16);
	vector_number(run->outcome, "child_relid", channel->relid);
	vector_number(run->outcome, "connection_id", channel->connection_id);
	vector_number(run->outcome, "sub_channel_index",
		      channel->subchannel_index);
}

static void guest_offer(const struct vector *vector,
			struct vector_outcome *outcome)
{
	guest_run(vector, outcome, 0, offer_body);
}

static void rescind_body(struct scripted_server *server)
{
	struct run *run = run_of(server);
	uint32_t relid;

	if (vector_send(server)) {
		vector_invalid(run->outcome, "ignored");
		return;
	}
	relid = raw_get32(run->vector->bytes, WORDS_AT);
	vector_number(run->outcome, "child_relid", relid);
	vector_number(run->outcome, "released",
		      post_log_released(&server->log, relid));
}

static void guest_rescind(const struct vector *vector,
			  struct vector_outcome *outcome)
{
	guest_run(vector, outcome, 0, rescind_body);
}

static void open_body(struct scripted_server *server)
{
	struct run *run = run_of(server);
	struct vmbus_channel *channel;
	int error;

	server_connect(server);
	channel = server_claim(server, 1);
	error = server_open(channel, 1);
	if (error == ERROR_TIMED_OUT)
		vector_invalid(run->outcome, "ignored");
	else if (error)
		vector_invalid(run->outcome, "refused");
	else
		vector_number(run->outcome, "status", 0);
	if (!error)
		channel_close(channel);
	channel_free(channel);
	vmbus_release(channel);
}

static void guest_open_result(const struct vector *vector,
			      struct vector_outcome *outcome)
{
	guest_run(vector, outcome, POST_OPEN, open_body);
}

static void guest_created(const struct vector *vector,
			  struct vector_outcome *outcome)
{
	guest_run(vector, outcome, POST_GPADL_HEADER, open_body);
}

static void torndown_body(struct scripted_server *server)
{
	struct run *run = run_of(server);
	struct vmbus_channel *channel;

	server_connect(server);
	channel = server_claim(server, 1);
	if (server_open(channel, 1) != 0)
		fail_msg("%s: not opened", run->vector->id);
	channel_close(channel);
	channel_free(channel);
	vmbus_release(channel);
	/* Pages are kept of which the host does not say that they are free. */
	if (server->bus.kept[0].memory)
		vector_invalid(run->outcome, "ignored");
	else
		vector_number(run->outcome, "freed", 1);
}

static void guest_torndown(const struct vector *vector,
			   struct vector_outcome *outcome)
{
	guest_run(vector, outcome, POST_TEARDOWN, torndown_body);
}

static void unload_body(struct scripted_server *server)
{
	struct run *run = run_of(server);
	uint64_t start;

	server_connect(server);
	start = port_time(server->port);
	server_disconnect(server);
	if (port_time(server->port) - start > UNLOAD_ANSWERED)
		vector_invalid(run->outcome, "ignored");
	else
		vector_number(run->outcome, "unloaded", 1);
}

static void guest_unload(const struct vector *vector,
			 struct vector_outcome *outcome)
{
	guest_run(vector, outcome, POST_UNLOAD, unload_body);
}

/* ---- To the host ---- */

static const struct vector *posted;
static struct vector_outcome *posted_outcome;

/* As far as a vector's state says; the device is on channel 1. */
static void state_reach(struct raw_guest *guest)
{
	uint32_t version =
		(uint32_t)vector_context_or(posted, "version", 0x50003);
	const char *state = vector_context_word(posted, "state");
	uint8_t *pages;

	if (!state)
		fail_msg("%s: its context has no state", posted->id);
	if (strcmp(state, "unconnected") == 0) {
		raw_device_offer(guest, guest->context, 1, 1, 0);
		raw_hypercalls_on(guest);
		raw_synic_on(guest);
		guest->connection =
			(uint32_t)vector_context_or(posted, "connection_id", 4);
		return;
	}
	assert_int_equal(raw_connect_one(guest, version), 1);
	if (strcmp(state, "offered") == 0)
		return;
	assert_string_equal(state, "ring-shared");
	pages = port_pages_alloc(guest->port, RING_PAGES, 0, "rings");
	assert_int_equal(raw_gpadl(guest, 1, 1, pages, RING_PAGES), 0);
}

/* Where the status of an answer stands among its words; -1: it has none. */
static int status_place(uint32_t type)
{
	return type == SERVER_OPEN_RESULT || type == SERVER_CREATED ? 2 : -1;
}

static void answer_tell(const uint8_t *payload, uint32_t type, uint32_t words,
			bool broken)
{
	int status = status_place(type);
	uint32_t i;

	if ((!type && broken) || (type == SERVER_VERSION_RESPONSE &&
				  raw_get32(payload, WORDS_AT) == 0)) {
		vector_invalid(posted_outcome, type ? "refused" : "ignored");
		return;
	}
	if (status >= 0 &&
	    raw_get32(payload, WORDS_AT + 4 * (unsigned)status) != 0) {
		vector_invalid(posted_outcome, "refused");
		return;
	}
	vector_number(posted_outcome, "rule_broken", broken);
	vector_number(posted_outcome, "answer_type", type);
	for (i = 0; type && i < words; i++)
		vector_list(posted_outcome, "answer",
			    raw_get32(payload, WORDS_AT + 4 * i));
}

static void post_body(struct raw_guest *guest)
{
	static uint8_t before[VECTOR_BYTES_MAX];
	uint8_t payload[RAW_MESSAGE_MAX] = {0};
	uint32_t length, type;
	unsigned broken, i;
	int bytes;

	state_reach(guest);
	for (i = 0;
	     vector_context_message(posted, "before", i, before, &length); i++)
		raw_send_bytes(guest, before, length);
	/* Their answers are not the vector's. */
	while (i > 0 && raw_answer(guest, payload) != 0)
		continue;
	broken = machine_violations(guest->machine);
	raw_send_bytes(guest, posted->bytes, posted->length);
	bytes = raw_receive(guest, guest->cpu, payload);
	type = bytes < (int)WORDS_AT ? 0 : raw_get32(payload, 0);
	answer_tell(payload, type, type ? ((uint32_t)bytes - WORDS_AT) / 4 : 0,
		    machine_violations(guest->machine) != broken);
}

static void host_message(const struct vector *vector,
			 struct vector_outcome *outcome)
{
	struct raw_device device = {0};
	struct raw_guest *guest =
		raw_guest_create("ws2022", 1, MACHINE_SCHEDULE_EAGER);

	posted = vector;
	posted_outcome = outcome;
	guest->context = &device;
	if (raw_guest_run(guest, post_body) != MACHINE_DONE)
		fail_msg("%s: %s", vector->id, machine_reason(guest->machine));
	raw_guest_destroy(guest);
}

static const struct vector_parser readers[] = {
	{"VERSION_RESPONSE", guest_version, NULL},
	{"ALLOFFERS_DELIVERED", guest_all_offers, NULL},
	{"OFFERCHANNEL", guest_offer, NULL},
	{"RESCIND_CHANNELOFFER", guest_rescind, NULL},
	{"OPENCHANNEL_RESULT", guest_open_result, NULL},
	{"GPADL_CREATED", guest_created, NULL},
	{"GPADL_TORNDOWN", guest_torndown, NULL},
	{"UNLOAD_RESPONSE", guest_unload, NULL},
	{"INITIATE_CONTACT", NULL, host_message},
	{"REQUESTOFFERS", NULL, host_message},
	{"GPADL_HEADER", NULL, host_message},
	{"GPADL_BODY", NULL, host_message},
	{"GPADL_TEARDOWN", NULL, host_message},
	{"OPENCHANNEL", NULL, host_message},
	{"CLOSECHANNEL", NULL, host_message},
	{"RELID_RELEASED", NULL, host_message},
	{"UNLOAD", NULL, host_message},
	{"MODIFYCHANNEL", NULL, host_message},
};

int main(void)
{
	return vectors_main("vmbus.json", readers,
			    sizeof(readers) / sizeof(readers[0]));
}
