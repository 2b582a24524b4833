/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pings, a fetch, an echo: one step after the other, driven by lwIP's callbacks
 * and by a deadline for each.
 */
#include <lwip/icmp.h>
#include <lwip/icmp6.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip6.h>
#include <stdio.h>
#include <string.h>

#include "mocks/cli/live/server.h"
#include "mocks/cli/live/visitor.h"

#define SECOND		1000000000ull
#define PING_PATIENCE	SECOND
#define STREAM_PATIENCE (10 * SECOND)
#define REST		SECOND
#define PING_BYTES	56u
#define PING_IDENTIFIER 0x7673u
#define PUSH_BYTES	1004u

/** What ends the head of an answer. */
static const uint8_t head_end[] = {'\r', '\n', '\r', '\n'};

static void visitor_fail(struct live_visitor *visitor, const char *what)
{
	if (!*visitor->visit.reason)
		snprintf(visitor->visit.reason, LIVE_VISIT_REASON_MAX,
			 "round %llu: %s",
			 (unsigned long long)visitor->visit.rounds + 1, what);
}

static void visitor_next(struct live_visitor *visitor,
			 enum live_visitor_step step)
{
	visitor->step = step;
	visitor->is_busy = false;
}

/** IPv4 and IPv6 take turns. */
static const ip_addr_t *visitor_server(const struct live_visitor *visitor,
				       uint64_t turn)
{
	return &visitor->configuration->servers[turn % 2];
}

/* ---- Pings ---- */

static void ping_answered(struct live_visitor *visitor)
{
	struct live_visit *visit = &visitor->visit;
	uint64_t took = port_time(visitor->port) - visitor->began;

	if (!visit->answers || took < visit->ping_least)
		visit->ping_least = took;
	if (took > visit->ping_most)
		visit->ping_most = took;
	visit->ping_sum += took;
	visit->answers++;
	visitor->is_busy = false;
}

/** A packet of ICMP, from its IP header on, may be the answer we wait for. */
static u8_t ping_received(void *argument, struct raw_pcb *pcb,
			  struct pbuf *pbuf, const ip_addr_t *from)
{
	struct live_visitor *visitor = argument;
	uint8_t bytes[8], type = ICMP6_TYPE_EREP;
	uint16_t at = IP6_HLEN;

	(void)pcb;
	if (IP_IS_V4(from)) {
		type = ICMP_ER;
		at = (uint16_t)((pbuf_get_at(pbuf, 0) & 15u) * 4u);
	}
	if (!visitor->is_busy || visitor->step != LIVE_VISITOR_PING ||
	    pbuf_copy_partial(pbuf, bytes, sizeof(bytes), at) !=
		    sizeof(bytes) ||
	    bytes[0] != type || bytes[4] != PING_IDENTIFIER >> 8 ||
	    bytes[5] != (PING_IDENTIFIER & 0xff) ||
	    bytes[6] != visitor->sequence >> 8 ||
	    bytes[7] != (visitor->sequence & 0xff))
		return 0;
	ping_answered(visitor);
	pbuf_free(pbuf);
	return 1;
}

static void ping_send(struct live_visitor *visitor)
{
	const ip_addr_t *server = visitor_server(visitor, visitor->visit.pings);
	struct pbuf *pbuf = pbuf_alloc(PBUF_IP, PING_BYTES, PBUF_RAM);
	struct icmp_echo_hdr *echo;

	visitor->visit.pings++;
	visitor->is_busy = true;
	visitor->began = port_time(visitor->port);
	visitor->deadline = visitor->began + PING_PATIENCE;
	visitor->sequence++;
	if (!pbuf)
		return;
	echo = pbuf->payload;
	memset(echo, 'v', PING_BYTES);
	ICMPH_TYPE_SET(echo, IP_IS_V4(server) ? ICMP_ECHO : ICMP6_TYPE_EREQ);
	ICMPH_CODE_SET(echo, 0);
	echo->id = lwip_htons(PING_IDENTIFIER);
	echo->seqno = lwip_htons(visitor->sequence);
	echo->chksum = 0;
	/* That of ICMPv6 covers addresses too: lwIP fills it in. */
	if (IP_IS_V4(server))
		echo->chksum = inet_chksum(echo, PING_BYTES);
	raw_sendto(visitor->raw[IP_IS_V6(server)], pbuf, server);
	pbuf_free(pbuf);
}

static void ping_continue(struct live_visitor *visitor, uint64_t now)
{
	uint64_t due = (visitor->visit.rounds + 1) * LIVE_VISIT_PINGS;

	/* One that is lost is seen in the numbers. */
	if (visitor->is_busy && now >= visitor->deadline)
		visitor->is_busy = false;
	if (visitor->is_busy)
		return;
	if (visitor->visit.pings < due)
		ping_send(visitor);
	else
		visitor_next(visitor, LIVE_VISITOR_FETCH);
}

/* ---- Fetch and echo ---- */

static uint64_t stream_wanted(const struct live_visitor *visitor)
{
	return visitor->step == LIVE_VISITOR_FETCH ? LIVE_VISIT_FETCH
						   : LIVE_VISIT_ECHO;
}

static void stream_forget(struct live_visitor *visitor)
{
	struct tcp_pcb *pcb = visitor->pcb;

	visitor->pcb = NULL;
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
}

static void stream_over(struct live_visitor *visitor)
{
	struct live_visit *visit = &visitor->visit;
	uint64_t took = port_time(visitor->port) - visitor->began;

	if (visitor->step == LIVE_VISITOR_FETCH) {
		visit->fetched_bytes += visitor->received;
		visit->fetch_time += took;
		visitor_next(visitor, LIVE_VISITOR_ECHO);
		return;
	}
	visit->echoed_bytes += visitor->received;
	visit->echo_time += took;
	visitor_next(visitor, LIVE_VISITOR_REST);
}

/** lwIP gave the connection up. */
static void stream_broken(void *argument, err_t error)
{
	struct live_visitor *visitor = argument;

	(void)error;
	visitor->pcb = NULL;
	visitor_fail(visitor, "the connection broke");
	stream_over(visitor);
}

/** Give it up ourselves. @return for the callback at hand */
static err_t stream_abort(struct live_visitor *visitor, const char *what)
{
	struct tcp_pcb *pcb = visitor->pcb;

	stream_forget(visitor);
	visitor_fail(visitor, what);
	stream_over(visitor);
	tcp_abort(pcb);
	return ERR_ABRT;
}

static err_t stream_close(struct live_visitor *visitor)
{
	struct tcp_pcb *pcb = visitor->pcb;

	if (visitor->received != stream_wanted(visitor))
		return stream_abort(visitor, "the answer has another length");
	stream_forget(visitor);
	stream_over(visitor);
	if (tcp_close(pcb) == ERR_OK)
		return ERR_OK;
	tcp_abort(pcb);
	return ERR_ABRT;
}

/** Send of the pattern what there is room for. */
static void stream_push(struct live_visitor *visitor)
{
	/* Four periods, so that each piece begins where the pattern does. */
	uint8_t bytes[PUSH_BYTES];
	uint64_t left;
	uint16_t piece;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i % LIVE_SERVER_PERIOD);
	while (visitor->sent < LIVE_VISIT_ECHO) {
		left = LIVE_VISIT_ECHO - visitor->sent;
		piece = left < PUSH_BYTES ? (uint16_t)left : PUSH_BYTES;
		if (tcp_sndbuf(visitor->pcb) < piece ||
		    tcp_write(visitor->pcb, bytes, piece,
			      TCP_WRITE_FLAG_COPY) != ERR_OK)
			break;
		visitor->sent += piece;
	}
	tcp_output(visitor->pcb);
}

/** @return false: a byte is not the one that belongs there */
static bool stream_take(struct live_visitor *visitor, const uint8_t *bytes,
			uint16_t count)
{
	uint16_t i = 0;

	for (; i < count && visitor->head < sizeof(head_end); i++) {
		if (bytes[i] == head_end[visitor->head])
			visitor->head++;
		else
			visitor->head = bytes[i] == head_end[0];
	}
	for (; i < count; i++, visitor->received++)
		if (bytes[i] != visitor->received % LIVE_SERVER_PERIOD)
			return false;
	return true;
}

static err_t stream_received(void *argument, struct tcp_pcb *pcb,
			     struct pbuf *pbuf, err_t error)
{
	struct live_visitor *visitor = argument;
	struct pbuf *piece;
	bool is_right = true;

	(void)error;
	if (!pbuf)
		return stream_close(visitor);
	for (piece = pbuf; piece && is_right; piece = piece->next)
		is_right = stream_take(visitor, piece->payload, piece->len);
	tcp_recved(pcb, pbuf->tot_len);
	pbuf_free(pbuf);
	if (!is_right)
		return stream_abort(visitor, "the answer has a wrong byte");
	/* What is echoed has no end but ours. */
	if (visitor->step == LIVE_VISITOR_ECHO &&
	    visitor->received == LIVE_VISIT_ECHO)
		return stream_close(visitor);
	return ERR_OK;
}

static err_t stream_sent(void *argument, struct tcp_pcb *pcb, u16_t bytes)
{
	struct live_visitor *visitor = argument;

	(void)pcb;
	(void)bytes;
	if (visitor->step == LIVE_VISITOR_ECHO)
		stream_push(visitor);
	return ERR_OK;
}

static err_t stream_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
	struct live_visitor *visitor = argument;
	char request[96];
	int length;

	(void)error;
	if (visitor->step == LIVE_VISITOR_ECHO) {
		stream_push(visitor);
		return ERR_OK;
	}
	length = snprintf(request, sizeof(request),
			  "GET /bytes/%u HTTP/1.1\r\nHost: guest\r\n"
			  "Connection: close\r\n\r\n",
			  LIVE_VISIT_FETCH);
	if (tcp_write(pcb, request, (u16_t)length, TCP_WRITE_FLAG_COPY) !=
	    ERR_OK)
		return stream_abort(visitor, "no memory for a request");
	tcp_output(pcb);
	return ERR_OK;
}

static void stream_begin(struct live_visitor *visitor, u16_t port)
{
	const ip_addr_t *server =
		visitor_server(visitor, visitor->visit.rounds);
	struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(server));

	visitor->is_busy = true;
	visitor->began = port_time(visitor->port);
	visitor->deadline = visitor->began + STREAM_PATIENCE;
	visitor->sent = 0;
	visitor->received = 0;
	visitor->head = 0;
	if (visitor->step == LIVE_VISITOR_ECHO)
		visitor->head = sizeof(head_end);
	visitor->pcb = pcb;
	if (!pcb) {
		visitor_fail(visitor, "no memory for a connection");
		stream_over(visitor);
		return;
	}
	tcp_arg(pcb, visitor);
	tcp_recv(pcb, stream_received);
	tcp_sent(pcb, stream_sent);
	tcp_err(pcb, stream_broken);
	if (tcp_connect(pcb, server, port, stream_connected) != ERR_OK)
		stream_abort(visitor, "lwIP does not connect");
}

static void stream_continue(struct live_visitor *visitor, uint64_t now,
			    u16_t port)
{
	if (!visitor->is_busy)
		stream_begin(visitor, port);
	else if (now >= visitor->deadline)
		stream_abort(visitor, "no answer in time");
}

/* ---- Life ---- */

static void rest_continue(struct live_visitor *visitor, uint64_t now)
{
	const struct live_visitor_configuration *own = visitor->configuration;

	if (!visitor->is_busy) {
		visitor->visit.rounds++;
		own->visited(own->context, &visitor->visit);
		visitor->is_busy = true;
		visitor->deadline = now + REST;
	}
	if (now >= visitor->deadline)
		visitor_next(visitor, LIVE_VISITOR_PING);
}

err_t live_visitor_start(struct live_visitor *visitor, struct port *port,
			 const struct live_visitor_configuration *own)
{
	memset(visitor, 0, sizeof(*visitor));
	visitor->configuration = own;
	visitor->port = port;
	visitor->raw[0] = raw_new_ip_type(IPADDR_TYPE_V4, IP_PROTO_ICMP);
	visitor->raw[1] = raw_new_ip_type(IPADDR_TYPE_V6, IP6_NEXTH_ICMP6);
	for (unsigned i = 0; i < 2; i++) {
		if (!visitor->raw[i])
			return ERR_MEM;
		raw_recv(visitor->raw[i], ping_received, visitor);
	}
	visitor->raw[1]->chksum_reqd = 1;
	visitor->raw[1]->chksum_offset = offsetof(struct icmp_echo_hdr, chksum);
	return ERR_OK;
}

uint64_t live_visitor_poll(struct live_visitor *visitor)
{
	enum live_visitor_step step;
	uint64_t now;

	do {
		step = visitor->step;
		now = port_time(visitor->port);
		switch (step) {
		case LIVE_VISITOR_PING:
			ping_continue(visitor, now);
			break;
		case LIVE_VISITOR_FETCH:
			stream_continue(visitor, now, LIVE_SERVER_HTTP_PORT);
			break;
		case LIVE_VISITOR_ECHO:
			stream_continue(visitor, now, LIVE_SERVER_ECHO_PORT);
			break;
		default:
			rest_continue(visitor, now);
		}
	} while (visitor->step != step);
	return visitor->is_busy ? visitor->deadline : now;
}

void live_visitor_stop(struct live_visitor *visitor)
{
	struct tcp_pcb *pcb = visitor->pcb;

	if (pcb) {
		stream_forget(visitor);
		tcp_abort(pcb);
	}
	for (unsigned i = 0; i < 2; i++) {
		if (visitor->raw[i])
			raw_remove(visitor->raw[i]);
		visitor->raw[i] = NULL;
	}
}
