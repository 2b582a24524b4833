/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * iperf3's protocol: a control connection on which a byte is a state and a text
 * is JSON behind its length (4 bytes, big-endian), and a connection for each
 * stream. Each begins with the test's cookie.
 *
 *	client: cookie		server: PARAMETERS
 *	client: {"tcp", ...}	server: STREAMS
 *	client: connects	server: START, RUNNING
 *	(data)
 *	client: END		server: RESULTS
 *	client: {"streams"...}	server: {"streams"...}, DISPLAY
 *	client: DONE
 */
#include <jansson.h>
#include <string.h>

#include "mocks/cli/live/iperf.h"

enum iperf_state {
	IPERF_START = 1,
	IPERF_RUNNING = 2,
	IPERF_END = 4,
	IPERF_PARAMETERS = 9,
	IPERF_STREAMS = 10,
	IPERF_CLIENT_TERMINATES = 12,
	IPERF_RESULTS = 13,
	IPERF_DISPLAY = 14,
	IPERF_DONE = 16,
	IPERF_DENIED = 0xff,
};

#define LENGTH_BYTES  4u
#define CHUNK_BYTES   8192u
/** Room for the results of all streams. */
#define RESULTS_BYTES 4096u

/* ---- Connections ---- */

static void iperf_detach(struct live_iperf_connection *connection)
{
	struct tcp_pcb *pcb = connection->pcb;

	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	connection->pcb = NULL;
}

/** The streams end; what they carried is kept for the results. */
static void iperf_streams_close(struct live_iperf *iperf)
{
	struct live_iperf_connection *connection;
	struct tcp_pcb *pcb;
	unsigned i;

	for (i = 0; i <= LIVE_IPERF_STREAMS; i++) {
		connection = &iperf->connections[i];
		pcb = connection->pcb;
		if (!pcb || !connection->stream)
			continue;
		iperf_detach(connection);
		if (tcp_close(pcb) != ERR_OK)
			tcp_abort(pcb);
	}
}

/** End a test: its control connection is closed, or gone, or about to be. */
static void iperf_over(struct live_iperf *iperf)
{
	unsigned i;

	iperf_streams_close(iperf);
	iperf->control = NULL;
	for (i = 0; i <= LIVE_IPERF_STREAMS; i++)
		iperf->connections[i].stream = 0;
}

/** @return for the callback at hand: ERR_ABRT when the pcb had to go at once */
static err_t iperf_close(struct live_iperf_connection *connection)
{
	struct tcp_pcb *pcb = connection->pcb;

	iperf_detach(connection);
	if (connection->iperf->control == connection)
		iperf_over(connection->iperf);
	if (tcp_close(pcb) == ERR_OK)
		return ERR_OK;
	tcp_abort(pcb);
	return ERR_ABRT;
}

static void iperf_broken(void *argument, err_t error)
{
	struct live_iperf_connection *connection = argument;

	(void)error;
	connection->pcb = NULL;
	if (connection->iperf->control == connection)
		iperf_over(connection->iperf);
}

/* ---- What is said on the control connection ---- */

/** Say a state; what the client is to say next is for the caller to note. */
static bool iperf_say(struct live_iperf_connection *connection, uint8_t state)
{
	if (tcp_write(connection->pcb, &state, 1, TCP_WRITE_FLAG_COPY) !=
	    ERR_OK)
		return false;
	return tcp_output(connection->pcb) == ERR_OK;
}

static bool iperf_parameters(struct live_iperf *iperf, const json_t *told)
{
	double parallel = 1;

	if (!json_is_true(json_object_get(told, "tcp")) ||
	    json_is_true(json_object_get(told, "bidirectional")))
		return false;
	if (json_object_get(told, "parallel"))
		parallel = json_number_value(json_object_get(told, "parallel"));
	if (!(parallel >= 1 && parallel <= LIVE_IPERF_STREAMS))
		return false;
	iperf->is_reverse = json_is_true(json_object_get(told, "reverse"));
	iperf->streams_wanted = (unsigned)parallel;
	iperf->streams = 0;
	iperf->state = IPERF_STREAMS;
	return iperf_say(iperf->control, IPERF_STREAMS);
}

static json_t *iperf_results_of(const struct live_iperf *iperf)
{
	json_t *streams = json_array();
	unsigned i;

	for (i = 0; i <= LIVE_IPERF_STREAMS; i++)
		if (iperf->connections[i].stream)
			json_array_append_new(
				streams,
				json_pack(
					"{s:i, s:I, s:i, s:i, s:i, s:i}", "id",
					(int)iperf->connections[i].stream,
					"bytes",
					(json_int_t)iperf->connections[i].bytes,
					"retransmits", -1, "jitter", 0,
					"errors", 0, "packets", 0));
	return json_pack("{s:i, s:i, s:i, s:i, s:o}", "cpu_util_total", 0,
			 "cpu_util_user", 0, "cpu_util_system", 0,
			 "sender_has_retransmits", 0, "streams", streams);
}

/** In one piece: clients do not wait for the second half of a text. */
static bool iperf_results(struct live_iperf *iperf)
{
	json_t *results = iperf_results_of(iperf);
	struct tcp_pcb *pcb = iperf->control->pcb;
	uint8_t text[LENGTH_BYTES + RESULTS_BYTES + 1];
	size_t bytes = 0;

	if (results)
		bytes = json_dumpb(results, (char *)text + LENGTH_BYTES,
				   RESULTS_BYTES, JSON_COMPACT);
	json_decref(results);
	if (!bytes || bytes > RESULTS_BYTES)
		return false;
	text[0] = 0;
	text[1] = 0;
	text[2] = (uint8_t)(bytes >> 8);
	text[3] = (uint8_t)bytes;
	text[LENGTH_BYTES + bytes] = IPERF_DISPLAY;
	iperf->state = IPERF_DISPLAY;
	if (tcp_write(pcb, text, (u16_t)(LENGTH_BYTES + bytes + 1),
		      TCP_WRITE_FLAG_COPY) != ERR_OK)
		return false;
	return tcp_output(pcb) == ERR_OK;
}

/** A text that is there in full. @return NULL: wait; *is_bad: or no JSON */
static json_t *iperf_text(struct live_iperf *iperf, bool *is_bad)
{
	const uint8_t *text = iperf->text;
	uint32_t bytes;
	json_t *told;

	if (iperf->text_bytes < LENGTH_BYTES)
		return NULL;
	bytes = (uint32_t)text[0] << 24 | (uint32_t)text[1] << 16 |
		(uint32_t)text[2] << 8 | text[3];
	*is_bad = bytes > LIVE_IPERF_TEXT - LENGTH_BYTES;
	if (*is_bad || iperf->text_bytes < LENGTH_BYTES + bytes)
		return NULL;
	/* A client has no number of retransmits: it says 2^64 - 1. */
	told = json_loadb((const char *)text + LENGTH_BYTES, bytes,
			  JSON_DECODE_INT_AS_REAL, NULL);
	*is_bad = !told;
	bytes += LENGTH_BYTES;
	iperf->text_bytes -= bytes;
	memmove(iperf->text, iperf->text + bytes, iperf->text_bytes);
	return told;
}

/** @return false: the test is over */
static bool iperf_byte(struct live_iperf *iperf)
{
	uint8_t state = iperf->text[0];

	iperf->text_bytes--;
	memmove(iperf->text, iperf->text + 1, iperf->text_bytes);
	if (state == IPERF_END && iperf->state == IPERF_RUNNING) {
		iperf->state = IPERF_RESULTS;
		/* Its client reads on until they are closed. */
		iperf_streams_close(iperf);
		return iperf_say(iperf->control, IPERF_RESULTS);
	}
	if (state == IPERF_DONE && iperf->state == IPERF_DISPLAY)
		iperf->tests++;
	return false;
}

/** Use up what can be. @return false: the test is over */
static bool iperf_control(struct live_iperf *iperf)
{
	bool is_bad = false, goes_on = true;
	json_t *told;

	while (goes_on && iperf->text_bytes) {
		if (iperf->state != IPERF_PARAMETERS &&
		    iperf->state != IPERF_RESULTS) {
			goes_on = iperf_byte(iperf);
			continue;
		}
		told = iperf_text(iperf, &is_bad);
		if (!told)
			return !is_bad;
		if (iperf->state == IPERF_PARAMETERS)
			goes_on = iperf_parameters(iperf, told);
		else
			goes_on = iperf_results(iperf);
		json_decref(told);
	}
	return goes_on;
}

/* ---- Streams ---- */

/** The server's data, when it is the one to send. */
static void iperf_push(struct live_iperf_connection *connection)
{
	static const uint8_t chunk[CHUNK_BYTES];
	struct live_iperf *iperf = connection->iperf;
	struct tcp_pcb *pcb = connection->pcb;
	u16_t bytes;

	while (iperf->is_reverse && iperf->state == IPERF_RUNNING &&
	       tcp_sndbuf(pcb)) {
		bytes = CHUNK_BYTES;
		if (bytes > tcp_sndbuf(pcb))
			bytes = (u16_t)tcp_sndbuf(pcb);
		if (tcp_write(pcb, chunk, bytes, TCP_WRITE_FLAG_COPY) != ERR_OK)
			break;
		connection->bytes += bytes;
		iperf->bytes += bytes;
	}
	tcp_output(pcb);
}

static err_t iperf_sent(void *argument, struct tcp_pcb *pcb, u16_t bytes)
{
	struct live_iperf_connection *connection = argument;

	(void)pcb;
	(void)bytes;
	if (connection->stream)
		iperf_push(connection);
	return ERR_OK;
}

/** All streams are there: begin. @return false: no memory to say so */
static bool iperf_begin(struct live_iperf *iperf)
{
	unsigned i;

	iperf->state = IPERF_RUNNING;
	if (!iperf_say(iperf->control, IPERF_START) ||
	    !iperf_say(iperf->control, IPERF_RUNNING))
		return false;
	for (i = 0; i <= LIVE_IPERF_STREAMS; i++)
		if (iperf->connections[i].stream)
			iperf_push(&iperf->connections[i]);
	return true;
}

/** A cookie is there in full: whose connection is it? @return false: nobody's
 */
static bool iperf_introduced(struct live_iperf_connection *connection)
{
	struct live_iperf *iperf = connection->iperf;

	if (!iperf->control) {
		iperf->control = connection;
		iperf->text_bytes = 0;
		iperf->state = IPERF_PARAMETERS;
		return iperf_say(connection, IPERF_PARAMETERS);
	}
	if (iperf->state != IPERF_STREAMS ||
	    memcmp(connection->cookie, iperf->control->cookie,
		   LIVE_IPERF_COOKIE) != 0) {
		iperf_say(connection, IPERF_DENIED);
		return false;
	}
	/* The client's own counting leaves 2 out. */
	connection->stream = iperf->streams ? iperf->streams + 2 : 1;
	return ++iperf->streams < iperf->streams_wanted || iperf_begin(iperf);
}

/* ---- Bytes come ---- */

/** The bytes that are no cookie. @return whether the connection goes on */
static bool iperf_take(struct live_iperf_connection *connection,
		       struct pbuf *pbuf, uint16_t at)
{
	struct live_iperf *iperf = connection->iperf;
	uint16_t bytes = (uint16_t)(pbuf->tot_len - at);

	if (connection->stream) {
		connection->bytes += bytes;
		iperf->bytes += bytes;
		return true;
	}
	if (iperf->control != connection ||
	    bytes > LIVE_IPERF_TEXT - iperf->text_bytes)
		return false;
	pbuf_copy_partial(pbuf, iperf->text + iperf->text_bytes, bytes, at);
	iperf->text_bytes += bytes;
	return iperf_control(iperf);
}

static err_t iperf_received(void *argument, struct tcp_pcb *pcb,
			    struct pbuf *pbuf, err_t error)
{
	struct live_iperf_connection *connection = argument;
	unsigned missing = LIVE_IPERF_COOKIE - connection->cookie_bytes;
	bool goes_on = true;
	uint16_t used = 0;

	(void)error;
	if (!pbuf)
		return iperf_close(connection);
	if (missing) {
		used = pbuf_copy_partial(pbuf,
					 connection->cookie +
						 connection->cookie_bytes,
					 (u16_t)missing, 0);
		connection->cookie_bytes += used;
		if (used == missing)
			goes_on = iperf_introduced(connection);
	}
	if (goes_on && pbuf->tot_len > used)
		goes_on = iperf_take(connection, pbuf, used);
	tcp_recved(pcb, pbuf->tot_len);
	pbuf_free(pbuf);
	return goes_on ? ERR_OK : iperf_close(connection);
}

static err_t iperf_accepted(void *argument, struct tcp_pcb *pcb, err_t error)
{
	struct live_iperf *iperf = argument;
	struct live_iperf_connection *connection = NULL;
	unsigned i;

	if (error != ERR_OK || !pcb)
		return ERR_VAL;
	for (i = 0; i <= LIVE_IPERF_STREAMS && !connection; i++)
		if (!iperf->connections[i].pcb && !iperf->connections[i].stream)
			connection = &iperf->connections[i];
	if (!connection) {
		tcp_abort(pcb);
		return ERR_ABRT;
	}
	memset(connection, 0, sizeof(*connection));
	connection->iperf = iperf;
	connection->pcb = pcb;
	tcp_arg(pcb, connection);
	tcp_recv(pcb, iperf_received);
	tcp_sent(pcb, iperf_sent);
	tcp_err(pcb, iperf_broken);
	tcp_nagle_disable(pcb);
	return ERR_OK;
}

/* ---- Life ---- */

err_t live_iperf_start(struct live_iperf *iperf)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);
	err_t error;

	if (!pcb)
		return ERR_MEM;
	error = tcp_bind(pcb, IP_ANY_TYPE, LIVE_IPERF_PORT);
	if (error == ERR_OK)
		iperf->listener =
			tcp_listen_with_backlog_and_err(pcb, LIVE_IPERF_STREAMS,
							&error);
	if (!iperf->listener) {
		tcp_close(pcb);
		return error;
	}
	tcp_arg(iperf->listener, iperf);
	tcp_accept(iperf->listener, iperf_accepted);
	return ERR_OK;
}

void live_iperf_stop(struct live_iperf *iperf)
{
	struct tcp_pcb *pcb;
	unsigned i;

	for (i = 0; i <= LIVE_IPERF_STREAMS; i++) {
		pcb = iperf->connections[i].pcb;
		if (!pcb)
			continue;
		iperf_detach(&iperf->connections[i]);
		tcp_abort(pcb);
	}
	iperf->control = NULL;
	if (iperf->listener)
		tcp_close(iperf->listener);
	iperf->listener = NULL;
}
