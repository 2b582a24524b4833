/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HTTP/1.1 as far as a GET goes, and echo.
 *
 * lwIP calls when bytes came, when bytes were acknowledged, and when a
 * connection broke. What is to be sent is made as there is room for it; what is
 * to be echoed is held, and with it the peer's window, until there is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/live/server.h"

#define REQUEST_MAX   2048u
#define CHUNK_BYTES   8192u
/** The most bytes that are given for one request. */
#define BYTES_MAX     1000000000000ull
#define BACKLOG	      128u
#define HEADER_BYTES  512u
#define REQUEST_BYTES "/bytes/"

struct live_connection {
	struct live_server *server;
	struct live_connection *previous, *next;
	struct tcp_pcb *pcb;
	/* HTTP: the request so far, and the answer that is being sent. */
	char request[REQUEST_MAX + 1];
	size_t request_bytes;
	const char *text;
	uint64_t pattern_next, pattern_end;
	bool is_answering, is_last;
	/* Echo: what came and could not be sent back yet. */
	struct pbuf *held;
	bool is_half_closed;
};

/* ---- Connections ---- */

static struct live_connection *connection_open(struct live_server *server,
					       struct tcp_pcb *pcb)
{
	struct live_connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		return NULL;
	connection->server = server;
	connection->pcb = pcb;
	connection->next = server->first;
	if (server->first)
		server->first->previous = connection;
	server->first = connection;
	server->accepted++;
	if (++server->connections > server->connections_peak)
		server->connections_peak = server->connections;
	tcp_arg(pcb, connection);
	return connection;
}

/** Forget a connection; its pcb is closed, aborted or gone. */
static void connection_forget(struct live_connection *connection)
{
	struct live_server *server = connection->server;

	if (connection->previous)
		connection->previous->next = connection->next;
	else
		server->first = connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	server->connections--;
	if (connection->held)
		pbuf_free(connection->held);
	free(connection);
}

/** lwIP gave the pcb up: reset by the peer, or nobody answers. */
static void connection_broken(void *argument, err_t error)
{
	(void)error;
	connection_forget(argument);
}

static void connection_detach(struct tcp_pcb *pcb)
{
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	tcp_err(pcb, NULL);
}

/** @return for the callback at hand: ERR_ABRT when the pcb had to go at once */
static err_t connection_close(struct live_connection *connection)
{
	struct tcp_pcb *pcb = connection->pcb;

	connection_detach(pcb);
	connection_forget(connection);
	if (tcp_close(pcb) == ERR_OK)
		return ERR_OK;
	tcp_abort(pcb);
	return ERR_ABRT;
}

/* ---- HTTP ---- */

/** The pattern, long enough for a chunk from any offset of its period. */
static const uint8_t *pattern_at(uint64_t offset)
{
	static uint8_t pattern[CHUNK_BYTES + LIVE_SERVER_PERIOD];
	static bool is_made;
	size_t i;

	for (i = 0; !is_made && i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i % LIVE_SERVER_PERIOD);
	is_made = true;
	return pattern + offset % LIVE_SERVER_PERIOD;
}

/** Fill what room there is. @return whether all of the answer is written */
static bool http_fill(struct live_connection *connection)
{
	struct tcp_pcb *pcb = connection->pcb;
	uint64_t bytes;

	while (connection->pattern_next < connection->pattern_end) {
		bytes = connection->pattern_end - connection->pattern_next;
		if (bytes > CHUNK_BYTES)
			bytes = CHUNK_BYTES;
		if (bytes > tcp_sndbuf(pcb))
			bytes = tcp_sndbuf(pcb);
		if (!bytes ||
		    tcp_write(pcb, pattern_at(connection->pattern_next),
			      (u16_t)bytes, TCP_WRITE_FLAG_COPY) != ERR_OK)
			break;
		connection->pattern_next += bytes;
	}
	tcp_output(pcb);
	return connection->pattern_next == connection->pattern_end;
}

static bool http_head(struct live_connection *connection, const char *status,
		      uint64_t bytes, const char *text)
{
	char head[HEADER_BYTES];
	int length = snprintf(head, sizeof(head),
			      "HTTP/1.1 %s\r\nServer: vmmsim\r\n"
			      "Content-Type: %s\r\nContent-Length: %llu\r\n"
			      "Connection: %s\r\n\r\n",
			      status,
			      text ? "text/plain" : "application/octet-stream",
			      (unsigned long long)bytes,
			      connection->is_last ? "close" : "keep-alive");

	if (tcp_write(connection->pcb, head, (u16_t)length,
		      TCP_WRITE_FLAG_COPY) != ERR_OK)
		return false;
	return !text || tcp_write(connection->pcb, text, (u16_t)bytes,
				  TCP_WRITE_FLAG_COPY) == ERR_OK;
}

/** How many bytes "/bytes/N " asks for. @return whether it does */
static bool http_wants_bytes(const char *target, uint64_t *bytes)
{
	char *end;

	if (strncmp(target, REQUEST_BYTES, strlen(REQUEST_BYTES)) != 0)
		return false;
	target += strlen(REQUEST_BYTES);
	if (*target < '0' || *target > '9')
		return false;
	*bytes = strtoull(target, &end, 10);
	return *end == ' ' && *bytes <= BYTES_MAX;
}

/** Begin the answer to the request in the buffer. @return false: no memory */
static bool http_answer(struct live_connection *connection)
{
	struct live_server *server = connection->server;
	const char *request = connection->request;
	uint64_t bytes = 0;

	connection->is_last = strstr(request, " HTTP/1.0\r\n") ||
			      strstr(request, "\r\nConnection: close\r\n");
	connection->pattern_next = 0;
	connection->pattern_end = 0;
	server->requests++;
	if (strncmp(request, "GET / ", 6) == 0)
		return http_head(connection, "200 OK", strlen(server->page),
				 server->page);
	if (strncmp(request, "GET ", 4) == 0 &&
	    http_wants_bytes(request + 4, &bytes)) {
		connection->pattern_end = bytes;
		return http_head(connection, "200 OK", bytes, NULL);
	}
	server->refused++;
	if (strncmp(request, "GET ", 4) == 0)
		return http_head(connection, "404 Not Found", 10,
				 "Not found\n");
	connection->is_last = true;
	return http_head(connection, "405 Method Not Allowed", 9, "Only GET\n");
}

/** Go on as far as it goes: the answer at hand, then the next request. */
static err_t http_continue(struct live_connection *connection)
{
	const char *end;
	size_t used;

	for (;;) {
		if (connection->is_answering) {
			if (!http_fill(connection))
				return ERR_OK;
			connection->is_answering = false;
			if (connection->is_last)
				return connection_close(connection);
		}
		connection->request[connection->request_bytes] = 0;
		end = strstr(connection->request, "\r\n\r\n");
		if (!end)
			break;
		used = (size_t)(end + 4 - connection->request);
		if (tcp_sndbuf(connection->pcb) < HEADER_BYTES * 2)
			return ERR_OK;
		if (!http_answer(connection)) {
			connection->is_last = true;
			return connection_close(connection);
		}
		connection->is_answering = true;
		connection->request_bytes -= used;
		memmove(connection->request, connection->request + used,
			connection->request_bytes + 1);
	}
	if (connection->request_bytes == REQUEST_MAX)
		return connection_close(connection);
	return ERR_OK;
}

static err_t http_received(void *argument, struct tcp_pcb *pcb,
			   struct pbuf *pbuf, err_t error)
{
	struct live_connection *connection = argument;
	size_t room = REQUEST_MAX - connection->request_bytes;

	(void)error;
	if (!pbuf)
		return connection_close(connection);
	if (pbuf->tot_len > room) {
		pbuf_free(pbuf);
		connection->server->refused++;
		return connection_close(connection);
	}
	pbuf_copy_partial(pbuf, connection->request + connection->request_bytes,
			  pbuf->tot_len, 0);
	connection->request_bytes += pbuf->tot_len;
	tcp_recved(pcb, pbuf->tot_len);
	pbuf_free(pbuf);
	return http_continue(connection);
}

static err_t http_sent(void *argument, struct tcp_pcb *pcb, u16_t bytes)
{
	(void)pcb;
	(void)bytes;
	return http_continue(argument);
}

/** Also when it was memory that was missing, and nothing is on its way. */
static err_t http_polled(void *argument, struct tcp_pcb *pcb)
{
	(void)pcb;
	return argument ? http_continue(argument) : ERR_OK;
}

static err_t http_accepted(void *argument, struct tcp_pcb *pcb, err_t error)
{
	if (error != ERR_OK || !pcb)
		return ERR_VAL;
	if (!connection_open(argument, pcb)) {
		tcp_abort(pcb);
		return ERR_ABRT;
	}
	tcp_recv(pcb, http_received);
	tcp_sent(pcb, http_sent);
	tcp_poll(pcb, http_polled, 1);
	tcp_err(pcb, connection_broken);
	tcp_nagle_disable(pcb);
	return ERR_OK;
}

/* ---- Echo ---- */

static err_t echo_continue(struct live_connection *connection)
{
	struct tcp_pcb *pcb = connection->pcb;
	u16_t bytes;

	while (connection->held) {
		bytes = connection->held->len;
		if (bytes > tcp_sndbuf(pcb))
			bytes = (u16_t)tcp_sndbuf(pcb);
		if (!bytes || tcp_write(pcb, connection->held->payload, bytes,
					TCP_WRITE_FLAG_COPY) != ERR_OK)
			break;
		connection->held = pbuf_free_header(connection->held, bytes);
		connection->server->echoed_bytes += bytes;
		tcp_recved(pcb, bytes);
	}
	tcp_output(pcb);
	if (!connection->held && connection->is_half_closed)
		return connection_close(connection);
	return ERR_OK;
}

static err_t echo_received(void *argument, struct tcp_pcb *pcb,
			   struct pbuf *pbuf, err_t error)
{
	struct live_connection *connection = argument;

	(void)pcb;
	(void)error;
	if (!pbuf)
		connection->is_half_closed = true;
	else if (connection->held)
		pbuf_cat(connection->held, pbuf);
	else
		connection->held = pbuf;
	return echo_continue(connection);
}

static err_t echo_sent(void *argument, struct tcp_pcb *pcb, u16_t bytes)
{
	(void)pcb;
	(void)bytes;
	return echo_continue(argument);
}

/** Also when nothing is on its way whose acknowledgement would call. */
static err_t echo_polled(void *argument, struct tcp_pcb *pcb)
{
	(void)pcb;
	return argument ? echo_continue(argument) : ERR_OK;
}

static err_t echo_accepted(void *argument, struct tcp_pcb *pcb, err_t error)
{
	if (error != ERR_OK || !pcb)
		return ERR_VAL;
	if (!connection_open(argument, pcb)) {
		tcp_abort(pcb);
		return ERR_ABRT;
	}
	tcp_recv(pcb, echo_received);
	tcp_sent(pcb, echo_sent);
	tcp_poll(pcb, echo_polled, 1);
	tcp_err(pcb, connection_broken);
	return ERR_OK;
}

/* ---- Life ---- */

static err_t server_listen(struct live_server *server, struct netif *netif,
			   u16_t port, tcp_accept_fn accepted,
			   struct tcp_pcb **listener)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);
	err_t error;

	if (!pcb)
		return ERR_MEM;
	tcp_bind_netif(pcb, netif);
	error = tcp_bind(pcb, IP_ANY_TYPE, port);
	*listener =
		error == ERR_OK
			? tcp_listen_with_backlog_and_err(pcb, BACKLOG, &error)
			: NULL;
	if (!*listener) {
		tcp_close(pcb);
		return error;
	}
	tcp_arg(*listener, server);
	tcp_accept(*listener, accepted);
	return ERR_OK;
}

err_t live_server_start(struct live_server *server, struct netif *netif)
{
	err_t error = server_listen(server, netif, LIVE_SERVER_HTTP_PORT,
				    http_accepted, &server->http);

	if (error == ERR_OK)
		error = server_listen(server, netif, LIVE_SERVER_ECHO_PORT,
				      echo_accepted, &server->echo);
	return error;
}

void live_server_stop(struct live_server *server)
{
	struct live_connection *connection, *next;
	struct tcp_pcb *pcb;

	for (connection = server->first; connection; connection = next) {
		next = connection->next;
		pcb = connection->pcb;
		connection_detach(pcb);
		connection_forget(connection);
		tcp_abort(pcb);
	}
	if (server->http)
		tcp_close(server->http);
	if (server->echo)
		tcp_close(server->echo);
	server->http = NULL;
	server->echo = NULL;
}
