/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fixtures/vectors/nvsp.json: NVSP messages. The driver's readers are functions
 * on bytes; the host is asked in a session that is as far as the vector says.
 */
#include "tests/vectors/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "hyperv/nvsp.h"
#include "tests/support/raw_netvsp.h"

#define REQUEST	       0x1122334455667788ull
#define COMPLETION     11u
#define NDIS_MTU       1514u
#define INIT_COMPLETE  2u
#define SUBCHANNEL     133u
#define STATUS_AT      4u
#define INIT_STATUS_AT 12u

/* ---- To the guest ---- */

static bool good(struct vector_outcome *outcome, int error)
{
	if (error == ERROR_IO)
		vector_invalid(outcome, "refused");
	else if (error < 0)
		vector_invalid(outcome, "malformed");
	return error >= 0;
}

static void guest_type(const struct vector *vector,
		       struct vector_outcome *outcome)
{
	uint32_t type;

	if (good(outcome, nvsp_read_type(vector->bytes, vector->length, &type)))
		vector_number(outcome, "message_type", type);
}

static void guest_init(const struct vector *vector,
		       struct vector_outcome *outcome)
{
	uint32_t status;

	if (good(outcome, nvsp_read_init_complete(vector->bytes, vector->length,
						  &status)))
		vector_number(outcome, "status", status);
}

static void guest_receive_buffer(const struct vector *vector,
				 struct vector_outcome *outcome)
{
	uint32_t bytes = (uint32_t)vector_context(vector, "buffer_size");
	struct nvsp_receive_buffer buffer;

	if (!good(outcome,
		  nvsp_read_receive_buffer(vector->bytes, vector->length, bytes,
					   &buffer)))
		return;
	vector_number(outcome, "num_sections", buffer.section_count);
	vector_number(outcome, "num_sub_allocations", buffer.piece_count);
}

static void guest_send_buffer(const struct vector *vector,
			      struct vector_outcome *outcome)
{
	uint32_t bytes = (uint32_t)vector_context(vector, "buffer_size");
	uint32_t section;

	if (good(outcome, nvsp_read_send_buffer(vector->bytes, vector->length,
						bytes, &section)))
		vector_number(outcome, "section_size", section);
}

static void guest_rndis(const struct vector *vector,
			struct vector_outcome *outcome)
{
	uint32_t type;

	if (good(outcome,
		 nvsp_read_rndis_packet(vector->bytes, vector->length, &type)))
		vector_number(outcome, "channel_type", type);
}

static void guest_complete(const struct vector *vector,
			   struct vector_outcome *outcome)
{
	uint32_t status;

	if (good(outcome,
		 nvsp_read_complete(vector->bytes, vector->length, &status)))
		vector_number(outcome, "status", status);
}

static void guest_table(const struct vector *vector,
			struct vector_outcome *outcome)
{
	uint32_t version = (uint32_t)vector_context(vector, "nvsp_version");
	uint32_t queues = (uint32_t)vector_context(vector, "queues");
	uint32_t entries[NVSP_INDIRECTION_MAX];
	int count, i;

	count = nvsp_read_indirection_table(vector->bytes, vector->length,
					    version, queues, entries);
	if (!good(outcome, count))
		return;
	vector_number(outcome, "count", (uint64_t)count);
	for (i = 0; i < count; i++)
		vector_list(outcome, "table", entries[i]);
}

/* ---- To the host ---- */

static const struct vector *sent;
static struct vector_outcome *sent_outcome;

static void send_words(struct session *session, uint32_t type, uint32_t first,
		       uint32_t second)
{
	uint8_t message[40];

	session_put(session, &session->line, 6, 0, 0, NULL, 0, message,
		    session_message(message, type, first, second, 0));
}

/* From an open channel to where the vector is said. */
static void state_reach(struct session *session)
{
	static const char *const states[] = {
		"opened", "versioned", "configured", "ready", NULL,
	};
	const char *state = vector_context_word(sent, "state");
	uint32_t version =
		(uint32_t)vector_context_or(sent, "nvsp_version", 0x60001);
	unsigned i = 0;

	while (state && states[i] && strcmp(states[i], state) != 0)
		i++;
	if (!state || !states[i])
		fail_msg("%s: its context has no state", sent->id);
	if (i >= 1)
		assert_int_equal(session_nvsp(session, 12, 1, version, version,
					      0),
				 STATUS_GOOD);
	if (i >= 2) {
		send_words(session, 125, NDIS_MTU, 0);
		send_words(session, 100, 6, 30);
	}
	if (i >= 3) {
		session_buffers(session);
		assert_int_equal(session_initialize(session), 0);
		session_filter(session, 0x2d);
	}
}

/* What the send buffer holds: RNDIS, where its first section begins. */
static void section_fill(struct session *session)
{
	uint8_t bytes[VECTOR_BYTES_MAX];
	uint32_t length;

	if (vector_context_message(sent, "send_buffer", 0, bytes, &length))
		memcpy(session->send, bytes, length);
}

static void answer_tell(struct session *session, const struct packet *packet,
			bool answered, bool broken)
{
	uint32_t type = 0, at = STATUS_AT, status = STATUS_GOOD;

	if (answered && packet->payload_bytes >= 8) {
		type = raw_get32(packet->payload, 0);
		at = type == INIT_COMPLETE ? INIT_STATUS_AT : STATUS_AT;
		status = raw_get32(packet->payload, at);
	}
	if (status != STATUS_GOOD) {
		vector_invalid(sent_outcome, "refused");
		return;
	}
	if (broken) {
		vector_invalid(sent_outcome, "ignored");
		return;
	}
	vector_number(sent_outcome, "completed", answered);
	vector_number(sent_outcome, "frames", session->frames);
	if (!type)
		return;
	vector_number(sent_outcome, "answer_type", type);
	vector_number(sent_outcome, "status", status);
	if (type == SUBCHANNEL)
		vector_number(sent_outcome, "num_sub_channels",
			      raw_get32(packet->payload, 8));
}

static void script(struct session *session)
{
	uint32_t flags =
		(uint32_t)vector_context_or(sent, "completion_requested", 1);
	struct packet packet;
	unsigned broken;
	bool answered;

	state_reach(session);
	section_fill(session);
	broken = session_violations(session);
	session_put(session, &session->line, 6, flags, REQUEST, NULL, 0,
		    sent->bytes, sent->length);
	answered = session_next(session, &session->line, &packet) &&
		   packet.type == COMPLETION && packet.id == REQUEST;
	answer_tell(session, &packet, answered,
		    session_violations(session) != broken);
}

static void host_message(const struct vector *vector,
			 struct vector_outcome *outcome)
{
	struct session session = {
		.strictness = HOST_LENIENT,
		.script = script,
	};

	sent = vector;
	sent_outcome = outcome;
	session_run(&session);
}

static const struct vector_parser readers[] = {
	{"message-type", guest_type, NULL},
	{"INIT_COMPLETE", guest_init, NULL},
	{"SEND_RECV_BUF_COMPLETE", guest_receive_buffer, NULL},
	{"SEND_SEND_BUF_COMPLETE", guest_send_buffer, NULL},
	{"SEND_RNDIS_PKT", guest_rndis, host_message},
	{"SEND_RNDIS_PKT_COMPLETE", guest_complete, NULL},
	{"SEND_INDIRECTION_TABLE", guest_table, NULL},
	{"INIT", NULL, host_message},
	{"SEND_NDIS_VER", NULL, host_message},
	{"SEND_NDIS_CONFIG", NULL, host_message},
	{"SEND_RECV_BUF", NULL, host_message},
	{"SEND_SEND_BUF", NULL, host_message},
	{"REVOKE_RECV_BUF", NULL, host_message},
	{"REVOKE_SEND_BUF", NULL, host_message},
	{"SUBCHANNEL", NULL, host_message},
	{"SWITCH_DATA_PATH", NULL, host_message},
};

int main(void)
{
	return vectors_main("nvsp.json", readers,
			    sizeof(readers) / sizeof(readers[0]));
}
