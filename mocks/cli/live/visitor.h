/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other end of a pair: a guest that visits the live server of another one,
 * round after round, and looks at every byte of what comes back. On lwIP's own
 * interface of callbacks, so nothing in it waits.
 *
 * A round is LIVE_VISIT_PINGS pings, in turn over IPv4 and IPv6, then a fetch
 * of LIVE_VISIT_FETCH bytes, then an echo of LIVE_VISIT_ECHO bytes; in turn
 * over IPv4 and IPv6 as well. Then a second of rest.
 */
#ifndef MOCKS_CLI_LIVE_VISITOR_H
#define MOCKS_CLI_LIVE_VISITOR_H

#include <lwip/raw.h>
#include <lwip/tcp.h>
#include <stdbool.h>
#include <stdint.h>

#include "port/port.h"

#define LIVE_VISIT_PINGS      10u
#define LIVE_VISIT_FETCH      1000000u
#define LIVE_VISIT_ECHO	      200000u
#define LIVE_VISIT_REASON_MAX 128u

/** What came of the visits so far; times in nanoseconds. */
struct live_visit {
	uint64_t rounds;
	uint64_t pings, answers;
	uint64_t ping_least, ping_most, ping_sum;
	uint64_t fetched_bytes, fetch_time;
	uint64_t echoed_bytes, echo_time;
	/** The first thing that went wrong, "" if nothing did. */
	char reason[LIVE_VISIT_REASON_MAX];
};

/** Where to go, and whom to tell after each round. */
struct live_visitor_configuration {
	/** The server's addresses, IPv4 and IPv6. */
	ip_addr_t servers[2];
	void (*visited)(void *context, const struct live_visit *visit);
	void *context;
};

enum live_visitor_step {
	LIVE_VISITOR_PING,
	LIVE_VISITOR_FETCH,
	LIVE_VISITOR_ECHO,
	LIVE_VISITOR_REST,
};

struct live_visitor {
	const struct live_visitor_configuration *configuration;
	struct port *port;
	struct live_visit visit;
	enum live_visitor_step step;
	/** The step is under way since then, and is given up at that time. */
	bool is_busy;
	uint64_t began, deadline;
	/* Pings: for IPv4 and IPv6. */
	struct raw_pcb *raw[2];
	uint16_t sequence;
	/* Fetch and echo: bytes of the pattern sent, and come and compared. */
	struct tcp_pcb *pcb;
	uint64_t sent, received;
	/** How much of the empty line behind the head of the answer came. */
	unsigned head;
};

/**
 * Ready to visit; the first round begins with the first live_visitor_poll().
 * @param configuration the caller's, as long as the visitor
 * @return ERR_OK, ERR_MEM
 */
err_t live_visitor_start(struct live_visitor *visitor, struct port *port,
			 const struct live_visitor_configuration *own);

/**
 * Go on with what is due.
 * @return when to be called again at the latest, as port_time() says it
 */
uint64_t live_visitor_poll(struct live_visitor *visitor);

/** Break off whatever is under way. */
void live_visitor_stop(struct live_visitor *visitor);

#endif /* MOCKS_CLI_LIVE_VISITOR_H */
